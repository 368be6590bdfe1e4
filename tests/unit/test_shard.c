/* test_shard.c - packets and marks in, events out: minutes, ends, reassembly. */
#include "packet_build.h"
#include "shard_world.h"
#include "tap.h"

/* --- minutes ------------------------------------------------------------------------------- */

static void test_slices_per_minute(void)
{
	struct world w;
	const struct slice *e;

	begin_plain(&w);
	udp(&w, 1 * SEC, 100);
	udp(&w, 59 * SEC, 50);
	give(&w, reverse(packet(59 * SEC, 1, 2, IP_UDP, 7)));
	EQUAL_INT(count(&w, SLICE_SLICE), 0);
	mark(&w, 1 * MIN);
	udp(&w, 60 * SEC, 1000);	/* exactly on the boundary: the next minute */
	mark(&w, 2 * MIN);
	mark(&w, 3 * MIN);		/* a silent minute says nothing */
	udp(&w, 200 * SEC, 1);
	shard_finish(w.shard);

	EQUAL_INT(count(&w, SLICE_SLICE), 3);
	e = event(&w, SLICE_SLICE, 0);
	EQUAL_INT(minute(e), 0);
	EQUAL_INT(e->sums.bytes[0], 100 + 50 + 2 * 40);
	EQUAL_INT(e->sums.bytes[1], 47);
	EQUAL_INT(e->sums.payload[0], 150);
	EQUAL_INT(e->sums.payload[1], 7);
	EQUAL_INT(e->sums.packets[0], 2);
	EQUAL_INT(e->sums.packets[1], 1);
	EQUAL_INT(e->first_ns, START + 1 * SEC);
	EQUAL_INT(e->last_ns, START + 59 * SEC);
	CU_ASSERT_TRUE(e->is_answered);
	e = event(&w, SLICE_SLICE, 1);
	EQUAL_INT(minute(e), 1);
	EQUAL_INT(e->sums.payload[0], 1000);
	EQUAL_INT(e->sums.packets[1], 0);
	EQUAL_INT(e->first_ns, START + 60 * SEC);
	EQUAL_INT(minute(event(&w, SLICE_SLICE, 2)), 3);
	e = event(&w, SLICE_CLOSE, 0);
	EQUAL_INT(e->sums.payload[0], 1151);
	EQUAL_INT(e->sums.bytes[0], 1151 + 4 * 40);
	EQUAL_INT(e->sums.packets[0], 4);
	EQUAL_INT(e->first_ns, START + 1 * SEC);
	EQUAL_INT(e->last_ns, START + 200 * SEC);
	EQUAL_INT(e->end, FLOW_END_INPUT);
	end(&w);
}

/* A reader that forgets marks, or jumps, changes nothing. */
static void try_marks_jump(const struct shard_config *cfg)
{
	struct world each, jump, none;

	begin(&each, cfg);
	begin(&jump, cfg);
	begin(&none, cfg);
	for (uint64_t m = 0; m <= 400; m++) {
		mark(&each, m * MIN);
		if (m == 0 || m == 2 || m == 300 || m == 400)
			mark(&jump, m * MIN);
		if (m != 0 && m != 2 && m != 300)
			continue;
		for (struct world **w = (struct world *[]){ &each, &jump, &none, NULL }; *w; w++) {
			udp(*w, m * MIN + 30 * SEC, 10);
			tcp_up(*w, m * MIN + 31 * SEC, PACKET_SYN, 100, 0);
			give(*w, packet(m * MIN + 32 * SEC, 7, 8, IP_ICMP, 10));
			tcp_down(*w, m * MIN + 33 * SEC, PACKET_RST, 0, 0);
		}
	}
	mark(&none, 400 * MIN);
	EQUAL_INT(each.n, jump.n);
	EQUAL_INT(each.n, none.n);
	CU_ASSERT_TRUE(count(&each, SLICE_CLOSE) >= 7);
	for (size_t i = 0; i < each.n; i++) {
		CU_ASSERT_FALSE(memcmp(&each.events[i], &jump.events[i], sizeof(struct slice)));
		CU_ASSERT_FALSE(memcmp(&each.events[i], &none.events[i], sizeof(struct slice)));
	}
	EQUAL_INT(shard_counters(each.shard)->flows_input, 0);
	EQUAL_INT(shard_counters(each.shard)->dpi_silent, shard_counters(jump.shard)->dpi_silent);
	EQUAL_INT(shard_counters(each.shard)->dpi_silent, shard_counters(none.shard)->dpi_silent);
	EQUAL_INT(!shard_counters(each.shard)->dpi_silent, !cfg->with_dpi);
	end(&each);
	end(&jump);
	end(&none);
}

static void test_marks_jump(void)
{
	try_marks_jump(&(struct shard_config){ .max_flows = 100 });
	try_marks_jump(&(struct shard_config){ .max_flows = 100, .with_dpi = true });
}

static void test_late_packets(void)
{
	struct world w;

	begin_plain(&w);
	mark(&w, 5 * MIN);
	udp(&w, 4 * MIN, 10);			/* before the mark: counted at it */
	udp(&w, 5 * MIN + 20 * SEC, 10);
	udp(&w, 5 * MIN + 10 * SEC, 10);	/* before the newest packet */
	mark(&w, 6 * MIN);
	EQUAL_INT(shard_counters(w.shard)->late_packets, 2);
	EQUAL_INT(count(&w, SLICE_SLICE), 1);
	EQUAL_INT(minute(event(&w, SLICE_SLICE, 0)), 5);
	EQUAL_INT(event(&w, SLICE_SLICE, 0)->sums.packets[0], 3);
	EQUAL_INT(event(&w, SLICE_SLICE, 0)->last_ns, START + 5 * MIN + 20 * SEC);
	mark(&w, 6 * MIN);			/* again, and backwards: nothing */
	mark(&w, 3 * MIN);
	EQUAL_INT(count(&w, SLICE_SLICE), 1);
	end(&w);
}

/* Stamps at both ends of what 64 bits hold. */
static void test_extreme_stamps(void)
{
	struct world w;
	struct packet p = packet(0, 1, 2, IP_UDP, 10);

	begin_plain(&w);
	p.ts_ns = 0;
	shard_packet(w.shard, &p, PACKET_OK);
	p.ts_ns = UINT64_MAX;
	shard_packet(w.shard, &p, PACKET_OK);
	p.ts_ns = UINT64_MAX - 1;
	shard_packet(w.shard, &p, PACKET_OK);
	shard_mark(w.shard, UINT64_MAX);
	shard_finish(w.shard);
	EQUAL_INT(count(&w, SLICE_CLOSE), 2);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->minute_ns, 2 * MIN);
	EQUAL_INT(event(&w, SLICE_CLOSE, 1)->sums.packets[0], 2);
	end(&w);
}

/* --- OPEN, SLICE, CLOSE ---------------------------------------------------------------------- */

/* Without DPI there is nothing to wait for. */
static void test_open_without_dpi(void)
{
	struct world w;
	const struct slice *e;

	begin_plain(&w);
	udp(&w, 10 * SEC, 10);
	EQUAL_INT(w.n, 1);
	e = event(&w, SLICE_OPEN, 0);
	EQUAL_INT(minute(e), 0);
	EQUAL_INT(e->verdict, DPI_NONE);
	EQUAL_INT(e->sums.packets[0], 0);
	CU_ASSERT_PTR_NULL(e->name);
	mark(&w, 10 * MIN);
	EQUAL_INT(w.n, 3);
	EQUAL_INT(w.events[1].kind, SLICE_SLICE);
	EQUAL_INT(w.events[2].kind, SLICE_CLOSE);
	EQUAL_INT(count(&w, SLICE_OPEN), 1);
	end(&w);
}

static void test_dpi_verdict(void)
{
	static const uint8_t query[] = {	/* DNS: A www.museum.example */
		0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'w', 'w', 'w', 6, 'm', 'u', 's', 'e',
		'u', 'm', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1,
	};
	struct build b = { 0 };
	struct frame frame;
	struct packet p;
	struct world w;

	put_ethernet(&b, 0x0800);
	put_ipv4(&b, IP_UDP, 20 + 8 + sizeof(query));
	put_udp(&b, 8 + sizeof(query));
	for (size_t i = 0; i < sizeof(query); i++)
		put8(&b, query[i]);
	frame = (struct frame){ .ts_ns = START, .bytes = b.bytes, .caplen = b.len, .wirelen = b.len,
				.link = 1 };
	EQUAL_INT(packet_decode(&frame, &p), PACKET_OK);

	begin(&w, &(struct shard_config){ .with_dpi = true });
	shard_packet(w.shard, &p, PACKET_OK);
	mark(&w, 10 * MIN);
	EQUAL_INT(count(&w, SLICE_OPEN), 1);
	EQUAL_INT(event(&w, SLICE_OPEN, 0)->verdict, DPI_DPI);
	EQUAL_TEXT(event(&w, SLICE_OPEN, 0)->name, "www.museum.example");
	EQUAL_TEXT(event(&w, SLICE_CLOSE, 0)->name, "www.museum.example");
	EQUAL_TEXT(dpi_protocol_name(dpi_carrier(event(&w, SLICE_CLOSE, 0)->master,
						 event(&w, SLICE_CLOSE, 0)->app)), "DNS");
	EQUAL_INT(minute(event(&w, SLICE_CLOSE, 0)), 2);
	CU_ASSERT_TRUE(shard_counters(w.shard)->dpi_packets >= 1);
	end(&w);
}

/* A connection that says nothing gives DPI nothing: OPEN at the second boundary. */
static void test_open_at_second_boundary(void)
{
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	tcp_up(&w, 30 * SEC, PACKET_SYN, 100, 0);
	tcp_down(&w, 31 * SEC, PACKET_SYN | PACKET_ACK, 500, 0);
	mark(&w, 1 * MIN);
	EQUAL_INT(count(&w, SLICE_OPEN), 0);
	EQUAL_INT(count(&w, SLICE_SLICE), 1);
	mark(&w, 2 * MIN);
	EQUAL_INT(count(&w, SLICE_OPEN), 1);
	EQUAL_INT(minute(event(&w, SLICE_OPEN, 0)), 1);
	EQUAL_INT(event(&w, SLICE_OPEN, 0)->verdict, DPI_NONE);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 0);
	mark(&w, 5 * MIN);
	EQUAL_INT(count(&w, SLICE_OPEN), 1);
	end(&w);
}

static void test_open_before_close(void)
{
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	tcp_up(&w, 30 * SEC, PACKET_SYN, 100, 0);
	tcp_down(&w, 31 * SEC, PACKET_RST | PACKET_ACK, 0, 0);
	mark(&w, 1 * MIN);
	EQUAL_INT(w.n, 3);
	EQUAL_INT(w.events[0].kind, SLICE_SLICE);
	EQUAL_INT(w.events[1].kind, SLICE_OPEN);
	EQUAL_INT(w.events[2].kind, SLICE_CLOSE);
	for (size_t i = 0; i < w.n; i++)
		EQUAL_INT(minute(&w.events[i]), 0);
	EQUAL_INT(w.events[2].end, FLOW_END_RST);
	end(&w);
}

/* --- ends ---------------------------------------------------------------------------------- */

/* One packet of each kind, and the boundary at which silence ends it. */
static void test_idle(void)
{
	const struct {
		uint8_t proto, flags;
		uint32_t len;
		int64_t minute;		/* of CLOSE; the packet comes at 0:30 */
	} cases[] = {
		{ IP_UDP, 0, 10, 3 },
		{ IP_SCTP, 0, 10, 3 },
		{ IP_ICMP, 0, 10, 1 },
		{ 47, 0, 10, 1 },
		{ IP_TCP, PACKET_SYN, 0, 1 },
		{ IP_TCP, PACKET_ACK, 0, 1 },
		{ IP_TCP, PACKET_ACK, 10, 130 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;
		struct packet p = packet(30 * SEC, 1, 2, cases[i].proto, cases[i].len);

		p.tcp_flags = cases[i].flags;
		begin_plain(&w);
		give(&w, p);
		mark(&w, cases[i].minute * MIN);
		EQUAL_INT(count(&w, SLICE_CLOSE), 0);
		mark(&w, (cases[i].minute + 1) * MIN);
		EQUAL_INT(count(&w, SLICE_CLOSE), 1);
		EQUAL_INT(minute(event(&w, SLICE_CLOSE, 0)), cases[i].minute);
		EQUAL_INT(event(&w, SLICE_CLOSE, 0)->end, FLOW_END_IDLE);
		EQUAL_INT(shard_counters(w.shard)->flows_idle, 1);
		end(&w);
	}
}

static void test_fin(void)
{
	struct world w;
	const struct slice *e;

	begin_plain(&w);
	handshake(&w, 0);
	tcp_up(&w, 1 * SEC, PACKET_ACK, 1001, 300);
	tcp_up(&w, 2 * SEC, PACKET_FIN | PACKET_ACK, 1301, 0);
	tcp_down(&w, 3 * SEC, PACKET_FIN | PACKET_ACK, 5001, 0);
	tcp_up(&w, 58 * SEC, PACKET_ACK, 1302, 0);	/* 2 s before the boundary: not quiet yet */
	mark(&w, 1 * MIN);
	EQUAL_INT(count(&w, SLICE_CLOSE), 0);
	mark(&w, 2 * MIN);
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	e = event(&w, SLICE_CLOSE, 0);
	EQUAL_INT(e->end, FLOW_END_FIN);
	EQUAL_INT(minute(e), 1);
	EQUAL_INT(e->sums.payload[0], 300);
	EQUAL_INT(e->sums.lost[0] + e->sums.lost[1], 0);
	EQUAL_INT(e->tcp_flags[0], PACKET_SYN | PACKET_ACK | PACKET_FIN);
	EQUAL_INT(e->client_how, FLOW_CLIENT_SYN);
	EQUAL_INT(shard_counters(w.shard)->flows_fin, 1);
	end(&w);
}

/* One side has finished and the other goes on for hours. */
static void test_half_close(void)
{
	struct world w;

	begin_plain(&w);
	handshake(&w, 0);
	tcp_down(&w, 1 * SEC, PACKET_FIN | PACKET_ACK, 5001, 0);
	for (uint64_t m = 1; m < 300; m += 60) {
		mark(&w, m * MIN);
		tcp_up(&w, m * MIN, PACKET_ACK, 1001 + (uint32_t)m / 60 * 10, 10);
	}
	mark(&w, 300 * MIN);
	EQUAL_INT(count(&w, SLICE_CLOSE), 0);
	tcp_up(&w, 300 * MIN, PACKET_FIN | PACKET_ACK, 1051, 0);
	mark(&w, 301 * MIN);
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->end, FLOW_END_FIN);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.payload[0], 50);
	end(&w);
}

static void test_reset(void)
{
	struct world w;

	begin_plain(&w);
	handshake(&w, 0);
	tcp_down(&w, 1 * SEC, PACKET_RST, 5001, 0);
	mark(&w, 1 * MIN);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->end, FLOW_END_RST);
	EQUAL_INT(shard_counters(w.shard)->flows_rst, 1);
	end(&w);
}

/* FIN from the only side a tap can see. */
static void test_one_sided_fin(void)
{
	struct world w;

	begin_plain(&w);
	tcp_up(&w, 0, PACKET_SYN, 1000, 0);
	tcp_up(&w, 1, PACKET_ACK, 1001, 10);
	tcp_up(&w, 2, PACKET_FIN | PACKET_ACK, 1011, 0);
	mark(&w, 1 * MIN);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->end, FLOW_END_FIN);
	CU_ASSERT_FALSE(event(&w, SLICE_CLOSE, 0)->is_answered);
	end(&w);
}

static void test_syn_on_ended_flow(void)
{
	struct world w;

	begin_plain(&w);
	tcp_up(&w, 0, PACKET_SYN, 1000, 0);
	tcp_down(&w, 1, PACKET_RST | PACKET_ACK, 0, 0);
	tcp_up(&w, 2, PACKET_SYN, 1000, 0);		/* the same SYN again: the same attempt */
	EQUAL_INT(count(&w, SLICE_CLOSE), 0);
	tcp_down(&w, 3, PACKET_RST | PACKET_ACK, 0, 0);
	tcp_up(&w, 4, PACKET_SYN, 2000, 0);		/* another one */
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	tcp_down(&w, 5, PACKET_SYN | PACKET_ACK, 7000, 0);
	tcp_up(&w, 6, PACKET_ACK, 2001, 100);
	shard_finish(w.shard);
	EQUAL_INT(count(&w, SLICE_CLOSE), 2);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->end, FLOW_END_RST);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.packets[0], 2);
	EQUAL_INT(event(&w, SLICE_CLOSE, 1)->id.first_ns, START + 4);
	EQUAL_INT(event(&w, SLICE_CLOSE, 1)->sums.payload[0], 100);
	EQUAL_INT(event(&w, SLICE_CLOSE, 1)->sums.lost[0], 0);
	EQUAL_INT(event(&w, SLICE_CLOSE, 1)->end, FLOW_END_INPUT);
	end(&w);
}

/* The answer to an attempt that was given up is no new connection. */
static void test_late_synack(void)
{
	struct world w;

	begin_plain(&w);
	tcp_up(&w, 0, PACKET_SYN, 1000, 0);
	tcp_up(&w, 1, PACKET_RST, 1001, 0);
	tcp_down(&w, 2, PACKET_SYN | PACKET_ACK, 7000, 0);
	EQUAL_INT(count(&w, SLICE_CLOSE), 0);
	shard_finish(w.shard);
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.packets[1], 1);
	end(&w);
}

/* Within a tick the lists are not in the order of last packets; expiry is exact all the same. */
static void test_expiry_within_a_tick(void)
{
	const uint64_t step = 100 * NS_PER_MS;
	uint64_t at = MIN;
	struct world w;

	while ((START + at - 2 * step) >> 30 != (START + at + step) >> 30)
		at += MIN;
	begin_plain(&w);
	give(&w, packet(at - 2 * step, 1, 2, IP_UDP, 10));
	give(&w, packet(at - step, 3, 4, IP_UDP, 10));
	mark(&w, at);
	give(&w, packet(at + step, 1, 2, IP_UDP, 10));
	mark(&w, at + 3 * MIN);
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.packets[0], 1);
	mark(&w, at + 4 * MIN);
	EQUAL_INT(count(&w, SLICE_CLOSE), 2);
	end(&w);
}

/* A capture whose stamps are all equal: flow ids stay unique. */
static void test_no_two_flows_in_one_nanosecond(void)
{
	struct world w;

	begin_plain(&w);
	for (uint32_t i = 0; i < 5; i++) {
		tcp_up(&w, 0, PACKET_SYN, 1000 * i, 0);
		tcp_down(&w, 0, PACKET_RST, 0, 0);
	}
	shard_finish(w.shard);
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.packets[0], 5);
	end(&w);
}

static void test_eviction(void)
{
	struct world w;

	begin(&w, &(struct shard_config){ .max_flows = 3 });
	for (uint8_t n = 1; n <= 3; n++)
		give(&w, packet(n * 2 * SEC, n, 100, IP_UDP, n));
	give(&w, packet(10 * SEC, 1, 100, IP_UDP, 1));	/* so 2 is idle longest */
	give(&w, packet(12 * SEC, 4, 100, IP_UDP, 4));
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->end, FLOW_END_EVICTED);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.payload[0], 2);
	EQUAL_INT(event(&w, SLICE_SLICE, 0)->sums.payload[0], 2);	/* nothing is forgotten */
	give(&w, packet(14 * SEC, 5, 100, IP_UDP, 5));
	EQUAL_INT(event(&w, SLICE_CLOSE, 1)->sums.payload[0], 3);
	EQUAL_INT(shard_counters(w.shard)->flows_evicted, 2);
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 5);
	end(&w);
}

/* --- fragments ------------------------------------------------------------------------------- */

/* One fragment of a datagram of two; the second completes it. */
static void give_fragment(struct world *w, uint64_t at, unsigned proto, bool is_second)
{
	struct build b = { 0 };
	struct frame frame;
	struct packet p;

	put_ethernet(&b, 0x0800);
	put_ipv4_options(&b, proto, 20 + 32, is_second ? 4 : 0x2000, 0);
	if (is_second) {
		put_fill(&b, 0x55, 32);
	} else {
		put16(&b, 40000);
		put16(&b, 9999);
		put16(&b, 64);
		put16(&b, 0);
		put_fill(&b, 0, 24);	/* as TCP: data offset 0, malformed */
	}
	frame = (struct frame){ .ts_ns = START + at, .bytes = b.bytes, .caplen = b.len,
				.wirelen = b.len, .link = 1 };
	EQUAL_INT(packet_decode(&frame, &p), PACKET_FRAGMENT);
	shard_packet(w->shard, &p, PACKET_FRAGMENT);
}

static void test_fragments(void)
{
	const struct shard_counters *c;
	struct world w;

	begin_plain(&w);
	give_fragment(&w, 0, IP_UDP, false);
	EQUAL_INT(shard_counters(w.shard)->fragments_held, 1);
	EQUAL_INT(w.n, 0);
	give_fragment(&w, 1 * SEC, IP_UDP, true);
	c = shard_counters(w.shard);
	EQUAL_INT(c->fragments, 2);
	EQUAL_INT(c->fragments_merged, 2);
	EQUAL_INT(c->datagrams, 1);
	EQUAL_INT(c->flow_packets, 2);
	give_fragment(&w, 2 * SEC, IP_TCP, false);	/* a transport header that is none */
	give_fragment(&w, 3 * SEC, IP_TCP, true);
	give_fragment(&w, 4 * SEC, IP_UDP, true);	/* never completed */
	mark(&w, 2 * MIN);
	c = shard_counters(w.shard);
	EQUAL_INT(c->bad_reassembled, 2);
	EQUAL_INT(c->fragments_timeout, 1);
	EQUAL_INT(c->fragments_held, 0);
	EQUAL_INT(c->packets, c->flow_packets + c->bad_reassembled + c->fragments_timeout);
	EQUAL_INT(count(&w, SLICE_SLICE), 1);
	EQUAL_INT(event(&w, SLICE_SLICE, 0)->sums.packets[0], 2);
	EQUAL_INT(event(&w, SLICE_SLICE, 0)->sums.bytes[0], 2 * 52);
	EQUAL_INT(event(&w, SLICE_SLICE, 0)->sums.payload[0], 56);
	EQUAL_INT(event(&w, SLICE_SLICE, 0)->first_ns, START + 1 * SEC);
	end(&w);
}

/* Flows in the table when it is thrown away, with and without DPI state. */
static void test_free_without_finish(void)
{
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	udp(&w, 0, 10);
	handshake(&w, 1);
	tcp_up(&w, 10, PACKET_ACK, 1001, 5);
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 2);
	end(&w);
	shard_free(NULL);
}

int main(void)
{
	CU_TestInfo minutes[] = {
		{ "a slice for each minute", test_slices_per_minute },
		{ "marks may jump or be missing", test_marks_jump },
		{ "late packets", test_late_packets },
		{ "extreme stamps", test_extreme_stamps },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo events[] = {
		{ "OPEN at once without DPI", test_open_without_dpi },
		{ "OPEN with the verdict", test_dpi_verdict },
		{ "OPEN at the second boundary", test_open_at_second_boundary },
		{ "OPEN before CLOSE", test_open_before_close },
		{ "fragments", test_fragments },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo ends[] = {
		{ "idle", test_idle },
		{ "FIN", test_fin },
		{ "half close", test_half_close },
		{ "RST", test_reset },
		{ "FIN of the only side heard", test_one_sided_fin },
		{ "SYN on an ended flow", test_syn_on_ended_flow },
		{ "late SYN-ACK", test_late_synack },
		{ "expiry within a tick", test_expiry_within_a_tick },
		{ "one flow a nanosecond", test_no_two_flows_in_one_nanosecond },
		{ "eviction", test_eviction },
		{ "freed without an end", test_free_without_finish },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "shard minutes", .pTests = minutes },
		{ .pName = "shard events", .pTests = events },
		{ .pName = "shard ends", .pTests = ends },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
