/* link_pack.c - what is known of links as bytes for the state, and back (link.h), row by row. */
#include <string.h>
#include "profile/link.h"
#include "profile/profile_pack.h"

#define LINK_VERSION 2			/* 1: without returns */

/* --- out -------------------------------------------------------------------------------------- */

void link_pack_key(const struct link_row *row, struct packer *p)
{
	pack_u8(p, (uint8_t)row->kind);
	pack_u16(p, row->link.tap);
	pack_u16(p, row->link.vlan[0]);
	pack_u16(p, row->link.vlan[1]);
	if (row->kind == LINK_NEIGHBOUR)
		pack_bytes(p, row->addr.bytes, sizeof(row->addr.bytes));
	if (row->kind == LINK_GATEWAY)
		pack_bytes(p, row->mac, sizeof(row->mac));
}

static void pack_told(const struct link_told *t, struct packer *p)
{
	pack_text(p, t->subject ? t->subject->id : NULL);
	if (!t->subject)
		return;
	channel_key_pack(&t->key, p);
	pack_u64(p, (uint64_t)t->row);
	pack_u8(p, t->what);
	pack_u8(p, t->is_flooded);
}

static void pack_holder(const struct holder *h, struct packer *p)
{
	pack_bytes(p, h->mac, sizeof(h->mac));
	pack_u64(p, h->first_ns);
	pack_u64(p, h->last_ns);
}

static void pack_neighbour(const struct neighbour *n, struct packer *p)
{
	pack_holder(&n->now, p);
	pack_holder(&n->before, p);
	pack_holder(&n->asked, p);
	pack_holder(&n->leased, p);
	pack_u64(p, n->contest_ns);
	pack_u32(p, n->takeovers);
	pack_u64(p, n->pending_ns);
	pack_u64(p, n->returns_ns[0]);
	pack_u64(p, n->returns_ns[1]);
	pack_u32(p, n->conflicts);
	pack_u64(p, n->conflict_ns);
	pack_told(&n->told, p);
}

static void pack_gateway(const struct gateway *g, struct packer *p)
{
	pack_bytes(p, g->addr.bytes, sizeof(g->addr.bytes));
	pack_u8(p, g->how);
	for (int i = 0; i < GATEWAY_ROLES; i++)
		pack_u64(p, g->role_ns[i]);
	pack_text(p, g->user);
	pack_bytes(p, g->peer.bytes, sizeof(g->peer.bytes));
	pack_told(&g->told, p);
}

void link_pack(const struct link_row *row, struct packer *p)
{
	pack_u8(p, LINK_VERSION);
	pack_u64(p, row->first_ns);
	pack_u64(p, row->last_ns);
	pack_u32(p, row->minutes);
	pack_u8(p, row->kept);
	if (row->kind == LINK_NEIGHBOUR)
		pack_neighbour((const struct neighbour *)row, p);
	if (row->kind == LINK_GATEWAY)
		pack_gateway((const struct gateway *)row, p);
}

/* --- in --------------------------------------------------------------------------------------- */

static bool unpack_key(struct unpacker *u, struct link_key *ret)
{
	uint8_t kind = unpack_u8(u);

	*ret = (struct link_key){ .kind = kind };
	ret->link.tap = unpack_u16(u);
	ret->link.vlan[0] = unpack_u16(u);
	ret->link.vlan[1] = unpack_u16(u);
	if (kind == LINK_NEIGHBOUR)
		unpack_bytes(u, ret->addr.bytes, sizeof(ret->addr.bytes));
	if (kind == LINK_GATEWAY)
		unpack_bytes(u, ret->mac, sizeof(ret->mac));
	return unpack_ok(u) && kind < LINK_KINDS;
}

/* Of a subject that the site no longer has: it is told anew. */
static void unpack_told(struct unpacker *u, const struct subjects *s, struct link_told *ret)
{
	char id[SITE_ID_MAX];

	memset(ret, 0, sizeof(*ret));
	if (!unpack_text(u, id, sizeof(id)))
		return;
	ret->subject = subjects_by_id(s, id);
	channel_key_unpack(u, &ret->key);
	ret->row = (int64_t)unpack_u64(u);
	ret->what = unpack_u8(u);
	ret->is_flooded = unpack_u8(u) & 1;
	if (ret->subject)
		ret->key.subject = ret->subject->number;
	else
		memset(ret, 0, sizeof(*ret));
}

static void unpack_holder(struct unpacker *u, struct holder *ret)
{
	unpack_bytes(u, ret->mac, sizeof(ret->mac));
	ret->first_ns = unpack_u64(u);
	ret->last_ns = unpack_u64(u);
	u->is_bad |= ret->first_ns > ret->last_ns;
}

static void unpack_neighbour(struct unpacker *u, uint8_t version, const struct subjects *s,
			     struct neighbour *n)
{
	unpack_holder(u, &n->now);
	unpack_holder(u, &n->before);
	unpack_holder(u, &n->asked);
	unpack_holder(u, &n->leased);
	n->contest_ns = unpack_u64(u);
	n->takeovers = unpack_u32(u);
	n->pending_ns = unpack_u64(u);
	for (int i = 0; version > 1 && i < 2; i++)
		n->returns_ns[i] = unpack_u64(u);
	n->conflicts = unpack_u32(u);
	n->conflict_ns = unpack_u64(u);
	unpack_told(u, s, &n->told);
}

static void unpack_gateway(struct unpacker *u, const struct subjects *s, struct gateway *g)
{
	unpack_bytes(u, g->addr.bytes, sizeof(g->addr.bytes));
	g->how = unpack_u8(u);
	for (int i = 0; i < GATEWAY_ROLES; i++)
		g->role_ns[i] = unpack_u64(u);
	unpack_text(u, g->user, sizeof(g->user));
	unpack_bytes(u, g->peer.bytes, sizeof(g->peer.bytes));
	unpack_told(u, s, &g->told);
}

static void unpack_row(struct unpacker *u, uint8_t version, const struct subjects *s,
		       struct link_row *row)
{
	row->first_ns = unpack_u64(u);
	row->last_ns = unpack_u64(u);
	row->minutes = unpack_u32(u);
	row->kept = unpack_u8(u);
	u->is_bad |= row->first_ns > row->last_ns || row->kept > LINK_LISTED;
	if (row->kind == LINK_NEIGHBOUR)
		unpack_neighbour(u, version, s, link_neighbour(row));
	if (row->kind == LINK_GATEWAY)
		unpack_gateway(u, s, link_gateway(row));
	row->is_changed = false;
}

bool link_unpack(struct links *l, const struct subjects *s, struct unpacker *key,
		 struct unpacker *value)
{
	union {
		struct link_row row;
		struct neighbour neighbour;
		struct gateway gateway;
	} read;
	struct link_row *row;
	struct link_key k;
	uint8_t version;

	memset(&read, 0, sizeof(read));
	if (!unpack_key(key, &k) || links_find(l, &k))
		return false;
	version = unpack_u8(value);
	if (!version || version > LINK_VERSION)
		return false;
	read.row.kind = k.kind;
	unpack_row(value, version, s, &read.row);
	if (!unpack_ok(value))
		return false;
	row = links_get(l, &k, read.row.first_ns);
	if (!row)
		return false;
	read.row.link = row->link;
	read.row.addr = row->addr;
	memcpy(read.row.mac, row->mac, sizeof(row->mac));
	if (k.kind == LINK_NEIGHBOUR)
		*link_neighbour(row) = read.neighbour;
	else if (k.kind == LINK_GATEWAY)
		*link_gateway(row) = read.gateway;
	else
		*row = read.row;
	return true;
}
