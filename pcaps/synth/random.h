/* random.h - the generator's own randomness: the same bytes everywhere, for ever.
 *
 * xoshiro256** seeded through splitmix64.  Draws are integers or Q32 fixed point (1.0 = 2^32),
 * never floating point: log() and exp() may differ in the last bit from one libm to the next, and a
 * compiler may contract a*b+c; either would change a capture.
 * Each activity, run and connection has a stream of its own, derived from (seed, name, a, b), so
 * adding an activity changes nothing in the others.
 * Not for secrets.  A plain value; one thread.
 */
#ifndef NW_SYNTH_RANDOM_H
#define NW_SYNTH_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define Q32_ONE (1ULL << 32)

struct random {
	uint64_t s[4];
};

/* A stream of its own for every different (seed, name, a, b). */
struct random random_stream(uint64_t seed, const char *name, uint64_t a, uint64_t b);

uint64_t random_u64(struct random *r);
uint64_t random_below(struct random *r, uint64_t n);		/* 0..n-1 without bias; n > 0 */
bool random_chance(struct random *r, uint64_t p_q32);		/* true with probability p */
uint64_t random_exponential_q32(struct random *r);		/* mean 1 */
int64_t random_normal_q32(struct random *r);			/* mean 0, standard deviation 1 */
void random_bytes(struct random *r, uint8_t *to, size_t n);

/* Scaled draws, rounded towards zero. */
uint64_t random_exponential(struct random *r, uint64_t mean);
int64_t random_normal(struct random *r, uint64_t sd);
/* mean * (1 + spread * normal), never below an eighth of the mean. */
uint64_t random_spread(struct random *r, uint64_t mean, uint64_t spread_q32);
uint64_t q32_scale(uint64_t value, uint64_t factor_q32);	/* saturates */

#endif
