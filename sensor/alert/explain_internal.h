/* explain_internal.h - sentences of explain.c that other rules' words share. */
#ifndef NW_ALERT_EXPLAIN_INTERNAL_H
#define NW_ALERT_EXPLAIN_INTERNAL_H

#include "alert/explain.h"
#include "detect/circular.h"

/* Civil minutes since civil noon, 0..1439: nights do not wrap. */
int explain_minutes(uint64_t ns);
void explain_add_line(struct incident *in, const char *text);
/* Starts of a rhythm are known to a quarter of an hour: the arc that holds them wherever in their
 * quarters they were, a share of the day. */
double explain_arc(const struct circular_summary *s);
/* "at most once in 16 years", "up to 3.2 times a year" */
void explain_rate(double per_year, char *buf, size_t cap);
/* "203.0.113.9", "the network 203.0.113.0/24", "hosts of vendor.example", ... */
void explain_where(const struct incident *in, char *buf, size_t cap);
/* "starting between 00:20 and 00:40" */
void explain_when(const struct nightly_facts *facts, char *buf, size_t cap);
/* How close together the bursts began. */
void explain_spread(struct incident *in, const struct nightly_facts *facts);
/* The last night, the nights in numbers, who and where else, what is usual, the contact. */
void explain_nights(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts);

/* explain_rhythm.c: NW-EXF-002; NW-EXF-005; the label where another rule has the channel. */
void explain_period(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts);
void explain_rhythm(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts);
void explain_label(struct incident *in, const struct finding *f);
/* Name, protocol, first contact. */
void explain_contact(struct incident *in, const struct finding *f);
/* The same upload under other names. */
void explain_attached(struct incident *in);

#endif
