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

static void explain_sureness(struct incident *in, const struct finding *f,
			     const struct nightly_facts *facts)
{
	char line[INCIDENT_TEXT_MAX], rate[64];

	explain_rate(facts->bound, rate, sizeof(rate));
	snprintf(line, sizeof(line),
		 "How sure: nights that come back like these would do so by chance %s on this "
		 "asset, if its uploads at night were occasional (one night in ten) and at no "
		 "fixed time; a legitimate job of every few days looks the same. Level L%d, %s.",
		 rate, (int)in->level, in->level >= LEVEL_2 ? "alert" : "early warning");
	explain_add_line(in, line);
	snprintf(line, sizeof(line),
		 "In numbers: evidence M = %.3g for a period of %u days (L1 from 1e3, L2 from 1e5; "
		 "periods of 2, 3 and 7 days are followed); bound %.2g a year at %.0e, from %llu "
		 "channel-night%s in play on %llu channel%s.",
		 facts->m, facts->days, facts->bound, facts->threshold,
		 (unsigned long long)f->bet_nights, f->bet_nights == 1 ? "" : "s",
		 (unsigned long long)f->bet_channels, f->bet_channels == 1 ? "" : "s");
	explain_add_line(in, line);
	explain_spread(in, facts);
}

static void explain_end(struct incident *in, const struct finding *f)
{
	if (f->is_taken_over)
		explain_add_line(in, f->rule == RULE_EXF_005 ?
			"Closed because another incident, of a pattern of nights, tells of this "
			"channel now; it carries the label rhythm." :
			"Closed because NW-EXF-001 tells of this channel now, with the same level "
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
	explain_sureness(in, f, facts);
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
	clock_format_offset(at_ns, tz_offset(at_ns), buf);
}

static void explain_agreement(struct incident *in, const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX];

	snprintf(line, sizeof(line),
		 "The rhythm alone is severity 2, with one of these 3, with two or more 4. "
		 "Destination: %s. Volume: %s (z = %.1f against the whole days of the asset, from "
		 "%.0f on it counts). Policy: %s.",
		 f->agrees & AGREES_DESTINATION ?
		 "not accepted and first met after learning, or in a new country" :
		 "nothing against it",
		 f->agrees & AGREES_VOLUME ? "far more than usual" : "not out of proportion", f->z,
		 VOLUME_Z_EXTREME,
		 f->agrees & AGREES_POLICY ? "the asset's zone is closed" : "nothing against it");
	explain_add_line(in, line);
}

void explain_rhythm(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts)
{
	char who[256], up[CLOCK_TEXT_MAX], where[GROUP_TEXT_MAX + 32], last[CLOCK_TEXT_MAX];
	char line[INCIDENT_TEXT_MAX];

	explain_where(in, where, sizeof(where));
	snprintf(in->words->message, sizeof(in->words->message),
		 "%s uploaded %s to %s on %u of %u days, beginning about %02d:%02d local time, "
		 "within %d min (label rhythm)",
		 explain_subject(in->subject, who, sizeof(who)), size_format(facts->up, up), where,
		 facts->hit, facts->seen, facts->phase_min / 60 % 24, facts->phase_min % 60,
		 facts->spread_min);
	explain_end(in, f);
	snprintf(line, sizeof(line),
		 "How sure: the largest two hours of upload above the day's median begin within "
		 "%d min of each other on the %s clock; that %u uniform times of day lie this "
		 "close has chance %.1e (n g^(n-1); descriptive, not corrected for looking).",
		 facts->spread_min, facts->is_utc ? "UTC" : "site's",
		 f->rhythm ? (unsigned)f->rhythm->bursts_n : 0U, facts->arc_p);
	explain_add_line(in, line);
	snprintf(line, sizeof(line),
		 "In numbers: M = %.3g (locked from 1e3 and five days on). There is no promise "
		 "about false alarms: shifts, reports and telemetry are punctual too, so it counts "
		 "with what agrees with it.", facts->m);
	explain_add_line(in, line);
	if (!f->is_over)
		explain_agreement(in, f);
	last_start_text(ctx, f->rhythm, last);
	snprintf(line, sizeof(line), "Last one from %s local (to a quarter of an hour).", last);
	explain_add_line(in, line);
	explain_attached(in);
	explain_contact(in, f);
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
		 "Label rhythm: over the whole day too its largest uploads begin within %.0f min "
		 "of each other (%u of them; chance for uniform times %.1e, descriptive).",
		 explain_arc(&s) * CIRCULAR_DAY_MIN, s.n,
		 circular_arc_chance(s.n, explain_arc(&s)));
	explain_add_line(in, line);
}
