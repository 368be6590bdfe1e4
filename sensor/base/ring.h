/* ring.h - bounded single-producer single-consumer queue of pointers.
 *
 * Lamport's ring with C11 acquire/release and cached opposite indices; the waits below park on a
 * futex, so an idle thread costs nothing.
 * Threads: exactly one producer and one consumer, named at each function.  Never allocates after
 * ring_new().
 */
#ifndef NW_BASE_RING_H
#define NW_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

int ring_new(size_t slots,
	     struct ring **ret_ring); /* slots: power of two.  0 or -ENOMEM, -EINVAL */
void ring_free(struct ring *r); /* NULL is fine; what is queued is the caller's */

bool ring_push(struct ring *r, void *item);		/* producer.  Takes item.  false: full */
void ring_push_wait(struct ring *r, void *item);	/* producer.  Waits for room (replay) */
void *ring_pop(struct ring *r);				/* consumer.  Gives item, or NULL: empty */
void *ring_pop_wait(struct ring *r);			/* consumer.  Waits for an item */
size_t ring_used(const struct ring *r);			/* any thread, a snapshot */

#endif
