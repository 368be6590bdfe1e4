/* pattern.h - what the detectors of other patterns than "every night" remember of a channel: plain
 * data, filled by detect/period.h and detect/rhythm.h, kept here because it is kept with channels.
 *
 * struct period hangs on a channel's evidence from the first night on that came back after 2, 3 or
 * 7 days (app/judge_period.h) until the evidence goes.  struct rhythm is a channel's from its first
 * hit on (app/rhythms.h), in a table of its own: few channels ever have one.
 */
#ifndef NW_PROFILE_PATTERN_H
#define NW_PROFILE_PATTERN_H

#include <assert.h>
#include <stdbool.h>
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
	/* Of the night of each row % EVIDENCE_NIGHTS: M / (M before + 1), 1 for one that was not
	 * in play.  evidence_e_kept(). */
	int16_t e_log[EVIDENCE_NIGHTS];
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
static_assert(sizeof(struct period) <= 800, "one for each of 10 000 channels");

/* Detector C (detect/rhythm.h): what a channel remembers. */
struct rhythm {
	double m[EVIDENCE_BETS];	/* 3 bandwidths on UTC, 3 on the civil clock */
	double m_mean;
	int64_t since_row, last_row;	/* first and latest hit; meaningless without hits */
	uint64_t up, down;		/* in the two hours of the hits */
	uint32_t hits, misses;		/* since the last reset; judged rows since the last hit */
	uint8_t bursts_n;
	bool runs_on;			/* the excess of last_row went on to its end */
	struct burst bursts[EVIDENCE_BURSTS];	/* the latest first */
};
static_assert(sizeof(struct rhythm) <= 300, "one for each of 10 000 channels");

/* For the state.  Unpacking: what is no sum or no count marks the unpacker as bad. */
void period_pack(const struct period *state, struct packer *p);
/* has_e: written with the nights' factors, as period_pack() does since they are kept. */
void period_unpack(struct unpacker *u, bool has_e, struct period *ret);
void rhythm_pack(const struct rhythm *state, struct packer *p);
void rhythm_unpack(struct unpacker *u, struct rhythm *ret);

#endif
