/* rules.c - the rules this version can raise (DETECTION section 5). */
#include "detect/finding.h"

#include <assert.h>
#include <stddef.h>
#include "base/err.h"

static const char *const triage_exf_001[] = {
	"Keep evidence before anything is changed: the packets of one burst, the state of the "
	"asset "
	"in the hours of the bursts (scheduled tasks, services, sessions).",
	"Look up who operates the destination, and whether other assets talk to it or to its "
	"network.",
	"Ask the asset's owner and the vendor, by another way than this asset, whether a scheduled "
	"job "
	"to this destination is known; if so, register it as an expected entry with owner, ticket "
	"and "
	"expiry.",
	NULL};

static const char *const triage_dst_002[] = {"Find out which route let a closed zone reach this "
					     "address: firewall rule, second interface, "
					     "gateway, modem.",
					     "Check whether a work order covers the time and the "
					     "asset; if none does, treat it as an open "
					     "path.",
					     "Look at what the asset sent: volume, protocol and "
					     "name in this record, and other assets with "
					     "the same peer.",
					     NULL};

static const char *const triage_hlt_001[] = {
	"Look at what the asset contacted: nachtwacht state channels lists destinations by "
	"evidence; a scan, a broken name server or a peer-to-peer program makes as many.",
	"If the destinations are legitimate, register them as expected entries: expected traffic "
	"makes no evidence.",
	"Replay a recording of the nights concerned with that asset alone, so that nothing of it "
	"is given up.",
	NULL};

static const char *const triage_exp_001[] = {
	"Ask the owner of the entry whether the job was changed (schedule, target, amount) and "
	"under which ticket; if it was, correct the entry, do not widen it.",
	"If nobody changed it, look at what the job sent: its log on the asset, the number and "
	"size of the files, the account and the process that opened the connection.",
	"Compare with the nights before: an upload that rides on an allowed job is seen only by "
	"its amount, its hour or its destination.",
	NULL};

static const char *const triage_hlt_002[] = {
	"Look at the job itself: its log, its schedule, the reachability of its destination.",
	"Check whether the same amount left the asset for somewhere else in those hours.",
	"If the job was given up, remove its entry: an entry that nobody uses covers whoever finds "
	"it.",
	NULL};

static const char *const triage_dst_001[] = {
	"Find out what on the asset opened the connection, and whether a change, an update or a "
	"work order explains that it began now.",
	"Look up who operates the destination, and whether other assets talk to it.",
	"If it is legitimate, accept it: nachtwacht state review lists it with its id, nachtwacht "
	"state promote accepts it with your name and reason. What has a time, an amount or an "
	"owner belongs into the site policy as an expected entry.",
	NULL};

static const char *const triage_exf_008[] = {
	"Look at the questions or pings themselves: which program on the asset makes them, what "
	"the names or payloads decode to (base32, base64, hexadecimal), since when.",
	"Look up who runs the name server of the domain, or the address, and whether other assets "
	"ask it; stop it at the resolver or the firewall once the packets are kept.",
	"If it is a look-up service (reputation of files or mail), register it as an expected "
	"entry that names the domain and udp/53, with its owner.",
	NULL};

static const char *const triage_exf_011[] = {
	"Find out what on the asset sends to this network and name, and what it is: telemetry, an "
	"update service, a synchronisation nobody registered.",
	"Look up who operates the destination, and whether other assets of the role send to it, "
	"and as much.",
	"If it is legitimate, register it as an expected entry with owner, ticket and a maximum "
	"per night; if nobody knows it, keep packets of some hours and look at what is sent.",
	NULL};

static const char *const triage_rem_001[] = {
	"Ask the control room and the maintenance desk, by telephone and not over this connection, "
	"whether somebody is working on the asset now, and for whom.",
	"See who is logged on: on the asset and on the maintenance gateway the session, its "
	"account "
	"and the address it came from; keep their logs before they roll over.",
	"If it was agreed, register the work order with its real times. If nobody knows of it, "
	"close the path at the gateway or firewall, keep the packets, and look at what went over "
	"it (bytes in this record) and at the hours after.",
	NULL};

static const char *const triage_rem_002[] = {
	"Ask the engineer named on the order, through the maintenance desk, whether the work goes "
	"on and on which assets; have the order extended if so.",
	"If the work is over, end the session at the gateway: a forgotten session is an open door "
	"for whoever finds it.",
	"Look at what the session did after the order's end or on the asset outside it: bytes in "
	"this record, log-ons on the asset.",
	NULL};

static const char *const triage_rem_003[] = {
	"Find out what was copied: files opened on the image server in these minutes, and where "
	"they are on the gateway now.",
	"Check with the work order's owner whether copying images is part of it; diagnosis rarely "
	"needs more than a few.",
	"Look at what leaves the maintenance gateway towards the outside during this session and "
	"after it.",
	NULL};

static const char *const triage_exf_002[] = {
	"Compare with the calendar: is there a weekly or every-other-day job, a shift or a visit "
	"of the vendor on exactly these days? Ask for it by another way than this asset.",
	"Look up who operates the destination, and whether other assets talk to it on the same "
	"days.",
	"Be there for the next one: the record says which day and hour; keep the packets and the "
	"state of the asset then. If it is a known job, register it as an expected entry with "
	"owner, ticket and expiry.",
	NULL};

static const char *const triage_exf_005[] = {
	"Compare the record's hour with what the asset does at it: a shift's beginning, a "
	"scheduled report, a vendor's telemetry; ask the asset's owner, by another way than this "
	"asset.",
	"Look up who operates the destination, since when the asset knows it, and whether other "
	"assets send there at the same hour.",
	"Look at one of the uploads while it runs: process and account on the asset, size and "
	"number of files.  What is legitimate belongs into the site policy as an expected entry "
	"with owner, ticket and expiry.",
	NULL};

static const struct rule rules[] = {
	[RULE_EXF_001] = {
		.id = "NW-EXF-001", .version = "1", .name = "Nightly periodic upload",
		.category = "exfiltration",
		.technique = { { "T1029", "Scheduled Transfer" },
			       { "T1020", "Automated Exfiltration" } },
		.triage = triage_exf_001,
	},
	[RULE_DST_002] = {
		.id = "NW-DST-002", .version = "1", .name = "External traffic from a closed zone",
		.category = "destination",
		.technique = { { "T0883", "Internet Accessible Device" },
			       { "T1041", "Exfiltration Over C2 Channel" } },
		.triage = triage_dst_002,
	},
	[RULE_HLT_001] = {
		.id = "NW-HLT-001", .version = "1", .name = "Sensor blind",
		.category = "health",
		.technique = { { "T1562", "Impair Defenses" } },
		.triage = triage_hlt_001,
	},
	[RULE_EXP_001] = {
		.id = "NW-EXP-001", .version = "1", .name = "Expected job deviates",
		.category = "expected",
		.technique = { { "T1029", "Scheduled Transfer" } },
		.triage = triage_exp_001,
	},
	[RULE_HLT_002] = {
		.id = "NW-HLT-002", .version = "1", .name = "Expected job missing",
		.category = "health",
		.technique = { { "T0826", "Loss of Availability" } },
		.triage = triage_hlt_002,
	},
	[RULE_DST_001] = {
		.id = "NW-DST-001", .version = "1", .name = "New destination",
		.category = "destination",
		.technique = { { "T1041", "Exfiltration Over C2 Channel" },
			       { "T0885", "Commonly Used Port" } },
		.triage = triage_dst_001,
	},
	[RULE_EXF_008] = {
		.id = "NW-EXF-008", .version = "1", .name = "DNS or ICMP tunnel",
		.category = "exfiltration",
		.technique = { { "T1071.004", "Application Layer Protocol: DNS" },
			       { "T1095", "Non-Application Layer Protocol" } },
		.triage = triage_exf_008,
	},
	[RULE_EXF_011] = {
		.id = "NW-EXF-011", .version = "1", .name = "Low and slow upload",
		.category = "exfiltration",
		.technique = { { "T1030", "Data Transfer Size Limits" } },
		.triage = triage_exf_011,
	},
	[RULE_REM_001] = {
		.id = "NW-REM-001", .version = "1", .name = "Remote session without work order",
		.category = "remote",
		.technique = { { "T1219.002", "Remote Desktop Software" },
			       { "T0822", "External Remote Services" },
			       { "T1133", "External Remote Services" } },
		.triage = triage_rem_001,
	},
	[RULE_REM_002] = {
		.id = "NW-REM-002", .version = "1", .name = "Session beyond its work order",
		.category = "remote",
		.technique = { { "T1133", "External Remote Services" },
			       { "T0886", "Remote Services" } },
		.triage = triage_rem_002,
	},
	[RULE_REM_003] = {
		.id = "NW-REM-003", .version = "1", .name = "Bulk read during maintenance",
		.category = "remote",
		.technique = { { "T0811", "Data from Information Repositories" },
			       { "T1039", "Data from Network Shared Drive" } },
		.triage = triage_rem_003,
	},
	[RULE_EXF_002] = {
		.id = "NW-EXF-002", .version = "1", .name = "Upload of every few days",
		.category = "exfiltration",
		.technique = { { "T1029", "Scheduled Transfer" } },
		.triage = triage_exf_002,
	},
	[RULE_EXF_005] = {
		.id = "NW-EXF-005", .version = "1", .name = "Upload locked to the clock",
		.category = "exfiltration",
		.technique = { { "T1041", "Exfiltration Over C2 Channel" },
			       { "T1020", "Automated Exfiltration" } },
		.triage = triage_exf_005,
	},
};
static_assert(ARRAY_SIZE(rules) == RULES, "every rule id has its entry");

const struct rule *rule_of(enum rule_id id)
{
	return &rules[id];
}
