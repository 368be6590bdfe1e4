/* test_guard.c - the copy that nDPI reads: true headers, bounded, zeros behind. */
#include "tap.h"
#include <string.h>
#include "base/bytes.h"
#include "dpi/guard.h"
#include "dpi_samples.h"

static struct guard guard;

static int make_guard(void)
{
	return guard_init(&guard, false);
}

static int free_guard(void)
{
	guard_clear(&guard);
	return 0;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static void test_ipv4_tcp(void)
{
	struct talk t = talk_http("files.vendor.example");
	struct packet p = talk_packet(&t, false, t.pieces[0].bytes, t.pieces[0].len);
	struct guard_copy c;

	guard_make(&guard, &p, &c);
	EQUAL_INT(c.len, 40 + p.payload_len);
	EQUAL_INT(c.payload_len, p.payload_len);
	CU_ASSERT(!c.is_cut);
	EQUAL_INT(c.bytes[0], 0x45);
	EQUAL_INT(net_get16(c.bytes + 2), c.len);
	EQUAL_INT(net_get16(c.bytes + 6), 0);
	EQUAL_INT(c.bytes[9], IP_TCP);
	EQUAL_INT(net_get32(c.bytes + 12), 0xc000020a);
	EQUAL_INT(net_get32(c.bytes + 16), 0xc6336414);
	EQUAL_INT(net_get16(c.bytes + 20), 50003);
	EQUAL_INT(net_get16(c.bytes + 22), 80);
	EQUAL_INT(net_get32(c.bytes + 24), 1000);
	EQUAL_INT(net_get32(c.bytes + 28), 5000);
	EQUAL_INT(c.bytes[32] >> 4, 5);
	EQUAL_INT(c.bytes[33], PACKET_ACK | PACKET_PSH);
	CU_ASSERT(!memcmp(c.bytes + 40, p.bytes, p.payload_len));
	CU_ASSERT(is_zero(c.bytes + c.len, GUARD_PAD));
	EQUAL_INT((uintptr_t)c.bytes % 16, 0);
}

static void test_ipv6_udp(void)
{
	struct talk t = talk_dns("update.vendor.example");
	struct packet p;
	struct guard_copy c;

	t.ip_version = 6;
	p = talk_packet(&t, true, t.pieces[0].bytes, t.pieces[0].len);
	guard_make(&guard, &p, &c);
	EQUAL_INT(c.len, 48 + p.payload_len);
	EQUAL_INT(c.bytes[0], 0x60);
	EQUAL_INT(net_get16(c.bytes + 4), 8 + p.payload_len);
	EQUAL_INT(c.bytes[6], IP_UDP);
	CU_ASSERT(!memcmp(c.bytes + 8, p.src.bytes, 16));
	CU_ASSERT(!memcmp(c.bytes + 24, p.dst.bytes, 16));
	EQUAL_INT(net_get16(c.bytes + 40), 53);
	EQUAL_INT(net_get16(c.bytes + 44), 8 + p.payload_len);
	CU_ASSERT(!memcmp(c.bytes + 48, p.bytes, p.payload_len));
}

/* A segment of the network card's making, and then a short one: no byte of the first is left. */
static void test_bound_and_leftovers(void)
{
	static uint8_t big[200000];
	struct talk t = talk_make("bulk", IP_TCP, 1, 2);
	struct packet p = talk_packet(&t, false, big, sizeof(big));
	struct guard_copy c;

	memset(big, 0xee, sizeof(big));
	guard_make(&guard, &p, &c);
	EQUAL_INT(c.len, DPI_BYTES_MAX);
	EQUAL_INT(net_get16(c.bytes + 2), DPI_BYTES_MAX);
	CU_ASSERT(!c.is_cut);
	CU_ASSERT(is_zero(c.bytes + c.len, GUARD_PAD));
	p = talk_packet(&t, false, big, 10);
	guard_make(&guard, &p, &c);
	EQUAL_INT(c.len, 50);
	CU_ASSERT(is_zero(c.bytes + c.len, DPI_BYTES_MAX + GUARD_PAD - c.len));
}

/* Cut by a snapshot length: the true length, zeros for what is missing. */
static void test_cut(void)
{
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct talk t = talk_make("cut", IP_UDP, 1, 2);
	struct packet p = talk_packet(&t, false, bytes, sizeof(bytes));
	struct guard_copy c;

	p.payload_len = p.wirelen = 1400;
	guard_make(&guard, &p, &c);
	CU_ASSERT(c.is_cut);
	EQUAL_INT(c.len, 28 + 1400);
	EQUAL_INT(net_get16(c.bytes + 2), c.len);
	CU_ASSERT(!memcmp(c.bytes + 28, bytes, 4));
	CU_ASSERT(is_zero(c.bytes + 32, 1396));
	p.payload_off = 5000;	/* the header itself was cut */
	guard_make(&guard, &p, &c);
	CU_ASSERT(is_zero(c.bytes + 28, 1400));
}

static void test_other_transports(void)
{
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct talk t = talk_make("icmp", IP_ICMP, 8, 1);
	struct packet p = talk_packet(&t, false, bytes, sizeof(bytes));
	struct guard_copy c;

	guard_make(&guard, &p, &c);
	EQUAL_INT(c.len, 32);
	EQUAL_INT(c.bytes[20], 8);
	EQUAL_INT(c.bytes[21], 1);
	p.proto = 47;
	guard_make(&guard, &p, &c);
	EQUAL_INT(c.len, 24);
	EQUAL_INT(c.bytes[9], 47);
	CU_ASSERT(!memcmp(c.bytes + 20, bytes, 4));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "IPv4 and TCP", test_ipv4_tcp },
		{ "IPv6 and UDP", test_ipv6_udp },
		{ "bounded, nothing left over", test_bound_and_leftovers },
		{ "cut packets", test_cut },
		{ "other transports", test_other_transports },
		CU_TEST_INFO_NULL
	};
	CU_SuiteInfo suites[] = {
		{ "guard", make_guard, free_guard, NULL, NULL, tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
