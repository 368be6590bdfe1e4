/* manifest.h - what a run read, with which program and options, and what it counted (--manifest).
 *
 * The form is rules/schema/manifest.schema.json.  Counters are kept by dotted names; "balance" says
 * that every packet is accounted for: seen = the sum of every place where a packet can end.
 * "gaps" are silence, "blind" is what the tap did not see and was judged by, "declared_gaps" the
 * file where a part of that comes from.
 */
#ifndef NW_OUTPUT_MANIFEST_H
#define NW_OUTPUT_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>
#include "alert/incident.h"
#include "capture/gaps.h"
#include "capture/source.h"
#include "detect/unnamed.h"
#include "flow/shard.h"
#include "policy/gaps_file.h"
#include "profile/coverage.h"

struct manifest_facts {			/* all borrowed */
	const struct source *source;
	const uint64_t *pipeline;	/* decode counters by enum packet_status */
	const struct shard_counters *flow;
	const struct channels_counters *channels;
	const struct incidents_counters *incidents;
	const struct site *site;
	const char *run_id, *sensor;
	const char *alerts, *flows;	/* outputs, or NULL */
	const char *filter, *from, *to;
	unsigned workers, shards;
	bool dedup;			/* --dedup */
	uint64_t flows_outside;
	uint64_t nights_judged, channel_nights;	/* nights of all hours together; bets made */
	uint64_t subjects, subjects_overflowed;
	const struct links_counters *links;	/* rows kept and evicted */
	uint64_t links_beyond;
	const struct dealings_counters *dealings;
	const uint64_t *unnamed;	/* by enum unnamed (detect/unnamed.h) */
	const struct gaps *gaps;	/* the first of them are listed */
	const struct gaps_file *declared;	/* NULL: none; the first of them are listed */
	uint64_t packets_declared;		/* captured inside of them */
	struct coverage *coverage;		/* the newest of its stretches are listed */
	bool is_incomplete;		/* events were lost for lack of memory */
};

/* path: a file, or "-".  0 or -errno (logged). */
int manifest_write(const char *path, const struct manifest_facts *facts);

#endif
