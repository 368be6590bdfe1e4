/* carried.c - see carried.h. */
#include "flow/carried.h"

#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/hash.h"

#define OCTETS_MIN 3			/* labels that look like octets, to be an address */
#define NIBBLES_MIN 16
#define SMALL_PAYLOAD 40
#define PERIOD_MAX 32			/* of a plain payload; Windows' alphabet has 23 */

static struct carried *need(struct carried **at)
{
	if (!*at)
		*at = calloc(1, sizeof(**at));
	return *at;
}

static uint32_t hash_of(const void *bytes, size_t len, uint64_t key)
{
	return (uint32_t)(hash_bytes(bytes, len, key) >> 32);
}

/* --- names ----------------------------------------------------------------------------------- */

static bool is_octet(const char *label, size_t len)
{
	unsigned value = 0;

	if (!len || len > 3)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		value = value * 10 + (unsigned)(label[i] - '0');
	}
	return value < 256;
}

static bool is_nibble(const char *label, size_t len)
{
	return len == 1 && ((label[0] >= '0' && label[0] <= '9') ||
			    (label[0] >= 'a' && label[0] <= 'f'));
}

static size_t below(const char *name, const char *domain)
{
	size_t len = strlen(name), tail = strlen(domain);

	return len > tail ? len - tail - 1 : 0;
}

uint32_t carried_size_of_name(const char *name, const char *domain)
{
	size_t len = below(name, domain), at = 0, bytes = 0;
	unsigned octets = 0, nibbles = 0, labels = 0;

	while (at < len) {
		size_t end = at;

		while (end < len && name[end] != '.')
			end++;
		octets += octets == labels && is_octet(name + at, end - at);
		nibbles += nibbles == labels && is_nibble(name + at, end - at);
		labels++;
		bytes += end - at;
		at = end + 1;
	}
	if (nibbles >= NIBBLES_MIN)
		return nibbles / 2;
	return octets >= OCTETS_MIN ? octets : (uint32_t)bytes;
}

static void last_two_labels(const char *name, char *buf, size_t cap)
{
	const char *from = name + strlen(name);
	size_t len;

	for (unsigned dots = 0; from > name; from--)
		if (from[-1] == '.' && ++dots == 2)
			break;
	len = strlen(from);
	if (len >= cap)
		len = cap - 1;
	memcpy(buf, from, len);
	buf[len] = '\0';
}

static struct carried_domain *new_domain(const char *domain)
{
	size_t size = strlen(domain) + 1;
	struct carried_domain *d = calloc(1, sizeof(*d) + size);

	if (d)
		memcpy(d->domain, domain, size);
	return d;
}

static void free_domain(struct carried_domain *d)
{
	sample_clear(&d->names);
	free(d);
}

/* Takes the one with least out of the list; of equals the first. */
static void drop_least(struct carried *c)
{
	struct carried_domain **least = &c->domains, *gone;

	for (struct carried_domain **at = &c->domains; *at; at = &(*at)->next)
		if ((*at)->asked < (*least)->asked)
			least = at;
	gone = *least;
	*least = gone->next;
	c->n--;
	free_domain(gone);
}

/* *ret_dropped: another one had to go. */
static struct carried_domain *get_domain(struct carried *c, const char *domain, bool is_full,
					 bool *ret_dropped)
{
	struct carried_domain **at = &c->domains;
	unsigned n = 0;

	for (; *at; at = &(*at)->next, n++)
		if (!strcmp((*at)->domain, domain))
			return *at;
	if (is_full)
		return NULL;
	*ret_dropped = n == CARRIED_DOMAINS_MAX;
	if (*ret_dropped) {
		drop_least(c);
		for (at = &c->domains; *at; at = &(*at)->next)
			;
	}
	*at = new_domain(domain);
	c->n += *at != NULL;
	return *at;
}

static void count_answer(struct carried_domain *d, const struct dpi_answers *m)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool is_listed = m->n > 0;

	d->answers++;
	d->nxdomain += m->rcode == DPI_DNS_NXDOMAIN;
	d->echoed += m->asked_len;
	for (unsigned i = 0; i < m->n; i++)
		is_listed &= !memcmp(m->addrs[i].bytes, mapped, sizeof(mapped)) &&
			     m->addrs[i].bytes[12] == 127;
	d->listed += is_listed;
}

bool carried_add_dns(struct carried **at, const struct dpi_answers *m,
		     const struct carried_rules *rules)
{
	char domain[CARRIED_DOMAIN_MAX] = "";
	bool has_dropped = false, is_kept = true;
	struct carried_domain *d;
	uint32_t size;

	if (!rules->registered_domain)
		last_two_labels(m->name, domain, sizeof(domain));
	else if (!rules->registered_domain(m->name, domain, sizeof(domain)))
		last_two_labels(m->name, domain, sizeof(domain));
	if ((rules->is_full && !*at) || !need(at))
		return false;
	d = get_domain(*at, domain, rules->is_full, &has_dropped);
	if (!d)
		return false;
	if (m->is_answer) {
		count_answer(d, m);
		return !has_dropped;
	}
	size = carried_size_of_name(m->name, domain);
	d->questions++;
	d->odd += m->type == DPI_DNS_TXT || m->type == DPI_DNS_NULL;
	d->asked += size;
	if (size)
		is_kept = sample_add(&d->names, hash_of(m->name, below(m->name, domain),
							rules->key), size);
	return is_kept && !has_dropped;
}

/* --- echoes ---------------------------------------------------------------------------------- */

int carried_echo_side(const struct packet *p)
{
	bool is_v6 = p->proto == IP_ICMPV6;

	if ((p->proto != IP_ICMP && !is_v6) || p->dport)
		return 0;
	if (p->sport == (is_v6 ? 128 : 8))
		return 1;
	return p->sport == (is_v6 ? 129 : 0) ? -1 : 0;
}

bool carried_is_plain(const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 2; i < len && (uint8_t)(bytes[i] - bytes[i - 1]) ==
			       (uint8_t)(bytes[1] - bytes[0]); i++)
		;
	if (i >= len)
		return true;
	for (size_t period = 2; period <= PERIOD_MAX && 2 * period <= len; period++) {
		for (i = period; i < len && bytes[i] == bytes[i - period]; i++)
			;
		if (i == len)
			return true;
	}
	return false;
}

static bool is_text(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((bytes[i] < ' ' && bytes[i] != '\t' && bytes[i] != '\n' && bytes[i] != '\r') ||
		    bytes[i] > '~')
			return false;
	return true;
}

static bool count_request(struct carried_echo *e, const struct packet *p, uint64_t key)
{
	size_t front = p->payload_len > SMALL_PAYLOAD ? ECHO_FRONT : ECHO_FRONT_SMALL;
	size_t seen = packet_payload_captured(p);
	const uint8_t *rest;

	e->requests++;
	e->asked += p->payload_len;
	if (seen <= front)
		return true;
	rest = packet_payload(p) + front;
	seen -= front;
	if (carried_is_plain(rest, seen)) {
		e->plain++;
		return true;
	}
	e->text += is_text(rest, seen);
	return sample_add(&e->payloads, hash_of(rest, seen, key), p->payload_len - (uint32_t)front);
}

static void count_reply(struct carried_echo *e, const struct packet *p, bool is_known, bool is_same)
{
	e->replies++;
	if (is_known && is_same) {
		e->echoed += p->payload_len;
	} else if (is_known) {
		e->mismatched++;
		e->mismatched_bytes += p->payload_len;
	}
}

bool carried_add_echo(struct carried **at, struct echo_waiting **waiting, const struct packet *p,
		      const struct carried_rules *rules)
{
	size_t seen = packet_payload_captured(p);
	const uint8_t *payload = seen ? packet_payload(p) : NULL;
	bool is_request = carried_echo_side(p) > 0;
	uint16_t id, sequence;
	uint32_t hash;
	unsigned i;

	if (!seen)
		return true;		/* nothing is carried */
	if ((rules->is_full && !*at) || !need(at))
		return false;
	if (!(*at)->echo && !rules->is_full)
		(*at)->echo = calloc(1, sizeof(*(*at)->echo));
	if (is_request && !*waiting && !rules->is_full)
		*waiting = calloc(1, sizeof(**waiting));
	if (!(*at)->echo || (is_request && !*waiting))
		return false;
	id = net_get16(payload - 4);	/* the header is there: something lies behind it */
	sequence = net_get16(payload - 2);
	hash = hash_of(payload, seen, rules->key) | 1;
	i = sequence % ECHO_WAITING;
	if (is_request) {
		(*waiting)->slot[i].id = id;
		(*waiting)->slot[i].sequence = sequence;
		(*waiting)->slot[i].hash = hash;
		return count_request((*at)->echo, p, rules->key);
	}
	count_reply((*at)->echo, p, *waiting && (*waiting)->slot[i].hash &&
		    (*waiting)->slot[i].id == id && (*waiting)->slot[i].sequence == sequence,
		    *waiting && (*waiting)->slot[i].hash == hash);
	return true;
}

void carried_free(struct carried **at)
{
	if (!*at)
		return;
	while ((*at)->domains) {
		struct carried_domain *d = (*at)->domains;

		(*at)->domains = d->next;
		free_domain(d);
	}
	if ((*at)->echo)
		sample_clear(&(*at)->echo->payloads);
	free((*at)->echo);
	free(*at);
	*at = NULL;
}

/* --- bytes ----------------------------------------------------------------------------------- */

static void pack_domain(const struct carried_domain *d, struct packer *p)
{
	pack_text(p, d->domain);
	pack_u64(p, d->asked);
	pack_u64(p, d->echoed);
	pack_u32(p, d->questions);
	pack_u32(p, d->odd);
	pack_u32(p, d->answers);
	pack_u32(p, d->nxdomain);
	pack_u32(p, d->listed);
	sample_pack(&d->names, p);
}

void carried_pack(const struct carried *c, struct packer *p)
{
	const struct carried_echo *e = c ? c->echo : NULL;
	unsigned n = 0;

	for (const struct carried_domain *d = c ? c->domains : NULL; d; d = d->next)
		n++;
	pack_u8(p, (uint8_t)n);
	for (const struct carried_domain *d = c ? c->domains : NULL; d; d = d->next)
		pack_domain(d, p);
	pack_u8(p, e != NULL);
	if (!e)
		return;
	pack_u64(p, e->asked);
	pack_u64(p, e->echoed);
	pack_u64(p, e->mismatched_bytes);
	pack_u32(p, e->requests);
	pack_u32(p, e->replies);
	pack_u32(p, e->mismatched);
	pack_u32(p, e->plain);
	pack_u32(p, e->text);
	sample_pack(&e->payloads, p);
}

static struct carried_domain *unpack_domain(struct unpacker *u)
{
	char name[CARRIED_DOMAIN_MAX];
	struct carried_domain *d;

	u->is_bad |= !unpack_text(u, name, sizeof(name));
	d = u->is_bad ? NULL : new_domain(name);
	if (!d) {
		u->is_bad = true;
		return NULL;
	}
	d->asked = unpack_u64(u);
	d->echoed = unpack_u64(u);
	d->questions = unpack_u32(u);
	d->odd = unpack_u32(u);
	d->answers = unpack_u32(u);
	d->nxdomain = unpack_u32(u);
	d->listed = unpack_u32(u);
	u->is_bad |= !sample_unpack(u, &d->names);
	return d;
}

static void unpack_echo(struct unpacker *u, struct carried_echo *e)
{
	e->asked = unpack_u64(u);
	e->echoed = unpack_u64(u);
	e->mismatched_bytes = unpack_u64(u);
	e->requests = unpack_u32(u);
	e->replies = unpack_u32(u);
	e->mismatched = unpack_u32(u);
	e->plain = unpack_u32(u);
	e->text = unpack_u32(u);
	u->is_bad |= !sample_unpack(u, &e->payloads);
}

bool carried_unpack(struct unpacker *u, struct carried **ret)
{
	unsigned n = unpack_u8(u);
	struct carried_domain **end;

	*ret = calloc(1, sizeof(**ret));
	u->is_bad |= n > CARRIED_DOMAINS_MAX || !*ret;
	end = *ret ? &(*ret)->domains : NULL;
	for (unsigned i = 0; i < n && !u->is_bad; i++) {
		*end = unpack_domain(u);
		(*ret)->n += *end != NULL;
		if (*end)
			end = &(*end)->next;
	}
	if (unpack_u8(u) && !u->is_bad) {
		(*ret)->echo = calloc(1, sizeof(*(*ret)->echo));
		if ((*ret)->echo)
			unpack_echo(u, (*ret)->echo);
		else
			u->is_bad = true;
	}
	if (u->is_bad || (!(*ret)->domains && !(*ret)->echo))
		carried_free(ret);
	return !u->is_bad;
}

void echo_waiting_pack(const struct echo_waiting *w, struct packer *p)
{
	unsigned n = 0;

	for (unsigned i = 0; w && i < ECHO_WAITING; i++)
		n += w->slot[i].hash != 0;
	pack_u8(p, (uint8_t)n);
	for (unsigned i = 0; w && i < ECHO_WAITING; i++) {
		if (!w->slot[i].hash)
			continue;
		pack_u16(p, w->slot[i].id);
		pack_u16(p, w->slot[i].sequence);
		pack_u32(p, w->slot[i].hash);
	}
}

bool echo_waiting_unpack(struct unpacker *u, struct echo_waiting **ret)
{
	unsigned n = unpack_u8(u);

	*ret = n && n <= ECHO_WAITING ? calloc(1, sizeof(**ret)) : NULL;
	u->is_bad |= n && !*ret;
	for (unsigned i = 0; i < n && !u->is_bad; i++) {
		uint16_t id = unpack_u16(u), sequence = unpack_u16(u);
		unsigned place = sequence % ECHO_WAITING;

		u->is_bad |= (*ret)->slot[place].hash != 0;
		(*ret)->slot[place].id = id;
		(*ret)->slot[place].sequence = sequence;
		(*ret)->slot[place].hash = unpack_u32(u);
		u->is_bad |= !(*ret)->slot[place].hash;
	}
	if (u->is_bad) {
		free(*ret);
		*ret = NULL;
	}
	return !u->is_bad;
}
