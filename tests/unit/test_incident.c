/* test_incident.c - findings become incidents and records. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alert/incident.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/tz.h"
#include "store/outbox.h"
#include "tap.h"

static const char site_text[] =
	"{\"site\": {\"id\": \"RTM-MV\", \"timezone\": \"Europe/Amsterdam\", \"closed_hours\": []},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.20.1.0/24\"], \"closed\": true}],"
	" \"assets\": [{\"id\": \"IMG-1\", \"role\": \"image_server\", \"vendor\": \"A\", "
	"\"zone\": \"core\","
	" \"ip\": [\"10.20.1.11\"]}]}";

struct bench {
	struct site *site;
	struct calendar calendar;
	struct alert_context context;
	struct outbox *outbox;
	int sink;
	struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	json_t *last;			/* the last record taken */
};

static void append(void *outbox, struct record *r)
{
	outbox_append(outbox, r);
}

static void begin(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	CU_ASSERT_FATAL(!site_parse("test", site_text, strlen(site_text), &b->site));
	tz_use(b->site->timezone);
	calendar_init(&b->calendar, b->site, 2026);
	b->context =
		(struct alert_context){.site = b->site, .calendar = &b->calendar, .sensor = "nw-1"};
	CU_ASSERT_FATAL(!outbox_new(&b->outbox));
	b->sink = outbox_add_sink(b->outbox, "test");
	CU_ASSERT_FATAL(!subjects_new(b->site, &b->subjects) && !channels_new(NULL, &b->channels));
	CU_ASSERT_FATAL(!incidents_new(&b->context, append, b->outbox, &b->incidents));
}

static void end(struct bench *b)
{
	json_decref(b->last);
	incidents_free(b->incidents);
	channels_free(b->channels);
	subjects_free(b->subjects);
	outbox_give_up(b->outbox, b->sink);
	outbox_free(b->outbox);
	site_free(b->site);
}

/* Takes everything from the outbox; how many records, the last one parsed. */
static unsigned take(struct bench *b)
{
	const struct record *records[64];
	unsigned total = 0;
	bool closed;
	size_t n;

	while ((n = outbox_peek(b->outbox, b->sink, records, 64, 0, &closed)) > 0) {
		json_decref(b->last);
		b->last = json_loads(records[n - 1]->json, 0, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(b->last);
		total += (unsigned)n;
		outbox_taken(b->outbox, b->sink, n);
	}
	return total;
}

static const char *text_at(const json_t *j, const char *a, const char *b, const char *c)
{
	json_t *v = json_object_get(json_object_get(j, a), b);

	return json_string_value(c ? json_object_get(v, c) : v);
}

static struct channel *channel_to(struct bench *b, unsigned peer)
{
	const uint8_t bytes[4] = { 203, 0, (uint8_t)(113 + peer / 256), (uint8_t)peer };
	struct channel_key key = { .is_external = true };
	struct addr a, there = addr_from_ipv4(bytes);
	struct subject *s;
	struct channel *ch;

	CU_ASSERT_FATAL(addr_parse("10.20.1.11", &a));
	s = subjects_get(b->subjects, &(struct sighting){ .addr = &a });
	key.subject = s->number;
	group_key_ip(&key, &there, IP_TCP, 443);
	ch = channels_get(b->channels, s, &key);
	ch->contact->is_answered = 1;
	ch->contact->own = a;
	ch->contact->port = 443;
	return ch;
}

static struct finding crossing(struct bench *b, unsigned peer, uint64_t ns)
{
	struct channel *ch = channel_to(b, peer);

	return (struct finding){ .rule = RULE_DST_002, .channel = ch, .leaf = ch, .judged_ns = ns,
				 .row = calendar_row(&b->calendar, ns), .severity = 5 };
}

#define T0 (1768626600ULL * NS_PER_SEC)		/* 2026-01-17T05:10:00Z */

static void opens_once_and_updates_each_row(void)
{
	struct bench b;
	struct finding f;
	char id[64];

	begin(&b);
	f = crossing(&b, 9, T0);
	incidents_finding(b.incidents, &f);
	EQUAL_INT(take(&b), 1);
	EQUAL_TEXT(text_at(b.last, "event", "action", NULL), "open");
	EQUAL_TEXT(json_string_value(json_object_get(b.last, "@timestamp")),
		   "2026-01-17T05:10:00.000000Z");
	EQUAL_TEXT(text_at(b.last, "nachtwacht", "local", NULL), "2026-01-17T06:10:00+01:00");
	snprintf(id, sizeof(id), "%s", text_at(b.last, "nachtwacht", "incident", "id"));
	f.judged_ns += NS_PER_DAY;
	f.row++;
	incidents_finding(b.incidents, &f);
	EQUAL_INT(take(&b), 1);
	EQUAL_TEXT(text_at(b.last, "event", "action", NULL), "update");
	EQUAL_TEXT(text_at(b.last, "nachtwacht", "incident", "id"), id);
	end(&b);
}

/* The recipe of ALERTS section 1, computed here once more. */
static void ids_are_hashes_of_what_it_is_about(void)
{
	struct bench b;
	struct finding f;
	char hex[DIGEST_HEX_MAX], want[64];
	static const char about[] =
		"RTM-MV\nNW-DST-002\nIMG-1\nip\n203.0.113.9\ntcp/443\n2026-01-17T05:10:00.000000Z";

	begin(&b);
	f = crossing(&b, 9, T0);
	incidents_finding(b.incidents, &f);
	take(&b);
	digest_sha256_hex(about, strlen(about), hex);
	snprintf(want, sizeof(want), "nw1-%.32s", hex);
	EQUAL_TEXT(text_at(b.last, "nachtwacht", "incident", "id"), want);
	end(&b);
}

static void a_return_names_the_previous_incident(void)
{
	struct bench b;
	struct finding f;
	char first[64];

	begin(&b);
	f = crossing(&b, 9, T0);
	incidents_finding(b.incidents, &f);
	take(&b);
	snprintf(first, sizeof(first), "%s", text_at(b.last, "nachtwacht", "incident", "id"));
	incidents_resolve(b.incidents, RULE_DST_002, f.channel, T0 + 15 * NS_PER_DAY, f.row + 15);
	EQUAL_INT(take(&b), 1);
	EQUAL_TEXT(text_at(b.last, "event", "action", NULL), "resolve");
	EQUAL_TEXT(text_at(b.last, "nachtwacht", "incident", "state"), "resolved");
	incidents_resolve(b.incidents, RULE_DST_002, f.channel, T0 + 16 * NS_PER_DAY, f.row + 16);
	EQUAL_INT(take(&b), 0);
	f = crossing(&b, 9, T0 + 20 * NS_PER_DAY);
	incidents_finding(b.incidents, &f);
	EQUAL_INT(take(&b), 1);
	EQUAL_TEXT(text_at(b.last, "event", "action", NULL), "open");
	EQUAL_TEXT(text_at(b.last, "nachtwacht", "incident", "previous"), first);
	CU_ASSERT_STRING_NOT_EQUAL(text_at(b.last, "nachtwacht", "incident", "id"), first);
	end(&b);
}

static void two_rules_about_one_peer_are_one_case(void)
{
	struct bench b;
	struct finding f, night;
	char first[64];

	begin(&b);
	f = crossing(&b, 9, T0);
	incidents_finding(b.incidents, &f);
	take(&b);
	snprintf(first, sizeof(first), "%s", text_at(b.last, "nachtwacht", "incident", "case"));
	night = (struct finding){.rule = RULE_EXF_001,
				 .channel = f.channel,
				 .leaf = f.channel,
				 .judged_ns = T0 + 3 * NS_PER_DAY,
				 .row = f.row + 3,
				 .level = LEVEL_1,
				 .severity = 3};
	CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(b.channels, f.channel, f.row));
	f.channel->evidence->process[0].hits = 3;
	incidents_finding(b.incidents, &night);
	EQUAL_INT(take(&b), 1);
	EQUAL_TEXT(text_at(b.last, "rule", "id", NULL), "NW-EXF-001");
	EQUAL_TEXT(text_at(b.last, "nachtwacht", "incident", "case"), first);
	end(&b);
}

static void a_flood_is_one_incident_with_a_count(void)
{
	struct bench b;
	unsigned records;

	begin(&b);
	for (unsigned peer = 0; peer < 500; peer++) {
		struct finding f = crossing(&b, peer, T0 + peer);

		incidents_finding(b.incidents, &f);
	}
	records = take(&b);
	EQUAL_INT(incidents_count(b.incidents), INCIDENT_PEERS_MAX + 1);
	EQUAL_INT(records, INCIDENT_PEERS_MAX + 1);
	EQUAL_TEXT(text_at(b.last, "nachtwacht", "channel", "value"), "*");
	EQUAL_INT(incidents_at(b.incidents, INCIDENT_PEERS_MAX)->members, 500 - INCIDENT_PEERS_MAX);
	end(&b);
}

static void a_hostile_name_does_not_cost_the_record(void)
{
	struct bench b;
	struct finding f;

	begin(&b);
	f = crossing(&b, 9, T0);
	channel_set_name(b.channels, f.channel, "\xff\xfe\"</script>\n\xe2\x80\xae.example");
	incidents_finding(b.incidents, &f);
	EQUAL_INT(take(&b), 1);
	EQUAL_TEXT(text_at(b.last, "destination", "domain", NULL),
		   "\xef\xbf\xbd\xef\xbf\xbd\"</script>\\x0a\\u202e.example");
	end(&b);
}

/* Resolved longer ago than the site keeps it: what it said is gone, its id is not. */
static void what_is_past_keeps_its_id(void)
{
	struct bench b;
	struct finding f;
	const struct incident *in;
	char first[INCIDENT_ID_MAX];

	begin(&b);
	f = crossing(&b, 9, T0);
	incidents_finding(b.incidents, &f);
	in = incidents_at(b.incidents, 0);
	snprintf(first, sizeof(first), "%s", in->id);
	incidents_expire(b.incidents, f.row + 100);
	CU_ASSERT(!in->is_past && incident_message(in)[0]);	/* it is open */
	incidents_resolve(b.incidents, RULE_DST_002, f.channel, T0 + 15 * NS_PER_DAY, f.row + 15);
	incidents_expire(b.incidents, f.row);
	CU_ASSERT(!in->is_past && incident_message(in)[0] && incident_line(in, 0)[0]);
	incidents_expire(b.incidents, f.row + 1);
	CU_ASSERT(in->is_past && !incident_message(in)[0] && !incident_line(in, 0)[0]);
	EQUAL_INT(incidents_counters(b.incidents)->past, 1);
	f = crossing(&b, 9, T0 + 500 * NS_PER_DAY);
	incidents_finding(b.incidents, &f);
	take(&b);
	EQUAL_TEXT(text_at(b.last, "nachtwacht", "incident", "previous"), first);
	CU_ASSERT(!in->is_past && incident_message(in)[0]);
	EQUAL_INT(incidents_count(b.incidents), 1);
	end(&b);
}

/* Live and counted: how much was dropped; else nobody knows. */
static void the_tap_says_what_it_measured(void)
{
	struct bench b;
	struct finding f;
	json_t *tap;

	begin(&b);
	f = crossing(&b, 9, T0);
	incidents_finding(b.incidents, &f);
	take(&b);
	tap = json_object_get(json_object_get(b.last, "nachtwacht"), "tap");
	CU_ASSERT(json_is_null(json_object_get(tap, "drop_ratio")));
	CU_ASSERT(json_is_null(json_object_get(tap, "one_sided")));
	CU_ASSERT_FATAL(!coverage_new(&b.context.coverage));
	b.context.is_live = true;
	coverage_count(b.context.coverage, T0 - NS_PER_HOUR, 750, 250);
	coverage_blind(b.context.coverage, T0 - 100, T0 - 50, COVERAGE_ONE_SIDED);
	f = crossing(&b, 10, T0);
	incidents_finding(b.incidents, &f);
	take(&b);
	tap = json_object_get(json_object_get(b.last, "nachtwacht"), "tap");
	CU_ASSERT(json_real_value(json_object_get(tap, "drop_ratio")) > 0.2499 &&
		  json_real_value(json_object_get(tap, "drop_ratio")) < 0.2501);
	CU_ASSERT(json_is_true(json_object_get(tap, "one_sided")));
	coverage_free(b.context.coverage);
	end(&b);
}

static unsigned forgotten;

static void count_forgotten(void *arg, const struct incident *i)
{
	(void)arg;
	CU_ASSERT(!i->is_open);
	forgotten++;
}

static void drop(void *arg, struct record *r)
{
	(void)arg;
	record_free(r);
}

/* A peer of its own: what incidents look at of a channel. */
static void one_more(struct bench *b, struct finding *f, unsigned peer, bool has_end)
{
	struct channel ch = *f->channel;
	struct finding own = *f;

	ch.key.value.bytes[12] = (uint8_t)(peer >> 24);
	ch.key.value.bytes[13] = (uint8_t)(peer >> 16);
	ch.key.value.bytes[14] = (uint8_t)(peer >> 8);
	ch.key.value.bytes[15] = (uint8_t)peer;
	own.leaf = own.channel = &ch;
	ch.contact->is_flooded = 0;	/* shared by all of these */
	incidents_finding(b->incidents, &own);
	if (has_end)
		incidents_resolve(b->incidents, RULE_DST_002, &ch, own.judged_ns, own.row);
}

/* More than fit: the oldest resolved ones go, are told to the state, and are counted; what is open
 * stays and is found. */
static void when_full_the_oldest_resolved_go(void)
{
	struct bench b;
	struct finding f;
	const struct incidents_counters *c;
	unsigned n = INCIDENTS_OWN_MAX + 2;

	begin(&b);
	incidents_free(b.incidents);
	CU_ASSERT_FATAL(!incidents_new(&b.context, drop, NULL, &b.incidents));
	forgotten = 0;
	incidents_on_forget(b.incidents, count_forgotten, NULL);
	c = incidents_counters(b.incidents);
	f = crossing(&b, 9, T0);
	for (unsigned i = 0; i < n; i++)
		one_more(&b, &f, i, i % (n / 12) != 0);
	CU_ASSERT(c->forgotten > 0 && c->forgotten == forgotten && !c->refused);
	EQUAL_INT(incidents_count(b.incidents) + c->forgotten, n);
	EQUAL_INT(incidents_at(b.incidents, 0)->number, 0);	/* open */
	CU_ASSERT(incidents_at(b.incidents, 1)->number > 1);
	for (size_t i = 1; i < incidents_count(b.incidents); i++)
		if (incidents_at(b.incidents, i - 1)->number >=
		    incidents_at(b.incidents, i)->number)
			CU_FAIL("out of order");
	for (unsigned i = 0; i < n; i += n / 12)
		one_more(&b, &f, i, false);	/* found again, each */
	EQUAL_INT(incidents_count(b.incidents) + c->forgotten, n);
	end(&b);
}

/* All of them open: further ones are counted into the flood of their subject. */
static void when_full_of_open_ones_floods_take_over(void)
{
	struct bench b;
	struct finding f;
	const struct incident *last;

	begin(&b);
	incidents_free(b.incidents);
	CU_ASSERT_FATAL(!incidents_new(&b.context, drop, NULL, &b.incidents));
	f = crossing(&b, 9, T0);
	channel_to(&b, 9)->up = INCIDENT_LARGE_BYTES;	/* no number of peers makes these a flood */
	for (unsigned i = 0; i < INCIDENTS_OWN_MAX + 1000; i++)
		one_more(&b, &f, i, false);
	EQUAL_INT(incidents_count(b.incidents), INCIDENTS_OWN_MAX + 1);
	EQUAL_INT(incidents_counters(b.incidents)->forgotten, 0);
	EQUAL_INT(incidents_counters(b.incidents)->refused, 0);
	last = incidents_at(b.incidents, INCIDENTS_OWN_MAX);
	CU_ASSERT(last->is_any);
	EQUAL_INT(last->members, 1000);
	end(&b);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"opens once and updates each row", opens_once_and_updates_each_row},
		{"ids are hashes of what it is about", ids_are_hashes_of_what_it_is_about},
		{"a return names the previous incident", a_return_names_the_previous_incident},
		{"two rules about one peer are one case", two_rules_about_one_peer_are_one_case},
		{"a flood is one incident with a count", a_flood_is_one_incident_with_a_count},
		{"a hostile name does not cost the record",
		 a_hostile_name_does_not_cost_the_record},
		{"the tap says what it measured", the_tap_says_what_it_measured},
		{"what is past keeps its id", what_is_past_keeps_its_id},
		{"when full the oldest resolved go", when_full_the_oldest_resolved_go},
		{"when full of open ones floods take over",
		 when_full_of_open_ones_floods_take_over},
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "incident", .pTests = tests }, CU_SUITE_INFO_NULL };

	/* The last one is a minute under ASan, through code of the one before it. */
	if (getenv("NW_REDUCED"))
		tests[ARRAY_SIZE(tests) - 2] = (CU_TestInfo)CU_TEST_INFO_NULL;
	return tap_main(suites);
}
