/* subject.h - who is watched: the source groups of channels.
 *
 * A subject is a listed asset, or a local address that nobody listed.  Local: internal, in a zone's
 * network, seen with the MAC of a listed asset (then it *is* that asset, whatever address it uses),
 * or seen in a zone's VLAN with a peer that is not local either.
 * Bounded: beyond SUBJECTS_MAX new addresses share the subject "unlisted@ZONE" of their zone
 * (counted), so that a spoofing flood cannot take the memory of the assets that matter; listed
 * assets are made at start and always have a place.
 * A vendor with two or more listed assets is a subject too ("vendor@A"): its channels are the sums
 * of its assets', for a leak in which they take turns.
 * Thread: analysis.
 */
#ifndef NW_PROFILE_SUBJECT_H
#define NW_PROFILE_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/site.h"
#include "profile/job.h"

#define SUBJECTS_MAX 16384
#define VOLUME_NIGHTS 28	/* the baseline of DETECTION "Volume" */
#define SUBJECT_RULES_MAX 32
#define BOUND_NIGHTS 365	/* the year over which bets are counted */

/* What the subject uploaded in the night window of one row, over all its channels. */
struct volume_night {
	int64_t row;
	uint64_t up;
};

/* Bets of one row: the inputs of the stated false-alarm bound (DETECTION "The promise"). */
struct bound_night {
	int64_t row;
	uint32_t channel_nights;
	uint16_t promoted, in_play;	/* in_play: nights on which a period of days bet */
};

struct subject {
	char id[SITE_ID_MAX];		/* the asset's id, or the address as text */
	const struct asset *asset;	/* NULL: not listed */
	const struct zone *zone;	/* NULL: in none; of a vendor: of all its assets */
	struct subject *vendor;		/* of an asset: the subject of its vendor, or NULL */
	const char *vendor_name;	/* of a vendor: its name; NULL for all others */
	struct addr addr;		/* the address first seen with */
	uint8_t mac[6];			/* last seen; zero where the link has none */
	uint32_t number;		/* order of creation: stable within a run */
	struct volume_night volume[VOLUME_NIGHTS];	/* ring by row */
	struct volume_night day[VOLUME_NIGHTS];	/* of whole rows, likewise */
	struct job *jobs;		/* what it made of expected entries */
	size_t n_jobs;
	struct job_places *places;	/* shared by all subjects */
	uint32_t given_up;		/* channels whose evidence went, not told yet ... */
	double given_up_m;		/* ... and the largest M among them */
	struct bound_night *bound;	/* ring of BOUND_NIGHTS, made at the first promotion */
	struct row *busy;		/* internal or expected upload (busy.h), or NULL */
	int64_t busy_row;
	uint32_t open_incidents[SUBJECT_RULES_MAX];	/* by rule, see alert/incident.h */
	uint16_t suppressed_incidents[SUBJECT_RULES_MAX];	/* likewise */
	struct crowd *crowd;		/* votes of all assets, numbered as here; NULL: none */
	uint64_t answered_ns;		/* the last DNS answer to it was seen, to an hour; 0: none
					 * ever.  NW-DST-004 */
	bool is_changed;		/* since it was last packed */
	uint32_t counted;		/* scratch of evictions */
	uint32_t networks;		/* that NW-EXF-010 follows (dealing.h) */
	uint8_t servers_asked, servers_named;	/* by kind: whether policy/servers.h was asked if
						 * some are named, and its answer */
};

#define SUBJECT_UNLISTED "unlisted@"	/* begins the ids of what stands for strangers */

struct subjects;

int subjects_new(const struct site *site, struct subjects **ret_subjects);
void subjects_free(struct subjects *s);

/* How an address was met; mac all zero or vlans 0: not known. */
struct sighting {
	const struct addr *addr;
	const uint8_t *mac;
	const uint16_t *vlan;		/* two ids, 0xffff: none */
};
/* The subject behind a sighting, made when first seen.  NULL: not local, or no memory. */
struct subject *subjects_get(struct subjects *s, const struct sighting *seen);
/* Both ends are strangers, in a zone's VLAN: a subject for this one all the same.  NULL: no zone
 * has that VLAN. */
struct subject *subjects_get_stranger(struct subjects *s, const struct sighting *seen);
/* The subject of that id, or NULL. */
struct subject *subjects_by_id(const struct subjects *s, const char *id);
/* The listed asset with that MAC, or NULL. */
struct subject *subjects_by_mac(const struct subjects *s, const uint8_t mac[static 6]);
/* What stands for addresses that nobody listed: "unlisted@ZONE", zone NULL: of no zone.  a: the one
 * that it is asked for; it keeps the first. */
struct subject *subjects_unlisted(struct subjects *s, const struct zone *zone,
				  const struct addr *a);
/* From a state: the subject of that id, made (with its address and zone) when it is not there.
 * NULL: an asset that the site no longer lists, or no memory. */
struct subject *subjects_restore(struct subjects *s, const char *id, const struct addr *a,
				 const char *zone_id);
/* From a state: stands for one of that id that the site no longer lists, as long as it takes to say
 * so.  NULL: no memory. */
struct subject *subjects_stand_in(struct subjects *s, const char *id, const struct addr *a);
size_t subjects_count(const struct subjects *s);
struct subject *subjects_at(const struct subjects *s, size_t number);
uint64_t subjects_overflowed(const struct subjects *s);	/* sightings that got "unlisted@" */
/* Before a state is read: it knows nothing of a later row than that. */
void subjects_set_latest(struct subjects *s, int64_t row);
int64_t subjects_latest(const struct subjects *s);
uint64_t subjects_jobs_refused(const struct subjects *s);	/* see profile/job.h */

void subject_add_volume(struct subject *s, int64_t row, uint64_t up);
/* Upload of the nights in [since, row), at most the last 28, silent ones included (since: the first
 * row the tap saw).  Returns how many. */
unsigned subject_volumes(const struct subject *s, int64_t since, int64_t row,
			 struct volume_night ret[static VOLUME_NIGHTS]);

/* The same of whole rows, for what is locked to the clock at any hour. */
void subject_add_day(struct subject *s, int64_t row, uint64_t up);
unsigned subject_days(const struct subject *s, int64_t since, int64_t row,
		      struct volume_night ret[static VOLUME_NIGHTS]);

void subject_restore_bets(struct subject *s, const struct bound_night *night);
void subject_count_bet(struct subject *s, int64_t row, bool is_promotion);
/* Channel-nights and promotions in the 365 rows up to and with row. */
void subject_bets(const struct subject *s, int64_t row, uint64_t *ret_channel_nights,
		  uint64_t *ret_channels);
/* NW-EXF-002: channel-nights in play for any of its periods, added to that row; and in the 365 rows
 * up to and with row. */
void subject_count_in_play(struct subject *s, int64_t row, uint32_t nights);
uint64_t subject_in_play(const struct subject *s, int64_t row);

#endif
