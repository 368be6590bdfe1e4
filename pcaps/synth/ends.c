/* ends.c - see ends.h.
 *
 * The tap sits in the segment of the activity's `from` (else of its `to`).  A host of that segment
 * shows its own MAC there; everybody else comes through the segment's gateway with fewer hops left.
 */
#include "synth/ends.h"

#include <string.h>
#include "base/err.h"

#define EPHEMERAL_FIRST 49152u		/* RFC 6335 */
#define EPHEMERAL_COUNT 16384u

struct end {
	struct addr ips[HOST_IPS_MAX];
	size_t n_ips;
	const uint8_t *mac;
	const uint8_t *via;		/* the router it is seen through; NULL: the segment's */
	const char *id;
	int segment;
};

static uint64_t turn(enum rotate rotate, const struct ends_choice *c, struct random *random)
{
	switch (rotate) {
	case ROTATE_NIGHT: return c->day - 1;
	case ROTATE_RUN: return c->run;
	case ROTATE_CONNECTION: return c->serial;
	case ROTATE_RANDOM: return random_u64(random);
	case ROTATE_EACH: break;
	}
	return 0;
}

/* The how manieth address of a network, leaving out the first (a router's or the network's own). */
static struct addr network_host(const struct cidr *net, uint64_t which)
{
	unsigned host_bits = 128u - net->bits;
	uint64_t hosts = host_bits >= 63 ? UINT64_MAX : (1ULL << host_bits);
	uint64_t n = hosts > 2 ? 1 + which % (hosts - 2) : which % hosts;
	struct addr a = net->addr;

	for (unsigned i = 0; i < 8; i++)
		a.bytes[15 - i] |= (uint8_t)(n >> (8 * i));
	return a;
}

static struct end choose(const struct scenario *s, const struct party *p, uint64_t which)
{
	static const uint8_t no_mac[6] = { 0x02 };
	struct end e = { .segment = -1, .mac = no_mac, .id = "host" };

	if (!p->n_hosts) {
		e.ips[0] = network_host(&p->network, which);
		e.n_ips = 1;
		e.segment = scenario_segment(s, &e.ips[0]);
		return e;
	}
	const struct host *h = &s->hosts[p->hosts[which % p->n_hosts]];
	memcpy(e.ips, h->ips, sizeof(e.ips));
	e.n_ips = h->n_ips;
	e.mac = h->mac;
	e.id = h->id;
	e.segment = h->segment;
	return e;
}

/* The first pair of addresses of one family; the two first ones when there is none. */
static void pair(const struct end *a, const struct end *b, unsigned family, struct addr *ret_a,
		 struct addr *ret_b)
{
	*ret_a = a->ips[0];
	*ret_b = b->ips[0];
	for (size_t i = 0; i < a->n_ips; i++) {
		bool v4 = addr_is_ipv4(&a->ips[i]);

		if (family && v4 != (family == 4))
			continue;
		for (size_t k = 0; k < b->n_ips; k++) {
			if (addr_is_ipv4(&b->ips[k]) != v4)
				continue;
			*ret_a = a->ips[i];
			*ret_b = b->ips[k];
			return;
		}
	}
}

static void place(const struct scenario *s, const struct end *e, int seen_in,
		  struct random *random, struct wire_end *ret)
{
	bool is_here = seen_in < 0 || e->segment == seen_in;

	memcpy(ret->mac, is_here ? e->mac : e->via ? e->via : s->segments[seen_in].gateway, 6);
	ret->ttl = is_here ? 64 : e->segment >= 0 ? 63 : (uint8_t)(52 + ret->addr.bytes[15] % 8);
	ret->ip_id = (uint16_t)random_u64(random);
}

static void fill(const struct scenario *s, const struct end ends[2], unsigned family,
		 unsigned from_side, struct random *random, struct ends *ret)
{
	int seen_in = ends[from_side].segment >= 0 ? ends[from_side].segment
		: ends[!from_side].segment;

	*ret = (struct ends){ .from_side = from_side };
	ret->path.vlan = seen_in >= 0 ? s->segments[seen_in].vlan : 0;
	pair(&ends[0], &ends[1], family, &ret->path.end[0].addr, &ret->path.end[1].addr);
	for (unsigned side = 0; side < 2; side++) {
		ret->id[side] = ends[side].id;
		ret->is_far = ret->is_far || ends[side].segment < 0;
		place(s, &ends[side], seen_in, random, &ret->path.end[side]);
	}
}

void ends_choose(const struct scenario *s, const struct activity *a, const struct ends_choice *c,
		 struct random *random, struct ends *ret)
{
	unsigned from_side = a->opened_by_to ? 1 : 0;
	struct end ends[2];

	ends[from_side] = choose(s, &a->from, turn(a->from.rotate, c, random));
	ends[!from_side] = choose(s, &a->to, turn(a->to.rotate, c, random));
	if (a->has_via)
		ends[0].via = ends[1].via = a->via;
	fill(s, ends, a->family, from_side, random, ret);
	struct random ports = random_stream(s->seed, a->id, 0, 1);
	uint64_t first = random_below(&ports, EPHEMERAL_COUNT);
	ret->path.end[0].port = a->client_port ? a->client_port
		: (uint16_t)(EPHEMERAL_FIRST + (first + c->serial) % EPHEMERAL_COUNT);
	if (a->n_ports)
		ret->path.end[1].port = a->ports[turn(a->rotate_port, c, random) % a->n_ports];
}

void ends_lookup(const struct scenario *s, const struct activity *a, const struct ends *of,
		 struct random *random, struct ends *ret)
{
	const struct host *resolver = &s->hosts[a->lookup];
	const struct wire_end *asker = &of->path.end[of->from_side];
	int asker_host = scenario_host(s, of->id[of->from_side]);
	struct end ends[2] = { { .n_ips = 1, .id = of->id[of->from_side] },
			       { .n_ips = resolver->n_ips, .id = resolver->id, .mac = resolver->mac,
				 .segment = resolver->segment } };

	ends[0].ips[0] = asker->addr;
	ends[0].mac = asker_host >= 0 ? s->hosts[asker_host].mac : asker->mac;
	ends[0].segment = scenario_segment(s, &asker->addr);
	memcpy(ends[1].ips, resolver->ips, sizeof(ends[1].ips));
	/* The asker's other address reaches a resolver of the other family. */
	if (asker_host >= 0) {
		memcpy(ends[0].ips, s->hosts[asker_host].ips, sizeof(ends[0].ips));
		ends[0].n_ips = s->hosts[asker_host].n_ips;
	}
	fill(s, ends, 0, 0, random, ret);
	ret->path.end[0].port = (uint16_t)(EPHEMERAL_FIRST + random_below(random, EPHEMERAL_COUNT));
	ret->path.end[1].port = 53;
}
