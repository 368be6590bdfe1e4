/* test_text.c - text that may have come from the wire. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "tap.h"

static const char *repaired(const char *bytes, size_t len)
{
	static char buf[256];

	text_repair(bytes, len, buf, sizeof(buf));
	return buf;
}

static void repairs_utf8(void)
{
	EQUAL_TEXT(repaired("plain", 5), "plain");
	EQUAL_TEXT(repaired("caf\xc3\xa9", 5), "caf\xc3\xa9");
	EQUAL_TEXT(repaired("a\xff" "b", 3), "a\xef\xbf\xbd" "b");
	EQUAL_TEXT(repaired("\xc0\x80", 2), "\xef\xbf\xbd\xef\xbf\xbd"); /* overlong */
	EQUAL_TEXT(repaired("\xed\xa0\x80", 3),
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* surrogate */
	EQUAL_TEXT(repaired("\xf4\x90\x80\x80", 4),
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* beyond U+10FFFF */
	EQUAL_TEXT(repaired("x\xe2\x82", 3), "x\xef\xbf\xbd\xef\xbf\xbd");		/* cut */
}

static void shows_what_would_hide(void)
{
	EQUAL_TEXT(repaired("a\nb\x1b[31m", 8), "a\\x0ab\\x1b[31m");
	EQUAL_TEXT(repaired("\xe2\x80\xaeright", 8), "\\u202eright"); /* right-to-left override */
	EQUAL_TEXT(repaired("nul\0in", 6), "nul\\x00in");
}

/* Whatever comes in, jansson takes what comes out: the name never costs the record. */
static void random_bytes_become_json(void)
{
	unsigned seed = (unsigned)test_seed(20260117);

	for (int round = 0; round < 20000; round++) {
		char bytes[40], out[64];
		size_t len = (size_t)(rand_r(&seed) % 40), cap = 1 + (size_t)(rand_r(&seed) % 63),
		       n;
		json_t *j;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)rand_r(&seed);
		n = text_repair(bytes, len, out, cap);
		CU_ASSERT_FATAL(n < cap && out[n] == '\0' && strlen(out) == n);
		j = json_string(out);
		if (!j)
			printf("# round %d\n", round);
		CU_ASSERT_PTR_NOT_NULL_FATAL(j);
		json_decref(j);
	}
}

static void escapes_for_the_terminal(void)
{
	char buf[16];

	EQUAL_TEXT(text_escape("ab\\\n", 4, buf, sizeof(buf)), "ab\\x5c\\x0a");
	EQUAL_TEXT(text_escape("0123456789abcdef", 16, buf, sizeof(buf)), "012345678...");
}

static void copies_say_when_they_cut(void)
{
	char buf[4];

	CU_ASSERT(text_copy(buf, sizeof(buf), "abc"));
	CU_ASSERT_FALSE(text_copy(buf, sizeof(buf), "abcd"));
	EQUAL_TEXT(buf, "abc");
	CU_ASSERT_FALSE(text_format(buf, sizeof(buf), "%d", 12345));
}

static void finds_the_nearest_name(void)
{
	static const char *const names[] = { "timezone", "networks", "countries" };

	EQUAL_TEXT(text_nearest("tiemzone", names, 3), "timezone");
	EQUAL_TEXT(text_nearest("network", names, 3), "networks");
	CU_ASSERT_PTR_NULL(text_nearest("xyz", names, 3));
}

static void wraps_at_blanks(void)
{
	char *got = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&got, &len);

	text_print_wrapped(out, "  - ", "one two three", 4, 11);
	text_print_wrapped(out, "--x ", "averyverylongword y", 2, 11);
	text_print_wrapped(out, "* ", "", 2, 11);
	fclose(out);
	EQUAL_TEXT(got, "  - one two\n    three\n--x averyverylongword\n  y\n* \n");
	free(got);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "repairs UTF-8", repairs_utf8 },
		{ "shows what would hide", shows_what_would_hide },
		{ "random bytes become JSON", random_bytes_become_json },
		{ "escapes for the terminal", escapes_for_the_terminal },
		{ "copies say when they cut", copies_say_when_they_cut },
		{ "finds the nearest name", finds_the_nearest_name },
		{ "wraps at blanks", wraps_at_blanks },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "text", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
