/* events.c - what a shard says about its flows (slice.h), and how a flow ends.
 *
 * An event is filled on the stack and moved out by the emit function, with a copy of the name.
 */
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "flow/answers.h"
#include "flow/internal.h"
#include "flow/tunnel_pack.h"

static void copy_pair(uint64_t to[2], const uint64_t from[2])
{
	to[0] = from[0];
	to[1] = from[1];
}

/* Adds the minute's sums to the totals and empties them. */
static void move_pair(uint64_t total[2], uint64_t minute[2])
{
	total[0] += minute[0];
	total[1] += minute[1];
	minute[0] = minute[1] = 0;
}

/* Sides are those of the key in the records, client and server in an event. */
static void put_facts(struct slice *e, const struct flow *f, const struct flow_cold *cold)
{
	const struct flow_facts *facts = cold->facts;
	unsigned client = f->client_is_b;

	memcpy(e->ttl[0], cold->ttl[client], sizeof(e->ttl[0]));
	memcpy(e->ttl[1], cold->ttl[!client], sizeof(e->ttl[1]));
	e->light = facts ? facts->light : 0;
	for (unsigned d = 0; facts && d < 2; d++) {
		unsigned side = d ^ client;

		e->acts[d] = facts->minute_acts[side];
		if (e->kind != SLICE_SLICE)
			e->acts[d] |= facts->acts[side];
	}
	if (e->kind == SLICE_CLOSE)
		e->facts = facts_copy(facts, client);
}

static struct slice make_slice(const struct shard *s, uint32_t no, enum slice_kind kind,
			       uint64_t minute_ns)
{
	const struct flow *f = flow_table_flow(s->table, no);
	const struct flow_cold *cold = flow_table_cold(s->table, no);
	const char *name;
	struct slice e = {
		.kind = kind,
		.client_is_b = f->client_is_b,
		.client_how = f->client_how,
		.tcp_flags = { f->tcp_flags[0] | f->minute_tcp_flags[0],
			       f->tcp_flags[1] | f->minute_tcp_flags[1] },
		.is_answered = f->heard == 3,
		.minute_ns = minute_ns,
		.first_ns = f->first_ns,
		.last_ns = f->last_ns,
		.id = { .first_ns = f->first_ns, .key = f->key },
	};

	memcpy(e.mac, cold->mac, sizeof(e.mac));
	e.macs_by = cold->macs_by;
	e.master = cold->master;
	e.app = cold->app;
	e.verdict = f->verdict;
	put_facts(&e, f, cold);
	name = cold->name || !cold->dpi ? cold->name : dpi_flow_name(cold->dpi);
	if (name)
		e.name = strdup(name);
	return e;
}

static void emit(struct shard *s, uint32_t no, struct slice *e)
{
	flow_table_flow(s->table, no)->is_fixed = 1;
	s->emit(s->emit_arg, e);
}

void flow_emit_open(struct shard *s, uint32_t no, uint64_t minute_ns)
{
	struct flow *f = flow_table_flow(s->table, no);
	struct slice e = make_slice(s, no, SLICE_OPEN, minute_ns);

	f->is_opened = 1;
	s->unopened--;
	emit(s, no, &e);
}

static void tell_lost(struct flow_extra *extra, struct flow_sums *ret_sums)
{
	for (int d = 0; d < 2; d++) {
		ret_sums->lost[d] = extra->lost[d] - extra->told_lost[d];
		extra->told_lost[d] = extra->lost[d];
	}
}

/* Nothing comes any more: what is missing is lost. */
static void give_up_holes(struct flow_extra *extra)
{
	for (int d = 0; extra && d < 2; d++) {
		extra->lost[d] += tcp_missing(&extra->holes[d]);
		extra->holes[d].n = 0;
	}
}

static void end_minute_acts(struct flow_facts *facts)
{
	for (int side = 0; facts && side < 2; side++) {
		facts->acts[side] |= facts->minute_acts[side];
		facts->minute_acts[side] = 0;
	}
}

void flow_emit_slice(struct shard *s, uint32_t no)
{
	struct flow *f = flow_table_flow(s->table, no);
	struct flow_extra *extra;
	struct slice e;

	if (!(f->packets[0] | f->packets[1]))
		return;
	extra = flow_table_extra(s->table, no);
	e = make_slice(s, no, SLICE_SLICE, s->minute_ns);
	e.first_ns = f->minute_first_ns;
	memcpy(e.tcp_flags, f->minute_tcp_flags, sizeof(e.tcp_flags));
	copy_pair(e.sums.bytes, f->bytes);
	copy_pair(e.sums.payload, f->payload);
	copy_pair(e.sums.packets, f->packets);
	move_pair(f->total_bytes, f->bytes);
	move_pair(f->total_payload, f->payload);
	move_pair(f->total_packets, f->packets);
	if (extra) {
		copy_pair(e.sums.retrans, extra->retrans);
		move_pair(extra->total_retrans, extra->retrans);
		tell_lost(extra, &e.sums);
	}
	if (extra) {
		e.answers = steal(&extra->answers);
		s->carried_held -= carried_held(extra->carried, NULL);
		e.carried = steal(&extra->carried);
	}
	for (int d = 0; d < 2; d++) {
		f->tcp_flags[d] |= f->minute_tcp_flags[d];
		f->minute_tcp_flags[d] = 0;
	}
	end_minute_acts(flow_table_cold(s->table, no)->facts);
	emit(s, no, &e);
}

static void emit_close(struct shard *s, uint32_t no, enum flow_end end, uint64_t minute_ns)
{
	const struct flow *f = flow_table_flow(s->table, no);
	const struct flow_extra *extra = flow_table_extra(s->table, no);
	struct slice e = make_slice(s, no, SLICE_CLOSE, minute_ns);

	e.end = end;
	copy_pair(e.sums.bytes, f->total_bytes);
	copy_pair(e.sums.payload, f->total_payload);
	copy_pair(e.sums.packets, f->total_packets);
	for (int d = 0; extra && d < 2; d++) {
		e.sums.retrans[d] = extra->total_retrans[d];
		e.sums.lost[d] = extra->lost[d];
		s->counters.tcp_lost_bytes += e.sums.lost[d];
	}
	e.tunnel = tunnel_copy(extra ? extra->tunnel : NULL);
	emit(s, no, &e);
}

static void count_end(struct shard_counters *c, enum flow_end end)
{
	switch (end) {
	case FLOW_END_FIN:
		c->flows_fin++;
		break;
	case FLOW_END_RST:
		c->flows_rst++;
		break;
	case FLOW_END_IDLE:
		c->flows_idle++;
		break;
	case FLOW_END_EVICTED:
		c->flows_evicted++;
		break;
	case FLOW_END_INPUT:
	case FLOW_ENDS:
		c->flows_input++;
		break;
	}
}

/* How a TCP connection looked over its whole life. */
static void count_life(struct shard_counters *c, const struct flow *f)
{
	uint8_t client = f->tcp_flags[0], server = f->tcp_flags[1];

	if (f->key.proto != IP_TCP)
		return;
	if (!((client | server) & PACKET_SYN))
		c->flows_midstream++;
	if (f->heard == 1 && client == PACKET_SYN)
		c->flows_half_open++;
	else if (f->heard != 3)
		c->flows_one_sided++;
	if (client & PACKET_SYN && server & PACKET_RST && !(server & PACKET_SYN))
		c->flows_refused++;
}

static void free_dpi(struct shard *s, struct flow_cold *cold)
{
	if (!cold->dpi)
		return;
	dpi_flow_free(s->engine, cold->dpi);
	cold->dpi = NULL;
	s->undecided--;
}

static void keep_facts(struct shard *s, struct flow *f, struct flow_cold *cold,
		       const struct dpi_verdict *verdict)
{
	bool is_missed = s->facts_held >= FACTS_HELD_MAX;

	if (!is_missed)
		cold->facts = facts_of_verdict(verdict, &is_missed);
	s->facts_held += cold->facts != NULL;
	s->counters.facts_beyond += is_missed;
	if (cold->facts)
		f->light = facts_followed(cold->facts) & 31;
}

void flow_keep_verdict(struct shard *s, uint32_t no, const struct dpi_verdict *verdict)
{
	struct flow *f = flow_table_flow(s->table, no);
	struct flow_cold *cold = flow_table_cold(s->table, no);

	f->is_dpi_done = 1;
	/* A guess is less than what is known of a carrier. */
	if (verdict && (verdict->source > DPI_PORT || !cold->master)) {
		f->verdict = verdict->source;
		cold->master = verdict->master;
		cold->app = verdict->app;
		f->is_dns = dpi_is_dns(verdict->master, verdict->app);
	}
	if (verdict) {
		if (verdict->name[0])
			cold->name = strndup(verdict->name, sizeof(verdict->name) - 1);
		keep_facts(s, f, cold, verdict);
	}
	free_dpi(s, cold);
}

bool flow_give_up(struct shard *s, uint32_t no)
{
	struct flow_cold *cold = flow_table_cold(s->table, no);
	struct dpi_verdict verdict;

	if (!cold->dpi)
		return false;
	dpi_flow_giveup(s->engine, cold->dpi, &verdict);
	flow_keep_verdict(s, no, &verdict);
	return true;
}

void flow_close(struct shard *s, uint32_t no, enum flow_end end, uint64_t minute_ns)
{
	flow_give_up(s, no);
	if (!flow_table_flow(s->table, no)->is_opened)
		flow_emit_open(s, no, minute_ns);
	give_up_holes(flow_table_extra(s->table, no));
	flow_emit_slice(s, no);
	emit_close(s, no, end, minute_ns);
	count_end(&s->counters, end);
	count_life(&s->counters, flow_table_flow(s->table, no));
	flow_release(s, no);
	flow_table_remove(s->table, no);
}

void flow_release(struct shard *s, uint32_t no)
{
	struct flow_cold *cold = flow_table_cold(s->table, no);
	struct flow_extra *extra = flow_table_extra(s->table, no);

	free_dpi(s, cold);
	free(cold->name);
	cold->name = NULL;
	s->facts_held -= cold->facts != NULL;
	free(cold->facts);
	cold->facts = NULL;
	if (!extra)
		return;
	answers_free(&extra->answers);
	s->carried_held -= carried_held(extra->carried, extra->waiting);
	carried_free(&extra->carried);
	free(extra->waiting);
	extra->waiting = NULL;
	free(extra->tunnel);
	extra->tunnel = NULL;
}
