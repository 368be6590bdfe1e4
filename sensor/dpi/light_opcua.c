/* light_opcua.c - OPC UA over TCP (light.h; OPC 10000-6, 7.1).
 *
 *	| type 3 | chunk 1 | size 4 | channel 4 | token 4 | sequence 4 | request 4 | node id | ...
 *
 * The service is in the node id of a message that is not encrypted (01, namespace 0, number 2);
 * whatever else stands there is DPI_ACT_OTHER.
 */
#include <string.h>
#include "dpi/light.h"

#define HEADER 8
#define SERVICE 24			/* where the node id begins */
#define HELLO_MAX 8192			/* 32 and a URL of at most 4096 bytes, and more */
#define MESSAGE_MAX (16U << 20)		/* of a chunk; 64 KiB are usual */

static bool is_message(const struct light_piece *p, size_t at, size_t *ret_end)
{
	static const char types[] = "HELACKERRRHEOPNCLOMSG";
	const uint8_t *b = p->bytes + at;
	size_t size;

	if (p->len - at < HEADER || (b[3] != 'F' && b[3] != 'C' && b[3] != 'A'))
		return false;
	size = le_get32(b + 4);
	*ret_end = at + size;
	for (size_t i = 0; i + 3 <= sizeof(types) - 1; i += 3)
		if (!memcmp(b, types + i, 3))
			return size >= HEADER && size <= MESSAGE_MAX;
	return false;
}

static unsigned of_service(unsigned id)
{
	switch (id) {
	case 527: case 533: case 554: case 631: case 664: case 826: case 832:
		return DPI_ACT_READ;		/* browse, read, history, publish */
	case 673: case 700:
		return DPI_ACT_WRITE;
	case 712:
		return DPI_ACT_CONTROL;		/* call a method */
	case 488: case 494: case 500: case 506:
		return DPI_ACT_PROGRAM;		/* add and delete nodes and references */
	case 422: case 428:
		return DPI_ACT_DIAGNOSTIC;	/* find servers, endpoints */
	case 461: case 467: case 473: case 751: case 763: case 781: case 787: case 793: case 799:
	case 847: case 446: case 452:
		return DPI_ACT_OTHER;		/* sessions, subscriptions */
	case 397:
		return 0;			/* a fault: an answer */
	default:
		/* Answers have the number of their request and 3. */
		return id >= 425 && id <= 850 ? 0 : DPI_ACT_OTHER;
	}
}

enum light_sure light_opcua(const struct light_piece *p, struct light_found *ret)
{
	static const char hellos[] = "HELFACKFRHEF";
	size_t end;

	(void)ret;
	if (!is_message(p, 0, &end))
		return LIGHT_NO;
	/* Four letters and a number of the middle of a connection begin other texts as well. */
	for (size_t i = 0; i + 4 <= sizeof(hellos) - 1; i += 4)
		if (!memcmp(p->bytes, hellos + i, 4) && end <= HELLO_MAX)
			return LIGHT_SURE;
	return LIGHT_MAYBE;
}

unsigned light_opcua_acts(const struct light_piece *p)
{
	unsigned acts = 0;
	size_t at = 0, end;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && at < p->len && is_message(p, at, &end); i++) {
		const uint8_t *b = p->bytes + at;

		if (memcmp(b, "MSG", 3))
			acts |= !memcmp(b, "HEL", 3) || !memcmp(b, "OPN", 3) ? DPI_ACT_OTHER : 0;
		else if (p->len - at >= SERVICE + 4 && b[SERVICE] == 1 && b[SERVICE + 1] == 0)
			acts |= of_service(le_get16(b + SERVICE + 2));
		else
			acts |= DPI_ACT_OTHER;
		at = end;
	}
	return acts;
}
