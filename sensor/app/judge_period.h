/* judge_period.h - NW-EXF-002: does a night of a channel come back after 2, 3 or 7 days?
 *
 * Asked for every judged night of a channel with evidence, after detector N has bet on it, with the
 * higher of N's floors.  Nothing is kept (and every sum is 0) until a night qualifies that comes
 * 2, 3 or 7 nights after another one that did: then the nights that the evidence remembers are
 * stepped through, as if the state had been there from the promotion on, and it stays until the
 * evidence goes.  f0 of those nights is not known any more; only the very first of them can have
 * qualified without another in phase, so no bet on a time is lost by that.
 *
 * Level: that of the period that says most, at most L2 (severity 4; DETECTION section 5).  Not
 * raised while detector N has the channel at the same level or higher, or an open NW-EXF-001 of the
 * channel has.  Resolved when the period that alarmed last has missed three cycles and no other
 * has a level, and, saying so, in the first judged night after a NW-EXF-001 of the channel reached
 * its level.
 * Thread: analysis.
 */
#ifndef NW_APP_JUDGE_PERIOD_H
#define NW_APP_JUDGE_PERIOD_H

#include "app/judge.h"
#include "detect/period.h"

struct judged_night {			/* borrowed */
	struct judge *judge;
	const struct night_watch *watch;
	struct channel *channel;	/* with evidence, tonight's night in it */
	const struct nightly_night *night;
	const struct nightly_burst *burst;
	bool is_hit;			/* for the process whose floor it is */
};

#define JUDGE_PERIOD_PROCESS 0		/* 262 144 bytes */

/* true: *ret_voice is set. */
bool judge_period(const struct judged_night *n, struct voice *ret_voice);
/* Would a hit in that row make something to be kept?  So many bytes. */
size_t judge_period_bytes(const struct nightly_params *p, const struct channel *ch, int64_t row);

#endif
