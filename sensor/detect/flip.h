/* flip.h - NW-EXF-006: a peer that an asset has received from for nights is sent to, and much: the
 * ratio of upload to download flips.
 *
 *	of		an asset and a network (/24, /48) outside, or a registered domain, by what
 *			no expected entry covers: both are channels, and nothing else is kept
 *	before		of all nights before this one: `nights` (7) of the last 63 with traffic, and
 *			in sum less than `before` (2) times as much sent as received.  Without
 *			download there is no ratio, and a peer without nights is NW-DST-001's
 *	tonight		of the row, at its end: `bytes` (10 MB) sent or more, and more than `ratio`
 *			(20) times what was received
 *	goes on		with an incident of it, open or resolved, tonight is enough: what was told
 *			has moved the sum
 *	severity	3; 2 of an address that nobody lists, without a site policy, and where
 *			parts of the tap were down: what was received may be missing
 *
 * A leak that downloads as well keeps the ratio down; that is told by others (NW-EXF-001,
 * NW-EXF-011).  Pure functions, any thread.
 */
#ifndef NW_DETECT_FLIP_H
#define NW_DETECT_FLIP_H

#include "policy/rule_params.h"
#include "profile/channel.h"

struct flip_facts {
	uint64_t up, down;		/* of the row */
	uint64_t before_up, before_down;
	uint32_t nights;		/* with traffic before, of the last 63 */
	const char *name;		/* of a domain, else NULL */
	bool is_one_sided;		/* parts of the tap were down */
};

/* Of the channel's running row, and what was before it. */
struct flip_facts flip_look(const struct channel *ch);
bool flip_is_upload(const struct flip_params *p, const struct flip_facts *f);	/* tonight */
bool flip_was_download(const struct flip_params *p, const struct flip_facts *f);	/* before */
unsigned flip_severity(const struct flip_facts *f, bool is_listed, bool has_policy);

#endif
