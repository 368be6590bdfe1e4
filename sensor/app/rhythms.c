/* rhythms.c - see rhythms.h. */
#include "app/rhythms.h"

#include <stdlib.h>
#include "alert/explain.h"
#include "app/crowds.h"
#include "app/speak.h"
#include "base/clock.h"
#include "base/log.h"
#include "detect/rhythm.h"
#include "detect/volume.h"
#include "policy/suffix.h"

#define TOLD_HITS 7		/* between two records that say nothing but "again" */
#define RHYTHM_SEVERITY 2	/* of nothing but the rhythm */
#define SEVERITY_MAX 4

/* The row that is over, the same for all channels of one zone. */
struct over {
	struct rhythms *all;
	struct night_watch watch;	/* whose night is the row */
	const struct zone *zone;	/* that closed[] is about */
	bool has_zone;
	bool closed[ROW_SLOTS];
};

static const struct rhythm_params *params_of(const struct over *o)
{
	return &o->all->judge.context->site->rules->params.rhythm;
}

/* One channel's row. */
struct look {
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
	struct rhythm_night night;
	struct rhythm_burst burst;
	bool is_hit;
};

static bool is_active(const struct over *o, const struct channel *ch)
{
	return ch->row && ch->row_number == o->watch.row;
}

/* --- what agrees with it ------------------------------------------------- */

static struct destination *destination_of(const struct over *o, const struct channel *leaf)
{
	struct channel_key key = { 0 };
	char domain[SUFFIX_NAME_MAX];
	struct destination *d = NULL;

	if (leaf->name && suffix_registered_domain(leaf->name, domain, sizeof(domain))) {
		group_key_domain(&key, domain);
		d = baseline_find(o->all->baseline, leaf->subject->id, &key);
	}
	if (d)
		return d;
	key = (struct channel_key){ 0 };
	group_key_prefix(&key, &leaf->key.value);
	return baseline_find(o->all->baseline, leaf->subject->id, &key);
}

static bool is_strange(const struct over *o, const struct channel *ch)
{
	const struct site *site = o->all->judge.context->site;
	const struct channel *leaf = speak_leaf(&o->all->judge, ch);
	struct destination *d = leaf ? destination_of(o, leaf) : NULL;

	if (site->is_default)
		return false;		/* nobody has said what is expected */
	if (d && baseline_holds(o->all->baseline, d))
		return false;
	return (d && (!d->is_learned || d->was_revoked)) ||
	       judge_is_new_country(&o->all->judge, ch, o->watch.row);
}

static void find_agreement(const struct over *o, const struct look *l, struct voice *v)
{
	const struct subject *s = v->channel->subject;
	unsigned n;

	v->z = volume_z_of_day(s, o->all->judge.context->since_row, o->watch.row, l->burst.up);
	v->agrees = (is_strange(o, v->channel) ? AGREES_DESTINATION : 0) |
		    (v->z >= params_of(o)->extreme_z ? AGREES_VOLUME : 0) |
		    (s->zone && s->zone->is_closed ? AGREES_POLICY : 0);
	n = !!(v->agrees & AGREES_DESTINATION) + !!(v->agrees & AGREES_VOLUME) +
	    !!(v->agrees & AGREES_POLICY);
	v->severity = RHYTHM_SEVERITY + n < SEVERITY_MAX ? RHYTHM_SEVERITY + n : SEVERITY_MAX;
}

/* --- one row of one channel ---------------------------------------------- */

static void close_slots(struct over *o, const struct channel *ch)
{
	const struct calendar *calendar = o->all->judge.context->calendar;
	const struct zone *zone = ch->subject->zone;

	if (o->has_zone && o->zone == zone)
		return;
	o->zone = zone;
	o->has_zone = true;
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		o->closed[i] = calendar_is_closed(calendar, zone,
						  o->watch.night.start_ns + i * SLOT_NS);
}

static void look_at(struct over *o, const struct channel *ch, const struct rhythm *state,
		    struct look *ret)
{
	static const struct rhythm nothing_before;
	uint64_t start_ns = o->watch.night.start_ns;

	row_expand(is_active(o, ch) ? ch->row : NULL, ret->up, ret->down);
	close_slots(o, ch);
	ret->night = (struct rhythm_night){
		.up = ret->up, .down = ret->down, .closed = o->closed, .row = o->watch.row,
		.seen_from = judge_slot(start_ns, o->watch.seen_from_ns), .seen_to = ROW_SLOTS,
		.civil_shift_min = judge_civil_shift(start_ns, start_ns),
		.is_changeover = o->watch.night.is_changeover,
	};
	ret->is_hit = rhythm_find_burst(&ret->night, state ? state : &nothing_before,
					&ret->burst) && rhythm_is_hit(params_of(o), &ret->burst);
	if (ret->is_hit)
		ret->night.crowd = crowds_density(o->all->judge.subjects, &(struct crowds_question){
			.subject = ch->subject, .row = o->watch.row, .to = ROW_SLOTS,
			.slot = ret->burst.from });
}

static void resolve(const struct over *o, struct channel *ch, bool is_taken_over, bool is_lost)
{
	const struct judge *j = &o->all->judge;
	const struct incident *in = incidents_find(j->incidents, RULE_EXF_005, ch);
	struct finding f = { .rule = RULE_EXF_005, .channel = ch, .row = o->watch.row,
			     .judged_ns = o->watch.judged_ns,
			     .leaf = ch->key.group == GROUP_IP ? ch : NULL,
			     .rhythm = channel_rhythm(j->channels, ch),
			     .is_over = true, .is_taken_over = is_taken_over, .given_up = is_lost };

	if (!in)
		return;
	f.severity = in->severity;
	incidents_resolve_finding(j->incidents, &f);
}

static bool tells(const struct over *o, enum rule_id rule, const struct channel *ch)
{
	const struct incident *in = incidents_find(o->all->judge.incidents, rule, ch);

	return in && incident_tells(in);
}

static bool has_another(const struct over *o, const struct channel *ch)
{
	return tells(o, RULE_EXF_001, ch) || tells(o, RULE_EXF_002, ch);
}

static bool find_voice(const struct over *o, const struct look *l, const struct rhythm *state,
		       struct voice *ret)
{
	const struct incident *in = incidents_find(o->all->judge.incidents, RULE_EXF_005,
						   ret->channel);

	if (!rhythm_is_locked(params_of(o), state) || has_another(o, ret->channel))
		return false;
	find_agreement(o, l, ret);
	return !in || ret->severity > in->severity || state->hits % TOLD_HITS == 0;
}

/* true: *ret is a voice. */
static bool judge_row(struct over *o, struct channel *ch, struct voice *ret)
{
	struct channels *channels = o->all->judge.channels;
	struct rhythm *state = channel_rhythm(channels, ch);
	struct look l;

	look_at(o, ch, state, &l);
	if (l.is_hit && !state)
		state = channel_follow_rhythm(channels, ch);
	if (!state)
		return false;
	rhythm_step(params_of(o), &l.night, l.is_hit, &l.burst, state);
	ch->is_changed = true;
	if (state->hits && state->misses >= params_of(o)->resolve_after) {
		resolve(o, ch, false, false);
		rhythm_reset(state);
	} else if (has_another(o, ch)) {
		resolve(o, ch, true, false);
	}
	*ret = (struct voice){ .rule = RULE_EXF_005, .channel = ch };
	return l.is_hit && find_voice(o, &l, state, ret);
}

/* --- all of them ----------------------------------------------------------- */

static bool is_concerned(const struct over *o, const struct channel *ch)
{
	if (!ch->key.is_external)
		return false;
	return ch->has_rhythm || (is_active(o, ch) && row_up(ch->row) >= params_of(o)->floor);
}

static void make_room(const struct over *o)
{
	struct channels *channels = o->all->judge.channels;
	size_t all, more = 0;
	struct channel **list = channels_all(channels, &all);

	for (size_t i = 0; i < all; i++)
		more += !list[i]->has_rhythm && is_concerned(o, list[i]);
	channels_reserve(channels, 0, channels_rhythm_bytes(channels, more));
}

/* A copy in canonical order, because what is remembered may be given up meanwhile.  Gives. */
static struct channel **concerned(const struct over *o, size_t *ret_n)
{
	size_t all, n = 0;
	struct channel **sorted = channels_sorted(o->all->judge.channels, &all);
	struct channel **list = malloc((all + 1) * sizeof(struct channel *));

	for (size_t i = 0; list && i < all; i++)
		if (is_concerned(o, sorted[i]))
			list[n++] = sorted[i];
	*ret_n = n;
	return list;
}

/* What is usual, each byte once: of the finest groups. */
static void count_usual(const struct over *o)
{
	size_t n;
	struct channel **list = channels_all(o->all->judge.channels, &n);

	for (size_t i = 0; i < n; i++) {
		const struct channel *ch = list[i];
		uint64_t up = is_active(o, ch) ? row_up(ch->row) : 0;

		if (!up || ch->key.group != GROUP_IP)
			continue;
		subject_add_day(ch->subject, o->watch.row, up);
		if (ch->subject->vendor && ch->key.is_external)
			subject_add_day(ch->subject->vendor, o->watch.row, up);
	}
}

/* Incidents whose channel or memory was given up: nobody would say that it stopped. */
static void resolve_lost(const struct over *o)
{
	const struct judge *j = &o->all->judge;

	for (size_t i = 0; i < incidents_count(j->incidents); i++) {
		const struct incident *in = incidents_at(j->incidents, i);
		struct channel stand_in = { .subject = in->subject, .key = in->key,
					    .first_ns = in->opened_ns, .last_ns = in->opened_ns };
		struct channel *ch;

		if (in->rule != RULE_EXF_005 || !in->is_open)
			continue;
		ch = channels_find(j->channels, &in->key);
		if (!ch || !ch->has_rhythm)
			resolve(o, ch ? ch : &stand_in, false, true);
	}
}

void rhythms_end_row(struct rhythms *r, int64_t row, uint64_t end_ns)
{
	struct night night = calendar_night(r->judge.context->calendar, NULL, row);
	struct over o = { .all = r, .watch = { .row = row, .judged_ns = end_ns, .coverage = 1 } };
	struct channel **list;
	struct voice *voices;
	size_t n, spoke = 0;

	o.watch.night = (struct night){ .has_window = true, .is_changeover = night.is_changeover,
					.start_ns = end_ns - ROW_NS, .end_ns = end_ns };
	o.watch.seen_from_ns = nights_first_ns(r->nights);
	if (nights_seen(r->nights, end_ns - ROW_NS, end_ns) < JUDGE_BLIND)
		return;
	make_room(&o);
	list = concerned(&o, &n);
	voices = list ? malloc((n + 1) * sizeof(*voices)) : NULL;
	if (!voices)
		log_err("profile", "out of memory: rhythms of a row are not judged");
	for (size_t i = 0; voices && i < n; i++)
		spoke += judge_row(&o, list[i], &voices[spoke]);
	if (voices)
		speak(&r->judge, &o.watch, voices, spoke);
	count_usual(&o);
	resolve_lost(&o);
	free(voices);
	free(list);
}
