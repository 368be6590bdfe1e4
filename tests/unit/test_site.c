/* test_site.c - a site file read, looked up, and explained: every key, and crossings.  (Expected
 * traffic: test_site_expected.c.) */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/tz.h"
#include "policy/site.h"
#include "policy/site_explain.h"
#include "site_world.h"
#include "tap.h"

static void test_fields(void)
{
	char buf[CIDR_TEXT_MAX], hex[DIGEST_HEX_MAX];

	EQUAL_TEXT(site->id, "RTM-MV");
	EQUAL_TEXT(site->timezone, "Europe/Amsterdam");
	EQUAL_INT(site->n_networks, 2);
	EQUAL_TEXT(cidr_format(&site->networks[1], buf), "2001:db8:1::/48");
	EQUAL_INT(site->n_countries, 2);
	EQUAL_TEXT(site->countries[1], "BE");
	EQUAL_INT(site->n_closed, 2);
	EQUAL_INT(site->closed[0].days, 0x1f);
	EQUAL_INT(site->closed[0].from_min, 22 * 60);
	EQUAL_INT(site->closed[0].to_min, 5 * 60);
	EQUAL_INT(site->closed[1].days, 0x60);
	EQUAL_INT(site->closed[1].to_min, 24 * 60);
	EQUAL_INT(site->n_holidays, 2);
	EQUAL_INT(site->holidays[1] - site->holidays[0], 1);	/* sorted */
	EQUAL_INT(site->holidays[0], 20812);			/* 2026-12-25 */
	EQUAL_INT(site->n_zones, 5);
	EQUAL_INT(site->zones[0].vlans[0], 120);
	CU_ASSERT_TRUE(site->zones[0].is_closed && !site->zones[1].is_closed);
	CU_ASSERT_TRUE(site->zones[1].has_closed && !site->zones[0].has_closed);
	EQUAL_INT(site->zones[1].n_closed, 0);
	EQUAL_INT(site->n_assets, 4);
	EQUAL_TEXT(site->assets[0].role, "image_server");
	EQUAL_TEXT(site->assets[0].vendor, "Vendor A");
	CU_ASSERT_TRUE(site->assets[0].zone == &site->zones[0]);
	CU_ASSERT_PTR_NULL(site->assets[1].zone);
	EQUAL_INT(site->assets[0].n_ips, 2);
	EQUAL_INT(site->assets[0].macs[0][5], 0x55);
	EQUAL_INT(site->n_expected, 10);
	EQUAL_INT(site->expected[0].max_bytes_per_night, 10000000000);
	EQUAL_INT(site->expected[3].max_bytes_per_night, 1048576);
	EQUAL_TEXT(site->expected[0].owner, "IT");
	EQUAL_TEXT(site->expected[0].ticket, "T-1");
	EQUAL_TEXT(site->expected[1].owner, "");
	EQUAL_TEXT(site->expected[3].to.domain, "*.update.example");
	EQUAL_INT(site->expected[2].expires_day, 20849);	/* 2027-01-31 */
	EQUAL_INT(site->expected[0].expires_day, INT32_MAX);
	EQUAL_INT(site->baseline, BASELINE_ENFORCE);
	CU_ASSERT_FALSE(site->is_default);
	digest_sha256_hex(text, strlen(text), hex);
	EQUAL_TEXT(site->sha256, hex);
}

static const char *zone_of(const char *s)
{
	struct addr a = addr(s);
	const struct zone *z = site_zone(site, &a);

	return z ? z->id : "none";
}

static const char *asset_of(const char *s)
{
	struct addr a = addr(s);
	const struct asset *found = site_asset(site, &a);

	return found ? found->id : "none";
}

static void test_lookups(void)
{
	EQUAL_TEXT(asset_of("10.20.1.11"), "IMG-1");
	EQUAL_TEXT(asset_of("::ffff:10.20.1.11"), "IMG-1");
	EQUAL_TEXT(asset_of("2001:db8:1::11"), "IMG-1");
	EQUAL_TEXT(asset_of("10.20.1.13"), "none");
	EQUAL_TEXT(zone_of("10.20.1.200"), "core");		/* /24 beats /16 */
	EQUAL_TEXT(zone_of("10.20.2.1"), "office");
	EQUAL_TEXT(zone_of("10.21.0.0"), "none");
	EQUAL_TEXT(zone_of("10.19.255.255"), "none");
	EQUAL_TEXT(zone_of("2001:db8:1::1"), "core");
	EQUAL_TEXT(zone_of("2001:db8:1:1::1"), "none");
	EQUAL_TEXT(zone_of("203.0.113.7"), "odd");		/* its asset's zone */
	EQUAL_TEXT(zone_of("203.0.113.8"), "none");
	EQUAL_TEXT(zone_of("10.30.0.9"), "review");		/* no zone given: by address */
}

static void test_crossings(void)
{
	static const struct { const char *asset, *peer; enum crossing want; } cases[] = {
		{ "10.20.1.11", "10.20.1.12", CROSSING_NONE },		/* same zone */
		{ "10.20.1.11", "2001:db8:1::12", CROSSING_NONE },
		{ "10.20.1.11", "10.20.2.1", CROSSING_INTERNAL },
		{ "10.20.1.11", "10.99.0.1", CROSSING_INTERNAL },	/* site.networks, no zone */
		{ "10.98.0.1", "10.99.0.1", CROSSING_INTERNAL },	/* neither in a zone */
		{ "10.20.1.11", "203.0.113.7", CROSSING_INTERNAL },	/* a listed asset */
		{ "10.20.1.11", "203.0.113.8", CROSSING_EXTERNAL },
		{ "10.20.1.11", "2001:db8:2::1", CROSSING_EXTERNAL },
		{ "10.20.1.11", "192.168.0.1", CROSSING_EXTERNAL },	/* not in site.networks */
		{ "203.0.113.7", "198.51.100.1", CROSSING_EXTERNAL },
		{ "203.0.113.7", "10.20.1.11", CROSSING_INTERNAL },
		{ "10.20.1.11", "255.255.255.255", CROSSING_NONE },
		{ "0.0.0.0", "255.255.255.255", CROSSING_NONE },	/* DHCP */
		{ "10.20.1.11", "10.20.1.255", CROSSING_NONE },		/* its zone's broadcast */
		{ "10.30.0.9", "10.30.0.255", CROSSING_NONE },
		{ "10.20.1.11", "10.30.0.255", CROSSING_INTERNAL },	/* another zone's */
		{ "10.20.2.1", "10.20.255.255", CROSSING_NONE },	/* edge holds it, too */
		{ "10.20.2.1", "10.20.255.254", CROSSING_INTERNAL },
		{ "10.20.1.11", "10.20.255.255", CROSSING_INTERNAL },
		{ "10.20.1.11", "224.0.0.251", CROSSING_NONE },
		{ "10.20.1.11", "239.255.255.250", CROSSING_INTERNAL },	/* SSDP */
		{ "10.20.1.11", "232.1.1.1", CROSSING_EXTERNAL },
		{ "2001:db8:1::11", "ff02::1", CROSSING_NONE },
		{ "2001:db8:1::11", "ff02::1:ff00:12", CROSSING_NONE },	/* neighbour discovery */
		{ "2001:db8:1::11", "ff05::c", CROSSING_INTERNAL },
		{ "2001:db8:1::11", "ff0e::1", CROSSING_EXTERNAL },
		{ "fe80::1", "ff02::2", CROSSING_NONE },
		{ "10.20.1.11", "169.254.1.1", CROSSING_NONE },
		{ "2001:db8:1::11", "fe80::1", CROSSING_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = addr(cases[i].asset), b = addr(cases[i].peer);
		enum crossing got = site_crossing(site, &a, &b);

		if (got != cases[i].want)
			printf("# %s -> %s\n", cases[i].asset, cases[i].peer);
		EQUAL_INT(got, cases[i].want);
	}
}

static void test_default(void)
{
	struct addr a = addr("10.0.0.1"), b = addr("192.168.1.1"), c = addr("198.51.100.1");
	struct addr ula = addr("fd00::1"), d = addr("2001:db8::1");
	struct site *s = NULL, *other = NULL;

	CU_ASSERT_EQUAL_FATAL(site_default(NULL, NULL, &s), 0);
	CU_ASSERT_TRUE(s->is_default);
	EQUAL_TEXT(s->timezone, "UTC");
	EQUAL_INT(s->n_zones, 1);
	EQUAL_TEXT(s->zones[0].id, "private");
	CU_ASSERT_FALSE(s->zones[0].is_closed);
	EQUAL_INT(s->closed[0].days, 0x7f);
	EQUAL_INT(s->closed[0].from_min, 22 * 60);
	EQUAL_INT(s->closed[0].to_min, 5 * 60);
	EQUAL_INT(site_crossing(s, &a, &b), CROSSING_NONE);
	EQUAL_INT(site_crossing(s, &a, &ula), CROSSING_NONE);
	EQUAL_INT(site_crossing(s, &a, &c), CROSSING_EXTERNAL);
	EQUAL_INT(site_crossing(s, &ula, &d), CROSSING_EXTERNAL);
	CU_ASSERT_EQUAL_FATAL(site_default("Asia/Shanghai", "23:30-04:15", &other), 0);
	EQUAL_TEXT(other->timezone, "Asia/Shanghai");
	EQUAL_INT(other->closed[0].from_min, 23 * 60 + 30);
	EQUAL_INT(other->closed[0].to_min, 4 * 60 + 15);
	EQUAL_INT(strlen(s->sha256), 64);
	CU_ASSERT_TRUE(strcmp(s->sha256, other->sha256));
	site_free(other);
	site_free(s);
}

static char last_line[512];

static void keep_line(enum log_level level, const char *line)
{
	(void)level;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static void test_default_refusals(void)
{
	static const char *const hours[] = { "22:00", "22:00-5:00", "22-05", "25:00-05:00",
					     "22:00-05:00 ", "24:00-05:00", "" };
	struct site *s = NULL;

	log_set_sink(keep_line);
	for (size_t i = 0; i < ARRAY_SIZE(hours); i++) {
		last_line[0] = '\0';
		EQUAL_INT(site_default(NULL, hours[i], &s), -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(last_line, "--closed: \""));
	}
	EQUAL_INT(site_default("Mars/Olympus", NULL, &s), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(last_line,
		"--timezone: \"Mars/Olympus\" is not a time zone"));
	EQUAL_INT(site_load("/nonexistent/site.json", &s), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(last_line, "/nonexistent/site.json: cannot be read"));
	EQUAL_INT(site_load("/", &s), -EISDIR);
	CU_ASSERT_PTR_NULL(s);
	log_set_sink(NULL);
}

static void test_bom_and_repeat(void)
{
	static const char plain[] = "\xef\xbb\xbf{\"site\":{\"id\":\"X\",\"timezone\":\"UTC\","
		"\"closed_hours\":[]}}";
	struct site *s = NULL;
	struct addr a = addr("192.168.7.7");

	CU_ASSERT_EQUAL_FATAL(site_parse("bom", plain, strlen(plain), &s), 0);
	/* The private networks where none are given. */
	CU_ASSERT_TRUE(site_is_internal(s, &a));
	CU_ASSERT_PTR_NULL(site_zone(s, &a));
	site_free(s);
}

static unsigned lines_said;

static void count_line(enum log_level level, const char *line)
{
	printf("# %s\n", line);
	lines_said += level <= LOG_LEVEL_WARN;
}

/* The examples load without an error or a warning. */
static void test_examples(void)
{
	static const char *const names[] = { "minimal", "scanner-terminal" };
	const char *source = getenv("NW_SRCDIR");

	log_set_sink(count_line);
	log_set_level(LOG_LEVEL_WARN);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct site *s = NULL;
		char path[600];

		snprintf(path, sizeof(path), "%s/rules/examples/%s.json", source ? source : ".",
			names[i]);
		EQUAL_INT(site_load(path, &s), 0);
		CU_ASSERT_TRUE(s && s->n_zones > 0 && s->n_assets > 0);
		site_free(s);
	}
	EQUAL_INT(lines_said, 0);
	log_set_level(LOG_LEVEL_ERR);
	log_set_sink(NULL);
}

static void test_explain(void)
{
	static const char *const wanted[] = {
		"Site RTM-MV, time zone Europe/Amsterdam, baseline enforce",
		"Internal: 10.0.0.0/8, 2001:db8:1::/48 and the listed assets",
		"Closed hours: mon,tue,wed,thu,fri 22:00-05:00 (next day); sat,sun 00:00-24:00",
		"Holidays, closed all day: 2",
		"  core: 10.20.1.0/24, 2001:db8:1::/64 VLAN 120\n    closed: any external traffic",
		"    assets: 1 image_server, 1 plc\n",
		"    own closed hours: none: detector N (NW-EXF-001, nightly uploads) is off there",
		"  archive: from role image_server to 10.40.0.5/32 by tcp/443, udp/443,"
		" every day 01:00-03:00, "
		"at most 10 GB a night, owner IT, ticket T-1\n",
		"AS numbers from a.mmdb\nCountries from c.mmdb\n",
		"    goes by the name alone",
		", until 2027-01-31\n",
	};
	char *out = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&out, &size);

	site_explain(site, f);
	fclose(f);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (!strstr(out, wanted[i]))
			printf("# missing: %s\n", wanted[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(out, wanted[i]));
	}
	if (getenv("NW_SHOW"))
		fputs(out, stdout);
	free(out);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "every key is read", test_fields },
		{ "assets and zones", test_lookups },
		{ "crossings", test_crossings },
		{ "without a file", test_default },
		{ "refusals without a file", test_default_refusals },
		{ "byte order mark, default networks", test_bom_and_repeat },
		{ "the examples", test_examples },
		{ "explained", test_explain },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "site", load, unload, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
