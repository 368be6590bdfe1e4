/* test_nightly.c - detector N: what qualifies, the bets, and their price. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "detect/nightly.h"
#include "pack.h"
#include "tap.h"

#define WINDOW_FROM 40		/* 22:00, rows beginning at noon */
#define WINDOW_TO 68		/* 05:00 */
#define MB 1000000ULL

struct trace {
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
};

static struct nightly_night night_of(const struct trace *t)
{
	return (struct nightly_night){ .up = t->up, .down = t->down, .window_from = WINDOW_FROM,
				       .window_to = WINDOW_TO, .seen_to = WINDOW_TO + 1 };
}

static bool qualifies(const struct trace *t, unsigned floor)
{
	struct nightly_night n = night_of(t);
	struct nightly_burst b;

	return nightly_find_burst(&n, &b) &&
	       nightly_qualifies(&nightly_defaults, &n, &b, nightly_defaults.floor[floor]);
}

static void a_burst_at_night_qualifies(void)
{
	struct trace t = { .up = { [50] = MB } };

	CU_ASSERT(qualifies(&t, 0));
	t.up[50] = 262143;
	CU_ASSERT_FALSE(qualifies(&t, 0));
	CU_ASSERT(qualifies(&t, 1));
	t.up[50] = 8191;
	CU_ASSERT_FALSE(qualifies(&t, 1));
}

static void nothing_at_night_does_not(void)
{
	struct trace t = { .up = { [10] = MB } };

	CU_ASSERT_FALSE(qualifies(&t, 1));
}

static void a_download_does_not_qualify_but_cannot_hide_an_upload(void)
{
	struct trace t = { .up = { [50] = 20 * MB }, .down = { [50] = 2000 * MB } };

	CU_ASSERT_FALSE(qualifies(&t, 0));
	t.up[50] = 65 << 20;
	CU_ASSERT(qualifies(&t, 0));
}

static void a_steady_stream_is_not_nocturnal(void)
{
	struct trace t;

	memset(&t, 0, sizeof(t));
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		t.up[i] = MB;
	CU_ASSERT_FALSE(qualifies(&t, 0));
	t.up[50] = 60 * MB;		/* more than 60 % of the window within two hours */
	CU_ASSERT(qualifies(&t, 0));
}

static void the_burst_begins_where_its_run_begins(void)
{
	struct trace t = { .up = { [45] = MB, [48] = 2 * MB, [49] = 9 * MB, [53] = MB } };
	struct nightly_night n = night_of(&t);
	struct nightly_burst b;

	CU_ASSERT(nightly_find_burst(&n, &b));
	EQUAL_INT(b.from, 45);		/* gaps of two slots are within a run */
	EQUAL_INT(b.to, 50);		/* three are not */
	CU_ASSERT_FALSE(b.began_before);
	EQUAL_INT(b.up, 13 * MB);
}

static void keep_alives_do_not_stretch_a_burst(void)
{
	struct trace t;
	struct nightly_night n = night_of(&t);
	struct nightly_burst b;

	memset(&t, 0, sizeof(t));
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		t.up[i] = 200;
	t.up[49] = t.up[50] = 100 * MB;
	CU_ASSERT(nightly_find_burst(&n, &b));
	EQUAL_INT(b.from, 49);
	EQUAL_INT(b.to, 51);
	CU_ASSERT_FALSE(b.began_before);
}

static void a_run_from_before_the_window_makes_no_location_bet(void)
{
	struct trace t = { .up = { [38] = 50 * MB, [39] = 50 * MB, [40] = 50 * MB } };
	struct nightly_night n = night_of(&t);
	struct nightly_burst b;
	struct process p = { 0 };

	CU_ASSERT(nightly_find_burst(&n, &b));
	CU_ASSERT(b.began_before);
	for (int i = 0; i < 3; i++)
		NEAR(nightly_step(&nightly_defaults, &n, true, &b, &p), 5.5, 1e-9);
	EQUAL_INT(p.bursts_n, 0);
}

static void silence_halves_the_evidence(void)
{
	struct trace t = { .up = { 0 } };
	struct nightly_night n = night_of(&t);
	struct process p = { .m = { 9, 9, 9, 9, 9, 9 }, .m_mean = 9 };

	NEAR(nightly_step(&nightly_defaults, &n, false, NULL, &p), 0.5, 1e-12);
	NEAR(p.m_mean, 5, 1e-12);
	EQUAL_INT(p.misses, 1);
}

static void the_changeover_night_does_not_bet_on_the_civil_clock(void)
{
	struct trace t = { .up = { [50] = MB } };
	struct nightly_night n = night_of(&t);
	struct nightly_burst b;
	struct process p = { 0 };

	CU_ASSERT(nightly_find_burst(&n, &b));
	n.is_changeover = true;
	nightly_step(&nightly_defaults, &n, true, &b, &p);
	NEAR(p.m[0], 5.5, 1e-12);
	NEAR(p.m[EVIDENCE_BETS - 1], 1, 1e-12);
}

/* The location bet's expectation over a uniform start is 1: q is normalised over the window's
 * slots. */
static void the_location_bet_is_fair(void)
{
	struct process before = {
		.bursts_n = 5,
		.bursts = {{600, 600}, {750, 750}, {615, 615}, {990, 990}, {30, 30}}};
	double sum = 0;

	for (unsigned slot = WINDOW_FROM; slot < WINDOW_TO; slot++) {
		struct trace t = { .up = { 0 } };
		struct nightly_night n = night_of(&t);
		struct nightly_burst b;
		struct process p = before;

		t.up[slot] = MB;
		CU_ASSERT(nightly_find_burst(&n, &b));
		sum += nightly_step(&nightly_defaults, &n, true, &b, &p) / 5.5;
	}
	NEAR(sum / (WINDOW_TO - WINDOW_FROM), 1, 1e-9);
}

/* Where the others are busy, too, a start at the usual time says less; what it keeps anyway, it
 * keeps.  15 min kernels: one slot is one bandwidth. */
static void a_time_at_which_everybody_is_busy_counts_for_less(void)
{
	struct process p = { .bursts_n = 1, .bursts = { { 750, 750 } } }, known = p, quiet = p;
	struct trace t = { .up = { [50] = MB } };
	struct nightly_night n = night_of(&t);
	struct nightly_burst b;
	double sum = 0, q;

	for (int slot = WINDOW_FROM; slot < WINDOW_TO; slot++)
		sum += exp(-(slot - 50) * (slot - 50) / 2.0);
	q = (WINDOW_TO - WINDOW_FROM) / sum;
	CU_ASSERT(nightly_find_burst(&n, &b));
	nightly_step(&nightly_defaults, &n, true, &b, &p);
	NEAR(p.m[0], 5.5 * (0.1 + 0.9 * q), 1e-9);
	n.crowd = 4;
	nightly_step(&nightly_defaults, &n, true, &b, &known);
	NEAR(known.m[0], 5.5 * (0.1 + 0.9 * q / 4), 1e-9);
	n.crowd = 0.3;	/* nobody else is: no more than uniform */
	nightly_step(&nightly_defaults, &n, true, &b, &quiet);
	NEAR(quiet.m[0], p.m[0], 1e-12);
}

/* Nights until the level, for a burst at 00:00 and up to 30 minutes of jitter (0: never). */
static int nights_to(enum level level, unsigned seed)
{
	struct process p = { 0 };

	for (int night = 1; night <= 30; night++) {
		struct trace t = { .up = { 0 } };
		struct nightly_night n = night_of(&t);
		struct nightly_burst b;

		t.up[48 + rand_r(&seed) % 3] = 100 * MB;
		CU_ASSERT(nightly_find_burst(&n, &b));
		nightly_step(&nightly_defaults, &n, true, &b, &p);
		if (nightly_level(&nightly_defaults, &p) >= level)
			return night;
	}
	return 0;
}

static void a_nightly_burst_is_found_within_the_stated_nights(void)
{
	for (unsigned seed = 1; seed <= 200; seed++) {
		int l1 = nights_to(LEVEL_1, seed), l2 = nights_to(LEVEL_2, seed);

		if (l1 < 3 || l1 > 4 || l2 < 5 || l2 > 6)
			printf("# seed %u: L1 after %d, L2 after %d\n", seed, l1, l2);
		CU_ASSERT(l1 >= 3 && l1 <= 4);
		CU_ASSERT(l2 >= 5 && l2 <= 6);
	}
}

/* Inside the assumption: one night in ten qualifies, at a uniform time.  The bound for 100 000
 * nights of one process at A = 1e3 is (100 000 + promotions) / 1e3 alarms; a mistake in a bet would
 * exceed it. */
static void innocent_nights_stay_within_the_bound(void)
{
	unsigned seed = (unsigned)test_seed(7), alarms = 0;
	const unsigned nights = 100000;
	struct process p = { 0 };

	for (unsigned night = 0; night < nights; night++) {
		struct trace t = { .up = { 0 } };
		struct nightly_night n = night_of(&t);
		struct nightly_burst b = { 0 };
		bool hit = rand_r(&seed) % 10 == 0;

		if (hit)
			t.up[WINDOW_FROM + (unsigned)rand_r(&seed) % (WINDOW_TO - WINDOW_FROM)] =
				MB;
		nightly_find_burst(&n, &b);
		nightly_step(&nightly_defaults, &n, hit, &b, &p);
		if (p.m_mean < nightly_defaults.level1)
			continue;
		alarms++;
		memset(&p, 0, sizeof(p));
	}
	printf("# %u alarms at M >= 1e3 in %u innocent nights, bound %u\n", alarms, nights,
	       nights / 1000);
	CU_ASSERT(alarms <= nights / 1000);
}

static void evidence_is_capped(void)
{
	struct trace t = { .up = { [50] = MB } };
	struct nightly_night n = night_of(&t);
	struct nightly_burst b;
	struct process p = { 0 };

	CU_ASSERT(nightly_find_burst(&n, &b));
	for (int i = 0; i < 1000; i++)
		nightly_step(&nightly_defaults, &n, true, &b, &p);
	NEAR(p.m_mean, 1e9, 1);
	EQUAL_INT(p.bursts_n, EVIDENCE_BURSTS);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "a burst at night qualifies", a_burst_at_night_qualifies },
		{ "nothing at night does not", nothing_at_night_does_not },
		{ "a download does not qualify but cannot hide an upload",
		  a_download_does_not_qualify_but_cannot_hide_an_upload },
		{ "a steady stream is not nocturnal", a_steady_stream_is_not_nocturnal },
		{ "the burst begins where its run begins", the_burst_begins_where_its_run_begins },
		{ "keep-alives do not stretch a burst", keep_alives_do_not_stretch_a_burst },
		{ "a run from before the window makes no location bet",
		  a_run_from_before_the_window_makes_no_location_bet },
		{ "silence halves the evidence", silence_halves_the_evidence },
		{ "the change-over night does not bet on the civil clock",
		  the_changeover_night_does_not_bet_on_the_civil_clock },
		{ "the location bet is fair", the_location_bet_is_fair },
		{ "a time at which everybody is busy counts for less",
		  a_time_at_which_everybody_is_busy_counts_for_less },
		{ "a nightly burst is found within the stated nights",
		  a_nightly_burst_is_found_within_the_stated_nights },
		{ "innocent nights stay within the bound", innocent_nights_stay_within_the_bound },
		{ "evidence is capped", evidence_is_capped },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "nightly", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
