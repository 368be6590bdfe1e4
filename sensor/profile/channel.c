/* channel.c - see channel.h.
 *
 * Open addressing over pointers, at most half full; deletion moves later entries of the cluster
 * back (Knuth 6.4 R).  Eviction looks at the whole table once and frees a sixteenth of it, so its
 * cost per new channel stays constant under a flood of destinations.
 */
#include "profile/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"

#define EVICT_SHARE 16

struct channels {
	struct channel **table;
	size_t slots, max, count;
	struct channel **sorted; /* scratch of channels_sorted() and eviction: max pointers */
	channels_removed_fn removed;
	void *removed_arg;
	struct channels_counters counters;
};

static size_t round_up_power(size_t n)
{
	size_t p = 16;

	while (p < n)
		p *= 2;
	return p;
}

int channels_new(size_t max, struct channels **ret_channels)
{
	struct channels *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->max = max ? max : CHANNELS_MAX;
	c->slots = round_up_power(2 * c->max);
	c->table = calloc(c->slots, sizeof(struct channel *));
	c->sorted = calloc(c->max, sizeof(struct channel *));
	if (!c->table || !c->sorted) {
		channels_free(c);
		return -ENOMEM;
	}
	*ret_channels = c;
	return 0;
}

static void channel_free(struct channel *ch)
{
	free(ch->row);
	free(ch->evidence);
	free(ch->name);
	free(ch);
}

void channels_free(struct channels *c)
{
	if (!c)
		return;
	for (size_t i = 0; c->table && i < c->slots; i++)
		if (c->table[i])
			channel_free(c->table[i]);
	free(c->table);
	free(c->sorted);
	free(c);
}

static size_t home_of(const struct channels *c, const struct channel_key *key)
{
	return hash_bytes(key, sizeof(*key), hash_secret()) & (c->slots - 1);
}

static size_t find_slot(const struct channels *c, const struct channel_key *key)
{
	size_t i = home_of(c, key);

	while (c->table[i] && memcmp(&c->table[i]->key, key, sizeof(*key)))
		i = (i + 1) & (c->slots - 1);
	return i;
}

static void remove_channel(struct channels *c, struct channel *ch)
{
	size_t hole = find_slot(c, &ch->key), i = hole;

	c->counters.evicted++;
	c->counters.evicted_tonight += ch->row_up > 0;
	c->counters.evicted_with_evidence += ch->evidence != NULL;
	c->counters.with_evidence -= ch->evidence != NULL;
	if (c->removed)
		c->removed(c->removed_arg, ch);
	channel_free(ch);
	c->table[hole] = NULL;
	c->count--;
	c->counters.live--;
	for (;;) {
		size_t home;

		i = (i + 1) & (c->slots - 1);
		if (!c->table[i])
			return;
		home = home_of(c, &c->table[i]->key);
		if (((i - home) & (c->slots - 1)) >= ((i - hole) & (c->slots - 1))) {
			c->table[hole] = c->table[i];
			c->table[i] = NULL;
			hole = i;
		}
	}
}

void channels_on_remove(struct channels *c, channels_removed_fn removed, void *arg)
{
	c->removed = removed;
	c->removed_arg = arg;
}

static int compare_keys(const struct channel *a, const struct channel *b)
{
	int order = strcmp(a->subject->id, b->subject->id);

	if (!order)
		order = addr_compare(&a->key.peer, &b->key.peer);
	return order ? order : memcmp(a->key.service, b->key.service, SERVICE_TEXT_MAX);
}

static int compare_pointers(const void *a, const void *b)
{
	return compare_keys(*(struct channel *const *)a, *(struct channel *const *)b);
}

static double best_evidence(const struct channel *ch)
{
	double m = 0;

	for (size_t i = 0; ch->evidence && i < EVIDENCE_PROCESSES; i++)
		if (ch->evidence->process[i].m_mean > m)
			m = ch->evidence->process[i].m_mean;
	return m;
}

/* Who goes first, see channel.h; the last word has the key. */
static int compare_worth(const void *pa, const void *pb)
{
	const struct channel *a = *(struct channel *const *)pa, *b = *(struct channel *const *)pb;
	double ma = best_evidence(a), mb = best_evidence(b);

	if (!a->evidence != !b->evidence)
		return a->evidence ? 1 : -1;
	if (ma != mb)
		return ma < mb ? -1 : 1;
	if (a->subject->is_over_quota != b->subject->is_over_quota)
		return a->subject->is_over_quota ? -1 : 1;
	if (a->row_up != b->row_up)
		return a->row_up < b->row_up ? -1 : 1;
	if (a->last_ns != b->last_ns)
		return a->last_ns < b->last_ns ? -1 : 1;
	return compare_keys(a, b);
}

static size_t collect(struct channels *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->slots; i++)
		if (c->table[i])
			c->sorted[n++] = c->table[i];
	return n;
}

/* Marks the subjects that have more channels than their share. */
static void mark_quota(struct channels *c, size_t n)
{
	size_t subjects = 0, quota;

	for (size_t i = 0; i < n; i++) {
		subjects += c->sorted[i]->subject->channels == 0;
		c->sorted[i]->subject->channels++;
	}
	quota = subjects ? c->max / subjects : c->max;
	if (quota < CHANNELS_QUOTA_MIN)
		quota = CHANNELS_QUOTA_MIN;
	for (size_t i = 0; i < n; i++)
		c->sorted[i]->subject->is_over_quota = c->sorted[i]->subject->channels > quota;
	for (size_t i = 0; i < n; i++)
		c->sorted[i]->subject->channels = 0;
}

static void evict(struct channels *c)
{
	size_t n = collect(c), go = c->max / EVICT_SHARE;

	if (!c->counters.evicted)
		log_warn("profile", "more than %zu channels: those with the least evidence are "
			 "forgotten, and counted", c->max);
	mark_quota(c, n);
	qsort(c->sorted, n, sizeof(struct channel *), compare_worth);
	if (go == 0)
		go = 1;
	for (size_t i = 0; i < go && i < n; i++)
		remove_channel(c, c->sorted[i]);
}

struct channel *channels_get(struct channels *c, struct subject *s, const struct channel_key *key)
{
	size_t i = find_slot(c, key);
	struct channel *ch = c->table[i];

	if (ch)
		return ch;
	if (c->count >= c->max) {
		evict(c);
		i = find_slot(c, key);
	}
	ch = calloc(1, sizeof(*ch));
	if (!ch)
		return NULL;
	ch->key = *key;
	ch->subject = s;
	ch->row_number = ch->crossing_row = INT64_MIN;
	c->table[i] = ch;
	c->count++;
	c->counters.live++;
	c->counters.made++;
	return ch;
}

const struct channels_counters *channels_counters(const struct channels *c)
{
	return &c->counters;
}

struct channel **channels_sorted(struct channels *c, size_t *ret_n)
{
	*ret_n = collect(c);
	qsort(c->sorted, *ret_n, sizeof(struct channel *), compare_pointers);
	return c->sorted;
}

struct row *channel_row(struct channel *ch, int64_t row_number)
{
	if (ch->row && ch->row_number == row_number)
		return ch->row;
	if (!ch->row)
		ch->row = malloc(sizeof(*ch->row));
	if (ch->row)
		memset(ch->row, 0, sizeof(*ch->row));
	ch->row_number = row_number;
	ch->row_up = 0;
	return ch->row;
}

void channel_drop_row(struct channel *ch, int64_t before)
{
	if (!ch->row || ch->row_number >= before)
		return;
	free(ch->row);
	ch->row = NULL;
	ch->row_up = 0;
	ch->is_changed = true;
}

/* Takes the evidence of the channel that has the least, to make room for another's. */
static void demote_least(struct channels *c)
{
	struct channel *least = NULL;

	for (size_t i = 0; i < c->slots; i++) {
		struct channel *ch = c->table[i];

		if (ch && ch->evidence && (!least || compare_worth(&ch, &least) < 0))
			least = ch;
	}
	if (!least)
		return;
	if (!c->counters.evicted_with_evidence)
		log_warn("profile",
			 "more than %d channels have evidence: the least is forgotten, and "
			 "counted",
			 CHANNELS_EVIDENCE_MAX);
	free(least->evidence);
	least->evidence = NULL;
	least->evidence_changed = true;
	c->counters.with_evidence--;
	c->counters.evicted_with_evidence++;
}

struct evidence *channel_promote(struct channels *c, struct channel *ch, int64_t row_number)
{
	if (!ch->evidence) {
		if (c->counters.with_evidence >= CHANNELS_EVIDENCE_MAX)
			demote_least(c);
		ch->evidence = calloc(1, sizeof(*ch->evidence));
		if (!ch->evidence)
			return NULL;
		ch->evidence->promoted_row = row_number;
		c->counters.with_evidence++;
	}
	return ch->evidence;
}

void channel_set_name(struct channel *ch, const char *name)
{
	if (!name || !*name || (ch->name && !strcmp(ch->name, name)))
		return;
	free(ch->name);
	ch->name = strdup(name);	/* without memory the name is missing, nothing else */
}
