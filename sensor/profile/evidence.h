/* evidence.h - what a promoted channel remembers of its nights (DETECTION sections 3 and 4).
 *
 * Plain data, filled by detect/nightly.c and read by alert/.  A process is one instance of detector
 * N: the floor decides which nights qualify; its evidence M is the mean of six Shiryaev-Roberts
 * sums, one per bandwidth of the location bet and clock.
 */
#ifndef NW_PROFILE_EVIDENCE_H
#define NW_PROFILE_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"

#define EVIDENCE_NIGHTS 64	/* rows kept; older ones live on in M and in the counts */
#define EVIDENCE_BURSTS 21	/* burst times that the location bet looks back on */
#define EVIDENCE_PROCESSES 2	/* floors: 262 144 and 8 192 bytes */
#define EVIDENCE_BETS 6		/* 3 bandwidths x 2 clocks */

enum level { LEVEL_NONE, LEVEL_1, LEVEL_2, LEVEL_3 };

struct night_seen {
	int64_t row;
	uint64_t up, down;		/* in the night window */
	uint64_t start_ns, end_ns;	/* of the burst; 0 on a night that did not qualify */
	uint32_t flows;
	double e[EVIDENCE_PROCESSES];	/* the night's factor: M / (M before + 1) */
	double z; /* volume against the subject's usual, see detect/volume.h */
	double coverage;		/* of the window: 1 when the tap was there all the time */
	bool is_hit[EVIDENCE_PROCESSES];
	bool is_skipped, is_partial;
};

/* Minutes from the row's start on the UTC clock; from civil noon on the site's clock. */
struct burst {
	int16_t utc_min, civil_min;
};

struct process {
	double m[EVIDENCE_BETS];
	double m_mean;			/* their mean: the M of records */
	uint32_t hits;			/* qualifying nights since the pattern began */
	uint32_t misses;		/* observed nights in a row without one */
	uint32_t bursts_n;
	struct burst bursts[EVIDENCE_BURSTS];	/* the latest first */
};

struct evidence {
	int64_t promoted_row;
	struct process process[EVIDENCE_PROCESSES];
	struct night_seen nights[EVIDENCE_NIGHTS];	/* ring: place = count % EVIDENCE_NIGHTS */
	uint64_t nights_n;		/* ever */
	uint32_t skipped;
};

/* The i-th of the last min(nights_n, 64) nights, oldest first. */
static inline const struct night_seen *evidence_night(const struct evidence *ev, uint64_t i)
{
	uint64_t kept = ev->nights_n < EVIDENCE_NIGHTS ? ev->nights_n : EVIDENCE_NIGHTS;

	return &ev->nights[(ev->nights_n - kept + i) % EVIDENCE_NIGHTS];
}

static inline uint64_t evidence_nights(const struct evidence *ev)
{
	return ev->nights_n < EVIDENCE_NIGHTS ? ev->nights_n : EVIDENCE_NIGHTS;
}

#endif
