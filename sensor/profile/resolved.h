/* resolved.h - which name led to an address: a day of DNS answers.
 *
 *	(client, address) -> name	what this client was told
 *	(anybody, address) -> name	what was told last, to whomever
 *
 * A channel by registered domain needs it where a connection carries no name of its own; so does
 * the question whether an address was asked for at all before it was used (NW-DST-004), which asks
 * too whether a name was.
 *
 * A pair is remembered for RESOLVED_NS of capture time after it was told last.  Bounded: when all
 * places are taken the pair told longest ago goes (counted).  What is found depends on what was
 * noted and in which order, and on nothing else: the table's layout is keyed by hash_secret(), the
 * order of going is that of notes.
 * Thread: analysis.  Memory: 80 bytes a pair, all at start, and the names (255 bytes at most).
 * Cost: a hash look-up each.
 */
#ifndef NW_PROFILE_RESOLVED_H
#define NW_PROFILE_RESOLVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/pack.h"

#define RESOLVED_MAX 65536
#define RESOLVED_NS NS_PER_DAY
#define RESOLVED_NAME_MAX 256		/* with the zero byte; as DPI_NAME_MAX */

struct resolved;

struct resolved_counters {
	uint64_t live;			/* pairs held now, "anybody" included */
	uint64_t noted;			/* calls of resolved_note() */
	uint64_t expired, evicted;	/* pairs that went: by time, for want of room */
	uint64_t no_memory;		/* notes without effect */
};

/* max: 2 or more pairs; 0: RESOLVED_MAX.  0, -EINVAL or -ENOMEM. */
int resolved_new(size_t max, struct resolved **ret_resolved);
void resolved_free(struct resolved *r);		/* NULL is fine */

/* DNS told the client that name leads to address.  A name that is empty or too long is passed over.
 * at_ns should not go back; where it does, it counts as the latest so far. */
void resolved_note(struct resolved *r, const struct addr *client, const struct addr *address,
		   const char *name, uint64_t at_ns);
/* The name that the client was told for address, else the one that anybody was; NULL: none within
 * RESOLVED_NS before at_ns.  Borrowed until the next resolved_note().  ret_was_asked (may be NULL):
 * the client itself was told. */
const char *resolved_find(const struct resolved *r, const struct addr *client,
			  const struct addr *address, uint64_t at_ns, bool *ret_was_asked);
/* Was that name told for any address, to anybody, within RESOLVED_NS before at_ns? */
bool resolved_was_told(const struct resolved *r, const char *name, uint64_t at_ns);
/* When the latest of the pairs was told that went for want of room before their time; 0: none. */
uint64_t resolved_lost_ns(const struct resolved *r);
const struct resolved_counters *resolved_counters(const struct resolved *r);

/* For the state: all pairs, those told longest ago first.  Unpacking adds to an empty memory;
 * false: malformed (u->is_bad is set) or no memory, and it is empty again. */
void resolved_pack(const struct resolved *r, struct packer *p);
bool resolved_unpack(struct resolved *r, struct unpacker *u);

#endif
