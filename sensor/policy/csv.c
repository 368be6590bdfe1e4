/* csv.c - see csv.h. */
#include "policy/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"

struct csv csv_over(const char *topic, const char *file, const char *text, size_t len)
{
	return (struct csv){ .file = file, .topic = topic, .rest = text, .text_end = text + len };
}

static unsigned column_of(const struct csv *c, const char *at)
{
	unsigned column = 1;

	for (const char *p = c->begin; p < at; p++)
		column += ((unsigned char)*p & 0xc0) != 0x80;
	return column;
}

void csv_error(struct csv *c, const char *at, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (c->errors >= CSV_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_err(c->topic, "%s:%u:%u: %s", c->file, c->line, column_of(c, at), text);
	if (++c->errors == CSV_ERRORS_MAX)
		log_err(c->topic, "%s: %u errors; the rest is not looked at", c->file, c->errors);
}

void csv_warn(struct csv *c, const char *at, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (c->warnings >= CSV_ERRORS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_warn(c->topic, "%s:%u:%u: %s", c->file, c->line, column_of(c, at), text);
	if (++c->warnings == CSV_ERRORS_MAX)
		log_warn(c->topic, "%s: %u warnings; the rest is not shown", c->file, c->warnings);
}

static void skip_blanks(struct csv *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
		c->at++;
}

/* The bytes of a quoted field, behind its opening quote.  false: it has no end. */
static bool take_quoted(struct csv *c, struct csv_field *ret, size_t *ret_len)
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

static size_t take_plain(struct csv *c, struct csv_field *ret)
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

bool csv_take_field(struct csv *c, size_t max, struct csv_field *ret)
{
	size_t len;

	skip_blanks(c);
	ret->begin = c->at;
	if (c->at < c->end && *c->at == '"') {
		if (!take_quoted(c, ret, &len)) {
			csv_error(c, ret->begin, "the quoted field does not end in this line; a "
				  "quote inside it is written twice");
			return false;
		}
		skip_blanks(c);
		if (c->at < c->end && *c->at != ',') {
			csv_error(c, c->at, "something stands behind the quoted field; a quote "
				  "inside it is written twice");
			return false;
		}
	} else {
		len = take_plain(c, ret);
	}
	if (len >= max) {
		csv_error(c, ret->begin, "longer than %zu bytes", max - 1);
		return false;
	}
	if (memchr(ret->text, '\0', len)) {
		csv_error(c, ret->begin, "a zero byte; this is not a text file");
		return false;
	}
	ret->text[len] = '\0';
	return true;
}

bool csv_next_line(struct csv *c)
{
	while (c->rest < c->text_end) {
		const char *newline = memchr(c->rest, '\n', (size_t)(c->text_end - c->rest));

		c->line++;
		c->begin = c->at = c->rest;
		c->end = newline ? newline : c->text_end;
		c->rest = newline ? newline + 1 : c->text_end;
		if (c->end > c->begin && c->end[-1] == '\r')
			c->end--;
		skip_blanks(c);
		if (c->at < c->end)
			return true;
	}
	return false;
}

size_t csv_count_lines(const char *text, size_t len)
{
	const char *end = text + len;
	size_t n = 1;

	for (; (text = memchr(text, '\n', (size_t)(end - text))); text++)
		n++;
	return n;
}
