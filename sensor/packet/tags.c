/* tags.c - what may stand between Ethernet addresses and the type of the payload, beside VLAN
 * tags.
 *
 *	802.1ah		0x88e7	service instance, then the customer's whole frame	(a tunnel)
 *	FabricPath	0x8903	Cisco: tag, then the whole frame			(a tunnel)
 *	VN-Tag		0x8926	virtual interfaces of a Cisco fabric extender
 *	802.1BR E-Tag	0x893f	the same as a standard
 *	Cisco metadata	0x8909	security group
 *	MACsec		0x88e5	802.1AE; the payload in clear only where encryption is off
 *	DSA, EDSA, Broadcom	tags of switch chips: a link type of its own, no ethertype
 *
 * All but the first two are walked like VLAN tags.
 */
#include "packet/decode.h"
#include <string.h>
#include "base/bytes.h"

enum { MACSEC_VERSION = 0x80, MACSEC_HAS_SCI = 0x20, MACSEC_SECRET = 0x0c };

enum layer decode_pbb(struct decode *d)
{
	const uint8_t *h = decode_take(d, 4);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	decode_enter_id(d, PACKET_PBB, net_get32(h) & 0xffffff);
	return LAYER_ETHERNET;
}

enum layer decode_fabricpath(struct decode *d)
{
	if (!decode_take(d, 2))
		return decode_end(d, PACKET_BAD_LINK);
	decode_enter(d, PACKET_FABRICPATH);
	return LAYER_ETHERNET;
}

/* A tag of len bytes whose last two are the next type. */
static enum layer skip_tag(struct decode *d, uint32_t len)
{
	const uint8_t *h = decode_take(d, len);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	d->ethertype = net_get16(h + len - 2);
	return LAYER_ETHERTYPE;
}

enum layer decode_vntag(struct decode *d)
{
	return skip_tag(d, 6);
}

enum layer decode_etag(struct decode *d)
{
	return skip_tag(d, 8);
}

/* Version, length and one option of four bytes: the only form there is. */
enum layer decode_cmd(struct decode *d)
{
	return skip_tag(d, 8);
}

enum layer decode_macsec(struct decode *d)
{
	const uint8_t *h = decode_take(d, 6);
	uint8_t tci, len;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	tci = h[0];
	len = h[1] & 0x3f;		/* of a short payload; 0: 48 bytes or more */
	if (tci & MACSEC_VERSION)
		return decode_end(d, PACKET_NOT_IP);
	if (tci & MACSEC_HAS_SCI && !decode_take(d, 8))
		return decode_end(d, PACKET_BAD_LINK);
	if (tci & MACSEC_SECRET)
		return decode_end(d, PACKET_ENCRYPTED);
	if (len)
		decode_bound(d, len);
	return skip_tag(d, 2);
}

/* Ethernet with a tag of len bytes between the addresses and the type. */
static enum layer skip_inner_tag(struct decode *d, uint32_t len)
{
	const uint8_t *h = decode_take(d, 12);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	memcpy(d->p->dst_mac, h, 6);
	memcpy(d->p->src_mac, h + 6, 6);
	d->p->has_macs = true;
	return skip_tag(d, len + 2);
}

enum layer decode_dsa(struct decode *d)
{
	return skip_inner_tag(d, 4);
}

enum layer decode_edsa(struct decode *d)
{
	return skip_inner_tag(d, 8);
}

enum layer decode_brcm(struct decode *d)
{
	return skip_inner_tag(d, 4);
}

enum layer decode_brcm_prepend(struct decode *d)
{
	return decode_take(d, 4) ? LAYER_ETHERNET : decode_end(d, PACKET_BAD_LINK);
}
