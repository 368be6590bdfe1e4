/* explain.c - see explain.h.  Every string from the wire passes text_repair() before it gets here.
 */
#include "alert/explain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "base/tz.h"
#include "detect/nightly.h"
#include "detect/volume.h"

#define NIGHTS_COUNTED 4.5	/* a promotion's start-up, see DETECTION "The promise" */

static unsigned process_of(const struct finding *f)
{
	return f->process < EVIDENCE_PROCESSES ? f->process : 0;
}

/* Civil minutes since civil noon, 0..1439: nights do not wrap. */
static int minutes_since_noon(uint64_t ns)
{
	struct civil c = tz_civil(ns);

	return ((c.hour + 12) % 24) * 60 + c.minute;
}

static void clock_text(int since_noon, char buf[static 8])
{
	int minute = (since_noon + 720) % 1440;

	snprintf(buf, 8, "%02d:%02d", minute / 60 % 24, minute % 60);
}

/* Chance that n times drawn uniformly from the window lie within a share r of it. */
static double chance_of_spread(double r, double n)
{
	return n < 2 ? 1 : n * pow(r, n - 1) - (n - 1) * pow(r, n);
}

/* Which clock has gathered more evidence: the means over its three bandwidths. */
static bool fits_utc_better(const struct process *p)
{
	double utc = 0, civil = 0;

	for (unsigned i = 0; i < EVIDENCE_BETS / 2; i++) {
		utc += p->m[i];
		civil += p->m[i + EVIDENCE_BETS / 2];
	}
	return utc > civil * (1 + 1e-9);
}

static void gather_nights(const struct evidence *ev, unsigned process, struct nightly_facts *ret)
{
	double sx = 0, sy = 0;

	ret->first_min = 1440;
	ret->last_min = -1;
	for (uint64_t i = 0; i < evidence_nights(ev); i++) {
		const struct night_seen *night = evidence_night(ev, i);
		int start;

		ret->seen += !night->is_skipped;
		ret->skipped += night->is_skipped;
		if (!night->is_hit[process]) {
			ret->missed += !night->is_skipped;
			continue;
		}
		ret->hit++;
		ret->up += night->up;
		ret->down += night->down;
		start = minutes_since_noon(night->start_ns);
		if (start < ret->first_min)
			ret->first_min = start;
		if (start > ret->last_min)
			ret->last_min = start;
		sx += cos(start * 2 * M_PI / 1440);
		sy += sin(start * 2 * M_PI / 1440);
	}
	if (ret->hit)
		ret->phase_min =
			((int)lround(atan2(sy, sx) * 1440 / (2 * M_PI)) + 720 + 1440) % 1440;
}

void explain_nightly_facts(const struct alert_context *ctx, const struct finding *f,
			   struct nightly_facts *ret_facts)
{
	const struct evidence *ev = f->channel->evidence;
	const struct process *p = &ev->process[process_of(f)];
	struct night tonight = calendar_night(ctx->calendar, f->channel->subject->zone, f->row);
	double window_min = tonight.has_window ?
		(double)(tonight.end_ns - tonight.start_ns) / NS_PER_MIN : 1440;

	memset(ret_facts, 0, sizeof(*ret_facts));
	gather_nights(ev, process_of(f), ret_facts);
	if (ret_facts->hit == 0)
		ret_facts->first_min = ret_facts->last_min = 0;
	ret_facts->spread_min = ret_facts->last_min - ret_facts->first_min;
	ret_facts->spread_p = chance_of_spread(fmin(fmax(ret_facts->spread_min, 1) / window_min, 1),
					       ret_facts->hit);
	ret_facts->m = p->m_mean;
	ret_facts->is_utc = fits_utc_better(p);
	ret_facts->threshold = p->m_mean >= nightly_defaults.level3 ? nightly_defaults.level3 :
			       p->m_mean >= nightly_defaults.level2 ? nightly_defaults.level2 :
			       nightly_defaults.level1;
	ret_facts->bound = EVIDENCE_PROCESSES *
			   ((double)f->bet_nights + NIGHTS_COUNTED * (double)f->bet_channels) /
			   ret_facts->threshold;
}

const char *explain_subject(const struct subject *s, char *buf, size_t cap)
{
	if (s->asset && s->asset->role[0] && s->asset->vendor[0])
		snprintf(buf, cap, "%s (%s, vendor %s)", s->id, s->asset->role, s->asset->vendor);
	else if (s->asset && s->asset->role[0])
		snprintf(buf, cap, "%s (%s)", s->id, s->asset->role);
	else if (s->asset)
		snprintf(buf, cap, "%s", s->id);
	else
		snprintf(buf, cap, "%s (not in the asset list)", s->id);
	return buf;
}

const char *explain_baseline(const struct alert_context *ctx, const struct finding *f, char *buf,
			     size_t cap)
{
	struct night n = calendar_night(ctx->calendar, f->channel->subject->zone, f->row);
	unsigned nights;
	uint64_t usual = volume_usual(f->channel, ctx->since_row, f->row, &nights);
	char size[CLOCK_TEXT_MAX], from[8] = "noon", to[8] = "noon";

	if (n.has_window) {
		clock_text(minutes_since_noon(n.start_ns), from);
		clock_text(minutes_since_noon(n.end_ns), to);
	}
	if (nights == 0)
		snprintf(buf, cap, "No earlier night is known for this asset.");
	else
		snprintf(buf, cap,
			 "Usual for this asset between %s and %s: %s (median of %u earlier "
			 "night%s, all that leaves its zone, without expected jobs and this "
			 "channel).",
			 from, to, size_format(usual, size), nights, nights == 1 ? "" : "s");
	return buf;
}

static void add_line(struct incident *in, const char *text)
{
	if (in->explain_n < INCIDENT_LINES_MAX)
		text_copy(in->explain[in->explain_n++], INCIDENT_TEXT_MAX, text);
}

static void explain_evidence(struct incident *in, const struct finding *f,
			     const struct nightly_facts *facts)
{
	char line[INCIDENT_TEXT_MAX];

	snprintf(line, sizeof(line),
		 "Evidence M = %.3g, level L%d (L1 from 1e3, L2 from 1e5, L3 from 1e7): "
		 "a channel whose nights qualify at most one time in ten, at no fixed time, would "
		 "be "
		 "expected to cross %.0e at most %.2g times a year on this asset (%llu "
		 "channel-nights judged, %llu "
		 "channels).",
		 facts->m, (int)f->level, facts->threshold, facts->bound,
		 (unsigned long long)f->bet_nights, (unsigned long long)f->bet_channels);
	add_line(in, line);
	snprintf(line, sizeof(line),
		 "Bursts began within %d min of each other on the site's clock; %u uniform times "
		 "in the night window lie this close with chance %.1e (descriptive, not corrected "
		 "for "
		 "looking). The %s clock fits %s.",
		 facts->spread_min, facts->hit, facts->spread_p, facts->is_utc ? "UTC" : "site's",
		 facts->is_utc ? "better" : "at least as well");
	add_line(in, line);
}

/* Reads the last night that qualified. */
static void explain_last_night(struct incident *in, const struct finding *f)
{
	const struct evidence *ev = f->channel->evidence;
	char line[INCIDENT_TEXT_MAX], up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], at[CLOCK_TEXT_MAX];

	for (uint64_t i = evidence_nights(ev); i-- > 0;) {
		const struct night_seen *n = evidence_night(ev, i);

		if (!n->is_hit[process_of(f)])
			continue;
		snprintf(line, sizeof(line),
			 "Last burst from %s local, %s up and %s down in the night window%s.",
			 clock_format_offset(n->start_ns, tz_offset(n->start_ns), at),
			 size_format(n->up, up), size_format(n->down, down),
			 n->is_partial ? "; that night was not seen to its end (partial)" : "");
		add_line(in, line);
		return;
	}
}

static void explain_seen(struct incident *in, const struct nightly_facts *facts)
{
	char line[INCIDENT_TEXT_MAX];

	snprintf(line, sizeof(line),
		 "Nights since the first one: %u seen, %u with the pattern, %u without, %u skipped "
		 "because the tap was blind.",
		 facts->seen, facts->hit, facts->missed, facts->skipped);
	add_line(in, line);
}

static void explain_contact(struct incident *in, const struct finding *f)
{
	const struct channel *ch = f->channel;
	char line[INCIDENT_TEXT_MAX], name[INCIDENT_TEXT_MAX / 2], at[CLOCK_TEXT_MAX];

	snprintf(line, sizeof(line), "First contact seen %s local.",
		 clock_format_offset(ch->first_ns, tz_offset(ch->first_ns), at));
	if (ch->name && text_repair(ch->name, strlen(ch->name), name, sizeof(name)))
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 " Name given in the traffic: %s.", name);
	add_line(in, line);
	if (!ch->is_external)
		add_line(in, "The destination is internal, outside the asset's zone: severity is "
			     "capped at 2.");
}

static void explain_nightly(const struct alert_context *ctx, struct incident *in,
			    const struct finding *f, const struct nightly_facts *facts)
{
	char who[256], up[CLOCK_TEXT_MAX], peer[ADDR_TEXT_MAX], from[8], to[8],
		line[INCIDENT_TEXT_MAX];

	clock_text(facts->first_min, from);
	clock_text(facts->last_min, to);
	snprintf(in->message, sizeof(in->message),
		 "%s uploaded %s to %s on %u of %u nights, each time starting between %s and %s "
		 "local time",
		 explain_subject(in->subject, who, sizeof(who)), size_format(facts->up, up),
		 addr_format(&f->channel->key.peer, peer), facts->hit, facts->seen, from, to);
	explain_evidence(in, f, facts);
	explain_last_night(in, f);
	explain_seen(in, facts);
	add_line(in, explain_baseline(ctx, f, line, sizeof(line)));
	explain_contact(in, f);
}

static void explain_closed_zone(struct incident *in, const struct finding *f)
{
	const struct channel *ch = f->channel;
	char who[256], up[CLOCK_TEXT_MAX], down[CLOCK_TEXT_MAX], peer[ADDR_TEXT_MAX];
	const char *zone = in->subject->zone ? in->subject->zone->id : "-";

	explain_subject(in->subject, who, sizeof(who));
	if (in->is_any)
		snprintf(in->message, sizeof(in->message),
			 "%s in the closed zone %s exchanged traffic with %u "
			 "further external addresses",
			 who, zone, in->members);
	else if (!ch->is_answered)
		snprintf(in->message, sizeof(in->message),
			 ch->was_opened_outside ? "%s in the closed zone %s was called from the "
						  "external address %s; no answer seen"
						: "%s in the closed zone %s tried to reach the "
						  "external address %s; no answer seen",
			 who, zone, addr_format(&ch->key.peer, peer));
	else
		snprintf(in->message, sizeof(in->message),
			 "%s in the closed zone %s exchanged traffic with the "
			 "external address %s (%s up, %s down so far; opened from %s)",
			 who, zone, addr_format(&ch->key.peer, peer), size_format(ch->up, up),
			 size_format(ch->down, down),
			 ch->was_opened_outside ? "outside" : "inside");
	add_line(in, "The site policy declares this zone closed: no external traffic is expected, "
		     "attempts count.");
	explain_contact(in, f);
}

void explain_incident(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		      const struct nightly_facts *facts)
{
	in->explain_n = 0;
	if (f->rule == RULE_EXF_001)
		explain_nightly(ctx, in, f, facts);
	else
		explain_closed_zone(in, f);
}
