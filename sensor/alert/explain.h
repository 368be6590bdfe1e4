/* explain.h - an incident in words: facts and how sure, never who is guilty. */
#ifndef NW_ALERT_EXPLAIN_H
#define NW_ALERT_EXPLAIN_H

#include "alert/incident.h"

/* Numbers of a channel's nights that the words and the record share; of a pattern of every n days
 * the nights are those that belong to it. */
struct nightly_facts {
	const char *detector;		/* "nightly" "period" "rhythm" */
	unsigned days;			/* from one night to the next */
	unsigned processes;		/* that the bound is for */
	uint32_t seen, hit, missed, skipped, degraded; /* of the nights kept */
	uint64_t up, down;		/* on the nights that qualified */
	double worst_loss;		/* of those degraded: the largest night_seen.loss */
	int first_min,
		last_min; /* earliest and latest start of a burst, civil minutes since noon */
	int phase_min;			/* circular mean of the starts: civil minute of the day */
	int spread_min;			/* last - first */
	double spread_p; /* chance that so many uniform times lie so close; descriptive */
	double arc_p;			/* of a rhythm, the same round the clock; else -1 */
	double bound;			/* expected false alarms of this asset per year */
	double threshold;		/* the M of the level reached */
	double m;
	bool is_utc;			/* the UTC clock fits better than the civil one */
};
void explain_nightly_facts(const struct alert_context *ctx, const struct finding *f,
			   struct nightly_facts *ret_facts);

/* The inputs of the bound, in the finding: bets of the asset in the year up to its row. */
void explain_count_bets(struct finding *f);
/* Nights of the pattern so far, as its incident counts them. */
uint32_t explain_hits(const struct finding *f);

/* Fills message and explain of the incident. */
void explain_incident(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		      const struct nightly_facts *facts);
/* Of one that ends and whose channel is gone: its last words stand, after why it ends. */
void explain_gone(struct incident *in, const struct finding *f);

/* "IMG-SRV-2 (image_server, vendor A)" */
const char *explain_subject(const struct subject *s, char *buf, size_t cap);
/* "usual for this asset between 22:00 and 05:00: 3 MB (28-night median)" */
const char *explain_baseline(const struct alert_context *ctx, const struct finding *f, char *buf,
			     size_t cap);

#endif
