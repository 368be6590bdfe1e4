/* test_evict_evidence.c - the long memory when it is full: whose evidence is given up. */
#include "evict_world.h"

static void promote(struct channels *c, struct channel *ch, double m, uint64_t up)
{
	struct evidence *ev = channel_promote(c, ch, 5);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
	ev->process[1].m_mean = m;
	ev->process[1].up = up;
}

static bool has_evidence(const struct channels *c, const struct subject *s, unsigned peer)
{
	struct channel_key key = key_to(s, peer);
	const struct channel *ch = channels_find(c, &key);

	return ch && ch->evidence;
}

/* The channel stays; of the same M the one with less upload goes. */
static void the_least_evidence_is_given_up(void)
{
	struct channels *c = table_of(1000, 64, 0);
	struct subject *s = subject_of(1);

	for (unsigned i = 0; i < 64; i++)
		promote(c, get(c, s, i), i < 6 ? 1 : 2 + (i * 7) % 64, 100 - i);
	promote(c, get(c, s, 64), 0, 0);	/* 64 / 16 = four go before it comes */
	EQUAL_INT(channels_counters(c)->evicted_evidence, 4);
	EQUAL_INT(channels_counters(c)->evicted, 0);
	EQUAL_INT(channels_counters(c)->live, 65);
	for (unsigned i = 0; i < 65; i++)
		CU_ASSERT(has_evidence(c, s, i) == (i < 2 || i > 5));
	expect_balance(c);
	channels_free(c);
}

/* DETECTION section 3: when all of it is strong the lowest still goes, and is counted. */
static void strong_evidence_goes_too_and_is_counted(void)
{
	struct channels *c = table_of(1000, 32, 0);
	struct subject *s = subject_of(1);

	for (unsigned i = 0; i < 33; i++)
		promote(c, get(c, s, i), 1000 + i, 0);
	EQUAL_INT(channels_counters(c)->evicted_evidence, 2);
	EQUAL_INT(channels_counters(c)->evicted_strong, 2);
	CU_ASSERT_FALSE(has_evidence(c, s, 0));
	CU_ASSERT_FALSE(has_evidence(c, s, 1));
	CU_ASSERT_TRUE(has_evidence(c, s, 2));
	channels_free(c);
}

/* Another asset's evidence stays however weak it is beside the flood's. */
static void a_flood_of_evidence_is_its_own_loss(void)
{
	struct channels *c = table_of(20000, 640, 0);
	struct subject *quiet = subject_of(1), *loud = subject_of(2);
	unsigned lost = 0;

	for (unsigned i = 0; i < 60; i++)
		promote(c, get(c, quiet, i), 0.1, 1);
	for (unsigned i = 0; i < 5000; i++)
		promote(c, get(c, loud, i), 1e9, 1U << 30);
	for (unsigned i = 0; i < 60; i++)
		lost += !has_evidence(c, quiet, i);
	EQUAL_INT(lost, 0);
	EQUAL_INT(channels_counters(c)->evicted_strong, channels_counters(c)->evicted_evidence);
	expect_balance(c);
	channels_free(c);
}

/* Detector N's own numbers: M = 5.5 on the first night, and at most ten times that a night. */
static void a_flood_of_decoys(struct channels *c, struct subject *s, int64_t row)
{
	for (unsigned i = 0; i < 10001; i++) {
		struct channel *ch = upload(c, s, 1000 + i, row, 50, 300000);
		struct process *p = &channel_promote(c, ch, row)->process[0];

		p->m_mean = (p->m_mean + 1) * (p->hits++ ? 40 : 5.5);
		p->up += 300000;
	}
}

static void two_nights_of_decoys(void)
{
	struct channels *c = table_of(0, 0, 0);
	struct subject *loud = subject_of(1), *quiet = subject_of(2);

	promote(c, upload(c, loud, 1, 19998, 50, 1), 1e5, 5 << 20);	/* five nights */
	for (unsigned i = 0; i < 5; i++)
		promote(c, upload(c, quiet, i, 19998, 50, 1), 5.5, 300000);	/* one night */
	a_flood_of_decoys(c, loud, 19999);
	a_flood_of_decoys(c, loud, 20000);
	CU_ASSERT(channels_counters(c)->evicted_evidence > 0);
	CU_ASSERT(channels_counters(c)->with_evidence <= CHANNELS_EVIDENCE_MAX);
	CU_ASSERT_TRUE(has_evidence(c, loud, 1));
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_TRUE(has_evidence(c, quiet, i));
	expect_balance(c);
	channels_free(c);
}

/* An asset a little over its quota loses the excess, not what is strongest of it. */
static void only_the_excess_goes_first(void)
{
	struct channels *c = table_of(20000, 10000, 0);
	struct subject *leaking = subject_of(999);
	struct channel *leak = get(c, leaking, 0);
	unsigned weak = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, leak, 1));
	leak->evidence->process[0].m_mean = 1e9;
	for (unsigned i = 1; i <= 70; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, get(c, leaking, i), 1));
	for (unsigned i = 0; i < 155 * 64 + 9; i++) {
		struct channel *ch = get(c, subject_of(1 + i / 64), i);

		CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, ch, 1));
		ch->evidence->process[0].m_mean = 5.5;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, get(c, subject_of(500), 1), 1));
	CU_ASSERT(channels_counters(c)->evicted_evidence > 0);
	leak = get(c, leaking, 0);
	CU_ASSERT_PTR_NOT_NULL(leak->evidence);
	for (unsigned i = 1; i <= 70; i++)
		weak += get(c, leaking, i)->evidence != NULL;
	CU_ASSERT(weak < 70);
	expect_balance(c);
	channels_free(c);
}

static uint64_t told;

static void take_turn(void *arg, const struct channel *ch)
{
	const struct channel **last = arg;

	if (*last)
		CU_ASSERT(channels_compare(*last, ch) < 0);
	*last = ch;
	told++;
}

/* Whatever the table's layout in this process, evidence that goes is told in one order. */
static void what_goes_is_told_in_one_order(void)
{
	struct channels *c = table_of(4000, 640, 0);
	const struct channel *last = NULL;

	told = 0;
	for (unsigned i = 0; i < 640; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, get(c, subject_of(1 + i % 7), i),
							     1));
	channels_on_evict(c, take_turn, &last);
	CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, get(c, subject_of(1), 9999), 1));
	EQUAL_INT(told, 40);
	channels_free(c);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "only the excess goes first", only_the_excess_goes_first },
		{ "what goes is told in one order", what_goes_is_told_in_one_order },
		{ "the least evidence is given up", the_least_evidence_is_given_up },
		{ "strong evidence goes too and is counted",
		  strong_evidence_goes_too_and_is_counted },
		{ "a flood of evidence is its own loss", a_flood_of_evidence_is_its_own_loss },
		{ "two nights of decoys", two_nights_of_decoys },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "evidence", .pTests = tests, .pInitFunc = set_up,
		  .pCleanupFunc = tear_down },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
