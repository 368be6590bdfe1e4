/* summary.h - the end of a run in words, for the person at the terminal. */
#ifndef NW_OUTPUT_SUMMARY_H
#define NW_OUTPUT_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "alert/incident.h"
#include "capture/gaps.h"
#include "capture/source.h"
#include "flow/shard.h"
#include "policy/gaps_file.h"
#include "profile/coverage.h"

struct summary_facts {			/* all borrowed */
	const struct source *source;
	const uint64_t *decode;		/* by enum packet_status */
	const struct shard_counters *flow;
	const struct site *site;
	const struct incidents *incidents;
	const struct channels *channels;
	uint64_t first_ns, last_ns;	/* capture time covered; 0: nothing */
	uint64_t flows, flows_outside;
	const char *outside_example;	/* "A to B": the first of flows_outside */
	uint64_t nights_judged;		/* by detector N */
	const struct gaps *gaps;
	const struct gaps_file *declared;	/* NULL: none */
	struct coverage *coverage;
	uint64_t packets_declared;	/* captured inside declared gaps */
	bool is_live;
	bool is_incomplete;		/* events were lost for lack of memory */
	const char *alerts;		/* where the records went, or NULL */
};

/* Severity 3 and more in full, the most severe first; the rest counted. */
void summary_print(const struct summary_facts *facts, FILE *out);

#endif
