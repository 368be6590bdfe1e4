/* evidence.h - what a promoted channel (tier 1) remembers of its nights (DETECTION sections 3, 4).
 *
 * Plain data, filled by the detectors and read by alert/.  A process is one instance of detector N:
 * the floor decides which nights qualify; its evidence M is the mean of six Shiryaev-Roberts sums,
 * one per bandwidth of the location bet and clock.
 *
 *   nights    the last 64, 56 bytes each; older ones live on in M and in the counts
 *   picture   of the same nights: 96 quarters of an hour, four bits each (log2 of the upload)
 *
 * About 7 kB: ten thousand of them are what a sensor can hold.
 */
#ifndef NW_PROFILE_EVIDENCE_H
#define NW_PROFILE_EVIDENCE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "policy/calendar.h"

#define EVIDENCE_NIGHTS 64	/* rows kept */
#define EVIDENCE_BURSTS 21	/* burst times that the location bet looks back on */
#define EVIDENCE_PROCESSES 2	/* floors: 262 144 and 8 192 bytes */
#define EVIDENCE_BETS 6		/* 3 bandwidths x 2 clocks */
#define EVIDENCE_SHARE 10000	/* coverage and loss are in parts of this */
#define EVIDENCE_NO_START UINT16_MAX	/* start_min of a night without upload in its window */

enum level { LEVEL_NONE, LEVEL_1, LEVEL_2, LEVEL_3 };

struct night_seen {
	uint64_t up, down;		/* in the night window */
	struct addr top;		/* the peer with most of it; zero: none */
	int32_t row;
	int16_t e_log[EVIDENCE_PROCESSES];	/* night_e() */
	int16_t z_100;			/* night_z() */
	uint16_t flows;			/* UINT16_MAX: that or more */
	uint16_t start_min, end_min;	/* of the burst, minutes after the row's start */
	uint16_t centroid_min;		/* of the window's upload, likewise */
	uint16_t coverage;		/* of the window: EVIDENCE_SHARE when the tap saw it all */
	uint16_t loss;			/* of the window, see night_watch.loss */
	uint8_t hits;			/* bit i: it qualified for process i */
	uint8_t is_skipped : 1;		/* the tap was blind for more than half of the window */
	uint8_t is_partial : 1;		/* judged before its end */
	uint8_t is_degraded : 1;	/* packets lost, or a part of the window not seen */
};
static_assert(sizeof(struct night_seen) == 56, "64 of them in each of 10 000 channels");

/* The night's factor M / (M before + 1), to three digits; 0 for a night that was skipped. */
double night_e(const struct night_seen *n, unsigned process);
void night_set_e(struct night_seen *n, unsigned process, double e);
/* The same as kept: to 0.02 %. */
int16_t evidence_e_kept(double e);
double evidence_e_told(int16_t kept);
/* Volume against the subject's usual (detect/volume.h), to 0.01, at most +-327. */
double night_z(const struct night_seen *n);
void night_set_z(struct night_seen *n, double z);

static inline bool night_is_hit(const struct night_seen *n, unsigned process)
{
	return n->hits >> process & 1;
}

/* Minutes from the row's start on the UTC clock; from civil noon on the site's clock. */
struct burst {
	int16_t utc_min, civil_min;
};

struct process {
	double m[EVIDENCE_BETS];
	double m_mean;			/* their mean: the M of records */
	uint32_t hits;			/* qualifying nights since the pattern began */
	uint32_t nights;		/* judged since then, those included */
	int64_t since_row;		/* the first of them; meaningless without hits */
	uint64_t up, down;		/* in the windows of those nights */
	uint16_t misses;		/* observed nights in a row without one */
	uint16_t bursts_n;
	struct burst bursts[EVIDENCE_BURSTS];	/* the latest first */
};

struct period;			/* profile/pattern.h */

struct evidence {
	int64_t promoted_row;
	struct period *period;		/* NW-EXF-002: NULL until a night came back */
	struct process process[EVIDENCE_PROCESSES];
	uint64_t nights_n;		/* ever */
	uint32_t skipped, degraded;	/* of them */
	struct night_seen nights[EVIDENCE_NIGHTS];	/* ring: place = count % EVIDENCE_NIGHTS */
	uint8_t picture[EVIDENCE_NIGHTS][ROW_SLOTS / 2]; /* likewise; low half: the even slot */
};

static inline uint64_t evidence_nights(const struct evidence *ev)
{
	return ev->nights_n < EVIDENCE_NIGHTS ? ev->nights_n : EVIDENCE_NIGHTS;
}

/* The place in the rings of the i-th of the last min(nights_n, 64) nights, oldest first. */
static inline unsigned evidence_place(const struct evidence *ev, uint64_t i)
{
	return (unsigned)((ev->nights_n - evidence_nights(ev) + i) % EVIDENCE_NIGHTS);
}

static inline const struct night_seen *evidence_night(const struct evidence *ev, uint64_t i)
{
	return &ev->nights[evidence_place(ev, i)];
}

/* 0: the night had no burst. */
static inline uint64_t night_start_ns(const struct calendar *c, const struct night_seen *n)
{
	return n->start_min == EVIDENCE_NO_START ? 0 :
	       calendar_row_start(c, n->row) + n->start_min * 60000000000ULL;
}

static inline uint64_t night_end_ns(const struct calendar *c, const struct night_seen *n)
{
	return n->start_min == EVIDENCE_NO_START ? 0 :
	       calendar_row_start(c, n->row) + n->end_min * 60000000000ULL;
}

/* Four bits for a volume: 0 nothing, else 1 + floor(log2(bytes) / 2.4), at most 15: from a few
 * bytes to more than 10 GB, each step a factor of 5.3. */
uint8_t picture_level(uint64_t bytes);
/* The smallest number of bytes that has the level; 0 for 0. */
uint64_t picture_bytes(uint8_t level);
void picture_set(uint8_t night[static ROW_SLOTS / 2], unsigned slot, uint8_t level);
uint8_t picture_get(const uint8_t night[static ROW_SLOTS / 2], unsigned slot);

#endif
