/* slow.h - NW-EXF-011: little upload a day that nobody expects, and after weeks it is much.
 *
 * Of the upload of the last 30 rows to one network, name or autonomous system (profile/ledger.h),
 * by the parameters of the rule (struct slow_params; values as the rule pack has them),
 *
 *   bytes     50 MB is the least that is told, and half of it what an incident stays open for
 *   ratio     0.6 is less than (up - down) / (up + down): the measure of detector N.  Read as the
 *             share of upload, it took a form of 600 kB that is answered with 300
 *   rows      7 rows, a week, had day_bytes of it or more: what comes once or twice is not slow
 *   largest   the largest row holds at most this share, half: one migration, one large file, or
 *             two, are no slow leak but NW-DST-001's and the volume's business
 *   same      of the upload, 0.8 of it, to be the same as another's
 *
 * So 5 MB a day are told on the 10th day and 1.7 MB a day on the 30th; steady or not, at any hour:
 * nothing is said about rhythm.
 * Severity 3; 2 without a site policy, where nobody has said what is expected; and 2 where at least
 * half of the assets of the role, two or more, send there, each at least half as much: what a whole
 * role does is its work more often than a leak (a port's results for the customs system, 72 MB a
 * day and station), and is told all the same until somebody registers it.
 * Pure functions, any thread.
 */
#ifndef NW_DETECT_SLOW_H
#define NW_DETECT_SLOW_H

#include "policy/rule_params.h"
#include "profile/ledger.h"

struct slow_facts {
	uint64_t up, down;		/* of the 30 rows */
	uint64_t largest;		/* upload of the largest row */
	uint32_t rows;			/* with day_bytes or more */
	const char *name;		/* of a domain, else NULL */
	/* Of its role: who sends there like it, and all of them; itself included. */
	uint32_t sharers, role_assets;
};

struct slow_facts slow_look(const struct slow_params *p, const struct ledger *l);
unsigned slow_severity(const struct slow_facts *f, bool has_policy);
bool slow_is_shared(const struct slow_facts *f);
bool slow_is_one(const struct slow_params *p, const struct slow_facts *f);
bool slow_is_over(const struct slow_params *p, const struct slow_facts *f);
/* Is a's upload, row by row, mostly what b has too?  Exact where one is part of the other. */
bool slow_is_same(const struct slow_params *p, const struct ledger *a, const struct ledger *b);

#endif
