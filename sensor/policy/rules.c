/* rules.c - see rules.h: a pack, whole, from a directory or from the copy that was built in. */
#include "policy/rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/arena.h"
#include "policy/rules_internal.h"
#include "policy/textfile.h"

#define ENDING ".json"
#define PATH_BYTES 4096

static int new_rules(struct rules **ret_rules)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (r)
		r->arena = arena_new();
	if (!r || !r->arena) {
		free(r);
		return -ENOMEM;
	}
	*ret_rules = r;
	return 0;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	arena_free(r->arena);
	free(r);
}

/* "NW-EXF-001" of "NW-EXF-001.json" */
static void stem_of(const char *name, char *buf, size_t cap)
{
	size_t len = strlen(name), ending = strlen(ENDING);

	snprintf(buf, cap, "%.*s", (int)(len > ending ? len - ending : len), name);
}

static int read_one(struct rules *r, const char *file, const char *name, const char *text,
		    size_t len)
{
	char stem[256], shown[512];
	struct rule_file f = { .stem = stem, .text = text, .len = len };

	stem_of(name, stem, sizeof(stem));
	f.file = text_escape(file, strlen(file), shown, sizeof(shown));
	textfile_skip_bom(&f.text, &f.len);
	return rule_read(r, &f);
}

/* Nothing is missing, and the values go together. */
static int finish(struct rules *r, const char *where)
{
	struct rule_clash clash;
	char shown[512];
	int err = 0;

	text_escape(where, strlen(where), shown, sizeof(shown));
	for (int i = 0; i < RULES; i++)
		if (!r->list[i].id) {
			log_err("rules", "%s: there is no %s.json; a pack is given whole: copy it "
				"from the installed one (a site switches a rule off with "
				"\"enabled\": false)", shown, rule_id_text((enum rule_id)i));
			err = ERR_FORMAT;
		}
	/* Each file was looked at for that. */
	return err ? err : rules_bind(r, &clash) ? 0 : ERR_FORMAT;
}

/* The names are part of it: a pack is what stands under which name. */
static void add_to_digest(struct digest *d, const char *name, const char *text, size_t len)
{
	if (!d)
		return;
	digest_update(d, name, strlen(name) + 1);
	digest_update(d, text, len);
}

/* --- built in -------------------------------------------------------------- */

static int read_builtin(struct rules *r, const char *but)
{
	struct digest *d = digest_new();
	int err = d ? 0 : -ENOMEM;

	for (size_t i = 0; !err && rule_builtin[i].name; i++) {
		const char *text = rule_builtin[i].text;

		add_to_digest(d, rule_builtin[i].name, text, strlen(text));
		if (!but || strcmp(but, rule_builtin[i].name))
			err = read_one(r, rule_builtin[i].name, rule_builtin[i].name, text,
				       strlen(text));
	}
	if (d)
		digest_final_free(d, r->sha256);
	return err;
}

int rules_builtin(struct rules **ret_rules)
{
	struct rules *r = NULL;
	int err = new_rules(&r);

	if (!err)
		err = read_builtin(r, NULL);
	if (!err)
		err = finish(r, "the built-in rule pack");
	if (!err)
		*ret_rules = steal(&r);
	rules_free(r);
	return err;
}

bool rules_are_builtin(const struct rules *r)
{
	struct digest *d = digest_new();
	char sha256[DIGEST_HEX_MAX];

	if (!d)
		return false;
	for (size_t i = 0; rule_builtin[i].name; i++)
		add_to_digest(d, rule_builtin[i].name, rule_builtin[i].text,
			      strlen(rule_builtin[i].text));
	digest_final_free(d, sha256);
	return !strcmp(sha256, r->sha256);
}

int rules_parse(const char *name, const char *text, size_t len, struct rules **ret_rules)
{
	struct rules *r = NULL;
	int err = new_rules(&r);

	if (!err)
		err = read_one(r, name, name, text, len);
	if (!err)
		err = read_builtin(r, name);
	if (!err)
		err = finish(r, "rules");
	if (!err)
		*ret_rules = steal(&r);
	rules_free(r);
	return err;
}

/* --- a directory ----------------------------------------------------------- */

struct listing {
	char *names[RULE_FILES_MAX];
	size_t n;
};

static bool is_rule_file(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > strlen(ENDING) &&
	       !strcmp(name + len - strlen(ENDING), ENDING);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_files(const char *directory, const char *shown, struct listing *l)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int err = dir ? 0 : -errno;

	if (err)
		log_err("rules", "%s: cannot be read: %s; give the directory of a rule pack",
			shown, err_text(err));
	while (!err && (entry = readdir(dir))) {
		if (!is_rule_file(entry->d_name))
			continue;
		if (l->n == RULE_FILES_MAX) {
			log_err("rules", "%s: more than %d files; a rule pack has one a rule",
				shown, RULE_FILES_MAX);
			err = ERR_LIMIT;
		} else if (!(l->names[l->n] = strdup(entry->d_name))) {
			err = -ENOMEM;
		} else {
			l->n++;
		}
	}
	if (dir)
		closedir(dir);
	if (l->n)
		qsort(l->names, l->n, sizeof(l->names[0]), compare_names);
	return err;
}

static int read_file(struct rules *r, struct digest *d, const char *directory, const char *name)
{
	char path[PATH_BYTES], shown[512], *text = NULL;
	size_t len = 0;
	int err = ERR_LIMIT;

	if (text_format(path, sizeof(path), "%s%s%s", directory,
			directory[0] && directory[strlen(directory) - 1] == '/' ? "" : "/", name))
		err = textfile_read(path, RULE_BYTES_MAX, &text, &len);
	text_escape(path, strlen(path), shown, sizeof(shown));
	if (err) {
		log_err("rules", "%s: cannot be read: %s", shown, err_text(err));
		return err;
	}
	if (len > RULE_BYTES_MAX) {
		log_err("rules", "%s: larger than %u KiB; the file of a rule is not", shown,
			RULE_BYTES_MAX >> 10);
		err = ERR_LIMIT;
	} else {
		add_to_digest(d, name, text, len);
		err = read_one(r, path, name, text, len);
	}
	free(text);
	return err;
}

/* Every file is read, so that all errors are told at once. */
static int read_directory(struct rules *r, const char *directory)
{
	struct listing *l = calloc(1, sizeof(*l));
	struct digest *d = digest_new();
	char shown[512];
	int err = l && d ? 0 : -ENOMEM;

	text_escape(directory, strlen(directory), shown, sizeof(shown));
	if (!err)
		err = list_files(directory, shown, l);
	for (size_t i = 0; l && i < l->n; i++) {
		int one = err && err != ERR_FORMAT ? 0 : read_file(r, d, directory, l->names[i]);

		err = err ? err : one;
		free(l->names[i]);
	}
	free(l);
	if (d)
		digest_final_free(d, r->sha256);
	return err;
}

int rules_load(const char *directory, struct rules **ret_rules)
{
	struct rules *r = NULL;
	int err = new_rules(&r);

	if (!err)
		err = read_directory(r, directory);
	if (!err)
		err = finish(r, directory);
	if (err == -ENOMEM)
		log_err("rules", "out of memory");
	if (!err)
		*ret_rules = steal(&r);
	rules_free(r);
	return err;
}
