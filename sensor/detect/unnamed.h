/* unnamed.h - NW-DST-004: an asset opens a connection to an external address that no DNS answer has
 * named: a hard-coded address.
 *
 * Named is the address that a DNS answer seen at this tap within a day (profile/resolved.h) gave to
 * whomever; and the one whose connection says a name (SNI, HTTP Host) that such an answer was
 * about, whatever address that gave: content networks answer one name with many.  The name alone
 * proves nothing, the client writes it: it counts because somebody asked for it.  So who writes a
 * name that others ask for passes here.
 *
 *	opens		a connection whose beginning was seen: TCP by its handshake, UDP by its
 *			first packets.  What has gone on since before needs no answer any more
 *	left out	DNS and NTP by what is in the payload (DNS over TCP: by the name that it
 *			asks for), and what has only the port of one as long as nothing was said or
 *			where NW-DST-003 judges it; ICMP; expected entries at any time
 *	cannot judge	(counted, never told)
 *	  invisible	no DNS answer to this asset was seen for 7 days (`visible`): it may ask a
 *			resolver that this tap does not see, or one that is encrypted
 *	  young		the first day of a memory
 *	  full		the memory of names has lost some of this day's for want of room
 *	  blind		the tap was blind in this day, for longer than `blind`
 *	severity	3; 2 of an attempt, and of an address that nobody lists
 *
 * Pure functions, any thread.
 */
#ifndef NW_DETECT_UNNAMED_H
#define NW_DETECT_UNNAMED_H

#include "flow/slice.h"
#include "policy/rule_params.h"

/* Why it is not judged; UNNAMED_JUDGED: it is. */
enum unnamed { UNNAMED_JUDGED, UNNAMED_INVISIBLE, UNNAMED_YOUNG, UNNAMED_FULL, UNNAMED_BLIND,
	       UNNAMED_REASONS };
const char *unnamed_name(enum unnamed why);	/* "invisible" ... */

struct unnamed_memory {			/* of the day before */
	uint64_t answered_ns;		/* the last DNS answer to the asset; 0: none */
	uint64_t since_ns;		/* the memory began */
	uint64_t lost_ns;		/* the latest answer that was lost for room; 0: none */
	uint64_t blind_ns;		/* the tap was, in that day */
};
enum unnamed unnamed_judge(const struct unnamed_params *p, const struct unnamed_memory *m,
			   uint64_t at_ns);
/* Can the minute's connection be one: a transport with ports, whose beginning was seen in this
 * minute, or in the last one when nothing had been said then? */
bool unnamed_opens(const struct slice *s);
unsigned unnamed_severity(bool is_listed, bool is_answered);

#endif
