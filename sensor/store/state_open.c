/* state_open.c - opening a state and closing it (see state.h).
 *
 *   look at the head of the file	somebody else's, or newer than we: refused, not touched
 *   lock				another process: refused
 *   quick_check			damaged: set aside, a new one is begun
 *   version				older: copied, then migrated in one transaction
 *   WAL, synchronous=FULL		every commit is on the disk when it returns
 *
 * A page of SQLite has no checksum: quick_check sees what is wrong in the structure, not a
 * changed bit in a value; the readers of packed values are bounded and say so themselves.
 *
 * WAL and not a rollback journal, because readers (sinks, `nachtwacht state`) then never wait
 * for the writer nor it for them.  FULL and not NORMAL, because a sink must not have delivered
 * a record that a power cut takes out of the state again.
 */
#include "store/state_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define CHECK_TEXT_MAX 160

static const char pragmas[] =
	"PRAGMA trusted_schema = OFF;"
	"PRAGMA cell_size_check = ON;"		/* damage is told, not followed */
	"PRAGMA cache_size = -16384;"		/* KiB */
	"PRAGMA temp_store = MEMORY;";

static const char write_pragmas[] =
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA secure_delete = ON;"		/* what retention takes out leaves the file */
	"PRAGMA wal_autocheckpoint = 1000;"	/* pages: 4 MB */
	"PRAGMA journal_size_limit = 16777216;";

/* --- refusals ------------------------------------------------------------- */

static int refuse_version(const struct state *s, long long version)
{
	log_err("state", "%s is a state of version %lld and this program knows versions up to %d: "
		"use the newer program, or another --state", s->shown, version, STATE_VERSION);
	return ERR_FORMAT;
}

static int refuse_kind(const struct state *s, const char *what)
{
	log_err("state", "%s is %s, not a state: it is left as it is; give --state another name",
		s->shown, what);
	return ERR_FORMAT;
}

static int fail_open(const struct state *s, int err)
{
	const char *verb = s->mode == STATE_READ ? "read" : "open";

	if (err == -ENOENT && s->mode == STATE_READ)
		log_err("state", "cannot read the state %s: there is no such file", s->shown);
	else if (err == -ENOENT)
		log_err("state", "cannot open the state %s: its folder does not exist; make it "
			"first", s->shown);
	else if (err == -EISDIR)
		log_err("state", "cannot %s the state %s: it is a folder; --state takes the name "
			"of a file in it", verb, s->shown);
	else if (err == -ENOSPC)
		log_err("state", "cannot %s the state %s: %s; free some there", verb, s->shown,
			err_text(err));
	else if (err == -EACCES || err == -EROFS)
		log_err("state", "cannot %s the state %s: %s; a state needs a folder that can be "
			"written", verb, s->shown, err_text(err));
	else
		log_err("state", "cannot %s the state %s: %s", verb, s->shown, err_text(err));
	return err;
}

/* --- the connection ------------------------------------------------------- */

static int connect_to(struct state *s, const char *name, int flags)
{
	int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (!s->db)
		return -ENOMEM;
	sqlite3_extended_result_codes(s->db, 1);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(s->db, STATE_BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, pragmas, NULL, NULL, NULL);
	return state_error(s->db, rc);
}

static void disconnect(struct state *s)
{
	state_schema_finish(s);
	sqlite3_close(s->db);
	s->db = NULL;
}

/* So that what is refused is not even tidied up. */
static void set_checkpoint_on_close(struct state *s, bool wanted)
{
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !wanted, NULL);
}

static int count_tables(struct state *s, int64_t *ret_tables)
{
	return state_schema_number(s, "SELECT count(*) FROM sqlite_schema", ret_tables);
}

/* A database without our id: ours only when there is nothing in it. */
static int look_into_bare(struct state *s)
{
	int64_t tables = 1;
	int err = connect_to(s, s->path, SQLITE_OPEN_READONLY);

	if (!err)
		err = count_tables(s, &tables);
	disconnect(s);
	if (err || tables)
		return refuse_kind(s, "a database of another program");
	return 0;
}

/* What is there may be opened: 0; *ret_damage says why it must be set aside first. */
static int check_kind(struct state *s, bool has_lock, const char **ret_damage)
{
	struct state_look look;
	int err = state_file_look(s->path, &look);

	*ret_damage = NULL;
	if (err == ERR_FORMAT)
		return refuse_kind(s, "a device or a pipe");
	if (err)
		return fail_open(s, err);
	switch (look.kind) {
	case STATE_FILE_FOREIGN:
		return refuse_kind(s, "a database of another program");
	case STATE_FILE_BARE:
		return look_into_bare(s);
	case STATE_FILE_OURS:
		return look.version > STATE_VERSION ? refuse_version(s, look.version) : 0;
	case STATE_FILE_STRANGE:
		if (!has_lock)
			return refuse_kind(s, "a file of another kind");
		*ret_damage = "its first page is not that of a database";
		return 0;
	case STATE_FILE_MISSING:
		if (s->mode == STATE_READ)
			return fail_open(s, -ENOENT);
		break;
	case STATE_FILE_EMPTY:
		break;
	}
	/* No bytes but a write-ahead log: SQLite would delete that. */
	if (state_file_exists(s, "-wal"))
		*ret_damage = "only its -wal is left";
	return 0;
}

/* --- integrity and version ------------------------------------------------ */

static bool is_damage(int err)
{
	return err == ERR_DAMAGED || err == ERR_FORMAT;
}

static int quick_check(struct state *s, char *ret_text, size_t cap)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &stmt, NULL), err = 0;
	const char *text = NULL;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc != SQLITE_ROW)
		err = state_error(s->db, rc);
	else
		text = (const char *)sqlite3_column_text(stmt, 0);
	if (!err && (!text || strcmp(text, "ok"))) {
		err = ERR_DAMAGED;
		text_escape(text ? text : "", text ? strlen(text) : 0, ret_text, cap);
	}
	sqlite3_finalize(stmt);
	return err;
}

/* Everything that reading can find out.  A damage is ERR_DAMAGED with the reason in ret_text, a
 * refusal ERR_LIMIT and was logged. */
static int examine(struct state *s, char *ret_text, size_t cap)
{
	int64_t id = 0, version = 0, tables = 0;
	int err = state_schema_number(s, "PRAGMA application_id", &id);

	if (!err)
		err = state_schema_number(s, "PRAGMA user_version", &version);
	if (!err)
		err = count_tables(s, &tables);
	if (!err && version > STATE_VERSION) {
		refuse_version(s, (long long)version);
		return ERR_LIMIT;
	}
	if (!err && tables && id != STATE_APPLICATION_ID) {
		refuse_kind(s, "a database of another program");
		return ERR_LIMIT;
	}
	s->is_new = !err && !tables;
	if (!err && s->mode == STATE_WRITE && !s->is_new)
		err = quick_check(s, ret_text, cap);
	if (!is_damage(err))
		return err;
	if (!*ret_text)
		text_copy(ret_text, cap, sqlite3_errmsg(s->db));
	return ERR_DAMAGED;
}

static int open_examined(struct state *s, char *ret_text, size_t cap)
{
	int err;

	*ret_text = '\0';
	err = state_file_create(s);
	if (!err)
		err = connect_to(s, s->path, SQLITE_OPEN_READWRITE);
	if (is_damage(err)) {
		text_copy(ret_text, cap, sqlite3_errmsg(s->db));
		return ERR_DAMAGED;
	}
	if (err)
		return fail_open(s, err);
	set_checkpoint_on_close(s, false);
	err = examine(s, ret_text, cap);
	if (err == ERR_LIMIT)
		return ERR_FORMAT;
	if (err && err != ERR_DAMAGED)
		return fail_open(s, err);
	return err;
}

/* Leaves nothing of a state that could not even be begun. */
static void remove_new(struct state *s)
{
	static const char *const parts[] = { "", "-wal", "-shm", "-journal" };
	char path[PATH_MAX];

	disconnect(s);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		unlink(state_file_beside(s, parts[i], path));
}

/* --- the two modes -------------------------------------------------------- */

static int begin_new(struct state *s)
{
	int err = state_schema_create(s);

	if (!err)
		err = state_schema_run(s, write_pragmas);
	if (!err)
		err = state_file_sync_folder(s);
	if (err) {
		remove_new(s);
		return fail_open(s, err);
	}
	log_info("state", "%s is new", s->shown);
	return 0;
}

static int continue_old(struct state *s)
{
	int err = state_schema_run(s, write_pragmas);

	if (err)
		return fail_open(s, err);
	return state_schema_migrate(s, state_steps, ARRAY_SIZE(state_steps), STATE_VERSION);
}

static int open_to_write(struct state *s)
{
	char text[CHECK_TEXT_MAX];
	const char *damage;
	bool has_lock = state_file_exists(s, ".lock");
	int err = check_kind(s, has_lock, &damage);

	if (!err)
		err = state_file_lock(s);
	/* What it is may have changed until the lock was ours. */
	if (!err)
		err = check_kind(s, has_lock, &damage);
	if (!err && damage)
		err = state_file_set_aside(s, damage);
	if (!err)
		err = open_examined(s, text, sizeof(text));
	if (err == ERR_DAMAGED) {
		disconnect(s);
		err = state_file_set_aside(s, text);
		if (!err)
			err = open_examined(s, text, sizeof(text));
	}
	if (err)
		return err;
	err = s->is_new ? begin_new(s) : continue_old(s);
	if (!err)
		set_checkpoint_on_close(s, true);
	return err;
}

/* A clean state in a folder that cannot be written: SQLite reads it when it is told that nobody
 * else can be at work there. */
static int connect_immutable(struct state *s)
{
	char uri[3 * PATH_MAX + 32], *at = uri;
	int err;

	at += snprintf(at, 8, "file:");
	for (const char *c = s->path; *c; c++) {
		if (strchr("?#%", *c))
			at += snprintf(at, 4, "%%%02X", (unsigned)(unsigned char)*c);
		else
			*at++ = *c;
	}
	snprintf(at, 16, "?immutable=1");
	disconnect(s);
	err = connect_to(s, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
	return err ? err : state_schema_run(s, "BEGIN; SELECT count(*) FROM sqlite_schema");
}

static int open_to_read(struct state *s)
{
	char text[CHECK_TEXT_MAX] = "";
	const char *damage;
	int err = check_kind(s, state_file_exists(s, ".lock"), &damage);

	if (err)
		return err;
	if (damage)
		return fail_open(s, ERR_DAMAGED);
	err = connect_to(s, s->path, SQLITE_OPEN_READONLY);
	/* One snapshot for the life of this reader. */
	if (!err)
		err = state_schema_run(s, "BEGIN; SELECT count(*) FROM sqlite_schema");
	if ((err == -EACCES || err == -EROFS || err == -ENOENT) && !state_file_exists(s, "-wal"))
		err = connect_immutable(s);
	if (!err)
		err = examine(s, text, sizeof(text));
	if (err == ERR_LIMIT)
		return ERR_FORMAT;
	return err ? fail_open(s, err) : 0;
}

int state_open(const char *path, enum state_mode mode, struct state **ret_state)
{
	struct state *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (!s)
		return err;
	s->lock_fd = -1;
	s->mode = mode;
	err = state_file_resolve(s, path);
	if (err) {
		fail_open(s, err);
		goto out;
	}
	err = mode == STATE_READ ? open_to_read(s) : open_to_write(s);
	if (err)
		goto out;
	if (mode == STATE_READ && s->is_new) {
		err = refuse_kind(s, "empty");
		goto out;
	}
	err = state_schema_prepare(s);
	if (!err)
		err = state_outbox_load(s);
	if (err) {
		fail_open(s, err);
		goto out;
	}
	*ret_state = steal(&s);
out:	state_close(s);
	return err;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	if (s->db && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	disconnect(s);
	state_seal_free(s);
	state_file_unlock(s);
	state_outbox_forget(s);
	free(s->records);
	pack_free(&s->flat);
	pending_free(&s->pending);
	free(s);
}

const char *state_path(const struct state *s)
{
	return s->path;
}

bool state_was_damaged(const struct state *s)
{
	return s->was_damaged;
}

bool state_is_new(const struct state *s)
{
	return s->is_new;
}
