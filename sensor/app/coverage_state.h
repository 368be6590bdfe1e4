/* coverage_state.h - the coverage in the state file: what one run did not see, the next one knows.
 *
 * Thread: that of the state.  Cost of a save in which nothing changed: nothing; of counts alone: a
 * record of at most 9 KB.
 */
#ifndef NW_APP_COVERAGE_STATE_H
#define NW_APP_COVERAGE_STATE_H

#include "profile/coverage.h"
#include "store/state.h"

/* Adds what the state keeps.  0, -ENOMEM or an error of reading (logged); damage is a warning, and
 * what was good of it is taken. */
int coverage_state_load(struct state *s, struct coverage *c);
/* Puts what has changed; the next commit makes it durable.  0 or an error of state_put(). */
int coverage_state_save(struct state *s, struct coverage *c);
/* The end of what the last run over this state saw and kept; 0: there was none.  To be asked before
 * memory_plan(), which begins a run. */
uint64_t coverage_state_past_ns(struct state *s);

#endif
