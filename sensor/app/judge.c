/* judge.c - see judge.h. */
#include "app/judge.h"

#include <math.h>
#include <string.h>
#include "app/crowds.h"
#include "app/judge_period.h"
#include "base/clock.h"
#include "base/tz.h"
#include "detect/volume.h"

#define INTERNAL_SEVERITY 2		/* at most, for peers inside the site */

static const struct nightly_params *params_of(const struct judge *j)
{
	return &j->context->site->rules->params.nightly;
}

/* One channel on one night, while it is judged. */
struct judgement {
	struct judge *judge;
	const struct night_watch *watch;
	struct channel *channel;
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
	struct nightly_night night;
	struct nightly_burst burst;
	bool has_burst;
	bool hit[EVIDENCE_PROCESSES], any_hit;
};

unsigned judge_slot(uint64_t row_start, uint64_t ns)
{
	uint64_t slot = ns > row_start ? (ns - row_start + SLOT_NS - 1) / SLOT_NS : 0;

	return slot < ROW_SLOTS ? (unsigned)slot : ROW_SLOTS;
}

int judge_civil_shift(uint64_t row_start, uint64_t ns)
{
	struct civil c = tz_civil(ns);

	return (c.hour * 60 + c.minute + 720) % 1440 - (int)((ns - row_start) / NS_PER_MIN);
}

static void describe_night(struct judgement *j)
{
	const struct night_watch *w = j->watch;
	uint64_t row_start = calendar_row_start(j->judge->context->calendar, w->row);

	j->night = (struct nightly_night){
		.up = j->up, .down = j->down,
		.window_from = judge_slot(row_start, w->night.start_ns),
		.window_to = judge_slot(row_start, w->night.end_ns),
		.seen_from = judge_slot(row_start, w->seen_from_ns),
		.seen_to = judge_slot(row_start, w->seen_to_ns),
		.row = w->row,
		.civil_shift_min = judge_civil_shift(row_start, w->night.start_ns),
		.is_changeover = w->night.is_changeover,
	};
	if (j->night.seen_to < j->night.window_to)
		j->night.seen_to = j->night.window_to;
	if (j->night.seen_from > j->night.window_from)
		j->night.seen_from = j->night.window_from;
}

/* --- a night remembered ------------------------------------------------ */

static uint16_t share_of(double ratio)
{
	return (uint16_t)lround(fmax(0, fmin(ratio, 1)) * EVIDENCE_SHARE);
}

/* The first and the last minute with upload of the burst, and where the window's upload lies. */
static void place_burst(const struct judgement *j, struct night_seen *seen)
{
	const struct row *row = j->channel->row;
	const struct row_slot *first = row_find(row, j->burst.from);
	const struct row_slot *last = row_find(row, j->burst.to - 1);
	double moment = 0, sum = 0;

	seen->start_min = (uint16_t)(j->burst.from * 15 + (first ? first->first_min : 0));
	seen->end_min = (uint16_t)((j->burst.to - 1) * 15 + (last ? last->last_min + 1 : 15));
	for (unsigned i = j->night.window_from; i < j->night.window_to; i++) {
		moment += (double)j->up[i] * (i * 15 + 7.5);
		sum += (double)j->up[i];
	}
	seen->centroid_min = sum > 0 ? (uint16_t)lround(moment / sum) : seen->start_min;
}

static struct night_seen *add_night(const struct judgement *j)
{
	const struct night_watch *w = j->watch;
	struct evidence *ev = j->channel->evidence;
	unsigned place = (unsigned)(ev->nights_n++ % EVIDENCE_NIGHTS);
	struct night_seen *seen = &ev->nights[place];

	*seen = (struct night_seen){ .row = (int32_t)w->row, .start_min = EVIDENCE_NO_START,
				     .coverage = share_of(w->coverage), .loss = share_of(w->loss),
				     .is_partial = w->is_partial };
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		night_set_e(seen, i, 0);
	seen->is_degraded = w->loss > JUDGE_DEGRADED_LOSS || w->is_one_sided ||
			    (!w->is_partial && w->coverage < 1 - JUDGE_DEGRADED_LOSS);
	memset(ev->picture[place], 0, sizeof(ev->picture[place]));
	if (j->has_burst) {
		const struct row *row = j->channel->row;

		seen->up = j->burst.up;
		seen->down = j->burst.down;
		seen->top = row->top.addr;
		/* Connections opened; one that was open already is one all the same. */
		seen->flows = row->flows ? row->flows : 1;
		night_set_z(seen, volume_z(j->channel, j->judge->context->since_row, w->row,
					   j->burst.up));
		place_burst(j, seen);
	}
	judge_draw(j->channel, w->row);
	return seen;
}

void judge_draw(struct channel *ch, int64_t row)
{
	struct evidence *ev = ch->evidence;
	unsigned place;

	if (!ev || !ev->nights_n || !ch->row || ch->row_number != row)
		return;
	place = (unsigned)((ev->nights_n - 1) % EVIDENCE_NIGHTS);
	if (ev->nights[place].row != row)
		return;
	for (unsigned i = 0; i < ch->row->n; i++)
		picture_set(ev->picture[place], ch->row->slots[i].number,
			    picture_level(ch->row->slots[i].up));
	ch->evidence_changed = true;
}

/* --- levels ------------------------------------------------------------ */

/* The process that says most: by level, then by evidence. */
static unsigned best_process(const struct nightly_params *params, const struct evidence *ev)
{
	unsigned best = 0;

	for (unsigned i = 1; i < EVIDENCE_PROCESSES; i++) {
		enum level a = nightly_level(params, &ev->process[i]);
		enum level b = nightly_level(params, &ev->process[best]);

		if (a > b || (a == b && ev->process[i].m_mean > ev->process[best].m_mean))
			best = i;
	}
	return best;
}

static bool is_home_country(const struct site *site, const char *country)
{
	for (size_t i = 0; i < site->n_countries; i++)
		if (!strcmp(site->countries[i], country))
			return true;
	return false;
}

static bool is_recent_contact(const struct judge *j, int64_t row, const struct subject *s,
			      const char country[static 3])
{
	struct channel_key key = { .subject = s->number, .is_external = 1 };
	const struct channel *ch;

	group_key_country(&key, country);
	ch = channels_find(j->channels, &key);
	return ch && ch->first_ns &&
	       row - calendar_row(j->context->calendar, ch->first_ns) <=
	       params_of(j)->new_country_rows;
}

bool judge_is_new_country(const struct judge *j, const struct channel *ch, int64_t row)
{
	const struct site *site = j->context->site;
	const struct subject *who = ch->subject;
	struct geo_place place;

	if (!ch->row || !geo_lookup(site->geo, &ch->row->top.addr, &place) ||
	    !place.country[0] || !site->n_countries || is_home_country(site, place.country))
		return false;
	for (size_t i = 0; i < subjects_count(j->subjects); i++) {
		const struct subject *s = subjects_at(j->subjects, i);

		if ((s == who || (who->vendor_name && s->vendor == who)) &&
		    is_recent_contact(j, row, s, place.country))
			return true;
	}
	return false;
}

/* L2 and two of: a volume out of all proportion; 10 GB in evidence; a new country. */
static bool is_extreme(const struct judgement *j, unsigned process)
{
	const struct evidence *ev = j->channel->evidence;
	const struct process *pr = &ev->process[process];
	const struct nightly_params *params = params_of(j->judge);
	double z = 0;

	for (uint64_t i = 0; i < evidence_nights(ev); i++) {
		const struct night_seen *n = evidence_night(ev, i);

		if (night_is_hit(n, process) && n->row >= pr->since_row)
			z = fmax(z, night_z(n));
	}
	return (z >= params->extreme_z) + (pr->up >= params->extreme_bytes) +
	       judge_is_new_country(j->judge, j->channel, j->watch->row) >= 2;
}

static bool find_voice(const struct judgement *j, struct voice *ret)
{
	static const unsigned severities[] = { 0, 3, 4, 5 };
	const struct nightly_params *params = params_of(j->judge);
	const struct evidence *ev = j->channel->evidence;
	struct voice v = { .rule = RULE_EXF_001, .channel = j->channel,
			   .process = best_process(params, ev) };

	v.level = nightly_level(params, &ev->process[v.process]);
	if (v.level == LEVEL_NONE)
		return false;
	if (v.level == LEVEL_2 && is_extreme(j, v.process))
		v.level = LEVEL_3;
	v.severity = severities[v.level];
	if (!j->channel->key.is_external && v.severity > INTERNAL_SEVERITY)
		v.severity = INTERNAL_SEVERITY;
	*ret = v;
	return true;
}

/* After so many nights without a hit the pattern has stopped. */
static void resolve(const struct judgement *j)
{
	struct evidence *ev = j->channel->evidence;
	bool is_over = true, was_there = false;

	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++) {
		was_there |= ev->process[i].hits > 0;
		is_over &= ev->process[i].misses >= params_of(j->judge)->resolve_after;
	}
	if (!is_over || !was_there)
		return;
	incidents_resolve(j->judge->incidents, RULE_EXF_001, j->channel, j->watch->judged_ns,
			  j->watch->row);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		nightly_reset(&ev->process[i]);
}

/* --- judging ----------------------------------------------------------- */

/* One more night of evidence. */
static void bet(const struct judgement *j, bool is_new)
{
	struct evidence *ev = j->channel->evidence;
	struct night_seen *seen = add_night(j);

	ev->degraded += seen->is_degraded;
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++) {
		seen->hits |= (uint8_t)(j->hit[i] << i);
		night_set_e(seen, i, nightly_step(params_of(j->judge), &j->night, j->hit[i],
						  &j->burst, &ev->process[i]));
	}
	subject_count_bet(j->channel->subject, j->watch->row, is_new);
	j->judge->channel_nights++;
}

/* What is usual: nights in evidence are not.  Each byte once: the finest group's. */
static void count_usual(const struct judgement *j)
{
	struct subject *s = j->channel->subject;

	if (!j->has_burst || j->any_hit || j->channel->key.group != GROUP_IP)
		return;
	subject_add_volume(s, j->watch->row, j->burst.up);
	if (s->vendor && j->channel->key.is_external)
		subject_add_volume(s->vendor, j->watch->row, j->burst.up);
}

/* Less than half of the window was seen.  The end of the input does not undo what was seen. */
static bool is_blind(const struct judgement *j)
{
	return j->watch->coverage < JUDGE_BLIND && !(j->watch->is_partial && j->any_hit);
}

static void skip(const struct judgement *j)
{
	struct night_seen *seen;

	if (!j->channel->evidence)
		return;
	seen = add_night(j);
	seen->is_skipped = 1;
	seen->is_degraded = 0;
	j->channel->evidence->skipped++;
	j->channel->evidence_changed = true;
}

static void look(struct judgement *j)
{
	const struct channel *ch = j->channel;
	bool is_active = ch->row && ch->row_number == j->watch->row;

	row_expand(is_active ? ch->row : NULL, j->up, j->down);
	describe_night(j);
	j->has_burst = is_active && nightly_find_burst(&j->night, &j->burst);
	if (j->has_burst)
		j->night.crowd = crowds_density(j->judge->subjects, &(struct crowds_question){
			.subject = ch->subject, .row = j->watch->row, .slot = j->burst.from,
			.from = j->night.window_from, .to = j->night.window_to });
	for (unsigned i = 0; i < EVIDENCE_PROCESSES && j->has_burst; i++) {
		j->hit[i] = nightly_qualifies(params_of(j->judge), &j->night, &j->burst,
					      params_of(j->judge)->floor[i]);
		j->any_hit |= j->hit[i];
	}
}

unsigned judge_channel(struct judge *judge, const struct night_watch *w, struct channel *ch,
		       struct voice ret_voices[static JUDGE_VOICES])
{
	struct judgement j = { .judge = judge, .watch = w, .channel = ch };
	struct judged_night n = { .judge = judge, .watch = w, .channel = ch, .night = &j.night,
				  .burst = &j.burst };
	bool is_new = !ch->evidence;
	unsigned voices = 0;

	look(&j);
	count_usual(&j);
	if (w->is_partial && !j.any_hit)
		return 0;		/* an unfinished night without a burst says nothing */
	if (is_blind(&j)) {
		skip(&j);
		return 0;
	}
	if (is_new && (!j.any_hit || !channel_promote(judge->channels, ch, w->row)))
		return 0;
	bet(&j, is_new);
	ch->evidence_changed = true;
	n.is_hit = j.hit[JUDGE_PERIOD_PROCESS];
	voices += j.any_hit && find_voice(&j, &ret_voices[voices]);
	voices += judge_period(&n, &ret_voices[voices]);
	resolve(&j);
	return voices;
}
