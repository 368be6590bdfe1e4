/* guard.c - see guard.h. */
#include "dpi/guard.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/bytes.h"
#include "packet/headers.h"

#define MEMORY_BYTES (GUARD_PAD + DPI_BYTES_MAX + GUARD_PAD)
#define PAGE_MAX 65536			/* the largest page of the machines we run on (arm64) */
#define MAPPED_BYTES (2 * PAGE_MAX)

static_assert(MEMORY_BYTES <= PAGE_MAX, "a copy fits before the unreadable page");

int guard_init(struct guard *g, bool ends_at_page)
{
	void *memory;

	*g = (struct guard){ .ends_at_page = ends_at_page };
	if (!ends_at_page) {
		g->memory = aligned_alloc(GUARD_PAD, MEMORY_BYTES);
		if (!g->memory)
			return -ENOMEM;
		memset(g->memory, 0, MEMORY_BYTES);
		return 0;
	}
	memory = mmap(NULL, MAPPED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	if (mprotect((uint8_t *)memory + PAGE_MAX, PAGE_MAX, PROT_NONE)) {
		munmap(memory, MAPPED_BYTES);
		return -ENOMEM;
	}
	g->memory = memory;
	return 0;
}

void guard_clear(struct guard *g)
{
	if (g->memory && g->ends_at_page)
		munmap(g->memory, MAPPED_BYTES);
	else
		free(g->memory);
	g->memory = NULL;
}

static size_t transport_len(const struct packet *p)
{
	switch (p->proto) {
	case IP_TCP:
		return TCP_HEADER_MIN;
	case IP_UDP:
		return UDP_HEADER_LEN;
	case IP_ICMP:
	case IP_ICMPV6:
		return ICMP_HEADER_LEN;
	default:
		return 0;
	}
}

static uint8_t *write_ip(uint8_t *at, const struct packet *p, size_t behind)
{
	if (p->ip_version == 4) {
		memset(at, 0, IPV4_HEADER_MIN);
		at[0] = 0x45;
		net_put16(at + 2, (uint32_t)(IPV4_HEADER_MIN + behind));
		at[8] = p->ttl;
		at[9] = p->proto;
		memcpy(at + 12, p->src.bytes + 12, 4);
		memcpy(at + 16, p->dst.bytes + 12, 4);
		return at + IPV4_HEADER_MIN;
	}
	memset(at, 0, IPV6_HEADER_LEN);
	at[0] = 0x60;
	net_put16(at + 4, (uint32_t)behind);
	at[6] = p->proto;
	at[7] = p->ttl;
	memcpy(at + 8, p->src.bytes, 16);
	memcpy(at + 24, p->dst.bytes, 16);
	return at + IPV6_HEADER_LEN;
}

static uint8_t *write_transport(uint8_t *at, const struct packet *p, size_t payload_len)
{
	size_t len = transport_len(p);

	memset(at, 0, len);
	switch (p->proto) {
	case IP_TCP:
		net_put16(at, p->sport);
		net_put16(at + 2, p->dport);
		net_put32(at + 4, p->seq);
		net_put32(at + 8, p->ack);
		at[12] = 5 << 4;	/* the header's length in words */
		at[13] = p->tcp_flags;
		net_put16(at + 14, p->window);
		break;
	case IP_UDP:
		net_put16(at, p->sport);
		net_put16(at + 2, p->dport);
		net_put16(at + 4, (uint32_t)(UDP_HEADER_LEN + payload_len));
		break;
	case IP_ICMP:
	case IP_ICMPV6:
		at[0] = (uint8_t)p->sport;
		at[1] = (uint8_t)p->dport;
		break;
	}
	return at + len;
}

/* Where a copy of len bytes begins. */
static uint8_t *place(struct guard *g, size_t len)
{
	uint8_t *at = g->memory + GUARD_PAD;

	if (g->ends_at_page) {
		at = g->memory + PAGE_MAX - GUARD_PAD - len;
		memset(at - GUARD_PAD, 0, GUARD_PAD);
		memset(at + len, 0, GUARD_PAD);
	} else if (g->used > len) {
		memset(at + len, 0, g->used - len);
	}
	g->used = len;
	return at;
}

void guard_make(struct guard *g, const struct packet *p, struct guard_copy *ret_copy)
{
	size_t ip_len = p->ip_version == 4 ? IPV4_HEADER_MIN : IPV6_HEADER_LEN;
	size_t headers = ip_len + transport_len(p);
	size_t room = DPI_BYTES_MAX - headers, captured = packet_payload_captured(p);
	size_t want = p->payload_len < room ? p->payload_len : room;
	size_t have = captured < want ? captured : want;
	uint8_t *start = place(g, headers + want), *at;

	at = write_ip(start, p, transport_len(p) + want);
	at = write_transport(at, p, want);
	if (have)
		memcpy(at, packet_payload(p), have);
	memset(at + have, 0, want - have);
	*ret_copy = (struct guard_copy){
		.bytes = start, .len = (uint16_t)(headers + want), .payload_len = (uint16_t)want,
		.is_cut = have < want,
	};
}
