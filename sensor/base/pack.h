/* pack.h - structs to bytes and back, for what is kept in the state.
 *
 * Little-endian, fixed widths, no padding, no pointers.  The reader is bounded: whatever a
 * damaged file holds, reading past the end gives zeros and marks the reader as bad for good, so
 * that a parser asks once, at the end (unpack_ok()).  Writers grow and remember a lack of
 * memory in the same way. One byte of version leads each kind of record; its readers know all
 * older versions.
 */
#ifndef NW_BASE_PACK_H
#define NW_BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packer {
	uint8_t *bytes;			/* owned */
	size_t len, capacity;
	bool has_failed;		/* no memory: what follows is not written */
};

void pack_reset(struct packer *p);	/* empty again, memory kept */
void pack_free(struct packer *p);
void pack_u8(struct packer *p, uint8_t v);
void pack_u16(struct packer *p, uint16_t v);
void pack_u32(struct packer *p, uint32_t v);
void pack_u64(struct packer *p, uint64_t v);
void pack_double(struct packer *p, double v);	/* bit for bit */
void pack_bytes(struct packer *p, const void *bytes, size_t len);	/* the bytes alone */
/* Room for len bytes at the end, for the caller to fill; NULL: no memory. */
uint8_t *pack_room(struct packer *p, size_t len);
void pack_text(struct packer *p, const char *text);	/* length, bytes; NULL is not "" */

struct unpacker {
	const uint8_t *at;
	size_t left;
	bool is_bad;
};

struct unpacker unpack_over(const void *bytes, size_t len);
uint8_t unpack_u8(struct unpacker *u);
uint16_t unpack_u16(struct unpacker *u);
uint32_t unpack_u32(struct unpacker *u);
uint64_t unpack_u64(struct unpacker *u);
double unpack_double(struct unpacker *u);
void unpack_bytes(struct unpacker *u, void *ret, size_t len);	/* zeros when there is less */
/* A text into buf (cut to fit counts as bad); false: it was NULL, buf is "". */
bool unpack_text(struct unpacker *u, char *buf, size_t cap);
char *unpack_text_new(struct unpacker *u, size_t max);	/* gives; NULL: it was NULL, or bad */
/* Everything was there and nothing is left over. */
bool unpack_ok(const struct unpacker *u);

#endif
