/* test_servers.c - servers and addresses that the site policy does not name: NW-DST-003 and 004. */
#include "dealings_world.h"
#include "pack.h"
#include "policy/servers.h"
#include "profile/profile_pack.h"
#include "profile/resolved.h"

/* --- NW-DST-003 ------------------------------------------------------------------------ */

static const char server_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.1.0.0/24\"]}],"
	" \"assets\": ["
	"  {\"id\": \"A\", \"role\": \"plc\", \"ip\": [\"10.1.0.1\"]},"
	"  {\"id\": \"B\", \"role\": \"plc\", \"ip\": [\"10.1.0.2\"]},"
	"  {\"id\": \"NTP\", \"role\": \"ntp\", \"ip\": [\"10.1.0.9\"]},"
	"  {\"id\": \"GW\", \"ip\": [\"10.1.0.5\"], \"mac\": [\"02:00:00:00:00:05\"],"
	"   \"serves\": [\"dhcp\"]}],"
	" \"expected\": ["
	"  {\"id\": \"names\", \"from\": {\"asset\": \"A\"}, \"to\": {\"ip\":"
	"   [\"192.0.2.53\"]}, \"services\": [\"udp/53\"]},"
	"  {\"id\": \"old\", \"from\": {\"asset\": \"A\"}, \"to\": {\"ip\":"
	"   [\"192.0.2.54\"]}, \"services\": [\"DNS\"], \"expires\": \"2020-01-01\"},"
	"  {\"id\": \"any\", \"from\": {\"asset\": \"A\"}, \"to\": {\"ip\":"
	"   [\"192.0.2.99\"]}}]}";

/* Each row alone. */
static void test_servers(void)
{
	static const struct { const char *client, *server; uint8_t proto; uint16_t port;
			      const char *told; } rows[] = {
		{ "10.1.0.1", "192.0.2.53", IP_UDP, 53, "" },
		{ "10.1.0.1", "192.0.2.53", IP_TCP, 53, "" },	/* the same server */
		{ "10.1.0.1", "192.0.2.54", IP_UDP, 53, "" },	/* its entry has expired */
		{ "10.1.0.1", "192.0.2.99", IP_UDP, 53, "" },	/* any service */
		{ "10.1.0.1", "192.0.2.60", IP_UDP, 53, "A 192.0.2.60 3\n" },
		{ "10.1.0.1", "192.0.2.60", IP_TCP, 53, "A 192.0.2.60 3\n" },
		{ "10.1.0.1", "192.0.2.60", IP_UDP, 5353, "" },
		{ "10.1.0.1", "10.1.0.77", IP_UDP, 53, "A 10.1.0.77 3\n" },
		{ "10.1.0.1", "10.1.0.255", IP_UDP, 53, "" },
		{ "10.1.0.1", "224.0.1.1", IP_UDP, 123, "" },
		{ "10.1.0.2", "192.0.2.60", IP_UDP, 53, "" },	/* none is named for it */
		{ "10.1.0.77", "192.0.2.60", IP_UDP, 53, "" },	/* it is not listed */
		{ "10.1.0.2", "10.1.0.9", IP_UDP, 123, "" },
		{ "10.1.0.2", "192.0.2.60", IP_UDP, 123, "B 192.0.2.60 3\n" },
		{ "10.1.0.2", "192.0.2.60", IP_TCP, 123, "" },
		{ "10.1.0.9", "192.0.2.60", IP_UDP, 123, "" },	/* a time server asks others */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, server_text, false);
		world_talk(&w, &(struct talk){ .client = rows[i].client, .server = rows[i].server,
					       .proto = rows[i].proto, .port = rows[i].port,
					       .at_ns = NOON + HOUR, .up = 60, .down = 120 });
		world_run(&w, NOON + 2 * HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_003), rows[i].told);
		world_end(&w);
	}
}

static void test_unanswered(void)
{
	world_begin(&w, server_text, false);
	world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = "192.0.2.60",
				       .proto = IP_UDP, .port = 53, .at_ns = NOON + HOUR,
				       .up = 60, .is_unanswered = true });
	world_run(&w, NOON + 2 * HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_003), "A 192.0.2.60 2\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_DST_003), "no answer seen"));
	world_end(&w);
}

/* By its answers alone: to the asset, and to everybody. */
static void test_leases(void)
{
	static const struct { const char *client, *server; uint64_t answers; const char *told; }
	rows[] = {
		{ "10.1.0.1", "10.1.0.5", 2, "" },
		{ "10.1.0.1", "10.1.0.66", 0, "" },
		{ "10.1.0.1", "10.1.0.66", 2, "A 10.1.0.66 3\n" },
		{ "255.255.255.255", "10.1.0.66", 2, "10.1.0.66 10.1.0.66 3\n" },
		{ "255.255.255.255", "10.1.0.5", 2, "" },
		{ "255.255.255.255", "10.1.0.2", 2, "B 10.1.0.2 3\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, server_text, false);
		world_talk(&w, &(struct talk){ .client = rows[i].client, .server = rows[i].server,
					       .proto = IP_UDP, .port = 67, .at_ns = NOON + HOUR,
					       .down = 300, .is_unanswered = true });
		w.queue[1].sums.packets[1] = rows[i].answers;
		world_run(&w, NOON + 2 * HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_003), rows[i].told);
		world_end(&w);
	}
}

static void test_names(void)
{
	char text[256];

	world_begin(&w, server_text, false);
	CU_ASSERT_STRING_EQUAL(servers_text(w.site, SERVER_DNS, &w.site->assets[0], text,
					    sizeof(text)), "entry names, entry old");
	CU_ASSERT_STRING_EQUAL(servers_text(w.site, SERVER_DNS, &w.site->assets[1], text,
					    sizeof(text)), "");
	CU_ASSERT_STRING_EQUAL(servers_text(w.site, SERVER_NTP, &w.site->assets[1], text,
					    sizeof(text)), "NTP");
	CU_ASSERT_STRING_EQUAL(servers_text(w.site, SERVER_DHCP, NULL, text, sizeof(text)), "GW");
	CU_ASSERT_STRING_EQUAL(servers_text(w.site, SERVER_DNS, &w.site->assets[0], text, 30),
			       "entry names and others");
	world_end(&w);
}

/* --- NW-DST-004 ------------------------------------------------------------------------ */

#define PEER "203.0.113.9"

/* The asset asks the resolver: the tap sees its DNS, and the answer names an address. */
static void ask(uint64_t at_ns, const char *client, const char *name, const char *addr)
{
	world_talk(&w, &(struct talk){ .client = client, .server = "10.1.0.53", .proto = IP_UDP,
				       .port = 53, .at_ns = at_ns, .up = 40, .down = 90,
				       .answers = { name, addr } });
}

static void meet(uint64_t at_ns, const char *client, const char *server, const char *name)
{
	world_talk(&w, &(struct talk){ .client = client, .server = server, .at_ns = at_ns,
				       .name = name, .up = 2000, .down = 900 });
}

static uint64_t unjudged(enum unnamed why)
{
	return analysis_counters(w.analysis)->unnamed[why];
}

/* Each alone, on the third day, with DNS of the asset seen. */
static void test_unnamed(void)
{
	static const struct { const char *asked_by, *name, *addr; uint64_t ago_ns;
			      const char *server, *sni, *told; } rows[] = {
		{ "10.1.0.1", "a.example", PEER, HOUR, PEER, NULL, "" },
		{ "10.1.0.2", "a.example", PEER, HOUR, PEER, NULL, "" },	/* to whomever */
		{ "10.1.0.1", "a.example", PEER, 25 * HOUR, PEER, NULL, "IMG-A " PEER " 3\n" },
		{ "10.1.0.1", "a.example", "203.0.113.8", HOUR, PEER, NULL,
		  "IMG-A " PEER " 3\n" },
		{ "10.1.0.1", "a.example", "203.0.113.8", HOUR, PEER, "a.example", "" },
		{ "10.1.0.1", "a.example", "203.0.113.8", HOUR, PEER, "b.example",
		  "IMG-A " PEER " 3\n" },
		{ "10.1.0.1", "a.example", "203.0.113.8", 25 * HOUR, PEER, "a.example",
		  "IMG-A " PEER " 3\n" },
		{ "10.1.0.1", "a.example", "203.0.113.8", HOUR, "10.3.0.9", NULL, "" },
	};
	uint64_t now = NOON + 3 * DAY;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, site_text, false);
		ask(NOON + DAY, "10.1.0.1", "x.example", "192.0.2.1");
		ask(now - rows[i].ago_ns, rows[i].asked_by, rows[i].name, rows[i].addr);
		meet(now, "10.1.0.1", rows[i].server, rows[i].sni);
		world_run(&w, now + HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), rows[i].told);
		world_end(&w);
	}
}

/* What has only the port of a DNS server, where nobody has named one for the asset. */
static void test_raw(void)
{
	static const struct { uint16_t master; enum dpi_source verdict; bool is_unanswered;
			      uint8_t proto; const char *name, *told; } rows[] = {
		{ 0, DPI_NONE, false, IP_TCP, NULL, "IMG-A " PEER " 3\n" },
		{ 5, DPI_DPI, false, IP_TCP, NULL, "IMG-A " PEER " 3\n" },	/* 5: nDPI's DNS */
		{ 5, DPI_DPI, false, IP_TCP, "b.example", "" },
		{ 0, DPI_NONE, true, IP_TCP, NULL, "" },		/* nothing was said */
		{ 5, DPI_PORT, false, IP_UDP, NULL, "IMG-A " PEER " 3\n" },
		{ 5, DPI_DPI, false, IP_UDP, NULL, "" },
	};
	uint64_t now = NOON + 3 * DAY;

	CU_ASSERT_STRING_EQUAL(dpi_protocol_name(5), "DNS");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, site_text, false);
		ask(now - HOUR, "10.1.0.1", "a.example", "203.0.113.8");
		world_run(&w, now);
		world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = PEER, .port = 53,
					       .proto = rows[i].proto, .at_ns = now,
					       .name = rows[i].name,
					       .up = rows[i].is_unanswered ? 0 : 5000, .down = 90,
					       .is_unanswered = rows[i].is_unanswered });
		for (size_t k = 0; k < w.n; k++) {
			w.queue[k].master = rows[i].master;
			w.queue[k].verdict = rows[i].verdict;
		}
		world_run(&w, now + HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), rows[i].told);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_003), "");
		world_end(&w);
	}
}

/* What is asked for in the same minute, before it. */
static void test_same_minute(void)
{
	uint64_t now = NOON + 3 * DAY;

	world_begin(&w, site_text, false);
	ask(now, "10.1.0.1", "a.example", PEER);
	meet(now + NS_PER_SEC, "10.1.0.1", PEER, NULL);
	world_run(&w, now + HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), "");
	world_end(&w);
}

static void test_cannot(void)
{
	uint64_t now = NOON + 3 * DAY;

	world_begin(&w, site_text, false);	/* its DNS was never seen, another's was */
	ask(now - HOUR, "10.1.0.2", "a.example", "203.0.113.8");
	meet(now, "10.1.0.1", PEER, NULL);
	world_run(&w, now + HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), "");
	EQUAL_INT(unjudged(UNNAMED_INVISIBLE), 1);
	world_end(&w);
	world_begin(&w, site_text, false);	/* ... for eight days */
	ask(NOON + HOUR, "10.1.0.1", "a.example", "203.0.113.8");
	meet(NOON + 9 * DAY, "10.1.0.1", PEER, NULL);
	world_run(&w, NOON + 10 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), "");
	EQUAL_INT(unjudged(UNNAMED_INVISIBLE), 1);
	world_end(&w);
	world_begin(&w, site_text, false);	/* the first day */
	ask(NOON + HOUR, "10.1.0.1", "a.example", "203.0.113.8");
	meet(NOON + 23 * HOUR, "10.1.0.1", PEER, NULL);
	world_run(&w, NOON + DAY);
	EQUAL_INT(unjudged(UNNAMED_YOUNG), 1);
	meet(NOON + 25 * HOUR, "10.1.0.1", PEER, NULL);
	world_run(&w, NOON + 2 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), "IMG-A " PEER " 3\n");
	world_end(&w);
}

static void test_blind(void)
{
	uint64_t now = NOON + 3 * DAY;
	struct coverage *c;

	world_begin(&w, site_text, false);
	CU_ASSERT_FATAL(!coverage_new(&c));
	w.context.coverage = c;
	coverage_blind(c, now - 23 * HOUR, now - 22 * HOUR, COVERAGE_DECLARED);
	ask(now - HOUR, "10.1.0.1", "a.example", "203.0.113.8");
	meet(now, "10.1.0.1", PEER, NULL);
	world_run(&w, now + HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), "");
	EQUAL_INT(unjudged(UNNAMED_BLIND), 1);
	meet(now + 3 * HOUR, "10.1.0.1", PEER, NULL);
	world_run(&w, now + 4 * HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), "IMG-A " PEER " 3\n");
	world_end(&w);
	coverage_free(c);
}

/* More names than the memory holds. */
static void test_names_full(void)
{
	uint64_t now = NOON + 3 * DAY;
	char addr[32];

	world_begin(&w, site_text, false);
	ask(now - 3 * HOUR, "10.1.0.1", "a.example", "203.0.113.8");
	for (unsigned i = 0; i < RESOLVED_MAX; i++) {
		snprintf(addr, sizeof(addr), "198.18.%u.%u", i >> 8 & 255, i & 255);
		ask(now - 2 * HOUR + i % 50 * MIN, "10.1.0.1", "f.example", addr);
	}
	meet(now, "10.1.0.1", PEER, NULL);
	world_run(&w, now + HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), "");
	EQUAL_INT(unjudged(UNNAMED_FULL), 1);
	world_end(&w);
}

/* A connection that goes on does not need an answer any more; an attempt says less. */
static void test_opens(void)
{
	uint64_t now = NOON + 3 * DAY;

	world_begin(&w, site_text, false);
	ask(now - HOUR, "10.1.0.1", "a.example", PEER);
	world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = PEER, .at_ns = now,
				       .minutes = 30 * 60, .up = 9000000, .down = 900000 });
	world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = "203.0.113.7",
				       .at_ns = now, .is_unanswered = true });
	world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = "203.0.113.6",
				       .at_ns = now, .up = 90, .how = FLOW_CLIENT_PORT });
	world_talk(&w, &(struct talk){ .client = "203.0.113.5", .server = "10.1.0.1",
				       .at_ns = now, .up = 90 });
	world_run(&w, now + 2 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_004), "IMG-A 203.0.113.7 2\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_DST_004), "no DNS answer had named"));
	world_end(&w);
}

/* When the tap last saw an asset's DNS outlives a restart. */
static void test_subject_bytes(void)
{
	struct packer v = { 0 };
	struct subject *s;
	struct subjects *again;

	world_begin(&w, site_text, false);
	ask(NOON + HOUR, "10.1.0.1", "a.example", PEER);
	world_run(&w, NOON + 2 * HOUR);
	s = subjects_by_id(w.parts.subjects, "IMG-A");
	EQUAL_INT(s->answered_ns, NOON + HOUR);
	subject_pack(s, &v);
	CU_ASSERT_FATAL(!subjects_new(w.site, &again));
	CU_ASSERT(subject_unpack(again, w.site, "IMG-A", 5, v.bytes, v.len));
	EQUAL_INT(subjects_by_id(again, "IMG-A")->answered_ns, NOON + HOUR);
	subjects_free(again);
	pack_free(&v);
	world_end(&w);
}

int main(void)
{
	CU_TestInfo server[] = {
		{ "servers", test_servers }, { "unanswered", test_unanswered },
		{ "leases", test_leases }, { "names", test_names }, CU_TEST_INFO_NULL,
	};
	CU_TestInfo unnamed[] = {
		{ "named or not", test_unnamed }, { "raw on port 53", test_raw },
		{ "the same minute", test_same_minute },
		{ "cannot be judged", test_cannot }, { "after a gap", test_blind },
		{ "names are too many", test_names_full }, { "what opens", test_opens },
		{ "asset's bytes", test_subject_bytes }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "server", NULL, NULL, NULL, NULL, server },
		{ "unnamed", NULL, NULL, NULL, NULL, unnamed }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
