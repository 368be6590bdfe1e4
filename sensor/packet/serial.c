/* serial.c - point-to-point links: PPP and PPPoE, Cisco HDLC, Frame Relay, SLIP.
 *
 * PPP (RFC 1661, 1662): address and control bytes may be left out, and the high byte of the
 * protocol field when it is 0; its low byte is odd, the high one even, which is how they are told
 * apart.  What is compressed (Van Jacobson, MPPC) or spread over several links is NOT_IP.
 */
#include "packet/decode.h"
#include "base/bytes.h"

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057, PPP_MPLS = 0x0281, PPP_MPLS_MULTICAST = 0x0283 };
enum { NLPID_SNAP = 0x80, NLPID_IPV6 = 0x8e, NLPID_IPV4 = 0xcc };

#define PPPOE_HEADER_LEN 6
#define PPPOE_VERSION_TYPE 0x11
#define FRELAY_ADDRESS_MAX 4
#define UNNUMBERED 0x03		/* control byte: unnumbered information */
#define SLIP_HEADER_LEN 16	/* direction, and the compressed header as it was */

/* Behind address and control. */
static enum layer decode_ppp_protocol(struct decode *d)
{
	const uint8_t *h = decode_take(d, 1);
	uint16_t protocol;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	protocol = *h;
	if (!(protocol & 1)) {
		h = decode_take(d, 1);
		if (!h)
			return decode_end(d, PACKET_BAD_LINK);
		protocol = (uint16_t)(protocol << 8 | *h);
	}
	switch (protocol) {
	case PPP_IPV4:
		return LAYER_IPV4;
	case PPP_IPV6:
		return LAYER_IPV6;
	case PPP_MPLS:
	case PPP_MPLS_MULTICAST:
		return LAYER_MPLS;
	}
	return decode_end(d, PACKET_NOT_IP);
}

enum layer decode_ppp(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 2);

	if (h && h[0] == 0xff && h[1] == UNNUMBERED)
		decode_take(d, 2);
	else if (h && (h[0] == 0x0f || h[0] == 0x8f) && h[1] == 0)
		return LAYER_CHDLC;	/* interfaces change their mind, the link type does not */
	return decode_ppp_protocol(d);
}

/* pppd's form has the direction in the place of the address, or before it. */
enum layer decode_ppp_direction(struct decode *d)
{
	const uint8_t *h;

	if (!decode_take(d, 1))
		return decode_end(d, PACKET_BAD_LINK);
	h = decode_peek(d, 1);
	if (!h || *h != UNNUMBERED)
		return LAYER_PPP;
	decode_take(d, 1);
	return decode_ppp_protocol(d);
}

/* RFC 2516; discovery has an ethertype of its own. */
enum layer decode_pppoe(struct decode *d)
{
	const uint8_t *h = decode_take(d, PPPOE_HEADER_LEN);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] != PPPOE_VERSION_TYPE || h[1])
		return decode_end(d, PACKET_NOT_IP);
	/* Not a bound, only a limit: there are senders that count a few bytes short, and IP has a
	 * length of its own. */
	if (net_get16(h + 4) > decode_left(d))
		return decode_end(d, PACKET_BAD_LINK);
	decode_enter_id(d, PACKET_PPPOE, net_get16(h + 2));
	return LAYER_PPP;
}

enum layer decode_chdlc(struct decode *d)
{
	const uint8_t *h = decode_take(d, 4);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	d->ethertype = net_get16(h + 2);
	return d->ethertype < 0x0600 ? decode_end(d, PACKET_NOT_IP) : LAYER_ETHERTYPE;
}

/* Q.922 address: its last byte has the lowest bit set. */
static bool take_frelay_address(struct decode *d)
{
	for (unsigned n = 1; n <= FRELAY_ADDRESS_MAX; n++) {
		const uint8_t *h = decode_take(d, 1);

		if (!h)
			return false;
		if (*h & 1)
			return n > 1;
	}
	return false;
}

/* RFC 2427, and Cisco's own form: an ethertype follows the address. */
enum layer decode_frelay(struct decode *d)
{
	const uint8_t *h;

	if (!take_frelay_address(d))
		return decode_end(d, PACKET_BAD_LINK);
	h = decode_take(d, 2);
	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] != UNNUMBERED) {
		d->ethertype = net_get16(h);
		return d->ethertype < 0x0600 ? decode_end(d, PACKET_NOT_IP) : LAYER_ETHERTYPE;
	}
	if (!h[1]) {			/* a byte of padding */
		h = decode_take(d, 1);
		if (!h)
			return decode_end(d, PACKET_BAD_LINK);
		h--;
	}
	switch (h[1]) {
	case NLPID_IPV4:
		return LAYER_IPV4;
	case NLPID_IPV6:
		return LAYER_IPV6;
	case NLPID_SNAP:
		return decode_snap(d, 0);
	}
	return decode_end(d, PACKET_NOT_IP);
}

enum layer decode_slip(struct decode *d)
{
	const uint8_t *h;

	if (!decode_take(d, SLIP_HEADER_LEN))
		return decode_end(d, PACKET_BAD_LINK);
	h = decode_peek(d, 1);
	if (h && *h >> 4 == 4)
		return LAYER_IPV4;
	return decode_end(d, PACKET_NOT_IP);	/* a compressed header */
}
