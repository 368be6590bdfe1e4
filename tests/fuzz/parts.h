/* parts.h - an input of a fuzz target as several parts, each with two bytes of length before it. */
#ifndef NW_TESTS_FUZZ_PARTS_H
#define NW_TESTS_FUZZ_PARTS_H

#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"

/* In a buffer of exactly its size, so that a step beyond is seen; the caller frees it. */
static inline uint8_t *take_part(struct cursor *c, size_t *ret_len)
{
	size_t len = cursor_be16(c);
	uint8_t *part;

	if (len > c->left)
		len = c->left;
	part = malloc(len ? len : 1);
	if (!part)
		abort();
	memcpy(part, cursor_take(c, len), len);
	*ret_len = len;
	return part;
}

#endif
