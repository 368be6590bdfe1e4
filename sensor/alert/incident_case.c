/* incident_case.c - which incidents an analyst handles as one; the rule is in incident.h. */
#include "alert/incident.h"

#include <string.h>
#include "base/clock.h"

static bool shares_network(const struct incident *a, const struct incident *b)
{
	static const struct addr none;
	struct channel_key x = { 0 }, y = { 0 };

	if (addr_equal(&a->peer, &none) || addr_equal(&b->peer, &none))
		return false;
	group_key_prefix(&x, &a->peer);
	group_key_prefix(&y, &b->peer);
	return addr_equal(&x.value, &y.value);
}

static bool shares_domain(const struct incident *a, const struct incident *b)
{
	return a->domain[0] && !strcmp(a->domain, b->domain);
}

static const char *vendor_of(const struct subject *s)
{
	return s->vendor_name ? s->vendor_name : s->asset ? s->asset->vendor : "";
}

/* What one device does to a link at one time. */
static bool is_of_one_link(const struct incident *a, const struct incident *b)
{
	bool are_both = (a->rule == RULE_SEG_005 || a->rule == RULE_REM_005) &&
			(b->rule == RULE_SEG_005 || b->rule == RULE_REM_005);

	return are_both && a->subject->zone && a->subject->zone == b->subject->zone;
}

/* Both ends of one conversation inside the site. */
static bool faces(const struct incident *a, const struct incident *b)
{
	return addr_equal(&a->peer, &b->subject->addr) && addr_equal(&b->peer, &a->subject->addr);
}

bool incident_shares_case(const struct incident *a, const struct incident *b)
{
	uint64_t apart = a->opened_ns > b->opened_ns ? a->opened_ns - b->opened_ns :
			 b->opened_ns - a->opened_ns;
	const char *vendor = vendor_of(a->subject);

	if ((a->rule == RULE_HLT_001) != (b->rule == RULE_HLT_001))
		return false;
	if (a->subject == b->subject)
		return apart <= NS_PER_DAY || a->is_any || b->is_any || shares_network(a, b) ||
		       shares_domain(a, b);
	/* A tunnel by name, and the resolver that passes it on. */
	if (a->rule == RULE_EXF_008 && b->rule == RULE_EXF_008 && shares_domain(a, b))
		return true;
	if ((faces(a, b) || is_of_one_link(a, b)) && apart <= NS_PER_DAY)
		return true;
	return vendor[0] && !strcmp(vendor, vendor_of(b->subject)) &&
	       (shares_network(a, b) || shares_domain(a, b));
}
