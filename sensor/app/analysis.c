/* analysis.c - see analysis.h.  What goes where: here slices are attributed to channels; nights.c
 * judges. */
#include "app/analysis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/nights.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "base/tz.h"

#define RUN_GAP_NS (30 * NS_PER_MIN)	/* a longer pause ends a run of upload */
#define SILENT_ROWS 14			/* NW-DST-002 resolves after so many rows without traffic */

struct analysis {
	struct alert_context *ctx;
	struct calendar calendar;
	struct flowlog *flowlog;
	struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	struct nights *nights;
	struct analysis_counters counters;
	uint64_t first_ns, now_ns;
	int64_t row;			/* the running one */
	int year;
	bool is_resumed;		/* first_ns is that of an earlier run */
	analysis_step_fn step;
	void *step_arg;
	uint64_t records_told;		/* at the last step */
};

static void append_record(void *outbox, struct record *r)
{
	outbox_append(outbox, r);
}

int analysis_new(const struct analysis_config *cfg, struct analysis **ret_analysis)
{
	struct analysis *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	a->ctx = cfg->context;
	a->ctx->calendar = &a->calendar;
	a->flowlog = cfg->flowlog;
	err = subjects_new(a->ctx->site, &a->subjects);
	if (!err)
		err = channels_new(0, &a->channels);
	if (!err)
		err = incidents_new(a->ctx, append_record, cfg->outbox, &a->incidents);
	if (!err)
		err = nights_new(&(struct nights_parts){ .context = a->ctx, .channels = a->channels,
				 .incidents = a->incidents }, &a->nights);
	if (!err)
		*ret_analysis = steal(&a);
	analysis_free(a);
	return err;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	nights_free(a->nights);
	incidents_free(a->incidents);
	channels_free(a->channels);
	subjects_free(a->subjects);
	free(a);
}

void analysis_start(struct analysis *a, uint64_t first_ns)
{
	struct civil c = tz_civil(first_ns);

	if (a->is_resumed)
		return;
	a->year = c.year;
	calendar_init(&a->calendar, a->ctx->site, c.year);
	a->first_ns = a->now_ns = first_ns;
	a->row = a->ctx->since_row = calendar_row(&a->calendar, first_ns);
	nights_start(a->nights, first_ns);
}

struct analysis_point analysis_point(const struct analysis *a)
{
	return (struct analysis_point){ .year = a->year, .first_ns = a->first_ns,
					.now_ns = a->now_ns, .row = a->row };
}

void analysis_resume(struct analysis *a, const struct analysis_point *point)
{
	a->is_resumed = true;
	a->year = point->year;
	a->first_ns = point->first_ns;
	a->now_ns = point->now_ns;
	a->row = point->row;
	calendar_init(&a->calendar, a->ctx->site, point->year);
	a->ctx->since_row = calendar_row(&a->calendar, point->first_ns);
	nights_resume(a->nights, point->first_ns, point->now_ns);
}

void analysis_parts(struct analysis *a, struct analysis_parts *ret_parts)
{
	*ret_parts = (struct analysis_parts){ .subjects = a->subjects, .channels = a->channels,
					      .incidents = a->incidents };
}

void analysis_on_step(struct analysis *a, analysis_step_fn step, void *arg)
{
	a->step = step;
	a->step_arg = arg;
}

static void tell_step(struct analysis *a)
{
	uint64_t records = incidents_counters(a->incidents)->records;

	if (a->step)
		a->step(a->step_arg, records != a->records_told);
	a->records_told = records;
}

/* "tcp/443", "icmp", "ip/47".  Not the DPI verdict: the peer can provoke another one every night,
 * or the first minute of a connection can lack it, and the evidence would be split. */
static void service_text(const struct slice *s, char buf[static SERVICE_TEXT_MAX])
{
	uint8_t proto = s->id.key.proto;
	unsigned port = slice_server_port(s);

	memset(buf, 0, SERVICE_TEXT_MAX);	/* the key is compared as bytes */
	if (proto == IP_TCP || proto == IP_UDP || proto == IP_SCTP)
		snprintf(buf, SERVICE_TEXT_MAX, "%s/%u",
			 proto == IP_TCP ? "tcp" : proto == IP_UDP ? "udp" : "sctp", port);
	else if (proto == IP_ICMP || proto == IP_ICMPV6)
		snprintf(buf, SERVICE_TEXT_MAX, proto == IP_ICMP ? "icmp" : "ipv6-icmp");
	else
		snprintf(buf, SERVICE_TEXT_MAX, "ip/%u", proto);
}

/* One side's view of a slice. */
struct view {
	const struct slice *slice;
	const struct addr *me, *peer;
	bool am_client;
	uint64_t up, down;
};

static struct view view_of(const struct slice *s, bool as_client)
{
	return (struct view){
		.slice = s, .am_client = as_client,
		.me = as_client ? slice_client(s) : slice_server(s),
		.peer = as_client ? slice_server(s) : slice_client(s),
		.up = s->sums.payload[!as_client], .down = s->sums.payload[as_client],
	};
}

/* The entry that covers this view, or the same conversation seen from an internal peer. */
static const struct expected *find_expected(struct analysis *a, const struct channel *ch,
					    const struct view *v)
{
	struct expected_query q = {
		.from = v->me, .to = v->peer, .proto = v->slice->id.key.proto,
		.server_port = slice_server_port(v->slice),
		.service = dpi_protocol_name(dpi_carrier(v->slice->master, v->slice->app)),
		.name = v->slice->name ? v->slice->name : "", .at_ns = v->slice->minute_ns,
		.run_ns = ch->run_start_ns,
	};
	const struct expected *e = site_expected(a->ctx->site, &q);

	if (e || ch->is_external)
		return e;
	q.from = v->peer;
	q.to = v->me;
	return site_expected(a->ctx->site, &q);
}

static void update_facts(struct channel *ch, const struct view *v)
{
	static const uint8_t none[6];
	const struct slice *s = v->slice;
	const uint8_t *mac = s->mac[!v->am_client];

	if (!ch->first_ns || s->first_ns < ch->first_ns)
		ch->first_ns = s->first_ns ? s->first_ns : s->minute_ns;
	if (s->last_ns > ch->last_ns)
		ch->last_ns = s->last_ns;
	ch->is_changed = true;
	ch->own = *v->me;
	ch->was_opened_outside = !v->am_client;
	ch->is_answered |= s->is_answered;
	ch->proto = s->id.key.proto;
	ch->port = v->am_client && s->id.key.proto != IP_ICMP && s->id.key.proto != IP_ICMPV6 ?
		slice_server_port(s) : 0;
	if (s->master || s->app) {
		ch->master = s->master;
		ch->app = s->app;
		ch->verdict = s->verdict;
	}
	if (memcmp(mac, none, 6) && memcmp(mac, ch->subject->mac, 6)) {
		memcpy(ch->subject->mac, mac, 6);
		ch->subject->is_changed = true;
	}
	if (s->kind != SLICE_SLICE)
		channel_set_name(ch, s->name);
	if (s->kind == SLICE_OPEN) {
		community_id(&s->id.key, s->client_is_b,
			     ch->community[ch->communities++ % CHANNEL_COMMUNITY_IDS]);
		ch->flows++;
	}
}

/* Puts the minute's bytes into the running row; traffic that an entry covers is kept apart. */
static void add_to_row(struct analysis *a, struct channel *ch, const struct view *v,
		       int64_t row_number)
{
	uint64_t minute = v->slice->minute_ns, offset;
	struct row *row = channel_row(ch, row_number);
	unsigned slot, minute_in_slot;

	if (!row) {
		a->counters.no_memory++;
		return;
	}
	offset = minute - calendar_row_start(&a->calendar, row_number);
	slot = (unsigned)(offset / SLOT_NS);
	minute_in_slot = (unsigned)(offset % SLOT_NS / NS_PER_MIN);
	ch->row_up += v->up;
	if (ch->expected) {
		return;
	}
	if (v->up && !row->up[slot])
		row->first_min[slot] = (uint8_t)minute_in_slot;
	if (v->up)
		row->last_min[slot] = (uint8_t)minute_in_slot;
	row->up[slot] += v->up;
	row->down[slot] += v->down;
}

static void count_flow(struct analysis *a, struct channel *ch, int64_t row_number)
{
	struct row *row = channel_row(ch, row_number);

	if (row)
		row->flows++;
	else
		a->counters.no_memory++;
}

static void raise_crossing(struct analysis *a, struct channel *ch, uint64_t judged_ns, int64_t row)
{
	struct finding f = {
		.rule = RULE_DST_002, .channel = ch, .judged_ns = judged_ns, .row = row,
		.level = LEVEL_NONE, .severity = 5,
	};

	ch->is_changed = true;
	ch->crossing_row = row;
	ch->crossing_answered = ch->is_answered;
	ch->crossing_large = ch->up >= INCIDENT_LARGE_BYTES;
	ch->crossing_bytes = ch->up + ch->down;
	incidents_finding(a->incidents, &f);
}

/* NW-DST-002: at the first sight in a row, when an answer is first seen, and when the upload is
 * more than a few packets; begin_row() and the end tell what came after. */
static void judge_crossing(struct analysis *a, struct channel *ch, const struct slice *s,
			   int64_t row)
{
	if (!ch->is_external || ch->expected || !ch->subject->zone || !ch->subject->zone->is_closed)
		return;
	if (ch->crossing_row == row && (ch->crossing_answered || !ch->is_answered) &&
	    (ch->crossing_large || ch->up < INCIDENT_LARGE_BYTES))
		return;
	raise_crossing(a, ch, s->minute_ns + SLICE_NS, row);
}

static void take_view(struct analysis *a, const struct view *v, struct subject *subject,
		      enum crossing crossing)
{
	struct channel_key key = { 0 };
	const struct slice *s = v->slice;
	int64_t row = calendar_row(&a->calendar, s->minute_ns);
	struct channel *ch;

	key.subject = subject->number;
	key.peer = *v->peer;
	service_text(s, key.service);
	ch = channels_get(a->channels, subject, &key);
	if (!ch) {
		a->counters.no_memory++;
		return;
	}
	ch->is_external = crossing == CROSSING_EXTERNAL;
	update_facts(ch, v);
	if (s->kind == SLICE_OPEN)
		count_flow(a, ch, row);
	if (s->kind != SLICE_SLICE)
		return;
	if (v->up && (!ch->run_end_ns || s->minute_ns > ch->run_end_ns + RUN_GAP_NS))
		ch->run_start_ns = s->first_ns;
	if (v->up)
		ch->run_end_ns = s->minute_ns + SLICE_NS;
	if (!ch->run_start_ns)
		ch->run_start_ns = s->first_ns;
	ch->up += v->up;
	ch->down += v->down;
	ch->expected = find_expected(a, ch, v);
	if (ch->expected && !subject_use_expected(subject, ch->expected, row, v->up))
		ch->expected = NULL;	/* what exceeds the entry's maximum is judged */
	add_to_row(a, ch, v, row);
	judge_crossing(a, ch, s, row);
}

/* What traffic between the subject and the peer is.  The site knows it of its own addresses; a
 * subject known by MAC or VLAN has an address that says nothing. */
static enum crossing crossing_of(const struct site *site, const struct subject *subject,
				 const struct view *v)
{
	const struct zone *zone;

	if (site_zone(site, v->me) || (site_is_internal(site, v->me) && !subject->zone))
		return site_crossing(site, v->me, v->peer);
	if (addr_is_link_scope(v->me) || addr_is_link_scope(v->peer) || addr_is_multicast(v->peer))
		return CROSSING_NONE;
	zone = site_zone(site, v->peer);
	if (zone && zone == subject->zone)
		return CROSSING_NONE;
	return zone || site_is_internal(site, v->peer) ? CROSSING_INTERNAL : CROSSING_EXTERNAL;
}

static struct sighting sighting_of(const struct view *v)
{
	return (struct sighting){ .addr = v->me, .mac = v->slice->mac[!v->am_client],
				  .vlan = v->slice->id.key.vlan };
}

/* A flow between two strangers: counted, with an example for the operator. */
static void count_outside(struct analysis *a, const struct slice *s)
{
	char client[ADDR_TEXT_MAX], server[ADDR_TEXT_MAX];

	if (s->kind != SLICE_CLOSE)
		return;
	if (!a->counters.outside_both++)
		snprintf(a->counters.outside_example, sizeof(a->counters.outside_example),
			 "%s to %s", addr_format(slice_client(s), client),
			 addr_format(slice_server(s), server));
}

void analysis_event(struct analysis *a, const struct slice *s)
{
	const struct site *site = a->ctx->site;
	struct view views[2] = { view_of(s, true), view_of(s, false) };
	struct subject *subjects[2];

	if (s->kind == SLICE_CLOSE) {
		a->counters.flows++;
		if (a->flowlog)
			flowlog_write(a->flowlog, s);
	}
	if (s->minute_ns + SLICE_NS <= a->now_ns && a->is_resumed)
		return;		/* an earlier run has taken it in */
	for (int i = 0; i < 2; i++) {
		struct sighting seen = sighting_of(&views[i]);

		subjects[i] = subjects_get(a->subjects, &seen);
	}
	if (!subjects[0] && !subjects[1]) {
		struct sighting seen = sighting_of(&views[0]);

		subjects[0] = subjects_get_stranger(a->subjects, &seen);
		if (!subjects[0])
			count_outside(a, s);
	}
	for (int i = 0; i < 2; i++) {
		enum crossing crossing;

		if (!subjects[i])
			continue;
		crossing = crossing_of(site, subjects[i], &views[i]);
		if (crossing != CROSSING_NONE)
			take_view(a, &views[i], subjects[i], crossing);
	}
}

/* Tells what came after the last record of a closed zone's incident in its row. */
static void tell_rest(struct analysis *a, struct channel *ch, uint64_t now_ns)
{
	if (ch->crossing_row != INT64_MIN && ch->up + ch->down > ch->crossing_bytes)
		raise_crossing(a, ch, now_ns, ch->crossing_row);
}

/* A row is over: what is left to tell of it, incidents of closed zones that fell silent, memory. */
static void end_row(struct analysis *a, int64_t row)
{
	uint64_t end_ns = calendar_row_start(&a->calendar, row + 1);
	struct channel **list;
	size_t n;

	list = channels_sorted(a->channels, &n);
	for (size_t i = 0; i < n; i++) {
		struct channel *ch = list[i];

		channel_drop_row(ch, row + 1);
		if (ch->crossing_row == row)
			tell_rest(a, ch, end_ns);
		if (ch->crossing_row == INT64_MIN || ch->crossing_row > row - SILENT_ROWS)
			continue;
		incidents_resolve(a->incidents, RULE_DST_002, ch, end_ns, row);
		ch->crossing_row = INT64_MIN;
		ch->is_changed = true;
	}
}

/* Rows end one by one, so that a gap gives what idle marks would have given; in a very long one
 * nothing can happen any more after SILENT_ROWS. */
static void end_rows(struct analysis *a, uint64_t now_ns)
{
	int64_t row = calendar_row(&a->calendar, now_ns);

	for (int turn = 0; a->row < row && turn <= SILENT_ROWS + 1; turn++)
		end_row(a, a->row++);
	a->row = row;
}

static void refresh_counters(struct analysis *a)
{
	a->counters.nights_judged = nights_judged(a->nights);
	a->counters.channel_nights = nights_channel_nights(a->nights);
	a->counters.subjects = subjects_count(a->subjects);
	a->counters.subjects_overflowed = subjects_overflowed(a->subjects);
}

void analysis_time(struct analysis *a, uint64_t now_ns)
{
	if (now_ns <= a->now_ns)
		return;
	a->now_ns = now_ns;
	nights_judge(a->nights, now_ns);
	end_rows(a, now_ns);
	refresh_counters(a);
	tell_step(a);
}

void analysis_finish(struct analysis *a, uint64_t now_ns)
{
	struct channel **list;
	size_t n;

	analysis_time(a, now_ns);
	nights_finish(a->nights, a->now_ns);
	list = channels_sorted(a->channels, &n);
	for (size_t i = 0; i < n; i++)
		if (list[i]->crossing_row == a->row)
			tell_rest(a, list[i], a->now_ns);
	refresh_counters(a);
}

const struct analysis_counters *analysis_counters(const struct analysis *a)
{
	return &a->counters;
}

const struct channels_counters *analysis_channels(const struct analysis *a)
{
	return channels_counters(a->channels);
}

const struct incidents *analysis_incidents(const struct analysis *a)
{
	return a->incidents;
}

uint64_t analysis_first_ns(const struct analysis *a)
{
	return a->first_ns;
}

uint64_t analysis_now_ns(const struct analysis *a)
{
	return a->now_ns;
}
