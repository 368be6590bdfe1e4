/* test_outbox.c - nothing lost, nothing twice, everything in order, whoever is slow or gives up. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "records.h"
#include "store/outbox.h"
#include "tap.h"

#define MANY 20000
#define BIG (1u << 20)

static _Atomic int warnings, given_up;

static void keep_log(enum log_level level, const char *line)
{
	if (strstr(line, "given up"))
		atomic_fetch_add(&given_up, 1);
	else if (level == LOG_LEVEL_WARN)	/* so that --quiet does not hide it */
		atomic_fetch_add(&warnings, 1);
}

static void test_order_and_cursors(void)
{
	const struct record *got[4];
	struct outbox *o = NULL;
	bool closed = true;
	int a, b;

	EQUAL_INT(outbox_new(&o), 0);
	a = outbox_add_sink(o, "a");
	b = outbox_add_sink(o, "b");
	for (unsigned i = 1; i <= 5; i++)
		outbox_append(o, record_make(i, 10));
	EQUAL_INT(outbox_peek(o, a, got, 4, 0, &closed), 4);
	EQUAL_INT(closed, false);
	EQUAL_INT(got[0]->sequence, 1);
	EQUAL_INT(got[3]->sequence, 4);
	EQUAL_INT(outbox_peek(o, a, got, 2, 0, &closed), 2);	/* the same again until taken */
	EQUAL_INT(got[0]->sequence, 1);
	outbox_taken(o, a, 2);
	EQUAL_INT(outbox_waiting(o, a), 3);
	EQUAL_INT(outbox_waiting(o, b), 5);
	EQUAL_INT(outbox_peek(o, b, got, 1, 0, &closed), 1);
	EQUAL_INT(got[0]->sequence, 1);
	outbox_taken(o, b, 5);
	outbox_close(o);
	EQUAL_INT(outbox_peek(o, b, got, 4, 0, &closed), 0);
	EQUAL_INT(closed, true);
	EQUAL_INT(outbox_peek(o, a, got, 4, 0, &closed), 3);
	EQUAL_INT(closed, false);
	EQUAL_INT(got[0]->sequence, 3);
	outbox_free(o);
}

static void test_timeout(void)
{
	const struct record *got[1];
	struct outbox *o = NULL;
	bool closed = true;
	uint64_t since;

	EQUAL_INT(outbox_new(&o), 0);
	outbox_add_sink(o, "a");
	since = clock_monotonic_ns();
	EQUAL_INT(outbox_peek(o, 0, got, 1, 30 * NS_PER_MS, &closed), 0);
	EQUAL_INT(closed, false);
	CU_ASSERT(clock_monotonic_ns() - since >= 30 * NS_PER_MS);
	outbox_free(o);
}

static void test_without_sinks(void)
{
	struct outbox_counters c;
	struct outbox *o = NULL;

	EQUAL_INT(outbox_new(&o), 0);
	outbox_append(o, record_make(1, 10));
	outbox_counters(o, &c);
	EQUAL_INT(c.appended, 1);
	EQUAL_INT(c.bytes, 0);
	outbox_free(o);
	outbox_free(NULL);
}

static void test_too_many_sinks(void)
{
	struct outbox *o = NULL;

	EQUAL_INT(outbox_new(&o), 0);
	for (int i = 0; i < OUTBOX_SINKS_MAX; i++)
		EQUAL_INT(outbox_add_sink(o, "a sink with a name longer than it need be"), i);
	EQUAL_INT(outbox_add_sink(o, "one more"), ERR_LIMIT);
	outbox_free(o);
}

static void test_giving_up(void)
{
	const struct record *got[8];
	struct outbox_counters c;
	struct outbox *o = NULL;
	bool closed;

	EQUAL_INT(outbox_new(&o), 0);
	outbox_add_sink(o, "good");
	outbox_add_sink(o, "bad");
	for (unsigned i = 1; i <= 3; i++)
		outbox_append(o, record_make(i, 10));
	outbox_taken(o, 1, 1);
	outbox_give_up(o, 1);
	EQUAL_INT(outbox_waiting(o, 1), 2);
	outbox_append(o, record_make(4, 10));
	EQUAL_INT(outbox_waiting(o, 1), 3);
	EQUAL_INT(outbox_peek(o, 1, got, 8, 0, &closed), 0);
	EQUAL_INT(outbox_peek(o, 0, got, 8, 0, &closed), 4);
	outbox_taken(o, 0, 4);
	outbox_counters(o, &c);
	EQUAL_INT(c.bytes, 0);	/* the one that gave up holds nothing back */
	outbox_free(o);
}

/* --- threads -------------------------------------------------------------------------------- */

struct follower {
	struct outbox *o;
	int sink;
	unsigned slow_us;
	bool waits_until_full;
	size_t max;
	uint64_t taken, wrong;
	pthread_t thread;
};

static void *follow(void *arg)
{
	struct follower *f = arg;
	const struct record *got[64];
	struct outbox_counters c;
	bool closed = false;

	do
		outbox_counters(f->o, &c);
	while (f->waits_until_full && !c.full_waits && !usleep(1000));
	while (!closed) {
		size_t n = outbox_peek(f->o, f->sink, got, f->max, NS_PER_SEC, &closed);

		for (size_t i = 0; i < n; i++)
			if (got[i]->sequence != ++f->taken || got[i]->json[0] != '{')
				f->wrong++;
		if (f->slow_us && n)
			usleep(f->slow_us);
		outbox_taken(f->o, f->sink, n);
	}
	return NULL;
}

static void test_threads(void)
{
	struct follower f[3] = { { .max = 64 }, { .max = 1 }, { .max = 7, .slow_us = 50 } };
	struct outbox_counters c;
	struct outbox *o = NULL;

	EQUAL_INT(outbox_new(&o), 0);
	for (int i = 0; i < 3; i++) {
		f[i].o = o;
		f[i].sink = outbox_add_sink(o, "sink");
		pthread_create(&f[i].thread, NULL, follow, &f[i]);
	}
	for (unsigned i = 1; i <= MANY; i++)
		outbox_append(o, record_make(i, i % 50));
	outbox_close(o);
	for (int i = 0; i < 3; i++) {
		pthread_join(f[i].thread, NULL);
		EQUAL_INT(f[i].taken, MANY);
		EQUAL_INT(f[i].wrong, 0);
		EQUAL_INT(outbox_waiting(o, i), 0);
	}
	outbox_counters(o, &c);
	EQUAL_INT(c.appended, MANY);
	EQUAL_INT(c.bytes, 0);
	outbox_free(o);
}

/* A sink that is slow: the appender waits, the bound holds, the operator hears of it once. */
static void test_full_waits(void)
{
	struct follower f = { .max = 8, .slow_us = 100, .waits_until_full = true };
	unsigned n = 2 * (OUTBOX_BYTES_MAX / BIG);
	struct outbox_counters c;
	struct outbox *o = NULL;
	uint64_t most = 0;

	atomic_store(&warnings, 0);
	log_set_sink(keep_log);
	EQUAL_INT(outbox_new(&o), 0);
	f.o = o;
	f.sink = outbox_add_sink(o, "slow");
	pthread_create(&f.thread, NULL, follow, &f);
	for (unsigned i = 1; i <= n; i++) {
		outbox_append(o, record_make(i, BIG));
		outbox_counters(o, &c);
		most = c.bytes > most ? c.bytes : most;
	}
	outbox_close(o);
	pthread_join(f.thread, NULL);
	outbox_counters(o, &c);
	log_set_sink(NULL);
	EQUAL_INT(f.taken, n);
	EQUAL_INT(f.wrong, 0);
	CU_ASSERT(most <= OUTBOX_BYTES_MAX);
	CU_ASSERT(c.full_waits > 0);
	CU_ASSERT(c.full_wait_ns > 0);
	EQUAL_INT(atomic_load(&warnings), 1);
	outbox_free(o);
}

static void *append_one_more(void *arg)
{
	outbox_append(arg, record_make(OUTBOX_BYTES_MAX / BIG, BIG));
	return NULL;
}

/* Closing ends the appender's waiting; its record is there before the sinks see the end. */
static void test_close_while_full(void)
{
	unsigned n = OUTBOX_BYTES_MAX / BIG;
	struct follower f = { .max = 64 };
	struct outbox_counters c;
	struct outbox *o = NULL;
	pthread_t appender;

	log_set_sink(keep_log);
	EQUAL_INT(outbox_new(&o), 0);
	f.o = o;
	f.sink = outbox_add_sink(o, "stopped");
	for (unsigned i = 1; i < n; i++)
		outbox_append(o, record_make(i, BIG));
	pthread_create(&appender, NULL, append_one_more, o);
	do {
		usleep(1000);
		outbox_counters(o, &c);
	} while (!c.full_waits);
	outbox_close(o);
	follow(&f);
	pthread_join(appender, NULL);
	log_set_sink(NULL);
	EQUAL_INT(f.taken, n);
	EQUAL_INT(f.wrong, 0);
	outbox_free(o);
}

/* One record larger than the bound must not wait for ever. */
static void test_huge_record(void)
{
	const struct record *got[1];
	struct outbox *o = NULL;
	bool closed;

	EQUAL_INT(outbox_new(&o), 0);
	outbox_add_sink(o, "a");
	outbox_append(o, record_make(1, OUTBOX_BYTES_MAX + 1));
	EQUAL_INT(outbox_peek(o, 0, got, 1, 0, &closed), 1);
	outbox_free(o);
}

/* A server that never comes back must not stop the analysis: after the patience the sink is given
 * up, once, and the other one gets everything. */
static void test_patience(void)
{
	struct follower f = { .max = 8 };
	struct outbox *o = NULL;
	uint64_t since = clock_monotonic_ns(), took;
	int dead;

	atomic_store(&given_up, 0);
	log_set_sink(keep_log);
	EQUAL_INT(outbox_new(&o), 0);
	outbox_set_bound(o, 16 * 1024);
	dead = outbox_add_sink(o, "dead");
	outbox_set_patience(o, dead, 300 * NS_PER_MS);
	f.o = o;
	f.sink = outbox_add_sink(o, "alive");
	pthread_create(&f.thread, NULL, follow, &f);
	for (unsigned i = 1; i <= 200; i++)
		outbox_append(o, record_make(i, 1024));
	took = clock_monotonic_ns() - since;
	outbox_close(o);
	pthread_join(f.thread, NULL);
	log_set_sink(NULL);
	CU_ASSERT(took >= 300 * NS_PER_MS);
	CU_ASSERT(took < 10 * NS_PER_SEC);
	EQUAL_INT(f.taken, 200);
	EQUAL_INT(f.wrong, 0);
	EQUAL_INT(outbox_waiting(o, dead), 200);	/* its loss is known to the end */
	EQUAL_INT(atomic_load(&given_up), 1);
	outbox_free(o);
}

/* A sink that moves, however slowly, is not given up. */
static void test_patience_with_the_slow(void)
{
	struct follower f = { .max = 1, .slow_us = 50000 };
	struct outbox *o = NULL;

	log_set_sink(keep_log);
	EQUAL_INT(outbox_new(&o), 0);
	outbox_set_bound(o, 2 * 1024);
	f.o = o;
	f.sink = outbox_add_sink(o, "slow");
	outbox_set_patience(o, f.sink, 300 * NS_PER_MS);
	pthread_create(&f.thread, NULL, follow, &f);
	for (unsigned i = 1; i <= 12; i++)
		outbox_append(o, record_make(i, 4096));
	outbox_close(o);
	pthread_join(f.thread, NULL);
	log_set_sink(NULL);
	EQUAL_INT(f.taken, 12);
	EQUAL_INT(outbox_waiting(o, f.sink), 0);
	outbox_free(o);
}

static void *append_five(void *arg)
{
	for (unsigned i = 2; i <= 6; i++)
		outbox_append(arg, record_make(i, 4096));
	return NULL;
}

/* What a sink reads stays with it although it is given up; the appender waits for that as well. */
static void test_given_up_while_reading(void)
{
	const struct record *got[1];
	struct outbox_counters c;
	struct outbox *o = NULL;
	pthread_t appender;
	bool closed;

	log_set_sink(keep_log);
	EQUAL_INT(outbox_new(&o), 0);
	outbox_set_bound(o, 2 * 1024);
	outbox_add_sink(o, "reading");
	outbox_set_patience(o, 0, 0);
	outbox_append(o, record_make(1, 4096));
	EQUAL_INT(outbox_peek(o, 0, got, 1, 0, &closed), 1);
	atomic_store(&given_up, 0);
	pthread_create(&appender, NULL, append_five, o);
	while (!atomic_load(&given_up))
		usleep(1000);
	outbox_counters(o, &c);
	EQUAL_INT(c.appended, 1);
	EQUAL_INT(got[0]->sequence, 1);		/* read after being given up */
	EQUAL_INT(outbox_peek(o, 0, got, 1, 0, &closed), 0);
	pthread_join(appender, NULL);
	log_set_sink(NULL);
	EQUAL_INT(outbox_waiting(o, 0), 6);
	outbox_counters(o, &c);
	EQUAL_INT(c.bytes, 0);
	outbox_free(o);
}

/* After an interrupt nothing waits, and nothing is lost. */
static void test_interrupt(void)
{
	struct follower f = { .max = 4 };
	struct outbox_counters c;
	struct outbox *o = NULL;
	pthread_t appender;

	log_set_sink(keep_log);
	EQUAL_INT(outbox_new(&o), 0);
	outbox_set_bound(o, 2 * 1024);
	f.o = o;
	f.sink = outbox_add_sink(o, "stopped");
	outbox_append(o, record_make(1, 4096));
	pthread_create(&appender, NULL, append_five, o);
	do {
		usleep(1000);
		outbox_counters(o, &c);
	} while (!c.full_waits);
	outbox_interrupt(o);
	pthread_join(appender, NULL);
	outbox_close(o);
	follow(&f);
	log_set_sink(NULL);
	EQUAL_INT(f.taken, 6);
	EQUAL_INT(f.wrong, 0);
	outbox_free(o);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "each sink has its own cursor", test_order_and_cursors },
		{ "peek waits no longer than asked", test_timeout },
		{ "without sinks nothing is kept", test_without_sinks },
		{ "the number of sinks is bounded", test_too_many_sinks },
		{ "a sink that gave up is counted and holds nothing", test_giving_up },
		{ "three sinks of different speed get everything in order", test_threads },
		{ "when full the appender waits and says so once", test_full_waits },
		{ "closing ends the wait without losing the record", test_close_while_full },
		{ "a record larger than the bound", test_huge_record },
		{ "a sink that takes nothing is given up after the patience", test_patience },
		{ "a sink that is merely slow is not given up", test_patience_with_the_slow },
		{ "a sink given up while it reads keeps what it reads",
		  test_given_up_while_reading },
		{ "an interrupt ends the wait without losing records", test_interrupt },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "outbox", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
