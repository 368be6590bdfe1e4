/* test_addr.c - addresses and networks. */
#include <string.h>
#include "base/addr.h"
#include "tap.h"

static void formats_and_parses_both_families(void)
{
	static const char *const texts[] = {"192.0.2.1",   "0.0.0.0", "255.255.255.255",
					    "2001:db8::1", "::",      "fe80::1:2:3:4"};
	char buf[ADDR_TEXT_MAX];
	struct addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CU_ASSERT(addr_parse(texts[i], &a));
		EQUAL_TEXT(addr_format(&a, buf), texts[i]);
	}
}

static void refuses_malformed_addresses(void)
{
	static const char *const texts[] = {"",		  "192.0.2",	 "192.0.2.256",
					    "192.0.2.1 ", "2001:db8::g", "1::2::3"};
	struct addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CU_ASSERT_FALSE(addr_parse(texts[i], &a));
}

static bool in(const char *net, const char *text)
{
	struct cidr c;
	struct addr a;

	CU_ASSERT_FATAL(cidr_parse(net, &c));
	CU_ASSERT_FATAL(addr_parse(text, &a));
	return cidr_contains(&c, &a);
}

static void networks_contain_what_they_should(void)
{
	CU_ASSERT(in("10.0.0.0/8", "10.255.0.1"));
	CU_ASSERT_FALSE(in("10.0.0.0/8", "11.0.0.1"));
	CU_ASSERT(in("10.20.1.0/25", "10.20.1.127"));
	CU_ASSERT_FALSE(in("10.20.1.0/25", "10.20.1.128"));
	CU_ASSERT(in("0.0.0.0/0", "203.0.113.9"));
	CU_ASSERT_FALSE(in("0.0.0.0/0", "2001:db8::1"));
	CU_ASSERT(in("::/0", "2001:db8::1"));
	CU_ASSERT(in("2001:db8::/33", "2001:db8:7fff::"));
	CU_ASSERT_FALSE(in("2001:db8::/33", "2001:db8:8000::"));
	CU_ASSERT(in("192.0.2.7", "192.0.2.7"));
}

static void networks_with_host_bits_are_refused(void)
{
	static const char *const texts[] = {"10.0.0.1/8",   "10.0.0.0/33", "10.0.0.0/",
					    "10.0.0.0/-1",  "10.0.0.0/8x", "2001:db8::1/64",
					    "10.0.0.0/08x", "/8"};
	struct cidr c;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CU_ASSERT_FALSE(cidr_parse(texts[i], &c));
}

static void networks_are_written_in_their_family(void)
{
	char buf[CIDR_TEXT_MAX];
	struct cidr c;

	CU_ASSERT(cidr_parse("10.20.0.0/16", &c));
	EQUAL_TEXT(cidr_format(&c, buf), "10.20.0.0/16");
	CU_ASSERT(cidr_parse("2001:db8::/32", &c));
	EQUAL_TEXT(cidr_format(&c, buf), "2001:db8::/32");
}

static struct addr parsed(const char *text)
{
	struct addr a = { { 0 } };

	CU_ASSERT_FATAL(addr_parse(text, &a));
	return a;
}

static void scopes(void)
{
	static const char *const link[] = {"169.254.1.1", "224.0.0.251", "255.255.255.255",
					   "fe80::1",	  "ff02::1",	 "127.0.0.1",
					   "::1",	  "::",		 "0.0.0.0"};
	static const char *const private[] = {"10.1.2.3", "172.31.0.1", "192.168.0.1", "fd00::1",
					      "fe80::1"};
	static const char *const outside[] = {"172.32.0.1", "203.0.113.9", "2001:db8::1",
					      "11.0.0.1", "192.169.0.1"};

	for (size_t i = 0; i < sizeof(link) / sizeof(link[0]); i++) {
		struct addr a = parsed(link[i]);

		CU_ASSERT(addr_is_link_scope(&a));
	}
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		struct addr a = parsed(private[i]);

		CU_ASSERT(addr_is_private(&a));
	}
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		struct addr a = parsed(outside[i]);

		CU_ASSERT_FALSE(addr_is_private(&a));
		CU_ASSERT_FALSE(addr_is_link_scope(&a));
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "formats and parses both families", formats_and_parses_both_families },
		{ "refuses malformed addresses", refuses_malformed_addresses },
		{ "networks contain what they should", networks_contain_what_they_should },
		{ "networks with host bits are refused", networks_with_host_bits_are_refused },
		{ "networks are written in their family", networks_are_written_in_their_family },
		{ "scopes", scopes },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "addr", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
