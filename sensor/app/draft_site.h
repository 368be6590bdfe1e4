/* draft_site.h - a first site policy out of what was seen, for a human to correct and sign.
 *
 *   assets      who was seen: id, address, MAC when it is one machine's; the role it seems to have
 *   zones       the /24 (IPv6: /64) networks they lie in
 *   expected    a conversation each: from the asset to the address, with its services
 *
 * It declares nothing as right: every entry is "TO BE SIGNED", and conversations about which an
 * incident is open, or which nobody ever answered, are left out and said so.
 */
#ifndef NW_APP_DRAFT_SITE_H
#define NW_APP_DRAFT_SITE_H

#include <stdio.h>
#include "app/state_view.h"

int draft_site_print(const struct state_view *v, FILE *out);	/* the exit status */

#endif
