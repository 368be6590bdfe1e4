/* sign.h - Ed25519 signatures (RFC 8032) by libcrypto, over keys in PEM files.
 *
 * A private key is made with "openssl genpkey -algorithm ed25519", its public half is written by
 * "openssl pkey -pubout".  The same key and text give the same signature.  A key is immutable; any
 * thread.  What is wrong with a file is logged, with the file and the remedy.
 */
#ifndef NW_BASE_SIGN_H
#define NW_BASE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#define SIGN_TEXT_MAX 89	/* 64 bytes in base64, with the zero byte */
#define SIGN_ID_MAX 17		/* with the zero byte */

struct sign_key;

/* 0; -errno of reading, or -EINVAL: no such key.  Free with sign_key_free(). */
int sign_key_load(const char *path, struct sign_key **ret_key);		/* the private key */
int sign_key_load_public(const char *path, struct sign_key **ret_key);
void sign_key_free(struct sign_key *k);					/* NULL is fine */
/* Which key it is: the first 16 hex digits of the SHA-256 of its 32 public bytes. */
const char *sign_key_id(const struct sign_key *k);

/* Needs the private key.  0 or -ENOMEM. */
int sign_make(const struct sign_key *k, const void *data, size_t len,
	      char ret[static SIGN_TEXT_MAX]);
bool sign_is_good(const struct sign_key *k, const void *data, size_t len, const char *text);

#endif
