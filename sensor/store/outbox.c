/* outbox.c - see outbox.h.
 *
 *   records  [first ............................ end)      absolute positions, counted from 0
 *                ^cursor(redis)      ^cursor(jsonl)
 *
 * A circular array of pointers between two absolute positions; each sink's cursor is a position
 * too. A record is freed when the slowest cursor has passed it; a sink that has given up holds
 * nothing back but keeps its cursor, so that what it left can be counted.
 *
 * A sink reads the records between its cursor and `end` without the lock: they are immutable,
 * and they cannot be freed before that same sink peeks again or takes, not even when the appender
 * has given it up meanwhile (is_reading).  peek copies the pointers out, because the array itself
 * may move when it grows.
 *
 * The appender waits in steps of WAIT_STEP_NS: an interrupt is a flag that a signal handler has
 * set, and a handler cannot wake a condition variable.
 *
 * Nothing here fails after outbox_new(): when the array cannot grow the outbox counts as full,
 * and with records in it some sink will make room.  That is the face a store on disk can keep
 * as well.
 */
#include "store/outbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define FIRST_SLOTS 256
#define SINK_NAME_MAX 32
#define WAIT_STEP_NS (200 * NS_PER_MS)

struct sink {
	char name[SINK_NAME_MAX];
	uint64_t cursor;		/* position of the next record to take */
	uint64_t patience_ns;		/* of an append that waits for it */
	uint64_t moved_ns;		/* when it last took records, monotonic clock */
	bool is_reading;		/* records after the cursor are with it */
	bool has_given_up;
};

struct outbox {
	pthread_mutex_t lock;		/* everything below; never held while a sink works */
	pthread_cond_t came;		/* a record, or the end */
	pthread_cond_t left;		/* room, or the end */
	struct record **slots;
	size_t n_slots;			/* a power of two */
	uint64_t first, end;
	struct sink sinks[OUTBOX_SINKS_MAX];
	int n_sinks;
	bool is_closed;
	bool is_appending;		/* an append is waiting: the end is not yet known */
	bool said_full;
	uint64_t bytes_max;
	atomic_bool is_interrupted;	/* without the lock: a signal handler sets it */
	struct outbox_counters counters;
};

static size_t record_bytes(const struct record *r)
{
	return sizeof(*r) + r->json_len + 1;
}

static int cond_init_monotonic(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int err = pthread_condattr_init(&attr);

	if (err)
		return -err;
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	err = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return -err;
}

int outbox_new(struct outbox **ret_outbox)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->bytes_max = OUTBOX_BYTES_MAX;
	o->n_slots = FIRST_SLOTS;
	o->slots = calloc(o->n_slots, sizeof(struct record *));
	if (!o->slots || cond_init_monotonic(&o->came) || cond_init_monotonic(&o->left) ||
	    pthread_mutex_init(&o->lock, NULL)) {
		free(o->slots);
		free(o);
		return -ENOMEM;
	}
	*ret_outbox = o;
	return 0;
}

static struct record **slot_of(struct outbox *o, uint64_t position)
{
	return &o->slots[position & (o->n_slots - 1)];
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	for (uint64_t at = o->first; at < o->end; at++)
		record_free(*slot_of(o, at));
	pthread_cond_destroy(&o->came);
	pthread_cond_destroy(&o->left);
	pthread_mutex_destroy(&o->lock);
	free(o->slots);
	free(o);
}

int outbox_add_sink(struct outbox *o, const char *name)
{
	int n = ERR_LIMIT;

	pthread_mutex_lock(&o->lock);
	if (o->n_sinks < OUTBOX_SINKS_MAX) {
		n = o->n_sinks++;
		text_copy(o->sinks[n].name, sizeof(o->sinks[n].name), name);
		o->sinks[n].cursor = o->end;
		o->sinks[n].patience_ns = UINT64_MAX;
	}
	pthread_mutex_unlock(&o->lock);
	return n;
}

void outbox_set_patience(struct outbox *o, int sink, uint64_t ns)
{
	pthread_mutex_lock(&o->lock);
	o->sinks[sink].patience_ns = ns;
	pthread_mutex_unlock(&o->lock);
}

void outbox_set_bound(struct outbox *o, uint64_t bytes)
{
	pthread_mutex_lock(&o->lock);
	o->bytes_max = bytes;
	pthread_mutex_unlock(&o->lock);
}

static struct timespec deadline_after(uint64_t timeout_ns)
{
	uint64_t at = clock_monotonic_ns();

	/* "For ever" is a century, which fits every time_t. */
	at += timeout_ns < 36500 * NS_PER_DAY ? timeout_ns : 36500 * NS_PER_DAY;
	return (struct timespec){ .tv_sec = (time_t)(at / NS_PER_SEC),
				  .tv_nsec = (long)(at % NS_PER_SEC) };
}

/* --- room ----------------------------------------------------------------- */

/* The sink furthest behind, or NULL when none needs records. */
static struct sink *slowest_sink(struct outbox *o)
{
	struct sink *slowest = NULL;

	for (int i = 0; i < o->n_sinks; i++) {
		struct sink *s = &o->sinks[i];

		if (s->has_given_up && !s->is_reading)
			continue;
		if (!slowest || s->cursor < slowest->cursor)
			slowest = s;
	}
	return slowest;
}

/* Frees what no sink needs any more. */
static void release_taken(struct outbox *o)
{
	const struct sink *slowest = slowest_sink(o);
	uint64_t keep = slowest ? slowest->cursor : o->end;

	if (o->first == keep)
		return;
	while (o->first < keep) {
		struct record *r = steal(slot_of(o, o->first));

		o->counters.bytes -= record_bytes(r);
		record_free(r);
		o->first++;
	}
	if (o->counters.bytes < o->bytes_max / 2)
		o->said_full = false;
	pthread_cond_signal(&o->left);
}

static bool grow_slots(struct outbox *o)
{
	size_t n = 2 * o->n_slots;
	struct record **slots = calloc(n, sizeof(struct record *));

	if (!slots)
		return false;
	for (uint64_t at = o->first; at < o->end; at++)
		slots[at & (n - 1)] = *slot_of(o, at);
	free(o->slots);
	o->slots = slots;
	o->n_slots = n;
	return true;
}

/* A record larger than the whole bound still goes into an empty outbox. */
static bool has_room(struct outbox *o, size_t bytes)
{
	if (o->end - o->first == o->n_slots && !grow_slots(o))
		return false;
	return o->is_closed || o->first == o->end ||
	       o->counters.bytes + bytes <= o->bytes_max ||
	       atomic_load_explicit(&o->is_interrupted, memory_order_relaxed);
}

static void say_full(struct outbox *o)
{
	const struct sink *slowest = slowest_sink(o);

	if (o->said_full || !slowest)
		return;
	o->said_full = true;
	log_warn("outbox", "%llu records wait for %s: the analysis waits with them",
		 (unsigned long long)(o->end - slowest->cursor), slowest->name);
}

/* Gives up the sinks that hold the oldest record and have taken nothing for as long as one waits
 * for them.  A sink that is reading keeps what it reads until it comes back, which its own
 * time-outs see to. */
static void lose_patience(struct outbox *o, uint64_t since_ns)
{
	uint64_t now = clock_monotonic_ns();

	for (int i = 0; i < o->n_sinks; i++) {
		struct sink *s = &o->sinks[i];
		uint64_t from = s->moved_ns > since_ns ? s->moved_ns : since_ns;

		if (s->has_given_up || s->cursor != o->first || now - from < s->patience_ns)
			continue;
		s->has_given_up = true;
		log_warn("outbox", "%llu records are given up for %s, which took none for %llu s "
			 "while the outbox was full; the other outputs go on",
			 (unsigned long long)(o->end - s->cursor), s->name,
			 (unsigned long long)((now - from) / NS_PER_SEC));
	}
	release_taken(o);
}

static void wait_for_room(struct outbox *o, size_t bytes)
{
	uint64_t since = clock_monotonic_ns();

	o->counters.full_waits++;
	say_full(o);
	o->is_appending = true;
	while (!has_room(o, bytes)) {
		struct timespec step = deadline_after(WAIT_STEP_NS);

		pthread_cond_timedwait(&o->left, &o->lock, &step);
		if (!has_room(o, bytes))
			lose_patience(o, since);
	}
	o->is_appending = false;
	o->counters.full_wait_ns += clock_monotonic_ns() - since;
}

void outbox_append(struct outbox *o, struct record *r)
{
	size_t bytes = record_bytes(r);

	pthread_mutex_lock(&o->lock);
	if (!has_room(o, bytes))
		wait_for_room(o, bytes);
	*slot_of(o, o->end) = r;
	o->end++;
	o->counters.appended++;
	o->counters.bytes += bytes;
	release_taken(o);		/* with no sink left it goes at once */
	pthread_cond_broadcast(&o->came);
	pthread_mutex_unlock(&o->lock);
}

void outbox_close(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	o->is_closed = true;
	pthread_cond_broadcast(&o->came);
	pthread_cond_broadcast(&o->left);
	pthread_mutex_unlock(&o->lock);
}

void outbox_interrupt(struct outbox *o)
{
	atomic_store_explicit(&o->is_interrupted, true, memory_order_relaxed);
}

/* --- sinks ---------------------------------------------------------------- */

/* A sink that was given up while it read lets go of its records here. */
static void end_reading(struct outbox *o, struct sink *s)
{
	if (!s->is_reading)
		return;
	s->is_reading = false;
	if (s->has_given_up)
		release_taken(o);
}

static bool is_ended(const struct outbox *o)
{
	return o->is_closed && !o->is_appending;
}

size_t outbox_peek(struct outbox *o, int sink, const struct record **records, size_t max,
		   uint64_t timeout_ns, bool *ret_closed)
{
	struct timespec deadline = deadline_after(timeout_ns);
	struct sink *s;
	size_t n = 0;

	pthread_mutex_lock(&o->lock);
	s = &o->sinks[sink];
	end_reading(o, s);
	while (s->cursor == o->end && !is_ended(o))
		if (pthread_cond_timedwait(&o->came, &o->lock, &deadline))
			break;
	/* After giving up, what lies behind the cursor may be freed already. */
	while (!s->has_given_up && n < max && s->cursor + n < o->end) {
		records[n] = *slot_of(o, s->cursor + n);
		n++;
	}
	s->is_reading = n > 0;
	*ret_closed = n == 0 && is_ended(o);
	pthread_mutex_unlock(&o->lock);
	return n;
}

void outbox_taken(struct outbox *o, int sink, size_t n)
{
	pthread_mutex_lock(&o->lock);
	o->sinks[sink].cursor += n;
	if (n)
		o->sinks[sink].moved_ns = clock_monotonic_ns();
	o->sinks[sink].is_reading = false;
	release_taken(o);
	pthread_mutex_unlock(&o->lock);
}

void outbox_give_up(struct outbox *o, int sink)
{
	pthread_mutex_lock(&o->lock);
	o->sinks[sink].has_given_up = true;
	o->sinks[sink].is_reading = false;
	release_taken(o);
	pthread_mutex_unlock(&o->lock);
}

size_t outbox_waiting(struct outbox *o, int sink)
{
	size_t n;

	pthread_mutex_lock(&o->lock);
	n = (size_t)(o->end - o->sinks[sink].cursor);
	pthread_mutex_unlock(&o->lock);
	return n;
}

void outbox_counters(struct outbox *o, struct outbox_counters *ret_counters)
{
	pthread_mutex_lock(&o->lock);
	*ret_counters = o->counters;
	pthread_mutex_unlock(&o->lock);
}
