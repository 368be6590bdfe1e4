/* explain_rhythm.c - patterns that are not "every night", in words. */
#include "alert/explain_internal.h"

#include <stdio.h>
#include "base/text.h"
#include "base/tz.h"
#include "detect/period.h"

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

void explain_period(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts)
{
	char who[256], up[CLOCK_TEXT_MAX], where[GROUP_TEXT_MAX + 32], when[48], every[32];

	explain_when(facts, when, sizeof(when));
	explain_where(in, where, sizeof(where));
	every_text(ctx, f, facts->days, every, sizeof(every));
	snprintf(in->message, sizeof(in->message),
		 "%s uploaded %s to %s %s, on %u of %u of them, each time %s local time",
		 explain_subject(in->subject, who, sizeof(who)), size_format(facts->up, up), where,
		 every, facts->hit, facts->seen, when);
	if (f->given_up)
		explain_add_line(in, "Closed because the long memory is full and this evidence was "
				     "given up, not because the pattern stopped: it may go on.");
	explain_sureness(in, f, facts);
	explain_nights(ctx, in, f, facts);
}
