/* test_pipeline.c - the pipeline with nothing to see, nothing for long, no memory or no threads.
 * The module is compiled into the test, so that memory and threads can be refused.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/tz.h"
#include "capture/source_internal.h"
#include "tap.h"

static int threads_left = 1000;		/* pthread_create() works that often */
static bool has_memory = true;

static int create_or_not(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
			 void *arg)
{
	return threads_left-- > 0 ? pthread_create(thread, attr, run, arg) : EAGAIN;
}

static void *malloc_or_not(size_t n)
{
	return has_memory ? malloc(n) : NULL;
}

#define pthread_create create_or_not
#define malloc malloc_or_not
#include "app/pipeline.c"
#undef pthread_create
#undef malloc

#define START_NS (1768000000 * NS_PER_SEC)

/* --- a source that follows a script --------------------------------------------------------- */

struct step {
	int result;			/* 1: a frame; SOURCE_IDLE; SOURCE_END */
	uint64_t ns;
};

struct script {
	struct source base;
	const struct step *steps;
};

static int script_read(struct source *base, struct frame *frames, size_t max)
{
	static const uint8_t bytes[14];
	struct script *s = (struct script *)base;
	const struct step *step = s->steps++;

	CU_ASSERT(max > 0);
	if (step->result != SOURCE_END)
		base->mark_ns = step->ns;
	if (step->result == 1)
		frames[0] = (struct frame){ .ts_ns = step->ns, .bytes = bytes,
					    .caplen = sizeof(bytes), .wirelen = sizeof(bytes) };
	return step->result;
}

static const struct source_ops script_ops = { .read = script_read };

/* --- the rest of the program around it ------------------------------------------------------- */

struct world {
	struct site *site;
	struct alert_context context;
	struct outbox *outbox;
	struct analysis *analysis;
	struct pipeline_counters counters;
};

static unsigned errors;

static void keep_log(enum log_level level, const char *line)
{
	(void)line;
	errors += level == LOG_LEVEL_ERR;
}

static void world_make(struct world *w)
{
	memset(w, 0, sizeof(*w));
	errors = 0;
	log_set_sink(keep_log);
	EQUAL_INT(site_default("UTC", NULL, &w->site), 0);
	EQUAL_INT(tz_use("UTC"), 0);
	w->context = (struct alert_context){ .site = w->site, .sensor = "test" };
	EQUAL_INT(outbox_new(&w->outbox), 0);
	EQUAL_INT(analysis_new(&(struct analysis_config){ .context = &w->context,
							  .outbox = w->outbox }, &w->analysis), 0);
}

static void world_clear(struct world *w)
{
	analysis_free(w->analysis);
	outbox_free(w->outbox);
	site_free(w->site);
	log_set_sink(NULL);
}

static int world_run(struct world *w, const struct step *steps, unsigned workers)
{
	struct script script = { .base = { .ops = &script_ops }, .steps = steps };

	return pipeline_run(&script.base, &(struct pipeline_config){ .workers = workers },
			    w->analysis, &w->counters);
}

/* --- tests ----------------------------------------------------------------------------------- */

/* A segment on which nothing is sent was watched all the same. */
static void test_silence_is_watched(void)
{
	static const struct step steps[] = {
		{ SOURCE_IDLE, START_NS },
		{ SOURCE_IDLE, START_NS + 20 * NS_PER_MIN },
		{ SOURCE_IDLE, START_NS + 40 * NS_PER_MIN },
		{ SOURCE_END, 0 },
	};
	struct world w;

	for (unsigned workers = 1; workers <= 2; workers++) {
		world_make(&w);
		EQUAL_INT(world_run(&w, steps, workers), 0);
		EQUAL_INT(analysis_first_ns(w.analysis), START_NS);
		CU_ASSERT(analysis_now_ns(w.analysis) >= START_NS + 40 * NS_PER_MIN);
		EQUAL_INT(w.counters.gaps.n, 0);	/* idle marks are no gaps */
		EQUAL_INT(w.counters.is_incomplete, false);
		world_clear(&w);
	}
}

static void test_gaps(void)
{
	static const struct step steps[] = {
		{ 1, START_NS },
		{ 1, START_NS + 60 * NS_PER_MIN },	/* an hour is not more than an hour */
		{ 1, START_NS + 60 * NS_PER_MIN },
		{ 1, START_NS + 120 * NS_PER_MIN + 1 },
		{ 1, START_NS + 9 * NS_PER_DAY },
		{ SOURCE_END, 0 },
	};
	struct world w;

	world_make(&w);
	EQUAL_INT(world_run(&w, steps, 1), 0);
	EQUAL_INT(w.counters.gaps.n, 2);
	EQUAL_INT(w.counters.gaps.first[0].from_ns, START_NS + 60 * NS_PER_MIN);
	EQUAL_INT(w.counters.gaps.first[0].to_ns, START_NS + 120 * NS_PER_MIN + 1);
	EQUAL_INT(w.counters.gaps.first[1].to_ns, START_NS + 9 * NS_PER_DAY);
	world_clear(&w);
}

static void test_many_gaps(void)
{
	struct gaps gaps = { 0 };

	for (unsigned i = 0; i <= 40; i++)
		gaps_reach(&gaps, START_NS + i * 2 * NS_PER_HOUR);
	EQUAL_INT(gaps.n, 40);
	EQUAL_INT(gaps_kept(&gaps), GAPS_KEPT);
	EQUAL_INT(gaps.first[GAPS_KEPT - 1].from_ns, START_NS + 30 * NS_PER_HOUR);
}

/* Events that were lost make the result incomplete, which is said once. */
static void test_lost_events(void)
{
	struct slice slice;
	struct event_batch short_batch = { .is_short = true };
	struct event_batch one = { .events = &slice, .n = 1 };
	struct event_batch *batches[] = { &short_batch };
	struct pipeline p = { .cfg = { .workers = 1 } };
	struct world w;

	memset(&slice, 0, sizeof(slice));
	world_make(&w);
	p.analysis = w.analysis;
	analyse(&p, batches, 1);
	EQUAL_INT(p.counters.is_incomplete, true);
	analyse(&p, batches, 1);
	EQUAL_INT(errors, 1);
	p.counters.is_incomplete = false;
	batches[0] = &one;
	has_memory = false;
	analyse(&p, batches, 1);
	has_memory = true;
	EQUAL_INT(p.counters.is_incomplete, true);
	EQUAL_INT(errors, 2);
	world_clear(&w);
}

/* However many of the threads start: the others end, nothing is read, nothing leaks. */
static void test_threads_that_cannot_start(void)
{
	static const struct step steps[] = { { 1, START_NS }, { SOURCE_END, 0 } };
	struct world w;

	for (int n = 0; n < 4; n++) {
		world_make(&w);
		threads_left = n;
		EQUAL_INT(world_run(&w, steps, 3), -EAGAIN);
		EQUAL_INT(errors, 1);
		EQUAL_INT(analysis_first_ns(w.analysis), 0);
		world_clear(&w);
	}
	threads_left = 4;
	world_make(&w);
	EQUAL_INT(world_run(&w, steps, 3), 0);
	EQUAL_INT(analysis_first_ns(w.analysis), START_NS);
	world_clear(&w);
	threads_left = 1000;
}

static void test_counters_are_added(void)
{
	struct shard_counters sum, one;

	memset(&sum, 1, sizeof(sum));
	memset(&one, 2, sizeof(one));
	shard_sums_add(&sum, &one);
	memset(&one, 3, sizeof(one));
	CU_ASSERT(!memcmp(&sum, &one, sizeof(one)));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "a silent segment was watched", test_silence_is_watched },
		{ "stretches without a packet are kept", test_gaps },
		{ "of many such stretches the first are kept", test_many_gaps },
		{ "lost events make a run incomplete", test_lost_events },
		{ "threads that cannot be started", test_threads_that_cannot_start },
		{ "every counter of a shard is added up", test_counters_are_added },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "pipeline", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
