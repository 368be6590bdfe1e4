/* names.c - see names.h. */
#include "dpi/names.h"
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"

#define PORT_DNS 53

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
	if (!found->name[0] && !found->alpn[0])
		return;
	if (!n->found)
		n->found = malloc(sizeof(*n->found));
	if (n->found)
		*n->found = *found;
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

/* Which way a packet goes, the same for all packets of a flow that go that way. */
static bool goes_forward(const struct packet *p)
{
	int order = addr_compare(&p->src, &p->dst);

	return order ? order < 0 : p->sport < p->dport;
}

static void stop_collecting(struct names_pool *pool, struct names *n)
{
	if (!n->head)
		return;
	free(n->head);
	n->head = NULL;
	pool->heads--;
	n->is_done = true;
}

static void start_collecting(struct names_pool *pool, struct names *n, const struct packet *p,
			     size_t len)
{
	if (pool->heads >= NAMES_HEADS_MAX || len >= NAMES_HEAD_MAX || len < p->payload_len)
		return;
	n->head = malloc(NAMES_HEAD_MAX);
	if (!n->head)
		return;
	pool->heads++;
	memcpy(n->head, packet_payload(p), len);
	n->head_len = (uint16_t)len;
	n->next_seq = p->seq + p->payload_len;
	n->is_forward = goes_forward(p);
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
	bool is_last = ++n->segments >= NAMES_SEGMENTS_MAX;

	if (goes_forward(p) == n->is_forward && (int32_t)(p->seq - n->next_seq) >= 0) {
		if (p->seq != n->next_seq || !append(n, p, len)) {
			stop_collecting(pool, n);
			return;
		}
		is_last |= find(n->head, n->head_len, &found) != NAME_MORE;
		is_last |= n->head_len == NAMES_HEAD_MAX || len < p->payload_len;
		keep(n, &found);
	}
	if (is_last)
		stop_collecting(pool, n);
}

static void begin(struct names_pool *pool, struct names *n, const struct packet *p, size_t len)
{
	struct names_found found;
	enum name_find result = find(packet_payload(p), len, &found);

	if (result == NAME_NONE)
		return;
	keep(n, &found);
	if (result == NAME_MORE)
		start_collecting(pool, n, p, len);
	n->is_done = !n->head;
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

void names_look(struct names_pool *pool, struct names *n, const struct packet *p, bool is_dns)
{
	size_t len = packet_payload_captured(p);
	const uint8_t *bytes = len ? packet_payload(p) : NULL;
	bool may_be_dns = is_dns || p->sport == PORT_DNS || p->dport == PORT_DNS;

	if (n->is_done || !len)
		return;
	if (n->head)
		go_on(pool, n, p, len);
	else if (may_be_dns && p->proto == IP_UDP)
		look_dns(n, bytes, len, is_dns);
	else if (may_be_dns && p->proto == IP_TCP && tcp_message(&bytes, &len))
		look_dns(n, bytes, len, is_dns);
	if (p->proto == IP_TCP && !n->is_done && !n->head)
		begin(pool, n, p, packet_payload_captured(p));
}

void names_put(const struct names *n, struct dpi_verdict *v)
{
	if (!n->found)
		return;
	if (n->found->name[0])
		memcpy(v->name, n->found->name, sizeof(v->name));
	if (n->found->alpn[0])
		memcpy(v->alpn, n->found->alpn, sizeof(v->alpn));
}

void names_clear(struct names_pool *pool, struct names *n)
{
	stop_collecting(pool, n);
	free(n->found);
	memset(n, 0, sizeof(*n));
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
