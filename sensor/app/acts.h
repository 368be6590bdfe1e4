/* acts.h - promotions and revocations are applied to a baseline, and logged with it.
 *
 * One function applies them, whether `nachtwacht state promote` holds the state itself or a running
 * sensor takes a request (requests.h).  Thread: that of the state; in a sensor the analysis.
 */
#ifndef NW_APP_ACTS_H
#define NW_APP_ACTS_H

#include "alert/incident.h"
#include "app/requests.h"
#include "store/state.h"

#define ACTS_EVERY_NS 1000000000ULL	/* of the monotonic clock: how often a sensor looks */

struct acts {				/* borrowed, but for what is private */
	struct state *state;
	struct baseline_list *baseline;
	const struct incidents *incidents;
	char **taken;			/* private: applied, not removed yet */
	uint64_t looked_ns;		/* private */
	bool is_stuck;			/* private: requests cannot be removed */
};

struct acts_result {
	size_t done, already;		/* already: it was so before */
	size_t unknown;			/* no entry has that id */
	size_t spared;			/* an open incident is about it */
	size_t failed;			/* no memory, or too many are accepted */
};

/* Applies it and logs every act in the state; nothing is durable before the commit. */
struct acts_result acts_apply(struct acts *a, const struct request *r, bool was_requested);

bool acts_is_due(struct acts *a);
/* Reads and applies what waits beside the state, a line each at notice; true: there was something,
 * and a commit is due, after which acts_remove_requests() removes the files. */
bool acts_take_requests(struct acts *a);
void acts_remove_requests(struct acts *a);

/* An open incident about the destination: that of its own NW-DST-001 last, of any other rule first.
 * NULL: none. */
/* Is it one of the rules that speak because nobody has accepted it? */
static inline bool acts_is_its_own(enum rule_id rule)
{
	return rule == RULE_DST_001 || rule == RULE_SEG_003;
}
const struct incident *acts_incident(const struct incidents *in, const struct destination *d);

#endif
