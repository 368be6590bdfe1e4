/* outbox_state.c - an outbox over a state (see outbox.h and state.h).
 *
 *   analysis:  append -> the state's memory -> state_commit() -> rows        end = committed + 1
 *   a sink:    peek   -> rows from the cursor on, by a read connection of its own -> held in memory
 *              taken  -> cursor and mark, in memory; saved by the next state_commit()
 *
 * A sink sees nothing that is not on the disk, so what it has delivered is never forgotten.
 * What it has taken since the last commit it takes again after a crash: the file is cut back to
 * the mark that belongs to the cursor, and Redis gets the same event.id twice.
 *
 * A sink that stands still costs nothing: rows wait on the disk, and at most READ_BYTES of them
 * are held for it.  The appender never waits.  Read transactions are as long as one SELECT, so
 * they do not keep the -wal from being emptied.
 *
 * Threads: open_sink, append and the hooks run on the thread of the state, the rest on those of the
 * sinks; a reader belongs to its sink's thread, and to outbox_free() when that has stopped.
 */
#include "store/outbox_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "store/state_internal.h"

#define READ_AHEAD 64			/* records, when a sink asks for fewer */
#define READ_MAX 512
#define READ_BYTES (4U << 20)

struct reader {
	sqlite3 *db;
	sqlite3_stmt *select;
	struct record *held[READ_MAX];	/* from the cursor on, until taken */
	size_t n;
	bool said_unread;
};

struct stand {				/* of a sink, as saved */
	uint64_t first, cursor, mark;
};

struct outbox_state {
	struct outbox box;		/* first: the face knows no other */
	struct state *state;
	char path[PATH_MAX];
	struct reader *readers[OUTBOX_SINKS_MAX];	/* each its sink's own */
	struct stand saved[OUTBOX_SINKS_MAX];		/* in the last commit */
	struct stand saving[OUTBOX_SINKS_MAX];		/* in the one that is under way */
	uint64_t oldest;		/* record in the file when it was opened */
};

static struct outbox_state *state_of(struct outbox *o)
{
	return (struct outbox_state *)o;
}

/* --- reading -------------------------------------------------------------- */

static void reader_free(struct reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		record_free(r->held[i]);
	sqlite3_finalize(r->select);
	sqlite3_close(r->db);
	free(r);
}

static int reader_open(struct reader *r, const char *path)
{
	int rc;

	if (r->select)
		return 0;
	sqlite3_close(steal(&r->db));	/* of an attempt before */
	rc = sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	if (!r->db)
		return -ENOMEM;
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(r->db, STATE_BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(r->db, "PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(r->db, "SELECT kind, sequence, flat, json FROM outbox"
					" WHERE position >= ?1 AND position < ?2 ORDER BY position",
					-1, SQLITE_PREPARE_PERSISTENT, &r->select, NULL);
	return state_error(r->db, rc);
}

/* Holds the rows of [from, to), until READ_BYTES or `want` are held. */
static int hold_rows(struct reader *r, uint64_t from, uint64_t to, size_t want)
{
	size_t bytes = 0;
	int rc = SQLITE_DONE, err = 0;

	for (size_t i = 0; i < r->n; i++)
		bytes += outbox_record_bytes(r->held[i]);
	sqlite3_bind_int64(r->select, 1, (sqlite3_int64)from);
	sqlite3_bind_int64(r->select, 2, (sqlite3_int64)to);
	while (!err && r->n < want && bytes < READ_BYTES &&
	       (rc = sqlite3_step(r->select)) == SQLITE_ROW) {
		struct record *record = state_record_read(r->select, 0);

		if (!record) {
			err = ERR_DAMAGED;
		} else {
			bytes += outbox_record_bytes(record);
			r->held[r->n++] = record;
		}
	}
	if (!err)
		err = state_error(r->db, rc);
	/* The positions before `to` are all there, so none may be missing. */
	if (!err && rc == SQLITE_DONE && !r->n)
		err = ERR_DAMAGED;
	sqlite3_reset(r->select);
	return err;
}

static void say_unread(const struct outbox_state *os, int sink, int err)
{
	const char *name = os->box.sinks[sink].name;
	struct reader *r = os->readers[sink];
	char shown[256];

	if (!r->said_unread)
		log_err("outbox", "cannot read records for %s from the state: %s; they stay there",
			text_escape(name, strlen(name), shown, sizeof(shown)), err_text(err));
	r->said_unread = true;
}

/* Reads without the lock: only this sink's thread moves its cursor, and `end` only grows. */
static size_t state_read(struct outbox *o, int sink, const struct record **records, size_t max)
{
	struct outbox_state *os = state_of(o);
	struct reader *r = os->readers[sink];
	uint64_t cursor = o->sinks[sink].cursor, end = o->end;
	size_t want = max < READ_AHEAD ? READ_AHEAD : max > READ_MAX ? READ_MAX : max;
	int err = 0;

	if (r->n < max && cursor + r->n < end && r->n < want) {
		pthread_mutex_unlock(&o->lock);
		err = reader_open(r, os->path);
		if (!err)
			err = hold_rows(r, cursor + r->n, end, want);
		if (err)
			say_unread(os, sink, err);
		else
			r->said_unread = false;
		pthread_mutex_lock(&o->lock);
	}
	max = max < r->n ? max : r->n;
	for (size_t i = 0; i < max; i++)
		records[i] = r->held[i];
	return max;
}

static void state_taken(struct outbox *o, int sink, size_t n)
{
	struct reader *r = state_of(o)->readers[sink];

	n = n < r->n ? n : r->n;
	for (size_t i = 0; i < n; i++)
		record_free(r->held[i]);
	r->n -= n;
	memmove(r->held, r->held + n, r->n * sizeof(struct record *));
}

static void state_give_up(struct outbox *o, int sink)
{
	(void)o;
	(void)sink;
}

/* --- sinks across runs ---------------------------------------------------- */

static void say_gap(const struct outbox_sink *s, uint64_t oldest)
{
	char shown[256];

	log_warn("outbox", "%llu records were too old to be kept and are gone before %s took them",
		 (unsigned long long)(oldest - s->cursor),
		 text_escape(s->name, strlen(s->name), shown, sizeof(shown)));
}

static int state_open_sink(struct outbox *o, int sink)
{
	struct outbox_state *os = state_of(o);
	struct outbox_sink *s = &o->sinks[sink];
	struct state_sink_row row;
	int err = state_outbox_sink(os->state, s->name, &row);

	if (err && err != -ENOENT)
		return err;
	os->readers[sink] = calloc(1, sizeof(struct reader));
	if (!os->readers[sink])
		return -ENOMEM;
	if (err)
		return 0;
	s->is_known = true;
	s->first = row.first;
	s->cursor = row.cursor;
	s->mark = s->next_mark = row.mark;
	os->saved[sink] = (struct stand){ row.first, row.cursor, row.mark };
	if (s->cursor > o->end)		/* not by us; nothing may be read from beyond the end */
		s->cursor = o->end;
	if (s->cursor < os->oldest) {
		say_gap(s, os->oldest);
		s->cursor = os->oldest;
	}
	return 0;
}

static bool state_has_first(struct outbox *o, int sink)
{
	return state_of(o)->oldest <= o->sinks[sink].first;
}

static struct stand stand_of(const struct outbox_sink *s)
{
	return (struct stand){ .first = s->first, .cursor = s->cursor, .mark = s->mark };
}

static size_t moved_sinks(void *arg, struct state_sink_row *ret_rows, size_t max)
{
	struct outbox_state *os = arg;
	struct outbox *o = &os->box;
	size_t n = 0;

	pthread_mutex_lock(&o->lock);
	for (int i = 0; i < o->n_sinks && n < max; i++) {
		struct stand now = stand_of(&o->sinks[i]);

		os->saving[i] = now;
		if (now.first == os->saved[i].first && now.cursor == os->saved[i].cursor &&
		    now.mark == os->saved[i].mark && !o->sinks[i].waits_for_commit)
			continue;
		ret_rows[n++] = (struct state_sink_row){ o->sinks[i].name, now.first, now.cursor,
							 now.mark };
	}
	pthread_mutex_unlock(&o->lock);
	return n;
}

static void committed(void *arg, uint64_t position)
{
	struct outbox_state *os = arg;
	struct outbox *o = &os->box;

	memcpy(os->saved, os->saving, sizeof(os->saved));
	pthread_mutex_lock(&o->lock);
	o->end = position + 1;
	o->counters.bytes = 0;
	for (int i = 0; i < o->n_sinks; i++)
		o->sinks[i].waits_for_commit = false;
	pthread_cond_broadcast(&o->came);
	pthread_mutex_unlock(&o->lock);
}

static uint64_t needed_from(void *arg)
{
	struct outbox *o = &((struct outbox_state *)arg)->box;
	uint64_t from = UINT64_MAX;

	pthread_mutex_lock(&o->lock);
	for (int i = 0; i < o->n_sinks; i++)
		if (!o->sinks[i].has_given_up && o->sinks[i].cursor < from)
			from = o->sinks[i].cursor;
	pthread_mutex_unlock(&o->lock);
	return from;
}

/* --- the store ------------------------------------------------------------ */

static void state_append_record(struct outbox *o, struct record *r)
{
	size_t bytes = outbox_record_bytes(r);

	if (state_append(state_of(o)->state, r))
		return;
	pthread_mutex_lock(&o->lock);
	o->counters.appended++;
	o->counters.bytes += bytes;
	pthread_mutex_unlock(&o->lock);
}

static void state_free_outbox(struct outbox *o)
{
	struct outbox_state *os = state_of(o);

	os->state->hooks = (struct state_hooks){ .arg = NULL };
	for (int i = 0; i < OUTBOX_SINKS_MAX; i++)
		reader_free(os->readers[i]);
	outbox_fini(o);
	free(os);
}

static const struct outbox_store on_state = {
	.is_durable = true,
	.open_sink = state_open_sink,
	.append = state_append_record,
	.read = state_read,
	.taken = state_taken,
	.give_up = state_give_up,
	.has_first = state_has_first,
	.free = state_free_outbox,
};

int outbox_new_on_state(struct state *s, struct outbox **ret_outbox)
{
	struct outbox_state *os = calloc(1, sizeof(*os));

	if (!os || outbox_init(&os->box, &on_state)) {
		free(os);
		return -ENOMEM;
	}
	os->state = s;
	text_copy(os->path, sizeof(os->path), s->path);
	os->oldest = state_outbox_oldest(s);
	os->box.end = s->committed_position + 1;
	os->box.keeps_files = s->is_after_damage;
	s->hooks = (struct state_hooks){ .moved = moved_sinks, .committed = committed,
					 .needed_from = needed_from, .arg = os };
	*ret_outbox = &os->box;
	return 0;
}
