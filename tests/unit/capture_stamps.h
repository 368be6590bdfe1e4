/* capture_stamps.h - captures that are stamps and ids only, and what a source makes of them. */
#ifndef NW_TESTS_CAPTURE_STAMPS_H
#define NW_TESTS_CAPTURE_STAMPS_H

#include "base/clock.h"
#include "base/err.h"
#include "capture_build.h"
#include "tap.h"

#define MICRO 0xa1b2c3d4u
#define NANO 0xa1b23c4du
#define DAY 1700000000u
#define DAY_NS (DAY * NS_PER_SEC)
#define CUT_FRAMES 3000

/* Writes frames with these stamps (seconds after DAY) and ids first_id, first_id + 1, ... */
static inline void write_stamps(const char *name, const double *stamps, size_t n, uint32_t first_id)
{
	struct build b = { 0 };

	build_pcap_header(&b, MICRO, 4, 1);
	for (size_t i = 0; i < n; i++) {
		uint64_t us = (uint64_t)(stamps[i] * 1e6 + 0.5);

		build_pcap_record(&b, DAY + (uint32_t)(us / 1000000), (uint32_t)(us % 1000000),
				  first_id + (uint32_t)i);
	}
	scratch_write(name, b.bytes, b.len);
	build_clear(&b);
}

static inline void take_names(const char *const *names, size_t n, struct taken *ret_taken)
{
	const char *paths[8];

	for (size_t i = 0; i < n; i++)
		paths[i] = scratch_path(names[i]);
	take_paths(paths, n, ret_taken);
}

static inline void check_ids(const struct taken *t, const uint32_t *ids, size_t n)
{
	EQUAL_INT(t->n, n);
	for (size_t i = 0; i < n && i < t->n; i++)
		EQUAL_INT(t->ids[i], ids[i]);
}

static inline double after_day(uint64_t ns)
{
	return (double)(ns - DAY_NS) / 1e9;
}

/* Bursts of equal stamps, displacements just within the window, gaps of hours. */
static inline void random_stamps(uint64_t *state, uint64_t *stamps)
{
	uint64_t now = DAY_NS;

	for (size_t i = 0; i < CUT_FRAMES; i++) {
		uint64_t r = test_random(state), kind = r % 100;

		if (kind < 40)
			now += r / 100 % (20 * NS_PER_MS);
		else if (kind == 99)
			now += r / 100 % (5 * NS_PER_HOUR);
		stamps[i] = now;
		if (kind >= 90 && kind < 99 && i > 300)
			stamps[i] = now - r / 100 % 100 * 10 * NS_PER_MS;
	}
}

static inline void write_piece(const char *name, const uint64_t *stamps, size_t from, size_t to)
{
	struct build b = { 0 };

	build_pcap_header(&b, NANO, 4, 1);
	for (size_t i = from; i < to; i++)
		build_pcap_record(&b, (uint32_t)(stamps[i] / NS_PER_SEC),
				  (uint32_t)(stamps[i] % NS_PER_SEC), (uint32_t)i);
	scratch_write(name, b.bytes, b.len);
	build_clear(&b);
}

#endif
