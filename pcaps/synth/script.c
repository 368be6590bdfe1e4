/* script.c - see script.h. */
#include "synth/script.h"

#include <stdlib.h>
#include <string.h>
#include "base/hash.h"
#include "synth/quic.h"

#define SAME_SIDE_GAP_NS 60000ULL	/* between two messages of the same side */
#define RECORD_BODY 16384		/* TLS's longest plaintext; the others use it too */
#define RECORD_STUMP 32			/* a last record has at least so much body */

struct frame_form {
	uint8_t len;			/* of the record header */
	uint8_t length_at, length_width;	/* big-endian length of what follows that field */
	uint8_t head[64];
};

static const struct frame_form forms[] = {
	[FRAMING_NONE] = { .len = 0 },
	[FRAMING_TLS] = { .len = 5, .length_at = 3, .length_width = 2,
			  .head = { 0x17, 0x03, 0x03 } },
	/* P-DATA-TF with one presentation data value (PS3.8 9.3.5). */
	[FRAMING_DICOM] = { .len = 12, .length_at = 2, .length_width = 4,
			    .head = { 0x04, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x00 } },
	/* Direct TCP transport, then an encrypted message (MS-SMB2 2.2.41). */
	[FRAMING_SMB] = { .len = 56, .length_at = 1, .length_width = 3,
			  .head = { 0x00, 0, 0, 0, 0xfd, 'S', 'M', 'B', [44] = 0x01 } },
	/* Transport data: the receiver's index (SCRIPT_WIREGUARD_INDEX), a counter that stays 0. */
	[FRAMING_WIREGUARD] = { .len = 16, .head = { 0x04, 0, 0, 0, 0x21, 0x4e, 0x57, 0x01 } },
	/* Short header (RFC 9000 17.3.1): the connection id, then all is protected. */
	[FRAMING_QUIC] = { .len = 9, .head = { 0x43, QUIC_CID } },
	/* Over UDP, as apps_remote.c begins it. */
	[FRAMING_TEAMVIEWER] = { .len = 14, .head = { [11] = 0x17, 0x24, 0x1b } },
};

void script_clear(struct script *s)
{
	s->n = 0;
	s->blob.len = 0;
}

void script_free(struct script *s)
{
	free(s->steps);
	blob_free(&s->blob);
	*s = (struct script){ 0 };
}

bool script_ok(const struct script *s)
{
	return !s->is_failed && !s->blob.is_failed;
}

static void add_step(struct script *s, const struct step *step)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 16;
		struct step *steps = reallocarray(s->steps, cap, sizeof(*steps));

		if (!steps) {
			s->is_failed = true;
			return;
		}
		s->steps = steps;
		s->cap = cap;
	}
	s->steps[s->n++] = *step;
}

size_t script_mark(const struct script *s)
{
	return s->blob.len;
}

void script_send(struct script *s, unsigned side, size_t at)
{
	add_step(s, &(struct step){ .kind = STEP_SEND, .side = side, .at = at,
				    .len = s->blob.len - at });
}

void script_wait(struct script *s, uint64_t ns)
{
	if (ns)
		add_step(s, &(struct step){ .kind = STEP_WAIT, .ns = ns });
}

void script_until(struct script *s, uint64_t ns)
{
	add_step(s, &(struct step){ .kind = STEP_UNTIL, .ns = ns });
}

void script_bulk(struct script *s, enum framing f, const uint64_t bytes[2], uint64_t duration_ns,
		 bool is_paired)
{
	struct step step = { .kind = STEP_BULK, .framing = f, .ns = duration_ns,
			     .bytes = { bytes[0], bytes[1] }, .is_paired = is_paired };
	uint64_t least = forms[f].len + RECORD_STUMP;
	uint64_t record = forms[f].len + RECORD_BODY;

	for (unsigned side = 0; side < 2 && forms[f].length_width; side++) {
		uint64_t stump = step.bytes[side] % record;

		if (stump && stump < least)
			step.bytes[side] += least - stump;
	}
	if (step.bytes[0] || step.bytes[1])
		add_step(s, &step);
}

static uint8_t header_byte(const struct frame_form *form, uint64_t at, uint64_t record_len)
{
	uint64_t length = record_len - form->length_at - form->length_width;
	unsigned end = form->length_at + form->length_width;

	if (form->length_width && at >= form->length_at && at < end)
		return (uint8_t)(length >> (8 * (end - 1 - at)));
	/* The inner length of a DICOM value: what follows it. */
	if (form == &forms[FRAMING_DICOM] && at >= 6 && at < 10)
		return (uint8_t)((length - 4) >> (8 * (9 - at)));
	return form->head[at];
}

void framing_fill(enum framing f, uint64_t key, uint64_t offset, uint64_t total, uint8_t *to,
		  size_t n)
{
	const struct frame_form *form = &forms[f];
	uint64_t record = form->length_width ? (uint64_t)form->len + RECORD_BODY : UINT64_MAX;
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t pos = offset + i, in_record = pos % record;

		if (i == 0 || pos % 8 == 0)
			word = hash_mix(key + pos / 8 * 0x9e3779b97f4a7c15ULL);
		if (in_record < form->len) {
			uint64_t left = total - (pos - in_record);
			to[i] = header_byte(form, in_record, left < record ? left : record);
		} else {
			to[i] = (uint8_t)(word >> (pos % 8 * 8));
		}
	}
}

/* --- the player ------------------------------------------------------------------------------- */

/* Around the middle of its interval, so that pieces of a side never overtake each other. */
static uint64_t bulk_due(struct player *p, unsigned side)
{
	uint64_t interval = p->interval_ns[side];
	uint64_t at = p->start_ns + p->done[side] * interval + interval / 4;

	return at + (interval > 1 ? random_below(p->random, interval / 2 + 1) : 0);
}

static void enter_bulk(struct player *p, const struct step *step, uint64_t now)
{
	p->start_ns = now + p->rtt_ns;
	p->key = random_u64(p->random);
	for (unsigned side = 0; side < 2; side++) {
		uint64_t bytes = step->bytes[side];

		p->done[side] = p->offset[side] = 0;
		p->count[side] = (bytes + p->segment_bytes - 1) / p->segment_bytes;
		if (step->is_paired && side == 1)
			p->count[1] = p->count[0];
		p->interval_ns[side] = p->count[side] ? step->ns / p->count[side] : 0;
		p->due_ns[side] = PLAYER_NEVER;
	}
	for (unsigned side = 0; side < 2; side++)
		if (p->count[side] && !(step->is_paired && side == 1))
			p->due_ns[side] = bulk_due(p, side);
}

static void enter_send(struct player *p, const struct step *step, uint64_t now)
{
	uint64_t gap = step->side == p->last_side ? SAME_SIDE_GAP_NS : p->rtt_ns;

	p->sent = 0;
	p->last_side = step->side;
	p->due_ns[step->side] = now + gap + random_below(p->random, gap / 4 + 1);
	p->due_ns[!step->side] = PLAYER_NEVER;
}

/* Goes to the next step that has a piece. */
static void enter(struct player *p, uint64_t now)
{
	const struct script *s = p->script;

	for (; p->step < s->n; p->step++) {
		const struct step *step = &s->steps[p->step];

		if (step->kind == STEP_WAIT) {
			now += step->ns;
		} else if (step->kind == STEP_UNTIL) {
			now = step->ns > now ? step->ns : now;
		} else if (step->kind == STEP_SEND) {
			enter_send(p, step, now);
			return;
		} else {
			enter_bulk(p, step, now);
			return;
		}
	}
	p->due_ns[0] = p->due_ns[1] = PLAYER_NEVER;
}

void player_start(struct player *p, uint64_t now_ns)
{
	p->step = 0;
	enter(p, now_ns);
}

uint64_t player_due(const struct player *p)
{
	return p->due_ns[0] < p->due_ns[1] ? p->due_ns[0] : p->due_ns[1];
}

static void take_literal(struct player *p, const struct step *step, struct piece *piece)
{
	size_t left = step->len - p->sent;
	uint32_t len = left < p->literal_max ? (uint32_t)left : p->literal_max;

	piece->bytes = p->script->blob.data + step->at + p->sent;
	piece->len = len;
	piece->ends_message = len == left;
	p->sent += len;
	if (p->sent < step->len) {
		p->due_ns[piece->side] = piece->ns + SAME_SIDE_GAP_NS / 8;
		return;
	}
	p->step++;
	enter(p, piece->ns);
}

static void take_bulk(struct player *p, const struct step *step, struct piece *piece)
{
	unsigned side = piece->side;
	uint64_t left = step->bytes[side] - p->offset[side];
	uint64_t even = step->bytes[side] / (p->count[side] ? p->count[side] : 1);
	uint64_t most = step->is_paired ? even : p->segment_bytes;

	piece->len = (uint32_t)(left < most ? left : most);
	piece->framing = step->framing;
	/* What answers as much with as much is an echo: it says the same. */
	piece->key = p->key + (step->is_paired && step->bytes[0] == step->bytes[1] ? 0 : side);
	piece->offset = p->offset[side];
	piece->total = step->bytes[side];
	piece->index = p->done[side];
	piece->ends_message = piece->len == left;
	p->offset[side] += piece->len;
	p->done[side]++;
	p->due_ns[side] = PLAYER_NEVER;
	if (step->is_paired && side == 0)
		p->due_ns[1] = piece->ns + p->rtt_ns;
	else if (step->is_paired && p->done[0] < p->count[0])
		p->due_ns[0] = bulk_due(p, 0);
	else if (!step->is_paired && p->done[side] < p->count[side])
		p->due_ns[side] = bulk_due(p, side);
	/* A late answer must not move the clock back. */
	for (unsigned i = 0; i < 2; i++)
		if (p->due_ns[i] != PLAYER_NEVER && p->due_ns[i] <= piece->ns)
			p->due_ns[i] = piece->ns + 1;
	if (player_due(p) == PLAYER_NEVER) {
		p->last_side = side;
		p->step++;
		enter(p, piece->ns);
	}
}

void player_take(struct player *p, struct piece *ret_piece)
{
	unsigned side = p->due_ns[0] <= p->due_ns[1] ? 0 : 1;
	const struct step *step = &p->script->steps[p->step];

	*ret_piece = (struct piece){ .ns = p->due_ns[side], .side = side };
	if (step->kind == STEP_SEND)
		take_literal(p, step, ret_piece);
	else
		take_bulk(p, step, ret_piece);
}
