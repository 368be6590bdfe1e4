/* coverage_pack.c - coverage to bytes and back (coverage.h).
 *
 * A list is written in its order and read only in it: bytes that are not what pack wrote end the
 * reading, so that reading costs no more than their number.
 */
#include <pthread.h>
#include "profile/coverage_internal.h"

#define VERSION 1

static void pack_stretches(const struct coverage *c, struct packer *p)
{
	pack_u64(p, c->forgotten);
	for (size_t i = 0; i < COVERAGE_REASONS; i++) {
		const struct list *l = &c->lists[i];

		pack_u32(p, (uint32_t)l->n);
		for (size_t k = 0; k < l->n; k++) {
			pack_u64(p, l->all[k].from_ns);
			pack_u64(p, l->all[k].to_ns);
		}
	}
}

static bool is_kept(const struct slot_ring *c, const struct slot *s)
{
	return (s->received || s->dropped) && s->number <= c->open &&
	       c->open - s->number < COVERAGE_SLOTS;
}

/* By number: the ring read from the place after the open slot's. */
static void pack_counts(const struct slot_ring *c, struct packer *p)
{
	uint16_t n = 0;

	for (size_t i = 0; i < COVERAGE_SLOTS; i++)
		n += is_kept(c, &c->slots[i]);
	pack_u16(p, n);
	for (size_t i = 1; i <= COVERAGE_SLOTS; i++) {
		const struct slot *s = &c->slots[(c->open + i) % COVERAGE_SLOTS];

		if (!is_kept(c, s))
			continue;
		pack_u64(p, s->number);
		pack_u64(p, s->received);
		pack_u64(p, s->dropped);
	}
}

bool coverage_pack(struct coverage *c, enum coverage_part part, struct packer *p)
{
	bool is_changed;

	pthread_mutex_lock(&c->lock);
	is_changed = c->is_changed[part];
	c->is_changed[part] = false;
	if (is_changed)
		pack_u8(p, VERSION);
	if (is_changed && part == COVERAGE_STRETCHES)
		pack_stretches(c, p);
	else if (is_changed)
		pack_counts(part == COVERAGE_BYTES ? &c->bytes : &c->packets, p);
	pthread_mutex_unlock(&c->lock);
	return is_changed;
}

static bool unpack_list(struct coverage *c, enum coverage_reason reason, struct unpacker *u)
{
	uint32_t n = unpack_u32(u);
	uint64_t last_ns = 0;

	if (n > c->lists[reason].max)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct span s;

		s.from_ns = unpack_u64(u);
		s.to_ns = unpack_u64(u);
		if (u->is_bad || s.from_ns >= s.to_ns || (i && s.from_ns <= last_ns) ||
		    coverage_add(c, s, reason))
			return false;
		last_ns = s.to_ns;
	}
	return !u->is_bad;
}

static bool unpack_stretches(struct coverage *c, struct unpacker *u)
{
	uint64_t forgotten = unpack_u64(u);

	c->forgotten = forgotten > c->forgotten ? forgotten : c->forgotten;
	for (size_t i = 0; i < COVERAGE_REASONS; i++)
		if (!unpack_list(c, (enum coverage_reason)i, u))
			return false;
	return true;
}

/* Counts of a slot that is counted already are added to it, as when one run follows another. */
static bool unpack_counts(struct slot_ring *c, struct unpacker *u)
{
	uint16_t n = unpack_u16(u);
	uint64_t first = 0, last = 0;

	if (n > COVERAGE_SLOTS)
		return false;
	for (uint16_t i = 0; i < n; i++) {
		struct slot got, *to;

		got.number = unpack_u64(u);
		got.received = unpack_u64(u);
		got.dropped = unpack_u64(u);
		first = i ? first : got.number;
		if (u->is_bad || got.number > UINT64_MAX / COVERAGE_SLOT_NS - 1 ||
		    (i && got.number <= last) || got.number - first >= COVERAGE_SLOTS ||
		    (!got.received && !got.dropped))
			return false;
		last = got.number;
		to = &c->slots[got.number % COVERAGE_SLOTS];
		if (to->number != got.number)
			*to = got;
		else if (got.received <= UINT64_MAX - to->received &&
			 got.dropped <= UINT64_MAX - to->dropped)
			*to = (struct slot){ got.number, to->received + got.received,
					     to->dropped + got.dropped };
		c->open = got.number > c->open ? got.number : c->open;
	}
	return true;
}

bool coverage_unpack(struct coverage *c, enum coverage_part part, const void *bytes, size_t len)
{
	struct unpacker u = unpack_over(bytes, len);
	struct slot_ring *ring = part == COVERAGE_BYTES ? &c->bytes : &c->packets;
	bool is_good;

	pthread_mutex_lock(&c->lock);
	c->is_changed[part] = true;
	is_good = unpack_u8(&u) == VERSION &&
		  (part == COVERAGE_STRETCHES ? unpack_stretches(c, &u) :
						unpack_counts(ring, &u)) &&
		  unpack_ok(&u);
	pthread_mutex_unlock(&c->lock);
	return is_good;
}
