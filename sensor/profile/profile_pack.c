/* profile_pack.c - see profile_pack.h. */
#include "profile/profile_pack.h"

#include <string.h>

#define SUBJECT_VERSION 1

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
