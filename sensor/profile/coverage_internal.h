/* coverage_internal.h - what coverage.c and coverage_pack.c share; see coverage.h. */
#ifndef NW_PROFILE_COVERAGE_INTERNAL_H
#define NW_PROFILE_COVERAGE_INTERNAL_H

#include <pthread.h>
#include "profile/coverage.h"

struct span {
	uint64_t from_ns, to_ns;
};

struct list {
	struct span *all;
	size_t n, room, max;
};

struct slot {
	uint64_t number;		/* since 1970; the slot is [number, number + 1) * 15 min */
	uint64_t received, dropped;	/* packets; bytes seen and lost */
};

struct slot_ring {
	struct slot slots[COVERAGE_SLOTS];	/* at number % COVERAGE_SLOTS */
	uint64_t open;			/* the newest slot counted; 0: none */
};

struct coverage {
	pthread_mutex_t lock;
	struct list lists[COVERAGE_REASONS];
	struct slot_ring packets, bytes;
	uint64_t forgotten;
	bool is_changed[COVERAGE_PARTS];
};

/* With the lock held.  0 or -ENOMEM. */
int coverage_add(struct coverage *c, struct span span, enum coverage_reason reason);

#endif
