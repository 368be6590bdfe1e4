/* test_suffix.c - registered domains. */
#include "tap.h"
#include <string.h>
#include "policy/suffix.h"

static const char *domain(const char *name)
{
	static char buf[SUFFIX_NAME_MAX];

	return suffix_registered_domain(name, buf, sizeof(buf)) ? buf : "-";
}

static void test_domains(void)
{
	EQUAL_TEXT(domain("a.b.vendor.example"), "vendor.example");
	EQUAL_TEXT(domain("vendor.example"), "vendor.example");
	EQUAL_TEXT(domain("A.Vendor.EXAMPLE."), "vendor.example");
	EQUAL_TEXT(domain("www.example.com"), "example.com");
	EQUAL_TEXT(domain("a.www.example.co.uk"), "example.co.uk");
	EQUAL_TEXT(domain("a.b.c.kawasaki.jp"), "b.c.kawasaki.jp");	/* *.kawasaki.jp */
	EQUAL_TEXT(domain("a.city.kawasaki.jp"), "city.kawasaki.jp");	/* !city.kawasaki.jp */
	EQUAL_TEXT(domain("_service._tcp.example.org"), "example.org");
	EQUAL_TEXT(domain("xn--bcher-kva.xn--p1ai"), "xn--bcher-kva.xn--p1ai");
	EQUAL_TEXT(domain("a.xn--85x722f.xn--55qx5d.cn"), "xn--85x722f.xn--55qx5d.cn");
	EQUAL_TEXT(domain("host.local"), "host.local");
	EQUAL_TEXT(domain("1.example.net"), "example.net");
}

static void test_none(void)
{
	static const char *const names[] = {
		"", ".", "..", "com", "com.", "co.uk", "c.kawasaki.jp", "example", "localhost",
		"192.0.2.1", "192.0.2.1.", "1.2", "0x7f.0x1", "2001:db8::1", "[2001:db8::1]",
		"a..example", ".a.example", "a.example..", "a b.example", "a\\046b.example",
		"b\xc3\xbc" "cher.example", "\xff.example", "a.\x01.example", "a/b.example",
		"a.example:80", "*.vendor.example",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		EQUAL_TEXT(domain(names[i]), "-");
}

static void test_bounds(void)
{
	char name[400], buf[16];

	memset(name, 'a', sizeof(name));
	memcpy(name + 63, ".vendor.example", 16);
	EQUAL_TEXT(domain(name), "vendor.example");
	memset(name, 'a', sizeof(name));
	memcpy(name + 64, ".vendor.example", 16);
	EQUAL_TEXT(domain(name), "-");
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	name[253] = '\0';			/* the longest name there is */
	EQUAL_TEXT(domain(name), "a.a");
	name[253] = '.';
	name[254] = '\0';
	EQUAL_TEXT(domain(name), "a.a");
	name[254] = 'a';
	name[255] = '\0';
	EQUAL_TEXT(domain(name), "-");
	name[254] = '.';
	name[399] = '\0';
	EQUAL_TEXT(domain(name), "-");
	CU_ASSERT(suffix_registered_domain("a.vendor.example", buf, 15));
	EQUAL_TEXT(buf, "vendor.example");
	CU_ASSERT_FALSE(suffix_registered_domain("a.vendor.example", buf, 14));
	EQUAL_TEXT(buf, "");
	CU_ASSERT_FALSE(suffix_registered_domain("a.vendor.example", buf, 0));
}

static void test_date(void)
{
	const char *date = suffix_list_date();

	EQUAL_INT(strlen(date), 10);
	CU_ASSERT(strcmp(date, "2015-01-01") > 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "domains", test_domains }, { "no domain", test_none },
		{ "bounds", test_bounds }, { "date of the list", test_date }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "suffix", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
