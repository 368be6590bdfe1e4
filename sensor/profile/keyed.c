/* keyed.c - see keyed.h. */
#include "profile/keyed.h"

#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "profile/profile_pack.h"

static struct keyed **bucket_of(const struct keyed_table *t, const struct channel_key *key)
{
	size_t at = hash_table(key, sizeof(*key), hash_secret()) % KEYED_BUCKETS;

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

/* --- who goes ------------------------------------------------------------ */

/* What a record is worth is asked once: to sort by asking would ask for each comparison. */
struct candidate {
	uint64_t worth;
	struct keyed *k;
};

static int compare_worth(const void *pa, const void *pb)
{
	const struct candidate *a = pa, *b = pb;
	int order;

	if (a->worth != b->worth)
		return (a->worth > b->worth) - (a->worth < b->worth);
	/* Most differ in their group: ids are compared last. */
	order = group_key_compare(&a->k->key, &b->k->key);
	return order ? order : strcmp(a->k->subject->id, b->k->subject->id);
}

/* All records, in no order. */
static void collect(const struct keyed_table *t, const struct keyed_worth *w,
		    struct candidate *ret_all)
{
	size_t n = 0;

	for (size_t i = 0; i < KEYED_BUCKETS; i++)
		for (struct keyed *k = t->buckets[i]; k; k = k->chain)
			ret_all[n++] = (struct candidate){ w->of(k), k };
}

/* The subject that has most records, of several the one of the smaller id; NULL: empty. */
static const struct subject *find_richest(const struct candidate *all, size_t n)
{
	const struct subject *richest = NULL;

	for (size_t i = 0; i < n; i++)
		all[i].k->subject->counted = 0;
	for (size_t i = 0; i < n; i++)
		all[i].k->subject->counted++;
	for (size_t i = 0; i < n; i++) {
		const struct subject *s = all[i].k->subject;

		if (!richest || s->counted > richest->counted ||
		    (s->counted == richest->counted && s != richest &&
		     strcmp(s->id, richest->id) < 0))
			richest = s;
	}
	return richest;
}

/* Those that may go, of one subject or (NULL) of all, in no order. */
static size_t choose(const struct candidate *all, size_t n, const struct keyed_worth *w,
		     const struct subject *of, struct candidate *ret_chosen)
{
	size_t chosen = 0;

	for (size_t i = 0; i < n; i++)
		if ((!of || all[i].k->subject == of) && !w->is_kept(all[i].k))
			ret_chosen[chosen++] = all[i];
	return chosen;
}

size_t keyed_going(struct keyed_table *t, const struct keyed_worth *w, struct keyed ***ret_list)
{
	size_t n = t->n, go, chosen;
	struct candidate *all = malloc((2 * n + 1) * sizeof(*all)), *list;
	struct keyed **going = malloc((n + 1) * sizeof(struct keyed *));

	*ret_list = going;
	if (!all || !going) {
		free(all);
		return 0;
	}
	list = all + n;
	collect(t, w, all);
	chosen = choose(all, n, w, find_richest(all, n), list);
	go = chosen / 4;
	if (go < KEYED_AT_ONCE) {
		chosen = choose(all, n, w, NULL, list);
		go = chosen < KEYED_AT_ONCE ? chosen : KEYED_AT_ONCE;
	}
	qsort(list, chosen, sizeof(*list), compare_worth);
	for (size_t i = 0; i < go; i++)
		going[i] = list[i].k;
	free(all);
	return go;
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
