/* flips.h - NW-EXF-006: at the end of a row, channels whose ratio of upload to download has flipped
 * (detect/flip.h).
 *
 *   told       by network before name, once for one upload: a domain whose largest peer tonight is
 *              in a network that tells is attached to it.  Again in each row that is one
 *   resolved   by silence.h, after `resolve_after` rows that are none
 *
 * Keeps nothing of its own: what was before is the channel's sums and bitmap, and whether it goes
 * on is the incident's.  Cost: at the end of a row, two passes over the channels; nothing for a
 * packet.
 * Thread: analysis.
 */
#ifndef NW_APP_FLIPS_H
#define NW_APP_FLIPS_H

#include "alert/incident.h"

struct flips {				/* borrowed */
	const struct alert_context *context;
	struct channels *channels;
	struct incidents *incidents;
};

/* Before the channels drop the row. */
void flips_end_row(struct flips *f, int64_t row, uint64_t end_ns);

#endif
