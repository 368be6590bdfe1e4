/* test_digest.c - digests, UUIDs and base64 against published vectors. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/digest.h"
#include "tap.h"

static void sha256_of_fips_180(void)
{
	char hex[DIGEST_HEX_MAX];
	struct digest *d = digest_new();

	digest_sha256_hex("abc", 3, hex);
	EQUAL_TEXT(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	digest_update(d, "a", 1);
	digest_update(d, "bc", 2);
	digest_final_free(d, hex);
	EQUAL_TEXT(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void uuid_v5_of_rfc_9562(void)
{
	/* Appendix A.4: the DNS name space and www.example.com. */
	static const uint8_t dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
					0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
	char text[UUID_TEXT_MAX];

	uuid_v5(dns, "www.example.com", text);
	EQUAL_TEXT(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

static void base64_of_rfc_4648(void)
{
	char out[16];

	base64_encode("foobar", 6, out);
	EQUAL_TEXT(out, "Zm9vYmFy");
	base64_encode("foob", 4, out);
	EQUAL_TEXT(out, "Zm9vYg==");
}

static void files_that_are_not_there(void)
{
	char hex[DIGEST_HEX_MAX];

	CU_ASSERT(digest_sha256_file("/nonexistent/file", hex) < 0);
	EQUAL_TEXT(hex, "");
}

/* A pipe without a writer must not be waited for. */
static void files_that_are_none(void)
{
	char dir[] = "/tmp/nw-digest-XXXXXX", path[64], hex[DIGEST_HEX_MAX];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/pipe", dir);
	EQUAL_INT(mkfifo(path, 0600), 0);
	alarm(10);
	EQUAL_INT(digest_sha256_file(path, hex), -EINVAL);
	alarm(0);
	EQUAL_INT(digest_sha256_file(dir, hex), -EINVAL);
	EQUAL_TEXT(hex, "");
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "SHA-256 of FIPS 180", sha256_of_fips_180 },
		{ "UUIDv5 of RFC 9562", uuid_v5_of_rfc_9562 },
		{ "base64 of RFC 4648", base64_of_rfc_4648 },
		{ "files that are not there", files_that_are_not_there },
		{ "files that are none", files_that_are_none },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "digest", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
