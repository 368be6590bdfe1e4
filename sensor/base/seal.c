/* seal.c - see seal.h.  libcrypto's SIV takes each message in one go: the associated data with a
 * NULL output first, then all the bytes; the tag is the synthetic initialisation vector. */
#include "base/seal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"

#define LEN_MAX (1U << 30)

struct seal {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	uint8_t key[SEAL_KEY_LEN];
};

void seal_free(struct seal *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->ctx);
	EVP_CIPHER_free(s->cipher);
	OPENSSL_cleanse(s->key, sizeof(s->key));
	free(s);
}

int seal_new(const uint8_t key[static SEAL_KEY_LEN], struct seal **ret_seal)
{
	struct seal *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	memcpy(s->key, key, sizeof(s->key));
	s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-SIV", NULL);
	s->ctx = EVP_CIPHER_CTX_new();
	if (!s->cipher || !s->ctx) {
		int err = s->cipher ? -ENOMEM : -ENOSYS;

		seal_free(s);
		return err;
	}
	*ret_seal = s;
	return 0;
}

int seal_close(struct seal *s, const void *about, size_t about_len, const void *bytes, size_t len,
	       uint8_t *ret)
{
	int n = 0;

	if (!about_len || about_len > LEN_MAX || !len || len > LEN_MAX)
		return ERR_LIMIT;
	if (EVP_EncryptInit_ex2(s->ctx, s->cipher, s->key, NULL, NULL) != 1 ||
	    EVP_EncryptUpdate(s->ctx, NULL, &n, about, (int)about_len) != 1 ||
	    EVP_EncryptUpdate(s->ctx, ret + SEAL_MORE, &n, bytes, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(s->ctx, ret + SEAL_MORE + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_MORE, ret) != 1)
		return -ENOMEM;
	return 0;
}

int seal_open(struct seal *s, const void *about, size_t about_len, const void *sealed, size_t len,
	      uint8_t *ret)
{
	const uint8_t *bytes = sealed;
	uint8_t tag[SEAL_MORE];
	int n = 0;

	if (!about_len || about_len > LEN_MAX || len <= SEAL_MORE || len > LEN_MAX)
		return ERR_DAMAGED;
	memcpy(tag, bytes, SEAL_MORE);
	if (EVP_DecryptInit_ex2(s->ctx, s->cipher, s->key, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_MORE, tag) != 1 ||
	    EVP_DecryptUpdate(s->ctx, NULL, &n, about, (int)about_len) != 1)
		return -ENOMEM;
	if (EVP_DecryptUpdate(s->ctx, ret, &n, bytes + SEAL_MORE, (int)(len - SEAL_MORE)) != 1 ||
	    EVP_DecryptFinal_ex(s->ctx, ret + n, &n) != 1)
		return ERR_DAMAGED;
	return 0;
}
