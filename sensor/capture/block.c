/* block.c - the pool behind block.h: a last-in-first-out list of blocks of the usual size.
 *
 * What is free is kept up to POOL_KEEP_MAX blocks, since freshly touched memory is far dearer than
 * memory used a moment ago.
 */
#include "capture/block.h"

#include <errno.h>
#include <stdlib.h>

#define POOL_KEEP_MAX 320	/* blocks: 80 MiB, a little more than one reorder window */

struct block_pool {
	struct block *free;
	size_t n_free;
};

int block_pool_new(struct block_pool **ret_pool)
{
	struct block_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	*ret_pool = pool;
	return 0;
}

void block_pool_free(struct block_pool *pool)
{
	if (!pool)
		return;
	while (pool->free) {
		struct block *b = pool->free;

		pool->free = b->next;
		free(b);
	}
	free(pool);
}

struct block *block_take(struct block_pool *pool, size_t size, size_t *account)
{
	struct block *b = pool->free;

	if (size == BLOCK_BYTES && b) {
		pool->free = b->next;
		pool->n_free--;
	} else {
		b = malloc(sizeof(*b) + size);
		if (!b)
			return NULL;
	}
	*b = (struct block){ .refs = 1, .size = size, .account = account, .pool = pool };
	*account += size;
	return b;
}

void block_release(struct block *b)
{
	struct block_pool *pool = b->pool;

	*b->account -= b->size;
	if (b->size != BLOCK_BYTES || pool->n_free >= POOL_KEEP_MAX) {
		free(b);
		return;
	}
	b->next = pool->free;
	pool->free = b;
	pool->n_free++;
}
