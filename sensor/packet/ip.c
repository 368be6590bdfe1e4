/* ip.c - IPv4 and IPv6 headers, extension headers, and which datagrams are fragments.
 *
 * The header's length field says where the datagram ends, so that Ethernet padding is no payload;
 * the length on the wire bounds it; within a tunnel a datagram that claims more than the tunnel
 * has is none.  A length of 0 means "as long as the wire says": segmentation offload captured
 * before the card filled it in, BIG TCP, and IPv6 jumbograms (RFC 2675).  An IPv6 length of 0
 * before anything else but TCP, UDP and hop-by-hop options means that nothing follows.
 *
 * IPv4 options and IPv6 extension headers must have been captured to their end, because what
 * follows them cannot be found otherwise.  Checksums are not looked at: offload leaves them
 * wrong.
 */
#include "packet/decode.h"
#include "base/bytes.h"

enum {
	EXT_HOP_BY_HOP = 0, EXT_ROUTING = 43, EXT_FRAGMENT = 44, EXT_AH = 51, EXT_NONE = 59,
	EXT_DESTINATION = 60, EXT_MOBILITY = 135, EXT_HIP = 139, EXT_SHIM6 = 140
};

#define EXTENSION_MIN 8		/* bytes of the shortest extension header */

/* The datagram begins at the present offset and is len bytes long by its header.  false: longer
 * than the tunnel it is in. */
static bool begin_datagram(struct decode *d, uint8_t version, uint32_t len)
{
	if (d->is_kept && len > decode_left(d))
		return false;
	decode_bound(d, len);
	d->p->ip_version = version;
	d->p->ip_off = d->off;
	d->p->ip_len = decode_left(d);
	return true;
}

static enum layer end_fragment(struct decode *d, uint32_t id, uint32_t off, bool is_last)
{
	d->p->fragment_id = id;
	d->p->fragment_off = off;
	d->p->fragment_is_last = is_last;
	d->p->fragment_data_off = d->off;
	d->p->fragment_data_len = decode_left(d);
	return decode_end(d, PACKET_FRAGMENT);
}

enum layer decode_ip(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 1);

	if (!h)
		return decode_end(d, PACKET_BAD_IP);
	return h[0] >> 4 == 6 ? LAYER_IPV6 : LAYER_IPV4;
}

enum layer decode_ipv4(struct decode *d)
{
	const uint8_t *h = decode_peek(d, IPV4_HEADER_MIN);
	uint32_t header_len, total_len, fragment;

	if (!h || h[0] >> 4 != 4)
		return decode_end(d, PACKET_BAD_IP);
	header_len = (h[0] & 0x0fU) * 4;
	total_len = net_get16(h + 2);
	if (!total_len)
		total_len = decode_left(d);
	if (header_len < IPV4_HEADER_MIN || total_len < header_len)
		return decode_end(d, PACKET_BAD_IP);
	if (!begin_datagram(d, 4, total_len) || !decode_take(d, header_len))
		return decode_end(d, PACKET_BAD_IP);
	d->p->ttl = h[8];
	d->p->proto = h[9];
	d->p->src = addr_from_ipv4(h + 12);
	d->p->dst = addr_from_ipv4(h + 16);
	fragment = net_get16(h + 6) & 0x3fff;	/* more-fragments and the offset */
	if (fragment)
		return end_fragment(d, net_get16(h + 4), (fragment & 0x1fff) * 8,
				    !(fragment & 0x2000));
	return LAYER_TRANSPORT;
}

uint32_t ipv6_extension_len(uint8_t proto, const uint8_t *h)
{
	switch (proto) {
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_DESTINATION:
	case EXT_MOBILITY:
	case EXT_HIP:
	case EXT_SHIM6:
		return (h[1] + 1U) * 8;
	case EXT_AH:
		return (h[1] + 2U) * 4;		/* RFC 4302 2.2 counts differently */
	case EXT_FRAGMENT:
		return IPV6_FRAGMENT_LEN;
	}
	return 0;
}

static bool is_extension(uint8_t proto)
{
	static const uint8_t no_more[2];

	return ipv6_extension_len(proto, no_more) != 0;
}

/* Walks the chain that begins with p->proto.  A fragment header with offset 0 and nothing to come
 * is an atomic fragment, a whole datagram (RFC 6946), and walked over like the others. */
static enum layer decode_extensions(struct decode *d)
{
	struct packet *p = d->p;

	for (unsigned n = 0; is_extension(p->proto); n++) {
		const uint8_t *h = decode_peek(d, EXTENSION_MIN);
		uint8_t type = p->proto;
		uint16_t fragment;

		if (n == EXTENSIONS_MAX || !h || !decode_take(d, ipv6_extension_len(type, h)))
			return decode_end(d, PACKET_BAD_EXTENSION);
		p->proto = h[0];
		if (type != EXT_FRAGMENT)
			continue;
		fragment = net_get16(h + 2) & 0xfff9;
		if (fragment)
			return end_fragment(d, net_get32(h + 4), fragment & 0xfff8,
					    !(fragment & 1));
	}
	return LAYER_TRANSPORT;
}

/* Than its length of 0. */
static bool may_be_longer(uint8_t next)
{
	return next == EXT_HOP_BY_HOP || next == IP_TCP || next == IP_UDP;
}

enum layer decode_ipv6(struct decode *d)
{
	const uint8_t *h = decode_peek(d, IPV6_HEADER_LEN);
	uint32_t len;

	if (!h || h[0] >> 4 != 6)
		return decode_end(d, PACKET_BAD_IP);
	len = IPV6_HEADER_LEN + (uint32_t)net_get16(h + 4);
	if (len == IPV6_HEADER_LEN && may_be_longer(h[6]))
		len = decode_left(d);
	if (!begin_datagram(d, 6, len))
		return decode_end(d, PACKET_BAD_IP);
	decode_take(d, IPV6_HEADER_LEN);
	d->p->proto = h[6];
	d->p->ttl = h[7];
	d->p->src = addr_from_ipv6(h + 8);
	d->p->dst = addr_from_ipv6(h + 24);
	return decode_extensions(d);
}
