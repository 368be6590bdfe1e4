/* sample.h - how many different things there were, and what they amount to together, in bounded
 * memory: adaptive distinct sampling (Wegman; Flajolet, "On adaptive sampling", 1990).
 *
 * A thing is its hash and its size.  Kept are the things whose hash begins with at least `level`
 * zero bits; when there are more than SAMPLE_THINGS_MAX of them the level rises until they fit.  So
 *
 *	count = kept << level		exact up to SAMPLE_THINGS_MAX different things, then with a
 *	bytes = their sizes << level	standard error about 1 / sqrt(SAMPLE_THINGS_MAX / 1.5), 15 %
 *
 * What is kept is a function of the set of things alone, whatever their order, their repetition and
 * how they were split: samples of parts, merged, are the sample of the whole.  The hash must be
 * keyed by something that who makes the things does not know (he could make them all fall out).
 * Cost: a comparison with each thing kept, at most SAMPLE_THINGS_MAX.  Memory: 8 bytes a thing
 * kept, doubling.  Thread: the owner's.
 */
#ifndef NW_BASE_SAMPLE_H
#define NW_BASE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/pack.h"

#define SAMPLE_THINGS_MAX 64
#define SAMPLE_LEVEL_MAX 32

struct sample_thing {
	uint32_t hash, size;
};

struct sample {				/* zeroed: empty */
	struct sample_thing *things;	/* owned, in no order that means anything */
	uint8_t n, room, level;
};

bool sample_add(struct sample *s, uint32_t hash, uint32_t size);	/* false: no memory */
bool sample_merge(struct sample *to, const struct sample *from);	/* likewise */
void sample_clear(struct sample *s);
uint64_t sample_count(const struct sample *s);
uint64_t sample_bytes(const struct sample *s);

void sample_pack(const struct sample *s, struct packer *p);
/* Into an empty one.  false: malformed (u->is_bad is set) or no memory; it is empty then. */
bool sample_unpack(struct unpacker *u, struct sample *ret);

#endif
