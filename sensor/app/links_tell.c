/* links_tell.c - see links.h: what was found on a link becomes findings. */
#include <string.h>
#include "app/links_internal.h"

/* "unlisted@ZONE" of the link's zone, else of the address's. */
static struct subject *stranger_of(struct links_watch *w, const struct claim_link *link,
				   const struct addr *a)
{
	const struct zone *zone = site_zone_of_vlan(w->context->site, link->vlan);

	return subjects_unlisted(w->subjects, zone ? zone : site_zone(w->context->site, a), a);
}

static struct subject *owner_of(struct links_watch *w, const uint8_t mac[static 6],
				const struct claim_link *link, const struct addr *a)
{
	struct subject *owner = subjects_by_mac(w->subjects, mac);

	return owner ? owner : stranger_of(w, link, a);
}

static int64_t row_of(const struct links_watch *w, uint64_t judged_ns)
{
	return calendar_row(w->context->calendar, judged_ns - SLICE_NS);
}

struct telling {
	struct finding finding;
	struct addr own;		/* source address of the record */
	uint64_t first_ns, last_ns;
};

/* Gives the finding to the incidents, and keeps what was told. */
static void tell(struct links_watch *w, struct link_told *told, const struct telling *t)
{
	struct contact contact = { .own = t->own };
	struct channel ch = { .key = told->key, .subject = told->subject,
			      .first_ns = t->first_ns, .last_ns = t->last_ns };
	struct channel leaf = ch, *real = channels_find(w->channels, &told->key);
	struct finding f = t->finding;

	leaf.contact = &contact;
	f.channel = &ch;
	f.leaf = real && real->contact ? real : &leaf;
	incidents_finding(w->incidents, &f);
	told->row = f.row;
	told->is_flooded = !incidents_is_open(w->incidents, f.rule, &ch);
}

void links_tell_beyond(struct links_watch *w, uint64_t judged_ns)
{
	struct subject *s = stranger_of(w, &w->beyond.link, &w->beyond.addr);
	struct channel ch = { .subject = s, .first_ns = judged_ns, .last_ns = judged_ns };
	struct finding f = { .rule = RULE_HLT_001, .channel = &ch, .judged_ns = judged_ns,
			     .row = row_of(w, judged_ns), .severity = 3,
			     .claims_beyond = w->claims_beyond };

	ch.key.subject = s->number;
	group_key_any(&ch.key);
	incidents_finding(w->incidents, &f);
}

/* --- NW-SEG-005 ----------------------------------------------------------------------------- */

struct others {				/* of the link, that were told of */
	uint32_t of_mac;		/* that the same newer MAC contends for */
	uint32_t unlisted;		/* in this row, and in nobody's list */
};

static struct others count_others(const struct links_watch *w, const struct neighbour *n,
				  int64_t row)
{
	const uint8_t *mac = spoof_newer(n)->mac;
	size_t count;
	struct link_row *const *list = links_list(w->links, LINK_NEIGHBOUR, &count);
	struct others others = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct neighbour *other = link_neighbour(list[i]);

		if (other == n || !other->told.subject ||
		    memcmp(&other->row.link, &n->row.link, sizeof(n->row.link)))
			continue;
		others.of_mac += !memcmp(spoof_newer(other)->mac, mac, 6);
		others.unlisted += other->told.row == row && other->row.kept != LINK_LISTED;
	}
	return others;
}

static struct subject *subject_of(struct links_watch *w, const struct neighbour *n,
				  const struct spoof_facts *facts, const struct others *others)
{
	const struct sighting seen = { .addr = &n->row.addr, .mac = spoof_older(n)->mac,
				       .vlan = n->row.link.vlan };
	struct subject *s;

	if (!facts->asset && others->of_mac >= LINKS_OWN_MAX)
		return owner_of(w, spoof_newer(n)->mac, &n->row.link, &n->row.addr);
	if (!facts->asset && others->unlisted >= LINKS_OWN_MAX)
		return stranger_of(w, &n->row.link, &n->row.addr);
	s = subjects_get(w->subjects, &seen);
	return s ? s : stranger_of(w, &n->row.link, &n->row.addr);
}

static void tell_spoof(struct links_watch *w, struct neighbour *n, struct spoof_facts *facts,
		       uint64_t judged_ns)
{
	struct telling t = {
		.finding = { .rule = RULE_SEG_005, .judged_ns = judged_ns,
			     .row = row_of(w, judged_ns),
			     .severity = spoof_severity(facts->what), .spoof = facts },
		.own = n->row.addr, .first_ns = spoof_older(n)->first_ns,
		.last_ns = n->now.last_ns,
	};

	struct others others = count_others(w, n, t.finding.row);

	facts->others = others.of_mac;
	if (!n->told.subject) {
		n->told = (struct link_told){ .subject = subject_of(w, n, facts,
									    &others) };
		group_key_ip(&n->told.key, &n->row.addr, 0, 0);
		n->told.key.subject = n->told.subject->number;
	}
	n->told.what = (uint8_t)facts->what;
	tell(w, &n->told, &t);
	if (!n->told.is_flooded && n->row.kept < LINK_TOLD)
		n->row.kept = LINK_TOLD;
}

void links_found_spoof(struct links_watch *w, struct neighbour *n, enum spoof what,
		       uint64_t judged_ns)
{
	const struct site *site = w->context->site;
	struct spoof_facts facts = {
		.neighbour = n, .what = what, .asset = site_asset(site, &n->row.addr),
		.older_asset = site_asset_of_mac(site, spoof_older(n)->mac),
		.newer_asset = site_asset_of_mac(site, spoof_newer(n)->mac),
	};

	if (spoof_is_allowed(n, site)) {
		spoof_forget(n);
		return;
	}
	n->conflicts += n->conflicts < UINT32_MAX;
	n->conflict_ns = n->now.last_ns;
	if (n->told.subject && n->told.row == row_of(w, judged_ns) &&
	    (n->told.is_flooded ||
	     spoof_severity((enum spoof)n->told.what) >= spoof_severity(what)))
		return;
	tell_spoof(w, n, &facts, judged_ns);
}

/* --- NW-REM-005 ----------------------------------------------------------------------------- */

static uint64_t link_known_ns(const struct links_watch *w, const struct claim_link *link)
{
	const struct link_row *row = links_find(w->links, &(struct link_key){
						LINK_ITSELF, *link, { { 0 } }, { 0 } });

	return row ? row->first_ns : UINT64_MAX / 2;	/* it gave way: begin anew */
}

static void insert(struct gateway_facts *facts, const struct gateway *g)
{
	unsigned at = facts->n_known;

	while (at && facts->known[at - 1]->row.first_ns > g->row.first_ns)
		at--;
	if (facts->n_known < GATEWAY_KNOWN_MAX)
		facts->n_known++;
	else
		facts->known_beyond++;
	for (unsigned i = facts->n_known - 1; i > at; i--)
		facts->known[i] = facts->known[i - 1];
	if (at < GATEWAY_KNOWN_MAX)
		facts->known[at] = g;
}

/* Known ones of the same link, the longest known first. */
static void find_known(const struct links_watch *w, struct gateway_facts *facts)
{
	const struct gateway_params *p = &links_params(w)->gateway;
	size_t n;
	struct link_row *const *list = links_list(w->links, LINK_GATEWAY, &n);

	for (size_t i = 0; i < n; i++) {
		const struct gateway *g = link_gateway(list[i]);

		if (g == facts->gateway || memcmp(&list[i]->link, &facts->gateway->row.link,
						  sizeof(list[i]->link)) ||
		    (!gateway_is_learned(p, g, GATEWAY_ROUTER, facts->link_ns) &&
		     !gateway_is_learned(p, g, GATEWAY_SERVER, facts->link_ns)))
			continue;
		insert(facts, g);
	}
}

/* Nothing but traffic says that it leads out, and nobody did before it. */
static bool is_first_way(const struct links_watch *w, const struct gateway_facts *facts)
{
	const struct gateway *g = facts->gateway;
	size_t n;
	struct link_row *const *list = links_list(w->links, LINK_GATEWAY, &n);

	if (facts->roles != 1U << GATEWAY_ROUTER || (g->how & GATEWAY_LEADS) != GATEWAY_FORWARDS)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct gateway *other = link_gateway(list[i]);

		if (other != g && !memcmp(&list[i]->link, &g->row.link, sizeof(list[i]->link)) &&
		    other->role_ns[GATEWAY_ROUTER] && other->how & GATEWAY_LEADS &&
		    other->role_ns[GATEWAY_ROUTER] <= g->role_ns[GATEWAY_ROUTER])
			return false;
	}
	return true;
}

static bool held_early(const struct holder *h, const uint8_t mac[static 6], uint64_t until_ns)
{
	return !memcmp(h->mac, mac, 6) && h->first_ns < until_ns;
}

/* Whether anybody claimed an address in the time of learning, and whether it did. */
static bool find_early(const struct links_watch *w, struct gateway_facts *facts)
{
	const struct gateway *g = facts->gateway;
	uint64_t until_ns = facts->link_ns + links_params(w)->gateway.learn_ns;
	size_t n;
	struct link_row *const *list = links_list(w->links, LINK_NEIGHBOUR, &n);
	bool is_any = false;

	for (size_t i = 0; i < n; i++) {
		const struct neighbour *one = link_neighbour(list[i]);

		if (memcmp(&list[i]->link, &g->row.link, sizeof(list[i]->link)) ||
		    list[i]->first_ns >= until_ns)
			continue;
		is_any = true;
		facts->was_neighbour |= held_early(&one->now, g->row.mac, until_ns) ||
					held_early(&one->before, g->row.mac, until_ns);
	}
	return is_any;
}

static void choose(struct links_watch *w, struct gateway *g, const struct links_forward *f)
{
	g->told = (struct link_told){ 0 };
	if (f) {
		g->told.subject = f->user;
		g->told.key = f->key;
	} else {
		g->told.subject = owner_of(w, g->row.mac, &g->row.link, &g->addr);
		group_key_ip(&g->told.key, &g->addr, 0, 0);
	}
	g->told.key.subject = g->told.subject->number;
}

/* Roles by bit, and how bad: so that it is told again when it is worse. */
static uint8_t what_of(unsigned roles, unsigned severity)
{
	return (uint8_t)(roles | (severity >= 3) << GATEWAY_ROLES |
			 (severity >= 4) << (GATEWAY_ROLES + 1));
}

void links_judge_gateway(struct links_watch *w, struct gateway *g, const struct links_forward *f,
			 uint64_t judged_ns)
{
	struct gateway_facts facts = { .gateway = g,
				       .link_ns = link_known_ns(w, &g->row.link),
				       .asset = site_asset_of_mac(w->context->site, g->row.mac),
				       .is_without_site = w->context->site->is_default };
	struct telling t = {
		.finding = { .rule = RULE_REM_005, .judged_ns = judged_ns,
			     .row = row_of(w, judged_ns), .gateway = &facts },
		.own = f ? f->me : g->addr, .first_ns = g->row.first_ns, .last_ns = g->row.last_ns,
	};
	uint8_t what;

	facts.claims_peer = f && f->is_claimed && links_claims_few(w, f);
	facts.roles = gateway_new_roles(g, facts.link_ns, w->context->site);
	facts.is_first = is_first_way(w, &facts);
	if (!facts.roles || (facts.is_first && !find_early(w, &facts)))
		return;
	t.finding.severity = gateway_severity(&facts);
	what = what_of(facts.roles, t.finding.severity);
	if (g->told.subject && g->told.row == t.finding.row &&
	    (g->told.is_flooded || !(what & ~g->told.what)))
		return;
	find_known(w, &facts);
	if (!g->told.subject)
		choose(w, g, f);
	g->told.what |= what;
	tell(w, &g->told, &t);
	if (!g->told.is_flooded && g->row.kept < LINK_TOLD)
		g->row.kept = LINK_TOLD;
	g->row.is_changed = true;
}
