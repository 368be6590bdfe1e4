/* test_capture_formats.c - capfile.c, pcap_file.c, pcapng_file.c: every form a
 * capture file may have, and what is left of it when it is cut or damaged.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "capture_build.h"
#include "tap.h"

#define MICRO 0xa1b2c3d4u
#define NANO 0xa1b23c4du
#define MODIFIED 0xa1b2cd34u
#define DAY 1700000000u

static bool has_text(const char *text, const char *part)
{
	bool has = strstr(text, part) != NULL;

	if (!has)
		printf("# \"%s\" is not in \"%s\"\n", part, text);
	return has;
}

/* --- classic pcap ---------------------------------------------------------------------------- */

static void check_three(const struct taken *t, uint64_t unit)
{
	EQUAL_INT(t->n, 3);
	EQUAL_INT(t->end, SOURCE_END);
	for (uint32_t i = 0; i < t->n; i++) {
		EQUAL_INT(t->ids[i], i + 1);
		EQUAL_INT(t->frames[i].ts_ns, DAY * NS_PER_SEC + (i + 1) * unit);
		EQUAL_INT(t->frames[i].caplen, 16);
		EQUAL_INT(t->frames[i].wirelen, 60);
		EQUAL_INT(t->frames[i].link, 1);
	}
	EQUAL_INT(t->counters.normalised, 0);
	EQUAL_INT(t->inputs[0].packets, 3);
	EQUAL_INT(t->inputs[0].first_ns, DAY * NS_PER_SEC + unit);
	EQUAL_INT(t->inputs[0].last_ns, DAY * NS_PER_SEC + 3 * unit);
	EQUAL_INT(t->counters.bytes_done, t->counters.bytes_total);
	EQUAL_TEXT(t->damage[0], "");
}

static void put_three(struct build *b, uint32_t magic)
{
	build_pcap_header(b, magic, 4, 1);
	for (uint32_t i = 1; i <= 3; i++) {
		if (magic != MODIFIED) {
			build_pcap_record(b, DAY, i, i);
			continue;
		}
		build_u32(b, DAY);
		build_u32(b, i);
		build_u32(b, 16);
		build_u32(b, 60);
		build_zero(b, 8);
		build_put(b, (uint8_t[]){ 0, 0, 0, (uint8_t)i }, 4);
		build_zero(b, 12);
	}
}

static void test_pcap_forms(void)
{
	static const uint32_t magics[] = { MICRO, NANO, MODIFIED };

	for (size_t i = 0; i < 6; i++) {
		struct build b = { .is_big = i % 2 };
		struct taken t;

		put_three(&b, magics[i / 2]);
		take_bytes(&b, &t);
		check_three(&t, magics[i / 2] == NANO ? 1 : NS_PER_US);
		taken_clear(&t);
		build_clear(&b);
	}
}

static void test_pcap_old_versions(void)
{
	/* Captured and wire length as they are found: the smaller one is meant for 2.3. */
	static const struct { uint16_t minor; uint32_t first, second; } cases[] = {
		{ 2, 60, 16 }, { 3, 16, 60 }, { 3, 60, 16 }, { 4, 16, 60 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct build b = { 0 };
		struct taken t;

		build_pcap_header(&b, MICRO, cases[i].minor, 1);
		build_u32(&b, DAY);
		build_u32(&b, 0);
		build_u32(&b, cases[i].first);
		build_u32(&b, cases[i].second);
		build_zero(&b, 16);
		take_bytes(&b, &t);
		EQUAL_INT(t.n, 1);
		EQUAL_INT(t.n ? t.frames[0].caplen : 0, 16);
		EQUAL_INT(t.n ? t.frames[0].wirelen : 0, 60);
		taken_clear(&t);
		build_clear(&b);
	}
}

static void test_pcap_versions_refused(void)
{
	struct build b = { 0 };
	struct taken t;

	put_three(&b, MICRO);
	b.bytes[6] = 5;		/* 2.5 */
	take_bytes(&b, &t);
	EQUAL_INT(t.end, -ENOENT);
	b.bytes[4] = 1;
	b.bytes[6] = 4;		/* 1.4 */
	take_bytes(&b, &t);
	EQUAL_INT(t.end, -ENOENT);
	build_clear(&b);
}

static void test_link_field(void)
{
	static const struct { uint32_t stored; uint16_t link; } cases[] = {
		{ 0x14000001, 1 },	/* with a frame check sequence of 4 bytes */
		{ 12, 101 }, { 14, 101 }, { 101, 101 }, { 113, 113 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct build b = { 0 };
		struct taken t;

		build_pcap_header(&b, MICRO, 4, cases[i].stored);
		build_pcap_record(&b, DAY, 0, 1);
		take_bytes(&b, &t);
		EQUAL_INT(t.n, 1);
		EQUAL_INT(t.n ? t.frames[0].link : 0, cases[i].link);
		taken_clear(&t);
		build_clear(&b);
	}
}

static void test_unknown_link_is_refused(void)
{
	struct build b = { 0 };
	struct taken t;

	build_pcap_header(&b, MICRO, 4, 147);
	build_pcap_record(&b, DAY, 0, 1);
	take_bytes(&b, &t);
	EQUAL_INT(t.end, -ENOENT);
	build_clear(&b);
}

static void test_pcap_normalised(void)
{
	struct build b = { 0 };
	struct taken t;

	build_pcap_header(&b, MICRO, 4, 1);
	build_pcap_record(&b, DAY, 1000000, 1);
	build_pcap_record(&b, DAY + 1, 0xffffffff, 2);
	build_u32(&b, DAY + 2);
	build_u32(&b, 0);
	build_u32(&b, 16);
	build_u32(&b, 15);
	build_zero(&b, 16);
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 3);
	EQUAL_INT(t.counters.normalised, 3);
	EQUAL_INT(t.frames[0].ts_ns, DAY * NS_PER_SEC + 999999 * NS_PER_US);
	EQUAL_INT(t.frames[1].ts_ns, (DAY + 1) * NS_PER_SEC + 999999 * NS_PER_US);
	EQUAL_INT(t.frames[2].wirelen, 16);
	taken_clear(&t);
	build_clear(&b);
}

static void test_pcap_oversized_record(void)
{
	struct build b = { 0 };
	struct taken t;

	put_three(&b, MICRO);
	build_u32(&b, DAY);
	build_u32(&b, 4);
	build_u32(&b, PACKET_BYTES_MAX + 1);
	build_u32(&b, PACKET_BYTES_MAX + 1);
	build_zero(&b, PACKET_BYTES_MAX + 1);
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 3);
	EQUAL_INT(t.counters.files_damaged, 1);
	CU_ASSERT(has_text(t.damage[0], "record 4 at byte 120 claims 262145 captured bytes"));
	EQUAL_INT(t.counters.bytes_done, t.counters.bytes_total);
	taken_clear(&t);
	build_clear(&b);
}

/* The largest frame that is accepted, several times, so that blocks of odd size come and go. */
static void test_pcap_largest_record(void)
{
	struct build b = { 0 };
	struct taken t;

	build_pcap_header(&b, MICRO, 4, 1);
	for (uint32_t i = 0; i < 4; i++) {
		build_u32(&b, DAY + i);
		build_u32(&b, 0);
		build_u32(&b, PACKET_BYTES_MAX);
		build_u32(&b, PACKET_BYTES_MAX);
		build_zero(&b, PACKET_BYTES_MAX);
		build_pcap_record(&b, DAY + i, 1, 7);
	}
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 8);
	EQUAL_INT(t.frames[6].caplen, PACKET_BYTES_MAX);
	EQUAL_INT(t.ids[7], 7);
	taken_clear(&t);
	build_clear(&b);
}

static void test_pcap_cut_anywhere(void)
{
	struct build b = { 0 };
	size_t whole;

	put_three(&b, MICRO);
	whole = b.len;
	for (b.len = 0; b.len <= whole; b.len++) {
		size_t frames = b.len < 24 ? 0 : (b.len - 24) / 32;
		bool is_clean = b.len >= 24 && (b.len - 24) % 32 == 0;
		char text[80];
		struct taken t;

		take_bytes(&b, &t);
		EQUAL_INT(t.n, frames);
		EQUAL_INT(t.end, frames || is_clean ? SOURCE_END : -ENOENT);
		if (t.end == SOURCE_END)
			EQUAL_INT(t.counters.files_damaged, !is_clean);
		snprintf(text, sizeof(text), "cut inside record %zu at byte %zu", frames + 1,
			 b.len);
		if (frames && !is_clean)
			EQUAL_TEXT(t.damage[0], text);
		taken_clear(&t);
	}
	b.len = whole;
	build_clear(&b);
}

/* --- pcapng ---------------------------------------------------------------------------------- */

static void test_ng_sections_and_interfaces(void)
{
	struct build b = { 0 };
	struct taken t;

	build_ng_section(&b);
	build_ng_interface(&b, 1, 0, 0, 0);
	build_ng_interface(&b, 101, 0, 9, 0);
	build_ng_packet(&b, 0, DAY * 1000000ULL + 1, 1);
	build_ng_block(&b, 0x00000bad, "custom", 6);
	build_ng_packet(&b, 1, DAY * NS_PER_SEC + 2001, 2);
	b.is_big = true;
	build_ng_section(&b);
	build_ng_interface(&b, 113, 0, 0x94, 0);		/* 2^-20 s */
	build_ng_interface(&b, 1, 0, 6, 3600);
	build_ng_interface(&b, 1, 0, 6, -3600);
	build_ng_packet(&b, 0, ((uint64_t)DAY << 20) + (1 << 19), 3);
	build_ng_packet(&b, 1, (DAY - 3600) * 1000000ULL + 600000, 4);
	build_ng_packet(&b, 2, (DAY + 3600) * 1000000ULL + 700000, 5);
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 5);
	EQUAL_INT(t.counters.files_damaged, 0);
	for (uint32_t i = 0; i < t.n; i++)
		EQUAL_INT(t.ids[i], i + 1);
	EQUAL_INT(t.frames[0].ts_ns, DAY * NS_PER_SEC + 1000);
	EQUAL_INT(t.frames[1].ts_ns, DAY * NS_PER_SEC + 2001);
	EQUAL_INT(t.frames[1].link, 101);
	EQUAL_INT(t.frames[2].ts_ns, DAY * NS_PER_SEC + NS_PER_SEC / 2);
	EQUAL_INT(t.frames[2].link, 113);
	EQUAL_INT(t.frames[3].ts_ns, DAY * NS_PER_SEC + 600 * NS_PER_MS);
	EQUAL_INT(t.frames[4].ts_ns, DAY * NS_PER_SEC + 700 * NS_PER_MS);
	taken_clear(&t);
	build_clear(&b);
}

static void test_ng_resolutions(void)
{
	static const struct {
		uint8_t resolution;
		uint64_t units, ns;
		uint32_t normalised;
	} cases[] = {
		{ 3, 1700000000123, 1700000000123 * NS_PER_MS, 0 },
		{ 12, 1700000000999, 1700000000, 0 },
		{ 0x80 | 63, 1ULL << 63, NS_PER_SEC, 0 },
		{ 0xff, UINT64_MAX, 0, 0 },
		{ 127, UINT64_MAX, 0, 0 },		/* 10^-127 s */
		{ 1, UINT64_MAX, INT64_MAX - 1, 1 },
		{ 6, UINT64_MAX, INT64_MAX - 1, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct build b = { 0 };
		struct taken t;

		build_ng_section(&b);
		build_ng_interface(&b, 1, 0, cases[i].resolution, 0);
		build_ng_packet(&b, 0, cases[i].units, 1);
		take_bytes(&b, &t);
		EQUAL_INT(t.n, 1);
		EQUAL_INT(t.n ? t.frames[0].ts_ns : 0, cases[i].ns);
		EQUAL_INT(t.counters.normalised, cases[i].normalised);
		taken_clear(&t);
		build_clear(&b);
	}
}

static void test_ng_simple_and_obsolete(void)
{
	struct build b = { 0 }, body = { 0 };
	struct taken t;

	build_ng_section(&b);
	build_ng_interface(&b, 1, 20, 0, 0);
	build_ng_packet(&b, 0, DAY * 1000000ULL, 1);
	build_u32(&body, 60);		/* simple: 60 on the wire, 20 by the snap length */
	build_put(&body, "\0\0\0\2", 4);
	build_zero(&body, 16);
	build_ng_block(&b, 3, body.bytes, body.len);
	body.len = 0;
	build_u16(&body, 0);		/* obsolete: interface, drops */
	build_u16(&body, 9);
	build_u32(&body, (uint32_t)(DAY * 1000000ULL >> 32));
	build_u32(&body, (uint32_t)(DAY * 1000000ULL + 5));
	build_u32(&body, 4);
	build_u32(&body, 1514);
	build_put(&body, "\0\0\0\3", 4);
	build_ng_block(&b, 2, body.bytes, body.len);
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 3);
	EQUAL_INT(t.ids[1], 2);
	EQUAL_INT(t.frames[1].caplen, 20);
	EQUAL_INT(t.frames[1].wirelen, 60);
	EQUAL_INT(t.frames[1].ts_ns, DAY * NS_PER_SEC);
	EQUAL_INT(t.ids[2], 3);
	EQUAL_INT(t.frames[2].wirelen, 1514);
	EQUAL_INT(t.frames[2].ts_ns, DAY * NS_PER_SEC + 5000);
	taken_clear(&t);
	build_clear(&body);
	build_clear(&b);
}

static void test_ng_senseless_blocks_are_left_out(void)
{
	struct build b = { 0 };
	struct taken t;
	size_t at;

	build_ng_section(&b);
	build_ng_packet(&b, 0, 1, 9);			/* no interface yet */
	build_ng_interface(&b, 1, 0, 0, 0);
	build_ng_packet(&b, 0, DAY * 1000000ULL, 1);
	build_ng_packet(&b, 1, DAY * 1000000ULL, 9);	/* none such */
	at = b.len;
	build_ng_packet(&b, 0, DAY * 1000000ULL, 9);
	b.bytes[at + 20] = 0xff;			/* captured: more than the block has */
	build_ng_block(&b, 6, "short", 5);
	build_ng_packet(&b, 0, DAY * 1000000ULL, 2);
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 2);
	EQUAL_INT(t.ids[0], 1);
	EQUAL_INT(t.ids[1], 2);
	EQUAL_INT(t.counters.files_damaged, 1);
	EQUAL_TEXT(t.damage[0], "4 records left out, the first: record 1 at byte 28 names "
		   "interface 0, which is not described");
	taken_clear(&t);
	build_clear(&b);
}

/* One odd record does not hide what ended the file. */
static void test_ng_both_kinds_of_damage(void)
{
	struct build b = { 0 };
	struct taken t;

	build_ng_section(&b);
	build_ng_interface(&b, 1, 0, 0, 0);
	build_ng_packet(&b, 7, DAY * 1000000ULL, 9);
	build_ng_packet(&b, 0, DAY * 1000000ULL, 1);
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 1);
	EQUAL_TEXT(t.damage[0], "1 record left out: record 1 at byte 64 names interface 7, "
		   "which is not described");
	taken_clear(&t);
	for (size_t i = 0; i < 3 << 18; i++)
		build_put(&b, "\xab\xcd\xef\x01", 4);
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 1);
	EQUAL_INT(t.counters.files_damaged, 1);
	EQUAL_TEXT(t.damage[0], "a block of impossible length 32492971 at byte 184; 1 record left "
		   "out: record 1 at byte 64 names interface 7, which is not described");
	taken_clear(&t);
	build_clear(&b);
}

static void test_ng_long_blocks_are_walked_over(void)
{
	struct build b = { 0 }, body = { 0 };
	struct taken t;

	build_zero(&body, 3 << 20);
	build_ng_section(&b);
	build_ng_interface(&b, 1, 0, 0, 0);
	build_ng_packet(&b, 0, DAY * 1000000ULL, 1);
	build_ng_block(&b, 0x80000bad, body.bytes, body.len);
	build_ng_block(&b, 10, body.bytes, 900000);
	build_ng_packet(&b, 0, DAY * 1000000ULL, 2);
	take_bytes(&b, &t);
	EQUAL_INT(t.n, 2);
	EQUAL_INT(t.counters.files_damaged, 0);
	taken_clear(&t);
	build_clear(&body);
	build_clear(&b);
}

static void test_ng_broken_lengths_end_the_file(void)
{
	static const uint8_t lengths[][4] = {
		{ 0, 0, 0, 0 }, { 8, 0, 0, 0 }, { 57, 0, 0, 0 }, { 0xff, 0xff, 0xff, 0xff },
		{ 0xfc, 0xff, 0xff, 0xff }, { 64, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct build b = { 0 };
		struct taken t;
		size_t at;

		build_ng_section(&b);
		build_ng_interface(&b, 1, 0, 0, 0);
		build_ng_packet(&b, 0, DAY * 1000000ULL, 1);
		at = b.len;
		build_ng_packet(&b, 0, DAY * 1000000ULL, 2);
		build_ng_packet(&b, 0, DAY * 1000000ULL, 3);
		memcpy(b.bytes + at + 4, lengths[i], 4);
		take_bytes(&b, &t);
		EQUAL_INT(t.n, 1);
		EQUAL_INT(t.counters.files_damaged, 1);
		taken_clear(&t);
		build_clear(&b);
	}
}

static void test_ng_cut_anywhere(void)
{
	struct build b = { 0 };
	size_t whole, head, each;

	build_ng_section(&b);
	build_ng_interface(&b, 1, 0, 0, 0);
	head = b.len;
	for (uint32_t i = 1; i <= 3; i++)
		build_ng_packet(&b, 0, DAY * 1000000ULL + i, i);
	whole = b.len;
	each = (whole - head) / 3;
	for (b.len = 0; b.len <= whole; b.len++) {
		size_t frames = b.len < head ? 0 : (b.len - head) / each;
		bool is_clean = b.len == 28 || (b.len >= head && (b.len - head) % each == 0);
		struct taken t;

		take_bytes(&b, &t);
		EQUAL_INT(t.n, frames);
		EQUAL_INT(t.end, frames || is_clean ? SOURCE_END : -ENOENT);
		if (t.end == SOURCE_END)
			EQUAL_INT(t.counters.files_damaged, !is_clean);
		taken_clear(&t);
	}
	b.len = whole;
	build_clear(&b);
}

static void test_garbage(void)
{
	uint64_t state = test_seed(0);
	static const uint32_t starts[] = { 0, MICRO, NANO, MODIFIED, 0x0a0d0d0a };

	for (size_t i = 0; i < 300; i++) {
		struct build b = { .is_big = i % 2 };
		size_t good = 0, n = test_random(&state) % 4000;
		struct taken t;

		if (starts[i % 5] == 0x0a0d0d0a) {
			build_ng_section(&b);
			build_ng_interface(&b, 1, 0, 0, 0);
			build_ng_packet(&b, 0, 1, 1);
			good = 1;
		} else if (starts[i % 5]) {
			build_pcap_header(&b, starts[i % 5], 4, 1);
		}
		for (size_t k = 0; k < n; k++)
			build_put(&b, &(uint8_t){ (uint8_t)test_random(&state) }, 1);
		take_bytes(&b, &t);
		CU_ASSERT(t.n >= good);
		CU_ASSERT(t.end == SOURCE_END || t.end == -ENOENT);
		if (!starts[i % 5])
			EQUAL_INT(t.end, -ENOENT);
		taken_clear(&t);
		build_clear(&b);
	}
}

int main(void)
{
	static CU_TestInfo pcap[] = {
		{ "micro, nano, modified, both byte orders", test_pcap_forms },
		{ "versions 2.2 and 2.3 swap lengths", test_pcap_old_versions },
		{ "other versions are refused", test_pcap_versions_refused },
		{ "upper bits of the link type; raw IP by its other numbers", test_link_field },
		{ "an unknown link type is refused", test_unknown_link_is_refused },
		{ "impossible lengths and stamps are repaired", test_pcap_normalised },
		{ "an oversized record is damage", test_pcap_oversized_record },
		{ "the largest record", test_pcap_largest_record },
		{ "cut at every byte", test_pcap_cut_anywhere },
		CU_TEST_INFO_NULL,
	};
	static CU_TestInfo pcapng[] = {
		{ "sections, interfaces, resolutions, offsets", test_ng_sections_and_interfaces },
		{ "odd resolutions", test_ng_resolutions },
		{ "simple and obsolete packet blocks", test_ng_simple_and_obsolete },
		{ "senseless blocks are left out", test_ng_senseless_blocks_are_left_out },
		{ "left out, and then damaged", test_ng_both_kinds_of_damage },
		{ "long unknown blocks are walked over", test_ng_long_blocks_are_walked_over },
		{ "broken lengths end the file", test_ng_broken_lengths_end_the_file },
		{ "cut at every byte", test_ng_cut_anywhere },
		{ "garbage after a good beginning", test_garbage },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "pcap", .pTests = pcap },
		{ .pName = "pcapng", .pTests = pcapng },
		CU_SUITE_INFO_NULL,
	};
	int status;

	log_set_level(LOG_LEVEL_ERR);
	scratch_open();
	status = tap_main(suites);
	scratch_close();
	return status;
}
