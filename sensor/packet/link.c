/* link.c - link layers: Ethernet, Linux cooked, loopback, LLC/SNAP, and VLAN tags.
 *
 * Each function consumes one header and names the layer that follows (decode.h).  A header that
 * was not captured whole is PACKET_BAD_LINK: nothing is known of such a frame but its length.
 *
 * What else Ethernet's type field may lead to is in tags.c, serial.c and mpls.c.
 *
 * VLAN tags: 802.1Q, 802.1ad and the two numbers used before it was a standard, in any mixture.
 * Id 0 is a priority tag (802.1Q 6.9): it names no VLAN, and hosts that send it get untagged
 * answers, so it is walked but not kept; else the two directions of a conversation would not
 * meet.
 */
#include "packet/decode.h"
#include <string.h>
#include "base/bytes.h"

#define ETHERNET_LENGTH_MAX 1500	/* type field: up to here a length (802.3 3.2.6); between
					 * it and ETHERNET_TYPE_MIN nothing is defined */

#define SLL_HEADER_LEN 16
#define SLL2_HEADER_LEN 20
#define SLL_TYPE_RAW_802_3 0x0001	/* Novell: IPX without LLC */
#define SLL_TYPE_LLC 0x0004

/* Linux ARPHRD_ numbers: what sort of interface a cooked frame came from. */
enum arphrd {
	ARPHRD_ETHER = 1, ARPHRD_FRAD = 770, ARPHRD_80211 = 801, ARPHRD_80211_PRISM = 802,
	ARPHRD_80211_RADIOTAP = 803, ARPHRD_NETLINK = 824
};

enum layer decode_ethernet(struct decode *d)
{
	const uint8_t *h = decode_take(d, ETHERNET_HEADER_LEN);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	memcpy(d->p->dst_mac, h, 6);
	memcpy(d->p->src_mac, h + 6, 6);
	d->p->has_macs = true;
	d->ethertype = net_get16(h + 12);
	return LAYER_ETHERTYPE;
}

static bool is_vlan_tag(uint16_t ethertype)
{
	return ethertype == TYPE_8021Q || ethertype == TYPE_8021AD ||
	       ethertype == TYPE_QINQ_OLD || ethertype == TYPE_QINQ_OLD2;
}

/* Walks one tag: its id is kept, its type is the next ethertype.  false: cut, or too many. */
static bool take_vlan_tag(struct decode *d)
{
	const uint8_t *h = decode_take(d, 4);
	uint16_t id;

	if (!h || d->tags == VLAN_TAGS_MAX)
		return false;
	d->tags++;
	id = net_get16(h) & 0x0fff;
	if (id && d->p->vlans < PACKET_VLANS_MAX)
		d->p->vlan[d->p->vlans++] = id;
	d->ethertype = net_get16(h + 2);
	return true;
}

/* Neither IP nor ARP. */
static enum layer decode_rarer_type(struct decode *d)
{
	switch (d->ethertype) {
	case TYPE_ETHERNET:
		return LAYER_ETHERNET;
	case TYPE_PPP:
		return LAYER_PPP;
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		return LAYER_MPLS;
	case TYPE_PPPOE:
		return LAYER_PPPOE;
	case TYPE_JUMBO_LLC:
		return LAYER_LLC;
	case TYPE_PBB:
		return LAYER_PBB;
	case TYPE_MACSEC:
		return LAYER_MACSEC;
	case TYPE_CMD:
		return LAYER_CMD;
	case TYPE_FABRICPATH:
		return LAYER_FABRICPATH;
	case TYPE_ERSPAN:		/* without GRE */
		return LAYER_ERSPAN2;
	case TYPE_ERSPAN_3:
		return LAYER_ERSPAN3;
	case TYPE_VNTAG:
		return LAYER_VNTAG;
	case TYPE_ETAG:
		return LAYER_ETAG;
	case TYPE_NSH:
		return LAYER_NSH;
	}
	if (d->ethertype <= ETHERNET_LENGTH_MAX)
		return LAYER_LLC;
	return decode_end(d, PACKET_NOT_IP);
}

enum layer decode_ethertype(struct decode *d)
{
	while (is_vlan_tag(d->ethertype))
		if (!take_vlan_tag(d))
			return decode_end(d, PACKET_BAD_LINK);
	switch (d->ethertype) {
	case TYPE_IPV4:
		return LAYER_IPV4;
	case TYPE_IPV6:
		return LAYER_IPV6;
	case TYPE_ARP:
		d->p->ip_off = d->p->payload_off = d->off;
		d->p->ip_len = d->p->payload_len = decode_left(d);
		return decode_end(d, PACKET_ARP);
	}
	return decode_rarer_type(d);
}

/* An OUI and a protocol number.  OUI 0 means "an ethertype follows" (RFC 1042), so does 802.1H's
 * bridge tunnel; 00-80-c2 a bridged frame (RFC 2684 5.2, RFC 2427 4.2), with its checksum (1) or
 * without (7), behind pad bytes. */
enum layer decode_snap(struct decode *d, uint32_t pad)
{
	const uint8_t *h = decode_take(d, 5);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	d->ethertype = net_get16(h + 3);
	if (!h[0] && h[1] == 0x80 && h[2] == 0xc2 && (d->ethertype == 1 || d->ethertype == 7))
		return decode_take(d, pad) ? LAYER_ETHERNET : decode_end(d, PACKET_BAD_LINK);
	if (h[0] || h[1] || (h[2] != 0x00 && h[2] != 0xf8) || d->ethertype < ETHERNET_TYPE_MIN)
		return decode_end(d, PACKET_NOT_IP);
	return LAYER_ETHERTYPE;
}

/* 802.2: an IP datagram is either behind a SNAP header, or directly behind the service access
 * point 6. */
enum layer decode_llc(struct decode *d)
{
	const uint8_t *h = decode_take(d, 3);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] == 0x06 && h[1] == 0x06 && h[2] == 0x03)
		return LAYER_IPV4;
	if (h[0] != 0xaa || h[1] != 0xaa || h[2] != 0x03)
		return decode_end(d, PACKET_NOT_IP);
	return decode_snap(d, 2);
}

struct cooked {			/* what SLL and SLL2 have in common */
	uint16_t protocol;
	uint16_t arphrd;
	uint16_t addr_len;
	const uint8_t *addr;	/* eight bytes, addr_len of them meant */
};

static enum layer decode_cooked(struct decode *d, const struct cooked *c)
{
	static const uint8_t none[6];

	if (c->arphrd == ARPHRD_ETHER && c->addr_len == 6 && memcmp(c->addr, none, 6)) {
		memcpy(d->p->src_mac, c->addr, 6);
		d->p->has_macs = true;
	}
	switch (c->arphrd) {	/* on these the protocol field is not an ethertype */
	case ARPHRD_NETLINK:
		return decode_end(d, PACKET_NOT_IP);
	case ARPHRD_FRAD:
		return LAYER_FRELAY;
	case ARPHRD_80211:
		return LAYER_80211;
	case ARPHRD_80211_PRISM:
		return LAYER_PRISM;
	case ARPHRD_80211_RADIOTAP:
		return LAYER_RADIOTAP;
	}
	if (c->protocol == SLL_TYPE_LLC)
		return LAYER_LLC;
	if (c->protocol < ETHERNET_TYPE_MIN)
		return decode_end(d, PACKET_NOT_IP);
	d->ethertype = c->protocol;
	return LAYER_ETHERTYPE;
}

enum layer decode_sll(struct decode *d)
{
	const uint8_t *h = decode_take(d, SLL_HEADER_LEN);
	struct cooked c;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	c = (struct cooked){ .arphrd = net_get16(h + 2), .addr_len = net_get16(h + 4),
			     .addr = h + 6, .protocol = net_get16(h + 14) };
	return decode_cooked(d, &c);
}

enum layer decode_sll2(struct decode *d)
{
	const uint8_t *h = decode_take(d, SLL2_HEADER_LEN);
	struct cooked c;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	c = (struct cooked){ .protocol = net_get16(h), .arphrd = net_get16(h + 8),
			     .addr_len = h[11], .addr = h + 12 };
	return decode_cooked(d, &c);
}

/* AF_INET is 2 everywhere; AF_INET6 is what the capturing system made of it. */
static enum layer decode_family(struct decode *d, uint32_t family)
{
	switch (family) {
	case 2:
		return LAYER_IPV4;
	case 10:		/* Linux */
	case 23:		/* Windows */
	case 24:		/* NetBSD, OpenBSD, BSD/OS */
	case 28:		/* FreeBSD */
	case 30:		/* Darwin */
		return LAYER_IPV6;
	}
	return decode_end(d, PACKET_NOT_IP);
}

/* The family is in the byte order of the machine that captured, and the file does not say which
 * that was.  Families are small, so the order that makes the number small is the right one. */
enum layer decode_null(struct decode *d)
{
	const uint8_t *h = decode_take(d, 4);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	return decode_family(d, le_get32(h) <= 0xffff ? le_get32(h) : net_get32(h));
}

enum layer decode_loop(struct decode *d)
{
	const uint8_t *h = decode_take(d, 4);

	return h ? decode_family(d, net_get32(h)) : decode_end(d, PACKET_BAD_LINK);
}
