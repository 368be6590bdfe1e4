/* site_expected.c - the section "expected" of a site file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define EXPECTED_MAX 1000000
#define PARTY_NETWORKS_MAX 65536
#define SERVICES_MAX 1024
#define OWNER_TEXT_MAX 128		/* with the zero byte */

/* --- from and to --------------------------------------------------------------------- */

static void read_party_asset(struct reader *r, const struct at *at, void *into)
{
	uint32_t number = keymap_get(&r->assets, at_text(at), strlen(at_text(at)));
	char shown[SHOWN_MAX];

	/* The text of the asset itself: the matcher compares pointers. */
	if (number == KEYMAP_NONE)
		reader_error(r, at, "there is no asset %s; assets are listed under \"assets\"",
			     at_shown(at, shown));
	else
		((struct party *)into)->asset = r->site->assets[number].id;
}

static void read_party_zone(struct reader *r, const struct at *at, void *into)
{
	uint32_t number = keymap_get(&r->zones, at_text(at), strlen(at_text(at)));
	char shown[SHOWN_MAX];

	if (number == KEYMAP_NONE)
		reader_error(r, at, "there is no zone %s; zones are listed under \"zones\"",
			     at_shown(at, shown));
	else
		((struct party *)into)->zone = r->site->zones[number].id;
}

static const char *read_carried(struct reader *r, const struct at *at, const struct keymap *names)
{
	const char *text = reader_text(r, at, SITE_ID_MAX);
	char shown[SHOWN_MAX];

	if (text[0] && keymap_get(names, text, strlen(text)) == KEYMAP_NONE)
		reader_warn(r, at, "no asset has the %s %s, so the entry covers nothing", at->key,
			    at_shown(at, shown));
	return text;
}

static void read_party_role(struct reader *r, const struct at *at, void *into)
{
	((struct party *)into)->role = read_carried(r, at, &r->roles);
}

static void read_party_vendor(struct reader *r, const struct at *at, void *into)
{
	((struct party *)into)->vendor = read_carried(r, at, &r->vendors);
}

static void read_party_network(struct reader *r, const struct at *at, void *into)
{
	struct party *party = into;
	struct cidr *c = &party->networks[party->n_networks];
	char shown[SHOWN_MAX];

	if (!reader_cidr(r, at, c))
		return;
	party->n_networks++;
	if (c->bits == 0 || (addr_is_ipv4(&c->addr) && c->bits == 96))
		reader_warn(r, at, "%s is every address there is", at_shown(at, shown));
}

static void read_party_networks(struct reader *r, const struct at *at, void *into)
{
	struct party *party = into;
	size_t n = json_array_size(at->value);

	if (n == 0 || n > PARTY_NETWORKS_MAX) {
		reader_error(r, at,
			     "needs 1 to %d networks, has %zu; leave the key out for any address",
			     PARTY_NETWORKS_MAX, n);
		return;
	}
	party->networks = reader_alloc(r, n, sizeof(*party->networks));
	if (party->networks)
		reader_each(r, at, TYPE_STRING, read_party_network, party);
}

static void read_domain(struct reader *r, const struct at *at, void *into)
{
	char domain[DOMAIN_TEXT_MAX], shown[SHOWN_MAX];
	const char *copy;

	if (!value_domain(at_text(at), domain)) {
		reader_error(r, at,
			     "%s is not a domain; write \"host.example.net\" or \"*.example.net\" "
			     "(other alphabets as xn--)",
			     at_shown(at, shown));
		return;
	}
	copy = arena_text(r->arena, domain);
	if (copy)
		((struct party *)into)->domain = copy;
	else
		r->no_memory = true;
}

static void read_asn(struct reader *r, const struct at *at, void *into)
{
	json_int_t asn = json_integer_value(at->value);
	char shown[SHOWN_MAX];

	if (asn < 1 || asn > UINT32_MAX)
		reader_error(r, at, "%s is not an AS number; 1 to 4294967295", at_shown(at, shown));
	else
		((struct party *)into)->asn = (uint32_t)asn;
	r->names_asn = true;
}

static void read_party_country(struct reader *r, const struct at *at, void *into)
{
	reader_country(r, at, ((struct party *)into)->country);
	r->names_country = true;
}

static const struct key party_keys[] = {
	{ "asset", TYPE_STRING, false, read_party_asset },
	{ "role", TYPE_STRING, false, read_party_role },
	{ "vendor", TYPE_STRING, false, read_party_vendor },
	{ "zone", TYPE_STRING, false, read_party_zone },
	{ "ip", TYPE_ARRAY, false, read_party_networks },
	{ "domain", TYPE_STRING, false, read_domain },
	{ "asn", TYPE_INTEGER, false, read_asn },
	{ "country", TYPE_STRING, false, read_party_country },
};

void reader_party(struct reader *r, const struct at *at, struct party *party)
{
	if (json_object_size(at->value) == 0)
		reader_error(r, at, "is empty and would take everything; name at least one of "
			     "asset, role, vendor, zone, ip, domain, asn, country");
	reader_object(r, at, KEYS(party_keys), party);
}

static void read_source(struct reader *r, const struct at *at, void *into)
{
	struct at domain;

	reader_party(r, at, &((struct expected *)into)->from);
	if (reader_member(r, at, "domain", &domain))
		reader_warn(r, &domain,
			    "\"from\" is an asset, and names are known of servers only: the "
			    "entry covers nothing; use \"asset\", \"role\" or \"ip\"");
}

static void read_target(struct reader *r, const struct at *at, void *into)
{
	reader_party(r, at, &((struct expected *)into)->to);
}

/* --- the entry ----------------------------------------------------------------------- */

static void read_expected_id(struct reader *r, const struct at *at, void *into)
{
	reader_id(r, at, ((struct expected *)into)->id);
}

struct services {
	struct service *list;
	size_t n;
};

static void read_service(struct reader *r, const struct at *at, void *into)
{
	struct services *services = into;
	char shown[SHOWN_MAX];

	if (value_service(at_text(at), &services->list[services->n]))
		services->n++;
	else
		reader_error(r, at,
			     "%s is not a service; write \"tcp/443\", \"udp/123\", \"sctp/2905\", "
			     "\"icmp\", \"icmpv6\" or a protocol name such as \"TLS\"",
			     at_shown(at, shown));
}

void reader_services(struct reader *r, const struct at *at, struct service **ret_services,
		     size_t *ret_n)
{
	size_t n = json_array_size(at->value);
	struct services services = { 0 };

	if (n == 0 || n > SERVICES_MAX) {
		reader_error(r, at,
			     "needs 1 to %d services, has %zu; leave the key out for any service",
			     SERVICES_MAX, n);
		return;
	}
	services.list = reader_alloc(r, n, sizeof(*services.list));
	if (!services.list)
		return;
	reader_each(r, at, TYPE_STRING, read_service, &services);
	*ret_services = services.list;
	*ret_n = services.n;
}

static void read_services(struct reader *r, const struct at *at, void *into)
{
	struct expected *e = into;

	reader_services(r, at, &e->services, &e->n_services);
}

static void read_window(struct reader *r, const struct at *at, void *into)
{
	struct expected *e = into;

	reader_hours(r, at, &e->window);
	e->has_window = true;
}

static void read_max_bytes(struct reader *r, const struct at *at, void *into)
{
	struct expected *e = into;
	json_int_t number = json_integer_value(at->value);
	uint64_t bytes = number > 0 ? (uint64_t)number : 0;
	char shown[SHOWN_MAX];

	if ((json_is_string(at->value) && !size_parse(at_text(at), &bytes)) || bytes == 0)
		reader_error(r, at,
			     "%s is not an amount; write \"10GB\", \"500MiB\" or a number of bytes "
			     "above 0",
			     at_shown(at, shown));
	else
		e->max_bytes_per_night = bytes;
}

static void read_owner(struct reader *r, const struct at *at, void *into)
{
	((struct expected *)into)->owner = reader_text(r, at, OWNER_TEXT_MAX);
}

static void read_ticket(struct reader *r, const struct at *at, void *into)
{
	((struct expected *)into)->ticket = reader_text(r, at, OWNER_TEXT_MAX);
}

static void read_expires(struct reader *r, const struct at *at, void *into)
{
	struct expected *e = into;

	if (!reader_date(r, at, &e->expires_day))
		return;
	/* Only the warning goes by today's date; what counts is the day of the traffic. */
	if ((int64_t)(clock_wall_ns() / NS_PER_DAY) > e->expires_day)
		reader_warn(r, at,
			    "expired on %s: the entry does not count for traffic after that day",
			    at_text(at));
}

static const struct key expected_keys[] = {
	{ "id", TYPE_STRING, true, read_expected_id },
	{ "from", TYPE_OBJECT, true, read_source },
	{ "to", TYPE_OBJECT, true, read_target },
	{ "services", TYPE_ARRAY, false, read_services },
	{ "window", TYPE_OBJECT, false, read_window },
	{ "max_bytes_per_night", TYPE_STRING | TYPE_INTEGER, false, read_max_bytes },
	{ "owner", TYPE_STRING, false, read_owner },
	{ "ticket", TYPE_STRING, false, read_ticket },
	{ "expires", TYPE_STRING, false, read_expires },
};

static void read_entry(struct reader *r, const struct at *at, void *into)
{
	static const struct party nobody = { .asset = "", .role = "", .vendor = "", .zone = "",
					     .domain = "" };
	struct site *site = into;
	struct expected *e = &site->expected[site->n_expected++];

	*e = (struct expected){ .from = nobody, .to = nobody, .owner = "", .ticket = "",
				.expires_day = INT32_MAX };
	reader_object(r, at, KEYS(expected_keys), e);
	reader_new_id(r, at, &r->expected, e->id, (uint32_t)at->index);
}

void read_expected(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	size_t n = reader_count(r, at);

	if (n > EXPECTED_MAX) {
		reader_error(r, at, "has %zu entries; at most %d are possible", n, EXPECTED_MAX);
		return;
	}
	site->expected = reader_alloc(r, n, sizeof(*site->expected));
	if (site->expected)
		reader_each_in_pieces(r, at, TYPE_OBJECT, read_entry, site);
}
