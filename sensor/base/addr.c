/* addr.c - see addr.h.  The text form is inet_ntop()'s, which is RFC 5952's. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"

static const uint8_t ipv4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

struct addr addr_from_ipv4(const uint8_t bytes[static 4])
{
	struct addr a;

	memcpy(a.bytes, ipv4_prefix, sizeof(ipv4_prefix));
	memcpy(a.bytes + 12, bytes, 4);
	return a;
}

struct addr addr_from_ipv6(const uint8_t bytes[static 16])
{
	struct addr a;

	memcpy(a.bytes, bytes, sizeof(a.bytes));
	return a;
}

bool addr_is_ipv4(const struct addr *a)
{
	return !memcmp(a->bytes, ipv4_prefix, sizeof(ipv4_prefix));
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

const char *addr_format(const struct addr *a, char buf[static ADDR_TEXT_MAX])
{
	if (addr_is_ipv4(a))
		inet_ntop(AF_INET, a->bytes + 12, buf, ADDR_TEXT_MAX);
	else
		inet_ntop(AF_INET6, a->bytes, buf, ADDR_TEXT_MAX);
	return buf;
}

bool addr_parse(const char *text, struct addr *ret_addr)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		*ret_addr = addr_from_ipv4(bytes);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*ret_addr = addr_from_ipv6(bytes);
	else
		return false;
	return true;
}

/* Do the first bits of a and b agree? */
static bool prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (memcmp(a, b, whole))
		return false;
	return rest == 0 || (a[whole] & mask) == (b[whole] & mask);
}

static bool parse_bits(const char *text, unsigned max, unsigned *ret_bits)
{
	unsigned long bits;
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 3)
		return false;
	bits = strtoul(text, &end, 10);
	if (*end || bits > max)
		return false;
	*ret_bits = (unsigned)bits;
	return true;
}

bool cidr_parse(const char *text, struct cidr *ret_cidr)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT_MAX];
	struct addr a, low;
	unsigned max, bits;
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!addr_parse(host, &a))
		return false;
	max = strchr(host, ':') ? 128 : 32;
	bits = max;
	if (slash && !parse_bits(slash + 1, max, &bits))
		return false;
	bits += 128 - max;
	/* Host bits must be zero: compare the address with itself masked. */
	low = a;
	for (unsigned i = bits; i < 128; i++)
		low.bytes[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	if (!addr_equal(&low, &a))
		return false;
	ret_cidr->addr = a;
	ret_cidr->bits = (uint8_t)bits;
	return true;
}

bool cidr_contains(const struct cidr *c, const struct addr *a)
{
	return prefix_equal(c->addr.bytes, a->bytes, c->bits);
}

const char *cidr_format(const struct cidr *c, char buf[static CIDR_TEXT_MAX])
{
	char host[ADDR_TEXT_MAX];
	unsigned bits = c->bits;

	if (addr_is_ipv4(&c->addr) && bits >= 96)
		bits -= 96;
	snprintf(buf, CIDR_TEXT_MAX, "%s/%u", addr_format(&c->addr, host), bits);
	return buf;
}

static bool ipv4_in(const struct addr *a, uint32_t net, unsigned bits)
{
	return addr_is_ipv4(a) && (net_get32(a->bytes + 12) ^ net) >> (32 - bits) == 0;
}

bool addr_is_private(const struct addr *a)
{
	if (addr_is_ipv4(a))
		return ipv4_in(a, 0x0a000000, 8) || ipv4_in(a, 0xac100000, 12) ||
		       ipv4_in(a, 0xc0a80000, 16) || ipv4_in(a, 0xa9fe0000, 16) ||
		       ipv4_in(a, 0x7f000000, 8);
	return (a->bytes[0] & 0xfe) == 0xfc ||
	       (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80) || addr_is_link_scope(a);
}

bool addr_is_link_scope(const struct addr *a)
{
	static const uint8_t loopback[16] = { [15] = 1 }, unspecified[16];

	if (addr_is_ipv4(a))
		return ipv4_in(a, 0xa9fe0000, 16) || ipv4_in(a, 0xe0000000, 24) ||
		       ipv4_in(a, 0xffffffff, 32) || ipv4_in(a, 0x7f000000, 8) ||
		       ipv4_in(a, 0x00000000, 8);
	if (a->bytes[0] == 0xff)	/* RFC 4291 2.7: scopes 1 interface, 2 link */
		return (a->bytes[1] & 0x0f) <= 2;
	return (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80) ||
	       !memcmp(a->bytes, loopback, 16) || !memcmp(a->bytes, unspecified, 16);
}

bool addr_is_multicast(const struct addr *a)
{
	return addr_is_ipv4(a) ? ipv4_in(a, 0xe0000000, 4) : a->bytes[0] == 0xff;
}
