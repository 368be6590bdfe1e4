/* attest_store.h - the running day of the attestation and its chain (profile/attest.h) in the state
 * file: one value, "attest" of STATE_META.  A state of an older program has none.  Thread: that of
 * the state. */
#ifndef NW_APP_ATTEST_STORE_H
#define NW_APP_ATTEST_STORE_H

#include "profile/attest.h"
#include "store/state.h"

/* 0 or an error of the state. */
int attest_store_save(struct state *s, struct attest *a);
/* a NULL: nobody asks.  Damage is a warning: the chain begins anew, and attest verify says so. */
int attest_store_load(struct state *s, struct attest *a);

#endif
