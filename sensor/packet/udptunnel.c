/* udptunnel.c - tunnels over UDP: VXLAN, GENEVE, GTP-U, Teredo, L2TP, CAPWAP and LISP.
 *
 * A port alone proves nothing: a header must have the form of its protocol, its lengths must
 * agree with the datagram's, and what it carries must decode down to a transport (packet.h).
 * Else the datagram is what it was before, a packet of the outer UDP flow: so are control
 * messages, keep-alives, encrypted content (CAPWAP with DTLS) and inner ARP.
 *
 *	port	by whom		tunnel
 *	4789	to		VXLAN (RFC 7348), also with group policy
 *	8472	to		VXLAN before it had a port (Linux)
 *	4790	to		VXLAN-GPE: IP, Ethernet, NSH or MPLS inside
 *	6081	to		GENEVE (RFC 8926)
 *	2152	to		GTP-U (3GPP TS 29.281), T-PDU
 *	3544	either		Teredo (RFC 4380)
 *	1701	either		L2TP (RFC 2661), L2TPv3 (RFC 3931)
 *	5247	either		CAPWAP data (RFC 5415); 802.11 or Ethernet inside
 *	4341	to		LISP data (RFC 9300)
 *
 * A CAPWAP packet that was cut into CAPWAP fragments is not put together: it counts as outer
 * flow.
 */
#include "packet/decode.h"
#include "base/bytes.h"

enum {
	PORT_L2TP = 1701, PORT_GTP = 2152, PORT_TEREDO = 3544, PORT_LISP = 4341, PORT_VXLAN = 4789,
	PORT_VXLAN_GPE = 4790, PORT_CAPWAP = 5247, PORT_GENEVE = 6081, PORT_VXLAN_OLD = 8472
};

enum { VXLAN_HAS_VNI = 0x08, GPE_HAS_NEXT = 0x04, GPE_OAM = 0x01 };
enum { GPE_NONE, GPE_IPV4, GPE_IPV6, GPE_ETHERNET, GPE_NSH, GPE_MPLS };
enum { GTP_TYPE_MASK = 0xf0, GTP_V1 = 0x30, GTP_OPTIONAL = 0x07, GTP_HAS_EXTENSION = 0x04 };
enum { TEREDO_AUTH = 0x0001, TEREDO_ORIGIN = 0x0000 };
enum { L2TP_CONTROL = 0x8000, L2TP_LENGTH = 0x4000, L2TP_SEQUENCE = 0x0800, L2TP_OFFSET = 0x0200 };
enum { CAPWAP_NATIVE = 0x01, CAPWAP_FRAGMENT = 0x80, CAPWAP_KEEPALIVE = 0x08 };
enum { LISP_INSTANCE = 0x08, LISP_NONCE = 0x80, LISP_VERSIONS = 0x10, LISP_KEY = 0x03 };

#define GTP_TPDU 255
#define GTP_EXTENSIONS_MAX 8
#define CAPWAP_80211 1		/* wireless binding */

enum layer decode_udp_tunnel(const struct decode *d)
{
	switch (d->p->dport) {
	case PORT_L2TP:
		return LAYER_L2TP;
	case PORT_GTP:
		return LAYER_GTP;
	case PORT_TEREDO:
		return LAYER_TEREDO;
	case PORT_LISP:
		return LAYER_LISP;
	case PORT_VXLAN:
	case PORT_VXLAN_OLD:
	case PORT_VXLAN_GPE:
		return LAYER_VXLAN;
	case PORT_CAPWAP:
		return LAYER_CAPWAP;
	case PORT_GENEVE:
		return LAYER_GENEVE;
	}
	switch (d->p->sport) {
	case PORT_L2TP:
		return LAYER_L2TP;
	case PORT_TEREDO:
		return LAYER_TEREDO;
	case PORT_CAPWAP:
		return LAYER_CAPWAP;
	}
	return LAYER_END;
}

static enum layer gpe_payload(struct decode *d, uint8_t next)
{
	switch (next) {
	case GPE_IPV4:
		return LAYER_IPV4;
	case GPE_IPV6:
		return LAYER_IPV6;
	case GPE_NONE:
	case GPE_ETHERNET:
		return LAYER_ETHERNET;
	case GPE_NSH:
		return LAYER_NSH;
	case GPE_MPLS:
		return LAYER_MPLS;
	}
	return decode_end(d, PACKET_NOT_IP);
}

/* Reserved bits are ignored, as receivers must: else a sender could hide behind one. */
enum layer decode_vxlan(struct decode *d)
{
	const uint8_t *h = decode_take(d, 8);
	bool is_gpe;

	if (!h || !(h[0] & VXLAN_HAS_VNI))
		return decode_end(d, PACKET_NOT_IP);
	/* The bit is forgotten by some on the port that is for nothing else. */
	is_gpe = d->p->dport == PORT_VXLAN_GPE;
	if (is_gpe && h[0] & GPE_OAM)
		return decode_end(d, PACKET_NOT_IP);
	decode_enter_id(d, PACKET_VXLAN, net_get32(h + 4) >> 8);
	/* On the other port a receiver ignores both the bit and the field. */
	return is_gpe || (h[0] & GPE_HAS_NEXT && h[3] <= GPE_MPLS) ? gpe_payload(d, h[3]) :
								     LAYER_ETHERNET;
}

/* len bytes of options: class, type, length in words. */
static bool take_geneve_options(struct decode *d, uint32_t len)
{
	while (len) {
		const uint8_t *h = decode_take(d, 4);
		uint32_t more;

		if (!h)
			return false;
		more = (h[3] & 0x1fU) * 4;
		if (more + 4 > len || !decode_take(d, more))
			return false;
		len -= more + 4;
	}
	return true;
}

enum layer decode_geneve(struct decode *d)
{
	const uint8_t *h = decode_take(d, 8);

	if (!h || h[0] >> 6 || h[1] & 0x80 || net_get16(h + 2) < 0x0600 ||
	    !take_geneve_options(d, (h[0] & 0x3fU) * 4))
		return decode_end(d, PACKET_NOT_IP);
	decode_enter_id(d, PACKET_GENEVE, net_get32(h + 4) >> 8);
	d->ethertype = net_get16(h + 2);
	return LAYER_ETHERTYPE;
}

/* Each begins with its length in words and ends with the type of the next. */
static bool take_gtp_extensions(struct decode *d, uint8_t type)
{
	for (unsigned n = 0; type; n++) {
		const uint8_t *h = decode_peek(d, 1);
		uint32_t len = h ? *h * 4U : 0;

		if (n == GTP_EXTENSIONS_MAX || !len || !decode_take(d, len))
			return false;
		type = h[len - 1];
	}
	return true;
}

enum layer decode_gtp(struct decode *d)
{
	const uint8_t *h = decode_take(d, 8), *more;

	if (!h || (h[0] & GTP_TYPE_MASK) != GTP_V1 || h[1] != GTP_TPDU ||
	    net_get16(h + 2) > decode_left(d))
		return decode_end(d, PACKET_NOT_IP);
	decode_bound(d, net_get16(h + 2));
	if (h[0] & GTP_OPTIONAL) {	/* then all four bytes are there */
		more = decode_take(d, 4);
		if (!more || (h[0] & GTP_HAS_EXTENSION && !take_gtp_extensions(d, more[3])))
			return decode_end(d, PACKET_NOT_IP);
	}
	more = decode_peek(d, 1);
	if (!more || (*more >> 4 != 4 && *more >> 4 != 6))
		return decode_end(d, PACKET_NOT_IP);	/* Ethernet, unstructured, empty */
	decode_enter_id(d, PACKET_GTP, net_get32(h + 4));
	return LAYER_IP;
}

/* 2001::/32, or link-local as in what is exchanged with the server. */
static bool is_teredo_address(const uint8_t *a)
{
	return net_get32(a) == 0x20010000 || (net_get32(a) & 0xffc00000) == 0xfe800000;
}

enum layer decode_teredo(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 4);

	if (h && net_get16(h) == TEREDO_AUTH) {	/* identifier, value, nonce, confirmation */
		decode_take(d, 4U + h[2] + h[3] + 9);
		h = decode_peek(d, 2);
	}
	if (h && net_get16(h) == TEREDO_ORIGIN)
		decode_take(d, 8);
	h = decode_peek(d, IPV6_HEADER_LEN);
	if (!h || h[0] >> 4 != 6 || (!is_teredo_address(h + 8) && !is_teredo_address(h + 24)))
		return decode_end(d, PACKET_NOT_IP);
	decode_enter(d, PACKET_TEREDO);
	return LAYER_IPV6;
}

/* Behind the flags: session, then a cookie. */
static enum layer decode_l2tpv3_udp(struct decode *d)
{
	const uint8_t *h = decode_take(d, 6);

	if (!h || net_get16(h) || !net_get32(h + 2))
		return decode_end(d, PACKET_NOT_IP);
	decode_enter_id(d, PACKET_L2TPV3, net_get32(h + 2));
	return LAYER_L2TPV3;
}

static bool take_l2tp_length(struct decode *d)
{
	const uint8_t *h = decode_take(d, 2);

	if (!h || net_get16(h) < 4 || net_get16(h) - 4U > decode_left(d))
		return false;
	decode_bound(d, net_get16(h) - 4U);
	return true;
}

static bool take_l2tp_offset(struct decode *d)
{
	const uint8_t *h = decode_take(d, 2);

	return h && decode_take(d, net_get16(h));
}

enum layer decode_l2tp(struct decode *d)
{
	const uint8_t *h = decode_take(d, 2);
	uint16_t flags = h ? net_get16(h) : L2TP_CONTROL;

	if (flags & (L2TP_CONTROL | 0x34f0))	/* reserved bits */
		return decode_end(d, PACKET_NOT_IP);
	if ((flags & 0x0f) == 3)
		return decode_l2tpv3_udp(d);
	if ((flags & 0x0f) != 2 || (flags & L2TP_LENGTH && !take_l2tp_length(d)))
		return decode_end(d, PACKET_NOT_IP);
	h = decode_take(d, 4);
	if (!h || (flags & L2TP_SEQUENCE && !decode_take(d, 4)) ||
	    (flags & L2TP_OFFSET && !take_l2tp_offset(d)))
		return decode_end(d, PACKET_NOT_IP);
	decode_enter_id(d, PACKET_L2TP, net_get32(h));
	return LAYER_PPP;
}

/* Some access points swap the two bytes of frame control.  A data frame's first byte ends in 8. */
static bool is_swapped(const struct decode *d)
{
	const uint8_t *h = decode_peek(d, 2);

	return h && (h[0] & 0x0f) != 0x08 && (h[1] & 0x0f) == 0x08;
}

enum layer decode_capwap(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 8);
	uint32_t len, radio;

	if (!h || h[0])			/* version 0, and no DTLS */
		return decode_end(d, PACKET_NOT_IP);
	len = (h[1] >> 3) * 4U;
	radio = (h[1] & 7U) << 2 | h[2] >> 6;
	if (len < 8 || h[3] & (CAPWAP_FRAGMENT | CAPWAP_KEEPALIVE | 7) || !decode_take(d, len))
		return decode_end(d, PACKET_NOT_IP);
	decode_enter_id(d, PACKET_CAPWAP, radio);
	if (!(h[2] & CAPWAP_NATIVE))
		return LAYER_ETHERNET;
	if ((h[2] >> 1 & 0x1f) != CAPWAP_80211)
		return decode_end(d, PACKET_NOT_IP);
	d->swaps_80211 = is_swapped(d);
	return LAYER_80211;
}

enum layer decode_lisp(struct decode *d)
{
	const uint8_t *h = decode_take(d, 8);

	if (!h || h[0] & LISP_KEY || (h[0] & LISP_NONCE && h[0] & LISP_VERSIONS) ||
	    !decode_looks_like_ip(d, 0))
		return decode_end(d, PACKET_NOT_IP);
	if (h[0] & LISP_INSTANCE)
		decode_enter_id(d, PACKET_LISP, net_get32(h + 4) >> 8);
	else
		decode_enter(d, PACKET_LISP);
	return LAYER_IP;
}
