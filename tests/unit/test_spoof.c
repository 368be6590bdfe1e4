/* test_spoof.c - who contends for an address and who has only moved: takeovers one by one, in
 * seconds; the MACs of several devices; what the policy lists. */
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "detect/gateway.h"
#include "detect/spoof.h"
#include "pack.h"
#include "tap.h"

#define T0 (1000000ULL * NS_PER_MIN)

static const uint8_t mac[5][6] = {
	{ 2, 0, 0, 0, 0, 0xa }, { 2, 0, 0, 0, 0, 0xb }, { 2, 0, 0, 0, 0, 0xc },
	{ 0x00, 0x00, 0x5e, 0x00, 0x01, 0x07 }, { 0x00, 0x07, 0xb4, 0x00, 0x01, 0x02 },
};
enum { A, B, C, VIRTUAL, VIRTUAL_2 };

static struct neighbour n;

static uint64_t at(unsigned s)
{
	return T0 + s * NS_PER_SEC;
}

static enum spoof plain(int who, unsigned s)
{
	return spoof_take(&spoof_defaults, &n, mac[who], at(s), CLAIM_PLAIN);
}

static enum spoof announces(int who, unsigned s)
{
	return spoof_take(&spoof_defaults, &n, mac[who], at(s), CLAIM_ANNOUNCED);
}

static void begin(void)
{
	n = (struct neighbour){ .row = { .kind = LINK_NEIGHBOUR } };
	EQUAL_INT(plain(A, 0), SPOOF_NONE);
}

static void test_both(void)
{
	begin();
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	EQUAL_INT(plain(A, 30), SPOOF_BOTH);
	EQUAL_INT(plain(B, 40), SPOOF_BOTH);
	CU_ASSERT_FALSE(memcmp(spoof_older(&n)->mac, mac[A], 6));
	CU_ASSERT_FALSE(memcmp(spoof_newer(&n)->mac, mac[B], 6));
	EQUAL_INT(spoof_older(&n)->first_ns, at(0));
	EQUAL_INT(spoof_newer(&n)->first_ns, at(10));
	EQUAL_INT(spoof_severity(SPOOF_BOTH), 4);
}

/* The border: sixty seconds are near, one more is a move. */
static void test_near(void)
{
	begin();
	EQUAL_INT(plain(B, 60), SPOOF_NONE);
	EQUAL_INT(plain(A, 120), SPOOF_BOTH);
	begin();
	EQUAL_INT(plain(B, 61), SPOOF_NONE);
	EQUAL_INT(n.pending_ns, 0);
	EQUAL_INT(plain(A, 122), SPOOF_NONE);
	begin();
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	EQUAL_INT(plain(A, 71), SPOOF_BOTH);	/* B was silent for longer; nothing declared it */
}

/* An announcement that is contradicted declares nothing. */
static void test_announced_attack(void)
{
	begin();
	EQUAL_INT(announces(B, 10), SPOOF_NONE);
	EQUAL_INT(plain(A, 20), SPOOF_BOTH);
}

/* Two that answer each other's announcements. */
static void test_duel(void)
{
	begin();
	EQUAL_INT(announces(B, 10), SPOOF_NONE);
	EQUAL_INT(announces(A, 11), SPOOF_NONE);
	EQUAL_INT(announces(B, 20), SPOOF_BOTH);
	/* Slowly: over and back, and much later again. */
	begin();
	EQUAL_INT(announces(B, 10), SPOOF_NONE);
	EQUAL_INT(announces(A, 50), SPOOF_NONE);
	for (unsigned s = 60; s < 400; s += 20)
		EQUAL_INT(plain(A, s), SPOOF_NONE);
	EQUAL_INT(announces(B, 400), SPOOF_NONE);
	EQUAL_INT(announces(A, 440), SPOOF_NONE);
}

static void test_failover(void)
{
	begin();
	EQUAL_INT(announces(B, 5), SPOOF_NONE);
	for (unsigned s = 6; s < 600; s += 10)
		EQUAL_INT(plain(B, s), SPOOF_NONE);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(900)), SPOOF_NONE);
	EQUAL_INT(announces(A, 600), SPOOF_NONE);	/* back again */
	EQUAL_INT(plain(A, 610), SPOOF_NONE);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(900)), SPOOF_NONE);
}

/* Nothing announces it: told when a minute has passed, unless it is announced meanwhile. */
static void test_taken(void)
{
	begin();
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	EQUAL_INT(spoof_due_ns(&spoof_defaults, &n), at(120));
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(119)), SPOOF_NONE);
	EQUAL_INT(plain(B, 100), SPOOF_NONE);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(120)), SPOOF_TAKEN);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(180)), SPOOF_NONE);
	EQUAL_INT(spoof_severity(SPOOF_TAKEN), 3);
	begin();
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	EQUAL_INT(announces(B, 11), SPOOF_NONE);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(120)), SPOOF_NONE);
}

/* What waits is not forgotten because the next claim comes late. */
static void test_late(void)
{
	begin();
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	EQUAL_INT(plain(A, 119), SPOOF_BOTH);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(300)), SPOOF_NONE);
	begin();
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	EQUAL_INT(announces(A, 75), SPOOF_TAKEN);	/* declared, but so was the takeover not */
	begin();
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	EQUAL_INT(spoof_overtaken(&spoof_defaults, &n, mac[A], at(75)), SPOOF_NONE);
	EQUAL_INT(spoof_overtaken(&spoof_defaults, &n, mac[C], at(65)), SPOOF_NONE);
	EQUAL_INT(spoof_overtaken(&spoof_defaults, &n, mac[C], at(75)), SPOOF_TAKEN);
	EQUAL_INT(spoof_overtaken(&spoof_defaults, &n, mac[C], at(76)), SPOOF_NONE);
}

/* To and fro, slower than what is near: the third return within a day. */
static void test_often(void)
{
	begin();
	EQUAL_INT(plain(B, 1000), SPOOF_NONE);
	EQUAL_INT(plain(A, 2000), SPOOF_NONE);
	EQUAL_INT(plain(B, 3000), SPOOF_NONE);
	EQUAL_INT(plain(A, 4000), SPOOF_BOTH);
	begin();
	for (unsigned day = 1; day < 20; day++)
		EQUAL_INT(plain(day % 2 ? B : A, day * 50000), SPOOF_NONE);
	begin();
	for (unsigned i = 1; i < 20; i++)		/* who says so */
		EQUAL_INT(announces(i % 2 ? B : A, i * 1000), SPOOF_NONE);
}

static void test_lease(void)
{
	begin();
	spoof_leased(&n, mac[B], at(10));
	EQUAL_INT(plain(B, 11), SPOOF_NONE);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(200)), SPOOF_NONE);
	/* The one who had it before does not leave. */
	EQUAL_INT(plain(A, 20), SPOOF_BOTH);
	/* A lease from before the other one's claims began says nothing. */
	n = (struct neighbour){ .row = { .kind = LINK_NEIGHBOUR } };
	spoof_leased(&n, mac[B], at(0));
	EQUAL_INT(plain(A, 10), SPOOF_NONE);
	EQUAL_INT(plain(B, 20), SPOOF_NONE);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(200)), SPOOF_TAKEN);
	/* The answer came later than the first use. */
	begin();
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	spoof_leased(&n, mac[B], at(12));
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(200)), SPOOF_NONE);
}

static void test_probe(void)
{
	begin();
	spoof_asked(&n, mac[B], at(8));
	EQUAL_INT(plain(B, 10), SPOOF_NONE);
	EQUAL_INT(spoof_settle(&spoof_defaults, &n, at(200)), SPOOF_NONE);
	/* A probe alone is no claim: the one that has it goes on. */
	begin();
	spoof_asked(&n, mac[B], at(8));
	EQUAL_INT(plain(A, 9), SPOOF_NONE);
	EQUAL_INT(n.takeovers, 0);
}

static void test_third(void)
{
	begin();
	EQUAL_INT(announces(B, 10), SPOOF_NONE);
	EQUAL_INT(announces(C, 20), SPOOF_NONE);
	EQUAL_INT(announces(A, 30), SPOOF_BOTH);	/* the third in five minutes */
}

static void test_virtual(void)
{
	static const struct { uint8_t bytes[6]; bool is; } all[] = {
		{ { 0x00, 0x00, 0x5e, 0x00, 0x01, 0xff }, true },
		{ { 0x00, 0x00, 0x5e, 0x00, 0x02, 0x01 }, true },
		{ { 0x00, 0x00, 0x5e, 0x00, 0x03, 0x01 }, false },
		{ { 0x00, 0x00, 0x0c, 0x07, 0xac, 0x00 }, true },
		{ { 0x00, 0x00, 0x0c, 0x07, 0xad, 0x00 }, false },
		{ { 0x00, 0x00, 0x0c, 0x9f, 0xff, 0x12 }, true },
		{ { 0x00, 0x00, 0x0c, 0x9f, 0xe0, 0x12 }, false },
		{ { 0x00, 0x05, 0x73, 0xa0, 0x0f, 0xff }, true },
		{ { 0x00, 0x05, 0x73, 0xa0, 0x10, 0x00 }, false },
		{ { 0x00, 0x07, 0xb4, 0x00, 0x01, 0x01 }, true },
		{ { 0x02, 0xbf, 1, 2, 3, 4 }, true }, { { 0x02, 0xbe, 1, 2, 3, 4 }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		EQUAL_INT(spoof_is_virtual(all[i].bytes), all[i].is);
}

static const char text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []}, \"assets\": ["
	"{\"id\": \"pair\", \"ip\": [\"10.0.0.1\"], \"mac\": [\"02:00:00:00:00:0a\", "
	"\"02:00:00:00:00:0b\"]},"
	"{\"id\": \"proxy\", \"ip\": [\"10.0.0.2\"], \"mac\": [\"02:00:00:00:00:0c\"], "
	"\"serves\": [\"proxy_arp\", \"dhcp\"]}, {\"id\": \"bare\", \"ip\": [\"10.0.0.3\"]}]}";

static void contend(const char *address, int older, int newer)
{
	n = (struct neighbour){ .row = { .kind = LINK_NEIGHBOUR } };
	addr_parse(address, &n.row.addr);
	plain(older, 0);
	plain(newer, 10);
}

static void test_policy(void)
{
	struct site *site = NULL;
	struct addr a, own;

	CU_ASSERT_FATAL(!site_parse("site.json", text, strlen(text), &site));
	contend("10.0.0.1", A, B);		/* a bond, listed whole */
	CU_ASSERT_TRUE(spoof_is_allowed(&n, site));
	contend("10.0.0.1", A, C);
	CU_ASSERT_FALSE(spoof_is_allowed(&n, site));
	contend("10.0.0.1", A, VIRTUAL);	/* the list decides */
	CU_ASSERT_FALSE(spoof_is_allowed(&n, site));
	contend("10.0.0.3", A, VIRTUAL);	/* there is none; made up, perhaps */
	CU_ASSERT_FALSE(spoof_is_allowed(&n, site));
	contend("10.0.0.3", VIRTUAL, VIRTUAL_2);
	CU_ASSERT_TRUE(spoof_is_allowed(&n, site));
	contend("10.0.0.9", VIRTUAL, B);
	CU_ASSERT_TRUE(spoof_is_allowed(&n, site));
	contend("10.0.0.9", A, B);
	CU_ASSERT_FALSE(spoof_is_allowed(&n, site));
	addr_parse("10.0.0.9", &a);
	addr_parse("10.0.0.2", &own);
	CU_ASSERT_TRUE(spoof_is_proxy(site, &a, mac[C]));
	CU_ASSERT_FALSE(spoof_is_proxy(site, &own, mac[C]));
	CU_ASSERT_FALSE(spoof_is_proxy(site, &a, mac[A]));
	site_free(site);
}

/* --- gateways: in the same file, for they share the site ------------------------------------ */

static void test_gateways(void)
{
	struct gateway g = { .row = { .kind = LINK_GATEWAY } };
	struct gateway_facts facts = { .gateway = &g };
	struct site *site = NULL;

	CU_ASSERT_FATAL(!site_parse("site.json", text, strlen(text), &site));
	memcpy(g.row.mac, mac[C], 6);
	g.role_ns[GATEWAY_ROUTER] = T0 + 7 * NS_PER_DAY;
	g.how = CLAIM_FLAGGED;			/* noted, no more */
	EQUAL_INT(gateway_new_roles(&g, T0, site), 0);
	g.how |= CLAIM_NO_DEFAULT;
	facts.roles = gateway_new_roles(&g, T0, site);
	EQUAL_INT(facts.roles, 1U << GATEWAY_ROUTER);
	EQUAL_INT(gateway_severity(&facts), 2);
	g.how |= CLAIM_ADVERTISED;
	EQUAL_INT(gateway_severity(&facts), 4);
	g.how = GATEWAY_FORWARDS;
	EQUAL_INT(gateway_severity(&facts), 4);
	facts.is_first = true;
	EQUAL_INT(gateway_severity(&facts), 4);
	facts.was_neighbour = true;
	EQUAL_INT(gateway_severity(&facts), 3);
	facts.is_without_site = true;
	EQUAL_INT(gateway_severity(&facts), 2);
	g.role_ns[GATEWAY_ROUTER] = T0 + 7 * NS_PER_DAY - 1;
	EQUAL_INT(gateway_new_roles(&g, T0, site), 0);
	CU_ASSERT_TRUE(gateway_is_learned(&gateway_defaults, &g, GATEWAY_ROUTER, T0));
	g.role_ns[GATEWAY_ROUTER] = T0 + 7 * NS_PER_DAY;
	EQUAL_INT(gateway_new_roles(&g, T0, site), 1U << GATEWAY_ROUTER);
	g.role_ns[GATEWAY_SERVER] = T0 + 7 * NS_PER_DAY;		/* declared: dhcp */
	EQUAL_INT(gateway_new_roles(&g, T0, site), 1U << GATEWAY_ROUTER);
	memcpy(g.row.mac, mac[A], 6);
	EQUAL_INT(gateway_new_roles(&g, T0, site), 3);
	EQUAL_INT(gateway_new_roles(&g, UINT64_MAX / 2, site), 0);
	site_free(site);
}

static int quiet(void)
{
	log_set_level(LOG_LEVEL_ERR);
	return 0;
}

int main(void)
{
	static CU_TestInfo spoof[] = {
		{ "both go on", test_both }, { "near and far", test_near },
		{ "announced and contradicted", test_announced_attack },
		{ "announcements both ways", test_duel }, { "failover and back", test_failover },
		{ "taken without a word", test_taken }, { "leases", test_lease },
		{ "late returns", test_late }, { "many returns", test_often },
		{ "probes", test_probe }, { "three", test_third }, CU_TEST_INFO_NULL,
	};
	static CU_TestInfo who[] = {
		{ "MACs of several", test_virtual }, { "what the policy lists", test_policy },
		{ "new gateways", test_gateways }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "spoofing", .pTests = spoof },
		{ .pName = "who may", .pInitFunc = quiet, .pTests = who }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
