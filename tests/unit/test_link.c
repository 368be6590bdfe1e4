/* test_link.c - Ethernet, VLAN tags, LLC, Linux cooked, loopback, raw IP. */
#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"

enum { ETHERNET = 1, NULL_LINK = 0, LOOP = 108, RAW = 101, SLL = 113, SLL2 = 276 };

static struct build b;		/* emptied by start() */
static struct packet p;

static void start(void)
{
	b.len = 0;
}

static enum packet_status decode(uint16_t link)
{
	return decode_exact(&b, b.len, b.len, link, &p);
}

static void ethernet_ipv4_tcp(void)
{
	char text[ADDR_TEXT_MAX];

	start();
	put_ethernet(&b, 0x0800);
	tcp_over_ipv4(&b, 10);
	EQUAL_INT(decode(ETHERNET), PACKET_OK);
	EQUAL_TEXT(addr_format(&p.src, text), "192.0.2.1");
	EQUAL_TEXT(addr_format(&p.dst, text), "198.51.100.2");
	EQUAL_INT(p.ts_ns, 5);
	EQUAL_INT(p.tap, 3);
	EQUAL_INT(p.caplen, 64);
	EQUAL_INT(p.wirelen, 64);
	EQUAL_INT(p.ip_version, 4);
	EQUAL_INT(p.proto, IP_TCP);
	EQUAL_INT(p.ttl, 61);
	EQUAL_INT(p.sport, 40000);
	EQUAL_INT(p.dport, 443);
	EQUAL_INT(p.seq, 0x01020304);
	EQUAL_INT(p.ack, 0x05060708);
	EQUAL_INT(p.tcp_flags, PACKET_PSH | PACKET_ACK);
	EQUAL_INT(p.window, 512);
	EQUAL_INT(p.ip_off, 14);
	EQUAL_INT(p.ip_len, 50);
	EQUAL_INT(p.payload_off, 54);
	EQUAL_INT(p.payload_len, 10);
	EQUAL_INT(packet_payload_captured(&p), 10);
	EQUAL_INT(p.vlans, 0);
	EQUAL_INT(p.has_macs, true);
	EQUAL_INT(p.dst_mac[5], 0x55);
	EQUAL_INT(p.src_mac[5], 0x01);
	EQUAL_INT(p.is_reassembled, false);
}

static void ethernet_padding_is_no_payload(void)
{
	start();
	put_ethernet(&b, 0x0800);
	tcp_over_ipv4(&b, 0);
	put_fill(&b, 0xee, 6);
	EQUAL_INT(decode(ETHERNET), PACKET_OK);
	EQUAL_INT(p.ip_len, 40);
	EQUAL_INT(p.payload_len, 0);
	EQUAL_INT(p.wirelen, 60);
}

static void ethernet_others(void)
{
	static const uint16_t not_ip[] = { 0x88cc, 0x8137, 0x8863, 0x0600, 0x05ff, 0x05dd };

	start();
	put_ethernet(&b, 0x0806);
	put_fill(&b, 0, 28);
	EQUAL_INT(decode(ETHERNET), PACKET_ARP);
	for (size_t i = 0; i < sizeof(not_ip) / sizeof(not_ip[0]); i++) {
		start();
		put_ethernet(&b, not_ip[i]);
		put_fill(&b, 0x45, 60);
		EQUAL_INT(decode(ETHERNET), PACKET_NOT_IP);
	}
}

static void vlan_tags(void)
{
	start();
	put_ethernet(&b, 0x88a8);
	put16(&b, 0xf064);
	put16(&b, 0x8100);
	put16(&b, 0x0fff);
	put16(&b, 0x86dd);
	udp_over_ipv6(&b, 4);
	EQUAL_INT(decode(ETHERNET), PACKET_OK);
	EQUAL_INT(p.vlans, 2);
	EQUAL_INT(p.vlan[0], 100);
	EQUAL_INT(p.vlan[1], 0xfff);
	EQUAL_INT(p.ip_off, 22);
	EQUAL_INT(p.dport, 53);
}

/* A row of tags 1..n of all four tag types in turn. */
static enum packet_status decode_tags(unsigned n)
{
	static const uint16_t types[] = { 0x8100, 0x88a8, 0x9100, 0x9200 };

	start();
	put_ethernet(&b, n ? types[0] : 0x0800);
	for (unsigned i = 1; i <= n; i++) {
		put16(&b, i);
		put16(&b, i < n ? types[i % 4] : 0x0800);
	}
	tcp_over_ipv4(&b, 0);
	return decode(ETHERNET);
}

static void vlan_depth(void)
{
	EQUAL_INT(decode_tags(8), PACKET_OK);
	EQUAL_INT(p.vlans, 2);
	EQUAL_INT(p.vlan[0], 1);
	EQUAL_INT(p.vlan[1], 2);
	EQUAL_INT(decode_tags(9), PACKET_BAD_LINK);
}

static void vlan_priority_tag_names_no_vlan(void)
{
	start();
	put_ethernet(&b, 0x8100);
	put16(&b, 0xe000);
	put16(&b, 0x8100);
	put16(&b, 7);
	put16(&b, 0x0800);
	tcp_over_ipv4(&b, 0);
	EQUAL_INT(decode(ETHERNET), PACKET_OK);
	EQUAL_INT(p.vlans, 1);
	EQUAL_INT(p.vlan[0], 7);
}

static enum packet_status decode_snap(unsigned oui, unsigned type)
{
	start();
	put_ethernet(&b, 48);
	put_snap(&b, oui, type);
	tcp_over_ipv4(&b, 0);
	return decode(ETHERNET);
}

static void llc(void)
{
	EQUAL_INT(decode_snap(0, 0x0800), PACKET_OK);
	EQUAL_INT(p.ip_off, 22);
	EQUAL_INT(decode_snap(0xf8, 0x0800), PACKET_OK);
	EQUAL_INT(decode_snap(0, 0x0806), PACKET_ARP);
	EQUAL_INT(decode_snap(0x00000c, 0x2000), PACKET_NOT_IP);
	EQUAL_INT(decode_snap(0, 48), PACKET_NOT_IP);
	start();
	put_ethernet(&b, 38);
	put16(&b, 0x4242);	/* spanning tree */
	put_fill(&b, 3, 36);
	EQUAL_INT(decode(ETHERNET), PACKET_NOT_IP);
	start();
	put_ethernet(&b, 43);
	put16(&b, 0x0606);
	put8(&b, 3);
	tcp_over_ipv4(&b, 0);
	EQUAL_INT(decode(ETHERNET), PACKET_OK);
	EQUAL_INT(p.ip_off, 17);
}

static void llc_behind_a_tag(void)
{
	start();
	put_ethernet(&b, 0x8100);
	put16(&b, 9);
	put16(&b, 48);
	put_snap(&b, 0, 0x0800);
	tcp_over_ipv4(&b, 0);
	EQUAL_INT(decode(ETHERNET), PACKET_OK);
	EQUAL_INT(p.vlan[0], 9);
	EQUAL_INT(p.ip_off, 26);
}

static void cooked(void)
{
	start();
	put_sll(&b, 1, 0x0800);
	tcp_over_ipv4(&b, 1);
	EQUAL_INT(decode(SLL), PACKET_OK);
	EQUAL_INT(p.ip_off, 16);
	EQUAL_INT(p.has_macs, true);
	EQUAL_INT(p.src_mac[5], 7);
	EQUAL_INT(p.dst_mac[0], 0);
	start();
	put_sll(&b, 1, 0x8100);
	put16(&b, 77);
	put16(&b, 0x86dd);
	udp_over_ipv6(&b, 1);
	EQUAL_INT(decode(SLL), PACKET_OK);
	EQUAL_INT(p.vlan[0], 77);
	start();
	put_sll(&b, 772, 0x0800);
	tcp_over_ipv4(&b, 1);
	EQUAL_INT(decode(SLL), PACKET_OK);
	EQUAL_INT(p.has_macs, false);
}

static void cooked_others(void)
{
	start();
	put_sll(&b, 824, 0x0800);	/* netlink: the protocol is a netlink family */
	tcp_over_ipv4(&b, 1);
	EQUAL_INT(decode(SLL), PACKET_NOT_IP);
	start();
	put_sll(&b, 1, 0x0001);
	put_fill(&b, 0xff, 30);
	EQUAL_INT(decode(SLL), PACKET_NOT_IP);
	start();
	put_sll(&b, 1, 0x0004);
	put_snap(&b, 0, 0x0800);
	tcp_over_ipv4(&b, 0);
	EQUAL_INT(decode(SLL), PACKET_OK);
	EQUAL_INT(p.ip_off, 24);
	start();
	put_sll(&b, 1, 0x0806);
	EQUAL_INT(decode(SLL), PACKET_ARP);
}

static void cooked2(void)
{
	start();
	put16(&b, 0x86dd);
	put16(&b, 0);
	put32(&b, 2);
	put16(&b, 1);
	put8(&b, 0);
	put8(&b, 6);
	put32(&b, 0x02000000);
	put32(&b, 0x00090000);
	udp_over_ipv6(&b, 3);
	EQUAL_INT(decode(SLL2), PACKET_OK);
	EQUAL_INT(p.ip_off, 20);
	EQUAL_INT(p.src_mac[5], 9);
	EQUAL_INT(p.payload_len, 3);
}

static enum packet_status decode_loopback(uint16_t link, uint32_t family, bool is_ipv6)
{
	start();
	put32(&b, family);
	if (is_ipv6)
		udp_over_ipv6(&b, 1);
	else
		tcp_over_ipv4(&b, 1);
	return decode(link);
}

static void loopback(void)
{
	static const uint8_t ipv6[] = { 10, 23, 24, 28, 30 };

	EQUAL_INT(decode_loopback(NULL_LINK, 2, false), PACKET_OK);
	EQUAL_INT(decode_loopback(NULL_LINK, 2U << 24, false), PACKET_OK);
	EQUAL_INT(decode_loopback(LOOP, 2, false), PACKET_OK);
	EQUAL_INT(decode_loopback(LOOP, 2U << 24, false), PACKET_NOT_IP);
	for (size_t i = 0; i < sizeof(ipv6); i++) {
		EQUAL_INT(decode_loopback(NULL_LINK, ipv6[i], true), PACKET_OK);
		EQUAL_INT(decode_loopback(NULL_LINK, (uint32_t)ipv6[i] << 24, true), PACKET_OK);
		EQUAL_INT(decode_loopback(LOOP, ipv6[i], true), PACKET_OK);
	}
	EQUAL_INT(p.ip_off, 4);
	EQUAL_INT(decode_loopback(NULL_LINK, 7, false), PACKET_NOT_IP);
	EQUAL_INT(decode_loopback(NULL_LINK, 0xdeadbeef, false), PACKET_NOT_IP);
	EQUAL_INT(decode_loopback(NULL_LINK, 2, true), PACKET_BAD_IP);
}

static void raw_ip(void)
{
	static const uint16_t any[] = { RAW, 12, 14 };

	for (size_t i = 0; i < 3; i++) {
		start();
		tcp_over_ipv4(&b, 1);
		EQUAL_INT(decode(any[i]), PACKET_OK);
		start();
		udp_over_ipv6(&b, 1);
		EQUAL_INT(decode(any[i]), PACKET_OK);
	}
	EQUAL_INT(decode(229), PACKET_OK);
	EQUAL_INT(decode(228), PACKET_BAD_IP);
	start();
	tcp_over_ipv4(&b, 1);
	EQUAL_INT(decode(228), PACKET_OK);
	EQUAL_INT(decode(229), PACKET_BAD_IP);
	EQUAL_INT(p.has_macs, false);
}

static CU_TestInfo link_tests[] = {
	{ "Ethernet, IPv4, TCP: every field", ethernet_ipv4_tcp },
	{ "Ethernet padding is no payload", ethernet_padding_is_no_payload },
	{ "ARP and other ethertypes", ethernet_others },
	{ "802.1ad over 802.1Q", vlan_tags },
	{ "eight tags are walked, nine refused", vlan_depth },
	{ "a priority tag names no VLAN", vlan_priority_tag_names_no_vlan },
	{ "802.3 length, LLC and SNAP", llc },
	{ "LLC behind a VLAN tag", llc_behind_a_tag },
	{ "Linux cooked", cooked },
	{ "Linux cooked: netlink, Novell, LLC, ARP", cooked_others },
	{ "Linux cooked, version 2", cooked2 },
	{ "loopback in both byte orders, every AF_INET6", loopback },
	{ "raw IP", raw_ip },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "packet link", .pTests = link_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
