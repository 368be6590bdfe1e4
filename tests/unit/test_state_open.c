/* test_state_open.c - whatever lies at the path: one clear sentence, and nothing damaged. */
#include <errno.h>
#include <sys/wait.h>
#include "base/err.h"
#include "state_world.h"

/* Opening fails with that error and sentence, and leaves path byte for byte. */
static void check_refused(const char *path, enum state_mode mode, int expect, const char *sentence)
{
	size_t before_len, after_len;
	char *before = world_read(path, &before_len), *after;
	struct state *s = NULL;

	EQUAL_INT(state_open(path, mode, &s), expect);
	SAID_ONCE(sentence);
	CU_ASSERT_PTR_NULL(s);
	after = world_read(path, &after_len);
	EQUAL_INT(after_len, before_len);
	CU_ASSERT(after_len == before_len && !memcmp(before, after, before_len));
	EQUAL_INT(world_count("damaged", NULL, 0), 0);
	free(before);
	free(after);
}

/* Opening succeeds with a new state, and what was there lies beside it. */
static void check_set_aside(const char *why)
{
	size_t before_len, after_len;
	char *before = world_read(world_path, &before_len), *after, aside[256] = "";
	struct state *s = world_state();

	SAID_ONCE(why);
	CU_ASSERT(state_was_damaged(s));
	CU_ASSERT(state_is_new(s));
	EQUAL_INT(world_count(".damaged-", aside, sizeof(aside)), 1);
	after = world_read(aside, &after_len);
	EQUAL_INT(after_len, before_len);
	CU_ASSERT(after_len == before_len && !memcmp(before, after, before_len));
	EQUAL_INT(put_text(s, STATE_META, "a", "1"), 0);
	EQUAL_INT(state_commit(s), 0);
	state_close(s);
	s = world_state();
	CU_ASSERT(!state_was_damaged(s));	/* only once */
	EQUAL_TEXT(get_text(s, STATE_META, "a"), "1");
	state_close(s);
	free(before);
	free(after);
	world_close();
}

static void make_state(void)
{
	struct state *s;
	char value[300];

	world_open();
	s = world_state();
	memset(value, 'v', sizeof(value));
	for (int i = 0; i < 1000; i++)
		state_put(s, STATE_CHANNEL, &i, sizeof(i), value, sizeof(value));
	EQUAL_INT(state_commit(s), 0);
	state_close(s);
	EQUAL_INT(said_n, 0);
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	EQUAL_INT(sqlite3_open(path, &db), SQLITE_OK);
	EQUAL_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* --- wrong paths
 * --------------------------------------------------------------------------------- */

static void test_wrong_paths(void)
{
	char path[PATH_MAX + 8];

	world_open();
	check_refused(world_folder, STATE_WRITE, -EISDIR, "it is a folder");
	check_refused(world_folder, STATE_READ, -EISDIR, "it is a folder");
	snprintf(path, sizeof(path), "%s/none/nw.state", world_folder);
	check_refused(path, STATE_WRITE, -ENOENT, "its folder does not exist");
	snprintf(path, sizeof(path), "%s/none/", world_folder);
	check_refused(path, STATE_WRITE, -EISDIR, "it is a folder");
	check_refused(world_path, STATE_READ, -ENOENT, "there is no such file");
	check_refused("", STATE_WRITE, -ENOENT, "cannot open the state");
	check_refused("/dev/null", STATE_WRITE, ERR_FORMAT, "a device or a pipe");
	snprintf(path, sizeof(path), "%s/%0*d", world_folder, 300, 0);
	check_refused(path, STATE_WRITE, -ENAMETOOLONG, "File name too long");
	EQUAL_INT(world_count("", NULL, 0), 0);		/* nothing was left behind */
	world_close();
}

static void test_other_files(void)
{
	char garbage[5000];

	world_open();
	memset(garbage, 0xa5, sizeof(garbage));
	world_write(world_path, 0, garbage, sizeof(garbage));
	check_refused(world_path, STATE_WRITE, ERR_FORMAT, "a file of another kind, not a state");
	check_refused(world_path, STATE_READ, ERR_FORMAT, "a file of another kind, not a state");
	unlink(world_path);
	world_write(world_path, 0, "short", 5);
	check_refused(world_path, STATE_WRITE, ERR_FORMAT, "a file of another kind, not a state");
	unlink(world_path);
	run_sql(world_path, "PRAGMA application_id = 42; CREATE TABLE t(a)");
	check_refused(world_path, STATE_WRITE, ERR_FORMAT, "a database of another program");
	unlink(world_path);
	run_sql(world_path, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
	check_refused(world_path, STATE_WRITE, ERR_FORMAT, "a database of another program");
	EQUAL_INT(world_count("", NULL, 0), 1);		/* no lock beside it either */
	unlink(world_path);
	run_sql(world_path, "PRAGMA user_version = 0; VACUUM");	/* a database with nothing in it */
	state_close(world_state());
	EQUAL_INT(said_n, 0);
	world_close();
}

static void test_read_only_folder(void)
{
	char sub[128], path[160];
	struct state *s = NULL;
	uid_t was = geteuid();

	make_state();
	snprintf(sub, sizeof(sub), "%s/sub", world_folder);
	snprintf(path, sizeof(path), "%s/nw.state", sub);
	mkdir(sub, 0755);
	EQUAL_INT(rename(world_path, path), 0);
	chmod(path, 0644);
	chmod(sub, 0555);
	if (!was && seteuid(65534)) {
		printf("# not tried: cannot be another user\n");
	} else {
		check_refused(path, STATE_WRITE, -EACCES, "a folder that can be written");
		EQUAL_INT(state_open(path, STATE_READ, &s), 0);		/* but it can be read */
		EQUAL_INT(s ? state_rows(s, STATE_CHANNEL) : 0, 1000);
		state_close(s);
		EQUAL_INT(said_n, 0);
	}
	if (!was)
		EQUAL_INT(seteuid(was), 0);
	chmod(sub, 0755);
	unlink(path);
	rmdir(sub);
	world_close();
}

/* --- versions
 * ------------------------------------------------------------------------------------ */

static const struct state_step steps[] = {
	{ STATE_VERSION, "CREATE TABLE added(a INTEGER) STRICT; INSERT INTO added VALUES (5)" },
	{ STATE_VERSION + 1, "UPDATE added SET a = a + 1" },
};

static const struct state_step bad_steps[] = {
	{ STATE_VERSION, "CREATE TABLE added(a INTEGER) STRICT" },
	{ STATE_VERSION + 1, "UPDATE nonsense SET a = 1" },
};

static void test_migration(void)
{
	struct state *s;
	char copy[256] = "";
	int64_t n = 0;

	make_state();
	s = world_state();
	CU_ASSERT(state_schema_migrate(s, bad_steps, 2, STATE_VERSION + 2) != 0);
	SAID_ONCE("it is as it was");
	EQUAL_INT(state_schema_number(s, "PRAGMA user_version", &n), 0);
	EQUAL_INT(n, STATE_VERSION);
	CU_ASSERT(state_schema_number(s, "SELECT a FROM added", &n) != 0);
	EQUAL_INT(state_schema_migrate(s, steps, 2, STATE_VERSION + 2), 0);
	EQUAL_INT(state_schema_number(s, "SELECT a FROM added", &n), 0);
	EQUAL_INT(n, 6);
	EQUAL_INT(state_rows(s, STATE_CHANNEL), 1000);
	state_close(s);
	/* What is of version 5 now is too new for us, and not touched. */
	check_refused(world_path, STATE_WRITE, ERR_FORMAT, "a state of version 5");
	check_refused(world_path, STATE_READ, ERR_FORMAT, "a state of version 5");
	EQUAL_INT(world_count(".part", NULL, 0), 0);
	EQUAL_INT(world_count("before-v5", copy, sizeof(copy)), 1);
	EQUAL_INT(rename(copy, world_path), 0);
	s = world_state();
	EQUAL_INT(state_rows(s, STATE_CHANNEL), 1000);
	state_close(s);
	world_close();
}

/* Before the baseline: read as it is, its tables empty; written, it is brought up to date. */
static void test_version_1(void)
{
	struct state *s;

	make_state();
	run_sql(world_path, "DROP TABLE destination; DROP TABLE act; DROP TABLE tally;"
		" PRAGMA user_version = 1");
	CU_ASSERT_FATAL(!state_open(world_path, STATE_READ, &s));
	EQUAL_INT(state_rows(s, STATE_DESTINATION), 0);
	EQUAL_INT(state_rows(s, STATE_CHANNEL), 1000);
	EQUAL_INT(state_rows(s, STATE_TALLY), 0);
	EQUAL_INT(state_each(s, STATE_ACT, NULL, NULL), 0);
	state_close(s);
	s = world_state();
	EQUAL_INT(state_put(s, STATE_DESTINATION, "k", 1, "v", 1), 0);
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(state_rows(s, STATE_DESTINATION), 1);
	EQUAL_INT(state_rows(s, STATE_CHANNEL), 1000);
	state_close(s);
	EQUAL_INT(world_count("before-v3", NULL, 0), 1);
	world_close();
}

/* Newer, but only the -wal knows: still refused, and neither of them touched. */
static void test_newer_in_wal(void)
{
	size_t before, after;
	char wal[160], *bytes;
	pid_t child;

	make_state();
	snprintf(wal, sizeof(wal), "%s-wal", world_path);
	child = fork();
	if (!child) {
		struct state *s = world_state();

		_exit(state_schema_run(s, "PRAGMA user_version = 9") != 0);	/* as if killed */
	}
	waitpid(child, NULL, 0);
	free(world_read(wal, &before));
	CU_ASSERT(before > 0);
	check_refused(world_path, STATE_WRITE, ERR_FORMAT, "a state of version 9");
	bytes = world_read(wal, &after);
	EQUAL_INT(after, before);
	free(bytes);
	world_close();
}

/* --- damage
 * -------------------------------------------------------------------------------------- */

static void test_damaged_first_page(void)
{
	char garbage[200];

	make_state();
	memset(garbage, 0x5a, sizeof(garbage));
	world_write(world_path, 0, garbage, sizeof(garbage));
	check_set_aside("its first page is not that of a database");
}

static void test_damaged_schema(void)
{
	char garbage[800];

	make_state();
	memset(garbage, 0x5a, sizeof(garbage));
	world_write(world_path, 100, garbage, sizeof(garbage));
	check_set_aside("is damaged (");
}

static void test_damaged_page(void)
{
	char garbage[4096];

	make_state();
	CU_ASSERT(world_size(world_path) > 60 * 4096);
	memset(garbage, 0x5a, sizeof(garbage));
	world_write(world_path, 50 * 4096, garbage, sizeof(garbage));
	check_set_aside("is damaged (");
}

static void test_truncated(void)
{
	make_state();
	EQUAL_INT(truncate(world_path, world_size(world_path) / 2), 0);
	check_set_aside("is damaged (");
	make_state();
	EQUAL_INT(truncate(world_path, 50), 0);
	check_set_aside("its first page is not that of a database");
}

/* Cut to nothing, by accident, while its -wal is left: SQLite would have deleted that. */
static void test_only_wal(void)
{
	char wal[160];

	make_state();
	snprintf(wal, sizeof(wal), "%s-wal", world_path);
	EQUAL_INT(truncate(world_path, 0), 0);
	world_write(wal, 0, "something", 9);
	{
		struct state *s = world_state();

		SAID_ONCE("only its -wal is left");
		CU_ASSERT(state_was_damaged(s));
		EQUAL_INT(world_count("Z-wal", wal, sizeof(wal)), 1);
		EQUAL_INT(world_size(wal), 9);
		state_close(s);
	}
	world_close();
}

/* Twice within a second: two names. */
static void test_damaged_twice(void)
{
	make_state();
	for (int i = 0; i < 2; i++) {
		EQUAL_INT(truncate(world_path, 50), 0);
		state_close(world_state());
		SAID_ONCE("is damaged (");
	}
	EQUAL_INT(world_count(".damaged-", NULL, 0), 2);
	world_close();
}

/* A reader changes nothing, whatever it finds. */
static void test_reading_damage(void)
{
	char garbage[4096];

	make_state();
	memset(garbage, 0x5a, sizeof(garbage));
	world_write(world_path, 0, garbage, 200);
	check_refused(world_path, STATE_READ, ERR_DAMAGED, "damaged");
	world_close();
}

/* --- two at once
 * --------------------------------------------------------------------------------- */

static void test_two_processes(void)
{
	struct state *s, *reader = NULL, *second = NULL;
	char expect[64], link_path[160];
	pid_t child;
	int status;

	make_state();
	s = world_state();
	put_text(s, STATE_META, "a", "1");
	snprintf(expect, sizeof(expect), "is in use by process %ld", (long)getpid());
	child = fork();
	if (!child) {
		said_reset();
		_exit(state_open(world_path, STATE_WRITE, &second) != -EBUSY ||
		      !strstr(said_last, expect));
	}
	waitpid(child, &status, 0);
	EQUAL_INT(status, 0);
	EQUAL_INT(state_open(world_path, STATE_WRITE, &second), -EBUSY);
	SAID_ONCE(expect);
	snprintf(link_path, sizeof(link_path), "%s/link", world_folder);
	EQUAL_INT(symlink(world_path, link_path), 0);
	EQUAL_INT(state_open(link_path, STATE_WRITE, &second), -EBUSY);	/* by another name */
	SAID_ONCE(expect);
	EQUAL_INT(state_open(world_path, STATE_READ, &reader), 0);
	EQUAL_TEXT(get_text(reader, STATE_META, "a"), "-");
	EQUAL_INT(state_commit(s), 0);			/* the reader is in nobody's way */
	EQUAL_TEXT(get_text(reader, STATE_META, "a"), "-");	/* and keeps its snapshot */
	EQUAL_INT(put_text(reader, STATE_META, "a", "2"), -EROFS);
	EQUAL_INT(state_commit(reader), -EROFS);
	state_close(reader);
	EQUAL_INT(state_open(world_path, STATE_READ, &reader), 0);
	EQUAL_TEXT(get_text(reader, STATE_META, "a"), "1");
	state_close(reader);
	state_close(s);
	s = world_state();		/* the lock is free again */
	state_close(s);
	EQUAL_INT(said_n, 0);
	world_close();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "folders, devices, missing files", test_wrong_paths },
		{ "other people's files are left alone", test_other_files },
		{ "a folder that cannot be written", test_read_only_folder },
		{ "older: copied and migrated; newer: refused", test_migration },
		{ "a state of version 1", test_version_1 },
		{ "newer, but only the -wal says so", test_newer_in_wal },
		{ "damaged first bytes", test_damaged_first_page },
		{ "a damaged schema", test_damaged_schema },
		{ "a damaged page", test_damaged_page },
		{ "a truncated file", test_truncated },
		{ "nothing left but the -wal", test_only_wal },
		{ "damaged twice within a second", test_damaged_twice },
		{ "a reader sets nothing aside", test_reading_damage },
		{ "two processes, a link, a reader", test_two_processes },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "state_open", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
