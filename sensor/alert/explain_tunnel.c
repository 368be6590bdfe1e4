/* explain_tunnel.c - see explain_tunnel.h.  Domains come from the wire: text_repair(). */
#include "alert/explain_tunnel.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "alert/explain.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"

static unsigned percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)((double)part * 100 / (double)whole + 0.5) : 0;
}

static void value_text(const struct incident *in, char clean[static GROUP_TEXT_MAX])
{
	char value[GROUP_TEXT_MAX];

	incident_value(in, value);
	text_repair(value, strlen(value), clean, GROUP_TEXT_MAX);
}

/* --- DNS ----------------------------------------------------------------- */

static void say_dns(struct incident *in, const struct finding *f, const char *who)
{
	const struct tunnel_facts *t = f->tunnel;
	char domain[GROUP_TEXT_MAX], bytes[CLOCK_TEXT_MAX], peer[ADDR_TEXT_MAX],
		at[CLOCK_TEXT_MAX];

	value_text(in, domain);
	snprintf(in->words->message, sizeof(in->words->message),
		 "%s asked DNS%s%s for about %" PRIu64 " different names below %s in the day until "
		 "%s local; the names together carry %s", who, f->leaf ? " at " : "",
		 f->leaf ? addr_show(&f->leaf->key.value, peer) : "", t->different, domain,
		 explain_at(f->judged_ns, at), size_format(t->different_bytes, bytes));
}

static void explain_names(const struct alert_context *ctx, struct incident *in,
			  const struct tunnel_facts *t)
{
	const struct tunnel_params *p = &ctx->site->rules->params.tunnel;
	char line[INCIDENT_TEXT_MAX], all[CLOCK_TEXT_MAX];

	snprintf(line, sizeof(line), "%" PRIu64 " questions, %u %% of them for TXT or NULL "
		 "records; %" PRIu64 " answers, %u %% of them that there is no such name.  A name "
		 "has %" PRIu64 " bytes below the domain on average.", t->asked,
		 percent(t->odd, t->asked),
		 t->answers, percent(t->nxdomain, t->answers),
		 t->different ? t->different_bytes / t->different : 0);
	explain_add_line(in, line);
	snprintf(line, sizeof(line), "In all, on %" PRIu32 " such day%s: %s of names.  Repeated "
		 "ones "
		 "count once, addresses written as labels as what an address carries.", t->rows,
		 t->rows == 1 ? "" : "s", size_format(t->total, all));
	explain_add_line(in, line);
	if (tunnel_is_listed(t))
		explain_add_line(in,
			"All answers are those of a block list (127.0.0.0/8, or no such "
			     "name): a reputation service asks like this, and a tunnel can answer "
			     "like this.");
	else if (!tunnel_is_long(p, t) && !tunnel_is_odd(p, t) && !tunnel_is_missing(p, t))
		explain_add_line(in, "The names are of usual form; their number is not.");
	explain_add_line(in,
		"Ordinary use is some tens to hundreds of different names below a domain and "
		"day, 0.1 to 6 KB together. Names can carry data through any resolver; the other "
		"end is whoever serves the domain, not the resolver.");
}

/* --- echo ---------------------------------------------------------------- */

static void say_echo(struct incident *in, const struct finding *f, const char *who)
{
	const struct tunnel_facts *t = f->tunnel;
	char peer[GROUP_TEXT_MAX], bytes[CLOCK_TEXT_MAX], back[CLOCK_TEXT_MAX],
		at[CLOCK_TEXT_MAX];

	value_text(in, peer);
	snprintf(in->words->message, sizeof(in->words->message), "%s sent %s about %" PRIu64
		 " different ICMP echo (ping) payloads in the day until %s local, together %s", who,
		 peer, t->different, explain_at(f->judged_ns, at),
		 size_format(t->different_bytes, bytes));
	if (t->mismatched)
		snprintf(in->words->message + strlen(in->words->message),
			 sizeof(in->words->message) - strlen(in->words->message),
			 "; %" PRIu64 " replies of %s did not repeat their request", t->mismatched,
			 size_format(t->mismatched_bytes, back));
}

static void explain_payloads(struct incident *in, const struct tunnel_facts *t)
{
	char line[INCIDENT_TEXT_MAX], asked[CLOCK_TEXT_MAX], all[CLOCK_TEXT_MAX];

	snprintf(line, sizeof(line), "%" PRIu64 " requests with %s of payload; %u %% of them a "
		 "plain pattern, %u %% printable text.  %" PRIu64 " replies.", t->asked,
		 size_format(t->asked_bytes, asked), percent(t->plain, t->asked),
		 percent(t->text, t->asked), t->answers);
	explain_add_line(in, line);
	snprintf(line, sizeof(line), "In all, on %" PRIu32 " such day%s: %s of payloads that "
		 "differ.", t->rows,
		 t->rows == 1 ? "" : "s", size_format(t->total, all));
	explain_add_line(in, line);
	explain_add_line(in,
		"Ordinary pings repeat one pattern; what they put at its front (time, number) "
		"is not counted here.");
}

static void say_rest(const struct alert_context *ctx, struct incident *in,
		     const struct finding *f, const char *who)
{
	char value[GROUP_TEXT_MAX];

	value_text(in, value);
	if (in->is_any)
		snprintf(in->words->message, sizeof(in->words->message),
			 "%s carries data in DNS questions or ICMP echoes to %u further %s", who,
			 in->members, in->members == 1 ? "domain or address" :
			 "domains or addresses");
	else
		snprintf(in->words->message, sizeof(in->words->message),
			 "Closed: %s has not carried data in %s %s for %u "
			 "days", who, f->channel->key.group == GROUP_DOMAIN ?
			 "DNS questions below" : "ICMP echoes to", value,
			 ctx->site->rules->params.tunnel.resolve_after);
}

void explain_tunnel(const struct alert_context *ctx, struct incident *in, const struct finding *f)
{
	char who[256];

	explain_subject(in->subject, who, sizeof(who));
	if (in->is_any || !f->tunnel) {
		say_rest(ctx, in, f, who);
		return;
	}
	if (f->tunnel->is_echo) {
		say_echo(in, f, who);
		explain_payloads(in, f->tunnel);
	} else {
		say_dns(in, f, who);
		explain_names(ctx, in, f->tunnel);
	}
	explain_add_line(in,
		"How sure: counts of one day, no promise about false alarms. Up to 64 different "
		"ones are counted exactly, more are estimates (give or take 15 %). Look-up "
		"services and tests can look like this.");
	explain_normal(ctx, in, f);
	explain_near(ctx, in, f, f->judged_ns);
}
