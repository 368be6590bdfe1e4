/* names_store.h - names that DNS gave (profile/resolved.h) in the state file: one value, "resolved"
 * of STATE_META.
 *
 * Replay keeps those of its end: a run that is killed reads its input again from the beginning and
 * learns them again.  Live cannot, so it keeps them once a row.  Thread: analysis.
 */
#ifndef NW_APP_NAMES_STORE_H
#define NW_APP_NAMES_STORE_H

#include "profile/resolved.h"
#include "store/state.h"

/* 0 or an error of the state. */
int names_store_save(struct state *s, const struct resolved *r);
/* r NULL: nobody asks.  What is damaged is left out, with a warning. */
void names_store_load(struct state *s, struct resolved *r);

#endif
