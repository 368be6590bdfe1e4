/* schedule.h - when an activity happens: civil times in a zone, intervals, or a busy day's
 * arrivals.
 *
 *      at      times of day, civil, with normal jitter and a drift per day
 *      window  one uniformly random time a day between two times
 *      every   a fixed interval with normal jitter
 *      rate    arrivals by chance (Poisson), more often at peaks; hours limit it
 *      once    one moment: the start of the capture plus an offset
 *
 * Days are civil days of the schedule's own zone, numbered from 1 at the scenario's first date; so
 * "00:30 local" stays 00:30 when the clocks change, and "23:30 UTC" does not.
 * schedule_plan() switches the process's zone (tz_use): one thread, before anything else runs.
 */
#ifndef NW_SYNTH_SCHEDULE_H
#define NW_SYNTH_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/tz.h"
#include "synth/random.h"

#define SCHEDULE_TIMES_MAX 24
#define SCHEDULE_PEAKS_MAX 8
#define SCHEDULE_DAYS_MAX 400
#define SCHEDULE_RUNS_MAX 4000000u	/* per activity: 64 MB of plan */

enum schedule_kind { SCHEDULE_AT, SCHEDULE_WINDOW, SCHEDULE_EVERY, SCHEDULE_RATE, SCHEDULE_ONCE };

struct peak {
	uint32_t at_s, width_s;		/* seconds after midnight; half of the triangle's base */
	uint64_t factor_q32;		/* at its top, of the ordinary rate */
};

struct schedule_spec {
	enum schedule_kind kind;
	char zone[TZ_NAME_MAX];
	uint32_t at_s[SCHEDULE_TIMES_MAX];	/* AT; WINDOW: [0] from, [1] to */
	size_t n_at;
	uint64_t every_ns, offset_ns;
	uint64_t per_hour_q32;
	bool has_hours;
	uint32_t hours_from_s, hours_to_s;	/* to <= from ends next day */
	struct peak peaks[SCHEDULE_PEAKS_MAX];
	size_t n_peaks;
	uint64_t jitter_ns;		/* standard deviation */
	int64_t drift_ns;		/* later by so much each day */
	uint64_t skip_q32;		/* AT, WINDOW: the day; EVERY: the single run */
	uint8_t weekdays;		/* bit 0 Monday; 0x7f: all */
	uint32_t every_days, phase_days;	/* every n-th day, beginning with day 1 + phase */
	uint32_t first_day, last_day;	/* 1-based, inclusive */
	uint16_t days[SCHEDULE_DAYS_MAX];	/* only these, when there are any */
	size_t n_days;
	uint16_t not_days[SCHEDULE_DAYS_MAX];
	size_t n_not_days;
};

struct run {
	uint64_t ns;
	uint32_t day;			/* 1-based day of the schedule's zone */
};

struct schedule_span {
	struct civil start;		/* first date, midnight */
	unsigned days;
	uint64_t start_ns, end_ns;	/* runs outside are dropped */
};

/* Runs in time order (free them).  0, -ENOMEM, -ENOENT (zone), or ERR_LIMIT (too many runs). */
int schedule_plan(const struct schedule_spec *spec, const struct schedule_span *span,
		  struct random *random, struct run **ret_runs, size_t *ret_n);

#endif
