/* roles.h - the role template: what a role of a scanner segment is there to deal with (DETECTION,
 * section 5).
 *
 *	plc                  acquisition
 *	acquisition          plc, image_server
 *	image_server         acquisition, review, archive, customs_gateway
 *	camera               recorder
 *	maintenance_gateway  what a work order names: the orders decide, nothing here
 *
 * A pair holds whichever of the two opens the connection.  Who asks dns, ntp or dhcp for its
 * service is no pair: a shell on the name server is not what a name server is there for.
 * Roles are words of the site file; others than these are allowed, and pair with nothing.
 * Pure functions, any thread.
 */
#ifndef NW_POLICY_ROLES_H
#define NW_POLICY_ROLES_H

#include <stdbool.h>

bool roles_are_paired(const char *role, const char *other);
/* Does it work for the assets of every vendor: dns, ntp, dhcp, monitoring, archive, recorder,
 * review, customs_gateway, maintenance_gateway, router?  What it has with one vendor and what with
 * another is not traffic between the two. */
bool role_is_shared(const char *role);
/* "dns, ntp, ..." of all of these. */
const char *role_shared_text(void);

#endif
