/* arena.c - see arena.h.  A list of blocks; the first is the one being filled. */
#include "policy/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 65536

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *blocks;
};

struct arena *arena_new(void)
{
	return calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
	struct block *b, *next;

	if (!a)
		return;
	for (b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

/* Zero by calloc(), so that a large array costs memory only where it is used. */
static struct block *block_new(size_t size)
{
	struct block *b;

	if (size > SIZE_MAX - sizeof(*b))
		return NULL;
	b = calloc(1, sizeof(*b) + size);
	if (b)
		b->size = size;
	return b;
}

static void *alloc_own_block(struct arena *a, size_t bytes)
{
	struct block *b = block_new(bytes);

	if (!b)
		return NULL;
	b->used = bytes;
	if (a->blocks) {
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		a->blocks = b;
	}
	return b->bytes;
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	struct block *b = a->blocks;
	void *piece;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	if (bytes > BLOCK_BYTES / 4)
		return alloc_own_block(a, bytes);
	if (!b || b->size - b->used < bytes) {
		b = block_new(BLOCK_BYTES);
		if (!b)
			return NULL;
		b->next = a->blocks;
		a->blocks = b;
	}
	piece = b->bytes + b->used;
	b->used += bytes;
	return piece;
}

const char *arena_text(struct arena *a, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy;

	if (size == 1)
		return "";
	copy = arena_alloc(a, 1, size);
	if (copy)
		memcpy(copy, text, size);
	return copy;
}
