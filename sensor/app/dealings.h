/* dealings.h - conversations that the site policy does not bring together become findings.
 *
 *	rule         about                                           key of the record
 *	NW-SEG-001   two vendors' segments, detect/segment.h          internal peer
 *	NW-SEG-003   work on another machine, detect/lateral.h        the same, tcp/PORT of the
 *	                                                              protocol
 *	NW-DST-003   DNS, NTP, DHCP servers, detect/server.h          peer, udp/PORT of the kind
 *	NW-DST-004   hard-coded addresses, detect/unnamed.h           external peer
 *	NW-EXF-009   protocols not on their port, detect/misplaced.h  its network, tcp/PORT or
 *	                                                              udp/PORT of the protocol
 *	NW-EXF-010   attempts that fail, detect/attempts.h            its network, or any
 *
 * What the detectors say of a minute of a connection is kept in profile/dealing.h:
 *
 *   raised      with its first minute (NW-EXF-009 and 010: when they have counted enough), an
 *               attempt too: one incident per asset and key.  The asset is the one that opens the
 *               connection.  Where nobody saw who did (flow/slice.h), a record of the other
 *               direction takes it, so that a capture that begins in the middle does not make two
 *               of one
 *   updated     when an answer is first seen, when the upload reaches INCIDENT_LARGE_BYTES, and
 *               once a row that had more traffic
 *   resolved    after so many rows without traffic as the rule pack says; NW-SEG-003 when the pair
 *               was accepted into the baseline
 *   flood       beyond INCIDENT_PEERS_MAX open ones of an asset and rule they are counted into one,
 *               which is updated once a row in which one of them had traffic, and resolved after as
 *               many rows without (app/silence.h)
 *
 * Answered means by more than a refusal: a TCP reset, or nothing, leaves an attempt.
 * What an entry of the policy's "expected" covers at any time of day is never a finding here.  An
 * entry says who opens the connection: what its target opens to its source wants an entry of its
 * own.  Where nobody saw who opened one, it is covered either way.
 * Without a site file nothing is told, for nobody has said who belongs together, but NW-EXF-009
 * and 010.
 * Thread: analysis.  Cost: for a minute of a connection some compares of texts; a look-up of the
 * policy (policy/site_match.c: logarithmic in its entries) for one that a detector would tell.
 */
#ifndef NW_APP_DEALINGS_H
#define NW_APP_DEALINGS_H

#include "alert/incident.h"
#include "app/attribution.h"
#include "detect/unnamed.h"
#include "profile/dealing.h"

struct dealings_watch {			/* borrowed */
	const struct alert_context *context;
	const struct subjects *subjects;
	struct incidents *incidents;
	struct dealings *dealings;
	struct baseline_list *baseline;
	const struct resolved *resolved;
	uint64_t since_ns;		/* the memory began */
	/* NW-DST-004: connections without a name that could not be judged, by enum unnamed. */
	uint64_t unjudged[UNNAMED_REASONS];
	uint64_t no_memory;		/* minutes that found no record */
};

void dealings_take(struct dealings_watch *w, const struct attribution_end *e);
/* Resolves the incidents of pairs that were accepted meanwhile. */
void dealings_settle(struct dealings_watch *w, int64_t row, uint64_t now_ns);
/* A row is over. */
void dealings_end_row(struct dealings_watch *w, int64_t row, uint64_t end_ns);
/* End of input without a state: tells what came since the last record. */
void dealings_finish(struct dealings_watch *w, int64_t row, uint64_t now_ns);

#endif
