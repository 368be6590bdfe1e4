/* places.h - flows whose packets are mirrored from several VLANs or taps.
 *
 * VLANs and tap are part of a flow's key.  Where a router stands between two mirrored VLANs each
 * packet comes twice, and duplicates.h keeps the first: of requests the one in the client's VLAN,
 * of answers the one in the server's.  By their keys these were two flows of one direction each.
 *
 *	request  10 (first)  20 (copy: flow of VLAN 10 is mirrored from VLAN 20 too)
 *	answer   20 (first): no flow has this key, but the one of VLAN 10 has this place -> it
 *
 * So a copy that comes from another place teaches its flow that place, and a packet without a flow
 * is looked for here before it opens one.  A request has passed the other place before it can be
 * answered, so the place is known in time.  A flow has the VLANs and the tap of its first packet.
 *
 * The places are part of the flow (struct flow_extra, and its image: they outlive a run); the index
 * holds flow numbers only, and each is checked against its flow when it is found, so that nothing
 * has to be taken out when a flow ends.  Bounded: PLACES_SLOTS flows a shard (64 KiB), sets of
 * four, a full set loses one in turn (counted): its answers become a flow of their own.
 * Thread: the shard's worker.  Cost: nothing for packets whose flow is there.
 */
#ifndef NW_FLOW_PLACES_H
#define NW_FLOW_PLACES_H

#include <stdint.h>
#include "flow/slice.h"
#include "packet/packet.h"

#define PLACES_SLOTS 16384
#define FLOW_PLACES_MAX 3	/* of one flow, beside its key's; more are not learned */

struct flow_place {
	uint16_t vlan[2];	/* as in struct flow_key */
	uint16_t tap;
};

struct flow_places {
	uint16_t n;
	struct flow_place at[FLOW_PLACES_MAX];
};

struct flow_table;
struct places;

struct flow_place flow_place_of(const struct packet *p);

/* 0 or -ENOMEM. */
int places_new(struct places **ret_places);
void places_free(struct places *ps);		/* NULL is fine */

/* A packet with this key, at whose place the flow of the place `first` was mirrored again. */
void places_learn(struct places *ps, struct flow_table *t, const struct flow_key *key,
		  const struct flow_place *first);
/* The flow that is mirrored from this key's place, 0: none.  For a key that no flow has. */
uint32_t places_find(const struct places *ps, const struct flow_table *t,
		     const struct flow_key *key);
/* An imported flow is in its table. */
void places_restore(struct places *ps, const struct flow_table *t, uint32_t no);

uint64_t places_forgotten(const struct places *ps);

#endif
