/* policy_load.c - see policy_load.h. */
#include "app/policy_load.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"

/* Does the program run from where it was installed?  A build tree's must not take an older pack. */
static bool is_installed(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (len < 0)
		return false;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return !strcmp(path, NW_BINDIR) && access(NW_PACKDIR, F_OK) == 0;
}

int policy_load_pack(const struct options *o, struct rules **ret_rules)
{
	int err;

	if (o->rules)
		err = rules_load(o->rules, ret_rules);
	else if (is_installed())
		err = rules_load(NW_PACKDIR, ret_rules);
	else
		err = rules_builtin(ret_rules);
	return err ? EXIT_USAGE : EXIT_DONE;
}

int policy_load(const struct options *o, struct site **ret_site)
{
	struct rules *pack = NULL;
	int status = policy_load_pack(o, &pack), err;

	if (status != EXIT_DONE)
		return status;
	err = o->site ? site_load_with(o->site, steal(&pack), ret_site)
		      : site_default_with(o->timezone, o->closed, steal(&pack), ret_site);
	return err ? EXIT_USAGE : EXIT_DONE;
}
