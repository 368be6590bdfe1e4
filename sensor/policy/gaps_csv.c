/* gaps_csv.c - the CSV form of a file of declared outages (gaps_file.h). */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include "base/err.h"
#include "base/text.h"
#include "base/tz.h"
#include "policy/arena.h"
#include "policy/csv.h"
#include "policy/gaps_internal.h"

#define HEADER "from,to,reason"

enum { FROM, TO, REASON, COLUMNS };

static const char *const names[COLUMNS] = { [FROM] = "from", [TO] = "to", [REASON] = "reason" };

/* Exactly three fields. */
static bool take_line(struct csv *c, struct csv_field fields[static COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		if (!csv_take_field(c, GAPS_REASON_MAX, &fields[i]))
			return false;
		if (i + 1 < COLUMNS && c->at == c->end) {
			csv_error(c, c->at, "a line has three fields, " HEADER "; this one has %zu",
				  i + 1);
			return false;
		}
		if (i + 1 == COLUMNS && c->at < c->end) {
			csv_error(c, c->at, "a line has three fields, " HEADER "; a reason with a "
				  "comma in it is put in quotes");
			return false;
		}
		if (i + 1 < COLUMNS)
			c->at++;
	}
	return true;
}

/* The first line that is not empty. */
static bool read_header(struct csv *c)
{
	struct csv_field fields[COLUMNS];

	if (!take_line(c, fields))
		return false;
	for (size_t i = 0; i < COLUMNS; i++) {
		char shown[64];

		if (!strcasecmp(fields[i].text, names[i]))
			continue;
		text_escape(fields[i].text, strlen(fields[i].text), shown, sizeof(shown));
		csv_error(c, fields[i].begin, "the column \"%s\" stands where \"%s\" belongs; the "
			  "first line is " HEADER, shown, names[i]);
		return false;
	}
	return true;
}

static bool read_time(struct csv *c, const struct csv_field *f, uint64_t *ret_ns)
{
	char shown[64];

	if (tz_parse(f->text, ret_ns))
		return true;
	text_escape(f->text, strlen(f->text), shown, sizeof(shown));
	csv_error(c, f->begin, "\"%s\" is not a time; " GAPS_TIME_REMEDY, shown);
	return false;
}

/* 0 or -ENOMEM; what is wrong with the line was said. */
static int read_line(struct csv *c, struct gaps_file *g)
{
	struct csv_field fields[COLUMNS];
	struct declared_gap gap;
	char buf[GAPS_PROBLEM_MAX], *reason;
	const char *problem;
	size_t len;
	bool is_good;

	if (!take_line(c, fields))
		return 0;
	is_good = read_time(c, &fields[FROM], &gap.from_ns);
	is_good &= read_time(c, &fields[TO], &gap.to_ns);
	len = strlen(fields[REASON].text);
	if (!len)
		csv_error(c, fields[REASON].begin,
			  "the reason is empty: say why the tap saw nothing");
	if (!is_good || !len)
		return 0;
	problem = gaps_order_problem(&gap, fields[FROM].text, fields[TO].text, buf);
	if (problem) {
		csv_error(c, fields[FROM].begin, "%s", problem);
		return 0;
	}
	reason = arena_alloc(g->arena, len + 1, 1);
	if (!reason)
		return -ENOMEM;
	memcpy(reason, fields[REASON].text, len + 1);
	gap.reason = reason;
	g->list[g->n++] = gap;
	return 0;
}

int gaps_read_csv(const char *file, const char *text, size_t len, struct gaps_file *g)
{
	struct csv c = csv_over("gaps", file, text, len);
	size_t lines = csv_count_lines(text, len), entries = 0;
	int err = 0;

	g->list = arena_alloc(g->arena, lines < GAPS_ENTRIES_MAX ? lines : GAPS_ENTRIES_MAX,
			      sizeof(*g->list));
	if (!g->list)
		return -ENOMEM;
	if (csv_next_line(&c) && !read_header(&c))
		return ERR_FORMAT;
	while (!err && c.errors < CSV_ERRORS_MAX && csv_next_line(&c)) {
		if (++entries > GAPS_ENTRIES_MAX) {
			csv_error(&c, c.begin,
				  "more than %d entries; neighbours may be declared as one",
				  GAPS_ENTRIES_MAX);
			break;
		}
		err = read_line(&c, g);
	}
	return err ? err : c.errors ? ERR_FORMAT : 0;
}
