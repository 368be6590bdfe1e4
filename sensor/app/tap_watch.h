/* tap_watch.h - what a source says of itself, into the coverage.
 *
 *   between the runs   from the end of the last one to the first packet or idle mark of this one
 *   interfaces         all down: blind.  Some of several: one-sided.  From when it was noticed (the
 *                      source looks once a second) until they are back
 *   the kernel         packets that reached the sensor, and that were lost before it
 *   declared gaps      packets inside of them: who declares a gap over traffic is told so
 *
 * Capture files have none of the first three: their source never says so.
 *
 * It is told of every read before its packets go on, so that a night is never judged ahead of what
 * is known about it; stretches grow while they last.  Thread: the reader.  Cost of a step in which
 * nothing changed: a few comparisons per interface.
 */
#ifndef NW_APP_TAP_WATCH_H
#define NW_APP_TAP_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include "capture/source.h"
#include "profile/coverage.h"

struct tap_watch {			/* set the first part, the rest is 0 */
	struct coverage *coverage;
	uint64_t past_ns;		/* up to there the last run saw; 0: there was none */

	const struct coverage_stretch *declared;	/* disjoint, in order; borrowed */
	size_t n_declared;

	size_t at_declared;		/* those before it are over */
	uint64_t packets_declared;	/* seen inside */
	bool has_begun;			/* the first packet or idle mark has come */
	bool is_blind;			/* in a stretch of this reason, since from_ns */
	enum coverage_reason reason;
	uint64_t from_ns, told_ns;	/* told: the coverage knows of it up to there */
	uint64_t received, dropped;	/* the source's counters at the last count */
	bool has_failed;		/* no memory: said once */
};

/* After each read, with what was read, and at the end without.  w NULL: nothing. */
void tap_watch_step(struct tap_watch *w, const struct source *s, const struct frame *frames,
		    size_t n);

#endif
