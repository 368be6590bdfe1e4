/* fuzz_claims.c - any bytes as ARP, neighbour discovery, DHCP and DHCPv6.
 *
 * The first byte says which.  Checked: the same bytes give the same claims, lists are within their
 * bounds, texts are ended.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dpi/claims.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static void check_text(const char *text)
{
	ENSURE(strnlen(text, CLAIMS_TEXT_MAX) < CLAIMS_TEXT_MAX);
}

static void check_arp(const uint8_t *bytes, size_t len)
{
	struct claims_arp one, two;
	bool ok = claims_arp(bytes, len, &one);

	ENSURE(claims_arp(bytes, len, &two) == ok && !memcmp(&one, &two, sizeof(one)));
	ENSURE(!(one.is_probe && one.is_announcement));
}

static void check_nd(const uint8_t *bytes, size_t len, uint8_t hops)
{
	struct claims_nd one, two;
	bool ok = claims_nd(bytes, len, hops, &one);

	ENSURE(claims_nd(bytes, len, hops, &two) == ok && !memcmp(&one, &two, sizeof(one)));
	ENSURE(one.prefixes <= CLAIMS_LIST_MAX && one.dns.n <= CLAIMS_LIST_MAX);
	ENSURE(!ok || hops == 255);
	for (int i = 0; i < one.prefixes; i++)
		ENSURE(one.prefix[i].len <= 128);
}

static void check_dhcp(const uint8_t *bytes, size_t len)
{
	struct claims_dhcp one, two;
	bool ok = claims_dhcp(bytes, len, &one);

	ENSURE(claims_dhcp(bytes, len, &two) == ok && !memcmp(&one, &two, sizeof(one)));
	ENSURE(one.routers.n <= CLAIMS_LIST_MAX && one.dns.n <= CLAIMS_LIST_MAX);
	check_text(one.hostname);
	check_text(one.vendor);
}

static void check_dhcp6(const uint8_t *bytes, size_t len)
{
	struct claims_dhcp6 one, two;
	bool ok = claims_dhcp6(bytes, len, &one);

	ENSURE(claims_dhcp6(bytes, len, &two) == ok && !memcmp(&one, &two, sizeof(one)));
	ENSURE(one.given.n <= CLAIMS_LIST_MAX && one.dns.n <= CLAIMS_LIST_MAX);
	check_text(one.hostname);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] & 3) {
	case 0:
		check_arp(data + 1, size - 1);
		break;
	case 1:
		check_nd(data + 1, size - 1, data[0] & 4 ? 255 : 254);
		break;
	case 2:
		check_dhcp(data + 1, size - 1);
		break;
	default:
		check_dhcp6(data + 1, size - 1);
		break;
	}
	return 0;
}
