/* digest.c - see digest.h.  libcrypto's EVP interface; a digest that cannot be computed (no memory)
 * comes out as zeros, which no caller can mistake for evidence. */
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct digest {
	EVP_MD_CTX *ctx;
};

static void to_hex(const uint8_t *bytes, size_t n, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * n] = '\0';
}

void digest_sha1(const void *data, size_t len, uint8_t ret[static DIGEST_SHA1_LEN])
{
	memset(ret, 0, DIGEST_SHA1_LEN);
	EVP_Digest(data, len, ret, NULL, EVP_sha1(), NULL);
}

void digest_sha256(const void *data, size_t len, uint8_t ret[static DIGEST_SHA256_LEN])
{
	memset(ret, 0, DIGEST_SHA256_LEN);
	EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL);
}

void digest_sha256_hex(const void *data, size_t len, char ret[static DIGEST_HEX_MAX])
{
	uint8_t bytes[DIGEST_SHA256_LEN];

	digest_sha256(data, len, bytes);
	to_hex(bytes, sizeof(bytes), ret);
}

struct digest *digest_new(void)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx || !EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(d->ctx);
		free(d);
		return NULL;
	}
	return d;
}

void digest_update(struct digest *d, const void *data, size_t len)
{
	EVP_DigestUpdate(d->ctx, data, len);
}

void digest_final_free(struct digest *d, char ret[static DIGEST_HEX_MAX])
{
	uint8_t bytes[DIGEST_SHA256_LEN] = { 0 };

	EVP_DigestFinal_ex(d->ctx, bytes, NULL);
	EVP_MD_CTX_free(d->ctx);
	free(d);
	to_hex(bytes, sizeof(bytes), ret);
}

int digest_sha256_file(const char *path, char ret[static DIGEST_HEX_MAX])
{
	enum { BLOCK = 262144 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;
	struct digest *d = digest_new();
	uint8_t *block = malloc(BLOCK);
	struct stat st;
	ssize_t n = 0;

	ret[0] = '\0';
	if (fd < 0 || fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (!d || !block)
		err = -ENOMEM;
	while (!err && (n = read(fd, block, BLOCK)) > 0)
		digest_update(d, block, (size_t)n);
	if (!err && n < 0)
		err = -errno;
	if (d) {
		char hex[DIGEST_HEX_MAX];

		digest_final_free(d, hex);
		if (!err)
			memcpy(ret, hex, sizeof(hex));
	}
	free(block);
	if (fd >= 0)
		close(fd);
	return err;
}

void uuid_v5(const uint8_t ns[static 16], const char *name, char ret[static UUID_TEXT_MAX])
{
	uint8_t hash[DIGEST_SHA1_LEN] = { 0 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char hex[2 * DIGEST_SHA1_LEN + 1];

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL)) {
		EVP_DigestUpdate(ctx, ns, 16);
		EVP_DigestUpdate(ctx, name, strlen(name));
		EVP_DigestFinal_ex(ctx, hash, NULL);
	}
	EVP_MD_CTX_free(ctx);
	hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x50);	/* version 5 */
	hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);	/* the variant of RFC 9562 */
	to_hex(hash, sizeof(hash), hex);
	snprintf(ret, UUID_TEXT_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		 hex + 20);
}

void base64_encode(const void *data, size_t len, char *ret)
{
	EVP_EncodeBlock((unsigned char *)ret, data, (int)len);
}
