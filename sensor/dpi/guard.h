/* guard.h - the only bytes nDPI is ever shown (private to the room).
 *
 * Problem: nDPI parses IP and TCP again by itself, takes lengths from the headers, reads past the
 * end of packets, drops every datagram whose header promises more than was captured, and wraps
 * 16-bit indices on large ones.
 *
 * So it never sees the packet.  It sees a datagram made here: headers written by us from what
 * packet/ has decoded (no options, no extension headers, no fragment fields, lengths that are
 * there), behind them the captured payload, behind that zero bytes:
 *
 *   | 64 zero | IP 20/40 | TCP 20, UDP 8, ICMP 8 or none | payload | >= 64 zero |
 *             `------------ at most DPI_BYTES_MAX ----------------'
 *
 * The same form serves what a fragment table put together, segments of 60 kB made by the network
 * card (their header's length may be zero), and captures cut by a snapshot length.  What such a
 * cut took away is filled up with zeros, to the payload's true length: many protocols are told by a
 * length field that must match.  Of nDPI's test flows cut at 96 bytes a frame, 95.0 % keep their
 * protocol that way and 1 gets a wrong one; with the payload left short 93.7 % and 5.
 * Everything behind the payload is zero up to the longest copy ever made, so an over-read finds
 * zeros and not the packet of another flow: a verdict depends on its own packets only.
 * Owner: the engine.  Thread: the engine's.  Cost: one copy of the payload shown.
 */
#ifndef NW_DPI_GUARD_H
#define NW_DPI_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dpi/dpi.h"

#define GUARD_PAD 64			/* nDPI 4.2 was clean under mutation with 64 */

struct guard {
	uint8_t *memory;		/* owned */
	size_t used;			/* how much the last copy filled */
	bool ends_at_page;		/* the padding is followed by memory that cannot be read */
};

struct guard_copy {
	const uint8_t *bytes;		/* borrows: until the next copy */
	uint16_t len;			/* IP header and all behind it */
	uint16_t payload_len;		/* transport payload in the copy, zeros included */
	bool is_cut;			/* payload below DPI_BYTES_MAX was missing in the capture */
};

/* ends_at_page is for tests: each copy is then placed so that its padding ends where an unreadable
 * page begins, and reading past the padding is a crash.  0 or -ENOMEM. */
int guard_init(struct guard *g, bool ends_at_page);
void guard_clear(struct guard *g);
void guard_make(struct guard *g, const struct packet *p, struct guard_copy *ret_copy);

#endif
