/* test_bytestream.c - bytestream.c: compressed captures, whole, cut, damaged and hostile. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/log.h"
#include "capture_build.h"
#include "tap.h"

#define MICRO 0xa1b2c3d4u
#define DAY 1700000000u

static bool has_text(const char *text, const char *part)
{
	bool has = strstr(text, part) != NULL;

	if (!has)
		printf("# \"%s\" is not in \"%s\"\n", part, text);
	return has;
}

static void put_three(struct build *b)
{
	build_pcap_header(b, MICRO, 4, 1);
	for (uint32_t i = 1; i <= 3; i++)
		build_pcap_record(b, DAY, i, i);
}

static void check_three(const struct taken *t)
{
	EQUAL_INT(t->n, 3);
	EQUAL_INT(t->end, SOURCE_END);
	for (uint32_t i = 0; i < t->n; i++)
		EQUAL_INT(t->ids[i], i + 1);
	EQUAL_INT(t->counters.bytes_done, t->counters.bytes_total);
	EQUAL_TEXT(t->damage[0], "");
}

static struct build gzip(const struct build *plain)
{
	uLong cap = compressBound(plain->len) + 64;
	struct build b = { .bytes = malloc(cap), .cap = cap };
	z_stream z = { .next_in = plain->bytes, .avail_in = (uInt)plain->len,
		       .next_out = b.bytes, .avail_out = (uInt)cap };

	deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
	deflate(&z, Z_FINISH);
	b.len = cap - z.avail_out;
	deflateEnd(&z);
	return b;
}

static struct build zstd(const struct build *plain)
{
	size_t cap = ZSTD_compressBound(plain->len);
	struct build b = { .bytes = malloc(cap), .cap = cap };

	b.len = ZSTD_compress(b.bytes, cap, plain->bytes, plain->len, 3);
	return b;
}

typedef struct build (*compress_fn)(const struct build *plain);
static const compress_fn compressors[] = { gzip, zstd };

static void test_compressed(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct build b = { 0 }, packed, twice = { 0 };
		struct taken t;

		put_three(&b);
		packed = compressors[i](&b);
		take_bytes(&packed, &t);
		check_three(&t);
		taken_clear(&t);
		build_put(&packed, "other", 5);
		take_bytes(&packed, &t);
		EQUAL_INT(t.n, 3);
		EQUAL_INT(t.counters.files_damaged, 1);
		taken_clear(&t);
		/* Two members are one stream: the plain file cut inside a record. */
		build_clear(&packed);
		packed = compressors[i](&(struct build){ .bytes = b.bytes, .len = 70 });
		build_put(&twice, packed.bytes, packed.len);
		build_clear(&packed);
		packed = compressors[i](&(struct build){ .bytes = b.bytes + 70,
							  .len = b.len - 70 });
		build_put(&twice, packed.bytes, packed.len);
		take_bytes(&twice, &t);
		check_three(&t);
		taken_clear(&t);
		build_clear(&twice);
		build_clear(&packed);
		build_clear(&b);
	}
}

static void test_compressed_cut_anywhere(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct build b = { 0 }, packed;
		size_t last = 0, whole;

		put_three(&b);
		packed = compressors[i](&b);
		whole = packed.len;
		for (packed.len = 0; packed.len < whole; packed.len++) {
			struct taken t;

			take_bytes(&packed, &t);
			CU_ASSERT(t.n >= last);		/* what was good is used */
			if (t.n)
				EQUAL_INT(t.counters.files_damaged, 1);
			else
				EQUAL_INT(t.end, -ENOENT);
			if (t.n)
				CU_ASSERT(has_text(t.damage[0], "the compressed stream is cut"));
			last = t.n;
			taken_clear(&t);
		}
		build_clear(&packed);
		build_clear(&b);
	}
}

static void test_compressed_damage(void)
{
	struct build b = { 0 }, packed;
	struct taken t;

	build_pcap_header(&b, MICRO, 4, 1);
	for (uint32_t i = 0; i < 20000; i++)
		build_pcap_record(&b, DAY, i, i * 2654435761u);
	packed = gzip(&b);
	memset(packed.bytes + packed.len / 2, 0xaa, 64);
	take_bytes(&packed, &t);
	CU_ASSERT(t.n > 1000 && t.n < 20000);
	EQUAL_INT(t.counters.files_damaged, 1);
	CU_ASSERT(has_text(t.damage[0], "(decompressed)"));	/* senseless records come first */
	EQUAL_INT(t.counters.bytes_done, t.counters.bytes_total);
	taken_clear(&t);
	build_clear(&packed);
	build_clear(&b);
}

/* 64 MiB of zero bytes: records without captured bytes, from a file of a few kilobytes. */
static void test_compressed_bomb(void)
{
	struct build b = { 0 }, packed;
	struct taken t;

	build_pcap_header(&b, MICRO, 4, 1);
	build_zero(&b, 64 << 20);
	packed = zstd(&b);
	take_bytes(&packed, &t);
	CU_ASSERT(t.n < 2 << 20);
	CU_ASSERT(has_text(t.damage[0], "swells"));
	taken_clear(&t);
	build_clear(&packed);
	build_clear(&b);
}

int main(void)
{
	static CU_TestInfo packed[] = {
		{ "gzip and zstd, one member and two", test_compressed },
		{ "cut at every byte", test_compressed_cut_anywhere },
		{ "damage in the middle", test_compressed_damage },
		{ "a bomb is bounded", test_compressed_bomb },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "bytestream", .pTests = packed },
		CU_SUITE_INFO_NULL,
	};
	int status;

	log_set_level(LOG_LEVEL_ERR);
	scratch_open();
	status = tap_main(suites);
	scratch_close();
	return status;
}
