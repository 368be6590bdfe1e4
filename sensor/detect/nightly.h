/* nightly.h - detector N: upload that comes back every night (DETECTION section 4, NW-EXF-001).
 *
 * p-values looked at every night lose their meaning; e-values do not.  Each judged night multiplies
 * the evidence by a bet e whose expectation is at most 1 for an innocent channel,
 *
 *     M = (M + 1) * e        Shiryaev-Roberts, for a pattern whose first night is not known
 *     e = presence * location
 *     presence = 1 + L (x - p) / p          x: does tonight qualify?
 *     location = 0.1 + 0.9 q(t)             q: density of the burst's start, relative to uniform,
 * under kernels at the burst times of earlier nights, divided by max(1, f0(t)) where it is known
 *
 * and an alarm is M >= A.  The expected false alarms of an innocent channel are at most one per A
 * nights judged (Shin, Ramdas, Rinaldo: E-detectors, 2022).  Everything a night's bet uses was
 * fixed before it; p and the floors are parameters, never learned from traffic.
 *
 * Definitions where the text leaves room: a slot is *active* when its upload is at least 1/16 of
 * the window's largest slot (so that keep-alives do not stretch a burst over the whole day); a slot
 * belongs to the window when it begins inside it.  Pure functions, no I/O, no allocation.
 */
#ifndef NW_DETECT_NIGHTLY_H
#define NW_DETECT_NIGHTLY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include "policy/calendar.h"
#include "policy/rule_params.h"
#include "profile/evidence.h"

static_assert(NIGHTLY_FLOORS == EVIDENCE_PROCESSES, "a floor for each process");

/* One night of one channel, as far as it was seen. */
struct nightly_night {
	const uint64_t *up, *down;	/* ROW_SLOTS each */
	unsigned window_from, window_to;	/* slots [from, to) of the night window */
	unsigned seen_from, seen_to;	/* the slots of the row that the tap was there for */
	int civil_shift_min;		/* civil minutes since civil noon = row minutes + this */
	bool is_changeover;		/* the civil clock does not bet tonight */
	/* f0 at the burst's start, relative to uniform in the window (profile/crowd.h); 0: not
	 * known.  Looked up between nightly_find_burst() and nightly_step(). */
	double crowd;
	int64_t row;
};

struct nightly_burst {
	unsigned from, to;		/* slots [from, to) of the run with the largest slot */
	bool began_before;		/* the run began before the window */
	uint64_t up, down;		/* in the window */
};

/* Where the window's traffic lies.  false: nothing was uploaded in it. */
bool nightly_find_burst(const struct nightly_night *night, struct nightly_burst *ret_burst);
bool nightly_qualifies(const struct nightly_params *p, const struct nightly_night *night,
		       const struct nightly_burst *burst, uint64_t floor);

/* One step of one process.  burst may be NULL when is_hit is false.  Returns the night's factor
 * M / (M before + 1). */
double nightly_step(const struct nightly_params *p, const struct nightly_night *night, bool is_hit,
		    const struct nightly_burst *burst, struct process *process);
/* After resolve_after nights without a hit: M and the counts go, burst times stay for a return. */
void nightly_reset(struct process *process);

enum level nightly_level(const struct nightly_params *p, const struct process *process);

#endif
