/* incident_pack.c - see incident_pack.h. */
#include "alert/incident_pack.h"

#include <string.h>
#include "profile/pattern.h"
#include "profile/profile_pack.h"

#define INCIDENT_VERSION 3

void incident_pack_key(size_t number, uint8_t ret[static INCIDENT_KEY_LEN])
{
	for (unsigned i = 0; i < INCIDENT_KEY_LEN; i++)
		ret[i] = (uint8_t)(number >> (8 * (INCIDENT_KEY_LEN - 1 - i)));
}

void incident_pack(const struct incident *in, struct packer *p)
{
	uint32_t members = in->members < INCIDENT_MEMBERS_MAX ? in->members : INCIDENT_MEMBERS_MAX;

	pack_u8(p, INCIDENT_VERSION);
	pack_text(p, rule_of(in->rule)->id);
	pack_text(p, in->subject->id);
	channel_key_pack(&in->key, p);
	pack_text(p, in->domain);
	pack_bytes(p, in->peer.bytes, sizeof(in->peer.bytes));
	pack_text(p, in->attached);
	pack_u8(p, (uint8_t)(in->is_any | in->is_open << 1 | in->has_opened << 2));
	pack_text(p, in->id);
	pack_text(p, in->case_id);
	pack_text(p, in->previous);
	pack_u64(p, in->opened_ns);
	pack_u8(p, (uint8_t)in->level);
	pack_u8(p, (uint8_t)in->severity);
	pack_u8(p, (uint8_t)in->process);
	pack_u32(p, in->records);
	pack_u32(p, in->nights);
	pack_u64(p, (uint64_t)in->last_row);
	pack_u32(p, in->members);
	for (uint32_t i = 0; i < members; i++)
		pack_bytes(p, in->member[i].bytes, sizeof(in->member[i].bytes));
	pack_u64(p, in->up);
	pack_u64(p, in->down);
	pack_u64(p, in->given_up);
	pack_double(p, in->given_up_m);
	pack_text(p, in->message);
	pack_u8(p, (uint8_t)in->explain_n);
	for (unsigned i = 0; i < in->explain_n; i++)
		pack_text(p, in->explain[i]);
	pack_text(p, in->entry);
}

/* false: a rule that this version does not have. */
static bool unpack_rule(struct unpacker *u, struct incident *in)
{
	char id[16];

	unpack_text(u, id, sizeof(id));
	for (int i = 0; i < RULES; i++)
		if (!strcmp(rule_of((enum rule_id)i)->id, id)) {
			in->rule = (enum rule_id)i;
			return true;
		}
	return false;
}

static void unpack_words(struct unpacker *u, struct incident *in)
{
	uint8_t lines;

	unpack_text(u, in->message, sizeof(in->message));
	lines = unpack_u8(u);
	if (lines > INCIDENT_LINES_MAX) {
		u->is_bad = true;
		return;
	}
	for (unsigned i = 0; i < lines; i++)
		unpack_text(u, in->explain[i], sizeof(in->explain[i]));
	in->explain_n = lines;
}

static unsigned processes_of(enum rule_id rule)
{
	return rule == RULE_EXF_002 ? PERIODS : EVIDENCE_PROCESSES;
}

static void unpack_state(struct unpacker *u, struct incident *in)
{
	uint8_t flags = unpack_u8(u);

	in->is_any = flags & 1;
	in->is_open = flags >> 1 & 1;
	in->has_opened = flags >> 2 & 1;
	unpack_text(u, in->id, sizeof(in->id));
	unpack_text(u, in->case_id, sizeof(in->case_id));
	unpack_text(u, in->previous, sizeof(in->previous));
	in->opened_ns = unpack_u64(u);
	in->level = unpack_u8(u);
	in->severity = unpack_u8(u);
	in->process = unpack_u8(u);
	in->records = unpack_u32(u);
	in->nights = unpack_u32(u);
	in->last_row = (int64_t)unpack_u64(u);
	in->members = unpack_u32(u);
	for (uint32_t i = 0; i < in->members && i < INCIDENT_MEMBERS_MAX; i++)
		unpack_bytes(u, in->member[i].bytes, sizeof(in->member[i].bytes));
	in->up = unpack_u64(u);
	in->down = unpack_u64(u);
	if (in->level > LEVEL_3 || in->severity > 5 || in->process >= processes_of(in->rule))
		u->is_bad = true;
}

/* What the first form had: an address with its service; whether it was outside says the rule, or a
 * severity that inside peers do not reach. */
static void unpack_about_v1(struct unpacker *u, struct incident *in)
{
	channel_key_unpack_v1(u, &in->key);
	in->peer = in->key.value;
}

static void unpack_about(struct unpacker *u, struct incident *in)
{
	channel_key_unpack(u, &in->key);
	unpack_text(u, in->domain, sizeof(in->domain));
	unpack_bytes(u, in->peer.bytes, sizeof(in->peer.bytes));
	unpack_text(u, in->attached, sizeof(in->attached));
}

bool incident_unpack(struct incidents *list, struct subjects *s, const void *value, size_t len)
{
	struct unpacker u = unpack_over(value, len);
	uint8_t version = unpack_u8(&u);
	struct incident in;
	char subject[SITE_ID_MAX];

	memset(&in, 0, sizeof(in));
	if (version < 1 || version > INCIDENT_VERSION || !unpack_rule(&u, &in))
		return false;
	unpack_text(&u, subject, sizeof(subject));
	if (version == 1)
		unpack_about_v1(&u, &in);
	else
		unpack_about(&u, &in);
	unpack_state(&u, &in);
	if (version > 1) {
		in.given_up = unpack_u64(&u);
		in.given_up_m = unpack_double(&u);
	} else {
		in.key.is_external = in.rule == RULE_DST_002 || in.severity > 2;
		in.is_changed = true;
	}
	unpack_words(&u, &in);
	if (version > 2)
		unpack_text(&u, in.entry, sizeof(in.entry));
	in.subject = unpack_ok(&u) ? subjects_by_id(s, subject) : NULL;
	if (!in.subject)
		return false;
	in.key.subject = in.subject->number;
	return incidents_restore(list, &in);
}
