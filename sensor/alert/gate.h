/* gate.h - the one place after all detectors, where the site's word counts: rules that it has
 * switched off, and the severity that it leaves them.
 *
 * Detectors do not know of it; what it stops is counted.  Thread: analysis.
 */
#ifndef NW_ALERT_GATE_H
#define NW_ALERT_GATE_H

#include "alert/incident.h"

/* false: the finding's rule is switched off.  Else the finding as it is to be told, in *ret. */
bool gate_pass(const struct alert_context *ctx, const struct finding *f, struct finding *ret);
/* Has the site lowered the finding's severity? */
bool gate_is_lowered(const struct alert_context *ctx, const struct finding *f);

#endif
