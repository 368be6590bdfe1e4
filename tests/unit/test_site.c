/* test_site.c - a site file read, looked up, and explained: every key, crossings, and
 * expected traffic. */
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
#include "policy/site_index.h"
#include "tap.h"

static const char text[] =
	"{ \"assets\": ["		/* before the zones they name: the order is free */
	"   {\"id\": \"IMG-1\", \"role\": \"image_server\", \"vendor\": \"Vendor A\","
	" \"zone\": \"core\","
	"    \"ip\": [\"10.20.1.11\", \"2001:db8:1::11\"], \"mac\": [\"00:11:22:33:44:55\"]},"
	"   {\"id\": \"PLC-1\", \"role\": \"plc\", \"vendor\": \"Vendor B\","
	" \"ip\": [\"10.20.1.12\"]},"
	"   {\"id\": \"ODD-1\", \"zone\": \"odd\", \"ip\": [\"203.0.113.7\"]},"
	"   {\"id\": \"REV-1\", \"role\": \"review\", \"vendor\": \"Vendor A\","
	" \"ip\": [\"10.30.0.9\"]} ],"
	"  \"site\": {\"id\": \"RTM-MV\", \"timezone\": \"Europe/Amsterdam\","
	" \"networks\": [\"10.0.0.0/8\","
	"    \"2001:db8:1::/48\"], \"countries\": [\"NL\", \"BE\"],"
	" \"closed_hours\": [{\"days\": \"mon-fri\","
	"    \"from\": \"22:00\", \"to\": \"05:00\"}, {\"days\": \"sat,sun\", \"from\": \"00:00\","
	" \"to\": \"24:00\"}],"
	"    \"holidays\": [\"2026-12-26\", \"2026-12-25\"]},"
	"  \"zones\": ["
	"   {\"id\": \"core\", \"networks\": [\"10.20.1.0/24\", \"2001:db8:1::/64\"],"
	" \"vlans\": [120], \"closed\": true},"
	"   {\"id\": \"office\", \"networks\": [\"10.20.0.0/16\"], \"closed_hours\": []},"
	"   {\"id\": \"review\", \"networks\": [\"10.30.0.0/24\", \"10.31.0.0/31\"]},"
	" {\"id\": \"odd\"},"
	"   {\"id\": \"edge\", \"networks\": [\"10.20.255.0/24\"]} ],"
	"  \"expected\": ["
	"   {\"id\": \"archive\", \"from\": {\"role\": \"image_server\"},"
	" \"to\": {\"ip\": [\"10.40.0.5\"]},"
	"    \"services\": [\"tcp/443\", \"udp/443\"], \"window\": {\"days\": \"mon-sun\","
	" \"from\": \"01:00\","
	"    \"to\": \"03:00\"}, \"max_bytes_per_night\": \"10GB\", \"owner\": \"IT\","
	" \"ticket\": \"T-1\"},"
	"   {\"id\": \"late\", \"from\": {\"asset\": \"IMG-1\"},"
	" \"to\": {\"ip\": [\"10.40.0.0/24\"]},"
	"    \"window\": {\"days\": \"fri\", \"from\": \"23:30\", \"to\": \"00:15\"}},"
	"   {\"id\": \"ntp\", \"from\": {\"ip\": [\"10.0.0.0/8\"]},"
	" \"to\": {\"ip\": [\"10.50.0.1\", \"10.50.0.2\"]},"
	"    \"services\": [\"udp/123\", \"icmp\"], \"expires\": \"2027-01-31\"},"
	"   {\"id\": \"update\", \"from\": {\"vendor\": \"Vendor A\"},"
	" \"to\": {\"domain\": \"*.Update.example.\"},"
	"    \"services\": [\"TLS\"], \"max_bytes_per_night\": 1048576},"
	"   {\"id\": \"host\", \"from\": {\"zone\": \"core\"},"
	" \"to\": {\"domain\": \"host.example\"}},"
	"   {\"id\": \"review\", \"from\": {\"role\": \"image_server\"},"
	" \"to\": {\"role\": \"review\", \"vendor\": \"Vendor A\"}},"
	"   {\"id\": \"plc\", \"from\": {\"asset\": \"IMG-1\"}, \"to\": {\"asset\": \"PLC-1\"},"
	" \"services\": [\"tcp/502\"]},"
	"   {\"id\": \"zones\", \"from\": {\"zone\": \"office\"}, \"to\": {\"zone\": \"review\"}},"
	"   {\"id\": \"nowhere\", \"from\": {\"zone\": \"office\"}, \"to\": {\"country\": \"NL\"}},"
	"   {\"id\": \"second-archive\", \"from\": {\"role\": \"image_server\"},"
	" \"to\": {\"ip\": [\"10.40.0.5\"]},"
	"    \"services\": [\"tcp/443\"]} ],"
	"  \"work_orders\": \"orders.json\", \"geo\": {\"asn\": \"a.mmdb\","
	" \"country\": \"c.mmdb\"},"
	"  \"baseline\": \"enforce\", \"privacy\": {\"pseudonymise\": [\"external_ip\","
	" \"names\"], \"key_file\": \"k\"},"
	"  \"retention\": {\"nights\": \"400d\", \"incidents\": \"400d\", \"outbox\": \"7d\"},"
	"  \"rules\": {\"NW-EXF-003\": {\"enabled\": false}, "
	" \"NW-EXF-011\": {\"severity\": 2, \"parameters\": {\"bytes\": \"200MB\"}}},"
	"  \"suppress\": [{\"rule\": \"NW-EXF-003\", \"asset\": \"IMG-1\", \"reason\": \"test\","
	" \"owner\": \"x\","
	"    \"expires\": \"2027-01-01\"}] }";

static struct site *site;

static int load(void)
{
	log_set_level(LOG_LEVEL_ERR);
	if (site_parse("test", text, strlen(text), &site))
		return -1;
	return tz_use(site->timezone);
}

static int unload(void)
{
	site_free(site);
	return 0;
}

static struct addr addr(const char *s)
{
	struct addr a = { { 0 } };

	CU_ASSERT_TRUE_FATAL(addr_parse(s, &a));
	return a;
}

static uint64_t at(const char *civil)
{
	uint64_t ns = 0;
	bool has_offset;
	struct civil c;

	CU_ASSERT_TRUE_FATAL(clock_parse(civil, &ns, &has_offset));
	c = civil_from_seconds((int64_t)(ns / NS_PER_SEC));
	CU_ASSERT_TRUE_FATAL(tz_instant(&c, &ns));
	return ns;
}

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

/* "tcp/443", a DPI name and a server name; at civil time, in a run that began at another. */
static const char *expected_in_run(const char *from, const char *to, const char *service,
				   const char *name, const char *const times[2])
{
	struct addr a = addr(from), b = addr(to);
	struct expected_query q = { .from = &a, .to = &b, .service = "", .name = name,
				    .at_ns = at(times[1]), .run_ns = at(times[0]) };
	const struct expected *e;

	if (!strncmp(service, "tcp/", 4))
		q.proto = 6, q.server_port = (uint16_t)strtoul(service + 4, NULL, 10);
	else if (!strncmp(service, "udp/", 4))
		q.proto = 17, q.server_port = (uint16_t)strtoul(service + 4, NULL, 10);
	else if (!strcmp(service, "icmp"))
		q.proto = 1, q.server_port = 7;
	else
		q.proto = 6, q.server_port = 8443, q.service = service;
	e = site_expected(site, &q);
	return e ? e->id : "none";
}

static const char *expected(const char *from, const char *to, const char *service, const char *name,
			    const char *when)
{
	return expected_in_run(from, to, service, name, (const char *const[]){ when, when });
}

static void test_expected_windows(void)
{
	const char *img = "10.20.1.11", *archive = "10.40.0.5";
	static const struct { const char *when, *want; } cases[] = {
		{ "2026-01-20 00:59:59", "none" }, { "2026-01-20 01:00:00", "archive" },
		{ "2026-01-20 02:59:59", "archive" },
		{ "2026-01-20 03:00:00", "none" },		/* no grace for what begins late */
		{ "2026-07-14 01:00:00", "archive" },		/* summer time: civil, not UTC */
		{ "2026-03-29 01:30:00", "archive" },
	};
	static const struct { const char *times[2], *want;
	} runs[] = {
		{{"2026-01-20 02:59:59", "2026-01-20 03:59:59"}, "archive"}, /* grace */
		{{"2026-01-20 02:59:59", "2026-01-20 04:00:00"}, "none"},
		{{"2026-01-20 03:00:00", "2026-01-20 03:30:00"}, "none"},
		{{"2026-01-10 00:00:00", "2026-01-20 01:30:00"}, "archive"}, /* open for days: */
		{{"2026-01-10 00:00:00", "2026-01-20 04:30:00"}, "none"}, /* in the window only */
		{{"2026-03-29 01:30:00", "2026-03-29 03:30:00"}, "archive"},
		{{"2026-10-25 02:30:00", "2026-10-25 03:30:00"}, "archive"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		EQUAL_TEXT(expected(img, archive, "udp/443", "", cases[i].when), cases[i].want);
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
		EQUAL_TEXT(expected_in_run(img, archive, "udp/443", "", runs[i].times),
			   runs[i].want);
	/* A window over midnight that opens on Fridays (2026-01-16) */
	EQUAL_TEXT(expected(img, "10.40.0.9", "tcp/1", "", "2026-01-16 23:29:59"), "none");
	EQUAL_TEXT(expected(img, "10.40.0.9", "tcp/1", "", "2026-01-16 23:30:00"), "late");
	EQUAL_TEXT(expected_in_run(img, "10.40.0.9", "tcp/1", "", (const char *const[]){
				   "2026-01-17 00:00:00", "2026-01-17 01:14:59" }), "late");
	EQUAL_TEXT(expected_in_run(img, "10.40.0.9", "tcp/1", "", (const char *const[]){
				   "2026-01-17 00:00:00", "2026-01-17 01:15:00" }), "none");
	EQUAL_TEXT(expected(img, "10.40.0.9", "tcp/1", "", "2026-01-17 23:45:00"), "none");
}

static void test_expected_parties(void)
{
	const char *img = "10.20.1.11", *img6 = "2001:db8:1::11", *noon = "2026-01-17 12:00:00";

	EQUAL_TEXT(expected(img, "10.40.0.5", "tcp/443", "", noon), "second-archive");
	EQUAL_TEXT(expected(img, "10.40.0.5", "tcp/443", "", "2026-01-17 02:00:00"), "archive");
	EQUAL_TEXT(expected(img6, "10.40.0.5", "tcp/443", "", noon), "second-archive");
	EQUAL_TEXT(expected(img, "10.40.0.5", "tcp/444", "", noon), "none");
	EQUAL_TEXT(expected(img, "10.40.0.6", "tcp/443", "", noon), "none");
	EQUAL_TEXT(expected("10.20.1.12", "10.40.0.5", "tcp/443", "", noon), "none");
	EQUAL_TEXT(expected("10.20.9.9", "10.50.0.2", "udp/123", "", noon), "ntp");
	EQUAL_TEXT(expected("10.20.9.9", "10.50.0.2", "icmp", "", noon), "ntp");
	EQUAL_TEXT(expected("10.20.9.9", "10.50.0.3", "udp/123", "", noon), "none");
	EQUAL_TEXT(expected("192.168.0.1", "10.50.0.2", "udp/123", "", noon), "none");
	EQUAL_TEXT(expected(img, "10.30.0.9", "tcp/9", "", noon), "review");
	EQUAL_TEXT(expected(img, "10.20.1.12", "tcp/502", "", noon), "plc");
	EQUAL_TEXT(expected("10.20.1.12", img, "tcp/502", "", noon), "none");	/* a direction */
	EQUAL_TEXT(expected("10.20.2.1", "10.30.0.1", "tcp/1", "", noon), "zones");
	/* A country is not looked up. */
	EQUAL_TEXT(expected("10.20.2.1", "198.51.100.1", "tcp/1", "", noon), "none");
}

static void test_expected_names(void)
{
	const char *rev = "10.30.0.9", *out = "198.51.100.9", *noon = "2026-01-17 12:00:00";
	char longest[400];

	EQUAL_TEXT(expected(rev, out, "TLS", "a.update.example", noon), "update");
	EQUAL_TEXT(expected(rev, out, "tls", "A.B.Update.Example.", noon), "update");
	/* Not the domain itself. */
	EQUAL_TEXT(expected(rev, out, "TLS", "update.example", noon), "none");
	EQUAL_TEXT(expected(rev, out, "TLS", "notupdate.example", noon), "none");
	EQUAL_TEXT(expected(rev, out, "TLS", "a.update.example.org", noon), "none");
	EQUAL_TEXT(expected(rev, out, "TLS", "", noon), "none");
	EQUAL_TEXT(expected(rev, out, "QUIC", "a.update.example", noon), "none");
	EQUAL_TEXT(expected("10.20.1.12", out, "TLS", "host.example", noon), "host");
	EQUAL_TEXT(expected("10.20.1.12", out, "TLS", "x.host.example", noon), "none");
	EQUAL_TEXT(expected("10.20.1.12", out, "TLS", "\xff\x01..", noon), "none");
	memset(longest, '.', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	EQUAL_TEXT(expected(rev, out, "TLS", longest, noon), "none");
}

static void test_expected_expiry(void)
{
	EQUAL_TEXT(expected("10.20.9.9", "10.50.0.1", "udp/123", "", "2027-01-31 23:59:59"), "ntp");
	EQUAL_TEXT(expected("10.20.9.9", "10.50.0.1", "udp/123", "", "2027-02-01 00:00:00"),
		"none");
}

/* Look-ups by the index against a walk through all entries. */
static void test_expected_against_list(void)
{
	unsigned wrong = 0, covered = 0;
	struct site *big = NULL;
	char *json = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&json, &size);

	srand((unsigned)test_seed(0));
	fputs("{\"site\":{\"id\":\"B\",\"timezone\":\"UTC\",\"closed_hours\":[]},"
		"\"zones\":[{\"id\":\"z\","
	      "\"networks\":[\"10.1.0.0/16\"]}],\"assets\":[{\"id\":\"a\",\"role\":\"plc\","
	"\"vendor\":\"v\","
	      "\"ip\":[\"10.1.0.1\"]},{\"id\":\"b\",\"ip\":[\"10.2.0.1\"]}],\"expected\":[", f);
	for (int i = 0; i < 400; i++) {
		static const char *const from[] = {
			"\"asset\":\"a\"", "\"asset\":\"b\"", "\"role\":\"plc\"",
			"\"vendor\":\"v\"",
			"\"zone\":\"z\"", "\"ip\":[\"10.1.0.0/16\",\"10.2.0.0/24\"]",
			"\"ip\":[\"10.2.0.1\"]",
		};
		static const char *const to[] = {
			"\"ip\":[\"192.0.2.%d\"]", "\"ip\":[\"198.51.100.%d\",\"2001:db8::%d\"]",
			"\"domain\":\"h%d.example\"", "\"domain\":\"*.h%d.example\"",
			"\"ip\":[\"192.0.2.0/24\"]",
			"\"zone\":\"z\",\"ip\":[\"10.1.0.%d\"]",
		};

		fprintf(f, "%s{\"id\":\"e%d\",\"from\":{%s},\"to\":{", i ? "," : "", i,
			from[(size_t)rand() % ARRAY_SIZE(from)]);
		fprintf(f, to[(size_t)rand() % ARRAY_SIZE(to)], rand() % 20, rand() % 20);
		fprintf(f, "},\"services\":[\"tcp/%d\"]}", 1 + rand() % 3);
	}
	fputs("]}", f);
	fclose(f);
	CU_ASSERT_EQUAL_FATAL(site_parse("big", json, size, &big), 0);
	for (int i = 0; i < 500; i++) {
		static const char *const froms[] = { "10.1.0.1", "10.2.0.1", "10.1.9.9",
			"192.168.0.1" };
		static const char *const tos[] = { "192.0.2.%d", "198.51.100.%d", "2001:db8::%d",
			"10.1.0.%d" };
		char to[64], name[64];
		struct addr a = addr(froms[rand() % 4]), b;
		struct expected_query q = { .from = &a, .to = &b, .proto = 6, .service = "",
					    .name = name };
		const struct expected *got, *want = NULL;

		snprintf(to, sizeof(to), tos[rand() % 4], rand() % 20);
		b = addr(to);
		snprintf(name, sizeof(name), "%sh%d.example", rand() % 2 ? "x.y." : "",
			rand() % 20);
		q.server_port = (uint16_t)(1 + rand() % 3);
		got = site_expected(big, &q);
		covered += got != NULL;
		/* The walk: a site of one entry after the other decides. */
		for (size_t e = 0; e < big->n_expected && !want; e++) {
			struct site one = *big;

			one.expected = &big->expected[e];
			one.n_expected = 1;
			CU_ASSERT_EQUAL_FATAL(site_index_new(&one), 0);
			if (site_expected(&one, &q))
				want = &big->expected[e];
			site_index_free(one.index);
		}
		wrong += got != want;
	}
	EQUAL_INT(wrong, 0);
	CU_ASSERT_TRUE(covered > 100);
	printf("# %u of 500 covered\n", covered);
	site_free(big);
	free(json);
}

/* 100 000 entries load in a bounded time and are found. */
static void test_many_entries(void)
{
	struct site *big = NULL;
	uint64_t start, loaded, done;
	unsigned wrong = 0;
	char *json = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&json, &size);

	fputs("{\"site\":{\"id\":\"B\",\"timezone\":\"UTC\",\"closed_hours\":[]},"
		"\"assets\":[{\"id\":\"a\","
	      "\"role\":\"plc\",\"ip\":[\"10.0.0.1\"]}],\"expected\":[\n", f);
	for (int i = 0; i < 100000; i++)
		fprintf(f,
			"%s{\"id\":\"e%d\",\"from\":{\"role\":\"plc\"},"
			"\"to\":{\"ip\":[\"10.%d.%d.%d/32\"]},"
			"\"services\":[\"tcp/443\"],\"window\":{\"days\":\"mon-sun\","
			"\"from\":\"01:00\",\"to\":\"03:00\"},"
			"\"max_bytes_per_night\":\"10GB\",\"owner\":\"terminal IT\","
			"\"expires\":\"2099-01-01\"}\n",
			i ? "," : "", i, 1 + i / 65536, i / 256 % 256, i % 256);
	fputs("]}", f);
	fclose(f);
	tz_use("UTC");
	start = clock_monotonic_ns();
	CU_ASSERT_EQUAL_FATAL(site_parse("big", json, size, &big), 0);
	loaded = clock_monotonic_ns();
	for (int i = 0; i < 100000; i++) {
		uint8_t bytes[4] = { 10, (uint8_t)(1 + i / 65536), (uint8_t)(i / 256), (uint8_t)i };
		struct addr from = addr_from_ipv4((const uint8_t[]){ 10, 0, 0, 1 }),
			to = addr_from_ipv4(bytes);
		struct expected_query q = { .from = &from, .to = &to, .proto = 6,
					    .server_port = 443, .service = "", .name = "",
					    .at_ns = 2 * NS_PER_HOUR + NS_PER_DAY,
					    .run_ns = 2 * NS_PER_HOUR + NS_PER_DAY };

		wrong += site_expected(big, &q) != &big->expected[i];
	}
	done = clock_monotonic_ns();
	EQUAL_INT(wrong, 0);
	printf("# %zu bytes in %.3f s; a look-up %.2f us\n", size, (double)(loaded - start) / 1e9,
	       (double)(done - loaded) / 1e3 / 100000);
	site_free(big);
	free(json);
	tz_use(site->timezone);
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
		{ "expected: windows and grace", test_expected_windows },
		{ "expected: parties", test_expected_parties },
		{ "expected: names", test_expected_names },
		{ "expected: expiry by capture time", test_expected_expiry },
		{ "expected: the index against a list", test_expected_against_list },
		{ "expected: 100 000 entries", test_many_entries },
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
