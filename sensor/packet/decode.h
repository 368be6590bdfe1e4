/* decode.h - what the files of this room share: one walk over the layers of a frame.
 *
 * Decoding is a loop in packet.c, not a chain of calls: each layer is a function that consumes its
 * own header and returns which layer comes next, or ends the walk with a status.  A new
 * encapsulation (MPLS, PPPoE, GRE, ...) is a new enum layer, its function and one row in packet.c;
 * it may hand on to any layer, LAYER_ETHERNET and LAYER_IPV4 included.  LAYERS_MAX bounds the walk.
 *
 *	bytes  0 ........ off ........ cap ........ end ........ wirelen
 *	         consumed     readable     on the wire   padding, trailers
 *
 * Invariant: off <= cap <= end <= wirelen, and cap <= caplen.  Bytes are reached through
 * decode_peek() and decode_take() only, which refuse to go beyond cap.  Lengths by the headers are
 * bounded by end.
 */
#ifndef NW_PACKET_DECODE_H
#define NW_PACKET_DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include "packet/packet.h"

#define LAYERS_MAX 32		/* of one frame; a frame without tunnels has at most five */
#define VLAN_TAGS_MAX 8		/* walked in one frame */
#define EXTENSIONS_MAX 16	/* IPv6 extension headers of one datagram */

#define IPV4_HEADER_MIN 20
#define IPV6_HEADER_LEN 40
#define IPV6_FRAGMENT_LEN 8	/* of the fragment header */

enum layer {
	LAYER_END,		/* decode.status says how it ended */
	LAYER_ETHERNET,
	LAYER_SLL,
	LAYER_SLL2,
	LAYER_NULL,
	LAYER_LOOP,
	LAYER_LLC,
	LAYER_ETHERTYPE,	/* what decode.ethertype says, VLAN tags first */
	LAYER_IP,		/* IPv4 or IPv6, by the version in the header */
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_TRANSPORT,	/* what packet.proto says */
	LAYERS
};

struct decode {
	struct packet *p;		/* being filled; p->bytes are what is read */
	uint32_t off;			/* where the next header begins */
	uint32_t cap;			/* end of what may be read */
	uint32_t end;			/* end by the headers so far */
	uint16_t ethertype;		/* for LAYER_ETHERTYPE */
	uint8_t tags;			/* VLAN tags walked */
	enum packet_status status;
};

/* n bytes at the present offset, or NULL when not all of them were captured. */
static inline const uint8_t *decode_peek(const struct decode *d, uint32_t n)
{
	return n <= d->cap - d->off ? d->p->bytes + d->off : NULL;
}

/* The same, and moves behind them. */
static inline const uint8_t *decode_take(struct decode *d, uint32_t n)
{
	const uint8_t *at = decode_peek(d, n);

	if (at)
		d->off += n;
	return at;
}

/* How much follows by the headers. */
static inline uint32_t decode_left(const struct decode *d)
{
	return d->end - d->off;
}

/* A header has said that what begins at the present offset is len bytes long. */
static inline void decode_bound(struct decode *d, uint32_t len)
{
	if (len < decode_left(d))
		d->end = d->off + len;
	if (d->cap > d->end)
		d->cap = d->end;
}

static inline enum layer decode_end(struct decode *d, enum packet_status status)
{
	d->status = status;
	return LAYER_END;
}

/* link.c */
enum layer decode_ethernet(struct decode *d);
enum layer decode_sll(struct decode *d);
enum layer decode_sll2(struct decode *d);
enum layer decode_null(struct decode *d);
enum layer decode_loop(struct decode *d);
enum layer decode_llc(struct decode *d);
enum layer decode_ethertype(struct decode *d);

/* ip.c */
enum layer decode_ip(struct decode *d);
enum layer decode_ipv4(struct decode *d);
enum layer decode_ipv6(struct decode *d);
/* The length of the extension header of type proto whose first two bytes are at h; 0 when proto is
 * not an extension header (and h is not looked at). */
uint32_t ipv6_extension_len(uint8_t proto, const uint8_t *h);

/* transport.c */
enum layer decode_transport(struct decode *d);

#endif
