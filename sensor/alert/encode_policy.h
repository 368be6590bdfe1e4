/* encode_policy.h - a health record that says what came of reading the policy anew (ALERTS section
 * 6; rules/schema/health.schema.json).
 */
#ifndef NW_ALERT_ENCODE_POLICY_H
#define NW_ALERT_ENCODE_POLICY_H

#include "alert/incident.h"

#define POLICY_REASON_MAX 512

enum policy_part { POLICY_ALL, POLICY_ORDERS };

struct policy_counters {
	uint64_t taken, refused;	/* since the start, this one included */
};

struct policy_news {
	enum policy_part part;
	bool is_taken;			/* else what was there before still counts */
	const char *reason;		/* why not; "" not known */
	const struct policy_counters *counters;
	uint64_t at_ns;			/* capture time */
};

/* Gives; NULL: no memory.  sequence: of the last alert. */
struct record *encode_policy(const struct alert_context *ctx, const struct policy_news *news,
			     uint64_t sequence);

#endif
