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
	int64_t silent_row;		/* the last row for which silence was looked at */
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

	calendar_init(&a->calendar, a->ctx->site, c.year);
	a->first_ns = a->now_ns = first_ns;
	a->silent_row = a->ctx->since_row = calendar_row(&a->calendar, first_ns);
	nights_start(a->nights, first_ns);
}

/* "TLS" where the carrier is known, else "tcp/443", "icmp", "ip/47". */
static void service_text(const struct slice *s, char buf[static SERVICE_TEXT_MAX])
{
	const char *name = dpi_protocol_name(dpi_carrier(s->master, s->app));
	char text[DPI_PROTOCOL_MAX + 16];
	unsigned port = slice_server_port(s);

	if (*name)
		text_copy(text, sizeof(text), name);
	else if (s->id.key.proto == IP_TCP || s->id.key.proto == IP_UDP ||
		 s->id.key.proto == IP_SCTP)
		snprintf(text, sizeof(text), "%s/%u", s->id.key.proto == IP_TCP ? "tcp" :
			 s->id.key.proto == IP_UDP ? "udp" : "sctp", port);
	else
		snprintf(text, sizeof(text), "ip/%u", s->id.key.proto);
	memset(buf, 0, SERVICE_TEXT_MAX);	/* the key is compared as bytes */
	text_copy(buf, SERVICE_TEXT_MAX, text);
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
		.service = dpi_protocol_name(dpi_carrier(ch->master, ch->app)),
		.name = ch->name ? ch->name : "", .at_ns = ch->run_start_ns,
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
	ch->was_opened_outside = !v->am_client;
	ch->is_answered |= s->is_answered;
	ch->proto = s->id.key.proto;
	ch->port = v->am_client && s->id.key.proto != IP_ICMP && s->id.key.proto != IP_ICMPV6 ?
		slice_server_port(s) : 0;
	if (s->master || s->app) {
		ch->master = s->master;
		ch->app = s->app;
	}
	if (memcmp(mac, none, 6))
		memcpy(ch->subject->mac, mac, 6);
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
	if (ch->expected && ch->expected->max_bytes_per_night &&
	    row->expected_up + v->up > ch->expected->max_bytes_per_night)
		ch->expected = NULL;	/* what exceeds the entry is judged */
	if (ch->expected) {
		row->expected_up += v->up;
		a->counters.expected_slices++;
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

/* NW-DST-002: once a row for each channel, and again when an answer is first seen. */
static void judge_crossing(struct analysis *a, struct channel *ch, const struct slice *s,
			   int64_t row)
{
	struct finding f = {
		.rule = RULE_DST_002,
		.channel = ch,
		.judged_ns = s->minute_ns + SLICE_NS,
		.row = row,
		.level = LEVEL_NONE,
		.severity = 5,
	};

	if (!ch->is_external || ch->expected || !ch->subject->zone || !ch->subject->zone->is_closed)
		return;
	if (ch->crossing_row == row && (ch->crossing_answered || !ch->is_answered))
		return;
	ch->crossing_row = row;
	ch->crossing_answered = ch->is_answered;
	incidents_finding(a->incidents, &f);
}

static void take_view(struct analysis *a, const struct view *v, enum crossing crossing)
{
	struct subject *subject = subjects_get(a->subjects, v->me);
	struct channel_key key = { 0 };
	const struct slice *s = v->slice;
	int64_t row = calendar_row(&a->calendar, s->minute_ns);
	struct channel *ch;

	if (!subject)
		return;
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
	add_to_row(a, ch, v, row);
	judge_crossing(a, ch, s, row);
}

void analysis_event(struct analysis *a, const struct slice *s)
{
	const struct site *site = a->ctx->site;
	bool client_in = site_is_internal(site, slice_client(s));
	bool server_in = site_is_internal(site, slice_server(s));

	a->counters.slices += s->kind == SLICE_SLICE;
	if (s->kind == SLICE_CLOSE) {
		a->counters.flows++;
		a->counters.outside_both += !client_in && !server_in;
		if (a->flowlog)
			flowlog_write(a->flowlog, s);
	}
	for (int as_client = 1; as_client >= 0; as_client--) {
		struct view v = view_of(s, as_client);
		enum crossing crossing;

		if (as_client ? !client_in : !server_in)
			continue;
		crossing = site_crossing(site, v.me, v.peer);
		if (crossing != CROSSING_NONE)
			take_view(a, &v, crossing);
	}
}

/* At each new row: incidents of closed zones that fell silent, and rows that are over. */
static void begin_row(struct analysis *a, uint64_t now_ns)
{
	int64_t row = calendar_row(&a->calendar, now_ns);
	struct channel **list;
	size_t n;

	if (row <= a->silent_row)
		return;
	a->silent_row = row;
	list = channels_sorted(a->channels, &n);
	for (size_t i = 0; i < n; i++) {
		channel_drop_row(list[i], row);
		if (list[i]->crossing_row == INT64_MIN ||
		    list[i]->crossing_row >= row - SILENT_ROWS)
			continue;
		incidents_resolve(a->incidents, RULE_DST_002, list[i],
				  calendar_row_start(&a->calendar, row), row);
		list[i]->crossing_row = INT64_MIN;
	}
}

void analysis_time(struct analysis *a, uint64_t now_ns)
{
	if (now_ns <= a->now_ns)
		return;
	a->now_ns = now_ns;
	nights_judge(a->nights, now_ns);
	begin_row(a, now_ns);
}

void analysis_finish(struct analysis *a, uint64_t now_ns)
{
	analysis_time(a, now_ns);
	nights_finish(a->nights, a->now_ns);
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

size_t analysis_subjects(const struct analysis *a)
{
	return subjects_count(a->subjects);
}

uint64_t analysis_first_ns(const struct analysis *a)
{
	return a->first_ns;
}

uint64_t analysis_now_ns(const struct analysis *a)
{
	return a->now_ns;
}
