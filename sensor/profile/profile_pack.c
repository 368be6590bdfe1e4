/* profile_pack.c - see profile_pack.h. */
#include "profile/profile_pack.h"

#include <string.h>

#define SUBJECT_VERSION 1
#define CHANNEL_VERSION 1
#define EVIDENCE_VERSION 1
#define NAME_MAX_LEN 255

/* --- subjects ------------------------------------------------------------------------------- */

/* Entries are named by their id; one that the site no longer has is forgotten. */
static void pack_uses(const struct subject *s, struct packer *p)
{
	pack_u32(p, (uint32_t)s->n_uses);
	for (size_t i = 0; i < s->n_uses; i++) {
		pack_text(p, s->uses[i].entry->id);
		pack_u64(p, (uint64_t)s->uses[i].row);
		pack_u64(p, s->uses[i].up);
	}
}

static void unpack_uses(struct unpacker *u, const struct site *site, struct subject *s)
{
	uint32_t n = unpack_u32(u);

	for (uint32_t i = 0; i < n && !u->is_bad; i++) {
		char id[SITE_ID_MAX];
		int64_t row;
		uint64_t up;

		unpack_text(u, id, sizeof(id));
		row = (int64_t)unpack_u64(u);
		up = unpack_u64(u);
		for (size_t k = 0; k < site->n_expected && !u->is_bad; k++)
			if (!strcmp(site->expected[k].id, id))
				subject_use_expected(s, &site->expected[k], row, up);
	}
}

void subject_pack(const struct subject *s, struct packer *p)
{
	uint32_t nights = 0, bets = 0;

	pack_u8(p, SUBJECT_VERSION);
	pack_bytes(p, s->addr.bytes, sizeof(s->addr.bytes));
	pack_text(p, s->zone ? s->zone->id : "");
	pack_bytes(p, s->mac, sizeof(s->mac));
	pack_u32(p, s->closed_zone_peers);
	pack_uses(s, p);
	for (size_t i = 0; i < VOLUME_NIGHTS; i++)
		nights += s->volume[i].row != INT64_MIN;
	pack_u32(p, nights);
	for (size_t i = 0; i < VOLUME_NIGHTS; i++)
		if (s->volume[i].row != INT64_MIN) {
			pack_u64(p, (uint64_t)s->volume[i].row);
			pack_u64(p, s->volume[i].up);
		}
	for (size_t i = 0; s->bound && i < BOUND_NIGHTS; i++)
		bets += s->bound[i].row != INT64_MIN;
	pack_u32(p, bets);
	for (size_t i = 0; s->bound && i < BOUND_NIGHTS; i++)
		if (s->bound[i].row != INT64_MIN) {
			pack_u64(p, (uint64_t)s->bound[i].row);
			pack_u32(p, s->bound[i].channel_nights);
			pack_u32(p, s->bound[i].promoted);
		}
}

static bool unpack_names(struct unpacker *u, const void *key, size_t key_len,
			 struct subject_names *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (key_len >= sizeof(ret->id) || unpack_u8(u) != SUBJECT_VERSION)
		return false;
	memcpy(ret->id, key, key_len);
	unpack_bytes(u, ret->addr.bytes, sizeof(ret->addr.bytes));
	unpack_text(u, ret->zone, sizeof(ret->zone));
	unpack_bytes(u, ret->mac, sizeof(ret->mac));
	return !u->is_bad;
}

bool subject_peek(const void *key, size_t key_len, const void *value, size_t value_len,
		  struct subject_names *ret_names)
{
	struct unpacker u = unpack_over(value, value_len);

	return unpack_names(&u, key, key_len, ret_names);
}

bool subject_unpack(struct subjects *list, const struct site *site, const void *key, size_t key_len,
		    const void *value, size_t value_len)
{
	struct unpacker u = unpack_over(value, value_len);
	struct subject_names names;
	struct subject *s = NULL;
	uint32_t n;

	if (unpack_names(&u, key, key_len, &names))
		s = subjects_restore(list, names.id, &names.addr, names.zone);
	if (!s)
		return false;
	memcpy(s->mac, names.mac, sizeof(s->mac));
	s->closed_zone_peers = unpack_u32(&u);
	unpack_uses(&u, site, s);
	n = unpack_u32(&u);
	for (uint32_t i = 0; i < n && !u.is_bad; i++) {
		int64_t row = (int64_t)unpack_u64(&u);

		subject_add_volume(s, row, unpack_u64(&u));
	}
	n = unpack_u32(&u);
	for (uint32_t i = 0; i < n && !u.is_bad; i++) {
		struct bound_night b = { .row = (int64_t)unpack_u64(&u) };

		b.channel_nights = unpack_u32(&u);
		b.promoted = unpack_u32(&u);
		subject_restore_bets(s, &b);
	}
	return unpack_ok(&u);
}

/* --- channels --------------------------------------------------------------------------------- */

void channel_pack_key(const struct channel *ch, struct packer *p)
{
	pack_text(p, ch->subject->id);
	pack_bytes(p, ch->key.peer.bytes, sizeof(ch->key.peer.bytes));
	pack_bytes(p, ch->key.service, sizeof(ch->key.service));
}

/* The channel that a key names, made when it is not there. */
static struct channel *find_channel(struct channels *c, struct subjects *s, struct unpacker key)
{
	struct channel_key k = { 0 };
	struct subject *subject;
	char id[SITE_ID_MAX];

	unpack_text(&key, id, sizeof(id));
	unpack_bytes(&key, k.peer.bytes, sizeof(k.peer.bytes));
	unpack_bytes(&key, k.service, sizeof(k.service));
	subject = unpack_ok(&key) ? subjects_by_id(s, id) : NULL;
	if (!subject)
		return NULL;
	k.service[SERVICE_TEXT_MAX - 1] = '\0';
	k.subject = subject->number;
	return channels_get(c, subject, &k);
}

static void pack_row(const struct row *row, struct packer *p)
{
	uint8_t active = 0;

	pack_u32(p, row->flows);
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		active += row->up[i] || row->down[i];
	pack_u8(p, active);
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		if (row->up[i] || row->down[i]) {
			pack_u8(p, (uint8_t)i);
			pack_u8(p, row->first_min[i]);
			pack_u8(p, row->last_min[i]);
			pack_u64(p, row->up[i]);
			pack_u64(p, row->down[i]);
		}
}

static void unpack_row(struct unpacker *u, struct row *row)
{
	uint8_t active;

	row->flows = unpack_u32(u);
	active = unpack_u8(u);
	for (unsigned i = 0; i < active && !u->is_bad; i++) {
		uint8_t slot = unpack_u8(u);

		if (slot >= ROW_SLOTS) {
			u->is_bad = true;
			return;
		}
		row->first_min[slot] = unpack_u8(u) % 15;
		row->last_min[slot] = unpack_u8(u) % 15;
		row->up[slot] = unpack_u64(u);
		row->down[slot] = unpack_u64(u);
	}
}

void channel_pack(const struct channel *ch, struct packer *p)
{
	unsigned ids = ch->communities < CHANNEL_COMMUNITY_IDS ? ch->communities :
								  CHANNEL_COMMUNITY_IDS;

	pack_u8(p, CHANNEL_VERSION);
	pack_u8(p, (uint8_t)(ch->is_external | ch->was_opened_outside << 1 | ch->is_answered << 2 |
			     ch->crossing_answered << 3 | ch->crossing_large << 4 |
			     ch->is_flooded << 5));
	pack_bytes(p, ch->own.bytes, sizeof(ch->own.bytes));
	pack_u64(p, ch->crossing_bytes);
	pack_u8(p, ch->proto);
	pack_u16(p, ch->port);
	pack_u16(p, ch->master);
	pack_u16(p, ch->app);
	pack_u8(p, (uint8_t)ch->verdict);
	pack_u64(p, ch->first_ns);
	pack_u64(p, ch->last_ns);
	pack_u64(p, ch->up);
	pack_u64(p, ch->down);
	pack_u64(p, ch->flows);
	pack_u64(p, ch->run_start_ns);
	pack_u64(p, ch->run_end_ns);
	pack_u64(p, (uint64_t)ch->crossing_row);
	pack_text(p, ch->name);
	pack_u32(p, ch->communities);
	for (unsigned i = 0; i < ids; i++)
		pack_text(p, ch->community[i]);
	pack_u8(p, ch->row != NULL);
	if (ch->row) {
		pack_u64(p, (uint64_t)ch->row_number);
		pack_u64(p, ch->row_up);
		pack_row(ch->row, p);
	}
}

static void unpack_facts(struct unpacker *u, struct channel *ch)
{
	uint8_t flags = unpack_u8(u);

	ch->is_external = flags & 1;
	ch->was_opened_outside = flags >> 1 & 1;
	ch->is_answered = flags >> 2 & 1;
	ch->crossing_answered = flags >> 3 & 1;
	ch->crossing_large = flags >> 4 & 1;
	ch->is_flooded = flags >> 5 & 1;
	unpack_bytes(u, ch->own.bytes, sizeof(ch->own.bytes));
	ch->crossing_bytes = unpack_u64(u);
	ch->proto = unpack_u8(u);
	ch->port = unpack_u16(u);
	ch->master = unpack_u16(u);
	ch->app = unpack_u16(u);
	ch->verdict = unpack_u8(u);
	if (ch->verdict >= DPI_SOURCES)
		u->is_bad = true;
	ch->first_ns = unpack_u64(u);
	ch->last_ns = unpack_u64(u);
	ch->up = unpack_u64(u);
	ch->down = unpack_u64(u);
	ch->flows = unpack_u64(u);
	ch->run_start_ns = unpack_u64(u);
	ch->run_end_ns = unpack_u64(u);
	ch->crossing_row = (int64_t)unpack_u64(u);
}

bool channel_unpack(struct channels *c, struct subjects *s, const struct unpacker *key,
		    const struct unpacker *value)
{
	struct channel *ch = find_channel(c, s, *key);
	struct unpacker u = *value;
	unsigned ids;

	if (!ch || unpack_u8(&u) != CHANNEL_VERSION)
		return false;
	unpack_facts(&u, ch);
	ch->name = unpack_text_new(&u, NAME_MAX_LEN);
	ch->communities = unpack_u32(&u);
	ids = ch->communities < CHANNEL_COMMUNITY_IDS ? ch->communities : CHANNEL_COMMUNITY_IDS;
	for (unsigned i = 0; i < ids; i++)
		unpack_text(&u, ch->community[i], sizeof(ch->community[i]));
	if (unpack_u8(&u)) {
		struct row *row = channel_row(ch, (int64_t)unpack_u64(&u));

		if (!row)
			return false;
		ch->row_up = unpack_u64(&u);
		unpack_row(&u, row);
	}
	return unpack_ok(&u);
}

/* --- evidence --------------------------------------------------------------------------------- */

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

static void unpack_process(struct unpacker *u, struct process *pr)
{
	for (unsigned i = 0; i < EVIDENCE_BETS; i++)
		pr->m[i] = unpack_double(u);
	pr->m_mean = unpack_double(u);
	pr->hits = unpack_u32(u);
	pr->since_row = (int64_t)unpack_u64(u);
	pr->up = unpack_u64(u);
	pr->down = unpack_u64(u);
	pr->misses = unpack_u32(u);
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
	uint8_t flags = (uint8_t)(n->is_skipped | n->is_partial << 1);

	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		flags |= (uint8_t)(n->is_hit[i] << (2 + i));
	pack_u64(p, (uint64_t)n->row);
	pack_u8(p, flags);
	pack_u64(p, n->up);
	pack_u64(p, n->down);
	pack_u64(p, n->start_ns);
	pack_u64(p, n->end_ns);
	pack_u32(p, n->flows);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		pack_double(p, n->e[i]);
	pack_double(p, n->z);
	pack_double(p, n->coverage);
}

static void unpack_night(struct unpacker *u, struct night_seen *n)
{
	uint8_t flags;

	n->row = (int64_t)unpack_u64(u);
	flags = unpack_u8(u);
	n->is_skipped = flags & 1;
	n->is_partial = flags >> 1 & 1;
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		n->is_hit[i] = flags >> (2 + i) & 1;
	n->up = unpack_u64(u);
	n->down = unpack_u64(u);
	n->start_ns = unpack_u64(u);
	n->end_ns = unpack_u64(u);
	n->flows = unpack_u32(u);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		n->e[i] = unpack_double(u);
	n->z = unpack_double(u);
	n->coverage = unpack_double(u);
}

void evidence_pack(const struct evidence *ev, struct packer *p)
{
	pack_u8(p, EVIDENCE_VERSION);
	pack_u64(p, (uint64_t)ev->promoted_row);
	pack_u32(p, ev->skipped);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		pack_process(&ev->process[i], p);
	pack_u64(p, ev->nights_n);
	for (uint64_t i = 0; i < evidence_nights(ev); i++)
		pack_night(evidence_night(ev, i), p);
}

bool evidence_unpack(struct channels *c, struct subjects *s, const struct unpacker *key,
		     const struct unpacker *value)
{
	struct channel *ch = find_channel(c, s, *key);
	struct unpacker u = *value;
	struct evidence *ev;
	int64_t promoted;
	uint64_t kept;

	if (!ch || unpack_u8(&u) != EVIDENCE_VERSION)
		return false;
	promoted = (int64_t)unpack_u64(&u);
	ev = channel_promote(c, ch, promoted);
	if (!ev)
		return false;
	ev->skipped = unpack_u32(&u);
	for (unsigned i = 0; i < EVIDENCE_PROCESSES; i++)
		unpack_process(&u, &ev->process[i]);
	ev->nights_n = unpack_u64(&u);
	kept = evidence_nights(ev);
	for (uint64_t i = 0; i < kept; i++)
		unpack_night(&u, &ev->nights[(ev->nights_n - kept + i) % EVIDENCE_NIGHTS]);
	return unpack_ok(&u);
}
