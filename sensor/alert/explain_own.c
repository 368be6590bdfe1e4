/* explain_own.c - see explain_own.h.  What matched was repaired where it was found. */
#include "alert/explain_own.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "alert/gate.h"
#include "base/text.h"

static void say_held(struct incident *in, const struct finding *f, const struct rule *rule,
		     const char *who)
{
	char where[GROUP_TEXT_MAX], up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], at[CLOCK_TEXT_MAX];
	const char *verb = finding_contact(f)->was_opened_outside ? "was reached from" :
								    "opened connections to";
	size_t cap = sizeof(in->words->message);

	explain_where(in, where, sizeof(where));
	if (in->is_any)
		snprintf(in->words->message, cap, "%s: the site's rule %s (%s) holds for %u "
			 "further address%s, %" PRIu64 " minutes together", who, rule->id,
			 rule->name, in->members, in->members == 1 ? "" : "es", in->count);
	else
		snprintf(in->words->message, cap, "%s %s %s, which the site's rule %s (%s) is "
			 "about: in %" PRIu64 " minute%s, the last until %s local; %s sent, %s "
			 "received", who, verb, where, rule->id, rule->name, in->count,
			 in->count == 1 ? "" : "s", explain_at(in->last_ns, at),
			 size_format(in->up, up), size_format(in->down, down));
}

static void say_end(struct incident *in, const struct rule *rule, const char *who)
{
	char where[GROUP_TEXT_MAX];

	explain_where(in, where, sizeof(where));
	snprintf(in->words->message, sizeof(in->words->message),
		 "Closed: the site's rule %s (%s) has not held any more for %s and %s", rule->id,
		 rule->name, who, where);
}

void explain_own(const struct alert_context *ctx, struct incident *in, const struct finding *f)
{
	struct rule buf;
	const struct rule *rule = gate_rule(ctx->site, in->rule, in->own, &buf);
	char who[256], line[INCIDENT_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	if (!f->own) {
		say_end(in, rule, who);
		if (rule == &buf)
			explain_add_line(in, "The site policy does not have this rule any more.");
		else if (rule->explanation[0])
			explain_add_line(in, rule->explanation);
		if (!in->explain_n)
			explain_add_line(in, "It is a rule of the site's own.");
		return;
	}
	say_held(in, f, rule, who);
	snprintf(line, sizeof(line), "What held in the last minute: %s.", f->own->matched[0] ?
		 f->own->matched : "no field that is known");
	explain_add_line(in, line);
	if (rule->explanation[0])
		explain_add_line(in, rule->explanation);
	explain_add_line(in,
		"How sure: the rule is the site's own, its fields were seen as they are here; what "
		"they mean is the site's to say.");
	explain_normal(ctx, in, f);
	explain_near(ctx, in, f, in->last_ns);
	explain_contact(in, f);
}
