/* explain_link.c - see explain_link.h.  Ids are the site's, MACs and addresses are formatted here:
 * nothing comes from the wire as text. */
#include "alert/explain_link.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "base/err.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"

#define MAC_TEXT_MAX 18
#define LINK_TEXT_MAX 48

static const char *mac_text(const uint8_t mac[static 6], char buf[static MAC_TEXT_MAX])
{
	snprintf(buf, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return buf;
}

/* "VLAN 120", "VLANs 7 and 120", "the untagged link" */
static const char *link_text(const struct claim_link *l, char buf[static LINK_TEXT_MAX])
{
	if (l->vlan[0] == 0xffff)
		text_copy(buf, LINK_TEXT_MAX, "the untagged link");
	else if (l->vlan[1] == 0xffff)
		snprintf(buf, LINK_TEXT_MAX, "VLAN %u", l->vlan[0]);
	else
		snprintf(buf, LINK_TEXT_MAX, "VLANs %u and %u", l->vlan[0], l->vlan[1]);
	return buf;
}

/* --- NW-SEG-005 ----------------------------------------------------------------------------- */

static void say_spoof(const struct alert_context *ctx, struct incident *in,
		      const struct finding *f)
{
	const struct spoof_params *p = &ctx->site->rules->params.spoof;
	char near[CLOCK_TEXT_MAX], turns[CLOCK_TEXT_MAX];
	const char *span = p->near_ns == NS_PER_MIN ? "a minute" : explain_span(p->near_ns, near);
	const struct spoof_facts *s = f->spoof;
	const struct holder *older = spoof_older(s->neighbour), *newer = spoof_newer(s->neighbour);
	char who[256], addr[ADDR_TEXT_MAX], a[MAC_TEXT_MAX], b[MAC_TEXT_MAX];
	char on[LINK_TEXT_MAX], at[CLOCK_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	addr_show(&s->neighbour->row.addr, addr);
	mac_text(older->mac, a);
	mac_text(newer->mac, b);
	link_text(&s->neighbour->row.link, on);
	if (s->what == SPOOF_BOTH)
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s: the address %s was claimed by two MACs in turn on %s, %s and %s, one "
			 "soon after the other (last %s local)", who, addr, on, a, b,
			 explain_at(s->neighbour->conflict_ns, at));
	else if (s->what == SPOOF_RETURNS)
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s: the address %s was claimed by two MACs in turn on %s, %s and %s, "
			 "which came back three times within %s without an announcement (last %s "
			 "local)", who, addr, on, a, b, explain_span(p->returns_ns, turns),
			 explain_at(s->neighbour->conflict_ns, at));
	else
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s: the address %s was claimed by %s on %s within %s of %s, which was "
			 "heard first, without an announcement (%s local)", who, addr, b, on, span,
			 a, explain_at(newer->last_ns, at));
}

/* "00:11:22:33:44:55 is listed for IMG-SRV-2", "... is listed nowhere" */
static void add_listed(char *line, size_t cap, const uint8_t mac[static 6],
		       const struct asset *asset)
{
	char text[MAC_TEXT_MAX];

	snprintf(line + strlen(line), cap - strlen(line), asset ? "%s is listed for %s" :
		 "%s is listed nowhere", mac_text(mac, text), asset ? asset->id : "");
}

/* " and 02:00:00:00:00:0a", of a MAC that the asset of the address does not list. */
static void add_unlisted(char *line, size_t cap, const struct spoof_facts *s,
			 const struct holder *h, const struct asset *listed)
{
	char text[MAC_TEXT_MAX];

	if (listed != s->asset)
		snprintf(line + strlen(line), cap - strlen(line), "%s%s",
			 line[0] ? " and " : "", mac_text(h->mac, text));
}

static void explain_lists(const struct alert_context *ctx, struct incident *in,
			  const struct spoof_facts *s)
{
	char line[INCIDENT_TEXT_MAX] = "The site policy's lists of MACs: ";
	const struct holder *o = spoof_older(s->neighbour), *n = spoof_newer(s->neighbour);
	char others[2 * MAC_TEXT_MAX + 8] = "";

	if (ctx->site->is_default) {
		explain_add_line(in, "No site policy was given, so it is not known whose the MACs "
				     "are.");
		return;
	}
	add_listed(line, sizeof(line), o->mac, s->older_asset);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), ", ");
	add_listed(line, sizeof(line), n->mac, s->newer_asset);
	add_unlisted(others, sizeof(others), s, o, s->older_asset);
	add_unlisted(others, sizeof(others), s, n, s->newer_asset);
	if (s->asset && s->asset->n_macs)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "; %s, which has the "
			 "address, has %zu listed, and only they may claim it; not listed for it: "
			 "%s.", s->asset->id, s->asset->n_macs, others);
	else if (s->asset)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "; for %s, which has "
			 "the address, none is.", s->asset->id);
	else
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "; the address is in "
			 "nobody's list.");
	explain_add_line(in, line);
}

static void explain_holders(struct incident *in, const struct spoof_facts *s)
{
	const struct holder *older = spoof_older(s->neighbour), *newer = spoof_newer(s->neighbour);
	char line[INCIDENT_TEXT_MAX], a[MAC_TEXT_MAX], b[MAC_TEXT_MAX];
	char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX], since[CLOCK_TEXT_MAX],
		until[CLOCK_TEXT_MAX];

	snprintf(line, sizeof(line), "%s has claimed it from %s to %s local, %s from %s to %s; "
		 "contradicted %" PRIu32 " time%s so far.", mac_text(older->mac, a),
		 explain_at(older->first_ns, from), explain_at(older->last_ns, to),
		 mac_text(newer->mac, b), explain_at(newer->first_ns, since),
		 explain_at(newer->last_ns, until), s->neighbour->conflicts,
		 s->neighbour->conflicts == 1 ? "" : "s");
	explain_add_line(in, line);
	if (!s->others)
		return;
	snprintf(line, sizeof(line), "%s has contended for %" PRIu32 " other address%s of this "
		 "link as well: one device for several others is what somebody in between looks "
		 "like, or a router that answers for others (\"serves\": [\"proxy_arp\"]).", b,
		 s->others, s->others == 1 ? "" : "es");
	explain_add_line(in, line);
}

static void explain_spoof(const struct alert_context *ctx, struct incident *in,
			  const struct finding *f)
{
	say_spoof(ctx, in, f);
	if (f->spoof->what == SPOOF_BOTH)
		explain_add_line(in,
			"How sure: both were seen to claim it, in turn, and not as a failover does "
			"(an announcement, and silence of the other one) or a new DHCP lease. A "
			"device set up with an address that is taken looks the same as one that "
			"wants what is meant for another. A host with two cards in one network, or "
			"a balance-alb bond, looks the same: list both MACs.");
	else if (f->spoof->what == SPOOF_RETURNS)
		explain_add_line(in,
			"How sure: weaker. More than a minute lay between the two each time, and "
			"nothing announced the change: no announcement, DHCP lease or probe. A "
			"host that changes between two cards and tells nobody looks the same: list "
			"both MACs.");
	else
		explain_add_line(in,
			"How sure: weaker. Nothing announced the change and no DHCP lease or probe "
			"came before it, but the first one was not heard again in the minute "
			"after; a device that was exchanged quickly looks like this too.");
	explain_lists(ctx, in, f->spoof);
	explain_holders(in, f->spoof);
	explain_order(ctx, in, f, f->spoof->neighbour->row.last_ns);
}

/* --- NW-REM-005 ----------------------------------------------------------------------------- */

/* "advertised itself as a router and answered DHCP" */
static void add_deeds(char *line, size_t cap, unsigned how)
{
	static const struct { unsigned bits; const char *text; } deeds[] = {
		{ CLAIM_ADVERTISED, "advertised itself as a router" },
		{ CLAIM_NO_DEFAULT, "advertised itself, though not as a default router" },
		{ CLAIM_FLAGGED, "said in neighbour discovery that it is a router" },
		{ CLAIM_REDIRECTED, "redirected hosts to another way" },
		{ GATEWAY_FORWARDS, "took traffic to other networks" },
		{ CLAIM_DHCP4, "answered DHCP" }, { CLAIM_DHCP6, "answered DHCPv6" },
	};
	unsigned left = 0;
	bool is_first = true;

	for (size_t i = 0; i < ARRAY_SIZE(deeds); i++)
		left += (how & deeds[i].bits) != 0;
	for (size_t i = 0; i < ARRAY_SIZE(deeds); i++) {
		if (!(how & deeds[i].bits))
			continue;
		snprintf(line + strlen(line), cap - strlen(line), "%s%s", is_first ? "" :
			 left == 1 ? " and " : ", ", deeds[i].text);
		is_first = false;
		left--;
	}
}

/* What of its doings is new. */
static unsigned new_deeds(const struct gateway_facts *g)
{
	unsigned router = GATEWAY_LEADS | CLAIM_FLAGGED;
	unsigned how = g->gateway->how;

	if (!(g->roles >> GATEWAY_ROUTER & 1))
		how &= ~router;
	if (!(g->roles >> GATEWAY_SERVER & 1))
		how &= router;
	return how;
}

static uint64_t since_ns(const struct gateway_facts *g)
{
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < GATEWAY_ROLES; i++)
		if (g->roles >> i & 1 && g->gateway->role_ns[i] < first)
			first = g->gateway->role_ns[i];
	return first;
}

static void say_gateway(struct incident *in, const struct finding *f)
{
	const struct gateway *g = f->gateway->gateway;
	char who[256], mac[MAC_TEXT_MAX], on[LINK_TEXT_MAX], at[CLOCK_TEXT_MAX];
	char deeds[INCIDENT_TEXT_MAX / 2] = "", peer[ADDR_TEXT_MAX], days[48] = "";
	char *message = in->words->message;
	size_t cap = sizeof(in->words->message);

	explain_subject(in->subject, who, sizeof(who));
	mac_text(g->row.mac, mac);
	link_text(&g->row.link, on);
	add_deeds(deeds, sizeof(deeds), new_deeds(f->gateway));
	if (f->gateway->is_first)
		snprintf(days, sizeof(days), ", which had none in %llu days",
			 (since_ns(f->gateway) - f->gateway->link_ns) / NS_PER_DAY);
	if (f->channel->key.is_external)
		snprintf(message, cap, "%s reached %s by %s way out of %s%s, MAC %s", who,
			 addr_show(&f->channel->key.value, peer),
			 f->gateway->is_first ? "the first" : "a new", on, days, mac);
	else
		snprintf(message, cap, "%s: %s way out of %s%s, MAC %s", who,
			 f->gateway->is_first ? "the first" : "a new", on, days, mac);
	snprintf(message + strlen(message), cap - strlen(message), ": since %s local it %s",
		 explain_at(since_ns(f->gateway), at), deeds);
}

static void explain_gateway_list(const struct alert_context *ctx, struct incident *in,
				 const struct gateway_facts *g)
{
	char line[INCIDENT_TEXT_MAX] = "", mac[MAC_TEXT_MAX], addr[ADDR_TEXT_MAX];
	static const struct addr none;

	if (ctx->site->is_default)
		text_copy(line, sizeof(line), "No site policy was given, so it is not known whose "
					      "the MAC is.");
	else if (g->asset)
		snprintf(line, sizeof(line), "The site policy lists %s for %s, but not as what it "
			 "does here (\"serves\").", mac_text(g->gateway->row.mac, mac),
			 g->asset->id);
	else
		snprintf(line, sizeof(line), "The site policy lists %s nowhere.",
			 mac_text(g->gateway->row.mac, mac));
	if (!addr_equal(&g->gateway->addr, &none))
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 " It gives its address as %s.", addr_show(&g->gateway->addr, addr));
	if (g->gateway->user[0])
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 " First seen to use it: %s, to reach %s.", g->gateway->user,
			 addr_show(&g->gateway->peer, addr));
	explain_add_line(in, line);
}

static void explain_known(struct incident *in, const struct gateway_facts *g)
{
	char line[INCIDENT_TEXT_MAX], since[CLOCK_TEXT_MAX], mac[MAC_TEXT_MAX];
	char on[LINK_TEXT_MAX];

	snprintf(line, sizeof(line), "Before it on %s (watched since %s local): %s",
		 link_text(&g->gateway->row.link, on), explain_at(g->link_ns, since),
		 g->n_known ? "" : "none.");
	for (unsigned i = 0; i < g->n_known; i++) {
		char deeds[128] = "";

		add_deeds(deeds, sizeof(deeds), g->known[i]->how);
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s (%s)",
			 i ? ", " : "", mac_text(g->known[i]->row.mac, mac), deeds);
	}
	if (g->n_known && strlen(line) + 16 < sizeof(line))
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 g->known_beyond ? " and %u more." : ".", g->known_beyond);
	explain_add_line(in, line);
}

static void explain_gateway(const struct alert_context *ctx, struct incident *in,
			    const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX], days[CLOCK_TEXT_MAX];

	say_gateway(in, f);
	if (f->gateway->is_first)
		explain_add_line(in, f->gateway->was_neighbour ?
			"A device of this link, which claimed an address there in the time of "
			"learning already, begins to lead out." :
			"Nothing led out of this link before, and in the time of learning, in "
			"which others were heard, this MAC claimed no address there.");
	snprintf(line, sizeof(line),
		 "How sure: frames seen on the link, no statistics. What was there in the first %s "
		 "of a link counts as known, whoever put it there; this was not. A router or a "
		 "DHCP server that was replaced or added on purpose looks the same.",
		 explain_span(ctx->site->rules->params.gateway.learn_ns, days));
	explain_add_line(in, line);
	if (f->gateway->claims_peer)
		explain_add_line(in,
			"It has claimed the peer's address on the link as well: a device that was "
			"set up for another network, or renumbered, does the same, and so does a "
			"way out that answers for its peer.");
	explain_gateway_list(ctx, in, f->gateway);
	explain_known(in, f->gateway);
	if (f->channel->key.is_external)
		explain_near(ctx, in, f, f->channel->last_ns);
	else
		explain_order(ctx, in, f, f->judged_ns);
}

/* --- both ----------------------------------------------------------------------------------- */

static void say_rest(const struct alert_context *ctx, struct incident *in,
		     const struct finding *f)
{
	const struct rule_params *params = &ctx->site->rules->params;
	char who[256], value[GROUP_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	incident_value(in, value);
	if (in->is_any && !f->is_over)
		snprintf(in->words->message, sizeof(in->words->message), f->rule == RULE_SEG_005 ?
			 "%s: %" PRIu32 " further address%s claimed by two MACs" :
			 "%s: %" PRIu32 " further new MAC%s that route or hand out leases", who,
			 in->members, in->members == 1 ? "" : f->rule == RULE_SEG_005 ? "es" : "s");
	else if (f->rule == RULE_SEG_005)
		snprintf(in->words->message, sizeof(in->words->message),
			 "Closed: %s: nobody contended for %s for %" PRIu32 " nights", who,
			 in->is_any ? "the other addresses" : value, params->spoof.resolve_after);
	else
		snprintf(in->words->message, sizeof(in->words->message),
			 "Closed: %s: the new way out was not seen for %" PRIu32 " nights", who,
			 params->gateway.resolve_after);
	explain_add_line(in, in->is_any ?
		"More of them than are told one by one: a scan, a loop between links, or somebody "
		"who makes them up." : "What was told of it stays true; it was not seen again.");
}

void explain_link(const struct alert_context *ctx, struct incident *in, const struct finding *f)
{
	if (in->is_any || (!f->spoof && !f->gateway))
		say_rest(ctx, in, f);
	else if (f->spoof)
		explain_spoof(ctx, in, f);
	else
		explain_gateway(ctx, in, f);
}
