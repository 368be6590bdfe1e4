/* visit_store.h - remote sessions (profile/visit.h) in the state file: one value, "visits" of
 * STATE_META, written when something of them has changed.  A state of an older program has none.
 * Thread: analysis. */
#ifndef NW_APP_VISIT_STORE_H
#define NW_APP_VISIT_STORE_H

#include "profile/visit.h"
#include "store/state.h"

/* 0 or an error of the state. */
int visit_store_save(struct state *s, struct visits *v);
/* v NULL: nobody asks.  *bad grows by what is left out: damaged, or of nobody whom the site lists.
 */
int visit_store_load(struct state *s, struct visits *v, const struct subjects *subjects,
		     uint64_t *bad);

#endif
