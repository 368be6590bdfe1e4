/* series.c - see series.h. */
#include "series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "detect/nightly.h"
#include "detect/period.h"
#include "detect/rhythm.h"
#include "pack.h"

#define SERIES_MAX 4000
#define BYTES 1e8
#define MINUTES 20

/* Everything that looks at the one channel. */
struct watch {
	struct process nightly;
	struct period period;
	struct rhythm rhythm;
	unsigned hits;
};

static bool comes_tonight(const struct pattern *p, unsigned night, struct random *random)
{
	if (p->weekdays_only && (night + p->first_weekday) % 7 >= 5)
		return false;
	if (p->every > 1 && night % p->every)
		return false;
	return random_uniform(random) >= p->missing;
}

static void make_load(const struct pattern *p, unsigned night, struct random *random,
		      struct load *load)
{
	double minute = p->start_min + p->sd_min * random_normal(random) +
			p->spread_min * random_uniform(random) + p->drift_min * night;

	memset(load, 0, sizeof(*load));
	for (unsigned i = WORLD_WINDOW_FROM; i < WORLD_WINDOW_TO; i++)
		load->closed[i] = true;
	if (comes_tonight(p, night, random))
		world_upload(load, minute, p->minutes > 0 ? p->minutes : MINUTES,
			     p->bytes > 0 ? p->bytes : BYTES);
}

/* The level after one more night. */
static enum level watch_night(struct watch *w, const struct pattern *p, const struct load *load,
			      int64_t row)
{
	struct nightly_night n = { .up = load->up, .down = load->down, .row = row,
				   .window_from = WORLD_WINDOW_FROM, .window_to = WORLD_WINDOW_TO,
				   .seen_to = WORLD_WINDOW_TO + 1 };
	struct rhythm_night r = { .up = load->up, .down = load->down, .closed = load->closed,
				  .seen_to = ROW_SLOTS, .row = row };
	struct nightly_burst burst;
	struct rhythm_burst window;
	bool is_hit = nightly_find_burst(&n, &burst) &&
		      nightly_qualifies(&nightly_defaults, &n, &burst,
					nightly_defaults.floor[p->detector == DETECTOR_N_LOW]);

	switch (p->detector) {
	case DETECTOR_PERIOD:
		w->hits += is_hit;
		period_step(&nightly_defaults, &n, is_hit, &burst, &w->period);
		return period_level(&nightly_defaults, &w->period,
				    period_best(&nightly_defaults, &w->period));
	case DETECTOR_C:
		is_hit = rhythm_find_burst(&r, &w->rhythm, &window) &&
			 rhythm_is_hit(&rhythm_defaults, &window);
		rhythm_step(&rhythm_defaults, &r, is_hit, &window, &w->rhythm);
		return !rhythm_is_locked(&rhythm_defaults, &w->rhythm) ? LEVEL_NONE :
		       w->rhythm.m_mean >= nightly_defaults.level2 ? LEVEL_2 : LEVEL_1;
	default:
		nightly_step(&nightly_defaults, &n, is_hit, &burst, &w->nightly);
		return nightly_level(&nightly_defaults, &w->nightly);
	}
}

/* Nights, or hits for periods of days, until each level; 0: never. */
static void one_series(const struct pattern *p, struct random *random, unsigned ret[static 2])
{
	struct watch w = { .hits = 0 };
	struct load load;

	ret[0] = ret[1] = 0;
	for (unsigned night = 0; night < SERIES_NIGHTS && !ret[1]; night++) {
		enum level level;
		unsigned now;

		make_load(p, night, random, &load);
		level = watch_night(&w, p, &load, night);
		now = p->detector == DETECTOR_PERIOD ? w.hits : night + 1;
		if (level >= LEVEL_1 && !ret[0])
			ret[0] = now;
		if (level >= LEVEL_2)
			ret[1] = now;
	}
}

static int compare_unsigned(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

void series_run(const struct pattern *pattern, unsigned series, uint64_t seed,
		struct found *ret_found)
{
	static unsigned nights[2][SERIES_MAX];
	struct random random = random_from(seed, pattern->name);
	unsigned n = series < SERIES_MAX ? series : SERIES_MAX;

	memset(ret_found, 0, sizeof(*ret_found));
	for (unsigned i = 0; i < n; i++) {
		unsigned to[2];

		one_series(pattern, &random, to);
		for (unsigned level = 0; level < 2; level++) {
			ret_found->share[level] += to[level] > 0 ? 1.0 / n : 0;
			nights[level][i] = to[level] ? to[level] : UINT32_MAX;
		}
	}
	for (unsigned level = 0; level < 2; level++) {
		unsigned *sorted = nights[level];

		qsort(sorted, n, sizeof(sorted[0]), compare_unsigned);
		/* UINT32_MAX + 1 is 0: never. */
		ret_found->median[level] = sorted[n / 2] + 1 ? sorted[n / 2] : 0;
		ret_found->p90[level] = sorted[n * 9 / 10] + 1 ? sorted[n * 9 / 10] : 0;
	}
}
