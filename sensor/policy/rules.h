/* rules.h - the rule pack: what each rule of the catalogue is called and says, how severe it is at
 * most, and the numbers that its detector is run with.
 *
 * One JSON file a rule (rules/pack/NW-EXF-001.json; the form is rules/schema/rule.schema.json).
 * A pack is read as a whole from a directory, or from the copy that was built in; it has every rule
 * that this version can raise, and every parameter that the rule's detector takes, or it is refused
 * with FILE:LINE:COLUMN, the key and the remedy.  The site file then overrides (site.h, key
 * "rules"), on a pack of its own, so that site and rules are one snapshot.
 *
 *	rules/pack/ --read--> struct rules --overridden by the site file--> site->rules
 *	                                       every parameter: default, min, max -> value
 *	                                                      --bound by rule_table.c--> params
 *
 * What a night's record says of an incident is composed in alert/explain*.c; here are the texts
 * that hold whatever was seen.
 * Immutable once the site has it; any thread.
 */
#ifndef NW_POLICY_RULES_H
#define NW_POLICY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/digest.h"
#include "policy/rule_params.h"

/* Rules that detectors in C speak for. */
enum rule_id {
	RULE_EXF_001, RULE_DST_002, RULE_HLT_001, RULE_EXP_001, RULE_HLT_002, RULE_DST_001,
	RULE_EXF_008, RULE_EXF_011, RULE_REM_001, RULE_REM_002, RULE_REM_003,
	RULE_EXF_002, RULE_EXF_005, RULE_SEG_005, RULE_REM_005, RULE_ATT_001,
	RULE_SEG_001, RULE_SEG_003, RULE_DST_003, RULE_DST_004, RULE_EXF_010, RULE_EXF_009,
	RULE_EXF_006, RULES,
	RULE_OWN = RULES,		/* any of the site's own (policy/own_rule.h) */
	RULE_KINDS
};

#define RULE_BYTES_MAX (256u << 10)	/* of one file */
#define RULE_FILES_MAX 256		/* of one directory */
#define RULE_TEXT_MAX 513		/* of a line of a record, with the zero byte */
#define RULE_EXPLANATION_MAX 2048
#define RULE_LINES_MAX 16		/* of one list */
#define RULE_PARAMS_MAX 32		/* of one rule */

struct condition;

enum param_type {
	PARAM_INTEGER,
	PARAM_REAL,
	PARAM_BYTES,			/* 262144, or "256KiB" */
	PARAM_DURATION			/* "15m"; the value is nanoseconds */
};

/* Whole numbers are exact up to 2^53, far beyond every bound. */
struct rule_param {
	const char *key;
	enum param_type type;
	const char *unit, *text;	/* for people */
	double otherwise, min, max;	/* the default, and between what a site may set it */
	double value;
	bool is_overridden;
};

struct rule_technique {
	const char *id, *name;		/* of ATT&CK */
};

/* What a rule is, for people and for machines.  Lists of texts end with NULL. */
struct rule {
	const char *id, *version;	/* version: the revision, as text */
	const char *name, *category, *detector;
	unsigned severity;		/* 1..5: at most */
	const struct rule_technique *techniques;
	size_t n_techniques;
	const char *explanation;
	const char *const *triage;	/* next checks */
	const char *const *false_positives, *const *references;
	struct rule_param *params;
	size_t n_params;
	/* Findings that it does not hold for are not told; NULL: all are.  policy/condition.h */
	const struct condition *match;
	/* The site's word. */
	bool is_disabled;
	unsigned severity_cap;		/* at most this; 0: not said */
};

struct arena;

struct rules {
	struct rule list[RULES];
	struct rule_params params;	/* of all of them, for the detectors */
	char sha256[DIGEST_HEX_MAX];	/* of all files, in the order of their names */
	struct arena *arena;
};

/* The copy that was built in.  0; -ENOMEM or, should it be broken, ERR_FORMAT (logged). */
int rules_builtin(struct rules **ret_rules);
/* A directory's *.json.  0; -ENOMEM, ERR_FORMAT, ERR_LIMIT or -errno of reading, each logged. */
int rules_load(const char *directory, struct rules **ret_rules);
/* The built-in pack with one file in place of its own, as if it were `name` in a directory: for
 * tests and fuzzing. */
int rules_parse(const char *name, const char *text, size_t len, struct rules **ret_rules);
void rules_free(struct rules *r);	/* NULL is fine */
/* Are its files, byte for byte, those that were built in?  Whatever a site overrides. */
bool rules_are_builtin(const struct rules *r);

/* Two values of a rule that do not go together: low is above high. */
struct rule_clash {
	enum rule_id rule;
	const char *low, *high;		/* keys */
	const char *set;		/* the one of them that the site set, else low */
};
/* Sets params from the values, after an override too.  false: they do not go together. */
bool rules_bind(struct rules *r, struct rule_clash *ret_clash);

static inline const struct rule *rule_of(const struct rules *r, enum rule_id id)
{
	return &r->list[id];
}

struct rule_param *rule_param_find(const struct rule *rule, const char *key);	/* or NULL */

const char *rule_id_text(enum rule_id id);			/* "NW-EXF-001" */
bool rule_id_find(const char *text, enum rule_id *ret_id);	/* false: not of this version */
/* The catalogue has it, this version does not. */
bool rule_id_is_to_come(const char *text);
/* Of the rules of this version the one that looks most like it, or NULL. */
const char *rule_id_nearest(const char *text);

/* A value as a person would write it: "256 KiB", "0.1", "15m". */
#define PARAM_TEXT_MAX 64
const char *param_format(const struct rule_param *p, double value,
			 char buf[static PARAM_TEXT_MAX]);

#endif
