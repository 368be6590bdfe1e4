/* explain_facts.c - the numbers of a channel's nights, see struct nightly_facts in explain.h. */
#include "alert/explain_internal.h"

#include <math.h>
#include "base/tz.h"
#include "detect/circular.h"
#include "detect/period.h"
#include "detect/rhythm.h"

#define NIGHTS_COUNTED 4.5	/* a promotion's start-up, see DETECTION "The promise" */

int explain_minutes(uint64_t ns)
{
	struct civil c = tz_civil(ns);

	return ((c.hour + 12) % 24) * 60 + c.minute;
}

/* Chance that n times drawn uniformly from the window lie within a share r of it. */
static double chance_of_spread(double r, double n)
{
	return n < 2 ? 1 : n * pow(r, n - 1) - (n - 1) * pow(r, n);
}

/* What the present pattern is made of, whichever detector says so. */
struct pattern {
	const char *detector;
	const struct evidence *evidence;
	const double *m;		/* EVIDENCE_BETS of them */
	double m_mean;
	int64_t since_row;		/* its first qualifying night */
	uint32_t hits, nights;		/* nights: judged since then; 0 not known */
	uint64_t up, down;
	unsigned process, processes, days;
};

static struct pattern nightly_pattern(const struct finding *f)
{
	const struct process *p = &f->channel->evidence->process[finding_process(f)];

	return (struct pattern){ .detector = "nightly", .evidence = f->channel->evidence,
				 .m = p->m, .m_mean = p->m_mean, .since_row = p->since_row,
				 .hits = p->hits, .nights = p->nights, .up = p->up,
				 .down = p->down, .process = finding_process(f),
				 .processes = EVIDENCE_PROCESSES, .days = 1 };
}

/* The night that put the first one in play belongs to it. */
static struct pattern period_pattern(const struct finding *f)
{
	static const struct period none;
	static const struct evidence no_nights;
	const struct evidence *ev = f->channel->evidence ? f->channel->evidence : &no_nights;
	unsigned at = f->process < PERIODS ? f->process : 0;
	const struct period_process *p = &(ev->period ? ev->period : &none)->process[at];
	struct pattern pattern = { .detector = "period", .evidence = ev, .m = p->m,
				   .m_mean = p->m_mean, .since_row = p->since_row,
				   .hits = p->hits ? p->hits + 1 : 0, .up = p->up,
				   .down = p->down, .processes = PERIODS,
				   .days = period_days[at] };

	for (uint64_t i = 0; p->hits && i < evidence_nights(ev); i++) {
		const struct night_seen *night = evidence_night(ev, i);

		if (night->row == p->since_row) {
			pattern.up += night->up;
			pattern.down += night->down;
		}
	}
	return pattern;
}

static struct pattern rhythm_pattern(const struct finding *f)
{
	static const struct rhythm none;
	static const struct evidence no_nights;
	const struct rhythm *r = f->rhythm ? f->rhythm : &none;

	return (struct pattern){ .detector = "rhythm", .evidence = &no_nights, .m = r->m,
				 .m_mean = r->m_mean, .since_row = r->since_row, .hits = r->hits,
				 .nights = r->hits ? (uint32_t)(r->last_row - r->since_row + 1) : 0,
				 .up = r->up, .down = r->down, .days = 1 };
}

double explain_arc(const struct circular_summary *s)
{
	return fmin(1, s->arc + (double)SLOT_NS / NS_PER_DAY);
}

/* Where on the clock the starts of a rhythm lie: those that it remembers. */
static void place_rhythm(const struct finding *f, struct nightly_facts *ret)
{
	struct circular_summary s;
	int minutes[EVIDENCE_BURSTS];
	unsigned n = f->rhythm ? f->rhythm->bursts_n : 0;

	for (unsigned i = 0; i < n; i++)
		minutes[i] = ret->is_utc ? f->rhythm->bursts[i].utc_min :
					   f->rhythm->bursts[i].civil_min;
	ret->arc_p = 1;
	if (!circular_summarise(minutes, n, &s))
		return;
	for (unsigned i = 0; i < n; i++)
		minutes[i] = f->rhythm->bursts[i].civil_min;
	ret->arc_p = circular_arc_chance(n, explain_arc(&s));
	ret->spread_min = (int)lround(explain_arc(&s) * CIRCULAR_DAY_MIN);
	circular_summarise(minutes, n, &s);
	ret->phase_min = s.mean_min < 0 ? 0 : ((int)lround(s.mean_min) + 720) % 1440;
}

static struct pattern pattern_of(const struct finding *f)
{
	if (f->rule == RULE_EXF_005)
		return rhythm_pattern(f);
	return f->rule == RULE_EXF_002 ? period_pattern(f) : nightly_pattern(f);
}

uint32_t explain_hits(const struct finding *f)
{
	return pattern_of(f).hits;
}

void explain_count_bets(struct finding *f)
{
	const struct subject *s = f->channel->subject;

	subject_bets(s, f->row, &f->bet_nights, &f->bet_channels);
	if (f->rule == RULE_EXF_002)
		f->bet_nights = subject_in_play(s, f->row);
}

/* Which clock has gathered more evidence: the means over its three bandwidths. */
static bool fits_utc_better(const struct pattern *p)
{
	double utc = 0, civil = 0;

	for (unsigned i = 0; i < EVIDENCE_BETS / 2; i++) {
		utc += p->m[i];
		civil += p->m[i + EVIDENCE_BETS / 2];
	}
	return utc > civil * (1 + 1e-9);
}

static bool was_hit(const struct pattern *p, int64_t row)
{
	for (uint64_t i = 0; i < evidence_nights(p->evidence); i++)
		if (evidence_night(p->evidence, i)->row == row)
			return night_is_hit(evidence_night(p->evidence, i), p->process);
	return false;
}

/* Of a pattern of every n days: a night after one that qualified n days before, or before one. */
static bool belongs(const struct pattern *p, const struct night_seen *night)
{
	if (!p->hits || night->row < p->since_row)
		return false;
	return p->days == 1 || was_hit(p, night->row - p->days) ||
	       (night_is_hit(night, p->process) && was_hit(p, night->row + p->days));
}

bool explain_belongs(const struct finding *f, const struct night_seen *night)
{
	struct pattern p = pattern_of(f);

	return belongs(&p, night);
}

/* The nights of the present pattern: from its first qualifying one on. */
static void gather_nights(const struct calendar *calendar, const struct pattern *p,
			  struct nightly_facts *ret)
{
	double sx = 0, sy = 0;

	ret->first_min = 1440;
	ret->last_min = -1;
	for (uint64_t i = 0; i < evidence_nights(p->evidence); i++) {
		const struct night_seen *night = evidence_night(p->evidence, i);
		int start;

		if (!belongs(p, night))
			continue;
		ret->seen += !night->is_skipped;
		ret->skipped += night->is_skipped;
		ret->degraded += night->is_degraded;
		if (night->is_degraded)
			ret->worst_loss = fmax(ret->worst_loss,
					       (double)night->loss / EVIDENCE_SHARE);
		if (!night_is_hit(night, p->process))
			continue;
		start = explain_minutes(night_start_ns(calendar, night));
		if (start < ret->first_min)
			ret->first_min = start;
		if (start > ret->last_min)
			ret->last_min = start;
		sx += cos(start * 2 * M_PI / 1440);
		sy += sin(start * 2 * M_PI / 1440);
	}
	ret->hit = p->hits;
	ret->up = p->up;
	ret->down = p->down;
	if (ret->seen < p->nights)	/* older than the nights that are kept */
		ret->seen = p->nights;
	if (ret->seen < p->hits)
		ret->seen = p->hits;
	ret->missed = ret->seen - ret->hit;
	if (ret->last_min >= 0)
		ret->phase_min =
			((int)lround(atan2(sy, sx) * 1440 / (2 * M_PI)) + 720 + 1440) % 1440;
	else
		ret->first_min = ret->last_min = 0;
}

/* The M of the level reached; a pattern of days has no L3. */
static double threshold_of(const struct alert_context *ctx, const struct pattern *p)
{
	const struct rule_params *all = &ctx->site->rules->params;
	const struct nightly_params *params = p->days == 1 ? &all->nightly : &all->period;

	if (p->m_mean >= params->level3 && p->days == 1)
		return params->level3;
	return p->m_mean >= params->level2 ? params->level2 : params->level1;
}

void explain_nightly_facts(const struct alert_context *ctx, const struct finding *f,
			   struct nightly_facts *ret_facts)
{
	struct pattern p = pattern_of(f);
	struct night tonight = calendar_night(ctx->calendar, f->channel->subject->zone, f->row);
	double window_min = tonight.has_window ?
		(double)(tonight.end_ns - tonight.start_ns) / NS_PER_MIN : 1440;

	*ret_facts = (struct nightly_facts){ .detector = p.detector, .days = p.days,
					     .processes = p.processes, .m = p.m_mean,
					     .is_utc = fits_utc_better(&p),
					     .threshold = threshold_of(ctx, &p) };
	gather_nights(ctx->calendar, &p, ret_facts);
	ret_facts->arc_p = -1;
	if (f->rule == RULE_EXF_005) {
		place_rhythm(f, ret_facts);
		ret_facts->spread_p = 1;
		ret_facts->threshold = ctx->site->rules->params.rhythm.locked;
		return;
	}
	ret_facts->spread_min = ret_facts->last_min - ret_facts->first_min;
	ret_facts->spread_p = chance_of_spread(fmin(fmax(ret_facts->spread_min, 1) / window_min, 1),
					       ret_facts->hit);
	ret_facts->bound = p.processes *
			   ((double)f->bet_nights + NIGHTS_COUNTED * (double)f->bet_channels) /
			   ret_facts->threshold;
}
