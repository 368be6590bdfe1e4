/* attest_record.c - see attest_record.h. */
#include "alert/attest_record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/attest_form.h"
#include "alert/attest_words.h"
#include "alert/encode_internal.h"
#include "base/err.h"
#include "base/json.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"
#include "config.h"

static const char *const whys[] = { "nothing_read", "not_observed", "one_sided", "drops",
				    "incomplete" };
static_assert(ARRAY_SIZE(whys) == ATTEST_WHYS, "every reason has its name");

const char *attest_why_name(enum attest_why w)
{
	return whys[w];
}

/* --- what was observed ------------------------------------------------------------------------ */

/* Of the day, what was followed: from the first packet ever to the end of the input. */
static void followed(const struct attest_facts *f, uint64_t *ret_from_ns, uint64_t *ret_to_ns)
{
	const struct attest_day *d = &f->attest->today;

	*ret_from_ns = f->attest->first_ns > d->start_ns ? f->attest->first_ns : d->start_ns;
	*ret_to_ns = f->until_ns < d->end_ns ? f->until_ns : d->end_ns;
	if (*ret_from_ns > d->end_ns)
		*ret_from_ns = d->end_ns;
	if (*ret_to_ns < *ret_from_ns)
		*ret_to_ns = *ret_from_ns;
}

uint64_t attest_unobserved_ns(const struct attest_facts *f)
{
	const struct attest_day *d = &f->attest->today;
	uint64_t from_ns, to_ns, unobserved;
	struct coverage_look look;

	followed(f, &from_ns, &to_ns);
	coverage_look(f->context->coverage, from_ns, to_ns, &look);
	unobserved = d->end_ns - d->start_ns - (to_ns - from_ns) + look.blind_ns +
		     d->not_followed_ns;
	return unobserved < d->end_ns - d->start_ns ? unobserved : d->end_ns - d->start_ns;
}

static const struct rule *rule_of_attestations(const struct attest_facts *f)
{
	return rule_of(f->context->site->rules, RULE_ATT_001);
}

static void look_at_day(const struct attest_facts *f, struct attest_sums *ret)
{
	const struct attest_params *p = &f->context->site->rules->params.attest;
	const struct attest_day *d = &f->attest->today;

	*ret = (struct attest_sums){ .length_ns = d->end_ns - d->start_ns,
				     .unobserved_ns = attest_unobserved_ns(f),
				     .allowed_ns = p->allowed_ns };
	followed(f, &ret->from_ns, &ret->to_ns);
	coverage_look(f->context->coverage, d->start_ns, d->end_ns, &ret->look);
	ret->why[ATTEST_NOTHING_READ] = !d->has_read;
	ret->why[ATTEST_NOT_OBSERVED] = ret->unobserved_ns > p->allowed_ns;
	ret->why[ATTEST_ONE_SIDED] = ret->look.one_sided_ns > p->allowed_ns;
	ret->why[ATTEST_DROPPED] = ret->look.loss > p->drops;
	ret->why[ATTEST_INCOMPLETE] = d->is_short;
	for (int w = 0; w < ATTEST_WHYS; w++)
		ret->is_invalid |= ret->why[w];
	for (size_t i = 0; i < d->with.n; i++)
		ret->by_order += d->with.rows[i].cover == ATTEST_ORDER;
	for (size_t i = 0; i < d->n_sessions; i++)
		ret->sessions_without += d->sessions[i].cover == ATTEST_NONE ||
					 d->sessions[i].has_outlived;
	ret->has_crossings = d->without.n || ret->sessions_without || d->sessions_beyond;
}

/* --- coverage --------------------------------------------------------------------------------- */

static uint64_t seconds(uint64_t ns)
{
	return ns / NS_PER_SEC;
}

static uint64_t ppm(uint64_t part, uint64_t whole)
{
	return (uint64_t)((double)part / (double)whole * 1e6);
}

static void add_gap(json_t *gaps, uint64_t from_ns, uint64_t to_ns, const char *reason)
{
	json_t *gap = json_object();

	json_put_time(gap, "from", from_ns);
	json_put_time(gap, "to", to_ns);
	json_put_text(gap, "reason", reason);
	json_array_append_new(gaps, gap);
}

/* Whole stretches, cut to the day: outside of the capture, blind ones, silences. */
static json_t *gaps_array(const struct attest_facts *f, const struct attest_sums *s,
			  uint64_t *ret_beyond)
{
	const struct attest_day *d = &f->attest->today;
	struct coverage_stretch list[ATTEST_GAPS_MAX];
	size_t n = coverage_list(f->context->coverage, d->start_ns, d->end_ns, list,
				 ATTEST_GAPS_MAX);
	json_t *gaps = json_array();

	*ret_beyond = n > ATTEST_GAPS_MAX ? n - ATTEST_GAPS_MAX : 0;
	if (s->from_ns > d->start_ns)
		add_gap(gaps, d->start_ns, s->from_ns, "before_capture");
	for (size_t i = 0; i < n && i < ATTEST_GAPS_MAX; i++)
		add_gap(gaps, list[i].from_ns > d->start_ns ? list[i].from_ns : d->start_ns,
			list[i].to_ns < d->end_ns ? list[i].to_ns : d->end_ns,
			coverage_reason_name(list[i].reason));
	for (size_t i = 0; i < d->n_silences; i++)
		add_gap(gaps, d->silences[i].from_ns, d->silences[i].to_ns, "silent");
	if (s->to_ns < d->end_ns)
		add_gap(gaps, s->to_ns, d->end_ns, "after_capture");
	return gaps;
}

static json_t *coverage_object(const struct attest_facts *f, const struct attest_sums *s)
{
	const struct attest_day *d = &f->attest->today;
	json_t *object = json_object();
	uint64_t beyond;

	json_put_time(object, "start", d->start_ns);
	json_put_time(object, "end", d->end_ns);
	json_put_int(object, "length_s", seconds(s->length_ns));
	json_put_int(object, "unobserved_s", seconds(s->unobserved_ns + NS_PER_SEC - 1));
	json_put_int(object, "allowed_s", seconds(s->allowed_ns));
	json_put_int(object, "observed_ppm", ppm(s->length_ns - s->unobserved_ns, s->length_ns));
	json_put_int(object, "one_sided_s", seconds(s->look.one_sided_ns));
	json_put_int(object, "silent_s", seconds(d->silent_ns));
	json_put_int(object, "not_followed_s", seconds(d->not_followed_ns));
	if (s->look.received || s->look.dropped)
		json_put_int(object, "drop_ppm", (uint64_t)(s->look.loss * 1e6));
	else
		json_object_set_new(object, "drop_ppm", json_null());
	json_put_int(object, "tcp_lost_ppm", (uint64_t)(s->look.byte_loss * 1e6));
	json_object_set_new(object, "gaps", gaps_array(f, s, &beyond));
	json_put_int(object, "gaps_beyond", beyond);
	return object;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static json_t *crossing_object(const struct attest_crossing *c)
{
	json_t *object = json_object();
	char text[ADDR_TEXT_MAX], number[8];

	json_put_text(object, "asset", c->asset);
	json_put_text(object, "zone", or_null(c->zone));
	json_put_text(object, "peer", addr_show(&c->peer, text));
	json_put_text(object, "peer_asset", or_null(c->peer_asset));
	json_put_text(object, "peer_zone", c->is_external ? "outside" : or_null(c->peer_zone));
	json_object_set_new(object, "external", json_boolean(c->is_external));
	json_put_text(object, "opened_by", c->was_opened_by_peer ? "peer" : "asset");
	json_object_set_new(object, "answered", json_boolean(c->is_answered));
	json_put_text(object, "transport", packet_transport_name(c->proto, number));
	json_put_int(object, "port", c->port);
	json_put_text(object, "covered_by", attest_cover_name(c->cover));
	json_put_text(object, "entry", c->cover == ATTEST_ENTRY ? c->covered_by : NULL);
	json_put_text(object, "order", c->cover == ATTEST_ORDER ? c->covered_by : "none");
	json_put_int(object, "up", c->up);
	json_put_int(object, "down", c->down);
	json_put_int(object, "bytes", c->up + c->down);
	json_put_int(object, "packets", c->packets);
	json_put_time(object, "first", c->first_ns);
	json_put_time(object, "last", c->last_ns);
	return object;
}

static json_t *crossings_array(const struct attest_day *d)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < d->without.n; i++)
		json_array_append_new(rows, crossing_object(&d->without.rows[i]));
	for (size_t i = 0; i < d->with.n; i++)
		json_array_append_new(rows, crossing_object(&d->with.rows[i]));
	return rows;
}

static json_t *beyond_object(const struct attest_day *d)
{
	json_t *object = json_object();

	json_put_int(object, "without_minutes", d->without.beyond);
	json_put_int(object, "without_bytes", d->without.beyond_bytes);
	json_put_int(object, "with_minutes", d->with.beyond);
	json_put_int(object, "with_bytes", d->with.beyond_bytes);
	return object;
}

static json_t *session_object(const struct attest_session *s)
{
	json_t *object = json_object();
	char text[ADDR_TEXT_MAX];

	json_put_text(object, "asset", s->asset);
	json_put_text(object, "peer", addr_show(&s->peer, text));
	json_put_text(object, "protocol", remote_name(s->protocol));
	json_object_set_new(object, "external", json_boolean(s->is_external));
	json_object_set_new(object, "by_port_alone", json_boolean(s->is_weak));
	json_put_text(object, "covered_by", attest_cover_name(s->cover));
	json_put_text(object, "order", s->cover == ATTEST_ORDER ? s->order : "none");
	json_object_set_new(object, "outlived_order", json_boolean(s->has_outlived));
	json_put_time(object, "start", s->start_ns);
	json_put_time(object, "last", s->last_ns);
	json_put_int(object, "up", s->up);
	json_put_int(object, "down", s->down);
	return object;
}

static json_t *sessions_array(const struct attest_day *d)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < d->n_sessions; i++)
		json_array_append_new(rows, session_object(&d->sessions[i]));
	return rows;
}

/* --- the whole -------------------------------------------------------------------------------- */

static json_t *why_array(const struct attest_facts *f, const struct attest_sums *s)
{
	json_t *list = json_array();

	for (int w = 0; w < ATTEST_WHYS; w++) {
		char text[ATTEST_TEXT_MAX];
		json_t *why;

		if (!s->why[w])
			continue;
		why = json_object();
		json_put_text(why, "reason", whys[w]);
		json_put_text(why, "text", attest_words_why((enum attest_why)w, f, s, text));
		json_array_append_new(list, why);
	}
	return list;
}

static json_t *totals_object(const struct attest_day *d, const struct attest_sums *s)
{
	json_t *object = json_object();

	json_put_int(object, "crossings_without", d->without.n);
	json_put_int(object, "crossings_by_entry", d->with.n - s->by_order);
	json_put_int(object, "crossings_by_order", s->by_order);
	json_put_int(object, "sessions", d->n_sessions);
	json_put_int(object, "sessions_without", s->sessions_without);
	return object;
}

static json_t *attestation_object(const struct attest_facts *f, const struct attest_sums *s)
{
	const struct attest_day *d = &f->attest->today;
	json_t *object = json_object();
	char date[DATE_TEXT_MAX];

	json_put_text(object, "date", attest_words_date(d->day, date));
	json_put_int(object, "number", f->attest->number + 1);
	json_put_text(object, "prev", or_null(f->attest->prev));
	json_put_int(object, "skipped_days", f->skipped_days);
	json_put_text(object, "verdict", attest_words_verdict(s));
	json_object_set_new(object, "valid", json_boolean(!s->is_invalid));
	json_object_set_new(object, "why", why_array(f, s));
	json_put_int(object, "bytes", d->bytes);
	json_put_int(object, "packets", d->packets);
	json_object_set_new(object, "totals", totals_object(d, s));
	json_object_set_new(object, "coverage", coverage_object(f, s));
	json_object_set_new(object, "crossings", crossings_array(d));
	json_object_set_new(object, "crossings_beyond", beyond_object(d));
	json_object_set_new(object, "sessions", sessions_array(d));
	json_object_set_new(object, "sessions_beyond", json_integer((json_int_t)
			    d->sessions_beyond));
	return object;
}

static json_t *event_object(const struct attest_facts *f, const char *id, uint64_t created_ns)
{
	const struct attest_day *d = &f->attest->today;
	json_t *event = json_object(), *category = json_array(), *type = json_array();

	json_array_append_new(category, json_string("network"));
	json_array_append_new(type, json_string("info"));
	json_put_text(event, "kind", "state");
	json_object_set_new(event, "category", category);
	json_object_set_new(event, "type", type);
	json_put_text(event, "id", id);
	json_put_text(event, "code", rule_of_attestations(f)->id);
	json_put_int(event, "severity", 1);
	json_put_time(event, "start", d->start_ns);
	json_put_time(event, "end", d->end_ns);
	json_put_time(event, "created", created_ns);
	json_put_text(event, "module", "nachtwacht");
	json_put_text(event, "dataset", ATTEST_DATASET);
	json_put_text(event, "timezone", f->context->site->timezone);
	return event;
}

static json_t *own_object(const struct attest_facts *f, const struct attest_sums *s,
			  uint64_t created_ns)
{
	const struct alert_context *ctx = f->context;
	json_t *own = json_object(), *run = json_object();
	char text[CLOCK_TEXT_MAX];

	json_put_int(own, "schema", 1);
	json_put_text(own, "site", ctx->site->id);
	json_put_text(own, "mode", ctx->is_live ? "live" : "replay");
	json_put_text(own, "local", clock_format_offset(created_ns, tz_offset(created_ns), text));
	json_put_text(run, "id", ctx->run_id);
	json_object_set_new(own, "run", run);
	json_object_set_new(own, "attestation", attestation_object(f, s));
	return own;
}

static void put_parts(json_t *root)
{
	char hashes[ATTEST_PARTS][DIGEST_HEX_MAX];
	json_t *object = json_object();

	if (!attest_hash_parts(root, hashes)) {
		json_decref(object);
		return;
	}
	for (int p = 0; p < ATTEST_PARTS; p++)
		json_put_text(object, attest_part_name((enum attest_part)p), hashes[p]);
	json_object_set_new(attest_body(root), "sha256", object);
}

static void fill_flat(const struct attest_facts *f, const struct attest_sums *s,
		      uint64_t created_ns, struct record *r)
{
	static const uint8_t name_space[16] = RECORD_UUID_NAMESPACE;
	const struct alert_context *ctx = f->context;
	const struct rule *rule = rule_of_attestations(f);
	const struct attest_day *d = &f->attest->today;
	struct record_flat *flat = &r->flat;
	char name[256], date[DATE_TEXT_MAX];

	snprintf(name, sizeof(name), "%s/%s/%s/%" PRIu64 "/%s", ctx->site->id, rule->id,
		 attest_words_date(d->day, date), f->attest->number + 1, ctx->sensor);
	uuid_v5(name_space, name, flat->id);
	flat->ts_ms = created_ns / NS_PER_MS;
	text_copy(flat->action, sizeof(flat->action), s->is_invalid ? "invalid" : "valid");
	text_copy(flat->site, sizeof(flat->site), ctx->site->id);
	text_copy(flat->sensor, sizeof(flat->sensor), ctx->sensor);
	text_copy(flat->rule, sizeof(flat->rule), rule->id);
	text_copy(flat->level, sizeof(flat->level), "-");
	flat->severity = 1;
	flat->risk = 10;
	r->kind = RECORD_ATTESTATION;
	r->sequence = 0;		/* that of alerts goes on without it */
}

struct record *attest_record(const struct attest_facts *f, char ret_hash[static DIGEST_HEX_MAX])
{
	const struct attest_day *d = &f->attest->today;
	uint64_t created_ns = f->until_ns < d->end_ns ? f->until_ns : d->end_ns;
	struct record *r = calloc(1, sizeof(*r));
	json_t *root = json_object(), *ecs = json_object();
	char text[ATTEST_TEXT_MAX];
	struct attest_sums sums;

	if (!r)
		goto out;
	look_at_day(f, &sums);
	fill_flat(f, &sums, created_ns, r);
	json_put_text(ecs, "version", "8.17.0");
	json_put_time(root, "@timestamp", created_ns);
	json_object_set(root, "ecs", ecs);
	json_put_text(root, "message", attest_words_message(f, &sums, text));
	json_object_set_new(root, "event", event_object(f, r->flat.id, created_ns));
	json_object_set_new(root, "rule", encode_rule(rule_of_attestations(f)));
	json_object_set_new(root, "observer", encode_observer(f->context, json_object()));
	json_object_set_new(root, "nachtwacht", own_object(f, &sums, created_ns));
	put_parts(root);
	if (!f->key || !attest_sign(root, f->key))
		r->json = attest_canonical(root);
	if (r->json) {
		r->json_len = strlen(r->json);
		digest_sha256_hex(r->json, r->json_len, ret_hash);
	}
out:	json_decref(ecs);
	json_decref(root);
	if (r && !r->json) {
		record_free(r);
		return NULL;
	}
	return r;
}
