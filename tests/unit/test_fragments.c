/* test_fragments.c - reassembly: orders, repetitions, contradictions, bounds, results. */
#include "packet/fragments.h"
#include "packet_build.h"
#include "tap.h"
#include <stdio.h>

#define RAW 101
#define SECOND 1000000000ULL

/* A fragment to be made: bytes [off, off + len) of the datagram made last. */
struct part {
	uint32_t off, len;
	bool more;
	uint16_t id;
	uint32_t captured;	/* of len; 0: all */
	uint64_t ts_ns;
	uint8_t damage;		/* added to the first byte */
	uint8_t proto;		/* 0: UDP */
	uint16_t tap, vlan;
};

static struct fragments *f;
static struct packet whole;
static enum packet_status status;
static struct build b, datagram;

static void start(size_t max_datagrams, size_t max_bytes)
{
	fragments_free(f);
	f = NULL;
	EQUAL_INT(fragments_new(max_datagrams, max_bytes, &f), 0);
}

/* The IP payload that all parts are cut from: a UDP datagram of len bytes. */
static void make_datagram(uint32_t len)
{
	datagram.len = 0;
	put_udp(&datagram, len);
	put_pattern(&datagram, 3, len - 8);
}

static void put_part(const struct part *part)
{
	put_fill(&b, 0, part->len);
	memcpy(b.bytes + b.len - part->len, datagram.bytes + part->off, part->len);
	b.bytes[b.len - part->len] += part->damage;
}

static void check_balance(void)
{
	const struct fragments_counters *c = fragments_counters(f);

	EQUAL_INT(c->given, c->merged + c->bad + c->overlap + c->duplicate + c->timeout +
			    c->evicted + c->held);
}

/* Decodes b from an exact buffer and adds it. */
static bool add_built(const struct part *part)
{
	uint32_t cut = part->captured ? part->len - part->captured : 0;
	uint8_t *bytes = malloc(b.len);
	struct frame frame = { .ts_ns = part->ts_ns, .bytes = bytes, .caplen = b.len - cut,
			       .wirelen = b.len, .link = RAW, .tap = part->tap };
	struct packet p;
	bool is_whole;

	if (!bytes)
		abort();
	memcpy(bytes, b.bytes, b.len);
	EQUAL_INT(packet_decode(&frame, &p), PACKET_FRAGMENT);
	if (part->vlan) {
		p.vlans = 1;
		p.vlan[0] = part->vlan;
	}
	is_whole = fragments_add(f, &p, &whole, &status);
	free(bytes);
	check_balance();
	return is_whole;
}

static bool add4(struct part part)
{
	b.len = 0;
	put_ipv4_options(&b, part.proto ? part.proto : IP_UDP, 24 + part.len,
			 (part.more ? 0x6000U : 0x4000U) | part.off / 8, 1);
	b.bytes[4] = (uint8_t)(part.id >> 8);
	b.bytes[5] = (uint8_t)part.id;
	put_part(&part);
	return add_built(&part);
}

/* before extension headers of 8 bytes, then the fragment header, which says next follows. */
static bool add6(struct part part, unsigned before, unsigned next)
{
	b.len = 0;
	put_ipv6(&b, before ? 60 : 44, before * 8 + 8 + part.len);
	for (unsigned i = 1; i <= before; i++)
		put_extension(&b, i < before ? 60 : 44, 0);
	put_ipv6_fragment(&b, next, part.off, part.more);
	put_part(&part);
	return add_built(&part);
}

/* The whole datagram came out, and its IP header is as good as one from the wire. */
static void check_whole(uint32_t header_len)
{
	struct frame frame = { .bytes = whole.bytes, .caplen = whole.caplen,
			       .wirelen = whole.wirelen, .link = RAW };
	struct packet again;

	EQUAL_INT(status, PACKET_OK);
	EQUAL_INT(whole.is_reassembled, true);
	EQUAL_INT(whole.ip_off, 0);
	EQUAL_INT(whole.ip_len, header_len + datagram.len);
	EQUAL_INT(whole.wirelen, header_len + datagram.len);
	EQUAL_INT(whole.sport, 50000);
	EQUAL_INT(whole.dport, 53);
	EQUAL_INT(whole.payload_off, header_len + 8);
	EQUAL_INT(whole.payload_len, datagram.len - 8);
	EQUAL_INT(memcmp(whole.bytes + header_len, datagram.bytes, whole.caplen - header_len), 0);
	EQUAL_INT(packet_decode(&frame, &again), PACKET_OK);
	EQUAL_INT(again.ip_len, whole.ip_len);
	EQUAL_INT(again.payload_off, whole.payload_off);
	EQUAL_INT(addr_equal(&again.src, &whole.src), true);
}

static const struct fragments_counters *counters(void)
{
	return fragments_counters(f);
}

/* --- what comes out -------------------------------------------------------------- */

static void in_order(void)
{
	start(4, 1 << 20);
	make_datagram(3000);
	EQUAL_INT(add4((struct part){ .len = 1480, .more = true, .ts_ns = 1 }), false);
	EQUAL_INT(add4((struct part){ .off = 1480, .len = 1480, .more = true, .ts_ns = 2 }), false);
	EQUAL_INT(counters()->held, 2);
	EQUAL_INT(add4((struct part){ .off = 2960, .len = 40, .ts_ns = 3, .tap = 0 }), true);
	check_whole(24);
	EQUAL_INT(whole.caplen, whole.wirelen);
	EQUAL_INT(whole.ts_ns, 3);
	EQUAL_INT(whole.ttl, 61);
	EQUAL_INT(whole.fragments, 3);
	EQUAL_INT(whole.fragments_bytes, 3000 + 3 * 24);
	EQUAL_INT(counters()->merged, 3);
	EQUAL_INT(counters()->datagrams, 1);
	EQUAL_INT(counters()->held, 0);
}

static void ipv4_header_is_coherent(void)
{
	uint32_t sum = 0;

	start(4, 1 << 20);
	make_datagram(48);
	add4((struct part){ .off = 24, .len = 24 });
	EQUAL_INT(add4((struct part){ .len = 24, .more = true }), true);
	EQUAL_INT(whole.bytes[2] << 8 | whole.bytes[3], 24 + 48);
	EQUAL_INT(whole.bytes[6], 0x40);	/* don't fragment stays, the rest is gone */
	EQUAL_INT(whole.bytes[7], 0);
	for (unsigned i = 0; i < 24; i += 2)
		sum += (uint32_t)whole.bytes[i] << 8 | whole.bytes[i + 1];
	EQUAL_INT((sum & 0xffff) + (sum >> 16), 0xffff);
}

/* Any order gives the same datagram. */
static void every_order(void)
{
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					      { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	make_datagram(100);
	for (size_t i = 0; i < 6; i++) {
		start(4, 1 << 20);
		for (size_t j = 0; j < 3; j++) {
			uint32_t n = orders[i][j];

			EQUAL_INT(add4((struct part){ .off = n * 40, .len = n == 2 ? 20 : 40,
						      .more = n < 2 }), j == 2);
		}
		check_whole(24);
	}
}

/* Fragments of 8 bytes in a random order: as many as a datagram can have. */
static void random_order(void)
{
	static uint16_t order[8191];
	unsigned done = 0;

	srand((unsigned)test_seed(0));
	start(4, 1 << 20);
	make_datagram(8180 * 8);
	for (unsigned i = 0; i < 8180; i++) {
		unsigned j = (unsigned)rand() % (i + 1);

		order[i] = order[j];
		order[j] = (uint16_t)i;
	}
	for (unsigned i = 0; i < 8180; i++)
		done += add4((struct part){ .off = order[i] * 8U, .len = 8,
					    .more = order[i] != 8179 });
	EQUAL_INT(done, 1);
	check_whole(24);
	EQUAL_INT(counters()->merged, 8180);
}

static void ipv6(void)
{
	start(4, 1 << 20);
	make_datagram(2000);
	EQUAL_INT(add6((struct part){ .off = 1232, .len = 768 }, 0, IP_UDP), false);
	EQUAL_INT(add6((struct part){ .len = 1232, .more = true }, 0, IP_UDP), true);
	check_whole(40);
	EQUAL_INT(whole.ip_version, 6);
	EQUAL_INT(whole.ttl, 62);
	EQUAL_INT(whole.bytes[6], IP_UDP);
	EQUAL_INT(whole.bytes[4] << 8 | whole.bytes[5], 2000);
}

/* Headers before the fragment header stay; only the first fragment's next header counts. */
static void ipv6_extension_headers(void)
{
	start(4, 1 << 20);
	make_datagram(48);
	EQUAL_INT(add6((struct part){ .off = 24, .len = 24 }, 0, 59), false);
	EQUAL_INT(add6((struct part){ .len = 24, .more = true }, 3, IP_UDP), true);
	check_whole(64);
	EQUAL_INT(whole.proto, IP_UDP);
	EQUAL_INT(whole.bytes[40 + 16], IP_UDP);
	/* A destination header inside the fragmentable part. */
	start(4, 1 << 20);
	datagram.len = 0;
	put_extension(&datagram, IP_UDP, 0);
	put_udp(&datagram, 16);
	put_fill(&datagram, 0, 8);
	EQUAL_INT(add6((struct part){ .off = 8, .len = 16 }, 0, 60), false);
	EQUAL_INT(add6((struct part){ .len = 8, .more = true }, 0, 60), true);
	EQUAL_INT(status, PACKET_OK);
	EQUAL_INT(whole.proto, IP_UDP);
	EQUAL_INT(whole.payload_off, 56);
	EQUAL_INT(whole.payload_len, 8);
}

static void fragment_within_a_fragment(void)
{
	start(4, 1 << 20);
	datagram.len = 0;
	put_ipv6_fragment(&datagram, IP_UDP, 8, true);
	put_fill(&datagram, 0, 8);
	add6((struct part){ .len = 8, .more = true }, 0, 44);
	EQUAL_INT(add6((struct part){ .off = 8, .len = 8 }, 0, 44), true);
	EQUAL_INT(status, PACKET_BAD_EXTENSION);
}

static void bad_transport_inside(void)
{
	start(4, 1 << 20);
	make_datagram(48);
	datagram.bytes[4] = 0;
	datagram.bytes[5] = 7;
	add4((struct part){ .len = 24, .more = true });
	EQUAL_INT(add4((struct part){ .off = 24, .len = 24 }), true);
	EQUAL_INT(status, PACKET_BAD_TRANSPORT);
}

/* Cut captures: lengths by the headers, bytes as far as they are without a gap. */
static void captured_beginning(void)
{
	start(4, 1 << 20);
	make_datagram(3000);
	add4((struct part){ .off = 1480, .len = 1480, .more = true, .captured = 60 });
	add4((struct part){ .len = 1480, .more = true });
	EQUAL_INT(add4((struct part){ .off = 2960, .len = 40 }), true);
	check_whole(24);
	EQUAL_INT(whole.caplen, 24 + 1480 + 60);
	EQUAL_INT(packet_payload_captured(&whole), 1480 + 60 - 8);
	add4((struct part){ .off = 16, .len = 2984, .id = 2 });
	EQUAL_INT(add4((struct part){ .len = 16, .more = true, .id = 2, .captured = 13 }), true);
	EQUAL_INT(whole.caplen, 24 + 13);
	EQUAL_INT(whole.payload_len, 2992);
}

static void largest_datagram(void)
{
	start(1, 0);
	make_datagram(65535 - 24);
	add4((struct part){ .off = 32000, .len = 65535 - 24 - 32000 });
	EQUAL_INT(add4((struct part){ .len = 32000, .more = true }), true);
	check_whole(24);
	EQUAL_INT(whole.ip_len, 65535);
	make_datagram(65535 - 23);	/* one more than the length field of IPv4 can say */
	add4((struct part){ .off = 32000, .len = 65535 - 23 - 32000 });
	EQUAL_INT(add4((struct part){ .len = 32000, .more = true }), false);
	EQUAL_INT(counters()->bad, 2);
	make_datagram(65535);
	add6((struct part){ .off = 32000, .len = 33535 }, 0, IP_UDP);
	EQUAL_INT(add6((struct part){ .len = 32000, .more = true }, 0, IP_UDP), true);
	check_whole(40);
	EQUAL_INT(counters()->held, 0);
}

/* --- what does not belong together ----------------------------------------------- */

static void keys(void)
{
	start(16, 1 << 20);
	make_datagram(48);
	add4((struct part){ .len = 24, .more = true });
	EQUAL_INT(add4((struct part){ .off = 24, .len = 24, .id = 1 }), false);
	EQUAL_INT(add4((struct part){ .off = 24, .len = 24, .proto = IP_TCP }), false);
	EQUAL_INT(add4((struct part){ .off = 24, .len = 24, .tap = 1 }), false);
	EQUAL_INT(add4((struct part){ .off = 24, .len = 24, .vlan = 5 }), false);
	EQUAL_INT(counters()->held, 5);
	EQUAL_INT(add4((struct part){ .off = 24, .len = 24 }), true);
	EQUAL_INT(add4((struct part){ .len = 24, .more = true, .vlan = 5 }), true);
	EQUAL_INT(whole.vlan[0], 5);
	EQUAL_INT(whole.vlans, 1);
}

static void malformed(void)
{
	start(4, 1 << 20);
	make_datagram(48);
	EQUAL_INT(add4((struct part){ .len = 23, .more = true }), false);
	EQUAL_INT(add4((struct part){ .len = 0, .more = true }), false);
	EQUAL_INT(counters()->bad, 2);
	memset(datagram.bytes, 0, sizeof(datagram.bytes));
	EQUAL_INT(add4((struct part){ .off = 65528, .len = 8 }), false);	/* ends at 65 536 */
	EQUAL_INT(counters()->bad, 3);
	EQUAL_INT(add4((struct part){ .off = 65528, .len = 7 }), false);
	EQUAL_INT(counters()->held, 1);
}

static void header_too_long(void)
{
	struct part first = { .len = 24, .more = true };

	start(4, 1 << 20);
	make_datagram(48);
	b.len = 0;
	put_ipv6(&b, 60, 224 + 8 + 24);
	put_extension(&b, 44, 27);
	put_ipv6_fragment(&b, IP_UDP, 0, true);
	put_part(&first);
	EQUAL_INT(add_built(&first), false);
	EQUAL_INT(counters()->bad, 1);
	b.len = 0;
	put_ipv6(&b, 60, 216 + 8 + 24);
	put_extension(&b, 44, 26);
	put_ipv6_fragment(&b, IP_UDP, 0, true);
	put_part(&first);
	EQUAL_INT(add_built(&first), false);
	EQUAL_INT(counters()->held, 1);
	EQUAL_INT(add6((struct part){ .off = 24, .len = 24 }, 0, IP_UDP), true);
	check_whole(256);
}

static void repetitions(void)
{
	start(4, 1 << 20);
	make_datagram(72);
	add4((struct part){ .len = 24, .more = true });
	EQUAL_INT(add4((struct part){ .len = 24, .more = true }), false);
	EQUAL_INT(add4((struct part){ .off = 8, .len = 16, .more = true }), false);
	EQUAL_INT(counters()->duplicate, 2);
	add4((struct part){ .off = 48, .len = 24 });
	add4((struct part){ .off = 48, .len = 24 });
	EQUAL_INT(counters()->duplicate, 3);
	EQUAL_INT(add4((struct part){ .off = 24, .len = 24, .more = true }), true);
	check_whole(24);
	EQUAL_INT(whole.fragments, 3);		/* a repetition is not counted twice */
	EQUAL_INT(whole.fragments_bytes, 72 + 3 * 24);
	EQUAL_INT(counters()->merged, 3);
}

/* Only bytes that both copies have can contradict each other. */
/* A doubled mirror port sends each twice: the last one's copy comes when the datagram is whole.  It
 * leaves nothing behind that the sender's next use of the id could contradict. */
static void a_doubled_mirror(void)
{
	start(4, 1 << 20);
	make_datagram(48);
	for (uint64_t at = 0; at < 50; at++) {
		uint64_t ts = SECOND + at * 10000000;

		datagram.bytes[40] = (uint8_t)at;
		CU_ASSERT_FALSE(add4((struct part){ .off = 0, .len = 32, .more = true,
						 .ts_ns = ts }));
		CU_ASSERT_FALSE(add4((struct part){ .off = 0, .len = 32, .more = true,
						 .ts_ns = ts + 1 }));
		CU_ASSERT_TRUE(add4((struct part){ .off = 32, .len = 16, .more = false,
						 .ts_ns = ts + 2 }));
		CU_ASSERT_FALSE(add4((struct part){ .off = 32, .len = 16, .more = false,
						 .ts_ns = ts + 3 }));
		CU_ASSERT_FALSE(add4((struct part){ .off = 0, .len = 32, .more = true,
						 .ts_ns = ts + 4 }));
	}
	EQUAL_INT(counters()->datagrams, 50);
	EQUAL_INT(counters()->duplicate, 150);
	EQUAL_INT(counters()->held, 0);
	/* At once, but with other bytes: another datagram. */
	CU_ASSERT_FALSE(add4((struct part){ .off = 0, .len = 32, .more = true,
						 .ts_ns = 2 * SECOND }));
	CU_ASSERT_TRUE(add4((struct part){ .off = 32, .len = 16, .more = false,
						 .ts_ns = 2 * SECOND }));
	datagram.bytes[3] ^= 1;
	datagram.bytes[40] ^= 1;
	CU_ASSERT_FALSE(add4((struct part){ .off = 0, .len = 32, .more = true,
						 .ts_ns = 2 * SECOND + 1 }));
	CU_ASSERT_TRUE(add4((struct part){ .off = 32, .len = 16, .more = false,
						 .ts_ns = 2 * SECOND + 1 }));
	check_balance();
}

static void repetition_cut_differently(void)
{
	start(4, 1 << 20);
	make_datagram(72);
	add4((struct part){ .len = 48, .more = true, .captured = 13 });
	add4((struct part){ .len = 48, .more = true });
	add4((struct part){ .len = 48, .more = true, .captured = 2 });
	EQUAL_INT(counters()->duplicate, 2);
	EQUAL_INT(add4((struct part){ .off = 48, .len = 24 }), true);
	check_whole(24);
	EQUAL_INT(whole.caplen, 24 + 13);
}

/* Contradicting pieces; whatever comes after them, the datagram is lost, until it times out. */
static void check_contradiction(struct part first, struct part second)
{
	start(4, 1 << 20);
	make_datagram(72);
	EQUAL_INT(add4(first), false);
	EQUAL_INT(add4(second), false);
	EQUAL_INT(counters()->overlap, 2);
	EQUAL_INT(counters()->held, 0);
	EQUAL_INT(add4((struct part){ .len = 48, .more = true }), false);
	EQUAL_INT(add4((struct part){ .off = 48, .len = 24 }), false);
	EQUAL_INT(counters()->overlap, 4);
	add4((struct part){ .len = 48, .more = true, .ts_ns = 30 * SECOND });
	EQUAL_INT(add4((struct part){ .off = 48, .len = 24, .ts_ns = 30 * SECOND }), true);
	check_whole(24);
	EQUAL_INT(counters()->timeout, 0);
}

static void contradictions(void)
{
	struct part begin = { .len = 24, .more = true }, end = { .off = 48, .len = 24 };

	/* The same place, another byte. */
	check_contradiction(begin, (struct part){ .len = 24, .more = true, .damage = 1 });
	/* Partly beyond what is held, at either side, or around it. */
	check_contradiction(begin, (struct part){ .off = 16, .len = 16, .more = true });
	check_contradiction(end, (struct part){ .off = 40, .len = 16, .more = true });
	check_contradiction((struct part){ .off = 24, .len = 8, .more = true },
			    (struct part){ .off = 16, .len = 24, .more = true });
	/* Two ends; data behind the end; an end before data. */
	check_contradiction(end, (struct part){ .off = 48, .len = 16 });
	check_contradiction(end, (struct part){ .off = 72, .len = 8, .more = true });
	check_contradiction((struct part){ .off = 48, .len = 24, .more = true },
			    (struct part){ .off = 24, .len = 8 });
}

/* --- bounds ---------------------------------------------------------------------- */

static void timeout(void)
{
	start(4, 1 << 20);
	make_datagram(72);
	add4((struct part){ .len = 24, .more = true, .id = 1, .ts_ns = 10 * SECOND });
	add4((struct part){ .len = 24, .more = true, .id = 2, .ts_ns = 11 * SECOND });
	add4((struct part){ .off = 24, .len = 24, .more = true, .id = 1, .ts_ns = 39 * SECOND });
	fragments_expire(f, 40 * SECOND - 1);
	EQUAL_INT(counters()->held, 3);
	fragments_expire(f, 40 * SECOND);	/* age counts from the first fragment */
	EQUAL_INT(counters()->timeout, 2);
	EQUAL_INT(counters()->held, 1);
	check_balance();
	/* The arrival of another fragment notices it as well as a mark does. */
	add4((struct part){ .off = 24, .len = 48, .id = 2, .ts_ns = 41 * SECOND });
	EQUAL_INT(counters()->timeout, 3);
	EQUAL_INT(counters()->held, 1);
	fragments_expire(f, 0);			/* a stamp that went back expires nothing */
	EQUAL_INT(counters()->held, 1);
}

static void too_many_datagrams(void)
{
	start(3, 1 << 20);
	make_datagram(72);
	for (uint16_t id = 0; id < 5; id++)
		add4((struct part){ .len = 48, .more = true, .id = id });
	EQUAL_INT(counters()->evicted, 2);
	EQUAL_INT(counters()->held, 3);
	/* The oldest left, the newest, and one that went. */
	EQUAL_INT(add4((struct part){ .off = 48, .len = 24, .id = 2 }), true);
	EQUAL_INT(add4((struct part){ .off = 48, .len = 24, .id = 4 }), true);
	EQUAL_INT(add4((struct part){ .off = 48, .len = 24, .id = 0 }), false);
	EQUAL_INT(counters()->evicted, 2);
}

/* 64 KiB of pages hold two halves of 32 000 bytes (16 pages each): a third needs an eviction. */
static void too_many_bytes(void)
{
	start(16, 65536);
	make_datagram(64000);
	for (uint16_t id = 1; id <= 3; id++)
		add4((struct part){ .len = 32000, .more = true, .id = id });
	EQUAL_INT(counters()->evicted, 1);
	EQUAL_INT(counters()->held, 2);
	/* The oldest is the one being completed: the other goes. */
	EQUAL_INT(add4((struct part){ .off = 32000, .len = 32000, .id = 2 }), true);
	check_whole(24);
	EQUAL_INT(counters()->evicted, 2);
	EQUAL_INT(counters()->held, 0);
	/* Pages come back: the same again works. */
	add4((struct part){ .len = 32000, .more = true, .id = 9 });
	EQUAL_INT(add4((struct part){ .off = 32000, .len = 32000, .id = 9 }), true);
	check_whole(24);
}

/* A datagram lost to a contradiction keeps its entry, not its pages. */
static void contradiction_gives_pages_back(void)
{
	struct part half = { .len = 32000, .more = true, .id = 1 };

	start(16, 65536);
	make_datagram(64000);
	add4(half);
	half.damage = 1;
	add4(half);
	EQUAL_INT(counters()->overlap, 2);
	add4((struct part){ .len = 32000, .more = true, .id = 2 });
	add4((struct part){ .len = 32000, .more = true, .id = 3 });
	EQUAL_INT(counters()->held, 2);
	add4(half);
	EQUAL_INT(counters()->overlap, 3);	/* its entry was not evicted for them */
}

static void arguments(void)
{
	struct fragments *none = NULL;

	EQUAL_INT(fragments_new(0, 1, &none) < 0, true);
	EQUAL_INT(fragments_new((size_t)-1, 1, &none) < 0, true);
	EQUAL_INT(none == NULL, true);
	fragments_free(NULL);
}

static CU_TestInfo whole_tests[] = {
	{ "in order", in_order },
	{ "the IPv4 header is coherent", ipv4_header_is_coherent },
	{ "every order of three", every_order },
	{ "8 180 fragments in random order", random_order },
	{ "IPv6", ipv6 },
	{ "IPv6 extension headers before and inside", ipv6_extension_headers },
	{ "a fragment within a fragment", fragment_within_a_fragment },
	{ "a malformed transport inside", bad_transport_inside },
	{ "cut captures", captured_beginning },
	{ "the largest datagram, and one byte more", largest_datagram },
	CU_TEST_INFO_NULL
};

static CU_TestInfo rule_tests[] = {
	{ "what belongs together", keys },
	{ "malformed fragments", malformed },
	{ "headers over 256 bytes", header_too_long },
	{ "repetitions are ignored", repetitions },
	{ "a doubled mirror", a_doubled_mirror },
	{ "repetitions cut differently", repetition_cut_differently },
	{ "contradictions lose the datagram", contradictions },
	CU_TEST_INFO_NULL
};

static CU_TestInfo bound_tests[] = {
	{ "time-out", timeout },
	{ "more datagrams than the table holds", too_many_datagrams },
	{ "more bytes than the pages hold", too_many_bytes },
	{ "a contradiction gives its pages back", contradiction_gives_pages_back },
	{ "arguments", arguments },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "fragments whole", .pTests = whole_tests },
		{ .pName = "fragments rules", .pTests = rule_tests },
		{ .pName = "fragments bounds", .pTests = bound_tests },
		CU_SUITE_INFO_NULL
	};
	int failed = tap_main(suites);

	fragments_free(f);
	return failed;
}
