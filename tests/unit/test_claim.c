/* test_claim.c - what frames say about who is who on a link, through a shard: each claim once a
 * minute, its bound, and a minute cut in two runs.  The readers of messages: test_claims.c. */
#include "packet_build.h"
#include "shard_world.h"
#include "tap.h"
#include "base/err.h"
#include "flow/claim.h"
#include "flow/image.h"

static const uint8_t mac_a[6] = { 2, 0, 0, 0, 0, 0xa }, mac_b[6] = { 2, 0, 0, 0, 0, 0xb };
static const uint8_t nobody[6];
static struct build built[64];		/* packets borrow their bytes */
static unsigned n_built;

static struct build *new_build(void)
{
	struct build *b = &built[n_built++ % ARRAY_SIZE(built)];

	b->len = 0;
	return b;
}

static void put_bytes(struct build *b, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put8(b, ((const uint8_t *)bytes)[i]);
}

static void put_link(struct build *b, const uint8_t src[6], unsigned vlan, unsigned type)
{
	put_fill(b, 0xff, 6);
	put_bytes(b, src, 6);
	if (vlan) {
		put16(b, 0x8100);
		put16(b, vlan);
	}
	put16(b, type);
}

static enum packet_status decode(const struct build *b, uint64_t ts_ns, struct packet *ret)
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

static bool give_arp(struct world *w, uint64_t ts_ns, const struct arp *a)
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

/* An ICMPv6 message of that sender. */
static void give_nd(struct world *w, uint64_t ts_ns, const char *src, const struct build *message)
{
	struct build *b = new_build();
	struct packet p;
	struct addr a;

	addr_parse(src, &a);
	put_link(b, mac_a, 0, 0x86dd);
	put32(b, 0x60000000);
	put16(b, message->len);
	put8(b, IP_ICMPV6);
	put8(b, 255);
	put_bytes(b, a.bytes, 16);
	addr_parse("ff02::1", &a);
	put_bytes(b, a.bytes, 16);
	put_bytes(b, message->bytes, message->len);
	EQUAL_INT(decode(b, ts_ns, &p), PACKET_OK);
	shard_packet(w->shard, &p, PACKET_OK);
}

static void put_nd(struct build *m, unsigned type, uint32_t flags, const char *target)
{
	struct addr a;

	m->len = 0;
	put8(m, type);
	put8(m, 0);
	put16(m, 0);
	put32(m, flags);
	if (!target)
		return;
	addr_parse(target, &a);
	put_bytes(m, a.bytes, 16);
}

static void put_nd_mac(struct build *m, unsigned option, const uint8_t mac[6])
{
	put8(m, option);
	put8(m, 1);
	put_bytes(m, mac, 6);
}

/* What has come out as claims since `from`. */
static unsigned count_claims(const struct world *w, size_t from)
{
	unsigned n = 0;

	for (size_t i = from; i < w->n; i++)
		n += w->events[i].kind == SLICE_CLAIM;
	return n;
}

static const struct slice *find(const struct world *w, enum claim_kind kind, const char *text,
				const uint8_t mac[6], struct claim *ret)
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

/* --- ARP ------------------------------------------------------------------------------------- */

#define HOST 0xc0000205			/* 192.0.2.5 */
#define PEER 0xc0000201

static void test_once_a_minute(void)
{
	struct claim c;
	struct world w;

	begin_plain(&w);
	for (unsigned i = 0; i < 5; i++)
		give_arp(&w, START + i * SEC, &(struct arp){ 1, mac_a, HOST, PEER, 120 });
	give_arp(&w, START + 7 * SEC, &(struct arp){ 2, mac_a, HOST, HOST, 120 });
	give_arp(&w, START + 8 * SEC, &(struct arp){ 2, mac_b, HOST, PEER, 120 });
	give_arp(&w, START + 9 * SEC, &(struct arp){ 1, mac_b, 0, HOST, 121 });
	EQUAL_INT(w.n, 0);
	shard_mark(w.shard, START + MIN);
	EQUAL_INT(w.n, 3);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "192.0.2.5", mac_a, &c));
	EQUAL_INT(c.count, 6);
	EQUAL_INT(c.how, CLAIM_PLAIN | CLAIM_ANNOUNCED);
	EQUAL_INT(c.first_ns, START);
	EQUAL_INT(c.last_ns, START + 7 * SEC);
	EQUAL_INT(c.link.vlan[0], 120);
	EQUAL_INT(c.link.vlan[1], 0xffff);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "192.0.2.5", mac_b, &c));
	EQUAL_INT(c.how, CLAIM_PLAIN);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_PROBES, "192.0.2.5", mac_b, &c));
	EQUAL_INT(c.link.vlan[0], 121);
	/* The next minute begins with none. */
	give_arp(&w, START + MIN + SEC, &(struct arp){ 1, mac_a, HOST, PEER, 120 });
	shard_finish(w.shard);
	EQUAL_INT(w.n, 4);
	EQUAL_INT(w.events[3].minute_ns, START + MIN);
	EQUAL_INT(shard_counters(w.shard)->arp, 9);
	EQUAL_INT(shard_counters(w.shard)->claims, 9);
	EQUAL_INT(shard_counters(w.shard)->packets, 0);
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 0);
	end(&w);
}

/* What claims nothing: other operations, addresses and MACs that are nobody's. */
static void test_nobody(void)
{
	static const uint8_t group[6] = { 3, 0, 0, 0, 0, 1 };
	struct world w;

	begin_plain(&w);
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 3, mac_a, HOST, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 2, mac_a, 0, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, nobody, HOST, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, group, HOST, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, mac_a, 0xe0000001, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, mac_a, 0xffffffff, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, mac_a, 0x7f000001, PEER, 0 }));
	shard_finish(w.shard);
	EQUAL_INT(w.n, 0);
	end(&w);
}

static void test_bound(void)
{
	struct world w;

	begin_plain(&w);
	for (uint32_t i = 0; i < CLAIMS_MAX + 100; i++)
		give_arp(&w, START + i, &(struct arp){ 1, mac_a, 0x0a000001 + i, PEER, 0 });
	/* Those that are there go on being counted. */
	give_arp(&w, START + SEC, &(struct arp){ 1, mac_a, 0x0a000001, PEER, 0 });
	shard_mark(w.shard, START + MIN);
	EQUAL_INT(w.n, CLAIMS_MAX);
	EQUAL_INT(w.events[0].last_ns, START + SEC);
	EQUAL_INT(shard_counters(w.shard)->claims_beyond, 100);
	give_arp(&w, START + MIN, &(struct arp){ 1, mac_b, 0x0a000001, PEER, 0 });
	shard_finish(w.shard);
	EQUAL_INT(w.n, CLAIMS_MAX + 1);
	end(&w);
}

static void flood(struct world *w, uint64_t ts_ns, uint32_t from, unsigned n)
{
	for (uint32_t i = 0; i < n; i++)
		give_arp(w, ts_ns + i, &(struct arp){ 1, mac_a, from + i, PEER, 0 });
}

static void put_claim(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct world *w = arg;

	(void)key;
	(void)key_len;
	CU_ASSERT_TRUE(shard_import(w->shard, value, len));
}

/* A flood before, between and after hides no contest; nor does a run that ends meanwhile. */
static void test_flood(void)
{
	static const uint8_t mac_c[6] = { 2, 0, 0, 0, 0, 0xc };
	struct world w, next;
	struct claim c;

	for (int is_cut = 0; is_cut < 2; is_cut++) {
		begin_plain(&w);
		flood(&w, START, 0x0a000001, CLAIMS_MAX + 100);
		give_arp(&w, START + SEC, &(struct arp){ 1, mac_b, HOST, PEER, 0 });
		flood(&w, START + 2 * SEC, 0x0b000001, 100);
		if (is_cut) {
			begin_plain(&next);
			shard_export(w.shard, put_claim, &next);
			end(&w);
			w = next;
		}
		give_arp(&w, START + 3 * SEC, &(struct arp){ 2, mac_c, HOST, PEER, 0 });
		flood(&w, START + 4 * SEC, 0x0c000001, 3000);
		shard_mark(w.shard, START + MIN);
		EQUAL_INT(w.n, CLAIMS_MAX);
		CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "192.0.2.5", mac_b, &c));
		CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "192.0.2.5", mac_c, &c));
		CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "10.0.0.1", mac_a, &c));
		/* The last quarter but for the one contest that stands in it: the newest. */
		CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "12.0.11.184", mac_a, &c));
		CU_ASSERT_PTR_NULL(find(&w, CLAIM_HOLDS, "12.0.10.184", mac_a, &c));
		end(&w);
	}
}

/* Many MACs for one address: enough is kept to see that it is contended for. */
static void test_many_macs(void)
{
	uint8_t mac[6] = { 2, 0, 0, 0, 1, 0 };
	struct world w;

	begin_plain(&w);
	for (unsigned i = 0; i < 20; i++) {
		mac[5] = (uint8_t)i;
		give_arp(&w, START + i, &(struct arp){ 1, mac, HOST, PEER, 0 });
	}
	shard_mark(w.shard, START + MIN);
	EQUAL_INT(w.n, CLAIMS_OF_ADDRESS_MAX);
	EQUAL_INT(shard_counters(w.shard)->claims_beyond, 20 - CLAIMS_OF_ADDRESS_MAX);
	end(&w);
}

/* Every length that is captured of an ARP frame. */
static void test_cut(void)
{
	struct build *b = new_build();
	struct packet p;

	put_link(b, mac_a, 0, 0x0806);
	put_bytes(b, "\0\1\10\0\6\4\0\1", 8);
	put_bytes(b, mac_a, 6);
	put32(b, HOST);
	put_fill(b, 0, 6);
	put32(b, PEER);
	for (uint32_t n = 14; n <= b->len; n++) {
		uint8_t *exact = malloc(n);
		struct frame f = { .ts_ns = START, .bytes = exact, .caplen = n,
				   .wirelen = b->len, .link = 1 };

		memcpy(exact, b->bytes, n);
		EQUAL_INT(packet_decode(&f, &p), PACKET_ARP);
		packet_rebase(&p, PACKET_ARP);
		EQUAL_INT(claim_prepare(&p), n == b->len);
		free(exact);
	}
}

/* --- neighbour discovery --------------------------------------------------------------------- */

#define OVERRIDE 0x20000000
#define SOLICITED 0x40000000
#define ROUTER 0x80000000

static void test_neighbours(void)
{
	static struct build m;
	struct claim c;
	struct world w;

	begin_plain(&w);
	put_nd(&m, 135, 0, "fe80::7");		/* asks, and says who it is */
	put_nd_mac(&m, 1, mac_b);
	give_nd(&w, START, "fe80::5", &m);
	put_nd(&m, 135, 0, "2001:db8::9");	/* duplicate address detection */
	give_nd(&w, START, "::", &m);
	put_nd(&m, 136, OVERRIDE | SOLICITED, "2001:db8::7");
	put_nd_mac(&m, 2, mac_b);
	give_nd(&w, START, "fe80::7", &m);
	put_nd(&m, 136, OVERRIDE, "2001:db8::8");
	put_nd_mac(&m, 2, mac_b);
	give_nd(&w, START, "fe80::8", &m);
	put_nd(&m, 136, SOLICITED, "2001:db8::a");	/* a proxy's, or anycast */
	put_nd_mac(&m, 2, mac_b);
	give_nd(&w, START, "fe80::8", &m);
	put_nd(&m, 136, ROUTER | OVERRIDE | SOLICITED, "fe80::b");	/* no option: the frame's */
	give_nd(&w, START, "fe80::b", &m);
	shard_mark(w.shard, START + MIN);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "fe80::5", mac_b, &c));
	EQUAL_INT(c.how, CLAIM_PLAIN);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_PROBES, "2001:db8::9", mac_a, &c));
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "2001:db8::7", mac_b, &c));
	EQUAL_INT(c.how, CLAIM_PLAIN);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "2001:db8::8", mac_b, &c));
	EQUAL_INT(c.how, CLAIM_ANNOUNCED);
	CU_ASSERT_PTR_NULL(find(&w, CLAIM_HOLDS, "2001:db8::a", mac_b, &c));
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "fe80::b", mac_a, &c));
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_ROUTES, "fe80::b", mac_a, &c));
	EQUAL_INT(c.how, CLAIM_FLAGGED);
	EQUAL_INT(count_claims(&w, 0), 6);
	end(&w);
}

static void test_routers(void)
{
	static struct build m;
	struct claim c;
	struct world w;

	begin_plain(&w);
	put_nd(&m, 134, 0x40000708, NULL);
	put_fill(&m, 0, 8);
	put_nd_mac(&m, 1, mac_b);
	give_nd(&w, START, "fe80::1", &m);
	put_nd(&m, 134, 0x40000000, NULL);	/* a lifetime of 0 */
	put_fill(&m, 0, 8);
	give_nd(&w, START, "fe80::3", &m);
	put_nd(&m, 137, 0, "fe80::2");
	put_fill(&m, 0, 16);
	give_nd(&w, START, "fe80::1", &m);
	shard_mark(w.shard, START + MIN);
	/* Who sends it routes, whatever its option says. */
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_ROUTES, "fe80::1", mac_a, &c));
	EQUAL_INT(c.how, CLAIM_ADVERTISED | CLAIM_REDIRECTED);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "fe80::1", mac_b, &c));
	CU_ASSERT_PTR_NULL(find(&w, CLAIM_ROUTES, "fe80::1", mac_b, &c));
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_ROUTES, "fe80::3", mac_a, &c));
	EQUAL_INT(c.how, CLAIM_NO_DEFAULT);
	/* They are flows as well, as ever. */
	CU_ASSERT(shard_counters(w.shard)->flow_packets == 3);
	end(&w);
}

/* --- DHCP ------------------------------------------------------------------------------------ */

struct dhcp {
	unsigned op, type, sport, dport;
	uint32_t yours, server, relay;
};

static void give_dhcp(struct world *w, const struct dhcp *d)
{
	struct build *b = new_build();
	struct packet p;

	put_link(b, mac_a, 0, 0x0800);
	put_ipv4(b, IP_UDP, 20 + 8 + 240 + 10);
	put16(b, d->sport);
	put16(b, d->dport);
	put16(b, 8 + 240 + 10);
	put16(b, 0);
	put8(b, d->op);
	put8(b, 1);
	put8(b, 6);
	put_fill(b, 0, 13);
	put32(b, d->yours);
	put_fill(b, 0, 4);
	put32(b, d->relay);
	put_bytes(b, mac_b, 6);
	put_fill(b, 0, 202);
	put32(b, 0x63825363);
	put8(b, 53);
	put8(b, 1);
	put8(b, d->type);
	put8(b, 54);
	put8(b, 4);
	put32(b, d->server);
	put8(b, 255);
	EQUAL_INT(decode(b, START, &p), PACKET_OK);
	shard_packet(w->shard, &p, PACKET_OK);
}

static void test_leases(void)
{
	struct claim c;
	struct world w;

	begin_plain(&w);
	give_dhcp(&w, &(struct dhcp){ 1, 1, 68, 67, 0, 0 });		/* a client's */
	give_dhcp(&w, &(struct dhcp){ 2, 5, 67, 67, HOST, PEER });	/* to a relay */
	EQUAL_INT(shard_counters(w.shard)->claims, 0);
	give_dhcp(&w, &(struct dhcp){ 2, 2, 67, 68, HOST, PEER });	/* an offer gives nothing */
	give_dhcp(&w, &(struct dhcp){ 2, 5, 67, 68, HOST + 1, PEER });
	give_dhcp(&w, &(struct dhcp){ 2, 5, 67, 68, 0, 0 });		/* to INFORM */
	give_dhcp(&w, &(struct dhcp){ 2, 5, 67, 68, HOST + 9, PEER + 1, PEER });	/* relayed */
	shard_mark(w.shard, START + MIN);
	CU_ASSERT_PTR_NULL(find(&w, CLAIM_LEASES, "192.0.2.2", mac_a, &c));
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_LEASED, "192.0.2.14", mac_b, &c));
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_LEASES, "192.0.2.1", mac_a, &c));
	EQUAL_INT(c.how, CLAIM_DHCP4);
	EQUAL_INT(c.count, 3);			/* without its option: the sender's address */
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_LEASED, "192.0.2.6", mac_b, &c));
	CU_ASSERT_PTR_NULL(find(&w, CLAIM_LEASED, "192.0.2.5", mac_b, &c));
	EQUAL_INT(count_claims(&w, 0), 3);
	end(&w);
}

static void test_leases6(void)
{
	struct build *b = new_build();
	struct claim c;
	struct packet p;
	struct world w;
	struct addr a;

	begin_plain(&w);
	put_link(b, mac_a, 0, 0x86dd);
	put_ipv6(b, IP_UDP, 8 + 4 + 14 + 4 + 12 + 28);
	put16(b, 547);
	put16(b, 546);
	put16(b, 8 + 4 + 14 + 4 + 12 + 28);
	put16(b, 0);
	put32(b, 0x07000001);			/* Reply */
	put32(b, 0x0001000a);
	put32(b, 0x00030001);			/* DUID-LL, Ethernet */
	put_bytes(b, mac_b, 6);
	put32(b, 0x00030028);			/* IA_NA */
	put_fill(b, 0, 12);
	put32(b, 0x00050018);
	addr_parse("2001:db8::77", &a);
	put_bytes(b, a.bytes, 16);
	put_fill(b, 0, 8);
	EQUAL_INT(decode(b, START, &p), PACKET_OK);
	shard_packet(w.shard, &p, PACKET_OK);
	shard_mark(w.shard, START + MIN);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_LEASES, "2001:db8::1", mac_a, &c));
	EQUAL_INT(c.how, CLAIM_DHCP6);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_LEASED, "2001:db8::77", mac_b, &c));
	end(&w);
}

/* --- between runs ---------------------------------------------------------------------------- */

struct rows {
	uint8_t bytes[8][256];
	size_t len[8], n;
};

static void keep_row(void *arg, const void *key, size_t key_len, const void *value,
		     size_t value_len)
{
	struct rows *r = arg;

	CU_ASSERT_FATAL(r->n < 8 && value_len <= sizeof(r->bytes[0]));
	EQUAL_INT(key_len, FLOW_IMAGE_KEY_BYTES);
	CU_ASSERT_FALSE(memcmp(key, (const uint8_t *)value + FLOW_IMAGE_KEY_OFFSET, key_len));
	memcpy(r->bytes[r->n], value, value_len);
	r->len[r->n++] = value_len;
}

static void give_minute(struct world *w, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		give_arp(w, START + i * SEC, &(struct arp){ 1, mac_a, HOST, PEER, 0 });
		give_arp(w, START + i * SEC, &(struct arp){ 2, i < 30 ? mac_b : mac_a, HOST + 1,
							    PEER, 0 });
	}
}

/* A minute that is cut in two gives the events of the whole, and nothing is said at the cut. */
static void test_cut_minute(void)
{
	struct world whole, first, second;
	struct rows rows = { .n = 0 };
	unsigned shard;

	begin_plain(&whole);
	give_minute(&whole, 0, 60);
	shard_finish(whole.shard);
	begin_plain(&first);
	give_minute(&first, 0, 20);
	shard_export(first.shard, keep_row, &rows);
	EQUAL_INT(first.n, 0);
	EQUAL_INT(rows.n, 2);
	begin_plain(&second);
	for (size_t i = rows.n; i-- > 0;) {
		CU_ASSERT_TRUE(shard_of_packed(rows.bytes[i], rows.len[i], 16, &shard));
		CU_ASSERT_TRUE(shard_import(second.shard, rows.bytes[i], rows.len[i]));
	}
	CU_ASSERT_FALSE(shard_import(second.shard, rows.bytes[0], rows.len[0]));
	give_minute(&second, 20, 60);
	shard_finish(second.shard);
	EQUAL_INT(whole.n, 3);
	EQUAL_INT(second.n, 3);
	qsort(whole.events, whole.n, sizeof(struct slice),
	      (int (*)(const void *, const void *))slice_compare);
	qsort(second.events, second.n, sizeof(struct slice),
	      (int (*)(const void *, const void *))slice_compare);
	for (size_t i = 0; i < whole.n && i < second.n; i++) {
		struct claim a, b;

		claim_of_slice(&whole.events[i], &a);
		claim_of_slice(&second.events[i], &b);
		CU_ASSERT_FALSE(memcmp(&a, &b, sizeof(a)));
	}
	end(&whole);
	end(&first);
	end(&second);
}

/* The shard of a row is that of the frame. */
static void test_row_shard(void)
{
	struct rows rows = { .n = 0 };
	struct world w;
	struct addr a;
	unsigned shard;

	addr_parse("192.0.2.5", &a);
	begin_plain(&w);
	give_arp(&w, START, &(struct arp){ 1, mac_a, HOST, PEER, 0 });
	shard_export(w.shard, keep_row, &rows);
	for (unsigned n = 1; n < 300; n++) {
		CU_ASSERT_TRUE(shard_of_packed(rows.bytes[0], rows.len[0], n, &shard));
		EQUAL_INT(shard, shard_of(&a, &a, n));
	}
	end(&w);
}

static void test_damaged_rows(void)
{
	struct rows rows = { .n = 0 };
	struct world w;

	begin_plain(&w);
	give_arp(&w, START + SEC, &(struct arp){ 1, mac_a, HOST, PEER, 7 });
	shard_export(w.shard, keep_row, &rows);
	for (size_t i = 0; i < rows.len[0]; i++) {
		uint8_t copy[256];

		memcpy(copy, rows.bytes[0], rows.len[0]);
		copy[i] ^= 0x40;
		CU_ASSERT_FALSE(shard_import(w.shard, copy, rows.len[0]));
		CU_ASSERT_FALSE(shard_import(w.shard, rows.bytes[0], i));
	}
	CU_ASSERT_TRUE(shard_import(w.shard, rows.bytes[0], rows.len[0]));
	end(&w);
}

int main(void)
{
	static CU_TestInfo arp[] = {
		{ "each once a minute", test_once_a_minute }, { "nobody's", test_nobody },
		{ "bounded", test_bound }, { "a flood", test_flood },
		{ "many MACs", test_many_macs }, { "cut frames", test_cut }, CU_TEST_INFO_NULL,
	};
	static CU_TestInfo others[] = {
		{ "neighbour discovery", test_neighbours }, { "routers", test_routers },
		{ "DHCP", test_leases }, { "DHCPv6", test_leases6 }, CU_TEST_INFO_NULL,
	};
	static CU_TestInfo runs[] = {
		{ "a minute cut in two", test_cut_minute },
		{ "the shard of a row", test_row_shard }, { "damaged rows", test_damaged_rows },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "claims by ARP", .pTests = arp },
		{ .pName = "claims by others", .pTests = others },
		{ .pName = "claims between runs", .pTests = runs }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
