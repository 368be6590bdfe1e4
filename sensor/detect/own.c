/* own.c - see own.h. */
#include "detect/own.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/pseudonym.h"
#include "base/text.h"

/* --- what is known of a flow ----------------------------------------------- */

static struct condition_fact text_fact(const char *text)
{
	return (struct condition_fact){ .is_known = text && text[0], .text = text ? text : "" };
}

static struct condition_fact number_fact(double number)
{
	return (struct condition_fact){ .is_known = true, .number = number };
}

static struct condition_fact unknown_fact(void)
{
	return (struct condition_fact){ .text = "" };
}

static const char *transport_of(uint8_t proto)
{
	switch (proto) {
	case IP_TCP: return "tcp";
	case IP_UDP: return "udp";
	case IP_SCTP: return "sctp";
	case IP_ICMP: return "icmp";
	case IP_ICMPV6: return "icmpv6";
	default: return "";
	}
}

static bool has_ports(uint8_t proto)
{
	return proto == IP_TCP || proto == IP_UDP || proto == IP_SCTP;
}

static const char *direction_of(const struct own_flow *f)
{
	switch (f->crossing) {
	case CROSSING_EXTERNAL: return f->is_inbound ? "inbound" : "outbound";
	case CROSSING_INTERNAL: return "internal";
	default: return "inside";
	}
}

/* The asset list says what an address is; what was seen with an asset's MAC is that asset too. */
static const struct asset *asset_of(const struct own_flow *f, const struct addr *a,
				    const struct subject *s)
{
	return s && s->asset ? s->asset : site_asset(f->site, a);
}

static const struct zone *zone_of(const struct own_flow *f, const struct addr *a,
				  const struct subject *s)
{
	return s && s->zone ? s->zone : site_zone(f->site, a);
}

static const struct geo_place *place_of(struct own_flow *f)
{
	if (!f->has_place && !geo_lookup(f->site->geo, slice_server(f->slice), &f->place))
		memset(&f->place, 0, sizeof(f->place));
	f->has_place = true;
	return &f->place;
}

static struct condition_fact end_fact(struct own_flow *f, enum condition_field field,
				      enum condition_field first, const struct addr *a,
				      const struct subject *s)
{
	const struct asset *asset = asset_of(f, a, s);
	const struct zone *zone;

	switch ((int)field - (int)first) {
	case 0: return text_fact(asset ? asset->id : NULL);
	case 1: return text_fact(asset ? asset->role : NULL);
	case 2: return text_fact(asset ? asset->vendor : NULL);
	case 3:
		zone = zone_of(f, a, s);
		return text_fact(zone ? zone->id : NULL);
	default:
		return (struct condition_fact){ .is_known = true, .text = "", .addr = *a };
	}
}

static struct condition_fact channel_fact(const struct own_flow *f, enum condition_field field)
{
	const struct channel *ch = f->channel;
	uint64_t now_ns = f->slice->minute_ns;

	if (!ch)
		return unknown_fact();
	switch (field) {
	case FIELD_EXPECTED: return number_fact(ch->contact && ch->contact->expected);
	case FIELD_CHANNEL_UP: return number_fact((double)ch->up);
	case FIELD_CHANNEL_DOWN: return number_fact((double)ch->down);
	case FIELD_CHANNEL_NIGHT_UP: return number_fact((double)ch->row_up);
	default:
		return number_fact(now_ns > ch->first_ns ?
				   (double)((now_ns - ch->first_ns) / NS_PER_DAY) : 0);
	}
}

static struct condition_fact flow_fact(struct own_flow *f, enum condition_field field)
{
	const struct slice *s = f->slice;

	switch (field) {
	case FIELD_ANSWERED: return number_fact(s->is_answered);
	case FIELD_UP: return number_fact((double)s->sums.payload[0]);
	case FIELD_DOWN: return number_fact((double)s->sums.payload[1]);
	case FIELD_PACKETS_UP: return number_fact((double)s->sums.packets[0]);
	case FIELD_PACKETS_DOWN: return number_fact((double)s->sums.packets[1]);
	case FIELD_VERDICT: return text_fact(dpi_source_name(s->verdict));
	case FIELD_FUNCTION:
		return (struct condition_fact){ .is_known = s->acts[0] != 0, .text = "",
						.bits = s->acts[0] };
	case FIELD_CLOSED_HOURS:
		return number_fact(calendar_is_closed(f->calendar,
						      zone_of(f, slice_client(s), f->source),
						      s->minute_ns));
	default:
		return channel_fact(f, field);
	}
}

static struct condition_fact fact_of(void *flow, enum condition_field field)
{
	struct own_flow *f = flow;
	const struct slice *s = f->slice;
	const struct geo_place *place;

	if (field <= FIELD_SOURCE_IP)
		return end_fact(f, field, FIELD_SOURCE_ASSET, slice_client(s), f->source);
	if (field <= FIELD_DESTINATION_IP)
		return end_fact(f, field, FIELD_DESTINATION_ASSET, slice_server(s),
				f->destination);
	switch (field) {
	case FIELD_DESTINATION_PORT:
		return has_ports(s->id.key.proto) ? number_fact(slice_server_port(s)) :
						    unknown_fact();
	case FIELD_DESTINATION_DOMAIN: return text_fact(s->name);
	case FIELD_DESTINATION_ASN:
		place = place_of(f);
		return place->asn ? number_fact(place->asn) : unknown_fact();
	case FIELD_DESTINATION_COUNTRY: return text_fact(place_of(f)->country);
	case FIELD_TRANSPORT: return text_fact(transport_of(s->id.key.proto));
	case FIELD_PROTOCOL: return text_fact(dpi_protocol_name(dpi_carrier(s->master, s->app)));
	case FIELD_DIRECTION: return text_fact(direction_of(f));
	default: return flow_fact(f, field);
	}
}

/* --- in words -------------------------------------------------------------- */

static void function_text(unsigned bits, char *buf, size_t cap)
{
	buf[0] = '\0';
	for (unsigned i = 0; 1U << i < DPI_ACT_END; i++)
		if (bits >> i & 1)
			snprintf(buf + strlen(buf), cap - strlen(buf), "%s%s", buf[0] ? " " : "",
				 dpi_act_name(i));
}

static void domain_text(const char *domain, char *buf, size_t cap)
{
	char shown[PSEUDONYM_NAME_MAX];

	name_show(domain, shown);
	text_repair(shown, strlen(shown), buf, cap);
}

static void fact_text(enum condition_field field, const struct condition_fact *fact, char *buf,
		      size_t cap)
{
	char text[CLOCK_TEXT_MAX + ADDR_TEXT_MAX];

	if (field == FIELD_FUNCTION)
		function_text(fact->bits, buf, cap);
	else if (field == FIELD_DESTINATION_DOMAIN)
		domain_text(fact->text, buf, cap);
	else if (condition_field_type(field) == FIELD_TEXT)
		text_repair(fact->text, strlen(fact->text), buf, cap);
	else if (condition_field_type(field) == FIELD_ADDRESS)
		snprintf(buf, cap, "%s", addr_show(&fact->addr, text));
	else if (condition_field_type(field) == FIELD_BYTES)
		snprintf(buf, cap, "%s", size_format((uint64_t)fact->number, text));
	else if (condition_field_type(field) == FIELD_FLAG)
		snprintf(buf, cap, "%s", fact->number != 0 ? "true" : "false");
	else
		snprintf(buf, cap, "%.10g", fact->number);
}

static void say_matched(struct own_flow *f, uint32_t held, char *buf)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 0; i < CONDITION_FIELDS; i++) {
		enum condition_field field = (enum condition_field)i;
		struct condition_fact fact;
		char value[128], part[192];

		if (!(held >> i & 1))
			continue;
		fact = fact_of(f, field);
		fact_text(field, &fact, value, sizeof(value));
		snprintf(part, sizeof(part), "%s%s %s", len ? ", " : "",
			 condition_field_name(field), value);
		if (len + strlen(part) >= OWN_MATCHED_MAX - 64)
			break;		/* the sentence around it has to fit */
		memcpy(buf + len, part, strlen(part) + 1);
		len += strlen(part);
	}
}

/* --- the rule -------------------------------------------------------------- */

static bool is_in_window(const struct closed_hours *window, uint64_t ns)
{
	int64_t today = calendar_day(ns);

	for (int64_t day = today - 1; day <= today; day++) {
		uint64_t start_ns, end_ns;

		if (calendar_turn(window, day, &start_ns, &end_ns) && ns >= start_ns && ns < end_ns)
			return true;
	}
	return false;
}

bool own_holds(const struct own_rule *rule, struct own_flow *flow,
	       char ret_matched[static OWN_MATCHED_MAX])
{
	struct condition_asking asking = { .fact = fact_of, .arg = flow };

	if (rule->rule.is_disabled ||
	    (rule->has_window && !is_in_window(&rule->window, flow->slice->minute_ns)) ||
	    !condition_holds(rule->match, &asking))
		return false;
	say_matched(flow, asking.held, ret_matched);
	return true;
}
