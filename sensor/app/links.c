/* links.c - see links.h: a minute comes in, is merged and gone through.  links_tell.c makes
 * findings of what is found. */
#include "app/links.h"

#include <stdlib.h>
#include <string.h>
#include "app/links_internal.h"
#include "base/log.h"

void links_watch_clear(struct links_watch *w)
{
	free(w->claims);
	w->claims = NULL;
	w->n_claims = w->capacity = 0;
}

static void note_beyond(struct links_watch *w)
{
	w->left_out++;
	if (!w->has_told_claims)
		log_warn("profile", "more claims of addresses in a minute than are looked at: "
			 "further ones are counted only");
	w->has_told_claims = true;
}

static void note_forwards_beyond(struct links_watch *w)
{
	w->left_out++;
	if (!w->has_told_forwards)
		log_warn("profile", "traffic to other networks goes to more than %d unknown MACs "
			 "in a minute: further ones are counted only", LINKS_FORWARDS_MAX);
	w->has_told_forwards = true;
}

/* --- coming in ------------------------------------------------------------------------------ */

static void begin_minute(struct links_watch *w, uint64_t minute_ns)
{
	if (w->minute_ns && w->minute_ns != minute_ns)
		links_time(w, w->minute_ns + SLICE_NS);
	w->minute_ns = minute_ns;
}

static bool has_room(struct links_watch *w)
{
	size_t more = w->capacity ? 2 * w->capacity : 256;
	struct claim *claims;

	if (w->n_claims < w->capacity)
		return true;
	if (w->n_claims >= LINKS_CLAIMS_MAX)
		return false;
	claims = realloc(w->claims, more * sizeof(*claims));
	if (!claims)
		return false;
	w->claims = claims;
	w->capacity = more;
	return true;
}

static int compare_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_link(const struct claim_link *a, const struct claim_link *b)
{
	int order = compare_number(a->tap, b->tap);

	for (int i = 0; !order && i < 2; i++)
		order = compare_number(a->vlan[i], b->vlan[i]);
	return order;
}

static void leave_out(struct links_watch *w, const struct claim *c, uint32_t count)
{
	int order = compare_link(&c->link, &w->beyond.link);

	if (!order)
		order = addr_compare(&c->addr, &w->beyond.addr);
	if (!w->claims_beyond || order < 0)
		w->beyond = *c;
	w->claims_beyond += count;
}

void links_take_claim(struct links_watch *w, const struct slice *s)
{
	struct claim c;

	begin_minute(w, s->minute_ns);
	claim_of_slice(s, &c);
	if (c.kind == CLAIM_BEYOND) {
		leave_out(w, &c, c.count);
	} else if (has_room(w)) {
		w->claims[w->n_claims++] = c;
	} else {
		note_beyond(w);
		leave_out(w, &c, 1);
	}
}

/* --- the link itself ------------------------------------------------------------------------ */

/* NULL: no memory. */
static struct link_row *see_link(struct links_watch *w, const struct claim_link *link,
				 uint64_t first_ns, uint64_t last_ns)
{
	struct link_key key = { .kind = LINK_ITSELF, .link = *link };
	struct link_row *row = links_get(w->links, &key, first_ns);

	if (row)
		link_row_seen(row, first_ns, last_ns);
	return row;
}

/* --- traffic to elsewhere ------------------------------------------------------------------- */

static bool lists_vlan(const struct zone *z, const uint16_t vlan[2])
{
	for (size_t i = 0; z && i < z->n_vlans; i++)
		if (z->vlans[i] == vlan[0] || z->vlans[i] == vlan[1])
			return true;
	return false;
}

/* Does the peer lie beyond a router, as seen from this link, by what the policy says? */
static bool is_elsewhere(const struct links_watch *w, const struct attribution_end *e)
{
	const uint16_t *vlan = e->slice->id.key.vlan;
	const struct zone *there;

	if (e->crossing != CROSSING_INTERNAL)
		return e->crossing == CROSSING_EXTERNAL;
	there = site_zone(w->context->site, e->peer);
	return there && there->n_vlans && !lists_vlan(there, vlan) &&
	       lists_vlan(e->subject->zone, vlan);
}

/* By the look of the addresses: a link rarely has more than a /24 or a /64. */
static bool looks_elsewhere(const struct attribution_end *e)
{
	size_t same = addr_is_ipv4(e->me) ? 15 : 8;

	return !addr_is_link_scope(e->peer) && !addr_is_link_scope(e->me) &&
	       addr_is_ipv4(e->me) == addr_is_ipv4(e->peer) &&
	       memcmp(e->me->bytes, e->peer->bytes, same) != 0;
}

static struct gateway *find_gateway(const struct links_watch *w, const struct links_forward *f)
{
	struct link_key key = { .kind = LINK_GATEWAY, .link = f->link };

	memcpy(key.mac, f->mac, sizeof(key.mac));
	return link_gateway(links_find(w->links, &key));
}

static bool has_redundant_router(const struct links_watch *w, const struct claim_link *link)
{
	size_t n;
	struct link_row *const *list = links_list(w->links, LINK_GATEWAY, &n);

	for (size_t i = 0; i < n; i++)
		if (!memcmp(&list[i]->link, link, sizeof(*link)) && spoof_is_virtual(list[i]->mac))
			return true;
	return false;
}

static bool holds(const struct neighbour *n, const uint8_t mac[static 6])
{
	return !memcmp(n->now.mac, mac, 6) || !memcmp(n->before.mac, mac, 6);
}

bool links_claims_few(const struct links_watch *w, const struct links_forward *f)
{
	size_t n;
	struct link_row *const *list = links_list(w->links, LINK_NEIGHBOUR, &n);
	unsigned held = 0;

	for (size_t i = 0; i < n; i++)
		held += !memcmp(&list[i]->link, &f->link, sizeof(f->link)) &&
			holds(link_neighbour(list[i]), f->mac);
	return held <= LINKS_HOLDS_MAX;
}

static bool claims_peer(const struct links_watch *w, const struct links_forward *f)
{
	struct link_key key = { .kind = LINK_NEIGHBOUR, .link = f->link, .addr = f->peer };
	const struct neighbour *n = link_neighbour(links_find(w->links, &key));

	return n && holds(n, f->mac);
}

/* The peer said itself, with that MAC, that it is on the link; anybody can say so of an address
 * outside. */
static bool is_neighbour(const struct links_watch *w, const struct links_forward *f)
{
	return f->is_claimed && (w->context->site->is_default ? links_claims_few(w, f) :
								!f->key.is_external);
}

static unsigned weight(const struct links_forward *f)
{
	return 4U * f->is_sure + 2U * f->is_answered + !f->is_claimed;
}

static void keep_forward(struct links_watch *w, const struct links_forward *f)
{
	struct links_forward *lightest = &w->forwards[LINKS_FORWARDS_MAX - 1];

	for (size_t i = 0; i < w->n_forwards; i++)
		if (!memcmp(&w->forwards[i].link, &f->link, sizeof(f->link)) &&
		    !memcmp(w->forwards[i].mac, f->mac, 6)) {
			if (weight(f) > weight(&w->forwards[i]))
				w->forwards[i] = *f;
			return;
		}
	if (w->n_forwards < LINKS_FORWARDS_MAX) {
		w->forwards[w->n_forwards++] = *f;
		return;
	}
	note_forwards_beyond(w);
	for (size_t i = LINKS_FORWARDS_MAX; i-- > 0;)
		if (weight(&w->forwards[i]) <= weight(lightest))
			lightest = &w->forwards[i];
	if (weight(lightest) < weight(f))
		*lightest = *f;
}

/* Since when there is traffic on a link; noted again every hour, which is enough.  NULL: no
 * memory. */
static const struct link_row *note_traffic(struct links_watch *w, const struct claim_link *link,
					   uint64_t minute_ns)
{
	const struct link_key key = { .kind = LINK_ITSELF, .link = *link };
	const struct link_row *row = links_find(w->links, &key);

	if (!row || minute_ns >= row->last_ns + NS_PER_HOUR)
		row = see_link(w, link, minute_ns, minute_ns);
	return row;
}

/* Not the asset's own choice of a next hop, but who the frame came from. */
static bool is_of_sender(const struct attribution_end *e)
{
	return !e->am_client || e->slice->macs_by;
}

void links_take_end(struct links_watch *w, const struct attribution_end *e)
{
	static const uint8_t none[6];
	const struct slice *s = e->slice;
	const uint8_t *mac = s->mac[e->am_client];	/* [1] is the server's, the peer's */
	struct links_forward f = { .link = { .vlan = { s->id.key.vlan[0], s->id.key.vlan[1] },
					     .tap = s->id.key.tap },
				   .user = e->subject, .me = *e->me, .peer = *e->peer,
				   .ns = s->first_ns, .is_answered = s->is_answered };
	const struct link_row *link = note_traffic(w, &f.link, s->minute_ns);
	const struct gateway *g;

	if (!memcmp(mac, none, 6) || mac[0] & 1 || addr_is_multicast(e->peer))
		return;
	f.is_sure = is_elsewhere(w, e);
	if (!f.is_sure && (!e->am_client || !looks_elsewhere(e) || !link ||
			   s->minute_ns >= link->first_ns + links_params(w)->gateway.learn_ns))
		return;
	memcpy(f.mac, mac, 6);
	begin_minute(w, s->minute_ns);
	g = find_gateway(w, &f);
	if (g && g->row.last_ns >= s->minute_ns && g->how & GATEWAY_FORWARDS)
		return;			/* known, and seen in this minute */
	if (is_of_sender(e) && !(g && g->how & GATEWAY_FORWARDS) &&
	    (!s->is_answered || has_redundant_router(w, &f.link)))
		return;
	f.key = (struct channel_key){ .subject = e->subject->number,
				      .is_external = e->crossing == CROSSING_EXTERNAL };
	group_key_ip(&f.key, e->peer, s->id.key.proto, slice_server_port(s));
	f.is_claimed = claims_peer(w, &f);
	keep_forward(w, &f);
}

/* --- a minute is complete: claims ----------------------------------------------------------- */

static int compare_claim(const void *pa, const void *pb)
{
	const struct claim *a = pa, *b = pb;
	int order = compare_link(&a->link, &b->link);

	if (!order)
		order = addr_compare(&a->addr, &b->addr);
	if (!order)
		order = memcmp(a->mac, b->mac, sizeof(a->mac));
	return order ? order : (int)a->kind - (int)b->kind;
}

/* Of several shards, or of two runs, one each. */
static void merge(struct links_watch *w)
{
	size_t kept = 0;

	if (!w->n_claims)
		return;
	qsort(w->claims, w->n_claims, sizeof(*w->claims), compare_claim);
	for (size_t i = 1; i < w->n_claims; i++) {
		struct claim *to = &w->claims[kept], *from = &w->claims[i];

		if (compare_claim(to, from)) {
			w->claims[++kept] = *from;
			continue;
		}
		to->how |= from->how;
		to->count += from->count;
		if (from->first_ns < to->first_ns)
			to->first_ns = from->first_ns;
		if (from->last_ns > to->last_ns)
			to->last_ns = from->last_ns;
	}
	w->n_claims = kept + 1;
}

/* A claim is known by its first and its last time: two points in time, or one. */
struct point {
	uint64_t ns;
	uint32_t claim;			/* index */
	bool is_last;
};

static int compare_point(const void *pa, const void *pb)
{
	const struct point *a = pa, *b = pb;
	int order = compare_number(a->ns, b->ns);

	if (!order)
		order = compare_number(a->claim, b->claim);
	return order ? order : (int)a->is_last - (int)b->is_last;
}

static struct point *points_of(const struct links_watch *w, size_t *ret_n)
{
	struct point *points = calloc(2 * w->n_claims + 1, sizeof(*points));
	size_t n = 0;

	for (size_t i = 0; points && i < w->n_claims; i++) {
		const struct claim *c = &w->claims[i];

		points[n++] = (struct point){ c->first_ns, (uint32_t)i, false };
		if (c->last_ns != c->first_ns)
			points[n++] = (struct point){ c->last_ns, (uint32_t)i, true };
	}
	if (points)
		qsort(points, n, sizeof(*points), compare_point);
	*ret_n = n;
	return points;
}

static void take_neighbour(struct links_watch *w, const struct claim *c, const struct point *p)
{
	struct link_key key = { .kind = LINK_NEIGHBOUR, .link = c->link, .addr = c->addr };
	struct neighbour *n;
	enum spoof what = SPOOF_NONE;

	if (c->kind == CLAIM_HOLDS && spoof_is_proxy(w->context->site, &c->addr, c->mac))
		return;
	n = link_neighbour(links_get(w->links, &key, c->first_ns));
	if (!n) {
		note_beyond(w);
		return;
	}
	n->row.kept = site_asset(w->context->site, &c->addr) ? LINK_LISTED :
		      n->told.subject && !n->told.is_flooded ? LINK_TOLD : LINK_LOOSE;
	if (!p->is_last)
		link_row_seen(&n->row, c->first_ns, c->last_ns);
	if (c->kind == CLAIM_HOLDS && spoof_overtaken(&links_params(w)->spoof, n, c->mac, p->ns))
		links_found_spoof(w, n, SPOOF_TAKEN, w->minute_ns + SLICE_NS);
	if (c->kind == CLAIM_HOLDS)
		what = spoof_take(&links_params(w)->spoof, n, c->mac, p->ns, c->how);
	else if (c->kind == CLAIM_PROBES)
		spoof_asked(n, c->mac, p->ns);
	else
		spoof_leased(n, c->mac, p->ns);
	w->is_settled &= !n->pending_ns;
	if (what)
		links_found_spoof(w, n, what, w->minute_ns + SLICE_NS);
}

/* The gateway, which does that from now on; NULL: no memory. */
static struct gateway *see_gateway(struct links_watch *w, const struct link_key *key,
				   unsigned how, uint64_t ns)
{
	bool is_server = how & (CLAIM_DHCP4 | CLAIM_DHCP6);
	struct gateway *g = link_gateway(links_get(w->links, key, ns));

	if (!g) {
		note_beyond(w);
		return NULL;
	}
	g->how |= how;
	if (is_server && !g->role_ns[GATEWAY_SERVER])
		g->role_ns[GATEWAY_SERVER] = ns;
	if (how & GATEWAY_LEADS && !g->role_ns[GATEWAY_ROUTER])
		g->role_ns[GATEWAY_ROUTER] = ns;
	if (site_asset_of_mac(w->context->site, key->mac))
		g->row.kept = LINK_LISTED;
	g->row.is_changed = true;
	return g;
}

static void take_gateway(struct links_watch *w, const struct claim *c)
{
	static const struct addr none;
	struct link_key key = { .kind = LINK_GATEWAY, .link = c->link };
	struct gateway *g;

	memcpy(key.mac, c->mac, sizeof(key.mac));
	g = see_gateway(w, &key, c->how, c->first_ns);
	if (!g)
		return;
	if (addr_equal(&g->addr, &none))
		g->addr = c->addr;
	link_row_seen(&g->row, c->first_ns, c->last_ns);
	links_judge_gateway(w, g, NULL, w->minute_ns + SLICE_NS);
}

static void take_point(struct links_watch *w, const struct point *p)
{
	const struct claim *c = &w->claims[p->claim];

	if (!p->is_last && !see_link(w, &c->link, c->first_ns, c->last_ns))
		note_beyond(w);
	if (c->kind <= CLAIM_LEASED)
		take_neighbour(w, c, p);
	else if (!p->is_last)
		take_gateway(w, c);
}

static void take_claims(struct links_watch *w)
{
	struct point *points;
	size_t n;

	merge(w);
	points = points_of(w, &n);
	if (!points) {
		note_beyond(w);
		n = 0;
	}
	for (size_t i = 0; i < n; i++)
		take_point(w, &points[i]);
	free(points);
	w->n_claims = 0;
}

/* --- ... traffic, and takeovers that waited ------------------------------------------------- */

static void take_forward(struct links_watch *w, struct links_forward *f)
{
	struct link_key key = { .kind = LINK_GATEWAY, .link = f->link };
	const struct link_row *link;
	struct gateway *g;

	f->is_claimed = claims_peer(w, f);	/* the minute's claims are there by now */
	link = is_neighbour(w, f) ? NULL : see_link(w, &f->link, f->ns, f->ns);
	if (!link || (!f->is_sure && f->ns >= link->first_ns + links_params(w)->gateway.learn_ns))
		return;
	memcpy(key.mac, f->mac, sizeof(key.mac));
	g = see_gateway(w, &key, GATEWAY_FORWARDS, f->ns);
	if (!g)
		return;
	if (!g->user[0]) {
		memcpy(g->user, f->user->id, sizeof(g->user));
		g->peer = f->peer;
	}
	link_row_seen(&g->row, f->ns, f->ns);
	links_judge_gateway(w, g, f, w->minute_ns + SLICE_NS);
}

static void take_forwards(struct links_watch *w)
{
	for (size_t i = 0; i < w->n_forwards; i++)
		take_forward(w, &w->forwards[i]);
	w->n_forwards = 0;
}

/* A waiting takeover that is due. */
struct due {
	struct neighbour *neighbour;
	uint64_t ns;
};

static int compare_due(const void *pa, const void *pb)
{
	const struct due *a = pa, *b = pb;
	int order = compare_number(a->ns, b->ns);

	if (!order)
		order = compare_link(&a->neighbour->row.link, &b->neighbour->row.link);
	return order ? order : addr_compare(&a->neighbour->row.addr, &b->neighbour->row.addr);
}

/* Those that are due up to now_ns, in any order; NULL: no memory.  Says whether others wait. */
static struct due *find_due(struct links_watch *w, uint64_t now_ns, size_t *ret_n)
{
	const struct spoof_params *p = &links_params(w)->spoof;
	size_t n;
	struct link_row *const *list = links_list(w->links, LINK_NEIGHBOUR, &n);
	struct due *due = calloc(n + 1, sizeof(*due));

	*ret_n = 0;
	w->is_settled = due != NULL;
	for (size_t i = 0; due && i < n; i++) {
		struct neighbour *one = link_neighbour(list[i]);

		if (!one->pending_ns)
			continue;
		if (spoof_due_ns(p, one) <= now_ns)
			due[(*ret_n)++] = (struct due){ one, spoof_due_ns(p, one) };
		else
			w->is_settled = false;
	}
	return due;
}

static void settle(struct links_watch *w, uint64_t now_ns)
{
	const struct spoof_params *p = &links_params(w)->spoof;
	struct due *due;
	size_t n;

	if (w->is_settled)
		return;
	due = find_due(w, now_ns, &n);
	if (!due) {
		note_beyond(w);
		return;
	}
	qsort(due, n, sizeof(*due), compare_due);
	for (size_t i = 0; i < n; i++) {
		enum spoof what = spoof_settle(p, due[i].neighbour, now_ns);

		due[i].neighbour->row.is_changed = true;
		if (what)
			links_found_spoof(w, due[i].neighbour, what, due[i].ns);
	}
	free(due);
}

void links_time(struct links_watch *w, uint64_t now_ns)
{
	if (w->minute_ns) {
		settle(w, w->minute_ns);
		take_claims(w);
		take_forwards(w);
		if (w->claims_beyond)
			links_tell_beyond(w, w->minute_ns + SLICE_NS);
		w->claims_beyond = 0;
		w->minute_ns = 0;
	}
	settle(w, now_ns);
}

void links_end_row(struct links_watch *w, uint64_t end_ns)
{
	links_expire(w->links, end_ns,
		     (uint64_t)w->context->site->retention_nights * NS_PER_DAY);
}
