/* test_site_values.c - the small texts of a site file: what is taken, what is refused. */
#include <stdio.h>
#include <string.h>
#include "base/err.h"
#include "policy/site_values.h"
#include "tap.h"

static void test_hhmm(void)
{
	static const char *const bad[] = { "", "5:00", "05:0", "24:01", "23:60", "ab:cd", "05:00 ",
					   "05.00", "-1:00" };
	uint16_t min = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CU_ASSERT_FALSE(value_hhmm(bad[i], true, &min));
	CU_ASSERT_FALSE(value_hhmm("24:00", false, &min));
	EQUAL_INT(min, 7);
	CU_ASSERT_TRUE(value_hhmm("24:00", true, &min));
	EQUAL_INT(min, 1440);
	CU_ASSERT_TRUE(value_hhmm("00:00", false, &min));
	EQUAL_INT(min, 0);
	CU_ASSERT_TRUE(value_hhmm("23:59", false, &min));
	EQUAL_INT(min, 1439);
}

static void test_days(void)
{
	static const struct { const char *text; int days; } cases[] = {
		{ "mon", 0x01 }, { "sun", 0x40 }, { "mon-sun", 0x7f }, { "mon-fri", 0x1f },
		{ "sat,sun", 0x60 },
		{ "fri-mon", 0x71 }, { "mon-wed,fri", 0x17 }, { "Mon-FRI", 0x1f },
		{ "tue-tue", 0x02 },
		{ "sun-sat", 0x7f },
		{ "", -1 }, { "mo", -1 }, { "mon-", -1 }, { "-mon", -1 }, { "mon,", -1 },
		{ ",mon", -1 },
		{ "mon fri", -1 }, { "monday", -1 }, { "mon-tue-wed", -1 }, { "xyz", -1 },
		{ "mon, tue", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t days = 0;
		bool good = value_days(cases[i].text, &days);

		if ((good ? days : -1) != cases[i].days)
			printf("# \"%s\"\n", cases[i].text);
		EQUAL_INT(good ? days : -1, cases[i].days);
	}
}

static void test_dates(void)
{
	static const char *const bad[] = { "", "2026-2-1", "2026-02-29", "2026-13-01",
					   "2026-00-01", "2026-01-00", "26-01-01", "2026/01/01",
					   "1969-12-31", "2501-01-01", "2026-01-01Z" };
	int32_t day = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CU_ASSERT_FALSE(value_date(bad[i], &day));
	EQUAL_INT(day, 7);
	CU_ASSERT_TRUE(value_date("1970-01-01", &day));
	EQUAL_INT(day, 0);
	CU_ASSERT_TRUE(value_date("2024-02-29", &day));
	EQUAL_INT(day, 19782);
	CU_ASSERT_TRUE(value_date("2500-12-31", &day));
}

static void test_services(void)
{
	static const char *const bad[] = { "", " ", "tcp", "udp", "tcp/", "tcp/0", "tcp/65536",
					   "tcp/443x", "tcp/-1",
					   "icmp/1", "foo/1", "/443", "T\xc3\xa9", "a\nb" };
	struct service s = { .port = 7 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CU_ASSERT_FALSE(value_service(bad[i], &s));
	EQUAL_INT(s.port, 7);
	CU_ASSERT_FALSE(value_service("a name of 24 characters!", &s));
	CU_ASSERT_TRUE(value_service("tcp/65535", &s) && s.proto == 6 && s.port == 65535);
	CU_ASSERT_TRUE(value_service("sctp/2905", &s) && s.proto == 132);
	CU_ASSERT_TRUE(value_service("icmpv6", &s) && s.proto == 58 && s.port == 0);
	CU_ASSERT_TRUE(value_service("tcpip", &s) && s.proto == 0);
	EQUAL_TEXT(s.name, "tcpip");
}

static void test_domains(void)
{
	static const char *const bad[] = { "", ".", "*", "*.", "*.net", ".example", "a..b",
					   "a b.example", "*a.example", "a.*.example",
					   "caf\xc3\xa9.example", "http://x.example" };
	char out[DOMAIN_TEXT_MAX] = "kept", longest[300];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (value_domain(bad[i], out))
			printf("# \"%s\"\n", bad[i]);
		EQUAL_TEXT(out, "kept");
	}
	CU_ASSERT_TRUE(value_domain("Host.EXAMPLE.", out));
	EQUAL_TEXT(out, "host.example");
	CU_ASSERT_TRUE(value_domain("*.a.example", out));
	EQUAL_TEXT(out, "*.a.example");
	CU_ASSERT_TRUE(value_domain("intranet", out));
	memset(longest, 'a', sizeof(longest));
	longest[63] = longest[127] = longest[191] = '.';
	longest[253] = '\0';
	CU_ASSERT_TRUE(value_domain(longest, out));
	longest[253] = 'a';
	longest[254] = '\0';
	CU_ASSERT_FALSE(value_domain(longest, out));
	longest[64] = '\0';
	longest[63] = 'a';
	CU_ASSERT_FALSE(value_domain(longest, out));	/* a label of 64 */
}

static void test_networks_meant(void)
{
	static const struct { const char *text, *meant; } cases[] = {
		{ "10.20.1.5/24", "10.20.1.0/24" }, { "10.20.1.5/0", "0.0.0.0/0" },
		{ "192.0.2.255/31", "192.0.2.254/31" },
		{ "2001:db8::1/33", "2001:db8::/33" }, { "10.20.1.5", "none" },
		{ "10.20.1.5/33", "none" },
		{ "x/24", "none" }, { "10.20.1.5/", "none" }, { "2001:db8::1/129", "none" },
		{ "/8", "none" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[CIDR_TEXT_MAX];
		struct cidr c;

		EQUAL_TEXT(value_cidr_meant(cases[i].text, &c) ? cidr_format(&c, buf) : "none",
			cases[i].meant);
	}
}

static void test_names(void)
{
	uint8_t mac[6] = { 0 };
	char long_id[80];

	CU_ASSERT_TRUE(value_is_id("IMG-SRV_2.a"));
	CU_ASSERT_FALSE(value_is_id("") || value_is_id("a b") || value_is_id("\xc3\xa9") ||
		value_is_id("a/b"));
	memset(long_id, 'a', sizeof(long_id));
	long_id[63] = '\0';
	CU_ASSERT_TRUE(value_is_id(long_id));
	long_id[63] = 'a';
	long_id[64] = '\0';
	CU_ASSERT_FALSE(value_is_id(long_id));
	CU_ASSERT_TRUE(value_is_rule("NW-EXF-003") && value_is_rule("OUR-1") &&
		value_is_rule("NW-BOOT-001"));
	CU_ASSERT_FALSE(value_is_rule("NW-EXF-3") || value_is_rule("NW-") ||
		value_is_rule("NW-EXF-0033") ||
			value_is_rule("NW-exf-003") || value_is_rule("a b"));
	CU_ASSERT_TRUE(value_country("NL"));
	CU_ASSERT_FALSE(value_country("nl") || value_country("N") || value_country("NLD") ||
		value_country(""));
	CU_ASSERT_TRUE(value_mac("00:1A:2b:33:44:ff", mac) && mac[1] == 0x1a && mac[5] == 0xff);
	CU_ASSERT_FALSE(value_mac("00:1A:2b:33:44", mac) || value_mac("00:1A:2b:33:44:fg", mac) ||
			value_mac("001A2b3344ff", mac) || value_mac("00:1A:2b:33:44:ff:", mac));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "times of day", test_hhmm }, { "days", test_days }, { "dates", test_dates },
		{ "services", test_services }, { "domains", test_domains },
		{ "networks that were meant", test_networks_meant }, { "names", test_names },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "site values", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
