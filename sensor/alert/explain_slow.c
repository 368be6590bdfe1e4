/* explain_slow.c - see explain_slow.h. */
#include "alert/explain_slow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "alert/explain.h"
#include "base/text.h"
#include "base/tz.h"

static void where_text(const struct incident *in, char *buf, size_t cap)
{
	char value[GROUP_TEXT_MAX], clean[GROUP_TEXT_MAX];

	incident_value(in, value);
	text_repair(value, strlen(value), clean, sizeof(clean));
	snprintf(buf, cap, "%s%s", in->key.group == GROUP_DOMAIN ? "hosts of " :
		 in->key.group == GROUP_PREFIX ? "the network " : "networks of ", clean);
}

static void explain_amount(const struct alert_context *ctx, struct incident *in,
			   const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX], down[CLOCK_TEXT_MAX], largest[CLOCK_TEXT_MAX];

	snprintf(line, sizeof(line), "Received from there: %s.  The largest day had %s of "
		 "upload.  What the "
		 "tap did not see is not in it.",
		 size_format(f->slow->down, down), size_format(f->slow->largest, largest));
	explain_add_line(in, line);
	if (ctx->site->is_default)
		explain_add_line(in,
			"Without a site policy it is not known what is expected, so severity is "
			"at most 2.");
	else
		explain_add_line(in,
			"What an expected entry covers, and what NW-EXF-001 tells of the same "
			"network, is not counted.");
	if (slow_is_shared(f->slow)) {
		snprintf(line, sizeof(line), "%" PRIu32 " of the %" PRIu32 " assets of its role "
			 "send there, each at least half as much: more often their work than not, "
			 "so severity is at most 2; register it.", f->slow->sharers,
			 f->slow->role_assets);
		explain_add_line(in, line);
	}
	explain_add_line(in,
		"How sure: a sum of 30 days, no statistics. Telemetry and updates add up like "
		"this too; whether it keeps to a clock is not judged here.");
}

void explain_slow(const struct alert_context *ctx, struct incident *in, const struct finding *f)
{
	char who[256], where[GROUP_TEXT_MAX + 24], up[CLOCK_TEXT_MAX], at[CLOCK_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	where_text(in, where, sizeof(where));
	if (in->is_any) {
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s uploads a little a day to %u further network%s", who, in->members,
			 in->members == 1 ? "" : "s");
		return;
	}
	if (!f->slow) {
		snprintf(in->words->message, sizeof(in->words->message),
			 "Closed: the slow upload of %s to %s has fallen below half of what is "
			 "told", who, where);
		return;
	}
	snprintf(in->words->message, sizeof(in->words->message), "%s has sent %s to %s in the "
		 "30 days until %s local, on %" PRIu32 " of them, and no expected entry "
		 "covers it", who, size_format(f->slow->up, up), where,
		 explain_at(f->judged_ns, at), f->slow->rows);
	explain_amount(ctx, in, f);
	explain_normal(ctx, in, f);
	explain_near(ctx, in, f, f->judged_ns);
}
