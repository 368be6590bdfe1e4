/* test_slice.c - flow/slice_pack.h: a slice between runs, and those of versions before. */
#include <stdlib.h>
#include <string.h>
#include "flow/slice_pack.h"
#include "tap.h"

#define FLAGS 2				/* byte of the flags, behind version and kind */

static struct slice make(void)
{
	struct slice s = { .kind = SLICE_SLICE, .minute_ns = 60, .first_ns = 61, .last_ns = 62,
			   .client_is_b = true, .is_answered = true, .macs_by = 1,
			   .mac = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } } };

	s.id.first_ns = 61;
	s.id.key.proto = 6;
	s.sums.packets[0] = 7;
	return s;
}

static void there_and_back(void)
{
	struct slice s = make(), again;
	struct packer p = { 0 };
	struct unpacker u;

	slice_pack(&s, &p);
	u = unpack_over(p.bytes, p.len);
	CU_ASSERT_TRUE_FATAL(slice_unpack(&u, &again));
	CU_ASSERT_TRUE(unpack_ok(&u));
	EQUAL_INT(again.macs_by, 1);
	CU_ASSERT_TRUE(again.client_is_b && again.is_answered);
	CU_ASSERT_FALSE(memcmp(again.mac, s.mac, sizeof(s.mac)));
	EQUAL_INT(again.sums.packets[0], 7);
	slice_clear(&again);
	pack_free(&p);
}

/* Version 4 is as long, and does not say whose frame the MACs are of: the client's, as ever. */
static void of_versions_before(void)
{
	struct slice s = make(), again;
	struct packer p = { 0 };
	struct unpacker u;

	s.macs_by = 0;
	slice_pack(&s, &p);
	for (unsigned version = 0; version < 256; version++) {
		bool is_read;

		p.bytes[0] = (uint8_t)version;
		u = unpack_over(p.bytes, p.len);
		is_read = slice_unpack(&u, &again) && unpack_ok(&u);
		EQUAL_INT(is_read, version == 3 || version == 4 || version == 5);
		if (is_read)
			EQUAL_INT(again.macs_by, 0);
	}
	p.bytes[0] = 4;
	p.bytes[FLAGS] |= 4;			/* it had no meaning */
	u = unpack_over(p.bytes, p.len);
	CU_ASSERT_TRUE_FATAL(slice_unpack(&u, &again));
	EQUAL_INT(again.macs_by, 0);
	pack_free(&p);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "there and back", there_and_back }, { "versions before", of_versions_before },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "slice", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
