/* wlan.c - 802.11 data frames, and the radio headers that captures put before them.
 *
 * A data frame in clear carries LLC.  Protected frames (WEP, TKIP, CCMP, ...) are
 * PACKET_ENCRYPTED; management and control frames, and data frames without data, are NOT_IP.  Of
 * a frame that was fragmented on the air only the first part has the headers: later ones are
 * NOT_IP.  Of an A-MSDU, which holds several datagrams in one frame, the first is taken: a frame
 * is one packet here. A frame that the radio says was received with errors is BAD_LINK: its
 * addresses may be anything.
 */
#include "packet/decode.h"
#include <string.h>
#include "base/bytes.h"

#define HEADER_LEN 24		/* frame control, duration, three addresses, sequence */
#define AVS_MAGIC 0x80211001U
#define AVS_MAGIC_2 0x80211002U
#define RADIO_HEADER_MAX 4096

enum {
	TYPE_DATA = 2,
	SUBTYPE_NO_DATA = 4, SUBTYPE_QOS = 8,
	TO_DS = 0x01, FROM_DS = 0x02, PROTECTED = 0x40, ORDER = 0x80,	/* second byte */
	QOS_AMSDU = 0x80
};

enum { RADIOTAP_TSFT = 1, RADIOTAP_FLAGS = 2 };
enum { RADIOTAP_DATAPAD = 0x20, RADIOTAP_BAD_FCS = 0x40 };
#define RADIOTAP_MORE 0x80000000U

static void keep_macs(struct packet *p, const uint8_t *dst, const uint8_t *src)
{
	memcpy(p->dst_mac, dst, 6);
	memcpy(p->src_mac, src, 6);
	p->has_macs = true;
}

/* Receiver, transmitter, third, fourth: which of them are destination and source is up to the
 * distribution system (802.11 table "Address field contents"). */
static void keep_addresses(struct packet *p, const uint8_t *h, uint8_t ds)
{
	const uint8_t *first = h + 4, *second = h + 10, *third = h + 16, *fourth = h + 24;

	keep_macs(p, ds & TO_DS ? third : first,
		  !(ds & FROM_DS) ? second : ds & TO_DS ? fourth : third);
}

/* Behind the header: LLC, or the first of several datagrams. */
static enum layer decode_body(struct decode *d, bool is_amsdu)
{
	const uint8_t *h;

	if (!is_amsdu)
		return LAYER_LLC;
	h = decode_take(d, 14);
	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	keep_macs(d->p, h, h + 6);
	decode_bound(d, net_get16(h + 12));
	return LAYER_LLC;
}

static uint32_t header_len(uint8_t subtype, uint8_t flags)
{
	uint32_t len = HEADER_LEN;

	if ((flags & (TO_DS | FROM_DS)) == (TO_DS | FROM_DS))
		len += 6;
	if (subtype & SUBTYPE_QOS)
		len += flags & ORDER ? 6 : 2;	/* with the high-throughput field */
	return len;
}

enum layer decode_80211(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 2);
	uint8_t kind, subtype, flags;
	uint32_t len, qos;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	kind = h[d->swaps_80211];
	subtype = kind >> 4;
	flags = h[!d->swaps_80211];
	if (kind & 3 || (kind >> 2 & 3) != TYPE_DATA || subtype & SUBTYPE_NO_DATA)
		return decode_end(d, PACKET_NOT_IP);
	if (flags & PROTECTED)
		return decode_end(d, PACKET_ENCRYPTED);
	len = header_len(subtype, flags);
	qos = (flags & (TO_DS | FROM_DS)) == (TO_DS | FROM_DS) ? HEADER_LEN + 6 : HEADER_LEN;
	h = decode_take(d, len);
	if (!h || (d->pads_80211 && len % 4 && !decode_take(d, 4 - len % 4)))
		return decode_end(d, PACKET_BAD_LINK);
	if (h[22] & 0x0f)		/* number of the fragment */
		return decode_end(d, PACKET_NOT_IP);
	keep_addresses(d->p, h, flags);
	d->pads_80211 = d->swaps_80211 = false;	/* of this header, and not of one further in */
	return decode_body(d, subtype & SUBTYPE_QOS && h[qos] & QOS_AMSDU);
}

/* The flags field is the second of those present, after a time stamp aligned to 8. */
enum layer decode_radiotap(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 8);
	uint32_t present, at = 8, len;

	if (!h || h[0])
		return decode_end(d, PACKET_BAD_LINK);
	len = le_get16(h + 2);
	present = le_get32(h + 4);
	h = len >= 8 ? decode_take(d, len) : NULL;
	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	for (uint32_t word = present; word & RADIOTAP_MORE && at + 4 <= len; at += 4)
		word = le_get32(h + at);
	if (present & RADIOTAP_TSFT)
		at = (at + 7) / 8 * 8 + 8;
	if (!(present & RADIOTAP_FLAGS))
		return LAYER_80211;
	if (at >= len || h[at] & RADIOTAP_BAD_FCS)
		return decode_end(d, PACKET_BAD_LINK);
	d->pads_80211 = h[at] & RADIOTAP_DATAPAD;
	return LAYER_80211;
}

static enum layer skip_radio_header(struct decode *d, uint32_t len)
{
	if (len < 8 || len > RADIO_HEADER_MAX || !decode_take(d, len))
		return decode_end(d, PACKET_BAD_LINK);
	return LAYER_80211;
}

/* In the byte order of the machine that captured; some drivers write AVS here. */
enum layer decode_prism(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 8);
	uint32_t len;

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	if (net_get32(h) == AVS_MAGIC || net_get32(h) == AVS_MAGIC_2)
		return LAYER_AVS;
	len = le_get32(h + 4);
	return skip_radio_header(d, len <= RADIO_HEADER_MAX ? len : net_get32(h + 4));
}

enum layer decode_avs(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 8);

	if (!h)
		return decode_end(d, PACKET_BAD_LINK);
	return skip_radio_header(d, net_get32(h + 4));
}

/* Per-packet information says itself which link layer it stands before. */
enum layer decode_ppi(struct decode *d)
{
	const uint8_t *h = decode_peek(d, 8);
	enum layer next;
	uint32_t dlt;

	if (!h || h[0] || le_get16(h + 2) < 8)
		return decode_end(d, PACKET_BAD_LINK);
	dlt = le_get32(h + 4);
	next = dlt <= UINT16_MAX ? decode_first_layer((uint16_t)dlt) : LAYER_END;
	if (!decode_take(d, le_get16(h + 2)))
		return decode_end(d, PACKET_BAD_LINK);
	return next == LAYER_END ? decode_end(d, PACKET_NOT_IP) : next;
}
