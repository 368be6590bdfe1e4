/* row.h - the running row of a channel: upload and download per quarter of an hour.
 *
 * A row has 96 slots (policy/calendar.h), but of a hundred thousand channels nearly all use one or
 * two: only slots with traffic are kept, in order of time, in an array that doubles.  So a flood of
 * destinations costs 56 bytes of row each and a conversation that never pauses 2.4 kB.
 *
 * The row also keeps the peer with most upload, by majority vote (Boyer and Moore 1981, weighted):
 * a peer with more than half of the upload is always the one named; else it is one of the large
 * ones.  One place instead of a list of peers that a flood could fill.
 * Thread: the owner's of the channel.  Bytes: row_bytes().
 */
#ifndef NW_PROFILE_ROW_H
#define NW_PROFILE_ROW_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "policy/calendar.h"

struct row_slot {
	uint64_t up, down;
	uint8_t number;			/* 0 .. ROW_SLOTS - 1 */
	uint8_t first_min, last_min;	/* minutes with upload within the slot: 0..14 */
};

/* Who: an address and the service it was reached by. */
struct row_peer {
	struct addr addr;
	uint16_t port;
	uint8_t proto;
};

struct row {
	uint64_t top_votes;		/* bytes of it that no other peer's outweigh */
	struct row_peer top;		/* with most upload */
	uint16_t flows;			/* connections opened; UINT16_MAX: that or more */
	uint8_t n, room;		/* slots used, slots allocated */
	struct row_slot slots[];
};
static_assert(sizeof(struct row) == 32, "a hundred thousand of them");

/* What one minute adds. */
struct row_minute {
	unsigned slot, minute;		/* of the row; within the slot */
	uint64_t up, down;
	struct row_peer peer;
};

struct row *row_new(void);		/* NULL: no memory */
/* May move the row: *at is where it is then.  false: no memory, nothing was added. */
bool row_add(struct row **at, const struct row_minute *m);
void row_count_flow(struct row *r);
size_t row_bytes(const struct row *r);	/* 0 for NULL */

/* All 96 slots, zero where there was nothing.  r may be NULL. */
void row_expand(const struct row *r, uint64_t up[static ROW_SLOTS],
		uint64_t down[static ROW_SLOTS]);
/* The slot of that number, or NULL. */
const struct row_slot *row_find(const struct row *r, unsigned number);
uint64_t row_up(const struct row *r);	/* of all slots */
/* How much of the upload in slots [from, to) may be the same in both: the sum of the smaller of
 * each slot.  Exact where one of the two is part of the other, else at most this much. */
uint64_t row_overlap(const struct row *a, const struct row *b, unsigned from, unsigned to);
/* A slot as it was packed; false: out of order or no memory. */
bool row_restore(struct row **at, const struct row_slot *slot);

#endif
