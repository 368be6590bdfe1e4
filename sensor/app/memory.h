/* memory.h - the analysis and the state file: loaded at start, committed on the way, carried over the end.
 *
 * What a run leaves behind is exactly what the next one needs to go on as if there had been one:
 *   - subjects, channels, evidence, incidents, the sequence of records    (profile/, alert/ pack them)
 *   - connections that are open, with the sums of their running minute    (flow/carry.c)
 *   - events of the minute that was not complete at the end ("pending")
 *   - the calendar's year and the capture time up to which everything was taken in ("now")
 *
 * A run that is killed leaves the last commit, with its now and the connections of the run's *start*.  The
 * next run over the same inputs reads them again from the beginning: the packet path does everything again
 * and the analysis skips events older than now (memory_skips()).  Over other inputs, later ones, it goes on from
 * now and says that the connections in between were not carried.
 *
 * A commit is due at every finding (records must not leave before the state that caused them is durable), at
 * the turn of a row and every COMMIT_EVERY_NS of the wall clock; its cadence never changes results.
 * Thread: analysis, but memory_open() and memory_close().
 */
#ifndef NW_APP_MEMORY_H
#define NW_APP_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include "store/state.h"

#define COMMIT_EVERY_NS (10 * 1000000000ULL)

struct memory;

#endif
