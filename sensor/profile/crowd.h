/* crowd.h - f0: at which times of day are the *other* assets here busy? (DETECTION section 4)
 *
 * A shift that begins at 06:00 makes many channels begin at 06:00; such a time is worth less as
 * evidence.  So the location bets are divided by max(1, f0(t)).  Whoever could shape f0 could hide
 * in it, hence:
 *
 *  - one vote per asset-night, however much was sent: the slot at which the asset's largest two
 *    hours of *internal or expected* upload began (detect/rhythm.h says how they are found; the
 *    caller adds only such traffic up).  A leak to anywhere else never votes;
 *  - an asset is judged by the votes of the others, so its own jobs do not excuse it;
 *  - only nights before the judged one count: the bet was fixed before the night.
 *
 *	f0(slot) = 0.3 + 0.7 * 96 * share of votes near the slot
 *	"near"   = 1 2 3 2 1 ninths over five slots: a vote is known to half an hour, no better, and
 *	           with raw counts a busy hour would be as many spikes as it had votes
 *
 * Where it is asked for a part of the row, the night window, it is scaled to mean 1 over that part:
 * what an innocent start in the window is compared with is uniform *in the window*, and a quiet
 * night with one busy hour is lopsided even where f0 over the day is below 1 throughout.
 *
 * An asset's votes are halved when there are 400 (as long as first contacts are remembered): no
 * asset outweighs another by age, and a shift that moved is learnt within a year.
 *
 * Votes are cast once the row is over and have to come in the order of rows; those of the latest
 * row are kept apart, so that judging that same row does not see them.
 * Thread: analysis.  Memory: 208 bytes an asset, all at start.  Cost: some 300 additions a look-up.
 */
#ifndef NW_PROFILE_CROWD_H
#define NW_PROFILE_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/pack.h"

#define CROWD_VOTES_MAX 400		/* per asset, then halved */

struct crowd;

/* Assets are numbered 0 .. assets - 1 by the caller.  0, -EINVAL (none) or -ENOMEM. */
int crowd_new(size_t assets, struct crowd **ret_crowd);
void crowd_free(struct crowd *c);	/* NULL is fine */

/* The asset was busiest from that slot on, in that row, which is over.  false: no such asset or
 * slot, or the asset has voted for that row or a later one; nothing changed. */
bool crowd_vote(struct crowd *c, uint32_t asset, int64_t row, unsigned slot);
/* All of its votes go: the number will belong to another asset. */
void crowd_forget(struct crowd *c, uint32_t asset);

struct crowd_question {
	const uint32_t *own;	/* whose votes are left out: the judged asset's, its vendor's */
	size_t own_n;		/* none of them twice */
	int64_t row;		/* judged: not before the latest row voted for */
	unsigned from, to;	/* slots [from, to) to be relative to: 0, 96 or the night window */
};
/* f0 at a slot of [from, to).  1: nobody else has voted, or the slot is not in there. */
double crowd_density(const struct crowd *c, const struct crowd_question *q, unsigned slot);

/* Votes of an asset; the same question, for the report: how many f0 rests on. */
unsigned crowd_votes(const struct crowd *c, const struct crowd_question *q);

/* Others that have voted within two slots of that one, in nights before the row. */
unsigned crowd_voters(const struct crowd *c, const struct crowd_question *q, unsigned slot);

/* For the state: one asset's votes, to be kept with what else is kept of the asset (numbers need
 * not survive a restart).  Unpacking is for an asset that has none.  latest_row: no vote can be
 * later.  false: malformed, u->is_bad is set and nothing changed. */
void crowd_pack_asset(const struct crowd *c, uint32_t asset, struct packer *p);
bool crowd_unpack_asset(struct crowd *c, uint32_t asset, int64_t latest_row, struct unpacker *u);

#endif
