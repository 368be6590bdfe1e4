/* permutation.h - a second opinion on a finished series of nights, in replay (DETECTION section 4).
 *
 * Are the nights active at the same time of day more often than chance?  No kernels, no p, no
 * floors: only which of the 96 slots of each night were active.
 *
 *	statistic	the most nights that are active within any same two hours (round the clock)
 *	chance		every night's row is rotated by a uniform number of slots, on its own
 *	p		(1 + #{rotated statistic >= observed}) / (9999 + 1)
 *
 * A valid p-value for "each night's pattern lies anywhere in the day, independently" for every
 * number of nights; one look, so only at the end.  It is not corrected for channels looked at.
 * Rows are on one clock: a series over a change-over is up to 4 slots apart, within the two hours.
 *
 * Random numbers: splitmix64 (hash_mix() of a counter in steps of 2^64 / golden ratio), 32 bits a
 * rotation; the seed is the channel's key, so a replay repeats bit for bit on every machine.
 *
 * State: 16 bytes a night; nothing is allocated.  Cost: 9999 x nights x some 15 operations on 128
 * bits; the counters of the 96 windows are held as seven bit planes.
 */
#ifndef NW_DETECT_PERMUTATION_H
#define NW_DETECT_PERMUTATION_H

#include <stdint.h>
#include "policy/calendar.h"

#define PERMUTATION_NIGHTS 64		/* the nights that a channel remembers */
#define PERMUTATION_ROUNDS 9999		/* B */

struct permutation_night {
	uint64_t active[2];		/* bit s of [s / 64]: slot s */
};

struct permutation {
	unsigned nights;		/* with any active slot: the others change nothing */
	unsigned most;			/* the statistic */
	unsigned window;		/* first slot of the (first) two hours that have it */
	double p;			/* 1 with fewer than 2 nights */
};

static inline void permutation_mark(struct permutation_night *night, unsigned slot)
{
	if (slot < ROW_SLOTS)
		night->active[slot / 64] |= 1ULL << slot % 64;
}

/* The active slots of a row of logarithmic volumes (0: none): those at most `steps` below the
 * row's largest, so that keep-alives are not activity. */
struct permutation_night permutation_night_of(const uint8_t volumes[static ROW_SLOTS],
					      unsigned steps);

/* n: at most PERMUTATION_NIGHTS, later ones are left out. */
void permutation_test(const struct permutation_night *nights, unsigned n, uint64_t seed,
		      struct permutation *ret_result);

#endif
