/* remote.c - see remote.h. */
#include "detect/remote.h"

#include <string.h>
#include "base/text.h"

void remote_look(struct visit *v, const struct remote_setting *set, uint64_t at_ns,
		 struct orders_look *ret_look)
{
	const struct order *open;

	memset(ret_look, 0, sizeof(*ret_look));
	if (!set->orders || (!v->subject->asset && !set->is_gateway_asset))
		return;
	orders_look(set->orders, set->is_gateway_asset ? NULL : v->subject->asset, at_ns, ret_look);
	open = ret_look->open;
	if (!open)
		return;
	v->was_covered = true;
	v->order_end_ns = open->end_ns;
	text_copy(v->order, sizeof(v->order), open->id);
}

static bool needs_order(const struct visit *v, const struct remote_setting *set)
{
	return v->is_unexpected || (set->is_gateway_peer && set->orders);
}

bool remote_is_without_order(const struct visit *v, const struct remote_setting *set)
{
	return v->is_session && !v->was_covered && needs_order(v, set);
}

bool remote_outlives_order(const struct visit *v, const struct remote_setting *set,
			   const struct orders_look *look, uint64_t at_ns)
{
	return v->is_session && v->was_covered && !look->open && at_ns > v->order_end_ns &&
	       at_ns - v->order_end_ns >= set->site->rules->params.remote.late_ns;
}

bool remote_is_bulk(const struct visit *v, const struct remote_setting *set)
{
	return v->protocol == REMOTE_ANY &&
	       v->up > set->site->rules->params.remote.bulk_bytes;
}

static unsigned at_most(unsigned severity, unsigned most)
{
	return severity < most ? severity : most;
}

unsigned remote_severity(enum rule_id rule, const struct visit *v,
			 const struct remote_setting *set)
{
	unsigned severity = !set->orders ? 3 : 5;

	if (rule == RULE_REM_003)
		return 4;
	if (rule == RULE_REM_002)
		return v->is_weak ? 3 : 4;
	if (set->site->is_default)
		return 2;
	if (v->is_weak || (!v->subject->asset && !v->subject->zone))
		severity = at_most(severity, set->orders ? 3 : 2);
	if (!v->is_external && !set->is_gateway_peer)
		severity = at_most(severity, 2);
	return severity;
}
