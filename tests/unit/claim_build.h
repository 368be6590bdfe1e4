/* claim_build.h - frames that claim something, into a shard, and the claims that come out; for
 * test_claim.c and test_claim_read.c. */
#ifndef NW_TESTS_CLAIM_BUILD_H
#define NW_TESTS_CLAIM_BUILD_H

#include "packet_build.h"
#include "shard_world.h"
#include "tap.h"
#include "base/err.h"
#include "flow/claim.h"

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 0xa }, mac_b[6] = { 2, 0, 0, 0, 0, 0xb };
static struct build built[64];		/* packets borrow their bytes */
static unsigned n_built;

static inline struct build *new_build(void)
{
	struct build *b = &built[n_built++ % ARRAY_SIZE(built)];

	b->len = 0;
	return b;
}

static inline void put_bytes(struct build *b, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put8(b, ((const uint8_t *)bytes)[i]);
}

static inline void put_link(struct build *b, const uint8_t src[6], unsigned vlan, unsigned type)
{
	put_fill(b, 0xff, 6);
	put_bytes(b, src, 6);
	if (vlan) {
		put16(b, 0x8100);
		put16(b, vlan);
	}
	put16(b, type);
}

static inline enum packet_status decode(const struct build *b, uint64_t ts_ns, struct packet *ret)
{
	struct frame f = { .ts_ns = ts_ns, .bytes = b->bytes, .caplen = b->len,
			   .wirelen = b->len, .link = 1 };
	enum packet_status status = packet_decode(&f, ret);

	packet_rebase(ret, status);
	return status;
}

struct arp {
	unsigned op;
	const uint8_t *mac;
	uint32_t sender, target;
	unsigned vlan;
};

static inline bool give_arp(struct world *w, uint64_t ts_ns, const struct arp *a)
{
	struct build *b = new_build();
	struct packet p;

	put_link(b, a->mac, a->vlan, 0x0806);
	put16(b, 1);
	put16(b, 0x0800);
	put16(b, 0x0604);
	put16(b, a->op);
	put_bytes(b, a->mac, 6);
	put32(b, a->sender);
	put_fill(b, 0, 6);
	put32(b, a->target);
	put_fill(b, 0, 18);
	EQUAL_INT(decode(b, ts_ns, &p), PACKET_ARP);
	if (!claim_prepare(&p))
		return false;
	shard_packet(w->shard, &p, PACKET_ARP);
	return true;
}
/* What has come out as claims since `from`. */
static inline unsigned count_claims(const struct world *w, size_t from)
{
	unsigned n = 0;

	for (size_t i = from; i < w->n; i++)
		n += w->events[i].kind == SLICE_CLAIM;
	return n;
}

static inline const struct slice *find(const struct world *w, enum claim_kind kind,
				       const char *text, const uint8_t mac[6], struct claim *ret)
{
	struct addr a;

	memset(ret, 0, sizeof(*ret));
	addr_parse(text, &a);
	for (size_t i = 0; i < w->n; i++) {
		if (w->events[i].kind != SLICE_CLAIM)
			continue;
		claim_of_slice(&w->events[i], ret);
		if (ret->kind == kind && addr_equal(&ret->addr, &a) && !memcmp(ret->mac, mac, 6))
			return &w->events[i];
	}
	memset(ret, 0, sizeof(*ret));
	return NULL;
}

#define HOST 0xc0000205			/* 192.0.2.5 */
#define PEER 0xc0000201

#endif
