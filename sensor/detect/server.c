/* server.c - see server.h. */
#include "detect/server.h"

#include <string.h>

#define PORT_MDNS 5353
#define PORT_LLMNR 5355

static enum server_kind by_name(const struct slice *s)
{
	const char *name = dpi_protocol_name(dpi_carrier(s->master, s->app));

	for (unsigned k = SERVER_NONE + 1; k < SERVER_KINDS; k++)
		if (!strcmp(server_kind_name((enum server_kind)k), name))
			return (enum server_kind)k;
	return SERVER_NONE;
}

static enum server_kind by_port(const struct slice *s)
{
	enum server_kind k = server_kind_of_port(slice_server_port(s));

	return s->id.key.proto == IP_UDP || (s->id.key.proto == IP_TCP && k == SERVER_DNS) ? k :
	       SERVER_NONE;
}

enum server_kind server_asked(const struct slice *s)
{
	uint16_t port = slice_server_port(s);
	bool is_named = s->master || s->app;
	enum server_kind k = is_named ? by_name(s) : by_port(s);

	/* What we read ourselves is none of these: nDPI 4.2 takes TLS on TCP port 53 for DNS. */
	if (port == PORT_MDNS || port == PORT_LLMNR || s->light)
		return SERVER_NONE;
	/* Other ports are those of clients, of relays, or of a server that moved: only that of
	 * DHCP says who answers. */
	return k == SERVER_DHCP && port != server_kind_port(k) ? SERVER_NONE : k;
}

unsigned server_severity(bool is_answered)
{
	return is_answered ? 3 : 2;
}
