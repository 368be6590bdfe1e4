/* schedule.c - see schedule.h. */
#include "synth/schedule.h"

#include <errno.h>
#include <stdlib.h>
#include "base/err.h"

#define DAY_S 86400u

struct plan {
	const struct schedule_spec *spec;
	const struct schedule_span *span;
	struct random *random;
	struct run *runs;
	size_t n, cap;
	int err;
};

static bool listed(const uint16_t *days, size_t n, unsigned day)
{
	for (size_t i = 0; i < n; i++)
		if (days[i] == day)
			return true;
	return false;
}

static struct civil day_start(const struct schedule_span *span, unsigned day)
{
	struct civil c = span->start;

	c.day += (int)day - 1;
	c.hour = c.minute = c.second = 0;
	return civil_from_seconds(civil_to_seconds(&c));
}

static bool is_day(const struct schedule_spec *s, const struct schedule_span *span, unsigned day)
{
	struct civil c = day_start(span, day);

	if (day < s->first_day || day > s->last_day)
		return false;
	if (!(s->weekdays >> civil_weekday(&c) & 1))
		return false;
	if ((day - 1) % s->every_days != s->phase_days)
		return false;
	if (s->n_days && !listed(s->days, s->n_days, day))
		return false;
	return !listed(s->not_days, s->n_not_days, day);
}

static void add(struct plan *p, uint64_t ns, unsigned day)
{
	if (p->err || ns < p->span->start_ns || ns >= p->span->end_ns)
		return;
	if (p->n >= SCHEDULE_RUNS_MAX) {
		p->err = ERR_LIMIT;
		return;
	}
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 64;
		struct run *runs = reallocarray(p->runs, cap, sizeof(*runs));

		if (!runs) {
			p->err = -ENOMEM;
			return;
		}
		p->runs = runs;
		p->cap = cap;
	}
	p->runs[p->n++] = (struct run){ .ns = ns, .day = day };
}

/* Civil second of a day (may be beyond 24 h) -> instant in the zone in use. */
static uint64_t instant(const struct plan *p, unsigned day, uint32_t second)
{
	struct civil c = day_start(p->span, day);
	uint64_t ns = 0;

	c.second = (int)second;
	c = civil_from_seconds(civil_to_seconds(&c));
	tz_instant(&c, &ns);
	return ns;
}

static uint64_t shifted(uint64_t ns, int64_t by)
{
	return by < 0 && (uint64_t)-by > ns ? 0 : ns + (uint64_t)by;
}

static void plan_at_day(struct plan *p, unsigned day)
{
	const struct schedule_spec *s = p->spec;
	/* Drawn for every day, planned or not, so that a skipped one does not shift the next. */
	bool is_skipped = random_chance(p->random, s->skip_q32);
	size_t n = s->kind == SCHEDULE_WINDOW ? 1 : s->n_at;

	for (size_t i = 0; i < n; i++) {
		uint32_t second = s->at_s[i];
		int64_t by = random_normal(p->random,
					   s->jitter_ns) + s->drift_ns * ((int64_t)day - 1);

		if (s->kind == SCHEDULE_WINDOW) {
			uint32_t to = s->at_s[1] > second ? s->at_s[1] : s->at_s[1] + DAY_S;
			by += (int64_t)random_below(p->random, (to - second) * NS_PER_SEC);
		}
		if (!is_skipped && is_day(s, p->span, day))
			add(p, shifted(instant(p, day, second), by), day);
	}
}

static bool in_hours(const struct schedule_spec *s, uint32_t second)
{
	if (!s->has_hours)
		return true;
	if (s->hours_from_s < s->hours_to_s)
		return second >= s->hours_from_s && second < s->hours_to_s;
	return second >= s->hours_from_s || second < s->hours_to_s;
}

/* Day number and second of the day of an instant, in the zone in use. */
static unsigned day_of(const struct plan *p, uint64_t ns, uint32_t *ret_second)
{
	struct civil c = tz_civil(ns);

	*ret_second = (uint32_t)(c.hour * 3600 + c.minute * 60 + c.second);
	int64_t days = civil_to_seconds(&c) - *ret_second - civil_to_seconds(&p->span->start);
	return days < 0 ? 0 : (unsigned)(days / DAY_S) + 1;
}

static void plan_every(struct plan *p)
{
	const struct schedule_spec *s = p->spec;
	uint64_t ns = p->span->start_ns + s->offset_ns;

	/* Without an offset each activity has its own phase, or a thousand would start together. */
	if (!s->offset_ns)
		ns += random_below(p->random, s->every_ns);
	for (; ns < p->span->end_ns && !p->err; ns += s->every_ns) {
		uint32_t second;
		unsigned day = day_of(p, ns, &second);
		int64_t by = random_normal(p->random, s->jitter_ns);
		bool is_skipped = random_chance(p->random, s->skip_q32);

		if (!is_skipped && day >= 1 && is_day(s, p->span, day) && in_hours(s, second))
			add(p, shifted(ns, by), day);
	}
}

/* The greatest of the peaks' triangles over 1. */
static uint64_t busyness_q32(const struct schedule_spec *s, uint32_t second)
{
	uint64_t best = Q32_ONE;

	for (size_t i = 0; i < s->n_peaks; i++) {
		const struct peak *k = &s->peaks[i];
		uint32_t away = second > k->at_s ? second - k->at_s : k->at_s - second;

		away = away > DAY_S / 2 ? DAY_S - away : away;
		if (away >= k->width_s || k->factor_q32 <= Q32_ONE)
			continue;
		uint64_t f = Q32_ONE + (k->factor_q32 - Q32_ONE) / k->width_s * (k->width_s - away);
		best = f > best ? f : best;
	}
	return best;
}

/* Thinning: arrivals at the busiest rate, each kept with the ratio of its moment's rate to it. */
static void plan_rate(struct plan *p)
{
	const struct schedule_spec *s = p->spec;
	uint64_t top = Q32_ONE, ns = p->span->start_ns;

	for (size_t i = 0; i < s->n_peaks; i++)
		top = s->peaks[i].factor_q32 > top ? s->peaks[i].factor_q32 : top;
	unsigned __int128 hour = (unsigned __int128)NS_PER_HOUR << 32;
	uint64_t mean = (uint64_t)(hour / s->per_hour_q32);
	mean = (uint64_t)(((unsigned __int128)mean << 32) / top);
	while (!p->err) {
		uint32_t second;

		ns += random_exponential(p->random, mean) + 1;
		if (ns >= p->span->end_ns)
			break;
		uint64_t keep = random_below(p->random, top);
		unsigned day = day_of(p, ns, &second);
		if (keep < busyness_q32(s, second) && day >= 1 && is_day(s, p->span, day) &&
		    in_hours(s, second))
			add(p, ns, day);
	}
}

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->day < y->day ? -1 : x->day > y->day;
}

int schedule_plan(const struct schedule_spec *spec, const struct schedule_span *span,
		  struct random *random, struct run **ret_runs, size_t *ret_n)
{
	struct plan p = { .spec = spec, .span = span, .random = random };
	int err = tz_use(spec->zone);

	if (err)
		return err;
	if (spec->kind == SCHEDULE_ONCE) {
		add(&p, span->start_ns + spec->offset_ns, 1);
	} else if (spec->kind == SCHEDULE_EVERY) {
		plan_every(&p);
	} else if (spec->kind == SCHEDULE_RATE) {
		plan_rate(&p);
	} else {
		/* A day of another zone may begin before the site's first or end after its last. */
		for (unsigned day = 0; day <= span->days + 1; day++)
			plan_at_day(&p, day);
	}
	if (p.err) {
		free(p.runs);
		return p.err;
	}
	if (p.n)
		qsort(p.runs, p.n, sizeof(*p.runs), compare_runs);
	*ret_runs = p.runs;
	*ret_n = p.n;
	return 0;
}
