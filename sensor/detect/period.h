/* period.h - upload that comes back every second, third or seventh day (DETECTION section 4,
 * NW-EXF-002).
 *
 * One process for each period P of 2, 3 and 7 days, over the same nights and with the same bets as
 * detector N (nightly.h: which nights qualify, e_p, e_l, six sums, cap):
 *
 *	night d is in play when night d - P was a hit
 *	in play:	M = (M + 1) e_p e_l
 *	else:		M unchanged
 *
 *	P = 7	Su Mo Tu We Th Fr Sa Su Mo ... Su Mo ... Su
 *	hit	x                    x         x         .
 *	in play	                     ^         ^         ^      (Mondays never)
 *	M	0                    5.5 e_l   ...       halves
 *
 * Whether a night is in play was settled P nights before, so each M is a process like detector N's
 * on its own in-play nights: at most (in-play nights + 4.5 channels) / A false alarms, per P.
 *
 * What the text leaves open, and why it is so:
 *  - Location is bet on against the starts of the last 21 hits of the channel, whatever their day.
 *  - L1 and L2 ask for as many qualifying nights as detector N; the night that put the first one in
 *    play counts, so hits + 1 of them have been seen.
 *  - A skipped (blind) night is not known to be a hit: night d + P is then not in play.  It
 *    needs no call; rows say how far apart nights are.
 *  - Resolve after three missed cycles: 3 P judged nights in a row, none of which was a hit in
 *    phase, that is, P, 2 P or 3 P nights after another hit.  One missed Sunday (whose successor
 *    is then not in play) is no end.
 *  - A leak on *every* night is in play on all nights for every P and would be told four times.
 *    The caller does not raise NW-EXF-002 while detector N has the channel at the same level or
 *    higher.
 *  - "Needs >= 60 nights" cannot mean silence until then, for the fourth Sunday is night 22 to 28.
 *    It is how long a series has to be for three missed cycles and the level to be both seen.
 *
 * Pure functions, no I/O, no allocation.
 */
#ifndef NW_DETECT_PERIOD_H
#define NW_DETECT_PERIOD_H

#include <stdbool.h>
#include <stdint.h>
#include "detect/nightly.h"
#include "profile/pattern.h"

#define PERIOD_CYCLES 3		/* missed ones end it */
extern const unsigned period_days[PERIODS];	/* 2, 3, 7 */

/* One judged night of one channel, in the order of night->row (an earlier row does nothing).
 * is_hit, burst: as for nightly_step(), with the floor of the process it goes with. */
void period_step(const struct nightly_params *p, const struct nightly_night *night, bool is_hit,
		 const struct nightly_burst *burst, struct period *state);

/* i: index into period_days. */
enum level period_level(const struct nightly_params *p, const struct period *state, unsigned i);
/* The one that says most: by level, then by M, then the shortest. */
unsigned period_best(const struct nightly_params *p, const struct period *state);
/* The factor M / (M before + 1) of one of the last 64 judged nights, to three digits; 1: it was not
 * in play. */
double period_night_e(const struct period *state, unsigned i, int64_t row);
/* Three cycles have gone by without a hit in phase. */
bool period_is_over(const struct period *state, unsigned i);
/* Then: M and the counts go, burst times and in_play stay. */
void period_reset(struct period *state, unsigned i);

#endif
