/* baseline_pack.c - the baseline and the log of acts as bytes, and back. */
#include "profile/baseline.h"

#include <stdlib.h>
#include <string.h>
#include "profile/profile_pack.h"

#define DESTINATION_VERSION 1
#define ACT_VERSION 1

enum flag {
	IS_LEARNED = 1, IS_ACCEPTED = 2, WAS_REVOKED = 4, IS_ANSWERED = 8, IS_TOLD = 16,
	IS_FLOODED = 32, TOLD_ANSWERED = 64, TOLD_LARGE = 128
};

void baseline_pack_key(const struct destination *d, struct packer *p)
{
	pack_text(p, d->subject);
	pack_u8(p, d->key.group);
	pack_bytes(p, d->key.value.bytes, sizeof(d->key.value.bytes));
	if (!baseline_is_pair(d))
		return;
	pack_u8(p, d->key.proto);
	pack_u16(p, d->key.port);
}

static uint8_t flags_of(const struct destination *d)
{
	return (uint8_t)(d->is_learned * IS_LEARNED | d->is_accepted * IS_ACCEPTED |
			 d->was_revoked * WAS_REVOKED | d->is_answered * IS_ANSWERED |
			 d->is_told * IS_TOLD | d->is_flooded * IS_FLOODED |
			 d->told_answered * TOLD_ANSWERED | d->told_large * TOLD_LARGE);
}

void baseline_pack(const struct destination *d, struct packer *p)
{
	pack_u8(p, DESTINATION_VERSION);
	pack_text(p, d->name);
	pack_u64(p, d->first_ns);
	pack_u64(p, d->last_ns);
	pack_u64(p, d->up);
	pack_u64(p, d->down);
	pack_u32(p, (uint32_t)d->last_row);
	pack_u32(p, d->nights);
	pack_bytes(p, d->peer.bytes, sizeof(d->peer.bytes));
	pack_u8(p, d->n_services);
	for (unsigned i = 0; i < d->n_services; i++) {
		pack_u8(p, d->services[i].proto);
		pack_u16(p, d->services[i].port);
	}
	pack_u8(p, flags_of(d));
	pack_u64(p, d->told_bytes);
	channel_key_pack(&d->incident, p);
	pack_text(p, d->by);
	pack_text(p, d->reason);
}

static void take_flags(struct destination *d, uint8_t flags)
{
	d->is_learned = flags & IS_LEARNED;
	d->is_accepted = flags & IS_ACCEPTED;
	d->was_revoked = flags & WAS_REVOKED;
	d->is_answered = flags & IS_ANSWERED;
	d->is_told = flags & IS_TOLD;
	d->is_flooded = flags & IS_FLOODED;
	d->told_answered = flags & TOLD_ANSWERED;
	d->told_large = flags & TOLD_LARGE;
}

static void unpack_key(struct unpacker *u, struct destination *d)
{
	if (!unpack_text(u, d->subject, sizeof(d->subject)) || !d->subject[0])
		u->is_bad = true;
	d->key.group = unpack_u8(u);
	d->key.is_external = !baseline_is_pair(d);
	unpack_bytes(u, d->key.value.bytes, sizeof(d->key.value.bytes));
	if (baseline_is_pair(d)) {
		d->key.proto = unpack_u8(u);
		d->key.port = unpack_u16(u);
	} else if (d->key.group != GROUP_DOMAIN && d->key.group != GROUP_PREFIX) {
		u->is_bad = true;
	}
}

static void unpack_value(struct unpacker *u, struct destination *d)
{
	if (unpack_u8(u) != DESTINATION_VERSION)
		u->is_bad = true;
	d->name = unpack_text_new(u, GROUP_TEXT_MAX - 1);
	d->first_ns = unpack_u64(u);
	d->last_ns = unpack_u64(u);
	d->up = unpack_u64(u);
	d->down = unpack_u64(u);
	d->last_row = (int32_t)unpack_u32(u);
	d->nights = unpack_u32(u);
	unpack_bytes(u, d->peer.bytes, sizeof(d->peer.bytes));
	d->n_services = unpack_u8(u);
	if (d->n_services > BASELINE_SERVICES) {
		d->n_services = 0;
		u->is_bad = true;
	}
	for (unsigned i = 0; i < d->n_services; i++) {
		d->services[i].proto = unpack_u8(u);
		d->services[i].port = unpack_u16(u);
	}
	take_flags(d, unpack_u8(u));
	d->told_bytes = unpack_u64(u);
	channel_key_unpack(u, &d->incident);
	d->by = unpack_text_new(u, BASELINE_WHO_MAX - 1);
	d->reason = unpack_text_new(u, BASELINE_REASON_MAX - 1);
	/* A domain has its name; nothing else has one. */
	if ((d->key.group == GROUP_DOMAIN) != (d->name != NULL))
		u->is_bad = true;
}

bool baseline_unpack(struct baseline_list *b, struct unpacker *key, struct unpacker *value)
{
	struct destination d = { .role = "" };
	bool is_good;

	unpack_key(key, &d);
	unpack_value(value, &d);
	is_good = unpack_ok(key) && unpack_ok(value) && baseline_restore(b, &d);
	free(d.name);
	free(d.by);
	free(d.reason);
	return is_good;
}

void act_pack(const struct act *a, struct packer *p)
{
	pack_u8(p, ACT_VERSION);
	pack_u64(p, a->wall_ns);
	pack_u8(p, (uint8_t)(a->is_revoke | a->was_requested << 1));
	pack_text(p, a->by);
	pack_text(p, a->reason);
	pack_text(p, a->id);
	pack_text(p, a->subject);
	pack_text(p, a->value);
}

bool act_unpack(struct unpacker *u, struct act *ret)
{
	uint8_t flags;

	memset(ret, 0, sizeof(*ret));
	if (unpack_u8(u) != ACT_VERSION)
		return false;
	ret->wall_ns = unpack_u64(u);
	flags = unpack_u8(u);
	ret->is_revoke = flags & 1;
	ret->was_requested = flags >> 1 & 1;
	unpack_text(u, ret->by, sizeof(ret->by));
	unpack_text(u, ret->reason, sizeof(ret->reason));
	unpack_text(u, ret->id, sizeof(ret->id));
	unpack_text(u, ret->subject, sizeof(ret->subject));
	unpack_text(u, ret->value, sizeof(ret->value));
	return unpack_ok(u);
}
