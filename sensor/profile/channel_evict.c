/* channel_evict.c - who goes when the memory is full; the order is in channel.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "profile/channel_internal.h"
#include "profile/pattern.h"

#define SHARE 16

/* --- the orders -------------------------------------------------------- */

/* Bits of a class, the heaviest first. */
enum { HAS_EVIDENCE = 4, WITHIN_QUOTA = 2, IS_COARSE = 1 };

/* Numbers that are not negative are in the order of their bits. */
static uint64_t bits_of(double m)
{
	uint64_t bits;

	m = fmax(m, 0);
	memcpy(&bits, &m, sizeof(bits));
	return bits;
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

typedef struct channel_rank (*rank_fn)(const struct channels *c, struct channel *ch);

static struct channel_rank rank_evidence(const struct channels *c, struct channel *ch)
{
	(void)c;
	return (struct channel_rank){ bits_of(channel_evidence_m(ch)), hit_bytes(ch),
			      HAS_EVIDENCE | WITHIN_QUOTA, ch };
}

static struct channel_rank rank_channel(const struct channels *c, struct channel *ch)
{
	if (ch->evidence)
		return rank_evidence(c, ch);
	return (struct channel_rank){ upload_now(ch), ch->last_ns,
			      WITHIN_QUOTA | (is_fine(ch) ? 0 : IS_COARSE), ch };
}

/* The owners' own M. */
static struct channel_rank rank_rhythm(const struct channels *c, struct channel *ch)
{
	const struct rhythm *r = channel_rhythm(c, ch);

	return (struct channel_rank){ bits_of(r->m_mean), r->up, WITHIN_QUOTA, ch };
}

static inline bool is_less(const struct channel_rank *a, const struct channel_rank *b)
{
	if (a->class != b->class)
		return a->class < b->class;
	if (a->first != b->first)
		return a->first < b->first;
	if (a->second != b->second)
		return a->second < b->second;
	return a->channel != b->channel && channels_compare(a->channel, b->channel) < 0;
}

/* Moves the `go` least to the front, in no order of their own (Hoare's selection).  The table gives
 * them in the order of a keyed hash, so nobody can arrange for bad pivots. */
static void select_least(struct channel_rank *list, size_t n, size_t go)
{
	size_t from = 0, to = n;

	while (to - from > 1) {
		struct channel_rank pivot = list[from + (to - from) / 2];
		size_t i = from, k = to;	/* [from, i) <= pivot <= [k, to) */

		while (i < k) {
			struct channel_rank low = list[i], high = list[k - 1];

			if (is_less(&low, &pivot)) {
				i++;
			} else if (is_less(&pivot, &high)) {
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

static size_t quota_of(size_t max, size_t subjects)
{
	size_t quota = subjects ? max / subjects : max;

	return quota < CHANNELS_QUOTA_MIN ? CHANNELS_QUOTA_MIN : quota;
}

static int compare_subjects(const void *pa, const void *pb)
{
	const struct channel *a = ((const struct channel_rank *)pa)->channel;
	const struct channel *b = ((const struct channel_rank *)pb)->channel;

	return (a->key.subject > b->key.subject) - (a->key.subject < b->key.subject);
}

static void mark_subject(struct channel_rank *list, size_t same, size_t quota)
{
	select_least(list, same, same - quota);
	for (size_t k = 0; k < same - quota; k++)
		list[k].class &= ~(uint32_t)WITHIN_QUOTA;
}

/* How many there are of each subject (its counted), and how many subjects. */
static size_t count_subjects(const struct channel_rank *list, size_t n)
{
	size_t subjects = 0;

	for (size_t i = 0; i < n; i++)
		list[i].channel->subject->counted = 0;
	for (size_t i = 0; i < n; i++)
		subjects += !list[i].channel->subject->counted++;
	return subjects;
}

/* Those of subjects that have more than the quota to the front. */
static size_t gather_rich(struct channel_rank *list, size_t n, size_t quota)
{
	size_t rich = 0;

	for (size_t i = 0; i < n; i++) {
		struct channel_rank r = list[i];

		if (r.channel->subject->counted <= quota)
			continue;
		list[i] = list[rich];
		list[rich++] = r;
	}
	return rich;
}

/* Marks what each subject has beyond its share of max: the least of it by the order. */
static void mark_excess(struct channel_rank *list, size_t n, size_t max)
{
	size_t quota = quota_of(max, count_subjects(list, n));
	size_t rich = gather_rich(list, n, quota), same;

	qsort(list, rich, sizeof(*list), compare_subjects);
	for (size_t i = 0; i < rich; i += same) {
		same = list[i].channel->subject->counted;
		mark_subject(list + i, same, quota);
	}
}

static int compare_names(const void *a, const void *b)
{
	return channels_compare(*(struct channel *const *)a, *(struct channel *const *)b);
}

/* Of c->sorted[0 .. n) the least, as many as go, to its front, in an order for telling that nothing
 * else decides. */
static void choose(struct channels *c, size_t n, size_t go, size_t max, rank_fn rank)
{
	for (size_t i = 0; i < n; i++)
		c->ranks[i] = rank(c, c->sorted[i]);
	mark_excess(c->ranks, n, max);
	select_least(c->ranks, n, go);
	for (size_t i = 0; i < go; i++)
		c->sorted[i] = c->ranks[i].channel;
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

	choose(c, n, go, c->max, rank_channel);
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
	choose(c, with, go, c->max_evidence, rank_evidence);
	for (size_t i = 0; i < go && i < with; i++) {
		struct channel *ch = c->sorted[i];

		tell_evidence(c, ch);
		channels_drop_evidence(c, ch);
	}
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
	choose(c, with, go, CHANNELS_RHYTHMS_MAX, rank_rhythm);
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

void channels_expire(struct channels *c, int64_t row, int32_t keep)
{
	size_t n;

	n = channels_collect(c, c->sorted);
	for (size_t i = 0; i < n; i++) {
		if (c->sorted[i]->row_number == CHANNEL_NO_ROW ||
		    c->sorted[i]->row_number + keep >= row)
			continue;
		c->counters.expired++;
		channels_remove(c, c->sorted[i]);
	}
}
