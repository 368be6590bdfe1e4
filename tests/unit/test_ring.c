/* test_ring.c - the queue between two threads. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include "base/ring.h"
#include "tap.h"

#define ITEMS 200000

static void keeps_order_and_bounds(void)
{
	struct ring *r;
	char item[4];

	EQUAL_INT(ring_new(4, &r), 0);
	CU_ASSERT_PTR_NULL(ring_pop(r));
	for (int i = 0; i < 4; i++)
		CU_ASSERT(ring_push(r, &item[i]));
	CU_ASSERT_FALSE(ring_push(r, &item[0]));
	EQUAL_INT(ring_used(r), 4);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_PTR_EQUAL(ring_pop(r), &item[i]);
	CU_ASSERT_PTR_NULL(ring_pop(r));
	ring_free(r);
}

static void refuses_sizes_that_are_no_power_of_two(void)
{
	struct ring *r;

	EQUAL_INT(ring_new(3, &r), -EINVAL);
	EQUAL_INT(ring_new(0, &r), -EINVAL);
	EQUAL_INT(ring_new(1, &r), -EINVAL);
}

static void *produce(void *arg)
{
	for (uintptr_t i = 1; i <= ITEMS; i++) {
		ring_push_wait(arg, (void *)i);
		if (i % 5000 == 0)
			sched_yield();
	}
	return NULL;
}

static void waits_on_both_sides_without_losing_a_wake_up(void)
{
	struct ring *r;
	pthread_t thread;
	uintptr_t wrong = 0;

	EQUAL_INT(ring_new(8, &r), 0);
	pthread_create(&thread, NULL, produce, r);
	for (uintptr_t i = 1; i <= ITEMS; i++) {
		wrong += (uintptr_t)ring_pop_wait(r) != i;
		if (i % 7000 == 0)
			sched_yield();
	}
	pthread_join(thread, NULL);
	EQUAL_INT(wrong, 0);
	CU_ASSERT_PTR_NULL(ring_pop(r));
	ring_free(r);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"keeps order and bounds", keeps_order_and_bounds},
		{"refuses sizes that are no power of two", refuses_sizes_that_are_no_power_of_two},
		{"waits on both sides without losing a wake-up",
		 waits_on_both_sides_without_losing_a_wake_up},
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "ring", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
