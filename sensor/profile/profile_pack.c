/* profile_pack.c - see profile_pack.h. */
#include "profile/profile_pack.h"

#include <string.h>
#include "profile/busy.h"

/* 2: bets without nights in play, and nothing behind them; 3: without answered_ns */
#define SUBJECT_VERSION 4

/* --- subjects ------------------------------------------------------------------------------- */

/* Entries are named by their id; one that the site no longer has is forgotten. */
static void pack_jobs(const struct subject *s, struct packer *p)
{
	pack_u32(p, (uint32_t)s->n_jobs);
	for (size_t i = 0; i < s->n_jobs; i++)
		job_pack(&s->jobs[i], p);
}

static const struct expected *find_entry(const struct site *site, const char *id)
{
	for (size_t i = 0; i < site->n_expected; i++)
		if (!strcmp(site->expected[i].id, id))
			return &site->expected[i];
	return NULL;
}

/* What the first form had: how much of a maximum was used. */
static void unpack_use(struct unpacker *u, struct job *ret)
{
	job_init(ret, NULL, false);
	ret->row = (int64_t)unpack_u64(u);	/* compared only */
	ret->row_up = unpack_u64(u);
}

static void unpack_jobs(struct unpacker *u, const struct site *site, struct subject *s,
			unsigned version)
{
	uint32_t n = unpack_u32(u);

	for (uint32_t i = 0; i < n && !u->is_bad; i++) {
		const struct expected *entry;
		char id[SITE_ID_MAX];
		struct job read, *j;

		unpack_text(u, id, sizeof(id));
		if (version == 1)
			unpack_use(u, &read);
		else
			job_unpack(u, s->number, &read);
		entry = u->is_bad ? NULL : find_entry(site, id);
		if (!entry || !job_is_one(entry))
			continue;
		j = job_get(s, entry, read.is_target, INT64_MIN);
		read.entry = entry;
		read.is_exceeded = entry->max_bytes_per_night &&
				   read.row_up > entry->max_bytes_per_night;
		if (j)
			*j = read;
	}
}

static void pack_volumes(const struct volume_night *ring, struct packer *p)
{
	uint32_t nights = 0;

	for (size_t i = 0; i < VOLUME_NIGHTS; i++)
		nights += ring[i].row != INT64_MIN;
	pack_u32(p, nights);
	for (size_t i = 0; i < VOLUME_NIGHTS; i++)
		if (ring[i].row != INT64_MIN) {
			pack_u64(p, (uint64_t)ring[i].row);
			pack_u64(p, ring[i].up);
		}
}

void subject_pack(const struct subject *s, struct packer *p)
{
	uint32_t bets = 0;

	pack_u8(p, SUBJECT_VERSION);
	pack_bytes(p, s->addr.bytes, sizeof(s->addr.bytes));
	pack_text(p, s->zone ? s->zone->id : "");
	pack_bytes(p, s->mac, sizeof(s->mac));
	pack_u32(p, 0);
	pack_jobs(s, p);
	pack_volumes(s->volume, p);
	for (size_t i = 0; s->bound && i < BOUND_NIGHTS; i++)
		bets += s->bound[i].row != INT64_MIN;
	pack_u32(p, bets);
	for (size_t i = 0; s->bound && i < BOUND_NIGHTS; i++)
		if (s->bound[i].row != INT64_MIN) {
			pack_u64(p, (uint64_t)s->bound[i].row);
			pack_u32(p, s->bound[i].channel_nights);
			pack_u16(p, s->bound[i].promoted);
			pack_u16(p, s->bound[i].in_play);
		}
	pack_volumes(s->day, p);
	busy_pack(s, p);
	pack_u64(p, s->answered_ns);
}

static bool unpack_names(struct unpacker *u, const void *key, size_t key_len,
			 struct subject_names *ret, unsigned *ret_version)
{
	memset(ret, 0, sizeof(*ret));
	*ret_version = unpack_u8(u);
	if (key_len >= sizeof(ret->id) || *ret_version < 1 || *ret_version > SUBJECT_VERSION)
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
	unsigned version;

	return unpack_names(&u, key, key_len, ret_names, &version);
}

static void unpack_volumes(struct unpacker *u, struct subject *s,
			   void (*add)(struct subject *s, int64_t row, uint64_t up))
{
	uint32_t n = unpack_u32(u);

	for (uint32_t i = 0; i < n && !u->is_bad; i++) {
		int64_t row = (int64_t)unpack_u64(u);

		add(s, row, unpack_u64(u));
	}
}

bool subject_unpack(struct subjects *list, const struct site *site, const void *key, size_t key_len,
		    const void *value, size_t value_len)
{
	struct unpacker u = unpack_over(value, value_len);
	struct subject_names names;
	struct subject *s = NULL;
	unsigned version;
	uint32_t n;

	if (unpack_names(&u, key, key_len, &names, &version))
		s = subjects_restore(list, names.id, &names.addr, names.zone);
	if (!s)
		return false;
	memcpy(s->mac, names.mac, sizeof(s->mac));
	if (!strncmp(s->id, SUBJECT_UNLISTED, strlen(SUBJECT_UNLISTED)))
		s->addr = names.addr;
	unpack_u32(&u);		/* once the open incidents of it, which are counted anew */
	unpack_jobs(&u, site, s, version);
	unpack_volumes(&u, s, subject_add_volume);
	n = unpack_u32(&u);
	for (uint32_t i = 0; i < n && !u.is_bad; i++) {
		struct bound_night b = { .row = (int64_t)unpack_u64(&u) };

		b.channel_nights = unpack_u32(&u);
		b.promoted = (uint16_t)(version < 3 ? unpack_u32(&u) : unpack_u16(&u));
		b.in_play = version < 3 ? 0 : unpack_u16(&u);
		subject_restore_bets(s, &b);
	}
	if (version > 2) {
		unpack_volumes(&u, s, subject_add_day);
		busy_unpack(&u, subjects_latest(list), s);
	}
	if (version > 3)
		s->answered_ns = unpack_u64(&u);
	return unpack_ok(&u);
}
