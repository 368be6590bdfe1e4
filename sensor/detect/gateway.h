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
 * The first way out that a link shows, by traffic alone, counts where claims were heard in those
 * `learn_ns`; where none were, the tap sees little of the link, and it may have been there.
 * The router flag of a neighbour advertisement is only noted, until there is more.
 * The number is the rule pack's.
 * Severity 4: it is a fact, and replacing a router looks the same.  3: the first way out, by a MAC
 * that was there before; or nothing but traffic with peers outside whose addresses the MAC claims
 * on the link itself, LINKS_HOLDS_MAX at most: a device that was set up for another network, or
 * renumbered, looks like this, and so does a way out that answers for its peer.  2: the first way
 * out when there is no site policy, so that nothing says what is outside (a service that moves to
 * another network looks the same); router advertisements with a lifetime of 0 alone, which make
 * nobody's default router.
 *
 * Which traffic tells.  The MAC that an asset's own connection goes to, where the peer is outside
 * or in a zone of another VLAN: the asset's choice of a next hop.  Of connections from outside the
 * MAC that they come from, if the asset has answered and the link knows no redundant router (whose
 * members send with MACs of their own); likewise of the asset's own, when the frame that is first
 * seen is an answer.  A peer that has claimed its address on the link itself is no way out; but
 * one outside, by the site policy, is, however much the MAC claims its address, and without a
 * policy so is one whose MAC claims more than LINKS_HOLDS_MAX (app/links.h).  An address that
 * somebody gave himself for want of one (169.254.0.0/16, fe80::/10) is of the link, not outside.
 * In the first `learn_ns` traffic between two networks by the look of their addresses (/24, /64)
 * teaches as well what routes: without a site file nothing says more, and the router of all days
 * is not new when it first leads outside.
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
	bool is_first;			/* nobody led out of the link before it */
	bool was_neighbour;		/* it claimed an address there in the first learn_ns */
	bool is_without_site;		/* no site policy was given */
	/* By traffic, with a peer whose address it claims on the link, among few: no router's. */
	bool claims_peer;
};

/* What leads traffic, or asks for it; the router flag of an advertisement alone does not (a host
 * that forwards between containers sets it). */
#define GATEWAY_LEADS \
	(CLAIM_NO_DEFAULT | CLAIM_ADVERTISED | CLAIM_REDIRECTED | GATEWAY_FORWARDS)

/* Which of its roles are new on a link that is known since then. */
unsigned gateway_new_roles(const struct gateway *g, uint64_t link_ns, const struct site *site);
/* Did it have that role before anything was new there? */
bool gateway_is_learned(const struct gateway_params *p, const struct gateway *g,
			enum gateway_role role, uint64_t link_ns);
/* roles are new. */
unsigned gateway_severity(const struct gateway_facts *f);

#endif
