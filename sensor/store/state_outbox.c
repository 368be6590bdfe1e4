/* state_outbox.c - records in the state: appended, committed, deleted when they are old (see
 * state.h).
 *
 * A record has a position, counted from 1 without a gap, which is what cursors are; its
 * event.sequence is its own business.  Records appended since the last commit are in memory
 * only and written by it.
 */
#include "store/state_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "store/record_pack.h"

#define FIRST_RECORDS 16

int state_outbox_load(struct state *s)
{
	int64_t position = 0, sequence = 0, after_damage = 0;
	int err = state_schema_number(s, "SELECT position FROM outbox_end", &position);

	if (!err)
		err = state_schema_number(s, "SELECT sequence FROM outbox_end", &sequence);
	if (!err)
		err = state_schema_number(s, "SELECT after_damage FROM outbox_end", &after_damage);
	s->last_position = s->committed_position = (uint64_t)position;
	s->last_sequence = (uint64_t)sequence;
	s->is_after_damage = after_damage != 0;
	return err;
}

/* --- appending ------------------------------------------------------------ */

static bool make_room(struct state *s)
{
	size_t cap = s->records_cap ? 2 * s->records_cap : FIRST_RECORDS;
	struct record **records;

	if (s->n_records < s->records_cap)
		return true;
	records = realloc(s->records, cap * sizeof(struct record *));
	if (!records)
		return false;
	s->records = records;
	s->records_cap = cap;
	return true;
}

int state_append(struct state *s, struct record *r)
{
	int err = s->mode == STATE_READ ? -EROFS : 0;

	/* A commit empties the list, so without memory to grow it that is the way. */
	if (!err && !make_room(s) && (state_commit(s) || !make_room(s)))
		err = -ENOMEM;
	if (err) {
		log_err("state", "record %llu is lost: %s", (unsigned long long)r->sequence,
			err_text(err));
		record_free(r);
		return err;
	}
	s->last_position++;
	if (r->sequence > s->last_sequence)
		s->last_sequence = r->sequence;
	s->records[s->n_records++] = r;
	return 0;
}

uint64_t state_last_sequence(struct state *s)
{
	return s->last_sequence;
}

/* --- committing ----------------------------------------------------------- */

static int write_record(struct state *s, const struct record *r, uint64_t position)
{
	sqlite3_stmt *put = s->put_record;

	pack_reset(&s->flat);
	record_pack_flat(&s->flat, &r->flat);
	if (s->flat.has_failed)
		return -ENOMEM;
	sqlite3_bind_int64(put, 1, (sqlite3_int64)position);
	sqlite3_bind_int(put, 2, (int)r->kind);
	sqlite3_bind_int64(put, 3, (sqlite3_int64)r->sequence);
	sqlite3_bind_int64(put, 4, (sqlite3_int64)r->flat.ts_ms);
	sqlite3_bind_blob64(put, 5, s->flat.bytes, s->flat.len, SQLITE_STATIC);
	sqlite3_bind_text64(put, 6, r->json_len ? r->json : "", r->json_len, SQLITE_STATIC,
			    SQLITE_UTF8);
	return state_step_done(s, put);
}

static int write_sink(struct state *s, const struct state_sink_row *sink)
{
	sqlite3_stmt *put = s->put_sink;

	sqlite3_bind_blob64(put, 1, sink->name, strlen(sink->name), SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, (sqlite3_int64)sink->first);
	sqlite3_bind_int64(put, 3, (sqlite3_int64)sink->cursor);
	sqlite3_bind_int64(put, 4, (sqlite3_int64)sink->mark);
	return state_step_done(s, put);
}

int state_outbox_write(struct state *s, const struct state_sink_row *sinks, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < s->n_records; i++)
		err = write_record(s, s->records[i], s->committed_position + 1 + i);
	for (size_t i = 0; !err && i < n; i++)
		err = write_sink(s, &sinks[i]);
	if (err || !s->n_records)
		return err;
	sqlite3_bind_int64(s->put_end, 1, (sqlite3_int64)s->last_position);
	sqlite3_bind_int64(s->put_end, 2, (sqlite3_int64)s->last_sequence);
	return state_step_done(s, s->put_end);
}

void state_outbox_forget(struct state *s)
{
	for (size_t i = 0; i < s->n_records; i++)
		record_free(s->records[i]);
	s->n_records = 0;
}

void state_outbox_committed(struct state *s)
{
	state_outbox_forget(s);
	s->committed_position = s->last_position;
	if (s->hooks.committed)
		s->hooks.committed(s->hooks.arg, s->committed_position);
}

/* --- what is there -------------------------------------------------------- */

int state_outbox_sink(struct state *s, const char *name, struct state_sink_row *ret_row)
{
	sqlite3_stmt *get = s->get_sink;
	int err, rc;

	sqlite3_bind_blob64(get, 1, name, strlen(name), SQLITE_STATIC);
	rc = sqlite3_step(get);
	err = rc == SQLITE_ROW ? 0 :
	      rc == SQLITE_DONE ? -ENOENT : state_fail_read(s, state_error(s->db, rc));
	if (!err)
		*ret_row = (struct state_sink_row){
			.name = name,
			.first = (uint64_t)sqlite3_column_int64(get, 0),
			.cursor = (uint64_t)sqlite3_column_int64(get, 1),
			.mark = (uint64_t)sqlite3_column_int64(get, 2),
		};
	sqlite3_reset(get);
	sqlite3_clear_bindings(get);
	return err;
}

uint64_t state_outbox_oldest(struct state *s)
{
	uint64_t oldest = 0;

	if (sqlite3_step(s->oldest) == SQLITE_ROW)
		oldest = (uint64_t)sqlite3_column_int64(s->oldest, 0);
	sqlite3_reset(s->oldest);
	return oldest ? oldest : s->committed_position + 1;
}

struct record *state_record_read(sqlite3_stmt *row, int first_column)
{
	struct record *r = calloc(1, sizeof(*r));
	const void *flat, *json;
	size_t len;

	if (!r)
		return NULL;
	r->kind = (enum record_kind)sqlite3_column_int(row, first_column);
	r->sequence = (uint64_t)sqlite3_column_int64(row, first_column + 1);
	flat = sqlite3_column_blob(row, first_column + 2);
	len = (size_t)sqlite3_column_bytes(row, first_column + 2);
	if (!flat || !record_unpack_flat(flat, len, &r->flat))
		goto damaged;
	json = sqlite3_column_text(row, first_column + 3);
	len = (size_t)sqlite3_column_bytes(row, first_column + 3);
	r->json = json ? malloc(len + 1) : NULL;
	if (!r->json)
		goto damaged;
	memcpy(r->json, json, len);
	r->json[len] = '\0';
	r->json_len = len;
	return r;
damaged:
	record_free(r);
	return NULL;
}

int state_each_record(struct state *s, uint64_t after, state_record_fn record, void *arg)
{
	sqlite3_stmt *each = NULL;
	int rc = sqlite3_prepare_v2(s->db, "SELECT kind, sequence, flat, json, position FROM outbox"
				    " WHERE position > ?1 ORDER BY position", -1, &each, NULL);
	int err = 0;

	sqlite3_bind_int64(each, 1, (sqlite3_int64)after);
	while (!err && rc == SQLITE_OK && (rc = sqlite3_step(each)) == SQLITE_ROW) {
		struct record *r = state_record_read(each, 0);

		err = r ? record(arg, (uint64_t)sqlite3_column_int64(each, 4), r) :
		      state_fail_read(s, ERR_DAMAGED);
		record_free(r);
		rc = SQLITE_OK;
	}
	if (!err && rc != SQLITE_DONE)
		err = state_fail_read(s, state_error(s->db, rc));
	sqlite3_finalize(each);
	return err;
}

int state_each_sink(struct state *s, state_sink_fn sink, void *arg)
{
	sqlite3_stmt *each = NULL;
	int rc = sqlite3_prepare_v2(s->db, "SELECT name, cursor, mark FROM sink ORDER BY name", -1,
				    &each, NULL);
	int err = 0;

	while (!err && rc == SQLITE_OK && (rc = sqlite3_step(each)) == SQLITE_ROW) {
		uint64_t cursor = (uint64_t)sqlite3_column_int64(each, 1);
		const char *name = (const char *)sqlite3_column_text(each, 0);

		err = sink(arg, name ? name : "", s->committed_position + 1 - cursor,
			   (uint64_t)sqlite3_column_int64(each, 2));
		rc = SQLITE_OK;
	}
	if (!err && rc != SQLITE_DONE)
		err = state_fail_read(s, state_error(s->db, rc));
	sqlite3_finalize(each);
	return err;
}

/* --- retention ------------------------------------------------------------ */

/* The first position to keep: the first that is young enough or still needed. */
static int find_kept(struct state *s, uint64_t needed_from, uint64_t keep_from_ms,
		     uint64_t *ret_kept)
{
	uint64_t kept = 0;
	int rc;

	sqlite3_bind_int64(s->scan, 1, (sqlite3_int64)needed_from);
	while ((rc = sqlite3_step(s->scan)) == SQLITE_ROW) {
		if ((uint64_t)sqlite3_column_int64(s->scan, 1) >= keep_from_ms)
			break;
		kept = (uint64_t)sqlite3_column_int64(s->scan, 0) + 1;
	}
	sqlite3_reset(s->scan);
	*ret_kept = kept;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : state_error(s->db, rc);
}

int state_prune_outbox(struct state *s, uint64_t now_ns, uint64_t keep_ns)
{
	uint64_t needed_from = s->committed_position + 1, kept = 0, waiting = UINT64_MAX;
	int err;

	if (s->mode == STATE_READ)
		return -EROFS;
	if (now_ns < keep_ns)
		return 0;
	if (s->hooks.needed_from)
		waiting = s->hooks.needed_from(s->hooks.arg);
	if (waiting < needed_from)
		needed_from = waiting;
	err = find_kept(s, needed_from, (now_ns - keep_ns) / NS_PER_MS, &kept);
	if (err)
		return state_fail_read(s, err);
	if (!kept)
		return 0;
	err = state_begin(s);
	if (!err) {
		sqlite3_bind_int64(s->prune, 1, (sqlite3_int64)kept);
		err = state_step_done(s, s->prune);
	}
	/* On a full disk the old records stay until the next time. */
	if (err)
		state_roll_back(s);
	return err;
}
