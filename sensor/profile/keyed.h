/* keyed.h - a table of records by (subject, destination group), for rules that keep facts of their
 * own beside the channels: carriage.h, ledger.h.
 *
 * A record begins with a struct keyed and is its owner's.  Nothing that comes out depends on the
 * layout: keyed_sorted() is in the order of (subject id, group, value, service).
 * Thread: analysis.  Cost: a hash look-up; sorting when something was added or removed since.
 */
#ifndef NW_PROFILE_KEYED_H
#define NW_PROFILE_KEYED_H

#include <stdbool.h>
#include <stddef.h>
#include "profile/group.h"
#include "profile/subject.h"

#define KEYED_BUCKETS 4096

struct keyed {
	struct channel_key key;		/* whole, with the subject's number */
	struct subject *subject;
	struct keyed *chain;		/* the table's */
};

struct keyed_table {			/* zeroed: empty */
	struct keyed *buckets[KEYED_BUCKETS];
	struct keyed **sorted;
	size_t n, room;
	bool is_sorted;
};

struct keyed *keyed_find(const struct keyed_table *t, const struct channel_key *key);
/* Its key is not there yet.  false: no memory. */
bool keyed_add(struct keyed_table *t, struct keyed *k);
void keyed_remove(struct keyed_table *t, struct keyed *k);	/* still the caller's */
/* Borrowed until the next keyed_add(); records may be removed while it is gone through. */
struct keyed **keyed_sorted(struct keyed_table *t, size_t *ret_n);
/* The subject that has most records, of several the one of the smaller id; NULL: empty. */
struct subject *keyed_richest(struct keyed_table *t, size_t *ret_has);
void keyed_clear(struct keyed_table *t);	/* frees what is the table's, no record */

/* For the state: (subject id, group, value, service). */
void keyed_pack_key(const struct keyed *k, struct packer *p);
/* false: malformed, or a subject that is not there. */
bool keyed_unpack_key(struct unpacker *u, const struct subjects *s, struct keyed *ret);

#endif
