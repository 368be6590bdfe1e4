/* test_pseudonym.c - what is shown under a key: the same for the same, others for others, nothing
 * clear; and what a seal closes nobody else opens. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "base/pseudonym.h"
#include "base/seal.h"
#include "tap.h"

static const struct pseudonyms both = { true, true, { 1, 2, 3 } };

static struct addr addr_of(const char *text)
{
	struct addr a;

	CU_ASSERT_TRUE_FATAL(addr_parse(text, &a));
	return a;
}

static const char *shown(const char *text)
{
	static char buf[4][ADDR_TEXT_MAX];
	static unsigned turn;
	struct addr a = addr_of(text);

	return addr_show(&a, buf[turn++ % 4]);
}

static const char *named(const char *text)
{
	static char buf[4][PSEUDONYM_NAME_MAX];
	static unsigned turn;

	return name_show(text, buf[turn++ % 4]);
}

static void without_a_wish_all_is_clear(void)
{
	struct cidr c;
	char buf[CIDR_TEXT_MAX];

	pseudonyms_use(NULL);
	EQUAL_TEXT(shown("203.0.113.9"), "203.0.113.9");
	EQUAL_TEXT(named("Upd.Vendor.example."), "Upd.Vendor.example.");
	CU_ASSERT_TRUE_FATAL(cidr_parse("203.0.113.0/24", &c));
	EQUAL_TEXT(cidr_show(&c, buf), "203.0.113.0/24");
	CU_ASSERT_FALSE(pseudonyms_for_addresses() || pseudonyms_for_names());
}

static void addresses_of_a_network_share_half(void)
{
	const char *a, *b;

	pseudonyms_use(&both);
	a = shown("203.0.113.9");
	b = shown("203.0.113.10");
	CU_ASSERT(!strncmp(a, "fd", 2));
	CU_ASSERT(strcmp(a, b) != 0);
	CU_ASSERT(!strncmp(a, b, 19) || strlen(a) < 39);	/* "fdxx:xxxx:xxxx:xxxx" */
	CU_ASSERT(strncmp(a, shown("203.0.114.9"), 10) != 0);
	EQUAL_TEXT(a, shown("203.0.113.9"));
	EQUAL_TEXT(shown("2001:db8::1"), shown("2001:db8::1"));
	CU_ASSERT(strcmp(shown("2001:db8::1"), shown("2001:db8::2")) != 0);
	pseudonyms_use(NULL);
}

/* Pseudonyms in records of years must go on to be found.  Worked out apart, from pseudonym.h. */
static void values_do_not_change(void)
{
	struct cidr c;
	char buf[CIDR_TEXT_MAX];

	pseudonyms_use(&both);
	EQUAL_TEXT(shown("203.0.113.9"), "fd70:c664:74e3:d85e:45ca:5535:42b4:c9f3");
	CU_ASSERT_TRUE_FATAL(cidr_parse("203.0.113.0/24", &c));
	EQUAL_TEXT(cidr_show(&c, buf), "fd70:c664:74e3:d85e::/64");
	EQUAL_TEXT(named("upd.vendor.example"), "ea2d3jxjjr.fnrp3foep7.uvts2s7o52.invalid");
	pseudonyms_use(NULL);
}

static void a_host_network_is_shown_as_the_host(void)
{
	char buf[CIDR_TEXT_MAX];
	struct cidr c;

	pseudonyms_use(&both);
	CU_ASSERT_TRUE_FATAL(cidr_parse("203.0.113.9", &c));
	EQUAL_TEXT(cidr_show(&c, buf), shown("203.0.113.9"));
	CU_ASSERT_TRUE_FATAL(cidr_parse("0.0.0.0/0", &c));
	EQUAL_TEXT(cidr_show(&c, buf), "0.0.0.0/0");
	pseudonyms_use(NULL);
}

static void assets_and_nobodys_addresses_are_clear(void)
{
	struct addr assets[] = { addr_of("10.20.1.11"), addr_of("10.20.1.10") };

	pseudonyms_use(&both);
	CU_ASSERT(strcmp(shown("10.20.1.11"), "10.20.1.11") != 0);
	EQUAL_INT(pseudonyms_know(assets, 2), 0);
	EQUAL_TEXT(shown("10.20.1.11"), "10.20.1.11");
	EQUAL_TEXT(shown("10.20.1.10"), "10.20.1.10");
	CU_ASSERT(strcmp(shown("10.20.1.12"), "10.20.1.12") != 0);
	EQUAL_TEXT(shown("224.0.0.251"), "224.0.0.251");
	EQUAL_TEXT(shown("255.255.255.255"), "255.255.255.255");
	EQUAL_TEXT(shown("0.0.0.0"), "0.0.0.0");
	EQUAL_TEXT(shown("ff02::1"), "ff02::1");
	EQUAL_TEXT(shown("::"), "::");
	EQUAL_INT(pseudonyms_know(NULL, 0), 0);
	CU_ASSERT(strcmp(shown("10.20.1.11"), "10.20.1.11") != 0);
	pseudonyms_use(NULL);
}

static void names_share_what_domains_share(void)
{
	char long_name[PSEUDONYM_NAME_MAX], buf[PSEUDONYM_NAME_MAX];
	const char *host, *domain;

	pseudonyms_use(&both);
	host = named("upd.vendor.example");
	domain = named("vendor.example");
	CU_ASSERT(strlen(host) > strlen(domain));
	EQUAL_TEXT(host + strlen(host) - strlen(domain), domain);
	EQUAL_TEXT(named("UPD.Vendor.Example."), host);
	CU_ASSERT(strcmp(named("vendor.example"), named("vendors.example")) != 0);
	EQUAL_TEXT(named(""), "");
	EQUAL_TEXT(named("203.0.113.9"), shown("203.0.113.9"));
	for (size_t i = 0; i + 2 < sizeof(long_name); i += 2)
		memcpy(long_name + i, "a.", 3);
	name_show(long_name, buf);
	CU_ASSERT(strlen(buf) < 120);
	EQUAL_TEXT(buf + strlen(buf) - 8, ".invalid");
	name_show("...", buf);
	EQUAL_TEXT(buf, "invalid");
	pseudonyms_use(NULL);
}

static void each_wish_is_its_own(void)
{
	static const char *const telling[] = {
		"9.113.0.203.in-addr.arpa", "1.0.0.2.ip6.ARPA.", "203.0.113.9:8443",
		"[2001:db8::77]", "203-0-113-9.line.example", "user@203.0.113.9",
		"host-203-0-113-009.example", "203.0.113.9%00x",
	};
	static const char *const harmless[] = {
		"vendor.example", "a1.b2.c3.d4.example", "v1.2.3.example", "2026-01-17.example",
		"arpa.example",
	};
	struct pseudonyms p = both;

	p.names = false;
	pseudonyms_use(&p);
	EQUAL_TEXT(named("upd.vendor.example"), "upd.vendor.example");
	CU_ASSERT(strcmp(named("203.0.113.9"), "203.0.113.9") != 0);
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++) {
		CU_ASSERT(strstr(named(telling[i]), ".invalid") != NULL);
	}
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		EQUAL_TEXT(named(harmless[i]), harmless[i]);
	p = (struct pseudonyms){ .names = true };
	pseudonyms_use(&p);
	EQUAL_TEXT(shown("203.0.113.9"), "203.0.113.9");
	CU_ASSERT(strcmp(named("upd.vendor.example"), "upd.vendor.example") != 0);
	pseudonyms_use(NULL);
}

static void another_key_shows_others(void)
{
	struct pseudonyms p = both;
	char before[ADDR_TEXT_MAX];

	pseudonyms_use(&both);
	snprintf(before, sizeof(before), "%s", shown("203.0.113.9"));
	p.key[31] = 1;
	pseudonyms_use(&p);
	CU_ASSERT(strcmp(before, shown("203.0.113.9")) != 0);
	pseudonyms_use(NULL);
}

static void a_key_is_a_file_of_enough_bytes(void)
{
	static const char text[] = "0123456789abcdef0123456789abcdef";
	uint8_t key[PSEUDONYM_KEY_LEN], again[PSEUDONYM_KEY_LEN];
	char path[] = "/tmp/nw-key-XXXXXX";
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0);
	EQUAL_INT(write(fd, text, 31), 31);
	EQUAL_INT(pseudonym_key_load(path, key), ERR_FORMAT);
	EQUAL_INT(write(fd, text + 31, 1), 1);
	EQUAL_INT(pseudonym_key_load(path, key), 0);
	EQUAL_INT(write(fd, "\n", 1), 1);
	EQUAL_INT(pseudonym_key_load(path, again), 0);
	CU_ASSERT(memcmp(key, again, sizeof(key)) != 0);
	EQUAL_INT(ftruncate(fd, PSEUDONYM_KEY_FILE_MAX + 1), 0);
	EQUAL_INT(pseudonym_key_load(path, key), ERR_FORMAT);
	close(fd);
	unlink(path);
	EQUAL_INT(pseudonym_key_load(path, key), -ENOENT);
	EQUAL_INT(mkfifo(path, 0600), 0);
	EQUAL_INT(pseudonym_key_load(path, key), ERR_FORMAT);
	unlink(path);
	EQUAL_INT(pseudonym_key_load("/tmp", key), ERR_FORMAT);
}

static void *show_many(void *arg)
{
	char text[ADDR_TEXT_MAX];
	struct addr a = addr_of("10.20.1.11");

	(void)arg;
	for (unsigned i = 0; i < 2000; i++)
		CU_ASSERT(addr_show(&a, text) == text);
	return NULL;
}

static void assets_may_change_under_other_threads(void)
{
	struct addr assets[] = { addr_of("10.20.1.11"), addr_of("10.20.1.10") };
	pthread_t t[2];

	pseudonyms_use(&both);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_FATAL(pthread_create(&t[i], NULL, show_many, NULL) == 0);
	for (unsigned i = 0; i < 200; i++)
		EQUAL_INT(pseudonyms_know(assets, i % 3), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	pseudonyms_know(NULL, 0);
	pseudonyms_use(NULL);
}

static void a_seal_opens_its_own_alone(void)
{
	uint8_t key[SEAL_KEY_LEN] = { 5 }, bytes[40], sealed[40 + SEAL_MORE],
		again[40 + SEAL_MORE], back[40];
	struct seal *s, *other;

	CU_ASSERT_FATAL(seal_new(key, &s) == 0);
	key[60] = 1;
	CU_ASSERT_FATAL(seal_new(key, &other) == 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(7 * i);
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		EQUAL_INT(seal_close(s, "ab", 2, bytes, len, sealed), 0);
		EQUAL_INT(seal_close(s, "ab", 2, bytes, len, again), 0);
		CU_ASSERT(!memcmp(sealed, again, len + SEAL_MORE));
		EQUAL_INT(seal_open(s, "ab", 2, sealed, len + SEAL_MORE, back), 0);
		CU_ASSERT(!memcmp(back, bytes, len));
		EQUAL_INT(seal_open(s, "ac", 2, sealed, len + SEAL_MORE, back), ERR_DAMAGED);
		EQUAL_INT(seal_open(other, "ab", 2, sealed, len + SEAL_MORE, back), ERR_DAMAGED);
		for (size_t i = 0; i < len + SEAL_MORE; i++) {
			sealed[i] ^= 0x10;
			EQUAL_INT(seal_open(s, "ab", 2, sealed, len + SEAL_MORE, back),
				  ERR_DAMAGED);
			sealed[i] ^= 0x10;
		}
		EQUAL_INT(seal_open(s, "ab", 2, sealed, len + SEAL_MORE - 1, back), ERR_DAMAGED);
	}
	EQUAL_INT(seal_close(s, "ab", 2, bytes, 0, sealed), ERR_LIMIT);
	EQUAL_INT(seal_close(s, "", 0, bytes, 1, sealed), ERR_LIMIT);
	EQUAL_INT(seal_open(s, "ab", 2, sealed, SEAL_MORE, back), ERR_DAMAGED);
	seal_free(s);
	seal_free(other);
	seal_free(NULL);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "without a wish all is clear", without_a_wish_all_is_clear },
		{ "addresses of a network share half", addresses_of_a_network_share_half },
		{ "the values do not change", values_do_not_change },
		{ "a network of one is shown as the host", a_host_network_is_shown_as_the_host },
		{ "assets, multicast and unspecified are clear",
		  assets_and_nobodys_addresses_are_clear },
		{ "names share what their domains share", names_share_what_domains_share },
		{ "each wish is its own", each_wish_is_its_own },
		{ "another key shows others", another_key_shows_others },
		{ "a key is a file of 32 bytes or more", a_key_is_a_file_of_enough_bytes },
		{ "assets may change under other threads", assets_may_change_under_other_threads },
		{ "a seal opens its own alone", a_seal_opens_its_own_alone },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "pseudonym", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
