/* explain_flip.c - see explain_flip.h. */
#include "alert/explain_flip.h"

#include <inttypes.h>
#include <stdio.h>
#include "alert/explain_internal.h"
#include "base/text.h"
#include "detect/flip.h"

static void say(const struct flip_params *p, struct incident *in, const struct finding *f,
		const char *where)
{
	char who[256], up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], at[CLOCK_TEXT_MAX];
	size_t cap = sizeof(in->words->message);

	explain_subject(in->subject, who, sizeof(who));
	if (in->is_any)
		snprintf(in->words->message, cap, "%s sends much to %u further network%s that it "
			 "used to receive from", who, in->members, in->members == 1 ? "" : "s");
	else if (!f->flip)
		snprintf(in->words->message, cap, "Closed: %s sends no more than usual to %s", who,
			 where);
	else
		snprintf(in->words->message, cap, "%s sent %s to %s in the day until %s local and "
			 "received %s; %s", who, size_format(f->flip->up, up), where,
			 explain_at(f->judged_ns, at), size_format(f->flip->down, down),
			 flip_was_download(p, f->flip) ? "before, it received more than it sent, "
			 "or about as much" : "it did so on an earlier day too, and not before");
}

void explain_flip(const struct alert_context *ctx, struct incident *in, const struct finding *f)
{
	const struct flip_params *p = &ctx->site->rules->params.flip;
	char where[GROUP_TEXT_MAX + 24], line[INCIDENT_TEXT_MAX];
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX];

	explain_where(in, where, sizeof(where));
	say(p, in, f, where);
	if (in->is_any || !f->flip)
		return;
	snprintf(line, sizeof(line), "Before that day: %s sent and %s received in all, with "
		 "traffic on %" PRIu32 " of the 63 days before. What an expected entry covers is "
		 "not counted.", size_format(f->flip->before_up, up),
		 size_format(f->flip->before_down, down), f->flip->nights);
	explain_add_line(in, line);
	snprintf(line, sizeof(line), "How sure: two ratios and no statistics: more than %g times "
		 "as much sent as received, where it was less than %g times. A large report, a "
		 "crash dump or a new upload job that nobody registered looks the same.", p->ratio,
		 p->before);
	explain_add_line(in, line);
	if (f->flip->is_one_sided)
		explain_add_line(in,
			"Parts of the tap were down in that day: what was received may be "
			"missing, so severity is at most 2.");
	if (ctx->site->is_default)
		explain_add_line(in,
			"Without a site policy it is not known what is expected, so severity is "
			"at most 2.");
	explain_attached(in);
	explain_normal(ctx, in, f);
	explain_near(ctx, in, f, f->judged_ns);
}
