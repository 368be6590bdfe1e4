/* transport.c - TCP, UDP, ICMP, ICMPv6 and SCTP headers over an IP payload.
 *
 * A header that contradicts the IP length is malformed.  A header that was merely cut by the snap
 * length is used as far as accounting needs it:
 *
 *	TCP	the first 14 bytes: ports, sequence, data offset (the payload's length) and flags
 *	UDP	the first 4 bytes: ports; the length field if it is there, else the IP length
 *	SCTP	the first 4 bytes: ports
 *	ICMP	the first 2 bytes: type and code
 *
 * Only when not even these were captured is a packet PACKET_BAD_TRANSPORT.  payload_off may then
 * lie beyond caplen; packet_payload_captured() is 0 there.  Every other protocol (ESP, OSPF,
 * nothing at all) is PACKET_OK without ports; its payload is all that follows the IP headers.
 * Tunnels over IP (iptunnel.c) and over UDP (udptunnel.c) go on from here.
 */
#include "packet/decode.h"
#include "base/bytes.h"

#define TCP_NEEDED 14		/* up to and with the flags */
#define ICMP_HEADER_MIN 4
#define SCTP_HEADER_LEN 12
#define PORTS_LEN 4

/* The transport header is header_len long and len bytes follow it by the headers. */
static enum layer end_payload(struct decode *d, uint32_t header_len, uint32_t len)
{
	d->p->payload_off = d->off + header_len;
	d->p->payload_len = len;
	return decode_end(d, PACKET_OK);
}

static enum layer decode_tcp(struct decode *d)
{
	const uint8_t *h = decode_peek(d, TCP_NEEDED);
	struct packet *p = d->p;
	uint32_t header_len;

	if (!h || decode_left(d) < TCP_HEADER_MIN)
		return decode_end(d, PACKET_BAD_TRANSPORT);
	header_len = (h[12] >> 4) * 4U;
	if (header_len < TCP_HEADER_MIN || header_len > decode_left(d))
		return decode_end(d, PACKET_BAD_TRANSPORT);
	p->sport = net_get16(h);
	p->dport = net_get16(h + 2);
	p->seq = net_get32(h + 4);
	p->ack = net_get32(h + 8);
	p->tcp_flags = h[13];
	if (decode_peek(d, 16))
		p->window = net_get16(h + 14);
	return end_payload(d, header_len, decode_left(d) - header_len);
}

static enum layer decode_udp(struct decode *d)
{
	const uint8_t *h = decode_peek(d, PORTS_LEN);
	uint32_t len = decode_left(d);
	enum layer layer;

	if (!h || len < UDP_HEADER_LEN)
		return decode_end(d, PACKET_BAD_TRANSPORT);
	d->p->sport = net_get16(h);
	d->p->dport = net_get16(h + 2);
	if (decode_peek(d, 6)) {
		uint32_t field = net_get16(h + 4);

		/* In a jumbogram the field cannot hold the length and is 0 (RFC 2675 4). */
		if (!field && len > UINT16_MAX)
			field = len;
		if (field < UDP_HEADER_LEN)
			return decode_end(d, PACKET_BAD_TRANSPORT);
		if (field < len)
			len = field;
	}
	layer = decode_udp_tunnel(d);
	if (layer == LAYER_END || !decode_take(d, UDP_HEADER_LEN))
		return end_payload(d, UDP_HEADER_LEN, len - UDP_HEADER_LEN);
	decode_bound(d, len - UDP_HEADER_LEN);
	decode_keep(d, d->off, decode_left(d));
	return layer;
}

static enum layer decode_icmp(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 2);
	uint32_t left = decode_left(d);
	uint32_t header_len = left < ICMP_HEADER_LEN ? left : ICMP_HEADER_LEN;

	if (!h || left < ICMP_HEADER_MIN)
		return decode_end(d, PACKET_BAD_TRANSPORT);
	d->p->sport = h[0];
	d->p->dport = h[1];
	return end_payload(d, header_len, left - header_len);
}

static enum layer decode_sctp(struct decode *d)
{
	const uint8_t *h = decode_peek(d, PORTS_LEN);

	if (!h || decode_left(d) < SCTP_HEADER_LEN)
		return decode_end(d, PACKET_BAD_TRANSPORT);
	d->p->sport = net_get16(h);
	d->p->dport = net_get16(h + 2);
	return end_payload(d, SCTP_HEADER_LEN, decode_left(d) - SCTP_HEADER_LEN);
}

enum layer decode_transport(struct decode *d)
{
	enum layer layer;

	switch (d->p->proto) {
	case IP_TCP:
		return decode_tcp(d);
	case IP_UDP:
		return decode_udp(d);
	case IP_ICMP:
	case IP_ICMPV6:
		return decode_icmp(d);
	case IP_SCTP:
		return decode_sctp(d);
	}
	layer = decode_ip_tunnel(d);
	return layer == LAYER_END ? end_payload(d, 0, decode_left(d)) : layer;
}
