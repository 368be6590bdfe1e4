/* script.h - what a conversation says, as a list of steps, and the player that times them.
 *
 * A script is built by an application (apps.h) when a run of an activity starts: literal messages
 * (protocol beginnings), bulk (so many bytes each way over so long) and pauses.  The player
 * turns it into pieces, one packet's payload each, in time order; tcp.c and the datagram side of
 * talk.c wrap them.  Bulk is never held in memory: a byte of it is a function of its offset
 * (framing_fill).
 *
 *      script   SEND "ClientHello"  SEND "ServerHello..."  BULK 300 MB up, 1 MB down, 95 min
 *      pieces   |c|  |s|            |c|c|c|s|c|c|c|s|...
 *
 * Owner: the talk.  One thread.
 */
#ifndef NW_SYNTH_SCRIPT_H
#define NW_SYNTH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "synth/blob.h"
#include "synth/random.h"

#define SCRIPT_WIREGUARD_INDEX 0x01574e21	/* both ends', by chance */

/* How a protocol divides its bulk: the bytes a record begins with. */
enum framing { FRAMING_NONE, FRAMING_TLS, FRAMING_DICOM, FRAMING_SMB, FRAMING_WIREGUARD,
	FRAMING_QUIC, FRAMING_TEAMVIEWER };

enum step_kind { STEP_SEND, STEP_BULK, STEP_WAIT, STEP_UNTIL };

struct step {
	enum step_kind kind;
	enum framing framing;		/* BULK */
	unsigned side;			/* SEND: who speaks, 0 the client */
	uint64_t ns;			/* BULK: duration; WAIT: pause; UNTIL: instant */
	size_t at, len;			/* SEND: where in the blob */
	uint64_t bytes[2];		/* BULK: by side */
	/* BULK: each piece of the client is answered by one (echo) */
	bool is_paired;
};

struct script {
	struct step *steps;
	size_t n, cap;
	struct blob blob;
	bool is_failed;			/* out of memory, sticky */
};

void script_clear(struct script *s);	/* keeps the memory for the next run */
void script_free(struct script *s);
/* A message: what has been appended to s->blob since `at` (from script_mark()). */
size_t script_mark(const struct script *s);
void script_send(struct script *s, unsigned side, size_t at);
void script_wait(struct script *s, uint64_t ns);
void script_until(struct script *s, uint64_t ns);
/* bytes: by side; a total that would leave a stump of a record is rounded up by a few bytes. */
void script_bulk(struct script *s, enum framing f, const uint64_t bytes[2], uint64_t duration_ns,
		 bool is_paired);
bool script_ok(const struct script *s);

/* n bytes of a bulk stream of `total` bytes from offset on; a record begins every so many bytes. */
void framing_fill(enum framing f, uint64_t key, uint64_t offset, uint64_t total, uint8_t *to,
		  size_t n);

/* One packet's payload. */
struct piece {
	uint64_t ns;			/* when it is due */
	unsigned side;
	uint32_t len;
	const uint8_t *bytes;		/* literal; NULL: bulk */
	enum framing framing;		/* bulk */
	uint64_t key, offset, total;	/* bulk: arguments of framing_fill() */
	uint64_t index;			/* bulk: the how manieth of its side */
	bool ends_message;		/* last piece of a message (PSH) */
};

struct player {
	const struct script *script;	/* borrows */
	struct random *random;		/* borrows: the talk's */
	uint64_t rtt_ns;
	uint32_t literal_max;		/* longest literal piece: the MSS, or a whole datagram */
	uint32_t segment_bytes;		/* longest bulk piece */
	size_t step;
	size_t sent;			/* literal: of this step */
	unsigned last_side;
	uint64_t key;			/* of the current bulk */
	uint64_t due_ns[2];		/* next piece by side; literals use their side's */
	uint64_t count[2], done[2], interval_ns[2], start_ns;
	uint64_t offset[2];
};

#define PLAYER_NEVER UINT64_MAX

/* Begins (or goes on with) the script from its first step at `now`. */
void player_start(struct player *p, uint64_t now_ns);
uint64_t player_due(const struct player *p);	/* PLAYER_NEVER at the end of the script */
/* The piece that is due, and what comes after it. */
void player_take(struct player *p, struct piece *ret_piece);

#endif
