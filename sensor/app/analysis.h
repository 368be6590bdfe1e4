/* analysis.h - slices in canonical order become profiles, profiles findings, findings incidents.
 *
 * One thread.  Time is what it is told (capture time); nothing here reads a clock.
 */
#ifndef NW_APP_ANALYSIS_H
#define NW_APP_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "alert/incident.h"
#include "app/tally_store.h"
#include "flow/slice.h"
#include "output/flowlog.h"
#include "profile/attest.h"
#include "profile/resolved.h"
#include "profile/visit.h"
#include "store/outbox.h"

struct analysis;
struct orders_watch;

struct analysis_config {
	struct alert_context *context;	/* calendar is set at the first packet */
	struct outbox *outbox;
	struct flowlog *flowlog;	/* NULL: no flow records */
	struct orders_watch *orders;	/* live; NULL: work orders do not change */
};

struct analysis_counters {
	uint64_t flows;
	uint64_t no_memory;		/* events that could not be kept */
	uint64_t outside_both; /* flows between two addresses that are not internal: not judged */
	char outside_example[2 * ADDR_TEXT_MAX + 8];	/* the first of them */
	uint64_t nights_judged, channel_nights;
	uint64_t subjects, subjects_overflowed;
	struct links_counters links;
	uint64_t links_beyond;		/* claims of a minute that were not looked at */
};

int analysis_new(const struct analysis_config *cfg, struct analysis **ret_analysis);
void analysis_free(struct analysis *a);

/* Where the analysis stands in capture time: what a state keeps besides the tables. */
struct analysis_point {
	int year;			/* of the first packet ever: the calendar's */
	uint64_t first_ns;		/* its stamp */
	uint64_t now_ns;		/* everything before it was taken in */
	int64_t row;			/* the running one */
};

/* The tables, for memory.c to fill and to keep. */
struct analysis_parts {
	struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	struct resolved *resolved;
	struct baseline_list *baseline;
	struct tallies tallies;
	struct visits *visits;
	struct attest *attest;
};
void analysis_parts(struct analysis *a, struct analysis_parts *ret_parts);
struct analysis_point analysis_point(const struct analysis *a);	/* first_ns 0: not started */
/* Goes on from a point; the tables have been filled.  Events before now were taken in by an earlier
 * run and are passed by. */
void analysis_resume(struct analysis *a, const struct analysis_point *point);
/* Something was accepted: resolves what was raised about it. */
void analysis_settle(struct analysis *a);
/* Called on the analysis thread after each step of time; has_records: since the last call. */
typedef void (*analysis_step_fn)(void *arg, bool has_records);
void analysis_on_step(struct analysis *a, analysis_step_fn step, void *arg);

void analysis_start(struct analysis *a, uint64_t first_ns);	/* stamp of the first packet */
/* Events in the order of slice_compare(); none older than an earlier call's time. */
void analysis_event(struct analysis *a, const struct slice *s);
void analysis_time(struct analysis *a, uint64_t now_ns);	/* capture time has passed now_ns */
/* End of input without a state.  Judges the open night, marked partial: there is nothing to store
 * it in. */
void analysis_finish(struct analysis *a, uint64_t now_ns);
/* --final with a state, after the tables were kept in it: tells what the open night says so far, on
 * the tables in memory, which are then of no other use. */
void analysis_preview(struct analysis *a);

const struct analysis_counters *analysis_counters(const struct analysis *a);
const struct channels_counters *analysis_channels(const struct analysis *a);
const struct incidents *analysis_incidents(const struct analysis *a);
/* Capture time covered so far. */
uint64_t analysis_first_ns(const struct analysis *a);
uint64_t analysis_now_ns(const struct analysis *a);

#endif
