/* test_facts.c - what a verdict leaves with a flow: made, turned, packed, and cut at every byte. */
#include "tap.h"
#include <stdlib.h>
#include <string.h>
#include "flow/facts.h"

static struct flow_facts *make(void)
{
	struct dpi_verdict v = {
		.alpn = "h2,http/1.1", .alpn_chosen = "h2",
		.ja3 = "0123456789abcdef0123456789abcdef",
		.ja4 = "t12d0404h2_000000000001_000000000002", .tls_version = 0x0303,
		.method = "POST",
		.light = DPI_LIGHT_MODBUS, .acts = { DPI_ACT_READ, DPI_ACT_WRITE }, .file = { 1,
		2 },
		.banner = { "client says", "" },
	};
	bool is_missed;
	struct flow_facts *f = facts_of_verdict(&v, &is_missed);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	EQUAL_INT(is_missed, false);
	return f;
}

static void test_texts(void)
{
	struct flow_facts *f = make();

	EQUAL_TEXT(facts_text(f, FACT_ALPN), "h2,http/1.1");
	EQUAL_TEXT(facts_text(f, FACT_ALPN_CHOSEN), "h2");
	EQUAL_TEXT(facts_text(f, FACT_JA3), "0123456789abcdef0123456789abcdef");
	EQUAL_TEXT(facts_text(f, FACT_JA4), "t12d0404h2_000000000001_000000000002");
	EQUAL_TEXT(facts_text(f, FACT_METHOD), "POST");
	EQUAL_TEXT(facts_text(f, FACT_BANNER_0), "client says");
	EQUAL_TEXT(facts_text(f, FACT_BANNER_1), "");
	EQUAL_TEXT(facts_text(NULL, FACT_JA4), "");
	free(f);
}

/* Every field as long as it can be. */
static void test_longest(void)
{
	struct dpi_verdict v = { .tls_version = 1 };
	struct flow_facts *f;
	bool is_missed;

	memset(v.alpn, 'a', sizeof(v.alpn) - 1);
	memset(v.alpn_chosen, 'b', sizeof(v.alpn_chosen) - 1);
	memset(v.ja3, 'c', sizeof(v.ja3) - 1);
	memset(v.ja4, 'd', sizeof(v.ja4) - 1);
	memset(v.method, 'e', sizeof(v.method) - 1);
	memset(v.banner, 0, sizeof(v.banner));
	memset(v.banner[0], 'f', sizeof(v.banner[0]) - 1);
	memset(v.banner[1], 'g', sizeof(v.banner[1]) - 1);
	f = facts_of_verdict(&v, &is_missed);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	EQUAL_TEXT(facts_text(f, FACT_ALPN), v.alpn);
	EQUAL_TEXT(facts_text(f, FACT_METHOD), v.method);
	EQUAL_TEXT(facts_text(f, FACT_BANNER_1), v.banner[1]);
	free(f);
}

/* What the server said later stands where it would have been before. */
static void test_reply(void)
{
	struct dpi_verdict v = { .alpn = "h2", .ja3 = "x", .tls_version = 0x0303,
				 .light = DPI_LIGHT_TLS, .awaits_reply = true };
	struct dpi_reply reply = { .is_reply = true, .tls_version = 0x0304, .alpn_chosen = "h2",
				   .file = 5 };
	bool is_missed;
	struct flow_facts *f = facts_of_verdict(&v, &is_missed);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	EQUAL_INT(facts_followed(f), DPI_LIGHT_TLS);
	facts_add_reply(&f, &reply, 1);
	EQUAL_INT(facts_followed(f), DPI_LIGHT_NONE);
	EQUAL_INT(f->tls_version, 0x0304);
	EQUAL_INT(f->file[1], 5);
	EQUAL_TEXT(facts_text(f, FACT_ALPN), "h2");
	EQUAL_TEXT(facts_text(f, FACT_ALPN_CHOSEN), "h2");
	EQUAL_TEXT(facts_text(f, FACT_JA3), "x");
	EQUAL_TEXT(facts_text(f, FACT_BANNER_1), "");
	free(f);
}

static void test_nothing(void)
{
	struct dpi_verdict v = { .source = DPI_DPI, .light = DPI_LIGHT_TLS };
	bool is_missed;

	CU_ASSERT_PTR_NULL(facts_of_verdict(&v, &is_missed));
	EQUAL_INT(is_missed, false);
}

static void test_turned(void)
{
	struct flow_facts *f = make(), *turned = facts_copy(f, true), *back;

	CU_ASSERT_PTR_NOT_NULL_FATAL(turned);
	EQUAL_INT(turned->minute_acts[0], DPI_ACT_WRITE);
	EQUAL_INT(turned->file[0], 2);
	EQUAL_TEXT(facts_text(turned, FACT_BANNER_0), "");
	EQUAL_TEXT(facts_text(turned, FACT_BANNER_1), "client says");
	EQUAL_TEXT(facts_text(turned, FACT_METHOD), "POST");
	back = facts_copy(turned, true);
	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	EQUAL_INT(memcmp(back, f, sizeof(*f) + f->text_len), 0);
	free(f);
	free(turned);
	free(back);
}

static void test_packed(void)
{
	struct flow_facts *f = make(), *again;
	struct packer p = { 0 };
	struct unpacker u;

	f->acts[1] = DPI_ACT_PROGRAM;
	facts_pack(f, &p);
	u = unpack_over(p.bytes, p.len);
	EQUAL_INT(facts_unpack(&u, &again), true);
	EQUAL_INT(unpack_ok(&u), true);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	EQUAL_INT(memcmp(again, f, sizeof(*f) + f->text_len), 0);
	free(again);
	for (size_t n = 0; n < p.len; n++) {
		u = unpack_over(p.bytes, n);
		EQUAL_INT(facts_unpack(&u, &again), false);
		CU_ASSERT_PTR_NULL(again);
	}
	p.bytes[2] = 0;			/* one text too many */
	u = unpack_over(p.bytes, p.len);
	EQUAL_INT(facts_unpack(&u, &again), false);
	pack_reset(&p);
	facts_pack(NULL, &p);
	u = unpack_over(p.bytes, p.len);
	EQUAL_INT(facts_unpack(&u, &again), true);
	CU_ASSERT_PTR_NULL(again);
	pack_free(&p);
	free(f);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "texts", test_texts }, { "the longest", test_longest }, { "nothing",
		  test_nothing },
		{ "the reply", test_reply },
		{ "sides", test_turned }, { "packed", test_packed }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "facts", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
