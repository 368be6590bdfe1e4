/* test_row.c - the sparse row against a plain one of 96 slots, and the picture's four bits. */
#include <stdlib.h>
#include <string.h>
#include "profile/evidence.h"
#include "profile/row.h"
#include "tap.h"

#define PEERS 6

/* What a row should be, without any economy. */
struct plain {
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS], by_peer[PEERS], sum;
	int first[ROW_SLOTS], last[ROW_SLOTS];	/* minutes with upload; -1: none */
	bool used[ROW_SLOTS];
};

static struct row_peer peer(unsigned n)
{
	const uint8_t bytes[4] = { 203, 0, 113, (uint8_t)(n / 2) };

	/* Pairs differ in nothing but the port. */
	return (struct row_peer){ .addr = addr_from_ipv4(bytes), .proto = 6,
				  .port = (uint16_t)(443 + n % 2) };
}

static void plain_begin(struct plain *p)
{
	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < ROW_SLOTS; i++)
		p->first[i] = p->last[i] = -1;
}

static void plain_add(struct plain *p, const struct row_minute *m, unsigned who)
{
	p->used[m->slot] = true;
	p->up[m->slot] += m->up;
	p->down[m->slot] += m->down;
	if (!m->up)
		return;
	if (p->first[m->slot] < 0)
		p->first[m->slot] = (int)m->minute;
	p->last[m->slot] = (int)m->minute;
	p->by_peer[who] += m->up;
	p->sum += m->up;
}

static unsigned any_of(unsigned *seed, unsigned n)
{
	return (unsigned)rand_r(seed) % n;
}

/* The same random minutes into both. */
static struct row *fill(struct plain *p, unsigned *seed, unsigned minutes, unsigned slots)
{
	struct row *r = row_new();

	plain_begin(p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	for (unsigned i = 0; i < minutes; i++) {
		unsigned who = any_of(seed, PEERS);
		struct row_minute m = { .slot = any_of(seed, slots), .minute = any_of(seed, 15),
					.up = any_of(seed, 3) ? any_of(seed, 5000) : 0,
					.down = any_of(seed, 900), .peer = peer(who) };

		CU_ASSERT_FATAL(row_add(&r, &m));
		plain_add(p, &m, who);
	}
	return r;
}

static unsigned differences(const struct row *r, const struct plain *p)
{
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
	unsigned wrong = 0, used = 0;

	row_expand(r, up, down);
	wrong += memcmp(up, p->up, sizeof(up)) != 0;
	wrong += memcmp(down, p->down, sizeof(down)) != 0;
	wrong += row_up(r) != p->sum;
	for (unsigned i = 0; i < ROW_SLOTS; i++) {
		const struct row_slot *s = row_find(r, i);

		used += p->used[i];
		wrong += (s != NULL) != p->used[i];
		if (!s)
			continue;
		wrong += s->number != i || s->up != p->up[i] || s->down != p->down[i];
		wrong += p->first[i] >= 0 && s->first_min != p->first[i];
		wrong += p->last[i] >= 0 && s->last_min != p->last[i];
	}
	wrong += used != r->n || r->n > r->room || r->room > ROW_SLOTS;
	for (unsigned i = 1; i < r->n; i++)
		wrong += r->slots[i - 1].number >= r->slots[i].number;
	return wrong;
}

static void sparse_is_plain(void)
{
	unsigned seed = (unsigned)test_seed(0), wrong = 0;
	struct plain p;

	for (unsigned round = 0; round < 600; round++) {
		struct row *r = fill(&p, &seed, any_of(&seed, 400),
				     round % 3 ? ROW_SLOTS : 1 + any_of(&seed, 4));

		wrong += differences(r, &p);
		free(r);
	}
	EQUAL_INT(wrong, 0);
}

static void nothing_is_a_row_too(void)
{
	uint64_t up[ROW_SLOTS], down[ROW_SLOTS];
	struct row *r = row_new();

	memset(up, 1, sizeof(up));
	row_expand(NULL, up, down);
	EQUAL_INT(up[0] | up[ROW_SLOTS - 1] | down[0] | down[ROW_SLOTS - 1], 0);
	EQUAL_INT(row_up(NULL), 0);
	EQUAL_INT(row_bytes(NULL), 0);
	CU_ASSERT_PTR_NULL(row_find(NULL, 0));
	CU_ASSERT_PTR_NULL(row_find(r, 0));
	EQUAL_INT(row_overlap(NULL, r, 0, ROW_SLOTS), 0);
	free(r);
}

/* One slot costs what the header says, all of them not much more than 96. */
static void a_row_grows_as_it_must(void)
{
	struct row *r = row_new();
	size_t least;

	EQUAL_INT(sizeof(struct row_slot), 24);
	EQUAL_INT(row_bytes(r), 56);
	for (unsigned i = ROW_SLOTS; i-- > 0;) {
		CU_ASSERT_FATAL(row_add(&r, &(struct row_minute){ .slot = i, .up = 1 }));
		least = sizeof(*r) + r->n * sizeof(r->slots[0]);
		CU_ASSERT(row_bytes(r) >= least);
		CU_ASSERT(row_bytes(r) <= least + r->n * sizeof(r->slots[0]));
	}
	EQUAL_INT(r->n, ROW_SLOTS);
	EQUAL_INT(r->room, ROW_SLOTS);
	CU_ASSERT_FALSE(row_add(&r, &(struct row_minute){ .slot = ROW_SLOTS, .up = 1 }));
	EQUAL_INT(row_up(r), ROW_SLOTS);
	free(r);
}

/* A peer with more than half of the upload is the one named, in whatever order it comes. */
static void the_majority_is_named(void)
{
	unsigned seed = (unsigned)test_seed(0), wrong = 0, had_one = 0;
	struct plain p;

	for (unsigned round = 0; round < 3000; round++) {
		struct row *r = fill(&p, &seed, 1 + any_of(&seed, 12), ROW_SLOTS);

		for (unsigned i = 0; i < PEERS; i++) {
			struct row_peer is = peer(i);

			if (2 * p.by_peer[i] <= p.sum)
				continue;
			had_one++;
			wrong += !addr_equal(&is.addr, &r->top.addr) || is.port != r->top.port;
		}
		free(r);
	}
	CU_ASSERT(had_one > 500);
	EQUAL_INT(wrong, 0);
}

/* Against the order made for it: the large one first, then all the others, one byte less. */
static void a_flood_does_not_outvote_the_majority(void)
{
	struct row *r = row_new();
	struct row_peer large = peer(0);

	row_add(&r, &(struct row_minute){ .up = 1001, .peer = large });
	for (unsigned i = 0; i < 1000; i++)
		row_add(&r, &(struct row_minute){ .slot = i % ROW_SLOTS, .up = 1,
						  .peer = peer(1 + i % 5) });
	CU_ASSERT(addr_equal(&r->top.addr, &large.addr) && r->top.port == large.port);
	free(r);
}

static void overlap_is_the_sum_of_the_smaller(void)
{
	unsigned seed = (unsigned)test_seed(0), wrong = 0;
	struct plain p, q;

	for (unsigned round = 0; round < 600; round++) {
		struct row *a = fill(&p, &seed, any_of(&seed, 200), ROW_SLOTS);
		struct row *b = fill(&q, &seed, any_of(&seed, 200), ROW_SLOTS);
		unsigned from = any_of(&seed, ROW_SLOTS), to = from + any_of(&seed, 40);
		uint64_t sum = 0, own = 0;

		for (unsigned i = from; i < to && i < ROW_SLOTS; i++) {
			sum += p.up[i] < q.up[i] ? p.up[i] : q.up[i];
			own += p.up[i];
		}
		wrong += row_overlap(a, b, from, to) != sum;
		wrong += row_overlap(b, a, from, to) != sum;
		wrong += row_overlap(a, a, from, to) != own;
		free(a);
		free(b);
	}
	EQUAL_INT(wrong, 0);
}

static void disorder_is_not_restored(void)
{
	struct row *r = row_new();

	CU_ASSERT(row_restore(&r, &(struct row_slot){ .number = 5, .up = 7, .first_min = 3 }));
	CU_ASSERT_FALSE(row_restore(&r, &(struct row_slot){ .number = 5, .up = 1 }));
	CU_ASSERT_FALSE(row_restore(&r, &(struct row_slot){ .number = 4, .up = 1 }));
	CU_ASSERT_FALSE(row_restore(&r, &(struct row_slot){ .number = ROW_SLOTS, .up = 1 }));
	CU_ASSERT_FALSE(row_restore(&r, &(struct row_slot){ .number = 255, .up = 1 }));
	CU_ASSERT(row_restore(&r, &(struct row_slot){ .number = ROW_SLOTS - 1, .down = 2 }));
	EQUAL_INT(r->n, 2);
	EQUAL_INT(row_up(r), 7);
	EQUAL_INT(row_find(r, 5)->first_min, 3);
	free(r);
}

/* --- the picture ------------------------------------------------------- */

static void levels_go_up(void)
{
	unsigned seed = (unsigned)test_seed(0), wrong = 0;

	EQUAL_INT(picture_level(0), 0);
	EQUAL_INT(picture_bytes(0), 0);
	EQUAL_INT(picture_level(1), 1);
	EQUAL_INT(picture_level(UINT64_MAX), 15);
	CU_ASSERT(picture_bytes(15) > 10000000000ULL / 5.3 && picture_bytes(15) < 14000000000ULL);
	for (uint8_t level = 1; level <= 15; level++) {
		uint64_t least = picture_bytes(level);

		EQUAL_INT(picture_level(least), level);
		EQUAL_INT(picture_level(least - 1), level - 1);
		CU_ASSERT(level == 1 || picture_bytes(level) > picture_bytes(level - 1));
	}
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t a = (uint64_t)rand_r(&seed) << any_of(&seed, 32);
		uint64_t b = (uint64_t)rand_r(&seed) << any_of(&seed, 32);

		wrong += a <= b && picture_level(a) > picture_level(b);
		wrong += picture_bytes(picture_level(a)) > a;
	}
	EQUAL_INT(wrong, 0);
}

static void two_slots_share_a_byte_and_nothing_else(void)
{
	unsigned seed = (unsigned)test_seed(0), wrong = 0;
	uint8_t night[ROW_SLOTS / 2] = { 0 }, plain[ROW_SLOTS] = { 0 };

	for (unsigned i = 0; i < 20000; i++) {
		unsigned slot = any_of(&seed, ROW_SLOTS);

		plain[slot] = (uint8_t)any_of(&seed, 16);
		picture_set(night, slot, plain[slot]);
		wrong += picture_get(night, slot) != plain[slot];
	}
	for (unsigned slot = 0; slot < ROW_SLOTS; slot++)
		wrong += picture_get(night, slot) != plain[slot];
	EQUAL_INT(wrong, 0);
	picture_set(night, 0, 0x3);
	picture_set(night, 1, 0xc);
	EQUAL_INT(night[0], 0xc3);	/* low half: the even slot */
}

/* Three digits of the factor, hundredths of the volume; too much is the most that fits. */
static void a_night_keeps_its_numbers(void)
{
	static const double factors[] = { 5.5, 0.55, 0.05, 28, 42.3, 1, 0.000123, 9870 };
	struct night_seen n = { 0 };

	for (unsigned i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		night_set_e(&n, 0, factors[i]);
		CU_ASSERT_DOUBLE_EQUAL(night_e(&n, 0), factors[i], factors[i] * 1e-12);
	}
	night_set_e(&n, 1, 0);
	CU_ASSERT_EQUAL(night_e(&n, 1), 0);
	night_set_e(&n, 1, 1e300);
	CU_ASSERT(night_e(&n, 1) > 60000 && night_e(&n, 1) < 66000);
	night_set_z(&n, -11.237);
	CU_ASSERT_DOUBLE_EQUAL(night_z(&n), -11.24, 1e-9);
	night_set_z(&n, 1e9);
	CU_ASSERT_DOUBLE_EQUAL(night_z(&n), 327.67, 1e-9);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "sparse is plain", sparse_is_plain },
		{ "nothing is a row too", nothing_is_a_row_too },
		{ "a row grows as it must", a_row_grows_as_it_must },
		{ "the majority is named", the_majority_is_named },
		{ "a flood does not outvote the majority", a_flood_does_not_outvote_the_majority },
		{ "overlap is the sum of the smaller", overlap_is_the_sum_of_the_smaller },
		{ "disorder is not restored", disorder_is_not_restored },
		{ "a night keeps its numbers", a_night_keeps_its_numbers },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo pictures[] = {
		{ "levels go up", levels_go_up },
		{ "two slots share a byte and nothing else",
		  two_slots_share_a_byte_and_nothing_else },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "row", .pTests = tests },
		{ .pName = "picture", .pTests = pictures },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
