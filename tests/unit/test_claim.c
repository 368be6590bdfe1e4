/* test_claim.c - the claims of a minute, by ARP through a shard: each once, the bound and what
 * gives way, and a minute cut in two runs.  What else claims: test_claim_read.c; the
 * readers of messages: test_claims.c. */
#include "claim_build.h"
#include <zlib.h>
#include "flow/image.h"

/* --- ARP ------------------------------------------------------------------------------------- */

static void test_once_a_minute(void)
{
	struct claim c;
	struct world w;

	begin_plain(&w);
	for (unsigned i = 0; i < 5; i++)
		give_arp(&w, START + i * SEC, &(struct arp){ 1, mac_a, HOST, PEER, 120 });
	give_arp(&w, START + 7 * SEC, &(struct arp){ 2, mac_a, HOST, HOST, 120 });
	give_arp(&w, START + 8 * SEC, &(struct arp){ 2, mac_b, HOST, PEER, 120 });
	give_arp(&w, START + 9 * SEC, &(struct arp){ 1, mac_b, 0, HOST, 121 });
	EQUAL_INT(w.n, 0);
	shard_mark(w.shard, START + MIN);
	EQUAL_INT(w.n, 3);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "192.0.2.5", mac_a, &c));
	EQUAL_INT(c.count, 6);
	EQUAL_INT(c.how, CLAIM_PLAIN | CLAIM_ANNOUNCED);
	EQUAL_INT(c.first_ns, START);
	EQUAL_INT(c.last_ns, START + 7 * SEC);
	EQUAL_INT(c.link.vlan[0], 120);
	EQUAL_INT(c.link.vlan[1], 0xffff);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_HOLDS, "192.0.2.5", mac_b, &c));
	EQUAL_INT(c.how, CLAIM_PLAIN);
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_PROBES, "192.0.2.5", mac_b, &c));
	EQUAL_INT(c.link.vlan[0], 121);
	/* The next minute begins with none. */
	give_arp(&w, START + MIN + SEC, &(struct arp){ 1, mac_a, HOST, PEER, 120 });
	shard_finish(w.shard);
	EQUAL_INT(w.n, 4);
	EQUAL_INT(w.events[3].minute_ns, START + MIN);
	EQUAL_INT(shard_counters(w.shard)->arp, 9);
	EQUAL_INT(shard_counters(w.shard)->claims, 9);
	EQUAL_INT(shard_counters(w.shard)->packets, 0);
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 0);
	end(&w);
}

/* What claims nothing: other operations, addresses and MACs that are nobody's. */
static void test_nobody(void)
{
	static const uint8_t nobody[6];
	static const uint8_t group[6] = { 3, 0, 0, 0, 0, 1 };
	struct world w;

	begin_plain(&w);
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 3, mac_a, HOST, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 2, mac_a, 0, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, nobody, HOST, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, group, HOST, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, mac_a, 0xe0000001, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, mac_a, 0xffffffff, PEER, 0 }));
	CU_ASSERT_FALSE(give_arp(&w, START, &(struct arp){ 1, mac_a, 0x7f000001, PEER, 0 }));
	shard_finish(w.shard);
	EQUAL_INT(w.n, 0);
	end(&w);
}

static void test_bound(void)
{
	static const uint8_t nobody[6];
	struct claim c;
	struct world w;

	begin_plain(&w);
	for (uint32_t i = 0; i < CLAIMS_MAX + 100; i++)
		give_arp(&w, START + i, &(struct arp){ 1, mac_a, 0x0a000001 + i, PEER, 0 });
	/* Those that are there go on being counted. */
	give_arp(&w, START + SEC, &(struct arp){ 1, mac_a, 0x0a000001, PEER, 0 });
	shard_mark(w.shard, START + MIN);
	EQUAL_INT(w.n, CLAIMS_MAX + 1);
	EQUAL_INT(w.events[0].last_ns, START + SEC);
	EQUAL_INT(shard_counters(w.shard)->claims_beyond, 100);
	/* That some were left out is told, and of which link. */
	CU_ASSERT_PTR_NOT_NULL(find(&w, CLAIM_BEYOND, "10.0.2.1", nobody, &c));
	EQUAL_INT(c.count, 100);
	EQUAL_INT(c.link.vlan[0], 0xffff);
	EQUAL_INT(c.first_ns, START + CLAIMS_MAX);
	EQUAL_INT(c.last_ns, START + CLAIMS_MAX + 99);
	give_arp(&w, START + MIN, &(struct arp){ 1, mac_b, 0x0a000001, PEER, 0 });
	shard_finish(w.shard);
	EQUAL_INT(w.n, CLAIMS_MAX + 2);
	end(&w);
}

static void flood(struct world *w, uint64_t ts_ns, uint32_t from, unsigned n)
{
	for (uint32_t i = 0; i < n; i++)
		give_arp(w, ts_ns + i, &(struct arp){ 1, mac_a, from + i, PEER, 0 });
}

static void put_claim(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct world *w = arg;

	(void)key;
	(void)key_len;
	CU_ASSERT_TRUE(shard_import(w->shard, value, len));
}

/* A flood before, between and after hides no contest; nor does a run that ends meanwhile. */
static void test_flood(void)
{
	static const uint8_t mac_c[6] = { 2, 0, 0, 0, 0, 0xc }, nobody[6];
	struct world first, second, *w = &first;
	struct claim c;

	for (int is_cut = 0; is_cut < 2; is_cut++) {
		w = &first;
		begin_plain(w);
		flood(w, START, 0x0a000001, CLAIMS_MAX + 100);
		give_arp(w, START + SEC, &(struct arp){ 1, mac_b, HOST, PEER, 0 });
		flood(w, START + 2 * SEC, 0x0b000001, 100);
		if (is_cut) {
			begin_plain(&second);
			shard_export(w->shard, put_claim, &second);
			end(w);
			w = &second;
		}
		give_arp(w, START + 3 * SEC, &(struct arp){ 2, mac_c, HOST, PEER, 0 });
		flood(w, START + 4 * SEC, 0x0c000001, 3000);
		shard_mark(w->shard, START + MIN);
		EQUAL_INT(w->n, CLAIMS_MAX + 1);
		CU_ASSERT_PTR_NOT_NULL(find(w, CLAIM_BEYOND, "10.0.2.1", nobody, &c));
		EQUAL_INT(c.count, 100 + 1 + 100 + 1 + 3000);
		CU_ASSERT_PTR_NOT_NULL(find(w, CLAIM_HOLDS, "192.0.2.5", mac_b, &c));
		CU_ASSERT_PTR_NOT_NULL(find(w, CLAIM_HOLDS, "192.0.2.5", mac_c, &c));
		CU_ASSERT_PTR_NOT_NULL(find(w, CLAIM_HOLDS, "10.0.0.1", mac_a, &c));
		/* The last quarter but for the one contest that stands in it: the newest. */
		CU_ASSERT_PTR_NOT_NULL(find(w, CLAIM_HOLDS, "12.0.11.184", mac_a, &c));
		CU_ASSERT_PTR_NULL(find(w, CLAIM_HOLDS, "12.0.10.184", mac_a, &c));
		end(w);
	}
}

/* Many MACs for one address: enough is kept to see that it is contended for. */
static void test_many_macs(void)
{
	uint8_t mac[6] = { 2, 0, 0, 0, 1, 0 };
	struct world w;

	begin_plain(&w);
	for (unsigned i = 0; i < 20; i++) {
		mac[5] = (uint8_t)i;
		give_arp(&w, START + i, &(struct arp){ 1, mac, HOST, PEER, 0 });
	}
	shard_mark(w.shard, START + MIN);
	EQUAL_INT(w.n, CLAIMS_OF_ADDRESS_MAX + 1);
	EQUAL_INT(shard_counters(w.shard)->claims_beyond, 20 - CLAIMS_OF_ADDRESS_MAX);
	end(&w);
}

/* Every length that is captured of an ARP frame. */
static void test_cut(void)
{
	struct build *b = new_build();
	struct packet p;

	put_link(b, mac_a, 0, 0x0806);
	put_bytes(b, "\0\1\10\0\6\4\0\1", 8);
	put_bytes(b, mac_a, 6);
	put32(b, HOST);
	put_fill(b, 0, 6);
	put32(b, PEER);
	for (uint32_t n = 14; n <= b->len; n++) {
		uint8_t *exact = malloc(n);
		struct frame f = { .ts_ns = START, .bytes = exact, .caplen = n,
				   .wirelen = b->len, .link = 1 };

		memcpy(exact, b->bytes, n);
		EQUAL_INT(packet_decode(&f, &p), PACKET_ARP);
		packet_rebase(&p, PACKET_ARP);
		EQUAL_INT(claim_prepare(&p), n == b->len);
		free(exact);
	}
}
/* --- between runs ---------------------------------------------------------------------------- */

struct rows {
	uint8_t bytes[8][256];
	size_t len[8], n;
};

static void keep_row(void *arg, const void *key, size_t key_len, const void *value,
		     size_t value_len)
{
	struct rows *r = arg;

	CU_ASSERT_FATAL(r->n < 8 && value_len <= sizeof(r->bytes[0]));
	EQUAL_INT(key_len, FLOW_IMAGE_KEY_BYTES);
	CU_ASSERT_FALSE(memcmp(key, (const uint8_t *)value + FLOW_IMAGE_KEY_OFFSET, key_len));
	memcpy(r->bytes[r->n], value, value_len);
	r->len[r->n++] = value_len;
}

static void give_minute(struct world *w, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		give_arp(w, START + i * SEC, &(struct arp){ 1, mac_a, HOST, PEER, 0 });
		give_arp(w, START + i * SEC, &(struct arp){ 2, i < 30 ? mac_b : mac_a, HOST + 1,
							    PEER, 0 });
	}
}

/* A minute that is cut in two gives the events of the whole, and nothing is said at the cut. */
static void test_cut_minute(void)
{
	struct world whole, first, second;
	struct rows rows = { .n = 0 };
	unsigned shard;

	begin_plain(&whole);
	give_minute(&whole, 0, 60);
	shard_finish(whole.shard);
	begin_plain(&first);
	give_minute(&first, 0, 20);
	shard_export(first.shard, keep_row, &rows);
	EQUAL_INT(first.n, 0);
	EQUAL_INT(rows.n, 2);
	begin_plain(&second);
	for (size_t i = rows.n; i-- > 0;) {
		CU_ASSERT_TRUE(shard_of_packed(rows.bytes[i], rows.len[i], 16, &shard));
		CU_ASSERT_TRUE(shard_import(second.shard, rows.bytes[i], rows.len[i]));
	}
	CU_ASSERT_FALSE(shard_import(second.shard, rows.bytes[0], rows.len[0]));
	give_minute(&second, 20, 60);
	shard_finish(second.shard);
	EQUAL_INT(whole.n, 3);
	EQUAL_INT(second.n, 3);
	qsort(whole.events, whole.n, sizeof(struct slice),
	      (int (*)(const void *, const void *))slice_compare);
	qsort(second.events, second.n, sizeof(struct slice),
	      (int (*)(const void *, const void *))slice_compare);
	for (size_t i = 0; i < whole.n && i < second.n; i++) {
		struct claim a, b;

		claim_of_slice(&whole.events[i], &a);
		claim_of_slice(&second.events[i], &b);
		CU_ASSERT_FALSE(memcmp(&a, &b, sizeof(a)));
	}
	end(&whole);
	end(&first);
	end(&second);
}

/* A row as it was before the order was kept: without the rank in front of the checksum. */
static size_t make_old_row(const struct rows *rows, size_t i, uint8_t old[256])
{
	size_t len = rows->len[i] - 6;
	uint32_t check;

	memcpy(old, rows->bytes[i], len);
	old[0] = CLAIM_ROW - 1;
	check = (uint32_t)crc32(0, old, (uInt)len);
	for (int k = 0; k < 4; k++)
		old[len + (size_t)k] = (uint8_t)(check >> 8 * k);
	return len + 4;
}

/* Rows of before are read, and have one order whatever order they come in. */
static void test_old_rows(void)
{
	struct rows rows = { .n = 0 };
	uint8_t old[256];
	struct world w, again[2];

	begin_plain(&w);
	give_arp(&w, START, &(struct arp){ 1, mac_b, HOST, PEER, 0 });
	give_arp(&w, START, &(struct arp){ 1, mac_a, HOST, PEER, 0 });
	give_arp(&w, START, &(struct arp){ 1, mac_a, 0, HOST, 0 });	/* asks for it */
	give_arp(&w, START, &(struct arp){ 1, mac_a, HOST, PEER, 7 });
	shard_export(w.shard, keep_row, &rows);
	EQUAL_INT(rows.n, 4);
	for (size_t turn = 0; turn < 2; turn++) {
		begin_plain(&again[turn]);
		for (size_t i = 0; i < rows.n; i++) {
			size_t from = turn ? rows.n - 1 - i : i;
			size_t len = make_old_row(&rows, from, old);

			CU_ASSERT_TRUE(shard_import(again[turn].shard, old, len));
			old[0] = CLAIM_ROW;
			CU_ASSERT_FALSE(shard_import(again[turn].shard, old, len));
		}
		give_arp(&again[turn], START + SEC, &(struct arp){ 2, mac_b, HOST + 7, PEER, 0 });
		shard_finish(again[turn].shard);
		EQUAL_INT(again[turn].n, 5);
	}
	for (size_t i = 0; i < again[0].n; i++)
		EQUAL_INT(slice_compare(&again[0].events[i], &again[1].events[i]), 0);
	end(&w);
	end(&again[0]);
	end(&again[1]);
}

/* The shard of a row is that of the frame. */
static void test_row_shard(void)
{
	struct rows rows = { .n = 0 };
	struct world w;
	struct addr a;
	unsigned shard;

	addr_parse("192.0.2.5", &a);
	begin_plain(&w);
	give_arp(&w, START, &(struct arp){ 1, mac_a, HOST, PEER, 0 });
	shard_export(w.shard, keep_row, &rows);
	for (unsigned n = 1; n < 300; n++) {
		CU_ASSERT_TRUE(shard_of_packed(rows.bytes[0], rows.len[0], n, &shard));
		EQUAL_INT(shard, shard_of(&a, &a, n));
	}
	end(&w);
}

static void test_damaged_rows(void)
{
	struct rows rows = { .n = 0 };
	struct world w;

	begin_plain(&w);
	give_arp(&w, START + SEC, &(struct arp){ 1, mac_a, HOST, PEER, 7 });
	shard_export(w.shard, keep_row, &rows);
	for (size_t i = 0; i < rows.len[0]; i++) {
		uint8_t copy[256];

		memcpy(copy, rows.bytes[0], rows.len[0]);
		copy[i] ^= 0x40;
		CU_ASSERT_FALSE(shard_import(w.shard, copy, rows.len[0]));
		CU_ASSERT_FALSE(shard_import(w.shard, rows.bytes[0], i));
	}
	CU_ASSERT_TRUE(shard_import(w.shard, rows.bytes[0], rows.len[0]));
	end(&w);
}

int main(void)
{
	static CU_TestInfo arp[] = {
		{ "each once a minute", test_once_a_minute }, { "nobody's", test_nobody },
		{ "bounded", test_bound }, { "a flood", test_flood },
		{ "many MACs", test_many_macs }, { "cut frames", test_cut }, CU_TEST_INFO_NULL,
	};
	static CU_TestInfo runs[] = {
		{ "a minute cut in two", test_cut_minute },
		{ "rows of before", test_old_rows }, { "the shard of a row", test_row_shard },
		{ "damaged rows", test_damaged_rows },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "claims by ARP", .pTests = arp },
		{ .pName = "claims between runs", .pTests = runs }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
