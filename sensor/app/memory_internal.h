/* memory_internal.h - what memory.c (loading and committing), memory_plan.c (how runs follow
 * each other) and memory_gone.c (assets that left the site) share. */
#ifndef NW_APP_MEMORY_INTERNAL_H
#define NW_APP_MEMORY_INTERNAL_H

#include "app/acts.h"
#include "app/memory.h"
#include "base/pack.h"
#include "dpi/filetype.h"

struct memory {
	struct state *state;
	const struct site *site;
	struct analysis *analysis;
	struct pipeline_carry carry;
	struct packer key, value;
	uint64_t committed_ns;		/* of the monotonic clock */
	struct coverage *coverage;	/* borrowed, or NULL */
	int64_t names_row;		/* for which the names of DNS were kept last */
	struct file_types files_then;	/* of the run that left the connections */
	struct acts acts;		/* what people ask for while this runs */
	bool has_past;			/* an earlier run has left something */
	bool has_failed;		/* a put failed: said, and the run's status */
	bool is_replay;
	char scratch[64];		/* its directory; "": it is a state that somebody gave */
	bool is_clean;			/* the inputs were read to their end, or live was stopped */
};

/* Small texts and numbers of STATE_META. */
int memory_put_text(struct memory *m, const char *name, const char *text);
/* Is the text kept under that name this one?  True too when none is kept. */
bool memory_is_text(struct memory *m, const char *name, const char *text);
uint64_t memory_get_ns(struct memory *m, const char *name);
/* Incidents of assets that the site no longer lists are resolved, with a record, as a reload of the
 * policy does it; the tables are loaded.  0 or -ENOMEM. */
int memory_part_gone(struct memory *m, const struct analysis_parts *parts,
		     const struct analysis_point *point);
/* The events of the minute that is not complete, for the next run. */
void memory_keep_pending(struct memory *m);

#endif
