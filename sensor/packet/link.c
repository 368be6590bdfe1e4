/* link.c - link layers: Ethernet, Linux cooked, loopback, LLC/SNAP, and VLAN tags.
 *
 * Each function consumes one header and names the layer that follows (decode.h).  A header that was
 * not captured whole is PACKET_BAD_LINK: nothing is known of such a frame but its length.
 *
 * VLAN tags: 802.1Q, 802.1ad and the two numbers used before it was a standard, in any mixture.
 * Id 0 is a priority tag (802.1Q 6.9): it names no VLAN, and hosts that send it get untagged
 * answers, so it is walked but not kept; else the two directions of a conversation would not meet.
 */
#include "packet/decode.h"
#include <string.h>
#include "base/bytes.h"

#define ETHERNET_HEADER_LEN 14
#define ETHERNET_LENGTH_MAX 1500	/* type field: up to here a length (802.3 3.2.6), */
#define ETHERNET_TYPE_MIN 0x0600	/* from here on a type; between them nothing is defined */

#define SLL_HEADER_LEN 16
#define SLL2_HEADER_LEN 20
#define SLL_TYPE_RAW_802_3 0x0001	/* Novell: IPX without LLC */
#define SLL_TYPE_LLC 0x0004

enum ethertype {
	TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_IPV6 = 0x86dd,
	TYPE_8021Q = 0x8100, TYPE_8021AD = 0x88a8, TYPE_QINQ_OLD = 0x9100, TYPE_QINQ_OLD2 = 0x9200
};

/* Linux ARPHRD_ numbers: what sort of interface a cooked frame came from. */
enum arphrd {
	ARPHRD_ETHER = 1, ARPHRD_80211 = 801, ARPHRD_80211_PRISM = 802,
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
		return decode_end(d, PACKET_ARP);
	}
	if (d->ethertype <= ETHERNET_LENGTH_MAX)
		return LAYER_LLC;
	return decode_end(d, PACKET_NOT_IP);
}

/* 802.2: an IP datagram is either behind a SNAP header whose OUI means "an ethertype follows"
 * (RFC 1042, or 802.1H's bridge tunnel), or directly behind the service access point 6. */
enum layer decode_llc(struct decode *d)
{
	const uint8_t *h = decode_take(d, 3);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (h[0] == 0x06 && h[1] == 0x06 && h[2] == 0x03)
		return LAYER_IPV4;
	if (h[0] != 0xaa || h[1] != 0xaa || h[2] != 0x03)
		return decode_end(d, PACKET_NOT_IP);
	h = decode_take(d, 5);
	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	d->ethertype = net_get16(h + 3);
	if (h[0] || h[1] || (h[2] != 0x00 && h[2] != 0xf8) || d->ethertype < ETHERNET_TYPE_MIN)
		return decode_end(d, PACKET_NOT_IP);
	return LAYER_ETHERTYPE;
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
	/* On these the protocol field is not an ethertype. */
	if (c->arphrd == ARPHRD_NETLINK || c->arphrd == ARPHRD_80211 ||
	    c->arphrd == ARPHRD_80211_PRISM || c->arphrd == ARPHRD_80211_RADIOTAP)
		return decode_end(d, PACKET_NOT_IP);
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
