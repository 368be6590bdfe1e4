/* claims_link.c - ARP and neighbour discovery (claims.h). */
#include <string.h>
#include "base/bytes.h"
#include "dpi/claims.h"

#define ARP_ETHERNET 1
#define ARP_IPV4 0x0800
#define ND_HOPS 255
#define OPTION_SOURCE 1
#define OPTION_TARGET 2
#define OPTION_PREFIX 3
#define OPTION_MTU 5
#define OPTION_DNS 25

bool claims_arp(const uint8_t *bytes, size_t len, struct claims_arp *ret)
{
	static const uint8_t nowhere[4];
	const uint8_t *sender, *target;

	memset(ret, 0, sizeof(*ret));
	if (len < 28 || net_get16(bytes) != ARP_ETHERNET || net_get16(bytes + 2) != ARP_IPV4 ||
	    bytes[4] != 6 || bytes[5] != 4)
		return false;
	ret->operation = net_get16(bytes + 6);
	memcpy(ret->sender_mac, bytes + 8, 6);
	sender = bytes + 14;
	memcpy(ret->target_mac, bytes + 18, 6);
	target = bytes + 24;
	ret->sender = addr_from_ipv4(sender);
	ret->target = addr_from_ipv4(target);
	ret->is_probe = ret->operation == 1 && !memcmp(sender, nowhere, 4);
	ret->is_announcement = !ret->is_probe && !memcmp(sender, target, 4);
	return true;
}

/* --- neighbour discovery --------------------------------------------------------------- */

static void read_prefix(const uint8_t *option, struct claims_nd *ret)
{
	struct claims_prefix *p = &ret->prefix[ret->prefixes];

	if (option[2] > 128)
		return;
	if (ret->prefixes == CLAIMS_LIST_MAX) {
		ret->prefixes_beyond += ret->prefixes_beyond < UINT8_MAX;
		return;
	}
	ret->prefixes++;
	p->len = option[2];
	p->is_on_link = option[3] & 0x80;
	p->is_autonomous = option[3] & 0x40;
	p->valid_s = net_get32(option + 4);
	p->preferred_s = net_get32(option + 8);
	p->addr = addr_from_ipv6(option + 16);
}

static void read_option(const uint8_t *option, size_t len, struct claims_nd *ret)
{
	switch (option[0]) {
	case OPTION_SOURCE:
	case OPTION_TARGET:
		if (len == 8 && !ret->has_mac) {
			memcpy(ret->mac, option + 2, 6);
			ret->has_mac = true;
		}
		break;
	case OPTION_PREFIX:
		if (len == 32 && ret->type == CLAIMS_ROUTER_ADVERTISEMENT)
			read_prefix(option, ret);
		break;
	case OPTION_MTU:
		if (len == 8)
			ret->mtu = net_get32(option + 4);
		break;
	case OPTION_DNS:
		for (size_t at = 8; at + 16 <= len; at += 16)
			claims_add(&ret->dns, addr_from_ipv6(option + at));
		break;
	default:
		break;
	}
}

static void read_advertisement(const uint8_t *head, struct claims_nd *ret)
{
	static const int8_t preferences[4] = { 0, 1, 0, -1 };	/* RFC 4191 2.1; 2 is reserved */

	ret->is_managed = head[5] & 0x80;
	ret->has_other = head[5] & 0x40;
	ret->preference = preferences[head[5] >> 3 & 3];
	ret->lifetime_s = net_get16(head + 6);
}

static size_t head_len(uint8_t type)
{
	switch (type) {
	case CLAIMS_ROUTER_SOLICITATION: return 8;
	case CLAIMS_ROUTER_ADVERTISEMENT: return 16;
	case CLAIMS_SOLICITATION: case CLAIMS_ADVERTISEMENT: return 24;
	case CLAIMS_REDIRECT: return 40;
	default: return 0;
	}
}

bool claims_nd(const uint8_t *bytes, size_t len, uint8_t hop_limit, struct claims_nd *ret)
{
	struct cursor c = cursor_over(bytes, len);
	size_t n = len ? head_len(bytes[0]) : 0;
	const uint8_t *head = n ? cursor_take(&c, n) : NULL;

	memset(ret, 0, sizeof(*ret));
	if (!head || head[1] != 0 || hop_limit != ND_HOPS)
		return false;
	ret->type = head[0];
	if (n >= 24)
		ret->target = addr_from_ipv6(head + 8);
	if (n == 40)
		ret->destination = addr_from_ipv6(head + 24);
	if (ret->type == CLAIMS_ROUTER_ADVERTISEMENT)
		read_advertisement(head, ret);
	ret->is_router = ret->type == CLAIMS_ADVERTISEMENT && head[4] & 0x80;
	ret->is_solicited = ret->type == CLAIMS_ADVERTISEMENT && head[4] & 0x40;
	ret->is_override = ret->type == CLAIMS_ADVERTISEMENT && head[4] & 0x20;
	while (c.left >= 8) {
		size_t option_len = 8 * (size_t)c.data[1];
		const uint8_t *option = option_len ? cursor_take(&c, option_len) : NULL;

		if (!option)
			break;
		read_option(option, option_len, ret);
	}
	return true;
}
