/* test_orders.c - work orders: both forms give the same; what is wrong is said with its place and a
 * remedy, and nothing wrong is taken; look-ups agree with a walk through all orders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "app/orders_watch.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/tz.h"
#include "policy/orders.h"
#include "pack.h"
#include "tap.h"

#define EARLY_NS (pack_params()->remote.early_ns)
#define LATE_NS (pack_params()->remote.late_ns)

#define JAN_2026_NS (1767225600 * NS_PER_SEC)	/* 2026-01-01T00:00:00Z */

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"IMG-1\", \"vendor\": \"A\", \"ip\": [\"10.1.0.1\"]},"
	" {\"id\": \"IMG-2\", \"vendor\": \"B\", \"ip\": [\"10.1.0.2\"]},"
	" {\"id\": \"ACQ-1\", \"ip\": [\"10.1.0.3\"]},"
	" {\"id\": \"GW\", \"role\": \"maintenance_gateway\", \"ip\": [\"10.2.0.1\"]}]}";

static struct site *site;
static char lines[16384];
static unsigned n_errors, n_warnings;

static void keep_line(enum log_level level, const char *line)
{
	size_t len = strlen(lines);

	n_errors += level == LOG_LEVEL_ERR;
	n_warnings += level == LOG_LEVEL_WARN;
	snprintf(lines + len, sizeof(lines) - len, "%s\n", line);
}

static struct orders *parse(const char *text, size_t len, int want)
{
	struct orders *o = NULL;

	lines[0] = '\0';
	n_errors = n_warnings = 0;
	log_set_sink(keep_line);
	EQUAL_INT(orders_parse("o", text, len, site, &o), want);
	log_set_sink(NULL);
	CU_ASSERT((want == 0) == (o != NULL) && (want == 0) == (n_errors == 0));
	return o;
}

static struct orders *good(const char *text)
{
	struct orders *o = parse(text, strlen(text), 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	return o;
}

/* Refused with exactly one line: "error: orders: o:" and this. */
static void bad(const char *text, const char *line)
{
	char want[512];

	parse(text, strlen(text), ERR_FORMAT);
	snprintf(want, sizeof(want), "error: orders: o:%s\n", line);
	EQUAL_TEXT(lines, want);
}

/* An order of the JSON form, on line 2 of its file; more: further keys. */
#define ENTRY(id, vendor, assets, start, end, more) \
	"{\"id\": \"" id "\", \"vendor\": \"" vendor "\", \"assets\": [" assets "], \"start\": \"" \
	start "\", \"end\": \"" end "\"" more "}"
#define FILE_OF(entries) "{\"work_orders\": [\n" entries "]}"
#define ONE(more) FILE_OF(ENTRY("W-1", "A", "\"IMG-1\"", "2026-01-02T00:00:00Z", \
				"2026-01-03T00:00:00Z", more))

static void both_forms_give_the_same(void)
{
	struct orders *json = good("\xef\xbb\xbf" FILE_OF(
		ENTRY("W-2", "A", "\"ACQ-1\", \"IMG-1\"", "2026-01-04T01:00:00+01:00",
		      "2026-01-05T00:00:00.5Z", ", \"kind\": \"update\", \"mode\": "
		      "\"onsite\"") ",\n"
		ENTRY("W-1", "A", "\"IMG-1\"", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z",
		      ", \"engineer\": \"e\", \"permit\": \"P, 1\"")));
	struct orders *csv = good(
		"\xef\xbb\xbf" "Permit,id ,vendor,assets,start,END,kind,mode,engineer\r\n\r\n"
		",W-2,A, ACQ-1; IMG-1,2026-01-04T01:00:00+01:00,2026-01-05T00:00:00.5Z,update,"
		"onsite,\r\n"
		"\"P, 1\",W-1,A,IMG-1,2026-01-02T00:00:00Z,2026-01-03T00:00:00Z,,,e");

	EQUAL_INT(json->n, 2);
	EQUAL_INT(csv->n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct order *a = &json->list[i], *b = &csv->list[i];

		EQUAL_TEXT(a->id, b->id);
		EQUAL_TEXT(a->vendor, "A");
		EQUAL_TEXT(b->vendor, "A");
		EQUAL_TEXT(a->permit, b->permit);
		CU_ASSERT(a->start_ns == b->start_ns && a->end_ns == b->end_ns);
		CU_ASSERT(a->kind == b->kind && a->mode == b->mode);
		EQUAL_INT(a->n_assets, b->n_assets);
		CU_ASSERT(!memcmp(a->assets, b->assets, a->n_assets * sizeof(*a->assets)));
	}
	EQUAL_TEXT(json->list[0].id, "W-1");
	EQUAL_TEXT(json->list[0].permit, "P, 1");
	EQUAL_INT(json->list[1].start_ns, JAN_2026_NS + 3 * NS_PER_DAY);
	EQUAL_INT(json->list[1].end_ns, JAN_2026_NS + 4 * NS_PER_DAY + NS_PER_SEC / 2);
	EQUAL_INT(json->list[1].assets[0], 0);
	EQUAL_INT(json->list[1].assets[1], 2);
	EQUAL_INT(json->list[1].kind, ORDER_UPDATE);
	EQUAL_INT(json->list[1].mode, ORDER_ONSITE);
	EQUAL_INT(strlen(json->sha256), 64);
	CU_ASSERT(strcmp(json->sha256, csv->sha256));
	orders_free(json);
	orders_free(csv);
	orders_free(NULL);
}

static void no_orders_are_orders_too(void)
{
	struct orders *o = good("{\"work_orders\": []}");
	struct orders_look look;

	EQUAL_INT(o->n, 0);
	orders_look(o, NULL, JAN_2026_NS, &look);
	CU_ASSERT(!look.open && !look.before && !look.after && !look.onsite);
	orders_free(o);
	o = good("id,vendor,assets,start,end\n");
	EQUAL_INT(o->n, 0);
	orders_free(o);
}

#define FORM "{ \"work_orders\": [ { \"id\": ..., \"vendor\": ..., \"assets\": [...], " \
	"\"start\": ..., \"end\": ... } ] }"
#define REMEDY "a time is written like 2026-01-17T08:00:00+01:00 or 2026-01-17T07:00:00Z"

static void broken_files_of_json(void)
{
	bad("", "1:1: the file is empty; a file of work orders is " FORM ", or CSV with these "
	    "columns");
	bad(" \n", "1:1: the file is empty; a file of work orders is " FORM ", or CSV with these "
	    "columns");
	bad("[]", "1:1: a file of work orders is one object, { \"work_orders\": [ ... ] }, or CSV");
	bad("{}", "1:1: the key \"work_orders\" is missing");
	bad("{\"work_order\": []}", "1:2: unknown key \"work_order\" in the file of work orders; "
	    "did "
	    "you mean \"work_orders\"?\nerror: orders: o:1:1: the key \"work_orders\" is missing");
	bad("{\"work_orders\": {}}", "1:17: work_orders: must be an array, is an object");
	bad("{\"work_orders\": [1]}", "1:18: work_orders[0]: must be an object, is a whole number");
	bad("{\"work_orders\": [", "1:17: not JSON: ']' expected near end of file");
	bad(FILE_OF("{\"vendor\": \"A\", \"assets\": [\"IMG-1\"], \"start\": "
		    "\"2026-01-02T00:00:00Z\", \"end\": \"2026-01-03T00:00:00Z\"}"),
	    "2:1: work_orders[0]: the key \"id\" is missing");
	bad(ONE(", \"stat\": 1"), "2:115: unknown key \"stat\" in work_orders[0]; did you mean "
	    "\"start\"?");
	bad(ONE(", \"kind\": \"repair\""), "2:123: work_orders[0].kind: \"repair\" is not a kind "
	    "of "
	    "order; \"planned\", \"corrective\" or \"update\"");
	bad(ONE(", \"mode\": \"Remote\""), "2:123: work_orders[0].mode: \"Remote\" is not a mode; "
	    "\"onsite\" or \"remote\", or left out for both");
	bad(ONE(", \"permit\": \"\""), "2:125: work_orders[0].permit: \"\" must be text of 1 to "
	    "255 "
	    "bytes without control characters");
	bad(ONE(", \"engineer\": \"a\\nb\""), "2:127: work_orders[0].engineer: \"a\\x0ab\" must be "
	    "text of 1 to 255 bytes without control characters");
}

static void broken_values_of_json(void)
{
	bad(FILE_OF(ENTRY("W 1", "A", "\"IMG-1\"", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z",
			  "")), "2:8: work_orders[0].id: \"W 1\" is not an id; use 1 to 63 "
	    "letters, "
	    "digits, \".\", \"_\" or \"-\"");
	bad(FILE_OF(ENTRY("W-1", "a", "\"IMG-1\"", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z",
			  "")), "2:25: work_orders[0].vendor: no asset of the site is of vendor "
	    "\"a\"; "
	    "did you mean \"A\"?");
	bad(FILE_OF(ENTRY("W-1", "Quantum", "\"IMG-1\"", "2026-01-02T00:00:00Z",
			  "2026-01-03T00:00:00Z", "")), "2:25: work_orders[0].vendor: no asset of "
	    "the site is of vendor \"Quantum\"; vendors are those of \"assets\" in the site file");
	bad(FILE_OF(ENTRY("W-1", "A", "\"IMG-11\"", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z",
			  "")), "2:41: work_orders[0].assets[0]: the site has no asset \"IMG-11\"; "
	    "did you mean \"IMG-1\"?");
	bad(FILE_OF(ENTRY("W-1", "A", "\"IMG-1\", \"IMG-1\"", "2026-01-02T00:00:00Z",
			  "2026-01-03T00:00:00Z", "")), "2:50: work_orders[0].assets[1]: the asset "
	    "\"IMG-1\" is listed twice in this order");
	bad(FILE_OF(ENTRY("W-1", "A", "", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "")),
	    "2:40: work_orders[0].assets: is empty; list the assets that the order is for");
	bad(FILE_OF(ENTRY("W-1", "A", "\"IMG-1\"", "tomorrow", "2026-01-03T00:00:00Z", "")),
	    "2:60: work_orders[0].start: \"tomorrow\" is not a time; " REMEDY);
	bad(FILE_OF(ENTRY("W-1", "A", "\"IMG-1\"", "2026-01-02T00:00:00", "2026-01-03T00:00:00Z",
			  "")), "2:60: work_orders[0].start: \"2026-01-02T00:00:00\" has no offset "
	    "from UTC; write 2026-01-17T08:00:00+01:00, or Z for UTC");
	bad(FILE_OF(ENTRY("W-1", "A", "\"IMG-1\"", "2026-01-02T00:00:00Z", "2026-01-03", "")),
	    "2:91: work_orders[0].end: \"2026-01-03\" has no offset from UTC; write "
	    "2026-01-17T08:00:00+01:00, or Z for UTC");
	bad(FILE_OF(ENTRY("W-1", "A", "\"IMG-1\"", "2026-01-03T00:00:00Z", "2026-01-03T00:00:00Z",
			  "")), "2:1: work_orders[0]: \"start\" 2026-01-03T00:00:00Z is not before "
	    "\"end\" 2026-01-03T00:00:00Z; are the two swapped, or is an offset wrong?");
	bad(FILE_OF(ENTRY("W-1", "A", "\"IMG-1\"", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z",
			  "") ",\n" ENTRY("W-1", "A", "\"IMG-1\"", "2026-01-02T00:00:00Z",
					  "2026-01-03T00:00:00Z", "")),
	    "3:8: work_orders[1].id: \"W-1\" is the id of work_orders[0] already; ids are unique");
	bad(FILE_OF("{\"id\": 7, \"vendor\": \"A\", \"assets\": [\"IMG-1\"], \"start\": "
		    "\"2026-01-02T00:00:00Z\", \"end\": \"2026-01-03T00:00:00Z\"}"),
	    "2:8: work_orders[0].id: must be a string, is a whole number");
}

#define HEAD "id,vendor,assets,start,end,kind\n"
#define TIMES "2026-01-02T00:00:00Z,2026-01-03T00:00:00Z"

static void broken_files_of_csv(void)
{
	bad("id,vendor,assets,start\n", "1:1: the column \"end\" is missing; the first line names "
	    "the columns");
	bad("id,vendor,asset,start,end\n", "1:11: unknown column \"asset\"; did you mean "
	    "\"assets\"?");
	bad("id,vendor,assets,start,end,colour\n", "1:28: unknown column \"colour\"; known are id, "
	    "vendor, engineer, assets, start, end, kind, mode, permit");
	bad("id,vendor,assets,start,end,ID\n", "1:28: the column \"id\" is there twice");
	bad(HEAD "W-1,A,IMG-1," TIMES "\n", "2:54: the first line names 6 columns, this one has 5");
	bad(HEAD "W-1,A,IMG-1," TIMES ",planned,x\n", "2:62: the first line names 6 columns, this "
	    "one has more; a text with a comma in it is put in quotes");
	bad(HEAD ",A,IMG-1," TIMES ",\n", "2:1: id: is empty");
	bad(HEAD "W-1,A,\"IMG-1," TIMES ",\n", "2:7: the quoted field does not end in this line; a "
	    "quote inside it is written twice");
	bad(HEAD "W-1,A,;," TIMES ",\n", "2:7: assets: is empty; list the assets that the order is "
	    "for");
	bad(HEAD "W-1,A,IMG-1;IMG-9," TIMES ",\n", "2:7: assets: the site has no asset \"IMG-9\"; "
	    "did "
	    "you mean \"IMG-1\"?");
	bad(HEAD "W-1,Z,IMG-1," TIMES ",\n", "2:5: vendor: no asset of the site is of vendor "
	    "\"Z\"; "
	    "did you mean \"A\"?");
	bad(HEAD "W/1,A,IMG-1," TIMES ",\n", "2:1: id: \"W/1\" is not an id; use 1 to 63 letters, "
	    "digits, \".\", \"_\" or \"-\"");
	bad(HEAD "W-1,A,IMG-1," TIMES ",\n\nW-1,A,IMG-1," TIMES ",\n", "4:1: id: \"W-1\" is the id "
	    "of line 2 already; ids are unique");
	bad(HEAD "W-1,A,IMG-1,2026-01-03T00:00:00Z,2026-01-02T00:00:00Z,\n", "2:13: start: "
	    "\"start\" 2026-01-03T00:00:00Z is not before \"end\" 2026-01-02T00:00:00Z; are the "
	    "two "
	    "swapped, or is an offset wrong?");
	bad(HEAD "W-1,A,IMG-1,2026-01-02 00:00,2026-01-03T00:00:00Z,\n", "2:13: start: "
	    "\"2026-01-02 00:00\" has no offset from UTC; write 2026-01-17T08:00:00+01:00, or Z "
	    "for "
	    "UTC");
	bad(HEAD "W-1,A,IMG-1," TIMES ",Planned\n", "2:55: kind: \"Planned\" is not a kind of "
	    "order; "
	    "\"planned\", \"corrective\" or \"update\"");
}

/* Twenty errors are enough; and an error leaves no orders. */
static void errors_are_bounded(void)
{
	char text[4096] = HEAD;

	for (unsigned i = 0; i < 30; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "W-%u,A,X," TIMES ",\n",
			 i);
	parse(text, strlen(text), ERR_FORMAT);
	EQUAL_INT(n_errors, 21);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "o: 20 errors; the rest is not looked at"));
}

static void another_vendors_asset_is_said_and_not_covered(void)
{
	struct orders *o = good(FILE_OF(ENTRY("W-1", "A", "\"IMG-2\", \"ACQ-1\"",
					      "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "")));
	uint64_t noon = JAN_2026_NS + NS_PER_DAY + 12 * NS_PER_HOUR;
	struct orders_look look;

	EQUAL_TEXT(lines, "warning: orders: o:2:40: work_orders[0].assets: the asset \"IMG-2\" is "
		   "of "
		   "vendor \"B\" in the site policy and the order of vendor \"A\": it does not "
		   "cover "
		   "that asset; correct one of the two\n");
	orders_look(o, &site->assets[1], noon, &look);
	CU_ASSERT(!look.open && !look.before && !look.after);
	orders_look(o, &site->assets[2], noon, &look);	/* of no vendor */
	CU_ASSERT_PTR_NOT_NULL(look.open);
	orders_free(o);
}

static const char *seen(const struct orders *o, const struct asset *a, uint64_t at_ns)
{
	static char text[256];
	struct orders_look look;
	uint64_t apart;
	const struct order *nearest;

	orders_look(o, a, at_ns, &look);
	nearest = orders_nearest(&look, at_ns, &apart);
	snprintf(text, sizeof(text), "%s %s %s %s %s", look.open ? look.open->id : "-",
		 look.before ? look.before->id : "-", look.after ? look.after->id : "-",
		 look.onsite ? look.onsite->id : "-", look.open ? "" : nearest ? nearest->id : "-");
	return text;
}

static void open_before_after_and_on_site(void)
{
	const struct asset *img = &site->assets[0];
	uint64_t day = JAN_2026_NS + NS_PER_DAY;
	struct orders *o = good("id,vendor,assets,start,end,mode\n"
		"W-1,A,IMG-1,2026-01-02T08:00:00Z,2026-01-02T10:00:00Z,remote\n"
		"W-2,A,IMG-1,2026-01-02T09:00:00Z,2026-01-02T09:30:00Z,\n"
		"W-3,A,IMG-1,2026-01-02T14:00:00Z,2026-01-02T15:00:00Z,remote\n"
		"W-4,A,IMG-1,2026-01-02T11:00:00Z,2026-01-02T12:00:00Z,onsite\n"
		"W-5,B,IMG-2,2026-01-02T11:00:00Z,2026-01-02T12:00:00Z,remote\n");

	EQUAL_TEXT(seen(o, img, day), "- - W-1 - W-1");
	EQUAL_TEXT(seen(o, img, day + 8 * NS_PER_HOUR - EARLY_NS - 1), "- - W-1 - W-1");
	EQUAL_TEXT(seen(o, img, day + 8 * NS_PER_HOUR - EARLY_NS), "W-1 - W-2 - ");
	EQUAL_TEXT(seen(o, img, day + 9 * NS_PER_HOUR), "W-1 - W-3 W-2 ");
	EQUAL_TEXT(seen(o, img, day + 10 * NS_PER_HOUR + LATE_NS - 1), "W-1 - W-3 - ");
	EQUAL_TEXT(seen(o, img, day + 10 * NS_PER_HOUR + LATE_NS), "- W-1 W-3 - W-1");
	EQUAL_TEXT(seen(o, img, day + 11 * NS_PER_HOUR), "- W-1 W-3 W-4 W-1");
	EQUAL_TEXT(seen(o, img, day + 13 * NS_PER_HOUR), "- W-1 W-3 - W-3");
	EQUAL_TEXT(seen(o, img, day + 20 * NS_PER_HOUR), "- W-3 - - W-3");
	EQUAL_TEXT(seen(o, &site->assets[2], day + 9 * NS_PER_HOUR), "- - - - -");
	EQUAL_TEXT(seen(o, NULL, day + 11 * NS_PER_HOUR), "W-5 - W-3 W-4 ");
	EQUAL_TEXT(orders_by_id(o, "W-3")->id, "W-3");
	CU_ASSERT_PTR_NULL(orders_by_id(o, "W-9"));
	CU_ASSERT(order_names(o, orders_by_id(o, "W-5"), &site->assets[1]));
	CU_ASSERT(!order_names(o, orders_by_id(o, "W-5"), img));
	EQUAL_TEXT(seen(o, img, UINT64_MAX), "- W-3 - - W-3");
	orders_free(o);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* The order that ends last of those that are open, by a walk through all. */
static const struct order *walk(const struct orders *o, size_t asset, uint64_t at_ns)
{
	const struct order *best = NULL;

	for (size_t i = 0; i < o->n; i++) {
		const struct order *a = &o->list[i];

		if (order_names(o, a, &site->assets[asset]) && a->mode != ORDER_ONSITE &&
		    a->start_ns <= at_ns + EARLY_NS && a->end_ns + LATE_NS > at_ns &&
		    (!best || a->end_ns > best->end_ns))
			best = a;
	}
	return best;
}

static void look_ups_agree_with_a_walk(void)
{
	static const char *const modes[] = { "", "onsite", "remote" };
	static char text[200000];
	uint32_t random = (uint32_t)test_seed(0);
	struct orders *o;
	size_t len = (size_t)snprintf(text, sizeof(text), "id,vendor,assets,start,end,mode\n");

	for (unsigned i = 0; i < 1000; i++) {
		uint64_t start = JAN_2026_NS + next_random(&random) % 2000 * NS_PER_MIN;
		uint64_t end = start + (1 + next_random(&random) % 200) * NS_PER_MIN;
		char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "W-%u,A,%s,%s,%s,%s\n", i,
					next_random(&random) % 2 ? "IMG-1" : "ACQ-1;IMG-1",
					clock_format(start, from), clock_format(end, to),
					modes[next_random(&random) % 3]);
	}
	o = good(text);
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t at = JAN_2026_NS + next_random(&random) % 3000 * NS_PER_MIN - NS_PER_HOUR;
		size_t asset = next_random(&random) % 2 * 2;
		const struct order *want = walk(o, asset, at);
		struct orders_look look;

		orders_look(o, &site->assets[asset], at, &look);
		CU_ASSERT(want ? look.open && look.open->end_ns == want->end_ns : !look.open);
		CU_ASSERT(!look.open || !look.before);
	}
	orders_free(o);
}

/* As many as a file may have, and one more. */
static void a_hundred_thousand(void)
{
	size_t room = (size_t)(ORDERS_MAX + 2) * 80, len;
	char *text = malloc(room);
	struct orders_look look;
	struct orders *o;
	uint64_t before = clock_monotonic_ns();

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	len = (size_t)snprintf(text, room, "id,vendor,assets,start,end\n");
	for (unsigned i = 0; i < ORDERS_MAX; i++)
		len += (size_t)snprintf(text + len, room - len,
					"W-%u,A,IMG-1,2026-01-%02uT%02u:%02u:00Z,"
					"2026-02-01T00:00:00Z\n", i, i % 31 + 1, i % 24, i % 60);
	o = parse(text, len, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	printf("# 100 000 orders are read in %u ms\n",
	       (unsigned)((clock_monotonic_ns() - before) / NS_PER_MS));
	before = clock_monotonic_ns();
	for (unsigned i = 0; i < 100000; i++)
		orders_look(o, &site->assets[0], JAN_2026_NS + i * NS_PER_MIN, &look);
	/* Two binary searches; a walk would take minutes.  Sanitizers are slow. */
	CU_ASSERT(clock_monotonic_ns() - before < 5 * NS_PER_SEC);
	orders_free(o);
	len += (size_t)snprintf(text + len, room - len, "W,A,IMG-1," TIMES "\n");
	parse(text, len, ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, ": more than 100000 orders; leave out what is long "
				      "over"));
	free(text);
}

static void in_words(void)
{
	struct orders *o = good("id,vendor,assets,start,end,mode,kind\n"
		"W-1,A,IMG-1,2026-01-01T08:00:00Z,2026-01-01T10:00:00Z,remote,\n"
		"W-2,A,IMG-1;ACQ-1,2026-01-02T08:00:00Z,2026-01-02T10:00:00Z,,update\n"
		"W-3,A,IMG-1,2026-01-02T09:00:00Z,2026-01-04T10:00:00Z,onsite,\n");
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	orders_explain(o, JAN_2026_NS + NS_PER_DAY + 12 * NS_PER_HOUR, out);
	fclose(out);
	EQUAL_TEXT(text, "Work orders: 3\n  over: 2\n"
		   "    W-1, vendor A, 2026-01-01T08:00:00+00:00 to 2026-01-01T10:00:00+00:00, "
		   "remote: IMG-1\n"
		   "    W-2, vendor A, 2026-01-02T08:00:00+00:00 to 2026-01-02T10:00:00+00:00, "
		   "update: IMG-1 ACQ-1\n"
		   "  open now: 1\n"
		   "    W-3, vendor A, 2026-01-02T09:00:00+00:00 to 2026-01-04T10:00:00+00:00, "
		   "on site: IMG-1\n"
		   "  to come: 0\n"
		   "  overlapping, of one asset: 1 (the one that ends last counts)\n"
		   "    W-2 and W-3\n");
	free(text);
	orders_free(o);
}

/* Beside the site file; a file that is not there is an error of the site's. */
static void a_site_names_its_file(void)
{
	char directory[] = "/tmp/nachtwacht-orders-XXXXXX", path[64], command[128];
	struct site *s = NULL;
	FILE *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/site.json", directory);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "%.*s,\n\"work_orders\": "
		"\"orders.csv\"}", (int)strlen(site_text) - 1, site_text);
	fclose(f);
	lines[0] = '\0';
	log_set_sink(keep_line);
	EQUAL_INT(site_load(path, &s), ERR_FORMAT);
	log_set_sink(NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "/orders.csv: cannot be read: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "/site.json:2:16: work_orders: the work orders cannot "
				      "be used, as said above; "));
	snprintf(path, sizeof(path), "%s/orders.csv", directory);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("id,vendor,assets,start,end\nW-1,A,IMG-1," TIMES "\n", f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/site.json", directory);
	EQUAL_INT(site_load(path, &s), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	EQUAL_INT(s->orders->n, 1);
	site_free(s);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	EQUAL_INT(system(command), 0);
}

static void write_orders(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

/* A sensor that runs: what is good is taken, what is not leaves what was, and is said once. */
static void a_file_that_changes(void)
{
	char path[] = "/tmp/nachtwacht-orders-XXXXXX";
	int fd = mkstemp(path);
	struct orders_watch *w = NULL;
	struct site here = *site;

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	write_orders(path, "id,vendor,assets,start,end\nW-1,A,IMG-1," TIMES "\n");
	here.orders_path = path;
	CU_ASSERT_FATAL(!orders_load(path, &here, &here.orders));
	CU_ASSERT_FATAL(!orders_watch_new(&here, NULL, &w));
	CU_ASSERT_PTR_EQUAL(orders_watch_look(w), here.orders);
	lines[0] = '\0';
	log_set_sink(keep_line);
	write_orders(path, "id,vendor,assets,start,end\nW-1,A,IMG-1," TIMES "\nW-2,A,IMG-1," TIMES
		     "\n");
	EQUAL_INT(orders_watch_look(w)->n, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "2 work orders were read anew, SHA-256 "));
	write_orders(path, "id,vendor\n");
	EQUAL_INT(orders_watch_look(w)->n, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "the column \"assets\" is missing"));
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "the 2 work orders that were read before still "
				      "count"));
	lines[0] = '\0';
	EQUAL_INT(orders_watch_look(w)->n, 2);
	unlink(path);
	EQUAL_TEXT(lines, "");
	EQUAL_INT(orders_watch_look(w)->n, 2);
	EQUAL_INT(orders_watch_look(w)->n, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, ": cannot be looked at: "));
	CU_ASSERT_PTR_NULL(strstr(strstr(lines, "cannot be") + 1, "cannot be"));	/* once */
	write_orders(path, "id,vendor,assets,start,end\n");
	EQUAL_INT(orders_watch_look(w)->n, 0);
	log_set_sink(NULL);
	unlink(path);
	orders_watch_free(w);
	orders_free(here.orders);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "both forms give the same", both_forms_give_the_same },
		{ "no orders are orders too", no_orders_are_orders_too },
		{ "broken files of json", broken_files_of_json },
		{ "broken values of json", broken_values_of_json },
		{ "broken files of csv", broken_files_of_csv },
		{ "errors are bounded", errors_are_bounded },
		{ "another vendors asset is said and not covered",
		  another_vendors_asset_is_said_and_not_covered },
		{ "open before after and on site", open_before_after_and_on_site },
		{ "look ups agree with a walk", look_ups_agree_with_a_walk },
		{ "a hundred thousand", a_hundred_thousand },
		{ "in words", in_words },
		{ "a site names its file", a_site_names_its_file },
		{ "a file that changes", a_file_that_changes },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "orders", .pTests = tests }, CU_SUITE_INFO_NULL };
	int status;

	if (site_parse("test", site_text, strlen(site_text), &site) || tz_use("UTC"))
		return 1;
	status = tap_main(suites);
	site_free(site);
	return status;
}
