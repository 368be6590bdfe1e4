/* table.c - see table.h. */
#include "flow/table.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/hash.h"

#define INDEX_MIN 1024		/* slots */
#define EXTRA_CHUNK 256		/* flow_extra records */
#define CACHE_LINE 64

static size_t chunks_for(size_t records, size_t per_chunk)
{
	return (records + per_chunk - 1) / per_chunk;
}

static uint32_t number_mask_for(uint32_t max)
{
	uint32_t mask = 1;

	while (mask < max)
		mask = mask << 1 | 1;
	return mask;
}

static int make_chunk(struct flow_table *t)
{
	struct flow_chunk *c = aligned_alloc(CACHE_LINE, sizeof(*c));

	if (!c)
		return -ENOMEM;
	t->chunks[t->made / FLOW_CHUNK] = c;
	return 0;
}

int flow_table_new(size_t max_flows, uint64_t seed, struct flow_table **ret_table)
{
	struct flow_table *t;
	int err = -ENOMEM;

	if (max_flows < 1 || max_flows > FLOW_TABLE_MAX)
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->max = (uint32_t)max_flows;
	t->number_mask = number_mask_for(t->max);
	t->seed = seed;
	t->index_mask = INDEX_MIN - 1;
	t->index = calloc(INDEX_MIN, sizeof(*t->index));
	t->chunks = calloc(chunks_for(max_flows, FLOW_CHUNK), sizeof(struct flow_chunk *));
	t->extras = calloc(chunks_for(max_flows, EXTRA_CHUNK), sizeof(struct flow_extra *));
	if (!t->index || !t->chunks || !t->extras || make_chunk(t))
		goto out;
	*ret_table = steal(&t);
	err = 0;
out:
	flow_table_free(t);
	return err;
}

void flow_table_free(struct flow_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; t->chunks && i < chunks_for(t->max, FLOW_CHUNK); i++)
		free(t->chunks[i]);
	for (size_t i = 0; t->extras && i < chunks_for(t->max, EXTRA_CHUNK); i++)
		free(t->extras[i]);
	free(t->chunks);
	free(t->extras);
	free(t->index);
	free(t);
}

size_t flow_table_bytes(const struct flow_table *t)
{
	size_t max_chunks = chunks_for(t->max, FLOW_CHUNK), chunks = 0;
	size_t max_extras = chunks_for(t->max, EXTRA_CHUNK), extras = 0;

	while (chunks < max_chunks && t->chunks[chunks])
		chunks++;
	while (extras < max_extras && t->extras[extras])
		extras++;
	return sizeof(*t) + (t->index_mask + (size_t)1) * sizeof(*t->index) +
	       max_chunks * sizeof(*t->chunks) + chunks * sizeof(struct flow_chunk) +
	       max_extras * sizeof(*t->extras) + extras * EXTRA_CHUNK * sizeof(struct flow_extra);
}

/* --- index --------------------------------------------------------------------------------- */

uint32_t flow_table_hash(const struct flow_table *t, const struct flow_key *key)
{
	return (uint32_t)hash_table(key, sizeof(*key), t->seed);
}

static uint32_t slot_value(const struct flow_table *t, uint32_t no, uint32_t hash)
{
	return (hash & ~t->number_mask) | no;
}

uint32_t flow_table_find(const struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
	uint32_t mask = t->index_mask, slot;

	for (uint32_t i = hash & mask; (slot = t->index[i]) != 0; i = (i + 1) & mask) {
		uint32_t no = slot & t->number_mask;

		if ((slot ^ hash) & ~t->number_mask)
			continue;
		if (!memcmp(&flow_table_flow(t, no)->key, key, sizeof(*key)))
			return no;
	}
	return 0;
}

uint32_t flow_table_prefetch_flow(const struct flow_table *t, uint32_t hash)
{
	uint32_t slot, i = hash & t->index_mask, no;

	/* The first slot whose tag fits is nearly always the flow. */
	while ((slot = t->index[i]) != 0 && (slot ^ hash) & ~t->number_mask)
		i = (i + 1) & t->index_mask;
	no = slot & t->number_mask;
	for (unsigned line = 0; no && line < sizeof(struct flow) / CACHE_LINE; line++)
		__builtin_prefetch((const char *)flow_table_flow(t, no) + line * CACHE_LINE, 1);
	return no;
}

void flow_table_prefetch_neighbours(const struct flow_table *t, uint32_t no)
{
	const struct flow *f = flow_table_flow(t, no);

	if (f->older)
		__builtin_prefetch(&flow_table_flow(t, f->older)->newer, 1);
	if (f->newer)
		__builtin_prefetch(&flow_table_flow(t, f->newer)->older, 1);
}

static void index_insert(struct flow_table *t, uint32_t no, uint32_t hash)
{
	uint32_t i = hash & t->index_mask;

	while (t->index[i])
		i = (i + 1) & t->index_mask;
	t->index[i] = slot_value(t, no, hash);
}

/* Doubles the index when it would be more than half full.  When there is no memory for that a
 * fuller index still works, up to the last slot but one. */
static int index_grow(struct flow_table *t)
{
	uint32_t *old = t->index, *index;
	size_t slots = (size_t)t->index_mask + 1;

	if ((size_t)t->used + 1 <= slots / 2)
		return 0;
	index = calloc(slots * 2, sizeof(*index));
	if (!index)
		return t->used + 2 <= slots ? 0 : -ENOMEM;
	t->index = index;
	t->index_mask = (uint32_t)(slots * 2 - 1);
	for (size_t i = 0; i < slots; i++) {
		uint32_t no = old[i] & t->number_mask;

		if (no)
			index_insert(t, no, flow_table_flow(t, no)->hash);
	}
	free(old);
	return 0;
}

/* Empties the slot of a flow and moves later ones of its run back, so that every flow stays
 * reachable from where its hash points without passing an empty slot. */
static void index_remove(struct flow_table *t, uint32_t no)
{
	uint32_t mask = t->index_mask, hole = flow_table_flow(t, no)->hash & mask;

	while ((t->index[hole] & t->number_mask) != no)
		hole = (hole + 1) & mask;
	for (uint32_t i = (hole + 1) & mask; t->index[i]; i = (i + 1) & mask) {
		uint32_t home = flow_table_flow(t, t->index[i] & t->number_mask)->hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		t->index[hole] = t->index[i];
		hole = i;
	}
	t->index[hole] = 0;
}

/* --- records ------------------------------------------------------------------------------- */

/* A number nobody has, or 0. */
static uint32_t take_number(struct flow_table *t)
{
	uint32_t no = t->free;

	if (no) {
		t->free = flow_table_flow(t, no)->older;
		return no;
	}
	if (t->made == t->max)
		return 0;
	if (!t->chunks[t->made / FLOW_CHUNK] && make_chunk(t))
		return 0;
	return ++t->made;
}

uint32_t flow_table_add(struct flow_table *t, const struct flow_key *key, uint32_t hash)
{
	uint32_t no;
	struct flow *f;

	if (index_grow(t))
		return 0;
	no = take_number(t);
	if (!no)
		return 0;
	f = flow_table_flow(t, no);
	memset(f, 0, sizeof(*f));
	memset(flow_table_cold(t, no), 0, sizeof(struct flow_cold));
	f->key = *key;
	f->hash = hash;
	f->class = FLOW_CLASSES;
	index_insert(t, no, hash);
	t->used++;
	return no;
}

static struct flow_extra *extra_at(const struct flow_table *t, uint32_t extra)
{
	return &t->extras[(extra - 1) / EXTRA_CHUNK][(extra - 1) % EXTRA_CHUNK];
}

struct flow_extra *flow_table_extra(const struct flow_table *t, uint32_t no)
{
	uint32_t extra = flow_table_cold(t, no)->extra;

	return extra ? extra_at(t, extra) : NULL;
}

/* Free ones are linked through retrans[0]. */
struct flow_extra *flow_table_need_extra(struct flow_table *t, uint32_t no)
{
	uint32_t *extra = &flow_table_cold(t, no)->extra;
	struct flow_extra **chunk = &t->extras[t->extras_made / EXTRA_CHUNK];

	if (*extra)
		return extra_at(t, *extra);
	if (t->extras_free) {
		*extra = t->extras_free;
		t->extras_free = (uint32_t)extra_at(t, *extra)->retrans[0];
	} else {
		if (!*chunk)
			*chunk = malloc(EXTRA_CHUNK * sizeof(struct flow_extra));
		if (!*chunk)
			return NULL;
		*extra = ++t->extras_made;
	}
	return memset(extra_at(t, *extra), 0, sizeof(struct flow_extra));
}

static void free_extra(struct flow_table *t, uint32_t extra)
{
	extra_at(t, extra)->retrans[0] = t->extras_free;
	t->extras_free = extra;
}

/* --- lists --------------------------------------------------------------------------------- */

static void unlink_flow(struct flow_table *t, struct flow *f)
{
	struct flow_list *list = &t->lists[f->class];

	if (f->older)
		flow_table_flow(t, f->older)->newer = f->newer;
	else
		list->oldest = f->newer;
	if (f->newer)
		flow_table_flow(t, f->newer)->older = f->older;
	else
		list->newest = f->older;
}

void flow_table_touch(struct flow_table *t, uint32_t no, enum flow_class class, uint64_t now_ns)
{
	struct flow *f = flow_table_flow(t, no);
	struct flow_list *list = &t->lists[class];
	bool is_same_tick = !((f->last_ns ^ now_ns) >> FLOW_TICK_SHIFT);

	f->last_ns = now_ns;
	if (f->class == class && (is_same_tick || list->newest == no))
		return;
	if (f->class != FLOW_CLASSES)
		unlink_flow(t, f);
	f->class = class;
	f->older = list->newest;
	f->newer = 0;
	if (list->newest)
		flow_table_flow(t, list->newest)->newer = no;
	else
		list->oldest = no;
	list->newest = no;
}

uint32_t flow_table_oldest(const struct flow_table *t)
{
	uint64_t oldest_ns = 0;
	uint32_t oldest = 0;

	for (int c = 0; c < FLOW_CLASSES; c++) {
		uint32_t no = t->lists[c].oldest;

		if (!no || (oldest && flow_table_flow(t, no)->last_ns >= oldest_ns))
			continue;
		oldest = no;
		oldest_ns = flow_table_flow(t, no)->last_ns;
	}
	return oldest;
}

void flow_table_remove(struct flow_table *t, uint32_t no)
{
	struct flow *f = flow_table_flow(t, no);
	uint32_t extra = flow_table_cold(t, no)->extra;

	if (f->class != FLOW_CLASSES)
		unlink_flow(t, f);
	index_remove(t, no);
	if (extra)
		free_extra(t, extra);
	f->older = t->free;
	t->free = no;
	t->used--;
}
