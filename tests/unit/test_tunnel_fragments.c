/* test_tunnel_fragments.c - fragments of a tunnel's datagram, and of a datagram within a tunnel.
 *
 * The outer datagram is GRE from 203.0.113.1 to 203.0.113.2 with a key; inside is UDP of
 * packet_build.h over IPv4, whole or a fragment.
 */
#include "packet/fragments.h"
#include "packet_build.h"
#include "tap.h"

enum { RAW = 101, GRE = 47, GRE_HEADER = 8, INNER_DATA = 1208 };

static struct build b, outer;
static struct fragments *reader, *shard;
static struct packet p, whole;
static enum packet_status status;
static uint8_t *bytes;			/* those of p */

static void start(void)
{
	fragments_free(reader);
	fragments_free(shard);
	EQUAL_INT(fragments_new(4, 1 << 20, &reader), 0);
	EQUAL_INT(fragments_new(4, 1 << 20, &shard), 0);
}

static void finish(void)
{
	fragments_free(reader);
	fragments_free(shard);
	reader = shard = NULL;
	free(bytes);
	bytes = NULL;
}

/* GRE with key around a fragment: len bytes of UDP data from off on, more to come or not. */
static void make_outer(uint32_t key, uint32_t off, uint32_t len, bool more)
{
	b.len = 0;
	put16(&b, 0x2000);
	put16(&b, 0x0800);
	put32(&b, key);
	put_ipv4_options(&b, IP_UDP, 20 + len, (more ? 0x2000U : 0) | off / 8, 0);
	if (!off) {
		put_udp(&b, INNER_DATA);
		len -= 8;
		off = 8;
	}
	put_pattern(&b, off, len);
	outer = b;
}

/* One frame: bytes from..to of the outer datagram's data. */
static enum packet_status decode_part(uint32_t from, uint32_t to)
{
	bool more = to < outer.len;
	struct frame f = { .ts_ns = 7, .link = RAW, .tap = 1 };

	b.len = 0;
	put8(&b, 0x45);
	put8(&b, 0);
	put16(&b, 20 + to - from);
	put16(&b, 0x4242);
	put16(&b, (more ? 0x2000U : 0) | from / 8);
	put8(&b, 64);
	put8(&b, GRE);
	put16(&b, 0);
	put32(&b, 0xcb007101);
	put32(&b, 0xcb007102);
	for (uint32_t i = from; i < to; i++)
		put8(&b, outer.bytes[i]);
	free(bytes);
	bytes = malloc(b.len);
	if (!bytes)
		abort();
	memcpy(bytes, b.bytes, b.len);
	f.bytes = bytes;
	f.caplen = f.wirelen = b.len;
	return packet_decode(&f, &p);
}

static const struct fragments_counters *counters(const struct fragments *f)
{
	const struct fragments_counters *c = fragments_counters(f);

	EQUAL_INT(c->given, c->merged + c->bad + c->overlap + c->duplicate + c->timeout +
			    c->evicted + c->held);
	return c;
}

static void check_tunnel(const struct packet *q, uint32_t key)
{
	char text[ADDR_TEXT_MAX];

	EQUAL_TEXT(addr_format(&q->src, text), "192.0.2.1");
	EQUAL_INT(q->tunnel.depth, 1);
	EQUAL_INT(q->tunnel.kinds[0], PACKET_GRE);
	EQUAL_INT(q->tunnel.id, key);
	EQUAL_TEXT(addr_format(&q->tunnel.src, text), "203.0.113.1");
	EQUAL_TEXT(addr_format(&q->tunnel.dst, text), "203.0.113.2");
}

static void which_may_hide(void)
{
	static const uint8_t hiding[] = { 4, 17, 41, 47, 97, 115, 137, 143 };
	unsigned n = 0;

	for (unsigned proto = 0; proto < 256; proto++) {
		p = (struct packet){ .ip_version = 4, .proto = (uint8_t)proto };
		n += fragments_may_hide(&p);
		p.ip_version = 6;
		EQUAL_INT(fragments_may_hide(&p), true);
	}
	EQUAL_INT(n, sizeof(hiding));
	for (size_t i = 0; i < sizeof(hiding); i++) {
		p = (struct packet){ .ip_version = 4, .proto = hiding[i] };
		EQUAL_INT(fragments_may_hide(&p), true);
	}
}

/* However many frames it took: one packet of the inner flow, with the inner bytes. */
static void outer_in_fragments(void)
{
	start();
	make_outer(77, 0, INNER_DATA, false);
	EQUAL_INT(decode_part(800, outer.len), PACKET_FRAGMENT);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), false);
	EQUAL_INT(decode_part(0, 400), PACKET_FRAGMENT);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), false);
	EQUAL_INT(decode_part(400, 800), PACKET_FRAGMENT);
	EQUAL_INT(fragments_may_hide(&p), true);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), true);
	EQUAL_INT(status, PACKET_OK);
	check_tunnel(&whole, 77);
	EQUAL_INT(whole.dport, 53);
	EQUAL_INT(whole.payload_len, INNER_DATA - 8);
	EQUAL_INT(whole.is_reassembled, true);
	EQUAL_INT(whole.fragments, 1);
	EQUAL_INT(whole.fragments_bytes, 20 + INNER_DATA);
	EQUAL_INT(counters(reader)->carriers, 2);
	EQUAL_INT(counters(reader)->merged, 3);
	finish();
}

/* The usual case: the inner fragment that was full size made the outer datagram too long. */
static void both_in_fragments(void)
{
	start();
	make_outer(77, 0, 1000, true);
	EQUAL_INT(decode_part(0, 800), PACKET_FRAGMENT);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), false);
	EQUAL_INT(decode_part(800, outer.len), PACKET_FRAGMENT);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), true);
	EQUAL_INT(status, PACKET_FRAGMENT);
	check_tunnel(&whole, 77);
	EQUAL_INT(whole.fragments, 1);
	p = whole;
	EQUAL_INT(fragments_add(shard, &p, &whole, &status), false);
	make_outer(77, 1000, INNER_DATA - 1000, false);
	EQUAL_INT(decode_part(0, outer.len), PACKET_FRAGMENT);
	check_tunnel(&p, 77);
	EQUAL_INT(fragments_add(shard, &p, &whole, &status), true);
	EQUAL_INT(status, PACKET_OK);
	check_tunnel(&whole, 77);
	EQUAL_INT(whole.payload_len, INNER_DATA - 8);
	EQUAL_INT(whole.fragments, 2);
	EQUAL_INT(whole.fragments_bytes, 2 * 20 + INNER_DATA);
	EQUAL_INT(counters(reader)->carriers, 1);
	EQUAL_INT(counters(shard)->carriers, 0);
	EQUAL_INT(counters(shard)->merged, 2);
	finish();
}

/* The same, one table for both: what is given may be what it has just returned. */
static void both_in_one_table(void)
{
	start();
	make_outer(77, 1000, INNER_DATA - 1000, false);
	decode_part(0, outer.len);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), false);
	make_outer(77, 0, 1000, true);
	decode_part(0, 800);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), false);
	decode_part(800, outer.len);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), true);
	EQUAL_INT(status, PACKET_FRAGMENT);
	p = whole;
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), true);
	EQUAL_INT(status, PACKET_OK);
	EQUAL_INT(whole.payload_len, INNER_DATA - 8);
	b.len = 0;
	put_pattern(&b, 8, INNER_DATA - 8);
	EQUAL_INT(memcmp(packet_payload(&whole), b.bytes, INNER_DATA - 8), 0);
	EQUAL_INT(counters(reader)->held, 0);
	finish();
}

/* Tenants with the same addresses and ids. */
static void tunnels_are_not_mixed(void)
{
	start();
	make_outer(1, 0, 1000, true);
	decode_part(0, outer.len);
	EQUAL_INT(fragments_add(shard, &p, &whole, &status), false);
	make_outer(2, 1000, INNER_DATA - 1000, false);
	decode_part(0, outer.len);
	EQUAL_INT(fragments_add(shard, &p, &whole, &status), false);
	EQUAL_INT(counters(shard)->held, 2);
	make_outer(1, 1000, INNER_DATA - 1000, false);
	decode_part(0, outer.len);
	EQUAL_INT(fragments_add(shard, &p, &whole, &status), true);
	EQUAL_INT(whole.tunnel.id, 1);
	finish();
}

/* What is put together and is no tunnel counts as before, all fragments of it. */
static void outer_that_is_no_tunnel(void)
{
	start();
	make_outer(77, 0, INNER_DATA, false);
	outer.bytes[2] = 0x99;		/* another protocol */
	decode_part(0, 800);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), false);
	decode_part(800, outer.len);
	EQUAL_INT(fragments_add(reader, &p, &whole, &status), true);
	EQUAL_INT(status, PACKET_OK);
	EQUAL_INT(whole.proto, GRE);
	EQUAL_INT(whole.tunnel.depth, 0);
	EQUAL_INT(whole.fragments, 2);
	EQUAL_INT(whole.fragments_bytes, 40 + outer.len);
	EQUAL_INT(counters(reader)->carriers, 0);
	finish();
}

static CU_TestInfo fragment_tests[] = {
	{ "which may hide a tunnel", which_may_hide },
	{ "the outer datagram in fragments", outer_in_fragments },
	{ "both in fragments", both_in_fragments },
	{ "both in fragments, one table", both_in_one_table },
	{ "tunnels are not mixed", tunnels_are_not_mixed },
	{ "an outer datagram that is no tunnel", outer_that_is_no_tunnel },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "tunnel fragments", .pTests = fragment_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
