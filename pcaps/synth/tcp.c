/* tcp.c - see tcp.h. */
#include "synth/tcp.h"

#include "base/clock.h"
#include "synth/wire.h"

#define DELAYED_ACK_NS (40 * NS_PER_MS)
#define PIECES_PER_ACK 2
#define AGAIN_LEAST_NS (200 * NS_PER_MS)	/* RFC 6298 says 1 s, Linux 200 ms */
#define SYN_TRIES 4				/* at 0, 1, 3 and 7 s */

void tcp_start(struct tcp *t, uint64_t now_ns)
{
	t->phase = TCP_CONNECT;
	t->stage = 0;
	t->main_ns = now_ns;
	t->last_ns = now_ns;
	t->again_ns = PLAYER_NEVER;
	for (unsigned side = 0; side < 2; side++) {
		t->isn[side] = (uint32_t)random_u64(t->random);
		t->ack_due_ns[side] = PLAYER_NEVER;
		t->sent[side] = t->fin[side] = 0;
		t->unacked[side] = 0;
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Keep-alives fill silences of the DATA phase only. */
static uint64_t keepalive_due(const struct tcp *t)
{
	if (t->phase != TCP_DATA || !t->config->keepalive_ns)
		return PLAYER_NEVER;
	uint64_t at = t->last_ns + t->config->keepalive_ns;
	return at < player_due(t->player) ? at : PLAYER_NEVER;
}

static uint64_t pending_due(const struct tcp *t)
{
	return earlier(t->again_ns, earlier(t->ack_due_ns[0], t->ack_due_ns[1]));
}

bool tcp_is_idle(const struct tcp *t)
{
	return t->phase == TCP_DATA && player_due(t->player) == PLAYER_NEVER;
}

bool tcp_is_done(const struct tcp *t)
{
	return t->phase == TCP_DONE && pending_due(t) == PLAYER_NEVER;
}

uint64_t tcp_due(const struct tcp *t)
{
	uint64_t due = pending_due(t);

	if (t->phase == TCP_CONNECT || t->phase == TCP_CLOSE)
		return earlier(due, t->main_ns);
	if (t->phase == TCP_DONE)
		return due;
	due = earlier(due, player_due(t->player));
	return tcp_is_idle(t) ? due : earlier(due, keepalive_due(t));
}

/* What `side` has received without a hole. */
static uint64_t received(const struct tcp *t, unsigned side)
{
	unsigned peer = !side;

	if (t->again_ns != PLAYER_NEVER && t->again.side == peer)
		return t->again_at;
	return t->sent[peer] + t->fin[peer];
}

/* A segment of side at stream offset `at`. */
static void fill(struct tcp *t, struct tcp_segment *s, unsigned side, uint64_t at, unsigned flags)
{
	s->side = side;
	s->seq = t->isn[side] + 1 + (uint32_t)at;
	s->ack = t->isn[!side] + 1 + (uint32_t)received(t, side);
	s->flags = (uint8_t)(flags | WIRE_ACK);
	t->ack_due_ns[side] = PLAYER_NEVER;
	t->unacked[side] = 0;
}

static void want_ack(struct tcp *t, unsigned side, uint64_t ns)
{
	if (ns < t->ack_due_ns[side])
		t->ack_due_ns[side] = ns;
}

static void take_connect(struct tcp *t, struct tcp_segment *s)
{
	const uint64_t rtt = t->player->rtt_ns;
	unsigned stage = t->stage++;

	s->seq = t->isn[0];
	s->flags = WIRE_SYN;
	if (t->config->outcome == TCP_OUTCOME_NO_ANSWER) {
		t->main_ns += (1ULL << stage) * NS_PER_SEC;
		if (t->stage == SYN_TRIES)
			t->phase = TCP_DONE;
	} else if (stage == 0) {
		t->main_ns += rtt;
	} else if (t->config->outcome == TCP_OUTCOME_REFUSED) {
		s->side = 1;
		s->seq = 0;
		s->ack = t->isn[0] + 1;
		s->flags = WIRE_RST | WIRE_ACK;
		t->phase = TCP_DONE;
	} else if (stage == 1) {
		s->side = 1;
		s->seq = t->isn[1];
		s->ack = t->isn[0] + 1;
		s->flags = WIRE_SYN | WIRE_ACK;
		t->main_ns += rtt / 8 + 1;
	} else {
		fill(t, s, 0, 0, 0);
		t->phase = TCP_DATA;
		player_start(t->player, s->ns);
	}
}

static void take_close(struct tcp *t, struct tcp_segment *s)
{
	const uint64_t rtt = t->player->rtt_ns;

	if (t->config->ending == TCP_ENDING_RST) {
		fill(t, s, 0, t->sent[0], WIRE_RST);
		t->phase = TCP_DONE;
		t->ack_due_ns[0] = t->ack_due_ns[1] = PLAYER_NEVER;
		return;
	}
	switch (t->stage++) {
	case 0:
		fill(t, s, 0, t->sent[0], WIRE_FIN);
		t->fin[0] = 1;
		t->main_ns += rtt;
		break;
	case 1:
		fill(t, s, 1, t->sent[1], WIRE_FIN);
		t->fin[1] = 1;
		t->main_ns += rtt / 8 + 1;
		break;
	default:
		fill(t, s, 0, t->sent[0] + 1, 0);
		t->phase = TCP_DONE;
		t->ack_due_ns[0] = t->ack_due_ns[1] = PLAYER_NEVER;
	}
}

static void take_again(struct tcp *t, struct tcp_segment *s)
{
	s->piece = t->again;
	s->is_retrans = true;
	if (t->again_left) {
		/* Nobody acknowledges beyond the hole until the storm is over. */
		t->again_left--;
		t->again_ns = s->ns + AGAIN_LEAST_NS + random_below(t->random, AGAIN_LEAST_NS);
	} else {
		t->again_ns = PLAYER_NEVER;
	}
	fill(t, s, t->again.side, t->again_at, 0);
	want_ack(t, !t->again.side, s->ns + t->player->rtt_ns / 2);
}

static void take_piece(struct tcp *t, struct tcp_segment *s)
{
	player_take(t->player, &s->piece);
	unsigned side = s->piece.side;
	bool is_bulk = !s->piece.bytes;

	fill(t, s, side, t->sent[side], s->piece.ends_message ? WIRE_PSH : 0);
	if (is_bulk && t->again_ns == PLAYER_NEVER && random_chance(t->random,
								    t->config->retrans_q32)) {
		t->again = s->piece;
		t->again_at = t->sent[side];
		t->again_left = t->config->repeats ? t->config->repeats - 1 : 0;
		t->again_ns = s->ns + AGAIN_LEAST_NS + random_below(t->random, AGAIN_LEAST_NS);
	} else if (is_bulk && random_chance(t->random, t->config->unseen_q32)) {
		s->is_unseen = true;
	}
	t->sent[side] += s->piece.len;
	if (++t->unacked[!side] >= PIECES_PER_ACK)
		want_ack(t, !side, s->ns + t->player->rtt_ns / 2);
	else if (!is_bulk || s->piece.ends_message)
		want_ack(t, !side, s->ns + DELAYED_ACK_NS);
}

void tcp_take(struct tcp *t, struct tcp_segment *ret_segment)
{
	struct tcp_segment *s = ret_segment;
	uint64_t due = tcp_due(t);

	*s = (struct tcp_segment){ .ns = due };
	if (t->phase == TCP_CONNECT || (t->phase == TCP_CLOSE && due == t->main_ns)) {
		if (t->phase == TCP_CONNECT)
			take_connect(t, s);
		else
			take_close(t, s);
	} else if (due == t->again_ns) {
		take_again(t, s);
	} else if (due == t->ack_due_ns[0] || due == t->ack_due_ns[1]) {
		unsigned side = due == t->ack_due_ns[0] ? 0 : 1;

		fill(t, s, side, t->sent[side] + t->fin[side], 0);
	} else if (due == player_due(t->player)) {
		take_piece(t, s);
	} else {
		/* A keep-alive repeats the last byte's number without the byte. */
		fill(t, s, 0, t->sent[0] - 1, 0);
		want_ack(t, 1, due + t->player->rtt_ns);
	}
	t->last_ns = due;
}

void tcp_close(struct tcp *t)
{
	uint64_t pending = t->last_ns;

	if (t->phase != TCP_DATA)
		return;
	for (unsigned side = 0; side < 2; side++)
		if (t->ack_due_ns[side] != PLAYER_NEVER && t->ack_due_ns[side] > pending)
			pending = t->ack_due_ns[side];
	if (t->again_ns != PLAYER_NEVER && t->again_ns > pending)
		pending = t->again_ns + t->player->rtt_ns;
	t->phase = t->config->ending == TCP_ENDING_OPEN ? TCP_DONE : TCP_CLOSE;
	t->stage = 0;
	t->main_ns = pending + t->player->rtt_ns;
}
