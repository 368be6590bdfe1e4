/* site_lookup.c - address -> asset, zone, crossing.
 *
 * Assets are found by hash.  Zones are found by trying the prefix lengths that occur, longest
 * first, each by hash: a handful of probes however many zones there are.  A site has few networks
 * nearly always: then they are compared one by one.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "policy/site_index.h"

static_assert(sizeof(struct cidr) == 17, "networks are hashed as bytes: no padding");

struct cidr site_mask(const struct addr *a, unsigned bits)
{
	struct cidr c = { .bits = (uint8_t)bits };

	memcpy(c.addr.bytes, a->bytes, bits / 8);
	if (bits % 8)
		c.addr.bytes[bits / 8] = a->bytes[bits / 8] & (uint8_t)(0xff00 >> bits % 8);
	return c;
}

static void load_words(const struct addr *a, uint64_t words[static 2])
{
	memcpy(words, a->bytes, sizeof(a->bytes));
}

/* The first of two equal networks stays in front, as it does in the map. */
static void add_few(struct site_index *index, const struct cidr *c, uint32_t zone)
{
	struct zone_network n = { .zone = zone, .bits = c->bits };
	struct addr ones;
	struct cidr mask;
	size_t at = index->n_few;

	memset(ones.bytes, 0xff, sizeof(ones.bytes));
	mask = site_mask(&ones, c->bits);
	load_words(&mask.addr, n.mask);
	load_words(&c->addr, n.value);
	for (; at && index->few[at - 1].bits < n.bits; at--)
		index->few[at] = index->few[at - 1];
	index->few[at] = n;
	index->n_few++;
}

static void index_few(struct site_index *index, const struct site *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_zones; i++)
		n += s->zones[i].n_networks;
	if (n > NETWORKS_FEW)
		return;
	for (size_t i = 0; i < s->n_zones; i++)
		for (size_t j = 0; j < s->zones[i].n_networks; j++)
			add_few(index, &s->zones[i].networks[j], (uint32_t)i);
}

static int index_zones(struct site_index *index, const struct site *s)
{
	bool occurs[129] = { false };

	index_few(index, s);

	for (size_t i = 0; i < s->n_zones; i++)
		for (size_t j = 0; j < s->zones[i].n_networks; j++) {
			const struct cidr *c = &s->zones[i].networks[j];

			occurs[c->bits] = true;
			if (keymap_put(&index->networks, c, sizeof(*c), (uint32_t)i) == -ENOMEM)
				return -ENOMEM;
		}
	for (int bits = 128; bits >= 0; bits--)
		if (occurs[bits])
			index->bits[index->n_bits++] = (uint8_t)bits;
	return 0;
}

static int index_assets(struct site_index *index, const struct site *s)
{
	for (size_t i = 0; i < s->n_assets; i++)
		for (size_t j = 0; j < s->assets[i].n_ips; j++)
			if (keymap_put(&index->addresses, &s->assets[i].ips[j], sizeof(struct addr),
				       (uint32_t)i) == -ENOMEM)
				return -ENOMEM;
	for (size_t i = 0; i < s->n_assets; i++)
		for (size_t j = 0; j < s->assets[i].n_macs; j++)
			if (keymap_put(&index->macs, s->assets[i].macs[j], 6, (uint32_t)i) ==
			    -ENOMEM)
				return -ENOMEM;
	return 0;
}

/* Of an asset that has a zone: its vendor joins what is known of that zone. */
static void note_vendor(const char **vendor, const char *its)
{
	if (!*vendor)
		*vendor = its;
	else if (strcmp(*vendor, its))
		*vendor = "";
}

/* Zones are looked up by address here, so the networks are indexed before. */
static int index_vendors(const struct site *s)
{
	struct site_index *index = s->index;

	index->zone_vendors = calloc(s->n_zones + 1, sizeof(const char *));
	if (!index->zone_vendors)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_assets; i++) {
		const struct asset *a = &s->assets[i];
		const struct zone *zone = a->zone || !a->n_ips ? a->zone :
					  site_zone(s, &a->ips[0]);

		if (zone)
			note_vendor(&index->zone_vendors[zone - s->zones], a->vendor);
	}
	return 0;
}

int site_index_new(struct site *s)
{
	struct site_index *index = calloc(1, sizeof(*index));

	if (!index || index_zones(index, s) || index_assets(index, s) ||
	    match_index_new(s, &index->expected)) {
		site_index_free(index);
		return -ENOMEM;
	}
	s->index = index;
	if (index_vendors(s)) {
		s->index = NULL;
		site_index_free(index);
		return -ENOMEM;
	}
	return 0;
}

void site_index_free(struct site_index *index)
{
	if (!index)
		return;
	keymap_free(&index->addresses);
	keymap_free(&index->macs);
	keymap_free(&index->networks);
	match_index_free(index->expected);
	free(index->zone_vendors);
	free(index);
}

const struct asset *site_asset(const struct site *s, const struct addr *a)
{
	uint32_t number = keymap_get(&s->index->addresses, a, sizeof(*a));

	return number == KEYMAP_NONE ? NULL : &s->assets[number];
}

const struct asset *site_asset_of_mac(const struct site *s, const uint8_t mac[static 6])
{
	uint32_t number = keymap_get(&s->index->macs, mac, 6);

	return number == KEYMAP_NONE ? NULL : &s->assets[number];
}

const struct zone *site_zone_of_vlan(const struct site *s, const uint16_t vlan[static 2])
{
	for (size_t i = 0; i < s->n_zones; i++)
		for (size_t k = 0; k < s->zones[i].n_vlans; k++)
			if (s->zones[i].vlans[k] == vlan[0] || s->zones[i].vlans[k] == vlan[1])
				return &s->zones[i];
	return NULL;
}

static const struct zone *zone_of_few(const struct site *s, const struct addr *a)
{
	uint64_t words[2];

	load_words(a, words);
	for (size_t i = 0; i < s->index->n_few; i++) {
		const struct zone_network *n = &s->index->few[i];

		if (!((words[0] & n->mask[0]) ^ n->value[0]) &&
		    !((words[1] & n->mask[1]) ^ n->value[1]))
			return &s->zones[n->zone];
	}
	return NULL;
}

static const struct zone *zone_by_address(const struct site *s, const struct addr *a)
{
	if (s->index->n_few)
		return zone_of_few(s, a);
	for (size_t i = 0; i < s->index->n_bits; i++) {
		struct cidr c = site_mask(a, s->index->bits[i]);
		uint32_t number = keymap_get(&s->index->networks, &c, sizeof(c));

		if (number != KEYMAP_NONE)
			return &s->zones[number];
	}
	return NULL;
}

const struct zone *site_zone(const struct site *s, const struct addr *a)
{
	const struct asset *asset = site_asset(s, a);

	return asset && asset->zone ? asset->zone : zone_by_address(s, a);
}

const char *site_zone_vendor(const struct site *s, const struct zone *zone)
{
	const char *vendor = s->index->zone_vendors[zone - s->zones];

	return vendor ? vendor : "";
}

bool site_is_internal(const struct site *s, const struct addr *a)
{
	for (size_t i = 0; i < s->n_networks; i++)
		if (cidr_contains(&s->networks[i], a))
			return true;
	return (!addr_is_ipv4(a) && addr_is_private(a)) || site_asset(s, a) != NULL;
}

/* Only of the zone's own networks: another zone's ".255" may be a host of a wider network there,
 * and traffic to it does leave the zone. */
static bool is_broadcast_of(const struct zone *zone, const struct addr *a)
{
	if (!addr_is_ipv4(a))
		return false;
	for (size_t i = 0; i < zone->n_networks; i++) {
		const struct cidr *c = &zone->networks[i];
		struct addr all_ones = c->addr;

		if (c->bits < 96 || c->bits > 126)	/* RFC 3021: none in a /31 */
			continue;
		for (unsigned bit = c->bits; bit < 128; bit++)
			all_ones.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		if (addr_equal(&all_ones, a))
			return true;
	}
	return false;
}

bool site_is_broadcast(const struct site *s, const struct addr *a)
{
	const struct zone *zone = site_asset(s, a) ? NULL : site_zone(s, a);

	return zone && is_broadcast_of(zone, a);
}

/* RFC 2365 (239/8) and the scopes 3 to 8 of RFC 7346: groups kept in the organisation. */
static bool is_organisation_multicast(const struct addr *a)
{
	unsigned scope = a->bytes[1] & 0x0f;

	if (!addr_is_multicast(a))
		return false;
	return addr_is_ipv4(a) ? a->bytes[12] == 239 : scope >= 3 && scope <= 8;
}

enum crossing site_crossing(const struct site *s, const struct addr *asset, const struct addr *peer)
{
	const struct zone *from, *to;

	if (addr_is_link_scope(asset) || addr_is_link_scope(peer))
		return CROSSING_NONE;
	from = site_zone(s, asset);
	to = site_zone(s, peer);
	if (from && (from == to || is_broadcast_of(from, peer)))
		return CROSSING_NONE;
	/* A zone is inside whatever site.networks say of it; two addresses in no zone may be
	 * anywhere. */
	if (site_is_internal(s, peer) || is_organisation_multicast(peer))
		return CROSSING_INTERNAL;
	return CROSSING_EXTERNAL;
}
