/* group.c - see group.h. */
#include "profile/group.h"

#include <stdio.h>
#include <string.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/pseudonym.h"
#include "base/text.h"

#define MAPPED_BITS 96			/* IPv4 addresses are held as ::ffff:a.b.c.d */

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };

static const char *const names[] = { "ip", "domain", "prefix", "asn", "country", "any" };
static_assert(ARRAY_SIZE(names) == GROUPS, "every group has its name");

static void begin(struct channel_key *key, enum group group)
{
	memset(&key->value, 0, sizeof(key->value));
	key->group = (uint8_t)group;
	key->proto = 0;
	key->port = 0;
}

void group_key_ip(struct channel_key *ret, const struct addr *peer, uint8_t proto, uint16_t port)
{
	begin(ret, GROUP_IP);
	ret->value = *peer;
	ret->proto = proto;
	if (proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP)
		ret->port = port;
}

/* The domains asked for last: a digest costs more than all else that is done with a key. */
#define MEMO_SLOTS 64

struct memo {
	char domain[GROUP_TEXT_MAX];
	struct addr value;
};

static _Thread_local struct memo memos[MEMO_SLOTS];

static struct addr digest_of(const char *domain, size_t len)
{
	uint8_t digest[DIGEST_SHA256_LEN];
	struct addr value;

	digest_sha256(domain, len, digest);
	memcpy(value.bytes, digest, sizeof(value.bytes));
	return value;
}

void group_key_domain(struct channel_key *ret, const char *domain)
{
	size_t len = strlen(domain);
	struct memo *m = &memos[hash_table(domain, len, hash_secret()) % MEMO_SLOTS];

	begin(ret, GROUP_DOMAIN);
	if (!len || len >= sizeof(m->domain)) {
		ret->value = digest_of(domain, len);
		return;
	}
	if (strcmp(m->domain, domain)) {
		memcpy(m->domain, domain, len + 1);
		m->value = digest_of(domain, len);
	}
	ret->value = m->value;
}

static unsigned prefix_bits(const struct addr *a)
{
	return addr_is_ipv4(a) ? MAPPED_BITS + GROUP_PREFIX_BITS_V4 : GROUP_PREFIX_BITS_V6;
}

void group_key_prefix(struct channel_key *ret, const struct addr *peer)
{
	begin(ret, GROUP_PREFIX);
	memcpy(ret->value.bytes, peer->bytes, prefix_bits(peer) / 8);
}

void group_key_asn(struct channel_key *ret, uint32_t asn)
{
	begin(ret, GROUP_ASN);
	for (unsigned i = 0; i < 4; i++)
		ret->value.bytes[i] = (uint8_t)(asn >> (24 - 8 * i));
}

void group_key_country(struct channel_key *ret, const char country[static 3])
{
	begin(ret, GROUP_COUNTRY);
	memcpy(ret->value.bytes, country, 2);
}

void group_key_any(struct channel_key *ret)
{
	begin(ret, GROUP_ANY);
}

int group_key_compare(const struct channel_key *a, const struct channel_key *b)
{
	int order = (int)a->group - (int)b->group;

	if (!order)
		order = memcmp(&a->value, &b->value, sizeof(a->value));
	if (!order)
		order = (int)a->proto - (int)b->proto;
	if (!order)
		order = (int)a->port - (int)b->port;
	return order ? order : (int)a->is_external - (int)b->is_external;
}

const char *group_name(enum group g)
{
	return g < GROUPS ? names[g] : "?";
}

uint32_t group_asn(const struct channel_key *key)
{
	const uint8_t *v = key->value.bytes;

	return (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3];
}

struct cidr group_network(const struct channel_key *key)
{
	return (struct cidr){ .addr = key->value, .bits = (uint8_t)prefix_bits(&key->value) };
}

static void format_prefix(const struct channel_key *key, char buf[static GROUP_TEXT_MAX])
{
	struct cidr c = group_network(key);
	char text[CIDR_TEXT_MAX];

	snprintf(buf, GROUP_TEXT_MAX, "%s", cidr_show(&c, text));
}

const char *group_value(const struct channel_key *key, const char *domain,
			char buf[static GROUP_TEXT_MAX])
{
	const uint8_t *v = key->value.bytes;
	char text[ADDR_TEXT_MAX];

	switch ((enum group)key->group) {
	case GROUP_IP:
		snprintf(buf, GROUP_TEXT_MAX, "%s", addr_show(&key->value, text));
		break;
	case GROUP_DOMAIN:
		name_show(domain ? domain : "?", buf);
		break;
	case GROUP_PREFIX:
		format_prefix(key, buf);
		break;
	case GROUP_ASN:
		snprintf(buf, GROUP_TEXT_MAX, "AS%u", group_asn(key));
		break;
	case GROUP_COUNTRY:
		snprintf(buf, GROUP_TEXT_MAX, "%c%c", v[0], v[1]);
		break;
	default:
		snprintf(buf, GROUP_TEXT_MAX, "*");
	}
	return buf;
}

const char *group_service(const struct channel_key *key, char buf[static SERVICE_TEXT_MAX])
{
	uint8_t proto = key->proto;

	if (key->group != GROUP_IP)
		snprintf(buf, SERVICE_TEXT_MAX, "-");
	else if (proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP)
		snprintf(buf, SERVICE_TEXT_MAX, "%s/%u", proto == PROTO_TCP ? "tcp" :
			 proto == PROTO_UDP ? "udp" : "sctp", key->port);
	else if (proto == PROTO_ICMP || proto == PROTO_ICMPV6)
		snprintf(buf, SERVICE_TEXT_MAX, proto == PROTO_ICMP ? "icmp" : "ipv6-icmp");
	else
		snprintf(buf, SERVICE_TEXT_MAX, "ip/%u", proto);
	return buf;
}

bool group_holds_address(const struct channel_key *key, const struct addr *a)
{
	struct channel_key other;

	if (key->group == GROUP_IP)
		return addr_equal(&key->value, a);
	if (key->group != GROUP_PREFIX)
		return false;
	group_key_prefix(&other, a);
	return addr_equal(&key->value, &other.value);
}
