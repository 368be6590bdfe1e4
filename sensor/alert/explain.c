/* explain.c - see explain.h.  Every string from the wire passes text_repair() before it gets here.
 */
#include "alert/explain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "alert/explain_dealing.h"
#include "alert/explain_job.h"
#include "alert/explain_link.h"
#include "alert/explain_own.h"
#include "alert/explain_flip.h"
#include "alert/explain_slow.h"
#include "alert/explain_tunnel.h"
#include "alert/explain_remote.h"
#include "alert/gate.h"
#include "base/err.h"
#include "base/pseudonym.h"
#include "base/text.h"
#include "base/tz.h"
#include "detect/nightly.h"
#include "detect/volume.h"

#define NORMAL_NEEDED 7	/* earlier nights before a median says much: detect/volume.c */

static void clock_text(int since_noon, char buf[static 8])
{
	int minute = (since_noon + 720) % 1440;

	snprintf(buf, 8, "%02d:%02d", minute / 60 % 24, minute % 60);
}

const char *explain_subject(const struct subject *s, char *buf, size_t cap)
{
	if (s->vendor_name)
		snprintf(buf, cap, "assets of vendor %s", s->vendor_name);
	else if (s->asset && s->asset->role[0] && s->asset->vendor[0])
		snprintf(buf, cap, "%s (%s, vendor %s)", s->id, s->asset->role, s->asset->vendor);
	else if (s->asset && s->asset->role[0])
		snprintf(buf, cap, "%s (%s)", s->id, s->asset->role);
	else if (s->asset)
		snprintf(buf, cap, "%s", s->id);
	else
		snprintf(buf, cap, "%s (not in the asset list)", s->id);
	return buf;
}

/* Is it about the closed hours alone? */
static bool is_of_nights(const struct finding *f)
{
	return f->rule == RULE_EXF_001 || f->rule == RULE_EXF_002;
}

/* What the amounts before are of: the night window, or the whole day where the rule is about it. */
static void normal_span(const struct alert_context *ctx, const struct finding *f, char *buf,
			size_t cap)
{
	struct night n = calendar_night(ctx->calendar, f->channel->subject->zone, f->row);
	char from[8], to[8];

	if (!is_of_nights(f)) {
		snprintf(buf, cap, "in a whole day");
	} else if (n.has_window) {
		clock_text(explain_minutes(n.start_ns), from);
		clock_text(explain_minutes(n.end_ns), to);
		snprintf(buf, cap, "between %s and %s", from, to);
	} else {
		snprintf(buf, cap, "from noon to noon");
	}
}

const char *explain_baseline(const struct alert_context *ctx, const struct finding *f, char *buf,
			     size_t cap)
{
	bool is_day = !is_of_nights(f);
	const char *what = is_day ? "day" : "night";
	char size[CLOCK_TEXT_MAX], span[32];
	unsigned n;
	uint64_t usual = is_day ?
		volume_usual_of_day(f->channel->subject, ctx->since_row, f->row, &n) :
		volume_usual(f->channel, ctx->since_row, f->row, &n);

	normal_span(ctx, f, span, sizeof(span));
	if (n == 0)
		snprintf(buf, cap, "Normal for this asset: not known, this is its first %s.", what);
	else
		snprintf(buf, cap, "Normal for this asset %s: it sends %s out of its zone (median "
			 "of the %u %s%s before%s; expected jobs %s).", span,
			 usual ? size_format(usual, size) : "nothing", n, what, n == 1 ? "" : "s",
			 n < NORMAL_NEEDED ? ", too few to lean on" : "",
			 is_day ? "are left out, what is told here is not" :
			 "and what nightly patterns sent are left out");
	return buf;
}

void explain_normal(const struct alert_context *ctx, struct incident *in, const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX];

	explain_add_line(in, explain_baseline(ctx, f, line, sizeof(line)));
}

void explain_add_line(struct incident *in, const char *text)
{
	if (in->explain_n < INCIDENT_LINES_MAX)
		text_copy(in->words->explain[in->explain_n++], INCIDENT_TEXT_MAX, text);
}

/* "once in 16 years", "3.2 times a year" */
void explain_rate(double per_year, char *buf, size_t cap)
{
	if (per_year <= 1e-3)
		snprintf(buf, cap, "less than once in a thousand years");
	else if (per_year < 1)
		snprintf(buf, cap, "at most once in %.0f years", floor(1 / per_year));
	else
		snprintf(buf, cap, "up to %.1f times a year", per_year);
}

void explain_spread(struct incident *in, const struct nightly_facts *facts)
{
	char line[INCIDENT_TEXT_MAX];

	snprintf(line, sizeof(line),
		 "How punctual: %u uploads began within %d min of each other, and fit the %s. "
		 "Random times in the night would lie so close with chance %.1e (a description, "
		 "not part of how sure).",
		 facts->hit, facts->spread_min,
		 facts->is_utc ? "UTC clock better than the site's" :
				 "site's clock at least as well as UTC", facts->spread_p);
	explain_add_line(in, line);
}

const char *explain_power(double value, char buf[static 16])
{
	int digits = (int)lround(log10(fmax(value, 1)));

	if (value == pow(10, digits))
		snprintf(buf, 16, "1e%d", digits);
	else
		snprintf(buf, 16, "%.3g", value);
	return buf;
}

const char *explain_count(uint32_t n, char buf[static 16])
{
	static const char *const words[] = { "no", "one", "two", "three", "four", "five", "six",
					     "seven", "eight", "nine", "ten", "eleven", "twelve" };

	if (n < ARRAY_SIZE(words))
		snprintf(buf, 16, "%s", words[n]);
	else
		snprintf(buf, 16, "%u", n);
	return buf;
}

/* The chance that the bound assumes of an innocent night: "one night in ten". */
static const char *occasional_text(double p, char buf[static 48])
{
	double every = 1 / p;
	char count[16];

	if (fabs(every - round(every)) < 1e-6)
		snprintf(buf, 48, "one night in %s", explain_count((uint32_t)lround(every), count));
	else
		snprintf(buf, 48, "%.3g %% of nights", p * 100);
	return buf;
}

static const struct nightly_params *params_of(const struct alert_context *ctx,
					      const struct finding *f)
{
	return f->rule == RULE_EXF_002 ? &ctx->site->rules->params.period :
					 &ctx->site->rules->params.nightly;
}

void explain_sureness(const struct alert_context *ctx, struct incident *in,
		      const struct finding *f, const struct nightly_facts *facts)
{
	static const char *const levels[] = { "no level", "early warning", "alert", "critical" };
	char line[INCIDENT_TEXT_MAX], rate[64], often[48];

	explain_rate(facts->bound, rate, sizeof(rate));
	snprintf(line, sizeof(line),
		 "How sure (level L%d, %s): chance alone would raise this level on this asset %s. "
		 "That holds for an asset whose uploads at night are occasional (%s "
		 "or fewer) and at no fixed time; an honest job, shift or habit that nobody "
		 "registered looks the same as this. It is not the chance that this one is "
		 "harmless.", (int)in->level, levels[in->level], rate,
		 occasional_text(params_of(ctx, f)->p, often));
	explain_add_line(in, line);
}

void explain_numbers(const struct alert_context *ctx, struct incident *in,
		     const struct finding *f, const struct nightly_facts *facts)
{
	const struct nightly_params *p = params_of(ctx, f);
	char line[INCIDENT_TEXT_MAX], period[40] = "", levels[160], bytes[CLOCK_TEXT_MAX];
	char l1[16], l2[16], l3[16];

	if (facts->days > 1)
		snprintf(period, sizeof(period), " for a period of %u days", facts->days);
	explain_power(p->level1, l1);
	explain_power(p->level2, l2);
	if (facts->days == 1)
		snprintf(levels, sizeof(levels), " (L1 from %s, L2 from %s, L3 from %s, or L2 with "
			 "two of: %s, an extreme volume, a new country)", l1, l2,
			 explain_power(p->level3, l3), size_format(p->extreme_bytes, bytes));
	else
		snprintf(levels, sizeof(levels), " (L1 from %s, L2 from %s; periods of 2, 3 and 7 "
			 "days are followed)", l1, l2);
	snprintf(line, sizeof(line),
		 "For the statistician: evidence M = %.3g%s%s; at most %.2g such alarms a year "
		 "at the threshold %.0e, from %llu channel-night%s %s on %llu channel%s.",
		 facts->m, period, levels,
		 facts->bound, facts->threshold, (unsigned long long)f->bet_nights,
		 f->bet_nights == 1 ? "" : "s", facts->days == 1 ? "judged" : "in play",
		 (unsigned long long)f->bet_channels, f->bet_channels == 1 ? "" : "s");
	explain_add_line(in, line);
}

void explain_contact(struct incident *in, const struct finding *f)
{
	const struct channel *ch = f->channel;
	const struct contact *k = finding_contact(f);
	const char *heard = f->leaf ? f->leaf->name : NULL;
	char line[INCIDENT_TEXT_MAX], name[INCIDENT_TEXT_MAX / 2], at[CLOCK_TEXT_MAX];
	char shown[PSEUDONYM_NAME_MAX];

	snprintf(line, sizeof(line), "First contact seen %s local.", explain_at(ch->first_ns, at));
	name_show(heard ? heard : "", shown);
	if (text_repair(shown, strlen(shown), name, sizeof(name)))
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 " Name given in the traffic (the client's word): %s.", name);
	if (f->leaf && (k->verdict == DPI_NONE || k->verdict == DPI_PORT))
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 " The payload was not recognised as any protocol%s.",
			 k->verdict == DPI_PORT ? "; the name in the record is a guess by port"
						: "");
	if (!ch->key.is_external)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 " The destination is internal, outside the asset's zone: severity is "
			 "capped at 2.");
	explain_add_line(in, line);
}

/* "203.0.113.9", "the network 203.0.113.0/24", "hosts of vendor.example", ... */
void explain_where(const struct incident *in, char *buf, size_t cap)
{
	static const char *const forms[] = {
		[GROUP_IP] = "%s", [GROUP_DOMAIN] = "hosts of %s",
		[GROUP_PREFIX] = "the network %s",
		[GROUP_ASN] = "networks of %s", [GROUP_COUNTRY] = "addresses in the country %s",
		[GROUP_ANY] = "external addresses",
	};
	unsigned group = in->is_any ? GROUP_ANY : in->key.group;
	char value[GROUP_TEXT_MAX], clean[GROUP_TEXT_MAX];
	const char *form = forms[group < GROUPS ? group : GROUP_ANY];
	const char *hole = strstr(form, "%s");

	incident_value(in, value);
	text_repair(value, strlen(value), clean, sizeof(clean));
	snprintf(buf, cap, "%.*s%s", hole ? (int)(hole - form) : (int)strlen(form), form,
		 hole ? clean : "");
}

void explain_attached(struct incident *in)
{
	char line[INCIDENT_TEXT_MAX] = "The same upload is also counted for:";

	for (const char *at = in->attached, *end; (end = strchr(at, '\n')); at = end + 1)
		if (strlen(line) + (size_t)(end - at) + 3 < sizeof(line))
			snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s %.*s",
				 at == in->attached ? "" : ",", (int)(end - at), at);
	if (in->attached[0])
		explain_add_line(in, line);
}

/* Which peers a group's nights had, and the groups that are about the same upload. */
static void explain_group(struct incident *in, const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX], peer[ADDR_TEXT_MAX];
	const struct evidence *ev = f->channel->evidence;
	unsigned shown = 0;

	snprintf(line, sizeof(line), "Peer with most of the upload, last nights first:");
	for (uint64_t i = evidence_nights(ev); i-- > 0 && shown < 5 && in->key.group != GROUP_IP;) {
		const struct night_seen *n = evidence_night(ev, i);

		if (!night_is_hit(n, finding_process(f)))
			continue;
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s %s",
			 shown++ ? "," : "", addr_show(&n->top, peer));
	}
	if (shown) {
		snprintf(line + strlen(line), sizeof(line) - strlen(line), ".");
		explain_add_line(in, line);
	}
	explain_attached(in);
}

static void explain_members(struct incident *in, const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX] = "Assets that sent to it:";

	for (unsigned i = 0; i < f->n_members; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s %s", i ? "," : "",
			 f->members[i]->id);
	if (f->n_members)
		explain_add_line(in, line);
}

/* "starting between 00:20 and 00:40" */
void explain_when(const struct nightly_facts *facts, char *buf, size_t cap)
{
	char from[8], to[8];

	clock_text(facts->first_min, from);
	clock_text(facts->last_min, to);
	if (facts->spread_min)
		snprintf(buf, cap, "starting between %s and %s", from, to);
	else
		snprintf(buf, cap, "starting at %s", from);
}

void explain_nights(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts)
{
	explain_sureness(ctx, in, f, facts);
	explain_normal(ctx, in, f);
	explain_night_list(ctx, in, f, facts);
	explain_seen(ctx, in, f, facts);
	explain_near(ctx, in, f, explain_last_ns(ctx, f));
	explain_contact(in, f);
	explain_members(in, f);
	explain_group(in, f);
	explain_label(in, f);
	if (!f->is_over)	/* why it ends has a line of its own, and all find room */
		explain_spread(in, facts);
	explain_numbers(ctx, in, f, facts);
}

static void explain_nightly(const struct alert_context *ctx, struct incident *in,
			    const struct finding *f, const struct nightly_facts *facts)
{
	char who[256], up[CLOCK_TEXT_MAX], where[GROUP_TEXT_MAX + 32], when[48];

	explain_when(facts, when, sizeof(when));
	explain_where(in, where, sizeof(where));
	snprintf(in->words->message, sizeof(in->words->message),
		 "%s uploaded %s to %s on %u of %u nights, each time %s local time",
		 explain_subject(in->subject, who, sizeof(who)), size_format(facts->up, up),
		 where, facts->hit, facts->seen, when);
	if (f->given_up)
		explain_add_line(in,
			"Closed because the long memory is full and this evidence was given "
			     "up, not because the uploads stopped: they may go on.");
	explain_nights(ctx, in, f, facts);
}

/* What passed, in a closed zone. */
static void say_closed_zone(struct incident *in, const struct finding *f, const char *who)
{
	const struct channel *ch = f->channel;
	const struct contact *k = finding_contact(f);
	const char *zone = in->subject->zone ? in->subject->zone->id : "-";
	char up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], peer[ADDR_TEXT_MAX], at[CLOCK_TEXT_MAX];
	size_t cap = sizeof(in->words->message);

	if (in->is_any)
		snprintf(in->words->message, cap, "%s in the closed zone %s exchanged traffic "
			 "with %u further external address%s", who, zone, in->members,
			 in->members == 1 ? "" : "es");
	else if (!k->is_answered)
		snprintf(in->words->message, cap, k->was_opened_outside ?
			 "%s in the closed zone %s was called from the external address %s; no "
			 "answer seen (last try %s local)" :
			 "%s in the closed zone %s tried to reach the external address %s; no "
			 "answer seen (last try %s local)", who, zone,
			 addr_show(&ch->key.value, peer), explain_at(ch->last_ns, at));
	else
		snprintf(in->words->message, cap, "%s in the closed zone %s exchanged traffic "
			 "with the external address %s: %s sent, %s received, last %s local; the "
			 "connection was opened from %s", who, zone,
			 addr_show(&ch->key.value, peer), size_format(ch->up, up),
			 size_format(ch->down, down), explain_at(ch->last_ns, at),
			 k->was_opened_outside ? "outside" : "inside");
}

static void explain_closed_zone(const struct alert_context *ctx, struct incident *in,
				const struct finding *f)
{
	char who[256];

	say_closed_zone(in, f, explain_subject(in->subject, who, sizeof(who)));
	explain_add_line(in,
		"How sure: this is not statistics. Packets to or from an external address were "
		"seen; the site policy declares this zone closed, so any are reported, attempts "
		"too.");
	explain_normal(ctx, in, f);
	explain_near(ctx, in, f, f->channel->last_ns);
	explain_contact(in, f);
}

/* A flood of claims, or a link that is larger than what is looked at. */
static void explain_claims_beyond(struct incident *in, const struct finding *f)
{
	char who[256], line[INCIDENT_TEXT_MAX];

	snprintf(in->words->message, sizeof(in->words->message),
		 "The sensor did not look at all that was said about who is who on a link: %llu "
		 "claim%s of one minute left out, of %s", (unsigned long long)f->claims_beyond,
		 f->claims_beyond == 1 ? "" : "s",
		 explain_subject(in->subject, who, sizeof(who)));
	snprintf(line, sizeof(line), "What is lost: of %d claims and more of a minute and shard, "
		 "those that nobody contradicts and that came neither first nor last; addresses "
		 "that two MACs claim and what routes or hands out leases stay longest. NW-SEG-005 "
		 "and NW-REM-005 may be late or miss one.", CLAIMS_MAX);
	explain_add_line(in, line);
	explain_add_line(in,
		"How it comes: ARP or neighbour discovery with many made-up senders, a scan that "
		"is answered for thousands, or very large links. Told once a day; the manifest "
		"counts them (claims.beyond).");
}

static void explain_evicted(const struct alert_context *ctx, struct incident *in)
{
	char who[256], line[INCIDENT_TEXT_MAX];

	explain_subject(in->subject, who, sizeof(who));
	if (!in->given_up) {		/* it was about claims, and is over */
		snprintf(in->words->message, sizeof(in->words->message),
			 "Closed: the sensor has looked at all claims of addresses again, of %s",
			 who);
		return;
	}
	snprintf(in->words->message, sizeof(in->words->message),
		 "The sensor's long memory is full: it forgot what it had gathered on %llu "
		 "connection group%s of %s", (unsigned long long)in->given_up,
		 in->given_up == 1 ? "" : "s", who);
	snprintf(line, sizeof(line), "What is lost: the largest evidence among them was M = %.3g "
		 "(a pattern is reported from %.0f on).  %s", in->given_up_m,
		 ctx->site->rules->params.nightly.level1,
		 in->given_up_m >= CHANNELS_STRONG ?
		 "A pattern that was building up may be missed or reported later." :
		 "None of it had gone beyond a few nights.");
	explain_add_line(in, line);
	explain_add_line(in,
		"How it comes: groups with the least evidence go first, of assets that have more "
		"of them than their share. Many short-lived destinations of one asset do this, "
		"by accident or to push something out; other rules go on as before.");
}

/* What a closing record says is what was seen, and not that it is seen now. */
static const char *closed_because(const struct finding *f)
{
	if (f->is_over && f->suppression && !f->is_exposed)
		return "Closed, suppressed by the site policy from now on: ";
	if (f->is_exposed)
		return f->is_over ? "Closed, not suppressed any more, told anew: " :
				    "Not suppressed any more, told as it was seen: ";
	if (f->is_parted)
		return "Closed, its asset is no longer in the site policy: ";
	if (f->is_switched_off)
		return "Closed, the rule is switched off: ";
	if (!f->is_over || !(finding_rests_on_nights(f) || f->rule == RULE_DST_002 ||
			     (rule_is_of_dealings(f->rule) && !f->is_accepted) ||
			     (f->rule == RULE_DST_001 && !f->is_accepted)))
		return "";
	return f->given_up ? "Closed, evidence given up: " :
	       f->is_taken_over ? "Closed, told by another incident now: " :
				  "Closed, no more of it seen: ";
}

/* In front of the others; the last one goes when there is no room. */
static void explain_first_line(struct incident *in, const char *text)
{
	char (*lines)[INCIDENT_TEXT_MAX] = in->words->explain;
	unsigned kept = in->explain_n < INCIDENT_LINES_MAX ? in->explain_n : INCIDENT_LINES_MAX - 1;

	memmove(lines[1], lines[0], kept * sizeof(lines[0]));
	text_copy(lines[0], sizeof(lines[0]), text);
	in->explain_n = kept + 1;
}

/* What the site policy has changed about it. */
static void explain_site(const struct alert_context *ctx, struct incident *in,
			 const struct finding *f)
{
	const struct suppression *e = f->suppression ? f->suppression :
				      in->suppressed[0] ? suppress_by_id(ctx->site, in->suppressed)
							: NULL;
	char line[INCIDENT_TEXT_MAX], clean[INCIDENT_TEXT_MAX];
	struct civil day;

	if (e) {
		day = civil_from_seconds((int64_t)e->expires_day * 86400);
		snprintf(line, sizeof(line), "Suppressed by the site policy, entry %s: %s (owner "
			 "%s, until %04d-%02d-%02d).", e->id, e->reason, e->owner, day.year,
			 day.month, day.day);
		text_repair(line, strlen(line), clean, sizeof(clean));
		explain_first_line(in, clean);
	}
	if (!gate_is_lowered(ctx, in, f))
		return;
	snprintf(line, sizeof(line), "Severity is at most %u here: the site policy says so of "
		 "this rule.", f->severity);
	explain_add_line(in, line);
}

/* Long names can fill it: it is cut at a character, so that it stays valid UTF-8. */
static void finish_message(struct incident *in, const struct finding *f)
{
	char message[2 * INCIDENT_TEXT_MAX];

	snprintf(message, sizeof(message), "%s%s", closed_because(f), in->words->message);
	text_repair(message, strlen(message), in->words->message, sizeof(in->words->message));
}

void explain_gone(struct incident *in, const struct finding *f)
{
	finish_message(in, f);
}

void explain_incident(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		      const struct nightly_facts *facts)
{
	in->explain_n = 0;
	if (f->entry)
		explain_job(ctx, in, f);
	else if (f->rule == RULE_EXF_001)
		explain_nightly(ctx, in, f, facts);
	else if (f->rule == RULE_EXF_008)
		explain_tunnel(ctx, in, f);
	else if (f->rule == RULE_EXF_011)
		explain_slow(ctx, in, f);
	else if (f->rule == RULE_EXF_006)
		explain_flip(ctx, in, f);
	else if (f->rule == RULE_EXF_002)
		explain_period(ctx, in, f, facts);
	else if (f->rule == RULE_EXF_005)
		explain_rhythm(ctx, in, f, facts);
	else if (f->claims_beyond)
		explain_claims_beyond(in, f);
	else if (f->rule == RULE_HLT_001)
		explain_evicted(ctx, in);
	else if (f->rule == RULE_DST_001)
		explain_destination(ctx, in, f);
	else if (f->rule == RULE_OWN)
		explain_own(ctx, in, f);
	else if (finding_is_remote(f))
		explain_remote(ctx, in, f);
	else if (finding_is_of_link(f))
		explain_link(ctx, in, f);
	else if (rule_is_of_dealings(f->rule))
		explain_dealing(ctx, in, f);
	else
		explain_closed_zone(ctx, in, f);
	explain_site(ctx, in, f);
	finish_message(in, f);
}
