/* roles.c - see roles.h. */
#include "policy/roles.h"

#include <string.h>
#include "base/err.h"

#define SHARED(X) \
	X("dns") X("ntp") X("dhcp") X("monitoring") X("archive") X("recorder") X("review") \
	X("customs_gateway") X("maintenance_gateway") X("router")

bool roles_are_paired(const char *role, const char *other)
{
	static const char *const pairs[][2] = {
		{ "plc", "acquisition" }, { "acquisition", "image_server" },
		{ "image_server", "review" }, { "image_server", "archive" },
		{ "image_server", "customs_gateway" }, { "camera", "recorder" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if ((!strcmp(pairs[i][0], role) && !strcmp(pairs[i][1], other)) ||
		    (!strcmp(pairs[i][0], other) && !strcmp(pairs[i][1], role)))
			return true;
	return false;
}

bool role_is_shared(const char *role)
{
#define NAME(name) name,
	static const char *const shared[] = { SHARED(NAME) };
#undef NAME

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (!strcmp(shared[i], role))
			return true;
	return false;
}

const char *role_shared_text(void)
{
#define NAME(name) name ", "
	static const char text[] = SHARED(NAME) "and no other";
#undef NAME

	return text;
}
