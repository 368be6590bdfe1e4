/* volume.h - how unusual an amount is for a subject (DETECTION "Volume"): shown, used for level L3,
 * never a gate.  y = log2(1 + bytes), z = (y - median) / max(1.4826 MAD, 0.5) over the subject's
 * previous 28 night windows, this channel left out.  Pure.
 */
#ifndef NW_DETECT_VOLUME_H
#define NW_DETECT_VOLUME_H

#include "profile/channel.h"

/* Both: since is the first row the tap saw; rows in [since, row) count, silent ones as 0 bytes. */

/* The median itself, in bytes; 0 with *ret_nights 0 when no earlier night is known. */
uint64_t volume_usual(const struct channel *ch, int64_t since, int64_t row, unsigned *ret_nights);
/* The same of whole rows, all channels of the subject. */
uint64_t volume_usual_of_day(const struct subject *s, int64_t since, int64_t row,
			     unsigned *ret_days);
/* 0 when fewer than 7 earlier nights are known: too little to call anything usual. */
double volume_z(const struct channel *ch, int64_t since, int64_t row, uint64_t up);

/* Against whole rows of the subject, all its channels: is this upload more than the subject sends
 * in a day?  0 as above. */
double volume_z_of_day(const struct subject *s, int64_t since, int64_t row, uint64_t up);

#endif
