/* calendar.c - see calendar.h.
 *
 * How the night window of a row is found (DETECTION section 2), and what was decided where the
 * definition leaves room:
 *
 *       noon            midnight of the row             noon
 *   row  |------------------|--M--|------------------------|      24 h at the smallest offset
 *   closed    ####      ##########[########]                      intervals as instants, merged
 *                       |--window-|                               nearest to M, inside the row
 *
 *  1. Each entry of closed_hours is turned into instants for the days round the row.  Civil times
 *     that spring skips give the instant of the change, repeated ones the first: so "22:00-05:00"
 *     lasts 6 h in spring and 8 h in autumn.  A holiday is closed from its midnight to the next.
 *  2. Overlapping and adjoining intervals are one interval; the row's bounds cut it.
 *  3. The window is the interval nearest to M, the midnight inside the row (distance 0 when it
 *     holds or touches M); of two at the same distance the longer one, then the earlier one.
 *  4. An interval longer than 12 h (a closed weekend) is cut to the 12 h centred on M, moved as far
 *     as needed to stay inside it: 18:00-06:00 of a day closed all day.
 *  5. Without closed hours there is no window, not on holidays either: a quay that never sleeps.
 *     A zone's own hours replace the site's; the site's holidays hold there as well.
 *  6. Rows that begin before 1970 or end after the civil years of tz_instant() have no window.
 *
 * Cost: about ten tz_instant() per call; callers keep a night per zone and row.
 */
#include "policy/calendar.h"

#include <stdio.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/tz.h"

#define WINDOW_MAX_NS (12 * NS_PER_HOUR)
#define SECONDS_PER_DAY 86400
#define DAYS_LOOKED_AT 4		/* of the row's date: the day before, itself, two after */
#define SPANS_MAX (DAYS_LOOKED_AT * (SITE_CLOSED_MAX + 1))

struct span {
	uint64_t start_ns, end_ns;
};

struct spans {
	struct span list[SPANS_MAX];	/* by start */
	size_t n;
};

void calendar_init(struct calendar *c, const struct site *site, int year)
{
	int64_t noon = SECONDS_PER_DAY / 2 - tz_smallest_offset(year);

	noon = (noon % SECONDS_PER_DAY + SECONDS_PER_DAY) % SECONDS_PER_DAY;
	c->site = site;
	c->noon_ns = (uint64_t)noon * NS_PER_SEC;
}

int64_t calendar_row(const struct calendar *c, uint64_t ns)
{
	return ns < c->noon_ns ? -1 : (int64_t)((ns - c->noon_ns) / ROW_NS);
}

uint64_t calendar_row_start(const struct calendar *c, int64_t row)
{
	if (row < 0)
		return 0;
	if ((uint64_t)row > (UINT64_MAX - c->noon_ns) / ROW_NS)
		return UINT64_MAX;
	return (uint64_t)row * ROW_NS + c->noon_ns;
}

static uint64_t row_end(const struct calendar *c, int64_t row)
{
	return row < INT64_MAX ? calendar_row_start(c, row + 1) : UINT64_MAX;
}

const char *calendar_row_date(const struct calendar *c, int64_t row, char buf[static DATE_TEXT_MAX])
{
	struct civil day;

	if (row < 0)	/* the one before the first noon: no instant of ours lies at its start */
		day = (struct civil){ .year = 1969, .month = 12, .day = 31 };
	else
		day = tz_civil(calendar_row_start(c, row));
	snprintf(buf, DATE_TEXT_MAX, "%04d-%02d-%02d", day.year, day.month, day.day);
	return buf;
}

static int64_t days_of(const struct civil *c)
{
	struct civil midnight = { .year = c->year, .month = c->month, .day = c->day };

	return civil_to_seconds(&midnight) / SECONDS_PER_DAY;
}

int64_t calendar_day(uint64_t ns)
{
	struct civil c = tz_civil(ns);

	return days_of(&c);
}

/* minutes may reach into the days after. */
static bool instant_at(int64_t day, unsigned minutes, uint64_t *ret_ns)
{
	struct civil c = civil_from_seconds(day * SECONDS_PER_DAY + (int64_t)minutes * 60);

	return tz_instant(&c, ret_ns);
}

static bool is_on_weekday(uint8_t days, int64_t day)
{
	struct civil c = civil_from_seconds(day * SECONDS_PER_DAY);

	return days >> civil_weekday(&c) & 1;
}

static unsigned end_minute(const struct closed_hours *hours)
{
	return hours->to_min + (hours->to_min <= hours->from_min ? 24 * 60 : 0);
}

bool calendar_interval(const struct closed_hours *hours, int64_t day, uint64_t *ret_start_ns,
		       uint64_t *ret_end_ns)
{
	uint64_t start, end;

	if (!is_on_weekday(hours->days, day) || !instant_at(day, hours->from_min, &start) ||
	    !instant_at(day, end_minute(hours), &end) || end <= start)
		return false;
	*ret_start_ns = start;
	*ret_end_ns = end;
	return true;
}

bool calendar_turn(const struct closed_hours *hours, int64_t day, uint64_t *ret_start_ns,
		   uint64_t *ret_end_ns)
{
	uint64_t start, end, next, lasts = (end_minute(hours) - hours->from_min) * NS_PER_MIN;

	if (!is_on_weekday(hours->days, day) || !instant_at(day, hours->from_min, &start) ||
	    !instant_at(day, end_minute(hours), &end) ||
	    !instant_at(day + 1, hours->from_min, &next))
		return false;
	if (end < start + lasts)
		end = start + lasts < next ? start + lasts : next;
	*ret_start_ns = start;
	*ret_end_ns = end;
	return true;
}

static bool is_holiday(const struct site *site, int64_t day)
{
	size_t low = 0, high = site->n_holidays;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (site->holidays[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low < site->n_holidays && site->holidays[low] == day;
}

static const struct closed_hours *hours_of(const struct calendar *c, const struct zone *zone,
					   size_t *ret_n)
{
	bool own = zone && zone->has_closed;

	*ret_n = own ? zone->n_closed : c->site->n_closed;
	return own ? zone->closed : c->site->closed;
}

static void add_span(struct spans *s, uint64_t start, uint64_t end)
{
	size_t at = s->n;

	if (s->n == SPANS_MAX)
		return;
	for (; at > 0 && s->list[at - 1].start_ns > start; at--)
		s->list[at] = s->list[at - 1];
	s->list[at] = (struct span){ start, end };
	s->n++;
}

static void merge_spans(struct spans *s)
{
	size_t kept = 0;

	for (size_t i = 1; i < s->n; i++) {
		struct span *last = &s->list[kept];

		if (s->list[i].start_ns > last->end_ns)
			s->list[++kept] = s->list[i];
		else if (s->list[i].end_ns > last->end_ns)
			last->end_ns = s->list[i].end_ns;
	}
	if (s->n)
		s->n = kept + 1;
}

/* Every interval that may touch the days [first, first + n_days). */
static void collect_spans(const struct calendar *c, const struct zone *zone, int64_t first,
			  int n_days, struct spans *ret)
{
	size_t n;
	const struct closed_hours *hours = hours_of(c, zone, &n);
	uint64_t start, end;

	ret->n = 0;
	if (n == 0)
		return;
	for (int64_t day = first; day < first + n_days; day++) {
		for (size_t i = 0; i < n; i++)
			if (calendar_interval(&hours[i], day, &start, &end))
				add_span(ret, start, end);
		if (is_holiday(c->site, day) && instant_at(day, 0, &start) &&
		    instant_at(day + 1, 0, &end))
			add_span(ret, start, end);
	}
	merge_spans(ret);
}

static uint64_t distance(const struct span *s, uint64_t midnight)
{
	if (midnight < s->start_ns)
		return s->start_ns - midnight;
	return midnight > s->end_ns ? midnight - s->end_ns : 0;
}

static bool is_nearer(const struct span *a, const struct span *b, uint64_t midnight)
{
	uint64_t da = distance(a, midnight), db = distance(b, midnight);

	return da != db ? da < db : a->end_ns - a->start_ns > b->end_ns - b->start_ns;
}

static struct span cut_to_window(struct span s, uint64_t midnight)
{
	uint64_t start = midnight - WINDOW_MAX_NS / 2;

	if (s.end_ns - s.start_ns <= WINDOW_MAX_NS)
		return s;
	if (start > s.end_ns - WINDOW_MAX_NS)
		start = s.end_ns - WINDOW_MAX_NS;
	if (start < s.start_ns)
		start = s.start_ns;
	return (struct span){ start, start + WINDOW_MAX_NS };
}

struct night calendar_night(const struct calendar *c, const struct zone *zone, int64_t row)
{
	uint64_t low = calendar_row_start(c, row), high = row_end(c, row), midnight;
	struct night night = { .start_ns = low, .end_ns = low };
	struct span best = { 0 };
	struct spans spans;
	int64_t day;

	if (row < 0 || high - low != ROW_NS)
		return night;
	night.is_changeover = tz_offset(low) != tz_offset(high - 1);
	day = calendar_day(low);
	if (!instant_at(day + 1, 0, &midnight))
		return night;
	collect_spans(c, zone, day - 1, DAYS_LOOKED_AT, &spans);
	for (size_t i = 0; i < spans.n; i++) {
		struct span s = spans.list[i];

		s.start_ns = s.start_ns < low ? low : s.start_ns;
		s.end_ns = s.end_ns > high ? high : s.end_ns;
		if (s.start_ns >= s.end_ns)
			continue;
		if (!night.has_window || is_nearer(&s, &best, midnight))
			best = s;
		night.has_window = true;
	}
	if (night.has_window) {
		best = cut_to_window(best, midnight);
		night.start_ns = best.start_ns;
		night.end_ns = best.end_ns;
	}
	return night;
}

bool calendar_is_closed(const struct calendar *c, const struct zone *zone, uint64_t ns)
{
	struct spans spans;

	/* An interval starts on the day before at the earliest. */
	collect_spans(c, zone, calendar_day(ns) - 1, 2, &spans);
	for (size_t i = 0; i < spans.n; i++)
		if (spans.list[i].start_ns <= ns && ns < spans.list[i].end_ns)
			return true;
	return false;
}
