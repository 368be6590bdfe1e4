/* packet.h - from captured bytes to the innermost address pair and transport header.
 *
 * A frame is what a source hands out: bytes, lengths, stamp, link type, tap.  packet_decode()
 * walks link layer, VLAN tags, tunnels and IP down to the transport and fills a struct packet,
 * which keeps offsets into the frame's bytes, so that a packet can be copied to another buffer by
 * changing one pointer.
 *
 * Tunnels.  The packet is that of the innermost address pair that decodes cleanly.  Where what is
 * inside a tunnel does not (an encrypted, cut or unknown content, a port that only looks like a
 * tunnel's), the packet around it is what counts, with PACKET_OK.  A tunnel over UDP is
 * recognised by its port and by the form of its header; a datagram within a tunnel may not claim
 * to be longer than the tunnel says it is.  struct packet_tunnel keeps the outermost layers as
 * evidence.
 * The ids of tunnels are NOT part of what makes a flow (as in Community ID).  TEIDs,
 * call ids, MPLS labels and L2TP sessions differ between the two directions of one conversation,
 * and VXLAN and GENEVE networks do wherever routing is distributed (the sender's host routes, and
 * sends on the network of the receiver); with the id in the key such conversations would fall
 * into halves, without client, answer or protocol.  The price: two tenants that use the same
 * addresses, ports and protocol at the same time share a flow, and two ERSPAN sessions that
 * mirror one conversation are duplicates in one flow, as with two mirror ports.
 *
 * Captured bytes may be cut (snaplen): lengths come from the headers, bounded by the length on
 * the wire; what is read is bounded by what was captured.
 *
 * Every frame ends in exactly one enum packet_status, and every status has a counter: that is how
 * seen = decoded + each named reason balances.
 * No state, no allocation, any thread.  Fragments are put together by fragments.h.
 */
#ifndef NW_PACKET_PACKET_H
#define NW_PACKET_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "base/addr.h"

#define PACKET_VLANS_MAX 2		/* outermost first; deeper tags are walked, not kept */
#define PACKET_BYTES_MAX 262144		/* as libpcap's MAXIMUM_SNAPLEN: a longer one is damage */

struct frame {
	uint64_t ts_ns;			/* capture time */
	const uint8_t *bytes;		/* borrows: what was captured, link layer first */
	uint32_t caplen;		/* bytes captured; the source sees that it is <= wirelen */
	uint32_t wirelen;		/* bytes on the wire */
	uint16_t link;			/* LINKTYPE_ number (not DLT_) */
	uint16_t tap;			/* index of the tap; 0 where only one is named */
};

enum packet_status {
	PACKET_OK,			/* address pair and transport are there */
	PACKET_FRAGMENT,		/* address pair is there; give it to fragments.h */
	PACKET_ARP,			/* its header is at ip_off, to be read by others */
	PACKET_NOT_IP,			/* another network protocol (LLDP, STP, IPX, ...) */
	PACKET_ENCRYPTED,		/* link-layer encryption: 802.11 protected frames, MACsec */
	PACKET_BAD_LINK,		/* link header cut or malformed */
	PACKET_UNKNOWN_LINK,		/* a link type not decoded here */
	PACKET_BAD_IP,			/* IP header cut or malformed */
	PACKET_BAD_EXTENSION,		/* IPv6 extension headers cut, malformed or too many */
	PACKET_BAD_TRANSPORT,		/* transport header cut or malformed */
	PACKET_STATUSES
};

/* "ok", "fragment", "arp", "not_ip", ...: counter names under "decode." */
const char *packet_status_name(enum packet_status s);

enum packet_tcp_flag {
	PACKET_FIN = 0x01, PACKET_SYN = 0x02, PACKET_RST = 0x04, PACKET_PSH = 0x08,
	PACKET_ACK = 0x10, PACKET_URG = 0x20
};

/* Layers around the innermost address pair.  VLAN tags, and those that only name a port or a
 * group (VN-Tag, E-Tag, Cisco metadata, MACsec without encryption), are walked and are none of
 * these. */
enum packet_tunnel_kind {
	PACKET_4IN4, PACKET_6IN4, PACKET_4IN6, PACKET_6IN6,	/* 6in4: also 6to4 and 6rd */
	PACKET_ETHERNET_IN_IP,		/* EtherIP, and Ethernet behind IPv6 segment routing */
	PACKET_GRE,			/* id: key; NVGRE: its upper 24 bits are the network */
	PACKET_PPTP,			/* GRE 1; id: call */
	PACKET_WCCP,			/* GRE with a redirect header */
	PACKET_ERSPAN,			/* id: session (types II and III) */
	PACKET_L2TP,			/* id: tunnel << 16 | session */
	PACKET_L2TPV3,			/* id: session */
	PACKET_VXLAN,			/* id: network (VNI); also GPE */
	PACKET_GENEVE,			/* id: network */
	PACKET_GTP,			/* id: tunnel endpoint (TEID) */
	PACKET_TEREDO,
	PACKET_CAPWAP,			/* id: radio */
	PACKET_LISP,			/* id: instance */
	PACKET_MPLS,			/* id: the innermost label that names a service */
	PACKET_NSH,			/* id: service path */
	PACKET_PPPOE,			/* id: session */
	PACKET_PBB,			/* 802.1ah; id: service instance (I-SID) */
	PACKET_FABRICPATH,
	PACKET_TUNNEL_KINDS
};

/* "gre", "vxlan", ... */
const char *packet_tunnel_name(enum packet_tunnel_kind kind);

#define PACKET_TUNNEL_LAYERS 4		/* outermost first; deeper ones are walked, not kept */

struct packet_tunnel {
	uint8_t depth;			/* layers walked; 0: no tunnel, and the rest is zero */
	uint8_t id_layer;		/* 1 + index of the first layer that has an id; 0: none */
	bool has_addrs;			/* else the outer layers are below IP */
	uint8_t kinds[PACKET_TUNNEL_LAYERS];
	uint8_t carrier;		/* with has_addrs: which kind follows that IP header */
	uint32_t id;
	struct addr src, dst;		/* of the outermost IP header around another */
	/* With has_addrs: what that datagram is as a packet of its own, see packet_carrier(). */
	uint32_t ip_len, payload_len;
	uint16_t sport, dport;
	uint16_t vlan[PACKET_VLANS_MAX];
	uint8_t vlans, ip_version, proto, ttl;
};

static inline unsigned packet_tunnel_layers(const struct packet_tunnel *t)
{
	return t->depth < PACKET_TUNNEL_LAYERS ? t->depth : PACKET_TUNNEL_LAYERS;
}

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMPV6 = 58, IP_SCTP = 132 };

/* As ECS network.transport has it: "tcp", "ipv6-icmp"; of a rarer one its number, in buf. */
#define PACKET_TRANSPORT_MAX 8
const char *packet_transport_name(uint8_t proto, char buf[static PACKET_TRANSPORT_MAX]);

struct packet {
	uint64_t ts_ns;
	const uint8_t *bytes;		/* borrows the frame's bytes (or a reassembled datagram) */
	uint32_t caplen, wirelen;	/* of the frame */
	struct addr src, dst;
	uint16_t sport, dport;		/* TCP, UDP, SCTP; ICMP: type and code; else 0 */
	uint16_t tap;
	uint16_t vlan[PACKET_VLANS_MAX];	/* 12-bit ids; a priority tag (id 0) is not kept */
	uint8_t vlans;			/* how many of them are set */
	uint8_t ip_version;		/* 4 or 6 */
	uint8_t proto;			/* IP protocol number of the transport */
	uint8_t ttl;
	uint8_t tcp_flags;
	uint8_t src_mac[6], dst_mac[6];
	bool has_macs;			/* Linux cooked: the sender's only, dst_mac is zero */
	bool is_reassembled;
	bool is_carrier;		/* made by packet_carrier(), of what is next in it: */
	uint8_t carrier;		/* enum packet_tunnel_kind */
	uint16_t window;		/* TCP */
	uint32_t seq, ack;		/* TCP */
	/* Offsets from bytes.  *_len by the headers (bounded by wirelen); captured may be less. */
	uint32_t ip_off, ip_len;	/* IP header to the end of the datagram */
	uint32_t payload_off, payload_len;	/* after the transport header; by the headers,
						 * so payload_off may lie beyond caplen */
	/* For PACKET_FRAGMENT only. */
	uint32_t fragment_id;
	uint32_t fragment_off;		/* bytes */
	uint32_t fragment_data_off;	/* from bytes: where this fragment's data begins */
	uint32_t fragment_data_len;	/* by the headers */
	bool fragment_is_last;
	/* For a reassembled datagram only (set by fragments_add(), 0 elsewhere): the fragments
	 * that were merged into it and their IP bytes, each with its own headers.  A flow counts
	 * these, so that no byte of the wire is lost or counted twice.  When the datagram was a
	 * tunnel: as many frames, and the bytes of the datagram within. */
	uint32_t fragments;
	uint32_t fragments_bytes;
	struct packet_tunnel tunnel;
};

enum packet_status packet_decode(const struct frame *f, struct packet *ret_packet);

/* Whether packet_decode() knows this LINKTYPE_ number; a file of another can be refused at once. */
bool packet_link_is_known(uint16_t link);

/* From the IP header at p->ip_off through the transport: for a datagram put together from
 * fragments.  p->bytes, caplen and wirelen describe the datagram; fields outside IP stay, and
 * tunnels found within it are added to p->tunnel. */
enum packet_status packet_decode_ip(struct packet *p);

/* The datagram around the innermost one, as far as it counts: addresses, ports and lengths, without
 * a captured byte (DPI has nothing to read in it).  A tunnel must not hide who talks to whom: its
 * header is written by the sender, and what is in it may be anything.  false: there is none. */
bool packet_carrier(const struct packet *p, struct packet *ret_carrier);

/* Counts bytes and offsets from the IP header on: what is before it is not needed any more. */
void packet_rebase(struct packet *p, enum packet_status status);

/* How much of the payload was captured. */
static inline uint32_t packet_payload_captured(const struct packet *p)
{
	uint32_t left = p->payload_off < p->caplen ? p->caplen - p->payload_off : 0;

	return left < p->payload_len ? left : p->payload_len;
}

/* The two ways of a conversation: true when the sender is the smaller (address, port), the same for
 * all packets that go that way.  sport and dport: the packet's own, but for ICMP, whose types are
 * no ports (flow/key.c). */
static inline bool packet_is_forward(const struct packet *p, uint16_t sport, uint16_t dport)
{
	int order = memcmp(p->src.bytes, p->dst.bytes, sizeof(p->src.bytes));

	return order ? order < 0 : sport <= dport;
}

static inline const uint8_t *packet_payload(const struct packet *p)
{
	return p->bytes + p->payload_off;
}

#endif
