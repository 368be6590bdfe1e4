/* condition_read.c - a condition from a policy file (condition.h), with its messages. */
#include "policy/condition.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "policy/rule_value.h"
#include "policy/site_read.h"
#include "policy/site_values.h"

#define NUMBER_MAX 9007199254740992.0	/* 2^53: whole numbers are exact */

/* While one condition is read; the nodes are copied when it is whole. */
struct build {
	struct condition_node nodes[CONDITION_NODES];
	size_t n, n_values;
	unsigned depth;
	bool of_finding;
	bool is_full;			/* said */
	/* The test that is read. */
	enum condition_field field;
	enum condition_op op;
	struct condition_value *values;
	size_t n_test_values;
};

static void read_node(struct reader *r, const struct at *at, void *into);

/* --- field and operator ------------------------------------------------------ */

static bool is_of_flow(enum condition_field f)
{
	return f >= FIELD_ANSWERED;
}

static const char *list_fields(size_t n, char *buf, size_t cap)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n && len < cap; i++)
		len += (size_t)snprintf(buf + len, cap - len, "%s%s", i ? ", " : "",
					condition_field_name((enum condition_field)i));
	return buf;
}

static bool find_field(struct reader *r, const struct at *at, struct build *b)
{
	const char *names[CONDITION_FIELDS], *nearest;
	size_t n = b->of_finding ? FIELD_ANSWERED : CONDITION_FIELDS;
	char shown[SHOWN_MAX], list[1024];

	for (size_t i = 0; i < CONDITION_FIELDS; i++) {
		names[i] = condition_field_name((enum condition_field)i);
		if (strcmp(at_text(at), names[i]))
			continue;
		b->field = (enum condition_field)i;
		if (!b->of_finding || !is_of_flow(b->field))
			return true;
		reader_error(r, at, "%s is of a flow, and a rule of the pack is asked of what its "
			     "record says; fields of source, destination and network are there",
			     at_shown(at, shown));
		return false;
	}
	nearest = text_nearest(at_text(at), names, n);
	if (nearest)
		reader_error(r, at, "unknown field %s; did you mean \"%s\"?", at_shown(at, shown),
			     nearest);
	else
		reader_error(r, at, "unknown field %s; the fields are %s (nachtwacht check --help "
			     "says what they are)", at_shown(at, shown),
			     list_fields(n, list, sizeof(list)));
	return false;
}

static bool takes(enum condition_type type, enum condition_op op)
{
	bool is_number = type == FIELD_NUMBER || type == FIELD_BYTES;

	switch (op) {
	case OP_LT: case OP_LE: case OP_GT: case OP_GE:
		return is_number;
	case OP_IN:
		return type != FIELD_FLAG;
	case OP_CIDR:
		return type == FIELD_ADDRESS;
	case OP_PREFIX: case OP_SUFFIX:
		return type == FIELD_TEXT;
	default:
		return true;
	}
}

static bool find_op(struct reader *r, const struct at *at, struct build *b)
{
	static const char *const of[] = {
		[FIELD_TEXT] = "a text: eq, ne, in, prefix, suffix, exists",
		[FIELD_NUMBER] = "a number: eq, ne, lt, le, gt, ge, in, exists",
		[FIELD_BYTES] = "an amount: eq, ne, lt, le, gt, ge, in, exists",
		[FIELD_ADDRESS] = "an address: eq, ne, in, cidr, exists",
		[FIELD_FLAG] = "true or false: eq, ne, exists",
	};
	const char *names[CONDITION_OPS], *nearest;
	char shown[SHOWN_MAX];

	for (size_t i = 0; i < CONDITION_OPS; i++) {
		names[i] = condition_op_name((enum condition_op)i);
		if (strcmp(at_text(at), names[i]))
			continue;
		b->op = (enum condition_op)i;
		if (takes(condition_field_type(b->field), b->op) &&
		    (b->field != FIELD_FUNCTION || (b->op != OP_PREFIX && b->op != OP_SUFFIX)))
			return true;
		reader_error(r, at, "%s does not go with %s, which is %s", at_shown(at, shown),
			     condition_field_name(b->field), of[condition_field_type(b->field)]);
		return false;
	}
	nearest = text_nearest(at_text(at), names, CONDITION_OPS);
	reader_error(r, at, "unknown operator %s; %s%s%s", at_shown(at, shown),
		     nearest ? "did you mean \"" : "eq, ne, lt, le, gt, ge, in, cidr, prefix, "
		     "suffix, exists", nearest ? nearest : "", nearest ? "\"?" : "");
	return false;
}

/* --- values ------------------------------------------------------------------ */

static const char *const transports[] = { "tcp", "udp", "sctp", "icmp", "icmpv6", NULL };
static const char *const directions[] = { "outbound", "inbound", "internal", "inside", NULL };
static const char *const verdicts[] = { "none", "port", "cache", "light", "dpi", NULL };
static const char *const functions[] = { "read", "write", "control", "program", "diagnostic",
					 "file", "other", NULL };

static const char *const *choices_of(enum condition_field f)
{
	switch (f) {
	case FIELD_TRANSPORT: return transports;
	case FIELD_DIRECTION: return directions;
	case FIELD_VERDICT: return verdicts;
	case FIELD_FUNCTION: return functions;
	default: return NULL;
	}
}

/* Of a field with few values: is it one of them? */
static bool check_choice(struct reader *r, const struct at *at, enum condition_field f,
			 const char *text)
{
	const char *const *choices = choices_of(f);
	char list[128] = "", shown[SHOWN_MAX];

	for (size_t i = 0; choices && choices[i]; i++) {
		if (!strcmp(choices[i], text))
			return true;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s\"%s\"",
			 i ? ", " : "", choices[i]);
	}
	if (choices)
		reader_error(r, at, "%s has no value %s; %s", condition_field_name(f),
			     at_shown(at, shown), list);
	return !choices;
}

static const char *nearest_of_site(const struct site *s, enum condition_field f, const char *text)
{
	bool is_zone = f == FIELD_SOURCE_ZONE || f == FIELD_DESTINATION_ZONE;
	const char *names[256];
	size_t n = 0;

	for (size_t i = 0; is_zone && i < s->n_zones && n < ARRAY_SIZE(names); i++)
		names[n++] = s->zones[i].id;
	for (size_t i = 0; !is_zone && i < s->n_assets && n < ARRAY_SIZE(names); i++)
		names[n++] = s->assets[i].id;
	return text_nearest(text, names, n);
}

/* An asset or a zone must be there; a role or vendor that nobody has is told. */
static void check_reference(struct reader *r, const struct at *at, enum condition_field f)
{
	const struct keymap *ids = NULL, *words = NULL;
	const char *nearest;
	char shown[SHOWN_MAX];

	if (f == FIELD_SOURCE_ASSET || f == FIELD_DESTINATION_ASSET)
		ids = &r->assets;
	else if (f == FIELD_SOURCE_ZONE || f == FIELD_DESTINATION_ZONE)
		ids = &r->zones;
	else if (f == FIELD_SOURCE_ROLE || f == FIELD_DESTINATION_ROLE)
		words = &r->roles;
	else if (f == FIELD_SOURCE_VENDOR || f == FIELD_DESTINATION_VENDOR)
		words = &r->vendors;
	if (ids && keymap_get(ids, at_text(at), strlen(at_text(at))) == KEYMAP_NONE) {
		nearest = nearest_of_site(r->site, f, at_text(at));
		reader_error(r, at, "the site has no %s %s%s%s%s",
			     ids == &r->assets ? "asset" : "zone", at_shown(at, shown),
			     nearest ? "; did you mean \"" : "", nearest ? nearest : "",
			     nearest ? "\"?" : "");
	}
	if (words && keymap_get(words, at_text(at), strlen(at_text(at))) == KEYMAP_NONE)
		reader_warn(r, at, "no asset has the %s %s, so it never holds",
			    words == &r->roles ? "role" : "vendor", at_shown(at, shown));
}

static bool has_asset(const struct site *s, enum condition_field f, const char *text)
{
	for (size_t i = 0; i < s->n_assets; i++) {
		const struct asset *a = &s->assets[i];
		bool is_role = f == FIELD_SOURCE_ROLE || f == FIELD_DESTINATION_ROLE;
		bool is_vendor = f == FIELD_SOURCE_VENDOR || f == FIELD_DESTINATION_VENDOR;

		if (!strcasecmp(is_role ? a->role : is_vendor ? a->vendor : a->id, text))
			return true;
	}
	return false;
}

static bool has_zone(const struct site *s, const char *text)
{
	for (size_t i = 0; i < s->n_zones; i++)
		if (!strcasecmp(s->zones[i].id, text))
			return true;
	return false;
}

void condition_check(const struct condition *c, const char *rule, const struct site *s)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct condition_node *n = &c->nodes[i];
		enum condition_field f = n->field;
		bool is_zone = f == FIELD_SOURCE_ZONE || f == FIELD_DESTINATION_ZONE;

		if (n->kind != CONDITION_TEST ||
		    (n->op != OP_EQ && n->op != OP_NE && n->op != OP_IN) ||
		    f > FIELD_DESTINATION_ZONE || f == FIELD_SOURCE_IP)
			continue;
		for (size_t k = 0; k < n->n_values; k++)
			if (is_zone ? !has_zone(s, n->values[k].text) :
				      !has_asset(s, f, n->values[k].text))
				log_warn("rules", "%s: its \"match\" asks for %s \"%s\", which "
					 "the site does not have", rule, condition_field_name(f),
					 n->values[k].text);
	}
}

static bool take_text(struct reader *r, const struct at *at, const struct build *b,
		      struct condition_value *v)
{
	char lower[CONDITION_TEXT_MAX], shown[SHOWN_MAX];
	size_t len = strlen(at_text(at));
	bool is_whole = b->op != OP_PREFIX && b->op != OP_SUFFIX;

	if (!value_is_label(at_text(at), sizeof(lower))) {
		reader_error(r, at, "%s must be text of 1 to %d bytes without control characters",
			     at_shown(at, shown), CONDITION_TEXT_MAX - 1);
		return false;
	}
	for (size_t i = 0; i <= len; i++)
		lower[i] = value_lower(at_text(at)[i]);
	if (b->field == FIELD_DESTINATION_DOMAIN && is_whole && lower[0] == '*') {
		reader_error(r, at, "%s is a pattern; for names below it use \"suffix\" with "
			     "\"%s\"", at_shown(at, shown), lower + 1);
		return false;
	}
	if (is_whole && !check_choice(r, at, b->field, lower))
		return false;
	if (is_whole && b->field == FIELD_DESTINATION_COUNTRY) {
		char country[3];

		r->names_country = true;

		if (!reader_country(r, at, country))
			return false;
	}
	if (is_whole && r->site)
		check_reference(r, at, b->field);
	v->text = arena_text(r->arena, lower);
	if (!v->text)
		r->no_memory = true;
	return v->text != NULL;
}

static bool take_number(struct reader *r, const struct at *at, const struct build *b,
			struct condition_value *v)
{
	bool is_bytes = condition_field_type(b->field) == FIELD_BYTES;
	char shown[SHOWN_MAX];

	r->names_asn |= b->field == FIELD_DESTINATION_ASN;
	if (!reader_param_value(r, at, is_bytes ? PARAM_BYTES : PARAM_REAL, &v->number))
		return false;
	if (v->number < 0 || v->number > NUMBER_MAX ||
	    (condition_field_type(b->field) == FIELD_NUMBER && v->number != floor(v->number)) ||
	    (b->field == FIELD_DESTINATION_PORT && v->number > 65535)) {
		reader_error(r, at, "%s has no value %s; %s", condition_field_name(b->field),
			     at_shown(at, shown), b->field == FIELD_DESTINATION_PORT ?
			     "0 to 65535" : is_bytes ? "0 or more" : "a whole number, 0 or more");
		return false;
	}
	return true;
}

static bool take_address(struct reader *r, const struct at *at, const struct build *b,
			 struct condition_value *v)
{
	struct addr a;
	char shown[SHOWN_MAX];

	if (b->op != OP_EQ && b->op != OP_NE)
		return reader_cidr(r, at, &v->network);
	if (!addr_parse(at_text(at), &a)) {
		reader_error(r, at, "%s is not an address; write \"10.20.1.11\" or "
			     "\"2001:db8::1\", and use \"cidr\" for a network",
			     at_shown(at, shown));
		return false;
	}
	return cidr_parse(at_text(at), &v->network);
}

static void read_value(struct reader *r, const struct at *at, void *into)
{
	static const struct { unsigned types; const char *text; } wanted[] = {
		[FIELD_TEXT] = { TYPE_STRING, "a text" },
		[FIELD_NUMBER] = { TYPE_NUMBER, "a number" },
		[FIELD_BYTES] = { TYPE_NUMBER | TYPE_STRING, "an amount, such as 262144 or "
				  "\"10MB\"" },
		[FIELD_ADDRESS] = { TYPE_STRING, "an address or a network" },
		[FIELD_FLAG] = { TYPE_BOOL, "true or false" },
	};
	struct build *b = into;
	enum condition_type type = b->op == OP_EXISTS ? FIELD_FLAG :
				   condition_field_type(b->field);
	struct condition_value *v = &b->values[b->n_test_values];
	bool is_good = true;

	if (!(wanted[type].types & 1u << json_typeof(at->value))) {
		reader_error(r, at, "must be %s", wanted[type].text);
		return;
	}
	v->text = "";
	if (type == FIELD_TEXT)
		is_good = take_text(r, at, b, v);
	else if (type == FIELD_ADDRESS)
		is_good = take_address(r, at, b, v);
	else if (type == FIELD_FLAG)
		v->number = json_is_true(at->value);
	else
		is_good = take_number(r, at, b, v);
	b->n_test_values += is_good;
}

#define ANY_VALUE (TYPE_STRING | TYPE_NUMBER | TYPE_BOOL)

static void read_values(struct reader *r, const struct at *at, struct build *b)
{
	bool is_list = json_is_array(at->value);
	size_t n = is_list ? json_array_size(at->value) : 1;

	if (is_list && b->op != OP_IN && b->op != OP_CIDR) {
		reader_error(r, at, "\"%s\" takes one value; for a list use \"in\"",
			     condition_op_name(b->op));
		return;
	}
	if (!is_list && b->op == OP_IN) {
		reader_error(r, at, "\"in\" takes a list: [ ... ]");
		return;
	}
	if (n == 0 || b->n_values + n > CONDITION_VALUES) {
		reader_error(r, at, "needs 1 to %d values in all of the condition, has %zu",
			     CONDITION_VALUES, b->n_values + n);
		return;
	}
	b->values = reader_alloc(r, n, sizeof(*b->values));
	b->n_test_values = 0;
	if (!b->values)
		return;
	b->n_values += n;
	if (is_list)
		reader_each(r, at, ANY_VALUE, read_value, b);
	else
		read_value(r, at, b);
}

/* --- nodes ------------------------------------------------------------------- */

static const struct key test_keys[] = {
	{ "field", TYPE_STRING, true, NULL },
	{ "op", TYPE_STRING, true, NULL },
	{ "value", ANY_VALUE | TYPE_ARRAY, true, NULL },
};

static void read_test(struct reader *r, const struct at *at, struct build *b,
		      struct condition_node *node)
{
	struct at field, op, value;
	unsigned before = r->n_errors;

	if (!json_object_get(at->value, "field")) {
		reader_error(r, at, "is no condition; write {\"field\": ..., \"op\": ..., "
			     "\"value\": ...}, or one of \"and\", \"or\" and \"not\"");
		return;
	}
	reader_object(r, at, KEYS(test_keys), b);
	if (r->n_errors != before || !reader_member(r, at, "field", &field) ||
	    !reader_member(r, at, "op", &op) || !reader_member(r, at, "value", &value))
		return;
	if (!find_field(r, &field, b) || !find_op(r, &op, b))
		return;
	read_values(r, &value, b);
	node->field = b->field;
	node->op = b->op;
	node->values = b->values;
	node->n_values = b->n_test_values;
}

static void read_list(struct reader *r, const struct at *at, struct build *b)
{
	if (!json_is_array(at->value))
		reader_error(r, at, "must be a list of conditions: [ { ... }, ... ]");
	else if (json_array_size(at->value) == 0)
		reader_error(r, at, "is empty; name at least one condition");
	else
		reader_each(r, at, TYPE_OBJECT, read_node, b);
}

static void read_inner(struct reader *r, const struct at *at, void *into)
{
	if (!json_is_object(at->value))
		reader_error(r, at, "must be a condition: { ... }");
	else
		read_node(r, at, into);
}

/* One of {"and": [...]}, {"or": [...]}, {"not": {...}}, {"field", "op", "value"}. */
static void read_node(struct reader *r, const struct at *at, void *into)
{
	static const struct { const char *key; enum condition_kind kind; } lists[] = {
		{ "and", CONDITION_AND }, { "or", CONDITION_OR }, { "not", CONDITION_NOT },
	};
	struct build *b = into;
	struct condition_node *node;
	struct at inner;

	if (b->n == CONDITION_NODES || b->depth == CONDITION_DEPTH) {
		if (!b->is_full)
			reader_error(r, at, b->depth == CONDITION_DEPTH ?
				     "more than %d conditions deep; make it flatter" :
				     "more than %d conditions; split the rule",
				     b->depth == CONDITION_DEPTH ? CONDITION_DEPTH :
				     CONDITION_NODES);
		b->is_full = true;
		return;
	}
	node = &b->nodes[b->n++];
	*node = (struct condition_node){ .kind = CONDITION_TEST };
	b->depth++;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (!reader_member(r, at, lists[i].key, &inner))
			continue;
		node->kind = lists[i].kind;
		if (json_object_size(at->value) > 1)
			reader_error(r, at, "\"%s\" stands alone in its object; put the other "
				     "conditions into its list, or around it", lists[i].key);
		else if (node->kind == CONDITION_NOT)
			read_inner(r, &inner, b);
		else
			read_list(r, &inner, b);
		break;
	}
	if (node->kind == CONDITION_TEST)
		read_test(r, at, b, node);
	b->depth--;
	node->end = (uint16_t)b->n;
}

const struct condition *condition_read(struct reader *r, const struct at *at, bool of_finding)
{
	struct build b = { .of_finding = of_finding };
	unsigned before = r->n_errors;
	struct condition_node *nodes;
	struct condition *c;

	read_node(r, at, &b);
	if (r->n_errors != before || r->no_memory)
		return NULL;
	c = reader_alloc(r, 1, sizeof(*c));
	nodes = reader_alloc(r, b.n, sizeof(*nodes));
	if (!c || !nodes)
		return NULL;
	memcpy(nodes, b.nodes, b.n * sizeof(*nodes));
	*c = (struct condition){ .nodes = nodes, .n = b.n, .n_values = b.n_values };
	return c;
}
