/* explain_destination.c - the words of NW-DST-001: an address, domain or network that is new. */
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "base/pseudonym.h"
#include "base/text.h"

/* "domain vendor.example (address 203.0.113.9)", "network 203.0.113.0/24 (address 203.0.113.9)" */
static void new_destination_text(const struct destination *d, char *buf, size_t cap)
{
	char value[GROUP_TEXT_MAX], clean[GROUP_TEXT_MAX], peer[ADDR_TEXT_MAX];

	baseline_value(d, value);
	text_repair(value, strlen(value), clean, sizeof(clean));
	snprintf(buf, cap, "%s%s (address %s)", d->key.group == GROUP_PREFIX ? "network " :
		 "domain ",
		 clean, addr_show(&d->peer, peer));
}

static void explain_like(const struct alert_context *ctx, struct incident *in,
			 const struct finding *f)
{
	const struct destination *like = f->like;
	char line[INCIDENT_TEXT_MAX], at[CLOCK_TEXT_MAX];

	if (!like)
		return;
	snprintf(line, sizeof(line), "Severity is one step lower: %s, an asset of the same role, "
		 "zone and vendor, has met it since %s local, while the baseline was learning. In "
		 "full when this asset sends more than %u times as much a night.", like->subject,
		 explain_at(like->first_ns, at), ctx->site->rules->params.destination.like_factor);
	explain_add_line(in, line);
}

/* How it came to be raised: baseline.h has the table. */
static void explain_standing(const struct alert_context *ctx, struct incident *in,
			     const struct finding *f)
{
	const struct destination *d = f->destination;
	char line[INCIDENT_TEXT_MAX], at[CLOCK_TEXT_MAX], id[BASELINE_ID_MAX], by[BASELINE_WHO_MAX];

	explain_at(d->first_ns, at);
	if (d->was_revoked)
		snprintf(line, sizeof(line), "It was accepted once; the acceptance was revoked by "
			 "%s.", text_repair(d->by ? d->by : "", d->by ? strlen(d->by) : 0, by,
					    sizeof(by)) ? by : "somebody");
	else if (d->is_learned)
		snprintf(line, sizeof(line), "It was first met %s local, while the baseline was "
			 "learning, and never accepted: what was there on day one is not "
			 "allowed by that.", at);
	else
		snprintf(line, sizeof(line), "Neither the site policy nor the baseline of this "
			 "asset or of its role has it. New is not the same as bad: an update or a "
			 "renamed server looks like this.");
	explain_add_line(in, line);
	explain_like(ctx, in, f);
	snprintf(line, sizeof(line), "State of the baseline: %s.  To accept it: nachtwacht state "
		 "promote --id %s.%s", baseline_name(f->baseline), baseline_id(d, id),
		 in->subject->zone && in->subject->zone->is_closed ?
		 "  The zone stays closed all the same: NW-DST-002 speaks of any external traffic "
		 "that no expected entry covers." : "");
	explain_add_line(in, line);
}

static void explain_accepted(struct incident *in, const struct finding *f, const char *who,
			     const char *where)
{
	const struct destination *d = f->destination;
	char line[INCIDENT_TEXT_MAX], by[BASELINE_WHO_MAX] = "", why[BASELINE_REASON_MAX] = "";

	snprintf(in->words->message, sizeof(in->words->message),
		 "%s: the destination %s was accepted into the baseline", who, where);
	if (!d->is_accepted) {
		explain_add_line(in, "It was accepted for another asset of the same role.");
		return;
	}
	text_repair(d->by ? d->by : "", d->by ? strlen(d->by) : 0, by, sizeof(by));
	text_repair(d->reason ? d->reason : "", d->reason ? strlen(d->reason) : 0, why,
		    sizeof(why));
	snprintf(line, sizeof(line), "Accepted by %s: %s", by, why);
	explain_add_line(in, line);
}

void explain_destination(const struct alert_context *ctx, struct incident *in,
			 const struct finding *f)
{
	const struct destination *d = f->destination;
	char who[256], where[GROUP_TEXT_MAX + ADDR_TEXT_MAX + 24], up[CLOCK_TEXT_MAX],
		down[CLOCK_TEXT_MAX];
	char how[CLOCK_TEXT_MAX + 24] = ", which nobody has accepted", at[CLOCK_TEXT_MAX];

	if (d && !d->is_learned && !d->was_revoked)
		text_format(how, sizeof(how), ", new to it since %s local",
			    explain_at(d->first_ns, at));
	explain_subject(in->subject, who, sizeof(who));
	if (in->is_any || !d) {
		snprintf(in->words->message, sizeof(in->words->message), "%s met %u further "
			 "external destination%s that nobody has accepted", who, in->members,
			 in->members == 1 ? "" : "s");
		explain_add_line(in,
			"More destinations of this asset are new than are told one by one: a "
			     "scan, or a program that talks to many.  nachtwacht state review "
			     "--asset lists them.");
		explain_normal(ctx, in, f);
		return;
	}
	new_destination_text(d, where, sizeof(where));
	if (f->is_accepted) {
		explain_accepted(in, f, who, where);
		return;
	}
	if (!d->is_answered)
		snprintf(in->words->message, sizeof(in->words->message), "%s tried to reach the "
			 "external %s%s; no answer seen", who, where, how);
	else
		snprintf(in->words->message, sizeof(in->words->message), "%s talked to the "
			 "external "
			 "%s%s: %s sent, %s received so far", who, where, how,
			 size_format(d->up, up), size_format(d->down, down));
	explain_standing(ctx, in, f);
	explain_normal(ctx, in, f);
	explain_near(ctx, in, f, f->channel->last_ns);
	explain_contact(in, f);
}
