/* orders_index.c - which order covers an asset at a time, and what stands beside it (orders.h).
 *
 * For each asset, and for all together, two lists of lines by start: of orders for remote work and
 * of those for work on site.
 *
 *	start  ...  <= at  |  > at
 *	best   ...   ^ of all up to here the one that ends last: it is open, or what ended last
 *	                      ^ the next one
 *
 * Cost: 8 + 8 bytes an asset of an order; two binary searches a look-up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "policy/arena.h"
#include "policy/keymap.h"
#include "policy/orders_internal.h"

struct line {
	uint32_t order, best;		/* indices into the list */
};

struct range {
	uint32_t first, n;		/* of lines */
};

enum { REMOTE, ONSITE, SITES };

struct orders_index {
	struct line *lines[SITES];
	struct range *ranges[SITES];	/* by asset; the last one: of all together */
	struct keymap ids;
};

static int compare_orders(const void *a, const void *b)
{
	const struct order *x = a, *y = b;

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	if (x->end_ns != y->end_ns)
		return x->end_ns < y->end_ns ? -1 : 1;
	return strcmp(x->id, y->id);
}

static bool is_for(const struct order *o, unsigned place)
{
	return o->mode == ORDER_MODE_ANY || (o->mode == ORDER_ONSITE) == (place == ONSITE);
}

static bool covers(const struct orders *o, const struct order *order, uint32_t asset)
{
	const char *vendor = o->site->assets[asset].vendor;

	return !vendor[0] || !strcmp(vendor, order->vendor);
}

/* Of two, the one that ends last; of equal ones the earlier in the list. */
static uint32_t later(const struct orders *o, uint32_t a, uint32_t b)
{
	return o->list[b].end_ns > o->list[a].end_ns ? b : a;
}

static void add_line(const struct orders *o, struct line *lines, struct range *r, uint32_t order)
{
	struct line *line = &lines[r->first + r->n];

	line->order = order;
	line->best = r->n ? later(o, line[-1].best, order) : order;
	r->n++;
}

static void count_lines(const struct orders *o, unsigned place, struct range *ranges)
{
	size_t all = o->site->n_assets;
	uint32_t first = 0;

	for (size_t i = 0; i < o->n; i++) {
		const struct order *order = &o->list[i];

		if (!is_for(order, place))
			continue;
		ranges[all].n++;
		for (size_t k = 0; k < order->n_assets; k++)
			ranges[order->assets[k]].n += covers(o, order, order->assets[k]);
	}
	for (size_t i = 0; i <= all; i++) {
		ranges[i].first = first;
		first += ranges[i].n;
		ranges[i].n = 0;
	}
}

/* The list is in order of start, so lines are. */
static int fill_place(const struct orders *o, struct orders_index *index, unsigned place)
{
	size_t all = o->site->n_assets, n = o->n;
	struct range *ranges = calloc(all + 1, sizeof(*ranges));

	index->ranges[place] = ranges;
	for (size_t i = 0; i < o->n; i++)
		n += o->list[i].n_assets;
	index->lines[place] = calloc(n ? n : 1, sizeof(struct line));
	if (!ranges || !index->lines[place])
		return -ENOMEM;
	count_lines(o, place, ranges);
	for (uint32_t i = 0; i < o->n; i++) {
		const struct order *order = &o->list[i];

		if (!is_for(order, place))
			continue;
		add_line(o, index->lines[place], &ranges[all], i);
		for (size_t k = 0; k < order->n_assets; k++)
			if (covers(o, order, order->assets[k]))
				add_line(o, index->lines[place], &ranges[order->assets[k]], i);
	}
	return 0;
}

int orders_index_new(struct orders *o)
{
	struct orders_index *index = calloc(1, sizeof(*index));
	int err = index ? 0 : -ENOMEM;

	if (o->n)
		qsort(o->list, o->n, sizeof(*o->list), compare_orders);
	for (unsigned place = 0; !err && place < SITES; place++)
		err = fill_place(o, index, place);
	for (uint32_t i = 0; !err && i < o->n; i++)
		err = keymap_put(&index->ids, o->list[i].id, strlen(o->list[i].id), i);
	if (err) {
		orders_index_free(index);
		return -ENOMEM;
	}
	o->index = index;
	return 0;
}

void orders_index_free(struct orders_index *index)
{
	if (!index)
		return;
	for (unsigned place = 0; place < SITES; place++) {
		free(index->lines[place]);
		free(index->ranges[place]);
	}
	keymap_free(&index->ids);
	free(index);
}

/* --- look-ups ---------------------------------------------------------- */

/* How many of a range's orders begin at ns or before. */
static uint32_t begun(const struct orders *o, const struct line *lines, const struct range *r,
		      uint64_t ns)
{
	uint32_t low = 0, high = r->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (o->list[lines[r->first + middle].order].start_ns <= ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct order *last_of(const struct orders *o, const struct line *lines,
				   const struct range *r, uint32_t n)
{
	return n ? &o->list[lines[r->first + n - 1].best] : NULL;
}

static uint64_t plus(uint64_t ns, uint64_t more)
{
	return ns > UINT64_MAX - more ? UINT64_MAX : ns + more;
}

static bool is_over(const struct orders *o, const struct order *order, uint64_t at_ns)
{
	return plus(order->end_ns, o->site->rules->params.remote.late_ns) <= at_ns;
}

void orders_look(const struct orders *o, const struct asset *asset, uint64_t at_ns,
		 struct orders_look *ret)
{
	size_t number = asset ? (size_t)(asset - o->site->assets) : o->site->n_assets;
	const struct range *r = &o->index->ranges[REMOTE][number];
	const struct line *lines = o->index->lines[REMOTE];
	uint64_t from_ns = plus(at_ns, o->site->rules->params.remote.early_ns);
	uint32_t n = begun(o, lines, r, from_ns);
	const struct order *last = last_of(o, lines, r, n);

	memset(ret, 0, sizeof(*ret));
	if (last && !is_over(o, last, at_ns))
		ret->open = last;
	else
		ret->before = last;
	if (n < r->n)
		ret->after = &o->list[lines[r->first + n].order];
	lines = o->index->lines[ONSITE];
	r = &o->index->ranges[ONSITE][number];
	last = last_of(o, lines, r, begun(o, lines, r, from_ns));
	if (last && !is_over(o, last, at_ns))
		ret->onsite = last;
}

const struct order *orders_nearest(const struct orders_look *look, uint64_t at_ns,
				   uint64_t *ret_apart_ns)
{
	uint64_t since = look->before ? at_ns - look->before->end_ns : UINT64_MAX;
	uint64_t until = look->after ? look->after->start_ns - at_ns : UINT64_MAX;

	*ret_apart_ns = since <= until ? since : until;
	return since <= until ? look->before : look->after;
}

const struct order *orders_by_id(const struct orders *o, const char *id)
{
	uint32_t number = keymap_get(&o->index->ids, id, strlen(id));

	return number == KEYMAP_NONE ? NULL : &o->list[number];
}

bool order_names(const struct orders *o, const struct order *order, const struct asset *asset)
{
	size_t number = (size_t)(asset - o->site->assets), low = 0, high = order->n_assets;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order->assets[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < order->n_assets && order->assets[low] == number;
}
