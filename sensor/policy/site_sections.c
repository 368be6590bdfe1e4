/* site_sections.c - the sections "site", "zones" and "assets" of a site file.
 *
 * Read in this order whatever the order in the file, so that references look back only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "base/tz.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define ZONES_MAX 65536
#define ASSETS_MAX 1000000
#define VLAN_MAX 4094			/* IEEE 802.1Q: 0 and 4095 are reserved */

const char *const site_private_networks[] = {
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",	/* RFC 1918 */
	"169.254.0.0/16", "fe80::/10",				/* RFC 3927, RFC 4291: link-local */
	"fc00::/7",						/* RFC 4193 */
};
const size_t site_n_private_networks = ARRAY_SIZE(site_private_networks);

/* Room for the elements of an array; NULL (reported) when there are too many. */
static void *room_for(struct reader *r, const struct at *at, size_t max, size_t size)
{
	size_t n = json_array_size(at->value);

	if (n > max) {
		reader_error(r, at, "has %zu entries; at most %zu are possible", n, max);
		return NULL;
	}
	return reader_alloc(r, n, size);
}

/* --- closed hours -------------------------------------------------------------------- */

struct hours_list {
	struct closed_hours *list;
	size_t n;
};

static void read_hours_entry(struct reader *r, const struct at *at, void *into)
{
	struct hours_list *hours = into;

	reader_hours(r, at, &hours->list[hours->n++]);
}

static struct hours_list read_closed_hours(struct reader *r, const struct at *at)
{
	struct hours_list hours = { .list = room_for(r, at, SITE_CLOSED_MAX, sizeof(*hours.list)) };

	if (hours.list)
		reader_each(r, at, TYPE_OBJECT, read_hours_entry, &hours);
	return hours;
}

/* --- site ---------------------------------------------------------------------------- */

static void read_site_id(struct reader *r, const struct at *at, void *into)
{
	reader_id(r, at, ((struct site *)into)->id);
}

static void read_timezone(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	char shown[SHOWN_MAX];

	if (!tz_is_known(at_text(at)) ||
	    !text_copy(site->timezone, sizeof(site->timezone), at_text(at)))
		reader_error(r, at, "%s is not a time zone of this machine; write an IANA name "
			     "(\"Europe/Amsterdam\") or \"UTC\", and see that tzdata is installed",
			     at_shown(at, shown));
}

static void read_site_network(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	struct cidr *c = &site->networks[site->n_networks];
	char shown[SHOWN_MAX];

	if (!reader_cidr(r, at, c))
		return;
	if (c->bits == 0 || (addr_is_ipv4(&c->addr) && c->bits == 96))
		reader_error(r, at,
			     "%s would make every address internal; list the site's own networks",
			     at_shown(at, shown));
	site->n_networks++;
}

static void read_site_networks(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	if (json_array_size(at->value) == 0) {
		reader_error(r, at, "is empty; leave the key out for the private networks");
		return;
	}
	site->networks = room_for(r, at, ZONES_MAX, sizeof(*site->networks));
	if (site->networks)
		reader_each(r, at, TYPE_STRING, read_site_network, site);
}

static void read_site_country(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	if (reader_country(r, at, site->countries[site->n_countries]))
		site->n_countries++;
}

static void read_countries(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	site->countries = room_for(r, at, 26 * 26, sizeof(*site->countries));
	if (site->countries)
		reader_each(r, at, TYPE_STRING, read_site_country, site);
}

static void read_site_hours(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	struct hours_list hours = read_closed_hours(r, at);

	site->closed = hours.list;
	site->n_closed = hours.n;
}

static void read_holiday(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	if (reader_date(r, at, &site->holidays[site->n_holidays]))
		site->n_holidays++;
}

static int compare_days(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static void read_holidays(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	site->holidays = room_for(r, at, 100000, sizeof(*site->holidays));
	if (!site->holidays)
		return;
	reader_each(r, at, TYPE_STRING, read_holiday, site);
	qsort(site->holidays, site->n_holidays, sizeof(*site->holidays), compare_days);
}

static const struct key site_keys[] = {
	{ "id", TYPE_STRING, true, read_site_id },
	{ "timezone", TYPE_STRING, true, read_timezone },
	{ "networks", TYPE_ARRAY, false, read_site_networks },
	{ "countries", TYPE_ARRAY, false, read_countries },
	{ "closed_hours", TYPE_ARRAY, false, read_site_hours },
	{ "holidays", TYPE_ARRAY, false, read_holidays },
};

void read_site_section(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	reader_object(r, at, KEYS(site_keys), site);
	if (!json_object_get(at->value, "closed_hours"))
		reader_warn(r, at,
			    "no \"closed_hours\": nightly uploads (NW-EXF-001) are not looked "
			    "for; write [] where the site never closes");
	else if (site->n_holidays && !site->n_closed)
		reader_warn(r, at, "\"holidays\" mean nothing while \"closed_hours\" is empty");
}

/* --- zones --------------------------------------------------------------------------- */

static void read_zone_id(struct reader *r, const struct at *at, void *into)
{
	reader_id(r, at, ((struct zone *)into)->id);
}

static bool is_in_networks(const struct cidr *networks, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (cidr_contains(&networks[i], a))
			return true;
	return false;
}

static void read_zone_network(struct reader *r, const struct at *at, void *into)
{
	struct zone *zone = into;
	struct cidr *c = &zone->networks[zone->n_networks];
	uint32_t number = (uint32_t)(zone - r->site->zones);
	char shown[SHOWN_MAX];
	int err;

	if (!reader_cidr(r, at, c))
		return;
	zone->n_networks++;
	err = keymap_put(&r->networks, c, sizeof(*c), number);
	if (err == -ENOMEM)
		r->no_memory = true;
	if (err == -EEXIST)
		reader_error(r, at, "%s belongs to zones[%u] already; a network lies in one zone",
			     at_shown(at, shown), keymap_get(&r->networks, c, sizeof(*c)));
	else if (!is_in_networks(r->site->networks, r->site->n_networks, &c->addr))
		reader_warn(r, at,
			    "%s lies outside site.networks: addresses in it that are not listed "
			    "as assets count as external",
			    at_shown(at, shown));
}

static void read_zone_networks(struct reader *r, const struct at *at, void *into)
{
	struct zone *zone = into;

	zone->networks = room_for(r, at, ZONES_MAX, sizeof(*zone->networks));
	if (zone->networks)
		reader_each(r, at, TYPE_STRING, read_zone_network, zone);
}

static void read_vlan(struct reader *r, const struct at *at, void *into)
{
	struct zone *zone = into;
	json_int_t vlan = json_integer_value(at->value);
	char shown[SHOWN_MAX];

	if (vlan < 1 || vlan > VLAN_MAX)
		reader_error(r, at, "%s is not a VLAN number; 1 to %d", at_shown(at, shown),
			     VLAN_MAX);
	else
		zone->vlans[zone->n_vlans++] = (uint16_t)vlan;
}

static void read_vlans(struct reader *r, const struct at *at, void *into)
{
	struct zone *zone = into;

	zone->vlans = room_for(r, at, VLAN_MAX, sizeof(*zone->vlans));
	if (zone->vlans)
		reader_each(r, at, TYPE_INTEGER, read_vlan, zone);
}

static void read_is_closed(struct reader *r, const struct at *at, void *into)
{
	(void)r;
	((struct zone *)into)->is_closed = json_is_true(at->value);
}

static void read_zone_hours(struct reader *r, const struct at *at, void *into)
{
	struct zone *zone = into;
	struct hours_list hours = read_closed_hours(r, at);

	zone->closed = hours.list;
	zone->n_closed = hours.n;
	zone->has_closed = true;
}

static const struct key zone_keys[] = {
	{ "id", TYPE_STRING, true, read_zone_id },
	{ "networks", TYPE_ARRAY, false, read_zone_networks },
	{ "vlans", TYPE_ARRAY, false, read_vlans },
	{ "closed", TYPE_BOOL, false, read_is_closed },
	{ "closed_hours", TYPE_ARRAY, false, read_zone_hours },
};

static void read_zone(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	struct zone *zone = &site->zones[site->n_zones++];

	reader_object(r, at, KEYS(zone_keys), zone);
	reader_new_id(r, at, &r->zones, zone->id, (uint32_t)at->index);
}

void read_zones(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	site->zones = room_for(r, at, ZONES_MAX, sizeof(*site->zones));
	if (site->zones)
		reader_each(r, at, TYPE_OBJECT, read_zone, site);
}

/* --- assets -------------------------------------------------------------------------- */

static void read_asset_id(struct reader *r, const struct at *at, void *into)
{
	reader_id(r, at, ((struct asset *)into)->id);
}

static void note_name(struct reader *r, struct keymap *names, const char *name)
{
	if (keymap_put(names, name, strlen(name), 0) == -ENOMEM)
		r->no_memory = true;
}

static void read_role(struct reader *r, const struct at *at, void *into)
{
	static const char *const known[] = {	/* DETECTION section 5, role template */
		"plc", "acquisition", "image_server", "review", "archive", "ntp", "customs_gateway",
		"camera", "recorder", "maintenance_gateway",
	};
	struct asset *asset = into;
	char shown[SHOWN_MAX];
	const char *nearest;

	reader_id(r, at, asset->role);
	if (!asset->role[0])
		return;
	note_name(r, &r->roles, asset->role);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(asset->role, known[i]))
			return;
	if (keymap_put(&r->roles_said, asset->role, strlen(asset->role), 0))
		return;
	/* Roles of the site's own are fine; what looks like a slip is worth a word.  Short names
	 * are all near to each other. */
	nearest = strlen(asset->role) < 5 ? NULL
					  : text_nearest(asset->role, known, ARRAY_SIZE(known));
	if (nearest)
		reader_warn(r, at, "the role %s is not in the role template; did you mean \"%s\"?",
			    at_shown(at, shown), nearest);
}

static void read_vendor(struct reader *r, const struct at *at, void *into)
{
	struct asset *asset = into;

	text_copy(asset->vendor, sizeof(asset->vendor), reader_text(r, at, sizeof(asset->vendor)));
	if (asset->vendor[0])
		note_name(r, &r->vendors, asset->vendor);
}

static void read_asset_zone(struct reader *r, const struct at *at, void *into)
{
	uint32_t number = keymap_get(&r->zones, at_text(at), strlen(at_text(at)));
	char shown[SHOWN_MAX];

	if (number == KEYMAP_NONE)
		reader_error(r, at, "there is no zone %s; zones are listed under \"zones\"",
			     at_shown(at, shown));
	else
		((struct asset *)into)->zone = &r->site->zones[number];
}

static void read_asset_ip(struct reader *r, const struct at *at, void *into)
{
	struct asset *asset = into;
	struct addr *a = &asset->ips[asset->n_ips];
	uint32_t number = (uint32_t)(asset - r->site->assets);
	char shown[SHOWN_MAX];
	int err;

	if (!addr_parse(at_text(at), a)) {
		reader_error(r, at,
			     "%s is not an address; write \"10.20.1.11\" or \"2001:db8::11\"%s",
			     at_shown(at, shown),
			     strchr(at_text(at), '/') ? " without a prefix length" : "");
		return;
	}
	if (addr_is_multicast(a)) {
		reader_error(r, at, "%s is a multicast group, not the address of an asset",
			     at_shown(at, shown));
		return;
	}
	asset->n_ips++;
	err = keymap_put(&r->addresses, a, sizeof(*a), number);
	if (err == -ENOMEM)
		r->no_memory = true;
	if (err == -EEXIST)
		reader_error(r, at,
			     "%s is an address of assets[%u] already; an address belongs to one "
			     "asset",
			     at_shown(at, shown), keymap_get(&r->addresses, a, sizeof(*a)));
}

static void read_asset_ips(struct reader *r, const struct at *at, void *into)
{
	struct asset *asset = into;

	asset->ips = room_for(r, at, ZONES_MAX, sizeof(*asset->ips));
	if (asset->ips)
		reader_each(r, at, TYPE_STRING, read_asset_ip, asset);
}

static void read_asset_mac(struct reader *r, const struct at *at, void *into)
{
	struct asset *asset = into;
	uint8_t (*mac)[6] = &asset->macs[asset->n_macs];
	uint32_t number = (uint32_t)(asset - r->site->assets);
	char shown[SHOWN_MAX];
	int err;

	if (!value_mac(at_text(at), *mac)) {
		reader_error(r, at, "%s is not a hardware address; write \"00:11:22:33:44:55\"",
			     at_shown(at, shown));
		return;
	}
	if ((*mac)[0] & 1) {
		reader_error(r, at, "%s is a group address, not the address of an asset",
			     at_shown(at, shown));
		return;
	}
	asset->n_macs++;
	err = keymap_put(&r->macs, *mac, sizeof(*mac), number);
	if (err == -ENOMEM)
		r->no_memory = true;
	if (err == -EEXIST)
		reader_error(r, at,
			     "%s belongs to assets[%u] already; a hardware address belongs to "
			     "one asset",
			     at_shown(at, shown), keymap_get(&r->macs, *mac, sizeof(*mac)));
}

static void read_asset_macs(struct reader *r, const struct at *at, void *into)
{
	struct asset *asset = into;

	asset->macs = room_for(r, at, ZONES_MAX, sizeof(*asset->macs));
	if (asset->macs)
		reader_each(r, at, TYPE_STRING, read_asset_mac, asset);
}

static void read_serves_one(struct reader *r, const struct at *at, void *into)
{
	static const struct { const char *name; enum serves bit; } known[] = {
		{ "router", SERVES_ROUTER }, { "dhcp", SERVES_DHCP },
		{ "proxy_arp", SERVES_PROXY_ARP },
	};
	struct asset *asset = into;
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(at_text(at), known[i].name)) {
			asset->serves |= known[i].bit;
			return;
		}
	reader_error(r, at, "%s is nothing that an asset serves its link with; \"router\", "
		     "\"dhcp\" or \"proxy_arp\"", at_shown(at, shown));
}

static void read_serves(struct reader *r, const struct at *at, void *into)
{
	reader_each(r, at, TYPE_STRING, read_serves_one, into);
}

static const struct key asset_keys[] = {
	{ "id", TYPE_STRING, true, read_asset_id },
	{ "role", TYPE_STRING, false, read_role },
	{ "vendor", TYPE_STRING, false, read_vendor },
	{ "zone", TYPE_STRING, false, read_asset_zone },
	{ "ip", TYPE_ARRAY, false, read_asset_ips },
	{ "mac", TYPE_ARRAY, false, read_asset_macs },
	{ "serves", TYPE_ARRAY, false, read_serves },
};

static void check_in_zone(struct reader *r, const struct at *at, void *into)
{
	const struct zone *zone = into;
	char shown[SHOWN_MAX], network[CIDR_TEXT_MAX];
	struct addr a;

	if (addr_parse(at_text(at), &a) && !is_in_networks(zone->networks, zone->n_networks, &a))
		reader_error(r, at,
			     "%s lies outside the networks of its zone \"%s\" (%s%s); correct one "
			     "of the two",
			     at_shown(at, shown), zone->id,
			     cidr_format(&zone->networks[0], network),
			     zone->n_networks > 1 ? ", ..." : "");
}

static void read_asset(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	struct asset *asset = &site->assets[site->n_assets++];
	struct at ips;

	reader_object(r, at, KEYS(asset_keys), asset);
	reader_new_id(r, at, &r->assets, asset->id, (uint32_t)at->index);
	if (!json_array_size(json_object_get(at->value, "ip")) &&
	    !json_array_size(json_object_get(at->value, "mac")))
		reader_warn(r, at,
			    "has neither \"ip\" nor \"mac\": it cannot be recognised in traffic");
	if (asset->serves && !asset->n_macs)
		reader_error(r, at, "\"serves\" needs \"mac\": who routes or hands out leases on a "
			     "link is told by its hardware address");
	if (asset->zone && asset->zone->n_networks && reader_member(r, at, "ip", &ips) &&
	    json_is_array(ips.value))
		reader_each(r, &ips, ~0u, check_in_zone, (void *)asset->zone);
}

void read_assets(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;

	site->assets = room_for(r, at, ASSETS_MAX, sizeof(*site->assets));
	if (site->assets)
		reader_each(r, at, TYPE_OBJECT, read_asset, site);
}
