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
#define KEYED_AT_ONCE 512

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
/* (subject id, group, value, service) */
int keyed_compare(const struct keyed *a, const struct keyed *b);

struct keyed_worth {
	/* The least goes first; equals by group, then subject id. */
	uint64_t (*of)(const struct keyed *k);
	bool (*is_kept)(const struct keyed *k);		/* it never goes */
};
/* Who goes when the table is full: a quarter of the subject that has most, the least worth first.
 * Where that are few, for many subjects have little each, the least of all instead: at least
 * KEYED_AT_ONCE, so that a flood does not pay for each of its records.  Gives *ret_list (NULL: no
 * memory, and 0), the least worth first; the records are still in the table. */
size_t keyed_going(struct keyed_table *t, const struct keyed_worth *w, struct keyed ***ret_list);
void keyed_clear(struct keyed_table *t);	/* frees what is the table's, no record */

/* For the state: (subject id, group, value, service). */
void keyed_pack_key(const struct keyed *k, struct packer *p);
/* false: malformed, or a subject that is not there. */
bool keyed_unpack_key(struct unpacker *u, const struct subjects *s, struct keyed *ret);

#endif
