/* test_contests.c - NW-SEG-005 in the analysis: what of a minute's claims is told, of whom, and
 * what a flood of made-up ones does to that.  The judgement of two claims: test_spoof.c. */
#include "links_world.h"
#include "app/links.h"
#include "detect/spoof.h"

#define RULE "NW-SEG-005"

static uint8_t made_up[6] = { 2, 0, 0, 1, 0, 0 };

static const uint8_t *mac_of(unsigned n)
{
	made_up[4] = (uint8_t)(n >> 8);
	made_up[5] = (uint8_t)n;
	return made_up;
}

static const char *host_of(unsigned n)
{
	static char text[16];

	snprintf(text, sizeof(text), "10.20.1.%u", n);
	return text;
}

static const struct neighbour *neighbour_of(const struct world *w, const char *address)
{
	struct link_key key = { .kind = LINK_NEIGHBOUR, .link = { .vlan = { VLAN, 0xffff } } };

	addr_parse(address, &key.addr);
	return link_neighbour(links_find(w->parts.tallies.links, &key));
}

/* --- a takeover that waits -------------------------------------------------------------------- */

static void told_when_the_first_comes_back_late(void)
{
	struct world w;

	begin(&w, links_site);
	holds(&w, at(1, 9, 0) + 10 * SEC, IMG, img);
	holds(&w, at(1, 9, 0) + 20 * SEC, IMG, stranger);
	holds(&w, at(1, 9, 1) + 25 * SEC, IMG, img);	/* 65 s later: no longer near */
	TOLD(&w, at(1, 9, 2), RULE, "open 4 IMG " IMG);
	/* Whose the MACs are, and which of them should not have it. */
	SAID("02:00:00:00:00:11 is listed for IMG, 02:00:00:00:00:66 is listed nowhere; IMG, which "
	     "has the address, has 1 listed, and only they may claim it; not listed for it: "
	     "02:00:00:00:00:66.");
	SAID("two cards in one network, or a balance-alb bond, looks the same");
	end(&w);
}

/* A third one comes before it was due: it is told of the two, and then of the next two. */
static void told_when_a_third_comes_before_it_is_due(void)
{
	struct world w;

	begin(&w, links_site);
	holds(&w, at(1, 9, 0) + 10 * SEC, IMG, img);
	holds(&w, at(1, 9, 0) + 20 * SEC, IMG, stranger);
	holds(&w, at(1, 9, 1) + 25 * SEC, IMG, mac_of(1));
	TOLD(&w, at(1, 9, 2), RULE, "open 3 IMG " IMG);
	end(&w);
}

static void told_when_it_is_due(void)
{
	struct world w;

	begin(&w, links_site);
	holds(&w, at(1, 9, 0) + 10 * SEC, IMG, img);
	holds(&w, at(1, 9, 0) + 20 * SEC, IMG, stranger);
	TOLD(&w, at(1, 9, 1), RULE, "");
	TOLD(&w, at(1, 9, 2), RULE, "open 3 IMG " IMG);
	end(&w);
}

/* In the order of (due, link, address). */
static void those_due_together_come_in_order(void)
{
	struct world w;

	begin(&w, links_site);
	holds(&w, at(1, 8, 59) + 10 * SEC, host_of(33), mac_of(1));
	holds(&w, at(1, 8, 59) + 20 * SEC, host_of(33), mac_of(2));
	for (unsigned n = 32; n > 30; n--) {
		holds(&w, at(1, 9, 0) + 10 * SEC, host_of(n), mac_of(n));
		holds(&w, at(1, 9, 0) + 20 * SEC, host_of(n), mac_of(100 + n));
	}
	TOLD(&w, at(1, 9, 5), RULE, "open 3 10.20.1.33 10.20.1.33, open 3 10.20.1.31 10.20.1.31, "
	     "open 3 10.20.1.32 10.20.1.32");
	end(&w);
}

/* --- slowly, to and fro ----------------------------------------------------------------------- */

static void pace(struct world *w, unsigned n, unsigned minutes, unsigned how)
{
	for (unsigned i = 0; i < n; i++)
		says(w, at(1, 6, 0) + i * minutes * NS_PER_MIN, CLAIM_HOLDS, IMG,
		     i % 2 ? stranger : img, how);
}

static void slow_turns_are_told(void)
{
	struct world w;

	begin(&w, links_site);
	pace(&w, 4, 2, CLAIM_PLAIN);
	TOLD(&w, at(1, 6, 10), RULE, "");
	end(&w);
	begin(&w, links_site);
	pace(&w, 5, 2, CLAIM_PLAIN);
	TOLD(&w, at(1, 6, 10), RULE, "open 4 IMG " IMG);
	end(&w);
	begin(&w, links_site);
	pace(&w, 5, 90, CLAIM_PLAIN);
	TOLD(&w, at(1, 12, 10), RULE, "open 3 IMG " IMG);
	SAID("three times within 12 h");
	end(&w);
}

/* A host that changes cards: whoever says so, or does it in the morning and in the evening. */
static void a_change_of_cards_is_not(void)
{
	struct world w;

	begin(&w, links_site);
	pace(&w, 40, 30, CLAIM_ANNOUNCED);
	TOLD(&w, at(2, 12, 0), RULE, "");
	end(&w);
	begin(&w, links_site);
	for (unsigned day = 1; day < 20; day++) {
		holds(&w, at(day, 8, 0), IMG, img);
		holds(&w, at(day, 18, 0), IMG, stranger);
	}
	TOLD(&w, at(21, 0, 0), RULE, "");
	end(&w);
}

/* --- floods ----------------------------------------------------------------------------------- */

static void contend(struct world *w, uint64_t ns, const char *address, const uint8_t *a,
		    const uint8_t *b)
{
	uint8_t first[6], second[6];

	memcpy(first, a, 6);
	memcpy(second, b, 6);
	holds(w, ns, address, first);
	holds(w, ns + SEC, address, second);
	holds(w, ns + 2 * SEC, address, first);
}

/* Contended for by two new MACs each. */
static void made_up_contests(struct world *w, uint64_t ns, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		uint8_t other[6];

		memcpy(other, mac_of(2 * i), 6);
		contend(w, ns + i * SEC / 8, host_of(50 + i), other, mac_of(2 * i + 1));
	}
}

/* Unlisted addresses by ever other MACs: three by name, the rest as the zone's, of which those
 * beyond INCIDENT_PEERS_MAX are counted.  What is listed comes through by its own name. */
static void a_flood_hides_no_asset(void)
{
	const struct incident *flood = NULL;
	const char *records;
	struct world w;

	begin(&w, links_site);
	made_up_contests(&w, at(1, 9, 0), 0, 100);
	contend(&w, at(1, 9, 1), IMG, img, stranger);
	records = told(&w, at(1, 9, 1), RULE);
	CU_ASSERT_PTR_EQUAL(strstr(records, "open 4 10.20.1.50 10.20.1.50, open 4 10.20.1.51 "
				   "10.20.1.51, open 4 10.20.1.52 10.20.1.52, open 4 "
				   "unlisted@core 10.20.1.53, open"), records);
	CU_ASSERT_PTR_NULL(strstr(records, "open 4 10.20.1.53"));
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++)
		if (incidents_at(w.parts.incidents, i)->is_any)
			flood = incidents_at(w.parts.incidents, i);
	CU_ASSERT_PTR_NOT_NULL_FATAL(flood);
	EQUAL_INT(flood->members, 100 - 3 - INCIDENT_PEERS_MAX);
	TOLD(&w, at(1, 9, 3), RULE, "open 4 IMG " IMG);
	/* Who goes first when the table is full. */
	EQUAL_INT(neighbour_of(&w, IMG)->row.kept, LINK_LISTED);
	EQUAL_INT(neighbour_of(&w, host_of(50))->row.kept, LINK_TOLD);
	EQUAL_INT(neighbour_of(&w, host_of(149))->row.kept, LINK_LOOSE);
	end(&w);
}

/* More than is looked at: told once a row, of the zone of the link, and that it is over. */
static void what_is_left_out_is_told(void)
{
	struct claim c = { .kind = CLAIM_BEYOND, .count = 700, .link = { .vlan = { VLAN, 0xffff } },
			   .first_ns = at(1, 9, 0), .last_ns = at(1, 9, 0) };
	struct slice s;
	struct world w;

	begin(&w, links_site);
	addr_parse("10.20.1.200", &c.addr);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t minute_ns = at(1, 9, i / 2);	/* of two shards, and one more */

		claim_to_slice(&c, minute_ns, &s);
		take_event(&w, &s);
	}
	TOLD(&w, at(1, 9, 5), "NW-HLT-001", "open 3 unlisted@core -");
	SAID("1400 claims of one minute left out");
	claim_to_slice(&c, at(2, 14, 0), &s);
	take_event(&w, &s);
	TOLD(&w, at(2, 14, 5), "NW-HLT-001", "update 3 unlisted@core -");
	SAID("700 claims of one minute left out");
	TOLD(&w, at(30, 12, 0), "NW-HLT-001", "resolve 3 unlisted@core -");
	SAID("Closed: the sensor has looked at all claims of addresses again");
	end(&w);
}

/* What the analysis itself has no room for, likewise. */
static void what_the_analysis_leaves_out(void)
{
	struct world w;

	begin(&w, links_site);
	for (unsigned i = 0; i < LINKS_CLAIMS_MAX + 5; i++)
		holds(&w, at(1, 9, 0) + i, host_of(1 + i % 250), mac_of(i / 250));
	TOLD(&w, at(1, 9, 1), "NW-HLT-001", "open 3 unlisted@core -");
	SAID("5 claims of one minute left out");
	EQUAL_INT(analysis_counters(w.analysis)->links_beyond, 5);
	end(&w);
}

/* The next row begins anew: a flood of yesterday does not make today's first ones nameless. */
static void the_next_day_begins_anew(void)
{
	struct world w;

	begin(&w, links_site);
	made_up_contests(&w, at(1, 9, 0), 0, 4);
	TOLD(&w, at(1, 9, 5), RULE, "open 4 10.20.1.50 10.20.1.50, open 4 10.20.1.51 10.20.1.51, "
	     "open 4 10.20.1.52 10.20.1.52, open 4 unlisted@core 10.20.1.53");
	made_up_contests(&w, at(2, 14, 0), 10, 1);
	TOLD(&w, at(2, 14, 5), RULE, "open 4 10.20.1.60 10.20.1.60");
	end(&w);
}

int main(void)
{
	static CU_TestInfo waits[] = {
		{ "the first comes back late", told_when_the_first_comes_back_late },
		{ "a third comes", told_when_a_third_comes_before_it_is_due },
		{ "due", told_when_it_is_due },
		{ "due together", those_due_together_come_in_order },
		CU_TEST_INFO_NULL,
	};
	static CU_TestInfo turns[] = {
		{ "slow turns", slow_turns_are_told }, { "cards", a_change_of_cards_is_not },
		CU_TEST_INFO_NULL,
	};
	static CU_TestInfo floods[] = {
		{ "hides no asset", a_flood_hides_no_asset },
		{ "the next day", the_next_day_begins_anew },
		{ "left out", what_is_left_out_is_told },
		{ "left out by the analysis", what_the_analysis_leaves_out }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "takeovers that wait", .pInitFunc = links_quiet, .pTests = waits },
		{ .pName = "turns", .pTests = turns }, { .pName = "floods", .pTests = floods },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
