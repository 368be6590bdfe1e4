/* sample.c - see sample.h. */
#include "base/sample.h"

#include <stdlib.h>
#include <string.h>

static unsigned level_of(uint32_t hash)
{
	return hash ? (unsigned)__builtin_clz(hash) : SAMPLE_LEVEL_MAX;
}

static void rise(struct sample *s)
{
	unsigned kept = 0;

	s->level++;
	for (unsigned i = 0; i < s->n; i++)
		if (level_of(s->things[i].hash) >= s->level)
			s->things[kept++] = s->things[i];
	s->n = (uint8_t)kept;
}

static bool grow(struct sample *s)
{
	unsigned room = s->room ? s->room * 2U : 1;
	struct sample_thing *more = realloc(s->things, room * sizeof(*more));

	if (!more)
		return false;
	s->things = more;
	s->room = (uint8_t)room;
	return true;
}

bool sample_add(struct sample *s, uint32_t hash, uint32_t size)
{
	if (level_of(hash) < s->level)
		return true;
	for (unsigned i = 0; i < s->n; i++) {
		struct sample_thing *t = &s->things[i];

		if (t->hash != hash)
			continue;
		if (size > t->size)	/* two things of one hash: whichever came first */
			t->size = size;
		return true;
	}
	while (s->n == SAMPLE_THINGS_MAX) {
		rise(s);
		if (level_of(hash) < s->level)
			return true;
	}
	if (s->n == s->room && !grow(s))
		return false;
	s->things[s->n++] = (struct sample_thing){ hash, size };
	return true;
}

bool sample_merge(struct sample *to, const struct sample *from)
{
	bool is_kept = true;

	while (to->level < from->level)
		rise(to);
	for (unsigned i = 0; i < from->n; i++)
		is_kept &= sample_add(to, from->things[i].hash, from->things[i].size);
	return is_kept;
}

void sample_clear(struct sample *s)
{
	free(s->things);
	memset(s, 0, sizeof(*s));
}

uint64_t sample_count(const struct sample *s)
{
	return (uint64_t)s->n << s->level;
}

uint64_t sample_bytes(const struct sample *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->n; i++)
		sum += s->things[i].size;
	return sum << s->level;
}

void sample_pack(const struct sample *s, struct packer *p)
{
	pack_u8(p, s->level);
	pack_u8(p, s->n);
	for (unsigned i = 0; i < s->n; i++) {
		pack_u32(p, s->things[i].hash);
		pack_u32(p, s->things[i].size);
	}
}

bool sample_unpack(struct unpacker *u, struct sample *ret)
{
	unsigned level = unpack_u8(u), n = unpack_u8(u);
	bool is_kept = true;

	memset(ret, 0, sizeof(*ret));
	u->is_bad |= level > SAMPLE_LEVEL_MAX || n > SAMPLE_THINGS_MAX;
	ret->level = (uint8_t)(u->is_bad ? 0 : level);
	for (unsigned i = 0; i < n && !u->is_bad && is_kept; i++) {
		uint32_t hash = unpack_u32(u), size = unpack_u32(u);

		is_kept = sample_add(ret, hash, size);
	}
	if (u->is_bad || !is_kept)
		sample_clear(ret);
	return !u->is_bad && is_kept;
}
