/* memory.h - the analysis and the state file: loaded at start, committed on the way, carried over
 * the end.
 *
 * What a run leaves behind is what the next one needs to go on as if there had been one:
 *   - subjects, channels, evidence, incidents, the sequence of records    (profile/ and alert/ pack
 * them)
 *   - connections that are open, with the sums of their running minute    (flow/carry.c)
 *   - events of the minute that was not complete at the end ("pending")
 *   - names that DNS gave                                             (profile/resolved.h)
 *   - where the analysis stands in capture time ("now")
 *
 * A run that is killed leaves its last commit, and the connections and pending events of its
 * *start*. The next run over the same inputs reads them again from the beginning: the packet path
 * does everything again, and the analysis passes by what it had taken in.  Over other inputs it
 * goes on from now, without the connections.
 *
 * A commit is due after every record (a record must not leave before the state that caused it is
 * durable) and every MEMORY_COMMIT_NS of the wall clock; when it comes never changes a result.
 * Threads: memory_step() runs on the analysis thread, the rest on the caller's while that does not
 * run.
 */
#ifndef NW_APP_MEMORY_H
#define NW_APP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include "app/analysis.h"
#include "app/pipeline.h"
#include "store/state.h"

#define MEMORY_COMMIT_NS (10 * 1000000000ULL)

struct memory;

/* 0 or -errno (logged).  The state is refused when it is of another site or time zone (-EINVAL). */
int memory_open(const char *path, const struct site *site, struct memory **ret_memory);
/* Saves where the sinks stand, and closes. */
void memory_close(struct memory *m);
struct state *memory_state(struct memory *m);
void memory_cover(struct memory *m, struct coverage *c); /* is kept at every commit; borrows */

/* How this run follows the last one.  inputs: a text that is the same for the same inputs and
 * options, "" live.  first_ns: the earliest stamp of the inputs, 0 unknown.
 * 0: go on; *ret_from_ns is where the input is to begin (0: at its beginning).  -EEXIST: the inputs
 * begin before the end of what the state knows, and this is no run to be resumed (logged, with the
 * remedy); allow_old: leave out what is known instead. */
int memory_plan(struct memory *m, const char *inputs, uint64_t first_ns, bool allow_old,
		uint64_t *ret_from_ns);
/* Fills the analysis's tables.  0, -ENOMEM or -EIO (logged). */
int memory_load(struct memory *m, struct analysis *a);
/* The same for tables of one's own; the state may be one that is only read.  *ret_left_out: rows
 * that belong to nobody whom the site lists, or are damaged.  0, or an error of reading (logged).
 */
int memory_load_tables(struct state *s, const struct site *site, const struct analysis_parts *parts,
		       uint64_t *ret_left_out);
struct pipeline_carry *memory_carry(struct memory *m);	/* for the pipeline */
/* Without a state: one of its own in a directory for temporary files, which goes with it; for
 * memory_renew() alone, nothing is kept in it before.  0 or -errno (logged). */
int memory_open_scratch(const struct site *site, struct analysis *a, struct memory **ret_memory);
/* Another policy of the same site: everything is kept, and the analysis taken up by new tables
 * under it, as a restart would (analysis_renew()).  The old site may go after it.  0 or an error
 * (logged): all is as it was.  Thread: analysis, between two steps. */
int memory_renew(struct memory *m, const struct site *site);

void memory_step(void *memory, bool has_records);	/* an analysis_step_fn */
/* After memory_finish(): the open night is told, its records are kept, and nothing else changes.
 * 0 or -errno (logged). */
int memory_preview(struct memory *m);
/* After the pipeline.  last_ns: the newest stamp.  0 or -errno (logged). */
int memory_finish(struct memory *m, uint64_t last_ns);

#endif
