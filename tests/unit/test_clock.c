/* test_clock.c - capture time, civil time, durations and sizes. */
#include "base/clock.h"
#include "tap.h"

static void civil_time_there_and_back(void)
{
	/* Every day from 1969 to 2401 in steps that hit all months, and the ends of leap years. */
	for (int64_t s = -86400 * 400LL; s < 86400LL * 157800; s += 86400 * 13 + 7) {
		struct civil c = civil_from_seconds(s);

		EQUAL_INT(civil_to_seconds(&c), s);
	}
}

static void known_days(void)
{
	struct civil c = civil_from_seconds(951782400);		/* 2000-02-29 */

	EQUAL_INT(c.year, 2000);
	EQUAL_INT(c.month, 2);
	EQUAL_INT(c.day, 29);
	EQUAL_INT(civil_weekday(&c), 1);			/* a Tuesday */
	c = (struct civil){ .year = 1970, .month = 1, .day = 1 };
	EQUAL_INT(civil_weekday(&c), 3);
	c = (struct civil){.year = 2026, .month = 14, .day = 1}; /* normalised: February 2027 */
	c = civil_from_seconds(civil_to_seconds(&c));
	EQUAL_INT(c.year, 2027);
	EQUAL_INT(c.month, 2);
}

static void formats(void)
{
	char buf[CLOCK_TEXT_MAX];

	EQUAL_TEXT(clock_format(1768626600123456789ULL, buf), "2026-01-17T05:10:00.123456Z");
	EQUAL_TEXT(clock_format_offset(1768626600ULL * NS_PER_SEC, 3600, buf),
		   "2026-01-17T06:10:00+01:00");
	EQUAL_TEXT(clock_format_offset(1768626600ULL * NS_PER_SEC, -12600, buf),
		   "2026-01-17T01:40:00-03:30");
	EQUAL_TEXT(clock_format(0, buf), "1970-01-01T00:00:00.000000Z");
}

static void parses_rfc3339(void)
{
	uint64_t ns = 0;
	bool has_offset = false;

	CU_ASSERT(clock_parse("2026-01-17T06:10:00+01:00", &ns, &has_offset));
	CU_ASSERT(has_offset);
	EQUAL_INT(ns, 1768626600LL * (int64_t)NS_PER_SEC);
	CU_ASSERT(clock_parse("2026-01-17 05:10:00.5", &ns, &has_offset));
	CU_ASSERT_FALSE(has_offset);
	EQUAL_INT(ns, 1768626600500000000LL);
	CU_ASSERT(clock_parse("2026-01-17T05:10Z", &ns, &has_offset));
	CU_ASSERT(clock_parse("2026-01-17", &ns, &has_offset));
	EQUAL_INT(ns, 1768608000LL * (int64_t)NS_PER_SEC);
}

static void refuses_what_is_no_time(void)
{
	static const char *const texts[] = {"",
					    "2026",
					    "2026-13-01",
					    "2026-02-30",
					    "2026-01-17T24:00:00Z",
					    "2026-01-17T05:60:00Z",
					    "2026-01-17T05:10:00+25:00",
					    "2026-01-17T05:10:00Zx",
					    "2026-01-17T05",
					    "1969-12-31T23:59:59Z",
					    "2026-01-17T05:10:00.",
					    "9999-01-01T00:00:00Z"};
	uint64_t ns = 42;
	bool has_offset;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CU_ASSERT_FALSE(clock_parse(texts[i], &ns, &has_offset));
	EQUAL_INT(ns, 42);
}

static void durations_and_sizes(void)
{
	uint64_t v = 7;
	char buf[CLOCK_TEXT_MAX];

	CU_ASSERT(duration_parse("30s", &v));
	EQUAL_INT(v, 30 * (int64_t)NS_PER_SEC);
	CU_ASSERT(duration_parse("400d", &v));
	EQUAL_INT(v, 400 * (int64_t)NS_PER_DAY);
	CU_ASSERT(size_parse("10GB", &v));
	EQUAL_INT(v, 10000000000LL);
	CU_ASSERT(size_parse("64MiB", &v));
	EQUAL_INT(v, 67108864);
	CU_ASSERT(size_parse("262144", &v));
	EQUAL_INT(v, 262144);
	CU_ASSERT_FALSE(duration_parse("30", &v));
	CU_ASSERT_FALSE(duration_parse("-3s", &v));
	CU_ASSERT_FALSE(duration_parse("99999999999999999999d", &v));
	CU_ASSERT_FALSE(size_parse("10 GB", &v));
	CU_ASSERT_FALSE(size_parse("9999999999999TB", &v));
	EQUAL_INT(v, 262144);
	EQUAL_TEXT(size_format(5687000000ULL, buf), "5.7 GB");
	EQUAL_TEXT(size_format(999, buf), "999 B");
	EQUAL_TEXT(size_format(999600, buf), "1.0 MB");
	EQUAL_TEXT(size_format(42000, buf), "42 KB");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "civil time there and back", civil_time_there_and_back },
		{ "known days", known_days },
		{ "formats", formats },
		{ "parses RFC 3339", parses_rfc3339 },
		{ "refuses what is no time", refuses_what_is_no_time },
		{ "durations and sizes", durations_and_sizes },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "clock", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
