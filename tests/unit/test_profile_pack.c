/* test_profile_pack.c - the long memory as bytes: there and back, and damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/incident_pack.h"
#include "base/clock.h"
#include "base/tz.h"
#include "profile/pattern.h"
#include "profile/profile_pack.h"
#include "tap.h"

static struct site *site;

static int set_up(void)
{
	tz_use("UTC");
	return site_default(NULL, NULL, &site);
}

static int tear_down(void)
{
	site_free(site);
	return 0;
}

struct tables {
	struct calendar calendar;
	struct alert_context context;
	struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
};

static void drop_record(void *arg, struct record *r)
{
	(void)arg;
	record_free(r);
}

static void begin(struct tables *t)
{
	calendar_init(&t->calendar, site, 2026);
	t->context = (struct alert_context){.site = site, .calendar = &t->calendar, .sensor = "s"};
	CU_ASSERT_FATAL(!subjects_new(site, &t->subjects));
	CU_ASSERT_FATAL(!channels_new(&(struct channels_limits){ .channels = 100 }, &t->channels));
	CU_ASSERT_FATAL(!incidents_new(&t->context, drop_record, NULL, &t->incidents));
}

static void end(struct tables *t)
{
	incidents_free(t->incidents);
	channels_free(t->channels);
	subjects_free(t->subjects);
}

static void fill_night(struct evidence *ev, unsigned i, unsigned *seed)
{
	bool is_silent = rand_r(seed) % 4 == 0;

	ev->nights[i] = (struct night_seen){
		.row = 20400 + (int32_t)i, .up = (uint64_t)rand_r(seed),
		.coverage = EVIDENCE_SHARE, .loss = 7, .hits = (uint8_t)(1 | i % 2 << 1),
		.is_degraded = i % 3 == 0, .start_min = EVIDENCE_NO_START,
	};
	if (is_silent)
		return;
	ev->nights[i].start_min = (uint16_t)(rand_r(seed) % 1440);
	ev->nights[i].end_min = ev->nights[i].centroid_min = 1440;
	night_set_e(&ev->nights[i], 0, 5.5);
	night_set_e(&ev->nights[i], 1, 0.5);
	night_set_z(&ev->nights[i], -1.5);
	ev->nights[i].flows = i;
	ev->nights[i].top = addr_from_ipv4((const uint8_t[]){ 203, 0, 113, (uint8_t)i });
	for (unsigned slot = 0; slot < ROW_SLOTS; slot++)
		picture_set(ev->picture[i], slot, (uint8_t)(rand_r(seed) % 16));
}

static struct channel *fill(struct tables *t, unsigned *seed)
{
	const uint8_t own[4] = { 10, 1, (uint8_t)rand_r(seed), (uint8_t)rand_r(seed) };
	const uint8_t peer[4] = { 203, 0, 113, (uint8_t)rand_r(seed) };
	struct addr a = addr_from_ipv4(own);
	struct subject *s = subjects_get(t->subjects, &(struct sighting){ .addr = &a });
	struct channel_key key = { .subject = s->number, .is_external = true };
	struct addr there = addr_from_ipv4(peer);
	struct channel *ch;
	struct evidence *ev;

	group_key_ip(&key, &there, IP_TCP, 443);
	ch = channels_get(t->channels, s, &key);
	ch->contact->own = a;
	ch->first_ns = (uint64_t)rand_r(seed) * NS_PER_SEC;
	ch->up = (uint64_t)rand_r(seed) << 20;
	ch->contact->crossing_row = 20000 + rand_r(seed) % 100;
	ch->contact->run_start_ns = (uint64_t)rand_r(seed) * NS_PER_SEC;
	ch->contact->is_flooded = rand_r(seed) & 1;
	ch->contact->communities = (uint8_t)(rand_r(seed) % (CHANNEL_COMMUNITY_IDS + 1));
	for (int i = 0; i < ch->contact->communities; i++)
		memset(ch->contact->community[i], rand_r(seed), DIGEST_SHA1_LEN);
	channel_set_name(t->channels, ch, "upd.vendor-a.example");
	for (int i = rand_r(seed) % 100; i >= 0; i--)
		CU_ASSERT_FATAL(channel_add(t->channels, ch, 20470, &(struct row_minute){
			.slot = (unsigned)rand_r(seed) % ROW_SLOTS, .minute = (unsigned)i % 15,
			.up = (uint64_t)rand_r(seed), .down = 3,
			.peer = { .addr = there, .port = 443, .proto = IP_TCP } }));
	ch->row_up = 12345;
	ch->active = (uint64_t)rand_r(seed) << 32 | 1;
	ch->usual_up = (float)rand_r(seed);
	ev = channel_promote(t->channels, ch, 20400);
	ev->nights_n = 1 + (unsigned)rand_r(seed) % 200;
	for (unsigned i = 0; i < EVIDENCE_NIGHTS && i < ev->nights_n; i++)
		fill_night(ev, i, seed);
	ev->process[0] = (struct process){ .m = { 1.5, 2.25 }, .m_mean = 0.1 * rand_r(seed),
					   .hits = 7, .bursts_n = 2,
					   .bursts = { { 700, 760 }, { -5, 55 } },
					   .since_row = 20401, .up = 77, .down = 7 };
	if (rand_r(seed) % 2) {
		struct period *period = channel_follow_period(t->channels, ch);

		*period = (struct period){ .last_row = 20469, .nights = 9, .recent = 0x55,
					   .bursts_n = 1, .bursts = { { 700, 760 } } };
		period->process[2] = (struct period_process){ .m = { 3, 4 }, .m_mean = 1e4,
							      .hits = 4, .in_play = 5, .up = 9,
							      .e_log = { 2048, -2048, [63] = 7 } };
	}
	if (rand_r(seed) % 2)
		*channel_follow_rhythm(t->channels, ch) = (struct rhythm){
			.m = { 5, 6 }, .m_mean = 2e3, .hits = 5, .since_row = 20460,
			.last_row = 20469, .runs_on = true, .bursts_n = 1,
			.bursts = { { 100, 160 } } };
	subject_count_in_play(s, 20469, 3);
	subject_add_day(s, 20468, 815);
	subject_add_volume(s, 20468, 4711);
	subject_count_bet(s, 20469, true);
	return ch;
}

static void pack_all(const struct channels *c, const struct channel *ch, struct packer p[4])
{
	for (int i = 0; i < 4; i++)
		pack_reset(&p[i]);
	channel_pack_key(ch, &p[0]);
	channel_pack(c, ch, &p[1]);
	evidence_pack(ch->evidence, &p[2]);
	subject_pack(ch->subject, &p[3]);
}

static bool same(const struct packer *a, const struct packer *b)
{
	return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

static void there_and_back(void)
{
	unsigned seed = (unsigned)test_seed(0);

	for (int round = 0; round < 200; round++) {
		struct packer was[4] = { { 0 } }, is[4] = { { 0 } };
		struct unpacker key, value;
		struct tables a, b;
		struct channel *ch;
		size_t n;

		begin(&a);
		begin(&b);
		ch = fill(&a, &seed);
		pack_all(a.channels, ch, was);
		CU_ASSERT_FATAL(subject_unpack(b.subjects, site, ch->subject->id,
					       strlen(ch->subject->id), was[3].bytes, was[3].len));
		key = unpack_over(was[0].bytes, was[0].len);
		value = unpack_over(was[1].bytes, was[1].len);
		CU_ASSERT_FATAL(channel_unpack(b.channels, b.subjects, &key, &value));
		value = unpack_over(was[2].bytes, was[2].len);
		CU_ASSERT_FATAL(evidence_unpack(b.channels, b.subjects, &key, &value));
		pack_all(b.channels, channels_sorted(b.channels, &n)[0], is);
		EQUAL_INT(n, 1);
		for (int i = 0; i < 4; i++)
			CU_ASSERT(same(&was[i], &is[i]));
		for (int i = 0; i < 4; i++) {
			pack_free(&was[i]);
			pack_free(&is[i]);
		}
		end(&a);
		end(&b);
	}
}

/* A copy of exactly that length, so that a sanitizer sees a read beyond it. */
static uint8_t *cut_to(const struct packer *p, size_t len)
{
	uint8_t *cut = malloc(len ? len : 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(cut);
	memcpy(cut, p->bytes, len);
	return cut;
}

/* Reads value 1 (facts) or 2 (evidence) with the others whole. */
static bool read_into(struct tables *t, const struct channel *ch, struct packer p[4], int which,
		      const uint8_t *bytes, size_t len)
{
	struct unpacker key = unpack_over(p[0].bytes, p[0].len), value = unpack_over(bytes, len);

	CU_ASSERT_FATAL(subject_unpack(t->subjects, site, ch->subject->id,
				       strlen(ch->subject->id), p[3].bytes, p[3].len));
	return which == 1 ? channel_unpack(t->channels, t->subjects, &key, &value) :
			    evidence_unpack(t->channels, t->subjects, &key, &value);
}

/* Cut anywhere: refused as a whole. */
static void cut_short(void)
{
	struct packer p[4] = { { 0 } };
	unsigned seed = (unsigned)test_seed(0), tried = 0;
	struct tables a, b;
	struct channel *ch;

	begin(&a);
	ch = fill(&a, &seed);
	pack_all(a.channels, ch, p);
	begin(&b);
	for (int which = 1; which <= 2; which++)
		for (size_t len = 0; len < p[which].len; len += which == 1 ? 1 : 13) {
			uint8_t *cut = cut_to(&p[which], len);

			CU_ASSERT_FALSE(read_into(&b, ch, p, which, cut, len));
			free(cut);
			tried++;
		}
	CU_ASSERT(tried > 100);
	EQUAL_INT(channels_counters(b.channels)->live, 0);
	EQUAL_INT(channels_counters(b.channels)->with_evidence, 0);
	EQUAL_INT(channels_counters(b.channels)->bytes, 0);
	end(&b);
	for (int i = 0; i < 4; i++)
		pack_free(&p[i]);
	end(&a);
}

/* Any byte changed: refused as a whole, or read within its bounds (a sanitizer would say), and what
 * was read can be used: a night more, sorted, packed. */
static void damaged(void)
{
	struct packer p[4] = { { 0 } };
	unsigned seed = (unsigned)test_seed(0), refused = 0;
	struct tables a;
	struct channel *ch;

	begin(&a);
	ch = fill(&a, &seed);
	pack_all(a.channels, ch, p);
	for (int i = 0; i < 600; i++) {
		int which = 1 + i % 2;
		size_t at = (size_t)rand_r(&seed) % p[which].len, n;
		uint8_t was = p[which].bytes[at];
		struct packer again = { 0 };
		struct channel **list;
		struct tables b;

		begin(&b);
		p[which].bytes[at] = (uint8_t)rand_r(&seed);
		if (read_into(&b, ch, p, which, p[which].bytes, p[which].len)) {
			list = channels_sorted(b.channels, &n);
			EQUAL_INT(n, 1);
			channel_pack(b.channels, list[0], &again);
			CU_ASSERT_PTR_NOT_NULL(channel_touch(b.channels, list[0], 20471));
		} else {
			refused++;
			EQUAL_INT(channels_counters(b.channels)->live, 0);
		}
		pack_free(&again);
		end(&b);
		p[which].bytes[at] = was;
	}
	CU_ASSERT(refused > 5);
	for (int i = 0; i < 4; i++)
		pack_free(&p[i]);
	end(&a);
}

static void incidents_go_on_where_they_were(void)
{
	struct tables a, b;
	struct packer was = { 0 }, is = { 0 };
	uint8_t key[INCIDENT_KEY_LEN];
	unsigned seed = (unsigned)test_seed(0);
	struct finding f = { .rule = RULE_DST_002, .severity = 5, .row = 20470,
			     .judged_ns = 20470 * NS_PER_DAY };

	begin(&a);
	begin(&b);
	f.channel = fill(&a, &seed);
	f.leaf = f.channel;
	incidents_finding(a.incidents, &f);
	incident_pack_key(7, key);	/* an earlier one was left out */
	incident_pack(incidents_at(a.incidents, 0), &was);
	CU_ASSERT(subjects_restore(b.subjects, f.channel->subject->id, &f.leaf->contact->own, "") !=
		  NULL);
	CU_ASSERT_FATAL(incident_unpack(b.incidents, b.subjects, key, was.bytes, was.len));
	EQUAL_INT(incidents_at(b.incidents, 0)->number, 7);
	incident_pack(incidents_at(b.incidents, 0), &is);
	CU_ASSERT(same(&was, &is));
	/* Twice; and cut. */
	CU_ASSERT_FALSE(incident_unpack(b.incidents, b.subjects, key, was.bytes, was.len));
	CU_ASSERT_FALSE(incident_unpack(b.incidents, b.subjects, key, was.bytes, was.len - 1));
	pack_free(&was);
	pack_free(&is);
	end(&a);
	end(&b);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "there and back", there_and_back },
		{ "cut short", cut_short },
		{ "damaged", damaged },
		{ "incidents go on where they were", incidents_go_on_where_they_were },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "profile_pack", .pTests = tests, .pInitFunc = set_up,
		  .pCleanupFunc = tear_down },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
