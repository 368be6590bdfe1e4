/* addr.h - IP addresses and networks, both families in one type.
 *
 * An IPv4 address is held as its IPv4-mapped IPv6 form (RFC 4291 2.5.5.2), so that one
 * comparison, one hash and one prefix test serve both.  Which family a *packet* had is kept
 * beside the address where it matters (struct packet, struct flow_key).
 * Pure functions, any thread, no allocation.
 */
#ifndef NW_BASE_ADDR_H
#define NW_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDR_TEXT_MAX 46	/* INET6_ADDRSTRLEN, with the zero byte */
#define CIDR_TEXT_MAX 50	/* address, "/128", zero byte */

struct addr {
	uint8_t bytes[16];	/* network order; IPv4 as ::ffff:a.b.c.d */
};

struct cidr {
	struct addr addr;	/* host bits are zero */
	uint8_t bits;		/* 0..128 over the 16 bytes: an IPv4 /24 is 120 */
};

struct addr addr_from_ipv4(const uint8_t bytes[static 4]);
struct addr addr_from_ipv6(const uint8_t bytes[static 16]);
bool addr_is_ipv4(const struct addr *a);
int addr_compare(const struct addr *a, const struct addr *b);	/* as memcmp: network order */
bool addr_equal(const struct addr *a, const struct addr *b);

/* Writes the text form ("192.0.2.1", "2001:db8::1") into buf and returns buf. */
const char *addr_format(const struct addr *a, char buf[static ADDR_TEXT_MAX]);
bool addr_parse(const char *text, struct addr *ret_addr);

/* "10.0.0.0/8", "2001:db8::/32"; a bare address is a host network.  false: malformed, or host
 * bits set (a typing error more often than an intention); *ret_cidr is then untouched. */
bool cidr_parse(const char *text, struct cidr *ret_cidr);
bool cidr_contains(const struct cidr *c, const struct addr *a);
const char *cidr_format(const struct cidr *c, char buf[static CIDR_TEXT_MAX]);

bool addr_is_private(const struct addr *a);	/* RFC 1918, RFC 4193, link-local, loopback */
/* Never a crossing (DETECTION section 2): link-local scope, broadcast, 224.0.0.0/24, multicast of
 * link or interface scope, unspecified, loopback. */
bool addr_is_link_scope(const struct addr *a);
bool addr_is_multicast(const struct addr *a);

#endif
