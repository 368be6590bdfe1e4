/* test_pack.c - what was packed comes back; what is short, cut or damaged is bad and harmless. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/pack.h"
#include "records.h"
#include "store/record_pack.h"
#include "tap.h"

static void test_layout(void)
{
	static const uint8_t want[] = { 1, 3, 2, 7, 6, 5, 4, 0xff, 0, 0, 0, 0, 0, 0, 0x80,
					2, 0, 0, 0, 'h', 'i', 0xff, 0xff, 0xff, 0xff, 'x' };
	struct packer p = { 0 };

	pack_u8(&p, 1);
	pack_u16(&p, 0x0203);
	pack_u32(&p, 0x04050607);
	pack_u64(&p, 0x80000000000000ff);
	pack_text(&p, "hi");
	pack_text(&p, NULL);
	pack_bytes(&p, "x", 1);
	pack_bytes(&p, NULL, 0);
	EQUAL_INT(p.len, sizeof(want));
	CU_ASSERT(p.len == sizeof(want) && !memcmp(p.bytes, want, sizeof(want)));
	CU_ASSERT(!p.has_failed);
	pack_free(&p);
}

static void test_round_trip(void)
{
	static const double values[] = { 0, -0.0, 1.5, DBL_MAX, DBL_TRUE_MIN, INFINITY, 1.5e-10 };
	char big[1000], back[1000], *text;
	struct packer p = { 0 };
	struct unpacker u;

	memset(big, 'b', sizeof(big));
	for (int round = 0; round < 2; round++) {	/* then in the same memory */
		pack_reset(&p);
		EQUAL_INT(p.len, 0);
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
			pack_double(&p, values[i]);
		pack_double(&p, NAN);
		pack_bytes(&p, big, sizeof(big));
		pack_text(&p, "");
		pack_text(&p, NULL);
		pack_text(&p, "four");
		pack_text(&p, "new");
		pack_text(&p, NULL);
	}
	u = unpack_over(p.bytes, p.len);
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		double v = unpack_double(&u);

		CU_ASSERT(v == values[i] && signbit(v) == signbit(values[i]));
	}
	CU_ASSERT(isnan(unpack_double(&u)));
	unpack_bytes(&u, back, sizeof(back));
	CU_ASSERT(!memcmp(big, back, sizeof(big)));
	CU_ASSERT(unpack_text(&u, back, sizeof(back)));
	EQUAL_TEXT(back, "");
	CU_ASSERT(!unpack_text(&u, back, sizeof(back)));
	EQUAL_TEXT(back, "");
	CU_ASSERT(unpack_text(&u, back, 5));		/* fits exactly */
	EQUAL_TEXT(back, "four");
	CU_ASSERT(!unpack_ok(&u));			/* something is left */
	text = unpack_text_new(&u, 3);
	CU_ASSERT_PTR_NOT_NULL(text);
	EQUAL_TEXT(text ? text : "", "new");
	CU_ASSERT_PTR_NULL(unpack_text_new(&u, 3));	/* it was NULL */
	CU_ASSERT(unpack_ok(&u));
	free(text);
	pack_free(&p);
}

static void test_past_the_end(void)
{
	static const uint8_t three[] = { 1, 2, 3 };
	struct unpacker u = unpack_over(three, 3);
	uint8_t back[4] = { 9, 9, 9, 9 };

	EQUAL_INT(unpack_u16(&u), 0x0201);
	EQUAL_INT(unpack_u32(&u), 0);
	EQUAL_INT(unpack_u8(&u), 0);	/* though one byte was left: bad is for good */
	unpack_bytes(&u, back, 4);
	EQUAL_INT(back[0] | back[1] | back[2] | back[3], 0);
	CU_ASSERT(!unpack_ok(&u));
	u = unpack_over(NULL, 0);
	CU_ASSERT(unpack_ok(&u));
	EQUAL_INT(unpack_u64(&u), 0);
	CU_ASSERT(!unpack_ok(&u));
}

static void test_bad_texts(void)
{
	static const uint8_t too_long[] = { 4, 0, 0, 0, 'f', 'o', 'u', 'r' };
	static const uint8_t lying[] = { 0xfe, 0xff, 0xff, 0xff, 'x' };
	static const uint8_t zero[] = { 3, 0, 0, 0, 'a', 0, 'b' };
	struct unpacker u = unpack_over(too_long, sizeof(too_long));
	char buf[4] = "old";

	CU_ASSERT(!unpack_text(&u, buf, sizeof(buf)));
	EQUAL_TEXT(buf, "");
	CU_ASSERT(!unpack_ok(&u));
	u = unpack_over(too_long, sizeof(too_long));
	CU_ASSERT_PTR_NULL(unpack_text_new(&u, 3));
	CU_ASSERT(!unpack_ok(&u));
	u = unpack_over(lying, sizeof(lying));
	CU_ASSERT_PTR_NULL(unpack_text_new(&u, SIZE_MAX));
	CU_ASSERT(!unpack_ok(&u));
	u = unpack_over(zero, sizeof(zero));
	CU_ASSERT_PTR_NULL(unpack_text_new(&u, 10));
	CU_ASSERT(!unpack_ok(&u));
}

static void test_no_memory(void)
{
	struct packer p = { 0 };
	char one = 1;

	pack_u8(&p, 1);
	pack_bytes(&p, &one, SIZE_MAX);	/* never read: it fits into no memory */
	CU_ASSERT(p.has_failed);
	pack_u8(&p, 2);
	EQUAL_INT(p.len, 1);
	pack_reset(&p);
	CU_ASSERT(!p.has_failed);
	pack_u8(&p, 3);
	EQUAL_INT(p.len, 1);
	pack_free(&p);
}

static void test_flat(void)
{
	struct record *r = record_make(7, 10);
	struct record_flat back, longest = { .severity = 5 };
	struct packer p = { 0 };

	snprintf(r->flat.work_order, sizeof(r->flat.work_order), "none");
	record_pack_flat(&p, &r->flat);
	CU_ASSERT(record_unpack_flat(p.bytes, p.len, &back));
	CU_ASSERT(!memcmp(&back, &r->flat, sizeof(back)));
	for (size_t len = 0; len < p.len; len++)
		CU_ASSERT(!record_unpack_flat(p.bytes, len, &back));
	pack_u8(&p, 0);
	CU_ASSERT(!record_unpack_flat(p.bytes, p.len, &back));	/* too much */
	p.bytes[0] = 99;
	CU_ASSERT(!record_unpack_flat(p.bytes, p.len - 1, &back));	/* of another version */
	pack_reset(&p);
	memset(longest.app, 'a', sizeof(longest.app) - 1);
	record_pack_flat(&p, &longest);
	CU_ASSERT(record_unpack_flat(p.bytes, p.len, &back));
	CU_ASSERT(!memcmp(&back, &longest, sizeof(back)));
	pack_free(&p);
	record_free(r);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "little-endian, no padding", test_layout },
		{ "what was packed comes back", test_round_trip },
		{ "reading past the end gives zeros, and is bad for good", test_past_the_end },
		{ "texts too long, lying about their length, with a zero", test_bad_texts },
		{ "a lack of memory is remembered", test_no_memory },
		{ "flat fields of a record, whole or not at all", test_flat },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "pack", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
