/* busy.c - see busy.h. */
#include "profile/busy.h"

#include <stdlib.h>
#include "profile/crowd.h"

static void drop(struct subject *s)
{
	free(s->busy);
	s->busy = NULL;
}

void busy_add(struct subject *s, int64_t row, const struct row_minute *m)
{
	if (!s->asset || !s->crowd || !m->up)
		return;
	if (s->busy && s->busy_row != row)
		drop(s);
	if (!s->busy)
		s->busy = row_new();
	s->busy_row = row;
	/* Without memory a vote is missing, nothing else. */
	if (s->busy)
		row_add(&s->busy, m);
	s->is_changed = true;
}

struct row *busy_take(struct subject *s, int64_t row)
{
	struct row *taken = s->busy_row == row ? s->busy : NULL;

	if (!taken)
		return NULL;
	s->busy = NULL;
	s->is_changed = true;
	return taken;
}

/* --- for the state -------------------------------------------------------- */

void busy_pack(const struct subject *s, struct packer *p)
{
	bool votes = s->asset && s->crowd;

	pack_u64(p, (uint64_t)s->busy_row);
	pack_u8(p, s->busy ? s->busy->n : 0);
	for (unsigned i = 0; s->busy && i < s->busy->n; i++) {
		pack_u8(p, s->busy->slots[i].number);
		pack_u64(p, s->busy->slots[i].up);
		pack_u64(p, s->busy->slots[i].down);
	}
	pack_u8(p, votes);
	if (votes)
		crowd_pack_asset(s->crowd, s->number, p);
}

/* Of one that the site does not list any more: read, and forgotten. */
static void skip_votes(struct unpacker *u, int64_t latest_row)
{
	struct crowd *nobody = NULL;

	if (crowd_new(1, &nobody))
		u->is_bad = true;
	else
		crowd_unpack_asset(nobody, 0, latest_row, u);
	crowd_free(nobody);
}

static void unpack_row(struct unpacker *u, struct row **row)
{
	unsigned n = unpack_u8(u);

	for (unsigned i = 0; i < n && !u->is_bad; i++) {
		struct row_slot slot = { .number = unpack_u8(u) };

		slot.up = unpack_u64(u);
		slot.down = unpack_u64(u);
		if (!*row)
			*row = row_new();
		if (!*row || !row_restore(row, &slot))
			u->is_bad = true;
	}
}

void busy_unpack(struct unpacker *u, int64_t latest_row, struct subject *s)
{
	drop(s);
	s->busy_row = (int64_t)unpack_u64(u);
	unpack_row(u, &s->busy);
	if (u->is_bad || s->busy_row > latest_row || !s->asset)
		drop(s);
	if (!unpack_u8(u) || u->is_bad)
		return;
	if (s->asset && s->crowd)
		crowd_unpack_asset(s->crowd, s->number, latest_row, u);
	else
		skip_votes(u, latest_row);
}
