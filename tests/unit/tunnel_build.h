/* tunnel_build.h - headers of every encapsulation around a datagram, for the tests of packet/.
 *
 * A row of the table puts the headers of one encapsulation, outermost first, around an inner of
 * len bytes.  The inner is TCP of packet_build.h over IPv4, with Ethernet before it where the row
 * says so.  Outer addresses are others, so that the two cannot be confused.
 */
#ifndef NW_TESTS_TUNNEL_BUILD_H
#define NW_TESTS_TUNNEL_BUILD_H

#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"

enum { ETHERNET = 1, RAW = 101 };
enum { INNER_PAYLOAD = 60, INNER_IP = 40 + INNER_PAYLOAD, INNER_ETHERNET = 14 + INNER_IP };

static struct build b;
static struct packet p;

/* 203.0.113.1 -> 203.0.113.2, len bytes after the header. */
static inline void outer4(unsigned proto, uint32_t len)
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
static inline void outer6(unsigned next, uint32_t len)
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
static inline void outer_udp(unsigned sport, unsigned dport, uint32_t len)
{
	put_ethernet(&b, 0x0800);
	outer4(IP_UDP, 8 + len);
	put16(&b, sport);
	put16(&b, dport);
	put16(&b, 8 + len);
	put16(&b, 0);
}

static inline void outer_gre(unsigned flags, unsigned type, uint32_t optional, uint32_t len)
{
	put_ethernet(&b, 0x0800);
	outer4(47, 4 + optional + len);
	put16(&b, flags);
	put16(&b, type);
}

/* --- the encapsulations ---------------------------------------------------------------------- */

static inline void ip4_in_ip4(uint32_t len) { put_ethernet(&b, 0x0800); outer4(4, len); }
static inline void ip4_in_ip6(uint32_t len) { put_ethernet(&b, 0x86dd); outer6(4, len); }

static inline void srv6_ethernet(uint32_t len)
{
	put_ethernet(&b, 0x86dd);
	outer6(43, 8 + len);
	put8(&b, 143);
	put8(&b, 0);
	put_fill(&b, 0, 6);
}

static inline void etherip(uint32_t len)
{
	put_ethernet(&b, 0x0800);
	outer4(97, 2 + len);
	put16(&b, 0x3000);
}

static inline void gre_plain(uint32_t len) { outer_gre(0, 0x0800, 0, len); }

static inline void gre_all_fields(uint32_t len)
{
	outer_gre(0xf000, 0x0800, 12 + 8 + 4, len);
	put32(&b, 0xabcd0000);		/* checksum, offset */
	put32(&b, 0x00c0ffee);		/* key */
	put32(&b, 7);			/* sequence */
	put32(&b, 0x08000004);		/* a source route of 4 bytes */
	put32(&b, 0xcb007103);
	put32(&b, 0);			/* the end of them */
}

static inline void nvgre(uint32_t len)
{
	outer_gre(0x2000, 0x6558, 4, len);
	put32(&b, 0x00123405);
}

static inline void gre_mpls(uint32_t len)
{
	outer_gre(0, 0x8847, 4, len);
	put32(&b, 100 << 12 | 0x1ff);
}

static inline void gre_vlan(uint32_t len)
{
	outer_gre(0, 0x8100, 4, len);
	put32(&b, 0x000a0800);
}

static inline void pptp(uint32_t len)
{
	outer_gre(0x3081, 0x880b, 12 + 4, len);
	put16(&b, 4 + len);
	put16(&b, 0x4321);
	put32(&b, 1);
	put32(&b, 2);
	put32(&b, 0xff030021);
}

static inline void wccp(uint32_t len)
{
	outer_gre(0, 0x883e, 4, len);
	put32(&b, 0x00010000);
}

static inline void erspan_1(uint32_t len) { outer_gre(0, 0x88be, 0, len); }

static inline void erspan_2(uint32_t len)
{
	outer_gre(0x1000, 0x88be, 4 + 8, len);
	put32(&b, 9);
	put32(&b, 0x10640123);
	put32(&b, 5);
}

static inline void erspan_3(uint32_t len)
{
	outer_gre(0x1000, 0x22eb, 4 + 12 + 8, len);
	put32(&b, 9);
	put32(&b, 0x20640155);
	put32(&b, 0x11223344);
	put32(&b, 0x00000001);		/* a subheader follows */
	put32(&b, 0);
	put32(&b, 0);
}

static inline void l2tpv3_ip(uint32_t len)
{
	put_ethernet(&b, 0x0800);
	outer4(115, 8 + len);
	put32(&b, 0x0000beef);
	put32(&b, 0xc001d00d);		/* a cookie of four bytes */
}

static inline void l2tpv3_udp(uint32_t len)
{
	outer_udp(1701, 1701, 8 + len);
	put32(&b, 0x00030000);
	put32(&b, 0x0000beef);
}

static inline void l2tp(uint32_t len)
{
	outer_udp(40001, 1701, 8 + 2 + len);
	put16(&b, 0x4002);
	put16(&b, 8 + 2 + len);
	put32(&b, 0x00020003);
	put16(&b, 0x0021);
}

static inline void l2tp_all_fields(uint32_t len)
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

static inline void vxlan(uint32_t len)
{
	outer_udp(51000, 4789, 8 + len);
	put32(&b, 0x08000000);
	put32(&b, 0x12345600);
}

static inline void vxlan_policy(uint32_t len)
{
	outer_udp(51000, 8472, 8 + len);
	put32(&b, 0x88000042);
	put32(&b, 0x12345600);
}

/* Receivers ignore reserved bits. */
static inline void vxlan_reserved(uint32_t len)
{
	outer_udp(51000, 4789, 8 + len);
	put32(&b, 0x48ffffff);
	put32(&b, 0x123456ff);
}

static inline void vxlan_gpe_nsh(uint32_t len)
{
	outer_udp(51000, 4790, 8 + 8 + len);
	put32(&b, 0x0c000004);
	put32(&b, 0x00000700);
	put32(&b, 0x0fc20201);
	put32(&b, 0x00000901);
}

static inline void geneve_options(uint32_t len)
{
	outer_udp(51000, 6081, 8 + 12 + len);
	put32(&b, 0x03406558);
	put32(&b, 0x00abcd00);
	put32(&b, 0x01028001);		/* an option with four bytes, */
	put32(&b, 1);
	put32(&b, 0x01020000);		/* and one without */
}

static inline void geneve_ip(uint32_t len)
{
	outer_udp(51000, 6081, 8 + len);
	put32(&b, 0x00000800);
	put32(&b, 0x00abcd00);
}

static inline void gtp(uint32_t len)
{
	outer_udp(2152, 2152, 8 + len);
	put16(&b, 0x30ff);
	put16(&b, len);
	put32(&b, 0xfeedf00d);
}

static inline void gtp_extensions(uint32_t len)
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

static inline void lisp(uint32_t len)
{
	outer_udp(51000, 4341, 8 + len);
	put32(&b, 0xc8010203);
	put32(&b, 0x00001701);
}

static inline void capwap_80211(uint32_t len)
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

static inline void capwap_8023(uint32_t len)
{
	outer_udp(5247, 51000, 8 + len);
	put32(&b, 0x00100000);
	put32(&b, 0);
}

static inline void mpls_stack(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x8847);
	put32(&b, 17 << 12 | 0x0ff);
	put32(&b, 18 << 12 | 0x0ff);
	put32(&b, 7 << 12 | 0x0ff);	/* an entropy label follows */
	put32(&b, 999 << 12 | 0x100);
}

static inline void mpls_wire(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x8847);
	put32(&b, 21 << 12 | 0x1ff);
	put32(&b, 0);			/* control word */
}

static inline void mpls_wire_bare(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x8847);
	put32(&b, 21 << 12 | 0x1ff);
}

static inline void nsh(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x894f);
	put32(&b, 0x0fc60103);		/* MD type 1: 16 bytes of context */
	put32(&b, 0x00003301);
	put_fill(&b, 0, 16);
}

static inline void pppoe(uint32_t len)
{
	put_ethernet(&b, 0x8864);
	put16(&b, 0x1100);
	put16(&b, 0x0bad);
	put16(&b, 2 + len);
	put16(&b, 0x0021);
}

static inline void pbb(uint32_t len)
{
	(void)len;
	put_ethernet(&b, 0x88a8);
	put16(&b, 5);
	put16(&b, 0x88e7);
	put32(&b, 0x0000a0a0);
}

static inline void fabricpath(uint32_t len)
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
static inline uint32_t build(const struct row *r, uint32_t claimed)
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

static inline bool is_inner(void)
{
	char text[ADDR_TEXT_MAX];

	return !strcmp(addr_format(&p.src, text), "192.0.2.1") && p.dport == 443;
}

static inline bool is_outer(void)
{
	char text[ADDR_TEXT_MAX];

	addr_format(&p.src, text);
	return !strcmp(text, "203.0.113.1") || !strcmp(text, "2001:db8:f::1");
}

static inline void check_bounds(uint32_t cut, enum packet_status s)
{
	EQUAL_INT(p.caplen, cut);
	if (s != PACKET_OK)
		return;
	EQUAL_INT(p.ip_off + p.ip_len <= b.len, true);
	EQUAL_INT(p.payload_off >= p.ip_off, true);
	EQUAL_INT(p.payload_off + p.payload_len <= p.ip_off + p.ip_len, true);
	EQUAL_INT(packet_payload_captured(&p) <= cut, true);
}

#endif
