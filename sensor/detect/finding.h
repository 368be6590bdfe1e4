/* finding.h - what detectors say: a rule holds for a channel, as of some capture time.
 *
 * Detectors return findings; they open no incidents, write nothing and know no sinks.
 */
#ifndef NW_DETECT_FINDING_H
#define NW_DETECT_FINDING_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/orders.h"
#include "policy/rules.h"
#include "profile/baseline.h"
#include "detect/gateway.h"
#include "detect/flip.h"
#include "detect/slow.h"
#include "detect/spoof.h"
#include "detect/tunnel.h"
#include "profile/channel.h"
#include "profile/dealing.h"
#include "profile/pattern.h"
#include "profile/visit.h"

#define FINDING_ATTACHED_MAX 8		/* further ones are attached all the same, but not named */
#define FINDING_MEMBERS_MAX 16

/* What agrees with a rhythm: NW-EXF-005 is raised by it. */
enum agreement {
	/* Nobody has accepted it and it came after learning, or a new country. */
	AGREES_DESTINATION = 1,
	AGREES_VOLUME = 2,		/* more than the asset sends in a day */
	AGREES_POLICY = 4		/* a closed zone */
};

/* What an expected job did (app/jobs.h). */
enum job_event {
	JOB_AS_EXPECTED,		/* NW-EXF-001, suppressed by the entry */
	JOB_ABOVE,			/* NW-EXP-001: above the maximum per night ... */
	JOB_SHIFTED,			/* ... outside its window ... */
	JOB_ELSEWHERE,			/* ... to another destination, and not to its own ... */
	JOB_EXPIRED,			/* ... after its entry expired */
	JOB_MISSING			/* NW-HLT-002 */
};

struct job_facts {
	enum job_event event;
	const struct expected *entry;
	uint64_t up;			/* seen */
	uint64_t usual;			/* 0: not known */
	uint32_t runs;			/* of which usual is the median */
	uint32_t nights, nights_seen;	/* AS_EXPECTED: with and without it; MISSING: in a row */
};

/* NW-REM: a remote session and the work orders of its time (detect/remote.h). */
struct remote_facts {
	const struct visit *visit;
	/* The order that is open, else the nearest; of a holder, its order.  NULL: none. */
	const struct order *nearest;
	uint64_t apart_ns;		/* from it to the session's last packet; 0: it is open */
	const struct order *onsite;	/* one for work on site is open; NULL: none */
	/* NW-REM-002: the session under an order that has reached beyond it, on another asset;
	 * NULL: the session has outlived its own order. */
	const struct visit *holder;
	bool has_orders;		/* the site registers work orders */
	bool is_gateway;		/* one of the two ends is the maintenance gateway */
	bool is_end;			/* silent for so long that the incident is resolved */
};

/* A rule of the site's own held for a minute of a flow (detect/own.h). */
struct own_facts {
	const struct own_rule *rule;
	const char *matched;		/* what held, in words */
	uint64_t up, down;		/* of the minute, from the asset and to it */
};

/* NW-SEG-001 and 003, NW-DST-003 and 004, NW-EXF-009 and 010: two ends that nothing known brings
 * together (app/dealings.h). */
struct dealing_facts {
	const struct dealing *dealing;
	const struct asset *peer_asset;	/* NULL: not listed ... */
	const struct zone *peer_zone;	/* ... and in none */
	const char *vendor, *peer_vendor;	/* whose segments: NW-SEG-001; else "" */
};

struct suppression;

struct finding {
	enum rule_id rule;
	const char *own_id;		/* RULE_OWN: which; else NULL */
	struct channel *channel;
	/* Group ip: the connection that stands for the channel in a record; NULL: not known any
	 * more. */
	const struct channel *leaf;
	uint64_t judged_ns;		/* capture time */
	int64_t row;
	enum level level;		/* LEVEL_NONE: the rule has none */
	unsigned severity;		/* 1..5 */
	unsigned process;		/* EXF-001, EXF-002: which one alarmed */
	bool is_partial;		/* the night was judged before its end */
	uint64_t bet_nights, bet_channels;	/* EXF-001, EXF-002: inputs of the bound */
	/* EXF-005, and EXF-001 and 002 where it is locked too: the label.  NULL: none, or lost. */
	const struct rhythm *rhythm;
	unsigned agrees;		/* EXF-005: enum agreement */
	double z;
	bool is_over;			/* its incident is being resolved */
	bool is_taken_over;		/* EXF-002, 005: resolved, another has the channel */
	/* EXF-001: coarser and finer groups that are about the same upload. */
	const struct channel *attached[FINDING_ATTACHED_MAX];
	unsigned n_attached;
	/* EXF-001, a vendor's channel: the assets that are in it. */
	const struct subject *members[FINDING_MEMBERS_MAX];
	unsigned n_members;
	/* DST-001: the same destination of an asset like this one (profile/baseline.h), or NULL. */
	const struct destination *like;
	/* HLT-001: evidence given up since the last finding, and the largest M of it. */
	uint64_t given_up;
	double given_up_m;
	/* HLT-001: claims of addresses of a minute that were not looked at (app/links.h). */
	uint64_t claims_beyond;
	/* EXP-001, HLT-002, and EXF-001 where an expected entry suppresses it: the entry's id and
	 * the facts (NULL at resolve). */
	const char *entry;
	const struct job_facts *job;
	/* DST-001, SEG-003: what was met, and the state of the baseline then. */
	const struct destination *destination;
	enum baseline baseline;
	bool is_accepted;		/* it is resolved because the baseline holds it now */
	const struct tunnel_facts *tunnel;	/* EXF-008; NULL at resolve */
	const struct slow_facts *slow;		/* EXF-011; likewise */
	const struct flip_facts *flip;		/* EXF-006; likewise */
	const struct spoof_facts *spoof;	/* SEG-005; likewise */
	const struct gateway_facts *gateway;	/* REM-005; likewise */
	const struct dealing_facts *dealing;	/* of rule_is_of_dealings(); likewise */
	/* REM-001 .. 003; NULL: it was resolved, and nothing more is known of it. */
	const struct remote_facts *remote;
	const struct own_facts *own;		/* RULE_OWN; NULL at resolve */
	/* By the gate (alert/gate.h): the site's entry that suppresses it, or, at resolve, that
	 * ends the incident; NULL: none. */
	const struct suppression *suppression;
	unsigned bare;		/* severity if no entry suppressed it */
	bool is_exposed;	/* no entry suppresses it any more */
	bool is_parted;		/* at resolve: its asset is the site's no more */
	bool is_switched_off;	/* at resolve: the site has switched the rule off, or dropped it */
};

/* By detector N: the channel has evidence. */
static inline bool finding_is_nightly(const struct finding *f)
{
	return f->rule == RULE_EXF_001 && !f->entry;
}

static inline bool finding_is_remote(const struct finding *f)
{
	return f->rule >= RULE_REM_001 && f->rule <= RULE_REM_003;
}

/* Is it about who is who on a link? */
static inline bool finding_is_of_link(const struct finding *f)
{
	return f->rule == RULE_SEG_005 || f->rule == RULE_REM_005;
}

/* Is it about two ends that the policy does not bring together? */
static inline bool rule_is_of_dealings(enum rule_id rule)
{
	return rule == RULE_SEG_001 || rule == RULE_SEG_003 || rule == RULE_DST_003 ||
	       rule == RULE_DST_004 || rule == RULE_EXF_010 || rule == RULE_EXF_009;
}

/* By detector N or another one that keeps evidence of the channel's nights. */
static inline bool finding_rests_on_nights(const struct finding *f)
{
	return finding_is_nightly(f) || f->rule == RULE_EXF_002 || f->rule == RULE_EXF_005;
}

/* Which of detector N's processes its nights are those of. */
static inline unsigned finding_process(const struct finding *f)
{
	return finding_is_nightly(f) && f->process < EVIDENCE_PROCESSES ? f->process : 0;
}

/* What connections of it showed; of a channel that nothing stands for, an empty one. */
static inline const struct contact *finding_contact(const struct finding *f)
{
	static const struct contact none;

	return f->leaf && f->leaf->contact ? f->leaf->contact : &none;
}

#endif
