/* test_capture_inputs.c - inputs.c, files.c, filter.c: finding files, and what is handed out. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "capture_stamps.h"

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
