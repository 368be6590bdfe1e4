/* test_carry_versions.c - connections that an earlier version has kept are taken on, and forms that
 * do not exist are refused.  Each form is made of the one after it. */
#include "carry_rich.h"

static void test_version(void)
{
	struct kept k = make_rich();
	uint8_t *bytes = k.rows[0].bytes;
	struct addr a = host(1), b = host(2);
	unsigned shard = 77;

	CU_ASSERT_TRUE(shard_of_packed(bytes, k.rows[0].len, 5, &shard));
	EQUAL_INT(shard, shard_of(&a, &b, 5));
	CU_ASSERT_FALSE(shard_of_packed(bytes, k.rows[0].len, 0, &shard));
	for (unsigned version = 0; version < 256; version++) {
		bytes[0] = (uint8_t)version;
		set_check(bytes, k.rows[0].len);
		EQUAL_INT(try_damaged(bytes, k.rows[0].len), version == 4);
		EQUAL_INT(shard_of_packed(bytes, k.rows[0].len, 5, &shard),
			  version >= 1 && version <= 4);
	}
	kept_clear(&k);
}

/* Before version 4 nothing said whose frame the MACs are of: one byte less, behind them. */
static size_t make_version_3(const struct kept *k, uint8_t *old)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	const uint8_t *bytes = k->rows[0].bytes;
	size_t len = k->rows[0].len, at;

	for (at = 0; at + sizeof(macs) < len; at++)
		if (!memcmp(bytes + at, macs, sizeof(macs)))
			break;
	at += sizeof(macs);
	CU_ASSERT_FATAL(at < len);
	memcpy(old, bytes, at);
	memcpy(old + at, bytes + at + 1, len - at - 1);
	old[0] = 3;
	set_check(old, len - 1);
	return len - 1;
}

static void test_version_3(void)
{
	struct kept k = make_rich(), again;
	uint8_t *old = malloc(k.rows[0].len);
	struct world w;
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(old);
	len = make_version_3(&k, old);
	CU_ASSERT_TRUE(try_damaged(old, len));
	begin_plain(&w);
	CU_ASSERT_TRUE(shard_import(w.shard, old, len));
	again = export_all(&w);			/* all but that byte, which is 0 here, is there */
	EQUAL_INT(again.rows[0].len, k.rows[0].len);
	CU_ASSERT_FALSE(memcmp(again.rows[0].bytes, k.rows[0].bytes, k.rows[0].len));
	old[0] = 4;
	set_check(old, len);
	CU_ASSERT_FALSE(try_damaged(old, len));
	free(old);
	kept_clear(&again);
	kept_clear(&k);
}

#define FACTS_BYTE 48			/* of the word of bits behind version and key */
#define FACTS_BIT 0x40

/* The image as versions before 3 have it: without the last `less` bytes before its checksum,
 * TTL and facts, and without the bit that says so. */
static size_t without_facts(const struct kept *k, uint8_t *old, size_t less)
{
	size_t len = make_version_3(k, old);

	old[FACTS_BYTE] &= (uint8_t)~FACTS_BIT;
	return len - less;
}

/* How much less it is must be found: the facts hold texts. */
static size_t find_version_2(const struct kept *k, uint8_t *old)
{
	for (size_t less = 4; less + 100 < k->rows[0].len; less++) {
		size_t len = without_facts(k, old, less);

		old[0] = 2;
		set_check(old, len);
		if (try_damaged(old, len))
			return len;
	}
	return 0;
}

static void test_version_2(void)
{
	struct kept k = make_rich();
	uint8_t *old = malloc(k.rows[0].len);
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(old);
	len = find_version_2(&k, old);
	CU_ASSERT(len > 0);
	if (len) {
		old[0] = 3;
		set_check(old, len);
		EQUAL_INT(try_damaged(old, len), false);
	}
	free(old);
	kept_clear(&k);
}

/* Version 1 had no place for the lost bytes that slices told: 16 bytes less, and it is read. */
static void test_version_before(void)
{
	struct kept k = make_rich();
	uint8_t *new = malloc(k.rows[0].len), *old = malloc(k.rows[0].len);
	size_t len, taken = 0;

	CU_ASSERT_FATAL(new && old);
	len = find_version_2(&k, new);
	for (size_t at = 1; at + 16 + 4 < len; at++) {
		memcpy(old, new, at);
		memcpy(old + at, new + at + 16, len - at - 16);
		old[0] = 1;
		set_check(old, len - 16);
		taken += try_damaged(old, len - 16);
	}
	CU_ASSERT(taken > 0);
	free(old);
	free(new);
	kept_clear(&k);
}

static int set_up(void)
{
	make_frames();
	return 0;
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "versions", test_version }, { "version 3", test_version_3 },
		{ "version 2", test_version_2 }, { "version 1", test_version_before },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "carry versions", .pInitFunc = set_up, .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
