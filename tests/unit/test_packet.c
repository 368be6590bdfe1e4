/* test_packet.c - the walk as a whole: frames cut at every length, link types, names. */
#include "packet/packet.h"
#include "packet_build.h"
#include "tap.h"

enum { ETHERNET = 1, NULL_LINK = 0, RAW = 101, SLL = 113 };

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

static void link_types(void)
{
	static const uint16_t known[] = {
		0, 1, 8, 9, 10, 12, 14, 50, 51, 100, 101, 104, 105, 107, 108, 113, 119,
		123, 127, 129,
		143, 149, 163, 166, 192, 204, 219, 226, 228, 229, 239, 242, 258, 276, 281,
		282, 284, 285
	};
	unsigned n = 0;

	for (unsigned link = 0; link <= UINT16_MAX; link++)
		n += packet_link_is_known((uint16_t)link);
	EQUAL_INT(n, sizeof(known) / sizeof(known[0]));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		EQUAL_INT(packet_link_is_known(known[i]), true);
	start();
	tcp_over_ipv4(&b, 1);
	EQUAL_INT(decode(147), PACKET_UNKNOWN_LINK);
	EQUAL_INT(decode(UINT16_MAX), PACKET_UNKNOWN_LINK);
}

/* Every cut of b: nothing is read beyond it (AddressSanitizer), the result stays within the
 * bounds, and a longer capture never knows less. */
static void cut_everywhere(uint16_t link, uint32_t wirelen)
{
	bool was_ok = false;

	for (uint32_t cut = 0; cut <= b.len; cut++) {
		enum packet_status s = decode_exact(&b, cut, wirelen, link, &p);

		EQUAL_INT(p.caplen, cut);
		if (s != PACKET_OK) {
			EQUAL_INT(was_ok, false);
			continue;
		}
		was_ok = true;
		EQUAL_INT(p.ip_off + p.ip_len <= wirelen, true);
		EQUAL_INT(p.payload_off + p.payload_len <= p.ip_off + p.ip_len, true);
		EQUAL_INT(packet_payload_captured(&p) <= cut, true);
	}
	EQUAL_INT(was_ok, true);
}

static void cut_at_every_length(void)
{
	start();
	put_ethernet(&b, 0x8100);
	put16(&b, 1);
	put16(&b, 0x88a8);
	put16(&b, 2);
	put16(&b, 0x0800);
	put_ipv4_options(&b, IP_TCP, 60 + 60 + 9, 0, 10);
	put_tcp(&b, 15);
	put_fill(&b, 0, 9);
	cut_everywhere(ETHERNET, b.len);
	cut_everywhere(ETHERNET, UINT32_MAX);
	start();
	put_sll(&b, 1, 0x0004);
	put_snap(&b, 0, 0x86dd);
	put_ipv6(&b, 0, 24 + 24 + 8 + 8 + 5);
	put_extension(&b, 51, 2);
	put8(&b, 44);
	put8(&b, 4);
	put_fill(&b, 0, 22);
	put_ipv6_fragment(&b, IP_UDP, 0, false);
	put_udp(&b, 13);
	put_fill(&b, 0, 5);
	cut_everywhere(SLL, b.len);
	start();
	put32(&b, 30);
	put_ipv6(&b, IP_ICMPV6, 20);
	put_fill(&b, 0x80, 20);
	cut_everywhere(NULL_LINK, b.len);
}

/* Sources repair caplen > wirelen; decoding does not depend on it. */
static void captured_more_than_the_wire(void)
{
	start();
	tcp_over_ipv4(&b, 10);
	EQUAL_INT(decode_exact(&b, b.len, 44, RAW, &p), PACKET_OK);
	EQUAL_INT(p.caplen, 44);
	EQUAL_INT(p.ip_len, 44);
	EQUAL_INT(p.payload_len, 4);
	EQUAL_INT(packet_payload_captured(&p), 4);
	EQUAL_INT(decode_exact(&b, b.len, 0, RAW, &p), PACKET_BAD_IP);
}

static void status_names(void)
{
	EQUAL_TEXT(packet_status_name(PACKET_OK), "ok");
	EQUAL_TEXT(packet_status_name(PACKET_NOT_IP), "not_ip");
	EQUAL_TEXT(packet_status_name(PACKET_BAD_TRANSPORT), "bad_transport");
	EQUAL_TEXT(packet_status_name(PACKET_STATUSES), "unknown");
	for (int i = 0; i < PACKET_STATUSES; i++)
		for (int j = 0; j < i; j++)
			EQUAL_INT(!strcmp(packet_status_name(i), packet_status_name(j)), 0);
}

static CU_TestInfo packet_tests[] = {
	{ "the known link types", link_types },
	{ "status names", status_names },
	{ "cut at every length", cut_at_every_length },
	{ "captured more than the wire had", captured_more_than_the_wire },
	CU_TEST_INFO_NULL
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "packet", .pTests = packet_tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
