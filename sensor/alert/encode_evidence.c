/* encode_evidence.c - what a nightly pattern rests on, and its nights, as parts of a record. */
#include <jansson.h>
#include <stdio.h>
#include "alert/encode_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/pseudonym.h"
#include "detect/nightly.h"
#include "detect/period.h"

static const char *const bound_assumes = "innocent = whatever happened before, the chance that a "
					 "night qualifies is at most p, and given that it "
					 "does, its burst is no denser at any time of the window "
					 "than uniform; habits, runs and evening shifts "
					 "alarm more often";

static json_t *bound_object(const struct finding *f, const struct nightly_facts *facts)
{
	json_t *bound = json_object();

	json_put_real(bound, "per_asset_year", facts->bound);
	json_put_real(bound, "threshold", facts->threshold);
	json_put_int(bound, "processes", facts->processes);
	json_put_int(bound, "channel_nights", f->bet_nights);
	json_put_int(bound, "channels", f->bet_channels);
	json_put_text(bound, "assumes", bound_assumes);
	return bound;
}

static void put_or_null(json_t *object, const char *name, double value, bool is_known)
{
	if (is_known)
		json_put_real(object, name, value);
	else
		json_object_set_new(object, name, json_null());
}

json_t *encode_evidence(const struct alert_context *ctx, const struct finding *f,
			const struct nightly_facts *facts)
{
	const struct nightly_params *params = f->rule == RULE_EXF_002 ?
		&ctx->site->rules->params.period : &ctx->site->rules->params.nightly;
	bool has_promise = facts->processes > 0;	/* detector C makes none */
	json_t *object = json_object();
	char phase[8];

	snprintf(phase, sizeof(phase), "%02d:%02d", facts->phase_min / 60 % 24,
		 facts->phase_min % 60);
	json_put_text(object, "detector", facts->detector);
	json_put_real(object, "m", facts->m);
	put_or_null(object, "p", params->p, has_promise);
	json_put_int(object, "nights_seen", facts->seen);
	json_put_int(object, "nights_hit", facts->hit);
	json_put_int(object, "nights_missed", facts->missed);
	json_put_int(object, "nights_degraded", facts->degraded);
	json_put_int(object, "nights_skipped", facts->skipped);
	json_put_text(object, "clock", facts->is_utc ? "utc" : "local");
	json_put_text(object, "phase", phase);
	json_put_int(object, "spread_minutes", (uint64_t)facts->spread_min);
	put_or_null(object, "spread_p", facts->spread_p, has_promise);
	put_or_null(object, "arc_p", facts->arc_p, facts->arc_p >= 0);
	json_put_int(object, "period_s", facts->days * 86400ULL);
	json_put_int(object, "floor_bytes", f->rule == RULE_EXF_005 ?
		     ctx->site->rules->params.rhythm.floor : params->floor[finding_process(f)]);
	json_object_set_new(object, "bound", has_promise ? bound_object(f, facts) : json_null());
	return object;
}

/* The night's factor, of the process that the finding is of. */
static double factor_of(const struct finding *f, const struct night_seen *n)
{
	const struct period *period = f->channel->evidence->period;

	if (f->rule == RULE_EXF_002 && period && f->process < PERIODS && !n->is_skipped)
		return period_night_e(period, f->process, n->row);
	return night_e(n, finding_process(f));
}

static json_t *night_object(const struct alert_context *ctx, const struct finding *f,
			    const struct night_seen *n)
{
	json_t *object = json_object();
	char text[CLOCK_TEXT_MAX], peer[ADDR_TEXT_MAX];

	json_put_text(object, "date", calendar_row_date(ctx->calendar, n->row, text));
	if (n->start_min != EVIDENCE_NO_START) {
		json_put_time(object, "start", night_start_ns(ctx->calendar, n));
		json_put_time(object, "end", night_end_ns(ctx->calendar, n));
	} else {
		json_put_text(object, "start", NULL);
		json_put_text(object, "end", NULL);
	}
	json_put_int(object, "up", n->up);
	json_put_int(object, "down", n->down);
	json_put_int(object, "flows", n->flows);
	json_put_real(object, "z", night_z(n));
	json_put_real(object, "e", factor_of(f, n));
	json_put_real(object, "coverage", (double)n->coverage / EVIDENCE_SHARE);
	json_put_real(object, "loss", (double)n->loss / EVIDENCE_SHARE);
	json_put_text(object, "top", n->up ? addr_show(&n->top, peer) : NULL);
	json_object_set_new(object, "hit", json_boolean(night_is_hit(n, finding_process(f))));
	json_object_set_new(object, "skipped", json_boolean(n->is_skipped));
	json_object_set_new(object, "partial", json_boolean(n->is_partial));
	json_object_set_new(object, "degraded", json_boolean(n->is_degraded));
	return object;
}

json_t *encode_nights(const struct alert_context *ctx, const struct finding *f)
{
	json_t *nights = json_array();

	if (finding_rests_on_nights(f) && f->channel->evidence)
		for (uint64_t i = 0; i < evidence_nights(f->channel->evidence); i++)
			json_array_append_new(nights, night_object(ctx, f,
					      evidence_night(f->channel->evidence, i)));
	return nights;
}
