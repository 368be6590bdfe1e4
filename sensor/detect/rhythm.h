/* rhythm.h - detector C: upload locked to the clock at any hour (DETECTION section 4, part of
 * NW-EXF-005).  It makes no false-alarm promise and never raises an alert by itself: it gives the
 * label `rhythm`, which counts when destination, volume or policy agrees.
 *
 *	row (96 slots)     ....::.:.::.:.####:.:::.::..........     . : # upload
 *	excess over the                      ####
 *	median of the row                    ^ t, the start of the largest two hours of excess
 *
 *	first hit    e = [0.1 + 0.9 (0.5 + 0.5 closed)] / max(1, f0)
 *	later hits   e = [0.1 + 0.9 (0.85 KDE(t) + 0.15 closed)] / max(1, f0)
 *	M = (M + 1) e		at most 1e9; the mean of six: 15, 45, 105 min on two clocks
 *
 * Densities are relative to uniform over the 96 slots, so e is on average at most 1 while t is
 * uniform (or no denser than f0): KDE is a sum of circular Gaussian kernels at the last 21 burst
 * times, weights 0.9^index, the latest first; closed is the density "some closed slot of this row"
 * (1 where nothing or everything is closed); f0 is when other assets are busy (profile/crowd.h).
 *
 * What the text leaves open, and why it is so:
 *  - Hit: the two hours hold B = 262 144 bytes of excess, the floor of detector N, and are an
 *    upload by the asymmetry of detector N: acknowledgements of a large download are no leak.
 *  - Excess of a slot is upload minus median, not below 0.  Slots below 1/16 of the largest excess
 *    do not count (as in detector N), and of windows that hold the same the latest is taken: so the
 *    window begins with its burst also where that is shorter than two hours.
 *  - A window may reach beyond the row's end, where it is cut.  When the run of a hit goes on over
 *    the row's end, what begins with the next row (gaps of at most 30 min) is that run's and is
 *    left out of the next row: one upload across noon is one night.
 *  - Nights without a hit leave M as it is.  Being busy is the normal state of a channel in working
 *    hours, so presence cannot be bet on, and absence must not be either: e = 1 in (M + 1) e would
 *    let M grow by idling.  M counts hits only; after resolve_after rows without one it goes
 *    (rhythm_reset()), burst times stay for a return.
 *  - On a change-over night the civil clock contributes e = 1 and the night's time is not learnt,
 *    as in detector N.
 *  - Locked: M >= 1e3, five hits, and four in five of the last 21 times within four hours.  M
 *    alone reaches 1e3 with the fourth; the fifth costs a night and is what people call a rhythm.
 *    The arc is for M's blind side: times that are only denser than uniform, such as working hours
 *    of 15, let M grow for ever, and nobody would call them a rhythm.
 *
 * A row is judged once it is over.  Pure functions, no I/O, no allocation; 21 x 6 kernels a hit.
 */
#ifndef NW_DETECT_RHYTHM_H
#define NW_DETECT_RHYTHM_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/calendar.h"
#include "policy/rule_params.h"
#include "profile/pattern.h"

/* One row of one channel, over. */
struct rhythm_night {
	const uint64_t *up, *down;	/* ROW_SLOTS each */
	const bool *closed;		/* ROW_SLOTS: closed when the slot starts; NULL: none */
	unsigned seen_from, seen_to;	/* the slots [from, to) that the tap was there for */
	int civil_shift_min;		/* civil minutes since civil noon = row minutes + this */
	bool is_changeover;		/* the civil clock does not bet */
	/* f0 at the burst's slot relative to uniform over the row; 0: not known.  Looked up between
	 * rhythm_find_burst() and rhythm_step(). */
	double crowd;
	int64_t row;
};

struct rhythm_burst {
	unsigned from, to;		/* slots [from, to) of the largest two hours */
	uint64_t excess;		/* bytes above the median in them */
	uint64_t up, down;		/* in them */
	bool runs_on;			/* the excess goes on to the row's end */
};

/* The largest two hours of excess.  state: for a run that began in the row before.  false: nothing
 * is in excess. */
bool rhythm_find_burst(const struct rhythm_night *night, const struct rhythm *state,
		       struct rhythm_burst *ret_burst);
bool rhythm_is_hit(const struct rhythm_params *p, const struct rhythm_burst *burst);

/* One judged row.  burst may be NULL when is_hit is false.  Returns the row's factor
 * M / (M before + 1), 1 without a hit. */
double rhythm_step(const struct rhythm_params *p, const struct rhythm_night *night, bool is_hit,
		   const struct rhythm_burst *burst, struct rhythm *state);
bool rhythm_is_locked(const struct rhythm_params *p, const struct rhythm *state);
/* misses reached resolve_after: M and the counts go, burst times stay. */
void rhythm_reset(struct rhythm *state);

#endif
