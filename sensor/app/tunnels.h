/* tunnels.h - NW-EXF-008: what an asset's DNS questions and echoes carry (detect/tunnel.h).
 *
 *   DNS    about (asset, registered domain), whoever was asked: a tunnel is by name, so its way
 *          leads through the site's own resolver as well, also one in the asset's own zone, where
 *          nothing crosses and everything is expected.  An entry of the site's that names the
 *          domain and the service (site_expected_names()) silences it.  A resolver that is an asset
 *          asks in its own name what it was asked: that is an incident of its own, in the same case
 *   echo   about (asset, address), outside only
 *
 *   told       at once when the facts of the running row suffice, then at the end of every row in
 *              which they do
 *   resolved   after 14 rows (`resolve_after`) without
 *
 * The echo of what was sent is no download.  A DNS answer repeats its question and a ping its
 * payload, so the two directions of a tunnel are of one size and detector N's ratio would hold for
 * neither.  tunnels_take() says how many bytes of a minute's answers only repeat, of domains and
 * addresses of which a tunnel is told: the caller leaves them out.  Not of others: a resolver's
 * nightly PTR look-ups and a monitoring ping would gain a direction that they do not have.
 * Thread: analysis.
 */
#ifndef NW_APP_TUNNELS_H
#define NW_APP_TUNNELS_H

#include "alert/incident.h"
#include "flow/slice.h"
#include "profile/carriage.h"

struct tunnels {			/* borrowed */
	const struct alert_context *context;
	struct channels *channels;
	struct incidents *incidents;
	struct carriages *carriages;
	bool has_failed;		/* for lack of room or memory: logged once */
};

/* A minute in which the asset asked. */
struct tunnel_minute {
	struct subject *subject;
	const struct slice *slice;
	const struct addr *own, *peer;
	int64_t row;
	bool is_external;
};
uint64_t tunnels_take(struct tunnels *t, const struct tunnel_minute *m);
void tunnels_end_row(struct tunnels *t, int64_t row, uint64_t end_ns);
/* End of input without a state: tells what came since the last record. */
void tunnels_finish(struct tunnels *t, int64_t row, uint64_t now_ns);

#endif
