/* outbox_memory.c - records in memory, for a run without a state (see outbox.h).
 *
 * A circular array of pointers between two positions, the oldest record that some sink still needs
 * and `end`.  A record is freed when the slowest cursor has passed it.  peek copies the pointers
 * out, because the array itself may move when it grows.
 *
 * The appender waits in steps of WAIT_STEP_NS: an interrupt is a flag that a signal handler has
 * set, and a handler cannot wake a condition variable.
 *
 * Nothing here fails after outbox_new(): when the array cannot grow the outbox counts as full,
 * and with records in it some sink will make room.
 */
#include "store/outbox_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"

#define FIRST_SLOTS 256
#define WAIT_STEP_NS (200 * NS_PER_MS)

struct outbox_memory {
	struct outbox box;		/* first: the face knows no other */
	struct record **slots;
	size_t n_slots;			/* a power of two */
	uint64_t first;
	bool said_full;
};

static struct outbox_memory *memory_of(struct outbox *o)
{
	return (struct outbox_memory *)o;
}

static struct record **slot_of(struct outbox_memory *m, uint64_t position)
{
	return &m->slots[position & (m->n_slots - 1)];
}

/* --- room ----------------------------------------------------------------- */

/* The sink furthest behind, or NULL when none needs records. */
static const struct outbox_sink *slowest_sink(const struct outbox *o)
{
	const struct outbox_sink *slowest = NULL;

	for (int i = 0; i < o->n_sinks; i++) {
		const struct outbox_sink *s = &o->sinks[i];

		if (s->has_given_up && !s->is_reading)
			continue;
		if (!slowest || s->cursor < slowest->cursor)
			slowest = s;
	}
	return slowest;
}

/* Frees what no sink needs any more. */
static void release_taken(struct outbox_memory *m)
{
	struct outbox *o = &m->box;
	const struct outbox_sink *slowest = slowest_sink(o);
	uint64_t keep = slowest ? slowest->cursor : o->end;

	if (m->first == keep)
		return;
	while (m->first < keep) {
		struct record *r = steal(slot_of(m, m->first));

		o->counters.bytes -= outbox_record_bytes(r);
		record_free(r);
		m->first++;
	}
	if (o->counters.bytes < o->bytes_max / 2)
		m->said_full = false;
	pthread_cond_signal(&o->left);
}

static bool grow_slots(struct outbox_memory *m)
{
	size_t n = 2 * m->n_slots;
	struct record **slots = calloc(n, sizeof(struct record *));

	if (!slots)
		return false;
	for (uint64_t at = m->first; at < m->box.end; at++)
		slots[at & (n - 1)] = *slot_of(m, at);
	free(m->slots);
	m->slots = slots;
	m->n_slots = n;
	return true;
}

/* A record larger than the whole bound still goes into an empty outbox. */
static bool has_room(struct outbox_memory *m, size_t bytes)
{
	const struct outbox *o = &m->box;

	if (o->end - m->first == m->n_slots && !grow_slots(m))
		return false;
	return o->is_closed || m->first == o->end ||
	       o->counters.bytes + bytes <= o->bytes_max ||
	       atomic_load_explicit(&o->is_interrupted, memory_order_relaxed);
}

static void say_full(struct outbox_memory *m)
{
	const struct outbox_sink *slowest = slowest_sink(&m->box);
	char shown[128];

	if (m->said_full || !slowest)
		return;
	m->said_full = true;
	log_warn("outbox", "%llu records wait for %s: the analysis waits with them",
		 (unsigned long long)(m->box.end - slowest->cursor),
		 text_escape(slowest->name, strlen(slowest->name), shown, sizeof(shown)));
}

/* Gives up the sinks that hold the oldest record and have taken nothing for as long as one waits
 * for them.  A sink that is reading keeps what it reads until it comes back, which its own
 * time-outs see to. */
static void lose_patience(struct outbox_memory *m, uint64_t since_ns)
{
	struct outbox *o = &m->box;
	uint64_t now = clock_monotonic_ns();
	char shown[128];

	for (int i = 0; i < o->n_sinks; i++) {
		struct outbox_sink *s = &o->sinks[i];
		uint64_t from = s->moved_ns > since_ns ? s->moved_ns : since_ns;

		if (s->has_given_up || s->cursor != m->first || now - from < s->patience_ns)
			continue;
		s->has_given_up = true;
		log_warn("outbox", "%llu records are given up for %s, which took none for %llu s "
			 "while the outbox was full; the other outputs go on",
			 (unsigned long long)(o->end - s->cursor),
			 text_escape(s->name, strlen(s->name), shown, sizeof(shown)),
			 (unsigned long long)((now - from) / NS_PER_SEC));
	}
	release_taken(m);
}

static void wait_for_room(struct outbox_memory *m, size_t bytes)
{
	struct outbox *o = &m->box;
	uint64_t since = clock_monotonic_ns();

	o->counters.full_waits++;
	say_full(m);
	o->is_appending = true;
	while (!has_room(m, bytes)) {
		struct timespec step = outbox_deadline(WAIT_STEP_NS);

		pthread_cond_timedwait(&o->left, &o->lock, &step);
		if (!has_room(m, bytes))
			lose_patience(m, since);
	}
	o->is_appending = false;
	o->counters.full_wait_ns += clock_monotonic_ns() - since;
}

/* --- the store ------------------------------------------------------------ */

static int memory_open_sink(struct outbox *o, int sink)
{
	(void)o;
	(void)sink;
	return 0;
}

static void memory_append(struct outbox *o, struct record *r)
{
	struct outbox_memory *m = memory_of(o);
	size_t bytes = outbox_record_bytes(r);

	pthread_mutex_lock(&o->lock);
	if (!has_room(m, bytes))
		wait_for_room(m, bytes);
	*slot_of(m, o->end) = r;
	o->end++;
	o->counters.appended++;
	o->counters.bytes += bytes;
	release_taken(m);		/* with no sink left it goes at once */
	pthread_cond_broadcast(&o->came);
	pthread_mutex_unlock(&o->lock);
}

static size_t memory_read(struct outbox *o, int sink, const struct record **records, size_t max)
{
	uint64_t cursor = o->sinks[sink].cursor;
	size_t n = 0;

	for (; n < max && cursor + n < o->end; n++)
		records[n] = *slot_of(memory_of(o), cursor + n);
	return n;
}

static void memory_taken(struct outbox *o, int sink, size_t n)
{
	(void)sink;
	(void)n;
	release_taken(memory_of(o));
}

static void memory_give_up(struct outbox *o, int sink)
{
	(void)sink;
	release_taken(memory_of(o));
}

static bool memory_has_first(struct outbox *o, int sink)
{
	(void)o;
	(void)sink;
	return false;
}

static void memory_free(struct outbox *o)
{
	struct outbox_memory *m = memory_of(o);

	for (uint64_t at = m->first; at < o->end; at++)
		record_free(*slot_of(m, at));
	outbox_fini(o);
	free(m->slots);
	free(m);
}

static const struct outbox_store in_memory = {
	.open_sink = memory_open_sink,
	.append = memory_append,
	.read = memory_read,
	.taken = memory_taken,
	.give_up = memory_give_up,
	.has_first = memory_has_first,
	.free = memory_free,
};

int outbox_new(struct outbox **ret_outbox)
{
	struct outbox_memory *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->n_slots = FIRST_SLOTS;
	m->slots = calloc(m->n_slots, sizeof(struct record *));
	if (!m->slots || outbox_init(&m->box, &in_memory)) {
		free(m->slots);
		free(m);
		return -ENOMEM;
	}
	*ret_outbox = &m->box;
	return 0;
}
