/* baseline.h - the destinations that subjects have met, and those that a human has accepted.
 *
 * Beside destinations it holds pairs: a peer inside the site with the protocol by which the subject
 * works on it, of NW-SEG-003 (detect/lateral.h).  What is said here holds for them too; what was
 * told of one is in profile/dealing.h.
 * A destination is a registered domain where a name is known, else a /24 or /48, for one subject.
 * It is listed at first contact unless the site policy expects the traffic, and accepted by nothing
 * but `nachtwacht state promote`: a leak may have been there on day one, so learning allows
 * nothing.  It only sorts what was found into "was there when we came" and "is new".
 *
 * States of the baseline (baseline_state()): learn for the first 14 rows (`learn_nights`), that of
 * the first packet included, then observe; "enforce" in the site file: enforce from the first
 * packet on; "learn": for as long as the file says so.  What NW-DST-001 does with traffic
 * (baseline_judge()):
 *
 *                                    learn     observe     enforce
 *   the site policy expects it       -         -           -            not even listed
 *   held: accepted for the subject,
 *     or for another of its role     -         -           -
 *   first seen in learn              listed    listed      severity 4   known, not accepted
 *   first seen later                 listed    severity 3  severity 4   until promoted
 *     ... and its like has it (below)          severity 2
 *   accepted once, then revoked      listed    severity 3  severity 4   until promoted
 *
 * Without a site file the severity is at most 2: nobody has said what is expected there.
 * "Another of its role" must have been promoted itself; that it was merely seen there shields
 * nothing, or the second victim of a leak would be silent because of the first.
 * What its like has: another asset of the same role, zone and vendor met the destination in learn,
 * and no open incident of severity 3 or more is about that.  Such stations do the same work: that
 * one of them comes later to what others have is told all the same, one step lower.  When it sends
 * more a night than 4 times (`like_factor`) what the other one does, and no less than 256 KiB,
 * it is told in full; enforce wants acceptance.
 * A name is what the client says: a forged SNI of an accepted domain passes here.  Detector N and
 * NW-DST-002 do not look at the baseline.
 *
 * Of a pair that nobody has answered yet only the attempt is known: what was tried in learn and
 * answered later is new (app/dealings.c).  Such attempts are bounded apart, so that a sweep over
 * many addresses makes nothing forget what was met.
 *
 * Bounded: BASELINE_MAX entries; of one subject BASELINE_SUBJECT_MAX that are not accepted, and
 * BASELINE_ATTEMPTS_MAX attempts beside them.  When a limit is reached a quarter of those of the
 * subject (the one that has most; attempts first, when the table is full) goes, the longest silent
 * first; an accepted one never goes.  What was forgotten is new when it returns: a full table
 * alarms more, never less.  Entries that are not accepted and silent for the site's
 * retention.nights are forgotten.
 * Thread: analysis.  Pointers stay valid until the next baseline_get() or baseline_expire().
 * Cost: a hash look-up for a contact; some 400 bytes an entry.
 */
#ifndef NW_PROFILE_BASELINE_H
#define NW_PROFILE_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/pack.h"
#include "policy/site.h"
#include "profile/group.h"

#define BASELINE_MAX 65536
#define BASELINE_SUBJECT_MAX 1024
#define BASELINE_ATTEMPTS_MAX 256
#define BASELINE_ACCEPTED_MAX 8192
#define BASELINE_SERVICES 4		/* the first ones, of a destination */
#define BASELINE_ID_MAX 20		/* "dst-" and 12 hex digits, with the zero byte */
#define BASELINE_WHO_MAX 64		/* who accepted it, UTF-8 without control characters */
#define BASELINE_REASON_MAX 256

/* The state of the baseline in a row of a memory that began in row since_row. */
enum baseline baseline_state(const struct site *site, int64_t since_row, int64_t row);
const char *baseline_name(enum baseline b);	/* "learn" "observe" "enforce" */

struct baseline_facts {			/* what the table above asks */
	enum baseline state;
	bool is_held;			/* baseline_holds() */
	bool is_learned, was_revoked;	/* as in struct destination */
	bool has_policy;		/* a site file was given */
	bool has_like;			/* its like has it */
};
unsigned baseline_judge(const struct baseline_facts *facts);	/* the severity; 0: listed only */

struct baseline_service {
	uint8_t proto;
	uint16_t port;			/* the server's */
};

struct destination {
	char subject[SITE_ID_MAX];
	const char *role;		/* of the subject; borrowed from the site, "" none */
	/* Group domain or prefix and value, the rest is zero; of a pair group ip, the peer, and
	 * its service as detect/lateral.h names it. */
	struct channel_key key;
	char *name;			/* of a domain */
	uint64_t first_ns, last_ns, up, down;
	int32_t last_row;
	uint32_t nights;		/* rows with traffic */
	struct addr peer;		/* the last one */
	struct baseline_service services[BASELINE_SERVICES];
	uint8_t n_services;
	bool is_learned;		/* first seen in learn */
	bool is_accepted, was_revoked;
	bool is_answered;		/* it ever sent something; of a pair set by
					 * baseline_get_pair() alone */
	char *by, *reason;		/* of the last act, or NULL */
	/* What NW-DST-001 has told of it (app/destinations.c). */
	bool is_told;			/* an incident is open, or ... */
	bool is_flooded;		/* ... it was counted into the subject's flood */
	bool told_answered, told_large;
	uint64_t told_bytes;
	struct channel_key incident;	/* what its incident is about; subject left out */
	bool is_changed;		/* since it was last packed */
	bool is_role_held;		/* cache of baseline_holds() ... */
	uint64_t held_as_of;		/* ... at that many acts */
};

static inline bool baseline_is_pair(const struct destination *d)
{
	return d->key.group == GROUP_IP;
}

/* A pair of which nothing was answered. */
static inline bool baseline_is_attempt(const struct destination *d)
{
	return baseline_is_pair(d) && !d->is_answered;
}

struct baseline_list;

struct baseline_counters {
	uint64_t live, accepted, made;
	uint64_t forgotten;		/* for want of room */
	uint64_t expired;
};

int baseline_new(struct baseline_list **ret_baseline);	/* 0 or -ENOMEM */
void baseline_free(struct baseline_list *b);
const struct baseline_counters *baseline_counters(const struct baseline_list *b);

/* The entry of a subject for a destination; made when it is not there (first_ns is then 0, for the
 * caller to fill).  name: of a domain, else NULL.  key: group and value count,
 * of group ip the service too.  NULL: no memory. */
struct destination *baseline_get(struct baseline_list *b, const char *subject,
				 const struct channel_key *key, const char *name);
/* The same of a pair, which from now on is answered or not yet.  NULL too: an attempt for which
 * there is no place. */
struct destination *baseline_get_pair(struct baseline_list *b, const char *subject,
				      const struct channel_key *key, bool is_answered);
struct destination *baseline_find(const struct baseline_list *b, const char *subject,
				  const struct channel_key *key);
/* Accepted for its subject, or for another one of the same role. */
bool baseline_holds(struct baseline_list *b, struct destination *d);

/* By "dst-..."; NULL: none. */
struct destination *baseline_find_id(struct baseline_list *b, const char *id);
const char *baseline_id(const struct destination *d, char buf[static BASELINE_ID_MAX]);
const char *baseline_value(const struct destination *d, char buf[static GROUP_TEXT_MAX]);
/* Accepts or revokes.  1: done; 0: it was so already; -ENOMEM; ERR_LIMIT: too many are accepted. */
int baseline_accept(struct baseline_list *b, struct destination *d, const char *by,
		    const char *reason);
int baseline_revoke(struct baseline_list *b, struct destination *d, const char *by,
		    const char *reason);

/* In the order of (subject, group, value).  Borrowed until the next baseline_get() that makes one,
 * or baseline_expire(). */
struct destination **baseline_sorted(struct baseline_list *b, size_t *ret_n);
/* In no order. */
struct destination **baseline_all(struct baseline_list *b, size_t *ret_n);
void baseline_expire(struct baseline_list *b, int64_t row, int32_t keep);

/* Called for each entry that goes, before it does: the state forgets it. */
typedef void (*baseline_removed_fn)(void *arg, const struct destination *d);
void baseline_on_remove(struct baseline_list *b, baseline_removed_fn removed, void *arg);

/* For the state; what profile_pack.h says holds here too. */
/* Takes over a copy of what was read; false: it is there already, or no memory. */
bool baseline_restore(struct baseline_list *b, const struct destination *copy);
void baseline_pack_key(const struct destination *d, struct packer *ret);
void baseline_pack(const struct destination *d, struct packer *ret);
bool baseline_unpack(struct baseline_list *b, struct unpacker *key, struct unpacker *value);

/* One line of the log of acts. */
struct act {
	uint64_t wall_ns;		/* UTC, the one wall-clock time in a state */
	bool is_revoke, was_requested;	/* was_requested: a running sensor applied it */
	char by[BASELINE_WHO_MAX], reason[BASELINE_REASON_MAX];
	char id[BASELINE_ID_MAX], subject[SITE_ID_MAX], value[GROUP_TEXT_MAX];
};
void act_pack(const struct act *a, struct packer *ret);
bool act_unpack(struct unpacker *u, struct act *ret);

#endif
