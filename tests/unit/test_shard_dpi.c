/* test_shard_dpi.c - how long a flow that DPI does not recognise holds its DPI state; what carriers
 * are called. */
#include "flow/internal.h"
#include "dpi_samples.h"
#include "shard_world.h"
#include "tap.h"

/* Payload that DPI does not recognise, in the minutes given; after that nothing. */
static void begin_unrecognised(struct world *w, uint64_t minutes)
{
	begin(w, &(struct shard_config){ .with_dpi = true });
	tcp_up(w, 10 * SEC, PACKET_SYN, 1000, 0);
	for (uint64_t m = 0; m < minutes; m++) {
		mark(w, m * MIN);
		tcp_up(w, m * MIN + 20 * SEC, PACKET_ACK, 1001 + (uint32_t)m * 10, 10);
	}
	mark(w, minutes * MIN);
}

/* The mark after a silent minute takes the DPI state of a flow back, right after its OPEN. */
static void test_silent_gives_dpi_back(void)
{
	struct world w;

	begin_unrecognised(&w, 1);
	EQUAL_INT(shard_counters(w.shard)->dpi_silent, 0);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 1);
	EQUAL_INT(count(&w, SLICE_OPEN), 0);
	mark(&w, 2 * MIN);
	EQUAL_INT(shard_counters(w.shard)->dpi_silent, 1);
	EQUAL_INT(count(&w, SLICE_OPEN), 1);
	EQUAL_INT(event(&w, SLICE_OPEN, 0)->verdict, DPI_NONE);
	tcp_up(&w, 150 * SEC, PACKET_ACK, 1011, 10);
	mark(&w, 3 * MIN);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 1);
	EQUAL_INT(event(&w, SLICE_SLICE, 0)->verdict, DPI_NONE);
	EQUAL_INT(event(&w, SLICE_SLICE, 1)->verdict, DPI_PORT);	/* 443 */
	mark(&w, 300 * MIN);
	EQUAL_INT(event(&w, SLICE_CLOSE, 0)->verdict, DPI_PORT);
	EQUAL_INT(shard_counters(w.shard)->dpi_silent, 1);
	end(&w);
}

static void test_talking_keeps_dpi(void)
{
	struct world w;

	begin_unrecognised(&w, 5);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 5);
	EQUAL_INT(count(&w, SLICE_OPEN), 1);
	EQUAL_INT(shard_counters(w.shard)->dpi_silent, 0);
	mark(&w, 6 * MIN);		/* minute 5 was the silent one */
	EQUAL_INT(shard_counters(w.shard)->dpi_silent, 1);
	end(&w);

	begin_unrecognised(&w, 5);
	tcp_up(&w, 6 * MIN - 1, PACKET_ACK, 1001, 0);	/* silent is without any packet */
	mark(&w, 6 * MIN);
	EQUAL_INT(shard_counters(w.shard)->dpi_silent, 0);
	tcp_up(&w, 6 * MIN, PACKET_ACK, 1051, 10);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 6);
	end(&w);
}

/* Who has shown DPI nothing yet holds nothing, and goes on waiting. */
static void test_silent_without_payload(void)
{
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	handshake(&w, 0);
	mark(&w, 60 * MIN);
	EQUAL_INT(shard_counters(w.shard)->dpi_silent, 0);
	tcp_up(&w, 60 * MIN, PACKET_ACK, 1001, 10);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 1);
	end(&w);
}

/* More flows than DPI has states for, each silent after its first packet: the pool comes back. */
static void test_silent_flows_free_the_pool(void)
{
	struct packet p = packet(0, 1, 2, IP_UDP, 10);
	struct world w;

	begin(&w, &(struct shard_config){ .with_dpi = true });
	for (unsigned i = 0; i < 2 * DPI_FLOWS_MAX; i++) {
		if (i == DPI_FLOWS_MAX)
			mark(&w, 2 * MIN);
		p.ts_ns = START + i / DPI_FLOWS_MAX * 2 * MIN;
		p.sport = (uint16_t)(40000 + i % DPI_FLOWS_MAX);
		p.dport = (uint16_t)(9000 + i / DPI_FLOWS_MAX);
		give(&w, p);
	}
	EQUAL_INT(shard_counters(w.shard)->dpi_silent, DPI_FLOWS_MAX);
	EQUAL_INT(shard_counters(w.shard)->dpi_unavailable, 0);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 2 * DPI_FLOWS_MAX);
	EQUAL_INT(w.shard->undecided, DPI_FLOWS_MAX);
	shard_finish(w.shard);
	EQUAL_INT(w.shard->undecided, 0);
	end(&w);
}

/* What CLOSE calls the one flow of w, which ends here. */
static void expect_close(struct world *w, const char *app, enum dpi_source verdict)
{
	char text[2 * DPI_PROTOCOL_MAX];
	const struct slice *e;

	shard_finish(w->shard);
	EQUAL_INT(count(w, SLICE_CLOSE), 1);
	e = event(w, SLICE_CLOSE, 0);
	EQUAL_TEXT(dpi_verdict_text(e->master, e->app, text, sizeof(text)), app);
	EQUAL_INT(e->verdict, verdict);
	end(w);
}

static struct packet carrier(struct packet p, enum packet_tunnel_kind kind)
{
	p.is_carrier = true;
	p.carrier = (uint8_t)kind;
	p.caplen = 0;
	return p;
}

/* Without a byte of it: from what was found within. */
static void test_carriers_are_named(void)
{
	static const struct { enum packet_tunnel_kind kind; const char *app; } all[] = {
		{ PACKET_VXLAN, "VXLAN" }, { PACKET_GTP, "GTP.GTP_U" }, { PACKET_TEREDO, "Teredo" },
		{ PACKET_GRE, "GRE" }, { PACKET_4IN6, "IP_in_IP" }, { PACKET_6IN4, "6in4" },
		{ PACKET_GENEVE, "GENEVE" }, { PACKET_CAPWAP, "CAPWAP" },
	};
	struct world w;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		begin(&w, &(struct shard_config){ .with_dpi = true });
		give(&w, carrier(packet(0, 1, 2, IP_UDP, 100), all[i].kind));
		EQUAL_INT(shard_counters(w.shard)->dpi_packets, 0);
		expect_close(&w, all[i].app, DPI_LIGHT);
	}
	begin(&w, &(struct shard_config){ .with_dpi = false });
	give(&w, carrier(packet(0, 1, 2, IP_UDP, 100), PACKET_VXLAN));
	expect_close(&w, "", DPI_NONE);
}

/* One look-alike does not keep DPI from reading the rest of the flow. */
static void test_carrier_and_others(void)
{
	struct talk t = talk_dns("www.vendor.example");
	struct packet p = talk_packet(&t, false, t.pieces[0].bytes, t.pieces[0].len);
	struct world w;

	p.ts_ns = START;
	begin(&w, &(struct shard_config){ .with_dpi = true });
	give(&w, carrier(p, PACKET_VXLAN));
	give(&w, p);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 1);
	expect_close(&w, "DNS", DPI_DPI);

	p = packet(0, 1, 2, IP_UDP, 100);	/* nothing captured: a guess by port at best */
	begin(&w, &(struct shard_config){ .with_dpi = true });
	give(&w, carrier(p, PACKET_VXLAN));
	give(&w, p);
	EQUAL_INT(shard_counters(w.shard)->dpi_packets, 1);
	expect_close(&w, "VXLAN", DPI_LIGHT);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "given back after a silent minute", test_silent_gives_dpi_back },
		{ "kept while the flow talks", test_talking_keeps_dpi },
		{ "no payload, no state", test_silent_without_payload },
		{ "silent flows free the pool", test_silent_flows_free_the_pool },
		{ "carriers are named", test_carriers_are_named },
		{ "a carrier is looked into all the same", test_carrier_and_others },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "shard dpi", .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
