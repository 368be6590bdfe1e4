/* attribution.c - see attribution.h. */
#include "app/attribution.h"

#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/pseudonym.h"
#include "profile/busy.h"
#include "policy/suffix.h"

#define RUN_GAP_NS (30 * NS_PER_MIN)	/* a longer pause ends a run of upload */

/* One end's view of a slice. */
struct view {
	const struct slice *slice;
	struct channel_hint *hints;	/* [GROUPS] of the asset, then as many of its vendor */
	const struct addr *me, *peer;
	struct subject *subject;
	bool am_client, is_external;
	int64_t row;
	struct row_minute minute;
};

static struct view view_of(struct attribution *a, const struct slice *s, bool as_client)
{
	struct view v = {
		.slice = s, .am_client = as_client, .hints = a->hints[!as_client][0],
		.me = as_client ? slice_client(s) : slice_server(s),
		.peer = as_client ? slice_server(s) : slice_client(s),
		.row = calendar_row(a->calendar, s->minute_ns),
	};
	uint64_t offset = s->minute_ns - calendar_row_start(a->calendar, v.row);

	v.minute = (struct row_minute){
		.slot = (unsigned)(offset / SLOT_NS),
		.minute = (unsigned)(offset % SLOT_NS / NS_PER_MIN),
		.up = s->sums.payload[!as_client], .down = s->sums.payload[as_client],
		.peer = { .addr = *v.peer, .port = slice_server_port(s),
			  .proto = s->id.key.proto },
	};
	return v;
}

/* --- the finest group -------------------------------------------------- */

static struct expected_query query_of(const struct channel *ch, const struct view *v)
{
	return (struct expected_query){
		.from = v->me, .to = v->peer, .proto = v->slice->id.key.proto,
		.server_port = slice_server_port(v->slice),
		.service = dpi_protocol_name(dpi_carrier(v->slice->master, v->slice->app)),
		.name = v->slice->name ? v->slice->name : "", .at_ns = v->slice->minute_ns,
		.run_ns = ch->contact->run_start_ns ? ch->contact->run_start_ns :
			  v->slice->minute_ns,
	};
}

/* The entry that covers this view, or the same conversation seen from an internal peer. */
static const struct expected *find_expected(const struct attribution *a,
					    const struct expected_query *query,
					    const struct view *v, bool *ret_is_target)
{
	struct expected_query q = *query;
	const struct expected *e = site_expected(a->site, &q);

	*ret_is_target = false;
	if (e || v->is_external)
		return e;
	q.from = v->peer;
	q.to = v->me;
	*ret_is_target = true;
	return site_expected(a->site, &q);
}

static void update_subject(struct subject *subject, const uint8_t mac[static 6])
{
	static const uint8_t none[6];

	if (!memcmp(mac, none, 6) || !memcmp(mac, subject->mac, 6))
		return;
	memcpy(subject->mac, mac, 6);
	subject->is_changed = true;
}

static void update_contact(struct contact *k, const struct view *v)
{
	const struct slice *s = v->slice;
	uint8_t proto = s->id.key.proto;

	k->own = *v->me;
	k->was_opened_outside = !v->am_client;
	k->is_answered |= s->is_answered;
	k->port = v->am_client && proto != IP_ICMP && proto != IP_ICMPV6 ?
		  slice_server_port(s) : 0;
	if (s->master || s->app) {
		k->master = s->master;
		k->app = s->app;
		k->verdict = (uint8_t)s->verdict;
	}
}

static void update_times(struct channel *ch, const struct slice *s)
{
	uint64_t first_ns = s->first_ns ? s->first_ns : s->minute_ns;

	if (!ch->first_ns || first_ns < ch->first_ns)
		ch->first_ns = first_ns;
	if (s->last_ns > ch->last_ns)
		ch->last_ns = s->last_ns;
	ch->is_changed = true;
}

static void update_run(struct contact *k, const struct view *v)
{
	const struct slice *s = v->slice;

	if (v->minute.up && (!k->run_end_ns || s->minute_ns > k->run_end_ns + RUN_GAP_NS))
		k->run_start_ns = s->first_ns;
	if (v->minute.up)
		k->run_end_ns = s->minute_ns + SLICE_NS;
	if (!k->run_start_ns)
		k->run_start_ns = s->first_ns;
}

static void open_flow(struct attribution *a, struct channel *ch, const struct view *v)
{
	uint8_t digest[DIGEST_SHA1_LEN];
	struct row *row = channel_touch(a->channels, ch, v->row);

	if (row)
		row_count_flow(row);
	else
		a->no_memory++;
	community_id_digest(&v->slice->id.key, v->slice->client_is_b, digest);
	ch->contact->flows++;
	contact_remember_flow(ch->contact, digest);
}

/* The entry that covers a minute: none when its maximum is exceeded, then it is judged. */
static const struct expected *use_expected(struct attribution *a, struct channel *ch,
					   const struct view *v)
{
	struct expected_query q = query_of(ch, v);
	struct job_minute m = { .subject = v->subject, .channel = ch, .slice = v->slice,
				.row = v->row, .up = v->minute.up };
	bool is_target;
	const struct expected *e = find_expected(a, &q, v, &is_target);

	if (e)
		return jobs_use(a->jobs, &m, e, is_target) ? e : NULL;
	jobs_look(a->jobs, &m, &q);
	return NULL;
}

/* A minute of traffic: into the sums, and into the row unless the site expects it. */
static void add_minute(struct attribution *a, struct channel *ch, const struct view *v)
{
	struct contact *k = ch->contact;
	bool is_kept;

	update_run(k, v);
	ch->up += v->minute.up;
	ch->down += v->minute.down;
	k->expected = use_expected(a, ch, v);
	if (k->expected)		/* maybe since a reload: no more of what was told */
		k->crossing_bytes += v->minute.up + v->minute.down;
	is_kept = k->expected ? channel_touch(a->channels, ch, v->row) != NULL :
				channel_add(a->channels, ch, v->row, &v->minute);
	a->no_memory += !is_kept;
	ch->row_up += v->minute.up;
}

/* --- the coarser groups ------------------------------------------------ */

/* Where the peer is, kept with the finest channel. */
static void look_up_place(const struct attribution *a, struct contact *k, const struct addr *peer)
{
	struct geo_place place;

	if (k->has_place)
		return;
	k->has_place = 1;
	if (!geo_lookup(a->site->geo, peer, &place))
		return;
	k->asn = place.asn;
	memcpy(k->country, place.country, sizeof(k->country));
}

/* What the coarser groups need to know, copied: the finest channel may be evicted by them. */
struct whereabouts {
	char domain[SUFFIX_NAME_MAX];	/* "" not known */
	uint32_t asn;
	char country[3];
};

/* No payload either way, and nothing recognised. */
static bool has_said_nothing(const struct slice *s)
{
	return !s->sums.payload[0] && !s->sums.payload[1] && !s->master && !s->app;
}

static void find_domain(const struct attribution *a, const struct view *v, const char *last,
			char ret_domain[static SUFFIX_NAME_MAX])
{
	const char *name = v->am_client ? v->slice->name : NULL;

	if (name && suffix_registered_domain(name, ret_domain, SUFFIX_NAME_MAX))
		return;
	name = resolved_find(a->resolved, v->me, v->peer, v->slice->minute_ns, NULL);
	if (name && suffix_registered_domain(name, ret_domain, SUFFIX_NAME_MAX))
		return;
	if (last && v->am_client && has_said_nothing(v->slice))
		suffix_registered_domain(last, ret_domain, SUFFIX_NAME_MAX);
}

static void find_whereabouts(const struct attribution *a, const struct view *v, struct channel *ch,
			     struct whereabouts *ret)
{
	struct contact *k = ch->contact;

	memset(ret, 0, sizeof(*ret));
	if (!v->is_external)
		return;
	look_up_place(a, k, v->peer);
	ret->asn = k->asn;
	memcpy(ret->country, k->country, sizeof(ret->country));
	find_domain(a, v, ch->name, ret->domain);
}

static void add_to_group(struct attribution *a, struct subject *subject, struct channel_key *key,
			 const struct view *v, const char *name)
{
	bool is_vendor = subject->vendor_name != NULL;
	struct channel *ch;
	struct row *row;

	key->subject = subject->number;
	key->is_external = v->is_external;
	ch = channels_get_near(a->channels, subject, key,
			       &v->hints[is_vendor * GROUPS + key->group]);
	if (!ch) {
		a->no_memory++;
		return;
	}
	update_times(ch, v->slice);
	channel_set_name(a->channels, ch, name);
	if (v->slice->kind == SLICE_OPEN) {
		row = channel_touch(a->channels, ch, v->row);
		if (row)
			row_count_flow(row);
		a->no_memory += !row;
		return;
	}
	ch->up += v->minute.up;
	ch->down += v->minute.down;
	a->no_memory += !channel_add(a->channels, ch, v->row, &v->minute);
	ch->row_up += v->minute.up;
}

static void add_to_groups(struct attribution *a, struct subject *subject, const struct view *v,
			  const struct whereabouts *d)
{
	struct channel_key key = { 0 };
	bool is_vendor = subject->vendor_name != NULL;

	group_key_prefix(&key, v->peer);
	add_to_group(a, subject, &key, v, NULL);
	if (!v->is_external)
		return;
	if (d->domain[0]) {
		group_key_domain(&key, d->domain);
		add_to_group(a, subject, &key, v, d->domain);
	}
	if (d->asn) {
		group_key_asn(&key, d->asn);
		add_to_group(a, subject, &key, v, NULL);
	}
	if (d->country[0] && !is_vendor) {
		group_key_country(&key, d->country);
		add_to_group(a, subject, &key, v, NULL);
	}
	group_key_any(&key);
	add_to_group(a, subject, &key, v, NULL);
}

/* --- slices ------------------------------------------------------------ */

bool attribution_is_expected_ever(const struct attribution *a, const struct channel *ch,
				  const struct slice *s)
{
	struct expected_query q = {
		.from = &ch->contact->own, .to = &ch->key.value, .proto = ch->key.proto,
		.server_port = slice_server_port(s),
		.service = dpi_protocol_name(dpi_carrier(s->master, s->app)),
		.name = s->name ? s->name : "", .at_ns = s->minute_ns, .run_ns = s->minute_ns,
	};

	return site_expected_ever(a->site, &q) != NULL;
}

static void tell_contact(struct attribution *a, const struct view *v, struct channel *ch,
			 const char *domain, bool is_expected)
{
	struct attribution_contact c = { .channel = ch, .slice = v->slice, .domain = domain,
					 .row = v->row, .is_expected = is_expected };

	if (v->slice->kind == SLICE_SLICE) {
		c.up = v->minute.up;
		c.down = v->minute.down;
	}
	if (v->is_external)
		a->contact(a->minute_arg, &c);
}

/* The entry of the site's that covers it, or NULL. */
static const struct expected *take_view(struct attribution *a, const struct view *v)
{
	const struct slice *s = v->slice;
	struct channel_key key = { .subject = v->subject->number, .is_external = v->is_external };
	struct whereabouts where;
	const struct expected *expected;
	struct channel *ch;

	group_key_ip(&key, v->peer, s->id.key.proto, slice_server_port(s));
	/* A connection's end is no traffic: what was evicted since is not made again for it. */
	ch = s->kind == SLICE_CLOSE ? channels_find(a->channels, &key) :
				      channels_get_near(a->channels, v->subject, &key,
							&v->hints[GROUP_IP]);
	if (!ch) {
		a->no_memory += s->kind != SLICE_CLOSE;
		return NULL;
	}
	update_times(ch, s);
	update_contact(ch->contact, v);
	update_subject(v->subject, s->mac[!v->am_client]);
	if (s->kind != SLICE_SLICE)
		channel_set_name(a->channels, ch, s->name);
	if (s->kind == SLICE_CLOSE)
		return NULL;
	find_whereabouts(a, v, ch, &where);
	if (s->kind == SLICE_OPEN) {
		struct expected_query q = query_of(ch, v);
		bool is_target;

		open_flow(a, ch, v);
		expected = find_expected(a, &q, v, &is_target);
	} else {
		add_minute(a, ch, v);
		expected = ch->contact->expected;
		if (expected || !v->is_external)
			busy_add(v->subject, v->row, &v->minute);
		a->minute(a->minute_arg, ch, s, v->row);
	}
	tell_contact(a, v, ch, where.domain, expected != NULL);
	if (expected)
		return expected;
	add_to_groups(a, v->subject, v, &where);
	if (v->subject->vendor && v->is_external)
		add_to_groups(a, v->subject->vendor, v, &where);
	return NULL;
}

/* What traffic between the subject and the peer is.  The site knows it of its own addresses; a
 * subject known by MAC or VLAN has an address that says nothing. */
static enum crossing crossing_of(const struct site *site, const struct view *v)
{
	const struct zone *zone = v->subject->zone;
	const struct zone *there = site_zone(site, v->peer);

	if (site_zone(site, v->me) || (site_is_internal(site, v->me) && !zone))
		return site_crossing(site, v->me, v->peer);
	if (addr_is_link_scope(v->me) || addr_is_link_scope(v->peer) || addr_is_multicast(v->peer))
		return CROSSING_NONE;
	if (there && there == zone)
		return CROSSING_NONE;
	return there || site_is_internal(site, v->peer) ? CROSSING_INTERNAL : CROSSING_EXTERNAL;
}

/* One address of the site's: no crossing, but an asset can be busy with it. */
static bool is_inside(const struct site *site, const struct addr *peer)
{
	return !addr_is_multicast(peer) && !addr_is_link_scope(peer) &&
	       (site_zone(site, peer) || site_is_internal(site, peer));
}

static struct sighting sighting_of(const struct view *v)
{
	return (struct sighting){ .addr = v->me, .mac = v->slice->mac[!v->am_client],
				  .vlan = v->slice->id.key.vlan };
}

/* A flow between two strangers: counted, with an example for the operator. */
static void count_outside(struct attribution *a, const struct slice *s)
{
	char client[ADDR_TEXT_MAX], server[ADDR_TEXT_MAX];

	if (s->kind != SLICE_CLOSE)
		return;
	if (!a->outside_both++)
		snprintf(a->outside_example, sizeof(a->outside_example), "%s to %s",
			 addr_show(slice_client(s), client),
			 addr_show(slice_server(s), server));
}

void attribution_note_answers(struct attribution *a, const struct slice *s)
{
	for (const struct dns_answer *d = s->answers; d; d = d->next)
		resolved_note(a->resolved, slice_client(s), &d->addr, d->name, s->minute_ns);
}

/* What the client's questions and echoes carried; the echo of it is no download. */
static void take_carried(struct attribution *a, struct view *v)
{
	struct tunnel_minute m = { .subject = v->subject, .slice = v->slice, .own = v->me,
				   .peer = v->peer, .row = v->row,
				   .is_external = v->is_external };
	uint64_t echoed = a->carried(a->minute_arg, &m);

	v->minute.down -= echoed < v->minute.down ? echoed : v->minute.down;
}

bool attribution_expects(const struct attribution *a, const struct attribution_end *e,
			 uint64_t run_ns)
{
	const struct slice *s = e->slice;
	struct expected_query q = {
		.from = e->me, .to = e->peer, .proto = s->id.key.proto,
		.server_port = slice_server_port(s),
		.service = dpi_protocol_name(dpi_carrier(s->master, s->app)),
		.name = s->name ? s->name : "", .at_ns = s->minute_ns,
		.run_ns = run_ns < s->minute_ns ? run_ns : s->minute_ns,
	};
	struct view v = { .me = e->me, .peer = e->peer,
			  .is_external = e->crossing == CROSSING_EXTERNAL };
	bool is_target;

	return find_expected(a, &q, &v, &is_target) != NULL;
}

static void tell_end(struct attribution *a, const struct view *v, struct subject *other,
		     enum crossing crossing, const struct expected *expected)
{
	struct attribution_end e = { .subject = v->subject, .other = other, .me = v->me,
				     .peer = v->peer, .slice = v->slice, .crossing = crossing,
				     .expected = expected, .am_client = v->am_client,
				     .row = v->row };

	if (a->end && v->slice->kind == SLICE_SLICE)
		a->end(a->minute_arg, &e);
}

static bool is_same_flow(const struct attribution_ends *e, const struct slice *s)
{
	return e->minute_ns == s->minute_ns && e->id.first_ns == s->id.first_ns &&
	       e->client_is_b == s->client_is_b && !memcmp(e->mac, s->mac, sizeof(e->mac)) &&
	       !flow_key_compare(&e->id.key, &s->id.key);
}

static void look_up_ends(struct attribution *a, const struct slice *s, struct view views[static 2])
{
	struct attribution_ends *e = &a->last;
	struct sighting seen = sighting_of(&views[0]);

	e->id = s->id;
	e->minute_ns = s->minute_ns;
	e->client_is_b = s->client_is_b;
	memcpy(e->mac, s->mac, sizeof(e->mac));
	e->subject[0] = subjects_get(a->subjects, &seen);
	seen = sighting_of(&views[1]);
	e->subject[1] = subjects_get(a->subjects, &seen);
	if (!e->subject[0] && !e->subject[1]) {
		seen = sighting_of(&views[0]);
		e->subject[0] = subjects_get_stranger(a->subjects, &seen);
	}
	for (int i = 0; i < 2; i++) {
		views[i].subject = e->subject[i];
		if (e->subject[i])
			e->crossing[i] = crossing_of(a->site, &views[i]);
	}
}

void attribution_forget(struct attribution *a)
{
	a->last.minute_ns = 0;
}

void attribution_take(struct attribution *a, const struct slice *s)
{
	struct view views[2] = { view_of(a, s, true), view_of(a, s, false) };

	attribution_note_answers(a, s);
	if (!is_same_flow(&a->last, s))
		look_up_ends(a, s, views);
	for (int i = 0; i < 2; i++) {
		views[i].subject = a->last.subject[i];
		views[i].is_external = views[i].subject &&
				       a->last.crossing[i] == CROSSING_EXTERNAL;
	}
	if (!views[0].subject && !views[1].subject)
		count_outside(a, s);
	if (s->carried && s->kind == SLICE_SLICE && a->carried && views[0].subject)
		take_carried(a, &views[0]);
	for (int i = 0; i < 2; i++) {
		enum crossing crossing = a->last.crossing[i];
		const struct expected *expected = NULL;

		if (!views[i].subject)
			continue;
		if (crossing != CROSSING_NONE)
			expected = take_view(a, &views[i]);
		else if (s->kind == SLICE_SLICE && is_inside(a->site, views[i].peer))
			busy_add(views[i].subject, views[i].row, &views[i].minute);
		tell_end(a, &views[i], views[!i].subject, crossing, expected);
	}
}
