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
 * and they cannot be freed before that same sink says outbox_taken().  peek copies the pointers
 * out, because the array itself may move when it grows.
 *
 * Nothing here fails after outbox_new(): when the array cannot grow the outbox counts as full,
 * and with records in it some sink will make room.  That is the face a store on disk can keep
 * as well.
 */
#include "store/outbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define FIRST_SLOTS 256
#define SINK_NAME_MAX 32

struct sink {
	char name[SINK_NAME_MAX];
	uint64_t cursor;		/* position of the next record to take */
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
	}
	pthread_mutex_unlock(&o->lock);
	return n;
}

/* --- room ----------------------------------------------------------------- */

/* The sink furthest behind, or NULL when none takes records. */
static const struct sink *slowest_sink(const struct outbox *o)
{
	const struct sink *slowest = NULL;

	for (int i = 0; i < o->n_sinks; i++)
		if (!o->sinks[i].has_given_up &&
		    (!slowest || o->sinks[i].cursor < slowest->cursor))
			slowest = &o->sinks[i];
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
	if (o->counters.bytes < OUTBOX_BYTES_MAX / 2)
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
	       o->counters.bytes + bytes <= OUTBOX_BYTES_MAX;
}

static void wait_for_room(struct outbox *o, size_t bytes)
{
	uint64_t since = clock_monotonic_ns();
	const struct sink *slowest = slowest_sink(o);

	o->counters.full_waits++;
	if (!o->said_full && slowest) {
		o->said_full = true;
		log_notice("outbox", "%llu records wait for %s: the analysis waits with them",
			   (unsigned long long)(o->end - o->first), slowest->name);
	}
	o->is_appending = true;
	while (!has_room(o, bytes))
		pthread_cond_wait(&o->left, &o->lock);
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

/* --- sinks ---------------------------------------------------------------- */

static struct timespec deadline_after(uint64_t timeout_ns)
{
	uint64_t at = clock_monotonic_ns();

	/* "For ever" is a century, which fits every time_t. */
	at += timeout_ns < 36500 * NS_PER_DAY ? timeout_ns : 36500 * NS_PER_DAY;
	return (struct timespec){ .tv_sec = (time_t)(at / NS_PER_SEC),
				  .tv_nsec = (long)(at % NS_PER_SEC) };
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
	while (s->cursor == o->end && !is_ended(o))
		if (pthread_cond_timedwait(&o->came, &o->lock, &deadline))
			break;
	/* After giving up, what lies behind the cursor may be freed already. */
	while (!s->has_given_up && n < max && s->cursor + n < o->end) {
		records[n] = *slot_of(o, s->cursor + n);
		n++;
	}
	*ret_closed = n == 0 && is_ended(o);
	pthread_mutex_unlock(&o->lock);
	return n;
}

void outbox_taken(struct outbox *o, int sink, size_t n)
{
	pthread_mutex_lock(&o->lock);
	o->sinks[sink].cursor += n;
	release_taken(o);
	pthread_mutex_unlock(&o->lock);
}

void outbox_give_up(struct outbox *o, int sink)
{
	pthread_mutex_lock(&o->lock);
	o->sinks[sink].has_given_up = true;
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
