/* engine.h - runs a planned scenario: all packets of all conversations in time order.
 *
 * A heap holds one event per running conversation and one per activity (its next run); equal times
 * are ordered by activity, then by age.  Memory follows what runs at the same time, not the months.
 * One thread.
 */
#ifndef NW_SYNTH_ENGINE_H
#define NW_SYNTH_ENGINE_H

#include "synth/talk.h"

/* 0, -errno or ERR_LIMIT with the reason in error. */
int engine_run(struct view *v, char error[static SCENARIO_ERROR_MAX]);

#endif
