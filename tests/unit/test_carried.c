/* test_carried.c - what names and echoes carry, from packets to the SLICE events of a minute. */
#include "tap.h"
#include "base/hash.h"
#include "dpi_samples.h"
#include "flow/carried.h"
#include "flow/internal.h"
#include "shard_world.h"

#define CLIENT 1
#define OTHER 2

static struct world w;
static uint8_t kept[65536];
static size_t kept_len;

/* --- names and patterns ------------------------------------------------------ */

static void test_sizes(void)
{
	static const struct { const char *name, *domain; uint32_t size; } cases[] = {
		{ "vendor.example", "vendor.example", 0 },
		{ "www.vendor.example", "vendor.example", 3 },
		{ "abcd.ef.t.vendor.example", "vendor.example", 7 },
		{ "4.3.2.1.zen.list.example", "list.example", 4 },
		{ "4.3.2.1", "1", 3 },
		{ "4.3.2.10.in-addr.arpa", "10.in-addr.arpa", 3 },
		{ "300.3.2.1.zen.list.example", "list.example", 9 },
		{ "1.2.vendor.example", "vendor.example", 2 },
		{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		  "2.ip6.arpa", 15 },
		{ "", "", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		EQUAL_INT(carried_size_of_name(cases[i].name, cases[i].domain), cases[i].size);
}

static void fill(uint8_t *to, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)hash_mix(seed * 100000 + i);
}

static void test_plain(void)
{
	uint8_t bytes[1472];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	CU_ASSERT(carried_is_plain(bytes, sizeof(bytes)));	/* Linux */
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)('a' + i % 23);
	CU_ASSERT(carried_is_plain(bytes, sizeof(bytes)));	/* Windows */
	CU_ASSERT(carried_is_plain(bytes + 5, 900));
	memset(bytes, 'X', sizeof(bytes));
	CU_ASSERT(carried_is_plain(bytes, sizeof(bytes)));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 2 ? 0xcd : 0xab;
	CU_ASSERT(carried_is_plain(bytes, sizeof(bytes)));	/* routers */
	fill(bytes, sizeof(bytes), 1);
	CU_ASSERT_FALSE(carried_is_plain(bytes, sizeof(bytes)));
	memset(bytes, 'X', sizeof(bytes));
	bytes[1000] = 'Y';
	CU_ASSERT_FALSE(carried_is_plain(bytes, sizeof(bytes)));
	CU_ASSERT(carried_is_plain(bytes, 1));
}

/* --- DNS ------------------------------------------------------------------------ */

static void dns(uint64_t at, bool is_answer, const uint8_t *bytes, size_t len, uint16_t cport)
{
	struct packet p = packet(at, CLIENT, OTHER, IP_UDP, (uint32_t)len);

	p.sport = cport;
	p.dport = 53;
	p.bytes = bytes;
	p.payload_off = 0;
	p.caplen = p.wirelen = (uint32_t)len;
	give(&w, is_answer ? reverse(p) : p);
}

static void ask(uint64_t at, const char *name, unsigned type, unsigned rcode)
{
	uint8_t message[SAMPLE_MAX];
	size_t len = sample_query(message, name);

	message[len - 3] = (uint8_t)type;
	dns(at, false, message, len, 5000);
	message[2] |= 0x80;
	message[3] |= (uint8_t)rcode;
	dns(at + 1000, true, message, len, 5000);
}

static const struct shard_config config = { .max_flows = 100, .with_dpi = true,
					    .carried = { .key = 7 } };

static void test_dns(void)
{
	const struct carried_domain *d;
	char name[100];

	begin(&w, &config);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "%032x.t.Vendor.example", i % 40);
		ask(i * SEC, name, DPI_DNS_TXT, i < 10 ? DPI_DNS_NXDOMAIN : 0);
	}
	ask(51 * SEC, "www.other.example", 1, 0);
	mark(&w, MIN);
	CU_ASSERT_FATAL(event(&w, SLICE_SLICE, 0)->carried != NULL);
	d = event(&w, SLICE_SLICE, 0)->carried->domains;
	CU_ASSERT_FATAL(d && d->next);
	EQUAL_TEXT(d->domain, "vendor.example");
	EQUAL_INT(d->questions, 50);
	EQUAL_INT(d->odd, 50);
	EQUAL_INT(d->answers, 50);
	EQUAL_INT(d->nxdomain, 10);
	EQUAL_INT(sample_count(&d->names), 40);
	EQUAL_INT(sample_bytes(&d->names), 40 * 33);
	EQUAL_INT(d->asked, 50 * 33);
	/* Header, the name on the wire, type and class. */
	EQUAL_INT(d->echoed, 50 * (12 + 1 + 32 + 1 + 1 + 1 + 6 + 1 + 7 + 1 + 4));
	EQUAL_TEXT(d->next->domain, "other.example");
	EQUAL_INT(d->next->odd, 0);
	CU_ASSERT_PTR_NULL(event(&w, SLICE_OPEN, 0)->carried);
	EQUAL_INT(w.shard->carried_held, 0);
	end(&w);
}

/* A tunnel's domain keeps its place among any number of ordinary ones. */
static void test_bounds(void)
{
	const struct carried *c;
	bool is_there = false;
	char name[100];

	begin(&w, &config);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "www.site%u.example", i);
		ask(i * SEC / 8, name, 1, 0);
		snprintf(name, sizeof(name), "%032x.vendor.example", i);
		ask(i * SEC / 8 + 5000, name, 1, 0);
	}
	CU_ASSERT(w.shard->carried_held <= CARRIED_DOMAINS_MAX);
	mark(&w, MIN);
	c = event(&w, SLICE_SLICE, 0)->carried;
	CU_ASSERT_FATAL(c != NULL);
	EQUAL_INT(c->n, CARRIED_DOMAINS_MAX);
	for (const struct carried_domain *d = c->domains; d; d = d->next)
		is_there |= !strcmp(d->domain, "vendor.example") && d->questions == 200;
	CU_ASSERT(is_there);
	CU_ASSERT(shard_counters(w.shard)->carried_beyond > 0);
	end(&w);
}

static void test_held(void)
{
	begin(&w, &config);
	w.shard->carried_held = CARRIED_HELD_MAX;
	ask(0, "www.vendor.example", 1, 0);
	EQUAL_INT(shard_counters(w.shard)->carried_beyond, 2);
	EQUAL_INT(w.shard->carried_held, CARRIED_HELD_MAX);
	w.shard->carried_held = 0;
	ask(SEC, "www.vendor.example", 1, 0);
	EQUAL_INT(shard_counters(w.shard)->carried_beyond, 2);
	shard_finish(w.shard);
	EQUAL_INT(w.shard->carried_held, 0);
	end(&w);
}

/* --- echo ----------------------------------------------------------------------- */

static void echo(uint64_t at, bool is_reply, uint16_t sequence, const uint8_t *payload, size_t len)
{
	uint8_t bytes[8 + 1472] = { is_reply ? 0 : 8, 0, 0, 0, 0x12, 0x34 };
	struct packet p = packet(at, CLIENT, OTHER, IP_ICMP, (uint32_t)len);

	bytes[6] = (uint8_t)(sequence >> 8);
	bytes[7] = (uint8_t)sequence;
	memcpy(bytes + 8, payload, len);
	p.bytes = bytes;
	p.payload_off = 8;
	p.caplen = p.wirelen = (uint32_t)(8 + len);
	if (is_reply)
		p = reverse(p);
	p.sport = is_reply ? 0 : 8;
	p.dport = 0;
	give(&w, p);
}

static const struct carried_echo *echoed(void)
{
	static const struct carried_echo none = { .requests = 4711 };
	const struct carried *c = event(&w, SLICE_SLICE, 0)->carried;

	return c && c->echo ? c->echo : &none;
}

/* Time stamps at the front, the same pattern behind: however many, they carry nothing. */
static void test_pings(void)
{
	uint8_t payload[1472];

	begin(&w, &config);
	for (unsigned i = 0; i < 200; i++) {
		size_t len = i < 100 ? 56 : 60 + i * 7;	/* and a search for the path's MTU */

		for (size_t k = 0; k < len; k++)
			payload[k] = (uint8_t)k;
		fill(payload, ECHO_FRONT, i);
		echo(i * SEC / 4, false, (uint16_t)i, payload, len);
		echo(i * SEC / 4 + 1000, true, (uint16_t)i, payload, len);
	}
	mark(&w, MIN);
	EQUAL_INT(echoed()->requests, 200);
	EQUAL_INT(echoed()->replies, 200);
	EQUAL_INT(echoed()->plain, 200);
	EQUAL_INT(echoed()->mismatched, 0);
	EQUAL_INT(sample_count(&echoed()->payloads), 0);
	EQUAL_INT(echoed()->echoed, echoed()->asked);
	end(&w);
}

static void test_tunnel(void)
{
	uint8_t payload[1000], other[1000];

	begin(&w, &config);
	fill(other, sizeof(other), 999);
	for (unsigned i = 0; i < 40; i++) {
		fill(payload, sizeof(payload), i);
		echo(i * SEC, false, (uint16_t)i, payload, sizeof(payload));
		echo(i * SEC + 1000, true, (uint16_t)i, i < 30 ? payload : other, sizeof(payload));
	}
	echo(50 * SEC, true, 500, other, sizeof(other));	/* nobody asked: says nothing */
	mark(&w, MIN);
	EQUAL_INT(sample_count(&echoed()->payloads), 40);
	EQUAL_INT(sample_bytes(&echoed()->payloads), 40 * (1000 - ECHO_FRONT));
	EQUAL_INT(echoed()->replies, 41);
	EQUAL_INT(echoed()->echoed, 30 * 1000);
	EQUAL_INT(echoed()->mismatched, 10);
	EQUAL_INT(echoed()->mismatched_bytes, 10 * 1000);
	EQUAL_INT(echoed()->plain, 0);
	end(&w);
}

/* --- over the end of a run --------------------------------------------------------- */

static void keep_flow(void *arg, const void *key, size_t key_len, const void *value,
		      size_t value_len)
{
	(void)arg;
	(void)key;
	(void)key_len;
	CU_ASSERT_FATAL(value_len <= sizeof(kept));
	memcpy(kept, value, value_len);
	kept_len = value_len;
}

static void cut(void)
{
	shard_export(w.shard, keep_flow, NULL);
	EQUAL_INT(w.shard->carried_held, 0);
	end(&w);
	begin(&w, &config);
	CU_ASSERT(shard_import(w.shard, kept, kept_len));
}

/* A request before the cut, its reply behind it; the sums are those of one run. */
static void test_carry_echo(void)
{
	uint8_t payload[1000];

	begin(&w, &config);
	fill(payload, sizeof(payload), 1);
	echo(0, false, 1, payload, sizeof(payload));
	cut();
	EQUAL_INT(w.shard->carried_held, 2);
	echo(SEC, true, 1, payload, sizeof(payload));
	mark(&w, MIN);
	EQUAL_INT(echoed()->requests, 1);
	EQUAL_INT(echoed()->echoed, 1000);
	EQUAL_INT(sample_count(&echoed()->payloads), 1);
	end(&w);
}

/* A reply that nobody asked for, and the minute over: the flow is carried all the same. */
static void test_carry_reply(void)
{
	uint8_t payload[1000];

	begin(&w, &config);
	fill(payload, sizeof(payload), 1);
	echo(50 * SEC, true, 1, payload, sizeof(payload));
	mark(&w, MIN);
	EQUAL_INT(echoed()->replies, 1);
	EQUAL_INT(echoed()->mismatched, 0);
	kept_len = 0;
	cut();
	EQUAL_INT(w.shard->carried_held, 0);
	end(&w);
}

static void test_carry_dns(void)
{
	const struct carried *c;

	begin(&w, &config);
	ask(0, "abcdef.vendor.example", DPI_DNS_NULL, 0);
	cut();
	ask(SEC, "abcdef.vendor.example", DPI_DNS_NULL, 0);
	ask(2 * SEC, "ghijkl.vendor.example", DPI_DNS_NULL, 0);
	mark(&w, MIN);
	c = event(&w, SLICE_SLICE, 0)->carried;
	CU_ASSERT_FATAL(c && c->domains);
	EQUAL_INT(c->n, 1);
	EQUAL_INT(c->domains->questions, 3);
	EQUAL_INT(sample_count(&c->domains->names), 2);
	end(&w);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "sizes of names", test_sizes }, { "plain payloads", test_plain },
		{ "names of a minute", test_dns }, { "bounds of a flow", test_bounds },
		{ "bounds of a shard", test_held }, { "pings", test_pings },
		{ "echo tunnel", test_tunnel }, { "echo over a cut", test_carry_echo },
		{ "reply over a cut", test_carry_reply },
		{ "names over a cut", test_carry_dns }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "carried", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
