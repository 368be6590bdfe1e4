/* filter.h - a BPF expression over frames of any link type, and link type numbers.
 *
 * A BPF program belongs to a link type, so the expression is compiled once for each that occurs,
 * the known ones at the start: compiling may look up names and belongs before the sandbox.
 * Thread: one at a time.  Cost: libpcap's interpreter over the captured bytes.
 */
#ifndef NW_CAPTURE_FILTER_H
#define NW_CAPTURE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "packet/packet.h"

struct filter;

/* links: the LINKTYPE_ numbers known so far; none: Ethernet stands for all.
 * 0; -ENOMEM; -EINVAL, with libpcap's reason logged, when it compiles for none of them. */
int filter_new(const char *expression, const uint16_t *links, size_t n_links,
	       struct filter **ret_filter);
void filter_free(struct filter *f);		/* NULL is fine */

/* A frame of a link type for which the expression does not compile does not match (one warning). */
bool filter_matches(struct filter *f, const struct frame *frame);

/* LINKTYPE_ (in files) and DLT_ (in libpcap, on this system) differ for a few. */
int filter_dlt_of_link(uint16_t link);
uint16_t filter_link_of_dlt(int dlt);
const char *filter_link_name(uint16_t link);	/* libpcap's description, or "unknown" */

#endif
