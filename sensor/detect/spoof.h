/* spoof.h - NW-SEG-005: one address, claimed by two MACs within a minute.
 *
 * Whoever has an address on a link says so again and again: in each ARP request, in each answer.
 * Somebody who says the same with another MAC (to be sent what is meant for it) is contradicted by
 * that, as long as the one who had it is alive.  What looks alike and is not:
 *
 *   a failover   the new MAC announces itself (ARP announcement, unsolicited advertisement) and
 *                the old one is silent from then on; also back again
 *   a new lease  DHCP gave the address to the new MAC after the old one had it, or the new one
 *                probed for it first (RFC 5227, RFC 4862); likewise
 *   one of many  the MACs of redundant routers (VRRP and CARP, HSRP, GLBP) and of load balancing
 *                (NLB); all those that the policy lists for the asset of the address; an asset
 *                that "serves" as proxy_arp
 *
 * A *takeover* is a claim by another MAC than the last one's at most `near_ns` after it; later it
 * has moved, and nobody contends.  A takeover is *declared* by one of the first two.  Found:
 *
 *   SPOOF_BOTH	   the MAC before claims it again, undeclared, soon or while the takeover waits;
 *		   or `takeovers` takeovers, declared or not, in `contest_ns`: two that
 *		   answer each other's announcements; or the MAC before comes back undeclared,
 *		   however late, for the third time in `swift_ns`
 *   SPOOF_TAKEN   a takeover that is undeclared, and still `near_ns` later, while the other
 *		   one was silent: weaker, for a device that was exchanged quickly may do the same
 *   SPOOF_RETURNS for the third time in `returns_ns`: weaker as well, for a host that changes
 *		   between two cards and tells nobody does the same (but few change at all without
 *		   an announcement, a probe or a lease).  Who changes in the morning and in the
 *		   evening comes back twice in that time
 *
 * Severity 4, 3 and 3; the numbers are the rule pack's.
 * Where the policy lists the MACs of the address's asset the list decides about redundant routers'
 * too: of these anybody can make one up.  Without a list one is passed by only where it had the
 * address first: a made-up one comes later.
 * Not seen: who takes the address of somebody silent for longer than a minute (that is a move), or
 * speaks to his victim only where the tap is not.
 * Pure functions over the row; thread: analysis.
 */
#ifndef NW_DETECT_SPOOF_H
#define NW_DETECT_SPOOF_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/rule_params.h"
#include "policy/site.h"
#include "profile/link.h"

/* Kept in the state: never renumber. */
enum spoof { SPOOF_NONE, SPOOF_TAKEN, SPOOF_BOTH, SPOOF_RETURNS };

struct spoof_facts {
	const struct neighbour *neighbour;
	enum spoof what;
	const struct asset *asset;	/* of the address; NULL: listed nowhere */
	const struct asset *older_asset, *newer_asset;	/* that list the MACs; NULL: none */
	uint32_t others;		/* addresses that the newer MAC took from others here */
};

/* The MAC said that it holds the address; how: set of enum claim_how. */
enum spoof spoof_take(const struct spoof_params *p, struct neighbour *n,
		      const uint8_t mac[static 6], uint64_t ns, unsigned how);
void spoof_asked(struct neighbour *n, const uint8_t mac[static 6], uint64_t ns);
void spoof_leased(struct neighbour *n, const uint8_t mac[static 6], uint64_t ns);
/* Before a claim is taken: a takeover that waits, and a third MAC comes when it is no longer near:
 * SPOOF_TAKEN, about the two that the row still has.  Else SPOOF_NONE. */
enum spoof spoof_overtaken(const struct spoof_params *p, struct neighbour *n,
			   const uint8_t mac[static 6], uint64_t ns);
/* A takeover waits no longer: SPOOF_TAKEN or SPOOF_NONE. */
enum spoof spoof_settle(const struct spoof_params *p, struct neighbour *n, uint64_t now_ns);
/* When it is due: the first boundary of a minute; n->pending_ns is not 0. */
uint64_t spoof_due_ns(const struct spoof_params *p, const struct neighbour *n);
/* May the two that contend do so? */
bool spoof_is_allowed(const struct neighbour *n, const struct site *site);
/* A claim to pass by: by an asset that answers for others. */
bool spoof_is_proxy(const struct site *site, const struct addr *a, const uint8_t mac[static 6]);
/* Contended for no longer. */
void spoof_forget(struct neighbour *n);
unsigned spoof_severity(enum spoof what);	/* 0: of nothing */
/* Of the two, whose claims began first. */
const struct holder *spoof_older(const struct neighbour *n);
const struct holder *spoof_newer(const struct neighbour *n);
/* Made for several devices in turn: VRRP, CARP, HSRP, GLBP, NLB. */
bool spoof_is_virtual(const uint8_t mac[static 6]);

#endif
