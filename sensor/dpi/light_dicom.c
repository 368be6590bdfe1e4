/* light_dicom.c - DICOM upper layer over TCP (light.h; PS3.8 9.3, PS3.7 annex E).
 *
 *	| type 1 | 0 | length 4 | ...
 *	A-ASSOCIATE-RQ (1):  | version 2 | 0 2 | called 16 | calling 16 | 0 32 | items
 *	P-DATA-TF (4):       | length 4 | context 1 | flags 1 | command set: implicit, little-endian
 *
 * The banner of the side that asks is "CALLING>CALLED".  The command is the element (0000,0100)
 * of a fragment that is marked as one of a command.
 */
#include "dpi/light.h"

#define HEADER 6
#define ASSOCIATE_RQ 1
#define ASSOCIATE_AC 2
#define DATA 4
#define PDU_TYPES 7
#define TITLE 16
#define ASSOCIATE_FIXED 68
#define APPLICATION_CONTEXT 0x10
#define IS_COMMAND 1
#define ELEMENTS_MAX 8			/* the command is the second or third */
#define COMMAND_FIELD 0x0100
#define ANSWER 0x8000

static void add_title(char banner[static DPI_BANNER_MAX], const uint8_t *title)
{
	size_t from = 0, to = TITLE;

	while (to > 0 && title[to - 1] == ' ')
		to--;
	while (from < to && title[from] == ' ')
		from++;
	light_banner(banner, title + from, to - from);
}

static bool are_titles(const uint8_t *titles)
{
	for (int i = 0; i < 2 * TITLE; i++)
		if (titles[i] < ' ' || titles[i] > '~')
			return false;
	return true;
}

enum light_sure light_dicom(const struct light_piece *p, struct light_found *ret)
{
	const uint8_t *body = p->bytes + HEADER;

	if (p->len < HEADER + ASSOCIATE_FIXED + 1 || p->bytes[1] != 0 ||
	    (p->bytes[0] != ASSOCIATE_RQ && p->bytes[0] != ASSOCIATE_AC) ||
	    !(net_get16(body) & 1) || !are_titles(body + 4) ||
	    body[ASSOCIATE_FIXED] != APPLICATION_CONTEXT)
		return LIGHT_NO;
	if (p->bytes[0] == ASSOCIATE_RQ) {
		add_title(ret->banner, body + 4 + TITLE);
		light_banner(ret->banner, (const uint8_t *)">", 1);
		add_title(ret->banner, body + 4);
	}
	return LIGHT_SURE;
}

static unsigned of_command(unsigned command)
{
	if (command & ANSWER)
		return 0;
	switch (command) {
	case 0x0001:				/* C-STORE */
		return DPI_ACT_WRITE | DPI_ACT_FILE;
	case 0x0010: case 0x0020: case 0x0021: case 0x0110:	/* get, find, move; N-GET */
		return DPI_ACT_READ;
	case 0x0120: case 0x0140:		/* N-SET, N-CREATE */
		return DPI_ACT_WRITE;
	case 0x0130: case 0x0150:		/* N-ACTION, N-DELETE */
		return DPI_ACT_CONTROL;
	case 0x0030:				/* C-ECHO */
		return DPI_ACT_DIAGNOSTIC;
	default:
		return DPI_ACT_OTHER;
	}
}

/* | group 2 | element 2 | length 4 | value | */
static unsigned of_command_set(const uint8_t *bytes, size_t len)
{
	struct cursor c = cursor_over(bytes, len);

	for (int i = 0; i < ELEMENTS_MAX; i++) {
		const uint8_t *head = cursor_take(&c, 8), *value;

		value = head ? cursor_take(&c, le_get32(head + 4)) : NULL;
		if (!value || le_get16(head) != 0)
			return 0;
		if (le_get16(head + 2) == COMMAND_FIELD)
			return le_get32(head + 4) == 2 ? of_command(le_get16(value)) : 0;
	}
	return 0;
}

unsigned light_dicom_acts(const struct light_piece *p)
{
	unsigned acts = 0;
	size_t at = 0;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && p->len > at && p->len - at >= HEADER; i++) {
		const uint8_t *b = p->bytes + at;
		size_t length = net_get32(b + 2), left = p->len - at - HEADER;

		if (!b[0] || b[0] > PDU_TYPES || b[1] != 0)
			break;
		if (length < left)
			left = length;
		if (b[0] == ASSOCIATE_RQ)
			acts |= DPI_ACT_OTHER;
		if (b[0] == DATA && left > 6 && b[HEADER + 5] & IS_COMMAND)
			acts |= of_command_set(b + HEADER + 6, left - 6);
		at += HEADER + length;
	}
	return acts;
}
