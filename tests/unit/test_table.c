/* test_table.c - the flow table against a plain model: index, lists, bounds, eviction order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "flow/table.h"
#include "tap.h"

#define TICK (1ULL << FLOW_TICK_SHIFT)

static struct flow_key key_of(uint32_t n)
{
	struct flow_key key = { .a_port = (uint16_t)n, .b_port = (uint16_t)(n >> 16), .proto = 17,
				.ip_version = 4, .vlan = { 0xffff, 0xffff } };

	return key;
}

static uint32_t find(const struct flow_table *t, uint32_t n)
{
	struct flow_key key = key_of(n);

	return flow_table_find(t, &key, flow_table_hash(t, &key));
}

static uint32_t add(struct flow_table *t, uint32_t n)
{
	struct flow_key key = key_of(n);

	return flow_table_add(t, &key, flow_table_hash(t, &key));
}

static struct flow_table *table(size_t max, uint64_t seed)
{
	struct flow_table *t = NULL;

	EQUAL_INT(flow_table_new(max, seed, &t), 0);
	if (!t)
		abort();
	return t;
}

static void test_new(void)
{
	struct flow_table *t = NULL;

	EQUAL_INT(flow_table_new(0, 1, &t), -EINVAL);
	EQUAL_INT(flow_table_new((size_t)FLOW_TABLE_MAX + 1, 1, &t), -EINVAL);
	CU_ASSERT_PTR_NULL(t);
	flow_table_free(NULL);
}

static void test_add_find_remove(void)
{
	struct flow_table *t = table(10, 1);
	uint32_t no = add(t, 7);

	CU_ASSERT_NOT_EQUAL(no, 0);
	EQUAL_INT(find(t, 7), no);
	EQUAL_INT(find(t, 8), 0);
	EQUAL_INT(flow_table_flow(t, no)->key.a_port, 7);
	flow_table_flow(t, no)->bytes[0] = 99;
	flow_table_cold(t, no)->master = 99;
	flow_table_remove(t, no);
	EQUAL_INT(find(t, 7), 0);
	no = add(t, 7);
	EQUAL_INT(flow_table_flow(t, no)->bytes[0], 0);
	EQUAL_INT(flow_table_cold(t, no)->master, 0);
	EQUAL_INT(t->used, 1);
	flow_table_free(t);
}

static void test_full(void)
{
	struct flow_table *t = table(3000, 1);	/* not a multiple of a chunk */

	for (uint32_t n = 0; n < 3000; n++)
		CU_ASSERT_NOT_EQUAL(add(t, n), 0);
	EQUAL_INT(add(t, 3000), 0);
	EQUAL_INT(find(t, 3000), 0);
	flow_table_remove(t, find(t, 1234));
	CU_ASSERT_NOT_EQUAL(add(t, 3000), 0);
	EQUAL_INT(add(t, 1234), 0);
	EQUAL_INT(t->used, 3000);
	flow_table_free(t);
}

/* Keys that all want the same slots, in every order of removal: nobody becomes unreachable. */
static void test_collisions(void)
{
	enum { N = 12 };

	for (uint32_t first = 0; first < N; first++) {
		struct flow_table *t = table(64, 1);
		uint32_t no[N];

		for (uint32_t n = 0; n < N; n++) {
			struct flow_key key = key_of(n);

			/* The last slots, so that the run goes round the end. */
			no[n] = flow_table_add(t, &key, t->index_mask - n % 3);
		}
		for (uint32_t i = 0; i < N; i++) {
			uint32_t gone = (first + i * 5) % N;

			flow_table_remove(t, no[gone]);
			no[gone] = 0;
			for (uint32_t n = 0; n < N; n++) {
				struct flow_key key = key_of(n);

				EQUAL_INT(flow_table_find(t, &key, t->index_mask - n % 3), no[n]);
			}
		}
		flow_table_free(t);
	}
}

/* A long random life against a model that is an array. */
static void test_random_life(void)
{
	enum { KEYS = 5000, MAX = 3000, STEPS = 200000 };
	static uint32_t model[KEYS];
	unsigned wrong = 0;
	struct flow_table *t = table(MAX, 0x5eed);
	uint32_t alive = 0;

	srand((unsigned)test_seed(1701));
	memset(model, 0, sizeof(model));
	for (int step = 0; step < STEPS; step++) {
		uint32_t n = (uint32_t)rand() % KEYS;

		wrong += find(t, n) != model[n];
		if (model[n]) {
			flow_table_remove(t, model[n]);
			model[n] = 0;
			alive--;
		} else {
			model[n] = add(t, n);
			wrong += (model[n] == 0) != (alive == MAX);
			alive += model[n] != 0;
		}
	}
	for (uint32_t n = 0; n < KEYS; n++)
		wrong += find(t, n) != model[n];
	EQUAL_INT(wrong, 0);
	EQUAL_INT(t->used, alive);
	CU_ASSERT_TRUE(alive > MAX / 2);
	flow_table_free(t);
}

static void test_lists(void)
{
	struct flow_table *t = table(10, 1);
	uint32_t a = add(t, 1), b = add(t, 2), c = add(t, 3);

	EQUAL_INT(flow_table_oldest(t), 0);	/* in no list yet */
	flow_table_touch(t, a, FLOW_UDP, 1 * TICK);
	flow_table_touch(t, b, FLOW_UDP, 2 * TICK);
	flow_table_touch(t, c, FLOW_TCP_OPEN, 3 * TICK);
	EQUAL_INT(flow_table_oldest(t), a);
	flow_table_touch(t, a, FLOW_UDP, 4 * TICK);
	EQUAL_INT(flow_table_oldest(t), b);
	EQUAL_INT(t->lists[FLOW_UDP].newest, a);
	flow_table_touch(t, b, FLOW_OTHER, 5 * TICK);	/* another class */
	EQUAL_INT(flow_table_oldest(t), c);
	EQUAL_INT(t->lists[FLOW_OTHER].oldest, b);
	EQUAL_INT(t->lists[FLOW_UDP].oldest, a);
	flow_table_remove(t, c);
	EQUAL_INT(flow_table_oldest(t), a);
	EQUAL_INT(t->lists[FLOW_TCP_OPEN].newest, 0);
	flow_table_free(t);
}

/* Whatever happens, each list is in the order of ticks, linked both ways and complete. */
static void test_list_order(void)
{
	enum { N = 200 };
	unsigned wrong = 0, counted = 0;
	struct flow_table *t = table(N, 1);
	uint32_t no[N];
	uint64_t now = 0;

	srand((unsigned)test_seed(42));
	for (uint32_t n = 0; n < N; n++)
		no[n] = add(t, n);
	for (int i = 0; i < 20000; i++) {
		now += (uint64_t)rand() % (TICK / 8);
		flow_table_touch(t, no[rand() % N], (enum flow_class)(rand() % FLOW_CLASSES), now);
	}
	for (int c = 0; c < FLOW_CLASSES; c++) {
		uint32_t before = 0;

		for (uint32_t at = t->lists[c].oldest; at; at = flow_table_flow(t, at)->newer) {
			const struct flow *f = flow_table_flow(t, at);

			wrong += f->older != before || f->class != (unsigned)c;
			wrong += before && flow_table_flow(t, before)->last_ns >> FLOW_TICK_SHIFT >
						   f->last_ns >> FLOW_TICK_SHIFT;
			before = at;
			counted++;
		}
		wrong += t->lists[c].newest != before;
	}
	EQUAL_INT(wrong, 0);
	EQUAL_INT(counted, N);
	flow_table_free(t);
}

static void test_extra(void)
{
	enum { N = 600 };		/* several chunks of them */
	struct flow_table *t = table(N, 1);
	uint32_t no[N];
	size_t bytes;

	for (uint32_t n = 0; n < N; n++) {
		no[n] = add(t, n);
		CU_ASSERT_PTR_NULL(flow_table_extra(t, no[n]));
		flow_table_need_extra(t, no[n])->lost[1] = n;
	}
	bytes = flow_table_bytes(t);
	for (uint32_t n = 0; n < N; n++)
		EQUAL_INT(flow_table_need_extra(t, no[n])->lost[1], n);
	for (uint32_t n = 0; n < N; n++)
		flow_table_remove(t, no[n]);
	for (uint32_t n = 0; n < N; n++)
		EQUAL_INT(flow_table_need_extra(t, add(t, n))->lost[1], 0);
	EQUAL_INT(flow_table_bytes(t), bytes);	/* used again, not made again */
	flow_table_free(t);
}

/* The promise of the head comment: what a flow costs at most, at a size that fills its index. */
static void test_memory(void)
{
	enum { N = 100000 };
	struct flow_table *t = table(N, 1);

	for (uint32_t n = 0; n < N; n++)
		add(t, n);
	printf("# %.1f bytes a flow\n", (double)flow_table_bytes(t) / N);
	CU_ASSERT_TRUE(flow_table_bytes(t) <= 272ULL * N);
	flow_table_free(t);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "bounds of the bound", test_new },
		{ "add, find, remove", test_add_find_remove },
		{ "full", test_full },
		{ "collisions round the end", test_collisions },
		{ "random life against a model", test_random_life },
		{ "lists and the oldest", test_lists },
		{ "lists stay in order", test_list_order },
		{ "optional records", test_extra },
		{ "memory of a flow", test_memory },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "table", .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
