/* rules_internal.h - what the files of the rule pack's reader share (rules.h). */
#ifndef NW_POLICY_RULES_INTERNAL_H
#define NW_POLICY_RULES_INTERNAL_H

#include "policy/rules.h"

/* --- rule_table.c: what C knows of each rule --- */

enum field { FIELD_U32, FIELD_U64, FIELD_F64 };

/* A parameter that a detector takes, and the place in struct rule_params. */
struct rule_binding {
	enum rule_id rule;
	const char *key;
	enum param_type type;
	enum field field;
	size_t offset;
	double least, most;		/* what the code can take, whatever a pack says */
};
extern const struct rule_binding rule_bindings[];
extern const size_t rule_n_bindings;

const char *rule_detector(enum rule_id id);	/* the detector that speaks for it */
const struct rule_binding *rule_binding_find(enum rule_id id, const char *key);	/* or NULL */
/* Of the keys that the rule's detector takes the one that looks most like it, or NULL. */
const char *rule_binding_nearest(enum rule_id id, const char *key);

/* Of a rule with all its parameters: are two of them out of order? */
bool rule_find_clash(const struct rule *rule, enum rule_id id, struct rule_clash *ret_clash);

/* --- rule_read.c --- */

/* One file, as `file` in messages.  stem: its name without the ending: the id.  Fills the rule that
 * it is about.  0; -ENOMEM, or ERR_FORMAT or ERR_LIMIT (logged). */
struct rule_file {
	const char *file, *stem;
	const char *text;
	size_t len;
};
int rule_read(struct rules *r, const struct rule_file *f);

/* --- rule_builtin.c, made from rules/pack at build time --- */

struct rule_builtin {
	const char *name, *text;	/* "NW-EXF-001.json" */
};
extern const struct rule_builtin rule_builtin[];	/* in the order of names; name NULL: end */

#endif
