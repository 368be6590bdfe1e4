/* test_flips.c - a peer that was received from is sent to (NW-EXF-006): what a night was before,
 * what it is tonight, and what goes on. */
#include "dealings_world.h"
#include "detect/flip.h"
#include "pack.h"

#define MB 1000000
#define PEER "203.0.113.9"

static const char flip_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"A\", \"ip\": [\"10.1.0.1\"]},"
	"  {\"id\": \"B\", \"ip\": [\"10.1.0.2\"]}],"
	" \"expected\": [{\"id\": \"job\", \"from\": {\"asset\": \"B\"}, \"to\": {\"ip\":"
	"  [\"203.0.113.9\"]}, \"services\": [\"tcp/8443\"]}]}";

struct day {
	const char *client, *server, *name;
	uint64_t up, down;
	uint16_t port;
};

static void on_day(unsigned day, const struct day *d)
{
	world_talk(&w, &(struct talk){ .client = d->client ? d->client : "10.1.0.1",
		.server = d->server ? d->server : PEER, .port = d->port, .name = d->name,
		.at_ns = NOON + day * DAY + 2 * HOUR, .up = d->up, .down = d->down });
}

static void days(unsigned from, unsigned n, const struct day *d)
{
	for (unsigned i = 0; i < n; i++)
		on_day(from + i, d);
}

/* --- what is one ------------------------------------------------------------------------ */

static void test_judged(void)
{
	static const struct { struct flip_facts f; bool is_upload, was_download; } rows[] = {
		{ { 10 * MB, 0, 1, 1, 7, NULL, false }, true, true },
		{ { 10 * MB - 1, 0, 1, 1, 7, NULL, false }, false, true },
		{ { 10 * MB, MB / 2, 1, 1, 7, NULL, false }, false, true },
		{ { 10 * MB + 1, MB / 2, 1, 1, 7, NULL, false }, true, true },
		{ { 10 * MB, 0, 2, 1, 7, NULL, false }, true, false },
		{ { 10 * MB, 0, 199, 100, 7, NULL, false }, true, true },
		{ { 10 * MB, 0, 0, 100, 6, NULL, false }, true, false },
		{ { 10 * MB, 0, 0, 0, 63, NULL, false }, true, false },
	};
	const struct flip_params *p = &pack_params()->flip;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(flip_is_upload(p, &rows[i].f), rows[i].is_upload);
		CU_ASSERT_EQUAL(flip_was_download(p, &rows[i].f), rows[i].was_download);
	}
	EQUAL_INT(flip_severity(&rows[0].f, true, true), 3);
	EQUAL_INT(flip_severity(&rows[0].f, false, true), 2);
	EQUAL_INT(flip_severity(&rows[0].f, true, false), 2);
	EQUAL_INT(flip_severity(&(struct flip_facts){ .is_one_sided = true }, true, true), 2);
}

/* So many days of the first kind, then one of the second. */
static void test_days(void)
{
	static const struct { unsigned n; struct day before, then; const char *told; } rows[] = {
		{ 7, { .up = 9000, .down = MB }, { .up = 20 * MB, .down = 9000 },
		  "A 203.0.113.0/24 3\n" },
		{ 6, { .up = 9000, .down = MB }, { .up = 20 * MB, .down = 9000 }, "" },
		{ 7, { .up = 9000, .down = MB }, { .up = 20 * MB, .down = MB }, "" },
		{ 7, { .up = 9000, .down = MB }, { .up = 9 * MB, .down = 9000 }, "" },
		{ 7, { .up = 2 * MB, .down = MB }, { .up = 20 * MB, .down = 9000 }, "" },
		{ 7, { .up = 9000 }, { .up = 20 * MB }, "" },
		{ 0, { 0 }, { .up = 20 * MB, .down = 9000 }, "" },
		{ 9, { .client = "10.1.0.9", .down = MB }, { .client = "10.1.0.9", .up = 20 * MB },
		  "10.1.0.9 203.0.113.0/24 2\n" },
		{ 9, { .client = "10.1.0.2", .down = MB },
		  { .client = "10.1.0.2", .up = 20 * MB, .port = 8443 }, "" },
		{ 9, { .client = "10.1.0.2", .down = MB },
		  { .client = "10.1.0.2", .up = 20 * MB }, "B 203.0.113.0/24 3\n" },
		/* Another address of the network; who opens the connection does not matter. */
		{ 9, { .down = MB }, { .server = "203.0.113.77", .up = 20 * MB },
		  "A 203.0.113.0/24 3\n" },
		{ 9, { .down = MB }, { .client = PEER, .server = "10.1.0.1", .down = 20 * MB },
		  "A 203.0.113.0/24 3\n" },
		{ 9, { .down = MB }, { .server = "10.9.0.1", .up = 20 * MB }, "" },
		/* Another network under the same domain. */
		{ 9, { .down = MB, .name = "a.vendor.example" },
		  { .server = "192.0.2.9", .up = 20 * MB, .name = "b.vendor.example" },
		  "A vendor.example 3\n" },
		{ 9, { .down = MB, .name = "a.vendor.example" },
		  { .up = 20 * MB, .name = "b.vendor.example" }, "A 203.0.113.0/24 3\n" },
		{ 9, { .down = MB, .name = "a.vendor.example" },
		  { .server = "192.0.2.9", .up = 20 * MB, .name = "b.other.example" }, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, flip_text, false);
		days(0, rows[i].n, &rows[i].before);
		on_day(rows[i].n, &rows[i].then);
		world_run(&w, NOON + rows[i].n * DAY + 23 * HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_006), "");
		world_run(&w, NOON + (rows[i].n + 1) * DAY);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_006), rows[i].told);
		world_end(&w);
	}
}

/* --- what goes on ------------------------------------------------------------------------ */

static const struct incident *own(void)
{
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++)
		if (incidents_at(w.parts.incidents, i)->rule == RULE_EXF_006)
			return incidents_at(w.parts.incidents, i);
	return NULL;
}

/* What was told has moved the sum: the next night is one all the same, and a return after the
 * incident has ended is a new one. */
static void test_goes_on(void)
{
	const struct day leak = { .up = 20 * MB, .down = 9000 };

	world_begin(&w, flip_text, false);
	days(0, 8, &(struct day){ .up = 9000, .down = MB });
	days(8, 2, &leak);
	world_run(&w, NOON + 10 * DAY);
	CU_ASSERT_FATAL(own() != NULL);
	EQUAL_INT(own()->records, 2);
	EQUAL_INT(own()->nights, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_EXF_006), "on an earlier day too"));
	world_run(&w, NOON + 23 * DAY);
	CU_ASSERT(own()->is_open);
	world_run(&w, NOON + 24 * DAY);
	CU_ASSERT_FALSE(own()->is_open);
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_EXF_006), "Closed: "));
	on_day(30, &leak);
	world_run(&w, NOON + 31 * DAY);
	CU_ASSERT(own()->is_open);
	CU_ASSERT(own()->previous[0] != '\0');
	world_end(&w);
}

/* Live, with a side of the tap down for a while. */
static void test_one_sided(void)
{
	struct coverage *c;

	world_begin(&w, flip_text, false);
	CU_ASSERT_FATAL(!coverage_new(&c));
	w.context.coverage = c;
	coverage_blind(c, NOON + 8 * DAY + HOUR, NOON + 8 * DAY + 3 * HOUR, COVERAGE_ONE_SIDED);
	days(0, 8, &(struct day){ .up = 9000, .down = MB });
	on_day(8, &(struct day){ .up = 20 * MB });
	world_run(&w, NOON + 9 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_006), "A 203.0.113.0/24 2\n");
	world_end(&w);
	coverage_free(c);
}

/* Many networks: beyond 16 they are counted into one. */
static void test_flood(void)
{
	char addr[32];

	world_begin(&w, flip_text, false);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(addr, sizeof(addr), "198.18.%u.9", i);
		days(0, 8, &(struct day){ .server = addr, .down = MB });
		on_day(8, &(struct day){ .server = addr, .up = 20 * MB });
	}
	world_run(&w, NOON + 9 * DAY);
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_EXF_006), "further networks"));
	EQUAL_INT(incidents_counters(w.parts.incidents)->flooded, 24);
	world_run(&w, NOON + 30 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_006), "");
	world_end(&w);
}

int main(void)
{
	CU_TestInfo flips[] = {
		{ "judged", test_judged }, { "days", test_days }, { "goes on", test_goes_on },
		{ "one side", test_one_sided }, { "flood", test_flood }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "flips", NULL, NULL, NULL, NULL, flips }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
