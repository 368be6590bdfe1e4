/* fuzz_packet.c - hostile frames through decoding and reassembly.
 *
 * An input is a row of frames, each behind a header of six bytes:
 *
 *	0	link type: index into links[]
 *	1-2	bytes captured (cut to what the input still has)
 *	3-4	bytes on the wire beyond those captured
 *	5	step of capture time in seconds
 *
 * Each frame lies in a heap buffer of exactly its size.  Checked: offsets and lengths within
 * bounds, tunnels described, the same result when the packet is decoded again, a reassembled
 * datagram decodes like a frame of raw IP, and the fragments' counters balance.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/err.h"
#include "packet/fragments.h"
#include "packet/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAME_HEADER_LEN 6
#define NESTING_MAX 4		/* as the reader has it */
#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static const uint16_t links[] = {
	1, 113, 276, 101, 0, 108, 228, 229, 12, 14, 9, 8, 10, 50, 51, 100, 104, 105, 107, 119, 123,
	127, 129, 143, 149, 163, 166, 192, 204, 219, 226, 239, 242, 258, 281, 282, 284, 285, 147
};

static void check_tunnel(const struct packet_tunnel *t)
{
	static const struct packet_tunnel none;

	if (!t->depth) {
		ENSURE(!memcmp(t, &none, sizeof(none)));
		return;
	}
	for (unsigned i = 0; i < packet_tunnel_layers(t); i++)
		ENSURE(t->kinds[i] < PACKET_TUNNEL_KINDS);
	ENSURE(t->id_layer <= packet_tunnel_layers(t));
	ENSURE(t->id_layer || !t->id);
}

static void check_bounds(const struct packet *p, enum packet_status s)
{
	if (s != PACKET_OK && s != PACKET_FRAGMENT)
		return;
	ENSURE(p->caplen <= p->wirelen);
	ENSURE(p->ip_version == 4 || p->ip_version == 6);
	ENSURE(p->ip_off <= p->caplen);
	ENSURE(p->ip_len <= p->wirelen - p->ip_off);
	ENSURE(p->vlans <= PACKET_VLANS_MAX);
	check_tunnel(&p->tunnel);
}

static void check_packet(const struct packet *p)
{
	uint32_t ip_end = p->ip_off + p->ip_len;

	ENSURE(p->payload_off >= p->ip_off);
	ENSURE(p->payload_off <= ip_end);
	ENSURE(p->payload_len <= ip_end - p->payload_off);
	ENSURE(packet_payload_captured(p) <= p->payload_len);
	if (packet_payload_captured(p))
		ENSURE(p->payload_off + packet_payload_captured(p) <= p->caplen);
}

static void check_fragment(const struct packet *p)
{
	ENSURE(p->fragment_data_off > p->ip_off);
	ENSURE(p->fragment_data_off <= p->caplen);
	ENSURE(p->fragment_data_off + p->fragment_data_len == p->ip_off + p->ip_len);
	ENSURE(p->fragment_off % 8 == 0);
	ENSURE(p->fragment_off || !p->fragment_is_last);
}

static void check_balance(const struct fragments *f)
{
	const struct fragments_counters *c = fragments_counters(f);

	ENSURE(c->given == c->merged + c->bad + c->overlap + c->duplicate + c->timeout +
			   c->evicted + c->held);
}

/* The datagram's header must be as good as one from the wire: nDPI reads it again.  layers: of
 * tunnels around it. */
static void check_whole(const struct packet *whole, enum packet_status status, unsigned layers)
{
	struct frame f = { .bytes = whole->bytes, .caplen = whole->caplen,
			   .wirelen = whole->wirelen, .link = 101 };
	struct packet again;
	enum packet_status s = packet_decode(&f, &again);

	ENSURE(whole->is_reassembled && whole->fragments);
	check_bounds(whole, status);
	if (whole->tunnel.depth != layers) {
		ENSURE(status == PACKET_OK || status == PACKET_FRAGMENT);
		ENSURE(s == status);
		ENSURE(whole->fragments == 1 && whole->fragments_bytes == whole->ip_len);
	} else {
		ENSURE(whole->fragments_bytes >= whole->wirelen);
		ENSURE(status != PACKET_FRAGMENT);
		ENSURE(s == status || s == PACKET_FRAGMENT);
	}
	if (status == PACKET_FRAGMENT)
		check_fragment(whole);
	if (status != PACKET_OK)
		return;
	check_packet(whole);
	ENSURE(whole->tunnel.depth != layers || whole->ip_len == whole->wirelen);
	ENSURE(again.payload_off == whole->payload_off && again.payload_len == whole->payload_len);
	ENSURE(again.sport == whole->sport && again.dport == whole->dport);
}

static void feed(struct fragments *fragments, const struct frame *f)
{
	struct packet p, again, whole;
	enum packet_status s = packet_decode(f, &p), whole_status;

	ENSURE(s < PACKET_STATUSES && *packet_status_name(s));
	ENSURE((s == PACKET_UNKNOWN_LINK) == !packet_link_is_known(f->link));
	ENSURE(packet_decode(f, &again) == s);
	ENSURE(again.payload_off == p.payload_off && again.proto == p.proto);
	check_bounds(&p, s);
	if (s == PACKET_OK)
		check_packet(&p);
	if (s != PACKET_FRAGMENT)
		return;
	check_fragment(&p);
	for (unsigned n = 0; n < NESTING_MAX; n++) {
		if (!fragments_add(fragments, &p, &whole, &whole_status))
			break;
		check_whole(&whole, whole_status, p.tunnel.depth);
		check_balance(fragments);
		if (whole_status != PACKET_FRAGMENT)
			break;
		p = whole;
	}
	check_balance(fragments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	struct fragments *fragments;
	uint64_t ts_ns = 0;

	ENSURE(!fragments_new(4, 1, &fragments));
	while (c.left > FRAME_HEADER_LEN) {
		const uint8_t *h = cursor_take(&c, FRAME_HEADER_LEN);
		size_t caplen = net_get16(h + 1) < c.left ? net_get16(h + 1) : c.left;
		uint8_t *bytes = malloc(caplen ? caplen : 1);
		struct frame f = { .bytes = bytes, .caplen = (uint32_t)caplen };

		ENSURE(bytes);
		memcpy(bytes, cursor_take(&c, caplen), caplen);
		ts_ns += h[5] * 1000000000ULL;
		f.ts_ns = ts_ns;
		f.wirelen = (uint32_t)caplen + net_get16(h + 3);
		f.link = links[h[0] % ARRAY_SIZE(links)];
		feed(fragments, &f);
		free(bytes);
	}
	fragments_expire(fragments, UINT64_MAX);
	check_balance(fragments);
	ENSURE(!fragments_counters(fragments)->held);
	fragments_free(fragments);
	return 0;
}
