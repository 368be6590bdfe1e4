/* nightly.c - see nightly.h. */
#include "detect/nightly.h"

#include <math.h>
#include <string.h>
#include "base/err.h"

#define SLOT_MIN 15
#define GAP_SLOTS 2		/* a run goes over gaps of up to 30 min */
#define PEAK_SLOTS 8		/* two hours */
#define ACTIVE_SHARE 16		/* see the header */
#define LOCATION_FLOOR 0.1	/* what a burst at an unheard-of time keeps of its bet */
#define BURST_DECAY 0.9		/* weight of each earlier burst time */

static const double bandwidths_min[EVIDENCE_BETS / 2] = { 15, 45, 105 };

static uint64_t sum_slots(const uint64_t *slots, unsigned from, unsigned to)
{
	uint64_t sum = 0;

	for (unsigned i = from; i < to; i++)
		sum += slots[i];
	return sum;
}

bool nightly_find_burst(const struct nightly_night *night, struct nightly_burst *ret_burst)
{
	struct nightly_burst b = { 0 };
	unsigned largest = night->window_from;
	uint64_t active;

	for (unsigned i = night->window_from; i < night->window_to; i++)
		if (night->up[i] > night->up[largest])
			largest = i;
	if (night->window_from >= night->window_to || night->up[largest] == 0)
		return false;
	b.up = sum_slots(night->up, night->window_from, night->window_to);
	b.down = sum_slots(night->down, night->window_from, night->window_to);
	active = night->up[largest] / ACTIVE_SHARE + 1;
	b.from = largest;
	b.to = largest + 1;
	for (unsigned i = largest, gap = 0; i-- > 0 && gap <= GAP_SLOTS; gap++)
		if (night->up[i] >= active) {
			b.from = i;
			gap = (unsigned)-1;
		}
	for (unsigned i = largest + 1, gap = 0; i < ROW_SLOTS && gap <= GAP_SLOTS; i++, gap++)
		if (night->up[i] >= active) {
			b.to = i + 1;
			gap = (unsigned)-1;
		}
	b.began_before = b.from < night->window_from;
	*ret_burst = b;
	return true;
}

/* Is the window more than a part of a steady day? */
static bool is_nocturnal(const struct nightly_params *p, const struct nightly_night *night,
			 uint64_t up)
{
	unsigned inside = night->window_to - night->window_from;
	unsigned seen = night->seen_to - night->seen_from;
	unsigned outside = seen > inside ? seen - inside : 0;
	uint64_t rest = sum_slots(night->up, 0, night->seen_to) - up, best = 0;

	if (outside == 0 || (double)up / inside >= p->rate_ratio * (double)rest / outside)
		return true;
	for (unsigned i = night->window_from; i < night->window_to; i++) {
		unsigned to = i + PEAK_SLOTS < night->window_to ? i + PEAK_SLOTS : night->window_to;
		uint64_t peak = sum_slots(night->up, i, to);

		if (peak > best)
			best = peak;
	}
	/* The best two hours hold more than 60 % of what a window of at most that length holds by
	 * definition, so the test asks for a window that is longer than two hours. */
	return inside > PEAK_SLOTS && (double)best >= p->peak_share * (double)up;
}

bool nightly_qualifies(const struct nightly_params *p, const struct nightly_night *night,
		       const struct nightly_burst *burst, uint64_t floor)
{
	double up = (double)burst->up, down = (double)burst->down;

	if (burst->up < floor)
		return false;
	if ((up - down) / (up + down) < p->asymmetry && burst->up < p->upload_always)
		return false;
	return is_nocturnal(p, night, burst->up);
}

/* Density at minute t, relative to uniform over the window [from, to), of kernels at the process's
 * earlier burst times that lie in it; all on one clock.  -1: no earlier time in the window. */
static double location_density(const struct process *process, double bandwidth, bool on_civil,
			       int from, int to, int t)
{
	double sum = 0, at_t = 0;
	unsigned slots = 0, used = 0;

	for (int s = from; s < to; s += SLOT_MIN, slots++) {
		double weight = 1, k = 0;

		used = 0;
		for (unsigned i = 0; i < process->bursts_n; i++, weight *= BURST_DECAY) {
			int at = on_civil ? process->bursts[i].civil_min
					  : process->bursts[i].utc_min;
			double d = (s - at) / bandwidth;

			if (at < from || at >= to)
				continue;
			k += weight * exp(-d * d / 2);
			used++;
		}
		sum += k;
		if (s == t)
			at_t = k;
	}
	return used && sum > 0 ? at_t * slots / sum : -1;
}

static double location_bet(const struct nightly_night *night, const struct nightly_burst *burst,
			   const struct process *process, unsigned bet)
{
	bool on_civil = bet >= EVIDENCE_BETS / 2;
	int shift = on_civil ? night->civil_shift_min : 0;
	double q;

	if (burst->began_before || process->bursts_n == 0)
		return 1;
	q = location_density(process, bandwidths_min[bet % (EVIDENCE_BETS / 2)], on_civil,
			     (int)night->window_from * SLOT_MIN + shift,
			     (int)night->window_to * SLOT_MIN + shift,
			     (int)burst->from * SLOT_MIN + shift);
	return q < 0 ? 1 : LOCATION_FLOOR + (1 - LOCATION_FLOOR) * q / fmax(1, night->crowd);
}

static void remember_burst(struct process *process, const struct nightly_night *night,
			   const struct nightly_burst *burst)
{
	int utc = (int)burst->from * SLOT_MIN;

	memmove(&process->bursts[1], &process->bursts[0],
		(EVIDENCE_BURSTS - 1) * sizeof(process->bursts[0]));
	process->bursts[0].utc_min = (int16_t)utc;
	process->bursts[0].civil_min = (int16_t)(utc + night->civil_shift_min);
	if (process->bursts_n < EVIDENCE_BURSTS)
		process->bursts_n++;
}

static void count_hit(struct process *process, const struct nightly_night *night,
		      const struct nightly_burst *burst)
{
	if (process->hits++ == 0)
		process->since_row = night->row;
	process->misses = 0;
	process->up += burst->up;
	process->down += burst->down;
	/* On a change-over night the two clocks part within the window: no time to learn from. */
	if (!burst->began_before && !night->is_changeover)
		remember_burst(process, night, burst);
}

void nightly_reset(struct process *process)
{
	memset(process->m, 0, sizeof(process->m));
	process->m_mean = 0;
	process->hits = process->nights = 0;
	process->up = process->down = 0;
}

double nightly_step(const struct nightly_params *p, const struct nightly_night *night, bool is_hit,
		    const struct nightly_burst *burst, struct process *process)
{
	double presence = 1 + p->stake * ((is_hit ? 1 : 0) - p->p) / p->p;
	double before = process->m_mean, sum = 0;

	for (unsigned bet = 0; bet < EVIDENCE_BETS; bet++) {
		double e = presence, *m = &process->m[bet];

		if (is_hit)
			e *= location_bet(night, burst, process, bet);
		if (night->is_changeover && bet >= EVIDENCE_BETS / 2)
			e = 1;
		*m = fmin((*m + 1) * e, p->m_max);
		sum += *m;
	}
	process->m_mean = sum / EVIDENCE_BETS;
	if (is_hit)
		count_hit(process, night, burst);
	else
		process->misses++;
	process->nights += process->hits > 0;
	return process->m_mean / (before + 1);
}

enum level nightly_level(const struct nightly_params *p, const struct process *process)
{
	if (process->hits >= p->hits2 && process->m_mean >= p->level3)
		return LEVEL_3;
	if (process->hits >= p->hits2 && process->m_mean >= p->level2)
		return LEVEL_2;
	if (process->hits >= p->hits1 && process->m_mean >= p->level1)
		return LEVEL_1;
	return LEVEL_NONE;
}
