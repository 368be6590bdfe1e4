/* server.h - NW-DST-003: an asset asks a DNS, NTP or DHCP server that is not one of its own.
 *
 * Which are its own: policy/servers.h.  Whoever answers such a question decides where the asset's
 * connections go, what time it has, or who its router is.
 *
 *	judged		a listed asset, where the policy names a server of that kind for it; not
 *			one whose role is that of such a server: a resolver has to ask others
 *	by		DNS and NTP by what nDPI says, which may be a guess by the port, or by the
 *			port where it says nothing (NTP: of UDP alone); not where we have read
 *			something else (dpi/light.h).  DHCP by answers from port 67, for a question
 *			goes to everybody
 *	not		multicast (NTP to a group) and broadcast: nobody was chosen; the ports of
 *			mDNS and LLMNR, to one address too
 *	broadcast	a DHCP answer to everybody does not say by address whom it is for: it is
 *			told of the address that gives it, listed or not, where the policy names
 *			DHCP servers (for that address, if it is an asset's; else for anybody) and
 *			this is none of them
 *	severity	3; 2 where nothing but a refusal answered
 *
 * Pure functions, any thread.
 */
#ifndef NW_DETECT_SERVER_H
#define NW_DETECT_SERVER_H

#include "flow/slice.h"
#include "policy/servers.h"

/* What the client of that minute asks its server for; SERVER_NONE: something else. */
enum server_kind server_asked(const struct slice *s);
unsigned server_severity(bool is_answered);

#endif
