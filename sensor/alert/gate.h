/* gate.h - the one place after all detectors, where the site's word counts: rules that it has
 * switched off, what a rule's "match" leaves, the severity that the site leaves it, and what an
 * entry under "suppress" covers (policy/suppress.h).
 *
 * Detectors do not know of it; what it stops or suppresses is counted (incident.h).  What a
 * condition of the pack may ask for is what the record says: source is the asset, destination the
 * peer, where the finding is about one address.
 * Cost: the entries one after the other, for each finding.  Thread: analysis.
 */
#ifndef NW_ALERT_GATE_H
#define NW_ALERT_GATE_H

#include "alert/incident.h"
#include "policy/suppress.h"

enum gate {
	GATE_PASSED,			/* the finding as it is to be told is in *ret; suppressed
					 * where that has a suppression */
	GATE_OFF,			/* its rule is switched off, or the site has it no more */
	GATE_UNMATCHED			/* its rule's "match" does not hold */
};
enum gate gate_finding(const struct alert_context *ctx, const struct finding *f,
		       const struct incident *open, struct finding *ret);
/* Has the site lowered the severity of both? */
bool gate_is_lowered(const struct alert_context *ctx, const struct incident *in,
		     const struct finding *f);

/* Of an incident, by what it remembers: is its rule off; the entry that suppresses it, NULL: none.
 * Entries with a window are not looked at: when its traffic was is not known. */
bool gate_is_off(const struct alert_context *ctx, const struct incident *in);
const struct suppression *gate_suppression(const struct alert_context *ctx,
					   const struct incident *in, uint64_t now_ns);
/* Of a suppressed one: is the entry gone, over, or about something else?  See
 * suppress_still_holds(). */
bool gate_is_exposed(const struct alert_context *ctx, const struct incident *in, uint64_t now_ns);

/* What a rule is: of the pack, or the site's own.  buf: for one that the site has no more, of which
 * nothing but the id is known.  own_id: of RULE_OWN. */
const struct rule *gate_rule(const struct site *s, enum rule_id rule, const char *own_id,
			     struct rule *buf);

#endif
