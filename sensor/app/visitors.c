/* visitors.c - see visitors.h. */
#include "app/visitors.h"

#include <string.h>
#include "base/log.h"
#include "detect/remote.h"

static bool is_gateway(const struct subject *s)
{
	return s && s->asset && !strcmp(s->asset->role, "maintenance_gateway");
}

static bool is_image_server(const struct subject *s)
{
	return s->asset && !strcmp(s->asset->role, "image_server");
}

/* The subject of an address, as far as the asset list knows it. */
static const struct asset *asset_of(const struct visitors *v, const struct addr *a)
{
	return site_asset(v->context->site, a);
}

static struct remote_setting setting_of(const struct visitors *v, const struct visit *visit)
{
	const struct asset *peer = asset_of(v, &visit->peer);

	return (struct remote_setting){
		.site = v->context->site, .orders = v->context->orders,
		.is_gateway_peer = peer && !strcmp(peer->role, "maintenance_gateway"),
		.is_gateway_asset = is_gateway(visit->subject),
	};
}

/* --- who else works under an order ------------------------------------- */

/* Is this the session of somebody who has gone on from it to the other one? */
static bool leads_to(const struct visitors *v, const struct visit *from, const struct visit *to)
{
	const struct asset *peer;

	if (from == to || from->is_over || !from->is_session || !from->was_covered ||
	    from->protocol == REMOTE_ANY || is_gateway(from->subject))
		return false;
	if (addr_equal(&from->peer, &to->peer))
		return from->subject != to->subject;
	peer = asset_of(v, &to->peer);
	return peer && peer == from->subject->asset;
}

/* The session under an order from which this one, on an asset outside that order, came; NULL. */
static const struct visit *find_holder(const struct visitors *v, const struct visit *visit)
{
	const struct orders *orders = v->context->orders;

	for (size_t i = 0; orders && i < visits_count(v->visits); i++) {
		const struct visit *from = visits_at(v->visits, i);
		const struct order *order;

		if (!leads_to(v, from, visit))
			continue;
		order = orders_by_id(orders, from->order);
		if (order && (!visit->subject->asset ||
			      !order_names(orders, order, visit->subject->asset)))
			return from;
	}
	return NULL;
}

/* Does the peer's end of a conversation within a zone work under an order? */
static bool is_worked_on(const struct visitors *v, const struct subject *s)
{
	for (size_t i = 0; v->context->orders && i < visits_count(v->visits); i++) {
		const struct visit *visit = visits_at(v->visits, i);

		if (visit->subject == s && visit->was_covered && !visit->is_over &&
		    visit->protocol != REMOTE_ANY)
			return true;
	}
	return false;
}

/* --- findings ---------------------------------------------------------- */

static unsigned number_of(enum rule_id rule)
{
	return (unsigned)(rule - RULE_REM_001);
}

struct telling {
	struct visit *visit;
	enum rule_id rule;
	struct orders_look look;	/* of its minute ... */
	bool has_look;			/* ... else time has passed */
	const struct visit *holder;
	uint64_t judged_ns;
	int64_t row;
	bool is_end;
};

static struct remote_facts facts_of(const struct telling *t, const struct remote_setting *set)
{
	struct remote_facts facts = {
		.visit = t->visit, .holder = t->holder, .has_orders = set->orders != NULL,
		.is_gateway = set->is_gateway_peer || set->is_gateway_asset, .is_end = t->is_end,
	};
	struct orders_look look = { 0 };

	if (t->has_look)
		look = t->look;
	else if (set->orders && (t->visit->subject->asset || set->is_gateway_asset))
		orders_look(set->orders, set->is_gateway_asset ? NULL : t->visit->subject->asset,
			    t->visit->last_ns, &look);
	facts.onsite = look.onsite;
	if (t->holder) {
		facts.nearest = orders_by_id(set->orders, t->holder->order);
		return facts;
	}
	facts.nearest = look.open ? look.open :
			orders_nearest(&look, t->visit->last_ns, &facts.apart_ns);
	return facts;
}

/* The session as a channel: what its records are about, and the connection that stands for it. */
static struct channel channel_of(const struct visit *visit)
{
	return (struct channel){
		.key = visit->key, .subject = visit->subject,
		.contact = (struct contact *)&visit->contact, .first_ns = visit->start_ns,
		.last_ns = visit->last_ns, .up = visit->up, .down = visit->down,
	};
}

/* Builds the finding and gives it to `to`. */
static void give(struct visitors *v, const struct telling *t,
		 void (*to)(struct incidents *, const struct finding *))
{
	struct remote_setting set = setting_of(v, t->visit);
	struct remote_facts facts = facts_of(t, &set);
	struct channel ch = channel_of(t->visit), leaf = ch, *real;
	struct finding f = {
		.rule = t->rule, .channel = &ch, .leaf = &leaf, .judged_ns = t->judged_ns,
		.row = t->row, .severity = remote_severity(t->rule, t->visit, &set),
		.remote = &facts,
	};

	/* In a flood's incident a channel with a contact would be counted by that. */
	ch.contact = NULL;
	real = channels_find(v->channels, &ch.key);
	leaf.name = real ? real->name : NULL;
	to(v->incidents, &f);
}

static void tell(struct visitors *v, const struct telling *t)
{
	struct visit_told *told = &t->visit->told[number_of(t->rule)];
	struct channel ch = channel_of(t->visit);

	give(v, t, incidents_finding);
	told->is_open = true;
	told->is_flooded = !incidents_is_open(v->incidents, t->rule, &ch);
	told->bytes = t->visit->up + t->visit->down;
	told->start_ns = t->visit->start_ns;
	told->until_ns = t->visit->last_ns;
	visits_touch(v->visits);
}

static bool has_grown(const struct visit *visit, const struct visit_told *told)
{
	uint64_t bytes = visit->up + visit->down, span = visit->last_ns - visit->start_ns;
	uint64_t span_told = told->until_ns - told->start_ns;

	if (told->is_flooded)
		return visit->up >= INCIDENT_LARGE_BYTES && told->bytes < INCIDENT_LARGE_BYTES;
	if (!told->is_open || told->start_ns != visit->start_ns)
		return true;
	return (bytes / 2 >= told->bytes && bytes - told->bytes >= VISITORS_GREW_BYTES) ||
	       (span / 2 >= span_told && span - span_told >= VISITORS_GREW_NS);
}

static void tell_if_grown(struct visitors *v, const struct telling *t)
{
	if (has_grown(t->visit, &t->visit->told[number_of(t->rule)]))
		tell(v, t);
}

/* --- a minute is complete ---------------------------------------------- */

/* A session that was told without an order and that one covers now is told with it at once. */
static void judge_told(struct visitors *v, struct telling *t, bool was_covered)
{
	const struct visit_told *told = &t->visit->told[0];

	if (!told->is_open || told->is_flooded || told->start_ns != t->visit->start_ns)
		return;
	t->rule = RULE_REM_001;
	if (was_covered)
		tell_if_grown(v, t);
	else
		tell(v, t);
}

static void judge_orders(struct visitors *v, struct telling *t, const struct remote_setting *set)
{
	struct visit *visit = t->visit;
	bool was_covered = visit->was_covered;

	if (!visit->is_session)
		return;
	remote_look(visit, set, visit->last_ns, &t->look);
	t->has_look = true;
	if (visit->was_covered)
		judge_told(v, t, was_covered);
	if (!visit->was_covered)
		t->holder = find_holder(v, visit);
	if (remote_outlives_order(visit, &t->look, visit->last_ns) || t->holder) {
		t->rule = RULE_REM_002;
		tell_if_grown(v, t);
	}
	t->holder = NULL;
	t->rule = RULE_REM_001;
	if (!visit->is_inside && remote_is_without_order(visit, set))
		tell_if_grown(v, t);
}

static void tell_session(const struct visitors *v, const struct visit *visit,
			 const struct remote_setting *set, const struct telling *t)
{
	struct visitors_session s = {
		.visit = visit, .minute_ns = t->judged_ns - SLICE_NS,
		.is_without_order = remote_is_without_order(visit, set),
		.has_outlived = remote_outlives_order(visit, &t->look, visit->last_ns),
	};

	if (v->session && visit->is_session && !visit->is_inside)
		v->session(v->session_arg, &s);
}

static void judge(struct visitors *v, struct visit *visit)
{
	struct remote_setting set = setting_of(v, visit);
	struct telling t = { .visit = visit, .row = visit->row, .rule = RULE_REM_003,
			     .judged_ns = visit->touched_ns + SLICE_NS };

	visit->touched_ns = 0;
	if (visit->protocol != REMOTE_ANY) {
		judge_orders(v, &t, &set);
		tell_session(v, visit, &set, &t);
	} else if (remote_is_bulk(visit)) {
		remote_look(visit, &set, visit->last_ns, &t.look);
		t.has_look = true;
		tell_if_grown(v, &t);
	}
}

static void judge_minute(struct visitors *v)
{
	if (!v->minute_ns)
		return;
	v->minute_ns = 0;
	for (size_t i = 0; i < visits_count(v->visits); i++)
		if (visits_at(v->visits, i)->touched_ns)
			judge(v, visits_at(v->visits, i));
}

/* --- traffic ----------------------------------------------------------- */

enum remote_protocol visitors_protocol(const struct slice *s, bool *ret_is_strong)
{
	enum remote_protocol named = remote_of_verdict(s->master, s->app);
	enum remote_protocol port;

	*ret_is_strong = named && s->verdict > DPI_PORT;
	if (named)
		return named;
	port = remote_of_port(s->id.key.proto, slice_server_port(s));
	return port == REMOTE_WINRM || !(s->master || s->app) ? port : REMOTE_NONE;
}

/* What of it is followed is in the header; *ret_is_inside: no boundary is crossed. */
static bool is_followed(const struct visitors *v, const struct attribution_end *e,
			bool *ret_is_inside)
{
	*ret_is_inside = false;
	if (e->crossing == CROSSING_EXTERNAL)
		return true;
	if (is_gateway(e->subject))
		return false;		/* the other end is the asset */
	if (is_gateway(e->other))
		return true;
	if (e->am_client || !e->other)
		return !e->am_client && e->crossing == CROSSING_INTERNAL;
	*ret_is_inside = e->crossing == CROSSING_NONE;
	return e->crossing == CROSSING_INTERNAL || is_worked_on(v, e->other);
}

/* Is it worth a visit, or does it go on with one? */
static bool has_substance(const struct slice *s, const struct visit *visit)
{
	if (!s->is_answered)
		return false;
	if (s->sums.payload[0] || s->sums.payload[1])
		return true;
	return visit && s->last_ns >= visit->last_ns && s->last_ns - visit->last_ns < VISIT_GAP_NS;
}

static void add(struct visitors *v, const struct attribution_end *e, struct visit_minute *m,
		enum remote_protocol protocol)
{
	struct visit_key key = { .subject = e->subject, .peer = e->peer, .protocol = protocol };
	struct visit *visit = visits_find(v->visits, &key);

	if (!has_substance(e->slice, visit))
		return;
	if (!visit)
		visit = visits_get(v->visits, &key);
	if (!visit) {
		if (!v->no_memory++)
			log_err("profile", "out of memory: a remote session is not followed");
		return;
	}
	visit->is_external = e->crossing == CROSSING_EXTERNAL;
	m->is_expected = protocol != REMOTE_ANY &&
			 attribution_expects(v->attribution, e, visit->start_ns ?
					     visit->start_ns : e->slice->minute_ns);
	visit_add(v->visits, visit, m);
	v->minute_ns = e->slice->minute_ns;
}

void visitors_take(struct visitors *v, const struct attribution_end *e)
{
	struct visit_minute m = { .slice = e->slice, .own = e->me, .am_client = e->am_client,
				  .row = e->row };
	enum remote_protocol protocol;
	struct visit *visit;
	bool is_inside;

	if (v->minute_ns && v->minute_ns != e->slice->minute_ns)
		judge_minute(v);
	if (is_image_server(e->subject) && is_gateway(e->other))
		add(v, e, &m, REMOTE_ANY);
	protocol = visitors_protocol(e->slice, &m.is_strong);
	if (!protocol || !is_followed(v, e, &is_inside))
		return;
	add(v, e, &m, protocol);
	visit = visits_find(v->visits, &(struct visit_key){ e->subject, e->peer, protocol });
	if (visit)
		visit->is_inside = is_inside;
}

/* --- time -------------------------------------------------------------- */

/* Tells what came since the last record, of rules that had something to say of this session. */
static void tell_rest(struct visitors *v, struct visit *visit, int64_t row, uint64_t now_ns)
{
	for (unsigned i = 0; i < VISIT_RULES; i++) {
		const struct visit_told *told = &visit->told[i];
		struct telling t = { .visit = visit, .rule = RULE_REM_001 + i, .row = row,
				     .judged_ns = now_ns };

		if (!told->is_open || told->is_flooded || told->start_ns != visit->start_ns ||
		    told->until_ns == visit->last_ns)
			continue;
		if (t.rule == RULE_REM_002 && !visit->was_covered)
			t.holder = find_holder(v, visit);
		if (t.rule != RULE_REM_002 || visit->was_covered || t.holder)
			tell(v, &t);
	}
}

/* Of the sessions whose end was not noticed yet, and has come, the first to end; NULL: none. */
static struct visit *first_ended(const struct visitors *v, uint64_t now_ns)
{
	struct visit *first = NULL;

	for (size_t i = 0; i < visits_count(v->visits); i++) {
		struct visit *visit = visits_at(v->visits, i);

		if (!visit->is_over && visit_has_ended(visit, now_ns) &&
		    (!first || visit->last_ns < first->last_ns))
			first = visit;
	}
	return first;
}

void visitors_time(struct visitors *v, uint64_t now_ns)
{
	struct visit *visit;

	judge_minute(v);
	while ((visit = first_ended(v, now_ns))) {
		/* When it is noticed depends on the packets of others. */
		uint64_t ended_ns = (visit->last_ns + VISIT_GAP_NS + SLICE_NS - 1) / SLICE_NS *
				    SLICE_NS;

		tell_rest(v, visit, visit->row, ended_ns);
		visit->is_over = true;
		visits_touch(v->visits);
	}
}

static void resolve(struct visitors *v, struct visit *visit, int64_t row, uint64_t end_ns)
{
	for (unsigned i = 0; i < VISIT_RULES; i++) {
		struct telling t = { .visit = visit, .rule = RULE_REM_001 + i, .row = row,
				     .judged_ns = end_ns, .is_end = true };

		if (visit->told[i].is_open && !visit->told[i].is_flooded)
			give(v, &t, incidents_resolve_finding);
	}
}

void visitors_end_row(struct visitors *v, int64_t row, uint64_t end_ns)
{
	for (size_t i = 0; i < visits_count(v->visits); i++)
		if (visits_at(v->visits, i)->row == row)
			tell_rest(v, visits_at(v->visits, i), row, end_ns);
	for (size_t i = visits_count(v->visits); i-- > 0;) {
		struct visit *visit = visits_at(v->visits, i);

		if (visit->row > row - VISITORS_SILENT_ROWS)
			continue;
		resolve(v, visit, row, end_ns);
		visits_remove(v->visits, i);
	}
}

void visitors_finish(struct visitors *v, int64_t row, uint64_t now_ns)
{
	judge_minute(v);
	for (size_t i = 0; i < visits_count(v->visits); i++)
		tell_rest(v, visits_at(v->visits, i), row, now_ns);
}
