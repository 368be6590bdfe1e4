/* keymap.c - see keymap.h.  Hashes are mixed with the process's secret: no result depends
 * on the layout. */
#include "policy/keymap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"

#define SLOTS_AT_FIRST 16

/* The slot that holds the key, or the free one where it belongs. */
static struct keymap_slot *find_slot(const struct keymap *m, const void *key, size_t len)
{
	size_t at = hash_table(key, len, hash_secret()) & (m->n_slots - 1);

	while (m->slots[at].key &&
	       (m->slots[at].len != len || memcmp(m->slots[at].key, key, len)))
		at = (at + 1) & (m->n_slots - 1);
	return &m->slots[at];
}

static int grow(struct keymap *m)
{
	struct keymap bigger = { .n_slots = m->n_slots ? m->n_slots * 2 : SLOTS_AT_FIRST };

	bigger.slots = calloc(bigger.n_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	bigger.used = m->used;
	for (size_t i = 0; i < m->n_slots; i++)
		if (m->slots[i].key)
			*find_slot(&bigger, m->slots[i].key, m->slots[i].len) = m->slots[i];
	free(m->slots);
	*m = bigger;
	return 0;
}

int keymap_put(struct keymap *m, const void *key, size_t len, uint32_t value)
{
	struct keymap_slot *slot;

	if (m->used * 2 >= m->n_slots && grow(m))
		return -ENOMEM;
	slot = find_slot(m, key, len);
	if (slot->key)
		return -EEXIST;
	*slot = (struct keymap_slot){ .key = key, .len = (uint32_t)len, .value = value };
	m->used++;
	return 0;
}

uint32_t keymap_get(const struct keymap *m, const void *key, size_t len)
{
	const struct keymap_slot *slot;

	if (!m->n_slots)
		return KEYMAP_NONE;
	slot = find_slot(m, key, len);
	return slot->key ? slot->value : KEYMAP_NONE;
}

void keymap_free(struct keymap *m)
{
	free(m->slots);
	*m = (struct keymap){ 0 };
}
