/* text.h - text that may have come from the wire. */
#ifndef NW_BASE_TEXT_H
#define NW_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Valid UTF-8 for a record: malformed bytes become U+FFFD, control characters, line separators and
 * bidirectional marks become \xNN or \uNNNN text; cut at a character boundary to fit cap (zero byte
 * included).  Returns the length written.  The one gate through which wire bytes enter a record. */
size_t text_repair(const void *bytes, size_t len, char *buf, size_t cap);

/* For the terminal and the log: printable ASCII, everything else as \xNN; cut with "..." */
const char *text_escape(const void *bytes, size_t len, char *buf, size_t cap);

/* snprintf that never fails silently: false when cut. */
bool text_format(char *buf, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Copies at most cap - 1 bytes and ends the string.  Returns false when cut. */
bool text_copy(char *buf, size_t cap, const char *from);

/* Prints first, then text broken at blanks so that no line is longer than width where that is
 * possible; further lines begin with indent blanks.  Ends the line. */
void text_print_wrapped(FILE *out, const char *first, const char *text, size_t indent,
			size_t width);

/* The name in names[0..n) nearest to word by edit distance, or NULL when none is near: for "unknown
 * key "tiemzone", did you mean "timezone"?" */
const char *text_nearest(const char *word, const char *const *names, size_t n);

#endif
