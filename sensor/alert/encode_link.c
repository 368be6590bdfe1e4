/* encode_link.c - who claimed an address and what routes on a link: the part "link" of a record. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "alert/encode_internal.h"
#include "base/json.h"
#include "base/pseudonym.h"

#define MAC_TEXT_MAX 18

static void put_mac(json_t *object, const uint8_t mac[static 6])
{
	char text[MAC_TEXT_MAX];

	snprintf(text, sizeof(text), "%02X-%02X-%02X-%02X-%02X-%02X", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	json_put_text(object, "mac", text);
}

static json_t *vlans_array(const struct claim_link *l)
{
	json_t *vlans = json_array();

	for (int i = 0; i < 2 && l->vlan[i] != 0xffff; i++)
		json_array_append_new(vlans, json_integer(l->vlan[i]));
	return vlans;
}

static json_t *holder_object(const struct holder *h, const struct asset *listed)
{
	json_t *object = json_object();

	put_mac(object, h->mac);
	json_put_time(object, "first_seen", h->first_ns);
	json_put_time(object, "last_seen", h->last_ns);
	json_put_text(object, "listed", listed ? listed->id : NULL);
	return object;
}

static json_t *spoof_object(const struct spoof_facts *s)
{
	json_t *object = json_object(), *claimed = json_array();
	char text[ADDR_TEXT_MAX];

	json_object_set_new(object, "vlan", vlans_array(&s->neighbour->row.link));
	json_put_text(object, "address", addr_show(&s->neighbour->row.addr, text));
	json_array_append_new(claimed, holder_object(spoof_older(s->neighbour), s->older_asset));
	json_array_append_new(claimed, holder_object(spoof_newer(s->neighbour), s->newer_asset));
	json_object_set_new(object, "claimed_by", claimed);
	json_put_int(object, "conflicts", s->neighbour->conflicts);
	json_put_int(object, "others", s->others);
	return object;
}

static json_t *deeds_array(unsigned how)
{
	static const struct { unsigned bits; const char *name; } deeds[] = {
		{ CLAIM_ADVERTISED, "advertises" },
		{ CLAIM_NO_DEFAULT, "advertises_no_default" }, { CLAIM_FLAGGED, "says_router" },
		{ CLAIM_REDIRECTED, "redirects" }, { GATEWAY_FORWARDS, "forwards" },
		{ CLAIM_DHCP4, "dhcp" }, { CLAIM_DHCP6, "dhcpv6" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (how & deeds[i].bits)
			json_array_append_new(list, json_string(deeds[i].name));
	return list;
}

static json_t *gateway_object(const struct gateway *g, const struct asset *listed)
{
	static const struct addr none;
	json_t *object = json_object();
	char text[ADDR_TEXT_MAX];

	put_mac(object, g->row.mac);
	json_put_text(object, "address", addr_equal(&g->addr, &none) ? NULL :
		      addr_show(&g->addr, text));
	json_object_set_new(object, "does", deeds_array(g->how));
	json_put_time(object, "first_seen", g->row.first_ns);
	json_put_time(object, "last_seen", g->row.last_ns);
	json_put_text(object, "listed", listed ? listed->id : NULL);
	return object;
}

static json_t *path_object(const struct alert_context *ctx, const struct gateway_facts *g)
{
	json_t *object = json_object(), *known = json_array();

	json_object_set_new(object, "vlan", vlans_array(&g->gateway->row.link));
	json_put_time(object, "known_since", g->link_ns);
	json_object_set_new(object, "gateway", gateway_object(g->gateway, g->asset));
	for (unsigned i = 0; i < g->n_known; i++)
		json_array_append_new(known, gateway_object(g->known[i],
				      site_asset_of_mac(ctx->site, g->known[i]->row.mac)));
	json_object_set_new(object, "before", known);
	return object;
}

json_t *encode_link(const struct alert_context *ctx, const struct finding *f)
{
	return f->spoof ? spoof_object(f->spoof) : path_object(ctx, f->gateway);
}
