/* keyed.c - see keyed.h. */
#include "profile/keyed.h"

#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "profile/profile_pack.h"

static struct keyed **bucket_of(const struct keyed_table *t, const struct channel_key *key)
{
	size_t at = hash_bytes(key, sizeof(*key), hash_secret()) % KEYED_BUCKETS;

	return (struct keyed **)&t->buckets[at];
}

struct keyed *keyed_find(const struct keyed_table *t, const struct channel_key *key)
{
	struct keyed *k = *bucket_of(t, key);

	while (k && memcmp(&k->key, key, sizeof(*key)))
		k = k->chain;
	return k;
}

bool keyed_add(struct keyed_table *t, struct keyed *k)
{
	struct keyed **bucket = bucket_of(t, &k->key);

	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		struct keyed **more = realloc(t->sorted, room * sizeof(struct keyed *));

		if (!more)
			return false;
		t->sorted = more;
		t->room = room;
	}
	t->n++;
	t->is_sorted = false;
	k->chain = *bucket;
	*bucket = k;
	return true;
}

void keyed_remove(struct keyed_table *t, struct keyed *k)
{
	struct keyed **at = bucket_of(t, &k->key);

	while (*at != k)
		at = &(*at)->chain;
	*at = k->chain;
	t->n--;
	t->is_sorted = false;
}

static int compare(const void *pa, const void *pb)
{
	const struct keyed *a = *(struct keyed *const *)pa, *b = *(struct keyed *const *)pb;
	int order = strcmp(a->subject->id, b->subject->id);

	return order ? order : group_key_compare(&a->key, &b->key);
}

struct keyed **keyed_sorted(struct keyed_table *t, size_t *ret_n)
{
	size_t n = 0;

	*ret_n = t->n;
	if (t->is_sorted)
		return t->sorted;
	for (size_t i = 0; i < KEYED_BUCKETS; i++)
		for (struct keyed *k = t->buckets[i]; k; k = k->chain)
			t->sorted[n++] = k;
	if (n)
		qsort(t->sorted, n, sizeof(struct keyed *), compare);
	t->is_sorted = true;
	return t->sorted;
}

struct subject *keyed_richest(struct keyed_table *t, size_t *ret_has)
{
	struct subject *richest = NULL;
	size_t n, next;
	struct keyed **list = keyed_sorted(t, &n);

	*ret_has = 0;
	for (size_t i = 0; i < n; i = next) {
		for (next = i; next < n && list[next]->subject == list[i]->subject; next++)
			;
		if (next - i <= *ret_has)
			continue;
		*ret_has = next - i;
		richest = list[i]->subject;
	}
	return richest;
}

void keyed_clear(struct keyed_table *t)
{
	free(t->sorted);
	memset(t, 0, sizeof(*t));
}

void keyed_pack_key(const struct keyed *k, struct packer *p)
{
	pack_text(p, k->subject->id);
	channel_key_pack(&k->key, p);
}

bool keyed_unpack_key(struct unpacker *u, const struct subjects *s, struct keyed *ret)
{
	char id[SITE_ID_MAX];

	memset(ret, 0, sizeof(*ret));
	u->is_bad |= !unpack_text(u, id, sizeof(id));
	channel_key_unpack(u, &ret->key);
	ret->subject = u->is_bad ? NULL : subjects_by_id(s, id);
	if (!ret->subject)
		return false;
	ret->key.subject = ret->subject->number;
	return true;
}
