/* dealings.c - see dealings.h. */
#include "app/dealings.h"

#include "base/log.h"
#include "detect/segment.h"

#define TCP_SYN 0x02
#define TCP_RST 0x04

/* --- what a minute is -------------------------------------------------------- */

/* More than a refusal came back. */
static bool is_answered(const struct slice *s)
{
	if (!s->is_answered)
		return false;
	return s->id.key.proto != IP_TCP || s->sums.payload[1] || s->tcp_flags[1] & TCP_SYN ||
	       !(s->tcp_flags[1] & TCP_RST);
}

/* ICMP that answers, or reports about another conversation: it has none of its own. */
static bool is_report(const struct slice *s)
{
	uint16_t type = slice_client_port(s);

	if (s->id.key.proto == IP_ICMP)
		return type != 8 && type != 13 && type != 15 && type != 17;
	return s->id.key.proto == IP_ICMPV6 && type != 128 && type != 139;
}

/* Nobody's address, or everybody's. */
static bool is_for_many(const struct site *site, const struct addr *a)
{
	return addr_is_multicast(a) || site_is_broadcast(site, a);
}

static bool is_expected_from(const struct site *site, const struct addr *from,
			     const struct addr *to, const struct slice *s)
{
	return site_expected_ever(site, &(struct expected_query){
		.from = from, .to = to, .proto = s->id.key.proto,
		.server_port = slice_server_port(s),
		.service = dpi_protocol_name(dpi_carrier(s->master, s->app)),
		.name = s->name ? s->name : "", .at_ns = s->minute_ns,
		.run_ns = s->minute_ns }) != NULL;
}

/* At some time of day, and from either end. */
static bool is_expected(const struct site *site, const struct attribution_end *e)
{
	return e->expected || is_expected_from(site, e->me, e->peer, e->slice) ||
	       is_expected_from(site, e->peer, e->me, e->slice);
}

/* --- findings ------------------------------------------------------------------ */

static uint32_t resolve_after(const struct dealings_watch *w, enum rule_id rule)
{
	(void)rule;
	return w->context->site->rules->params.segment_resolve_after;
}

static unsigned severity_of(const struct dealing *one)
{
	return segment_severity(one->is_answered);
}

static struct dealing_facts facts_of(const struct dealings_watch *w, const struct dealing *one)
{
	const struct site *site = w->context->site;
	const struct subject *s = one->keyed.subject;
	const struct addr *peer = &one->keyed.key.value;
	struct dealing_facts facts = {
		.dealing = one, .peer_asset = site_asset(site, peer),
		.peer_zone = site_zone(site, peer),
	};
	struct segment_end own = { s->asset, s->zone };
	struct segment_end other = { facts.peer_asset, facts.peer_zone };

	facts.vendor = segment_vendor(site, &own);
	facts.peer_vendor = segment_vendor(site, &other);
	return facts;
}

/* Builds the finding and gives it to `to`. */
static void give(struct dealings_watch *w, struct dealing *one, uint64_t judged_ns, int64_t row,
		 void (*to)(struct incidents *, const struct finding *))
{
	struct dealing_facts facts = facts_of(w, one);
	struct channel ch = { .key = one->keyed.key, .subject = one->keyed.subject,
			      .first_ns = one->first_ns, .last_ns = one->last_ns,
			      .up = one->up, .down = one->down };
	struct channel leaf = ch;
	struct finding f = {
		.rule = one->rule, .channel = &ch, .leaf = &leaf, .judged_ns = judged_ns,
		.row = row, .severity = severity_of(one), .dealing = &facts,
	};

	leaf.key.proto = one->proto;
	leaf.key.port = one->contact.port;
	leaf.contact = &one->contact;
	leaf.name = one->name;
	to(w->incidents, &f);
}

static void tell(struct dealings_watch *w, struct dealing *one, uint64_t judged_ns, int64_t row)
{
	struct channel ch = { .key = one->keyed.key, .subject = one->keyed.subject };

	give(w, one, judged_ns, row, incidents_finding);
	one->is_told = true;
	one->is_flooded = incidents_is_flooded(w->incidents, one->rule, &ch);
	one->told_answered = one->is_answered;
	one->told_large = one->up >= INCIDENT_LARGE_BYTES;
	one->told_minutes = one->minutes;
	one->is_changed = true;
}

/* More than the last record said, of what cannot wait for the end of the row. */
static bool has_grown(const struct dealing *one)
{
	bool is_large = one->up >= INCIDENT_LARGE_BYTES && !one->told_large;

	return is_large || (!one->is_flooded && one->is_answered && !one->told_answered);
}

/* --- traffic --------------------------------------------------------------------- */

/* The record of the other direction, when nobody saw who opened the connection. */
static struct dealing *find_turned(const struct dealings_watch *w,
				   const struct attribution_end *e,
				   const struct channel_key *key, enum rule_id rule)
{
	struct channel_key turned = *key;
	struct dealing *one;

	if (e->slice->client_how <= FLOW_CLIENT_SYNACK || !e->other ||
	    dealings_find(w->dealings, e->subject, key))
		return NULL;
	turned.value = *e->me;
	one = dealings_find(w->dealings, e->other, &turned);
	return one && one->rule == rule ? one : NULL;
}

/* A minute that the rule speaks of. */
static void note(struct dealings_watch *w, const struct attribution_end *e,
		 const struct channel_key *key, enum rule_id rule)
{
	const struct slice *s = e->slice;
	struct dealing *turned = find_turned(w, e, key, rule);
	struct dealing *one = turned ? turned : dealings_get(w->dealings, e->subject, key, rule);
	struct dealing_minute m = {
		.slice = s, .own = turned ? e->peer : e->me, .row = e->row,
		.up = s->sums.payload[turned != NULL], .down = s->sums.payload[!turned],
		.am_client = !turned, .is_answered = is_answered(s),
	};

	if (!one) {
		if (!w->no_memory++)
			log_err("profile", "out of memory: not everything that the policy does "
				"not bring together is told");
		return;
	}
	dealing_add(one, &m);
	if (!one->is_told || has_grown(one))
		tell(w, one, s->minute_ns + SLICE_NS, e->row);
}

static void take_segment(struct dealings_watch *w, const struct attribution_end *e)
{
	const struct site *site = w->context->site;
	struct segment_end own = { e->subject->asset, e->subject->zone };
	struct segment_end peer = { e->other->asset, e->other->zone };
	struct channel_key key = { 0 };

	if (!segment_are_apart(site, &own, &peer) || is_for_many(site, e->peer) ||
	    is_report(e->slice) || is_expected(site, e))
		return;
	group_key_ip(&key, e->peer, 0, 0);
	note(w, e, &key, RULE_SEG_001);
}

void dealings_take(struct dealings_watch *w, const struct attribution_end *e)
{
	if (w->context->site->is_default || !e->am_client)
		return;
	if (e->other)
		take_segment(w, e);
}

/* --- time -------------------------------------------------------------------------- */

static void tell_rest(struct dealings_watch *w, struct dealing *one, int64_t row, uint64_t now_ns)
{
	if (one->is_told && !one->is_flooded && one->last_row == row &&
	    one->minutes > one->told_minutes)
		tell(w, one, now_ns, row);
}

void dealings_end_row(struct dealings_watch *w, int64_t row, uint64_t end_ns)
{
	size_t n;
	struct keyed **list = dealings_sorted(w->dealings, &n);

	for (size_t i = 0; i < n; i++) {
		struct dealing *one = (struct dealing *)list[i];

		if (one->last_row > row - (int64_t)resolve_after(w, one->rule)) {
			tell_rest(w, one, row, end_ns);
			continue;
		}
		if (!one->is_flooded)
			give(w, one, end_ns, row, incidents_resolve_finding);
		dealings_remove(w->dealings, one);
	}
}

void dealings_finish(struct dealings_watch *w, int64_t row, uint64_t now_ns)
{
	size_t n;
	struct keyed **list = dealings_sorted(w->dealings, &n);

	for (size_t i = 0; i < n; i++)
		tell_rest(w, (struct dealing *)list[i], row, now_ns);
}
