/* carry.c - connections that outlive a run: out of one shard, into the next (shard.h).
 *
 * An imported flow waits in a skew heap, the idle longest at its root, made of the two neighbour
 * fields that a flow outside of its list does not need.  So the order of import has no influence:
 * who goes when the table is full is at the root, and the lists are made by emptying the heap
 * before anything else looks at them.  The same heap puts an export into the order of flow ids.
 * No allocation, no recursion; n log n.
 *
 * Within a tick a list is in the order of first packets, which no stamp tells (table.h).  So each
 * flow takes its rank with it, its place in the order of eviction: tick and rank bring lists and
 * that order back exactly.
 */
#include <stdlib.h>
#include <string.h>
#include "base/pack.h"
#include "flow/image.h"
#include "flow/internal.h"

/* --- heaps of flows -------------------------------------------------------------------------- */

/* `older` and `newer` are the left and right child. */
typedef bool (*before_fn)(const struct flow_table *t, uint32_t a, uint32_t b);

static uint32_t meld(const struct flow_table *t, uint32_t a, uint32_t b, before_fn before)
{
	uint32_t root = 0, *link = &root;

	while (a && b) {
		uint32_t first = before(t, b, a) ? b : a;
		struct flow *f = flow_table_flow(t, first);
		uint32_t right = f->newer;

		b = first == a ? b : a;
		a = right;
		*link = first;
		f->newer = f->older;
		link = &f->older;
	}
	*link = a ? a : b;
	return root;
}

static void heap_put(const struct flow_table *t, uint32_t *root, uint32_t no, before_fn before)
{
	struct flow *f = flow_table_flow(t, no);

	f->older = f->newer = 0;
	*root = meld(t, *root, no, before);
}

/* The first, or 0. */
static uint32_t heap_take(const struct flow_table *t, uint32_t *root, before_fn before)
{
	uint32_t no = *root;

	if (no) {
		struct flow *f = flow_table_flow(t, no);

		*root = meld(t, f->older, f->newer, before);
		f->older = f->newer = 0;
	}
	return no;
}

static bool has_smaller_id(const struct flow_table *t, uint32_t a, uint32_t b)
{
	const struct flow *fa = flow_table_flow(t, a), *fb = flow_table_flow(t, b);

	if (fa->first_ns != fb->first_ns)
		return fa->first_ns < fb->first_ns;
	return flow_key_compare(&fa->key, &fb->key) < 0;
}

/* The order of eviction, and of lists; flows of several shards and the same rank by their keys. */
static bool is_idle_longer(const struct flow *a, uint32_t a_rank, const struct flow *b,
			   uint32_t b_rank)
{
	uint64_t a_tick = a->last_ns >> FLOW_TICK_SHIFT, b_tick = b->last_ns >> FLOW_TICK_SHIFT;

	if (a_tick != b_tick)
		return a_tick < b_tick;
	if (a_rank != b_rank)
		return a_rank < b_rank;
	return flow_key_compare(&a->key, &b->key) < 0;
}

static bool was_behind(const struct flow_table *t, uint32_t a, uint32_t b)
{
	return is_idle_longer(flow_table_flow(t, a), flow_table_cold(t, a)->rank,
			      flow_table_flow(t, b), flow_table_cold(t, b)->rank);
}

/* --- export ---------------------------------------------------------------------------------- */

/* Empties the lists into a heap.  Ranks are the order in which flows would be evicted, which is
 * that of each list too. */
static uint32_t gather(struct shard *s)
{
	uint32_t heap = 0, rank = 0, no;

	while ((no = flow_table_oldest(s->table))) {
		struct flow *f = flow_table_flow(s->table, no);
		struct flow_list *list = &s->table->lists[f->class];

		list->oldest = f->newer;
		if (f->newer)
			flow_table_flow(s->table, f->newer)->older = 0;
		else
			list->newest = 0;
		f->class = FLOW_CLASSES;
		flow_table_cold(s->table, no)->rank = rank++;
		heap_put(s->table, &heap, no, has_smaller_id);
	}
	return heap;
}

/* Out of the table, with all that it owns but DPI state. */
static void lift(struct shard *s, uint32_t no, struct flow_image *ret_image)
{
	const struct flow_extra *extra = flow_table_extra(s->table, no);

	memset(ret_image, 0, sizeof(*ret_image));
	ret_image->hot = *flow_table_flow(s->table, no);
	ret_image->cold = *flow_table_cold(s->table, no);
	ret_image->clock_ns = s->now_ns;
	ret_image->has_extra = extra != NULL;
	if (extra)
		ret_image->extra = *extra;
	if (extra)
		s->carried_held -= carried_held(extra->carried, extra->waiting);
	s->facts_held -= ret_image->cold.facts != NULL;
	s->unopened -= !ret_image->hot.is_opened;
	flow_table_remove(s->table, no);
}

static void export_claims(struct shard *s, struct packer *p, shard_flow_fn put, void *arg)
{
	for (size_t i = 0; s->claims && i < claims_count(s->claims); i++) {
		pack_reset(p);
		claims_pack(s->claims, i, s->now_ns, p);
		if (p->has_failed)
			s->claims_lost++;
		else
			put(arg, p->bytes + FLOW_IMAGE_KEY_OFFSET, FLOW_IMAGE_KEY_BYTES, p->bytes,
			    p->len);
	}
	if (s->claims)
		claims_clear(s->claims);
}

void shard_export(struct shard *s, shard_flow_fn put, void *arg)
{
	struct packer p = { 0 };
	struct flow_image image;
	uint32_t heap, no;

	flow_settle_imports(s);
	heap = gather(s);
	while ((no = heap_take(s->table, &heap, has_smaller_id))) {
		flow_give_up(s, no);
		lift(s, no, &image);
		pack_reset(&p);
		flow_image_pack(&p, &image);
		flow_image_clear(&image);
		if (p.has_failed) {
			s->counters.flows_lost++;
			continue;
		}
		s->counters.flows_exported++;
		put(arg, p.bytes + FLOW_IMAGE_KEY_OFFSET, FLOW_IMAGE_KEY_BYTES, p.bytes, p.len);
	}
	export_claims(s, &p, put, arg);
	pack_free(&p);
}

/* --- import ---------------------------------------------------------------------------------- */

bool shard_of_packed(const void *value, size_t value_len, unsigned n_shards, unsigned *ret_shard)
{
	struct flow_key key;
	uint32_t place;

	if (n_shards && claims_place_of_row(value, value_len, &place)) {
		*ret_shard = (unsigned)((uint64_t)place * n_shards >> 32);
		return true;
	}
	if (!n_shards || !flow_image_unpack_key(value, value_len, &key))
		return false;
	*ret_shard = shard_of(&key.a, &key.b, n_shards);
	return true;
}

/* The opposite of lift(): into the table, in no list yet.  Takes what it
 * owns.  0: no room. */
static uint32_t place(struct shard *s, struct flow_image *image)
{
	uint32_t hash = flow_table_hash(s->table, &image->hot.key);
	uint32_t no = flow_table_add(s->table, &image->hot.key, hash);
	struct flow_extra *extra;

	if (!no)
		return 0;
	if (image->has_extra) {
		extra = flow_table_need_extra(s->table, no);
		if (!extra) {
			flow_table_remove(s->table, no);
			return 0;
		}
		*extra = image->extra;
		s->carried_held += carried_held(extra->carried, extra->waiting);
	}
	image->hot.hash = hash;
	image->cold.extra = flow_table_cold(s->table, no)->extra;
	*flow_table_flow(s->table, no) = image->hot;
	*flow_table_cold(s->table, no) = image->cold;
	/* The table owns them now. */
	image->cold.name = NULL;
	s->facts_held += image->cold.facts != NULL;
	image->cold.facts = NULL;
	image->extra.answers = NULL;
	image->extra.carried = NULL;
	image->extra.waiting = NULL;
	image->extra.tunnel = NULL;
	s->unopened += !image->hot.is_opened;
	return no;
}

/* The newcomer is idle longest of all: it is in the table for as long as it takes to say so, in
 * the place of the one at the root.  That one gets its number again, and so stays the root: the
 * table's free numbers are a stack. */
static bool pass_through(struct shard *s, struct flow_image *image)
{
	struct flow_image root;
	uint32_t no;

	lift(s, s->imports, &root);
	no = place(s, image);
	if (no)
		flow_close(s, no, FLOW_END_EVICTED, s->minute_ns);
	place(s, &root);
	return no != 0;
}

static bool take_flow(struct shard *s, struct flow_image *image)
{
	uint32_t no = place(s, image);

	if (!no && !s->imports)
		return false;
	if (!no && is_idle_longer(&image->hot, image->cold.rank,
				  flow_table_flow(s->table, s->imports),
				  flow_table_cold(s->table, s->imports)->rank))
		return pass_through(s, image);
	if (!no) {
		flow_close(s, heap_take(s->table, &s->imports, was_behind), FLOW_END_EVICTED,
			   s->minute_ns);
		no = place(s, image);
	}
	if (no)
		heap_put(s->table, &s->imports, no, was_behind);
	return no != 0;
}

static uint64_t minute_of(uint64_t ns)
{
	return ns - ns % SLICE_NS;
}

/* A shard has one clock: what is of another minute, or comes after packets or marks, is refused. */
static bool set_clock(struct shard *s, uint64_t clock_ns)
{
	if (s->has_clock ? minute_of(clock_ns) != s->minute_ns
			 : s->table->used || clock_ns < s->now_ns)
		return false;
	s->has_clock = true;
	if (clock_ns > s->now_ns)
		s->now_ns = clock_ns;
	s->minute_ns = minute_of(clock_ns);
	return true;
}

static bool import_claim(struct shard *s, const void *value, size_t value_len)
{
	uint64_t clock_ns;

	if (!claims_clock_of_row(value, value_len, &clock_ns) ||
	    (!s->claims && claims_new(&s->claims)))
		return false;
	return set_clock(s, clock_ns) && claims_unpack(s->claims, value, value_len);
}

bool shard_import(struct shard *s, const void *value, size_t value_len)
{
	struct flow_image image;
	const struct flow_key *key = &image.hot.key;
	bool is_taken;

	if (claims_is_row(value, value_len))
		return import_claim(s, value, value_len);
	if (!flow_image_unpack(value, value_len, &image))
		return false;
	image.hot.is_dpi_done |= !s->with_dpi;
	facts_move_files(image.cold.facts, s->files_then, s->files);
	is_taken = !flow_table_find(s->table, key, flow_table_hash(s->table, key)) &&
		   set_clock(s, image.clock_ns) && take_flow(s, &image);
	flow_image_clear(&image);
	s->counters.flows_imported += is_taken;
	return is_taken;
}

void flow_settle_imports(struct shard *s)
{
	uint32_t no;

	s->has_clock = false;
	while ((no = heap_take(s->table, &s->imports, was_behind))) {
		const struct flow *f = flow_table_flow(s->table, no);

		flow_table_touch(s->table, no, flow_class_of(f), f->last_ns);
		if (s->places)
			places_restore(s->places, s->table, no);
	}
}
