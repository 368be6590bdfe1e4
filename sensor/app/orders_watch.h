/* orders_watch.h - work orders that change while a sensor runs: the file is read anew when its
 * time, size or inode differ, the hash in Redis when its content does (app/orders_feed.h).  The
 * part of app/reload.h that knows about orders.
 *
 * On any error the orders that were there stay, and it is said; once, until the file changes again.
 * run.id of records stays that of the policy; log and health record say which content (SHA-256) was
 * taken when.
 * Thread: analysis.
 */
#ifndef NW_APP_ORDERS_WATCH_H
#define NW_APP_ORDERS_WATCH_H

#include "app/orders_feed.h"
#include "policy/orders.h"

struct orders_watch;

/* site: with orders; feed: where they are in Redis, or NULL; both borrowed.  0 or -ENOMEM. */
int orders_watch_new(const struct site *site, struct orders_feed *feed,
		     struct orders_watch **ret_watch);
void orders_watch_free(struct orders_watch *w);	/* NULL is fine */
/* Gives what the orders of Redis were made of that were taken since the last call; or NULL. */
struct hash_rows *orders_watch_rows(struct orders_watch *w);
/* The orders that count now.  Borrowed until the next call. */
const struct orders *orders_watch_look(struct orders_watch *w);

struct orders_watch_counters {
	uint64_t taken, refused;	/* by the looks so far */
};
struct orders_watch_counters orders_watch_counters(const struct orders_watch *w);

#endif
