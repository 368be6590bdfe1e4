/* misplaced.c - see misplaced.h.  Ports as IANA registers them, and those that are usual beside
 * them: alternatives of web servers and proxies, and services that TLS begins in (RFC 2817, 2595,
 * 3207) or is put around. */
#include "detect/misplaced.h"

#include <assert.h>
#include <string.h>
#include "base/err.h"

#define RANGES_MAX 28
#define HIGH 1024, 65535		/* not one that is another's */

struct range {
	uint16_t first, last;		/* last 0: the first alone */
};

enum also { ALSO_NONE, ALSO_TLS, ALSO_HTTP, ALSO_SSH, ALSO_DNS };

static const struct {
	struct misplaced_protocol is;
	uint8_t proto;			/* 0: TCP and UDP */
	enum also also;
	struct range ports[RANGES_MAX];	/* beside the home */
} table[] = {
	{ { "TLS", 443 }, IP_TCP, ALSO_TLS,
	  { { 21, 0 }, { 25, 0 }, { 110, 0 }, { 119, 0 }, { 143, 0 }, { 389, 0 }, { 465, 0 },
	    { 563, 0 }, { 587, 0 }, { 636, 0 }, { 853, 0 }, { 989, 995 }, { 1433, 0 },
	    { 2083, 2096 }, { 2376, 0 }, { 3268, 3269 }, { 3389, 0 }, { 4433, 4443 },
	    { 5060, 5061 }, { 5222, 5230 }, { 5432, 0 }, { 5986, 0 }, { 6443, 6697 }, { 7443, 0 },
	    { 8000, 10443 } } },
	{ { "HTTP", 80 }, IP_TCP, ALSO_HTTP,
	  { { 81, 0 }, { 88, 0 }, { 591, 0 }, { 631, 0 }, { 2375, 0 }, { 3128, 0 }, { 5357, 0 },
	    { 5985, 0 }, { 8000, 8100 }, { 8180, 8181 }, { 8530, 0 }, { 8880, 8888 },
	    { 9080, 9090 }, { 11371, 0 } } },
	{ { "SSH", 22 }, IP_TCP, ALSO_SSH, { { 2222, 0 } } },
	{ { "DNS", 53 }, 0, ALSO_DNS, { { 5353, 0 }, { 5355, 0 } } },
	{ { "QUIC", 443 }, IP_UDP, ALSO_TLS,
	  { { 80, 0 }, { 784, 0 }, { 853, 0 }, { 4433, 4443 }, { 8443, 0 }, { 8853, 0 } } },
	{ { "NTP", 123 }, IP_UDP, ALSO_NONE, { { 0, 0 } } },
	{ { "FTP_CONTROL", 21 }, IP_TCP, ALSO_NONE, { { 2121, 0 } } },
	{ { "SMTP", 25 }, IP_TCP, ALSO_NONE, { { 465, 0 }, { 587, 0 }, { 2525, 0 } } },
	{ { "POP3", 110 }, IP_TCP, ALSO_NONE, { { 995, 0 } } },
	{ { "IMAP", 143 }, IP_TCP, ALSO_NONE, { { 993, 0 } } },
	{ { "LDAP", 389 }, 0, ALSO_NONE, { { 636, 0 }, { 3268, 3269 } } },
	{ { "SMBv1", 139 }, IP_TCP, ALSO_NONE, { { 445, 0 } } },
	{ { "SMBv23", 445 }, IP_TCP, ALSO_NONE, { { 139, 0 } } },
	{ { "SNMP", 161 }, IP_UDP, ALSO_NONE, { { 162, 0 } } },
	{ { "Telnet", 23 }, IP_TCP, ALSO_NONE, { { 992, 0 } } },
	{ { "RDP", 3389 }, 0, ALSO_NONE, { { 0, 0 } } },
	{ { "VNC", 5900 }, IP_TCP, ALSO_NONE, { { 5500, 0 }, { 5800, 5999 } } },
	{ { "RSYNC", 873 }, IP_TCP, ALSO_NONE, { { 0, 0 } } },
	{ { "SOCKS", 1080 }, IP_TCP, ALSO_NONE, { { 1081, 0 } } },
	{ { "OpenVPN", 1194 }, 0, ALSO_NONE, { { 0, 0 } } },
	{ { "MQTT", 1883 }, IP_TCP, ALSO_NONE, { { 8883, 0 } } },
	{ { "IRC", 6667 }, IP_TCP, ALSO_NONE, { { 194, 0 }, { 6660, 6697 }, { 7000, 0 } } },
	{ { "BitTorrent", 6881 }, 0, ALSO_NONE, { { HIGH } } },
	{ { "WireGuard", 51820 }, IP_UDP, ALSO_NONE, { { HIGH } } },
};

static uint16_t also_of(const struct misplaced_params *p, enum also also)
{
	const uint32_t ports[] = { [ALSO_NONE] = 0, [ALSO_TLS] = p->also_tls,
				   [ALSO_HTTP] = p->also_http, [ALSO_SSH] = p->also_ssh,
				   [ALSO_DNS] = p->also_dns };

	return (uint16_t)ports[also];
}

static bool is_at_home(const struct misplaced_params *p, size_t i, uint16_t port)
{
	if (port == table[i].is.home || port == also_of(p, table[i].also) || port == p->also_any)
		return true;
	for (size_t k = 0; k < RANGES_MAX && table[i].ports[k].first; k++) {
		const struct range *r = &table[i].ports[k];

		if (port == r->first || (port > r->first && port <= r->last))
			return true;
	}
	return false;
}

/* The number of the protocol's line; ARRAY_SIZE(table): it has none. */
static size_t find(uint16_t id, uint8_t proto)
{
	const char *name = id ? dpi_protocol_name(id) : "";
	size_t i = name[0] ? 0 : ARRAY_SIZE(table);

	while (i < ARRAY_SIZE(table) && (strcmp(table[i].is.name, name) ||
					 (table[i].proto && table[i].proto != proto)))
		i++;
	return i;
}

static bool fits(const struct misplaced_params *p, size_t i, const struct slice *s)
{
	return is_at_home(p, i, slice_server_port(s)) ||
	       (s->client_how > FLOW_CLIENT_SYNACK && is_at_home(p, i, slice_client_port(s)));
}

uint16_t misplaced_id(const struct slice *s)
{
	uint16_t id = (uint16_t)(DPI_LIGHT_ID + s->light);

	return s->light && find(id, s->id.key.proto) < ARRAY_SIZE(table) ? id :
	       dpi_carrier(s->master, s->app);
}

const struct misplaced_protocol *misplaced_look(const struct misplaced_params *p,
						const struct slice *s)
{
	uint8_t proto = s->id.key.proto;
	size_t carrier, inside;

	if (s->verdict < DPI_LIGHT || (proto != IP_TCP && proto != IP_UDP))
		return NULL;
	carrier = find(misplaced_id(s), proto);
	if (carrier == ARRAY_SIZE(table) || fits(p, carrier, s))
		return NULL;
	inside = find(s->app, proto);
	return inside < ARRAY_SIZE(table) && fits(p, inside, s) ? NULL : &table[carrier].is;
}

const struct misplaced_protocol *misplaced_of_home(uint8_t proto, uint16_t home)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].is.home == home && (!table[i].proto || table[i].proto == proto))
			return &table[i].is;
	return NULL;
}

unsigned misplaced_severity(bool is_listed, bool has_policy)
{
	return is_listed && has_policy ? 3 : 2;
}
