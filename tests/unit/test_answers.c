/* test_answers.c - DNS answers from packets to the SLICE events of their minute. */
#include "tap.h"
#include "dpi_samples.h"
#include "flow/answers.h"
#include "shard_world.h"

#define CLIENT 1
#define RESOLVER 2

static struct world w;

/* A packet between client and resolver whose payload is captured. */
static void dns(uint64_t at, bool is_answer, const uint8_t *bytes, size_t len, uint16_t cport)
{
	struct packet p = packet(at, CLIENT, RESOLVER, IP_UDP, (uint32_t)len);

	p.sport = cport;
	p.dport = 53;
	p.bytes = bytes;
	p.payload_off = 0;
	p.caplen = p.wirelen = (uint32_t)len;
	give(&w, is_answer ? reverse(p) : p);
}

/* Query and answer with addresses 198.51.100.first ... */
static void resolve(uint64_t at, const char *name, uint8_t first, uint8_t n, uint16_t cport)
{
	static const uint8_t head[] = { 0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 51, 100 };
	uint8_t message[SAMPLE_MAX];
	size_t len = sample_query(message, name);

	dns(at, false, message, len, cport);
	message[2] |= 0x80;
	message[7] = n;
	for (uint8_t i = 0; i < n; i++) {
		memcpy(message + len, head, sizeof(head));
		message[len + sizeof(head)] = (uint8_t)(first + i);
		len += sizeof(head) + 1;
	}
	dns(at + 1000, true, message, len, cport);
}

static unsigned length(const struct dns_answer *list)
{
	unsigned n = 0;

	for (; list; list = list->next)
		n++;
	return n;
}

static void test_minutes(void)
{
	const struct dns_answer *a;
	char text[ADDR_TEXT_MAX];

	begin(&w, &(struct shard_config){ .with_dpi = true });
	resolve(0, "A.vendor.example", 1, 2, 5000);
	resolve(SEC, "b.vendor.example", 3, 1, 5000);	/* the same flow, long settled */
	resolve(2 * SEC, "a.vendor.example", 2, 1, 5000);	/* known already */
	resolve(MIN, "a.vendor.example", 9, 1, 5000);
	mark(&w, 2 * MIN);
	EQUAL_INT(count(&w, SLICE_SLICE), 2);
	a = event(&w, SLICE_SLICE, 0)->answers;
	EQUAL_INT(length(a), 3);
	if (length(a) == 3) {
		EQUAL_TEXT(a->name, "a.vendor.example");
		EQUAL_TEXT(addr_format(&a->addr, text), "198.51.100.1");
		EQUAL_TEXT(addr_format(&a->next->addr, text), "198.51.100.2");
		EQUAL_TEXT(a->next->next->name, "b.vendor.example");
	}
	EQUAL_INT(length(event(&w, SLICE_SLICE, 1)->answers), 1);
	EQUAL_INT(length(event(&w, SLICE_OPEN, 0)->answers), 0);
	EQUAL_TEXT(event(&w, SLICE_OPEN, 0)->name, "a.vendor.example");
	EQUAL_INT(shard_counters(w.shard)->dns_answers, 4);
	EQUAL_INT(shard_counters(w.shard)->dns_answers_beyond, 0);
	shard_finish(w.shard);
	EQUAL_INT(length(event(&w, SLICE_CLOSE, 0)->answers), 0);
	end(&w);
}

static void test_bounds(void)
{
	begin(&w, &(struct shard_config){ .with_dpi = true });
	resolve(0, "a.example", 1, 10, 5000);
	resolve(SEC, "b.example", 11, 10, 5000);
	mark(&w, MIN);
	EQUAL_INT(length(event(&w, SLICE_SLICE, 0)->answers), SLICE_ANSWERS_MAX);
	EQUAL_INT(shard_counters(w.shard)->dns_answers, SLICE_ANSWERS_MAX);
	EQUAL_INT(shard_counters(w.shard)->dns_answers_beyond, 4);
	resolve(MIN, "a.example", 1, 2, 5000);	/* freed with the shard, never emitted */
	end(&w);
	begin_plain(&w);			/* without DPI nothing is read */
	resolve(0, "a.example", 1, 1, 5000);
	mark(&w, MIN);
	EQUAL_INT(length(event(&w, SLICE_SLICE, 0)->answers), 0);
	end(&w);
}

/* Evicted in the minute of the answer: its SLICE has it; the record is used again without it. */
static void test_eviction(void)
{
	begin(&w, &(struct shard_config){ .with_dpi = true, .max_flows = 2 });
	resolve(0, "a.example", 1, 1, 5000);
	resolve(SEC, "b.example", 2, 1, 5001);
	resolve(2 * SEC, "c.example", 3, 1, 5002);
	udp(&w, 3 * SEC, 10);
	mark(&w, MIN);
	EQUAL_INT(count(&w, SLICE_SLICE), 4);
	for (size_t i = 0; i < 4; i++)
		EQUAL_INT(length(event(&w, SLICE_SLICE, i)->answers),
			  event(&w, SLICE_SLICE, i)->id.key.b_port == 443 ? 0 : 1);
	end(&w);
}

static void test_pack(void)
{
	struct dpi_answers found = { .name = "a.example", .n = 2 };
	struct dns_answer *list = NULL, *again = NULL;
	struct packer p = { 0 };
	struct unpacker u;

	found.addrs[1].bytes[15] = 7;
	EQUAL_INT(answers_add(&list, &found), 2);
	answers_pack(&p, list);
	for (size_t n = 0; n < p.len; n++) {
		u = unpack_over(p.bytes, n);
		CU_ASSERT_FALSE(answers_unpack(&u, &again));
		CU_ASSERT_PTR_NULL(again);
	}
	u = unpack_over(p.bytes, p.len);
	CU_ASSERT(answers_unpack(&u, &again) && unpack_ok(&u));
	EQUAL_INT(length(again), 2);
	if (length(again) == 2) {
		EQUAL_TEXT(again->name, "a.example");
		EQUAL_INT(again->next->addr.bytes[15], 7);
	}
	answers_free(&again);
	answers_free(&list);
	pack_reset(&p);
	answers_pack(&p, NULL);
	u = unpack_over(p.bytes, p.len);
	CU_ASSERT(answers_unpack(&u, &again) && !again);
	pack_free(&p);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "minutes", test_minutes }, { "bounds", test_bounds },
		{ "eviction", test_eviction }, { "packed", test_pack }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "answers", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
