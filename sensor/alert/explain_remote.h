/* explain_remote.h - NW-REM-001 .. 003 in words: what was seen, and the work orders of its time. */
#ifndef NW_ALERT_EXPLAIN_REMOTE_H
#define NW_ALERT_EXPLAIN_REMOTE_H

#include "alert/incident.h"

/* Fills message and explain of the incident; explain_n is 0. */
void explain_remote(const struct alert_context *ctx, struct incident *in, const struct finding *f);

#endif
