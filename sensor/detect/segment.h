/* segment.h - NW-SEG-001: traffic between the segments of two vendors.
 *
 * Whose segment an address belongs to: the vendor of the asset that lists it; of an address that
 * nobody lists, the vendor of its zone, where every asset of that zone is one vendor's
 * (site_zone_vendor()).  Assets without a vendor belong to nobody's, and so do those whose role
 * works for all (policy/roles.h): the archive that takes images of two vendors is no path between
 * them.
 *
 *   told        a conversation of two ends with different vendors that no expected entry covers at
 *               any time of day (a job outside its window is NW-EXP-001's), opened as the entry
 *               says; attempts too
 *   severity    4; 3 where nothing but a refusal ever came back
 *   left out    broadcast and multicast, ARP, and what ICMP reports about other conversations
 *
 * It does not ask how long it has been so: the policy says what belongs together, and what was
 * there on day one is told on day one.
 * Pure functions, any thread.
 */
#ifndef NW_DETECT_SEGMENT_H
#define NW_DETECT_SEGMENT_H

#include "policy/site.h"

struct segment_end {
	const struct asset *asset;	/* NULL: not listed */
	const struct zone *zone;	/* NULL: in none */
};
/* "" : nobody's, or shared. */
const char *segment_vendor(const struct site *site, const struct segment_end *end);
/* Do they belong to two vendors? */
bool segment_are_apart(const struct site *site, const struct segment_end *a,
		       const struct segment_end *b);
unsigned segment_severity(bool is_answered);

#endif
