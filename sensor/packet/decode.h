/* decode.h - what the files of this room share: one walk over the layers of a frame.
 *
 * Decoding is a loop in packet.c, not a chain of calls: each layer is a function that consumes
 * its own header and returns which layer comes next, or ends the walk with a status.  A new
 * encapsulation is a new enum layer, its function and one row in packet.c; it may hand on to any
 * layer, LAYER_ETHERNET and LAYER_IPV4 included.  LAYERS_MAX bounds the walk.
 *
 * Before the walk goes into a tunnel over IP, decode_keep() keeps the packet as it is so far,
 * which is what counts when the inside turns out to be none that can be decoded.
 *
 *	bytes  0 ........ off ........ cap ........ end ........ wirelen
 *	         consumed     readable     on the wire   padding, trailers
 *
 * Invariant: off <= cap <= end <= wirelen, and cap <= caplen.  Bytes are reached through
 * decode_peek() and decode_take() only, which refuse to go beyond cap.  Lengths by the headers
 * are bounded by end.
 */
#ifndef NW_PACKET_DECODE_H
#define NW_PACKET_DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include "packet/headers.h"
#include "packet/packet.h"

#define LAYERS_MAX 32		/* of one frame; a frame without tunnels has at most five */
#define VLAN_TAGS_MAX 8		/* walked in one frame */
#define EXTENSIONS_MAX 16	/* IPv6 extension headers of one datagram */

enum layer {
	LAYER_END,		/* decode.status says how it ended */
	LAYER_ETHERNET,
	LAYER_SLL,
	LAYER_SLL2,
	LAYER_NULL,
	LAYER_LOOP,
	LAYER_LLC,
	LAYER_ETHERTYPE,	/* what decode.ethertype says, VLAN tags first */
	LAYER_IP,		/* IPv4 or IPv6, by the version in the header */
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_TRANSPORT,	/* what packet.proto says */
	/* tags.c: tags that Ethernet may carry beside those for VLANs, and the order is free */
	LAYER_PBB,
	LAYER_FABRICPATH,
	LAYER_VNTAG,
	LAYER_ETAG,
	LAYER_CMD,
	LAYER_MACSEC,
	LAYER_DSA,		/* switch tags between the addresses and the type */
	LAYER_EDSA,
	LAYER_BRCM,
	LAYER_BRCM_PREPEND,
	/* serial.c */
	LAYER_PPP,
	LAYER_PPP_DIRECTION,	/* one byte before it */
	LAYER_PPPOE,
	LAYER_CHDLC,
	LAYER_FRELAY,
	LAYER_SLIP,
	/* wlan.c */
	LAYER_80211,
	LAYER_RADIOTAP,
	LAYER_PRISM,
	LAYER_AVS,
	LAYER_PPI,
	/* oddlinks.c */
	LAYER_NFLOG,
	LAYER_PKTAP,
	LAYER_IPNET,
	LAYER_IPOIB,
	LAYER_FDDI,
	LAYER_ARCNET,
	LAYER_DOCSIS,
	LAYER_SUNATM,
	/* mpls.c */
	LAYER_MPLS,
	LAYER_NSH,
	/* gre.c */
	LAYER_GRE,
	LAYER_ERSPAN2,
	LAYER_ERSPAN3,
	LAYER_WCCP,
	/* iptunnel.c */
	LAYER_ETHERIP,
	LAYER_L2TPV3,		/* behind its session id */
	LAYER_L2TPV3_IP,
	/* udptunnel.c, behind the UDP header */
	LAYER_VXLAN,
	LAYER_GENEVE,
	LAYER_GTP,
	LAYER_TEREDO,
	LAYER_L2TP,
	LAYER_CAPWAP,
	LAYER_LISP,
	LAYERS
};

struct decode {
	struct packet *p;		/* being filled; p->bytes are what is read */
	uint32_t off;			/* where the next header begins */
	uint32_t cap;			/* end of what may be read */
	uint32_t end;			/* end by the headers so far */
	uint16_t ethertype;		/* for LAYER_ETHERTYPE */
	uint8_t tags;			/* VLAN tags walked */
	bool pads_80211;		/* 802.11 headers are padded to 4 bytes here (radiotap) */
	bool swaps_80211;		/* the two bytes of frame control are swapped (CAPWAP) */
	enum packet_status status;
	bool is_kept;			/* *kept is a packet that counts if all else fails */
	struct packet *kept;
};

/* n bytes at the present offset, or NULL when not all of them were captured. */
static inline const uint8_t *decode_peek(const struct decode *d, uint32_t n)
{
	return n <= d->cap - d->off ? d->p->bytes + d->off : NULL;
}

/* The same, and moves behind them. */
static inline const uint8_t *decode_take(struct decode *d, uint32_t n)
{
	const uint8_t *at = decode_peek(d, n);

	if (at)
		d->off += n;
	return at;
}

/* How much follows by the headers. */
static inline uint32_t decode_left(const struct decode *d)
{
	return d->end - d->off;
}

/* A header has said that what begins at the present offset is len bytes long. */
static inline void decode_bound(struct decode *d, uint32_t len)
{
	if (len < decode_left(d))
		d->end = d->off + len;
	if (d->cap > d->end)
		d->cap = d->end;
}

static inline enum layer decode_end(struct decode *d, enum packet_status status)
{
	d->status = status;
	return LAYER_END;
}

/* tunnel.c.  decode_keep() is given where the payload begins that may be a tunnel: what is before
 * it has been decoded.  decode_enter() notes one layer around what follows; its id, when it has
 * one, is set by decode_enter_id(). */
void decode_keep(struct decode *d, uint32_t payload_off, uint32_t payload_len);
void decode_enter(struct decode *d, enum packet_tunnel_kind kind);
void decode_enter_id(struct decode *d, enum packet_tunnel_kind kind, uint32_t id);
/* Whether n bytes on, by the headers there, begins a datagram (Ethernet frame) that fits into
 * what is left and nearly fills it: for encapsulations that do not say what they carry.  Frames
 * may be padded to the 60 octets of Ethernet. */
bool decode_looks_like_ip(const struct decode *d, uint32_t n);
bool decode_looks_like_ethernet(const struct decode *d, uint32_t n);

/* link.c */
enum layer decode_ethernet(struct decode *d);
enum layer decode_sll(struct decode *d);
enum layer decode_sll2(struct decode *d);
enum layer decode_null(struct decode *d);
enum layer decode_loop(struct decode *d);
enum layer decode_llc(struct decode *d);
enum layer decode_snap(struct decode *d, uint32_t pad);	/* pad: bytes before a bridged frame */
enum layer decode_ethertype(struct decode *d);

/* ip.c */
enum layer decode_ip(struct decode *d);
enum layer decode_ipv4(struct decode *d);
enum layer decode_ipv6(struct decode *d);
/* The length of the extension header of type proto whose first two bytes are at h; 0 when proto
 * is not an extension header (and h is not looked at). */
uint32_t ipv6_extension_len(uint8_t proto, const uint8_t *h);

/* transport.c */
enum layer decode_transport(struct decode *d);

/* tags.c */
enum layer decode_pbb(struct decode *d);
enum layer decode_fabricpath(struct decode *d);
enum layer decode_vntag(struct decode *d);
enum layer decode_etag(struct decode *d);
enum layer decode_cmd(struct decode *d);
enum layer decode_macsec(struct decode *d);
enum layer decode_dsa(struct decode *d);
enum layer decode_edsa(struct decode *d);
enum layer decode_brcm(struct decode *d);
enum layer decode_brcm_prepend(struct decode *d);

/* serial.c */
enum layer decode_ppp(struct decode *d);
enum layer decode_ppp_direction(struct decode *d);
enum layer decode_pppoe(struct decode *d);
enum layer decode_chdlc(struct decode *d);
enum layer decode_frelay(struct decode *d);
enum layer decode_slip(struct decode *d);

/* wlan.c */
enum layer decode_80211(struct decode *d);
enum layer decode_radiotap(struct decode *d);
enum layer decode_prism(struct decode *d);
enum layer decode_avs(struct decode *d);
enum layer decode_ppi(struct decode *d);

/* oddlinks.c */
enum layer decode_nflog(struct decode *d);
enum layer decode_pktap(struct decode *d);
enum layer decode_ipnet(struct decode *d);
enum layer decode_ipoib(struct decode *d);
enum layer decode_fddi(struct decode *d);
enum layer decode_arcnet(struct decode *d);
enum layer decode_docsis(struct decode *d);
enum layer decode_sunatm(struct decode *d);

/* mpls.c */
enum layer decode_mpls(struct decode *d);
enum layer decode_nsh(struct decode *d);

/* gre.c */
enum layer decode_gre(struct decode *d);
enum layer decode_erspan2(struct decode *d);
enum layer decode_erspan3(struct decode *d);
enum layer decode_wccp(struct decode *d);

/* iptunnel.c: which tunnel follows the IP header (at the present offset); LAYER_END: none. */
enum layer decode_ip_tunnel(struct decode *d);
bool decode_is_ip_tunnel(uint8_t proto);
enum layer decode_etherip(struct decode *d);
enum layer decode_l2tpv3(struct decode *d);
enum layer decode_l2tpv3_ip(struct decode *d);

/* udptunnel.c: which tunnel the ports stand for; LAYER_END: none, as for nearly all. */
enum layer decode_udp_tunnel(const struct decode *d);
enum layer decode_vxlan(struct decode *d);
enum layer decode_geneve(struct decode *d);
enum layer decode_gtp(struct decode *d);
enum layer decode_teredo(struct decode *d);
enum layer decode_l2tp(struct decode *d);
enum layer decode_capwap(struct decode *d);
enum layer decode_lisp(struct decode *d);

/* packet.c: the layer that a file's link type (not DLT) begins with; LAYER_END: not decoded. */
enum layer decode_first_layer(uint16_t link);

#endif
