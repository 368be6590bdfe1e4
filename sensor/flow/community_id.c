/* community_id.c - see community_id.h; the public specification is "Community ID Flow Hashing",
 * version 1.
 *
 * What is hashed (network order): seed, lower address, higher address, protocol, a zero byte, and,
 * where the protocol has ports, the lower and the higher side's port.  A flow_key is ordered the
 * same way already; only a one-way ICMP type keeps its direction.
 */
#include "flow/community_id.h"
#include <string.h>
#include "base/digest.h"
#include "packet/packet.h"

#define COMMUNITY_ID_SEED 0
#define HASHED_MAX (2 + 2 * 16 + 2 + 2 * 2)

struct icmp_pair {
	uint8_t type, answer;
};

static const struct icmp_pair icmp4_pairs[] = {	/* RFC 792, 950, 1256 */
	{ 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 }, { 10, 9 },
};
static const struct icmp_pair icmp6_pairs[] = {	/* RFC 4443, 2710, 4861, 4620, 6275 */
	{ 128, 129 }, { 130, 131 }, { 133, 134 }, { 135, 136 }, { 139, 140 }, { 144, 145 },
};

bool icmp_counter_type(uint8_t ip_version, uint8_t type, uint8_t *ret_type)
{
	const struct icmp_pair *pairs = ip_version == 6 ? icmp6_pairs : icmp4_pairs;
	size_t n = ip_version == 6 ? sizeof(icmp6_pairs) / sizeof(icmp6_pairs[0])
				   : sizeof(icmp4_pairs) / sizeof(icmp4_pairs[0]);

	for (size_t i = 0; i < n; i++) {
		if (type != pairs[i].type && type != pairs[i].answer)
			continue;
		*ret_type = type == pairs[i].type ? pairs[i].answer : pairs[i].type;
		return true;
	}
	return false;
}

static bool is_one_way_icmp(const struct flow_key *key)
{
	uint8_t answer;

	if (key->proto != IP_ICMP && key->proto != IP_ICMPV6)
		return false;
	return !icmp_counter_type(key->proto == IP_ICMPV6 ? 6 : 4, (uint8_t)key->a_port, &answer);
}

static bool has_ports(uint8_t proto)
{
	return proto == IP_TCP || proto == IP_UDP || proto == IP_SCTP || proto == IP_ICMP ||
	       proto == IP_ICMPV6;
}

static size_t put_addr(uint8_t *to, const struct addr *a, uint8_t ip_version)
{
	size_t len = ip_version == 6 ? 16 : 4;

	memcpy(to, a->bytes + 16 - len, len);
	return len;
}

static size_t put_16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	return 2;
}

void community_id_digest(const struct flow_key *key, bool client_is_b,
			 uint8_t ret[static DIGEST_SHA1_LEN])
{
	bool b_first = client_is_b && is_one_way_icmp(key);
	uint8_t hashed[HASHED_MAX];
	size_t len = put_16(hashed, COMMUNITY_ID_SEED);

	len += put_addr(hashed + len, b_first ? &key->b : &key->a, key->ip_version);
	len += put_addr(hashed + len, b_first ? &key->a : &key->b, key->ip_version);
	hashed[len++] = key->proto;
	hashed[len++] = 0;
	if (has_ports(key->proto)) {
		/* Of a one-way type the ports are type and code: they belong to no side. */
		len += put_16(hashed + len, key->a_port);
		len += put_16(hashed + len, key->b_port);
	}
	digest_sha1(hashed, len, ret);
}

void community_id_text(const uint8_t digest[static DIGEST_SHA1_LEN],
		       char ret[static COMMUNITY_ID_MAX])
{
	memcpy(ret, "1:", 2);
	base64_encode(digest, DIGEST_SHA1_LEN, ret + 2);
}

void community_id(const struct flow_key *key, bool client_is_b, char ret[static COMMUNITY_ID_MAX])
{
	uint8_t digest[DIGEST_SHA1_LEN];

	community_id_digest(key, client_is_b, digest);
	community_id_text(digest, ret);
}
