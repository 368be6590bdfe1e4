/* names_tls.c - the ClientHello out of its TLS records (tls.h reads it).
 *
 *	records	    | 22 3 x len | piece | 22 3 x len | piece | ...
 *	message	    | 1 len24 | version random id suites compression | extensions |
 *
 * A client may cut the hello into records at any byte (some tools do so in order not to be read),
 * so the pieces are put together first.  Cost: a copy of at most NAMES_HEAD_MAX bytes.
 */
#include <string.h>
#include "base/bytes.h"
#include "dpi/names.h"
#include "dpi/tls.h"

#define RECORD_HANDSHAKE 22
#define RECORD_LONGEST (16384 + 256)
#define HANDSHAKE_HELLO 1
#define MESSAGE_HEADER 4

struct message {
	uint8_t bytes[NAMES_HEAD_MAX];
	size_t len;			/* that there are */
	size_t length;			/* that there should be; 0: not known yet */
	bool is_other;			/* not a ClientHello */
	bool is_broken;			/* what follows cannot belong to it */
};

static void add_piece(struct message *m, const uint8_t *piece, size_t len)
{
	size_t room = sizeof(m->bytes) - m->len;

	if (len > room)
		len = room;
	memcpy(m->bytes + m->len, piece, len);
	m->len += len;
	if (m->len > 0 && m->bytes[0] != HANDSHAKE_HELLO)
		m->is_other = true;
	if (m->len >= MESSAGE_HEADER)
		m->length = MESSAGE_HEADER + (net_get32(m->bytes) & 0xffffff);
}

static bool is_complete(const struct message *m)
{
	return m->length && m->len >= m->length;
}

/* The length of the piece that a record's header announces.  false: the header's end is missing, or
 * (m->is_broken) it is no header of a handshake record. */
static bool read_header(struct cursor *c, struct message *m, size_t *ret_len)
{
	uint8_t type = cursor_u8(c), major = c->left ? cursor_u8(c) : 3;

	cursor_u8(c);
	*ret_len = cursor_be16(c);
	m->is_broken = type != RECORD_HANDSHAKE || major != 3 ||
		       (!c->is_short && (*ret_len == 0 || *ret_len > RECORD_LONGEST));
	return !m->is_broken && !c->is_short;
}

static void read_records(struct cursor *c, struct message *m)
{
	size_t len;

	while (c->left && m->len < sizeof(m->bytes) && !is_complete(m) && !m->is_other) {
		if (!read_header(c, m, &len))
			break;
		if (len > c->left)
			len = c->left;
		add_piece(m, cursor_take(c, len), len);
	}
	m->is_other |= m->is_broken && !m->len;
}

enum name_find names_tls(const uint8_t *bytes, size_t len, struct names_found *ret)
{
	struct cursor c = cursor_over(bytes, len);
	struct message m;

	m.len = m.length = 0;
	m.is_other = m.is_broken = false;
	memset(ret, 0, sizeof(*ret));
	if (!len)
		return NAME_NONE;
	read_records(&c, &m);
	if (m.is_other)
		return NAME_NONE;
	tls_read_client(m.bytes, is_complete(&m) ? m.length : m.len, is_complete(&m), 't', ret);
	if (!is_complete(&m) && !m.is_broken)
		return NAME_MORE;
	if (!ret->tls_version && !ret->name[0] && !ret->alpn[0]) {
		memset(ret, 0, sizeof(*ret));
		return NAME_NONE;
	}
	if (is_complete(&m))
		ret->light = DPI_LIGHT_TLS;
	return NAME_FOUND;
}
