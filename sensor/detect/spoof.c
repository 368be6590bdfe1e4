/* spoof.c - see spoof.h. */
#include "detect/spoof.h"

#include <string.h>
#include "base/err.h"

/* --- MACs of several devices ---------------------------------------------------------------- */

bool spoof_is_virtual(const uint8_t mac[static 6])
{
	static const struct { uint8_t bytes[6], bits; } known[] = {
		{ { 0x00, 0x00, 0x5e, 0x00, 0x01 }, 40 },	/* VRRP of IPv4 (RFC 9568), CARP */
		{ { 0x00, 0x00, 0x5e, 0x00, 0x02 }, 40 },	/* VRRP of IPv6 */
		{ { 0x00, 0x00, 0x0c, 0x07, 0xac }, 40 },	/* HSRP (RFC 2281) */
		{ { 0x00, 0x00, 0x0c, 0x9f, 0xf0 }, 36 },	/* HSRP version 2 */
		{ { 0x00, 0x05, 0x73, 0xa0, 0x00 }, 36 },	/* HSRP of IPv6 */
		{ { 0x00, 0x07, 0xb4 }, 24 },			/* GLBP */
		{ { 0x02, 0xbf }, 16 },				/* NLB, unicast */
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		unsigned whole = known[i].bits / 8, rest = known[i].bits % 8;

		if (memcmp(mac, known[i].bytes, whole))
			continue;
		if (!rest || mac[whole] >> (8 - rest) == known[i].bytes[whole] >> (8 - rest))
			return true;
	}
	return false;
}

static bool lists(const struct asset *a, const uint8_t mac[static 6])
{
	for (size_t i = 0; a && i < a->n_macs; i++)
		if (!memcmp(a->macs[i], mac, 6))
			return true;
	return false;
}

bool spoof_is_proxy(const struct site *site, const struct addr *a, const uint8_t mac[static 6])
{
	const struct asset *by = site_asset_of_mac(site, mac);

	return by && by->serves & SERVES_PROXY_ARP && site_asset(site, a) != by;
}

bool spoof_is_allowed(const struct neighbour *n, const struct site *site)
{
	const struct asset *asset = site_asset(site, &n->row.addr);

	if (asset && asset->n_macs)
		return lists(asset, n->now.mac) && lists(asset, n->before.mac);
	return spoof_is_virtual(spoof_older(n)->mac);
}

/* --- who has it ----------------------------------------------------------------------------- */

static bool is_mac(const struct holder *h, const uint8_t mac[static 6])
{
	return !memcmp(h->mac, mac, sizeof(h->mac));
}

static bool is_nobody(const struct holder *h)
{
	static const uint8_t none[6];

	return is_mac(h, none);
}

const struct holder *spoof_older(const struct neighbour *n)
{
	return n->before.first_ns <= n->now.first_ns ? &n->before : &n->now;
}

const struct holder *spoof_newer(const struct neighbour *n)
{
	return spoof_older(n) == &n->now ? &n->before : &n->now;
}

static void forget_contest(struct neighbour *n)
{
	n->takeovers = 0;
	n->contest_ns = n->pending_ns = 0;
}

void spoof_forget(struct neighbour *n)
{
	forget_contest(n);
	n->returns_ns[0] = n->returns_ns[1] = 0;
}

static void note(struct holder *h, const uint8_t mac[static 6], uint64_t ns)
{
	if (!is_mac(h, mac))
		*h = (struct holder){ .first_ns = ns };
	memcpy(h->mac, mac, sizeof(h->mac));
	if (ns > h->last_ns)
		h->last_ns = ns;
}

void spoof_asked(struct neighbour *n, const uint8_t mac[static 6], uint64_t ns)
{
	note(&n->asked, mac, ns);
	if (n->pending_ns && is_mac(&n->now, mac))
		n->pending_ns = 0;
}

void spoof_leased(struct neighbour *n, const uint8_t mac[static 6], uint64_t ns)
{
	note(&n->leased, mac, ns);
	if (n->pending_ns && is_mac(&n->now, mac))
		n->pending_ns = 0;
}

static bool is_near(const struct spoof_params *p, uint64_t then_ns, uint64_t now_ns)
{
	return now_ns >= then_ns ? now_ns - then_ns <= p->near_ns : then_ns - now_ns <= p->near_ns;
}

/* A lease counts as long as it is younger than the claims of the other one. */
static bool is_declared(const struct spoof_params *p, const struct neighbour *n,
			const uint8_t mac[static 6], uint64_t ns, unsigned how)
{
	if (how & CLAIM_ANNOUNCED)
		return true;
	if (is_mac(&n->asked, mac) && is_near(p, n->asked.last_ns, ns))
		return true;
	return is_mac(&n->leased, mac) && n->leased.last_ns >= n->now.first_ns;
}

/* The one before has come back after a silence of the other one that was longer than near. */
static enum spoof come_late(const struct spoof_params *p, struct neighbour *n, uint64_t ns,
			    bool is_back, bool is_said)
{
	uint64_t pending_ns = n->pending_ns;

	forget_contest(n);
	if (!pending_ns || !is_back)
		return SPOOF_NONE;
	if (!is_said)
		return SPOOF_BOTH;
	return is_near(p, pending_ns, ns) ? SPOOF_NONE : SPOOF_TAKEN;
}

/* However slowly: coming back again and again, undeclared. */
static enum spoof come_back(const struct spoof_params *p, struct neighbour *n, uint64_t ns)
{
	uint64_t first_ns = n->returns_ns[0];

	n->returns_ns[0] = n->returns_ns[1];
	n->returns_ns[1] = ns;
	if (!first_ns || ns - first_ns > p->returns_ns)
		return SPOOF_NONE;
	return ns - first_ns > p->swift_ns ? SPOOF_RETURNS : SPOOF_BOTH;
}

enum spoof spoof_overtaken(const struct spoof_params *p, struct neighbour *n,
			   const uint8_t mac[static 6], uint64_t ns)
{
	if (!n->pending_ns || is_mac(&n->now, mac) || is_mac(&n->before, mac) ||
	    is_near(p, n->pending_ns, ns))
		return SPOOF_NONE;
	n->pending_ns = 0;
	return SPOOF_TAKEN;
}

/* Another MAC than the last one's. */
static enum spoof take_over(const struct spoof_params *p, struct neighbour *n,
			    const uint8_t mac[static 6], uint64_t ns, unsigned how)
{
	bool is_back = is_mac(&n->before, mac), is_said = is_declared(p, n, mac, ns, how);
	bool is_contested = is_near(p, n->now.last_ns, ns);
	enum spoof what = is_back && !is_said ? come_back(p, n, ns) : SPOOF_NONE;
	struct holder taker = { .first_ns = ns };

	if (is_back)
		taker = n->before;
	memcpy(taker.mac, mac, sizeof(taker.mac));
	taker.last_ns = ns;
	n->before = n->now;
	n->now = taker;
	if (!is_contested) {
		enum spoof late = come_late(p, n, ns, is_back, is_said);

		return spoof_severity(late) > spoof_severity(what) ? late : what;
	}
	if (!n->takeovers || ns - n->contest_ns > p->contest_ns) {
		n->takeovers = 0;
		n->contest_ns = ns;
	}
	n->takeovers++;
	n->pending_ns = is_back || is_said ? 0 : ns;
	if ((is_back && !is_said) || n->takeovers >= p->takeovers)
		return SPOOF_BOTH;
	return SPOOF_NONE;
}

enum spoof spoof_take(const struct spoof_params *p, struct neighbour *n,
		      const uint8_t mac[static 6], uint64_t ns, unsigned how)
{
	if (is_nobody(&n->now))
		n->now.first_ns = ns;
	else if (!is_mac(&n->now, mac))
		return take_over(p, n, mac, ns, how);
	memcpy(n->now.mac, mac, sizeof(n->now.mac));
	n->now.last_ns = ns;
	if (n->pending_ns && how & CLAIM_ANNOUNCED)
		n->pending_ns = 0;
	return SPOOF_NONE;
}

uint64_t spoof_due_ns(const struct spoof_params *p, const struct neighbour *n)
{
	return (n->pending_ns + p->near_ns + SLICE_NS - 1) / SLICE_NS * SLICE_NS;
}

enum spoof spoof_settle(const struct spoof_params *p, struct neighbour *n, uint64_t now_ns)
{
	if (!n->pending_ns || now_ns < spoof_due_ns(p, n))
		return SPOOF_NONE;
	n->pending_ns = 0;
	return SPOOF_TAKEN;
}

unsigned spoof_severity(enum spoof what)
{
	return what == SPOOF_BOTH ? 4 : what ? 3 : 0;
}
