/* explain_remote.c - see explain_remote.h.  Ids of orders are plain, names of peers their assets'
 * or their addresses: nothing here comes from the wire. */
#include "alert/explain_remote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "alert/explain.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"

/* The parts that the sentences share, as texts. */
struct remote_words {
	char who[256], peer[SITE_ID_MAX + 32];
	char since[CLOCK_TEXT_MAX], span[CLOCK_TEXT_MAX];
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX];
	const char *protocol;
};

static void peer_text(const struct alert_context *ctx, const struct addr *a, char *buf, size_t cap)
{
	const struct asset *asset = site_asset(ctx->site, a);
	char text[ADDR_TEXT_MAX];

	if (asset && !strcmp(asset->role, "maintenance_gateway"))
		snprintf(buf, cap, "the maintenance gateway %s", asset->id);
	else if (asset)
		snprintf(buf, cap, "%s", asset->id);
	else
		snprintf(buf, cap, "%s", addr_show(a, text));
}

static void find_words(const struct alert_context *ctx, const struct incident *in,
		       const struct visit *v, struct remote_words *w)
{
	memset(w, 0, sizeof(*w));
	explain_subject(in->subject, w->who, sizeof(w->who));
	peer_text(ctx, &v->peer, w->peer, sizeof(w->peer));
	explain_at(v->start_ns, w->since);
	explain_span(v->last_ns - v->start_ns, w->span);
	size_format(v->up, w->up);
	size_format(v->down, w->down);
	w->protocol = remote_name(v->protocol);
}

/* --- what was seen ----------------------------------------------------- */

static void say_without_order(struct incident *in, const struct finding *f,
			      const struct remote_words *w)
{
	const struct visit *v = f->remote->visit;
	char end[INCIDENT_TEXT_MAX / 2];

	if (!f->remote->has_orders)
		snprintf(end, sizeof(end), "no work orders are registered here");
	else if (v->was_covered)
		snprintf(end, sizeof(end), "it began before its work order %s", v->order);
	else
		snprintf(end, sizeof(end), "no work order covers it");
	snprintf(in->words->message, sizeof(in->words->message),
		 "%s: remote session (%s%s) %s %s, seen from %s local for %s; the asset sent %s "
		 "and received %s; %s", w->who, w->protocol, v->is_weak ? " by its port" : "",
		 v->contact.was_opened_outside ? "from" : "opened by the asset to", w->peer,
		 w->since, w->span, w->up, w->down, end);
}

static void say_beyond_order(struct incident *in, const struct finding *f,
			     const struct remote_words *w)
{
	const struct visit *v = f->remote->visit, *holder = f->remote->holder;
	char after[CLOCK_TEXT_MAX], until[CLOCK_TEXT_MAX];

	if (holder)
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s was reached from %s (%s; it sent %s and received %s so far) during "
			 "the session on %s under the work order %s, which does not name %s",
			 w->who, w->peer, w->protocol, w->up, w->down, holder->subject->id,
			 holder->order, in->subject->id);
	else
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s: the remote session (%s) with %s was still seen %s after its work "
			 "order %s had ended (%s local); the asset sent %s and received %s so far",
			 w->who, w->protocol, w->peer,
			 explain_span(v->last_ns - v->order_end_ns, after), v->order,
			 explain_at(v->order_end_ns, until), w->up, w->down);
}

static void say_bulk(struct incident *in, const struct finding *f, const struct remote_words *w)
{
	const struct visit *v = f->remote->visit;

	snprintf(in->words->message, sizeof(in->words->message),
		 "%s sent %s to %s in one session, seen from %s local for %s (%" PRIu32
		 " connection%s, %s received)", w->who, w->up, w->peer, w->since, w->span, v->flows,
		 v->flows == 1 ? "" : "s", w->down);
}

static void say_end(const struct alert_context *ctx, struct incident *in)
{
	unsigned nights = ctx->site->rules->params.remote.resolve_after;
	char who[256], peer[SITE_ID_MAX + 32];

	explain_subject(in->subject, who, sizeof(who));
	peer_text(ctx, &in->peer, peer, sizeof(peer));
	if (in->is_any)
		snprintf(in->words->message, sizeof(in->words->message),
			 "Closed: no remote session of %s with further peers was seen for %u "
			 "nights", who, nights);
	else
		snprintf(in->words->message, sizeof(in->words->message),
			 "Closed: no further remote session of %s with %s was seen for %u nights",
			 who, peer, nights);
}

static void say_flood(struct incident *in)
{
	char who[256];

	snprintf(in->words->message, sizeof(in->words->message),
		 "%s had remote sessions with %" PRIu32 " further "
		 "peer%s", explain_subject(in->subject, who, sizeof(who)), in->members,
		 in->members == 1 ? "" : "s");
	explain_add_line(in,
		"More peers than are told one by one: a service that is open to many, or one "
		     "that somebody tries from many addresses.");
}

/* --- what is known beside it ------------------------------------------- */

static void explain_session(struct incident *in, const struct visit *v)
{
	char line[INCIDENT_TEXT_MAX], from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX], up[CLOCK_TEXT_MAX];

	snprintf(line, sizeof(line), "Session: first packet %s, last packet seen %s local; "
		 "%" PRIu32 " connection%s, the last one opened by %s.",
		 explain_at(v->start_ns, from), explain_at(v->last_ns, to), v->flows,
		 v->flows == 1 ? "" : "s", v->contact.was_opened_outside ? "the peer" :
		 "the asset itself (in reverse, if somebody works over it)");
	explain_add_line(in, line);
	if (v->sessions < 2)
		return;
	snprintf(line, sizeof(line), "It is session number %" PRIu32 " of this peer by this "
		 "protocol since %s local; together %s up.", v->sessions,
		 explain_at(v->first_ns, from), size_format(v->all_up, up));
	explain_add_line(in, line);
}

static void explain_protocol(struct incident *in, const struct visit *v)
{
	char line[INCIDENT_TEXT_MAX], service[SERVICE_TEXT_MAX];

	if (v->protocol == REMOTE_ANY)
		snprintf(line, sizeof(line), "How sure: a count of the bytes between these two, "
			 "whatever the protocols. What was sent is not seen.");
	else if (v->is_weak)
		snprintf(line, sizeof(line), "How sure: only the port (%s) speaks for %s, the "
			 "payload was not recognised. Weaker evidence, so the severity is lower.",
			 group_service(&v->key, service), remote_name(v->protocol));
	else
		snprintf(line, sizeof(line), "How sure: the payload was recognised as %s and went "
			 "both ways. Who works there and what is done is not seen.",
			 remote_name(v->protocol));
	explain_add_line(in, line);
}

static void explain_nearest(struct incident *in, const struct remote_facts *r)
{
	const struct order *o = r->nearest;
	char line[INCIDENT_TEXT_MAX];
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX], apart[CLOCK_TEXT_MAX];

	if (!r->has_orders) {
		explain_add_line(in, "Work orders: none are registered here (site policy, key "
			 "\"work_orders\"), "
			     "so whether one covers this session cannot be said; the severity is "
			     "lower for it.");
		return;
	}
	if (!o) {
		explain_add_line(in,
			"No work order for remote work on this asset, of its vendor, is "
			     "registered before or after.");
		return;
	}
	snprintf(line, sizeof(line), "%s: %s, %s to %s local", r->holder ?
		 "The work order of that session" : r->apart_ns ?
		 "Nearest work order of this asset" : "Open work order of this asset", o->id,
		 explain_at(o->start_ns, from), explain_at(o->end_ns, to));
	if (r->apart_ns)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), ", %s %s this session's "
			 "last packet", explain_span(r->apart_ns, apart),
			 o->end_ns <= r->visit->last_ns ? "before" : "after");
	snprintf(line + strlen(line), sizeof(line) - strlen(line), ".");
	explain_add_line(in, line);
}

static void explain_orders(struct incident *in, const struct finding *f)
{
	const struct remote_facts *r = f->remote;
	char line[INCIDENT_TEXT_MAX];

	explain_nearest(in, r);
	if (r->onsite) {
		snprintf(line, sizeof(line), "An order for work on site is open (%s): it covers no "
			 "remote session.", r->onsite->id);
		explain_add_line(in, line);
	}
	if (!in->subject->asset)
		explain_add_line(in,
			"The address is not in the asset list, so no order can name it.");
	if (f->rule == RULE_REM_001 && !r->visit->is_external && !r->is_gateway)
		explain_add_line(in,
			"The peer is inside the site and no maintenance gateway: severity is "
			     "capped at 2.");
}

void explain_remote(const struct alert_context *ctx, struct incident *in, const struct finding *f)
{
	struct remote_words w;

	if (!f->remote || f->remote->is_end) {
		say_end(ctx, in);
		if (f->remote)
			explain_session(in, f->remote->visit);
		return;
	}
	if (in->is_any) {
		say_flood(in);
		return;
	}
	find_words(ctx, in, f->remote->visit, &w);
	if (f->rule == RULE_REM_001)
		say_without_order(in, f, &w);
	else if (f->rule == RULE_REM_002)
		say_beyond_order(in, f, &w);
	else
		say_bulk(in, f, &w);
	explain_orders(in, f);
	explain_session(in, f->remote->visit);
	explain_protocol(in, f->remote->visit);
	explain_normal(ctx, in, f);
}
