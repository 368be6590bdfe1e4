/* test_community_id.c - vectors of ALERTS section 4 and of the public baselines (pycommunityid,
 * Zeek). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "flow/community_id.h"
#include "flow/key.h"
#include "tap.h"

struct vector {
	const char *src, *dst;
	uint8_t proto;
	uint16_t sport, dport;		/* ICMP: type and code, as decoded */
	const char *want;
};

static void set_addr(struct packet *p, const struct vector *v)
{
	CU_ASSERT_TRUE(addr_parse(v->src, &p->src));
	CU_ASSERT_TRUE(addr_parse(v->dst, &p->dst));
	p->ip_version = strchr(v->src, ':') ? 6 : 4;
}

static void check_one(const struct vector *v)
{
	struct packet p = { .proto = v->proto, .sport = v->sport, .dport = v->dport };
	char got[COMMUNITY_ID_MAX];
	struct flow_key key;

	set_addr(&p, v);
	flow_key_from_packet(&p, &key);
	community_id(&key, false, got);
	EQUAL_TEXT(got, v->want);
}

static void check_both_ways(const struct vector *v)
{
	struct vector back = *v;

	back.src = v->dst;
	back.dst = v->src;
	back.sport = v->dport;
	back.dport = v->sport;
	check_one(v);
	check_one(&back);
}

static void test_ports(void)
{
	const struct vector vectors[] = {
		{ "1.2.3.4", "5.6.7.8", IP_TCP, 1122, 3344, "1:wCb3OG7yAFWelaUydu0D+125CLM=" },
		{ "1.2.3.4", "5.6.7.8", IP_UDP, 1122, 3344, "1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=" },
		{ "1.2.3.4", "5.6.7.8", IP_SCTP, 1122, 3344, "1:EKt4MsxuyaE6mL+hmrEkQ9csDD8=" },
		{ "10.0.0.1", "10.0.0.2", IP_TCP, 10, 11569, "1:SXBGMX1lBOwhhoDrZynfROxnhnM=" },
		{ "128.232.110.120", "66.35.250.204", IP_TCP, 34855, 80,
		  "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
		{ "192.168.1.52", "8.8.8.8", IP_UDP, 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
	};

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check_both_ways(&vectors[i]);
}

static void test_icmp(void)
{
	const struct vector vectors[] = {
		{ "1.2.3.4", "5.6.7.8", IP_ICMP, 8, 0, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0=" },
		{ "5.6.7.8", "1.2.3.4", IP_ICMP, 0, 0, "1:crodRHL2FEsHjbv3UkRrfbs4bZ0=" },
		{ "192.168.0.89", "192.168.0.1", IP_ICMP, 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
		{ "192.168.0.1", "192.168.0.89", IP_ICMP, 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
		{ "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", IP_ICMPV6, 135, 0,
		  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
		{ "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", IP_ICMPV6, 136, 0,
		  "1:dGHyGvjMfljg6Bppwm3bg0LO8TY=" },
	};

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check_one(&vectors[i]);
}

/* A type nobody answers keeps its direction: each way is a flow, with an id of its own. */
static void test_icmp_one_way(void)
{
	const struct vector there = { "10.0.0.9", "10.0.0.1", IP_ICMP, 3, 1, "" };
	const struct vector back = { "10.0.0.1", "10.0.0.9", IP_ICMP, 3, 1, "" };
	struct packet p = { .proto = IP_ICMP, .sport = 3, .dport = 1 };
	char id_there[COMMUNITY_ID_MAX], id_back[COMMUNITY_ID_MAX];
	struct flow_key key;

	set_addr(&p, &there);
	CU_ASSERT_FALSE(flow_key_from_packet(&p, &key));
	CU_ASSERT_TRUE(addr_equal(&key.a, &p.src));
	EQUAL_INT(key.a_port, 3);
	EQUAL_INT(key.b_port, 1);
	community_id(&key, false, id_there);
	set_addr(&p, &back);
	CU_ASSERT_FALSE(flow_key_from_packet(&p, &key));
	community_id(&key, false, id_back);
	CU_ASSERT_STRING_NOT_EQUAL(id_there, id_back);
	community_id(&key, true, id_back);
	EQUAL_TEXT(id_back, id_there);
}

static void test_counter_types(void)
{
	uint8_t answer = 0;

	CU_ASSERT_TRUE(icmp_counter_type(4, 8, &answer));
	EQUAL_INT(answer, 0);
	CU_ASSERT_TRUE(icmp_counter_type(4, 0, &answer));
	EQUAL_INT(answer, 8);
	CU_ASSERT_TRUE(icmp_counter_type(4, 9, &answer));
	EQUAL_INT(answer, 10);
	CU_ASSERT_TRUE(icmp_counter_type(6, 145, &answer));
	EQUAL_INT(answer, 144);
	CU_ASSERT_FALSE(icmp_counter_type(4, 3, &answer));
	CU_ASSERT_FALSE(icmp_counter_type(6, 8, &answer));
	CU_ASSERT_FALSE(icmp_counter_type(4, 128, &answer));
	EQUAL_INT(answer, 144);
}

/* Protocols without ports leave them out. */
static void test_no_ports(void)
{
	const struct vector v = { "10.1.24.4", "10.1.12.1", 46, 0, 0,
				  "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4=" };	/* RSVP */

	check_both_ways(&v);
}

/* Zeek's capture of one SCTP association: every packet with ports, either way, has the same id. */
static void test_zeek_sctp(void)
{
	static uint8_t bytes[1 << 17];
	const char *dir = getenv("NW_SRCDIR");
	char path[4096], got[COMMUNITY_ID_MAX];
	unsigned associations = 0;
	size_t len, at = 24;
	FILE *f;

	snprintf(path, sizeof(path), "%s/../shared/captures/zeek/communityid/sctp.pcap",
		 dir ? dir : ".");
	f = fopen(path, "rb");
	if (!f) {
		printf("# SKIP %s is not there\n", path);
		return;
	}
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	while (at + 16 <= len && le_get32(bytes + at + 8) <= len - at - 16) {
		struct frame frame = { .bytes = bytes + at + 16, .caplen = le_get32(bytes + at + 8),
				       .wirelen = le_get32(bytes + at + 12), .link = 1 };
		struct flow_key key;
		struct packet p;

		at += 16 + frame.caplen;
		if (packet_decode(&frame, &p) != PACKET_OK || p.proto != IP_SCTP)
			continue;
		flow_key_from_packet(&p, &key);
		community_id(&key, false, got);
		EQUAL_TEXT(got, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs=");
		associations++;
	}
	CU_ASSERT_TRUE(associations > 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "protocols with ports", test_ports },
		{ "ICMP questions and answers", test_icmp },
		{ "one-way ICMP", test_icmp_one_way },
		{ "types and their answers", test_counter_types },
		{ "protocols without ports", test_no_ports },
		{ "Zeek's SCTP capture", test_zeek_sctp },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "community_id", .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
