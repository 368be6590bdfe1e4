/* server.h - NW-DST-003: an asset asks a DNS, NTP or DHCP server that is not one of its own.
 *
 * Which are its own: policy/servers.h.  Whoever answers such a question decides where the asset's
 * connections go, what time it has, or who its router is.
 *
 *	judged		a listed asset, where the policy names a server of that kind for it; not
 *			one that is such a server itself: a resolver has to ask others
 *	by		DNS and NTP by what is in the payload, or by the port where nothing was
 *			recognised; DHCP by who answers, for a question goes to everybody
 *	not		multicast (mDNS, LLMNR, NTP to a group) and broadcast: nobody was chosen
 *	broadcast	a DHCP answer to everybody does not say by address whom it is for: it is
 *			told of the address that gives it, where no asset may
 *	severity	3; 2 where it was asked and nothing answered
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
