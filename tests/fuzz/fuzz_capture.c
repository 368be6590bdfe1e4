/* fuzz_capture.c - hostile capture files, plain or compressed, through the parsers and the reorder
 * window.
 *
 * An input is the file.  Checked: frames lie inside their block, lengths are normalised, the
 * window gives as many frames as the file has and never goes backwards, whatever its bounds; and
 * no block is left over.
 */
#include <stdint.h>
#include <stdlib.h>
#include "capture/lane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX 100000	/* a bomb's frames are all alike */
#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static volatile unsigned sink;

static void check_frame(const struct held *h)
{
	const struct frame *f = &h->frame;
	unsigned sum = 0;

	ENSURE(f->caplen <= f->wirelen);
	ENSURE(f->caplen <= PACKET_BYTES_MAX);
	ENSURE(f->ts_ns < CAPFILE_NS_END);
	ENSURE(f->bytes >= h->block->data);
	ENSURE((size_t)(f->bytes - h->block->data) + f->caplen <= h->block->size);
	for (uint32_t i = 0; i < f->caplen; i++)
		sum += f->bytes[i];
	sink = sum;
}

/* The file as it is.  How many frames it has, or at least FRAMES_MAX. */
static size_t read_file(const uint8_t *data, size_t size, struct block_pool *pool)
{
	struct held frames[7];
	struct capfile *file;
	size_t account = 0, total = 0, n;

	if (capfile_open_memory(data, size, pool, &account, &file))
		return 0;
	while (total < FRAMES_MAX && (n = capfile_read(file, frames, 7))) {
		for (size_t i = 0; i < n; i++) {
			ENSURE(frames[i].position == total + i);
			check_frame(&frames[i]);
			block_unref(frames[i].block);
		}
		total += n;
	}
	if (total < FRAMES_MAX)
		ENSURE(capfile_read(file, frames, 7) == 0);
	capfile_close(file);
	ENSURE(account == 0);
	return total;
}

static void read_lane(const uint8_t *data, size_t size, struct block_pool *pool,
		      const struct lane_limits *limits, size_t expected)
{
	struct capfile *file;
	struct lane *lane;
	size_t account = 0, total = 0;
	uint64_t last_ns = 0;

	if (capfile_open_memory(data, size, pool, &account, &file) ||
	    lane_new(file, &account, &lane))
		return;
	while (total < FRAMES_MAX && lane_head(lane, limits)) {
		struct held h = lane_take(lane);

		ENSURE(h.frame.ts_ns >= last_ns);
		last_ns = h.frame.ts_ns;
		check_frame(&h);
		block_unref(h.block);
		total++;
	}
	ENSURE(total == expected || expected >= FRAMES_MAX);
	ENSURE(lane_counters(lane)->reordered + lane_counters(lane)->clamped <= FRAMES_MAX + 65536);
	lane_free(lane);
	ENSURE(account == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct lane_limits wide = { 65536, 64 << 20 }, narrow = { 3, 64 << 20 };
	struct block_pool *pool;
	size_t n;

	if (block_pool_new(&pool))
		return 0;
	n = read_file(data, size, pool);
	read_lane(data, size, pool, &wide, n);
	read_lane(data, size, pool, &narrow, n);
	block_pool_free(pool);
	return 0;
}
