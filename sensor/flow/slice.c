/* slice.c - see slice.h. */
#include "flow/slice.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "flow/answers.h"
#include "flow/carried.h"
#include "flow/facts.h"

static const char *const end_names[] = {
	[FLOW_END_FIN] = "fin", [FLOW_END_RST] = "rst", [FLOW_END_IDLE] = "idle",
	[FLOW_END_EVICTED] = "evicted", [FLOW_END_INPUT] = "input",
};
static_assert(ARRAY_SIZE(end_names) == FLOW_ENDS, "a flow_end without its name");

static const char *const client_names[] = {
	[FLOW_CLIENT_SYN] = "syn", [FLOW_CLIENT_SYNACK] = "synack",
	[FLOW_CLIENT_PORT] = "port", [FLOW_CLIENT_FIRST] = "first",
};
static_assert(ARRAY_SIZE(client_names) == FLOW_CLIENTS, "a flow_client without its name");

const char *flow_end_name(enum flow_end e)
{
	return (size_t)e < ARRAY_SIZE(end_names) ? end_names[e] : "unknown";
}

const char *flow_client_name(enum flow_client c)
{
	return (size_t)c < ARRAY_SIZE(client_names) ? client_names[c] : "unknown";
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int flow_key_compare(const struct flow_key *a, const struct flow_key *b)
{
	const struct { uint16_t a, b; } fields[] = {
		{ a->proto, b->proto }, { a->a_port, b->a_port }, { a->b_port, b->b_port },
		{ a->vlan[0], b->vlan[0] }, { a->vlan[1], b->vlan[1] }, { a->tap, b->tap },
		{ a->ip_version, b->ip_version },
	};
	int order = addr_compare(&a->a, &b->a);

	if (!order)
		order = addr_compare(&a->b, &b->b);
	for (size_t i = 0; !order && i < ARRAY_SIZE(fields); i++)
		order = (int)fields[i].a - (int)fields[i].b;
	return order;
}

int flow_id_compare(const struct flow_id *a, const struct flow_id *b)
{
	int order = compare_u64(a->first_ns, b->first_ns);

	return order ? order : flow_key_compare(&a->key, &b->key);
}

int slice_compare(const struct slice *a, const struct slice *b)
{
	int order = compare_u64(a->minute_ns, b->minute_ns);

	if (!order)
		order = flow_id_compare(&a->id, &b->id);
	return order ? order : (int)a->kind - (int)b->kind;
}

void slice_clear(struct slice *s)
{
	free(s->name);
	s->name = NULL;
	answers_free(&s->answers);
	carried_free(&s->carried);
	free(s->tunnel);
	s->tunnel = NULL;
	free(s->facts);
	s->facts = NULL;
}
