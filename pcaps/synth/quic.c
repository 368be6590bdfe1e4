/* quic.c - see quic.h. */
#include "synth/quic.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define HASH_LEN 32
#define SAMPLE_LEN 16			/* RFC 9001 5.4.2 */

static bool hmac(const uint8_t key[static HASH_LEN], size_t key_len, const uint8_t *data, size_t n,
		 uint8_t ret[static HASH_LEN])
{
	return HMAC(EVP_sha256(), key, (int)key_len, data, n, ret, NULL) != NULL;
}

/* HKDF-Expand-Label (RFC 8446 7.1) with an empty context, for at most one block. */
static bool expand(const uint8_t secret[static HASH_LEN], const char *label, uint8_t *ret, size_t n)
{
	uint8_t info[64], block[HASH_LEN];
	size_t label_len = strlen(label), at = 0;

	info[at++] = 0;
	info[at++] = (uint8_t)n;
	info[at++] = (uint8_t)(6 + label_len);
	memcpy(info + at, "tls13 ", 6);
	memcpy(info + at + 6, label, label_len);
	at += 6 + label_len;
	info[at++] = 0;
	info[at++] = 1;			/* the counter of HKDF-Expand */
	if (!hmac(secret, HASH_LEN, info, at, block))
		return false;
	memcpy(ret, block, n);
	return true;
}

bool quic_initial_keys(const uint8_t *dcid, size_t n, unsigned side, struct quic_keys *ret_keys)
{
	/* RFC 9001 5.2, filled up to the key length that hmac() reads */
	static const uint8_t salt[HASH_LEN] = {
		0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
		0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
	};
	uint8_t initial[HASH_LEN], secret[HASH_LEN];

	return hmac(salt, 20, dcid, n, initial) &&
	       expand(initial, side ? "server in" : "client in", secret, sizeof(secret)) &&
	       expand(secret, "quic key", ret_keys->key, sizeof(ret_keys->key)) &&
	       expand(secret, "quic iv", ret_keys->iv, sizeof(ret_keys->iv)) &&
	       expand(secret, "quic hp", ret_keys->hp, sizeof(ret_keys->hp));
}

static bool encrypt(EVP_CIPHER_CTX *ctx, const struct quic_keys *k, uint8_t *packet,
		    size_t header_len, size_t payload_len)
{
	uint8_t nonce[sizeof(k->iv)], *payload = packet + header_len;
	int n;

	memcpy(nonce, k->iv, sizeof(nonce));
	for (size_t i = 0; i < QUIC_PN_LEN; i++)
		nonce[sizeof(nonce) - 1 - i] ^= packet[header_len - 1 - i];
	return EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, k->key, nonce) &&
	       EVP_EncryptUpdate(ctx, NULL, &n, packet, (int)header_len) &&
	       EVP_EncryptUpdate(ctx, payload, &n, payload, (int)payload_len) &&
	       EVP_EncryptFinal_ex(ctx, payload + n, &n) &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, QUIC_TAG_LEN, payload + payload_len);
}

/* RFC 9001 5.4: a sample of the payload hides the packet number and bits of the first byte. */
static bool hide_header(EVP_CIPHER_CTX *ctx, const struct quic_keys *k, uint8_t *packet,
			size_t header_len)
{
	uint8_t mask[SAMPLE_LEN];
	uint8_t *number = packet + header_len - QUIC_PN_LEN;
	int n;

	if (!EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, k->hp, NULL) ||
	    !EVP_EncryptUpdate(ctx, mask, &n, number + 4, SAMPLE_LEN))
		return false;
	packet[0] ^= mask[0] & (packet[0] & 0x80 ? 0x0f : 0x1f);
	for (size_t i = 0; i < QUIC_PN_LEN; i++)
		number[i] ^= mask[1 + i];
	return true;
}

bool quic_seal(const struct quic_keys *k, uint8_t *packet, size_t header_len, size_t payload_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ok = ctx && encrypt(ctx, k, packet, header_len, payload_len);

	if (ok) {
		EVP_CIPHER_CTX_reset(ctx);
		ok = hide_header(ctx, k, packet, header_len);
	}
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}
