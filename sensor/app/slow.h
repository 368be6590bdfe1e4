/* slow.h - NW-EXF-011: little upload a day that nobody expects (detect/slow.h).
 *
 * At the end of a row every asset's channels of group domain, prefix and asn with a peer outside
 * enter what they uploaded in it, which is what no expected entry covers (attribution.h).  A row of
 * an upload that NW-EXF-001 tells does not count: that incident, open for the subject or its vendor
 * and about the same network or name, is the one to read, and the two are one case.
 *
 *   told       by name before network before autonomous system, once for one upload: what is
 *              mostly the same, day by day and by its largest peer, as one that is told already is
 *              attached to it.  Again when the 30 rows hold twice as much
 *   resolved   when they hold less than half of the threshold
 *
 * Cost: at the end of a row, a pass over the channels; nothing for a packet.  A vendor's channels
 * are left out: what several of its assets send together is theirs one by one here.
 * Thread: analysis.
 */
#ifndef NW_APP_SLOW_H
#define NW_APP_SLOW_H

#include "alert/incident.h"
#include "profile/ledger.h"

struct slow {				/* borrowed */
	const struct alert_context *context;
	const struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	struct ledgers *ledgers;
	bool has_failed;		/* for lack of room or memory: logged once */
};

/* Before the channels drop the row. */
void slow_end_row(struct slow *s, int64_t row, uint64_t end_ns);

#endif
