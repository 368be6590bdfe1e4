/* test_patterns.c - patterns that are not "every night", from slices to incidents: every few days
 * (NW-EXF-002), locked to the clock (NW-EXF-005), when others are busy; and what a state keeps. */
#include "analysis_world.h"
#include "app/crowds.h"
#include "detect/period.h"
#include "profile/profile_pack.h"

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"Europe/Amsterdam\", \"closed_hours\": ["
	"  {\"days\": \"mon-sun\", \"from\": \"22:00\", \"to\": \"05:00\"}]},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.20.1.0/24\"]},"
	"  {\"id\": \"archive\", \"networks\": [\"10.40.0.0/24\"]}],"
	" \"assets\": [{\"id\": \"IMG-1\", \"ip\": [\"10.20.1.11\"]},"
	"  {\"id\": \"IMG-2\", \"ip\": [\"10.20.1.12\"]},"
	"  {\"id\": \"IMG-3\", \"ip\": [\"10.20.1.13\"]},"
	"  {\"id\": \"IMG-4\", \"ip\": [\"10.20.1.14\"]},"
	"  {\"id\": \"IMG-5\", \"ip\": [\"10.20.1.15\"]}]}";

#define IMG_1 "10.20.1.11"
#define MB 1000000ULL

static struct world w;

static int set_up(void)
{
	return !world_make_files("'203.0.113.0/24=64500 Example Net'", "203.0.113.0/24=ZZ");
}

static int tear_down(void)
{
	world_remove_files();
	return 0;
}

static void begin(void)
{
	world_begin(&w, site_text, true);
}

static void end(void)
{
	world_end(&w);
}

/* An upload in the night of that number (night 0 begins on Saturday noon) that many hours after
 * noon UTC, and a few minutes which jitter; rows begin an hour before. */
static void leak_at(unsigned night, unsigned hours, uint64_t up)
{
	world_talk(&w, &(struct talk){ .client = IMG_1, .server = "203.0.113.9",
				       .name = "up.vendor.example", .minutes = 10, .up = up,
				       .down = up / 100, .at_ns = NOON + night * DAY +
				       hours * HOUR + (20 + night * 7 % 9) * MIN });
}

static void morning(unsigned night)
{
	world_run(&w, NOON + night * DAY + 18 * HOUR);
}

static const struct incident *incident_of(enum rule_id rule)
{
	for (size_t i = incidents_count(w.parts.incidents); i-- > 0;)
		if (incidents_at(w.parts.incidents, i)->rule == rule)
			return incidents_at(w.parts.incidents, i);
	return NULL;
}

static unsigned count_incidents(enum rule_id rule)
{
	unsigned n = 0;

	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++)
		n += incidents_at(w.parts.incidents, i)->rule == rule;
	return n;
}

static bool is_said(const struct incident *in, const char *words)
{
	bool is = strstr(incident_message(in), words) != NULL;

	for (unsigned i = 0; i < in->explain_n; i++)
		is |= strstr(incident_line(in, i), words) != NULL;
	return is;
}

static struct channel *leaf_of(struct world *from)
{
	struct channel_key key = { .is_external = 1 };
	struct addr peer = world_addr("203.0.113.9");

	key.subject = subjects_by_id(from->parts.subjects, "IMG-1")->number;
	group_key_ip(&key, &peer, IP_TCP, 443);
	return channels_find(from->parts.channels, &key);
}

/* --- every few days ---------------------------------------------------- */

static void every_sunday(void)
{
	const struct incident *in;

	begin();
	for (unsigned night = 0; night < 70; night++) {
		if (night % 7 == 0)
			leak_at(night, 12, 50 * MB);	/* Sunday, after 01:20 local */
		morning(night);
		in = incident_of(RULE_EXF_002);
		if (night < 14)
			CU_ASSERT(!in);
		if (night == 21)
			CU_ASSERT(in && in->level >= LEVEL_1 && in->severity >= 3);
		if (night == 35)
			CU_ASSERT(in && in->level == LEVEL_2 && in->severity == 4);
	}
	in = incident_of(RULE_EXF_002);
	CU_ASSERT_FATAL(in != NULL);
	EQUAL_INT(count_incidents(RULE_EXF_002), 1);
	EQUAL_INT(count_incidents(RULE_EXF_001), 0);
	EQUAL_TEXT(incident_group(in), "ip");
	EQUAL_INT(in->nights, 10);
	EQUAL_INT(in->severity, 4);
	EQUAL_INT(in->process, 2);
	CU_ASSERT(in->is_open);
	CU_ASSERT(is_said(in, "IMG-1 uploaded 500 MB to 203.0.113.9 every Sunday, on 10 of 10 of "
			      "them, each time starting between 01:20 and 01:28 local time"));
	CU_ASSERT(is_said(in, "for a period of 7 days"));
	CU_ASSERT(is_said(in, "The same upload is also counted for: domain vendor.example, prefix "
			      "203.0.113.0/24, asn AS64500, country ZZ, any *"));
	end();
}

/* Three missed Sundays end it; one does not; a return names the one before. */
static void sundays_stop_and_return(void)
{
	char first[INCIDENT_ID_MAX];
	const struct incident *in;

	begin();
	for (unsigned night = 0; night < 56; night++) {
		if (night % 7 == 0 && night != 42)
			leak_at(night, 12, 50 * MB);
		morning(night);
	}
	in = incident_of(RULE_EXF_002);
	CU_ASSERT_FATAL(in && in->is_open);
	memcpy(first, in->id, sizeof(first));
	for (unsigned night = 56; night < 49 + 21; night++) {
		morning(night);
		CU_ASSERT(incident_of(RULE_EXF_002)->is_open);
	}
	morning(49 + 21);
	CU_ASSERT_FALSE(incident_of(RULE_EXF_002)->is_open);
	for (unsigned night = 77; night < 77 + 70; night++) {
		if (night % 7 == 0)
			leak_at(night, 12, 50 * MB);
		morning(night);
	}
	in = incident_of(RULE_EXF_002);
	CU_ASSERT(in->is_open);
	EQUAL_TEXT(in->previous, first);
	end();
}

/* So often that detector N is as sure as soon: one of the two tells it, and as one case. */
static void every_second_night(void)
{
	begin();
	for (unsigned night = 0; night < 16; night++) {
		if (night % 2 == 0)
			leak_at(night, 12, 50 * MB);
		morning(night);
	}
	EQUAL_INT(incidents_count(w.parts.incidents), 1);
	CU_ASSERT(incidents_at(w.parts.incidents, 0)->level >= LEVEL_2);
	CU_ASSERT(leaf_of(&w)->evidence->period->process[0].hits >= 6);
	end();
}

static void every_third_night(void)
{
	const struct incident *in;

	begin();
	for (unsigned night = 0; night < 22; night++) {
		if (night % 3 == 0)
			leak_at(night, 12, 50 * MB);
		morning(night);
	}
	in = incident_of(RULE_EXF_002);
	CU_ASSERT_FATAL(in != NULL);
	CU_ASSERT(in->level >= LEVEL_1);
	CU_ASSERT(is_said(in, "to 203.0.113.9 every third night, on "));
	in = incident_of(RULE_EXF_001);
	if (in)
		EQUAL_TEXT(in->case_id, incident_of(RULE_EXF_002)->case_id);
	end();
}

/* Sundays at first, then every night: the incident of Sundays ends, and says for which other. */
static void sundays_give_way_to_every_night(void)
{
	const struct incident *in;

	begin();
	for (unsigned night = 0; night < 36; night++) {
		if (night % 7 == 0)
			leak_at(night, 12, 50 * MB);
		morning(night);
	}
	CU_ASSERT_FATAL(incident_of(RULE_EXF_002) && incident_of(RULE_EXF_002)->is_open);
	for (unsigned night = 36; night < 46; night++) {
		leak_at(night, 12, 50 * MB);
		morning(night);
	}
	in = incident_of(RULE_EXF_002);
	CU_ASSERT(!in->is_open);
	CU_ASSERT(is_said(in, "Closed because NW-EXF-001 tells of this connection now"));
	CU_ASSERT_FATAL(incident_of(RULE_EXF_001) != NULL);
	CU_ASSERT(incident_of(RULE_EXF_001)->is_open);
	EQUAL_TEXT(incident_of(RULE_EXF_001)->case_id, in->case_id);
	end();
}

/* Every night is in play for every period: detector N alone tells it. */
static void every_night_is_told_once(void)
{
	begin();
	for (unsigned night = 0; night < 40; night++) {
		leak_at(night, 12, 50 * MB);
		morning(night);
	}
	EQUAL_INT(count_incidents(RULE_EXF_001), 1);
	EQUAL_INT(count_incidents(RULE_EXF_002), 0);
	end();
}

/* The bound counts nights in play, once each, of all that has ever been followed. */
static void the_bound_counts_nights_in_play(void)
{
	const struct subject *s;

	begin();
	for (unsigned night = 0; night < 29; night++) {
		if (night % 7 == 0)
			leak_at(night, 12, 50 * MB);
		morning(night);
	}
	s = subjects_by_id(w.parts.subjects, "IMG-1");
	/* Two and three nights after each of four hits, seven after each of them; of six groups. */
	EQUAL_INT(subject_in_play(s, calendar_row(w.context.calendar, NOON + 28 * DAY)),
		  6 * (4 * 2 + 4));
	end();
}

/* --- when others are busy ----------------------------------------------- */

/* An asset's nightly copy to the archive: internal, and no crossing where it stays in its zone. */
static void copy(unsigned night, const char *from, const char *to, unsigned hours)
{
	world_talk(&w, &(struct talk){ .client = from, .server = to, .minutes = 30, .up = 50 * MB,
				       .at_ns = NOON + night * DAY + hours * HOUR });
}

static double density(const char *asset, unsigned night, unsigned slot)
{
	return crowds_density(w.parts.subjects, &(struct crowds_question){
		.subject = subjects_by_id(w.parts.subjects, asset), .to = ROW_SLOTS, .slot = slot,
		.row = calendar_row(w.context.calendar, NOON + night * DAY) });
}

static void copy_all(unsigned night, unsigned hours)
{
	copy(night, "10.20.1.12", "10.40.0.5", hours);
	copy(night, "10.20.1.13", "10.20.1.12", hours);		/* within a zone */
	copy(night, "10.20.1.14", "10.40.0.5", hours);
}

static void others_vote_once_a_row(void)
{
	begin();
	for (unsigned night = 0; night < 3; night++) {
		copy_all(night, 12);					/* slot 52 */
		copy(night, "10.20.1.15", "10.40.0.5", 15);		/* slot 64 */
		copy(night, "10.20.1.99", "10.40.0.5", 15);		/* not listed */
		leak_at(night, 12, 500 * MB);				/* to outside */
		world_talk(&w, &(struct talk){ .client = "10.20.1.11", .server = "10.40.0.5",
			   .minutes = 20, .up = 9 * MB, .down = 900 * MB, /* acknowledgements */
			   .at_ns = NOON + night * DAY + 3 * HOUR });
		world_run(&w, NOON + (night + 1) * DAY - HOUR - MIN);
		if (!night)
			NEAR(density("IMG-1", 1, 52), 0, 0);	/* the row is not over */
	}
	world_run(&w, NOON + 3 * DAY);
	/* Twelve votes of four others for IMG-1, none of its own. */
	NEAR(density("IMG-1", 3, 52), 0.3 + 0.7 * 96 * 3 / 4 / 3, 1e-9);
	NEAR(density("IMG-1", 3, 54), 0.3 + 0.7 * 96 * 3 / 4 / 9, 1e-9);
	NEAR(density("IMG-1", 2, 52), 0.3 + 0.7 * 96 * 3 / 4 / 3, 1e-9);
	/* One is no crowd; and for one of the three the others are two. */
	NEAR(density("IMG-1", 3, 64), 0, 0);
	NEAR(density("IMG-2", 3, 52), 0, 0);
	end();
}

static double evidence_after(unsigned nights, bool others_too)
{
	double m;

	begin();
	for (unsigned night = 0; night < nights; night++) {
		if (others_too)
			copy_all(night, 12);
		leak_at(night, 12, 50 * MB);
		morning(night);
	}
	m = leaf_of(&w)->evidence->process[0].m_mean;
	end();
	return m;
}

/* Detector N: a time at which others are busy too is worth less, and not nothing. */
static void a_busy_hour_is_worth_less(void)
{
	double alone = evidence_after(4, false), busy = evidence_after(4, true);

	CU_ASSERT(alone > 1e3);
	CU_ASSERT(busy < alone / 10);
	CU_ASSERT(busy > 5);
	/* The first row has no votes before it. */
	NEAR(evidence_after(1, false), evidence_after(1, true), 1e-12);
}

/* --- locked to the clock ------------------------------------------------ */

static void usual(unsigned night)
{
	world_talk(&w, &(struct talk){ .client = IMG_1, .server = "10.40.0.5", .minutes = 300,
				       .up = 3 * MB, .at_ns = NOON + night * DAY + 16 * HOUR });
}

/* 14:20 to 14:28 local, to a name first met after the days of learning. */
static void every_afternoon(void)
{
	const struct incident *in;

	begin();
	for (unsigned night = 0; night < 40; night++) {
		usual(night);
		if (night >= 16)
			leak_at(night, 1, 200 * MB);
		world_run(&w, NOON + (night + 1) * DAY);
		in = incident_of(RULE_EXF_005);
		if (night < 19)
			CU_ASSERT(!in);
		if (night == 23)
			CU_ASSERT(in && in->severity == 4);
	}
	CU_ASSERT_FATAL(in != NULL);
	EQUAL_INT(count_incidents(RULE_EXF_005), 1);
	EQUAL_INT(count_incidents(RULE_EXF_001) + count_incidents(RULE_EXF_002), 0);
	EQUAL_TEXT(incident_group(in), "ip");
	EQUAL_INT(in->level, LEVEL_NONE);
	CU_ASSERT(is_said(in, "IMG-1 uploaded 4.2 GB to 203.0.113.9 on 21 of 21 days, each time "
			      "about 14:"));
	CU_ASSERT(is_said(in, "label rhythm"));
	CU_ASSERT(is_said(in, "Destination: not accepted and first met after learning"));
	CU_ASSERT(is_said(in, "(a description, not corrected for looking)"));
	EQUAL_TEXT(in->case_id, incident_of(RULE_DST_001)->case_id);
	for (unsigned night = 40; night < 56; night++)
		world_run(&w, NOON + (night + 1) * DAY);
	CU_ASSERT_FALSE(incident_of(RULE_EXF_005)->is_open);
	EQUAL_INT(channel_rhythm(w.parts.channels, leaf_of(&w))->hits, 0);
	end();
}

/* The same from day one, when nothing is strange: the rhythm alone. */
static void a_rhythm_alone_is_severity_2(void)
{
	begin();
	for (unsigned night = 0; night < 30; night++) {
		usual(night);
		world_talk(&w, &(struct talk){ .client = IMG_1, .server = "198.51.100.7",
					       .minutes = 10, .up = 2 * MB,
					       .at_ns = NOON + night * DAY + HOUR });
		world_run(&w, NOON + (night + 1) * DAY);
	}
	EQUAL_INT(count_incidents(RULE_EXF_005), 1);
	EQUAL_INT(incident_of(RULE_EXF_005)->severity, 2);
	end();
}

/* Inside the site it is normal to be punctual; a download's acknowledgements are no upload. */
static void no_rhythm_of_these(void)
{
	begin();
	for (unsigned night = 0; night < 30; night++) {
		copy(night, "10.20.1.12", "10.40.0.5", 1);
		world_talk(&w, &(struct talk){ .client = IMG_1, .server = "198.51.100.7",
					       .minutes = 10, .up = 2 * MB, .down = 90 * MB,
					       .at_ns = NOON + night * DAY + HOUR });
		world_run(&w, NOON + (night + 1) * DAY);
	}
	EQUAL_INT(count_incidents(RULE_EXF_005), 0);
	EQUAL_INT(channels_counters(w.parts.channels)->with_rhythm, 0);
	end();
}

/* Detector N has it: no incident of its own, but the label. */
static void at_night_it_is_a_label(void)
{
	const struct incident *in;

	begin();
	for (unsigned night = 0; night < 20; night++) {
		leak_at(night, 12, 200 * MB);
		world_run(&w, NOON + (night + 1) * DAY);
	}
	EQUAL_INT(count_incidents(RULE_EXF_005), 0);
	in = incident_of(RULE_EXF_001);
	CU_ASSERT_FATAL(in != NULL);
	CU_ASSERT(is_said(in, "By day too (label rhythm)"));
	end();
}

/* Their number is bounded, the least goes, and bytes are counted. */
static void rhythms_are_bounded(void)
{
	struct channels *c = NULL;
	struct subject *s;
	struct channel *best = NULL;
	size_t bytes;

	begin();
	s = subjects_by_id(w.parts.subjects, "IMG-1");
	CU_ASSERT_FATAL(!channels_new(NULL, &c));
	for (uint32_t i = 0; i <= CHANNELS_RHYTHMS_MAX; i++) {
		struct channel_key key = { .subject = s->number, .is_external = 1 };
		struct channel *ch;

		group_key_asn(&key, i + 1);
		ch = channels_get(c, s, &key);
		CU_ASSERT_FATAL(ch && channel_follow_rhythm(c, ch));
		channel_rhythm(c, ch)->m_mean = i == 5 ? 1e6 : i % 7;
		best = i == 5 ? ch : best;
	}
	EQUAL_INT(channels_counters(c)->evicted_rhythms, CHANNELS_RHYTHMS_MAX / 16);
	EQUAL_INT(channels_counters(c)->with_rhythm, CHANNELS_RHYTHMS_MAX - 625 + 1);
	CU_ASSERT(channel_rhythm(c, best) && channel_rhythm(c, best)->m_mean > 1e5);
	bytes = channels_counters(c)->bytes;
	channel_drop_rhythm(c, best);
	CU_ASSERT(bytes - channels_counters(c)->bytes >= sizeof(struct rhythm));
	CU_ASSERT(!channel_rhythm(c, best));
	channels_free(c);
	end();
}

/* --- as bytes ---------------------------------------------------------- */

static void a_state_keeps_votes(void)
{
	struct packer was = { 0 }, is = { 0 };
	const struct subject *s;
	struct world other;

	begin();
	for (unsigned night = 0; night < 3; night++) {
		copy(night, "10.20.1.12", "10.40.0.5", 12);
		world_run(&w, NOON + night * DAY + 14 * HOUR);
	}
	s = subjects_by_id(w.parts.subjects, "IMG-2");
	CU_ASSERT(s->busy && s->busy->n == 2);
	subject_pack(s, &was);
	world_begin(&other, site_text, false);
	CU_ASSERT_FATAL(subject_unpack(other.parts.subjects, other.site, "IMG-2", 5, was.bytes,
				       was.len));
	subject_pack(subjects_by_id(other.parts.subjects, "IMG-2"), &is);
	CU_ASSERT(was.len == is.len && !memcmp(was.bytes, is.bytes, was.len));
	/* Twice is refused, and so is what is cut. */
	CU_ASSERT(!subject_unpack(other.parts.subjects, other.site, "IMG-2", 5, was.bytes,
				  was.len));
	world_end(&other);
	world_begin(&other, site_text, false);
	for (size_t len = 0; len < was.len; len++)
		CU_ASSERT(!subject_unpack(other.parts.subjects, other.site, "IMG-2", 5, was.bytes,
					  len));
	world_end(&other);
	pack_free(&was);
	pack_free(&is);
	end();
}

static void a_state_keeps_periods(void)
{
	struct packer key = { 0 }, facts = { 0 }, was = { 0 }, is = { 0 };
	struct unpacker k, v;
	struct world other;
	struct channel *ch;

	begin();
	for (unsigned night = 0; night < 23; night++) {
		if (night % 7 == 0)
			leak_at(night, 12, 50 * MB);
		morning(night);
	}
	ch = leaf_of(&w);
	CU_ASSERT_FATAL(ch && ch->evidence && ch->evidence->period);
	CU_ASSERT(ch->evidence->period->process[2].hits == 3);
	channel_pack_key(ch, &key);
	channel_pack(w.parts.channels, ch, &facts);
	evidence_pack(ch->evidence, &was);
	world_begin(&other, site_text, false);
	k = unpack_over(key.bytes, key.len);
	v = unpack_over(facts.bytes, facts.len);
	CU_ASSERT_FATAL(channel_unpack(other.parts.channels, other.parts.subjects, &k, &v));
	v = unpack_over(was.bytes, was.len);
	CU_ASSERT_FATAL(evidence_unpack(other.parts.channels, other.parts.subjects, &k, &v));
	evidence_pack(leaf_of(&other)->evidence, &is);
	CU_ASSERT(was.len == is.len && !memcmp(was.bytes, is.bytes, was.len));
	/* What the form before this one was: nothing follows the nights. */
	free(leaf_of(&w)->evidence->period);
	leaf_of(&w)->evidence->period = NULL;
	pack_reset(&was);
	evidence_pack(leaf_of(&w)->evidence, &was);
	was.bytes[0] = 2;
	v = unpack_over(was.bytes, was.len - 1);
	world_end(&other);
	world_begin(&other, site_text, false);
	CU_ASSERT_FATAL(evidence_unpack(other.parts.channels, other.parts.subjects, &k, &v));
	EQUAL_INT(leaf_of(&other)->evidence->nights_n, 23);
	CU_ASSERT(!leaf_of(&other)->evidence->period);
	world_end(&other);
	pack_free(&key);
	pack_free(&facts);
	pack_free(&was);
	pack_free(&is);
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "every Sunday", every_sunday },
		{ "Sundays stop and return", sundays_stop_and_return },
		{ "every second night", every_second_night },
		{ "every third night", every_third_night },
		{ "Sundays give way to every night", sundays_give_way_to_every_night },
		{ "every night is told once", every_night_is_told_once },
		{ "the bound counts nights in play", the_bound_counts_nights_in_play },
		{ "others vote once a row", others_vote_once_a_row },
		{ "a busy hour is worth less", a_busy_hour_is_worth_less },
		{ "every afternoon", every_afternoon },
		{ "a rhythm alone is severity 2", a_rhythm_alone_is_severity_2 },
		{ "no rhythm of these", no_rhythm_of_these },
		{ "at night it is a label", at_night_it_is_a_label },
		{ "rhythms are bounded", rhythms_are_bounded },
		{ "a state keeps periods", a_state_keeps_periods },
		{ "a state keeps votes", a_state_keeps_votes },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "patterns", .pTests = tests, .pInitFunc = set_up,
		  .pCleanupFunc = tear_down },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
