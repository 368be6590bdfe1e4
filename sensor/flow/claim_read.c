/* claim_read.c - see claim.h: which packets make a claim, and what they say.  The readers of the
 * messages themselves: dpi/claims.h. */
#include "flow/claim.h"
#include <string.h>
#include "dpi/claims.h"
#include "flow/claim_internal.h"
#include "flow/key.h"

enum { PORT_BOOTPS = 67, PORT_BOOTPC = 68, PORT_DHCP6_CLIENT = 546, PORT_DHCP6_SERVER = 547 };
enum { DHCP6_ADVERTISE = 2, DHCP6_REPLY = 7 };

/* --- whose they can be ----------------------------------------------------------------------- */

/* Zero, or a group's: nobody's. */
bool claim_is_host_mac(const uint8_t mac[static 6])
{
	static const uint8_t none[6];

	return memcmp(mac, none, 6) && !(mac[0] & 1);
}

bool claim_is_host_addr(const struct addr *a)
{
	static const struct addr none;
	bool is_v4 = addr_is_ipv4(a);

	if (addr_is_multicast(a) || addr_equal(a, &none))
		return false;
	/* 0.0.0.0/8, 127.0.0.0/8 and broadcast. */
	return !is_v4 || (a->bytes[12] && a->bytes[12] != 127 && a->bytes[12] < 240);
}

/* --- messages -------------------------------------------------------------------------------- */

/* A packet on its way into claims. */
struct message {
	struct claims *claims;
	const struct packet *packet;
	uint32_t place;
	uint64_t now_ns;
	bool is_read;
};

static void claim(struct message *m, enum claim_kind kind, const struct addr *addr,
		  const uint8_t mac[6], unsigned how)
{
	const struct packet *p = m->packet;
	struct claim c = {
		.addr = *addr, .kind = kind, .how = (uint8_t)how, .count = 1,
		.link = { .vlan = { p->vlans > 0 ? p->vlan[0] : FLOW_NO_VLAN,
				    p->vlans > 1 ? p->vlan[1] : FLOW_NO_VLAN }, .tap = p->tap },
		.first_ns = m->now_ns, .last_ns = m->now_ns,
	};

	if (!claim_is_host_mac(mac) || !claim_is_host_addr(addr))
		return;
	memcpy(c.mac, mac, sizeof(c.mac));
	claims_keep(m->claims, &c, m->place);
	m->is_read = true;
}

static uint32_t captured(const struct packet *p)
{
	return p->caplen < p->ip_off ? 0 : p->caplen - p->ip_off;
}

static bool read_arp(const struct packet *p, struct claims_arp *ret)
{
	return claims_arp(p->bytes + p->ip_off, captured(p), ret) &&
	       (ret->operation == 1 || ret->operation == 2);
}

bool claim_prepare(struct packet *p)
{
	struct claims_arp arp;

	if (!read_arp(p, &arp))
		return false;
	p->src = p->dst = arp.is_probe ? arp.target : arp.sender;
	return claim_is_host_addr(&p->src) && claim_is_host_mac(arp.sender_mac);
}

static void take_arp(struct message *m)
{
	struct claims_arp arp;

	if (!read_arp(m->packet, &arp))
		return;
	if (arp.is_probe)
		claim(m, CLAIM_PROBES, &arp.target, arp.sender_mac, 0);
	else
		claim(m, CLAIM_HOLDS, &arp.sender, arp.sender_mac,
		      arp.is_announcement ? CLAIM_ANNOUNCED : CLAIM_PLAIN);
}

/* Who routes is who sends: an option can name another one, who is known. */
static const uint8_t *sender_of(const struct packet *p, const uint8_t *otherwise)
{
	return p->has_macs ? p->src_mac : otherwise;
}

static void take_advertisement(struct message *m, const struct claims_nd *nd, const uint8_t *mac)
{
	bool is_told = nd->is_override && !nd->is_solicited;

	if (nd->is_override)
		claim(m, CLAIM_HOLDS, &nd->target, mac, is_told ? CLAIM_ANNOUNCED : CLAIM_PLAIN);
	if (nd->is_router)
		claim(m, CLAIM_ROUTES, &nd->target, sender_of(m->packet, mac), CLAIM_FLAGGED);
}

static void take_solicitation(struct message *m, const struct claims_nd *nd)
{
	static const struct addr unspecified;
	const struct packet *p = m->packet;

	if (nd->has_mac)
		claim(m, CLAIM_HOLDS, &p->src, nd->mac, CLAIM_PLAIN);
	else if (nd->type == CLAIMS_SOLICITATION && addr_equal(&p->src, &unspecified) &&
		 p->has_macs)
		claim(m, CLAIM_PROBES, &nd->target, p->src_mac, 0);
}

static void take_nd(struct message *m)
{
	static const uint8_t none[6];
	const struct packet *p = m->packet;
	uint32_t header = p->payload_off < 8 ? 0 : p->payload_off - 8;
	const uint8_t *mac;
	struct claims_nd nd;

	if (p->payload_off < 8 || header > p->caplen ||
	    !claims_nd(p->bytes + header, p->caplen - header, p->ttl, &nd))
		return;
	mac = nd.has_mac ? nd.mac : p->has_macs ? p->src_mac : none;
	switch (nd.type) {
	case CLAIMS_ADVERTISEMENT:
		take_advertisement(m, &nd, mac);
		break;
	case CLAIMS_ROUTER_ADVERTISEMENT:
		claim(m, CLAIM_ROUTES, &p->src, sender_of(p, mac),
		      nd.lifetime_s ? CLAIM_ADVERTISED : CLAIM_NO_DEFAULT);
		if (nd.has_mac)
			claim(m, CLAIM_HOLDS, &p->src, nd.mac, CLAIM_PLAIN);
		break;
	case CLAIMS_REDIRECT:		/* its option is the target's */
		claim(m, CLAIM_ROUTES, &p->src, sender_of(p, none), CLAIM_REDIRECTED);
		break;
	case CLAIMS_ROUTER_SOLICITATION:
	case CLAIMS_SOLICITATION:
		take_solicitation(m, &nd);
		break;
	}
}

static void take_dhcp(struct message *m)
{
	const struct packet *p = m->packet;
	struct claims_dhcp d;

	if (!p->has_macs || !claims_dhcp(packet_payload(p), packet_payload_captured(p), &d) ||
	    !d.is_reply)
		return;
	if (d.type && d.type != CLAIMS_DHCP_OFFER && d.type != CLAIMS_DHCP_ACK &&
	    d.type != CLAIMS_DHCP_NAK)
		return;
	if (!claim_is_host_addr(&d.relay))
		claim(m, CLAIM_LEASES, claim_is_host_addr(&d.server) ? &d.server : &p->src,
		      p->src_mac, CLAIM_DHCP4);
	if (d.type == CLAIMS_DHCP_ACK)
		claim(m, CLAIM_LEASED, &d.yours, d.mac, 0);
}

static void take_dhcp6(struct message *m)
{
	const struct packet *p = m->packet;
	struct claims_dhcp6 d;

	if (!p->has_macs || !claims_dhcp6(packet_payload(p), packet_payload_captured(p), &d) ||
	    (d.type != DHCP6_ADVERTISE && d.type != DHCP6_REPLY))
		return;
	if (!d.is_relayed)
		claim(m, CLAIM_LEASES, &p->src, p->src_mac, CLAIM_DHCP6);
	for (unsigned i = 0; d.type == DHCP6_REPLY && d.has_mac && i < d.given.n; i++)
		claim(m, CLAIM_LEASED, &d.given.addr[i], d.mac, 0);
}

static bool is_of_the_link(const struct packet *p)
{
	const struct packet_tunnel *t = &p->tunnel;

	return !p->is_carrier && (!t->depth || (t->depth == 1 && t->kinds[0] == PACKET_ERSPAN));
}

static bool is_nd(const struct packet *p)
{
	return p->proto == IP_ICMPV6 && p->sport >= CLAIMS_ROUTER_SOLICITATION &&
	       p->sport <= CLAIMS_REDIRECT && !p->is_reassembled;	/* RFC 6980 */
}

static bool is_dhcp(const struct packet *p)
{
	return p->proto == IP_UDP && p->sport == PORT_BOOTPS && p->dport == PORT_BOOTPC;
}

static bool is_dhcp6(const struct packet *p)
{
	return p->proto == IP_UDP && p->sport == PORT_DHCP6_SERVER &&
	       p->dport == PORT_DHCP6_CLIENT;
}

bool claims_may_take(const struct packet *p, enum packet_status status)
{
	bool is_one = status == PACKET_ARP ||
		      (status == PACKET_OK && (is_nd(p) || is_dhcp(p) || is_dhcp6(p)));

	return is_one && is_of_the_link(p);
}

void claims_take(struct claims *c, const struct packet *p, enum packet_status status,
		 uint32_t place, uint64_t now_ns)
{
	struct message m = { .claims = c, .packet = p, .place = place, .now_ns = now_ns };

	if (status == PACKET_ARP)
		take_arp(&m);
	else if (is_nd(p))
		take_nd(&m);
	else if (is_dhcp(p))
		take_dhcp(&m);
	else
		take_dhcp6(&m);
	if (m.is_read)
		claims_note_read(c);
}
