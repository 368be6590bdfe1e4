/* busy.h - when a listed asset is busy with what nobody minds: its internal or expected upload of
 * the running row, of which profile/crowd.h gets one vote when the row is over.
 *
 * Only listed assets are followed: an address that nobody listed costs an attacker nothing, and a
 * thousand forged ones could say when "everybody here" is busy.  Internal is what stays within the
 * site, in the asset's own zone too.
 * Thread: analysis.  Bytes: those of a row (row.h) an asset, while it has a running one.
 */
#ifndef NW_PROFILE_BUSY_H
#define NW_PROFILE_BUSY_H

#include "base/pack.h"
#include "profile/row.h"
#include "profile/subject.h"

/* A minute of such traffic; what was there of an older row goes. */
void busy_add(struct subject *s, int64_t row, const struct row_minute *m);
/* The row is over: what it was.  Gives; NULL: nothing. */
struct row *busy_take(struct subject *s, int64_t row);

/* For the state, votes included.  latest_row: neither can be of a later one. */
void busy_pack(const struct subject *s, struct packer *p);
void busy_unpack(struct unpacker *u, int64_t latest_row, struct subject *s);

#endif
