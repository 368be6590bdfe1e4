/* test_circular.c - times on a circle of 24 hours, by values that can be worked out by hand. */
#include <math.h>
#include "detect/circular.h"
#include "tap.h"

static void one_time_is_its_own_middle(void)
{
	const int at[] = { 90 };
	struct circular_summary s;

	CU_ASSERT(circular_summarise(at, 1, &s));
	NEAR(s.mean_min, 90, 1e-9);
	NEAR(s.resultant, 1, 1e-12);
	NEAR(s.sd_min, 0, 1e-4);
	NEAR(s.arc, 0, 0);
	CU_ASSERT_FALSE(circular_summarise(at, 0, &s));
}

/* 23:30 and 00:30 lie an hour apart around midnight.  Two directions an angle a apart: the mean
 * direction has length cos(a / 2), a / 2 = 7.5 degrees. */
static void midnight_is_no_border(void)
{
	const int at[] = { 1410, 30 };
	struct circular_summary s;

	CU_ASSERT(circular_summarise(at, 2, &s));
	NEAR(fmod(s.mean_min + 1, 1440), 1, 1e-6);
	NEAR(s.resultant, 0.99144486, 1e-8);
	NEAR(s.arc, 60.0 / 1440, 1e-12);
	NEAR(s.sd_min, sqrt(-2 * log(0.99144486)) * 720 / 3.14159265358979, 1e-3);
}

static void minutes_are_taken_round_the_clock(void)
{
	const int plain[] = { 10, 700, 1430 }, odd[] = { 10 - 1440, 700 + 2880, -10 };
	struct circular_summary a, b;

	CU_ASSERT(circular_summarise(plain, 3, &a));
	CU_ASSERT(circular_summarise(odd, 3, &b));
	NEAR(a.mean_min, b.mean_min, 1e-9);
	NEAR(a.arc, b.arc, 1e-12);
}

static void balanced_times_have_no_middle(void)
{
	const int at[] = { 0, 360, 720, 1080 };
	struct circular_summary s;

	CU_ASSERT(circular_summarise(at, 4, &s));
	NEAR(s.mean_min, -1, 0);
	NEAR(s.sd_min, 720, 0);
	NEAR(s.arc, 0.75, 1e-12);
}

/* Two uniform times within g of each other round the circle: chance 2 g, up to 1/2.  Three: 3 g^2.
 */
static void the_arc_has_its_chance(void)
{
	NEAR(circular_arc_chance(2, 0.1), 0.2, 1e-12);
	NEAR(circular_arc_chance(3, 0.5), 0.75, 1e-12);
	NEAR(circular_arc_chance(7, 7.0 / 1440), 7 * pow(7.0 / 1440, 6), 1e-24);
	NEAR(circular_arc_chance(1, 0), 1, 0);
	NEAR(circular_arc_chance(3, 0.9), 1, 0);	/* 2.43: a bound, cut at 1 */
}

/* The share of triples drawn on the circle that lie within g, against the formula.  3 sd of 40 000
 * draws are 0.0064 at 0.1875. */
static void the_chance_of_the_arc_is_what_happens(void)
{
	uint64_t state = test_seed(1);
	unsigned within = 0;

	for (unsigned i = 0; i < 40000; i++) {
		struct circular_summary s;
		int at[3];

		for (unsigned k = 0; k < 3; k++) {
			state = state * 6364136223846793005ULL + 1442695040888963407ULL;
			at[k] = (int)((state >> 33) % 1440);
		}
		circular_summarise(at, 3, &s);
		within += s.arc <= 0.25;
	}
	NEAR(within / 40000.0, circular_arc_chance(3, 0.25), 0.0075);
}

/* Zar, example 27.1 (n = 8, r = 0.82522: z = 5.448, P < 0.001) has fewer than ten times; by the
 * same formula n = 10, r = 0.5: exp(sqrt(1 + 40 + 4 (100 - 25)) - 21) = exp(18.466185 - 21). */
static void an_arc_may_leave_some_out(void)
{
	static const int times[] = { 1430, 10, 20, 700, 5 };

	EQUAL_INT(circular_arc_of(times, 5, 2), 5);
	EQUAL_INT(circular_arc_of(times, 5, 4), 30);
	EQUAL_INT(circular_arc_of(times, 5, 5), 710);
	EQUAL_INT(circular_arc_of(times, 5, 1), 0);
	EQUAL_INT(circular_arc_of(times, 5, 6), 0);
}

static void rayleigh_speaks_from_ten_times_on(void)
{
	NEAR(circular_rayleigh(9, 0.99), -1, 0);
	NEAR(circular_rayleigh(10, 0.5), exp(18.466185 - 21), 1e-6);
	NEAR(circular_rayleigh(10, 0), 1, 1e-12);
	CU_ASSERT(circular_rayleigh(64, 1) < 1e-25);
}

static void distances_go_the_short_way(void)
{
	NEAR(circular_distance(1430, 10), 20, 1e-12);
	NEAR(circular_distance(10, 1430), 20, 1e-12);
	NEAR(circular_distance(0, 720), 720, 1e-12);
	NEAR(circular_distance(-15, 1440), 15, 1e-12);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "one time is its own middle", one_time_is_its_own_middle },
		{ "midnight is no border", midnight_is_no_border },
		{ "minutes are taken round the clock", minutes_are_taken_round_the_clock },
		{ "balanced times have no middle", balanced_times_have_no_middle },
		{ "the arc has its chance", the_arc_has_its_chance },
		{ "the chance of the arc is what happens", the_chance_of_the_arc_is_what_happens },
		{ "an arc may leave some out", an_arc_may_leave_some_out },
		{ "Rayleigh speaks from ten times on", rayleigh_speaks_from_ten_times_on },
		{ "distances go the short way", distances_go_the_short_way },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "circular", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
