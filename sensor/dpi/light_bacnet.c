/* light_bacnet.c - BACnet/IP (light.h; ASHRAE 135, annex J and clauses 6 and 20).
 *
 *	| 81 | function 1 | length 2 | [origin 6] | 01 | control 1 | [addresses] | type ... service
 */
#include "dpi/light.h"

#define FORWARDED 4
#define HAS_DESTINATION 0x20
#define HAS_SOURCE 0x08
#define IS_NETWORK_MESSAGE 0x80
#define SEGMENTED 0x08
#define CONFIRMED 0
#define UNCONFIRMED 1

static bool read_head(const struct light_piece *p, struct cursor *ret, unsigned *ret_function)
{
	unsigned length;

	*ret = cursor_over(p->bytes, p->len);
	if (cursor_u8(ret) != 0x81)
		return false;
	*ret_function = cursor_u8(ret);
	length = cursor_be16(ret);
	return !ret->is_short && *ret_function <= 0x0c && length == p->sent;
}

static bool has_network_layer(unsigned function)
{
	return function == FORWARDED || (function >= 9 && function <= 11);
}

enum light_sure light_bacnet(const struct light_piece *p, struct light_found *ret)
{
	struct cursor c;
	unsigned function;

	(void)ret;
	if (!read_head(p, &c, &function))
		return LIGHT_NO;
	if (function == FORWARDED)
		cursor_take(&c, 6);
	if (has_network_layer(function))
		return cursor_u8(&c) == 1 ? LIGHT_SURE : LIGHT_NO;
	return p->at_port ? LIGHT_SURE : LIGHT_NO;
}

static unsigned of_confirmed(unsigned service)
{
	switch (service) {
	case 5: case 12: case 14: case 26: case 28:
		return DPI_ACT_READ;
	case 6:
		return DPI_ACT_READ | DPI_ACT_FILE;
	case 7:
		return DPI_ACT_WRITE | DPI_ACT_FILE;
	case 8: case 9: case 15: case 16:
		return DPI_ACT_WRITE;
	case 10: case 11:			/* create and delete objects */
		return DPI_ACT_PROGRAM;
	case 17: case 20: case 27:		/* communication control, reinitialize */
		return DPI_ACT_CONTROL;
	default:
		return DPI_ACT_OTHER;
	}
}

static unsigned of_unconfirmed(unsigned service)
{
	switch (service) {
	case 0: case 1: case 7: case 8:		/* I-Am, I-Have, Who-Has, Who-Is */
		return DPI_ACT_DIAGNOSTIC;
	case 6: case 9: case 10:		/* clock, write group */
		return DPI_ACT_WRITE;
	default:
		return DPI_ACT_OTHER;
	}
}

/* | network 2 | length 1 | address | */
static void skip_address(struct cursor *c)
{
	cursor_be16(c);
	cursor_take(c, cursor_u8(c));
}

unsigned light_bacnet_acts(const struct light_piece *p)
{
	struct cursor c;
	unsigned function, control, type, service;

	if (!read_head(p, &c, &function) || !has_network_layer(function))
		return 0;
	if (function == FORWARDED)
		cursor_take(&c, 6);
	if (cursor_u8(&c) != 1)
		return 0;
	control = cursor_u8(&c);
	if (control & HAS_DESTINATION)
		skip_address(&c);
	if (control & HAS_SOURCE)
		skip_address(&c);
	if (control & HAS_DESTINATION)
		cursor_u8(&c);			/* hops */
	if (control & IS_NETWORK_MESSAGE)
		return DPI_ACT_OTHER;
	type = cursor_u8(&c);
	if (type >> 4 == CONFIRMED)
		cursor_take(&c, type & SEGMENTED ? 4 : 2);
	service = cursor_u8(&c);
	if (c.is_short)
		return 0;
	return type >> 4 == CONFIRMED ? of_confirmed(service) :
	       type >> 4 == UNCONFIRMED ? of_unconfirmed(service) : 0;
}
