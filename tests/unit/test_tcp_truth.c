/* test_tcp_truth.c - what is said about TCP connections of which the tap saw only a part, or that
 * did not go as they should. */
#include "shard_world.h"
#include "tap.h"

static const struct shard_counters *finish(struct world *w)
{
	shard_finish(w->shard);
	return shard_counters(w->shard);
}

static void test_half_open(void)
{
	struct world w;
	const struct shard_counters *c;

	begin_plain(&w);
	tcp_up(&w, 0, PACKET_SYN, 1000, 0);
	tcp_up(&w, SEC, PACKET_SYN, 1000, 0);
	tcp_up(&w, 3 * SEC, PACKET_SYN, 1000, 0);
	c = finish(&w);
	EQUAL_INT(c->flows_half_open, 1);
	EQUAL_INT(c->flows_one_sided, 0);
	EQUAL_INT(c->flows_midstream, 0);
	EQUAL_INT(c->flows_refused, 0);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.packets[0], 3);
	end(&w);
	/* Answered: none of these. */
	begin_plain(&w);
	handshake(&w, 0);
	c = finish(&w);
	EQUAL_INT(c->flows_half_open + c->flows_one_sided, 0);
	EQUAL_INT(c->flows_midstream + c->flows_refused, 0);
	end(&w);
}

static void test_refused(void)
{
	struct world w;
	const struct shard_counters *c;

	begin_plain(&w);
	tcp_up(&w, 0, PACKET_SYN, 1000, 0);
	tcp_down(&w, 1, PACKET_RST | PACKET_ACK, 0, 0);
	c = finish(&w);
	EQUAL_INT(c->flows_refused, 1);
	EQUAL_INT(c->flows_half_open, 0);
	EQUAL_INT(c->flows_rst, 1);
	end(&w);
}

/* A tap that has one direction only counts its payload; the other one is not made up. */
static void test_one_sided(void)
{
	struct world w;
	const struct shard_counters *c;
	const struct slice *e;

	begin_plain(&w);
	tcp_up(&w, 0, PACKET_SYN, 1000, 0);
	tcp_up(&w, 1, PACKET_ACK, 1001, 0);
	tcp_up(&w, 2, PACKET_ACK, 1001, 500);
	tcp_up(&w, 3, PACKET_ACK | PACKET_FIN, 1501, 0);
	c = finish(&w);
	EQUAL_INT(c->flows_one_sided, 1);
	EQUAL_INT(c->flows_half_open, 0);
	EQUAL_INT(c->flows_fin, 1);
	e = event(&w, SLICE_CLOSE, 0);
	EQUAL_INT(e->sums.payload[0], 500);
	EQUAL_INT(e->sums.packets[1], 0);
	CU_ASSERT_FALSE(e->is_answered);
	end(&w);
}

/* Who is the client when the handshake was not seen: the ports, whoever speaks first. */
static void test_midstream(void)
{
	struct world w;
	const struct shard_counters *c;

	begin_plain(&w);
	tcp_down(&w, 0, PACKET_ACK, 9000, 1000);
	tcp_up(&w, 1, PACKET_ACK, 5000, 10);
	c = finish(&w);
	EQUAL_INT(c->flows_midstream, 1);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->client_how, FLOW_CLIENT_PORT);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.payload[0], 10);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.payload[1], 1000);
	end(&w);
}

static void test_out_of_order(void)
{
	struct world w;
	const struct shard_counters *c;

	begin_plain(&w);
	handshake(&w, 0);
	tcp_up(&w, 3, PACKET_ACK, 1101, 100);	/* late is not lost */
	tcp_up(&w, 4, PACKET_ACK, 1001, 100);
	tcp_up(&w, 5, PACKET_ACK, 1151, 100);	/* half of it again */
	tcp_up(&w, 6, PACKET_ACK, 1001, 250);	/* all of it */
	tcp_up(&w, 7, PACKET_ACK, 1351, 100);	/* a hundred never come */
	c = finish(&w);
	EQUAL_INT(c->tcp_late_segments, 1);
	EQUAL_INT(c->tcp_retrans_bytes, 50 + 250);
	EQUAL_INT(c->tcp_lost_bytes, 100);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.payload[0], 350);
	end(&w);
}

static void test_zero_window(void)
{
	struct world w;
	struct packet p = reverse(tcp_packet(3, PACKET_ACK, 5001, 0));
	struct packet cut = p;

	begin_plain(&w);
	handshake(&w, 0);
	EQUAL_INT(shard_counters(w.shard)->tcp_zero_windows, 1);	/* handshake()'s ACK */
	p.window = 1;
	give(&w, p);
	EQUAL_INT(shard_counters(w.shard)->tcp_zero_windows, 1);
	p.window = 0;
	give(&w, p);
	EQUAL_INT(shard_counters(w.shard)->tcp_zero_windows, 2);
	p.tcp_flags = PACKET_RST;
	give(&w, p);
	cut.caplen = cut.payload_off - 6;	/* before the window */
	give(&w, cut);
	EQUAL_INT(shard_counters(w.shard)->tcp_zero_windows, 2);
	end(&w);
}

static void go_on(struct world *w, uint64_t at, uint32_t up)
{
	tcp_up(w, at, PACKET_ACK, up, 100);
	tcp_down(w, at + 1, PACKET_ACK, 5001, 0);
}

/* A forged RST, or FINs, that the hosts ignored: the connection is one, over silences too. */
static void test_forged_end(void)
{
	static const uint8_t flags[] = { PACKET_RST, PACKET_FIN | PACKET_ACK };
	struct world w;

	for (unsigned i = 0; i < 2; i++) {
		begin_plain(&w);
		handshake(&w, 0);
		go_on(&w, SEC, 1001);
		tcp_up(&w, 2 * SEC, flags[i], 1101, 0);
		tcp_down(&w, 2 * SEC + 1, flags[i], 5001, 0);
		tcp_up(&w, 3 * SEC, PACKET_ACK, 1101, 100);
		tcp_down(&w, 3 * SEC + 1, PACKET_ACK, 5001, 100);
		mark(&w, 10 * MIN);
		EQUAL_INT(count(&w, SLICE_CLOSE), 0);
		go_on(&w, 11 * MIN, 1201);
		shard_finish(w.shard);
		EQUAL_INT(shard_counters(w.shard)->flows_opened, 1);
		CU_ASSERT_TRUE(shard_counters(w.shard)->tcp_went_on > 0);
		end(&w);
	}
}

/* What was on its way, or is sent again, does not bring a connection back. */
static void test_real_end(void)
{
	struct world w;

	begin_plain(&w);
	handshake(&w, 0);
	tcp_up(&w, 3, PACKET_ACK, 1101, 100);
	tcp_up(&w, 4, PACKET_ACK | PACKET_FIN, 1201, 0);
	tcp_down(&w, 5, PACKET_ACK | PACKET_FIN, 5001, 0);
	tcp_up(&w, 6, PACKET_ACK, 1001, 100);		/* out of order */
	tcp_up(&w, 7, PACKET_ACK, 1101, 100);		/* again */
	tcp_up(&w, 8, PACKET_ACK, 1202, 0);
	mark(&w, MIN);
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	EQUAL_INT(shard_counters(w.shard)->flows_fin, 1);
	EQUAL_INT(shard_counters(w.shard)->tcp_went_on, 0);
	end(&w);
	/* The client's data in flight after the server's RST. */
	begin_plain(&w);
	handshake(&w, 0);
	tcp_down(&w, 3, PACKET_RST, 5001, 0);
	tcp_up(&w, 4, PACKET_ACK, 1001, 100);
	mark(&w, MIN);
	EQUAL_INT(shard_counters(w.shard)->flows_rst, 1);
	EQUAL_INT(shard_counters(w.shard)->tcp_went_on, 0);
	end(&w);
}

/* DHCP's server speaks first to one that it knows. */
static void test_dhcp(void)
{
	struct world w;
	struct packet p = packet(0, 1, 2, IP_UDP, 300);

	begin_plain(&w);
	p.sport = 67;
	p.dport = 68;
	give(&w, p);
	shard_finish(w.shard);
	EQUAL_INT(slice_client_port(event(&w, SLICE_CLOSE, 0)), 68);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->client_how, FLOW_CLIENT_PORT);
	end(&w);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "half open", test_half_open },
		{ "refused", test_refused },
		{ "one direction only", test_one_sided },
		{ "the middle of a connection", test_midstream },
		{ "out of order, overlapping, lost", test_out_of_order },
		{ "a window of zero", test_zero_window },
		{ "a FIN or RST that nobody heeded", test_forged_end },
		{ "an end that is one", test_real_end },
		{ "DHCP's ports", test_dhcp },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "tcp truth", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
