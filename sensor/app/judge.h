/* judge.h - one channel on one night: does it qualify, and what does that add to its evidence.
 *
 * Says what it found as a voice; which of a subject's voices becomes an incident is speak.c's.
 * Thread: analysis.
 */
#ifndef NW_APP_JUDGE_H
#define NW_APP_JUDGE_H

#include "alert/incident.h"
#include "detect/nightly.h"
#include "profile/channel.h"

/* What the tap saw of a night window, the same for all channels of the same hours. */
struct night_watch {
	int64_t row;
	struct night night;
	uint64_t judged_ns;		/* capture time */
	uint64_t seen_from_ns, seen_to_ns;	/* of the row */
	double coverage;		/* share of the window that was seen */
	double loss;			/* share that the tap lost: of the packets by its own count,
					 * of TCP's bytes by the sequence; the larger */
	bool is_one_sided;		/* some of the tap's interfaces were down */
	bool is_partial;		/* judged before its end */
};

/* A channel whose evidence has reached a level, on a night that added to it. */
struct voice {
	enum rule_id rule;
	struct channel *channel;
	enum level level;
	unsigned severity, process;
	unsigned agrees;		/* NW-EXF-005: enum agreement */
	double z;			/* likewise: of the latest upload */
};

struct judge {				/* borrowed */
	const struct alert_context *context;
	const struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	uint64_t channel_nights;	/* bets made so far */
};

#define JUDGE_DEGRADED_LOSS 0.01	/* more loss than this: the night is degraded */
#define JUDGE_BLIND 0.5	/* less than this of the window seen: the night is skipped */

#define JUDGE_VOICES 2	/* of detector N, of a period of days */
/* How many of ret_voices were set. */
unsigned judge_channel(struct judge *j, const struct night_watch *w, struct channel *ch,
		       struct voice ret_voices[static JUDGE_VOICES]);
/* The first slot that begins at that time or later, at most ROW_SLOTS; and civil minutes since
 * civil noon less the row's minutes, as of then. */
unsigned judge_slot(uint64_t row_start_ns, uint64_t ns);
int judge_civil_shift(uint64_t row_start_ns, uint64_t ns);
/* Is the running row's main peer in a country outside the site's that the subject had not met 30
 * rows ago? */
bool judge_is_new_country(const struct judge *j, const struct channel *ch, int64_t row);
/* The picture of that row, when the channel's evidence has it: all slots seen so far. */
void judge_draw(struct channel *ch, int64_t row);

#endif
