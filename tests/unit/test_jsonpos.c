/* test_jsonpos.c - positions of keys and values, limits, and texts that are not JSON. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "policy/jsonpos.h"
#include "tap.h"

static enum jsonpos_problem problem;
static struct place place;

static int scan(const char *text, size_t len, struct jsonpos **ret)
{
	*ret = NULL;
	return jsonpos_new(text, len, ret, &problem, &place);
}

#define AT(got, want_line, want_column) do { \
	struct place got_ = got; \
	EQUAL_INT(got_.line, want_line); \
	EQUAL_INT(got_.column, want_column); \
} while (0)

static void test_positions(void)
{
	static const char text[] = "{ \"a\": [1,\n  {\"b\" : \"x\\\"]}\"}, [ ]],"
		"\n\t\"\xc3\xa9\": null,\"c\":-1.5e3 }\n";
	struct jsonpos *p;

	/* 0 {..} 1 a:[..] 2 1 3 {..} 4 b 5 [] 6 e 7 c */
	CU_ASSERT_EQUAL_FATAL(scan(text, strlen(text), &p), 0);
	AT(jsonpos_value(p, 0), 1, 1);
	AT(jsonpos_key(p, 1), 1, 3);
	AT(jsonpos_value(p, 1), 1, 8);
	AT(jsonpos_value(p, 2), 1, 9);
	AT(jsonpos_value(p, 3), 2, 3);
	AT(jsonpos_key(p, 4), 2, 4);
	AT(jsonpos_value(p, 4), 2, 10);
	AT(jsonpos_value(p, 5), 2, 20);
	AT(jsonpos_key(p, 6), 3, 2);
	AT(jsonpos_value(p, 6), 3, 7);
	AT(jsonpos_key(p, 7), 3, 12);		/* characters, not bytes */
	AT(jsonpos_value(p, 7), 3, 16);
	AT(jsonpos_key(p, 2), 1, 9);		/* an element has no key: its value */
	EQUAL_INT(jsonpos_after(p, 0), 8);
	EQUAL_INT(jsonpos_after(p, 1), 6);
	EQUAL_INT(jsonpos_after(p, 2), 3);
	EQUAL_INT(jsonpos_after(p, 3), 5);
	EQUAL_INT(jsonpos_after(p, 5), 6);
	EQUAL_INT(jsonpos_start(p, 0), 0);
	EQUAL_INT(jsonpos_end(p, 0), strlen(text) - 1);
	EQUAL_INT(jsonpos_end(p, 2) - jsonpos_start(p, 2), 1);
	EQUAL_INT(jsonpos_end(p, 4) - jsonpos_start(p, 4), strlen("\"x\\\"]}\""));
	EQUAL_INT(jsonpos_end(p, 5) - jsonpos_start(p, 5), strlen("[ ]"));
	EQUAL_INT(jsonpos_end(p, 7) - jsonpos_start(p, 7), strlen("-1.5e3"));
	EQUAL_INT(jsonpos_find(p, "a"), 1);
	EQUAL_INT(jsonpos_find(p, "c"), 7);
	EQUAL_INT(jsonpos_find(p, "b"), 0);	/* not of the root */
	EQUAL_INT(jsonpos_find(p, "cc"), 0);
	jsonpos_free(p);
}

static void test_not_json(void)
{
	static const char *const texts[] = { "", " ", "{", "[1,2", "{\"a\"}", "{\"a\":}", "[1 2]",
					     "[}", "{]", "\"abc", "\"abc\\", "{a:1}", "[1]]",
					     "{} x", ",", "[,]", ":" };
	struct jsonpos *p;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		EQUAL_INT(scan(texts[i], strlen(texts[i]), &p), ERR_FORMAT);
		CU_ASSERT_PTR_NULL(p);
	}
}

static void test_limits(void)
{
	char deep[80];
	struct jsonpos *p;

	memset(deep, '[', 32);
	memset(deep + 32, ']', 32);
	EQUAL_INT(scan(deep, 64, &p), 0);
	jsonpos_free(p);
	memset(deep, '[', 33);
	memset(deep + 33, ']', 33);
	EQUAL_INT(scan(deep, 66, &p), ERR_LIMIT);
	EQUAL_INT(problem, JSONPOS_TOO_DEEP);
	AT(place, 1, 33);
	EQUAL_INT(scan(deep, JSONPOS_BYTES_MAX + 1, &p), ERR_LIMIT);	/* not looked at */
	EQUAL_INT(problem, JSONPOS_TOO_LARGE);
}

static void test_too_many(void)
{
	size_t len = 2 * (size_t)JSONPOS_NODES_MAX + 3;
	char *text = malloc(len);
	struct jsonpos *p;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (size_t i = 0; i < len; i++)
		text[i] = i == 0 ? '[' : i == len - 1 ? ']' : i % 2 ? '1' : ',';
	EQUAL_INT(scan(text, len, &p), ERR_LIMIT);
	EQUAL_INT(problem, JSONPOS_TOO_MANY);
	free(text);
}

/* A random tree: the walk of the reader (jansson's iteration beside the nodes) meets every value at
 * its place, known by its first character. */
static json_t *random_tree(int depth)
{
	int kind = rand() % (depth < 6 ? 6 : 4);
	char key[16];
	json_t *v;

	if (kind < 4)
		return kind == 0 ? json_integer(rand() - RAND_MAX / 2) : kind == 1 ? json_null() :
		       kind == 2 ? json_string("]\"},:{[\\") : json_true();
	v = kind == 4 ? json_array() : json_object();
	for (int n = rand() % 5; n > 0; n--) {
		snprintf(key, sizeof(key), "k\"%d\\", rand() % 1000);
		if (kind == 4)
			json_array_append_new(v, random_tree(depth + 1));
		else
			json_object_set_new(v, key, random_tree(depth + 1));
	}
	return v;
}

static char char_at(const char *text, struct place at)
{
	for (unsigned line = 1; line < at.line; line++)
		text = strchr(text, '\n') + 1;
	return text[at.column - 1];
}

static unsigned walk(const struct jsonpos *p, const char *text, json_t *v, uint32_t node)
{
	static const char first[] = { [JSON_OBJECT] = '{', [JSON_ARRAY] = '[', [JSON_STRING] = '"',
				      [JSON_TRUE] = 't', [JSON_NULL] = 'n' };
	char c = char_at(text, jsonpos_value(p, node));
	unsigned wrong = json_is_integer(v) ? !strchr("-0123456789", c) :
					      c != first[json_typeof(v)];
	uint32_t child = node + 1;

	for (void *i = json_object_iter(v); i; i = json_object_iter_next(v, i)) {
		wrong += char_at(text, jsonpos_key(p, child)) != '"';
		wrong += walk(p, text, json_object_iter_value(i), child);
		child = jsonpos_after(p, child);
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		wrong += walk(p, text, json_array_get(v, i), child);
		child = jsonpos_after(p, child);
	}
	return wrong + (child != jsonpos_after(p, node));
}

static void test_walk(void)
{
	unsigned wrong = 0;

	srand((unsigned)test_seed(0));
	for (int i = 0; i < 500; i++) {
		json_t *tree = json_pack("[o,o,o]", random_tree(0), random_tree(0), random_tree(0));
		char *text = json_dumps(tree, i % 2 ? JSON_INDENT(3) : JSON_COMPACT);
		struct jsonpos *p;
		json_t *parsed;

		/* Parsed again, as the reader sees it: keys in the order of the text. */
		parsed = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(parsed);
		CU_ASSERT_EQUAL_FATAL(scan(text, strlen(text), &p), 0);
		wrong += walk(p, text, parsed, 0);
		jsonpos_free(p);
		json_decref(parsed);
		json_decref(tree);
		free(text);
	}
	EQUAL_INT(wrong, 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "positions", test_positions }, { "not JSON", test_not_json },
		{ "limits", test_limits },
		{ "too many values", test_too_many }, { "a walk beside the tree", test_walk },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "jsonpos", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
