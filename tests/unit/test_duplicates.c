/* test_duplicates.c - what is mirrored several times counts once, and what was sent twice twice. */
#include <stdio.h>
#include "flow/duplicates.h"
#include "flow/key.h"
#include "packet_build.h"
#include "shard_world.h"
#include "tap.h"

#define MS (NS_PER_SEC / 1000)
#define US (NS_PER_SEC / 1000000)

/* How a datagram looks on the wire at one place. */
struct look {
	uint16_t vlan, inner_vlan;	/* 0: none */
	uint8_t src_mac, dst_mac;	/* last octets */
	uint8_t ttl, tos;
	uint16_t tap;
	uint16_t ip_sum, sum;		/* checksums as written, right or wrong */
};

struct datagram {
	bool is_v6, is_reply;
	uint8_t proto;
	uint16_t id, sport, dport;
	uint32_t seq, ack;
	uint8_t flags;
	uint32_t len;			/* payload */
	uint32_t changed_at;		/* this payload byte differs; UINT32_MAX: none */
};

static const struct look at_port = { .src_mac = 1, .dst_mac = 2, .ttl = 64 };
static const struct look vlan_10 = { .vlan = 10, .src_mac = 1, .dst_mac = 0xfe, .ttl = 64 };
static const struct look vlan_20 = { .vlan = 20, .src_mac = 0xfd, .dst_mac = 2, .ttl = 63,
				     .tos = 0xb8, .ip_sum = 7 };

static struct datagram tcp_data(uint16_t id, uint32_t seq, uint32_t len)
{
	return (struct datagram){ .proto = IP_TCP, .id = id, .sport = 40000, .dport = 443,
				  .seq = seq, .ack = 1, .flags = PACKET_ACK, .len = len,
				  .changed_at = UINT32_MAX };
}

static struct datagram udp_data(uint16_t id, uint16_t sport, uint32_t len)
{
	return (struct datagram){ .proto = IP_UDP, .id = id, .sport = sport, .dport = 514,
				  .len = len, .changed_at = UINT32_MAX };
}

static void put_mac(struct build *b, uint8_t last)
{
	put32(b, 0x02000000);
	put16(b, last);
}

static void put_addresses(struct build *b, const struct datagram *g)
{
	for (unsigned i = 0; i < 2; i++) {
		uint8_t n = (i == 0) == g->is_reply ? 2 : 1;

		if (g->is_v6) {
			put32(b, 0x20010db8);
			put_fill(b, 0, 11);
			put8(b, n);
		} else {
			put32(b, 0xc0000200U | n);
		}
	}
}

static void put_ip(struct build *b, const struct datagram *g, const struct look *l, uint32_t len)
{
	if (g->is_v6) {
		put32(b, 0x60000000U | (uint32_t)l->tos << 20);
		put16(b, len);
		put8(b, g->proto);
		put8(b, l->ttl);
	} else {
		put8(b, 0x45);
		put8(b, l->tos);
		put16(b, len + 20);
		put16(b, g->id);
		put16(b, 0x4000);
		put8(b, l->ttl);
		put8(b, g->proto);
		put16(b, l->ip_sum);
	}
	put_addresses(b, g);
}

static void put_transport(struct build *b, const struct datagram *g, const struct look *l)
{
	put16(b, g->is_reply ? g->dport : g->sport);
	put16(b, g->is_reply ? g->sport : g->dport);
	if (g->proto == IP_TCP) {
		put32(b, g->seq);
		put32(b, g->ack);
		put8(b, 0x50);
		put8(b, g->flags);
		put16(b, 512);
		put16(b, l->sum);
		put16(b, 0);
	} else {
		put16(b, 8 + g->len);
		put16(b, l->sum);
	}
}

static void build_frame(struct build *b, const struct datagram *g, const struct look *l)
{
	uint32_t from;

	b->len = 0;
	put_mac(b, l->dst_mac);
	put_mac(b, l->src_mac);
	if (l->vlan) {
		put16(b, 0x8100);
		put16(b, l->vlan);
	}
	if (l->inner_vlan) {
		put16(b, 0x8100);
		put16(b, l->inner_vlan);
	}
	put16(b, g->is_v6 ? 0x86dd : 0x0800);
	put_ip(b, g, l, (g->proto == IP_TCP ? 20 : 8) + g->len);
	put_transport(b, g, l);
	from = b->len;
	put_pattern(b, 1, g->len);
	if (g->changed_at < g->len)
		b->bytes[from + g->changed_at] ^= 1;
}

static struct build frame_bytes;

static void see_cut(struct world *w, uint64_t at, const struct datagram *g, const struct look *l,
		    uint32_t snaplen)
{
	struct frame f = { .ts_ns = START + at, .bytes = frame_bytes.bytes, .link = 1,
			   .tap = l->tap };
	struct packet p;
	enum packet_status status;

	build_frame(&frame_bytes, g, l);
	f.wirelen = frame_bytes.len;
	f.caplen = snaplen < frame_bytes.len ? snaplen : frame_bytes.len;
	status = packet_decode(&f, &p);
	if (status != PACKET_OK && status != PACKET_FRAGMENT)
		abort();
	shard_packet(w->shard, &p, status);
}

static void see(struct world *w, uint64_t at, struct datagram g, struct look l)
{
	see_cut(w, at, &g, &l, UINT32_MAX);
}

static void begin_mirror(struct world *w)
{
	begin(w, &(struct shard_config){ .with_duplicates = true });
}

static uint64_t copies(struct world *w)
{
	const struct shard_counters *c = shard_counters(w->shard);

	EQUAL_INT(c->packets, c->flow_packets + c->duplicates + c->fragments_held);
	return c->duplicates;
}

/* One datagram, seen as `first` and `apart` later as `second`: was the second a copy? */
static uint64_t pair(struct datagram g, struct datagram again, struct look first,
		     struct look second, uint64_t apart)
{
	struct world w;
	uint64_t n;

	begin_mirror(&w);
	see(&w, 0, g, first);
	see(&w, apart, again, second);
	n = copies(&w);
	end(&w);
	return n;
}

static uint64_t twice(struct datagram g, struct look first, struct look second, uint64_t apart)
{
	return pair(g, g, first, second, apart);
}

/* --- copies ---------------------------------------------------------------------------------- */

static void test_both_directions(void)
{
	EQUAL_INT(twice(tcp_data(77, 1, 1000), at_port, at_port, 0), 1);
	EQUAL_INT(twice(tcp_data(77, 1, 1000), at_port, at_port, 20 * US), 1);
	EQUAL_INT(twice(tcp_data(0, 1, 1000), at_port, at_port, 20 * US), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), at_port, at_port, 20 * US), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), at_port, at_port, 5 * MS), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), at_port, at_port, 5 * MS + 1), 0);
}

static void test_other_places(void)
{
	struct look tagged = at_port, qinq = at_port, tap = at_port, unfilled = at_port;

	tagged.vlan = qinq.vlan = 30;
	qinq.inner_vlan = 31;
	tap.tap = 1;
	unfilled.sum = 0xffff;
	EQUAL_INT(twice(udp_data(77, 1, 100), at_port, tagged, 99 * MS), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), at_port, qinq, MS), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), qinq, tagged, MS), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), at_port, tap, MS), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), vlan_10, vlan_20, MS), 1);
	EQUAL_INT(twice(tcp_data(77, 1, 100), vlan_10, vlan_20, MS), 1);
	EQUAL_INT(twice(tcp_data(77, 1, 100), at_port, unfilled, 20 * US), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), at_port, unfilled, 20 * US), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), vlan_10, vlan_20, 100 * MS), 1);
	EQUAL_INT(twice(udp_data(77, 1, 100), vlan_10, vlan_20, 100 * MS + 1), 0);
}

static void test_ipv6(void)
{
	struct datagram g = tcp_data(0, 5, 700), u = udp_data(0, 9, 700);

	g.is_v6 = u.is_v6 = true;
	EQUAL_INT(twice(g, at_port, at_port, 100 * US), 1);
	EQUAL_INT(twice(g, vlan_10, vlan_20, 100 * US), 1);
	EQUAL_INT(twice(u, vlan_10, vlan_20, 100 * US), 1);
	EQUAL_INT(twice(u, at_port, at_port, 100 * US), 0);	/* nothing is known of the way */
}

/* --- no copies ------------------------------------------------------------------------------- */

/* Every byte of the payload, and of the headers but what routers change. */
static void test_near_copies(void)
{
	struct datagram g = tcp_data(77, 1, 300), other;

	for (uint32_t i = 0; i < g.len; i++) {
		other = g;
		other.changed_at = i;
		EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
	}
	other = g;
	other.seq++;
	EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
	other = g;
	other.ack++;
	EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
	other = g;
	other.id++;
	EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
	other = g;
	other.flags |= PACKET_PSH;
	EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
	other = g;
	other.sport++;
	EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
	other = g;
	other.len++;
	EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
	other = g;
	other.is_reply = true;
	EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
}

static void test_every_length(void)
{
	for (uint32_t len = 1; len < 400; len++) {
		struct datagram g = udp_data(77, 1, len), other = g;

		other.changed_at = len - 1;
		EQUAL_INT(pair(g, g, at_port, at_port, US), 1);
		EQUAL_INT(pair(g, other, at_port, at_port, US), 0);
	}
}

static void test_sent_again(void)
{
	struct datagram ack = tcp_data(0, 5, 0), again = tcp_data(78, 1, 100);
	struct look ttl_2 = at_port;

	/* An application's repetition: syslog, a DNS question asked again, a statistic. */
	EQUAL_INT(twice(udp_data(0, 1, 100), at_port, at_port, 10 * US), 0);
	EQUAL_INT(twice(udp_data(0, 1, 100), at_port, at_port, MS), 0);
	EQUAL_INT(twice(udp_data(0, 1, 100), at_port, at_port, 5 * SEC), 0);
	/* TCP sends again: with another number, or later; three equal acknowledgements. */
	EQUAL_INT(pair(tcp_data(77, 1, 100), again, at_port, at_port, 10 * US), 0);
	EQUAL_INT(twice(tcp_data(0, 1, 100), at_port, at_port, MS), 0);
	EQUAL_INT(twice(tcp_data(0, 1, 100), at_port, at_port, 200 * MS), 0);
	EQUAL_INT(twice(ack, at_port, at_port, 10 * US), 0);
	/* A sender that counts TTLs up, with the same identification (traceroute). */
	ttl_2.ttl = 65;
	EQUAL_INT(twice(udp_data(77, 1, 100), at_port, ttl_2, 10 * US), 0);
}

/* fe80::1 sends the same to ff02::1 of two VLANs: two packets. */
static void test_link_scope(void)
{
	struct duplicates *d;
	struct build b = { 0 };
	struct packet p;
	struct frame f = { .ts_ns = START, .link = 101 };
	uint64_t in_10, in_20, global_10, global_20;

	CU_ASSERT_EQUAL_FATAL(duplicates_new(1, &d), 0);
	put_ipv6(&b, IP_UDP, 8);
	put_udp(&b, 8);
	f.bytes = b.bytes;
	f.caplen = f.wirelen = b.len;
	CU_ASSERT_EQUAL_FATAL(packet_decode(&f, &p), PACKET_OK);
	p.vlans = 1;
	p.vlan[0] = 10;
	global_10 = duplicates_digest(d, &p, PACKET_OK);
	p.vlan[0] = 20;
	global_20 = duplicates_digest(d, &p, PACKET_OK);
	p.src.bytes[0] = 0xfe;
	p.src.bytes[1] = 0x80;
	in_20 = duplicates_digest(d, &p, PACKET_OK);
	p.vlan[0] = 10;
	in_10 = duplicates_digest(d, &p, PACKET_OK);
	CU_ASSERT_EQUAL(global_10, global_20);
	CU_ASSERT_NOT_EQUAL(in_10, in_20);
	duplicates_free(d);
}

/* --- what is known of a way ------------------------------------------------------------------ */

/* On a way where TCP shows that all is mirrored twice, datagrams without number are copies too. */
static void test_doubled_way(void)
{
	struct world w;
	uint64_t before;

	begin_mirror(&w);
	for (uint32_t i = 0; i < 16; i++) {
		see(&w, i * MS, tcp_data((uint16_t)(i + 1), i, 100), at_port);
		see(&w, i * MS + 5 * US, tcp_data((uint16_t)(i + 1), i, 100), at_port);
	}
	before = copies(&w);
	EQUAL_INT(before, 16);
	see(&w, 20 * MS, udp_data(0, 1, 100), at_port);
	see(&w, 20 * MS + 5 * US, udp_data(0, 1, 100), at_port);
	EQUAL_INT(copies(&w), before + 1);
	/* Sent twice by the application: twice two. */
	see(&w, 21 * MS, udp_data(0, 1, 100), at_port);
	see(&w, 21 * MS + 5 * US, udp_data(0, 1, 100), at_port);
	EQUAL_INT(copies(&w), before + 2);
	end(&w);
}

/* A way without copies: an application's repetitions there are none, however many. */
static void test_repetitions(void)
{
	struct world w;

	begin_mirror(&w);
	for (uint32_t i = 0; i < 200; i++) {
		see(&w, i * MS, udp_data(0, (uint16_t)(1000 + i), 100), at_port);
		if (i % 4 == 0)
			see(&w, i * MS + 10 * US, udp_data(0, (uint16_t)(1000 + i), 100), at_port);
	}
	EQUAL_INT(copies(&w), 0);
	end(&w);
}

/* One datagram over and over is a flood and no mirror. */
static void test_flood(void)
{
	struct world w;

	begin_mirror(&w);
	for (uint32_t i = 0; i < 1000; i++)
		see(&w, i * 10 * US, udp_data(0, 1, 10), at_port);
	CU_ASSERT_TRUE(copies(&w) < 20);
	end(&w);
}

/* Two cells of a plant with the same addresses in two VLANs, which now and then say the same. */
static void test_equal_cells(void)
{
	struct look one = at_port, two = at_port;
	struct world w;
	uint64_t known;

	one.vlan = 101;
	two.vlan = 102;
	two.src_mac = 11;
	two.dst_mac = 12;
	begin_mirror(&w);
	for (uint32_t i = 0; i < 40; i++) {
		see(&w, i * SEC, udp_data(0, (uint16_t)(2000 + i), 40), one);
		see(&w, i * SEC + MS, udp_data(0, (uint16_t)(3000 + i), 40), two);
	}
	known = copies(&w);
	EQUAL_INT(known, 0);
	see(&w, 100 * SEC, udp_data(0, 5000, 40), one);
	see(&w, 100 * SEC + MS, udp_data(0, 5000, 40), two);
	EQUAL_INT(copies(&w), 0);
	end(&w);
}

/* --- flows ----------------------------------------------------------------------------------- */

/* Requests are seen first in the client's VLAN, answers in the server's: one flow all the same. */
static void test_routed(void)
{
	struct look back_20 = { .vlan = 20, .src_mac = 2, .dst_mac = 0xfd, .ttl = 64 };
	struct look back_10 = { .vlan = 10, .src_mac = 0xfe, .dst_mac = 1, .ttl = 63 };
	struct datagram up = tcp_data(1, 1000, 0), down = tcp_data(1, 9000, 0);
	const struct slice *e;
	struct world w;

	down.is_reply = true;
	up.flags = PACKET_SYN;
	down.flags = PACKET_SYN | PACKET_ACK;
	begin_mirror(&w);
	for (uint16_t i = 0; i < 20; i++) {
		see(&w, i * SEC, up, vlan_10);
		see(&w, i * SEC + 50 * US, up, vlan_20);
		see(&w, i * SEC + 300 * US, down, back_20);
		see(&w, i * SEC + 350 * US, down, back_10);
		up.seq += up.len + !up.len;
		down.seq += down.len + !down.len;
		up.len = 100;
		down.len = 500;
		up.flags = down.flags = PACKET_ACK;
		up.id++;
		down.id++;
	}
	EQUAL_INT(copies(&w), 40);
	EQUAL_INT(shard_counters(w.shard)->duplicates_other_way, 40);
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 1);
	EQUAL_INT(shard_counters(w.shard)->tcp_retrans_bytes, 0);
	shard_finish(w.shard);
	e = event(&w, SLICE_CLOSE, 0);
	EQUAL_INT(e->id.key.vlan[0], 10);
	EQUAL_INT(e->sums.packets[0], 20);
	EQUAL_INT(e->sums.packets[1], 20);
	EQUAL_INT(e->sums.payload[0], 1900);
	EQUAL_INT(e->sums.payload[1], 9500);
	end(&w);
}

struct kept {
	uint8_t bytes[4096];
	size_t len;
};

static void keep_flow(void *arg, const void *key, size_t key_len, const void *value,
		      size_t value_len)
{
	struct kept *k = arg;

	(void)key;
	(void)key_len;
	if (value_len > sizeof(k->bytes))
		abort();
	memcpy(k->bytes, value, value_len);
	k->len = value_len;
}

/* The next run knows the flow's other VLAN: an answer that comes there first is the flow's. */
static void test_next_run(void)
{
	struct look back_20 = { .vlan = 20, .src_mac = 2, .dst_mac = 0xfd, .ttl = 64 };
	struct datagram up = tcp_data(1, 1000, 100), down = tcp_data(1, 9000, 100);
	struct kept kept = { .len = 0 };
	struct world w;

	down.is_reply = true;
	begin_mirror(&w);
	see(&w, 0, up, vlan_10);
	see(&w, 50 * US, up, vlan_20);
	shard_export(w.shard, keep_flow, &kept);
	end(&w);
	begin_mirror(&w);
	CU_ASSERT_TRUE(shard_import(w.shard, kept.bytes, kept.len));
	see(&w, SEC, down, back_20);
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 0);
	shard_finish(w.shard);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.payload[1], 100);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->id.key.vlan[0], 10);
	end(&w);
}

static void test_off(void)
{
	struct world w;

	begin_plain(&w);
	see(&w, 0, udp_data(77, 1, 100), vlan_10);
	see(&w, US, udp_data(77, 1, 100), vlan_20);
	see(&w, 2 * US, udp_data(77, 1, 100), vlan_20);
	EQUAL_INT(copies(&w), 0);
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 2);
	end(&w);
}

/* Copies are told by what both have: the tagged one is cut four bytes earlier. */
static void test_cut(void)
{
	struct datagram g = tcp_data(77, 1, 1400), other = g;
	struct world w;

	other.changed_at = 10;
	for (unsigned i = 0; i < 2; i++) {
		begin_mirror(&w);
		see_cut(&w, 0, &g, &at_port, 128);
		see_cut(&w, US, i ? &other : &g, &vlan_10, 128);
		EQUAL_INT(copies(&w), !i);
		end(&w);
	}
	/* Almost nothing left: numbers and lengths of the headers still tell. */
	begin_mirror(&w);
	see_cut(&w, 0, &g, &at_port, 60);
	g.seq += 1400;
	see_cut(&w, US, &g, &at_port, 60);
	EQUAL_INT(copies(&w), 0);
	end(&w);
}

static void test_bounded(void)
{
	struct world w;
	const struct shard_counters *c;

	begin_mirror(&w);
	for (uint32_t i = 0; i < 3 * DUPLICATES_MAX; i++)
		see(&w, i, tcp_data(1, i * 100, 100), at_port);
	c = shard_counters(w.shard);
	EQUAL_INT(c->duplicates, 0);
	CU_ASSERT_TRUE(c->duplicates_forgotten >= 2 * DUPLICATES_MAX);
	see(&w, 4 * MS, tcp_data(1, (3 * DUPLICATES_MAX - 1) * 100, 100), at_port);
	EQUAL_INT(copies(&w), 1);
	end(&w);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "both directions of a port", test_both_directions },
		{ "VLANs, taps, routers, unfilled checksums", test_other_places },
		{ "IPv6", test_ipv6 },
		{ "a byte or a number differs", test_near_copies },
		{ "the last byte, every length", test_every_length },
		{ "sent again is no copy", test_sent_again },
		{ "addresses of a link belong to its VLAN", test_link_scope },
		{ "a way that is mirrored twice", test_doubled_way },
		{ "an application's repetitions", test_repetitions },
		{ "a flood of one datagram", test_flood },
		{ "equal cells in two VLANs", test_equal_cells },
		{ "two routed VLANs make one flow", test_routed },
		{ "the other VLAN is known in the next run", test_next_run },
		{ "switched off", test_off },
		{ "cut captures", test_cut },
		{ "bounded", test_bounded },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "duplicates", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
