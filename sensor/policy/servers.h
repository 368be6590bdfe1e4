/* servers.h - which DNS, NTP and DHCP servers an asset has by the site policy.
 *
 *	assets whose role is dns, ntp or dhcp		for every asset
 *	assets that may serve DHCP on their link	likewise (key "serves")
 *	expected entries from the asset whose services	whoever the entry's "to" takes, also
 *	are of the kind: a port below, or nDPI's name	after it has expired, for that is
 *							NW-EXP-001's
 *
 *	DNS  udp/53 tcp/53 DNS		NTP  udp/123 NTP	DHCP  udp/67 DHCP
 *
 * An entry that allows any service to a peer lets the peer be a server too, but names none: where
 * no server of a kind is named for an asset, nobody can say that another one is unexpected.
 * Pure functions of an immutable snapshot; any thread.
 */
#ifndef NW_POLICY_SERVERS_H
#define NW_POLICY_SERVERS_H

#include <stddef.h>
#include "policy/site.h"

enum server_kind { SERVER_NONE, SERVER_DNS, SERVER_NTP, SERVER_DHCP, SERVER_KINDS };

const char *server_kind_name(enum server_kind k);	/* "DNS" */
uint16_t server_kind_port(enum server_kind k);
enum server_kind server_kind_of_port(uint16_t port);	/* SERVER_NONE: of none */
/* Is the role that of such a server? */
bool server_kind_is_role(enum server_kind k, const char *role);

/* Is it one of the asset's?  own: the asset's address; NULL: of any asset at all (then linear in
 * the entries, else as site_expected()). */
bool servers_hold(const struct site *s, enum server_kind k, const struct addr *own,
		  const struct addr *server, uint64_t at_ns);
/* Is any named for the asset (NULL: for any)?  Linear in the assets and entries. */
bool servers_are_named(const struct site *s, enum server_kind k, const struct asset *asset);
/* "DNS-1, entry dns" into buf, cut with "and others"; "" where none is named. */
const char *servers_text(const struct site *s, enum server_kind k, const struct asset *asset,
			 char *buf, size_t cap);

#endif
