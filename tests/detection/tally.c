/* tally.c - see tally.h. */
#include "tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "detect/nightly.h"
#include "detect/period.h"
#include "detect/rhythm.h"
#include "pack.h"

#define STARTUP_NIGHTS 4.5	/* of the promise: a channel is promoted by a hit */
#define RESAMPLES 400

const double tally_threshold[TALLY_LEVELS] = { 1e3, 1e5 };

#define COLUMNS (2 * TALLY_LEVELS)	/* counted at each A, opened at each level */

/* What a channel remembers, whichever detector looks. */
union memory {
	struct process nightly;
	struct period period;
	struct rhythm rhythm;
};

/* Three fates of one channel: M begins anew at 1e3, at 1e5, or only when it is resolved. */
enum fate { FATE_OPENED = TALLY_LEVELS, FATES };

struct channel_track {
	union memory at[FATES];
	bool is_open[PERIODS][TALLY_LEVELS];
};

/* One channel's night, as all detectors take it. */
struct tonight {
	const struct world *world;
	const struct load *load;
	uint32_t channel;
	struct nightly_night night;
	struct nightly_burst burst;
	bool is_hit;
	double bets;
};

static struct crowd_question question(const struct tonight *t, unsigned from, unsigned to)
{
	return (struct crowd_question){ .own = &t->channel, .own_n = 1, .row = t->world->row,
					.from = from, .to = to };
}

static void judge(struct tonight *t, uint64_t floor)
{
	struct crowd_question q = question(t, WORLD_WINDOW_FROM, WORLD_WINDOW_TO);

	t->night = (struct nightly_night){
		.up = t->load->up, .down = t->load->down, .row = t->world->row,
		.window_from = WORLD_WINDOW_FROM, .window_to = WORLD_WINDOW_TO,
		.seen_to = WORLD_WINDOW_TO + 1,
	};
	t->is_hit = nightly_find_burst(&t->night, &t->burst) &&
		    nightly_qualifies(&nightly_defaults, &t->night, &t->burst, floor);
	if (t->is_hit && t->load->knows_crowd && !t->burst.began_before)
		t->night.crowd = crowd_density(t->world->crowd, &q, t->burst.from);
}

/* --- one night more ------------------------------------------------------- */

static void advance_rhythm(struct tonight *t, struct rhythm *r)
{
	struct crowd_question q = question(t, 0, ROW_SLOTS);
	struct rhythm_night night = {
		.up = t->load->up, .down = t->load->down, .closed = t->load->closed,
		.seen_to = ROW_SLOTS, .row = t->world->row,
	};
	struct rhythm_burst burst;
	bool is_hit = rhythm_find_burst(&night, r, &burst) &&
		      rhythm_is_hit(&rhythm_defaults, &burst);

	if (is_hit && t->load->knows_crowd)
		night.crowd = crowd_density(t->world->crowd, &q, burst.from);
	rhythm_step(&rhythm_defaults, &night, is_hit, &burst, r);
	t->bets = is_hit;
}

static void advance_period(struct tonight *t, struct period *p)
{
	unsigned before = 0, after = 0;

	for (unsigned i = 0; i < PERIODS; i++)
		before += p->process[i].in_play;
	period_step(&nightly_defaults, &t->night, t->is_hit, &t->burst, p);
	for (unsigned i = 0; i < PERIODS; i++)
		after += p->process[i].in_play;
	t->bets = after - before;
}

static void advance(struct tonight *t, enum detector_id detector, union memory *memory)
{
	switch (detector) {
	case DETECTOR_PERIOD:
		advance_period(t, &memory->period);
		break;
	case DETECTOR_C:
		advance_rhythm(t, &memory->rhythm);
		break;
	default:
		nightly_step(&nightly_defaults, &t->night, t->is_hit, &t->burst,
			     &memory->nightly);
		t->bets = 1;
	}
}

/* --- what came of it ------------------------------------------------------ */

/* One process of a detector, whichever: detectors N and C have one, periods three. */
struct standing {
	double m;
	enum level level;
	bool is_over;
};

static struct standing standing_of(enum detector_id detector, const union memory *memory,
				   unsigned i)
{
	switch (detector) {
	case DETECTOR_PERIOD:
		return (struct standing){ memory->period.process[i].m_mean,
					  period_level(&nightly_defaults, &memory->period, i),
					  period_is_over(&memory->period, i) };
	case DETECTOR_C:
		return (struct standing){
			memory->rhythm.m_mean,
			!rhythm_is_locked(&rhythm_defaults, &memory->rhythm) ? LEVEL_NONE :
			memory->rhythm.m_mean >= tally_threshold[1] ? LEVEL_2 : LEVEL_1,
			memory->rhythm.misses >= rhythm_defaults.resolve_after };
	default:
		return (struct standing){
			memory->nightly.m_mean,
			nightly_level(&nightly_defaults, &memory->nightly),
			memory->nightly.misses >= nightly_defaults.resolve_after };
	}
}

static void begin_anew(enum detector_id detector, union memory *memory, unsigned i)
{
	switch (detector) {
	case DETECTOR_PERIOD:
		period_reset(&memory->period, i);
		break;
	case DETECTOR_C:
		rhythm_reset(&memory->rhythm);
		break;
	default:
		nightly_reset(&memory->nightly);
	}
}

static void account(enum detector_id detector, struct channel_track *track, unsigned fate,
		    double alarms[static COLUMNS])
{
	for (unsigned i = 0; i < (detector == DETECTOR_PERIOD ? PERIODS : 1); i++) {
		struct standing s = standing_of(detector, &track->at[fate], i);
		bool is_alarm = fate < TALLY_LEVELS && s.m >= tally_threshold[fate];

		if (is_alarm)
			alarms[fate]++;
		for (unsigned level = 0; fate == FATE_OPENED && level < TALLY_LEVELS; level++) {
			bool *is_open = &track->is_open[i][level];

			if (s.level >= (level ? LEVEL_2 : LEVEL_1) && !*is_open) {
				alarms[TALLY_LEVELS + level]++;
				*is_open = true;
			}
			if (s.is_over)
				*is_open = false;
		}
		if (is_alarm || s.is_over)
			begin_anew(detector, &track->at[fate], i);
	}
}

/* While two fates remember the same, one step is enough for both. */
static void step_channel(struct tonight *t, enum detector_id detector, struct channel_track *track,
			 double alarms[static COLUMNS])
{
	union memory before = track->at[0], earlier;

	advance(t, detector, &track->at[0]);
	for (unsigned fate = 1; fate < FATES; fate++) {
		earlier = track->at[fate];
		if (!memcmp(&earlier, &before, sizeof(before)))
			track->at[fate] = track->at[fate - 1];
		else
			advance(t, detector, &track->at[fate]);
		before = earlier;
	}
	for (unsigned fate = 0; fate < FATES; fate++)
		account(detector, track, fate, alarms);
}

static bool run_site_year(struct world *w, const struct kind *kind, enum detector_id detector,
			  struct tally *tally, double alarms[static COLUMNS])
{
	static struct channel_track tracks[WORLD_CHANNELS];
	static struct load load;

	memset(tracks, 0, sizeof(tracks));
	if (!world_begin(w, kind))
		return false;
	for (unsigned night = 0; night < WORLD_NIGHTS; night++) {
		world_next(w, kind);
		for (uint32_t i = 0; i < WORLD_CHANNELS; i++) {
			struct tonight t = { .world = w, .load = &load, .channel = i };

			world_load(w, kind, i, night == 0, &load);
			judge(&t, nightly_defaults.floor[detector == DETECTOR_N_LOW]);
			step_channel(&t, detector, &tracks[i], alarms);
			tally->bets += t.bets;
		}
	}
	world_end(w);
	return true;
}

/* Standard error of the mean over site-years, by drawing as many of them with replacement. */
static double bootstrap(const double (*alarms)[COLUMNS], unsigned n, unsigned column,
			struct random *random)
{
	double sum = 0, squares = 0;

	for (unsigned k = 0; k < RESAMPLES; k++) {
		double total = 0;

		for (unsigned i = 0; i < n; i++)
			total += alarms[(unsigned)(n * random_uniform(random))][column];
		sum += total;
		squares += total * total;
	}
	sum /= RESAMPLES;
	return sqrt(fmax(squares / RESAMPLES - sum * sum, 0)) / (n * (double)WORLD_CHANNELS);
}

static double mean_of(const struct tally *t, const double (*alarms)[COLUMNS], unsigned column)
{
	double sum = 0;

	for (unsigned i = 0; i < t->site_years; i++)
		sum += alarms[i][column];
	return sum / t->channel_years;
}

static void sum_up(struct tally *t, enum detector_id detector, const double (*alarms)[COLUMNS],
		   struct random *random)
{
	t->channel_years = (double)t->site_years * WORLD_CHANNELS;
	t->processes = t->channel_years * (detector == DETECTOR_PERIOD ? PERIODS : 1);
	for (unsigned level = 0; level < TALLY_LEVELS; level++) {
		unsigned opened = TALLY_LEVELS + level;

		t->counted[level] = mean_of(t, alarms, level);
		t->opened[level] = mean_of(t, alarms, opened);
		t->counted_error[level] = bootstrap(alarms, t->site_years, level, random);
		t->opened_error[level] = bootstrap(alarms, t->site_years, opened, random);
		if (detector != DETECTOR_C)
			t->bound[level] = (t->bets + STARTUP_NIGHTS * t->processes) /
					  tally_threshold[level] / t->channel_years;
	}
}

bool tally_run(const struct kind *kind, enum detector_id detector, double channel_years,
	       uint64_t seed, struct tally *ret_tally)
{
	struct tally t = { .site_years = (unsigned)ceil(channel_years / WORLD_CHANNELS) };
	struct world w = { .random = random_from(seed, kind->name) };
	double (*alarms)[COLUMNS] = calloc(t.site_years, sizeof(*alarms));
	bool ok = alarms != NULL;

	for (unsigned i = 0; ok && i < t.site_years; i++)
		ok = run_site_year(&w, kind, detector, &t, alarms[i]);
	if (ok)
		sum_up(&t, detector, (const double (*)[COLUMNS])alarms, &w.random);
	free(alarms);
	*ret_tally = t;
	return ok;
}
