/* test_jsonl.c - the file holds every record whole, or the error is told once and returned. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "output/lines.h"
#include "output/sinks.h"
#include "records.h"
#include "tap.h"

static _Atomic int errors;
static char last_line[1024];

static void keep_log(enum log_level level, const char *line)
{
	if (level != LOG_LEVEL_ERR)
		return;
	atomic_fetch_add(&errors, 1);
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static int set_up(void)
{
	log_set_sink(keep_log);
	signal(SIGPIPE, SIG_IGN);	/* as the program does */
	return 0;
}

static void begin(char *path)
{
	close(mkstemp(path));
	atomic_store(&errors, 0);
	*last_line = '\0';
}

/* Appends n records of about that size through a sink to path. */
static int write_records(const char *path, unsigned n, size_t bytes)
{
	struct jsonl_sink *sink = NULL;
	struct outbox *o = NULL;
	int err = outbox_new(&o);

	if (!err)
		err = jsonl_sink_open(path, o, &sink);
	for (unsigned i = 1; !err && i <= n; i++)
		outbox_append(o, record_make(i, bytes));
	outbox_close(o);
	if (!err)
		err = jsonl_sink_close(sink);
	outbox_free(o);
	return err;
}

/* How many lines 1, 2, 3 ... the file holds; -1 when one of them is not whole or not in order. */
static int count_whole_lines(const char *path)
{
	FILE *in = fopen(path, "r");
	char *line = NULL, end[32];
	size_t cap = 0;
	ssize_t len;
	int n = 0;

	while (in && (len = getline(&line, &cap, in)) > 0) {
		size_t end_len = (size_t)snprintf(end, sizeof(end), "\",\"n\":%d}\n", ++n);

		if ((size_t)len < end_len || strcmp(line + len - end_len, end)) {
			n = -1;
			break;
		}
	}
	free(line);
	if (in)
		fclose(in);
	return n;
}

static void test_file(void)
{
	char path[] = "/tmp/nw-jsonl-XXXXXX";

	begin(path);
	EQUAL_INT(truncate(path, 1000), 0);	/* what was there before goes */
	EQUAL_INT(write_records(path, 5000, 300), 0);
	EQUAL_INT(count_whole_lines(path), 5000);
	EQUAL_INT(write_records(path, 3, 300), 0);
	EQUAL_INT(count_whole_lines(path), 3);
	EQUAL_INT(write_records(path, 0, 0), 0);
	EQUAL_INT(count_whole_lines(path), 0);
	EQUAL_INT(atomic_load(&errors), 0);
	unlink(path);
}

static void test_long_lines(void)
{
	char path[] = "/tmp/nw-jsonl-XXXXXX";

	begin(path);
	EQUAL_INT(write_records(path, 9, 262143), 0);
	EQUAL_INT(count_whole_lines(path), 9);
	EQUAL_INT(write_records(path, 3, 1 << 20), 0);
	EQUAL_INT(count_whole_lines(path), 3);
	unlink(path);
}

/* A record written is on disk before the next one comes. */
static void test_idle_flush(void)
{
	char path[] = "/tmp/nw-jsonl-XXXXXX";
	struct jsonl_sink *sink = NULL;
	struct outbox *o = NULL;

	begin(path);
	EQUAL_INT(outbox_new(&o), 0);
	EQUAL_INT(jsonl_sink_open(path, o, &sink), 0);
	for (unsigned i = 1; i <= 3; i++) {
		outbox_append(o, record_make(i, 10));
		for (int wait = 0; wait < 5000 && count_whole_lines(path) < (int)i; wait++)
			usleep(1000);
		EQUAL_INT(count_whole_lines(path), i);
	}
	outbox_close(o);
	EQUAL_INT(jsonl_sink_close(sink), 0);
	outbox_free(o);
	unlink(path);
}

static void test_disk_full(void)
{
	atomic_store(&errors, 0);
	EQUAL_INT(write_records("/dev/full", 2000, 1000), -ENOSPC);
	EQUAL_INT(atomic_load(&errors), 1);
	CU_ASSERT(strstr(last_line, "/dev/full") != NULL);
	CU_ASSERT(strstr(last_line, "No space left on device") != NULL);
	CU_ASSERT(strstr(last_line, "/dev/full") != NULL);
}

/* The file may not grow beyond a limit: whole lines stand in it, and the message counts them. */
static void test_cut_line_is_removed(void)
{
	char path[] = "/tmp/nw-jsonl-XXXXXX", expect[64];
	struct rlimit old, limit;
	int n;

	begin(path);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = (struct rlimit){ .rlim_cur = 100000, .rlim_max = old.rlim_max };
	setrlimit(RLIMIT_FSIZE, &limit);
	EQUAL_INT(write_records(path, 1000, 1000), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	n = count_whole_lines(path);
	CU_ASSERT(n >= 90 && n < 100);
	snprintf(expect, sizeof(expect), "first %d lines", n);
	CU_ASSERT(strstr(last_line, expect) != NULL);
	EQUAL_INT(atomic_load(&errors), 1);
	unlink(path);
}

static void test_closed_pipe(void)
{
	struct jsonl_sink *sink = NULL;
	struct outbox *o = NULL;
	char path[64];
	int fds[2];

	EQUAL_INT(pipe2(fds, O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	atomic_store(&errors, 0);
	EQUAL_INT(outbox_new(&o), 0);
	EQUAL_INT(jsonl_sink_open(path, o, &sink), 0);
	close(fds[0]);
	outbox_append(o, record_make(1, 10));
	outbox_close(o);
	EQUAL_INT(jsonl_sink_close(sink), -EPIPE);
	EQUAL_INT(atomic_load(&errors), 1);
	outbox_free(o);
	close(fds[1]);
}

/* A sink that failed lets the others go on. */
static void test_failure_holds_nobody(void)
{
	char path[] = "/tmp/nw-jsonl-XXXXXX";
	struct jsonl_sink *bad = NULL, *good = NULL;
	struct outbox *o = NULL;

	begin(path);
	EQUAL_INT(outbox_new(&o), 0);
	EQUAL_INT(jsonl_sink_open("/dev/full", o, &bad), 0);
	EQUAL_INT(jsonl_sink_open(path, o, &good), 0);
	for (unsigned i = 1; i <= 100; i++)
		outbox_append(o, record_make(i, 2 << 20));	/* more than it holds */
	outbox_close(o);
	EQUAL_INT(jsonl_sink_close(bad), -ENOSPC);
	EQUAL_INT(jsonl_sink_close(good), 0);
	EQUAL_INT(count_whole_lines(path), 100);
	outbox_free(o);
	unlink(path);
}

static void test_cannot_open(void)
{
	struct jsonl_sink *sink = NULL;
	struct outbox *o = NULL;

	atomic_store(&errors, 0);
	EQUAL_INT(outbox_new(&o), 0);
	EQUAL_INT(jsonl_sink_open("/nonexistent/x.jsonl", o, &sink), -ENOENT);
	EQUAL_INT(jsonl_sink_open("/tmp", o, &sink), -EISDIR);
	EQUAL_INT(atomic_load(&errors), 2);
	CU_ASSERT_PTR_NULL(sink);
	outbox_free(o);
}

static void test_other_kinds_pass_by(void)
{
	char path[] = "/tmp/nw-jsonl-XXXXXX";
	struct record *health = record_make(9, 10);
	struct jsonl_sink *sink = NULL;
	struct outbox *o = NULL;

	begin(path);
	EQUAL_INT(outbox_new(&o), 0);
	EQUAL_INT(jsonl_sink_open(path, o, &sink), 0);
	health->kind = RECORD_HEALTH;
	outbox_append(o, record_make(1, 10));
	outbox_append(o, health);
	outbox_append(o, record_make(2, 10));
	outbox_close(o);
	EQUAL_INT(jsonl_sink_close(sink), 0);
	EQUAL_INT(count_whole_lines(path), 2);
	outbox_free(o);
	unlink(path);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "every record a line, in order", test_file },
		{ "lines longer than the buffer", test_long_lines },
		{ "a record is written when it comes", test_idle_flush },
		{ "disk full is told once and returned", test_disk_full },
		{ "a cut line is removed again", test_cut_line_is_removed },
		{ "a reader that went away", test_closed_pipe },
		{ "a failed sink holds nobody back", test_failure_holds_nobody },
		{ "a path that cannot be written", test_cannot_open },
		{ "health records are not alerts", test_other_kinds_pass_by },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "jsonl", set_up, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
