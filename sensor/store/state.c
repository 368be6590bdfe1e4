/* state.c - the tables of long memory, and the commit (see state.h).
 *
 *   put, delete, clear -> pending (memory, the latest of each key) -> commit -> SQLite
 *   get: pending, else SQLite
 *   each, rows: pending goes into the transaction first, then SQLite
 *
 * Writing behind has two reasons.  A row that changes with every slice is written once a
 * commit.  And SQLite rolls a transaction back by itself when the disk is full: what was in it
 * would be gone, unless it is still here.  So a commit is: begin, everything pending, commit;
 * when one of these fails, roll back and keep everything for the next time.
 *
 * Cost: a put is a hash look-up and a copy; a commit some 3 us a row and the syncs of the disk.
 */
#include "store/state_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"

#define VALUE_MAX (256U << 20)		/* SQLite's own limit is 1 GB */
#define NUMBER_VERSION 1

/* --- errors --------------------------------------------------------------- */

static int system_error(sqlite3 *db, int otherwise)
{
	int number = sqlite3_system_errno(db);

	return number ? -number : otherwise;
}

int state_error(sqlite3 *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_TOOBIG:
		return ERR_LIMIT;
	case SQLITE_CORRUPT:
		return ERR_DAMAGED;
	case SQLITE_NOTADB:
		return ERR_FORMAT;
	case SQLITE_CANTOPEN:
		return system_error(db, -EACCES);
	case SQLITE_IOERR:
		return rc == SQLITE_IOERR_NOMEM ? -ENOMEM : system_error(db, -EIO);
	default:
		log_debug("state", "SQLite says %d: %s", rc, sqlite3_errmsg(db));
		return -EIO;
	}
}

int state_fail_read(struct state *s, int err)
{
	if (!s->said_unread)
		log_err("state", "cannot read %s: %s%s", s->shown, err_text(err),
			err == ERR_DAMAGED || err == ERR_FORMAT ?
			"; it is set aside at the next start" : "");
	s->said_unread = true;
	return err;
}

/* --- one statement -------------------------------------------------------- */

/* A NULL pointer would bind NULL, which is no empty value. */
static int bind_blob(sqlite3_stmt *stmt, int at, const void *bytes, size_t len)
{
	return sqlite3_bind_blob64(stmt, at, len ? bytes : "", len, SQLITE_STATIC);
}

int state_step_done(struct state *s, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt), err = state_error(s->db, rc);

	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return err;
}

int state_begin(struct state *s)
{
	return sqlite3_get_autocommit(s->db) ? state_step_done(s, s->begin) : 0;
}

static int apply_row(struct state *s, const struct pending_row *row)
{
	const struct table_statements *t = &s->tables[row->table];
	sqlite3_stmt *stmt = row->value ? t->put : t->del;
	const struct state_bytes clear = { row->key, row->key_len };
	struct state_bytes key = clear, value = { row->value, row->value_len };
	int rc, err = state_seal_key(s, row->table, &key);

	if (!err && row->value)
		err = state_seal_value(s, row->table, &clear, &value);
	if (err)
		return err;
	rc = bind_blob(stmt, 1, key.bytes, key.len);
	if (rc == SQLITE_OK && row->value)
		rc = bind_blob(stmt, 2, value.bytes, value.len);
	return rc == SQLITE_OK ? state_step_done(s, stmt) : state_error(s->db, rc);
}

int state_apply(struct state *s)
{
	struct pending *p = &s->pending;
	int err = 0;

	if (p->is_applied || pending_is_empty(p))
		return 0;
	/* In the order of the tree, so that each of its pages is visited once. */
	pending_sort(p);
	for (unsigned t = 0; !err && t < STATE_TABLES; t++)
		if (p->is_cleared[t])
			err = state_step_done(s, s->tables[t].clear);
	for (size_t i = 0; !err && i < p->n; i++)
		err = apply_row(s, p->rows[i]);
	p->is_applied = !err;
	return err;
}

void state_roll_back(struct state *s)
{
	/* Some errors have done it already. */
	if (!sqlite3_get_autocommit(s->db))
		state_step_done(s, s->rollback);
	s->pending.is_applied = false;
}

/* What is pending must be seen by a SELECT. */
static int show_pending(struct state *s)
{
	int err;

	if (pending_is_empty(&s->pending) || s->pending.is_applied)
		return 0;
	err = state_begin(s);
	if (!err)
		err = state_apply(s);
	if (err)
		state_roll_back(s);
	return err;
}

/* --- long memory ---------------------------------------------------------- */

static int check_write(const struct state *s, size_t key_len, size_t value_len)
{
	if (s->mode == STATE_READ)
		return -EROFS;
	return key_len > VALUE_MAX || value_len > VALUE_MAX ? ERR_LIMIT : 0;
}

int state_put(struct state *s, enum state_table t, const void *key, size_t key_len,
	      const void *value, size_t value_len)
{
	int err = check_write(s, key_len, value_len);

	return err ? err : pending_set(&s->pending, t, key, key_len, value_len ? value : "",
				       value_len);
}

int state_delete(struct state *s, enum state_table t, const void *key, size_t key_len)
{
	int err = check_write(s, key_len, 0);

	return err ? err : pending_set(&s->pending, t, key, key_len, NULL, 0);
}

int state_clear(struct state *s, enum state_table t)
{
	int err = check_write(s, 0, 0);

	if (!err)
		pending_clear_table(&s->pending, t);
	return err;
}

/* Copies a value, with a zero byte behind it that is not counted. */
static int give(const void *bytes, size_t len, void **ret_value, size_t *ret_len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return -ENOMEM;
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	*ret_value = copy;
	*ret_len = len;
	return 0;
}

/* The value of a row that a SELECT has found. */
static int give_found(struct state *s, enum state_table t, const struct state_bytes *key,
		      sqlite3_stmt *get, void **ret_value, size_t *ret_len)
{
	struct state_bytes value = { sqlite3_column_blob(get, 0),
				     (size_t)sqlite3_column_bytes(get, 0) };
	int err = state_open_value(s, t, key, &value);

	/* As a value whose reader finds it damaged: without it. */
	return err ? (err == ERR_DAMAGED ? -ENOENT : err) :
		     give(value.bytes, value.len, ret_value, ret_len);
}

int state_get(struct state *s, enum state_table t, const void *key, size_t key_len,
	      void **ret_value, size_t *ret_len)
{
	const struct pending_row *row = pending_find(&s->pending, t, key, key_len);
	sqlite3_stmt *get = s->tables[t].get;
	const struct state_bytes clear = { key, key_len };
	struct state_bytes sealed = clear;
	int rc, err;

	if (row && row->value)
		return give(row->value, row->value_len, ret_value, ret_len);
	if (row || s->pending.is_cleared[t] || !get)
		return -ENOENT;
	err = state_seal_key(s, t, &sealed);
	if (err)
		return err;
	rc = bind_blob(get, 1, sealed.bytes, sealed.len);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(get);
	if (rc == SQLITE_ROW)
		err = give_found(s, t, &clear, get, ret_value, ret_len);
	else
		err = rc == SQLITE_DONE ? -ENOENT : state_fail_read(s, state_error(s->db, rc));
	sqlite3_reset(get);
	sqlite3_clear_bindings(get);
	return err;
}

int state_each(struct state *s, enum state_table t, state_row_fn row, void *arg)
{
	sqlite3_stmt *each = s->tables[t].each;
	int err, rc = SQLITE_DONE;

	if (!each)
		return 0;	/* a table that this version has not */
	err = sqlite3_stmt_busy(each) ? -EBUSY : show_pending(s);
	if (!err && s->sealer)
		return state_each_sealed(s, t, row, arg);
	while (!err && (rc = sqlite3_step(each)) == SQLITE_ROW) {
		const void *key = sqlite3_column_blob(each, 0);
		const void *value = sqlite3_column_blob(each, 1);

		err = row(arg, key ? key : "", (size_t)sqlite3_column_bytes(each, 0),
			  value ? value : "", (size_t)sqlite3_column_bytes(each, 1));
	}
	if (!err && rc != SQLITE_DONE)
		err = state_fail_read(s, state_error(s->db, rc));
	if (err != -EBUSY)
		sqlite3_reset(each);
	return err;
}

uint64_t state_rows(struct state *s, enum state_table t)
{
	sqlite3_stmt *count = s->tables[t].count;
	uint64_t n = 0;
	int rc;

	if (!count || show_pending(s))
		return 0;
	rc = sqlite3_step(count);
	if (rc == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(count, 0);
	else
		state_fail_read(s, state_error(s->db, rc));
	sqlite3_reset(count);
	return n;
}

int state_put_number(struct state *s, const char *name, int64_t value)
{
	struct packer p = { 0 };
	int err;

	pack_u8(&p, NUMBER_VERSION);
	pack_u64(&p, (uint64_t)value);
	err = p.has_failed ? -ENOMEM :
	      state_put(s, STATE_META, name, strlen(name), p.bytes, p.len);
	pack_free(&p);
	return err;
}

int64_t state_get_number(struct state *s, const char *name, int64_t otherwise)
{
	struct unpacker u;
	void *value;
	size_t len;
	uint64_t number;
	uint8_t version;

	if (state_get(s, STATE_META, name, strlen(name), &value, &len))
		return otherwise;
	u = unpack_over(value, len);
	version = unpack_u8(&u);
	number = unpack_u64(&u);
	free(value);
	return version == NUMBER_VERSION && unpack_ok(&u) ? (int64_t)number : otherwise;
}

/* --- the commit ----------------------------------------------------------- */

static int commit_all(struct state *s, const struct state_sink_row *sinks, size_t n_sinks)
{
	int err = state_begin(s);

	if (!err)
		err = state_apply(s);
	if (!err)
		err = state_outbox_write(s, sinks, n_sinks);
	if (!err)
		err = state_step_done(s, s->commit);
	if (err)
		state_roll_back(s);
	return err;
}

static void say_unsaved(struct state *s, int err)
{
	if (!s->said_unsaved)
		log_err("state", "cannot save to %s: %s; everything is kept in memory and "
			"tried again, and records wait with it", s->shown, err_text(err));
	s->said_unsaved = true;
}

int state_commit(struct state *s)
{
	struct state_sink_row sinks[OUTBOX_SINKS_MAX];
	size_t n_sinks = 0;
	int err;

	if (s->mode == STATE_READ)
		return -EROFS;
	if (s->hooks.moved)
		n_sinks = s->hooks.moved(s->hooks.arg, sinks, OUTBOX_SINKS_MAX);
	if (pending_is_empty(&s->pending) && !s->n_records && !n_sinks &&
	    sqlite3_get_autocommit(s->db))
		return 0;
	err = commit_all(s, sinks, n_sinks);
	if (err) {
		say_unsaved(s, err);
		return err;
	}
	if (s->said_unsaved)
		log_notice("state", "%s is saved again", s->shown);
	s->said_unsaved = false;
	pending_free(&s->pending);
	state_outbox_committed(s);
	return 0;
}
