/* job.h - what an asset has made of an expected entry: the memory of jobs (DETECTION section 4).
 *
 * A job is an expected entry with a window, a maximum or an expiry, as one asset uses it.  It goes
 * by *turns*, each of which it may run once in:
 *
 *   an entry with a window    one turn an opening of the window, numbered by the civil day of its
 *                             start; so a window that spans noon, where rows are cut, is one turn
 *   any other                 one turn a row, with the row's number
 *
 * Maxima count by rows, as the policy says ("per night").
 *
 * Kept with the subject and in its record of the state.  Bounds: JOBS_SUBJECT_MAX of one subject,
 * so that a look-up stays short; JOBS_MAX in all (about 9 MB), of which subjects that no asset list
 * names get at most half, so that a flood of spoofed addresses leaves the assets theirs.  Of a
 * subject that is full the job that was used longest ago gives way, unless it is of this row.  A
 * use that finds no place is not covered when the entry has a maximum (better judged than hidden).
 * Thread: analysis.
 */
#ifndef NW_PROFILE_JOB_H
#define NW_PROFILE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/pack.h"
#include "policy/calendar.h"
#include "profile/group.h"

#define JOBS_MAX 16384
#define JOBS_SUBJECT_MAX 256
#define JOB_AMOUNTS 7			/* the last uses, of which the usual amount is the median */
#define JOB_OTHERS 4			/* destinations that stood in for it, by votes */
#define JOB_NO_TURN INT64_MIN

struct subject;

struct job_places {			/* of all subjects together */
	size_t taken, unlisted;
	uint64_t refused;		/* uses that found none */
};

struct job_turn {
	int64_t number;
	uint64_t start_ns, end_ns;	/* the grace of a window not included */
};

/* A destination that nothing covers, in the turn's window: bytes that no other's outweigh. */
struct job_other {
	struct channel_key key;
	uint64_t up;
};

struct job {
	const struct expected *entry;
	bool is_target;			/* the subject is the entry's "to": maximum only */
	struct channel_key last;	/* with which it ran last: peer and service */

	int64_t row;			/* of the next four */
	uint64_t row_up;		/* covered, against the maximum */
	uint64_t stray_up;		/* would be covered but for the time or the expiry */
	bool is_exceeded;		/* then nothing more is covered in that row */
	uint8_t told;			/* deviations that have their record: bits of app/jobs.c */

	int64_t turn;			/* the running one, or JOB_NO_TURN */
	uint64_t up, first_ns, last_ns;	/* of it, covered */
	uint64_t night_up;		/* of that, in the subject's night window */
	int64_t closed_turn;		/* the one before it, when it is not judged yet */
	uint64_t closed_up, closed_night_up;

	int64_t judged_turn;		/* the last one judged, or that came before the first */
	uint64_t used;			/* bit i: it ran in the i-th last turn that was judged */
	uint64_t amount[JOB_AMOUNTS];	/* of turns in which it ran; a ring */
	uint32_t amounts_n;		/* ever */
	uint32_t misses;		/* in a row */

	/* A pattern of nights, from its first on; see NW-EXF-001 with suppression. */
	uint32_t nights_seen, nights_ran, nights_silent;
	uint64_t nights_up;
	int64_t shown_row;		/* of its last record */

	int64_t other_turn;		/* of the next */
	struct job_other other[JOB_OTHERS];

	uint64_t due_ns;		/* when the next turn is judged; 0: not known; unpacked */
	struct job_turn next;		/* ... and which.  Not packed */
	struct job_turn open;		/* `turn`, until when it is the running one; likewise */
	uint64_t open_until_ns;
	struct night night;		/* of `row`; likewise */
	int64_t night_row;
};

/* Does the entry make jobs? */
bool job_is_one(const struct expected *entry);
/* The first turn of the entry after number; false: none within a year. */
bool job_turn_after(const struct expected *entry, const struct calendar *c, int64_t number,
		    struct job_turn *ret_turn);
/* The latest turn that began at ns or before, and when the next one begins; false: none. */
bool job_turn_at(const struct expected *entry, const struct calendar *c, uint64_t ns,
		 struct job_turn *ret_turn, uint64_t *ret_until_ns);
/* The subject's; NULL: it has none of that entry. */
struct job *job_find(const struct subject *s, const struct expected *entry, bool is_target);
/* The same, made when it is not there.  row: the running one.  NULL: no place.  Others of the
 * subject's may move. */
struct job *job_get(struct subject *s, const struct expected *entry, bool is_target, int64_t row);

/* Median of the last amounts; 0: it never ran. */
uint64_t job_usual(const struct job *j);
void job_add_amount(struct job *j, uint64_t up);
/* A vote for a destination: up bytes. */
void job_vote(struct job *j, const struct channel_key *key, uint64_t up);

void job_init(struct job *j, const struct expected *entry, bool is_target);
void job_pack(const struct job *j, struct packer *p);
/* Everything but the entry, whose id the caller has read; keys get that subject's number. */
void job_unpack(struct unpacker *u, uint32_t subject, struct job *ret_job);

#endif
