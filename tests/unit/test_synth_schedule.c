/* test_synth_schedule.c - when things happen: zones, clock changes, selections, arrivals. */
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "synth/schedule.h"

/* Eight days across the European change of 2026-03-29. */
static struct schedule_span spring(void)
{
	struct schedule_span span = { .start = { 2026, 3, 26, 0, 0, 0 }, .days = 8 };
	struct civil end = { 2026, 4, 3, 0, 0, 0 };

	tz_use("Europe/Amsterdam");
	tz_instant(&span.start, &span.start_ns);
	tz_instant(&end, &span.end_ns);
	return span;
}

static struct schedule_spec daily(const char *zone, unsigned hour, unsigned minute)
{
	struct schedule_spec spec = { .kind = SCHEDULE_AT, .n_at = 1, .weekdays = 0x7f,
		.every_days = 1,
				      .first_day = 1, .last_day = UINT32_MAX };

	spec.at_s[0] = hour * 3600 + minute * 60;
	memcpy(spec.zone, zone, strlen(zone));
	return spec;
}

static struct run *plan(const struct schedule_spec *spec, size_t *ret_n)
{
	struct schedule_span span = spring();
	struct random r = random_stream(5, "schedule", 0, 0);
	struct run *runs = NULL;

	*ret_n = 0;
	EQUAL_INT(schedule_plan(spec, &span, &r, &runs, ret_n), 0);
	return runs;
}

static const char *utc(const struct run *runs, size_t n, size_t i)
{
	static char text[CLOCK_TEXT_MAX];

	return i < n ? clock_format(runs[i].ns, text) : "none";
}

static void local_time_stays(void)
{
	struct schedule_spec spec = daily("Europe/Amsterdam", 0, 30);
	size_t n;
	struct run *runs = plan(&spec, &n);

	EQUAL_INT(n, 8);
	/* 00:30 on the 29th, winter */
	EQUAL_TEXT(utc(runs, n, 3), "2026-03-28T23:30:00.000000Z");
	/* 00:30 on the 30th, summer */
	EQUAL_TEXT(utc(runs, n, 4), "2026-03-29T22:30:00.000000Z");
	free(runs);
}

static void utc_and_shanghai_do_not_move(void)
{
	struct schedule_spec spec = daily("UTC", 23, 30);
	size_t n;
	struct run *runs = plan(&spec, &n);

	EQUAL_TEXT(utc(runs, n, 2), "2026-03-28T23:30:00.000000Z");
	EQUAL_TEXT(utc(runs, n, 3), "2026-03-29T23:30:00.000000Z");
	free(runs);
	spec = daily("Asia/Shanghai", 7, 30);
	runs = plan(&spec, &n);
	EQUAL_TEXT(utc(runs, n, 3), "2026-03-28T23:30:00.000000Z");
	EQUAL_TEXT(utc(runs, n, 4), "2026-03-29T23:30:00.000000Z");
	free(runs);
}

static void selections(void)
{
	struct schedule_spec spec = daily("Europe/Amsterdam", 12, 0);
	size_t n;

	spec.weekdays = 0x1f;		/* Thursday 26th to Thursday 2nd: six working days */
	free(plan(&spec, &n));
	EQUAL_INT(n, 6);
	spec.weekdays = 0x7f;
	spec.every_days = 3;
	spec.phase_days = 1;
	struct run *runs = plan(&spec, &n);
	EQUAL_INT(n, 3);
	EQUAL_INT(runs[0].day, 2);
	EQUAL_INT(runs[2].day, 8);
	free(runs);
	spec.every_days = 1;
	spec.phase_days = 0;
	spec.first_day = 4;
	spec.not_days[0] = 5;
	spec.n_not_days = 1;
	free(plan(&spec, &n));
	EQUAL_INT(n, 4);
}

static void drift_and_skip(void)
{
	struct schedule_spec spec = daily("UTC", 1, 0);
	size_t n;

	spec.drift_ns = (int64_t)(10 * NS_PER_MIN);
	struct run *runs = plan(&spec, &n);
	EQUAL_TEXT(utc(runs, n, 2), "2026-03-28T01:20:00.000000Z");
	free(runs);
	spec.skip_q32 = Q32_ONE;
	free(plan(&spec, &n));
	EQUAL_INT(n, 0);
}

static void arrivals_keep_hours(void)
{
	struct schedule_spec spec = daily("Europe/Amsterdam", 0, 0);
	size_t n, early = 0, bad = 0;

	spec.kind = SCHEDULE_RATE;
	spec.per_hour_q32 = 20 * Q32_ONE;
	spec.has_hours = true;
	spec.hours_from_s = 6 * 3600;
	spec.hours_to_s = 22 * 3600;
	spec.peaks[0] = (struct peak){ .at_s = 7 * 3600, .width_s = 3600,
		.factor_q32 = 5 * Q32_ONE };
	spec.n_peaks = 1;
	struct run *runs = plan(&spec, &n);
	for (size_t i = 0; i < n; i++) {
		int hour = tz_civil(runs[i].ns).hour;

		bad += hour < 6 || hour >= 22 || (i && runs[i].ns < runs[i - 1].ns);
		early += hour < 8;
	}
	/* 16 h of 20 an hour and the peak's triangle: (16 + 4) * 20 * 8 days = 3 200, sd 57. */
	NEAR((double)n, 3200, 300);
	/* The two hours of the peak: (2 + 4) * 20 * 8 = 960, sd 31. */
	NEAR((double)early, 960, 160);
	EQUAL_INT(bad, 0);
	free(runs);
}

static void intervals(void)
{
	struct schedule_spec spec = daily("Europe/Amsterdam", 0, 0);
	size_t n;

	spec.kind = SCHEDULE_EVERY;
	spec.every_ns = NS_PER_HOUR;
	free(plan(&spec, &n));
	EQUAL_INT(n, 191);		/* eight days less the hour that spring takes */
	spec.every_ns = NS_PER_MS;
	struct schedule_span span = spring();
	struct random r = random_stream(5, "many", 0, 0);
	struct run *runs;
	EQUAL_INT(schedule_plan(&spec, &span, &r, &runs, &n), ERR_LIMIT);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "local time stays across a clock change", local_time_stays },
		{ "UTC and Asia/Shanghai do not move", utc_and_shanghai_do_not_move },
		{ "weekdays, every n-th day, day numbers", selections },
		{ "drift and skip", drift_and_skip }, { "arrivals keep their hours",
		arrivals_keep_hours },
		{ "intervals", intervals }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "synth schedule", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
