/* live.c - interfaces as a source, by libpcap: the directions of a TAP, or one SPAN port.
 *
 *	kernel ring --callback: copy into blocks--> line (a queue per interface) --> merge by stamp
 *
 * Handles do not block; the thread sleeps in poll() over the rings and an eventfd for
 * source_stop(). pcap_dispatch() itself cannot be left to wait: on a quiet ring of version 3 it
 * does not come back at its time-out.
 *
 * Order.  With one interface frames leave as they come.  With several, a frame leaves when every
 * other interface has a later one waiting, or LIVE_WAIT_NS after it was captured: an interface
 * with nothing to say holds the others back no longer.  Several queues of a card stamp a little out
 * of order: among the frames that still wait, one is put where it belongs (reordered).  A frame
 * older than what was handed out, or than an idle mark, takes that stamp; it is counted as
 * stepped_back, or as clamped when it is older by more than SOURCE_REORDER_NS: then it is the clock
 * that was set back.
 *
 * Own packets: PACKET_IGNORE_OUTGOING keeps them out of the ring, pcap_setdirection() out of the
 * callback where the kernel does not know it.  A sensor must not judge what its own host sends.
 *
 * Stop.  The kernel hands a block of its ring over when it is full or LIVE_RETIRE_MS old; so one
 * such interval is waited and then everything stamped before the stop is drained. Counters of the
 * kernel are 32 bits wide and only grow; differences are added up.
 *
 * Down.  An interface that is down tells so by an error, one whose cable was pulled by nothing at
 * all; so the flags are looked at with the counters, by index, since names move.  Without a carrier
 * and with packets the packets are right: some drivers do not report theirs.  The handle stays
 * good, and goes on when the interface is back.
 */
#include "capture/source.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "capture/live_internal.h"

#define LIVE_WAIT_NS (200 * NS_PER_MS)
#define LIVE_IDLE_NS (200 * NS_PER_MS)
#define LIVE_MARK_LAG_NS NS_PER_SEC	/* an idle mark says "now less this" */
#define LIVE_STATS_NS NS_PER_SEC
#define LIVE_DRAIN_NS (2 * NS_PER_SEC)	/* at most, when frames keep pouring in at the stop */
#define LIVE_DISPATCH_MAX 256		/* frames copied before the first leave: stays in cache */
#define LIVE_LINE_BYTES (64U << 20)	/* of blocks an interface may hold */
#define LIVE_SORT_MAX 256		/* frames that one may be put before */

/* --- from the ring into blocks --------------------------------------------------------------- */

/* Room for len bytes in the block being filled.  NULL: out of memory. */
static uint8_t *line_room(struct line *l, size_t len)
{
	struct block *b = l->block;
	uint8_t *room;

	if (b && b->refs == 1)
		l->block_used = 0;
	if (!b || b->size - l->block_used < len) {
		size_t size = len > BLOCK_BYTES ? len : BLOCK_BYTES;

		b = block_take(l->owner->pool, size, &l->account);
		if (!b)
			return NULL;
		block_unref(l->block);
		l->block = b;
		l->block_used = 0;
	}
	room = b->data + l->block_used;
	l->block_used += len;
	return room;
}

static uint64_t header_ns(struct line *l, const struct pcap_pkthdr *h)
{
	uint64_t part = (uint64_t)h->ts.tv_usec * (l->is_nano ? 1 : NS_PER_US);

	if (h->ts.tv_sec >= 0 && part < NS_PER_SEC)
		return (uint64_t)h->ts.tv_sec * NS_PER_SEC + part;
	l->owner->base.counters.normalised++;
	return clock_wall_ns();
}

static inline struct held *line_slot(struct line *l, size_t i)
{
	return &l->queue[(l->at + i) & (LIVE_LINE_SLOTS - 1)];
}

/* A slot for a frame of this stamp: the last one, or before later ones that still wait.  A step
 * back by more than frames wait is a clock that was set: these frames did come later. */
static struct held *line_insert(struct line *l, uint64_t ts_ns)
{
	size_t least = l->n > LIVE_SORT_MAX ? l->n - LIVE_SORT_MAX : 0, i = l->n++;
	uint64_t last_ns = i ? line_slot(l, i - 1)->frame.ts_ns : 0;

	if (last_ns <= ts_ns || last_ns - ts_ns > LIVE_WAIT_NS)
		return line_slot(l, i);
	l->owner->base.counters.reordered++;
	for (; i > least && line_slot(l, i - 1)->frame.ts_ns > ts_ns; i--)
		*line_slot(l, i) = *line_slot(l, i - 1);
	return line_slot(l, i);
}

static void on_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct line *l = (struct line *)(void *)user;
	struct live_source *s = l->owner;
	uint32_t caplen = h->caplen < PACKET_BYTES_MAX ? h->caplen : PACKET_BYTES_MAX;
	uint8_t *copy = line_room(l, caplen);
	uint64_t ts_ns;
	struct held *to;

	if (!copy) {
		s->base.counters.kernel_drops++;
		return;
	}
	memcpy(copy, bytes, caplen);
	ts_ns = header_ns(l, h);
	to = line_insert(l, ts_ns);
	*to = (struct held){
		.frame = { .ts_ns = ts_ns, .bytes = copy, .caplen = caplen,
			   .wirelen = h->len, .link = l->link },
		.block = block_ref(l->block), .position = s->now_ns,
	};
	if (caplen > h->len) {
		to->frame.wirelen = caplen;
		s->base.counters.normalised++;
	}
	if (s->is_draining && ts_ns > s->stop_wall_ns)
		l->is_past_stop = true;
}

/* The kernel's counters wrap at 32 bits and start again with a new handle. */
static void line_stats(struct line *l)
{
	struct source_counters *c = &l->owner->base.counters;
	struct pcap_stat st;
	uint32_t received, dropped;

	if (!l->pcap || pcap_stats(l->pcap, &st) < 0)
		return;
	received = (uint32_t)st.ps_recv - l->stat_received;
	dropped = (uint32_t)st.ps_drop - l->stat_dropped;
	/* ps_ifdrop is the device's own, from /proc or sysfs; a device may reset it. */
	if (st.ps_ifdrop > l->stat_if_dropped) {
		dropped += (uint32_t)st.ps_ifdrop - l->stat_if_dropped;
		c->device_drops += (uint32_t)st.ps_ifdrop - l->stat_if_dropped;
	}
	l->stat_received = st.ps_recv;
	l->stat_dropped = st.ps_drop;
	l->stat_if_dropped = st.ps_ifdrop;
	l->input.kernel_received += received;
	l->input.kernel_drops += dropped;
	c->kernel_received += received;
	c->kernel_drops += dropped;
}

static void line_down(struct line *l, const char *why)
{
	if (l->input.down_ns)
		return;
	log_warn("capture", "%s: %s", l->name, why);
	l->input.down_ns = l->owner->wall_ns;
}

static void line_up(struct line *l)
{
	if (!l->input.down_ns)
		return;
	log_notice("capture", "%s: the interface is up again", l->name);
	l->input.up_ns = l->owner->wall_ns;
	l->input.down_ns = 0;
}

/* By its flags.  What cannot be asked is taken as it was. */
static void line_check(struct line *l)
{
	bool has_packets = l->input.packets != l->packets_checked;
	struct ifreq ask = { .ifr_ifindex = (int)l->index };

	l->packets_checked = l->input.packets;
	if (!l->pcap || !l->index)
		return;
	if (ioctl(l->fd, SIOCGIFNAME, &ask) || ioctl(l->fd, SIOCGIFFLAGS, &ask)) {
		if (errno == ENODEV)
			line_down(l, "the interface is gone");
		return;
	}
	if (!(ask.ifr_flags & IFF_UP))
		line_down(l, "the interface is down");
	else if (ask.ifr_flags & IFF_RUNNING || has_packets)
		line_up(l);
	else
		line_down(l, "the interface has no carrier");
}

static void line_lose(struct line *l, const char *why)
{
	log_warn("capture", "%s: %s; it is not read any more", l->name, why);
	if (!l->input.down_ns)
		l->input.down_ns = l->owner->wall_ns;
	line_stats(l);
	pcap_close(l->pcap);
	l->pcap = NULL;
}

static bool is_full(const struct line *l)
{
	return l->n == LIVE_LINE_SLOTS || l->account > LIVE_LINE_BYTES;
}

/* What the ring has, as far as there is room.  true: there was something. */
static bool line_collect(struct line *l)
{
	size_t room = LIVE_LINE_SLOTS - l->n;
	int n;

	if (room > LIVE_DISPATCH_MAX)
		room = LIVE_DISPATCH_MAX;
	if (!l->pcap || is_full(l) || l->is_past_stop)
		return false;
	n = pcap_dispatch(l->pcap, (int)room, on_frame, (u_char *)l);
	l->is_quiet = n < (int)room;
	if (n == PCAP_ERROR && strstr(pcap_geterr(l->pcap), "went down")) {
		line_down(l, "the interface is down");
		return false;
	}
	if (n == PCAP_ERROR) {
		line_lose(l, pcap_geterr(l->pcap));
		return false;
	}
	if (n > 0 && !l->index)
		line_up(l);	/* nobody else would say so */
	return n > 0;
}

/* --- merging --------------------------------------------------------------------------------- */

static struct held *line_head(struct line *l)
{
	return l->n ? &l->queue[l->at] : NULL;
}

/* After a stop: every ring has handed over what it had. */
static bool is_drain_due(const struct live_source *s)
{
	return s->is_draining && s->now_ns >= s->drain_from_ns;
}

static uint64_t since(uint64_t now_ns, uint64_t then_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

/* How long ago the head was captured.  The monotonic clock bounds it when the wall clock is set
 * back. */
static uint64_t waited_ns(const struct live_source *s, const struct line *l)
{
	const struct held *h = &l->queue[l->at];
	uint64_t by_stamp = since(s->wall_ns, h->frame.ts_ns);
	uint64_t by_arrival = since(s->now_ns, h->position);

	return by_stamp > by_arrival ? by_stamp : by_arrival;
}

/* The line whose head is next, or NULL.  *ret_is_due: whether it may leave already.  A line that
 * has nothing waiting only because its ring was not emptied in this round is waited for in any
 * case. */
static struct line *next_line(struct live_source *s, bool *ret_is_due)
{
	bool is_one_silent = false, is_one_behind = false;
	struct line *best = NULL;

	for (size_t i = 0; i < s->n_lines; i++) {
		struct line *l = &s->lines[i];

		if (l->n) {
			if (!best || line_head(l)->frame.ts_ns < line_head(best)->frame.ts_ns)
				best = l;
		} else if (l->pcap && !l->is_past_stop) {
			is_one_silent = true;
			is_one_behind |= !l->is_quiet;
		}
	}
	*ret_is_due = best && !is_one_behind &&
		      (!is_one_silent || is_drain_due(s) || waited_ns(s, best) >= LIVE_WAIT_NS);
	return best;
}

static void hand_out(struct live_source *s, struct line *l, struct frame *ret_frame)
{
	struct held *h = line_head(l);
	struct source *base = &s->base;

	l->at = (l->at + 1) & (LIVE_LINE_SLOTS - 1);
	if (--l->n == 0)
		l->at = 0;	/* the beginning of the queue is still in the cache */
	if (h->frame.ts_ns < base->mark_ns) {
		if (base->mark_ns - h->frame.ts_ns > SOURCE_REORDER_NS)
			base->counters.clamped++;
		else
			base->counters.stepped_back++;
		h->frame.ts_ns = base->mark_ns;
	}
	base->mark_ns = h->frame.ts_ns;
	if (l->input.packets++ == 0)
		l->input.first_ns = h->frame.ts_ns;
	l->input.last_ns = h->frame.ts_ns;
	base->counters.seen++;
	*ret_frame = h->frame;
	s->given[s->n_given++] = h->block;
}

static size_t take_due(struct live_source *s, struct frame *frames, size_t max)
{
	size_t n = 0;

	while (n < max) {
		bool is_due;
		struct line *l = next_line(s, &is_due);

		if (!l || !is_due)
			break;
		hand_out(s, l, &frames[n++]);
	}
	if (n)
		s->active_ns = s->now_ns;
	return n;
}

/* --- rounds ---------------------------------------------------------------------------------- */

static void begin_drain(struct live_source *s)
{
	s->is_draining = true;
	s->stop_wall_ns = s->wall_ns;
	/* A little more than the interval: the kernel's timer has its own ticks. */
	s->drain_from_ns = s->now_ns + 2 * LIVE_RETIRE_MS * NS_PER_MS;
	s->drain_until_ns = s->now_ns + LIVE_DRAIN_NS;
}

static bool collect(struct live_source *s)
{
	bool is_any = false;

	s->now_ns = clock_monotonic_ns();
	s->wall_ns = clock_wall_ns();
	if (!s->is_draining && atomic_load_explicit(&s->is_stopped, memory_order_relaxed))
		begin_drain(s);
	if (s->is_draining && s->now_ns >= s->drain_until_ns)
		for (size_t i = 0; i < s->n_lines; i++)
			s->lines[i].is_past_stop = true;
	for (size_t i = 0; i < s->n_lines; i++)
		is_any |= line_collect(&s->lines[i]);
	if (s->now_ns - s->stats_ns >= LIVE_STATS_NS) {
		for (size_t i = 0; i < s->n_lines; i++) {
			line_stats(&s->lines[i]);
			line_check(&s->lines[i]);
		}
		s->stats_ns = s->now_ns;
	}
	return is_any;
}

static bool is_any_line_left(const struct live_source *s)
{
	for (size_t i = 0; i < s->n_lines; i++)
		if (s->lines[i].pcap)
			return true;
	return false;
}

/* Nothing waits and nothing came in this round: is the drain over? */
static bool is_drained(const struct live_source *s)
{
	bool is_past = true;

	for (size_t i = 0; i < s->n_lines; i++)
		is_past &= !s->lines[i].pcap || s->lines[i].is_past_stop;
	return is_past || is_drain_due(s);
}

/* How long poll() may sleep: until a waiting frame is due, the next idle mark, or the end of the
 * drain interval.  Milliseconds, at least 1. */
static int sleep_ms(struct live_source *s)
{
	uint64_t wait = LIVE_IDLE_NS;
	uint64_t spent = since(s->now_ns, s->active_ns);
	bool is_due;
	struct line *l = next_line(s, &is_due);

	if (l)
		spent = waited_ns(s, l);
	if (s->is_draining) {
		wait = s->drain_from_ns;
		spent = s->now_ns;
	}
	return wait > spent ? (int)((wait - spent) / NS_PER_MS) + 1 : 1;
}

static void wait_for_more(struct live_source *s)
{
	struct pollfd fds[LIVE_INTERFACES_MAX + 1];
	nfds_t n = 0;

	if (!s->is_draining)
		fds[n++] = (struct pollfd){ .fd = s->stop_fd, .events = POLLIN };
	for (size_t i = 0; i < s->n_lines; i++) {
		struct line *l = &s->lines[i];

		/* A ring in error stays "ready"; one that is down is looked at once a round. */
		if (l->pcap && !l->input.down_ns && !is_full(l) && !l->is_past_stop)
			fds[n++] = (struct pollfd){ .fd = l->fd, .events = POLLIN };
	}
	poll(fds, n, sleep_ms(s));
}

static int idle_mark(struct live_source *s)
{
	uint64_t mark = s->wall_ns - LIVE_MARK_LAG_NS;

	if (mark > s->base.mark_ns)
		s->base.mark_ns = mark;
	s->active_ns = s->now_ns;
	return SOURCE_IDLE;
}

static void release_given(struct live_source *s)
{
	for (size_t i = 0; i < s->n_given; i++)
		block_unref(s->given[i]);
	s->n_given = 0;
}

static int finish(struct live_source *s, int ret)
{
	for (size_t i = 0; i < s->n_lines; i++)
		line_stats(&s->lines[i]);
	s->is_over = true;
	if (ret)
		text_format(s->base.error, sizeof(s->base.error), "no interface is left");
	return ret;
}

/* Nothing can be handed out now.  What does the reader get: SOURCE_END, an error, SOURCE_IDLE, or
 * (1) another round? */
static int judge_silence(struct live_source *s)
{
	bool is_due, is_waiting = next_line(s, &is_due) != NULL;

	if (is_waiting)
		return 1;
	if (s->is_draining)
		return is_drained(s) ? finish(s, SOURCE_END) : 1;
	if (!is_any_line_left(s))
		return finish(s, -ENODEV);
	return s->now_ns - s->active_ns >= LIVE_IDLE_NS ? idle_mark(s) : 1;
}

int live_read(struct source *base, struct frame *frames, size_t max)
{
	struct live_source *s = (struct live_source *)base;

	release_given(s);
	if (s->is_over)
		return base->error[0] ? -ENODEV : SOURCE_END;
	if (max > LIVE_GIVEN_MAX)
		max = LIVE_GIVEN_MAX;
	for (;;) {
		bool is_any = collect(s);
		size_t n = take_due(s, frames, max);
		int verdict;

		if (n)
			return (int)n;
		if (is_any)
			continue;
		verdict = judge_silence(s);
		if (verdict != 1)
			return verdict;
		wait_for_more(s);
	}
}

/* Async-signal-safe: a flag and a write(2). */
void live_stop(struct source *base)
{
	struct live_source *s = (struct live_source *)base;
	uint64_t one = 1;
	int saved = errno;

	atomic_store_explicit(&s->is_stopped, true, memory_order_relaxed);
	if (write(s->stop_fd, &one, sizeof(one)) < 0)
		errno = saved;	/* the counter is full: it is readable already */
	errno = saved;
}

static void line_clear(struct line *l)
{
	while (l->n) {
		block_unref(line_head(l)->block);
		l->at = (l->at + 1) & (LIVE_LINE_SLOTS - 1);
		l->n--;
	}
	block_unref(l->block);
	if (l->pcap)
		pcap_close(l->pcap);
	free(l->queue);
}

void live_free(struct source *base)
{
	struct live_source *s = (struct live_source *)base;

	release_given(s);
	for (size_t i = 0; i < s->n_lines; i++)
		line_clear(&s->lines[i]);
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	block_pool_free(s->pool);
	free(base->inputs);
	free(s);
}
