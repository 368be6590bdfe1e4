/* test_transport.c - TCP, UDP, ICMP, SCTP, and headers cut by the snap length. */
#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"

enum { RAW = 101 };

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

static void tcp_data_offset(void)
{
	start();
	put_ipv4(&b, IP_TCP, 20 + 60 + 2);
	put_tcp(&b, 15);
	put_fill(&b, 0, 2);
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.payload_off, 80);
	EQUAL_INT(p.payload_len, 2);
	b.bytes[20 + 12] = 4 << 4;
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
	b.bytes[20 + 12] = 15 << 4;
	b.bytes[3] = 79;	/* options end beyond the datagram */
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
}

/* What a snap length leaves of a header is used as far as accounting needs it. */
static void tcp_header_cut(void)
{
	start();
	put_ipv4(&b, IP_TCP, 20 + 32 + 1000);
	put_tcp(&b, 8);
	EQUAL_INT(decode_exact(&b, 20 + 13, 1052, RAW, &p), PACKET_BAD_TRANSPORT);
	EQUAL_INT(decode_exact(&b, 20 + 14, 1052, RAW, &p), PACKET_OK);
	EQUAL_INT(p.payload_len, 1000);
	EQUAL_INT(p.payload_off, 52);
	EQUAL_INT(packet_payload_captured(&p), 0);
	EQUAL_INT(p.tcp_flags, PACKET_PSH | PACKET_ACK);
	EQUAL_INT(p.window, 0);
	EQUAL_INT(decode_exact(&b, 20 + 16, 1052, RAW, &p), PACKET_OK);
	EQUAL_INT(p.window, 512);
}

static void udp_lengths(void)
{
	start();
	put_ipv4(&b, IP_UDP, 28 + 20);
	put_udp(&b, 8 + 12);
	put_fill(&b, 0, 20);
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.payload_len, 12);
	EQUAL_INT(p.ip_len, 48);
	b.bytes[25] = 200;	/* more than IP has: bounded by it */
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.payload_len, 20);
	b.bytes[25] = 8;
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.payload_len, 0);
	b.bytes[25] = 7;
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
	b.bytes[25] = 0;
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
	b.bytes[3] = 27;	/* less than a UDP header by IP */
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
}

static void udp_header_cut(void)
{
	start();
	put_ipv4(&b, IP_UDP, 28 + 500);
	put_udp(&b, 8 + 400);
	EQUAL_INT(decode_exact(&b, 23, 528, RAW, &p), PACKET_BAD_TRANSPORT);
	EQUAL_INT(decode_exact(&b, 24, 528, RAW, &p), PACKET_OK);
	EQUAL_INT(p.sport, 50000);
	EQUAL_INT(p.payload_len, 500);	/* by IP: the field was not captured */
	EQUAL_INT(decode_exact(&b, 26, 528, RAW, &p), PACKET_OK);
	EQUAL_INT(p.payload_len, 400);
}

static void icmp(void)
{
	start();
	put_ipv4(&b, IP_ICMP, 28 + 6);
	put16(&b, 0x0301);
	put_fill(&b, 0, 12);
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.sport, 3);
	EQUAL_INT(p.dport, 1);
	EQUAL_INT(p.payload_off, 28);
	EQUAL_INT(p.payload_len, 6);
	EQUAL_INT(decode_exact(&b, 22, b.len, RAW, &p), PACKET_OK);
	EQUAL_INT(p.payload_len, 6);
	EQUAL_INT(decode_exact(&b, 21, b.len, RAW, &p), PACKET_BAD_TRANSPORT);
	b.bytes[3] = 24;
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.payload_len, 0);
	b.bytes[3] = 23;
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
	start();
	put_ipv6(&b, IP_ICMPV6, 24);
	put16(&b, 0x8700);
	put_fill(&b, 0, 22);
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.sport, 135);
	EQUAL_INT(p.payload_len, 16);
}

static void sctp(void)
{
	start();
	put_ipv4(&b, IP_SCTP, 20 + 12 + 16);
	put16(&b, 2905);
	put16(&b, 2906);
	put_fill(&b, 0, 24);
	EQUAL_INT(decode(RAW), PACKET_OK);
	EQUAL_INT(p.sport, 2905);
	EQUAL_INT(p.dport, 2906);
	EQUAL_INT(p.payload_len, 16);
	EQUAL_INT(decode_exact(&b, 24, b.len, RAW, &p), PACKET_OK);
	b.bytes[3] = 31;
	EQUAL_INT(decode(RAW), PACKET_BAD_TRANSPORT);
}

static void unknown_transport(void)
{
	static const uint8_t protos[] = { 50, 47, 4, 89, 255 };

	for (size_t i = 0; i < sizeof(protos); i++) {
		start();
		put_ipv4(&b, protos[i], 20 + 33);
		put_fill(&b, 0x99, 33);
		EQUAL_INT(decode(RAW), PACKET_OK);
		EQUAL_INT(p.proto, protos[i]);
		EQUAL_INT(p.sport, 0);
		EQUAL_INT(p.dport, 0);
		EQUAL_INT(p.payload_off, 20);
		EQUAL_INT(p.payload_len, 33);
	}
}

static CU_TestInfo transport_tests[] = {
	{ "TCP data offset", tcp_data_offset },
	{ "TCP header cut by the snap length", tcp_header_cut },
	{ "UDP length field", udp_lengths },
	{ "UDP header cut by the snap length", udp_header_cut },
	{ "ICMP and ICMPv6", icmp },
	{ "SCTP", sctp },
	{ "unknown transports", unknown_transport },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "packet transport", .pTests = transport_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
