/* gaps.h - stretches of capture time without any packet: silence, or a capture that is missing.
 *
 * Nothing in a capture file tells the two apart, so they are taken as silence and listed for the
 * reader, who knows.  Live, idle marks count like packets: the interface was listened to.
 * One thread.
 */
#ifndef NW_CAPTURE_GAPS_H
#define NW_CAPTURE_GAPS_H

#include <stddef.h>
#include <stdint.h>

#define GAPS_KEPT 16
#define GAPS_LONGER_NS (3600 * 1000000000ULL)	/* an hour: shorter ones are ordinary */

struct gap {
	uint64_t from_ns, to_ns;	/* the packets before and after it */
};

struct gaps {
	uint64_t n;
	uint64_t reached_ns;		/* capture time; 0: it has not begun */
	struct gap first[GAPS_KEPT];	/* of them the first */
};

/* Capture time has reached ns, which never falls. */
static inline void gaps_reach(struct gaps *g, uint64_t ns)
{
	if (g->reached_ns && ns > g->reached_ns && ns - g->reached_ns > GAPS_LONGER_NS) {
		if (g->n < GAPS_KEPT)
			g->first[g->n] = (struct gap){ g->reached_ns, ns };
		g->n++;
	}
	g->reached_ns = ns;
}

static inline size_t gaps_kept(const struct gaps *g)
{
	return g->n < GAPS_KEPT ? (size_t)g->n : GAPS_KEPT;
}

#endif
