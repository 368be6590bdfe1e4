/* source_internal.h - what the two kinds of source have in common.
 *
 * A kind embeds struct source as its first member and fills in the operations.
 */
#ifndef NW_CAPTURE_SOURCE_INTERNAL_H
#define NW_CAPTURE_SOURCE_INTERNAL_H

#include "capture/source.h"

#define SOURCE_ERROR_MAX 320

struct source_ops {
	int (*read)(struct source *s, struct frame *frames, size_t max);
	void (*stop)(struct source *s);		/* async-signal-safe */
	void (*free)(struct source *s);
};

struct source {
	const struct source_ops *ops;
	struct source_counters counters;
	uint64_t mark_ns;
	const struct source_input **inputs;	/* the array is owned, the inputs are the kind's */
	size_t n_inputs;
	char error[SOURCE_ERROR_MAX];
};

#endif
