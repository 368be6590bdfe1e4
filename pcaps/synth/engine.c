/* engine.c - see engine.h. */
#include "synth/engine.h"

#include <errno.h>
#include <stdlib.h>
#include "base/err.h"
#include "base/text.h"

#define LOOKUP_LEAD_NS (40 * NS_PER_MS)	/* from the DNS question to the connection */
#define PARALLEL_SPREAD_NS (2 * NS_PER_SEC)
#define PERSISTENT_LEAD_NS (30 * NS_PER_SEC)

struct event {
	uint64_t ns, order;
	size_t activity;
	struct talk *talk;		/* NULL: a run of the activity begins */
};

struct engine {
	struct view *view;
	struct event *heap;
	size_t n, cap;
	size_t *next_run;		/* by activity */
	uint64_t *serial;		/* connections begun, by activity */
	uint64_t births;
};

/* --- the heap --------------------------------------------------------------------------------- */

static bool before(const struct event *a, const struct event *b)
{
	if (a->ns != b->ns)
		return a->ns < b->ns;
	if (a->activity != b->activity)
		return a->activity < b->activity;
	return a->order < b->order;
}

static void sift_down(struct engine *e, size_t at)
{
	struct event moving = e->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= e->n)
			break;
		if (child + 1 < e->n && before(&e->heap[child + 1], &e->heap[child]))
			child++;
		if (!before(&e->heap[child], &moving))
			break;
		e->heap[at] = e->heap[child];
		at = child;
	}
	e->heap[at] = moving;
}

static int push(struct engine *e, const struct event *event)
{
	if (e->n == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : 256;
		struct event *heap = reallocarray(e->heap, cap, sizeof(*heap));

		if (!heap)
			return -ENOMEM;
		e->heap = heap;
		e->cap = cap;
	}
	size_t at = e->n++;
	while (at && before(event, &e->heap[(at - 1) / 2])) {
		e->heap[at] = e->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	e->heap[at] = *event;
	return 0;
}

static void pop(struct engine *e)
{
	e->heap[0] = e->heap[--e->n];
	if (e->n)
		sift_down(e, 0);
}

/* --- runs ------------------------------------------------------------------------------------- */

static int start_talk(struct engine *e, const struct talk_start *start)
{
	struct talk *t;
	int err = talk_new(e->view, start, &t);

	if (err)
		return err;
	/* A datagram conversation may have nothing to say: its share of the volume is nothing. */
	if (talk_due(t) == PLAYER_NEVER) {
		talk_free(t);
		return 0;
	}
	err = push(e, &(struct event){ .ns = talk_due(t), .order = ++e->births,
				       .activity = start->activity, .talk = t });
	if (err)
		talk_free(t);
	return err;
}

/* Connection `start->connection` of `connections`: its share of the run's volume and time. */
static void share(const struct activity *a, struct random *random, const struct talk_start *run,
		  struct talk_start *start)
{
	unsigned n = a->connections, i = start->connection;

	for (unsigned d = 0; d < 2; d++) {
		start->bytes[d] = run->bytes[d] / n;
		if (i == 0)
			start->bytes[d] += run->bytes[d] % n;
	}
	if (n == 1)
		return;
	if (a->is_parallel) {
		start->ns += random_below(random, PARALLEL_SPREAD_NS);
		return;
	}
	start->ns += run->duration_ns / n * i;
	start->duration_ns = run->duration_ns / n / 10 * 9;
}

static int start_run(struct engine *e, size_t activity)
{
	const struct activity *a = &e->view->s->activities[activity];
	size_t run = e->next_run[activity]++;
	struct talk_start first = { .activity = activity, .run = run, .ns = a->runs[run].ns };
	struct random random = random_stream(e->view->s->seed, a->id, run + 1, 1ULL << 42);
	int err = 0;

	talk_run_volume(e->view->s, a, run, first.bytes, &first.duration_ns);
	if (a->is_persistent) {
		uint64_t lead = random_below(&random, PERSISTENT_LEAD_NS);

		first.ns -= lead < first.ns - e->view->s->start_ns ? lead : 0;
	}
	for (unsigned i = 0; i < a->connections && !err; i++) {
		struct talk_start start = first;

		start.connection = i;
		start.serial = e->serial[activity];
		share(a, &random, &first, &start);
		if (a->lookup >= 0 && i == 0) {
			struct talk_start lookup = start;

			lookup.is_lookup = true;
			err = start_talk(e, &lookup);
		}
		start.ns += a->lookup >= 0 ? LOOKUP_LEAD_NS : 0;
		e->serial[activity]++;
		err = err ? err : start_talk(e, &start);
	}
	return err;
}

static int plan_next(struct engine *e, size_t activity)
{
	const struct activity *a = &e->view->s->activities[activity];
	size_t run = e->next_run[activity];

	/* A persistent connection finds its later runs itself. */
	if (run >= a->n_runs || (a->is_persistent && run > 0))
		return 0;
	uint64_t ns = a->runs[run].ns;
	if (a->is_persistent)
		ns -= PERSISTENT_LEAD_NS < ns ? PERSISTENT_LEAD_NS : 0;
	return push(e, &(struct event){ .ns = ns, .activity = activity });
}

static int step(struct engine *e)
{
	struct event *top = &e->heap[0];

	if (!top->talk) {
		size_t activity = top->activity;

		pop(e);
		int err = start_run(e, activity);
		return err ? err : plan_next(e, activity);
	}
	int err = talk_advance(top->talk, e->view);
	uint64_t due = err ? PLAYER_NEVER : talk_due(top->talk);
	if (due >= e->view->s->end_ns) {
		talk_free(top->talk);
		pop(e);
	} else {
		top->ns = due;
		sift_down(e, 0);
	}
	return err;
}

int engine_run(struct view *v, char error[static SCENARIO_ERROR_MAX])
{
	struct engine e = { .view = v };
	size_t n = v->s->n_activities;
	int err = -ENOMEM;

	e.next_run = calloc(n + 1, sizeof(*e.next_run));
	e.serial = calloc(n + 1, sizeof(*e.serial));
	if (e.next_run && e.serial)
		err = 0;
	for (size_t i = 0; i < n && !err; i++)
		err = plan_next(&e, i);
	while (!err && e.n) {
		size_t activity = e.heap[0].activity;

		err = step(&e);
		if (err)
			(void)text_format(error, SCENARIO_ERROR_MAX, "activities.%s: %s",
					  v->s->activities[activity].id, err_text(err));
	}
	for (size_t i = 0; i < e.n; i++)
		talk_free(e.heap[i].talk);
	free(e.heap);
	free(e.next_run);
	free(e.serial);
	return err;
}
