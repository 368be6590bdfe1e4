/* test_evict.c - the long memory when it is full: which channels go, what is counted, how large it
 * is.  (Evidence: test_evict_evidence.c.) */
#include "evict_world.h"

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
			channels_expire(c, row, 400);
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

static void long_silence_is_forgotten(void)
{
	struct channels *c = table_of(100, 0, 0);
	struct subject *s = subject_of(1);

	upload(c, s, 1, 20000, 0, 5);
	upload(c, s, 2, 20001, 0, 5);
	CU_ASSERT_PTR_NOT_NULL(channel_promote(c, upload(c, s, 3, 20000, 0, 5), 20000));
	channels_expire(c, 20000 + 60, 60);
	EQUAL_INT(channels_counters(c)->expired, 0);
	channels_expire(c, 20001 + 60, 60);
	EQUAL_INT(channels_counters(c)->expired, 2);
	CU_ASSERT_FALSE(is_there(c, s, 1));
	CU_ASSERT_TRUE(is_there(c, s, 2));
	CU_ASSERT_FALSE(is_there(c, s, 3));	/* nor does evidence keep it longer */
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

int main(void)
{
	CU_TestInfo tests[] = {
		{ "who keeps its quota keeps everything", who_keeps_its_quota_keeps_everything },
		{ "the least upload goes first", the_least_upload_goes_first },
		{ "old traffic is no reason to stay", old_traffic_is_no_reason_to_stay },
		{ "coarse groups outlive a flood", coarse_groups_outlive_a_flood },
		{ "growing rows are bounded", growing_rows_are_bounded },
		{ "the counters balance", the_counters_balance },
		{ "no order of arrival changes who goes", no_order_of_arrival_changes_who_goes },
		{ "silence longer than the retention is forgotten", long_silence_is_forgotten },
		{ "bitmap and average are those of all rows",
		  bitmap_and_average_are_those_of_all_rows },
		{ "a row from the future is dropped", a_row_from_the_future_is_dropped },
		{ "sizes are those that were stated", sizes_are_those_that_were_stated },
		{ "full tiers fit", full_tiers_fit },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "channels", .pTests = tests, .pInitFunc = set_up,
		  .pCleanupFunc = tear_down },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
