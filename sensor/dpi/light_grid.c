/* light_grid.c - DNP3 (IEEE 1815) and IEC 60870-5-104 (light.h).
 *
 * DNP3:	| 05 64 | length 1 | control 1 | to 2 | from 2 | CRC 2 | 16 bytes and CRC ... |
 *		user data begin with | transport 1 | application control 1 | function 1 |
 * 104:		| 68 | length 1 | control 4 | type 1 | ...
 *
 * DNP3's header has a checksum, which is a signature.  104 has none: outside of its port both sides
 * have to look like it, for the whole of a payload.
 */
#include "dpi/light.h"

/* --- DNP3 ------------------------------------------------------------------------------ */

#define DNP3_HEADER 10
#define DNP3_CRC_POLYNOMIAL 0xa6bc	/* reflected */
#define DNP3_BLOCK 16
#define DNP3_FIRST 0x40			/* of the transport byte */

static uint16_t dnp3_crc(const uint8_t *bytes, size_t len)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ DNP3_CRC_POLYNOMIAL : crc >> 1);
	}
	return (uint16_t)~crc;
}

static bool is_dnp3(const struct light_piece *p, size_t at, size_t *ret_end)
{
	const uint8_t *b = p->bytes + at;
	size_t user;

	if (p->len - at < DNP3_HEADER || b[0] != 0x05 || b[1] != 0x64 || b[2] < 5)
		return false;
	user = b[2] - 5u;
	*ret_end = at + DNP3_HEADER + user + 2 * ((user + DNP3_BLOCK - 1) / DNP3_BLOCK);
	return dnp3_crc(b, DNP3_HEADER - 2) == le_get16(b + DNP3_HEADER - 2);
}

static unsigned of_dnp3(unsigned function)
{
	switch (function) {
	case 1:
		return DPI_ACT_READ;
	case 2: case 22:			/* write, assign class */
		return DPI_ACT_WRITE;
	case 3: case 4: case 5: case 6:		/* select, operate */
	case 13: case 14: case 17: case 18:	/* restart; start and stop an application */
	case 20: case 21:			/* unsolicited reports on and off */
		return DPI_ACT_CONTROL;
	case 15: case 16: case 19: case 31:	/* initialize, save and activate configuration */
		return DPI_ACT_PROGRAM;
	case 23:
		return DPI_ACT_DIAGNOSTIC;
	case 25: case 26: case 28: case 29: case 30:
		return DPI_ACT_FILE;
	case 27:
		return DPI_ACT_FILE | DPI_ACT_WRITE;
	case 0: case 129: case 130: case 131:	/* confirm, responses */
		return 0;
	default:
		return DPI_ACT_OTHER;
	}
}

enum light_sure light_dnp3(const struct light_piece *p, struct light_found *ret)
{
	size_t end;

	(void)ret;
	return is_dnp3(p, 0, &end) ? LIGHT_SURE : LIGHT_NO;
}

unsigned light_dnp3_acts(const struct light_piece *p)
{
	unsigned acts = 0;
	size_t at = 0, end;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && at < p->len && is_dnp3(p, at, &end); i++) {
		const uint8_t *b = p->bytes + at;

		if (b[2] >= 8 && p->len - at >= DNP3_HEADER + 3 && b[DNP3_HEADER] & DNP3_FIRST)
			acts |= of_dnp3(b[DNP3_HEADER + 2]);
		at = end;
	}
	return acts;
}

/* --- IEC 60870-5-104 ------------------------------------------------------------------- */

#define APCI 6
#define APDU_START 0x68
#define APDU_LONGEST 253

static bool is_apdu(const struct light_piece *p, size_t at, size_t *ret_end)
{
	const uint8_t *b = p->bytes + at;

	if (p->len - at < APCI || b[0] != APDU_START || b[1] < 4 || b[1] > APDU_LONGEST)
		return false;
	*ret_end = at + 2 + b[1];
	if ((b[2] & 1) == 0)		/* information: two numbers, type and qualifier follow */
		return (b[4] & 1) == 0 && b[1] >= 10;
	if ((b[2] & 3) == 1)		/* supervision */
		return b[1] == 4 && b[2] == 1 && b[3] == 0 && (b[4] & 1) == 0;
	/* One of six bits: STARTDT, STOPDT, TESTFR, each act or con. */
	return b[1] == 4 && (b[2] & 0xfc) && !((b[2] & 0xfc) & ((b[2] & 0xfc) - 1)) &&
	       !b[3] && !b[4] && !b[5];
}

static unsigned of_type(unsigned type)
{
	if (type >= 1 && type <= 44)
		return DPI_ACT_READ;		/* monitored values */
	if ((type >= 45 && type <= 69) || type == 105 || type == 113)
		return DPI_ACT_CONTROL;		/* commands, reset, activate a parameter */
	if (type >= 100 && type <= 102)
		return DPI_ACT_READ;		/* interrogation */
	if (type == 103 || (type >= 110 && type <= 112))
		return DPI_ACT_WRITE;		/* clock, parameters */
	if (type == 104 || type == 106 || type == 107)
		return DPI_ACT_DIAGNOSTIC;
	return type >= 120 && type <= 127 ? DPI_ACT_FILE : DPI_ACT_OTHER;
}

enum light_sure light_iec104(const struct light_piece *p, struct light_found *ret)
{
	size_t at = 0, end;

	(void)ret;
	for (int i = 0; i < LIGHT_MESSAGES_MAX && is_apdu(p, at, &end); i++) {
		at = end;
		if (at == p->sent)
			return p->at_port ? LIGHT_SURE : LIGHT_MAYBE;
		if (at >= p->len)
			break;
	}
	return p->at_port && at ? LIGHT_SURE : LIGHT_NO;
}

unsigned light_iec104_acts(const struct light_piece *p)
{
	unsigned acts = 0;
	size_t at = 0, end;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && at < p->len && is_apdu(p, at, &end); i++) {
		if (!(p->bytes[at + 2] & 1) && p->len - at > APCI)
			acts |= of_type(p->bytes[at + APCI]);
		at = end;
	}
	return acts;
}
