/* encode_policy.c - see encode_policy.h. */
#include "alert/encode_policy.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "alert/encode_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "policy/orders.h"

static json_t *one_word(const char *word)
{
	json_t *list = json_array();

	json_array_append_new(list, json_string(word));
	return list;
}

static json_t *event_object(const struct policy_news *news, uint64_t sequence)
{
	json_t *event = json_object();

	json_put_text(event, "kind", "metric");
	json_object_set_new(event, "category", one_word("network"));
	json_object_set_new(event, "type", one_word("info"));
	json_put_text(event, "module", "nachtwacht");
	json_put_text(event, "dataset", "nachtwacht.health");
	json_put_int(event, "sequence", sequence);
	json_put_time(event, "created", news->at_ns);
	return event;
}

/* What counts now, whatever came of it. */
static json_t *policy_object(const struct alert_context *ctx, const struct policy_news *news)
{
	json_t *policy = json_object();

	json_put_text(policy, "part", news->part == POLICY_ALL ? "policy" : "work_orders");
	json_put_text(policy, "state", news->is_taken ? "taken" : "refused");
	json_object_set_new(policy, "reason", news->is_taken || !news->reason[0] ? json_null() :
			    json_text_cut(news->reason, POLICY_REASON_MAX));
	json_put_text(policy, "site_sha256", ctx->site->sha256);
	json_put_text(policy, "rules_sha256", ctx->site->rules->sha256);
	json_put_text(policy, "orders_sha256", ctx->orders ? ctx->orders->sha256 : NULL);
	return policy;
}

static json_t *own_object(const struct alert_context *ctx, const struct policy_news *news)
{
	json_t *own = json_object(), *run = json_object(), *health = json_object();
	json_t *counters = json_object();

	json_put_int(counters, "policy.taken", news->counters->taken);
	json_put_int(counters, "policy.refused", news->counters->refused);
	json_object_set_new(health, "counters", counters);
	json_object_set_new(health, "policy", policy_object(ctx, news));
	json_put_text(run, "id", ctx->run_id);
	json_put_int(own, "schema", 1);
	json_put_text(own, "site", ctx->site->id);
	json_put_text(own, "mode", ctx->is_live ? "live" : "replay");
	json_object_set_new(own, "run", run);
	json_object_set_new(own, "health", health);
	return own;
}

static void fill_flat(const struct alert_context *ctx, const struct policy_news *news,
		      struct record_flat *flat)
{
	flat->ts_ms = news->at_ns / NS_PER_MS;
	text_copy(flat->action, sizeof(flat->action), news->is_taken ? "taken" : "refused");
	text_copy(flat->site, sizeof(flat->site), ctx->site->id);
	text_copy(flat->sensor, sizeof(flat->sensor), ctx->sensor);
}

struct record *encode_policy(const struct alert_context *ctx, const struct policy_news *news,
			     uint64_t sequence)
{
	struct record *r = calloc(1, sizeof(*r));
	json_t *root = json_object(), *ecs = json_object();

	json_put_text(ecs, "version", ECS_VERSION);
	json_put_time(root, "@timestamp", news->at_ns);
	json_object_set(root, "ecs", ecs);
	json_object_set_new(root, "event", event_object(news, sequence));
	json_object_set_new(root, "observer", encode_observer(ctx, json_object()));
	json_object_set_new(root, "nachtwacht", own_object(ctx, news));
	if (r) {
		r->kind = RECORD_HEALTH;
		r->sequence = sequence;
		fill_flat(ctx, news, &r->flat);
		r->json = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
		r->json_len = r->json ? strlen(r->json) : 0;
	}
	json_decref(ecs);
	json_decref(root);
	if (r && r->json)
		return r;
	record_free(r);
	return NULL;
}
