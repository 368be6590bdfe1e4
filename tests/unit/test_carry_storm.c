/* test_carry_storm.c - a random storm of packets, cut anywhere into several runs: the events are
 * those of one run. */
#include <stdio.h>
#include "carry_world.h"

enum { STORM = 8000 };

static struct packet storm_packet(uint64_t at)
{
	static const uint8_t protos[] = { IP_TCP, IP_TCP, IP_TCP, IP_TCP, IP_UDP, IP_ICMP, 47 };
	static const uint8_t flags[] = { 0x10, 0x10, 0x18, 0x02, 0x12, 0x11, 0x11, 0x04, 0, 0xff };
	uint8_t proto = protos[rand() % 7], a = (uint8_t)(1 + rand() % 12);
	struct packet p = packet(at, a, (uint8_t)(20 + rand() % 3), proto, 0);

	p.sport = (uint16_t)(40000 + rand() % 4);
	p.dport = rand() % 4 ? 443 : 40001;
	if (proto == IP_ICMP)
		p.sport = p.dport = (uint16_t)(rand() % 20);
	if (proto == IP_TCP) {
		p.tcp_flags = flags[rand() % 10];
		p.seq = (uint32_t)rand() % 9 ? (uint32_t)(rand() % 8000) : (uint32_t)rand() * 3;
	}
	p.has_macs = rand() % 3;
	if (rand() % 3)		/* mostly what this flow says */
		set_payload(&p, rand() % 4 ? (p.sport + a) % (2 * TALKS)
					   : (unsigned)rand() % (2 * TALKS));
	if (rand() % 40 == 0)
		p.vlans = 1;
	return rand() % 2 ? reverse(p) : p;
}

static void make_storm(struct item *items, size_t n, unsigned seed)
{
	uint64_t at = 0;

	srand(seed);
	for (size_t i = 0; i < n; i++) {
		at += (uint64_t)rand() % (rand() % 30 ? 300 * NS_PER_MS : 30 * SEC);
		if (rand() % 1000 == 0)
			at += (uint64_t)(rand() % 200) * MIN;
		if (rand() % 25 == 0 && i + 1 < n) {
			unsigned variant = (unsigned)rand() % 3;

			items[i++] = fragment_item(START + at, variant, false);
			items[i] = fragment_item(START + at, variant, true);
			continue;
		}
		/* Some come late, and are stamped with the shard's clock. */
		items[i] = (struct item){ storm_packet(rand() % 50 ? at : at - at % SEC),
					  PACKET_OK, true };
	}
}

static size_t make_cuts(const struct item *items, size_t n, size_t *cuts)
{
	size_t n_cuts = 0, wanted = (size_t)(1 + rand() % 9);

	for (size_t i = 1; i < n; i++)
		if (items[i].is_whole && (size_t)rand() % (n - i) < wanted - n_cuts)
			if (cuts[n_cuts++] = i, n_cuts == wanted)
				break;
	return n_cuts;
}

/* --- cuts ------------------------------------------------------------------------------------ */

static void test_cuts_without_dpi(void)
{
	enum { ROUNDS = 12 };
	static struct item items[STORM];
	uint64_t carried = 0;

	for (unsigned seed = 4711; seed < 4711 + ROUNDS; seed++) {
		struct play one = { .cfg.max_flows = 30 }, many = { .cfg.max_flows = 30 };
		size_t cuts[10], n_cuts;

		make_storm(items, STORM, seed);
		n_cuts = make_cuts(items, STORM, cuts);
		printf("# storm: seed %u, %zu runs\n", seed, n_cuts + 1);
		play(&one, items, STORM, cuts, 0);
		play(&many, items, STORM, cuts, n_cuts);
		expect_same_events(&one.all, &many.all);
		CU_ASSERT_TRUE(one.sum.flows_evicted && one.sum.flows_fin && one.sum.flows_rst);
		CU_ASSERT_TRUE(one.sum.datagrams && one.sum.late_packets && one.sum.tcp_lost_bytes);
		CU_ASSERT_TRUE(one.sum.tcp_retrans_bytes && one.sum.tcp_resyncs);
		CU_ASSERT_TRUE(many.sum.flows_exported);
		EQUAL_INT(many.sum.flows_imported, many.sum.flows_exported);
		carried += many.sum.flows_exported;
		many.sum.flows_imported = many.sum.flows_exported = 0;
		CU_ASSERT_FALSE(memcmp(&one.sum, &many.sum, sizeof(one.sum)));
		play_clear(&one);
		play_clear(&many);
	}
	printf("# %ju flows carried\n", (uintmax_t)carried);
}

static bool is_given_up(const struct play *p, const struct flow_id *id)
{
	for (size_t i = 0; i < p->n_given_up; i++)
		if (!flow_id_compare(&p->given_up[i], id))
			return true;
	return false;
}

static void swap_event(struct slice *e)
{
	struct slice was = *e;

	for (int d = 0; d < 2; d++) {
		e->sums.bytes[d] = was.sums.bytes[!d];
		e->sums.payload[d] = was.sums.payload[!d];
		e->sums.packets[d] = was.sums.packets[!d];
		e->sums.retrans[d] = was.sums.retrans[!d];
		e->sums.lost[d] = was.sums.lost[!d];
		e->tcp_flags[d] = was.tcp_flags[!d];
		memcpy(e->mac[d], was.mac[!d], 6);
	}
}

/* Takes the events of flows that were given up at a cut out of w: all but OPEN, seen from side a,
 * into *ret.  Returns how many OPEN there were. */
static size_t take_given_up(const struct play *cut, struct world *w, struct world *ret)
{
	size_t opens = 0, kept = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct slice *e = &w->events[i];

		if (!is_given_up(cut, &e->id)) {
			w->events[kept++] = *e;
			continue;
		}
		if (e->client_is_b)
			swap_event(e);
		opens += e->kind == SLICE_OPEN;
		if (e->kind == SLICE_OPEN)
			slice_clear(e);
		else
			keep(ret, e);
	}
	w->n = kept;
	return opens;
}

static void expect_given_up(struct play *one, struct play *many)
{
	struct world a = { 0 }, b = { 0 };
	size_t opens = take_given_up(many, &one->all, &a), told_less = 0;

	EQUAL_INT(opens, many->n_given_up);
	EQUAL_INT(take_given_up(many, &many->all, &b), many->n_given_up);
	EQUAL_INT(b.n, a.n);
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		if (!same_but_dpi(&a.events[i], &b.events[i])) {
			EQUAL_INT(i, -1);
			break;
		}
		told_less += a.events[i].kind == SLICE_CLOSE &&
			     !same_event(&a.events[i], &b.events[i]);
	}
	printf("# %zu flows given up, %zu of them end differently\n", opens, told_less);
	end(&a);
	end(&b);
}

/* With DPI a cut shows in flows that were in its hands, and in nothing else. */
static void test_cuts_with_dpi(void)
{
	enum { ROUNDS = 5 };
	static struct item items[STORM];
	size_t given_up = 0;

	for (unsigned seed = 1848; seed < 1848 + ROUNDS; seed++) {
		struct shard_config cfg = { .max_flows = 30, .with_dpi = true };
		struct play one = { .cfg = cfg }, many = { .cfg = cfg };
		size_t cuts[10], n_cuts;

		make_storm(items, STORM, seed);
		n_cuts = make_cuts(items, STORM, cuts);
		printf("# storm: seed %u, %zu runs\n", seed, n_cuts + 1);
		play(&one, items, STORM, cuts, 0);
		play(&many, items, STORM, cuts, n_cuts);
		given_up += many.n_given_up;
		CU_ASSERT_TRUE(one.sum.dpi_silent);
		EQUAL_INT(one.sum.flow_packets, many.sum.flow_packets);
		expect_given_up(&one, &many);
		expect_same_events(&one.all, &many.all);
		play_clear(&one);
		play_clear(&many);
	}
	CU_ASSERT_TRUE(given_up > 0);
}

/* --- every field ----------------------------------------------------------------------------- */

/* What is not carried is made equal. */
static void normalise(struct flow *f)
{
	f->hash = f->older = f->newer = 0;
	if (!(f->packets[0] | f->packets[1]))
		f->minute_first_ns = 0;
}

static bool same_holes(const struct tcp_holes *a, const struct tcp_holes *b)
{
	return a->n == b->n && a->has_old == b->has_old && a->old_next == b->old_next &&
	       !memcmp(a->hole, b->hole, a->n * sizeof(a->hole[0]));
}

/* Of a flow that is not TCP an optional record that holds nothing is as good as none. */
static const struct flow_extra *extra_of(const struct flow_table *t, uint32_t no)
{
	const struct flow_extra *e = flow_table_extra(t, no);

	if (!e || flow_table_flow(t, no)->key.proto == IP_TCP || e->answers || e->carried ||
	    e->waiting)
		return e;
	return NULL;
}

static bool same_carried(const struct flow_extra *a, const struct flow_extra *b)
{
	struct packer pa = { 0 }, pb = { 0 };
	bool is_same;

	carried_pack(a->carried, &pa);
	echo_waiting_pack(a->waiting, &pa);
	carried_pack(b->carried, &pb);
	echo_waiting_pack(b->waiting, &pb);
	is_same = pa.len == pb.len && !memcmp(pa.bytes, pb.bytes, pa.len);
	pack_free(&pa);
	pack_free(&pb);
	return is_same;
}

static bool same_extra(const struct flow_extra *a, const struct flow_extra *b)
{
	if (!a || !b)
		return a == b;
	return same_carried(a, b) && !memcmp(a->retrans, b->retrans, sizeof(a->retrans)) &&
	       !memcmp(a->total_retrans, b->total_retrans, sizeof(a->retrans)) &&
	       !memcmp(a->lost, b->lost, sizeof(a->lost)) &&
	       same_holes(&a->holes[0], &b->holes[0]) && same_holes(&a->holes[1], &b->holes[1]);
}

static bool same_flow(const struct flow_table *t, uint32_t a, const struct flow_table *u,
		      uint32_t b)
{
	const struct flow_cold *ca = flow_table_cold(t, a), *cb = flow_table_cold(u, b);
	struct flow fa = *flow_table_flow(t, a), fb = *flow_table_flow(u, b);

	normalise(&fa);
	normalise(&fb);
	return !memcmp(&fa, &fb, sizeof(fa)) && !memcmp(ca->isn, cb->isn, sizeof(ca->isn)) &&
	       ca->master == cb->master && ca->app == cb->app &&
	       !memcmp(ca->mac, cb->mac, sizeof(ca->mac)) && same_text(ca->name, cb->name) &&
	       same_extra(extra_of(t, a), extra_of(u, b));
}

/* How many flows were equal and in the same place. */
static unsigned compare_lists(const struct flow_table *t, const struct flow_table *u, int class)
{
	uint32_t a = t->lists[class].oldest, b = u->lists[class].oldest;
	unsigned equal = 0;

	while (a && b) {
		equal += same_flow(t, a, u, b);
		a = flow_table_flow(t, a)->newer;
		b = flow_table_flow(u, b)->newer;
	}
	EQUAL_INT(a, b);
	return equal;
}

/* DPI's share, at random, but the same for the same flow. */
static void decide_at_random(struct shard *s, uint32_t no)
{
	struct flow_cold *cold = flow_table_cold(s->table, no);
	struct flow *f = flow_table_flow(s->table, no);

	srand(no);
	f->is_dns = rand() & 1;
	f->verdict = (unsigned)rand() % DPI_SOURCES;
	cold->master = (uint16_t)rand();
	cold->app = (uint16_t)rand();
	if (rand() & 1)
		cold->name = strdup("www.museum.example");
}

static void decide_all(struct shard *s)
{
	for (int c = 0; c < FLOW_CLASSES; c++)
		for (uint32_t no = s->table->lists[c].oldest; no;
		     no = flow_table_flow(s->table, no)->newer)
			decide_at_random(s, no);
}

/* The same packets into two shards: one is exported, the other stays to be compared with. */
static void test_every_field(void)
{
	enum { PACKETS = 3000, FLOWS = 400 };
	const struct shard_config cfg = { .max_flows = FLOWS };
	static struct item items[PACKETS];
	const unsigned seed = 6174;
	struct world stays, goes, comes;
	struct kept k = { 0 };
	unsigned compared = 0, wrong = 0;

	printf("# fields: seed %u\n", seed);
	make_storm(items, PACKETS, seed);
	begin(&stays, &cfg);
	begin(&goes, &cfg);
	begin(&comes, &cfg);
	for (size_t i = 0; i < PACKETS; i++) {
		shard_packet(stays.shard, &items[i].packet, items[i].status);
		shard_packet(goes.shard, &items[i].packet, items[i].status);
	}
	decide_all(stays.shard);
	decide_all(goes.shard);
	shard_export(goes.shard, keep_row, &k);
	kept_shuffle(&k);
	for (size_t i = 0; i < k.n; i++)
		wrong += !shard_import(comes.shard, k.rows[i].bytes, k.rows[i].len);
	flow_settle_imports(comes.shard);
	EQUAL_INT(comes.shard->now_ns, stays.shard->now_ns);
	EQUAL_INT(comes.shard->minute_ns, stays.shard->minute_ns);
	EQUAL_INT(comes.shard->unopened, stays.shard->unopened);
	EQUAL_INT(comes.shard->table->used, stays.shard->table->used);
	EQUAL_INT(wrong, 0);
	for (int c = 0; c < FLOW_CLASSES; c++)
		compared += compare_lists(stays.shard->table, comes.shard->table, c);
	EQUAL_INT(compared, stays.shard->table->used);
	CU_ASSERT_TRUE(compared > 100 && stays.shard->table->extras_made > 10);
	printf("# %u flows\n", compared);
	end(&stays);
	end(&goes);
	end(&comes);
	kept_clear(&k);
}

static int set_up(void)
{
	make_frames();
	return 0;
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "cut anywhere", test_cuts_without_dpi },
		{ "cut anywhere, with DPI", test_cuts_with_dpi },
		{ "every field of every flow", test_every_field },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "carry storm", .pInitFunc = set_up, .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
