/* rules.c - the rules this version can raise (DETECTION section 5). */
#include "detect/finding.h"

#include <assert.h>
#include <stddef.h>
#include "base/err.h"

static const char *const triage_exf_001[] = {
	"Telephone the control room or the duty engineer (not by mail or chat over this "
	"asset): does a job, a shift or a service visit fit these nights and hours, under "
	"which ticket? If one does, note it and leave the rest to the morning: an expected "
	"entry with owner, ticket and expiry.",
	"Search firewall, proxy and DNS logs for the destination's address and name in the "
	"hours of nights[]: since when, which other assets, how much; look up who operates "
	"it. Beside the sensor: nachtwacht state channels --channel ADDRESS --state FILE "
	"shows its nights.",
	"If nobody can name a job, wake the asset's owner and the incident lead before the "
	"next burst is due (the hours are in the message). Block and restart nothing before "
	"the packets of the last burst and the logs are saved.",
	NULL};

static const char *const triage_dst_002[] = {
	"Telephone the control room: is somebody working on this asset or on the network now, "
	"with a modem, a laptop or a new rule? The line about work orders says what is "
	"registered.",
	"Find the way out in the firewall's log and rules: which rule or gateway passed this "
	"address at this time. If the firewall did not see it, there is another way (second "
	"interface, modem): say so to whoever is woken.",
	"Look for other assets with the same peer (firewall log; nachtwacht state channels "
	"--channel ADDRESS --state FILE). If packets were answered and nobody explains them, "
	"wake the network's duty and the asset's owner; save the packets before the path is "
	"closed.",
	NULL};

static const char *const triage_hlt_001[] = {
	"Nobody needs to be woken for this alone. Look at what the asset contacted: "
	"nachtwacht state channels --channel ASSET --state FILE; a scan, a broken name server "
	"or a peer-to-peer program makes as many destinations. Where claims were left out, look "
	"which MACs claim many addresses: nachtwacht state export --state FILE.",
	"Check whether other incidents of the same asset or hour are open: if so, treat them "
	"first and say there that evidence was lost.",
	"For the morning: register destinations that are legitimate as expected entries (they "
	"make no evidence); replay a recording of these nights with that asset alone, so that "
	"nothing is given up.",
	NULL};

static const char *const triage_exp_001[] = {
	"Telephone the owner of the entry or who is on duty for it (named in the lines "
	"above): was the schedule, the target or the amount changed, under which ticket? If "
	"so, the entry is corrected in the morning, not widened.",
	"If the owner knows of no change, have the job's log and the list of what it sent "
	"read to you (start, end, number and size of the files), and compare its amount with "
	"the one here: what the log does not explain left beside the job.",
	"Wake the incident lead if the destination is not the job's own and nobody can name "
	"it, or if the amount keeps growing while you look. Save packets and the job's log.",
	NULL};

static const char *const triage_hlt_002[] = {
	"Is the destination reachable and is the job's host up (monitoring, a ping from an "
	"admin host)? If a backup is missing, its owner wants to know by the morning; nobody "
	"needs to be woken for one missing night.",
	"Search the records of the same nights for the same asset: did a like amount go "
	"somewhere else (NW-EXP-001, NW-DST-001, NW-EXF-001)? If so, treat that one first.",
	"For the morning: the job's own log and schedule. If the job was given up, remove its "
	"entry: an entry that nobody uses covers whoever finds it.",
	NULL};

static const char *const triage_dst_001[] = {
	"Look up who operates the destination, and search proxy, firewall and DNS logs for "
	"other assets that talk to it and since when. A known update or certificate service "
	"that many assets met on the same day can wait for the morning.",
	"Telephone the control room or the duty engineer: did a change, an update or a work "
	"order begin on this asset at this hour?",
	"Wake the asset's owner if megabytes were sent and nobody explains them. If it is "
	"legitimate: nachtwacht state review lists it with its id, nachtwacht state promote "
	"accepts it with your name and reason; what has a time, an amount or an owner belongs "
	"into the site policy as an expected entry.",
	NULL};

static const char *const triage_exf_008[] = {
	"Look at some of the names (the resolver's log, or the packets) or pings themselves: "
	"random letters and digits, each used once, speak for carried data (base32, base64, "
	"hexadecimal); words, host names or hashes of files may be a look-up service.",
	"Look up who runs the domain's name server, or the address, and search the resolver's "
	"and firewall's logs for other assets that ask it and since when.",
	"If it is a known look-up service (reputation of files or mail), register it in the "
	"morning: an expected entry that names the domain and udp/53. If nobody knows it, "
	"save the packets, then wake the network's duty to stop the domain at the resolver or "
	"the address at the firewall.",
	NULL};

static const char *const triage_exf_011[] = {
	"This has gone on for days, and waits for the morning unless the asset holds images "
	"or keys and nobody knows the destination: then wake the asset's owner.",
	"Look up who operates the destination, and whether other assets of the role send "
	"there as much (nachtwacht state channels --channel NAME --state FILE, proxy and "
	"firewall logs): telemetry, an update service and a forgotten synchronisation look "
	"like this.",
	"For the morning: the asset's owner says which program sends it. If it is legitimate, "
	"register it as an expected entry with owner, ticket and a maximum per night; if "
	"nobody knows it, keep the packets of some hours and look at what is sent.",
	NULL};

static const char *const triage_rem_001[] = {
	"Telephone the control room and the maintenance desk (not over this connection): is "
	"somebody working on this asset now, who, for which firm, since when? If yes, have "
	"the work order registered with its real times.",
	"Read the maintenance gateway's and the VPN's log for this time: account, source "
	"address, who approved it. Save both before they roll over.",
	"If nobody knows of it, wake the incident lead and have the session cut at the "
	"gateway or firewall; the packets and the bytes in this record say what went over it. "
	"Watch the asset's other records of the hours after.",
	NULL};

static const char *const triage_rem_002[] = {
	"Telephone the maintenance desk, and through it the engineer named on the order: does "
	"the work go on, and on which assets? If yes, have the order extended or corrected.",
	"If the work is over or nobody answers, have the session ended at the gateway: a "
	"forgotten session is an open door for whoever finds it.",
	"Read the gateway's log and the log-ons of the asset outside the order for this time. "
	"Wake the asset's owner if data moved (bytes in the message) that the work does not "
	"explain.",
	NULL};

static const char *const triage_rem_003[] = {
	"Telephone the maintenance desk or the engineer on the order: is copying images part "
	"of this work, how many and where to? Diagnosis rarely needs more than a few.",
	"Look at what leaves the maintenance gateway towards the outside during this session "
	"and after it (firewall log, records of the gateway as asset): images that only rest "
	"on the gateway can still be kept from leaving.",
	"If the copy is unexplained, wake the owner of the images and have the session held "
	"at the gateway; note which files were opened in these minutes before logs roll over.",
	NULL};

static const char *const triage_seg_005[] = {
	"Telephone the control room: was a device exchanged, a network card or a cluster switched "
	"over, a laptop plugged in with a fixed address, at this minute? A wrongly set up device "
	"is the commonest reason.",
	"Find both MACs in the switches' address tables (or ask the network's duty): on which "
	"ports are they, since when, and whose are they? A second one behind a port where nobody "
	"expects a device is what to look at first.",
	"If nobody knows the second device, treat what goes to this address as read and altered "
	"by it until it is known: wake the network's duty to close its port, save the packets and "
	"the switch's logs first.",
	NULL};

static const char *const triage_rem_005[] = {
	"Telephone the control room and the network's duty: was a router, a modem, a test device "
	"or a telephone connected to this link at this time, under which ticket?",
	"Find the MAC in the switches' address tables: port, room, since when. The first half of "
	"it names the maker of the network card (a telephone, a modem, a laptop).",
	"Look at which assets have used it and for what (the destinations in this record, "
	"nachtwacht state channels --channel ASSET --state FILE). If nobody knows the device, "
	"have its port closed; what was sent by it passed no firewall. If it is legitimate, list "
	"it as an asset with its MAC and \"serves\" in the site policy.",
	NULL};

static const char *const triage_exf_002[] = {
	"Compare with the calendar: is there a weekly or every-other-day job, a shift or a "
	"visit of the vendor on exactly these days? Telephone the duty engineer or the "
	"control room; if it is known, register it in the morning as an expected entry with "
	"owner, ticket and expiry.",
	"Search firewall, proxy and DNS logs for the destination on the dates of nights[]: "
	"since when, which other assets, how much; look up who operates it.",
	"It comes on known days (see the message): nobody needs to be woken between them "
	"unless the next one is tonight. Have packets and the asset's logs kept for the next "
	"one, and a person ready for it.",
	NULL};

static const char *const triage_exf_005[] = {
	"Compare the hour in the message with what happens then: a shift's beginning, a "
	"scheduled report, a vendor's telemetry. Telephone the control room, or leave it to "
	"the asset's owner in the morning when the line about severity shows that only one "
	"thing agrees.",
	"Look up who operates the destination, since when the asset knows it, and whether "
	"other assets send there at the same hour (nachtwacht state channels --channel "
	"ADDRESS --state FILE, proxy and firewall logs).",
	"Be ready for the next one: it is due at that hour. Have packets kept while it runs; "
	"the asset's owner then says which program and account sends. What is legitimate "
	"belongs into the site policy as an expected entry with owner, ticket and expiry.",
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
	[RULE_SEG_005] = {
		.id = "NW-SEG-005", .version = "1", .name = "Address claimed by two MACs",
		.category = "segment",
		.technique = { { "T1557.002", "ARP Cache Poisoning" },
			       { "T0830", "Adversary-in-the-Middle" } },
		.triage = triage_seg_005,
	},
	[RULE_REM_005] = {
		.id = "NW-REM-005", .version = "1", .name = "Second path out of a link",
		.category = "remote",
		.technique = { { "T1200", "Hardware Additions" },
			       { "T1219.003", "Remote Access Hardware" },
			       { "T0860", "Wireless Compromise" } },
		.triage = triage_rem_005,
	},
};
static_assert(ARRAY_SIZE(rules) == RULES, "every rule id has its entry");

const struct rule *rule_of(enum rule_id id)
{
	return &rules[id];
}
