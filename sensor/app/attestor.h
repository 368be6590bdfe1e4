/* attestor.h - NW-ATT-001: the running day takes in what crosses boundaries, and is told when it is
 * over.
 *
 * profile/attest.h says what a day is, alert/attest_record.h what its verdict rests on.  Here
 *
 *   a crossing   is a minute of a conversation over a boundary of the policy, seen from the asset
 *                that opened it; with the maintenance gateway, from the other end
 *   covered      by a work order: what is a remote session (dpi/remote.h) or goes through the
 *                maintenance gateway, while an order of the asset is open, grace included.
 *                By an entry: what an expected entry covers, within its maximum and hours; but
 *                no remote session through the gateway where orders are registered
 *                (detect/remote.h)
 *   a session    is one of app/visitors.h that crosses a boundary
 *   a day ends   when capture time passes its midnight.  Days of which nothing was read get a
 *                record each, up to ATTESTOR_DAYS_MAX in a row; the next one says how many were
 *                left out
 *
 * Without a state there is nobody to go on with the day that is open at the end: it is told as it
 * is, and invalid, for its end was not seen.  With one it waits for the next run.
 * Thread: analysis.
 */
#ifndef NW_APP_ATTESTOR_H
#define NW_APP_ATTESTOR_H

#include "alert/incident.h"
#include "app/attribution.h"
#include "app/visitors.h"
#include "profile/attest.h"
#include "store/outbox.h"

#define ATTESTOR_DAYS_MAX 400

struct attestor {			/* borrowed, but for the last three */
	const struct alert_context *context;	/* does nothing unless it says so: attests */
	const struct attribution *attribution;
	struct attest *attest;
	struct outbox *outbox;
	uint64_t no_memory;		/* the attribution's, as far as days know of it */
	uint64_t records;		/* made by this run */
	bool has_failed;		/* no memory for a record: said once */
};

void attestor_start(struct attestor *t, uint64_t first_ns);	/* the first packet ever */
/* Goes on in capture time now_ns, up to which an earlier run has taken everything in. */
void attestor_resume(struct attestor *t, uint64_t now_ns);
void attestor_count(struct attestor *t, const struct slice *s);	/* every minute of a flow */
void attestor_take(struct attestor *t, const struct attribution_end *e);
/* A visitors_session_fn. */
void attestor_session(void *attestor, const struct visitors_session *s);
void attestor_time(struct attestor *t, uint64_t now_ns);
void attestor_finish(struct attestor *t, uint64_t now_ns);	/* without a state */

#endif
