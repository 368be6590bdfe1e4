/* test_shard_storm.c - a random storm of packets: counters balance, events are in order and do not
 * depend on the hash secret. */
#include <stdio.h>
#include "shard_world.h"
#include "tap.h"

static struct packet storm_packet(uint64_t *at)
{
	static const uint8_t protos[] = { IP_TCP, IP_TCP, IP_TCP, IP_UDP, IP_ICMP, 47 };
	static const uint8_t flags[] = { 0x10, 0x10, 0x18, 0x02, 0x12, 0x11, 0x04, 0x14, 0, 0xff };
	uint8_t proto = protos[rand() % 6];
	struct packet p;

	*at += (uint64_t)rand() % (rand() % 50 ? 20 * NS_PER_MS : 10 * SEC);
	if (rand() % 5000 == 0)
		*at += (uint64_t)(rand() % 200) * MIN;
	p = packet(*at, (uint8_t)(1 + rand() % 12), (uint8_t)(1 + rand() % 12), proto,
		   (uint32_t)rand() % 1460);
	p.sport = (uint16_t)(40000 + rand() % 3);
	p.dport = rand() % 2 ? 443 : 40001;
	if (proto == IP_ICMP)
		p.sport = p.dport = (uint16_t)(rand() % 20);
	p.tcp_flags = flags[rand() % 10];
	p.seq = (uint32_t)rand() % 8 ? (uint32_t)(rand() % 100000) : (uint32_t)rand() * 3;
	if (rand() % 10 == 0)
		p.payload_len = 0;
	return rand() % 2 ? reverse(p) : p;
}

static void storm(struct world *w, unsigned seed, uint64_t hash_seed, int packets)
{
	uint64_t at = 0, boundary = 0;

	srand(seed);
	begin(w, &(struct shard_config){ .max_flows = 150, .hash_seed = hash_seed });
	for (int i = 0; i < packets; i++) {
		struct packet p = storm_packet(&at);

		for (; boundary <= at; boundary += MIN)
			mark(w, boundary);
		give(w, p);
	}
	shard_finish(w->shard);
}

static void add_sums(struct flow_sums *to, const struct flow_sums *from)
{
	for (int d = 0; d < 2; d++) {
		to->bytes[d] += from->bytes[d];
		to->payload[d] += from->payload[d];
		to->packets[d] += from->packets[d];
		to->retrans[d] += from->retrans[d];
		to->lost[d] += from->lost[d];
	}
}

static int by_slice(const void *a, const void *b)
{
	return slice_compare(a, b);
}

static void test_storm_balances(void)
{
	enum { PACKETS = 60000 };
	const unsigned seed = (unsigned)test_seed(19700101);
	struct flow_sums slices = { 0 }, closes = { 0 };
	const struct shard_counters *c;
	struct world w;

	storm(&w, seed, 0, PACKETS);
	c = shard_counters(w.shard);
	for (size_t i = 0; i < w.n; i++) {
		if (w.events[i].kind == SLICE_SLICE)
			add_sums(&slices, &w.events[i].sums);
		if (w.events[i].kind == SLICE_CLOSE)
			add_sums(&closes, &w.events[i].sums);
	}
	EQUAL_INT(c->packets, PACKETS);
	EQUAL_INT(c->flow_packets, PACKETS);
	EQUAL_INT(slices.packets[0] + slices.packets[1], PACKETS);
	EQUAL_INT(c->tcp_retrans_bytes, slices.retrans[0] + slices.retrans[1]);
	EQUAL_INT(c->tcp_lost_bytes, closes.lost[0] + closes.lost[1]);
	/* The last holes of a flow are known to be lost only when it ends. */
	CU_ASSERT_TRUE(slices.lost[0] + slices.lost[1] > 0);
	CU_ASSERT_TRUE(slices.lost[0] <= closes.lost[0] && slices.lost[1] <= closes.lost[1]);
	memset(slices.lost, 0, sizeof(slices.lost));
	memset(closes.lost, 0, sizeof(closes.lost));
	CU_ASSERT_FALSE(memcmp(&slices, &closes, sizeof(slices)));
	EQUAL_INT(count(&w, SLICE_OPEN), c->flows_opened);
	EQUAL_INT(count(&w, SLICE_CLOSE), c->flows_opened);
	EQUAL_INT(c->flows_fin + c->flows_rst + c->flows_idle + c->flows_evicted + c->flows_input,
		  c->flows_opened);
	CU_ASSERT_TRUE(c->flows_fin && c->flows_rst && c->flows_idle && c->flows_evicted);
	CU_ASSERT_TRUE(c->flows_input && c->tcp_resyncs && c->tcp_retrans_bytes);
	end(&w);
}

/* In the order of slice_compare() every flow is OPEN, SLICE..., CLOSE, ids are unique and no two
 * events compare equal. */
static void test_storm_order(void)
{
	const unsigned seed = (unsigned)test_seed(20380119);
	unsigned wrong = 0;
	struct world w;

	storm(&w, seed, 0, 30000);
	for (size_t i = 0; i < w.n; i++) {	/* time only moves on as it is emitted */
		const struct slice *e = &w.events[i];

		wrong += e->kind == SLICE_SLICE &&
			 (e->first_ns < e->minute_ns || e->last_ns >= e->minute_ns + MIN ||
			  e->first_ns > e->last_ns);
		wrong += e->kind == SLICE_CLOSE && e->last_ns >= e->minute_ns + MIN;
	}
	qsort(w.events, w.n, sizeof(struct slice), by_slice);
	for (size_t i = 1; i < w.n; i++)
		wrong += slice_compare(&w.events[i - 1], &w.events[i]) >= 0;
	EQUAL_INT(wrong, 0);
	for (size_t i = 0; i < w.n; i++) {
		const struct slice *e = &w.events[i];
		bool is_open = e->kind == SLICE_OPEN, is_closed = false;
		size_t j = i;

		if (!is_open)
			continue;
		for (j = i + 1; j < w.n && !is_closed; j++) {
			if (flow_id_compare(&e->id, &w.events[j].id))
				continue;
			wrong += w.events[j].kind == SLICE_OPEN;
			wrong += w.events[j].client_is_b != e->client_is_b;
			is_closed = w.events[j].kind == SLICE_CLOSE;
		}
		wrong += !is_closed;
	}
	EQUAL_INT(wrong, 0);
	end(&w);
}

static void test_storm_without_secret(void)
{
	const unsigned seed = (unsigned)test_seed(314159);
	struct world one, two;

	storm(&one, seed, 1, 30000);
	storm(&two, seed, 0xfedcba9876543210, 30000);
	EQUAL_INT(one.n, two.n);
	for (size_t i = 0; i < one.n && i < two.n; i++)
		if (memcmp(&one.events[i], &two.events[i], sizeof(struct slice))) {
			EQUAL_INT(i, -1);
			break;
		}
	CU_ASSERT_TRUE(one.n > 1000);
	end(&one);
	end(&two);
}

/* Batches of odd sizes, some with fragments that go nowhere, are the same as single packets. */
static void test_storm_in_batches(void)
{
	enum { PACKETS = 20000, MOST = 70 };
	static struct packet packets[MOST];
	struct shard_item items[MOST];
	const unsigned seed = (unsigned)test_seed(271828);
	struct world one, many;
	uint64_t at = 0;
	size_t n = 0, want = 1;

	srand(seed);
	begin(&one, &(struct shard_config){ .max_flows = 150 });
	begin(&many, &(struct shard_config){ .max_flows = 150 });
	for (int i = 0; i < PACKETS; i++) {
		enum packet_status status = i % 100 ? PACKET_OK : PACKET_FRAGMENT;

		packets[n] = storm_packet(&at);
		items[n] = (struct shard_item){ &packets[n], status };
		shard_packet(one.shard, &packets[n], status);
		if (++n < want && i + 1 < PACKETS)
			continue;
		shard_packets(many.shard, items, n);
		n = 0;
		want = want % MOST + 1;
	}
	shard_finish(one.shard);
	shard_finish(many.shard);
	EQUAL_INT(one.n, many.n);
	for (size_t i = 0; i < one.n && i < many.n; i++)
		if (memcmp(&one.events[i], &many.events[i], sizeof(struct slice))) {
			EQUAL_INT(i, -1);
			break;
		}
	CU_ASSERT_FALSE(memcmp(shard_counters(one.shard), shard_counters(many.shard),
			       sizeof(struct shard_counters)));
	EQUAL_INT(shard_counters(many.shard)->packets, PACKETS);
	EQUAL_INT(shard_counters(many.shard)->fragments, PACKETS / 100);
	end(&one);
	end(&many);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "counters balance", test_storm_balances },
		{ "order and identity", test_storm_order },
		{ "independent of the hash secret", test_storm_without_secret },
		{ "batches change nothing", test_storm_in_batches },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "shard storm", .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
