/* condition.h - what a rule of the site's own asks of a flow: fields, operators, and, or, not.
 *
 *	{"and": [{"field": "destination.port", "op": "in", "value": [22, 3389]},
 *	         {"field": "source.role", "op": "eq", "value": "review"},
 *	         {"not": {"field": "destination.zone", "op": "exists", "value": true}}]}
 *
 *	eq ne        one value: text without regard to case, a number, true or false, an address
 *	lt le gt ge  a number; of bytes also "10MB"
 *	in           a list of values; of addresses also networks
 *	cidr         a network, or a list of them
 *	prefix suffix  of a text
 *	exists       true: the field is known; false: it is not
 *
 * A test of a field that is not known fails, whatever its operator; only "exists" asks for that.
 * (A "ne" that should also hold for what is unknown is {"not": {... "eq" ...}}.)
 *
 * The tree is an array in preorder, so a part of it is a run of nodes.  Bounded: CONDITION_DEPTH
 * deep, CONDITION_NODES nodes, CONDITION_VALUES values, so a test of one costs that at most.
 * Immutable after reading; any thread.
 */
#ifndef NW_POLICY_CONDITION_H
#define NW_POLICY_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"

#define CONDITION_DEPTH 8
#define CONDITION_NODES 64
#define CONDITION_VALUES 1024		/* of one condition */
#define CONDITION_TEXT_MAX 256		/* of a value, with the zero byte */

enum condition_field {
	FIELD_SOURCE_ASSET, FIELD_SOURCE_ROLE, FIELD_SOURCE_VENDOR, FIELD_SOURCE_ZONE,
	FIELD_SOURCE_IP,
	FIELD_DESTINATION_ASSET, FIELD_DESTINATION_ROLE, FIELD_DESTINATION_VENDOR,
	FIELD_DESTINATION_ZONE, FIELD_DESTINATION_IP, FIELD_DESTINATION_PORT,
	FIELD_DESTINATION_DOMAIN, FIELD_DESTINATION_ASN, FIELD_DESTINATION_COUNTRY,
	FIELD_TRANSPORT, FIELD_PROTOCOL, FIELD_DIRECTION,
	/* These are of flows alone. */
	FIELD_ANSWERED, FIELD_UP, FIELD_DOWN, FIELD_PACKETS_UP, FIELD_PACKETS_DOWN, FIELD_VERDICT,
	FIELD_FUNCTION, FIELD_EXPECTED, FIELD_CLOSED_HOURS,
	FIELD_CHANNEL_UP, FIELD_CHANNEL_DOWN, FIELD_CHANNEL_NIGHT_UP, FIELD_CHANNEL_DAYS,
	CONDITION_FIELDS
};

enum condition_type { FIELD_TEXT, FIELD_NUMBER, FIELD_BYTES, FIELD_ADDRESS, FIELD_FLAG };

enum condition_op {
	OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_CIDR, OP_PREFIX, OP_SUFFIX, OP_EXISTS,
	CONDITION_OPS
};

enum condition_kind { CONDITION_TEST, CONDITION_AND, CONDITION_OR, CONDITION_NOT };

struct condition_value {
	const char *text;		/* lower case */
	double number;			/* and flags: 0, 1 */
	struct cidr network;		/* an address is one of all bits */
};

struct condition_node {
	enum condition_kind kind;
	uint16_t end;			/* index after the last node of this part */
	enum condition_field field;	/* of a test, and what follows */
	enum condition_op op;
	const struct condition_value *values;
	size_t n_values;
};

struct condition {
	const struct condition_node *nodes;	/* nodes[0] is the whole */
	size_t n, n_values;
};

const char *condition_field_name(enum condition_field f);	/* "destination.port" */
enum condition_type condition_field_type(enum condition_field f);
const char *condition_field_text(enum condition_field f);	/* what it is, in a phrase */
const char *condition_op_name(enum condition_op op);

struct reader;
struct at;
/* Reads the object at `at`; what is wrong is reported.  of_finding: of a rule of the pack, which is
 * asked of what a record says, so fields of flows are not there.  NULL: an error, or no memory. */
const struct condition *condition_read(struct reader *r, const struct at *at, bool of_finding);

/* Of a rule of the pack, which was read before the site: is each asset, role, vendor and zone that
 * it names the site's?  Else it is told (a warning): such a test never holds. */
struct site;
void condition_check(const struct condition *c, const char *rule, const struct site *s);

/* In words, for `nachtwacht check`: "destination.port in 22, 3389 and not (...)".  Cut to fit. */
const char *condition_format(const struct condition *c, char *buf, size_t cap);

/* What is known of a field. */
struct condition_fact {
	bool is_known;
	const char *text;		/* any case, raw bytes; of FIELD_FUNCTION see bits */
	double number;
	struct addr addr;
	unsigned bits;			/* FIELD_FUNCTION: a set of enum dpi_act */
};
typedef struct condition_fact (*condition_fact_fn)(void *arg, enum condition_field f);

/* Does it hold?  fact is asked at most once for each node. */
struct condition_asking {
	condition_fact_fn fact;
	void *arg;
	/* The tests that held, of those that were asked and stand under no "not", by field: for the
	 * words.  A set of bits. */
	uint32_t held;
};
bool condition_holds(const struct condition *c, struct condition_asking *a);

#endif
