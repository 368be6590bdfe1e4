/* pack.c - see pack.h. */
#include "base/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 256
#define TEXT_IS_NULL UINT32_MAX		/* in place of a length */

/* --- packing -------------------------------------------------------------- */

void pack_reset(struct packer *p)
{
	p->len = 0;
	p->has_failed = false;
}

void pack_free(struct packer *p)
{
	free(p->bytes);
	*p = (struct packer){ 0 };
}

static bool make_room(struct packer *p, size_t n)
{
	size_t capacity = p->capacity ? p->capacity : FIRST_BYTES;
	uint8_t *bytes;

	if (p->has_failed)
		return false;
	if (n <= p->capacity - p->len)
		return true;
	while (capacity - p->len < n && capacity <= SIZE_MAX / 2)
		capacity *= 2;
	bytes = capacity - p->len < n ? NULL : realloc(p->bytes, capacity);
	if (!bytes) {
		p->has_failed = true;
		return false;
	}
	p->bytes = bytes;
	p->capacity = capacity;
	return true;
}

uint8_t *pack_room(struct packer *p, size_t len)
{
	if (!make_room(p, len))
		return NULL;
	p->len += len;
	return p->bytes + p->len - len;
}

void pack_bytes(struct packer *p, const void *bytes, size_t len)
{
	if (!len || !make_room(p, len))
		return;
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

/* The lowest n bytes of v, the lowest first. */
static void pack_integer(struct packer *p, uint64_t v, size_t n)
{
	if (!make_room(p, n))
		return;
	for (size_t i = 0; i < n; i++)
		p->bytes[p->len++] = (uint8_t)(v >> 8 * i);
}

void pack_u8(struct packer *p, uint8_t v)
{
	pack_integer(p, v, 1);
}

void pack_u16(struct packer *p, uint16_t v)
{
	pack_integer(p, v, 2);
}

void pack_u32(struct packer *p, uint32_t v)
{
	pack_integer(p, v, 4);
}

void pack_u64(struct packer *p, uint64_t v)
{
	pack_integer(p, v, 8);
}

void pack_double(struct packer *p, double v)
{
	uint64_t bits;

	static_assert(sizeof(bits) == sizeof(v), "a double is 8 bytes");
	memcpy(&bits, &v, sizeof(bits));
	pack_u64(p, bits);
}

void pack_text(struct packer *p, const char *text)
{
	size_t len;

	if (!text) {
		pack_u32(p, TEXT_IS_NULL);
		return;
	}
	len = strlen(text);
	if (len >= TEXT_IS_NULL) {
		p->has_failed = true;
		return;
	}
	pack_u32(p, (uint32_t)len);
	pack_bytes(p, text, len);
}

/* --- unpacking ------------------------------------------------------------ */

struct unpacker unpack_over(const void *bytes, size_t len)
{
	return (struct unpacker){ .at = bytes, .left = len };
}

/* Advances over n bytes: where they begin, or NULL, and bad for good. */
static const uint8_t *take(struct unpacker *u, size_t n)
{
	const uint8_t *at = u->at;

	if (u->is_bad || n > u->left) {
		u->is_bad = true;
		u->left = 0;
		return NULL;
	}
	/* Nothing may be over no bytes at NULL, to which even 0 must not be added. */
	if (n)
		u->at += n;
	u->left -= n;
	return at;
}

static uint64_t unpack_integer(struct unpacker *u, size_t n)
{
	const uint8_t *at = take(u, n);
	uint64_t v = 0;

	for (size_t i = 0; at && i < n; i++)
		v |= (uint64_t)at[i] << 8 * i;
	return v;
}

uint8_t unpack_u8(struct unpacker *u)
{
	return (uint8_t)unpack_integer(u, 1);
}

uint16_t unpack_u16(struct unpacker *u)
{
	return (uint16_t)unpack_integer(u, 2);
}

uint32_t unpack_u32(struct unpacker *u)
{
	return (uint32_t)unpack_integer(u, 4);
}

uint64_t unpack_u64(struct unpacker *u)
{
	return unpack_integer(u, 8);
}

double unpack_double(struct unpacker *u)
{
	uint64_t bits = unpack_u64(u);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

void unpack_bytes(struct unpacker *u, void *ret, size_t len)
{
	const uint8_t *at = take(u, len);

	if (at && len)
		memcpy(ret, at, len);
	else if (len)
		memset(ret, 0, len);
}

/* The bytes of a text with *ret_len; NULL: it was NULL, or bad.  Texts hold no zero byte. */
static const uint8_t *take_text(struct unpacker *u, size_t max, size_t *ret_len)
{
	static const uint8_t empty[1];
	uint32_t len = unpack_u32(u);
	const uint8_t *at;

	*ret_len = 0;
	if (u->is_bad || len == TEXT_IS_NULL)
		return NULL;
	if (!len)
		return empty;
	at = len > max ? NULL : take(u, len);
	if (!at || memchr(at, '\0', len)) {
		u->is_bad = true;
		u->left = 0;
		return NULL;
	}
	*ret_len = len;
	return at;
}

bool unpack_text(struct unpacker *u, char *buf, size_t cap)
{
	size_t len;
	const uint8_t *at = take_text(u, cap - 1, &len);

	if (at)
		memcpy(buf, at, len);
	buf[len] = '\0';
	return at != NULL;
}

char *unpack_text_new(struct unpacker *u, size_t max)
{
	size_t len;
	const uint8_t *at = take_text(u, max, &len);
	char *text = at ? malloc(len + 1) : NULL;

	if (text) {
		memcpy(text, at, len);
		text[len] = '\0';
	} else if (at) {
		u->is_bad = true;
	}
	return text;
}

bool unpack_ok(const struct unpacker *u)
{
	return !u->is_bad && !u->left;
}
