/* gate.c - see gate.h. */
#include "alert/gate.h"

bool gate_pass(const struct alert_context *ctx, const struct finding *f, struct finding *ret)
{
	const struct rule *rule = rule_of(ctx->site->rules, f->rule);

	if (rule->is_disabled)
		return false;
	*ret = *f;
	if (rule->severity_cap && ret->severity > rule->severity_cap)
		ret->severity = rule->severity_cap;
	return true;
}

bool gate_is_lowered(const struct alert_context *ctx, const struct finding *f)
{
	unsigned cap = rule_of(ctx->site->rules, f->rule)->severity_cap;

	return cap && f->severity == cap;
}
