/* orders_feed.h - work orders in Redis: the hash nw:{SITE}:work-orders (field: id, value: the JSON
 * of that order), for sites whose file says "work_orders": "redis:".
 *
 * A thread of its own reads the hash every FEED_EVERY_NS, so that nothing waits for Redis; what it
 * got is asked for and parsed by the analysis.  One field is one order: a value that is no good
 * order, or has another id than its field, is left out and said, and all others count (a file with
 * an error is refused whole: whoever wrote it can mend it before the next one).  When Redis cannot
 * be read, the orders that were read last go on.
 */
#ifndef NW_APP_ORDERS_FEED_H
#define NW_APP_ORDERS_FEED_H

#include "output/redis_hash.h"
#include "policy/orders.h"

#define FEED_EVERY_NS (10 * NS_PER_SEC)
#define FEED_KEY_MAX (SITE_ID_MAX + 20)

struct orders_feed;

const char *orders_feed_key(const struct site *site, char buf[static FEED_KEY_MAX]);
/* Starts the thread.  0 or -errno. */
int orders_feed_new(const struct redis_url *url, const struct site *site,
		    struct orders_feed **ret_feed);
void orders_feed_free(struct orders_feed *f);	/* NULL is fine; ends the thread */
/* Until the hash was read once, or could not be: at most wait_ns. */
void orders_feed_wait(struct orders_feed *f, uint64_t wait_ns);

/* What was read since the last call, when it differs from what was read before (free with
 * hash_rows_free()); else NULL.  ret_problem: why the last reading failed, "" when it did not. */
struct hash_rows *orders_feed_take(struct orders_feed *f, char ret_problem[static REDIS_TEXT_MAX]);

/* The orders in rows.  0 with *ret_left_out, the first of which were logged each; else what
 * orders_parse() says of all together, such as more assets than it takes (logged).  Each row is
 * parsed alone first: 100 000 orders of 500 assets take 5 s.  Any thread. */
int orders_of_rows(const struct hash_rows *rows, const struct site *site,
		   struct orders **ret_orders, size_t *ret_left_out);

#endif
