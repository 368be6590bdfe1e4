/* remote.h - a remote session beside the work orders of its time (DETECTION, NW-REM-001 .. 003).
 *
 *	needs an order	 what no expected entry of the policy covers at that time (whatever its
 *			 amount); and, where the site registers orders, what comes through the
 *			 maintenance gateway: its entry says that it may, the order that
 *			 somebody does
 *	NW-REM-001	 it needs one and has overlapped none of its asset and vendor so far.
 *			 One that an order begins to cover later stays told, with that order
 *	NW-REM-002	 it goes on 15 min (`late`) after the end of the last order that covered it;
 *			 or who works under an order on one asset reaches another one outside it,
 *			 by a session from the same peer, or from the asset onwards, within its
 *			 zone too
 *	NW-REM-003	 an image server has sent more than 1 GB (`bytes`) to the maintenance
 *			 gateway, by whatever protocols, without a pause of half an hour
 *
 * Severity of NW-REM-001: 5 where the site registers orders and the payload says what it is.
 * Without registered orders nobody can say that one is missing: 3, worded so.  Where only the port
 * speaks for the protocol, or the asset is listed nowhere and in no zone: at most 3 (2 without
 * orders).  A peer inside the site that is no gateway: 2 (NW-SEG-003 speaks of those).
 * Without a site file nothing is known of what is allowed: 2.
 * Pure functions, thread: analysis.
 */
#ifndef NW_DETECT_REMOTE_H
#define NW_DETECT_REMOTE_H

#include "detect/finding.h"

struct remote_setting {
	const struct site *site;
	const struct orders *orders;	/* NULL: none are registered */
	bool is_gateway_peer, is_gateway_asset;
};

/* What covers the session at a time; keeps in it the order that ends last. */
void remote_look(struct visit *v, const struct remote_setting *set, uint64_t at_ns,
		 struct orders_look *ret_look);
bool remote_is_without_order(const struct visit *v, const struct remote_setting *set);
bool remote_outlives_order(const struct visit *v, const struct remote_setting *set,
			   const struct orders_look *look, uint64_t at_ns);
bool remote_is_bulk(const struct visit *v, const struct remote_setting *set);
unsigned remote_severity(enum rule_id rule, const struct visit *v,
			 const struct remote_setting *set);

#endif
