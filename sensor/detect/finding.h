/* finding.h - what detectors say: a rule holds for a channel, as of some capture time.
 *
 * Detectors return findings; they open no incidents, write nothing and know no sinks.
 */
#ifndef NW_DETECT_FINDING_H
#define NW_DETECT_FINDING_H

#include <stdbool.h>
#include <stdint.h>
#include "profile/channel.h"

enum rule_id { RULE_EXF_001, RULE_DST_002, RULES };

/* What a rule is, for people and for machines.  The text of the rule pack will replace this table.
 */
struct rule {
	const char *id, *version, *name, *category;
	const char *technique[2][2];	/* ATT&CK id and name; NULL: none */
	const char *const *triage;	/* next checks, NULL at the end */
};
const struct rule *rule_of(enum rule_id id);

struct finding {
	enum rule_id rule;
	struct channel *channel;
	uint64_t judged_ns;		/* capture time */
	int64_t row;
	enum level level;		/* LEVEL_NONE: the rule has none */
	unsigned severity;		/* 1..5 */
	unsigned process;		/* EXF-001: which one alarmed */
	uint64_t bet_nights, bet_channels;	/* EXF-001: inputs of the bound */
};

#endif
