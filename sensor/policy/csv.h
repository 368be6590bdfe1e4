/* csv.h - a CSV policy file, field by field, with places for messages.
 *
 * RFC 4180 but for what no policy file needs: a field ends in its line.  Blanks round a field that
 * is not quoted do not count, empty lines are passed by, lines end with LF or CRLF.
 * The text is borrowed while it is read.  Internal to the policy room.  Thread: the one that loads
 * the file.
 */
#ifndef NW_POLICY_CSV_H
#define NW_POLICY_CSV_H

#include <stdbool.h>
#include <stddef.h>

#define CSV_ERRORS_MAX 20		/* warnings have the same bound */
#define CSV_FIELD_MAX 4096		/* bytes, with the zero byte */

struct csv {
	const char *file, *topic;	/* for messages: escaped; "gaps" */
	const char *at, *end;		/* of the line that is read */
	const char *begin;
	const char *rest, *text_end;	/* what follows that line */
	unsigned line;			/* its number, from 1; 0: before the first */
	unsigned errors, warnings;
};

struct csv_field {
	char text[CSV_FIELD_MAX];
	const char *begin;		/* in the line, for csv_error() */
};

struct csv csv_over(const char *topic, const char *file, const char *text, size_t len);
/* Logs topic: file:line:column: ...; after CSV_ERRORS_MAX only that there are so many. */
void csv_error(struct csv *c, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same as a warning. */
void csv_warn(struct csv *c, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Moves to the next line that is not empty.  false: there is none. */
bool csv_next_line(struct csv *c);
/* The next field of the line, without the comma behind it, of less than max bytes (at most
 * CSV_FIELD_MAX).  false: what is wrong was said. */
bool csv_take_field(struct csv *c, size_t max, struct csv_field *ret_field);
size_t csv_count_lines(const char *text, size_t len);	/* at least 1 */

#endif
