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
#include "flow/slice.h"
#include "output/flowlog.h"
#include "store/outbox.h"

struct analysis;

struct analysis_config {
	struct alert_context *context;	/* calendar is set at the first packet */
	struct outbox *outbox;
	struct flowlog *flowlog;	/* NULL: no flow records */
};

struct analysis_counters {
	uint64_t slices, flows;
	uint64_t outside_both; /* flows between two addresses that are not internal: not judged */
	uint64_t expected_slices;	/* covered by an expected entry */
	uint64_t rows_judged, channel_nights;
	uint64_t no_memory;
};

int analysis_new(const struct analysis_config *cfg, struct analysis **ret_analysis);
void analysis_free(struct analysis *a);

void analysis_start(struct analysis *a, uint64_t first_ns);	/* stamp of the first packet */
/* Events in the order of slice_compare(); none older than an earlier call's time. */
void analysis_event(struct analysis *a, const struct slice *s);
void analysis_time(struct analysis *a, uint64_t now_ns);	/* capture time has passed now_ns */
/* End of input.  Judges the open night, marked partial (there is no state to store it in). */
void analysis_finish(struct analysis *a, uint64_t now_ns);

const struct analysis_counters *analysis_counters(const struct analysis *a);
const struct channels_counters *analysis_channels(const struct analysis *a);
const struct incidents *analysis_incidents(const struct analysis *a);
size_t analysis_subjects(const struct analysis *a);
/* Capture time covered so far. */
uint64_t analysis_first_ns(const struct analysis *a);
uint64_t analysis_now_ns(const struct analysis *a);

#endif
