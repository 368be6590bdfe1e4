/* state_internal.h - what the files of the state share; for them and their tests only. */
#ifndef NW_STORE_STATE_INTERNAL_H
#define NW_STORE_STATE_INTERNAL_H

#include <limits.h>
#include <sqlite3.h>
#include "base/pack.h"
#include "store/outbox.h"
#include "store/pending.h"
#include "store/state.h"

#define STATE_APPLICATION_ID 0x4e775374	/* "NwSt", in every state's header */
#define STATE_VERSION 3			/* user_version of what this program writes */
#define STATE_SUFFIX_MAX 48		/* ".damaged-20260117T051000Z-2-wal" fits */
#define STATE_BUSY_MS 2000

struct table_statements {
	sqlite3_stmt *put, *del, *get, *each, *clear, *count;
};

struct state_sink_row {			/* where a sink stands: positions of the outbox */
	const char *name;		/* borrowed */
	uint64_t first;			/* its first record ever; 0: no longer known */
	uint64_t cursor;		/* the next record to take */
	uint64_t mark;
};

/* How an outbox takes part in the commits of its state.  All on the state's thread. */
struct state_hooks {
	/* Sinks that stand elsewhere than was last committed. */
	size_t (*moved)(void *arg, struct state_sink_row *ret_rows, size_t max);
	/* They are durable now, with all records up to that position. */
	void (*committed)(void *arg, uint64_t position);
	/* The first position that a sink of this run has not taken; UINT64_MAX: none waits. */
	uint64_t (*needed_from)(void *arg);
	void *arg;
};

struct sealer;

struct state {
	sqlite3 *db;
	char path[PATH_MAX];		/* absolute, so never taken for a URI */
	char shown[256];		/* as given, escaped */
	int lock_fd;
	enum state_mode mode;
	bool is_new, was_damaged;
	bool is_after_damage;		/* so was this one, in this run or an earlier one */
	struct table_statements tables[STATE_TABLES];
	sqlite3_stmt *begin, *commit, *rollback;
	sqlite3_stmt *put_record, *put_sink, *put_end, *get_sink, *oldest, *scan, *prune;

	struct sealer *sealer;		/* state_seal.c; NULL: rows are kept as they are */
	struct pending pending;		/* of the tables, since the last commit */
	struct record **records;	/* the same of the outbox */
	size_t n_records, records_cap;
	struct packer flat;
	uint64_t last_position, committed_position;
	uint64_t last_sequence;
	struct state_hooks hooks;
	bool said_unsaved, said_unread;
};

/* --- state_file.c: the file beside which the lock lies, before SQLite touches it
 * ---------------- */

enum state_file_kind {
	STATE_FILE_MISSING,
	STATE_FILE_EMPTY,		/* no bytes yet */
	STATE_FILE_OURS,		/* a database with our application_id */
	STATE_FILE_BARE,		/* a database without any application_id */
	STATE_FILE_FOREIGN,		/* a database of another program */
	STATE_FILE_STRANGE		/* no database at all, or one whose first page is damaged */
};

struct state_look {
	enum state_file_kind kind;
	uint32_t version;		/* user_version in the header; the -wal may know better */
};

/* Fills s->path and s->shown.  0, -ENOENT (the folder), -ENAMETOOLONG ...  Not logged. */
int state_file_resolve(struct state *s, const char *path);
int state_file_look(const char *path, struct state_look *ret_look);	/* 0 or -errno */
const char *state_file_beside(const struct state *s, const char *suffix, char buf[static PATH_MAX]);
bool state_file_exists(const struct state *s, const char *suffix);
int state_file_lock(struct state *s);		/* 0; logs and -EBUSY ... */
void state_file_unlock(struct state *s);
int state_file_create(struct state *s);		/* an empty one, mode 0640, if there is none */
/* Renames it with what belongs to it, and says so with the reason.  0 or -errno (logged). */
int state_file_set_aside(struct state *s, const char *why);
int state_file_sync_folder(const struct state *s);

/* --- state_schema.c
 * ---------------------------------------------------------------------------- */

struct state_step {			/* one version to the next */
	int from;
	const char *sql;
};

extern const struct state_step state_steps[STATE_VERSION - 1];

int state_schema_create(struct state *s);	/* 0 or an error of state_error() */
/* Brings the file from its version up to that one, after a copy PATH.before-vN was made. */
int state_schema_migrate(struct state *s, const struct state_step *steps, size_t n, int to);
int state_schema_prepare(struct state *s);
void state_schema_finish(struct state *s);	/* finalises every statement */
/* The value of a PRAGMA or of a SELECT of one number.  0 or an error. */
int state_schema_number(struct state *s, const char *sql, int64_t *ret_number);
int state_schema_run(struct state *s, const char *sql);

/* --- state.c
 * ----------------------------------------------------------------------------------- */

/* What the last failing call on db means in our error space. */
int state_error(sqlite3 *db, int rc);
int state_step_done(struct state *s, sqlite3_stmt *stmt);	/* runs and resets it */
int state_begin(struct state *s);	/* a transaction, unless there is one */
int state_apply(struct state *s);	/* what is pending goes into the transaction */
void state_roll_back(struct state *s);	/* what is pending stays pending */
int state_fail_read(struct state *s, int err);	/* says so once; returns err */

/* --- state_seal.c
 * ---------------------------------------------------------------------------- */

struct state_bytes {
	const void *bytes;		/* borrowed: till the next call for the same state */
	size_t len;
};

/* In place of what is given, when the state is sealed.  key of the value functions: the clear one.
 * 0, -ENOMEM, ERR_LIMIT; opening also ERR_DAMAGED (said once). */
int state_seal_key(struct state *s, enum state_table t, struct state_bytes *key);
int state_seal_value(struct state *s, enum state_table t, const struct state_bytes *key,
		     struct state_bytes *value);
int state_open_value(struct state *s, enum state_table t, const struct state_bytes *key,
		     struct state_bytes *value);
/* state_each() of a sealed state; what does not open is left out, said once. */
int state_each_sealed(struct state *s, enum state_table t, state_row_fn row, void *arg);
void state_seal_free(struct state *s);

/* --- state_outbox.c
 * ---------------------------------------------------------------------------- */

int state_outbox_load(struct state *s);
int state_outbox_write(struct state *s, const struct state_sink_row *sinks, size_t n);
void state_outbox_committed(struct state *s);
void state_outbox_forget(struct state *s);	/* frees what is not committed */
/* The sink of that name: 0 or -ENOENT or an error. */
int state_outbox_sink(struct state *s, const char *name, struct state_sink_row *ret_row);
/* The oldest record that is still there, or the next one to come. */
uint64_t state_outbox_oldest(struct state *s);

/* A record from a row: NULL: damaged, or no memory.  kind, sequence, flat, json in these columns of
 * the statement's present row. */
struct record *state_record_read(sqlite3_stmt *row, int first_column);

#endif
