/* gateway.h - NW-REM-005: a second path, that is a new way out of a link.
 *
 * A modem, a telephone that shares its connection, a router that somebody has plugged in: each has
 * to be found by the hosts of the link, and so shows itself.
 *
 *   GATEWAY_ROUTER  it advertises itself (router advertisement, the router flag of a neighbour
 *		     advertisement, a redirect), or traffic of an asset to elsewhere goes to its MAC
 *   GATEWAY_SERVER  it answers DHCP or DHCPv6, by which it can name itself the router
 *
 * New is what a MAC begins to do `learn_ns` after the link was first seen.  Before that it
 * counts as there: learning says nothing of whether it should be (`nachtwacht state show` lists
 * them all).  An asset that "serves" as router or dhcp, by its MACs, is never new.
 * Nor is the first way out that a link shows by traffic alone, however late: there has to be one
 * for another to be a second (what it leads to is NW-DST-001's and NW-DST-002's).
 * The number is the rule pack's.  Severity 4: it is a fact, and replacing a router looks the same.
 *
 * Which traffic tells.  The MAC that an asset's own connection goes to, where the peer is outside
 * or in a zone of another VLAN: the asset's choice of a next hop.  Of connections from outside the
 * MAC that they come from, if the asset has answered and the link knows no redundant router (whose
 * members send with MACs of their own).  A peer that has claimed its address on the link itself is
 * no way out.  In the first `learn_ns` traffic between two networks by the look of their
 * addresses (/24, /64) teaches as well what routes: without a site file nothing says more, and the
 * router of all days is not new when it first leads outside.
 * Not judged: a change of TTL (nothing remembers the one before).
 * Pure functions; thread: analysis.
 */
#ifndef NW_DETECT_GATEWAY_H
#define NW_DETECT_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/rule_params.h"
#include "policy/site.h"
#include "profile/link.h"

#define GATEWAY_KNOWN_MAX 4

struct gateway_facts {
	const struct gateway *gateway;
	unsigned roles;			/* new ones: bits of enum gateway_role */
	const struct asset *asset;	/* that lists its MAC; NULL: none */
	uint64_t link_ns;		/* since when the link is known */
	/* What was there before it, the longest known first; more are counted. */
	const struct gateway *known[GATEWAY_KNOWN_MAX];
	unsigned n_known, known_beyond;
};

/* Which of its roles are new on a link that is known since then. */
unsigned gateway_new_roles(const struct gateway *g, uint64_t link_ns, const struct site *site);
/* Did it have that role before anything was new there? */
bool gateway_is_learned(const struct gateway_params *p, const struct gateway *g,
			enum gateway_role role, uint64_t link_ns);
unsigned gateway_severity(void);

#endif
