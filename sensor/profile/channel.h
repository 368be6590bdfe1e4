/* channel.h - long memory: what a subject does towards one destination group, night by night.
 *
 *   tier 0   every channel: key, first and last seen, sums, a bitmap of 64 rows, a 28-row average
 *              |-- row       slots of the running row, while there is traffic in it
 *              |-- contact   group ip only: what a connection showed, for records
 *              `-- name      ip: SNI, Host or DNS name; domain: the domain
 *   tier 1   from the first qualifying night on: evidence (evidence.h)
 *              `-- period    when nights of it come back after 2, 3 or 7 days (pattern.h)
 *
 * Bounded by three numbers (struct channels_limits): channels, channels with evidence, bytes of
 * all they hold.  When one is reached, a sixteenth goes at once (of the channels, and of the bytes
 * when it is those), in an order that no arrival and no table layout can change:
 *
 *   a channel    what a subject has beyond its quota before any other (the table's size /
 *                subjects that have channels, at least CHANNELS_QUOTA_MIN; its least by this same
 *                order are beyond); without evidence before with; finest groups first (asn,
 *                country and any are few and see everything); least upload in the running row;
 *                longest silent
 *   evidence     what a subject has beyond its quota of tier 1 before any other; least M; least
 *                upload in its nights.  The channel stays.
 *
 * So decoys push out decoys: neither another subject's channels nor one that has uploaded tonight,
 * and never evidence that is older than theirs.  Every eviction is counted, and evidence that goes
 * is told (channels_on_evict), for NW-HLT-001.
 * Channels that were silent for the site's retention.nights (400 days, when it says nothing) are
 * forgotten (channels_expire).
 * Thread: analysis.  Pointers to channels stay valid until the next channels_get(), whatever it
 * asks for (eviction); evidence also until the next channel_promote() of another channel.
 */
#ifndef NW_PROFILE_CHANNEL_H
#define NW_PROFILE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "flow/community_id.h"
#include "profile/evidence.h"
#include "profile/group.h"
#include "profile/row.h"
#include "profile/subject.h"

#define CHANNELS_MAX 110000
#define CHANNELS_EVIDENCE_MAX 10000
#define CHANNELS_BYTES_MAX 100000000U	/* channels_bytes(), the table itself included */
#define CHANNELS_RHYTHMS_MAX 10000	/* what detector C remembers, of so many channels */
#define CHANNELS_QUOTA_MIN 64 /* of a subject's channels, however many subjects there are */
#define CHANNEL_COMMUNITY_IDS 2		/* the last ones, for pivoting */
#define CHANNEL_AVERAGE_ROWS 28

/* What the last connections of a (subject, address, service) showed. */
struct contact {
	struct addr own;		/* the subject's address, of the last flow seen */
	uint64_t run_start_ns, run_end_ns; /* the present run of upload: gaps of at most 30 min */
	const struct expected *expected;	/* the entry that covered it last, or NULL */
	uint64_t crossing_bytes;	/* NW-DST-002: bytes both ways, told or covered since */
	int32_t crossing_row;		/* the last row for which it was raised; CHANNEL_NO_ROW */
	uint32_t flows;
	uint32_t asn;			/* of the peer; 0 not known */
	uint16_t master, app;
	uint16_t port;			/* the server's, when the subject is the client */
	char country[3];		/* of the peer; "" not known */
	uint8_t verdict;		/* enum dpi_source: who named the protocol */
	uint8_t is_answered : 1;	/* any flow had packets both ways */
	uint8_t was_opened_outside : 1;	/* the peer was the client of the last flow seen */
	uint8_t crossing_answered : 1;	/* whether an answer had been told ... */
	uint8_t crossing_large : 1;	/* ... and that it was more than a few packets */
	uint8_t is_flooded : 1;		/* counted into the subject's flood incident */
	uint8_t has_place : 1;		/* asn and country were looked up */
	uint8_t communities;		/* kept: 0 .. CHANNEL_COMMUNITY_IDS, the latest last */
	uint8_t community[CHANNEL_COMMUNITY_IDS][DIGEST_SHA1_LEN];
};

#define CHANNEL_NO_ROW (-(1 << 23))	/* rows are days: any real one is larger */

struct channel {
	struct channel_key key;
	struct subject *subject;
	struct contact *contact;	/* group ip; else NULL */
	struct row *row;		/* NULL: silent so far in row_number */
	struct evidence *evidence;	/* NULL: never qualified */
	char *name;			/* raw bytes, or NULL */
	uint64_t first_ns, last_ns;	/* traffic seen */
	uint64_t up, down;		/* payload, ever */
	uint64_t row_up;		/* payload up in the running row, expected or not */
	uint64_t active;		/* bit i: traffic in row row_number - i */
	float usual_up;			/* mean upload of a row over the last 28 or so */
	int32_t row_number : 24;	/* of row, row_up and active; CHANNEL_NO_ROW */
	uint32_t is_changed : 1, evidence_changed : 1;	/* since they were last packed */
	uint32_t has_rhythm : 1;	/* channel_rhythm() is not NULL */
};

struct channels;

struct channels_limits {		/* 0: the default */
	size_t channels, evidence;
	size_t bytes;			/* of channels and all they hold, without the table */
};

struct channels_counters {
	uint64_t live, with_evidence, with_rhythm, made, bytes;
	uint64_t expired;		/* silent for 400 days */
	uint64_t evicted;		/* all of them, and of these: */
	uint64_t evicted_tonight;	/* with upload in the running row */
	uint64_t evicted_evidence;	/* evidence that went, with its channel or without */
	uint64_t evicted_strong;	/* of M >= CHANNELS_STRONG */
	uint64_t evicted_rhythms;
};
#define CHANNELS_STRONG 10		/* M from which on evidence is missed */

int channels_new(const struct channels_limits *limits, struct channels **ret_channels);
void channels_free(struct channels *c);
/* Made when it is not there.  NULL: no memory. */
struct channel *channels_get(struct channels *c, struct subject *s, const struct channel_key *key);
struct channel *channels_find(const struct channels *c, const struct channel_key *key);

/* Where a channel was found last, for callers that ask for the same one again and again.  Zeroed:
 * nothing yet.  Good for one struct channels. */
struct channel_hint {
	struct channel *channel;
	uint64_t removals;		/* of the table then: it may point to nothing since */
};
/* channels_get() by way of the hint, which is renewed. */
struct channel *channels_get_near(struct channels *c, struct subject *s,
				  const struct channel_key *key, struct channel_hint *hint);
const struct channels_counters *channels_counters(const struct channels *c);
/* Counts on from another's what was evicted and expired; what is there counts itself. */
void channels_carry(struct channels *c, const struct channels *from);
size_t channels_bytes(const struct channels *c); /* everything: table, channels, evidence */
/* Everything: table, channels, evidence.  Not the scratch of eviction, 32 bytes a channel, which is
 * not touched before the table is full. */
size_t channels_bytes(const struct channels *c);
/* Before a night is judged: so many channels may be promoted in it and so many bytes be made
 * besides, and channels cannot go while they are gone through.  So room is made for as many as may
 * be held; others go by the rule above. */
void channels_reserve(struct channels *c, size_t promotions, size_t bytes);

/* While a state is loaded: a channel whose evidence is still to come must not go for its lack.
 * Only the number of channels bounds them then. */
void channels_hold(struct channels *c, bool is_held);

/* Called for each channel that goes, before it does: the state forgets it. */
typedef void (*channels_removed_fn)(void *arg, const struct channel *ch);
void channels_on_remove(struct channels *c, channels_removed_fn removed, void *arg);
/* Called for each channel whose evidence is given up, before it is. */
void channels_on_evict(struct channels *c, channels_removed_fn evicted, void *arg);

/* All channels in the order of (subject id, group, value, service), which no table layout and no
 * order of arrival can change.  Borrowed until the next channels_get() or channel_promote(). */
struct channel **channels_sorted(struct channels *c, size_t *ret_n);
/* The same in no order, without the cost of one. */
struct channel **channels_all(struct channels *c, size_t *ret_n);
/* Forgets what was silent for more than `keep` rows before row. */
void channels_expire(struct channels *c, int64_t row, int32_t keep);

/* Adds a minute's traffic to the row of that number; what was there of an older row goes.
 * false: no memory. */
bool channel_add(struct channels *c, struct channel *ch, int64_t row_number,
		 const struct row_minute *m);
/* The row of that number without adding anything to it: its flows, its bitmap.  NULL: no memory */
struct row *channel_touch(struct channels *c, struct channel *ch, int64_t row_number);
void channel_drop_row(struct channels *c, struct channel *ch, int64_t before); /* an older row */
void channel_take_row(struct channels *c, struct channel *ch, struct row *r);	/* takes r */
/* The evidence, made when there is none.  NULL: no memory. */
struct evidence *channel_promote(struct channels *c, struct channel *ch, int64_t row_number);
/* What detect/period.h keeps of a channel with evidence, made when there is none; it goes with the
 * evidence.  NULL: no evidence, or no memory. */
struct period *channel_follow_period(struct channels *c, struct channel *ch);
/* What detector C remembers of a channel; NULL: nothing, or no memory.  Made in the same order of
 * giving up as evidence is: beyond a quota first, then the least M.  Dropping what is not there is
 * fine. */
struct rhythm *channel_rhythm(const struct channels *c, const struct channel *ch);
struct rhythm *channel_follow_rhythm(struct channels *c, struct channel *ch);
void channel_drop_rhythm(struct channels *c, struct channel *ch);
size_t channels_rhythm_bytes(const struct channels *c, size_t n);	/* of n more at most */
void channel_set_name(struct channels *c, struct channel *ch, const char *name);
double channel_evidence_m(const struct channel *ch);	/* the largest M of its processes */
/* One more connection: the latest last, each id once (a client may use its port again). */
void contact_remember_flow(struct contact *k, const uint8_t community[static DIGEST_SHA1_LEN]);

#endif
