/* test_dealings.c - what the site policy does not bring together: NW-SEG-001 and
 * 003, NW-DST-003 and 004. */
#include "analysis_world.h"
#include "detect/segment.h"
#include "pack.h"
#include "policy/roles.h"
#include "policy/servers.h"
#include "profile/profile_pack.h"
#include "profile/resolved.h"

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.1.0.0/24\"]},"
	"  {\"id\": \"cams\", \"networks\": [\"10.2.0.0/24\"]},"
	"  {\"id\": \"mixed\", \"networks\": [\"10.3.0.0/24\"]}],"
	" \"assets\": ["
	"  {\"id\": \"IMG-A\", \"role\": \"image_server\", \"vendor\": \"A\","
	"   \"ip\": [\"10.1.0.1\"]},"
	"  {\"id\": \"IMG-B\", \"role\": \"image_server\", \"vendor\": \"B\","
	"   \"ip\": [\"10.1.0.2\"]},"
	"  {\"id\": \"ACQ\", \"role\": \"acquisition\", \"ip\": [\"10.1.0.3\"]},"
	"  {\"id\": \"CAM-1\", \"role\": \"camera\", \"vendor\": \"C\", \"ip\": [\"10.2.0.1\"]},"
	"  {\"id\": \"CAM-2\", \"role\": \"camera\", \"vendor\": \"C\", \"ip\": [\"10.2.0.2\"]},"
	"  {\"id\": \"PC-A\", \"role\": \"panel\", \"vendor\": \"A\", \"ip\": [\"10.3.0.1\"]},"
	"  {\"id\": \"PC-N\", \"role\": \"panel\", \"ip\": [\"10.3.0.2\"]},"
	"  {\"id\": \"GW\", \"role\": \"maintenance_gateway\", \"ip\": [\"10.5.0.1\"]},"
	"  {\"id\": \"ARCHIVE\", \"role\": \"archive\", \"vendor\": \"D\","
	"   \"ip\": [\"10.3.0.9\"]}],"
	" \"expected\": [{\"id\": \"web\", \"from\": {\"asset\": \"CAM-1\"}, \"to\":"
	"  {\"asset\": \"IMG-A\"}, \"services\": [\"tcp/443\"], \"window\": {\"days\":"
	"  \"mon-sun\", \"from\": \"01:00\", \"to\": \"02:00\"}}]}";

static struct world w;

static void talk_at(uint64_t at_ns, const char *client, const char *server, uint16_t port)
{
	world_talk(&w, &(struct talk){ .client = client, .server = server, .port = port,
				       .at_ns = at_ns, .up = 1000, .down = 500 });
}

/* "IMG-A 10.1.0.2 4\n", a line for each open incident of the rule. */
static const char *incidents(enum rule_id rule)
{
	static char text[8192];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++) {
		const struct incident *in = incidents_at(w.parts.incidents, i);
		char value[GROUP_TEXT_MAX];

		if (in->rule == rule && in->is_open && len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s %u\n",
						in->subject->id, incident_value(in, value),
						in->severity);
	}
	return text;
}

static const char *message(enum rule_id rule)
{
	for (size_t i = incidents_count(w.parts.incidents); i-- > 0;)
		if (incidents_at(w.parts.incidents, i)->rule == rule)
			return incident_message(incidents_at(w.parts.incidents, i));
	return "";
}

/* --- NW-SEG-001 ---------------------------------------------------------------------- */

static void test_roles(void)
{
	CU_ASSERT(roles_are_paired("plc", "acquisition"));
	CU_ASSERT(roles_are_paired("review", "image_server"));
	CU_ASSERT_FALSE(roles_are_paired("plc", "image_server"));
	CU_ASSERT_FALSE(roles_are_paired("review", "review"));
	CU_ASSERT_FALSE(roles_are_paired("", ""));
	CU_ASSERT(role_is_shared("dns"));
	CU_ASSERT_FALSE(role_is_shared("image_server"));
	CU_ASSERT_FALSE(role_is_shared(""));
}

/* Each row alone in a world of its own. */
static void test_segments(void)
{
	static const struct { const char *client, *server; uint16_t port; const char *told; }
	rows[] = {
		{ "10.1.0.1", "10.1.0.2", 445, "IMG-A 10.1.0.2 4\n" },
		{ "10.2.0.1", "10.1.0.1", 80, "CAM-1 10.1.0.1 4\n" },
		{ "10.2.0.1", "10.1.0.1", 443, "" },		/* at another hour, but entered */
		{ "10.1.0.1", "10.2.0.1", 443, "" },		/* ... from the other end */
		{ "10.2.0.2", "10.1.0.1", 443, "CAM-2 10.1.0.1 4\n" },
		{ "10.2.0.1", "10.2.0.2", 80, "" },		/* one vendor */
		{ "10.1.0.1", "10.1.0.3", 80, "" },		/* of no vendor */
		{ "10.1.0.1", "10.3.0.9", 80, "" },		/* works for all */
		{ "10.2.0.77", "10.1.0.1", 80, "10.2.0.77 10.1.0.1 4\n" },	/* by its zone */
		{ "10.1.0.1", "10.2.0.77", 80, "IMG-A 10.2.0.77 4\n" },
		{ "10.2.0.77", "10.2.0.1", 80, "" },
		{ "10.1.0.77", "10.2.0.1", 80, "" },		/* two vendors in its zone */
		{ "10.3.0.77", "10.2.0.1", 80, "" },		/* some asset there has none */
		{ "10.1.0.1", "10.2.0.255", 80, "" },		/* broadcast */
		{ "10.1.0.1", "224.0.0.251", 80, "" },
		{ "10.1.0.1", "203.0.113.9", 80, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, site_text, false);
		talk_at(NOON + HOUR, rows[i].client, rows[i].server, rows[i].port);
		world_run(&w, NOON + 2 * HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_001), rows[i].told);
		world_end(&w);
	}
}

/* An attempt, the answer later, more of it the next day, another service: one incident. */
static void test_growth(void)
{
	world_begin(&w, site_text, false);
	world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = "10.1.0.2", .port = 22,
				       .at_ns = NOON + HOUR, .is_unanswered = true });
	world_run(&w, NOON + 2 * HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_001), "IMG-A 10.1.0.2 3\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_SEG_001), "tried to reach IMG-B"));
	talk_at(NOON + 3 * HOUR, "10.1.0.1", "10.1.0.2", 445);
	world_run(&w, NOON + 4 * HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_001), "IMG-A 10.1.0.2 4\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_SEG_001), "tcp/22, tcp/445"));
	EQUAL_INT(incidents_counters(w.parts.incidents)->records, 2);
	talk_at(NOON + 5 * HOUR, "10.1.0.1", "10.1.0.2", 445);
	world_run(&w, NOON + 6 * HOUR);
	EQUAL_INT(incidents_counters(w.parts.incidents)->records, 2);
	world_run(&w, NOON + DAY + HOUR);
	EQUAL_INT(incidents_counters(w.parts.incidents)->records, 3);	/* the row's rest */
	world_run(&w, NOON + 14 * DAY + HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_001), "IMG-A 10.1.0.2 4\n");
	world_run(&w, NOON + 15 * DAY + HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_001), "");
	EQUAL_INT(dealings_counters(w.parts.tallies.dealings)->live, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_SEG_001), "Closed, no more of it seen: "));
	world_end(&w);
}

/* A capture that begins in the middle: whoever spoke first is taken for the client. */
static void test_turned(void)
{
	for (int how = FLOW_CLIENT_SYN; how <= FLOW_CLIENT_FIRST; how++) {
		world_begin(&w, site_text, false);
		talk_at(NOON + HOUR, "10.1.0.1", "10.1.0.2", 5000);
		world_talk(&w, &(struct talk){ .client = "10.1.0.2", .server = "10.1.0.1",
					       .at_ns = NOON + 2 * HOUR, .port = 50000,
					       .up = 70, .down = 30, .how = how });
		world_run(&w, NOON + 3 * HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_001), how <= FLOW_CLIENT_SYNACK ?
				       "IMG-A 10.1.0.2 4\nIMG-B 10.1.0.1 4\n" :
				       "IMG-A 10.1.0.2 4\n");
		world_end(&w);
	}
}

/* One asset looks for everything: single incidents, then one that counts. */
static void test_flood(void)
{
	char peer[32];

	world_begin(&w, site_text, false);
	for (int i = 10; i < 60; i++) {
		snprintf(peer, sizeof(peer), "10.2.0.%d", i);
		talk_at(NOON + HOUR, "10.1.0.1", peer, 80);
	}
	world_run(&w, NOON + 2 * HOUR);
	EQUAL_INT(incidents_counters(w.parts.incidents)->opened, INCIDENT_ANSWERED_MAX + 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(incidents(RULE_SEG_001), "IMG-A * 4\n"));
	EQUAL_INT(incidents_counters(w.parts.incidents)->flooded, 50 - INCIDENT_ANSWERED_MAX);
	world_end(&w);
}

/* A scan that is not answered, and then one of them is worked on: that one has its own incident. */
static void test_scan(void)
{
	char peer[32];

	world_begin(&w, site_text, false);
	for (int i = 10; i < 60; i++) {
		snprintf(peer, sizeof(peer), "10.2.0.%d", i);
		world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = peer, .port = 80,
					       .at_ns = NOON + HOUR, .is_unanswered = true });
	}
	world_run(&w, NOON + 2 * HOUR);
	EQUAL_INT(incidents_counters(w.parts.incidents)->opened, INCIDENT_PEERS_MAX + 1);
	talk_at(NOON + 3 * HOUR, "10.1.0.1", "10.2.0.59", 80);
	world_run(&w, NOON + 4 * HOUR);
	CU_ASSERT_PTR_NOT_NULL(strstr(incidents(RULE_SEG_001), "IMG-A 10.2.0.59 4\n"));
	EQUAL_INT(incidents_counters(w.parts.incidents)->opened, INCIDENT_PEERS_MAX + 2);
	world_end(&w);
}

static void test_no_site(void)
{
	struct site *site;

	world_begin(&w, site_text, false);
	CU_ASSERT_FATAL(!site_default(NULL, NULL, &site));
	CU_ASSERT_STRING_EQUAL(site_zone_vendor(site, &site->zones[0]), "");
	site_free(site);
	CU_ASSERT_STRING_EQUAL(site_zone_vendor(w.site, &w.site->zones[0]), "");
	CU_ASSERT_STRING_EQUAL(site_zone_vendor(w.site, &w.site->zones[1]), "C");
	CU_ASSERT_STRING_EQUAL(site_zone_vendor(w.site, &w.site->zones[2]), "");
	world_end(&w);
}

/* --- NW-SEG-003 ------------------------------------------------------------------------ */

#define LATER (NOON + 20 * DAY + HOUR)	/* the baseline observes */

/* Each row alone, in a world that was there for 20 days. */
static void test_lateral(void)
{
	static const struct { const char *client, *server; uint16_t port; const char *told; }
	rows[] = {
		{ "10.1.0.1", "10.1.0.2", 445, "IMG-A 10.1.0.2 3\n" },
		{ "10.1.0.1", "10.1.0.2", 139, "IMG-A 10.1.0.2 3\n" },
		{ "10.1.0.1", "10.1.0.2", 5986, "IMG-A 10.1.0.2 3\n" },
		{ "10.1.0.1", "10.1.0.2", 8080, "" },		/* another protocol */
		{ "10.1.0.3", "10.1.0.1", 22, "" },		/* the template pairs them */
		{ "10.1.0.1", "10.1.0.3", 22, "" },
		{ "10.1.0.1", "10.3.0.9", 445, "" },
		{ "10.3.0.2", "10.1.0.3", 3389, "PC-N 10.1.0.3 3\n" },
		{ "10.1.0.77", "10.1.0.3", 3389, "10.1.0.77 10.1.0.3 3\n" },	/* not listed */
		{ "10.1.0.77", "10.1.0.78", 3389, "" },		/* neither is */
		{ "10.1.0.1", "203.0.113.9", 22, "" },		/* outside */
		{ "10.5.0.1", "10.1.0.1", 3389, "" },		/* the gateway: NW-REM's */
		{ "10.5.0.1", "10.1.0.1", 445, "GW 10.1.0.1 3\n" },
		{ "10.2.0.1", "10.1.0.1", 443, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, site_text, false);
		talk_at(LATER, rows[i].client, rows[i].server, rows[i].port);
		world_run(&w, LATER + HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), rows[i].told);
		world_end(&w);
	}
}

static void test_attempt(void)
{
	world_begin(&w, site_text, false);
	world_talk(&w, &(struct talk){ .client = "10.3.0.2", .server = "10.1.0.3", .port = 3389,
				       .at_ns = LATER, .is_unanswered = true });
	world_run(&w, LATER + HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), "PC-N 10.1.0.3 2\n");
	world_end(&w);
}

/* Of the first days: listed, told by enforce alone. */
static void test_learned(void)
{
	char enforce[sizeof(site_text) + 32];

	for (int is_enforced = 0; is_enforced < 2; is_enforced++) {
		snprintf(enforce, sizeof(enforce), "{%s%s", is_enforced ?
			 "\"baseline\": \"enforce\", " : "", site_text + 1);
		world_begin(&w, enforce, false);
		talk_at(NOON + HOUR, "10.3.0.2", "10.1.0.3", 3389);
		talk_at(LATER, "10.3.0.2", "10.1.0.3", 3389);
		world_run(&w, LATER + HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), is_enforced ?
				       "PC-N 10.1.0.3 4\n" : "");
		EQUAL_INT(baseline_counters(w.parts.baseline)->live, 1);
		world_end(&w);
	}
}

/* Accepted: it ends, and is not told again, for one of the same role neither.  Another protocol
 * is. */
static void test_accepted(void)
{
	struct destination **list;
	size_t n;

	world_begin(&w, site_text, false);
	talk_at(LATER, "10.3.0.2", "10.1.0.3", 3389);
	world_run(&w, LATER + HOUR);
	list = baseline_all(w.parts.baseline, &n);
	CU_ASSERT_FATAL(n == 1 && baseline_is_pair(list[0]));
	EQUAL_INT(baseline_accept(w.parts.baseline, list[0], "duty", "known"), 1);
	analysis_settle(w.analysis);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), "");
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_SEG_003), "accepted into the baseline"));
	talk_at(LATER + 2 * HOUR, "10.3.0.2", "10.1.0.3", 3389);
	talk_at(LATER + 2 * HOUR, "10.3.0.1", "10.1.0.3", 3389);
	talk_at(LATER + 2 * HOUR, "10.3.0.2", "10.1.0.3", 22);
	world_run(&w, LATER + 3 * HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), "PC-N 10.1.0.3 3\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_SEG_003), "with SSH"));
	world_end(&w);
}

static void test_pair_bytes(void)
{
	struct packer k = { 0 }, v = { 0 };
	struct baseline_list *b;
	struct destination **list;
	char id[2][BASELINE_ID_MAX];
	struct unpacker uk, uv;
	size_t n;

	world_begin(&w, site_text, false);
	talk_at(LATER, "10.3.0.2", "10.1.0.3", 3389);
	talk_at(LATER, "10.3.0.2", "10.1.0.3", 22);
	world_run(&w, LATER + HOUR);
	list = baseline_sorted(w.parts.baseline, &n);
	EQUAL_INT(n, 2);
	CU_ASSERT_STRING_NOT_EQUAL(baseline_id(list[0], id[0]), baseline_id(list[1], id[1]));
	baseline_pack_key(list[1], &k);
	baseline_pack(list[1], &v);
	CU_ASSERT_FATAL(!baseline_new(&b));
	uk = unpack_over(k.bytes, k.len);
	uv = unpack_over(v.bytes, v.len);
	CU_ASSERT(baseline_unpack(b, &uk, &uv));
	list = baseline_all(b, &n);
	CU_ASSERT_FATAL(n == 1);
	CU_ASSERT_STRING_EQUAL(baseline_id(list[0], id[0]), id[1]);
	EQUAL_INT(list[0]->key.port, 3389);
	baseline_free(b);
	pack_free(&k);
	pack_free(&v);
	world_end(&w);
}

/* SMB out of the gateway, while an order of the target is open and after. */
static void test_order(void)
{
	static const char text[] = "id,vendor,assets,start,end,mode\n"
		"WO-1,A,IMG-A,2026-01-30T12:00:00Z,2026-01-30T14:00:00Z,remote\n";

	world_begin(&w, site_text, false);
	CU_ASSERT_FATAL(!orders_parse("o", text, strlen(text), w.site, &w.site->orders));
	w.context.orders = w.site->orders;
	talk_at(LATER, "10.5.0.1", "10.1.0.1", 445);
	world_run(&w, LATER + 4 * HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), "");
	talk_at(LATER + 5 * HOUR, "10.5.0.1", "10.1.0.1", 445);
	world_run(&w, LATER + 6 * HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), "GW 10.1.0.1 3\n");
	world_end(&w);
}

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

/* --- the table ------------------------------------------------------------------------- */

/* Two of a hundred are told; they outlive a table that fills up.  What is left comes back from its
 * bytes as it was. */
static void test_table(void)
{
	struct packer k = { 0 }, v = { 0 }, again = { 0 };
	struct addr own = world_addr("10.1.0.1"), peer = world_addr("198.51.100.9");
	struct dealings *d;
	struct dealing *one = NULL;
	struct channel_key key = { 0 };
	struct unpacker uk, uv;
	struct subject *s;

	world_begin(&w, site_text, false);
	CU_ASSERT_FATAL(!dealings_new(&d));
	s = subjects_get(w.parts.subjects, &(struct sighting){ .addr = &own });
	for (uint32_t i = 0; i < 2 * DEALINGS_MAX; i++) {
		memcpy(&peer.bytes[8], &i, sizeof(i));
		group_key_ip(&key, &peer, 0, 0);
		one = dealings_get(d, s, &key, RULE_SEG_001);
		CU_ASSERT_FATAL(one != NULL);
		one->first_ns = one->last_ns = NOON + i;
		one->is_told = i == 7;
	}
	CU_ASSERT(dealings_counters(d)->forgotten >= DEALINGS_MAX);
	CU_ASSERT(dealings_counters(d)->live <= DEALINGS_MAX);
	memcpy(&peer.bytes[8], &(uint32_t){ 7 }, sizeof(uint32_t));
	group_key_ip(&key, &peer, 0, 0);
	one = dealings_find(d, s, &key);
	CU_ASSERT_FATAL(one != NULL);
	one->minutes = 5;
	one->told_minutes = 4;
	one->up = 1234567;
	one->n_services = 2;
	one->services[1] = (struct dealing_service){ IP_TCP, 445 };
	one->has_more_services = one->is_answered = one->told_large = true;
	one->contact.communities = 2;
	one->contact.port = 445;
	one->name = strdup("vendor.example");
	keyed_pack_key(&one->keyed, &k);
	dealing_pack(one, &v);
	dealings_free(d);
	CU_ASSERT_FATAL(!dealings_new(&d));
	uk = unpack_over(k.bytes, k.len);
	uv = unpack_over(v.bytes, v.len);
	CU_ASSERT(dealing_unpack(d, w.parts.subjects, &uk, &uv));
	one = dealings_find(d, s, &key);
	CU_ASSERT_FATAL(one != NULL);
	dealing_pack(one, &again);
	CU_ASSERT(again.len == v.len && !memcmp(again.bytes, v.bytes, v.len));
	uk = unpack_over(k.bytes, k.len);	/* it is there already */
	uv = unpack_over(v.bytes, v.len);
	CU_ASSERT_FALSE(dealing_unpack(d, w.parts.subjects, &uk, &uv));
	for (size_t cut = 0; cut < v.len; cut++) {
		dealings_free(d);
		CU_ASSERT_FATAL(!dealings_new(&d));
		uk = unpack_over(k.bytes, k.len);
		uv = unpack_over(v.bytes, cut);
		CU_ASSERT_FALSE(dealing_unpack(d, w.parts.subjects, &uk, &uv));
	}
	dealings_free(d);
	pack_free(&k);
	pack_free(&v);
	pack_free(&again);
	world_end(&w);
}

int main(void)
{
	CU_TestInfo segment[] = {
		{ "roles", test_roles }, { "whose segment", test_segments },
		{ "growth", test_growth }, { "who opened it", test_turned },
		{ "flood", test_flood }, { "a scan, and then a session", test_scan },
		{ "zones of one vendor", test_no_site },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo lateral[] = {
		{ "pairs", test_lateral }, { "attempt", test_attempt },
		{ "learned", test_learned }, { "accepted", test_accepted },
		{ "bytes", test_pair_bytes }, { "orders", test_order }, CU_TEST_INFO_NULL,
	};
	CU_TestInfo server[] = {
		{ "servers", test_servers }, { "unanswered", test_unanswered },
		{ "leases", test_leases }, { "names", test_names }, CU_TEST_INFO_NULL,
	};
	CU_TestInfo unnamed[] = {
		{ "named or not", test_unnamed }, { "the same minute", test_same_minute },
		{ "cannot be judged", test_cannot }, { "after a gap", test_blind },
		{ "names are too many", test_names_full }, { "what opens", test_opens },
		{ "asset's bytes", test_subject_bytes }, CU_TEST_INFO_NULL,
	};
	CU_TestInfo table[] = { { "table", test_table }, CU_TEST_INFO_NULL };
	CU_SuiteInfo suites[] = {
		{ "segment", NULL, NULL, NULL, NULL, segment },
		{ "lateral", NULL, NULL, NULL, NULL, lateral },
		{ "server", NULL, NULL, NULL, NULL, server },
		{ "unnamed", NULL, NULL, NULL, NULL, unnamed },
		{ "dealings", NULL, NULL, NULL, NULL, table }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
