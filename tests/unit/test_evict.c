/* test_evict.c - the long memory when it is full: who goes, what is counted, how large it is. */
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "packet/packet.h"
#include "policy/site.h"
#include "profile/channel_internal.h"
#include "tap.h"

static struct site *site;
static struct subjects *subjects;

static int set_up(void)
{
	return site_default(NULL, NULL, &site) || subjects_new(site, &subjects);
}

static int tear_down(void)
{
	subjects_free(subjects);
	site_free(site);
	return 0;
}

static struct subject *subject_of(unsigned n)
{
	const uint8_t bytes[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	struct addr a = addr_from_ipv4(bytes);
	struct subject *s = subjects_get(subjects, &(struct sighting){ .addr = &a });

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	return s;
}

static struct channels *table_of(size_t channels, size_t evidence, size_t bytes)
{
	struct channels_limits limits = { channels, evidence, bytes };
	struct channels *c = NULL;

	EQUAL_INT(channels_new(&limits, &c), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static struct channel_key key_to(const struct subject *s, unsigned peer)
{
	const uint8_t bytes[4] = { (uint8_t)(100 + (peer >> 24)), (uint8_t)(peer >> 16),
				   (uint8_t)(peer >> 8), (uint8_t)peer };
	struct channel_key key = { .subject = s->number, .is_external = 1 };
	struct addr there = addr_from_ipv4(bytes);

	group_key_ip(&key, &there, IP_TCP, 443);
	return key;
}

static struct channel *get(struct channels *c, struct subject *s, unsigned peer)
{
	struct channel_key key = key_to(s, peer);
	struct channel *ch = channels_get(c, s, &key);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ch);
	return ch;
}

static bool is_there(const struct channels *c, const struct subject *s, unsigned peer)
{
	struct channel_key key = key_to(s, peer);

	return channels_find(c, &key) != NULL;
}

/* A minute of upload, as attribution adds it. */
static struct channel *upload(struct channels *c, struct subject *s, unsigned peer, int64_t row,
			      unsigned slot, uint64_t up)
{
	struct channel *ch = get(c, s, peer);

	CU_ASSERT_FATAL(channel_add(c, ch, row, &(struct row_minute){ .slot = slot, .up = up,
			.peer = { .addr = ch->key.value, .port = 443, .proto = IP_TCP } }));
	ch->up += up;
	ch->row_up += up;
	ch->last_ns = (uint64_t)row * NS_PER_DAY + slot;
	return ch;
}

/* Counters against a count of what is there. */
static void expect_balance(struct channels *c)
{
	const struct channels_counters *k = channels_counters(c);
	uint64_t live = 0, with = 0, bytes = 0;

	for (size_t i = 0; i < c->slots; i++) {
		const struct channel *ch = c->table[i];

		if (!ch)
			continue;
		live++;
		with += ch->evidence != NULL;
		bytes += sizeof(*ch) + (ch->contact ? sizeof(*ch->contact) : 0) +
			 (ch->evidence ? sizeof(*ch->evidence) : 0) + row_bytes(ch->row) +
			 (ch->name ? strlen(ch->name) + 1 : 0);
		CU_ASSERT(channels_find(c, &ch->key) == ch);
	}
	EQUAL_INT(k->live, live);
	EQUAL_INT(k->with_evidence, with);
	EQUAL_INT(k->bytes, bytes);
	EQUAL_INT(k->made, k->live + k->evicted + k->expired);
}

/* --- channels ---------------------------------------------------------- */

static void who_keeps_its_quota_keeps_everything(void)
{
	struct channels *c = table_of(1600, 0, 0);
	struct subject *quiet = subject_of(1), *loud = subject_of(2);
	unsigned lost = 0;

	/* Silent for long, without upload tonight: of all channels those that would go first. */
	for (unsigned i = 0; i < 300; i++)
		get(c, quiet, i)->last_ns = 1;
	for (unsigned i = 0; i < 40000; i++)
		upload(c, loud, i, 5, i % ROW_SLOTS, 1000000 + i);
	for (unsigned i = 0; i < 300; i++)
		lost += !is_there(c, quiet, i);
	EQUAL_INT(lost, 0);
	CU_ASSERT(channels_counters(c)->live <= 1600);
	CU_ASSERT(channels_counters(c)->evicted > 30000);
	EQUAL_INT(channels_counters(c)->evicted_tonight, channels_counters(c)->evicted);
	expect_balance(c);
	channels_free(c);
}

/* Those without upload tonight, the longest silent of them first; then the least upload. */
static void the_least_upload_goes_first(void)
{
	struct channels *c = table_of(160, 0, 0);
	struct subject *s = subject_of(1);

	for (unsigned i = 0; i < 160; i++) {
		struct channel *ch = upload(c, s, i, 5, 0, i < 12 ? 0 : 1000 + (i * 37) % 160);

		ch->last_ns = 100 - i;
	}
	get(c, s, 1000);		/* ten go: of the twelve without upload not 0 and 1 */
	EQUAL_INT(channels_counters(c)->evicted, 10);
	EQUAL_INT(channels_counters(c)->evicted_tonight, 0);
	for (unsigned i = 0; i < 160; i++)
		CU_ASSERT(is_there(c, s, i) == (i < 2 || i >= 12));
	for (unsigned i = 1001; i < 1010; i++)
		upload(c, s, i, 5, 0, 9999);
	get(c, s, 1011);		/* ten more: 0, 1, 1000, and seven with little */
	EQUAL_INT(channels_counters(c)->evicted, 20);
	EQUAL_INT(channels_counters(c)->evicted_tonight, 7);
	expect_balance(c);
	channels_free(c);
}

static void coarse_groups_outlive_a_flood(void)
{
	struct channels *c = table_of(1600, 0, 0);
	struct subject *s = subject_of(1);
	struct channel_key any = { .subject = s->number, .is_external = 1 };
	struct channel_key asn = any, country = any;

	group_key_any(&any);
	group_key_asn(&asn, 64500);
	group_key_country(&country, "ZZ");
	channels_get(c, s, &any);
	channels_get(c, s, &asn);
	channels_get(c, s, &country);
	for (unsigned i = 0; i < 20000; i++)
		upload(c, s, i, 5, 0, 5000);
	CU_ASSERT_PTR_NOT_NULL(channels_find(c, &any));
	CU_ASSERT_PTR_NOT_NULL(channels_find(c, &asn));
	CU_ASSERT_PTR_NOT_NULL(channels_find(c, &country));
	expect_balance(c);
	channels_free(c);
}

/* Rows that grow in channels that are there count as new channels do: no new one has to come. */
static void growing_rows_are_bounded(void)
{
	const size_t max = 200000;
	struct channels *c = table_of(2000, 0, max);
	struct subject *s = subject_of(1);
	size_t most = 0;

	for (unsigned slot = 0; slot < ROW_SLOTS; slot++)
		for (unsigned i = 0; i < 1000; i++) {
			upload(c, s, i, 5, slot, 10);
			if (channels_counters(c)->bytes > most)
				most = channels_counters(c)->bytes;
		}
	CU_ASSERT(most > max / 2);
	CU_ASSERT(most <= max + 4096);
	expect_balance(c);
	channels_free(c);
}

static unsigned removed, evicted;

static void count_removed(void *arg, const struct channel *ch)
{
	(void)arg;
	removed += ch->subject != NULL;
}

static void count_evicted(void *arg, const struct channel *ch)
{
	(void)arg;
	evicted += ch->evidence != NULL;
}

/* Everything at random: what the counters say is what is there, and what was told. */
static void the_counters_balance(void)
{
	unsigned seed = (unsigned)test_seed(0);
	struct channels *c = table_of(300, 40, 30000);

	removed = evicted = 0;
	channels_on_remove(c, count_removed, NULL);
	channels_on_evict(c, count_evicted, NULL);
	for (unsigned i = 0; i < 30000; i++) {
		struct subject *s = subject_of((unsigned)rand_r(&seed) % 7);
		int64_t row = 20000 + i / 40;
		struct channel *ch = upload(c, s, (unsigned)rand_r(&seed) % 900, row,
					    (unsigned)rand_r(&seed) % ROW_SLOTS,
					    (unsigned)rand_r(&seed) % 5000);

		if (rand_r(&seed) % 8 == 0)
			channel_set_name(c, ch, i % 2 ? "a.example" : "a-longer-name.example");
		if (rand_r(&seed) % 16 == 0) {
			struct evidence *ev = channel_promote(c, ch, row);

			CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
			ev->process[0].m_mean = rand_r(&seed) % 30;
		}
		if (rand_r(&seed) % 16 == 0)
			channel_drop_row(c, ch, row + 1);
		if (i % 1000 == 0)
			channels_expire(c, row);
		CU_ASSERT(channels_counters(c)->live <= 300);
		CU_ASSERT(channels_counters(c)->with_evidence <= 40);
	}
	expect_balance(c);
	EQUAL_INT(removed, channels_counters(c)->evicted + channels_counters(c)->expired);
	EQUAL_INT(evicted, channels_counters(c)->evicted_evidence);
	CU_ASSERT(channels_counters(c)->evicted_strong > 0);
	CU_ASSERT(channels_counters(c)->evicted_strong < channels_counters(c)->evicted_evidence);
	channels_free(c);
}

/* Two tables that got the same in another order hold the same in the end. */
static void no_order_of_arrival_changes_who_goes(void)
{
	struct channels *a = table_of(320, 0, 0), *b = table_of(320, 0, 0);
	struct channel **x, **y;
	size_t nx, ny;

	for (unsigned i = 0; i < 320; i++) {
		unsigned k = (i * 131) % 320;

		upload(a, subject_of(1 + i % 3), i, 5, 0, i % 7);
		upload(b, subject_of(1 + k % 3), k, 5, 0, k % 7);
	}
	get(a, subject_of(1), 5000);
	get(b, subject_of(1), 5000);
	x = channels_sorted(a, &nx);
	y = channels_sorted(b, &ny);
	EQUAL_INT(nx, 301);
	EQUAL_INT(ny, nx);
	for (size_t i = 0; i < nx && i < ny; i++)
		CU_ASSERT(!memcmp(&x[i]->key, &y[i]->key, sizeof(x[i]->key)));
	channels_free(a);
	channels_free(b);
}

static void silence_of_400_days_is_forgotten(void)
{
	struct channels *c = table_of(100, 0, 0);
	struct subject *s = subject_of(1);

	upload(c, s, 1, 20000, 0, 5);
	upload(c, s, 2, 20001, 0, 5);
	CU_ASSERT_PTR_NOT_NULL(channel_promote(c, upload(c, s, 3, 20000, 0, 5), 20000));
	channels_expire(c, 20000 + CHANNEL_MEMORY_ROWS);
	EQUAL_INT(channels_counters(c)->expired, 0);
	channels_expire(c, 20001 + CHANNEL_MEMORY_ROWS);
	EQUAL_INT(channels_counters(c)->expired, 1);
	CU_ASSERT_FALSE(is_there(c, s, 1));
	CU_ASSERT_TRUE(is_there(c, s, 2));
	CU_ASSERT_TRUE(is_there(c, s, 3));	/* with evidence: for good */
	expect_balance(c);
	channels_free(c);
}

/* --- evidence ---------------------------------------------------------- */

static void promote(struct channels *c, struct channel *ch, double m, uint64_t up)
{
	struct evidence *ev = channel_promote(c, ch, 5);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
	ev->process[1].m_mean = m;
	ev->process[1].up = up;
}

static bool has_evidence(const struct channels *c, const struct subject *s, unsigned peer)
{
	struct channel_key key = key_to(s, peer);
	const struct channel *ch = channels_find(c, &key);

	return ch && ch->evidence;
}

/* The channel stays; of the same M the one with less upload goes. */
static void the_least_evidence_is_given_up(void)
{
	struct channels *c = table_of(1000, 64, 0);
	struct subject *s = subject_of(1);

	for (unsigned i = 0; i < 64; i++)
		promote(c, get(c, s, i), i < 6 ? 1 : 2 + (i * 7) % 64, 100 - i);
	promote(c, get(c, s, 64), 0, 0);	/* 64 / 16 = four go before it comes */
	EQUAL_INT(channels_counters(c)->evicted_evidence, 4);
	EQUAL_INT(channels_counters(c)->evicted, 0);
	EQUAL_INT(channels_counters(c)->live, 65);
	for (unsigned i = 0; i < 65; i++)
		CU_ASSERT(has_evidence(c, s, i) == (i < 2 || i > 5));
	expect_balance(c);
	channels_free(c);
}

/* DETECTION section 3: when all of it is strong the lowest still goes, and is counted. */
static void strong_evidence_goes_too_and_is_counted(void)
{
	struct channels *c = table_of(1000, 32, 0);
	struct subject *s = subject_of(1);

	for (unsigned i = 0; i < 33; i++)
		promote(c, get(c, s, i), 1000 + i, 0);
	EQUAL_INT(channels_counters(c)->evicted_evidence, 2);
	EQUAL_INT(channels_counters(c)->evicted_strong, 2);
	CU_ASSERT_FALSE(has_evidence(c, s, 0));
	CU_ASSERT_FALSE(has_evidence(c, s, 1));
	CU_ASSERT_TRUE(has_evidence(c, s, 2));
	channels_free(c);
}

/* Another asset's evidence stays however weak it is beside the flood's. */
static void a_flood_of_evidence_is_its_own_loss(void)
{
	struct channels *c = table_of(20000, 640, 0);
	struct subject *quiet = subject_of(1), *loud = subject_of(2);
	unsigned lost = 0;

	for (unsigned i = 0; i < 60; i++)
		promote(c, get(c, quiet, i), 0.1, 1);
	for (unsigned i = 0; i < 5000; i++)
		promote(c, get(c, loud, i), 1e9, 1U << 30);
	for (unsigned i = 0; i < 60; i++)
		lost += !has_evidence(c, quiet, i);
	EQUAL_INT(lost, 0);
	EQUAL_INT(channels_counters(c)->evicted_strong, channels_counters(c)->evicted_evidence);
	expect_balance(c);
	channels_free(c);
}

/* Detector N's own numbers: M = 5.5 on the first night, and at most ten times that a night. */
static void a_flood_of_decoys(struct channels *c, struct subject *s, int64_t row)
{
	for (unsigned i = 0; i < 10001; i++) {
		struct channel *ch = upload(c, s, 1000 + i, row, 50, 300000);
		struct process *p = &channel_promote(c, ch, row)->process[0];

		p->m_mean = (p->m_mean + 1) * (p->hits++ ? 40 : 5.5);
		p->up += 300000;
	}
}

static void two_nights_of_decoys(void)
{
	struct channels *c = table_of(0, 0, 0);
	struct subject *loud = subject_of(1), *quiet = subject_of(2);

	promote(c, upload(c, loud, 1, 19998, 50, 1), 1e5, 5 << 20);	/* five nights */
	for (unsigned i = 0; i < 5; i++)
		promote(c, upload(c, quiet, i, 19998, 50, 1), 5.5, 300000);	/* one night */
	a_flood_of_decoys(c, loud, 19999);
	a_flood_of_decoys(c, loud, 20000);
	CU_ASSERT(channels_counters(c)->evicted_evidence > 0);
	CU_ASSERT(channels_counters(c)->with_evidence <= CHANNELS_EVIDENCE_MAX);
	CU_ASSERT_TRUE(has_evidence(c, loud, 1));
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_TRUE(has_evidence(c, quiet, i));
	expect_balance(c);
	channels_free(c);
}

/* --- tier 0 ------------------------------------------------------------ */

/* The bitmap and the average against all rows kept. */
static void bitmap_and_average_are_those_of_all_rows(void)
{
	unsigned seed = (unsigned)test_seed(0);
	struct channels *c = table_of(10, 0, 0);
	struct channel *ch = get(c, subject_of(1), 1);
	uint64_t rows[600] = { 0 }, active = 0;
	double usual = 0;
	int last = -1, row = 0;

	while (row < 600) {
		rows[row] = (uint64_t)rand_r(&seed) % 1000000;
		upload(c, subject_of(1), 1, 20000 + row, 0, rows[row]);
		/* The mean of the rows that are over moves by a 28th at each of them. */
		for (int i = last < 0 ? row : last; i < row; i++)
			usual += ((double)rows[i] - usual) / CHANNEL_AVERAGE_ROWS;
		for (int i = last < 0 ? row : last + 1; i <= row; i++)
			active = active << 1 | (i == row);
		last = row;
		CU_ASSERT(ch->active == active);
		NEAR(ch->usual_up, usual, 1 + usual * 1e-4);
		EQUAL_INT(ch->row_up, rows[row]);
		row += rand_r(&seed) % 20 ? 1 + rand_r(&seed) % 4 : 60 + rand_r(&seed) % 10;
	}
	channels_free(c);
}

/* A row number from a damaged state lies in the future: the next real row begins anew. */
static void a_row_from_the_future_is_dropped(void)
{
	struct channels *c = table_of(10, 0, 0);
	struct channel *ch = upload(c, subject_of(1), 1, INT32_MAX, 0, 77);

	upload(c, subject_of(1), 1, 20000, 3, 5);
	EQUAL_INT(ch->row_number, 20000);
	EQUAL_INT(ch->active, 1);
	EQUAL_INT(ch->row_up, 5);
	EQUAL_INT(row_up(ch->row), 5);
	expect_balance(c);
	channels_free(c);
}

/* --- how large it is --------------------------------------------------- */

static void sizes_are_those_that_were_stated(void)
{
	EQUAL_INT(sizeof(struct channel_key), 32);
	EQUAL_INT(sizeof(struct night_seen), 56);
	CU_ASSERT(sizeof(struct channel) <= 128);
	CU_ASSERT(sizeof(struct contact) <= 112);
	CU_ASSERT(sizeof(struct evidence) <= 7168);
	EQUAL_INT(sizeof(struct row) + sizeof(struct row_slot), 56);
}

static void fill_both_tiers(struct channels *c, bool is_all_ip)
{
	for (unsigned i = 0; i < 110000; i++) {
		struct subject *s = subject_of(1 + i % 20);
		struct channel_key key = key_to(s, i);
		struct channel *ch;

		if (!is_all_ip && i % 2)
			group_key_asn(&key, i);
		ch = channels_get(c, s, &key);
		CU_ASSERT_PTR_NOT_NULL_FATAL(ch);
		CU_ASSERT_FATAL(channel_add(c, ch, 20000, &(struct row_minute){ .up = 300000 }));
		if (i >= 100000)
			CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, ch, 20000));
	}
	printf("# %zu bytes in all%s, %llu channels; channel %zu, contact %zu, evidence %zu\n",
	       channels_bytes(c), is_all_ip ? ", each an address" : "",
	       (unsigned long long)channels_counters(c)->live, sizeof(struct channel),
	       sizeof(struct contact), sizeof(struct evidence));
}

/* DETECTION section 3: 100 000 + 10 000 fit in 100 MB; every second one an address, all of them
 * with traffic in the running row.  Were all of them addresses it would be 106 MB: some go. */
static void full_tiers_fit(void)
{
	for (int is_all_ip = 0; is_all_ip < 2; is_all_ip++) {
		struct channels *c = table_of(0, 0, 0);

		fill_both_tiers(c, is_all_ip);
		EQUAL_INT(channels_counters(c)->with_evidence, 10000);
		CU_ASSERT(channels_bytes(c) <= 100000000);
		if (!is_all_ip)
			EQUAL_INT(channels_counters(c)->live, 110000);
		CU_ASSERT(channels_counters(c)->live >= 80000);
		channels_free(c);
	}
}

/* An asset a little over its quota loses the excess, not what is strongest of it. */
static void only_the_excess_goes_first(void)
{
	struct channels *c = table_of(20000, 10000, 0);
	struct subject *leaking = subject_of(999);
	struct channel *leak = get(c, leaking, 0);
	unsigned weak = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, leak, 1));
	leak->evidence->process[0].m_mean = 1e9;
	for (unsigned i = 1; i <= 70; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, get(c, leaking, i), 1));
	for (unsigned i = 0; i < 155 * 64 + 9; i++) {
		struct channel *ch = get(c, subject_of(1 + i / 64), i);

		CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, ch, 1));
		ch->evidence->process[0].m_mean = 5.5;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, get(c, subject_of(500), 1), 1));
	CU_ASSERT(channels_counters(c)->evicted_evidence > 0);
	leak = get(c, leaking, 0);
	CU_ASSERT_PTR_NOT_NULL(leak->evidence);
	for (unsigned i = 1; i <= 70; i++)
		weak += get(c, leaking, i)->evidence != NULL;
	CU_ASSERT(weak < 70);
	expect_balance(c);
	channels_free(c);
}

/* Bytes of a row that is long over are no reason to stay. */
static void old_traffic_is_no_reason_to_stay(void)
{
	struct channels *c = table_of(1600, 0, 0);
	unsigned fresh = 0;

	for (unsigned i = 0; i < 1600; i++)
		upload(c, subject_of(1), i, 20000, 3, 20000);
	for (unsigned i = 0; i < 1600; i++)
		channel_drop_row(c, get(c, subject_of(1), i), 20001);
	for (unsigned i = 0; i < 300; i++)
		upload(c, subject_of(1), 10000 + i, 20300, 3, 15000);
	for (unsigned i = 0; i < 300; i++)
		fresh += is_there(c, subject_of(1), 10000 + i);
	EQUAL_INT(fresh, 300);
	EQUAL_INT(channels_counters(c)->evicted_tonight, 0);
	expect_balance(c);
	channels_free(c);
}

static uint64_t told;

static void take_turn(void *arg, const struct channel *ch)
{
	const struct channel **last = arg;

	if (*last)
		CU_ASSERT(channels_compare(*last, ch) < 0);
	*last = ch;
	told++;
}

/* Whatever the table's layout in this process, evidence that goes is told in one order. */
static void what_goes_is_told_in_one_order(void)
{
	struct channels *c = table_of(4000, 640, 0);
	const struct channel *last = NULL;

	told = 0;
	for (unsigned i = 0; i < 640; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, get(c, subject_of(1 + i % 7), i),
							     1));
	channels_on_evict(c, take_turn, &last);
	CU_ASSERT_PTR_NOT_NULL_FATAL(channel_promote(c, get(c, subject_of(1), 9999), 1));
	EQUAL_INT(told, 40);
	channels_free(c);
}

int main(void)
{
	CU_TestInfo channel_tests[] = {
		{ "who keeps its quota keeps everything", who_keeps_its_quota_keeps_everything },
		{ "the least upload goes first", the_least_upload_goes_first },
		{ "old traffic is no reason to stay", old_traffic_is_no_reason_to_stay },
		{ "coarse groups outlive a flood", coarse_groups_outlive_a_flood },
		{ "growing rows are bounded", growing_rows_are_bounded },
		{ "the counters balance", the_counters_balance },
		{ "no order of arrival changes who goes", no_order_of_arrival_changes_who_goes },
		{ "silence of 400 days is forgotten", silence_of_400_days_is_forgotten },
		{ "bitmap and average are those of all rows",
		  bitmap_and_average_are_those_of_all_rows },
		{ "a row from the future is dropped", a_row_from_the_future_is_dropped },
		{ "sizes are those that were stated", sizes_are_those_that_were_stated },
		{ "full tiers fit", full_tiers_fit },
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo evidence_tests[] = {
		{ "only the excess goes first", only_the_excess_goes_first },
		{ "what goes is told in one order", what_goes_is_told_in_one_order },
		{ "the least evidence is given up", the_least_evidence_is_given_up },
		{ "strong evidence goes too and is counted",
		  strong_evidence_goes_too_and_is_counted },
		{ "a flood of evidence is its own loss", a_flood_of_evidence_is_its_own_loss },
		{ "two nights of decoys", two_nights_of_decoys },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "channels", .pTests = channel_tests, .pInitFunc = set_up,
		  .pCleanupFunc = tear_down },
		{ .pName = "evidence", .pTests = evidence_tests, .pInitFunc = set_up,
		  .pCleanupFunc = tear_down },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
