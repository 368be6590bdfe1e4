/* channel.c - see channel.h.
 *
 * Open addressing over pointers, at most half full; deletion moves later entries of the cluster
 * back (Knuth 6.4 R).  Eviction (channel_evict.c) looks at the whole table once and frees a
 * sixteenth of it, so its cost per new channel stays constant under a flood of destinations.
 */
#include "profile/channel.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/hash.h"
#include "profile/channel_internal.h"
#include "profile/pattern.h"

/* More than what a slice adds between two looks at the bound: a row that doubles, a name. */
#define STEP_BYTES 65536

static size_t round_up_power(size_t n)
{
	size_t p = 16;

	while (p < n)
		p *= 2;
	return p;
}

static size_t table_bytes(const struct channels *c)
{
	return sizeof(*c) + (c->slots + c->max) * sizeof(struct channel *);
}

int channels_new(const struct channels_limits *limits, struct channels **ret_channels)
{
	static const struct channels_limits none;
	const struct channels_limits *l = limits ? limits : &none;
	struct channels *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->max = l->channels ? l->channels : CHANNELS_MAX;
	c->max_evidence = l->evidence ? l->evidence : CHANNELS_EVIDENCE_MAX;
	c->slots = round_up_power(2 * c->max);
	c->max_bytes = l->bytes ? l->bytes : CHANNELS_BYTES_MAX - table_bytes(c) - STEP_BYTES;
	c->table = calloc(c->slots, sizeof(struct channel *));
	c->sorted = calloc(c->max, sizeof(struct channel *));
	c->ranks = calloc(c->max, sizeof(struct channel_rank));
	if (!c->table || !c->sorted || !c->ranks) {
		channels_free(c);
		return -ENOMEM;
	}
	*ret_channels = c;
	return 0;
}

static void evidence_free(struct evidence *ev)
{
	if (ev)
		free(ev->period);
	free(ev);
}

static void channel_free(struct channel *ch)
{
	free(ch->contact);
	free(ch->row);
	evidence_free(ch->evidence);
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
	channels_free_rhythms(c);
	free(c->table);
	free(c->sorted);
	free(c->ranks);
	free(c);
}

/* --- the table --------------------------------------------------------- */

static size_t home_of(const struct channels *c, const struct channel_key *key)
{
	return hash_table(key, sizeof(*key), hash_secret()) & (c->slots - 1);
}

static size_t find_slot(const struct channels *c, const struct channel_key *key)
{
	size_t i = home_of(c, key);

	while (c->table[i] && memcmp(&c->table[i]->key, key, sizeof(*key)))
		i = (i + 1) & (c->slots - 1);
	return i;
}

static size_t name_bytes(const struct channel *ch)
{
	return ch->name ? strlen(ch->name) + 1 : 0;
}

static size_t evidence_bytes(const struct evidence *ev)
{
	return ev ? sizeof(*ev) + (ev->period ? sizeof(*ev->period) : 0) : 0;
}

static size_t channel_bytes(const struct channel *ch)
{
	return sizeof(*ch) + (ch->contact ? sizeof(*ch->contact) : 0) +
	       evidence_bytes(ch->evidence) + row_bytes(ch->row) + name_bytes(ch);
}

static void close_hole(struct channels *c, size_t hole)
{
	for (size_t i = (hole + 1) & (c->slots - 1); c->table[i]; i = (i + 1) & (c->slots - 1)) {
		size_t home = home_of(c, &c->table[i]->key);

		if (((i - home) & (c->slots - 1)) >= ((i - hole) & (c->slots - 1))) {
			c->table[hole] = c->table[i];
			c->table[i] = NULL;
			hole = i;
		}
	}
}

void channels_remove(struct channels *c, struct channel *ch)
{
	size_t hole = find_slot(c, &ch->key);

	c->counters.with_evidence -= ch->evidence != NULL;
	c->counters.bytes -= channel_bytes(ch);
	c->counters.live--;
	c->removals++;
	if (c->removed)
		c->removed(c->removed_arg, ch);
	channel_drop_rhythm(c, ch);
	channel_free(ch);
	c->table[hole] = NULL;
	close_hole(c, hole);
}

void channels_on_remove(struct channels *c, channels_removed_fn removed, void *arg)
{
	c->removed = removed;
	c->removed_arg = arg;
}

void channels_hold(struct channels *c, bool is_held)
{
	c->is_held = is_held;
}

void channels_on_evict(struct channels *c, channels_removed_fn evicted, void *arg)
{
	c->evicted = evicted;
	c->evicted_arg = arg;
}

static struct channel *channel_new(struct subject *s, const struct channel_key *key)
{
	struct channel *ch = calloc(1, sizeof(*ch));

	if (ch && key->group == GROUP_IP)
		ch->contact = calloc(1, sizeof(*ch->contact));
	if (!ch || (key->group == GROUP_IP && !ch->contact)) {
		free(ch);
		return NULL;
	}
	ch->key = *key;
	ch->subject = s;
	ch->row_number = CHANNEL_NO_ROW;
	if (ch->contact)
		ch->contact->crossing_row = CHANNEL_NO_ROW;
	return ch;
}

struct channel *channels_find(const struct channels *c, const struct channel_key *key)
{
	return c->table[find_slot(c, key)];
}

/* A channel that is there may grow its row, so that bound is looked at in any case. */
static void keep_bytes(struct channels *c)
{
	if (c->counters.bytes >= c->max_bytes && !c->is_held)
		channels_make_room(c);
}

struct channel *channels_get_near(struct channels *c, struct subject *s,
				  const struct channel_key *key, struct channel_hint *hint)
{
	keep_bytes(c);
	if (!hint->channel || hint->removals != c->removals ||
	    memcmp(&hint->channel->key, key, sizeof(*key)))
		hint->channel = channels_get(c, s, key);
	hint->removals = c->removals;
	return hint->channel;
}

struct channel *channels_get(struct channels *c, struct subject *s, const struct channel_key *key)
{
	struct channel *ch;

	keep_bytes(c);
	ch = channels_find(c, key);
	if (ch)
		return ch;
	if (c->counters.live >= c->max)
		channels_make_room(c);
	ch = channel_new(s, key);
	if (!ch)
		return NULL;
	c->counters.bytes += channel_bytes(ch);
	c->table[find_slot(c, key)] = ch;
	c->counters.live++;
	c->counters.made++;
	return ch;
}

void channels_carry(struct channels *c, const struct channels *from)
{
	const struct channels_counters *was = &from->counters;
	struct channels_counters *is = &c->counters;

	is->expired += was->expired;
	is->evicted += was->evicted;
	is->evicted_tonight += was->evicted_tonight;
	is->evicted_evidence += was->evicted_evidence;
	is->evicted_strong += was->evicted_strong;
	is->evicted_rhythms += was->evicted_rhythms;
}

const struct channels_counters *channels_counters(const struct channels *c)
{
	return &c->counters;
}

size_t channels_bytes(const struct channels *c)
{
	return table_bytes(c) + c->counters.bytes;
}

size_t channels_collect(const struct channels *c, struct channel **ret_list)
{
	size_t n = 0;

	for (size_t i = 0; i < c->slots; i++)
		if (c->table[i])
			ret_list[n++] = c->table[i];
	return n;
}

struct channel **channels_all(struct channels *c, size_t *ret_n)
{
	*ret_n = channels_collect(c, c->sorted);
	return c->sorted;
}

int channels_compare(const struct channel *a, const struct channel *b)
{
	int order = a->subject == b->subject ? 0 : strcmp(a->subject->id, b->subject->id);

	return order ? order : group_key_compare(&a->key, &b->key);
}

static int compare_pointers(const void *a, const void *b)
{
	return channels_compare(*(struct channel *const *)a, *(struct channel *const *)b);
}

struct channel **channels_sorted(struct channels *c, size_t *ret_n)
{
	channels_all(c, ret_n);
	qsort(c->sorted, *ret_n, sizeof(struct channel *), compare_pointers);
	return c->sorted;
}

/* --- one channel ------------------------------------------------------- */

/* A row is over for the bitmap and the average; many rows of silence may lie between. */
static void move_to_row(struct channel *ch, int64_t row_number)
{
	int64_t passed = row_number - ch->row_number;

	if (ch->row_number == CHANNEL_NO_ROW) {
		ch->row_number = (int32_t)row_number;
		return;
	}
	ch->usual_up += ((float)ch->row_up - ch->usual_up) / CHANNEL_AVERAGE_ROWS;
	if (passed > 1)
		ch->usual_up *= powf(1 - 1.0F / CHANNEL_AVERAGE_ROWS, (float)(passed - 1));
	ch->active = passed < 64 ? ch->active << passed : 0;
	ch->row_up = 0;
	ch->row_number = (int32_t)row_number;
}

void channel_drop_row(struct channels *c, struct channel *ch, int64_t before)
{
	if (!ch->row || ch->row_number >= before)
		return;
	c->counters.bytes -= row_bytes(ch->row);
	free(ch->row);
	ch->row = NULL;
	ch->is_changed = true;
}

/* Ahead of time is only what a damaged state said. */
static void drop_future(struct channels *c, struct channel *ch)
{
	channel_take_row(c, ch, NULL);
	ch->row_number = CHANNEL_NO_ROW;
	ch->active = 0;
	ch->row_up = 0;
}

struct row *channel_touch(struct channels *c, struct channel *ch, int64_t row_number)
{
	if (ch->row_number > row_number)
		drop_future(c, ch);
	channel_drop_row(c, ch, row_number);
	if (ch->row_number != row_number)
		move_to_row(ch, row_number);
	ch->active |= 1;
	ch->is_changed = true;
	if (!ch->row)
		channel_take_row(c, ch, row_new());
	return ch->row;
}

bool channel_add(struct channels *c, struct channel *ch, int64_t row_number,
		 const struct row_minute *m)
{
	size_t before;
	bool added;

	if (!channel_touch(c, ch, row_number))
		return false;
	before = row_bytes(ch->row);
	added = row_add(&ch->row, m);
	c->counters.bytes += row_bytes(ch->row) - before;
	return added;
}

void channel_take_row(struct channels *c, struct channel *ch, struct row *r)
{
	c->counters.bytes += row_bytes(r) - row_bytes(ch->row);
	free(ch->row);
	ch->row = r;
}

struct evidence *channel_promote(struct channels *c, struct channel *ch, int64_t row_number)
{
	if (ch->evidence)
		return ch->evidence;
	if (c->counters.with_evidence >= c->max_evidence)
		channels_give_up_evidence(c);
	ch->evidence = calloc(1, sizeof(*ch->evidence));
	if (!ch->evidence)
		return NULL;
	ch->evidence->promoted_row = row_number;
	c->counters.with_evidence++;
	c->counters.bytes += sizeof(*ch->evidence);
	return ch->evidence;
}

void channels_drop_evidence(struct channels *c, struct channel *ch)
{
	c->counters.with_evidence--;
	c->counters.bytes -= evidence_bytes(ch->evidence);
	evidence_free(ch->evidence);
	ch->evidence = NULL;
	ch->evidence_changed = true;
}

struct period *channel_follow_period(struct channels *c, struct channel *ch)
{
	struct evidence *ev = ch->evidence;

	if (!ev || ev->period)
		return ev ? ev->period : NULL;
	ev->period = calloc(1, sizeof(*ev->period));
	if (ev->period)
		c->counters.bytes += sizeof(*ev->period);
	return ev->period;
}

void channel_set_name(struct channels *c, struct channel *ch, const char *name)
{
	char *copy;

	if (!name || !*name || (ch->name && !strcmp(ch->name, name)))
		return;
	copy = strdup(name);	/* without memory the name is an old one, nothing else */
	if (!copy)
		return;
	c->counters.bytes += strlen(copy) + 1 - name_bytes(ch);
	free(ch->name);
	ch->name = copy;
}

double channel_evidence_m(const struct channel *ch)
{
	double m = 0;

	for (size_t i = 0; ch->evidence && i < EVIDENCE_PROCESSES; i++)
		m = fmax(m, ch->evidence->process[i].m_mean);
	return m;
}

void contact_remember_flow(struct contact *k, const uint8_t community[static DIGEST_SHA1_LEN])
{
	unsigned at = 0;

	/* One that came before moves to the end; else, when all are taken, the first goes. */
	while (at < k->communities && memcmp(k->community[at], community, DIGEST_SHA1_LEN))
		at++;
	if (at == k->communities && k->communities < CHANNEL_COMMUNITY_IDS)
		k->communities++;
	else
		at = at == k->communities ? 0 : at;
	if (at + 1U < k->communities)
		memmove(k->community[at], k->community[at + 1],
			(k->communities - at - 1U) * sizeof(k->community[0]));
	memcpy(k->community[k->communities - 1], community, DIGEST_SHA1_LEN);
}
