/* job.c - see job.h. */
#include "profile/job.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "profile/profile_pack.h"

#define DAYS_AHEAD 366			/* windows open once a week, but for odd calendars */
#define DAYS_BACK 8
#define NUMBER_MAX 1000000		/* rows and days: the year 4707 */

bool job_is_one(const struct expected *entry)
{
	return entry->has_window || entry->max_bytes_per_night || entry->expires_day != INT32_MAX;
}

/* --- turns ------------------------------------------------------------- */

static struct job_turn row_turn(const struct calendar *c, int64_t row)
{
	return (struct job_turn){ .number = row, .start_ns = calendar_row_start(c, row),
				  .end_ns = calendar_row_start(c, row + 1) };
}

static bool window_turn(const struct expected *entry, int64_t day, struct job_turn *ret)
{
	ret->number = day;
	return calendar_turn(&entry->window, day, &ret->start_ns, &ret->end_ns);
}

bool job_turn_after(const struct expected *entry, const struct calendar *c, int64_t number,
		    struct job_turn *ret_turn)
{
	if (!entry->has_window) {
		*ret_turn = row_turn(c, number + 1);
		return true;
	}
	for (int64_t day = number + 1; day <= number + DAYS_AHEAD; day++)
		if (window_turn(entry, day, ret_turn))
			return true;
	return false;
}

bool job_turn_at(const struct expected *entry, const struct calendar *c, uint64_t ns,
		 struct job_turn *ret_turn, uint64_t *ret_until_ns)
{
	int64_t today = calendar_day(ns);
	struct job_turn next;

	if (!entry->has_window) {
		*ret_turn = row_turn(c, calendar_row(c, ns));
		*ret_until_ns = ret_turn->end_ns;
		return true;
	}
	for (int64_t day = today; day > today - DAYS_BACK; day--)
		if (window_turn(entry, day, ret_turn) && ret_turn->start_ns <= ns) {
			*ret_until_ns = job_turn_after(entry, c, day, &next) ? next.start_ns :
					UINT64_MAX;
			return true;
		}
	return false;
}

/* --- amounts ----------------------------------------------------------- */

void job_add_amount(struct job *j, uint64_t up)
{
	j->amount[j->amounts_n++ % JOB_AMOUNTS] = up;
}

uint64_t job_usual(const struct job *j)
{
	unsigned n = j->amounts_n < JOB_AMOUNTS ? j->amounts_n : JOB_AMOUNTS;
	uint64_t sorted[JOB_AMOUNTS] = { 0 };

	for (unsigned i = 0, at; i < n; i++) {
		for (at = i; at > 0 && sorted[at - 1] > j->amount[i]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = j->amount[i];
	}
	return n ? sorted[n / 2] : 0;
}

/* Misra and Gries 1982: what has more than a fifth of the bytes keeps a place, and its votes are at
 * most a fifth of all bytes below what it sent. */
void job_vote(struct job *j, const struct channel_key *key, uint64_t up)
{
	struct job_other *place = NULL;
	uint64_t least = up;

	for (unsigned i = 0; i < JOB_OTHERS; i++) {
		if (j->other[i].up && !memcmp(&j->other[i].key, key, sizeof(*key))) {
			j->other[i].up += up;
			return;
		}
		if (!j->other[i].up && !place)
			place = &j->other[i];
		if (j->other[i].up < least)
			least = j->other[i].up;
	}
	if (place)
		least = 0;
	for (unsigned i = 0; i < JOB_OTHERS; i++) {
		j->other[i].up -= least;
		if (!j->other[i].up)
			place = &j->other[i];
	}
	if (up > least)
		*place = (struct job_other){ .key = *key, .up = up - least };
}

/* --- of a subject ------------------------------------------------------ */

struct job *job_find(const struct subject *s, const struct expected *entry, bool is_target)
{
	for (size_t i = 0; i < s->n_jobs; i++)
		if (s->jobs[i].entry == entry && s->jobs[i].is_target == is_target)
			return &s->jobs[i];
	return NULL;
}

/* The one used longest ago, when that is before row. */
static struct job *oldest(const struct subject *s, int64_t row)
{
	struct job *old = &s->jobs[0];

	for (size_t i = 1; i < s->n_jobs; i++)
		if (s->jobs[i].row < old->row)
			old = &s->jobs[i];
	return old->row < row ? old : NULL;
}

static bool has_place(const struct subject *s)
{
	const struct job_places *p = s->places;

	return p->taken < JOBS_MAX && (s->asset || p->unlisted < JOBS_MAX / 2);
}

/* A place at the end; the array doubles.  NULL: no place, or no memory. */
static struct job *append(struct subject *s)
{
	struct job *more;

	if (!has_place(s))
		return NULL;
	if ((s->n_jobs & (s->n_jobs - 1)) == 0) {
		more = realloc(s->jobs, (s->n_jobs ? 2 * s->n_jobs : 1) * sizeof(*more));
		if (!more)
			return NULL;
		s->jobs = more;
	}
	s->places->taken++;
	s->places->unlisted += !s->asset;
	return &s->jobs[s->n_jobs++];
}

struct job *job_get(struct subject *s, const struct expected *entry, bool is_target, int64_t row)
{
	struct job *j = job_find(s, entry, is_target);

	if (j)
		return j;
	j = s->n_jobs == JOBS_SUBJECT_MAX ? oldest(s, row) : append(s);
	if (!j) {
		if (!s->places->refused++)
			log_warn("profile", "more uses of expected entries than can be followed: "
				 "further ones have no memory; those with a maximum do not count");
		return NULL;
	}
	job_init(j, entry, is_target);
	return j;
}

/* --- the state --------------------------------------------------------- */

void job_init(struct job *j, const struct expected *entry, bool is_target)
{
	*j = (struct job){ .entry = entry, .is_target = is_target, .row = JOB_NO_TURN,
			   .turn = JOB_NO_TURN, .closed_turn = JOB_NO_TURN,
			   .judged_turn = JOB_NO_TURN, .shown_row = JOB_NO_TURN,
			   .other_turn = JOB_NO_TURN, .night_row = JOB_NO_TURN };
}

void job_pack(const struct job *j, struct packer *p)
{
	pack_text(p, j->entry->id);
	pack_u8(p, (uint8_t)(j->is_target | j->is_exceeded << 1));
	pack_u8(p, j->told);
	channel_key_pack(&j->last, p);
	pack_u64(p, (uint64_t)j->row);
	pack_u64(p, j->row_up);
	pack_u64(p, j->stray_up);
	pack_u64(p, (uint64_t)j->turn);
	pack_u64(p, j->up);
	pack_u64(p, j->first_ns);
	pack_u64(p, j->last_ns);
	pack_u64(p, j->night_up);
	pack_u64(p, (uint64_t)j->closed_turn);
	pack_u64(p, j->closed_up);
	pack_u64(p, j->closed_night_up);
	pack_u64(p, (uint64_t)j->judged_turn);
	pack_u64(p, j->used);
	pack_u32(p, j->amounts_n);
	for (unsigned i = 0; i < JOB_AMOUNTS; i++)
		pack_u64(p, j->amount[i]);
	pack_u32(p, j->misses);
	pack_u32(p, j->nights_seen);
	pack_u32(p, j->nights_ran);
	pack_u32(p, j->nights_silent);
	pack_u64(p, j->nights_up);
	pack_u64(p, (uint64_t)j->shown_row);
	pack_u64(p, (uint64_t)j->other_turn);
	for (unsigned i = 0; i < JOB_OTHERS; i++) {
		channel_key_pack(&j->other[i].key, p);
		pack_u64(p, j->other[i].up);
	}
}

static void unpack_key(struct unpacker *u, uint32_t subject, struct channel_key *ret)
{
	channel_key_unpack(u, ret);
	ret->subject = subject;
}

/* A turn or row; what no calendar has is damage. */
static int64_t unpack_number(struct unpacker *u)
{
	int64_t number = (int64_t)unpack_u64(u);

	if (number != JOB_NO_TURN && (number < -1 || number > NUMBER_MAX))
		u->is_bad = true;
	return number;
}

static void unpack_turns(struct unpacker *u, struct job *j)
{
	j->turn = unpack_number(u);
	j->up = unpack_u64(u);
	j->first_ns = unpack_u64(u);
	j->last_ns = unpack_u64(u);
	j->night_up = unpack_u64(u);
	j->closed_turn = unpack_number(u);
	j->closed_up = unpack_u64(u);
	j->closed_night_up = unpack_u64(u);
	j->judged_turn = unpack_number(u);
	j->used = unpack_u64(u);
	j->amounts_n = unpack_u32(u);
	for (unsigned i = 0; i < JOB_AMOUNTS; i++)
		j->amount[i] = unpack_u64(u);
	j->misses = unpack_u32(u);
}

void job_unpack(struct unpacker *u, uint32_t subject, struct job *ret_job)
{
	struct job *j = ret_job;
	uint8_t flags = unpack_u8(u);

	job_init(j, NULL, flags & 1);
	j->is_exceeded = flags >> 1 & 1;
	j->told = unpack_u8(u);
	unpack_key(u, subject, &j->last);
	j->row = unpack_number(u);
	j->row_up = unpack_u64(u);
	j->stray_up = unpack_u64(u);
	unpack_turns(u, j);
	j->nights_seen = unpack_u32(u);
	j->nights_ran = unpack_u32(u);
	j->nights_silent = unpack_u32(u);
	j->nights_up = unpack_u64(u);
	j->shown_row = unpack_number(u);
	j->other_turn = unpack_number(u);
	for (unsigned i = 0; i < JOB_OTHERS; i++) {
		unpack_key(u, subject, &j->other[i].key);
		j->other[i].up = unpack_u64(u);
	}
}
