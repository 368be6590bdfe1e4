/* fragments.h - bounded reassembly of IPv4 and IPv6 datagrams (RFC 791, RFC 8200 4.5, RFC 5722).
 *
 * One table per shard: all fragments of a datagram share the address pair and so the shard.  And
 * one in the reader, for datagrams that may carry a tunnel (fragments_may_hide()): which shard
 * the packet within belongs to is not known before they are whole.  What comes out of that one
 * goes to its shard like any packet; when it is itself a fragment, of the datagram within the
 * tunnel, it goes wherever fragments of that datagram go that did not have to be put together
 * first.
 *
 * Overlap policy: a fragment that overlaps data already held makes the datagram invalid (dropped
 * and counted, with what is still to come of it; RFC 5722 for IPv6, the same for IPv4, where it is
 * an evasion); so do two different ends.  A repetition, wholly within data held and with the same
 * bytes, is ignored, also shortly after the datagram was whole.  Bounds: datagrams held, bytes
 * held, 65 535 bytes a datagram, and FRAGMENTS_TIMEOUT_NS of capture time since its first fragment;
 * the oldest goes first, counted.
 * Fragments belong together by addresses, id, (IPv4) protocol, VLANs and tap, as flows do, and by
 * the id of the tunnel they came through.
 * Where captured bytes are cut the missing ones count by length only; the datagram's captured
 * length is the length of its contiguous captured beginning.
 * Thread: the shard's worker, or the reader.
 */
#ifndef NW_PACKET_FRAGMENTS_H
#define NW_PACKET_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "packet/packet.h"

#define FRAGMENTS_TIMEOUT_NS (30 * 1000000000ULL)	/* RFC 791 suggests 15 s, Linux uses 30 s */

#define FRAGMENTS_COPY_NS (5 * 1000000ULL)	/* as the shortest window of flow/duplicates.h */

struct fragments;

/* Every fragment given ends in exactly one of these once its fate is known; *_held is a
 * gauge: given = merged + bad + overlap + duplicate + timeout + evicted + held. */
struct fragments_counters {
	uint64_t given;
	uint64_t merged;	/* fragments that became part of a datagram */
	uint64_t bad;		/* beyond 65 535, empty, unaligned, headers over 256 bytes */
	uint64_t overlap;	/* fragments of datagrams dropped for overlap */
	uint64_t duplicate;	/* exact repetitions */
	uint64_t timeout;
	uint64_t evicted;
	uint64_t held;
	uint64_t datagrams;	/* completed */
	uint64_t carriers;	/* of merged: all but one of each datagram that was a tunnel.  The
				 * packet within is one packet, whatever it took to carry it */
};

/* max_datagrams: 1..2^20; max_bytes: of data, raised to one full datagram.  0, -EINVAL, -ENOMEM. */
int fragments_new(size_t max_datagrams, size_t max_bytes, struct fragments **ret_fragments);
void fragments_free(struct fragments *f);	/* NULL is fine */

/* Whether the datagram that p (PACKET_FRAGMENT) belongs to may carry a tunnel: UDP, or a protocol
 * of iptunnel.c.  The same for all its fragments; so any fragment of IPv6, whose protocol only
 * the first one tells (RFC 8200 4.5). */
bool fragments_may_hide(const struct packet *p);

/* Adds p (status PACKET_FRAGMENT).  true: a datagram is complete and *ret_packet describes it,
 * decoded through the transport with status in *ret_status, which is PACKET_FRAGMENT when it was
 * a tunnel around a fragment; its bytes are borrowed until the next call (p's may be those).
 * wirelen and payload_len of the result are those of the whole datagram; ts_ns, macs and VLANs
 * those of the completing fragment. */
bool fragments_add(struct fragments *f, const struct packet *p, struct packet *ret_packet,
		   enum packet_status *ret_status);
void fragments_expire(struct fragments *f, uint64_t now_ns);	/* at slice boundaries */
const struct fragments_counters *fragments_counters(const struct fragments *f);

#endif
