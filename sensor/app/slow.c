/* slow.c - see slow.h. */
#include "app/slow.h"

#include <string.h>
#include "base/log.h"
#include "detect/slow.h"
#include "policy/suffix.h"

static const struct slow_params *params_of(const struct slow *s)
{
	return &s->context->site->rules->params.slow;
}

/* --- a row of a channel -------------------------------------------------- */

static bool is_watched(const struct channel *ch, int64_t row)
{
	return ch->key.is_external && ch->row && ch->row_number == row &&
	       !ch->subject->vendor_name &&
	       (ch->key.group == GROUP_DOMAIN || ch->key.group == GROUP_PREFIX ||
		ch->key.group == GROUP_ASN);
}

static bool is_same_network(const struct addr *a, const struct addr *b)
{
	struct channel_key x = { 0 }, y = { 0 };

	group_key_prefix(&x, a);
	group_key_prefix(&y, b);
	return addr_equal(&x.value, &y.value);
}

static struct channel_key leaf_of(const struct channel *ch)
{
	struct channel_key key = { .subject = ch->key.subject, .is_external = 1 };

	group_key_ip(&key, &ch->row->top.addr, ch->row->top.proto, ch->row->top.port);
	return key;
}

/* The registered domain of what had most upload; "" not known. */
static const char *domain_of(const struct slow *s, const struct channel *ch,
			     char buf[static GROUP_TEXT_MAX])
{
	struct channel_key key = leaf_of(ch);
	const struct channel *leaf = channels_find(s->channels, &key);
	const char *name = ch->key.group == GROUP_DOMAIN ? ch->name : leaf ? leaf->name : NULL;

	if (!name || !suffix_registered_domain(name, buf, GROUP_TEXT_MAX))
		buf[0] = '\0';
	return buf;
}

/* Was the row's night one of those that count for detector N? */
static bool has_qualified(const struct channel *ch, int64_t row)
{
	const struct evidence *ev = ch->evidence;
	const struct night_seen *last;

	if (!ev || !evidence_nights(ev))
		return false;
	last = evidence_night(ev, evidence_nights(ev) - 1);
	return last->row == row && last->hits;
}

/* Does an open NW-EXF-001 tell this upload: about its peer or name, or, where no network has most
 * of it, about what binds this night's uploads? */
static bool is_nightly(const struct slow *s, const struct channel *ch, int64_t row)
{
	char domain[GROUP_TEXT_MAX];

	const struct incident *in = NULL;

	domain_of(s, ch, domain);
	while ((in = incidents_of_house(s->incidents, ch->subject, in))) {
		if (in->rule != RULE_EXF_001 || !incident_tells(in) ||
		    (in->subject != ch->subject && in->subject != ch->subject->vendor))
			continue;
		if (is_same_network(&in->peer, &ch->row->top.addr) ||
		    (domain[0] && !strcmp(in->domain, domain)) ||
		    (in->key.group >= GROUP_ASN && has_qualified(ch, row)))
			return true;
	}
	return false;
}

static void enter(struct slow *s, const struct channel *ch, int64_t row)
{
	struct ledger *l = ledgers_find(s->ledgers, &ch->key);
	uint64_t up = row_up(ch->row), down = 0;

	if ((!l && up < params_of(s)->day_bytes) || is_nightly(s, ch, row))
		return;
	if (!l)
		l = ledgers_get(s->ledgers, ch->subject, &ch->key,
				ch->key.group == GROUP_DOMAIN ? ch->name : NULL);
	if (!l) {
		if (!s->has_failed)
			log_err("profile", "no room: not every day of upload is remembered");
		s->has_failed = true;
		return;
	}
	for (unsigned i = 0; i < ch->row->n; i++)
		down += ch->row->slots[i].down;
	ledger_put(l, row, up, down);
	if (!l->first_ns)
		l->first_ns = ch->first_ns;
	l->last_ns = ch->last_ns;
	l->leaf = leaf_of(ch);
}

/* --- telling --------------------------------------------------------------- */

static struct channel *channel_of(const struct slow *s, const struct ledger *l,
				  struct channel *stand_in)
{
	struct channel *ch = channels_find(s->channels, &l->keyed.key);

	if (ch)
		return ch;
	*stand_in = (struct channel){ .key = l->keyed.key, .subject = l->keyed.subject,
				      .first_ns = l->first_ns, .last_ns = l->last_ns,
				      .name = l->name };
	return stand_in;
}

/* Are they about one upload, so that one of them is enough? */
static bool is_one_upload(const struct slow *s, const struct ledger *told, const struct ledger *l)
{
	return told->keyed.subject == l->keyed.subject &&
	       is_same_network(&told->leaf.value, &l->leaf.value) &&
	       slow_is_same(params_of(s), l, told);
}

static const struct ledger *find_told(struct slow *s, const struct ledger *l)
{
	size_t n;
	struct keyed **list = ledgers_sorted(s->ledgers, &n);

	for (size_t i = 0; i < n; i++) {
		const struct ledger *told = (const struct ledger *)list[i];

		if (told != l && told->is_told && is_one_upload(s, told, l))
			return told;
	}
	return NULL;
}

/* Those that are not told because this one is. */
static void attach(struct slow *s, const struct ledger *l, struct finding *f)
{
	size_t n;
	struct keyed **list = ledgers_sorted(s->ledgers, &n);

	for (size_t i = 0; i < n && f->n_attached < FINDING_ATTACHED_MAX; i++) {
		const struct ledger *other = (const struct ledger *)list[i];
		const struct channel *ch;

		if (other == l || other->is_told || !is_one_upload(s, l, other))
			continue;
		ch = channels_find(s->channels, &other->keyed.key);
		if (ch)
			f->attached[f->n_attached++] = ch;
	}
}

static void tell(struct slow *s, struct ledger *l, const struct slow_facts *facts, uint64_t end_ns)
{
	struct channel stand_in;
	struct finding f = {
		.rule = RULE_EXF_011, .channel = channel_of(s, l, &stand_in),
		.leaf = channels_find(s->channels, &l->leaf), .judged_ns = end_ns, .row = l->row,
		.severity = slow_severity(facts, !s->context->site->is_default), .slow = facts,
	};

	attach(s, l, &f);
	/* One that was counted into a flood is counted once. */
	if (!l->is_told || !incidents_is_flooded(s->incidents, RULE_EXF_011, f.channel))
		incidents_finding(s->incidents, &f);
	l->is_told = true;
	l->told_up = facts->up;
	l->is_changed = true;
}

static bool is_of_role(const struct subject *s, const char *role)
{
	return s->asset && !strcmp(s->asset->role, role);
}

/* Who else of the role sends there, and at least half as much. */
static void count_sharers(const struct slow *s, const struct ledger *l, struct slow_facts *facts)
{
	const struct subject *me = l->keyed.subject;
	const struct site *site = s->context->site;
	struct channel_key key = l->keyed.key;

	facts->sharers = facts->role_assets = 1;
	if (!me->asset || !me->asset->role[0])
		return;
	for (size_t i = 0; i < site->n_assets; i++)
		facts->role_assets += &site->assets[i] != me->asset &&
				      !strcmp(site->assets[i].role, me->asset->role);
	for (size_t i = 0; i < subjects_count(s->subjects); i++) {
		const struct subject *other = subjects_at(s->subjects, i);
		const struct ledger *its;

		if (other == me || !is_of_role(other, me->asset->role))
			continue;
		key.subject = other->number;
		its = ledgers_find(s->ledgers, &key);
		facts->sharers += its && 2 * slow_look(params_of(s), its).up >= facts->up;
	}
}

static void judge(struct slow *s, struct ledger *l, int64_t row, uint64_t end_ns)
{
	struct channel stand_in;
	struct slow_facts facts = slow_look(params_of(s), l);

	if (l->is_told && slow_is_over(params_of(s), &facts)) {
		incidents_resolve(s->incidents, RULE_EXF_011, channel_of(s, l, &stand_in), end_ns,
				  row);
		l->is_told = false;
		l->is_changed = true;
	} else if (l->is_told ? facts.up >= 2 * l->told_up :
				slow_is_one(params_of(s), &facts) && !find_told(s, l)) {
		count_sharers(s, l, &facts);
		tell(s, l, &facts, end_ns);
	}
}

void slow_end_row(struct slow *s, int64_t row, uint64_t end_ns)
{
	size_t n;
	struct channel **channels = channels_sorted(s->channels, &n);
	struct keyed **list;

	for (size_t i = 0; i < n; i++)
		if (is_watched(channels[i], row))
			enter(s, channels[i], row);
	ledgers_expire(s->ledgers, row);
	list = ledgers_sorted(s->ledgers, &n);
	for (size_t i = 0; i < n; i++)
		judge(s, (struct ledger *)list[i], row, end_ns);
}
