/* permutation.c - see permutation.h. */
#include "detect/permutation.h"

#include <stdbool.h>
#include <string.h>
#include "base/hash.h"

#define WINDOW_SLOTS 8		/* two hours */
#define PLANES 7		/* counts up to 64 */
#define HIGH_BITS (ROW_SLOTS - 64)
#define HIGH_MASK ((1ULL << HIGH_BITS) - 1)
#define GOLDEN 0x9e3779b97f4a7c15ULL	/* 2^64 / golden ratio, odd: the step of splitmix64 */

/* 96 bits on a circle. */
struct ring96 {
	uint64_t low, high;	/* slots 0..63, 64..95 */
};

/* The counters of all 96 windows: bit s of plane k is bit k of window s's count. */
struct counters {
	struct ring96 plane[PLANES];
};

/* Bit s goes to (s + by) % 96, by: 0..95.  What stays below 96, and what wraps. */
static struct ring96 rotate(struct ring96 r, unsigned by)
{
	unsigned back = ROW_SLOTS - by;
	struct ring96 up, wrapped;

	if (by == 0)
		return r;
	up.low = by < 64 ? r.low << by : 0;
	up.high = by < 64 ? r.high << by | r.low >> (64 - by) : r.low << (by - 64);
	wrapped.low = back < 64 ? r.low >> back | r.high << (64 - back) : r.high >> (back - 64);
	wrapped.high = back < 64 ? r.high >> back : 0;
	return (struct ring96){ up.low | wrapped.low, (up.high | wrapped.high) & HIGH_MASK };
}

/* Bit s: some slot of s .. s + 7 is active. */
static struct ring96 windows_of(const struct permutation_night *night)
{
	struct ring96 slots = { night->active[0], night->active[1] & HIGH_MASK }, all = slots;

	for (unsigned i = 1; i < WINDOW_SLOTS; i++) {
		struct ring96 earlier = rotate(slots, ROW_SLOTS - i);

		all.low |= earlier.low;
		all.high |= earlier.high;
	}
	return all;
}

static void count(struct counters *c, struct ring96 carry)
{
	for (unsigned k = 0; k < PLANES && (carry.low | carry.high); k++) {
		struct ring96 *plane = &c->plane[k];
		struct ring96 both = { plane->low & carry.low, plane->high & carry.high };

		plane->low ^= carry.low;
		plane->high ^= carry.high;
		carry = both;
	}
}

/* The largest count, and the windows that have it: from the highest plane down, those with the bit
 * set remain where there are any. */
static unsigned largest(const struct counters *c, struct ring96 *ret_where)
{
	struct ring96 left = { ~0ULL, HIGH_MASK };
	unsigned most = 0;

	for (unsigned k = PLANES; k-- > 0;) {
		struct ring96 set = { left.low & c->plane[k].low, left.high & c->plane[k].high };

		if (!(set.low | set.high))
			continue;
		left = set;
		most |= 1U << k;
	}
	*ret_where = left;
	return most;
}

static unsigned random_rotation(uint64_t *state)
{
	/* 2^32 / 96 is not whole: some rotations are more likely by 2e-8. */
	return (unsigned)((hash_mix(*state += GOLDEN) >> 32) * ROW_SLOTS >> 32);
}

struct permutation_night permutation_night_of(const uint8_t volumes[static ROW_SLOTS],
					      unsigned steps)
{
	struct permutation_night night = { { 0 } };
	unsigned top = 0;

	for (unsigned i = 0; i < ROW_SLOTS; i++)
		if (volumes[i] > top)
			top = volumes[i];
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		if (volumes[i] && volumes[i] + steps >= top)
			permutation_mark(&night, i);
	return night;
}

void permutation_test(const struct permutation_night *nights, unsigned n, uint64_t seed,
		      struct permutation *ret_result)
{
	struct permutation r = { .p = 1 };
	struct ring96 windows[PERMUTATION_NIGHTS], where;
	struct counters observed = { 0 };
	unsigned as_large = 0;

	for (unsigned i = 0; i < n && i < PERMUTATION_NIGHTS; i++) {
		windows[r.nights] = windows_of(&nights[i]);
		if (windows[r.nights].low | windows[r.nights].high)
			count(&observed, windows[r.nights++]);
	}
	*ret_result = r;
	if (r.nights == 0)
		return;
	r.most = largest(&observed, &where);
	r.window = where.low ? (unsigned)__builtin_ctzll(where.low)
			     : 64 + (unsigned)__builtin_ctzll(where.high);
	for (unsigned round = 0; round < PERMUTATION_ROUNDS; round++) {
		struct counters c = { 0 };

		for (unsigned i = 0; i < r.nights; i++)
			count(&c, rotate(windows[i], random_rotation(&seed)));
		as_large += largest(&c, &where) >= r.most;
	}
	r.p = (1.0 + as_large) / (PERMUTATION_ROUNDS + 1);
	*ret_result = r;
}
