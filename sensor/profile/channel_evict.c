/* channel_evict.c - who goes when the memory is full; the order is in channel.h. */
#include <stdlib.h>
#include "base/log.h"
#include "profile/channel_internal.h"

#define SHARE 16

/* --- quotas ------------------------------------------------------------ */

static size_t quota_of(size_t max, size_t subjects)
{
	size_t quota = subjects ? max / subjects : max;

	return quota < CHANNELS_QUOTA_MIN ? CHANNELS_QUOTA_MIN : quota;
}

/* Marks the subjects that have more than their share among the n that may leave. */
static void mark_quota(struct channels *c, size_t n, size_t max)
{
	size_t subjects = 0, quota;

	for (size_t i = 0; i < n; i++) {
		subjects += c->sorted[i]->subject->channels == 0;
		c->sorted[i]->subject->channels++;
	}
	quota = quota_of(max, subjects);
	for (size_t i = 0; i < n; i++)
		c->sorted[i]->subject->is_over_quota = c->sorted[i]->subject->channels > quota;
	for (size_t i = 0; i < n; i++)
		c->sorted[i]->subject->channels = 0;
}

/* --- the orders -------------------------------------------------------- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_quota(const struct channel *a, const struct channel *b)
{
	return b->subject->is_over_quota - a->subject->is_over_quota;
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
	int order = compare_quota(a, b);

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
		order = compare_quota(a, b);
	if (!order)
		order = is_fine(b) - is_fine(a);
	if (!order)
		order = compare_u64(a->row_up, b->row_up);
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

	mark_quota(c, n, c->max);
	select_least(c->sorted, n, go, compare_channels);
	for (size_t i = 0; i < go && i < n; i++) {
		c->counters.evicted++;
		c->counters.evicted_tonight += c->sorted[i]->row_up > 0;
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
	mark_quota(c, with, c->max_evidence);
	go = with / SHARE ? with / SHARE : 1;
	select_least(c->sorted, with, go, compare_evidence);
	for (size_t i = 0; i < go && i < with; i++) {
		struct channel *ch = c->sorted[i];

		tell_evidence(c, ch);
		free(ch->evidence);
		ch->evidence = NULL;
		ch->evidence_changed = true;
		c->counters.with_evidence--;
		c->counters.bytes -= sizeof(struct evidence);
	}
}

void channels_reserve_evidence(struct channels *c, size_t n)
{
	size_t room = c->max_evidence - c->counters.with_evidence;
	size_t bytes = (n < room ? n : room) * sizeof(struct evidence);

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
