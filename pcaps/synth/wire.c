/* wire.c - see wire.h. */
#include "synth/wire.h"

#include <string.h>

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58 };

#define ETH_LEN 14
#define TAG_LEN 4
#define ETH_MIN 60		/* without its checksum */
#define SYN_OPTIONS_LEN 12	/* MSS, no-operation, window scale, two no-operations,
	SACK permitted */

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* RFC 1071, over big-endian words; the caller folds. */
static uint64_t sum_bytes(uint64_t sum, const uint8_t *p, size_t n)
{
	for (; n > 1; p += 2, n -= 2)
		sum += (uint32_t)(p[0] << 8 | p[1]);
	return n ? sum + (uint32_t)(p[0] << 8) : sum;
}

static uint16_t sum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static bool is_ipv4(const struct wire_path *path)
{
	return addr_is_ipv4(&path->end[0].addr);
}

static uint32_t link_len(const struct wire_path *path)
{
	return path->vlan ? ETH_LEN + TAG_LEN : ETH_LEN;
}

uint32_t wire_headers_len(const struct wire_path *path, uint32_t transport_len)
{
	return link_len(path) + (is_ipv4(path) ? 20 : 40) + transport_len;
}

static uint8_t *put_link(struct wire_frame *f, const struct wire_path *path, unsigned side,
			 const uint8_t *dst_mac, unsigned ethertype)
{
	uint8_t *p = f->bytes;

	memcpy(p, dst_mac, 6);
	memcpy(p + 6, path->end[side].mac, 6);
	p += 12;
	if (path->vlan) {
		put16(p, 0x8100);
		put16(p + 2, path->vlan);
		p += TAG_LEN;
	}
	put16(p, ethertype);
	return p + 2;
}

static uint8_t *put_ipv4(uint8_t *p, struct wire_path *path, unsigned side, unsigned proto,
			 uint32_t l4_len)
{
	struct wire_end *from = &path->end[side];

	p[0] = 0x45;
	p[1] = 0;
	put16(p + 2, 20 + l4_len);
	put16(p + 4, from->ip_id++);
	put16(p + 6, 0x4000);		/* do not fragment */
	p[8] = from->ttl;
	p[9] = (uint8_t)proto;
	put16(p + 10, 0);
	memcpy(p + 12, from->addr.bytes + 12, 4);
	memcpy(p + 16, path->end[!side].addr.bytes + 12, 4);
	put16(p + 10, sum_fold(sum_bytes(0, p, 20)));
	return p + 20;
}

static uint8_t *put_ipv6(uint8_t *p, const struct wire_path *path, unsigned side, unsigned proto,
			 uint32_t l4_len)
{
	put32(p, 0x60000000);
	put16(p + 4, l4_len);
	p[6] = (uint8_t)proto;
	p[7] = path->end[side].ttl;
	memcpy(p + 8, path->end[side].addr.bytes, 16);
	memcpy(p + 24, path->end[!side].addr.bytes, 16);
	return p + 40;
}

/* Link and IP headers; returns where the transport header goes. */
static uint8_t *put_headers(struct wire_frame *f, struct wire_path *path, unsigned side,
			    unsigned proto, uint32_t l4_len)
{
	bool v4 = is_ipv4(path);
	uint8_t *p = put_link(f, path, side, path->end[!side].mac, v4 ? 0x0800 : 0x86dd);

	f->ip_len = l4_len + (v4 ? 20 : 40);
	f->wirelen = link_len(path) + f->ip_len;
	return v4 ? put_ipv4(p, path, side, proto, l4_len) : put_ipv6(p, path, side, proto, l4_len);
}

/* Copies the payload behind the transport header and computes the checksum at l4 + sum_off. */
static void finish(struct wire_frame *f, const struct wire_path *path, uint8_t *l4,
		   uint32_t header_len, uint32_t sum_off, const struct wire_payload *payload,
		   int pseudo_proto)
{
	uint32_t room = (uint32_t)(f->bytes + sizeof(f->bytes) - l4 - header_len);
	uint32_t n = payload->captured < payload->len ? payload->captured : payload->len;
	uint64_t sum = 0;

	if (n > room)
		n = room;
	if (n)
		memcpy(l4 + header_len, payload->bytes, n);
	f->caplen = (uint32_t)(l4 + header_len + n - f->bytes);
	if (pseudo_proto >= 0) {
		sum = sum_bytes(sum, path->end[0].addr.bytes, 16);
		sum = sum_bytes(sum, path->end[1].addr.bytes, 16);
		/* The two ::ffff prefixes of IPv4 add 2 * 0xffff, which is zero in this sum. */
		sum += header_len + payload->len + (uint32_t)pseudo_proto;
	}
	put16(l4 + sum_off, 0);
	uint16_t folded = sum_fold(sum_bytes(sum, l4, header_len + n));
	if (!folded && pseudo_proto == PROTO_UDP)
		folded = 0xffff;	/* RFC 768: zero means none */
	put16(l4 + sum_off, folded);
}

void wire_tcp(struct wire_frame *f, struct wire_path *path, unsigned side,
	      const struct wire_tcp *tcp, const struct wire_payload *payload)
{
	bool is_syn = tcp->flags & WIRE_SYN;
	uint32_t header_len = is_syn ? 20 + SYN_OPTIONS_LEN : 20;
	uint8_t *p = put_headers(f, path, side, PROTO_TCP, header_len + payload->len);

	put16(p, path->end[side].port);
	put16(p + 2, path->end[!side].port);
	put32(p + 4, tcp->seq);
	put32(p + 8, tcp->ack);
	p[12] = (uint8_t)(header_len / 4 << 4);
	p[13] = tcp->flags;
	put16(p + 14, tcp->window);
	put16(p + 18, 0);
	if (is_syn) {
		p[20] = 2;
		p[21] = 4;
		put16(p + 22, tcp->mss);
		memcpy(p + 24, "\x01\x03\x03\x07\x01\x01\x04\x02", 8);
	}
	finish(f, path, p, header_len, 16, payload, PROTO_TCP);
}

void wire_udp(struct wire_frame *f, struct wire_path *path, unsigned side,
	      const struct wire_payload *payload)
{
	uint8_t *p = put_headers(f, path, side, PROTO_UDP, 8 + payload->len);

	put16(p, path->end[side].port);
	put16(p + 2, path->end[!side].port);
	put16(p + 4, 8 + payload->len);
	finish(f, path, p, 8, 6, payload, PROTO_UDP);
}

void wire_echo(struct wire_frame *f, struct wire_path *path, unsigned side, uint16_t seq,
	       const struct wire_payload *payload)
{
	bool v4 = is_ipv4(path);
	uint8_t *p = put_headers(f, path, side, v4 ? PROTO_ICMP : PROTO_ICMPV6, 8 + payload->len);

	if (v4)
		p[0] = side == 0 ? 8 : 0;
	else
		p[0] = side == 0 ? 128 : 129;
	p[1] = 0;
	put16(p + 4, path->end[0].port);	/* the identifier */
	put16(p + 6, seq);
	finish(f, path, p, 8, 2, payload, v4 ? -1 : PROTO_ICMPV6);
}

void wire_frame(struct wire_frame *f, const struct wire_path *path,
		const struct wire_payload *payload)
{
	uint32_t tag = path->vlan ? TAG_LEN : 0, len = payload->captured;
	uint8_t *p = f->bytes;

	if (len < ETH_LEN || len > sizeof(f->bytes) - TAG_LEN - ETH_MIN)
		len = 0;
	memset(p, 0, ETH_MIN + TAG_LEN);
	if (len)
		memcpy(p, payload->bytes, 12);
	if (len && tag) {
		put16(p + 12, 0x8100);
		put16(p + 14, path->vlan);
	}
	if (len)
		memcpy(p + 12 + tag, payload->bytes + 12, len - 12);
	if (len < ETH_MIN)
		len = ETH_MIN;		/* padded */
	f->ip_len = 0;
	f->wirelen = f->caplen = len + tag;
}

void wire_cut(struct wire_frame *f, uint32_t limit)
{
	if (f->caplen > limit)
		f->caplen = limit;
}
