/* state_schema.c - the tables, their versions, and the statements on them.
 *
 * Each table of long memory is (key, value), both opaque; STRICT, rows found by the index of the
 * key. WITHOUT ROWID would save that index, but keeps at most a quarter of a page of a row in its
 * tree: values of 1 kB took 4.7 kB each (1.4 kB this way), and a commit of 1 000 new rows with
 * scattered keys rewrote the whole tree (16 ms and more; 3 ms this way, where new rows lie side by
 * side).
 *
 *   outbox		a record each; position counts from 1 without gaps
 *   outbox_end		one row: the last position and event.sequence, which outlive the records
 *   sink		first, cursor and mark of each sink by name
 */
#include "store/state_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define SQL_MAX 256
#define TABLE(name) \
	"CREATE TABLE " name "(key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL)" \
	" STRICT;"

static const char schema[] =
	TABLE("meta") TABLE("subject") TABLE("channel") TABLE("evidence") TABLE("incident")
	TABLE("flow") TABLE("destination") TABLE("act") TABLE("tally")
	"CREATE TABLE outbox(position INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
	" sequence INTEGER NOT NULL, ts_ms INTEGER NOT NULL, flat BLOB NOT NULL,"
	" json TEXT NOT NULL) STRICT;"
	"CREATE TABLE outbox_end(one INTEGER PRIMARY KEY CHECK(one = 1),"
	" position INTEGER NOT NULL, sequence INTEGER NOT NULL,"
	" after_damage INTEGER NOT NULL) STRICT;"
	"CREATE TABLE sink(name BLOB NOT NULL PRIMARY KEY, first INTEGER NOT NULL,"
	" cursor INTEGER NOT NULL, mark INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

static const char *const table_names[] = {
	[STATE_META] = "meta", [STATE_SUBJECT] = "subject", [STATE_CHANNEL] = "channel",
	[STATE_EVIDENCE] = "evidence", [STATE_INCIDENT] = "incident", [STATE_FLOW] = "flow",
	[STATE_DESTINATION] = "destination", [STATE_ACT] = "act",
	[STATE_TALLY] = "tally",
};
static_assert(ARRAY_SIZE(table_names) == STATE_TABLES, "a table without its name");
static_assert(STATE_TABLES <= PENDING_TABLES, "pending.h is too small for the tables");

/* Version 2: the baseline of destinations, and the log of who accepted what.  3: what rules keep of
 * their own. */
const struct state_step state_steps[STATE_VERSION - 1] = {
	{ 1, TABLE("destination") TABLE("act") },
	{ 2, TABLE("tally") },
};

int state_schema_run(struct state *s, const char *sql)
{
	return state_error(s->db, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

int state_schema_number(struct state *s, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), err;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	err = rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? -ENOENT : state_error(s->db, rc);
	if (!err)
		*ret_number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return err;
}

/* --- versions ------------------------------------------------------------- */

int state_schema_create(struct state *s)
{
	char sql[SQL_MAX];
	int err = state_schema_run(s, "BEGIN IMMEDIATE");

	if (!err)
		err = state_schema_run(s, schema);
	text_format(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d;"
		    "INSERT INTO outbox_end VALUES (1, 0, 0, %d); COMMIT", STATE_APPLICATION_ID,
		    STATE_VERSION, s->was_damaged);
	return err ? err : state_schema_run(s, sql);
}

/* SQLite does not sync what VACUUM INTO writes. */
static int sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

static int copy_before(struct state *s, int to_version)
{
	char suffix[STATE_SUFFIX_MAX], to[PATH_MAX], part[PATH_MAX];
	sqlite3_stmt *stmt = NULL;
	int err, rc;

	text_format(suffix, sizeof(suffix), ".before-v%d", to_version);
	state_file_beside(s, suffix, to);
	text_format(suffix, sizeof(suffix), ".before-v%d.part", to_version);
	state_file_beside(s, suffix, part);
	unlink(part);
	rc = sqlite3_prepare_v2(s->db, "VACUUM INTO ?1", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, part, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	err = rc == SQLITE_DONE ? 0 : state_error(s->db, rc);
	sqlite3_finalize(stmt);
	if (!err)
		err = sync_file(part);
	if (!err && rename(part, to))
		err = -errno;
	if (err)
		unlink(part);
	return err ? err : state_file_sync_folder(s);
}

static int run_steps(struct state *s, const struct state_step *steps, size_t n, int from, int to)
{
	char sql[SQL_MAX];
	int err = 0, at = from;

	for (size_t i = 0; !err && i < n; i++)
		if (steps[i].from == at && at < to) {
			err = state_schema_run(s, steps[i].sql);
			at++;
		}
	if (!err && at != to)
		err = ERR_FORMAT;
	text_format(sql, sizeof(sql), "PRAGMA user_version = %d; COMMIT", to);
	return err ? err : state_schema_run(s, sql);
}

int state_schema_migrate(struct state *s, const struct state_step *steps, size_t n, int to)
{
	int64_t from = 0;
	int err = state_schema_number(s, "PRAGMA user_version", &from);

	if (err || from == to)
		return err;
	err = copy_before(s, to);
	if (!err)
		err = state_schema_run(s, "BEGIN IMMEDIATE");
	if (!err) {
		err = run_steps(s, steps, n, (int)from, to);
		if (!sqlite3_get_autocommit(s->db))
			state_schema_run(s, "ROLLBACK");
	}
	if (err)
		log_err("state", "cannot bring %s from version %d to %d: %s; it is as it was",
			s->shown, (int)from, to, err_text(err));
	else
		log_notice("state", "%s was brought from version %d to %d; %s.before-v%d is the "
			   "copy from before", s->shown, (int)from, to, s->shown, to);
	return err;
}

/* --- statements ----------------------------------------------------------- */

struct statement {
	sqlite3_stmt **stmt;
	const char *sql;
	bool writes;
};

static int prepare(struct state *s, const struct statement *st)
{
	int rc;

	if (st->writes && s->mode == STATE_READ)
		return 0;
	rc = sqlite3_prepare_v3(s->db, st->sql, -1, SQLITE_PREPARE_PERSISTENT, st->stmt, NULL);
	return state_error(s->db, rc);
}

static int prepare_table(struct state *s, enum state_table t)
{
	struct table_statements *table = &s->tables[t];
	const struct statement list[] = {
		/* REPLACE would be a deletion and a new row at the end. */
		{ &table->put, "INSERT INTO %s VALUES (?1, ?2)"
			       " ON CONFLICT(key) DO UPDATE SET value = excluded.value", true },
		{ &table->del, "DELETE FROM %s WHERE key = ?1", true },
		{ &table->clear, "DELETE FROM %s", true },
		{ &table->get, "SELECT value FROM %s WHERE key = ?1", false },
		{ &table->each, "SELECT key, value FROM %s ORDER BY key", false },
		{ &table->count, "SELECT count(*) FROM %s", false },
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(list); i++) {
		char sql[SQL_MAX];
		const char *hole = strstr(list[i].sql, "%s");

		text_format(sql, sizeof(sql), "%.*s%s%s", (int)(hole - list[i].sql), list[i].sql,
			    table_names[t], hole + 2);
		err = prepare(s, &(struct statement){ list[i].stmt, sql, list[i].writes });
	}
	return err;
}

/* An older version that is only read has not every table: those are empty. */
static bool has_table(struct state *s, enum state_table t)
{
	char sql[SQL_MAX];
	int64_t n = 0;

	if (s->mode == STATE_WRITE)
		return true;
	text_format(sql, sizeof(sql), "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
		    " AND name = '%s'", table_names[t]);
	return state_schema_number(s, sql, &n) || n;
}

int state_schema_prepare(struct state *s)
{
	const struct statement list[] = {
		{ &s->begin, "BEGIN IMMEDIATE", true },
		{ &s->commit, "COMMIT", true },
		{ &s->rollback, "ROLLBACK", true },
		{ &s->put_record, "INSERT INTO outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6)", true },
		{ &s->put_sink, "REPLACE INTO sink VALUES (?1, ?2, ?3, ?4)", true },
		{ &s->put_end, "UPDATE outbox_end SET position = ?1, sequence = ?2", true },
		{ &s->prune, "DELETE FROM outbox WHERE position < ?1", true },
		{ &s->get_sink, "SELECT first, cursor, mark FROM sink WHERE name = ?1", false },
		{ &s->oldest, "SELECT min(position) FROM outbox", false },
		{ &s->scan, "SELECT position, ts_ms FROM outbox WHERE position < ?1"
			    " ORDER BY position", false },
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(list); i++)
		err = prepare(s, &list[i]);
	for (enum state_table t = 0; !err && t < STATE_TABLES; t++)
		if (has_table(s, t))
			err = prepare_table(s, t);
	return err;
}

void state_schema_finish(struct state *s)
{
	sqlite3_stmt *stmt;

	if (!s->db)
		return;
	while ((stmt = sqlite3_next_stmt(s->db, NULL)))
		sqlite3_finalize(stmt);
	memset(s->tables, 0, sizeof(s->tables));
}
