/* speak.c - see speak.h. */
#include "app/speak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "alert/explain.h"
#include "base/log.h"
#include "detect/period.h"
#include "detect/rhythm.h"
#include "policy/suffix.h"

#define MOSTLY 0.5			/* of the upload */
#define SPLIT 0.75			/* no part of it has more than this: it is split */

enum place {
	SEAT_OPENS,			/* an incident of its own, open already or not */
	SEAT_ATTACHED			/* to another seat, or to an open incident's channel */
};

struct seat {
	struct voice voice;
	enum place place;
	bool has_incident;		/* an open one of its own */
	const struct channel *to;	/* SEAT_ATTACHED: the channel that speaks for it */
};

struct round {				/* one subject's seats, from the finest group on */
	enum rule_id rule;
	const struct judge *judge;
	const struct night_watch *watch;
	unsigned from, to;		/* slots of the night window */
	struct seat *seats;
	size_t n;
	struct told *told;		/* what was open when the round began */
	size_t n_told;
};

struct told {				/* an incident of the subject's house, and its channel */
	const struct incident *in;
	const struct channel *ch;
};

/* --- what a channel's pattern has been ---------------------------------- */

struct tally {
	uint32_t hits;
	int64_t since_row;
	uint64_t up;			/* on its nights */
};

/* process: as in a voice of that rule. */
static struct tally tally_of(const struct judge *j, const struct channel *ch, enum rule_id rule,
			     unsigned process)
{
	const struct evidence *ev = ch->evidence;
	const struct rhythm *rhythm = rule == RULE_EXF_005 ? channel_rhythm(j->channels, ch) : NULL;
	const struct period_process *p;

	if (rule == RULE_EXF_005)
		return rhythm ? (struct tally){ rhythm->hits, rhythm->since_row, rhythm->up } :
				(struct tally){ 0 };
	if (ev && rule == RULE_EXF_001)
		return (struct tally){ ev->process[process].hits, ev->process[process].since_row,
				       ev->process[process].up };
	if (!ev || !ev->period)
		return (struct tally){ 0 };
	p = &ev->period->process[process];
	return (struct tally){ p->hits, p->since_row, p->up };
}

/* Which of detector N's processes the nights of a voice are those of. */
static unsigned nightly_process(const struct voice *v)
{
	return v->rule == RULE_EXF_001 ? v->process : 0;
}

/* --- how channels are related ------------------------------------------ */

static uint64_t upload(const struct round *r, const struct channel *ch)
{
	return row_overlap(ch->row, ch->row, r->from, r->to);
}

static bool is_tonight(const struct round *r, const struct channel *ch)
{
	return ch->row && ch->row_number == r->watch->row;
}

/* The channel of group ip behind a peer; of a vendor, any of its assets'. */
static const struct channel *find_leaf(const struct judge *j, const struct channel *ch,
				       const struct row_peer *peer)
{
	struct channel_key key = { .subject = ch->key.subject,
				   .is_external = ch->key.is_external };
	const struct subjects *subjects = j->subjects;
	const struct channel *leaf;

	group_key_ip(&key, &peer->addr, peer->proto, peer->port);
	if (!ch->subject->vendor_name)
		return channels_find(j->channels, &key);
	for (size_t i = 0; i < subjects_count(subjects); i++) {
		const struct subject *s = subjects_at(subjects, i);

		if (s->vendor != ch->subject)
			continue;
		key.subject = s->number;
		leaf = channels_find(j->channels, &key);
		if (leaf && leaf->row && leaf->row_number == ch->row_number)
			return leaf;
	}
	return NULL;
}

static bool is_of_domain(const struct judge *j, const struct channel *domain,
			 const struct channel *other, const struct row_peer *peer)
{
	const struct channel *leaf = find_leaf(j, other, peer);
	char name[SUFFIX_NAME_MAX];

	if (domain->row && addr_equal(&domain->row->top.addr, &peer->addr))
		return true;
	return leaf && leaf->name && domain->name &&
	       suffix_registered_domain(leaf->name, name, sizeof(name)) &&
	       !strcmp(name, domain->name);
}

/* Is the peer with most of f's upload in group g? */
static bool holds_top(const struct judge *j, const struct channel *g, const struct channel *f)
{
	const struct row_peer *peer = &f->row->top;
	struct channel_key key = { 0 };
	struct geo_place place;

	switch ((enum group)g->key.group) {
	case GROUP_IP:
	case GROUP_PREFIX:
		return group_holds_address(&g->key, &peer->addr);
	case GROUP_DOMAIN:
		return is_of_domain(j, g, f, peer);
	case GROUP_ANY:
		return true;
	default:
		if (!geo_lookup(j->context->site->geo, &peer->addr, &place))
			return false;
	}
	if (g->key.group == GROUP_ASN)
		group_key_asn(&key, place.asn);
	else
		group_key_country(&key, place.country);
	return !memcmp(&key.value, &g->key.value, sizeof(key.value));
}

static bool is_same_house(const struct subject *a, const struct subject *b)
{
	return a == b || a->vendor == b || b->vendor == a;
}

/* Bytes of tonight's window that are, or may be, in both. */
static uint64_t common(const struct round *r, const struct channel *a, const struct channel *b)
{
	if (!is_tonight(r, a) || !is_tonight(r, b) || !is_same_house(a->subject, b->subject) ||
	    a->key.is_external != b->key.is_external)
		return 0;
	if (!holds_top(r->judge, a, b) && !holds_top(r->judge, b, a))
		return 0;
	return row_overlap(a->row, b->row, r->from, r->to);
}

/* --- 2: incidents that are open ---------------------------------------- */

/* Nights that qualified from that row on, as far as they are kept. */
static uint32_t hits_since(const struct evidence *ev, unsigned process, int64_t row)
{
	uint32_t hits = 0;

	for (uint64_t i = 0; ev && i < evidence_nights(ev); i++)
		hits += evidence_night(ev, i)->row >= row &&
			night_is_hit(evidence_night(ev, i), process);
	return hits;
}

/* By an incident of the same rule, or of one that says more with the same level. */
static bool says_as_much(enum rule_id rule, enum rule_id than)
{
	return rule == than || rule == RULE_EXF_001 ||
	       (than == RULE_EXF_005 && rule == RULE_EXF_002);
}

/* What an entry suppresses tells nothing for another rule; for its own see has_rest(). */
static bool is_open_leak(const struct round *r, const struct incident *in)
{
	return (in->rule == r->rule || incident_tells(in)) &&
	       says_as_much(in->rule, r->rule) && in->is_open && !in->is_any &&
	       !incident_is_allowed(in);
}

/* -ENOMEM.  In order of opening. */
static int find_told(struct round *r, const struct subject *s)
{
	const struct incidents *list = r->judge->incidents;
	const struct incident *in;
	size_t n = 0;

	for (in = incidents_of_house(list, s, NULL); in; in = incidents_of_house(list, s, in))
		n += is_open_leak(r, in);
	r->told = calloc(n + 1, sizeof(*r->told));
	if (!r->told)
		return -ENOMEM;
	for (in = incidents_of_house(list, s, NULL); in; in = incidents_of_house(list, s, in)) {
		const struct channel *ch = is_open_leak(r, in) ?
			channels_find(r->judge->channels, &in->key) : NULL;

		if (ch)
			r->told[r->n_told++] = (struct told){ in, ch };
	}
	return 0;
}

/* Tonight's upload of the group without the voice's, and without what other incidents tell. */
static uint64_t rest_of(const struct round *r, const struct channel *of, const struct voice *v)
{
	uint64_t rest = upload(r, of) - common(r, of, v->channel);

	for (size_t i = 0; i < r->n_told; i++) {
		const struct channel *ch = r->told[i].ch;
		uint64_t told;

		if (!is_same_house(r->told[i].in->subject, of->subject))
			continue;
		told = ch != of && ch != v->channel ? common(r, of, ch) : 0;
		rest -= told < rest ? told : rest;
	}
	return rest;
}

/* A destination whose turn it is: without it the group would not have qualified tonight, and on
 * other nights since it began the group did so without it. */
static bool is_turn(const struct round *r, const struct channel *of, const struct voice *v)
{
	struct tally mine = tally_of(r->judge, v->channel, v->rule, v->process);
	unsigned process = nightly_process(v);

	return rest_of(r, of, v) < r->judge->context->site->rules->params.nightly.floor[process] &&
	       hits_since(of->evidence, process, mine.since_row) > mine.hits;
}

/* A second leak must not hide behind a first that binds everything. */
static bool is_later(const struct round *r, const struct incident *in, const struct channel *of,
		     const struct voice *v)
{
	int64_t opened = calendar_row(r->judge->context->calendar, in->opened_ns);

	return in->key.group >= GROUP_COUNTRY && v->channel->key.group < in->key.group &&
	       tally_of(r->judge, v->channel, v->rule, v->process).since_row > opened &&
	       !is_turn(r, of, v);
}

/* Nobody hears a suppressed incident: does the voice hold nights of upload beside what that one is
 * about, as many as make a pattern?  Then it must not fall silent with it. */
static bool has_rest(const struct round *r, const struct channel *of, const struct voice *v)
{
	const struct rule_params *params = &r->judge->context->site->rules->params;
	uint64_t floor = v->rule == RULE_EXF_005 ? params->rhythm.floor :
			 params->nightly.floor[nightly_process(v)];
	uint64_t mine = tally_of(r->judge, v->channel, v->rule, v->process).up;
	uint64_t its = tally_of(r->judge, of, v->rule, v->process).up;

	return upload(r, v->channel) - common(r, of, v->channel) >= floor && mine > its &&
	       mine - its >= params->nightly.hits1 * floor;
}

/* Is the voice mostly about the upload of that channel, tonight or over all its nights? */
static bool is_about(const struct round *r, const struct channel *of, const struct voice *v)
{
	uint64_t both = common(r, of, v->channel);
	struct tally their, mine;

	if (!both)
		return false;
	if ((double)both >= MOSTLY * (double)upload(r, v->channel))
		return true;
	their = tally_of(r->judge, of, v->rule, v->process);
	mine = tally_of(r->judge, v->channel, v->rule, v->process);
	return their.hits && (double)their.up >= MOSTLY * (double)mine.up;
}

static void attach_to_open(struct round *r, struct seat *seat)
{
	for (size_t i = 0; i < r->n_told; i++) {
		const struct channel *of = r->told[i].ch;

		const struct incident *in = r->told[i].in;

		if (in->rule != r->rule && in->level < seat->voice.level)
			continue;
		if (incident_is_suppressed(in) && has_rest(r, of, &seat->voice))
			continue;
		if (of != seat->voice.channel &&
		    is_same_house(in->subject, seat->voice.channel->subject) &&
		    is_about(r, of, &seat->voice) &&
		    !is_later(r, in, of, &seat->voice)) {
			seat->place = SEAT_ATTACHED;
			seat->to = of;
			return;
		}
	}
}

/* --- 3 and 4: of those left, who speaks for whom ------------------------ */

static unsigned needed_to_bind(const struct channel *ch)
{
	return ch->key.group >= GROUP_COUNTRY ? 3 : 2;
}

static bool is_free(const struct seat *s)
{
	return s->place == SEAT_OPENS && !s->has_incident;
}

struct parts {
	struct seat *largest;
	uint64_t largest_bytes, bytes;	/* of the group's upload */
	unsigned n;
};

/* The finer seats that are mostly within the group. */
static struct parts parts_of(struct round *r, const struct seat *group)
{
	struct parts p = { 0 };

	for (struct seat *s = r->seats; s < group; s++) {
		uint64_t both = is_free(s) ? common(r, s->voice.channel, group->voice.channel) : 0;

		if (!both || (double)both < MOSTLY * (double)upload(r, s->voice.channel))
			continue;
		p.n++;
		p.bytes += both;
		if (both > p.largest_bytes) {
			p.largest_bytes = both;
			p.largest = s;
		}
	}
	return p;
}

static void bind_parts(struct round *r, struct seat *group)
{
	for (struct seat *s = r->seats; s < group; s++) {
		uint64_t both = is_free(s) ? common(r, s->voice.channel, group->voice.channel) : 0;

		if (!both || (double)both < MOSTLY * (double)upload(r, s->voice.channel))
			continue;
		s->place = SEAT_ATTACHED;
		s->to = group->voice.channel;
	}
}

static void settle(struct round *r, struct seat *group)
{
	double up = (double)upload(r, group->voice.channel);
	struct parts p = parts_of(r, group);

	if (!p.n)
		return;
	if (p.n >= needed_to_bind(group->voice.channel) && (double)p.largest_bytes < SPLIT * up) {
		bind_parts(r, group);
	} else if ((double)p.bytes >= MOSTLY * up) {
		group->place = SEAT_ATTACHED;
		group->to = p.largest->voice.channel;
	} else if (needed_to_bind(group->voice.channel) == 2) {
		bind_parts(r, group);
	}
}

/* --- telling ----------------------------------------------------------- */

/* The assets of a vendor that are in its channel. */
static void find_members(const struct judge *j, struct finding *f)
{
	struct channel_key key = f->channel->key;

	for (size_t i = 0; i < subjects_count(j->subjects); i++) {
		const struct subject *s = subjects_at(j->subjects, i);
		const struct channel *ch;

		if (s->vendor != f->channel->subject || f->n_members == FINDING_MEMBERS_MAX)
			continue;
		key.subject = s->number;
		ch = channels_find(j->channels, &key);
		if (ch && ch->up)
			f->members[f->n_members++] = s;
	}
}

/* The label. */
static const struct rhythm *locked_rhythm(const struct judge *j, const struct channel *ch)
{
	const struct rhythm *rhythm = channel_rhythm(j->channels, ch);
	const struct rhythm_params *params = &j->context->site->rules->params.rhythm;

	return rhythm && rhythm_is_locked(params, rhythm) ? rhythm : NULL;
}

const struct channel *speak_leaf(const struct judge *j, const struct channel *ch)
{
	if (ch->key.group == GROUP_IP)
		return ch;
	return ch->row ? find_leaf(j, ch, &ch->row->top) : NULL;
}

struct finding speak_finding(const struct judge *j, const struct night_watch *w,
			     const struct voice *v)
{
	struct finding f = {
		.rule = v->rule, .channel = v->channel, .row = w->row,
		.judged_ns = w->judged_ns, .level = v->level, .severity = v->severity,
		.process = v->process, .is_partial = w->is_partial,
		.agrees = v->agrees, .z = v->z,
		.rhythm = locked_rhythm(j, v->channel),
		.leaf = speak_leaf(j, v->channel),
	};

	if (v->channel->subject->vendor_name)
		find_members(j, &f);
	explain_count_bets(&f);
	return f;
}

static void tell(const struct round *r, const struct seat *seat)
{
	struct finding f = speak_finding(r->judge, r->watch, &seat->voice);

	for (size_t i = 0; i < r->n && f.n_attached < FINDING_ATTACHED_MAX; i++)
		if (r->seats[i].place == SEAT_ATTACHED && r->seats[i].to == seat->voice.channel)
			f.attached[f.n_attached++] = r->seats[i].voice.channel;
	incidents_finding(r->judge->incidents, &f);
}

static void hold_round(struct round *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct seat *s = &r->seats[i];

		s->has_incident = incidents_is_open(r->judge->incidents, r->rule,
						    s->voice.channel);
		if (!s->has_incident)
			attach_to_open(r, s);
	}
	for (size_t i = 0; i < r->n; i++)
		if (is_free(&r->seats[i]))
			settle(r, &r->seats[i]);
	/* Those attached to an incident of another subject (a vendor's, an asset's) or to a channel
	 * that is silent tonight are counted there when it next speaks. */
	for (size_t i = 0; i < r->n; i++)
		if (r->seats[i].place == SEAT_OPENS)
			tell(r, &r->seats[i]);
}

static unsigned slot_of(const struct judge *j, const struct night_watch *w, uint64_t ns)
{
	uint64_t start = calendar_row_start(j->context->calendar, w->row);

	return (unsigned)((ns - start + SLOT_NS - 1) / SLOT_NS);
}

static bool has_pattern(const struct channel *ch, enum rule_id rule)
{
	return rule == RULE_EXF_005 ? ch->has_rhythm : ch->evidence != NULL;
}

/* The voices of one subject; they may name channels whose evidence was given up since. */
static void speak_subject(const struct judge *j, const struct night_watch *w, enum rule_id rule,
			  const struct voice *voices, size_t n)
{
	struct round r = { .judge = j, .watch = w, .rule = rule,
			   .from = slot_of(j, w, w->night.start_ns),
			   .to = slot_of(j, w, w->night.end_ns) };

	r.seats = calloc(n, sizeof(*r.seats));
	if (!r.seats || find_told(&r, voices[0].channel->subject)) {
		log_err("alert", "out of memory: findings of a night are not told");
		free(r.seats);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (voices[i].rule == rule && has_pattern(voices[i].channel, rule))
			r.seats[r.n++].voice = voices[i];
	hold_round(&r);
	free(r.told);
	free(r.seats);
}

static void speak_rule(const struct judge *j, const struct night_watch *w, enum rule_id rule,
		       const struct voice *voices, size_t n)
{
	for (int vendors = 0; vendors < 2; vendors++)
		for (size_t i = 0, next; i < n; i = next) {
			const struct subject *s = voices[i].channel->subject;

			for (next = i; next < n && voices[next].channel->subject == s; next++)
				;
			if ((s->vendor_name != NULL) == vendors)
				speak_subject(j, w, rule, &voices[i], next - i);
		}
}

void speak(const struct judge *j, const struct night_watch *w, struct voice *voices, size_t n)
{
	speak_rule(j, w, RULE_EXF_001, voices, n);
	speak_rule(j, w, RULE_EXF_002, voices, n);
	speak_rule(j, w, RULE_EXF_005, voices, n);
}
