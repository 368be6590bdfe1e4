/* policy_load.h - the policy that a command goes by: the rule pack, and the site file over it.
 *
 *	pack   --rules DIR; without it that of the installation, when the program runs from there;
 *	       else the copy that was built in (of the source tree that it was built from)
 *	site   --site FILE; without it --timezone and --closed, or their defaults
 *
 * Thread: the caller's.
 */
#ifndef NW_APP_POLICY_LOAD_H
#define NW_APP_POLICY_LOAD_H

#include "app/options.h"
#include "policy/site.h"

/* 0 or the exit status (logged). */
int policy_load(const struct options *o, struct site **ret_site);
int policy_load_pack(const struct options *o, struct rules **ret_rules);

#endif
