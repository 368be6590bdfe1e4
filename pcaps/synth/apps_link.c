/* apps_link.c - what hosts of a link say of addresses: ARP (RFC 826, 5227), neighbour discovery and
 * router advertisements (RFC 4861), DHCP (RFC 2131) and DHCPv6 (RFC 8415).
 *
 * Each message is a whole Ethernet frame without VLAN tag and padding (wire_frame()), because what
 * it says need not be what its sender is: "claims" and "claims_mac" of the scenario stand in the
 * place of the sender's own address and MAC.
 */
#include <string.h>
#include "synth/apps.h"
#include "synth/wire.h"

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };
enum { PROTO_UDP = 17, PROTO_ICMPV6 = 58 };
enum { NS = 135, NA = 136, RA = 134 };
enum { NA_ROUTER = 0x80, NA_SOLICITED = 0x40, NA_OVERRIDE = 0x20 };

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* Who speaks, as he says. */
struct speaker {
	struct addr addr;
	uint8_t mac[6];
};

static struct speaker speaker_of(const struct app_call *c, unsigned side)
{
	const struct wire_end *e = &c->path->end[side];
	struct speaker s = { .addr = e->addr };

	memcpy(s.mac, e->mac, sizeof(s.mac));
	if (side == c->from_side && c->options->has_claim)
		s.addr = c->options->claim;
	if (side == c->from_side && c->options->has_claim_mac)
		memcpy(s.mac, c->options->claim_mac, sizeof(s.mac));
	return s;
}

static size_t begin_frame(struct app_call *c, const uint8_t dst[6], const uint8_t src[6],
			  unsigned ethertype)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	blob_add(b, dst, 6);
	blob_add(b, src, 6);
	blob_be16(b, ethertype);
	return mark;
}

/* --- ARP ------------------------------------------------------------------------------------ */

struct arp {
	unsigned operation;
	const uint8_t *dst_mac;
	struct speaker sender, target;
};

static void say_arp(struct app_call *c, unsigned side, const struct arp *a)
{
	struct blob *b = &c->script->blob;
	size_t mark = begin_frame(c, a->dst_mac, a->sender.mac, ETHERTYPE_ARP);

	blob_add(b, "\x00\x01\x08\x00\x06\x04", 6);
	blob_be16(b, a->operation);
	blob_add(b, a->sender.mac, 6);
	blob_add(b, a->sender.addr.bytes + 12, 4);
	blob_add(b, a->target.mac, 6);
	blob_add(b, a->target.addr.bytes + 12, 4);
	app_say(c, side, mark);
}

static void arp_once(struct app_call *c)
{
	unsigned from = c->from_side;
	struct speaker me = speaker_of(c, from), to = speaker_of(c, !from);
	struct arp a = { .operation = 1, .dst_mac = broadcast, .sender = me };

	switch (c->options->says) {
	case SAYS_ANNOUNCE:
		a.target.addr = me.addr;
		break;
	case SAYS_PROBE:
		a.target.addr = me.addr;
		memset(a.sender.addr.bytes + 12, 0, 4);
		break;
	case SAYS_REPLY:
		a.operation = 2;
		a.target = to;
		a.dst_mac = to.mac;
		break;
	default:
		a.target.addr = to.addr;
		say_arp(c, from, &a);
		a = (struct arp){ 2, me.mac, to, me };
		say_arp(c, !from, &a);
		return;
	}
	say_arp(c, from, &a);
}

/* --- IPv6 ----------------------------------------------------------------------------------- */

/* RFC 1071, of [from, to) and what was added before. */
static uint16_t checksum(const struct blob *b, size_t from, size_t to, uint64_t sum)
{
	size_t i;

	for (i = from; i + 1 < to; i += 2)
		sum += (uint32_t)(b->data[i] << 8 | b->data[i + 1]);
	if (i < to)
		sum += (uint32_t)(b->data[i] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static struct addr addr_of(const char *text)
{
	struct addr a = { { 0 } };

	(void)addr_parse(text, &a);
	return a;
}

/* fe80:: and the modified EUI-64 of the MAC (RFC 4291 appendix A). */
static struct addr link_local(const uint8_t mac[6])
{
	const struct addr a = { { 0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3],
				  mac[4], mac[5] } };

	return a;
}

/* A packet without its content; the group's MAC is 33:33 and its last four bytes. */
static size_t begin_ipv6(struct app_call *c, const uint8_t src_mac[6], const struct addr *src,
			 const struct addr *dst, const uint8_t *dst_mac)
{
	struct blob *b = &c->script->blob;
	uint8_t group[6] = { 0x33, 0x33, dst->bytes[12], dst->bytes[13], dst->bytes[14],
			     dst->bytes[15] };
	size_t mark = begin_frame(c, dst_mac ? dst_mac : group, src_mac, ETHERTYPE_IPV6);

	blob_be32(b, 0x60000000);
	blob_be32(b, 0);		/* length, next header, hop limit: end_ipv6() */
	blob_add(b, src->bytes, 16);
	blob_add(b, dst->bytes, 16);
	return mark;
}

static void end_ipv6(struct app_call *c, unsigned side, size_t mark, unsigned proto, size_t sum_at)
{
	struct blob *b = &c->script->blob;
	size_t ip = mark + 14, l4 = ip + 40;
	uint16_t sum;

	if (b->is_failed || b->len < l4 + sum_at + 2)
		return;
	b->data[ip + 4] = (uint8_t)((b->len - l4) >> 8);
	b->data[ip + 5] = (uint8_t)(b->len - l4);
	b->data[ip + 6] = (uint8_t)proto;
	b->data[ip + 7] = proto == PROTO_ICMPV6 ? 255 : 64;
	/* The addresses and the content lie side by side. */
	sum = checksum(b, ip + 8, b->len, b->len - l4 + proto);
	b->data[l4 + sum_at] = (uint8_t)(sum >> 8);
	b->data[l4 + sum_at + 1] = (uint8_t)sum;
	app_say(c, side, mark);
}

/* --- neighbour discovery -------------------------------------------------------------------- */

struct nd {
	unsigned type, flags;
	struct addr src, dst, target;
	const uint8_t *src_mac, *dst_mac, *option_mac;	/* NULL: the group's; no option */
};

static void say_nd(struct app_call *c, unsigned side, const struct nd *n)
{
	struct blob *b = &c->script->blob;
	size_t mark = begin_ipv6(c, n->src_mac, &n->src, &n->dst, n->dst_mac);

	blob_u8(b, n->type);
	blob_u8(b, 0);
	blob_be16(b, 0);
	if (n->type == RA) {
		blob_be32(b, 64u << 24 | 1800);		/* hops; for half an hour */
		blob_zero(b, 8);
	} else {
		blob_be32(b, n->flags << 24);
		blob_add(b, n->target.bytes, 16);
	}
	if (n->option_mac) {
		blob_u8(b, n->type == NA ? 2 : 1);
		blob_u8(b, 1);
		blob_add(b, n->option_mac, 6);
	}
	end_ipv6(c, side, mark, PROTO_ICMPV6, 2);
}

static struct addr solicited_node(const struct addr *a)
{
	struct addr group = addr_of("ff02::1:ff00:0");

	memcpy(group.bytes + 13, a->bytes + 13, 3);
	return group;
}

static void nd_once(struct app_call *c)
{
	unsigned from = c->from_side;
	struct speaker me = speaker_of(c, from), to = speaker_of(c, !from);
	struct nd n = { .type = NA, .flags = NA_OVERRIDE, .src = me.addr, .target = me.addr,
			.dst = addr_of("ff02::1"), .src_mac = me.mac, .option_mac = me.mac };

	switch (c->options->says) {
	case SAYS_ANNOUNCE:
		break;
	case SAYS_ROUTER:
		n.type = RA;
		n.src = c->options->has_claim ? me.addr : link_local(me.mac);
		break;
	case SAYS_PROBE:
		n.type = NS;
		n.flags = 0;
		n.src = (struct addr){ { 0 } };
		n.dst = solicited_node(&me.addr);
		n.option_mac = NULL;
		break;
	case SAYS_REPLY:
		n.flags |= NA_SOLICITED;
		n.dst = to.addr;
		n.dst_mac = to.mac;
		break;
	default:
		n = (struct nd){ .type = NS, .src = me.addr, .dst = solicited_node(&to.addr),
				 .target = to.addr, .src_mac = me.mac, .option_mac = me.mac };
		say_nd(c, from, &n);
		n = (struct nd){ .type = NA, .flags = NA_SOLICITED | NA_OVERRIDE, .src = to.addr,
				 .dst = me.addr, .target = to.addr, .src_mac = to.mac,
				 .dst_mac = me.mac, .option_mac = to.mac };
		say_nd(c, !from, &n);
		return;
	}
	say_nd(c, from, &n);
}

/* --- DHCP ----------------------------------------------------------------------------------- */

enum { DISCOVER = 1, OFFER, REQUEST, ACK = 5 };

struct dhcp {
	unsigned type;
	bool is_reply;
	const struct speaker *client, *server;
	const struct addr *given;
	uint32_t transaction;
};

static void put_dhcp_options(struct blob *b, const struct dhcp *d)
{
	blob_be32(b, 0x63825363);
	blob_be16(b, 53 << 8 | 1);
	blob_u8(b, d->type);
	if (d->is_reply || d->type == REQUEST) {
		blob_be16(b, 54 << 8 | 4);
		blob_add(b, d->server->addr.bytes + 12, 4);
	}
	if (d->is_reply) {
		blob_be16(b, 51 << 8 | 4);
		blob_be32(b, 86400);
		blob_be16(b, 3 << 8 | 4);	/* the server is the router as well */
		blob_add(b, d->server->addr.bytes + 12, 4);
	} else if (d->type == REQUEST) {
		blob_be16(b, 50 << 8 | 4);
		blob_add(b, d->given->bytes + 12, 4);
	}
	blob_u8(b, 255);
}

static void say_dhcp(struct app_call *c, unsigned side, const struct dhcp *d)
{
	static const struct addr none, all = { { [12] = 0xff, 0xff, 0xff, 0xff } };
	const struct speaker *from = d->is_reply ? d->server : d->client;
	struct blob *b = &c->script->blob;
	size_t mark = begin_frame(c, broadcast, from->mac, ETHERTYPE_IPV4), ip = b->len, len;
	uint16_t sum;

	blob_be32(b, 0x45000000);
	blob_be32(b, 0);
	blob_be32(b, 64u << 24 | PROTO_UDP << 16);
	blob_add(b, (d->is_reply ? &from->addr : &none)->bytes + 12, 4);
	blob_add(b, all.bytes + 12, 4);
	blob_be16(b, d->is_reply ? 67 : 68);
	blob_be16(b, d->is_reply ? 68 : 67);
	blob_be32(b, 0);		/* length; no checksum (RFC 768) */
	blob_be32(b, (d->is_reply ? 2u : 1u) << 24 | 1 << 16 | 6 << 8);
	blob_be32(b, d->transaction);
	blob_be32(b, 0x00008000);	/* answers by broadcast */
	blob_zero(b, 4);
	blob_add(b, (d->is_reply ? d->given : &none)->bytes + 12, 4);
	blob_zero(b, 8);
	blob_add(b, d->client->mac, 6);
	blob_zero(b, 10 + 64 + 128);
	put_dhcp_options(b, d);
	len = b->len - ip;
	if (b->is_failed)
		return;
	b->data[ip + 2] = (uint8_t)(len >> 8);
	b->data[ip + 3] = (uint8_t)len;
	b->data[ip + 24] = (uint8_t)((len - 20) >> 8);
	b->data[ip + 25] = (uint8_t)(len - 20);
	sum = checksum(b, ip, ip + 20, 0);
	b->data[ip + 10] = (uint8_t)(sum >> 8);
	b->data[ip + 11] = (uint8_t)sum;
	app_say(c, side, mark);
}

/* `from` is the client, or, where it only offers, the server. */
static void dhcp_once(struct app_call *c)
{
	bool is_offer = c->options->says == SAYS_OFFER;
	unsigned client_side = is_offer ? !c->from_side : c->from_side;
	struct speaker client = { .addr = c->path->end[client_side].addr }, server;
	struct dhcp d = { .client = &client, .server = &server, .given = &client.addr,
			  .transaction = (uint32_t)random_u64(c->random) };

	memcpy(client.mac, c->path->end[client_side].mac, 6);
	server = (struct speaker){ .addr = c->path->end[!client_side].addr };
	memcpy(server.mac, c->path->end[!client_side].mac, 6);
	if (c->options->has_claim)
		*(is_offer ? &server.addr : &client.addr) = c->options->claim;
	if (c->options->has_claim_mac)
		memcpy(is_offer ? server.mac : client.mac, c->options->claim_mac, 6);
	d.type = DISCOVER;
	say_dhcp(c, client_side, &d);
	d.type = OFFER;
	d.is_reply = true;
	say_dhcp(c, !client_side, &d);
	if (is_offer)
		return;
	d.type = REQUEST;
	d.is_reply = false;
	say_dhcp(c, client_side, &d);
	d.type = ACK;
	d.is_reply = true;
	say_dhcp(c, !client_side, &d);
}

/* --- DHCPv6 --------------------------------------------------------------------------------- */

enum { SOLICIT = 1, ADVERTISE, REQUEST6, REPLY = 7 };

static void put_duid(struct blob *b, unsigned option, const uint8_t mac[6])
{
	blob_be32(b, option << 16 | 10);
	blob_be32(b, 0x00030001);		/* by the link-layer address, Ethernet */
	blob_add(b, mac, 6);
}

static void say_dhcp6(struct app_call *c, unsigned side, unsigned type, uint32_t transaction)
{
	bool is_reply = type == ADVERTISE || type == REPLY;
	unsigned client_side = c->from_side;
	struct speaker client = speaker_of(c, client_side), server = speaker_of(c, !client_side);
	struct addr src = link_local(is_reply ? server.mac : client.mac);
	struct addr dst = is_reply ? link_local(client.mac) : addr_of("ff02::1:2");
	struct blob *b = &c->script->blob;
	size_t mark = begin_ipv6(c, is_reply ? server.mac : client.mac, &src, &dst,
				 is_reply ? client.mac : NULL), l4 = b->len;

	blob_be16(b, is_reply ? 547 : 546);
	blob_be16(b, is_reply ? 546 : 547);
	blob_be32(b, 0);
	blob_be32(b, type << 24 | (transaction & 0xffffff));
	put_duid(b, 1, client.mac);
	if (type != SOLICIT)
		put_duid(b, 2, server.mac);
	blob_be32(b, 3 << 16 | (is_reply ? 12 + 28 : 12));
	blob_be32(b, 1);
	blob_zero(b, 8);
	if (is_reply) {
		blob_be32(b, 5 << 16 | 24);
		blob_add(b, client.addr.bytes, 16);
		blob_be32(b, 3600);
		blob_be32(b, 7200);
	}
	if (b->is_failed)
		return;
	b->data[l4 + 4] = (uint8_t)((b->len - l4) >> 8);
	b->data[l4 + 5] = (uint8_t)(b->len - l4);
	end_ipv6(c, side, mark, PROTO_UDP, 6);
}

static void dhcp6_once(struct app_call *c)
{
	uint32_t transaction = (uint32_t)random_u64(c->random);

	say_dhcp6(c, c->from_side, SOLICIT, transaction);
	say_dhcp6(c, !c->from_side, ADVERTISE, transaction);
	say_dhcp6(c, c->from_side, REQUEST6, transaction);
	say_dhcp6(c, !c->from_side, REPLY, transaction);
}

/* --- all of them ---------------------------------------------------------------------------- */

static void repeat(struct app_call *c, void (*once)(struct app_call *))
{
	unsigned times = c->options->exchanges ? c->options->exchanges : 1;

	for (unsigned i = 0; i < times; i++) {
		once(c);
		if (i + 1 < times)
			script_wait(c->script, c->options->gap_ns);
	}
}

void app_arp_run(struct app_call *c)
{
	repeat(c, arp_once);
}

void app_nd_run(struct app_call *c)
{
	repeat(c, nd_once);
}

void app_dhcp_run(struct app_call *c)
{
	repeat(c, dhcp_once);
}

void app_dhcp6_run(struct app_call *c)
{
	repeat(c, dhcp6_once);
}
