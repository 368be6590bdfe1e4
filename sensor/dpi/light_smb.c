/* light_smb.c - SMB 1, 2 and 3 over TCP (light.h; [MS-CIFS], [MS-SMB2]).
 *
 *	| 0 | length 3 | ff "SMB" | command 1 | status 4 | flags 1 | ...
 *		       | fe "SMB" | 64 2 | credits 2 | status 4 | command 2 | 2 | flags 4 | next 4 |
 *	...
 *		       | fd "SMB" | encrypted
 *
 * Only requests count.  Reads and writes of remote procedure calls through a pipe count as such.
 */
#include <string.h>
#include "dpi/light.h"

#define SESSION 4
#define OLD_HEADER 32
#define NEW_HEADER 64
#define OLD_ANSWER 0x80
#define NEW_ANSWER 1

static bool is_smb(const struct light_piece *p, size_t at, uint8_t magic, size_t *ret_end)
{
	const uint8_t *b = p->bytes + at;

	if (p->len - at < SESSION + 5 || b[0] != 0 || b[SESSION] != magic ||
	    memcmp(b + SESSION + 1, "SMB", 3))
		return false;
	*ret_end = at + SESSION + (net_get32(b) & 0xffffff);
	return *ret_end > at + SESSION + 4;
}

enum light_sure light_smb1(const struct light_piece *p, struct light_found *ret)
{
	size_t end;

	(void)ret;
	return is_smb(p, 0, 0xff, &end) ? LIGHT_SURE : LIGHT_NO;
}

enum light_sure light_smb2(const struct light_piece *p, struct light_found *ret)
{
	size_t end;

	(void)ret;
	return is_smb(p, 0, 0xfe, &end) || is_smb(p, 0, 0xfd, &end) ? LIGHT_SURE : LIGHT_NO;
}

static unsigned of_old(unsigned command)
{
	switch (command) {
	case 0x0a: case 0x2e:
		return DPI_ACT_READ;
	case 0x0b: case 0x0c: case 0x2f:
		return DPI_ACT_WRITE;
	case 0x00: case 0x01: case 0x06: case 0x07:	/* directories, delete, rename */
		return DPI_ACT_WRITE | DPI_ACT_FILE;
	case 0x02: case 0x03: case 0x2d: case 0xa2:	/* open, create */
		return DPI_ACT_FILE;
	default:
		return DPI_ACT_OTHER;
	}
}

static unsigned of_new(unsigned command)
{
	switch (command) {
	case 0x05:				/* create */
		return DPI_ACT_FILE;
	case 0x08: case 0x0e: case 0x10:	/* read, directory, information */
		return DPI_ACT_READ;
	case 0x09: case 0x11:			/* write, set information */
		return DPI_ACT_WRITE;
	default:
		return DPI_ACT_OTHER;
	}
}

/* Several requests may be chained by `next`. */
static unsigned of_chain(const uint8_t *bytes, size_t len)
{
	unsigned acts = 0;
	size_t at = 0, next;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && len - at >= NEW_HEADER; i++) {
		const uint8_t *b = bytes + at;

		if (b[0] != 0xfe || le_get16(b + 4) != NEW_HEADER)
			break;
		if (!(le_get32(b + 16) & NEW_ANSWER))
			acts |= of_new(le_get16(b + 12));
		next = le_get32(b + 20);
		if (!next || next >= len - at)
			break;
		at += next;
	}
	return acts;
}

unsigned light_smb_acts(const struct light_piece *p)
{
	unsigned acts = 0;
	size_t at = 0, end;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && at < p->len; i++) {
		const uint8_t *b = p->bytes + at + SESSION;

		if (is_smb(p, at, 0xff, &end)) {
			if (p->len - at >= SESSION + OLD_HEADER && !(b[9] & OLD_ANSWER))
				acts |= of_old(b[4]);
		} else if (is_smb(p, at, 0xfe, &end)) {
			size_t to = end < p->len ? end : p->len;

			acts |= of_chain(b, to - at - SESSION);
		} else if (is_smb(p, at, 0xfd, &end)) {
			acts |= DPI_ACT_OTHER;
		} else {
			break;
		}
		at = end;
	}
	return acts;
}
