/* fuzz_tcp.c - random segments of one direction against a model that remembers every byte.
 *
 * An input is 5 bytes and then a row of segments:
 *
 *	0	bit 0: the tame mode, below
 *	1-4	sequence number the stream begins at
 *
 *	0-1	where the segment begins, relative to it (wild mode: times 60 000)
 *	2-3	payload bytes (times 1, at most 4 095)
 *	4	TCP flags
 *
 * Always checked: payload + repetition is what the segment carries (a keep-alive's byte excepted),
 * holes are in order, apart, below `next` and not too far below.
 * Tame mode stays within 64 KiB of sequence and repeats SYN with the same number only, so nothing
 * may re-synchronise and a bitmap is the whole truth: payload never exceeds the union of what was
 * sent, equals it when no hole was given up, and next - start = payload + lost + missing + FINs.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "flow/tcp.h"
#include "packet/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)
#define SPAN (65536 + 4096 + 2)

enum { BYTE_SENT = 1, BYTE_FIN = 2 };

struct model {
	uint8_t at[SPAN];
	uint32_t start, next;		/* relative to the base */
	uint32_t fins;
	bool is_started, is_bare, has_syn;
};

struct run {
	struct tcp_side side;
	struct tcp_holes holes;
	bool has_holes;
	uint64_t payload, lost;
};

static void check_holes(const struct run *r)
{
	const struct tcp_holes *h = &r->holes;
	uint32_t before = TCP_JUMP + 1;	/* distance behind next; must only fall */

	ENSURE(h->n <= TCP_HOLES);
	for (unsigned i = 0; i < h->n; i++) {
		uint32_t from = r->side.next - h->hole[i].from, to = r->side.next - h->hole[i].to;

		ENSURE(from < before && to < from && to > 0);
		before = to;
	}
}

static struct tcp_counts give(struct run *r, const struct tcp_segment *seg)
{
	struct tcp_counts c;

	if (tcp_needs_holes(&r->side, seg))
		r->has_holes = true;
	c = tcp_count(&r->side, r->has_holes ? &r->holes : NULL, seg);
	ENSURE(c.is_keepalive ? seg->len <= 1 && !c.payload && !c.retrans
			      : (uint64_t)c.payload + c.retrans == seg->len);
	check_holes(r);
	r->payload += c.payload;
	r->lost += c.lost;
	return c;
}

/* The same segment for the model; begin is where its payload begins. */
static void model_give(struct model *m, const struct tcp_segment *seg, uint32_t begin)
{
	bool takes = seg->len || seg->flags & (PACKET_SYN | PACKET_FIN);
	uint32_t end = begin + seg->len;

	if (seg->flags & PACKET_RST && !seg->len)
		return;
	if (!m->is_started) {
		m->is_started = true;
		m->is_bare = !takes;
		m->start = m->next = begin;
	}
	if (!takes)
		return;
	if (m->is_bare && begin == m->next + 1)
		m->start = m->next = begin;
	m->is_bare = false;
	for (uint32_t i = begin; i < end; i++)
		m->at[i] |= i >= m->start ? BYTE_SENT : 0;
	if (end > m->next)
		m->next = end;
	if (seg->flags & PACKET_FIN && end == m->next) {
		m->at[m->next++] |= BYTE_FIN;
		m->fins++;
	}
}

static void compare(const struct model *m, const struct run *r, uint32_t base)
{
	uint64_t sent = 0;

	if (!m->is_started)
		return;
	for (uint32_t i = m->start; i < m->next; i++)
		sent += m->at[i] == BYTE_SENT;
	ENSURE(r->side.next == base + m->next);
	ENSURE(r->payload <= sent);
	ENSURE(r->lost || r->payload == sent);
	ENSURE(m->next - m->start == r->payload + r->lost + tcp_missing(&r->holes) + m->fins);
}

static void run_tame(struct cursor *c, uint32_t base)
{
	static struct model m;
	struct run r = { 0 };
	struct tcp_counts counts;

	memset(&m, 0, sizeof(m));
	while (c->left >= 5) {
		uint32_t begin = 1U + cursor_be16(c);
		struct tcp_segment seg = { base + begin, cursor_be16(c) & 4095, cursor_u8(c) };

		if (seg.flags & PACKET_SYN && (!m.is_started || m.has_syn)) {
			m.has_syn = m.has_syn || !(seg.flags & PACKET_RST) || seg.len;
			seg.seq = base;
			begin = 1;
		} else {
			seg.flags &= (uint8_t)~PACKET_SYN;
		}
		counts = give(&r, &seg);
		ENSURE(!counts.is_resync);
		if (counts.is_keepalive) {
			ENSURE(begin + 1 == m.next);
			m.is_bare = false;
			continue;
		}
		model_give(&m, &seg, begin);
	}
	compare(&m, &r, base);
}

static void run_wild(struct cursor *c, uint32_t base)
{
	struct run r = { 0 };

	while (c->left >= 5) {
		uint32_t seq = base + cursor_be16(c) * 60000U;
		struct tcp_segment seg = { seq, cursor_be16(c), cursor_u8(c) };

		give(&r, &seg);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	bool is_tame = cursor_u8(&c) & 1;
	uint32_t base = cursor_be32(&c);

	if (is_tame)
		run_tame(&c, base);
	else
		run_wild(&c, base);
	return 0;
}
