/* claims.h - what hosts of a link say about addresses: ARP, neighbour discovery, router
 * advertisements, DHCP.
 *
 * Nobody proves any of it: whoever is on the link can claim any address, be a router or hand out
 * leases.  So these are claims, to be compared with what was claimed before (NW-REM-005).
 *
 *	claims_arp()	RFC 826; probes and announcements by RFC 5227
 *	claims_nd()	RFC 4861 (solicitations, advertisements, redirects), RFC 8106 (DNS servers)
 *	claims_dhcp()	RFC 2131, RFC 2132; options in sname and file are not read (RFC 2132 9.3)
 *	claims_dhcp6()	RFC 8415; messages inside of a relay's too
 *
 * Pure functions over a bounded piece of memory: no allocation, no recursion, linear.  A message
 * that is cut or contradicts itself is false, an option that is cut ends the options.
 */
#ifndef NW_DPI_CLAIMS_H
#define NW_DPI_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"

#define CLAIMS_LIST_MAX 4		/* routers, DNS servers, prefixes; more are counted */
#define CLAIMS_TEXT_MAX 64

struct claims_addrs {
	struct addr addr[CLAIMS_LIST_MAX];
	uint8_t n, beyond;
};

struct claims_arp {
	uint16_t operation;		/* 1 request, 2 reply */
	uint8_t sender_mac[6], target_mac[6];
	struct addr sender, target;
	bool is_probe;			/* asks for an address that it does not have yet */
	bool is_announcement;		/* sender and target are the same address */
};
/* bytes: from the hardware type on.  false: no ARP of IPv4 over Ethernet. */
bool claims_arp(const uint8_t *bytes, size_t len, struct claims_arp *ret);

enum claims_nd_type {
	CLAIMS_ROUTER_SOLICITATION = 133, CLAIMS_ROUTER_ADVERTISEMENT, CLAIMS_SOLICITATION,
	CLAIMS_ADVERTISEMENT, CLAIMS_REDIRECT
};

struct claims_prefix {
	struct addr addr;
	uint8_t len;
	bool is_on_link, is_autonomous;
	uint32_t valid_s, preferred_s;
};

struct claims_nd {
	enum claims_nd_type type;
	struct addr target;		/* solicitation, advertisement, redirect */
	struct addr destination;	/* redirect */
	uint8_t mac[6];			/* of the sender (source), or of the target */
	bool has_mac;
	bool is_router, is_solicited, is_override;	/* advertisement */
	/* Router advertisement: */
	bool is_managed, has_other;	/* addresses, other settings come from DHCPv6 */
	int8_t preference;		/* RFC 4191: -1, 0, 1 */
	uint16_t lifetime_s;		/* 0: not a default router */
	uint32_t mtu;			/* 0: none given */
	struct claims_prefix prefix[CLAIMS_LIST_MAX];
	uint8_t prefixes, prefixes_beyond;
	struct claims_addrs dns;
};
/* bytes: from the ICMPv6 type on.  false: another message, or one that was routed (hop limit not
 * 255), which hosts ignore. */
bool claims_nd(const uint8_t *bytes, size_t len, uint8_t hop_limit, struct claims_nd *ret);

enum claims_dhcp_type {
	CLAIMS_DHCP_DISCOVER = 1, CLAIMS_DHCP_OFFER, CLAIMS_DHCP_REQUEST, CLAIMS_DHCP_DECLINE,
	CLAIMS_DHCP_ACK, CLAIMS_DHCP_NAK, CLAIMS_DHCP_RELEASE, CLAIMS_DHCP_INFORM
};

struct claims_dhcp {
	uint8_t type;			/* enum claims_dhcp_type; others as they are; 0: BOOTP */
	bool is_reply;
	uint32_t transaction;
	uint8_t mac[6];			/* the client's */
	struct addr client, yours, relay;	/* 0.0.0.0: none */
	struct addr requested, server;	/* options 50, 54; 0.0.0.0: none */
	struct claims_addrs routers, dns;
	uint32_t lease_s;
	char hostname[CLAIMS_TEXT_MAX];	/* raw bytes, cut to fit; "" for none */
	char vendor[CLAIMS_TEXT_MAX];	/* vendor class, likewise */
};
/* bytes: the UDP payload. */
bool claims_dhcp(const uint8_t *bytes, size_t len, struct claims_dhcp *ret);

struct claims_dhcp6 {
	uint8_t type;			/* 1 SOLICIT ... 11; of the message in a relay's */
	uint32_t transaction;
	bool is_relayed;
	uint8_t mac[6];			/* the client's, where its identifier has one */
	bool has_mac, has_server;
	struct claims_addrs given;	/* addresses leased */
	struct claims_addrs dns;
	char hostname[CLAIMS_TEXT_MAX];	/* option 39, labels with dots */
};
bool claims_dhcp6(const uint8_t *bytes, size_t len, struct claims_dhcp6 *ret);

/* For the parsers: one more of a list. */
static inline void claims_add(struct claims_addrs *l, struct addr a)
{
	if (l->n < CLAIMS_LIST_MAX)
		l->addr[l->n++] = a;
	else if (l->beyond < UINT8_MAX)
		l->beyond++;
}

#endif
