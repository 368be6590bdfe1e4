/* nights.c - see nights.h. */
#include "app/nights.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/tz.h"
#include "detect/nightly.h"
#include "detect/volume.h"

#define GRACE_NS (10 * NS_PER_MIN)	/* after the window, for bytes that are still under way */
#define ROWS_AT_ONCE 400		/* of silence in a gap: more than any count looks back */
#define COVERAGE_NEEDED 0.5		/* of the window; below, the night is skipped */
#define EXTREME_BYTES 10000000000ULL	/* in evidence; counts towards L3 */

/* The channels that share their closed hours. */
struct hours {
	const struct zone *zone;	/* NULL: the site's hours */
	int64_t row;			/* the next one to judge */
	struct night night;
	uint64_t due_ns;
};

struct nights {
	struct nights_parts parts;
	const struct nightly_params *params;
	struct hours *hours;
	size_t n_hours;
	uint64_t first_ns;		/* the tap was there from then on */
	uint64_t channel_nights;
};

/* One channel on one night, while it is judged. */
struct judgement {
	struct nights *nights;
	const struct hours *hours;
	struct channel *channel;
	struct nightly_night night;
	struct nightly_burst burst;
	bool has_burst;
	bool is_partial;
	double coverage;
	uint64_t now_ns;
};

int nights_new(const struct nights_parts *parts, struct nights **ret_nights)
{
	const struct site *site = parts->context->site;
	struct nights *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->parts = *parts;
	n->params = &nightly_defaults;
	n->hours = calloc(site->n_zones + 1, sizeof(*n->hours));
	if (!n->hours) {
		free(n);
		return -ENOMEM;
	}
	n->n_hours = 1;
	for (size_t i = 0; i < site->n_zones; i++)
		if (site->zones[i].has_closed)
			n->hours[n->n_hours++].zone = &site->zones[i];
	*ret_nights = n;
	return 0;
}

void nights_free(struct nights *n)
{
	if (!n)
		return;
	free(n->hours);
	free(n);
}

static void prepare(struct nights *n, struct hours *h, int64_t row)
{
	const struct calendar *calendar = n->parts.context->calendar;
	uint64_t row_end = calendar_row_start(calendar, row) + ROW_NS;

	h->row = row;
	h->night = calendar_night(calendar, h->zone, row);
	h->due_ns = row_end;
	if (h->night.has_window && h->night.end_ns + GRACE_NS < row_end)
		h->due_ns = h->night.end_ns + GRACE_NS;
}

void nights_start(struct nights *n, uint64_t first_ns)
{
	int64_t row = calendar_row(n->parts.context->calendar, first_ns);

	n->first_ns = first_ns;
	for (size_t i = 0; i < n->n_hours; i++)
		prepare(n, &n->hours[i], row);
}

static const struct zone *hours_zone(const struct channel *ch)
{
	return ch->subject->zone && ch->subject->zone->has_closed ? ch->subject->zone : NULL;
}

/* How much of the window the tap was there for. */
static double coverage_of(const struct nights *n, const struct hours *h, uint64_t now_ns)
{
	uint64_t from = h->night.start_ns > n->first_ns ? h->night.start_ns : n->first_ns;
	uint64_t to = h->night.end_ns < now_ns ? h->night.end_ns : now_ns;

	return to > from ? (double)(to - from) / (double)(h->night.end_ns - h->night.start_ns) : 0;
}

static unsigned slot_at(uint64_t row_start, uint64_t ns)
{
	uint64_t slot = ns > row_start ? (ns - row_start + SLOT_NS - 1) / SLOT_NS : 0;

	return slot < ROW_SLOTS ? (unsigned)slot : ROW_SLOTS;
}

static struct judgement judgement_of(struct nights *n, const struct hours *h, struct channel *ch,
				     uint64_t now_ns)
{
	static const uint64_t silence[ROW_SLOTS];
	uint64_t row_start = calendar_row_start(n->parts.context->calendar, h->row);
	bool is_active = ch->row && ch->row_number == h->row;
	struct civil begin = tz_civil(h->night.start_ns);
	int utc_min = (int)((h->night.start_ns - row_start) / NS_PER_MIN);
	int civil_min = (begin.hour * 60 + begin.minute + 720) % 1440;
	struct judgement j = {
		.nights = n,
		.hours = h,
		.channel = ch,
		.now_ns = now_ns,
		.coverage = coverage_of(n, h, now_ns),
		.night =
			{
				.up = is_active ? ch->row->up : silence,
				.down = is_active ? ch->row->down : silence,
				.window_from = slot_at(row_start, h->night.start_ns),
				.window_to = slot_at(row_start, h->night.end_ns),
				.seen_to = slot_at(row_start, now_ns),
				.civil_shift_min = civil_min - utc_min,
				.is_changeover = h->night.is_changeover,
			},
	};

	if (j.night.seen_to < j.night.window_to)
		j.night.seen_to = j.night.window_to;
	j.has_burst = nightly_find_burst(&j.night, &j.burst);
	return j;
}

/* The first and the last minute with upload of the burst. */
static void place_burst(const struct judgement *j, struct night_seen *seen)
{
	uint64_t row_start = calendar_row_start(j->nights->parts.context->calendar, j->hours->row);
	const struct row *row = j->channel->row;
	unsigned last = j->burst.to - 1;

	seen->start_ns = row_start + j->burst.from * SLOT_NS +
			 row->first_min[j->burst.from] * NS_PER_MIN;
	seen->end_ns = row_start + last * SLOT_NS + (row->last_min[last] + 1) * NS_PER_MIN;
}

static struct night_seen *add_night(const struct judgement *j)
{
	struct evidence *ev = j->channel->evidence;
	struct night_seen *seen = &ev->nights[ev->nights_n++ % EVIDENCE_NIGHTS];

	*seen = (struct night_seen){ .row = j->hours->row, .coverage = fmin(j->coverage, 1),
				     .is_partial = j->is_partial };
	if (j->has_burst) {
		seen->up = j->burst.up;
		seen->down = j->burst.down;
		seen->flows = j->channel->row->flows;
		seen->z = volume_z(j->channel, j->nights->parts.context->since_row, j->hours->row,
				   j->burst.up);
		place_burst(j, seen);
	}
	return seen;
}

/* The process that says most: by level, then by evidence. */
static unsigned best_process(const struct nightly_params *params, const struct evidence *ev)
{
	unsigned best = 0;

	for (unsigned i = 1; i < EVIDENCE_PROCESSES; i++) {
		enum level a = nightly_level(params, &ev->process[i]);
		enum level b = nightly_level(params, &ev->process[best]);

		if (a > b || (a == b && ev->process[i].m_mean > ev->process[best].m_mean))
			best = i;
	}
	return best;
}

/* L2 and two of: a volume out of all proportion; 10 GB in evidence; (a new country: with
 * geography). */
static bool is_extreme(const struct evidence *ev, unsigned process)
{
	uint64_t bytes = 0;
	double z = 0;

	for (uint64_t i = 0; i < evidence_nights(ev); i++) {
		const struct night_seen *n = evidence_night(ev, i);

		if (!n->is_hit[process])
			continue;
		bytes += n->up;
		z = fmax(z, n->z);
	}
	return z >= VOLUME_Z_EXTREME && bytes >= EXTREME_BYTES;
}

static void report(const struct judgement *j, bool is_hit_tonight)
{
	static const unsigned severities[] = { 0, 3, 4, 5 };
	struct nights *n = j->nights;
	const struct evidence *ev = j->channel->evidence;
	struct finding f = {
		.rule = RULE_EXF_001, .channel = j->channel, .row = j->hours->row,
		.judged_ns = j->is_partial ? j->now_ns : j->hours->due_ns,
		.process = best_process(n->params, ev),
	};

	f.level = nightly_level(n->params, &ev->process[f.process]);
	if (f.level == LEVEL_NONE || !is_hit_tonight)
		return;
	if (f.level == LEVEL_2 && is_extreme(ev, f.process))
		f.level = LEVEL_3;
	f.severity = severities[f.level];
	if (!j->channel->is_external && f.severity > 2)
		f.severity = 2;
	subject_bets(j->channel->subject, f.row, &f.bet_nights, &f.bet_channels);
	incidents_finding(n->parts.incidents, &f);
}

/* After so many nights without a hit the pattern has stopped; burst times are kept for a return. */
static void resolve(const struct judgement *j)
{
	struct evidence *ev = j->channel->evidence;
	bool is_over = true, was_there = false;

	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++) {
		was_there |= ev->process[i].hits > 0;
		is_over &= ev->process[i].misses >= j->nights->params->resolve_after;
	}
	if (!is_over || !was_there)
		return;
	incidents_resolve(j->nights->parts.incidents, RULE_EXF_001, j->channel, j->hours->due_ns,
			  j->hours->row);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++) {
		struct process *p = &ev->process[i];

		memset(p->m, 0, sizeof(p->m));
		p->m_mean = 0;
		p->hits = 0;
	}
}

static void judge_channel(struct judgement *j)
{
	const struct nightly_params *params = j->nights->params;
	struct channel *ch = j->channel;
	bool hit[EVIDENCE_PROCESSES] = { false }, any = false, is_new = !ch->evidence;
	struct night_seen *seen;

	for (unsigned i = 0; i < EVIDENCE_PROCESSES && j->has_burst; i++)
		any |= hit[i] = nightly_qualifies(params, &j->night, &j->burst, params->floor[i]);
	if (j->has_burst)
		subject_add_volume(ch->subject, j->hours->row, j->burst.up);
	if (j->is_partial && !any)
		return;		/* an unfinished night without a burst says nothing */
	if (is_new && (!any || j->coverage < COVERAGE_NEEDED ||
		       !channel_promote(j->nights->parts.channels, ch, j->hours->row)))
		return;
	seen = add_night(j);
	if (j->coverage < COVERAGE_NEEDED) {
		seen->is_skipped = true;
		ch->evidence->skipped++;
		return;
	}
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++) {
		seen->is_hit[i] = hit[i];
		seen->e[i] = nightly_step(params, &j->night, hit[i], &j->burst,
					  &ch->evidence->process[i]);
	}
	subject_count_bet(ch->subject, j->hours->row, is_new);
	j->nights->channel_nights++;
	report(j, any);
	resolve(j);
}

static void judge_hours(struct nights *n, const struct hours *h, uint64_t now_ns, bool is_partial)
{
	size_t count;
	struct channel **list;

	if (!h->night.has_window)
		return;
	list = channels_sorted(n->parts.channels, &count);
	for (size_t i = 0; i < count; i++) {
		struct judgement j;

		if (hours_zone(list[i]) != h->zone)
			continue;
		if (!list[i]->evidence && (!list[i]->row || list[i]->row_number != h->row))
			continue;
		j = judgement_of(n, h, list[i], now_ns);
		j.is_partial = is_partial;
		judge_channel(&j);
	}
}

/* The hours whose night is due first; NULL: none by now. */
static struct hours *next_due(struct nights *n, uint64_t now_ns)
{
	struct hours *first = NULL;

	for (size_t i = 0; i < n->n_hours; i++)
		if (n->hours[i].due_ns <= now_ns && (!first || n->hours[i].due_ns < first->due_ns))
			first = &n->hours[i];
	return first;
}

void nights_judge(struct nights *n, uint64_t now_ns)
{
	int64_t row_now = calendar_row(n->parts.context->calendar, now_ns);
	struct hours *h;

	while ((h = next_due(n, now_ns))) {
		judge_hours(n, h, h->due_ns, false);
		prepare(n, h,
			row_now - h->row > ROWS_AT_ONCE ? row_now - ROWS_AT_ONCE : h->row + 1);
	}
}

void nights_finish(struct nights *n, uint64_t now_ns)
{
	for (size_t i = 0; i < n->n_hours; i++)
		if (n->hours[i].night.has_window && now_ns > n->hours[i].night.start_ns)
			judge_hours(n, &n->hours[i], now_ns, true);
}

uint64_t nights_channel_nights(const struct nights *n)
{
	return n->channel_nights;
}
