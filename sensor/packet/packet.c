/* packet.c - the walk over a frame's layers: where it begins, how it goes on, and the names.
 *
 * The two tables below are the map of this room: which layer a link type begins with, and which
 * function decodes a layer.  Any thread, no state; a few indirect calls a frame.
 */
#include "packet/packet.h"
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include "base/err.h"
#include "packet/decode.h"

static const struct {
	uint16_t link;			/* LINKTYPE_ number */
	enum layer first;
} link_types[] = {
	{ 1, LAYER_ETHERNET },
	{ 113, LAYER_SLL },		/* Linux "cooked" */
	{ 276, LAYER_SLL2 },
	{ 101, LAYER_IP },		/* RAW */
	{ 12, LAYER_IP },		/* RAW where DLT_RAW was written as such, */
	{ 14, LAYER_IP },		/* and the same from OpenBSD */
	{ 8, LAYER_SLIP },
	{ 9, LAYER_PPP },
	{ 10, LAYER_FDDI },
	{ 50, LAYER_PPP },		/* with HDLC framing */
	{ 51, LAYER_PPPOE },
	{ 100, LAYER_LLC },		/* ATM, RFC 1483 */
	{ 104, LAYER_CHDLC },
	{ 105, LAYER_80211 },
	{ 107, LAYER_FRELAY },
	{ 119, LAYER_PRISM },
	{ 123, LAYER_SUNATM },
	{ 127, LAYER_RADIOTAP },
	{ 129, LAYER_ARCNET },		/* as Linux has it */
	{ 143, LAYER_DOCSIS },
	{ 149, LAYER_PKTAP },		/* USER2, which macOS used for it */
	{ 163, LAYER_AVS },
	{ 166, LAYER_PPP_DIRECTION },	/* pppd */
	{ 192, LAYER_PPI },
	{ 204, LAYER_PPP_DIRECTION },
	{ 219, LAYER_MPLS },
	{ 226, LAYER_IPNET },
	{ 239, LAYER_NFLOG },
	{ 242, LAYER_IPOIB },
	{ 258, LAYER_PKTAP },
	{ 281, LAYER_BRCM },
	{ 282, LAYER_BRCM_PREPEND },
	{ 284, LAYER_DSA },
	{ 285, LAYER_EDSA },
	{ 228, LAYER_IPV4 },
	{ 229, LAYER_IPV6 },
	{ 0, LAYER_NULL },		/* BSD loopback */
	{ 108, LAYER_LOOP },		/* OpenBSD loopback */
};

static enum layer (*const decoders[LAYERS])(struct decode *) = {
	[LAYER_ETHERNET] = decode_ethernet,
	[LAYER_SLL] = decode_sll,
	[LAYER_SLL2] = decode_sll2,
	[LAYER_NULL] = decode_null,
	[LAYER_LOOP] = decode_loop,
	[LAYER_LLC] = decode_llc,
	[LAYER_ETHERTYPE] = decode_ethertype,
	[LAYER_IP] = decode_ip,
	[LAYER_IPV4] = decode_ipv4,
	[LAYER_IPV6] = decode_ipv6,
	[LAYER_TRANSPORT] = decode_transport,
	[LAYER_PBB] = decode_pbb,
	[LAYER_FABRICPATH] = decode_fabricpath,
	[LAYER_VNTAG] = decode_vntag,
	[LAYER_ETAG] = decode_etag,
	[LAYER_CMD] = decode_cmd,
	[LAYER_MACSEC] = decode_macsec,
	[LAYER_DSA] = decode_dsa,
	[LAYER_EDSA] = decode_edsa,
	[LAYER_BRCM] = decode_brcm,
	[LAYER_BRCM_PREPEND] = decode_brcm_prepend,
	[LAYER_PPP] = decode_ppp,
	[LAYER_PPP_DIRECTION] = decode_ppp_direction,
	[LAYER_PPPOE] = decode_pppoe,
	[LAYER_CHDLC] = decode_chdlc,
	[LAYER_FRELAY] = decode_frelay,
	[LAYER_SLIP] = decode_slip,
	[LAYER_80211] = decode_80211,
	[LAYER_RADIOTAP] = decode_radiotap,
	[LAYER_PRISM] = decode_prism,
	[LAYER_AVS] = decode_avs,
	[LAYER_PPI] = decode_ppi,
	[LAYER_NFLOG] = decode_nflog,
	[LAYER_PKTAP] = decode_pktap,
	[LAYER_IPNET] = decode_ipnet,
	[LAYER_IPOIB] = decode_ipoib,
	[LAYER_FDDI] = decode_fddi,
	[LAYER_ARCNET] = decode_arcnet,
	[LAYER_DOCSIS] = decode_docsis,
	[LAYER_SUNATM] = decode_sunatm,
	[LAYER_MPLS] = decode_mpls,
	[LAYER_NSH] = decode_nsh,
	[LAYER_GRE] = decode_gre,
	[LAYER_ERSPAN2] = decode_erspan2,
	[LAYER_ERSPAN3] = decode_erspan3,
	[LAYER_WCCP] = decode_wccp,
	[LAYER_ETHERIP] = decode_etherip,
	[LAYER_L2TPV3] = decode_l2tpv3,
	[LAYER_L2TPV3_IP] = decode_l2tpv3_ip,
	[LAYER_VXLAN] = decode_vxlan,
	[LAYER_GENEVE] = decode_geneve,
	[LAYER_GTP] = decode_gtp,
	[LAYER_TEREDO] = decode_teredo,
	[LAYER_L2TP] = decode_l2tp,
	[LAYER_CAPWAP] = decode_capwap,
	[LAYER_LISP] = decode_lisp,
};

static const char *const status_names[] = {
	[PACKET_OK] = "ok",
	[PACKET_FRAGMENT] = "fragment",
	[PACKET_ARP] = "arp",
	[PACKET_NOT_IP] = "not_ip",
	[PACKET_ENCRYPTED] = "encrypted",
	[PACKET_BAD_LINK] = "bad_link",
	[PACKET_UNKNOWN_LINK] = "unknown_link",
	[PACKET_BAD_IP] = "bad_ip",
	[PACKET_BAD_EXTENSION] = "bad_extension",
	[PACKET_BAD_TRANSPORT] = "bad_transport",
};
static_assert(ARRAY_SIZE(status_names) == PACKET_STATUSES, "a status without a name");

const char *packet_status_name(enum packet_status s)
{
	return (unsigned)s < PACKET_STATUSES ? status_names[s] : "unknown";
}

enum layer decode_first_layer(uint16_t link)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_types); i++)
		if (link_types[i].link == link)
			return link_types[i].first;
	return LAYER_END;
}

bool packet_link_is_known(uint16_t link)
{
	return decode_first_layer(link) != LAYER_END;
}

static enum packet_status walk_layers(struct decode *d, enum layer layer)
{
	for (unsigned n = 0; n < LAYERS_MAX; n++) {
		layer = decoders[layer](d);
		if (layer == LAYER_END)
			return d->status;
	}
	return PACKET_BAD_LINK;		/* encapsulated deeper than anything honest */
}

static enum packet_status walk(struct decode *d, enum layer layer)
{
	enum packet_status status = walk_layers(d, layer);

	if (!d->is_kept || status == PACKET_OK || status == PACKET_FRAGMENT)
		return status;
	*d->p = *d->kept;
	return PACKET_OK;
}

enum packet_status packet_decode(const struct frame *f, struct packet *ret_packet)
{
	uint32_t cap = f->caplen < f->wirelen ? f->caplen : f->wirelen;
	struct packet kept;		/* written by decode_keep() only */
	struct decode d = { .p = ret_packet, .kept = &kept, .cap = cap, .end = f->wirelen };
	enum layer first = decode_first_layer(f->link);

	*ret_packet = (struct packet){
		.ts_ns = f->ts_ns, .bytes = f->bytes, .caplen = cap,
		.wirelen = f->wirelen, .tap = f->tap,
	};
	return first == LAYER_END ? PACKET_UNKNOWN_LINK : walk(&d, first);
}

enum packet_status packet_decode_ip(struct packet *p)
{
	struct packet kept;
	struct decode d = { .p = p, .kept = &kept, .off = p->ip_off, .end = p->wirelen };

	d.cap = p->caplen < p->wirelen ? p->caplen : p->wirelen;
	return d.off > d.cap ? PACKET_BAD_IP : walk(&d, LAYER_IP);
}

const char *packet_transport_name(uint8_t proto, char buf[static PACKET_TRANSPORT_MAX])
{
	switch (proto) {
	case IP_TCP: return "tcp";
	case IP_UDP: return "udp";
	case IP_ICMP: return "icmp";
	case IP_ICMPV6: return "ipv6-icmp";
	case IP_SCTP: return "sctp";
	default: snprintf(buf, PACKET_TRANSPORT_MAX, "%u", proto); return buf;
	}
}
