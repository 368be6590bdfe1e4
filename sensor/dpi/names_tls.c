/* names_tls.c - server_name and ALPN of a TLS ClientHello.
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

#define RECORD_HANDSHAKE 22
#define RECORD_LONGEST (16384 + 256)
#define HANDSHAKE_HELLO 1
#define MESSAGE_HEADER 4
#define RANDOM_LEN 32
#define EXTENSION_NAME 0
#define EXTENSION_ALPN 16
#define NAME_TYPE_HOST 0

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

static void read_server_name(const uint8_t *body, size_t len, struct names_found *ret)
{
	struct cursor c = cursor_over(body, len);

	cursor_be16(&c);
	while (c.left) {
		uint8_t type = cursor_u8(&c);
		size_t name_len = cursor_be16(&c);
		const uint8_t *name = cursor_take(&c, name_len);

		if (!name || c.is_short)
			return;
		if (type == NAME_TYPE_HOST) {
			name_copy(name, name_len, ret->name);
			return;
		}
	}
}

static void read_alpn(const uint8_t *body, size_t len, struct names_found *ret)
{
	struct cursor c = cursor_over(body, len);
	size_t used = 0;

	cursor_be16(&c);
	ret->alpn[0] = '\0';
	while (c.left) {
		size_t n = cursor_u8(&c);
		const uint8_t *protocol = cursor_take(&c, n);

		if (!protocol || memchr(protocol, 0, n) || used + n + 2 > sizeof(ret->alpn))
			return;
		if (used)
			ret->alpn[used++] = ',';
		memcpy(ret->alpn + used, protocol, n);
		used += n;
		ret->alpn[used] = '\0';
	}
}

static void read_extensions(struct cursor *c, struct names_found *ret)
{
	while (c->left) {
		unsigned type = cursor_be16(c);
		size_t len = cursor_be16(c);
		const uint8_t *body = cursor_take(c, len);

		if (!body || c->is_short)
			return;
		/* Each may be there once (RFC 8446 4.2); of more the first counts. */
		if (type == EXTENSION_NAME && !ret->name[0])
			read_server_name(body, len, ret);
		else if (type == EXTENSION_ALPN && !ret->alpn[0])
			read_alpn(body, len, ret);
	}
}

static void read_hello(const struct message *m, struct names_found *ret)
{
	size_t len = is_complete(m) ? m->length : m->len, extensions;
	struct cursor c = cursor_over(m->bytes, len);

	cursor_take(&c, MESSAGE_HEADER + 2 + RANDOM_LEN);
	cursor_take(&c, cursor_u8(&c));		/* session id */
	cursor_take(&c, cursor_be16(&c));	/* suites */
	cursor_take(&c, cursor_u8(&c));		/* compression */
	extensions = cursor_be16(&c);
	if (c.is_short)
		return;
	if (c.left > extensions)
		c.left = extensions;
	read_extensions(&c, ret);
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
	read_hello(&m, ret);
	if (!is_complete(&m) && !m.is_broken)
		return NAME_MORE;
	return ret->name[0] || ret->alpn[0] ? NAME_FOUND : NAME_NONE;
}
