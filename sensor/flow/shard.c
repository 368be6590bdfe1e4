/* shard.c - see shard.h.
 *
 * A packet's way: clock (late stamps, missing marks) -> claims -> copies -> reassembly -> key ->
 * flow -> sums -> DPI.
 * What a flow did in the current minute stands in its hot record and is emitted, added to the
 * totals and emptied by the next mark; so a record is dirty if and only if it has packets of the
 * current minute, and those are at the newest end of the table's lists.
 *
 * Life of a flow.  It opens with its first packet and closes by eviction, by a SYN that starts
 * another connection on the same key after this one had ended, by its class's time-out, or at the
 * end of input.  FIN and RST only move it to the class with the short time-out.  OPEN is emitted
 * as soon as nothing more can be learned about it, at its second minute boundary, or just before
 * CLOSE.  A flow never follows another with the same key and the same first stamp, so that flow
 * ids are unique (unless the table had to evict within one nanosecond).
 *
 * events.c makes the events, update.c counts a packet into a flow.
 */
#include "flow/shard.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/hash.h"
#include "flow/internal.h"
#include "flow/key.h"

#define MAX_FLOWS_DEFAULT 65536
#define MAX_DATAGRAMS_DEFAULT 256
#define SHARD_BATCH 32
#define FRAGMENT_BYTES_MAX (4U << 20)	/* held by one shard's reassembly */

static const uint64_t timeouts_ns[FLOW_CLASSES] = {
	[FLOW_TCP_OPEN] = FLOW_TCP_OPEN_NS, [FLOW_TCP_HALF] = FLOW_TCP_HALF_NS,
	[FLOW_TCP_ENDED] = FLOW_TCP_ENDED_NS, [FLOW_UDP] = FLOW_UDP_NS,
	[FLOW_OTHER] = FLOW_OTHER_NS,
};

uint32_t shard_place(const struct addr *a, const struct addr *b)
{
	bool is_ordered = addr_compare(a, b) <= 0;
	struct addr pair[2] = { is_ordered ? *a : *b, is_ordered ? *b : *a };

	return (uint32_t)(hash_bytes(pair, sizeof(pair), 0) >> 32);
}

unsigned shard_of(const struct addr *a, const struct addr *b, unsigned n_shards)
{
	return (unsigned)((uint64_t)shard_place(a, b) * n_shards >> 32);
}

int shard_new(const struct shard_config *cfg, shard_emit_fn emit, void *emit_arg,
	      struct shard **ret_shard)
{
	uint64_t seed = cfg->hash_seed ? cfg->hash_seed : hash_secret();
	size_t max_flows = cfg->max_flows ? cfg->max_flows : MAX_FLOWS_DEFAULT;
	size_t max_datagrams = cfg->max_datagrams ? cfg->max_datagrams : MAX_DATAGRAMS_DEFAULT;
	struct shard *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		return err;
	s->with_dpi = cfg->with_dpi;
	s->carried = cfg->carried;
	s->files = cfg->files;
	s->files_then = cfg->files_then;
	s->emit = emit;
	s->emit_arg = emit_arg;
	err = flow_table_new(max_flows, seed, &s->table);
	if (err)
		goto out;
	err = fragments_new(max_datagrams, FRAGMENT_BYTES_MAX, &s->fragments);
	if (!err && cfg->with_duplicates)
		err = duplicates_new(seed, &s->duplicates);
	if (!err && cfg->with_duplicates)
		err = places_new(&s->places);
	if (err)
		goto out;
	*ret_shard = steal(&s);
out:
	shard_free(s);
	return err;
}

void shard_free(struct shard *s)
{
	if (!s)
		return;
	if (s->table)
		flow_settle_imports(s);
	for (int c = 0; s->table && c < FLOW_CLASSES; c++)
		for (uint32_t no = s->table->lists[c].oldest; no;
		     no = flow_table_flow(s->table, no)->newer)
			flow_release(s, no);
	flow_table_free(s->table);
	fragments_free(s->fragments);
	duplicates_free(s->duplicates);
	places_free(s->places);
	claims_free(s->claims);
	if (s->engine)
		dpi_engine_free(s->engine);
	free(s);
}

const struct shard_counters *shard_counters(struct shard *s)
{
	const struct fragments_counters *f = fragments_counters(s->fragments);

	s->counters.fragments_merged = f->merged;
	s->counters.fragments_bad = f->bad;
	s->counters.fragments_overlap = f->overlap;
	s->counters.fragments_duplicate = f->duplicate;
	s->counters.fragments_timeout = f->timeout;
	s->counters.fragments_evicted = f->evicted;
	s->counters.fragments_held = f->held;
	s->counters.fragments_carriers = f->carriers;
	s->counters.datagrams = f->datagrams;
	if (s->engine)
		s->counters.names_beyond = dpi_names_beyond(s->engine);
	if (s->duplicates)
		s->counters.duplicates_forgotten = duplicates_forgotten(s->duplicates);
	if (s->places)
		s->counters.places_forgotten = places_forgotten(s->places);
	s->counters.claims = s->claims ? claims_counters(s->claims)->read : 0;
	s->counters.claims_beyond = s->claims_lost;
	if (s->claims)
		s->counters.claims_beyond += claims_counters(s->claims)->beyond;
	return &s->counters;
}

/* --- packets ------------------------------------------------------------------------------- */

/* The shard's time for a packet stamped ts_ns. */
static void advance_clock(struct shard *s, uint64_t ts_ns)
{
	if (ts_ns < s->now_ns) {
		s->counters.late_packets++;
		return;
	}
	if (ts_ns - s->minute_ns >= SLICE_NS)
		shard_mark(s, ts_ns - ts_ns % SLICE_NS);
	s->now_ns = ts_ns;
}

/* A SYN that cannot belong to a connection that has ended: its number is not that connection's. */
static bool starts_again(const struct shard *s, uint32_t no, const struct packet *p,
			 bool sender_is_b)
{
	const struct flow *f = flow_table_flow(s->table, no);
	unsigned d = sender_is_b != f->client_is_b;
	bool has_isn = f->has_isn >> d & 1;

	if (f->class != FLOW_TCP_ENDED || !(p->tcp_flags & PACKET_SYN) ||
	    p->tcp_flags & PACKET_RST || s->now_ns == f->first_ns)
		return false;
	if (has_isn)
		return flow_table_cold(s->table, no)->isn[d] != p->seq;
	return !(p->tcp_flags & PACKET_ACK);
}

static uint32_t open_flow(struct shard *s, const struct flow_key *key, uint32_t hash)
{
	uint32_t no;
	struct flow *f;

	while (!(no = flow_table_add(s->table, key, hash)))
		flow_close(s, flow_table_oldest(s->table), FLOW_END_EVICTED, s->minute_ns);
	f = flow_table_flow(s->table, no);
	f->first_ns = s->now_ns;
	f->is_dpi_done = !s->with_dpi;
	s->unopened++;
	s->counters.flows_opened++;
	return no;
}

/* Where a packet belongs; computed once, early, so that memory can be fetched meanwhile. */
struct place {
	struct flow_key key;
	uint32_t hash;
	bool sender_is_b;
	uint64_t digest;		/* duplicates.h */
};

static struct place place_of(const struct shard *s, const struct packet *p)
{
	struct place at;

	at.digest = 0;
	at.sender_is_b = flow_key_from_packet(p, &at.key);
	at.hash = flow_table_hash(s->table, &at.key);
	return at;
}

static void count_packet(struct shard *s, const struct packet *p, const struct place *at)
{
	uint32_t no = flow_table_find(s->table, &at->key, at->hash);
	bool is_new = false;

	if (!no && s->places)
		no = places_find(s->places, s->table, &at->key);
	if (no && p->proto == IP_TCP && starts_again(s, no, p, at->sender_is_b)) {
		flow_close(s, no, flow_how_ended(flow_table_flow(s->table, no)), s->minute_ns);
		no = 0;
	}
	if (!no) {
		no = open_flow(s, &at->key, at->hash);
		is_new = true;
	}
	flow_update(s, no, p, (struct flow_sender){ .is_b = at->sender_is_b, .is_first = is_new });
}

static void take_fragment(struct shard *s, const struct packet *p)
{
	enum packet_status status;
	struct packet whole;
	struct place at;

	s->counters.fragments++;
	if (!fragments_add(s->fragments, p, &whole, &status))
		return;
	if (status != PACKET_OK) {
		s->counters.bad_reassembled += whole.fragments;
		return;
	}
	at = place_of(s, &whole);
	count_packet(s, &whole, &at);
}

/* As the tap saw it: the reader may have put a datagram together. */
static uint64_t packets_of(const struct shard_item *item)
{
	return item->packet->is_reassembled ? item->packet->fragments : 1;
}

/* Of a carrier no byte is there to compare: mirrored twice, it counts twice.  ARP says the same
 * however often it is seen. */
static bool knows_copies(const struct shard *s, const struct shard_item *item)
{
	return s->duplicates && !item->packet->is_carrier && item->status != PACKET_ARP;
}

/* Whether the packet was mirrored before; from where it was teaches the flow (places.h).  Of
 * fragments the ports are not known yet. */
static bool is_copy(struct shard *s, const struct shard_item *item, const struct place *at)
{
	struct duplicates_verdict v = duplicates_take(s->duplicates, item->packet, item->status,
						      at->digest, s->now_ns);

	s->counters.duplicates += v.is_copy ? packets_of(item) : 0;
	s->counters.duplicates_other_way += v.is_copy && v.is_other_way ? packets_of(item) : 0;
	if (v.is_copy && v.is_other_way && item->status == PACKET_OK)
		places_learn(s->places, s->table, &at->key, &v.first);
	return v.is_copy;
}

static void take_claims(struct shard *s, const struct shard_item *item)
{
	const struct packet *p = item->packet;

	if (!s->claims && claims_new(&s->claims)) {
		s->claims_lost++;
		return;
	}
	claims_take(s->claims, p, item->status, shard_place(&p->src, &p->dst), s->now_ns);
}

static void take_packet(struct shard *s, const struct shard_item *item, const struct place *at)
{
	bool is_arp = item->status == PACKET_ARP;

	s->counters.packets += is_arp ? 0 : packets_of(item);
	s->counters.arp += is_arp;
	s->counters.carriers += item->packet->is_carrier;
	advance_clock(s, item->packet->ts_ns);
	/* Before copies are left out: the same bytes from another MAC are another's claim. */
	if (claims_may_take(item->packet, item->status))
		take_claims(s, item);
	if (knows_copies(s, item) && is_copy(s, item, at))
		return;
	if (item->status == PACKET_FRAGMENT)
		take_fragment(s, item->packet);
	else if (!is_arp)
		count_packet(s, item->packet, at);
}

void shard_packet(struct shard *s, const struct packet *p, enum packet_status status)
{
	const struct shard_item item = { p, status };
	struct place at = place_of(s, p);

	flow_settle_imports(s);
	if (knows_copies(s, &item))
		at.digest = duplicates_digest(s->duplicates, p, status);
	take_packet(s, &item, &at);
}

/* With more flows than the caches hold a packet waits for memory several times, one after the
 * other: index, record.  Asking for a whole batch's before using the first overlaps these
 * waits. */
static void take_batch(struct shard *s, const struct shard_item *items, size_t n)
{
	struct place at[SHARD_BATCH];
	uint32_t likely[SHARD_BATCH];

	for (size_t i = 0; i < n; i++) {
		at[i] = place_of(s, items[i].packet);
		flow_table_prefetch_index(s->table, at[i].hash);
		if (!knows_copies(s, &items[i]))
			continue;
		at[i].digest = duplicates_digest(s->duplicates, items[i].packet, items[i].status);
		duplicates_prefetch(s->duplicates, at[i].digest);
	}
	for (size_t i = 0; i < n; i++)
		likely[i] = flow_table_prefetch_flow(s->table, at[i].hash);
	for (size_t i = 0; i < n; i++)
		if (likely[i])
			flow_table_prefetch_neighbours(s->table, likely[i]);
	for (size_t i = 0; i < n; i++)
		take_packet(s, &items[i], &at[i]);
}

void shard_packets(struct shard *s, const struct shard_item *items, size_t n)
{
	flow_settle_imports(s);
	for (size_t done = 0; done < n; done += SHARD_BATCH)
		take_batch(s, items + done, n - done < SHARD_BATCH ? n - done : SHARD_BATCH);
}

/* --- marks --------------------------------------------------------------------------------- */

static uint64_t tick(uint64_t ns)
{
	return ns >> FLOW_TICK_SHIFT;
}

/* What the newest end of a class's list did in the minute that is over; flows that have now seen
 * their second boundary; and flows that were silent all that minute and still hold DPI state.
 * The last packet of the latter two is in the minute before at the earliest: had it been older,
 * an earlier mark would have dealt with them. */
static void settle_minute(struct shard *s, enum flow_class class, uint64_t boundary_ns)
{
	uint64_t since_ns = s->minute_ns;
	uint32_t no = s->table->lists[class].newest;

	if (s->unopened || s->undecided)
		since_ns -= since_ns >= SLICE_NS ? SLICE_NS : since_ns;
	while (no) {
		struct flow *f = flow_table_flow(s->table, no);

		if (tick(f->last_ns) < tick(since_ns))
			break;
		if (!f->is_opened && boundary_ns - f->first_ns > SLICE_NS)
			flow_emit_open(s, no, s->minute_ns);
		if (!f->is_dpi_done && f->last_ns < s->minute_ns)
			s->counters.dpi_silent += flow_give_up(s, no);
		flow_emit_slice(s, no);
		no = f->older;
	}
}

/* The first boundary at or after ns; there is one: a later one has been reached. */
static uint64_t first_boundary(uint64_t ns)
{
	uint64_t beyond = ns % SLICE_NS;

	return beyond ? ns + (SLICE_NS - beyond) : ns;
}

static void expire(struct shard *s, enum flow_class class, uint64_t boundary_ns)
{
	uint64_t timeout_ns = timeouts_ns[class], limit_ns;
	uint32_t no = s->table->lists[class].oldest, newer;
	enum flow_end end;

	if (boundary_ns < timeout_ns)
		return;
	limit_ns = boundary_ns - timeout_ns;
	for (; no; no = newer) {
		struct flow *f = flow_table_flow(s->table, no);

		newer = f->newer;
		if (tick(f->last_ns) > tick(limit_ns))
			break;
		if (f->last_ns > limit_ns)
			continue;
		end = class == FLOW_TCP_ENDED ? flow_how_ended(f) : FLOW_END_IDLE;
		flow_close(s, no, end, first_boundary(f->last_ns + timeout_ns) - SLICE_NS);
	}
}

static void emit_claims(struct shard *s)
{
	if (s->claims)
		claims_emit(s->claims, s->minute_ns, s->emit, s->emit_arg);
}

static void step(struct shard *s, uint64_t boundary_ns)
{
	for (int c = 0; c < FLOW_CLASSES; c++)
		settle_minute(s, c, boundary_ns);
	for (int c = 0; c < FLOW_CLASSES; c++)
		expire(s, c, boundary_ns);
	emit_claims(s);
	s->minute_ns = boundary_ns;
}

void shard_mark(struct shard *s, uint64_t boundary_ns)
{
	boundary_ns -= boundary_ns % SLICE_NS;
	if (boundary_ns <= s->minute_ns)
		return;
	flow_settle_imports(s);
	/* After two steps of a minute every flow is opened and clean: only time-outs are left. */
	for (int i = 0; i < 2 && s->table->used && boundary_ns - s->minute_ns > SLICE_NS; i++)
		step(s, s->minute_ns + SLICE_NS);
	step(s, boundary_ns);
	s->now_ns = boundary_ns;
	fragments_expire(s->fragments, boundary_ns);
}

void shard_finish(struct shard *s)
{
	flow_settle_imports(s);
	for (int c = 0; c < FLOW_CLASSES; c++) {
		struct flow_list *list = &s->table->lists[c];

		while (list->oldest) {
			const struct flow *f = flow_table_flow(s->table, list->oldest);

			flow_close(s, list->oldest,
				   c == FLOW_TCP_ENDED ? flow_how_ended(f) : FLOW_END_INPUT,
				   s->minute_ns);
		}
	}
	emit_claims(s);
}
