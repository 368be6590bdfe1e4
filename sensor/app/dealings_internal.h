/* dealings_internal.h - what dealings.c and dealings_outward.c share. */
#ifndef NW_APP_DEALINGS_INTERNAL_H
#define NW_APP_DEALINGS_INTERNAL_H

#include "app/dealings.h"

/* Is it covered by an entry at some time of day?  name: of the peer, "" not known. */
bool dealings_is_expected(const struct site *site, const struct attribution_end *e,
			  const char *name);
/* Adds the minute to the record, as the end sees it. */
void dealings_add(struct dealing *one, const struct attribution_end *e);
/* Out of memory: counted, and said once. */
void dealings_count_lost(struct dealings_watch *w);
/* More than the last record said, of what cannot wait for the end of the row? */
bool dealings_has_grown(const struct dealing *one);
void dealings_tell(struct dealings_watch *w, struct dealing *one, uint64_t judged_ns, int64_t row);

/* dealings_outward.c: NW-EXF-009 and 010, with a site policy or without. */
void dealings_take_outward(struct dealings_watch *w, const struct attribution_end *e);
unsigned dealings_outward_severity(const struct dealings_watch *w, const struct dealing *one);
/* Is it of a rule that counts before it tells, and not told? */
bool dealings_counts_yet(const struct dealing *one);
/* ... and has it nothing to count on from, at the end of this row? */
bool dealings_is_idle(const struct dealings_watch *w, const struct dealing *one, int64_t row);

#endif
