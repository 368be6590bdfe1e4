/* keymap.h - bytes -> a small number: ids, addresses, networks.
 *
 * Open addressing, at most half full.  Keys are borrowed and must stay where they are as long as
 * the map is used.  Nothing is ever removed.
 * Threads: one writer while it is filled; afterwards any number of readers.
 */
#ifndef NW_POLICY_KEYMAP_H
#define NW_POLICY_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

#define KEYMAP_NONE UINT32_MAX

struct keymap_slot {
	const void *key;		/* NULL: free */
	uint32_t len, value;
};

struct keymap {				/* all zero: empty */
	struct keymap_slot *slots;
	size_t n_slots, used;
};

/* Puts key -> value where the key is new.  0, -EEXIST (the map keeps the old value) or -ENOMEM. */
int keymap_put(struct keymap *m, const void *key, size_t len, uint32_t value);
uint32_t keymap_get(const struct keymap *m, const void *key, size_t len);	/* or KEYMAP_NONE */
void keymap_free(struct keymap *m);

#endif
