/* segment.c - see segment.h. */
#include "detect/segment.h"

#include <string.h>
#include "policy/roles.h"

const char *segment_vendor(const struct site *site, const struct segment_end *end)
{
	if (end->asset)
		return role_is_shared(end->asset->role) ? "" : end->asset->vendor;
	return end->zone ? site_zone_vendor(site, end->zone) : "";
}

bool segment_are_apart(const struct site *site, const struct segment_end *a,
		       const struct segment_end *b)
{
	const char *one = segment_vendor(site, a), *other = segment_vendor(site, b);

	return one[0] && other[0] && strcmp(one, other) != 0;
}

unsigned segment_severity(bool is_answered)
{
	return is_answered ? 4 : 3;
}
