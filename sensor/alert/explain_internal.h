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
/* "Wed 14 Jan 2026 03:00", civil time of the site: say "local" beside it. */
const char *explain_at(uint64_t ns, char buf[static CLOCK_TEXT_MAX]);
/* "2 days", "3 h 10 min", "12 min", "less than a minute" */
const char *explain_span(uint64_t ns, char buf[static CLOCK_TEXT_MAX]);
/* "01:00-03:00", "01:00-03:00 on Sun", "22:00-05:00 on Mon Tue" */
void explain_window(const struct closed_hours *w, char *buf, size_t cap);
/* When the last night that qualified had its upload; of other rules, the last traffic. */
uint64_t explain_last_ns(const struct alert_context *ctx, const struct finding *f);
/* The same as a stretch: that night's upload; of other rules the traffic of the day so far, from
 * its first quarter of an hour on. */
void explain_stretch(const struct alert_context *ctx, const struct finding *f,
		     uint64_t *ret_from_ns, uint64_t *ret_to_ns);
/* Is it one of the nights that a pattern's numbers are of? */
bool explain_belongs(const struct finding *f, const struct night_seen *night);
/* The last nights one by one; how many were seen, and which of them badly or not at all. */
void explain_night_list(const struct alert_context *ctx, struct incident *in,
			const struct finding *f, const struct nightly_facts *facts);
void explain_seen(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		  const struct nightly_facts *facts);
/* What the site policy expects of the asset, and its nearest work order at that time. */
void explain_near(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		  uint64_t at_ns);
/* The work order alone; nothing where the asset can have none. */
void explain_order(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		   uint64_t at_ns);
/* What is normal for the asset: explain_baseline(). */
void explain_normal(const struct alert_context *ctx, struct incident *in, const struct finding *f);
/* "at most once in 16 years", "up to 3.2 times a year" */
void explain_rate(double per_year, char *buf, size_t cap);
/* "203.0.113.9", "the network 203.0.113.0/24", "hosts of vendor.example", ... */
void explain_where(const struct incident *in, char *buf, size_t cap);
/* "starting between 00:20 and 00:40" */
void explain_when(const struct nightly_facts *facts, char *buf, size_t cap);
/* What the bound is and is not; the same in numbers. */
void explain_sureness(const struct alert_context *ctx, struct incident *in,
		      const struct finding *f, const struct nightly_facts *facts);
void explain_numbers(const struct alert_context *ctx, struct incident *in,
		     const struct finding *f, const struct nightly_facts *facts);
/* "1e5", "2.5e+04": a threshold as people write it. */
const char *explain_power(double value, char buf[static 16]);
/* "five", "31" */
const char *explain_count(uint32_t n, char buf[static 16]);
/* How close together the bursts began. */
void explain_spread(struct incident *in, const struct nightly_facts *facts);
/* How sure, what is normal, the nights, what is near, the contact, who and where else. */
void explain_nights(const struct alert_context *ctx, struct incident *in, const struct finding *f,
		    const struct nightly_facts *facts);

/* explain_destination.c: NW-DST-001. */
void explain_destination(const struct alert_context *ctx, struct incident *in,
			 const struct finding *f);
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
