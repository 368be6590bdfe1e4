/* servers.c - see servers.h. */
#include "policy/servers.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/err.h"

#define TCP 6
#define UDP 17

static const struct {
	const char *name, *role;	/* name: nDPI's too */
	uint16_t port;
	bool has_tcp;
	uint8_t serves;			/* enum serves */
} kinds[] = {
	[SERVER_NONE] = { "none", "", 0, false, 0 },
	[SERVER_DNS] = { "DNS", "dns", 53, true, 0 },
	[SERVER_NTP] = { "NTP", "ntp", 123, false, 0 },
	[SERVER_DHCP] = { "DHCP", "dhcp", 67, false, SERVES_DHCP },
};
static_assert(ARRAY_SIZE(kinds) == SERVER_KINDS, "every kind has its line");

const char *server_kind_name(enum server_kind k)
{
	return kinds[k].name;
}

uint16_t server_kind_port(enum server_kind k)
{
	return kinds[k].port;
}

enum server_kind server_kind_of_port(uint16_t port)
{
	for (unsigned k = SERVER_NONE + 1; k < SERVER_KINDS; k++)
		if (kinds[k].port == port)
			return (enum server_kind)k;
	return SERVER_NONE;
}

bool server_kind_is_role(enum server_kind k, const char *role)
{
	return role[0] && !strcmp(kinds[k].role, role);
}

static bool is_server(enum server_kind k, const struct asset *a)
{
	return server_kind_is_role(k, a->role) || (a->serves & kinds[k].serves);
}

/* Does the entry name a service of the kind? */
static bool names(const struct expected *e, enum server_kind k)
{
	for (size_t i = 0; i < e->n_services; i++) {
		const struct service *v = &e->services[i];

		if (v->proto ? v->port == kinds[k].port &&
			       (v->proto == UDP || (v->proto == TCP && kinds[k].has_tcp)) :
			       !strcasecmp(v->name, kinds[k].name))
			return true;
	}
	return false;
}

/* asset NULL: whoever. */
static bool begins_at(const struct site *s, const struct expected *e, const struct asset *asset)
{
	if (!asset)
		return true;
	for (size_t i = 0; i < asset->n_ips; i++)
		if (site_party_takes(s, &e->from, &asset->ips[i], ""))
			return true;
	return false;
}

static bool covers(const struct site *s, enum server_kind k, uint8_t proto,
		   const struct addr *from, const struct addr *to, uint64_t at_ns)
{
	struct expected_query q = { .from = from, .to = to, .proto = proto,
				    .server_port = kinds[k].port, .service = kinds[k].name,
				    .name = "", .at_ns = at_ns, .run_ns = at_ns };

	return site_expected_ever(s, &q) || site_expected_but_for(s, &q, LACK_EXPIRY);
}

static bool is_entered_for(const struct site *s, enum server_kind k, const struct addr *own,
			   const struct addr *server, uint64_t at_ns)
{
	const uint8_t protos[] = { UDP, TCP };

	for (size_t i = 0; i < (kinds[k].has_tcp ? 2 : 1); i++)
		if (covers(s, k, protos[i], own, server, at_ns) ||
		    covers(s, k, protos[i], server, own, at_ns))
			return true;
	return false;
}

static bool is_entered(const struct site *s, enum server_kind k, const struct addr *server)
{
	for (size_t i = 0; i < s->n_expected; i++)
		if (names(&s->expected[i], k) &&
		    site_party_takes(s, &s->expected[i].to, server, ""))
			return true;
	return false;
}

bool servers_hold(const struct site *s, enum server_kind k, const struct addr *own,
		  const struct addr *server, uint64_t at_ns)
{
	const struct asset *asset = site_asset(s, server);

	if (asset && is_server(k, asset))
		return true;
	return own ? is_entered_for(s, k, own, server, at_ns) : is_entered(s, k, server);
}

bool servers_are_named(const struct site *s, enum server_kind k, const struct asset *asset)
{
	for (size_t i = 0; i < s->n_assets; i++)
		if (is_server(k, &s->assets[i]))
			return true;
	for (size_t i = 0; i < s->n_expected; i++)
		if (names(&s->expected[i], k) && begins_at(s, &s->expected[i], asset))
			return true;
	return false;
}

/* false: there is no room for it. */
static bool add(char *buf, size_t cap, const char *before, const char *id)
{
	size_t len = strlen(buf);
	bool has_room = len + strlen(before) + strlen(id) + sizeof(" and others") + 2 < cap;

	snprintf(buf + len, cap - len, "%s%s%s", has_room ? (len ? ", " : "") : " and others",
		 has_room ? before : "", has_room ? id : "");
	return has_room;
}

const char *servers_text(const struct site *s, enum server_kind k, const struct asset *asset,
			 char *buf, size_t cap)
{
	bool has_room = true;

	buf[0] = '\0';
	for (size_t i = 0; i < s->n_assets && has_room; i++)
		if (is_server(k, &s->assets[i]))
			has_room = add(buf, cap, "", s->assets[i].id);
	for (size_t i = 0; i < s->n_expected && has_room; i++)
		if (names(&s->expected[i], k) && begins_at(s, &s->expected[i], asset))
			has_room = add(buf, cap, "entry ", s->expected[i].id);
	return buf;
}
