/* period.c - see period.h. */
#include "detect/period.h"

#include <math.h>
#include <string.h>

const unsigned period_days[PERIODS] = { 2, 3, 7 };

#define HISTORY 32		/* bits of recent */
static_assert(7 * PERIOD_CYCLES < HISTORY, "three cycles of the longest period are remembered");

/* Was the night that many days before the next one a hit? */
static bool was_hit(uint32_t recent, unsigned days_ago)
{
	return recent >> (days_ago - 1) & 1;
}

/* e_p * e_l of each of the six bets: what one night makes of an M of 0. */
static void night_bets(const struct nightly_params *p, const struct nightly_night *night,
		       bool is_hit, const struct nightly_burst *burst, struct period *state,
		       double e[static EVIDENCE_BETS])
{
	struct process fresh = { .bursts_n = state->bursts_n };

	memcpy(fresh.bursts, state->bursts, sizeof(fresh.bursts));
	nightly_step(p, night, is_hit, burst, &fresh);
	memcpy(e, fresh.m, sizeof(fresh.m));
	state->bursts_n = fresh.bursts_n;
	memcpy(state->bursts, fresh.bursts, sizeof(fresh.bursts));
}

/* Returns the night's factor. */
static double step_in_play(const struct nightly_params *p, const double *e,
			   struct period_process *process)
{
	double sum = 0, before = process->m_mean;

	for (unsigned bet = 0; bet < EVIDENCE_BETS; bet++) {
		process->m[bet] = fmin((process->m[bet] + 1) * e[bet], p->m_max);
		sum += process->m[bet];
	}
	process->m_mean = sum / EVIDENCE_BETS;
	process->in_play++;
	return process->m_mean / (before + 1);
}

static unsigned place_of(int64_t row)
{
	return (unsigned)((uint64_t)row % EVIDENCE_NIGHTS);
}

double period_night_e(const struct period *state, unsigned i, int64_t row)
{
	return evidence_e_told(state->process[i].e_log[place_of(row)]);
}

static void step_process(const struct nightly_params *p, const struct nightly_night *night,
			 const struct nightly_burst *hit, const double *e, struct period *state,
			 unsigned i)
{
	struct period_process *process = &state->process[i];
	unsigned days = period_days[i];
	bool is_in_play = was_hit(state->recent, days), is_in_phase = is_in_play;

	for (unsigned cycle = 2; cycle <= PERIOD_CYCLES; cycle++)
		is_in_phase |= was_hit(state->recent, cycle * days);
	process->e_log[place_of(night->row)] =
		evidence_e_kept(is_in_play ? step_in_play(p, e, process) : 1);
	if (hit && is_in_phase)
		process->misses = 0;
	else
		process->misses++;
	if (!hit || !is_in_play)
		return;
	if (process->hits++ == 0)
		process->since_row = night->row - days;
	process->up += hit->up;
	process->down += hit->down;
}

void period_step(const struct nightly_params *p, const struct nightly_night *night, bool is_hit,
		 const struct nightly_burst *burst, struct period *state)
{
	int64_t apart = state->nights ? night->row - state->last_row : 1;
	double e[EVIDENCE_BETS];

	if (apart < 1)
		return;
	state->recent = apart <= HISTORY ? (uint32_t)((uint64_t)state->recent << (apart - 1)) : 0;
	night_bets(p, night, is_hit, burst, state, e);
	for (unsigned i = 0; i < PERIODS; i++)
		step_process(p, night, is_hit ? burst : NULL, e, state, i);
	state->recent = state->recent << 1 | is_hit;
	state->last_row = night->row;
	state->nights++;
}

enum level period_level(const struct nightly_params *p, const struct period *state, unsigned i)
{
	const struct period_process *process = &state->process[i];
	const struct process as_nightly = { .m_mean = process->m_mean,
					    .hits = process->hits ? process->hits + 1 : 0 };

	return nightly_level(p, &as_nightly);
}

unsigned period_best(const struct nightly_params *p, const struct period *state)
{
	unsigned best = 0;

	for (unsigned i = 1; i < PERIODS; i++) {
		enum level a = period_level(p, state, i), b = period_level(p, state, best);

		if (a > b || (a == b && state->process[i].m_mean > state->process[best].m_mean))
			best = i;
	}
	return best;
}

bool period_is_over(const struct period *state, unsigned i)
{
	return state->process[i].hits && state->process[i].misses >= PERIOD_CYCLES * period_days[i];
}

void period_reset(struct period *state, unsigned i)
{
	struct period_process *process = &state->process[i];
	struct period_process fresh = { .in_play = process->in_play };

	memcpy(fresh.e_log, process->e_log, sizeof(fresh.e_log));
	*process = fresh;
}
