/* tcp.h - one TCP conversation around a player's pieces.
 *
 *      CONNECT  SYN, SYN-ACK, ACK          or unanswered SYNs, or SYN and RST
 *      DATA     the player's pieces; an ACK after every second one, and 40 ms after a message;
 * keep-alives
 *      CLOSE    FIN, FIN-ACK, ACK          or RST, or nothing at all
 *
 * Sequence numbers are 64-bit inside and cut to 32 on the wire, so they wrap as they must.  A piece
 * that is "lost behind the tap" is seen, its receiver acknowledges only up to the hole, and it is
 * seen again 200-400 ms later, in a storm many
 * times over.  A piece "lost before the tap" is never seen but acknowledged.
 *
 * Pure state: takes no clock but the player's and writes no packet.  Owner: a talk.  One thread.
 */
#ifndef NW_SYNTH_TCP_H
#define NW_SYNTH_TCP_H

#include <stdbool.h>
#include <stdint.h>
#include "synth/random.h"
#include "synth/script.h"

enum tcp_ending { TCP_ENDING_FIN, TCP_ENDING_RST, TCP_ENDING_OPEN };
enum tcp_outcome { TCP_OUTCOME_OK, TCP_OUTCOME_NO_ANSWER, TCP_OUTCOME_REFUSED };

enum tcp_phase { TCP_CONNECT, TCP_DATA, TCP_CLOSE, TCP_DONE };

struct tcp_config {
	uint64_t keepalive_ns;		/* 0: none */
	uint64_t retrans_q32, unseen_q32;	/* per bulk piece */
	unsigned repeats;		/* how often a lost piece is sent again; 0: once */
	enum tcp_ending ending;
	enum tcp_outcome outcome;
};

/* What is on the wire next. */
struct tcp_segment {
	uint64_t ns;
	unsigned side;
	uint32_t seq, ack;
	uint8_t flags;
	bool is_retrans;
	bool is_unseen;			/* lost before the tap: account for it, do not write it */
	struct piece piece;		/* len 0: no payload */
};

struct tcp {
	const struct tcp_config *config;	/* borrows */
	struct player *player;			/* borrows */
	struct random *random;			/* borrows */
	enum tcp_phase phase;
	unsigned stage;				/* within CONNECT and CLOSE */
	uint64_t main_ns;			/* CONNECT and CLOSE: next packet; else never */
	uint64_t last_ns;			/* last packet of either side */
	uint64_t sent[2];			/* payload bytes, SYN and FIN not counted */
	uint64_t fin[2];			/* 1: this side's FIN is out */
	uint32_t isn[2];
	uint64_t ack_due_ns[2];			/* a pure ACK of this side */
	/* pieces this side has received and not acknowledged */
	unsigned unacked[2];
	uint64_t again_ns;			/* a retransmission is due */
	unsigned again_left;			/* so often after this time */
	uint64_t again_at;			/* its offset in the stream of its side */
	struct piece again;
};

void tcp_start(struct tcp *t, uint64_t now_ns);
/* The time of the next packet; PLAYER_NEVER: none before the script is filled again. */
uint64_t tcp_due(const struct tcp *t);
void tcp_take(struct tcp *t, struct tcp_segment *ret_segment);
/* True when the script has been played to its end and the conversation could be closed or go on. */
bool tcp_is_idle(const struct tcp *t);
void tcp_close(struct tcp *t);			/* the script will not be filled again */
bool tcp_is_done(const struct tcp *t);

#endif
