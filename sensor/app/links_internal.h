/* links_internal.h - what links.c (a minute comes in) and links_tell.c (what is found) share. */
#ifndef NW_APP_LINKS_INTERNAL_H
#define NW_APP_LINKS_INTERNAL_H

#include "app/links.h"
#include "detect/gateway.h"
#include "detect/spoof.h"

static inline const struct rule_params *links_params(const struct links_watch *w)
{
	return &w->context->site->rules->params;
}

/* The minute had more claims than were looked at: w->claims_beyond. */
void links_tell_beyond(struct links_watch *w, uint64_t judged_ns);
void links_found_spoof(struct links_watch *w, struct neighbour *n, enum spoof what,
		       uint64_t judged_ns);
/* Of the link's addresses the MAC claims no more than a host does. */
bool links_claims_few(const struct links_watch *w, const struct links_forward *f);
/* It was seen; f: by this traffic, NULL: by what it said itself. */
void links_judge_gateway(struct links_watch *w, struct gateway *g, const struct links_forward *f,
			 uint64_t judged_ns);

#endif
