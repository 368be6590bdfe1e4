/* rule_read.c - one file of the rule pack (rules.h), read with the tables of site_read.h. */
#include "policy/rules_internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/condition.h"
#include "policy/rule_value.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define TECHNIQUES_MAX 8
#define NAME_MAX_BYTES 64		/* of names of a record, with the zero byte */
#define TECHNIQUE_NAME_MAX 128
#define EXACT_MAX 9007199254740992.0	/* 2^53 */

/* The rule that is read, until it is good. */
struct reading {
	const char *stem;
	struct rule rule;
	enum rule_id id;
	bool has_id;
	struct rule_technique *techniques;
	struct rule_param *param;	/* being read */
};

/* --- texts --------------------------------------------------------------- */

static void read_id(struct reader *r, const struct at *at, void *into)
{
	struct reading *reading = into;
	const char *nearest;
	char shown[SHOWN_MAX];

	if (strcmp(at_text(at), reading->stem)) {
		reader_error(r, at, "%s is not what the file is called; the file of a rule is "
			     "ID.json, this one could be \"%s.json\"", at_shown(at, shown),
			     value_is_rule(at_text(at)) ? at_text(at) : "NW-EXF-001");
		return;
	}
	reading->has_id = rule_id_find(at_text(at), &reading->id);
	if (reading->has_id) {
		reading->rule.id = rule_id_text(reading->id);
		return;
	}
	nearest = rule_id_nearest(at_text(at));
	reader_error(r, at, "this version has no rule %s%s%s%s; a site's own rules stand in the "
		     "site file, under \"rules\"", at_shown(at, shown),
		     nearest ? " (did you mean \"" : "", nearest ? nearest : "",
		     nearest ? "\"?)" : "");
}

const char *reader_revision(struct reader *r, const struct at *at)
{
	json_int_t revision = json_integer_value(at->value);
	const char *copy = NULL;
	char text[24];

	if (revision < 1 || revision > 999999) {
		reader_error(r, at, "%lld is not a revision; count from 1, one more at every "
			     "change", (long long)revision);
		return "1";
	}
	snprintf(text, sizeof(text), "%lld", (long long)revision);
	copy = arena_text(r->arena, text);
	if (!copy)
		r->no_memory = true;
	return copy ? copy : "1";
}

static void read_revision(struct reader *r, const struct at *at, void *into)
{
	((struct reading *)into)->rule.version = reader_revision(r, at);
}

static void read_name(struct reader *r, const struct at *at, void *into)
{
	((struct reading *)into)->rule.name = reader_text(r, at, NAME_MAX_BYTES);
}

static void read_category(struct reader *r, const struct at *at, void *into)
{
	((struct reading *)into)->rule.category = reader_text(r, at, NAME_MAX_BYTES);
}

/* After the id: see read_root(). */
static void read_detector(struct reader *r, const struct at *at, void *into)
{
	struct reading *reading = into;
	char shown[SHOWN_MAX];

	reading->rule.detector = reader_text(r, at, NAME_MAX_BYTES);
	if (reading->has_id && strcmp(at_text(at), rule_detector(reading->id)))
		reader_error(r, at, "%s does not speak for %s; its detector is \"%s\"",
			     at_shown(at, shown), reading->rule.id, rule_detector(reading->id));
}

static void read_severity(struct reader *r, const struct at *at, void *into)
{
	reader_severity(r, at, &((struct reading *)into)->rule.severity);
}

static void read_explanation(struct reader *r, const struct at *at, void *into)
{
	((struct reading *)into)->rule.explanation = reader_text(r, at, RULE_EXPLANATION_MAX);
}

/* --- lists --------------------------------------------------------------- */

struct lines {
	const char **list;
	size_t n;
};

static void read_line(struct reader *r, const struct at *at, void *into)
{
	struct lines *lines = into;

	lines->list[lines->n++] = reader_text(r, at, RULE_TEXT_MAX);
}

const char *const *reader_lines(struct reader *r, const struct at *at)
{
	static const char *const none[] = { NULL };
	size_t n = json_array_size(at->value);
	struct lines lines = { 0 };

	if (n > RULE_LINES_MAX) {
		reader_error(r, at, "has %zu lines; at most %d are possible", n, RULE_LINES_MAX);
		return none;
	}
	lines.list = reader_alloc(r, n + 1, sizeof(*lines.list));
	if (!lines.list)
		return none;
	reader_each(r, at, TYPE_STRING, read_line, &lines);
	return lines.list;
}

static void read_triage(struct reader *r, const struct at *at, void *into)
{
	if (json_array_size(at->value) == 0)
		reader_error(r, at, "is empty; say what to check next");
	((struct reading *)into)->rule.triage = reader_lines(r, at);
}

static void read_false_positives(struct reader *r, const struct at *at, void *into)
{
	((struct reading *)into)->rule.false_positives = reader_lines(r, at);
}

static void read_references(struct reader *r, const struct at *at, void *into)
{
	((struct reading *)into)->rule.references = reader_lines(r, at);
}

static bool is_technique(const char *text)
{
	size_t digits = strspn(text + (*text != '\0'), "0123456789");

	if (text[0] != 'T' || digits != 4)
		return false;
	if (!text[5])
		return true;
	return text[5] == '.' && strspn(text + 6, "0123456789") == 3 && !text[9];
}

static void read_technique_id(struct reader *r, const struct at *at, void *into)
{
	char shown[SHOWN_MAX];

	((struct rule_technique *)into)->id = reader_text(r, at, NAME_MAX_BYTES);
	if (!is_technique(at_text(at)))
		reader_error(r, at, "%s is not a technique of ATT&CK; write \"T1029\" or "
			     "\"T1071.004\"", at_shown(at, shown));
}

static void read_technique_name(struct reader *r, const struct at *at, void *into)
{
	((struct rule_technique *)into)->name = reader_text(r, at, TECHNIQUE_NAME_MAX);
}

static const struct key technique_keys[] = {
	{ "id", TYPE_STRING, true, read_technique_id },
	{ "name", TYPE_STRING, true, read_technique_name },
};

static void read_technique(struct reader *r, const struct at *at, void *into)
{
	reader_object(r, at, KEYS(technique_keys), &((struct rule_technique *)into)[at->index]);
}

const struct rule_technique *reader_techniques(struct reader *r, const struct at *at, size_t *ret_n)
{
	size_t n = json_array_size(at->value);
	struct rule_technique *list;

	*ret_n = 0;
	if (n > TECHNIQUES_MAX) {
		reader_error(r, at, "has %zu techniques; at most %d are possible", n,
			     TECHNIQUES_MAX);
		return NULL;
	}
	list = reader_alloc(r, n, sizeof(*list));
	if (!list)
		return NULL;
	reader_each(r, at, TYPE_OBJECT, read_technique, list);
	*ret_n = n;
	return list;
}

static void read_attack(struct reader *r, const struct at *at, void *into)
{
	struct rule *rule = &((struct reading *)into)->rule;

	rule->techniques = reader_techniques(r, at, &rule->n_techniques);
}

void reader_severity(struct reader *r, const struct at *at, unsigned *ret_severity)
{
	json_int_t severity = json_integer_value(at->value);

	if (severity < 1 || severity > 5)
		reader_error(r, at, "%lld is not a severity; 1 (for the record) to 5 (critical)",
			     (long long)severity);
	else
		*ret_severity = (unsigned)severity;
}

/* --- parameters ------------------------------------------------------------ */

static const char *const type_names[] = {
	[PARAM_INTEGER] = "integer", [PARAM_REAL] = "real", [PARAM_BYTES] = "bytes",
	[PARAM_DURATION] = "duration",
};

const char *param_type_name(enum param_type type)
{
	return type_names[type];
}

static bool say_not_a_value(struct reader *r, const struct at *at, enum param_type type)
{
	static const char *const forms[] = {
		[PARAM_INTEGER] = "a whole number, such as 14",
		[PARAM_REAL] = "a number, such as 0.5",
		[PARAM_BYTES] = "a number of bytes, such as 262144, or \"256KiB\", \"1GB\"",
		[PARAM_DURATION] = "a duration, such as \"15m\", \"12h\" or \"90s\"",
	};
	char shown[SHOWN_MAX];

	reader_error(r, at, "%s is not %s", at_shown(at, shown), forms[type]);
	return false;
}

bool reader_param_value(struct reader *r, const struct at *at, enum param_type type,
			double *ret_value)
{
	bool is_text = json_is_string(at->value);
	uint64_t whole = 0;
	double value;

	if (type == PARAM_DURATION) {
		if (!is_text || !duration_parse(at_text(at), &whole))
			return say_not_a_value(r, at, type);
		value = (double)whole;
	} else if (is_text) {
		if (type != PARAM_BYTES || !size_parse(at_text(at), &whole))
			return say_not_a_value(r, at, type);
		value = (double)whole;
	} else if (json_is_integer(at->value)) {
		value = (double)json_integer_value(at->value);
	} else if (json_is_real(at->value) && type == PARAM_REAL) {
		value = json_real_value(at->value);
	} else {
		return say_not_a_value(r, at, type);
	}
	if (type != PARAM_REAL && fabs(value) > EXACT_MAX)
		return say_not_a_value(r, at, type);
	*ret_value = value;
	return true;
}

static void read_param_type(struct reader *r, const struct at *at, void *into)
{
	struct rule_param *p = ((struct reading *)into)->param;
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(type_names); i++)
		if (!strcmp(at_text(at), type_names[i])) {
			p->type = (enum param_type)i;
			return;
		}
	reader_error(r, at, "%s is not a type; \"integer\", \"real\", \"bytes\" or \"duration\"",
		     at_shown(at, shown));
}

static void read_param_unit(struct reader *r, const struct at *at, void *into)
{
	((struct reading *)into)->param->unit = reader_text(r, at, 32);
}

static void read_param_text(struct reader *r, const struct at *at, void *into)
{
	((struct reading *)into)->param->text = reader_text(r, at, RULE_TEXT_MAX);
}

static void read_param_default(struct reader *r, const struct at *at, void *into)
{
	struct rule_param *p = ((struct reading *)into)->param;

	reader_param_value(r, at, p->type, &p->otherwise);
}

static void read_param_min(struct reader *r, const struct at *at, void *into)
{
	struct rule_param *p = ((struct reading *)into)->param;

	reader_param_value(r, at, p->type, &p->min);
}

static void read_param_max(struct reader *r, const struct at *at, void *into)
{
	struct rule_param *p = ((struct reading *)into)->param;

	reader_param_value(r, at, p->type, &p->max);
}

#define VALUE (TYPE_STRING | TYPE_NUMBER)

/* Its type comes first, in the file too: the values are read by it. */
static const struct key param_keys[] = {
	{ "type", TYPE_STRING, true, read_param_type },
	{ "unit", TYPE_STRING, true, read_param_unit },
	{ "default", VALUE, true, read_param_default },
	{ "min", VALUE, true, read_param_min },
	{ "max", VALUE, true, read_param_max },
	{ "text", TYPE_STRING, true, read_param_text },
};

/* Do the numbers go together, and does the code take them? */
static void check_bounds(struct reader *r, const struct at *at, const struct rule_param *p,
			 const struct rule_binding *b)
{
	char low[PARAM_TEXT_MAX], high[PARAM_TEXT_MAX], value[PARAM_TEXT_MAX];
	char least[PARAM_TEXT_MAX];

	param_format(p, p->min, low);
	param_format(p, p->max, high);
	if (p->min > p->max)
		reader_error(r, at, "\"min\" %s is above \"max\" %s; swap them", low, high);
	else if (p->otherwise < p->min || p->otherwise > p->max)
		reader_error(r, at, "the default %s is not between \"min\" %s and \"max\" %s; "
			     "change one of the three", param_format(p, p->otherwise, value), low,
			     high);
	else if (p->min < b->least || p->max > b->most)
		reader_error(r, at, "\"min\" %s or \"max\" %s is beyond what the detector takes, "
			     "%s to %s; narrow them", low, high, param_format(p, b->least, least),
			     param_format(p, b->most, value));
}

static void read_param(struct reader *r, const struct at *at, void *into)
{
	struct reading *reading = into;
	const struct rule_binding *b = rule_binding_find(reading->id, at->key);
	const char *nearest;
	unsigned before = r->n_errors;
	struct rule_param *p;
	char shown[SHOWN_MAX];

	if (!b) {
		nearest = rule_binding_nearest(reading->id, at->key);
		text_escape(at->key, strlen(at->key), shown, sizeof(shown));
		reader_error_of_key(r, at, "the detector \"%s\" takes no parameter \"%s\"; %s%s%s",
				    rule_detector(reading->id), shown,
				    nearest ? "did you mean \"" : "leave it out",
				    nearest ? nearest : "", nearest ? "\"?" : "");
		return;
	}
	p = reading->param = &reading->rule.params[reading->rule.n_params++];
	*p = (struct rule_param){ .key = b->key, .type = b->type, .unit = "1", .text = "" };
	reader_object(r, at, KEYS(param_keys), reading);
	if (p->type != b->type && r->n_errors == before)
		reader_error(r, at, "the detector takes it as \"%s\", not as \"%s\"",
			     param_type_name(b->type), param_type_name(p->type));
	if (r->n_errors == before)
		check_bounds(r, at, p, b);
	p->value = p->otherwise;
}

static void check_clash(struct reader *r, const struct at *at, const struct reading *reading)
{
	struct rule_clash clash;
	struct at param, value;

	if (rule_find_clash(&reading->rule, reading->id, &clash) &&
	    reader_member(r, at, clash.low, &param) &&
	    reader_member(r, &param, "default", &value))
		reader_error(r, &value, "\"%s\" is above \"%s\" so; lower it or raise the other",
			     clash.low, clash.high);
}

/* After the id: see read_root(). */
static void read_params(struct reader *r, const struct at *at, void *into)
{
	struct reading *reading = into;
	unsigned before = r->n_errors;

	if (!reading->has_id)
		return;
	reading->rule.params = reader_alloc(r, RULE_PARAMS_MAX, sizeof(*reading->rule.params));
	if (!reading->rule.params)
		return;
	reader_members(r, at, TYPE_OBJECT, read_param, reading);
	for (size_t i = 0; i < rule_n_bindings; i++)
		if (rule_bindings[i].rule == reading->id &&
		    !json_object_get(at->value, rule_bindings[i].key))
			reader_error(r, at, "the parameter \"%s\" is missing; the detector \"%s\" "
				     "needs it", rule_bindings[i].key,
				     rule_detector(reading->id));
	if (r->n_errors == before)
		check_clash(r, at, reading);
}

static void read_match(struct reader *r, const struct at *at, void *into)
{
	struct reading *reading = into;

	if (reading->id == RULE_ATT_001)
		reader_error_of_key(r, at, "an attestation speaks of all that crossed a boundary; "
				    "it takes no \"match\"");
	else
		reading->rule.match = condition_read(r, at, true);
}

/* --- the file -------------------------------------------------------------- */

static const struct key root_keys[] = {
	{ "id", TYPE_STRING, true, NULL },
	{ "revision", TYPE_INTEGER, true, read_revision },
	{ "name", TYPE_STRING, true, read_name },
	{ "category", TYPE_STRING, true, read_category },
	{ "detector", TYPE_STRING, true, read_detector },
	{ "severity", TYPE_INTEGER, true, read_severity },
	{ "attack", TYPE_ARRAY, true, read_attack },
	{ "parameters", TYPE_OBJECT, true, read_params },
	{ "match", TYPE_OBJECT, false, read_match },
	{ "explanation", TYPE_STRING, true, read_explanation },
	{ "triage", TYPE_ARRAY, true, read_triage },
	{ "false_positives", TYPE_ARRAY, true, read_false_positives },
	{ "references", TYPE_ARRAY, true, read_references },
};

static int read_root(struct reader *r, const json_t *tree, struct reading *reading)
{
	struct at root = { .value = tree }, id;

	if (!json_is_object(tree)) {
		reader_error(r, &root, "a rule file is one object: { \"id\": ..., ... }");
		return ERR_FORMAT;
	}
	/* What the rest must hold depends on it, wherever it stands. */
	if (reader_member(r, &root, "id", &id) && json_is_string(id.value))
		read_id(r, &id, reading);
	reader_object(r, &root, KEYS(root_keys), reading);
	if (r->no_memory)
		return -ENOMEM;
	return r->n_errors ? ERR_FORMAT : 0;
}

int rule_read(struct rules *rules, const struct rule_file *f)
{
	struct reader r = { .text = f->text, .len = f->len, .arena = rules->arena,
			    .topic = "rules", .whole = "the rule file" };
	struct reading reading = { .stem = f->stem };
	struct jsonpos *pos = NULL;
	json_t *tree = NULL;
	int err;

	text_copy(r.file, sizeof(r.file), f->file);
	if (f->len == 0) {
		log_err("rules", "%s:1:1: the file is empty; a rule file is { \"id\": ..., ... }",
			r.file);
		return ERR_FORMAT;
	}
	err = reader_parse(&r, &pos, &tree);
	if (!err)
		err = read_root(&r, tree, &reading);
	if (!err && rules->list[reading.id].id) {
		log_err("rules", "%s: %s was read already", r.file, reading.rule.id);
		err = ERR_FORMAT;
	}
	if (!err)
		rules->list[reading.id] = reading.rule;
	json_decref(tree);
	jsonpos_free(pos);
	return err;
}
