/* iptunnel.c - tunnels directly over IP: IP in IP, EtherIP, L2TPv3, and the way to GRE and MPLS.
 *
 * ESP is encrypted and ends as a transport; AH is an extension header (ip.c).
 */
#include "packet/decode.h"
#include "base/bytes.h"

enum {
	PROTO_IPV4 = 4, PROTO_IPV6 = 41, PROTO_GRE = 47, PROTO_ETHERIP = 97, PROTO_L2TP = 115,
	PROTO_MPLS = 137, PROTO_ETHERNET = 143
};

#define ETHERIP_VERSION 0x30
#define COOKIE_STEP 4		/* RFC 3931 4.1: a cookie of 0, 4 or 8 bytes, */
#define COOKIE_MAX 12		/* and a sublayer of 4 */

static enum layer layer_of(uint8_t proto)
{
	switch (proto) {
	case PROTO_IPV4:
		return LAYER_IPV4;
	case PROTO_IPV6:
		return LAYER_IPV6;
	case PROTO_GRE:
		return LAYER_GRE;
	case PROTO_ETHERIP:
		return LAYER_ETHERIP;
	case PROTO_L2TP:
		return LAYER_L2TPV3_IP;
	case PROTO_MPLS:
		return LAYER_MPLS;
	case PROTO_ETHERNET:
		return LAYER_ETHERNET;
	}
	return LAYER_END;
}

bool decode_is_ip_tunnel(uint8_t proto)
{
	return layer_of(proto) != LAYER_END;
}

enum layer decode_ip_tunnel(struct decode *d)
{
	enum layer next = layer_of(d->p->proto);
	bool is_v6 = d->p->ip_version == 6;

	if (next == LAYER_END)
		return next;
	decode_keep(d, d->off, decode_left(d));
	if (next == LAYER_IPV4)
		decode_enter(d, is_v6 ? PACKET_4IN6 : PACKET_4IN4);
	else if (next == LAYER_IPV6)
		decode_enter(d, is_v6 ? PACKET_6IN6 : PACKET_6IN4);
	else if (next == LAYER_ETHERNET)
		decode_enter(d, PACKET_ETHERNET_IN_IP);
	return next;
}

/* RFC 3378 */
enum layer decode_etherip(struct decode *d)
{
	const uint8_t *h = decode_take(d, 2);

	if (!h || h[0] != ETHERIP_VERSION)
		return decode_end(d, PACKET_BAD_LINK);
	decode_enter(d, PACKET_ETHERNET_IN_IP);
	return LAYER_ETHERNET;
}

/* Only the control connection says how long the cookie is, and what follows it. */
enum layer decode_l2tpv3(struct decode *d)
{
	for (uint32_t n = 0; n <= COOKIE_MAX; n += COOKIE_STEP) {
		bool is_ethernet = decode_looks_like_ethernet(d, n);

		if (!is_ethernet && !decode_looks_like_ip(d, n))
			continue;
		decode_take(d, n);
		return is_ethernet ? LAYER_ETHERNET : LAYER_IP;
	}
	return decode_end(d, PACKET_NOT_IP);
}

enum layer decode_l2tpv3_ip(struct decode *d)
{
	const uint8_t *h = decode_take(d, 4);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (!net_get32(h))		/* the control connection */
		return decode_end(d, PACKET_NOT_IP);
	decode_enter_id(d, PACKET_L2TPV3, net_get32(h));
	return LAYER_L2TPV3;
}
