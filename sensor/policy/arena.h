/* arena.h - memory that lives and dies with one snapshot: arrays and texts are taken piece by piece
 * and freed all at once.
 * Owner: whoever called arena_new().  Threads: the one that builds the snapshot; readers see it
 * only afterwards.  Cost: a pointer bump; pieces above a quarter of a block get their own block.
 */
#ifndef NW_POLICY_ARENA_H
#define NW_POLICY_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);				/* NULL: out of memory */
void arena_free(struct arena *a);			/* NULL is fine */
/* Zeroed, aligned for any type; NULL: out of memory.  n may be 0. */
void *arena_alloc(struct arena *a, size_t n, size_t size);
const char *arena_text(struct arena *a, const char *text);	/* copies; "" is never copied */

#endif
