/* ends.h - who speaks to whom this time: addresses, MACs, ports and hops as the tap sees them. */
#ifndef NW_SYNTH_ENDS_H
#define NW_SYNTH_ENDS_H

#include "synth/random.h"
#include "synth/scenario.h"
#include "synth/wire.h"

struct ends_choice {
	size_t run;
	uint32_t day;
	unsigned connection;
	uint64_t serial;		/* connections of the activity so far */
};

struct ends {
	struct wire_path path;
	const char *id[2];		/* host ids by side; borrows from the scenario */
	unsigned from_side;
	bool is_far;			/* one end is outside: a long round trip */
};

/* Client and server of a connection of activity a. */
void ends_choose(const struct scenario *s, const struct activity *a, const struct ends_choice *c,
		 struct random *random, struct ends *ret);
/* The question to a's resolver that comes before: from the same host. */
void ends_lookup(const struct scenario *s, const struct activity *a, const struct ends *of,
		 struct random *random, struct ends *ret);

#endif
