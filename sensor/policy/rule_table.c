/* rule_table.c - what C knows of rules: their ids, which detector speaks for each, and which
 * numbers that one takes.  No value stands here: those are the pack's.  The bounds here are what
 * the code can take; a pack's own may be narrower.
 */
#include "policy/rules_internal.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"

static const struct {
	const char *id, *detector;
} table[] = {
	[RULE_EXF_001] = { "NW-EXF-001", "nightly" },
	[RULE_DST_002] = { "NW-DST-002", "closed_zone" },
	[RULE_HLT_001] = { "NW-HLT-001", "memory" },
	[RULE_EXP_001] = { "NW-EXP-001", "job" },
	[RULE_HLT_002] = { "NW-HLT-002", "job" },
	[RULE_DST_001] = { "NW-DST-001", "destination" },
	[RULE_EXF_008] = { "NW-EXF-008", "tunnel" },
	[RULE_EXF_011] = { "NW-EXF-011", "slow" },
	[RULE_REM_001] = { "NW-REM-001", "remote" },
	[RULE_REM_002] = { "NW-REM-002", "remote" },
	[RULE_REM_003] = { "NW-REM-003", "remote" },
	[RULE_EXF_002] = { "NW-EXF-002", "period" },
	[RULE_EXF_005] = { "NW-EXF-005", "rhythm" },
	[RULE_SEG_005] = { "NW-SEG-005", "spoof" },
	[RULE_REM_005] = { "NW-REM-005", "gateway" },
	[RULE_ATT_001] = { "NW-ATT-001", "attestation" },
	[RULE_SEG_001] = { "NW-SEG-001", "segment" },
	[RULE_SEG_003] = { "NW-SEG-003", "lateral" },
	[RULE_DST_003] = { "NW-DST-003", "server" },
	[RULE_DST_004] = { "NW-DST-004", "unnamed" },
	[RULE_EXF_010] = { "NW-EXF-010", "attempts" },
	[RULE_EXF_009] = { "NW-EXF-009", "misplaced" },
	[RULE_EXF_006] = { "NW-EXF-006", "flip" },
};
static_assert(ARRAY_SIZE(table) == RULES, "every rule has its line");

/* Of the catalogue, not in this version: a site may name them already. */
static const char *const to_come[] = {
	"NW-EXF-003", "NW-EXF-004", "NW-EXF-007", "NW-EXF-012", "NW-BCN-001",
	 "NW-REM-004", "NW-SEG-002", "NW-SEG-004", "NW-OPS-001",
	"NW-OPS-002", "NW-UPD-001", "NW-UPD-002", "NW-BOOT-001", "NW-TIME-001", "NW-HYG-001",
};

#define PLACE(member) \
	_Generic(((struct rule_params *)0)->member, uint32_t: FIELD_U32, uint64_t: FIELD_U64, \
		 double: FIELD_F64), offsetof(struct rule_params, member)

#define TIB (1ULL << 40)
#define NIGHTS_MOST 400			/* as long as anything is remembered */

const struct rule_binding rule_bindings[] = {
	{ RULE_EXF_001, "floor", PARAM_BYTES, PLACE(nightly.floor[0]), 1, 1024 * TIB },
	{ RULE_EXF_001, "low_floor", PARAM_BYTES, PLACE(nightly.floor[1]), 1, 1024 * TIB },
	{ RULE_EXF_001, "p", PARAM_REAL, PLACE(nightly.p), 1e-6, 1 },
	{ RULE_EXF_001, "stake", PARAM_REAL, PLACE(nightly.stake), 0, 1 },
	{ RULE_EXF_001, "asymmetry", PARAM_REAL, PLACE(nightly.asymmetry), -1, 1 },
	{ RULE_EXF_001, "upload_always", PARAM_BYTES, PLACE(nightly.upload_always), 1, 1024 * TIB },
	{ RULE_EXF_001, "rate_ratio", PARAM_REAL, PLACE(nightly.rate_ratio), 0, 1e6 },
	{ RULE_EXF_001, "peak_share", PARAM_REAL, PLACE(nightly.peak_share), 0, 1 },
	{ RULE_EXF_001, "m_max", PARAM_REAL, PLACE(nightly.m_max), 1, 1e15 },
	{ RULE_EXF_001, "level1", PARAM_REAL, PLACE(nightly.level1), 1, 1e15 },
	{ RULE_EXF_001, "level2", PARAM_REAL, PLACE(nightly.level2), 1, 1e15 },
	{ RULE_EXF_001, "level3", PARAM_REAL, PLACE(nightly.level3), 1, 1e15 },
	{ RULE_EXF_001, "nights1", PARAM_INTEGER, PLACE(nightly.hits1), 1, NIGHTS_MOST },
	{ RULE_EXF_001, "nights2", PARAM_INTEGER, PLACE(nightly.hits2), 1, NIGHTS_MOST },
	{ RULE_EXF_001, "resolve_after", PARAM_INTEGER, PLACE(nightly.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_EXF_001, "extreme_z", PARAM_REAL, PLACE(nightly.extreme_z), 0, 1e6 },
	{ RULE_EXF_001, "extreme_bytes", PARAM_BYTES, PLACE(nightly.extreme_bytes), 1, 1024 * TIB },
	{ RULE_EXF_001, "new_country_nights", PARAM_INTEGER, PLACE(nightly.new_country_rows), 0,
	  NIGHTS_MOST },
	{ RULE_EXF_002, "p", PARAM_REAL, PLACE(period.p), 1e-6, 1 },
	{ RULE_EXF_002, "stake", PARAM_REAL, PLACE(period.stake), 0, 1 },
	{ RULE_EXF_002, "m_max", PARAM_REAL, PLACE(period.m_max), 1, 1e15 },
	{ RULE_EXF_002, "level1", PARAM_REAL, PLACE(period.level1), 1, 1e15 },
	{ RULE_EXF_002, "level2", PARAM_REAL, PLACE(period.level2), 1, 1e15 },
	{ RULE_EXF_002, "nights1", PARAM_INTEGER, PLACE(period.hits1), 1, NIGHTS_MOST },
	{ RULE_EXF_002, "nights2", PARAM_INTEGER, PLACE(period.hits2), 1, NIGHTS_MOST },
	{ RULE_EXF_005, "floor", PARAM_BYTES, PLACE(rhythm.floor), 1, 1024 * TIB },
	{ RULE_EXF_005, "asymmetry", PARAM_REAL, PLACE(rhythm.asymmetry), -1, 1 },
	{ RULE_EXF_005, "upload_always", PARAM_BYTES, PLACE(rhythm.upload_always), 1, 1024 * TIB },
	{ RULE_EXF_005, "m_max", PARAM_REAL, PLACE(rhythm.m_max), 1, 1e15 },
	{ RULE_EXF_005, "locked", PARAM_REAL, PLACE(rhythm.locked), 1, 1e15 },
	{ RULE_EXF_005, "locked_days", PARAM_INTEGER, PLACE(rhythm.locked_hits), 2, NIGHTS_MOST },
	{ RULE_EXF_005, "locked_arc", PARAM_DURATION, PLACE(rhythm.locked_arc_ns), 0,
	  (double)NS_PER_DAY },
	{ RULE_EXF_005, "extreme_z", PARAM_REAL, PLACE(rhythm.extreme_z), 0, 1e6 },
	{ RULE_EXF_005, "resolve_after", PARAM_INTEGER, PLACE(rhythm.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_EXF_008, "bytes", PARAM_BYTES, PLACE(tunnel.bytes), 1, 1024 * TIB },
	{ RULE_EXF_008, "different", PARAM_INTEGER, PLACE(tunnel.different), 1, 1e9 },
	{ RULE_EXF_008, "long_name", PARAM_INTEGER, PLACE(tunnel.long_name), 1, 255 },
	{ RULE_EXF_008, "name", PARAM_INTEGER, PLACE(tunnel.name), 1, 255 },
	{ RULE_EXF_008, "sure_part", PARAM_INTEGER, PLACE(tunnel.sure), 1, 1e6 },
	{ RULE_EXF_008, "usual_times", PARAM_INTEGER, PLACE(tunnel.usual), 1, 8000 },
	{ RULE_EXF_008, "resolve_after", PARAM_INTEGER, PLACE(tunnel.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_EXF_011, "bytes", PARAM_BYTES, PLACE(slow.bytes), 1, 1024 * TIB },
	{ RULE_EXF_011, "ratio", PARAM_REAL, PLACE(slow.ratio), -1, 1 },
	{ RULE_EXF_011, "days", PARAM_INTEGER, PLACE(slow.rows), 1, 30 },
	{ RULE_EXF_011, "day_bytes", PARAM_BYTES, PLACE(slow.day_bytes), 1024, TIB },
	{ RULE_EXF_011, "largest_share", PARAM_REAL, PLACE(slow.largest), 0, 1 },
	{ RULE_EXF_011, "same_share", PARAM_REAL, PLACE(slow.same), 0, 1 },
	{ RULE_DST_001, "learn_nights", PARAM_INTEGER, PLACE(destination.learn_rows), 0,
	  NIGHTS_MOST },
	{ RULE_DST_001, "like_factor", PARAM_INTEGER, PLACE(destination.like_factor), 1, 1e6 },
	{ RULE_DST_001, "resolve_after", PARAM_INTEGER, PLACE(destination.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_DST_002, "resolve_after", PARAM_INTEGER, PLACE(closed_resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_HLT_001, "resolve_after", PARAM_INTEGER, PLACE(memory_resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_EXP_001, "deviates_bytes", PARAM_BYTES, PLACE(job.deviates_bytes), 1, 1024 * TIB },
	{ RULE_EXP_001, "deviates_share", PARAM_REAL, PLACE(job.deviates_share), 0, 1 },
	{ RULE_EXP_001, "resolve_after", PARAM_INTEGER, PLACE(job.resolve_after), 1, NIGHTS_MOST },
	{ RULE_HLT_002, "missing", PARAM_INTEGER, PLACE(job.missing), 1, 62 },
	{ RULE_HLT_002, "habit_turns", PARAM_INTEGER, PLACE(job.habit_turns), 1, 62 },
	{ RULE_HLT_002, "habit_runs", PARAM_INTEGER, PLACE(job.habit_runs), 1, 62 },
	{ RULE_HLT_002, "seen", PARAM_REAL, PLACE(job.seen), 0, 1 },
	{ RULE_HLT_002, "ran_share", PARAM_REAL, PLACE(job.ran_share), 0, 1 },
	{ RULE_REM_001, "early", PARAM_DURATION, PLACE(remote.early_ns), 0, (double)NS_PER_DAY },
	{ RULE_REM_001, "resolve_after", PARAM_INTEGER, PLACE(remote.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_REM_002, "late", PARAM_DURATION, PLACE(remote.late_ns), 0, (double)NS_PER_DAY },
	{ RULE_REM_003, "bytes", PARAM_BYTES, PLACE(remote.bulk_bytes), 1, 1024 * TIB },
	{ RULE_SEG_005, "near", PARAM_DURATION, PLACE(spoof.near_ns), (double)NS_PER_SEC,
	  (double)NS_PER_HOUR },
	{ RULE_SEG_005, "contest", PARAM_DURATION, PLACE(spoof.contest_ns), (double)NS_PER_SEC,
	  (double)NS_PER_DAY },
	{ RULE_SEG_005, "swift", PARAM_DURATION, PLACE(spoof.swift_ns), (double)NS_PER_SEC,
	  (double)NS_PER_DAY },
	{ RULE_SEG_005, "returns", PARAM_DURATION, PLACE(spoof.returns_ns), (double)NS_PER_SEC,
	  (double)NS_PER_DAY },
	{ RULE_SEG_005, "takeovers", PARAM_INTEGER, PLACE(spoof.takeovers), 2, 1e6 },
	{ RULE_SEG_005, "resolve_after", PARAM_INTEGER, PLACE(spoof.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_REM_005, "learn", PARAM_DURATION, PLACE(gateway.learn_ns), 0,
	  (double)(NIGHTS_MOST * NS_PER_DAY) },
	{ RULE_REM_005, "resolve_after", PARAM_INTEGER, PLACE(gateway.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_ATT_001, "allowed", PARAM_DURATION, PLACE(attest.allowed_ns), 0,
	  (double)NS_PER_DAY },
	{ RULE_ATT_001, "drops", PARAM_REAL, PLACE(attest.drops), 0, 1 },
	{ RULE_SEG_001, "resolve_after", PARAM_INTEGER, PLACE(segment_resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_SEG_003, "resolve_after", PARAM_INTEGER, PLACE(lateral_resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_DST_003, "resolve_after", PARAM_INTEGER, PLACE(server_resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_DST_004, "visible", PARAM_DURATION, PLACE(unnamed.visible_ns),
	  (double)NS_PER_HOUR, (double)(NIGHTS_MOST * NS_PER_DAY) },
	{ RULE_DST_004, "blind", PARAM_DURATION, PLACE(unnamed.blind_ns), 0, (double)NS_PER_DAY },
	{ RULE_DST_004, "resolve_after", PARAM_INTEGER, PLACE(unnamed.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_EXF_010, "attempts", PARAM_INTEGER, PLACE(attempts.attempts), 1, 65535 },
	{ RULE_EXF_010, "nights", PARAM_INTEGER, PLACE(attempts.nights), 1, 64 },
	{ RULE_EXF_010, "within", PARAM_INTEGER, PLACE(attempts.within), 1, 64 },
	{ RULE_EXF_010, "networks", PARAM_INTEGER, PLACE(attempts.networks), 1, 4096 },
	{ RULE_EXF_010, "resolve_after", PARAM_INTEGER, PLACE(attempts.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_EXF_009, "bytes", PARAM_BYTES, PLACE(misplaced.bytes), 1, 1024 * TIB },
	{ RULE_EXF_009, "also_tls", PARAM_INTEGER, PLACE(misplaced.also_tls), 0, 65535 },
	{ RULE_EXF_009, "also_http", PARAM_INTEGER, PLACE(misplaced.also_http), 0, 65535 },
	{ RULE_EXF_009, "also_ssh", PARAM_INTEGER, PLACE(misplaced.also_ssh), 0, 65535 },
	{ RULE_EXF_009, "also_dns", PARAM_INTEGER, PLACE(misplaced.also_dns), 0, 65535 },
	{ RULE_EXF_009, "also_any", PARAM_INTEGER, PLACE(misplaced.also_any), 0, 65535 },
	{ RULE_EXF_009, "resolve_after", PARAM_INTEGER, PLACE(misplaced.resolve_after), 1,
	  NIGHTS_MOST },
	{ RULE_EXF_006, "bytes", PARAM_BYTES, PLACE(flip.bytes), 1, 1024 * TIB },
	{ RULE_EXF_006, "ratio", PARAM_REAL, PLACE(flip.ratio), 1, 1e6 },
	{ RULE_EXF_006, "before", PARAM_REAL, PLACE(flip.before), 0, 1e6 },
	{ RULE_EXF_006, "nights", PARAM_INTEGER, PLACE(flip.nights), 1, 63 },
	{ RULE_EXF_006, "resolve_after", PARAM_INTEGER, PLACE(flip.resolve_after), 1,
	  NIGHTS_MOST },
};
const size_t rule_n_bindings = ARRAY_SIZE(rule_bindings);

/* What must not be above what: the words of a record count on it. */
static const struct {
	enum rule_id rule;
	const char *low, *high;
} orders[] = {
	{ RULE_EXF_001, "low_floor", "floor" }, { RULE_EXF_001, "level1", "level2" },
	{ RULE_EXF_001, "level2", "level3" }, { RULE_EXF_001, "level3", "m_max" },
	{ RULE_EXF_001, "nights1", "nights2" }, { RULE_EXF_002, "level1", "level2" },
	{ RULE_EXF_002, "level2", "m_max" }, { RULE_EXF_002, "nights1", "nights2" },
	{ RULE_EXF_005, "locked", "m_max" }, { RULE_EXF_008, "name", "long_name" },
	{ RULE_EXF_011, "day_bytes", "bytes" }, { RULE_HLT_002, "habit_runs", "habit_turns" },
	{ RULE_EXF_010, "nights", "within" }, { RULE_EXF_006, "before", "ratio" },
	{ RULE_SEG_005, "near", "contest" }, { RULE_SEG_005, "swift", "returns" },
};

const char *rule_id_text(enum rule_id id)
{
	return table[id].id;
}

const char *rule_detector(enum rule_id id)
{
	return table[id].detector;
}

bool rule_id_find(const char *text, enum rule_id *ret_id)
{
	for (int i = 0; i < RULES; i++)
		if (!strcmp(table[i].id, text)) {
			*ret_id = (enum rule_id)i;
			return true;
		}
	return false;
}

bool rule_id_is_to_come(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(to_come); i++)
		if (!strcmp(to_come[i], text))
			return true;
	return false;
}

const char *rule_id_nearest(const char *text)
{
	const char *names[RULES];

	for (int i = 0; i < RULES; i++)
		names[i] = table[i].id;
	return text_nearest(text, names, RULES);
}

const struct rule_binding *rule_binding_find(enum rule_id id, const char *key)
{
	for (size_t i = 0; i < rule_n_bindings; i++)
		if (rule_bindings[i].rule == id && !strcmp(rule_bindings[i].key, key))
			return &rule_bindings[i];
	return NULL;
}

const char *rule_binding_nearest(enum rule_id id, const char *key)
{
	const char *names[RULE_PARAMS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < rule_n_bindings && n < RULE_PARAMS_MAX; i++)
		if (rule_bindings[i].rule == id)
			names[n++] = rule_bindings[i].key;
	return text_nearest(key, names, n);
}

struct rule_param *rule_param_find(const struct rule *rule, const char *key)
{
	for (size_t i = 0; i < rule->n_params; i++)
		if (!strcmp(rule->params[i].key, key))
			return &rule->params[i];
	return NULL;
}

static void put(struct rule_params *params, const struct rule_binding *b, double value)
{
	void *place = (char *)params + b->offset;

	if (b->field == FIELD_U32)
		*(uint32_t *)place = (uint32_t)value;
	else if (b->field == FIELD_U64)
		*(uint64_t *)place = (uint64_t)value;
	else
		*(double *)place = value;
}

bool rule_find_clash(const struct rule *rule, enum rule_id id, struct rule_clash *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		const struct rule_param *low = rule_param_find(rule, orders[i].low);
		const struct rule_param *high = rule_param_find(rule, orders[i].high);
		bool is_high;

		if (orders[i].rule != id || low->value <= high->value)
			continue;
		is_high = high->is_overridden && !low->is_overridden;
		*ret = (struct rule_clash){ orders[i].rule, low->key, high->key,
					    is_high ? high->key : low->key };
		return true;
	}
	return false;
}

bool rules_bind(struct rules *r, struct rule_clash *ret_clash)
{
	for (size_t i = 0; i < rule_n_bindings; i++) {
		const struct rule_binding *b = &rule_bindings[i];
		const struct rule_param *p = rule_param_find(rule_of(r, b->rule), b->key);

		put(&r->params, b, p->value);
	}
	/* Which nights qualify is detector N's; a pattern of days has no third level. */
	memcpy(r->params.period.floor, r->params.nightly.floor, sizeof(r->params.period.floor));
	r->params.period.asymmetry = r->params.nightly.asymmetry;
	r->params.period.upload_always = r->params.nightly.upload_always;
	r->params.period.rate_ratio = r->params.nightly.rate_ratio;
	r->params.period.peak_share = r->params.nightly.peak_share;
	r->params.period.level3 = r->params.nightly.level3;
	for (int i = 0; i < RULES; i++)
		if (rule_find_clash(&r->list[i], (enum rule_id)i, ret_clash))
			return false;
	return true;
}

const char *param_format(const struct rule_param *p, double value, char buf[static PARAM_TEXT_MAX])
{
	static const struct { const char *name; double ns; } units[] = {
		{ "d", NS_PER_DAY }, { "h", NS_PER_HOUR }, { "m", NS_PER_MIN },
		{ "s", NS_PER_SEC }, { "ms", NS_PER_MS },
	};
	size_t i = 0;

	if (p->type == PARAM_DURATION) {
		uint64_t ns = (uint64_t)value;

		while (i + 1 < ARRAY_SIZE(units) && (ns == 0 ? i < 3 : ns % (uint64_t)units[i].ns))
			i++;
		snprintf(buf, PARAM_TEXT_MAX, "%.0f%s", value / units[i].ns, units[i].name);
	} else if (p->type == PARAM_BYTES && value >= 0) {
		size_format_exact((uint64_t)value, buf);
	} else {
		snprintf(buf, PARAM_TEXT_MAX, p->type == PARAM_REAL ? "%.6g%s%s" : "%.0f%s%s",
			 value, strcmp(p->unit, "1") ? " " : "", strcmp(p->unit, "1") ? p->unit :
			 "");
	}
	return buf;
}
