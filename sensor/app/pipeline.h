/* pipeline.h - the threads between a source and the analysis.
 *
 *   reader (the caller) --rings of packet batches--> workers --rings of event batches--> analysis
 *
 * The reader decodes, picks the shard by the address pair and hands batches of packets to the
 * worker that serves the shard (fragments that may be of a tunnel it puts together before);
 * minute boundaries travel as marks in the same rings, so every shard sees packets and marks in
 * one order whatever the number of workers.  With one worker the reader serves the shards itself
 * and nothing is copied.  The analysis thread takes, for each mark, the events of all workers,
 * sorts them canonically and passes them on. A full ring makes the producer wait: in replay that
 * is the pace, live the kernel's buffer takes it and what does not fit there is counted as kernel
 * drops.
 */
#ifndef NW_APP_PIPELINE_H
#define NW_APP_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>
#include "app/analysis.h"
#include "capture/gaps.h"
#include "capture/source.h"
#include "flow/shard.h"

#define PIPELINE_WORKERS_MAX 64
#define PIPELINE_SHARDS_MAX 256
#define PIPELINE_SHARDS 16

struct event_batch;
struct tap_watch;

/* What a run takes over from the one before and leaves to the next (memory.h).  The calls come on
 * the caller's thread, before the first packet and after the last. */
struct pipeline_carry {
	uint64_t minute_ns; /* start of the minute that was not complete; 0: a first run */
	/* Calls take for each connection kept. */
	void (*flows)(void *arg, shard_flow_fn take, void *take_arg);
	/* Does this run leave its connections to the next?  err: of the source.  Then the old
	 * ones are forgotten, and put_flow keeps one at a time. */
	bool (*ends_clean)(void *arg, int err);
	shard_flow_fn put_flow;
	void *arg;
	/* Events of the incomplete minute: of the last run, and (set by the run) of this one.
	 * The first is taken, the second given. */
	struct event_batch *pending, *ret_pending;
	const struct file_types *files;	/* the site's own in the last run; NULL: none */
	uint64_t ret_minute_ns;		/* start of the minute that is not complete now */
};

struct pipeline_config {
	unsigned workers, shards;	/* 0: 1 worker, PIPELINE_SHARDS */
	bool keep_duplicates;		/* what is mirrored twice counts twice */
	uint64_t carried_key;		/* flow/carried.h: the site's */
	const struct file_types *files;	/* the site's own; NULL: none */
	/* Called by the reader now and then: progress, counters that change while live. */
	void (*tick)(void *arg, const struct source *s, uint64_t now_ns);
	void *tick_arg;
	struct tap_watch *watch;	/* told of every read; NULL: none */
	struct pipeline_carry *carry;	/* NULL: everything is closed and judged at the end */
};

struct pipeline_counters {
	uint64_t decode[PACKET_STATUSES];	/* sums to the source's seen */
	struct shard_counters flow;		/* sum over shards */
	uint64_t carried_in, carried_lost;	/* connections taken over; no room or malformed */
	struct gaps gaps;
	bool is_incomplete;	/* flow events were lost for lack of memory (logged) */
};

/* Runs until the source ends.  0 or -errno (logged): the source broke, or the threads could not
 * be started, and then nothing was read; *ret_counters is set in any case. Without carry
 * analysis_finish() has been called, unless no packet came. */
int pipeline_run(struct source *s, const struct pipeline_config *cfg, struct analysis *a,
		 struct pipeline_counters *ret_counters);

#endif
