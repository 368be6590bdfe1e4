/* redis_hash.h - a hash of Redis read as a whole.
 *
 * For what people or other programs keep there, such as work orders.  Any bytes may come: the
 * caller parses them.  The hash is walked by HSCAN, so that no reply is long and the server never
 * stops for it: what changes meanwhile comes in the old form or the new one, and completely at the
 * next reading.  The user needs +hscan on the key, beside what the sink needs.
 */
#ifndef NW_OUTPUT_REDIS_HASH_H
#define NW_OUTPUT_REDIS_HASH_H

#include "output/hash_rows.h"
#include "output/redis_conn.h"

/* Over a connection of its own, which it closes.  REDIS_DONE and the rows (free with
 * hash_rows_free(); a key that is not there has none), or why not.  Any thread; waits as
 * redis_conn.h says, until stop_fd becomes readable (-1: nothing ends it). */
enum redis_class redis_hash_read(const struct redis_url *url, const char *key, int stop_fd,
				 struct hash_rows **ret_rows, struct redis_fault *ret_fault);

#endif
