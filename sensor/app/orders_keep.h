/* orders_keep.h - the work orders of Redis as they were read last, kept in the state: a sensor that
 * starts while Redis is away goes on with the orders that were known.
 * Thread: analysis.
 */
#ifndef NW_APP_ORDERS_KEEP_H
#define NW_APP_ORDERS_KEEP_H

#include "output/hash_rows.h"
#include "store/state.h"

int orders_keep(struct state *s, const struct hash_rows *rows);	/* 0 or -ENOMEM, ERR_LIMIT */
void orders_unkeep(struct state *s);	/* the orders are elsewhere now */
/* NULL: none are kept, they are damaged, or there is no memory.  Free with hash_rows_free(). */
struct hash_rows *orders_kept(struct state *s);

#endif
