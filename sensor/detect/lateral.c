/* lateral.c - see lateral.h. */
#include "detect/lateral.h"

#include <assert.h>
#include <string.h>
#include "base/err.h"
#include "dpi/remote.h"
#include "policy/roles.h"

static const struct {
	const char *name;
	uint16_t port;
	enum remote_protocol remote;	/* REMOTE_NONE: NW-REM does not follow it */
} table[] = {
	[LATERAL_NONE] = { "none", 0, REMOTE_NONE },
	[LATERAL_SMB] = { "SMB", 445, REMOTE_NONE },
	[LATERAL_RDP] = { "RDP", 3389, REMOTE_RDP },
	[LATERAL_SSH] = { "SSH", 22, REMOTE_SSH },
	[LATERAL_WINRM] = { "WinRM", 5985, REMOTE_WINRM },
	[LATERAL_VNC] = { "VNC", 5900, REMOTE_VNC },
	[LATERAL_TELNET] = { "Telnet", 23, REMOTE_TELNET },
	[LATERAL_RLOGIN] = { "rlogin", 513, REMOTE_RLOGIN },
	[LATERAL_RADMIN] = { "Radmin", 4899, REMOTE_RADMIN },
};
static_assert(ARRAY_SIZE(table) == LATERAL_PROTOCOLS, "every lateral protocol has its line");

static enum lateral_protocol of_remote(enum remote_protocol remote)
{
	for (unsigned p = LATERAL_NONE + 1; remote && p < LATERAL_PROTOCOLS; p++)
		if (table[p].remote == remote)
			return (enum lateral_protocol)p;
	return LATERAL_NONE;
}

static bool is_smb(uint16_t id)
{
	return !strncmp(dpi_protocol_name(id), "SMB", strlen("SMB"));
}

enum lateral_protocol lateral_protocol(const struct slice *s)
{
	enum remote_protocol named = remote_of_verdict(s->master, s->app);
	uint16_t port = slice_server_port(s);
	enum remote_protocol by_port = remote_of_port(s->id.key.proto, port);

	if (named)
		return of_remote(named);
	if (is_smb(s->master) || is_smb(s->app))
		return LATERAL_SMB;
	if (by_port == REMOTE_WINRM)
		return LATERAL_WINRM;
	if (s->master || s->app)
		return LATERAL_NONE;
	if (s->id.key.proto == IP_TCP && (port == 445 || port == 139))
		return LATERAL_SMB;
	return of_remote(by_port);
}

const char *lateral_name(enum lateral_protocol p)
{
	return table[p].name;
}

uint16_t lateral_port(enum lateral_protocol p)
{
	return table[p].port;
}

enum lateral_protocol lateral_of_port(uint16_t usual)
{
	for (unsigned p = LATERAL_NONE + 1; p < LATERAL_PROTOCOLS; p++)
		if (table[p].port == usual)
			return (enum lateral_protocol)p;
	return LATERAL_NONE;
}

bool lateral_is_followed(enum lateral_protocol p)
{
	return table[p].remote != REMOTE_NONE;
}

bool lateral_is_unpaired(const char *role, const char *other)
{
	return (role[0] || other[0]) && !roles_are_paired(role, other);
}

unsigned lateral_severity(unsigned standing, bool is_answered)
{
	return is_answered || standing <= 1 ? standing : standing - 1;
}
