/* outbox.h - records on their way out: kept until every sink has taken them.
 *
 * The analysis appends, sinks follow with a cursor of their own.  There are two, behind one face:
 *
 *   outbox_new()		in memory, for a run without a state.  Bounded by OUTBOX_BYTES_MAX:
 *				when full, outbox_append() waits for the sinks in replay and live
 *				(the packet path is not involved: rings and shards go on, analysis
 *				lags and says so).  Three things end that waiting: a sink takes
 *				records; the patience with the sink that holds them runs out, and
 *				it is given up; outbox_close() or outbox_interrupt(), and then the
 *				records that waited go in over the bound, before the sinks see
 *				the end.
 *   outbox_new_on_state()	(state.h) records are rows; a sink sees them after the commit, and
 *				stands where it stood when the program starts again.  The
 *				appender never waits.
 *
 * Threads: one appender; any number of sinks, each with its own cursor; a mutex inside, no lock
 * is held while a sink works.  outbox_close() may come from any thread, outbox_interrupt() from a
 * signal handler.
 */
#ifndef NW_STORE_OUTBOX_H
#define NW_STORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alert/record.h"

#define OUTBOX_SINKS_MAX 8
#define OUTBOX_BYTES_MAX (64ULL << 20)	/* records not yet taken by all: about 20 000 of them */

struct outbox;

int outbox_new(struct outbox **ret_outbox);
void outbox_free(struct outbox *o);			/* after sinks have stopped */
bool outbox_is_durable(const struct outbox *o);		/* on a state */

/* Before the first append: a sink's number, 0.., or an error (ERR_LIMIT: too many).  name is
 * copied; on a state it is what the sink's place is found by: "file:/var/log/alerts.jsonl". */
int outbox_add_sink(struct outbox *o, const char *name);

/* How long an append waits for this sink while it takes nothing, before the sink is given up (which
 * is logged; outbox_waiting() counts what it lost).  By default for ever.  In memory only. */
void outbox_set_patience(struct outbox *o, int sink, uint64_t ns);
/* Another bound than OUTBOX_BYTES_MAX, before the first append.  In memory only. */
void outbox_set_bound(struct outbox *o, uint64_t bytes);

/* Takes r.  Never loses it, may wait; not after outbox_close().  Without sinks it is freed, or
 * stays in the state. */
void outbox_append(struct outbox *o, struct record *r);
void outbox_close(struct outbox *o);			/* no more records will come */
/* Async-signal-safe: from now on no append waits.  Seen within 200 ms. */
void outbox_interrupt(struct outbox *o);

/* Up to max records after the sink's cursor, oldest first, borrowed until the sink peeks again
 * or takes.  Waits until there is one, or until timeout_ns of the monotonic clock have passed, or
 * the outbox is closed.  0 with *ret_closed true: closed and drained; on a state also closed and
 * not to be read any more (logged; outbox_waiting() tells). */
size_t outbox_peek(struct outbox *o, int sink, const struct record **records, size_t max,
		   uint64_t timeout_ns, bool *ret_closed);
void outbox_taken(struct outbox *o, int sink, size_t n);	/* moves the cursor */
void outbox_give_up(struct outbox *o, int sink);	/* it takes no more: what waits is left */
/* Not taken by it yet; after outbox_give_up() what was left, and all that came later. */
size_t outbox_waiting(struct outbox *o, int sink);
/* Waits up to timeout_ns for the end: true when the outbox is closed.  For a sink that pauses. */
bool outbox_wait_end(struct outbox *o, uint64_t timeout_ns);

/* What a sink wants to find again, e.g. the offset up to which its file is written.  It goes
 * with the cursor: it takes effect with the sink's next outbox_taken(), and both are saved by
 * the same commit. */
void outbox_set_mark(struct outbox *o, int sink, uint64_t mark);

struct outbox_place {			/* where a sink of a state stands when it begins */
	bool is_known;			/* an earlier run had this sink */
	bool has_all;			/* every record since the sink's first is still there */
	bool keeps_file;		/* the state was begun anew after damage: a new sink empties
					 * no file, what is in it may be all that is left */
	uint64_t mark;
};
/* The two that follow change it; all three before the first peek. */
void outbox_place(struct outbox *o, int sink, struct outbox_place *ret_place);
void outbox_rewind(struct outbox *o, int sink);	/* when has_all: back to its first record, mark 0 */
/* What was before mark is not only what this outbox gave: has_all is never true again.  The
 * sink gets records only after a commit has saved this, or a crash would have it write them
 * twice. */
void outbox_forget_first(struct outbox *o, int sink, uint64_t mark);

struct outbox_counters {
	uint64_t appended;		/* records */
	uint64_t full_waits;		/* appends that had to wait for a sink */
	uint64_t full_wait_ns;		/* of the monotonic clock, all of them together */
	uint64_t bytes;			/* held now (on a state: not committed): a gauge */
};
void outbox_counters(struct outbox *o, struct outbox_counters *ret_counters);

#endif
