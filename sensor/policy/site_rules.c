/* site_rules.c - the sections "rules" and "suppress" of a site file.
 *
 *	"rules": {"NW-EXF-003": {"enabled": false},
 *	          "NW-EXF-011": {"severity": 2, "parameters": {"bytes": "200MB"}}}
 *
 * An override changes the site's own copy of the pack.  Values stay within the bounds of the rule
 * file.
 */
#include <string.h>
#include "base/text.h"
#include "policy/rule_value.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define TEXT_LONGEST 1024

/* --- rules of the pack ----------------------------------------------------- */

static void read_enabled(struct reader *r, const struct at *at, void *into)
{
	(void)r;
	((struct rule *)into)->is_disabled = json_is_false(at->value);
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
	{ "enabled", TYPE_BOOL, false, read_enabled },
	{ "severity", TYPE_INTEGER, false, read_cap },
	{ "parameters", TYPE_OBJECT, false, read_params },
};

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

	reader_members(r, at, TYPE_OBJECT, read_rule, into);
	if (r->n_errors == before)
		bind(r, at, into);
}

/* --- suppressions ---------------------------------------------------------- */

static void check_rule_id(struct reader *r, const struct at *at, const char *id, const char *shown)
{
	if (!value_is_rule(id))
		reader_error(r, at,
			     "%s is not the id of a rule; write \"NW-EXF-003\" or an id of the "
			     "site's own",
			     shown);
}

static void read_any_text(struct reader *r, const struct at *at, void *into)
{
	(void)into;
	reader_text(r, at, TEXT_LONGEST);
}

static void read_suppressed_rule(struct reader *r, const struct at *at, void *into)
{
	char shown[SHOWN_MAX];

	(void)into;
	check_rule_id(r, at, at_text(at), at_shown(at, shown));
}

static void read_suppressed_asset(struct reader *r, const struct at *at, void *into)
{
	char shown[SHOWN_MAX];

	(void)into;
	if (keymap_get(&r->assets, at_text(at), strlen(at_text(at))) == KEYMAP_NONE)
		reader_error(r, at, "there is no asset %s; assets are listed under \"assets\"",
			     at_shown(at, shown));
}

static void read_any_date(struct reader *r, const struct at *at, void *into)
{
	int32_t day;

	(void)into;
	reader_date(r, at, &day);
}

static const struct key suppress_keys[] = {
	{ "rule", TYPE_STRING, true, read_suppressed_rule },
	{ "asset", TYPE_STRING, false, read_suppressed_asset },
	{ "reason", TYPE_STRING, true, read_any_text },
	{ "owner", TYPE_STRING, false, read_any_text },
	{ "expires", TYPE_STRING, false, read_any_date },
};

static void read_suppression(struct reader *r, const struct at *at, void *into)
{
	reader_object(r, at, KEYS(suppress_keys), into);
}

void read_suppress(struct reader *r, const struct at *at, void *into)
{
	reader_each(r, at, TYPE_OBJECT, read_suppression, into);
}
