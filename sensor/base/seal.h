/* seal.h - bytes that only the holder of a key can read: AES-256-SIV (RFC 5297) by libcrypto.
 *
 * SIV is deterministic: equal bytes under equal `about` are sealed to equal bytes.  So a sealed key
 * of a table can be looked up, and the same run writes the same file; what shows is equality, and
 * lengths.  A changed bit anywhere, or another `about`, is found out at opening.
 *
 * Thread: one at a time for each seal.
 */
#ifndef NW_BASE_SEAL_H
#define NW_BASE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_LEN 64
#define SEAL_MORE 16			/* bytes by which sealing makes longer */

struct seal;

/* 0, -ENOMEM, or -ENOSYS: this libcrypto knows no AES-256-SIV. */
int seal_new(const uint8_t key[static SEAL_KEY_LEN], struct seal **ret_seal);
void seal_free(struct seal *s);		/* NULL is fine; wipes the key */
/* ret needs len + SEAL_MORE bytes.  `about` (about_len bytes) is not in it, but bound to it: where
 * the bytes belong, so that they are of no use elsewhere.  Neither may be empty (libcrypto takes an
 * empty message for none).  0, -ENOMEM, ERR_LIMIT for nothing or more than 1 GiB. */
int seal_close(struct seal *s, const void *about, size_t about_len, const void *bytes, size_t len,
	       uint8_t *ret);
/* ret needs len - SEAL_MORE bytes.  0; ERR_DAMAGED: not what seal_close() made of it, with this
 * key and this `about`; -ENOMEM. */
int seal_open(struct seal *s, const void *about, size_t about_len, const void *sealed, size_t len,
	      uint8_t *ret);

#endif
