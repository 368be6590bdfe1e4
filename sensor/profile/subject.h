/* subject.h - who is watched: the source groups of channels.
 *
 * A subject is a listed asset, or an internal address that nobody listed.  Bounded: beyond
 * SUBJECTS_MAX new addresses share the subject "unlisted" (counted), so that a spoofing flood
 * cannot take the memory of the assets that matter; listed assets are made at start and always have
 * a place. Thread: analysis.
 */
#ifndef NW_PROFILE_SUBJECT_H
#define NW_PROFILE_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/site.h"

#define SUBJECTS_MAX 16384
#define VOLUME_NIGHTS 28	/* the baseline of DETECTION "Volume" */
#define BOUND_NIGHTS 365	/* the year over which bets are counted */

/* What the subject uploaded in the night window of one row, over all its channels. */
struct volume_night {
	int64_t row;
	uint64_t up;
};

/* Bets of one row: the inputs of the stated false-alarm bound (DETECTION "The promise"). */
struct bound_night {
	int64_t row;
	uint32_t channel_nights, promoted;
};

struct subject {
	char id[SITE_ID_MAX];		/* the asset's id, or the address as text */
	const struct asset *asset;	/* NULL: not listed */
	const struct zone *zone;	/* NULL: in no zone */
	struct addr addr;		/* the address first seen with */
	uint8_t mac[6];			/* last seen; zero where the link has none */
	uint32_t number;		/* order of creation: stable within a run */
	struct volume_night volume[VOLUME_NIGHTS];	/* ring by row */
	struct bound_night *bound;	/* ring of BOUND_NIGHTS, made at the first promotion */
	uint32_t closed_zone_peers;	/* open NW-DST-002 incidents, see alert/incident.h */
};

struct subjects;

int subjects_new(const struct site *site, struct subjects **ret_subjects);
void subjects_free(struct subjects *s);

/* The subject of an internal address, made when first seen.  NULL: not internal, or no memory. */
struct subject *subjects_get(struct subjects *s, const struct addr *a);
size_t subjects_count(const struct subjects *s);
struct subject *subjects_at(const struct subjects *s, size_t number);
uint64_t subjects_overflowed(const struct subjects *s);	/* look-ups that got "unlisted" */

void subject_add_volume(struct subject *s, int64_t row, uint64_t up);
/* Upload of the nights in [since, row), at most the last 28, silent ones included (since: the first
 * row the tap saw).  Returns how many. */
unsigned subject_volumes(const struct subject *s, int64_t since, int64_t row,
			 struct volume_night ret[static VOLUME_NIGHTS]);

void subject_count_bet(struct subject *s, int64_t row, bool is_promotion);
/* Channel-nights and promotions in the 365 rows up to and with row. */
void subject_bets(const struct subject *s, int64_t row, uint64_t *ret_channel_nights,
		  uint64_t *ret_channels);

#endif
