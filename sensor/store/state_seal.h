/* state_seal.h - a state that only the holder of the site's key can read.
 *
 * A site that wants pseudonyms (base/pseudonym.h) must not keep clear addresses on its disk, and
 * yet its long memory must know them: networks and domains are judged by them at every day's end.
 * So the rows of long memory are sealed (base/seal.h), keys and values; records of the outbox have
 * pseudonyms already and stay as they are.  Without the key file the memory is lost, which is also
 * how to end its retention at once.
 *
 * Clear on the disk: the names of the facts in STATE_META, lengths, numbers of rows, and which
 * key it is (a hash of it).  Thread: the analysis.
 */
#ifndef NW_STORE_STATE_SEAL_H
#define NW_STORE_STATE_SEAL_H

#include <stdint.h>
#include "base/pseudonym.h"
#include "store/state.h"

/* To be called once, before anything is read from the state or put into it.  key NULL: it must be
 * an open one.  A new state is begun in the way that is asked for; an old one must be of that way
 * and key: else -EPERM, logged with the remedy.  Also -ENOMEM, -ENOSYS, logged. */
int state_seal(struct state *s, const uint8_t *key);

#endif
