/* explain_outward.c - see explain_outward.h.  Of the wire come addresses, ports and numbers. */
#include "alert/explain_outward.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_dealing.h"
#include "alert/explain_internal.h"
#include "base/pseudonym.h"
#include "detect/attempts.h"
#include "detect/misplaced.h"

static void explain_no_policy(const struct alert_context *ctx, struct incident *in)
{
	if (ctx->site->is_default)
		explain_add_line(in,
			"Without a site policy it is not known what is expected, so severity is "
			"at most 2.");
}

/* --- NW-EXF-010 ----------------------------------------------------------------------------- */

/* "203.0.113.9 (network 203.0.113.0/24)"; of the record of all further networks, how many others
 * are followed. */
static void where_text(const struct alert_context *ctx, const struct incident *in,
		       const struct dealing *one, char *buf, size_t cap)
{
	char addr[ADDR_TEXT_MAX], value[GROUP_TEXT_MAX];

	if (in->key.group == GROUP_ANY)
		snprintf(buf, cap, "addresses outside, beyond the %" PRIu32 " networks that are "
			 "followed one by one", ctx->site->rules->params.attempts.networks);
	else
		snprintf(buf, cap, "%s (network %s)", addr_show(&one->peer, addr),
			 incident_value(in, value));
}

static void say_attempts(const struct alert_context *ctx, struct incident *in,
			 const struct finding *f)
{
	const struct attempts_params *p = &ctx->site->rules->params.attempts;
	const struct dealing *one = f->dealing->dealing;
	char who[256], where[256], services[DEALT_BY_MAX], at[CLOCK_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	where_text(ctx, in, one, where, sizeof(where));
	snprintf(in->words->message, sizeof(in->words->message),
		 "%s tried to reach %s by %s on %u nights of the last %" PRIu32 ", %" PRIu64
		 " times so far, and got no answer but refusals (last try %s local)", who, where,
		 explain_dealt_by(one, services), attempts_nights(p, one, f->row), p->within,
		 one->failed, explain_at(one->last_ns, at));
}

void explain_attempts(const struct alert_context *ctx, struct incident *in,
		      const struct finding *f)
{
	const struct attempts_params *p = &ctx->site->rules->params.attempts;
	char line[INCIDENT_TEXT_MAX];

	say_attempts(ctx, in, f);
	snprintf(line, sizeof(line), "How sure: this is not statistics. A night counts with %"
		 PRIu32 " attempts that failed, of services that failed more often than they were "
		 "answered; no expected entry covers them. Software that looks for its maker's "
		 "servers, and a firewall that drops it, look the same.", p->attempts);
	explain_add_line(in, line);
	explain_add_line(in,
		"An attempt is a TCP connection that nothing or a reset answers, or a minute of "
		"datagrams without an answer; where the tap sees one direction alone, datagrams "
		"look unanswered.");
	explain_no_policy(ctx, in);
}

/* --- NW-EXF-009 ----------------------------------------------------------------------------- */

void explain_misplaced(const struct alert_context *ctx, struct incident *in,
		       const struct finding *f)
{
	const struct dealing *one = f->dealing->dealing;
	struct channel_key key = { .group = GROUP_IP, .proto = one->keyed.key.proto,
				   .port = one->keyed.key.port };
	const struct misplaced_protocol *protocol = misplaced_of_home(key.proto, key.port);
	const char *name = protocol ? protocol->name : "a protocol";
	char who[256], where[256], by[DEALT_BY_MAX], up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX];
	char usual[SERVICE_TEXT_MAX], at[CLOCK_TEXT_MAX], line[INCIDENT_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	where_text(ctx, in, one, where, sizeof(where));
	snprintf(in->words->message, sizeof(in->words->message),
		 "%s sent %s to %s with %s by %s, where %s does not belong: %s received so far, "
		 "last %s local", who, size_format(one->up, up), where, name,
		 explain_dealt_by(one, by), name, size_format(one->down, down),
		 explain_at(one->last_ns, at));
	snprintf(line, sizeof(line), "How sure: %s was recognised in the payload, and it is "
		 "usually on %s. Software that was set up for another port, to pass a firewall or "
		 "because the usual one was taken, looks the same.", name,
		 group_service(&key, usual));
	explain_add_line(in, line);
	explain_no_policy(ctx, in);
}
