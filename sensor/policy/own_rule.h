/* own_rule.h - rules of the site's own: under "rules" in the site file, with an id that is not
 * "NW-...".
 *
 *	"RTM-001": {"name": "Controllers are not reached from review", "severity": 4,
 *	            "match": {"and": [{"field": "destination.role", "op": "eq", "value": "plc"},
 *	                              {"field": "source.role", "op": "eq", "value": "review"}]},
 *	            "window": {"days": "mon-sun", "from": "22:00", "to": "05:00"},
 *	            "explanation": "...", "triage": ["..."]}
 *
 * The condition (condition.h) is asked of every minute of every flow (detect/own.h); source is who
 * opened it, destination where it went, as in flow records.  The window is civil time of the site.
 * Bounded: OWN_RULES_MAX rules, OWN_VALUES_MAX values in all their conditions.
 */
#ifndef NW_POLICY_OWN_RULE_H
#define NW_POLICY_OWN_RULE_H

#include "policy/condition.h"
#include "policy/site.h"

#define OWN_RULES_MAX 64
#define OWN_VALUES_MAX 4096

struct own_rule {
	struct rule rule;		/* no parameters; detector "match" */
	const struct condition *match;
	bool has_window;
	struct closed_hours window;
};

/* The site's rule of that id, switched off or not; NULL: it has none. */
const struct own_rule *own_rule_find(const struct site *s, const char *id);

#endif
