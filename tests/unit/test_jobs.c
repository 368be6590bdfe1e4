/* test_jobs.c - expected jobs against hand-made minutes of traffic: what is told, when, and that a
 * state forgets none of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/analysis.h"
#include "app/jobs.h"
#include "app/nights.h"
#include "base/clock.h"
#include "base/tz.h"
#include "flow/community_id.h"
#include "profile/profile_pack.h"
#include "pack.h"
#include "tap.h"

#define MB 1000000ULL
#define DAY_1 (20458 * NS_PER_DAY)	/* 2026-01-05, a Monday; the site is on UTC */

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": [{\"days\": \"mon-sun\", \"from\": \"22:00\", \"to\": \"05:00\"}]},"
	" \"zones\": [{\"id\": \"z\", \"networks\": [\"10.1.0.0/24\"]}],"
	" \"assets\": [{\"id\": \"A\", \"zone\": \"z\", \"ip\": [\"10.1.0.1\"]}],"
	" \"expected\": [{\"id\": \"night\", \"from\": {\"asset\": \"A\"},"
	"  \"to\": {\"ip\": [\"192.0.2.1\"]}, \"services\": [\"tcp/443\"],"
	"  \"window\": {\"days\": \"mon-sun\", \"from\": \"01:00\", \"to\": \"03:00\"},"
	"  \"max_bytes_per_night\": \"50MB\", \"owner\": \"o\", \"ticket\": \"t\"},"
	" {\"id\": \"noon\", \"from\": {\"asset\": \"A\"}, \"to\": {\"ip\": [\"192.0.2.2\"]},"
	"  \"window\": {\"days\": \"mon-fri\", \"from\": \"11:00\", \"to\": \"13:00\"}},"
	" {\"id\": \"long\", \"from\": {\"asset\": \"A\"}, \"to\": {\"ip\": [\"192.0.2.3\"]},"
	"  \"window\": {\"days\": \"mon-sun\", \"from\": \"00:00\", \"to\": \"00:00\"}},"
	" {\"id\": \"plain\", \"from\": {\"asset\": \"A\"}, \"to\": {\"ip\": [\"192.0.2.4\"]}}]}";

struct world {
	struct site *site;
	struct alert_context context;
	struct outbox *outbox;
	int sink;
	struct analysis *analysis;
	struct analysis_parts parts;
};

static void begin(struct world *w, uint64_t first_ns)
{
	struct analysis_config cfg = { .context = &w->context };

	memset(w, 0, sizeof(*w));
	CU_ASSERT_FATAL(!site_parse("test", site_text, strlen(site_text), &w->site));
	CU_ASSERT_FATAL(!tz_use("UTC") && !outbox_new(&w->outbox));
	w->sink = outbox_add_sink(w->outbox, "test");
	w->context = (struct alert_context){ .site = w->site, .sensor = "test" };
	cfg.outbox = w->outbox;
	CU_ASSERT_FATAL(!analysis_new(&cfg, &w->analysis));
	analysis_parts(w->analysis, &w->parts);
	analysis_start(w->analysis, first_ns);
}

static void end(struct world *w)
{
	analysis_free(w->analysis);
	outbox_give_up(w->outbox, w->sink);
	outbox_free(w->outbox);
	site_free(w->site);
}

/* A minute in which A sends up bytes to 192.0.2.peer. */
static void sends(struct world *w, uint64_t at_ns, unsigned peer, uint64_t up)
{
	const uint8_t a[4] = { 10, 1, 0, 1 }, b[4] = { 192, 0, 2, (uint8_t)peer };
	struct slice s = { .kind = SLICE_SLICE, .minute_ns = at_ns / SLICE_NS * SLICE_NS,
			   .first_ns = at_ns, .last_ns = at_ns, .is_answered = true };

	s.id.first_ns = at_ns;
	s.id.key = (struct flow_key){ .a = addr_from_ipv4(a), .b = addr_from_ipv4(b),
				      .a_port = 40000, .b_port = 443, .vlan = { 0xffff, 0xffff },
				      .proto = 6, .ip_version = 4 };
	s.sums.payload[0] = up;
	analysis_time(w->analysis, s.minute_ns);
	analysis_event(w->analysis, &s);
}

static uint64_t at(unsigned day, unsigned hour, unsigned minute)
{
	return DAY_1 + (day - 1) * NS_PER_DAY + hour * NS_PER_HOUR + minute * NS_PER_MIN;
}

/* Takes the records of a rule, as "rule:action:nanosecond rule:action:..." */
static const char *take(struct world *w)
{
	static char text[4096];
	const struct record *records[64];
	bool closed;
	size_t n;

	text[0] = '\0';
	while ((n = outbox_peek(w->outbox, w->sink, records, 64, 0, &closed)) > 0) {
		for (size_t i = 0; i < n; i++) {
			const struct record_flat *f = &records[i]->flat;
			unsigned minutes = (unsigned)((f->ts_ms - DAY_1 / NS_PER_MS) / 60000);

			snprintf(text + strlen(text), sizeof(text) - strlen(text),
				 "%s%s %s%s day %u %02u:%02u", text[0] ? ", " : "", f->rule + 3,
				 f->action, f->is_suppressed ? " (suppressed)" : "",
				 minutes / 1440 + 1, minutes / 60 % 24, minutes % 60);
		}
		outbox_taken(w->outbox, w->sink, n);
	}
	return text;
}

static struct job *job_named(const struct world *w, const char *id)
{
	const struct subject *s = subjects_by_id(w->parts.subjects, "A");

	for (size_t i = 0; s && i < s->n_jobs; i++)
		if (!strcmp(s->jobs[i].entry->id, id))
			return &s->jobs[i];
	return NULL;
}

static void a_plain_entry_makes_no_job(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	sends(&w, at(1, 2, 0), 4, MB);
	sends(&w, at(1, 2, 0), 1, MB);
	EQUAL_INT(subjects_by_id(w.parts.subjects, "A")->n_jobs, 1);
	EQUAL_INT(job_named(&w, "night")->up, MB);
	EQUAL_INT(job_named(&w, "night")->night_up, MB);
	EQUAL_TEXT(take(&w), "");
	end(&w);
}

static void above_the_maximum_is_told_once_a_row(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	for (unsigned i = 0; i < 10; i++)
		sends(&w, at(1, 2, i), 1, 10 * MB);
	EQUAL_TEXT(take(&w), "EXP-001 open day 1 02:06");
	for (unsigned i = 0; i < 10; i++)
		sends(&w, at(2, 2, i), 1, 10 * MB);
	EQUAL_TEXT(take(&w), "EXP-001 update day 2 02:06");
	analysis_time(w.analysis, at(14, 13, 0));
	EQUAL_TEXT(take(&w), "");		/* two runs are no habit, so none is missing */
	analysis_time(w.analysis, at(17, 13, 0));
	EQUAL_TEXT(take(&w), "EXP-001 resolve day 16 12:00");
	end(&w);
}

static void what_is_above_counts_as_the_maximum_for_what_is_usual(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	sends(&w, at(1, 2, 0), 1, 400 * MB);
	analysis_time(w.analysis, at(1, 5, 0));
	EQUAL_INT(job_usual(job_named(&w, "night")), 50 * MB);
	EQUAL_INT(job_named(&w, "night")->used, 1);
	end(&w);
}

static void traffic_at_another_time_is_told_from_a_quarter_on(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	for (unsigned day = 1; day <= 3; day++)
		sends(&w, at(day, 2, 0), 1, 20 * MB);
	sends(&w, at(3, 15, 0), 1, 4999999);	/* the row from noon on */
	EQUAL_TEXT(take(&w), "EXF-001 open (suppressed) day 3 04:10");
	sends(&w, at(3, 15, 1), 1, 1);
	sends(&w, at(3, 15, 2), 1, MB);
	EQUAL_TEXT(take(&w), "EXP-001 open day 3 15:02");
	end(&w);
}

static void a_job_that_first_came_at_another_time_is_judged(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	sends(&w, at(1, 0, 10), 1, MB);
	EQUAL_TEXT(take(&w), "EXP-001 open day 1 00:11");
	analysis_time(w.analysis, at(1, 0, 30));
	sends(&w, at(1, 2, 0), 1, 20 * MB);
	analysis_time(w.analysis, at(1, 4, 10));
	EQUAL_INT(job_named(&w, "night")->used, 1);
	end(&w);
}

static void small_jobs_have_the_floor(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	sends(&w, at(1, 2, 0), 1, 1000);
	sends(&w, at(1, 6, 0), 1, 262143);
	EQUAL_TEXT(take(&w), "");
	sends(&w, at(1, 6, 1), 1, 1);
	EQUAL_TEXT(take(&w), "EXP-001 open day 1 06:02");
	end(&w);
}

static void the_tail_of_the_first_run_is_measured_by_it(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	for (unsigned i = 0; i < 30; i++)	/* 01:00 to 03:54, in one run */
		sends(&w, at(1, 1 + i / 10, 6 * (i % 10)), 1, MB);
	for (unsigned i = 0; i < 7; i++)
		sends(&w, at(1, 4, i), 1, MB);
	EQUAL_TEXT(take(&w), "");		/* 7 of 30 */
	sends(&w, at(1, 4, 8), 1, MB);
	EQUAL_TEXT(take(&w), "EXP-001 open day 1 04:09");
	end(&w);
}

static void runs(struct world *w, unsigned from, unsigned to)
{
	for (unsigned day = from; day <= to; day++)
		sends(w, at(day, 2, 0), 1, 20 * MB);
}

static void missing_twice_and_back(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	runs(&w, 1, 2);
	analysis_time(w.analysis, at(5, 0, 0));
	EQUAL_TEXT(take(&w), "");		/* twice is no habit */
	runs(&w, 5, 7);
	take(&w);
	analysis_time(w.analysis, at(12, 4, 9));
	EQUAL_TEXT(take(&w), "");		/* it paused for two before: more than 4 */
	analysis_time(w.analysis, at(12, 4, 10));
	EQUAL_TEXT(take(&w), "HLT-002 open day 12 04:10");
	sends(&w, at(13, 1, 30), 1, 100000);	/* not a hundredth of the usual */
	analysis_time(w.analysis, at(13, 6, 0));
	EQUAL_TEXT(take(&w), "");
	runs(&w, 14, 14);
	analysis_time(w.analysis, at(14, 6, 0));
	CU_ASSERT_PTR_NOT_NULL(strstr(take(&w), "HLT-002 resolve day 14 04:10"));
	end(&w);
}

static void a_habit_without_pauses_is_missing_at_the_second_night(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	runs(&w, 1, 3);
	take(&w);
	analysis_time(w.analysis, at(5, 4, 9));
	EQUAL_TEXT(take(&w), "EXF-001 open (suppressed) day 3 04:10");
	analysis_time(w.analysis, at(5, 4, 10));
	EQUAL_TEXT(take(&w), "HLT-002 open day 5 04:10");
	end(&w);
}

/* What is left of a window after the tap came. */
static void the_tap_has_seen_a_share_of_a_window(void)
{
	struct nights *n;
	struct world w;

	begin(&w, at(1, 2, 30));
	CU_ASSERT_FATAL(!nights_new(&(struct nights_parts){ .context = &w.context }, &n));
	nights_start(n, at(1, 2, 30));
	NEAR(nights_seen(n, at(1, 1, 0), at(1, 3, 0)), 0.25, 1e-9);
	NEAR(nights_seen(n, at(2, 1, 0), at(2, 3, 0)), 1, 1e-9);
	NEAR(nights_seen(n, at(1, 1, 0), at(1, 2, 0)), 0, 1e-9);
	CU_ASSERT(0.25 < pack_params()->job.seen);
	nights_free(n);
	end(&w);
}

/* The row is cut at noon; the turn is not. */
static void a_window_across_noon_is_one_turn(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	sends(&w, at(1, 11, 50), 2, MB);
	sends(&w, at(1, 12, 10), 2, MB);
	EQUAL_INT(job_named(&w, "noon")->up, 2 * MB);
	analysis_time(w.analysis, at(1, 14, 10));
	EQUAL_INT(job_named(&w, "noon")->used, 1);
	EQUAL_INT(job_usual(job_named(&w, "noon")), 2 * MB);
	analysis_time(w.analysis, at(8, 20, 0));	/* Tuesday to Friday, and Monday */
	EQUAL_INT(job_named(&w, "noon")->used, 1 << 5);
	EQUAL_TEXT(take(&w), "");
	end(&w);
}

/* A turn that runs on until the next begins is judged after it has begun. */
static void a_window_of_a_day_keeps_its_turns_apart(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	sends(&w, at(1, 23, 50), 3, MB);
	sends(&w, at(2, 0, 10), 3, 3 * MB);
	EQUAL_INT(job_named(&w, "long")->up, 3 * MB);
	EQUAL_INT(job_named(&w, "long")->closed_up, MB);
	analysis_time(w.analysis, at(2, 1, 10));
	EQUAL_INT(job_usual(job_named(&w, "long")), MB);
	analysis_time(w.analysis, at(3, 1, 10));
	EQUAL_INT(job_usual(job_named(&w, "long")), 3 * MB);
	EQUAL_INT(job_named(&w, "long")->used, 3);
	end(&w);
}

static void elsewhere_is_found_among_many(void)
{
	struct world w;

	begin(&w, at(1, 0, 0));
	runs(&w, 1, 3);
	take(&w);
	for (unsigned i = 0; i < 20; i++)
		for (unsigned peer = 100; peer < 110; peer++) {
			sends(&w, at(4, 1, 30 + i), peer, 10000);
			sends(&w, at(4, 1, 30 + i), 200, 90000 * (peer == 100) * 10);
		}
	analysis_time(w.analysis, at(4, 4, 10));
	CU_ASSERT_PTR_NOT_NULL(strstr(take(&w), "EXP-001 open day 4 04:10"));
	end(&w);
}

static void job_votes_keep_what_is_large(void)
{
	struct channel_key key = { 0 };
	uint64_t best = 0;
	struct job j;

	job_init(&j, NULL, false);
	for (unsigned i = 0; i < 4000; i++) {
		key.port = i % 4 == 0 ? 9999 : (uint16_t)i;
		job_vote(&j, &key, 100);
	}
	for (unsigned i = 0; i < JOB_OTHERS; i++)
		if (j.other[i].key.port == 9999)
			best = j.other[i].up;
	CU_ASSERT(best >= 1000 * 100 - 4000 * 100 / (JOB_OTHERS + 1) && best <= 1000 * 100);
}

static void a_state_keeps_jobs(void)
{
	struct packer p = { 0 }, again = { 0 };
	struct subjects *read;
	struct subject *s;
	struct world w;

	begin(&w, at(1, 0, 0));
	runs(&w, 1, 3);
	sends(&w, at(3, 23, 0), 1, 30 * MB);
	sends(&w, at(4, 1, 30), 200, MB);
	s = subjects_by_id(w.parts.subjects, "A");
	subject_pack(s, &p);
	CU_ASSERT_FATAL(!subjects_new(w.site, &read));
	CU_ASSERT(subject_unpack(read, w.site, "A", 1, p.bytes, p.len));
	subject_pack(subjects_by_id(read, "A"), &again);
	EQUAL_INT(again.len, p.len);
	CU_ASSERT(!memcmp(again.bytes, p.bytes, p.len));
	for (size_t len = 0; len < p.len; len++)	/* cut anywhere: refused, within bounds */
		CU_ASSERT(!subject_unpack(read, w.site, "A", 1, p.bytes, len));
	subjects_free(read);
	pack_free(&p);
	pack_free(&again);
	end(&w);
}

/* What the first form had of an entry: id, row, bytes of the maximum. */
static void a_state_of_the_first_form_is_read(void)
{
	struct packer p = { 0 };
	struct subjects *read;
	struct subject *s;
	struct world w;

	begin(&w, at(1, 0, 0));
	s = subjects_by_id(w.parts.subjects, "A");
	pack_u8(&p, 1);
	pack_bytes(&p, s->addr.bytes, sizeof(s->addr.bytes));
	pack_text(&p, "z");
	pack_bytes(&p, s->mac, sizeof(s->mac));
	pack_u32(&p, 0);
	pack_u32(&p, 2);
	pack_text(&p, "night");
	pack_u64(&p, 20457);
	pack_u64(&p, 51 * MB);
	pack_text(&p, "gone");
	pack_u64(&p, 20457);
	pack_u64(&p, 1);
	pack_u32(&p, 0);
	pack_u32(&p, 0);
	CU_ASSERT_FATAL(!subjects_new(w.site, &read));
	CU_ASSERT(subject_unpack(read, w.site, "A", 1, p.bytes, p.len));
	s = subjects_by_id(read, "A");
	EQUAL_INT(s->n_jobs, 1);
	CU_ASSERT_FATAL(s->n_jobs == 1);
	EQUAL_INT(s->jobs[0].row_up, 51 * MB);
	CU_ASSERT(s->jobs[0].is_exceeded);
	subjects_free(read);
	pack_free(&p);
	end(&w);
}

static void places_are_bounded(void)
{
	struct job_places places = { 0 };
	struct subject asset = { .asset = (const struct asset *)site_text, .places = &places };
	struct subject stranger = { .places = &places };
	struct expected *entries = calloc(JOBS_SUBJECT_MAX + 1, sizeof(*entries));

	CU_ASSERT_PTR_NOT_NULL_FATAL(entries);
	for (unsigned i = 0; i < JOBS_SUBJECT_MAX; i++) {
		struct job *j = job_get(&asset, &entries[i], false, 7);

		CU_ASSERT_PTR_NOT_NULL_FATAL(j);
		j->row = i == 5 ? 6 : 7;
	}
	/* Full: the oldest gives way, but not one of this row. */
	CU_ASSERT_PTR_NOT_NULL(job_get(&asset, &entries[JOBS_SUBJECT_MAX], false, 7));
	CU_ASSERT_PTR_NULL(job_find(&asset, &entries[5], false));
	job_find(&asset, &entries[JOBS_SUBJECT_MAX], false)->row = 7;
	CU_ASSERT_PTR_NULL(job_get(&asset, &entries[5], false, 7));
	EQUAL_INT(places.refused, 1);
	places.unlisted = JOBS_MAX / 2;
	CU_ASSERT_PTR_NULL(job_get(&stranger, &entries[0], false, 7));
	places.unlisted = 0;
	places.taken = JOBS_MAX;
	CU_ASSERT_PTR_NULL(job_get(&stranger, &entries[0], false, 7));
	free(asset.jobs);
	free(entries);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "a plain entry makes no job", a_plain_entry_makes_no_job },
		{ "above the maximum is told once a row", above_the_maximum_is_told_once_a_row },
		{ "what is above counts as the maximum for what is usual",
		  what_is_above_counts_as_the_maximum_for_what_is_usual },
		{ "traffic at another time is told from a quarter on",
		  traffic_at_another_time_is_told_from_a_quarter_on },
		{ "a job that first came at another time is judged",
		  a_job_that_first_came_at_another_time_is_judged },
		{ "small jobs have the floor", small_jobs_have_the_floor },
		{ "the tail of the first run is measured by it",
		  the_tail_of_the_first_run_is_measured_by_it },
		{ "missing twice and back", missing_twice_and_back },
		{ "a habit without pauses is missing at the second night",
		  a_habit_without_pauses_is_missing_at_the_second_night },
		{ "the tap has seen a share of a window", the_tap_has_seen_a_share_of_a_window },
		{ "a window across noon is one turn", a_window_across_noon_is_one_turn },
		{ "a window of a day keeps its turns apart",
		  a_window_of_a_day_keeps_its_turns_apart },
		{ "elsewhere is found among many", elsewhere_is_found_among_many },
		{ "votes keep what is large", job_votes_keep_what_is_large },
		{ "a state keeps jobs", a_state_keeps_jobs },
		{ "a state of the first form is read", a_state_of_the_first_form_is_read },
		{ "places are bounded", places_are_bounded },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "jobs", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
