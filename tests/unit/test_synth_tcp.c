/* test_synth_tcp.c - a synthetic TCP conversation: numbers, wraps, holes, endings. */
#include "tap.h"

#include <string.h>
#include "base/clock.h"
#include "synth/tcp.h"
#include "synth/wire.h"

#define RTT_NS NS_PER_MS

struct talk {
	struct random random;
	struct script script;
	struct player player;
	struct tcp_config config;
	struct tcp tcp;
};

static void setup(struct talk *t, uint64_t up, uint64_t duration_ns)
{
	memset(t, 0, sizeof(*t));
	t->random = random_stream(1, "tcp", 0, 0);
	size_t at = script_mark(&t->script);
	blob_text(&t->script.blob, "hello");
	script_send(&t->script, 0, at);
	script_bulk(&t->script, FRAMING_NONE, (uint64_t[2]){ up, 0 }, duration_ns, false);
	t->player = (struct player){ .script = &t->script, .random = &t->random, .rtt_ns = RTT_NS,
				     .literal_max = 1460, .segment_bytes = 61440 };
	t->tcp = (struct tcp){ .config = &t->config, .player = &t->player, .random = &t->random };
	tcp_start(&t->tcp, NS_PER_SEC);
}

/* Takes the next segment, closing when the script has ended.  false: done. */
static bool next(struct talk *t, struct tcp_segment *s)
{
	if (tcp_due(&t->tcp) == PLAYER_NEVER)
		return false;
	tcp_take(&t->tcp, s);
	if (tcp_is_idle(&t->tcp))
		tcp_close(&t->tcp);
	return true;
}

static void handshake_and_fin(void)
{
	struct talk t;
	struct tcp_segment s;
	uint8_t flags[32];
	size_t n = 0;

	setup(&t, 0, 0);
	while (next(&t, &s) && n < sizeof(flags))
		flags[n++] = s.flags;
	EQUAL_INT(n >= 7, 1);
	EQUAL_INT(flags[0], WIRE_SYN);
	EQUAL_INT(flags[1], WIRE_SYN | WIRE_ACK);
	EQUAL_INT(flags[2], WIRE_ACK);
	EQUAL_INT(flags[3], WIRE_PSH | WIRE_ACK);
	EQUAL_INT(flags[n - 3], WIRE_FIN | WIRE_ACK);
	EQUAL_INT(flags[n - 2], WIRE_FIN | WIRE_ACK);
	EQUAL_INT(flags[n - 1], WIRE_ACK);
	EQUAL_INT(tcp_is_done(&t.tcp), 1);
	script_free(&t.script);
}

/* Every new byte follows the last one modulo 2^32, over more than 4 GiB. */
static void numbers_wrap(void)
{
	const uint64_t up = 9ULL << 30;
	struct talk t;
	struct tcp_segment s;
	uint32_t expected = 0, last_ack = 0;
	uint64_t bytes = 0, last_ns = 0;
	unsigned wraps = 0, bad = 0, backwards = 0, early_acks = 0;

	setup(&t, up, NS_PER_HOUR);
	while (next(&t, &s)) {
		backwards += s.ns < last_ns;
		last_ns = s.ns;
		if (s.side == 0 && s.flags & WIRE_SYN)
			expected = s.seq + 1;
		if (s.side == 0 && s.piece.len) {
			bad += s.seq != expected;
			wraps += s.seq + s.piece.len < s.seq;
			expected += s.piece.len;
			bytes += s.piece.len;
		}
		if (s.side == 1 && !(s.flags & WIRE_SYN)) {
			early_acks += (int32_t)(s.ack - expected) > 1;
			bad += last_ack && (int32_t)(s.ack - last_ack) < 0;
			last_ack = s.ack;
		}
	}
	EQUAL_INT(bytes, up + 5);
	EQUAL_INT(bad, 0);
	EQUAL_INT(backwards, 0);
	EQUAL_INT(early_acks, 0);
	EQUAL_INT(wraps >= 2, 1);
	EQUAL_INT(last_ack, expected + 1);		/* the FIN counts */
	script_free(&t.script);
}

/* What is sent again has the old number and length, and nobody acknowledges beyond the hole. */
static void holes(void)
{
	struct talk t;
	struct tcp_segment s;
	uint32_t hole = 0, hole_len = 0, expected = 0;
	unsigned again = 0, bad = 0;

	setup(&t, 50u << 20, 100 * NS_PER_SEC);
	t.config.retrans_q32 = Q32_ONE / 20;
	while (next(&t, &s)) {
		if (s.side == 0 && s.flags & WIRE_SYN)
			expected = s.seq + 1;
		if (s.side == 0 && s.piece.len && !s.is_retrans) {
			bad += s.seq != expected;
			expected += s.piece.len;
		}
		if (s.is_retrans) {
			again++;
			bad += (int32_t)(s.seq - expected) >= 0 || s.piece.bytes;
			hole = s.seq;
			hole_len = s.piece.len;
		}
		bad += s.is_retrans && hole + hole_len > expected && hole < expected;
	}
	EQUAL_INT(again > 10, 1);
	EQUAL_INT(bad, 0);
	script_free(&t.script);
}

/* In a storm each lost piece comes so many times more, with its old number, unacknowledged until
 * the last. */
static void storms(void)
{
	struct talk t;
	struct tcp_segment s;
	unsigned again = 0, pieces = 0, bad = 0;
	uint32_t hole = 0;

	setup(&t, 4 * 61440, 400 * NS_PER_SEC);
	t.config.retrans_q32 = Q32_ONE;
	t.config.repeats = 30;
	while (next(&t, &s)) {
		if (s.side == 0 && s.piece.len && !s.piece.bytes && !s.is_retrans) {
			pieces++;
			hole = s.seq;
		}
		if (s.is_retrans) {
			again++;
			bad += s.seq != hole;
		}
		bad += s.side == 1 && again % 30 && s.ack != hole;
	}
	EQUAL_INT(pieces, 4);
	EQUAL_INT(again, 4 * 30);
	EQUAL_INT(bad, 0);
	script_free(&t.script);
}

static void unseen_is_acknowledged(void)
{
	struct talk t;
	struct tcp_segment s;
	unsigned unseen = 0;
	uint32_t end = 0, ack = 0;

	setup(&t, 20u << 20, 60 * NS_PER_SEC);
	t.config.unseen_q32 = Q32_ONE / 10;
	while (next(&t, &s)) {
		unseen += s.is_unseen;
		if (s.side == 0 && s.piece.len)
			end = s.seq + s.piece.len;
		if (s.side == 1)
			ack = s.ack;
	}
	EQUAL_INT(unseen > 5, 1);
	EQUAL_INT(ack, end + 1);
	script_free(&t.script);
}

static void no_answer(void)
{
	struct talk t;
	struct tcp_segment s;
	unsigned n = 0;

	setup(&t, 0, 0);
	t.config.outcome = TCP_OUTCOME_NO_ANSWER;
	while (next(&t, &s)) {
		n++;
		EQUAL_INT(s.flags, WIRE_SYN);
		EQUAL_INT(s.side, 0);
	}
	EQUAL_INT(n, 4);
	script_free(&t.script);
}

static void refused(void)
{
	struct talk t;
	struct tcp_segment s;

	setup(&t, 0, 0);
	t.config.outcome = TCP_OUTCOME_REFUSED;
	EQUAL_INT(next(&t, &s), 1);
	uint32_t seq = s.seq;
	EQUAL_INT(next(&t, &s), 1);
	EQUAL_INT(s.flags, WIRE_RST | WIRE_ACK);
	EQUAL_INT(s.ack, seq + 1);
	EQUAL_INT(next(&t, &s), 0);
	script_free(&t.script);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "handshake and FIN", handshake_and_fin }, { "sequence numbers wrap",
		numbers_wrap },
		{ "retransmissions leave and fill holes", holes },
		{ "a storm repeats a piece many times", storms },
		{ "what the tap missed is acknowledged", unseen_is_acknowledged },
		{ "no answer", no_answer }, { "refused", refused }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "synth tcp", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
