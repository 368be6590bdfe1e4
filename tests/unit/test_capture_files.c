/* test_capture_files.c - inputs.c, lane.c, merge.c, files.c, filter.c: finding files, putting
 * frames in order, and the same sequence however a capture is cut and given.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "capture_build.h"
#include "tap.h"

#define MICRO 0xa1b2c3d4u
#define NANO 0xa1b23c4du
#define DAY 1700000000u
#define DAY_NS (DAY * NS_PER_SEC)

/* Writes frames with these stamps (seconds after DAY) and ids first_id, first_id + 1, ... */
static void write_stamps(const char *name, const double *stamps, size_t n, uint32_t first_id)
{
	struct build b = { 0 };

	build_pcap_header(&b, MICRO, 4, 1);
	for (size_t i = 0; i < n; i++) {
		uint64_t us = (uint64_t)(stamps[i] * 1e6 + 0.5);

		build_pcap_record(&b, DAY + (uint32_t)(us / 1000000), (uint32_t)(us % 1000000),
				  first_id + (uint32_t)i);
	}
	scratch_write(name, b.bytes, b.len);
	build_clear(&b);
}

static void take_names(const char *const *names, size_t n, struct taken *ret_taken)
{
	const char *paths[8];

	for (size_t i = 0; i < n; i++)
		paths[i] = scratch_path(names[i]);
	take_paths(paths, n, ret_taken);
}

static void check_ids(const struct taken *t, const uint32_t *ids, size_t n)
{
	EQUAL_INT(t->n, n);
	for (size_t i = 0; i < n && i < t->n; i++)
		EQUAL_INT(t->ids[i], ids[i]);
}

static double after_day(uint64_t ns)
{
	return (double)(ns - DAY_NS) / 1e9;
}

/* --- order within a file --------------------------------------------------------------------- */

static void test_displaced_frames_are_put_back(void)
{
	static const double stamps[] = { 1, 2, 2.9, 2.1, 2.1, 3, 4, 3.5, 4.5, 3.5 };
	static const uint32_t ids[] = { 1, 2, 4, 5, 3, 6, 8, 10, 7, 9 };
	static const char *names[] = { "a" };
	struct taken t;

	write_stamps("a", stamps, ARRAY_SIZE(stamps), 1);
	take_names(names, 1, &t);
	check_ids(&t, ids, ARRAY_SIZE(ids));
	EQUAL_INT(t.counters.reordered, 4);
	EQUAL_INT(t.counters.clamped, 0);
	taken_clear(&t);
}

static void test_late_frames_are_clamped(void)
{
	static const double stamps[] = { 10, 11, 12, 5, 10.9, 12.1, 11.1 };
	static const uint32_t ids[] = { 1, 2, 7, 3, 4, 5, 6 };
	static const double got[] = { 10, 11, 11.1, 12, 12, 12, 12.1 };
	static const char *names[] = { "a" };
	struct taken t;

	write_stamps("a", stamps, ARRAY_SIZE(stamps), 1);
	take_names(names, 1, &t);
	check_ids(&t, ids, ARRAY_SIZE(ids));
	for (size_t i = 0; i < t.n; i++)
		NEAR(after_day(t.frames[i].ts_ns), got[i], 1e-6);
	EQUAL_INT(t.counters.clamped, 2);
	EQUAL_INT(t.counters.reordered, 1);
	taken_clear(&t);
}

/* One stamp in the far future moves itself and nothing else, wherever it stands. */
static void test_one_early_frame_is_not_believed(void)
{
	for (size_t bad = 0; bad < 39; bad++) {
		static const char *names[] = { "a" };
		double stamps[40];
		struct taken t;

		for (size_t i = 0; i < 40; i++)
			stamps[i] = 1 + 0.01 * (double)i;
		stamps[bad] = 1e9;
		write_stamps("a", stamps, 40, 0);
		take_names(names, 1, &t);
		EQUAL_INT(t.n, 40);
		EQUAL_INT(t.counters.clamped, 1);
		for (size_t i = 0; i < t.n; i++) {
			double want = 1 + 0.01 * (double)(i == bad ? i + 1 : i);

			EQUAL_INT(t.ids[i], i);
			NEAR(after_day(t.frames[i].ts_ns), want, 1e-6);
		}
		taken_clear(&t);
	}
}

static void test_true_gaps_are_believed(void)
{
	/* A quiet line, a pause of a year, one frame after it, and a last one much later. */
	static const double stamps[] = { 1, 3600, 90000, 31536000, 31536000.1, 31622400 };
	static const char *names[] = { "a" };
	struct taken t;

	write_stamps("a", stamps, ARRAY_SIZE(stamps), 1);
	take_names(names, 1, &t);
	EQUAL_INT(t.n, ARRAY_SIZE(stamps));
	for (size_t i = 0; i < t.n; i++)
		NEAR(after_day(t.frames[i].ts_ns), stamps[i], 1e-6);
	EQUAL_INT(t.counters.clamped, 0);
	taken_clear(&t);
}

/* More frames in a second than the window may hold, the last of them displaced to the front. */
static void test_window_is_bounded(void)
{
	static const char *names[] = { "a" };
	struct build b = { 0 };
	struct taken t;
	uint64_t last = 0;

	build_pcap_header(&b, NANO, 4, 1);
	for (uint32_t i = 0; i < 200000; i++)
		build_pcap_record(&b, DAY, i < 150000 ? i + 1000 : i - 149000, i);
	scratch_write("a", b.bytes, b.len);
	take_names(names, 1, &t);
	EQUAL_INT(t.n, 200000);
	for (size_t i = 0; i < t.n; i++) {
		CU_ASSERT_FATAL(t.frames[i].ts_ns >= last);
		last = t.frames[i].ts_ns;
	}
	CU_ASSERT(t.counters.clamped > 0);
	EQUAL_INT(t.counters.bytes_done, t.counters.bytes_total);
	taken_clear(&t);
	build_clear(&b);
}

/* --- order between files --------------------------------------------------------------------- */

static void test_merge_by_stamp(void)
{
	static const double left[] = { 1, 2, 4, 4, 7 }, right[] = { 1.5, 4, 4, 5, 6 };
	static const uint32_t ids[] = { 1, 11, 2, 3, 4, 12, 13, 14, 15, 5 };
	static const char *names[] = { "a", "b", "a" };
	struct taken t;

	for (size_t swap = 0; swap < 2; swap++) {	/* a b, then b a */
		write_stamps("a", left, 5, 1);
		write_stamps("b", right, 5, 11);
		take_names(names + swap, 2, &t);
		check_ids(&t, ids, ARRAY_SIZE(ids));
		EQUAL_INT(t.n_inputs, 2);
		EQUAL_INT(t.inputs[0].packets, 5);
		taken_clear(&t);
	}
}

/* Two files whose stamps are all the same, and whose names say the opposite each time. */
static void test_equal_files_by_contents(void)
{
	static const double stamps[] = { 1, 1, 2 };
	static const char *names[] = { "a", "b", "a" };
	struct taken first, t;

	write_stamps("a", stamps, 3, 100);
	write_stamps("b", stamps, 3, 200);
	take_names(names, 2, &first);
	EQUAL_INT(first.n, 6);
	take_names(names + 1, 2, &t);
	check_ids(&t, first.ids, 6);
	taken_clear(&t);
	write_stamps("a", stamps, 3, 200);
	write_stamps("b", stamps, 3, 100);
	take_names(names, 2, &t);
	check_ids(&t, first.ids, 6);
	taken_clear(&t);
	taken_clear(&first);
}

/* A piece that holds nothing but the stamp at which the next one begins comes before it. */
static void test_single_stamp_piece(void)
{
	static const double stamps[] = { 5, 5, 5, 5, 5, 5, 6 };
	static const uint32_t ids[] = { 1, 2, 3, 4, 5, 6, 7 };
	static const char *names[] = { "z", "a", "z" };
	struct taken t;

	for (size_t swap = 0; swap < 2; swap++) {
		write_stamps("z", stamps, 3, 1);
		write_stamps("a", stamps + 3, 4, 4);
		take_names(names + swap, 2, &t);
		check_ids(&t, ids, ARRAY_SIZE(ids));
		taken_clear(&t);
	}
}

#define CUT_FRAMES 3000
#define CUT_PIECES 10

/* Bursts of equal stamps, displacements just within the window, gaps of hours. */
static void random_stamps(uint64_t *state, uint64_t *stamps)
{
	uint64_t now = DAY_NS;

	for (size_t i = 0; i < CUT_FRAMES; i++) {
		uint64_t r = test_random(state), kind = r % 100;

		if (kind < 40)
			now += r / 100 % (20 * NS_PER_MS);
		else if (kind == 99)
			now += r / 100 % (5 * NS_PER_HOUR);
		stamps[i] = now;
		if (kind >= 90 && kind < 99 && i > 300)
			stamps[i] = now - r / 100 % 100 * 10 * NS_PER_MS;
	}
}

static void write_piece(const char *name, const uint64_t *stamps, size_t from, size_t to)
{
	struct build b = { 0 };

	build_pcap_header(&b, NANO, 4, 1);
	for (size_t i = from; i < to; i++)
		build_pcap_record(&b, (uint32_t)(stamps[i] / NS_PER_SEC),
				  (uint32_t)(stamps[i] % NS_PER_SEC), (uint32_t)i);
	scratch_write(name, b.bytes, b.len);
	build_clear(&b);
}

/* Ten pieces, with names and arguments in an order that says nothing. */
static void take_pieces(uint64_t *state, const uint64_t *stamps, struct taken *ret_taken)
{
	unsigned names[CUT_PIECES] = { 0 };
	const char *paths[CUT_PIECES];
	char text[CUT_PIECES][512], name[16];
	size_t from = 0;

	for (unsigned i = 0; i < CUT_PIECES; i++) {
		unsigned k = (unsigned)(test_random(state) % (i + 1));

		names[i] = names[k];
		names[k] = i;
	}
	for (size_t i = 0; i < CUT_PIECES; i++) {
		size_t to = i + 1 == CUT_PIECES ? CUT_FRAMES
						: from + 250 + test_random(state) % 60;

		snprintf(name, sizeof(name), "p%u", names[i]);
		write_piece(name, stamps, from, to);
		snprintf(text[names[i]], sizeof(text[0]), "%s", scratch_path(name));
		from = to;
	}
	for (size_t i = 0; i < CUT_PIECES; i++)
		paths[i] = text[i];
	take_paths(paths, CUT_PIECES, ret_taken);
}

static void cut_into_ten(uint64_t *state)
{
	static const char *names[] = { "whole" };
	static uint64_t stamps[CUT_FRAMES];
	struct taken whole, cut;
	size_t differing = 0;

	random_stamps(state, stamps);
	write_piece("whole", stamps, 0, CUT_FRAMES);
	take_names(names, 1, &whole);
	take_pieces(state, stamps, &cut);
	EQUAL_INT(whole.n, CUT_FRAMES);
	EQUAL_INT(cut.n, CUT_FRAMES);
	for (size_t i = 0; i < whole.n && i < cut.n; i++)
		differing += whole.ids[i] != cut.ids[i] ||
			     whole.frames[i].ts_ns != cut.frames[i].ts_ns;
	EQUAL_INT(differing, 0);
	EQUAL_INT(whole.counters.clamped, 0);
	EQUAL_INT(cut.counters.clamped, 0);
	CU_ASSERT(whole.counters.reordered > 50);
	taken_clear(&whole);
	taken_clear(&cut);
}

static void test_cut_into_ten(void)
{
	uint64_t state = test_seed(0);

	for (size_t round = 0; round < 40; round++)
		cut_into_ten(&state);
}

/* Seeds in which a piece begins with a displaced frame, and ties with its neighbour. */
static void test_cut_as_it_once_failed(void)
{
	static const uint64_t seeds[] = { 1795401294263965824, 1795401294264908185 };

	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
		uint64_t state = seeds[i];

		for (size_t round = 0; round < 40; round++)
			cut_into_ten(&state);
	}
}

/* The second piece begins with a frame that is older than all of the first one, which is shorter
 * than the window; both have a frame at 58.5 s. */
static void test_piece_begins_displaced(void)
{
	static const double stamps[] = { 58, 58.5, 58.6, 57.9, 58.5, 58.7, 61 };
	static const uint32_t ids[] = { 4, 1, 2, 5, 3, 6, 7 };
	static const char *names[] = { "z", "a", "z" };
	struct taken t;

	for (size_t swap = 0; swap < 2; swap++) {
		write_stamps(names[swap], stamps, 3, 1);
		write_stamps(names[swap + 1], stamps + 3, 4, 4);
		take_names(names, 2, &t);
		check_ids(&t, ids, ARRAY_SIZE(ids));
		EQUAL_INT(t.counters.clamped, 0);
		taken_clear(&t);
	}
}

/* The sequence does not depend on how many frames are asked for at once. */
static void test_batch_size_is_irrelevant(void)
{
	uint64_t state = test_seed(0);
	static uint64_t stamps[CUT_FRAMES];
	const char *path = scratch_path("whole");
	struct files_config cfg = { .paths = &path, .n_paths = 1 };
	struct taken a, b;

	random_stamps(&state, stamps);
	write_piece("whole", stamps, 0, CUT_FRAMES);
	take_config(&cfg, 1, &a);
	take_config(&cfg, 256, &b);
	check_ids(&a, b.ids, b.n);
	taken_clear(&a);
	taken_clear(&b);
}

/* More files that overlap in time than descriptors are allowed. */
static void test_many_overlapping_files(void)
{
	struct rlimit old, few;
	struct taken t;
	const char *dir = scratch_path("many");
	char name[32];

	mkdir(dir, 0700);
	for (uint32_t i = 0; i < 300; i++) {
		double stamps[] = { 1 + i * 1e-3, 500 + i * 1e-3, 1000 + i * 1e-3 };

		snprintf(name, sizeof(name), "many/%u", (i * 7919u) % 300);
		write_stamps(name, stamps, 3, i * 3);
	}
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = 100;
	setrlimit(RLIMIT_NOFILE, &few);
	dir = scratch_path("many");
	take_paths(&dir, 1, &t);
	setrlimit(RLIMIT_NOFILE, &old);
	EQUAL_INT(t.n, 900);
	EQUAL_INT(t.counters.files_damaged, 0);
	for (size_t i = 0; i < t.n; i++)
		EQUAL_INT(t.ids[i], i % 300 * 3 + i / 300);
	taken_clear(&t);
}

/* --- finding --------------------------------------------------------------------------------- */

static void test_directories(void)
{
	static const double stamps[] = { 1 };
	const char *paths[3];
	struct taken t;

	mkdir(scratch_path("dir"), 0700);
	mkdir(scratch_path("dir/below"), 0700);
	mkdir(scratch_path("empty"), 0700);
	write_stamps("dir/no-suffix", stamps, 1, 1);
	write_stamps("dir/below/file.txt", stamps, 1, 2);
	scratch_write("dir/notes.pcap", "not a capture at all", 20);
	scratch_write("dir/nothing.pcap", "", 0);
	CU_ASSERT(symlink("..", scratch_path("dir/below/up")) == 0);
	CU_ASSERT(link(scratch_path("dir/no-suffix"), scratch_path("dir/twin")) == 0);
	paths[0] = scratch_path("dir");
	take_paths(paths, 1, &t);
	EQUAL_INT(t.n, 2);
	EQUAL_INT(t.n_inputs, 2);
	EQUAL_INT(t.counters.files_refused, 0);
	taken_clear(&t);
	/* The same files by other paths, and what is refused because it was named. */
	paths[1] = scratch_path("dir/below/file.txt");
	paths[2] = scratch_path("dir/notes.pcap");
	take_paths(paths, 3, &t);
	EQUAL_INT(t.n, 2);
	EQUAL_INT(t.n_inputs, 3);
	EQUAL_INT(t.counters.files_refused, 1);
	EQUAL_INT(t.inputs[2].is_refused, 1);
	EQUAL_TEXT(t.damage[2], "neither pcap nor pcapng");
	taken_clear(&t);
	paths[0] = scratch_path("empty");
	take_paths(paths, 1, &t);
	EQUAL_INT(t.end, -ENOENT);
	taken_clear(&t);
}

static void test_what_cannot_be_read(void)
{
	static const double stamps[] = { 1 };
	const char *paths[5];
	struct taken t;

	paths[0] = scratch_path("missing");
	take_paths(paths, 1, &t);
	EQUAL_INT(t.end, -ENOENT);
	scratch_write("nothing", "", 0);
	write_stamps("good", stamps, 1, 1);
	mkfifo(scratch_path("pipe"), 0600);
	CU_ASSERT(symlink("gone", scratch_path("dangling")) == 0);
	paths[1] = scratch_path("nothing");
	paths[2] = scratch_path("good");
	paths[3] = scratch_path("pipe");
	paths[4] = scratch_path("dangling");
	take_paths(paths, 5, &t);
	EQUAL_INT(t.end, SOURCE_END);
	EQUAL_INT(t.n, 1);
	EQUAL_INT(t.counters.files_refused, 4);
	EQUAL_INT(t.n_inputs, 5);
	/* By path: dangling comes first. */
	EQUAL_TEXT(t.damage[1], "a symbolic link that leads nowhere");
	EQUAL_TEXT(t.damage[2], "No such file or directory");
	EQUAL_TEXT(t.damage[3], "an empty file");
	EQUAL_TEXT(t.damage[4], "not a regular file");
	taken_clear(&t);
}

static void test_file_gone_before_its_turn(void)
{
	static const double early[] = { 1, 2 }, late[] = { 100 };
	const char *paths[2];
	struct files_config cfg = { .paths = paths, .n_paths = 2 };
	struct frame frames[8];
	struct source *s;

	write_stamps("early", early, 2, 1);
	write_stamps("late", late, 1, 9);
	paths[0] = scratch_path("early");
	paths[1] = scratch_path("late");
	EQUAL_INT(files_source_open(&cfg, &s), 0);
	unlink(paths[1]);
	EQUAL_INT(source_read(s, frames, 8), 2);
	EQUAL_INT(source_read(s, frames, 8), SOURCE_END);
	EQUAL_INT(source_read(s, frames, 8), SOURCE_END);
	EQUAL_INT(source_counters(s)->files_damaged, 1);
	EQUAL_INT(source_counters(s)->bytes_done, source_counters(s)->bytes_total);
	CU_ASSERT(source_input(s, 1)->damage != NULL);
	CU_ASSERT(source_input(s, 2) == NULL);
	source_free(s);
}

/* --- what is handed out ---------------------------------------------------------------------- */

static void test_from_and_to(void)
{
	static const double stamps[] = { 1, 2, 3, 3.5, 3.2, 4, 5 };
	static const uint32_t ids[] = { 2, 3, 5, 4 };
	const char *path = scratch_path("a");
	struct files_config cfg = { .paths = &path, .n_paths = 1,
				    .from_ns = DAY_NS + 2 * NS_PER_SEC,
				    .to_ns = DAY_NS + 4 * NS_PER_SEC };
	struct taken t;

	write_stamps("a", stamps, ARRAY_SIZE(stamps), 1);
	take_config(&cfg, 256, &t);
	check_ids(&t, ids, ARRAY_SIZE(ids));
	EQUAL_INT(t.counters.seen, 4);
	EQUAL_INT(t.counters.seen + t.counters.filtered, t.inputs[0].packets);
	EQUAL_INT(t.counters.bytes_done, t.counters.bytes_total);
	taken_clear(&t);
}

/* An Ethernet and a raw frame of UDP to port 53, and one of each to port 54. */
static void write_udp(void)
{
	static const uint8_t ip[] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1,
				      198, 51, 100, 1, 4, 0, 0, 53, 0, 8, 0, 0 };
	struct build b = { 0 }, body = { 0 };

	build_ng_section(&b);
	build_ng_interface(&b, 1, 0, 0, 0);
	build_ng_interface(&b, 101, 0, 0, 0);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t len = i % 2 ? 28 : 42;

		body.len = 0;
		build_u32(&body, i % 2);
		build_u32(&body, 0);
		build_u32(&body, i + 1);
		build_u32(&body, len);
		build_u32(&body, len);
		if (i % 2 == 0) {
			build_zero(&body, 12);
			build_put(&body, "\x08\0", 2);
		}
		build_put(&body, ip, sizeof(ip));
		body.bytes[body.len - 5] = i < 2 ? 53 : 54;
		build_ng_block(&b, 6, body.bytes, body.len);
	}
	scratch_write("udp", b.bytes, b.len);
	build_clear(&body);
	build_clear(&b);
}

static void test_filter(void)
{
	const char *path = scratch_path("udp");
	struct files_config cfg = { .paths = &path, .n_paths = 1, .filter = "udp port 53" };
	struct taken t;

	write_udp();
	take_config(&cfg, 256, &t);
	EQUAL_INT(t.n, 2);
	EQUAL_INT(t.n == 2 ? t.frames[0].link : 0, 1);
	EQUAL_INT(t.n == 2 ? t.frames[1].link : 0, 101);
	EQUAL_INT(t.counters.filtered, 2);
	taken_clear(&t);
	cfg.filter = "ether host 02:00:00:00:00:01";	/* means nothing for raw IP */
	take_config(&cfg, 256, &t);
	EQUAL_INT(t.end, SOURCE_END);
	EQUAL_INT(t.counters.filtered, 4);
	taken_clear(&t);
	cfg.filter = "port port";
	take_config(&cfg, 256, &t);
	EQUAL_INT(t.end, -EINVAL);
	taken_clear(&t);
}

static void test_stop(void)
{
	static uint64_t stamps[CUT_FRAMES];
	const char *path = scratch_path("whole");
	struct files_config cfg = { .paths = &path, .n_paths = 1 };
	uint64_t state = 1;
	struct frame frames[8];
	struct source *s;

	random_stamps(&state, stamps);
	write_piece("whole", stamps, 0, CUT_FRAMES);
	EQUAL_INT(files_source_open(&cfg, &s), 0);
	EQUAL_INT(source_read(s, frames, 8), 8);
	EQUAL_INT(source_mark_ns(s), frames[7].ts_ns);
	source_stop(s);
	EQUAL_INT(source_read(s, frames, 8), SOURCE_END);
	EQUAL_INT(source_read(s, frames, 8), SOURCE_END);
	EQUAL_INT(source_counters(s)->seen, 8);
	CU_ASSERT(source_counters(s)->bytes_done <= source_counters(s)->bytes_total);
	source_free(s);
}

int main(void)
{
	static CU_TestInfo lanes[] = {
		{ "displaced frames are put back", test_displaced_frames_are_put_back },
		{ "late frames are clamped", test_late_frames_are_clamped },
		{ "one early frame is not believed", test_one_early_frame_is_not_believed },
		{ "true gaps are believed", test_true_gaps_are_believed },
		{ "the window is bounded", test_window_is_bounded },
		CU_TEST_INFO_NULL,
	};
	static CU_TestInfo merging[] = {
		{ "by stamp, in any order of arguments", test_merge_by_stamp },
		{ "equal stamps by contents, not by name", test_equal_files_by_contents },
		{ "a piece of one stamp comes first", test_single_stamp_piece },
		{ "a piece that begins with a displaced frame", test_piece_begins_displaced },
		{ "cut into ten pieces", test_cut_into_ten },
		{ "cut into ten pieces, seeds that once failed", test_cut_as_it_once_failed },
		{ "the batch size is irrelevant", test_batch_size_is_irrelevant },
		{ "three hundred overlapping files", test_many_overlapping_files },
		CU_TEST_INFO_NULL,
	};
	static CU_TestInfo finding[] = {
		{ "directories, twins, links, other files", test_directories },
		{ "what cannot be read", test_what_cannot_be_read },
		{ "a file gone before its turn", test_file_gone_before_its_turn },
		CU_TEST_INFO_NULL,
	};
	static CU_TestInfo handing[] = {
		{ "from and to", test_from_and_to },
		{ "BPF filter for several link types", test_filter },
		{ "stop", test_stop },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "lane", .pTests = lanes },
		{ .pName = "merge", .pTests = merging },
		{ .pName = "inputs", .pTests = finding },
		{ .pName = "files", .pTests = handing },
		CU_SUITE_INFO_NULL,
	};
	int status;

	log_set_level(LOG_LEVEL_ERR);
	scratch_open();
	status = tap_main(suites);
	scratch_close();
	return status;
}
