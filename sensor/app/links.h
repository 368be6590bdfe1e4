/* links.h - NW-SEG-005 and NW-REM-005: who is who on a link, and who is new there.
 *
 * Two things come in: claims (flow/claim.h), and for each end of a flow's minute the MAC that its
 * traffic to elsewhere went to or came from (detect/gateway.h says which counts).  They are kept
 * until the minute is complete, equal claims of several shards are merged, and all is gone through
 * in the order of capture time; so neither shards, workers nor a cut between two runs matter.
 *
 *   raised      when the minute is complete; a takeover that nothing announced a minute later
 *   about       NW-SEG-005: the subject of the address, and the address; from the
 *               LINKS_OWN_MAX + 1st address on that one MAC contends for on a link, the asset that
 *               lists the MAC, or "unlisted@ZONE"; and that from the LINKS_OWN_MAX + 1st address
 *               on that is told of in a row on the link, whosever MACs.  A listed asset's address
 *               is always told as its own.
 *               NW-REM-005: the asset whose traffic went that way, and its peer; where it only
 *               told of itself the asset that lists the MAC, or "unlisted@ZONE", and its address
 *   updated     once a row in which it goes on; when it has become worse or does something more
 *   resolved    after so many rows without it as the rule pack says (analysis.c)
 *   flood       beyond INCIDENT_PEERS_MAX open ones of a subject they are counted
 *
 * Bounded: LINKS_CLAIMS_MAX claims and LINKS_FORWARDS_MAX unknown MACs a minute; more are counted.
 * Of claims, here or already in a shard, that is told as NW-HLT-001 of "unlisted@ZONE", once a row.
 * Of MACs those to which the policy says that traffic left, that were answered, and that do not
 * claim the peer's address come first; of one MAC's traffic likewise.
 * Thread: analysis.  Cost: sorting a minute's claims; a look-up for a minute of traffic to
 * elsewhere.
 */
#ifndef NW_APP_LINKS_H
#define NW_APP_LINKS_H

#include "alert/incident.h"
#include "app/attribution.h"
#include "profile/link.h"

#define LINKS_CLAIMS_MAX 32768
#define LINKS_FORWARDS_MAX 64
#define LINKS_OWN_MAX 3
#define LINKS_HOLDS_MAX 2		/* addresses that a host claims, and not a router */

/* A MAC, not known to route so far, that traffic to elsewhere went to. */
struct links_forward {
	struct claim_link link;
	uint8_t mac[6];
	struct subject *user;
	struct channel_key key;		/* of the user's channel */
	struct addr me, peer;
	uint64_t ns;
	bool is_answered;
	bool is_claimed;		/* the MAC has claimed the peer's address on the link */
	bool is_sure;			/* the policy says that the peer is elsewhere; else it looks
					 * so, and only teaches what is known (detect/gateway.h) */
};

struct links_watch {			/* borrowed, but for what is of the minute */
	const struct alert_context *context;
	struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	struct links *links;
	uint64_t minute_ns;		/* what is kept is of it; 0: nothing is */
	struct claim *claims;		/* owned */
	size_t n_claims, capacity;
	struct links_forward forwards[LINKS_FORWARDS_MAX];
	size_t n_forwards;
	/* The minute's claims that were left out, and the first of them by (link, address). */
	uint64_t claims_beyond;
	struct claim beyond;
	bool is_settled;		/* no takeover waits; false: not known */
	uint64_t left_out;		/* for room, or no memory; of a shard by itself */
	bool has_told_claims, has_told_forwards;	/* in the log, that some are */
};

void links_watch_clear(struct links_watch *w);	/* frees what it owns */
void links_take_claim(struct links_watch *w, const struct slice *s);
void links_take_end(struct links_watch *w, const struct attribution_end *e);
/* Capture time has passed now_ns: the minute is complete. */
void links_time(struct links_watch *w, uint64_t now_ns);
/* A row is over. */
void links_end_row(struct links_watch *w, uint64_t end_ns);

#endif
