/* test_update.c - one packet counted into its flow: sides, sums, TCP. */
#include "shard_world.h"
#include "tap.h"

/* --- sides --------------------------------------------------------------------------------- */

static void expect_client(const struct world *w, uint8_t client, enum flow_client how)
{
	const struct slice *e = event(w, SLICE_CLOSE, 0);
	struct addr want = host(client);

	CU_ASSERT_TRUE(addr_equal(slice_client(e), &want));
	EQUAL_INT(e->client_how, how);
	EQUAL_INT(e->mac[0][5], client);
}

static void test_client(void)
{
	const struct {
		uint8_t proto, flags;
		uint16_t sport, dport;
		uint8_t client;		/* 1 sends the first packet */
		enum flow_client how;
	} cases[] = {
		{ IP_TCP, PACKET_SYN, 443, 40000, 1, FLOW_CLIENT_SYN },
		{ IP_TCP, PACKET_SYN | PACKET_ACK, 40000, 443, 2, FLOW_CLIENT_SYNACK },
		{ IP_TCP, PACKET_ACK, 40000, 443, 1, FLOW_CLIENT_PORT },
		{ IP_TCP, PACKET_ACK, 443, 40000, 2, FLOW_CLIENT_PORT },
		{ IP_TCP, PACKET_ACK, 443, 8080, 2, FLOW_CLIENT_PORT },
		{ IP_TCP, PACKET_ACK, 8080, 50000, 2, FLOW_CLIENT_PORT },
		{ IP_TCP, PACKET_ACK, 3389, 8080, 1, FLOW_CLIENT_FIRST },
		{ IP_UDP, 0, 53, 5353, 2, FLOW_CLIENT_PORT },
		{ IP_UDP, 0, 123, 123, 1, FLOW_CLIENT_FIRST },
		{ IP_UDP, 0, 50000, 60000, 1, FLOW_CLIENT_FIRST },
		{ IP_ICMP, 0, 8, 0, 1, FLOW_CLIENT_FIRST },
		{ IP_ICMP, 0, 0, 0, 2, FLOW_CLIENT_PORT },
		{ IP_ICMP, 0, 3, 1, 1, FLOW_CLIENT_FIRST },
		{ 50, 0, 0, 0, 1, FLOW_CLIENT_FIRST },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct packet p = packet(0, 1, 2, cases[i / 2].proto, 10);
		struct world w;

		p.tcp_flags = cases[i / 2].flags;
		p.sport = cases[i / 2].sport;
		p.dport = cases[i / 2].dport;
		if (i % 2) {		/* and with the addresses the other way round */
			p.src = host(9);
			p.src_mac[5] = 9;
		}
		begin_plain(&w);
		give(&w, p);
		shard_finish(w.shard);
		expect_client(&w, cases[i / 2].client == 1 && i % 2 ? 9 : cases[i / 2].client,
			      cases[i / 2].how);
		EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.packets[cases[i / 2].client == 2], 1);
		end(&w);
	}
}

static void test_multicast_is_no_client(void)
{
	struct packet p = packet(0, 1, 2, IP_UDP, 10);
	struct world w;

	p.dst = addr_from_ipv4((const uint8_t[]){ 239, 1, 2, 3 });
	p.sport = 500;
	p.dport = 40000;
	begin_plain(&w);
	give(&w, p);
	shard_finish(w.shard);
	expect_client(&w, 1, FLOW_CLIENT_FIRST);
	end(&w);
}

static void test_both_directions_one_flow(void)
{
	struct packet p = packet(0, 1, 2, IP_UDP, 10), echo = packet(0, 1, 2, IP_ICMP, 10);
	struct world w;

	begin_plain(&w);
	echo.sport = 8;
	echo.dport = 0;
	give(&w, p);
	give(&w, reverse(p));
	give(&w, echo);
	echo = reverse(echo);
	echo.sport = 0;			/* echo reply, code 0 */
	echo.dport = 0;
	give(&w, echo);
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 2);
	p.vlans = 1;
	p.vlan[0] = 120;
	give(&w, p);			/* another VLAN, another flow */
	p.tap = 1;
	give(&w, p);			/* another tap */
	EQUAL_INT(shard_counters(w.shard)->flows_opened, 4);
	end(&w);
	for (unsigned n = 1; n < 40; n++) {
		EQUAL_INT(shard_of(&p.src, &p.dst, n), shard_of(&p.dst, &p.src, n));
		CU_ASSERT_TRUE(shard_of(&p.src, &p.dst, n) < n);
	}
}

/* Before anything was said, a SYN that comes late still turns the sides; later not. */
static void test_late_syn(void)
{
	const struct slice *e;
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	tcp_down(&w, 0, PACKET_ACK, 5001, 0);		/* port: 443 is the server, 1 the client */
	give(&w, reverse(tcp_packet(1, PACKET_SYN, 100, 0)));	/* but 2 begins */
	tcp_up(&w, 2, PACKET_SYN | PACKET_ACK, 900, 0);
	shard_finish(w.shard);
	expect_client(&w, 2, FLOW_CLIENT_SYN);
	e = event(&w, SLICE_CLOSE, 0);
	EQUAL_INT(e->sums.packets[0], 2);
	EQUAL_INT(e->sums.packets[1], 1);
	EQUAL_INT(e->tcp_flags[0], PACKET_ACK | PACKET_SYN);
	EQUAL_INT(e->tcp_flags[1], PACKET_SYN | PACKET_ACK);
	end(&w);

	begin(&w, &(struct shard_config){ .with_dpi = true });
	tcp_down(&w, 0, PACKET_ACK, 5001, 0);
	mark(&w, 1 * MIN);
	give(&w, reverse(tcp_packet(1 * MIN, PACKET_SYN, 100, 0)));
	shard_finish(w.shard);
	expect_client(&w, 1, FLOW_CLIENT_PORT);
	end(&w);
}

static void test_simultaneous_open(void)
{
	struct world w;

	begin_plain(&w);
	tcp_up(&w, 0, PACKET_SYN, 100, 0);
	tcp_down(&w, 1, PACKET_SYN, 900, 0);
	tcp_up(&w, 2, PACKET_SYN | PACKET_ACK, 100, 0);
	tcp_down(&w, 3, PACKET_SYN | PACKET_ACK, 900, 0);
	tcp_up(&w, 4, PACKET_ACK, 101, 10);
	tcp_down(&w, 5, PACKET_ACK, 901, 20);
	shard_finish(w.shard);
	expect_client(&w, 1, FLOW_CLIENT_SYN);
	EQUAL_INT(count(&w, SLICE_CLOSE), 1);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.payload[0], 10);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->sums.payload[1], 20);
	EQUAL_INT(shard_counters(w.shard)->tcp_resyncs, 0);
	end(&w);
}

/* A probe's byte is nobody's payload, so there is nothing in it to recognise. */
static void test_keepalive_is_not_shown(void)
{
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	handshake(&w, 0);
	tcp_up(&w, 10, PACKET_ACK, 1000, 1);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 0);
	tcp_up(&w, 11, PACKET_ACK, 1001, 1);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 1);
	end(&w);
}

static void test_tcp_sums(void)
{
	struct world w;
	const struct slice *e;

	begin_plain(&w);
	handshake(&w, 0);
	tcp_up(&w, 10, PACKET_ACK, 1001, 100);
	tcp_up(&w, 11, PACKET_ACK, 1001, 100);		/* again */
	tcp_up(&w, 12, PACKET_ACK, 1100, 1);		/* keep-alive */
	mark(&w, 1 * MIN);
	tcp_up(&w, 1 * MIN, PACKET_ACK, 1001, 100);	/* again, a minute later */
	tcp_up(&w, 1 * MIN, PACKET_ACK, 1201, 100);	/* 100 missing */
	shard_finish(w.shard);
	e = event(&w, SLICE_SLICE, 0);
	EQUAL_INT(e->sums.payload[0], 100);
	EQUAL_INT(e->sums.retrans[0], 100);
	e = event(&w, SLICE_SLICE, 1);
	EQUAL_INT(e->sums.payload[0], 100);
	EQUAL_INT(e->sums.retrans[0], 100);
	EQUAL_INT(e->sums.lost[0], 100);		/* the end: nobody fills it any more */
	EQUAL_INT(e->tcp_flags[0], PACKET_ACK);
	EQUAL_INT(e->tcp_flags[1], 0);
	e = event(&w, SLICE_CLOSE, 0);
	EQUAL_INT(e->sums.payload[0], 200);
	EQUAL_INT(e->sums.retrans[0], 200);
	EQUAL_INT(e->sums.lost[0], 100);
	EQUAL_INT(e->sums.retrans[1], 0);
	EQUAL_INT(shard_counters(w.shard)->tcp_retrans_bytes, 200);
	EQUAL_INT(shard_counters(w.shard)->tcp_lost_bytes, 100);
	end(&w);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "who is the client", test_client },
		{ "multicast is no client", test_multicast_is_no_client },
		{ "both directions are one flow", test_both_directions_one_flow },
		{ "late SYN", test_late_syn },
		{ "simultaneous open", test_simultaneous_open },
		{ "keep-alive is not shown to DPI", test_keepalive_is_not_shown },
		{ "TCP sums", test_tcp_sums },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "update", .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
