/* row.c - see row.h. */
#include "profile/row.h"

#include <stdlib.h>
#include <string.h>

static size_t bytes_for(unsigned room)
{
	return sizeof(struct row) + room * sizeof(struct row_slot);
}

struct row *row_new(void)
{
	struct row *r = calloc(1, bytes_for(1));

	if (r)
		r->room = 1;
	return r;
}

void row_count_flow(struct row *r)
{
	r->flows += r->flows < UINT16_MAX;
}

size_t row_bytes(const struct row *r)
{
	return r ? bytes_for(r->room) : 0;
}

/* Time goes on, so the slot is the last one, or new behind it; an older one is rare. */
static unsigned place_of(const struct row *r, unsigned number)
{
	unsigned at = r->n;

	while (at > 0 && r->slots[at - 1].number >= number)
		at--;
	return at;
}

static bool grow(struct row **at)
{
	unsigned room = (*at)->room * 2U < ROW_SLOTS ? (*at)->room * 2U : ROW_SLOTS;
	struct row *r;

	if ((*at)->n < (*at)->room)
		return true;
	r = realloc(*at, bytes_for(room));
	if (!r)
		return false;
	r->room = (uint8_t)room;
	*at = r;
	return true;
}

/* The slot of that number, made when missing; NULL: no memory. */
static struct row_slot *slot_at(struct row **at, unsigned number)
{
	unsigned i = place_of(*at, number);
	struct row *r = *at;

	if (i < r->n && r->slots[i].number == number)
		return &r->slots[i];
	if (!grow(at))
		return NULL;
	r = *at;
	memmove(&r->slots[i + 1], &r->slots[i], (r->n - i) * sizeof(r->slots[0]));
	r->slots[i] = (struct row_slot){ .number = (uint8_t)number };
	r->n++;
	return &r->slots[i];
}

static bool is_same_peer(const struct row_peer *a, const struct row_peer *b)
{
	return a->proto == b->proto && a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static void vote(struct row *r, const struct row_peer *peer, uint64_t up)
{
	if (is_same_peer(&r->top, peer)) {
		r->top_votes += up;
	} else if (up > r->top_votes) {
		r->top = *peer;
		r->top_votes = up - r->top_votes;
	} else {
		r->top_votes -= up;
	}
}

bool row_add(struct row **at, const struct row_minute *m)
{
	struct row_slot *s = m->slot < ROW_SLOTS ? slot_at(at, m->slot) : NULL;

	if (!s)
		return false;
	if (m->up && !s->up)
		s->first_min = (uint8_t)m->minute;
	if (m->up)
		s->last_min = (uint8_t)m->minute;
	s->up += m->up;
	s->down += m->down;
	if (m->up)
		vote(*at, &m->peer, m->up);
	return true;
}

void row_expand(const struct row *r, uint64_t up[static ROW_SLOTS],
		uint64_t down[static ROW_SLOTS])
{
	memset(up, 0, ROW_SLOTS * sizeof(up[0]));
	memset(down, 0, ROW_SLOTS * sizeof(down[0]));
	for (unsigned i = 0; r && i < r->n; i++) {
		up[r->slots[i].number] = r->slots[i].up;
		down[r->slots[i].number] = r->slots[i].down;
	}
}

const struct row_slot *row_find(const struct row *r, unsigned number)
{
	unsigned i = r ? place_of(r, number) : 0;

	return r && i < r->n && r->slots[i].number == number ? &r->slots[i] : NULL;
}

uint64_t row_up(const struct row *r)
{
	uint64_t sum = 0;

	for (unsigned i = 0; r && i < r->n; i++)
		sum += r->slots[i].up;
	return sum;
}

uint64_t row_overlap(const struct row *a, const struct row *b, unsigned from, unsigned to)
{
	uint64_t sum = 0;

	for (unsigned i = 0, k = 0; a && b && i < a->n && k < b->n;) {
		const struct row_slot *x = &a->slots[i], *y = &b->slots[k];

		if (x->number == y->number && x->number >= from && x->number < to)
			sum += x->up < y->up ? x->up : y->up;
		i += x->number <= y->number;
		k += y->number <= x->number;
	}
	return sum;
}

bool row_restore(struct row **at, const struct row_slot *slot)
{
	struct row_slot *s;

	if (slot->number >= ROW_SLOTS ||
	    ((*at)->n && (*at)->slots[(*at)->n - 1].number >= slot->number))
		return false;
	s = slot_at(at, slot->number);
	if (!s)
		return false;
	*s = *slot;
	return true;
}
