/* pattern.h - what the detectors of other patterns than "every night" remember of a channel: plain
 * data, filled by detect/period.h, kept here because it is kept with channels.
 *
 * struct period hangs on a channel's evidence from the first night on that came back after 2, 3 or
 * 7 days (app/judge_period.h) until the evidence goes.
 */
#ifndef NW_PROFILE_PATTERN_H
#define NW_PROFILE_PATTERN_H

#include <assert.h>
#include <stdint.h>
#include "base/pack.h"
#include "profile/evidence.h"

#define PERIODS 3			/* 2, 3 and 7 days: detect/period.h */

/* One period of a channel. */
struct period_process {
	double m[EVIDENCE_BETS];
	double m_mean;
	int64_t since_row;		/* the hit that put the first one in play; with hits only */
	uint64_t up, down;		/* in the windows of the hits in play */
	uint32_t hits;			/* in play, since the last reset */
	uint32_t misses;		/* judged nights since the last hit in phase */
	uint32_t in_play;		/* nights, ever: what the bound counts */
};

/* What a channel remembers.  All zero: nothing. */
struct period {
	struct period_process process[PERIODS];
	int64_t last_row;		/* the latest judged night; meaningless before the first */
	uint32_t nights;		/* judged, ever */
	uint32_t recent;		/* bit i: night last_row - i was a hit */
	uint32_t bursts_n;
	struct burst bursts[EVIDENCE_BURSTS];	/* the latest first */
};
static_assert(sizeof(struct period) <= 400, "one for each of 10 000 channels");

/* For the state.  Unpacking: what is no sum or no count marks the unpacker as bad. */
void period_pack(const struct period *state, struct packer *p);
void period_unpack(struct unpacker *u, struct period *ret);

#endif
