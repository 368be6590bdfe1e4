/* ring.c - see ring.h.
 *
 *        head (consumer)          tail (producer)
 *          v                        v
 *   [ ][ ][x][x][x][x][x][x][x][x][ ][ ]      used = tail - head, indices never wrap to zero
 *
 * The producer owns tail and a cached copy of head, the consumer owns head and a cached copy of
 * tail, so that in the steady state each touches only its own cache line.  A side that must wait
 * announces itself in *_waits and sleeps on a futex over the other side's index; the other side
 * wakes it only when announced.  Index stores, announcement and re-check are sequentially
 * consistent (operations, not fences, which ThreadSanitizer does not follow): no wake-up is lost.
 */
#include "base/ring.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CACHE_LINE 64
#define SPINS 200		/* about a microsecond before going to sleep */

struct ring {
	alignas(CACHE_LINE) _Atomic uint32_t tail;	/* written by the producer */
	uint32_t head_seen;				/* producer's copy of head */
	alignas(CACHE_LINE) _Atomic uint32_t head;	/* written by the consumer */
	uint32_t tail_seen;				/* consumer's copy of tail */
	alignas(CACHE_LINE) _Atomic uint32_t consumer_waits;
	_Atomic uint32_t producer_waits;
	uint32_t mask;
	void **items;
};

int ring_new(size_t slots, struct ring **ret_ring)
{
	struct ring *r;

	if (slots < 2 || slots > 1u << 30 || (slots & (slots - 1)))
		return -EINVAL;
	r = aligned_alloc(CACHE_LINE, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct ring){ .mask = (uint32_t)slots - 1 };
	r->items = calloc(slots, sizeof(*r->items));
	if (!r->items) {
		free(r);
		return -ENOMEM;
	}
	*ret_ring = r;
	return 0;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	free(r->items);
	free(r);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t seen)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* After moving an index: wake whoever waits for it. */
static void wake_if_waiting(_Atomic uint32_t *waits, _Atomic uint32_t *index)
{
	if (atomic_load(waits)) {
		atomic_store(waits, 0);
		futex_wake(index);
	}
}

/* Sleeps until *index differs from seen. */
static void wait_for(_Atomic uint32_t *waits, _Atomic uint32_t *index, uint32_t seen)
{
	for (int i = 0; i < SPINS; i++)
		if (atomic_load_explicit(index, memory_order_acquire) != seen)
			return;
	while (atomic_load_explicit(index, memory_order_acquire) == seen) {
		atomic_store(waits, 1);
		if (atomic_load(index) != seen)
			break;
		futex_wait(index, seen);
	}
	atomic_store(waits, 0);
}

bool ring_push(struct ring *r, void *item)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	if (tail - r->head_seen > r->mask) {
		r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
		if (tail - r->head_seen > r->mask)
			return false;
	}
	r->items[tail & r->mask] = item;
	atomic_store(&r->tail, tail + 1);
	wake_if_waiting(&r->consumer_waits, &r->tail);
	return true;
}

void ring_push_wait(struct ring *r, void *item)
{
	while (!ring_push(r, item))
		wait_for(&r->producer_waits, &r->head, r->head_seen);
}

void *ring_pop(struct ring *r)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	void *item;

	if (head == r->tail_seen) {
		r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
		if (head == r->tail_seen)
			return NULL;
	}
	item = r->items[head & r->mask];
	atomic_store(&r->head, head + 1);
	wake_if_waiting(&r->producer_waits, &r->head);
	return item;
}

void *ring_pop_wait(struct ring *r)
{
	void *item;

	while (!(item = ring_pop(r)))
		wait_for(&r->consumer_waits, &r->tail, r->tail_seen);
	return item;
}

size_t ring_used(const struct ring *r)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	return atomic_load_explicit(&r->tail, memory_order_relaxed) - head;
}
