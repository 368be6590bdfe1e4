/* load.c - a scenario's files: "include" chains, changes from the command line, then reading.
 *
 * An included file is the base; the including file's values replace its own, key by key, and its
 * segments, hosts and activities replace those with the same id or are added.  Paths are
 * relative to the including file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"
#include "synth/scenario.h"

#define INCLUDE_DEPTH_MAX 8
#define PATH_LEN_MAX 1024

static json_t *load_file(const char *path, char *error)
{
	json_error_t e;
	FILE *file = fopen(path, "re");

	if (!file) {
		(void)text_format(error, SCENARIO_ERROR_MAX, "%s: %s", path, strerror(errno));
		return NULL;
	}
	json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &e);
	(void)fclose(file);
	if (!root)
		(void)text_format(error, SCENARIO_ERROR_MAX, "%s:%d:%d: %s", path, e.line, e.column,
				  e.text);
	else if (!json_is_object(root))
		(void)text_format(error, SCENARIO_ERROR_MAX, "%s: a scenario is a JSON object",
				  path);
	if (root && error[0]) {
		json_decref(root);
		return NULL;
	}
	return root;
}

static json_t *find_id(json_t *array, const char *id, size_t *ret_at)
{
	json_t *one;
	size_t i;

	json_array_foreach(array, i, one) {
		const char *its = json_string_value(json_object_get(one, "id"));

		if (its && !strcmp(its, id)) {
			*ret_at = i;
			return one;
		}
	}
	return NULL;
}

static void merge_arrays(json_t *base, json_t *over)
{
	json_t *one;
	size_t i, at;

	json_array_foreach(over, i, one) {
		const char *id = json_string_value(json_object_get(one, "id"));

		if (id && find_id(base, id, &at))
			json_array_set(base, at, one);
		else
			json_array_append(base, one);
	}
}

static void merge(json_t *base, json_t *over)
{
	const char *key;
	json_t *value;

	json_object_foreach(over, key, value) {
		json_t *old = json_object_get(base, key);
		bool is_list = !strcmp(key, "segments") || !strcmp(key, "hosts") ||
			       !strcmp(key, "activities");

		if (is_list && json_is_array(old) && json_is_array(value))
			merge_arrays(old, value);
		else if (strcmp(key, "include") != 0)
			json_object_set(base, key, value);
	}
}

/* The path of an included file: beside the one that names it. */
static bool beside(const char *path, const char *name, char *ret, size_t cap)
{
	const char *slash = strrchr(path, '/');

	if (!slash || name[0] == '/')
		return text_copy(ret, cap, name);
	return text_format(ret, cap, "%.*s/%s", (int)(slash - path), path, name);
}

/* Loads path and what it includes; gives the merged object, or NULL with error set. */
static json_t *load_chain(const char *path, char *error)
{
	json_t *chain[INCLUDE_DEPTH_MAX] = { NULL }, *root = NULL;
	char at[PATH_LEN_MAX], next[PATH_LEN_MAX];
	size_t n = 0;
	bool has_more = text_copy(at, sizeof(at), path);

	if (!has_more)
		(void)text_format(error, SCENARIO_ERROR_MAX, "the path is too long");
	while (has_more && !error[0]) {
		if (n == INCLUDE_DEPTH_MAX) {
			(void)text_format(error, SCENARIO_ERROR_MAX,
					  "%s: include: more than %d files deep",
					  at, INCLUDE_DEPTH_MAX);
			break;
		}
		chain[n] = load_file(at, error);
		json_t *include = json_object_get(chain[n], "include");
		has_more = include != NULL;
		if (include && (!json_is_string(include) ||
				!beside(at, json_string_value(include), next, sizeof(next))))
			(void)text_format(error, SCENARIO_ERROR_MAX, "%s: include: must be a path",
					  at);
		else if (include)
			memcpy(at, next, sizeof(at));
		n++;
	}
	if (!error[0]) {
		root = json_incref(chain[n - 1]);
		for (size_t i = n - 1; i-- > 0;)
			merge(root, chain[i]);
	}
	for (size_t i = 0; i < n; i++)
		json_decref(chain[i]);
	return root;
}

/* --- "--set key.path=value" ------------------------------------------------------------------- */

static json_t *child_of(json_t *at, const char *name)
{
	size_t i;
	char *end;

	if (json_is_object(at))
		return json_object_get(at, name);
	json_t *found = json_is_array(at) ? find_id(at, name, &i) : NULL;
	if (found || !json_is_array(at) || !*name)
		return found;
	unsigned long index = strtoul(name, &end, 10);
	return *end ? NULL : json_array_get(at, index);
}

/* JSON if it parses as such, else plain text: 200, true, ["a","b"], 00:30, 300MB. */
static json_t *value_of(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	return v ? v : json_string(text);
}

static bool set_one(json_t *root, const char *change, char *error)
{
	char path[PATH_LEN_MAX];
	const char *equals = strchr(change, '=');
	json_t *at = root;

	if (!equals || equals == change || (size_t)(equals - change) >= sizeof(path)) {
		(void)text_format(error, SCENARIO_ERROR_MAX, "--set %s: must be KEY.PATH=VALUE",
				  change);
		return false;
	}
	memcpy(path, change, (size_t)(equals - change));
	path[equals - change] = '\0';
	char *name = path, *dot;
	while ((dot = strchr(name, '.'))) {
		*dot = '\0';
		json_t *child = child_of(at, name);
		if (!child && json_is_object(at)) {
			child = json_object();
			(void)json_object_set_new(at, name, child);
		}
		if (!json_is_object(child) && !json_is_array(child)) {
			(void)text_format(error, SCENARIO_ERROR_MAX, "--set %s: there is no \"%s\"",
					  change, name);
			return false;
		}
		at = child;
		name = dot + 1;
	}
	if (!json_is_object(at) || !*name || json_object_set_new(at, name, value_of(equals + 1))) {
		(void)text_format(error, SCENARIO_ERROR_MAX, "--set %s: \"%s\" cannot be set there",
				  change,
				  name);
		return false;
	}
	return true;
}

static void change(json_t *root, const struct scenario_changes *c, char *error)
{
	if (c->start)
		json_object_set_new(root, "start", json_string(c->start));
	if (c->days)
		json_object_set_new(root, "days", json_integer(c->days));
	if (c->has_seed)
		json_object_set_new(root, "seed", json_integer((json_int_t)c->seed));
	for (size_t i = 0; i < c->n_sets; i++)
		if (!set_one(root, c->sets[i], error))
			return;
}

int scenario_load(const char *path, const struct scenario_changes *changes,
		  struct scenario **ret_scenario, char error[static SCENARIO_ERROR_MAX])
{
	error[0] = '\0';
	json_t *root = load_chain(path, error);
	int err = ERR_FORMAT;

	if (root)
		change(root, changes, error);
	if (!error[0])
		err = scenario_read(path, root, ret_scenario, error);
	json_decref(root);
	return err;
}
