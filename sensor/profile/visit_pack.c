/* visit_pack.c - remote sessions as bytes for the state, and back (visit.h): the whole list in one
 * value, for it is short. */
#include <string.h>
#include "dpi/dpi.h"
#include "profile/profile_pack.h"
#include "profile/visit.h"

#define VISITS_VERSION 1

enum flag { IS_EXTERNAL = 1, IS_SESSION = 2, IS_OVER = 4, IS_WEAK = 8, IS_UNEXPECTED = 16,
	    WAS_COVERED = 32, WAS_OPENED_OUTSIDE = 64, IS_INSIDE = 128 };

/* --- out --------------------------------------------------------------- */

static uint8_t flags_of(const struct visit *v)
{
	return (uint8_t)(v->is_external * IS_EXTERNAL | v->is_session * IS_SESSION |
			 v->is_over * IS_OVER | v->is_weak * IS_WEAK |
			 v->is_unexpected * IS_UNEXPECTED | v->was_covered * WAS_COVERED |
			 v->is_inside * IS_INSIDE |
			 v->contact.was_opened_outside * WAS_OPENED_OUTSIDE);
}

static void pack_told(const struct visit_told *t, struct packer *p)
{
	pack_u8(p, (uint8_t)(t->is_open | t->is_flooded << 1));
	pack_u64(p, t->bytes);
	pack_u64(p, t->start_ns);
	pack_u64(p, t->until_ns);
}

static void pack_one(const struct visit *v, struct packer *p)
{
	pack_text(p, v->subject->id);
	pack_bytes(p, v->peer.bytes, sizeof(v->peer.bytes));
	pack_text(p, remote_name(v->protocol));
	pack_u8(p, flags_of(v));
	contact_pack_brief(&v->contact, p);
	channel_key_pack(&v->key, p);
	pack_text(p, v->order);
	pack_u64(p, v->order_end_ns);
	pack_u64(p, v->start_ns);
	pack_u64(p, v->last_ns);
	pack_u64(p, v->up);
	pack_u64(p, v->down);
	pack_u64(p, v->packets[0]);
	pack_u64(p, v->packets[1]);
	pack_u32(p, v->flows);
	pack_u32(p, v->sessions);
	pack_u64(p, v->all_up);
	pack_u64(p, v->all_down);
	pack_u64(p, v->first_ns);
	pack_u64(p, (uint64_t)v->row);
	for (unsigned i = 0; i < VISIT_RULES; i++)
		pack_told(&v->told[i], p);
}

void visits_pack(struct visits *v, struct packer *p)
{
	pack_u8(p, VISITS_VERSION);
	pack_u32(p, (uint32_t)visits_count(v));
	for (size_t i = 0; i < visits_count(v); i++)
		pack_one(visits_at(v, i), p);
}

/* --- in ---------------------------------------------------------------- */

static void unpack_told(struct unpacker *u, struct visit_told *t)
{
	uint8_t flags = unpack_u8(u);

	t->is_open = flags & 1;
	t->is_flooded = flags >> 1 & 1;
	t->bytes = unpack_u64(u);
	t->start_ns = unpack_u64(u);
	t->until_ns = unpack_u64(u);
}

static void take_flags(struct visit *v, uint8_t flags)
{
	v->is_external = flags & IS_EXTERNAL;
	v->is_inside = (flags & IS_INSIDE) != 0;
	v->is_session = flags & IS_SESSION;
	v->is_over = flags & IS_OVER;
	v->is_weak = flags & IS_WEAK;
	v->is_unexpected = flags & IS_UNEXPECTED;
	v->was_covered = flags & WAS_COVERED;
	v->contact.was_opened_outside = (flags & WAS_OPENED_OUTSIDE) != 0;
}

static void unpack_amounts(struct unpacker *u, struct visit *v)
{
	v->start_ns = unpack_u64(u);
	v->last_ns = unpack_u64(u);
	v->up = unpack_u64(u);
	v->down = unpack_u64(u);
	v->packets[0] = unpack_u64(u);
	v->packets[1] = unpack_u64(u);
	v->flows = unpack_u32(u);
	v->sessions = unpack_u32(u);
	v->all_up = unpack_u64(u);
	v->all_down = unpack_u64(u);
	v->first_ns = unpack_u64(u);
	v->row = (int64_t)unpack_u64(u);
	if (v->start_ns > v->last_ns)
		u->is_bad = true;
}

/* Into *ret, but for the subject, whose id is given. */
static void unpack_one(struct unpacker *u, char id[static SITE_ID_MAX], struct visit *ret)
{
	char protocol[DPI_PROTOCOL_MAX];
	uint8_t flags;

	memset(ret, 0, sizeof(*ret));
	unpack_text(u, id, SITE_ID_MAX);
	unpack_bytes(u, ret->peer.bytes, sizeof(ret->peer.bytes));
	unpack_text(u, protocol, sizeof(protocol));
	ret->protocol = remote_by_name(protocol);
	flags = unpack_u8(u);
	contact_unpack_brief(u, &ret->contact);
	ret->contact.is_answered = 1;
	take_flags(ret, flags);
	channel_key_unpack(u, &ret->key);
	unpack_text(u, ret->order, sizeof(ret->order));
	ret->order_end_ns = unpack_u64(u);
	unpack_amounts(u, ret);
	for (unsigned i = 0; i < VISIT_RULES; i++)
		unpack_told(u, &ret->told[i]);
}

/* Takes over a copy; false: of nobody, of no protocol that is known, there already, no memory. */
static bool restore(struct visits *v, const struct subjects *s, const char *id,
		    const struct visit *copy)
{
	struct visit_key key = { .subject = subjects_by_id(s, id), .peer = &copy->peer,
				 .protocol = copy->protocol };
	struct visit *visit;

	if (!key.subject || !key.protocol || visits_find(v, &key))
		return false;
	visit = visits_get(v, &key);
	if (!visit)
		return false;
	*visit = *copy;
	visit->subject = key.subject;
	visit->key.subject = key.subject->number;
	return true;
}

bool visits_unpack(struct visits *v, const struct subjects *s, struct unpacker *u,
		   uint64_t *ret_bad)
{
	uint8_t version = unpack_u8(u);
	uint32_t n = unpack_u32(u);
	char id[SITE_ID_MAX];
	struct visit one;

	*ret_bad = 0;
	if (version != VISITS_VERSION || n > VISITS_MAX)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		unpack_one(u, id, &one);
		if (u->is_bad)
			return false;
		*ret_bad += !restore(v, s, id, &one);
	}
	visits_packed(v);
	return unpack_ok(u);
}
