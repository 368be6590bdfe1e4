/* destinations.c - see destinations.h. */
#include "app/destinations.h"

#include <string.h>
#include "app/acts.h"
#include "base/log.h"

static const char *role_of(const struct subject *s)
{
	return s->asset ? s->asset->role : "";
}

void destinations_set_roles(struct baseline_list *b, const struct subjects *s)
{
	size_t n;
	struct destination **list = baseline_all(b, &n);

	for (size_t i = 0; i < n; i++) {
		const struct subject *subject = subjects_by_id(s, list[i]->subject);

		list[i]->role = subject ? role_of(subject) : "";
	}
}

/* --- findings ---------------------------------------------------------- */

static struct baseline_facts facts_of(const struct destinations *d, struct destination *dst,
				      int64_t row)
{
	const struct site *site = d->context->site;

	return (struct baseline_facts){
		.state = baseline_state(site, d->context->since_row, row),
		.is_held = baseline_holds(d->baseline, dst), .is_learned = dst->is_learned,
		.was_revoked = dst->was_revoked, .has_policy = !site->is_default,
	};
}

static const struct destination_params *params_of(const struct destinations *d)
{
	return &d->context->site->rules->params.destination;
}

static uint64_t up_per_night(const struct destination *dst)
{
	return dst->up / (dst->nights ? dst->nights : 1);
}

static bool is_much_more(const struct destinations *d, const struct destination *dst,
			 const struct destination *its)
{
	return up_per_night(dst) >= INCIDENT_LARGE_BYTES &&
	       up_per_night(dst) / params_of(d)->like_factor > up_per_night(its);
}

/* Is s of the same role, zone and vendor?  A vendor may be said of neither; a role must be. */
static bool is_like(const struct subject *s, const struct subject *other)
{
	return s != other && s->asset && other->asset && s->asset->role[0] && s->zone &&
	       s->zone == other->zone && !strcmp(s->asset->role, other->asset->role) &&
	       !strcmp(s->asset->vendor, other->asset->vendor);
}

/* The destination as an asset like this one met it in learn, see profile/baseline.h; NULL: none. */
static const struct destination *find_like(const struct destinations *d,
					   const struct destination *dst, const struct subject *s)
{
	for (size_t i = 0; i < subjects_count(d->subjects); i++) {
		const struct subject *other = subjects_at(d->subjects, i);
		const struct destination *its;
		const struct incident *in;

		if (!is_like(s, other))
			continue;
		its = baseline_find(d->baseline, other->id, &dst->key);
		if (!its || !its->is_learned || its->was_revoked || is_much_more(d, dst, its))
			continue;
		in = acts_incident(d->incidents, its);
		if (!in || (in->severity < 3 && !incident_is_suppressed(in)))
			return its;
	}
	return NULL;
}

/* The channel that the incident is about; one that was evicted is stood in for. */
static struct channel *channel_of(const struct destinations *d, const struct destination *dst,
				  struct subject *subject, struct channel *stand_in)
{
	struct channel_key key = dst->incident;
	struct channel *ch;

	key.subject = subject->number;
	ch = channels_find(d->channels, &key);
	if (ch)
		return ch;
	*stand_in = (struct channel){ .key = key, .subject = subject, .first_ns = dst->first_ns,
				      .last_ns = dst->last_ns, .name = dst->name };
	return stand_in;
}

/* What the incident is about: two names behind one address are two incidents, so a name is its own
 * channel; else the address and service of the first contact. */
static struct channel_key subject_matter(const struct destination *dst, const struct channel *leaf)
{
	struct channel_key key = dst->name ? dst->key : leaf->key;

	key.subject = 0;
	return key;
}

/* A connection that stands for it in a record: of the last address; NULL: evicted. */
static struct channel *leaf_of(const struct destinations *d, const struct destination *dst,
			       const struct subject *subject)
{
	struct channel *leaf = NULL;

	for (unsigned i = 0; i < dst->n_services && !leaf; i++) {
		struct channel_key key = { .subject = subject->number, .is_external = 1 };

		group_key_ip(&key, &dst->peer, dst->services[i].proto, dst->services[i].port);
		leaf = channels_find(d->channels, &key);
	}
	return leaf;
}

struct telling {
	struct destination *destination;
	struct subject *subject;
	struct channel *leaf;		/* of the contact; NULL: time has passed */
	uint64_t judged_ns;
	int64_t row;
	const struct baseline_facts *facts;	/* by which it is raised */
};

static void tell(struct destinations *d, const struct telling *t)
{
	struct destination *dst = t->destination;
	struct channel stand_in, *ch;
	struct baseline_facts facts = *t->facts;
	struct finding f = {
		.rule = RULE_DST_001, .destination = dst, .judged_ns = t->judged_ns,
		.row = t->row,
		.baseline = baseline_state(d->context->site, d->context->since_row, t->row),
	};

	if (facts.state == BASELINE_OBSERVE)
		f.like = find_like(d, dst, t->subject);
	facts.has_like = f.like != NULL;
	f.severity = baseline_judge(&facts);
	/* One that was only counted so far, or none: the incident is about this contact. */
	if (t->leaf && (!dst->is_told || dst->is_flooded))
		dst->incident = subject_matter(dst, t->leaf);
	ch = channel_of(d, dst, t->subject, &stand_in);
	f.channel = ch;
	f.leaf = t->leaf ? t->leaf : leaf_of(d, dst, t->subject);
	incidents_finding(d->incidents, &f);
	dst->is_told = true;
	dst->is_flooded = incidents_is_flooded(d->incidents, RULE_DST_001, ch);
	dst->told_answered = dst->is_answered;
	dst->told_large = dst->up >= INCIDENT_LARGE_BYTES;
	dst->told_bytes = dst->up + dst->down;
	dst->is_changed = true;
}

static void resolve(struct destinations *d, struct destination *dst, uint64_t now_ns, int64_t row)
{
	struct subject *subject = subjects_by_id(d->subjects, dst->subject);
	struct channel stand_in, *ch;

	if (subject && !dst->is_flooded) {
		struct finding f = {
			.rule = RULE_DST_001, .destination = dst, .judged_ns = now_ns, .row = row,
			.baseline = baseline_state(d->context->site, d->context->since_row, row),
			.is_accepted = baseline_holds(d->baseline, dst),
		};

		ch = channel_of(d, dst, subject, &stand_in);
		f.channel = ch;
		f.leaf = leaf_of(d, dst, subject);
		incidents_resolve_finding(d->incidents, &f);
	}
	dst->is_told = dst->is_flooded = dst->told_answered = dst->told_large = false;
	dst->told_bytes = 0;
	dst->is_changed = true;
}

/* --- traffic ----------------------------------------------------------- */

static void note_service(struct destination *dst, const struct channel_key *key)
{
	for (unsigned i = 0; i < dst->n_services; i++)
		if (dst->services[i].proto == key->proto && dst->services[i].port == key->port)
			return;
	if (dst->n_services < BASELINE_SERVICES)
		dst->services[dst->n_services++] = (struct baseline_service){ key->proto,
									      key->port };
}

static void update(const struct destinations *d, struct destination *dst, const struct encounter *e)
{
	const struct slice *s = e->slice;
	uint64_t first_ns = s->first_ns ? s->first_ns : s->minute_ns;

	if (!dst->first_ns) {
		dst->first_ns = first_ns;
		dst->is_learned = baseline_state(d->context->site, d->context->since_row,
						 e->row) == BASELINE_LEARN;
	}
	if (s->last_ns > dst->last_ns)
		dst->last_ns = s->last_ns;
	if (!dst->last_ns)
		dst->last_ns = first_ns;
	dst->nights += dst->last_row != e->row;
	dst->last_row = (int32_t)e->row;
	dst->up += e->up;
	dst->down += e->down;
	dst->is_answered |= s->is_answered;
	dst->peer = e->channel->key.value;
	dst->role = role_of(e->channel->subject);
	note_service(dst, &e->channel->key);
	dst->is_changed = true;
}

/* More than the last record said, of what cannot wait for the end of the row. */
static bool has_grown(const struct destination *dst)
{
	bool is_large = dst->up >= INCIDENT_LARGE_BYTES && !dst->told_large;

	return is_large || (!dst->is_flooded && dst->is_answered && !dst->told_answered);
}

static struct destination *find_or_list(struct destinations *d, const struct encounter *e)
{
	const struct channel *ch = e->channel;
	struct channel_key key = { 0 };
	struct destination *dst;

	if (e->domain[0])
		group_key_domain(&key, e->domain);
	else
		group_key_prefix(&key, &ch->key.value);
	dst = baseline_find(d->baseline, ch->subject->id, &key);
	if (dst || (ch->contact->was_opened_outside && !e->up))
		return dst;
	dst = baseline_get(d->baseline, ch->subject->id, &key, e->domain[0] ? e->domain : NULL);
	if (!dst)
		log_err("profile", "out of memory: a destination is not listed");
	return dst;
}

void destinations_take(struct destinations *d, const struct encounter *e)
{
	struct destination *dst = e->is_expected ? NULL : find_or_list(d, e);
	struct baseline_facts facts;

	if (!dst)
		return;
	update(d, dst, e);
	facts = facts_of(d, dst, e->row);
	if (!baseline_judge(&facts) || (dst->is_told && !has_grown(dst)))
		return;
	tell(d, &(struct telling){ .destination = dst, .subject = e->channel->subject,
				   .leaf = e->channel, .row = e->row, .facts = &facts,
				   .judged_ns = e->slice->minute_ns + SLICE_NS });
}

/* --- time -------------------------------------------------------------- */

static void tell_rest(struct destinations *d, struct destination *dst, int64_t row, uint64_t now_ns)
{
	struct baseline_facts facts = facts_of(d, dst, row);
	struct subject *subject = subjects_by_id(d->subjects, dst->subject);

	/* A flood goes on as long as one of those that it has counted does, attempts too. */
	if (baseline_judge(&facts) && subject &&
	    (dst->is_flooded || dst->up + dst->down > dst->told_bytes))
		tell(d, &(struct telling){ .destination = dst, .subject = subject, .row = row,
					   .facts = &facts, .judged_ns = now_ns });
}

static void resolve_floods(struct destinations *d, int64_t row, uint64_t end_ns)
{
	for (size_t i = 0; i < incidents_count(d->incidents); i++) {
		const struct incident *in = incidents_at(d->incidents, i);
		struct channel ch = { .subject = in->subject, .first_ns = end_ns,
				      .last_ns = end_ns };

		if (in->rule != RULE_DST_001 || !in->is_any || !in->is_open ||
		    in->last_row > row - params_of(d)->resolve_after)
			continue;
		ch.key.subject = in->subject->number;
		group_key_any(&ch.key);
		incidents_end(d->incidents, i, &ch, end_ns, row);
	}
}

void destinations_end_row(struct destinations *d, int64_t row, uint64_t end_ns)
{
	size_t n;
	struct destination **list = baseline_sorted(d->baseline, &n);

	for (size_t i = 0; i < n; i++) {
		struct destination *dst = list[i];

		if (!dst->is_told)
			continue;
		if (baseline_holds(d->baseline, dst) ||
		    dst->last_row <= row - params_of(d)->resolve_after)
			resolve(d, dst, end_ns, row);
		else if (dst->last_row == row)
			tell_rest(d, dst, row, end_ns);
	}
	resolve_floods(d, row, end_ns);
	baseline_expire(d->baseline, row, d->context->site->retention_nights);
}

void destinations_finish(struct destinations *d, int64_t row, uint64_t now_ns)
{
	size_t n;
	struct destination **list = baseline_sorted(d->baseline, &n);

	for (size_t i = 0; i < n; i++)
		if (list[i]->is_told && list[i]->last_row == row)
			tell_rest(d, list[i], row, now_ns);
}

void destinations_settle(struct destinations *d, int64_t row, uint64_t now_ns)
{
	size_t n;
	struct destination **list = baseline_sorted(d->baseline, &n);

	for (size_t i = 0; i < n; i++)
		if (list[i]->is_told && baseline_holds(d->baseline, list[i]))
			resolve(d, list[i], now_ns, row);
}
