/* jobs.h - expected jobs: followed while they behave, told when they deviate (DETECTION section 4).
 *
 * A job (profile/job.h) is an expected entry with a window, a maximum or an expiry, as one asset
 * uses it.  attribution.c says of every minute of traffic that leaves a zone whether an entry
 * covers it (jobs_use) or none does (jobs_look); time judges turns that are over (jobs_judge).
 *
 *   NW-EXP-001, severity 3, about the finest channel, one record a row and kind of deviation:
 *     above       at once when the maximum per night is exceeded
 *     shifted     at once when traffic that the entry would cover but for the time is more, in a
 *                 row, than 256 KiB (`deviates_bytes`: keep-alives, retries and hand-shakes of a
 *                 day stay below) and a quarter (`deviates_share`: the last quarter of a job that
 *                 runs late is late, not elsewhere) of the usual amount, or of what tonight's run
 *                 has sent if that is more
 *     expired     the same for traffic that the entry covered before it expired
 *     elsewhere   10 min after the window's grace: the job did not run, and in its hours the asset
 *                 sent half to double the usual amount by the same service to one destination that
 *                 nothing covers
 *   NW-HLT-002, severity 2, about (asset, entry): the second turn in a row, in sight of the tap, in
 *     which a job with a window did not run that had run in 3 of the 14 turns before.  A window is
 *     often wider than its use (maintenance on mon-fri that comes on two of the days: six false
 *     incidents in the demonstration's month), so a job that paused for two turns or more within
 *     its last 64 is missing after more than twice its longest pause
 *   NW-EXF-001 with suppression, severity 1: the job uploaded on 3 nights what detector N would
 *     have counted; told then, at most every JOBS_SHOWN_ROWS rows after, and when it stopped
 *
 * A turn counts as run when its upload is 1 % (`ran_share`) of the usual amount: a failing job
 * still shakes hands.  A shifted run is not a missing one.
 * Turns are judged in the order of (time due, subject id, entry), whatever the table's.
 * Thread: analysis.
 */
#ifndef NW_APP_JOBS_H
#define NW_APP_JOBS_H

#include "alert/incident.h"
#include "app/nights.h"
#include "flow/slice.h"
#include "profile/channel.h"

#define JOBS_NIGHTS 3			/* of upload, to be shown as suppressed */
#define JOBS_SHOWN_ROWS 30

struct jobs;

struct jobs_parts {			/* borrowed */
	const struct alert_context *context;
	struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
	const struct nights *nights;	/* what the tap saw */
};

int jobs_new(const struct jobs_parts *parts, struct jobs **ret_jobs);
void jobs_free(struct jobs *jobs);

/* A minute of a channel of group ip. */
struct job_minute {
	struct subject *subject;
	struct channel *channel;
	const struct slice *slice;
	int64_t row;
	uint64_t up;			/* payload the subject sent */
};

/* An entry covers it; is_target: as the answer to an internal peer whose entry it is.  false: not
 * any more, its maximum is exceeded. */
bool jobs_use(struct jobs *jobs, const struct job_minute *m, const struct expected *entry,
	      bool is_target);
/* No entry covers it; q: the question that site_expected() answered with none. */
void jobs_look(struct jobs *jobs, const struct job_minute *m, const struct expected_query *q);
/* Capture time has passed now_ns: turns that are due. */
void jobs_judge(struct jobs *jobs, uint64_t now_ns);
/* A row is over: incidents that have nothing more to tell. */
void jobs_end_row(struct jobs *jobs, int64_t row, uint64_t end_ns);

#endif
