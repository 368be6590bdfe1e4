/* progress.h - the line on a terminal that says how far a replay is.
 *
 *   12.3 GB of 45.6 GB (27 %), 812 k packets/s, capture time 2026-01-17 05:10, 3 min left
 *
 * Drawn on standard error at most 5 times a second, wiped before each log line
 * (log_set_before()) and at the end.  With PROGRESS_ALWAYS on something that is no terminal: a
 * plain line every 5 seconds. There is one progress at a time.  progress_update(): one thread,
 * cheap to call for every batch; log lines may come from any thread.
 */
#ifndef NW_OUTPUT_PROGRESS_H
#define NW_OUTPUT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_mode { PROGRESS_AUTO, PROGRESS_NEVER, PROGRESS_ALWAYS };

bool progress_mode_parse(const char *text, enum progress_mode *ret_mode);	/* "auto" ... */

struct progress;

/* fd: of the terminal, STDERR_FILENO outside tests.  *ret_progress is NULL when nothing is to
 * be shown, which the calls below accept.  0 or -ENOMEM. */
int progress_start(enum progress_mode mode, int fd, struct progress **ret_progress);

struct progress_at {
	uint64_t bytes_done, bytes_total;	/* of the input as stored; total 0: not known */
	uint64_t packets;			/* so far */
	uint64_t reached_ns;			/* capture time; 0: none yet */
};

void progress_update(struct progress *p, const struct progress_at *at);
void progress_stop(struct progress *p);		/* wipes the line; takes p */

/* The text, for a rate of packets and of stored bytes per second (0: not known yet). */
const char *progress_format(const struct progress_at *at, double packets_per_s, double bytes_per_s,
			    char *buf, size_t cap);

#endif
