/* own.h - rules of the site's own (policy/own_rule.h), asked of a minute of a flow.
 *
 * What a condition may ask for is found when it is asked for, once a minute: the zone and the place
 * of an address, what is expected, the channel.  Cost: the site's rules one after the other, each
 * until one of its parts settles it; CONDITION_NODES and OWN_VALUES_MAX bound it.
 * Pure, thread: analysis.
 */
#ifndef NW_DETECT_OWN_H
#define NW_DETECT_OWN_H

#include "flow/slice.h"
#include "policy/calendar.h"
#include "policy/own_rule.h"
#include "profile/channel.h"

/* A minute of a flow: source is its client, destination its server. */
struct own_flow {
	const struct site *site;
	const struct calendar *calendar;
	const struct slice *slice;
	const struct subject *source, *destination;	/* NULL: not one */
	enum crossing crossing;
	bool is_inbound;			/* external, and opened from outside */
	/* Of the asset's side, when a boundary is crossed; NULL: not known. */
	const struct channel *channel;
	/* Found when asked for. */
	struct geo_place place;
	bool has_place;
};

#define OWN_MATCHED_MAX 512

/* Does the rule hold?  Then what held, in words: "destination.port 3389, source.role review". */
bool own_holds(const struct own_rule *rule, struct own_flow *flow,
	       char ret_matched[static OWN_MATCHED_MAX]);

#endif
