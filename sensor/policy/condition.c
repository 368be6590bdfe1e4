/* condition.c - see condition.h: fields and operators, and asking. */
#include "policy/condition.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "dpi/dpi.h"

static_assert(CONDITION_FIELDS <= 32, "fields that held are a set of bits");

static const struct {
	const char *name, *text;
	enum condition_type type;
} fields[] = {
	[FIELD_SOURCE_ASSET] = { "source.asset", "the listed asset that opened the flow",
				 FIELD_TEXT },
	[FIELD_SOURCE_ROLE] = { "source.role", "its role", FIELD_TEXT },
	[FIELD_SOURCE_VENDOR] = { "source.vendor", "its vendor", FIELD_TEXT },
	[FIELD_SOURCE_ZONE] = { "source.zone", "its zone", FIELD_TEXT },
	[FIELD_SOURCE_IP] = { "source.ip", "its address", FIELD_ADDRESS },
	[FIELD_DESTINATION_ASSET] = { "destination.asset", "the listed asset that it went to",
				      FIELD_TEXT },
	[FIELD_DESTINATION_ROLE] = { "destination.role", "its role", FIELD_TEXT },
	[FIELD_DESTINATION_VENDOR] = { "destination.vendor", "its vendor", FIELD_TEXT },
	[FIELD_DESTINATION_ZONE] = { "destination.zone", "its zone", FIELD_TEXT },
	[FIELD_DESTINATION_IP] = { "destination.ip", "its address", FIELD_ADDRESS },
	[FIELD_DESTINATION_PORT] = { "destination.port", "its port", FIELD_NUMBER },
	[FIELD_DESTINATION_DOMAIN] = { "destination.domain", "the name it was called by, by the "
				       "sender's word", FIELD_TEXT },
	[FIELD_DESTINATION_ASN] = { "destination.asn", "its AS number", FIELD_NUMBER },
	[FIELD_DESTINATION_COUNTRY] = { "destination.country", "its country", FIELD_TEXT },
	[FIELD_TRANSPORT] = { "network.transport", "tcp, udp, sctp, icmp or icmpv6", FIELD_TEXT },
	[FIELD_PROTOCOL] = { "network.protocol", "the protocol, as flow records name it",
			     FIELD_TEXT },
	[FIELD_DIRECTION] = { "network.direction", "outbound, inbound, internal (between zones) or "
			      "inside (a zone)", FIELD_TEXT },
	[FIELD_ANSWERED] = { "flow.answered", "packets went both ways so far", FIELD_FLAG },
	[FIELD_UP] = { "flow.up", "payload of the minute, to the destination", FIELD_BYTES },
	[FIELD_DOWN] = { "flow.down", "payload of the minute, to the source", FIELD_BYTES },
	[FIELD_PACKETS_UP] = { "flow.packets_up", "packets of the minute", FIELD_NUMBER },
	[FIELD_PACKETS_DOWN] = { "flow.packets_down", "packets of the minute", FIELD_NUMBER },
	[FIELD_VERDICT] = { "flow.verdict", "who named the protocol: dpi, light, cache, port or "
			    "none", FIELD_TEXT },
	[FIELD_FUNCTION] = { "flow.function", "what a controller was asked for in the minute: "
			     "read, write, control, program, diagnostic, file or other",
			     FIELD_TEXT },
	[FIELD_EXPECTED] = { "flow.expected", "an expected entry covers it", FIELD_FLAG },
	[FIELD_CLOSED_HOURS] = { "flow.closed_hours", "it is in the closed hours of the source's "
				 "zone", FIELD_FLAG },
	[FIELD_CHANNEL_UP] = { "channel.up", "payload ever seen to this address and service",
			       FIELD_BYTES },
	[FIELD_CHANNEL_DOWN] = { "channel.down", "the same from it", FIELD_BYTES },
	[FIELD_CHANNEL_NIGHT_UP] = { "channel.night_up", "payload to it in this row, from noon on",
				     FIELD_BYTES },
	[FIELD_CHANNEL_DAYS] = { "channel.days", "days since it was first seen", FIELD_NUMBER },
};
static_assert(ARRAY_SIZE(fields) == CONDITION_FIELDS, "every field has its line");

static const char *const ops[] = {
	[OP_EQ] = "eq", [OP_NE] = "ne", [OP_LT] = "lt", [OP_LE] = "le", [OP_GT] = "gt",
	[OP_GE] = "ge", [OP_IN] = "in", [OP_CIDR] = "cidr", [OP_PREFIX] = "prefix",
	[OP_SUFFIX] = "suffix", [OP_EXISTS] = "exists",
};
static_assert(ARRAY_SIZE(ops) == CONDITION_OPS, "every operator has its name");

const char *condition_field_name(enum condition_field f)
{
	return fields[f].name;
}

enum condition_type condition_field_type(enum condition_field f)
{
	return fields[f].type;
}

const char *condition_field_text(enum condition_field f)
{
	return fields[f].text;
}

const char *condition_op_name(enum condition_op op)
{
	return ops[op];
}

/* --- asking ---------------------------------------------------------------- */

/* Names of functions are the values' own: a set holds a value that names one of its bits. */
static bool set_has(unsigned bits, const char *name)
{
	for (unsigned i = 0; 1U << i < DPI_ACT_END; i++)
		if (bits >> i & 1 && !strcmp(dpi_act_name(i), name))
			return true;
	return false;
}

static bool is_value(enum condition_field f, const struct condition_fact *fact,
		     const struct condition_value *v)
{
	switch (fields[f].type) {
	case FIELD_TEXT:
		return f == FIELD_FUNCTION ? set_has(fact->bits, v->text) :
					     !strcasecmp(fact->text, v->text);
	case FIELD_ADDRESS:
		return cidr_contains(&v->network, &fact->addr);
	default:
		return fact->number == v->number;
	}
}

static bool has_end(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && !strcasecmp(text + len - tail, end);
}

static bool test_holds(const struct condition_node *n, const struct condition_fact *fact)
{
	const struct condition_value *v = n->values;

	if (n->op == OP_EXISTS)
		return fact->is_known == (v->number != 0);
	if (!fact->is_known)
		return false;
	switch (n->op) {
	case OP_NE: return !is_value(n->field, fact, v);
	case OP_LT: return fact->number < v->number;
	case OP_LE: return fact->number <= v->number;
	case OP_GT: return fact->number > v->number;
	case OP_GE: return fact->number >= v->number;
	case OP_PREFIX: return !strncasecmp(fact->text, v->text, strlen(v->text));
	case OP_SUFFIX: return has_end(fact->text, v->text);
	default: break;
	}
	for (size_t i = 0; i < n->n_values; i++)
		if (is_value(n->field, fact, &v[i]))
			return true;
	return false;
}

/* Its depth is that of the tree, CONDITION_DEPTH at most. */
static bool part_holds(const struct condition *c, size_t at, bool is_plain,
		       struct condition_asking *a)
{
	const struct condition_node *n = &c->nodes[at];
	struct condition_fact fact;
	bool holds;

	switch (n->kind) {
	case CONDITION_NOT:
		return !part_holds(c, at + 1, false, a);
	case CONDITION_AND:
	case CONDITION_OR:
		for (size_t i = at + 1; i < n->end; i = c->nodes[i].end)
			if (part_holds(c, i, is_plain, a) == (n->kind == CONDITION_OR))
				return n->kind == CONDITION_OR;
		return n->kind == CONDITION_AND;
	default:
		break;
	}
	fact = a->fact(a->arg, n->field);
	holds = test_holds(n, &fact);
	if (holds && is_plain && fact.is_known)
		a->held |= 1U << n->field;
	return holds;
}

bool condition_holds(const struct condition *c, struct condition_asking *a)
{
	a->held = 0;
	return part_holds(c, 0, true, a);
}

/* --- in words -------------------------------------------------------------- */

struct writer {
	char *buf;
	size_t len, cap;
};

static void put(struct writer *w, const char *text)
{
	size_t len = strlen(text);

	if (w->len + len >= w->cap)
		len = w->cap - w->len - 1;
	memcpy(w->buf + w->len, text, len);
	w->len += len;
	w->buf[w->len] = '\0';
}

static void put_value(struct writer *w, enum condition_field f, enum condition_op op,
		      const struct condition_value *v)
{
	char text[CIDR_TEXT_MAX + CONDITION_TEXT_MAX];

	if (op == OP_EXISTS || fields[f].type == FIELD_FLAG)
		snprintf(text, sizeof(text), "%s", v->number != 0 ? "true" : "false");
	else if (fields[f].type == FIELD_TEXT)
		text_escape(v->text, strlen(v->text), text, sizeof(text));
	else if (fields[f].type == FIELD_BYTES)
		size_format_exact((uint64_t)v->number, text);
	else if (fields[f].type == FIELD_ADDRESS)
		cidr_format(&v->network, text);
	else
		snprintf(text, sizeof(text), "%.10g", v->number);
	put(w, text);
}

static void put_test(struct writer *w, const struct condition_node *n)
{
	put(w, fields[n->field].name);
	put(w, " ");
	put(w, ops[n->op]);
	for (size_t i = 0; i < n->n_values; i++) {
		put(w, i ? ", " : " ");
		put_value(w, n->field, n->op, &n->values[i]);
	}
}

static void put_part(struct writer *w, const struct condition *c, size_t at, bool is_inner)
{
	const struct condition_node *n = &c->nodes[at];
	bool is_list = n->kind == CONDITION_AND || n->kind == CONDITION_OR;

	if (n->kind == CONDITION_TEST) {
		put_test(w, n);
		return;
	}
	put(w, n->kind == CONDITION_NOT ? "not " : "");
	put(w, is_list && is_inner ? "(" : "");
	for (size_t i = at + 1; i < n->end; i = c->nodes[i].end) {
		if (i > at + 1)
			put(w, n->kind == CONDITION_OR ? " or " : " and ");
		put_part(w, c, i, true);
	}
	put(w, is_list && is_inner ? ")" : "");
}

const char *condition_format(const struct condition *c, char *buf, size_t cap)
{
	struct writer w = { .buf = buf, .cap = cap };

	buf[0] = '\0';
	put_part(&w, c, 0, false);
	return buf;
}
