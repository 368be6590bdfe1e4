/* merge.h - many capture files as one sequence, by (stamp, tap, rank).
 *
 * A file is opened when the sequence comes within a reorder window of its first stamp and closed
 * at its end, so that four hundred files in a row need one descriptor.  Of more than
 * MERGE_FDS_MAX files that overlap in time the descriptors are given back between reads.  The
 * bounds of the reorder window are shared by the files open at the time. Cost: files in a row
 * O(1) a frame; n overlapping ones O(log n) where the sequence changes file.
 */
#ifndef NW_CAPTURE_MERGE_H
#define NW_CAPTURE_MERGE_H

#include <stddef.h>
#include "capture/inputs.h"

#define MERGE_FDS_MAX 64
#define MERGE_FRAMES_MAX 65536		/* held by the reorder windows of all files */
#define MERGE_BYTES_MAX (64U << 20)

struct merge;

/* Borrows the files, the pool and the counters, in which it keeps reordered, clamped, normalised,
 * files_damaged and bytes_done; each file's input is kept as well. */
int merge_new(struct input_file **files, size_t n_files, struct block_pool *pool,
	      struct source_counters *counters, struct merge **ret_merge);
void merge_free(struct merge *m);		/* NULL is fine */

/* Up to max frames; the references to their blocks become the caller's.  0: the end. */
size_t merge_read(struct merge *m, struct held *frames, size_t max);

#endif
