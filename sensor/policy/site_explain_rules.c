/* site_explain_rules.c - the rules of a site in words: what each does here and who changed it, the
 * site's own, and what is suppressed, by whom and until when.
 */
#include "policy/site_explain_internal.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "policy/own_rule.h"
#include "policy/suppress.h"

static void print_changes(const struct rule *rule, FILE *out)
{
	char now[PARAM_TEXT_MAX], before[PARAM_TEXT_MAX], match[512];

	if (rule->is_disabled) {
		fputs("    switched off by the site: nothing of it is told\n", out);
		return;
	}
	if (rule->severity_cap && rule->severity_cap < rule->severity)
		fprintf(out, "    severity at most %u by the site\n", rule->severity_cap);
	if (rule->match)
		fprintf(out, "    told only where %s, by the rule pack\n",
			condition_format(rule->match, match, sizeof(match)));
	for (size_t i = 0; i < rule->n_params; i++) {
		const struct rule_param *p = &rule->params[i];

		if (p->is_overridden)
			fprintf(out, "    %s is %s by the site, in place of %s\n", p->key,
				param_format(p, p->value, now),
				param_format(p, p->otherwise, before));
	}
}

static void print_own(const struct own_rule *own, FILE *out)
{
	char match[512];

	fprintf(out, "  %s", own->rule.id);
	explain_text(out, " ", own->rule.name);
	fprintf(out, ", severity %u, of the site's own", own->rule.severity);
	if (own->has_window) {
		fputs(", ", out);
		explain_hours(out, &own->window);
	}
	fprintf(out, "\n    %s%s\n", own->rule.is_disabled ? "switched off; else told where " :
		"told where ", condition_format(own->match, match, sizeof(match)));
}

static int by_id(const void *a, const void *b)
{
	return strcmp((*(const struct rule *const *)a)->id, (*(const struct rule *const *)b)->id);
}

void explain_rules(const struct site *s, FILE *out)
{
	const struct rule *list[RULES];

	fprintf(out, "Rules: %d of the pack%s, %zu of the site's own\n", RULES,
		rules_are_builtin(s->rules) ? "" : " (not the one built in)", s->n_own);
	for (int i = 0; i < RULES; i++)
		list[i] = rule_of(s->rules, (enum rule_id)i);
	qsort(list, RULES, sizeof(*list), by_id);
	for (int i = 0; i < RULES; i++) {
		const struct rule *rule = list[i];

		fprintf(out, "  %s", rule->id);
		explain_text(out, " ", rule->name);
		fprintf(out, ", severity %u at most\n", rule->severity);
		print_changes(rule, out);
	}
	for (size_t i = 0; i < s->n_own; i++)
		print_own(&s->own[i], out);
}

static void print_suppression(const struct suppression *e, uint64_t now_ns, FILE *out)
{
	struct civil day = civil_from_seconds((int64_t)e->expires_day * 86400);

	fprintf(out, "  %s: %s", e->id, e->rule);
	explain_text(out, " of asset ", e->asset);
	if (e->has_destination) {
		fputs(" to", out);
		explain_party(out, &e->destination);
	}
	explain_services(out, e->services, e->n_services);
	if (e->has_window) {
		fputs(", ", out);
		explain_hours(out, &e->window);
	}
	explain_text(out, ": ", e->reason);
	explain_text(out, ", owner ", e->owner);
	fprintf(out, ", until %04d-%02d-%02d%s\n", day.year, day.month, day.day,
		suppress_has_expired(e, now_ns) ? " (over: without effect)" : "");
}

void explain_suppressed(const struct site *s, uint64_t now_ns, FILE *out)
{
	fprintf(out, "Suppressed: %zu%s\n", s->n_suppress, s->n_suppress ? "" : " entries");
	for (size_t i = 0; i < s->n_suppress; i++)
		print_suppression(&s->suppress[i], now_ns, out);
}
