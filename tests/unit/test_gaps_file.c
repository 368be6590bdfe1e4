/* test_gaps_file.c - declared outages: both forms give the same, in order; what is wrong is said
 * with its place and a remedy, and nothing wrong is taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/tz.h"
#include "policy/gaps_file.h"
#include "tap.h"

#define JAN_2026_NS (1767225600 * NS_PER_SEC)	/* 2026-01-01T00:00:00Z */

static char lines[8192];
static unsigned n_lines;

static void keep_line(enum log_level level, const char *line)
{
	size_t len = strlen(lines);

	(void)level;
	n_lines++;
	snprintf(lines + len, sizeof(lines) - len, "%s\n", line);
}

static struct gaps_file *parse(const char *text, size_t len, int want)
{
	struct gaps_file *g = NULL;

	lines[0] = '\0';
	n_lines = 0;
	log_set_sink(keep_line);
	EQUAL_INT(gaps_file_parse("g", text, len, &g), want);
	log_set_sink(NULL);
	CU_ASSERT((want == 0) == (g != NULL) && (want == 0) == (n_lines == 0));
	return g;
}

static struct gaps_file *good(const char *text)
{
	struct gaps_file *g = parse(text, strlen(text), 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	return g;
}

/* Refused with exactly one line: "error: gaps: g:" and this. */
static void bad(const char *text, const char *line)
{
	char want[512];

	parse(text, strlen(text), ERR_FORMAT);
	snprintf(want, sizeof(want), "error: gaps: g:%s\n", line);
	EQUAL_TEXT(lines, want);
}

static void test_json(void)
{
	struct gaps_file *g = good(
		"\xef\xbb\xbf {\"gaps\": [\n"
		"{\"from\": \"2026-01-03T00:00:00Z\", \"to\": \"2026-01-04\", \"reason\": \"b\"},\n"
		"{\"from\": \"2026-01-01T01:00:00.5+01:00\", \"to\": \"2026-01-02T00:00\", "
		"\"reason\": \"a, \\\"quoted\\\"\"}]}");

	EQUAL_INT(g->n, 2);
	EQUAL_TEXT(g->list[0].reason, "a, \"quoted\"");
	EQUAL_INT(g->list[0].from_ns, JAN_2026_NS + NS_PER_SEC / 2);
	/* Winter in Amsterdam: what has no offset is an hour earlier than in UTC. */
	EQUAL_INT(g->list[0].to_ns, JAN_2026_NS + NS_PER_DAY - NS_PER_HOUR);
	EQUAL_INT(g->list[1].from_ns, JAN_2026_NS + 2 * NS_PER_DAY);
	EQUAL_INT(g->list[1].to_ns, JAN_2026_NS + 3 * NS_PER_DAY - NS_PER_HOUR);
	EQUAL_INT(strlen(g->sha256), 64);
	gaps_file_free(g);
	g = good("{\"gaps\": []}");
	EQUAL_INT(g->n, 0);
	gaps_file_free(g);
	gaps_file_free(NULL);
}

static void test_csv(void)
{
	struct gaps_file *g = good(
		"\xef\xbb\xbf" "From, to ,reason\r\n\r\n"
		"2026-01-03T00:00:00Z,2026-01-04,b\r\n"
		"\"2026-01-01T00:00:00Z\" ,  2026-01-02T00:00 , \"a, \"\"quoted\"\"\"");

	EQUAL_INT(g->n, 2);
	EQUAL_TEXT(g->list[0].reason, "a, \"quoted\"");
	EQUAL_INT(g->list[0].from_ns, JAN_2026_NS);
	EQUAL_INT(g->list[0].to_ns, JAN_2026_NS + NS_PER_DAY - NS_PER_HOUR);
	EQUAL_TEXT(g->list[1].reason, "b");
	gaps_file_free(g);
	g = good("from,to,reason");
	EQUAL_INT(g->n, 0);
	gaps_file_free(g);
}

/* The hour that does not exist in spring, and the one that comes twice in autumn. */
static void test_changeover(void)
{
	struct gaps_file *g = good("from,to,reason\n2026-03-29T02:30,2026-03-29T04:00,spring\n"
				   "2026-10-25T02:30,2026-10-25T03:30,autumn\n");

	EQUAL_INT(g->list[0].to_ns - g->list[0].from_ns, NS_PER_HOUR);
	EQUAL_INT(g->list[1].to_ns - g->list[1].from_ns, 2 * NS_PER_HOUR);
	gaps_file_free(g);
}

#define ENTRY "\"from\": \"2026-01-01\", \"to\": \"2026-01-02\", \"reason\": \"r\""
#define TIME_REMEDY "a time is written like 2026-01-17T22:00 or 2026-01-17T22:00:00Z"
#define ORDER "are the two swapped, or is an offset missing?"

static void test_json_errors(void)
{
	bad("", "1:1: the file is empty; a gaps file is { \"gaps\": [ { \"from\": ..., "
	    "\"to\": ..., \"reason\": ... } ] }, or CSV with the header from,to,reason");
	bad("[]", "1:1: a gaps file is one object, { \"gaps\": [ { \"from\": ..., \"to\": "
	    "..., \"reason\": ... } ] }, or CSV");
	bad("{}", "1:1: the key \"gaps\" is missing");
	bad("{\"gap\": [], \"gaps\": []}",
	    "1:2: unknown key \"gap\" in the gaps file; did you mean \"gaps\"?");
	bad("{\"gaps\": {}}", "1:10: gaps: must be an array, is an object");
	bad("{\"gaps\": [3]}", "1:11: gaps[0]: must be an object, is a whole number");
	bad("{\"gaps\": [\n {" ENTRY ", \"resaon\": 1}]}",
	    "2:60: unknown key \"resaon\" in gaps[0]; did you mean \"reason\"?");
	bad("{\"gaps\": [{\"from\": \"2026-01-01\", \"to\": \"2026-01-02\"}]}",
	    "1:11: gaps[0]: the key \"reason\" is missing");
	bad("{\"gaps\": [{\"from\": \"x\", \"to\": \"2026-01-02\", \"reason\": \"r\"}]}",
	    "1:20: gaps[0].from: \"x\" is not a time; " TIME_REMEDY);
	bad("{\"gaps\": [{\"from\": 1767225600, \"to\": \"2026-01-02\", \"reason\": \"r\"}]}",
	    "1:20: gaps[0].from: must be a string, is a whole number");
	bad("{\"gaps\": [{\"from\": \"2026-01-02\", \"to\": \"2026-01-02\", \"reason\": \"r\"}]}",
	    "1:11: gaps[0]: \"from\" 2026-01-02 is not before \"to\" 2026-01-02; " ORDER);
	bad("{\"gaps\": [{\"from\": \"2026-01-01\", \"to\": \"2026-01-02\", \"reason\": \"\"}]}",
	    "1:64: gaps[0].reason: must be 1 to 255 bytes: say why the tap saw nothing");
	bad("{\"gaps\": [{" ENTRY "},]}", "1:69: not JSON: unexpected token near ']'");
	bad("{\"gaps\": [{" ENTRY ", \"to\": \"2026-01-03\"}]}",
	    "1:72: not JSON: duplicate object key near '\"to\"'");
}

static void test_csv_errors(void)
{
	bad("from;to;reason\n", "1:15: a line has three fields, from,to,reason; this one has 1");
	bad("from,to,why\n", "1:9: the column \"why\" stands where \"reason\" belongs; the "
	    "first line is from,to,reason");
	bad("2026-01-01,2026-01-02,r\n", "1:1: the column \"2026-01-01\" stands where "
	    "\"from\" belongs; the first line is from,to,reason");
	bad("from,to,reason\n\n2026-01-01,2026-01-02\n",
	    "3:22: a line has three fields, from,to,reason; this one has 2");
	bad("from,to,reason\n2026-01-01,2026-01-02,a,b\n", "2:24: a line has three fields, "
	    "from,to,reason; a reason with a comma in it is put in quotes");
	bad("from,to,reason\n2026-01-01,yesterday,r\n",
	    "2:12: \"yesterday\" is not a time; " TIME_REMEDY);
	bad("from,to,reason\n2026-01-02,2026-01-01,r\n",
	    "2:1: \"from\" 2026-01-02 is not before \"to\" 2026-01-01; " ORDER);
	bad("from,to,reason\n2026-01-01,2026-01-02, \n",
	    "2:24: the reason is empty: say why the tap saw nothing");
	for (size_t i = 0; i < 3; i++) {
		static const char *const ends[] = { "\"", "\"a", "\"a\"\"" };
		char text[80];

		snprintf(text, sizeof(text), "from,to,reason\n2026-01-01,2026-01-02,%s\n", ends[i]);
		bad(text, "2:23: the quoted field does not end in this line; a quote inside "
		    "it is written twice");
	}
	bad("from,to,reason\n2026-01-01,2026-01-02,\"a\"b\n", "2:26: something stands "
	    "behind the quoted field; a quote inside it is written twice");
	/* Columns are characters, not bytes. */
	bad("from,to,reason\n2026-01-01,2026-01-02,\xc3\xa9,x\n", "2:24: a line has three "
	    "fields, from,to,reason; a reason with a comma in it is put in quotes");
	parse("from,to,reason\n2026-01-01,2026-01-02,a\0b\n", 41, ERR_FORMAT);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "a zero byte"));
}

/* Twenty errors are enough; the rest is not looked at. */
static void test_many_errors(void)
{
	char text[1000] = "from,to,reason\n";

	for (int i = 0; i < 30; i++)
		strncat(text, "x,2026-01-01,r\n", 20);
	parse(text, strlen(text), ERR_FORMAT);
	EQUAL_INT(n_lines, 21);
}

/* n entries that begin a minute apart, the latest first: it is for the reader to sort them. */
static char *many(size_t n, bool is_json, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fputs(is_json ? "{\"gaps\": [" : "from,to,reason\n", out);
	for (size_t i = n; i-- > 0;) {
		char from[CLOCK_TEXT_MAX];

		clock_format(JAN_2026_NS + i * NS_PER_MIN, from);
		if (is_json)
			fprintf(out, "{\"from\":\"%s\",\"to\":\"2099-01-01\",\"reason\":\"r\"}%s",
				from, i ? "," : "]}");
		else
			fprintf(out, "%s,2099-01-01,r\n", from);
	}
	fclose(out);
	return text;
}

static void test_bound(void)
{
	for (int is_json = 0; is_json < 2; is_json++) {
		size_t len;
		char *text = many(GAPS_ENTRIES_MAX, is_json, &len);
		struct gaps_file *g = parse(text, len, 0);

		CU_ASSERT_PTR_NOT_NULL_FATAL(g);
		EQUAL_INT(g->n, GAPS_ENTRIES_MAX);
		for (size_t i = 1; i < g->n; i++)
			if (g->list[i - 1].from_ns >= g->list[i].from_ns)
				CU_FAIL("not in order");
		gaps_file_free(g);
		free(text);
		text = many(GAPS_ENTRIES_MAX + 1, is_json, &len);
		CU_ASSERT_PTR_NULL(parse(text, len, ERR_FORMAT));
		CU_ASSERT_PTR_NOT_NULL(strstr(lines, "100000"));
		free(text);
	}
}

static void test_file(void)
{
	struct gaps_file *g = NULL;

	lines[0] = '\0';
	log_set_sink(keep_line);
	CU_ASSERT(gaps_file_load("/nonexistent/gaps.json", &g) < 0);
	CU_ASSERT(gaps_file_load("/", &g) < 0);
	log_set_sink(NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines, "gaps: /nonexistent/gaps.json: cannot be read"));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "JSON", test_json },
		{ "CSV", test_csv },
		{ "change-over nights", test_changeover },
		{ "errors in JSON", test_json_errors },
		{ "errors in CSV", test_csv_errors },
		{ "many errors", test_many_errors },
		{ "100 000 entries and one more", test_bound },
		{ "files", test_file },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "declared gaps", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	if (tz_use("Europe/Amsterdam"))
		return 1;
	return tap_main(suites);
}
