/* gateway.c - see gateway.h. */
#include "detect/gateway.h"

#include <assert.h>
#include "base/err.h"

static const uint8_t serves[] = {
	[GATEWAY_ROUTER] = SERVES_ROUTER, [GATEWAY_SERVER] = SERVES_DHCP,
};
static_assert(ARRAY_SIZE(serves) == GATEWAY_ROLES, "a role that no asset can be given");

bool gateway_is_learned(const struct gateway_params *p, const struct gateway *g,
			enum gateway_role role, uint64_t link_ns)
{
	return g->role_ns[role] && g->role_ns[role] < link_ns + p->learn_ns;
}

unsigned gateway_new_roles(const struct gateway *g, uint64_t link_ns, const struct site *site)
{
	const struct asset *asset = site_asset_of_mac(site, g->row.mac);
	const struct gateway_params *p = &site->rules->params.gateway;
	unsigned roles = 0;

	for (int i = 0; i < GATEWAY_ROLES; i++)
		if (g->role_ns[i] && !gateway_is_learned(p, g, (enum gateway_role)i, link_ns) &&
		    !(asset && asset->serves & serves[i]))
			roles |= 1U << i;
	return roles;
}

unsigned gateway_severity(void)
{
	return 4;
}
