/* lateral.h - NW-SEG-003: work on one machine from another whose role is never paired with its own.
 *
 * By these protocols somebody who holds one machine reaches the next: SMB, RDP, SSH, WinRM, VNC,
 * Telnet, rlogin, Radmin.  By what is in the payload, or by the port where nothing was recognised
 * (WinRM is HTTP: its port decides).
 *
 *	never told	roles that the role template pairs (policy/roles.h); what an expected
 *			entry covers at any time; two ends without a role
 *	NW-REM's	a protocol that it follows, with the maintenance gateway at one end:
 *			told there against the orders, or covered by one; SMB of the gateway
 *			while an order of that asset is open
 *	the rest	is judged by the baseline like a new destination (profile/baseline.h),
 *			with the peer and the protocol in its place: in learn it is listed for
 *			review, in observe what came later is told one step lower, in enforce
 *			all of it until it is accepted, for the asset or for one of its role
 *
 * So a habit of the first days (an operator's desktop on the neighbour's station) is listed and not
 * told, and two review stations that begin with it in the third month are.  An attempt is told one
 * step lower than a session; one of the first days stands for itself alone: when it is answered for
 * the first time after learn, that session is new.  A tap that does not see what comes back takes
 * every session for an attempt.
 * Pure functions, any thread.
 */
#ifndef NW_DETECT_LATERAL_H
#define NW_DETECT_LATERAL_H

#include "flow/slice.h"
#include "policy/site.h"

enum lateral_protocol {
	LATERAL_NONE, LATERAL_SMB, LATERAL_RDP, LATERAL_SSH, LATERAL_WINRM, LATERAL_VNC,
	LATERAL_TELNET, LATERAL_RLOGIN, LATERAL_RADMIN, LATERAL_PROTOCOLS
};

enum lateral_protocol lateral_protocol(const struct slice *s);
const char *lateral_name(enum lateral_protocol p);
/* The TCP port that it is usually on: stands for it in a key. */
uint16_t lateral_port(enum lateral_protocol p);
enum lateral_protocol lateral_of_port(uint16_t usual);	/* the other way round */
/* Does NW-REM-001 follow it (app/visitors.h)? */
bool lateral_is_followed(enum lateral_protocol p);

/* Were the two roles never paired?  role: "" where none is given, or nobody lists the address. */
bool lateral_is_unpaired(const char *role, const char *other);
/* standing: baseline_judge()'s, at least 1. */
unsigned lateral_severity(unsigned standing, bool is_answered);

#endif
