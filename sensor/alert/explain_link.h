/* explain_link.h - NW-SEG-005 and NW-REM-005 in words: who claimed an address, what routes and
 * hands out leases on a link, and what the site policy lists. */
#ifndef NW_ALERT_EXPLAIN_LINK_H
#define NW_ALERT_EXPLAIN_LINK_H

#include "alert/incident.h"

/* Fills message and explain of the incident; explain_n is 0. */
void explain_link(const struct alert_context *ctx, struct incident *in, const struct finding *f);

#endif
