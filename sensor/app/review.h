/* review.h - what waits in a state for a human: shared by state review and state promote.  One
 * thread. */
#ifndef NW_APP_REVIEW_H
#define NW_APP_REVIEW_H

#include "alert/incident.h"
#include "app/state_view.h"

struct review_line {
	struct destination *destination;
	const struct incident *incident;	/* open, about it; or NULL */
	double m;			/* the largest M of a channel about it; 0: below 10 */
	bool in_closed_zone;
};

/* In the order of (subject, group, value).  asset: of that one only, NULL: all.  Gives; NULL: no
 * memory. */
struct review_line *review_waiting(const struct state_view *v, const char *asset, size_t *ret_n);
/* An incident of another rule than NW-DST-001 speaks against it. */
bool review_is_suspect(const struct review_line *line);
/* "tcp/443 udp/443" */
const char *review_services(const struct destination *d, char buf[static VIEW_TEXT_MAX]);

#endif
