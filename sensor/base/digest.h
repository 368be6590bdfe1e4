/* digest.h - SHA-1, SHA-256, UUIDv5 and base64, by libcrypto.  Any thread. */
#ifndef NW_BASE_DIGEST_H
#define NW_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SHA1_LEN 20
#define DIGEST_SHA256_LEN 32
#define DIGEST_HEX_MAX 65	/* SHA-256 in hex, with the zero byte */
#define UUID_TEXT_MAX 37

void digest_sha1(const void *data, size_t len, uint8_t ret[static DIGEST_SHA1_LEN]);
void digest_sha256(const void *data, size_t len, uint8_t ret[static DIGEST_SHA256_LEN]);
void digest_sha256_hex(const void *data, size_t len, char ret[static DIGEST_HEX_MAX]);
/* The whole regular file at path, read in blocks.  0 or -errno; -EINVAL for anything else, such as
 * a pipe, which is not waited for. */
int digest_sha256_file(const char *path, char ret[static DIGEST_HEX_MAX]);

/* A running SHA-256, for what is written piece by piece. */
struct digest;
struct digest *digest_new(void);			/* NULL: out of memory */
void digest_update(struct digest *d, const void *data, size_t len);
void digest_final_free(struct digest *d, char ret[static DIGEST_HEX_MAX]);	/* takes d */

/* RFC 9562 5.5: name-based, SHA-1. */
void uuid_v5(const uint8_t ns[static 16], const char *name, char ret[static UUID_TEXT_MAX]);
/* ret needs 4 * ((len + 2) / 3) + 1 bytes. */
void base64_encode(const void *data, size_t len, char *ret);

#endif
