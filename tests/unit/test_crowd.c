/* test_crowd.c - f0: who votes, whom it serves, and the numbers by hand. */
#include <errno.h>
#include "policy/calendar.h"
#include "profile/crowd.h"
#include "tap.h"

static const uint32_t asset_0 = 0, asset_1 = 1;

static struct crowd *crowd_of(size_t assets)
{
	struct crowd *c = NULL;

	EQUAL_INT(crowd_new(assets, &c), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

/* As asset 0 sees it, over the whole row. */
static double seen(const struct crowd *c, int64_t row, unsigned slot)
{
	struct crowd_question q = { .own = &asset_0, .own_n = 1, .row = row, .to = ROW_SLOTS };

	return crowd_density(c, &q, slot);
}

static void nobody_knows_anything_at_first(void)
{
	struct crowd *c = crowd_of(2);

	NEAR(seen(c, 5, 30), 1, 0);
	EQUAL_INT(crowd_new(0, &c), -EINVAL);
	crowd_free(c);
	crowd_free(NULL);
}

/* One vote: 0.3 + 0.7 * 96 * {3, 2, 1, 0} / 9 at 0, 1, 2 and 3 slots from it. */
static void a_vote_counts_where_it_was_cast(void)
{
	struct crowd *c = crowd_of(2);

	CU_ASSERT(crowd_vote(c, 1, 4, 30));
	NEAR(seen(c, 5, 30), 0.3 + 0.7 * 96 * 3 / 9, 1e-9);
	NEAR(seen(c, 5, 31), 0.3 + 0.7 * 96 * 2 / 9, 1e-9);
	NEAR(seen(c, 5, 28), 0.3 + 0.7 * 96 * 1 / 9, 1e-9);
	NEAR(seen(c, 5, 33), 0.3, 1e-9);
	CU_ASSERT(crowd_vote(c, 1, 5, 0));	/* the circle closes */
	NEAR(seen(c, 6, 95), 0.3 + 0.7 * 96 * 2 / 18, 1e-9);
	crowd_free(c);
}

static void it_is_a_density(void)
{
	struct crowd *c = crowd_of(9);
	double sum = 0, window = 0;
	struct crowd_question q = { .row = 50, .from = 40, .to = 68 };

	for (uint32_t i = 0; i < 9; i++)
		for (int64_t row = 0; row < 50; row++)
			CU_ASSERT(crowd_vote(c, i, row, (unsigned)(i * 37 + row * row) % 96));
	for (unsigned slot = 0; slot < ROW_SLOTS; slot++) {
		sum += seen(c, 50, slot) / ROW_SLOTS;
		window += slot >= 40 && slot < 68 ? crowd_density(c, &q, slot) / 28 : 0;
	}
	NEAR(sum, 1, 1e-9);
	NEAR(window, 1, 1e-9);
	NEAR(crowd_density(c, &q, 39), 1, 0);
	NEAR(crowd_density(c, &q, 68), 1, 0);
	crowd_free(c);
}

static void an_asset_does_not_excuse_itself(void)
{
	struct crowd *c = crowd_of(3);
	const uint32_t vendor[] = { 0, 1 };
	struct crowd_question q = { .own = vendor, .own_n = 2, .row = 100, .to = ROW_SLOTS };

	for (int64_t row = 0; row < 30; row++)
		CU_ASSERT(crowd_vote(c, 0, row, 50));
	NEAR(seen(c, 100, 50), 1, 0);
	CU_ASSERT(crowd_vote(c, 1, 30, 10));
	NEAR(seen(c, 100, 50), 0.3, 1e-9);
	NEAR(crowd_density(c, &q, 10), 1, 0);	/* nor do two of one vendor */
	CU_ASSERT(crowd_vote(c, 2, 31, 90));
	NEAR(crowd_density(c, &q, 10), 0.3, 1e-9);
	EQUAL_INT(crowd_votes(c, &q), 1);
	q.own = &asset_1;
	q.own_n = 1;
	EQUAL_INT(crowd_votes(c, &q), 31);
	crowd_free(c);
}

static void only_earlier_nights_count(void)
{
	struct crowd *c = crowd_of(3);

	CU_ASSERT(crowd_vote(c, 1, 7, 30));
	CU_ASSERT(crowd_vote(c, 2, 7, 60));
	NEAR(seen(c, 7, 30), 1, 0);
	CU_ASSERT(seen(c, 8, 30) > 5);
	CU_ASSERT(crowd_vote(c, 1, 8, 60));
	NEAR(seen(c, 8, 60), seen(c, 8, 30), 1e-9);	/* one vote each */
	CU_ASSERT(seen(c, 9, 60) > seen(c, 9, 30));
	crowd_free(c);
}

static void one_vote_a_night(void)
{
	struct crowd *c = crowd_of(2);

	CU_ASSERT(crowd_vote(c, 1, 7, 30));
	CU_ASSERT_FALSE(crowd_vote(c, 1, 7, 31));
	CU_ASSERT_FALSE(crowd_vote(c, 1, 6, 31));
	CU_ASSERT_FALSE(crowd_vote(c, 2, 8, 31));
	CU_ASSERT_FALSE(crowd_vote(c, 1, 8, ROW_SLOTS));
	NEAR(seen(c, 9, 31), 0.3 + 0.7 * 96 * 2 / 9, 1e-9);
	crowd_free(c);
}

/* A vote for a night before the latest counts at once. */
static void a_late_vote_counts(void)
{
	struct crowd *c = crowd_of(3);

	CU_ASSERT(crowd_vote(c, 1, 9, 30));
	CU_ASSERT(crowd_vote(c, 2, 8, 60));
	NEAR(seen(c, 9, 60), 0.3 + 0.7 * 96 * 3 / 9, 1e-9);
	NEAR(seen(c, 10, 60), 0.3 + 0.7 * 96 * 3 / 18, 1e-9);
	crowd_free(c);
}

/* 399 nights at one time, then a new one: after the halving at 400 and 200 more nights the new time
 * has caught up. */
static void old_habits_fade(void)
{
	struct crowd *c = crowd_of(2);
	struct crowd_question q = { .own = &asset_0, .own_n = 1, .row = 10000, .to = ROW_SLOTS };

	for (int64_t row = 0; row < 400; row++)
		CU_ASSERT(crowd_vote(c, 1, row, 10));
	for (int64_t row = 400; row < 600; row++) {
		CU_ASSERT(crowd_vote(c, 1, row, 70));
		CU_ASSERT(crowd_votes(c, &q) <= CROWD_VOTES_MAX);
	}
	CU_ASSERT(crowd_vote(c, 1, 600, 70));
	CU_ASSERT(seen(c, 10000, 70) >= seen(c, 10000, 10));
	crowd_free(c);
}

static void a_forgotten_asset_leaves_nothing(void)
{
	struct crowd *c = crowd_of(3);

	CU_ASSERT(crowd_vote(c, 1, 5, 30));
	CU_ASSERT(crowd_vote(c, 1, 6, 31));
	CU_ASSERT(crowd_vote(c, 2, 6, 80));
	crowd_forget(c, 1);
	crowd_forget(c, 99);
	NEAR(seen(c, 9, 30), 0.3, 1e-9);
	NEAR(seen(c, 9, 80), 0.3 + 0.7 * 96 * 3 / 9, 1e-9);
	CU_ASSERT(crowd_vote(c, 1, 2, 10));	/* another asset now */
	crowd_free(c);
}

static void a_restart_changes_nothing(void)
{
	struct crowd *before = crowd_of(4), *after = crowd_of(4);
	struct packer p = { 0 };

	for (int64_t row = 0; row < 450; row++)
		for (uint32_t i = 0; i < 3; i++)
			crowd_vote(before, i, row + i, (unsigned)(row * (i + 1)) % 96);
	for (uint32_t i = 4; i-- > 0;) {
		struct unpacker u;

		pack_reset(&p);
		crowd_pack_asset(before, i, &p);
		u = unpack_over(p.bytes, p.len);
		CU_ASSERT(crowd_unpack_asset(after, i, 1000, &u));
		CU_ASSERT(unpack_ok(&u));
	}
	for (int64_t row = 451; row < 453; row++)
		for (unsigned slot = 0; slot < ROW_SLOTS; slot++)
			NEAR(seen(after, row, slot), seen(before, row, slot), 0);
	CU_ASSERT_FALSE(crowd_vote(after, 2, 451, 1));
	CU_ASSERT(crowd_vote(after, 2, 452, 1));
	pack_free(&p);
	crowd_free(before);
	crowd_free(after);
}

static bool accepts(struct crowd *c, const uint8_t *bytes, size_t len, int64_t latest)
{
	struct unpacker u = unpack_over(bytes, len);

	return crowd_unpack_asset(c, 1, latest, &u);
}

static void damaged_votes_are_refused(void)
{
	struct crowd *c = crowd_of(2);
	struct packer p = { 0 };
	size_t len;

	crowd_vote(c, 1, 7, 30);
	crowd_vote(c, 1, 8, 31);
	crowd_pack_asset(c, 1, &p);
	len = p.len;
	EQUAL_INT(len, 1 + 1 + 8 + 1 + 1 + 3);
	CU_ASSERT_FALSE(accepts(c, p.bytes, len, 100));	/* it has votes */
	crowd_forget(c, 1);
	for (size_t cut = 0; cut < len; cut++)
		CU_ASSERT_FALSE(accepts(c, p.bytes, cut, 100));
	CU_ASSERT_FALSE(accepts(c, p.bytes, len, 7));	/* from the future */
	p.bytes[0] = 9;					/* version */
	CU_ASSERT_FALSE(accepts(c, p.bytes, len, 100));
	p.bytes[0] = 1;
	p.bytes[12] = 96;				/* slot */
	CU_ASSERT_FALSE(accepts(c, p.bytes, len, 100));
	p.bytes[12] = 30;
	p.bytes[14] = 2;				/* 513 votes */
	CU_ASSERT_FALSE(accepts(c, p.bytes, len, 100));
	p.bytes[14] = 0;
	NEAR(seen(c, 100, 30), 1, 0);			/* nothing of it stayed */
	CU_ASSERT(accepts(c, p.bytes, len, 8));
	pack_free(&p);
	crowd_free(c);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "nobody knows anything at first", nobody_knows_anything_at_first },
		{ "a vote counts where it was cast", a_vote_counts_where_it_was_cast },
		{ "it is a density", it_is_a_density },
		{ "an asset does not excuse itself", an_asset_does_not_excuse_itself },
		{ "only earlier nights count", only_earlier_nights_count },
		{ "one vote a night", one_vote_a_night },
		{ "a late vote counts", a_late_vote_counts },
		{ "old habits fade", old_habits_fade },
		{ "a forgotten asset leaves nothing", a_forgotten_asset_leaves_nothing },
		{ "a restart changes nothing", a_restart_changes_nothing },
		{ "damaged votes are refused", damaged_votes_are_refused },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "crowd", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
