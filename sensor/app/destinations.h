/* destinations.h - NW-DST-001: an asset meets an external destination that nobody has accepted.
 *
 * profile/baseline.h says what is listed, what is raised and how severely; here traffic becomes
 * entries and entries findings.
 *
 *   contact     a flow that the asset opened, answered or not (an attempt counts, and the record
 *               says so), or one from outside over which the asset has sent payload: a knock at a
 *               door that stays shut is no contact of the asset
 *   raised      with the first event of it, that is within a minute of traffic: one incident per
 *               (asset, destination); its channel is the domain, where that is known (two names
 *               behind one address are two destinations), else the address and service of the
 *               first contact; the record names the address and port in both cases
 *   updated     when an answer is first seen, when the upload reaches INCIDENT_LARGE_BYTES, and
 *               once a row that had more traffic
 *   resolved    when the destination is accepted (the record says by whom and why), or after
 *               14 rows (`resolve_after`) without traffic; a return then opens a new one
 *   flood       beyond INCIDENT_PEERS_MAX open ones of an asset, further destinations are counted
 *               into one incident, unless they receive INCIDENT_LARGE_BYTES; it is updated once a
 *               row in which one of them had traffic, and resolved after as many rows without
 *
 * In a closed zone both NW-DST-001 and NW-DST-002 are raised, as one case.  They say different
 * things: 002 that the zone leaks at all, for each address and whatever was accepted; 001 that this
 * destination is new to this asset, by name, so that twenty addresses behind one name are one line,
 * and whether the leak is older than the sensor (then only 002 speaks).
 * Peers inside the site are not destinations here: NW-SEG-003 is about those.
 * Thread: analysis.
 */
#ifndef NW_APP_DESTINATIONS_H
#define NW_APP_DESTINATIONS_H

#include "alert/incident.h"
#include "flow/slice.h"
#include "profile/baseline.h"


struct destinations {			/* borrowed */
	const struct alert_context *context;
	const struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	struct baseline_list *baseline;
};

/* A minute of an external channel, or the opening of a connection. */
struct encounter {
	struct channel *channel;	/* group ip */
	const struct slice *slice;
	const char *domain;		/* registered; "" not known */
	uint64_t up, down;		/* of the minute; an opening has none */
	int64_t row;
	bool is_expected;		/* by the policy, whatever the time and the amount */
};
void destinations_take(struct destinations *d, const struct encounter *e);

/* A row is over. */
void destinations_end_row(struct destinations *d, int64_t row, uint64_t end_ns);
/* End of input without a state: tells what came since the last record. */
void destinations_finish(struct destinations *d, int64_t row, uint64_t now_ns);
/* Resolves the incidents of what was accepted meanwhile. */
void destinations_settle(struct destinations *d, int64_t row, uint64_t now_ns);
/* After loading: roles are the site's. */
void destinations_set_roles(struct baseline_list *b, const struct subjects *s);

#endif
