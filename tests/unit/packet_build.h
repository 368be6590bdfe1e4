/* packet_build.h - frames made by hand, header by header, for the tests of packet/.
 *
 * A struct build grows at its end; headers with a length field take the length as an argument, so
 * that wrong ones can be made as easily as right ones.  decode_exact() decodes from a heap buffer
 * of exactly the captured size, so that AddressSanitizer sees a read beyond it.
 */
#ifndef NW_TESTS_PACKET_BUILD_H
#define NW_TESTS_PACKET_BUILD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "packet/packet.h"

#define BUILD_MAX 70000

struct build {
	uint32_t len;
	uint8_t bytes[BUILD_MAX];
};

static inline void put8(struct build *b, unsigned v)
{
	if (b->len == BUILD_MAX)
		abort();
	b->bytes[b->len++] = (uint8_t)v;
}

static inline void put16(struct build *b, unsigned v)
{
	put8(b, v >> 8);
	put8(b, v);
}

static inline void put32(struct build *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b, v);
}

static inline void put_fill(struct build *b, unsigned value, uint32_t n)
{
	while (n--)
		put8(b, value);
}

/* n bytes that differ from place to place, so that a misplaced copy shows. */
static inline void put_pattern(struct build *b, unsigned from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		put8(b, (from + i) * 7 + ((from + i) >> 8));
}

static inline void put_ethernet(struct build *b, unsigned type)
{
	static const uint8_t macs[] = { 2, 0x11, 0x22, 0x33, 0x44, 0x55, 2, 0, 0, 0, 0, 1 };

	for (size_t i = 0; i < sizeof(macs); i++)
		put8(b, macs[i]);
	put16(b, type);
}

/* 192.0.2.1 -> 198.51.100.2, ttl 61, id 0x1234, no options but words words of no-operation. */
static inline void put_ipv4_options(struct build *b, unsigned proto, unsigned total,
				    unsigned fragment, unsigned words)
{
	put8(b, 0x40 | (5 + words));
	put8(b, 0);
	put16(b, total);
	put16(b, 0x1234);
	put16(b, fragment);
	put8(b, 61);
	put8(b, proto);
	put16(b, 0);
	put32(b, 0xc0000201);
	put32(b, 0xc6336402);
	put_fill(b, 1, words * 4);
}

static inline void put_ipv4(struct build *b, unsigned proto, unsigned total)
{
	put_ipv4_options(b, proto, total, 0, 0);
}

/* 2001:db8::1 -> 2001:db8::2, hop limit 62. */
static inline void put_ipv6(struct build *b, unsigned next, unsigned payload_len)
{
	put32(b, 0x60000000);
	put16(b, payload_len);
	put8(b, next);
	put8(b, 62);
	for (unsigned i = 1; i <= 2; i++) {
		put32(b, 0x20010db8);
		put_fill(b, 0, 11);
		put8(b, i);
	}
}

/* An extension header of 8 + 8 * more bytes. */
static inline void put_extension(struct build *b, unsigned next, unsigned more)
{
	put8(b, next);
	put8(b, more);
	put_fill(b, 0, 6 + more * 8);
}

static inline void put_ipv6_fragment(struct build *b, unsigned next, unsigned off, bool more)
{
	put8(b, next);
	put8(b, 0);
	put16(b, off | more);
	put32(b, 0xcafe0001);
}

/* 40000 -> 443, seq 0x01020304, ack 0x05060708, PSH ACK, window 512. */
static inline void put_tcp(struct build *b, unsigned words)
{
	put16(b, 40000);
	put16(b, 443);
	put32(b, 0x01020304);
	put32(b, 0x05060708);
	put8(b, words << 4);
	put8(b, PACKET_PSH | PACKET_ACK);
	put16(b, 512);
	put32(b, 0);
	if (words > 5)
		put_fill(b, 1, (words - 5) * 4);
}

static inline void put_udp(struct build *b, unsigned len)
{
	put16(b, 50000);
	put16(b, 53);
	put16(b, len);
	put16(b, 0);
}

/* Whole datagrams, and headers before them. */
static inline void tcp_over_ipv4(struct build *b, uint32_t payload)
{
	put_ipv4(b, IP_TCP, 40 + payload);
	put_tcp(b, 5);
	put_pattern(b, 0, payload);
}

static inline void udp_over_ipv6(struct build *b, uint32_t payload)
{
	put_ipv6(b, IP_UDP, 8 + payload);
	put_udp(b, 8 + payload);
	put_pattern(b, 0, payload);
}

static inline void put_snap(struct build *b, unsigned oui, unsigned type)
{
	put8(b, 0xaa);
	put8(b, 0xaa);
	put8(b, 3);
	put8(b, oui >> 16);
	put16(b, oui);
	put16(b, type);
}

static inline void put_sll(struct build *b, unsigned arphrd, unsigned protocol)
{
	put16(b, 4);
	put16(b, arphrd);
	put16(b, 6);
	put16(b, 0x0200);
	put32(b, 7);
	put16(b, 0);
	put16(b, protocol);
}

/* The first caplen bytes of b as a frame of wirelen bytes; what *ret_packet points to is gone
 * afterwards, the numbers in it stay. */
static inline enum packet_status decode_exact(const struct build *b, uint32_t caplen,
					      uint32_t wirelen, uint16_t link,
					      struct packet *ret_packet)
{
	uint8_t *bytes = malloc(caplen ? caplen : 1);
	struct frame f = { .ts_ns = 5, .bytes = bytes, .caplen = caplen, .wirelen = wirelen,
			   .link = link, .tap = 3 };
	enum packet_status s;

	if (!bytes)
		abort();
	memcpy(bytes, b->bytes, caplen);
	s = packet_decode(&f, ret_packet);
	free(bytes);
	return s;
}

#endif
