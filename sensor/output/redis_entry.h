/* redis_entry.h - a record as the arguments of XADD (ALERTS.md section 2).
 *
 * The arguments borrow from the record and from the entry itself, which must therefore stay
 * where it is while they are in use.  Pure, any thread, no allocation.
 */
#ifndef NW_OUTPUT_REDIS_ENTRY_H
#define NW_OUTPUT_REDIS_ENTRY_H

#include <stddef.h>
#include <stdint.h>
#include "alert/record.h"

#define REDIS_ENTRY_ARGS 54	/* XADD key MAXLEN ~ N *, then 24 names with values */
#define REDIS_ENTRY_NUMBERS 7

struct redis_entry {
	int argc;
	const char *argv[REDIS_ENTRY_ARGS];
	size_t lens[REDIS_ENTRY_ARGS];
	size_t bytes;			/* of all arguments */
	int n_numbers;
	char numbers[REDIS_ENTRY_NUMBERS][24];
};

/* XADD key MAXLEN ~ maxlen * v 1 id ... wo ... json {...}.  Fields are always there, in this
 * order; an empty text is "-".  error: NULL, or for a dead letter the server's refusal, as
 * field "error" before "json". */
void redis_entry_build(struct redis_entry *e, const char *key, uint64_t maxlen,
		       const struct record *r, const char *error);

#endif
