/* lines.h - an output file of JSON lines: buffered, complete lines only, the first error kept.
 *
 * Used by one thread at a time.  Nothing is lost silently: the first failing write is logged
 * once, with the file's name and how many lines it holds; later lines are refused;
 * lines_close() returns that error. When a regular file cannot take a whole line (disk full)
 * the cut line is removed again, so that what stands in the file is valid to its last byte.
 * SIGPIPE must be ignored by the program; a reader that has gone is then -EPIPE here.  A reader
 * that has stopped is waited for: that is its right until lines_interrupt().
 */
#ifndef NW_OUTPUT_LINES_H
#define NW_OUTPUT_LINES_H

#include <stddef.h>
#include <stdint.h>

struct lines;

/* path: created or emptied (mode 0640), or "-" for standard output.  topic: of log lines, borrowed.
 * 0 or -errno (logged). */
int lines_open(const char *path, const char *topic, struct lines **ret_lines);
/* Appends text and a newline; may write.  0, or the first error. */
int lines_put(struct lines *l, const char *text, size_t len);
int lines_flush(struct lines *l);	/* writes what is buffered.  0, or the first error */
/* Async-signal-safe, for all of them: from now on a pipe or terminal that takes nothing for two
 * seconds is an error (-EINTR) and no longer waited for. */
void lines_interrupt(void);
uint64_t lines_written(const struct lines *l);	/* whole lines handed to the system */
/* Takes l (NULL is fine).  Flushes, syncs a regular file.  0, or the first error. */
int lines_close(struct lines *l);

#endif
