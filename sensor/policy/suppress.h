/* suppress.h - what a site does not want to be woken for: entries under "suppress".
 *
 *	{"id": "old-nas", "rule": "NW-EXF-011", "asset": "IMG-SRV-1",
 *	 "destination": {"ip": ["203.0.113.0/24"]}, "services": ["tcp/443"],
 *	 "window": {"days": "sat,sun", "from": "00:00", "to": "24:00"},
 *	 "reason": "moved in March, CHG-2201", "owner": "storage team", "expires": "2026-04-30"}
 *
 * Every condition that is given must hold; an entry names a rule, and who answers for it, why and
 * until when.  It does not stop a rule from looking: what it covers is counted and recorded, with
 * severity 1 and the entry's id, and is not pushed to Redis.
 *
 *	destination  as "to" of an expected entry.  Of a coarser group than an address only what
 *		     the whole group lies in counts: a network within "ip", a domain within
 *		     "domain", the AS, the country; "everything external" is covered by entries
 *		     without it alone.  NW-DST-001 tells what has a name as its registered
 *		     domain: entries of it that ask for more are warned of at loading
 *	services     of the connection that stands for the finding; only where it is about one
 *		     address
 *	window       the traffic lies in one turn of it, from its begin to its end: of a nightly
 *		     pattern that of the last night that counted, else that of the day so far.
 *		     What is open already, and tells, a window does not silence
 *	expires      the last day, by the time of judging
 *
 * The first entry that covers a finding counts.  Bounded: SUPPRESS_MAX entries; a walk through
 * them for each finding.  Immutable; any thread.
 */
#ifndef NW_POLICY_SUPPRESS_H
#define NW_POLICY_SUPPRESS_H

#include "policy/site.h"

#define SUPPRESS_MAX 1024

struct suppression {
	char id[SITE_ID_MAX];		/* "suppress-3" where the file gives none */
	const char *rule;		/* its id */
	const char *asset;		/* "": any */
	bool has_destination;
	struct party destination;
	struct service *services;	/* none: any */
	size_t n_services;
	bool has_window;
	struct closed_hours window;
	const char *owner, *reason;
	int32_t expires_day;
};

enum suppress_about {
	SUPPRESS_ADDRESS, SUPPRESS_NETWORK, SUPPRESS_DOMAIN, SUPPRESS_ASN, SUPPRESS_COUNTRY,
	SUPPRESS_ANY
};

/* A finding, as far as entries ask. */
struct suppress_query {
	const char *rule, *asset;	/* ids */
	enum suppress_about about;
	struct cidr network;		/* ADDRESS: all bits; NETWORK */
	const char *name;		/* ADDRESS: the server's, "" not known; DOMAIN: it */
	uint32_t asn;
	const char *country;
	uint8_t proto;			/* 0: not known, or of several */
	uint16_t port;
	const char *service;		/* DPI name; "" not known */
	uint64_t from_ns, to_ns;	/* the traffic, as far as it is one stretch */
	uint64_t judged_ns;
	bool skips_windows;		/* entries with a window do not count */
};
const struct suppression *suppress_find(const struct site *s, const struct suppress_query *q);
/* Of what this entry suppressed when its traffic was seen: is it, by what is known without traffic,
 * still of the entry's rule, asset and destination, and not expired?  A name, a service and a
 * window are the next traffic's to tell. */
bool suppress_still_holds(const struct site *s, const struct suppression *e,
			  const struct suppress_query *q);
bool suppress_has_expired(const struct suppression *e, uint64_t now_ns);
const struct suppression *suppress_by_id(const struct site *s, const char *id);	/* or NULL */

#endif
