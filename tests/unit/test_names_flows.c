/* test_names_flows.c - names of flows: beginnings in several segments, their bounds, the engine. */
#include "tap.h"
#include <stdlib.h>
#include "dpi/names.h"
#include "dpi_samples.h"

static struct names_pool pool;

static void look(struct names *n, const struct talk *t, const uint8_t *bytes, size_t from,
		 size_t to)
{
	uint8_t *copy = exactly(bytes + from, to - from);
	struct packet p = talk_packet(t, false, copy, to - from);

	p.seq += (uint32_t)from;
	names_look(&pool, n, &p, false);
	free(copy);
}

static const char *found_name(const struct names *n)
{
	return n->found ? n->found->name : "";
}

static void test_segments(void)
{
	struct talk t = talk_make("tls", IP_TCP, 50001, 443);
	uint8_t hello[SAMPLE_MAX];
	char name[DPI_NAME_MAX];
	size_t len;

	long_name(name);
	len = sample_hello(hello, name, "h2");
	for (size_t cut = 1; cut < len; cut++) {
		struct names n = { 0 };

		look(&n, &t, hello, 0, cut);
		CU_ASSERT(names_wants_more(&n));
		look(&n, &t, hello, 0, cut);	/* again */
		look(&n, &t, hello, cut, len);
		CU_ASSERT(!n.head && n.is_done);	/* the answer is waited for */
		EQUAL_TEXT(found_name(&n), name);
		EQUAL_TEXT(n.found->alpn, "h2");
		names_clear(&pool, &n);
	}
	for (size_t cut = 1; cut + 1 < len; cut++) {	/* a hole: what was found so far counts */
		struct names n = { 0 };

		look(&n, &t, hello, 0, cut);
		look(&n, &t, hello, cut + 1, len);
		CU_ASSERT_FALSE(names_wants_more(&n));
		CU_ASSERT(!found_name(&n)[0] || !strcmp(found_name(&n), name));
		names_clear(&pool, &n);
	}
	EQUAL_INT(pool.heads, 0);
}

static void test_segments_bounds(void)
{
	struct talk t = talk_make("http", IP_TCP, 50001, 80);
	char request[2 * NAMES_HEAD_MAX];
	struct names many[NAMES_HEADS_MAX + 1] = { { 0 } }, n = { 0 };

	memset(request, 'x', sizeof(request));
	memcpy(request, "GET /", 5);
	for (size_t at = 0; at + 1000 < sizeof(request); at += 1000)
		look(&n, &t, (uint8_t *)request, at, at + 1000);
	CU_ASSERT(!names_wants_more(&n) && n.is_done);	/* too long */
	names_clear(&pool, &n);
	for (size_t at = 0; at < 20; at++) {		/* a byte at a time, for ever */
		look(&n, &t, (uint8_t *)request, at ? at + 5 : 0, at + 6);
		CU_ASSERT(n.head_len <= 5 + NAMES_SEGMENTS_MAX + 1);
	}
	CU_ASSERT(!names_wants_more(&n) && n.is_done);
	names_clear(&pool, &n);
	EQUAL_INT(pool.beyond, 0);
	for (size_t i = 0; i < NAMES_HEADS_MAX + 1; i++)
		look(&many[i], &t, (uint8_t *)request, 0, 100);
	EQUAL_INT(pool.heads, NAMES_HEADS_MAX);
	EQUAL_INT(pool.beyond, 1);
	look(&many[NAMES_HEADS_MAX], &t, (uint8_t *)request, 100, 200);
	EQUAL_INT(pool.beyond, 1);			/* once a flow */
	CU_ASSERT(!names_wants_more(&many[NAMES_HEADS_MAX]));
	for (size_t i = 0; i < NAMES_HEADS_MAX + 1; i++)
		names_clear(&pool, &many[i]);
	EQUAL_INT(pool.heads, 0);
}

static void test_quic_bounds(void)
{
	struct talk t = talk_make("quic", IP_UDP, 50001, 443);
	static const uint8_t initial[1200] = { 0xc3, 0, 0, 0, 1, 8 };	/* version 1 */
	struct names n = { 0 };

	pool = (struct names_pool){ .heads = NAMES_HEADS_MAX };
	look(&n, &t, initial, 0, sizeof(initial));
	look(&n, &t, initial, 0, sizeof(initial));
	EQUAL_INT(pool.beyond, 1);
	CU_ASSERT(!names_wants_more(&n) && n.is_done);
	names_clear(&pool, &n);
	EQUAL_INT(pool.heads, NAMES_HEADS_MAX);
	pool = (struct names_pool){ 0 };
}

/* Through the engine: nDPI settles first, or knows the tail only, or nothing. */
static void test_engine(void)
{
	struct dpi_engine *e = NULL;
	struct dpi_verdict v = { 0 };
	char name[DPI_NAME_MAX];
	struct talk talks[3];

	CU_ASSERT_EQUAL_FATAL(dpi_engine_new(&e), 0);
	long_name(name);
	talks[0] = talk_tls(name);
	talks[1] = talk_dns(name);
	talks[2] = talk_http(name);
	for (size_t i = 0; i < 3; i++) {
		const struct piece *piece = &talks[i].pieces[0];
		size_t steps[] = { piece->len, 40, 1 };

		for (size_t k = 0; k < (talks[i].proto == IP_TCP ? 2 : 1); k++) {
			struct dpi_flow *f = dpi_flow_new(e);
			bool is_done = false;

			for (size_t at = 0; at < piece->len && !is_done; at += steps[k]) {
				size_t len =
					piece->len - at < steps[k] ? piece->len - at : steps[k];
				struct packet p =
					talk_packet(&talks[i], false, piece->bytes + at, len);

				p.seq += (uint32_t)at;
				is_done = dpi_flow_feed(e, f, &p, &v);
			}
			if (!is_done)
				dpi_flow_giveup(e, f, &v);
			EQUAL_TEXT(v.name, name);
			dpi_flow_free(e, f);
		}
	}
	dpi_engine_free(e);
}

/* Names stand where the capture has not cut, and not in the zeros that stand for what it has. */
static void test_cut_capture(void)
{
	struct talk t = talk_tls("a.vendor.example");
	const struct piece *piece = &t.pieces[0];
	struct dpi_engine *e = NULL;

	CU_ASSERT_EQUAL_FATAL(dpi_engine_new(&e), 0);
	for (uint32_t n = 0; n < piece->len; n++) {
		struct packet p = talk_packet(&t, false, piece->bytes, piece->len);
		struct dpi_flow *f = dpi_flow_new(e);
		struct dpi_verdict v;

		p.caplen = n;
		if (!dpi_flow_feed(e, f, &p, &v))
			dpi_flow_giveup(e, f, &v);
		CU_ASSERT(!v.name[0] || !strcmp(v.name, "a.vendor.example"));
		if (n > 100)
			EQUAL_TEXT(v.name, "a.vendor.example");
		dpi_flow_free(e, f);
	}
	dpi_engine_free(e);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "segments", test_segments }, { "segments: bounds", test_segments_bounds },
		{ "QUIC: bounds", test_quic_bounds },
		{ "engine", test_engine }, { "cut captures", test_cut_capture }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "names of flows", .pTests = tests },
				  CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
