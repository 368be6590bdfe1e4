/* lines.h - an output file of JSON lines: buffered, complete lines only, the first error kept.
 *
 * Used by one thread at a time.  Nothing is lost silently: the first failing write is logged
 * once, with the file's name and how many lines it holds; later lines are refused;
 * lines_close() returns that error.  A file that can be cut may be tried again: lines_cut().
 * When a regular file cannot take a whole line (disk full) the cut line is removed again, so
 * that what stands in the file is valid to its last byte. SIGPIPE must be ignored by the
 * program; a reader that has gone is then -EPIPE here.  A reader
 * that has stopped is waited for: that is its right until lines_interrupt().
 */
#ifndef NW_OUTPUT_LINES_H
#define NW_OUTPUT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines;

/* path: created or emptied (mode 0640), or "-" for standard output.  topic: of log lines, borrowed.
 * 0 or -errno (logged). */
int lines_open(const char *path, const char *topic, struct lines **ret_lines);
/* The same without emptying it; with "-" there is no difference. */
int lines_open_kept(const char *path, const char *topic, struct lines **ret_lines);
bool lines_is_regular(const struct lines *l);	/* a file that can be cut; never standard output */
bool lines_is_empty(const struct lines *l);	/* a file without a byte */
/* A line (or the file's beginning) ends at that offset, so that more can follow there. */
bool lines_end_at(const struct lines *l, uint64_t offset);
/* Cuts the file there and goes on behind; what is buffered and an error from before are
 * forgotten. */
int lines_cut(struct lines *l, uint64_t offset);
int lines_cut_partial(struct lines *l);	/* the same, behind the last whole line */
uint64_t lines_offset(const struct lines *l);	/* of the end of what was written whole */
int lines_sync(struct lines *l);	/* flushes down to the disk.  0, or the first error */
/* Appends text and a newline; may write.  0, or the first error. */
int lines_put(struct lines *l, const char *text, size_t len);
int lines_flush(struct lines *l);	/* writes what is buffered.  0, or the first error */
/* Async-signal-safe, for all of them: from now on a pipe or terminal that takes nothing for two
 * seconds is an error (-EINTR) and no longer waited for. */
void lines_interrupt(void);
/* Takes l (NULL is fine).  Flushes, syncs a regular file.  0, or the first error. */
int lines_close(struct lines *l);

#endif
