/* test_tap_watch.c - what a live source says of itself becomes stretches and counts: from when to
 * when, and before anybody can judge by it. */
#include <stdlib.h>
#include <string.h>
#include "app/tap_watch.h"
#include "base/clock.h"
#include "base/err.h"
#include "capture/source_internal.h"
#include "tap.h"

#define T0 (1768000000 * NS_PER_SEC)
#define S(seconds) (T0 + (seconds) * NS_PER_SEC)

/* Two interfaces, set by hand. */
struct world {
	struct source source;
	struct source_input in[2];
	const struct source_input *inputs[2];
	struct tap_watch watch;
};

static void begin(struct world *w, size_t interfaces)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < 2; i++)
		w->inputs[i] = &w->in[i];
	w->source.inputs = w->inputs;
	w->source.n_inputs = interfaces;
	CU_ASSERT_EQUAL_FATAL(coverage_new(&w->watch.coverage), 0);
}

static void step(struct world *w, uint64_t mark_ns)
{
	w->source.mark_ns = mark_ns;
	tap_watch_step(&w->watch, &w->source, NULL, 0);
}

static uint64_t blind(const struct world *w)
{
	struct coverage_look look;

	coverage_look(w->watch.coverage, 0, UINT64_MAX, &look);
	return look.blind_ns / NS_PER_SEC;
}

static uint64_t one_sided(const struct world *w)
{
	struct coverage_look look;

	coverage_look(w->watch.coverage, 0, UINT64_MAX, &look);
	return look.one_sided_ns / NS_PER_SEC;
}

static void end(struct world *w)
{
	coverage_free(w->watch.coverage);
}

static void test_past(void)
{
	struct frame frame = { .ts_ns = S(60) };
	struct coverage_stretch one;
	struct world w;

	begin(&w, 1);
	w.watch.past_ns = S(0);
	step(&w, 0);				/* nothing has come yet */
	EQUAL_INT(blind(&w), 0);
	w.source.mark_ns = S(61);
	tap_watch_step(&w.watch, &w.source, &frame, 1);
	EQUAL_INT(blind(&w), 60);
	step(&w, S(100));
	EQUAL_INT(blind(&w), 60);
	EQUAL_INT(coverage_list(w.watch.coverage, 0, UINT64_MAX, &one, 1), 1);
	EQUAL_INT(one.reason, COVERAGE_NOT_RUNNING);
	end(&w);
	begin(&w, 1);				/* an idle mark alone */
	w.watch.past_ns = S(0);
	step(&w, S(30));
	EQUAL_INT(blind(&w), 30);
	end(&w);
	begin(&w, 1);				/* no earlier run */
	step(&w, S(30));
	EQUAL_INT(blind(&w), 0);
	end(&w);
	tap_watch_step(NULL, &w.source, NULL, 0);
}

static void test_down(void)
{
	struct coverage_stretch one;
	struct world w;

	begin(&w, 1);
	step(&w, S(0));
	w.in[0].down_ns = S(10);
	step(&w, S(9));				/* noticed ahead of capture time */
	EQUAL_INT(blind(&w), 0);
	step(&w, S(15));			/* it is known while it lasts */
	EQUAL_INT(blind(&w), 5);
	step(&w, S(20));
	EQUAL_INT(blind(&w), 10);
	w.in[0].down_ns = 0;
	w.in[0].up_ns = S(22);
	step(&w, S(21));
	EQUAL_INT(blind(&w), 12);
	step(&w, S(50));
	EQUAL_INT(blind(&w), 12);
	EQUAL_INT(coverage_list(w.watch.coverage, 0, UINT64_MAX, &one, 1), 1);
	CU_ASSERT(one.from_ns == S(10) && one.to_ns == S(22));
	w.in[0].down_ns = S(60);		/* again, and for good */
	step(&w, S(70));
	EQUAL_INT(blind(&w), 22);
	end(&w);
}

static void test_one_of_two(void)
{
	struct world w;

	begin(&w, 2);
	step(&w, S(0));
	w.in[1].down_ns = S(10);
	step(&w, S(30));
	EQUAL_INT(blind(&w), 0);
	EQUAL_INT(one_sided(&w), 20);
	w.in[0].down_ns = S(40);		/* now both */
	step(&w, S(60));
	EQUAL_INT(one_sided(&w), 30);
	EQUAL_INT(blind(&w), 20);
	w.in[1].down_ns = 0;			/* one comes back */
	w.in[1].up_ns = S(65);
	step(&w, S(70));
	EQUAL_INT(blind(&w), 25);
	EQUAL_INT(one_sided(&w), 35);
	w.in[0].down_ns = 0;
	w.in[0].up_ns = S(75);
	step(&w, S(100));
	EQUAL_INT(blind(&w), 25);
	EQUAL_INT(one_sided(&w), 40);
	end(&w);
}

/* The kernel counts what its ring dropped as received, what the device dropped not. */
static void test_drops(void)
{
	struct coverage_look look;
	struct world w;

	begin(&w, 1);
	step(&w, T0);
	w.source.counters.kernel_received = 100;
	w.source.counters.kernel_drops = 40 + 20;
	w.source.counters.device_drops = 20;
	step(&w, S(1));
	coverage_look(w.watch.coverage, T0, S(60), &look);
	EQUAL_INT(look.received, 60);
	EQUAL_INT(look.dropped, 60);
	EQUAL_INT(look.blind_ns, 0);
	w.source.counters.kernel_received++;
	w.source.counters.kernel_drops++;
	step(&w, S(2));
	coverage_look(w.watch.coverage, T0, S(60), &look);
	EQUAL_INT(look.dropped, 61);
	EQUAL_INT(look.blind_ns, S(60) - T0);
	step(&w, S(3));				/* the same counters: nothing new */
	coverage_look(w.watch.coverage, T0, S(60), &look);
	EQUAL_INT(look.received + look.dropped, 121);
	end(&w);
}

static void test_declared(void)
{
	static const struct coverage_stretch declared[] = {
		{ S(10), S(20), COVERAGE_DECLARED }, { S(30), S(40), COVERAGE_DECLARED },
	};
	static const unsigned stamps[] = { 5, 10, 19, 20, 25, 39, 40, 50 };
	struct frame frames[ARRAY_SIZE(stamps)];
	struct world w;

	for (size_t i = 0; i < ARRAY_SIZE(stamps); i++)
		frames[i] = (struct frame){ .ts_ns = S(stamps[i]) };
	for (size_t cut = 0; cut <= ARRAY_SIZE(stamps); cut++) {	/* in two reads */
		begin(&w, 1);
		w.watch.declared = declared;
		w.watch.n_declared = 2;
		w.source.mark_ns = S(50);
		tap_watch_step(&w.watch, &w.source, frames, cut);
		tap_watch_step(&w.watch, &w.source, frames + cut,
			       ARRAY_SIZE(stamps) - cut);
		tap_watch_step(&w.watch, &w.source, NULL, 0);
		EQUAL_INT(w.watch.packets_declared, 3);
		end(&w);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "between two runs", test_past },
		{ "down and up again", test_down },
		{ "one of two", test_one_of_two },
		{ "drops", test_drops },
		{ "packets in declared gaps", test_declared },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "tap watch", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
