/* gaps_file.h - outages of the tap that a person declares (--gaps FILE of a replay).
 *
 * JSON, like the other policy files (rules/schema/gaps.schema.json):
 *
 *	{"gaps": [{"from": "2026-01-17T22:00", "to": "2026-01-18T06:00", "reason": "power cut"}]}
 *
 * or CSV with the same columns, in this order, fields quoted where they hold a comma:
 *
 *	from,to,reason
 *	2026-01-17T22:00:00Z,2026-01-18T06:00:00Z,"tap unplugged, ticket 4711"
 *
 * Which of the two is told by the first character.  Times are RFC 3339; without an offset they are
 * the site's (tz_use() came before); `to` is exclusive.  All three are needed: a declared outage
 * takes nights out of the evidence, and whoever reads the result must learn why.  Entries may
 * overlap.
 * Everything wrong is logged as FILE:LINE:COLUMN, with a remedy.  Thread: any.
 */
#ifndef NW_POLICY_GAPS_FILE_H
#define NW_POLICY_GAPS_FILE_H

#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"

#define GAPS_ENTRIES_MAX 100000
#define GAPS_BYTES_MAX (32u << 20)
#define GAPS_REASON_MAX 256		/* bytes, with the zero byte */

struct arena;

struct declared_gap {
	uint64_t from_ns, to_ns;	/* from < to */
	const char *reason;		/* not empty; any bytes: escape or repair it */
};

struct gaps_file {			/* immutable */
	struct declared_gap *list;	/* by from, then to */
	size_t n;
	char sha256[DIGEST_HEX_MAX];	/* of the file's bytes */
	struct arena *arena;
};

/* 0; -ENOMEM, ERR_FORMAT, ERR_LIMIT or -errno of reading, each logged.  Free with
 * gaps_file_free(). */
int gaps_file_load(const char *path, struct gaps_file **ret_gaps);
/* The same over text in memory; name is for messages. */
int gaps_file_parse(const char *name, const char *text, size_t len, struct gaps_file **ret_gaps);
void gaps_file_free(struct gaps_file *g);	/* NULL is fine */

#endif
