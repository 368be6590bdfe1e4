/* test_permutation.c - the rotation test: its statistic, its p by a slow second way, and what it
 * says of innocents. */
#include <math.h>
#include <string.h>
#include "base/hash.h"
#include "detect/permutation.h"
#include "tap.h"

#define GOLDEN 0x9e3779b97f4a7c15ULL	/* the step of splitmix64 */

static unsigned slowly(bool (*rows)[ROW_SLOTS], unsigned n, const unsigned *by)
{
	unsigned most = 0;

	for (unsigned window = 0; window < ROW_SLOTS; window++) {
		unsigned nights = 0;

		for (unsigned i = 0; i < n; i++) {
			bool any = false;

			for (unsigned k = 0; k < 8; k++)
				any |= rows[i][(window + k + ROW_SLOTS - by[i]) % ROW_SLOTS];
			nights += any;
		}
		if (nights > most)
			most = nights;
	}
	return most;
}

static void mark_all(bool (*rows)[ROW_SLOTS], unsigned n, struct permutation_night *nights)
{
	memset(nights, 0, n * sizeof(*nights));
	for (unsigned i = 0; i < n; i++)
		for (unsigned s = 0; s < ROW_SLOTS; s++)
			if (rows[i][s])
				permutation_mark(&nights[i], s);
}

/* The same draws, counted bool by bool. */
static void bit_planes_count_as_one_would_by_hand(void)
{
	static bool rows[20][ROW_SLOTS];
	struct permutation_night nights[20];
	struct permutation r;
	static const unsigned none[20];
	uint64_t random = test_seed(11), draw;
	unsigned as_large = 0;

	for (unsigned i = 0; i < 20; i++)
		for (unsigned s = 0; s < ROW_SLOTS; s++)
			rows[i][s] = (random = hash_mix(random + 1)) % 24 == 0 ||
				     (s == 90 + i % 6 && i % 3);
	rows[0][70] = true;		/* no row is empty */
	mark_all(rows, 20, nights);
	permutation_test(nights, 20, 42, &r);
	EQUAL_INT(r.nights, 20);
	EQUAL_INT(r.most, slowly(rows, 20, none));
	draw = 42;
	for (unsigned round = 0; round < PERMUTATION_ROUNDS; round++) {
		unsigned by[20];

		for (unsigned i = 0; i < 20; i++)
			by[i] = (unsigned)((hash_mix(draw += GOLDEN) >> 32) * 96 >> 32);
		if (round < 300 || round % 40 == 0)
			as_large += slowly(rows, 20, by) >= r.most;
	}
	/* 543 of the 9999 rounds were looked at: p to within 4 sd. */
	NEAR(as_large / 543.0, r.p, 4 * sqrt(r.p * (1 - r.p) / 543) + 1e-3);
}

static void the_same_hour_every_night_is_no_chance(void)
{
	struct permutation_night nights[10] = { { { 0 } } };
	struct permutation r;

	for (unsigned i = 0; i < 7; i++)
		permutation_mark(&nights[i], i % 2 ? 1 : 94);	/* round the end of the row */
	permutation_test(nights, 10, 1, &r);
	EQUAL_INT(r.nights, 7);
	EQUAL_INT(r.most, 7);
	EQUAL_INT(r.window, 90);	/* 10:30-12:30 holds both: 90 .. 97 */
	NEAR(r.p, 1e-4, 1e-12);
}

/* Two nights of one slot each: within the same two hours when less than 8 slots apart, 15 of 96. */
static void two_nights_have_a_known_chance(void)
{
	struct permutation_night nights[2] = { { { 0 } } };
	struct permutation r;

	permutation_mark(&nights[0], 10);
	permutation_mark(&nights[1], 17);
	permutation_test(nights, 2, 5, &r);
	EQUAL_INT(r.most, 2);
	EQUAL_INT(r.window, 10);
	NEAR(r.p, 15.0 / 96, 0.015);
	nights[1] = (struct permutation_night){ { 0 } };
	permutation_mark(&nights[1], 18);
	permutation_test(nights, 2, 5, &r);
	EQUAL_INT(r.most, 1);
	NEAR(r.p, 1, 0);
}

static void a_row_that_is_always_active_says_nothing(void)
{
	struct permutation_night nights[30];
	struct permutation r;

	memset(nights, 0xff, sizeof(nights));
	permutation_test(nights, 30, 9, &r);
	EQUAL_INT(r.most, 30);
	EQUAL_INT(r.window, 0);
	NEAR(r.p, 1, 0);
	permutation_test(nights, 0, 9, &r);
	EQUAL_INT(r.nights, 0);
	NEAR(r.p, 1, 0);
	permutation_test(nights, 1, 9, &r);
	NEAR(r.p, 1, 0);
}

/* p <= 0.05 for at most one in twenty of series whose nights lie anywhere: 400 series, 20 expected
 * at most, sd 4.4. */
static void innocents_get_small_p_as_often_as_p_says(void)
{
	uint64_t random = test_seed(12);
	unsigned small = 0;

	for (unsigned series = 0; series < 400; series++) {
		struct permutation_night nights[12] = { { { 0 } } };
		struct permutation r;

		for (unsigned i = 0; i < 12; i++)
			permutation_mark(&nights[i], (random = hash_mix(random + 1)) % 96);
		permutation_test(nights, 12, series, &r);
		small += r.p <= 0.05;
	}
	printf("# %u of 400 innocent series have p <= 0.05\n", small);
	CU_ASSERT(small <= 20 + 4 * 4.4);
}

static void the_seed_repeats_it(void)
{
	struct permutation_night nights[5] = { { { 0 } } };
	struct permutation a, b, c;

	for (unsigned i = 0; i < 5; i++)
		permutation_mark(&nights[i], i * 7);
	permutation_test(nights, 5, 1234, &a);
	permutation_test(nights, 5, 1234, &b);
	permutation_test(nights, 5, 1235, &c);
	NEAR(a.p, b.p, 0);
	CU_ASSERT(a.p != c.p);
	NEAR(a.p, c.p, 0.02);
}

static void small_volumes_are_not_activity(void)
{
	const uint8_t volumes[ROW_SLOTS] = { [3] = 15, [4] = 11, [5] = 10, [70] = 1 };
	struct permutation_night n = permutation_night_of(volumes, 4);

	CU_ASSERT(n.active[0] == (1ULL << 3 | 1ULL << 4));
	CU_ASSERT(n.active[1] == 0);
	n = permutation_night_of(volumes, 15);
	CU_ASSERT(n.active[1] == 1ULL << 6);
	n = permutation_night_of((const uint8_t[ROW_SLOTS]){ 0 }, 4);
	CU_ASSERT(n.active[0] == 0 && n.active[1] == 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "bit planes count as one would by hand", bit_planes_count_as_one_would_by_hand },
		{ "the same hour every night is no chance",
		  the_same_hour_every_night_is_no_chance },
		{ "two nights have a known chance", two_nights_have_a_known_chance },
		{ "a row that is always active says nothing",
		  a_row_that_is_always_active_says_nothing },
		{ "innocents get small p as often as p says",
		  innocents_get_small_p_as_often_as_p_says },
		{ "the seed repeats it", the_seed_repeats_it },
		{ "small volumes are not activity", small_volumes_are_not_activity },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "permutation", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
