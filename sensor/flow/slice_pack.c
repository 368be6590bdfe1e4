/* slice_pack.c - see slice_pack.h. */
#include "flow/slice_pack.h"

#include <string.h>
#include "flow/answers.h"
#include "flow/carried.h"
#include "flow/facts.h"
#include "flow/key.h"
#include "flow/tunnel_pack.h"

/* 1: without what was carried; 2: without tunnels, functions, TTL, facts; 3: without claims */
#define SLICE_VERSION 5		/* 4: without macs_by */
#define NAME_MAX_LEN 255

/* The sums are a row of numbers, two of each kind. */
static void pack_sums(const struct flow_sums *sums, struct packer *p)
{
	for (int d = 0; d < 2; d++) {
		pack_u64(p, sums->bytes[d]);
		pack_u64(p, sums->payload[d]);
		pack_u64(p, sums->packets[d]);
		pack_u64(p, sums->retrans[d]);
		pack_u64(p, sums->lost[d]);
	}
}

static void unpack_sums(struct unpacker *u, struct flow_sums *sums)
{
	for (int d = 0; d < 2; d++) {
		sums->bytes[d] = unpack_u64(u);
		sums->payload[d] = unpack_u64(u);
		sums->packets[d] = unpack_u64(u);
		sums->retrans[d] = unpack_u64(u);
		sums->lost[d] = unpack_u64(u);
	}
}

void slice_pack(const struct slice *s, struct packer *p)
{
	pack_u8(p, SLICE_VERSION);
	pack_u8(p, (uint8_t)s->kind);
	pack_u8(p, (uint8_t)(s->client_is_b | s->is_answered << 1 | s->macs_by << 2));
	pack_u8(p, (uint8_t)s->client_how);
	pack_u8(p, (uint8_t)s->end);
	pack_bytes(p, s->tcp_flags, sizeof(s->tcp_flags));
	pack_u64(p, s->minute_ns);
	pack_u64(p, s->first_ns);
	pack_u64(p, s->last_ns);
	pack_u64(p, s->id.first_ns);
	flow_key_pack(&s->id.key, p);
	pack_sums(&s->sums, p);
	pack_bytes(p, s->mac, sizeof(s->mac));
	pack_u16(p, s->master);
	pack_u16(p, s->app);
	pack_u8(p, (uint8_t)s->verdict);
	pack_text(p, s->name);
	answers_pack(p, s->answers);
	carried_pack(s->carried, p);
	pack_u8(p, s->tunnel != NULL);
	if (s->tunnel)
		tunnel_pack(s->tunnel, p);
	pack_u8(p, s->light);
	pack_bytes(p, s->acts, sizeof(s->acts));
	pack_bytes(p, s->ttl, sizeof(s->ttl));
	facts_pack(s->facts, p);
}

static void unpack_facts(struct unpacker *u, struct slice *s)
{
	s->light = unpack_u8(u);
	unpack_bytes(u, s->acts, sizeof(s->acts));
	unpack_bytes(u, s->ttl, sizeof(s->ttl));
	facts_unpack(u, &s->facts);
	u->is_bad |= s->light >= DPI_LIGHTS || s->acts[0] >= DPI_ACT_END ||
		     s->acts[1] >= DPI_ACT_END;
}

bool slice_unpack(struct unpacker *u, struct slice *ret_slice)
{
	struct slice s;
	uint8_t version = unpack_u8(u), flags;

	memset(&s, 0, sizeof(s));
	s.kind = unpack_u8(u);
	flags = unpack_u8(u);
	s.client_is_b = flags & 1;
	s.is_answered = flags >> 1 & 1;
	s.macs_by = version > 4 ? flags >> 2 & 1 : 0;
	s.client_how = unpack_u8(u);
	s.end = unpack_u8(u);
	unpack_bytes(u, s.tcp_flags, sizeof(s.tcp_flags));
	s.minute_ns = unpack_u64(u);
	s.first_ns = unpack_u64(u);
	s.last_ns = unpack_u64(u);
	s.id.first_ns = unpack_u64(u);
	flow_key_unpack(u, &s.id.key);
	unpack_sums(u, &s.sums);
	unpack_bytes(u, s.mac, sizeof(s.mac));
	s.master = unpack_u16(u);
	s.app = unpack_u16(u);
	s.verdict = unpack_u8(u);
	s.name = unpack_text_new(u, NAME_MAX_LEN);
	answers_unpack(u, &s.answers);
	if (version > 1)
		carried_unpack(u, &s.carried);
	if (version > 2 && unpack_u8(u))
		u->is_bad |= !tunnel_unpack(u, &s.tunnel);
	if (version > 2)
		unpack_facts(u, &s);
	if (!version || version > SLICE_VERSION || s.kind > SLICE_CLAIM ||
	    s.client_how >= FLOW_CLIENTS || s.end >= FLOW_ENDS || s.verdict >= DPI_SOURCES)
		u->is_bad = true;
	if (u->is_bad) {
		slice_clear(&s);
		return false;
	}
	*ret_slice = s;
	return true;
}
