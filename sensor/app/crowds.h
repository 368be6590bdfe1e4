/* crowds.h - f0: votes when a row is over, and what they say of a burst (profile/crowd.h).
 *
 * An asset's vote is where its largest two hours of internal or expected upload began, found as
 * detector C finds a burst, when they would be a hit of detector C: the acknowledgements of a
 * neighbour's backup are no upload that a burst could be mistaken for.  Left out for an asset are
 * its own votes, for a vendor those of all its assets.
 *
 * A crowd begins at CROWDS_VOTERS others that have voted near a slot; below that f0 is not known
 * there.  In a night window with one other nightly job f0 is 6 at that job's hour, so a single
 * accomplice, or the archive of the same site, would cost a leak there most of its evidence: in P13
 * (Sundays 01:30, archive 01:00) L1 came on the 4th to 6th Sunday instead of the 4th.
 * How f0 then counts is crowd.h's.
 * Thread: analysis.
 */
#ifndef NW_APP_CROWDS_H
#define NW_APP_CROWDS_H

#include "profile/channel.h"

#define CROWDS_VOTERS 3

/* A row is over; was_seen: the tap was there for at least half of it, else nobody votes. */
void crowds_end_row(const struct rhythm_params *params, const struct subjects *s, int64_t row,
		    bool was_seen);
/* f0 at a slot of [from, to) of that row, relative to uniform over those; 0: not known. */
struct crowds_question {
	const struct subject *subject;
	int64_t row;
	unsigned from, to, slot;
};
double crowds_density(const struct subjects *s, const struct crowds_question *q);

#endif
