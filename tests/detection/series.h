/* series.h - how many nights a leak is there before it is found: the same detectors, one series of
 * nights after the other. */
#ifndef NW_DETECTION_SERIES_H
#define NW_DETECTION_SERIES_H

#include <stdbool.h>
#include <stdint.h>
#include "tally.h"

/* A leak's way through the calendar.  Night 1 is a Monday unless first_weekday says otherwise. */
struct pattern {
	const char *name;
	double start_min;	/* from noon */
	double sd_min;		/* normal around it */
	double spread_min;	/* uniform in [0, spread) after it */
	double drift_min;	/* later every night */
	double missing;		/* share of nights without */
	bool weekdays_only;
	unsigned first_weekday;	/* 0 Monday .. 6 Sunday */
	unsigned every;		/* days; 0 and 1: every night */
	double minutes;		/* that it takes; 0: 20 */
	enum detector_id detector;
	double bytes;		/* 0: 100 MB */
	unsigned reference[2];	/* DETECTION section 4: to L1 and L2; 0: none */
};

struct found {
	/* Nights to L1 and L2 (C: locked, and M >= 1e5); 0: not within SERIES_NIGHTS. */
	unsigned median[2], p90[2];
	double share[2];		/* of the series found at all */
};

#define SERIES_NIGHTS 120U

void series_run(const struct pattern *pattern, unsigned series, uint64_t seed,
		struct found *ret_found);

#endif
