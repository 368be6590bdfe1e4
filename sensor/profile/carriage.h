/* carriage.h - what an asset's DNS questions below one domain, or its echoes to one address, have
 * carried in the running row: the facts of NW-EXF-008 (detect/tunnel.h).
 *
 * The counts are those of flow/carried.h, added up over the row; a row without any begins anew.  A
 * record of which nothing was told goes with its row, so the table holds what one day brings, and
 * is bounded by CARRIAGE_MAX: when it is full, a quarter of the subject that has most goes, the
 * least carried first, never what was told.  Some 300 bytes and at most 512 of samples each: 7 MB.
 * Thread: analysis.  Pointers stay valid until the next carriages_get() or carriages_end_row().
 */
#ifndef NW_PROFILE_CARRIAGE_H
#define NW_PROFILE_CARRIAGE_H

#include "base/sample.h"
#include "flow/carried.h"
#include "profile/keyed.h"

#define CARRIAGE_MAX 8192

struct carriage {
	struct keyed keyed;		/* group domain; of echoes ip */
	char *name;			/* of the domain; NULL: echoes */
	int32_t row;			/* of the counts */
	uint64_t asked, asked_bytes;	/* questions, or requests */
	uint64_t odd, answers, nxdomain, listed;	/* DNS; answers: replies too */
	uint64_t plain, text, mismatched, mismatched_bytes;	/* echoes */
	struct sample different;
	uint64_t first_ns, last_ns;
	struct channel_key leaf;	/* the connection that showed it last */
	/* What was told of it (app/tunnels.c). */
	bool is_told;
	uint64_t told_bytes;		/* of the row, in the last record */
	uint64_t total;			/* different bytes of earlier rows that counted */
	uint32_t rows;			/* that counted, the running one excluded */
	int32_t last_hit;		/* the last of them, the running one included */
	bool is_expected;		/* this row: the site's policy was asked */
	bool is_changed;		/* since it was last packed */
};

struct carriages;

int carriages_new(struct carriages **ret_carriages);	/* 0 or -ENOMEM */
void carriages_free(struct carriages *c);
/* Made when it is not there; its counts are the row's.  name: of a domain, else NULL.  NULL: no
 * memory. */
struct carriage *carriages_get(struct carriages *c, struct subject *s,
			       const struct channel_key *key, const char *name, int64_t row);
void carriage_add_domain(struct carriage *c, const struct carried_domain *d);
void carriage_add_echo(struct carriage *c, const struct carried_echo *e);
/* In the order of keyed_sorted(); each begins with its struct keyed. */
struct keyed **carriages_sorted(struct carriages *c, size_t *ret_n);
/* The row is over: what was not told is forgotten. */
void carriages_end_row(struct carriages *c);
uint64_t carriages_forgotten(const struct carriages *c);	/* for want of room */

/* Called for each that goes, before it does: the state forgets it. */
typedef void (*carriages_removed_fn)(void *arg, const struct keyed *k);
void carriages_on_remove(struct carriages *c, carriages_removed_fn removed, void *arg);

/* For the state; the key is keyed_pack_key()'s. */
void carriage_pack(const struct carriage *c, struct packer *p);
bool carriage_unpack(struct carriages *c, const struct subjects *s, struct unpacker *key,
		     struct unpacker *value);

#endif
