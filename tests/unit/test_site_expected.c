/* test_site_expected.c - which expected entry covers a connection: windows, parties, names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/tz.h"
#include "policy/site.h"
#include "policy/site_index.h"
#include "site_world.h"
#include "tap.h"

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

int main(void)
{
	CU_TestInfo tests[] = {
		{ "windows and grace", test_expected_windows },
		{ "parties", test_expected_parties },
		{ "names", test_expected_names },
		{ "expiry by capture time", test_expected_expiry },
		{ "the index against a list", test_expected_against_list },
		{ "100 000 entries", test_many_entries },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "expected", load, unload, NULL, NULL, tests },
				  CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
