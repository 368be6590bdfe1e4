/* dpi_samples.h - beginnings of conversations, made in memory, for the tests of dpi/.
 *
 * A talk is one flow: who sends what on which ports.  Addresses are documentation addresses.
 */
#ifndef NW_TESTS_DPI_SAMPLES_H
#define NW_TESTS_DPI_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dpi/dpi.h"
#include "packet/packet.h"

#define SAMPLE_MAX 1024
#define PIECES_MAX 4

struct piece {
	bool from_server;
	size_t len;
	uint8_t bytes[SAMPLE_MAX];
};

struct talk {
	const char *label;
	uint8_t proto, ip_version;
	uint16_t cport, sport;
	size_t n;
	struct piece pieces[PIECES_MAX];
};

static inline struct packet talk_packet(const struct talk *t, bool from_server,
					const uint8_t *bytes, size_t len)
{
	static const uint8_t client6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	static const uint8_t server6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 };
	static const uint8_t client4[4] = { 192, 0, 2, 10 }, server4[4] = { 198, 51, 100, 20 };
	bool is_v4 = t->ip_version == 4;
	struct addr client = is_v4 ? addr_from_ipv4(client4) : addr_from_ipv6(client6);
	struct addr server = is_v4 ? addr_from_ipv4(server4) : addr_from_ipv6(server6);

	return (struct packet){
		.ts_ns = 1768600000000000000ULL, .bytes = bytes,
		.caplen = (uint32_t)len, .wirelen = (uint32_t)len, .payload_len = (uint32_t)len,
		.src = from_server ? server : client, .dst = from_server ? client : server,
		.sport = from_server ? t->sport : t->cport,
		.dport = from_server ? t->cport : t->sport,
		.ip_version = t->ip_version, .proto = t->proto, .ttl = 64,
		.tcp_flags = t->proto == IP_TCP ? PACKET_ACK | PACKET_PSH : 0,
		.seq = from_server ? 5000 : 1000, .ack = from_server ? 1000 : 5000,
	};
}

static inline struct talk talk_make(const char *label, uint8_t proto, uint16_t cport,
				    uint16_t sport)
{
	return (struct talk){ .label = label, .proto = proto, .ip_version = 4, .cport = cport,
			      .sport = sport };
}

static inline void talk_add(struct talk *t, bool from_server, const void *bytes, size_t len)
{
	struct piece *p = &t->pieces[t->n++];

	p->from_server = from_server;
	p->len = len;
	memcpy(p->bytes, bytes, len);
}

static inline void talk_text(struct talk *t, bool from_server, const char *text)
{
	talk_add(t, from_server, text, strlen(text));
}

static inline uint8_t *write16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

/* A TLS 1.2 ClientHello with SNI and one ALPN name; its length. */
static inline size_t sample_hello(uint8_t *buf, const char *sni, const char *alpn)
{
	static const uint8_t suites[] = { 0x13, 0x01, 0xc0, 0x2f, 0xc0, 0x30, 0x00, 0x9e };
	static const uint8_t groups[] = { 0, 10, 0, 8, 0, 6, 0, 29, 0, 23, 0, 24,
					  0, 11, 0, 2, 1, 0 };
	size_t name = strlen(sni), proto = strlen(alpn);
	uint8_t *at = buf + 9, *extensions;

	at = write16(at, 0x0303);
	memset(at, 0x5a, 32);
	at += 32;
	*at++ = 0;
	at = write16(at, sizeof(suites));
	memcpy(at, suites, sizeof(suites));
	at += sizeof(suites);
	*at++ = 1;
	*at++ = 0;
	extensions = at;
	at = write16(write16(at + 2, 0), name + 5);
	at = write16(at, name + 3);
	*at++ = 0;
	at = write16(at, name);
	memcpy(at, sni, name);
	at += name;
	memcpy(at, groups, sizeof(groups));
	at += sizeof(groups);
	at = write16(write16(write16(at, 16), proto + 3), proto + 1);
	*at++ = (uint8_t)proto;
	memcpy(at, alpn, proto);
	at += proto;
	write16(extensions, (size_t)(at - extensions) - 2);
	buf[0] = 22;
	write16(buf + 1, 0x0301);
	write16(buf + 3, (size_t)(at - buf) - 5);
	buf[5] = 1;
	buf[6] = 0;
	write16(buf + 7, (size_t)(at - buf) - 9);
	return (size_t)(at - buf);
}

/* A DNS query for an A record; its length. */
static inline size_t sample_query(uint8_t *buf, const char *name)
{
	uint8_t *at = buf + 12, *length = at++;

	memset(buf, 0, 13);
	buf[1] = 0x2a;
	buf[2] = 1;
	buf[5] = 1;
	for (; *name; name++, at++) {
		if (*name == '.') {
			length = at;
			*at = 0;
			continue;
		}
		*at = (uint8_t)*name;
		(*length)++;
	}
	*at++ = 0;
	return (size_t)(write16(write16(at, 1), 1) - buf);
}

static inline struct talk talk_tls(const char *sni)
{
	struct talk t = talk_make("tls", IP_TCP, 50001, 443);
	uint8_t hello[SAMPLE_MAX] = { 0 };

	talk_add(&t, false, hello, sample_hello(hello, sni, "h2"));
	return t;
}

static inline struct talk talk_dns(const char *name)
{
	struct talk t = talk_make("dns", IP_UDP, 50002, 53);
	uint8_t query[SAMPLE_MAX] = { 0 };

	talk_add(&t, false, query, sample_query(query, name));
	return t;
}

static inline struct talk talk_http(const char *host)
{
	struct talk t = talk_make("http", IP_TCP, 50003, 80);
	char request[SAMPLE_MAX] = "";

	snprintf(request, sizeof(request), "GET /index.html HTTP/1.1\r\nHost: %s\r\n"
		 "User-Agent: sample\r\nAccept: */*\r\n\r\n", host);
	talk_text(&t, false, request);
	return t;
}

static inline struct talk talk_ssh(void)
{
	struct talk t = talk_make("ssh", IP_TCP, 50004, 22);

	talk_text(&t, true, "SSH-2.0-OpenSSH_9.2p1\r\n");
	talk_text(&t, false, "SSH-2.0-OpenSSH_9.2p1\r\n");
	return t;
}

static inline struct talk talk_modbus(void)
{
	static const uint8_t ask[] = { 0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10 };
	static const uint8_t tell[] = { 0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2 };
	struct talk t = talk_make("modbus", IP_TCP, 50005, 502);

	talk_add(&t, false, ask, sizeof(ask));
	talk_add(&t, true, tell, sizeof(tell));
	return t;
}

static inline struct talk talk_ntp(void)
{
	static const uint8_t ask[48] = { 0x23, 0, 6, 0xec };
	struct talk t = talk_make("ntp", IP_UDP, 123, 123);

	talk_add(&t, false, ask, sizeof(ask));
	return t;
}

static inline struct talk talk_bittorrent(void)
{
	struct talk t = talk_make("bittorrent", IP_TCP, 50006, 50007);
	uint8_t hello[68] = { 19 };

	memcpy(hello + 1, "BitTorrent protocol", 19);
	memset(hello + 28, 0x41, 40);
	talk_add(&t, false, hello, sizeof(hello));
	return t;
}

/* Bytes that mean nothing to anybody. */
static inline struct talk talk_noise(uint8_t proto, uint16_t sport)
{
	struct talk t = talk_make("noise", proto, 50008, sport);
	uint8_t bytes[64] = { 0 };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(0xa7 ^ i * 37 ^ i >> 2);
	talk_add(&t, false, bytes, sizeof(bytes));
	return t;
}

/* In a heap buffer of exactly its size, so that AddressSanitizer sees a read beyond it. */
static inline uint8_t *exactly(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (copy)
		memcpy(copy, bytes, len);
	return copy;
}

/* "aaa...a.bbb...b.ccc...c.vendor.example", far more than the 79 bytes of nDPI. */
static inline void long_name(char buf[static DPI_NAME_MAX])
{
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		memset(buf + at, 'a' + i, 63);
		buf[at + 63] = '.';
		at += 64;
	}
	snprintf(buf + at, DPI_NAME_MAX - at, "vendor.example");
}

#endif
