/* lane.h - one capture file on its way into the merge: its frames in the order of their stamps.
 *
 * Files have frames out of order (several queues, several interfaces, a clock that was set).  A
 * lane repairs that for its own file, before files are merged, because then a capture cut into
 * pieces gives the same sequence as the whole.  The rules, applied to the frames in the order of
 * the file, where "newest" is the largest stamp accepted so far:
 *
 *   within the window	a frame at most SOURCE_REORDER_NS older than the newest is put back
 *			where it belongs; equal stamps stay in the order of the file.  Counted as
 *			reordered.
 *   too late		an older one takes the newest stamp: its clock is wrong, but its
 *			neighbours say when it was.  Counted as clamped.
 *   too early		a frame more than the window ahead of the newest (or the first of the
 *			file) is not believed when most of the LANE_WITNESSES frames after it are
 *			earlier than it by more than the window: it takes the stamp of the first
 *			of those, so that one wrong stamp in the year 2106 does not drag
 *			everything after it there.  Counted as clamped.  A true gap is confirmed
 *			by the frames after it.
 *
 * None of them depends on block sizes, on other files or on how much is asked for at once; and
 * with displacements within the window the last two never apply, so that cutting a file changes
 * nothing. What cutting can change: a wrong stamp on the last frame of a piece has no witnesses
 * and stays, and comes last; a frame older than the window that is the first of a piece has no
 * newest to be measured by.  The bounds below can also end the window early; a frame that then
 * comes too late takes the stamp handed out last.
 *
 * Cost: O(1) for a frame in order (a queue), O(log n) for a displaced one (a heap beside the
 * queue). Memory: bounded by lane_limits, in frames and in bytes of the blocks they hold.
 */
#ifndef NW_CAPTURE_LANE_H
#define NW_CAPTURE_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "capture/capfile.h"
#include "capture/source.h"

#define LANE_WITNESSES 16

struct lane_limits {
	size_t frames;
	size_t bytes;
};

struct lane_counters {
	uint64_t reordered, clamped;
};

struct lane;

/* Takes file, also on failure.  account: what the file's blocks are charged to. */
int lane_new(struct capfile *file, const size_t *account, struct lane **ret_lane);
void lane_free(struct lane *l);			/* NULL is fine; lets go of what it holds */

/* The next frame, still the lane's, or NULL: the file is done.  Reads ahead as far as the window
 * demands.  *limits may change from call to call. */
struct held *lane_head(struct lane *l, const struct lane_limits *limits);
/* Moves the head out; the reference to the block becomes the caller's.  Only after lane_head(). */
struct held lane_take(struct lane *l);

/* The rule "too early" for frames[0] and the n - 1 frames after it in the file (n >= 1).  true:
 * its stamp is not believed, *ret_ns is the one it should have. */
bool lane_is_contradicted(const struct held *frames, size_t n, uint64_t *ret_ns);

/* The largest stamp accepted so far, 0 before the first lane_head(). */
uint64_t lane_newest_ns(const struct lane *l);
const struct lane_counters *lane_counters(const struct lane *l);
struct capfile *lane_file(struct lane *l);
/* Turns with each read from the file; progress need be looked at only when it has changed. */
uint64_t lane_reads(const struct lane *l);

#endif
