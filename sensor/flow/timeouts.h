/* timeouts.h - how long a flow may be silent before it is over, in capture time.
 *
 * Every flow is in exactly one class; a packet may move it to another.  Flows expire at slice
 * boundaries only: at the first boundary B with last packet + time-out <= B.  So the real silence
 * is up to one minute longer, and the same for any number of workers.
 *
 * Zeek's defaults (5 min TCP, 1 min UDP and ICMP) would cut the connections this product is for:
 * open for weeks, silent but for a keep-alive every few minutes to hours.  Splitting one loses
 * whose connection it was and its DPI verdict, while keeping it costs a quarter of a kilobyte; so
 * TCP waits longer than the longest common keep-alive, and the table's bound (least recently seen
 * goes first) pays for what is never closed.
 */
#ifndef NW_FLOW_TIMEOUTS_H
#define NW_FLOW_TIMEOUTS_H

#include "base/clock.h"

enum flow_class {
	FLOW_TCP_OPEN,		/* both sides heard, or payload seen */
	FLOW_TCP_HALF,		/* a SYN or a bare segment nobody answered */
	FLOW_TCP_ENDED,		/* RST, or FIN of every side that was heard */
	FLOW_UDP,		/* and SCTP */
	FLOW_OTHER,		/* ICMP and every other protocol */
	FLOW_CLASSES
};

#define FLOW_TCP_OPEN_NS (130 * NS_PER_MIN)	/* RFC 1122 4.2.3.6: keep-alive after 2 h */
#define FLOW_TCP_HALF_NS (1 * NS_PER_MIN)	/* SYN retries come after 1, 3, 7, 15, 31 s */
#define FLOW_TCP_ENDED_NS (5 * NS_PER_SEC)	/* late segments and repeated FINs */
#define FLOW_UDP_NS (3 * NS_PER_MIN)		/* RFC 4787 REQ-5: NATs keep at least 2 min */
#define FLOW_OTHER_NS (1 * NS_PER_MIN)		/* ping's interval is a second */

#endif
