/* link.c - see link.h. */
#include "profile/link.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"

#define AT_ONCE 16			/* the part of a kind that goes when it is full */

static const size_t most[LINK_KINDS] = {
	[LINK_ITSELF] = LINKS_MAX, [LINK_NEIGHBOUR] = NEIGHBOURS_MAX, [LINK_GATEWAY] = GATEWAYS_MAX,
};
static const size_t sizes[LINK_KINDS] = {
	[LINK_ITSELF] = sizeof(struct link_row), [LINK_NEIGHBOUR] = sizeof(struct neighbour),
	[LINK_GATEWAY] = sizeof(struct gateway),
};

struct table {
	struct link_row **rows;		/* as many as can be */
	size_t n;
};

struct links {
	struct table tables[LINK_KINDS];
	links_removed_fn removed;
	void *removed_arg;
	struct links_counters counters;
};

int links_new(struct links **ret_links)
{
	struct links *l = calloc(1, sizeof(*l));

	for (int k = 0; l && k < LINK_KINDS; k++) {
		l->tables[k].rows = calloc(most[k], sizeof(struct link_row *));
		if (!l->tables[k].rows) {
			links_free(l);
			return -ENOMEM;
		}
	}
	*ret_links = l;
	return l ? 0 : -ENOMEM;
}

void links_free(struct links *l)
{
	if (!l)
		return;
	for (int k = 0; k < LINK_KINDS; k++) {
		for (size_t i = 0; i < l->tables[k].n; i++)
			free(l->tables[k].rows[i]);
		free(l->tables[k].rows);
	}
	free(l);
}

const struct links_counters *links_counters(const struct links *l)
{
	return &l->counters;
}

void links_carry(struct links *l, const struct links *from)
{
	for (int i = 0; i < LINK_KINDS; i++)
		l->counters.evicted[i] += from->counters.evicted[i];
}

struct link_row *const *links_list(const struct links *l, enum link_kind kind, size_t *ret_n)
{
	*ret_n = l->tables[kind].n;
	return l->tables[kind].rows;
}

void links_on_remove(struct links *l, links_removed_fn removed, void *arg)
{
	l->removed = removed;
	l->removed_arg = arg;
}

void link_row_seen(struct link_row *row, uint64_t first_ns, uint64_t last_ns)
{
	if (!row->minutes || first_ns / SLICE_NS != row->last_ns / SLICE_NS)
		row->minutes += row->minutes < UINT32_MAX;
	if (first_ns < row->first_ns)
		row->first_ns = first_ns;
	if (last_ns > row->last_ns)
		row->last_ns = last_ns;
	row->is_changed = true;
}

/* --- order ------------------------------------------------------------------------------------ */

static int compare_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_link(const struct claim_link *a, const struct claim_link *b)
{
	int order = compare_number(a->tap, b->tap);

	if (!order)
		order = compare_number(a->vlan[0], b->vlan[0]);
	return order ? order : compare_number(a->vlan[1], b->vlan[1]);
}

static int compare_key(const struct link_row *row, const struct link_key *key)
{
	int order = compare_link(&row->link, &key->link);

	if (order || key->kind == LINK_ITSELF)
		return order;
	return key->kind == LINK_NEIGHBOUR ? addr_compare(&row->addr, &key->addr) :
					     memcmp(row->mac, key->mac, sizeof(row->mac));
}

static size_t place_of(const struct table *t, const struct link_key *key, bool *ret_is_there)
{
	size_t low = 0, high = t->n;

	*ret_is_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_key(t->rows[middle], key);

		if (!order) {
			*ret_is_there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct link_row *links_find(const struct links *l, const struct link_key *key)
{
	const struct table *t = &l->tables[key->kind];
	bool is_there;
	size_t at = place_of(t, key, &is_there);

	return is_there ? t->rows[at] : NULL;
}

/* --- coming and going ----------------------------------------------------------------------- */

struct going {
	struct link_row *row;
	size_t place;
};

/* Who goes first.  Equal ones by their place in the list. */
static int compare_going(const void *pa, const void *pb)
{
	const struct going *a = pa, *b = pb;
	int order = compare_number(a->row->kept, b->row->kept);

	if (!order && a->row->kind == LINK_ITSELF)
		order = compare_number(b->row->first_ns, a->row->first_ns);
	if (!order)
		order = compare_number(a->row->minutes, b->row->minutes);
	if (!order)
		order = compare_number(a->row->last_ns, b->row->last_ns);
	return order ? order : compare_number(a->place, b->place);
}

/* Takes the rows marked (NULL in the list) out of it. */
static void close_up(struct table *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i])
			t->rows[kept++] = t->rows[i];
	t->n = kept;
}

static void drop(struct links *l, struct table *t, size_t place)
{
	struct link_row *row = t->rows[place];

	if (l->removed)
		l->removed(l->removed_arg, row);
	l->counters.live[row->kind]--;
	free(row);
	t->rows[place] = NULL;
}

static bool make_room(struct links *l, enum link_kind kind)
{
	struct table *t = &l->tables[kind];
	struct going *all = malloc(t->n * sizeof(*all));
	size_t n = t->n / AT_ONCE;

	if (!all)
		return false;
	for (size_t i = 0; i < t->n; i++)
		all[i] = (struct going){ t->rows[i], i };
	qsort(all, t->n, sizeof(*all), compare_going);
	for (size_t i = 0; i < n; i++)
		drop(l, t, all[i].place);
	close_up(t);
	l->counters.evicted[kind] += n;
	free(all);
	return true;
}

struct link_row *links_get(struct links *l, const struct link_key *key, uint64_t ns)
{
	struct table *t = &l->tables[key->kind];
	bool is_there;
	size_t at = place_of(t, key, &is_there);
	struct link_row *row;

	if (is_there)
		return t->rows[at];
	if (t->n == most[key->kind] && !make_room(l, key->kind))
		return NULL;
	row = calloc(1, sizes[key->kind]);
	if (!row)
		return NULL;
	row->kind = key->kind;
	row->link = key->link;
	if (key->kind == LINK_NEIGHBOUR)
		row->addr = key->addr;
	if (key->kind == LINK_GATEWAY)
		memcpy(row->mac, key->mac, sizeof(row->mac));
	row->first_ns = row->last_ns = ns;
	row->is_changed = true;
	at = place_of(t, key, &is_there);
	memmove(&t->rows[at + 1], &t->rows[at], (t->n - at) * sizeof(t->rows[0]));
	t->rows[at] = row;
	t->n++;
	l->counters.live[key->kind]++;
	return row;
}

void links_expire(struct links *l, uint64_t now_ns, uint64_t silent_ns)
{
	for (int k = 0; k < LINK_KINDS; k++) {
		struct table *t = &l->tables[k];

		for (size_t i = 0; i < t->n; i++)
			if (now_ns > t->rows[i]->last_ns &&
			    now_ns - t->rows[i]->last_ns > silent_ns)
				drop(l, t, i);
		close_up(t);
	}
}
