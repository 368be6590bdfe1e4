/* test_ip.c - IPv4 and IPv6 headers, extension headers, fragments, lengths. */
#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"

enum { ETHERNET = 1, RAW = 101 };

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

static void ipv4_options(void)
{
	start();
	put_ipv4_options(&b, IP_UDP, 60 + 8 + 5, 0, 10);
	put_udp(&b, 13);
	put_pattern(&b, 0, 5);
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.payload_off, 68);
	EQUAL_INT(p.payload_len, 5);
	EQUAL_INT(decode_exact(&b, 59, b.len, RAW, &p), PACKET_BAD_IP);
}

static void ipv4_length_zero_is_the_wire(void)
{
	start();
	put_ipv4(&b, IP_TCP, 0);
	put_tcp(&b, 5);
	put_fill(&b, 0, 20);
	EQUAL_INT(decode_exact(&b, b.len, 200000, RAW, &p), PACKET_OK);
	EQUAL_INT(p.ip_len, 200000);
	EQUAL_INT(p.payload_len, 200000 - 40);
	EQUAL_INT(packet_payload_captured(&p), 20);
}

static void ipv4_length_beyond_the_wire(void)
{
	start();
	put_ipv4(&b, IP_TCP, 9000);
	put_tcp(&b, 5);
	put_fill(&b, 0, 20);
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.ip_len, 60);
	EQUAL_INT(p.payload_len, 20);
}

static void ipv4_bad_lengths(void)
{
	start();
	put_ipv4(&b, IP_TCP, 19);
	put_tcp(&b, 5);
	EQUAL_INT(decode(RAW), PACKET_BAD_IP);
	b.bytes[3] = 20;
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
	b.bytes[3] = 40;
	EQUAL_INT(decode(RAW), PACKET_OK);
	b.bytes[0] = 0x44;
	EQUAL_INT(decode(RAW), PACKET_BAD_IP);
	b.bytes[0] = 0x4f;	/* options beyond the datagram */
	EQUAL_INT(decode(RAW), PACKET_BAD_IP);
	b.bytes[0] = 0x55;
	EQUAL_INT(decode(RAW), PACKET_BAD_IP);
	start();
	EQUAL_INT(decode(RAW), PACKET_BAD_IP);
}

/* A segment of GRO size of which 96 bytes were kept: ordinary input. */
static void ipv4_segment_cut_at_96(void)
{
	start();
	put_ethernet(&b, 0x0800);
	tcp_over_ipv4(&b, 42);
	b.bytes[14 + 2] = 61440 >> 8;
	b.bytes[14 + 3] = 61440 & 0xff;
	EQUAL_INT(decode_exact(&b, 96, 14 + 61440, ETHERNET, &p), PACKET_OK);
	EQUAL_INT(p.caplen, 96);
	EQUAL_INT(p.wirelen, 61454);
	EQUAL_INT(p.ip_len, 61440);
	EQUAL_INT(p.payload_len, 61400);
	EQUAL_INT(packet_payload_captured(&p), 42);
}

static void ipv4_fragments(void)
{
	start();
	put_ipv4_options(&b, IP_UDP, 20 + 24, 0x2000, 0);
	put_fill(&b, 1, 24);
	EQUAL_INT(decode(RAW), PACKET_FRAGMENT);
	EQUAL_INT(p.proto, IP_UDP);
	EQUAL_INT(p.fragment_id, 0x1234);
	EQUAL_INT(p.fragment_off, 0);
	EQUAL_INT(p.fragment_is_last, false);
	EQUAL_INT(p.fragment_data_off, 20);
	EQUAL_INT(p.fragment_data_len, 24);
	start();
	put_ipv4_options(&b, IP_UDP, 20 + 7, 0x1fff, 0);
	put_fill(&b, 1, 7);
	EQUAL_INT(decode(RAW), PACKET_FRAGMENT);
	EQUAL_INT(p.fragment_off, 65528);
	EQUAL_INT(p.fragment_is_last, true);
	start();
	put_ipv4_options(&b, IP_TCP, 40, 0x4000, 0);	/* don't fragment is no fragment */
	put_tcp(&b, 5);
	EQUAL_INT(decode(RAW), PACKET_OK);
}

static void ipv6_extensions(void)
{
	static const uint8_t chain[] = { 0, 43, 60, 135, 139, 140 };
	const unsigned n = sizeof(chain);

	start();
	put_ipv6(&b, chain[0], n * 16 + 20 + 8 + 20 + 3);
	for (unsigned i = 0; i + 1 < n; i++)
		put_extension(&b, chain[i + 1], 1);
	put_extension(&b, 51, 1);
	put8(&b, 44);		/* AH of (3 + 2) * 4 bytes */
	put8(&b, 3);
	put_fill(&b, 0, 18);
	put_ipv6_fragment(&b, IP_TCP, 6, false);	/* atomic (RFC 6946), reserved bits set */
	put_tcp(&b, 5);
	put_fill(&b, 0, 3);
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.proto, IP_TCP);
	EQUAL_INT(p.ttl, 62);
	EQUAL_INT(p.payload_len, 3);
	EQUAL_INT(p.payload_off, b.len - 3);
}

static enum packet_status decode_chain(unsigned n)
{
	start();
	put_ipv6(&b, n ? 60 : IP_UDP, n * 8 + 8);
	for (unsigned i = 1; i <= n; i++)
		put_extension(&b, i < n ? 60 : IP_UDP, 0);
	put_udp(&b, 8);
	return decode(RAW);
}

static void ipv6_extensions_are_bounded(void)
{
	EQUAL_INT(decode_chain(16), PACKET_OK);
	EQUAL_INT(decode_chain(17), PACKET_BAD_EXTENSION);
}

static void ipv6_extension_beyond_the_datagram(void)
{
	start();
	put_ipv6(&b, 60, 16);
	put_extension(&b, IP_UDP, 1);
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
	b.bytes[41] = 2;
	EQUAL_INT(decode(RAW), PACKET_BAD_EXTENSION);
	b.bytes[41] = 255;
	EQUAL_INT(decode(RAW), PACKET_BAD_EXTENSION);
}

static void ipv6_no_next_header(void)
{
	static const uint8_t protos[] = { 59, 99 };

	for (size_t i = 0; i < sizeof(protos); i++) {
		start();
		put_ethernet(&b, 0x86dd);
		put_ipv6(&b, protos[i], 0);
		put_fill(&b, 0, 6);	/* padding */
		EQUAL_INT(decode(ETHERNET), PACKET_OK);
		EQUAL_INT(p.proto, protos[i]);
		EQUAL_INT(p.ip_len, 40);
		EQUAL_INT(p.payload_len, 0);
		EQUAL_INT(p.sport, 0);
	}
}

static void ipv6_jumbogram(void)
{
	start();
	put_ipv6(&b, 0, 0);
	put8(&b, IP_UDP);
	put8(&b, 0);
	put16(&b, 0xc204);
	put32(&b, 100000);
	put_udp(&b, 0);
	put_fill(&b, 0, 10);
	EQUAL_INT(decode_exact(&b, b.len, 40 + 100000, RAW, &p), PACKET_OK);
	EQUAL_INT(p.ip_len, 100040);
	EQUAL_INT(p.payload_len, 100000 - 8 - 8);
	EQUAL_INT(packet_payload_captured(&p), 10);
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);	/* no jumbogram, so 0 is no length */
}

static void ipv6_fragment(void)
{
	start();
	put_ipv6(&b, 60, 8 + 8 + 16);
	put_extension(&b, 44, 0);
	put_ipv6_fragment(&b, IP_UDP, 1480, true);
	put_fill(&b, 0, 16);
	EQUAL_INT(decode(RAW), PACKET_FRAGMENT);
	EQUAL_INT(p.proto, IP_UDP);
	EQUAL_INT(p.fragment_id, 0xcafe0001);
	EQUAL_INT(p.fragment_off, 1480);
	EQUAL_INT(p.fragment_is_last, false);
	EQUAL_INT(p.fragment_data_off, 56);
	EQUAL_INT(p.fragment_data_len, 16);
}

static void ip_version_contradicts_ethertype(void)
{
	start();
	put_ethernet(&b, 0x86dd);
	tcp_over_ipv4(&b, 20);
	EQUAL_INT(decode(ETHERNET), PACKET_BAD_IP);
	start();
	put_ethernet(&b, 0x0800);
	udp_over_ipv6(&b, 20);
	EQUAL_INT(decode(ETHERNET), PACKET_BAD_IP);
}

static CU_TestInfo ip_tests[] = {
	{ "IPv4 options", ipv4_options },
	{ "IPv4 total length 0", ipv4_length_zero_is_the_wire },
	{ "IPv4 total length beyond the wire", ipv4_length_beyond_the_wire },
	{ "IPv4 header and total length errors", ipv4_bad_lengths },
	{ "IPv4 segment of 61 440 bytes cut at 96", ipv4_segment_cut_at_96 },
	{ "IPv4 fragments", ipv4_fragments },
	{ "IPv6 with every extension header", ipv6_extensions },
	{ "IPv6 extension headers are bounded in number", ipv6_extensions_are_bounded },
	{ "IPv6 extension header beyond the datagram", ipv6_extension_beyond_the_datagram },
	{ "IPv6 no next header", ipv6_no_next_header },
	{ "IPv6 jumbogram", ipv6_jumbogram },
	{ "IPv6 fragment", ipv6_fragment },
	{ "IP version contradicts the ethertype", ip_version_contradicts_ethertype },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "packet ip", .pTests = ip_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
