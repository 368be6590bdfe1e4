/* test_coverage.c - what the tap did not see is added up without holes and without counting twice;
 * what is too much goes by the written rule; what a state kept comes back, and damage does no
 * harm. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "profile/coverage.h"
#include "tap.h"

#define DAY_NS NS_PER_DAY
#define START_NS (20470 * DAY_NS)

static struct coverage *fresh(void)
{
	struct coverage *c = NULL;

	CU_ASSERT_EQUAL_FATAL(coverage_new(&c), 0);
	return c;
}

static struct coverage_look look(struct coverage *c, uint64_t from, uint64_t to)
{
	struct coverage_look l;

	coverage_look(c, from, to, &l);
	return l;
}

static void test_nothing(void)
{
	struct coverage *c = fresh();
	struct coverage_stretch one;

	EQUAL_INT(look(c, 0, UINT64_MAX).blind_ns, 0);
	EQUAL_INT(look(NULL, 0, UINT64_MAX).blind_ns, 0);
	EQUAL_INT(coverage_list(c, 0, UINT64_MAX, &one, 1), 0);
	EQUAL_INT(coverage_list(NULL, 0, UINT64_MAX, &one, 1), 0);
	EQUAL_INT(coverage_blind(c, 10, 10, COVERAGE_DECLARED), 0);
	EQUAL_INT(coverage_blind(c, 11, 10, COVERAGE_DECLARED), 0);
	EQUAL_INT(coverage_count(c, START_NS, 0, 0), 0);
	EQUAL_INT(coverage_counters(c).stretches, 0);
	EQUAL_INT(look(c, 5, 5).blind_ns, 0);
	coverage_free(c);
	coverage_free(NULL);
}

static void test_merging(void)
{
	struct coverage *c = fresh();
	struct coverage_stretch all[8];

	coverage_blind(c, 10, 20, COVERAGE_INTERFACE);
	coverage_blind(c, 30, 40, COVERAGE_INTERFACE);
	EQUAL_INT(coverage_counters(c).stretches, 2);
	coverage_blind(c, 20, 25, COVERAGE_INTERFACE);		/* touches the first */
	EQUAL_INT(coverage_counters(c).stretches, 2);
	coverage_blind(c, 12, 18, COVERAGE_INTERFACE);		/* lies inside */
	EQUAL_INT(coverage_counters(c).stretches, 2);
	coverage_blind(c, 22, 35, COVERAGE_INTERFACE);		/* joins both */
	EQUAL_INT(coverage_counters(c).stretches, 1);
	coverage_blind(c, 0, 5, COVERAGE_INTERFACE);
	coverage_blind(c, 35, 50, COVERAGE_NOT_RUNNING);	/* another reason stays apart */
	EQUAL_INT(coverage_list(c, 0, 100, all, 8), 3);
	EQUAL_INT(all[0].from_ns, 0);
	EQUAL_INT(all[1].from_ns, 10);
	EQUAL_INT(all[1].to_ns, 40);
	EQUAL_INT(all[2].reason, COVERAGE_NOT_RUNNING);
	EQUAL_INT(look(c, 0, 100).blind_ns, 5 + 40);		/* 35 to 40 counts once */
	EQUAL_INT(look(c, 0, 100).reason, COVERAGE_INTERFACE);
	EQUAL_INT(look(c, 39, 100).reason, COVERAGE_NOT_RUNNING);
	EQUAL_INT(look(c, 39, 100).blind_ns, 11);
	EQUAL_INT(look(c, 50, 100).blind_ns, 0);		/* `to` is exclusive */
	EQUAL_INT(look(c, 4, 6).blind_ns, 1);
	EQUAL_INT(coverage_list(c, 5, 10, all, 8), 0);
	EQUAL_INT(coverage_list(c, 0, 100, all, 2), 3);		/* the newest two */
	EQUAL_INT(all[0].from_ns, 10);
	EQUAL_INT(all[1].from_ns, 35);
	coverage_free(c);
}

static void test_one_sided(void)
{
	struct coverage *c = fresh();

	coverage_blind(c, 10, 20, COVERAGE_ONE_SIDED);
	EQUAL_INT(look(c, 0, 100).blind_ns, 0);
	EQUAL_INT(look(c, 15, 100).one_sided_ns, 5);
	coverage_blind(c, 18, 19, COVERAGE_DROPS);
	EQUAL_INT(look(c, 0, 100).blind_ns, 1);
	EQUAL_INT(look(c, 0, 100).reason, COVERAGE_DROPS);
	coverage_free(c);
}

/* Against a picture of one bit a moment, over and over. */
static void test_against_picture(void)
{
	enum { MOMENTS = 200, ROUNDS = 400 };
	uint64_t seed = test_seed(0);

	for (int round = 0; round < ROUNDS; round++) {
		bool picture[COVERAGE_REASONS][MOMENTS] = { { false } };
		struct coverage *c = fresh();

		for (int k = 0; k < 12; k++) {
			unsigned from, to, reason;

			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			from = (unsigned)(seed >> 33) % MOMENTS;
			to = from + (unsigned)(seed >> 48) % 30;
			reason = (unsigned)(seed >> 60) % COVERAGE_REASONS;
			to = to < MOMENTS ? to : MOMENTS;
			coverage_blind(c, from, to, (enum coverage_reason)reason);
			for (unsigned i = from; i < to; i++)
				picture[reason][i] = true;
		}
		for (unsigned from = 0; from < MOMENTS; from += 7) {
			uint64_t blind = 0, one_sided = 0, to = from + 1 + (unsigned)round % 60;
			struct coverage_look l = look(c, from, to);

			for (unsigned i = from; i < to && i < MOMENTS; i++) {
				blind += picture[0][i] || picture[1][i] || picture[2][i] ||
					 picture[3][i];
				one_sided += picture[COVERAGE_ONE_SIDED][i];
			}
			if (l.blind_ns != blind || l.one_sided_ns != one_sided)
				CU_FAIL("not what the picture says");
		}
		coverage_free(c);
	}
}

static void test_drops(void)
{
	uint64_t slot = START_NS;
	struct coverage *c = fresh();
	struct coverage_stretch one;

	coverage_count(c, slot + 1, 100, 100);		/* a half is not more than a half */
	EQUAL_INT(look(c, slot, slot + DAY_NS).blind_ns, 0);
	NEAR(look(c, slot, slot + DAY_NS).loss, 0.5, 1e-9);
	coverage_count(c, slot + 2 * NS_PER_MIN, 0, 1);	/* open, and blind as it stands */
	EQUAL_INT(look(c, slot, slot + DAY_NS).blind_ns, COVERAGE_SLOT_NS);
	EQUAL_INT(look(c, slot, slot + DAY_NS).reason, COVERAGE_DROPS);
	EQUAL_INT(coverage_list(c, slot, slot + 1, &one, 1), 1);
	EQUAL_INT(coverage_counters(c).stretches, 0);
	coverage_count(c, slot + 3 * NS_PER_MIN, 5, 0);	/* still open: no longer */
	EQUAL_INT(look(c, slot, slot + DAY_NS).blind_ns, 0);
	coverage_count(c, slot + 14 * NS_PER_MIN, 0, 50);
	coverage_count(c, slot + 16 * NS_PER_MIN, 1, 9);	/* the next one: decided for good */
	EQUAL_INT(coverage_counters(c).stretches, 1);
	EQUAL_INT(look(c, slot, slot + DAY_NS).blind_ns, 2 * COVERAGE_SLOT_NS);
	coverage_count(c, slot + 3 * NS_PER_MIN, 1000, 0);	/* too late to matter */
	EQUAL_INT(look(c, slot, slot + COVERAGE_SLOT_NS).blind_ns, COVERAGE_SLOT_NS);
	coverage_count(c, slot + 31 * NS_PER_MIN, 1000, 1);
	EQUAL_INT(look(c, slot, slot + DAY_NS).blind_ns, 2 * COVERAGE_SLOT_NS);
	EQUAL_INT(coverage_counters(c).stretches, 1);		/* neighbours are one */
	EQUAL_INT(look(c, slot + 31 * NS_PER_MIN, slot + DAY_NS).received, 1000);
	EQUAL_INT(look(c, slot + 45 * NS_PER_MIN, slot + DAY_NS).received, 0);
	coverage_free(c);
}

/* Three days are there whole; the fifth takes the places of the first. */
static void test_slots_kept(void)
{
	struct coverage *c = fresh();

	for (uint64_t i = 0; i < 3 * 96; i++)
		coverage_count(c, START_NS + i * COVERAGE_SLOT_NS, 10, 1);
	EQUAL_INT(look(c, START_NS, START_NS + 3 * DAY_NS).received, 3 * 96 * 10);
	EQUAL_INT(look(c, START_NS, START_NS + 3 * DAY_NS).dropped, 3 * 96);
	for (uint64_t i = 4 * 96; i < 5 * 96; i++)
		coverage_count(c, START_NS + i * COVERAGE_SLOT_NS, 10, 1);
	EQUAL_INT(look(c, START_NS, START_NS + DAY_NS).received, 0);
	EQUAL_INT(look(c, START_NS + DAY_NS, START_NS + 3 * DAY_NS).received, 2 * 96 * 10);
	coverage_count(c, UINT64_MAX, 1, 0);			/* a clock gone mad */
	coverage_count(c, START_NS + 5 * DAY_NS, 7, 0);		/* and back */
	EQUAL_INT(look(c, START_NS + 5 * DAY_NS, START_NS + 6 * DAY_NS).received, 7);
	coverage_count(c, START_NS + 5 * DAY_NS, UINT64_MAX, 0);
	CU_ASSERT(look(c, START_NS + 5 * DAY_NS, START_NS + 6 * DAY_NS).received == UINT64_MAX);
	coverage_free(c);
}

static void test_bound(void)
{
	uint64_t n = COVERAGE_MEASURED_MAX;
	struct coverage *c = fresh();
	struct coverage_stretch one;

	/* Forty a day for 400 days, and something on another list. */
	CU_ASSERT(n >= 40 * 400);
	coverage_blind(c, 1, 2, COVERAGE_NOT_RUNNING);
	for (uint64_t i = 1; i <= n; i++)
		coverage_blind(c, i * 100, i * 100 + 10, COVERAGE_INTERFACE);
	EQUAL_INT(coverage_counters(c).forgotten, 0);
	coverage_blind(c, 50, 60, COVERAGE_INTERFACE);	/* ends before all: it is the one to go */
	EQUAL_INT(coverage_counters(c).forgotten, 1);
	EQUAL_INT(look(c, 50, 60).blind_ns, 0);
	EQUAL_INT(look(c, 100, 110).blind_ns, 10);
	coverage_blind(c, n * 200, n * 200 + 5, COVERAGE_INTERFACE);
	EQUAL_INT(look(c, 100, 110).blind_ns, 0);
	EQUAL_INT(look(c, 200, 210).blind_ns, 10);
	EQUAL_INT(look(c, n * 200, n * 300).blind_ns, 5);
	coverage_blind(c, 250, 260, COVERAGE_INTERFACE);	/* in the middle of a full list */
	EQUAL_INT(look(c, 200, 270).blind_ns, 10);
	EQUAL_INT(coverage_list(c, 250, 251, &one, 1), 1);
	EQUAL_INT(coverage_counters(c).forgotten, 3);
	EQUAL_INT(coverage_counters(c).stretches, n + 1);
	EQUAL_INT(look(c, 0, 100).blind_ns, 1);			/* the other list keeps its own */
	coverage_free(c);
}

/* Whoever sends sequence numbers as he likes does not blind the tap. */
static void test_bytes_do_not_blind(void)
{
	struct coverage *c = fresh();
	struct coverage_look l;

	coverage_count_bytes(c, START_NS, 800, 200);
	coverage_count_bytes(c, START_NS + COVERAGE_SLOT_NS, 0, 1000000);
	coverage_count_bytes(c, START_NS + 2 * COVERAGE_SLOT_NS, 5, 0);
	coverage_count_bytes(NULL, START_NS, 1, 1);
	l = look(c, START_NS, START_NS + COVERAGE_SLOT_NS);
	CU_ASSERT(l.byte_loss > 0.1999 && l.byte_loss < 0.2001);
	CU_ASSERT(l.seen_bytes == 800 && l.lost_bytes == 200 && !l.received && l.loss == 0);
	l = look(c, 0, UINT64_MAX);
	EQUAL_INT(l.blind_ns, 0);
	EQUAL_INT(l.lost_bytes, 1000200);
	EQUAL_INT(coverage_counters(c).stretches, 0);
	coverage_free(c);
}

/* --- packing ---------------------------------------------------------------------------------- */

static struct coverage *busy(void)
{
	struct coverage *c = fresh();

	for (uint64_t i = 0; i < 50; i++)
		coverage_blind(c, START_NS + i * 1000, START_NS + i * 1000 + 100 + i,
			       (enum coverage_reason)(i % COVERAGE_REASONS));
	for (uint64_t i = 0; i < 500; i++)
		coverage_count(c, START_NS + i * COVERAGE_SLOT_NS, i, i % 7 ? 1 : 2 * i);
	for (uint64_t i = 0; i < 500; i++)
		coverage_count_bytes(c, START_NS + i * COVERAGE_SLOT_NS, 900 + i, i % 5);
	return c;
}

static void test_pack_round_trip(void)
{
	struct coverage *a = busy(), *b = fresh();

	for (int i = 0; i < COVERAGE_PARTS; i++) {
		enum coverage_part part = (enum coverage_part)i;
		struct packer p = { 0 }, q = { 0 };

		CU_ASSERT_TRUE(coverage_pack(a, part, &p));
		CU_ASSERT_FALSE(coverage_pack(a, part, &q));	/* nothing has changed */
		EQUAL_INT(q.len, 0);
		CU_ASSERT_TRUE(coverage_unpack(b, part, p.bytes, p.len));
		CU_ASSERT_TRUE(coverage_pack(b, part, &q));
		CU_ASSERT(p.len == q.len && !memcmp(p.bytes, q.bytes, p.len));
		pack_free(&p);
		pack_free(&q);
	}
	for (uint64_t at = START_NS; at < START_NS + 6 * DAY_NS; at += DAY_NS / 3) {
		struct coverage_look x = look(a, at, at + DAY_NS), y = look(b, at, at + DAY_NS);

		CU_ASSERT(x.blind_ns == y.blind_ns && x.received == y.received &&
			  x.dropped == y.dropped && x.reason == y.reason &&
			  x.seen_bytes == y.seen_bytes && x.lost_bytes == y.lost_bytes);
	}
	EQUAL_INT(coverage_counters(b).stretches, coverage_counters(a).stretches);
	coverage_free(a);
	coverage_free(b);
}

/* What a state kept is added to what this run was told: neither is lost. */
static void test_unpack_adds(void)
{
	struct coverage *a = fresh(), *b = fresh();
	struct packer p = { 0 };

	coverage_blind(a, 100, 200, COVERAGE_DECLARED);
	coverage_count(a, START_NS, 10, 2);
	coverage_blind(b, 150, 250, COVERAGE_DECLARED);
	coverage_count(b, START_NS, 10, 0);
	coverage_pack(a, COVERAGE_STRETCHES, &p);
	CU_ASSERT_TRUE(coverage_unpack(b, COVERAGE_STRETCHES, p.bytes, p.len));
	EQUAL_INT(look(b, 0, 1000).blind_ns, 150);
	pack_reset(&p);
	coverage_pack(a, COVERAGE_COUNTS, &p);
	CU_ASSERT_TRUE(coverage_unpack(b, COVERAGE_COUNTS, p.bytes, p.len));
	EQUAL_INT(look(b, START_NS, START_NS + 1).received, 20);
	EQUAL_INT(look(b, START_NS, START_NS + 1).dropped, 2);
	pack_free(&p);
	coverage_free(a);
	coverage_free(b);
}

static void test_unpack_damage(void)
{
	struct coverage *a = busy();

	for (int i = 0; i < COVERAGE_PARTS; i++) {
		enum coverage_part part = (enum coverage_part)i;
		struct packer p = { 0 };

		coverage_pack(a, part, &p);
		for (size_t len = 0; len < p.len; len += 1 + len / 50) {	/* cut */
			struct coverage *b = fresh();

			CU_ASSERT_FALSE(coverage_unpack(b, part, p.bytes, len));
			coverage_free(b);
		}
		for (size_t at = 0; at < p.len; at += 5) {			/* bent */
			struct coverage *b = fresh();

			p.bytes[at] ^= 0x80;
			coverage_unpack(b, part, p.bytes, p.len);
			look(b, 0, UINT64_MAX);
			p.bytes[at] ^= 0x80;
			coverage_free(b);
		}
		p.bytes[0]++;							/* newer */
		CU_ASSERT_FALSE(coverage_unpack(a, part, p.bytes, p.len));
		pack_free(&p);
	}
	coverage_free(a);
}

/* --- two threads ------------------------------------------------------------------------------ */

static void *write_much(void *arg)
{
	for (uint64_t i = 0; i < 20000; i++) {
		coverage_blind(arg, i * 10, i * 10 + 5, (enum coverage_reason)(i % 3));
		coverage_count(arg, i * NS_PER_MIN, i, 1);
	}
	return NULL;
}

static void test_threads(void)
{
	struct coverage *c = fresh();
	struct coverage_stretch some[4];
	struct packer p = { 0 };
	pthread_t writer;

	CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, write_much, c), 0);
	for (int i = 0; i < 200; i++) {
		CU_ASSERT(look(c, 0, 200000).blind_ns <= 100000);
		coverage_list(c, 0, 1000, some, 4);
		pack_reset(&p);
		coverage_pack(c, COVERAGE_COUNTS, &p);
	}
	pthread_join(writer, NULL);
	EQUAL_INT(look(c, 0, 200000).blind_ns, 100000);
	pack_free(&p);
	coverage_free(c);
}

static void test_words(void)
{
	for (int i = 0; i < COVERAGE_REASONS; i++) {
		CU_ASSERT(strlen(coverage_reason_name((enum coverage_reason)i)) > 3);
		CU_ASSERT(strlen(coverage_reason_text((enum coverage_reason)i)) > 3);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "nothing", test_nothing },
		{ "stretches of one reason are one", test_merging },
		{ "one-sided is not blind", test_one_sided },
		{ "against a picture", test_against_picture },
		{ "more than half dropped", test_drops },
		{ "slots of days ago", test_slots_kept },
		{ "the oldest is forgotten", test_bound },
		{ "bytes do not blind", test_bytes_do_not_blind },
		{ "packed and back", test_pack_round_trip },
		{ "a state is added", test_unpack_adds },
		{ "damage", test_unpack_damage },
		{ "two threads", test_threads },
		{ "words", test_words },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "coverage", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
