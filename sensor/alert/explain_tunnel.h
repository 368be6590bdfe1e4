/* explain_tunnel.h - NW-EXF-008: what questions or echoes carried, in words. */
#ifndef NW_ALERT_EXPLAIN_TUNNEL_H
#define NW_ALERT_EXPLAIN_TUNNEL_H

#include "alert/incident.h"

/* Fills message and explain of the incident. */
void explain_tunnel(const struct alert_context *ctx, struct incident *in, const struct finding *f);

#endif
