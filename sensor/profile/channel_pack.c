/* channel_pack.c - channels and their evidence as bytes, see profile_pack.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dpi/dpi.h"
#include "profile/pattern.h"
#include "profile/profile_pack.h"

#define CHANNEL_VERSION 3	/* 2: without what follows the row */
#define EVIDENCE_VERSION 4	/* 3: without a period's e; 2: without what follows the nights */
#define NAME_MAX_LEN 255

static void pack_float(struct packer *p, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	pack_u32(p, bits);
}

/* What is no number could poison a sum for good. */
static float unpack_float(struct unpacker *u)
{
	uint32_t bits = unpack_u32(u);
	float v;

	memcpy(&v, &bits, sizeof(v));
	if (!isfinite(v)) {
		u->is_bad = true;
		return 0;
	}
	return v;
}

bool profile_pack_is_v1(const struct unpacker *value)
{
	return value->left > 0 && value->at[0] == 1;
}

/* --- keys -------------------------------------------------------------- */

void channel_key_pack(const struct channel_key *key, struct packer *p)
{
	pack_u8(p, key->group);
	pack_u8(p, key->is_external);
	pack_bytes(p, key->value.bytes, sizeof(key->value.bytes));
	pack_u8(p, key->proto);
	pack_u16(p, key->port);
}

void channel_pack_key(const struct channel *ch, struct packer *p)
{
	pack_text(p, ch->subject->id);
	channel_key_pack(&ch->key, p);
}

bool channel_key_unpack(struct unpacker *u, struct channel_key *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->group = unpack_u8(u);
	ret->is_external = unpack_u8(u) != 0;
	unpack_bytes(u, ret->value.bytes, sizeof(ret->value.bytes));
	ret->proto = unpack_u8(u);
	ret->port = unpack_u16(u);
	if (ret->group >= GROUPS)
		u->is_bad = true;
	return !u->is_bad;
}

/* Whose channel a key names; NULL: malformed, or nobody's any more. */
static struct subject *unpack_owner(struct subjects *s, struct unpacker key,
				    struct channel_key *ret)
{
	struct subject *subject;
	char id[SITE_ID_MAX];

	unpack_text(&key, id, sizeof(id));
	if (!channel_key_unpack(&key, ret) || !unpack_ok(&key))
		return NULL;
	subject = subjects_by_id(s, id);
	if (subject)
		ret->subject = subject->number;
	return subject;
}

/* --- the running row --------------------------------------------------- */

static void pack_row(const struct row *row, struct packer *p)
{
	pack_u8(p, row != NULL);
	if (!row)
		return;
	pack_u16(p, row->flows);
	pack_bytes(p, row->top.addr.bytes, sizeof(row->top.addr.bytes));
	pack_u16(p, row->top.port);
	pack_u8(p, row->top.proto);
	pack_u64(p, row->top_votes);
	pack_u8(p, row->n);
	for (unsigned i = 0; i < row->n; i++) {
		pack_u8(p, row->slots[i].number);
		pack_u8(p, row->slots[i].first_min);
		pack_u8(p, row->slots[i].last_min);
		pack_u64(p, row->slots[i].up);
		pack_u64(p, row->slots[i].down);
	}
}

static bool unpack_slots(struct unpacker *u, struct row **row)
{
	uint8_t n = unpack_u8(u);

	for (unsigned i = 0; i < n && !u->is_bad; i++) {
		struct row_slot s = { .number = unpack_u8(u) };

		s.first_min = unpack_u8(u) % 15;
		s.last_min = unpack_u8(u) % 15;
		s.up = unpack_u64(u);
		s.down = unpack_u64(u);
		if (!u->is_bad && !row_restore(row, &s))
			u->is_bad = true;
	}
	return !u->is_bad;
}

/* Gives *ret_row, also when it is refused; NULL: none. */
static bool unpack_row(struct unpacker *u, struct row **ret_row)
{
	struct row *row;

	*ret_row = NULL;
	if (!unpack_u8(u))
		return !u->is_bad;
	*ret_row = row = row_new();
	if (!row)
		return false;
	row->flows = unpack_u16(u);
	unpack_bytes(u, row->top.addr.bytes, sizeof(row->top.addr.bytes));
	row->top.port = unpack_u16(u);
	row->top.proto = unpack_u8(u);
	row->top_votes = unpack_u64(u);
	return unpack_slots(u, ret_row);
}

/* --- facts ------------------------------------------------------------- */

void contact_pack_brief(const struct contact *k, struct packer *p)
{
	pack_bytes(p, k->own.bytes, sizeof(k->own.bytes));
	pack_u16(p, k->port);
	pack_u16(p, k->master);
	pack_u16(p, k->app);
	pack_u8(p, k->verdict);
	pack_u8(p, k->communities);
	for (unsigned i = 0; i < k->communities; i++)
		pack_bytes(p, k->community[i], DIGEST_SHA1_LEN);
}

void contact_unpack_brief(struct unpacker *u, struct contact *ret)
{
	unpack_bytes(u, ret->own.bytes, sizeof(ret->own.bytes));
	ret->port = unpack_u16(u);
	ret->master = unpack_u16(u);
	ret->app = unpack_u16(u);
	ret->verdict = unpack_u8(u);
	ret->communities = unpack_u8(u);
	if (ret->verdict >= DPI_SOURCES || ret->communities > CHANNEL_COMMUNITY_IDS) {
		u->is_bad = true;
		ret->communities = 0;
	}
	for (unsigned i = 0; i < ret->communities; i++)
		unpack_bytes(u, ret->community[i], DIGEST_SHA1_LEN);
}

static void pack_contact(const struct contact *k, struct packer *p)
{
	pack_u8(p, (uint8_t)(k->is_answered | k->was_opened_outside << 1 |
			     k->crossing_answered << 2 | k->crossing_large << 3 |
			     k->is_flooded << 4));
	pack_bytes(p, k->own.bytes, sizeof(k->own.bytes));
	pack_u64(p, k->run_start_ns);
	pack_u64(p, k->run_end_ns);
	pack_u64(p, k->crossing_bytes);
	pack_u32(p, (uint32_t)k->crossing_row);
	pack_u32(p, k->flows);
	pack_u16(p, k->master);
	pack_u16(p, k->app);
	pack_u16(p, k->port);
	pack_u8(p, k->verdict);
	pack_u8(p, k->communities);
	pack_bytes(p, k->community, k->communities * sizeof(k->community[0]));
}

static void unpack_contact(struct unpacker *u, struct contact *k)
{
	uint8_t flags = unpack_u8(u);

	k->is_answered = flags & 1;
	k->was_opened_outside = flags >> 1 & 1;
	k->crossing_answered = flags >> 2 & 1;
	k->crossing_large = flags >> 3 & 1;
	k->is_flooded = flags >> 4 & 1;
	unpack_bytes(u, k->own.bytes, sizeof(k->own.bytes));
	k->run_start_ns = unpack_u64(u);
	k->run_end_ns = unpack_u64(u);
	k->crossing_bytes = unpack_u64(u);
	k->crossing_row = (int32_t)unpack_u32(u);
	k->flows = unpack_u32(u);
	k->master = unpack_u16(u);
	k->app = unpack_u16(u);
	k->port = unpack_u16(u);
	k->verdict = unpack_u8(u);
	k->communities = unpack_u8(u);
	if (k->communities > CHANNEL_COMMUNITY_IDS || k->verdict >= DPI_SOURCES) {
		u->is_bad = true;
		k->communities = 0;
		k->verdict = DPI_NONE;
	}
	unpack_bytes(u, k->community, k->communities * sizeof(k->community[0]));
}

void channel_pack(const struct channels *c, const struct channel *ch, struct packer *p)
{
	const struct rhythm *rhythm = channel_rhythm(c, ch);

	pack_u8(p, CHANNEL_VERSION);
	pack_u64(p, ch->first_ns);
	pack_u64(p, ch->last_ns);
	pack_u64(p, ch->up);
	pack_u64(p, ch->down);
	pack_u64(p, ch->row_up);
	pack_u64(p, ch->active);
	pack_float(p, ch->usual_up);
	pack_u32(p, (uint32_t)ch->row_number);
	pack_text(p, ch->name);
	if (ch->contact)
		pack_contact(ch->contact, p);
	pack_row(ch->row, p);
	pack_u8(p, rhythm != NULL);
	if (rhythm)
		rhythm_pack(rhythm, p);
}

static void unpack_facts(struct unpacker *u, struct channel *ret)
{
	ret->first_ns = unpack_u64(u);
	ret->last_ns = unpack_u64(u);
	ret->up = unpack_u64(u);
	ret->down = unpack_u64(u);
	ret->row_up = unpack_u64(u);
	ret->active = unpack_u64(u);
	ret->usual_up = unpack_float(u);
	ret->row_number = (int32_t)unpack_u32(u);
	ret->name = unpack_text_new(u, NAME_MAX_LEN);
}

/* Into the table, with all that was read.  Takes the row. */
static bool take_over(struct channels *c, struct subject *subject, const struct channel *read,
		      const struct rhythm *rhythm)
{
	struct channel *ch = channels_get(c, subject, &read->key);
	struct rhythm *own;

	if (!ch) {
		free(read->row);
		return false;
	}
	ch->first_ns = read->first_ns;
	ch->last_ns = read->last_ns;
	ch->up = read->up;
	ch->down = read->down;
	ch->row_up = read->row_up;
	ch->active = read->active;
	ch->usual_up = read->usual_up;
	ch->row_number = read->row_number;
	channel_set_name(c, ch, read->name);
	if (ch->contact)
		*ch->contact = *read->contact;
	channel_take_row(c, ch, read->row);
	own = read->has_rhythm ? channel_follow_rhythm(c, ch) : NULL;
	if (own)
		*own = *rhythm;
	ch->is_changed = false;
	return true;
}

bool channel_unpack(struct channels *c, struct subjects *s, const struct unpacker *key,
		    const struct unpacker *value)
{
	struct unpacker u = *value;
	struct contact contact = { 0 };
	struct channel read = { .contact = &contact };
	struct rhythm rhythm = { 0 };
	struct subject *subject;
	uint8_t version = unpack_u8(&u);
	bool is_good;

	if (version < 2 || version > CHANNEL_VERSION)
		return false;
	subject = unpack_owner(s, *key, &read.key);
	if (!subject)
		return false;
	unpack_facts(&u, &read);
	if (read.key.group == GROUP_IP)
		unpack_contact(&u, &contact);
	is_good = unpack_row(&u, &read.row);
	read.has_rhythm = version > 2 && unpack_u8(&u);
	if (read.has_rhythm)
		rhythm_unpack(&u, &rhythm);
	is_good &= unpack_ok(&u);
	if (is_good)
		is_good = take_over(c, subject, &read, &rhythm);
	else
		free(read.row);
	free(read.name);
	return is_good;
}

/* --- evidence ---------------------------------------------------------- */

static void pack_process(const struct process *pr, struct packer *p)
{
	for (unsigned i = 0; i < EVIDENCE_BETS; i++)
		pack_double(p, pr->m[i]);
	pack_double(p, pr->m_mean);
	pack_u32(p, pr->hits);
	pack_u64(p, (uint64_t)pr->since_row);
	pack_u64(p, pr->up);
	pack_u64(p, pr->down);
	pack_u32(p, pr->misses);
	pack_u8(p, (uint8_t)pr->bursts_n);
	for (unsigned i = 0; i < pr->bursts_n; i++) {
		pack_u16(p, (uint16_t)pr->bursts[i].utc_min);
		pack_u16(p, (uint16_t)pr->bursts[i].civil_min);
	}
}

/* Evidence that is no number would never fall again. */
static double unpack_m(struct unpacker *u)
{
	double m = unpack_double(u);

	if (!(m >= 0 && m <= 1e12)) {
		u->is_bad = true;
		return 0;
	}
	return m;
}

void evidence_unpack_process(struct unpacker *u, struct process *pr)
{
	for (unsigned i = 0; i < EVIDENCE_BETS; i++)
		pr->m[i] = unpack_m(u);
	pr->m_mean = unpack_m(u);
	pr->hits = unpack_u32(u);
	pr->since_row = (int64_t)unpack_u64(u);
	pr->up = unpack_u64(u);
	pr->down = unpack_u64(u);
	pr->misses = (uint16_t)unpack_u32(u);
	pr->bursts_n = unpack_u8(u);
	if (pr->bursts_n > EVIDENCE_BURSTS) {
		u->is_bad = true;
		pr->bursts_n = 0;
	}
	for (unsigned i = 0; i < pr->bursts_n; i++) {
		pr->bursts[i].utc_min = (int16_t)unpack_u16(u);
		pr->bursts[i].civil_min = (int16_t)unpack_u16(u);
	}
}

static void pack_night(const struct night_seen *n, struct packer *p)
{
	pack_u32(p, (uint32_t)n->row);
	pack_u8(p, (uint8_t)(n->is_skipped | n->is_partial << 1 | n->is_degraded << 2));
	pack_u8(p, n->hits);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		pack_u16(p, (uint16_t)n->e_log[i]);
	pack_u16(p, n->coverage);
	pack_u16(p, n->loss);
	pack_u16(p, n->start_min);
	pack_u64(p, n->up);
	pack_u64(p, n->down);
	if (n->start_min == EVIDENCE_NO_START)
		return;
	pack_u16(p, n->end_min);
	pack_u16(p, n->centroid_min);
	pack_u16(p, n->flows);
	pack_u16(p, (uint16_t)n->z_100);
	pack_bytes(p, n->top.bytes, sizeof(n->top.bytes));
}

static void unpack_night(struct unpacker *u, struct night_seen *n)
{
	uint8_t flags;

	n->row = (int32_t)unpack_u32(u);
	flags = unpack_u8(u);
	n->is_skipped = flags & 1;
	n->is_partial = flags >> 1 & 1;
	n->is_degraded = flags >> 2 & 1;
	n->hits = unpack_u8(u) & ((1U << EVIDENCE_PROCESSES) - 1);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		n->e_log[i] = (int16_t)unpack_u16(u);
	n->coverage = unpack_u16(u);
	n->loss = unpack_u16(u);
	n->start_min = unpack_u16(u);
	n->up = unpack_u64(u);
	n->down = unpack_u64(u);
	if (n->coverage > EVIDENCE_SHARE || n->loss > EVIDENCE_SHARE)
		u->is_bad = true;
	if (n->start_min == EVIDENCE_NO_START)
		return;
	n->end_min = unpack_u16(u);
	n->centroid_min = unpack_u16(u);
	n->flows = unpack_u16(u);
	n->z_100 = (int16_t)unpack_u16(u);
	unpack_bytes(u, n->top.bytes, sizeof(n->top.bytes));
	if (n->start_min > 24 * 60 || n->end_min > 24 * 60)
		u->is_bad = true;
}

/* Most nights of a channel use a few slots: a mark which bytes of the picture are there. */
static void pack_picture(const uint8_t picture[static ROW_SLOTS / 2], struct packer *p)
{
	for (unsigned byte = 0; byte < ROW_SLOTS / 2; byte += 8) {
		uint8_t mask = 0;

		for (unsigned i = 0; i < 8; i++)
			mask |= (uint8_t)((picture[byte + i] != 0) << i);
		pack_u8(p, mask);
		for (unsigned i = 0; i < 8; i++)
			if (picture[byte + i])
				pack_u8(p, picture[byte + i]);
	}
}

static void unpack_picture(struct unpacker *u, uint8_t picture[static ROW_SLOTS / 2])
{
	for (unsigned byte = 0; byte < ROW_SLOTS / 2; byte += 8) {
		uint8_t mask = unpack_u8(u);

		for (unsigned i = 0; i < 8; i++)
			picture[byte + i] = mask >> i & 1 ? unpack_u8(u) : 0;
	}
}

void evidence_pack(const struct evidence *ev, struct packer *p)
{
	pack_u8(p, EVIDENCE_VERSION);
	pack_u64(p, (uint64_t)ev->promoted_row);
	pack_u32(p, ev->skipped);
	pack_u32(p, ev->degraded);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		pack_process(&ev->process[i], p);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		pack_u32(p, ev->process[i].nights);
	pack_u64(p, ev->nights_n);
	for (uint64_t i = 0; i < evidence_nights(ev); i++) {
		pack_night(evidence_night(ev, i), p);
		pack_picture(ev->picture[evidence_place(ev, i)], p);
	}
	pack_u8(p, ev->period != NULL);
	if (ev->period)
		period_pack(ev->period, p);
}

bool evidence_unpack(struct channels *c, struct subjects *s, const struct unpacker *key,
		     const struct unpacker *value)
{
	struct unpacker u = *value;
	struct evidence read = { 0 }, *ev;
	struct period period = { 0 };
	uint8_t version = unpack_u8(&u);
	bool has_period;
	struct channel_key k;
	struct subject *subject;
	struct channel *ch;

	if (version < 2 || version > EVIDENCE_VERSION)
		return false;
	subject = unpack_owner(s, *key, &k);
	read.promoted_row = (int64_t)unpack_u64(&u);
	read.skipped = unpack_u32(&u);
	read.degraded = unpack_u32(&u);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		evidence_unpack_process(&u, &read.process[i]);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		read.process[i].nights = unpack_u32(&u);
	read.nights_n = unpack_u64(&u);
	for (uint64_t i = 0; i < evidence_nights(&read) && !u.is_bad; i++) {
		unsigned place = evidence_place(&read, i);

		unpack_night(&u, &read.nights[place]);
		unpack_picture(&u, read.picture[place]);
	}
	has_period = version > 2 && unpack_u8(&u);
	if (has_period)
		period_unpack(&u, version > 3, &period);
	if (!unpack_ok(&u) || !subject)
		return false;
	ch = channels_get(c, subject, &k);
	ev = ch ? channel_promote(c, ch, read.promoted_row) : NULL;
	if (!ev)
		return false;
	read.period = ev->period;
	*ev = read;
	if (has_period && channel_follow_period(c, ch))
		*ev->period = period;
	return true;
}
