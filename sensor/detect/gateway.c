/* gateway.c - see gateway.h. */
#include "detect/gateway.h"

#include <assert.h>
#include "base/err.h"

static const uint8_t serves[] = {
	[GATEWAY_ROUTER] = SERVES_ROUTER, [GATEWAY_SERVER] = SERVES_DHCP,
};
static_assert(ARRAY_SIZE(serves) == GATEWAY_ROLES, "a role that no asset can be given");

/* In a state of before GATEWAY_LEADS a flag alone has made a router. */
static bool has_role(const struct gateway *g, int role)
{
	return g->role_ns[role] && (role != GATEWAY_ROUTER || g->how & GATEWAY_LEADS);
}

bool gateway_is_learned(const struct gateway_params *p, const struct gateway *g,
			enum gateway_role role, uint64_t link_ns)
{
	return has_role(g, role) && g->role_ns[role] < link_ns + p->learn_ns;
}

unsigned gateway_new_roles(const struct gateway *g, uint64_t link_ns, const struct site *site)
{
	const struct asset *asset = site_asset_of_mac(site, g->row.mac);
	const struct gateway_params *p = &site->rules->params.gateway;
	unsigned roles = 0;

	for (int i = 0; i < GATEWAY_ROLES; i++)
		if (has_role(g, i) && !gateway_is_learned(p, g, (enum gateway_role)i, link_ns) &&
		    !(asset && asset->serves & serves[i]))
			roles |= 1U << i;
	return roles;
}

unsigned gateway_severity(const struct gateway_facts *f)
{
	unsigned how = f->gateway->how & GATEWAY_LEADS;

	if (f->roles != 1U << GATEWAY_ROUTER)
		return 4;
	if (how == CLAIM_NO_DEFAULT)
		return 2;
	if (f->is_first && f->is_without_site)
		return 2;
	if (f->claims_peer && how == GATEWAY_FORWARDS)
		return 3;
	return f->is_first && f->was_neighbour ? 3 : 4;
}
