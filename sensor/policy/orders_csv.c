/* orders_csv.c - the CSV form of a file of work orders (orders.h): the first line names the
 * columns, in any order. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/err.h"
#include "base/text.h"
#include "policy/arena.h"
#include "policy/csv.h"
#include "policy/orders_internal.h"
#include "policy/site_values.h"

enum column { ID, VENDOR, ENGINEER, ASSETS, START, END, KIND, MODE, PERMIT, COLUMNS };

static const char *const names[COLUMNS] = {
	[ID] = "id", [VENDOR] = "vendor", [ENGINEER] = "engineer", [ASSETS] = "assets",
	[START] = "start", [END] = "end", [KIND] = "kind", [MODE] = "mode", [PERMIT] = "permit",
};
static const bool is_needed[COLUMNS] = {
	[ID] = true, [VENDOR] = true, [ASSETS] = true, [START] = true, [END] = true,
};

struct table {
	struct csv csv;
	struct orders_build *build;
	enum column columns[COLUMNS];	/* as the first line has them */
	size_t n;
	struct csv_field fields[COLUMNS];	/* of the line, by column */
};

static void problem_at(struct table *t, enum column c, const char *problem)
{
	csv_error(&t->csv, t->fields[c].begin, "%s: %s", names[c], problem);
}

/* --- the first line ---------------------------------------------------- */

static bool name_column(struct table *t, const struct csv_field *f)
{
	const char *nearest;
	char shown[64];

	for (size_t c = 0; c < COLUMNS; c++) {
		if (strcasecmp(f->text, names[c]))
			continue;
		for (size_t i = 0; i < t->n; i++)
			if (t->columns[i] == c) {
				csv_error(&t->csv, f->begin, "the column \"%s\" is there twice",
					  names[c]);
				return false;
			}
		t->columns[t->n++] = (enum column)c;
		return true;
	}
	text_escape(f->text, strlen(f->text), shown, sizeof(shown));
	nearest = text_nearest(f->text, names, COLUMNS);
	if (nearest)
		csv_error(&t->csv, f->begin, "unknown column \"%s\"; did you mean \"%s\"?", shown,
			  nearest);
	else
		csv_error(&t->csv, f->begin, "unknown column \"%s\"; known are id, vendor, "
			  "engineer, assets, start, end, kind, mode, permit", shown);
	return false;
}

static bool has_column(const struct table *t, enum column c)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->columns[i] == c)
			return true;
	return false;
}

static bool read_header(struct table *t)
{
	struct csv_field *f = &t->fields[0];
	bool is_good = true;

	for (;;) {
		if (!csv_take_field(&t->csv, CSV_FIELD_MAX, f))
			return false;
		is_good &= name_column(t, f);
		if (t->csv.at == t->csv.end || !is_good)
			break;
		t->csv.at++;
	}
	for (size_t c = 0; is_good && c < COLUMNS; c++)
		if (is_needed[c] && !has_column(t, (enum column)c)) {
			csv_error(&t->csv, t->csv.begin, "the column \"%s\" is missing; the first "
				  "line names the columns", names[c]);
			is_good = false;
		}
	return is_good;
}

/* --- a line ------------------------------------------------------------ */

static bool take_line(struct table *t)
{
	struct csv *c = &t->csv;

	for (size_t i = 0; i < COLUMNS; i++) {
		t->fields[i].text[0] = '\0';
		t->fields[i].begin = c->begin;
	}
	for (size_t i = 0; i < t->n; i++) {
		if (!csv_take_field(c, CSV_FIELD_MAX, &t->fields[t->columns[i]]))
			return false;
		if (i + 1 < t->n && c->at == c->end) {
			csv_error(c, c->at, "the first line names %zu columns, this one has %zu",
				  t->n, i + 1);
			return false;
		}
		if (i + 1 == t->n && c->at < c->end) {
			csv_error(c, c->at, "the first line names %zu columns, this one has more; "
				  "a text with a comma in it is put in quotes", t->n);
			return false;
		}
		if (i + 1 < t->n)
			c->at++;
	}
	for (size_t i = 0; i < COLUMNS; i++)
		if (is_needed[i] && !t->fields[i].text[0]) {
			problem_at(t, (enum column)i, "is empty");
			return false;
		}
	return true;
}

static bool check(struct table *t, enum column c, const char *problem)
{
	if (problem)
		problem_at(t, c, problem);
	return !problem;
}

static bool take_text(struct table *t, enum column c)
{
	if (!t->fields[c].text[0] || value_is_label(t->fields[c].text, ORDER_TEXT_MAX))
		return true;
	csv_error(&t->csv, t->fields[c].begin, "%s: must be text of 1 to %d bytes without control "
		  "characters", names[c], ORDER_TEXT_MAX - 1);
	return false;
}

/* "IMG-SRV-1;IMG-SRV-2" */
static bool take_assets(struct table *t)
{
	char buf[ORDERS_PROBLEM_MAX], *at = t->fields[ASSETS].text;
	bool is_good = true;

	t->build->n_scratch = 0;
	while (is_good && *(at += strspn(at, "; "))) {
		size_t len = strcspn(at, "; ");
		bool is_last = !at[len];

		at[len] = '\0';
		is_good = check(t, ASSETS, order_take_asset(t->build, at, buf));
		at += len + !is_last;
	}
	if (is_good && !t->build->n_scratch)
		is_good = check(t, ASSETS, "is empty; list the assets that the order is for");
	return is_good;
}

static bool take_times(struct table *t, struct order *o)
{
	const char *start = t->fields[START].text, *end = t->fields[END].text;
	char buf[ORDERS_PROBLEM_MAX];
	bool is_good = check(t, START, order_take_time(start, &o->start_ns, buf));

	is_good &= check(t, END, order_take_time(end, &o->end_ns, buf));
	return is_good && check(t, START, order_times_problem(o, start, end, buf));
}

static bool take_words(struct table *t, struct order *o)
{
	const char *kind = t->fields[KIND].text, *mode = t->fields[MODE].text;
	char buf[ORDERS_PROBLEM_MAX];
	bool is_good = true;

	is_good &= check(t, VENDOR, order_take_vendor(t->build, t->fields[VENDOR].text, o, buf));
	if (kind[0])
		is_good &= check(t, KIND, order_take_kind(kind, &o->kind, buf));
	if (mode[0])
		is_good &= check(t, MODE, order_take_mode(mode, &o->mode, buf));
	is_good &= take_text(t, ENGINEER);
	is_good &= take_text(t, PERMIT);
	return is_good;
}

/* true: the id is one, and new.  *ret_err: -ENOMEM. */
static bool take_id(struct table *t, struct order *o, int *ret_err)
{
	char buf[ORDERS_PROBLEM_MAX], shown[64];
	const char *id = t->fields[ID].text;

	if (!value_is_id(id)) {
		text_format(buf, sizeof(buf), "\"%s\" is not an id; use 1 to %d letters, digits, "
			    "\".\", \"_\" or \"-\"",
			    text_escape(id, strlen(id), shown, sizeof(shown)), SITE_ID_MAX - 1);
		return check(t, ID, buf);
	}
	o->id = arena_text(t->build->orders->arena, id);
	*ret_err = o->id ? keymap_put(&t->build->ids, o->id, strlen(o->id), t->csv.line) : -ENOMEM;
	if (*ret_err != -EEXIST)
		return !*ret_err;
	*ret_err = 0;
	text_format(buf, sizeof(buf), "\"%s\" is the id of line %u already; ids are unique", id,
		    keymap_get(&t->build->ids, id, strlen(id)));
	return check(t, ID, buf);
}

/* 0 or -ENOMEM; what is wrong with the line was said. */
static int read_line(struct table *t)
{
	struct order o = { .permit = "" };
	const struct asset *foreign;
	bool is_good;
	int err = 0;

	if (!take_line(t))
		return 0;
	is_good = take_id(t, &o, &err);
	is_good &= take_words(t, &o);
	is_good &= take_times(t, &o);
	is_good &= take_assets(t);
	if (err || !is_good)
		return err;
	if (t->build->n_assets + t->build->n_scratch > ORDERS_ASSETS_MAX) {
		csv_error(&t->csv, t->csv.begin, "more than %d assets in all orders together; "
			  "leave "
			  "out what is long over", ORDERS_ASSETS_MAX);
		return 0;
	}
	o.permit = arena_text(t->build->orders->arena, t->fields[PERMIT].text);
	if (!o.permit)
		return -ENOMEM;
	err = order_finish(t->build, &o, &foreign);
	if (!err && foreign)
		csv_warn(&t->csv, t->fields[ASSETS].begin, "assets: " ORDER_FOREIGN, foreign->id,
			 foreign->vendor, o.vendor);
	return err;
}

int orders_read_csv(struct orders_build *b, const char *file, const char *text, size_t len)
{
	struct table *t = calloc(1, sizeof(*t));
	size_t lines = csv_count_lines(text, len), entries = 0;
	int err = t ? 0 : -ENOMEM;

	b->orders->list = arena_alloc(b->orders->arena, lines < ORDERS_MAX ? lines : ORDERS_MAX,
				      sizeof(*b->orders->list));
	if (err || !b->orders->list) {
		free(t);
		return -ENOMEM;
	}
	t->csv = csv_over("orders", file, text, len);
	t->build = b;
	if (csv_next_line(&t->csv) && !read_header(t))
		err = ERR_FORMAT;
	while (!err && t->csv.errors < CSV_ERRORS_MAX && csv_next_line(&t->csv)) {
		if (++entries > ORDERS_MAX) {
			csv_error(&t->csv, t->csv.begin, "more than %d orders; leave out what is "
				  "long over", ORDERS_MAX);
			break;
		}
		err = read_line(t);
	}
	if (!err && t->csv.errors)
		err = ERR_FORMAT;
	free(t);
	return err;
}
