/* attest.h - what crossed a boundary on the running civil day: the rows of NW-ATT-001.
 *
 * A *day* is one of the site's calendar, from midnight to midnight, so of 23 or 25 hours where the
 * clock changes.  Of it is kept
 *
 *   crossings   a row for each conversation over a boundary of the policy: asset, peer, service,
 *               who opened it, and what covers it.  What is covered for a part of the day alone is
 *               two rows, one of them without.  Those without and those with anything have a list
 *               each, so that neither can push out the other
 *   sessions    remote sessions that had traffic on the day (profile/visit.h)
 *   silences    hours in which neither a packet nor an idle mark came, longer than ATTEST_SILENT_NS
 *   sums        bytes and packets of everything that was followed
 *
 * and of the days before: how many records there were, and the hash of the last one.
 *
 * Bounded: ATTEST_ROWS_MAX rows a list, the first to come in the order of analysis, which no number
 * of workers changes; what is beyond is counted in minutes of conversations, with its bytes.
 * Names are copies: a day outlives a change of the policy.  Thread: analysis.  Cost: a binary
 * search for each minute of a conversation over a boundary.
 */
#ifndef NW_PROFILE_ATTEST_H
#define NW_PROFILE_ATTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/pack.h"
#include "dpi/remote.h"
#include "policy/site.h"

#define ATTEST_ROWS_MAX 256
#define ATTEST_SESSIONS_MAX 256
#define ATTEST_SILENCES_MAX 32
#define ATTEST_SILENT_NS NS_PER_HOUR

enum attest_cover { ATTEST_NONE, ATTEST_ENTRY, ATTEST_ORDER, ATTEST_COVERS };

struct attest_crossing {
	char asset[SITE_ID_MAX], zone[SITE_ID_MAX];	/* zone "": in none */
	struct addr peer;
	char peer_asset[SITE_ID_MAX], peer_zone[SITE_ID_MAX];	/* "": not listed; outside */
	uint8_t proto;
	uint16_t port;			/* the server's; 0 where there is none */
	bool is_external;
	bool was_opened_by_peer;
	bool is_answered;		/* packets went both ways */
	enum attest_cover cover;
	char covered_by[SITE_ID_MAX];	/* id of the entry or order; "": nothing */
	uint64_t up, down;		/* IP bytes from the asset, and to it */
	uint64_t packets;
	uint64_t first_ns, last_ns;
};

struct attest_session {
	char asset[SITE_ID_MAX];
	struct addr peer;
	enum remote_protocol protocol;
	bool is_external;
	bool is_weak;			/* by its port alone */
	bool has_outlived;		/* went on after its order's end, and grace */
	enum attest_cover cover;
	char order[SITE_ID_MAX];	/* "": none */
	uint64_t start_ns, last_ns;
	uint64_t up, down;		/* payload since its start, which may be another day */
};

struct attest_silence {
	uint64_t from_ns, to_ns;
};

struct attest_list {
	struct attest_crossing *rows;	/* [ATTEST_ROWS_MAX], in order */
	size_t n;
	uint64_t beyond;		/* minutes of conversations that found no row ... */
	uint64_t beyond_bytes;		/* ... and theirs */
};

struct attest_day {
	int64_t day;			/* days since 1970-01-01 */
	uint64_t start_ns, end_ns;	/* both 0: no day has begun */
	uint64_t bytes, packets;
	bool has_read;			/* a packet or an idle mark came */
	bool is_short;			/* no memory for some of it */
	struct attest_list without, with;
	struct attest_session *sessions;	/* [ATTEST_SESSIONS_MAX], in order */
	size_t n_sessions;
	uint64_t sessions_beyond;	/* minutes */
	struct attest_silence silences[ATTEST_SILENCES_MAX];
	size_t n_silences;
	uint64_t silent_ns;		/* also of those beyond */
	uint64_t not_followed_ns;	/* capture time went on without us: another program's run */
};

struct attest {
	struct attest_day today;
	uint64_t first_ns;		/* followed since; 0: not yet */
	uint64_t now_ns;		/* capture time of the last mark */
	uint64_t number;		/* records so far */
	char prev[DIGEST_HEX_MAX];	/* SHA-256 of the last one; "": none */
	bool is_changed;		/* since it was last packed */
};

int attest_new(struct attest **ret_attest);	/* 0 or -ENOMEM */
void attest_free(struct attest *a);		/* NULL is fine */

/* The civil day at an instant, and where it begins (the zone is the process's). */
int64_t attest_day_of(uint64_t ns);
uint64_t attest_day_start(int64_t day);
/* Empties today, which becomes that day. */
void attest_begin_day(struct attest *a, int64_t day);

/* Adds the amounts and times of `c` to its row; the rest is its key, but for is_answered. */
void attest_add_crossing(struct attest *a, const struct attest_crossing *c);
/* Sets the row of the session (asset, peer, protocol, start) to what is given. */
void attest_set_session(struct attest *a, const struct attest_session *s);
/* [from, to): cut to today. */
void attest_add_silence(struct attest *a, uint64_t from_ns, uint64_t to_ns);

const char *attest_cover_name(enum attest_cover c);	/* "none" "entry" "order" */

/* For the state.  What is unpacked replaces what was there; false: damaged or of a newer version,
 * and then it is empty, as new. */
void attest_pack(const struct attest *a, struct packer *p);
bool attest_unpack(struct attest *a, struct unpacker *u);

#endif
