/* test_baseline.c - the table of baseline.h, its bounds, and its bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "profile/baseline.h"
#include "profile/channel.h"
#include "tap.h"

static struct channel_key network(unsigned i)
{
	const uint8_t bytes[4] = { 203, (uint8_t)(i >> 8), (uint8_t)i, 9 };
	const struct addr a = addr_from_ipv4(bytes);
	struct channel_key key = { 0 };

	group_key_prefix(&key, &a);
	return key;
}

static struct destination *meet(struct baseline_list *b, const char *subject, const char *role,
				unsigned i)
{
	struct channel_key key = network(i);
	struct destination *d = baseline_get(b, subject, &key, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	d->role = role;
	d->first_ns = d->last_ns = i + 1;
	d->last_row = 1;
	return d;
}

static struct baseline_list *begin(void)
{
	struct baseline_list *b;

	CU_ASSERT_FATAL(!baseline_new(&b));
	return b;
}

static void states_follow_the_site_and_the_rows(void)
{
	struct site site = { .baseline = BASELINE_OBSERVE };

	CU_ASSERT_EQUAL_FATAL(rules_builtin(&site.rules), 0);

	EQUAL_INT(baseline_state(&site, 100, 100), BASELINE_LEARN);
	EQUAL_INT(baseline_state(&site, 100, 113), BASELINE_LEARN);
	EQUAL_INT(baseline_state(&site, 100, 114), BASELINE_OBSERVE);
	site.baseline = BASELINE_ENFORCE;
	EQUAL_INT(baseline_state(&site, 100, 100), BASELINE_ENFORCE);
	site.baseline = BASELINE_LEARN;
	EQUAL_INT(baseline_state(&site, 100, 900), BASELINE_LEARN);
	EQUAL_TEXT(baseline_name(BASELINE_LEARN), "learn");
	EQUAL_TEXT(baseline_name(BASELINE_OBSERVE), "observe");
	EQUAL_TEXT(baseline_name(BASELINE_ENFORCE), "enforce");
	rules_free(site.rules);
}

/* Every cell of the table in baseline.h, with a site file and without. */
static void the_truth_table(void)
{
	static const struct {
		enum baseline state;
		bool held, learned, revoked;
		unsigned severity, without_policy;
	} cells[] = {
		{ BASELINE_LEARN, true, true, false, 0, 0 },
		{ BASELINE_LEARN, true, false, false, 0, 0 },
		{ BASELINE_LEARN, false, true, false, 0, 0 },
		{ BASELINE_LEARN, false, false, false, 0, 0 },
		{ BASELINE_LEARN, false, true, true, 0, 0 },
		{ BASELINE_LEARN, false, false, true, 0, 0 },
		{ BASELINE_OBSERVE, true, true, false, 0, 0 },
		{ BASELINE_OBSERVE, true, false, false, 0, 0 },
		{ BASELINE_OBSERVE, false, true, false, 0, 0 },
		{ BASELINE_OBSERVE, false, false, false, 3, 2 },
		{ BASELINE_OBSERVE, false, true, true, 3, 2 },
		{ BASELINE_OBSERVE, false, false, true, 3, 2 },
		{ BASELINE_ENFORCE, true, true, false, 0, 0 },
		{ BASELINE_ENFORCE, true, false, false, 0, 0 },
		{ BASELINE_ENFORCE, false, true, false, 4, 2 },
		{ BASELINE_ENFORCE, false, false, false, 4, 2 },
		{ BASELINE_ENFORCE, false, true, true, 4, 2 },
		{ BASELINE_ENFORCE, false, false, true, 4, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		struct baseline_facts f = { .state = cells[i].state, .is_held = cells[i].held,
					    .is_learned = cells[i].learned,
					    .was_revoked = cells[i].revoked, .has_policy = true };

		EQUAL_INT(baseline_judge(&f), cells[i].severity);
		f.has_policy = false;
		EQUAL_INT(baseline_judge(&f), cells[i].without_policy);
		/* Its like has it: one step lower where it is new, no more than that. */
		f.has_policy = f.has_like = true;
		EQUAL_INT(baseline_judge(&f),
			  cells[i].severity == 3 && !cells[i].revoked ? 2 : cells[i].severity);
	}
}

static void only_an_act_accepts(void)
{
	struct baseline_list *b = begin();
	struct destination *d = meet(b, "A", "review", 1);

	CU_ASSERT_FALSE(baseline_holds(b, d));
	EQUAL_INT(baseline_accept(b, d, "x", "y"), 1);
	EQUAL_INT(baseline_accept(b, d, "x", "y"), 0);
	CU_ASSERT_TRUE(baseline_holds(b, d));
	EQUAL_TEXT(d->by, "x");
	EQUAL_INT(baseline_counters(b)->accepted, 1);
	EQUAL_INT(baseline_revoke(b, d, "z", "w"), 1);
	EQUAL_INT(baseline_revoke(b, d, "z", "w"), 0);
	CU_ASSERT_TRUE(d->was_revoked && !baseline_holds(b, d));
	EQUAL_INT(baseline_accept(b, d, "x", "y"), 1);
	CU_ASSERT_FALSE(d->was_revoked);
	baseline_free(b);
}

static void a_role_shares_what_was_accepted_and_not_what_was_seen(void)
{
	struct baseline_list *b = begin();
	struct destination *a1 = meet(b, "A1", "review", 1), *a2 = meet(b, "A2", "review", 1);
	struct destination *other = meet(b, "B", "archive", 1), *none = meet(b, "C", "", 1);
	struct destination *elsewhere = meet(b, "A2", "review", 2);

	CU_ASSERT_FALSE(baseline_holds(b, a2));
	baseline_accept(b, a1, "x", "y");
	CU_ASSERT_TRUE(baseline_holds(b, a2));
	CU_ASSERT_FALSE(baseline_holds(b, other) || baseline_holds(b, none) ||
			baseline_holds(b, elsewhere));
	baseline_revoke(b, a1, "x", "y");
	CU_ASSERT_FALSE(baseline_holds(b, a2));
	/* Revoked for one: its neighbour's acceptance does not let it in again. */
	baseline_accept(b, a2, "x", "y");
	CU_ASSERT_FALSE(baseline_holds(b, a1));
	/* Without a role nothing is shared. */
	baseline_accept(b, none, "x", "y");
	CU_ASSERT_FALSE(baseline_holds(b, meet(b, "D", "", 1)));
	baseline_free(b);
}

static unsigned removed;

static void count_removed(void *arg, const struct destination *d)
{
	(void)arg;
	removed += d->subject[0] != '\0' && !d->is_accepted;
}

static void a_flood_forgets_the_longest_silent_and_nothing_accepted(void)
{
	struct baseline_list *b = begin();
	struct channel_key first = network(0), last = network(39999);

	removed = 0;
	baseline_on_remove(b, count_removed, NULL);
	baseline_accept(b, meet(b, "A", "", 0), "x", "y");
	meet(b, "OTHER", "", 1);
	for (unsigned i = 1; i < 40000; i++)
		meet(b, "A", "", i);
	CU_ASSERT_TRUE(baseline_counters(b)->live <= BASELINE_SUBJECT_MAX + 2);
	CU_ASSERT_TRUE(baseline_counters(b)->live > BASELINE_SUBJECT_MAX / 2);
	EQUAL_INT(baseline_counters(b)->forgotten, removed);
	EQUAL_INT(baseline_counters(b)->made, baseline_counters(b)->live + removed);
	CU_ASSERT_TRUE(baseline_find(b, "A", &first) && baseline_find(b, "A", &last));
	first = network(1);
	CU_ASSERT_PTR_NULL(baseline_find(b, "A", &first));
	CU_ASSERT_PTR_NOT_NULL(baseline_find(b, "OTHER", &first));
	baseline_free(b);
}

static struct destination *try_pair(struct baseline_list *b, const char *subject, unsigned i,
				    bool is_answered)
{
	const uint8_t bytes[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
	const struct addr a = addr_from_ipv4(bytes);
	struct channel_key key = { 0 };
	struct destination *d;

	group_key_ip(&key, &a, 6, 445);
	d = baseline_get_pair(b, subject, &key, is_answered);
	if (d) {
		d->role = "";
		d->first_ns = d->last_ns = i + 1;
		d->last_row = 1;
	}
	return d;
}

/* Attempts are bounded apart; what is answered is none any more.  All of it comes back from its
 * bytes, and nothing goes on the way. */
static void attempts_take_no_place(void)
{
	struct baseline_list *b = begin(), *c = begin();
	struct packer key = { 0 }, value = { 0 };
	struct destination **list;
	size_t n;

	for (unsigned i = 0; i < BASELINE_SUBJECT_MAX - 10; i++)
		meet(b, "A", "", i);
	for (unsigned i = 0; i < 10; i++)
		try_pair(b, "A", i, true);
	EQUAL_INT(baseline_counters(b)->live, BASELINE_SUBJECT_MAX);
	for (unsigned i = 10; i < 5000; i++)
		try_pair(b, "A", i, false);
	CU_ASSERT(baseline_counters(b)->live <= BASELINE_SUBJECT_MAX + BASELINE_ATTEMPTS_MAX);
	CU_ASSERT(baseline_counters(b)->live > BASELINE_SUBJECT_MAX + BASELINE_ATTEMPTS_MAX / 2);
	for (unsigned i = 0; i < BASELINE_SUBJECT_MAX - 10; i++) {
		struct channel_key k = network(i);

		CU_ASSERT_FATAL(baseline_find(b, "A", &k) != NULL);
	}
	list = baseline_sorted(b, &n);
	for (size_t i = 0; i < n; i++) {
		struct unpacker k, v;

		pack_reset(&key);
		pack_reset(&value);
		baseline_pack_key(list[i], &key);
		baseline_pack(list[i], &value);
		k = unpack_over(key.bytes, key.len);
		v = unpack_over(value.bytes, value.len);
		CU_ASSERT_FATAL(baseline_unpack(c, &k, &v));
	}
	EQUAL_INT(baseline_counters(c)->live, baseline_counters(b)->live);
	EQUAL_INT(baseline_counters(c)->forgotten, 0);
	/* Answered, and counted with the others: a quarter of those goes. */
	CU_ASSERT(try_pair(b, "A", 4999, true)->is_answered);
	for (unsigned i = 5000; i < 9000; i++) {
		try_pair(b, "A", i, false);
		try_pair(b, "A", i, true);
	}
	CU_ASSERT(baseline_counters(b)->live <= BASELINE_SUBJECT_MAX + BASELINE_ATTEMPTS_MAX);
	pack_free(&key);
	pack_free(&value);
	baseline_free(b);
	baseline_free(c);
}

/* The table is full: attempts go first, and none comes when there is none to go. */
static void attempts_leave_a_full_table(void)
{
	struct baseline_list *b = begin();
	char id[SITE_ID_MAX];

	try_pair(b, "A", 1, false);
	for (unsigned i = 0; i < BASELINE_MAX; i++) {
		snprintf(id, sizeof(id), "S%u", i / 1000);
		meet(b, id, "", i % 1000);
	}
	EQUAL_INT(baseline_counters(b)->forgotten, 1);
	EQUAL_INT(baseline_counters(b)->live, BASELINE_MAX);
	CU_ASSERT_PTR_NULL(try_pair(b, "A", 1, false));
	EQUAL_INT(baseline_counters(b)->live, BASELINE_MAX);
	baseline_free(b);
}

static void many_subjects_stay_within_the_table(void)
{
	struct baseline_list *b = begin();
	char id[SITE_ID_MAX];

	for (unsigned s = 0; s < 100; s++)
		for (unsigned i = 0; i < 1000; i++) {
			snprintf(id, sizeof(id), "S%u", s);
			meet(b, id, "", i);
		}
	CU_ASSERT_TRUE(baseline_counters(b)->live <= BASELINE_MAX);
	CU_ASSERT_TRUE(baseline_counters(b)->live > BASELINE_MAX / 2);
	baseline_free(b);
}

static void silence_is_forgotten_but_not_what_was_accepted(void)
{
	struct baseline_list *b = begin();
	struct destination *told;

	meet(b, "A", "", 1);
	baseline_accept(b, meet(b, "A", "", 2), "x", "y");
	told = meet(b, "A", "", 3);
	told->is_told = true;
	baseline_expire(b, 400, 400);
	EQUAL_INT(baseline_counters(b)->live, 3);
	baseline_expire(b, 401, 400);
	EQUAL_INT(baseline_counters(b)->live, 2);
	EQUAL_INT(baseline_counters(b)->expired, 1);
	baseline_free(b);
}

static void ids_are_found_and_stable(void)
{
	struct baseline_list *b = begin();
	struct destination *d = meet(b, "A", "", 7), *e = meet(b, "B", "", 7);
	char id[BASELINE_ID_MAX], other[BASELINE_ID_MAX], value[GROUP_TEXT_MAX];

	/* printf 'A\nprefix\n203.0.7.0/24' | sha256sum */
	EQUAL_TEXT(baseline_value(d, value), "203.0.7.0/24");
	baseline_id(d, id);
	EQUAL_TEXT(id, "dst-4c56ebc90a84");
	CU_ASSERT_PTR_EQUAL(baseline_find_id(b, id), d);
	CU_ASSERT_TRUE(strcmp(id, baseline_id(e, other)) != 0);
	CU_ASSERT_PTR_NULL(baseline_find_id(b, "dst-000000000000"));
	baseline_free(b);
}

static void fill(struct destination *d)
{
	d->up = 5;
	d->down = 1ULL << 40;
	d->nights = 3;
	d->n_services = 2;
	d->services[1] = (struct baseline_service){ 17, 53 };
	d->is_learned = d->is_answered = d->is_told = d->told_large = true;
	d->told_bytes = 77;
	d->incident = network(9);
	d->incident.group = GROUP_IP;
	d->incident.port = 443;
}

static void bytes_and_back(void)
{
	struct baseline_list *b = begin(), *c = begin();
	struct channel_key domain = { 0 };
	struct packer key = { 0 }, value = { 0 };
	struct destination *d;
	struct unpacker k, v;

	group_key_domain(&domain, "vendor.example");
	d = baseline_get(b, "A", &domain, "vendor.example");
	d->first_ns = 1;
	fill(d);
	baseline_accept(b, d, "who", "why");
	baseline_pack_key(d, &key);
	baseline_pack(d, &value);
	k = unpack_over(key.bytes, key.len);
	v = unpack_over(value.bytes, value.len);
	CU_ASSERT_FATAL(baseline_unpack(c, &k, &v));
	d = baseline_find(c, "A", &domain);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	EQUAL_TEXT(d->name, "vendor.example");
	EQUAL_TEXT(d->by, "who");
	EQUAL_TEXT(d->reason, "why");
	CU_ASSERT_TRUE(d->is_accepted && d->is_learned && d->is_told && d->told_large &&
		       !d->is_flooded && !d->was_revoked && !d->told_answered);
	CU_ASSERT_TRUE(d->down == 1ULL << 40 && d->told_bytes == 77 && d->incident.port == 443 &&
		       d->services[1].port == 53);
	EQUAL_INT(baseline_counters(c)->accepted, 1);
	/* Twice the same, and every cut: refused. */
	k = unpack_over(key.bytes, key.len);
	v = unpack_over(value.bytes, value.len);
	CU_ASSERT_FALSE(baseline_unpack(c, &k, &v));
	for (size_t cut = 0; cut < value.len; cut++) {
		struct baseline_list *e = begin();

		k = unpack_over(key.bytes, key.len);
		v = unpack_over(value.bytes, cut);
		CU_ASSERT_FALSE(baseline_unpack(e, &k, &v));
		baseline_free(e);
		cut += cut < value.len - 8 ? 6 : 0;
	}
	pack_free(&key);
	pack_free(&value);
	baseline_free(b);
	baseline_free(c);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "states follow the site and the rows", states_follow_the_site_and_the_rows },
		{ "the truth table", the_truth_table },
		{ "only an act accepts", only_an_act_accepts },
		{ "a role shares what was accepted, not what was seen",
		  a_role_shares_what_was_accepted_and_not_what_was_seen },
		{ "a flood forgets the longest silent, and nothing accepted",
		  a_flood_forgets_the_longest_silent_and_nothing_accepted },
		{ "attempts take no place", attempts_take_no_place },
		{ "attempts leave a full table", attempts_leave_a_full_table },
		{ "many subjects stay within the table", many_subjects_stay_within_the_table },
		{ "silence is forgotten, not what was accepted",
		  silence_is_forgotten_but_not_what_was_accepted },
		{ "ids are found and stable", ids_are_found_and_stable },
		{ "bytes and back", bytes_and_back },
		CU_TEST_INFO_NULL
	};
	CU_SuiteInfo suites[] = {
		{ "baseline", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
