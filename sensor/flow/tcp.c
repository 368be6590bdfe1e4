/* tcp.c - see tcp.h.
 *
 * Sequence numbers are compared by their distance to `next` only.  Everything remembered lies at
 * most TCP_JUMP behind it, so a distance modulo 2^32 is never ambiguous.
 */
#include "flow/tcp.h"
#include <stddef.h>
#include <string.h>
#include "packet/packet.h"

static bool takes_numbers(const struct tcp_segment *seg)
{
	return seg->len || seg->flags & (PACKET_SYN | PACKET_FIN);
}

static bool is_silent_reset(const struct tcp_segment *seg)
{
	return seg->flags & PACKET_RST && !seg->len;
}

/* Where the payload of a segment begins. */
static uint32_t payload_start(const struct tcp_segment *seg)
{
	return seg->seq + (seg->flags & PACKET_SYN ? 1 : 0);
}

static bool is_far(int32_t distance)
{
	return distance > (int32_t)TCP_JUMP || distance < -(int32_t)TCP_JUMP;
}

static bool is_other_syn(const struct tcp_side *side, const struct tcp_segment *seg)
{
	return seg->flags & PACKET_SYN && !(side->has_isn && side->isn == seg->seq);
}

uint64_t tcp_missing(const struct tcp_holes *holes)
{
	uint64_t missing = 0;

	for (unsigned i = 0; holes && i < holes->n; i++)
		missing += holes->hole[i].to - holes->hole[i].from;
	return missing;
}

static void remove_hole(struct tcp_holes *h, unsigned i)
{
	h->n--;
	memmove(&h->hole[i], &h->hole[i + 1], (h->n - i) * sizeof(h->hole[0]));
}

static uint64_t give_up_oldest(struct tcp_holes *h)
{
	uint64_t lost = h->hole[0].to - h->hole[0].from;

	remove_hole(h, 0);
	return lost;
}

/* Everything between `next` and from is missing: the newest hole.  Returns what is lost by that. */
static uint64_t open_hole(struct tcp_holes *h, uint32_t next, uint32_t from)
{
	uint64_t lost = 0;

	if (!h)
		return from - next;
	if (h->n == TCP_HOLES)
		lost = give_up_oldest(h);
	h->hole[h->n++] = (struct tcp_hole){ .from = next, .to = from };
	return lost;
}

/* Holes that have fallen too far behind can no longer be told from the future. */
static uint64_t retire_holes(struct tcp_holes *h, uint32_t next)
{
	uint64_t lost = 0;

	while (h && h->n && next - h->hole[0].from > TCP_JUMP)
		lost += give_up_oldest(h);
	return lost;
}

/* The middle of hole i was filled; keeps the part on either side.  Returns what is lost for want of
 * a place: the oldest hole, which may be the left part itself.  *i is where the right part is
 * then. */
static uint64_t split_hole(struct tcp_holes *h, unsigned *i, struct tcp_hole filled)
{
	struct tcp_hole right = { .from = filled.to, .to = h->hole[*i].to };
	uint64_t lost = 0;

	h->hole[*i].to = filled.from;
	if (h->n == TCP_HOLES) {
		lost = give_up_oldest(h);
		(*i)--;		/* wraps when hole 0 itself went; the next line brings it back */
	}
	(*i)++;
	memmove(&h->hole[*i + 1], &h->hole[*i], (h->n - *i) * sizeof(h->hole[0]));
	h->hole[*i] = right;
	h->n++;
	return lost;
}

/* Takes [from, to), which ends at or below next, out of the holes.  Returns how many bytes of it
 * were missing. */
static uint32_t fill_holes(struct tcp_holes *h, uint32_t next, struct tcp_hole seg, uint64_t *lost)
{
	uint32_t filled = 0;

	for (unsigned i = 0; h && i < h->n; i++) {
		struct tcp_hole *hole = &h->hole[i];
		/* Distances behind next: the larger, the older. */
		uint32_t oldest = next - hole->from, newest = next - hole->to;
		uint32_t high = next - seg.from < oldest ? next - seg.from : oldest;
		uint32_t low = next - seg.to > newest ? next - seg.to : newest;

		if (high <= low)
			continue;
		filled += high - low;
		if (high == oldest && low == newest) {
			remove_hole(h, i);
			i--;
		} else if (high == oldest) {
			hole->from = next - low;
		} else if (low == newest) {
			hole->to = next - high;
		} else {
			*lost += split_hole(h, &i, (struct tcp_hole){ next - high, next - low });
		}
	}
	return filled;
}

static void resync(struct tcp_side *side, struct tcp_holes *h, uint32_t to, struct tcp_counts *c)
{
	if (h) {
		c->lost += tcp_missing(h);
		h->n = 0;
		h->has_old = true;
		h->old_next = side->next;
	}
	side->next = to;
	c->is_resync = true;
}

/* Start of the connection, or of what is seen of it. */
static void start_side(struct tcp_side *side, const struct tcp_segment *seg)
{
	side->is_started = true;
	side->is_bare = !takes_numbers(seg);
	side->next = payload_start(seg);
}

/* Part of a segment is below next: seen before, or filling a hole. */
static void count_behind(struct tcp_side *side, struct tcp_holes *h, const struct tcp_segment *seg,
			 struct tcp_counts *c)
{
	uint32_t start = payload_start(seg), behind = side->next - start;
	uint32_t below = seg->len < behind ? seg->len : behind;
	struct tcp_hole range = { start, start + below };

	c->payload = fill_holes(h, side->next, range, &c->lost);
	c->retrans = below - c->payload;
	c->is_late = c->payload != 0;
	c->is_beyond = seg->len > below;
	c->payload += seg->len - below;
	side->next += seg->len - below;
	if (seg->flags & PACKET_FIN && start + seg->len == side->next)
		side->next++;
}

static void count_ahead(struct tcp_side *side, struct tcp_holes *h, const struct tcp_segment *seg,
			struct tcp_counts *c)
{
	uint32_t start = payload_start(seg);

	if (start != side->next)
		c->lost += open_hole(h, side->next, start);
	else if (h && seg->len && !c->is_resync)
		h->has_old = false;
	c->payload = seg->len;
	c->is_beyond = seg->len && !c->is_resync;
	side->next = start + seg->len + (seg->flags & PACKET_FIN ? 1 : 0);
}

bool tcp_needs_holes(const struct tcp_side *side, const struct tcp_segment *seg)
{
	int32_t distance = (int32_t)(payload_start(seg) - side->next);

	if (!side->is_started || !takes_numbers(seg) || is_silent_reset(seg))
		return false;
	if (is_other_syn(side, seg))
		return distance != 0;
	if (side->is_bare && distance == 1)
		return false;
	return distance > 0 || is_far(distance);
}

/* Brings next to where this segment can be counted from. */
static void place(struct tcp_side *side, struct tcp_holes *h, const struct tcp_segment *seg,
		  struct tcp_counts *c)
{
	uint32_t start = payload_start(seg);

	if (!side->is_started)
		start_side(side, seg);
	else if (is_other_syn(side, seg) && start != side->next)
		resync(side, h, start, c);
	if (seg->flags & PACKET_SYN) {
		side->isn = seg->seq;
		side->has_isn = true;
	}
	if (!takes_numbers(seg))
		return;
	if (side->is_bare && start == side->next + 1)
		side->next = start;
	side->is_bare = false;
	if (is_far((int32_t)(start - side->next)))
		resync(side, h, start, c);
	else if (h && h->has_old && !c->is_resync && start == h->old_next && start != side->next) {
		resync(side, h, start, c);
		h->has_old = false;
	}
}

struct tcp_counts tcp_count(struct tcp_side *side, struct tcp_holes *holes,
			    const struct tcp_segment *seg)
{
	struct tcp_counts c = { 0 };
	int32_t distance;

	if (is_silent_reset(seg))
		return c;
	place(side, holes, seg, &c);
	if (!seg->len && !(seg->flags & PACKET_FIN))
		return c;
	distance = (int32_t)(payload_start(seg) - side->next);
	if (distance == -1 && seg->len <= 1 &&
	    !(seg->flags & (PACKET_SYN | PACKET_FIN | PACKET_RST)))
		c.is_keepalive = true;
	else if (distance < 0)
		count_behind(side, holes, seg, &c);
	else
		count_ahead(side, holes, seg, &c);
	c.lost += retire_holes(holes, side->next);
	return c;
}
