/* visitors.h - NW-REM-001, 002, 003: who works on the assets from elsewhere, and under which order.
 *
 * profile/visit.h says what a session is, detect/remote.h what is wrong with one; here traffic
 * becomes visits and visits findings.
 *
 *   followed    of the protocols of dpi/remote.h: what comes from outside to an asset or goes from
 *               it to the outside; what comes from or goes to the maintenance gateway, in whatever
 *               zone; what comes from elsewhere inside the site over the boundary of a zone; and
 *               within a zone what an asset opens on which somebody works under an order.  Between
 *               an image server and the maintenance gateway everything, for NW-REM-003.
 *               The asset is the end that is reached; of a conversation with the outside or with
 *               the gateway the other end
 *   raised      when the minute is complete: within a minute of the traffic
 *   updated     when its bytes (and 1 MB at least) or its time (and 15 min) have doubled, when the
 *               session has ended, when the peer comes back, and once a row that had more traffic
 *   resolved    after VISITORS_SILENT_ROWS rows without traffic
 *   flood       beyond INCIDENT_PEERS_MAX open ones of NW-REM-001 of an asset, further peers are
 *               counted into one incident, unless they receive INCIDENT_LARGE_BYTES
 *
 * Thread: analysis.
 */
#ifndef NW_APP_VISITORS_H
#define NW_APP_VISITORS_H

#include "alert/incident.h"
#include "app/attribution.h"
#include "profile/visit.h"

#define VISITORS_SILENT_ROWS 14
#define VISITORS_GREW_BYTES 1000000
#define VISITORS_GREW_NS (15 * NS_PER_MIN)

/* A minute of a session over a boundary, judged. */
struct visitors_session {
	const struct visit *visit;
	uint64_t minute_ns;
	bool is_without_order;		/* that it needs: NW-REM-001 */
	bool has_outlived;		/* the one it had: NW-REM-002 */
};
typedef void (*visitors_session_fn)(void *arg, const struct visitors_session *s);

struct visitors {			/* borrowed, but for the last two */
	const struct alert_context *context;
	const struct attribution *attribution;
	struct visits *visits;
	struct channels *channels;
	struct incidents *incidents;
	visitors_session_fn session;	/* NULL: nobody asks */
	void *session_arg;
	uint64_t minute_ns;		/* some visit of it is not judged yet; 0: none */
	uint64_t no_memory;
};

/* By what its payload is, or by its port alone (not strong); REMOTE_NONE: no remote session. */
enum remote_protocol visitors_protocol(const struct slice *s, bool *ret_is_strong);
void visitors_take(struct visitors *v, const struct attribution_end *e);
/* Capture time has passed now_ns: minutes that are complete, sessions that have ended. */
void visitors_time(struct visitors *v, uint64_t now_ns);
/* A row is over. */
void visitors_end_row(struct visitors *v, int64_t row, uint64_t end_ns);
/* End of input without a state: tells what came since the last record. */
void visitors_finish(struct visitors *v, int64_t row, uint64_t now_ns);

#endif
