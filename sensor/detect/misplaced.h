/* misplaced.h - NW-EXF-009: a protocol that is not on its port carries upload to the outside: SSH
 * where TLS belongs, TLS where DNS does.  Firewalls let it pass by its port.
 *
 *	protocol	as it was recognised in the payload (verdict "dpi" or "light"); what a port,
 *			an address or a cache suggests is never asked.  What we read ourselves goes
 *			before nDPI, which lets the port speak where it should not: 4.2 calls TLS on
 *			TCP port 53 DNS, and HTTP on 22 SSH.HTTP.  Of a carrier with something
 *			inside (TLS.RDP), either of the two may be at home on the port
 *	home		the table in misplaced.c: the ports that the protocol is usually on, those
 *			that the site adds for it (`also_tls` ...), and one for all (`also_any`).
 *			Protocols that live on any port (RTP, STUN, games) are not in it; of those
 *			that live on any high port (WireGuard, BitTorrent) low ports are told
 *	port		the server's; where nobody saw who opened the connection, the client's may
 *			be the home as well
 *	told		when the upload of the asset by it to one network (/24, /48) is more than
 *			`bytes` (100 kB), whoever opened the connection; days without it end the sum
 *			as they end an incident
 *	not		what an expected entry covers at any time, either way: by the protocol's
 *			name or by its port
 *	severity	3; 2 of an address that nobody lists, or without a site policy
 *
 * Kept in profile/dealing.h, by network and protocol, so that neither another port nor another
 * address has the sum begin anew.  Pure functions, any thread.
 */
#ifndef NW_DETECT_MISPLACED_H
#define NW_DETECT_MISPLACED_H

#include "flow/slice.h"
#include "policy/rule_params.h"

struct misplaced_protocol {
	const char *name;		/* nDPI's */
	uint16_t home;			/* its first port: stands for it in a key */
};

/* The id (dpi.h) of the protocol that the minute is taken for. */
uint16_t misplaced_id(const struct slice *s);
/* The protocol that is not on its port in this minute, or NULL. */
const struct misplaced_protocol *misplaced_look(const struct misplaced_params *p,
						const struct slice *s);
/* The one with that first port, or NULL.  proto: IP_TCP, IP_UDP. */
const struct misplaced_protocol *misplaced_of_home(uint8_t proto, uint16_t home);
unsigned misplaced_severity(bool is_listed, bool has_policy);

#endif
