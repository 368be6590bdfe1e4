/* command_check.c - nachtwacht check: is the policy valid, and what does it say? */
#include "app/commands.h"

#include <stdio.h>
#include "base/log.h"
#include "policy/site.h"
#include "policy/site_explain.h"

int run_check(const struct options *o)
{
	struct site *site = NULL;
	int err = o->site ? site_load(o->site, &site) : site_default(NULL, NULL, &site);

	if (err)
		return EXIT_USAGE;
	site_explain(site, stdout);
	site_free(site);
	return EXIT_DONE;
}
