/* dealings.c - see dealings.h. */
#include "app/dealings_internal.h"

#include <string.h>
#include "base/log.h"
#include "detect/lateral.h"
#include "detect/segment.h"
#include "detect/server.h"

#define TCP_SYN 0x02
#define TCP_RST 0x04

/* --- what a minute is -------------------------------------------------------- */

/* More than a refusal came back. */
static bool is_answered(const struct slice *s)
{
	/* Its question goes to everybody, and is another flow. */
	if (server_asked(s) == SERVER_DHCP && s->sums.packets[1])
		return true;
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

static bool is_covered(const struct site *site, const struct addr *from, const struct addr *to,
		       uint16_t server_port, const struct slice *s, const char *name)
{
	return site_expected_ever(site, &(struct expected_query){
		.from = from, .to = to, .proto = s->id.key.proto, .server_port = server_port,
		.service = dpi_protocol_name(dpi_carrier(s->master, s->app)), .name = name,
		.at_ns = s->minute_ns, .run_ns = s->minute_ns }) != NULL;
}

/* What the target of an entry opens to its source is another conversation.  Only where nobody saw
 * who opened this one it may be the same, seen from its middle. */
bool dealings_is_expected(const struct site *site, const struct attribution_end *e,
			  const char *name)
{
	const struct slice *s = e->slice;
	const struct addr *client = slice_client(s), *server = slice_server(s);

	if (e->crossing == CROSSING_EXTERNAL &&
	    (e->expected || is_covered(site, e->me, e->peer, slice_server_port(s), s, name)))
		return true;
	return is_covered(site, client, server, slice_server_port(s), s, name) ||
	       (s->client_how > FLOW_CLIENT_SYNACK &&
		is_covered(site, server, client, slice_client_port(s), s, name));
}

static bool is_expected(const struct site *site, const struct attribution_end *e)
{
	return dealings_is_expected(site, e, e->slice->name ? e->slice->name : "");
}

/* --- findings ------------------------------------------------------------------ */

static uint32_t resolve_after(const struct dealings_watch *w, enum rule_id rule)
{
	const struct rule_params *p = &w->context->site->rules->params;

	return rule == RULE_SEG_001 ? p->segment_resolve_after :
	       rule == RULE_SEG_003 ? p->lateral_resolve_after :
	       rule == RULE_EXF_010 ? p->attempts.resolve_after :
	       rule == RULE_EXF_009 ? p->misplaced.resolve_after :
	       rule == RULE_DST_003 ? p->server_resolve_after : p->unnamed.resolve_after;
}

/* NW-SEG-003: what stands in the baseline for it; NULL: it was forgotten there. */
static struct destination *pair_of(const struct dealings_watch *w, const struct dealing *one)
{
	return one->rule != RULE_SEG_003 ? NULL :
	       baseline_find(w->baseline, one->keyed.subject->id, &one->keyed.key);
}

static enum baseline state_of(const struct dealings_watch *w, int64_t row)
{
	return baseline_state(w->context->site, w->context->since_row, row);
}

/* pair NULL: it has no place in the baseline. */
static unsigned standing_of(const struct dealings_watch *w, struct destination *pair, int64_t row)
{
	return baseline_judge(&(struct baseline_facts){
		.state = state_of(w, row), .is_held = pair && baseline_holds(w->baseline, pair),
		.is_learned = pair && pair->is_learned,
		.was_revoked = pair && pair->was_revoked, .has_policy = true });
}

static unsigned severity_of(const struct dealings_watch *w, const struct dealing *one, int64_t row)
{
	struct destination *pair = pair_of(w, one);
	unsigned standing = one->rule == RULE_SEG_003 ? standing_of(w, pair, row) : 0;

	if (one->rule == RULE_SEG_001)
		return segment_severity(one->is_answered);
	if (one->rule == RULE_DST_003)
		return server_severity(one->is_answered);
	if (one->rule == RULE_DST_004)
		return unnamed_severity(one->keyed.subject->asset != NULL, one->is_answered);
	if (one->rule == RULE_EXF_010 || one->rule == RULE_EXF_009)
		return dealings_outward_severity(w, one);
	/* It is told, and its standing has changed since: the least that it can be. */
	return lateral_severity(standing ? standing : 2, one->is_answered);
}

/* The peer, of a record about more than one the last of them. */
static const struct addr *peer_of(const struct dealing *one)
{
	return one->keyed.key.group == GROUP_IP ? &one->keyed.key.value : &one->peer;
}

static struct dealing_facts facts_of(const struct dealings_watch *w, const struct dealing *one)
{
	const struct site *site = w->context->site;
	const struct subject *s = one->keyed.subject;
	const struct addr *peer = peer_of(one);
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
		.row = row, .severity = severity_of(w, one, row), .dealing = &facts,
		.destination = pair_of(w, one), .baseline = state_of(w, row),
	};

	f.is_accepted = f.destination && baseline_holds(w->baseline, pair_of(w, one));

	group_key_ip(&leaf.key, peer_of(one), one->proto, one->contact.port);
	leaf.contact = &one->contact;
	leaf.name = one->name;
	to(w->incidents, &f);
}

void dealings_tell(struct dealings_watch *w, struct dealing *one, uint64_t judged_ns, int64_t row)
{
	struct channel ch = { .key = one->keyed.key, .subject = one->keyed.subject };

	give(w, one, judged_ns, row, incidents_finding);
	one->is_told = true;
	one->is_flooded = incidents_is_flooded(w->incidents, one->rule, &ch);
	one->told_answered = one->is_answered;
	one->told_large = one->up >= INCIDENT_LARGE_BYTES;
	one->told_minutes = one->minutes;
	one->told_services = one->n_services;
	one->is_changed = true;
}

bool dealings_has_grown(const struct dealing *one)
{
	bool is_large = one->up >= INCIDENT_LARGE_BYTES && !one->told_large;

	return is_large || (one->is_answered && !one->told_answered) ||
	       one->n_services > one->told_services;
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

static void add(struct dealing *one, const struct attribution_end *e, bool is_turned)
{
	const struct slice *s = e->slice;

	dealing_add(one, &(struct dealing_minute){
		.slice = s, .own = is_turned ? e->peer : e->me, .row = e->row,
		.up = s->sums.payload[is_turned], .down = s->sums.payload[!is_turned],
		.am_client = !is_turned, .is_answered = is_answered(s) });
}

void dealings_add(struct dealing *one, const struct attribution_end *e)
{
	const struct slice *s = e->slice;

	dealing_add(one, &(struct dealing_minute){
		.slice = s, .own = e->me, .row = e->row, .up = s->sums.payload[!e->am_client],
		.down = s->sums.payload[e->am_client], .am_client = e->am_client,
		.is_answered = is_answered(s) });
}

void dealings_count_lost(struct dealings_watch *w)
{
	if (!w->no_memory++)
		log_err("profile", "out of memory: not everything that the policy does not bring "
			"together is told");
}

/* A minute that the rule speaks of. */
static void note(struct dealings_watch *w, const struct attribution_end *e,
		 const struct channel_key *key, enum rule_id rule)
{
	struct dealing *turned = find_turned(w, e, key, rule);
	struct dealing *one = turned ? turned : dealings_get(w->dealings, e->subject, key, rule);

	if (!one) {
		dealings_count_lost(w);
		return;
	}
	add(one, e, turned != NULL);
	if (!one->is_told || dealings_has_grown(one))
		dealings_tell(w, one, e->slice->minute_ns + SLICE_NS, e->row);
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

/* Of the maintenance gateway, and NW-REM's to tell. */
static bool is_of_order(const struct dealings_watch *w, const struct attribution_end *e,
			enum lateral_protocol protocol)
{
	const struct orders *orders = w->context->orders;
	const struct asset *own = e->subject->asset, *other = e->other->asset;
	bool from = own && !strcmp(own->role, "maintenance_gateway");
	bool to = other && !strcmp(other->role, "maintenance_gateway");
	struct orders_look look = { 0 };

	if (!from && !to)
		return false;
	if (lateral_is_followed(protocol))
		return true;
	if (from && other && orders)
		orders_look(orders, other, e->slice->minute_ns, &look);
	return look.open != NULL;
}

/* Its place in the baseline, with this minute in it; NULL: it has none.  Learned is what was met:
 * an attempt of the first days stays one, and the session that follows it later is new. */
static struct destination *list_pair(struct dealings_watch *w, const struct attribution_end *e,
				     const struct channel_key *key)
{
	const struct slice *s = e->slice;
	struct destination *d = baseline_find(w->baseline, e->subject->id, key);
	bool is_learning = state_of(w, e->row) == BASELINE_LEARN;
	bool was_answered = d && d->is_answered;

	d = baseline_get_pair(w->baseline, e->subject->id, key, is_answered(s));
	if (!d)
		return NULL;
	if (d->first_ns && d->is_answered && !was_answered)
		d->is_learned &= is_learning;
	if (!d->first_ns) {
		d->first_ns = s->first_ns ? s->first_ns : s->minute_ns;
		d->last_ns = d->first_ns;
		d->is_learned = is_learning;
		d->services[0] = (struct baseline_service){ key->proto, key->port };
		d->n_services = 1;
	}
	if (s->last_ns > d->last_ns)
		d->last_ns = s->last_ns;
	d->nights += d->last_row != e->row;
	d->last_row = (int32_t)e->row;
	d->up += s->sums.payload[0];
	d->down += s->sums.payload[1];
	d->peer = *e->peer;
	d->role = e->subject->asset ? e->subject->asset->role : "";
	d->is_changed = true;
	return d;
}

static void take_lateral(struct dealings_watch *w, const struct attribution_end *e)
{
	enum lateral_protocol protocol = lateral_protocol(e->slice);
	const struct site *site = w->context->site;
	const struct asset *own = e->subject->asset, *other = e->other->asset;
	struct channel_key key = { 0 };
	struct destination *pair;

	if (!protocol || e->crossing == CROSSING_EXTERNAL || is_for_many(site, e->peer) ||
	    !lateral_is_unpaired(own ? own->role : "", other ? other->role : "") ||
	    is_of_order(w, e, protocol) || is_expected(site, e))
		return;
	group_key_ip(&key, e->peer, IP_TCP, lateral_port(protocol));
	pair = list_pair(w, e, &key);
	if (!standing_of(w, pair, e->row))
		return;
	note(w, e, &key, RULE_SEG_003);
}

/* Does the policy name a server of that kind for the asset?  It is asked once. */
static bool are_named(const struct dealings_watch *w, struct subject *s, enum server_kind kind)
{
	uint8_t bit = (uint8_t)(1 << kind);

	if (!(s->servers_asked & bit) &&
	    servers_are_named(w->context->site, kind, s->asset))
		s->servers_named |= bit;
	s->servers_asked |= bit;
	return s->servers_named & bit;
}

/* Does NW-DST-003 say which servers of that kind the asset may ask? */
static bool judges_server(const struct dealings_watch *w, const struct attribution_end *e,
			  enum server_kind kind)
{
	const struct asset *asset = e->subject->asset;

	return kind && asset && !server_kind_is_role(kind, asset->role) &&
	       are_named(w, e->subject, kind);
}

/* Is it a question to a DNS or NTP server, which NW-DST-004 leaves to NW-DST-003?  What only has
 * the port of one is when that rule judges it, and as long as nothing was said.  nDPI 4.2 takes all
 * that is said on TCP port 53 for DNS: there a name must have been read. */
static bool is_servers(const struct dealings_watch *w, const struct attribution_end *e)
{
	const struct slice *s = e->slice;
	enum server_kind kind = server_asked(s);

	bool is_read = s->id.key.proto == IP_TCP ? s->name && s->name[0] : s->verdict > DPI_PORT;

	return kind && (is_read || !s->sums.payload[0] || judges_server(w, e, kind));
}

static void take_server(struct dealings_watch *w, const struct attribution_end *e)
{
	enum server_kind kind = server_asked(e->slice);
	const struct site *site = w->context->site;
	struct channel_key key = { .is_external = e->crossing == CROSSING_EXTERNAL };

	if (!judges_server(w, e, kind) || is_for_many(site, e->peer) ||
	    addr_is_link_scope(e->peer) ||
	    (kind == SERVER_DHCP && !e->slice->sums.packets[1]) ||
	    servers_hold(site, kind, e->me, e->peer, e->slice->minute_ns) || is_expected(site, e))
		return;
	group_key_ip(&key, e->peer, IP_UDP, server_kind_port(kind));
	note(w, e, &key, RULE_DST_003);
}

/* A DHCP answer to everybody: told of who gives it, under its own address. */
static void take_lease(struct dealings_watch *w, const struct attribution_end *e)
{
	const struct site *site = w->context->site;
	struct attribution_end own = *e;
	struct channel_key key = { 0 };

	if (server_asked(e->slice) != SERVER_DHCP || !e->slice->sums.packets[1] ||
	    !addr_is_link_scope(e->peer) || addr_is_link_scope(e->me) ||
	    !are_named(w, e->subject, SERVER_DHCP) ||
	    servers_hold(site, SERVER_DHCP, NULL, e->me, e->slice->minute_ns))
		return;
	own.peer = e->me;
	group_key_ip(&key, e->me, IP_UDP, server_kind_port(SERVER_DHCP));
	note(w, &own, &key, RULE_DST_003);
}

/* The tap sees the DNS of this asset.  To an hour: it is kept with the asset. */
static void note_answer(struct subject *s, uint64_t minute_ns)
{
	if (s->answered_ns && minute_ns < s->answered_ns + NS_PER_HOUR)
		return;
	s->answered_ns = minute_ns;
	s->is_changed = true;
}

static bool is_named(const struct dealings_watch *w, const struct attribution_end *e)
{
	const struct slice *s = e->slice;

	return resolved_find(w->resolved, e->me, e->peer, s->minute_ns, NULL) ||
	       (s->name && s->name[0] && resolved_was_told(w->resolved, s->name, s->minute_ns));
}

static enum unnamed judge_unnamed(const struct dealings_watch *w, const struct attribution_end *e)
{
	uint64_t at_ns = e->slice->minute_ns;
	struct coverage_look look = { 0 };
	struct unnamed_memory m = { .answered_ns = e->subject->answered_ns,
				    .since_ns = w->since_ns,
				    .lost_ns = resolved_lost_ns(w->resolved) };

	if (w->context->coverage)
		coverage_look(w->context->coverage, at_ns > RESOLVED_NS ? at_ns - RESOLVED_NS : 0,
			      at_ns + SLICE_NS, &look);
	m.blind_ns = look.blind_ns;
	return unnamed_judge(&w->context->site->rules->params.unnamed, &m, at_ns);
}

static void take_unnamed(struct dealings_watch *w, const struct attribution_end *e)
{
	struct channel_key key = { .is_external = 1 };
	const struct slice *s = e->slice;
	bool is_new = s->id.first_ns + SLICE_NS >= s->minute_ns;
	enum unnamed why;

	if (e->crossing != CROSSING_EXTERNAL || addr_is_multicast(e->peer) || is_servers(w, e) ||
	    is_report(s))
		return;
	group_key_ip(&key, e->peer, 0, 0);
	/* What it told of goes on; what is new is asked for its name. */
	if (is_new ? !unnamed_opens(s) || is_named(w, e) :
		     !dealings_find(w->dealings, e->subject, &key))
		return;
	if (is_expected(w->context->site, e))
		return;
	why = is_new ? judge_unnamed(w, e) : UNNAMED_JUDGED;
	if (why == UNNAMED_JUDGED)
		note(w, e, &key, RULE_DST_004);
	else
		w->unjudged[why] += s->id.first_ns >= s->minute_ns;	/* once, not twice */
}

void dealings_take(struct dealings_watch *w, const struct attribution_end *e)
{
	dealings_take_outward(w, e);
	if (w->context->site->is_default)
		return;
	if (!e->am_client) {
		take_lease(w, e);
		return;
	}
	if (e->slice->answers)
		note_answer(e->subject, e->slice->minute_ns);
	take_server(w, e);
	take_unnamed(w, e);
	if (!e->other)
		return;
	take_segment(w, e);
	take_lateral(w, e);
}

/* --- time -------------------------------------------------------------------------- */

static void tell_rest(struct dealings_watch *w, struct dealing *one, int64_t row, uint64_t now_ns)
{
	/* Those that a flood has counted too: it goes on as long as one of them does. */
	if (one->is_told && one->last_row == row && one->minutes > one->told_minutes)
		dealings_tell(w, one, now_ns, row);
}

static bool is_held(const struct dealings_watch *w, const struct dealing *one)
{
	struct destination *pair = pair_of(w, one);

	return pair && baseline_holds(w->baseline, pair);
}

static void end(struct dealings_watch *w, struct dealing *one, int64_t row, uint64_t now_ns)
{
	if (!one->is_flooded)
		give(w, one, now_ns, row, incidents_resolve_finding);
	dealings_remove(w->dealings, one);
}

void dealings_settle(struct dealings_watch *w, int64_t row, uint64_t now_ns)
{
	size_t n;
	struct keyed **list = dealings_sorted(w->dealings, &n);

	for (size_t i = 0; i < n; i++)
		if (is_held(w, (struct dealing *)list[i]))
			end(w, (struct dealing *)list[i], row, now_ns);
}

/* Nobody needs it any more. */
static bool has_ended(const struct dealings_watch *w, const struct dealing *one, int64_t row)
{
	if (dealings_counts_yet(one))
		return dealings_is_idle(w, one, row);
	return one->last_row <= row - (int64_t)resolve_after(w, one->rule) || is_held(w, one);
}

void dealings_end_row(struct dealings_watch *w, int64_t row, uint64_t end_ns)
{
	size_t n;
	struct keyed **list = dealings_sorted(w->dealings, &n);

	for (size_t i = 0; i < n; i++) {
		struct dealing *one = (struct dealing *)list[i];

		if (has_ended(w, one, row))
			end(w, one, row, end_ns);
		else
			tell_rest(w, one, row, end_ns);
	}
}

void dealings_finish(struct dealings_watch *w, int64_t row, uint64_t now_ns)
{
	size_t n;
	struct keyed **list = dealings_sorted(w->dealings, &n);

	for (size_t i = 0; i < n; i++)
		tell_rest(w, (struct dealing *)list[i], row, now_ns);
}
