/* nights.c - see nights.h. */
#include "app/nights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "app/judge_period.h"
#include "app/speak.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#define GRACE_NS (10 * NS_PER_MIN)	/* after the window, for bytes that are still under way */
#define ROWS_AT_ONCE 400		/* of silence in a gap: more than any count looks back */

/* The channels that share their closed hours. */
struct hours {
	const struct zone *zone;	/* NULL: the site's hours */
	int64_t row;			/* the next one to judge */
	struct night night;
	uint64_t due_ns;
};

struct nights {
	struct nights_parts parts;
	struct judge judge;
	struct hours *hours;
	size_t n_hours;
	uint64_t first_ns;		/* the tap was there from then on */
	uint64_t nights_judged;
};

int nights_new(const struct nights_parts *parts, struct nights **ret_nights)
{
	const struct site *site = parts->context->site;
	struct nights *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->parts = *parts;
	n->judge = (struct judge){ .context = parts->context, .subjects = parts->subjects,
				   .channels = parts->channels,
				   .incidents = parts->incidents };
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

void nights_resume(struct nights *n, uint64_t first_ns, uint64_t now_ns)
{
	int64_t row = calendar_row(n->parts.context->calendar, now_ns);

	n->first_ns = first_ns;
	for (size_t i = 0; i < n->n_hours; i++)
		for (prepare(n, &n->hours[i], row - 1); n->hours[i].due_ns <= now_ns;)
			prepare(n, &n->hours[i], n->hours[i].row + 1);
}

static const struct zone *hours_zone(const struct channel *ch)
{
	return ch->subject->zone && ch->subject->zone->has_closed ? ch->subject->zone : NULL;
}

/* What the tap saw of the window: from its first packet to now, less what it was blind for. */
static void watch_window(const struct nights *n, const struct hours *h, struct night_watch *w)
{
	uint64_t from = h->night.start_ns > n->first_ns ? h->night.start_ns : n->first_ns;
	uint64_t to = h->night.end_ns < w->judged_ns ? h->night.end_ns : w->judged_ns;
	struct coverage_look look;

	if (to <= from)
		return;
	coverage_look(n->parts.context->coverage, from, to, &look);
	w->coverage = (double)(to - from - look.blind_ns) /
		      (double)(h->night.end_ns - h->night.start_ns);
	w->loss = look.loss > look.byte_loss ? look.loss : look.byte_loss;
	w->is_one_sided = look.one_sided_ns > 0;
}

static struct night_watch watch_of(const struct nights *n, const struct hours *h, uint64_t now_ns,
				   bool is_partial)
{
	struct night_watch w = {
		.row = h->row, .night = h->night, .judged_ns = now_ns,
		.seen_from_ns = n->first_ns, .seen_to_ns = now_ns, .is_partial = is_partial,
	};

	watch_window(n, h, &w);
	return w;
}

static bool is_concerned(const struct hours *h, const struct channel *ch)
{
	if (hours_zone(ch) != h->zone)
		return false;
	return ch->evidence || (ch->row && ch->row_number == h->row);
}

/* The channels of these hours in canonical order: a copy, because evidence may be given up while it
 * is gone through.  Gives; NULL: none, or no memory (logged). */
static struct channel **concerned(struct nights *n, const struct hours *h, size_t *ret_n)
{
	size_t all, count = 0;
	struct channel **sorted = channels_sorted(n->parts.channels, &all);
	struct channel **list = malloc((all + 1) * sizeof(struct channel *));

	for (size_t i = 0; list && i < all; i++)
		if (is_concerned(h, sorted[i]))
			list[count++] = sorted[i];
	if (!list)
		log_err("profile", "out of memory: a night is not judged");
	*ret_n = count;
	return list;
}

/* Room for what tonight's upload may make: evidence of so many channels at most, and what follows
 * periods of those that have some. */
static void make_room(const struct nights *n, const struct hours *h)
{
	const struct nightly_params *params = &n->parts.context->site->rules->params.nightly;
	uint64_t lowest = params->floor[EVIDENCE_PROCESSES - 1];
	size_t all, promoted = 0, bytes = 0;
	struct channel **list = channels_all(n->parts.channels, &all);

	for (size_t i = 0; i < all; i++) {
		if (!is_concerned(h, list[i]) || row_up(list[i]->row) < lowest)
			continue;
		promoted += !list[i]->evidence;
		bytes += judge_period_bytes(params, list[i], h->row);
	}
	channels_reserve(n->parts.channels, promoted, bytes);
}

static void judge_hours(struct nights *n, const struct hours *h, uint64_t now_ns, bool is_partial)
{
	struct night_watch watch = watch_of(n, h, now_ns, is_partial);
	struct channel **list;
	struct voice *voices;
	size_t count, spoke = 0;

	if (!h->night.has_window)
		return;
	n->nights_judged++;
	make_room(n, h);
	list = concerned(n, h, &count);
	voices = list ? malloc((count + 1) * JUDGE_VOICES * sizeof(*voices)) : NULL;
	for (size_t i = 0; voices && i < count; i++)
		spoke += judge_channel(&n->judge, &watch, list[i], &voices[spoke]);
	if (voices)
		speak(&n->judge, &watch, voices, spoke);
	free(voices);
	free(list);
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

void nights_carry(struct nights *n, const struct nights *from)
{
	n->nights_judged += from->nights_judged;
	n->judge.channel_nights += from->judge.channel_nights;
}

uint64_t nights_channel_nights(const struct nights *n)
{
	return n->judge.channel_nights;
}

uint64_t nights_first_ns(const struct nights *n)
{
	return n->first_ns;
}

double nights_seen(const struct nights *n, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t from = from_ns > n->first_ns ? from_ns : n->first_ns;
	struct coverage_look look;

	if (to_ns <= from)
		return 0;
	coverage_look(n->parts.context->coverage, from, to_ns, &look);
	return (double)(to_ns - from - look.blind_ns) / (double)(to_ns - from_ns);
}

uint64_t nights_judged(const struct nights *n)
{
	return n->nights_judged;
}
