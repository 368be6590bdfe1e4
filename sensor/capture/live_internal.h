/* live_internal.h - the state of a live source, which live_open.c opens and live.c runs. */
#ifndef NW_CAPTURE_LIVE_INTERNAL_H
#define NW_CAPTURE_LIVE_INTERNAL_H

#include <net/if.h>
#include <pcap/pcap.h>
#include <stdatomic.h>
#include "capture/block.h"
#include "capture/source_internal.h"

#define LIVE_INTERFACES_MAX 16
#define LIVE_RETIRE_MS 50
#define LIVE_LINE_SLOTS 65536		/* frames waiting per interface; power of two */
#define LIVE_GIVEN_MAX 4096		/* frames handed out at once */

struct live_source;

/* One interface and the frames waiting on it. */
struct line {
	struct live_source *owner;
	char name[IF_NAMESIZE];
	pcap_t *pcap;			/* NULL once it is gone */
	int fd;
	unsigned index;			/* of the interface; 0: "any" */
	uint16_t link;
	struct block *block;		/* being filled */
	size_t block_used;
	size_t account;
	struct held *queue;		/* LIVE_LINE_SLOTS; position is the monotonic arrival */
	size_t at, n;
	bool is_quiet;			/* its ring had no more when last looked at */
	bool is_past_stop;		/* a frame stamped after the stop was seen */
	uint64_t packets_checked;	/* input.packets when its flags were last looked at */
	bool is_nano;			/* stamps hold nanoseconds where microseconds were */
	uint32_t stat_received, stat_dropped, stat_if_dropped;
	struct source_input input;
};

struct live_source {
	struct source base;
	struct block_pool *pool;
	struct line lines[LIVE_INTERFACES_MAX];
	size_t n_lines;
	struct block *given[LIVE_GIVEN_MAX];
	size_t n_given;
	int stop_fd;
	atomic_bool is_stopped;
	bool is_draining, is_over;
	uint64_t stop_wall_ns;		/* frames stamped later need not be waited for */
	uint64_t drain_from_ns, drain_until_ns;	/* monotonic */
	uint64_t now_ns, wall_ns;	/* monotonic and wall clock, once a round */
	uint64_t active_ns;		/* monotonic: last frame or idle mark */
	uint64_t stats_ns;		/* monotonic: last look at the kernel's counters */
};

int live_read(struct source *base, struct frame *frames, size_t max);
void live_stop(struct source *base);
void live_free(struct source *base);

#endif
