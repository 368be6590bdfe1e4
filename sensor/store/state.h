/* state.h - the state file: long memory and the outbox of records, committed together.
 *
 * One SQLite database (WAL).  Long memory is a set of tables of opaque records, packed by the
 * rooms that own them (base/pack.h); the state knows keys and bytes only.  Records on their way
 * out are rows of the outbox.  A transaction takes both, so that after a crash there is never a
 * finding without its record, nor a record whose finding is forgotten.
 *
 * Damage: quick_check at opening; a file that fails is renamed to NAME.damaged-<UTC time> with
 * its -wal and said so, and a new one is begun (state_was_damaged()).  A file of a newer
 * program is refused and not touched; an older one is migrated in one transaction after a copy
 * NAME.before-vN was made. One process at a time: a second one is refused with the pid of the
 * first (a lock beside the file, kept for the life of the process). Thread: the analysis, but
 * for the functions marked otherwise.  All errors are logged once, with the path.
 */
#ifndef NW_STORE_STATE_H
#define NW_STORE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alert/record.h"

struct state;

enum state_table {
	STATE_META,		/* text key -> value */
	STATE_SUBJECT,
	STATE_CHANNEL,		/* facts and the running row: hot */
	STATE_EVIDENCE,		/* nights and processes: cold, changes once a night */
	STATE_INCIDENT,
	STATE_FLOW,		/* connections carried over the end of a run */
	STATE_DESTINATION,	/* the baseline (profile/baseline.h) */
	STATE_ACT,		/* who accepted or revoked what, in order (profile/baseline.h) */
	STATE_TALLY,		/* what rules keep of their own (app/tally_store.h) */
	STATE_TABLES
};

enum state_mode {
	STATE_WRITE,		/* made when missing */
	STATE_READ		/* for `nachtwacht state`: no lock, never writes, beside a writer */
};

/* 0; -EBUSY another process; ERR_FORMAT not a state file or of a newer version; -EROFS, -EACCES,
 * -ENOSPC ...  Each was logged with the remedy.  path: a file. */
int state_open(const char *path, enum state_mode mode, struct state **ret_state);
void state_close(struct state *s);	/* NULL is fine.  An open transaction is rolled back */
bool state_was_damaged(const struct state *s);	/* new, because the old one was set aside */
bool state_is_new(const struct state *s);
/* The process that seems to be at work on it, by its pid in the lock; 0: none.  For people. */
long state_writer(const struct state *s);
const char *state_path(const struct state *s);	/* absolute; lives as long as the state */

/* --- long memory
 * ------------------------------------------------------------------------------- */

/* Writes belong to the next commit; until then they are held in memory, the latest of each key,
 * and are seen by the functions below.  0, -ENOMEM, ERR_LIMIT, or -EROFS for a state opened
 * with STATE_READ. */
int state_put(struct state *s, enum state_table t, const void *key, size_t key_len,
	      const void *value, size_t value_len);
int state_delete(struct state *s, enum state_table t, const void *key, size_t key_len);
int state_clear(struct state *s, enum state_table t);
/* 0 with the value copied into *ret_value (gives), -ENOENT, or an error. */
int state_get(struct state *s, enum state_table t, const void *key, size_t key_len,
	      void **ret_value, size_t *ret_len);
/* Every row in the order of keys; key and value borrowed during the call; a non-zero result
 * ends it and is returned.  It may put and delete, but not walk through the same table. */
typedef int (*state_row_fn)(void *arg, const void *key, size_t key_len, const void *value,
			    size_t value_len);
int state_each(struct state *s, enum state_table t, state_row_fn row, void *arg);
uint64_t state_rows(struct state *s, enum state_table t);

int state_put_number(struct state *s, const char *name, int64_t value);	/* in STATE_META */
int64_t state_get_number(struct state *s, const char *name, int64_t otherwise);

/* Makes everything since the last commit durable (WAL, synchronous=FULL), records and cursors
 * of sinks included; then sinks may see the records.  On failure (disk full) everything stays
 * in memory, is said once, and is tried again at the next commit: nothing is lost while the
 * process lives. */
int state_commit(struct state *s);

/* Takes it as one more record of the outbox; sinks see it after the commit.  Takes r. */
int state_append(struct state *s, struct record *r);
uint64_t state_last_sequence(struct state *s);	/* event.sequence of the newest record, 0: none */

/* The records that are committed, after that position (0: all), oldest first, and the sinks
 * with how many records each has still to take; for `nachtwacht state`.  Borrowed during the
 * call; a non-zero result ends it and is returned. */
typedef int (*state_record_fn)(void *arg, uint64_t position, const struct record *r);
int state_each_record(struct state *s, uint64_t after, state_record_fn record, void *arg);
typedef int (*state_sink_fn)(void *arg, const char *name, uint64_t waiting, uint64_t mark);
int state_each_sink(struct state *s, state_sink_fn sink, void *arg);

/* --- for sinks, through store/outbox.h only
 * ------------------------------------------------------- */

struct outbox;
/* An outbox over this state: outbox_append() is state_append(), outbox_peek() reads committed
 * rows through a connection of the sink's own, cursors are kept by the name of the sink across
 * runs.  A sink that is new to the state begins at the next record.  One outbox at a time; free
 * it before the state. outbox_add_sink() and outbox_append() belong to the thread of the state.
 * At the end: state_commit(), outbox_close(), the sinks' close, state_commit() once more for
 * where they stand, outbox_free(), state_close(). */
int outbox_new_on_state(struct state *s, struct outbox **ret_outbox);

/* Deletes records that every sink of this run has taken and that are older than keep_ns of
 * capture time; with the next commit.  A sink that gave up, or that an earlier run had, holds
 * records back no longer. */
int state_prune_outbox(struct state *s, uint64_t now_ns, uint64_t keep_ns);

#endif
