/* test_live.c - live.c without an interface: lines that read captures in place of a ring.  What
 * only a kernel can show (drops, the drain) is in tests/live.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "capture/live_internal.h"
#include "capture_build.h"
#include "tap.h"

#define NANO 0xa1b23c4du
#define DAY 1700000000u
#define DAY_NS (DAY * NS_PER_SEC)
#define FRAMES_MAX 1024

struct given {
	uint64_t ts_ns[FRAMES_MAX];	/* after DAY */
	uint32_t ids[FRAMES_MAX];
	size_t n;
};

static void write_capture(const char *name, const uint64_t *after_ns, size_t n, uint32_t first_id)
{
	struct build b = { 0 };

	build_pcap_header(&b, NANO, 4, 1);
	for (size_t i = 0; i < n; i++)
		build_pcap_record(&b, DAY + (uint32_t)(after_ns[i] / NS_PER_SEC),
				  (uint32_t)(after_ns[i] % NS_PER_SEC), first_id + (uint32_t)i);
	scratch_write(name, b.bytes, b.len);
	build_clear(&b);
}

static struct live_source *open_lines(const char *const *names, size_t n)
{
	struct live_source *s = calloc(1, sizeof(*s));
	char error[PCAP_ERRBUF_SIZE];

	if (!s || block_pool_new(&s->pool))
		abort();
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->active_ns = s->stats_ns = clock_monotonic_ns();
	for (size_t i = 0; i < n; i++) {
		struct line *l = &s->lines[s->n_lines++];

		l->owner = s;
		l->fd = -1;		/* poll() passes over it */
		l->link = 1;
		l->is_nano = true;
		l->queue = calloc(LIVE_LINE_SLOTS, sizeof(l->queue[0]));
		l->pcap = pcap_open_offline_with_tstamp_precision(
			scratch_path(names[i]), PCAP_TSTAMP_PRECISION_NANO, error);
		if (!l->queue || !l->pcap)
			abort();
	}
	return s;
}

/* Everything there is, up to the first pause. */
static void take_all(struct live_source *s, struct given *ret_given)
{
	static struct frame frames[FRAMES_MAX];
	int n;

	ret_given->n = 0;
	while ((n = live_read(&s->base, frames, FRAMES_MAX)) > 0) {
		for (int i = 0; i < n && ret_given->n < FRAMES_MAX; i++) {
			uint32_t id;

			memcpy(&id, frames[i].bytes, sizeof(id));
			ret_given->ids[ret_given->n] = __builtin_bswap32(id);
			ret_given->ts_ns[ret_given->n++] = frames[i].ts_ns - DAY_NS;
		}
	}
	EQUAL_INT(n, SOURCE_IDLE);
	live_stop(&s->base);
	EQUAL_INT(live_read(&s->base, frames, FRAMES_MAX), SOURCE_END);
}

static void test_put_back_where_frames_wait(void)
{
	static const uint64_t stamps[] = { 1000, 5000, 4998, 4999, 4998, 6000, 900, 7000 };
	static const uint32_t ids[] = { 7, 1, 3, 5, 4, 2, 6, 8 };
	static const char *names[] = { "a" };
	struct live_source *s;
	struct given g;

	write_capture("a", stamps, ARRAY_SIZE(stamps), 1);
	s = open_lines(names, 1);
	take_all(s, &g);
	EQUAL_INT(g.n, ARRAY_SIZE(stamps));
	for (size_t i = 0; i < g.n && i < ARRAY_SIZE(ids); i++) {
		EQUAL_INT(g.ids[i], ids[i]);
		EQUAL_INT(g.ts_ns[i], stamps[ids[i] - 1]);
	}
	EQUAL_INT(s->base.counters.reordered, 4);
	EQUAL_INT(s->base.counters.stepped_back, 0);
	EQUAL_INT(s->base.counters.clamped, 0);
	live_free(&s->base);
}

/* What came before it has been handed out: a step back of 2 us is not a clock that was set. */
static void test_too_late_to_be_put_back(void)
{
	static const char *names[] = { "a" };
	uint64_t stamps[600];
	struct live_source *s;
	struct given g;
	uint64_t newest = 0;
	unsigned wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(stamps); i++)
		stamps[i] = 10 * NS_PER_SEC + i * NS_PER_US;
	stamps[256] -= 2 * NS_PER_US;		/* the first of a round, see LIVE_DISPATCH_MAX */
	stamps[520] -= 2 * NS_PER_SEC;		/* a clock that was set: stays behind */
	write_capture("a", stamps, ARRAY_SIZE(stamps), 1);
	s = open_lines(names, 1);
	take_all(s, &g);
	EQUAL_INT(g.n, ARRAY_SIZE(stamps));
	for (size_t i = 0; i < g.n; i++) {
		newest = stamps[i] > newest ? stamps[i] : newest;
		wrong += g.ids[i] != i + 1 || g.ts_ns[i] != newest;
	}
	EQUAL_INT(wrong, 0);
	EQUAL_INT(s->base.counters.reordered, 0);
	EQUAL_INT(s->base.counters.stepped_back, 1);
	EQUAL_INT(s->base.counters.clamped, 1);
	live_free(&s->base);
}

static void test_two_interfaces(void)
{
	static const uint64_t left[] = { 100, 300, 500, 400 }, right[] = { 200, 150, 450, 600 };
	static const uint32_t ids[] = { 1, 12, 11, 2, 4, 13, 3, 14 };
	static const char *names[] = { "a", "b" };
	struct live_source *s;
	struct given g;

	write_capture("a", left, 4, 1);
	write_capture("b", right, 4, 11);
	s = open_lines(names, 2);
	take_all(s, &g);
	EQUAL_INT(g.n, ARRAY_SIZE(ids));
	for (size_t i = 0; i < g.n && i < ARRAY_SIZE(ids); i++)
		EQUAL_INT(g.ids[i], ids[i]);
	EQUAL_INT(s->base.counters.reordered, 2);
	EQUAL_INT(s->base.counters.stepped_back + s->base.counters.clamped, 0);
	EQUAL_INT(s->lines[0].input.packets, 4);
	EQUAL_INT(s->lines[1].input.packets, 4);
	live_free(&s->base);
}

/* Far more frames in descending order than one may be put before: bounded, and all are there. */
static void test_backwards(void)
{
	static const char *names[] = { "a", "b" };
	uint64_t stamps[1000], last = 0;
	struct live_source *s;
	unsigned wrong = 0;
	struct given g;

	for (size_t i = 0; i < ARRAY_SIZE(stamps); i++)
		stamps[i] = (1000 - i) * NS_PER_US;
	write_capture("a", stamps, ARRAY_SIZE(stamps), 1);
	write_capture("b", stamps, 1, 5000);	/* with two, frames wait */
	s = open_lines(names, 2);
	take_all(s, &g);
	EQUAL_INT(g.n, 1001);
	for (size_t i = 0; i < g.n; i++) {
		wrong += g.ts_ns[i] < last;
		last = g.ts_ns[i];
	}
	EQUAL_INT(wrong, 0);
	EQUAL_INT(s->base.counters.clamped, 0);
	CU_ASSERT(s->base.counters.stepped_back > 0);
	live_free(&s->base);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "a step back among waiting frames", test_put_back_where_frames_wait },
		{ "a step back too late for that is counted apart", test_too_late_to_be_put_back },
		{ "two interfaces, each a little out of order", test_two_interfaces },
		{ "a thousand stamps backwards", test_backwards },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "live", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};
	int status;

	log_set_level(LOG_LEVEL_ERR);
	scratch_open();
	status = tap_main(suites);
	scratch_close();
	return status;
}
