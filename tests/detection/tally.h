/* tally.h - site-years of innocents through the very detectors, and what they cost.
 *
 * Two ways to count.  *Counted*, as the promise is worded: at M >= A an alarm is counted and M
 * begins anew.  *Opened*, as people see it: an incident opens at the level (hits included) and
 * stays open until it is resolved; M goes on meanwhile.
 */
#ifndef NW_DETECTION_TALLY_H
#define NW_DETECTION_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include "world.h"

enum detector_id { DETECTOR_N, DETECTOR_N_LOW, DETECTOR_PERIOD, DETECTOR_C, DETECTORS };

/* A = 1e3 and L1, A = 1e5 and L2; detector C opens at its lock. */
#define TALLY_LEVELS 2
extern const double tally_threshold[TALLY_LEVELS];

struct tally {
	unsigned site_years;
	double channel_years;
	double bets;				/* nights judged, or in play */
	double processes;			/* channels (times periods): what 4.5 goes with */
	double counted[TALLY_LEVELS];		/* a channel-year */
	double opened[TALLY_LEVELS];
	double counted_error[TALLY_LEVELS];	/* bootstrap of site-years: standard errors */
	double opened_error[TALLY_LEVELS];
	double bound[TALLY_LEVELS];		/* a channel-year; detector C: 0, no promise */
};

/* channel_years: rounded up to whole sites.  false: no memory. */
bool tally_run(const struct kind *kind, enum detector_id detector, double channel_years,
	       uint64_t seed, struct tally *ret_tally);

#endif
