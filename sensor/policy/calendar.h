/* calendar.h - rows and nights (DETECTION section 2).
 *
 * A row is 24 h from 12:00 at the smallest UTC offset that the site's zone has in the calendar year
 * of the first packet; so midnight is never cut and no row has 23 or 25 hours.  It is named by the
 * civil date on which it starts.  The night window of a row is its closed interval nearest to local
 * midnight, at most 12 h, per zone; calendar.c says how ties, long closures and holidays are dealt
 * with.
 * The zone is the process's (base/tz.h).  A calendar is immutable after calendar_new(); any thread.
 */
#ifndef NW_POLICY_CALENDAR_H
#define NW_POLICY_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/site.h"

#define ROW_SLOTS 96			/* of 15 minutes */
#define SLOT_NS (15 * 60 * 1000000000ULL)
#define ROW_NS (ROW_SLOTS * SLOT_NS)
#define DATE_TEXT_MAX 16		/* "2026-01-17", with the zero byte */

struct calendar {
	const struct site *site;	/* borrows */
	uint64_t noon_ns;		/* row starts after UTC midnight: 0 <= noon_ns < ROW_NS */
};

/* year: of the first packet (stored in the state; later runs pass the stored one). */
void calendar_init(struct calendar *c, const struct site *site, int year);

/* Rows are numbered: row n starts at n * ROW_NS + noon_ns. */
int64_t calendar_row(const struct calendar *c, uint64_t ns);
uint64_t calendar_row_start(const struct calendar *c, int64_t row);
const char *calendar_row_date(const struct calendar *c, int64_t row,
			      char buf[static DATE_TEXT_MAX]);

/* The interval that hours open on a civil day (days since 1970-01-01).  false: not on that weekday,
 * nothing is left of it (it lies in the hour that spring skips), or the day is not in
 * 1970..2500. */
bool calendar_interval(const struct closed_hours *hours, int64_t day, uint64_t *ret_start_ns,
		       uint64_t *ret_end_ns);
/* The same as a job's window: it lasts no shorter than its civil times say, so that in spring its
 * end is an hour later where the skipped hour is in it.  What was to start in that hour starts
 * after it (cron and systemd do so), and that is no deviation.  A window within the hour is behind
 * it. */
bool calendar_turn(const struct closed_hours *hours, int64_t day, uint64_t *ret_start_ns,
		   uint64_t *ret_end_ns);
int64_t calendar_day(uint64_t ns);	/* the site's civil day at that instant */

struct night {
	bool has_window;		/* false: nothing is closed (a quay that never sleeps) */
	bool is_changeover;		/* the zone's UTC offset changes within the row */
	uint64_t start_ns, end_ns;	/* the window, within the row */
};
/* zone: its hours, or NULL for the site's. */
struct night calendar_night(const struct calendar *c, const struct zone *zone, int64_t row);

/* Is the site (zone) closed at that instant: closed hours and holidays. */
bool calendar_is_closed(const struct calendar *c, const struct zone *zone, uint64_t ns);

#endif
