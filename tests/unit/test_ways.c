/* test_ways.c - NW-REM-005 in the analysis: which traffic and which messages make a new way out of
 * a link, what only looks like one, and what decoys do to that. */
#include "links_world.h"
#include "app/links.h"

#define RULE "NW-REM-005"

/* A link as it is for a week: its hosts talk to each other and, when it has a router, by that. */
static void week(struct world *w, const uint8_t *way, const char *peer)
{
	for (unsigned day = 1; day < 9; day++) {
		holds(w, at(day, 7, 0), IMG, img);
		holds(w, at(day, 7, 0), ACQ, acq);
		goes(w, at(day, 7, 1), &(struct goes){ IMG, ACQ, img, acq, 0, false, false });
		if (way)
			goes(w, at(day, 7, 2),
			     &(struct goes){ IMG, peer, img, way, 0, false, false });
	}
}

static void leads(struct world *w, uint64_t ns, const uint8_t *way, const char *peer)
{
	goes(w, ns, &(struct goes){ IMG, peer, img, way, 0, false, false });
}

/* --- by traffic ------------------------------------------------------------------------------- */

static void another_way(void)
{
	struct world w;

	begin(&w, links_site);
	week(&w, router, FAR);
	leads(&w, at(10, 9, 0), router, OUTSIDE);	/* the router of all days */
	TOLD(&w, at(10, 9, 5), RULE, "");
	leads(&w, at(10, 9, 10), stranger, OUTSIDE);
	TOLD(&w, at(10, 9, 11), RULE, "open 4 IMG " OUTSIDE);
	end(&w);
}

/* Closed so far: the first one that leads out. */
static void the_first_way(void)
{
	struct world w;

	begin(&w, links_site);
	week(&w, NULL, NULL);
	leads(&w, at(10, 9, 0), stranger, OUTSIDE);
	TOLD(&w, at(10, 9, 1), RULE, "open 4 IMG " OUTSIDE);
	SAID("the first way out of VLAN 120, which had none in 9 days, MAC 02:00:00:00:00:66");
	SAID("this MAC claimed no address there");
	end(&w);
	begin(&w, links_site);
	week(&w, NULL, NULL);
	leads(&w, at(10, 9, 0), acq, OUTSIDE);		/* who was there before */
	TOLD(&w, at(10, 9, 1), RULE, "open 3 IMG " OUTSIDE);
	end(&w);
	begin(&w, NULL);				/* nobody says what is outside */
	week(&w, NULL, NULL);
	leads(&w, at(10, 9, 0), stranger, OUTSIDE);
	TOLD(&w, at(10, 9, 1), RULE, "open 2 10.20.1.11 " OUTSIDE);
	end(&w);
}

/* A tap that sees no claims in the first week may have missed who led out as well. */
static void the_first_of_a_tap_that_sees_little(void)
{
	struct world w;

	begin(&w, links_site);
	for (unsigned day = 1; day < 9; day++)
		goes(&w, at(day, 7, 1), &(struct goes){ IMG, ACQ, img, acq, 0, false, false });
	leads(&w, at(10, 9, 0), stranger, OUTSIDE);
	TOLD(&w, at(10, 9, 1), RULE, "");
	end(&w);
}

/* An asset that answers somebody outside, when the frame that came first was lost: redundant
 * routers send with MACs of their own. */
static void an_answer_that_is_seen_first(void)
{
	static const uint8_t virtual[6] = { 0x00, 0x00, 0x5e, 0x00, 0x01, 0x07 };
	struct world w;

	begin(&w, links_site);
	week(&w, virtual, FAR);
	goes(&w, at(10, 9, 0), &(struct goes){ IMG, FAR, img, stranger, 0, false, true });
	TOLD(&w, at(10, 9, 1), RULE, "");
	goes(&w, at(10, 9, 10), &(struct goes){ IMG, FAR, img, stranger, 0, false, false });
	TOLD(&w, at(10, 9, 11), RULE, "open 4 IMG " FAR);
	end(&w);
}

/* --- a peer that says that it is on the link -------------------------------------------------- */

/* One ARP frame that names the peer outside silences nothing. */
static void it_claims_its_peer(void)
{
	struct world w;

	begin(&w, links_site);
	week(&w, router, FAR);
	holds(&w, at(10, 8, 59), OUTSIDE, stranger);
	leads(&w, at(10, 9, 0), stranger, OUTSIDE);
	TOLD(&w, at(10, 9, 1), RULE, "open 3 IMG " OUTSIDE);
	SAID("It has claimed the peer's address on the link as well");
	leads(&w, at(10, 9, 2), stranger, OUTSIDE);
	TOLD(&w, at(10, 9, 3), RULE, "");
	leads(&w, at(10, 9, 4), stranger, OUTSIDE);
	leads(&w, at(10, 9, 4), stranger, "203.0.113.10");	/* which it does not claim */
	TOLD(&w, at(10, 9, 5), RULE, "update 4 IMG " OUTSIDE);
	end(&w);
}

/* As many as no host has: it answers for everybody. */
static void it_claims_many(void)
{
	struct world w;

	for (int i = 0; i < 2; i++) {
		begin(&w, i ? NULL : links_site);
		week(&w, router, i ? "192.0.2.99" : FAR);
		holds(&w, at(10, 8, 58), "203.0.113.7", stranger);
		holds(&w, at(10, 8, 58), "203.0.113.8", stranger);
		holds(&w, at(10, 8, 59), OUTSIDE, stranger);
		leads(&w, at(10, 9, 0), stranger, OUTSIDE);
		TOLD(&w, at(10, 9, 1), RULE, i ? "open 4 10.20.1.11 " OUTSIDE :
						 "open 4 IMG " OUTSIDE);
		end(&w);
	}
}

/* Nothing says what is outside, and it has one address: a host of another network on the link. */
static void a_host_that_claims_itself_without_a_policy(void)
{
	struct world w;

	begin(&w, NULL);
	week(&w, router, "192.0.2.99");
	holds(&w, at(10, 8, 59), OUTSIDE, stranger);
	leads(&w, at(10, 9, 0), stranger, OUTSIDE);
	TOLD(&w, at(10, 9, 1), RULE, "");
	end(&w);
}

/* Addresses of the link itself, and of the site: no way out. */
static void innocent_twins(void)
{
	struct world w;

	begin(&w, links_site);
	week(&w, router, FAR);
	holds(&w, at(10, 8, 0), "169.254.7.7", stranger);
	leads(&w, at(10, 8, 0), stranger, "169.254.7.7");
	holds(&w, at(10, 8, 10), "10.20.1.99", stranger);	/* renumbered within its zone */
	leads(&w, at(10, 8, 10), stranger, "10.20.1.99");
	holds(&w, at(10, 8, 20), FAR, stranger);	/* brought over from another zone */
	leads(&w, at(10, 8, 20), stranger, FAR);
	TOLD(&w, at(10, 9, 0), RULE, "");
	/* Asks from an address of elsewhere, and nobody answers. */
	holds(&w, at(10, 9, 0), OUTSIDE, stranger);
	goes(&w, at(10, 9, 0), &(struct goes){ OUTSIDE, IMG, stranger, img, 0, true, false });
	TOLD(&w, at(10, 9, 5), RULE, "");
	end(&w);
}

/* --- decoys ----------------------------------------------------------------------------------- */

static const char *peer_of(unsigned n)
{
	static char text[16];

	snprintf(text, sizeof(text), "10.20.%u.7", 20 + n);
	return text;
}

static void decoys(struct world *w, uint64_t ns, unsigned n, bool is_sure)
{
	uint8_t mac[6] = { 2, 0, 0, 0, 5, 0 };

	for (unsigned i = 0; i < n; i++) {
		char outside[16];

		mac[5] = (uint8_t)i;
		snprintf(outside, sizeof(outside), "198.51.100.%u", i + 1);
		goes(w, ns + i * SEC / 8, &(struct goes){ IMG, is_sure ? outside : peer_of(i), img,
							  mac, (uint16_t)(1000 + i), is_sure,
							  false });
	}
}

/* Peers that only look far, as all do in a flat network, take no place from one that is. */
static void unsure_ones_hide_nothing(void)
{
	struct world w;

	begin(&w, links_site);
	week(&w, router, FAR);
	decoys(&w, at(10, 9, 0), 200, false);
	leads(&w, at(10, 9, 0) + 40 * SEC, stranger, OUTSIDE);
	TOLD(&w, at(10, 9, 1), RULE, "open 4 IMG " OUTSIDE);
	EQUAL_INT(analysis_counters(w.analysis)->links_beyond, 0);
	end(&w);
}

/* Nor do frames to made-up MACs that nobody answers, which are each told or counted. */
static void unanswered_ones_hide_nothing(void)
{
	struct world w;

	begin(&w, links_site);
	week(&w, router, FAR);
	decoys(&w, at(10, 9, 0), LINKS_FORWARDS_MAX + 30, true);
	leads(&w, at(10, 9, 0) + 40 * SEC, stranger, OUTSIDE);
	CU_ASSERT_PTR_NOT_NULL(strstr(told(&w, at(10, 9, 1), RULE), "open 4 IMG " OUTSIDE));
	EQUAL_INT(analysis_counters(w.analysis)->links_beyond, 31);
	end(&w);
}

/* --- by what it says -------------------------------------------------------------------------- */

static void advertises(struct world *w, uint64_t ns, unsigned how)
{
	says(w, ns, CLAIM_ROUTES, "fe80::66", stranger, how);
}

/* A flag is noted, a lifetime of 0 told as little, and each more again. */
static void it_does_more_and_more(void)
{
	struct world w;

	begin(&w, links_site);
	week(&w, router, FAR);
	advertises(&w, at(10, 9, 0), CLAIM_FLAGGED);
	TOLD(&w, at(10, 9, 5), RULE, "");
	advertises(&w, at(10, 9, 10), CLAIM_NO_DEFAULT);
	TOLD(&w, at(10, 9, 11), RULE, "open 2 unlisted@core fe80::66");
	advertises(&w, at(10, 9, 20), CLAIM_NO_DEFAULT);
	TOLD(&w, at(10, 9, 21), RULE, "");
	advertises(&w, at(10, 9, 30), CLAIM_ADVERTISED);
	TOLD(&w, at(10, 9, 31), RULE, "update 4 unlisted@core fe80::66");
	end(&w);
}

/* Who had set the flag in the first week was no router by that. */
static void a_flag_of_the_first_week_excuses_nothing(void)
{
	struct world w;

	begin(&w, links_site);
	advertises(&w, at(1, 6, 0), CLAIM_FLAGGED);
	week(&w, router, FAR);
	advertises(&w, at(10, 9, 0), CLAIM_ADVERTISED);
	TOLD(&w, at(10, 9, 1), RULE, "open 4 unlisted@core fe80::66");
	end(&w);
	begin(&w, links_site);
	advertises(&w, at(1, 6, 0), CLAIM_ADVERTISED);
	week(&w, router, FAR);
	advertises(&w, at(10, 9, 0), CLAIM_ADVERTISED);
	TOLD(&w, at(10, 9, 1), RULE, "");
	end(&w);
}

int main(void)
{
	static CU_TestInfo traffic[] = {
		{ "another way", another_way }, { "the first way", the_first_way },
		{ "the first that a tap sees", the_first_of_a_tap_that_sees_little },
		{ "answers of redundant routers", an_answer_that_is_seen_first },
		CU_TEST_INFO_NULL,
	};
	static CU_TestInfo neighbours[] = {
		{ "its peer", it_claims_its_peer }, { "many", it_claims_many },
		{ "without a policy", a_host_that_claims_itself_without_a_policy },
		{ "innocent twins", innocent_twins }, CU_TEST_INFO_NULL,
	};
	static CU_TestInfo hidden[] = {
		{ "unsure", unsure_ones_hide_nothing },
		{ "unanswered", unanswered_ones_hide_nothing }, CU_TEST_INFO_NULL,
	};
	static CU_TestInfo said[] = {
		{ "more and more", it_does_more_and_more },
		{ "a flag of the first week", a_flag_of_the_first_week_excuses_nothing },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "by traffic", .pInitFunc = links_quiet, .pTests = traffic },
		{ .pName = "it claims", .pTests = neighbours },
		{ .pName = "decoys", .pTests = hidden },
		{ .pName = "it says", .pTests = said }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
