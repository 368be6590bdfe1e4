/* blob.h - a growing byte buffer for building messages.
 *
 * Memory failure is sticky: appending to a failed blob does nothing, and the builder asks once at
 * the end (is_failed).  The owner frees it with blob_free().  One thread.
 */
#ifndef NW_SYNTH_BLOB_H
#define NW_SYNTH_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "synth/random.h"

struct blob {
	uint8_t *data;
	size_t len, cap;
	bool is_failed;
};

void blob_free(struct blob *b);
uint8_t *blob_extend(struct blob *b, size_t n);		/* room for n more bytes, or NULL */
void blob_add(struct blob *b, const void *data, size_t n);
void blob_text(struct blob *b, const char *text);	/* without the zero byte */
void blob_format(struct blob *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void blob_u8(struct blob *b, unsigned v);
void blob_be16(struct blob *b, unsigned v);
void blob_be32(struct blob *b, uint32_t v);
void blob_le16(struct blob *b, unsigned v);
void blob_le32(struct blob *b, uint32_t v);
void blob_random(struct blob *b, struct random *r, size_t n);
void blob_zero(struct blob *b, size_t n);

/* Big-endian length fields of 1, 2, 3 or 4 bytes: begin leaves room,
	end writes how much followed. */
size_t blob_length_begin(struct blob *b, unsigned width);
void blob_length_end(struct blob *b, size_t at, unsigned width);
/* ASN.1 DER: begin writes the tag, end inserts the length in its shortest form. */
size_t blob_der_begin(struct blob *b, unsigned tag);
void blob_der_end(struct blob *b, size_t at);

#endif
