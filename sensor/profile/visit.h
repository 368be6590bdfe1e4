/* visit.h - remote sessions: who works on an asset from elsewhere, from when to when, how much.
 *
 * A *visit* is what one peer does on one asset by one protocol (dpi/remote.h).  It has one session
 * at a time:
 *
 *   begins      with the first minute that carries payload, on a connection that was answered
 *   is one      once payload went both ways; when only the port speaks for the protocol, once
 *               VISIT_WEAK_PACKETS went each way (a refused or silent attempt is no session)
 *   goes on     with every minute of traffic, keep-alives included: of a connection that was part
 *               of it however long it was silent, of another one after less than VISIT_GAP_NS.
 *               Reconnects, a second window, a file channel beside the screen are one session
 *   has ended   after VISIT_GAP_NS of silence
 *
 * VISIT_GAP_NS is half an hour: gateways and firewalls drop idle connections after 5 to 30 minutes,
 * and who comes back later has begun anew and is asked for an order anew.
 *
 * The list is kept in the order of (subject id, peer, protocol), which no order of arrival changes.
 * Bounded: VISITS_MAX.  Beyond it one gives way, of the subject that has most: one without an
 * incident before one with, the longest silent first; so a flood of callers of one asset pushes out
 * its own.  What an incident has said of one that went stays said.
 * Thread: analysis.  Cost: a binary search a slice of such traffic.
 */
#ifndef NW_PROFILE_VISIT_H
#define NW_PROFILE_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/pack.h"
#include "dpi/remote.h"
#include "flow/slice.h"
#include "profile/channel.h"

#define VISITS_MAX 2048
#define VISIT_GAP_NS (30 * NS_PER_MIN)
#define VISIT_WEAK_PACKETS 8
#define VISIT_RULES 3			/* that speak of it: NW-REM-001 .. 003 */

/* What was told of it by one rule. */
struct visit_told {
	bool is_open;			/* an incident is, or it was counted into a flood */
	bool is_flooded;
	uint64_t bytes;			/* of the session, both ways ... */
	uint64_t start_ns, until_ns;	/* ... and its span, at the last record */
};

struct visit {
	struct subject *subject;
	struct addr peer;
	enum remote_protocol protocol;

	struct contact contact;		/* of the last connection: own, port, verdict, community */
	struct channel_key key;		/* of the first one: what incidents are about */
	bool is_external;		/* the peer is */
	bool is_inside;			/* no boundary is crossed: from an asset of the same zone */

	/* The running session, or the last one. */
	bool is_session;		/* else nothing has gone both ways so far */
	bool is_over;			/* its end was noticed */
	bool is_weak;			/* only the port speaks for the protocol */
	bool is_unexpected;		/* some of it no expected entry covered */
	bool was_covered;		/* by an order: ... */
	char order[SITE_ID_MAX];	/* ... the one that ends last, also after it */
	uint64_t order_end_ns;
	uint64_t start_ns, last_ns;	/* packets */
	uint64_t up, down;		/* payload from the asset, and to it */
	uint64_t packets[2];		/* likewise */
	uint32_t flows;			/* that began in it, and the first one */

	uint32_t sessions;		/* ever, this one included ... */
	uint64_t all_up, all_down;	/* ... and what they carried */
	uint64_t first_ns;
	int64_t row;			/* of the last traffic */
	struct visit_told told[VISIT_RULES];

	uint64_t touched_ns;		/* minute of traffic not judged yet; 0: none.  Not packed */
};

struct visits;

struct visits_counters {
	uint64_t live, made, evicted, sessions;
};

int visits_new(struct visits **ret_visits);
void visits_free(struct visits *v);
const struct visits_counters *visits_counters(const struct visits *v);

struct visit_key {
	struct subject *subject;
	const struct addr *peer;
	enum remote_protocol protocol;
};
struct visit *visits_find(const struct visits *v, const struct visit_key *key);	/* or NULL */
/* Made when it is not there.  NULL: no memory.  Others may go. */
struct visit *visits_get(struct visits *v, const struct visit_key *key);
size_t visits_count(const struct visits *v);
struct visit *visits_at(const struct visits *v, size_t i);	/* in order */
void visits_remove(struct visits *v, size_t i);

/* A minute of a connection of it, from the asset's side. */
struct visit_minute {
	const struct slice *slice;
	const struct addr *own;
	bool am_client;			/* the asset opened it */
	bool is_strong;			/* the payload speaks for the protocol */
	bool is_expected;
	int64_t row;
};
void visit_add(struct visits *list, struct visit *v, const struct visit_minute *m);
/* Has it been silent for so long that its session is over? */
bool visit_has_ended(const struct visit *v, uint64_t now_ns);

/* Since the last visits_pack()?  Whoever changes a visit by hand says so. */
bool visits_are_changed(const struct visits *v);
void visits_touch(struct visits *v);
void visits_packed(struct visits *v);
void visits_pack(struct visits *v, struct packer *ret);
/* Into an empty list.  *ret_bad: visits of subjects that are not there, or damaged: left out. */
bool visits_unpack(struct visits *v, const struct subjects *s, struct unpacker *u,
		   uint64_t *ret_bad);

#endif
