/* oddlinks.c - link types that few captures have.
 *
 * NFLOG, PKTAP, IPNET, IPoIB, FDDI, ARCnet, DOCSIS, ATM.
 * Each is a short header that says, or implies, a layer known elsewhere.  Formats are those of
 * https://www.tcpdump.org/linktypes.html.
 */
#include "packet/decode.h"
#include "base/bytes.h"

#define NFLOG_ATTRIBUTES_MAX 64
#define NFLOG_PAYLOAD 9
#define PKTAP_HEADER_MIN 108
#define PKTAP_HEADER_MAX 1024
#define IPNET_HEADER_LEN 24
#define IPOIB_HEADER_LEN 44	/* 40 bytes of InfiniBand routing, type, reserved */
#define FDDI_HEADER_LEN 13
#define FDDI_LLC 0x50		/* frame control, without the priority bits */
#define DOCSIS_HEADER_LEN 4
#define DOCSIS_EXTENDED 0x01
#define SUNATM_HEADER_LEN 4

enum { ARCNET_IP_OLD = 0xf0, ARCNET_IP = 0xd4, ARCNET_IPV6 = 0xc4, ARCNET_EXCEPTION = 0xff };
enum { SUNATM_LANE = 1, SUNATM_LLC = 2 };

/* Netlink attributes, in the byte order of the machine that captured; the payload is one. */
enum layer decode_nflog(struct decode *d)
{
	const uint8_t *h = decode_take(d, 4);
	uint8_t family;

	if (!h || h[1])			/* version */
		return decode_end(d, PACKET_BAD_LINK);
	family = h[0];
	for (unsigned n = 0; n < NFLOG_ATTRIBUTES_MAX && decode_left(d); n++) {
		uint32_t len;
		bool is_le;

		h = decode_peek(d, 4);
		if (!h)
			return decode_end(d, PACKET_BAD_LINK);
		is_le = le_get16(h) >= 4 && le_get16(h + 2) < 256;	/* both are small numbers */
		len = is_le ? le_get16(h) : net_get16(h);
		if (len < 4 || len > decode_left(d))
			return decode_end(d, PACKET_BAD_LINK);
		if ((is_le ? le_get16(h + 2) : net_get16(h + 2)) == NFLOG_PAYLOAD) {
			decode_bound(d, len);
			decode_take(d, 4);
			if (family == 2)
				return LAYER_IPV4;
			return family == 10 ? LAYER_IPV6 : decode_end(d, PACKET_NOT_IP);
		}
		len = (len + 3) / 4 * 4;
		if (!decode_take(d, len))
			return decode_end(d, PACKET_BAD_LINK);
	}
	return decode_end(d, PACKET_NOT_IP);
}

/* Length, type (1: a packet follows), DLT, and much about the process, which is not read. */
enum layer decode_pktap(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 12);
	enum layer next;
	uint32_t len, dlt;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	len = le_get32(h);
	dlt = le_get32(h + 8);
	if (len < PKTAP_HEADER_MIN || len > PKTAP_HEADER_MAX || le_get32(h + 4) != 1)
		return decode_end(d, PACKET_NOT_IP);
	next = dlt <= UINT16_MAX ? decode_first_layer((uint16_t)dlt) : LAYER_END;
	if (!decode_take(d, len))
		return decode_end(d, PACKET_BAD_LINK);
	return next == LAYER_END ? decode_end(d, PACKET_NOT_IP) : next;
}

enum layer decode_ipnet(struct decode *d)
{
	const uint8_t *h = decode_take(d, IPNET_HEADER_LEN);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] == 1 && h[1] == 2)
		return LAYER_IPV4;
	return h[0] == 1 && h[1] == 26 ? LAYER_IPV6 : decode_end(d, PACKET_NOT_IP);
}

enum layer decode_ipoib(struct decode *d)
{
	const uint8_t *h = decode_take(d, IPOIB_HEADER_LEN);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	d->ethertype = net_get16(h + 40);
	return d->ethertype < 0x0600 ? decode_end(d, PACKET_NOT_IP) : LAYER_ETHERTYPE;
}

/* Addresses may be in either bit order, which nothing tells: they are not kept. */
enum layer decode_fddi(struct decode *d)
{
	const uint8_t *h = decode_take(d, FDDI_HEADER_LEN);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	return (h[0] & 0xf0) == FDDI_LLC ? LAYER_LLC : decode_end(d, PACKET_NOT_IP);
}

/* RFC 1051, and RFC 1201 with a split flag and a sequence number.  An even flag that is not 0 is
 * a later part of a split datagram. */
enum layer decode_arcnet(struct decode *d)
{
	const uint8_t *h = decode_take(d, 5);	/* source, destination, offset, type */
	uint8_t type;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	type = h[4];
	if (type == ARCNET_IP_OLD)
		return LAYER_IPV4;
	if (type != ARCNET_IP && type != ARCNET_IPV6)
		return decode_end(d, PACKET_NOT_IP);
	h = decode_take(d, 3);
	if (h && h[0] == ARCNET_EXCEPTION)
		h = decode_take(d, 4) ? h + 4 : NULL;
	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] && !(h[0] & 1))
		return decode_end(d, PACKET_NOT_IP);
	return type == ARCNET_IP ? LAYER_IPV4 : LAYER_IPV6;
}

/* Only what carries Ethernet; with privacy on, its type is encrypted. */
enum layer decode_docsis(struct decode *d)
{
	const uint8_t *h = decode_take(d, DOCSIS_HEADER_LEN);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] & ~DOCSIS_EXTENDED)
		return decode_end(d, PACKET_NOT_IP);
	if (!decode_take(d, (h[0] & DOCSIS_EXTENDED ? h[1] : 0U) + 2))
		return decode_end(d, PACKET_BAD_LINK);
	return LAYER_ETHERNET;
}

enum layer decode_sunatm(struct decode *d)
{
	const uint8_t *h = decode_take(d, SUNATM_HEADER_LEN);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	switch (h[0] & 0x0f) {
	case SUNATM_LLC:
		return LAYER_LLC;
	case SUNATM_LANE:
		return decode_take(d, 2) ? LAYER_ETHERNET : decode_end(d, PACKET_BAD_LINK);
	}
	return decode_end(d, PACKET_NOT_IP);
}
