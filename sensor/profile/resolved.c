/* resolved.c - see resolved.h.
 *
 * Entries stand in one array; buckets lead to chains of them, by pair and by name; a ring through
 * entry 0 keeps them in the order of their last note, oldest first, and free ones are chained
 * through `older`.
 */
#include "profile/resolved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/hash.h"

#define PACK_VERSION 2	/* 1: without lost_ns */

struct pair {
	struct addr client, address;	/* client: ANYBODY, or who asked */
};

static const struct addr ANYBODY;	/* "::", which asks nothing */

struct entry {
	struct pair pair;
	char *name;			/* owned */
	uint64_t at_ns;			/* of the last note */
	uint32_t chain;			/* next of the bucket; 0: none */
	uint32_t older, newer;		/* neighbours in the ring */
	uint32_t alike[2];		/* before and after it, of the same bucket of names */
};

struct resolved {
	struct entry *entries;		/* 1 .. max; 0 is the ring's anchor */
	uint32_t *buckets, *names;
	uint32_t mask;			/* buckets - 1 */
	uint32_t max, made, free;	/* made: numbers ever used */
	uint64_t now_ns;		/* the latest note */
	uint64_t lost_ns;		/* resolved_lost_ns() */
	struct resolved_counters counters;
};

int resolved_new(size_t max, struct resolved **ret_resolved)
{
	struct resolved *r;
	size_t buckets = 1;

	if (!max)
		max = RESOLVED_MAX;
	if (max < 2 || max > UINT32_MAX / 2)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	while (buckets < max)
		buckets *= 2;
	r->max = (uint32_t)max;
	r->mask = (uint32_t)(buckets - 1);
	r->entries = calloc(max + 1, sizeof(*r->entries));
	r->buckets = calloc(buckets, sizeof(*r->buckets));
	r->names = calloc(buckets, sizeof(*r->names));
	if (!r->entries || !r->buckets || !r->names) {
		resolved_free(r);
		return -ENOMEM;
	}
	*ret_resolved = r;
	return 0;
}

void resolved_free(struct resolved *r)
{
	if (!r)
		return;
	for (uint32_t i = 1; r->entries && i <= r->made; i++)
		free(r->entries[i].name);
	free(r->entries);
	free(r->buckets);
	free(r->names);
	free(r);
}

/* --- table and ring ------------------------------------------------------------------ */

static uint32_t *bucket_of(const struct resolved *r, const struct pair *pair)
{
	return &r->buckets[hash_table(pair, sizeof(*pair), hash_secret()) & r->mask];
}

static uint32_t find(const struct resolved *r, const struct pair *pair)
{
	uint32_t no = *bucket_of(r, pair);

	while (no && memcmp(&r->entries[no].pair, pair, sizeof(*pair)))
		no = r->entries[no].chain;
	return no;
}

static uint32_t *names_bucket(const struct resolved *r, const char *name)
{
	return &r->names[hash_table(name, strlen(name), hash_secret()) & r->mask];
}

static void link_name(struct resolved *r, uint32_t no)
{
	struct entry *e = &r->entries[no];
	uint32_t *bucket = names_bucket(r, e->name);

	e->alike[0] = 0;
	e->alike[1] = *bucket;
	if (*bucket)
		r->entries[*bucket].alike[0] = no;
	*bucket = no;
}

static void unlink_name(struct resolved *r, uint32_t no)
{
	struct entry *e = &r->entries[no];

	if (!e->name)
		return;
	if (e->alike[0])
		r->entries[e->alike[0]].alike[1] = e->alike[1];
	else
		*names_bucket(r, e->name) = e->alike[1];
	if (e->alike[1])
		r->entries[e->alike[1]].alike[0] = e->alike[0];
}

static void unlink_ring(struct resolved *r, uint32_t no)
{
	struct entry *e = &r->entries[no];

	r->entries[e->older].newer = e->newer;
	r->entries[e->newer].older = e->older;
}

static void make_newest(struct resolved *r, uint32_t no)
{
	struct entry *e = &r->entries[no], *anchor = &r->entries[0];

	e->older = anchor->older;
	e->newer = 0;
	r->entries[anchor->older].newer = no;
	anchor->older = no;
}

static uint32_t oldest(const struct resolved *r)
{
	return r->entries[0].newer;
}

static void remove_entry(struct resolved *r, uint32_t no)
{
	struct entry *e = &r->entries[no];
	uint32_t *link = bucket_of(r, &e->pair);

	while (*link != no)
		link = &r->entries[*link].chain;
	*link = e->chain;
	unlink_ring(r, no);
	unlink_name(r, no);
	free(e->name);
	e->name = NULL;
	e->older = r->free;
	r->free = no;
	r->counters.live--;
}

static uint32_t add_entry(struct resolved *r, const struct pair *pair)
{
	uint32_t no, *bucket = bucket_of(r, pair);
	struct entry *e;

	if (r->counters.live == r->max) {
		r->lost_ns = r->entries[oldest(r)].at_ns;
		remove_entry(r, oldest(r));
		r->counters.evicted++;
	}
	no = r->free;
	if (no)
		r->free = r->entries[no].older;
	else
		no = ++r->made;
	e = &r->entries[no];
	e->pair = *pair;
	e->chain = *bucket;
	*bucket = no;
	make_newest(r, no);
	r->counters.live++;
	return no;
}

static bool is_over(const struct entry *e, uint64_t now_ns)
{
	return now_ns > e->at_ns && now_ns - e->at_ns > RESOLVED_NS;
}

static void expire(struct resolved *r)
{
	while (oldest(r) && is_over(&r->entries[oldest(r)], r->now_ns)) {
		remove_entry(r, oldest(r));
		r->counters.expired++;
	}
}

/* --- notes and look-ups -------------------------------------------------------------- */

/* false: no memory, nothing has changed. */
static bool note_pair(struct resolved *r, const struct pair *pair, const char *name)
{
	uint32_t no = find(r, pair);
	char *copy = NULL;

	if (!no || strcmp(r->entries[no].name, name)) {
		copy = strdup(name);
		if (!copy)
			return false;
	}
	if (no) {
		unlink_ring(r, no);
		make_newest(r, no);
	} else {
		no = add_entry(r, pair);
	}
	if (copy) {
		unlink_name(r, no);
		free(r->entries[no].name);
		r->entries[no].name = copy;
		link_name(r, no);
	}
	r->entries[no].at_ns = r->now_ns;
	return true;
}

void resolved_note(struct resolved *r, const struct addr *client, const struct addr *address,
		   const char *name, uint64_t at_ns)
{
	size_t len = strnlen(name, RESOLVED_NAME_MAX);

	r->counters.noted++;
	if (len == 0 || len == RESOLVED_NAME_MAX)
		return;
	if (at_ns > r->now_ns)
		r->now_ns = at_ns;
	expire(r);
	if (!note_pair(r, &(struct pair){ ANYBODY, *address }, name) ||
	    !note_pair(r, &(struct pair){ *client, *address }, name))
		r->counters.no_memory++;
}

const char *resolved_find(const struct resolved *r, const struct addr *client,
			  const struct addr *address, uint64_t at_ns, bool *ret_was_asked)
{
	const struct addr clients[] = { *client, ANYBODY };

	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		uint32_t no = find(r, &(struct pair){ clients[i], *address });
		bool is_known = no && !is_over(&r->entries[no], at_ns);

		if (ret_was_asked)
			*ret_was_asked = is_known && i == 0;
		if (is_known)
			return r->entries[no].name;
	}
	return NULL;
}

bool resolved_was_told(const struct resolved *r, const char *name, uint64_t at_ns)
{
	uint32_t no = *names_bucket(r, name);

	while (no && (is_over(&r->entries[no], at_ns) || strcmp(r->entries[no].name, name)))
		no = r->entries[no].alike[1];
	return no != 0;
}

uint64_t resolved_lost_ns(const struct resolved *r)
{
	return r->lost_ns;
}

const struct resolved_counters *resolved_counters(const struct resolved *r)
{
	return &r->counters;
}

/* --- state --------------------------------------------------------------------------- */

void resolved_pack(const struct resolved *r, struct packer *p)
{
	pack_u8(p, PACK_VERSION);
	pack_u32(p, (uint32_t)r->counters.live);
	for (uint32_t no = oldest(r); no; no = r->entries[no].newer) {
		const struct entry *e = &r->entries[no];

		pack_bytes(p, e->pair.client.bytes, sizeof(e->pair.client.bytes));
		pack_bytes(p, e->pair.address.bytes, sizeof(e->pair.address.bytes));
		pack_u64(p, e->at_ns);
		pack_text(p, e->name);
	}
	pack_u64(p, r->lost_ns);
}

static void unpack_entry(struct resolved *r, struct unpacker *u)
{
	char name[RESOLVED_NAME_MAX];
	struct pair pair = { 0 };
	uint64_t at_ns;

	unpack_bytes(u, pair.client.bytes, sizeof(pair.client.bytes));
	unpack_bytes(u, pair.address.bytes, sizeof(pair.address.bytes));
	at_ns = unpack_u64(u);
	if (!unpack_text(u, name, sizeof(name)) || !name[0] || at_ns < r->now_ns)
		u->is_bad = true;
	if (u->is_bad)
		return;
	r->now_ns = at_ns;
	if (!note_pair(r, &pair, name))
		u->is_bad = true;
}

bool resolved_unpack(struct resolved *r, struct unpacker *u)
{
	uint8_t version = unpack_u8(u);
	uint64_t lost_ns;
	uint32_t n;

	u->is_bad |= version != 1 && version != PACK_VERSION;
	n = unpack_u32(u);
	for (uint32_t i = 0; i < n && !u->is_bad; i++)
		unpack_entry(r, u);
	lost_ns = version > 1 ? unpack_u64(u) : 0;
	/* A smaller table may have lost more while it was filled. */
	if (lost_ns > r->lost_ns)
		r->lost_ns = lost_ns;
	if (!u->is_bad)
		return true;
	while (oldest(r))
		remove_entry(r, oldest(r));
	r->now_ns = r->lost_ns = 0;
	return false;
}
