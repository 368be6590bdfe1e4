/* test_slow.c - NW-EXF-011: thirty days of little upload. */
#include "analysis_world.h"
#include "pack.h"
#include "detect/slow.h"

#define MB 1000000ULL

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.20.1.0/24\"]}],"
	" \"assets\": [{\"id\": \"REV-1\", \"role\": \"review\", \"ip\": [\"10.20.1.11\"]},"
	"  {\"id\": \"REV-2\", \"role\": \"review\", \"ip\": [\"10.20.1.12\"]},"
	"  {\"id\": \"REV-3\", \"role\": \"review\", \"ip\": [\"10.20.1.13\"]}],"
	" \"expected\": [{\"id\": \"tele\", \"from\": {\"asset\": \"REV-3\"}, \"to\": {\"ip\":"
	"  [\"198.51.100.30\"]}}]}";

static struct world w;

static void send_at(uint64_t at, const char *client, const char *server, uint64_t up, uint64_t down)
{
	world_talk(&w, &(struct talk){ .client = client, .server = server, .at_ns = at, .up = up,
				       .down = down, .minutes = 5 });
}

/* "REV-1 prefix 203.0.113.0/24 3 (attached)", a line for each open one. */
static const char *incidents(void)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++) {
		const struct incident *in = incidents_at(w.parts.incidents, i);
		char value[GROUP_TEXT_MAX];

		if (in->rule == RULE_EXF_011 && in->is_open && len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s %s %u\n",
						in->subject->id, incident_group(in),
						incident_value(in, value), in->severity);
	}
	return text;
}

/* --- ledger and detector ----------------------------------------------------------- */

static void test_ring(void)
{
	struct ledger l = { .row = INT32_MIN };
	struct slow_facts f;

	for (int64_t row = 100; row < 160; row++)
		ledger_put(&l, row, 2048 * 1024, 1024);
	f = slow_look(&pack_params()->slow, &l);
	EQUAL_INT(f.up, 30 * 2048 * 1024);
	EQUAL_INT(f.down, 30 * 1024);
	EQUAL_INT(f.rows, 30);
	ledger_turn(&l, 180);		/* twenty silent rows and one */
	f = slow_look(&pack_params()->slow, &l);
	EQUAL_INT(f.up, 9 * 2048 * 1024);
	ledger_put(&l, 150, 1, 1);	/* too old: not in it any more */
	EQUAL_INT(slow_look(&pack_params()->slow, &l).up, 9 * 2048 * 1024);
	ledger_turn(&l, 10000);
	EQUAL_INT(slow_look(&pack_params()->slow, &l).up, 0);
}

static void test_detector(void)
{
	struct slow_facts f = { .up = 50 * MB, .down = 5 * MB, .largest = 10 * MB, .rows = 7 };

	CU_ASSERT(slow_is_one(&pack_params()->slow, &f));
	f.up--;
	CU_ASSERT_FALSE(slow_is_one(&pack_params()->slow, &f));
	f.up++;
	f.down = 12500000;		/* (50 - 12.5) / 62.5 = 0.6 */
	CU_ASSERT_FALSE(slow_is_one(&pack_params()->slow, &f));
	f.down = 12400000;
	CU_ASSERT(slow_is_one(&pack_params()->slow, &f));
	f.rows = 6;
	CU_ASSERT_FALSE(slow_is_one(&pack_params()->slow, &f));
	f.rows = 7;
	f.largest = 25 * MB + 1;
	CU_ASSERT_FALSE(slow_is_one(&pack_params()->slow, &f));
	f.up = 25 * MB;
	CU_ASSERT_FALSE(slow_is_over(&pack_params()->slow, &f));
	f.up--;
	CU_ASSERT(slow_is_over(&pack_params()->slow, &f));
	f = (struct slow_facts){ .sharers = 1, .role_assets = 1 };
	EQUAL_INT(slow_severity(&f, true), 3);
	EQUAL_INT(slow_severity(&f, false), 2);
	f = (struct slow_facts){ .sharers = 2, .role_assets = 4 };
	EQUAL_INT(slow_severity(&f, true), 2);
	f.role_assets = 5;
	EQUAL_INT(slow_severity(&f, true), 3);
}

/* --- weeks ------------------------------------------------------------------------- */

/* 5 MB a day: on the 10th day, once, at the network; a record when it has doubled. */
static void test_weeks(void)
{
	world_begin(&w, site_text, false);
	for (unsigned day = 0; day < 9; day++)
		send_at(NOON + day * DAY + day * HOUR, "10.20.1.11", "203.0.113.9", 5200000, 90000);
	world_run(&w, NOON + 9 * DAY + HOUR);
	EQUAL_TEXT(incidents(), "");
	for (unsigned day = 9; day < 19; day++)
		send_at(NOON + day * DAY + day * HOUR, "10.20.1.11",
			day % 2 ? "203.0.113.9" : "203.0.113.77", 5200000, 90000);
	world_run(&w, NOON + 10 * DAY);
	EQUAL_TEXT(incidents(), "REV-1 prefix 203.0.113.0/24 3\n");
	world_run(&w, NOON + 19 * DAY);
	EQUAL_TEXT(incidents(), "REV-1 prefix 203.0.113.0/24 3\n");
	/* Six weeks of silence: less than half is left on the way. */
	world_run(&w, NOON + 35 * DAY);
	EQUAL_TEXT(incidents(), "REV-1 prefix 203.0.113.0/24 3\n");
	world_run(&w, NOON + 46 * DAY);
	EQUAL_TEXT(incidents(), "");
	world_end(&w);
}

/* A name speaks before its network, and for it; a second network speaks for itself. */
static void test_name(void)
{
	const struct incident *in = NULL;

	world_begin(&w, site_text, false);
	for (unsigned day = 0; day < 12; day++) {
		world_talk(&w, &(struct talk){ .client = "10.20.1.11", .server = "203.0.113.9",
			.name = "upd.vendor.example", .at_ns = NOON + day * DAY + HOUR,
			.up = 6 * MB, .down = 1000 });
		send_at(NOON + day * DAY + 2 * HOUR, "10.20.1.11", "198.51.100.9", 6 * MB, 1000);
	}
	world_run(&w, NOON + 13 * DAY);
	EQUAL_TEXT(incidents(), "REV-1 domain vendor.example 3\n"
		   "REV-1 prefix 198.51.100.0/24 3\n");
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++)
		if (incidents_at(w.parts.incidents, i)->rule == RULE_EXF_011 && !in)
			in = incidents_at(w.parts.incidents, i);
	CU_ASSERT(in && strstr(in->attached, "prefix 203.0.113.0/24") != NULL);
	world_end(&w);
}

static void test_silent(void)
{
	world_begin(&w, site_text, false);
	/* One large day, or two; what comes back as much; what is expected; what stays inside. */
	send_at(NOON + HOUR, "10.20.1.11", "203.0.113.9", 5000 * MB, 1000);
	send_at(NOON + DAY, "10.20.1.11", "203.0.113.9", 5000 * MB, 1000);
	for (unsigned day = 0; day < 30; day++) {
		send_at(NOON + day * DAY, "10.20.1.12", "203.0.113.9", 6 * MB, 3 * MB);
		send_at(NOON + day * DAY, "10.20.1.13", "198.51.100.30", 6 * MB, 1000);
		send_at(NOON + day * DAY, "10.20.1.13", "10.30.0.9", 6 * MB, 1000);
		send_at(NOON + day * DAY, "10.20.1.13", "203.0.113.9", MB, 1000);
	}
	world_run(&w, NOON + 31 * DAY);
	EQUAL_TEXT(incidents(), "");
	world_end(&w);
}

static void test_role(void)
{
	world_begin(&w, site_text, false);
	for (unsigned day = 0; day < 12; day++) {
		send_at(NOON + day * DAY, "10.20.1.11", "203.0.113.9", 6 * MB, 1000);
		send_at(NOON + day * DAY, "10.20.1.12", "203.0.113.9", 5 * MB, 1000);
	}
	world_run(&w, NOON + 13 * DAY);
	EQUAL_TEXT(incidents(), "REV-1 prefix 203.0.113.0/24 2\nREV-2 prefix 203.0.113.0/24 2\n");
	world_end(&w);
}

/* --- the table ------------------------------------------------------------------------ */

static void test_table(void)
{
	struct addr own = world_addr("10.20.1.11"), other = world_addr("10.20.1.12");
	struct packer k = { 0 }, v = { 0 }, again = { 0 };
	struct channel_key key = { .is_external = 1 };
	struct unpacker uk, uv;
	struct ledgers *l;
	struct ledger *kept, *read;
	struct subject *a, *b;

	world_begin(&w, site_text, false);
	CU_ASSERT_FATAL(!ledgers_new(&l));
	a = subjects_get(w.parts.subjects, &(struct sighting){ .addr = &own });
	b = subjects_get(w.parts.subjects, &(struct sighting){ .addr = &other });
	group_key_domain(&key, "vendor.example");
	kept = ledgers_get(l, b, &key, "vendor.example");
	CU_ASSERT_FATAL(kept != NULL);
	for (int64_t row = 20000; row < 20040; row++)
		ledger_put(kept, row, (uint64_t)row * 1024, 2048);
	for (uint32_t i = 0; i < 2 * LEDGER_MAX; i++) {
		struct ledger *one;

		group_key_asn(&key, 64512 + i);
		one = ledgers_get(l, a, &key, NULL);
		CU_ASSERT_FATAL(one != NULL);
		ledger_put(one, 20039, 1000000 + i, 1);
	}
	CU_ASSERT(ledgers_forgotten(l) >= LEDGER_MAX);
	group_key_domain(&key, "vendor.example");
	key.subject = b->number;
	CU_ASSERT_PTR_EQUAL(ledgers_find(l, &key), kept);
	kept->is_told = true;
	keyed_pack_key(&kept->keyed, &k);
	ledger_pack(kept, &v);
	ledgers_free(l);
	CU_ASSERT_FATAL(!ledgers_new(&l));
	uk = unpack_over(k.bytes, k.len);
	uv = unpack_over(v.bytes, v.len);
	CU_ASSERT(ledger_unpack(l, w.parts.subjects, &uk, &uv));
	read = ledgers_find(l, &key);
	CU_ASSERT_FATAL(read != NULL);
	ledger_pack(read, &again);
	CU_ASSERT(again.len == v.len && !memcmp(again.bytes, v.bytes, v.len));
	ledgers_expire(l, 30000);
	CU_ASSERT_PTR_EQUAL(ledgers_find(l, &key), read);	/* told: it has still to resolve */
	read->is_told = false;
	ledgers_expire(l, 30001);
	CU_ASSERT_PTR_NULL(ledgers_find(l, &key));
	ledgers_free(l);
	pack_free(&k);
	pack_free(&v);
	pack_free(&again);
	world_end(&w);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "ring", test_ring }, { "detector", test_detector }, { "weeks", test_weeks },
		{ "name and network", test_name }, { "silent", test_silent },
		{ "a role's work", test_role }, { "table", test_table }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "slow", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
