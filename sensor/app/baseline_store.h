/* baseline_store.h - the baseline and the log of acts in a state (profile/baseline.h,
 * store/state.h).  Thread: that of the state. */
#ifndef NW_APP_BASELINE_STORE_H
#define NW_APP_BASELINE_STORE_H

#include "profile/baseline.h"
#include "store/state.h"

#define ACTS_KEPT 100000		/* lines of the log; the oldest go */

/* Every entry; *bad: counts up those that are damaged.  0 or an error of reading (logged). */
int baseline_load(struct state *s, struct baseline_list *b, uint64_t *bad);
/* What has changed goes into the next commit.  0, or an error of state_put(). */
int baseline_save(struct state *s, struct baseline_list *b);
void baseline_forget(void *state, const struct destination *d);	/* a baseline_removed_fn */

int acts_append(struct state *s, const struct act *a);
/* The oldest first; what is damaged is passed over (*ret_bad: how many). */
typedef void (*act_fn)(void *arg, uint64_t number, const struct act *a);
int acts_each(struct state *s, act_fn act, void *arg, uint64_t *ret_bad);

#endif
