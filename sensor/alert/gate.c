/* gate.c - see gate.h. */
#include "alert/gate.h"

#include <string.h>
#include "alert/explain_internal.h"
#include "policy/condition.h"
#include "policy/own_rule.h"

const struct rule *gate_rule(const struct site *s, enum rule_id rule, const char *own_id,
			     struct rule *buf)
{
	static const char *const none[] = { NULL };
	const struct own_rule *own;

	if (rule != RULE_OWN)
		return rule_of(s->rules, rule);
	own = own_rule_find(s, own_id);
	if (own)
		return &own->rule;
	*buf = (struct rule){ .id = own_id, .version = "0", .name = own_id, .category = "site",
			      .detector = "match", .severity = 5, .explanation = "",
			      .triage = none, .false_positives = none, .references = none };
	return buf;
}

static bool is_off(const struct site *s, enum rule_id rule, const char *own_id)
{
	const struct own_rule *own;

	if (rule != RULE_OWN)
		return rule_of(s->rules, rule)->is_disabled;
	own = own_rule_find(s, own_id);
	return !own || own->rule.is_disabled;
}

/* --- a rule's own condition ------------------------------------------------- */

struct asked {
	const struct alert_context *ctx;
	const struct finding *f;
	struct geo_place place;
};

/* The address that the finding is about, or that stands for it. */
static const struct channel *leaf_of(const struct finding *f)
{
	return f->leaf ? f->leaf : f->channel->key.group == GROUP_IP ? f->channel : NULL;
}

static struct condition_fact text_fact(const char *text)
{
	return (struct condition_fact){ .is_known = text && text[0], .text = text ? text : "" };
}

static struct condition_fact source_fact(const struct finding *f, enum condition_field field)
{
	const struct subject *s = f->channel->subject;

	switch (field) {
	case FIELD_SOURCE_ASSET: return text_fact(s->asset ? s->asset->id : NULL);
	case FIELD_SOURCE_ROLE: return text_fact(s->asset ? s->asset->role : NULL);
	case FIELD_SOURCE_VENDOR:
		return text_fact(s->vendor_name ? s->vendor_name :
				 s->asset ? s->asset->vendor : NULL);
	case FIELD_SOURCE_ZONE: return text_fact(s->zone ? s->zone->id : NULL);
	default:
		return (struct condition_fact){ .is_known = !s->vendor_name, .text = "",
						.addr = s->addr };
	}
}

static struct condition_fact peer_fact(struct asked *a, const struct channel *leaf,
				       enum condition_field field)
{
	const struct addr *peer = &leaf->key.value;
	const struct asset *asset = site_asset(a->ctx->site, peer);
	const struct zone *zone = site_zone(a->ctx->site, peer);
	uint16_t port = leaf->contact ? leaf->contact->port : 0;

	switch (field) {
	case FIELD_DESTINATION_ASSET: return text_fact(asset ? asset->id : NULL);
	case FIELD_DESTINATION_ROLE: return text_fact(asset ? asset->role : NULL);
	case FIELD_DESTINATION_VENDOR: return text_fact(asset ? asset->vendor : NULL);
	case FIELD_DESTINATION_ZONE: return text_fact(zone ? zone->id : NULL);
	case FIELD_DESTINATION_IP:
		return (struct condition_fact){ .is_known = true, .text = "", .addr = *peer };
	case FIELD_DESTINATION_PORT:
		return (struct condition_fact){ .is_known = port != 0, .text = "",
						.number = port };
	case FIELD_DESTINATION_DOMAIN: return text_fact(leaf->name);
	default:
		break;
	}
	if (!geo_lookup(a->ctx->site->geo, peer, &a->place))
		memset(&a->place, 0, sizeof(a->place));
	return field == FIELD_DESTINATION_COUNTRY ? text_fact(a->place.country) :
		(struct condition_fact){ .is_known = a->place.asn != 0, .text = "",
					 .number = a->place.asn };
}

static const char *transport_of(uint8_t proto)
{
	return proto == IP_TCP ? "tcp" : proto == IP_UDP ? "udp" : proto == IP_SCTP ? "sctp" :
	       proto == IP_ICMP ? "icmp" : proto == IP_ICMPV6 ? "icmpv6" : NULL;
}

static struct condition_fact fact_of(void *arg, enum condition_field field)
{
	struct asked *a = arg;
	const struct channel *leaf = leaf_of(a->f);
	const struct contact *k = finding_contact(a->f);

	if (field <= FIELD_SOURCE_IP)
		return source_fact(a->f, field);
	switch (field) {
	case FIELD_DIRECTION:
		return text_fact(!a->f->channel->key.is_external ? "internal" :
				 k->was_opened_outside ? "inbound" : "outbound");
	case FIELD_TRANSPORT: return text_fact(leaf ? transport_of(leaf->key.proto) : NULL);
	case FIELD_PROTOCOL: return text_fact(dpi_protocol_name(dpi_carrier(k->master, k->app)));
	default:
		return leaf ? peer_fact(a, leaf, field) : text_fact(NULL);
	}
}

static bool is_matched(const struct alert_context *ctx, const struct rule *rule,
		       const struct finding *f)
{
	struct asked asked = { .ctx = ctx, .f = f };
	struct condition_asking asking = { .fact = fact_of, .arg = &asked };

	return !rule->match || condition_holds(rule->match, &asking);
}

/* --- suppression ------------------------------------------------------------- */

/* value: what group_value() said of the key; borrowed by the query. */
static void describe(const struct channel_key *key, const char *name, const char *value,
		     struct suppress_query *q)
{
	static const enum suppress_about kinds[] = {
		[GROUP_IP] = SUPPRESS_ADDRESS, [GROUP_DOMAIN] = SUPPRESS_DOMAIN,
		[GROUP_PREFIX] = SUPPRESS_NETWORK, [GROUP_ASN] = SUPPRESS_ASN,
		[GROUP_COUNTRY] = SUPPRESS_COUNTRY, [GROUP_ANY] = SUPPRESS_ANY,
	};

	q->about = key->group < GROUPS ? kinds[key->group] : SUPPRESS_ANY;
	q->name = name ? name : "";
	q->country = value;
	if (q->about == SUPPRESS_ADDRESS)
		q->network = (struct cidr){ key->value, 128 };
	else if (q->about == SUPPRESS_NETWORK)
		q->network = group_network(key);
	else if (q->about == SUPPRESS_ASN)
		q->asn = group_asn(key);
}

/* A dealing is about all services between two: entries with services cover it when each is. */
static bool covers_all(const struct alert_context *ctx, const struct dealing *d,
		       const struct suppress_query *of)
{
	for (unsigned i = 0; i < d->n_services; i++) {
		struct suppress_query q = *of;

		q.proto = d->services[i].proto;
		q.port = d->services[i].port;
		if (q.proto != of->proto || q.port != of->port)
			q.service = "";		/* known of the last one alone */
		if (!suppress_find(ctx->site, &q))
			return false;
	}
	return !d->has_more_services;
}

/* open: the incident that the finding is to go to, if it is open already. */
static const struct suppression *suppression_of(const struct alert_context *ctx,
						const struct finding *f,
						const struct incident *open)
{
	const struct suppression *e;
	const struct contact *k = finding_contact(f);
	const struct channel *leaf = leaf_of(f);
	const struct channel_key *key = &f->channel->key;
	struct suppress_query q = { .asset = f->channel->subject->id, .judged_ns = f->judged_ns };
	char value[GROUP_TEXT_MAX];

	/* What an entry of the policy allows is suppressed as it is. */
	if (!ctx->site->n_suppress || (f->rule == RULE_EXF_001 && f->entry))
		return NULL;
	q.rule = f->rule == RULE_OWN ? f->own_id : rule_id_text(f->rule);
	describe(key, key->group == GROUP_DOMAIN ? f->channel->name : leaf ? leaf->name : NULL,
		 group_value(key, f->channel->name, value), &q);
	q.service = dpi_protocol_name(dpi_carrier(k->master, k->app));
	if (leaf && (key->group == GROUP_IP || f->rule == RULE_EXF_008)) {
		q.proto = leaf->key.proto;
		q.port = leaf->key.port;
	}
	explain_stretch(ctx, f, &q.from_ns, &q.to_ns);
	q.skips_windows = open && !open->suppressed[0];
	e = suppress_find(ctx->site, &q);
	return e && e->n_services && f->dealing && !covers_all(ctx, f->dealing->dealing, &q) ?
	       NULL : e;
}

/* What is remembered of it; value: room for what the query borrows. */
static struct suppress_query query_of(const struct incident *in, uint64_t now_ns,
				      char value[static GROUP_TEXT_MAX])
{
	struct suppress_query q = { .rule = incident_rule_id(in), .asset = in->subject->id,
				    .judged_ns = now_ns, .from_ns = now_ns, .to_ns = now_ns,
				    .service = "", .skips_windows = true };

	describe(&in->key, in->domain, group_value(&in->key, in->domain, value), &q);
	if (in->is_any)
		q.about = SUPPRESS_ANY;
	if (!in->is_any && in->key.group == GROUP_IP) {
		q.proto = in->key.proto;
		q.port = in->key.port;
	}
	return q;
}

const struct suppression *gate_suppression(const struct alert_context *ctx,
					   const struct incident *in, uint64_t now_ns)
{
	char value[GROUP_TEXT_MAX];
	struct suppress_query q;

	if (!ctx->site->n_suppress || incident_is_allowed(in))
		return NULL;
	q = query_of(in, now_ns, value);
	return suppress_find(ctx->site, &q);
}

bool gate_is_exposed(const struct alert_context *ctx, const struct incident *in, uint64_t now_ns)
{
	const struct suppression *e = suppress_by_id(ctx->site, in->suppressed);
	char value[GROUP_TEXT_MAX];
	struct suppress_query q = query_of(in, now_ns, value);

	return !e || !suppress_still_holds(ctx->site, e, &q);
}

/* The pack says how severe a rule is at most; the site may say less. */
static unsigned cap_of(const struct rule *rule)
{
	return rule->severity_cap && rule->severity_cap < rule->severity ? rule->severity_cap :
									  rule->severity;
}

/* --- all of it ---------------------------------------------------------------- */

enum gate gate_finding(const struct alert_context *ctx, const struct finding *f,
		       const struct incident *open, struct finding *ret)
{
	struct rule buf;
	const struct rule *rule = gate_rule(ctx->site, f->rule, f->own_id, &buf);

	if (is_off(ctx->site, f->rule, f->own_id))
		return GATE_OFF;
	if (!is_matched(ctx, rule, f))
		return GATE_UNMATCHED;
	*ret = *f;
	if (ret->severity > cap_of(rule))
		ret->severity = cap_of(rule);
	ret->bare = ret->severity;
	ret->suppression = suppression_of(ctx, f, open);
	if (ret->suppression)
		ret->severity = 1;
	return GATE_PASSED;
}

bool gate_is_lowered(const struct alert_context *ctx, const struct incident *in,
		     const struct finding *f)
{
	unsigned cap = f->rule == RULE_OWN ? 0 : rule_of(ctx->site->rules, f->rule)->severity_cap;

	return cap && in->severity == cap && f->severity == cap && !f->suppression;
}

bool gate_is_off(const struct alert_context *ctx, const struct incident *in)
{
	return is_off(ctx->site, in->rule, in->own);
}
