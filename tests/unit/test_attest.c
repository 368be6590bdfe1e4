/* test_attest.c - the running day: its length, rows, bounds and bytes in the state; signatures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/sign.h"
#include "base/tz.h"
#include "profile/attest.h"
#include "tap.h"

#define DAY_2026 20454			/* 2026-01-01 */

static struct attest *make(int64_t day)
{
	struct attest *a;

	CU_ASSERT_FATAL(!attest_new(&a));
	attest_begin_day(a, day);
	a->first_ns = a->now_ns = a->today.start_ns;
	return a;
}

/* Every day of a year, in zones whose clocks change at midnight or by half an hour, or that leave
 * out a day: days follow each other without a hole, and whoever asks in a day gets it. */
static void test_days(void)
{
	static const struct {
		const char *zone;
		unsigned h23, h24, h25;
	} zones[] = {
		{ "UTC", 0, 365, 0 }, { "Europe/Amsterdam", 1, 363, 1 },
		{ "America/Havana", 1, 363, 1 }, { "Asia/Beirut", 1, 363, 1 },
		{ "Australia/Lord_Howe", 0, 363, 0 },
	};

	for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
		unsigned h23 = 0, h24 = 0, h25 = 0;

		if (tz_use(zones[z].zone))
			continue;
		for (int64_t day = DAY_2026; day < DAY_2026 + 365; day++) {
			uint64_t from = attest_day_start(day), to = attest_day_start(day + 1);

			h23 += to - from == 23 * NS_PER_HOUR;
			h24 += to - from == 24 * NS_PER_HOUR;
			h25 += to - from == 25 * NS_PER_HOUR;
			EQUAL_INT(attest_day_of(from), day);
			EQUAL_INT(attest_day_of(from + 12 * NS_PER_HOUR), day);
			EQUAL_INT(attest_day_of(to - 1), day);
		}
		EQUAL_INT(h23, zones[z].h23);
		EQUAL_INT(h24, zones[z].h24);
		EQUAL_INT(h25, zones[z].h25);
	}
	tz_use("UTC");
}

static struct attest_crossing crossing(const struct attest *a, unsigned i, enum attest_cover cover)
{
	struct attest_crossing c = {
		.proto = 6, .port = (uint16_t)i, .cover = cover, .up = 10, .down = 1,
		.packets = 2, .first_ns = a->today.start_ns, .last_ns = a->today.start_ns + i,
	};

	snprintf(c.asset, sizeof(c.asset), "A-%u", i % 7);
	snprintf(c.covered_by, sizeof(c.covered_by), "%s", cover ? "E" : "");
	return c;
}

static void fill(struct attest *a)
{
	struct attest_session s = { .asset = "A-1", .protocol = REMOTE_RDP, .cover = ATTEST_ORDER,
				    .order = "WO-1", .start_ns = 5, .last_ns = 9, .up = 3 };

	for (unsigned i = 0; i < 50; i++) {
		struct attest_crossing c = crossing(a, i, i % 3 ? ATTEST_ENTRY : ATTEST_NONE);

		attest_add_crossing(a, &c);
	}
	attest_set_session(a, &s);
	attest_add_silence(a, a->today.start_ns, a->today.start_ns + 2 * NS_PER_HOUR);
	a->today.has_read = true;
	a->today.bytes = 77;
	a->number = 3;
	memset(a->prev, 'a', sizeof(a->prev) - 1);
}

static void test_rows(void)
{
	struct attest *a = make(DAY_2026), *b = make(DAY_2026);
	struct packer first = { 0 }, second = { 0 };

	/* The order of coming does not show, as long as there is room. */
	for (unsigned i = 0; i < 100; i++) {
		struct attest_crossing c = crossing(a, i, ATTEST_NONE);
		struct attest_crossing d = crossing(b, 99 - i, ATTEST_NONE);

		attest_add_crossing(a, &c);
		attest_add_crossing(b, &d);
	}
	EQUAL_INT(a->today.without.n, 100);
	attest_pack(a, &first);
	attest_pack(b, &second);
	CU_ASSERT(first.len == second.len && !memcmp(first.bytes, second.bytes, first.len));
	/* The lists do not push each other out. */
	for (unsigned i = 0; i < 1000; i++) {
		struct attest_crossing c = crossing(a, 1000 + i, ATTEST_NONE);

		attest_add_crossing(a, &c);
	}
	EQUAL_INT(a->today.without.n, ATTEST_ROWS_MAX);
	EQUAL_INT(a->today.without.beyond, 1100 - ATTEST_ROWS_MAX);
	EQUAL_INT(a->today.without.beyond_bytes, 11 * (1100 - ATTEST_ROWS_MAX));
	EQUAL_INT(a->today.with.n, 0);
	pack_free(&first);
	pack_free(&second);
	attest_free(a);
	attest_free(b);
}

static void test_sessions(void)
{
	struct attest *a = make(DAY_2026);
	struct attest_session s = { .asset = "A", .protocol = REMOTE_SSH, .start_ns = 5 };

	for (unsigned i = 0; i < ATTEST_SESSIONS_MAX + 9; i++) {
		s.start_ns = s.last_ns = 1 + (i * 7919) % 65536;
		attest_set_session(a, &s);
		attest_set_session(a, &s);
	}
	EQUAL_INT(a->today.n_sessions, ATTEST_SESSIONS_MAX);
	EQUAL_INT(a->today.sessions_beyond, 18);
	for (size_t i = 1; i < a->today.n_sessions; i++)
		CU_ASSERT(a->today.sessions[i - 1].start_ns < a->today.sessions[i].start_ns);
	attest_free(a);
}

static void test_pack(void)
{
	struct attest *a = make(DAY_2026), *b = make(DAY_2026 + 5);
	struct packer first = { 0 }, second = { 0 };
	struct unpacker u;

	fill(a);
	attest_pack(a, &first);
	u = unpack_over(first.bytes, first.len);
	CU_ASSERT(attest_unpack(b, &u));
	attest_pack(b, &second);
	CU_ASSERT(first.len == second.len && !memcmp(first.bytes, second.bytes, first.len));
	for (size_t len = 0; len < first.len; len++) {
		u = unpack_over(first.bytes, len);
		CU_ASSERT(!attest_unpack(b, &u) && !b->first_ns && !b->number && !b->today.with.n);
	}
	first.bytes[0]++;			/* a newer version */
	u = unpack_over(first.bytes, first.len);
	CU_ASSERT(!attest_unpack(b, &u));
	pack_free(&first);
	pack_free(&second);
	attest_free(a);
	attest_free(b);
}

/* --- signatures ------------------------------------------------------------------------------- */

static char path[] = "/tmp/nachtwacht-key-XXXXXX";

static void write_key(const char *what, const char *base64)
{
	FILE *file = fopen(path, "w");

	CU_ASSERT_FATAL(file != NULL);
	fprintf(file, "-----BEGIN %s KEY-----\n%s\n-----END %s KEY-----\n", what, base64, what);
	fclose(file);
}

static void no_line(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

/* RFC 8032 7.1, test 1: the signature of nothing. */
static void test_sign(void)
{
	static const char private_key[] =
		"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
	static const char public_key[] =
		"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
	static const char wanted[] =
		"5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVf"
		"uIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==";
	struct sign_key *key = NULL, *half = NULL;
	char text[SIGN_TEXT_MAX];
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	write_key("PRIVATE", private_key);
	CU_ASSERT_FATAL(!sign_key_load(path, &key));
	log_set_sink(no_line);
	CU_ASSERT(sign_key_load_public(path, &half) && !half);
	write_key("PUBLIC", public_key);
	CU_ASSERT(sign_key_load(path, &half) && !half);
	CU_ASSERT(sign_key_load("/nonexistent/key", &half) && !half);
	log_set_sink(NULL);
	CU_ASSERT_FATAL(!sign_key_load_public(path, &half));
	EQUAL_TEXT(sign_key_id(key), sign_key_id(half));
	EQUAL_INT(strlen(sign_key_id(half)), 16);
	EQUAL_INT(sign_make(key, "", 0, text), 0);
	EQUAL_TEXT(text, wanted);
	CU_ASSERT(sign_is_good(half, "", 0, text));
	CU_ASSERT(!sign_is_good(half, "x", 1, text));
	CU_ASSERT(!sign_is_good(half, "", 0, ""));
	for (size_t i = 0; i < strlen(text); i++) {
		char wrong[SIGN_TEXT_MAX];

		memcpy(wrong, text, sizeof(wrong));
		wrong[i] = wrong[i] == 'B' ? 'C' : 'B';
		CU_ASSERT(!sign_is_good(half, "", 0, wrong));
	}
	sign_key_free(key);
	sign_key_free(half);
	unlink(path);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "days of 23, 24 and 25 hours", test_days },
		{ "rows in order and bounded", test_rows },
		{ "sessions in order and bounded", test_sessions },
		{ "packed and back, and damage", test_pack },
		{ "Ed25519, RFC 8032", test_sign },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "attest", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
