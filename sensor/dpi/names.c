/* names.c - see names.h. */
#include "dpi/names.h"
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "dpi/filetype.h"
#include "dpi/quic.h"
#include "dpi/tls.h"

#define PORT_DNS 53
#define TLS_DATA 23			/* application data: the handshake is over */

/* What is expected of the side that did not begin, or (WAIT_BODY) the one that answers. */
enum { WAIT_NONE, WAIT_TLS, WAIT_HTTP, WAIT_BODY };

bool name_append(char buf[static DPI_NAME_MAX], size_t *used, uint8_t byte, bool is_literal)
{
	char *at = buf + *used;
	size_t n = is_literal ? 4 : 1;

	if (*used + n >= DPI_NAME_MAX)
		return false;
	if (is_literal) {
		at[0] = '\\';
		at[1] = (char)('0' + byte / 100);
		at[2] = (char)('0' + byte / 10 % 10);
		at[3] = (char)('0' + byte % 10);
	} else {
		at[0] = (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
	}
	at[n] = '\0';
	*used += n;
	return true;
}

bool name_copy(const uint8_t *bytes, size_t len, char buf[static DPI_NAME_MAX])
{
	size_t used = 0;

	buf[0] = '\0';
	if (len && bytes[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++)
		if (!name_append(buf, &used, bytes[i], bytes[i] == 0)) {
			buf[0] = '\0';
			return false;
		}
	return used > 0;
}

/* --- what was found ------------------------------------------------------------------- */

static void keep(struct names *n, const struct names_found *found)
{
	/* A version alone is nothing: what follows may contradict it. */
	if (!found->name[0] && !found->alpn[0] && !found->light)
		return;
	if (!n->found)
		n->found = malloc(sizeof(*n->found));
	if (n->found)
		*n->found = *found;
}

/* What looked like a beginning is none. */
static void forget(struct names *n)
{
	free(n->found);
	n->found = NULL;
}

/* A capture from the middle on, or of one direction. */
static void look_for_answer_alone(struct names *n, const uint8_t *bytes, size_t len)
{
	struct names_found found = { .tls_version = 0 };

	if (n->found || !tls_read_server(bytes, len, &found))
		return;
	found.light = DPI_LIGHT_TLS;
	keep(n, &found);
}

/* What a body or a side of a connection begins with. */
static void note_file(const struct names_pool *pool, struct names *n, const struct packet *p,
		      size_t from)
{
	uint8_t *file = &n->file[!names_is_forward(p)];
	size_t len = packet_payload_captured(p);

	if (!*file && from < len)
		*file = (uint8_t)file_type_of(packet_payload(p) + from, len - from, pool->files);
}

static void look_dns(struct names *n, const uint8_t *bytes, size_t len, bool is_surely)
{
	struct names_found found = { .alpn = "" };
	struct dpi_answers dns;

	if (!names_dns(bytes, len, is_surely, &dns))
		return;
	memcpy(found.name, dns.name, sizeof(found.name));
	keep(n, &found);
	n->is_done = true;
}

static enum name_find find(const uint8_t *bytes, size_t len, struct names_found *ret)
{
	if (len > NAMES_HEAD_MAX)
		len = NAMES_HEAD_MAX;
	return len && bytes[0] < ' ' ? names_tls(bytes, len, ret) : names_http(bytes, len, ret);
}

/* --- beginnings in several segments --------------------------------------------------- */

/* The beginning has ended; its answer may tell more. */
static void end_beginning(struct names *n)
{
	n->is_done = true;
	if (n->segments >= NAMES_SEGMENTS_MAX || !n->found)
		return;
	if (n->found->light == DPI_LIGHT_TLS)
		n->waits = WAIT_TLS;
	else if (n->found->light == DPI_LIGHT_HTTP)
		n->waits = WAIT_HTTP;
}

static void stop_collecting(struct names_pool *pool, struct names *n)
{
	if (!n->head)
		return;
	free(n->head);
	n->head = NULL;
	pool->heads--;
}

static void start_collecting(struct names_pool *pool, struct names *n, const struct packet *p,
			     size_t len)
{
	if (len >= NAMES_HEAD_MAX || len < p->payload_len)
		return;
	n->head = pool->heads < NAMES_HEADS_MAX ? malloc(NAMES_HEAD_MAX) : NULL;
	if (!n->head) {
		pool->beyond++;
		return;
	}
	pool->heads++;
	memcpy(n->head, packet_payload(p), len);
	n->head_len = (uint16_t)len;
	n->next_seq = p->seq + p->payload_len + !!(p->tcp_flags & PACKET_SYN); /* RFC 7413 */
	n->is_forward = names_is_forward(p);
}

/* true: the head has grown. */
static bool append(struct names *n, const struct packet *p, size_t len)
{
	size_t room = NAMES_HEAD_MAX - n->head_len;

	if (len > room)
		len = room;
	memcpy(n->head + n->head_len, packet_payload(p), len);
	n->head_len = (uint16_t)(n->head_len + len);
	n->next_seq += p->payload_len;
	return len > 0;
}

static void go_on(struct names_pool *pool, struct names *n, const struct packet *p, size_t len)
{
	struct names_found found;
	enum name_find result;
	bool is_last = ++n->segments >= NAMES_SEGMENTS_MAX;

	if (names_is_forward(p) == n->is_forward && (int32_t)(p->seq - n->next_seq) >= 0) {
		if (p->seq != n->next_seq || !append(n, p, len)) {
			stop_collecting(pool, n);
			end_beginning(n);
			return;
		}
		result = find(n->head, n->head_len, &found);
		is_last |= result != NAME_MORE || n->head_len == NAMES_HEAD_MAX ||
			   len < p->payload_len;
		if (result == NAME_NONE) {
			forget(n);
			look_for_answer_alone(n, n->head, n->head_len);
		} else {
			keep(n, &found);
		}
	}
	if (is_last) {
		stop_collecting(pool, n);
		end_beginning(n);
	}
}

static void begin(struct names_pool *pool, struct names *n, const struct packet *p, size_t len)
{
	struct names_found found;
	enum name_find result = find(packet_payload(p), len, &found);

	if (result == NAME_NONE) {
		look_for_answer_alone(n, packet_payload(p), len);
		return;
	}
	keep(n, &found);
	n->is_forward = names_is_forward(p);
	if (result == NAME_MORE)
		start_collecting(pool, n, p, len);
	if (!n->head)
		end_beginning(n);
	if (found.light == DPI_LIGHT_HTTP && names_http_body(packet_payload(p), len))
		note_file(pool, n, p, names_http_body(packet_payload(p), len));
}

/* --- the other side's answer ---------------------------------------------------------- */

static void look_http_answer(const struct names_pool *pool, struct names *n,
			     const struct packet *p, size_t len)
{
	size_t body = n->waits == WAIT_HTTP ? names_http_body(packet_payload(p), len) : 0;

	if (n->waits == WAIT_HTTP && body == len && body) {
		n->waits = WAIT_BODY;	/* the head fills its segment */
		return;
	}
	if (body || n->waits == WAIT_BODY)
		note_file(pool, n, p, body);
	n->waits = WAIT_NONE;
}

static void look_answer(const struct names_pool *pool, struct names *n, const struct packet *p,
			size_t len)
{
	if (++n->segments >= NAMES_SEGMENTS_MAX) {
		n->waits = WAIT_NONE;
		return;
	}
	if (names_is_forward(p) == n->is_forward)
		return;
	if (n->waits != WAIT_TLS) {
		look_http_answer(pool, n, p, len);
		return;
	}
	tls_read_server(packet_payload(p), len, n->found);
	n->waits = WAIT_NONE;
}

/* --- QUIC ----------------------------------------------------------------------------- */

static void stop_quic(struct names_pool *pool, struct names *n)
{
	if (!n->quic)
		return;
	free(n->quic);
	n->quic = NULL;
	pool->heads--;
}

static struct quic *need_quic(struct names_pool *pool, struct names *n)
{
	if (n->quic)
		return n->quic;
	if (pool->heads < NAMES_HEADS_MAX)
		n->quic = calloc(1, sizeof(*n->quic));
	pool->heads += n->quic != NULL;
	pool->beyond += n->quic == NULL;
	return n->quic;
}

static void look_quic(struct names_pool *pool, struct names *n, const uint8_t *bytes, size_t len)
{
	struct names_found found = { .light = DPI_LIGHT_QUIC };
	bool is_whole = false, is_last = ++n->segments >= NAMES_SEGMENTS_MAX;

	if (!quic_is_initial(bytes, len)) {
		if (is_last) {
			stop_quic(pool, n);
			n->is_done = true;
		}
		return;
	}
	if (!need_quic(pool, n)) {
		n->is_done = true;
		return;
	}
	if (quic_datagram(n->quic, bytes, len)) {
		size_t have = quic_hello(n->quic, &is_whole);

		if (have && n->quic->hello[0] == 1)
			tls_read_client(n->quic->hello, have, is_whole, 'q', &found);
		keep(n, &found);
	}
	if (is_whole || is_last || !n->quic->has_id)
		stop_quic(pool, n);
	n->is_done = is_whole || is_last;
}

/* A message over TCP has its length before it (RFC 1035 4.2.2); it is read where a segment begins
 * with one.  false: it does not. */
static bool tcp_message(const uint8_t **bytes, size_t *len)
{
	size_t message;

	if (*len < 2)
		return false;
	message = net_get16(*bytes);
	*bytes += 2;
	*len -= 2;
	if (message < *len)
		*len = message;
	return true;
}

static void look_beginning(struct names_pool *pool, struct names *n, const struct packet *p,
			   size_t len, bool is_dns)
{
	const uint8_t *bytes = packet_payload(p);
	bool may_be_dns = is_dns || p->sport == PORT_DNS || p->dport == PORT_DNS;

	if (n->head)
		go_on(pool, n, p, len);
	else if (n->quic || (p->proto == IP_UDP && quic_is_initial(bytes, len)))
		look_quic(pool, n, bytes, len);
	else if (may_be_dns && p->proto == IP_UDP)
		look_dns(n, bytes, len, is_dns);
	else if (may_be_dns && p->proto == IP_TCP && tcp_message(&bytes, &len))
		look_dns(n, bytes, len, is_dns);
	if (p->proto == IP_TCP && !n->is_done && !n->head)
		begin(pool, n, p, packet_payload_captured(p));
}

void names_look(struct names_pool *pool, struct names *n, const struct packet *p, bool is_dns)
{
	size_t len = packet_payload_captured(p);
	unsigned side = 1U << !names_is_forward(p);

	if (!len)
		return;
	if (p->proto == IP_TCP && !(n->heard & side))
		note_file(pool, n, p, 0);
	n->heard |= (uint8_t)side;
	if (n->waits)
		look_answer(pool, n, p, len);
	else if (!n->is_done)
		look_beginning(pool, n, p, len, is_dns);
}

/* Text of ours in the place of nDPI's, where there is any. */
#define PUT(field) \
	do { \
		if (n->found->field[0]) \
			memcpy(v->field, n->found->field, sizeof(v->field)); \
	} while (0)

void names_put(const struct names *n, struct dpi_verdict *v)
{
	memcpy(v->file, n->file, sizeof(v->file));
	if (!n->found)
		return;
	PUT(name);
	PUT(alpn);
	PUT(alpn_chosen);
	PUT(ja3);
	PUT(ja4);
	PUT(method);
	if (n->found->tls_version)
		v->tls_version = n->found->tls_version;
	v->light = n->found->light;
	v->awaits_reply = n->waits == WAIT_TLS || n->waits == WAIT_HTTP;
}

void names_clear(struct names_pool *pool, struct names *n)
{
	stop_collecting(pool, n);
	stop_quic(pool, n);
	free(n->found);
	memset(n, 0, sizeof(*n));
}

bool dpi_read_reply(enum dpi_light l, const struct packet *p, const struct file_types *files,
		    struct dpi_reply *ret)
{
	struct names_found found = { .tls_version = 0 };
	size_t len = packet_payload_captured(p), body;
	const uint8_t *bytes = len ? packet_payload(p) : NULL;

	memset(ret, 0, sizeof(*ret));
	if (!len)
		return false;
	if (l == DPI_LIGHT_TLS) {
		ret->is_reply = tls_read_server(bytes, len, &found);
		ret->tls_version = found.tls_version;
		memcpy(ret->alpn_chosen, found.alpn_chosen, sizeof(ret->alpn_chosen));
		return ret->is_reply || bytes[0] == TLS_DATA;
	}
	if (l != DPI_LIGHT_HTTP)
		return true;
	if (len < 7 || memcmp(bytes, "HTTP/1.", 7))
		return false;
	body = names_http_body(bytes, len);
	ret->is_reply = true;
	if (body)
		ret->file = (uint8_t)file_type_of(bytes + body, len - body, files);
	return true;
}

bool dpi_read_dns(const struct packet *p, struct dpi_answers *ret_message)
{
	size_t len = packet_payload_captured(p);
	const uint8_t *bytes = len ? packet_payload(p) : NULL;

	if (!len || (p->proto == IP_TCP ? !tcp_message(&bytes, &len) : p->proto != IP_UDP))
		return false;
	return names_dns(bytes, len, false, ret_message) && ret_message->name[0];
}

bool dpi_read_answers(const struct packet *p, struct dpi_answers *ret_answers)
{
	return dpi_read_dns(p, ret_answers) && ret_answers->n;
}
