/* group.h - destination groups: the same upload seen at several distances.
 *
 *   ip       one address and service        203.0.113.9 tcp/443
 *   domain   registered domain              vendor.example         (SNI, Host, or the DNS answer)
 *   prefix   /24, /48                       203.0.113.0/24
 *   asn      autonomous system              AS64500                (where the site names a file)
 *   country                                 ZZ                     (likewise)
 *   any      everything external and not expected
 *
 * A leak that changes its address, port or name every night has no history at the finest group and
 * a plain one further out; so every group gathers evidence of its own (DETECTION section 2).
 * Service is part of the key of the finest group only, as transport and port: the peer can provoke
 * another DPI verdict every night, or the first minute of a connection can lack it, and the
 * evidence would be split.  Peers inside the site have the groups ip and prefix.
 * A key is plain bytes without padding: compared, hashed and ordered as such.  Names stand in it as
 * the first 16 bytes of their SHA-256, so keys are small and their order depends on nothing else.
 * Pure functions, any thread.
 */
#ifndef NW_PROFILE_GROUP_H
#define NW_PROFILE_GROUP_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"

enum group { GROUP_IP, GROUP_DOMAIN, GROUP_PREFIX, GROUP_ASN, GROUP_COUNTRY, GROUP_ANY, GROUPS };

#define SERVICE_TEXT_MAX 24		/* "tcp/443", "icmp", "-" */
#define GROUP_TEXT_MAX 256		/* a domain, with the zero byte */
#define GROUP_PREFIX_BITS_V4 24
#define GROUP_PREFIX_BITS_V6 48

struct channel_key {
	struct addr value;		/* address, network; else as set below */
	uint32_t subject;		/* its number */
	uint16_t port;			/* ip: the server's */
	uint8_t proto;			/* ip */
	uint8_t group;			/* enum group */
	uint8_t is_external;		/* else inside the site, outside the zone */
	uint8_t zero[7];
};
static_assert(sizeof(struct channel_key) == 32, "a key has no padding");

/* Fill group and value; subject and is_external are the caller's. */
void group_key_ip(struct channel_key *ret, const struct addr *peer, uint8_t proto, uint16_t port);
void group_key_domain(struct channel_key *ret, const char *domain);
void group_key_prefix(struct channel_key *ret, const struct addr *peer);
void group_key_asn(struct channel_key *ret, uint32_t asn);
void group_key_country(struct channel_key *ret, const char country[static 3]);
void group_key_any(struct channel_key *ret);

int group_key_compare(const struct channel_key *a, const struct channel_key *b); /* not subject */
const char *group_name(enum group g);			/* "ip" "domain" ... */
/* "203.0.113.0/24", "AS64500", "ZZ", "*"; domain: its name, which only the channel has ("?" when it
 * is NULL). */
const char *group_value(const struct channel_key *key, const char *domain,
			char buf[static GROUP_TEXT_MAX]);
struct cidr group_network(const struct channel_key *key);	/* of a prefix group */
uint32_t group_asn(const struct channel_key *key);		/* of an asn group */
const char *group_service(const struct channel_key *key, char buf[static SERVICE_TEXT_MAX]);
/* Is the address in an ip or prefix group?  Other groups: false. */
bool group_holds_address(const struct channel_key *key, const struct addr *a);

#endif
