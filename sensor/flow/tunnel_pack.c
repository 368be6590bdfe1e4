/* tunnel_pack.c - see tunnel_pack.h. */
#include "flow/tunnel_pack.h"
#include <stdlib.h>
#include <string.h>

void tunnel_pack(const struct packet_tunnel *t, struct packer *p)
{
	pack_u8(p, t->depth);
	pack_u8(p, t->id_layer);
	pack_u8(p, t->has_addrs);
	pack_bytes(p, t->kinds, sizeof(t->kinds));
	pack_u32(p, t->id);
	pack_bytes(p, t->src.bytes, sizeof(t->src.bytes));
	pack_bytes(p, t->dst.bytes, sizeof(t->dst.bytes));
}

/* Whether packets could have made it. */
static bool is_sound(const struct packet_tunnel *t)
{
	for (unsigned i = 0; i < packet_tunnel_layers(t); i++)
		if (t->kinds[i] >= PACKET_TUNNEL_KINDS)
			return false;
	return t->depth && t->id_layer <= packet_tunnel_layers(t);
}

bool tunnel_unpack(struct unpacker *u, struct packet_tunnel **ret_tunnel)
{
	struct packet_tunnel t = { 0 };
	uint8_t has_addrs;

	t.depth = unpack_u8(u);
	t.id_layer = unpack_u8(u);
	has_addrs = unpack_u8(u);
	unpack_bytes(u, t.kinds, sizeof(t.kinds));
	t.id = unpack_u32(u);
	unpack_bytes(u, t.src.bytes, sizeof(t.src.bytes));
	unpack_bytes(u, t.dst.bytes, sizeof(t.dst.bytes));
	t.has_addrs = has_addrs == 1;
	if (u->is_bad || has_addrs > 1 || !is_sound(&t))
		return false;
	*ret_tunnel = tunnel_copy(&t);
	return *ret_tunnel != NULL;
}

struct packet_tunnel *tunnel_copy(const struct packet_tunnel *t)
{
	struct packet_tunnel *copy = t ? malloc(sizeof(*copy)) : NULL;

	if (copy)
		*copy = *t;
	return copy;
}
