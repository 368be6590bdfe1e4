/* test_calendar.c - rows and night windows in many zones, on change-over
 * nights, holidays, weekends. */
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "base/tz.h"
#include "policy/calendar.h"
#include "policy/site_values.h"
#include "tap.h"

#define NIGHTLY "mon-sun 22:00-05:00"

static struct closed_hours hours[SITE_CLOSED_MAX];
static int32_t holidays[16];
static struct site site;
static struct calendar calendar;

/* "mon-fri 22:00-05:00;sat,sun 00:00-24:00" */
static size_t parse_hours(const char *text, struct closed_hours *list)
{
	size_t n = 0;

	while (*text) {
		char days[32], from[8], to[8];
		int used = 0;

		CU_ASSERT_EQUAL_FATAL(sscanf(text, "%31s %5[0-9:]-%5[0-9:]%n", days, from,
					     to, &used), 3);
		CU_ASSERT_TRUE_FATAL(value_days(days, &list[n].days));
		CU_ASSERT_TRUE_FATAL(value_hhmm(from, false, &list[n].from_min));
		CU_ASSERT_TRUE_FATAL(value_hhmm(to, true, &list[n].to_min));
		n++;
		text += used;
		text += *text == ';';
	}
	return n;
}

static void set_up(const char *zone, int year, const char *closed)
{
	CU_ASSERT_EQUAL_FATAL(tz_use(zone), 0);
	site = (struct site){ .closed = hours, .holidays = holidays };
	site.n_closed = parse_hours(closed, hours);
	calendar_init(&calendar, &site, year);
}

static void add_holiday(const char *date)	/* in order */
{
	CU_ASSERT_TRUE_FATAL(value_date(date, &holidays[site.n_holidays++]));
}

static uint64_t at(const char *text)
{
	uint64_t ns = 0;
	bool has_offset;

	CU_ASSERT_TRUE_FATAL(clock_parse(text, &ns, &has_offset));
	if (!has_offset) {
		struct civil c = civil_from_seconds((int64_t)(ns / NS_PER_SEC));

		CU_ASSERT_TRUE_FATAL(tz_instant(&c, &ns));
	}
	return ns;
}

/* The row that civil 18:00 of a date lies in. */
static int64_t row_of(const char *date)
{
	char text[32];

	snprintf(text, sizeof(text), "%s 18:00", date);
	return calendar_row(&calendar, at(text));
}

/* "17 22:00+01:00 18 05:00+01:00" */
static const char *window_text(const struct night *n, char *buf, size_t cap)
{
	char a[CLOCK_TEXT_MAX], b[CLOCK_TEXT_MAX];

	if (!n->has_window)
		return "none";
	clock_format_offset(n->start_ns, tz_offset(n->start_ns), a);
	clock_format_offset(n->end_ns, tz_offset(n->end_ns), b);
	snprintf(buf, cap, "%.2s %.5s%s %.2s %.5s%s", a + 8, a + 11, a + 19, b + 8, b + 11, b + 19);
	return buf;
}

static void check_night(int line, const char *date, const char *want)
{
	struct night n = calendar_night(&calendar, NULL, row_of(date));
	char got[64], name[DATE_TEXT_MAX], expr[32];

	snprintf(expr, sizeof(expr), "night of %s", date);
	tap_equal_text(__FILE__, line, expr, window_text(&n, got, sizeof(got)), want);
	tap_equal_text(__FILE__, line, "row date",
		       calendar_row_date(&calendar, row_of(date), name), date);
	CU_ASSERT_TRUE(n.start_ns >= calendar_row_start(&calendar, row_of(date)));
	CU_ASSERT_TRUE(n.end_ns <= calendar_row_start(&calendar, row_of(date) + 1));
}
#define NIGHT(date, want) check_night(__LINE__, date, want)

static bool is_changeover(const char *date)
{
	return calendar_night(&calendar, NULL, row_of(date)).is_changeover;
}

static void test_rows(void)
{
	char buf[DATE_TEXT_MAX];
	int64_t row;

	set_up("UTC", 2026, NIGHTLY);
	EQUAL_INT(calendar.noon_ns, 12 * NS_PER_HOUR);
	EQUAL_INT(calendar_row(&calendar, at("2026-01-17T11:59:59.999999999Z")), 20469);
	EQUAL_INT(calendar_row(&calendar, at("2026-01-17T12:00:00Z")), 20470);
	EQUAL_TEXT(calendar_row_date(&calendar, 20470, buf), "2026-01-17");
	EQUAL_INT(calendar_row_start(&calendar, 20470), at("2026-01-17T12:00:00Z"));
	set_up("Europe/Amsterdam", 2026, NIGHTLY);
	EQUAL_INT(calendar.noon_ns, 11 * NS_PER_HOUR);	/* 12:00 of winter time, all year */
	row = calendar_row(&calendar, at("2026-07-17T10:59:59Z"));
	EQUAL_TEXT(calendar_row_date(&calendar, row, buf), "2026-07-16");
	row = calendar_row(&calendar, at("2026-07-17T11:00:00Z"));
	EQUAL_TEXT(calendar_row_date(&calendar, row, buf), "2026-07-17");
	set_up("Asia/Kolkata", 2026, NIGHTLY);
	EQUAL_INT(calendar.noon_ns, 6 * NS_PER_HOUR + 30 * NS_PER_MIN);
	set_up("America/St_Johns", 2026, NIGHTLY);
	EQUAL_INT(calendar.noon_ns, 15 * NS_PER_HOUR + 30 * NS_PER_MIN);
	set_up("Pacific/Kiritimati", 2026, NIGHTLY);	/* UTC+14: noon is the evening before */
	EQUAL_INT(calendar.noon_ns, 22 * NS_PER_HOUR);
	EQUAL_TEXT(calendar_row_date(&calendar, row_of("2026-03-01"), buf), "2026-03-01");
	set_up("Pacific/Pago_Pago", 2026, NIGHTLY);
	EQUAL_INT(calendar.noon_ns, 23 * NS_PER_HOUR);
	EQUAL_TEXT(calendar_row_date(&calendar, row_of("2026-03-01"), buf), "2026-03-01");
}

static void test_plain_nights(void)
{
	set_up("UTC", 2026, NIGHTLY);
	NIGHT("2026-01-17", "17 22:00+00:00 18 05:00+00:00");
	NIGHT("2026-12-31", "31 22:00+00:00 01 05:00+00:00");	/* the year's end */
	NIGHT("2024-02-28", "28 22:00+00:00 29 05:00+00:00");	/* leap year */
	NIGHT("2024-02-29", "29 22:00+00:00 01 05:00+00:00");
	NIGHT("2100-02-28", "28 22:00+00:00 01 05:00+00:00");	/* not a leap year */
	set_up("Asia/Kolkata", 2026, NIGHTLY);
	NIGHT("2026-01-17", "17 22:00+05:30 18 05:00+05:30");
	NIGHT("2026-07-17", "17 22:00+05:30 18 05:00+05:30");
	set_up("Pacific/Kiritimati", 2026, NIGHTLY);
	NIGHT("2026-07-17", "17 22:00+14:00 18 05:00+14:00");
}

static void test_changeover_nights(void)
{
	set_up("Europe/Amsterdam", 2026, NIGHTLY);
	NIGHT("2026-03-27", "27 22:00+01:00 28 05:00+01:00");
	NIGHT("2026-03-28", "28 22:00+01:00 29 05:00+02:00");	/* 6 h */
	NIGHT("2026-03-29", "29 22:00+02:00 30 05:00+02:00");
	NIGHT("2026-10-24", "24 22:00+02:00 25 05:00+01:00");	/* 8 h */
	NIGHT("2026-10-25", "25 22:00+01:00 26 05:00+01:00");
	CU_ASSERT_FALSE(is_changeover("2026-03-27"));
	CU_ASSERT_TRUE(is_changeover("2026-03-28"));
	CU_ASSERT_FALSE(is_changeover("2026-03-29"));
	CU_ASSERT_TRUE(is_changeover("2026-10-24"));
	CU_ASSERT_FALSE(is_changeover("2026-10-25"));
	set_up("America/St_Johns", 2026, NIGHTLY);
	NIGHT("2026-03-07", "07 22:00-03:30 08 05:00-02:30");
	NIGHT("2026-10-31", "31 22:00-02:30 01 05:00-03:30");
	CU_ASSERT_TRUE(is_changeover("2026-03-07"));
	CU_ASSERT_TRUE(is_changeover("2026-10-31"));
	set_up("Australia/Lord_Howe", 2026, NIGHTLY);	/* half an hour, southern summer */
	NIGHT("2026-01-17", "17 22:00+11:00 18 05:00+11:00");
	NIGHT("2026-04-04", "04 22:00+11:00 05 05:00+10:30");
	NIGHT("2026-10-03", "03 22:00+10:30 04 05:00+11:00");
	CU_ASSERT_TRUE(is_changeover("2026-04-04"));
	CU_ASSERT_TRUE(is_changeover("2026-10-03"));
}

static void test_negative_saving(void)
{
	set_up("Europe/Dublin", 2026, NIGHTLY);
	EQUAL_INT(calendar.noon_ns, 12 * NS_PER_HOUR);
	NIGHT("2026-01-17", "17 22:00+00:00 18 05:00+00:00");
	NIGHT("2026-03-28", "28 22:00+00:00 29 05:00+01:00");
	NIGHT("2026-07-17", "17 22:00+01:00 18 05:00+01:00");
	NIGHT("2026-10-24", "24 22:00+01:00 25 05:00+00:00");
	set_up("Africa/Casablanca", 2025, NIGHTLY);	/* UTC+1, UTC in Ramadan */
	EQUAL_INT(calendar.noon_ns, 12 * NS_PER_HOUR);
	NIGHT("2025-02-22", "22 22:00+01:00 23 05:00+00:00");
	NIGHT("2025-03-10", "10 22:00+00:00 11 05:00+00:00");
	NIGHT("2025-04-05", "05 22:00+00:00 06 05:00+01:00");
	NIGHT("2025-07-17", "17 22:00+01:00 18 05:00+01:00");
	CU_ASSERT_TRUE(is_changeover("2025-02-22"));
	CU_ASSERT_TRUE(is_changeover("2025-04-05"));
	CU_ASSERT_FALSE(is_changeover("2025-03-10"));
}

/* Bounds of the window that lie in the skipped or repeated hour. */
static void test_bounds_in_gap(void)
{
	set_up("Europe/Amsterdam", 2026, "mon-sun 22:00-02:30");
	NIGHT("2026-03-28", "28 22:00+01:00 29 03:00+02:00");	/* 02:30 is the change, 03:00 */
	NIGHT("2026-10-24", "24 22:00+02:00 25 02:30+02:00");	/* the first 02:30 */
	set_up("Europe/Amsterdam", 2026, "mon-sun 02:10-02:50");
	NIGHT("2026-03-27", "28 02:10+01:00 28 02:50+01:00");
	NIGHT("2026-03-28", "none");				/* that time did not exist */
	set_up("America/Sao_Paulo", 2018, "mon-sun 00:00-05:00");	/* midnight is skipped */
	NIGHT("2018-11-03", "04 01:00-02:00 04 05:00-02:00");
	set_up("Pacific/Apia", 2011, NIGHTLY);			/* 2011-12-30 never was */
	NIGHT("2011-12-29", "29 22:00-10:00 31 05:00+14:00");
	CU_ASSERT_TRUE(is_changeover("2011-12-29"));
	NIGHT("2011-12-31", "31 22:00+14:00 01 05:00+14:00");
}

static void check_turn(const char *window, const char *date, const char *from, const char *to)
{
	uint64_t start = 0, end = 0;
	int32_t day;

	set_up("Europe/Amsterdam", 2026, window);
	CU_ASSERT_TRUE_FATAL(value_date(date, &day));
	CU_ASSERT_TRUE(calendar_turn(&hours[0], day, &start, &end));
	EQUAL_INT(start, at(from));
	EQUAL_INT(end, at(to));
}

/* A job's window keeps its length in spring, but goes no further than the next one. */
static void test_turns(void)
{
	check_turn("mon-sun 00:30-03:00", "2026-03-28", "2026-03-28T00:30:00+01:00",
		   "2026-03-28T03:00:00+01:00");
	check_turn("mon-sun 00:30-03:00", "2026-03-29", "2026-03-29T00:30:00+01:00",
		   "2026-03-29T04:00:00+02:00");
	check_turn("mon-sun 02:10-02:50", "2026-03-29", "2026-03-29T03:00:00+02:00",
		   "2026-03-29T03:40:00+02:00");
	check_turn("mon-sun 00:00-24:00", "2026-03-29", "2026-03-29T00:00:00+01:00",
		   "2026-03-30T00:00:00+02:00");
	check_turn("mon-sun 00:30-03:00", "2026-10-25", "2026-10-25T00:30:00+02:00",
		   "2026-10-25T03:00:00+01:00");
}

static void test_days_are_of_the_start(void)
{
	set_up("UTC", 2026, "mon-fri 22:00-05:00");		/* 2026-01-16 is a Friday */
	NIGHT("2026-01-16", "16 22:00+00:00 17 05:00+00:00");
	NIGHT("2026-01-17", "none");
	NIGHT("2026-01-18", "none");
	NIGHT("2026-01-19", "19 22:00+00:00 20 05:00+00:00");
	CU_ASSERT_TRUE(calendar_is_closed(&calendar, NULL, at("2026-01-17T04:59:59Z")));
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, NULL, at("2026-01-17T05:00:00Z")));
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, NULL, at("2026-01-19T04:00:00Z")));
	CU_ASSERT_TRUE(calendar_is_closed(&calendar, NULL, at("2026-01-19T22:00:00Z")));
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, NULL, at("2026-01-19T21:59:59Z")));
}

static void test_shapes(void)
{
	set_up("UTC", 2026, "mon-sun 01:00-04:00");		/* wholly after midnight */
	NIGHT("2026-01-17", "18 01:00+00:00 18 04:00+00:00");
	set_up("UTC", 2026, "mon-sun 19:00-23:00");		/* wholly before */
	NIGHT("2026-01-17", "17 19:00+00:00 17 23:00+00:00");
	set_up("UTC", 2026, "mon-sun 22:00-24:00;mon-sun 00:00-05:00");	/* adjoining: one */
	NIGHT("2026-01-17", "17 22:00+00:00 18 05:00+00:00");
	set_up("UTC", 2026, "mon-sun 20:00-23:00;mon-sun 22:00-02:00;mon-sun 01:00-05:00");
	NIGHT("2026-01-17", "17 20:00+00:00 18 05:00+00:00");	/* overlapping: one */
	set_up("UTC", 2026, "mon-sun 23:00-01:00;mon-sun 23:15-23:30");	/* one inside another */
	NIGHT("2026-01-17", "17 23:00+00:00 18 01:00+00:00");
	set_up("UTC", 2026,
	       "mon-sun 20:00-22:30;mon-sun 01:00-05:00");	/* the nearer: 1 h < 1 h 30 */
	NIGHT("2026-01-17", "18 01:00+00:00 18 05:00+00:00");
	set_up("UTC", 2026, "mon-sun 20:00-23:00;mon-sun 01:00-03:00");	/* as near: the longer */
	NIGHT("2026-01-17", "17 20:00+00:00 17 23:00+00:00");
	set_up("UTC", 2026, "mon-sun 21:00-23:00;mon-sun 01:00-03:00");	/* as long: the earlier */
	NIGHT("2026-01-17", "17 21:00+00:00 17 23:00+00:00");
}

static void test_across_noon(void)
{
	set_up("UTC", 2026, "mon-sun 10:00-14:00");	/* cut by the row; 12-14 is earlier */
	NIGHT("2026-01-17", "17 12:00+00:00 17 14:00+00:00");
	set_up("UTC", 2026, "mon-sun 09:00-13:00");	/* 3 h after midnight beat 11 h before */
	NIGHT("2026-01-17", "18 09:00+00:00 18 12:00+00:00");
	set_up("UTC", 2026, "mon-sun 06:00-18:00");
	NIGHT("2026-01-17", "17 12:00+00:00 17 18:00+00:00");
	set_up("UTC", 2026, "mon-sun 12:00-12:00");	/* 24 h from noon: cut round midnight */
	NIGHT("2026-01-17", "17 18:00+00:00 18 06:00+00:00");
}

static void test_at_most_12_hours(void)
{
	/* 17 and 18 are the weekend */
	set_up("UTC", 2026, "mon-fri 22:00-05:00;sat,sun 00:00-24:00");
	NIGHT("2026-01-15", "15 22:00+00:00 16 05:00+00:00");
	NIGHT("2026-01-16", "16 22:00+00:00 17 10:00+00:00");	/* cut nearest midnight */
	NIGHT("2026-01-17", "17 18:00+00:00 18 06:00+00:00");
	NIGHT("2026-01-18", "18 12:00+00:00 19 00:00+00:00");	/* exactly 12 h */
	NIGHT("2026-01-19", "19 22:00+00:00 20 05:00+00:00");
	set_up("UTC", 2026, "mon-sun 17:00-05:30");		/* 12 h 30: from 17:30 */
	NIGHT("2026-01-17", "17 17:30+00:00 18 05:30+00:00");
	set_up("UTC", 2026, "mon-sun 17:30-05:30");		/* 12 h are not cut */
	NIGHT("2026-01-17", "17 17:30+00:00 18 05:30+00:00");
	set_up("UTC", 2026, "mon-sun 21:00-09:30");		/* 12 h 30, the other side */
	NIGHT("2026-01-17", "17 21:00+00:00 18 09:00+00:00");
	set_up("Europe/Amsterdam", 2026, "mon-sun 00:00-24:00");
	NIGHT("2026-03-28", "28 18:00+01:00 29 07:00+02:00");	/* 12 h on the clock of the wall */
	NIGHT("2026-10-24", "24 18:00+02:00 25 05:00+01:00");
}

static void test_never_closed(void)
{
	set_up("UTC", 2026, "");
	add_holiday("2026-12-25");
	NIGHT("2026-01-17", "none");
	NIGHT("2026-12-24", "none");	/* a quay that never sleeps has no holidays either */
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, NULL, at("2026-12-25T12:00:00Z")));
}

static void test_holidays(void)
{
	set_up("UTC", 2026, "mon-fri 22:00-05:00");
	add_holiday("2026-01-17");		/* a Saturday */
	add_holiday("2026-12-25");		/* a Friday */
	add_holiday("2026-12-26");
	NIGHT("2026-01-16", "16 22:00+00:00 17 10:00+00:00");	/* hours, then the holiday */
	NIGHT("2026-01-17", "17 12:00+00:00 18 00:00+00:00");
	NIGHT("2026-12-24", "24 22:00+00:00 25 10:00+00:00");
	NIGHT("2026-12-25", "25 18:00+00:00 26 06:00+00:00");
	NIGHT("2026-12-27", "none");
	CU_ASSERT_TRUE(calendar_is_closed(&calendar, NULL, at("2026-12-25T00:00:00Z")));
	CU_ASSERT_TRUE(calendar_is_closed(&calendar, NULL, at("2026-12-26T23:59:59Z")));
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, NULL, at("2026-12-27T00:00:00Z")));
	set_up("Europe/Amsterdam", 2026, NIGHTLY);
	add_holiday("2026-03-29");		/* 23 h long */
	CU_ASSERT_TRUE(calendar_is_closed(&calendar, NULL, at("2026-03-28T23:00:00Z")));
	CU_ASSERT_TRUE(calendar_is_closed(&calendar, NULL, at("2026-03-29T19:59:59Z")));
	NIGHT("2026-03-29", "29 17:00+02:00 30 05:00+02:00");	/* moved to end with the night */
}

static void test_zone_overrides(void)
{
	struct closed_hours own[2];
	struct zone same = { .id = "same" }, early = { .closed = own, .has_closed = true };
	struct zone always_open = { .has_closed = true };
	struct night n;
	char got[64];

	set_up("UTC", 2026, NIGHTLY);
	early.n_closed = parse_hours("mon-sun 18:00-02:00", own);
	n = calendar_night(&calendar, &same, row_of("2026-01-17"));
	EQUAL_TEXT(window_text(&n, got, sizeof(got)), "17 22:00+00:00 18 05:00+00:00");
	n = calendar_night(&calendar, &early, row_of("2026-01-17"));
	EQUAL_TEXT(window_text(&n, got, sizeof(got)), "17 18:00+00:00 18 02:00+00:00");
	n = calendar_night(&calendar, &always_open, row_of("2026-01-17"));
	EQUAL_TEXT(window_text(&n, got, sizeof(got)), "none");
	CU_ASSERT_TRUE(calendar_is_closed(&calendar, &same, at("2026-01-17T04:00:00Z")));
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, &early, at("2026-01-17T04:00:00Z")));
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, &always_open, at("2026-01-17T04:00:00Z")));
	add_holiday("2026-01-18");
	CU_ASSERT_TRUE(calendar_is_closed(&calendar, &early, at("2026-01-18T12:00:00Z")));
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, &always_open, at("2026-01-18T12:00:00Z")));
}

static void test_absurd_stamps(void)
{
	static const char *const zones[] = { "UTC", "Europe/Amsterdam", "Pacific/Kiritimati",
					     "Pacific/Pago_Pago" };
	static const int64_t rows[] = { INT64_MIN, -1000000, -1, 0, 1, 193000, 194000, 213503,
					213504, 1000000, INT64_MAX };
	static const uint64_t stamps[] = { 0, 1, NS_PER_DAY, 100 * 365 * NS_PER_DAY, UINT64_MAX / 2,
					   UINT64_MAX - 1, UINT64_MAX };
	char buf[DATE_TEXT_MAX];

	for (size_t z = 0; z < ARRAY_SIZE(zones); z++) {
		set_up(zones[z], 2026, NIGHTLY);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			struct night n = calendar_night(&calendar, NULL, rows[i]);

			CU_ASSERT_TRUE(n.start_ns <= n.end_ns);
			CU_ASSERT_TRUE(n.end_ns - n.start_ns <= 12 * NS_PER_HOUR);
			CU_ASSERT_TRUE(strlen(calendar_row_date(&calendar, rows[i], buf)) == 10);
			if (rows[i] < 0 || rows[i] > 193628)	/* the end of 2500 */
				CU_ASSERT_FALSE(n.has_window);
		}
		for (size_t i = 0; i < ARRAY_SIZE(stamps); i++) {
			int64_t row = calendar_row(&calendar, stamps[i]);

			CU_ASSERT_TRUE(row >= -1);
			CU_ASSERT_TRUE(calendar_row_start(&calendar, row) <= stamps[i]);
			calendar_is_closed(&calendar, NULL, stamps[i]);
		}
	}
	set_up("UTC", 1970, NIGHTLY);
	EQUAL_INT(calendar_row(&calendar, 0), -1);
	EQUAL_TEXT(calendar_row_date(&calendar, -1, buf), "1969-12-31");
	EQUAL_INT(calendar_row_start(&calendar, -1), 0);
	EQUAL_INT(calendar_row_start(&calendar, INT64_MAX), UINT64_MAX);
	NIGHT("1970-01-01", "01 22:00+00:00 02 05:00+00:00");
	/* The night that began in 1969 is closed as far as it can be known: not at all. */
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, NULL, 0));
	CU_ASSERT_FALSE(calendar_is_closed(&calendar, NULL, UINT64_MAX));
}

/* Random instants: the window agrees with is_closed() at its bounds and inside. */
static void test_window_is_closed(void)
{
	static const char *const zones[] = { "Europe/Amsterdam", "Australia/Lord_Howe",
					     "Europe/Dublin", "America/St_Johns",
					     "Africa/Casablanca" };
	unsigned wrong = 0;

	srand((unsigned)test_seed(0));
	for (int i = 0; i < 3000; i++) {
		struct night n;
		uint64_t inside;
		char closed[64];
		int from = rand() % 24, to = rand() % 24;

		snprintf(closed, sizeof(closed), "mon-sun %02d:%02d-%02d:%02d", from, rand() % 60,
			 to, rand() % 60);
		set_up(zones[i % 5], 2026, closed);
		n = calendar_night(&calendar, NULL, row_of("2026-01-01") + rand() % 364);
		if (!n.has_window)
			continue;
		inside = n.start_ns + (uint64_t)rand() * 1000003 % (n.end_ns - n.start_ns);
		wrong += !calendar_is_closed(&calendar, NULL, n.start_ns) ||
			 !calendar_is_closed(&calendar, NULL, n.end_ns - 1) ||
			 !calendar_is_closed(&calendar, NULL, inside);
		if (wrong == 1)
			printf("# first wrong: %s %s\n", zones[i % 5], closed);
	}
	EQUAL_INT(wrong, 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "rows", test_rows },
		{ "plain nights, year ends, leap years", test_plain_nights },
		{ "change-over nights", test_changeover_nights },
		{ "negative saving", test_negative_saving },
		{ "bounds in the skipped and the repeated hour", test_bounds_in_gap },
		{ "turns of a job in spring", test_turns },
		{ "days are those of the start", test_days_are_of_the_start },
		{ "shapes and neighbours", test_shapes },
		{ "across noon", test_across_noon },
		{ "at most 12 hours", test_at_most_12_hours },
		{ "never closed", test_never_closed },
		{ "holidays", test_holidays },
		{ "zones override the site", test_zone_overrides },
		{ "absurd stamps", test_absurd_stamps },
		{ "windows are closed time", test_window_is_closed },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "calendar", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
