/* pipeline.c - see pipeline.h. */
#include "app/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/batch.h"
#include "app/shard_sums.h"
#include "app/tap_watch.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/ring.h"
#include "flow/claim.h"
#include "packet/fragments.h"
#include "policy/suffix.h"

#define FRAMES_AT_ONCE 64
#define PACKET_RING 32			/* batches under way to one worker */
#define EVENT_RING 64			/* minutes under way from one worker */
#define TUNNEL_DATAGRAMS 1024		/* fragments_may_hide(): held by the reader, */
#define TUNNEL_BYTES_MAX (16U << 20)	/* and their data */
#define TUNNEL_NESTING 4		/* reassemblies for one frame */

/* A worker serves the shards whose number modulo the number of workers is its own. */
struct worker {
	struct pipeline *pipeline;
	unsigned number;
	pthread_t thread;
	struct ring *inbox;		/* reader -> worker: struct packet_batch */
	struct ring *empties;		/* worker -> reader: batches to use again */
	struct ring *outbox;		/* worker -> analysis: struct event_batch */
	struct packet_batch *filling;	/* the reader's */
	struct event_batch *events;	/* the worker's */
	bool is_running;
};

struct pipeline {
	struct source *source;
	struct pipeline_config cfg;
	struct analysis *analysis;
	struct shard *shards[PIPELINE_SHARDS_MAX];
	struct worker workers[PIPELINE_WORKERS_MAX];
	pthread_t analysis_thread;
	bool analysis_runs;
	uint64_t first_ns;		/* written before the first event batch is pushed */
	uint64_t minute;		/* the minute of the last frame or idle mark */
	struct fragments *tunnels;	/* the reader's: fragments_may_hide() */
	uint64_t bad_reassembled;	/* fragments of what came out of them malformed */
	struct pipeline_counters counters;
};

static void set_thread_name(pthread_t thread, const char *what, unsigned number)
{
	char name[16];

	snprintf(name, sizeof(name), "nw-%.7s-%u", what, number % 1000);
	pthread_setname_np(thread, name);
}

/* --- workers --------------------------------------------------------------- */

static void emit_event(void *arg, struct slice *s)
{
	struct worker *w = arg;

	event_batch_add(w->events, s);
}

/* Hands what has been emitted to the analysis and starts afresh. */
static void push_events(struct worker *w, uint64_t mark_ns, bool is_end)
{
	struct event_batch *next = NULL;

	w->events->mark_ns = mark_ns;
	w->events->is_end = is_end;
	while (!is_end && !(next = event_batch_new()))
		;	/* a few bytes; without them nothing can go on */
	ring_push_wait(w->outbox, w->events);
	w->events = next;
}

static void worker_mark(struct worker *w, uint64_t boundary_ns)
{
	struct pipeline *p = w->pipeline;

	for (unsigned i = w->number; i < p->cfg.shards; i += p->cfg.workers)
		if (p->shards[i])
			shard_mark(p->shards[i], boundary_ns);
	push_events(w, boundary_ns, false);
}

static void worker_finish(struct worker *w, uint64_t now_ns)
{
	struct pipeline *p = w->pipeline;

	for (unsigned i = w->number; !p->cfg.carry && i < p->cfg.shards; i += p->cfg.workers)
		if (p->shards[i])
			shard_finish(p->shards[i]);
	push_events(w, now_ns, true);
}

/* Runs of one shard go in together: the table fetches ahead over them.  The order within a shard
 * is kept, and between shards it means nothing. */
static void worker_packets(struct worker *w, const struct packet_batch *b)
{
	struct shard_item items[BATCH_PACKETS];
	uint64_t done = 0;		/* bit i: packet i has been given */

	for (uint32_t i = 0; i < b->n; i++) {
		size_t n = 0;

		if (done >> i & 1)
			continue;
		for (uint32_t k = i; k < b->n; k++)
			if (b->shard[k] == b->shard[i]) {
				items[n++] = (struct shard_item){ &b->packets[k], b->status[k] };
				done |= 1ULL << k;
			}
		shard_packets(w->pipeline->shards[b->shard[i]], items, n);
	}
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	bool is_end = false;

	while (!is_end) {
		struct packet_batch *b = ring_pop_wait(w->inbox);

		worker_packets(w, b);
		is_end = b->is_end;
		if (is_end)
			worker_finish(w, b->mark_ns);
		else if (b->mark_ns)
			worker_mark(w, b->mark_ns);
		ring_push_wait(w->empties, b);
	}
	return NULL;
}

/* --- analysis -------------------------------------------------------------- */

static int compare_events(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *const *)a, *(const struct slice *const *)b);
}

/* What is lost is said once and makes the run a failed one. */
static void note_loss(struct pipeline *p)
{
	if (!p->counters.is_incomplete)
		log_err("pipeline", "out of memory: flow events are lost, results are incomplete");
	p->counters.is_incomplete = true;
}

/* One step of capture time: the events of all workers up to the same mark, and before the first
 * mark those that the last run left. */
static void analyse(struct pipeline *p, struct event_batch **batches, unsigned n_batches)
{
	size_t n = 0, at = 0;
	struct slice **sorted;

	for (unsigned i = 0; i < n_batches; i++) {
		n += batches[i]->n;
		if (batches[i]->is_short)
			note_loss(p);
	}
	sorted = n ? malloc(n * sizeof(struct slice *)) : NULL;
	if (n && !sorted) {
		note_loss(p);
		return;
	}
	for (unsigned i = 0; i < n_batches; i++)
		for (size_t k = 0; k < batches[i]->n; k++)
			sorted[at++] = &batches[i]->events[k];
	if (n)
		qsort(sorted, n, sizeof(struct slice *), compare_events);
	for (size_t i = 0; i < n; i++)
		analysis_event(p->analysis, sorted[i]);
	free(sorted);
}

/* The end of a run that is carried on: its last events belong to a minute that is not complete. */
static void keep_pending(struct pipeline *p, struct event_batch **batches, unsigned n_batches)
{
	struct event_batch *keep = event_batch_new();

	for (unsigned i = 0; keep && i < n_batches; i++) {
		for (size_t k = 0; k < batches[i]->n; k++)
			event_batch_add(keep, &batches[i]->events[k]);
		batches[i]->n = 0;
	}
	if (!keep || keep->is_short)
		log_err("pipeline",
			"no memory for the events of the last minute: they are missing");
	p->cfg.carry->ret_pending = keep;
}

static void *analysis_main(void *arg)
{
	struct pipeline *p = arg;
	/* One more than workers: what the last run left. */
	struct event_batch *batches[PIPELINE_WORKERS_MAX + 1] = { NULL };
	unsigned n = p->cfg.workers;
	bool is_end = false, has_started = false;

	if (p->cfg.carry && p->cfg.carry->pending)
		batches[n++] = steal(&p->cfg.carry->pending);

	while (!is_end) {
		for (unsigned i = 0; i < p->cfg.workers; i++)
			batches[i] = ring_pop_wait(p->workers[i].outbox);
		if (!has_started && p->first_ns)
			analysis_start(p->analysis, p->first_ns);
		has_started |= p->first_ns != 0;
		is_end = batches[0]->is_end;
		if (has_started && is_end && p->cfg.carry) {
			keep_pending(p, batches, n);
		} else if (has_started) {
			analyse(p, batches, n);
			if (is_end)
				analysis_finish(p->analysis, batches[0]->mark_ns);
			else
				analysis_time(p->analysis, batches[0]->mark_ns);
		}
		for (unsigned i = 0; i < n; i++)
			event_batch_free(batches[i]);
		n = p->cfg.workers;
	}
	return NULL;
}

/* --- reader ------------------------------------------------------------ */

static bool is_inline(const struct pipeline *p)
{
	return p->cfg.workers == 1;
}

/* Gives the batch being filled to the worker and takes an empty one. */
static void flush(struct worker *w)
{
	struct packet_batch *b = w->filling;

	if (b->n == 0 && !b->mark_ns && !b->is_end)
		return;
	if (is_inline(w->pipeline)) {
		worker_packets(w, b);
		b->n = b->used = 0;
		return;
	}
	ring_push_wait(w->inbox, b);
	w->filling = ring_pop_wait(w->empties);
	w->filling->n = w->filling->used = 0;
	w->filling->mark_ns = 0;
	w->filling->is_end = false;
}

static void broadcast_mark(struct pipeline *p, uint64_t mark_ns, bool is_end)
{
	for (unsigned i = 0; i < p->cfg.workers; i++) {
		struct worker *w = &p->workers[i];

		if (is_inline(p)) {
			flush(w);
			if (is_end)
				worker_finish(w, mark_ns);
			else
				worker_mark(w, mark_ns);
		} else {
			w->filling->mark_ns = mark_ns;
			w->filling->is_end = is_end;
			flush(w);
		}
	}
}

/* Capture time has reached ns: announces the minute boundaries that have passed, as one mark. */
static void reach(struct pipeline *p, uint64_t ns)
{
	uint64_t minute = ns / SLICE_NS;

	gaps_reach(&p->counters.gaps, ns);
	if (!p->first_ns) {
		p->first_ns = ns ? ns : 1;
		p->minute = minute;
	}
	if (minute <= p->minute)
		return;
	p->minute = minute;
	fragments_expire(p->tunnels, minute * SLICE_NS);
	broadcast_mark(p, minute * SLICE_NS, false);
}

static int make_shard(struct pipeline *p, unsigned number)
{
	struct shard_config cfg = { .with_dpi = true,
		.with_duplicates = !p->cfg.keep_duplicates, .files = p->cfg.files,
		.files_then = p->cfg.carry ? p->cfg.carry->files : NULL, .carried = {
		.registered_domain = suffix_registered_domain, .key = p->cfg.carried_key } };

	return shard_new(&cfg, emit_event, &p->workers[number % p->cfg.workers],
			 &p->shards[number]);
}

static void hand_on(struct pipeline *p, struct packet *packet, enum packet_status status)
{
	unsigned shard = shard_of(&packet->src, &packet->dst, p->cfg.shards);
	struct worker *w = &p->workers[shard % p->cfg.workers];
	bool with_bytes = !is_inline(p) || packet->is_reassembled;

	packet_rebase(packet, status);
	if (packet->caplen > BATCH_COPY_MAX)	/* the same with any number of workers */
		packet->caplen = BATCH_COPY_MAX;
	if (!packet_batch_add(w->filling, packet, status, shard, with_bytes)) {
		flush(w);
		packet_batch_add(w->filling, packet, status, shard, with_bytes);
	}
}

/* The datagram around, when there is one, once: with each frame, or each datagram put together. */
static void hand_on_carrier(struct pipeline *p, const struct packet *packet)
{
	struct packet carrier;

	if (packet_carrier(packet, &carrier))
		hand_on(p, &carrier, PACKET_OK);
}

/* Only the inside of a tunnel says which shard a packet belongs to, and a fragment does not show
 * it. false: nothing to hand on (yet). */
static bool reassemble(struct pipeline *p, struct packet *packet, enum packet_status *status)
{
	for (unsigned n = 0; *status == PACKET_FRAGMENT && fragments_may_hide(packet); n++) {
		bool is_known = packet->tunnel.has_addrs;
		struct packet whole;

		if (n == TUNNEL_NESTING) {	/* honest ones have two at most */
			*status = PACKET_BAD_EXTENSION;
			break;
		}
		if (!fragments_add(p->tunnels, packet, &whole, status))
			return false;
		*packet = whole;
		if (!is_known)
			hand_on_carrier(p, packet);
	}
	if (*status == PACKET_OK || *status == PACKET_FRAGMENT)
		return true;
	p->bad_reassembled += packet->fragments;
	return false;
}

static void take_frame(struct pipeline *p, const struct frame *f)
{
	struct packet packet;
	enum packet_status status;

	reach(p, f->ts_ns);
	status = packet_decode(f, &packet);
	p->counters.decode[status]++;
	if (status == PACKET_ARP && claim_prepare(&packet))
		hand_on(p, &packet, status);
	if (status != PACKET_OK && status != PACKET_FRAGMENT)
		return;
	hand_on_carrier(p, &packet);
	if (status == PACKET_OK || reassemble(p, &packet, &status))
		hand_on(p, &packet, status);
}

static int read_source(struct pipeline *p)
{
	struct frame frames[FRAMES_AT_ONCE];
	int n;

	while ((n = source_read(p->source, frames, FRAMES_AT_ONCE)) > 0 || n == SOURCE_IDLE) {
		/* First: what capture time passes now may be judged as soon as a mark is out. */
		tap_watch_step(p->cfg.watch, p->source, frames, n > 0 ? (size_t)n : 0);
		for (int i = 0; i < n; i++)
			take_frame(p, &frames[i]);
		/* A live source alone is idle.  A segment without any packet is observed all the
		 * same: its first idle mark starts the clock. */
		if (n == SOURCE_IDLE)
			reach(p, source_mark_ns(p->source));
		/* With one worker the bytes are the source's, until its next call.  With several
		 * a short read means that nothing more is waiting: do not let a batch wait for
		 * it. */
		if (n < FRAMES_AT_ONCE || is_inline(p))
			for (unsigned i = 0; i < p->cfg.workers; i++)
				flush(&p->workers[i]);
		if (p->cfg.tick)
			p->cfg.tick(p->cfg.tick_arg, p->source, source_mark_ns(p->source));
	}
	return n;
}

/* --- set-up and end ---------------------------------------------------- */

static int prepare_worker(struct pipeline *p, unsigned number)
{
	struct worker *w = &p->workers[number];
	int err;

	w->pipeline = p;
	w->number = number;
	w->events = event_batch_new();
	w->filling = packet_batch_new();
	err = w->events && w->filling ? ring_new(EVENT_RING, &w->outbox) : -ENOMEM;
	if (err || is_inline(p))
		return err;
	err = ring_new(PACKET_RING, &w->inbox);
	if (!err)
		err = ring_new(PACKET_RING, &w->empties);
	for (unsigned i = 0; !err && i < PACKET_RING - 1; i++) {
		struct packet_batch *b = packet_batch_new();

		if (!b)
			return -ENOMEM;
		ring_push(w->empties, b);
	}
	return err;
}

static int prepare(struct pipeline *p)
{
	int err = fragments_new(TUNNEL_DATAGRAMS, TUNNEL_BYTES_MAX, &p->tunnels);

	for (unsigned i = 0; !err && i < p->cfg.workers; i++)
		err = prepare_worker(p, i);
	for (unsigned i = 0; !err && i < p->cfg.shards; i++)
		err = make_shard(p, i);
	return err;
}

/* Puts a connection of the last run into its shard. */
static void take_flow(void *arg, const void *key, size_t key_len, const void *value,
		      size_t value_len)
{
	struct pipeline *p = arg;
	unsigned shard;

	(void)key;
	(void)key_len;
	if (shard_of_packed(value, value_len, p->cfg.shards, &shard) &&
	    shard_import(p->shards[shard], value, value_len))
		p->counters.carried_in++;
	else
		p->counters.carried_lost++;
}

static void carry_in(struct pipeline *p)
{
	struct pipeline_carry *c = p->cfg.carry;

	if (!c || !c->minute_ns)
		return;
	p->minute = c->minute_ns / SLICE_NS;
	p->first_ns = c->minute_ns;	/* the analysis goes on; it has its own first stamp */
	c->flows(c->arg, take_flow, p);
}

static void carry_out(struct pipeline *p, int err)
{
	struct pipeline_carry *c = p->cfg.carry;

	if (!c || !c->ends_clean(c->arg, err))
		return;
	c->ret_minute_ns = p->minute * SLICE_NS;
	for (unsigned i = 0; i < p->cfg.shards; i++)
		shard_export(p->shards[i], c->put_flow, c->arg);
}

/* Not all threads could be started.  The analysis waits for every worker: those that run are told
 * that it is over, and the end of the others is said in their place. */
static void end_threads(struct pipeline *p)
{
	for (unsigned i = 0; i < p->cfg.workers; i++) {
		struct worker *w = &p->workers[i];

		if (w->is_running) {
			w->filling->is_end = true;
			ring_push_wait(w->inbox, steal(&w->filling));
		} else {
			push_events(w, 0, true);
		}
	}
}

static int start_threads(struct pipeline *p)
{
	int err = pthread_create(&p->analysis_thread, NULL, analysis_main, p);

	if (err)
		return -err;
	p->analysis_runs = true;
	set_thread_name(p->analysis_thread, "analyse", 0);
	for (unsigned i = 0; !is_inline(p) && i < p->cfg.workers; i++) {
		struct worker *w = &p->workers[i];

		err = pthread_create(&w->thread, NULL, worker_main, w);
		if (err) {
			end_threads(p);
			return -err;
		}
		w->is_running = true;
		set_thread_name(w->thread, "worker", i);
	}
	return 0;
}

static void free_ring_of_batches(struct ring *r)
{
	void *item;

	while (r && (item = ring_pop(r)))
		free(item);
	ring_free(r);
}

static void release(struct pipeline *p)
{
	if (p->tunnels)
		shard_sums_add_fragments(&p->counters.flow, fragments_counters(p->tunnels),
					 p->bad_reassembled);
	fragments_free(p->tunnels);
	for (unsigned i = 0; i < p->cfg.shards; i++) {
		if (p->shards[i])
			shard_sums_add(&p->counters.flow, shard_counters(p->shards[i]));
		shard_free(p->shards[i]);
	}
	for (unsigned i = 0; i < p->cfg.workers; i++) {
		struct worker *w = &p->workers[i];

		free(w->filling);
		event_batch_free(w->events);
		free_ring_of_batches(w->inbox);
		free_ring_of_batches(w->empties);
		ring_free(w->outbox);
	}
}

static void join_threads(struct pipeline *p)
{
	for (unsigned i = 0; i < p->cfg.workers; i++)
		if (p->workers[i].is_running)
			pthread_join(p->workers[i].thread, NULL);
	if (p->analysis_runs)
		pthread_join(p->analysis_thread, NULL);
}

static int read_to_end(struct pipeline *p)
{
	int err = read_source(p);

	tap_watch_step(p->cfg.watch, p->source, NULL, 0);
	broadcast_mark(p, source_mark_ns(p->source), true);
	if (err == SOURCE_END)
		return 0;
	log_err("input", "%s", source_error_text(p->source));
	return err;
}

int pipeline_run(struct source *s, const struct pipeline_config *cfg, struct analysis *a,
		 struct pipeline_counters *ret_counters)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	int err;

	memset(ret_counters, 0, sizeof(*ret_counters));
	if (!p)
		return -ENOMEM;
	p->source = s;
	p->cfg = *cfg;
	p->analysis = a;
	if (!p->cfg.workers)
		p->cfg.workers = 1;
	if (!p->cfg.shards)
		p->cfg.shards = PIPELINE_SHARDS;
	err = prepare(p);
	if (!err)
		carry_in(p);
	if (!err)
		err = start_threads(p);
	if (err)
		log_err("pipeline", "cannot start: %s; nothing was read", err_text(err));
	else
		err = read_to_end(p);
	join_threads(p);
	carry_out(p, err);
	release(p);
	*ret_counters = p->counters;
	free(p);
	return err;
}
