/* links_view.c - see links_view.h. */
#include "app/links_view.h"

#include <string.h>
#include "base/err.h"
#include "base/json.h"
#include "base/pseudonym.h"

static const struct { unsigned bit; const char *name, *words; } deeds[] = {
	{ CLAIM_ADVERTISED, "advertises", "advertises itself" },
	{ CLAIM_NO_DEFAULT, "advertises_no_default", "advertises itself as no default router" },
	{ CLAIM_FLAGGED, "says_router", "says that it is a router" },
	{ CLAIM_REDIRECTED, "redirects", "redirects" },
	{ GATEWAY_FORWARDS, "forwards", "forwards" },
	{ CLAIM_DHCP4, "dhcp", "DHCP" }, { CLAIM_DHCP6, "dhcpv6", "DHCPv6" },
};

static bool is_of(const struct link_row *row, const struct link_row *link)
{
	return !memcmp(&row->link, &link->link, sizeof(row->link));
}

static size_t count_neighbours(const struct state_view *v, const struct link_row *link)
{
	size_t n, count = 0;
	struct link_row *const *list = links_list(v->tables.tallies.links, LINK_NEIGHBOUR, &n);

	for (size_t i = 0; i < n; i++)
		count += is_of(list[i], link);
	return count;
}

static void print_gateway(const struct state_view *v, const struct gateway *g, FILE *out)
{
	const struct asset *asset = site_asset_of_mac(v->site, g->row.mac);
	char mac[18], at[CLOCK_TEXT_MAX];
	bool is_first = true;

	fprintf(out, "  %s since %s:", state_view_mac(g->row.mac, mac),
		state_view_time(g->row.first_ns, at));
	for (size_t i = 0; i < ARRAY_SIZE(deeds); i++)
		if (g->how & deeds[i].bit) {
			fprintf(out, "%s %s", is_first ? "" : ",", deeds[i].words);
			is_first = false;
		}
	fprintf(out, "%s%s%s%s\n", asset ? " (" : "", asset ? asset->id : "", asset ? ")" : "",
		g->told.subject ? ", told as new" : "");
}

void links_view_print(const struct state_view *v, FILE *out)
{
	const struct links *l = v->tables.tallies.links;
	size_t n, n_gateways;
	struct link_row *const *list = links_list(l, LINK_ITSELF, &n);
	struct link_row *const *gateways = links_list(l, LINK_GATEWAY, &n_gateways);
	char at[CLOCK_TEXT_MAX];

	fprintf(out, "links       %zu\n", n);
	for (size_t i = 0; i < n; i++) {
		const uint16_t *vlan = list[i]->link.vlan;

		if (vlan[0] == 0xffff)
			fputs(" untagged", out);
		else
			fprintf(out, " VLAN %u", vlan[0]);
		if (vlan[0] != 0xffff && vlan[1] != 0xffff)
			fprintf(out, ".%u", vlan[1]);
		if (list[i]->link.tap)
			fprintf(out, " of tap %u", list[i]->link.tap);
		fprintf(out, " since %s: %zu addresses\n",
			state_view_time(list[i]->first_ns, at), count_neighbours(v, list[i]));
		for (size_t k = 0; k < n_gateways; k++)
			if (is_of(gateways[k], list[i]))
				print_gateway(v, link_gateway(gateways[k]), out);
	}
}

/* --- export --------------------------------------------------------------------------------- */

static bool is_zero(const uint8_t mac[6])
{
	return state_view_is_zero(mac, 6);
}

static json_t *mac_or_null(const uint8_t mac[6])
{
	char text[18];

	return is_zero(mac) ? json_null() : json_string(state_view_mac(mac, text));
}

static json_t *holder_json(const struct holder *h)
{
	json_t *o = is_zero(h->mac) ? json_null() : json_object();

	if (is_zero(h->mac))
		return o;
	json_object_set_new(o, "mac", mac_or_null(h->mac));
	json_put_time(o, "first_seen", h->first_ns);
	json_put_time(o, "last_seen", h->last_ns);
	return o;
}

static void put_addr(json_t *o, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];

	json_put_text(o, "address", state_view_is_zero(a, sizeof(*a)) ? NULL :
		      addr_show(a, text));
}

static void put_neighbour(json_t *o, const struct neighbour *n)
{
	put_addr(o, &n->row.addr);
	json_object_set_new(o, "claimed_by", holder_json(&n->now));
	json_object_set_new(o, "before", holder_json(&n->before));
	json_object_set_new(o, "leased_to", holder_json(&n->leased));
	json_put_int(o, "conflicts", n->conflicts);
}

static void put_gateway(json_t *o, const struct gateway *g)
{
	json_t *does = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(deeds); i++)
		if (g->how & deeds[i].bit)
			json_array_append_new(does, json_string(deeds[i].name));
	put_addr(o, &g->addr);
	json_object_set_new(o, "mac", mac_or_null(g->row.mac));
	json_object_set_new(o, "does", does);
	json_put_time(o, "routes_since", g->role_ns[GATEWAY_ROUTER]);
	json_put_time(o, "leases_since", g->role_ns[GATEWAY_SERVER]);
	json_object_set_new(o, "told", json_boolean(g->told.subject != NULL));
}

json_t *links_view_json(const struct link_row *row)
{
	json_t *o = json_object(), *vlans = json_array();

	for (int i = 0; i < 2 && row->link.vlan[i] != 0xffff; i++)
		json_array_append_new(vlans, json_integer(row->link.vlan[i]));
	json_object_set_new(o, "vlan", vlans);
	json_put_int(o, "tap", row->link.tap);
	json_put_time(o, "first_seen", row->first_ns);
	json_put_time(o, "last_seen", row->last_ns);
	json_put_int(o, "minutes", row->minutes);
	if (row->kind == LINK_NEIGHBOUR)
		put_neighbour(o, (const struct neighbour *)row);
	else if (row->kind == LINK_GATEWAY)
		put_gateway(o, (const struct gateway *)row);
	return o;
}

static int count_connection(void *arg, const void *key, size_t key_len, const void *value,
			    size_t value_len)
{
	(void)key;
	(void)key_len;
	*(uint64_t *)arg += !claims_is_row(value, value_len);
	return 0;
}

uint64_t links_view_connections(const struct state_view *v)
{
	uint64_t n = 0;

	return state_each(v->state, STATE_FLOW, count_connection, &n) ? 0 : n;
}
