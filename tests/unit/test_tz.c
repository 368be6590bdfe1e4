/* test_tz.c - zone names, offsets, civil time to instant and back, in gaps and repeats. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/tz.h"
#include "tap.h"

static uint64_t at(const char *text)
{
	uint64_t ns = 0;
	bool has_offset;

	CU_ASSERT_TRUE_FATAL(clock_parse(text, &ns, &has_offset));
	return ns;
}

/* The instant of a civil time, in UTC text. */
static const char *instant(const char *civil, char *buf)
{
	struct civil c = civil_from_seconds((int64_t)(at(civil) / NS_PER_SEC));
	uint64_t ns;

	if (!tz_instant(&c, &ns))
		return "none";
	return clock_format(ns, buf);
}

#define INSTANT(civil, utc) do { \
	char buf_[CLOCK_TEXT_MAX]; \
	EQUAL_TEXT(instant(civil, buf_), utc ".000000Z"); \
} while (0)

static void test_names(void)
{
	EQUAL_INT(tz_use("Europe/Amsterdam"), 0);
	EQUAL_TEXT(tz_name(), "Europe/Amsterdam");
	static const char *const bad[] = {
		"", "/etc/localtime", "../../etc/passwd", "Europe/../UTC", "Europe//Amsterdam",
		"Europe/", "Europe", "Europe/Amsterdan", "europe/amsterdam.",
		"right/Europe/Amsterdam",
		"CET-1CEST,M3.5.0", "zone.tab", "tzdata.zi", "localtime", ":UTC", "UTC ",
		"A23456789012345678901234567890123456789012345678901234567890123456789",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (tz_is_known(bad[i]))
			printf("# taken: \"%s\"\n", bad[i]);
		CU_ASSERT_FALSE(tz_is_known(bad[i]));
		EQUAL_INT(tz_use(bad[i]), -ENOENT);
	}
	EQUAL_TEXT(tz_name(), "Europe/Amsterdam");	/* a refused name changes nothing */
	EQUAL_INT(tz_offset(at("2026-01-17T00:00:00Z")), 3600);
	CU_ASSERT_TRUE(tz_is_known("UTC"));
	CU_ASSERT_TRUE(tz_is_known("America/Argentina/Buenos_Aires"));
	CU_ASSERT_TRUE(tz_is_known("Etc/GMT+5"));
	setenv("TZDIR", "/nonexistent", 1);
	CU_ASSERT_FALSE(tz_is_known("Europe/Amsterdam"));
	CU_ASSERT_TRUE(tz_is_known("UTC"));
	unsetenv("TZDIR");
}

static void test_is_known_leaves_zone(void)
{
	EQUAL_INT(tz_use("Asia/Kolkata"), 0);
	CU_ASSERT_TRUE(tz_is_known("Europe/Amsterdam"));
	EQUAL_TEXT(tz_name(), "Asia/Kolkata");
	EQUAL_INT(tz_offset(at("2026-01-17T00:00:00Z")), 19800);
}

static void test_offsets(void)
{
	static const struct { const char *zone, *at; int offset_s; } cases[] = {
		{ "UTC", "2026-07-01T00:00:00Z", 0 },
		{ "Europe/Amsterdam", "2026-01-17T00:00:00Z", 3600 },
		{ "Europe/Amsterdam", "2026-03-29T00:59:59Z", 3600 },
		{ "Europe/Amsterdam", "2026-03-29T01:00:00Z", 7200 },
		{ "Europe/Amsterdam", "2026-10-25T00:59:59Z", 7200 },
		{ "Europe/Amsterdam", "2026-10-25T01:00:00Z", 3600 },
		{ "Europe/Dublin", "2026-01-17T00:00:00Z", 0 },		/* negative saving */
		{ "Europe/Dublin", "2026-07-17T00:00:00Z", 3600 },
		{ "Africa/Casablanca", "2026-01-17T00:00:00Z", 3600 },
		{ "Africa/Casablanca", "2025-03-10T00:00:00Z", 0 },	/* Ramadan */
		{ "Asia/Kolkata", "2026-07-17T00:00:00Z", 19800 },
		{ "Australia/Lord_Howe", "2026-01-17T00:00:00Z", 39600 },
		{ "Australia/Lord_Howe", "2026-07-17T00:00:00Z", 37800 },	/* half an hour */
		{ "America/St_Johns", "2026-01-17T00:00:00Z", -12600 },
		{ "America/St_Johns", "2026-07-17T00:00:00Z", -9000 },
		{ "Pacific/Apia", "2011-12-30T09:59:59Z", -36000 },
		{ "Pacific/Apia", "2011-12-30T10:00:00Z", 50400 },
		{ "Africa/Monrovia", "1971-06-01T00:00:00Z", -2670 },	/* -00:44:30 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		EQUAL_INT(tz_use(cases[i].zone), 0);
		EQUAL_INT(tz_offset(at(cases[i].at)), cases[i].offset_s);
	}
}

static void test_smallest_offset(void)
{
	static const struct { const char *zone; int year, offset_s; } cases[] = {
		{ "UTC", 2026, 0 }, { "Europe/Amsterdam", 2026, 3600 },
		{ "Europe/Dublin", 2026, 0 },
		{ "Africa/Casablanca", 2026, 0 }, { "Asia/Kolkata", 2026, 19800 },
		{ "Australia/Lord_Howe", 2026, 37800 }, { "Australia/Sydney", 2026, 36000 },
		{ "America/St_Johns", 2026, -12600 }, { "Asia/Shanghai", 1989, 28800 },
		{ "Asia/Shanghai", 2026, 28800 }, { "Pacific/Kiritimati", 2026, 50400 },
		{ "Europe/Amsterdam", -5, 3600 }, { "Europe/Amsterdam", 99999, 3600 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		EQUAL_INT(tz_use(cases[i].zone), 0);
		EQUAL_INT(tz_smallest_offset(cases[i].year), cases[i].offset_s);
	}
}

static void test_gap_and_repeat(void)
{
	tz_use("Europe/Amsterdam");
	INSTANT("2026-03-29T01:59:59", "2026-03-29T00:59:59");
	INSTANT("2026-03-29T02:00:00", "2026-03-29T01:00:00");	/* skipped: the change itself */
	INSTANT("2026-03-29T02:59:59", "2026-03-29T01:00:00");
	INSTANT("2026-03-29T03:00:00", "2026-03-29T01:00:00");
	INSTANT("2026-03-29T03:00:01", "2026-03-29T01:00:01");
	INSTANT("2026-10-25T01:59:59", "2026-10-24T23:59:59");
	INSTANT("2026-10-25T02:00:00", "2026-10-25T00:00:00");	/* twice: the first */
	INSTANT("2026-10-25T02:59:59", "2026-10-25T00:59:59");
	INSTANT("2026-10-25T03:00:00", "2026-10-25T02:00:00");
	tz_use("Europe/Dublin");
	INSTANT("2026-03-29T01:30:00", "2026-03-29T01:00:00");
	INSTANT("2026-10-25T01:30:00", "2026-10-25T00:30:00");
	tz_use("Australia/Lord_Howe");
	INSTANT("2026-10-04T02:15:00", "2026-10-03T15:30:00");	/* 02:00 -> 02:30 */
	INSTANT("2026-04-05T01:45:00", "2026-04-04T14:45:00");	/* 02:00 -> 01:30 */
	tz_use("America/St_Johns");
	INSTANT("2026-03-08T02:30:00", "2026-03-08T05:30:00");
	INSTANT("2026-11-01T01:30:00", "2026-11-01T04:00:00");
	tz_use("America/Sao_Paulo");
	INSTANT("2018-11-04T00:00:00", "2018-11-04T03:00:00");	/* midnight itself is skipped */
	tz_use("Pacific/Apia");
	INSTANT("2011-12-30T12:00:00", "2011-12-30T10:00:00");	/* a day that never was */
}

static void test_bounds(void)
{
	struct civil c = { .year = 1969, .month = 12, .day = 31, .hour = 23 };
	uint64_t ns = 42;

	tz_use("America/New_York");
	CU_ASSERT_FALSE(tz_instant(&c, &ns));
	c = (struct civil){ .year = 2501, .month = 1, .day = 1 };
	CU_ASSERT_FALSE(tz_instant(&c, &ns));
	EQUAL_INT(ns, 42);
	INSTANT("1970-01-01T00:00:00", "1970-01-01T05:00:00");
	tz_use("Asia/Tokyo");
	c = (struct civil){ .year = 1970, .month = 1, .day = 1, .hour = 8 };
	CU_ASSERT_FALSE(tz_instant(&c, &ns));		/* 1969 in UTC */
	EQUAL_INT(tz_civil(UINT64_MAX).year, 2554);
	EQUAL_INT(tz_civil(0).hour, 9);
}

/* Each day of 1970 to 2060 in every zone of a list: our remembered offsets against glibc's, and
 * civil time there and back. */
static void test_against_glibc(void)
{
	static const char *const zones[] = {
		"Europe/Amsterdam", "Europe/Dublin", "Africa/Casablanca", "Asia/Kolkata",
		"Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "America/Caracas",
		"Asia/Pyongyang", "Africa/Monrovia", "America/Havana", "Antarctica/Troll",
	};
	unsigned wrong = 0;

	srand((unsigned)test_seed(0));
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		EQUAL_INT(tz_use(zones[i]), 0);
		for (int64_t day = 1; day < 33000; day++) {
			time_t t = day * 86400 + rand() % 86400;
			uint64_t ns = (uint64_t)t * NS_PER_SEC, back;
			struct civil c = tz_civil(ns);
			struct tm tm;

			localtime_r(&t, &tm);
			wrong += tz_offset(ns) != tm.tm_gmtoff || c.hour != tm.tm_hour ||
				 c.day != tm.tm_mday || c.minute != tm.tm_min;
			/* Of a repeated time the first is given: never later, same civil time. */
			if (!tz_instant(&c, &back) || back > ns) {
				wrong++;
				continue;
			}
			wrong += back != ns && (ns - back > 3 * NS_PER_HOUR ||
						tz_civil(back).hour != c.hour);
		}
	}
	EQUAL_INT(wrong, 0);
}

static void *ask_in_thread(void *into)
{
	*(int *)into = tz_offset(at("2026-07-01T12:00:00Z"));
	return NULL;
}

static void test_use_reaches_all_threads(void)
{
	pthread_t thread;
	int offset = -1;

	tz_use("Asia/Kolkata");
	EQUAL_INT(tz_offset(at("2026-07-01T12:00:00Z")), 19800);
	tz_use("Europe/Amsterdam");
	EQUAL_INT(tz_offset(at("2026-07-01T12:00:00Z")), 7200);	/* nothing remembered from before */
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, ask_in_thread, &offset), 0);
	pthread_join(thread, NULL);
	EQUAL_INT(offset, 7200);
}

/* Before anybody chose a zone it is UTC, whatever TZ says.  Must run first. */
static void test_before_use(void)
{
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	EQUAL_TEXT(tz_name(), "UTC");
	EQUAL_INT(tz_offset(at("2026-07-01T12:00:00Z")), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "UTC before a zone is chosen", test_before_use },
		{ "names", test_names },
		{ "asking whether a zone exists changes nothing", test_is_known_leaves_zone },
		{ "offsets", test_offsets },
		{ "smallest offset of a year", test_smallest_offset },
		{ "gaps and repeats", test_gap_and_repeat },
		{ "bounds", test_bounds },
		{ "against glibc, 1970 to 2060", test_against_glibc },
		{ "a new zone reaches all threads", test_use_reaches_all_threads },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "tz", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
