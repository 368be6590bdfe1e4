/* incident_pack.c - see incident_pack.h. */
#include "alert/incident_pack.h"

#include <stdlib.h>
#include <string.h>
#include "alert/incident_internal.h"
#include "policy/site_values.h"
#include "profile/pattern.h"
#include "profile/profile_pack.h"

/* 4: may be past; 5: of a site's rule, or suppressed; 6: the filter of a flood. */
#define INCIDENT_VERSION 6

void incident_pack_key(size_t number, uint8_t ret[static INCIDENT_KEY_LEN])
{
	for (unsigned i = 0; i < INCIDENT_KEY_LEN; i++)
		ret[i] = (uint8_t)(number >> (8 * (INCIDENT_KEY_LEN - 1 - i)));
}

void incident_pack(const struct incident *in, struct packer *p)
{
	static const struct addr none;
	uint32_t members = in->members < INCIDENT_MEMBERS_MAX ? in->members : INCIDENT_MEMBERS_MAX;

	pack_u8(p, INCIDENT_VERSION);
	pack_text(p, incident_rule_id(in));
	pack_text(p, in->subject->id);
	channel_key_pack(&in->key, p);
	pack_text(p, in->domain);
	pack_bytes(p, in->peer.bytes, sizeof(in->peer.bytes));
	pack_text(p, in->attached);
	pack_u8(p, (uint8_t)(in->is_any | in->is_open << 1 | in->has_opened << 2 |
			    in->is_past << 3));
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
		pack_bytes(p, in->member ? in->member[i].bytes : none.bytes, sizeof(none.bytes));
	pack_u64(p, in->up);
	pack_u64(p, in->down);
	pack_u64(p, in->given_up);
	pack_double(p, in->given_up_m);
	pack_text(p, incident_message(in));
	pack_u8(p, (uint8_t)in->explain_n);
	for (unsigned i = 0; i < in->explain_n; i++)
		pack_text(p, incident_line(in, i));
	pack_text(p, in->entry);
	pack_text(p, in->suppressed);
	pack_u8(p, (uint8_t)in->bare);
	pack_u64(p, in->count);
	pack_u64(p, in->first_ns);
	pack_u64(p, in->last_ns);
	pack_u8(p, in->seen != NULL);
	if (in->seen)
		pack_bytes(p, in->seen, INCIDENT_SEEN_BITS / 8);
}

/* false: a rule that this version does not have. */
static bool unpack_rule(struct unpacker *u, struct incident *in)
{
	char id[SITE_ID_MAX];

	if (!unpack_text(u, id, sizeof(id)))
		return false;
	if (rule_id_find(id, &in->rule))
		return true;
	if (!value_is_rule(id) || !strncmp(id, "NW-", 3))
		return false;
	in->rule = RULE_OWN;
	incident_set_text(&in->own, id);
	return true;
}

static void unpack_words(struct unpacker *u, struct incident *in)
{
	struct incident_words *words = calloc(1, sizeof(*words));
	uint8_t lines;

	if (!words) {
		u->is_bad = true;
		return;
	}
	unpack_text(u, words->message, sizeof(words->message));
	lines = unpack_u8(u);
	for (unsigned i = 0; i < lines && i < INCIDENT_LINES_MAX; i++)
		unpack_text(u, words->explain[i], sizeof(words->explain[i]));
	if (lines > INCIDENT_LINES_MAX)
		u->is_bad = true;
	if (!u->is_bad && words->message[0]) {
		in->explain_n = lines;
		in->words = words;
		incident_keep_words(in);
	}
	free(words);
}

/* Room for all of them: a flood that goes on adds to those that it had. */
static void unpack_members(struct unpacker *u, struct incident *in)
{
	in->members = unpack_u32(u);
	in->member = in->members ? calloc(INCIDENT_MEMBERS_MAX, sizeof(*in->member)) : NULL;
	if (in->members && !in->member) {
		u->is_bad = true;
		return;
	}
	for (uint32_t i = 0; i < in->members && i < INCIDENT_MEMBERS_MAX; i++)
		unpack_bytes(u, in->member[i].bytes, sizeof(in->member[i].bytes));
}

/* Of an older flood those that are listed are known; others it counts once more. */
static void seed_seen(struct incident *in)
{
	struct channel_key key = { 0 };

	if (!in->is_any || !incident_has_filter(in->rule))
		return;
	for (uint32_t i = 0; in->member && i < in->members && i < INCIDENT_MEMBERS_MAX; i++) {
		group_key_ip(&key, &in->member[i], 0, 0);
		incident_note_seen(in, &key);
	}
}

static void unpack_seen(struct unpacker *u, struct incident *in)
{
	uint8_t has = unpack_u8(u);

	u->is_bad |= has > 1 || (has && !in->is_any);
	if (!has || u->is_bad)
		return;
	in->seen = malloc(INCIDENT_SEEN_BITS / 8);
	if (in->seen)
		unpack_bytes(u, in->seen, INCIDENT_SEEN_BITS / 8);
	else
		u->is_bad = true;
}

static void unpack_own_text(struct unpacker *u, const char **text, size_t cap)
{
	char buf[INCIDENT_ATTACHED_MAX];

	if (unpack_text(u, buf, cap < sizeof(buf) ? cap : sizeof(buf)))
		incident_set_text(text, buf);
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
	in->is_past = flags >> 3 & 1 && !in->is_open;
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
	unpack_members(u, in);
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
	unpack_own_text(u, &in->domain, GROUP_TEXT_MAX);
	unpack_bytes(u, in->peer.bytes, sizeof(in->peer.bytes));
	unpack_own_text(u, &in->attached, INCIDENT_ATTACHED_MAX);
}

static bool unpack_all(struct unpacker *u, uint8_t version, struct subjects *s, struct incident *in)
{
	char subject[SITE_ID_MAX];

	if (version < 1 || version > INCIDENT_VERSION || !unpack_rule(u, in))
		return false;
	unpack_text(u, subject, sizeof(subject));
	if (version == 1)
		unpack_about_v1(u, in);
	else
		unpack_about(u, in);
	unpack_state(u, in);
	if (version > 1) {
		in->given_up = unpack_u64(u);
		in->given_up_m = unpack_double(u);
	} else {
		in->key.is_external = in->rule == RULE_DST_002 || in->severity > 2;
		in->is_changed = true;
	}
	unpack_words(u, in);
	if (version > 2)
		unpack_own_text(u, &in->entry, SITE_ID_MAX);
	if (version > 4) {
		unpack_own_text(u, &in->suppressed, SITE_ID_MAX);
		in->bare = unpack_u8(u);
		in->count = unpack_u64(u);
		in->first_ns = unpack_u64(u);
		in->last_ns = unpack_u64(u);
	}
	if (version > 5)
		unpack_seen(u, in);
	else
		seed_seen(in);
	if (version < 5)
		in->bare = in->severity;
	if (in->bare > 5)
		u->is_bad = true;
	in->subject = unpack_ok(u) ? subjects_by_id(s, subject) : NULL;
	if (!in->subject)
		return false;
	in->key.subject = in->subject->number;
	return true;
}

bool incident_unpack(struct incidents *list, struct subjects *s, const void *key, const void *value,
		     size_t len)
{
	const uint8_t *digits = key;
	struct unpacker u = unpack_over(value, len);
	uint8_t version = unpack_u8(&u);
	struct incident in = { .number = (uint32_t)digits[0] << 24 | (uint32_t)digits[1] << 16 |
					 (uint32_t)digits[2] << 8 | digits[3] };

	incident_set_text(&in.domain, "");
	incident_set_text(&in.attached, "");
	incident_set_text(&in.entry, "");
	incident_set_text(&in.own, "");
	incident_set_text(&in.suppressed, "");
	if (unpack_all(&u, version, s, &in) && incidents_restore(list, &in))
		return true;
	incidents_skip(list, in.number);
	incident_drop_texts(&in, false);
	return false;
}
