/* explain_outward.h - NW-EXF-010 in words. */
#ifndef NW_ALERT_EXPLAIN_OUTWARD_H
#define NW_ALERT_EXPLAIN_OUTWARD_H

#include "alert/explain.h"

/* The finding has its facts; the incident is no flood. */
void explain_attempts(const struct alert_context *ctx, struct incident *in,
		      const struct finding *f);

#endif
