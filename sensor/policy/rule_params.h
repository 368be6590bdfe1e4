/* rule_params.h - the numbers that detectors are run with, by rule.
 *
 * They are not set here: the rule pack (rules/pack/, policy/rules.h) has each with its unit, its
 * bounds and a sentence, a site may override it, and rule_table.c says which number of the pack
 * goes where.  Part of an immutable snapshot; any thread.
 */
#ifndef NW_POLICY_RULE_PARAMS_H
#define NW_POLICY_RULE_PARAMS_H

#include <stdint.h>

#define NIGHTLY_FLOORS 2		/* instances of detector N: EVIDENCE_PROCESSES */

struct nightly_params {			/* NW-EXF-001; detect/nightly.h */
	uint64_t floor[NIGHTLY_FLOORS];	/* bytes of upload for a night to qualify */
	double p;			/* chance that an innocent night qualifies */
	double stake;			/* L: the share of the bet put on presence */
	double asymmetry;		/* (up - down) / (up + down) at least ... */
	uint64_t upload_always;		/* ... or this many bytes */
	double rate_ratio;		/* rate in the window against the rest of the row ... */
	double peak_share;		/* ... or this share of it within the best two hours */
	double m_max; /* cap of M per process: keeps the bound, bounds the memory of evil */
	double level1, level2, level3;	/* M */
	uint32_t hits1, hits2;		/* qualifying nights */
	uint32_t resolve_after;		/* observed nights without a hit */
	double extreme_z;		/* these three count towards L3: volume, ... */
	uint64_t extreme_bytes;		/* ... bytes in evidence, ... */
	uint32_t new_country_rows;	/* ... first contact with a country within so many rows */
};

struct rhythm_params {			/* NW-EXF-005; detect/rhythm.h */
	uint64_t floor;			/* bytes of excess for a night to be a hit */
	double asymmetry;		/* (up - down) / (up + down) at least ... */
	uint64_t upload_always;		/* ... or this many bytes up */
	double m_max;			/* cap of each M */
	double locked;			/* M ... */
	uint32_t locked_hits;		/* ... and hits ... */
	uint64_t locked_arc_ns;		/* ... and an arc, for rhythm_is_locked() */
	double extreme_z;		/* volume that agrees */
	uint32_t resolve_after;		/* judged rows without a hit */
};

struct tunnel_params {			/* NW-EXF-008; detect/tunnel.h */
	uint64_t bytes;
	uint32_t different;		/* names or payloads */
	uint32_t long_name, name;	/* mean bytes */
	uint32_t sure;			/* a part of the bytes, where two signs agree */
	uint32_t usual;			/* times as much, where the form of the names is usual */
	uint32_t resolve_after;		/* rows */
};

struct slow_params {			/* NW-EXF-011; detect/slow.h */
	uint64_t bytes, day_bytes;
	double ratio, largest, same;
	uint32_t rows;
};

struct destination_params {		/* NW-DST-001; profile/baseline.h */
	uint32_t learn_rows, like_factor, resolve_after;
};

struct job_params {			/* NW-EXP-001 and NW-HLT-002; app/jobs.h */
	uint64_t deviates_bytes;
	double deviates_share;
	uint32_t resolve_after;		/* turns or rows */
	uint32_t missing, habit_turns, habit_runs;	/* turns */
	double seen, ran_share;
};

struct remote_params {			/* NW-REM-001 .. 003; detect/remote.h, policy/orders.h */
	uint64_t early_ns, late_ns;	/* before and after an order */
	uint64_t bulk_bytes;
	uint32_t resolve_after;
};

struct spoof_params {			/* NW-SEG-005; detect/spoof.h */
	uint64_t near_ns, contest_ns, swift_ns, returns_ns;
	uint32_t takeovers, resolve_after;	/* ... rows */
};

struct gateway_params {			/* NW-REM-005; detect/gateway.h */
	uint64_t learn_ns;
	uint32_t resolve_after;		/* rows */
};

struct attest_params {			/* NW-ATT-001; alert/attest_record.h */
	uint64_t allowed_ns;		/* of a day not observed, or seen one-sided */
	double drops;			/* share of the packets that the kernel lost */
};

struct unnamed_params {			/* NW-DST-004; detect/unnamed.h */
	uint64_t visible_ns;		/* since the last DNS answer to the asset */
	uint64_t blind_ns;		/* of a day */
	uint32_t resolve_after;		/* rows */
};

struct attempts_params {		/* NW-EXF-010; detect/attempts.h */
	uint32_t attempts;		/* of a night */
	uint32_t nights, within;	/* so many of the last so many */
	uint32_t networks;		/* of an asset, followed one by one */
	uint32_t resolve_after;		/* rows */
};

struct misplaced_params {		/* NW-EXF-009; detect/misplaced.h */
	uint64_t bytes;
	uint32_t also_tls, also_http, also_ssh, also_dns, also_any;	/* ports; 0: none */
	uint32_t resolve_after;		/* rows */
};

struct flip_params {			/* NW-EXF-006; detect/flip.h */
	uint64_t bytes;
	double ratio, before;
	uint32_t nights, resolve_after;	/* ... rows */
};

struct rule_params {
	struct nightly_params nightly;
	/* NW-EXF-002: the bets and levels of its own; which nights qualify is as in nightly. */
	struct nightly_params period;
	struct rhythm_params rhythm;
	struct tunnel_params tunnel;
	struct slow_params slow;
	struct destination_params destination;
	struct job_params job;
	struct remote_params remote;
	struct spoof_params spoof;
	struct gateway_params gateway;
	struct attest_params attest;
	struct unnamed_params unnamed;
	struct attempts_params attempts;
	struct misplaced_params misplaced;
	struct flip_params flip;
	uint32_t closed_resolve_after;	/* NW-DST-002: rows without traffic */
	uint32_t memory_resolve_after;	/* NW-HLT-001: rows without further loss */
	uint32_t segment_resolve_after;	/* NW-SEG-001: rows without traffic; detect/segment.h */
	uint32_t lateral_resolve_after;	/* NW-SEG-003: likewise; detect/lateral.h */
	uint32_t server_resolve_after;	/* NW-DST-003: likewise; detect/server.h */
};

#endif
