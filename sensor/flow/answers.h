/* answers.h - the list of a minute's DNS answers (slice.h), built on the packet path.
 *
 * Bounded: SLICE_ANSWERS_MAX entries of one flow and minute, each as long as its name.
 * Thread: the owner's of the list.  Cost: a comparison with each entry there.
 */
#ifndef NW_FLOW_ANSWERS_H
#define NW_FLOW_ANSWERS_H

#include "base/pack.h"
#include "flow/slice.h"

/* Appends the pairs that are not there yet; returns how many.  Those without a place, or without
 * memory, are added to found->beyond. */
unsigned answers_add(struct dns_answer **list, struct dpi_answers *found);
void answers_free(struct dns_answer **list);	/* *list is NULL afterwards, and may be before */

/* For flows that are carried over the end of a run in the middle of a minute. */
void answers_pack(struct packer *p, const struct dns_answer *list);
/* Gives the list.  false: malformed (u->is_bad is set) or no memory; *ret_list is NULL then. */
bool answers_unpack(struct unpacker *u, struct dns_answer **ret_list);

#endif
