/* remote.h - protocols by which one works on a machine from elsewhere, or reaches its network.
 *
 * By what nDPI recognised, whatever the port; or, where it recognised nothing, by a port that such
 * a protocol is registered for (weaker: anything may use a port).  WinRM is HTTP, so its port
 * decides.  What a peer wraps into TLS without telling (a web console, a guacamole) is not seen.
 * Pure functions, any thread.
 */
#ifndef NW_DPI_REMOTE_H
#define NW_DPI_REMOTE_H

#include <stdint.h>

enum remote_protocol {
	REMOTE_NONE,
	REMOTE_RDP, REMOTE_VNC, REMOTE_SSH, REMOTE_TELNET, REMOTE_RLOGIN, REMOTE_X11, REMOTE_WINRM,
	REMOTE_CITRIX, REMOTE_TEAMVIEWER, REMOTE_ANYDESK, REMOTE_RADMIN, REMOTE_DESKTOP,
	REMOTE_OPENVPN, REMOTE_WIREGUARD, REMOTE_IPSEC, REMOTE_PPTP, REMOTE_L2TP, REMOTE_VPN,
	REMOTE_ANY,			/* everything between two machines: NW-REM-003 */
	REMOTE_PROTOCOLS
};

/* nDPI's ids (slice.h); REMOTE_NONE: another protocol, or none. */
enum remote_protocol remote_of_verdict(uint16_t master, uint16_t app);
/* The server's port. */
enum remote_protocol remote_of_port(uint8_t proto, uint16_t port);
const char *remote_name(enum remote_protocol p);	/* "RDP", "SSH", "a VPN" */
enum remote_protocol remote_by_name(const char *name);	/* REMOTE_NONE: no such */

#endif
