/* channel_internal.h - the table of channels, which channel.c keeps and channel_evict.c thins. */
#ifndef NW_PROFILE_CHANNEL_INTERNAL_H
#define NW_PROFILE_CHANNEL_INTERNAL_H

#include "profile/channel.h"

/* A channel's place in an order of going, as numbers: a table is sifted often, and looking into two
 * channels and their rows for each comparison cost more than all else of it. */
struct channel_rank {
	uint64_t first, second;		/* the less goes first */
	uint32_t class;			/* before both */
	struct channel *channel;
};

struct channels {
	struct channel **table;
	size_t slots;			/* a power of two, at least twice max */
	size_t max, max_evidence, max_bytes;
	struct rhythm_entry **rhythms;	/* channel_rhythm.c; NULL: there is none yet */
	struct channel **sorted;	/* scratch of eviction, and what channels_sorted() gives */
	struct channel_rank *ranks;	/* scratch of eviction */
	channels_removed_fn removed, evicted;
	void *removed_arg, *evicted_arg;
	bool is_held;			/* channels_hold() */
	uint64_t removals;		/* channels that went, for whatever reason */
	struct channels_counters counters;
};

size_t channels_collect(const struct channels *c, struct channel **ret_list);
int channels_compare(const struct channel *a, const struct channel *b);
void channels_drop_evidence(struct channels *c, struct channel *ch);	/* it has some */
void channels_remove(struct channels *c, struct channel *ch);	/* counts no eviction */
/* A sixteenth of the channels goes, at least one. */
void channels_make_room(struct channels *c);
/* A sixteenth of the evidence goes, at least one; the channels stay. */
void channels_give_up_evidence(struct channels *c);
/* A sixteenth of what detector C remembers goes, at least one; the channels stay. */
void channels_give_up_rhythms(struct channels *c);
void channels_free_rhythms(struct channels *c);

#endif
