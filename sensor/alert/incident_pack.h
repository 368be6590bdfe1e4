/* incident_pack.h - incidents as bytes for the state, and back (base/pack.h).
 *
 * The key is the incident's number in order of opening (four bytes, big-endian, so that the state
 * gives them back in that order); the value holds all that it needs to go on: the same ids, counts
 * and words as if nothing had come between.
 */
#ifndef NW_ALERT_INCIDENT_PACK_H
#define NW_ALERT_INCIDENT_PACK_H

#include "alert/incident.h"
#include "base/pack.h"

#define INCIDENT_KEY_LEN 4

void incident_pack_key(size_t number, uint8_t ret[static INCIDENT_KEY_LEN]);
void incident_pack(const struct incident *in, struct packer *ret);
/* One incident more, in the order of keys, which have INCIDENT_KEY_LEN bytes.  false: malformed,
 * its subject is gone, or no memory. */
bool incident_unpack(struct incidents *in, struct subjects *s, const void *key,
		     const void *value, size_t len);

#endif
