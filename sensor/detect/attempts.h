/* attempts.h - NW-EXF-010: an asset tries to reach a network outside, night after night, and
 * nothing answers: what a firewall makes of a leak that it drops.
 *
 *	attempt		TCP: a connection that begins, and another SYN of it three minutes or more
 *			after the first one: no stack repeats one SYN for longer.  UDP, SCTP, echo:
 *			a minute of it
 *	failed		nothing came back; of TCP also a refusal (RST) alone.  A client that goes on
 *			with ACK was answered, whether the tap saw it or not
 *	not one		what nobody answers: multicast, syslog, traps, flow exports; what an
 *			expected entry covers at any time of day, either way
 *	a night		a row with `attempts` of them (5) to one network, of services that failed
 *			more often than they were answered in it
 *	told		at the `nights`-th (3) of the last `within` (30), whichever they were
 *	severity	3; 2 of an address that nobody lists, or without a site policy
 *
 * By the peer's network (/24, /48), so that neither another address nor another port a night has
 * the count begin anew; one peer is the ordinary case.  A scan makes many networks of one night.
 * Of an asset's, `networks` (256) are followed one by one, and what goes beyond counts as one
 * more, of all further networks together: a scan beside it hides nothing.
 * Kept in profile/dealing.h.  Pure functions, any thread.
 */
#ifndef NW_DETECT_ATTEMPTS_H
#define NW_DETECT_ATTEMPTS_H

#include "flow/slice.h"
#include "policy/rule_params.h"
#include "profile/dealing.h"

enum attempt { ATTEMPT_NONE, ATTEMPT_FAILED, ATTEMPT_ANSWERED };

/* What the client's minute is. */
enum attempt attempt_of(const struct slice *s);
/* Does last_row count? */
bool attempts_are_night(const struct attempts_params *p, const struct dealing *one);
/* How many nights of those before and with row. */
unsigned attempts_nights(const struct attempts_params *p, const struct dealing *one, int64_t row);
unsigned attempts_severity(bool is_listed, bool has_policy);

#endif
