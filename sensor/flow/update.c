/* update.c - one packet counted into its flow: sides, sums, TCP, time-out class, DPI.
 *
 * FIN and RST are believed until their sender goes on: who has ended his direction does not send
 * payload beyond its end.  Else one forged RST, which the hosts ignore, would cut a connection that
 * lives for weeks into pieces at every silence of some seconds (timeouts.h, FLOW_TCP_ENDED).
 */
#include <string.h>
#include "base/log.h"
#include "base/err.h"
#include "flow/answers.h"
#include "flow/internal.h"
#include "flow/key.h"
#include "flow/tunnel_pack.h"

#define BOTH 3		/* bits of both sides */
#define PORT_DNS 53

enum flow_end flow_how_ended(const struct flow *f)
{
	return (f->fin & f->heard) == f->heard ? FLOW_END_FIN : FLOW_END_RST;
}

enum flow_class flow_class_of(const struct flow *f)
{
	switch (f->key.proto) {
	case IP_TCP:
		if (f->has_rst || (f->fin & f->heard) == f->heard)
			return FLOW_TCP_ENDED;
		return f->heard == BOTH || f->has_payload ? FLOW_TCP_OPEN : FLOW_TCP_HALF;
	case IP_UDP:
	case IP_SCTP:
		return FLOW_UDP;
	}
	return FLOW_OTHER;
}

/* --- sides --------------------------------------------------------------------------------- */

static uint32_t swap_bits(uint32_t two)
{
	return (two >> 1 | two << 1) & BOTH;
}

#define SWAP(pair) \
	do { \
		__typeof__((pair)[0]) swap_ = (pair)[0]; \
		(pair)[0] = (pair)[1]; \
		(pair)[1] = swap_; \
	} while (0)

static void swap_macs(struct flow_cold *cold)
{
	uint8_t mac[6];

	memcpy(mac, cold->mac[0], sizeof(mac));
	memcpy(cold->mac[0], cold->mac[1], sizeof(mac));
	memcpy(cold->mac[1], mac, sizeof(mac));
	cold->macs_by = !cold->macs_by;
}

static void turn_tunnel(struct packet_tunnel *t)
{
	struct addr src = t->src;

	t->src = t->dst;
	t->dst = src;
}

/* The client was the other one.  Totals are empty: no minute has been emitted. */
static void swap_sides(struct flow_table *t, uint32_t no)
{
	struct flow *f = flow_table_flow(t, no);
	struct flow_cold *cold = flow_table_cold(t, no);
	struct flow_extra *extra = flow_table_extra(t, no);

	f->client_is_b = !f->client_is_b;
	f->heard = swap_bits(f->heard);
	f->fin = swap_bits(f->fin);
	f->is_started = swap_bits(f->is_started);
	f->is_bare = swap_bits(f->is_bare);
	f->has_isn = swap_bits(f->has_isn);
	SWAP(f->minute_tcp_flags);
	SWAP(f->bytes);
	SWAP(f->payload);
	SWAP(f->packets);
	SWAP(f->next);
	SWAP(cold->isn);
	swap_macs(cold);
	if (extra && extra->tunnel)
		turn_tunnel(extra->tunnel);
	if (extra) {
		SWAP(extra->retrans);
		SWAP(extra->lost);
		SWAP(extra->told_lost);
		SWAP(extra->holes);
	}
}

/* Who is the client: by the first packet, or by a surer one as long as nothing was said yet. */
static void settle_client(struct shard *s, uint32_t no, const struct packet *p,
			  struct flow_sender sender)
{
	struct flow *f = flow_table_flow(s->table, no);
	enum flow_client how;
	bool client_is_b;

	if (!sender.is_first &&
	    (f->is_fixed || f->client_how == FLOW_CLIENT_SYN || p->proto != IP_TCP))
		return;
	client_is_b = flow_client_decide(p, &how) == sender.is_b;
	if (sender.is_first) {
		f->client_is_b = client_is_b;
		f->client_how = how;
	} else if (how < f->client_how && how <= FLOW_CLIENT_SYNACK) {
		f->client_how = how;
		if (f->client_is_b != client_is_b)
			swap_sides(s->table, no);
	}
}

/* --- sums ---------------------------------------------------------------------------------- */

static struct tcp_side load_side(const struct flow *f, const struct flow_cold *cold, unsigned d)
{
	return (struct tcp_side){
		.next = f->next[d], .isn = cold->isn[d], .is_started = f->is_started >> d & 1,
		.is_bare = f->is_bare >> d & 1, .has_isn = f->has_isn >> d & 1,
	};
}

static uint32_t put_bit(uint32_t bits, unsigned d, bool value)
{
	return (bits & ~(1U << d)) | (uint32_t)value << d;
}

static void store_side(struct flow *f, struct flow_cold *cold, unsigned d,
		       const struct tcp_side *side)
{
	f->next[d] = side->next;
	cold->isn[d] = side->isn;
	f->is_started = put_bit(f->is_started, d, side->is_started);
	f->is_bare = put_bit(f->is_bare, d, side->is_bare);
	f->has_isn = put_bit(f->has_isn, d, side->has_isn);
}

/* Payload beyond the end of a direction: its FIN or RST was not its sender's. */
static void note_went_on(struct shard *s, struct flow *f, const struct packet *p, unsigned d)
{
	uint8_t seen = f->tcp_flags[d] | f->minute_tcp_flags[d];
	bool is_over = f->fin >> d & 1 || (f->has_rst && seen & PACKET_RST);

	if (!is_over || p->tcp_flags & (PACKET_SYN | PACKET_FIN | PACKET_RST))
		return;
	f->fin &= ~(1U << d) & BOTH;
	f->has_rst = 0;
	s->counters.tcp_went_on++;
}

/* Returns false for a keep-alive probe, whose byte is nobody's payload. */
static bool count_tcp(struct shard *s, uint32_t no, const struct packet *p, unsigned d)
{
	const struct tcp_segment seg = { p->seq, p->payload_len, p->tcp_flags };
	struct flow *f = flow_table_flow(s->table, no);
	struct flow_cold *cold = flow_table_cold(s->table, no);
	struct tcp_side side = load_side(f, cold, d);
	struct flow_extra *extra = flow_table_extra(s->table, no);
	struct tcp_counts c;

	if (!extra && tcp_needs_holes(&side, &seg))
		extra = flow_table_need_extra(s->table, no);
	c = tcp_count(&side, extra ? &extra->holes[d] : NULL, &seg);
	store_side(f, cold, d, &side);
	f->payload[d] += c.payload;
	if (c.payload)
		f->has_payload = 1;
	if (!extra && c.retrans)
		extra = flow_table_need_extra(s->table, no);
	if (extra) {
		extra->retrans[d] += c.retrans;
		extra->lost[d] += c.lost;
	}
	if (c.is_beyond)
		note_went_on(s, f, p, d);
	s->counters.tcp_late_segments += c.is_late;
	s->counters.tcp_retrans_bytes += c.retrans;
	s->counters.tcp_resyncs += c.is_resync;
	return !c.is_keepalive;
}

/* A bare acknowledgement of a direction that has begun changes nothing in the sequence. */
static bool is_plain_ack(const struct flow *f, const struct packet *p, unsigned d)
{
	return !p->payload_len && f->is_started >> d & 1 &&
	       !(p->tcp_flags & (PACKET_SYN | PACKET_FIN | PACKET_RST));
}

/* The whole header was captured, so a window of 0 is one. */
static bool closes_window(const struct packet *p)
{
	return !p->window && p->payload_off <= p->caplen &&
	       !(p->tcp_flags & (PACKET_SYN | PACKET_RST));
}

static void note_tcp_flags(struct flow *f, uint8_t flags, unsigned d)
{
	f->minute_tcp_flags[d] |= flags;
	if (flags & PACKET_FIN)
		f->fin |= 1U << d;
	if (flags & PACKET_RST)
		f->has_rst = 1;
}

static void note_macs(struct flow *f, struct flow_cold *cold, const struct packet *p, unsigned d)
{
	f->has_macs = 1;
	cold->macs_by = (uint8_t)d;
	memcpy(cold->mac[d], p->src_mac, sizeof(p->src_mac));
	memcpy(cold->mac[!d], p->dst_mac, sizeof(p->dst_mac));
}

/* The first one is kept: slice.h says why. */
static void note_tunnel(struct shard *s, uint32_t no, const struct packet *p, unsigned d)
{
	struct flow_extra *extra = flow_table_need_extra(s->table, no);

	if (!extra || extra->tunnel)
		return;
	extra->tunnel = tunnel_copy(&p->tunnel);
	if (extra->tunnel && d)
		turn_tunnel(extra->tunnel);
}

/* --- DPI ----------------------------------------------------------------------------------- */

static struct dpi_flow *need_dpi(struct shard *s, struct flow_cold *cold)
{
	if (cold->dpi)
		return cold->dpi;
	if (!s->engine) {
		int err = dpi_engine_new(&s->engine);

		if (err) {
			log_err("dpi", "no protocol detection: %s", err_text(err));
			s->engine = NULL;
			s->with_dpi = false;
			return NULL;
		}
		dpi_engine_files(s->engine, s->files);
	}
	cold->dpi = dpi_flow_new(s->engine);
	s->undecided += cold->dpi != NULL;
	return cold->dpi;
}

/* Protocols with ports say nothing in a packet without payload. */
static bool is_telling(const struct packet *p)
{
	return p->payload_len || (p->proto != IP_TCP && p->proto != IP_UDP && p->proto != IP_SCTP);
}

static void show_dpi(struct shard *s, uint32_t no, const struct packet *p)
{
	struct flow_cold *cold = flow_table_cold(s->table, no);
	struct dpi_verdict verdict;

	if (!s->with_dpi || !need_dpi(s, cold)) {
		s->counters.dpi_unavailable++;
		flow_keep_verdict(s, no, NULL);
		return;
	}
	s->counters.dpi_packets++;
	if (dpi_flow_feed(s->engine, cold->dpi, p, &verdict))
		flow_keep_verdict(s, no, &verdict);
}

/* What DPI recognises in packets that are no carriers takes its place (flow_keep_verdict()). */
static void name_carrier(struct shard *s, uint32_t no, const struct packet *p)
{
	struct flow_cold *cold = flow_table_cold(s->table, no);

	if (!s->with_dpi || cold->master)
		return;
	dpi_tunnel_ids(p->carrier, &cold->master, &cold->app);
	flow_table_flow(s->table, no)->verdict = DPI_LIGHT;
}

static bool speaks_dns(const struct flow *f, const struct packet *p)
{
	return f->is_dns || p->sport == PORT_DNS || p->dport == PORT_DNS;
}

/* Adds what a packet carried: a DNS message, or NULL for an echo. */
static void note_carried(struct shard *s, struct flow_extra *extra, const struct packet *p,
			 const struct dpi_answers *message)
{
	uint32_t before = carried_held(extra->carried, extra->waiting);
	bool is_kept;

	s->carried.is_full = s->carried_held >= CARRIED_HELD_MAX;
	is_kept = message ? carried_add_dns(&extra->carried, message, &s->carried) :
			    carried_add_echo(&extra->carried, &extra->waiting, p, &s->carried);
	s->counters.carried_beyond += !is_kept;
	s->carried_held += carried_held(extra->carried, extra->waiting) - before;
}

/* DNS is read as long as the flow lives, not only while DPI is learning. */
static void note_dns(struct shard *s, uint32_t no, const struct packet *p, unsigned d)
{
	struct flow_extra *extra;
	struct dpi_answers found;

	if (!s->with_dpi || !dpi_read_dns(p, &found) || found.is_answer != (d == 1))
		return;
	extra = flow_table_need_extra(s->table, no);
	if (!extra) {
		s->counters.dns_answers_beyond += found.beyond + found.n;
		s->counters.carried_beyond++;
		return;
	}
	s->counters.dns_answers += found.n ? answers_add(&extra->answers, &found) : 0;
	s->counters.dns_answers_beyond += found.beyond;
	note_carried(s, extra, p, &found);
}

static void note_echo(struct shard *s, uint32_t no, const struct packet *p)
{
	struct flow_extra *extra = flow_table_need_extra(s->table, no);

	if (extra)
		note_carried(s, extra, p, NULL);
	else
		s->counters.carried_beyond++;
}

/* Only flows whose protocol has function classes come here, and such as wait for a server. */
static void note_facts(struct shard *s, uint32_t no, const struct packet *p, bool is_b)
{
	struct flow *f = flow_table_flow(s->table, no);
	struct flow_cold *cold = flow_table_cold(s->table, no);
	struct dpi_reply reply;

	if (dpi_is_followed(f->light)) {
		cold->facts->minute_acts[is_b] |= (uint8_t)dpi_acts(f->light, p);
	} else if (dpi_read_reply(f->light, p, s->files, &reply)) {
		facts_add_reply(&cold->facts, &reply, is_b);
		f->light = DPI_LIGHT_NONE;
	}
}

/* Where the cold record is looked at anyway: the first packet of a side and minute, and what TCP
 * numbers. */
static void note_ttl(struct flow_cold *cold, uint8_t ttl, bool is_b)
{
	uint8_t *range = cold->ttl[is_b];

	if (!range[1] || ttl < range[0])
		range[0] = ttl;
	if (ttl > range[1])
		range[1] = ttl;
}

/* --- the whole ----------------------------------------------------------------------------- */

void flow_update(struct shard *s, uint32_t no, const struct packet *p, struct flow_sender sender)
{
	struct flow *f = flow_table_flow(s->table, no);
	bool is_payload = true, is_numbered = false;
	uint32_t frames = 1;
	unsigned d;

	settle_client(s, no, p, sender);
	d = sender.is_b != f->client_is_b;
	if (!(f->packets[0] | f->packets[1]))
		f->minute_first_ns = s->now_ns;
	if (p->is_reassembled)
		frames = p->fragments;
	f->packets[d] += frames;
	f->bytes[d] += p->is_reassembled ? p->fragments_bytes : p->ip_len;
	s->counters.flow_packets += frames;
	f->heard |= 1U << d;
	if (p->has_macs && !f->has_macs)
		note_macs(f, flow_table_cold(s->table, no), p, d);
	if (p->tunnel.depth)
		note_tunnel(s, no, p, d);
	if (p->proto == IP_TCP) {
		note_tcp_flags(f, p->tcp_flags, d);
		s->counters.tcp_zero_windows += closes_window(p);
		is_numbered = !is_plain_ack(f, p, d);
		if (is_numbered)
			is_payload = count_tcp(s, no, p, d);
	} else {
		f->payload[d] += p->payload_len;
	}
	flow_table_touch(s->table, no, flow_class_of(f), s->now_ns);
	if (f->packets[d] == frames || is_numbered)
		note_ttl(flow_table_cold(s->table, no), p->ttl, sender.is_b);
	if (p->is_carrier)
		name_carrier(s, no, p);
	else if (!f->is_dpi_done && is_payload && is_telling(p))
		show_dpi(s, no, p);
	else if (f->light && is_payload && p->payload_len)
		note_facts(s, no, p, sender.is_b);
	if (is_payload && speaks_dns(f, p))
		note_dns(s, no, p, d);
	else if (carried_echo_side(p))
		note_echo(s, no, p);
	if (f->is_dpi_done && !f->is_opened)
		flow_emit_open(s, no, s->minute_ns);
}
