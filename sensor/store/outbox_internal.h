/* outbox_internal.h - what the face of the outbox (outbox.c) and its two stores share.
 *
 * The face has the lock, the sinks with their cursors, waiting and closing; a store has the
 * records. Positions count records without a gap; `end` is the one that comes next.
 */
#ifndef NW_STORE_OUTBOX_INTERNAL_H
#define NW_STORE_OUTBOX_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include "store/outbox.h"

struct outbox_sink {
	char *name;			/* owned */
	uint64_t first;			/* position of its first record ever; 0: no longer known */
	uint64_t cursor;		/* of the next record to take */
	uint64_t mark;			/* goes with the cursor */
	uint64_t next_mark;		/* takes the place of mark when the cursor moves */
	uint64_t patience_ns;		/* of an append that waits for it */
	uint64_t moved_ns;		/* when it last took records, monotonic clock */
	bool is_reading;		/* records after the cursor are with it */
	bool is_known;			/* from an earlier run */
	bool has_given_up;
	bool waits_for_commit;		/* takes nothing until where it stands is saved */
};

/* The lock is held where not said otherwise. */
struct outbox_store {
	bool is_durable;
	/* A new sink, named, at the end; the store may know better where it stands. */
	int (*open_sink)(struct outbox *o, int sink);
	void (*append)(struct outbox *o, struct record *r);	/* without the lock */
	/* Copies pointers to records from the cursor on.  May let go of the lock meanwhile.  0: it
	 * cannot, although there are some. */
	size_t (*read)(struct outbox *o, int sink, const struct record **records, size_t max);
	void (*taken)(struct outbox *o, int sink, size_t n);	/* the cursor has moved by n */
	void (*give_up)(struct outbox *o, int sink);
	bool (*has_first)(struct outbox *o, int sink);	/* every record since its first is there */
	void (*free)(struct outbox *o);		/* without the lock; the sinks have stopped */
};

struct outbox {
	const struct outbox_store *store;
	pthread_mutex_t lock;		/* everything below; never held while a sink works */
	pthread_cond_t came;		/* a record, or the end */
	pthread_cond_t left;		/* room, or the end */
	struct outbox_sink sinks[OUTBOX_SINKS_MAX];
	int n_sinks;
	uint64_t end;
	bool is_closed;
	bool is_appending;		/* an append is waiting: the end is not yet known */
	uint64_t bytes_max;		/* in memory: the bound */
	atomic_bool is_interrupted;	/* without the lock: a signal handler sets it */
	bool keeps_files;		/* outbox_place.keeps_file of a new sink */
	struct outbox_counters counters;
};

int outbox_init(struct outbox *o, const struct outbox_store *store);	/* 0 or -ENOMEM */
void outbox_fini(struct outbox *o);
size_t outbox_record_bytes(const struct record *r);
struct timespec outbox_deadline(uint64_t timeout_ns);

#endif
