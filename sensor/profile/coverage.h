/* coverage.h - what the tap did not see: when it was blind and why, and what the kernel dropped.
 *
 * A night is skipped because the tap was blind, never because little was seen (DETECTION section 2,
 * "Capture time").  So nothing here knows of a channel: stretches come from the one who declares
 * them (--gaps), from the start of the process, from the state of interfaces, and from the kernel's
 * counters; each by a rule that is written here.
 *
 *   stretch   [from, to) with a reason.  Stretches of one reason that overlap or touch are one.
 *             Each reason keeps its newest (COVERAGE_DECLARED_MAX, COVERAGE_MEASURED_MAX): the one
 *             that ends first is forgotten, and counted.  16 384 are 40 a day for 400 days.
 *   slot      15 minutes of UTC: packets that reached the sensor, and packets that were lost before
 *             it.  A slot that lost more than it got (> 50 %) is blind.  That is decided for good
 *             when a count of a later slot comes; until then it holds for the open slot as it is.
 *             The last COVERAGE_SLOTS are kept, each in a place of its own; a clock that was set
 *             by days takes over the places of other days.
 *
 * What the tap itself does not know it lost, TCP tells: bytes that the sequence numbers (RFC 9293
 * 3.4) miss and that nobody sent again.  They are counted in slots of their own by the analysis's
 * thread.  They make no time blind: whoever sends numbers as he likes would blind us.
 *
 * One-sided is the stretch in which some of several interfaces were down: what was seen counts, so
 * it degrades a night and never skips it (P15).  It is no part of blind_ns.
 *
 * Written by the reader's thread, read by the analysis's.  A mutex inside guards every function
 * below; no other lock is taken under it, and nothing is called back.  Cost: look is a binary
 * search per reason and a step per stretch inside; memory 16 B a stretch.
 */
#ifndef NW_PROFILE_COVERAGE_H
#define NW_PROFILE_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/pack.h"

#define COVERAGE_DECLARED_MAX 100000	/* as many as a file of --gaps may hold */
#define COVERAGE_MEASURED_MAX 16384	/* of each other reason */
#define COVERAGE_SLOT_NS (15 * 60 * 1000000000ULL)
#define COVERAGE_SLOTS 384		/* 4 days */

enum coverage_reason {			/* the numbers are kept in states */
	COVERAGE_DECLARED,		/* by --gaps */
	COVERAGE_NOT_RUNNING,		/* between two runs of a live sensor */
	COVERAGE_INTERFACE,		/* every interface was down or gone */
	COVERAGE_DROPS,			/* more than half of the packets were lost before us */
	COVERAGE_ONE_SIDED,		/* some interfaces were down, others not: not blind */
	COVERAGE_REASONS
};

struct coverage;

struct coverage_stretch {
	uint64_t from_ns, to_ns;
	enum coverage_reason reason;
};

struct coverage_look {
	uint64_t blind_ns;		/* each moment counts once, whatever the reasons */
	uint64_t one_sided_ns;
	enum coverage_reason reason;	/* of most of blind_ns; set when that is not 0 */
	uint64_t received, dropped;	/* of every slot that the time touches */
	double loss;			/* dropped / (received + dropped); 0: nothing was counted */
	uint64_t seen_bytes, lost_bytes;	/* of TCP, likewise: coverage_count_bytes() */
	double byte_loss;		/* lost / (seen + lost) */
};

struct coverage_counters {
	uint64_t stretches;		/* kept, of all reasons */
	uint64_t forgotten;		/* were too many */
};

int coverage_new(struct coverage **ret_coverage);	/* 0 or -ENOMEM */
void coverage_free(struct coverage *c);			/* NULL is fine */

/* Nothing was seen in [from, to); empty and reversed ones are no stretch.  0 or -ENOMEM. */
int coverage_blind(struct coverage *c, uint64_t from_ns, uint64_t to_ns,
		   enum coverage_reason reason);
/* At that time: packets that reached the sensor since the last count, and that were lost. 0 or
 * -ENOMEM. */
int coverage_count(struct coverage *c, uint64_t at_ns, uint64_t received, uint64_t dropped);

/* At that time: payload bytes of TCP seen, and missed.  Nothing for NULL. */
void coverage_count_bytes(struct coverage *c, uint64_t at_ns, uint64_t seen, uint64_t lost);

/* NULL stands for a tap that saw everything. */
void coverage_look(struct coverage *c, uint64_t from_ns, uint64_t to_ns,
		   struct coverage_look *ret_look);
/* The newest max stretches that touch [from, to), whole, by start and reason, into ret[].  Returns
 * how many there are, which may be more than max. */
size_t coverage_list(struct coverage *c, uint64_t from_ns, uint64_t to_ns,
		     struct coverage_stretch *ret, size_t max);
struct coverage_counters coverage_counters(struct coverage *c);

const char *coverage_reason_name(enum coverage_reason r);	/* "not_running": for machines */
const char *coverage_reason_text(enum coverage_reason r);	/* "the process was not running" */

/* --- for the state: two records, for one changes all the time and the other may be large ------ */

enum coverage_part { COVERAGE_STRETCHES, COVERAGE_COUNTS, COVERAGE_BYTES, COVERAGE_PARTS };

/* false: nothing has changed since it was last packed, and nothing is written. */
bool coverage_pack(struct coverage *c, enum coverage_part part, struct packer *p);
/* Adds what was packed to what is there.  false: damaged (what stands before the damage was taken),
 * or no memory. */
bool coverage_unpack(struct coverage *c, enum coverage_part part, const void *bytes, size_t len);

#endif
