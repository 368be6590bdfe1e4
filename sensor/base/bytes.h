/* bytes.h - integers from the wire and to it, and a bounds-checked cursor.
 *
 * A read past the end gives 0 and marks the cursor as short for good; so a parser reads all its
 * fields and asks once.  Never cast a pointer into a packet.
 */
#ifndef NW_BASE_BYTES_H
#define NW_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t net_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t net_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint16_t le_get16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t le_get32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline void net_put16(uint8_t *p, uint32_t value)	/* its lower 16 bits */
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void net_put32(uint8_t *p, uint32_t value)
{
	net_put16(p, value >> 16);
	net_put16(p + 2, value);
}

struct cursor {
	const uint8_t *data;
	size_t left;
	bool is_short;		/* somebody asked for more than there was */
};

static inline struct cursor cursor_over(const uint8_t *data, size_t len)
{
	return (struct cursor){ .data = data, .left = len };
}

/* Advances over n bytes and returns where they begin, or NULL (and marks short). */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *at = c->data;

	if (n > c->left) {
		c->is_short = true;
		c->left = 0;
		return NULL;
	}
	c->data += n;
	c->left -= n;
	return at;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);
	return p ? *p : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);
	return p ? net_get16(p) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);
	return p ? net_get32(p) : 0;
}

#endif
