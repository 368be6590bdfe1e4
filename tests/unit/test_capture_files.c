/* test_capture_files.c - lane.c, merge.c: putting frames in order, and the same sequence however a
 * capture is cut and given.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "base/log.h"
#include "capture_stamps.h"

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

#define CUT_PIECES 10

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
	CU_SuiteInfo suites[] = {
		{ .pName = "lane", .pTests = lanes },
		{ .pName = "merge", .pTests = merging },
		CU_SUITE_INFO_NULL,
	};
	int status;

	log_set_level(LOG_LEVEL_ERR);
	scratch_open();
	status = tap_main(suites);
	scratch_close();
	return status;
}
