/* channel_rhythm.c - what detector C remembers of some of the channels (pattern.h), beside them.
 *
 * A pointer more in each of 110 000 channels would be 0.9 MB for the few that ever have one; so it
 * is one bit there, and a table of owners here: open addressing by the owner's address, at most a
 * third full, made with the first one.  Nothing goes through it in the table's order.
 */
#include "profile/pattern.h"

#include <stdlib.h>
#include "base/hash.h"
#include "profile/channel_internal.h"

#define SLOTS 32768U
static_assert(SLOTS > 3 * CHANNELS_RHYTHMS_MAX, "a third");

struct rhythm_entry {
	struct channel *owner;
	struct rhythm rhythm;
};

static size_t home_of(const struct channel *ch)
{
	return hash_mix((uint64_t)(uintptr_t)ch ^ hash_secret()) & (SLOTS - 1);
}

static size_t find_slot(const struct channels *c, const struct channel *ch)
{
	size_t i = home_of(ch);

	while (c->rhythms[i] && c->rhythms[i]->owner != ch)
		i = (i + 1) & (SLOTS - 1);
	return i;
}

struct rhythm *channel_rhythm(const struct channels *c, const struct channel *ch)
{
	struct rhythm_entry *e = ch->has_rhythm ? c->rhythms[find_slot(c, ch)] : NULL;

	return e ? &e->rhythm : NULL;
}

struct rhythm *channel_follow_rhythm(struct channels *c, struct channel *ch)
{
	struct rhythm_entry *e;

	if (ch->has_rhythm)
		return channel_rhythm(c, ch);
	if (c->counters.with_rhythm >= CHANNELS_RHYTHMS_MAX)
		channels_give_up_rhythms(c);
	if (!c->rhythms) {
		c->rhythms = calloc(SLOTS, sizeof(*c->rhythms));
		c->counters.bytes += c->rhythms ? SLOTS * sizeof(*c->rhythms) : 0;
	}
	e = c->rhythms ? calloc(1, sizeof(*e)) : NULL;
	if (!e)
		return NULL;
	e->owner = ch;
	c->rhythms[find_slot(c, ch)] = e;
	c->counters.bytes += sizeof(*e);
	c->counters.with_rhythm++;
	ch->has_rhythm = 1;
	ch->is_changed = true;
	return &e->rhythm;
}

void channel_drop_rhythm(struct channels *c, struct channel *ch)
{
	size_t hole;

	if (!ch->has_rhythm)
		return;
	hole = find_slot(c, ch);
	free(c->rhythms[hole]);
	c->rhythms[hole] = NULL;
	c->counters.bytes -= sizeof(struct rhythm_entry);
	c->counters.with_rhythm--;
	ch->has_rhythm = 0;
	ch->is_changed = true;
	for (size_t i = (hole + 1) & (SLOTS - 1); c->rhythms[i]; i = (i + 1) & (SLOTS - 1)) {
		size_t home = home_of(c->rhythms[i]->owner);

		if (((i - home) & (SLOTS - 1)) >= ((i - hole) & (SLOTS - 1))) {
			c->rhythms[hole] = c->rhythms[i];
			c->rhythms[i] = NULL;
			hole = i;
		}
	}
}

size_t channels_rhythm_bytes(const struct channels *c, size_t n)
{
	size_t room = CHANNELS_RHYTHMS_MAX - c->counters.with_rhythm;

	return (n < room ? n : room) * sizeof(struct rhythm_entry) +
	       (c->rhythms || !n ? 0 : SLOTS * sizeof(*c->rhythms));
}

void channels_free_rhythms(struct channels *c)
{
	for (size_t i = 0; c->rhythms && i < SLOTS; i++)
		free(c->rhythms[i]);
	free(c->rhythms);
}
