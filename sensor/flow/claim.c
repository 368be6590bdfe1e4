/* claim.c - see claim.h: a minute's table, and its claims as events and between runs; what frames
 * say is read in claim_read.c.  The table is open addressing over twice as many places as claims,
 * by link and address: all claims of an address are in one run, of at most CLAIM_KINDS times
 * CLAIMS_OF_ADDRESS_MAX.  What it points to is in the order of arrival; the last RING of it is a
 * ring once the list is full, which begins at `oldest`. */
#include "flow/claim.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/err.h"
#include "base/hash.h"
#include "flow/claim_internal.h"
#include "flow/image.h"
#include "flow/key.h"

#define SLOTS 1024			/* a power of two, twice CLAIMS_MAX */
#define CHECK_BYTES 4
#define RING (CLAIMS_MAX / 4)
#define RING_FROM (CLAIMS_MAX - RING)
#define OLD_ROW 0xc1			/* without the rank */

static_assert(SLOTS == 2 * CLAIMS_MAX, "the table is half full at most");

struct entry {
	struct claim claim;
	uint32_t place;			/* of the first packet that made it */
	uint16_t home;			/* slot by its hash */
	uint16_t rank;			/* as it was read from a state: its place by age */
	bool is_held;			/* does not give way: see claim.h */
};

struct claims {
	size_t n;
	struct entry list[CLAIMS_MAX];
	uint16_t slots[SLOTS];		/* index + 1; 0: free */
	size_t oldest;			/* of the ring, from RING_FROM on */
	bool is_read;			/* from a state: not in order yet */
	bool is_all_held;
	struct entry beyond;		/* a BEYOND; its count is 0 as long as nothing was */
	struct claims_counters counters;
};

static const char *const kind_names[] = {
	[CLAIM_HOLDS] = "holds", [CLAIM_PROBES] = "probes", [CLAIM_LEASED] = "leased",
	[CLAIM_ROUTES] = "routes", [CLAIM_LEASES] = "leases", [CLAIM_BEYOND] = "beyond",
};
static_assert(ARRAY_SIZE(kind_names) == CLAIM_KINDS, "a kind of claim without its name");

const char *claim_kind_name(enum claim_kind k)
{
	return (size_t)k < ARRAY_SIZE(kind_names) ? kind_names[k] : "unknown";
}

int claims_new(struct claims **ret_claims)
{
	*ret_claims = calloc(1, sizeof(**ret_claims));
	return *ret_claims ? 0 : -ENOMEM;
}

void claims_free(struct claims *c)
{
	free(c);
}

const struct claims_counters *claims_counters(const struct claims *c)
{
	return &c->counters;
}

void claims_note_read(struct claims *c)
{
	c->counters.read++;
}

size_t claims_count(const struct claims *c)
{
	return c->n + !!c->beyond.claim.count;
}

void claims_clear(struct claims *c)
{
	if (c->n)
		memset(c->slots, 0, sizeof(c->slots));
	c->n = c->oldest = 0;
	c->is_read = c->is_all_held = false;
	c->beyond.claim.count = 0;
}

/* --- the table ------------------------------------------------------------------------------- */

static bool is_of_one_address(const struct claim *a, const struct claim *b)
{
	return addr_equal(&a->addr, &b->addr) && !memcmp(&a->link, &b->link, sizeof(a->link));
}

static size_t home_of(const struct claim *claim)
{
	uint8_t key[16 + 6];

	memcpy(key, claim->addr.bytes, 16);
	memcpy(key + 16, &claim->link, 6);
	return hash_bytes(key, sizeof(key), hash_secret()) & (SLOTS - 1);
}

struct look {
	size_t home;
	uint16_t *slot;			/* its own, or the free one for it */
	unsigned others;		/* of that kind, of other MACs */
	struct entry *rival;		/* the last that holds the address with another MAC */
};

static struct look look_up(struct claims *c, const struct claim *claim)
{
	struct look l = { .home = home_of(claim) };
	size_t at = l.home;

	for (; c->slots[at]; at = (at + 1) & (SLOTS - 1)) {
		struct entry *e = &c->list[c->slots[at] - 1];

		if (e->claim.kind != claim->kind || !is_of_one_address(&e->claim, claim))
			continue;
		if (!memcmp(e->claim.mac, claim->mac, sizeof(claim->mac)))
			break;
		l.others++;
		if (claim->kind == CLAIM_HOLDS)
			l.rival = e;
	}
	l.slot = &c->slots[at];
	return l;
}

/* Into the place i of the list; its rival is held from now on, as it is itself. */
static void put(struct claims *c, size_t i, const struct entry *e, const struct look *l)
{
	c->list[i] = *e;
	c->list[i].home = (uint16_t)l->home;
	c->list[i].is_held = l->rival || e->claim.kind > CLAIM_LEASED;
	if (l->rival)
		l->rival->is_held = true;
	*l->slot = (uint16_t)(i + 1);
}

/* What is behind it in its run moves up. */
static void take_out(struct claims *c, size_t i)
{
	size_t hole = c->list[i].home, at;

	while (c->slots[hole] != i + 1)
		hole = (hole + 1) & (SLOTS - 1);
	for (at = (hole + 1) & (SLOTS - 1); c->slots[at]; at = (at + 1) & (SLOTS - 1)) {
		size_t home = c->list[c->slots[at] - 1].home;

		if (((at - home) & (SLOTS - 1)) < ((at - hole) & (SLOTS - 1)))
			continue;
		c->slots[hole] = c->slots[at];
		hole = at;
	}
	c->slots[hole] = 0;
}

static int compare_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By what tells claims apart last of all, so that rows without a rank have one order too. */
static int compare_rank(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int order = compare_number(a->rank, b->rank);

	if (!order)
		order = compare_number(a->claim.first_ns, b->claim.first_ns);
	if (!order)
		order = addr_compare(&a->claim.addr, &b->claim.addr);
	if (!order)
		order = memcmp(a->claim.mac, b->claim.mac, sizeof(a->claim.mac));
	if (!order)
		order = compare_number(a->claim.kind, b->claim.kind);
	return order ? order : memcmp(&a->claim.link, &b->claim.link, sizeof(a->claim.link));
}

/* A state gives its rows back in an order of its own. */
static void bring_in_order(struct claims *c)
{
	qsort(c->list, c->n, sizeof(c->list[0]), compare_rank);
	memset(c->slots, 0, sizeof(c->slots));
	for (size_t i = 0; i < c->n; i++) {
		size_t at = c->list[i].home;

		while (c->slots[at])
			at = (at + 1) & (SLOTS - 1);
		c->slots[at] = (uint16_t)(i + 1);
	}
	c->is_read = false;
}

/* The i-th by age, of a full list. */
static size_t by_age(const struct claims *c, size_t i)
{
	return i < RING_FROM ? i : RING_FROM + (i - RING_FROM + c->oldest) % RING;
}

/* --- a full list ----------------------------------------------------------------------------- */

/* The newest that can give way, but for that one; CLAIMS_MAX: none. */
static size_t newest_single(struct claims *c, const struct entry *but)
{
	for (size_t k = CLAIMS_MAX; !c->is_all_held && k-- > 0;) {
		size_t i = by_age(c, k);

		if (!c->list[i].is_held && &c->list[i] != but)
			return i;
	}
	c->is_all_held = !but || but->is_held;
	return CLAIMS_MAX;
}

/* The oldest of the ring that can, which then begins behind it. */
static size_t oldest_single(struct claims *c)
{
	for (size_t k = 0; k < RING; k++) {
		size_t i = by_age(c, RING_FROM + k);

		if (c->list[i].is_held)
			continue;
		c->oldest = (i - RING_FROM + 1) % RING;
		return i;
	}
	return CLAIMS_MAX;
}

/* One is left out, or will be for this one. */
static void note_beyond(struct claims *c, const struct claim *claim, uint32_t place)
{
	struct claim *beyond = &c->beyond.claim;

	c->counters.beyond++;
	if (!beyond->count) {
		c->beyond = (struct entry){ .claim = { .addr = claim->addr, .link = claim->link,
						       .kind = CLAIM_BEYOND,
						       .first_ns = claim->first_ns },
					    .place = place };
	}
	beyond->last_ns = claim->last_ns;
	beyond->count += beyond->count < UINT32_MAX;
}

/* Where a new one can go; CLAIMS_MAX: nowhere.  Can move what look_up() has found. */
static size_t make_room(struct claims *c, const struct claim *claim, const struct look *l,
			uint32_t place)
{
	size_t i;

	if (c->n < CLAIMS_MAX)
		return c->n++;
	note_beyond(c, claim, place);
	i = l->rival || claim->kind > CLAIM_LEASED ? newest_single(c, l->rival) : oldest_single(c);
	if (i < CLAIMS_MAX)
		take_out(c, i);
	return i;
}

void claims_keep(struct claims *c, const struct claim *claim, uint32_t place)
{
	struct claim *old;
	struct look l;
	size_t i;

	if (c->is_read)
		bring_in_order(c);
	l = look_up(c, claim);
	if (*l.slot) {
		old = &c->list[*l.slot - 1].claim;
		old->how |= claim->how;
		old->last_ns = claim->last_ns;
		old->count += old->count < UINT32_MAX;
		return;
	}
	if (l.others >= CLAIMS_OF_ADDRESS_MAX) {
		note_beyond(c, claim, place);
		return;
	}
	i = make_room(c, claim, &l, place);
	if (i == CLAIMS_MAX)
		return;
	l = look_up(c, claim);
	put(c, i, &(struct entry){ .claim = *claim, .place = place }, &l);
}

/* --- events ---------------------------------------------------------------------------------- */

/* In the form of a flow's key: no flow is of IP version 0.  The place is 0 in an event, so that
 * equal claims of several shards are equal. */
static struct flow_key key_of(const struct claim *c, uint32_t place)
{
	struct flow_key key = { .a = c->addr, .a_port = (uint16_t)(place >> 16),
				.b_port = (uint16_t)place, .tap = c->link.tap, .proto = c->kind,
				.vlan = { c->link.vlan[0], c->link.vlan[1] } };

	memcpy(key.b.bytes + 10, c->mac, sizeof(c->mac));
	return key;
}

static void take_key(const struct flow_key *key, struct claim *ret)
{
	ret->addr = key->a;
	memcpy(ret->mac, key->b.bytes + 10, sizeof(ret->mac));
	ret->kind = key->proto;
	ret->link = (struct claim_link){ .vlan = { key->vlan[0], key->vlan[1] }, .tap = key->tap };
}

void claim_of_slice(const struct slice *s, struct claim *ret)
{
	*ret = (struct claim){ .how = s->tcp_flags[0], .first_ns = s->first_ns,
			       .last_ns = s->last_ns, .count = (uint32_t)s->sums.packets[0] };
	take_key(&s->id.key, ret);
}

void claim_to_slice(const struct claim *c, uint64_t minute_ns, struct slice *ret)
{
	*ret = (struct slice){ .kind = SLICE_CLAIM, .minute_ns = minute_ns,
			       .first_ns = c->first_ns, .last_ns = c->last_ns,
			       .tcp_flags = { c->how, 0 },
			       .id = { .first_ns = c->first_ns, .key = key_of(c, 0) } };
	ret->sums.packets[0] = c->count;
}

void claims_emit(struct claims *c, uint64_t minute_ns, void (*emit)(void *, struct slice *),
		 void *arg)
{
	for (size_t i = 0; i < claims_count(c); i++) {
		struct slice s;

		claim_to_slice(i < c->n ? &c->list[i].claim : &c->beyond.claim, minute_ns, &s);
		emit(arg, &s);
	}
	claims_clear(c);
}

/* --- between runs ---------------------------------------------------------------------------- */

static uint16_t rank_of(const struct claims *c, size_t i)
{
	return (uint16_t)(i < RING_FROM ? i :
			  RING_FROM + (i - RING_FROM + RING - c->oldest) % RING);
}

void claims_pack(const struct claims *c, size_t i, uint64_t clock_ns, struct packer *p)
{
	const struct entry *e = i < c->n ? &c->list[i] : &c->beyond;
	const struct claim *claim = &e->claim;
	struct flow_key key = key_of(claim, e->place);
	size_t start = p->len;

	pack_u8(p, CLAIM_ROW);
	flow_key_pack(&key, p);
	pack_u64(p, clock_ns);
	pack_u64(p, claim->first_ns);
	pack_u64(p, claim->last_ns);
	pack_u32(p, claim->count);
	pack_u8(p, claim->how);
	pack_u16(p, c->is_read ? e->rank : rank_of(c, i));
	if (!p->has_failed)
		pack_u32(p, (uint32_t)crc32(0, p->bytes + start, (uInt)(p->len - start)));
}

static bool unpack_row(const void *value, size_t value_len, struct entry *ret, uint64_t *ret_clock)
{
	struct unpacker u, check;
	struct flow_key key;
	bool is_old;

	if (!claims_is_row(value, value_len) || value_len <= CHECK_BYTES)
		return false;
	u = unpack_over(value, value_len - CHECK_BYTES);
	check = unpack_over((const uint8_t *)value + value_len - CHECK_BYTES, CHECK_BYTES);
	if (unpack_u32(&check) != (uint32_t)crc32(0, value, (uInt)(value_len - CHECK_BYTES)))
		return false;
	is_old = unpack_u8(&u) == OLD_ROW;
	flow_key_unpack(&u, &key);
	*ret = (struct entry){ .place = (uint32_t)key.a_port << 16 | key.b_port };
	take_key(&key, &ret->claim);
	*ret_clock = unpack_u64(&u);
	ret->claim.first_ns = unpack_u64(&u);
	ret->claim.last_ns = unpack_u64(&u);
	ret->claim.count = unpack_u32(&u);
	ret->claim.how = unpack_u8(&u);
	ret->rank = is_old ? 0 : unpack_u16(&u);
	return unpack_ok(&u) && key.proto < CLAIM_KINDS && !key.ip_version &&
	       ret->claim.how < CLAIM_HOW_END && ret->claim.count &&
	       ret->claim.first_ns <= ret->claim.last_ns && ret->claim.last_ns <= *ret_clock &&
	       ret->claim.first_ns >= *ret_clock - *ret_clock % SLICE_NS &&
	       (ret->claim.kind == CLAIM_BEYOND) != claim_is_host_mac(ret->claim.mac) &&
	       claim_is_host_addr(&ret->claim.addr);
}

bool claims_place_of_row(const void *value, size_t value_len, uint32_t *ret_place)
{
	struct flow_key key;
	struct unpacker u = unpack_over(value, value_len);

	if (!claims_is_row(value, value_len))
		return false;
	unpack_u8(&u);
	flow_key_unpack(&u, &key);
	*ret_place = (uint32_t)key.a_port << 16 | key.b_port;
	return !u.is_bad && !key.ip_version && key.proto < CLAIM_KINDS;
}

bool claims_clock_of_row(const void *value, size_t value_len, uint64_t *ret_clock_ns)
{
	struct entry e;

	return unpack_row(value, value_len, &e, ret_clock_ns);
}

bool claims_unpack(struct claims *c, const void *value, size_t value_len)
{
	uint64_t clock_ns;
	struct entry e;
	struct look l;

	if (!unpack_row(value, value_len, &e, &clock_ns))
		return false;
	if (e.claim.kind == CLAIM_BEYOND && !c->beyond.claim.count) {
		c->beyond = e;
		return true;
	}
	if (e.claim.kind == CLAIM_BEYOND || c->n == CLAIMS_MAX)
		return false;
	l = look_up(c, &e.claim);
	if (*l.slot || l.others >= CLAIMS_OF_ADDRESS_MAX)
		return false;
	put(c, c->n++, &e, &l);
	c->is_read = true;
	return true;
}
