/* fuzz_profile.c - hostile bytes as the long memory of a state: subjects, channels, evidence,
 * incidents.
 *
 * An input is what changes valid packs, which are made here: byte 0 says which of the five
 * (subject, key, channel, evidence, incident), and then every three bytes (place, two bytes; value)
 * change one byte of it; bit 7 of byte 0 set: the pack is not made here, the rest of the input is
 * it.
 *
 * Checked: what is refused leaves the tables as they were, what is read is packed to the same bytes
 * from then on, and can be used as the next night would: touched, sorted, evicted, spoken of.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "alert/explain.h"
#include "alert/incident_pack.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/tz.h"
#include "profile/pattern.h"
#include "profile/profile_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)
#define ROW 20470

enum pack { SUBJECT, KEY, CHANNEL, EVIDENCE, INCIDENT, PACKS };

struct tables {
	struct calendar calendar;
	struct alert_context context;
	struct site *site;
	struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
};

static void drop_record(void *arg, struct record *r)
{
	(void)arg;
	record_free(r);
}

static void ignore_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

static void begin(struct tables *t)
{
	struct channels_limits limits = { .channels = 32, .evidence = 16 };

	log_set_sink(ignore_log);
	ENSURE(!site_default(NULL, NULL, &t->site) && !tz_use("UTC"));
	calendar_init(&t->calendar, t->site, 2026);
	t->context = (struct alert_context){ .site = t->site, .calendar = &t->calendar,
					     .sensor = "s", .since_row = ROW - 9 };
	ENSURE(!subjects_new(t->site, &t->subjects) && !channels_new(&limits, &t->channels));
	ENSURE(!incidents_new(&t->context, drop_record, NULL, &t->incidents));
}

static void end(struct tables *t)
{
	incidents_free(t->incidents);
	channels_free(t->channels);
	subjects_free(t->subjects);
	site_free(t->site);
}

/* --- valid packs ------------------------------------------------------------------------------ */

static struct subject *make_subject(struct tables *t)
{
	struct addr own = addr_from_ipv4((const uint8_t[]){ 10, 1, 2, 3 });
	struct subject *s = subjects_get(t->subjects, &(struct sighting){ .addr = &own });

	ENSURE(s);
	subject_add_volume(s, ROW - 2, 4711);
	subject_count_bet(s, ROW - 1, true);
	return s;
}

static struct channel *make_channel(struct tables *t)
{
	struct addr peer = addr_from_ipv4((const uint8_t[]){ 203, 0, 113, 9 });
	struct subject *s = make_subject(t);
	struct channel_key key = { .subject = s->number, .is_external = 1 };
	struct channel *ch;

	group_key_ip(&key, &peer, IP_TCP, 443);
	ch = channels_get(t->channels, s, &key);
	ENSURE(ch);
	channel_set_name(t->channels, ch, "upd.vendor.example");
	ch->contact->communities = 1;
	ENSURE(channel_follow_rhythm(t->channels, ch));
	*channel_rhythm(t->channels, ch) = (struct rhythm){ .m = { 5, 6 }, .m_mean = 2e3, .hits = 5,
		.since_row = ROW - 6, .last_row = ROW - 1, .bursts_n = 1,
		.bursts = { { 100, 160 } } };
	for (unsigned slot = 3; slot < 60; slot += 9)
		ENSURE(channel_add(t->channels, ch, ROW, &(struct row_minute){ .slot = slot,
			.up = 1000 * slot, .peer = { .addr = peer, .port = 443 } }));
	return ch;
}

static struct evidence *make_evidence(struct tables *t, struct channel *ch)
{
	struct evidence *ev = channel_promote(t->channels, ch, ROW - 9);

	ENSURE(ev);
	ev->nights_n = 9;
	for (unsigned i = 0; i < 9; i++) {
		ev->nights[i] = (struct night_seen){ .row = ROW - 9 + (int)i, .hits = 3, .up = 9,
						     .start_min = (uint16_t)(700 + i) };
		picture_set(ev->picture[i], 50, 7);
	}
	ev->process[0] = (struct process){ .m = { 1, 2, 3 }, .m_mean = 1e5, .hits = 9, .up = 81,
					   .since_row = ROW - 9, .bursts_n = 1 };
	ENSURE(channel_follow_period(t->channels, ch));
	*ev->period = (struct period){ .last_row = ROW, .nights = 9, .recent = 0x55, .bursts_n = 1,
				       .bursts = { { 700, 760 } } };
	ev->period->process[2] = (struct period_process){ .m = { 3, 4 }, .m_mean = 1e4, .hits = 4,
							  .in_play = 5, .up = 81,
							  .since_row = ROW - 9 };
	return ev;
}

static void make_packs(struct packer p[static PACKS])
{
	struct tables t;
	struct channel *ch;
	struct finding f = { .rule = RULE_EXF_001, .row = ROW, .judged_ns = ROW * NS_PER_DAY,
			     .level = LEVEL_2, .severity = 4 };

	begin(&t);
	ch = make_channel(&t);
	f.channel = ch;
	f.leaf = f.attached[0] = ch;
	f.n_attached = 1;
	make_evidence(&t, ch);
	incidents_finding(t.incidents, &f);
	subject_pack(ch->subject, &p[SUBJECT]);
	channel_pack_key(ch, &p[KEY]);
	channel_pack(t.channels, ch, &p[CHANNEL]);
	evidence_pack(ch->evidence, &p[EVIDENCE]);
	incident_pack(incidents_at(t.incidents, 0), &p[INCIDENT]);
	end(&t);
}

/* --- what becomes of them --------------------------------------------------------------------- */

static bool is_same(struct packer *a, struct packer *b)
{
	bool same = a->len == b->len && (!a->len || !memcmp(a->bytes, b->bytes, a->len));

	pack_free(a);
	pack_free(b);
	return same;
}

/* Packed, read into other tables and packed again: the same. */
static void expect_stable(const struct channels *from, const struct channel *ch,
			  const struct packer *subject)
{
	struct packer key = { 0 }, facts = { 0 }, evidence = { 0 }, again = { 0 }, more = { 0 };
	struct unpacker k, v;
	struct tables t;
	struct channel **list;
	size_t n;

	channel_pack_key(ch, &key);
	channel_pack(from, ch, &facts);
	if (ch->evidence)
		evidence_pack(ch->evidence, &evidence);
	begin(&t);
	if (subject_unpack(t.subjects, t.site, ch->subject->id, strlen(ch->subject->id),
			   subject->bytes, subject->len)) {
		k = unpack_over(key.bytes, key.len);
		v = unpack_over(facts.bytes, facts.len);
		ENSURE(channel_unpack(t.channels, t.subjects, &k, &v));
		v = unpack_over(evidence.bytes, evidence.len);
		ENSURE(!ch->evidence || evidence_unpack(t.channels, t.subjects, &k, &v));
		list = channels_sorted(t.channels, &n);
		ENSURE(n == 1);
		channel_pack(t.channels, list[0], &again);
		if (list[0]->evidence)
			evidence_pack(list[0]->evidence, &more);
		ENSURE(is_same(&facts, &again) && is_same(&evidence, &more));
	}
	end(&t);
	pack_free(&key);
	pack_free(&facts);
	pack_free(&evidence);
}

/* A night more, and words about it. */
static void use(struct tables *t, struct channel *ch)
{
	struct finding f = { .rule = RULE_EXF_001, .channel = ch, .leaf = ch->contact ? ch : NULL,
			     .row = ROW + 1, .level = LEVEL_1, .severity = 3,
			     .judged_ns = calendar_row_start(&t->calendar, ROW + 2) };
	struct row_minute m = { .slot = 50, .up = 300000 };
	struct subject *subject = ch->subject;	/* the channel itself may be evicted below */

	ENSURE(channel_add(t->channels, ch, ROW + 1, &m));
	if (ch->evidence)
		incidents_finding(t->incidents, &f);
	f.rule = RULE_EXF_002;
	f.process = 2;
	if (ch->evidence)
		incidents_finding(t->incidents, &f);
	for (unsigned i = 0; i < incidents_count(t->incidents); i++)
		if (ch->evidence)
			incidents_resolve(t->incidents, i % 2 ? RULE_EXF_002 : RULE_EXF_001, ch,
					  f.judged_ns, f.row);
	for (unsigned i = 0; i < 64; i++) {
		struct channel_key key = { .subject = subject->number };

		group_key_asn(&key, i);
		ENSURE(channels_get(t->channels, subject, &key));
	}
	ENSURE(channels_counters(t->channels)->live <= 32);
}

static void read_all(const struct packer p[static PACKS])
{
	static const char id[] = "10.1.2.3";
	struct unpacker key = unpack_over(p[KEY].bytes, p[KEY].len), value;
	struct tables t;
	struct channel **list;
	bool has_facts, has_evidence;
	size_t n;

	begin(&t);
	subject_unpack(t.subjects, t.site, id, strlen(id), p[SUBJECT].bytes, p[SUBJECT].len);
	value = unpack_over(p[CHANNEL].bytes, p[CHANNEL].len);
	has_facts = channel_unpack(t.channels, t.subjects, &key, &value);
	ENSURE(channels_counters(t.channels)->live == has_facts);
	value = unpack_over(p[EVIDENCE].bytes, p[EVIDENCE].len);
	has_evidence = evidence_unpack(t.channels, t.subjects, &key, &value);
	ENSURE(channels_counters(t.channels)->live == (has_facts || has_evidence));
	ENSURE(channels_counters(t.channels)->with_evidence == has_evidence);
	ENSURE(incident_unpack(t.incidents, t.subjects, "\0\0\0\1", p[INCIDENT].bytes,
			       p[INCIDENT].len) == (incidents_count(t.incidents) == 1));
	list = channels_sorted(t.channels, &n);
	if (n) {
		expect_stable(t.channels, list[0], &p[SUBJECT]);
		use(&t, list[0]);
	}
	end(&t);
}

static void change(struct packer *p, const uint8_t *data, size_t size)
{
	for (; size >= 3 && p->len; data += 3, size -= 3)
		p->bytes[((size_t)data[0] << 8 | data[1]) % p->len] = data[2];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packer p[PACKS] = { { 0 } };
	struct packer *which;

	if (!size)
		return 0;
	make_packs(p);
	which = &p[(data[0] & 0x7f) % PACKS];
	if (data[0] & 0x80) {
		pack_reset(which);
		pack_bytes(which, data + 1, size - 1);
	} else {
		change(which, data + 1, size - 1);
	}
	read_all(p);
	for (unsigned i = 0; i < PACKS; i++)
		pack_free(&p[i]);
	return 0;
}
