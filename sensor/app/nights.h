/* nights.h - when a night is over, every channel is judged once.
 *
 * A night is judged when capture time passes the end of its window plus ten minutes, so that the
 * SOC knows in the morning; channels in a canonical order, so that records come in one.  Zones with
 * hours of their own are judged on their own time. Thread: analysis.
 */
#ifndef NW_APP_NIGHTS_H
#define NW_APP_NIGHTS_H

#include <stdint.h>
#include "alert/incident.h"
#include "profile/channel.h"

struct nights;

struct nights_parts {			/* borrowed */
	const struct alert_context *context;
	const struct subjects *subjects;
	struct channels *channels;
	struct incidents *incidents;
};

int nights_new(const struct nights_parts *parts, struct nights **ret_nights);
void nights_free(struct nights *n);
/* Counts on from another's. */
void nights_carry(struct nights *n, const struct nights *from);

void nights_start(struct nights *n, uint64_t first_ns);	/* the calendar is set */
void nights_resume(struct nights *n, uint64_t first_ns,
		   uint64_t now_ns); /* instead: go on after now */
void nights_judge(struct nights *n, uint64_t now_ns);		/* every night due by now */
void nights_finish(struct nights *n, uint64_t now_ns);	/* the open night too, marked partial */
uint64_t nights_channel_nights(const struct nights *n);	/* bets made so far */
uint64_t nights_first_ns(const struct nights *n);	/* the tap was there from then on */
/* The share of [from, to) that the tap was there for: of any hours, not only of nights. */
double nights_seen(const struct nights *n, uint64_t from_ns, uint64_t to_ns);
uint64_t nights_judged(const struct nights *n);		/* nights, of all hours together */

#endif
