/* own_rules.h - rules of the site's own: every minute of every flow is asked, what holds becomes a
 * finding.
 *
 * A flow is asked once, from the end of the asset that opened it; where none did, of the one that
 * was reached.  The incident is about that asset and the peer's address (alert/incident.h says when
 * it has a record).  It is resolved after OWN_RULES_SILENT_ROWS rows in which it did not hold.
 * Nothing is remembered here: what was counted is in the incident.
 * Cost: see detect/own.h.  Thread: analysis.
 */
#ifndef NW_APP_OWN_RULES_H
#define NW_APP_OWN_RULES_H

#include "alert/incident.h"
#include "app/attribution.h"

#define OWN_RULES_SILENT_ROWS 14

struct own_rules {			/* borrowed */
	const struct alert_context *context;
	const struct channels *channels;
	struct incidents *incidents;
};

void own_rules_take(struct own_rules *o, const struct attribution_end *e);

#endif
