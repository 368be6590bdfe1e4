/* redis.c - the sink that adds records to a Redis stream (see sinks.h).
 *
 *   peek a batch -> queue XADDs -> read the replies one by one -> take what was acknowledged
 *                                             |
 *        lost, time-out    close, connect again (back-off), send again what was not acknowledged
 *        later (OOM ...)   wait (back-off), send again
 *        refused           say so once, try again slowly: a person has to act
 *        dead              add the record to <stream>:dead with the refusal: then it is taken
 *
 * Records stay in the outbox until acknowledged.  A command without a reply has an unknown fate
 * and is sent again, so a stream may hold a record twice; event.id tells.  Order: the batch is
 * one record until the server has taken one again, then it doubles, so that a refusal in the
 * middle of a batch (which lets later records of it pass first) is rare and small.
 *
 * The log has changes of state only: lost, cannot take records, refused, back.  Back-off
 * doubles from 200 ms to 30 s, jittered, and starts anew only after 10 quiet seconds; so a
 * server that comes and goes cannot fill the log either.
 *
 * Thread: its own.  `lock` guards the few flags between it and redis_sink_close(); stop_fd ends
 * any wait of the connection at once.
 */
#include "output/sinks.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "output/redis_conn.h"
#include "output/redis_entry.h"

#define MAXLEN_DEFAULT 50000
#define BATCH_RECORDS 256		/* of one pipeline, as ALERTS.md bounds it */
#define BATCH_BYTES 262144
#define PEEK_NS (500 * NS_PER_MS)	/* until an idle, open outbox is left for a look around */
#define PING_NS (15 * NS_PER_SEC)	/* idle this long: is the server still there? */
#define BACKOFF_MIN_NS (200 * NS_PER_MS)
#define BACKOFF_MAX_NS (30 * NS_PER_SEC)
#define BACKOFF_CLOSING_NS (500 * NS_PER_MS)	/* somebody is waiting for us to finish */
#define QUIET_NS (10 * NS_PER_SEC)
#define CLOSE_STEP_NS (200 * NS_PER_MS)	/* between looks at is_interrupted */
#define DEAD_SUFFIX ":dead"

enum state { STATE_NEW, STATE_UP, STATE_LOST, STATE_BUSY, STATE_REFUSED };

struct redis_sink {
	struct redis_config cfg;
	char where[REDIS_URL_TEXT_MAX];
	char dead_key[sizeof(((struct redis_config *)0)->stream) + sizeof(DEAD_SUFFIX)];
	struct outbox *outbox;
	int sink;			/* number in the outbox */
	int stop_fd;
	pthread_t thread;

	pthread_mutex_t lock;		/* the next three */
	pthread_cond_t changed;
	bool is_closing, is_done, is_stopped;

	/* The thread's own until it is joined. */
	struct redis_conn *conn;
	enum state state;
	struct redis_fault fault;	/* the latest */
	uint64_t backoff_ns, last_fault_ns, last_reply_ns;
	size_t batch_limit;
	size_t unsure;			/* sent, not acknowledged: they go again */
	bool is_fault_of_greeting;	/* so a greeting that succeeds ends it */
	bool checked_policy, said_dead, has_given_up;
	bool was_interrupted;		/* of redis_sink_close() */
	struct redis_entry entry;
	struct redis_fault replies[BATCH_RECORDS];

	_Atomic uint64_t added, resent, dead, connects;
};

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* --- waiting -------------------------------------------------------------- */

static bool read_flag(struct redis_sink *s, const bool *flag)
{
	bool is_set;

	pthread_mutex_lock(&s->lock);
	is_set = *flag;
	pthread_mutex_unlock(&s->lock);
	return is_set;
}

static struct timespec deadline_after(uint64_t ns)
{
	uint64_t at = clock_monotonic_ns() + (ns < 365 * NS_PER_DAY ? ns : 365 * NS_PER_DAY);

	return (struct timespec){ .tv_sec = (time_t)(at / NS_PER_SEC),
				  .tv_nsec = (long)(at % NS_PER_SEC) };
}

/* From half of it to all of it, so that many sensors do not come back at the same instant. */
static uint64_t jittered(uint64_t ns)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = clock_monotonic_ns();
	return ns / 2 + random % (ns / 2 + 1);
}

/* Sleeps before the next attempt; ends when told to stop, and once when closing begins. */
static void pause_before_retry(struct redis_sink *s)
{
	bool was_closing;
	struct timespec deadline;

	pthread_mutex_lock(&s->lock);
	was_closing = s->is_closing;
	if (was_closing && s->backoff_ns > BACKOFF_CLOSING_NS)
		s->backoff_ns = BACKOFF_CLOSING_NS;
	deadline = deadline_after(jittered(s->backoff_ns));
	while (!s->is_stopped && s->is_closing == was_closing)
		if (pthread_cond_timedwait(&s->changed, &s->lock, &deadline))
			break;
	pthread_mutex_unlock(&s->lock);
}

/* --- what the operator is told -------------------------------------------- */

static enum state state_of(enum redis_class class)
{
	switch (class) {
	case REDIS_DONE: return STATE_UP;
	case REDIS_LATER: return STATE_BUSY;
	case REDIS_REFUSED:
	case REDIS_DEAD: return STATE_REFUSED;	/* even its dead letter was refused */
	default: return STATE_LOST;
	}
}

static void say_fault(struct redis_sink *s, enum state state)
{
	if (state == STATE_LOST)
		log_warn("redis", "%s: %s; records are kept and sent when it is back", s->where,
			 s->fault.text);
	else if (state == STATE_BUSY)
		log_warn("redis", "%s takes no records now: %s; they are kept", s->where,
			 s->fault.text);
	else
		log_err("redis", "%s refuses: %s; records are kept", s->where, s->fault.text);
}

static void note_up(struct redis_sink *s)
{
	size_t waiting = outbox_waiting(s->outbox, s->sink);

	if (s->state == STATE_NEW)
		log_info("redis", "connected to %s", s->where);
	else if (s->state != STATE_UP)
		log_notice("redis", "%s is back, %zu records to send", s->where, waiting);
	s->state = STATE_UP;
}

/* Takes s->fault into account: says so when the state changed, sets the back-off, and closes the
 * connection unless the server only asked for patience. */
static void note_fault(struct redis_sink *s)
{
	enum state state = state_of(s->fault.class);
	uint64_t now = clock_monotonic_ns();

	if (state != s->state)
		say_fault(s, state);
	s->state = state;
	if (now - s->last_fault_ns > s->backoff_ns + QUIET_NS)
		s->backoff_ns = BACKOFF_MIN_NS;
	else
		s->backoff_ns *= 2;
	if (s->backoff_ns > BACKOFF_MAX_NS || state == STATE_REFUSED)
		s->backoff_ns = BACKOFF_MAX_NS;
	s->last_fault_ns = now;
	s->batch_limit = 1;
	if (state != STATE_BUSY) {
		redis_conn_close(s->conn);
		s->conn = NULL;
	}
}

/* A stop ends the waits of the connection: that is no news about the server. */
static void take_fault(struct redis_sink *s, const struct redis_fault *fault, bool was_closing)
{
	if (read_flag(s, &s->is_stopped))
		return;
	s->fault = *fault;
	note_fault(s);
	if (state_of(fault->class) == STATE_REFUSED && was_closing)
		s->has_given_up = true;
	else
		pause_before_retry(s);
}

/* --- connecting ----------------------------------------------------------- */

static bool is_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* Streams have no expiry, so only the allkeys policies can take them. */
static enum redis_class check_policy(struct redis_sink *s, struct redis_fault *fault)
{
	char policy[64];
	enum redis_class class = redis_conn_policy(s->conn, policy, sizeof(policy), fault);

	if (class == REDIS_LOST)
		return class;
	s->checked_policy = true;
	if (is_prefix(policy, "allkeys-"))
		log_warn("redis", "%s has maxmemory-policy %s: when memory is short it may delete "
			 "the stream with unread records; use noeviction", s->where, policy);
	else if (!*policy)
		log_info("redis", "%s does not tell its maxmemory-policy", s->where);
	return REDIS_DONE;
}

static void connect_once(struct redis_sink *s, bool was_closing)
{
	struct redis_fault fault;
	enum redis_class class = redis_conn_open(&s->cfg.url, s->stop_fd, &s->conn, &fault);

	if (class == REDIS_DONE) {
		count(&s->connects, 1);
		s->last_reply_ns = clock_monotonic_ns();
		if (!s->checked_policy)
			class = check_policy(s, &fault);
	}
	if (class != REDIS_DONE) {
		s->is_fault_of_greeting = true;
		take_fault(s, &fault, was_closing);
		return;
	}
	/* When a record was refused, only one that is taken shows the way back. */
	if (s->state == STATE_NEW || s->state == STATE_LOST || s->is_fault_of_greeting)
		note_up(s);
	s->is_fault_of_greeting = false;
}

static void ping_when_idle(struct redis_sink *s, bool was_closing)
{
	struct redis_fault fault;

	if (clock_monotonic_ns() - s->last_reply_ns < PING_NS)
		return;
	if (redis_conn_ping(s->conn, &fault) == REDIS_DONE)
		s->last_reply_ns = clock_monotonic_ns();
	else
		take_fault(s, &fault, was_closing);
}

/* --- sending -------------------------------------------------------------- */

/* The stream of a record's kind; "": none. */
static const char *key_of(const struct redis_sink *s, const struct record *r)
{
	switch (r->kind) {
	case RECORD_ALERT: return s->cfg.stream;
	case RECORD_ATTESTATION: return s->cfg.attestations;
	default: return "";
	}
}

/* Queues commands for the first records: how many.  0: out of memory. */
static size_t queue_batch(struct redis_sink *s, const struct record *const *records, size_t n)
{
	size_t queued = 0, bytes = 0;

	while (queued < n) {
		struct redis_entry *e = &s->entry;

		redis_entry_build(e, key_of(s, records[queued]), s->cfg.maxlen, records[queued],
				  NULL);
		if (queued && bytes + e->bytes > BATCH_BYTES)
			break;
		if (!redis_conn_queue(s->conn, e->argc, e->argv, e->lens))
			return 0;
		bytes += e->bytes;
		queued++;
	}
	return queued;
}

/* Reads a reply for each command: how many came.  Fewer: *ret_fault says why. */
static size_t read_replies(struct redis_sink *s, size_t sent, struct redis_fault *ret_fault)
{
	for (size_t i = 0; i < sent; i++)
		if (redis_conn_reply(s->conn, &s->replies[i]) == REDIS_LOST) {
			*ret_fault = s->replies[i];
			return i;
		}
	return sent;
}

/* Keeps a record that the stream will never take, with the reason. */
static enum redis_class bury(struct redis_sink *s, const struct record *r, const char *refusal,
			     struct redis_fault *ret_fault)
{
	struct redis_entry *e = &s->entry;
	enum redis_class class;

	redis_entry_build(e, s->dead_key, s->cfg.maxlen, r, refusal);
	if (!redis_conn_queue(s->conn, e->argc, e->argv, e->lens)) {
		*ret_fault = (struct redis_fault){ REDIS_LOST, "out of memory" };
		return REDIS_LOST;
	}
	class = redis_conn_reply(s->conn, ret_fault);
	if (class != REDIS_DONE)
		return class;
	count(&s->dead, 1);
	if (!s->said_dead)
		log_err("redis", "%s refused record %llu for good: %s; such records are kept in %s",
			s->where, (unsigned long long)r->sequence, refusal, s->dead_key);
	s->said_dead = true;
	return REDIS_DONE;
}

/* Goes through the replies in order, up to the first record that must be sent again (its fault in
 * *ret_fault).  How many records are done. */
static size_t settle(struct redis_sink *s, const struct record *const *records, size_t answered,
		     struct redis_fault *ret_fault)
{
	for (size_t i = 0; i < answered; i++) {
		const struct redis_fault *reply = &s->replies[i];

		if (reply->class == REDIS_DONE) {
			count(&s->added, 1);
		} else if (reply->class != REDIS_DEAD) {
			*ret_fault = *reply;
			return i;
		} else if (bury(s, records[i], reply->text, ret_fault) != REDIS_DONE) {
			return i;
		}
	}
	return answered;
}

static void send_batch(struct redis_sink *s, const struct record *const *records, size_t n,
		       bool was_closing)
{
	struct redis_fault fault = { REDIS_LOST, "out of memory" }, lost;
	size_t sent = queue_batch(s, records, n), answered, done, again;

	again = sent < s->unsure ? sent : s->unsure;
	count(&s->resent, again);
	s->unsure -= again;
	answered = sent ? read_replies(s, sent, &lost) : 0;
	done = settle(s, records, answered, &fault);
	outbox_taken(s->outbox, s->sink, done);
	if (sent && done == sent) {
		s->last_reply_ns = clock_monotonic_ns();
		s->batch_limit *= 2;
		if (s->batch_limit > BATCH_RECORDS)
			s->batch_limit = BATCH_RECORDS;
		if (s->state != STATE_UP)
			note_up(s);
		return;
	}
	s->unsure += sent - done;
	if (sent && answered < sent && done == answered)
		fault = lost;
	take_fault(s, &fault, was_closing);
}

/* --- the thread ----------------------------------------------------------- */

/* How many of the first records the stream does not get. */
static size_t count_skipped(const struct redis_sink *s, const struct record *const *records,
			    size_t n)
{
	size_t skipped = 0;

	while (skipped < n && (!*key_of(s, records[skipped]) ||
			       (records[skipped]->flat.is_suppressed && !s->cfg.with_suppressed)))
		skipped++;
	return skipped;
}

/* How many of the first records go together: up to one that it does not get. */
static size_t count_sent(const struct redis_sink *s, const struct record *const *records, size_t n)
{
	size_t sent = 0;

	while (sent < n && !count_skipped(s, &records[sent], 1))
		sent++;
	return sent;
}

static void *run(void *arg)
{
	struct redis_sink *s = arg;
	const struct record *records[BATCH_RECORDS];
	bool drained = false;

	while (!s->has_given_up && !read_flag(s, &s->is_stopped)) {
		bool closing = read_flag(s, &s->is_closing);
		size_t n = outbox_peek(s->outbox, s->sink, records, s->batch_limit,
				       s->conn ? PEEK_NS : 0, &drained);

		size_t skipped = count_skipped(s, records, n);

		if (drained)
			break;
		if (skipped)
			outbox_taken(s->outbox, s->sink, skipped);
		else if (!s->conn)
			connect_once(s, closing);
		else if (n)
			send_batch(s, records, count_sent(s, records, n), closing);
		else
			ping_when_idle(s, closing);
	}
	redis_conn_close(s->conn);
	s->conn = NULL;
	pthread_mutex_lock(&s->lock);
	s->is_done = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void sink_free(struct redis_sink *s)
{
	if (!s)
		return;
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	explicit_bzero(&s->cfg.url, sizeof(s->cfg.url));
	free(s);
}

static int sink_new(const struct redis_config *cfg, struct redis_sink **ret_sink)
{
	struct redis_sink *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	if (!s)
		return -ENOMEM;
	s->cfg = *cfg;
	if (!s->cfg.maxlen)
		s->cfg.maxlen = MAXLEN_DEFAULT;
	s->batch_limit = 1;
	s->backoff_ns = BACKOFF_MIN_NS;
	redis_url_text(&cfg->url, s->where);
	text_format(s->dead_key, sizeof(s->dead_key), "%s" DEAD_SUFFIX, cfg->stream);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->stop_fd < 0) {
		int err = -errno;

		sink_free(s);
		return err;
	}
	*ret_sink = s;
	return 0;
}

/* Its place in a state is that of this stream on this server. */
static int add_to_outbox(struct redis_sink *s)
{
	char name[sizeof(s->where) + sizeof(s->cfg.stream) + 8];

	text_format(name, sizeof(name), "redis:%s/%s", s->where, s->cfg.stream);
	return outbox_add_sink(s->outbox, name);
}

int redis_sink_open(const struct redis_config *cfg, struct outbox *o, struct redis_sink **ret_sink)
{
	struct redis_sink *s = NULL;
	int err = sink_new(cfg, &s);

	if (err)
		goto out;
	s->outbox = o;
	s->sink = add_to_outbox(s);
	if (s->sink >= 0 && cfg->gives_up_when_full)
		outbox_set_patience(o, s->sink, cfg->wait_ns);
	err = s->sink < 0 ? s->sink : -pthread_create(&s->thread, NULL, run, s);
	if (err) {
		if (s->sink >= 0)
			outbox_give_up(o, s->sink);
		goto out;
	}
	pthread_setname_np(s->thread, "nw-redis");
	*ret_sink = steal(&s);
out:	if (err)
		log_err("redis", "cannot start: %s", err_text(err));
	sink_free(s);
	return err;
}

void redis_sink_counters(const struct redis_sink *s, struct redis_counters *ret_counters)
{
	*ret_counters = (struct redis_counters){
		.added = atomic_load_explicit(&s->added, memory_order_relaxed),
		.resent = atomic_load_explicit(&s->resent, memory_order_relaxed),
		.dead = atomic_load_explicit(&s->dead, memory_order_relaxed),
		.connects = atomic_load_explicit(&s->connects, memory_order_relaxed),
	};
}

/* Whether the thread is to have more time. */
static bool may_wait(struct redis_sink *s, uint64_t since_ns)
{
	s->was_interrupted = s->cfg.is_interrupted && s->cfg.is_interrupted();
	return !s->was_interrupted && clock_monotonic_ns() - since_ns < s->cfg.wait_ns;
}

/* Gives the thread its time, then ends it. */
static void wait_and_join(struct redis_sink *s)
{
	uint64_t since = clock_monotonic_ns();
	const uint64_t one = 1;

	pthread_mutex_lock(&s->lock);
	s->is_closing = true;
	pthread_cond_broadcast(&s->changed);
	while (!s->is_done && may_wait(s, since)) {
		uint64_t spent = clock_monotonic_ns() - since;
		uint64_t left = s->cfg.wait_ns > spent ? s->cfg.wait_ns - spent : 0;
		struct timespec step = deadline_after(left < CLOSE_STEP_NS ? left : CLOSE_STEP_NS);

		pthread_cond_timedwait(&s->changed, &s->lock, &step);
	}
	s->is_stopped = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (write(s->stop_fd, &one, sizeof(one)) < 0)
		log_debug("redis", "stop: %s", err_text(-errno));
	pthread_join(s->thread, NULL);
}

/* What was left, and why, in one sentence. */
static void say_left(const struct redis_sink *s, size_t left)
{
	const char *why = s->was_interrupted ? "interrupted" :
			  s->state == STATE_UP ? "the time to wait ran out" :
			  s->state == STATE_NEW ? "no answer yet" : s->fault.text;

	log_err("redis", "%zu %s did not reach %s: %s; %s", left, left == 1 ? "record" : "records",
		s->where, why,
		outbox_is_durable(s->outbox) ? "kept in the state and sent by the next run"
					     : "a replay of the same input sends the same again, "
					       "and what --alerts wrote is whole");
}

int redis_sink_close(struct redis_sink *s)
{
	struct redis_counters c;
	size_t left;

	if (!s)
		return 0;
	wait_and_join(s);
	left = outbox_waiting(s->outbox, s->sink);
	outbox_give_up(s->outbox, s->sink);
	redis_sink_counters(s, &c);
	log_info("redis", "%" PRIu64 " records added, %" PRIu64 " sent again, %" PRIu64
		 " dead letters, %" PRIu64 " connections", c.added, c.resent, c.dead, c.connects);
	if (left)
		say_left(s, left);
	sink_free(s);
	return left ? ERR_CONNECTION : 0;
}
