/* test_explain.c - the numbers of an incident, against ones worked out by hand. */
#include <math.h>
#include <string.h>
#include "alert/explain.h"
#include "base/clock.h"
#include "base/tz.h"
#include "tap.h"

#define ROW 20450			/* noon 2025-12-28 UTC to noon 2025-12-29 */

static struct site *site;
static struct calendar calendar;
static struct alert_context context;
static struct subject subject;
static struct evidence evidence;
static struct channel channel;

/* Five nights, hits on the first, second, fourth and fifth at 23:50, 00:10, 00:30 and 00:10. */
static int set_up(void)
{
	static const int starts[] = { 710, 730, -1, 750, 730 };

	if (site_default(NULL, NULL, &site))
		return 1;
	tz_use("UTC");
	calendar_init(&calendar, site, 2026);
	context = (struct alert_context){ .site = site, .calendar = &calendar, .since_row = ROW };
	channel = (struct channel){ .subject = &subject, .evidence = &evidence };
	evidence.nights_n = 5;
	for (int i = 0; i < 5; i++) {
		struct night_seen *n = &evidence.nights[i];

		*n = (struct night_seen){ .row = ROW + i, .coverage = EVIDENCE_SHARE,
					  .start_min = EVIDENCE_NO_START };
		if (starts[i] < 0)
			continue;
		n->hits = 1;
		n->start_min = (uint16_t)starts[i];
	}
	evidence.process[0] = (struct process){
		.m_mean = 2e5, .hits = 4, .since_row = ROW, .up = 4000, .down = 40};
	return 0;
}

static int tear_down(void)
{
	site_free(site);
	return 0;
}

static struct nightly_facts facts(void)
{
	struct finding f = { .rule = RULE_EXF_001, .channel = &channel, .row = ROW + 4,
			     .level = LEVEL_2, .bet_nights = 640, .bet_channels = 2 };
	struct nightly_facts ret;

	explain_nightly_facts(&context, &f, &ret);
	return ret;
}

static void counts_nights_and_bytes(void)
{
	struct nightly_facts f = facts();

	EQUAL_INT(f.seen, 5);
	EQUAL_INT(f.hit, 4);
	EQUAL_INT(f.missed, 1);
	EQUAL_INT(f.up, 4000);
	EQUAL_INT(f.spread_min, 40);
	EQUAL_INT(f.phase_min, 10);
}

/* K (nights + 4.5 channels) / A = 2 (640 + 9) / 1e5. */
static void the_bound_is_that_of_detection(void)
{
	NEAR(facts().threshold, 1e5, 0);
	NEAR(facts().bound, 0.01298, 1e-12);
}

/* n r^(n-1) - (n-1) r^n with n = 4 and r = 40 of 420 minutes. */
static void the_spread_is_that_of_uniform_times(void)
{
	NEAR(facts().spread_p, 0.0032083, 1e-6);
}

static struct incident_words words;

/* What is said of the channel, as open or closed; line: the one that begins like that, or "". */
static const char *said(struct finding f, const char *line)
{
	struct incident in = { .subject = &subject, .level = LEVEL_2, .domain = "",
			       .attached = "", .entry = "", .own = "", .suppressed = "",
			       .words = &words };
	struct nightly_facts n;
	struct addr peer;

	memset(&words, 0, sizeof(words));
	memcpy(subject.id, "A", 2);
	CU_ASSERT(addr_parse("203.0.113.9", &peer));
	group_key_ip(&channel.key, &peer, IP_TCP, 443);
	channel.key.is_external = 1;
	in.key = channel.key;
	explain_nightly_facts(&context, &f, &n);
	explain_incident(&context, &in, &f, &n);
	for (unsigned i = 0; i < in.explain_n; i++)
		if (!strncmp(words.explain[i], line, strlen(line)))
			return words.explain[i];
	return "";
}

static struct finding pattern(void)
{
	return (struct finding){ .rule = RULE_EXF_001, .channel = &channel, .row = ROW + 4,
				 .level = LEVEL_2, .bet_nights = 640, .bet_channels = 2 };
}

static void the_words_say_the_same(void)
{
	const char *sure = said(pattern(), "How sure");

	EQUAL_TEXT(
		words.message,
		"A (not in the asset list) uploaded 4.0 KB to 203.0.113.9 on 4 of 5 nights, each "
		"time starting between 23:50 and 00:30 local time");
	CU_ASSERT_PTR_NOT_NULL(strstr(sure, "at most once in 77 years"));
	CU_ASSERT_PTR_NOT_NULL(strstr(sure, "not the chance that this one is harmless"));
}

static void a_closing_record_says_so(void)
{
	struct finding f = pattern();

	f.is_over = true;
	said(f, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(words.message, "Closed, no more of it seen: A "));
	f.given_up = 1;
	said(f, "");
	CU_ASSERT_PTR_NOT_NULL(strstr(words.message, "Closed, evidence given up: A "));
}

/* The evening of row ROW is that of Sun 28 Dec 2025. */
static void every_night_is_told(void)
{
	EQUAL_TEXT(said(pattern(), "Night by night"),
		   "Night by night, the last first: Fri 2 Jan 00:10 0 B; Thu 1 Jan 00:30 0 B; "
		   "night of Tue 30 Dec nothing; Tue 30 Dec 00:10 0 B; Sun 28 Dec 23:50 0 B.");
	EQUAL_TEXT(said(pattern(), "Nights since"),
		   "Nights since the first one: 5 seen, 4 with the upload, 1 without.  No loss "
		   "or blindness of the tap is known for them; a replay takes a stretch without "
		   "packets for silence, unless --gaps declares it.");
}

static void nights_seen_badly_are_named(void)
{
	struct night_seen *skipped = &evidence.nights[2], *lossy = &evidence.nights[3];

	skipped->is_skipped = 1;
	lossy->is_degraded = 1;
	lossy->loss = EVIDENCE_SHARE / 8;
	NEAR(facts().worst_loss, 0.125, 1e-3);
	EQUAL_TEXT(said(pattern(), "Nights since"),
		   "Nights since the first one: 4 seen, 4 with the upload, 0 without.  The tap did "
		   "not see 1 more (of Tue 30 Dec): not known, they count neither way.  The tap "
		   "saw 1 badly (of Wed 31 Dec; lost packets, or a part of the night): these "
		   "amounts are "
		   "lower bounds.  On the worst, 12.5 % was lost before the sensor.");
	CU_ASSERT_PTR_NOT_NULL(strstr(said(pattern(), "Night by night"),
				      "Thu 1 Jan 00:30 0 B (seen badly); night of Tue 30 Dec not "
				      "seen; "));
	skipped->is_skipped = lossy->is_degraded = 0;
	lossy->loss = 0;
}

static void what_is_not_known_is_said(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(said(pattern(), "No site policy"), "it is not known what"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said(pattern(), "Normal for this asset"),
				      "median of the 4 nights before, too few to lean on;"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "counts nights and bytes", counts_nights_and_bytes },
		{ "the bound is that of DETECTION", the_bound_is_that_of_detection },
		{ "the spread is that of uniform times", the_spread_is_that_of_uniform_times },
		{ "the words say the same", the_words_say_the_same },
		{ "a closing record says so", a_closing_record_says_so },
		{ "every night is told", every_night_is_told },
		{ "nights seen badly are named", nights_seen_badly_are_named },
		{ "what is not known is said", what_is_not_known_is_said },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{.pName = "explain",
		 .pTests = tests,
		 .pInitFunc = set_up,
		 .pCleanupFunc = tear_down},
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
