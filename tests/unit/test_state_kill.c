/* test_state_kill.c - kill -9 at any instant: whole transactions, rows and records agree,
 * nothing that was acknowledged is lost, and the alerts file ends as if nothing had happened.
 *
 * The child goes on from what it finds: transaction n puts a few rows with the value n and
 * appends a few records, all numbers following from n; after each commit it tells n through a
 * pipe.  A sink writes the records to a file meanwhile.  The parent kills it at a random
 * instant, again and again.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include "base/clock.h"
#include "base/err.h"
#include "output/sinks.h"
#include "state_world.h"

#define ROUNDS 100
#define KILL_MIN_US 25000
#define ROWS 20				/* per transaction; keys 0..ROWS-1 */
#define LAST 1000000			/* transactions: more than there is time for */

static char alerts[160], undisturbed[160];
static unsigned seed;

/* 0..3 records, each of a size of its own. */
static unsigned records_of(unsigned n)
{
	return n * 2654435761U >> 30;
}

static void one_transaction(struct state *s, struct outbox *o, unsigned n)
{
	uint64_t sequence = state_last_sequence(s);

	for (unsigned k = 0; k < ROWS; k++)
		state_put(s, STATE_CHANNEL, &k, sizeof(k), &n, sizeof(n));
	state_put_number(s, "n", n);
	for (unsigned k = 0; k < records_of(n); k++) {
		sequence++;
		outbox_append(o, record_make((unsigned)sequence, 200 + sequence % 7 * 300));
	}
	state_put_number(s, "records", (int64_t)sequence);
}

/* From what is there to transaction `last`; each is told to fd when it is committed. */
static int work(const char *state_path, const char *alerts_path, unsigned last, int fd)
{
	struct jsonl_sink *sink = NULL;
	struct outbox *o = NULL;
	struct state *s = NULL;
	unsigned n;
	int err = state_open(state_path, STATE_WRITE, &s);

	if (!err)
		err = outbox_new_on_state(s, &o);
	if (!err)
		err = jsonl_sink_open(alerts_path, o, &sink);
	if (err)
		return err;
	n = (unsigned)state_get_number(s, "n", 0);
	while (!err && n < last) {
		one_transaction(s, o, ++n);
		if (n % 16 == 0)
			state_prune_outbox(s, UINT64_MAX / 2, 0);
		err = state_commit(s);
		if (!err && fd >= 0 && write(fd, &n, sizeof(n)) != sizeof(n))
			err = -errno;
	}
	outbox_close(o);
	err = jsonl_sink_close(sink) || err;
	err = state_commit(s) || err;
	outbox_free(o);
	state_close(s);
	return err;
}

/* A slow machine, or a sanitizer, gets longer: twice what it takes to open and do a few. */
static unsigned kill_max_us = KILL_MIN_US;

static void measure(const char *path)
{
	uint64_t began = clock_monotonic_ns();

	EQUAL_INT(work(path, undisturbed, 8, -1), 0);
	if ((clock_monotonic_ns() - began) / 500 > kill_max_us)
		kill_max_us = (unsigned)((clock_monotonic_ns() - began) / 500);
}

/* Starts a child, kills it within kill_max_us, and gives the last transaction that it has told. */
static bool run_and_kill(unsigned *ret_told)
{
	useconds_t after = (useconds_t)((unsigned)rand_r(&seed) % kill_max_us);
	unsigned told;
	int fds[2], status = 0;
	pid_t child;

	if (pipe(fds))
		return false;
	child = fork();
	if (!child) {
		close(fds[0]);
		_exit(work(world_path, alerts, LAST, fds[1]) ? 1 : 0);
	}
	close(fds[1]);
	usleep(after);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	while (read(fds[0], &told, sizeof(told)) == sizeof(told))
		*ret_told = told;
	close(fds[0]);
	return WIFSIGNALED(status) || !WEXITSTATUS(status);
}

static int check_row(void *arg, const void *key, size_t key_len, const void *value,
		      size_t value_len)
{
	unsigned n;

	(void)key;
	(void)key_len;
	memcpy(&n, value, sizeof(n));
	return value_len == sizeof(n) && n == *(unsigned *)arg ? 0 : 1;
}

/* What a killed child left behind is whole and has everything it had told. */
static unsigned check_state(unsigned told)
{
	uint64_t records = 0;
	struct state *s = world_state();
	unsigned n = (unsigned)state_get_number(s, "n", 0);

	for (unsigned i = 1; i <= n; i++)
		records += records_of(i);
	CU_ASSERT(n >= told);
	CU_ASSERT(!state_was_damaged(s));
	EQUAL_INT(state_rows(s, STATE_CHANNEL), n ? ROWS : 0);
	EQUAL_INT(state_each(s, STATE_CHANNEL, check_row, &n), 0);
	EQUAL_INT(state_get_number(s, "records", 0), records);
	EQUAL_INT(state_last_sequence(s), records);
	EQUAL_INT(s->committed_position, records);
	state_close(s);
	return n;
}

static void compare_files(void)
{
	size_t len, want_len;
	char *got = world_read(alerts, &len), *want = world_read(undisturbed, &want_len);

	CU_ASSERT(want_len > 0);
	EQUAL_INT(len, want_len);
	CU_ASSERT(len == want_len && !memcmp(got, want, len));
	free(got);
	free(want);
}

static void test_kill(void)
{
	unsigned told = 0, reached = 0, moved = 0;
	char other[160], first[160];

	seed = getenv("NW_SEED") ? (unsigned)strtoul(getenv("NW_SEED"), NULL, 10) :
		(unsigned)clock_wall_ns();
	printf("# seed %u\n", seed);
	world_open();
	snprintf(alerts, sizeof(alerts), "%s/alerts.jsonl", world_folder);
	snprintf(undisturbed, sizeof(undisturbed), "%s/undisturbed.jsonl", world_folder);
	snprintf(other, sizeof(other), "%s/other", world_folder);
	snprintf(first, sizeof(first), "%s/first", world_folder);
	measure(first);
	unlink(undisturbed);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned before = reached;

		CU_ASSERT(run_and_kill(&told));
		reached = check_state(told);
		moved += reached > before;
	}
	printf("# %d kills within %u us, %u transactions, progress in %u rounds\n", ROUNDS,
	       kill_max_us, reached, moved);
	CU_ASSERT(moved > ROUNDS / 10);
	EQUAL_INT(work(world_path, alerts, reached + 10, -1), 0);
	EQUAL_INT(check_state(reached + 10), reached + 10);
	EQUAL_INT(work(other, undisturbed, reached + 10, -1), 0);
	compare_files();
	EQUAL_INT(world_count("damaged", NULL, 0), 0);
	EQUAL_INT(said_n, 0);
	world_close();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "kill -9 a hundred times: nothing lost, nothing twice", test_kill },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "state_kill", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
