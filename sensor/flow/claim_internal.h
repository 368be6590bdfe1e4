/* claim_internal.h - what claim.c (the table of a minute) and claim_read.c (what packets say)
 * share.
 * Thread: the shard's worker. */
#ifndef NW_FLOW_CLAIM_INTERNAL_H
#define NW_FLOW_CLAIM_INTERNAL_H

#include "flow/claim.h"

/* Once a minute each: what is there is counted, what is new is kept where there is room (claim.h).
 * place: as in claims_take(). */
void claims_keep(struct claims *c, const struct claim *claim, uint32_t place);
/* A message made a claim, or several. */
void claims_note_read(struct claims *c);
/* Not zero, and not a group's. */
bool claim_is_host_mac(const uint8_t mac[static 6]);
/* Can be of one host. */
bool claim_is_host_addr(const struct addr *a);

#endif
