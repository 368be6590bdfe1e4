/* attest_record.h - a day that is over becomes a record: its verdict, and what it rests on.
 *
 * The verdict, in this order:
 *
 *   invalid                    for what follows nobody can say that the network stayed closed:
 *       nothing_read           neither a packet nor an idle mark came on that day
 *       not_observed           more than ATTEST_ALLOWED_NS of it were not observed: before the
 *                              capture began or after it ended, declared by --gaps, the process
 *                              was not running, every interface was down, or most packets were
 *                              dropped
 *       one_sided              for longer than that one of several interfaces was down
 *       drops                  the kernel lost more than ATTEST_DROPS of the day's packets
 *       incomplete             no memory: some of what was seen is not in the record
 *   crossings_without_order    something crossed a boundary, or a remote session was held, that no
 *                              expected entry and no work order covers; beyond the rows kept too
 *   clean                      nothing did
 *
 * Silence is no reason: a tap that hears nothing has observed silence (DETECTION section 2).  In a
 * replay nothing tells it from a missing capture, so a whole day of it is "nothing_read", and
 * shorter silences are listed.  What the numbers of TCP miss is told and no reason either: whoever
 * sends numbers as he likes would make days invalid.
 * Thread: analysis.
 */
#ifndef NW_ALERT_ATTEST_RECORD_H
#define NW_ALERT_ATTEST_RECORD_H

#include "alert/incident.h"
#include "base/sign.h"
#include "profile/attest.h"

#define ATTEST_ALLOWED_NS (60 * NS_PER_SEC)
#define ATTEST_DROPS 0.01		/* NW-HLT-001's */
#define ATTEST_GAPS_MAX 64		/* listed; more are counted */

enum attest_why { ATTEST_NOTHING_READ, ATTEST_NOT_OBSERVED, ATTEST_ONE_SIDED, ATTEST_DROPPED,
		  ATTEST_INCOMPLETE, ATTEST_WHYS };
const char *attest_why_name(enum attest_why w);

struct attest_facts {
	const struct alert_context *context;
	const struct attest *attest;	/* its day is to be told */
	uint64_t until_ns;		/* capture ended there; the day's end when it is over */
	uint64_t skipped_days;		/* before it: in too long a gap for a record each */
	const struct sign_key *key;	/* NULL: not signed */
};

/* What was not observed of the day, each moment once. */
uint64_t attest_unobserved_ns(const struct attest_facts *f);
/* Gives the record, and its hash; NULL: no memory. */
struct record *attest_record(const struct attest_facts *f, char ret_hash[static DIGEST_HEX_MAX]);

#endif
