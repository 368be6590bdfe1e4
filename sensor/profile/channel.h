/* channel.h - long memory: what a subject does towards one destination, night by night.
 *
 * A channel is (subject, destination group).  This first form keeps one group, the exact peer
 * address with its service; the table, the rows and the evidence are made for the others to join.
 *
 *   channel --- row        slots of the running row, kept while there is traffic in it
 *           `-- evidence   from the first qualifying night on: nights, the processes' M, bursts
 *
 * Bounded: at most CHANNELS_MAX channels, CHANNELS_EVIDENCE_MAX with evidence.  When full, those go
 * first (a sixteenth at once) that are without evidence, of a subject that has more than its quota
 * (the table's size / subjects with channels, at least CHANNELS_QUOTA_MIN), with the least upload
 * in the running row, longest silent; then the least M.  So decoys push out decoys: neither another
 * subject's channels nor one that has uploaded tonight.  Every eviction is counted.
 * Thread: analysis.  Pointers to channels stay valid until the next channels_get() (eviction).
 */
#ifndef NW_PROFILE_CHANNEL_H
#define NW_PROFILE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "flow/community_id.h"
#include "policy/calendar.h"
#include "profile/evidence.h"
#include "profile/subject.h"

#define CHANNELS_MAX 65536
#define CHANNELS_EVIDENCE_MAX 10000	/* with evidence, about 7 KB each */
#define CHANNELS_QUOTA_MIN 64 /* of a subject's channels, however many subjects there are */
#define SERVICE_TEXT_MAX 24		/* "TLS", "tcp/443" */
#define CHANNEL_COMMUNITY_IDS 4		/* the last few, for pivoting */

struct channel_key {
	uint32_t subject;
	struct addr peer;
	char service[SERVICE_TEXT_MAX];	/* zero padded */
};

/* The running row: upload and download per slot, expected traffic left out. */
struct row {
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
	uint8_t first_min[ROW_SLOTS], last_min[ROW_SLOTS]; /* of upload within the slot: 0..14 */
	uint32_t flows;
};

struct channel {
	struct channel_key key;
	struct subject *subject;
	bool is_external;		/* else internal, outside the zone */
	bool was_opened_outside;	/* the peer was the client of the last flow seen */
	bool is_answered;		/* any flow had packets both ways */
	struct addr own;		/* the subject's address, of the last flow seen */
	uint8_t proto;
	uint16_t port;			/* the server's, of the last flow seen */
	uint16_t master, app;
	enum dpi_source verdict;	/* who says so */
	uint64_t first_ns, last_ns;	/* traffic seen */
	uint64_t up, down;		/* payload, ever */
	uint64_t row_up;		/* payload up in the running row, expected or not */
	uint64_t flows;
	uint64_t run_start_ns, run_end_ns; /* the present run of upload: gaps of at most 30 min */
	const struct expected *expected;	/* the entry that covered it last, or NULL */
	char *name;			/* SNI, Host or DNS name last seen; raw bytes, or NULL */
	char community[CHANNEL_COMMUNITY_IDS][COMMUNITY_ID_MAX];
	unsigned communities;		/* ever; the ring holds the last ones */
	int64_t crossing_row;		/* the last row for which NW-DST-002 was raised ... */
	bool crossing_answered;		/* ... whether an answer had been seen then ... */
	bool crossing_large;		/* ... whether it was more than a few packets ... */
	uint64_t crossing_bytes;	/* ... and the bytes both ways that were told */
	bool is_flooded;		/* counted into the subject's flood incident */
	int64_t row_number;		/* of row */
	bool is_changed, evidence_changed; /* since they were last packed */
	struct row *row;		/* NULL: silent so far in row_number */
	struct evidence *evidence;	/* NULL: never qualified */
};

struct channels;

struct channels_counters {
	uint64_t live, with_evidence, made;
	uint64_t evicted;		/* all of them, and of these: */
	uint64_t evicted_tonight;	/* with upload in the running row */
	uint64_t evicted_with_evidence;
};

int channels_new(size_t max, struct channels **ret_channels);	/* max 0: CHANNELS_MAX */
void channels_free(struct channels *c);
struct channel *channels_get(struct channels *c, struct subject *s, const struct channel_key *key);
const struct channels_counters *channels_counters(const struct channels *c);

/* Called for each channel that is evicted, before it goes: the state forgets it. */
typedef void (*channels_removed_fn)(void *arg, const struct channel *ch);
void channels_on_remove(struct channels *c, channels_removed_fn removed, void *arg);

/* All channels in the order of (subject id, peer, service), which no table layout and no order of
 * arrival can change.  Borrowed until the next channels_get(). */
struct channel **channels_sorted(struct channels *c, size_t *ret_n);

/* The row of that number, cleared when the channel's row was an older one.  NULL: no memory. */
struct row *channel_row(struct channel *ch, int64_t row_number);
void channel_drop_row(struct channel *ch, int64_t before);	/* frees a row that is older */
/* The evidence, made when there is none.  NULL: no memory. */
struct evidence *channel_promote(struct channels *c, struct channel *ch, int64_t row_number);
void channel_set_name(struct channel *ch, const char *name);

#endif
