/* test_attestor.c - days become attestations: what makes one clean, not clean or invalid, what is
 * listed, what is bounded, and that it is one chain. */
#include "analysis_world.h"
#include "alert/attest_check.h"
#include "alert/attest_record.h"
#include "profile/coverage.h"

#define MIDNIGHT (1768003200 * NS_PER_SEC)	/* Saturday 2026-01-10T00:00Z */
#define RECORDS_MAX 512

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.1.0.0/24\"]},"
	"  {\"id\": \"archive\", \"networks\": [\"10.2.0.0/24\"]}],"
	" \"assets\": [{\"id\": \"A\", \"ip\": [\"10.1.0.1\"]}, {\"id\": \"B\", \"ip\":"
	"  [\"10.2.0.1\"]}],"
	" \"expected\": [{\"id\": \"sync\", \"from\": {\"asset\": \"A\"}, \"to\":"
	"  {\"asset\": \"B\"}, \"services\": [\"tcp/443\"], \"window\": {\"days\":"
	"  \"mon-sun\", \"from\": \"01:00\", \"to\": \"03:00\"}}]}";

static struct world w;
static int sink;
static json_t *records[RECORDS_MAX];
static size_t n_records;
static unsigned problems;

static void begin(uint64_t first_ns)
{
	memset(&w, 0, sizeof(w));
	n_records = 0;
	CU_ASSERT_FATAL(!site_parse("test", site_text, strlen(site_text), &w.site));
	CU_ASSERT_FATAL(!tz_use(w.site->timezone) && !outbox_new(&w.outbox));
	sink = outbox_add_sink(w.outbox, "test");
	w.context = (struct alert_context){ .site = w.site, .sensor = "nw-1", .attests = true };
	CU_ASSERT_FATAL(!coverage_new(&w.context.coverage));
	CU_ASSERT_FATAL(!analysis_new(&(struct analysis_config){ .context = &w.context,
				      .outbox = w.outbox }, &w.analysis));
	analysis_parts(w.analysis, &w.parts);
	analysis_start(w.analysis, first_ns);
}

static void take_problem(void *arg, const struct attest_problem *p)
{
	(void)arg;
	printf("# %s: %s\n", p->date, p->text);
	problems++;
}

/* The attestations so far, which must be one chain that is whole. */
static void collect(void)
{
	struct attest_check check = { .problem = take_problem };
	const struct record *list[64];
	bool closed;
	size_t n;

	problems = 0;
	while ((n = outbox_peek(w.outbox, sink, list, 64, 0, &closed))) {
		for (size_t i = 0; i < n; i++) {
			if (list[i]->kind != RECORD_ATTESTATION)
				continue;
			CU_ASSERT_FATAL(n_records < RECORDS_MAX);
			attest_check_line(&check, "t", n_records + 1, list[i]->json,
					  list[i]->json_len);
			records[n_records++] = json_loads(list[i]->json, 0, NULL);
		}
		outbox_taken(w.outbox, sink, n);
	}
	EQUAL_INT(problems, 0);
	EQUAL_INT(check.days, n_records);
}

static void end(void)
{
	for (size_t i = 0; i < n_records; i++)
		json_decref(records[i]);
	for (size_t i = 0; i < w.n; i++)
		slice_clear(&w.queue[i]);
	free(w.queue);
	analysis_free(w.analysis);
	outbox_give_up(w.outbox, sink);
	outbox_free(w.outbox);
	coverage_free(w.context.coverage);
	site_free(w.site);
}

static json_t *body(size_t i)
{
	json_t *own = json_object_get(records[i], "nachtwacht");

	CU_ASSERT_FATAL(i < n_records);
	return json_object_get(own, "attestation");
}

static const char *verdict(size_t i)
{
	return json_string_value(json_object_get(body(i), "verdict"));
}

static const char *reason(size_t i)
{
	json_t *why = json_array_get(json_object_get(body(i), "why"), 0);

	return why ? json_string_value(json_object_get(why, "reason")) : "";
}

static json_int_t covered(size_t i, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(body(i), "coverage"), name));
}

static json_t *row(size_t i, const char *list, size_t k)
{
	return json_array_get(json_object_get(body(i), list), k);
}

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "(null)";
}

/* Idle marks, or packets of nobody who is judged: every minute. */
static void pass(uint64_t from_ns, uint64_t to_ns)
{
	for (uint64_t ns = from_ns; ns <= to_ns; ns += MIN)
		analysis_time(w.analysis, ns);
}

/* What was said, each packet with 40 bytes of headers, and then that time. */
static void run(uint64_t until_ns)
{
	for (size_t i = 0; i < w.n; i++) {
		w.queue[i].sums.bytes[0] = w.queue[i].sums.payload[0] + 40;
		w.queue[i].sums.bytes[1] = w.queue[i].sums.payload[1] + 40;
		w.queue[i].sums.packets[0] = w.queue[i].sums.packets[1] = 1;
	}
	world_run(&w, until_ns);
}

static void test_silent_day(void)
{
	begin(MIDNIGHT);
	pass(MIDNIGHT, MIDNIGHT + 2 * DAY);
	collect();
	EQUAL_INT(n_records, 2);
	for (size_t i = 0; i < 2; i++) {
		EQUAL_TEXT(verdict(i), "clean");
		EQUAL_INT(covered(i, "unobserved_s"), 0);
		EQUAL_INT(covered(i, "silent_s"), 0);
		EQUAL_INT(json_array_size(json_object_get(body(i), "crossings")), 0);
	}
	CU_ASSERT(json_is_null(json_object_get(body(0), "prev")));
	end();
}

static void test_nothing_read(void)
{
	begin(MIDNIGHT);
	pass(MIDNIGHT, MIDNIGHT + 22 * HOUR);
	pass(MIDNIGHT + 2 * DAY + 3 * HOUR, MIDNIGHT + 3 * DAY);
	collect();
	EQUAL_INT(n_records, 3);
	EQUAL_TEXT(verdict(0), "clean");	/* silence is observed, and listed */
	EQUAL_INT(covered(0, "silent_s"), 7200);
	EQUAL_TEXT(verdict(1), "invalid");
	EQUAL_TEXT(reason(1), "nothing_read");
	EQUAL_INT(covered(1, "silent_s"), 86400);
	EQUAL_TEXT(verdict(2), "clean");
	EQUAL_INT(covered(2, "silent_s"), 3 * 3600);
	end();
}

static void test_ends(void)
{
	begin(MIDNIGHT + 61 * NS_PER_SEC);
	pass(MIDNIGHT + 2 * MIN, MIDNIGHT + DAY + HOUR);
	analysis_finish(w.analysis, MIDNIGHT + DAY + HOUR + MIN);
	collect();
	EQUAL_INT(n_records, 2);
	EQUAL_TEXT(verdict(0), "invalid");
	EQUAL_TEXT(reason(0), "not_observed");
	EQUAL_INT(covered(0, "unobserved_s"), 61);
	EQUAL_TEXT(verdict(1), "invalid");
	EQUAL_INT(covered(1, "unobserved_s"), 86400 - 3660);
	end();
}

static void test_blind(void)
{
	struct coverage *c;

	begin(MIDNIGHT);
	c = w.context.coverage;
	coverage_blind(c, MIDNIGHT + HOUR, MIDNIGHT + HOUR + 60 * NS_PER_SEC, COVERAGE_NOT_RUNNING);
	coverage_blind(c, MIDNIGHT + DAY + HOUR, MIDNIGHT + DAY + HOUR + 40 * NS_PER_SEC,
		       COVERAGE_NOT_RUNNING);
	coverage_blind(c, MIDNIGHT + DAY + HOUR + 30 * NS_PER_SEC, MIDNIGHT + DAY + HOUR +
		       61 * NS_PER_SEC, COVERAGE_INTERFACE);
	coverage_blind(c, MIDNIGHT + 2 * DAY, MIDNIGHT + 2 * DAY + 2 * MIN, COVERAGE_ONE_SIDED);
	pass(MIDNIGHT, MIDNIGHT + 3 * DAY);
	coverage_count(c, MIDNIGHT + 3 * DAY + HOUR, 980, 20);
	pass(MIDNIGHT + 3 * DAY, MIDNIGHT + 4 * DAY);
	collect();
	EQUAL_INT(n_records, 4);
	EQUAL_TEXT(verdict(0), "clean");	/* a restart within what is allowed, and told */
	EQUAL_INT(covered(0, "unobserved_s"), 60);
	EQUAL_TEXT(text(json_array_get(json_object_get(json_object_get(body(0), "coverage"),
						       "gaps"), 0), "reason"), "not_running");
	EQUAL_TEXT(reason(1), "not_observed");	/* each moment counts once */
	EQUAL_INT(covered(1, "unobserved_s"), 61);
	EQUAL_TEXT(reason(2), "one_sided");
	EQUAL_TEXT(reason(3), "drops");
	EQUAL_INT(covered(3, "drop_ppm"), 20000);
	end();
}

static void test_crossings(void)
{
	static const struct talk talks[] = {
		{ "10.1.0.1", "10.2.0.1", .at_ns = MIDNIGHT + 2 * HOUR, .up = 1000, .down = 10 },
		{ "10.1.0.1", "10.2.0.1", .at_ns = MIDNIGHT + 12 * HOUR, .up = 500, .down = 10 },
		{ "10.1.0.1", "10.1.0.7", .at_ns = MIDNIGHT + 12 * HOUR, .up = 500, .down = 10 },
		{ "203.0.113.9", "10.1.0.1", .at_ns = MIDNIGHT + DAY, .up = 7, .down = 70,
		  .port = 4444 },
	};

	begin(MIDNIGHT);
	for (size_t i = 0; i < 4; i++)
		world_talk(&w, &talks[i]);
	run(MIDNIGHT + DAY + HOUR);
	pass(MIDNIGHT + DAY + HOUR, MIDNIGHT + 2 * DAY);
	collect();
	EQUAL_INT(n_records, 2);
	EQUAL_TEXT(verdict(0), "crossings_without_order");
	EQUAL_INT(json_array_size(json_object_get(body(0), "crossings")), 2);
	EQUAL_TEXT(text(row(0, "crossings", 0), "covered_by"), "none");
	EQUAL_INT(json_integer_value(json_object_get(row(0, "crossings", 0), "bytes")), 590);
	EQUAL_TEXT(text(row(0, "crossings", 1), "entry"), "sync");
	EQUAL_TEXT(text(row(0, "crossings", 1), "peer_asset"), "B");
	EQUAL_TEXT(text(row(0, "crossings", 1), "peer_zone"), "archive");
	EQUAL_INT(json_array_size(json_object_get(body(1), "crossings")), 1);
	EQUAL_TEXT(text(row(1, "crossings", 0), "asset"), "A");
	EQUAL_TEXT(text(row(1, "crossings", 0), "peer"), "203.0.113.9");
	EQUAL_TEXT(text(row(1, "crossings", 0), "opened_by"), "peer");
	EQUAL_INT(json_integer_value(json_object_get(row(1, "crossings", 0), "up")), 110);
	end();
}

static void test_bound(void)
{
	json_t *beyond;

	begin(MIDNIGHT);
	for (unsigned i = 0; i < ATTEST_ROWS_MAX + 40; i++) {
		char peer[ADDR_TEXT_MAX];
		struct talk t = { "10.1.0.1", peer, .at_ns = MIDNIGHT + HOUR + i * MIN, .up = 60 };

		snprintf(peer, sizeof(peer), "198.51.%u.%u", 100 + i / 200, 1 + i % 200);
		world_talk(&w, &t);
	}
	run(MIDNIGHT + 12 * HOUR);
	pass(MIDNIGHT + 12 * HOUR, MIDNIGHT + DAY);
	collect();
	EQUAL_INT(json_array_size(json_object_get(body(0), "crossings")), ATTEST_ROWS_MAX);
	beyond = json_object_get(body(0), "crossings_beyond");
	EQUAL_INT(json_integer_value(json_object_get(beyond, "without_minutes")), 40);
	EQUAL_INT(json_integer_value(json_object_get(beyond, "without_bytes")), 40 * 140);
	end();
}

static void test_long_gap(void)
{
	begin(MIDNIGHT);
	pass(MIDNIGHT, MIDNIGHT + HOUR);
	analysis_time(w.analysis, MIDNIGHT + 20000 * DAY + HOUR);
	collect();
	EQUAL_INT(n_records, 1 + 400);
	EQUAL_INT(json_integer_value(json_object_get(body(1), "skipped_days")), 20000 - 1 - 400);
	EQUAL_TEXT(reason(400), "nothing_read");
	end();
}

/* Another program, which knew nothing of attestations, went on with the state for half a day. */
static void test_not_followed(void)
{
	struct analysis_point point;

	begin(MIDNIGHT);
	pass(MIDNIGHT, MIDNIGHT + HOUR);
	point = analysis_point(w.analysis);
	point.now_ns = MIDNIGHT + 13 * HOUR;
	analysis_resume(w.analysis, &point);
	pass(MIDNIGHT + 13 * HOUR, MIDNIGHT + DAY);
	collect();
	EQUAL_TEXT(reason(0), "not_observed");
	EQUAL_INT(covered(0, "not_followed_s"), 12 * 3600);
	EQUAL_INT(covered(0, "unobserved_s"), 12 * 3600);
	end();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "days without traffic but with idle marks are clean", test_silent_day },
		{ "a day of which nothing was read is invalid", test_nothing_read },
		{ "the capture's beginning and end", test_ends },
		{ "blind, one-sided, drops", test_blind },
		{ "crossings, covered and not", test_crossings },
		{ "what is beyond the rows is counted", test_bound },
		{ "a gap of fifty years", test_long_gap },
		{ "capture time that another program took in", test_not_followed },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "attestor", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
