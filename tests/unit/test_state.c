/* test_state.c - long memory: what is put is there, in order, committed or kept; whatever the
 * disk says. */
#include <errno.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sched.h>
#include <signal.h>
#include "base/clock.h"
#include "base/err.h"
#include "state_world.h"

struct walk {
	char text[1024];
	struct state *s;
	int stop_at;
	int n;
};

static int note_row(void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct walk *w = arg;
	size_t at = strlen(w->text);

	snprintf(w->text + at, sizeof(w->text) - at, "%.*s=%.*s ", (int)key_len,
		 (const char *)key, (int)value_len, (const char *)value);
	return ++w->n == w->stop_at ? 77 : 0;
}

static const char *walk(struct state *s, enum state_table t)
{
	static struct walk w;

	w = (struct walk){ .s = s };
	EQUAL_INT(state_each(s, t, note_row, &w), 0);
	return w.text;
}

static void test_put_get(void)
{
	static const uint8_t key[] = { 0, 255, 0 };
	struct state *s;
	void *value;
	size_t len;

	world_open();
	s = world_state();
	CU_ASSERT(state_is_new(s));
	EQUAL_TEXT(get_text(s, STATE_CHANNEL, "a"), "-");
	EQUAL_INT(put_text(s, STATE_CHANNEL, "a", "1"), 0);
	EQUAL_INT(put_text(s, STATE_CHANNEL, "a", "2"), 0);
	EQUAL_INT(put_text(s, STATE_EVIDENCE, "a", "other table"), 0);
	EQUAL_INT(state_put(s, STATE_CHANNEL, key, 3, key, 0), 0);
	for (int committed = 0; committed < 2; committed++) {
		EQUAL_TEXT(get_text(s, STATE_CHANNEL, "a"), "2");
		EQUAL_TEXT(get_text(s, STATE_EVIDENCE, "a"), "other table");
		EQUAL_INT(state_get(s, STATE_CHANNEL, key, 3, &value, &len), 0);
		EQUAL_INT(len, 0);
		free(value);
		EQUAL_INT(state_rows(s, STATE_CHANNEL), 2);
		EQUAL_INT(state_commit(s), 0);
	}
	EQUAL_INT(state_delete(s, STATE_CHANNEL, "a", 1), 0);
	EQUAL_INT(state_delete(s, STATE_CHANNEL, "never there", 11), 0);
	EQUAL_TEXT(get_text(s, STATE_CHANNEL, "a"), "-");
	EQUAL_INT(state_rows(s, STATE_CHANNEL), 1);
	state_close(s);			/* without a commit: it did not happen */
	s = world_state();
	CU_ASSERT(!state_is_new(s));
	EQUAL_TEXT(get_text(s, STATE_CHANNEL, "a"), "2");
	state_close(s);
	EQUAL_INT(said_n, 0);
	world_close();
}

static void test_order_and_clear(void)
{
	struct walk w = { .stop_at = 2 };
	struct state *s;

	world_open();
	s = world_state();
	put_text(s, STATE_SUBJECT, "b", "2");
	put_text(s, STATE_SUBJECT, "a", "1");
	put_text(s, STATE_SUBJECT, "ab", "3");
	EQUAL_TEXT(walk(s, STATE_SUBJECT), "a=1 ab=3 b=2 ");
	EQUAL_INT(state_each(s, STATE_SUBJECT, note_row, &w), 77);	/* ended by its result */
	EQUAL_TEXT(w.text, "a=1 ab=3 ");
	EQUAL_INT(state_commit(s), 0);
	EQUAL_INT(state_clear(s, STATE_SUBJECT), 0);
	EQUAL_TEXT(get_text(s, STATE_SUBJECT, "a"), "-");
	put_text(s, STATE_SUBJECT, "c", "4");
	put_text(s, STATE_FLOW, "f", "5");
	EQUAL_TEXT(walk(s, STATE_SUBJECT), "c=4 ");
	put_text(s, STATE_SUBJECT, "d", "6");
	EQUAL_INT(state_clear(s, STATE_SUBJECT), 0);	/* what was put since goes as well */
	put_text(s, STATE_SUBJECT, "e", "7");
	EQUAL_TEXT(walk(s, STATE_FLOW), "f=5 ");
	state_commit(s);
	state_close(s);
	s = world_state();
	EQUAL_TEXT(walk(s, STATE_SUBJECT), "e=7 ");
	EQUAL_TEXT(walk(s, STATE_FLOW), "f=5 ");
	EQUAL_INT(state_rows(s, STATE_INCIDENT), 0);
	state_close(s);
	world_close();
}

/* A row function may write to the table that is walked through. */
static int delete_row(void *arg, const void *key, size_t key_len, const void *value,
		       size_t value_len)
{
	struct walk *w = arg;

	(void)value;
	(void)value_len;
	w->n++;
	EQUAL_INT(state_each(w->s, STATE_CHANNEL, note_row, w), -EBUSY);
	return state_delete(w->s, STATE_CHANNEL, key, key_len);
}

static void test_writing_while_walking(void)
{
	struct walk w = { .n = 0 };
	char key[16];

	world_open();
	w.s = world_state();
	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof(key), "%02d", i);
		put_text(w.s, STATE_CHANNEL, key, "x");
	}
	EQUAL_INT(state_each(w.s, STATE_CHANNEL, delete_row, &w), 0);
	EQUAL_INT(w.n, 50);
	EQUAL_INT(state_rows(w.s, STATE_CHANNEL), 0);
	state_close(w.s);
	world_close();
}

static void test_numbers(void)
{
	struct state *s;

	world_open();
	s = world_state();
	EQUAL_INT(state_get_number(s, "night", -5), -5);
	EQUAL_INT(state_put_number(s, "night", INT64_MIN), 0);
	EQUAL_INT(state_get_number(s, "night", 1), INT64_MIN);
	state_commit(s);
	state_close(s);
	s = world_state();
	EQUAL_INT(state_get_number(s, "night", 1), INT64_MIN);
	put_text(s, STATE_META, "night", "junk");
	EQUAL_INT(state_get_number(s, "night", 1), 1);
	state_close(s);
	world_close();
}

/* Against a plain array, in any order of operations, with commits and restarts in between. */
static void test_random(void)
{
	unsigned seed = getenv("NW_SEED") ? (unsigned)strtoul(getenv("NW_SEED"), NULL, 10) :
		(unsigned)clock_wall_ns();
	int model[2][64], wrong = 0;
	struct state *s;
	char key[16];

	printf("# seed %u\n", seed);
	world_open();
	s = world_state();
	memset(model, 0, sizeof(model));
	for (int i = 1; i <= 20000; i++) {	/* a value; 0 is none */
		unsigned what = (unsigned)rand_r(&seed) % 1000, at = (unsigned)rand_r(&seed) % 64;
		unsigned t = (unsigned)rand_r(&seed) % 2;

		snprintf(key, sizeof(key), "key-%u", at);
		if (what < 400) {
			state_put(s, t, key, strlen(key), &i, sizeof(i));
			model[t][at] = i;
		} else if (what < 500) {
			state_delete(s, t, key, strlen(key));
			model[t][at] = 0;
		} else if (what < 502) {
			state_clear(s, t);
			memset(model[t], 0, sizeof(model[t]));
		} else if (what < 520) {
			wrong += state_commit(s) != 0;
		} else if (what < 524) {
			wrong += state_commit(s) != 0;
			state_close(s);
			s = world_state();
		} else if (what < 560) {
			uint64_t rows = 0;

			for (int k = 0; k < 64; k++)
				rows += model[t][k] != 0;
			wrong += state_rows(s, t) != rows;
		} else {
			void *value = NULL;
			size_t len = 0;
			int err = state_get(s, t, key, strlen(key), &value, &len), got = 0;

			if (!err && len == sizeof(got))
				memcpy(&got, value, len);
			wrong += err && err != -ENOENT;
			wrong += got != model[t][at];
			free(value);
		}
	}
	EQUAL_INT(wrong, 0);
	state_close(s);
	world_close();
}

/* --- the disk
 * ------------------------------------------------------------------------------------ */

static void put_many(struct state *s, unsigned from, unsigned to)
{
	uint8_t value[400];

	memset(value, 'v', sizeof(value));
	for (unsigned i = from; i < to; i++)
		EQUAL_INT(state_put(s, STATE_CHANNEL, &i, sizeof(i), value, sizeof(value)), 0);
}

/* Commits fail, everything stays readable, is said once, and is durable when there is room
 * again. */
static void check_full(void (*fill)(struct state *), void (*make_room)(struct state *), int expect)
{
	struct state *s = world_state();

	put_many(s, 0, 10);
	EQUAL_INT(state_commit(s), 0);
	fill(s);
	put_many(s, 10, 4000);
	state_delete(s, STATE_CHANNEL, &(unsigned){ 0 }, sizeof(unsigned));
	state_append(s, record_make(1, 100));
	EQUAL_INT(state_commit(s), expect);
	SAID_ONCE("everything is kept in memory");
	put_many(s, 3000, 4001);
	state_append(s, record_make(2, 100));
	EQUAL_INT(state_commit(s), expect);
	EQUAL_INT(said_n, 0);				/* once */
	EQUAL_INT(state_last_sequence(s), 2);
	make_room(s);
	EQUAL_INT(state_rows(s, STATE_CHANNEL), 4000);
	EQUAL_INT(state_commit(s), 0);
	state_close(s);
	s = world_state();
	EQUAL_INT(state_rows(s, STATE_CHANNEL), 4000);
	EQUAL_INT(state_last_sequence(s), 2);
	EQUAL_INT(said_n, 0);
	state_close(s);
}

static void limit_pages(struct state *s)
{
	state_schema_run(s, "PRAGMA max_page_count = 40");
}

static void unlimit_pages(struct state *s)
{
	state_schema_run(s, "PRAGMA max_page_count = 1000000");
}

static void test_pages_full(void)
{
	world_open();
	check_full(limit_pages, unlimit_pages, -ENOSPC);
	world_close();
}

static void limit_file_size(struct state *s)
{
	struct rlimit limit;

	(void)s;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 300000;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void unlimit_file_size(struct state *s)
{
	struct rlimit limit;

	(void)s;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* Here it is the COMMIT that fails, and SQLite has rolled back by itself. */
static void test_file_size(void)
{
	signal(SIGXFSZ, SIG_IGN);
	world_open();
	check_full(limit_file_size, unlimit_file_size, -EIO);
	world_close();
}

static void fill_disk(struct state *s)
{
	char path[160], block[4096] = "";
	int fd;

	(void)s;
	snprintf(path, sizeof(path), "%s/filler", world_folder);
	fd = open(path, O_WRONLY | O_CREAT, 0640);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

static void free_disk(struct state *s)
{
	char path[160];

	(void)s;
	snprintf(path, sizeof(path), "%s/filler", world_folder);
	unlink(path);
}

/* A real file system without room: a mount of this process only. */
static void test_disk_full(void)
{
	struct state *s = NULL;

	world_open();
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", world_folder, "tmpfs", 0, "size=16m,mode=0777")) {
		printf("# not tried: no right to mount a tmpfs\n");
		world_close();
		return;
	}
	check_full(fill_disk, free_disk, -ENOSPC);
	unlink(world_path);
	fill_disk(NULL);
	EQUAL_INT(state_open(world_path, STATE_WRITE, &s), -ENOSPC);	/* not even begun */
	SAID_ONCE("No space left on device");
	EQUAL_INT(world_size(world_path), -1);
	free_disk(NULL);
	state_close(world_state());
	umount(world_folder);
	world_close();
}

/* Like the table of 1 000 rows that the analysis commits; printed, not judged. */
static void test_rate(void)
{
	uint64_t since, spent;
	struct state *s;
	uint8_t value[300];

	world_open();
	s = world_state();
	memset(value, 'v', sizeof(value));
	since = clock_monotonic_ns();
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t key[6] = { i * 2654435761U, i };

		state_put(s, STATE_CHANNEL, key, sizeof(key), value, sizeof(value));
		if (i % 1000 == 999)
			EQUAL_INT(state_commit(s), 0);
	}
	spent = clock_monotonic_ns() - since;
	EQUAL_INT(state_rows(s, STATE_CHANNEL), 100000);
	state_close(s);
	printf("# 100 000 rows of 24 + 300 bytes, 1 000 a commit: %.0f rows/s, %.0f bytes a row\n",
	       1e5 * 1e9 / (double)spent, (double)world_size(world_path) / 1e5);
	world_close();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "put, get, delete, commit, restart", test_put_get },
		{ "rows in the order of keys; clear", test_order_and_clear },
		{ "writing while walking through a table", test_writing_while_walking },
		{ "numbers of the meta table", test_numbers },
		{ "any order of operations, against an array", test_random },
		{ "no more pages: kept, and saved later", test_pages_full },
		{ "a commit that fails: kept, and saved later", test_file_size },
		{ "a full disk: kept, and saved later", test_disk_full },
		{ "rate of puts and commits", test_rate },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "state", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
