/* incident.c - see incident.h: how incidents open, grow and end, and the records of that. */
#include "alert/incident_internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/encode.h"
#include "alert/explain.h"
#include "alert/gate.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/suffix.h"

/* Of rules of the pack: those of the site's own are found by their findings and by number. */
static uint32_t *find_place(const struct incidents *in, enum rule_id rule, const struct channel *ch,
			    bool is_any)
{
	return incidents_place(in, &(struct about){ rule, ch, is_any, "", "", false });
}

static struct incident *find(const struct incidents *in, enum rule_id rule,
			     const struct channel *ch)
{
	uint32_t *place = find_place(in, rule, ch, false);

	return *place ? in->list[*place - 1] : NULL;
}

/* The incident of the finding's channel; of the subject's flood when there are too many. */
static struct incident *find_or_make(struct incidents *in, const struct finding *f)
{
	struct channel *ch = f->channel;
	struct about about = { f->rule, ch, false, "", f->own_id ? f->own_id : "",
			       f->suppression != NULL };
	const char *entry = incident_entry(f->rule, f->entry);
	struct incident *i, fresh;
	uint32_t *place = entry[0] ? NULL : incidents_place(in, &about);
	bool is_any;

	if (place && *place)
		return in->list[*place - 1];
	is_any = incidents_is_flood(in, f);
	about.is_any = is_any;
	about.entry = entry;
	place = incidents_place(in, &about);
	if (*place)
		return in->list[*place - 1];
	fresh = (struct incident){ .rule = f->rule, .number = in->next_number,
				   .subject = ch->subject, .key = ch->key, .is_any = is_any };
	incident_set_text(&fresh.domain, ch->key.group == GROUP_DOMAIN && ch->name ? ch->name : "");
	incident_set_text(&fresh.attached, "");
	incident_set_text(&fresh.entry, f->entry ? f->entry : "");
	incident_set_text(&fresh.own, f->own_id ? f->own_id : "");
	incident_set_text(&fresh.suppressed, f->suppression ? f->suppression->id : "");
	i = incidents_add(in, &fresh);
	if (!i)
		incident_drop_texts(&fresh, false);
	return i;
}

/* prefix and the first 32 hex digits of a SHA-256. */
static void make_id(char ret[static INCIDENT_ID_MAX], const char *prefix, const char *text)
{
	char hex[DIGEST_HEX_MAX];

	digest_sha256_hex(text, strlen(text), hex);
	snprintf(ret, INCIDENT_ID_MAX, "%s%.32s", prefix, hex);
}

/* What is about an entry, or suppressed by one, says so in its ids, as further lines. */
static void add_entry(const struct incident *i, char *text, size_t cap)
{
	const char *entry = incident_entry(i->rule, i->entry);

	if (entry[0])
		snprintf(text + strlen(text), cap - strlen(text), "\n%s", entry);
	if (i->suppressed[0])
		snprintf(text + strlen(text), cap - strlen(text), "\nsuppressed\n%s",
			 i->suppressed);
}

static void name_incident(const struct incidents *in, struct incident *i, const struct finding *f)
{
	char text[1024], value[GROUP_TEXT_MAX], service[SERVICE_TEXT_MAX];
	char opened[CLOCK_TEXT_MAX], date[DATE_TEXT_MAX];

	calendar_row_date(in->ctx->calendar, f->row, date);
	if (f->rule == RULE_EXF_001 || finding_rests_on_nights(f))
		snprintf(opened, sizeof(opened), "%s", date);
	else
		clock_format(f->judged_ns / NS_PER_SEC * NS_PER_SEC, opened);
	incident_value(i, value);
	snprintf(text, sizeof(text), "%s\n%s\n%s\n%s\n%s\n%s\n%s", in->ctx->site->id,
		 incident_rule_id(i), i->subject->id, incident_group(i), value,
		 incident_service(i, service), opened);
	add_entry(i, text, sizeof(text));
	make_id(i->id, "nw1-", text);
	snprintf(text, sizeof(text), "%s\n%s\n%s\n*\n%s", in->ctx->site->id, i->subject->id,
		 group_name(GROUP_ANY), date);
	add_entry(i, text, sizeof(text));
	make_id(i->case_id, "nwc-", text);
}

/* An incident that is open lends its case; the one opened first of those that fit. */
static void join_case(const struct incidents *in, struct incident *i)
{
	const char *lent = incidents_case(in, i);

	if (lent)
		memcpy(i->case_id, lent, sizeof(i->case_id));
}

/* --- records ----------------------------------------------------------- */

/* What the finding's channels show beyond the incident's own: groups attached, its peer. */
static void take_facts(struct incident *i, const struct finding *f)
{
	char domain[GROUP_TEXT_MAX], attached[INCIDENT_ATTACHED_MAX];

	if (f->leaf)
		i->peer = f->leaf->key.value;
	if (f->leaf && f->leaf->name && !i->domain[0] &&
	    suffix_registered_domain(f->leaf->name, domain, sizeof(domain)))
		incident_set_text(&i->domain, domain);
	if (!f->n_attached)
		return;
	text_copy(attached, sizeof(attached), i->attached);
	for (unsigned k = 0; k < f->n_attached; k++) {
		const struct channel *ch = f->attached[k];
		char value[GROUP_TEXT_MAX], text[GROUP_TEXT_MAX + 16];
		size_t len = strlen(attached);

		snprintf(text, sizeof(text), "%s %s\n", group_name((enum group)ch->key.group),
			 group_value(&ch->key, ch->name, value));
		if (!strstr(attached, text) && len + strlen(text) < sizeof(attached))
			text_copy(attached + len, sizeof(attached) - len, text);
	}
	incident_set_text(&i->attached, attached);
}

void incident_tell(struct incidents *in, struct incident *i, const struct finding *f,
		   const char *action)
{
	struct nightly_facts facts = { 0 };
	struct record *r;

	if (finding_rests_on_nights(f))
		explain_nightly_facts(in->ctx, f, &facts);
	i->records++;
	incidents_mark(in, i);
	incident_take_words(i, &in->words);
	/* Of an address whose channel is gone, the last words stand. */
	if (f->rule != RULE_DST_002 || i->is_any || f->channel->contact)
		explain_incident(in->ctx, i, f, &facts);
	else if (f->is_over)
		explain_gone(i, f);
	r = encode_alert(in->ctx, i, f, &facts, action, in->sequence + 1);
	incident_keep_words(i);
	if (!r) {
		log_err("alert", "no memory for a record of incident %s", i->id);
		return;
	}
	in->sequence++;
	in->counters.records++;
	in->emit(in->emit_arg, r);
}

void incident_open(struct incidents *in, struct incident *i, const struct finding *f)
{
	if (i->has_opened)
		memcpy(i->previous, i->id, sizeof(i->previous));
	i->has_opened = true;
	i->is_past = false;
	i->is_open = true;
	i->opened_ns = f->judged_ns;
	i->level = f->level;
	i->severity = f->severity;
	i->bare = f->bare;
	i->records = 0;
	i->nights = 0;
	i->members = 0;
	free(i->seen);
	i->seen = NULL;
	i->given_up = 0;
	i->given_up_m = 0;
	i->count = 0;
	i->up = i->rule == RULE_OWN ? 0 : i->up;
	i->down = i->rule == RULE_OWN ? 0 : i->down;
	incident_set_text(&i->suppressed, f->suppression ? f->suppression->id : "");
	incident_set_text(&i->attached, "");
	i->subject->is_changed = true;
	incidents_count_open(in, i, 1);
	take_facts(i, f);
	name_incident(in, i, f);
	join_case(in, i);
	in->counters.opened++;
}

/* One more minute in which a rule of the site's own held; true: they have grown eightfold. */
static bool count_own(struct incident *i, const struct finding *f)
{
	if (!i->count)
		i->first_ns = f->channel->first_ns;
	i->last_ns = f->channel->last_ns;
	i->count++;
	i->up += f->own->up;
	i->down += f->own->down;
	f->channel->first_ns = i->first_ns;
	return (i->count & (i->count - 1)) == 0 && __builtin_ctzll(i->count) % 3 == 0;
}

/* The state of the incident after this finding, which a flood has counted or not; true when a
 * record is due. */
static bool grow(struct incidents *in, struct incident *i, const struct finding *f,
		 bool is_counted)
{
	uint32_t nights = finding_rests_on_nights(f) ? explain_hits(f) :
			  i->nights + (f->row != i->last_row);
	bool grew = nights > i->nights || f->level > i->level || f->severity > i->severity;

	/* A flood's count is told whenever it has doubled. */
	if ((f->rule == RULE_DST_001 || f->rule == RULE_REM_001 || finding_is_of_link(f) ||
	     rule_is_of_dealings(f->rule)) && is_counted)
		grew |= (i->members & (i->members - 1)) == 0;
	if (f->rule == RULE_DST_001 && !i->is_any) {
		grew = true;	/* the caller raises it when it has */
		nights = f->destination->nights;
		i->up = f->destination->up;
		i->down = f->destination->down;
	}
	if (f->rule == RULE_DST_002 && !i->is_any) {
		grew = true; /* the caller raises it once a row, and when an answer comes */
		i->up = f->channel->up;
		i->down = f->channel->down;
	}
	if (f->flip) {
		grew = !i->is_any || (i->members & (i->members - 1)) == 0;
		i->up = f->flip->up;
		i->down = f->flip->down;
	}
	if (f->tunnel || f->slow) {
		/* The caller raises it when it has; a flood is told when it has doubled. */
		grew = !i->is_any || (i->members & (i->members - 1)) == 0;
		i->up = f->tunnel ? f->tunnel->total : f->slow->up;
		i->down = f->slow ? f->slow->down : 0;
		nights = f->tunnel ? f->tunnel->rows : f->slow->rows;
	}
	if (f->remote && !i->is_any) {
		grew = true;	/* the caller raises it when it has */
		i->up = f->remote->visit->up;
		i->down = f->remote->visit->down;
	}
	if (f->dealing && !i->is_any) {
		grew = true;	/* the caller raises it when it has */
		nights = f->dealing->dealing->rows;
		i->up = f->dealing->dealing->up;
		i->down = f->dealing->dealing->down;
	}
	if (f->own)
		grew |= count_own(i, f);
	if ((f->spoof || f->gateway) && !i->is_any)
		grew = true;	/* the caller raises it when it has */
	if (f->job) {
		grew = true;	/* the caller raises it once a row, or less often */
		i->up = f->job->up;
		nights = f->job->nights ? f->job->nights : nights;
	}
	if (f->level > i->level)
		i->level = f->level;
	if (f->severity > i->severity)
		i->severity = f->severity;
	if (f->bare > i->bare)
		i->bare = f->bare;
	i->nights = nights;
	i->process = f->process;
	i->last_row = f->row;
	incidents_mark(in, i);
	return grew;
}

void incident_close(struct incidents *in, struct incident *i, const struct finding *f)
{
	struct finding over = *f;

	over.is_over = true;
	in->counters.resolved++;
	incident_tell(in, i, &over, "resolve");
	i->is_open = false;
	incidents_mark(in, i);
	i->subject->is_changed = true;
	incidents_count_open(in, i, -1);
}

/* What was told is suppressed now, or the other way round: it ends as what it was. */
static void turn(struct incidents *in, struct incident *i, const struct finding *f)
{
	struct finding over = *f;

	over.level = i->level;
	over.severity = i->severity;
	over.own = NULL;
	over.is_exposed = !f->suppression;
	incident_close(in, i, &over);
}

static void take_finding(struct incidents *in, const struct finding *f)
{
	struct incident *i = find_or_make(in, f);
	bool opens, grew, is_counted;

	if (!i) {
		if (!in->counters.refused++)
			log_err("alert", "no memory for an incident of rule %s: further ones are "
				"counted only", rule_id_text(f->rule));
		return;
	}
	if (i->is_open && (i->suppressed[0] != '\0') != (f->suppression != NULL))
		turn(in, i, f);
	opens = !i->is_open;
	if (opens) {
		i->last_row = INT64_MIN;
		incident_open(in, i, f);
	}
	is_counted = i->is_any && f->rule != RULE_HLT_001 && f->rule != RULE_HLT_002 &&
		     incidents_count_member(in, i, f);
	i->given_up += f->given_up;
	i->given_up_m = fmax(i->given_up_m, f->given_up_m);
	incident_set_text(&i->entry, f->entry ? f->entry : "");
	take_facts(i, f);
	grew = grow(in, i, f, is_counted);
	if (!opens && !grew)
		return;
	in->counters.updated += !opens;
	incident_tell(in, i, f, opens ? "open" : "update");
}

/* Where the finding goes to, if that is open; NULL too where it is counted into a flood. */
static const struct incident *find_open(const struct incidents *in, const struct finding *f)
{
	struct about about = { f->rule, f->channel, false, "", f->own_id ? f->own_id : "", false };
	uint32_t *place = incidents_place(in, &about);

	return *place && in->list[*place - 1]->is_open ? in->list[*place - 1] : NULL;
}

void incidents_finding(struct incidents *in, const struct finding *f)
{
	const struct incident *open = find_open(in, f);
	struct finding passed;

	switch (gate_finding(in->ctx, f, open, &passed)) {
	case GATE_PASSED:
		in->counters.suppressed += passed.suppression != NULL;
		take_finding(in, &passed);
		break;
	case GATE_OFF:
		in->counters.disabled++;
		break;
	case GATE_UNMATCHED:
		in->counters.unmatched++;
		break;
	}
}

static void resolve_because(struct incidents *in, struct incident *i, struct channel *ch,
			    uint64_t judged_ns, int64_t row, bool is_taken_over)
{
	struct finding f = { .rule = i->rule, .channel = ch, .judged_ns = judged_ns, .row = row,
			     .is_taken_over = is_taken_over, .own_id = i->own,
			     .level = i->level, .severity = i->severity,
			     .process = i->process,
			     .leaf = ch->key.group == GROUP_IP ? ch : NULL,
			     .entry = i->entry[0] ? i->entry : NULL };

	if (finding_rests_on_nights(&f)) {
		explain_count_bets(&f);
		f.given_up = i->given_up;
	}
	incident_close(in, i, &f);
}

static void resolve(struct incidents *in, struct incident *i, struct channel *ch,
		    uint64_t judged_ns, int64_t row)
{
	resolve_because(in, i, ch, judged_ns, row, false);
}

void incidents_resolve_finding(struct incidents *in, const struct finding *f)
{
	struct incident *i = find(in, f->rule, f->channel);

	if (i && i->is_open)
		incident_close(in, i, f);
}

void incidents_resolve(struct incidents *in, enum rule_id rule, struct channel *ch,
		       uint64_t judged_ns, int64_t row)
{
	struct incident *i = find(in, rule, ch);

	if (i && i->is_open)
		resolve(in, i, ch, judged_ns, row);
}

void incidents_give_up(struct incidents *in, enum rule_id rule, struct channel *ch,
		       uint64_t judged_ns, int64_t row)
{
	struct incident *i = find(in, rule, ch);

	if (!i || !i->is_open)
		return;
	i->given_up = 1;
	resolve(in, i, ch, judged_ns, row);
}

void incidents_take_over(struct incidents *in, enum rule_id rule, struct channel *ch,
			 uint64_t judged_ns, int64_t row)
{
	struct incident *i = find(in, rule, ch);

	if (i && i->is_open)
		resolve_because(in, i, ch, judged_ns, row, true);
}

void incidents_resolve_any(struct incidents *in, enum rule_id rule, struct channel *stand_in,
			   uint64_t judged_ns, int64_t row)
{
	uint32_t *place = find_place(in, rule, stand_in, true);

	if (*place && in->list[*place - 1]->is_open)
		resolve(in, in->list[*place - 1], stand_in, judged_ns, row);
}

size_t incidents_of_entry(const struct incidents *in, enum rule_id rule, struct subject *s,
			  const char *entry)
{
	struct channel about = { .subject = s };
	uint32_t *place = incidents_place(in, &(struct about){ rule, &about, false, entry, "",
								 false });

	return *place ? *place - 1 : INCIDENTS_NONE;
}

void incidents_end(struct incidents *in, size_t i, struct channel *ch, uint64_t judged_ns,
		   int64_t row)
{
	if (in->list[i]->is_open)
		resolve(in, in->list[i], ch, judged_ns, row);
}

bool incidents_is_flooded(const struct incidents *in, enum rule_id rule, const struct channel *ch)
{
	struct about about = { rule, ch, true, "", "", false };

	if (incidents_is_open(in, rule, ch))
		return false;
	for (int k = 0; k < 2; k++) {
		uint32_t *place;

		about.is_suppressed = k;
		place = incidents_place(in, &about);
		if (*place && in->list[*place - 1]->is_open)
			return true;
	}
	return false;
}

const struct incident *incidents_find(const struct incidents *in, enum rule_id rule,
				      const struct channel *ch)
{
	const struct incident *i = find(in, rule, ch);

	return i && i->is_open ? i : NULL;
}

bool incidents_has_had(const struct incidents *in, enum rule_id rule, const struct channel *ch)
{
	const struct incident *i = find(in, rule, ch);

	return i && (i->is_open || i->has_opened);
}

bool incidents_is_open(const struct incidents *in, enum rule_id rule, const struct channel *ch)
{
	return incidents_find(in, rule, ch) != NULL;
}

const char *incident_group(const struct incident *i)
{
	if (i->is_any)
		return group_name(GROUP_ANY);
	return i->subject->vendor_name ? "vendor" : group_name((enum group)i->key.group);
}

const char *incident_value(const struct incident *i, char buf[static GROUP_TEXT_MAX])
{
	if (!i->is_any)
		return group_value(&i->key, i->domain, buf);
	text_copy(buf, GROUP_TEXT_MAX, "*");
	return buf;
}

const char *incident_service(const struct incident *i, char buf[static SERVICE_TEXT_MAX])
{
	if (!i->is_any && i->key.group == GROUP_IP && i->key.proto)
		return group_service(&i->key, buf);
	text_copy(buf, SERVICE_TEXT_MAX, "-");
	return buf;
}

void incidents_set_sequence(struct incidents *in, uint64_t last)
{
	in->sequence = last;
}

uint64_t incidents_sequence(const struct incidents *in)
{
	return in->sequence;
}

const struct incidents_counters *incidents_counters(const struct incidents *in)
{
	return &in->counters;
}
