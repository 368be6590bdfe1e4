/* gaps_csv.c - the CSV form of a file of declared outages (gaps_file.h).
 *
 * RFC 4180 but for what no outage needs: a field ends in its line.  Blanks round a field that is
 * not quoted do not count, empty lines are passed by, lines end with LF or CRLF.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tz.h"
#include "policy/arena.h"
#include "policy/gaps_internal.h"

#define ERRORS_MAX 20
#define HEADER "from,to,reason"

enum { FROM, TO, REASON, COLUMNS };

static const char *const names[COLUMNS] = { [FROM] = "from", [TO] = "to", [REASON] = "reason" };

struct csv {
	const char *file;
	const char *at, *end;		/* of the line that is read */
	const char *begin;
	unsigned line;
	unsigned errors;
};

struct field {
	char text[GAPS_REASON_MAX];
	const char *begin;		/* in the line */
};

static void say(struct csv *c, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct csv *c, const char *at, const char *fmt, ...)
{
	unsigned column = 1;
	char text[512];
	va_list ap;

	if (c->errors >= ERRORS_MAX)
		return;
	for (const char *p = c->begin; p < at; p++)
		column += ((unsigned char)*p & 0xc0) != 0x80;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_err("gaps", "%s:%u:%u: %s", c->file, c->line, column, text);
	if (++c->errors == ERRORS_MAX)
		log_err("gaps", "%s: %u errors; the rest is not looked at", c->file, c->errors);
}

static void skip_blanks(struct csv *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
		c->at++;
}

/* The bytes of a quoted field, behind its opening quote.  false: it has no end. */
static bool take_quoted(struct csv *c, struct field *ret, size_t *ret_len)
{
	bool is_closed = false;
	size_t len = 0;

	c->at++;
	while (c->at < c->end && !is_closed) {
		char byte = *c->at++;

		is_closed = byte == '"' && (c->at == c->end || *c->at != '"');
		if (byte == '"' && !is_closed)
			c->at++;	/* written twice, stands for one */
		if (!is_closed && len < sizeof(ret->text))
			ret->text[len++] = byte;
	}
	*ret_len = len;
	return is_closed;
}

static size_t take_plain(struct csv *c, struct field *ret)
{
	size_t len = 0, end = 0;

	for (; c->at < c->end && *c->at != ','; c->at++) {
		if (len < sizeof(ret->text))
			ret->text[len++] = *c->at;
		if (*c->at != ' ' && *c->at != '\t')
			end = len;
	}
	return end;
}

/* The next field of the line, without the comma behind it. */
static bool take_field(struct csv *c, struct field *ret)
{
	size_t len;

	skip_blanks(c);
	ret->begin = c->at;
	if (c->at < c->end && *c->at == '"') {
		if (!take_quoted(c, ret, &len)) {
			say(c, ret->begin, "the quoted field does not end in this line; a quote "
			    "inside it is written twice");
			return false;
		}
		skip_blanks(c);
		if (c->at < c->end && *c->at != ',') {
			say(c, c->at, "something stands behind the quoted field; a quote inside it "
			    "is written twice");
			return false;
		}
	} else {
		len = take_plain(c, ret);
	}
	if (len >= sizeof(ret->text)) {
		say(c, ret->begin, "longer than %zu bytes", sizeof(ret->text) - 1);
		return false;
	}
	if (memchr(ret->text, '\0', len)) {
		say(c, ret->begin, "a zero byte; this is not a text file");
		return false;
	}
	ret->text[len] = '\0';
	return true;
}

/* Exactly three fields. */
static bool take_line(struct csv *c, struct field fields[static COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		if (!take_field(c, &fields[i]))
			return false;
		if (i + 1 < COLUMNS && c->at == c->end) {
			say(c, c->at, "a line has three fields, " HEADER "; this one has %zu",
			    i + 1);
			return false;
		}
		if (i + 1 == COLUMNS && c->at < c->end) {
			say(c, c->at, "a line has three fields, " HEADER "; a reason with a comma "
			    "in it is put in quotes");
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
	struct field fields[COLUMNS];

	if (!take_line(c, fields))
		return false;
	for (size_t i = 0; i < COLUMNS; i++) {
		char shown[64];

		if (!strcasecmp(fields[i].text, names[i]))
			continue;
		text_escape(fields[i].text, strlen(fields[i].text), shown, sizeof(shown));
		say(c, fields[i].begin, "the column \"%s\" stands where \"%s\" belongs; the first "
		    "line is " HEADER, shown, names[i]);
		return false;
	}
	return true;
}

static bool read_time(struct csv *c, const struct field *f, uint64_t *ret_ns)
{
	char shown[64];

	if (tz_parse(f->text, ret_ns))
		return true;
	text_escape(f->text, strlen(f->text), shown, sizeof(shown));
	say(c, f->begin, "\"%s\" is not a time; " GAPS_TIME_REMEDY, shown);
	return false;
}

/* 0 or -ENOMEM; what is wrong with the line was said. */
static int read_line(struct csv *c, struct gaps_file *g)
{
	struct field fields[COLUMNS];
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
		say(c, fields[REASON].begin, "the reason is empty: say why the tap saw nothing");
	if (!is_good || !len)
		return 0;
	problem = gaps_order_problem(&gap, fields[FROM].text, fields[TO].text, buf);
	if (problem) {
		say(c, fields[FROM].begin, "%s", problem);
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

/* Moves to the next line that is not empty.  false: there is none. */
static bool next_line(struct csv *c, const char **rest, const char *end)
{
	while (*rest < end) {
		const char *newline = memchr(*rest, '\n', (size_t)(end - *rest));

		c->line++;
		c->begin = c->at = *rest;
		c->end = newline ? newline : end;
		*rest = newline ? newline + 1 : end;
		if (c->end > c->begin && c->end[-1] == '\r')
			c->end--;
		skip_blanks(c);
		if (c->at < c->end)
			return true;
	}
	return false;
}

static size_t count_lines(const char *text, const char *end)
{
	size_t n = 1;

	for (; (text = memchr(text, '\n', (size_t)(end - text))); text++)
		n++;
	return n;
}

int gaps_read_csv(const char *file, const char *text, size_t len, struct gaps_file *g)
{
	struct csv c = { .file = file };
	const char *end = text + len;
	size_t lines = count_lines(text, end), entries = 0;
	int err = 0;

	g->list = arena_alloc(g->arena, lines < GAPS_ENTRIES_MAX ? lines : GAPS_ENTRIES_MAX,
			      sizeof(*g->list));
	if (!g->list)
		return -ENOMEM;
	if (next_line(&c, &text, end) && !read_header(&c))
		return ERR_FORMAT;
	while (!err && c.errors < ERRORS_MAX && next_line(&c, &text, end)) {
		if (++entries > GAPS_ENTRIES_MAX) {
			say(&c, c.begin, "more than %d entries; neighbours may be declared as one",
			    GAPS_ENTRIES_MAX);
			break;
		}
		err = read_line(&c, g);
	}
	return err ? err : c.errors ? ERR_FORMAT : 0;
}
