/* duplicates.c - see duplicates.h.
 *
 * The digest folds products of 64 bits, four sums side by side so that the multiplier never waits:
 * about 16 bytes a cycle.  Keyed by the seed, so that nobody can make two packets agree.
 */
#include "flow/duplicates.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"

#define SET 4
#define SETS (DUPLICATES_MAX / SET)
#define WAY_SETS (DUPLICATES_WAYS / SET)
#define HEAD 64			/* bytes: the checksum of the transport lies in them */
#define CUT_STEP 64		/* bytes: duplicates.h "copies of a cut capture" */
#define VOTES_MAX 256
#define VOTES_MIN 16
#define IPV4_HEADER 20
#define IPV6_HEADER 40

struct seen {
	uint64_t digest;	/* 0: free */
	uint64_t when_ns;
	uint32_t way;
	struct flow_place place;
	uint8_t ttl;
	bool has_macs;
};
static_assert(sizeof(struct seen) == 32, "a set is two cache lines");

struct votes {
	uint32_t way;
	uint16_t firsts, copies;
};

struct duplicates {
	struct seen sets[SETS][SET];
	struct votes votes[WAY_SETS][SET];
	uint64_t seed;
	uint64_t forgotten;
};

int duplicates_new(uint64_t seed, struct duplicates **ret_duplicates)
{
	size_t size = (sizeof(struct duplicates) + 63) / 64 * 64;
	struct duplicates *d = aligned_alloc(64, size);

	if (!d)
		return -ENOMEM;
	memset(d, 0, size);
	d->seed = seed;
	*ret_duplicates = d;
	return 0;
}

void duplicates_free(struct duplicates *d)
{
	free(d);
}

uint64_t duplicates_forgotten(const struct duplicates *d)
{
	return d->forgotten;
}

/* --- digest ---------------------------------------------------------------------------------- */

static const uint64_t keys[4] = {	/* fractions of the square roots of 2, 3, 5 and 7 */
	0x6a09e667f3bcc909ULL, 0xbb67ae8584caa73bULL, 0x3c6ef372fe94f82bULL, 0xa54ff53a5f1d36f1ULL
};

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 product;

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	product p = (product)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}
#else
static inline uint64_t fold(uint64_t a, uint64_t b)
{
	return hash_mix(hash_mix(a) ^ b);
}
#endif

static inline uint64_t load(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static inline uint64_t step(const uint8_t *at, uint64_t key, uint64_t sum)
{
	return fold(load(at) ^ key, load(at + 8) ^ sum);
}

static uint64_t digest_bytes(const uint8_t *at, size_t len, uint64_t seed)
{
	uint64_t a = seed, b = seed ^ keys[1], c = seed ^ keys[2], d = seed ^ len;
	const uint64_t ka = seed ^ keys[0], kb = seed ^ keys[1], kc = seed ^ keys[2],
		       kd = seed ^ keys[3];
	uint8_t rest[16] = { 0 };

	for (; len >= 64; at += 64, len -= 64) {
		a = step(at, ka, a);
		b = step(at + 16, kb, b);
		c = step(at + 32, kc, c);
		d = step(at + 48, kd, d);
	}
	for (; len >= 16; at += 16, len -= 16) {
		a = step(at, ka, a ^ b);
		b = len;
	}
	if (len) {
		memcpy(rest, at, len);
		d = step(rest, kd, d);
	}
	return fold(a ^ b ^ keys[0], c ^ d ^ seed);
}

/* Where the transport header begins, from the end of the fixed IP header; behind IPv6 extension
 * headers it is not searched for, and its checksum is compared like every byte. */
static uint32_t transport_at(const struct packet *p)
{
	const uint8_t *ip = p->bytes + p->ip_off;

	if (p->ip_version == 4)
		return (ip[0] & 0x0fU) * 4 - IPV4_HEADER;
	return ip[6] == p->proto ? 0 : HEAD;
}

static void mask_checksum(const struct packet *p, uint8_t head[HEAD], uint32_t len)
{
	uint32_t at = transport_at(p) + (p->proto == IP_TCP ? 16 : 6);

	if ((p->proto == IP_TCP || p->proto == IP_UDP) && at + 2 <= len && at + 2 <= HEAD)
		head[at] = head[at + 1] = 0;
}

/* Everything from the end of the fixed IP header to what both copies of a cut packet have. */
static uint64_t digest_body(const struct packet *p, bool has_transport, uint64_t seed)
{
	uint32_t fixed = p->ip_version == 4 ? IPV4_HEADER : IPV6_HEADER;
	uint32_t captured = p->caplen - p->ip_off;
	const uint8_t *body = p->bytes + p->ip_off + fixed;
	uint8_t head[HEAD] = { 0 };
	uint32_t len;

	if (captured < p->ip_len)
		captured -= captured % CUT_STEP;
	else
		captured = p->ip_len;
	if (captured <= fixed)
		return seed;
	len = captured - fixed;
	memcpy(head, body, len < HEAD ? len : HEAD);
	if (has_transport)
		mask_checksum(p, head, len);
	seed = digest_bytes(head, HEAD, seed ^ len);
	return len > HEAD ? digest_bytes(body + HEAD, len - HEAD, seed) : seed;
}

/* The fixed header without what changes on the way. */
static uint64_t header_word(const struct packet *p)
{
	const uint8_t *ip = p->bytes + p->ip_off;

	if (p->ip_version == 4)		/* identification, fragment, header length, protocol */
		return (uint64_t)net_get32(ip + 4) << 32 | (uint64_t)ip[0] << 8 | ip[9];
	return (uint64_t)(net_get32(ip) & 0xf00fffffU) << 32 | ip[6];
}

/* Who gives way to whom must not depend on the seed, which is another one in every run; what is the
 * same as what must, or a sender could make two packets agree. */
static uint64_t set_number(const struct packet *p)
{
	uint64_t h = fold(load(p->src.bytes) ^ keys[0], load(p->src.bytes + 8) ^ keys[1]);

	h = fold(load(p->dst.bytes) ^ keys[2] ^ h, load(p->dst.bytes + 8) ^ keys[3]);
	h = fold(header_word(p) ^ keys[1], h ^ p->ip_len);
	h = fold(((uint64_t)p->seq << 32 | p->ack) ^ keys[3],
		 h ^ ((uint64_t)p->sport << 32 | (uint64_t)p->dport << 16 | p->tcp_flags));
	return h % SETS;
}

uint64_t duplicates_digest(const struct duplicates *d, const struct packet *p,
			   enum packet_status status)
{
	uint64_t h = d->seed;

	h = fold(load(p->src.bytes) ^ keys[0] ^ h, load(p->src.bytes + 8) ^ keys[1]);
	h = fold(load(p->dst.bytes) ^ keys[2] ^ h, load(p->dst.bytes + 8) ^ keys[3] ^ h);
	h = fold(header_word(p) ^ keys[1] ^ d->seed, h ^ p->ip_len);
	/* Of a cut packet perhaps all that is left of the transport. */
	h = fold(((uint64_t)p->seq << 32 | p->ack) ^ keys[3] ^ d->seed,
		 h ^ ((uint64_t)p->sport << 32 | (uint64_t)p->dport << 16 | p->tcp_flags));
	if (addr_is_link_scope(&p->src) || addr_is_link_scope(&p->dst))
		h ^= hash_mix((uint64_t)p->tap << 32 | (uint64_t)p->vlan[0] << 16 | p->vlan[1]);
	h = digest_body(p, status == PACKET_OK, h);
	h = h - h % SETS + set_number(p);
	return h ? h : SETS;
}

/* --- judging --------------------------------------------------------------------------------- */

enum number {		/* what tells a packet from the sender's next one */
	NUMBER_ID,	/* IPv4 identification, fragment */
	NUMBER_SEQUENCE,
	NUMBER_NONE
};

static enum number number_of(const struct packet *p, enum packet_status status)
{
	if (status == PACKET_FRAGMENT ||
	    (p->ip_version == 4 && net_get16(p->bytes + p->ip_off + 4)))
		return NUMBER_ID;
	if (p->proto == IP_TCP && (p->payload_len || p->tcp_flags & (PACKET_SYN | PACKET_FIN)))
		return NUMBER_SEQUENCE;
	return NUMBER_NONE;
}

static uint32_t way_of(const struct packet *p, const struct flow_place *place)
{
	uint64_t src = 0, dst = 0;

	memcpy(&src, p->src_mac, sizeof(p->src_mac));
	memcpy(&dst, p->dst_mac, sizeof(p->dst_mac));
	src |= (uint64_t)place->tap << 48;
	dst |= (uint64_t)place->vlan[0] << 48;
	return (uint32_t)fold(src ^ keys[0], dst ^ keys[1] ^ (uint64_t)place->vlan[1] << 32);
}

/* The way used last stands first in its set, and the last gives way. */
static struct votes *votes_of(struct duplicates *d, uint32_t way)
{
	struct votes *set = d->votes[way % WAY_SETS], its = { .way = way };
	unsigned at = 0;

	while (at < SET - 1 && set[at].way != way)
		at++;
	if (set[at].way == way)
		its = set[at];
	memmove(set + 1, set, at * sizeof(*set));
	set[0] = its;
	return set;
}

static void vote(struct votes *v, bool is_copy)
{
	if (v->firsts + v->copies >= VOTES_MAX) {
		v->firsts /= 2;
		v->copies /= 2;
	}
	if (is_copy)
		v->copies++;
	else
		v->firsts++;
}

static bool is_doubled(const struct votes *v)
{
	return v->firsts + v->copies >= VOTES_MIN && v->copies * 4 >= v->firsts * 3 &&
	       v->copies <= v->firsts * 3;
}

static bool differs(const struct votes *v)
{
	return v->firsts + v->copies >= VOTES_MIN && v->copies * 4 < v->firsts;
}

struct arrival {
	uint64_t digest, now_ns;
	uint32_t way;
	struct flow_place place;
	uint8_t ttl;
	bool has_macs;
	enum number number;
};

static bool is_same_way(const struct seen *seen, const struct arrival *a)
{
	if (seen->way != a->way)
		return false;
	return seen->has_macs || a->has_macs || seen->ttl == a->ttl;
}

/* Could it be a copy of what was seen, leaving aside what is known of its way? */
static bool is_plausible(const struct seen *seen, const struct arrival *a)
{
	uint64_t apart_ns = a->now_ns - seen->when_ns;

	if (apart_ns > DUPLICATES_WINDOW_NS)
		return false;
	if (!is_same_way(seen, a))
		return true;
	return seen->ttl == a->ttl &&
	       apart_ns <= (a->number == NUMBER_ID ? DUPLICATES_SAME_NS : DUPLICATES_NEAR_NS);
}

static bool is_believed(const struct seen *seen, const struct arrival *a, const struct votes *v)
{
	if (a->number != NUMBER_NONE)
		return true;
	return is_same_way(seen, a) ? is_doubled(v) : !differs(v);
}

static struct seen *find(struct seen set[SET], uint64_t digest)
{
	struct seen *oldest = &set[0];

	for (unsigned i = 0; i < SET; i++) {
		if (set[i].digest == digest)
			return &set[i];
		if (set[i].when_ns < oldest->when_ns)
			oldest = &set[i];
	}
	return oldest;
}

static struct seen *set_of(struct duplicates *d, uint64_t digest)
{
	return d->sets[digest % SETS];
}

void duplicates_prefetch(const struct duplicates *d, uint64_t digest)
{
	const struct seen *set = d->sets[digest % SETS];

	__builtin_prefetch(&set[0], 1);
	__builtin_prefetch(&set[SET / 2], 1);
}

static void remember(struct duplicates *d, struct seen *at, const struct arrival *a)
{
	if (at->digest && at->digest != a->digest &&
	    a->now_ns - at->when_ns <= DUPLICATES_WINDOW_NS)
		d->forgotten++;
	*at = (struct seen){ .digest = a->digest, .when_ns = a->now_ns, .way = a->way,
			     .place = a->place, .ttl = a->ttl, .has_macs = a->has_macs };
}

struct duplicates_verdict duplicates_take(struct duplicates *d, const struct packet *p,
					  enum packet_status status, uint64_t digest,
					  uint64_t now_ns)
{
	struct arrival a = { .digest = digest, .now_ns = now_ns, .place = flow_place_of(p),
			     .ttl = p->ttl, .has_macs = p->has_macs,
			     .number = number_of(p, status) };
	struct seen *seen = find(set_of(d, digest), digest);
	struct duplicates_verdict verdict = { 0 };
	struct votes *v;
	bool is_repeat;

	a.way = way_of(p, &a.place);
	v = votes_of(d, a.way);
	is_repeat = seen->digest == digest && is_plausible(seen, &a);
	verdict.is_copy = is_repeat && is_believed(seen, &a, v);
	vote(v, is_repeat);
	if (verdict.is_copy) {
		verdict.is_other_way = !is_same_way(seen, &a);
		verdict.first = seen->place;
	} else if (!is_repeat) {
		remember(d, seen, &a);
	}
	return verdict;
}
