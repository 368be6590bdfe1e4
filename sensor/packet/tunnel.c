/* tunnel.c - what all tunnels share: the evidence kept, the way back, and guesses at what
 * follows.
 *
 * Some encapsulations do not say what they carry: MPLS behind its last label, L2TPv3 behind a
 * cookie whose length only the control connection knows.  There the form of what follows decides,
 * and it must fit closely: a header whose lengths agree with what is left.
 */
#include "packet/decode.h"
#include <assert.h>
#include <string.h>
#include "base/bytes.h"
#include "base/err.h"

#define PADDING_MAX 50		/* of a frame of 60 octets with a checksum, around 14 + 0 bytes */
#define INNER_TAGS_MAX 2

static const char *const names[] = {
	[PACKET_4IN4] = "4in4",
	[PACKET_6IN4] = "6in4",
	[PACKET_4IN6] = "4in6",
	[PACKET_6IN6] = "6in6",
	[PACKET_ETHERNET_IN_IP] = "etherip",
	[PACKET_GRE] = "gre",
	[PACKET_PPTP] = "pptp",
	[PACKET_WCCP] = "wccp",
	[PACKET_ERSPAN] = "erspan",
	[PACKET_L2TP] = "l2tp",
	[PACKET_L2TPV3] = "l2tpv3",
	[PACKET_VXLAN] = "vxlan",
	[PACKET_GENEVE] = "geneve",
	[PACKET_GTP] = "gtp",
	[PACKET_TEREDO] = "teredo",
	[PACKET_CAPWAP] = "capwap",
	[PACKET_LISP] = "lisp",
	[PACKET_MPLS] = "mpls",
	[PACKET_NSH] = "nsh",
	[PACKET_PPPOE] = "pppoe",
	[PACKET_PBB] = "pbb",
	[PACKET_FABRICPATH] = "fabricpath",
};
static_assert(ARRAY_SIZE(names) == PACKET_TUNNEL_KINDS, "a tunnel without a name");

const char *packet_tunnel_name(enum packet_tunnel_kind kind)
{
	return (unsigned)kind < PACKET_TUNNEL_KINDS ? names[kind] : "unknown";
}

void decode_keep(struct decode *d, uint32_t payload_off, uint32_t payload_len)
{
	d->p->payload_off = payload_off;
	d->p->payload_len = payload_len;
	*d->kept = *d->p;
	d->is_kept = true;
}

/* VLANs around it are its own: underlays differ by direction, and would halve what is within. */
static void remember_carrier(struct packet *p, struct packet_tunnel *t,
			     enum packet_tunnel_kind kind)
{
	t->has_addrs = true;
	t->carrier = (uint8_t)kind;
	t->src = p->src;
	t->dst = p->dst;
	t->ip_version = p->ip_version;
	t->proto = p->proto;
	t->ttl = p->ttl;
	t->sport = p->sport;
	t->dport = p->dport;
	t->ip_len = p->ip_len;
	t->payload_len = p->payload_len < p->ip_len ? p->payload_len : p->ip_len;
	t->vlans = p->vlans;
	memcpy(t->vlan, p->vlan, sizeof(t->vlan));
	p->vlans = 0;
	memset(p->vlan, 0, sizeof(p->vlan));
}

bool packet_carrier(const struct packet *p, struct packet *ret_carrier)
{
	const struct packet_tunnel *t = &p->tunnel;

	if (!t->has_addrs)
		return false;
	*ret_carrier = (struct packet){
		.ts_ns = p->ts_ns, .bytes = p->bytes, .caplen = 0, .wirelen = t->ip_len,
		.src = t->src, .dst = t->dst, .sport = t->sport, .dport = t->dport, .tap = p->tap,
		.vlans = t->vlans, .ip_version = t->ip_version, .proto = t->proto, .ttl = t->ttl,
		.ip_len = t->ip_len, .payload_off = t->ip_len - t->payload_len,
		.payload_len = t->payload_len, .is_carrier = true, .carrier = t->carrier,
	};
	memcpy(ret_carrier->vlan, t->vlan, sizeof(t->vlan));
	return true;
}

void packet_rebase(struct packet *p, enum packet_status status)
{
	uint32_t off = p->ip_off;

	p->bytes += off;
	p->caplen = p->caplen > off ? p->caplen - off : 0;
	p->wirelen = p->wirelen > off ? p->wirelen - off : 0;
	p->ip_off = 0;
	if (status == PACKET_FRAGMENT)
		p->fragment_data_off -= off;
	else
		p->payload_off -= off;
}

void decode_enter(struct decode *d, enum packet_tunnel_kind kind)
{
	struct packet *p = d->p;
	struct packet_tunnel *t = &p->tunnel;

	if (t->depth < PACKET_TUNNEL_LAYERS)
		t->kinds[t->depth] = (uint8_t)kind;
	if (t->depth < UINT8_MAX)
		t->depth++;
	if (p->ip_version && !t->has_addrs)
		remember_carrier(p, t, kind);
	p->sport = p->dport = 0;	/* the inner transport may have none */
}

void decode_enter_id(struct decode *d, enum packet_tunnel_kind kind, uint32_t id)
{
	struct packet_tunnel *t = &d->p->tunnel;

	decode_enter(d, kind);
	if (t->id_layer || t->depth > PACKET_TUNNEL_LAYERS)
		return;
	t->id = id;
	t->id_layer = t->depth;
}

/* len bytes, n bytes on, fill what is left. */
static bool fills(const struct decode *d, uint32_t n, uint32_t len)
{
	uint32_t left = decode_left(d) - n;

	return len <= left && left - len <= PADDING_MAX;
}

bool decode_looks_like_ip(const struct decode *d, uint32_t n)
{
	const uint8_t *h = decode_peek(d, n + IPV4_HEADER_MIN);
	uint32_t header_len;

	if (!h)
		return false;
	h += n;
	if (h[0] >> 4 == 6)
		return fills(d, n, IPV6_HEADER_LEN + (uint32_t)net_get16(h + 4));
	header_len = (h[0] & 0x0fU) * 4;
	return h[0] >> 4 == 4 && header_len >= IPV4_HEADER_MIN &&
	       net_get16(h + 2) >= header_len && fills(d, n, net_get16(h + 2));
}

bool decode_looks_like_ethernet(const struct decode *d, uint32_t n)
{
	const uint8_t *h = decode_peek(d, n + ETHERNET_HEADER_LEN);
	uint16_t type;

	if (!h || h[n + 6] & 1)		/* nobody sends from a group address */
		return false;
	type = net_get16(h + n + 12);
	n += ETHERNET_HEADER_LEN;
	for (int tags = 0; tags < INNER_TAGS_MAX && (type == TYPE_8021Q || type == TYPE_8021AD);
	     tags++) {
		h = decode_peek(d, n + 4);
		if (!h)
			return false;
		type = net_get16(h + n + 2);
		n += 4;
	}
	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		return decode_looks_like_ip(d, n);
	case TYPE_ARP:		/* of Ethernet and IPv4 */
		h = decode_peek(d, n + 4);
		return h && net_get32(h + n) == 0x00010800;
	case TYPE_MPLS:
	case TYPE_PPPOE:
		return true;
	}
	return false;
}
