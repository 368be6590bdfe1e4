/* analysis.c - see analysis.h.  attribution.c says to which channels a slice belongs, nights.c
 * judges what they hold; here is time. */
#include "app/analysis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/attestor.h"
#include "app/attribution.h"
#include "app/crowds.h"
#include "app/dealings.h"
#include "app/destinations.h"
#include "app/flips.h"
#include "app/given_up.h"
#include "app/jobs.h"
#include "app/judge.h"
#include "app/links.h"
#include "app/nights.h"
#include "app/own_rules.h"
#include "app/rhythms.h"
#include "app/silence.h"
#include "app/slow.h"
#include "app/tunnels.h"
#include "app/visitors.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "base/tz.h"

#define ROWS_AT_ONCE (LEDGER_ROWS + 1)

struct analysis {
	struct alert_context *ctx;
	struct calendar calendar;
	struct flowlog *flowlog;
	struct outbox *outbox;
	analysis_policy_fn look;	/* NULL: the policy does not change */
	void *look_arg;
	struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	struct resolved *resolved;
	struct baseline_list *baseline;
	struct destinations destinations;
	struct tallies tallies;
	struct tunnels tunnels;
	struct slow slow;
	struct flips flips;
	struct links_watch links;
	struct dealings_watch dealings;
	struct visits *visits;
	struct visitors visitors;
	struct attest *attest;
	struct attestor attestor;
	struct nights *nights;
	struct jobs *jobs;
	struct rhythms rhythms;
	struct own_rules own_rules;
	struct given_up given_up;
	struct attribution attribution;
	struct analysis_counters counters;
	uint64_t first_ns, now_ns;
	int64_t row;			/* the running one */
	int year;
	bool is_resumed;		/* first_ns is that of an earlier run */
	analysis_step_fn step;
	void *step_arg;
	uint64_t records_told, days_told;	/* at the last step */
};

static void append_record(void *outbox, struct record *r)
{
	outbox_append(outbox, r);
}

static void judge_crossing(void *analysis, struct channel *ch, const struct slice *s, int64_t row);
static void judge_contact(void *analysis, const struct attribution_contact *c);
static void give_up(void *analysis, const struct channel *ch);
static void take_end(void *analysis, const struct attribution_end *e);

static uint64_t judge_carried(void *analysis, const struct tunnel_minute *m)
{
	struct analysis *a = analysis;

	return tunnels_take(&a->tunnels, m);
}

static void connect(struct analysis *a)
{
	a->attribution = (struct attribution){
		.site = a->ctx->site, .calendar = &a->calendar, .subjects = a->subjects,
		.channels = a->channels, .resolved = a->resolved, .jobs = a->jobs,
		.minute = judge_crossing, .contact = judge_contact, .end = take_end,
		.minute_arg = a, .carried = judge_carried,
	};
	a->destinations = (struct destinations){
		.context = a->ctx, .subjects = a->subjects, .channels = a->channels,
		.incidents = a->incidents, .baseline = a->baseline,
	};
	a->tunnels = (struct tunnels){
		.context = a->ctx, .channels = a->channels, .incidents = a->incidents,
		.carriages = a->tallies.carriages,
	};
	a->links = (struct links_watch){
		.context = a->ctx, .subjects = a->subjects, .channels = a->channels,
		.incidents = a->incidents, .links = a->tallies.links,
	};
	a->dealings = (struct dealings_watch){
		.context = a->ctx, .subjects = a->subjects, .incidents = a->incidents,
		.dealings = a->tallies.dealings, .baseline = a->baseline,
		.resolved = a->resolved, .since_ns = a->first_ns,
	};
	a->slow = (struct slow){
		.context = a->ctx, .subjects = a->subjects, .channels = a->channels,
		.incidents = a->incidents, .ledgers = a->tallies.ledgers,
	};
	a->flips = (struct flips){
		.context = a->ctx, .channels = a->channels, .incidents = a->incidents,
	};
	a->visitors = (struct visitors){
		.context = a->ctx, .attribution = &a->attribution, .visits = a->visits,
		.channels = a->channels, .incidents = a->incidents,
		.session = attestor_session, .session_arg = &a->attestor,
	};
	a->attestor.context = a->ctx;
	a->attestor.attribution = &a->attribution;
	a->attestor.attest = a->attest;
	a->rhythms = (struct rhythms){
		.judge = { .context = a->ctx, .subjects = a->subjects, .channels = a->channels,
			   .incidents = a->incidents },
		.nights = a->nights, .baseline = a->baseline,
	};
	a->own_rules = (struct own_rules){
		.context = a->ctx, .channels = a->channels, .incidents = a->incidents,
	};
	a->given_up.context = a->ctx;
	a->given_up.subjects = a->subjects;
	a->given_up.incidents = a->incidents;
	channels_on_evict(a->channels, give_up, a);
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
	a->outbox = cfg->outbox;
	err = subjects_new(a->ctx->site, &a->subjects);
	if (!err)
		err = channels_new(NULL, &a->channels);
	if (!err)
		err = resolved_new(0, &a->resolved);
	if (!err)
		err = baseline_new(&a->baseline);
	if (!err)
		err = carriages_new(&a->tallies.carriages);
	if (!err)
		err = ledgers_new(&a->tallies.ledgers);
	if (!err)
		err = links_new(&a->tallies.links);
	if (!err)
		err = dealings_new(&a->tallies.dealings);
	if (!err)
		err = visits_new(&a->visits);
	if (!err)
		err = attest_new(&a->attest);
	a->attestor.outbox = cfg->outbox;
	if (!err)
		err = incidents_new(a->ctx, append_record, cfg->outbox, &a->incidents);
	if (!err)
		err = nights_new(&(struct nights_parts){ .context = a->ctx,
				 .subjects = a->subjects, .channels = a->channels,
				 .incidents = a->incidents }, &a->nights);
	if (!err)
		err = jobs_new(&(struct jobs_parts){ .context = a->ctx, .subjects = a->subjects,
			       .channels = a->channels, .incidents = a->incidents,
			       .nights = a->nights }, &a->jobs);
	if (!err) {
		connect(a);
		*ret_analysis = steal(&a);
	}
	analysis_free(a);
	return err;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	jobs_free(a->jobs);
	nights_free(a->nights);
	incidents_free(a->incidents);
	resolved_free(a->resolved);
	baseline_free(a->baseline);
	carriages_free(a->tallies.carriages);
	ledgers_free(a->tallies.ledgers);
	links_free(a->tallies.links);
	dealings_free(a->tallies.dealings);
	links_watch_clear(&a->links);
	visits_free(a->visits);
	attest_free(a->attest);
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
	a->first_ns = a->now_ns = a->dealings.since_ns = first_ns;
	a->row = a->ctx->since_row = calendar_row(&a->calendar, first_ns);
	nights_start(a->nights, first_ns);
	attestor_start(&a->attestor, first_ns);
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
	a->first_ns = a->dealings.since_ns = point->first_ns;
	a->now_ns = point->now_ns;
	a->row = point->row;
	calendar_init(&a->calendar, a->ctx->site, point->year);
	a->ctx->since_row = calendar_row(&a->calendar, point->first_ns);
	nights_resume(a->nights, point->first_ns, point->now_ns);
	attestor_resume(&a->attestor, point->now_ns);
	analysis_settle(a);
}

void analysis_review(struct analysis *a)
{
	incidents_review(a->incidents, a->channels, a->now_ns, a->row);
}

void analysis_settle(struct analysis *a)
{
	destinations_settle(&a->destinations, a->row, a->now_ns);
	dealings_settle(&a->dealings, a->row, a->now_ns);
}

void analysis_parts(struct analysis *a, struct analysis_parts *ret_parts)
{
	*ret_parts = (struct analysis_parts){ .subjects = a->subjects, .channels = a->channels,
					      .incidents = a->incidents, .resolved = a->resolved,
					      .baseline = a->baseline,
					      .tallies = a->tallies, .visits = a->visits,
					      .attest = a->attest };
}

void analysis_on_step(struct analysis *a, analysis_step_fn step, void *arg)
{
	a->step = step;
	a->step_arg = arg;
}

void analysis_on_policy(struct analysis *a, analysis_policy_fn look, void *arg)
{
	a->look = look;
	a->look_arg = arg;
}

/* What is counted since the start, who is told and who asks is of the run and not of the tables;
 * and some point to the struct that they are in. */
static void take_place(struct analysis *a, struct analysis *fresh)
{
	struct analysis old = *a;

	incidents_carry(fresh->incidents, a->incidents);
	channels_carry(fresh->channels, a->channels);
	nights_carry(fresh->nights, a->nights);
	links_carry(fresh->tallies.links, a->tallies.links);
	dealings_carry(fresh->tallies.dealings, a->tallies.dealings);
	*a = *fresh;
	*fresh = old;
	a->flowlog = old.flowlog;
	a->look = old.look;
	a->look_arg = old.look_arg;
	a->counters = old.counters;
	a->records_told = old.records_told;
	a->days_told = old.days_told;
	connect(a);
	a->ctx->calendar = &a->calendar;
	a->links.left_out = old.links.left_out;
	a->dealings.no_memory = old.dealings.no_memory;
	memcpy(a->dealings.unjudged, old.dealings.unjudged, sizeof(a->dealings.unjudged));
	a->visitors.no_memory = old.visitors.no_memory;
	a->attestor.no_memory = old.attestor.no_memory;
	a->attestor.records = old.attestor.records;
	a->attestor.has_failed = old.attestor.has_failed;
	a->attribution.no_memory = old.attribution.no_memory;
	a->attribution.outside_both = old.attribution.outside_both;
	memcpy(a->attribution.outside_example, old.attribution.outside_example,
	       sizeof(a->attribution.outside_example));
}

int analysis_renew(struct analysis *a, const struct site *site, analysis_fill_fn fill, void *arg)
{
	struct alert_context old = *a->ctx;
	struct analysis *fresh = NULL;
	int err;

	a->ctx->site = site;
	a->ctx->orders = site->orders;
	err = analysis_new(&(struct analysis_config){ .context = a->ctx, .outbox = a->outbox },
			   &fresh);
	if (!err)
		err = fill(arg, fresh);
	if (!err)
		incidents_part(a->incidents, fresh->incidents, a->channels, a->now_ns, a->row);
	if (!err)
		take_place(a, fresh);
	else
		*a->ctx = old;
	analysis_free(fresh);
	return err;
}

static void tell_step(struct analysis *a)
{
	uint64_t records = incidents_counters(a->incidents)->records;

	if (a->step)
		a->step(a->step_arg, records != a->records_told ||
			a->attestor.records != a->days_told);
	a->records_told = records;
	a->days_told = a->attestor.records;
}

static void raise_crossing(struct analysis *a, struct channel *ch, uint64_t judged_ns, int64_t row)
{
	struct contact *k = ch->contact;
	struct finding f = {
		.rule = RULE_DST_002, .channel = ch, .leaf = ch, .judged_ns = judged_ns, .row = row,
		.level = LEVEL_NONE, .severity = 5,
	};

	ch->is_changed = true;
	k->crossing_row = (int32_t)row;
	k->crossing_answered = k->is_answered;
	k->crossing_large = ch->up >= INCIDENT_LARGE_BYTES;
	k->crossing_bytes = ch->up + ch->down;
	incidents_finding(a->incidents, &f);
}

/* NW-DST-002: at the first sight in a row, when an answer is first seen, and when the upload is
 * more than a few packets; end_row() and the end tell what came after. */
static void judge_crossing(void *analysis, struct channel *ch, const struct slice *s, int64_t row)
{
	struct analysis *a = analysis;
	const struct contact *k = ch->contact;

	if (!ch->key.is_external || k->expected || !ch->subject->zone ||
	    !ch->subject->zone->is_closed)
		return;
	if (k->crossing_row == row && (k->crossing_answered || !k->is_answered) &&
	    (k->crossing_large || ch->up < INCIDENT_LARGE_BYTES))
		return;
	raise_crossing(a, ch, s->minute_ns + SLICE_NS, row);
}

static void judge_contact(void *analysis, const struct attribution_contact *c)
{
	struct analysis *a = analysis;
	struct encounter e = { .channel = c->channel, .slice = c->slice, .domain = c->domain,
			       .up = c->up, .down = c->down, .row = c->row };

	e.is_expected = c->is_expected ||
			attribution_is_expected_ever(&a->attribution, c->channel, c->slice);
	destinations_take(&a->destinations, &e);
}

static void take(struct analysis *a, const struct slice *s)
{
	const struct flow_sums *sums = &s->sums;

	if (s->kind == SLICE_SLICE && s->id.key.proto == IP_TCP)
		coverage_count_bytes(a->ctx->coverage, s->minute_ns,
				     sums->payload[0] + sums->payload[1],
				     sums->lost[0] + sums->lost[1]);
	attestor_count(&a->attestor, s);
	attribution_take(&a->attribution, s);
}

static void take_end(void *analysis, const struct attribution_end *e)
{
	struct analysis *a = analysis;

	visitors_take(&a->visitors, e);
	own_rules_take(&a->own_rules, e);
	links_take_end(&a->links, e);
	dealings_take(&a->dealings, e);
	attestor_take(&a->attestor, e);
}

void analysis_event(struct analysis *a, const struct slice *s)
{
	bool is_known = s->minute_ns + SLICE_NS <= a->now_ns && a->is_resumed;

	if (s->kind == SLICE_CLAIM && !is_known)
		links_take_claim(&a->links, s);
	if (s->kind == SLICE_CLAIM)
		return;
	if (s->kind == SLICE_CLOSE) {
		a->counters.flows++;
		if (a->flowlog)
			flowlog_write(a->flowlog, s);
	}
	if (is_known)
		attribution_note_answers(&a->attribution, s);	/* the rest is known */
	else
		take(a, s);
}

/* Tells what came after the last record of a closed zone's incident in its row. */
static void tell_rest(struct analysis *a, struct channel *ch, uint64_t now_ns)
{
	const struct contact *k = ch->contact;

	if (k && k->crossing_row != CHANNEL_NO_ROW && ch->up + ch->down > k->crossing_bytes)
		raise_crossing(a, ch, now_ns, k->crossing_row);
}

static void give_up(void *analysis, const struct channel *ch)
{
	struct analysis *a = analysis;

	given_up_note(&a->given_up, ch, a->now_ns, a->row);
}

/* A row is over: what is left to tell of it, incidents of closed zones that fell silent, memory. */
static void end_row(struct analysis *a, int64_t row)
{
	uint64_t end_ns = calendar_row_start(&a->calendar, row + 1);
	bool was_seen = nights_seen(a->nights, end_ns - ROW_NS, end_ns) >= JUDGE_BLIND;
	int64_t silent = a->ctx->site->rules->params.closed_resolve_after;
	struct channel **list;
	size_t n;

	slow_end_row(&a->slow, row, end_ns);
	flips_end_row(&a->flips, row, end_ns);
	crowds_end_row(&a->ctx->site->rules->params.rhythm, a->subjects, row, was_seen);
	rhythms_end_row(&a->rhythms, row, end_ns);
	list = channels_sorted(a->channels, &n);
	for (size_t i = 0; i < n; i++) {
		struct channel *ch = list[i];
		struct contact *k = ch->contact;

		judge_draw(ch, row);
		channel_drop_row(a->channels, ch, row + 1);
		if (!k)
			continue;
		if (k->crossing_row == row)
			tell_rest(a, ch, end_ns);
		if (k->crossing_row == CHANNEL_NO_ROW || k->crossing_row > row - silent)
			continue;
		incidents_resolve(a->incidents, RULE_DST_002, ch, end_ns, row);
		k->crossing_row = CHANNEL_NO_ROW;
		ch->is_changed = true;
	}
	destinations_end_row(&a->destinations, row, end_ns);
	tunnels_end_row(&a->tunnels, row, end_ns);
	visitors_end_row(&a->visitors, row, end_ns);
	links_end_row(&a->links, end_ns);
	dealings_end_row(&a->dealings, row, end_ns);
	channels_expire(a->channels, row, a->ctx->site->retention_nights);
	silence_end_row(a->ctx, a->incidents, row, end_ns);
	jobs_end_row(a->jobs, row, end_ns);
	incidents_review(a->incidents, a->channels, end_ns, row);
	incidents_expire(a->incidents, row + 1 -
			 (int64_t)(a->ctx->site->retention_incidents_ns / NS_PER_DAY));
}

/* Rows end one by one, so that a gap gives what idle marks would have given; in a very long one
 * nothing can happen any more when the longest memory of rows, NW-EXF-011's, has run out. */
static void end_rows(struct analysis *a, uint64_t now_ns)
{
	int64_t row = calendar_row(&a->calendar, now_ns);

	for (int turn = 0; a->row < row && turn <= ROWS_AT_ONCE; turn++) {
		visitors_time(&a->visitors, calendar_row_start(&a->calendar, a->row + 1));
		links_time(&a->links, calendar_row_start(&a->calendar, a->row + 1));
		end_row(a, a->row++);
	}
	a->row = row;
}

static void refresh_counters(struct analysis *a)
{
	a->counters.nights_judged = nights_judged(a->nights);
	a->counters.channel_nights = nights_channel_nights(a->nights);
	a->counters.no_memory = a->attribution.no_memory + a->visitors.no_memory +
				a->dealings.no_memory;
	a->counters.outside_both = a->attribution.outside_both;
	memcpy(a->counters.outside_example, a->attribution.outside_example,
	       sizeof(a->counters.outside_example));
	a->counters.links = *links_counters(a->tallies.links);
	a->counters.links_beyond = a->links.left_out;
	a->counters.dealings = *dealings_counters(a->tallies.dealings);
	memcpy(a->counters.unnamed, a->dealings.unjudged, sizeof(a->counters.unnamed));
	a->counters.subjects = subjects_count(a->subjects);
	a->counters.subjects_overflowed = subjects_overflowed(a->subjects);
}

void analysis_time(struct analysis *a, uint64_t now_ns)
{
	if (now_ns <= a->now_ns)
		return;
	a->now_ns = now_ns;
	nights_judge(a->nights, now_ns);
	jobs_judge(a->jobs, now_ns);
	end_rows(a, now_ns);
	visitors_time(&a->visitors, now_ns);
	links_time(&a->links, now_ns);
	given_up_tell(&a->given_up, a->now_ns);
	attestor_time(&a->attestor, now_ns);
	refresh_counters(a);
	tell_step(a);
	if (a->look)
		a->look(a->look_arg, a->now_ns);
	attribution_forget(&a->attribution);	/* orders may be others now */
}

void analysis_finish(struct analysis *a, uint64_t now_ns)
{
	struct channel **list;
	size_t n;

	analysis_time(a, now_ns);
	nights_finish(a->nights, a->now_ns);
	given_up_tell(&a->given_up, a->now_ns);
	list = channels_sorted(a->channels, &n);
	for (size_t i = 0; i < n; i++)
		if (list[i]->contact && list[i]->contact->crossing_row == a->row)
			tell_rest(a, list[i], a->now_ns);
	destinations_finish(&a->destinations, a->row, a->now_ns);
	tunnels_finish(&a->tunnels, a->row, a->now_ns);
	visitors_finish(&a->visitors, a->row, a->now_ns);
	dealings_finish(&a->dealings, a->row, a->now_ns);
	attestor_finish(&a->attestor, a->now_ns);
	refresh_counters(a);
}

void analysis_preview(struct analysis *a)
{
	if (!a->first_ns)
		return;
	nights_finish(a->nights, a->now_ns);
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

uint64_t analysis_sequence(const struct analysis *a)
{
	return incidents_sequence(a->incidents);
}

uint64_t analysis_first_ns(const struct analysis *a)
{
	return a->first_ns;
}

uint64_t analysis_now_ns(const struct analysis *a)
{
	return a->now_ns;
}
