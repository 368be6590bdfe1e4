/* image.h - one flow outside of any table, and as bytes.
 *
 * The bytes, little-endian, fixed widths (base/pack.h), parts in [] only where they are needed:
 *
 *	version, key, bits, rank, clock, first, last, TCP flags, master, app, totals
 *	[sums of the running minute] [MACs] [TCP: next, ISN] [TCP: retransmissions, holes] [name]
 *	[DNS answers of the running minute] [what was carried] [tunnel]
 *	CRC-32 of all before it
 *
 * Everything that a later event or the fate of the flow depends on is in it.  What is not:
 *   - the time-out class follows from the rest (flow_class_of())
 *   - the number, the hash and the neighbours belong to a table
 *   - what DPI has in hand: nDPI's state cannot be packed
 * The clock is the shard's newest stamp: a packet stamped before it is late in the next run too.
 *
 * The CRC is there because a stamp that a damaged disk has moved a century ahead would make every
 * later packet late.  It is no protection against somebody who can write the state, so whatever
 * it covers is checked as well: an image is good only if packets could have made it.
 *
 * Pure functions, any thread.
 */
#ifndef NW_FLOW_IMAGE_H
#define NW_FLOW_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/pack.h"
#include "flow/table.h"

#define FLOW_IMAGE_KEY_OFFSET 1		/* after the version */
#define FLOW_IMAGE_KEY_BYTES 44		/* the addresses, then 12 bytes */

struct flow_image {
	struct flow hot;		/* in no list; its hash means nothing */
	struct flow_cold cold;		/* no DPI state; the name is owned */
	struct flow_extra extra;	/* its answers are owned */
	bool has_extra;
	uint64_t clock_ns;
};

void flow_image_pack(struct packer *p, const struct flow_image *image);
/* false: malformed or no memory, nothing is owned. */
bool flow_image_unpack(const void *value, size_t value_len, struct flow_image *ret_image);
void flow_image_clear(struct flow_image *image);	/* frees what it owns */
/* The key alone; the rest is not looked at. */
bool flow_image_unpack_key(const void *value, size_t value_len, struct flow_key *ret_key);

#endif
