/* explain_rhythm.c - patterns that are not "every night", in words. */
#include "alert/explain_internal.h"

#include <stdio.h>
#include "base/text.h"
#include "base/tz.h"
#include "detect/circular.h"
#include "detect/period.h"
#include "detect/rhythm.h"
#include "detect/volume.h"

/* The weekday on which the latest burst of the pattern began, on the site's clock. */
static const char *weekday_of(const struct alert_context *ctx, const struct finding *f)
{
	static const char *const days[] = { "Thursday", "Friday", "Saturday", "Sunday", "Monday",
					    "Tuesday", "Wednesday" };	/* 1970-01-01 first */
	const struct evidence *ev = f->channel->evidence;

	for (uint64_t i = ev ? evidence_nights(ev) : 0; i-- > 0;) {
		const struct night_seen *night = evidence_night(ev, i);
		uint64_t start_ns = night_start_ns(ctx->calendar, night);

		if (night_is_hit(night, finding_process(f)) && start_ns)
			return days[calendar_day(start_ns) % 7];
	}
	return "week";
}

/* "every second night", "every Sunday" */
static void every_text(const struct alert_context *ctx, const struct finding *f, unsigned days,
		       char *buf, size_t cap)
{
	if (days == 2)
		text_format(buf, cap, "every second night");
	else if (days == 3)
		text_format(buf, cap, "every third night");
	else
		text_format(buf, cap, "every %s", weekday_of(ctx, f));
}

static void explain_end(struct incident *in, const struct finding *f)
{
	if (f->is_taken_over)
		explain_add_line(in, f->rule == RULE_EXF_005 ?
			"Closed because another incident, of a pattern of nights, tells of this "
			"connection now; it carries the label rhythm." :
			"Closed because NW-EXF-001 tells of this connection now, with the same "
			"level "
			"or a higher one.");
	else if (f->given_up)
		explain_add_line(in, "Closed because the long memory is full and this evidence was "
				     "given up, not because the pattern stopped: it may go on.");
}

void explain_period(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts)
{
	char who[256], up[CLOCK_TEXT_MAX], where[GROUP_TEXT_MAX + 32], when[48], every[32];

	explain_when(facts, when, sizeof(when));
	explain_where(in, where, sizeof(where));
	every_text(ctx, f, facts->days, every, sizeof(every));
	snprintf(in->words->message, sizeof(in->words->message),
		 "%s uploaded %s to %s %s, on %u of %u of them, each time %s local time",
		 explain_subject(in->subject, who, sizeof(who)), size_format(facts->up, up), where,
		 every, facts->hit, facts->seen, when);
	explain_end(in, f);
	explain_nights(ctx, in, f, facts);
}

/* --- locked to the clock ------------------------------------------------ */

/* The last start, on the site's clock; "-" when none is known. */
static void last_start_text(const struct alert_context *ctx, const struct rhythm *r,
			    char buf[static CLOCK_TEXT_MAX])
{
	uint64_t at_ns;

	text_copy(buf, CLOCK_TEXT_MAX, "-");
	if (!r || !r->hits || !r->bursts_n)
		return;
	at_ns = calendar_row_start(ctx->calendar, r->last_row) +
		(uint64_t)r->bursts[0].utc_min * NS_PER_MIN;
	explain_at(at_ns, buf);
}

static void explain_agreement(const struct alert_context *ctx, struct incident *in,
			      const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX];

	snprintf(line, sizeof(line),
		 "Why this severity: punctual alone is 2, with one of these 3, with two or more 4. "
		 "Destination: %s. Amount: %s (%.1f deviations above its usual day, from %.3g on "
		 "it counts). Policy: %s.",
		 f->agrees & AGREES_DESTINATION ?
		 "not accepted and first met after learning, or in a new country" :
		 "nothing against it",
		 f->agrees & AGREES_VOLUME ? "far more than usual" : "not out of proportion", f->z,
		 ctx->site->rules->params.rhythm.extreme_z,
		 f->agrees & AGREES_POLICY ? "the asset's zone is closed" : "nothing against it");
	explain_add_line(in, line);
}

void explain_rhythm(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts)
{
	char who[256], up[CLOCK_TEXT_MAX], where[GROUP_TEXT_MAX + 32], last[CLOCK_TEXT_MAX];
	char line[INCIDENT_TEXT_MAX], locked[16], days[16];
	const struct rhythm_params *params = &ctx->site->rules->params.rhythm;

	explain_where(in, where, sizeof(where));
	snprintf(in->words->message, sizeof(in->words->message),
		 "%s uploaded %s to %s on %u of %u days, each time about %02d:%02d local time "
		 "(the latest of them within %d min)",
		 explain_subject(in->subject, who, sizeof(who)), size_format(facts->up, up), where,
		 facts->hit, facts->seen, facts->phase_min / 60 % 24, facts->phase_min % 60,
		 facts->spread_min);
	explain_end(in, f);
	explain_add_line(in,
		"How sure: no promise about false alarms is made here. Shifts, reports and "
		"telemetry are punctual too; punctual says that a clock starts it, not that it is "
		"wrong.");
	explain_normal(ctx, in, f);
	if (!f->is_over)
		explain_agreement(ctx, in, f);
	last_start_text(ctx, f->rhythm, last);
	snprintf(line, sizeof(line), "Last one from %s local (to a quarter of an hour). Days that "
		 "the tap did not see are among the days without.", last);
	explain_add_line(in, line);
	explain_near(ctx, in, f, explain_last_ns(ctx, f));
	explain_attached(in);
	explain_contact(in, f);
	snprintf(line, sizeof(line),
		 "For the statistician (label rhythm): M = %.3g (locked from %s and %s days "
		 "on). Counted are "
		 "the largest two hours of upload above the day's median; that %u random times of "
		 "day lie within %d min on the %s clock has chance %.1e (a description, not "
		 "corrected for looking).",
		 facts->m, explain_power(params->locked, locked),
		 explain_count(params->locked_hits, days),
		 f->rhythm ? (unsigned)f->rhythm->bursts_n : 0U, facts->spread_min,
		 facts->is_utc ? "UTC" : "site's", facts->arc_p);
	explain_add_line(in, line);
}

void explain_label(struct incident *in, const struct finding *f)
{
	const struct rhythm *r = f->rhythm;
	char line[INCIDENT_TEXT_MAX];
	int minutes[EVIDENCE_BURSTS];
	struct circular_summary s;

	for (unsigned i = 0; r && i < r->bursts_n; i++)
		minutes[i] = r->bursts[i].civil_min;
	if (!r || !circular_summarise(minutes, r->bursts_n, &s))
		return;
	snprintf(line, sizeof(line),
		 "By day too (label rhythm): its %u largest uploads of whole days began within "
		 "%.0f min of each other; random times of day would with chance %.1e.",
		 s.n, explain_arc(&s) * CIRCULAR_DAY_MIN,
		 circular_arc_chance(s.n, explain_arc(&s)));
	explain_add_line(in, line);
}
