/* incident.c - see incident.h.  Incidents are kept in order of opening (which analysis makes
 * canonical) and found by an open-addressing table of indices. */
#include "alert/incident.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/encode.h"
#include "alert/explain.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"

/* Peers of their own, and one flood incident per subject and rule. */
#define CAPACITY (INCIDENTS_MAX + RULES * SUBJECTS_MAX)
#define TABLE_SLOTS 131072		/* a power of two above twice the capacity */

struct incidents {
	const struct alert_context *ctx;
	incident_emit_fn emit;
	void *emit_arg;
	struct incident **list;		/* CAPACITY pointers */
	size_t count, peers;		/* peers: incidents that are not flood incidents */
	uint32_t *table;		/* index + 1; 0: free */
	uint64_t sequence;
	struct incidents_counters counters;
};

_Static_assert(TABLE_SLOTS > 2 * CAPACITY, "the table stays at most half full");

int incidents_new(const struct alert_context *ctx, incident_emit_fn emit, void *emit_arg,
		  struct incidents **ret_incidents)
{
	struct incidents *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	in->ctx = ctx;
	in->emit = emit;
	in->emit_arg = emit_arg;
	in->list = calloc(CAPACITY, sizeof(struct incident *));
	in->table = calloc(TABLE_SLOTS, sizeof(*in->table));
	if (!in->list || !in->table) {
		incidents_free(in);
		return -ENOMEM;
	}
	*ret_incidents = in;
	return 0;
}

void incidents_free(struct incidents *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->count; i++)
		free(in->list[i]);
	free(in->list);
	free(in->table);
	free(in);
}

static bool is_about(const struct incident *i, enum rule_id rule, const struct channel *ch,
		     bool is_any)
{
	if (i->rule != rule || i->subject != ch->subject || i->is_any != is_any)
		return false;
	return is_any || !memcmp(&i->key, &ch->key, sizeof(i->key));
}

static uint32_t *find_place(struct incidents *in, enum rule_id rule, const struct channel *ch,
			    bool is_any)
{
	uint64_t seed = hash_secret() + rule * 2 + is_any;
	size_t at = is_any ? hash_mix(seed + ch->subject->number) :
			     hash_bytes(&ch->key, sizeof(ch->key), seed);

	for (at &= TABLE_SLOTS - 1; in->table[at]; at = (at + 1) & (TABLE_SLOTS - 1))
		if (is_about(in->list[in->table[at] - 1], rule, ch, is_any))
			break;
	return &in->table[at];
}

static struct incident *find(struct incidents *in, enum rule_id rule, const struct channel *ch)
{
	uint32_t *place = find_place(in, rule, ch, false);

	return *place ? in->list[*place - 1] : NULL;
}

/* The incident of the finding's channel; of the subject's flood when there are too many. */
static struct incident *find_or_make(struct incidents *in, const struct finding *f)
{
	struct channel *ch = f->channel;
	struct incident *i = find(in, f->rule, ch);
	bool is_any = false;
	uint32_t *place;

	if (i)
		return i;
	if (f->rule == RULE_DST_002)
		is_any = ch->subject->closed_zone_peers >= INCIDENT_PEERS_MAX;
	is_any = is_any || in->peers >= INCIDENTS_MAX;
	place = find_place(in, f->rule, ch, is_any);
	if (*place)
		return in->list[*place - 1];
	i = in->count < CAPACITY ? calloc(1, sizeof(*i)) : NULL;
	if (!i)
		return NULL;
	i->rule = f->rule;
	i->subject = ch->subject;
	i->key = ch->key;
	i->is_any = is_any;
	in->list[in->count++] = i;
	*place = (uint32_t)in->count;
	in->peers += !is_any;
	if (f->rule == RULE_DST_002 && !is_any)
		ch->subject->closed_zone_peers++;
	return i;
}

/* prefix and the first 32 hex digits of a SHA-256. */
static void make_id(char ret[static INCIDENT_ID_MAX], const char *prefix, const char *text)
{
	char hex[DIGEST_HEX_MAX];

	digest_sha256_hex(text, strlen(text), hex);
	snprintf(ret, INCIDENT_ID_MAX, "%s%.32s", prefix, hex);
}

static void name_incident(const struct incidents *in, struct incident *i, const struct finding *f)
{
	char text[1024], peer[ADDR_TEXT_MAX], opened[CLOCK_TEXT_MAX], date[DATE_TEXT_MAX];
	const char *group = i->is_any ? "any" : "ip";
	const char *value = i->is_any ? "*" : addr_format(&i->key.peer, peer);

	calendar_row_date(in->ctx->calendar, f->row, date);
	if (f->rule == RULE_EXF_001)
		snprintf(opened, sizeof(opened), "%s", date);
	else
		clock_format(f->judged_ns / NS_PER_SEC * NS_PER_SEC, opened);
	snprintf(text, sizeof(text), "%s\n%s\n%s\n%s\n%s\n%s\n%s", in->ctx->site->id,
		 rule_of(f->rule)->id, i->subject->id, group, value,
		 i->is_any ? "-" : i->key.service, opened);
	make_id(i->id, "nw1-", text);
	snprintf(text, sizeof(text), "%s\n%s\n%s\n%s\n%s", in->ctx->site->id, i->subject->id, group,
		 value, date);
	make_id(i->case_id, "nwc-", text);
}

/* An incident that is open for the same subject and peer lends its case. */
static void join_case(const struct incidents *in, struct incident *i)
{
	for (size_t k = 0; k < in->count; k++) {
		const struct incident *other = in->list[k];

		if (other != i && other->is_open && other->subject == i->subject &&
		    other->is_any == i->is_any &&
		    (i->is_any || addr_equal(&other->key.peer, &i->key.peer))) {
			memcpy(i->case_id, other->case_id, sizeof(i->case_id));
			return;
		}
	}
}

static void emit_record(struct incidents *in, struct incident *i, const struct finding *f,
			const char *action)
{
	struct nightly_facts facts = { 0 };
	struct record *r;

	if (f->rule == RULE_EXF_001)
		explain_nightly_facts(in->ctx, f, &facts);
	i->records++;
	explain_incident(in->ctx, i, f, &facts);
	r = encode_alert(in->ctx, i, f, &facts, action, in->sequence + 1);
	if (!r) {
		log_err("alert", "no memory for a record of incident %s", i->id);
		return;
	}
	in->sequence++;
	in->counters.records++;
	in->emit(in->emit_arg, r);
}

static void open_incident(struct incidents *in, struct incident *i, const struct finding *f)
{
	if (i->has_opened)
		memcpy(i->previous, i->id, sizeof(i->previous));
	i->has_opened = true;
	i->is_open = true;
	i->opened_ns = f->judged_ns;
	i->level = f->level;
	i->severity = f->severity;
	i->records = 0;
	i->nights = 0;
	name_incident(in, i, f);
	join_case(in, i);
	in->counters.opened++;
}

/* The state of the incident after this finding; true when a record is due. */
static bool grow(struct incident *i, const struct finding *f)
{
	uint32_t nights = f->rule == RULE_EXF_001 ? f->channel->evidence->process[f->process].hits
						  : i->nights + (f->row != i->last_row);
	bool grew = nights > i->nights || f->level > i->level || f->severity > i->severity;

	if (f->rule == RULE_DST_002 && !i->is_any) {
		grew = true; /* the caller raises it once a row, and when an answer comes */
		i->up = f->channel->up;
		i->down = f->channel->down;
	}
	if (f->level > i->level)
		i->level = f->level;
	if (f->severity > i->severity)
		i->severity = f->severity;
	i->nights = nights;
	i->last_row = f->row;
	return grew;
}

void incidents_finding(struct incidents *in, const struct finding *f)
{
	struct incident *i = find_or_make(in, f);
	bool opens, grew;

	if (!i) {
		log_err("alert", "no memory for an incident of rule %s", rule_of(f->rule)->id);
		return;
	}
	opens = !i->is_open;
	if (opens) {
		i->last_row = INT64_MIN;
		open_incident(in, i, f);
	}
	if (i->is_any) {
		i->members++;
		in->counters.flooded++;
	}
	grew = grow(i, f);
	if (!opens && !grew)
		return;
	in->counters.updated += !opens;
	emit_record(in, i, f, opens ? "open" : "update");
}

void incidents_resolve(struct incidents *in, enum rule_id rule, struct channel *ch,
		       uint64_t judged_ns, int64_t row)
{
	struct incident *i = find(in, rule, ch);
	struct finding f;

	if (!i || !i->is_open)
		return;
	f = (struct finding){ .rule = rule, .channel = ch, .judged_ns = judged_ns, .row = row,
			      .level = i->level, .severity = i->severity };
	if (rule == RULE_EXF_001)
		subject_bets(ch->subject, row, &f.bet_nights, &f.bet_channels);
	in->counters.resolved++;
	emit_record(in, i, &f, "resolve");
	i->is_open = false;
}

const struct incidents_counters *incidents_counters(const struct incidents *in)
{
	return &in->counters;
}

size_t incidents_count(const struct incidents *in)
{
	return in->count;
}

const struct incident *incidents_at(const struct incidents *in, size_t i)
{
	return in->list[i];
}
