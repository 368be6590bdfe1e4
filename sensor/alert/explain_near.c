/* explain_near.c - what is expected of an asset, and its work orders, near what is told: a line for
 * the rules that do not rest on them (NW-EXP, NW-HLT-002 and NW-REM have sentences of their own).
 *
 * An entry whose window, maximum or expiry was left is named alone: the incident is often about
 * what that entry does not cover.  Else those that begin at the asset are named, so that nobody has
 * to look up what it is there for.  All of it is the site file's text.
 */
#include "alert/explain_internal.h"

#include <stdio.h>
#include <string.h>
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"

#define NEAR_SHOWN 5			/* entries by name; the line is bounded too */
#define NEAR_ROOM 300			/* bytes of the line for them */

static void add(char *line, size_t cap, const char *before, const char *text)
{
	if (text[0])
		snprintf(line + strlen(line), cap - strlen(line), "%s%s", before, text);
}

/* "*.vendor.example" */
static const char *domain_text(const char *domain, char *buf, size_t cap)
{
	bool is_below = !strncmp(domain, "*.", 2);
	char shown[PSEUDONYM_NAME_MAX];

	snprintf(buf, cap, "%s%s", is_below ? "*." : "", name_show(domain + 2 * is_below, shown));
	return buf;
}

/* "to ARCHIVE-1, 00:30-03:00, at most 1.0 GB a night" */
static void entry_text(const struct expected *e, char *buf, size_t cap)
{
	const struct party *to = &e->to;
	char text[CLOCK_TEXT_MAX + CIDR_TEXT_MAX], domain[PSEUDONYM_NAME_MAX + 2];

	text_copy(buf, cap, "to");
	add(buf, cap, " ", to->asset);
	add(buf, cap, " role ", to->role);
	add(buf, cap, " vendor ", to->vendor);
	add(buf, cap, " zone ", to->zone);
	add(buf, cap, " ", !to->n_networks ? "" : to->networks[0].bits == 128 ?
	    addr_show(&to->networks[0].addr, text) : cidr_show(&to->networks[0], text));
	add(buf, cap, " ", to->n_networks > 1 ? "and other networks" : "");
	add(buf, cap, " ", domain_text(to->domain, domain, sizeof(domain)));
	if (to->asn)
		snprintf(buf + strlen(buf), cap - strlen(buf), " AS%u", to->asn);
	add(buf, cap, " country ", to->country);
	add(buf, cap, " ", strlen(buf) == 2 ? "anywhere" : "");
	if (e->has_window) {
		explain_window(&e->window, text, sizeof(text));
		add(buf, cap, ", ", text);
	}
	if (e->max_bytes_per_night) {
		add(buf, cap, ", at most ", size_format(e->max_bytes_per_night, text));
		add(buf, cap, " ", "a night");
	}
}

static bool is_same(const char *wanted, const char *is)
{
	return !wanted[0] || !strcmp(wanted, is);
}

/* Does an entry begin at this subject?  One that asks for its AS or country is none of an asset. */
static bool begins_at(const struct party *p, const struct subject *s)
{
	const struct asset *a = s->asset;
	bool is_near = !p->n_networks;

	for (size_t i = 0; i < p->n_networks && !is_near; i++)
		is_near = cidr_contains(&p->networks[i], &s->addr);
	return is_near && !p->asn && !p->country[0] && !p->domain[0] &&
	       is_same(p->asset, a ? a->id : "") && is_same(p->role, a ? a->role : "") &&
	       is_same(p->vendor, s->vendor_name ? s->vendor_name : a ? a->vendor : "") &&
	       is_same(p->zone, s->zone ? s->zone->id : "");
}

/* The entry that covers the conversation at some other time or amount; NULL: none. */
static const struct expected *entry_for(const struct alert_context *ctx, const struct finding *f)
{
	const struct contact *k = finding_contact(f);
	const struct channel *leaf = f->leaf;

	if (f->tunnel || !leaf || leaf->key.group != GROUP_IP || !leaf->contact)
		return NULL;	/* a tunnel is about names, not about the way to the resolver */
	return site_expected_ever(ctx->site, &(struct expected_query){
		.from = &k->own, .to = &leaf->key.value, .proto = leaf->key.proto,
		.server_port = k->port, .service = dpi_protocol_name(dpi_carrier(k->master,
										 k->app)),
		.name = leaf->name ? leaf->name : "", .at_ns = leaf->last_ns,
		.run_ns = leaf->last_ns });
}

static void list_entries(const struct alert_context *ctx, const struct subject *s, char *line,
			 size_t cap)
{
	const struct site *site = ctx->site;
	size_t shown = 0, n = 0;
	char text[256];

	for (size_t i = 0; i < site->n_expected; i++) {
		const struct expected *e = &site->expected[i];

		if (!begins_at(&e->from, s))
			continue;
		entry_text(e, text, sizeof(text));
		n++;
		if (shown >= NEAR_SHOWN ||
		    strlen(line) + strlen(e->id) + strlen(text) + 4 > NEAR_ROOM)
			continue;
		snprintf(line + strlen(line), cap - strlen(line), "%s %s (%s)",
			 shown++ ? "," : "No expected entry covers this; the policy expects of "
					 "this asset:", e->id, text);
	}
	if (n && !shown)
		snprintf(line, cap, "No expected entry covers this; %zu others begin at this "
			 "asset.",
			 n);
	else if (n > shown)
		snprintf(line + strlen(line), cap - strlen(line), " and %zu more.", n - shown);
	else
		add(line, cap, "", n ? "." : "The site policy expects nothing of this asset.");
}

static void say_entries(const struct alert_context *ctx, const struct finding *f, char *line,
			size_t cap)
{
	const struct expected *e = entry_for(ctx, f);
	char text[256];

	if (ctx->site->is_default) {
		text_copy(line, cap, "No site policy was given, so it is not known what is "
				     "expected of this asset.");
		return;
	}
	if (!e) {
		list_entries(ctx, f->channel->subject, line, cap);
		return;
	}
	entry_text(e, text, sizeof(text));
	snprintf(line, cap, "The expected entry %s is about this connection (%s; owner %s): told "
		 "here is what it does not cover.", e->id, text,
		 e->owner[0] ? e->owner : "not named");
}

static void say_order(const struct order *o, uint64_t apart_ns, bool is_before, char *line,
		      size_t cap)
{
	char apart[CLOCK_TEXT_MAX];

	snprintf(line + strlen(line), cap - strlen(line), " No work order of it was open then; "
		 "the nearest, %s, %s %s %s.", o->id, is_before ? "had ended" : "was to begin",
		 explain_span(apart_ns, apart), is_before ? "before" : "later");
}

static void say_orders(const struct alert_context *ctx, const struct subject *s, uint64_t at_ns,
		       char *line, size_t cap)
{
	struct orders_look look;
	const struct order *nearest;
	uint64_t apart_ns;

	if (!ctx->orders || !s->asset) {
		add(line, cap, " ", s->asset && !ctx->site->is_default ?
		    "No work orders are registered at this site." : "");
		return;
	}
	orders_look(ctx->orders, s->asset, at_ns, &look);
	nearest = orders_nearest(&look, at_ns, &apart_ns);
	if (look.open || look.onsite)
		snprintf(line + strlen(line), cap - strlen(line), " The work order %s of it was "
			 "open then%s.", look.open ? look.open->id : look.onsite->id,
			 look.open ? "" : ", for work on site");
	else if (nearest)
		say_order(nearest, apart_ns, nearest == look.before, line, cap);
	else
		add(line, cap, " ", "No work order names this asset.");
}

void explain_near(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		  uint64_t at_ns)
{
	char line[INCIDENT_TEXT_MAX] = "", clean[INCIDENT_TEXT_MAX];

	say_entries(ctx, f, line, sizeof(line));
	say_orders(ctx, f->channel->subject, at_ns, line, sizeof(line));
	text_repair(line, strlen(line), clean, sizeof(clean));
	explain_add_line(in, clean);
}

void explain_order(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		   uint64_t at_ns)
{
	char line[INCIDENT_TEXT_MAX] = "", clean[INCIDENT_TEXT_MAX];

	say_orders(ctx, f->channel->subject, at_ns, line, sizeof(line));
	if (line[0])
		text_repair(line + 1, strlen(line + 1), clean, sizeof(clean));
	if (line[0] && clean[0])
		explain_add_line(in, clean);
}
