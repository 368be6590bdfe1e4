/* rhythm.c - see rhythm.h. */
#include "detect/rhythm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "detect/circular.h"

#define SLOT_MIN 15
#define GAP_SLOTS 2		/* a run goes over gaps of up to 30 min */
#define WINDOW_SLOTS 8		/* two hours */
#define ACTIVE_SHARE 16		/* of the largest excess: smaller slots do not count */
#define EVEN_SHARE 0.1		/* what a burst at an unheard-of time keeps of its bet */
#define KERNEL_SHARE 0.85	/* of the rest; what remains is put on closed hours */
#define FIRST_UNIFORM 0.5	/* without earlier times */
#define BURST_DECAY 0.9		/* weight of each earlier burst time */

static const double bandwidths_min[EVIDENCE_BETS / 2] = { 15, 45, 105 };

/* --- where the excess lies ------------------------------------------------ */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Of the slots that were seen: unseen ones say nothing about the usual level. */
static uint64_t median_slot(const struct rhythm_night *night)
{
	uint64_t sorted[ROW_SLOTS];
	unsigned n = night->seen_to - night->seen_from;

	memcpy(sorted, night->up + night->seen_from, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare_u64);
	return n % 2 ? sorted[n / 2]
		     : sorted[n / 2 - 1] + (sorted[n / 2] - sorted[n / 2 - 1]) / 2;
}

/* 1/16 of the largest, at least 1; 0: there is no excess. */
static uint64_t active_from(const uint64_t *excess)
{
	uint64_t largest = 0;

	for (unsigned i = 0; i < ROW_SLOTS; i++)
		if (excess[i] > largest)
			largest = excess[i];
	return largest ? largest / ACTIVE_SHARE + 1 : 0;
}

/* The end of the run that is alive at slot `from`: one past its last active slot. */
static unsigned run_end(const uint64_t *excess, uint64_t active, unsigned from)
{
	unsigned end = from;

	for (unsigned i = from; i < ROW_SLOTS && i <= end + GAP_SLOTS; i++)
		if (excess[i] >= active)
			end = i + 1;
	return end;
}

/* Fills excess[]; below-active slots as 0.  false: none. */
static bool find_excess(const struct rhythm_night *night, const struct rhythm *state,
			uint64_t excess[static ROW_SLOTS])
{
	uint64_t median, active;

	memset(excess, 0, ROW_SLOTS * sizeof(excess[0]));
	if (night->seen_from >= night->seen_to || night->seen_to > ROW_SLOTS)
		return false;
	median = median_slot(night);
	for (unsigned i = night->seen_from; i < night->seen_to; i++)
		excess[i] = night->up[i] > median ? night->up[i] - median : 0;
	active = active_from(excess);
	if (active && state->hits && state->runs_on && state->last_row == night->row - 1)
		memset(excess, 0, run_end(excess, active, 0) * sizeof(excess[0]));
	active = active_from(excess);
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		if (excess[i] < active)
			excess[i] = 0;
	return active > 0;
}

bool rhythm_find_burst(const struct rhythm_night *night, const struct rhythm *state,
		       struct rhythm_burst *ret_burst)
{
	struct rhythm_burst b = { 0 };
	uint64_t excess[ROW_SLOTS];

	if (!find_excess(night, state, excess))
		return false;
	for (unsigned from = 0; from < ROW_SLOTS; from++) {
		unsigned to = from + WINDOW_SLOTS < ROW_SLOTS ? from + WINDOW_SLOTS : ROW_SLOTS;
		uint64_t sum = 0;

		for (unsigned i = from; i < to; i++)
			sum += excess[i];
		if (sum >= b.excess) {
			b.excess = sum;
			b.from = from;
			b.to = to;
		}
	}
	for (unsigned i = b.from; i < b.to; i++) {
		b.up += night->up[i];
		b.down += night->down[i];
	}
	b.runs_on = run_end(excess, 1, b.from) + GAP_SLOTS >= ROW_SLOTS;
	*ret_burst = b;
	return true;
}

bool rhythm_is_hit(const struct rhythm_params *p, const struct rhythm_burst *burst)
{
	double up = (double)burst->up, down = (double)burst->down;

	if (burst->excess < p->floor)
		return false;
	return (up - down) / (up + down) >= p->asymmetry || burst->up >= p->upload_always;
}

/* --- the bet -------------------------------------------------------------- */

/* "Some closed slot of this row", relative to uniform, at a slot. */
static double closed_density(const bool *closed, unsigned slot)
{
	unsigned n = 0;

	for (unsigned i = 0; closed && i < ROW_SLOTS; i++)
		n += closed[i];
	if (n == 0 || n == ROW_SLOTS)
		return 1;
	return closed[slot] ? (double)ROW_SLOTS / n : 0;
}

/* Kernels at the earlier times, relative to uniform.  The sum of a Gaussian over slots a bandwidth
 * or less apart is its integral to within 1e-8 wherever the slots lie, so no sum is needed to
 * normalise it; wrapped twice it would be less than 1e-9. */
static double kernel_density(const struct rhythm *state, double bandwidth, bool on_civil, int t)
{
	double sum = 0, weights = 0, weight = 1;

	for (unsigned i = 0; i < state->bursts_n; i++, weight *= BURST_DECAY) {
		int at = on_civil ? state->bursts[i].civil_min : state->bursts[i].utc_min;
		double d = circular_distance(t, at) / bandwidth;

		sum += weight * exp(-d * d / 2);
		weights += weight;
	}
	return sum / weights * CIRCULAR_DAY_MIN / (bandwidth * sqrt(2 * M_PI));
}

static double bet_on(const struct rhythm_night *night, const struct rhythm_burst *burst,
		     const struct rhythm *state, unsigned bet)
{
	bool on_civil = bet >= EVIDENCE_BETS / 2;
	int t = (int)burst->from * SLOT_MIN + (on_civil ? night->civil_shift_min : 0);
	double closed = closed_density(night->closed, burst->from), density;

	if (on_civil && night->is_changeover)
		return 1;
	if (state->bursts_n == 0)
		density = FIRST_UNIFORM + (1 - FIRST_UNIFORM) * closed;
	else
		density = KERNEL_SHARE * kernel_density(state,
							bandwidths_min[bet % (EVIDENCE_BETS / 2)],
							on_civil, t) +
			  (1 - KERNEL_SHARE) * closed;
	return (EVEN_SHARE + (1 - EVEN_SHARE) * density) / fmax(1, night->crowd);
}

static void remember_hit(const struct rhythm_night *night, const struct rhythm_burst *burst,
			 struct rhythm *state)
{
	int utc = (int)burst->from * SLOT_MIN;

	if (state->hits++ == 0)
		state->since_row = night->row;
	state->last_row = night->row;
	state->runs_on = burst->runs_on;
	state->misses = 0;
	state->up += burst->up;
	state->down += burst->down;
	if (night->is_changeover)
		return;
	memmove(&state->bursts[1], &state->bursts[0],
		(EVIDENCE_BURSTS - 1) * sizeof(state->bursts[0]));
	state->bursts[0].utc_min = (int16_t)utc;
	state->bursts[0].civil_min = (int16_t)(utc + night->civil_shift_min);
	if (state->bursts_n < EVIDENCE_BURSTS)
		state->bursts_n++;
}

double rhythm_step(const struct rhythm_params *p, const struct rhythm_night *night, bool is_hit,
		   const struct rhythm_burst *burst, struct rhythm *state)
{
	double before = state->m_mean, sum = 0;

	if (!is_hit) {
		state->misses++;
		return 1;
	}
	for (unsigned bet = 0; bet < EVIDENCE_BETS; bet++) {
		double *m = &state->m[bet];

		*m = fmin((*m + 1) * bet_on(night, burst, state, bet), p->m_max);
		sum += *m;
	}
	state->m_mean = sum / EVIDENCE_BETS;
	remember_hit(night, burst, state);
	return state->m_mean / (before + 1);
}

/* Four in five of the remembered times, on the better clock. */
static bool is_tight(const struct rhythm_params *p, const struct rhythm *state)
{
	unsigned n = state->bursts_n, most = (4 * n + 4) / 5;
	int arc_min = (int)(p->locked_arc_ns / NS_PER_MIN);
	int utc[EVIDENCE_BURSTS], civil[EVIDENCE_BURSTS];

	for (unsigned i = 0; i < n; i++) {
		utc[i] = state->bursts[i].utc_min;
		civil[i] = state->bursts[i].civil_min;
	}
	return circular_arc_of(utc, n, most) <= arc_min ||
	       circular_arc_of(civil, n, most) <= arc_min;
}

bool rhythm_is_locked(const struct rhythm_params *p, const struct rhythm *state)
{
	return state->hits >= p->locked_hits && state->m_mean >= p->locked && is_tight(p, state);
}

void rhythm_reset(struct rhythm *state)
{
	memset(state->m, 0, sizeof(state->m));
	state->m_mean = 0;
	state->hits = 0;
	state->up = state->down = 0;
}
