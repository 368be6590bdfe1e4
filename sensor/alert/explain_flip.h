/* explain_flip.h - NW-EXF-006 in words. */
#ifndef NW_ALERT_EXPLAIN_FLIP_H
#define NW_ALERT_EXPLAIN_FLIP_H

#include "alert/explain.h"

void explain_flip(const struct alert_context *ctx, struct incident *in, const struct finding *f);

#endif
