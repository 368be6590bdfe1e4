/* explain_outward.h - NW-EXF-009 and 010 in words. */
#ifndef NW_ALERT_EXPLAIN_OUTWARD_H
#define NW_ALERT_EXPLAIN_OUTWARD_H

#include "alert/explain.h"

/* The findings have their facts; the incidents are no floods. */
void explain_misplaced(const struct alert_context *ctx, struct incident *in,
		       const struct finding *f);
void explain_attempts(const struct alert_context *ctx, struct incident *in,
		      const struct finding *f);

#endif
