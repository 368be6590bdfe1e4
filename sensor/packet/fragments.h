/* fragments.h - bounded reassembly of IPv4 and IPv6 datagrams (RFC 791, RFC 8200 4.5, RFC 5722).
 *
 * One table per shard: all fragments of a datagram share the address pair and so the shard.
 * Overlap policy: a fragment that overlaps data already held makes the datagram invalid (dropped
 * and counted, with what is still to come of it; RFC 5722 for IPv6, the same for IPv4, where it is
 * an evasion); so do two different ends.  A repetition, wholly within data held and with the same
 * bytes, is ignored.  Bounds: datagrams held, bytes held, 65 535 bytes a datagram, and
 * FRAGMENTS_TIMEOUT_NS of capture time since its first fragment; the oldest goes first, counted.
 * Fragments belong together by addresses, id, (IPv4) protocol, VLANs and tap, as flows do.
 * Where captured bytes are cut the missing ones count by length only; the datagram's captured
 * length is the length of its contiguous captured beginning.
 * Thread: the shard's worker.
 */
#ifndef NW_PACKET_FRAGMENTS_H
#define NW_PACKET_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "packet/packet.h"

#define FRAGMENTS_TIMEOUT_NS (30 * 1000000000ULL)	/* RFC 791 suggests 15 s, Linux uses 30 s */

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
};

/* max_datagrams: 1..2^20; max_bytes: of data, raised to one full datagram.  0, -EINVAL, -ENOMEM. */
int fragments_new(size_t max_datagrams, size_t max_bytes, struct fragments **ret_fragments);
void fragments_free(struct fragments *f);	/* NULL is fine */

/* Adds p (status PACKET_FRAGMENT).  true: a datagram is complete and *ret_packet describes it,
 * decoded through the transport with status in *ret_status; its bytes are borrowed until the next
 * call.  wirelen and payload_len of the result are those of the whole datagram; ts_ns, macs and
 * VLANs those of the completing fragment. */
bool fragments_add(struct fragments *f, const struct packet *p, struct packet *ret_packet,
		   enum packet_status *ret_status);
void fragments_expire(struct fragments *f, uint64_t now_ns);	/* at slice boundaries */
const struct fragments_counters *fragments_counters(const struct fragments *f);

#endif
