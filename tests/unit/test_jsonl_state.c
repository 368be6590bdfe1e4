/* test_jsonl_state.c - the alerts file of a run with a state: cut back, continued, written anew. */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include "base/err.h"
#include "output/sinks.h"
#include "state_world.h"

static char alerts[160];

struct run {
	struct state *s;
	struct outbox *o;
	struct jsonl_sink *sink;
};

static void run_begin(struct run *r)
{
	r->sink = NULL;
	r->s = world_state();
	EQUAL_INT(outbox_new_on_state(r->s, &r->o), 0);
	EQUAL_INT(jsonl_sink_open(alerts, r->o, &r->sink), 0);
}

static void append_n(struct run *r, unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++)
		outbox_append(r->o, record_make(i, 20));
	EQUAL_INT(state_commit(r->s), 0);
}

/* An end as it should be, or one that comes before the last commit: as after a kill, what the
 * sink did since the last commit is not saved. */
static void run_end(struct run *r, bool is_saved, int expect)
{
	outbox_close(r->o);
	EQUAL_INT(r->sink ? jsonl_sink_close(r->sink) : -1, expect);
	if (is_saved)
		EQUAL_INT(state_commit(r->s), 0);
	outbox_free(r->o);
	state_close(r->s);
}

static void whole_run(unsigned from, unsigned to, bool is_saved)
{
	struct run r;

	run_begin(&r);
	if (from)
		append_n(&r, from, to);
	else
		EQUAL_INT(state_commit(r.s), 0);
	run_end(&r, is_saved, 0);
}

/* Killed before it committed anything. */
static void killed_run(void)
{
	struct run r;

	run_begin(&r);
	run_end(&r, false, 0);
}

/* The file holds `before` and then the lines of records from..to. */
static void check_file(const char *before, unsigned from, unsigned to)
{
	size_t len, at = strlen(before);
	char *got = world_read(alerts, &len);
	bool is_right = len >= at && !memcmp(got, before, at);

	for (unsigned i = from; is_right && i <= to; i++) {
		struct record *r = record_make(i, 20);

		is_right = len - at > r->json_len && !memcmp(got + at, r->json, r->json_len) &&
			   got[at + r->json_len] == '\n';
		at += r->json_len + 1;
		record_free(r);
	}
	CU_ASSERT(is_right);
	EQUAL_INT(len, at);
	free(got);
}

static void begin(void)
{
	world_open();
	snprintf(alerts, sizeof(alerts), "%s/alerts.jsonl", world_folder);
}

static void test_continued(void)
{
	begin();
	world_write(alerts, 0, "of somebody\n", 12);
	whole_run(1, 3, true);
	check_file("", 1, 3);			/* a new sink empties it, as without a state */
	whole_run(4, 6, true);
	check_file("", 1, 6);
	whole_run(7, 9, false);			/* written, but nobody will know */
	check_file("", 1, 9);
	whole_run(0, 0, true);
	check_file("", 1, 9);			/* cut back and written again */
	world_write(alerts, world_size(alerts), "{\"half", 6);
	whole_run(10, 10, true);
	check_file("", 1, 10);
	whole_run(0, 0, false);
	check_file("", 1, 10);
	EQUAL_INT(said_n, 0);
	world_close();
}

static void test_written_anew(void)
{
	begin();
	whole_run(1, 20, true);
	EQUAL_INT(truncate(alerts, 100), 0);
	killed_run();
	SAID_ONCE("written anew");
	check_file("", 1, 20);
	EQUAL_INT(truncate(alerts, 200), 0);	/* as if killed while it wrote it anew */
	killed_run();
	SAID_ONCE("written anew");
	whole_run(21, 22, true);		/* killed when it was long enough again */
	check_file("", 1, 22);
	EQUAL_INT(said_n, 0);
	unlink(alerts);
	whole_run(0, 0, true);
	SAID_ONCE("written anew");
	check_file("", 1, 22);
	/* No line ends at the mark. */
	world_write(alerts, world_size(alerts) - 1, "X and more", 10);
	whole_run(23, 23, true);
	SAID_ONCE("written anew");
	check_file("", 1, 23);
	world_close();
}

static void prune_all(void)
{
	struct run r;

	run_begin(&r);
	EQUAL_INT(state_prune_outbox(r.s, UINT64_MAX / 2, 0), 0);
	EQUAL_INT(state_commit(r.s), 0);
	run_end(&r, true, 0);
}

static void test_appended(void)
{
	begin();
	whole_run(1, 5, true);
	prune_all();
	unlink(alerts);
	world_write(alerts, 0, "rotated\n{\"half", 14);
	whole_run(6, 7, true);
	SAID_ONCE("new ones are appended");
	check_file("rotated\n", 6, 7);
	whole_run(8, 8, false);
	whole_run(9, 9, false);
	EQUAL_INT(said_n, 0);
	check_file("rotated\n", 6, 9);
	/* The state has all since then, but not what stood before. */
	EQUAL_INT(truncate(alerts, 8), 0);
	whole_run(10, 10, false);
	SAID_ONCE("new ones are appended");
	world_close();
}

/* The state was lost: what is in the file may be all that is left. */
static void test_kept_after_damage(void)
{
	begin();
	whole_run(1, 5, true);
	EQUAL_INT(truncate(world_path, 50), 0);
	whole_run(6, 7, false);
	EQUAL_INT(said_n, 2);			/* the state; the file */
	said_reset();
	check_file("", 1, 7);
	whole_run(8, 9, true);
	EQUAL_INT(said_n, 0);
	check_file("", 1, 9);
	world_close();
}

/* Killed before the first commit of the new state: still not emptied. */
static void test_kept_twice(void)
{
	begin();
	whole_run(1, 5, true);
	EQUAL_INT(truncate(world_path, 50), 0);
	killed_run();
	whole_run(6, 7, true);
	check_file("", 1, 7);
	world_close();
}

/* A file system of its own for the alerts, of this process only; false: no right to do that. */
static bool mount_small(const char *options)
{
	static char folder[128];

	snprintf(folder, sizeof(folder), "%s/small", world_folder);
	snprintf(alerts, sizeof(alerts), "%s/alerts.jsonl", folder);
	mkdir(folder, 0777);
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", folder, "tmpfs", 0, options);
}

/* A full disk is tried again, with the end at the latest: no line missing, none twice. */
static void test_full_for_a_while(void)
{
	char folder[128];
	struct run r;

	begin();
	snprintf(folder, sizeof(folder), "%s/small", world_folder);
	if (!mount_small("size=64k")) {
		printf("# not tried: no right to mount a tmpfs\n");
		rmdir(folder);
		world_close();
		return;
	}
	run_begin(&r);
	append_n(&r, 1, 5000);
	for (int wait = 0; wait < 5000 && !said_count(); wait++)
		usleep(1000);
	SAID_ONCE("No space left on device");
	EQUAL_INT(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=16m"), 0);
	append_n(&r, 5001, 5002);
	run_end(&r, true, 0);
	EQUAL_INT(said_n, 0);
	check_file("", 1, 5002);
	/* Still full at the end: an error, and the next run goes on. */
	EQUAL_INT(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=208k"), 0);
	run_begin(&r);
	append_n(&r, 5003, 9000);
	run_end(&r, true, -ENOSPC);
	SAID_ONCE("No space left on device");
	EQUAL_INT(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=16m"), 0);
	whole_run(0, 0, true);
	check_file("", 1, 9000);
	EQUAL_INT(said_n, 0);
	umount(folder);
	rmdir(folder);
	world_close();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "emptied, continued, cut back", test_continued },
		{ "changed by somebody: written anew from the state", test_written_anew },
		{ "changed, and the state has not all: appended", test_appended },
		{ "after a damaged state the file is kept", test_kept_after_damage },
		{ "and kept when killed before the first commit", test_kept_twice },
		{ "a full disk is tried again", test_full_for_a_while },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "jsonl_state", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
