/* links_view.h - who is who on the links that a state knows: for `nachtwacht state show` and
 * `export`. */
#ifndef NW_APP_LINKS_VIEW_H
#define NW_APP_LINKS_VIEW_H

#include <jansson.h>
#include <stdio.h>
#include "app/state_view.h"

/* A line a link, and one for each MAC that routes or hands out leases there. */
void links_view_print(const struct state_view *v, FILE *out);
json_t *links_view_json(const struct link_row *row);	/* gives; NULL: no memory */
/* Connections carried to the next run, without what was claimed in the running minute. */
uint64_t links_view_connections(const struct state_view *v);

#endif
