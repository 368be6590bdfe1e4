/* talk.c - see talk.h. */
#include "synth/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/text.h"
#include "synth/ends.h"

/* Every message and the first packets, which are what DPI looks at,
	are captured whole; later bulk and
 * all of GRO size is cut at --snap, or a month would not fit. */
#define FULL_FRAMES 24
#define FULL_LEN 1600
#define BULK_FROM (256u << 10)		/* from here on bulk comes in segments of GRO size */
#define GRO_BYTES 61440
#define MSS_IPV4 1460
#define MSS_IPV6 1440
#define DATAGRAM_BULK 1372		/* fits 1 500 with room for a tunnel's headers */
#define NEAR_RTT_NS (800 * NS_PER_US)
#define FAR_RTT_NS (24 * NS_PER_MS)
#define DEFAULT_RATE 20000000ULL	/* bytes per second,
	when neither duration nor rate is given */
#define CLOSE_BEFORE_NS NS_PER_SEC	/* a persistent connection ends after the capture */

struct talk {
	const struct activity *activity;
	const struct app *app;
	struct talk_start start;
	struct ends ends;
	struct random random, tap_random;
	struct script script;
	struct player player;
	struct tcp tcp;
	struct dns_question question;	/* of a lookup */
	uint64_t frames;
	uint64_t echoes[2];		/* ICMP sequence by side */
	size_t next_run;		/* of a persistent connection */
};

static bool is_tcp(const struct talk *t)
{
	return t->app->transport == APP_TCP;
}

/* --- what is said ----------------------------------------------------------------------------- */

void talk_run_volume(const struct scenario *s, const struct activity *a, size_t run,
		     uint64_t ret_bytes[static 2], uint64_t *ret_duration_ns)
{
	struct random r = random_stream(s->seed, a->id, run + 1, 0);
	uint32_t day = a->runs[run].day;
	uint64_t growth = Q32_ONE + a->volume.growth_q32 * (day ? day - 1 : 0);
	uint64_t most = 0;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t mean = q32_scale(a->volume.bytes[i], growth);

		ret_bytes[i] = random_spread(&r, mean, a->volume.spread_q32);
		most = ret_bytes[i] > most ? ret_bytes[i] : most;
	}
	*ret_duration_ns = a->duration_ns;
	if (!a->duration_ns) {
		uint64_t rate = a->rate_bytes ? a->rate_bytes : DEFAULT_RATE;
		unsigned __int128 ns = (unsigned __int128)most * NS_PER_SEC / rate;
		*ret_duration_ns = ns > INT64_MAX ? INT64_MAX : (uint64_t)ns;
	}
}

static void fill_call(struct talk *t, const struct talk_start *start, struct app_call *c)
{
	const struct activity *a = t->activity;

	*c = (struct app_call){
		.app = t->app, .options = &a->options, .random = &t->random, .script = &t->script,
		.start_ns = start->ns, .duration_ns = start->duration_ns,
		.chunk_bytes = a->chunk_bytes, .pause_ns = a->pause_ns,
		.from_side = t->ends.from_side,
		.client_id = t->ends.id[0], .server_id = t->ends.id[1], .path = &t->ends.path,
	};
	c->bytes[c->from_side] = start->bytes[0];
	c->bytes[!c->from_side] = start->bytes[1];
}

static uint32_t bulk_piece(const struct talk *t, const struct talk_start *start)
{
	uint64_t most = start->bytes[0] > start->bytes[1] ? start->bytes[0] : start->bytes[1];

	if (t->activity->segment_bytes)
		return t->activity->segment_bytes;
	if (t->app->transport == APP_ICMP)
		return DATAGRAM_BULK;
	if (most >= BULK_FROM)
		return GRO_BYTES;
	return is_tcp(t) ? t->player.literal_max : DATAGRAM_BULK;
}

/* The script of one run, after the connection's beginning when it is the first. */
static int say_run(struct talk *t, const struct talk_start *start, bool is_first)
{
	struct app_call c;

	fill_call(t, start, &c);
	t->player.segment_bytes = bulk_piece(t, start);
	if (t->start.is_lookup)
		app_dns_ask(&c, &t->question);
	else {
		if (is_first && t->app->open)
			t->app->open(&c);
		if (is_first && t->activity->is_persistent)
			script_until(&t->script, t->activity->runs[start->run].ns);
		t->app->run(&c);
	}
	return script_ok(&t->script) ? 0 : ERR_LIMIT;
}

/* The next run of a persistent connection, or silence to the end of the capture. */
static int say_more(struct talk *t, const struct scenario *s)
{
	const struct activity *a = t->activity;
	struct talk_start next = t->start;

	script_clear(&t->script);
	if (t->next_run < a->n_runs) {
		next.run = t->next_run++;
		next.ns = a->runs[next.run].ns;
		talk_run_volume(s, a, next.run, next.bytes, &next.duration_ns);
		script_until(&t->script, next.ns);
		int err = say_run(t, &next, false);
		if (err)
			return err;
	} else if (a->tcp.ending == TCP_ENDING_OPEN && is_tcp(t)) {
		size_t at = script_mark(&t->script);

		script_until(&t->script, s->end_ns + CLOSE_BEFORE_NS);
		blob_u8(&t->script.blob, 0);
		script_send(&t->script, 0, at);
	}
	return 0;
}

/* --- life ------------------------------------------------------------------------------------- */

static void choose_ends(struct talk *t, const struct scenario *s, struct random *random)
{
	const struct activity *a = t->activity;
	const struct ends_choice choice = {
		.run = t->start.run, .day = a->runs[t->start.run].day,
		.connection = t->start.connection, .serial = t->start.serial,
	};
	/* A lookup and its connection choose alike: from a copy of the connection's stream. */
	struct random chooser = random_stream(s->seed, a->id, t->start.run + 1,
					      2 * (uint64_t)t->start.connection + 2);

	ends_choose(s, a, &choice, &chooser, &t->ends);
	if (!t->start.is_lookup)
		return;
	struct ends of = t->ends;
	const struct addr *server = &of.path.end[!of.from_side].addr;
	t->question.type = addr_is_ipv4(server) ? DNS_A : DNS_AAAA;
	t->question.addr = *server;
	(void)text_copy(t->question.name, sizeof(t->question.name), a->options.name);
	ends_lookup(s, a, &of, random, &t->ends);
}

int talk_new(struct view *v, const struct talk_start *start, struct talk **ret_talk)
{
	const struct activity *a = &v->s->activities[start->activity];
	struct talk *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->activity = a;
	t->app = start->is_lookup ? app_find("dns") : a->app;
	t->start = *start;
	t->next_run = start->run + 1;
	t->random = random_stream(v->s->seed, a->id, start->run + 1,
				  2 * (uint64_t)start->connection + 1 + (start->is_lookup
									 ? 1ULL << 40 : 0));
	t->tap_random = random_stream(v->s->seed, a->id, start->run + 1,
				      2 * (uint64_t)start->connection + 1 + (1ULL << 41));
	choose_ends(t, v->s, &t->random);
	bool v4 = addr_is_ipv4(&t->ends.path.end[0].addr);
	t->player = (struct player){
		.script = &t->script, .random = &t->random,
		.rtt_ns = a->rtt_ns ? a->rtt_ns : t->ends.is_far ? FAR_RTT_NS : NEAR_RTT_NS,
		.literal_max = !is_tcp(t) ? 65000 : v4 ? MSS_IPV4 : MSS_IPV6,
	};
	int err = say_run(t, start, true);
	if (err) {
		talk_free(t);
		return err;
	}
	t->tcp = (struct tcp){ .config = &a->tcp, .player = &t->player, .random = &t->random };
	if (is_tcp(t)) {
		tcp_start(&t->tcp, start->ns);
	} else {
		t->player.last_side = 1;
		player_start(&t->player, start->ns);
	}
	truth_connection(v->truth, start->activity, start->ns);
	*ret_talk = t;
	return 0;
}

void talk_free(struct talk *t)
{
	if (!t)
		return;
	script_free(&t->script);
	free(t);
}

uint64_t talk_due(const struct talk *t)
{
	return is_tcp(t) ? tcp_due(&t->tcp) : player_due(&t->player);
}

/* --- what the tap makes of it ----------------------------------------------------------------- */

static bool tap_sees(struct talk *t, const struct view *v, uint64_t ns, unsigned side)
{
	const struct tap *tap = &v->s->tap;
	bool is_from = side == t->ends.from_side;
	enum sees sees = tap->sees != SEES_BOTH ? tap->sees : t->activity->sees;

	if (sees != SEES_BOTH && (sees == SEES_FROM) != is_from)
		return false;
	for (size_t i = 0; i < tap->n_gaps; i++)
		if (ns >= tap->gaps[i].from_ns && ns < tap->gaps[i].to_ns)
			return false;
	return !tap->loss_q32 || !random_chance(&t->tap_random, tap->loss_q32);
}

static uint64_t tap_stamp(const struct tap *tap, uint64_t ns)
{
	uint64_t stamp = ns;

	for (size_t i = 0; i < tap->n_steps; i++)
		if (ns >= tap->steps[i].at_ns)
			stamp += (uint64_t)tap->steps[i].by_ns;
	return stamp;
}

static uint32_t capture_limit(const struct talk *t, const struct view *v, bool is_message,
			      uint32_t payload_len)
{
	bool is_full = is_message || (t->frames < FULL_FRAMES && payload_len < FULL_LEN);

	return is_full && v->snap < FULL_LEN ? FULL_LEN : v->snap;
}

struct packet_facts {
	uint64_t ns;
	unsigned side;
	uint32_t payload;
	bool is_message, is_retrans, is_unseen;
};

/* The frame is in v->frame. */
static void emit(struct talk *t, struct view *v, const struct packet_facts *p)
{
	const struct tap *tap = &v->s->tap;
	struct truth_packet truth = {
		.activity = t->start.activity, .ns = p->ns,
		.direction = p->side == t->ends.from_side ? 0 : 1,
		.ip_bytes = v->frame.ip_len, .payload = t->start.is_lookup ? 0 : p->payload,
		.is_retrans = p->is_retrans,
		.is_unseen = p->is_unseen || !tap_sees(t, v, p->ns, p->side),
	};

	wire_cut(&v->frame, capture_limit(t, v, p->is_message, p->payload));
	t->frames++;
	truth_packet(v->truth, &truth);
	if (truth.is_unseen) {
		v->unwritten++;
		return;
	}
	out_write(v->out, tap_stamp(tap, p->ns), &v->frame);
	if (tap->duplicate_q32 && random_chance(&t->tap_random, tap->duplicate_q32)) {
		truth.is_retrans = is_tcp(t);
		truth_packet(v->truth, &truth);
		out_write(v->out, tap_stamp(tap, p->ns), &v->frame);
	}
}

/* As much of the payload as will be captured. */
static void fill_payload(struct talk *t, struct view *v, const struct piece *piece,
			 uint32_t headers,
			 struct wire_payload *payload)
{
	uint32_t limit = capture_limit(t, v, piece->bytes != NULL, piece->len);
	uint32_t room = limit > headers ? limit - headers : 0;

	payload->len = piece->len;
	payload->captured = piece->len < room ? piece->len : room;
	payload->bytes = piece->bytes;
	if (piece->bytes || !payload->captured)
		return;
	/* Every datagram begins a record of its own; a TCP stream goes on. */
	uint64_t offset = is_tcp(t) ? piece->offset : 0;
	uint64_t total = is_tcp(t) ? piece->total : piece->len;
	uint64_t key = is_tcp(t) ? piece->key : piece->key + piece->index * 2;
	framing_fill(piece->framing, key, offset, total, v->filler, payload->captured);
	payload->bytes = v->filler;
}

static int advance_tcp(struct talk *t, struct view *v)
{
	struct wire_path *path = &t->ends.path;
	struct wire_payload payload = { 0 };
	struct tcp_segment s;

	tcp_take(&t->tcp, &s);
	if (s.piece.len)
		fill_payload(t, v, &s.piece, wire_headers_len(path, 20), &payload);
	else if (s.piece.bytes)
		return 0;		/* an empty message: nothing to send */
	const struct wire_tcp tcp = {
		.seq = s.seq, .ack = s.flags & WIRE_ACK ? s.ack : 0, .flags = s.flags,
		.window = s.flags & WIRE_RST ? 0 : s.flags & WIRE_SYN ? 64240 : 4096,
		.mss = addr_is_ipv4(&path->end[0].addr) ? MSS_IPV4 : MSS_IPV6,
	};
	wire_tcp(&v->frame, path, s.side, &tcp, &payload);
	emit(t, v, &(struct packet_facts){ .ns = s.ns, .side = s.side, .payload = payload.len,
					   .is_message = s.piece.bytes != NULL,
					   .is_retrans = s.is_retrans, .is_unseen = s.is_unseen });
	if (!tcp_is_idle(&t->tcp))
		return 0;
	if (t->activity->is_persistent && !t->start.is_lookup) {
		int err = say_more(t, v->s);
		if (err)
			return err;
		player_start(&t->player, s.ns);
	}
	if (tcp_is_idle(&t->tcp))
		tcp_close(&t->tcp);
	return 0;
}

static int advance_datagram(struct talk *t, struct view *v)
{
	struct wire_path *path = &t->ends.path;
	struct wire_payload payload = { 0 };
	struct piece piece;

	player_take(&t->player, &piece);
	fill_payload(t, v, &piece, wire_headers_len(path, 8), &payload);
	if (t->app->transport == APP_UDP)
		wire_udp(&v->frame, path, piece.side, &payload);
	else if (t->app->transport == APP_ICMP)
		wire_echo(&v->frame, path, piece.side, (uint16_t)++t->echoes[piece.side], &payload);
	else
		wire_frame(&v->frame, path, &payload);
	emit(t, v, &(struct packet_facts){ .ns = piece.ns, .side = piece.side,
		.payload = t->app->transport == APP_LINK ? 0 : payload.len,
					   .is_message = piece.bytes != NULL });
	if (player_due(&t->player) != PLAYER_NEVER || !t->activity->is_persistent ||
	    t->start.is_lookup)
		return 0;
	int err = say_more(t, v->s);
	player_start(&t->player, piece.ns);
	return err;
}

int talk_advance(struct talk *t, struct view *v)
{
	return is_tcp(t) ? advance_tcp(t, v) : advance_datagram(t, v);
}
