/* sign.c - see sign.h. */
#include "base/sign.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define PUBLIC_LEN 32
#define SIGNATURE_LEN 64

struct sign_key {
	EVP_PKEY *pkey;
	char id[SIGN_ID_MAX];
};

void sign_key_free(struct sign_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

const char *sign_key_id(const struct sign_key *k)
{
	return k->id;
}

static bool make_id(struct sign_key *k)
{
	char hex[DIGEST_HEX_MAX];
	uint8_t raw[PUBLIC_LEN];
	size_t len = sizeof(raw);

	if (EVP_PKEY_id(k->pkey) != EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_raw_public_key(k->pkey, raw, &len) != 1 || len != sizeof(raw))
		return false;
	digest_sha256_hex(raw, sizeof(raw), hex);
	memcpy(k->id, hex, sizeof(k->id) - 1);
	return true;
}

/* No passphrase is ever asked for: a sensor has nobody to ask. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static void warn_of_mode(FILE *file, const char *shown)
{
	struct stat st;

	if (!fstat(fileno(file), &st) && st.st_mode & S_IROTH)
		log_warn("sign", "key file %s can be read by everybody: chmod 600 it", shown);
}

static int load(const char *path, bool is_private, struct sign_key **ret_key)
{
	struct sign_key *k = calloc(1, sizeof(*k));
	FILE *file = k ? fopen(path, "re") : NULL;
	int err = !k ? -ENOMEM : !file ? -errno : 0;
	char shown[256];

	text_escape(path, strlen(path), shown, sizeof(shown));
	if (err) {
		log_err("sign", "cannot read key file %s: %s", shown, err_text(err));
		goto out;
	}
	k->pkey = is_private ? PEM_read_PrivateKey(file, NULL, no_passphrase, NULL) :
			       PEM_read_PUBKEY(file, NULL, no_passphrase, NULL);
	ERR_clear_error();
	if (!k->pkey || !make_id(k)) {
		err = -EINVAL;
		log_err("sign", "%s is no %s Ed25519 key in PEM form without passphrase; %s", shown,
			is_private ? "private" : "public",
			is_private ? "make one: openssl genpkey -algorithm ed25519 -out FILE" :
			"write it from the private one: openssl pkey -in KEY -pubout -out FILE");
		goto out;
	}
	if (is_private)
		warn_of_mode(file, shown);
	*ret_key = steal(&k);
out:	if (file)
		fclose(file);
	sign_key_free(k);
	return err;
}

int sign_key_load(const char *path, struct sign_key **ret_key)
{
	return load(path, true, ret_key);
}

int sign_key_load_public(const char *path, struct sign_key **ret_key)
{
	return load(path, false, ret_key);
}

int sign_make(const struct sign_key *k, const void *data, size_t len,
	      char ret[static SIGN_TEXT_MAX])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t raw[SIGNATURE_LEN];
	size_t raw_len = sizeof(raw);
	bool is_made = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
		       EVP_DigestSign(ctx, raw, &raw_len, data, len) == 1 &&
		       raw_len == sizeof(raw);

	EVP_MD_CTX_free(ctx);
	ret[0] = '\0';
	if (!is_made)
		return -ENOMEM;
	base64_encode(raw, sizeof(raw), ret);
	return 0;
}

/* 64 bytes are 86 characters and "==", which EVP_DecodeBlock() gives as 66. */
static bool decode(const char *text, uint8_t ret[static SIGNATURE_LEN + 2])
{
	char again[SIGN_TEXT_MAX];

	if (strlen(text) != SIGN_TEXT_MAX - 1 ||
	    EVP_DecodeBlock(ret, (const uint8_t *)text, SIGN_TEXT_MAX - 1) != SIGNATURE_LEN + 2)
		return false;
	base64_encode(ret, SIGNATURE_LEN, again);
	return !strcmp(text, again);
}

bool sign_is_good(const struct sign_key *k, const void *data, size_t len, const char *text)
{
	uint8_t raw[SIGNATURE_LEN + 2];
	EVP_MD_CTX *ctx;
	bool is_good;

	if (!decode(text, raw))
		return false;
	ctx = EVP_MD_CTX_new();
	is_good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
		  EVP_DigestVerify(ctx, raw, SIGNATURE_LEN, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return is_good;
}
