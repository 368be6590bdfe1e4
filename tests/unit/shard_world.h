/* shard_world.h - a shard, packets for it made by hand, and what it has said; for flow/'s
 * tests. */
#ifndef NW_TESTS_SHARD_WORLD_H
#define NW_TESTS_SHARD_WORLD_H

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "flow/shard.h"

#define START (1000000ULL * NS_PER_MIN)
#define SEC NS_PER_SEC
#define MIN NS_PER_MIN

/* A shard and what it has said. */
struct world {
	struct shard *shard;
	struct slice *events;
	size_t n, cap;
};

static inline void keep(void *arg, struct slice *e)
{
	struct world *w = arg;

	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->events = realloc(w->events, w->cap * sizeof(*w->events));
		if (!w->events)
			abort();
	}
	w->events[w->n++] = *e;
}

static inline void begin(struct world *w, const struct shard_config *cfg)
{
	*w = (struct world){ 0 };
	if (shard_new(cfg, keep, w, &w->shard))
		abort();
}

static inline void begin_plain(struct world *w)
{
	begin(w, &(struct shard_config){ .max_flows = 100 });
}

static inline void end(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		slice_clear(&w->events[i]);
	free(w->events);
	shard_free(w->shard);
}

static inline struct addr host(uint8_t n)
{
	return addr_from_ipv4((const uint8_t[]){ 192, 0, 2, n });
}

/* A packet from a to b at START + at; payload by the headers only. */
static inline struct packet packet(uint64_t at, uint8_t a, uint8_t b, uint8_t proto, uint32_t len)
{
	return (struct packet){
		.ts_ns = START + at, .src = host(a), .dst = host(b), .ip_version = 4,
		.proto = proto, .sport = 40000, .dport = 443,
		.payload_len = len, .ip_len = len + 40, .wirelen = len + 54, .caplen = 54,
		.payload_off = 54,
		.has_macs = true, .src_mac = { 2, 0, 0, 0, 0, a }, .dst_mac = { 2, 0, 0, 0, 0, b },
	};
}

static inline struct packet reverse(struct packet p)
{
	struct packet r = p;

	r.src = p.dst;
	r.dst = p.src;
	r.sport = p.dport;
	r.dport = p.sport;
	memcpy(r.src_mac, p.dst_mac, 6);
	memcpy(r.dst_mac, p.src_mac, 6);
	return r;
}

static inline void give(struct world *w, struct packet p)
{
	shard_packet(w->shard, &p, PACKET_OK);
}

static inline void udp(struct world *w, uint64_t at, uint32_t len)
{
	give(w, packet(at, 1, 2, IP_UDP, len));
}

static inline struct packet tcp_packet(uint64_t at, uint8_t flags, uint32_t seq, uint32_t len)
{
	struct packet p = packet(at, 1, 2, IP_TCP, len);

	p.tcp_flags = flags;
	p.seq = seq;
	return p;
}

static inline void tcp_up(struct world *w, uint64_t at, uint8_t flags, uint32_t seq, uint32_t len)
{
	give(w, tcp_packet(at, flags, seq, len));
}

static inline void tcp_down(struct world *w, uint64_t at, uint8_t flags, uint32_t seq, uint32_t len)
{
	give(w, reverse(tcp_packet(at, flags, seq, len)));
}

static inline void mark(struct world *w, uint64_t at)
{
	shard_mark(w->shard, START + at);
}

static inline size_t count(const struct world *w, enum slice_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->events[i].kind == kind;
	return n;
}

/* The n-th event of a kind, from 0. */
static inline const struct slice *event(const struct world *w, enum slice_kind kind, size_t n)
{
	static const struct slice none = { .minute_ns = 1 };

	for (size_t i = 0; i < w->n; i++)
		if (w->events[i].kind == kind && !n--)
			return &w->events[i];
	return &none;
}

/* The minute of an event, counted from START. */
static inline int64_t minute(const struct slice *e)
{
	return ((int64_t)e->minute_ns - (int64_t)START) / (int64_t)MIN;
}

static inline void handshake(struct world *w, uint64_t at)
{
	tcp_up(w, at, PACKET_SYN, 1000, 0);
	tcp_down(w, at + 1, PACKET_SYN | PACKET_ACK, 5000, 0);
	tcp_up(w, at + 2, PACKET_ACK, 1001, 0);
}

#endif
