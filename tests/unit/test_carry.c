/* test_carry.c - connections that outlive a run: what goes on with them, and what is refused.
 * What earlier versions kept: test_carry_versions.c. */
#include <stdio.h>
#include "carry_rich.h"

/* --- one flow -------------------------------------------------------------------------------- */

static void begin_small(struct world *w, size_t max_flows)
{
	begin(w, &(struct shard_config){ .max_flows = max_flows, .hash_seed = 99 });
}

static void test_export_in_order_of_ids(void)
{
	struct flow_id last = { 0 }, id;
	unsigned wrong = 0;
	struct kept k;
	struct world w;

	begin_plain(&w);
	for (uint8_t n = 1; n <= 60; n++)
		give(&w, packet(n / 4 * SEC, (uint8_t)(n * 37 % 61), 100, IP_UDP, n));
	for (uint8_t n = 60; n >= 1; n--)
		give(&w, packet(30 * SEC, (uint8_t)(n * 37 % 61), 100, IP_UDP, n));
	k = export_all(&w);
	EQUAL_INT(k.n, 60);
	for (size_t i = 0; i < k.n; i++) {
		begin_small(&w, 1);
		wrong += !import(&w, &k, i);
		shard_finish(w.shard);
		id = event(&w, SLICE_CLOSE, 0)->id;
		wrong += i && flow_id_compare(&last, &id) >= 0;
		last = id;
		end(&w);
	}
	EQUAL_INT(wrong, 0);
	kept_clear(&k);
}

static void test_empty_afterwards(void)
{
	struct kept k = { 0 };
	struct world w;

	begin_plain(&w);
	udp(&w, 1 * SEC, 10);
	handshake(&w, 2 * SEC);
	shard_export(w.shard, keep_row, &k);
	EQUAL_INT(k.n, 2);
	EQUAL_INT(shard_counters(w.shard)->flows_exported, 2);
	shard_export(w.shard, keep_row, &k);
	EQUAL_INT(k.n, 2);
	mark(&w, 300 * MIN);
	shard_finish(w.shard);
	EQUAL_INT(count(&w, SLICE_CLOSE), 0);
	EQUAL_INT(count(&w, SLICE_SLICE), 0);
	end(&w);
	kept_clear(&k);
}

/* Imported and exported again, nothing happened: the same bytes. */
static void test_through_and_through(void)
{
	struct kept a = make_rich(), b;
	struct world w;

	begin_plain(&w);
	CU_ASSERT_TRUE(import(&w, &a, 0));
	b = export_all(&w);
	EQUAL_INT(b.n, 1);
	EQUAL_INT(b.rows[0].len, a.rows[0].len);
	CU_ASSERT_FALSE(memcmp(a.rows[0].bytes, b.rows[0].bytes, a.rows[0].len));
	printf("# %zu bytes: TCP, holes, running minute, MACs, name\n", a.rows[0].len);
	kept_clear(&a);
	kept_clear(&b);
}

/* OPEN with the verdict and the name, holes that are filled after the cut. */
static void test_rich_goes_on(void)
{
	const struct slice *e;
	struct kept k = make_rich();
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	CU_ASSERT_TRUE(import(&w, &k, 0));
	tcp_up(&w, 80 * SEC, PACKET_ACK, 9100, 2900);
	shard_finish(w.shard);
	EQUAL_INT(count(&w, SLICE_OPEN), 0);
	e = event(&w, SLICE_SLICE, 0);
	EQUAL_INT(minute(e), 1);
	EQUAL_INT(e->first_ns, START + 70 * SEC);
	EQUAL_INT(e->sums.packets[0], 4);
	EQUAL_INT(e->sums.retrans[0], 50);
	EQUAL_INT(e->sums.payload[0], 100 + 100 + 2900);
	e = event(&w, SLICE_CLOSE, 0);
	EQUAL_TEXT(e->name, "images.vendor.example");
	EQUAL_INT(e->verdict, DPI_DPI);
	EQUAL_INT(e->first_ns, START + 10 * SEC);
	EQUAL_INT(e->sums.lost[0], 9000 - 1001 - frame_payload[0]);
	EQUAL_INT(e->sums.lost[1], 1000);
	EQUAL_INT(e->mac[0][5], 1);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 0);
	end(&w);
	kept_clear(&k);
}

/* A flow that DPI had no payload of is shown to it in the next run. */
static void test_waiting_for_payload(void)
{
	struct shard_config cfg = { .with_dpi = true };
	struct packet p = tcp_packet(80 * SEC, PACKET_ACK, 1001, 0);
	struct kept k;
	struct world w;

	begin(&w, &cfg);
	handshake(&w, 70 * SEC);
	k = export_all(&w);
	begin(&w, &cfg);
	CU_ASSERT_TRUE(import(&w, &k, 0));
	set_payload(&p, 0);
	give(&w, p);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 1);
	shard_finish(w.shard);
	EQUAL_INT(event(&w, SLICE_OPEN, 0)->verdict, DPI_DPI);
	EQUAL_TEXT(event(&w, SLICE_OPEN, 0)->name, "images.vendor.example");
	end(&w);
	kept_clear(&k);
}

/* Without DPI there is nothing more to wait for. */
static void test_dpi_switched_off(void)
{
	struct kept k;
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	handshake(&w, 70 * SEC);
	k = export_all(&w);
	begin_plain(&w);
	CU_ASSERT_TRUE(import(&w, &k, 0));
	EQUAL_INT(w.n, 0);
	tcp_up(&w, 80 * SEC, PACKET_ACK, 1001, 0);
	EQUAL_INT(count(&w, SLICE_OPEN), 1);
	end(&w);
	kept_clear(&k);
}

/* One that is given up opens with the next packet, or at its second boundary. */
static void test_given_up_opens(void)
{
	struct shard_config cfg = { .with_dpi = true };
	struct packet p = packet(70 * SEC, 1, 2, IP_UDP, 0);
	struct kept k;
	struct world w;

	set_payload(&p, 2 * TALKS - 1);
	for (int i = 0; i < 2; i++) {
		begin(&w, &cfg);
		give(&w, p);
		EQUAL_INT(w.n, 0);
		k = export_all(&w);
		begin(&w, &cfg);
		CU_ASSERT_TRUE(import(&w, &k, 0));
		EQUAL_INT(w.n, 0);
		if (i)
			udp(&w, 75 * SEC, 10);
		EQUAL_INT(w.n, i);
		mark(&w, 3 * MIN);
		EQUAL_INT(count(&w, SLICE_OPEN), 1);
		EQUAL_INT(minute(event(&w, SLICE_OPEN, 0)), i ? 1 : 2);
		EQUAL_INT(shard_counters(w.shard)->dpi_packets, 0);
		end(&w);
		kept_clear(&k);
	}
}

static void test_fragments_are_lost(void)
{
	struct item first = fragment_item(START, 0, false), second = fragment_item(START, 0, true);
	const struct shard_counters *c;
	struct kept k;
	struct world w;

	begin_plain(&w);
	shard_packet(w.shard, &first.packet, first.status);
	shard_export(w.shard, keep_row, &k);
	EQUAL_INT(shard_counters(w.shard)->fragments_held, 1);
	EQUAL_INT(shard_counters(w.shard)->flows_exported, 0);
	end(&w);
	begin_plain(&w);
	shard_packet(w.shard, &second.packet, second.status);
	shard_finish(w.shard);
	c = shard_counters(w.shard);
	EQUAL_INT(c->fragments_held, 1);
	EQUAL_INT(c->datagrams, 0);
	EQUAL_INT(w.n, 0);
	end(&w);
}

/* DNS answers of the running minute go on with it. */
static void test_answers(void)
{
	struct flow_extra *extra;
	struct dns_answer *a = calloc(1, sizeof(*a) + 16);
	struct kept k;
	struct world w;

	strncpy(a->name, "www.example", 15);
	a->addr = host(77);
	begin_plain(&w);
	udp(&w, 70 * SEC, 10);
	extra = flow_table_need_extra(w.shard->table, 1);
	extra->answers = a;
	k = export_all(&w);
	begin_plain(&w);
	CU_ASSERT_TRUE(import(&w, &k, 0));
	mark(&w, 2 * MIN);
	a = event(&w, SLICE_SLICE, 0)->answers;
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	EQUAL_TEXT(a->name, "www.example");
	EQUAL_INT(a->addr.bytes[15], 77);
	CU_ASSERT_PTR_NULL(a->next);
	end(&w);
	begin_plain(&w);	/* and are freed when nobody comes for them */
	CU_ASSERT_TRUE(import(&w, &k, 0));
	end(&w);
	kept_clear(&k);
}

/* Whose frame was seen first goes on after a cut. */
static void test_whose_frame(void)
{
	for (int is_server = 0; is_server < 3; is_server++) {
		struct world w;
		struct kept k;

		begin_plain(&w);
		if (is_server == 1)
			tcp_down(&w, 10 * SEC, PACKET_SYN | PACKET_ACK, 5000, 0);
		if (is_server == 2) {		/* a rest of before, taken for the client */
			tcp_down(&w, 9 * SEC, PACKET_ACK, 4000, 0);
			tcp_up(&w, 10 * SEC, PACKET_SYN, 1000, 0);
		}
		tcp_up(&w, 11 * SEC, PACKET_ACK, 1001, 10);
		tcp_down(&w, 12 * SEC, PACKET_ACK, 5001, 10);
		k = export_all(&w);
		begin_plain(&w);
		CU_ASSERT_TRUE(import(&w, &k, 0));
		shard_finish(w.shard);
		EQUAL_INT(event(&w, SLICE_SLICE, 0)->macs_by, !!is_server);
		EQUAL_INT(event(&w, SLICE_SLICE, 0)->mac[0][5], 1);	/* the client's */
		end(&w);
		kept_clear(&k);
	}
}

/* --- what is refused ------------------------------------------------------------------------- */

static void test_damaged(void)
{
	static const uint8_t damage[] = { 0x01, 0x80, 0xff };
	struct kept k = make_rich();
	uint8_t *bytes = k.rows[0].bytes;
	size_t len = k.rows[0].len, taken = 0, mended = 0;

	CU_ASSERT_TRUE(try_damaged(bytes, len));
	for (size_t i = 0; i < len; i++)
		for (size_t d = 0; d < sizeof(damage); d++) {
			bytes[i] ^= damage[d];
			taken += try_damaged(bytes, len);
			if (i < len - 4) {	/* by somebody who can compute the check */
				set_check(bytes, len);
				mended += try_damaged(bytes, len);
			}
			bytes[i] ^= damage[d];
			set_check(bytes, len);
		}
	EQUAL_INT(taken, 0);
	printf("# %zu of %zu damaged and mended records could have been flows\n", mended,
	       3 * (len - 4));
	CU_ASSERT_TRUE(mended > 0 && mended < 3 * (len - 4));
	for (size_t n = 0; n < len; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		memcpy(cut, bytes, n);
		taken += shard_of_packed(cut, n, 3, &(unsigned){ 0 }) != (n >= 45);
		if (n >= 4)
			set_check(cut, n);
		taken += try_damaged(cut, n);
		free(cut);
	}
	EQUAL_INT(taken, 0);
	kept_clear(&k);
}

static void test_when_it_is_refused(void)
{
	struct kept k = make_rich(), later;
	struct world w;

	begin_plain(&w);
	handshake(&w, 130 * SEC);
	later = export_all(&w);
	begin_plain(&w);
	CU_ASSERT_TRUE(import(&w, &k, 0));
	CU_ASSERT_FALSE(import(&w, &k, 0));		/* the key is there */
	EQUAL_INT(shard_counters(w.shard)->flows_imported, 1);
	end(&w);
	begin_plain(&w);
	give(&w, packet(70 * SEC, 7, 8, IP_UDP, 10));
	CU_ASSERT_FALSE(import(&w, &k, 0));		/* it has begun */
	end(&w);
	begin_plain(&w);
	mark(&w, 2 * MIN);
	CU_ASSERT_FALSE(import(&w, &k, 0));		/* it is later than that */
	end(&w);
	begin_plain(&w);
	later.rows[0].bytes[1 + 15]++;			/* another host, another minute */
	set_check(later.rows[0].bytes, later.rows[0].len);
	CU_ASSERT_TRUE(import(&w, &k, 0));
	CU_ASSERT_FALSE(import(&w, &later, 0));
	end(&w);
	kept_clear(&k);
	kept_clear(&later);
}

/* --- a full table ---------------------------------------------------------------------------- */

/* Whatever the order, those idle longest go, and say so. */
static void test_full_table(void)
{
	enum { FLOWS = 40, ROOM = 7, ORDERS = 50 };
	const unsigned seed = 271;
	struct world first = { 0 }, w;
	struct kept k;

	printf("# orders: seed %u\n", seed);
	srand(seed);
	begin_plain(&w);
	for (uint8_t n = 0; n < FLOWS; n++)	/* several in a tick */
		give(&w, packet(n * 300 * NS_PER_MS, (uint8_t)(1 + n * 7 % FLOWS), 100,
				n % 3 ? IP_UDP : IP_TCP, 10));
	k = export_all(&w);
	for (int order = 0; order < ORDERS; order++) {
		unsigned wrong = 0;

		begin_small(&w, ROOM);
		for (size_t i = 0; i < k.n; i++)
			wrong += !import(&w, &k, i);
		EQUAL_INT(wrong, 0);
		EQUAL_INT(count(&w, SLICE_CLOSE), FLOWS - ROOM);
		EQUAL_INT(shard_counters(w.shard)->flows_evicted, FLOWS - ROOM);
		for (size_t i = 0; i < w.n; i++)
			wrong += w.events[i].kind == SLICE_CLOSE &&
				 (w.events[i].end != FLOW_END_EVICTED ||
				  w.events[i].last_ns >= START + (FLOWS - ROOM) * 300 * NS_PER_MS);
		EQUAL_INT(wrong, 0);
		give(&w, packet(20 * SEC, 200, 201, IP_UDP, 1));
		EQUAL_INT(count(&w, SLICE_CLOSE), FLOWS - ROOM + 1);
		EQUAL_INT(w.events[w.n - 2].last_ns, START + (FLOWS - ROOM) * 300 * NS_PER_MS);
		shard_finish(w.shard);
		qsort(w.events, w.n, sizeof(struct slice), by_slice);
		if (order) {
			expect_same_events(&first, &w);
			end(&w);
		} else {
			first = w;
		}
		kept_shuffle(&k);
	}
	end(&first);
	kept_clear(&k);
}

/* Fewer shards than before: ranks of different shards mean nothing beside time. */
static void test_fewer_shards(void)
{
	struct kept old, new;
	struct world w;

	begin_plain(&w);
	for (uint8_t n = 1; n <= 5; n++)
		give(&w, packet(n, n, 100, IP_UDP, 1));
	old = export_all(&w);
	begin_plain(&w);
	give(&w, packet(50 * SEC, 9, 100, IP_UDP, 1));
	new = export_all(&w);
	begin_small(&w, 1);
	CU_ASSERT_TRUE(import(&w, &new, 0));
	for (size_t i = 0; i < old.n; i++)
		CU_ASSERT_TRUE(import(&w, &old, i));
	EQUAL_INT(count(&w, SLICE_CLOSE), 5);
	shard_finish(w.shard);
	EQUAL_INT(event(&w, SLICE_CLOSE, 5)->last_ns, START + 50 * SEC);
	end(&w);
	kept_clear(&old);
	kept_clear(&new);
}

static int set_up(void)
{
	make_frames();
	return 0;
}

int main(void)
{
	CU_TestInfo flows[] = {
		{ "in the order of ids", test_export_in_order_of_ids },
		{ "empty afterwards", test_empty_afterwards },
		{ "through and through", test_through_and_through },
		{ "everything goes on", test_rich_goes_on },
		{ "still waiting for payload", test_waiting_for_payload },
		{ "DPI switched off", test_dpi_switched_off },
		{ "OPEN when given up", test_given_up_opens },
		{ "fragments are lost", test_fragments_are_lost },
		{ "DNS answers", test_answers },
		{ "whose frame", test_whose_frame },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo refused[] = {
		{ "damaged", test_damaged },
		{ "too late, twice, another minute", test_when_it_is_refused },
		{ "full table", test_full_table },
		{ "fewer shards", test_fewer_shards },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "carry flows", .pInitFunc = set_up, .pTests = flows },
		{ .pName = "carry refuses", .pInitFunc = set_up, .pTests = refused },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
