/* test_claim_read.c - what neighbour discovery, router advertisements and DHCP say about who is who
 * on a link, through a shard.  ARP and the table: test_claim.c. */
#include "claim_build.h"

/* An ICMPv6 message of that sender. */
static void give_nd_from(struct world *w, uint64_t ts_ns, const uint8_t mac[6], const char *src,
			 const struct build *message)
{
	struct build *b = new_build();
	struct packet p;
	struct addr a;

	addr_parse(src, &a);
	put_link(b, mac, 0, 0x86dd);
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

static void give_nd(struct world *w, uint64_t ts_ns, const char *src, const struct build *message)
{
	give_nd_from(w, ts_ns, mac_a, src, message);
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

/* A copy by its bytes, from another MAC: no copy of the claim. */
static void test_copied_by_another(void)
{
	static struct build m;
	struct claim c;
	struct world w;

	begin(&w, &(struct shard_config){ .max_flows = 100, .with_duplicates = true });
	put_nd(&m, 134, 0x40000708, NULL);
	put_fill(&m, 0, 8);
	give_nd_from(&w, START, mac_a, "fe80::1", &m);
	give_nd_from(&w, START + SEC / 100, mac_b, "fe80::1", &m);
	shard_mark(w.shard, START + MIN);
	EQUAL_INT(shard_counters(w.shard)->duplicates, 1);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_ROUTES, "fe80::1", mac_a, &c));
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_ROUTES, "fe80::1", mac_b, &c));
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
	give_dhcp(&w, &(struct dhcp){ 1, 1, 68, 67, 0, 0, 0 });		/* a client's */
	give_dhcp(&w, &(struct dhcp){ 2, 5, 67, 67, HOST, PEER, 0 });	/* to a relay */
	EQUAL_INT(shard_counters(w.shard)->claims, 0);
	give_dhcp(&w, &(struct dhcp){ 2, 2, 67, 68, HOST, PEER, 0 });	/* an offer gives nothing */
	give_dhcp(&w, &(struct dhcp){ 2, 5, 67, 68, HOST + 1, PEER, 0 });
	give_dhcp(&w, &(struct dhcp){ 2, 5, 67, 68, 0, 0, 0 });	/* to INFORM */
	give_dhcp(&w, &(struct dhcp){ 2, 5, 67, 68, HOST + 9, PEER + 1, PEER });
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

int main(void)
{
	static CU_TestInfo others[] = {
		{ "neighbour discovery", test_neighbours }, { "routers", test_routers },
		{ "copied by another", test_copied_by_another },
		{ "DHCP", test_leases }, { "DHCPv6", test_leases6 }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "claims by others", .pTests = others }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
