/* incident_flood.c - when findings are counted into one incident instead of having their own, and
 * the counts of that.
 *
 * Whom a flood has counted already its filter remembers: INCIDENT_SEEN_BITS bits, two for each of
 * its members by hash_bytes(), which is fixed, so that a restart counts on (Bloom, "Space/Time
 * Trade-offs in Hash Coding with Allowable Errors", CACM 13(7), 1970).  It knows everyone whom it
 * has met, and takes a new one for one of them in 1 of 400 cases when there are 200 of them, in 1
 * of 20 when there are 1 000: the count is never too high, and somewhat low in a large flood.
 */
#include "alert/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

/* --- open ones of each rule of the site's own ------------------------------- */

#define OWN_COUNTS 4096			/* chains; a power of two */

struct incident_own_count {
	struct incident_own_count *next;
	const struct subject *subject;
	char rule[SITE_ID_MAX];
	uint32_t n;
};

static struct incident_own_count **own_place(const struct incidents *in, const struct subject *s,
					     const char *rule)
{
	uint64_t hash = hash_table(rule, strlen(rule), hash_secret() + s->number);
	struct incident_own_count **at = &in->own_counts[hash & (OWN_COUNTS - 1)];

	while (*at && ((*at)->subject != s || strcmp((*at)->rule, rule)))
		at = &(*at)->next;
	return at;
}

int incidents_own_new(struct incidents *in)
{
	in->own_counts = calloc(OWN_COUNTS, sizeof(struct incident_own_count *));
	return in->own_counts ? 0 : -1;
}

void incidents_own_free(struct incidents *in)
{
	for (size_t k = 0; in->own_counts && k < OWN_COUNTS; k++) {
		while (in->own_counts[k]) {
			struct incident_own_count *one = in->own_counts[k];

			in->own_counts[k] = one->next;
			free(one);
		}
	}
	free(in->own_counts);
}

static void own_opened(struct incidents *in, const struct incident *i)
{
	struct incident_own_count **at = own_place(in, i->subject, i->own);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at) {
			log_err("alert", "no memory to count the incidents of rule %s", i->own);
			return;		/* then it has one place more */
		}
		(*at)->subject = i->subject;
		text_copy((*at)->rule, sizeof((*at)->rule), i->own);
	}
	(*at)->n++;
}

static void own_closed(struct incidents *in, const struct incident *i)
{
	struct incident_own_count **at = own_place(in, i->subject, i->own), *one = *at;

	if (!one || --one->n)
		return;
	*at = one->next;
	free(one);
}

void incidents_count_open(struct incidents *in, const struct incident *i, int by)
{
	if (i->is_any || incident_entry(i->rule, i->entry)[0])
		return;
	if (i->suppressed[0]) {
		in->suppressed += (size_t)by;
		i->subject->suppressed_incidents[i->rule] += (uint16_t)by;
		return;
	}
	in->peers[i->rule] += (size_t)by;
	i->subject->open_incidents[i->rule] += (uint32_t)by;
	if (i->rule == RULE_OWN && by > 0)
		own_opened(in, i);
	else if (i->rule == RULE_OWN)
		own_closed(in, i);
}

/* --- who has one of his own -------------------------------------------------- */

/* Rules that a stranger can make many findings of: beyond some, one incident counts the others. */
static bool can_flood(enum rule_id rule)
{
	return rule == RULE_DST_001 || rule == RULE_DST_002 || rule == RULE_REM_001 ||
	       rule == RULE_EXF_006 || rule == RULE_EXF_008 || rule == RULE_EXF_011 ||
	       rule == RULE_SEG_005 || rule == RULE_REM_005 || rule_is_of_dealings(rule) ||
	       rule == RULE_OWN;
}

/* Open ones of the subject and rule; each of the site's rules has places of its own. */
static uint32_t count_open(const struct incidents *in, const struct finding *f)
{
	const struct incident_own_count *own;

	if (f->rule != RULE_OWN)
		return f->channel->subject->open_incidents[f->rule];
	own = *own_place(in, f->channel->subject, f->own_id);
	return own ? own->n : 0;
}

bool incidents_is_flood(struct incidents *in, const struct finding *f)
{
	const struct channel *ch = f->channel;

	if (incident_entry(f->rule, f->entry)[0])
		return f->rule == RULE_HLT_002;
	if (f->rule == RULE_HLT_001)
		return true;
	if (!incidents_make_room(in))
		return true;
	if (f->suppression)
		return in->suppressed >= INCIDENTS_MAX || (can_flood(f->rule) &&
		       ch->subject->suppressed_incidents[f->rule] >= INCIDENT_PEERS_MAX);
	/* However many there are: what is large is told by its own name. */
	if ((f->rule == RULE_DST_001 && f->destination->up >= INCIDENT_LARGE_BYTES) ||
	    ((f->rule == RULE_DST_002 || f->rule == RULE_REM_001 ||
	      rule_is_of_dealings(f->rule)) && ch->up >= INCIDENT_LARGE_BYTES))
		return false;
	if (in->peers[f->rule] >= INCIDENTS_MAX)
		return true;
	/* Attempts, of which a scan makes any number, do not hide what was answered. */
	if (f->dealing && f->dealing->dealing->is_answered &&
	    count_open(in, f) < INCIDENT_ANSWERED_MAX)
		return false;
	return can_flood(f->rule) && count_open(in, f) >= INCIDENT_PEERS_MAX;
}

/* --- members ------------------------------------------------------------------ */

bool incident_note_seen(struct incident *i, const struct channel_key *key)
{
	uint8_t bytes[sizeof(key->value.bytes) + 4];
	uint64_t hash;
	bool was_seen = true;

	if (!i->seen)
		i->seen = calloc(1, INCIDENT_SEEN_BITS / 8);
	if (!i->seen) {
		log_err("alert", "no memory for the members of incident %s", i->id);
		return false;
	}
	memcpy(bytes, key->value.bytes, sizeof(key->value.bytes));
	bytes[sizeof(bytes) - 4] = key->group;
	bytes[sizeof(bytes) - 3] = i->rule == RULE_OWN ? 0 : key->proto;
	bytes[sizeof(bytes) - 2] = i->rule == RULE_OWN ? 0 : (uint8_t)(key->port >> 8);
	bytes[sizeof(bytes) - 1] = i->rule == RULE_OWN ? 0 : (uint8_t)key->port;
	hash = hash_bytes(bytes, sizeof(bytes), 0);
	for (unsigned k = 0; k < 2; k++, hash >>= 32) {
		uint8_t *byte = &i->seen[hash % INCIDENT_SEEN_BITS / 8];
		uint8_t bit = (uint8_t)(1 << hash % 8);

		was_seen &= (*byte & bit) != 0;
		*byte |= bit;
	}
	return was_seen;
}

bool incident_has_filter(enum rule_id rule)
{
	return rule == RULE_DST_001 || rule_is_of_dealings(rule) || rule == RULE_OWN;
}

/* Was the finding's channel counted by this flood before?  It is from now on. */
static bool was_counted(struct incident *i, const struct finding *f)
{
	struct contact *k = f->channel->contact;
	bool was;

	if (incident_has_filter(i->rule))
		return incident_note_seen(i, i->rule == RULE_DST_001 ? &f->destination->key :
					  &f->channel->key);
	was = k && k->is_flooded;
	if (k)
		k->is_flooded = 1;
	return was;
}

bool incidents_count_member(struct incidents *in, struct incident *i, const struct finding *f)
{
	const struct channel *ch = f->channel;

	in->counters.flooded++;
	if (was_counted(i, f))
		return false;
	if (!i->member)
		i->member = calloc(INCIDENT_MEMBERS_MAX, sizeof(*i->member));
	if (!i->member)
		log_err("alert", "no memory for the members of incident %s", i->id);
	else if (i->members < INCIDENT_MEMBERS_MAX && f->destination)
		i->member[i->members] = f->destination->peer;
	else if (i->members < INCIDENT_MEMBERS_MAX && ch->key.group <= GROUP_PREFIX &&
	    ch->key.group != GROUP_DOMAIN)
		i->member[i->members] = ch->key.value;
	i->members++;
	return true;
}
