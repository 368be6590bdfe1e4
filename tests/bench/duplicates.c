/* duplicates.c - what it costs to ask of each packet whether it was mirrored before.
 *
 *	duplicates		nanoseconds a packet, by size: in the cache, and over 256 MB
 *
 * The best of several passes: other work on the machine only adds.  Packets differ in sequence
 * number and payload, as an upload's; none is a copy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/hash.h"
#include "flow/duplicates.h"
#include "packet/packet.h"

#define BATCH 32
#define PASSES 7

static uint64_t processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

static void make_packet(uint8_t *at, uint32_t len, uint32_t n)
{
	static const uint8_t head[] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 192, 0, 2, 1,
		0x9c, 0x40, 1, 0xbb, 0, 0, 0, 0, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0
	};

	memcpy(at, head, sizeof(head));
	at[16] = (uint8_t)((len - 14) >> 8);
	at[17] = (uint8_t)(len - 14);
	memcpy(at + 38, &n, 4);
	for (uint32_t i = sizeof(head); i < len; i += 8) {
		uint64_t word = hash_mix(n * 4096ULL + i);

		memcpy(at + i, &word, len - i < 8 ? len - i : 8);
	}
}

/* One pass; with_take: false only decodes, which is taken off. */
static uint64_t pass(struct duplicates *d, const uint8_t *bytes, uint32_t len, uint32_t n,
		     bool with_take, uint64_t *now_ns)
{
	struct packet p[BATCH];
	uint64_t digests[BATCH], begin = processor_ns();

	for (uint32_t i = 0; i + BATCH <= n; i += BATCH) {
		for (uint32_t k = 0; k < BATCH; k++) {
			struct frame f = { .ts_ns = *now_ns, .caplen = len, .wirelen = len,
					   .link = 1, .bytes = bytes + (size_t)(i + k) * len };

			packet_decode(&f, &p[k]);
			if (!with_take)
				continue;
			digests[k] = duplicates_digest(d, &p[k], PACKET_OK);
			duplicates_prefetch(d, digests[k]);
		}
		for (uint32_t k = 0; with_take && k < BATCH; k++, *now_ns += 1000)
			duplicates_take(d, &p[k], PACKET_OK, digests[k], *now_ns);
	}
	return processor_ns() - begin;
}

static double measure(uint32_t len, uint32_t n)
{
	uint64_t with = UINT64_MAX, without = UINT64_MAX, now_ns = NS_PER_SEC;
	uint8_t *bytes = malloc((size_t)len * n);
	struct duplicates *d;

	if (!bytes || duplicates_new(1, &d))
		abort();
	for (uint32_t i = 0; i < n; i++)
		make_packet(bytes + (size_t)i * len, len, i);
	for (int i = 0; i < PASSES; i++) {
		uint64_t took = pass(d, bytes, len, n, true, &now_ns);

		with = took < with ? took : with;
		now_ns += NS_PER_SEC;
		took = pass(d, bytes, len, n, false, &now_ns);
		without = took < without ? took : without;
	}
	duplicates_free(d);
	free(bytes);
	return ((double)with - (double)without) / n;
}

int main(void)
{
	static const uint32_t sizes[] = { 64, 96, 256, 576, 1024, 1514 };

	printf("bytes   ns in the cache   ns over 256 MB\n");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		printf("%5u   %15.1f   %14.1f\n", sizes[i],
		       measure(sizes[i], 65536 / sizes[i] / BATCH * BATCH + BATCH),
		       measure(sizes[i], (256U << 20) / sizes[i]));
	return 0;
}
