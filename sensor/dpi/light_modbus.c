/* light_modbus.c - Modbus/TCP (light.h; "MODBUS Messaging on TCP/IP" 1.0b, "Application Protocol"
 * 1.1b3).
 *
 *	| transaction 2 | 0 2 | length 2 | unit 1 | function 1 | ...	length counts from the unit
 *			on
 *
 * Nothing in it is a signature but the zero and a length that fits, so outside of its port it takes
 * a request and an answer with the same transaction and function.
 */
#include "dpi/light.h"

#define HEADER 6
#define LENGTH_MAX 254			/* unit and 253 bytes */
#define EXCEPTION 0x80

#define READ_STATUS 7
#define DIAGNOSTICS 8
#define READ_WRITE 23
#define UMAS 90				/* a vendor's programming protocol inside of Modbus */
#define ENCAPSULATED 43

static bool is_message(const struct light_piece *p, size_t at, size_t *ret_end)
{
	size_t length;

	if (p->len - at < HEADER + 2)
		return false;
	length = net_get16(p->bytes + at + 4);
	*ret_end = at + HEADER + length;
	return net_get16(p->bytes + at + 2) == 0 && length >= 2 && length <= LENGTH_MAX &&
	       (p->bytes[at + 7] & ~EXCEPTION) != 0;
}

/* Sub-functions of 8 that change something: restart communications, force listen only. */
static unsigned of_diagnostics(const uint8_t *body, size_t len)
{
	unsigned sub = len >= 2 ? net_get16(body) : 0;

	return sub == 1 || sub == 4 ? DPI_ACT_CONTROL : DPI_ACT_DIAGNOSTIC;
}

static unsigned of_umas(const uint8_t *body, size_t len)
{
	unsigned code = len >= 2 ? body[1] : 0;

	if (code == 0xfe || code == 0xfd)
		return 0;		/* an answer */
	if (code == 0x40 || code == 0x41)
		return DPI_ACT_CONTROL;	/* start, stop */
	if (code >= 0x30 && code <= 0x36)
		return DPI_ACT_PROGRAM;	/* the program, block by block */
	if (code == 0x23)
		return DPI_ACT_WRITE;
	return code == 0x20 || code == 0x22 ? DPI_ACT_READ : DPI_ACT_OTHER;
}

static unsigned of_function(unsigned function, const uint8_t *body, size_t len)
{
	switch (function) {
	case 1: case 2: case 3: case 4: case READ_STATUS: case 24:
		return DPI_ACT_READ;
	case 5: case 6: case 15: case 16: case 22:
		return DPI_ACT_WRITE;
	case READ_WRITE:
		return DPI_ACT_READ | DPI_ACT_WRITE;
	case 20:
		return DPI_ACT_READ | DPI_ACT_FILE;
	case 21:
		return DPI_ACT_WRITE | DPI_ACT_FILE;
	case DIAGNOSTICS:
		return of_diagnostics(body, len);
	case 11: case 12: case 17:
		return DPI_ACT_DIAGNOSTIC;
	case ENCAPSULATED:
		return len && body[0] == 14 ? DPI_ACT_DIAGNOSTIC : DPI_ACT_OTHER;
	case UMAS:
		return of_umas(body, len);
	default:
		return function & EXCEPTION ? 0 : DPI_ACT_OTHER;
	}
}

enum light_sure light_modbus(const struct light_piece *p, struct light_found *ret)
{
	size_t end;

	if (!is_message(p, 0, &end) || end > p->sent)
		return LIGHT_NO;
	ret->token = (uint32_t)net_get16(p->bytes) << 8 | (p->bytes[7] & ~EXCEPTION);
	if (p->at_port)
		return LIGHT_SURE;
	return end == p->sent ? LIGHT_MAYBE : LIGHT_NO;
}

unsigned light_modbus_acts(const struct light_piece *p)
{
	unsigned acts = 0;
	size_t at = 0, end;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && at < p->len && is_message(p, at, &end); i++) {
		acts |= of_function(p->bytes[at + 7], p->bytes + at + 8, p->len - at - 8);
		at = end;
	}
	return acts;
}
