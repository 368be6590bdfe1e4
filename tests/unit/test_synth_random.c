/* test_synth_random.c - the generator's draws: pinned values, independence, moments. */
#include "tap.h"

#include <stdio.h>
#include <string.h>
#include "synth/random.h"

#define DRAWS 200000

static void pinned(void)
{
	struct random r = random_stream(1, "leak", 2, 3);

	/* A change here changes every capture ever made: that needs a reason, not a new number. */
	EQUAL_INT(random_u64(&r) == 12496532190828575361ULL, 1);
	EQUAL_INT(random_u64(&r) == 9449505679644962414ULL, 1);
	EQUAL_INT(random_exponential_q32(&r), 3733391829);
	EQUAL_INT(random_normal_q32(&r), 969455778);
}

static void streams_differ(void)
{
	struct random base = random_stream(1, "a", 0, 0);
	struct random others[] = { random_stream(2, "a", 0, 0), random_stream(1, "b", 0, 0),
				   random_stream(1, "a", 1, 0), random_stream(1, "a", 0, 1),
				   random_stream(1, "aa", 0, 0) };
	uint64_t first = random_u64(&base);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		EQUAL_INT(random_u64(&others[i]) != first, 1);
}

static void bounds(void)
{
	struct random r = random_stream(7, "bounds", 0, 0);
	unsigned seen = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t x = random_below(&r, 6);
		EQUAL_INT(x < 6, 1);
		seen |= 1u << x;
	}
	EQUAL_INT(seen, 0x3f);
	EQUAL_INT(random_below(&r, 1), 0);
	for (int i = 0; i < 100; i++) {
		EQUAL_INT(random_chance(&r, 0), 0);
		EQUAL_INT(random_chance(&r, Q32_ONE), 1);
	}
}

static void moments(void)
{
	struct random r = random_stream(11, "moments", 0, 0);
	double sum = 0, squares = 0, exponential = 0, tail = 0;

	for (int i = 0; i < DRAWS; i++) {
		double x = (double)random_normal_q32(&r) / (double)Q32_ONE;
		double y = (double)random_exponential_q32(&r) / (double)Q32_ONE;

		sum += x;
		squares += x * x;
		tail += x > 1.959964;
		exponential += y;
	}
	/* Five standard errors of each. */
	NEAR(sum / DRAWS, 0, 0.0112);
	NEAR(squares / DRAWS, 1, 0.0159);
	NEAR(tail / DRAWS, 0.025, 0.0018);
	NEAR(exponential / DRAWS, 1, 0.0112);
}

static void scaling(void)
{
	struct random r = random_stream(3, "scale", 0, 0);

	EQUAL_INT(q32_scale(1000, Q32_ONE / 2), 500);
	EQUAL_INT(q32_scale(UINT64_MAX, 2 * Q32_ONE) == UINT64_MAX, 1);
	EQUAL_INT(random_spread(&r, 1000, 0), 1000);
	for (int i = 0; i < 1000; i++)
		EQUAL_INT(random_spread(&r, 8000, 2 * Q32_ONE) >= 1000, 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "values are pinned", pinned }, { "streams differ", streams_differ },
		{ "bounds", bounds }, { "moments", moments }, { "scaling", scaling },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "synth random", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
