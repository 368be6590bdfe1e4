/* tunnel_pack.h - what a flow's packets came through, as bytes and back (base/pack.h).
 *
 * Pure functions, any thread.
 */
#ifndef NW_FLOW_TUNNEL_PACK_H
#define NW_FLOW_TUNNEL_PACK_H

#include <stdbool.h>
#include "base/pack.h"
#include "packet/packet.h"

void tunnel_pack(const struct packet_tunnel *t, struct packer *p);
/* Gives it, for free().  false: malformed, or no memory; nothing is given. */
bool tunnel_unpack(struct unpacker *u, struct packet_tunnel **ret_tunnel);
/* NULL: of NULL, or no memory. */
struct packet_tunnel *tunnel_copy(const struct packet_tunnel *t);

#endif
