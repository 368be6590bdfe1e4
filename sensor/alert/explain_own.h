/* explain_own.h - that a rule of the site's own held, in words. */
#ifndef NW_ALERT_EXPLAIN_OWN_H
#define NW_ALERT_EXPLAIN_OWN_H

#include "alert/incident.h"

/* Fills message and explain of the incident. */
void explain_own(const struct alert_context *ctx, struct incident *in, const struct finding *f);

#endif
