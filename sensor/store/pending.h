/* pending.h - changes of tables that are not committed yet: the latest value of each key.
 *
 * Held in memory until the commit that writes them has succeeded, so that a full disk costs nothing
 * but the memory of what changed meanwhile: a row that changes a thousand times is held once.
 * Owner and thread: one state.  Cost: a hash look-up and a copy for each put.
 */
#ifndef NW_STORE_PENDING_H
#define NW_STORE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PENDING_TABLES 16

struct pending_row {
	uint64_t hash;
	uint8_t *value;			/* owned; NULL: the row is deleted */
	size_t value_len, key_len;
	unsigned table;
	uint8_t key[];
};

struct pending {
	struct pending_row **rows;	/* sorted by table and key after pending_sort() */
	size_t n, capacity;
	uint32_t *slots;		/* open addressing: index into rows + 1, 0: free */
	size_t n_slots;			/* a power of two, more than rows */
	size_t bytes;			/* of keys and values: a gauge */
	bool is_cleared[PENDING_TABLES];	/* what the file has of it goes first */
	bool is_applied;		/* all of it is in the open transaction: set by the state */
};

void pending_free(struct pending *p);	/* and empty again */
/* Copies; value NULL: a deletion.  0 or -ENOMEM with nothing changed. */
int pending_set(struct pending *p, unsigned table, const void *key, size_t key_len,
		const void *value, size_t value_len);
void pending_clear_table(struct pending *p, unsigned table);
const struct pending_row *pending_find(const struct pending *p, unsigned table, const void *key,
				       size_t key_len);	/* or NULL */
bool pending_is_empty(const struct pending *p);
void pending_sort(struct pending *p);

#endif
