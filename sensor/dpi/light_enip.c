/* light_enip.c - EtherNet/IP and the CIP services in it (light.h; ODVA, volumes 1 and 2).
 *
 *	| command 2 | length 2 | session 4 | status 4 | context 8 | options 4 |
 *			data	little-endian
 *
 * SendRRData and SendUnitData carry items; the item of data holds one CIP message:
 *
 *	| service 1 | words of path 1 | path | ...
 *
 * A multiple service packet holds several, an unconnected send one for another node: both are
 * looked into, once.  Class-specific services mean what they mean for the tags of controllers, but
 * for the connection manager's (class 6).
 */
#include "dpi/light.h"

#define HEADER 24
#define LIST_SERVICES 0x04
#define LIST_IDENTITY 0x63
#define LIST_INTERFACES 0x64
#define REGISTER 0x65
#define UNREGISTER 0x66
#define SEND_RR 0x6f
#define SEND_UNIT 0x70
#define ITEMS 8				/* behind interface handle and time-out: their number */
#define ITEM_CONNECTED 0xb1
#define ITEM_UNCONNECTED 0xb2
#define ITEMS_MAX 8
#define RESPONSE 0x80
#define SERVICE_MULTIPLE 0x0a
#define SERVICE_PCCC 0x4b
#define SERVICE_SEND 0x52
#define CLASS_ROUTER 0x02
#define CLASS_MANAGER 0x06

static bool is_command(unsigned command)
{
	return command == LIST_SERVICES || (command >= LIST_IDENTITY && command <= UNREGISTER) ||
	       command == SEND_RR || command == SEND_UNIT;
}

static bool is_message(const struct light_piece *p, size_t at, size_t *ret_end)
{
	if (p->len - at < HEADER)
		return false;
	*ret_end = at + HEADER + le_get16(p->bytes + at + 2);
	return is_command(le_get16(p->bytes + at)) && le_get32(p->bytes + at + 20) == 0;
}

enum light_sure light_enip(const struct light_piece *p, struct light_found *ret)
{
	size_t end;

	if (!is_message(p, 0, &end) || (end != p->sent && !p->at_port))
		return LIGHT_NO;
	ret->token = le_get16(p->bytes);
	if (p->at_port || (ret->token == REGISTER && end == HEADER + 4))
		return LIGHT_SURE;
	return LIGHT_MAYBE;
}

/* --- CIP ------------------------------------------------------------------------------- */

struct service {
	unsigned code, class;
	const uint8_t *data;		/* behind the path */
	size_t len;
};

static bool read_service(const uint8_t *bytes, size_t len, struct service *ret)
{
	struct cursor c = cursor_over(bytes, len);
	size_t path_len;
	const uint8_t *path;

	ret->code = cursor_u8(&c);
	path_len = 2 * (size_t)cursor_u8(&c);
	path = cursor_take(&c, path_len);
	if (c.is_short)
		return false;
	ret->class = path_len >= 2 && path[0] == 0x20 ? path[1] :
		     path_len >= 4 && path[0] == 0x21 ? le_get16(path + 2) : 0;
	ret->data = c.data;
	ret->len = c.left;
	return true;
}

/* | length of the requester's id | id | command | status | transaction 2 | function | ... */
static unsigned of_pccc(const uint8_t *data, size_t len)
{
	size_t at = len ? data[0] : 0;
	unsigned command, function;

	if (!at || len < at + 5)
		return DPI_ACT_OTHER;
	command = data[at];
	function = data[at + 4];
	if (command == 0x06)
		return DPI_ACT_DIAGNOSTIC;
	if (command != 0x0f)
		return DPI_ACT_OTHER;
	switch (function) {
	case 0x01: case 0x29: case 0x68: case 0xa1: case 0xa2:
		return DPI_ACT_READ;
	case 0x00: case 0x02: case 0x67: case 0x26: case 0xa9: case 0xaa: case 0xab:
		return DPI_ACT_WRITE;
	case 0x07: case 0x3a: case 0x80:	/* set the processor's mode */
		return DPI_ACT_CONTROL;
	case 0x50: case 0x52: case 0x53: case 0x55: case 0x57: case 0x88:
		return DPI_ACT_PROGRAM;		/* download, upload, apply, initialize memory */
	default:
		return DPI_ACT_OTHER;
	}
}

static unsigned of_manager(unsigned code)
{
	return code == 0x01 || code == 0x0e ? DPI_ACT_READ : DPI_ACT_OTHER;
}

static unsigned of_service(const struct service *s)
{
	if (s->code & RESPONSE)
		return 0;
	if (s->class == CLASS_MANAGER)
		return of_manager(s->code);
	switch (s->code) {
	case 0x01: case 0x03: case 0x0e: case 0x18: case 0x4c: case 0x52: case 0x55:
		return DPI_ACT_READ;
	case 0x02: case 0x04: case 0x10: case 0x4d: case 0x4e: case 0x53:
		return DPI_ACT_WRITE;
	case 0x05: case 0x06: case 0x07:	/* reset, start, stop */
		return DPI_ACT_CONTROL;
	case 0x08: case 0x09: case 0x15: case 0x16:	/* create, delete, restore, save */
		return DPI_ACT_PROGRAM;
	case SERVICE_PCCC:
		return of_pccc(s->data, s->len);
	default:
		return DPI_ACT_OTHER;
	}
}

/* | number 2 | offset 2 of each, from the number on | messages */
static unsigned of_multiple(const struct service *s)
{
	unsigned n = s->len >= 2 ? le_get16(s->data) : 0, acts = 0;

	for (unsigned i = 0; i < n && i < LIGHT_MESSAGES_MAX && s->len >= 4 + 2 * i; i++) {
		size_t at = le_get16(s->data + 2 + 2 * i);
		struct service inner;

		if (at < s->len && read_service(s->data + at, s->len - at, &inner))
			acts |= of_service(&inner);
	}
	return acts;
}

static unsigned of_message(const uint8_t *bytes, size_t len)
{
	struct service s, inner;

	if (!read_service(bytes, len, &s) || s.code & RESPONSE)
		return 0;
	/* | priority 1 | ticks 1 | length 2 | message | route */
	if (s.class == CLASS_MANAGER && s.code == SERVICE_SEND) {
		if (s.len < 4 || !read_service(s.data + 4, s.len - 4, &inner))
			return DPI_ACT_OTHER;
		s = inner;
	}
	return s.code == SERVICE_MULTIPLE && s.class == CLASS_ROUTER ? of_multiple(&s) :
								       of_service(&s);
}

static unsigned of_items(const uint8_t *bytes, size_t len)
{
	struct cursor c = cursor_over(bytes, len);
	const uint8_t *head = cursor_take(&c, ITEMS);
	unsigned n = head ? le_get16(head + 6) : 0, acts = 0;

	for (unsigned i = 0; i < n && i < ITEMS_MAX; i++) {
		const uint8_t *item = cursor_take(&c, 4);
		size_t item_len = item ? le_get16(item + 2) : 0, sequence;

		if (!item)
			break;
		if (item_len > c.left)
			item_len = c.left;
		sequence = le_get16(item) == ITEM_CONNECTED ? 2 : 0;
		if ((sequence || le_get16(item) == ITEM_UNCONNECTED) && item_len > sequence)
			acts |= of_message(c.data + sequence, item_len - sequence);
		cursor_take(&c, item_len);
	}
	return acts;
}

static unsigned of_command(unsigned command, const uint8_t *data, size_t len)
{
	switch (command) {
	case LIST_SERVICES: case LIST_IDENTITY: case LIST_INTERFACES:
		return DPI_ACT_DIAGNOSTIC;
	case SEND_RR: case SEND_UNIT:
		return of_items(data, len);
	default:
		return DPI_ACT_OTHER;
	}
}

unsigned light_enip_acts(const struct light_piece *p)
{
	unsigned acts = 0;
	size_t at = 0, end;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && at < p->len && is_message(p, at, &end); i++) {
		size_t to = end < p->len ? end : p->len;

		acts |= of_command(le_get16(p->bytes + at), p->bytes + at + HEADER,
			to - at - HEADER);
		at = end;
	}
	return acts;
}
