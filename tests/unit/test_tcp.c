/* test_tcp.c - payload counted once: order, loss, repetition, wrap-around, jumps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "flow/tcp.h"
#include "packet/packet.h"
#include "tap.h"

/* One direction and everything it has counted. */
struct run {
	struct tcp_side side;
	struct tcp_holes holes;
	bool has_holes;
	uint64_t payload, retrans, lost;
	unsigned keepalives, resyncs;
};

static void send(struct run *r, uint32_t seq, uint32_t len, uint8_t flags)
{
	const struct tcp_segment seg = { seq, len, flags };
	struct tcp_counts c;

	if (tcp_needs_holes(&r->side, &seg))
		r->has_holes = true;
	c = tcp_count(&r->side, r->has_holes ? &r->holes : NULL, &seg);
	r->payload += c.payload;
	r->retrans += c.retrans;
	r->lost += c.lost;
	r->keepalives += c.is_keepalive;
	r->resyncs += c.is_resync;
}

static void expect(const struct run *r, uint64_t payload, uint64_t retrans, uint64_t lost)
{
	EQUAL_INT(r->payload, payload);
	EQUAL_INT(r->retrans, retrans);
	EQUAL_INT(r->lost + tcp_missing(&r->holes), lost);
}

static void test_in_order(void)
{
	struct run r = { 0 };

	send(&r, 1000, 0, PACKET_SYN);
	send(&r, 1001, 0, PACKET_ACK);
	send(&r, 1001, 500, PACKET_ACK);
	send(&r, 1501, 0, PACKET_ACK);
	send(&r, 1501, 1460, PACKET_ACK | PACKET_PSH);
	send(&r, 2961, 0, PACKET_FIN | PACKET_ACK);
	send(&r, 2962, 0, PACKET_ACK);
	expect(&r, 1960, 0, 0);
	EQUAL_INT(r.side.next, 2962);
	CU_ASSERT_FALSE(r.has_holes);
	EQUAL_INT(r.resyncs, 0);
}

static void test_retransmission(void)
{
	struct run r = { 0 };

	send(&r, 1000, 0, PACKET_SYN);
	send(&r, 1000, 0, PACKET_SYN);			/* SYN again */
	send(&r, 1001, 100, PACKET_ACK);
	send(&r, 1001, 100, PACKET_ACK);		/* whole */
	send(&r, 1051, 100, PACKET_ACK);		/* half old, half new */
	send(&r, 1001, 300, PACKET_ACK);		/* repacked, longer */
	send(&r, 1000, 0, PACKET_SYN);			/* a very late SYN */
	send(&r, 1301, 0, PACKET_FIN);
	send(&r, 1201, 100, PACKET_FIN);		/* FIN again, with data */
	expect(&r, 300, 100 + 50 + 150 + 100, 0);
	EQUAL_INT(r.side.next, 1302);
	EQUAL_INT(r.resyncs, 0);
}

static void test_out_of_order(void)
{
	struct run r = { 0 };

	send(&r, 0, 100, PACKET_ACK);
	send(&r, 200, 100, PACKET_ACK);
	send(&r, 300, 100, PACKET_ACK);
	EQUAL_INT(tcp_missing(&r.holes), 100);
	send(&r, 100, 100, PACKET_ACK);
	expect(&r, 400, 0, 0);
	send(&r, 100, 100, PACKET_ACK);			/* filled already: again */
	expect(&r, 400, 100, 0);
}

static void test_hole_partly_filled(void)
{
	struct run r = { 0 };

	send(&r, 0, 100, PACKET_ACK);
	send(&r, 1100, 100, PACKET_ACK);		/* hole 100..1100 */
	send(&r, 50, 100, PACKET_ACK);			/* its beginning: 50 old, 50 new */
	send(&r, 1050, 100, PACKET_ACK);		/* its end: 50 new, 50 old */
	send(&r, 500, 100, PACKET_ACK);			/* its middle: two holes now */
	EQUAL_INT(r.holes.n, 2);
	expect(&r, 200 + 50 + 50 + 100, 100, 350 + 450);
	send(&r, 100, 1100, PACKET_ACK);		/* over both holes and all between */
	expect(&r, 1200, 100 + 50 + 100 + 150, 0);
	EQUAL_INT(r.holes.n, 0);
}

static void test_lost(void)
{
	struct run r = { 0 };

	send(&r, 0, 10, PACKET_ACK);
	send(&r, 30, 10, PACKET_ACK);
	send(&r, 100, 0, PACKET_FIN | PACKET_ACK);	/* the FIN itself shows what is missing */
	expect(&r, 20, 0, 20 + 60);
}

static void test_fifth_hole_costs_the_oldest(void)
{
	struct run r = { 0 };

	for (uint32_t i = 0; i < 6; i++)
		send(&r, i * 20, 10, PACKET_ACK);	/* five gaps of 10 */
	EQUAL_INT(r.holes.n, TCP_HOLES);
	EQUAL_INT(r.lost, 10);
	send(&r, 10, 10, PACKET_ACK);			/* the one given up */
	expect(&r, 60, 10, 50);
	send(&r, 30, 10, PACKET_ACK);
	expect(&r, 70, 10, 40);
}

static void test_split_of_a_full_table(void)
{
	struct run r = { 0 };

	send(&r, 0, 10, PACKET_ACK);
	for (uint32_t i = 1; i <= 4; i++)
		send(&r, i * 100, 10, PACKET_ACK);	/* holes 10, 110, 210, 310 .. each 90 */
	send(&r, 230, 10, PACKET_ACK);			/* splits the third: the first (90) goes */
	EQUAL_INT(r.holes.n, TCP_HOLES);
	EQUAL_INT(r.lost, 90);
	send(&r, 150, 10, PACKET_ACK);	/* splits the oldest: its left part goes */
	EQUAL_INT(r.holes.n, TCP_HOLES);
	EQUAL_INT(r.lost, 90 + 40);
	send(&r, 0, 410, PACKET_ACK);
	expect(&r, 410 - 130, 70 + 130, 130);	/* 70 were there; what was given up looks old */
	EQUAL_INT(r.holes.n, 0);
}

static void test_wrap_beyond_4_gib(void)
{
	struct run r = { 0 };
	const uint32_t len = 61440;
	uint32_t seq = 0xfffff000;
	uint64_t want = 0;

	send(&r, seq, 0, PACKET_SYN);
	for (seq++; want < 9ULL << 30; seq += len, want += len)
		send(&r, seq, len, PACKET_ACK);
	expect(&r, want, 0, 0);
	send(&r, seq - len, len, PACKET_ACK);
	expect(&r, want, len, 0);
	EQUAL_INT(r.resyncs, 0);
}

static void test_hole_across_the_wrap(void)
{
	struct run r = { 0 };

	send(&r, 0xffffff00, 0x80, PACKET_ACK);		/* to 0xffffff80 */
	send(&r, 0x80, 0x80, PACKET_ACK);		/* hole 0xffffff80 .. 0x80 */
	expect(&r, 0x100, 0, 0x100);
	send(&r, 0xffffffc0, 0x80, PACKET_ACK);		/* its middle, across zero */
	expect(&r, 0x180, 0, 0x80);
	send(&r, 0xffffff80, 0x100, PACKET_ACK);
	expect(&r, 0x200, 0x80, 0);
}

static void test_keepalive(void)
{
	struct run r = { 0 };

	send(&r, 5000, 0, PACKET_SYN);
	send(&r, 5001, 1000, PACKET_ACK);
	send(&r, 6000, 0, PACKET_ACK);			/* without and with the garbage byte */
	send(&r, 6000, 1, PACKET_ACK);
	send(&r, 6000, 1, PACKET_ACK);
	send(&r, 6001, 10, PACKET_ACK);
	expect(&r, 1010, 0, 0);
	EQUAL_INT(r.keepalives, 2);
}

static void test_mid_stream(void)
{
	struct run data = { 0 }, bare = { 0 }, probe = { 0 };

	send(&data, 777777, 100, PACKET_ACK);		/* payload first */
	send(&data, 777877, 100, PACKET_ACK);
	expect(&data, 200, 0, 0);

	send(&bare, 1000, 0, PACKET_ACK);		/* an acknowledgement first */
	send(&bare, 1100, 50, PACKET_ACK);		/* so 100 bytes were missed */
	expect(&bare, 50, 0, 100);

	send(&probe, 999, 0, PACKET_ACK);		/* a keep-alive probe first */
	send(&probe, 999, 0, PACKET_ACK);
	send(&probe, 1000, 50, PACKET_ACK);
	expect(&probe, 50, 0, 0);
}

static void test_syn_with_data(void)
{
	struct run r = { 0 };

	send(&r, 100, 20, PACKET_SYN);			/* RFC 7413 */
	send(&r, 100, 20, PACKET_SYN);
	send(&r, 121, 10, PACKET_ACK);
	expect(&r, 30, 20, 0);
	EQUAL_INT(r.resyncs, 0);
}

static void test_reset(void)
{
	struct run r = { 0 };

	send(&r, 100, 0, PACKET_SYN);
	send(&r, 101, 10, PACKET_ACK);
	send(&r, 3000000000U, 0, PACKET_RST);		/* a made-up number changes nothing */
	send(&r, 111, 10, PACKET_ACK);
	expect(&r, 20, 0, 0);
	send(&r, 121, 7, PACKET_RST);			/* RFC 1122 4.2.2.12: it may carry text */
	expect(&r, 27, 0, 0);
	EQUAL_INT(r.resyncs, 0);
}

static void test_jump(void)
{
	struct run r = { 0 };
	const uint32_t ahead = 5000 + TCP_JUMP + 1, behind = ahead - TCP_JUMP - 5000;

	send(&r, 0, 5000, PACKET_ACK);
	send(&r, 6000, 1000, PACKET_ACK);		/* hole of 1000 */
	send(&r, 7000 + TCP_JUMP, 100, PACKET_ACK);	/* just near enough: a hole of 1 GiB */
	EQUAL_INT(r.resyncs, 0);
	memset(&r, 0, sizeof(r));
	send(&r, 0, 5000, PACKET_ACK);
	send(&r, ahead, 100, PACKET_ACK);		/* too far: no hole */
	EQUAL_INT(r.resyncs, 1);
	expect(&r, 5100, 0, 0);
	send(&r, ahead + 200, 100, PACKET_ACK);		/* hole of 100, lost when it jumps back */
	send(&r, behind, 100, PACKET_ACK);
	EQUAL_INT(r.resyncs, 2);
	expect(&r, 5300, 0, 100);
	send(&r, behind + 100, 100, PACKET_ACK);
	expect(&r, 5400, 0, 100);
}

static void test_hole_falls_behind(void)
{
	struct run r = { 0 };
	uint32_t seq = 200;
	uint64_t sent = 100;

	send(&r, 0, 100, PACKET_ACK);
	for (; sent < 3ULL << 30; seq += 61440, sent += 61440)
		send(&r, seq, 61440, PACKET_ACK);
	EQUAL_INT(r.lost, 100);
	EQUAL_INT(r.holes.n, 0);
	expect(&r, sent, 0, 100);
	EQUAL_INT(r.resyncs, 0);
}

static void test_port_used_again(void)
{
	struct run r = { 0 };

	send(&r, 1000000, 0, PACKET_SYN);
	send(&r, 1000001, 500, PACKET_ACK);
	send(&r, 900000, 0, PACKET_SYN);		/* restarted, with a lower number */
	send(&r, 900001, 500, PACKET_ACK);
	send(&r, 900501, 200000, PACKET_ACK);		/* over the old numbers: new all the same */
	expect(&r, 201000, 0, 0);
	EQUAL_INT(r.resyncs, 1);
}

/* Somebody else's SYN must not make the rest of an upload look like repetition. */
static void test_forged_syn(void)
{
	struct run r = { 0 };

	send(&r, 1000000, 0, PACKET_SYN);
	send(&r, 1000001, 500, PACKET_ACK);
	send(&r, 500000000, 0, PACKET_SYN);
	for (uint32_t i = 0; i < 100; i++)
		send(&r, 1000501 + i * 1000, 1000, PACKET_ACK);
	expect(&r, 100500, 0, 0);
	EQUAL_INT(r.resyncs, 2);
}

/* Without memory for the record of holes a gap is lost at once, and nothing else changes. */
static void test_without_memory(void)
{
	struct tcp_side side = { 0 };
	const struct tcp_segment segs[] = {
		{ 0, 100, 0 }, { 150, 100, 0 }, { 100, 50, 0 }, { 250, 10, 0 },
	};
	uint64_t payload = 0, retrans = 0, lost = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct tcp_counts c = tcp_count(&side, NULL, &segs[i]);

		payload += c.payload;
		retrans += c.retrans;
		lost += c.lost;
	}
	EQUAL_INT(payload, 210);
	EQUAL_INT(retrans, 50);
	EQUAL_INT(lost, 50);
}

/* Segments of a stream, shuffled within four places (so at most four holes) and some sent twice:
 * every byte counts exactly once. */
static void test_shuffled(void)
{
	enum { N = 4000 };
	struct run r = { 0 };
	uint64_t repeated = 0;
	uint32_t order[N];

	srand((unsigned)test_seed(20260117));
	for (uint32_t i = 0; i < N; i++)
		order[i] = i;
	for (uint32_t i = 1; i + 4 < N; i += 4) {
		uint32_t j = i + (uint32_t)rand() % 4, swap = order[i];

		order[i] = order[j];
		order[j] = swap;
	}
	send(&r, 0xfff00000, 0, PACKET_SYN);
	for (uint32_t i = 0; i < N; i++) {
		uint32_t seq = 0xfff00001 + order[i] * 1400;

		send(&r, seq, 1400, PACKET_ACK);
		if (rand() % 5)
			continue;
		send(&r, seq, 1400, PACKET_ACK);
		repeated += 1400;
	}
	expect(&r, N * 1400ULL, repeated, 0);
	CU_ASSERT_TRUE(r.has_holes);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "in order", test_in_order },
		{ "retransmission and overlap", test_retransmission },
		{ "out of order", test_out_of_order },
		{ "hole partly filled", test_hole_partly_filled },
		{ "lost at the end", test_lost },
		{ "a fifth hole costs the oldest", test_fifth_hole_costs_the_oldest },
		{ "splitting with no place left", test_split_of_a_full_table },
		{ "9 GiB wrap twice", test_wrap_beyond_4_gib },
		{ "hole across the wrap", test_hole_across_the_wrap },
		{ "keep-alive probes", test_keepalive },
		{ "mid-stream start", test_mid_stream },
		{ "data in SYN", test_syn_with_data },
		{ "reset", test_reset },
		{ "jumps re-synchronise", test_jump },
		{ "hole falls behind", test_hole_falls_behind },
		{ "port used again", test_port_used_again },
		{ "forged SYN", test_forged_syn },
		{ "no memory for holes", test_without_memory },
		{ "shuffled stream", test_shuffled },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "tcp", .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
