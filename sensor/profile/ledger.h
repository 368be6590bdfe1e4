/* ledger.h - thirty days of upload to one network, name or autonomous system: the facts of
 * NW-EXF-011 (detect/slow.h).
 *
 * Beside the channels, not in them: of a hundred thousand channels a few have uploaded more than
 * 64 KiB (`day_bytes` of the rule) in a day, so a ring in each would cost 26 MB of the 100 that
 * channels may have, and a channel that is evicted (the finest and most silent first) would take it
 * along.  Here the heavy hitters have 400 bytes each, at most LEDGER_MAX of them, 3 MB beside those
 * 100.  When it is full a quarter of the subject that has most goes, the least upload first, never
 * what was told; so decoys push out their own subject's decoys, and each must have uploaded 64 KiB
 * in a day.
 * A row that did not reach 64 KiB when the record was not there yet is not in it: an
 * error of at most 30 * 64 KiB = 1.9 MB in 50.
 * Thread: analysis.  Pointers stay valid until the next ledgers_get() or ledgers_expire().
 */
#ifndef NW_PROFILE_LEDGER_H
#define NW_PROFILE_LEDGER_H

#include "profile/keyed.h"

#define LEDGER_MAX 8192
#define LEDGER_ROWS 30

struct ledger {
	struct keyed keyed;
	char *name;			/* of a domain, else NULL */
	uint32_t up_kib[LEDGER_ROWS], down_kib[LEDGER_ROWS];	/* by row modulo LEDGER_ROWS */
	int32_t row;			/* the newest in it */
	uint64_t first_ns, last_ns;
	struct channel_key leaf;	/* the connection with most upload in the newest row */
	/* What was told of it (app/slow.c). */
	bool is_told;
	uint64_t told_up;		/* of the 30 rows, in the last record */
	bool is_changed;		/* since it was last packed */
};

struct ledgers;

int ledgers_new(struct ledgers **ret_ledgers);	/* 0 or -ENOMEM */
void ledgers_free(struct ledgers *l);
struct ledger *ledgers_find(const struct ledgers *l, const struct channel_key *key);
/* Made when it is not there.  NULL: no memory, or no room. */
struct ledger *ledgers_get(struct ledgers *l, struct subject *s, const struct channel_key *key,
			   const char *name);
void ledger_turn(struct ledger *l, int64_t row);	/* rows before the last 30 go */
/* Sets what a row had, the newest one or one within the last 30. */
void ledger_put(struct ledger *l, int64_t row, uint64_t up, uint64_t down);
struct keyed **ledgers_sorted(struct ledgers *l, size_t *ret_n);
/* Forgets what has nothing in the 30 rows up to this one, and was not told. */
void ledgers_expire(struct ledgers *l, int64_t row);
uint64_t ledgers_forgotten(const struct ledgers *l);	/* for want of room */

typedef void (*ledgers_removed_fn)(void *arg, const struct keyed *k);
void ledgers_on_remove(struct ledgers *l, ledgers_removed_fn removed, void *arg);

/* For the state; the key is keyed_pack_key()'s. */
void ledger_pack(const struct ledger *l, struct packer *p);
bool ledger_unpack(struct ledgers *l, const struct subjects *s, struct unpacker *key,
		   struct unpacker *value);

#endif
