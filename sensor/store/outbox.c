/* outbox.c - see outbox.h: the face of both outboxes, sinks with their cursors, waiting and the
 * end.
 *
 *   records  [ ............................ end)      positions, without a gap
 *                ^cursor(redis)      ^cursor(jsonl)
 *
 * Where the records are is the store's affair: outbox_memory.c, or outbox_state.c.  A sink reads
 * those between its cursor and `end` without the lock: they are immutable, and they are not freed
 * before that same sink peeks again or takes, not even when the appender has given it up meanwhile
 * (is_reading).  A sink that has given up holds nothing back but keeps its cursor, so that what it
 * left can be counted.
 *
 * A mark belongs to a cursor.  They change together, under the lock, so that whoever looks at both
 * (a commit) never sees the one of before with the other of after.
 */
#include "store/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/err.h"
#include "store/outbox_internal.h"

size_t outbox_record_bytes(const struct record *r)
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

int outbox_init(struct outbox *o, const struct outbox_store *store)
{
	o->store = store;
	o->bytes_max = OUTBOX_BYTES_MAX;
	if (cond_init_monotonic(&o->came) || cond_init_monotonic(&o->left) ||
	    pthread_mutex_init(&o->lock, NULL))
		return -ENOMEM;
	return 0;
}

void outbox_fini(struct outbox *o)
{
	for (int i = 0; i < o->n_sinks; i++)
		free(o->sinks[i].name);
	pthread_cond_destroy(&o->came);
	pthread_cond_destroy(&o->left);
	pthread_mutex_destroy(&o->lock);
}

void outbox_free(struct outbox *o)
{
	if (o)
		o->store->free(o);
}

bool outbox_is_durable(const struct outbox *o)
{
	return o->store->is_durable;
}

int outbox_add_sink(struct outbox *o, const char *name)
{
	char *copy = strdup(name);
	int n = copy ? ERR_LIMIT : -ENOMEM, err;

	pthread_mutex_lock(&o->lock);
	if (copy && o->n_sinks < OUTBOX_SINKS_MAX) {
		n = o->n_sinks;
		o->sinks[n] = (struct outbox_sink){ .name = steal(&copy), .first = o->end,
						    .cursor = o->end,
						    .patience_ns = UINT64_MAX };
		err = o->store->open_sink(o, n);
		if (err)
			free(steal(&o->sinks[n].name));
		else
			o->n_sinks++;
		n = err ? err : n;
	}
	pthread_mutex_unlock(&o->lock);
	free(copy);
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

void outbox_interrupt(struct outbox *o)
{
	atomic_store_explicit(&o->is_interrupted, true, memory_order_relaxed);
}

void outbox_append(struct outbox *o, struct record *r)
{
	o->store->append(o, r);
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

struct timespec outbox_deadline(uint64_t timeout_ns)
{
	uint64_t at = clock_monotonic_ns();

	/* "For ever" is a century, which fits every time_t. */
	at += timeout_ns < 36500 * NS_PER_DAY ? timeout_ns : 36500 * NS_PER_DAY;
	return (struct timespec){ .tv_sec = (time_t)(at / NS_PER_SEC),
				  .tv_nsec = (long)(at % NS_PER_SEC) };
}

/* A sink that was given up while it read lets go of its records here. */
static void end_reading(struct outbox *o, int sink)
{
	struct outbox_sink *s = &o->sinks[sink];

	if (!s->is_reading)
		return;
	s->is_reading = false;
	if (s->has_given_up)
		o->store->give_up(o, sink);
}

static bool is_ended(const struct outbox *o)
{
	return o->is_closed && !o->is_appending;
}

size_t outbox_peek(struct outbox *o, int sink, const struct record **records, size_t max,
		   uint64_t timeout_ns, bool *ret_closed)
{
	struct timespec deadline = outbox_deadline(timeout_ns);
	struct outbox_sink *s;
	size_t n = 0;

	pthread_mutex_lock(&o->lock);
	s = &o->sinks[sink];
	end_reading(o, sink);
	while ((s->cursor == o->end || s->waits_for_commit) && !is_ended(o))
		if (pthread_cond_timedwait(&o->came, &o->lock, &deadline))
			break;
	if (!s->has_given_up && !s->waits_for_commit && s->cursor < o->end) {
		n = o->store->read(o, sink, records, max);
		/* They cannot be read now: not to try again and again meanwhile. */
		while (!n && !is_ended(o))
			if (pthread_cond_timedwait(&o->came, &o->lock, &deadline))
				break;
	}
	s->is_reading = n > 0;
	*ret_closed = n == 0 && is_ended(o);
	pthread_mutex_unlock(&o->lock);
	return n;
}

bool outbox_wait_end(struct outbox *o, uint64_t timeout_ns)
{
	struct timespec deadline = outbox_deadline(timeout_ns);
	bool ended;

	pthread_mutex_lock(&o->lock);
	while (!is_ended(o))
		if (pthread_cond_timedwait(&o->came, &o->lock, &deadline))
			break;
	ended = is_ended(o);
	pthread_mutex_unlock(&o->lock);
	return ended;
}

void outbox_taken(struct outbox *o, int sink, size_t n)
{
	struct outbox_sink *s = &o->sinks[sink];

	pthread_mutex_lock(&o->lock);
	s->is_reading = false;
	if (n)
		s->moved_ns = clock_monotonic_ns();
	s->cursor += n;
	s->mark = s->next_mark;
	o->store->taken(o, sink, n);
	pthread_mutex_unlock(&o->lock);
}

void outbox_give_up(struct outbox *o, int sink)
{
	pthread_mutex_lock(&o->lock);
	o->sinks[sink].has_given_up = true;
	o->sinks[sink].is_reading = false;
	o->store->give_up(o, sink);
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

/* --- what a sink finds again ---------------------------------------------- */

void outbox_set_mark(struct outbox *o, int sink, uint64_t mark)
{
	pthread_mutex_lock(&o->lock);
	o->sinks[sink].next_mark = mark;
	pthread_mutex_unlock(&o->lock);
}

void outbox_place(struct outbox *o, int sink, struct outbox_place *ret_place)
{
	const struct outbox_sink *s = &o->sinks[sink];

	pthread_mutex_lock(&o->lock);
	*ret_place = (struct outbox_place){
		.is_known = s->is_known,
		.keeps_file = o->keeps_files,
		.has_all = s->first && o->store->has_first(o, sink),
		.mark = s->mark,
	};
	pthread_mutex_unlock(&o->lock);
}

void outbox_rewind(struct outbox *o, int sink)
{
	struct outbox_sink *s = &o->sinks[sink];

	pthread_mutex_lock(&o->lock);
	s->cursor = s->first;
	s->mark = s->next_mark = 0;
	pthread_mutex_unlock(&o->lock);
}

void outbox_forget_first(struct outbox *o, int sink, uint64_t mark)
{
	struct outbox_sink *s = &o->sinks[sink];

	pthread_mutex_lock(&o->lock);
	s->first = 0;
	s->mark = s->next_mark = mark;
	s->waits_for_commit = o->store->is_durable;
	pthread_mutex_unlock(&o->lock);
}
