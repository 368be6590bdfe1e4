/* site.h - the site policy: what is where, and what is expected there.
 *
 * Parsed once into an immutable snapshot; look-ups are read-only and may come from any thread.
 * Every error names file:line:column, the key and the remedy, through log_err("site", ...).
 * The form of the file is rules/schema/site.schema.json.
 */
#ifndef NW_POLICY_SITE_H
#define NW_POLICY_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/pseudonym.h"
#include "dpi/filetype.h"
#include "policy/geo.h"
#include "policy/rules.h"

#define SITE_ID_MAX 64			/* with the zero byte; ids are [A-Za-z0-9._-]+ */
#define SITE_CLOSED_MAX 32		/* entries of one closed_hours list */

#define RETENTION_NIGHTS 400				/* these: when the site names none */
#define RETENTION_INCIDENTS_NS (400 * NS_PER_DAY)
#define RETENTION_OUTBOX_NS (7 * NS_PER_DAY)

/* One entry of closed_hours: an interval that starts on the given days of the week. */
struct closed_hours {
	uint8_t days;			/* bit 0 Monday .. bit 6 Sunday */
	uint16_t from_min, to_min;	/* minutes after local midnight; to <= from ends next day */
};

struct zone {
	char id[SITE_ID_MAX];
	struct cidr *networks;
	size_t n_networks;
	uint16_t *vlans;
	size_t n_vlans;
	bool is_closed;			/* no external traffic at all: NW-DST-002 */
	struct closed_hours *closed;	/* overrides the site's when has_closed */
	size_t n_closed;
	bool has_closed;
};

/* What an asset may do for its link, by the MACs listed for it: key "serves". */
enum serves {
	SERVES_ROUTER = 1,		/* router advertisements, and traffic to elsewhere */
	SERVES_DHCP = 2,
	SERVES_PROXY_ARP = 4		/* answers for the addresses of others (RFC 1027) */
};

struct asset {
	char id[SITE_ID_MAX];
	char role[SITE_ID_MAX];		/* "" when not given */
	char vendor[SITE_ID_MAX];
	const struct zone *zone;	/* NULL: by address */
	struct addr *ips;
	size_t n_ips;
	uint8_t (*macs)[6];
	size_t n_macs;
	uint8_t serves;			/* set of enum serves */
};

/* What `from` and `to` of an expected entry take: every condition given must hold.  Texts live as
 * long as the snapshot and are "" when not given (pointers, so that 100 000 entries stay small). */
struct party {
	const char *asset, *role, *vendor, *zone;
	struct cidr *networks;		/* key "ip" */
	size_t n_networks;
	const char *domain;		/* "*.example.net" (any depth below, not itself) or
					 * "host.example.net"; lower case */
	uint32_t asn; /* 0: not given.  Without a file that knows it ("geo"), an */
	char country[3];		/* entry that names asn or country covers nothing */
};

struct service {
	uint8_t proto;			/* IP protocol; 0: by name */
	uint16_t port;
	char name[24];			/* DPI name, when proto is 0; compared without case */
};

struct expected {
	char id[SITE_ID_MAX];
	struct party from, to;
	struct service *services;	/* none: any */
	size_t n_services;
	bool has_window;
	struct closed_hours window;
	uint64_t max_bytes_per_night;	/* 0: any amount */
	const char *owner, *ticket;	/* "" when not given */
	int32_t expires_day;		/* the last civil day on which it counts, as days since
					 * 1970-01-01; INT32_MAX: no end */
};

struct orders;
struct own_rule;
struct suppression;

enum baseline { BASELINE_OBSERVE, BASELINE_LEARN, BASELINE_ENFORCE };

struct site {
	char id[SITE_ID_MAX];
	char timezone[64];
	struct cidr *networks;		/* internal */
	size_t n_networks;
	char (*countries)[3];
	size_t n_countries;
	struct closed_hours *closed;
	size_t n_closed;
	int32_t *holidays;		/* civil days as days since 1970-01-01, sorted */
	size_t n_holidays;
	struct zone *zones;
	size_t n_zones;
	struct asset *assets;
	size_t n_assets;
	struct expected *expected;
	size_t n_expected;
	struct file_types *file_types;	/* NULL: none of its own */
	enum baseline baseline;
	struct pseudonyms privacy;	/* which, and by which key */
	int32_t retention_nights;	/* days: of channels and destinations that are silent */
	uint64_t retention_incidents_ns;	/* of resolved ones: alert/incident.h */
	uint64_t retention_outbox_ns;	/* of records, after every sink had them */
	const char *geo_paths[GEO_KINDS];	/* key "geo", relative ones from the site file's
						 * directory on; NULL: not given */
	struct geo *geo;		/* opened by site_load(); NULL: none */
	const char *orders_path;	/* key "work_orders", likewise; NULL: none, or in Redis */
	bool orders_in_redis;		/* "redis:": read by whoever runs (app/orders_feed.h) */
	struct orders *orders;		/* read by site_load(), of Redis empty; NULL: none */
	struct rules *rules;		/* the pack, as this site overrides it.  Never NULL */
	struct own_rule *own;		/* rules of its own, own_rule.h */
	size_t n_own;
	struct suppression *suppress;	/* suppress.h */
	size_t n_suppress;
	bool is_default;		/* no site file was given */
	char sha256[DIGEST_HEX_MAX];	/* of the file; of the canonical defaults without one */
	struct site_index *index;	/* site_lookup.c */
	struct arena *arena;		/* owns every array and text above */
};

/* 0 and a snapshot (free with site_free()); -errno or ERR_FORMAT with every error found (up to 20)
 * logged.  Does not touch the process's time zone: the caller calls tz_use(site->timezone). */
int site_load(const char *path, struct site **ret_site);
/* The same on a rule pack that was read; takes it.  The built-in one stands in everywhere else. */
int site_load_with(const char *path, struct rules *pack, struct site **ret_site);
/* The same from memory, for tests and fuzzing; name stands for the file in messages.  Files that it
 * names are not opened. */
int site_parse(const char *name, const char *text, size_t len, struct site **ret_site);
/* Without a file: one zone "private" of the private networks (not closed), UTC, closed 22:00-05:00.
 * timezone, closed ("HH:MM-HH:MM"): NULL for these defaults.  -EINVAL with the reason logged. */
int site_default(const char *timezone, const char *closed, struct site **ret_site);
int site_default_with(const char *timezone, const char *closed, struct rules *pack,
		      struct site **ret_site);
void site_free(struct site *s);

/* NULL: it wants no pseudonyms.  Else the key by which its state is sealed, too
 * (store/state_seal.h). */
const uint8_t *site_state_key(const struct site *s);
/* Makes its wish, and its asset list, that of the process (base/pseudonym.h), before there is a
 * second thread.  0 or -ENOMEM. */
int site_use_pseudonyms(const struct site *s);
/* The asset list alone, at any time: of a site with the same wish. */
int site_know_assets(const struct site *s);

/* --- look-ups ------------------------------------------------------------------------ */

const struct asset *site_asset(const struct site *s, const struct addr *a); /* listed, or NULL */
const struct asset *site_asset_of_mac(const struct site *s, const uint8_t mac[static 6]);
/* The first zone that lists one of the two VLANs (0xffff: none); or NULL. */
const struct zone *site_zone_of_vlan(const struct site *s, const uint16_t vlan[static 2]);
/* The zone of an address: its asset's, else the most specific network; NULL: no zone. */
const struct zone *site_zone(const struct site *s, const struct addr *a);
/* Internal = site.networks (default RFC 1918, ULA, link-local), any listed asset, and IPv6
 * addresses that cannot be routed beyond the organisation whatever the list says (ULA, link-local).
 */
bool site_is_internal(const struct site *s, const struct addr *a);
/* Of a zone whose listed assets are all of one vendor, that vendor; else "". */
const char *site_zone_vendor(const struct site *s, const struct zone *zone);
/* The broadcast address of a network of its zone, and nobody's own. */
bool site_is_broadcast(const struct site *s, const struct addr *a);

enum crossing { CROSSING_NONE, CROSSING_INTERNAL, CROSSING_EXTERNAL };
/* What traffic from an asset's address to a peer is: none inside a zone, of link scope, or to the
 * broadcast address of one of the zone's own networks; internal when it leaves the zone for another
 * internal address or a multicast group of at most the organisation's scope; external otherwise. */
enum crossing site_crossing(const struct site *s, const struct addr *asset,
			    const struct addr *peer);

struct expected_query {
	const struct addr *from, *to;	/* from: the asset */
	uint8_t proto;
	uint16_t server_port;
	const char *service;		/* DPI name of the carrier, "" unknown */
	const char *name;		/* of the server (SNI, Host, DNS), "" unknown; raw bytes */
	uint64_t at_ns;			/* the traffic itself */
	uint64_t run_ns;		/* start of its run, at most at_ns */
};
/* The first entry (in the order of the file) that covers the conversation at that time, or NULL. An
 * entry with a window covers traffic from its start until 60 min after its end, but in that hour of
 * grace only a run that began before the end.  A run that is older than the window counts as begun
 * with it, so a connection that stays open is covered in the window and not outside it.  One that
 * has expired on the day of at_ns (capture time) does not count.  Uses the process's zone
 * (tz_use()). */
const struct expected *site_expected(const struct site *s, const struct expected_query *q);
/* Does the party hold that address, under that name ("" not known; raw bytes)? */
bool site_party_takes(const struct site *s, const struct party *p, const struct addr *a,
		      const char *name);
#define EXPECTED_GRACE_NS (60 * 60 * 1000000000ULL)	/* the hour above */

enum expected_lack {
	LACK_NOTHING,
	LACK_TIME,			/* outside the window of an entry that has not expired */
	LACK_EXPIRY			/* the entry has expired */
};
/* Of traffic that nothing covers: the first entry that would cover it but for that; or NULL. */
const struct expected *site_expected_but_for(const struct site *s, const struct expected_query *q,
					     enum expected_lack lack);
/* The same, but for windows: the conversation is expected at some time (run_ns is not read). */
const struct expected *site_expected_ever(const struct site *s, const struct expected_query *q);
/* Look-ups of names below q->name: an entry that names that domain (*.NAME, or a name below it) and
 * such a service, from this asset.  q->to is not read: it is the resolver, whoever that is. */
const struct expected *site_expected_names(const struct site *s, const struct expected_query *q);

#endif
