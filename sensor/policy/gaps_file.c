/* gaps_file.c - see gaps_file.h: loading, the JSON form, and the order of the result. */
#include "policy/gaps_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tz.h"
#include "policy/arena.h"
#include "policy/gaps_internal.h"
#include "policy/site_read.h"
#include "policy/textfile.h"

#define FORM "{ \"gaps\": [ { \"from\": ..., \"to\": ..., \"reason\": ... } ] }"

const char *gaps_order_problem(const struct declared_gap *gap, const char *from, const char *to,
			       char buf[static GAPS_PROBLEM_MAX])
{
	char shown_from[64], shown_to[64];

	if (gap->from_ns < gap->to_ns)
		return NULL;
	text_escape(from, strlen(from), shown_from, sizeof(shown_from));
	text_escape(to, strlen(to), shown_to, sizeof(shown_to));
	text_format(buf, GAPS_PROBLEM_MAX, "\"from\" %s is not before \"to\" %s; are the two "
		    "swapped, or is an offset missing?", shown_from, shown_to);
	return buf;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void read_time(struct reader *r, const struct at *at, uint64_t *ret_ns)
{
	char shown[SHOWN_MAX];

	if (!tz_parse(at_text(at), ret_ns))
		reader_error(r, at, "%s is not a time; " GAPS_TIME_REMEDY, at_shown(at, shown));
}

static void read_from(struct reader *r, const struct at *at, void *into)
{
	read_time(r, at, &((struct declared_gap *)into)->from_ns);
}

static void read_to(struct reader *r, const struct at *at, void *into)
{
	read_time(r, at, &((struct declared_gap *)into)->to_ns);
}

static void read_reason(struct reader *r, const struct at *at, void *into)
{
	struct declared_gap *gap = into;
	size_t len = strlen(at_text(at));
	char *copy;

	if (!len || len >= GAPS_REASON_MAX) {
		reader_error(r, at, "must be 1 to %d bytes: say why the tap saw nothing",
			     GAPS_REASON_MAX - 1);
		return;
	}
	copy = reader_alloc(r, len + 1, 1);
	if (!copy)
		return;
	memcpy(copy, at_text(at), len + 1);
	gap->reason = copy;
}

static const struct key entry_keys[] = {
	{ "from", TYPE_STRING, true, read_from },
	{ "to", TYPE_STRING, true, read_to },
	{ "reason", TYPE_STRING, true, read_reason },
};

static void read_entry(struct reader *r, const struct at *at, void *into)
{
	struct gaps_file *g = into;
	struct declared_gap *gap = &g->list[g->n];
	char buf[GAPS_PROBLEM_MAX];
	const char *problem;
	unsigned before = r->n_errors;

	reader_object(r, at, KEYS(entry_keys), gap);
	if (r->no_memory || r->n_errors > before)
		return;
	problem = gaps_order_problem(gap, json_string_value(json_object_get(at->value, "from")),
				     json_string_value(json_object_get(at->value, "to")), buf);
	if (problem)
		reader_error(r, at, "%s", problem);
	else
		g->n++;
}

static void read_list(struct reader *r, const struct at *at, void *into)
{
	struct gaps_file *g = into;
	size_t n = reader_count(r, at);

	if (n > GAPS_ENTRIES_MAX) {
		reader_error(r, at, "%zu entries; at most %d can be declared, and neighbours may "
			     "be declared as one", n, GAPS_ENTRIES_MAX);
		return;
	}
	g->list = reader_alloc(r, n ? n : 1, sizeof(*g->list));
	if (g->list)
		reader_each(r, at, TYPE_OBJECT, read_entry, g);
}

static const struct key root_keys[] = { { "gaps", TYPE_ARRAY, true, read_list } };

static int read_root(struct reader *r, const json_t *tree, struct gaps_file *g)
{
	struct at root = { .value = tree };

	if (!json_is_object(tree))
		reader_error(r, &root, "a gaps file is one object, " FORM ", or CSV");
	else
		reader_object(r, &root, KEYS(root_keys), g);
	return r->no_memory ? -ENOMEM : r->n_errors ? ERR_FORMAT : 0;
}

int gaps_read_json(const char *file, const char *text, size_t len, struct gaps_file *g)
{
	struct reader r = { .text = text, .len = len, .arena = g->arena, .topic = "gaps",
			    .whole = "the gaps file" };
	struct jsonpos *pos = NULL;
	json_t *tree = NULL;
	int err;

	text_copy(r.file, sizeof(r.file), file);
	err = reader_parse(&r, &pos, &tree);
	if (!err)
		err = read_root(&r, tree, g);
	json_decref(tree);
	jsonpos_free(pos);
	return err;
}

/* --- both forms ------------------------------------------------------------------------------- */

static int compare_gaps(const void *a, const void *b)
{
	const struct declared_gap *x = a, *y = b;

	if (x->from_ns != y->from_ns)
		return x->from_ns < y->from_ns ? -1 : 1;
	if (x->to_ns != y->to_ns)
		return x->to_ns < y->to_ns ? -1 : 1;
	return strcmp(x->reason, y->reason);
}

static int new_gaps(struct gaps_file **ret_gaps)
{
	struct gaps_file *g = calloc(1, sizeof(*g));

	if (g)
		g->arena = arena_new();
	if (!g || !g->arena) {
		free(g);
		return -ENOMEM;
	}
	*ret_gaps = g;
	return 0;
}

static int read_text(const char *file, const char *text, size_t len, struct gaps_file *g)
{
	enum textfile_form form;

	digest_sha256_hex(text, len, g->sha256);
	if (len > GAPS_BYTES_MAX) {
		log_err("gaps", "%s: larger than %u MiB; a gaps file is not", file,
			GAPS_BYTES_MAX >> 20);
		return ERR_LIMIT;
	}
	textfile_skip_bom(&text, &len);
	form = textfile_form(text, len);
	if (form == TEXTFILE_EMPTY) {
		log_err("gaps", "%s:1:1: the file is empty; a gaps file is " FORM ", or CSV with "
			"the header from,to,reason", file);
		return ERR_FORMAT;
	}
	return form == TEXTFILE_JSON ? gaps_read_json(file, text, len, g) :
				       gaps_read_csv(file, text, len, g);
}

int gaps_file_parse(const char *name, const char *text, size_t len, struct gaps_file **ret_gaps)
{
	struct gaps_file *g = NULL;
	char file[256];
	int err = new_gaps(&g);

	text_escape(name, strlen(name), file, sizeof(file));
	if (!err)
		err = read_text(file, text, len, g);
	if (err == -ENOMEM)
		log_err("gaps", "%s: out of memory", file);
	if (!err) {
		qsort(g->list, g->n, sizeof(*g->list), compare_gaps);
		*ret_gaps = steal(&g);
	}
	gaps_file_free(g);
	return err;
}

int gaps_file_load(const char *path, struct gaps_file **ret_gaps)
{
	char *text = NULL, shown[256];
	size_t len = 0;
	int err = textfile_read(path, GAPS_BYTES_MAX, &text, &len);

	if (err)
		log_err("gaps", "%s: cannot be read: %s",
			text_escape(path, strlen(path), shown, sizeof(shown)), err_text(err));
	else
		err = gaps_file_parse(path, text, len, ret_gaps);
	free(text);
	return err;
}

void gaps_file_free(struct gaps_file *g)
{
	if (!g)
		return;
	arena_free(g->arena);
	free(g);
}
