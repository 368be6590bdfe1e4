/* test_channel.c - the memory of channels: bounds, eviction, order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "detect/volume.h"
#include "policy/site.h"
#include "profile/channel.h"
#include "profile/subject.h"
#include "tap.h"

static struct site *site;
static struct subjects *subjects;

static int set_up(void)
{
	return site_default(NULL, NULL, &site) || subjects_new(site, &subjects);
}

static int tear_down(void)
{
	subjects_free(subjects);
	site_free(site);
	return 0;
}

static struct subject *subject_of(const char *text)
{
	struct addr a;

	CU_ASSERT_FATAL(addr_parse(text, &a));
	return subjects_get(subjects, &(struct sighting){ .addr = &a });
}

static struct channel_key key_to(const struct subject *s, unsigned peer)
{
	struct channel_key key = { .subject = s->number, .is_external = true };
	const uint8_t bytes[4] = {203, (uint8_t)(peer >> 16), (uint8_t)(peer >> 8), (uint8_t)peer};
	struct addr there = addr_from_ipv4(bytes);

	group_key_ip(&key, &there, IP_TCP, 443);
	return key;
}

static struct channels *table_of(size_t channels, size_t evidence)
{
	struct channels *c = NULL;

	EQUAL_INT(channels_new(&(struct channels_limits){ .channels = channels,
							  .evidence = evidence }, &c), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static struct channel *get(struct channels *c, struct subject *s, unsigned peer)
{
	struct channel_key key = key_to(s, peer);

	return channels_get(c, s, &key);
}

static void only_internal_addresses_are_subjects(void)
{
	CU_ASSERT_PTR_NOT_NULL(subject_of("10.1.2.3"));
	CU_ASSERT_PTR_EQUAL(subject_of("10.1.2.3"), subject_of("10.1.2.3"));
	CU_ASSERT_PTR_NULL(subject_of("203.0.113.9"));
}

static void the_same_key_is_the_same_channel(void)
{
	struct channels *c;
	struct subject *s = subject_of("10.0.0.1");

	c = table_of(100, 0);
	CU_ASSERT_PTR_EQUAL(get(c, s, 1), get(c, s, 1));
	CU_ASSERT_PTR_NOT_EQUAL(get(c, s, 1), get(c, s, 2));
	EQUAL_INT(channels_counters(c)->live, 2);
	channels_free(c);
}

static void a_flood_of_peers_stays_bounded_and_spares_the_evidence(void)
{
	struct channels *c;
	struct subject *s = subject_of("10.0.0.1");
	struct channel *kept;
	size_t n;

	c = table_of(1000, 0);
	kept = get(c, s, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, kept, 1));
	kept->evidence->process[0].m_mean = 50;
	for (unsigned i = 1; i <= 50000; i++)
		get(c, s, i)->last_ns = i;
	CU_ASSERT(channels_counters(c)->live <= 1000);
	EQUAL_INT(channels_counters(c)->evicted + channels_counters(c)->live, 50001);
	EQUAL_INT(channels_counters(c)->evicted_evidence, 0);
	CU_ASSERT_PTR_EQUAL(get(c, s, 0), kept);
	CU_ASSERT_PTR_NOT_NULL(get(c, s, 50000));
	channels_sorted(c, &n);
	EQUAL_INT(n, channels_counters(c)->live);
	channels_free(c);
}

static void the_least_evidence_goes_first(void)
{
	struct channels *c;
	struct subject *s = subject_of("10.0.0.1");

	c = table_of(32, 0);
	for (unsigned i = 0; i < 32; i++) {
		struct channel *ch = get(c, s, i);

		CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, ch, 1));
		ch->evidence->process[1].m_mean = (i * 7) % 32;
	}
	get(c, s, 100);			/* 32 / 16 = two must go: M 0 and M 1 */
	EQUAL_INT(channels_counters(c)->evicted_evidence, 2);
	CU_ASSERT_PTR_NULL(get(c, s, 0)->evidence);	/* made anew: it had M = 0 */
	channels_free(c);
}

/* Removal from open addressing must not lose a neighbour: compare with what a plain list says. */
static void eviction_never_loses_a_channel(void)
{
	struct channels *c;
	struct subject *s = subject_of("10.0.0.1");
	struct channel **list;
	size_t n, found = 0;

	c = table_of(500, 0);
	for (unsigned i = 0; i < 3000; i++)
		get(c, s, i)->last_ns = i;
	list = channels_sorted(c, &n);
	for (size_t i = 0; i < n; i++) {
		struct channel_key key = list[i]->key;

		found += channels_get(c, s, &key)->last_ns == list[i]->last_ns;
	}
	EQUAL_INT(found, n);
	channels_free(c);
}

static void sorted_by_what_cannot_change(void)
{
	struct channels *c;
	struct channel **list;
	size_t n;

	c = table_of(100, 0);
	get(c, subject_of("10.0.0.9"), 5);
	get(c, subject_of("10.0.0.2"), 9);
	get(c, subject_of("10.0.0.2"), 4);
	list = channels_sorted(c, &n);
	EQUAL_INT(n, 3);
	EQUAL_TEXT(list[0]->subject->id, "10.0.0.2");
	EQUAL_INT(list[0]->key.value.bytes[15], 4);
	EQUAL_INT(list[1]->key.value.bytes[15], 9);
	EQUAL_TEXT(list[2]->subject->id, "10.0.0.9");
	channels_free(c);
}

static void a_new_row_is_empty(void)
{
	struct channels *c;
	struct channel *ch;

	c = table_of(100, 0);
	ch = get(c, subject_of("10.0.0.1"), 1);
	CU_ASSERT(channel_add(c, ch, 7, &(struct row_minute){ .slot = 3, .up = 42 }));
	EQUAL_INT(row_find(channel_touch(c, ch, 7), 3)->up, 42);
	CU_ASSERT_PTR_NULL(row_find(channel_touch(c, ch, 8), 3));
	EQUAL_INT(row_up(ch->row), 0);
	channel_drop_row(c, ch, 8);
	CU_ASSERT_PTR_NOT_NULL(ch->row);
	channel_drop_row(c, ch, 9);
	CU_ASSERT_PTR_NULL(ch->row);
	channels_free(c);
}

static void the_usual_volume_counts_silent_nights(void)
{
	struct channels *c;
	struct subject *s = subject_of("10.0.0.77");
	struct channel *ch;
	unsigned nights;

	c = table_of(10, 0);
	ch = get(c, s, 1);
	volume_usual(ch, 100, 100, &nights);
	EQUAL_INT(nights, 0);
	subject_add_volume(s, 100, 5000);
	subject_add_volume(s, 101, 7000);
	EQUAL_INT(volume_usual(ch, 100, 105, &nights), 0);	/* three of five were silent */
	EQUAL_INT(nights, 5);
	EQUAL_INT(volume_usual(ch, 101, 102, &nights), 7000);
	volume_usual(ch, 0, 1000, &nights);
	EQUAL_INT(nights, VOLUME_NIGHTS);
	channels_free(c);
}

static void flows_are_remembered_once_each(void)
{
	uint8_t a[DIGEST_SHA1_LEN] = { 1 }, b[DIGEST_SHA1_LEN] = { 2 }, c[DIGEST_SHA1_LEN] = { 3 };
	struct contact k = { .flows = 0 };

	contact_remember_flow(&k, a);
	contact_remember_flow(&k, a);
	CU_ASSERT_EQUAL(k.communities, 1);
	contact_remember_flow(&k, b);
	contact_remember_flow(&k, a);		/* its ports again: the latest */
	CU_ASSERT_EQUAL(k.communities, 2);
	CU_ASSERT(k.community[0][0] == 2 && k.community[1][0] == 1);
	contact_remember_flow(&k, c);
	CU_ASSERT_EQUAL(k.communities, 2);
	CU_ASSERT(k.community[0][0] == 1 && k.community[1][0] == 3);
}

static void bets_are_counted_over_a_year(void)
{
	struct subject *s = subject_of("10.0.0.78");
	uint64_t nights, channels;

	for (int64_t row = 0; row < 500; row++)
		subject_count_bet(s, row, row % 100 == 0);
	subject_bets(s, 499, &nights, &channels);
	EQUAL_INT(nights, 365);
	EQUAL_INT(channels, 3);		/* rows 200, 300, 400 */
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "only internal addresses are subjects", only_internal_addresses_are_subjects },
		{ "the same key is the same channel", the_same_key_is_the_same_channel },
		{ "a flood of peers stays bounded and spares the evidence",
		  a_flood_of_peers_stays_bounded_and_spares_the_evidence },
		{ "the least evidence goes first", the_least_evidence_goes_first },
		{ "eviction never loses a channel", eviction_never_loses_a_channel },
		{ "sorted by what cannot change", sorted_by_what_cannot_change },
		{ "a new row is empty", a_new_row_is_empty },
		{ "the usual volume counts silent nights", the_usual_volume_counts_silent_nights },
		{ "flows are remembered once each", flows_are_remembered_once_each },
		{ "bets are counted over a year", bets_are_counted_over_a_year },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{.pName = "channel",
		 .pTests = tests,
		 .pInitFunc = set_up,
		 .pCleanupFunc = tear_down},
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
