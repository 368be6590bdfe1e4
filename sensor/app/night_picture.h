/* night_picture.h - one channel in full, with its nights drawn in the terminal.
 *
 *              22  23  00  01  02  03  04  05
 *   01-12 Mon      ----------####------------      312 MB up    1.5 MB down  counts
 *
 * A row a night.  A column is 15 minutes of the site's time.  Of a night the state keeps when the
 * burst began and ended and how much it carried, not how it was spread: so a burst has one density,
 * that of its bytes against the largest night's, and nothing is drawn that is not known.
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
