/* blob.c - see blob.h. */
#include "synth/blob.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOB_MAX (256u << 20)	/* no scenario needs more in one script; beyond it is a mistake */

void blob_free(struct blob *b)
{
	free(b->data);
	*b = (struct blob){ 0 };
}

uint8_t *blob_extend(struct blob *b, size_t n)
{
	if (b->is_failed || n > BLOB_MAX - b->len) {
		b->is_failed = true;
		return NULL;
	}
	if (b->len + n > b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 1024;

		while (cap < b->len + n)
			cap *= 2;
		uint8_t *data = realloc(b->data, cap);
		if (!data) {
			b->is_failed = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	b->len += n;
	return b->data + b->len - n;
}

void blob_add(struct blob *b, const void *data, size_t n)
{
	uint8_t *to = n ? blob_extend(b, n) : NULL;

	if (to)
		memcpy(to, data, n);
}

void blob_text(struct blob *b, const char *text)
{
	blob_add(b, text, strlen(text));
}

void blob_format(struct blob *b, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		b->is_failed = true;
	else
		blob_add(b, text, (size_t)n);
}

static void add_big_endian(struct blob *b, uint32_t v, unsigned width)
{
	uint8_t *to = blob_extend(b, width);

	for (unsigned i = 0; to && i < width; i++)
		to[i] = (uint8_t)(v >> (8 * (width - 1 - i)));
}

void blob_u8(struct blob *b, unsigned v)
{
	add_big_endian(b, v, 1);
}

void blob_be16(struct blob *b, unsigned v)
{
	add_big_endian(b, v, 2);
}

void blob_be32(struct blob *b, uint32_t v)
{
	add_big_endian(b, v, 4);
}

void blob_le16(struct blob *b, unsigned v)
{
	blob_u8(b, v & 0xff);
	blob_u8(b, v >> 8 & 0xff);
}

void blob_le32(struct blob *b, uint32_t v)
{
	blob_le16(b, v & 0xffff);
	blob_le16(b, v >> 16);
}

void blob_random(struct blob *b, struct random *r, size_t n)
{
	uint8_t *to = n ? blob_extend(b, n) : NULL;

	if (to)
		random_bytes(r, to, n);
}

void blob_zero(struct blob *b, size_t n)
{
	uint8_t *to = n ? blob_extend(b, n) : NULL;

	if (to)
		memset(to, 0, n);
}

size_t blob_length_begin(struct blob *b, unsigned width)
{
	add_big_endian(b, 0, width);
	return b->len;
}

void blob_length_end(struct blob *b, size_t at, unsigned width)
{
	if (b->is_failed)
		return;
	size_t n = b->len - at;
	if (width < 4 && n >> (8 * width)) {
		b->is_failed = true;
		return;
	}
	for (unsigned i = 0; i < width; i++)
		b->data[at - 1 - i] = (uint8_t)(n >> (8 * i));
}

size_t blob_der_begin(struct blob *b, unsigned tag)
{
	blob_u8(b, tag);
	return b->len;
}

void blob_der_end(struct blob *b, size_t at)
{
	if (b->is_failed)
		return;
	size_t n = b->len - at;
	unsigned width = n < 0x80 ? 1 : n < 0x100 ? 2 : 3;
	if (n > 0xffff || !blob_extend(b, width)) {
		b->is_failed = true;
		return;
	}
	uint8_t *p = b->data + at;
	memmove(p + width, p, n);
	if (width > 1)
		*p++ = (uint8_t)(0x80 | (width - 1));
	if (width == 3)
		*p++ = (uint8_t)(n >> 8);
	*p = (uint8_t)n;
}
