/* test_dealings.c - who works with whom inside: NW-SEG-001 and 003; and the table of them all. */
#include "dealings_world.h"
#include "detect/segment.h"
#include "policy/roles.h"
#include "profile/profile_pack.h"

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
		{ "10.1.0.1", "10.2.0.1", 443, "IMG-A 10.2.0.1 4\n" },	/* it opens the other way */
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

/* A capture that begins in the middle of what an entry covers, whoever is taken for the client. */
static void test_entry_turned(void)
{
	for (int how = FLOW_CLIENT_SYN; how <= FLOW_CLIENT_FIRST; how++) {
		bool is_seen = how <= FLOW_CLIENT_SYNACK;

		for (int is_other = 0; is_other < 2; is_other++) {
			struct slice *s;

			world_begin(&w, site_text, false);
			world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = "10.2.0.1",
						       .at_ns = NOON + HOUR, .port = 50000,
						       .up = 70, .down = 30, .how = how });
			for (size_t i = 0; i < w.n; i++) {	/* its own port */
				s = &w.queue[i];
				s->id.key.a_port = is_other ? 80 : 443;
			}
			world_run(&w, NOON + 3 * HOUR);
			CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_001), is_seen || is_other ?
					       "IMG-A 10.2.0.1 4\n" : "");
			world_end(&w);
		}
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

/* A flood lasts as long as what it counts, each counted once, and one record a day. */
static void test_flood_lasts(void)
{
	const struct incident *flood;
	char peer[32];

	world_begin(&w, site_text, false);
	for (unsigned day = 0; day < 20; day++) {
		for (int i = 10; i < 60; i++) {
			snprintf(peer, sizeof(peer), "10.2.0.%d", i);
			world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = peer,
						       .port = 80, .is_unanswered = true,
						       .at_ns = NOON + day * DAY + HOUR });
		}
		world_run(&w, NOON + day * DAY + 2 * HOUR);
	}
	world_run(&w, NOON + 20 * DAY + HOUR);
	flood = flood_of(RULE_SEG_001);
	CU_ASSERT_FATAL(flood != NULL);
	EQUAL_INT(flood->opened_ns, NOON + HOUR + MIN);
	EQUAL_INT(flood->members, 50 - INCIDENT_PEERS_MAX);
	/* At 1, 2, 4 ... 32 of them, and in each of 19 further rows. */
	EQUAL_INT(flood->records, 6 + 19);
	EQUAL_INT(incidents_counters(w.parts.incidents)->opened, INCIDENT_PEERS_MAX + 1);
	world_run(&w, NOON + 35 * DAY + HOUR);
	CU_ASSERT_PTR_NULL(flood_of(RULE_SEG_001));
	world_end(&w);
}

/* A counted one that the table has forgotten is not counted again when it returns. */
static void test_flood_forgets(void)
{
	char peer[32];

	world_begin(&w, site_text, false);
	for (unsigned turn = 0; turn < 3; turn++) {
		size_t n;
		struct keyed **list;

		for (int i = 10; i < 60; i++) {
			snprintf(peer, sizeof(peer), "10.2.0.%d", i);
			world_talk(&w, &(struct talk){ .client = "10.1.0.1", .server = peer,
						       .port = 80, .is_unanswered = true,
						       .at_ns = NOON + (turn + 1) * HOUR });
		}
		world_run(&w, NOON + (turn + 2) * HOUR);
		list = dealings_sorted(w.parts.tallies.dealings, &n);
		EQUAL_INT(n, 50);
		for (size_t i = 0; i < n; i++)
			if (((struct dealing *)list[i])->is_flooded)
				dealings_remove(w.parts.tallies.dealings,
						(struct dealing *)list[i]);
		EQUAL_INT(flood_of(RULE_SEG_001)->members, 50 - INCIDENT_PEERS_MAX);
	}
	world_end(&w);
}

/* The same of destinations: attempts, and what is answered. */
static void test_destinations_last(void)
{
	for (int is_unanswered = 0; is_unanswered < 2; is_unanswered++) {
		char peer[32];

		world_begin(&w, site_text, false);
		for (unsigned day = 0; day < 20; day++) {
			for (int i = 10; i < 60; i++) {
				snprintf(peer, sizeof(peer), "198.18.%d.1", i);
				world_talk(&w, &(struct talk){ .client = "10.1.0.1",
					   .server = peer, .at_ns = LATER + day * DAY,
					   .up = is_unanswered ? 0 : 90,
					   .is_unanswered = is_unanswered });
			}
			world_run(&w, LATER + day * DAY + HOUR);
		}
		world_run(&w, LATER + 20 * DAY);
		CU_ASSERT_FATAL(flood_of(RULE_DST_001) != NULL);
		EQUAL_INT(flood_of(RULE_DST_001)->opened_ns, LATER + MIN);
		EQUAL_INT(flood_of(RULE_DST_001)->members, 50 - INCIDENT_PEERS_MAX);
		EQUAL_INT(flood_of(RULE_DST_001)->records, 6 + 19);
		world_run(&w, LATER + 35 * DAY);
		CU_ASSERT_PTR_NULL(flood_of(RULE_DST_001));
		world_end(&w);
	}
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

static void try_at(uint64_t at_ns, const char *client, const char *server, uint16_t port)
{
	world_talk(&w, &(struct talk){ .client = client, .server = server, .port = port,
				       .at_ns = at_ns, .is_unanswered = true });
}

/* An attempt of the first days is known as one; the session that follows it later is new, unless it
 * followed in the first days too. */
static void test_tried(void)
{
	for (int is_met = 0; is_met < 2; is_met++) {
		world_begin(&w, site_text, false);
		try_at(NOON + HOUR, "10.3.0.2", "10.1.0.3", 3389);
		if (is_met)
			talk_at(NOON + 2 * DAY, "10.3.0.2", "10.1.0.3", 3389);
		try_at(LATER, "10.3.0.2", "10.1.0.3", 3389);
		world_run(&w, LATER + HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), "");
		talk_at(LATER + 2 * HOUR, "10.3.0.2", "10.1.0.3", 3389);
		world_run(&w, LATER + 3 * HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_SEG_003), is_met ? "" :
				       "PC-N 10.1.0.3 3\n");
		world_end(&w);
	}
}

/* A sweep makes nothing forget what was met in the first days. */
static void test_sweep(void)
{
	char peer[32];

	world_begin(&w, site_text, false);
	talk_at(NOON + HOUR, "10.3.0.2", "10.1.0.3", 3389);
	world_talk(&w, &(struct talk){ .client = "10.3.0.2", .server = "203.0.113.9",
				       .at_ns = NOON + HOUR, .up = 90 });
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(peer, sizeof(peer), "10.7.%u.%u", i / 250, i % 250 + 1);
		try_at(LATER + i * NS_PER_SEC, "10.3.0.2", peer, 445);
	}
	world_run(&w, LATER + 2 * HOUR);
	CU_ASSERT(baseline_counters(w.parts.baseline)->live <= BASELINE_ATTEMPTS_MAX + 2);
	talk_at(LATER + 3 * HOUR, "10.3.0.2", "10.1.0.3", 3389);
	world_talk(&w, &(struct talk){ .client = "10.3.0.2", .server = "203.0.113.9",
				       .at_ns = LATER + 3 * HOUR, .up = 90 });
	world_run(&w, LATER + 4 * HOUR);
	CU_ASSERT_PTR_NULL(strstr(incidents(RULE_SEG_003), "10.1.0.3"));
	CU_ASSERT_STRING_EQUAL(incidents(RULE_DST_001), "");
	CU_ASSERT_PTR_NOT_NULL(flood_of(RULE_SEG_003));
	world_end(&w);
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
		{ "an entry from its middle", test_entry_turned },
		{ "flood", test_flood }, { "a flood lasts", test_flood_lasts },
		{ "a flood counts once", test_flood_forgets },
		{ "a flood of destinations lasts", test_destinations_last },
		{ "a scan, and then a session", test_scan },
		{ "zones of one vendor", test_no_site },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo lateral[] = {
		{ "pairs", test_lateral }, { "attempt", test_attempt },
		{ "learned", test_learned }, { "tried", test_tried }, { "sweep", test_sweep },
		{ "accepted", test_accepted }, { "bytes", test_pair_bytes },
		{ "orders", test_order }, CU_TEST_INFO_NULL,
	};
	CU_TestInfo table[] = { { "table", test_table }, CU_TEST_INFO_NULL };
	CU_SuiteInfo suites[] = {
		{ "segment", NULL, NULL, NULL, NULL, segment },
		{ "lateral", NULL, NULL, NULL, NULL, lateral },
		{ "dealings", NULL, NULL, NULL, NULL, table }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
