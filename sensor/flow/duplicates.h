/* duplicates.h - packets that a tap mirrors more than once are counted once.
 *
 * A SPAN port that mirrors both directions of its ports, or several VLANs, hands out one packet
 * twice or more: byte for byte the same, or tagged otherwise, or as it looked behind a router.
 * Each copy would double volumes, look like a retransmission, and in another VLAN make a second
 * flow.
 * The first one seen is the packet, the others are counted (shard_counters.duplicates) and dropped.
 *
 * What must agree.  The innermost IP datagram: addresses, protocol, identification, fragment
 * offset, flow label, options, lengths, and every captured byte from the transport header on.  Left
 * out: TTL, DSCP and ECN, the checksums of IP, TCP and UDP (routers change the first, network cards
 * leave the last unfilled), and everything outside of the datagram: MACs, VLAN tags, tunnels.
 * All bytes, not a sample: whoever could guess what is not looked at could send new data in it
 * under old headers and have it dropped as a copy.
 *
 * The way of a packet is its tap, its VLANs and its two MACs.  A switch mirrors by ports and VLANs,
 * so every packet of a way is mirrored alike: all twice or none.  With the time between the two it
 * decides:
 *
 *	has a number of its own            another way          the same way, TTL alike
 *	  IPv4 identification, fragment    copy in 100 ms       copy in 5 ms
 *	  TCP that takes sequence numbers  copy in 100 ms       copy in 0.5 ms
 *	nothing of the kind                copy in 100 ms, but  copy in 0.5 ms, and only
 *	  (IPv6 or id 0: UDP, ICMP,        not when the way is  when the way is known
 *	  bare TCP acknowledgements)       known to differ      to be doubled
 *
 *   100 ms  a mirror makes the copies a queue of the switch, or a router, apart: microseconds, at
 *           worst the buffer of a slow port.  TCP resends no earlier than 200 ms after the packet
 *           (RTO_MIN of Linux), DNS, SIP and syslog later; keep-alives and pings, a second
 *   5 ms    devices that always write the same identification and repeat their values every 10 ms
 *           exist; the copies of a switch's two ports are closer, unless megabytes wait before one
 *   0.5 ms  without an identification a fast retransmission looks like a copy, and comes a round
 *           trip later
 *   known   votes: of the last packets of the way (256, older ones count half), copies and firsts.
 *           Doubled: at least 16, and copies are from 3/4 of the firsts to three times as many (a
 *           flood of one packet repeats it much more often).  Differing: at least 16, and copies
 *           less than 1/4 of the firsts
 * The same way with another TTL is a sender that counts TTLs up (traceroute) and no copy.
 *
 * VLANs are part of the identity where addresses mean something on their own link only (link-local,
 * unspecified, 224.0.0.0/24): two VLANs' equal router advertisements are two packets.
 *
 * Known errors.
 *   - not seen as copies: what a device between two mirrored ports has changed (NAT, MSS clamping,
 *     other options, fragments made on the way); copies further apart than the window; the first 16
 *     packets of a doubled way that have no number of their own
 *   - copies of a cut capture: compared as far as both have bytes, by steps of 64; when a tag moves
 *     the cut over such a step they are not seen
 *   - dropped though sent twice: what a sender of one constant identification repeats within 5 ms;
 *     a datagram without number that an application repeats within 0.5 ms on a way where nearly
 *     every packet is doubled, or that another way carries with the same addresses, ports and
 *     bytes; a TCP retransmission without identification within 0.5 ms.
 *     Such a repetition holds nothing new: no data is hidden by it
 *
 * Bounded: DUPLICATES_MAX packets a shard are remembered, in sets of four; in a full set the oldest
 * goes (counted when it was still inside the window).  144 KiB a shard, no allocation after
 * duplicates_new().  Results do not depend on the seed (but for 2^-54 a packet).
 * Thread: the shard's worker.  Cost: one pass over the bytes, one cache miss, prefetched.
 */
#ifndef NW_FLOW_DUPLICATES_H
#define NW_FLOW_DUPLICATES_H

#include <stdbool.h>
#include <stdint.h>
#include "flow/places.h"
#include "packet/packet.h"

#define DUPLICATES_MAX 4096
#define DUPLICATES_WINDOW_NS 100000000ULL	/* another way */
#define DUPLICATES_SAME_NS 5000000ULL		/* the same way, with an identification */
#define DUPLICATES_NEAR_NS 500000ULL		/* the same way, without identification */
#define DUPLICATES_WAYS 2048			/* whose votes are kept, in sets of four */

struct duplicates;

struct duplicates_verdict {
	bool is_copy;
	bool is_other_way;		/* of a copy */
	struct flow_place first;	/* of a copy: where the first one was seen */
};

/* 0 or -ENOMEM. */
int duplicates_new(uint64_t seed, struct duplicates **ret_duplicates);
void duplicates_free(struct duplicates *d);		/* NULL is fine */

/* What must agree, as a number. */
uint64_t duplicates_digest(const struct duplicates *d, const struct packet *p,
			   enum packet_status status);
void duplicates_prefetch(const struct duplicates *d, uint64_t digest);

/* Has it been seen?  If not it is remembered.  now_ns must not go back. */
struct duplicates_verdict duplicates_take(struct duplicates *d, const struct packet *p,
					  enum packet_status status, uint64_t digest,
					  uint64_t now_ns);

uint64_t duplicates_forgotten(const struct duplicates *d);	/* inside the window, for space */

#endif
