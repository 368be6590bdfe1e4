/* session.h - what replay and live share: policy, outbox, sinks, analysis, pipeline, and their end.
 */
#ifndef NW_APP_SESSION_H
#define NW_APP_SESSION_H

#include "app/memory.h"
#include "app/options.h"
#include "app/orders_watch.h"
#include "app/pipeline.h"
#include "app/tap_watch.h"
#include "output/sinks.h"
#include "policy/gaps_file.h"

struct session {
	const struct options *options;
	struct site *site;
	struct gaps_file *gaps;		/* declared; NULL: none */
	struct coverage *coverage;	/* what the tap did not see; from all sources */
	struct coverage_stretch *stretches;	/* of gaps, for the watch */
	struct tap_watch watch;
	struct alert_context context;
	struct outbox *outbox;
	struct flowlog *flowlog;
	struct jsonl_sink *jsonl, *attestations;
	struct sign_key *attest_key;	/* NULL: not signed */
	struct redis_sink *redis;
	struct analysis *analysis;
	struct orders_watch *orders;	/* live, of a site with orders; NULL */
	struct memory *memory;		/* NULL: no state */
	struct source *source;
	struct progress *progress;
	struct pipeline_counters counters;
	struct redis_config redis_config;
};

/* Policy, time zone and everything that can be refused before work starts: nothing is written yet.
 * 0, or the exit status with the reason logged. */
int session_prepare(struct session *s, const struct options *o);
/* Opens the state and plans the run by it, before the source is read; *ret_from_ns: where the input
 * is to begin (0: at its beginning).  0 or the exit status (logged). */
int session_open_memory(struct session *s, uint64_t *ret_from_ns);
/* Opens the outputs.  0 or the exit status (logged). */
int session_open_outputs(struct session *s);
/* Runs the pipeline over s->source and drains the sinks; signals_catch() came before, and at the
 * end signals have their default actions again.  The exit status. */
int session_run(struct session *s, bool is_live);
void session_close(struct session *s);

#endif
