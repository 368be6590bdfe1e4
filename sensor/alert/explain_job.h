/* explain_job.h - what an expected job did, in words: what was expected and what was seen. */
#ifndef NW_ALERT_EXPLAIN_JOB_H
#define NW_ALERT_EXPLAIN_JOB_H

#include "alert/incident.h"

/* Fills message and explain of an incident whose finding names an entry. */
void explain_job(const struct alert_context *ctx, struct incident *in, const struct finding *f);

#endif
