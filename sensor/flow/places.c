/* places.c - see places.h. */
#include "flow/places.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "flow/key.h"
#include "flow/table.h"

#define SET 4
#define SETS (PLACES_SLOTS / SET)

struct places {
	uint32_t sets[SETS][SET];	/* flow numbers, 0: free */
	uint64_t forgotten;
};

struct flow_place flow_place_of(const struct packet *p)
{
	return (struct flow_place){
		.vlan = { p->vlans > 0 ? p->vlan[0] : FLOW_NO_VLAN,
			  p->vlans > 1 ? p->vlan[1] : FLOW_NO_VLAN },
		.tap = p->tap,
	};
}

int places_new(struct places **ret_places)
{
	struct places *ps = calloc(1, sizeof(*ps));

	if (!ps)
		return -ENOMEM;
	*ret_places = ps;
	return 0;
}

void places_free(struct places *ps)
{
	free(ps);
}

uint64_t places_forgotten(const struct places *ps)
{
	return ps->forgotten;
}

static struct flow_key at_place(const struct flow_key *key, const struct flow_place *place)
{
	struct flow_key moved = *key;

	memcpy(moved.vlan, place->vlan, sizeof(moved.vlan));
	moved.tap = place->tap;
	return moved;
}

/* Not the table's hash, whose seed is another one in every run: what is forgotten when a set is
 * full must not depend on it. */
static uint32_t hash_of(const struct flow_key *key)
{
	return (uint32_t)hash_bytes(key, sizeof(*key), PLACES_SLOTS);
}

static bool is_alive(const struct flow_table *t, uint32_t no)
{
	const struct flow *f = flow_table_flow(t, no);

	return flow_table_find(t, &f->key, f->hash) == no;
}

static bool is_mirrored_at(const struct flow_table *t, uint32_t no, const struct flow_key *key)
{
	const struct flow_extra *extra;

	if (!is_alive(t, no))
		return false;
	extra = flow_table_extra(t, no);
	for (unsigned i = 0; extra && i < extra->places.n; i++) {
		struct flow_key moved = at_place(&flow_table_flow(t, no)->key,
						 &extra->places.at[i]);

		if (!memcmp(&moved, key, sizeof(moved)))
			return true;
	}
	return false;
}

static uint32_t find_hashed(const struct places *ps, const struct flow_table *t,
			    const struct flow_key *key, uint32_t hash)
{
	const uint32_t *set = ps->sets[hash % SETS];

	for (unsigned i = 0; i < SET; i++)
		if (set[i] && is_mirrored_at(t, set[i], key))
			return set[i];
	return 0;
}

uint32_t places_find(const struct places *ps, const struct flow_table *t,
		     const struct flow_key *key)
{
	return find_hashed(ps, t, key, hash_of(key));
}

static void put(struct places *ps, const struct flow_table *t, uint32_t no, uint32_t hash)
{
	uint32_t *set = ps->sets[hash % SETS];
	unsigned at = 0;

	while (at < SET && set[at] && set[at] != no && is_alive(t, set[at]))
		at++;
	if (at == SET) {
		memmove(&set[0], &set[1], (SET - 1) * sizeof(set[0]));
		at = SET - 1;
		ps->forgotten++;
	}
	set[at] = no;
}

void places_learn(struct places *ps, struct flow_table *t, const struct flow_key *key,
		  const struct flow_place *first)
{
	uint32_t hash = hash_of(key), no;
	struct flow_key first_key = at_place(key, first);
	struct flow_extra *extra;

	if (find_hashed(ps, t, key, hash))
		return;
	no = flow_table_find(t, &first_key, flow_table_hash(t, &first_key));
	if (!no)
		no = places_find(ps, t, &first_key);
	extra = no ? flow_table_need_extra(t, no) : NULL;
	if (!extra || extra->places.n == FLOW_PLACES_MAX)
		return;
	extra->places.at[extra->places.n++] = (struct flow_place){
		.vlan = { key->vlan[0], key->vlan[1] }, .tap = key->tap };
	put(ps, t, no, hash);
}

void places_restore(struct places *ps, const struct flow_table *t, uint32_t no)
{
	const struct flow_extra *extra = flow_table_extra(t, no);

	for (unsigned i = 0; extra && i < extra->places.n; i++) {
		struct flow_key moved = at_place(&flow_table_flow(t, no)->key,
						 &extra->places.at[i]);

		put(ps, t, no, hash_of(&moved));
	}
}
