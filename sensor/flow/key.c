/* key.c - see key.h. */
#include "flow/key.h"
#include <assert.h>
#include "flow/community_id.h"

#define PORT_SYSTEM_END 1024		/* RFC 6335: system ports are below */
#define PORT_EPHEMERAL 32768		/* Linux's ephemeral ports begin here, IANA's at 49152 */

/* Keys are hashed and compared as bytes. */
static_assert(sizeof(struct flow_key) == 44, "flow_key has padding");

static bool is_icmp(uint8_t proto)
{
	return proto == IP_ICMP || proto == IP_ICMPV6;
}

static uint8_t icmp_version(uint8_t proto)
{
	return proto == IP_ICMPV6 ? 6 : 4;
}

bool flow_key_from_packet(const struct packet *p, struct flow_key *ret_key)
{
	uint16_t sport = p->sport, dport = p->dport;
	bool is_one_way = false, sender_is_b;
	uint8_t answer;

	if (is_icmp(p->proto)) {
		if (icmp_counter_type(icmp_version(p->proto), (uint8_t)p->sport, &answer))
			dport = answer;
		else
			is_one_way = true;
	}
	sender_is_b = !is_one_way && !packet_is_forward(p, sport, dport);
	*ret_key = (struct flow_key){
		.a = sender_is_b ? p->dst : p->src,
		.b = sender_is_b ? p->src : p->dst,
		.a_port = sender_is_b ? dport : sport,
		.b_port = sender_is_b ? sport : dport,
		.vlan = { p->vlans > 0 ? p->vlan[0] : FLOW_NO_VLAN,
			  p->vlans > 1 ? p->vlan[1] : FLOW_NO_VLAN },
		.tap = p->tap,
		.proto = p->proto,
		.ip_version = p->ip_version,
	};
	return sender_is_b;
}

void flow_key_pack(const struct flow_key *k, struct packer *p)
{
	pack_bytes(p, k->a.bytes, sizeof(k->a.bytes));
	pack_bytes(p, k->b.bytes, sizeof(k->b.bytes));
	pack_u16(p, k->a_port);
	pack_u16(p, k->b_port);
	pack_u16(p, k->vlan[0]);
	pack_u16(p, k->vlan[1]);
	pack_u16(p, k->tap);
	pack_u8(p, k->proto);
	pack_u8(p, k->ip_version);
}

void flow_key_unpack(struct unpacker *u, struct flow_key *ret_key)
{
	unpack_bytes(u, ret_key->a.bytes, sizeof(ret_key->a.bytes));
	unpack_bytes(u, ret_key->b.bytes, sizeof(ret_key->b.bytes));
	ret_key->a_port = unpack_u16(u);
	ret_key->b_port = unpack_u16(u);
	ret_key->vlan[0] = unpack_u16(u);
	ret_key->vlan[1] = unpack_u16(u);
	ret_key->tap = unpack_u16(u);
	ret_key->proto = unpack_u8(u);
	ret_key->ip_version = unpack_u8(u);
}

static bool is_icmp_answer(const struct packet *p)
{
	switch (p->proto) {
	case IP_ICMP:		/* echo, timestamp, information, mask; router advertisement */
		return p->sport == 0 || p->sport == 14 || p->sport == 16 || p->sport == 18 ||
		       p->sport == 9;
	case IP_ICMPV6:		/* echo, listener, router, neighbour, node info, home agent */
		return p->sport == 129 || p->sport == 131 || p->sport == 134 || p->sport == 136 ||
		       p->sport == 140 || p->sport == 145;
	}
	return false;
}

/* 1: the sender's port is clearly a client's; -1: clearly a server's; 0: neither. */
static int judge_ports(uint16_t sport, uint16_t dport)
{
	static const uint16_t borders[] = { PORT_SYSTEM_END, PORT_EPHEMERAL };
	static const uint16_t pairs[][2] = { { 68, 67 }, { 546, 547 } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (sport == pairs[i][0] && dport == pairs[i][1])
			return 1;
		if (sport == pairs[i][1] && dport == pairs[i][0])
			return -1;
	}
	for (size_t i = 0; i < sizeof(borders) / sizeof(borders[0]); i++) {
		bool s_is_low = sport < borders[i], d_is_low = dport < borders[i];

		if (s_is_low != d_is_low)
			return d_is_low ? 1 : -1;
	}
	return 0;
}

bool flow_client_decide(const struct packet *p, enum flow_client *ret_how)
{
	int verdict = 0;

	if (p->proto == IP_TCP && p->tcp_flags & PACKET_SYN) {
		*ret_how = p->tcp_flags & PACKET_ACK ? FLOW_CLIENT_SYNACK : FLOW_CLIENT_SYN;
		return *ret_how == FLOW_CLIENT_SYN;
	}
	if (addr_is_multicast(&p->dst))
		verdict = 0;
	else if (p->proto == IP_TCP || p->proto == IP_UDP || p->proto == IP_SCTP)
		verdict = judge_ports(p->sport, p->dport);
	else if (is_icmp_answer(p))
		verdict = -1;
	*ret_how = verdict ? FLOW_CLIENT_PORT : FLOW_CLIENT_FIRST;
	return verdict >= 0;
}
