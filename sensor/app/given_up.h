/* given_up.h - evidence that goes because the memory of channels is full: NW-HLT-001.
 *
 * An incident that rested on it ends with that reason, and once a step each asset that lost some
 * has its finding: how much went, and the largest M of it.
 * Thread: analysis.
 */
#ifndef NW_APP_GIVEN_UP_H
#define NW_APP_GIVEN_UP_H

#include "alert/incident.h"

struct given_up {
	const struct alert_context *context;	/* this and the next are borrowed */
	struct subjects *subjects;
	struct incidents *incidents;
	uint64_t untold;		/* channels, since the last step */
};

/* The channel is about to go. */
void given_up_note(struct given_up *g, const struct channel *ch, uint64_t now_ns, int64_t row);
/* A step is over. */
void given_up_tell(struct given_up *g, uint64_t now_ns);

#endif
