/* tls.c - see tls.h. */
#include "dpi/tls.h"
#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/digest.h"

#define MESSAGE_HEADER 4
#define RECORD_HEADER 5
#define RECORD_HANDSHAKE 22
#define SERVER_HELLO 2
#define RANDOM_LEN 32
#define EXTENSION_NAME 0
#define EXTENSION_GROUPS 10
#define EXTENSION_FORMATS 11
#define EXTENSION_SIGNATURES 13
#define EXTENSION_ALPN 16
#define EXTENSION_VERSIONS 43
#define NAME_TYPE_HOST 0
#define ITEM_MAX 8	/* of a list in text: five digits, a separator, zero */
#define TEXT_MAX (ITEM_MAX * (TLS_LIST_MAX + 1))	/* of one list */
#define JA4_HASH 12
#define MD5_LEN 16

struct list {
	uint16_t value[TLS_LIST_MAX];
	size_t n;
	bool is_beyond;
};

struct hello {
	unsigned version;		/* of the message */
	unsigned highest;		/* of supported_versions; 0: not there */
	bool has_name;
	const uint8_t *alpn;		/* the first */
	size_t alpn_len;
	struct list suites, extensions, groups, formats, signatures;
};

static bool is_grease(unsigned v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static void add(struct list *l, unsigned value)
{
	if (l->n == TLS_LIST_MAX)
		l->is_beyond = true;
	else if (!is_grease(value))
		l->value[l->n++] = (uint16_t)value;
}

static void add_all(struct list *l, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 2 <= len; i += 2)
		add(l, net_get16(bytes + i));
}

/* --- extensions ------------------------------------------------------------------------ */

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

static void read_alpn(const uint8_t *body, size_t len, char alpn[static DPI_ALPN_MAX])
{
	struct cursor c = cursor_over(body, len);
	size_t used = 0;

	cursor_be16(&c);
	alpn[0] = '\0';
	while (c.left) {
		size_t n = cursor_u8(&c);
		const uint8_t *protocol = cursor_take(&c, n);

		if (!protocol || memchr(protocol, 0, n) || used + n + 2 > DPI_ALPN_MAX)
			return;
		if (used)
			alpn[used++] = ',';
		memcpy(alpn + used, protocol, n);
		used += n;
		alpn[used] = '\0';
	}
}

static void note_alpn(struct hello *h, const uint8_t *body, size_t len)
{
	if (h->alpn || len < 4 || body[2] > len - 3 || !body[2])
		return;
	h->alpn = body + 3;
	h->alpn_len = body[2];
}

static void read_versions(struct hello *h, const uint8_t *body, size_t len)
{
	size_t n = len && body[0] < len ? body[0] : 0;

	for (size_t i = 1; i + 1 <= n; i += 2) {
		unsigned version = net_get16(body + i);

		if (!is_grease(version) && version > h->highest)
			h->highest = version;
	}
}

static void note_extension(struct hello *h, unsigned type, const uint8_t *body, size_t len)
{
	add(&h->extensions, type);
	switch (type) {
	case EXTENSION_NAME:
		h->has_name = true;
		break;
	case EXTENSION_ALPN:
		note_alpn(h, body, len);
		break;
	case EXTENSION_GROUPS:
		if (!h->groups.n && len > 2)
			add_all(&h->groups, body + 2, len - 2);
		break;
	case EXTENSION_FORMATS:
		for (size_t i = 1; i < len && !h->formats.is_beyond; i++)
			add(&h->formats, body[i]);
		break;
	case EXTENSION_SIGNATURES:
		if (!h->signatures.n && len > 2)
			add_all(&h->signatures, body + 2, len - 2);
		break;
	case EXTENSION_VERSIONS:
		read_versions(h, body, len);
		break;
	default:
		break;
	}
}

/* false: an extension is cut. */
static bool read_extensions(struct cursor *c, struct hello *h, struct names_found *ret)
{
	while (c->left) {
		unsigned type = cursor_be16(c);
		size_t len = cursor_be16(c);
		const uint8_t *body = cursor_take(c, len);

		if (!body || c->is_short)
			return false;
		/* Each may be there once (RFC 8446 4.2); of more the first counts. */
		if (type == EXTENSION_NAME && !ret->name[0])
			read_server_name(body, len, ret);
		else if (type == EXTENSION_ALPN && !ret->alpn[0])
			read_alpn(body, len, ret->alpn);
		note_extension(h, type, body, len);
	}
	return true;
}

/* --- fingerprints ---------------------------------------------------------------------- */

static size_t join(char *buf, size_t used, const struct list *l, const char *format, char between)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf[used++] = between;
		used += (size_t)snprintf(buf + used, ITEM_MAX, format, l->value[i]);
	}
	buf[used] = '\0';
	return used;
}

static void make_ja3(const struct hello *h, char ja3[static DPI_JA3_MAX])
{
	char text[4 * TEXT_MAX];
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t used = (size_t)snprintf(text, sizeof(text), "%u,", h->version);
	unsigned len = 0;

	used = join(text, used, &h->suites, "%u", '-');
	text[used++] = ',';
	used = join(text, used, &h->extensions, "%u", '-');
	text[used++] = ',';
	used = join(text, used, &h->groups, "%u", '-');
	text[used++] = ',';
	used = join(text, used, &h->formats, "%u", '-');
	if (!EVP_Digest(text, used, digest, &len, EVP_md5(), NULL) || len != MD5_LEN)
		return;			/* a library that forbids MD5 */
	for (unsigned i = 0; i < MD5_LEN; i++)
		snprintf(ja3 + 2 * i, 3, "%02x", digest[i]);
}

static int compare(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void put_hash(const char *text, size_t len, char *at)
{
	char hex[DIGEST_HEX_MAX];

	digest_sha256_hex(text, len, hex);
	memcpy(at, len ? hex : "000000000000", JA4_HASH);
}

static const char *version_text(unsigned version)
{
	switch (version) {
	case 0x0304: return "13";
	case 0x0303: return "12";
	case 0x0302: return "11";
	case 0x0301: return "10";
	case 0x0300: return "s3";
	case 0x0002: return "s2";
	default: return "00";
	}
}

static void put_alpn(const struct hello *h, char *at)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t first, last;

	memcpy(at, "00", 2);
	if (!h->alpn)
		return;
	first = h->alpn[0];
	last = h->alpn[h->alpn_len - 1];
	if (first < 0x80 && last < 0x80 && isalnum(first) && isalnum(last)) {
		at[0] = (char)first;
		at[1] = (char)last;
	} else {
		at[0] = hex[first >> 4];
		at[1] = hex[last & 15];
	}
}

static unsigned at_most_99(size_t n)
{
	return n < 99 ? (unsigned)n : 99;
}

static void make_ja4(const struct hello *h, char transport, char ja4[static DPI_JA4_MAX])
{
	struct list suites = h->suites, extensions = { .n = 0 };
	char text[2 * TEXT_MAX];
	size_t used;

	for (size_t i = 0; i < h->extensions.n; i++)
		if (h->extensions.value[i] != EXTENSION_NAME &&
		    h->extensions.value[i] != EXTENSION_ALPN)
			extensions.value[extensions.n++] = h->extensions.value[i];
	qsort(suites.value, suites.n, sizeof(suites.value[0]), compare);
	qsort(extensions.value, extensions.n, sizeof(extensions.value[0]), compare);
	snprintf(ja4, DPI_JA4_MAX, "%c%s%c%02u%02u00_000000000000_000000000000", transport,
		 version_text(h->highest ? h->highest : h->version), h->has_name ? 'd' : 'i',
		 at_most_99(h->suites.n), at_most_99(h->extensions.n));
	put_alpn(h, ja4 + 8);
	put_hash(text, join(text, 0, &suites, "%04x", ','), ja4 + 11);
	used = join(text, 0, &extensions, "%04x", ',');
	if (used && h->signatures.n) {
		text[used++] = '_';
		used = join(text, used, &h->signatures, "%04x", ',');
	}
	put_hash(text, used, ja4 + 24);
}

static bool is_beyond(const struct hello *h)
{
	return h->suites.is_beyond || h->extensions.is_beyond || h->groups.is_beyond ||
	       h->formats.is_beyond || h->signatures.is_beyond;
}

/* --- messages -------------------------------------------------------------------------- */

void tls_read_client(const uint8_t *message, size_t len, bool is_whole, char transport,
		     struct names_found *ret)
{
	struct hello h = { .version = 0 };
	struct cursor c = cursor_over(message, len);
	size_t n;
	const uint8_t *suites;

	cursor_take(&c, MESSAGE_HEADER);
	h.version = cursor_be16(&c);
	cursor_take(&c, RANDOM_LEN);
	cursor_take(&c, cursor_u8(&c));		/* session id */
	n = cursor_be16(&c);
	suites = cursor_take(&c, n);
	cursor_take(&c, cursor_u8(&c));		/* compression */
	if (c.is_short)
		return;
	add_all(&h.suites, suites, n);
	if (c.left) {			/* SSL 3 and some TLS 1.0 have no extensions at all */
		size_t extensions = cursor_be16(&c);

		if (c.left > extensions)
			c.left = extensions;
		is_whole &= read_extensions(&c, &h, ret);
	}
	ret->tls_version = (uint16_t)(h.highest ? h.highest : h.version);
	if (!is_whole || is_beyond(&h))
		return;
	make_ja3(&h, ret->ja3);
	make_ja4(&h, transport, ret->ja4);
}

bool tls_read_server(const uint8_t *bytes, size_t len, struct names_found *ret)
{
	struct cursor c = cursor_over(bytes, len);
	const uint8_t *head = cursor_take(&c, RECORD_HEADER + MESSAGE_HEADER);
	unsigned version;
	size_t extensions;

	if (!head || head[0] != RECORD_HANDSHAKE || head[1] != 3 ||
	    head[RECORD_HEADER] != SERVER_HELLO)
		return false;
	version = cursor_be16(&c);
	cursor_take(&c, RANDOM_LEN);
	cursor_take(&c, cursor_u8(&c));		/* session id */
	cursor_take(&c, 3);			/* suite, compression */
	if (c.is_short || version >> 8 != 3)
		return false;
	ret->tls_version = (uint16_t)version;
	extensions = cursor_be16(&c);
	if (c.left > extensions)
		c.left = extensions;
	while (!c.is_short && c.left) {
		unsigned type = cursor_be16(&c);
		size_t body_len = cursor_be16(&c);
		const uint8_t *body = cursor_take(&c, body_len);

		if (!body || c.is_short)
			break;
		if (type == EXTENSION_VERSIONS && body_len == 2)
			ret->tls_version = net_get16(body);
		else if (type == EXTENSION_ALPN)
			read_alpn(body, body_len, ret->alpn_chosen);
	}
	return true;
}
