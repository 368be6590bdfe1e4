/* random.c - xoshiro256**, and exponential and normal draws by comparing uniform ones.
 *
 * Exponential: von Neumann 1951.  The length of the descending run that a uniform number starts is
 * odd with probability exp(-u); counting the failed runs gives the whole part.  Normal: |x| is an
 * exponential draw accepted with probability exp(-(x-1)^2/2), itself decided by a second one.  Both
 * are exact up to the 32-bit resolution and need no logarithm.  Cost: about 5 and 15 draws.
 */
#include "synth/random.h"

#include <string.h>
#include "base/hash.h"

static uint64_t rotate_left(uint64_t x, unsigned k)
{
	return x << k | x >> (64 - k);
}

struct random random_stream(uint64_t seed, const char *name, uint64_t a, uint64_t b)
{
	struct random r;
	uint64_t x = hash_mix(seed + 0x9e3779b97f4a7c15ULL);

	/* FNV-1a here and not hash_bytes(): a capture must not change when that hash does. */
	uint64_t h = 0xcbf29ce484222325ULL;
	for (const char *p = name; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3ULL;
	x = hash_mix(x ^ h);
	x = hash_mix(x + a * 0xd1342543de82ef95ULL + 1);
	x = hash_mix(x + b * 0xaf251af3b0f025b5ULL + 2);
	for (unsigned i = 0; i < 4; i++) {
		x += 0x9e3779b97f4a7c15ULL;
		r.s[i] = hash_mix(x);
	}
	return r;
}

uint64_t random_u64(struct random *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

uint64_t random_below(struct random *r, uint64_t n)
{
	uint64_t floor = -n % n;	/* 2^64 mod n: the biased remainder is drawn again */
	uint64_t x;

	do
		x = random_u64(r);
	while (x < floor);
	return x % n;
}

bool random_chance(struct random *r, uint64_t p_q32)
{
	return random_u64(r) >> 32 < p_q32;
}

static uint32_t uniform_q32(struct random *r)
{
	return (uint32_t)(random_u64(r) >> 32);
}

uint64_t random_exponential_q32(struct random *r)
{
	for (uint64_t whole = 0;; whole++) {
		uint32_t first = uniform_q32(r), last = first, next;
		unsigned run = 1;

		while ((next = uniform_q32(r)) < last) {
			last = next;
			run++;
		}
		if (run & 1)
			return (whole << 32) + first;
	}
}

int64_t random_normal_q32(struct random *r)
{
	for (;;) {
		uint64_t x = random_exponential_q32(r);
		uint64_t d = x > Q32_ONE ? x - Q32_ONE : Q32_ONE - x;
		uint64_t half_square = (uint64_t)((unsigned __int128)d * d >> 33);

		if (random_exponential_q32(r) > half_square)
			return random_u64(r) >> 63 ? -(int64_t)x : (int64_t)x;
	}
}

void random_bytes(struct random *r, uint8_t *to, size_t n)
{
	while (n > 0) {
		uint64_t x = random_u64(r);
		size_t take = n < 8 ? n : 8;

		/* Byte by byte, so that both byte orders write the same capture. */
		for (size_t i = 0; i < take; i++)
			to[i] = (uint8_t)(x >> (8 * i));
		to += take;
		n -= take;
	}
}

uint64_t q32_scale(uint64_t value, uint64_t factor_q32)
{
	unsigned __int128 x = (unsigned __int128)value * factor_q32 >> 32;

	return x > UINT64_MAX ? UINT64_MAX : (uint64_t)x;
}

uint64_t random_exponential(struct random *r, uint64_t mean)
{
	return q32_scale(mean, random_exponential_q32(r));
}

int64_t random_normal(struct random *r, uint64_t sd)
{
	int64_t x = random_normal_q32(r);

	if (x < 0)
		return -(int64_t)q32_scale(sd, (uint64_t)-x);
	return (int64_t)q32_scale(sd, (uint64_t)x);
}

uint64_t random_spread(struct random *r, uint64_t mean, uint64_t spread_q32)
{
	int64_t off = random_normal(r, q32_scale(mean, spread_q32));
	uint64_t floor = mean / 8;

	if (off < 0 && (uint64_t)-off > mean - floor)
		return floor;
	return mean + (uint64_t)off;
}
