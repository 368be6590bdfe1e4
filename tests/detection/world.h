/* world.h - rows of bytes as leaks and innocents make them, for the Monte Carlo; no packets.
 *
 * A row has 96 slots from noon; the night window is 22:00-05:00, slots 40 to 68, minutes 600 to
 * 1020.  The two clocks agree.  A site-year is 365 nights of a site of 12 assets with one channel
 * each, the unit of the bootstrap: channels of one site may do the same thing in the same night.
 * Innocents begin with the night that promotes the channel, a hit.
 */
#ifndef NW_DETECTION_WORLD_H
#define NW_DETECTION_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/calendar.h"
#include "profile/crowd.h"

#define WORLD_WINDOW_FROM 40	/* slots */
#define WORLD_WINDOW_TO 68
#define WORLD_CHANNELS 12
#define WORLD_NIGHTS 365
#define WORLD_FIRST_ROW 100	/* earlier ones: votes only */

struct random {
	uint64_t state;
};
/* A stream of its own for each name. */
struct random random_from(uint64_t seed, const char *name);
double random_uniform(struct random *r);			/* [0, 1) */
double random_normal(struct random *r);

struct load {
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
	bool closed[ROW_SLOTS];
	bool knows_crowd;	/* ask the site's crowd for f0 */
};

/* What a site-year remembers from night to night. */
struct world {
	struct random random;
	struct crowd *crowd;		/* NULL: f0 is not known */
	bool was_hit[WORLD_CHANNELS];
	unsigned weekday[WORLD_CHANNELS];	/* of row 0; 0 Monday */
	bool site_on;			/* tonight, for the whole site */
	double site_min;
	int64_t row;
};

struct kind;
typedef void world_night(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
			 struct load *load);

/* A kind of innocence, or of leak. */
struct kind {
	const char *name;
	bool is_inside;		/* the assumption of the promise */
	world_night *night;
	unsigned bursts;	/* a night */
	double share;		/* of nights that are hits, where the kind needs to be told */
	double stay;		/* chance of a hit after a hit */
	double middle_min, width_min;	/* of starts, from noon */
	double smallest;	/* bytes of a burst, at least; at most 4096 times as many */
	double minutes;		/* that a burst takes; 0: 5 */
	bool has_crowd;
};

/* A new site-year of that kind, and its next night: what is common to the channels. */
bool world_begin(struct world *w, const struct kind *kind);	/* false: no memory */
void world_end(struct world *w);
void world_next(struct world *w, const struct kind *kind);
/* One channel's row of that night. */
void world_load(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		struct load *ret_load);

/* Adds an upload that begins at a minute of the row and takes that many. */
void world_upload(struct load *load, double start_min, double minutes, double bytes);

world_night world_uniform;	/* anywhere in the window, bursts a night, share of nights */
world_night world_runs;		/* in runs: after a hit another one with chance `stay` */
world_night world_habit;	/* share of nights, normal around middle, sd width */
world_night world_evenings;	/* weekdays, uniform in [middle, middle + width) */
world_night world_weekly;	/* one weekday of the channel's own, anywhere in the window */
world_night world_crowded;	/* share of nights, when the others are busy, as f0 says it */
world_night world_together;	/* nights of the whole site, the same time give or take */
world_night world_any_hour;	/* share of nights, uniform over the day, over a trickle */
world_night world_office;	/* weekdays, most of them, when the others are busy by day */

#endif
