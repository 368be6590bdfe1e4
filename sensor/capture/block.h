/* block.h - the memory frames live in: blocks of bytes with a plain reference count.
 *
 * A file is read block by block and its frames point into the blocks, so a frame costs no copy; a
 * block goes back to its pool when the last frame that points into it has been let go.  Blocks of
 * the usual size are kept and used again, the last one first, while its bytes are still in the
 * cache; odd sizes (a record larger than a block) are given back to the system.
 *
 * Every block is charged to the account it was taken for (one per file or interface), which is how
 * the reorder window knows what it really pins: a few bytes of frame may hold a whole block.
 * Thread: the source's only.
 */
#ifndef NW_CAPTURE_BLOCK_H
#define NW_CAPTURE_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include "packet/packet.h"

#define BLOCK_BYTES (256 * 1024)	/* best size to read(2): stays in the second-level cache */

struct block_pool;

struct block {
	uint32_t refs;
	size_t size;			/* of data */
	size_t *account;		/* bytes held; must outlive the block */
	struct block *next;		/* in the pool's list of free ones */
	struct block_pool *pool;
	uint8_t data[];
};

/* A frame and what keeps its bytes alive. */
struct held {
	struct frame frame;
	struct block *block;		/* one reference, or NULL */
	uint64_t position;		/* in its file; live: when it was taken, monotonic ns */
};

int block_pool_new(struct block_pool **ret_pool);
void block_pool_free(struct block_pool *pool);	/* every block must have been let go */

/* At least size bytes, one reference, the caller's.  NULL: out of memory. */
struct block *block_take(struct block_pool *pool, size_t size, size_t *account);
void block_release(struct block *b);		/* the last reference is gone; use block_unref() */

static inline struct block *block_ref(struct block *b)
{
	b->refs++;
	return b;
}

static inline void block_unref(struct block *b)	/* NULL is fine */
{
	if (b && --b->refs == 0)
		block_release(b);
}

#endif
