/* explain_dates.c - when: times and nights as people say them.
 *
 * Times are civil times of the site to the minute; a record has the exact ones beside its words.
 * A night is named by the day on whose evening it begins, as everywhere (DETECTION section 2).
 */
#include "alert/explain_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "base/tz.h"

#define NIGHTS_TOLD 7			/* one by one; all of them are in the record */
#define DATES_TOLD 5			/* of nights seen badly or not at all */

static const char *const weekdays[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
				      "Sep", "Oct", "Nov", "Dec" };

const char *explain_at(uint64_t ns, char buf[static CLOCK_TEXT_MAX])
{
	struct civil c = tz_civil(ns);

	snprintf(buf, CLOCK_TEXT_MAX, "%s %d %s %d %02d:%02d", weekdays[civil_weekday(&c)], c.day,
		 months[(c.month - 1) % 12], c.year, c.hour, c.minute);
	return buf;
}

const char *explain_span(uint64_t ns, char buf[static CLOCK_TEXT_MAX])
{
	uint64_t minutes = ns / NS_PER_MIN;

	if (minutes >= 2 * 1440)
		snprintf(buf, CLOCK_TEXT_MAX, "%" PRIu64 " days", minutes / 1440);
	else if (minutes >= 60 && minutes % 60)
		snprintf(buf, CLOCK_TEXT_MAX, "%" PRIu64 " h %" PRIu64 " min", minutes / 60,
			 minutes % 60);
	else if (minutes >= 60)
		snprintf(buf, CLOCK_TEXT_MAX, "%" PRIu64 " h", minutes / 60);
	else if (minutes)
		snprintf(buf, CLOCK_TEXT_MAX, "%" PRIu64 " min", minutes);
	else
		snprintf(buf, CLOCK_TEXT_MAX, "less than a minute");
	return buf;
}

/* "Sat 10 Jan" */
static const char *day_name(uint64_t ns, char buf[static CLOCK_TEXT_MAX])
{
	struct civil c = tz_civil(ns);

	snprintf(buf, CLOCK_TEXT_MAX, "%s %d %s", weekdays[civil_weekday(&c)], c.day,
		 months[(c.month - 1) % 12]);
	return buf;
}

static const char *night_name(const struct calendar *calendar, int64_t row,
			      char buf[static CLOCK_TEXT_MAX])
{
	return day_name(calendar_row_start(calendar, row), buf);
}

/* "Sun 11 Jan 00:04 2.1 GB", "night of Sat 10 Jan not seen", "night of Sat 10 Jan nothing" */
static void night_text(const struct alert_context *ctx, const struct night_seen *n,
		       unsigned process, char *buf, size_t cap)
{
	char up[CLOCK_TEXT_MAX], name[CLOCK_TEXT_MAX];
	uint64_t start_ns = night_start_ns(ctx->calendar, n);
	struct civil c = tz_civil(start_ns);

	size_format(n->up, up);
	if (night_is_hit(n, process) && start_ns)
		snprintf(buf, cap, "%s %02d:%02d %s", day_name(start_ns, name), c.hour, c.minute,
			 up);
	else
		snprintf(buf, cap, "night of %s %s%s", night_name(ctx->calendar, n->row, name),
			 n->is_skipped ? "not seen" : n->up ? up : "nothing",
			 n->up && !n->is_skipped && !night_is_hit(n, process) ?
			 " (not like it)" : "");
	if (n->is_degraded && !n->is_skipped)
		snprintf(buf + strlen(buf), cap - strlen(buf), " (seen badly)");
	if (n->is_partial)
		snprintf(buf + strlen(buf), cap - strlen(buf), " (so far)");
}

/* The last night that qualified with a time; NULL: none, or it does not rest on nights. */
static const struct night_seen *last_hit(const struct alert_context *ctx, const struct finding *f)
{
	const struct evidence *ev = finding_rests_on_nights(f) ? f->channel->evidence : NULL;

	for (uint64_t i = ev ? evidence_nights(ev) : 0; i-- > 0;)
		if (night_is_hit(evidence_night(ev, i), finding_process(f)) &&
		    night_start_ns(ctx->calendar, evidence_night(ev, i)))
			return evidence_night(ev, i);
	return NULL;
}

/* When the last night that qualified had its upload; of other rules, the last traffic. */
uint64_t explain_last_ns(const struct alert_context *ctx, const struct finding *f)
{
	const struct night_seen *n = last_hit(ctx, f);

	return n ? night_start_ns(ctx->calendar, n) : f->channel->last_ns;
}

void explain_stretch(const struct alert_context *ctx, const struct finding *f,
		     uint64_t *ret_from_ns, uint64_t *ret_to_ns)
{
	const struct night_seen *n = last_hit(ctx, f);
	const struct channel *ch = f->channel;

	*ret_to_ns = n ? night_end_ns(ctx->calendar, n) : ch->last_ns;
	*ret_from_ns = n ? night_start_ns(ctx->calendar, n) : ch->last_ns;
	if (!n && ch->row && ch->row->n)
		*ret_from_ns = calendar_row_start(ctx->calendar, ch->row_number) +
			       ch->row->slots[0].number * SLOT_NS;
	if (*ret_from_ns > *ret_to_ns)
		*ret_from_ns = *ret_to_ns;
}

void explain_night_list(const struct alert_context *ctx, struct incident *in,
			const struct finding *f, const struct nightly_facts *facts)
{
	const struct evidence *ev = f->channel->evidence;
	char line[INCIDENT_TEXT_MAX], what[96];
	unsigned shown = 0;

	snprintf(line, sizeof(line), "%s, the last first: ",
		 facts->days == 1 ? "Night by night" : "Its nights one by one");
	for (uint64_t i = ev ? evidence_nights(ev) : 0; i-- > 0 && shown < NIGHTS_TOLD;) {
		const struct night_seen *n = evidence_night(ev, i);

		if (!explain_belongs(f, n))
			continue;
		night_text(ctx, n, finding_process(f), what, sizeof(what));
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s",
			 shown++ ? "; " : "", what);
	}
	snprintf(line + strlen(line), sizeof(line) - strlen(line), ".");
	if (shown)
		explain_add_line(in, line);
}

/* "Sat 10 Jan, Sun 11 Jan and 2 more" */
static void dates_text(const struct alert_context *ctx, const struct finding *f, bool is_skipped,
		       char *buf, size_t cap)
{
	const struct evidence *ev = f->channel->evidence;
	char name[CLOCK_TEXT_MAX];
	unsigned shown = 0, n_all = 0;

	buf[0] = '\0';
	for (uint64_t i = evidence_nights(ev); i-- > 0;) {
		const struct night_seen *n = evidence_night(ev, i);

		if (!explain_belongs(f, n) || (is_skipped ? !n->is_skipped : !n->is_degraded))
			continue;
		if (n_all++ < DATES_TOLD)
			snprintf(buf + strlen(buf), cap - strlen(buf), "%s%s", shown++ ? ", " : "",
				 night_name(ctx->calendar, n->row, name));
	}
	if (n_all > shown)
		snprintf(buf + strlen(buf), cap - strlen(buf), " and %u more", n_all - shown);
}

static void add_blind(const struct alert_context *ctx, const struct finding *f,
		      const struct nightly_facts *facts, char *line, size_t cap)
{
	char dates[160];

	if (facts->skipped) {
		dates_text(ctx, f, true, dates, sizeof(dates));
		snprintf(line + strlen(line), cap - strlen(line), "  The tap did not see %u more "
			 "(of %s): not known, they count neither way.",
			 facts->skipped, dates);
	}
	if (facts->degraded) {
		dates_text(ctx, f, false, dates, sizeof(dates));
		snprintf(line + strlen(line), cap - strlen(line), "  The tap saw %u badly (of "
			 "%s; lost "
			 "packets, or a part of the night): these amounts are lower "
			 "bounds.", facts->degraded, dates);
	}
	if (facts->worst_loss > 0)
		snprintf(line + strlen(line), cap - strlen(line), "  On the worst, %.1f %% was "
			 "lost before the sensor.", 100 * facts->worst_loss);
	/* A file cannot tell a tap that was unplugged from silence (README, --gaps). */
	if (!facts->skipped && !facts->degraded)
		snprintf(line + strlen(line), cap - strlen(line), "  No loss or blindness of the "
			 "tap is known for them%s.", ctx->is_live ? "" : "; a replay takes a "
			 "stretch without packets for silence, unless --gaps declares it");
}

void explain_seen(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		  const struct nightly_facts *facts)
{
	char line[INCIDENT_TEXT_MAX];

	if (!f->channel->evidence)
		return;
	snprintf(line, sizeof(line), "%s since the first one: %u seen, %u with the upload, %u "
		 "without.", facts->days == 1 ? "Nights" : "Nights on which it was due",
		 facts->seen, facts->hit, facts->missed);
	add_blind(ctx, f, facts, line, sizeof(line));
	explain_add_line(in, line);
}
