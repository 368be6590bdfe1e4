/* hash.h - hashes for tables and shards (not cryptographic; digests live in digest.h).
 *
 * hash_bytes() is fixed: shards and everything that can influence a result use it.  Tables whose
 * layout must not be guessed by an attacker mix in hash_secret(), random per process: layout then
 * differs from run to run and results must not depend on it (determinism.test,
 * test_shard_storm.c).
 * hash_table() is theirs, and for nothing that is kept: eight bytes cost one multiplication of 64
 * by 64 bits, both halves of it folded, where hash_bytes() needs three.
 *
 * Without the secret nobody can choose keys that meet in one bucket.  What can be chosen is the
 * shard, whose number must be the same in every run: who knows hash_bytes() sends all his address
 * pairs to one.  Then one worker has his packets and one table, a sixteenth of all, his flows: the
 * table is as bounded as ever, and evictions are counted, so a flood that is aimed costs a shard
 * what a flood sixteen times as large costs all.
 */
#ifndef NW_BASE_HASH_H
#define NW_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t x)	/* the finaliser of splitmix64 */
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Inline, so that the length of a key is known where it is hashed. */
static inline uint64_t hash_table(const void *data, size_t len, uint64_t secret)
{
	const uint8_t *p = data;
	uint64_t h = secret ^ len, word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		h = hash_fold(h ^ word, 0x9e3779b97f4a7c15ULL);
	}
	if (len) {
		word = 0;
		memcpy(&word, p, len);
		h = hash_fold(h ^ word, 0x9e3779b97f4a7c15ULL);
	}
	return hash_fold(h, 0xd1b54a32d192ed03ULL ^ secret);
}

uint64_t hash_secret(void);	/* any thread; the same value for the life of the process */

#endif
