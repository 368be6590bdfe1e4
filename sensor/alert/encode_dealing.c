/* encode_dealing.c - who the other end is and by what: the part "dealing" of a record. */
#include <jansson.h>
#include "alert/encode_internal.h"
#include "base/json.h"
#include "detect/attempts.h"
#include "detect/misplaced.h"

static const char *or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

static json_t *peer_object(const struct dealing_facts *d)
{
	json_t *object = json_object();
	const struct asset *a = d->peer_asset;

	json_put_text(object, "asset", a ? a->id : NULL);
	json_put_text(object, "role", or_null(a ? a->role : NULL));
	json_put_text(object, "vendor", or_null(a ? a->vendor : d->peer_vendor));
	json_put_text(object, "zone", d->peer_zone ? d->peer_zone->id : NULL);
	return object;
}

static json_t *attempts_object(const struct alert_context *ctx, const struct finding *f)
{
	const struct attempts_params *p = &ctx->site->rules->params.attempts;
	const struct dealing *one = f->dealing->dealing;
	json_t *object = json_object();

	json_put_int(object, "failed", one->failed);
	json_put_int(object, "nights", attempts_nights(p, one, f->row));
	json_put_int(object, "within", p->within);
	return object;
}

static json_t *misplaced_object(const struct dealing *one)
{
	const struct channel_key key = { .group = GROUP_IP, .proto = one->keyed.key.proto,
					 .port = one->keyed.key.port };
	const struct misplaced_protocol *protocol = misplaced_of_home(key.proto, key.port);
	json_t *object = json_object();
	char usual[SERVICE_TEXT_MAX];

	json_put_text(object, "protocol", protocol ? protocol->name : NULL);
	json_put_text(object, "usual", group_service(&key, usual));
	return object;
}

json_t *encode_dealing(const struct alert_context *ctx, const struct finding *f)
{
	const struct dealing *one = f->dealing->dealing;
	json_t *object = json_object(), *services = json_array();

	for (unsigned i = 0; i < one->n_services; i++) {
		const struct channel_key key = { .group = GROUP_IP,
						 .proto = one->services[i].proto,
						 .port = one->services[i].port };
		char text[SERVICE_TEXT_MAX];

		json_array_append_new(services, json_string(group_service(&key, text)));
	}
	json_object_set_new(object, "peer", peer_object(f->dealing));
	json_object_set_new(object, "services", services);
	json_object_set_new(object, "more_services", json_boolean(one->has_more_services));
	json_object_set_new(object, "answered", json_boolean(one->is_answered));
	json_put_time(object, "first_seen", one->first_ns);
	json_put_int(object, "minutes", one->minutes);
	json_put_int(object, "days", one->rows);
	if (one->rule == RULE_EXF_010)
		json_object_set_new(object, "attempts", attempts_object(ctx, f));
	if (one->rule == RULE_EXF_009)
		json_object_set_new(object, "misplaced", misplaced_object(one));
	return object;
}
