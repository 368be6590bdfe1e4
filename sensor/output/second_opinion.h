/* second_opinion.h - a channel's nights looked at once more at the end of a replay, by other means.
 *
 * The permutation test (detect/permutation.h) over the nights that the channel remembers.  Shown in
 * the summary of a replay only: a record is the same live and in a replay, and live there is no end
 * at which one may look once.  It decides nothing.
 */
#ifndef NW_OUTPUT_SECOND_OPINION_H
#define NW_OUTPUT_SECOND_OPINION_H

#include <stdbool.h>
#include <stddef.h>
#include "alert/incident.h"
#include "profile/channel.h"

#define SECOND_OPINION_MAX 320		/* characters, with the zero byte */

/* One sentence.  false: the incident does not rest on nights, or its channel has too few of them.
 * The same for every run over the same packets: random numbers begin with the incident's id. */
bool second_opinion_of(const struct channels *channels, const struct incident *in,
		       char ret_text[static SECOND_OPINION_MAX]);

#endif
