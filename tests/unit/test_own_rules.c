/* test_own_rules.c - rules of the site's own over whole conversations: what they are about, how
 * often they speak, what ends them; and entries that suppress findings. */
#include "analysis_world.h"
#include "alert/incident_pack.h"
#include "base/log.h"
#include "profile/profile_pack.h"
#include "policy/own_rule.h"
#include "policy/suppress.h"

#define HEAD "{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"]," \
	" \"closed_hours\": [{\"days\": \"mon-sun\", \"from\": \"22:00\", \"to\": \"05:00\"}]}," \
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.20.1.0/24\"]}," \
	" {\"id\": \"desk\", \"networks\": [\"10.20.2.0/24\"]}]," \
	" \"assets\": [{\"id\": \"IMG\", \"role\": \"image_server\", \"ip\": [\"10.20.1.11\"]}," \
	" {\"id\": \"PLC\", \"role\": \"plc\", \"ip\": [\"10.20.1.41\"]}," \
	" {\"id\": \"DESK\", \"role\": \"review\", \"ip\": [\"10.20.2.21\"]}]"
#define TEST(field, op, value) \
	"{\"field\": \"" field "\", \"op\": \"" op "\", \"value\": " value "}"
#define RULES_OF(match, more) HEAD ", \"rules\": {\"OWN-1\": {\"name\": \"Own\", " \
	"\"severity\": 4, \"match\": " match more "}}}"

static struct world w;

/* "open OWN-1 IMG ip 203.0.113.9 4 xN\n" of every incident. */
static const char *incidents(void)
{
	static char text[8192];
	char value[GROUP_TEXT_MAX];

	text[0] = '\0';
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++) {
		const struct incident *in = incidents_at(w.parts.incidents, i);
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s%s %s %s %s %s %u x%llu\n",
			 in->suppressed, in->is_open ? "open" : "closed", incident_rule_id(in),
			 in->subject->id, incident_group(in), incident_value(in, value),
			 in->severity, (unsigned long long)in->count);
	}
	return text;
}

static void say(const char *client, const char *server, uint16_t port, uint64_t at_ns,
		unsigned minutes)
{
	world_talk(&w, &(struct talk){ .client = client, .server = server, .port = port,
				       .at_ns = at_ns, .minutes = minutes, .up = 1000 * minutes,
				       .down = 100 * minutes });
}

/* One incident for asset and address, whatever the services; it counts minutes. */
static void one_for_asset_and_address(void)
{
	world_begin(&w, RULES_OF(TEST("destination.role", "eq", "\"plc\""), ""), false);
	say("10.20.2.21", "10.20.1.41", 502, NOON + HOUR, 3);
	say("10.20.2.21", "10.20.1.41", 102, NOON + 2 * HOUR, 2);
	say("10.20.1.11", "10.20.1.41", 502, NOON + 2 * HOUR, 1);	/* within a zone */
	say("10.20.2.21", "10.20.1.11", 443, NOON + 2 * HOUR, 9);
	world_run(&w, NOON + 3 * HOUR);
	EQUAL_TEXT(incidents(), "open OWN-1 DESK ip 10.20.1.41 4 x5\n"
		   "open OWN-1 IMG ip 10.20.1.41 4 x1\n");
	EQUAL_INT(incidents_at(w.parts.incidents, 0)->up, 5000);
	EQUAL_INT(incidents_at(w.parts.incidents, 0)->first_ns, NOON + HOUR);
	world_end(&w);
}

/* Who was called from outside is the asset; source is who called. */
static void opened_from_outside(void)
{
	world_begin(&w, RULES_OF("{\"and\": [" TEST("network.direction", "eq", "\"inbound\"") ", "
		    TEST("source.asset", "exists", "false") ", "
		    TEST("destination.port", "eq", "22") "]}", ""), false);
	say("203.0.113.9", "10.20.1.11", 22, NOON + HOUR, 1);
	say("10.20.1.11", "203.0.113.9", 22, NOON + 2 * HOUR, 1);
	world_run(&w, NOON + 3 * HOUR);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x1\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(incident_message(incidents_at(w.parts.incidents, 0)),
				      "IMG (image_server) was reached from 203.0.113.9, which"));
	EQUAL_TEXT(incident_line(incidents_at(w.parts.incidents, 0), 0),
		   "What held in the last minute: destination.port 22, network.direction inbound.");
	world_end(&w);
}

static void windows_and_closed_hours(void)
{
	world_begin(&w, RULES_OF(TEST("destination.port", "eq", "443"), ", \"window\": {\"days\": "
		    "\"sat\", \"from\": \"23:30\", \"to\": \"00:30\"}"), false);
	say("10.20.1.11", "203.0.113.9", 443, NOON + 11 * HOUR + 20 * MIN, 20);	/* Saturday */
	say("10.20.1.11", "203.0.113.9", 443, NOON + 12 * HOUR + 25 * MIN, 10);	/* Sunday */
	say("10.20.1.11", "203.0.113.9", 443, NOON + 36 * HOUR, 10);
	world_run(&w, NOON + 2 * DAY);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x15\n");
	world_end(&w);
	world_begin(&w, RULES_OF(TEST("flow.closed_hours", "eq", "true"), ""), false);
	say("10.20.1.11", "203.0.113.9", 443, NOON + 9 * HOUR + 55 * MIN, 10);
	world_run(&w, NOON + DAY);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x5\n");
	world_end(&w);
}

static void channels_are_asked_too(void)
{
	world_begin(&w, RULES_OF("{\"and\": [" TEST("channel.up", "ge", "5000") ", "
		    TEST("channel.days", "ge", "1") "]}", ""), false);
	say("10.20.1.11", "203.0.113.9", 443, NOON + HOUR, 10);
	say("10.20.1.11", "203.0.113.9", 443, NOON + 26 * HOUR, 1);
	say("10.20.1.11", "203.0.113.77", 443, NOON + 26 * HOUR, 10);
	world_run(&w, NOON + 2 * DAY);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x1\n");
	world_end(&w);
}

/* Records when the count has grown eightfold and in a new row; a month of it is few records. */
static void it_speaks_seldom(void)
{
	world_begin(&w, RULES_OF(TEST("destination.port", "eq", "443"), ""), false);
	say("10.20.1.11", "203.0.113.9", 443, NOON + HOUR, 600);
	world_run(&w, NOON + 20 * HOUR);
	EQUAL_INT(incidents_at(w.parts.incidents, 0)->records, 4);	/* 1, 8, 64, 512 */
	say("10.20.1.11", "203.0.113.9", 443, NOON + 25 * HOUR, 60);
	world_run(&w, NOON + 2 * DAY);
	EQUAL_INT(incidents_at(w.parts.incidents, 0)->records, 5);
	EQUAL_INT(incidents_at(w.parts.incidents, 0)->nights, 2);
	/* Fourteen rows of silence end it, and a return is a new one. */
	world_run(&w, NOON + 15 * DAY + HOUR);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x660\n");
	world_run(&w, NOON + 16 * DAY + HOUR);
	EQUAL_TEXT(incidents(), "closed OWN-1 IMG ip 203.0.113.9 4 x660\n");
	say("10.20.1.11", "203.0.113.9", 443, NOON + 17 * DAY, 1);
	world_run(&w, NOON + 18 * DAY);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x1\n");
	CU_ASSERT(incidents_at(w.parts.incidents, 0)->previous[0]);
	world_end(&w);
}

/* A scan is one incident with a count. */
static void a_flood(void)
{
	struct packer p = { 0 }, back = { 0 };
	uint8_t key[INCIDENT_KEY_LEN];
	const struct incident *flood;
	struct incidents *again;
	char server[32];

	world_begin(&w, RULES_OF(TEST("destination.port", "eq", "23"), ""), false);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(server, sizeof(server), "198.51.100.%u", i + 1);
		say("10.20.1.11", server, 23, NOON + HOUR + i * MIN, 1);
	}
	world_run(&w, NOON + 5 * HOUR);
	EQUAL_INT(incidents_count(w.parts.incidents), INCIDENT_PEERS_MAX + 1);
	flood = incidents_at(w.parts.incidents, INCIDENT_PEERS_MAX);
	CU_ASSERT(flood->is_any);
	EQUAL_INT(flood->count, 200 - INCIDENT_PEERS_MAX);
	EQUAL_INT(flood->members, 200 - INCIDENT_PEERS_MAX);
	for (unsigned i = 0; i < 200; i++) {	/* the same ones again: 184 addresses still */
		snprintf(server, sizeof(server), "198.51.100.%u", i + 1);
		say("10.20.1.11", server, 23, NOON + DAY + i * MIN, 1);
	}
	world_run(&w, NOON + DAY + 5 * HOUR);
	EQUAL_INT(flood->members, 200 - INCIDENT_PEERS_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(incident_message(flood), "holds for 184 further addresses"));
	/* A restart knows whom it has counted. */
	CU_ASSERT_FATAL(!incidents_new(&w.context, NULL, NULL, &again));
	incident_pack(flood, &p);
	incident_pack_key(flood->number, key);
	for (size_t cut = p.len - INCIDENT_SEEN_BITS / 8 - 1; cut < p.len; cut += 100)
		CU_ASSERT_FALSE(incident_unpack(again, w.parts.subjects, key, p.bytes, cut));
	CU_ASSERT_FATAL(incident_unpack(again, w.parts.subjects, key, p.bytes, p.len));
	flood = incidents_at(again, 0);
	EQUAL_INT(flood->members, 200 - INCIDENT_PEERS_MAX);
	incident_pack(flood, &back);
	CU_ASSERT(back.len == p.len && !memcmp(back.bytes, p.bytes, p.len));
	incidents_free(again);
	pack_free(&p);
	pack_free(&back);
	world_end(&w);
}

/* A busy rule takes no place from another one. */
static void a_busy_rule_hides_no_other(void)
{
	char server[32];

	world_begin(&w, HEAD ", \"rules\": {"
		    "\"OWN-1\": {\"name\": \"A\", \"severity\": 2, \"match\": "
		    TEST("destination.port", "eq", "23") "},"
		    "\"OWN-2\": {\"name\": \"B\", \"severity\": 5, \"match\": "
		    TEST("destination.port", "eq", "22") "}}}", false);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(server, sizeof(server), "198.51.100.%u", i + 1);
		say("10.20.1.11", server, 23, NOON + HOUR + i * MIN, 1);
	}
	say("10.20.1.11", "203.0.113.9", 22, NOON + 3 * HOUR, 1);
	world_run(&w, NOON + 5 * HOUR);
	EQUAL_INT(incidents_count(w.parts.incidents), INCIDENT_PEERS_MAX + 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(incidents(), "open OWN-1 IMG any * 2 x24\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(incidents(), "open OWN-2 IMG ip 203.0.113.9 5 x1\n"));
	/* Places of a rule are free again when its incidents have ended. */
	world_run(&w, NOON + 20 * DAY);
	CU_ASSERT_PTR_NULL(strstr(incidents(), "open"));
	say("10.20.1.11", "203.0.113.10", 23, NOON + 20 * DAY + HOUR, 1);
	world_run(&w, NOON + 20 * DAY + 2 * HOUR);
	CU_ASSERT_PTR_NOT_NULL(strstr(incidents(), "open OWN-1 IMG ip 203.0.113.10 2 x1\n"));
	world_end(&w);
}

/* Two rules, one of them off; and one that is asked of the state is there again with its count. */
static void several_rules_and_the_state(void)
{
	static const char text[] = HEAD ", \"rules\": {"
		"\"OWN-1\": {\"name\": \"A\", \"severity\": 2, \"match\": "
		TEST("destination.port", "eq", "443") "},"
		"\"OWN-2\": {\"name\": \"B\", \"severity\": 5, \"match\": "
		TEST("destination.port", "ge", "443") "},"
		"\"OWN-3\": {\"name\": \"C\", \"severity\": 5, \"enabled\": false, \"match\": "
		TEST("destination.port", "ge", "443") "}}}";
	struct incidents *again;
	struct packer p = { 0 };
	uint8_t key[INCIDENT_KEY_LEN];

	world_begin(&w, text, false);
	say("10.20.1.11", "203.0.113.9", 443, NOON + HOUR, 5);
	world_run(&w, NOON + 2 * HOUR);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 2 x5\n"
		   "open OWN-2 IMG ip 203.0.113.9 5 x5\n");
	CU_ASSERT_FATAL(!incidents_new(&w.context, NULL, NULL, &again));
	for (uint32_t i = 0; i < 2; i++) {
		pack_reset(&p);
		incident_pack(incidents_at(w.parts.incidents, i), &p);
		incident_pack_key(incidents_at(w.parts.incidents, i)->number, key);
		CU_ASSERT(incident_unpack(again, w.parts.subjects, key, p.bytes, p.len));
	}
	EQUAL_INT(incidents_count(again), 2);
	EQUAL_TEXT(incident_rule_id(incidents_at(again, 1)), "OWN-2");
	EQUAL_INT(incidents_at(again, 1)->count, 5);
	EQUAL_INT(incidents_at(again, 1)->last_ns, incidents_at(w.parts.incidents, 1)->last_ns);
	incidents_free(again);
	pack_free(&p);
	world_end(&w);
}

/* --- suppression ----------------------------------------------------------- */

#define WITH(entries) HEAD ", \"rules\": {\"OWN-1\": {\"name\": \"Own\", \"severity\": 4, " \
	"\"match\": " TEST("destination.port", "ge", "22") "}}, \"suppress\": [" entries "]}"
#define WHY ", \"reason\": \"known, CHG-1\", \"owner\": \"storage\", \"expires\": "

static void only_what_the_entry_says(void)
{
	static const struct { const char *entry; const char *open; } all[] = {
		{ "{\"id\": \"a\", \"rule\": \"OWN-1\"" WHY "\"2027-01-01\"}", "" },
		{ "{\"id\": \"a\", \"rule\": \"OWN-1\", \"asset\": \"PLC\"" WHY "\"2027-01-01\"}",
		  "DESK IMG " },
		{ "{\"id\": \"a\", \"rule\": \"NW-DST-001\"" WHY "\"2027-01-01\"}",
		  "DESK IMG PLC " },
		{ "{\"id\": \"a\", \"rule\": \"OWN-1\", \"destination\": {\"ip\": "
		  "[\"203.0.113.0/29\"]}" WHY "\"2027-01-01\"}", "IMG PLC " },
		{ "{\"id\": \"a\", \"rule\": \"OWN-1\", \"destination\": {\"domain\": "
		  "\"*.vendor.example\"}" WHY "\"2027-01-01\"}", "DESK PLC " },
		{ "{\"id\": \"a\", \"rule\": \"OWN-1\", \"services\": [\"tcp/22\"]" WHY
		  "\"2027-01-01\"}", "DESK IMG " },
		{ "{\"id\": \"a\", \"rule\": \"OWN-1\", \"window\": {\"days\": \"sat\", \"from\": "
		  "\"12:30\", \"to\": \"13:30\"}" WHY "\"2027-01-01\"}", "IMG PLC " },
		{ "{\"id\": \"a\", \"rule\": \"OWN-1\"" WHY "\"2026-01-09\"}", "DESK IMG PLC " },
		{ "{\"id\": \"a\", \"rule\": \"OWN-1\"" WHY "\"2026-01-10\"}", "" },
	};

	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
		char text[4096], open[256] = "";

		snprintf(text, sizeof(text), WITH("%s"), all[k].entry);
		world_begin(&w, text, false);
		say("10.20.2.21", "203.0.113.1", 443, NOON + HOUR, 1);
		world_talk(&w, &(struct talk){ .client = "10.20.1.11", .server = "203.0.113.9",
			.name = "upd.vendor.example", .at_ns = NOON + 2 * HOUR, .up = 10 });
		say("10.20.1.41", "203.0.113.9", 22, NOON + 2 * HOUR + MIN, 1);
		world_run(&w, NOON + 3 * HOUR);
		for (size_t i = 0; i < incidents_count(w.parts.incidents); i++) {
			const struct incident *in = incidents_at(w.parts.incidents, i);

			if (in->rule == RULE_OWN && !in->suppressed[0])
				snprintf(open + strlen(open), sizeof(open) - strlen(open), "%s ",
					 in->subject->id);
			EQUAL_INT(in->suppressed[0] ? in->severity : 1, 1);
		}
		EQUAL_TEXT(open, all[k].open);
		world_end(&w);
	}
}

/* Of groups only what the whole of them lies in. */
static void groups_are_covered_whole(void)
{
	static const char text[] = WITH(
		"{\"id\": \"net\", \"rule\": \"NW-EXF-001\", \"destination\": {\"ip\": "
		"[\"203.0.112.0/23\", \"198.51.100.9\"]}" WHY "\"2027-01-01\"},"
		"{\"id\": \"name\", \"rule\": \"NW-EXF-001\", \"destination\": {\"domain\": "
		"\"*.vendor.example\"}" WHY "\"2027-01-01\"},"
		"{\"id\": \"both\", \"rule\": \"NW-EXF-001\", \"destination\": {\"domain\": "
		"\"a.example\", \"ip\": [\"203.0.114.0/24\"]}" WHY "\"2027-01-01\"}");
	struct suppress_query q = { .rule = "NW-EXF-001", .asset = "IMG", .service = "",
				    .country = "", .judged_ns = NOON,
				    .from_ns = NOON, .to_ns = NOON };
	const struct suppression *e;

	world_begin(&w, text, false);
	q.about = SUPPRESS_NETWORK;
	q.name = "";
	CU_ASSERT(cidr_parse("203.0.113.0/24", &q.network));
	e = suppress_find(w.site, &q);
	CU_ASSERT(e && !strcmp(e->id, "net"));
	CU_ASSERT(cidr_parse("198.51.100.0/24", &q.network));
	CU_ASSERT_PTR_NULL(suppress_find(w.site, &q));
	CU_ASSERT(cidr_parse("203.0.114.0/24", &q.network));
	CU_ASSERT_PTR_NULL(suppress_find(w.site, &q));
	q.about = SUPPRESS_DOMAIN;
	q.name = "vendor.example";
	e = suppress_find(w.site, &q);
	CU_ASSERT(e && !strcmp(e->id, "name"));
	q.name = "othervendor.example";
	CU_ASSERT_PTR_NULL(suppress_find(w.site, &q));
	q.name = "a.example";
	CU_ASSERT_PTR_NULL(suppress_find(w.site, &q));
	q.about = SUPPRESS_ANY;
	CU_ASSERT_PTR_NULL(suppress_find(w.site, &q));
	q.about = SUPPRESS_ADDRESS;
	CU_ASSERT(cidr_parse("203.0.114.7", &q.network));
	e = suppress_find(w.site, &q);
	CU_ASSERT(e && !strcmp(e->id, "both"));
	world_end(&w);
}

/* While it counts, and after; what was told in between ends as what it was. */
static void an_entry_expires(void)
{
	static const char text[] = WITH("{\"id\": \"a\", \"rule\": \"OWN-1\"" WHY
					"\"2026-01-11\"}");
	const struct incident *in;

	world_begin(&w, text, false);
	for (unsigned day = 0; day < 2; day++)
		say("10.20.1.11", "203.0.113.9", 443, NOON + day * DAY + HOUR, 2);
	world_run(&w, NOON + 2 * DAY - HOUR);
	EQUAL_TEXT(incidents(), "aopen OWN-1 IMG ip 203.0.113.9 1 x4\n");
	EQUAL_INT(incidents_counters(w.parts.incidents)->suppressed, 4);
	in = incidents_at(w.parts.incidents, 0);
	EQUAL_TEXT(incident_line(in, 0), "Suppressed by the site policy, entry a: known, CHG-1 "
		   "(owner storage, until 2026-01-11).");
	/* No packet comes that would find it anew: it is told all the same, once. */
	world_run(&w, NOON + 2 * DAY + HOUR / 2);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x4\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(incident_message(in),
				      "Not suppressed any more, told as it was seen: "));
	EQUAL_INT(in->records, 1);	/* an incident of its own */
	CU_ASSERT(in->previous[0]);
	for (unsigned day = 2; day < 4; day++)
		say("10.20.1.11", "203.0.113.9", 443, NOON + day * DAY + HOUR, 2);
	world_run(&w, NOON + 4 * DAY);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x8\n");
	EQUAL_INT(in->records, 4);	/* two more nights; it has grown eightfold */
	EQUAL_INT(incidents_counters(w.parts.incidents)->resolved, 1);
	EQUAL_INT(incidents_counters(w.parts.incidents)->opened, 2);
	world_end(&w);
}

/* Another policy: what is open and suppressed now ends with its reason, what is switched off
 * too; and the flood of the suppressed is beside that of the others. */
static void a_policy_that_changed(void)
{
	static const char text[] = WITH("{\"id\": \"a\", \"rule\": \"OWN-1\", \"asset\": \"IMG\""
					WHY "\"2027-01-01\"}");
	struct suppression *entries;
	size_t n;

	world_begin(&w, text, false);
	entries = w.site->suppress;
	n = w.site->n_suppress;
	w.site->n_suppress = 0;
	say("10.20.1.11", "203.0.113.9", 443, NOON + HOUR, 2);
	say("10.20.2.21", "203.0.113.9", 443, NOON + HOUR, 2);
	world_run(&w, NOON + 2 * HOUR);
	EQUAL_TEXT(incidents(), "open OWN-1 IMG ip 203.0.113.9 4 x2\n"
		   "open OWN-1 DESK ip 203.0.113.9 4 x2\n");
	w.site->suppress = entries;
	w.site->n_suppress = n;
	analysis_review(w.analysis);
	EQUAL_TEXT(incidents(), "closed OWN-1 IMG ip 203.0.113.9 4 x2\n"
		   "open OWN-1 DESK ip 203.0.113.9 4 x2\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(incident_message(incidents_at(w.parts.incidents, 0)),
				      "Closed, suppressed by the site policy from now on: "));
	say("10.20.1.11", "203.0.113.9", 443, NOON + 3 * HOUR, 2);
	world_run(&w, NOON + 4 * HOUR);
	EQUAL_TEXT(incidents(), "aopen OWN-1 IMG ip 203.0.113.9 1 x2\n"
		   "open OWN-1 DESK ip 203.0.113.9 4 x2\n");
	w.site->own[0].rule.is_disabled = true;
	analysis_review(w.analysis);
	EQUAL_TEXT(incidents(), "aclosed OWN-1 IMG ip 203.0.113.9 1 x2\n"
		   "closed OWN-1 DESK ip 203.0.113.9 4 x2\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(incident_message(incidents_at(w.parts.incidents, 1)),
				      "Closed, the rule is switched off: "));
	world_end(&w);
}

/* However many are suppressed: the others keep their places. */
static void suppressed_ones_take_no_place(void)
{
	static const char text[] = WITH("{\"id\": \"a\", \"rule\": \"OWN-1\", \"destination\": "
					"{\"ip\": [\"198.51.100.0/24\"]}" WHY "\"2027-01-01\"}");
	size_t own = 0, floods = 0;
	char server[32];

	world_begin(&w, text, false);
	for (unsigned i = 0; i < 60; i++) {
		snprintf(server, sizeof(server), "198.51.100.%u", i + 1);
		say("10.20.1.11", server, 23, NOON + HOUR + i * MIN, 1);
	}
	for (unsigned i = 0; i < 10; i++) {
		snprintf(server, sizeof(server), "203.0.113.%u", i + 1);
		say("10.20.1.11", server, 23, NOON + 3 * HOUR + i * MIN, 1);
	}
	world_run(&w, NOON + 5 * HOUR);
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++) {
		const struct incident *in = incidents_at(w.parts.incidents, i);

		own += !in->is_any && !in->suppressed[0];
		floods += in->is_any && in->suppressed[0];
		CU_ASSERT(!in->is_any || in->suppressed[0]);
	}
	EQUAL_INT(own, 10);
	EQUAL_INT(floods, 1);
	EQUAL_INT(incidents_count(w.parts.incidents), 10 + INCIDENT_PEERS_MAX + 1);
	world_end(&w);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "one for asset and address", one_for_asset_and_address },
		{ "opened from outside", opened_from_outside },
		{ "windows and closed hours", windows_and_closed_hours },
		{ "channels are asked too", channels_are_asked_too },
		{ "it speaks seldom", it_speaks_seldom },
		{ "a flood", a_flood },
		{ "a busy rule hides no other", a_busy_rule_hides_no_other },
		{ "several rules, and the state", several_rules_and_the_state },
		{ "only what the entry says", only_what_the_entry_says },
		{ "groups are covered whole", groups_are_covered_whole },
		{ "an entry expires", an_entry_expires },
		{ "a policy that changed", a_policy_that_changed },
		{ "suppressed ones take no place", suppressed_ones_take_no_place },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "own rules", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	log_set_level(LOG_LEVEL_ERR);
	return tap_main(suites);
}
