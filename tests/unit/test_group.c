/* test_group.c - destination groups: keys, their order, their texts. */
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"
#include "packet/packet.h"
#include "profile/group.h"
#include "tap.h"

static struct addr address(const char *text)
{
	struct addr a;

	CU_ASSERT_FATAL(addr_parse(text, &a));
	return a;
}

static const char *value_of(const struct channel_key *key)
{
	static char buf[GROUP_TEXT_MAX];

	return group_value(key, NULL, buf);
}

static const char *service_of(uint8_t proto, uint16_t port)
{
	static char buf[SERVICE_TEXT_MAX];
	struct channel_key key = { 0 };
	struct addr a = address("203.0.113.9");

	group_key_ip(&key, &a, proto, port);
	return group_service(&key, buf);
}

/* Whatever stood in a key before, one function after another gives the same bytes. */
static void a_key_holds_nothing_of_its_past(void)
{
	struct channel_key dirty, clean;
	struct addr a = address("203.0.113.9"), b = address("2001:db8:1:2::3");

	for (unsigned first = 0; first < GROUPS; first++) {
		memset(&dirty, 0, sizeof(dirty));
		memset(&clean, 0, sizeof(clean));
		dirty.subject = clean.subject = 0x01020304;
		dirty.is_external = clean.is_external = 1;
		group_key_ip(&dirty, &b, IP_TCP, 65535);
		if (first == GROUP_DOMAIN)
			group_key_domain(&dirty, "vendor.example");
		if (first == GROUP_PREFIX)
			group_key_prefix(&dirty, &b);
		if (first == GROUP_ASN)
			group_key_asn(&dirty, UINT32_MAX);
		if (first == GROUP_COUNTRY)
			group_key_country(&dirty, "ZZ");
		group_key_prefix(&dirty, &a);
		group_key_prefix(&clean, &a);
		CU_ASSERT(!memcmp(&dirty, &clean, sizeof(clean)));
		EQUAL_INT(dirty.port, 0);
		EQUAL_INT(dirty.proto, 0);
		EQUAL_INT(dirty.subject, 0x01020304);
		EQUAL_INT(dirty.is_external, 1);
		group_key_any(&dirty);
		group_key_any(&clean);
		CU_ASSERT(!memcmp(&dirty, &clean, sizeof(clean)));
	}
}

static void networks_are_24_and_48_bits(void)
{
	static const struct {
		const char *peer, *network;
	} cases[] = {
		{ "203.0.113.9", "203.0.113.0/24" },
		{ "203.0.113.255", "203.0.113.0/24" },
		{ "203.0.114.0", "203.0.114.0/24" },
		{ "0.0.0.1", "0.0.0.0/24" },
		{ "::ffff:203.0.113.9", "203.0.113.0/24" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48" },
		{ "2001:db8:1:ffff::", "2001:db8:1::/48" },
		{ "2001:db8:2::", "2001:db8:2::/48" },
		{ "::1", "::/48" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct addr a = address(cases[i].peer);
		struct channel_key key = { 0 };

		group_key_prefix(&key, &a);
		EQUAL_TEXT(value_of(&key), cases[i].network);
		CU_ASSERT_TRUE(group_holds_address(&key, &a));
	}
}

/* ::/48 and 0.0.0.0/24 differ in the bits that make an address IPv4. */
static void families_do_not_meet(void)
{
	struct channel_key v4 = { 0 }, v6 = { 0 };
	struct addr a = address("0.0.0.9"), b = address("::9");

	group_key_prefix(&v4, &a);
	group_key_prefix(&v6, &b);
	CU_ASSERT(group_key_compare(&v4, &v6) != 0);
	CU_ASSERT_FALSE(group_holds_address(&v6, &a));
	CU_ASSERT_FALSE(group_holds_address(&v4, &b));
}

static void texts(void)
{
	struct channel_key key = { 0 };
	char buf[GROUP_TEXT_MAX];
	struct addr a = address("2001:db8::7");

	group_key_ip(&key, &a, IP_TCP, 443);
	EQUAL_TEXT(value_of(&key), "2001:db8::7");
	group_key_asn(&key, 64500);
	EQUAL_TEXT(value_of(&key), "AS64500");
	group_key_asn(&key, UINT32_MAX);
	EQUAL_TEXT(value_of(&key), "AS4294967295");
	group_key_country(&key, "ZZ");
	EQUAL_TEXT(value_of(&key), "ZZ");
	group_key_any(&key);
	EQUAL_TEXT(value_of(&key), "*");
	group_key_domain(&key, "vendor.example");
	EQUAL_TEXT(value_of(&key), "?");
	EQUAL_TEXT(group_value(&key, "vendor.example", buf), "vendor.example");
	EQUAL_TEXT(group_service(&key, buf), "-");
	EQUAL_TEXT(group_name(GROUP_IP), "ip");
	EQUAL_TEXT(group_name(GROUP_DOMAIN), "domain");
	EQUAL_TEXT(group_name(GROUP_PREFIX), "prefix");
	EQUAL_TEXT(group_name(GROUP_ASN), "asn");
	EQUAL_TEXT(group_name(GROUP_COUNTRY), "country");
	EQUAL_TEXT(group_name(GROUP_ANY), "any");
	EQUAL_TEXT(group_name(GROUPS), "?");
}

static void services(void)
{
	EQUAL_TEXT(service_of(IP_TCP, 65535), "tcp/65535");
	EQUAL_TEXT(service_of(IP_UDP, 53), "udp/53");
	EQUAL_TEXT(service_of(IP_SCTP, 3868), "sctp/3868");
	EQUAL_TEXT(service_of(IP_ICMP, 8), "icmp");
	EQUAL_TEXT(service_of(IP_ICMPV6, 128), "ipv6-icmp");
	EQUAL_TEXT(service_of(47, 0), "ip/47");
	EQUAL_TEXT(service_of(255, 9), "ip/255");
	EQUAL_TEXT(service_of(0, 9), "ip/0");
}

/* Types of ICMP are no ports: echo and time stamp are one service. */
static void a_port_counts_where_there_are_ports(void)
{
	struct channel_key x = { 0 }, y = { 0 };
	struct addr a = address("203.0.113.9");

	group_key_ip(&x, &a, IP_ICMP, 8);
	group_key_ip(&y, &a, IP_ICMP, 13);
	CU_ASSERT(!memcmp(&x, &y, sizeof(x)));
	group_key_ip(&x, &a, IP_TCP, 443);
	group_key_ip(&y, &a, IP_TCP, 444);
	CU_ASSERT(group_key_compare(&x, &y) < 0);
	group_key_ip(&y, &a, IP_UDP, 443);
	CU_ASSERT(group_key_compare(&x, &y) < 0);
	group_key_prefix(&x, &a);
	group_key_prefix(&y, &a);
	EQUAL_INT(group_key_compare(&x, &y), 0);
}

/* A name is the first 16 bytes of its SHA-256, computed here once more. */
static void a_domain_is_its_digest(void)
{
	struct channel_key key = { 0 }, other = { 0 };
	char hex[DIGEST_HEX_MAX], got[2 * 16 + 1];

	group_key_domain(&key, "vendor.example");
	digest_sha256_hex("vendor.example", strlen("vendor.example"), hex);
	hex[32] = '\0';
	for (unsigned i = 0; i < 16; i++)
		snprintf(got + 2 * i, 3, "%02x", key.value.bytes[i]);
	EQUAL_TEXT(got, hex);
	group_key_domain(&other, "vendor.exampl");
	CU_ASSERT(group_key_compare(&key, &other) != 0);
	CU_ASSERT_FALSE(group_holds_address(&key, &key.value));
}

/* Number n of a small world of keys: every group, several values, ports, both sides. */
static struct channel_key key_of(unsigned n)
{
	struct channel_key key = { .is_external = n & 1 };
	const uint8_t bytes[4] = { 203, 0, 113, (uint8_t)(n >> 4 & 3) };
	struct addr a = addr_from_ipv4(bytes);

	switch (n >> 1 & 7) {
	case 0: group_key_ip(&key, &a, n >> 6 & 1 ? IP_TCP : IP_UDP, (uint16_t)(n >> 7 & 3));
		break;
	case 1: group_key_domain(&key, n >> 4 & 1 ? "a.example" : "b.example"); break;
	case 2: group_key_asn(&key, n >> 4 & 3); break;
	case 3: group_key_country(&key, n >> 4 & 1 ? "NL" : "BE"); break;
	case 4: group_key_any(&key); break;
	default: group_key_prefix(&key, &a);
	}
	return key;
}

/* Total, and equal exactly where the bytes are. */
static void the_order_is_one(void)
{
	unsigned seed = (unsigned)test_seed(0), wrong = 0;

	for (unsigned i = 0; i < 20000; i++) {
		struct channel_key x = key_of((unsigned)rand_r(&seed) % 512),
				   y = key_of((unsigned)rand_r(&seed) % 512),
				   z = key_of((unsigned)rand_r(&seed) % 512);
		int xy = group_key_compare(&x, &y), yz = group_key_compare(&y, &z);

		wrong += (xy < 0) != (group_key_compare(&y, &x) > 0);
		wrong += (xy == 0) != !memcmp(&x, &y, sizeof(x));
		wrong += xy <= 0 && yz <= 0 && group_key_compare(&x, &z) > 0;
		wrong += x.group < y.group && xy >= 0;
	}
	EQUAL_INT(wrong, 0);
}

/* The subject is no part of a group's order: a table orders by its id, not by its number. */
static void the_subject_is_not_compared(void)
{
	struct channel_key x = key_of(3), y = key_of(3);

	x.subject = 7;
	EQUAL_INT(group_key_compare(&x, &y), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "a key holds nothing of its past", a_key_holds_nothing_of_its_past },
		{ "networks are 24 and 48 bits", networks_are_24_and_48_bits },
		{ "families do not meet", families_do_not_meet },
		{ "texts", texts },
		{ "services", services },
		{ "a port counts where there are ports", a_port_counts_where_there_are_ports },
		{ "a domain is its digest", a_domain_is_its_digest },
		{ "the order is one", the_order_is_one },
		{ "the subject is not compared", the_subject_is_not_compared },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "group", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
