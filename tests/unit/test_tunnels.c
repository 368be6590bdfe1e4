/* test_tunnels.c - every encapsulation: decoded, cut at every byte, with lying lengths, damaged,
 * nested.
 *
 * A row of the table puts the headers of one encapsulation, outermost first, around an inner of
 * len bytes.  The inner is put by the test: TCP of packet_build.h over IPv4, with Ethernet before
 * it where the row says so.  Outer addresses are others, so that the two cannot be confused.
 */
#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"

enum { ETHERNET = 1, RAW = 101 };
enum { INNER_PAYLOAD = 60, INNER_IP = 40 + INNER_PAYLOAD, INNER_ETHERNET = 14 + INNER_IP };

static struct build b;
static struct packet p;

/* 203.0.113.1 -> 203.0.113.2, len bytes after the header. */
static void outer4(unsigned proto, uint32_t len)
{
	put8(&b, 0x45);
	put8(&b, 0);
	put16(&b, 20 + len);
	put32(&b, 0x77770000);
	put8(&b, 9);
	put8(&b, proto);
	put16(&b, 0);
	put32(&b, 0xcb007101);
	put32(&b, 0xcb007102);
}

/* 2001:db8:f::1 -> 2001:db8:f::2 */
static void outer6(unsigned next, uint32_t len)
{
	put32(&b, 0x60000000);
	put16(&b, len);
	put8(&b, next);
	put8(&b, 9);
	for (unsigned i = 1; i <= 2; i++) {
		put32(&b, 0x20010db8);
		put32(&b, 0x000f0000);
		put32(&b, 0);
		put32(&b, i);
	}
}

/* Over Ethernet and IPv4, len bytes after the UDP header. */
static void outer_udp(unsigned sport, unsigned dport, uint32_t len)
{
	put_ethernet(&b, 0x0800);
	outer4(IP_UDP, 8 + len);
	put16(&b, sport);
	put16(&b, dport);
	put16(&b, 8 + len);
	put16(&b, 0);
}

static void outer_gre(unsigned flags, unsigned type, uint32_t optional, uint32_t len)
{
	put_ethernet(&b, 0x0800);
	outer4(47, 4 + optional + len);
	put16(&b, flags);
	put16(&b, type);
}

/* --- the encapsulations ---------------------------------------------------------------------- */

static void ip4_in_ip4(uint32_t len) { put_ethernet(&b, 0x0800); outer4(4, len); }
static void ip4_in_ip6(uint32_t len) { put_ethernet(&b, 0x86dd); outer6(4, len); }

static void srv6_ethernet(uint32_t len)
{
	put_ethernet(&b, 0x86dd);
	outer6(43, 8 + len);
	put8(&b, 143);
	put8(&b, 0);
	put_fill(&b, 0, 6);
}

static void etherip(uint32_t len)
{
	put_ethernet(&b, 0x0800);
	outer4(97, 2 + len);
	put16(&b, 0x3000);
}

static void gre_plain(uint32_t len) { outer_gre(0, 0x0800, 0, len); }

static void gre_all_fields(uint32_t len)
{
	outer_gre(0xf000, 0x0800, 12 + 8 + 4, len);
	put32(&b, 0xabcd0000);		/* checksum, offset */
	put32(&b, 0x00c0ffee);		/* key */
	put32(&b, 7);			/* sequence */
	put32(&b, 0x08000004);		/* a source route of 4 bytes */
	put32(&b, 0xcb007103);
	put32(&b, 0);			/* the end of them */
}

static void nvgre(uint32_t len)
{
	outer_gre(0x2000, 0x6558, 4, len);
	put32(&b, 0x00123405);
}

static void gre_mpls(uint32_t len)
{
	outer_gre(0, 0x8847, 4, len);
	put32(&b, 100 << 12 | 0x1ff);
}

static void gre_vlan(uint32_t len)
{
	outer_gre(0, 0x8100, 4, len);
	put32(&b, 0x000a0800);
}

static void pptp(uint32_t len)
{
	outer_gre(0x3081, 0x880b, 12 + 4, len);
	put16(&b, 4 + len);
	put16(&b, 0x4321);
	put32(&b, 1);
	put32(&b, 2);
	put32(&b, 0xff030021);
}

static void wccp(uint32_t len)
{
	outer_gre(0, 0x883e, 4, len);
	put32(&b, 0x00010000);
}

static void erspan_1(uint32_t len) { outer_gre(0, 0x88be, 0, len); }

static void erspan_2(uint32_t len)
{
	outer_gre(0x1000, 0x88be, 4 + 8, len);
	put32(&b, 9);
	put32(&b, 0x10640123);
	put32(&b, 5);
}

static void erspan_3(uint32_t len)
{
	outer_gre(0x1000, 0x22eb, 4 + 12 + 8, len);
	put32(&b, 9);
	put32(&b, 0x20640155);
	put32(&b, 0x11223344);
	put32(&b, 0x00000001);		/* a subheader follows */
	put32(&b, 0);
	put32(&b, 0);
}

static void l2tpv3_ip(uint32_t len)
{
	put_ethernet(&b, 0x0800);
	outer4(115, 8 + len);
	put32(&b, 0x0000beef);
	put32(&b, 0xc001d00d);		/* a cookie of four bytes */
}

static void l2tpv3_udp(uint32_t len)
{
	outer_udp(1701, 1701, 8 + len);
	put32(&b, 0x00030000);
	put32(&b, 0x0000beef);
}

static void l2tp(uint32_t len)
{
	outer_udp(40001, 1701, 8 + 2 + len);
	put16(&b, 0x4002);
	put16(&b, 8 + 2 + len);
	put32(&b, 0x00020003);
	put16(&b, 0x0021);
}

static void l2tp_all_fields(uint32_t len)
{
	outer_udp(1701, 40001, 2 + 2 + 4 + 4 + 2 + 3 + 1 + len);
	put16(&b, 0x4a02);
	put16(&b, 2 + 2 + 4 + 4 + 2 + 3 + 1 + len);
	put32(&b, 0x00020003);
	put32(&b, 0x00010001);		/* sequence */
	put16(&b, 3);
	put_fill(&b, 0, 3);
	put8(&b, 0x21);			/* protocol field compressed */
}

static void vxlan(uint32_t len)
{
	outer_udp(51000, 4789, 8 + len);
	put32(&b, 0x08000000);
	put32(&b, 0x12345600);
}

static void vxlan_policy(uint32_t len)
{
	outer_udp(51000, 8472, 8 + len);
	put32(&b, 0x88000042);
	put32(&b, 0x12345600);
}

/* Receivers ignore reserved bits. */
static void vxlan_reserved(uint32_t len)
{
	outer_udp(51000, 4789, 8 + len);
	put32(&b, 0x48ffffff);
	put32(&b, 0x123456ff);
}

static void vxlan_gpe_nsh(uint32_t len)
{
	outer_udp(51000, 4790, 8 + 8 + len);
	put32(&b, 0x0c000004);
	put32(&b, 0x00000700);
	put32(&b, 0x0fc20201);
	put32(&b, 0x00000901);
}

static void geneve_options(uint32_t len)
{
	outer_udp(51000, 6081, 8 + 12 + len);
	put32(&b, 0x03406558);
	put32(&b, 0x00abcd00);
	put32(&b, 0x01028001);		/* an option with four bytes, */
	put32(&b, 1);
	put32(&b, 0x01020000);		/* and one without */
}

static void geneve_ip(uint32_t len)
{
	outer_udp(51000, 6081, 8 + len);
	put32(&b, 0x00000800);
	put32(&b, 0x00abcd00);
}

static void gtp(uint32_t len)
{
	outer_udp(2152, 2152, 8 + len);
	put16(&b, 0x30ff);
	put16(&b, len);
	put32(&b, 0xfeedf00d);
}

static void gtp_extensions(uint32_t len)
{
	outer_udp(2152, 2152, 8 + 4 + 4 + 8 + len);
	put16(&b, 0x36ff);
	put16(&b, 4 + 4 + 8 + len);
	put32(&b, 0xfeedf00d);
	put32(&b, 0x00010085);
	put32(&b, 0x010000c0);
	put32(&b, 0x02000000);
	put32(&b, 0);
}

static void lisp(uint32_t len)
{
	outer_udp(51000, 4341, 8 + len);
	put32(&b, 0xc8010203);
	put32(&b, 0x00001701);
}

static void capwap_80211(uint32_t len)
{
	outer_udp(51000, 5247, 8 + 24 + 2 + 8 + len);
	put32(&b, 0x00104300);		/* 8 bytes, radio 1, 802.11, native */
	put32(&b, 0);
	put16(&b, 0x8801);		/* QoS data to the distribution system */
	put16(&b, 0);
	put_fill(&b, 2, 6);
	put_fill(&b, 4, 6);
	put_fill(&b, 6, 6);
	put16(&b, 0);
	put16(&b, 0);
	put_snap(&b, 0, 0x0800);
}

static void capwap_8023(uint32_t len)
{
	outer_udp(5247, 51000, 8 + len);
	put32(&b, 0x00100000);
	put32(&b, 0);
}

static void mpls_stack(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x8847);
	put32(&b, 17 << 12 | 0x0ff);
	put32(&b, 18 << 12 | 0x0ff);
	put32(&b, 7 << 12 | 0x0ff);	/* an entropy label follows */
	put32(&b, 999 << 12 | 0x100);
}

static void mpls_wire(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x8847);
	put32(&b, 21 << 12 | 0x1ff);
	put32(&b, 0);			/* control word */
}

static void mpls_wire_bare(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x8847);
	put32(&b, 21 << 12 | 0x1ff);
}

static void nsh(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x894f);
	put32(&b, 0x0fc60103);		/* MD type 1: 16 bytes of context */
	put32(&b, 0x00003301);
	put_fill(&b, 0, 16);
}

static void pppoe(uint32_t len)
{
	put_ethernet(&b, 0x8864);
	put16(&b, 0x1100);
	put16(&b, 0x0bad);
	put16(&b, 2 + len);
	put16(&b, 0x0021);
}

static void pbb(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x88a8);
	put16(&b, 5);
	put16(&b, 0x88e7);
	put32(&b, 0x0000a0a0);
}

static void fabricpath(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x8903);
	put16(&b, 0x0040);
}

static const struct row {
	const char *name;
	void (*put)(uint32_t len);
	bool is_ethernet;		/* the inner begins with Ethernet */
	bool is_over_ip;
	uint8_t depth, kinds[2];
	uint8_t id_layer;
	uint32_t id;
} rows[] = {
	{ "4in4", ip4_in_ip4, false, true, 1, { PACKET_4IN4 }, 0, 0 },
	{ "4in6", ip4_in_ip6, false, true, 1, { PACKET_4IN6 }, 0, 0 },
	{ "srv6", srv6_ethernet, true, true, 1, { PACKET_ETHERNET_IN_IP }, 0, 0 },
	{ "etherip", etherip, true, true, 1, { PACKET_ETHERNET_IN_IP }, 0, 0 },
	{ "gre", gre_plain, false, true, 1, { PACKET_GRE }, 0, 0 },
	{ "gre full", gre_all_fields, false, true, 1, { PACKET_GRE }, 1, 0xc0ffee },
	{ "nvgre", nvgre, true, true, 1, { PACKET_GRE }, 1, 0x123405 },
	{ "gre mpls", gre_mpls, false, true, 2, { PACKET_GRE, PACKET_MPLS }, 2, 100 },
	{ "gre vlan", gre_vlan, false, true, 1, { PACKET_GRE }, 0, 0 },
	{ "pptp", pptp, false, true, 1, { PACKET_PPTP }, 1, 0x4321 },
	{ "wccp", wccp, false, true, 1, { PACKET_WCCP }, 0, 0 },
	{ "erspan 1", erspan_1, true, true, 1, { PACKET_ERSPAN }, 0, 0 },
	{ "erspan 2", erspan_2, true, true, 1, { PACKET_ERSPAN }, 1, 0x123 },
	{ "erspan 3", erspan_3, true, true, 1, { PACKET_ERSPAN }, 1, 0x155 },
	{ "l2tpv3", l2tpv3_ip, true, true, 1, { PACKET_L2TPV3 }, 1, 0xbeef },
	{ "l2tpv3 udp", l2tpv3_udp, true, true, 1, { PACKET_L2TPV3 }, 1, 0xbeef },
	{ "l2tp", l2tp, false, true, 1, { PACKET_L2TP }, 1, 0x20003 },
	{ "l2tp full", l2tp_all_fields, false, true, 1, { PACKET_L2TP }, 1, 0x20003 },
	{ "vxlan", vxlan, true, true, 1, { PACKET_VXLAN }, 1, 0x123456 },
	{ "vxlan gbp", vxlan_policy, true, true, 1, { PACKET_VXLAN }, 1, 0x123456 },
	{ "vxlan bits", vxlan_reserved, true, true, 1, { PACKET_VXLAN }, 1, 0x123456 },
	{ "gpe nsh", vxlan_gpe_nsh, false, true, 2, { PACKET_VXLAN, PACKET_NSH }, 1, 7 },
	{ "geneve", geneve_options, true, true, 1, { PACKET_GENEVE }, 1, 0xabcd },
	{ "geneve ip", geneve_ip, false, true, 1, { PACKET_GENEVE }, 1, 0xabcd },
	{ "gtp", gtp, false, true, 1, { PACKET_GTP }, 1, 0xfeedf00d },
	{ "gtp full", gtp_extensions, false, true, 1, { PACKET_GTP }, 1, 0xfeedf00d },
	{ "lisp", lisp, false, true, 1, { PACKET_LISP }, 1, 0x17 },
	{ "capwap wlan", capwap_80211, false, true, 1, { PACKET_CAPWAP }, 1, 1 },
	{ "capwap eth", capwap_8023, true, true, 1, { PACKET_CAPWAP }, 1, 0 },
	{ "mpls", mpls_stack, false, false, 1, { PACKET_MPLS }, 1, 18 },
	{ "mpls wire", mpls_wire, true, false, 1, { PACKET_MPLS }, 1, 21 },
	{ "mpls bare", mpls_wire_bare, true, false, 1, { PACKET_MPLS }, 1, 21 },
	{ "nsh", nsh, true, false, 1, { PACKET_NSH }, 1, 0x33 },
	{ "pppoe", pppoe, false, false, 1, { PACKET_PPPOE }, 1, 0xbad },
	{ "pbb", pbb, true, false, 1, { PACKET_PBB }, 1, 0xa0a0 },
	{ "fabricpath", fabricpath, true, false, 1, { PACKET_FABRICPATH }, 0, 0 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* claimed: what the inner IPv4 header says its length is.  Returns where that header is. */
static uint32_t build(const struct row *r, uint32_t claimed)
{
	uint32_t at;

	b.len = 0;
	r->put(r->is_ethernet ? INNER_ETHERNET : INNER_IP);
	if (r->is_ethernet)
		put_ethernet(&b, 0x0800);
	at = b.len;
	put_ipv4(&b, IP_TCP, claimed);
	put_tcp(&b, 5);
	put_pattern(&b, 0, INNER_PAYLOAD);
	return at;
}

static bool is_inner(void)
{
	char text[ADDR_TEXT_MAX];

	return !strcmp(addr_format(&p.src, text), "192.0.2.1") && p.dport == 443;
}

static bool is_outer(void)
{
	char text[ADDR_TEXT_MAX];

	addr_format(&p.src, text);
	return !strcmp(text, "203.0.113.1") || !strcmp(text, "2001:db8:f::1");
}

static void each_is_decoded(void)
{
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		uint32_t at = build(r, INNER_IP);

		EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p), PACKET_OK);
		if (!is_inner())
			CU_FAIL(r->name);
		EQUAL_INT(p.ip_off, at);
		EQUAL_INT(p.ip_len, INNER_IP);
		EQUAL_INT(p.payload_len, INNER_PAYLOAD);
		EQUAL_INT(p.ttl, 61);
		EQUAL_INT(p.tunnel.depth, r->depth);
		for (unsigned i = 0; i < r->depth; i++)
			EQUAL_TEXT(packet_tunnel_name(p.tunnel.kinds[i]),
				   packet_tunnel_name(r->kinds[i]));
		EQUAL_INT(p.tunnel.id_layer, r->id_layer);
		EQUAL_INT(p.tunnel.id, r->id);
		EQUAL_INT(p.tunnel.has_addrs, r->is_over_ip);
		p.src = p.tunnel.src;
		EQUAL_INT(is_outer(), r->is_over_ip);
	}
}

static void check_bounds(uint32_t cut, enum packet_status s)
{
	EQUAL_INT(p.caplen, cut);
	if (s != PACKET_OK)
		return;
	EQUAL_INT(p.ip_off + p.ip_len <= b.len, true);
	EQUAL_INT(p.payload_off >= p.ip_off, true);
	EQUAL_INT(p.payload_off + p.payload_len <= p.ip_off + p.ip_len, true);
	EQUAL_INT(packet_payload_captured(&p) <= cut, true);
}

/* Over IP there is a packet as soon as the outer headers are there: first the outer, then the
 * inner one, and never back.  Below IP there is none before the inner one. */
static void each_cut_at_every_byte(void)
{
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		bool was_inner = false, was_ok = false;

		build(r, INNER_IP);
		for (uint32_t cut = 0; cut <= b.len; cut++) {
			enum packet_status s = decode_exact(&b, cut, b.len, ETHERNET, &p);

			check_bounds(cut, s);
			EQUAL_INT(was_ok && s != PACKET_OK, false);
			was_ok = s == PACKET_OK;
			EQUAL_INT(was_inner && !is_inner(), false);
			was_inner = was_ok && is_inner();
			if (was_ok && !was_inner)
				EQUAL_INT(r->is_over_ip && is_outer() && !p.tunnel.depth, true);
		}
		EQUAL_INT(was_inner, true);
	}
}

/* A datagram that says it is longer than what it is in: over IP that is no datagram, and a
 * pseudowire is recognised by nothing else. */
static void each_with_a_lying_inner_length(void)
{
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		bool is_wire = r->put == mpls_wire || r->put == mpls_wire_bare;

		build(r, INNER_IP + 1);
		EQUAL_INT(decode_exact(&b, b.len, b.len, ETHERNET, &p),
			  is_wire ? PACKET_NOT_IP : PACKET_OK);
		if (is_wire)
			continue;
		EQUAL_INT(r->is_over_ip ? is_outer() : is_inner(), true);
		if (r->is_over_ip)
			EQUAL_INT(p.tunnel.depth, 0);
		EQUAL_INT(p.payload_off + p.payload_len, b.len);
	}
}

/* Every byte of the headers, every value: nothing but a packet within bounds, or a reason. */
static void each_damaged_at_every_byte(void)
{
	for (const struct row *r = rows; r < rows + ROWS; r++) {
		uint32_t at = build(r, INNER_IP);

		for (uint32_t i = 14; i < at + 20; i++)
			for (unsigned flip = 1; flip < 256; flip++) {
				b.bytes[i] ^= (uint8_t)flip;
				check_bounds(b.len, decode_exact(&b, b.len, b.len, ETHERNET, &p));
				b.bytes[i] ^= (uint8_t)flip;
			}
	}
}

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

static CU_TestInfo tunnel_tests[] = {
	{ "each is decoded", each_is_decoded },
	{ "each cut at every byte", each_cut_at_every_byte },
	{ "each with a lying inner length", each_with_a_lying_inner_length },
	{ "each damaged at every byte", each_damaged_at_every_byte },
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
		{ .pName = "tunnels", .pTests = tunnel_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
