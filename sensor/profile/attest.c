/* attest.c - see attest.h. */
#include "profile/attest.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/tz.h"
#include "policy/calendar.h"

static const char *const covers[] = { "none", "entry", "order" };
static_assert(ARRAY_SIZE(covers) == ATTEST_COVERS, "every cover has its name");

const char *attest_cover_name(enum attest_cover c)
{
	return covers[c];
}

int attest_new(struct attest **ret_attest)
{
	struct attest *a = calloc(1, sizeof(*a));
	struct attest_day *d;

	if (!a)
		return -ENOMEM;
	d = &a->today;
	d->without.rows = calloc(ATTEST_ROWS_MAX, sizeof(*d->without.rows));
	d->with.rows = calloc(ATTEST_ROWS_MAX, sizeof(*d->with.rows));
	d->sessions = calloc(ATTEST_SESSIONS_MAX, sizeof(*d->sessions));
	if (!d->without.rows || !d->with.rows || !d->sessions) {
		attest_free(a);
		return -ENOMEM;
	}
	*ret_attest = a;
	return 0;
}

void attest_free(struct attest *a)
{
	if (!a)
		return;
	free(a->today.without.rows);
	free(a->today.with.rows);
	free(a->today.sessions);
	free(a);
}

/* --- days ------------------------------------------------------------------------------------- */

uint64_t attest_day_start(int64_t day)
{
	struct civil c = civil_from_seconds(day * 86400);
	uint64_t ns = 0;

	tz_instant(&c, &ns);
	return ns;
}

/* Where the clock is set back over midnight an instant can be before the start of the day whose
 * date it shows. */
int64_t attest_day_of(uint64_t ns)
{
	int64_t day = calendar_day(ns);

	while (day > 0 && attest_day_start(day) > ns)
		day--;
	return day;
}

void attest_begin_day(struct attest *a, int64_t day)
{
	struct attest_day *d = &a->today;

	*d = (struct attest_day){
		.day = day, .start_ns = attest_day_start(day), .end_ns = attest_day_start(day + 1),
		.without = { .rows = d->without.rows }, .with = { .rows = d->with.rows },
		.sessions = d->sessions,
	};
	a->is_changed = true;
}

/* --- rows ------------------------------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_crossings(const struct attest_crossing *a, const struct attest_crossing *b)
{
	int order = strcmp(a->asset, b->asset);

	if (!order)
		order = memcmp(&a->peer, &b->peer, sizeof(a->peer));
	if (!order)
		order = compare_numbers(a->proto, b->proto);
	if (!order)
		order = compare_numbers(a->port, b->port);
	if (!order)
		order = compare_numbers(a->was_opened_by_peer, b->was_opened_by_peer);
	if (!order)
		order = compare_numbers(a->cover, b->cover);
	return order ? order : strcmp(a->covered_by, b->covered_by);
}

static size_t find_crossing(const struct attest_list *l, const struct attest_crossing *c,
			    bool *ret_is_there)
{
	size_t low = 0, high = l->n;

	*ret_is_there = false;
	while (low < high && !*ret_is_there) {
		size_t middle = low + (high - low) / 2;
		int order = compare_crossings(&l->rows[middle], c);

		if (!order)
			*ret_is_there = true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void attest_add_crossing(struct attest *a, const struct attest_crossing *c)
{
	struct attest_list *l = c->cover ? &a->today.with : &a->today.without;
	bool is_there;
	size_t i = find_crossing(l, c, &is_there);
	struct attest_crossing *row = &l->rows[i];

	a->is_changed = true;
	if (!is_there && l->n == ATTEST_ROWS_MAX) {
		l->beyond++;
		l->beyond_bytes = sum(l->beyond_bytes, sum(c->up, c->down));
		return;
	}
	if (!is_there) {
		memmove(row + 1, row, (l->n - i) * sizeof(*row));
		*row = *c;
		l->n++;
		return;
	}
	row->up = sum(row->up, c->up);
	row->down = sum(row->down, c->down);
	row->packets = sum(row->packets, c->packets);
	row->is_answered |= c->is_answered;
	if (c->first_ns < row->first_ns)
		row->first_ns = c->first_ns;
	if (c->last_ns > row->last_ns)
		row->last_ns = c->last_ns;
}

static int compare_sessions(const struct attest_session *a, const struct attest_session *b)
{
	int order = compare_numbers(a->start_ns, b->start_ns);

	if (!order)
		order = strcmp(a->asset, b->asset);
	if (!order)
		order = memcmp(&a->peer, &b->peer, sizeof(a->peer));
	return order ? order : compare_numbers(a->protocol, b->protocol);
}

void attest_set_session(struct attest *a, const struct attest_session *s)
{
	struct attest_day *d = &a->today;
	size_t i = 0;

	a->is_changed = true;
	while (i < d->n_sessions && compare_sessions(&d->sessions[i], s) < 0)
		i++;
	if (i < d->n_sessions && !compare_sessions(&d->sessions[i], s)) {
		d->sessions[i] = *s;
		return;
	}
	if (d->n_sessions == ATTEST_SESSIONS_MAX) {
		d->sessions_beyond++;
		return;
	}
	memmove(&d->sessions[i + 1], &d->sessions[i],
		(d->n_sessions - i) * sizeof(*d->sessions));
	d->sessions[i] = *s;
	d->n_sessions++;
}

void attest_add_silence(struct attest *a, uint64_t from_ns, uint64_t to_ns)
{
	struct attest_day *d = &a->today;

	if (from_ns < d->start_ns)
		from_ns = d->start_ns;
	if (to_ns > d->end_ns)
		to_ns = d->end_ns;
	if (from_ns >= to_ns)
		return;
	a->is_changed = true;
	d->silent_ns += to_ns - from_ns;
	if (d->n_silences < ATTEST_SILENCES_MAX)
		d->silences[d->n_silences++] = (struct attest_silence){ from_ns, to_ns };
}
