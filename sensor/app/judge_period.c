/* judge_period.c - see judge_period.h. */
#include "app/judge_period.h"

#include "base/clock.h"
#include "base/tz.h"

#define SLOT_MIN 15
#define INTERNAL_SEVERITY 2		/* at most, for peers inside the site */

static const struct rule_params *params_of(const struct judged_night *j)
{
	return &j->judge->context->site->rules->params;
}

/* --- the nights before ------------------------------------------------- */

static bool was_hit(const struct evidence *ev, int64_t row)
{
	for (uint64_t i = evidence_nights(ev); i-- > 0;)
		if (evidence_night(ev, i)->row == row)
			return night_is_hit(evidence_night(ev, i), JUDGE_PERIOD_PROCESS);
	return false;
}

static bool comes_back(const struct evidence *ev, int64_t row)
{
	bool is_back = false;

	for (unsigned i = 0; i < PERIODS; i++)
		is_back |= was_hit(ev, row - period_days[i]);
	return is_back;
}

/* A night as the evidence remembers it. */
static void recall(const struct judged_night *j, const struct night_seen *seen,
		   struct nightly_night *ret_night, struct nightly_burst *ret_burst)
{
	const struct calendar *calendar = j->judge->context->calendar;
	struct night was = calendar_night(calendar, j->channel->subject->zone, seen->row);
	uint64_t row_start = calendar_row_start(calendar, seen->row);

	*ret_night = (struct nightly_night){ .row = seen->row,
					     .is_changeover = was.is_changeover,
					     .civil_shift_min = j->night->civil_shift_min };
	if (was.has_window) {
		ret_night->window_from = judge_slot(row_start, was.start_ns);
		ret_night->window_to = judge_slot(row_start, was.end_ns);
		ret_night->civil_shift_min = judge_civil_shift(row_start, was.start_ns);
	}
	*ret_burst = (struct nightly_burst){ .up = seen->up, .down = seen->down };
	if (seen->start_min == EVIDENCE_NO_START)
		return;
	ret_burst->from = seen->start_min / SLOT_MIN;
	ret_burst->to = (seen->end_min + SLOT_MIN - 1) / SLOT_MIN;
	ret_burst->began_before = ret_burst->from < ret_night->window_from;
}

static uint32_t count_in_play(const struct period *state)
{
	uint32_t nights = 0;

	for (unsigned i = 0; i < PERIODS; i++)
		nights += state->process[i].in_play;
	return nights;
}

/* One night more.  Was it in play for any period? */
static bool step(const struct nightly_params *params, const struct nightly_night *night,
		 bool is_hit, const struct nightly_burst *burst, struct period *state)
{
	uint32_t before = count_in_play(state);

	period_step(params, night, is_hit, burst, state);
	return count_in_play(state) > before;
}

/* The state, made when tonight is the first night that came back; NULL: there is nothing to bet
 * on, or no memory. */
static struct period *follow(const struct judged_night *j)
{
	const struct evidence *ev = j->channel->evidence;
	struct period *state = ev->period;
	uint32_t in_play = 0;

	if (state || !j->is_hit || !comes_back(ev, j->watch->row))
		return state;
	state = channel_follow_period(j->judge->channels, j->channel);
	for (uint64_t i = 0; state && i < evidence_nights(ev); i++) {
		const struct night_seen *seen = evidence_night(ev, i);
		struct nightly_night night;
		struct nightly_burst burst;

		if (seen->is_skipped || seen->row >= j->watch->row)
			continue;
		recall(j, seen, &night, &burst);
		in_play += step(&params_of(j)->period, &night,
				night_is_hit(seen, JUDGE_PERIOD_PROCESS), &burst, state);
	}
	subject_count_in_play(j->channel->subject, j->watch->row, in_play);
	return state;
}

/* --- what it says ------------------------------------------------------ */

static enum level level_of(const struct judged_night *j, const struct period *state, unsigned i)
{
	enum level level = period_level(&params_of(j)->period, state, i);

	return level > LEVEL_2 ? LEVEL_2 : level;
}

/* What detector N says of the channel, tonight or in an incident that is open. */
static enum level nightly_says(const struct judged_night *j)
{
	const struct incident *in = incidents_find(j->judge->incidents, RULE_EXF_001, j->channel);
	enum level says = in ? in->level : LEVEL_NONE;

	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++) {
		enum level level = nightly_level(&params_of(j)->nightly,
						 &j->channel->evidence->process[i]);

		says = level > says ? level : says;
	}
	return says;
}

static bool find_voice(const struct judged_night *j, const struct period *state,
		       struct voice *ret)
{
	static const unsigned severities[] = { 0, 3, 4 };
	struct voice v = { .rule = RULE_EXF_002, .channel = j->channel,
			   .process = period_best(&params_of(j)->period, state) };

	v.level = level_of(j, state, v.process);
	if (v.level == LEVEL_NONE || v.level <= nightly_says(j))
		return false;
	v.severity = severities[v.level];
	if (!j->channel->key.is_external && v.severity > INTERNAL_SEVERITY)
		v.severity = INTERNAL_SEVERITY;
	*ret = v;
	return true;
}

static void resolve(const struct judged_night *j, struct period *state)
{
	const struct incident *in = incidents_find(j->judge->incidents, RULE_EXF_002, j->channel);
	bool is_over = in && (in->process >= PERIODS || !state->process[in->process].hits ||
			      period_is_over(state, in->process));

	for (unsigned i = 0; i < PERIODS; i++)
		if (!period_is_over(state, i) && level_of(j, state, i) != LEVEL_NONE)
			is_over = false;
	if (is_over)
		incidents_resolve(j->judge->incidents, RULE_EXF_002, j->channel,
				  j->watch->judged_ns, j->watch->row);
	for (unsigned i = 0; i < PERIODS; i++)
		if (period_is_over(state, i))
			period_reset(state, i);
}

/* A leak of every second night becomes one of every night: one incident of it is enough. */
static void give_way(const struct judged_night *j)
{
	const struct incidents *all = j->judge->incidents;
	const struct incident *own = incidents_find(all, RULE_EXF_002, j->channel),
			      *other = incidents_find(all, RULE_EXF_001, j->channel);

	if (own && other && incident_tells(other) && other->level >= own->level)
		incidents_take_over(j->judge->incidents, RULE_EXF_002, j->channel,
				    j->watch->judged_ns, j->watch->row);
}

bool judge_period(const struct judged_night *j, struct voice *ret_voice)
{
	struct period *state = follow(j);
	bool has_voice;

	if (!state)
		return false;
	subject_count_in_play(j->channel->subject, j->watch->row,
			      step(&params_of(j)->period, j->night, j->is_hit, j->burst, state));
	has_voice = j->is_hit && find_voice(j, state, ret_voice);
	resolve(j, state);
	give_way(j);
	return has_voice;
}

size_t judge_period_bytes(const struct nightly_params *p, const struct channel *ch, int64_t row)
{
	const struct evidence *ev = ch->evidence;

	return ev && !ev->period && row_up(ch->row) >= p->floor[JUDGE_PERIOD_PROCESS] &&
	       comes_back(ev, row) ? sizeof(struct period) : 0;
}
