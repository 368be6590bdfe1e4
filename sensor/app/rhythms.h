/* rhythms.h - NW-EXF-005: detector C asked for every row that is over (detect/rhythm.h).
 *
 *  which     channels to outside; within the site it is normal to be punctual.  What an expected
 *            entry covers is in no row.  A row of which the tap saw less than half is left out
 *  severity  2: locked to the clock, and nothing else.  3: and one of these agrees, 4: two of them
 *    destination  the site has a policy, and the destination (profile/baseline.h) was not accepted
 *                 and first met after learning, or was revoked; or it is in a new country
 *    volume       z >= 6 against the asset's last 28 rows, all it sent out of its zone
 *                 (volume_z_of_day()).  Hits are in them, unlike in detector N's: an operator's
 *                 channel hits every day and would be out of all proportion on each (N4).  So what
 *                 was there on day one does not agree by volume, and what is new does for two weeks
 *    policy       the asset's zone is closed
 *  told      when it opens, when the severity grows, and every seventh hit
 *  no raise  where an open NW-EXF-001 or 002 has the channel, or its upload: their records carry
 *            the label instead, and one that was open of the channel is resolved, saying so
 *  resolved  after 14 judged rows without a hit, or when its memory is given up
 *
 * Memory: at most CHANNELS_RHYTHMS_MAX channels, from their first hit on.
 * Cost: a burst looked for in each row of 262 144 bytes or more.  Thread: analysis.
 */
#ifndef NW_APP_RHYTHMS_H
#define NW_APP_RHYTHMS_H

#include "app/judge.h"
#include "app/nights.h"

struct rhythms {			/* borrowed */
	struct judge judge;
	const struct nights *nights;
	struct baseline_list *baseline;
};

/* The row that ends then is over; its traffic is still in the channels. */
void rhythms_end_row(struct rhythms *r, int64_t row, uint64_t end_ns);

#endif
