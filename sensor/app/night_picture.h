/* night_picture.h - one channel in full, with its nights drawn in the terminal.
 *
 *              22  23  00  01  02  03  04  05
 *   01-12 Mon      ----------:#*.------------      312 MB up    1.5 MB down  counts
 *
 * A row a night.  A column is 15 minutes of the site's time, its density the upload of the quarter
 * against the largest one of all nights, as the four bits of the state have it (evidence.h).
 */
#ifndef NW_APP_NIGHT_PICTURE_H
#define NW_APP_NIGHT_PICTURE_H

#include <stdbool.h>
#include <stdio.h>
#include "app/state_view.h"

void night_picture_print(const struct state_view *v, const struct channel *ch, bool has_blocks,
			 FILE *out);
/* Is out a terminal that shows UTF-8, by the environment? */
bool night_picture_has_blocks(FILE *out);

#endif
