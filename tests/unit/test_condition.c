/* test_condition.c - conditions: every operator on every type of field, what is not known, the
 * order of and, or and not, and what held. */
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "dpi/dpi.h"
#include "policy/own_rule.h"
#include "tap.h"

static struct site *site;

static const struct condition *condition(const char *match)
{
	char text[4096];

	site_free(site);
	site = NULL;
	snprintf(text, sizeof(text), "{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\","
		 " \"closed_hours\": []}, \"rules\": {\"R\": {\"name\": \"N\", \"severity\": 3,"
		 " \"match\": %s}}}", match);
	CU_ASSERT_EQUAL_FATAL(site_parse("t", text, strlen(text), &site), 0);
	return site->own[0].match;
}

/* A flow about which this much is known. */
static struct condition_fact fact(void *arg, enum condition_field f)
{
	struct condition_fact known = { .is_known = true, .text = "" }, unknown = { .text = "" };

	++*(unsigned *)arg;
	switch (f) {
	case FIELD_SOURCE_ROLE: known.text = "Image_Server"; return known;
	case FIELD_DESTINATION_DOMAIN: known.text = "Upd.Vendor.example"; return known;
	case FIELD_DESTINATION_PORT: known.number = 443; return known;
	case FIELD_UP: known.number = 10000000; return known;
	case FIELD_ANSWERED: known.number = 1; return known;
	case FIELD_FUNCTION: known.bits = DPI_ACT_READ | DPI_ACT_PROGRAM; return known;
	case FIELD_DESTINATION_IP:
		addr_parse("203.0.113.9", &known.addr);
		return known;
	default: return unknown;
	}
}

static bool holds(const char *match)
{
	unsigned asked = 0;
	struct condition_asking a = { .fact = fact, .arg = &asked };

	return condition_holds(condition(match), &a);
}

#define TEST(field, op, value) \
	"{\"field\": \"" field "\", \"op\": \"" op "\", \"value\": " value "}"

static void texts(void)
{
	CU_ASSERT(holds(TEST("source.role", "eq", "\"image_server\"")));
	CU_ASSERT_FALSE(holds(TEST("source.role", "ne", "\"IMAGE_SERVER\"")));
	CU_ASSERT(holds(TEST("source.role", "ne", "\"plc\"")));
	CU_ASSERT(holds(TEST("source.role", "in", "[\"plc\", \"image_server\"]")));
	CU_ASSERT_FALSE(holds(TEST("source.role", "in", "[\"plc\"]")));
	CU_ASSERT(holds(TEST("destination.domain", "suffix", "\".vendor.example\"")));
	CU_ASSERT(holds(TEST("destination.domain", "prefix", "\"UPD.\"")));
	CU_ASSERT_FALSE(holds(TEST("destination.domain", "suffix",
				   "\"x.upd.vendor.example\"")));
	CU_ASSERT_FALSE(holds(TEST("destination.domain", "prefix",
				   "\"upd.vendor.example.org\"")));
}

static void numbers(void)
{
	CU_ASSERT(holds(TEST("destination.port", "eq", "443")));
	CU_ASSERT(holds(TEST("destination.port", "in", "[22, 443]")));
	CU_ASSERT_FALSE(holds(TEST("destination.port", "lt", "443")));
	CU_ASSERT(holds(TEST("destination.port", "le", "443")));
	CU_ASSERT_FALSE(holds(TEST("destination.port", "gt", "443")));
	CU_ASSERT(holds(TEST("destination.port", "ge", "443")));
	CU_ASSERT(holds(TEST("flow.up", "ge", "\"10MB\"")));
	CU_ASSERT_FALSE(holds(TEST("flow.up", "ge", "\"10MiB\"")));
	CU_ASSERT(holds(TEST("flow.answered", "eq", "true")));
	CU_ASSERT_FALSE(holds(TEST("flow.answered", "eq", "false")));
}

static void addresses(void)
{
	CU_ASSERT(holds(TEST("destination.ip", "eq", "\"203.0.113.9\"")));
	CU_ASSERT(holds(TEST("destination.ip", "cidr", "\"203.0.113.0/24\"")));
	CU_ASSERT(holds(TEST("destination.ip", "cidr", "[\"10.0.0.0/8\", \"203.0.113.8/31\"]")));
	CU_ASSERT_FALSE(holds(TEST("destination.ip", "cidr", "\"203.0.113.0/29\"")));
	CU_ASSERT(holds(TEST("destination.ip", "in", "[\"203.0.113.9\", \"2001:db8::/32\"]")));
	CU_ASSERT_FALSE(holds(TEST("destination.ip", "ne", "\"203.0.113.9\"")));
}

static void sets(void)
{
	CU_ASSERT(holds(TEST("flow.function", "eq", "\"program\"")));
	CU_ASSERT(holds(TEST("flow.function", "in", "[\"write\", \"read\"]")));
	CU_ASSERT_FALSE(holds(TEST("flow.function", "eq", "\"write\"")));
	CU_ASSERT(holds(TEST("flow.function", "ne", "\"write\"")));
}

/* A test of what is not known fails, whatever its operator. */
static void unknown(void)
{
	CU_ASSERT_FALSE(holds(TEST("destination.country", "eq", "\"NL\"")));
	CU_ASSERT_FALSE(holds(TEST("destination.country", "ne", "\"NL\"")));
	CU_ASSERT_FALSE(holds(TEST("destination.asn", "lt", "64500")));
	CU_ASSERT(holds("{\"not\": " TEST("destination.country", "eq", "\"NL\"") "}"));
	CU_ASSERT(holds(TEST("destination.country", "exists", "false")));
	CU_ASSERT_FALSE(holds(TEST("destination.country", "exists", "true")));
	CU_ASSERT(holds(TEST("destination.port", "exists", "true")));
}

#define YES TEST("destination.port", "eq", "443")
#define NO TEST("destination.port", "eq", "22")

static void trees(void)
{
	static const struct { const char *match; bool holds; } all[] = {
		{ "{\"and\": [" YES "]}", true }, { "{\"and\": [" YES ", " NO "]}", false },
		{ "{\"or\": [" NO ", " YES "]}", true }, { "{\"or\": [" NO "]}", false },
		{ "{\"not\": {\"not\": " YES "}}", true },
		{ "{\"not\": {\"or\": [" NO ", {\"and\": [" YES ", " NO "]}]}}", true },
		{ "{\"and\": [{\"or\": [" NO ", " YES "]}, {\"not\": " NO "}, " YES "]}", true },
		{ "{\"and\": [{\"or\": [" NO ", " NO "]}, " YES "]}", false },
		{ "{\"or\": [{\"and\": [" YES ", {\"not\": " YES "}]}, {\"or\": [" NO ", " YES
		  "]}]}", true },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		EQUAL_INT(holds(all[i].match), all[i].holds);
}

/* The first part that settles it is the last that is asked. */
static void asks_no_more_than_it_must(void)
{
	unsigned asked = 0;
	struct condition_asking a = { .fact = fact, .arg = &asked };

	CU_ASSERT_FALSE(condition_holds(condition("{\"and\": [" NO ", " YES ", " YES "]}"), &a));
	EQUAL_INT(asked, 1);
	asked = 0;
	CU_ASSERT(condition_holds(condition("{\"or\": [" NO ", " YES ", " YES "]}"), &a));
	EQUAL_INT(asked, 2);
}

static void what_held(void)
{
	unsigned asked = 0;
	struct condition_asking a = { .fact = fact, .arg = &asked };

	CU_ASSERT(condition_holds(condition("{\"and\": [" YES ", "
		  TEST("source.role", "eq", "\"image_server\"") ", {\"not\": "
		  TEST("destination.ip", "cidr", "\"10.0.0.0/8\"") "}, "
		  TEST("source.zone", "exists", "false") "]}"), &a));
	EQUAL_INT(a.held, 1U << FIELD_DESTINATION_PORT | 1U << FIELD_SOURCE_ROLE);
}

static void in_words(void)
{
	const struct condition *c = condition("{\"and\": [" TEST("destination.port", "in",
		"[22, 3389]") ", {\"or\": [" TEST("flow.up", "ge", "\"10MB\"") ", {\"not\": "
		TEST("source.ip", "cidr", "\"10.20.0.0/16\"") "}]}, "
		TEST("flow.answered", "eq", "true") ", "
		TEST("destination.zone", "exists", "false") "]}");
	char text[512], small[24];

	EQUAL_TEXT(condition_format(c, text, sizeof(text)), "destination.port in 22, 3389 and "
		   "(flow.up ge 10 MB or not source.ip cidr 10.20.0.0/16) and flow.answered eq "
		   "true and destination.zone exists false");
	EQUAL_TEXT(condition_format(c, small, sizeof(small)), "destination.port in 22,");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "texts", texts }, { "numbers", numbers }, { "addresses", addresses },
		{ "sets", sets }, { "what is not known", unknown }, { "trees", trees },
		{ "asks no more than it must", asks_no_more_than_it_must },
		{ "what held", what_held }, { "in words", in_words }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "condition", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };
	int status;

	log_set_level(LOG_LEVEL_ERR);
	status = tap_main(suites);
	site_free(site);
	return status;
}
