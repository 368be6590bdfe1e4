/* site_rules.c - the section "rules" of a site file.
 *
 *	"rules": {"NW-EXF-003": {"enabled": false},
 *	          "NW-EXF-011": {"severity": 2, "parameters": {"bytes": "200MB"}}}
 *
 * An override changes the site's copy of the pack.  Values stay within the bounds of the rule file.
 * What is not "NW-..." is a rule of the site's own (own_rule.h).
 */
#include <string.h>
#include <strings.h>
#include "base/text.h"
#include "policy/own_rule.h"
#include "policy/rule_value.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define OWN_NAME_MAX 64			/* rule.name of a record, with the zero byte */

/* --- rules of the pack ----------------------------------------------------- */

static void read_enabled(struct reader *r, const struct at *at, void *into)
{
	(void)r;
	((struct rule *)into)->is_disabled = json_is_false(at->value);
}

/* The attestation is a statement on the whole day, not a finding that one may wish not to hear. */
static void read_pack_enabled(struct reader *r, const struct at *at, void *into)
{
	const struct rule *rule = into;

	if (rule == rule_of(r->site->rules, RULE_ATT_001) && json_is_false(at->value))
		reader_error(r, at, "attestations are made where they are asked for; leave the "
			     "option --attestations out");
	else
		read_enabled(r, at, into);
}

static void read_cap(struct reader *r, const struct at *at, void *into)
{
	struct rule *rule = into;
	unsigned cap = 0;

	reader_severity(r, at, &cap);
	if (cap > rule->severity)
		reader_error(r, at, "%u is above the rule's own severity, %u; a site can lower it, "
			     "to 1 at least", cap, rule->severity);
	else
		rule->severity_cap = cap;
}

static void read_param(struct reader *r, const struct at *at, void *into)
{
	const struct rule *rule = into;
	struct rule_param *p = rule_param_find(rule, at->key);
	char low[PARAM_TEXT_MAX], high[PARAM_TEXT_MAX], is[PARAM_TEXT_MAX];
	const char *names[RULE_PARAMS_MAX], *nearest;
	char shown[SHOWN_MAX];
	double value;

	if (!p) {
		for (size_t i = 0; i < rule->n_params; i++)
			names[i] = rule->params[i].key;
		nearest = text_nearest(at->key, names, rule->n_params);
		text_escape(at->key, strlen(at->key), shown, sizeof(shown));
		reader_error_of_key(r, at, "%s has no parameter \"%s\"; %s%s%s", rule->id, shown,
				    nearest ? "did you mean \"" : "nachtwacht check lists them",
				    nearest ? nearest : "", nearest ? "\"?" : "");
		return;
	}
	if (!reader_param_value(r, at, p->type, &value))
		return;
	if (value < p->min || value > p->max) {
		reader_error(r, at, "%s is not between %s and %s, the bounds of %s; %s is the "
			     "default", param_format(p, value, is), param_format(p, p->min, low),
			     param_format(p, p->max, high), rule->id,
			     param_format(p, p->otherwise, (char[PARAM_TEXT_MAX]){ 0 }));
		return;
	}
	p->value = value;
	p->is_overridden = true;
}

static void read_params(struct reader *r, const struct at *at, void *into)
{
	reader_members(r, at, TYPE_STRING | TYPE_NUMBER, read_param, into);
}

static const struct key override_keys[] = {
	{ "enabled", TYPE_BOOL, false, read_pack_enabled },
	{ "severity", TYPE_INTEGER, false, read_cap },
	{ "parameters", TYPE_OBJECT, false, read_params },
};

/* --- rules of the site's own ----------------------------------------------- */

static void read_own_enabled(struct reader *r, const struct at *at, void *into)
{
	read_enabled(r, at, &((struct own_rule *)into)->rule);
}

static void read_own_name(struct reader *r, const struct at *at, void *into)
{
	((struct own_rule *)into)->rule.name = reader_text(r, at, OWN_NAME_MAX);
}

static void read_own_category(struct reader *r, const struct at *at, void *into)
{
	((struct own_rule *)into)->rule.category = reader_text(r, at, OWN_NAME_MAX);
}

static void read_own_revision(struct reader *r, const struct at *at, void *into)
{
	((struct own_rule *)into)->rule.version = reader_revision(r, at);
}

static void read_own_severity(struct reader *r, const struct at *at, void *into)
{
	reader_severity(r, at, &((struct own_rule *)into)->rule.severity);
}

static void read_own_attack(struct reader *r, const struct at *at, void *into)
{
	struct rule *rule = &((struct own_rule *)into)->rule;

	rule->techniques = reader_techniques(r, at, &rule->n_techniques);
}

static void read_own_match(struct reader *r, const struct at *at, void *into)
{
	((struct own_rule *)into)->match = condition_read(r, at, false);
}

static void read_own_window(struct reader *r, const struct at *at, void *into)
{
	struct own_rule *own = into;

	reader_hours(r, at, &own->window);
	own->has_window = true;
}

static void read_own_explanation(struct reader *r, const struct at *at, void *into)
{
	((struct own_rule *)into)->rule.explanation = reader_text(r, at, RULE_TEXT_MAX);
}

static void read_own_triage(struct reader *r, const struct at *at, void *into)
{
	((struct own_rule *)into)->rule.triage = reader_lines(r, at);
}

static void read_own_false_positives(struct reader *r, const struct at *at, void *into)
{
	((struct own_rule *)into)->rule.false_positives = reader_lines(r, at);
}

static void read_own_references(struct reader *r, const struct at *at, void *into)
{
	((struct own_rule *)into)->rule.references = reader_lines(r, at);
}

static const struct key own_keys[] = {
	{ "name", TYPE_STRING, true, read_own_name },
	{ "severity", TYPE_INTEGER, true, read_own_severity },
	{ "match", TYPE_OBJECT, true, read_own_match },
	{ "enabled", TYPE_BOOL, false, read_own_enabled },
	{ "window", TYPE_OBJECT, false, read_own_window },
	{ "revision", TYPE_INTEGER, false, read_own_revision },
	{ "category", TYPE_STRING, false, read_own_category },
	{ "attack", TYPE_ARRAY, false, read_own_attack },
	{ "explanation", TYPE_STRING, false, read_own_explanation },
	{ "triage", TYPE_ARRAY, false, read_own_triage },
	{ "false_positives", TYPE_ARRAY, false, read_own_false_positives },
	{ "references", TYPE_ARRAY, false, read_own_references },
};

static size_t values_of(const struct site *site)
{
	size_t n = 0;

	for (size_t i = 0; i < site->n_own; i++)
		n += site->own[i].match ? site->own[i].match->n_values : 0;
	return n;
}

static void read_own(struct reader *r, const struct at *at, struct site *site)
{
	static const char *const none[] = { NULL };
	struct own_rule *own = &site->own[site->n_own];

	if (site->n_own == OWN_RULES_MAX) {
		reader_error_of_key(r, at, "more than %d rules of the site's own; every flow is "
				    "asked for each of them", OWN_RULES_MAX);
		return;
	}
	*own = (struct own_rule){ .rule = { .version = "1", .category = "site",
					    .detector = "match", .explanation = "",
					    .triage = none, .false_positives = none,
					    .references = none } };
	own->rule.id = arena_text(r->arena, at->key);
	if (!own->rule.id)
		r->no_memory = true;
	site->n_own++;
	reader_object(r, at, KEYS(own_keys), own);
	if (values_of(site) > OWN_VALUES_MAX)
		reader_error_of_key(r, at, "more than %d values in all rules of the site's own; "
				    "use networks, roles or zones in place of lists",
				    OWN_VALUES_MAX);
}

const struct own_rule *own_rule_find(const struct site *s, const char *id)
{
	for (size_t i = 0; i < s->n_own; i++)
		if (!strcmp(s->own[i].rule.id, id))
			return &s->own[i];
	return NULL;
}

/* --- all of them ----------------------------------------------------------- */

static void say_unknown_rule(struct reader *r, const struct at *at)
{
	const char *nearest = rule_id_nearest(at->key);
	char shown[SHOWN_MAX];

	if (rule_id_is_to_come(at->key)) {
		reader_warn(r, at, "without effect: this version does not have the rule yet");
		return;
	}
	text_escape(at->key, strlen(at->key), shown, sizeof(shown));
	if (!value_is_rule(at->key))
		reader_error_of_key(r, at, "\"%s\" is not the id of a rule; write \"%s\" or an id "
				    "of the site's own", shown, nearest ? nearest : "NW-EXF-001");
	else
		reader_error_of_key(r, at, "there is no rule \"%s\"%s%s%s", shown,
				    nearest ? "; did you mean \"" : "", nearest ? nearest : "",
				    nearest ? "\"?" : "");
}

static void read_rule(struct reader *r, const struct at *at, void *into)
{
	struct site *site = into;
	enum rule_id id;

	if (rule_id_find(at->key, &id))
		reader_object(r, at, KEYS(override_keys), &site->rules->list[id]);
	else if (value_is_rule(at->key) && strncasecmp(at->key, "NW-", 3))
		read_own(r, at, site);
	else
		say_unknown_rule(r, at);
}

/* Values that are good each: do they go together? */
static void bind(struct reader *r, const struct at *at, struct site *site)
{
	struct rule_clash clash;
	struct at rule, params, value;

	if (rules_bind(site->rules, &clash))
		return;
	if (reader_member(r, at, rule_id_text(clash.rule), &rule) &&
	    reader_member(r, &rule, "parameters", &params) &&
	    reader_member(r, &params, clash.set, &value))
		reader_error(r, &value, "\"%s\" is above \"%s\" so; change one of them or both",
			     clash.low, clash.high);
	else
		reader_error(r, at, "%s: \"%s\" is above \"%s\"", rule_id_text(clash.rule),
			     clash.low, clash.high);
}

void read_rules(struct reader *r, const struct at *at, void *into)
{
	unsigned before = r->n_errors;
	struct site *site = into;

	site->own = reader_alloc(r, OWN_RULES_MAX, sizeof(*site->own));
	if (!site->own)
		return;
	reader_members(r, at, TYPE_OBJECT, read_rule, into);
	if (r->n_errors == before)
		bind(r, at, into);
}
