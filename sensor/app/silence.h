/* silence.h - incidents that nobody speaks for, and when they end.
 *
 * Most detectors say themselves when what they raised has fallen silent.  Floods, addresses whose
 * channel was evicted and sessions that gave way to others have no channel to say it: such an
 * incident is resolved after so many rows without it as the rule pack says ("resolve_after").
 * Thread: analysis.  Cost: all incidents, once a row.
 */
#ifndef NW_APP_SILENCE_H
#define NW_APP_SILENCE_H

#include "alert/incident.h"

/* A row is over. */
void silence_end_row(const struct alert_context *ctx, struct incidents *list, int64_t row,
		     uint64_t end_ns);
/* What stands for a channel where a finding is about none. */
struct channel silence_stand_in(struct subject *s, uint64_t now_ns);

#endif
