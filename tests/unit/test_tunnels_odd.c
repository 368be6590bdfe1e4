/* test_tunnels_odd.c - tunnels with control messages, encrypted or other content, in each other. */
#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"
#include "tunnel_build.h"

/* What is not data, or not in clear, is the outer flow's. */
static void control_and_encrypted(void)
{
	static const struct {
		unsigned sport, dport;
		uint32_t first, second;
	} others[] = {
		{ 50000, 4789, 0x00000000, 0x00000100 },	/* VXLAN without a network */
		{ 50000, 4790, 0x0d000003, 0x00000100 },	/* GPE with its OAM bit */
		{ 50000, 6081, 0x40000800, 0x00000100 },	/* GENEVE version 1 */
		{ 50000, 6081, 0x00800800, 0x00000100 },	/* its control bit */
		{ 2152, 2152, 0x30010064, 0x00000000 },		/* GTP echo request */
		{ 2152, 2152, 0x50ff0064, 0x00000000 },		/* its version 2 */
		{ 1701, 1701, 0xc8020064, 0x00000000 },		/* L2TP control */
		{ 50000, 5247, 0x01000000, 0x16fefd00 },	/* CAPWAP with DTLS */
		{ 50000, 5247, 0x00100008, 0x00000000 },	/* its keep-alive */
		{ 50000, 5247, 0x00100080, 0x00000000 },	/* a fragment of it */
		{ 50000, 3544, 0x60000000, 0x003c063f },	/* IPv6, no Teredo address */
		{ 50000, 4341, 0x03000000, 0x00000000 },	/* LISP, encrypted */
		{ 4789, 50000, 0x08000000, 0x00000100 },	/* from the port, not to it */
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		b.len = 0;
		outer_udp(others[i].sport, others[i].dport, 8 + INNER_ETHERNET);
		put32(&b, others[i].first);
		put32(&b, others[i].second);
		put_ethernet(&b, 0x0800);
		tcp_over_ipv4(&b, INNER_PAYLOAD);
		EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p), PACKET_OK);
		EQUAL_INT(is_outer(), true);
		EQUAL_INT(p.proto, IP_UDP);
		EQUAL_INT(p.sport, others[i].sport);
		EQUAL_INT(p.dport, others[i].dport);
		EQUAL_INT(p.payload_len, 8 + INNER_ETHERNET);
		EQUAL_INT(p.tunnel.depth, 0);
	}
}

/* ARP within VXLAN, and GRE of something else: a packet of the outer flow. */
static void inner_that_is_not_ip(void)
{
	b.len = 0;
	vxlan(14 + 28);
	put_ethernet(&b, 0x0806);
	put_fill(&b, 0, 28);
	EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p), PACKET_OK);
	EQUAL_INT(p.dport, 4789);
	EQUAL_INT(p.payload_len, 8 + 14 + 28);
	b.len = 0;
	outer_gre(0x2000, 0x2001, 4, 30);
	put_fill(&b, 0, 34);
	EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p), PACKET_OK);
	EQUAL_INT(p.proto, 47);
	EQUAL_INT(p.payload_len, 38);
	EQUAL_INT(p.sport, 0);
}

static void teredo_with_headers(void)
{
	b.len = 0;
	outer_udp(3544, 50000, 4 + 2 + 9 + 8 + 40 + 8);
	put32(&b, 0x00010101);		/* authentication: identifier and value of a byte each */
	put_fill(&b, 0xee, 2 + 9);
	put32(&b, 0x00001234);		/* origin */
	put32(&b, 0);
	put32(&b, 0x60000000);
	put32(&b, 0x0008113f);
	put32(&b, 0x20010000);
	put_fill(&b, 0, 11);
	put8(&b, 1);
	put32(&b, 0x20010db8);
	put_fill(&b, 0, 11);
	put8(&b, 2);
	put_udp(&b, 8);
	EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p), PACKET_OK);
	EQUAL_INT(p.ip_version, 6);
	EQUAL_INT(p.dport, 53);
	EQUAL_INT(p.tunnel.kinds[0], PACKET_TEREDO);
	for (uint32_t cut = 0; cut < b.len; cut++)
		check_bounds(cut, decode_exact(&b, cut, b.len, ETHERNET, &p));
}

/* --- depth ------------------------------------------------------------------------------------ */

/* n times IPv4 around TCP. */
static enum packet_status decode_nested(unsigned n)
{
	b.len = 0;
	for (unsigned i = n; i > 0; i--)
		outer4(4, (i - 1) * 20 + INNER_IP);
	tcp_over_ipv4(&b, INNER_PAYLOAD);
	return decode_exact(&b, b.len, b.len, RAW, &p);
}

static void depth_over_ip(void)
{
	EQUAL_INT(decode_nested(14), PACKET_OK);
	EQUAL_INT(is_inner(), true);
	EQUAL_INT(p.tunnel.depth, 14);
	EQUAL_INT(packet_tunnel_layers(&p.tunnel), PACKET_TUNNEL_LAYERS);
	for (unsigned n = 15; n < 400; n += 7) {	/* further in than the walk goes */
		EQUAL_INT(decode_nested(n), PACKET_OK);
		EQUAL_INT(is_outer(), true);
		EQUAL_INT(p.tunnel.depth < 32, true);
	}
}

static void depth_below_ip(void)
{
	static const unsigned types[] = { 0x88e7, 0x8903, 0x8926, 0x893f, 0x6558 };
	static const unsigned tags[] = { 4, 2, 4, 6, 0 };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		for (unsigned n = 1; n < 60; n++) {
			b.len = 0;
			put_ethernet(&b, types[i]);
			for (unsigned k = 0; k < n; k++) {
				put_fill(&b, 0, tags[i]);
				if (i == 2 || i == 3)
					put16(&b, k + 1 < n ? types[i] : 0x0800);
				else
					put_ethernet(&b, k + 1 < n ? types[i] : 0x0800);
			}
			tcp_over_ipv4(&b, 0);
			if (decode_exact(&b, b.len, b.len, ETHERNET, &p) != PACKET_OK)
				break;
			EQUAL_INT(is_inner(), true);
			EQUAL_INT(n < 32, true);
		}
	b.len = 0;
	put_ethernet(&b, 0x8847);
	for (int k = 0; k < 16; k++)
		put32(&b, 20 << 12);
	EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p), PACKET_BAD_LINK);
}

/* An IPv6 flow within an IPv4 one within a labelled path: the outermost layers are kept. */
static void several_layers(void)
{
	b.len = 0;
	put_ethernet(&b, 0x8847);
	put32(&b, 5000 << 12 | 0x1ff);
	outer4(41, 40 + 8);
	put_ipv6(&b, IP_UDP, 8);
	put_udp(&b, 8);
	EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p), PACKET_OK);
	EQUAL_INT(p.ip_version, 6);
	EQUAL_INT(p.tunnel.depth, 2);
	EQUAL_INT(p.tunnel.kinds[0], PACKET_MPLS);
	EQUAL_INT(p.tunnel.kinds[1], PACKET_6IN4);
	EQUAL_INT(p.tunnel.carrier, PACKET_6IN4);	/* not the label below IP */
	EQUAL_INT(p.tunnel.id, 5000);
	EQUAL_INT(p.tunnel.has_addrs, true);
	EQUAL_INT(addr_is_ipv4(&p.tunnel.src), true);
}

static void names(void)
{
	for (int i = 0; i < PACKET_TUNNEL_KINDS; i++)
		for (int j = 0; j < i; j++)
			EQUAL_INT(!strcmp(packet_tunnel_name(i), packet_tunnel_name(j)), 0);
	EQUAL_TEXT(packet_tunnel_name(PACKET_TUNNEL_KINDS), "unknown");
}

static CU_TestInfo odd_tests[] = {
	{ "control messages and encrypted content", control_and_encrypted },
	{ "what is inside is not IP", inner_that_is_not_ip },
	{ "Teredo with authentication and origin", teredo_with_headers },
	{ "nested tunnels over IP", depth_over_ip },
	{ "nested layers below IP", depth_below_ip },
	{ "several layers", several_layers },
	{ "names", names },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "tunnels in tunnels, and without datagrams", .pTests = odd_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
