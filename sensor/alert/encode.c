/* encode.c - see encode.h.  One function per branch of the record, jansson throughout; floats carry
 * six significant digits, so that the last bits of a machine's libm never reach a record. */
#include "alert/encode.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/encode_internal.h"
#include "alert/gate.h"
#include "base/err.h"
#include "base/json.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"
#include "config.h"
#include "detect/nightly.h"

#define TEXT_MAX 1024
#define REAL_DIGITS 6

/* What is suppressed has none, as incident.h says. */
static const char *level_text(const struct incident *in)
{
	static const char *const names[] = { "-", "L1", "L2", "L3" };

	return names[incident_is_suppressed(in) ? LEVEL_NONE : in->level];
}

/* {1:10, 2:30, 3:50, 4:75, 5:90}[severity] + min(9, floor(log10 M)) */
static unsigned risk_of(unsigned severity, double m)
{
	static const unsigned base[] = { 0, 10, 30, 50, 75, 90 };
	double digits = m >= 1 ? floor(log10(m)) : 0;

	return base[severity <= 5 ? severity : 5] + (unsigned)fmin(9, digits);
}

/* What speaks below flows; NULL: the finding is about traffic. */
static const char *link_protocol(const struct finding *f)
{
	if (f->spoof)
		return addr_is_ipv4(&f->spoof->neighbour->row.addr) ? "arp" : "icmpv6";
	if (!f->gateway || f->channel->key.is_external)
		return NULL;
	return f->gateway->roles >> GATEWAY_ROUTER & 1 ? "icmpv6" : "dhcp";
}

static void protocol_name(const struct finding *f, char *buf, size_t cap)
{
	const struct contact *k = finding_contact(f);
	const char *name = link_protocol(f);

	if (!name)
		name = dpi_protocol_name(dpi_carrier(k->master, k->app));

	text_copy(buf, cap, *name ? name : "unknown");
	for (char *c = buf; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
}

static json_t *event_of(const struct alert_context *ctx, const struct incident *in,
			const struct finding *f, const char *action, double m)
{
	json_t *event = json_object(), *category = json_array(), *type = json_array();
	uint64_t start = f->channel->first_ns, end = f->channel->last_ns;

	json_array_append_new(category, json_string("network"));
	json_array_append_new(category, json_string("intrusion_detection"));
	json_array_append_new(type, json_string("info"));
	json_put_text(event, "kind", "alert");
	json_object_set_new(event, "category", category);
	json_object_set_new(event, "type", type);
	json_put_text(event, "action", action);
	json_put_text(event, "code", incident_rule_id(in));
	json_put_int(event, "severity", in->severity);
	json_put_int(event, "risk_score", risk_of(in->severity, m));
	json_put_time(event, "start", start);
	json_put_time(event, "end", end);
	json_put_time(event, "created", f->judged_ns);
	json_put_text(event, "reason", in->words->message);
	json_put_text(event, "module", "nachtwacht");
	json_put_text(event, "dataset", "nachtwacht.alert");
	json_put_text(event, "timezone", ctx->site->timezone);
	return event;
}

/* The link's VLAN, when the finding is about one. */
static void put_vlan(json_t *ingress, const struct finding *f)
{
	const struct claim_link *link = f->spoof ? &f->spoof->neighbour->row.link :
					f->gateway ? &f->gateway->gateway->row.link : NULL;
	json_t *vlan;
	char text[8];

	if (!link || link->vlan[0] == 0xffff)
		return;
	snprintf(text, sizeof(text), "%u", link->vlan[0]);
	vlan = json_object();
	json_put_text(vlan, "id", text);
	json_object_set_new(ingress, "vlan", vlan);
}

static json_t *observer_object(const struct alert_context *ctx, const struct finding *f,
			       const struct subject *s)
{
	json_t *ingress = json_object();

	put_vlan(ingress, f);
	if (s->zone)
		json_put_text(ingress, "zone", s->zone->id);
	return encode_observer(ctx, ingress);
}

/* Of whom the traffic is: the address that the last connection had, else the first one known. */
static const struct addr *own_address(const struct finding *f)
{
	return f->leaf && f->leaf->contact ? &f->leaf->contact->own : &f->channel->subject->addr;
}

static const struct addr *peer_address(const struct incident *in, const struct finding *f)
{
	if (in->is_any)
		return NULL;
	if (f->channel->key.group == GROUP_IP)
		return &f->channel->key.value;
	return f->leaf ? &f->leaf->key.value : NULL;
}

static uint8_t transport_of(const struct finding *f)
{
	return f->leaf ? f->leaf->key.proto : f->channel->key.proto;
}

/* On a link the MAC that is new there. */
static const uint8_t *own_mac(const struct finding *f)
{
	if (f->spoof)
		return spoof_newer(f->spoof->neighbour)->mac;
	if (f->gateway && !f->channel->key.is_external)
		return f->gateway->gateway->row.mac;
	return f->leaf ? f->leaf->subject->mac : f->channel->subject->mac;
}

static json_t *source_object(const struct finding *f, uint64_t up)
{
	static const uint8_t none[6];
	const uint8_t *mac = own_mac(f);
	json_t *source = json_object();
	char text[ADDR_TEXT_MAX];

	json_put_text(source, "ip", addr_show(own_address(f), text));
	if (memcmp(mac, none, 6)) {
		snprintf(text, sizeof(text), "%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1],
			 mac[2], mac[3], mac[4], mac[5]);
		json_put_text(source, "mac", text);
	}
	json_put_int(source, "bytes", up);
	return source;
}

static void put_place(json_t *destination, const struct geo *geo, const struct addr *peer)
{
	json_t *as = json_object(), *organization = json_object(), *where = json_object();
	char name[TEXT_MAX];
	struct geo_place place;

	if (!geo_lookup(geo, peer, &place))
		memset(&place, 0, sizeof(place));
	if (text_repair(place.organisation, strlen(place.organisation), name, sizeof(name)))
		json_put_text(organization, "name", name);
	if (place.asn) {
		json_put_int(as, "number", place.asn);
		if (json_object_size(organization))
			json_object_set(as, "organization", organization);
		json_object_set(destination, "as", as);
	}
	if (place.country[0]) {
		json_put_text(where, "country_iso_code", place.country);
		json_object_set(destination, "geo", where);
	}
	json_decref(where);
	json_decref(organization);
	json_decref(as);
}

static json_t *destination_object(const struct alert_context *ctx, const struct incident *in,
				  const struct finding *f, uint64_t down)
{
	const struct addr *peer = peer_address(in, f);
	json_t *destination = json_object();
	const char *name = f->leaf ? f->leaf->name : NULL;
	char text[ADDR_TEXT_MAX], shown[PSEUDONYM_NAME_MAX];

	if (!name)
		name = f->channel->key.group == GROUP_DOMAIN ? f->channel->name : NULL;
	if (peer) {
		json_put_text(destination, "ip", addr_show(peer, text));
		if (finding_contact(f)->port)
			json_put_int(destination, "port", finding_contact(f)->port);
		put_place(destination, ctx->site->geo, peer);
	}
	if (!in->is_any && name)
		json_put_text(destination, "domain", name_show(name, shown));
	json_put_int(destination, "bytes", down);
	return destination;
}

static json_t *network_object(const struct finding *f, uint64_t bytes)
{
	const struct contact *k = finding_contact(f);
	json_t *network = json_object(), *ids = json_array();
	char text[DPI_PROTOCOL_MAX], number[8], id[COMMUNITY_ID_MAX];

	/* Who has the id can try all addresses until it fits. */
	for (unsigned i = 0; i < k->communities && !pseudonyms_for_addresses(); i++) {
		community_id_text(k->community[i], id);
		json_array_append_new(ids, json_string(id));
	}
	protocol_name(f, text, sizeof(text));
	json_put_text(network, "transport", packet_transport_name(transport_of(f), number));
	json_put_text(network, "protocol", text);
	json_put_text(network, "direction", !f->channel->key.is_external ? "internal" :
		 k->was_opened_outside ? "inbound" : "outbound");
	json_put_int(network, "bytes", bytes);
	json_object_set_new(network, "community_id", ids);
	return network;
}

static json_t *related_object(const struct incident *in, const struct finding *f)
{
	json_t *related = json_object(), *ips = json_array(), *hosts = json_array();
	const char *heard = f->leaf ? f->leaf->name : f->channel->name;
	const struct addr *peer = peer_address(in, f);
	char text[ADDR_TEXT_MAX], name[TEXT_MAX], shown[PSEUDONYM_NAME_MAX];

	json_array_append_new(ips, json_string(addr_show(own_address(f), text)));
	if (peer && !addr_equal(peer, own_address(f)))
		json_array_append_new(ips, json_string(addr_show(peer, text)));
	name_show(heard ? heard : "", shown);
	if (!in->is_any && text_repair(shown, strlen(shown), name, sizeof(name)))
		json_array_append_new(hosts, json_string(name));
	json_object_set_new(related, "ip", ips);
	json_object_set_new(related, "hosts", hosts);
	return related;
}

static json_t *incident_object(const struct incident *in, const char *action)
{
	json_t *object = json_object();

	json_put_text(object, "id", in->id);
	json_put_text(object, "case", in->case_id);
	json_put_text(object, "state", strcmp(action, "resolve") ? "open" : "resolved");
	json_put_text(object, "level", level_text(in));
	json_put_time(object, "opened", in->opened_ns);
	json_put_int(object, "records", in->records);
	json_put_text(object, "previous", in->previous[0] ? in->previous : NULL);
	return object;
}

static json_t *asset_object(const struct subject *s)
{
	json_t *object = json_object();

	json_put_text(object, "id", s->id);
	json_put_text(object, "role", s->asset && s->asset->role[0] ? s->asset->role : NULL);
	json_put_text(object, "vendor", s->vendor_name ? s->vendor_name :
		      s->asset && s->asset->vendor[0] ? s->asset->vendor : NULL);
	json_put_text(object, "zone", s->zone ? s->zone->id : NULL);
	return object;
}

/* Peers that the nights of a group had most upload to, each once; of a vendor, the assets. */
static void put_members(json_t *members, const struct finding *f)
{
	static const struct addr none;
	const struct evidence *ev = f->channel->evidence;
	struct addr told[INCIDENT_MEMBERS_MAX];
	char text[ADDR_TEXT_MAX];
	unsigned n = 0, k;

	for (unsigned i = 0; i < f->n_members; i++)
		json_array_append_new(members, json_string(f->members[i]->id));
	if (f->n_members || f->channel->key.group == GROUP_IP || !ev)
		return;
	for (uint64_t i = 0; i < evidence_nights(ev) && n < INCIDENT_MEMBERS_MAX; i++) {
		const struct addr *top = &evidence_night(ev, i)->top;

		for (k = 0; k < n && !addr_equal(&told[k], top); k++)
			;
		if (k < n || addr_equal(top, &none))
			continue;
		told[n++] = *top;
		json_array_append_new(members, json_string(addr_show(top, text)));
	}
}

static json_t *members_array(const struct incident *in, const struct finding *f)
{
	json_t *members = json_array();
	char text[ADDR_TEXT_MAX];

	for (uint32_t i = 0; in->is_any && in->member && i < in->members &&
	     i < INCIDENT_MEMBERS_MAX; i++)
		json_array_append_new(members, json_string(addr_show(&in->member[i], text)));
	if (!in->is_any)
		put_members(members, f);
	return members;
}

static json_t *attached_array(const struct incident *in)
{
	json_t *attached = json_array();
	char clean[INCIDENT_ATTACHED_MAX];

	for (const char *at = in->attached, *end; (end = strchr(at, '\n')); at = end + 1) {
		text_repair(at, (size_t)(end - at), clean, sizeof(clean));
		json_array_append_new(attached, json_string(clean));
	}
	return attached;
}

static json_t *channel_object(const struct incident *in, const struct finding *f)
{
	json_t *object = json_object();
	char value[GROUP_TEXT_MAX], service[SERVICE_TEXT_MAX], clean[TEXT_MAX];

	incident_value(in, value);
	text_repair(value, strlen(value), clean, sizeof(clean));
	json_put_text(object, "group", incident_group(in));
	json_put_text(object, "value", clean);
	json_put_text(object, "service", incident_service(in, service));
	json_object_set_new(object, "members", members_array(in, f));
	json_object_set_new(object, "attached", attached_array(in));
	json_put_text(object, "verdict", in->is_any || !f->leaf ? NULL :
		      dpi_source_name(finding_contact(f)->verdict));
	if (in->is_any && in->members)
		json_put_int(object, "count", in->members);
	else if (in->rule == RULE_OWN && in->count)
		json_put_int(object, "count", in->count);
	return object;
}

static json_t *lines_array(const struct incident *in)
{
	json_t *lines = json_array();

	for (unsigned i = 0; i < in->explain_n; i++) {
		char clean[INCIDENT_TEXT_MAX];
		const char *line = in->words->explain[i];

		text_repair(line, strlen(line), clean, sizeof(clean));
		json_array_append_new(lines, json_string(clean));
	}
	return lines;
}

static json_t *baseline_object(const struct alert_context *ctx, const struct finding *f)
{
	enum baseline state = baseline_state(ctx->site, ctx->since_row, f->row);
	json_t *object = json_object();
	char text[INCIDENT_TEXT_MAX];

	json_put_text(object, "state", baseline_name(state));
	json_put_text(object, "text", explain_baseline(ctx, f, text, sizeof(text)));
	if (f->destination) {
		json_put_text(object, "id", baseline_id(f->destination, text));
		json_put_text(object, "destination", baseline_value(f->destination, text));
		json_put_time(object, "first_seen", f->destination->first_ns);
		json_object_set_new(object, "accepted",
				    json_boolean(f->destination->is_accepted));
	}
	return object;
}

/* Of the day before: what the interfaces counted is known live alone.  Duplicates are not measured
 * in this version. */
static json_t *tap_object(const struct alert_context *ctx, uint64_t judged_ns)
{
	json_t *tap = json_object();
	bool is_known = ctx->is_live && ctx->coverage;
	struct coverage_look look;

	coverage_look(ctx->coverage, judged_ns > NS_PER_DAY ? judged_ns - NS_PER_DAY : 0, judged_ns,
		      &look);
	if (is_known && (look.received || look.dropped))
		json_put_real(tap, "drop_ratio", look.loss);
	else
		json_object_set_new(tap, "drop_ratio", json_null());
	json_object_set_new(tap, "duplicate_ratio", json_null());
	json_object_set_new(tap, "one_sided", is_known ? json_boolean(look.one_sided_ns > 0) :
			    json_null());
	return tap;
}

/* The order that covers a remote session: of one that reached beyond another's, none does. */
static const char *work_order_of(const struct finding *f)
{
	return f->remote && f->remote->visit->order[0] ? f->remote->visit->order : "none";
}

static json_t *work_order_object(const struct finding *f)
{
	const struct order *nearest = f->remote ? f->remote->nearest : NULL;
	json_t *order = json_object();

	json_object_set_new(order, "required", json_boolean(finding_is_remote(f)));
	json_put_text(order, "match", work_order_of(f));
	json_put_text(order, "nearest", nearest ? nearest->id : NULL);
	return order;
}

/* The entry that allows or suppresses it; at the end also the one that ends it. */
static const char *suppression_of(const struct incident *in, const struct finding *f)
{
	if (in->suppressed[0])
		return in->suppressed;
	if (f->suppression)
		return f->suppression->id;
	return incident_is_allowed(in) ? in->entry : NULL;
}

static json_t *flip_object(const struct flip_facts *f)
{
	json_t *flip = json_object();

	json_put_int(flip, "up", f->up);
	json_put_int(flip, "down", f->down);
	json_put_int(flip, "before_up", f->before_up);
	json_put_int(flip, "before_down", f->before_down);
	json_put_int(flip, "nights_before", f->nights);
	return flip;
}

static json_t *own_object(const struct alert_context *ctx, const struct incident *in,
			  const struct finding *f, const struct nightly_facts *facts,
			  const char *action)
{
	json_t *own = json_object(), *run = json_object();
	struct rule buf;
	const struct rule *rule = gate_rule(ctx->site, in->rule, in->own, &buf);
	char text[CLOCK_TEXT_MAX];

	json_put_int(own, "schema", 1);
	json_put_text(own, "site", ctx->site->id);
	json_put_text(own, "mode", ctx->is_live ? "live" : "replay");
	json_put_text(own, "local",
		      clock_format_offset(f->judged_ns, tz_offset(f->judged_ns), text));
	json_object_set_new(own, "incident", incident_object(in, action));
	json_object_set_new(own, "asset", asset_object(in->subject));
	json_object_set_new(own, "channel", channel_object(in, f));
	json_object_set_new(own, "evidence", finding_rests_on_nights(f) ?
			    encode_evidence(ctx, f, facts) :
			    json_null());
	json_object_set_new(own, "nights", encode_nights(ctx, f));
	json_object_set_new(own, "baseline", baseline_object(ctx, f));
	json_object_set_new(own, "explain", lines_array(in));
	json_object_set_new(own, "triage", incident_is_suppressed(in) ?
			    json_array() : encode_triage(rule));
	json_object_set_new(own, "work_order", work_order_object(f));
	if ((f->spoof || f->gateway) && !in->is_any)
		json_object_set_new(own, "link", encode_link(ctx, f));
	if (f->flip && !in->is_any)
		json_object_set_new(own, "flip", flip_object(f->flip));
	if (f->dealing && !in->is_any)
		json_object_set_new(own, "dealing", encode_dealing(ctx, f));
	json_put_text(own, "suppression", suppression_of(in, f));
	json_object_set_new(own, "tap", tap_object(ctx, f->judged_ns));
	json_put_text(run, "id", ctx->run_id);
	json_object_set_new(own, "run", run);
	return own;
}

static void fill_flat(const struct alert_context *ctx, const struct incident *in,
		      const struct finding *f, const char *action, struct record_flat *flat)
{
	const struct addr *peer = peer_address(in, f);
	const struct asset *asset = in->subject->asset;
	char number[8];

	text_copy(flat->incident, sizeof(flat->incident), in->id);
	text_copy(flat->case_id, sizeof(flat->case_id), in->case_id);
	text_copy(flat->action, sizeof(flat->action), action);
	flat->ts_ms = f->judged_ns / NS_PER_MS;
	text_copy(flat->site, sizeof(flat->site), ctx->site->id);
	text_copy(flat->sensor, sizeof(flat->sensor), ctx->sensor);
	text_copy(flat->rule, sizeof(flat->rule), incident_rule_id(in));
	flat->severity = in->severity;
	text_copy(flat->level, sizeof(flat->level), level_text(in));
	text_copy(flat->asset, sizeof(flat->asset), in->subject->id);
	text_copy(flat->role, sizeof(flat->role), asset && asset->role[0] ? asset->role : "-");
	addr_show(own_address(f), flat->src);
	if (peer)
		addr_show(peer, flat->dst);
	else
		text_copy(flat->dst, sizeof(flat->dst), "-");
	flat->dport = peer ? finding_contact(f)->port : 0;
	text_copy(flat->proto, sizeof(flat->proto), packet_transport_name(transport_of(f), number));
	protocol_name(f, flat->app, sizeof(flat->app));
	flat->nights = in->nights;
	text_copy(flat->work_order, sizeof(flat->work_order), work_order_of(f));
	flat->is_suppressed = incident_is_suppressed(in);
}

/* A record of a night that was not over has an id of its own: with a state the next run judges that
 * night again, and its record must not be taken for this one. */
static void put_event_id(const struct alert_context *ctx, const struct incident *in,
			 bool is_partial, json_t *event, struct record_flat *flat)
{
	static const uint8_t name_space[16] = RECORD_UUID_NAMESPACE;
	char name[256];

	snprintf(name, sizeof(name), "%s/%u/%s%s", in->id, in->records, ctx->sensor,
		 is_partial ? "/partial" : "");
	uuid_v5(name_space, name, flat->id);
	json_put_text(event, "id", flat->id);
}

struct record *encode_alert(const struct alert_context *ctx, const struct incident *in,
			    const struct finding *f, const struct nightly_facts *facts,
			    const char *action, uint64_t sequence)
{
	struct record *r = calloc(1, sizeof(*r));
	json_t *root = json_object(), *event;
	bool has_nights = finding_rests_on_nights(f);
	uint64_t up = has_nights ? facts->up : in->up, down = has_nights ? facts->down : in->down;
	json_t *ecs = json_object();
	const struct rule *rule;
	struct rule buf;

	if (!r || !root)
		goto out;
	r->kind = RECORD_ALERT;
	r->sequence = sequence;
	fill_flat(ctx, in, f, action, &r->flat);
	r->flat.bytes_up = up;
	r->flat.risk = risk_of(in->severity, facts->m);
	event = event_of(ctx, in, f, action, facts->m);
	put_event_id(ctx, in, f->is_partial, event, &r->flat);
	json_put_int(event, "sequence", sequence);
	json_put_time(root, "@timestamp", f->judged_ns);
	json_put_text(ecs, "version", ECS_VERSION);
	json_object_set(root, "ecs", ecs);
	json_put_text(root, "message", in->words->message);
	json_object_set_new(root, "event", event);
	rule = gate_rule(ctx->site, in->rule, in->own, &buf);
	json_object_set_new(root, "rule", encode_rule(rule));
	json_object_set_new(root, "threat", encode_threat(rule));
	json_object_set_new(root, "observer", observer_object(ctx, f, in->subject));
	json_object_set_new(root, "source", source_object(f, up));
	json_object_set_new(root, "destination", destination_object(ctx, in, f, down));
	json_object_set_new(root, "network", network_object(f, up + down));
	json_object_set_new(root, "related", related_object(in, f));
	json_object_set_new(root, "nachtwacht", own_object(ctx, in, f, facts, action));
	r->json =
		json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(REAL_DIGITS));
	if (r->json)
		r->json_len = strlen(r->json);
out:
	json_decref(ecs);
	json_decref(root);
	if (r && !r->json) {
		record_free(r);
		return NULL;
	}
	return r;
}
