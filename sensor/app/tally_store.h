/* tally_store.h - what rules keep beside the channels, in a state: carriage.h, ledger.h, link.h,
 * dealing.h.
 *
 * One table (STATE_TALLY); a key begins with a byte that says whose row it is.
 * Thread: that of the state.
 */
#ifndef NW_APP_TALLY_STORE_H
#define NW_APP_TALLY_STORE_H

#include "profile/carriage.h"
#include "profile/dealing.h"
#include "profile/ledger.h"
#include "profile/link.h"
#include "store/state.h"

struct tallies {			/* borrowed; each NULL: a reader that does not want it */
	struct carriages *carriages;
	struct ledgers *ledgers;
	struct links *links;
	struct dealings *dealings;
};

/* Every row; *bad: counts up those that are damaged, or of subjects that are not there any more. */
int tallies_load(struct state *s, const struct tallies *t, const struct subjects *subjects,
		 uint64_t *bad);
/* What has changed goes into the next commit.  0, or an error of state_put(). */
int tallies_save(struct state *s, const struct tallies *t);
/* What goes is forgotten by the state from now on; s NULL: no more. */
void tallies_follow(struct state *s, const struct tallies *t);

#endif
