/* test_rhythm.c - detector C: where the excess lies, the bets, their price, what is locked. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "detect/rhythm.h"
#include "pack.h"
#include "tap.h"

#define MB 1000000ULL
#define TRICKLE 20000		/* bytes a slot: what a channel in use always sends */

struct trace {
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
};

static struct rhythm_night night_of(const struct trace *t, int64_t row)
{
	return (struct rhythm_night){ .up = t->up, .down = t->down, .seen_to = ROW_SLOTS,
				      .row = row };
}

static struct trace steady(uint64_t bytes)
{
	struct trace t = { .up = { 0 } };

	for (unsigned i = 0; i < ROW_SLOTS; i++)
		t.up[i] = bytes;
	return t;
}

/* The start of the burst, -1: no excess, -2: no hit. */
static int start_of(const struct trace *t)
{
	static const struct rhythm nothing;
	struct rhythm_night n = night_of(t, 0);
	struct rhythm_burst b;

	if (!rhythm_find_burst(&n, &nothing, &b))
		return -1;
	return rhythm_is_hit(&rhythm_defaults, &b) ? (int)b.from : -2;
}

static void what_a_channel_always_sends_is_no_excess(void)
{
	struct trace t = steady(100 * MB);

	EQUAL_INT(start_of(&t), -1);
	t.up[30] += 262143;
	EQUAL_INT(start_of(&t), -2);
	t.up[30] += 1;
	EQUAL_INT(start_of(&t), 30);
}

static void the_window_begins_with_its_burst(void)
{
	struct trace t = steady(TRICKLE);

	t.up[29] += 4 * TRICKLE;	/* below 1/16 of the largest */
	t.up[30] = 4 * MB;
	t.up[32] = 5 * MB;
	EQUAL_INT(start_of(&t), 30);
	t.up[95] = 50 * MB;		/* 15 minutes before the row's end */
	EQUAL_INT(start_of(&t), 95);
}

/* 14:00-17:00, the busiest two hours in the middle of it. */
static void two_hours_of_a_longer_upload_are_the_fullest(void)
{
	struct trace t = steady(0);

	for (unsigned i = 8; i < 20; i++)
		t.up[i] = i >= 10 && i < 18 ? 9 * MB : 8 * MB;
	EQUAL_INT(start_of(&t), 10);
}

static void a_download_is_no_hit(void)
{
	struct trace t = steady(0);

	t.up[30] = 20 * MB;
	t.down[30] = 2000 * MB;
	EQUAL_INT(start_of(&t), -2);
	t.up[30] = 70 * MB;		/* this much is an upload whatever came down */
	EQUAL_INT(start_of(&t), 30);
}

static void slots_that_were_not_seen_are_not_silence(void)
{
	struct trace t = steady(0);
	static const struct rhythm nothing;
	struct rhythm_night n = night_of(&t, 0);
	struct rhythm_burst b;

	for (unsigned i = 60; i < ROW_SLOTS; i++)
		t.up[i] = 5 * MB;
	n.seen_from = 60;
	CU_ASSERT_FALSE(rhythm_find_burst(&n, &nothing, &b));
	n.seen_from = 0;
	CU_ASSERT(rhythm_find_burst(&n, &nothing, &b));
	n.seen_to = 0;
	CU_ASSERT_FALSE(rhythm_find_burst(&n, &nothing, &b));
}

/* 11:00-13:00 with rows that begin at noon: the second hour belongs to the row before. */
static void an_upload_across_noon_is_one_night(void)
{
	struct trace t = steady(0);
	struct rhythm state = { .hits = 0 };

	for (unsigned i = 0; i < 4; i++) {
		t.up[i] = 9 * MB;
		t.up[92 + i] = 8 * MB;
	}
	for (int64_t row = 10; row < 13; row++) {
		struct rhythm_night n = night_of(&t, row);
		struct rhythm_burst b;

		if (row == 10)		/* it begins with the first night */
			memset(t.up, 0, 4 * sizeof(t.up[0]));
		CU_ASSERT(rhythm_find_burst(&n, &state, &b));
		EQUAL_INT(b.from, 92);
		CU_ASSERT(b.runs_on);
		rhythm_step(&rhythm_defaults, &n, true, &b, &state);
		for (unsigned i = 0; i < 4; i++)
			t.up[i] = 9 * MB;
	}
	EQUAL_INT(state.hits, 3);
	/* The morning after it ended: only its tail. */
	memset(&t.up[4], 0, (ROW_SLOTS - 4) * sizeof(t.up[0]));
	CU_ASSERT_FALSE(rhythm_find_burst(&(struct rhythm_night){ .up = t.up, .down = t.down,
								  .seen_to = ROW_SLOTS, .row = 13 },
					  &state, &(struct rhythm_burst){ 0 }));
	/* Two rows later nothing runs on from anywhere. */
	CU_ASSERT(rhythm_find_burst(&(struct rhythm_night){ .up = t.up, .down = t.down,
							    .seen_to = ROW_SLOTS, .row = 14 },
				    &state, &(struct rhythm_burst){ 0 }));
}

static double step_at(struct rhythm *state, int64_t row, unsigned slot, const bool *closed,
		      double crowd)
{
	struct trace t = { .up = { [0] = 0 } };
	struct rhythm_night n = night_of(&t, row);
	struct rhythm_burst b;

	t.up[slot] = 10 * MB;
	n.closed = closed;
	n.crowd = crowd;
	CU_ASSERT_FATAL(rhythm_find_burst(&n, state, &b));
	return rhythm_step(&rhythm_defaults, &n, true, &b, state);
}

/* 28 of 96 slots closed: 0.1 + 0.9 (0.5 + 0.5 * 96 / 28) inside, 0.1 + 0.9 * 0.5 outside. */
static void the_first_hit_bets_on_closed_hours(void)
{
	struct rhythm inside = { .hits = 0 }, outside = { .hits = 0 }, nowhere = { .hits = 0 };
	bool closed[ROW_SLOTS] = { false };

	for (unsigned i = 40; i < 68; i++)
		closed[i] = true;
	NEAR(step_at(&inside, 1, 50, closed, 0), 0.1 + 0.9 * (0.5 + 0.5 * 96 / 28), 1e-12);
	NEAR(step_at(&outside, 1, 8, closed, 0), 0.55, 1e-12);
	NEAR(step_at(&nowhere, 1, 8, NULL, 0), 1, 1e-12);
}

/* KDE at the very slot of two earlier hits is the kernel's height, 1440 / (h sqrt(2 pi)) relative
 * to uniform; the closed share is 0 in the afternoon. */
static void later_hits_bet_on_earlier_times(void)
{
	struct rhythm state = { .bursts_n = 2, .bursts = { { 120, 120 }, { 120, 120 } } };
	bool closed[ROW_SLOTS] = { [50] = true };
	double tall = 1440 / (15 * sqrt(2 * M_PI)), flat = 1440 / (105 * sqrt(2 * M_PI));

	step_at(&state, 1, 8, closed, 0);
	NEAR(state.m[0], 0.1 + 0.9 * 0.85 * tall, 1e-9);
	NEAR(state.m[2], 0.1 + 0.9 * 0.85 * flat, 1e-9);
	NEAR(state.m[3], state.m[0], 1e-12);
}

static void weights_fade_by_a_tenth(void)
{
	struct rhythm state = { .bursts_n = 2, .bursts = { { 120, 120 }, { 840, 840 } } };
	double tall = 1440 / (15 * sqrt(2 * M_PI));

	step_at(&state, 1, 56, NULL, 0);	/* at the earlier one: weight 0.9 of 1.9 */
	NEAR(state.m[0], 0.1 + 0.9 * (0.85 * tall * 0.9 / 1.9 + 0.15), 1e-9);
}

static void the_circle_closes_at_noon(void)
{
	struct rhythm state = { .bursts_n = 1, .bursts = { { 1425, 1425 } } };
	double tall = 1440 / (15 * sqrt(2 * M_PI));

	step_at(&state, 1, 0, NULL, 0);		/* 15 minutes later: one bandwidth */
	NEAR(state.m[0], 0.1 + 0.9 * (0.85 * tall * exp(-0.5) + 0.15), 1e-9);
}

/* The mean of e over all 96 starts is 1: with a fair first hit, later, closed hours or not. */
static void the_bet_is_fair(void)
{
	struct rhythm later = { .bursts_n = 4,
				.bursts = { { 0, 60 }, { 1425, 45 }, { 300, 360 }, { 615, 670 } } };
	bool closed[ROW_SLOTS] = { false };
	double first = 0, sum[EVIDENCE_BETS] = { 0 };

	for (unsigned i = 40; i < 68; i++)
		closed[i] = true;
	for (unsigned slot = 0; slot < ROW_SLOTS; slot++) {
		struct rhythm a = { .hits = 0 }, b = later;

		first += step_at(&a, 1, slot, closed, 0) / ROW_SLOTS;
		step_at(&b, 1, slot, closed, 0);
		for (unsigned bet = 0; bet < EVIDENCE_BETS; bet++)
			sum[bet] += b.m[bet] / ROW_SLOTS;
	}
	NEAR(first, 1, 1e-9);
	for (unsigned bet = 0; bet < EVIDENCE_BETS; bet++)
		NEAR(sum[bet], 1, 1e-7);
}

static void where_the_others_are_busy_it_counts_for_less(void)
{
	struct rhythm alone = { .bursts_n = 1, .bursts = { { 120, 120 } } }, busy = alone,
		      quiet = alone;

	step_at(&alone, 1, 8, NULL, 0);
	step_at(&busy, 1, 8, NULL, 5);
	step_at(&quiet, 1, 8, NULL, 0.3);
	NEAR(busy.m[0], alone.m[0] / 5, 1e-9);
	NEAR(quiet.m[0], alone.m[0], 1e-12);
}

static void nights_without_a_hit_leave_m_alone(void)
{
	struct trace t = { .up = { 0 } };
	struct rhythm_night n = night_of(&t, 5);
	struct rhythm state = { .m = { 9, 9, 9, 9, 9, 9 }, .m_mean = 9, .hits = 4 };

	NEAR(rhythm_step(&rhythm_defaults, &n, false, NULL, &state), 1, 0);
	NEAR(state.m_mean, 9, 0);
	EQUAL_INT(state.misses, 1);
	EQUAL_INT(state.hits, 4);
}

static void the_changeover_night_does_not_bet_on_the_civil_clock(void)
{
	struct trace t = { .up = { [8] = MB } };
	struct rhythm_night n = night_of(&t, 5);
	struct rhythm state = { .bursts_n = 1, .bursts = { { 120, 120 } } };
	struct rhythm_burst b;

	n.is_changeover = true;
	CU_ASSERT(rhythm_find_burst(&n, &state, &b));
	rhythm_step(&rhythm_defaults, &n, true, &b, &state);
	CU_ASSERT(state.m[0] > 20);
	NEAR(state.m[EVIDENCE_BETS - 1], 1, 0);
	EQUAL_INT(state.bursts_n, 1);
	EQUAL_INT(state.hits, 1);
}

/* A job by UTC keeps its UTC minute when the civil clock moves, one by local time the other. */
static void either_clock_can_keep_the_time(void)
{
	struct trace t = { .up = { [8] = MB } };
	struct rhythm_night n = night_of(&t, 5);
	struct rhythm utc = { .bursts_n = 1, .bursts = { { 120, 120 } } },
		      civil = { .bursts_n = 1, .bursts = { { 60, 180 } } };
	struct rhythm_burst b;

	n.civil_shift_min = 60;
	CU_ASSERT(rhythm_find_burst(&n, &utc, &b));
	rhythm_step(&rhythm_defaults, &n, true, &b, &utc);
	rhythm_step(&rhythm_defaults, &n, true, &b, &civil);
	CU_ASSERT(utc.m[0] > 20 && utc.m[3] < 1);
	CU_ASSERT(civil.m[0] < 1 && civil.m[3] > 20);
	EQUAL_INT(utc.bursts[0].utc_min, 120);
	EQUAL_INT(utc.bursts[0].civil_min, 180);
}

/* 14:00 in working hours, within half an hour of it: the promise of P9 is night 8. */
static void an_afternoon_upload_is_locked_by_night_eight(void)
{
	uint64_t random = test_seed(3);
	bool closed[ROW_SLOTS] = { false };

	for (unsigned i = 40; i < 68; i++)
		closed[i] = true;
	for (unsigned series = 0; series < 200; series++) {
		struct rhythm state = { .hits = 0 };
		int locked = 0;

		for (int night = 1; night <= 8 && !locked; night++) {
			random = random * 6364136223846793005ULL + 1442695040888963407ULL;
			step_at(&state, night, 8 + (random >> 33) % 3, closed, 0);
			locked = rhythm_is_locked(&rhythm_defaults, &state) ? night : 0;
		}
		if (locked < 5 || locked > 8)
			printf("# series %u: locked on night %d\n", series, locked);
		CU_ASSERT(locked >= 5 && locked <= 8);
	}
}

/* Any time of a working day of 16 hours is denser than uniform, so M grows, but it is no rhythm;
 * one time in six elsewhere does not hide one. */
static void working_hours_are_no_rhythm(void)
{
	uint64_t random = test_seed(5);
	struct rhythm wide = { .hits = 0 }, punctual = { .hits = 0 };

	for (int night = 0; night < 2000; night++) {
		unsigned slot, late;

		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		slot = 24 + (random >> 33) % 64;
		late = night % 6 == 5 ? 70 : 40;
		step_at(&wide, night, slot, NULL, 0);
		step_at(&punctual, night, late, NULL, 0);
		CU_ASSERT(night < 100 || rhythm_is_locked(&rhythm_defaults, &punctual));
	}
	CU_ASSERT(wide.m_mean >= rhythm_defaults.locked);
	CU_ASSERT_FALSE(rhythm_is_locked(&rhythm_defaults, &wide));
}

static void evidence_is_capped_and_goes_on_reset(void)
{
	struct rhythm state = { .hits = 0 };

	for (int64_t row = 0; row < 1000; row++)
		step_at(&state, row, 8, NULL, 0);
	NEAR(state.m_mean, 1e9, 1);
	EQUAL_INT(state.bursts_n, EVIDENCE_BURSTS);
	EQUAL_INT(state.since_row, 0);
	rhythm_reset(&state);
	NEAR(state.m_mean + state.m[0], 0, 0);
	EQUAL_INT(state.hits, 0);
	EQUAL_INT(state.bursts_n, EVIDENCE_BURSTS);
	CU_ASSERT_FALSE(rhythm_is_locked(&rhythm_defaults, &state));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "what a channel always sends is no excess",
		  what_a_channel_always_sends_is_no_excess },
		{ "the window begins with its burst", the_window_begins_with_its_burst },
		{ "two hours of a longer upload are the fullest",
		  two_hours_of_a_longer_upload_are_the_fullest },
		{ "a download is no hit", a_download_is_no_hit },
		{ "slots that were not seen are not silence",
		  slots_that_were_not_seen_are_not_silence },
		{ "an upload across noon is one night", an_upload_across_noon_is_one_night },
		{ "the first hit bets on closed hours", the_first_hit_bets_on_closed_hours },
		{ "later hits bet on earlier times", later_hits_bet_on_earlier_times },
		{ "weights fade by a tenth", weights_fade_by_a_tenth },
		{ "the circle closes at noon", the_circle_closes_at_noon },
		{ "the bet is fair", the_bet_is_fair },
		{ "where the others are busy it counts for less",
		  where_the_others_are_busy_it_counts_for_less },
		{ "nights without a hit leave M alone", nights_without_a_hit_leave_m_alone },
		{ "the change-over night does not bet on the civil clock",
		  the_changeover_night_does_not_bet_on_the_civil_clock },
		{ "either clock can keep the time", either_clock_can_keep_the_time },
		{ "an afternoon upload is locked by night eight",
		  an_afternoon_upload_is_locked_by_night_eight },
		{ "working hours are no rhythm", working_hours_are_no_rhythm },
		{ "evidence is capped and goes on reset", evidence_is_capped_and_goes_on_reset },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "rhythm", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
