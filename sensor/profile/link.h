/* link.h - links: who holds which address on them, who routes there and who hands out leases.
 *
 * A link is a broadcast domain as far as a tap can tell: the VLANs and the tap that frames were
 * seen with.  Three kinds of rows:
 *
 *   link        since when something is known of it: what is there in its first days was there
 *               before us (NW-REM-005)
 *   neighbour   an address: the MAC that claimed it last, the one before it, since when and how
 *               long each, who asked for it and to whom DHCP gave it last; and how the two contend
 *               (NW-SEG-005, detect/spoof.h)
 *   gateway     a MAC that routes, or hands out leases: what of it, since when
 *
 * Filled minute by minute (app/links.c) from claims (flow/claim.h) and from the MACs that traffic
 * to other networks goes to.  Times are capture time.
 * Bounded: LINKS_MAX, NEIGHBOURS_MAX, GATEWAYS_MAX.  When a kind is full a sixteenth of it goes at
 * once, counted: first what was seen in the fewest minutes, then what is silent longest; what was
 * told one by one goes after these, a listed asset's last of all.  So a flood of made-up addresses
 * pushes out its own.  Of links the one known for the shortest time goes first: since when the
 * others are known says what is new there.
 * What is silent for the site's retention.nights is forgotten.
 * Rows are kept in the order of (link, address or MAC), which no order of arrival changes.
 * Thread: analysis.  A row's address stays until it goes; getting one can make others go.
 * Cost: a binary search a claim; about 200 bytes a row, 2 MB when all is full.
 */
#ifndef NW_PROFILE_LINK_H
#define NW_PROFILE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/clock.h"
#include "base/pack.h"
#include "flow/claim.h"
#include "profile/group.h"
#include "profile/subject.h"

#define LINKS_MAX 512
#define NEIGHBOURS_MAX 8192
#define GATEWAYS_MAX 1024

/* Kept in the state: never renumber. */
enum link_kind { LINK_ITSELF, LINK_NEIGHBOUR, LINK_GATEWAY, LINK_KINDS };

/* Who goes last.  Kept in the state: never renumber. */
enum link_kept {
	LINK_LOOSE, LINK_TOLD,		/* it was told, and not only counted into a flood */
	LINK_LISTED			/* a listed asset's */
};

struct link_row {			/* what the rows of each kind begin with */
	enum link_kind kind;
	struct claim_link link;
	struct addr addr;		/* of a neighbour; else zero */
	uint8_t mac[6];			/* of a gateway; else zero */
	uint64_t first_ns, last_ns;
	uint32_t minutes;		/* in which it was seen */
	uint8_t kept;			/* enum link_kept */
	bool is_changed;		/* since it was last packed */
};

/* What was told of it by an incident, to tell more of the same. */
struct link_told {
	struct subject *subject;	/* NULL: nothing */
	struct channel_key key;
	int64_t row;			/* of the last record */
	uint8_t what;			/* the rule's: how bad, which parts */
	bool is_flooded;		/* it was counted into the subject's flood */
};

struct holder {				/* of an address */
	uint8_t mac[6];			/* zero: nobody */
	uint64_t first_ns, last_ns;	/* claims */
};

struct neighbour {
	struct link_row row;
	struct holder now, before;
	struct holder asked, leased;	/* the last that probed for it; that a server gave it to */
	/* Both claimed it within the time of detect/spoof.h: */
	uint64_t contest_ns;		/* the first of the takeovers counted ... */
	uint32_t takeovers;		/* ... and how many */
	uint64_t pending_ns;		/* the last, when nothing has announced it; 0: settled */
	/* The last undeclared returns of the one before, at whatever distance; the older one in
	 * front, 0: none. */
	uint64_t returns_ns[2];
	uint32_t conflicts;		/* times it was found, ever ... */
	uint64_t conflict_ns;		/* ... and last */
	struct link_told told;
};

enum gateway_role { GATEWAY_ROUTER, GATEWAY_SERVER, GATEWAY_ROLES };
/* Beside the bits of enum claim_how: traffic to other networks goes to it. */
#define GATEWAY_FORWARDS 128

struct gateway {
	struct link_row row;
	struct addr addr;		/* as it gives it; zero: not known */
	uint8_t how;			/* set of enum claim_how, GATEWAY_FORWARDS */
	uint64_t role_ns[GATEWAY_ROLES];	/* first seen in it; 0: never */
	/* The first one whose traffic went by it, and to where; "" and zero: none. */
	char user[SITE_ID_MAX];
	struct addr peer;
	struct link_told told;		/* what: roles, by bit */
};

struct links;

struct links_counters {
	uint64_t live[LINK_KINDS], evicted[LINK_KINDS];
};

int links_new(struct links **ret_links);	/* 0 or -ENOMEM */
void links_free(struct links *l);		/* NULL is fine */
const struct links_counters *links_counters(const struct links *l);
/* Counts on from another's what went; what is there counts itself. */
void links_carry(struct links *l, const struct links *from);

/* By kind; the other of addr and mac is not looked at, of LINK_ITSELF none of them. */
struct link_key {
	enum link_kind kind;
	struct claim_link link;
	struct addr addr;
	uint8_t mac[6];
};
struct link_row *links_find(const struct links *l, const struct link_key *key);	/* or NULL */
/* Made when it is not there, with that time as its first.  NULL: no memory.  Others may go. */
struct link_row *links_get(struct links *l, const struct link_key *key, uint64_t ns);
/* It was seen from then to then, in one minute. */
void link_row_seen(struct link_row *row, uint64_t first_ns, uint64_t last_ns);

static inline struct neighbour *link_neighbour(struct link_row *row)
{
	return (struct neighbour *)row;
}

static inline struct gateway *link_gateway(struct link_row *row)
{
	return (struct gateway *)row;
}

/* All of a kind, in order; borrowed until the next links_get(). */
struct link_row *const *links_list(const struct links *l, enum link_kind kind, size_t *ret_n);
void links_expire(struct links *l, uint64_t now_ns, uint64_t silent_ns);

/* --- the state ------------------------------------------------------------------------------- */

/* Called for each row that goes, before it does. */
typedef void (*links_removed_fn)(void *arg, const struct link_row *row);
void links_on_remove(struct links *l, links_removed_fn removed, void *arg);
void link_pack_key(const struct link_row *row, struct packer *p);
void link_pack(const struct link_row *row, struct packer *p);
/* false: malformed, or there already. */
bool link_unpack(struct links *l, const struct subjects *s, struct unpacker *key,
		 struct unpacker *value);

#endif
