/* inputs.h - finding capture files, looking into them, and ranking them.
 *
 * Paths are files or directories.  Directories are walked to INPUTS_DEPTH_MAX, symbolic links
 * inside them are not followed (a path given may be one), and files are recognised by their first
 * bytes. A file found twice (by two paths, or two hard links) is taken once.
 *
 * Rank decides between frames of equal stamps.  It is (reach, tap, a file that is over at its reach
 * before one that goes on, first stamp, contents of the first frames, size, digest); names and the
 * order of arguments are not in it.  The reach of a file is its largest stamp, but at most a
 * reorder window after its first one.  Why that, for a capture cut into A and then B:
 *
 *	all of B is at most a window older than whatever stood before it, and as soon as one frame
 *	of B is in order, largest(B) >= largest(A).  So both values that the reach of B is the
 *	smaller one of, largest(B) and first(B) + window, are >= largest(A) >= reach(A).
 *
 * First stamps alone fail where B begins with a displaced frame.  Equal reaches: A is over there,
 * and B goes on or has the later first stamp.  What cannot be told is a piece that has no frame in
 * order at all, and pieces that hold nothing but one and the same stamp, which stand by their
 * contents; no rule could, since either order of these pieces is a possible capture.
 *
 * Only files whose first stamps lie within a window of each other are read for it, and only as
 * far as two windows.
 *
 * Each file is opened, looked at and closed again; merge.h opens it when its time has come.
 */
#ifndef NW_CAPTURE_INPUTS_H
#define NW_CAPTURE_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/digest.h"
#include "capture/lane.h"
#include "capture/source.h"

#define INPUTS_DEPTH_MAX 32		/* directories below a given one */
#define INPUTS_FILES_MAX 1000000
#define INPUTS_LINKS_MAX 64

struct input_file {
	char *path;
	dev_t dev;
	ino_t ino;
	bool has_frames;
	bool goes_on;			/* it has stamps beyond its reach */
	uint16_t tap;
	uint64_t first_ns;		/* repaired; in the order of the file, not the smallest */
	uint64_t reach_ns;		/* first_ns where no other file begins within a window */
	uint64_t opens_ns;		/* no file from this rank on has an older stamp */
	uint64_t content;		/* hash of the first frames */
	char sha256[DIGEST_HEX_MAX];	/* "" where nothing else decides */
	char *damage;			/* owns what input.damage points to */
	struct source_input input;
	/* While it is open (merge.c). */
	size_t account;
	struct lane *lane;
	uint64_t head_ns;
	uint64_t reads_seen, done_seen, normalised_seen;
	struct lane_counters lane_seen;
};

struct inputs {
	struct input_file **files;	/* usable ones, by rank */
	size_t n_files;
	struct input_file **refused;	/* by path */
	size_t n_refused;
	uint16_t links[INPUTS_LINKS_MAX];	/* of the usable files, each once */
	size_t n_links;
	bool is_full_said;
};

/* 0; -ENOMEM; -ENOENT when no file can be used.  What is refused or left out is logged.  Clear
 * *ret_inputs in any case but -ENOMEM; with -ENOENT it has what was refused. */
int inputs_find(const char *const *paths, size_t n_paths, struct block_pool *pool,
		struct inputs *ret_inputs);
void inputs_clear(struct inputs *in);

/* Copies text as what is wrong with the file, and says so as a warning ending in `consequence`. */
void input_file_set_damage(struct input_file *f, const char *text, const char *consequence);

#endif
