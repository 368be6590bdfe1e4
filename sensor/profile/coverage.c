/* coverage.c - see coverage.h: a sorted list of stretches per reason, and a ring of slots.
 *
 * Within a list stretches are disjoint, do not touch, and so are in the order of both ends.
 */
#include "profile/coverage.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "profile/coverage_internal.h"

static const struct { const char *name, *text; } reasons[] = {
	[COVERAGE_DECLARED] = { "declared", "declared by --gaps" },
	[COVERAGE_NOT_RUNNING] = { "not_running", "the process was not running" },
	[COVERAGE_INTERFACE] = { "interface_down", "the interface was down" },
	[COVERAGE_DROPS] = { "drops", "more than half of the packets were dropped" },
	[COVERAGE_ONE_SIDED] = { "one_sided", "one of the interfaces was down" },
};
static_assert(ARRAY_SIZE(reasons) == COVERAGE_REASONS, "every reason has its words");

const char *coverage_reason_name(enum coverage_reason r)
{
	return reasons[r].name;
}

const char *coverage_reason_text(enum coverage_reason r)
{
	return reasons[r].text;
}

int coverage_new(struct coverage **ret_coverage)
{
	struct coverage *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	if (pthread_mutex_init(&c->lock, NULL)) {
		free(c);
		return -ENOMEM;
	}
	for (size_t i = 0; i < COVERAGE_REASONS; i++)
		c->lists[i].max = i == COVERAGE_DECLARED ? COVERAGE_DECLARED_MAX :
							   COVERAGE_MEASURED_MAX;
	*ret_coverage = c;
	return 0;
}

void coverage_free(struct coverage *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < COVERAGE_REASONS; i++)
		free(c->lists[i].all);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* --- stretches -------------------------------------------------------------------------------- */

/* The first one that ends after ns. */
static size_t first_after(const struct list *l, uint64_t ns)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->all[middle].to_ns > ns)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int make_room(struct list *l)
{
	size_t room = l->room ? l->room * 2 : 16;
	struct span *more;

	if (l->n < l->room)
		return 0;
	more = realloc(l->all, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->all = more;
	l->room = room;
	return 0;
}

/* A new one at place i; when the list is full the one that ends first goes, which it may be. */
static int insert(struct coverage *c, struct list *l, size_t i, struct span span)
{
	if (l->n == l->max) {
		c->forgotten++;
		if (i == 0)
			return 0;
		memmove(l->all, l->all + 1, (i - 1) * sizeof(*l->all));
		l->all[i - 1] = span;
		return 0;
	}
	if (make_room(l))
		return -ENOMEM;
	memmove(l->all + i + 1, l->all + i, (l->n - i) * sizeof(*l->all));
	l->all[i] = span;
	l->n++;
	return 0;
}

int coverage_add(struct coverage *c, struct span span, enum coverage_reason reason)
{
	struct list *l = &c->lists[reason];
	size_t i, end;

	if (span.from_ns >= span.to_ns)
		return 0;
	/* [i, end) overlap or touch it. */
	i = span.from_ns ? first_after(l, span.from_ns - 1) : 0;
	for (end = i; end < l->n && l->all[end].from_ns <= span.to_ns; end++)
		;
	if (i == end) {
		c->is_changed[COVERAGE_STRETCHES] = true;
		return insert(c, l, i, span);
	}
	if (l->all[i].from_ns <= span.from_ns && l->all[i].to_ns >= span.to_ns)
		return 0;
	c->is_changed[COVERAGE_STRETCHES] = true;
	if (l->all[i].from_ns < span.from_ns)
		span.from_ns = l->all[i].from_ns;
	if (l->all[end - 1].to_ns > span.to_ns)
		span.to_ns = l->all[end - 1].to_ns;
	l->all[i] = span;
	memmove(l->all + i + 1, l->all + end, (l->n - end) * sizeof(*l->all));
	l->n -= end - i - 1;
	return 0;
}

int coverage_blind(struct coverage *c, uint64_t from_ns, uint64_t to_ns,
		   enum coverage_reason reason)
{
	int err;

	pthread_mutex_lock(&c->lock);
	err = coverage_add(c, (struct span){ from_ns, to_ns }, reason);
	pthread_mutex_unlock(&c->lock);
	return err;
}

/* --- slots ------------------------------------------------------------------------------------ */

static struct span span_of_slot(uint64_t number)
{
	return (struct span){ number * COVERAGE_SLOT_NS, (number + 1) * COVERAGE_SLOT_NS };
}

/* The open slot, when it is blind as it stands; else an empty span. */
static struct span open_blind(const struct coverage *c)
{
	const struct slot *s = &c->packets.slots[c->packets.open % COVERAGE_SLOTS];

	if (s->number != c->packets.open || s->dropped <= s->received)
		return (struct span){ 0, 0 };
	return span_of_slot(c->packets.open);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void add_to_slot(struct slot_ring *ring, uint64_t number, uint64_t received,
			uint64_t dropped)
{
	struct slot *s = &ring->slots[number % COVERAGE_SLOTS];

	if (number > ring->open)
		ring->open = number;
	if (s->number != number)
		*s = (struct slot){ .number = number };
	s->received = sum(s->received, received);
	s->dropped = sum(s->dropped, dropped);
}

int coverage_count(struct coverage *c, uint64_t at_ns, uint64_t received, uint64_t dropped)
{
	uint64_t number = at_ns / COVERAGE_SLOT_NS;
	int err = 0;

	if (!received && !dropped)
		return 0;
	pthread_mutex_lock(&c->lock);
	if (number > c->packets.open)
		err = coverage_add(c, open_blind(c), COVERAGE_DROPS);
	add_to_slot(&c->packets, number, received, dropped);
	c->is_changed[COVERAGE_COUNTS] = true;
	pthread_mutex_unlock(&c->lock);
	return err;
}

void coverage_count_bytes(struct coverage *c, uint64_t at_ns, uint64_t seen, uint64_t lost)
{
	if (!c || (!seen && !lost))
		return;
	pthread_mutex_lock(&c->lock);
	add_to_slot(&c->bytes, at_ns / COVERAGE_SLOT_NS, seen, lost);
	c->is_changed[COVERAGE_BYTES] = true;
	pthread_mutex_unlock(&c->lock);
}

/* --- looking ---------------------------------------------------------------------------------- */

/* A walk over one list, from the first stretch that ends after some moment. */
struct walk {
	const struct span *at, *end;
	enum coverage_reason reason;
};

/* One walk per reason in their order, and one over the open slot in `open`. */
#define WALKS (COVERAGE_REASONS + 1)

static void begin_walks(const struct coverage *c, uint64_t from_ns, const struct span *open,
			struct walk ret[static WALKS])
{
	for (size_t i = 0; i < COVERAGE_REASONS; i++) {
		const struct list *l = &c->lists[i];
		size_t first = first_after(l, from_ns);

		ret[i] = (struct walk){ .reason = (enum coverage_reason)i };
		if (l->n)
			ret[i] = (struct walk){ l->all + first, l->all + l->n,
						(enum coverage_reason)i };
	}
	ret[COVERAGE_REASONS] = (struct walk){ open, open + (open->to_ns > from_ns),
					       COVERAGE_DROPS };
}

static uint64_t overlap(const struct span *s, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t from = s->from_ns > from_ns ? s->from_ns : from_ns;
	uint64_t to = s->to_ns < to_ns ? s->to_ns : to_ns;

	return to > from ? to - from : 0;
}

/* How long [from, to) is under any of the walks that make blind: from one end or beginning of a
 * stretch to the next. */
static uint64_t blind_length(struct walk walks[static WALKS], uint64_t from_ns, uint64_t to_ns)
{
	uint64_t at = from_ns, length = 0;

	while (at < to_ns) {
		uint64_t next = to_ns, until = at;

		for (size_t i = 0; i < WALKS; i++) {
			struct walk *w = &walks[i];

			if (w->reason == COVERAGE_ONE_SIDED)
				continue;
			while (w->at < w->end && w->at->to_ns <= at)
				w->at++;
			if (w->at == w->end)
				continue;
			if (w->at->from_ns > at && w->at->from_ns < next)
				next = w->at->from_ns;
			else if (w->at->from_ns <= at && w->at->to_ns > until)
				until = w->at->to_ns;
		}
		if (until > to_ns)
			until = to_ns;
		length += until - at;
		at = until > at ? until : next;
	}
	return length;
}

static void add_by_reason(const struct walk walks[static WALKS], uint64_t from_ns, uint64_t to_ns,
			  uint64_t ret_length[static COVERAGE_REASONS])
{
	for (size_t i = 0; i < WALKS; i++)
		for (const struct span *s = walks[i].at; s < walks[i].end && s->from_ns < to_ns;
		     s++)
			ret_length[walks[i].reason] += overlap(s, from_ns, to_ns);
}

/* The share that was lost; 0 when nothing was. */
static double add_counts(const struct slot_ring *ring, const struct span *of,
			 uint64_t *ret_received, uint64_t *ret_dropped)
{
	uint64_t received = 0, dropped = 0;

	for (size_t i = 0; i < COVERAGE_SLOTS; i++) {
		struct span span = span_of_slot(ring->slots[i].number);

		if (!overlap(&span, of->from_ns, of->to_ns))
			continue;
		received = sum(received, ring->slots[i].received);
		dropped = sum(dropped, ring->slots[i].dropped);
	}
	*ret_received = received;
	*ret_dropped = dropped;
	return dropped ? (double)dropped / ((double)received + (double)dropped) : 0;
}

void coverage_look(struct coverage *c, uint64_t from_ns, uint64_t to_ns,
		   struct coverage_look *ret_look)
{
	uint64_t by_reason[COVERAGE_REASONS] = { 0 };
	const struct span of = { from_ns, to_ns };
	struct walk walks[WALKS];
	struct span open;

	*ret_look = (struct coverage_look){ .blind_ns = 0 };
	if (!c || from_ns >= to_ns)
		return;
	pthread_mutex_lock(&c->lock);
	open = open_blind(c);
	begin_walks(c, from_ns, &open, walks);
	add_by_reason(walks, from_ns, to_ns, by_reason);
	ret_look->blind_ns = blind_length(walks, from_ns, to_ns);
	ret_look->loss = add_counts(&c->packets, &of, &ret_look->received, &ret_look->dropped);
	ret_look->byte_loss = add_counts(&c->bytes, &of, &ret_look->seen_bytes,
					 &ret_look->lost_bytes);
	pthread_mutex_unlock(&c->lock);
	ret_look->one_sided_ns = by_reason[COVERAGE_ONE_SIDED];
	for (size_t i = 1; i < COVERAGE_ONE_SIDED; i++)
		if (by_reason[i] > by_reason[ret_look->reason])
			ret_look->reason = (enum coverage_reason)i;
}

/* The walk whose stretch is next by start, then reason; NULL: none begins before to. */
static struct walk *next_walk(struct walk walks[static WALKS], uint64_t to_ns)
{
	struct walk *best = NULL;

	for (size_t i = 0; i < WALKS; i++) {
		struct walk *w = &walks[i];

		if (w->at == w->end || w->at->from_ns >= to_ns)
			continue;
		if (!best || w->at->from_ns < best->at->from_ns ||
		    (w->at->from_ns == best->at->from_ns && w->reason < best->reason))
			best = w;
	}
	return best;
}

static size_t count_touching(struct walk walks[static WALKS], uint64_t to_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < WALKS; i++)
		for (const struct span *s = walks[i].at; s < walks[i].end && s->from_ns < to_ns;
		     s++)
			n++;
	return n;
}

size_t coverage_list(struct coverage *c, uint64_t from_ns, uint64_t to_ns,
		     struct coverage_stretch *ret, size_t max)
{
	struct walk walks[WALKS], *w;
	struct span open;
	size_t n, skip;

	if (!c || from_ns >= to_ns)
		return 0;
	pthread_mutex_lock(&c->lock);
	open = open_blind(c);
	begin_walks(c, from_ns, &open, walks);
	n = count_touching(walks, to_ns);
	skip = n > max ? n - max : 0;
	while ((w = next_walk(walks, to_ns))) {
		if (skip)
			skip--;
		else
			*ret++ = (struct coverage_stretch){ w->at->from_ns, w->at->to_ns,
							    w->reason };
		w->at++;
	}
	pthread_mutex_unlock(&c->lock);
	return n;
}

struct coverage_counters coverage_counters(struct coverage *c)
{
	struct coverage_counters counters = { 0 };

	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < COVERAGE_REASONS; i++)
		counters.stretches += c->lists[i].n;
	counters.forgotten = c->forgotten;
	pthread_mutex_unlock(&c->lock);
	return counters;
}
