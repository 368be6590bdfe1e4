/* remote.c - see remote.h.  nDPI's protocols are compared by name: ids come and go with its
 * releases, and names of later ones are listed as well. */
#include "dpi/remote.h"

#include <assert.h>
#include <string.h>
#include <strings.h>
#include "base/err.h"
#include "dpi/dpi.h"

#define TCP 6
#define UDP 17
#define ESP 50
#define AH 51

static const char *const names[] = {
	[REMOTE_NONE] = "none", [REMOTE_RDP] = "RDP", [REMOTE_VNC] = "VNC", [REMOTE_SSH] = "SSH",
	[REMOTE_TELNET] = "Telnet", [REMOTE_RLOGIN] = "rlogin", [REMOTE_X11] = "X11",
	[REMOTE_WINRM] = "WinRM", [REMOTE_CITRIX] = "Citrix", [REMOTE_TEAMVIEWER] = "TeamViewer",
	[REMOTE_ANYDESK] = "AnyDesk", [REMOTE_RADMIN] = "Radmin",
	[REMOTE_DESKTOP] = "remote desktop", [REMOTE_OPENVPN] = "OpenVPN",
	[REMOTE_WIREGUARD] = "WireGuard", [REMOTE_IPSEC] = "IPsec", [REMOTE_PPTP] = "PPTP",
	[REMOTE_L2TP] = "L2TP", [REMOTE_VPN] = "VPN", [REMOTE_ANY] = "any protocol",
};
static_assert(ARRAY_SIZE(names) == REMOTE_PROTOCOLS, "every remote protocol has a name");

static const struct {
	const char *name;		/* nDPI's */
	enum remote_protocol is;
} recognised[] = {
	{ "RDP", REMOTE_RDP }, { "VNC", REMOTE_VNC }, { "SSH", REMOTE_SSH },
	{ "Telnet", REMOTE_TELNET }, { "XDMCP", REMOTE_X11 }, { "Citrix", REMOTE_CITRIX },
	{ "TeamViewer", REMOTE_TEAMVIEWER }, { "AnyDesk", REMOTE_ANYDESK },
	{ "Radmin", REMOTE_RADMIN }, { "RustDesk", REMOTE_DESKTOP },
	{ "ToDesk", REMOTE_DESKTOP }, { "GoTo", REMOTE_DESKTOP }, { "Splashtop", REMOTE_DESKTOP },
	{ "OpenVPN", REMOTE_OPENVPN }, { "WireGuard", REMOTE_WIREGUARD },
	{ "IPsec", REMOTE_IPSEC }, { "ESP", REMOTE_IPSEC }, { "AH", REMOTE_IPSEC },
	{ "PPTP", REMOTE_PPTP }, { "L2TP", REMOTE_L2TP }, { "CiscoVPN", REMOTE_VPN },
	{ "FortiClient", REMOTE_VPN }, { "HotspotShield", REMOTE_VPN }, { "TINC", REMOTE_VPN },
	{ "SoftEther", REMOTE_VPN }, { "Tailscale", REMOTE_VPN }, { "ZeroTier", REMOTE_VPN },
	{ "NordVPN", REMOTE_VPN }, { "ProtonVPN", REMOTE_VPN }, { "Hamachi", REMOTE_VPN },
};

static const struct {
	uint8_t proto;
	uint16_t first, last;
	enum remote_protocol is;
} ports[] = {
	{ TCP, 22, 22, REMOTE_SSH }, { TCP, 23, 23, REMOTE_TELNET },
	{ TCP, 512, 513, REMOTE_RLOGIN }, { TCP, 992, 992, REMOTE_TELNET },
	{ TCP, 1494, 1494, REMOTE_CITRIX }, { TCP, 2598, 2598, REMOTE_CITRIX },
	{ TCP, 3389, 3389, REMOTE_RDP }, { UDP, 3389, 3389, REMOTE_RDP },
	{ TCP, 4899, 4899, REMOTE_RADMIN }, { TCP, 5631, 5631, REMOTE_DESKTOP },
	{ TCP, 5800, 5809, REMOTE_VNC }, { TCP, 5900, 5909, REMOTE_VNC },
	{ TCP, 5938, 5938, REMOTE_TEAMVIEWER }, { UDP, 5938, 5938, REMOTE_TEAMVIEWER },
	{ TCP, 5985, 5986, REMOTE_WINRM }, { TCP, 6000, 6009, REMOTE_X11 },
	{ TCP, 6568, 6568, REMOTE_ANYDESK }, { UDP, 500, 500, REMOTE_IPSEC },
	{ UDP, 4500, 4500, REMOTE_IPSEC }, { UDP, 1194, 1194, REMOTE_OPENVPN },
	{ TCP, 1194, 1194, REMOTE_OPENVPN }, { UDP, 1701, 1701, REMOTE_L2TP },
	{ TCP, 1723, 1723, REMOTE_PPTP }, { UDP, 51820, 51820, REMOTE_WIREGUARD },
};

static enum remote_protocol of_id(uint16_t id)
{
	const char *name = id ? dpi_protocol_name(id) : "";

	for (size_t i = 0; name[0] && i < ARRAY_SIZE(recognised); i++)
		if (!strcasecmp(name, recognised[i].name))
			return recognised[i].is;
	return REMOTE_NONE;
}

enum remote_protocol remote_of_verdict(uint16_t master, uint16_t app)
{
	enum remote_protocol p = of_id(master);

	/* nDPI names what the port is of in front of HTTP, as CiscoVPN on 10000 and SSH on 22: with
	 * HTTP in the clear behind it, it is not. */
	if (p && app && !strcasecmp(dpi_protocol_name(app), "HTTP"))
		return REMOTE_NONE;
	return p ? p : of_id(app);
}

enum remote_protocol remote_of_port(uint8_t proto, uint16_t port)
{
	if (proto == ESP || proto == AH)
		return REMOTE_IPSEC;
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (ports[i].proto == proto && port >= ports[i].first && port <= ports[i].last)
			return ports[i].is;
	return REMOTE_NONE;
}

const char *remote_name(enum remote_protocol p)
{
	return (unsigned)p < REMOTE_PROTOCOLS ? names[p] : names[REMOTE_NONE];
}

enum remote_protocol remote_by_name(const char *name)
{
	for (int p = REMOTE_NONE + 1; p < REMOTE_PROTOCOLS; p++)
		if (!strcmp(name, names[p]))
			return (enum remote_protocol)p;
	return REMOTE_NONE;
}
