/* explain_slow.h - NW-EXF-011: what thirty days of little upload came to, in words. */
#ifndef NW_ALERT_EXPLAIN_SLOW_H
#define NW_ALERT_EXPLAIN_SLOW_H

#include "alert/incident.h"

/* Fills message and explain of the incident. */
void explain_slow(const struct alert_context *ctx, struct incident *in, const struct finding *f);

#endif
