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

int keyed_compare(const struct keyed *a, const struct keyed *b)
{
	int order = strcmp(a->subject->id, b->subject->id);

	return order ? order : group_key_compare(&a->key, &b->key);
}

static int compare(const void *a, const void *b)
{
	return keyed_compare(*(struct keyed *const *)a, *(struct keyed *const *)b);
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

/* The subject that has most records, of several the one of the smaller id; NULL: empty. */
static const struct subject *find_richest(struct keyed *const *list, size_t n)
{
	const struct subject *richest = NULL;
	size_t has = 0, next;

	for (size_t i = 0; i < n; i = next) {
		for (next = i; next < n && list[next]->subject == list[i]->subject; next++)
			;
		if (next - i <= has)
			continue;
		has = next - i;
		richest = list[i]->subject;
	}
	return richest;
}

/* Those that may go, of one subject or (NULL) of all, the least worth first. */
static size_t choose(struct keyed_table *t, const struct keyed_worth *w, const struct subject *of,
		     struct keyed **ret_chosen)
{
	size_t n, k = 0;
	struct keyed **list = keyed_sorted(t, &n);

	for (size_t i = 0; i < n; i++)
		if ((!of || list[i]->subject == of) && !w->is_kept(list[i]))
			ret_chosen[k++] = list[i];
	qsort(ret_chosen, k, sizeof(struct keyed *), w->compare);
	return k;
}

size_t keyed_going(struct keyed_table *t, const struct keyed_worth *w, struct keyed ***ret_list)
{
	size_t n, k;
	struct keyed **list = keyed_sorted(t, &n);
	struct keyed **going = malloc((n + 1) * sizeof(struct keyed *));

	*ret_list = going;
	if (!going)
		return 0;
	k = choose(t, w, find_richest(list, n), going) / 4;
	if (k >= KEYED_AT_ONCE)
		return k;
	k = choose(t, w, NULL, going);
	return k < KEYED_AT_ONCE ? k : KEYED_AT_ONCE;
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
