/* gre.c - GRE (RFC 2784, 2890, 1701), its enhanced form (PPTP, RFC 2637), ERSPAN and WCCP.
 *
 *	flags and version, protocol | checksum, offset | key | sequence | source routes
 *	                              (C or R)           (K)   (S)        (R)
 *
 * The protocol is an ethertype: 0x6558 bridges Ethernet (NVGRE is that with a key), 0x88be is
 * ERSPAN I without a sequence number and ERSPAN II with one, 0x22eb ERSPAN III.  ERSPAN frames
 * are those of a mirror port: they count as what was mirrored.
 */
#include "packet/decode.h"
#include "base/bytes.h"

enum {
	HAS_CHECKSUM = 0x8000, HAS_ROUTES = 0x4000, HAS_KEY = 0x2000, HAS_SEQUENCE = 0x1000,
	HAS_ACK = 0x0080, VERSION = 0x0007
};

#define ROUTES_MAX 8		/* source route entries; nobody has used them since RFC 1701 */
#define ERSPAN_3_HAS_SUBHEADER 1
#define ERSPAN_3_ETHERNET 0	/* frame type, */
#define ERSPAN_3_IP 2

static bool take_routes(struct decode *d)
{
	for (unsigned n = 0; n < ROUTES_MAX; n++) {
		const uint8_t *h = decode_take(d, 4);

		if (!h)
			return false;
		if (!net_get16(h) && !h[3])
			return true;
		if (!decode_take(d, h[3]))
			return false;
	}
	return false;
}

/* RFC 2637 4.1: the key is the payload's length and the receiver's call. */
static enum layer decode_pptp(struct decode *d, uint16_t flags)
{
	const uint8_t *h = decode_take(d, 4);

	if (!h || !(flags & HAS_KEY) || flags & (HAS_CHECKSUM | HAS_ROUTES))
		return decode_end(d, PACKET_BAD_LINK);
	if (!(flags & HAS_SEQUENCE))
		return decode_end(d, PACKET_NOT_IP);	/* an acknowledgement alone */
	if (!decode_take(d, flags & HAS_ACK ? 8 : 4) || net_get16(h) > decode_left(d))
		return decode_end(d, PACKET_BAD_LINK);
	decode_bound(d, net_get16(h));
	decode_enter_id(d, PACKET_PPTP, net_get16(h + 2));
	return LAYER_PPP;
}

static enum layer decode_gre_payload(struct decode *d, uint16_t flags, uint16_t type,
				     const uint8_t *key)
{
	switch (type) {
	case TYPE_ERSPAN:
		if (flags & HAS_SEQUENCE)
			return LAYER_ERSPAN2;
		decode_enter(d, PACKET_ERSPAN);
		return LAYER_ETHERNET;
	case TYPE_ERSPAN_3:
		return LAYER_ERSPAN3;
	case TYPE_WCCP:
		return LAYER_WCCP;
	}
	if (type < ETHERNET_TYPE_MIN)
		return decode_end(d, PACKET_NOT_IP);
	if (key)
		decode_enter_id(d, PACKET_GRE, net_get32(key));
	else
		decode_enter(d, PACKET_GRE);
	d->ethertype = type;
	return LAYER_ETHERTYPE;
}

enum layer decode_gre(struct decode *d)
{
	const uint8_t *h = decode_take(d, 4), *key = NULL;
	uint16_t flags, type;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	flags = net_get16(h);
	type = net_get16(h + 2);
	if ((flags & VERSION) == 1 && type == TYPE_PPP)
		return decode_pptp(d, flags);
	if (flags & VERSION)
		return decode_end(d, PACKET_NOT_IP);
	if (flags & (HAS_CHECKSUM | HAS_ROUTES) && !decode_take(d, 4))
		return decode_end(d, PACKET_BAD_LINK);
	if (flags & HAS_KEY) {
		key = decode_take(d, 4);
		if (!key)
			return decode_end(d, PACKET_BAD_LINK);
	}
	if ((flags & HAS_SEQUENCE && !decode_take(d, 4)) || (flags & HAS_ROUTES && !take_routes(d)))
		return decode_end(d, PACKET_BAD_LINK);
	return decode_gre_payload(d, flags, type, key);
}

/* Version, VLAN; class, encapsulation, truncated, session: the same in types II and III. */
static uint32_t erspan_session(const uint8_t *h)
{
	return net_get16(h + 2) & 0x03ff;
}

enum layer decode_erspan2(struct decode *d)
{
	const uint8_t *h = decode_take(d, 8);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] >> 4 != 1)
		return decode_end(d, PACKET_NOT_IP);
	decode_enter_id(d, PACKET_ERSPAN, erspan_session(h));
	return LAYER_ETHERNET;
}

enum layer decode_erspan3(struct decode *d)
{
	const uint8_t *h = decode_take(d, 12);
	unsigned frame_type;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] >> 4 != 2)
		return decode_end(d, PACKET_NOT_IP);
	frame_type = h[10] >> 2 & 0x1f;
	if (h[11] & ERSPAN_3_HAS_SUBHEADER && !decode_take(d, 8))
		return decode_end(d, PACKET_BAD_LINK);
	decode_enter_id(d, PACKET_ERSPAN, erspan_session(h));
	if (frame_type == ERSPAN_3_IP)
		return LAYER_IP;
	return frame_type == ERSPAN_3_ETHERNET ? LAYER_ETHERNET : decode_end(d, PACKET_NOT_IP);
}

/* Version 2 puts four bytes before the redirected datagram, version 1 none. */
enum layer decode_wccp(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 1);

	if (!h || (*h >> 4 != 4 && !decode_take(d, 4)))
		return decode_end(d, PACKET_BAD_LINK);
	decode_enter(d, PACKET_WCCP);
	return LAYER_IPV4;
}
