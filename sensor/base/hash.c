/* hash.c - see hash.h.  hash_bytes(): eight bytes a step, multiply and fold, finished by
 * hash_mix(). */
#include "base/hash.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#define HASH_PRIME 0x9e3779b97f4a7c15ULL	/* 2^64 / golden ratio */

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t h = seed ^ (len * HASH_PRIME), word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		h = hash_mix(h ^ word) * HASH_PRIME;
	}
	if (len) {
		word = 0;
		memcpy(&word, p, len);
		h = hash_mix(h ^ word) * HASH_PRIME;
	}
	return hash_mix(h);
}

static uint64_t secret;
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;

static void make_secret(void)
{
	/* Without random numbers tables still work, only their layout could be guessed. */
	if (getrandom(&secret, sizeof(secret), GRND_NONBLOCK) != (ssize_t)sizeof(secret))
		secret = HASH_PRIME;
}

uint64_t hash_secret(void)
{
	pthread_once(&secret_once, make_secret);
	return secret;
}
