/* light_tpkt.c - what ISO transport over TCP carries: RDP, S7comm, S7comm-plus (light.h).
 *
 *	| 3 | 0 | length 2 |  header length 1 | type 1 | ...  |  user data
 *	 TPKT (RFC 1006)      COTP (ISO 8073)
 *
 * A connection request with a cookie or a negotiation block is RDP's ([MS-RDPBCGR] 2.2.1.1); user
 * data that begin with 0x32 are S7comm, with 0x72 S7comm-plus.  The latter two are not published by
 * their maker: what is known of them is common knowledge of protocol analysers.
 */
#include <string.h>
#include "dpi/light.h"

#define TPKT 4
#define COTP_REQUEST 0xe0
#define COTP_DATA 0xf0
#define REQUEST_FIXED 7			/* length, type, two references, class */

struct transport {
	uint8_t type;
	const uint8_t *rest;		/* behind the fixed fields of the type; user data */
	size_t len;			/* of which captured */
	size_t end;			/* where the next TPKT begins */
};

static bool read_transport(const struct light_piece *p, size_t at, struct transport *ret)
{
	const uint8_t *b = p->bytes + at;
	size_t left = p->len - at, length, header;

	if (left < TPKT + 3 || b[0] != 3 || b[1] != 0)
		return false;
	length = net_get16(b + 2);
	header = 1 + (size_t)b[4];
	if (length < TPKT + header || header < 3)
		return false;
	ret->type = b[5] & 0xf0;
	ret->end = at + length;
	if (left > length)
		left = length;
	if (ret->type == COTP_REQUEST)
		header = REQUEST_FIXED;
	left = left > TPKT + header ? left - TPKT - header : 0;
	ret->rest = b + TPKT + header;
	ret->len = left;
	return true;
}

/* --- RDP ------------------------------------------------------------------------------- */

enum light_sure light_rdp(const struct light_piece *p, struct light_found *ret)
{
	static const char cookie[] = "Cookie: mstshash=", token[] = "Cookie: msts=";
	struct transport t;

	if (!read_transport(p, 0, &t) || t.type != COTP_REQUEST)
		return LIGHT_NO;
	if (t.len >= sizeof(cookie) - 1 && !memcmp(t.rest, cookie, sizeof(cookie) - 1)) {
		light_banner(ret->banner, t.rest + sizeof(cookie) - 1, t.len - sizeof(cookie) + 1);
		return LIGHT_SURE;
	}
	if (t.len >= sizeof(token) - 1 && !memcmp(t.rest, token, sizeof(token) - 1))
		return LIGHT_SURE;
	/* RDP_NEG_REQ: type 1, flags, length 8, protocols */
	if (t.len == 8 && t.rest[0] == 1 && t.rest[2] == 8 && t.rest[3] == 0)
		return LIGHT_SURE;
	return p->at_port && !t.len ? LIGHT_SURE : LIGHT_NO;
}

/* --- S7comm ---------------------------------------------------------------------------- */

#define S7 0x32
#define S7_HEADER 10
#define S7_JOB 1
#define S7_USERDATA 7

/* The service's name decides: _INSE puts a block in force, _DELE removes one, _MODU and _GARB copy
 * memory; P_PROGRAM starts and stops. */
static unsigned of_control(const uint8_t *parameter, size_t len)
{
	static const char *const program[] = { "_INSE", "_DELE", "_MODU", "_GARB" };

	for (size_t i = 0; i < sizeof(program) / sizeof(program[0]); i++)
		if (memmem(parameter, len, program[i], 5))
			return DPI_ACT_PROGRAM;
	return DPI_ACT_CONTROL;
}

static unsigned of_job(const uint8_t *parameter, size_t len)
{
	switch (len ? parameter[0] : 0) {
	case 0x04:
		return DPI_ACT_READ;
	case 0x05:
		return DPI_ACT_WRITE;
	case 0x1a: case 0x1b: case 0x1c:	/* download */
		return DPI_ACT_PROGRAM;
	case 0x1d: case 0x1e: case 0x1f:	/* upload */
		return DPI_ACT_READ | DPI_ACT_FILE;
	case 0x28:
		return of_control(parameter, len);
	case 0x29:				/* stop */
		return DPI_ACT_CONTROL;
	default:
		return DPI_ACT_OTHER;
	}
}

/* | 0 1 0x12 | length | method | type and group | subfunction | ... */
static unsigned of_userdata(const uint8_t *parameter, size_t len)
{
	if (len < 7 || parameter[5] >> 4 != 4)
		return 0;			/* not a request */
	switch (parameter[5] & 0x0f) {
	case 1:					/* programmer: force, watch, breakpoints */
		return DPI_ACT_DIAGNOSTIC;
	case 2: case 3:				/* cyclic reading, lists of blocks */
		return DPI_ACT_READ;
	case 4:					/* system state lists, messages */
		return DPI_ACT_DIAGNOSTIC;
	case 7:					/* clock: 2 and 4 set it */
		return parameter[6] == 2 || parameter[6] == 4 ? DPI_ACT_WRITE : DPI_ACT_READ;
	case 15:
		return DPI_ACT_PROGRAM;
	default:
		return DPI_ACT_OTHER;
	}
}

static bool is_s7(const struct transport *t)
{
	return t->type == COTP_DATA && t->len >= S7_HEADER && t->rest[0] == S7 &&
	       ((t->rest[1] >= 1 && t->rest[1] <= 3) || t->rest[1] == S7_USERDATA);
}

enum light_sure light_s7(const struct light_piece *p, struct light_found *ret)
{
	struct transport t;

	(void)ret;
	return read_transport(p, 0, &t) && is_s7(&t) ? LIGHT_SURE : LIGHT_NO;
}

unsigned light_s7_acts(const struct light_piece *p)
{
	struct transport t = { .end = 0 };
	unsigned acts = 0;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && t.end < p->len; i++) {
		size_t len;

		if (!read_transport(p, t.end, &t))
			break;
		len = is_s7(&t) ? net_get16(t.rest + 6) : 0;

		if (len > t.len - S7_HEADER && len)
			len = t.len - S7_HEADER;
		if (len && t.rest[1] == S7_JOB)
			acts |= of_job(t.rest + S7_HEADER, len);
		else if (len && t.rest[1] == S7_USERDATA)
			acts |= of_userdata(t.rest + S7_HEADER, len);
	}
	return acts;
}

/* --- S7comm-plus ----------------------------------------------------------------------- */

#define S7PLUS 0x72
#define PLUS_HEADER 4
#define PLUS_REQUEST 0x31
#define PLUS_DIGEST 0x20		/* version 3: a digest of this length comes first */

static bool is_s7plus(const struct transport *t)
{
	return t->type == COTP_DATA && t->len >= PLUS_HEADER && t->rest[0] == S7PLUS &&
	       ((t->rest[1] >= 1 && t->rest[1] <= 3) || t->rest[1] >= 0xfd);
}

/* Objects are created and deleted for sessions and subscriptions too, so these are no
 * programming. */
static unsigned of_plus(unsigned function)
{
	switch (function) {
	case 0x04bb: case 0x0524: case 0x054c: case 0x0586:	/* explore, links, variables */
		return DPI_ACT_READ;
	case 0x04f2: case 0x0542:				/* set variables */
		return DPI_ACT_WRITE;
	case 0x056b:						/* invoke */
		return DPI_ACT_CONTROL;
	default:
		return DPI_ACT_OTHER;
	}
}

enum light_sure light_s7plus(const struct light_piece *p, struct light_found *ret)
{
	struct transport t;

	(void)ret;
	return read_transport(p, 0, &t) && is_s7plus(&t) ? LIGHT_SURE : LIGHT_NO;
}

unsigned light_s7plus_acts(const struct light_piece *p)
{
	struct transport t = { .end = 0 };
	unsigned acts = 0;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && t.end < p->len; i++) {
		size_t at = PLUS_HEADER;

		if (!read_transport(p, t.end, &t))
			break;
		if (!is_s7plus(&t))
			continue;
		if (t.rest[1] == 3 && t.len > at && t.rest[at] == PLUS_DIGEST)
			at += 1 + PLUS_DIGEST;
		if (t.len >= at + 5 && t.rest[at] == PLUS_REQUEST)
			acts |= of_plus(net_get16(t.rest + at + 3));
	}
	return acts;
}
