/* test_period.c - periods of days: which nights are in play, by hand; when a level is reached. */
#include <stdio.h>
#include <string.h>
#include "detect/period.h"
#include "pack.h"
#include "tap.h"

#define WINDOW_FROM 40		/* 22:00, rows beginning at noon */
#define WINDOW_TO 68		/* 05:00 */
#define MB 1000000ULL

/* One night: a burst at a slot, 0: none. */
static void night(struct period *state, int64_t row, unsigned slot)
{
	static const uint64_t down[ROW_SLOTS];
	uint64_t up[ROW_SLOTS] = { 0 };
	struct nightly_night n = { .up = up, .down = down, .window_from = WINDOW_FROM,
				   .window_to = WINDOW_TO, .seen_to = WINDOW_TO + 1, .row = row };
	struct nightly_burst b = { 0 };

	if (slot)
		up[slot] = MB;
	nightly_find_burst(&n, &b);
	period_step(&nightly_defaults, &n, slot > 0, &b, state);
}

/* Hits on rows 1, 3 and 8, none on 5 and 10:
 *	P = 2	row 3 (a hit), row 5 (none), row 10 (none) in play
 *	P = 3	rows 4, 6 (none) and 11
 *	P = 7	row 8 (a hit), row 10 (none) */
static void only_nights_in_play_bet(void)
{
	struct period s = { .nights = 0 };

	for (int64_t row = 1; row <= 11; row++) {
		night(&s, row, row == 1 || row == 3 ? 50 : row == 8 ? 64 : 0);
		if (row == 3)		/* e_l at the time of the only earlier one is at least 1 */
			CU_ASSERT(s.process[0].m_mean > 5.5);
	}
	EQUAL_INT(s.process[0].in_play, 3);
	EQUAL_INT(s.process[0].hits, 1);
	EQUAL_INT(s.process[0].since_row, 1);
	EQUAL_INT(s.process[1].in_play, 3);
	EQUAL_INT(s.process[1].hits, 0);
	/* (0 + 1) / 2, (0.5 + 1) / 2, (0.75 + 1) / 2 */
	NEAR(s.process[1].m_mean, 0.875, 1e-12);
	EQUAL_INT(s.process[2].in_play, 2);
	EQUAL_INT(s.process[2].hits, 1);
	EQUAL_INT(s.process[2].since_row, 1);
	EQUAL_INT(s.process[2].up, MB);
	EQUAL_INT(s.bursts_n, 3);
	EQUAL_INT(s.nights, 11);
	/* What each night did to M, to three digits; 1 where nothing was bet. */
	NEAR(period_night_e(&s, 1, 4), 0.5, 0);
	NEAR(period_night_e(&s, 1, 5), 1, 0);
	NEAR(period_night_e(&s, 1, 11), 0.5, 0);
	CU_ASSERT(period_night_e(&s, 0, 3) > 5.5);
	period_reset(&s, 1);
	NEAR(period_night_e(&s, 1, 4), 0.5, 0);
	EQUAL_INT(s.process[1].in_play, 3);
}

/* On a night in play M goes as detector N's does, with the same history. */
static void a_bet_is_detector_n_s(void)
{
	static const uint64_t down[ROW_SLOTS];
	uint64_t up[ROW_SLOTS] = { [51] = MB };
	struct nightly_night n = { .up = up, .down = down, .window_from = WINDOW_FROM,
				   .window_to = WINDOW_TO, .seen_to = WINDOW_TO + 1, .row = 14 };
	struct process as_n = { .bursts_n = 2, .bursts = { { 750, 750 }, { 900, 900 } } };
	struct period s = { .nights = 0 };
	struct nightly_burst b;

	night(&s, 5, 60);
	night(&s, 7, 50);	/* in play for P = 2 */
	for (unsigned bet = 0; bet < EVIDENCE_BETS; bet++)
		as_n.m[bet] = s.process[2].m[bet];
	for (int64_t row = 8; row < 14; row++)
		if (row != 12)	/* row 12 - 7 = 5 would be in play: skipped, as if blind */
			night(&s, row, 0);
	CU_ASSERT(nightly_find_burst(&n, &b));
	period_step(&nightly_defaults, &n, true, &b, &s);
	nightly_step(&nightly_defaults, &n, true, &b, &as_n);
	NEAR(s.process[2].m_mean, as_n.m_mean, 1e-9);
	EQUAL_INT(s.process[2].in_play, 1);
}

static void a_skipped_night_keeps_the_phase(void)
{
	struct period s = { .nights = 0 };

	night(&s, 100, 50);
	night(&s, 107, 50);	/* six rows without a call */
	EQUAL_INT(s.process[2].hits, 1);
	EQUAL_INT(s.process[0].in_play + s.process[1].in_play, 0);
	night(&s, 107, 50);	/* the same row again, an earlier one: nothing */
	night(&s, 93, 50);
	EQUAL_INT(s.nights, 2);
	night(&s, 107 + 64, 50);	/* much later: nothing is in play */
	EQUAL_INT(s.process[2].in_play, 1);
	EQUAL_INT(s.nights, 3);
}

/* Sundays at 00:00 sharp or up to half an hour later: 4th and 6th Sunday. */
static void every_sunday_is_found_on_the_fourth_and_alarms_on_the_sixth(void)
{
	uint64_t random = test_seed(21);
	unsigned first[16] = { 0 }, second[16] = { 0 };

	for (unsigned series = 0; series < 300; series++) {
		struct period s = { .nights = 0 };
		unsigned sundays = 0, l1 = 0, l2 = 0;

		for (int64_t row = 0; row < 60; row++) {
			bool is_sunday = row % 7 == 6;

			random = random * 6364136223846793005ULL + 1442695040888963407ULL;
			night(&s, row, is_sunday ? 48 + (unsigned)((random >> 33) % 3) : 0);
			sundays += is_sunday;
			if (!l1 && period_level(&nightly_defaults, &s, 2) >= LEVEL_1)
				l1 = sundays;
			if (!l2 && period_level(&nightly_defaults, &s, 2) >= LEVEL_2)
				l2 = sundays;
		}
		first[l1]++;
		second[l2]++;
		EQUAL_INT(period_best(&nightly_defaults, &s), 2);
		EQUAL_INT(s.process[0].in_play, s.process[1].in_play);
	}
	printf("# L1 on Sunday 3: %u, 4: %u, 5: %u; L2 on 5: %u, 6: %u, 7: %u of 300\n", first[3],
	       first[4], first[5], second[5], second[6], second[7]);
	EQUAL_INT(first[3] + first[4], 300);
	CU_ASSERT(first[4] >= 150);
	EQUAL_INT(second[5] + second[6], 300);
}

static void every_second_night_is_found(void)
{
	struct period s = { .nights = 0 };
	int l2 = 0;

	for (int64_t row = 1; row <= 16 && !l2; row++) {
		night(&s, row, row % 2 ? 50 + row % 3 : 0);
		l2 = period_level(&nightly_defaults, &s, 0) >= LEVEL_2 ? (int)row : 0;
	}
	CU_ASSERT(l2 > 0 && l2 <= 13);
	EQUAL_INT(period_best(&nightly_defaults, &s), 0);
}

/* Hits to row 43, then silence: over on the 21st judged night after the last, not before. */
static void three_missed_cycles_end_it(void)
{
	struct period s = { .nights = 0 };
	unsigned quiet = 0;

	for (int64_t row = 0; row < 44; row++)
		night(&s, row, row % 7 == 1 ? 50 : 0);
	EQUAL_INT(s.process[2].hits, 6);
	CU_ASSERT_FALSE(period_is_over(&s, 2));
	for (int64_t row = 44; !period_is_over(&s, 2) && quiet < 100; row++, quiet++)
		night(&s, row, 0);
	EQUAL_INT(quiet, 21);
	period_reset(&s, 2);
	NEAR(s.process[2].m_mean, 0, 0);
	EQUAL_INT(s.process[2].hits, 0);
	EQUAL_INT(s.process[2].in_play, 7);	/* six hits and the first missed Sunday */
	CU_ASSERT_FALSE(period_is_over(&s, 2));
	EQUAL_INT(period_level(&nightly_defaults, &s, 2), LEVEL_NONE);
}

static void one_missed_sunday_is_no_end(void)
{
	struct period s = { .nights = 0 };

	for (int64_t row = 0; row < 63; row++) {
		night(&s, row, row % 7 == 1 && row != 29 && row != 43 ? 50 : 0);
		CU_ASSERT_FALSE(period_is_over(&s, 2));
	}
	EQUAL_INT(s.process[2].hits, 4);	/* 8, 15, 22, 57; 36 and 50 follow a miss */
}

static void evidence_is_capped(void)
{
	struct period s = { .nights = 0 };

	for (int64_t row = 0; row < 2000; row++)
		night(&s, row, 50);
	for (unsigned i = 0; i < PERIODS; i++)
		NEAR(s.process[i].m_mean, 1e9, 1);
	EQUAL_INT(period_best(&nightly_defaults, &s), 0);
	EQUAL_INT(period_level(&nightly_defaults, &s, 1), LEVEL_3);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "only nights in play bet", only_nights_in_play_bet },
		{ "a bet is detector N's", a_bet_is_detector_n_s },
		{ "a skipped night keeps the phase", a_skipped_night_keeps_the_phase },
		{ "every Sunday is found on the fourth and alarms on the sixth",
		  every_sunday_is_found_on_the_fourth_and_alarms_on_the_sixth },
		{ "every second night is found", every_second_night_is_found },
		{ "three missed cycles end it", three_missed_cycles_end_it },
		{ "one missed Sunday is no end", one_missed_sunday_is_no_end },
		{ "evidence is capped", evidence_is_capped },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "period", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
