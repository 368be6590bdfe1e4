/* test_neighbours.c - profile/link.h: order, what goes when it is full, the state. */
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/log.h"
#include "profile/link.h"
#include "tap.h"

#define T0 (1000000ULL * NS_PER_MIN)

static struct links *links;
static unsigned removed;

static void note_removed(void *arg, const struct link_row *row)
{
	(void)arg;
	(void)row;
	removed++;
}

static int set_up(void)
{
	removed = 0;
	return links_new(&links);
}

static int tear_down(void)
{
	links_free(links);
	return 0;
}

static struct link_key address(unsigned vlan, uint32_t host)
{
	const uint8_t bytes[4] = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8),
				   (uint8_t)host };

	return (struct link_key){ .kind = LINK_NEIGHBOUR, .addr = addr_from_ipv4(bytes),
				  .link = { .vlan = { (uint16_t)vlan, 0xffff } } };
}

static struct link_row *see(unsigned vlan, uint32_t host, uint64_t ns)
{
	struct link_key key = address(vlan, host);
	struct link_row *row = links_get(links, &key, ns);

	CU_ASSERT_PTR_NOT_NULL_FATAL(row);
	link_row_seen(row, ns, ns + NS_PER_SEC);
	return row;
}

static void test_order(void)
{
	struct link_row *const *list;
	struct link_key key = address(7, 3);
	size_t n;

	CU_ASSERT_PTR_NULL(links_find(links, &key));
	see(7, 3, T0);
	see(7, 1, T0);
	see(5, 9, T0);
	see(7, 3, T0 + 5 * NS_PER_SEC);
	see(7, 3, T0 + NS_PER_MIN);
	list = links_list(links, LINK_NEIGHBOUR, &n);
	EQUAL_INT(n, 3);
	EQUAL_INT(list[0]->link.vlan[0], 5);
	EQUAL_INT(list[1]->addr.bytes[15], 1);
	EQUAL_INT(list[2]->addr.bytes[15], 3);
	CU_ASSERT_PTR_EQUAL(links_find(links, &key), list[2]);
	EQUAL_INT(list[2]->minutes, 2);
	EQUAL_INT(list[2]->first_ns, T0);
	EQUAL_INT(list[2]->last_ns, T0 + NS_PER_MIN + NS_PER_SEC);
	/* The kinds do not mix. */
	key.kind = LINK_ITSELF;
	CU_ASSERT_PTR_NULL(links_find(links, &key));
}

/* A flood of addresses, each seen once, pushes out its own: not what was seen for long, nor what
 * was told. */
static void test_flood(void)
{
	struct link_key known = address(7, 1), told = address(7, 2), key;
	uint64_t live;

	links_on_remove(links, note_removed, NULL);
	for (unsigned i = 0; i < 10; i++)
		see(7, 1, T0 + i * NS_PER_MIN);
	see(7, 2, T0)->kept = LINK_TOLD;
	for (uint32_t i = 0; i < 3 * NEIGHBOURS_MAX; i++)
		see(7, 1000 + i, T0 + NS_PER_HOUR + i);
	CU_ASSERT_PTR_NOT_NULL(links_find(links, &known));
	CU_ASSERT_PTR_NOT_NULL(links_find(links, &told));
	key = address(7, 1000);
	CU_ASSERT_PTR_NULL(links_find(links, &key));
	key = address(7, 1000 + 3 * NEIGHBOURS_MAX - 1);
	CU_ASSERT_PTR_NOT_NULL(links_find(links, &key));
	live = links_counters(links)->live[LINK_NEIGHBOUR];
	CU_ASSERT_TRUE(live <= NEIGHBOURS_MAX && live > NEIGHBOURS_MAX - NEIGHBOURS_MAX / 8);
	EQUAL_INT(links_counters(links)->evicted[LINK_NEIGHBOUR] + live, 3 * NEIGHBOURS_MAX + 2);
	EQUAL_INT(removed, links_counters(links)->evicted[LINK_NEIGHBOUR]);
}

/* As many as there can be, each told but for what is asked about. */
static void test_who_goes_last(void)
{
	struct link_key listed = address(7, 1), told = address(7, 2), loose = address(7, 3);
	struct link_key first = { .kind = LINK_ITSELF, .link = { .vlan = { 1, 0xffff } } };

	see(7, 1, T0)->kept = LINK_LISTED;
	for (unsigned i = 0; i < 10; i++)	/* for long, but it is nobody's */
		see(7, 3, T0 + i * NS_PER_MIN);
	see(7, 2, T0)->kept = LINK_TOLD;
	for (uint32_t i = 0; i < NEIGHBOURS_MAX - 2; i++)
		see(7, 1000 + i, T0 + NS_PER_HOUR + i)->kept = LINK_TOLD;
	CU_ASSERT_PTR_NULL(links_find(links, &loose));
	CU_ASSERT_PTR_NULL(links_find(links, &told));
	CU_ASSERT_PTR_NOT_NULL(links_find(links, &listed));
	/* Of links the newest, however busy: since when the others are known counts. */
	CU_ASSERT_PTR_NOT_NULL(links_get(links, &first, T0));
	for (unsigned i = 2; i < 4 * LINKS_MAX; i++) {
		struct link_key key = { .kind = LINK_ITSELF,
					.link = { .vlan = { (uint16_t)i, 0xffff } } };
		struct link_row *row = links_get(links, &key, T0 + i * NS_PER_MIN);

		link_row_seen(row, T0 + i * NS_PER_MIN, T0 + i * NS_PER_MIN);
		link_row_seen(row, T0 + (i + 1) * NS_PER_MIN, T0 + (i + 1) * NS_PER_MIN);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(links_find(links, &first));
	EQUAL_INT(links_find(links, &first)->first_ns, T0);
}

#define SILENT_NS (60 * NS_PER_DAY)

static void test_expire(void)
{
	struct link_key key = address(7, 1);

	see(7, 1, T0);
	see(7, 2, T0 + 2 * NS_PER_DAY);
	links_expire(links, T0 + SILENT_NS, SILENT_NS);
	CU_ASSERT_PTR_NOT_NULL(links_find(links, &key));
	links_expire(links, T0 + SILENT_NS + NS_PER_DAY, SILENT_NS);
	CU_ASSERT_PTR_NULL(links_find(links, &key));
	EQUAL_INT(links_counters(links)->live[LINK_NEIGHBOUR], 1);
}

/* --- the state ------------------------------------------------------------------------------ */

struct bytes {
	struct packer key, value;
};

static void pack(const struct link_row *row, struct bytes *b)
{
	pack_reset(&b->key);
	pack_reset(&b->value);
	link_pack_key(row, &b->key);
	link_pack(row, &b->value);
}

static bool unpack(struct links *l, const struct subjects *s, const struct bytes *b, size_t len)
{
	struct unpacker key = unpack_over(b->key.bytes, b->key.len);
	struct unpacker value = unpack_over(b->value.bytes, len);

	return link_unpack(l, s, &key, &value);
}

static void fill_neighbour(struct neighbour *n, struct subject *told)
{
	n->now = (struct holder){ { 2, 0, 0, 0, 0, 1 }, T0 + 1, T0 + 9 };
	n->before = (struct holder){ { 2, 0, 0, 0, 0, 2 }, T0 + 2, T0 + 8 };
	n->asked = (struct holder){ { 2, 0, 0, 0, 0, 3 }, T0 + 3, T0 + 3 };
	n->leased = (struct holder){ { 2, 0, 0, 0, 0, 4 }, T0 + 4, T0 + 4 };
	n->contest_ns = T0 + 5;
	n->takeovers = 2;
	n->pending_ns = T0 + 6;
	n->returns_ns[0] = T0 + 7;
	n->returns_ns[1] = T0 + 8;
	n->conflicts = 7;
	n->conflict_ns = T0 + 7;
	n->told = (struct link_told){ .subject = told, .row = 20000, .what = 2,
				      .is_flooded = true };
	group_key_ip(&n->told.key, &n->row.addr, 0, 0);
	n->told.key.subject = told->number;
}

static struct gateway *get_gateway(struct subject *told)
{
	struct link_key key = { .kind = LINK_GATEWAY, .mac = { 2, 0, 0, 0, 0, 9 },
				.link = { .vlan = { 7, 8 }, .tap = 1 } };
	struct gateway *g = link_gateway(links_get(links, &key, T0));

	g->how = CLAIM_ADVERTISED | GATEWAY_FORWARDS;
	g->role_ns[GATEWAY_ROUTER] = T0 + 3;
	g->addr = told->addr;
	memcpy(g->user, "IMG-1", 6);
	g->peer = told->addr;
	g->told = (struct link_told){ .subject = told, .row = -5, .what = 1 };
	g->told.key.subject = told->number;
	return g;
}

/* Everything comes back, and a value that is cut or changed in its frame is refused. */
static void test_state(void)
{
	struct subjects *subjects = NULL;
	struct links *again = NULL;
	struct site *site = NULL;
	struct bytes b = { { 0 }, { 0 } };
	const struct link_row *rows[3];
	struct link_key key = { .kind = LINK_ITSELF, .link = { .vlan = { 7, 0xffff } } };
	struct subject *told;
	struct addr a;

	CU_ASSERT_FATAL(!site_default(NULL, NULL, &site) && !subjects_new(site, &subjects) &&
			!links_new(&again));
	addr_parse("10.0.0.5", &a);
	told = subjects_get(subjects, &(struct sighting){ .addr = &a });
	rows[0] = links_get(links, &key, T0);
	rows[1] = see(7, 5, T0);
	fill_neighbour((struct neighbour *)rows[1], told);
	rows[2] = &get_gateway(told)->row;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct link_key where = { .kind = rows[i]->kind, .link = rows[i]->link,
					  .addr = rows[i]->addr };
		struct bytes twice = { { 0 }, { 0 } };

		memcpy(where.mac, rows[i]->mac, 6);
		pack(rows[i], &b);
		for (size_t len = 0; len < b.value.len; len++)
			CU_ASSERT_FALSE(unpack(again, subjects, &b, len));
		CU_ASSERT_TRUE(unpack(again, subjects, &b, b.value.len));
		CU_ASSERT_FALSE(unpack(again, subjects, &b, b.value.len));
		pack(links_find(again, &where), &twice);
		EQUAL_INT(twice.value.len, b.value.len);
		CU_ASSERT_FALSE(memcmp(twice.value.bytes, b.value.bytes, b.value.len));
		CU_ASSERT_FALSE(links_find(again, &where)->is_changed);
		pack_free(&twice.key);
		pack_free(&twice.value);
	}
	pack_free(&b.key);
	pack_free(&b.value);
	links_free(again);
	subjects_free(subjects);
	site_free(site);
}

/* Version 1 had no returns: 16 bytes less, behind the takeover that waits. */
static void test_version_1(void)
{
	struct subject stranger = { .id = "GONE" };
	struct bytes b = { { 0 }, { 0 } }, old = { { 0 }, { 0 } }, twice = { { 0 }, { 0 } };
	struct links *again = NULL;
	struct subjects *subjects = NULL;
	struct site *site = NULL;
	struct link_key key = address(7, 5);
	struct neighbour *n = link_neighbour(see(7, 5, T0));
	struct packer pending = { 0 };
	size_t at;

	CU_ASSERT_FATAL(!site_default(NULL, NULL, &site) && !subjects_new(site, &subjects) &&
			!links_new(&again));
	fill_neighbour(n, &stranger);
	n->told = (struct link_told){ 0 };
	pack(&n->row, &b);
	pack_u64(&pending, n->pending_ns);
	pack_u64(&pending, n->returns_ns[0]);
	for (at = 0; at + 16 < b.value.len; at++)
		if (!memcmp(b.value.bytes + at, pending.bytes, 16))
			break;
	at += 8;
	CU_ASSERT_FATAL(at + 16 < b.value.len);
	pack_bytes(&old.key, b.key.bytes, b.key.len);
	pack_bytes(&old.value, b.value.bytes, at);
	pack_bytes(&old.value, b.value.bytes + at + 16, b.value.len - at - 16);
	CU_ASSERT_FALSE(unpack(again, subjects, &old, old.value.len));	/* it says that it is 2 */
	old.value.bytes[0] = 1;
	CU_ASSERT_TRUE(unpack(again, subjects, &old, old.value.len));
	n->returns_ns[0] = n->returns_ns[1] = 0;
	pack(&n->row, &b);
	pack(links_find(again, &key), &twice);
	EQUAL_INT(twice.value.len, b.value.len);
	CU_ASSERT_FALSE(memcmp(twice.value.bytes, b.value.bytes, b.value.len));
	pack_free(&pending);
	for (unsigned i = 0; i < 3; i++) {
		struct bytes *one = (struct bytes *[]){ &b, &old, &twice }[i];

		pack_free(&one->key);
		pack_free(&one->value);
	}
	links_free(again);
	subjects_free(subjects);
	site_free(site);
}

/* Told of somebody whom the site does not have any more: it is told anew. */
static void test_gone(void)
{
	struct subjects *subjects = NULL;
	struct site *site = NULL;
	struct bytes b = { { 0 }, { 0 } };
	struct subject stranger = { .id = "GONE" };
	struct links *again = NULL;
	struct link_key key = address(7, 5);

	CU_ASSERT_FATAL(!site_default(NULL, NULL, &site) && !subjects_new(site, &subjects) &&
			!links_new(&again));
	fill_neighbour(link_neighbour(see(7, 5, T0)), &stranger);
	pack(links_find(links, &key), &b);
	CU_ASSERT_TRUE(unpack(again, subjects, &b, b.value.len));
	CU_ASSERT_PTR_NULL(link_neighbour(links_find(again, &key))->told.subject);
	EQUAL_INT(link_neighbour(links_find(again, &key))->conflicts, 7);
	pack_free(&b.key);
	pack_free(&b.value);
	links_free(again);
	subjects_free(subjects);
	site_free(site);
}

int main(void)
{
	static CU_TestInfo order[] = { { "rows in order", test_order }, CU_TEST_INFO_NULL };
	static CU_TestInfo flood[] = { { "a flood", test_flood }, CU_TEST_INFO_NULL };
	static CU_TestInfo last[] = { { "who goes last", test_who_goes_last }, CU_TEST_INFO_NULL };
	static CU_TestInfo old[] = { { "version 1", test_version_1 }, CU_TEST_INFO_NULL };
	static CU_TestInfo expire[] = { { "silence", test_expire }, CU_TEST_INFO_NULL };
	static CU_TestInfo state[] = { { "out and in", test_state }, CU_TEST_INFO_NULL };
	static CU_TestInfo gone[] = { { "of nobody", test_gone }, CU_TEST_INFO_NULL };
	static CU_SuiteInfo suites[] = {
		{ "links order", set_up, tear_down, NULL, NULL, order },
		{ "links flood", set_up, tear_down, NULL, NULL, flood },
		{ "links full", set_up, tear_down, NULL, NULL, last },
		{ "links state of before", set_up, tear_down, NULL, NULL, old },
		{ "links expire", set_up, tear_down, NULL, NULL, expire },
		{ "links state", set_up, tear_down, NULL, NULL, state },
		{ "links state gone", set_up, tear_down, NULL, NULL, gone }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
