/* explain_dealing.h - NW-SEG-001, NW-SEG-003, NW-DST-003 and NW-DST-004 in words: who dealt with
 * whom, and why nothing that is known brings the two together; NW-EXF-009 and 010 by way of
 * explain_outward.h. */
#ifndef NW_ALERT_EXPLAIN_DEALING_H
#define NW_ALERT_EXPLAIN_DEALING_H

#include "alert/incident.h"

/* Fills message and explain of the incident; explain_n is 0. */
void explain_dealing(const struct alert_context *ctx, struct incident *in,
		     const struct finding *f);

#define DEALT_BY_MAX 200
/* "tcp/445, tcp/3389 and others" */
const char *explain_dealt_by(const struct dealing *one, char buf[static DEALT_BY_MAX]);

#endif
