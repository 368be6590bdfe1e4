/* test_sample.c - distinct sampling: exact where it is small, near where it is not, whatever the
 * order, the repetition and the parts. */
#include <stdlib.h>
#include "base/hash.h"
#include "base/sample.h"
#include "tap.h"

static uint32_t thing(uint32_t i)
{
	return (uint32_t)(hash_mix(i + 1) >> 32);
}

static void add(struct sample *s, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		CU_ASSERT(sample_add(s, thing(i), 100));
}

static void test_exact(void)
{
	struct sample s = { 0 };

	EQUAL_INT(sample_count(&s), 0);
	for (int turn = 0; turn < 3; turn++)
		add(&s, 0, SAMPLE_THINGS_MAX);
	EQUAL_INT(sample_count(&s), SAMPLE_THINGS_MAX);
	EQUAL_INT(sample_bytes(&s), SAMPLE_THINGS_MAX * 100);
	EQUAL_INT(s.level, 0);
	sample_clear(&s);
	EQUAL_INT(sample_count(&s), 0);
}

/* Mean and spread of 200 estimates of 5 000 things: no bias, and the error that the header says. */
static void test_estimates(void)
{
	double sum = 0, squares = 0, mean;
	const unsigned n = 200, size = 5000;

	for (uint32_t turn = 0; turn < n; turn++) {
		struct sample s = { 0 };
		double x;

		add(&s, turn * size, (turn + 1) * size);
		x = (double)sample_count(&s) / size;
		sum += x;
		squares += x * x;
		CU_ASSERT(s.n <= SAMPLE_THINGS_MAX);
		sample_clear(&s);
	}
	mean = sum / n;
	NEAR(mean, 1, 0.05);
	CU_ASSERT(squares / n - mean * mean < 0.2 * 0.2);
	CU_ASSERT(squares / n - mean * mean > 0.08 * 0.08);
}

static int compare_things(const void *a, const void *b)
{
	const struct sample_thing *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

static bool is_same(struct sample *a, struct sample *b)
{
	if (a->n != b->n || a->level != b->level)
		return false;
	qsort(a->things, a->n, sizeof(*a->things), compare_things);
	qsort(b->things, b->n, sizeof(*b->things), compare_things);
	return !memcmp(a->things, b->things, a->n * sizeof(*a->things));
}

static void test_order_and_parts(void)
{
	struct sample whole = { 0 }, back = { 0 }, parts[3] = { { 0 } };

	add(&whole, 0, 3000);
	for (uint32_t i = 3000; i-- > 0;)
		CU_ASSERT(sample_add(&back, thing(i), 100));
	CU_ASSERT(is_same(&whole, &back));
	add(&parts[0], 0, 40);
	add(&parts[1], 20, 2500);
	add(&parts[2], 2400, 3000);
	CU_ASSERT(sample_merge(&parts[0], &parts[2]));
	CU_ASSERT(sample_merge(&parts[0], &parts[1]));
	CU_ASSERT(is_same(&whole, &parts[0]));
	sample_clear(&whole);
	sample_clear(&back);
	for (int i = 0; i < 3; i++)
		sample_clear(&parts[i]);
}

static void test_pack(void)
{
	struct sample s = { 0 }, again;
	struct packer p = { 0 };
	struct unpacker u;

	add(&s, 0, 1000);
	sample_pack(&s, &p);
	u = unpack_over(p.bytes, p.len);
	CU_ASSERT(sample_unpack(&u, &again) && unpack_ok(&u));
	CU_ASSERT(is_same(&s, &again));
	sample_clear(&again);
	p.bytes[1] = SAMPLE_THINGS_MAX + 1;	/* more than there may be */
	u = unpack_over(p.bytes, p.len);
	CU_ASSERT_FALSE(sample_unpack(&u, &again));
	p.bytes[1] = 60;		/* more than there are */
	u = unpack_over(p.bytes, 20);
	CU_ASSERT_FALSE(sample_unpack(&u, &again));
	CU_ASSERT_PTR_NULL(again.things);
	pack_free(&p);
	sample_clear(&s);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "exact", test_exact }, { "estimates", test_estimates },
		{ "order and parts", test_order_and_parts }, { "packed", test_pack },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "sample", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
