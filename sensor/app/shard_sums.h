/* shard_sums.h - the counters of all shards, added up.
 *
 * A counter that is missing in the list does not compile.  Pure functions, any thread.
 */
#ifndef NW_APP_SHARD_SUMS_H
#define NW_APP_SHARD_SUMS_H

#include "flow/shard.h"
#include "packet/fragments.h"

/* Adds every counter of one shard to *sum. */
void shard_sums_add(struct shard_counters *sum, const struct shard_counters *one);
/* And the fragments that were put together before it was known whose they are; bad_reassembled: of
 * datagrams that turned out malformed. */
void shard_sums_add_fragments(struct shard_counters *sum, const struct fragments_counters *f,
			      uint64_t bad_reassembled);

#endif
