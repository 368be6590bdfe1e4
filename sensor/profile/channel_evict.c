/* channel_evict.c - who goes when the memory is full; the order is in channel.h. */
#include <stdlib.h>
#include "base/log.h"
#include "profile/channel_internal.h"
#include "profile/pattern.h"

#define SHARE 16

/* --- the orders -------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_excess(const struct channel *a, const struct channel *b)
{
	return (int)b->is_excess - (int)a->is_excess;
}

/* Upload in the running row; a channel without one has been silent in it. */
static uint64_t upload_now(const struct channel *ch)
{
	return ch->row ? ch->row_up : 0;
}

/* Groups that a flood of destinations multiplies; the others are few. */
static bool is_fine(const struct channel *ch)
{
	return ch->key.group <= GROUP_PREFIX;
}

static uint64_t hit_bytes(const struct channel *ch)
{
	uint64_t up = 0;

	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		up = ch->evidence->process[i].up > up ? ch->evidence->process[i].up : up;
	return up;
}

static int compare_evidence(const void *pa, const void *pb)
{
	const struct channel *a = *(struct channel *const *)pa, *b = *(struct channel *const *)pb;
	double ma = channel_evidence_m(a), mb = channel_evidence_m(b);
	int order = compare_excess(a, b);

	if (!order)
		order = (ma > mb) - (ma < mb);
	if (!order)
		order = compare_u64(hit_bytes(a), hit_bytes(b));
	return order ? order : channels_compare(a, b);
}

static int compare_channels(const void *pa, const void *pb)
{
	const struct channel *a = *(struct channel *const *)pa, *b = *(struct channel *const *)pb;
	int order = (a->evidence != NULL) - (b->evidence != NULL);

	if (!order && a->evidence)
		return compare_evidence(pa, pb);
	if (!order)
		order = compare_excess(a, b);
	if (!order)
		order = is_fine(b) - is_fine(a);
	if (!order)
		order = compare_u64(upload_now(a), upload_now(b));
	if (!order)
		order = compare_u64(a->last_ns, b->last_ns);
	return order ? order : channels_compare(a, b);
}

/* Moves the `go` least to the front, in no order of their own (Hoare's selection).  The table gives
 * them in the order of a keyed hash, so nobody can arrange for bad pivots. */
static void select_least(struct channel **list, size_t n, size_t go,
			 int (*compare)(const void *, const void *))
{
	size_t from = 0, to = n;

	while (to - from > 1) {
		struct channel *pivot = list[from + (to - from) / 2];
		size_t i = from, k = to;	/* [from, i) <= pivot <= [k, to) */

		while (i < k) {
			struct channel *low = list[i], *high = list[k - 1];

			if (compare(&low, &pivot) < 0) {
				i++;
			} else if (compare(&high, &pivot) > 0) {
				k--;
			} else {
				list[i++] = high;
				list[--k] = low;
			}
		}
		/* When the two met on one channel, k is one less than i. */
		if (go <= k)
			to = k;
		else if (go >= i)
			from = i;
		else
			return;
	}
}

/* --- quotas ------------------------------------------------------------ */

typedef int (*order_fn)(const void *, const void *);

static size_t quota_of(size_t max, size_t subjects)
{
	size_t quota = subjects ? max / subjects : max;

	return quota < CHANNELS_QUOTA_MIN ? CHANNELS_QUOTA_MIN : quota;
}

static int compare_subjects(const void *pa, const void *pb)
{
	const struct channel *a = *(struct channel *const *)pa, *b = *(struct channel *const *)pb;

	return (a->key.subject > b->key.subject) - (a->key.subject < b->key.subject);
}

/* The channels of one subject from list[0] on. */
static size_t count_same(struct channel *const *list, size_t n)
{
	size_t same = 1;

	while (same < n && list[same]->subject == list[0]->subject)
		same++;
	return same;
}

/* Marks what each subject has beyond its share of max: the least of it by that order. */
static void mark_excess(struct channel **list, size_t n, size_t max, order_fn order)
{
	size_t subjects = 0, quota, same;

	qsort(list, n, sizeof(struct channel *), compare_subjects);
	for (size_t i = 0; i < n; i += count_same(list + i, n - i))
		subjects++;
	quota = quota_of(max, subjects);
	for (size_t i = 0; i < n; i += same) {
		same = count_same(list + i, n - i);
		for (size_t k = 0; k < same; k++)
			list[i + k]->is_excess = 0;
		if (same <= quota)
			continue;
		select_least(list + i, same, same - quota, order);
		for (size_t k = 0; k < same - quota; k++)
			list[i + k]->is_excess = 1;
	}
}

static int compare_names(const void *a, const void *b)
{
	return channels_compare(*(struct channel *const *)a, *(struct channel *const *)b);
}

/* The least of the n first, as many as go, in an order for telling that nothing else decides. */
static void choose(struct channels *c, size_t n, size_t go, size_t max, order_fn order)
{
	mark_excess(c->sorted, n, max, order);
	select_least(c->sorted, n, go, order);
	qsort(c->sorted, go, sizeof(struct channel *), compare_names);
}

/* --- going ------------------------------------------------------------- */

static void tell_evidence(struct channels *c, const struct channel *ch)
{
	c->counters.evicted_evidence++;
	c->counters.evicted_strong += channel_evidence_m(ch) >= CHANNELS_STRONG;
	if (c->evicted)
		c->evicted(c->evicted_arg, ch);
}

/* Is there more to go after the sixteenth?  Many of it may have had no rows. */
static bool is_heavy(const struct channels *c)
{
	return c->counters.bytes > c->max_bytes - c->max_bytes / SHARE;
}

/* A sixteenth of the channels. */
static void thin(struct channels *c)
{
	size_t n = channels_collect(c, c->sorted), go = n / SHARE ? n / SHARE : 1;

	choose(c, n, go, c->max, compare_channels);
	for (size_t i = 0; i < go && i < n; i++) {
		c->counters.evicted++;
		c->counters.evicted_tonight += upload_now(c->sorted[i]) > 0;
		if (c->sorted[i]->evidence)
			tell_evidence(c, c->sorted[i]);
		channels_remove(c, c->sorted[i]);
	}
}

void channels_make_room(struct channels *c)
{
	bool by_bytes = c->counters.bytes >= c->max_bytes;

	if (!c->counters.evicted)
		log_warn("profile", "the long memory is full (%llu channels, %llu MB): "
			 "channels with the least evidence are forgotten, and counted",
			 (unsigned long long)c->counters.live,
			 (unsigned long long)channels_bytes(c) / 1000000);
	do
		thin(c);
	while (by_bytes && is_heavy(c) && c->counters.live);
}

void channels_give_up_evidence(struct channels *c)
{
	size_t n, with = 0, go;

	n = channels_collect(c, c->sorted);
	for (size_t i = 0; i < n; i++)
		if (c->sorted[i]->evidence)
			c->sorted[with++] = c->sorted[i];
	if (!c->counters.evicted_evidence)
		log_warn("profile", "more than %zu channels have evidence: the least is given up, "
			 "and counted", c->max_evidence);
	go = with / SHARE ? with / SHARE : 1;
	if (!with)
		return;
	choose(c, with, go, c->max_evidence, compare_evidence);
	for (size_t i = 0; i < go && i < with; i++) {
		struct channel *ch = c->sorted[i];

		tell_evidence(c, ch);
		channels_drop_evidence(c, ch);
	}
}

/* The owners' own M: what detector C remembers is looked up for each comparison. */
static const struct channels *comparing;	/* thread: analysis, as the table's */

static int compare_rhythms(const void *pa, const void *pb)
{
	const struct channel *a = *(struct channel *const *)pa, *b = *(struct channel *const *)pb;
	const struct rhythm *ra = channel_rhythm(comparing, a), *rb = channel_rhythm(comparing, b);
	int order = compare_excess(a, b);

	if (!order)
		order = (ra->m_mean > rb->m_mean) - (ra->m_mean < rb->m_mean);
	if (!order)
		order = compare_u64(ra->up, rb->up);
	return order ? order : channels_compare(a, b);
}

void channels_give_up_rhythms(struct channels *c)
{
	size_t n = channels_collect(c, c->sorted), with = 0, go;

	for (size_t i = 0; i < n; i++)
		if (c->sorted[i]->has_rhythm)
			c->sorted[with++] = c->sorted[i];
	if (!with)
		return;
	go = with / SHARE ? with / SHARE : 1;
	comparing = c;
	choose(c, with, go, CHANNELS_RHYTHMS_MAX, compare_rhythms);
	c->counters.evicted_rhythms += go;
	for (size_t i = 0; i < go; i++)
		channel_drop_rhythm(c, c->sorted[i]);
}

void channels_reserve(struct channels *c, size_t promotions, size_t bytes)
{
	size_t room = c->max_evidence - c->counters.with_evidence;

	bytes += (promotions < room ? promotions : room) * sizeof(struct evidence);
	while (c->counters.live && c->counters.bytes + bytes > c->max_bytes)
		channels_make_room(c);
}

void channels_expire(struct channels *c, int64_t row)
{
	size_t n;

	n = channels_collect(c, c->sorted);
	for (size_t i = 0; i < n; i++) {
		if (c->sorted[i]->evidence || c->sorted[i]->row_number == CHANNEL_NO_ROW ||
		    c->sorted[i]->row_number + CHANNEL_MEMORY_ROWS >= row)
			continue;
		c->counters.expired++;
		channels_remove(c, c->sorted[i]);
	}
}
