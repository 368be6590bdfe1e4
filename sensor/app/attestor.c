/* attestor.c - see attestor.h. */
#include "app/attestor.h"

#include <string.h>
#include "alert/attest_record.h"
#include "base/log.h"
#include "base/text.h"

/* --- days ------------------------------------------------------------------------------------- */

static void tell(struct attestor *t, uint64_t until_ns, uint64_t skipped_days)
{
	struct attest *a = t->attest;
	struct attest_facts facts = { .context = t->context, .attest = a, .until_ns = until_ns,
				      .skipped_days = skipped_days,
				      .key = t->context->attest_key };
	char hash[DIGEST_HEX_MAX];
	struct record *r = attest_record(&facts, hash);

	if (!r) {
		if (!t->has_failed)
			log_err("attest", "out of memory: a day has no attestation");
		t->has_failed = true;
		return;
	}
	outbox_append(t->outbox, r);
	a->number++;
	text_copy(a->prev, sizeof(a->prev), hash);
	a->is_changed = true;
	t->records++;
}

/* Capture time goes to to_ns, which is not before now. */
static void advance(struct attestor *t, uint64_t to_ns, bool is_followed)
{
	struct attest *a = t->attest;
	uint64_t from_ns = a->now_ns, skipped = 0;
	int64_t last = attest_day_of(to_ns);

	while (from_ns < to_ns) {
		struct attest_day *d = &a->today;
		uint64_t until_ns = to_ns < d->end_ns ? to_ns : d->end_ns;
		int64_t next = d->day + 1;

		if (!is_followed)
			d->not_followed_ns += until_ns - from_ns;
		else if (to_ns - a->now_ns > ATTEST_SILENT_NS)
			attest_add_silence(a, from_ns, until_ns);
		from_ns = until_ns;
		if (until_ns < d->end_ns)
			break;
		tell(t, d->end_ns, skipped);
		skipped = 0;
		if (last - next > ATTESTOR_DAYS_MAX) {
			skipped = (uint64_t)(last - ATTESTOR_DAYS_MAX - next);
			next = last - ATTESTOR_DAYS_MAX;
		}
		attest_begin_day(a, next);
		if (from_ns < a->today.start_ns)
			from_ns = a->today.start_ns;
	}
	a->now_ns = to_ns;
	a->is_changed = true;
}

void attestor_start(struct attestor *t, uint64_t first_ns)
{
	struct attest *a = t->attest;

	if (!t->context->attests)
		return;
	attest_begin_day(a, attest_day_of(first_ns));
	a->today.has_read = true;
	a->first_ns = a->now_ns = first_ns;
}

void attestor_resume(struct attestor *t, uint64_t now_ns)
{
	struct attest *a = t->attest;

	if (!t->context->attests)
		return;
	if (!a->first_ns) {		/* a state of a program that knew nothing of this */
		attestor_start(t, now_ns);
		a->today.has_read = false;
	}
	if (a->now_ns < now_ns)
		advance(t, now_ns, false);
}

void attestor_time(struct attestor *t, uint64_t now_ns)
{
	struct attest *a = t->attest;

	if (!t->context->attests || now_ns <= a->now_ns)
		return;
	if (t->attribution->no_memory != t->no_memory)
		a->today.is_short = true;
	t->no_memory = t->attribution->no_memory;
	advance(t, now_ns, true);
	a->today.has_read = true;
}

void attestor_finish(struct attestor *t, uint64_t now_ns)
{
	if (t->context->attests && t->attest->first_ns)
		tell(t, now_ns, 0);
}

/* --- what crosses ----------------------------------------------------------------------------- */

static bool is_gateway(const struct subject *s)
{
	return s && s->asset && !strcmp(s->asset->role, "maintenance_gateway");
}

/* Of two ends that are both local one tells. */
static bool is_told_by_other(const struct attribution_end *e)
{
	if (!e->other)
		return false;
	if (is_gateway(e->subject) != is_gateway(e->other))
		return is_gateway(e->subject);
	return !e->am_client;
}

static const struct order *open_order(const struct orders *orders, const struct asset *asset,
				      uint64_t at_ns)
{
	struct orders_look look = { 0 };

	if (asset)
		orders_look(orders, asset, at_ns, &look);
	return look.open;
}

/* The order that covers it: of the end that is reached before that of the other. */
static const struct order *find_order(const struct attestor *t, const struct attribution_end *e,
				      bool has_gateway)
{
	const struct orders *orders = t->context->orders;
	const struct asset *here = e->subject->asset;
	const struct asset *there = e->other ? e->other->asset : NULL;
	const struct order *order;
	struct orders_look look;
	bool is_strong;

	if (!orders || (!has_gateway && !visitors_protocol(e->slice, &is_strong)))
		return NULL;
	if (is_gateway(e->subject)) {	/* on the way to every asset */
		orders_look(orders, NULL, e->slice->last_ns, &look);
		return look.open;
	}
	if (has_gateway)
		return open_order(orders, here, e->slice->last_ns);
	order = open_order(orders, e->am_client ? there : here, e->slice->last_ns);
	return order ? order : open_order(orders, e->am_client ? here : there, e->slice->last_ns);
}

static void find_cover(const struct attestor *t, const struct attribution_end *e,
		       struct attest_crossing *c)
{
	bool has_gateway = is_gateway(e->subject) || is_gateway(e->other), is_strong;
	const struct order *order = find_order(t, e, has_gateway);
	bool needs_order = has_gateway && t->context->orders &&
			   visitors_protocol(e->slice, &is_strong);

	if (order) {
		c->cover = ATTEST_ORDER;
		text_copy(c->covered_by, sizeof(c->covered_by), order->id);
	} else if (e->expected && !needs_order) {
		c->cover = ATTEST_ENTRY;
		text_copy(c->covered_by, sizeof(c->covered_by), e->expected->id);
	}
}

static void find_names(const struct attestor *t, const struct attribution_end *e,
		       struct attest_crossing *c)
{
	const struct site *site = t->context->site;
	const struct asset *peer = e->other ? e->other->asset : site_asset(site, e->peer);
	const struct zone *zone = e->other ? e->other->zone : site_zone(site, e->peer);

	text_copy(c->asset, sizeof(c->asset), e->subject->id);
	if (e->subject->zone)
		text_copy(c->zone, sizeof(c->zone), e->subject->zone->id);
	if (peer)
		text_copy(c->peer_asset, sizeof(c->peer_asset), peer->id);
	if (zone && e->crossing != CROSSING_EXTERNAL)
		text_copy(c->peer_zone, sizeof(c->peer_zone), zone->id);
}

/* Is there a day for what happens at that time?  What comes early begins it. */
static bool is_in_day(struct attestor *t, uint64_t ns)
{
	if (!t->context->attests || !t->attest->first_ns)
		return false;
	if (ns >= t->attest->today.end_ns)
		attestor_time(t, ns);
	return true;
}

void attestor_take(struct attestor *t, const struct attribution_end *e)
{
	const struct slice *s = e->slice;
	uint8_t proto = s->id.key.proto;
	struct attest_crossing c = {
		.peer = *e->peer, .proto = proto, .is_answered = s->is_answered,
		.port = proto == IP_ICMP || proto == IP_ICMPV6 ? 0 : slice_server_port(s),
		.is_external = e->crossing == CROSSING_EXTERNAL,
		.was_opened_by_peer = !e->am_client,
		.up = s->sums.bytes[!e->am_client], .down = s->sums.bytes[e->am_client],
		.packets = s->sums.packets[0] + s->sums.packets[1],
		.first_ns = s->first_ns ? s->first_ns : s->minute_ns,
	};

	if (e->crossing == CROSSING_NONE || is_told_by_other(e) || !is_in_day(t, s->minute_ns))
		return;
	c.last_ns = s->last_ns > c.first_ns ? s->last_ns : c.first_ns;
	find_names(t, e, &c);
	find_cover(t, e, &c);
	attest_add_crossing(t->attest, &c);
}

void attestor_count(struct attestor *t, const struct slice *s)
{
	struct attest_day *d = &t->attest->today;

	if (s->kind != SLICE_SLICE || !is_in_day(t, s->minute_ns))
		return;
	d->bytes += s->sums.bytes[0] + s->sums.bytes[1];
	d->packets += s->sums.packets[0] + s->sums.packets[1];
	t->attest->is_changed = true;
}

void attestor_session(void *attestor, const struct visitors_session *s)
{
	struct attestor *t = attestor;
	const struct visit *v = s->visit;
	struct attest_session row = {
		.peer = v->peer, .protocol = v->protocol, .is_external = v->is_external,
		.is_weak = v->is_weak, .has_outlived = s->has_outlived,
		.cover = v->was_covered ? ATTEST_ORDER :
			 s->is_without_order ? ATTEST_NONE : ATTEST_ENTRY,
		.start_ns = v->start_ns, .last_ns = v->last_ns, .up = v->up, .down = v->down,
	};

	if (!is_in_day(t, s->minute_ns))
		return;
	text_copy(row.asset, sizeof(row.asset), v->subject->id);
	text_copy(row.order, sizeof(row.order), v->was_covered ? v->order : "");
	attest_set_session(t->attest, &row);
}
