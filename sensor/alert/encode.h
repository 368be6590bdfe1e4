/* encode.h - an incident's change as a record (ALERTS section 1): JSON with sorted keys, and flat
 * fields. */
#ifndef NW_ALERT_ENCODE_H
#define NW_ALERT_ENCODE_H

#include "alert/explain.h"
#include "alert/incident.h"
#include "alert/record.h"

/* action: "open", "update", "resolve".  Gives the record; NULL: no memory. */
struct record *encode_alert(const struct alert_context *ctx, const struct incident *in,
			    const struct finding *f, const struct nightly_facts *facts,
			    const char *action, uint64_t sequence);

#endif
