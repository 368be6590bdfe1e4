/* talk.h - one conversation on the wire: endpoints, script, TCP or datagrams, and the tap's view.
 *
 *      activity's run -> talk_new() -> [talk_due(), talk_advance()]* -> talk_free()
 *
 * talk_advance() makes one packet: the frame is built, the tap's faults (loss, gaps, one direction
 * only, clock steps) are applied, the truth counted, the record written.
 * Owner: the engine.  One thread.  Memory: about 1 kB and the script's text.
 */
#ifndef NW_SYNTH_TALK_H
#define NW_SYNTH_TALK_H

#include <stdbool.h>
#include <stdint.h>
#include "synth/out.h"
#include "synth/scenario.h"
#include "synth/truth.h"
#include "synth/wire.h"

struct view {				/* what all talks write to; one for the program */
	const struct scenario *s;
	struct out *out;
	struct truth *truth;
	uint32_t snap;			/* captured bytes of later frames */
	struct wire_frame frame;	/* scratch */
	uint8_t filler[WIRE_CAPTURE_MAX];	/* scratch */
	uint64_t unwritten;		/* frames the tap did not see */
};

struct talk_start {
	size_t activity;
	size_t run;			/* index of the run it starts with */
	unsigned connection;		/* of that run */
	uint64_t serial;		/* of the activity: chooses the client port */
	uint64_t ns;
	uint64_t bytes[2];		/* 0 from -> to; of this connection */
	uint64_t duration_ns;
	bool is_lookup;			/* the DNS question before it, not the thing itself */
};

struct talk;

/* 0, -ENOMEM or ERR_LIMIT (a script grew beyond reason). */
int talk_new(struct view *v, const struct talk_start *start, struct talk **ret_talk);
void talk_free(struct talk *t);			/* NULL is fine */
uint64_t talk_due(const struct talk *t);	/* PLAYER_NEVER: it is over */
int talk_advance(struct talk *t, struct view *v);	/* 0 or as talk_new() */

/* Volume and duration of a run, drawn from the run's own stream. */
void talk_run_volume(const struct scenario *s, const struct activity *a, size_t run,
		     uint64_t ret_bytes[static 2], uint64_t *ret_duration_ns);

#endif
