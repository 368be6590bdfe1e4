/* claims_dhcp.c - DHCP and DHCPv6 (claims.h). */
#include <string.h>
#include "base/bytes.h"
#include "dpi/claims.h"

#define BOOTP_LEN 236
#define COOKIE 0x63825363
#define OPTION_PAD 0
#define OPTION_END 255

static void take_text(char text[static CLAIMS_TEXT_MAX], const uint8_t *bytes, size_t len)
{
	if (len > CLAIMS_TEXT_MAX - 1)
		len = CLAIMS_TEXT_MAX - 1;
	memcpy(text, bytes, len);
	text[len] = '\0';
}

/* --- DHCP ------------------------------------------------------------------------------ */

static void add_all(struct claims_addrs *list, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 4 <= len; i += 4)
		claims_add(list, addr_from_ipv4(bytes + i));
}

static void read_option(unsigned code, const uint8_t *value, size_t len, struct claims_dhcp *ret)
{
	switch (code) {
	case 3:
		add_all(&ret->routers, value, len);
		break;
	case 6:
		add_all(&ret->dns, value, len);
		break;
	case 12:
		take_text(ret->hostname, value, len);
		break;
	case 50:
		if (len == 4)
			ret->requested = addr_from_ipv4(value);
		break;
	case 51:
		if (len == 4)
			ret->lease_s = net_get32(value);
		break;
	case 53:
		if (len == 1)
			ret->type = value[0];
		break;
	case 54:
		if (len == 4)
			ret->server = addr_from_ipv4(value);
		break;
	case 60:
		take_text(ret->vendor, value, len);
		break;
	default:
		break;
	}
}

static void read_options(struct cursor *c, struct claims_dhcp *ret)
{
	while (c->left) {
		unsigned code = cursor_u8(c);
		size_t len;
		const uint8_t *value;

		if (code == OPTION_PAD)
			continue;
		if (code == OPTION_END)
			return;
		len = cursor_u8(c);
		value = cursor_take(c, len);
		if (!value || c->is_short)
			return;
		read_option(code, value, len, ret);
	}
}

bool claims_dhcp(const uint8_t *bytes, size_t len, struct claims_dhcp *ret)
{
	static const uint8_t nowhere[4];
	struct cursor c = cursor_over(bytes, len);
	const uint8_t *head = cursor_take(&c, BOOTP_LEN);

	memset(ret, 0, sizeof(*ret));
	/* operation 1 or 2, Ethernet, addresses of 6 bytes */
	if (!head || (head[0] != 1 && head[0] != 2) || head[1] != 1 || head[2] != 6)
		return false;
	ret->is_reply = head[0] == 2;
	ret->transaction = net_get32(head + 4);
	ret->client = addr_from_ipv4(head + 12);
	ret->yours = addr_from_ipv4(head + 16);
	ret->relay = addr_from_ipv4(head + 24);
	ret->requested = ret->server = addr_from_ipv4(nowhere);
	memcpy(ret->mac, head + 28, 6);
	if (cursor_be32(&c) == COOKIE)
		read_options(&c, ret);
	return true;
}

/* --- DHCPv6 ---------------------------------------------------------------------------- */

#define RELAY_FORWARD 12
#define RELAY_REPLY 13
#define RELAY_HEADER 34
#define RELAYS_MAX 8			/* RFC 8415 HOP_COUNT_LIMIT */
#define OPTION6_CLIENT 1
#define OPTION6_SERVER 2
#define OPTION6_IA_NA 3
#define OPTION6_IA_TA 4
#define OPTION6_ADDRESS 5
#define OPTION6_RELAYED 9
#define OPTION6_DNS 23
#define OPTION6_FQDN 39

struct option6 {
	unsigned code;
	const uint8_t *value;
	size_t len;
};

static bool next_option(struct cursor *c, struct option6 *ret)
{
	if (c->left < 4)
		return false;
	ret->code = cursor_be16(c);
	ret->len = cursor_be16(c);
	ret->value = cursor_take(c, ret->len);
	return ret->value && !c->is_short;
}

/* DUID-LLT (1) and DUID-LL (3) of Ethernet end with the address. */
static void read_client(const struct option6 *o, struct claims_dhcp6 *ret)
{
	unsigned type = o->len >= 4 ? net_get16(o->value) : 0;
	size_t at = type == 1 ? 8 : 4;

	if ((type != 1 && type != 3) || net_get16(o->value + 2) != 1 || o->len != at + 6)
		return;
	memcpy(ret->mac, o->value + at, 6);
	ret->has_mac = true;
}

static void read_name(const struct option6 *o, struct claims_dhcp6 *ret)
{
	struct cursor c = cursor_over(o->value, o->len);
	size_t used = 0;

	cursor_u8(&c);			/* flags */
	while (c.left) {
		size_t n = cursor_u8(&c);
		const uint8_t *label = n ? cursor_take(&c, n) : NULL;

		if (!label || used + n + 2 > CLAIMS_TEXT_MAX)
			return;
		if (used)
			ret->hostname[used++] = '.';
		memcpy(ret->hostname + used, label, n);
		used += n;
		ret->hostname[used] = '\0';
	}
}

static void read_association(const struct option6 *o, struct claims_dhcp6 *ret)
{
	size_t head = o->code == OPTION6_IA_NA ? 12 : 4;
	struct cursor c = cursor_over(o->value, o->len);
	struct option6 inner;

	if (!cursor_take(&c, head))
		return;
	while (next_option(&c, &inner))
		if (inner.code == OPTION6_ADDRESS && inner.len >= 24)
			claims_add(&ret->given, addr_from_ipv6(inner.value));
}

static void read_option6(const struct option6 *o, struct claims_dhcp6 *ret)
{
	switch (o->code) {
	case OPTION6_CLIENT:
		read_client(o, ret);
		break;
	case OPTION6_SERVER:
		ret->has_server = true;
		break;
	case OPTION6_IA_NA:
	case OPTION6_IA_TA:
		read_association(o, ret);
		break;
	case OPTION6_DNS:
		for (size_t at = 0; at + 16 <= o->len; at += 16)
			claims_add(&ret->dns, addr_from_ipv6(o->value + at));
		break;
	case OPTION6_FQDN:
		read_name(o, ret);
		break;
	default:
		break;
	}
}

/* Into the message that a relay carries.  false: there is none. */
static bool enter_relayed(struct cursor *c)
{
	struct option6 o;

	if (!cursor_take(c, RELAY_HEADER))
		return false;
	while (next_option(c, &o))
		if (o.code == OPTION6_RELAYED) {
			*c = cursor_over(o.value, o.len);
			return true;
		}
	return false;
}

bool claims_dhcp6(const uint8_t *bytes, size_t len, struct claims_dhcp6 *ret)
{
	struct cursor c = cursor_over(bytes, len);
	struct option6 o;

	memset(ret, 0, sizeof(*ret));
	for (int i = 0; c.left && (c.data[0] == RELAY_FORWARD || c.data[0] == RELAY_REPLY); i++) {
		ret->is_relayed = true;
		if (i == RELAYS_MAX || !enter_relayed(&c))
			return false;
	}
	ret->type = cursor_u8(&c);
	if (c.left < 3 || !ret->type || ret->type >= RELAY_FORWARD)
		return false;
	ret->transaction = (uint32_t)cursor_u8(&c) << 16;
	ret->transaction |= cursor_be16(&c);
	while (next_option(&c, &o))
		read_option6(&o, ret);
	return true;
}
