/* site_index.h - what the look-ups of site.h go by; built once when a snapshot is complete.
 * Internal to the policy room.  Owner: the snapshot.  Read-only after site_index_new().
 */
#ifndef NW_POLICY_SITE_INDEX_H
#define NW_POLICY_SITE_INDEX_H

#include "policy/keymap.h"
#include "policy/site.h"

struct match_index;			/* site_match.c */

#define NETWORKS_FEW 16		/* so many are compared faster than hashed */

/* A zone's network, to be compared in two steps; words as the bytes lie in memory. */
struct zone_network {
	uint64_t mask[2], value[2];
	uint32_t zone;
	uint8_t bits;
};

struct site_index {
	struct keymap addresses, macs;	/* -> asset */
	struct keymap networks;		/* network of a zone -> zone */
	uint8_t bits[129];		/* prefix lengths that occur among them, longest first */
	size_t n_bits;
	struct zone_network few[NETWORKS_FEW];	/* all of them, longest first, or none */
	size_t n_few;
	const char **zone_vendors;	/* of each zone: site_zone_vendor() */
	struct match_index *expected;
};

int site_index_new(struct site *s);			/* sets s->index; 0 or -ENOMEM */
void site_index_free(struct site_index *index);		/* NULL is fine */

int match_index_new(const struct site *s, struct match_index **ret_index);
void match_index_free(struct match_index *m);		/* NULL is fine */

/* a with all bits after the first `bits` cleared. */
struct cidr site_mask(const struct addr *a, unsigned bits);

#endif
