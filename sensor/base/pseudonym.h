/* pseudonym.h - how addresses and names are shown when a site wants pseudonyms.
 *
 * Inside, addresses and names stay as they were on the wire: networks, geography and domains are
 * judged by them.  Whatever writes one for people or for other programs - a record, a text, a flow,
 * the page of an attestation, an id that is a hash - takes it through here, so that none can be
 * forgotten.  Like the log, the choice is the process's: pseudonyms_use() is called before there is
 * a second thread, pseudonyms_know() at every change of the asset list; the rest, any thread.
 *
 * A pseudonym is HMAC-SHA-256 (RFC 2104) under the site's key, cut short.  The same key gives the
 * same pseudonym in every record, run and sensor, so that cases still link; without the key nobody
 * can try addresses until one fits, as with a bare hash.  What a group has in common stays visible:
 *
 *   address	fdpp:pppp:pppp:pppp:hhhh:hhhh:hhhh:hhhh, a unique local address (RFC 4193) that no
 *		network routes: p of its network (IPv4 /24, IPv6 /48), h of the whole address
 *   network	fdpp:pppp:pppp:pppp::/64, for any length
 *   name	one label for each label, each made of the name from there on: two hosts of one
 *		domain share its pseudonym.  Ends in ".invalid" (RFC 6761).  Where addresses
 *		alone are wanted: names that tell one (9.113.0.203.in-addr.arpa)
 *
 * Clear stay: addresses of listed assets (the operator's own machines, which the policy names),
 * multicast, broadcast and unspecified ones, and names that are literal addresses of those.
 */
#ifndef NW_BASE_PSEUDONYM_H
#define NW_BASE_PSEUDONYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/addr.h"

#define PSEUDONYM_KEY_LEN 32
#define PSEUDONYM_KEY_FILE_MIN 32	/* bytes that a key file must have */
#define PSEUDONYM_KEY_FILE_MAX 4096
#define PSEUDONYM_NAME_MAX 256		/* of a name as shown, clear or not, with the zero byte */

struct pseudonyms {
	bool addresses, names;
	uint8_t key[PSEUDONYM_KEY_LEN];
};

/* The key in a file: the SHA-256 of its bytes, all of them, a line end too.  0; -errno; ERR_FORMAT
 * for a file that is no regular one, or too short or too long.  Not logged. */
int pseudonym_key_load(const char *path, uint8_t ret_key[static PSEUDONYM_KEY_LEN]);
/* A key for another use, made from that one: `use` is a word. */
int pseudonym_key_derive(const uint8_t key[static PSEUDONYM_KEY_LEN], const char *use,
			 uint8_t ret_key[static PSEUDONYM_KEY_LEN]);	/* 0 or -ENOMEM */

void pseudonyms_use(const struct pseudonyms *p);	/* copied; NULL: all is shown clear */
/* The addresses of listed assets, copied; in place of those before.  0 or -ENOMEM: those stay. */
int pseudonyms_know(const struct addr *list, size_t n);
bool pseudonyms_for_addresses(void);
bool pseudonyms_for_names(void);

struct addr addr_shown(const struct addr *a);		/* itself, or its pseudonym */
/* Its pseudonym also when it is an asset's: what it was shown as before it was listed. */
struct addr addr_pseudonym(const struct addr *a);
/* As addr_format() and cidr_format(), of what is shown.  A bare host is shown as an address. */
const char *addr_show(const struct addr *a, char buf[static ADDR_TEXT_MAX]);
const char *cidr_show(const struct cidr *c, char buf[static CIDR_TEXT_MAX]);
/* A host or domain name; clear ones are copied as they are, cut when too long. */
const char *name_show(const char *name, char buf[static PSEUDONYM_NAME_MAX]);

#endif
