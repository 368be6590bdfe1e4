/* explain_job.c - see explain_job.h.  Owner and ticket are the site file's, names of peers its
 * assets' or their addresses: nothing here comes from the wire. */
#include "alert/explain_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "alert/explain_internal.h"
#include "alert/explain.h"
#include "base/text.h"
#include "base/tz.h"

#define SECONDS_PER_DAY 86400
#define ALL_DAYS 0x7f
#define WORKING_DAYS 0x1f

/* The parts that the sentences share, as texts. */
struct job_words {
	char who[SITE_ID_MAX], peer[GROUP_TEXT_MAX], up[CLOCK_TEXT_MAX], at[CLOCK_TEXT_MAX];
	char window[64], expiry[DATE_TEXT_MAX], max[CLOCK_TEXT_MAX];
};

static const struct expected *entry_of(const struct alert_context *ctx, const struct finding *f)
{
	if (f->job)
		return f->job->entry;
	for (size_t i = 0; i < ctx->site->n_expected; i++)
		if (!strcmp(ctx->site->expected[i].id, f->entry))
			return &ctx->site->expected[i];
	return NULL;			/* the site file has it no more */
}

void explain_window(const struct closed_hours *w, char *buf, size_t cap)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	unsigned set = w->days & ALL_DAYS;

	snprintf(buf, cap, "%02u:%02u-%02u:%02u", w->from_min / 60U, w->from_min % 60U,
		 w->to_min / 60U, w->to_min % 60U);
	if (set == WORKING_DAYS)
		snprintf(buf + strlen(buf), cap - strlen(buf), " on Mon-Fri");
	for (unsigned i = 0, shown = 0; i < 7 && set != ALL_DAYS && set != WORKING_DAYS; i++)
		if (set >> i & 1)
			snprintf(buf + strlen(buf), cap - strlen(buf), "%s%s",
				 shown++ ? " " : " on ", days[i]);
}

static void date_text(int32_t day, char buf[static DATE_TEXT_MAX])
{
	struct civil c = civil_from_seconds((int64_t)day * SECONDS_PER_DAY);

	snprintf(buf, DATE_TEXT_MAX, "%04d-%02u-%02u", c.year, (unsigned)c.month % 100,
		 (unsigned)c.day % 100);
}

static void peer_text(const struct alert_context *ctx, const struct finding *f,
		      char buf[static GROUP_TEXT_MAX])
{
	const struct channel *ch = f->channel;
	const struct asset *asset = ch->key.group == GROUP_IP ?
				    site_asset(ctx->site, &ch->key.value) : NULL;

	if (asset)
		text_copy(buf, GROUP_TEXT_MAX, asset->id);
	else
		text_copy(buf, GROUP_TEXT_MAX, group_value(&ch->key, ch->name, buf));
}

static void find_words(const struct alert_context *ctx, const struct incident *in,
		       const struct finding *f, struct job_words *w)
{
	const struct expected *e = entry_of(ctx, f);

	memset(w, 0, sizeof(*w));
	text_copy(w->who, sizeof(w->who), in->subject->id);
	peer_text(ctx, f, w->peer);
	size_format(f->job ? f->job->up : 0, w->up);
	explain_at(f->judged_ns, w->at);
	if (e && e->has_window)
		explain_window(&e->window, w->window, sizeof(w->window));
	if (e && e->expires_day != INT32_MAX)
		date_text(e->expires_day, w->expiry);
	if (e && e->max_bytes_per_night)
		size_format(e->max_bytes_per_night, w->max);
}

/* --- what was seen ----------------------------------------------------- */

static void say_deviation(struct incident *in, const struct finding *f, const struct job_words *w)
{
	char *to = in->words->message;
	size_t cap = sizeof(in->words->message);

	switch (f->job->event) {
	case JOB_ABOVE:
		snprintf(to, cap, "%s has gone beyond the %s a night that the expected entry %s "
			 "allows it to send to %s: %s until %s local", w->who, w->max, f->entry,
			 w->peer, w->up, w->at);
		break;
	case JOB_SHIFTED:
		snprintf(to, cap, "%s sent %s to %s until %s local, outside the hours of the "
			 "expected entry %s (%s)", w->who, w->up, w->peer, w->at, f->entry,
			 w->window);
		break;
	case JOB_ELSEWHERE:
		snprintf(to, cap, "%s sent %s to %s, which no expected entry covers, in the hours "
			 "of the expected entry %s (%s, judged %s local); the job itself did not "
			 "run then", w->who, w->up, w->peer, f->entry, w->window, w->at);
		break;
	case JOB_EXPIRED:
		snprintf(to, cap, "%s goes on sending to %s (%s this night until %s local), as the "
			 "expected entry %s allowed until it expired on %s", w->who, w->peer,
			 w->up, w->at, f->entry, w->expiry);
		break;
	case JOB_MISSING:
		snprintf(to, cap, "The expected job %s of %s did not run on the last %" PRIu32
			 " day%s on which its window opens (%s), until %s local", f->entry,
			 w->who, f->job->nights, f->job->nights == 1 ? "" : "s",
			 w->window[0] ? w->window : "at any hour", w->at);
		break;
	case JOB_AS_EXPECTED:
		snprintf(to, cap, "%s sent %s to %s on %" PRIu32 " of %" PRIu32 " nights, as the "
			 "expected entry %s allows", w->who, w->up, w->peer, f->job->nights,
			 f->job->nights_seen, f->entry);
		break;
	}
}

static void say_end(const struct alert_context *ctx, struct incident *in,
		    const struct finding *f, const struct job_words *w)
{
	char *to = in->words->message;
	size_t cap = sizeof(in->words->message);

	if (f->rule == RULE_EXP_001)
		snprintf(to, cap, "Closed, no more of it seen for %u nights: %s deviated from "
			 "the expected "
			 "entry %s (traffic to %s)",
			 ctx->site->rules->params.job.resolve_after, w->who, f->entry, w->peer);
	else if (f->rule == RULE_HLT_002)
		snprintf(to, cap, "Closed: the expected job %s of %s is not missing any more; it "
			 "ran, or "
			 "its entry has ended", f->entry, w->who);
	else
		snprintf(to, cap, "Closed: the nightly upload of %s that the expected entry %s "
			 "allows has "
			 "stopped", w->who, f->entry);
}

/* --- what was expected ------------------------------------------------- */

static void add_part(char *line, size_t cap, const char *what, const char *text)
{
	if (text[0])
		snprintf(line + strlen(line), cap - strlen(line), "; %s %s", what, text);
}

static void explain_entry(const struct alert_context *ctx, struct incident *in,
			  const struct finding *f, const struct job_words *w)
{
	const struct expected *e = entry_of(ctx, f);
	char line[INCIDENT_TEXT_MAX], clean[INCIDENT_TEXT_MAX];

	if (!e) {
		explain_add_line(in, "The site policy does not have this entry any more.");
		return;
	}
	snprintf(line, sizeof(line), "What is expected (entry %s)", e->id);
	add_part(line, sizeof(line), "window", w->window);
	add_part(line, sizeof(line), "at most a night", w->max);
	add_part(line, sizeof(line), "owner", e->owner[0] ? e->owner : "not named");
	add_part(line, sizeof(line), "ticket", e->ticket[0] ? e->ticket : "not named");
	add_part(line, sizeof(line), "valid up to and including", w->expiry);
	text_repair(line, strlen(line), clean, sizeof(clean));
	explain_add_line(in, clean);
}

static void explain_usual(struct incident *in, const struct finding *f)
{
	char line[INCIDENT_TEXT_MAX], usual[CLOCK_TEXT_MAX];

	if (f->job->runs)
		snprintf(line, sizeof(line), "Normal for this job: %s a run (median of its last %"
			 PRIu32 " run%s, deviating ones "
				  "included).", size_format(f->job->usual, usual), f->job->runs,
			 f->job->runs == 1 ? "" : "s");
	else
		snprintf(line, sizeof(line), "Normal for this job: not known, no earlier run of "
			 "it was seen in its "
			 "hours.");
	explain_add_line(in, line);
}

static void explain_meaning(const struct alert_context *ctx, struct incident *in,
			    const struct finding *f)
{
	static const char *const meanings[] = {
		[JOB_AS_EXPECTED] = "This is no alarm: without the entry it would be a nightly "
			"periodic upload, and it is shown so that what is allowed stays visible.",
		[JOB_ABOVE] = "How sure: a count, not statistics. What goes beyond the maximum is "
			"judged as if no entry covered it, to the end of this night.",
		[JOB_SHIFTED] = "How sure: a clock, not statistics. The entry would cover this at "
			"another time; outside its hours it is judged as if no entry covered it.",
		[JOB_ELSEWHERE] = "How sure: a likeness, no proof that it is the job. The amount "
			 "is "
			"comparable (half to double the usual) and the service is the job's.",
		[JOB_EXPIRED] = "How sure: a date, not statistics. Nothing covers this traffic "
			 "now; "
			"renew the entry or stop the job.",
	};
	const struct job_params *p = &ctx->site->rules->params.job;
	char line[INCIDENT_TEXT_MAX];

	if (f->job->event != JOB_MISSING) {
		explain_add_line(in, meanings[f->job->event]);
		return;
	}
	snprintf(line, sizeof(line), "How sure: the tap saw those hours. The job had run on at "
		 "least %u of the %u such days before, and does not pause so long by habit.",
		 p->habit_runs, p->habit_turns);
	explain_add_line(in, line);
}

void explain_job(const struct alert_context *ctx, struct incident *in, const struct finding *f)
{
	struct job_words w;

	find_words(ctx, in, f, &w);
	if (!f->job) {
		say_end(ctx, in, f, &w);
		explain_entry(ctx, in, f, &w);
		return;
	}
	say_deviation(in, f, &w);
	explain_entry(ctx, in, f, &w);
	explain_usual(in, f);
	explain_meaning(ctx, in, f);
}
