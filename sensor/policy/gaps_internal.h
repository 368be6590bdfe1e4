/* gaps_internal.h - what the two forms of a file of declared outages have in common. */
#ifndef NW_POLICY_GAPS_INTERNAL_H
#define NW_POLICY_GAPS_INTERNAL_H

#include "policy/gaps_file.h"

#define GAPS_TIME_REMEDY "a time is written like 2026-01-17T22:00 or 2026-01-17T22:00:00Z"

/* What is wrong with an entry, as a sentence about its values; NULL: nothing.  from, to: as they
 * are in the file, for the message in buf. */
#define GAPS_PROBLEM_MAX 256
const char *gaps_order_problem(const struct declared_gap *gap, const char *from, const char *to,
			       char buf[static GAPS_PROBLEM_MAX]);

/* Fills g->list, in the order of the file.  file: escaped, for messages.  0 or an error, logged but
 * for -ENOMEM. */
int gaps_read_json(const char *file, const char *text, size_t len, struct gaps_file *g);
int gaps_read_csv(const char *file, const char *text, size_t len, struct gaps_file *g);

#endif
