/* dealing_pack.c - dealings as bytes for the state, and back (dealing.h), record by record. */
#include "profile/dealing.h"

#include <stdlib.h>
#include <string.h>
#include "profile/profile_pack.h"
#include "profile/resolved.h"

#define DEALING_VERSION 2		/* 1: without what follows the name */

enum flag {
	IS_ANSWERED = 1, IS_TOLD = 2, IS_FLOODED = 4, TOLD_ANSWERED = 8, TOLD_LARGE = 16,
	HAS_MORE_SERVICES = 32, OPENED_OUTSIDE = 64, FLAGS_END = 128
};

void dealing_pack(const struct dealing *one, struct packer *p)
{
	pack_u8(p, DEALING_VERSION);
	pack_text(p, rule_id_text(one->rule));
	pack_u64(p, one->first_ns);
	pack_u64(p, one->last_ns);
	pack_u32(p, (uint32_t)one->last_row);
	pack_u32(p, one->rows);
	pack_u32(p, one->minutes);
	pack_u32(p, one->told_minutes);
	pack_u8(p, one->told_services);
	pack_u64(p, one->up);
	pack_u64(p, one->down);
	pack_u8(p, one->n_services);
	for (unsigned i = 0; i < one->n_services; i++) {
		pack_u8(p, one->services[i].proto);
		pack_u16(p, one->services[i].port);
	}
	pack_u8(p, (uint8_t)(one->is_answered * IS_ANSWERED | one->is_told * IS_TOLD |
			     one->is_flooded * IS_FLOODED | one->told_answered * TOLD_ANSWERED |
			     one->told_large * TOLD_LARGE |
			     one->has_more_services * HAS_MORE_SERVICES |
			     one->contact.was_opened_outside * OPENED_OUTSIDE));
	pack_u8(p, one->proto);
	contact_pack_brief(&one->contact, p);
	pack_text(p, one->name);
	pack_bytes(p, one->peer.bytes, sizeof(one->peer.bytes));
	pack_u64(p, one->nights);
	pack_u64(p, one->failed);
	for (unsigned i = 0; i <= DEALING_SERVICES; i++) {
		pack_u16(p, one->tries[i].failed);
		pack_u16(p, one->tries[i].answered);
	}
}

static bool is_dealing_rule(enum rule_id rule)
{
	return rule == RULE_SEG_001 || rule == RULE_SEG_003 || rule == RULE_DST_003 ||
	       rule == RULE_DST_004 || rule == RULE_EXF_010 || rule == RULE_EXF_009;
}

/* Of what such a rule's records are. */
static bool is_group_of(enum rule_id rule, enum group group)
{
	if (rule == RULE_EXF_010)
		return group == GROUP_PREFIX || group == GROUP_ANY;
	return group == (rule == RULE_EXF_009 ? GROUP_PREFIX : GROUP_IP);
}

static void unpack_flags(struct unpacker *u, struct dealing *ret)
{
	uint8_t flags = unpack_u8(u);

	u->is_bad |= flags >= FLAGS_END;
	ret->is_answered = flags & IS_ANSWERED;
	ret->is_told = flags & IS_TOLD;
	ret->is_flooded = flags & IS_FLOODED;
	ret->told_answered = flags & TOLD_ANSWERED;
	ret->told_large = flags & TOLD_LARGE;
	ret->has_more_services = flags & HAS_MORE_SERVICES;
	ret->contact.was_opened_outside = (flags & OPENED_OUTSIDE) != 0;
	ret->contact.is_answered = ret->is_answered;
}

static void unpack_tries(struct unpacker *u, struct dealing *ret)
{
	unpack_bytes(u, ret->peer.bytes, sizeof(ret->peer.bytes));
	ret->nights = unpack_u64(u);
	ret->failed = unpack_u64(u);
	for (unsigned i = 0; i <= DEALING_SERVICES; i++) {
		ret->tries[i].failed = unpack_u16(u);
		ret->tries[i].answered = unpack_u16(u);
	}
}

/* The version of what was read. */
static uint8_t unpack_value(struct unpacker *u, struct dealing *ret)
{
	uint8_t version = unpack_u8(u);
	char id[SITE_ID_MAX];

	u->is_bad |= version < 1 || version > DEALING_VERSION ||
		     !unpack_text(u, id, sizeof(id)) || !rule_id_find(id, &ret->rule) ||
		     !is_dealing_rule(ret->rule);
	ret->first_ns = unpack_u64(u);
	ret->last_ns = unpack_u64(u);
	ret->last_row = (int32_t)unpack_u32(u);
	ret->rows = unpack_u32(u);
	ret->minutes = unpack_u32(u);
	ret->told_minutes = unpack_u32(u);
	ret->told_services = unpack_u8(u);
	ret->up = unpack_u64(u);
	ret->down = unpack_u64(u);
	ret->n_services = unpack_u8(u);
	u->is_bad |= ret->n_services > DEALING_SERVICES || ret->first_ns > ret->last_ns ||
		     ret->told_minutes > ret->minutes || ret->told_services > ret->n_services;
	for (unsigned i = 0; i < ret->n_services && !u->is_bad; i++) {
		ret->services[i].proto = unpack_u8(u);
		ret->services[i].port = unpack_u16(u);
	}
	unpack_flags(u, ret);
	ret->proto = unpack_u8(u);
	contact_unpack_brief(u, &ret->contact);
	ret->name = unpack_text_new(u, RESOLVED_NAME_MAX - 1);
	if (version > 1)
		unpack_tries(u, ret);
	return version;
}

bool dealing_unpack(struct dealings *d, const struct subjects *s, struct unpacker *key,
		    struct unpacker *value)
{
	struct dealing read = { 0 };
	struct dealing *one = NULL;
	struct keyed place;
	uint8_t version = unpack_value(value, &read);

	if (keyed_unpack_key(key, s, &read.keyed) &&
	    is_group_of(read.rule, (enum group)read.keyed.key.group) &&
	    unpack_ok(key) && unpack_ok(value) &&
	    !dealings_find(d, read.keyed.subject, &read.keyed.key))
		one = dealings_get(d, read.keyed.subject, &read.keyed.key, read.rule);
	if (!one) {
		free(read.name);
		return false;
	}
	if (version == 1)
		read.peer = read.keyed.key.value;
	place = one->keyed;
	*one = read;
	one->keyed = place;
	return true;
}
