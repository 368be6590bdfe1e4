/* incident_list.c - where incidents are: a list in order of opening (which analysis makes
 * canonical), an open-addressing table of indices by what they are about, and two sets of chains,
 * by the address of the subject and by its vendor, so that a case and a night's round look at the
 * few that may concern them.  A subject's address is set before its first incident and stays.
 */
#include "alert/incident_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "base/log.h"

#define TABLE_SLOTS 1048576		/* a power of two above twice the capacity */
#define CHAINS 65536			/* of each kind; a power of two */
#define FORGET_AT_ONCE (INCIDENTS_OWN_MAX / 16)	/* so that it is rare */

_Static_assert(TABLE_SLOTS > 2 * INCIDENTS_CAPACITY, "the table stays at most half full");

int incidents_new(const struct alert_context *ctx, incident_emit_fn emit, void *emit_arg,
		  struct incidents **ret_incidents)
{
	struct incidents *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	in->ctx = ctx;
	in->emit = emit;
	in->emit_arg = emit_arg;
	/* Touched as far as they are used, so that what is not needed costs no memory. */
	in->list = calloc(INCIDENTS_CAPACITY, sizeof(struct incident *));
	in->changed = calloc(INCIDENTS_CAPACITY, sizeof(struct incident *));
	in->table = calloc(TABLE_SLOTS, sizeof(*in->table));
	in->addrs = calloc(CHAINS, sizeof(*in->addrs));
	in->houses = calloc(CHAINS, sizeof(*in->houses));
	if (!in->list || !in->changed || !in->table || !in->addrs || !in->houses ||
	    incidents_own_new(in)) {
		incidents_free(in);
		return -ENOMEM;
	}
	*ret_incidents = in;
	return 0;
}

int incidents_new_beside(const struct incidents *in, struct incidents **ret_incidents)
{
	return incidents_new(in->ctx, in->emit, in->emit_arg, ret_incidents);
}

static void free_incident(struct incident *i)
{
	incident_drop_texts(i, false);
	free(i);
}

void incidents_free(struct incidents *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->count; i++)
		free_incident(in->list[i]);
	free(in->list);
	free(in->changed);
	free(in->table);
	free(in->addrs);
	free(in->houses);
	incidents_own_free(in);
	free(in);
}

/* --- by what it is about ----------------------------------------------- */

/* These are about an address, whatever services it is reached by. */
static struct channel_key key_of(enum rule_id rule, const struct channel_key *of)
{
	struct channel_key key = *of;

	if (rule == RULE_DST_002 || rule == RULE_OWN)
		key.proto = 0, key.port = 0;
	return key;
}

static bool is_about(const struct incident *i, const struct about *about)
{
	struct channel_key mine = key_of(about->rule, &about->ch->key);
	struct channel_key its = key_of(about->rule, &i->key);

	if (i->rule != about->rule || i->subject != about->ch->subject ||
	    strcmp(incident_entry(i->rule, i->entry), about->entry) || strcmp(i->own, about->own))
		return false;
	if (about->entry[0])
		return true;		/* whatever the channel */
	if (i->is_any && (i->suppressed[0] != '\0') != about->is_suppressed)
		return false;
	return i->is_any == about->is_any && (about->is_any || !memcmp(&its, &mine, sizeof(mine)));
}

uint32_t *incidents_place(const struct incidents *in, const struct about *about)
{
	uint64_t seed = hash_secret() + about->rule * 2 + about->is_any;
	struct channel_key key = key_of(about->rule, &about->ch->key);
	size_t at;

	if (about->entry[0])
		at = hash_bytes(about->entry, strlen(about->entry),
				hash_secret() + about->ch->subject->number);
	else if (about->is_any)
		at = hash_mix(seed + about->ch->subject->number);
	else
		at = hash_table(&key, sizeof(key), seed);
	if (about->own[0])
		at ^= hash_table(about->own, strlen(about->own), hash_secret());
	for (at &= TABLE_SLOTS - 1; in->table[at]; at = (at + 1) & (TABLE_SLOTS - 1))
		if (is_about(in->list[in->table[at] - 1], about))
			break;
	return &in->table[at];
}

static uint32_t *place_of(const struct incidents *in, const struct incident *i)
{
	/* As much of a channel as incidents_place() looks at. */
	struct channel ch = { .key = i->key, .subject = i->subject };

	return incidents_place(in, &(struct about){ i->rule, &ch, i->is_any,
						    incident_entry(i->rule, i->entry), i->own,
						    i->suppressed[0] != '\0' });
}

/* --- chains ------------------------------------------------------------ */

static struct incident_chain *chain_of_addr(const struct incidents *in, const struct addr *a)
{
	return &in->addrs[hash_table(a->bytes, sizeof(a->bytes), hash_secret()) & (CHAINS - 1)];
}

static const struct subject *house_of(const struct subject *s)
{
	return s->vendor_name ? s : s->vendor;
}

static struct incident_chain *chain_of_house(const struct incidents *in, const struct subject *s)
{
	return &in->houses[s->number & (CHAINS - 1)];
}

static void chain(struct incidents *in, struct incident *i)
{
	struct incident_chain *c = chain_of_addr(in, &i->subject->addr);

	i->next_of_addr = i->next_of_house = NULL;
	if (c->last)
		c->last->next_of_addr = i;
	else
		c->first = i;
	c->last = i;
	if (!house_of(i->subject))
		return;
	c = chain_of_house(in, house_of(i->subject));
	if (c->last)
		c->last->next_of_house = i;
	else
		c->first = i;
	c->last = i;
}

const struct incident *incidents_of_house(const struct incidents *in, const struct subject *s,
					  const struct incident *after)
{
	const struct subject *house = house_of(s);
	const struct incident *i;

	if (house) {
		i = after ? after->next_of_house : chain_of_house(in, house)->first;
		while (i && house_of(i->subject) != house)
			i = i->next_of_house;
		return i;
	}
	i = after ? after->next_of_addr : chain_of_addr(in, &s->addr)->first;
	while (i && i->subject != s)
		i = i->next_of_addr;
	return i;
}

static bool lends_case(const struct incident *i, const struct incident *other)
{
	return other != i && other->is_open && !incident_entry(other->rule, other->entry)[0] &&
	       !other->suppressed[0] && incident_shares_case(i, other);
}

/* The first about the same domain whoever asks: a tunnel passes through resolvers of any house; or
 * about the same link.  All are looked at, but only when one of these rules opens one. */
static const struct incident *lender_anywhere(const struct incidents *in, const struct incident *i)
{
	bool is_asked = i->rule == RULE_EXF_008 || i->rule == RULE_SEG_005 ||
			i->rule == RULE_REM_005;

	for (size_t k = 0; is_asked && k < in->count; k++)
		if (lends_case(i, in->list[k]))
			return in->list[k];
	return NULL;
}

/* Who may share it is the same subject, the other end of its conversation, or of its house. */
const char *incidents_case(const struct incidents *in, const struct incident *i)
{
	const struct addr *ends[] = { &i->subject->addr, &i->peer };
	const struct incident *first, *other;

	if (incident_entry(i->rule, i->entry)[0] || i->suppressed[0])
		return NULL;
	first = lender_anywhere(in, i);
	for (int k = 0; k < 2; k++) {
		other = chain_of_addr(in, ends[k])->first;
		while (other && !lends_case(i, other))
			other = other->next_of_addr;
		if (other && (!first || other->number < first->number))
			first = other;
	}
	other = house_of(i->subject) ? chain_of_house(in, house_of(i->subject))->first : NULL;
	while (other && !lends_case(i, other))
		other = other->next_of_house;
	if (other && (!first || other->number < first->number))
		first = other;
	return first ? first->case_id : NULL;
}

/* --- coming and going -------------------------------------------------- */

void incidents_mark(struct incidents *in, struct incident *i)
{
	if (!i->is_changed)
		in->changed[in->n_changed++] = i;
	i->is_changed = true;
}

static void index_one(struct incidents *in, size_t at)
{
	struct incident *i = in->list[at];

	*place_of(in, i) = (uint32_t)at + 1;
	chain(in, i);
	in->own += !i->is_any;
}

/* Drops from the list the oldest resolved ones, at most `most` of those that are no flood, or any;
 * what is left finds its places anew. */
static size_t forget(struct incidents *in, size_t most, bool floods_too)
{
	size_t gone = 0, kept = 0;

	for (size_t k = 0; k < in->count; k++) {
		struct incident *i = in->list[k];

		if (gone == most || i->is_open || (i->is_any && !floods_too)) {
			in->list[kept++] = i;
			continue;
		}
		if (in->forget)
			in->forget(in->forget_arg, i);
		free_incident(i);
		gone++;
	}
	if (!gone)
		return 0;
	if (!in->counters.forgotten)
		log_warn("alert", "so many incidents are remembered that the oldest resolved ones "
			 "are forgotten; their records are not touched");
	in->counters.forgotten += gone;
	in->count = kept;
	in->own = in->n_changed = 0;
	memset(in->table, 0, TABLE_SLOTS * sizeof(*in->table));
	memset(in->addrs, 0, CHAINS * sizeof(*in->addrs));
	memset(in->houses, 0, CHAINS * sizeof(*in->houses));
	for (size_t k = 0; k < in->count; k++) {
		index_one(in, k);
		if (in->list[k]->is_changed)
			in->changed[in->n_changed++] = in->list[k];
	}
	return gone;
}

bool incidents_make_room(struct incidents *in)
{
	return in->own < INCIDENTS_OWN_MAX || forget(in, FORGET_AT_ONCE, false);
}

struct incident *incidents_add(struct incidents *in, const struct incident *copy)
{
	struct incident *i;

	if (in->count == INCIDENTS_CAPACITY && !forget(in, FORGET_AT_ONCE, true))
		return NULL;
	i = malloc(sizeof(*i));
	if (!i)
		return NULL;
	*i = *copy;
	in->list[in->count] = i;
	index_one(in, in->count++);
	if (i->is_changed)
		in->changed[in->n_changed++] = i;
	if (in->next_number <= i->number)
		in->next_number = i->number + 1;
	return i;
}

bool incidents_restore(struct incidents *in, const struct incident *copy)
{
	if (*place_of(in, copy) || (in->count && copy->number < in->next_number) ||
	    copy->number == UINT32_MAX || !incidents_add(in, copy))
		return false;
	if (copy->is_open)
		incidents_count_open(in, copy, 1);
	return true;
}

void incidents_skip(struct incidents *in, uint32_t number)
{
	if (in->next_number <= number && number != UINT32_MAX)
		in->next_number = number + 1;
}

void incidents_on_forget(struct incidents *in, incident_forget_fn fn, void *arg)
{
	in->forget = fn;
	in->forget_arg = arg;
}

void incidents_expire(struct incidents *in, int64_t before_row)
{
	static const struct addr none;

	for (size_t k = 0; k < in->count; k++) {
		struct incident *i = in->list[k];

		/* What is about an entry is found by it. */
		if (i->is_open || i->is_past || i->last_row >= before_row)
			continue;
		i->is_past = true;
		i->peer = none;
		i->members = 0;
		incident_drop_texts(i, true);
		in->counters.past++;
		incidents_mark(in, i);
	}
}

/* --- reading ----------------------------------------------------------- */

struct incident *const *incidents_changed(const struct incidents *in, size_t *ret_n)
{
	*ret_n = in->n_changed;
	return in->changed;
}

void incidents_packed(struct incidents *in)
{
	while (in->n_changed)
		in->changed[--in->n_changed]->is_changed = false;
}

static_assert(sizeof(struct incidents_counters) % sizeof(uint64_t) == 0,
	      "counters and nothing else");

void incidents_carry(struct incidents *in, const struct incidents *from)
{
	uint64_t *to = (uint64_t *)&in->counters;
	const uint64_t *was = (const uint64_t *)&from->counters;

	for (size_t i = 0; i < sizeof(in->counters) / sizeof(*to); i++)
		to[i] += was[i];
}

size_t incidents_count(const struct incidents *in)
{
	return in->count;
}

const struct incident *incidents_at(const struct incidents *in, size_t i)
{
	return in->list[i];
}
