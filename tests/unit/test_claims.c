/* test_claims.c - ARP, neighbour discovery, router advertisements and DHCP, made by hand and cut at
 * every byte.  Pieces lie in heap buffers of exactly their size. */
#include "tap.h"
#include <stdlib.h>
#include <string.h>
#include "dpi/claims.h"

#define NODE 0x02, 0x00, 0x5e, 0x00, 0x53, 0x01

static const uint8_t node[6] = { NODE };

static uint8_t *exactly(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, bytes, len);
	return copy;
}

static const char *text(struct addr a)
{
	static char buf[ADDR_TEXT_MAX];

	return addr_format(&a, buf);
}

/* --- ARP -------------------------------------------------------------------------------- */

static const uint8_t arp[28] = { 0, 1, 8, 0, 6, 4, 0, 2, NODE, 192, 0, 2, 7,
				 2, 0, 0x5e, 0, 0x53, 2, 192, 0, 2, 9 };

static void test_arp(void)
{
	uint8_t other[28];
	struct claims_arp a;

	EQUAL_INT(claims_arp(arp, sizeof(arp), &a), true);
	EQUAL_INT(a.operation, 2);
	EQUAL_INT(memcmp(a.sender_mac, node, 6), 0);
	EQUAL_TEXT(text(a.sender), "192.0.2.7");
	EQUAL_TEXT(text(a.target), "192.0.2.9");
	EQUAL_INT(a.is_announcement || a.is_probe, false);
	memcpy(other, arp, sizeof(arp));
	memcpy(other + 24, arp + 14, 4);
	EQUAL_INT(claims_arp(other, sizeof(other), &a), true);
	EQUAL_INT(a.is_announcement, true);
	other[7] = 1;
	memset(other + 14, 0, 4);
	EQUAL_INT(claims_arp(other, sizeof(other), &a), true);
	EQUAL_INT(a.is_probe, true);
	EQUAL_INT(a.is_announcement, false);
	other[5] = 16;
	EQUAL_INT(claims_arp(other, sizeof(other), &a), false);
}

static void test_arp_cut(void)
{
	struct claims_arp a;

	for (size_t n = 0; n < sizeof(arp); n++) {
		uint8_t *copy = exactly(arp, n);

		EQUAL_INT(claims_arp(copy, n, &a), false);
		free(copy);
	}
}

/* --- neighbour discovery ------------------------------------------------------------------ */

static const uint8_t advertisement[32] = {
	136, 0, 0, 0, 0xa0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	2, 1, NODE,
};

static const uint8_t router[16 + 8 + 8 + 32 + 24] = {
	134, 0, 0, 0, 64, 0xc8, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0,
	1, 1, NODE,
	5, 1, 0, 0, 0, 0, 0x05, 0xdc,
	3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x07, 0x08, 0, 0, 0, 0,
	0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	25, 3, 0, 0, 0, 0, 0, 60, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
};

static void test_advertisement(void)
{
	struct claims_nd nd;

	EQUAL_INT(claims_nd(advertisement, sizeof(advertisement), 255, &nd), true);
	EQUAL_INT(nd.type, CLAIMS_ADVERTISEMENT);
	EQUAL_TEXT(text(nd.target), "2001:db8::1");
	EQUAL_INT(nd.has_mac, true);
	EQUAL_INT(memcmp(nd.mac, node, 6), 0);
	EQUAL_INT(nd.is_router, true);
	EQUAL_INT(nd.is_solicited, false);
	EQUAL_INT(nd.is_override, true);
	EQUAL_INT(claims_nd(advertisement, sizeof(advertisement), 254, &nd), false);
}

static void test_router(void)
{
	struct claims_nd nd;

	EQUAL_INT(claims_nd(router, sizeof(router), 255, &nd), true);
	EQUAL_INT(nd.is_managed, true);
	EQUAL_INT(nd.has_other, true);
	EQUAL_INT(nd.preference, 1);
	EQUAL_INT(nd.lifetime_s, 1800);
	EQUAL_INT(nd.mtu, 1500);
	EQUAL_INT(nd.prefixes, 1);
	EQUAL_TEXT(text(nd.prefix[0].addr), "2001:db8:1::");
	EQUAL_INT(nd.prefix[0].len, 64);
	EQUAL_INT(nd.prefix[0].is_on_link && nd.prefix[0].is_autonomous, true);
	EQUAL_INT(nd.prefix[0].valid_s, 3600);
	EQUAL_INT(nd.dns.n, 1);
	EQUAL_TEXT(text(nd.dns.addr[0]), "2001:db8::53");
}

static void test_nd_cut(void)
{
	struct claims_nd nd;

	for (size_t n = 0; n < sizeof(router); n++) {
		uint8_t *copy = exactly(router, n);

		EQUAL_INT(claims_nd(copy, n, 255, &nd), n >= 16);
		EQUAL_INT(nd.prefixes, n >= 64);
		EQUAL_INT(nd.dns.n, 0);
		free(copy);
	}
}

/* An option of length zero must not be read for ever; more prefixes than are kept are counted. */
static void test_nd_hostile(void)
{
	uint8_t bytes[16 + 6 * 32] = { 134, 0, 0, 0, 64, 0x18, 0, 0 };
	struct claims_nd nd;

	EQUAL_INT(claims_nd(bytes, sizeof(bytes), 255, &nd), true);
	EQUAL_INT(nd.preference, -1);
	for (int i = 0; i < 6; i++)
		memcpy(bytes + 16 + 32 * i, "\x03\x04\x40\xc0", 4);
	EQUAL_INT(claims_nd(bytes, sizeof(bytes), 255, &nd), true);
	EQUAL_INT(nd.prefixes, CLAIMS_LIST_MAX);
	EQUAL_INT(nd.prefixes_beyond, 2);
}

/* --- DHCP --------------------------------------------------------------------------------- */

static size_t make_offer(uint8_t bytes[static 512])
{
	static const uint8_t options[] = {
		0x63, 0x82, 0x53, 0x63, 53, 1, 2, 54, 4, 192, 0, 2, 1, 51, 4, 0, 0, 0x0e, 0x10,
		3, 8, 192, 0, 2, 1, 192, 0, 2, 2, 6, 4, 192, 0, 2, 53, 0, 12, 5, 'p', 'l', 'c', '-',
		'7', 60, 3, 'a', 'b', 'c', 50, 4, 192, 0, 2, 66, 255,
	};

	memset(bytes, 0, 512);
	bytes[0] = 2;
	bytes[1] = 1;
	bytes[2] = 6;
	memcpy(bytes + 4, "\x12\x34\x56\x78", 4);
	memcpy(bytes + 16, "\xc0\x00\x02\x42", 4);
	memcpy(bytes + 28, node, 6);
	memcpy(bytes + 236, options, sizeof(options));
	return 236 + sizeof(options);
}

static void test_dhcp(void)
{
	uint8_t bytes[512];
	size_t len = make_offer(bytes);
	struct claims_dhcp d;

	EQUAL_INT(claims_dhcp(bytes, len, &d), true);
	EQUAL_INT(d.type, CLAIMS_DHCP_OFFER);
	EQUAL_INT(d.is_reply, true);
	EQUAL_INT(d.transaction, 0x12345678);
	EQUAL_INT(memcmp(d.mac, node, 6), 0);
	EQUAL_TEXT(text(d.yours), "192.0.2.66");
	EQUAL_TEXT(text(d.server), "192.0.2.1");
	EQUAL_TEXT(text(d.requested), "192.0.2.66");
	EQUAL_INT(d.lease_s, 3600);
	EQUAL_INT(d.routers.n, 2);
	EQUAL_TEXT(text(d.routers.addr[1]), "192.0.2.2");
	EQUAL_INT(d.dns.n, 1);
	EQUAL_TEXT(d.hostname, "plc-7");
	EQUAL_TEXT(d.vendor, "abc");
}

static void test_dhcp_cut(void)
{
	uint8_t bytes[512];
	size_t len = make_offer(bytes);
	struct claims_dhcp d;

	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = exactly(bytes, n);

		EQUAL_INT(claims_dhcp(copy, n, &d), n >= 236);
		CU_ASSERT(!d.hostname[0] || !strcmp(d.hostname, "plc-7"));
		EQUAL_INT(d.type, n >= 243 ? CLAIMS_DHCP_OFFER : 0);
		free(copy);
	}
}

static const uint8_t reply6[] = {
	7, 0x01, 0x02, 0x03,
	0, 1, 0, 10, 0, 3, 0, 1, NODE,
	0, 2, 0, 4, 0, 2, 0, 0,
	0, 3, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 24,
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77, 0, 0, 0, 9, 0, 0, 0, 9,
	0, 23, 0, 16, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
	0, 39, 0, 7, 0, 3, 'p', 'l', 'c', 1, 'x',
};

static void check_reply6(const struct claims_dhcp6 *d)
{
	EQUAL_INT(d->type, 7);
	EQUAL_INT(d->transaction, 0x010203);
	EQUAL_INT(d->has_server, true);
	EQUAL_INT(d->has_mac, true);
	EQUAL_INT(memcmp(d->mac, node, 6), 0);
	EQUAL_INT(d->given.n, 1);
	EQUAL_TEXT(text(d->given.addr[0]), "2001:db8::77");
	EQUAL_TEXT(text(d->dns.addr[0]), "2001:db8::53");
	EQUAL_TEXT(d->hostname, "plc.x");
}

static void test_dhcp6(void)
{
	uint8_t relayed[38 + sizeof(reply6)] = { 13 };
	struct claims_dhcp6 d;

	EQUAL_INT(claims_dhcp6(reply6, sizeof(reply6), &d), true);
	check_reply6(&d);
	EQUAL_INT(d.is_relayed, false);
	relayed[35] = 9;
	relayed[37] = sizeof(reply6);
	memcpy(relayed + 38, reply6, sizeof(reply6));
	EQUAL_INT(claims_dhcp6(relayed, sizeof(relayed), &d), true);
	check_reply6(&d);
	EQUAL_INT(d.is_relayed, true);
	for (size_t n = 0; n < sizeof(relayed); n++) {
		uint8_t *copy = exactly(relayed, n);

		EQUAL_INT(claims_dhcp6(copy, n, &d), false);
		free(copy);
	}
	for (size_t n = 0; n < sizeof(reply6); n++) {
		uint8_t *copy = exactly(reply6, n);

		EQUAL_INT(claims_dhcp6(copy, n, &d), n >= 4);
		free(copy);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "arp", test_arp }, { "arp cut at every byte", test_arp_cut },
		{ "neighbour advertisement", test_advertisement },
		{ "router advertisement", test_router }, { "nd cut at every byte", test_nd_cut },
		{ "nd: hostile options", test_nd_hostile }, { "dhcp", test_dhcp },
		{ "dhcp cut at every byte", test_dhcp_cut }, { "dhcpv6 and relays", test_dhcp6 },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "claims", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
