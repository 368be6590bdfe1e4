/* test_json.c - what reaches a record is text, a number or null, whatever came in. */
#include <math.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/json.h"
#include "tap.h"

static void is_json(json_t *object, const char *want)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);

	EQUAL_TEXT(text ? text : "(none)", want);
	free(text);
	json_decref(object);
}

static void text_is_repaired(void)
{
	json_t *o = json_object();

	json_put_text(o, "a", "r\xff\n");
	json_put_text(o, "b", NULL);
	json_put_text(o, "c", "");
	is_json(o, "{\"a\":\"r\xef\xbf\xbd\\\\x0a\",\"b\":null,\"c\":\"\"}");
}

/* Repairing makes text longer; it is cut where a character ends. */
static void text_is_cut(void)
{
	json_t *list = json_array();

	json_array_append_new(list, json_text_cut("ab\xc3\xa9", 4));
	json_array_append_new(list, json_text_cut("\n\n", 8));
	json_array_append_new(list, json_text("abc"));
	is_json(list, "[\"ab\",\"\\\\x0a\",\"abc\"]");
}

static void numbers_and_times(void)
{
	json_t *o = json_object();

	json_put_int(o, "a", 7);
	json_put_int(o, "b", UINT64_MAX);
	json_put_real(o, "c", NAN);
	json_put_real(o, "d", 0.5);
	json_put_time(o, "e", 1768626600 * NS_PER_SEC + 123456789);
	json_put_time(o, "f", 0);
	is_json(o, "{\"a\":7,\"b\":9223372036854775807,\"c\":0.0,\"d\":0.5,"
		"\"e\":\"2026-01-17T05:10:00.123456Z\",\"f\":null}");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "text is repaired", text_is_repaired },
		{ "text is cut at a character", text_is_cut },
		{ "numbers and times", numbers_and_times },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "json", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
