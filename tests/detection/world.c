/* world.c - see world.h. */
#include "world.h"

#include <math.h>
#include <string.h>
#include "base/hash.h"

#define SLOT_MIN 15
#define WINDOW_MIN (WORLD_WINDOW_FROM * SLOT_MIN)
#define WINDOW_LEN ((WORLD_WINDOW_TO - WORLD_WINDOW_FROM) * SLOT_MIN)
#define BURST_MIN 5.0		/* an upload of some minutes */
#define SIZE_RANGE 4096.0	/* largest to smallest burst: 256 KiB to 1 GiB */
#define TRICKLE 20000		/* bytes a slot of a channel in use */
#define VOTES_BEFORE 60		/* nights that the crowd was watched before */

struct random random_from(uint64_t seed, const char *name)
{
	return (struct random){ hash_mix(seed) ^ hash_bytes(name, strlen(name), 0x6d63) };
}

static uint64_t random_next(struct random *r)
{
	return hash_mix(r->state += 0x9e3779b97f4a7c15ULL);	/* splitmix64 */
}

double random_uniform(struct random *r)
{
	return (double)(random_next(r) >> 11) * 0x1p-53;
}

double random_normal(struct random *r)
{
	double radius = sqrt(-2 * log(1 - random_uniform(r)));

	return radius * cos(2 * M_PI * random_uniform(r));
}

void world_upload(struct load *load, double start_min, double minutes, double bytes)
{
	for (unsigned i = 0; i < ROW_SLOTS; i++) {
		double from = fmax(start_min, i * SLOT_MIN);
		double to = fmin(start_min + minutes, (i + 1) * SLOT_MIN);

		if (to > from)
			load->up[i] += (uint64_t)(bytes * (to - from) / minutes);
	}
}

static void burst_at(struct world *w, const struct kind *kind, double minute, struct load *load)
{
	double bytes = kind->smallest * pow(SIZE_RANGE, random_uniform(&w->random));

	world_upload(load, minute, kind->minutes > 0 ? kind->minutes : BURST_MIN, bytes);
}

static double somewhere_in_window(struct world *w)
{
	return WINDOW_MIN + WINDOW_LEN * random_uniform(&w->random);
}

static bool happens(struct world *w, double chance)
{
	return random_uniform(&w->random) < chance;
}

static unsigned weekday_of(const struct world *w, unsigned channel)
{
	return (unsigned)((w->row + w->weekday[channel]) % 7);
}

/* --- kinds ---------------------------------------------------------------- */

void world_uniform(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		   struct load *load)
{
	(void)channel;
	if (!happens(w, kind->share) && !is_first)
		return;
	for (unsigned i = 0; i < kind->bursts; i++)
		burst_at(w, kind, somewhere_in_window(w), load);
}

/* Hits are `share` of all nights: from = stay' of a quiet night balances what ends. */
void world_runs(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		struct load *load)
{
	double begin = kind->share * (1 - kind->stay) / (1 - kind->share);

	w->was_hit[channel] = is_first || happens(w, w->was_hit[channel] ? kind->stay : begin);
	if (w->was_hit[channel])
		burst_at(w, kind, somewhere_in_window(w), load);
}

void world_habit(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		 struct load *load)
{
	(void)channel;
	if (happens(w, kind->share) || is_first)
		burst_at(w, kind, kind->middle_min + kind->width_min * random_normal(&w->random),
			 load);
}

void world_evenings(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		    struct load *load)
{
	bool is_weekday = weekday_of(w, channel) < 5;

	if ((is_weekday && happens(w, kind->share * 7 / 5)) || is_first)
		burst_at(w, kind, kind->middle_min + kind->width_min * random_uniform(&w->random),
			 load);
}

void world_weekly(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		  struct load *load)
{
	if (is_first)
		w->weekday[channel] = (unsigned)((7 - w->row % 7) % 7);
	if (weekday_of(w, channel) == 0)
		burst_at(w, kind, somewhere_in_window(w), load);
}

/* The others' busiest slot of a day: a late shift's hand-over at 22:30, an early one's at 06:00, or
 * any time. */
static unsigned busy_slot(struct world *w)
{
	double u = random_uniform(&w->random), minute;

	if (u < 0.5)
		minute = 630 + 25 * random_normal(&w->random);
	else if (u < 0.8)
		minute = 1080 + 30 * random_normal(&w->random);
	else
		minute = 1440 * random_uniform(&w->random);
	return (unsigned)fmin(fmax(minute, 0), 1439) / SLOT_MIN;
}

/* Starts as dense as f0: 30 % uniform over the day, the rest when an asset is busy, both within the
 * window. */
void world_crowded(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		   struct load *load)
{
	unsigned slot;

	(void)channel;
	load->knows_crowd = kind->has_crowd;
	if (!happens(w, kind->share) && !is_first)
		return;
	do {
		slot = happens(w, 0.3) ? (unsigned)(ROW_SLOTS * random_uniform(&w->random))
				       : busy_slot(w);
	} while (slot < WORLD_WINDOW_FROM || slot >= WORLD_WINDOW_TO);
	burst_at(w, kind, slot * SLOT_MIN + 10 * random_uniform(&w->random), load);
}

/* 15 % of nights are the site's, two channels in three take part: 10 % each. */
void world_together(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		    struct load *load)
{
	(void)channel;
	if (is_first)
		burst_at(w, kind, somewhere_in_window(w), load);
	else if (w->site_on && happens(w, 2.0 / 3))
		burst_at(w, kind, w->site_min, load);
}

static void trickle(struct load *load)
{
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		load->up[i] += TRICKLE;
}

void world_any_hour(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		    struct load *load)
{
	(void)channel;
	trickle(load);
	for (unsigned i = 0; i < kind->bursts; i++)
		if (happens(w, kind->share) || is_first)
			burst_at(w, kind, (1440 - BURST_MIN) * random_uniform(&w->random), load);
}

/* Starts when assets are busy, 30 % at any time, on nine working days in ten. */
void world_office(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		  struct load *load)
{
	unsigned slot;

	trickle(load);
	load->knows_crowd = kind->has_crowd;
	if (!is_first && (weekday_of(w, channel) >= 5 || !happens(w, kind->share)))
		return;
	slot = happens(w, 0.3) ? (unsigned)(ROW_SLOTS * random_uniform(&w->random)) : busy_slot(w);
	burst_at(w, kind, slot * SLOT_MIN + 10 * random_uniform(&w->random), load);
}

/* --- site-years ----------------------------------------------------------- */

static void everybody_votes(struct world *w, int64_t row)
{
	for (uint32_t i = 0; i < WORLD_CHANNELS; i++)
		crowd_vote(w->crowd, i, row, busy_slot(w));
}

bool world_begin(struct world *w, const struct kind *kind)
{
	w->row = WORLD_FIRST_ROW - 1;
	memset(w->was_hit, 0, sizeof(w->was_hit));
	for (unsigned i = 0; i < WORLD_CHANNELS; i++)
		w->weekday[i] = 0;
	w->crowd = NULL;
	if (!kind->has_crowd)
		return true;
	if (crowd_new(WORLD_CHANNELS, &w->crowd))
		return false;
	for (int64_t row = WORLD_FIRST_ROW - VOTES_BEFORE; row < WORLD_FIRST_ROW; row++)
		everybody_votes(w, row);
	return true;
}

void world_end(struct world *w)
{
	crowd_free(w->crowd);
	w->crowd = NULL;
}

void world_next(struct world *w, const struct kind *kind)
{
	if (w->crowd && w->row >= WORLD_FIRST_ROW)
		everybody_votes(w, w->row);	/* the row is over */
	w->row++;
	if (kind->night == world_together) {
		w->site_on = happens(w, 0.15);
		w->site_min = somewhere_in_window(w);
	}
}

void world_load(struct world *w, const struct kind *kind, unsigned channel, bool is_first,
		struct load *ret_load)
{
	memset(ret_load, 0, sizeof(*ret_load));
	for (unsigned i = WORLD_WINDOW_FROM; i < WORLD_WINDOW_TO; i++)
		ret_load->closed[i] = true;
	kind->night(w, kind, channel, is_first, ret_load);
}
