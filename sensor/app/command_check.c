/* command_check.c - nachtwacht check: is the policy valid, and what does it say? */
#include "app/commands.h"

#include <stdio.h>
#include "app/policy_load.h"
#include "base/log.h"
#include "base/tz.h"
#include "policy/site.h"
#include "policy/site_explain.h"

int run_check(const struct options *o)
{
	struct site *site = NULL;
	int status = policy_load(o, &site);

	if (status != EXIT_DONE)
		return status;
	if (tz_use(site->timezone))
		log_warn("site", "time zone \"%s\" is not installed here: times below are UTC",
			 site->timezone);
	site_explain(site, stdout);
	site_free(site);
	return EXIT_DONE;
}
