/* attest_file.h - the lines of a file of attestations.  One thread. */
#ifndef NW_APP_ATTEST_FILE_H
#define NW_APP_ATTEST_FILE_H

#include <stddef.h>

/* Empty lines are passed by; of one longer than ATTEST_LINE_MAX its beginning comes, with a len
 * that is greater.  text is borrowed for the call. */
typedef void (*attest_line_fn)(void *arg, const char *file, size_t line, const char *text,
			       size_t len);

/* "-" is standard input.  0 or -errno (logged). */
int attest_file_each(const char *path, attest_line_fn take, void *arg);

#endif
