/* tcp.h - counts the payload of one direction of a TCP connection once, by sequence numbers.
 *
 * "Upload" is what decides incidents, so a byte must count when it is seen first and not when it is
 * sent again.  Only header lengths matter: what was captured may be cut.
 *
 *	sequence  ....[counted]....[hole]....[counted]....| next
 *	                              ^ up to TCP_HOLES      ^ one beyond the highest counted
 *
 *   - payload beyond `next` is new; a gap before it becomes a hole
 *   - payload in a hole is new and makes the hole smaller
 *   - the rest is retransmission
 *   - SYN and FIN take one number each; they are not payload
 *   - a segment of at most one byte just below `next`, without SYN, FIN or RST, is a keep-alive
 *     probe (RFC 1122 4.2.3.6): neither payload nor retransmission
 *   - holes that are never filled are lost; so is the oldest one when a fifth is needed, and one
 *     that has fallen TCP_JUMP behind
 *   - the first segment that is seen sets `next` (mid-stream start).  A bare one may be a
 *     keep-alive probe, so payload that begins one beyond it starts there without a hole
 *   - RST without payload says nothing about the sequence (many carry a made-up number)
 *
 * Re-synchronising (counted): a segment more than TCP_JUMP (1 GiB, the largest window, RFC 7323
 * 2.3) ahead of or behind `next`, and a SYN with another initial number than the one known, cannot
 * belong to what was counted so far.  Then its own numbers are the truth, its payload is new and
 * open holes are lost.  So a port used again after a crash is counted right, and more than 4 GiB
 * wrap round without harm.  Such a segment may also be forged: the old position is remembered, and
 * a segment that begins exactly there, when the new one has not been confirmed by payload in
 * sequence, takes the count back.
 *
 * Pure state machine, no allocation; struct tcp_holes exists only once something came out of order.
 * Cost: a few comparisons a segment in order.  Thread: the owner's.
 */
#ifndef NW_FLOW_TCP_H
#define NW_FLOW_TCP_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_HOLES 4
#define TCP_JUMP (1U << 30)

/* One direction.  Zeroed: nothing seen. */
struct tcp_side {
	uint32_t next;			/* one beyond the highest sequence number counted */
	uint32_t isn;			/* number of the SYN, when has_isn */
	bool is_started : 1;
	bool is_bare : 1;		/* started by a segment that takes no number */
	bool has_isn : 1;
};

struct tcp_hole {
	uint32_t from, to;		/* [from, to), from != to */
};

/* What one direction needs once a segment came out of order.  Zeroed: nothing missing. */
struct tcp_holes {
	struct tcp_hole hole[TCP_HOLES];	/* in sequence order, not overlapping */
	uint32_t old_next;		/* before the last re-synchronising, when has_old */
	uint8_t n;
	bool has_old;
};

struct tcp_segment {
	uint32_t seq;
	uint32_t len;			/* payload, by the headers */
	uint8_t flags;			/* enum packet_tcp_flag */
};

struct tcp_counts {			/* what one segment added */
	uint64_t lost;			/* bytes of holes given up */
	uint32_t payload;		/* new */
	uint32_t retrans;		/* seen before */
	bool is_keepalive;
	bool is_late;			/* payload that was missing until now */
	bool is_beyond;			/* payload beyond everything counted */
	bool is_resync;
};

/* Whether tcp_count() wants a tcp_holes for this segment: it is ahead of, or far from, `next`. */
bool tcp_needs_holes(const struct tcp_side *side, const struct tcp_segment *seg);

/* holes: this direction's, or NULL where none was needed so far (or memory is short: a gap is then
 * lost at once).  payload + retrans <= seg->len. */
struct tcp_counts tcp_count(struct tcp_side *side, struct tcp_holes *holes,
			    const struct tcp_segment *seg);

/* Bytes in the holes still open: lost when the connection is over.  NULL is fine. */
uint64_t tcp_missing(const struct tcp_holes *holes);

#endif
