/* flowlog.h - flow records (--flows): one JSON line for each flow that ended (ALERTS.md section
 * 6).
 *
 * The form is rules/schema/flow.schema.json.  Lines come in the order of the CLOSE events,
 * which is the canonical order, so equal inputs give equal bytes. Thread: the analysis.
 * Buffered; writes when the buffer is full.  Cost: about 20 us a record. SIGPIPE must be
 * ignored by the program.
 */
#ifndef NW_OUTPUT_FLOWLOG_H
#define NW_OUTPUT_FLOWLOG_H

#include "flow/slice.h"

struct flowlog;
struct file_types;

/* path: a file (emptied first) or "-" for standard output.  0 or -errno (logged). */
int flowlog_open(const char *path, struct flowlog **ret_flowlog);
/* The same, but what is in the file stays (a last line that is cut goes). */
int flowlog_open_appending(const char *path, struct flowlog **ret_flowlog);
/* Names of the operator's file types (dpi/filetype.h), borrowed. */
void flowlog_files(struct flowlog *f, const struct file_types *files);
void flowlog_write(struct flowlog *f, const struct slice *close);	/* borrows a SLICE_CLOSE */
/* Takes f (NULL is fine).  0, or the first error of writing (logged once, when it happened). */
int flowlog_close(struct flowlog *f);

/* The line itself, without newline: the caller frees it.  files: NULL when the operator has none.
 * NULL: out of memory. */
char *flowlog_format(const struct slice *close, const struct file_types *files);

#endif
