/* mpls.c - MPLS label stacks (RFC 3032) with what follows them, and NSH (RFC 8300).
 *
 * Nothing in a label stack says what it carries.  A datagram has its version in the first nibble;
 * a pseudowire of Ethernet (RFC 4448) begins with a control word, whose first nibble is 0, or
 * directly with an address, which may begin with any nibble, 4 and 6 included.  So the form of
 * what follows decides, with the nibble as the first guess (RFC 8469).
 *
 * The id kept is the innermost label that names something: not the reserved ones, and not the
 * entropy label (RFC 6790), which is a hash.
 */
#include "packet/decode.h"
#include "base/bytes.h"

#define STACK_MAX 16
#define LABELS_RESERVED 16
#define LABEL_ENTROPY 7		/* the next one is the hash */
#define BOTTOM 0x100

enum { NSH_IPV4 = 1, NSH_IPV6, NSH_ETHERNET, NSH_NSH, NSH_MPLS };

static enum layer decode_labelled(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 1);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (decode_looks_like_ip(d, 0))
		return LAYER_IP;
	if (*h >> 4 == 0 && decode_looks_like_ethernet(d, 4)) {
		decode_take(d, 4);
		return LAYER_ETHERNET;
	}
	if (decode_looks_like_ethernet(d, 0))
		return LAYER_ETHERNET;
	if (*h >> 4 == 4 || *h >> 4 == 6)
		return LAYER_IP;		/* which will say what is wrong with it */
	return decode_end(d, PACKET_NOT_IP);
}

enum layer decode_mpls(struct decode *d)
{
	uint32_t service = 0, before = 0;

	for (unsigned n = 0; n < STACK_MAX; n++) {
		const uint8_t *h = decode_take(d, 4);
		uint32_t label;

		if (!h)
			break;
		label = net_get32(h) >> 12;
		if (label >= LABELS_RESERVED && before != LABEL_ENTROPY)
			service = label;
		before = label;
		if (!(net_get32(h) & BOTTOM))
			continue;
		if (service)
			decode_enter_id(d, PACKET_MPLS, service);
		else
			decode_enter(d, PACKET_MPLS);
		return decode_labelled(d);
	}
	return decode_end(d, PACKET_BAD_LINK);
}

enum layer decode_nsh(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 8);
	uint32_t len;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	len = (h[1] & 0x3fU) * 4;
	if (h[0] >> 6 || len < 8 || !decode_take(d, len))
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] & 0x20)		/* OAM: not the user's packet */
		return decode_end(d, PACKET_NOT_IP);
	decode_enter_id(d, PACKET_NSH, net_get32(h + 4) >> 8);
	switch (h[3]) {
	case NSH_IPV4:
		return LAYER_IPV4;
	case NSH_IPV6:
		return LAYER_IPV6;
	case NSH_ETHERNET:
		return LAYER_ETHERNET;
	case NSH_NSH:
		return LAYER_NSH;
	case NSH_MPLS:
		return LAYER_MPLS;
	}
	return decode_end(d, PACKET_NOT_IP);
}
