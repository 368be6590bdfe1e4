/* claim.h - what the packets of one minute said about who is who on a link: who holds an address,
 * who routes, who hands out leases (dpi/claims.h).
 *
 * A claim is an (address, MAC) pair with a kind, on a link: the VLANs and the tap that the frame
 * was seen with.  A shard keeps each once a minute, with the first and the last time it was made
 * and how often, and gives them out with the minute's SLICEs as events of kind SLICE_CLAIM.
 *
 *	kind	made by
 *	HOLDS	ARP request or reply (its sender); neighbour solicitation with its sender's MAC;
 *		neighbour advertisement with the override flag (without it, it is that of a proxy
 *		or of one of several that share the address, and contends with nobody)
 *	PROBES	ARP probe (RFC 5227), duplicate address detection (RFC 4862 5.4): asks for it
 *	LEASED	DHCP ACK, DHCPv6 Reply: a server gave the address to that MAC
 *	ROUTES	router advertisement, redirect, neighbour advertisement of a router
 *	LEASES	DHCP OFFER, ACK, NAK, or BOOTP reply, to a client; DHCPv6 Advertise, Reply.  The
 *		address is the server's, the MAC that of the frame.  Not of what a relay passes on
 *		(giaddr): the MAC is the relay's, and changes with a failover of routers.  Who sets
 *		giaddr to hide is still seen as the way out, when traffic follows
 *	BEYOND	nobody: so many were left out of the minute (below).  The address and the link are
 *		those of the first of them, there is no MAC
 *
 * Only what is of the link itself: nothing out of a tunnel (but of ERSPAN, which is a mirror's),
 * no neighbour discovery that a router has passed on.  ARP inside of ERSPAN is not read.
 *
 * How frames without an address pair find their shard: claim_prepare() puts the address that an
 * ARP frame claims in the place of both.  Neighbour discovery and DHCP are found where their flow
 * is, so one claim may come out of several shards; who takes them merges them.
 *
 * Bounded: CLAIMS_MAX of a shard and minute, and CLAIMS_OF_ADDRESS_MAX MACs of an address and kind;
 * what is left out is counted (shard_counters.claims_beyond), and told by a BEYOND (NW-HLT-001).
 * When all is full the first three quarters stay and in the last quarter the oldest gives way to
 * what comes, so that a flood of made-up addresses hides neither what was said before it nor what
 * is said just now.  What is at odds never gives way: a HOLDS of an address that another MAC holds,
 * and that one, and who routes or leases; these take the place of the newest that can.  All of it
 * follows from the order of packets of a shard alone.  38 KiB a shard, taken when the first claim
 * comes.
 * Thread: the shard's worker.  Cost: for ARP, ICMPv6 and UDP to DHCP's ports a hash look-up.
 */
#ifndef NW_FLOW_CLAIM_H
#define NW_FLOW_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/pack.h"
#include "flow/slice.h"
#include "packet/packet.h"

#define CLAIMS_MAX 512
#define CLAIMS_OF_ADDRESS_MAX 8

/* Values are kept in the state: never renumber. */
enum claim_kind {
	CLAIM_HOLDS, CLAIM_PROBES, CLAIM_LEASED, CLAIM_ROUTES, CLAIM_LEASES, CLAIM_BEYOND,
	CLAIM_KINDS
};
const char *claim_kind_name(enum claim_kind k);	/* "holds" ... */

/* How it was made; a set of bits, kept in the state. */
enum claim_how {
	/* HOLDS: in passing; or to tell everybody (ARP announcement, RFC 5227; unsolicited
	 * advertisement with the override flag). */
	CLAIM_PLAIN = 1, CLAIM_ANNOUNCED = 2,
	/* ROUTES */
	CLAIM_NO_DEFAULT = 1,		/* router advertisement with a lifetime of 0: not a default
					 * router (for a prefix, a DNS server, or as a farewell) */
	CLAIM_ADVERTISED = 4,		/* router advertisement */
	CLAIM_FLAGGED = 8,		/* the router flag of a neighbour advertisement */
	CLAIM_REDIRECTED = 16,
	/* LEASES */
	CLAIM_DHCP4 = 32, CLAIM_DHCP6 = 64,
	CLAIM_HOW_END = 128
};

struct claim_link {			/* where it was seen */
	uint16_t vlan[2];		/* 0xffff: none */
	uint16_t tap;
};

struct claim {
	struct addr addr;
	uint8_t mac[6];
	uint8_t kind;			/* enum claim_kind */
	uint8_t how;			/* set of enum claim_how */
	struct claim_link link;
	uint32_t count;			/* times it was made */
	uint64_t first_ns, last_ns;
};

/* PACKET_ARP: its addresses become the one that it claims, twice.  false: it claims none (another
 * hardware or protocol, cut, malformed); nobody needs to see it. */
bool claim_prepare(struct packet *arp);

struct claims;				/* of one shard */

struct claims_counters {
	uint64_t read;			/* messages that made a claim */
	uint64_t beyond;		/* claims left out: CLAIMS_MAX, or no memory */
};

int claims_new(struct claims **ret_claims);	/* 0 or -ENOMEM */
void claims_free(struct claims *c);		/* NULL is fine */
const struct claims_counters *claims_counters(const struct claims *c);
/* Can this packet make a claim?  A few compares. */
bool claims_may_take(const struct packet *p, enum packet_status status);
/* place: shard_place() of its address pair; now_ns: the shard's clock. */
void claims_take(struct claims *c, const struct packet *p, enum packet_status status,
		 uint32_t place, uint64_t now_ns);
/* The minute is over: all of them, in the order in which they came, as events, and none is left. */
void claims_emit(struct claims *c, uint64_t minute_ns, void (*emit)(void *, struct slice *),
		 void *arg);

/* An event as a claim, and back. */
void claim_of_slice(const struct slice *s, struct claim *ret);
void claim_to_slice(const struct claim *c, uint64_t minute_ns, struct slice *ret);

/* --- between runs: the claims of the running minute, in the form of image.h ------------------- */

/* Its bytes begin with CLAIM_ROW (one less: as written before the order was kept) and a key of
 * FLOW_IMAGE_KEY_BYTES, which no flow has. */
#define CLAIM_ROW 0xc2
size_t claims_count(const struct claims *c);
void claims_pack(const struct claims *c, size_t i, uint64_t clock_ns, struct packer *p);
void claims_clear(struct claims *c);
static inline bool claims_is_row(const void *value, size_t value_len)
{
	const uint8_t *bytes = value;

	return value_len && (*bytes == CLAIM_ROW || *bytes == CLAIM_ROW - 1);
}
/* shard_place() of what made it. */
bool claims_place_of_row(const void *value, size_t value_len, uint32_t *ret_place);
/* false: malformed, there already, no room. */
bool claims_unpack(struct claims *c, const void *value, size_t value_len);
bool claims_clock_of_row(const void *value, size_t value_len, uint64_t *ret_clock_ns);

#endif
