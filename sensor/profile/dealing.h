/* dealing.h - dealings: what a rule that looks at two ends has found between an asset and an
 * address, with the service or without (NW-SEG-001, 003, NW-DST-003, 004), or a network
 * (NW-EXF-009, 010), and what was told of it.
 *
 * A record is made with the first minute that the rule speaks of, of NW-EXF-009 and 010 before
 * there is enough of it to be told; what the policy allows, and what NW-SEG-003 only lists, makes
 * none.  Its key is the asset and what is in the table of app/dealings.h, by which no two rules
 * share one; which rule it is of stands in the record.
 *
 * Bounded: DEALINGS_MAX.  When it is full, a quarter of the subject that has most goes, or the
 * least of all where each has few (keyed.h): first what has no incident of its own, of that what
 * has no night counted, of that what is of no listed asset, then what is silent longest.  Counted.
 * What an incident has said of one that went stays said, and is resolved when it has been silent
 * long enough (app/silence.h).
 * Thread: analysis.  Pointers stay valid until the next dealings_get() or dealings_remove().
 * Cost: a hash look-up; some 350 bytes a record and its name, 3 MB when all are taken.
 */
#ifndef NW_PROFILE_DEALING_H
#define NW_PROFILE_DEALING_H

#include "policy/rules.h"
#include "profile/channel.h"
#include "profile/keyed.h"

#define DEALINGS_MAX 8192
#define DEALING_SERVICES 8		/* the first ones are listed */

struct dealing_service {
	uint8_t proto;
	uint16_t port;			/* the server's */
};

/* NW-EXF-010: of one service in the row of the last failed attempt.  They stop at UINT16_MAX. */
struct dealing_tries {
	uint16_t failed, answered;
};

struct dealing {
	struct keyed keyed;		/* group ip: the peer; others: what holds it */
	enum rule_id rule;
	uint64_t first_ns, last_ns;	/* packets */
	int32_t last_row;
	uint32_t rows, minutes;		/* with traffic */
	uint64_t up, down;		/* payload from the asset, and to it */
	struct dealing_service services[DEALING_SERVICES];
	uint8_t n_services;
	bool has_more_services;
	bool is_answered;		/* by more than a refusal, ever */
	/* The last connection, as a channel's contact has it. */
	struct contact contact;
	struct addr peer;
	uint8_t proto;
	char *name;			/* that it gave, raw bytes, or NULL */
	/* NW-EXF-010: bit i: the night last_row - i counted.  The last of tries is of all services
	 * that are not listed. */
	uint64_t nights;
	uint64_t failed;		/* attempts, ever */
	struct dealing_tries tries[DEALING_SERVICES + 1];
	/* What was told. */
	bool is_told;			/* to an incident of its own, or ... */
	bool is_flooded;		/* ... counted into the subject's flood */
	bool told_answered, told_large;
	uint32_t told_minutes;
	uint8_t told_services;		/* of those listed */
	bool is_changed;		/* since it was last packed */
};

struct dealings;

struct dealings_counters {
	uint64_t live, made, forgotten;	/* forgotten: for want of room */
};

int dealings_new(struct dealings **ret_dealings);	/* 0 or -ENOMEM */
void dealings_free(struct dealings *d);			/* NULL is fine */
const struct dealings_counters *dealings_counters(const struct dealings *d);
/* Counts on from another's; what is there counts itself. */
void dealings_carry(struct dealings *d, const struct dealings *from);

/* key: whole but for the subject's number.  NULL: none. */
struct dealing *dealings_find(const struct dealings *d, const struct subject *s,
			      const struct channel_key *key);
/* Made when it is not there.  NULL: no memory. */
struct dealing *dealings_get(struct dealings *d, struct subject *s, const struct channel_key *key,
			     enum rule_id rule);
void dealings_remove(struct dealings *d, struct dealing *one);
/* In the order of keyed_sorted(); each begins with its struct keyed.  Records may be removed while
 * it is gone through. */
struct keyed **dealings_sorted(struct dealings *d, size_t *ret_n);

/* A minute of traffic of it.  row: of the minute. */
struct dealing_minute {
	const struct slice *slice;
	const struct addr *own;		/* the asset's end */
	uint64_t up, down;		/* payload, from the asset and to it */
	int64_t row;
	bool am_client;
	bool is_answered;
};
void dealing_add(struct dealing *one, const struct dealing_minute *m);
/* NW-EXF-010: after dealing_add() of an attempt that failed; and instead of it, of one that was
 * answered in a row with failed ones. */
void dealing_count_failed(struct dealing *one, const struct slice *s);
void dealing_count_answered(struct dealing *one, const struct slice *s, int64_t row);
void dealing_count_night(struct dealing *one);	/* last_row's counts */
/* Which of the nights count as seen from that row: bit i: row - i. */
uint64_t dealing_nights(const struct dealing *one, int64_t row);

/* Called for each that goes, before it does: the state forgets it. */
typedef void (*dealings_removed_fn)(void *arg, const struct keyed *k);
void dealings_on_remove(struct dealings *d, dealings_removed_fn removed, void *arg);

/* For the state; the key is keyed_pack_key()'s. */
void dealing_pack(const struct dealing *one, struct packer *p);
/* false: malformed, there already, of a subject that is not there or a rule that is none of these;
 * or no memory. */
bool dealing_unpack(struct dealings *d, const struct subjects *s, struct unpacker *key,
		    struct unpacker *value);

#endif
