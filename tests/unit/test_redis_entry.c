/* test_redis_entry.c - the arguments of XADD, exactly. */
#include "output/redis_entry.h"
#include "records.h"
#include "tap.h"

/* The arguments as one text, separated by blanks. */
static const char *joined(const struct redis_entry *e, char *buf, size_t cap)
{
	size_t len = 0, bytes = 0;

	for (int i = 0; i < e->argc; i++) {
		len += (size_t)snprintf(buf + len, cap - len, "%s%.*s", i ? " " : "",
					(int)e->lens[i], e->argv[i]);
		bytes += e->lens[i];
	}
	EQUAL_INT(bytes, e->bytes);
	return buf;
}

static void test_order(void)
{
	struct record *r = record_make(3, 0);
	struct redis_entry e;
	char buf[2048];

	redis_entry_build(&e, "nw:{TEST}:alerts", 50000, r, NULL);
	EQUAL_TEXT(joined(&e, buf, sizeof(buf)),
		   "XADD nw:{TEST}:alerts MAXLEN ~ 50000 * v 1 "
		   "id 00000000-0000-5000-8000-000000000003 "
		   "incident nw1-00000000000000000000000000000003 "
		   "case nwc-00000000000000000000000000000003 action open ts_ms 1768626600003 "
		   "site TEST sensor nw-test rule NW-EXF-001 sev 5 risk 99 level L3 "
		   "asset IMG-SRV-2 role - src 10.20.1.11 dst 203.0.113.9 dport 443 proto tcp "
		   "app tls bytes_up 5687000000 nights 7 wo - json {\"fill\":\"\",\"n\":3}");
	EQUAL_INT(e.argc, 6 + 2 * 23);
	record_free(r);
}

/* Nothing known: every field is there all the same. */
static void test_empty(void)
{
	char json[] = "{}", buf[1024];
	struct record r = { .json = json, .json_len = 2 };
	struct redis_entry e;

	redis_entry_build(&e, "k", UINT64_MAX, &r, NULL);
	EQUAL_TEXT(joined(&e, buf, sizeof(buf)),
		   "XADD k MAXLEN ~ 18446744073709551615 * v 1 id - incident - case - "
		   "action - ts_ms 0 site - sensor - rule - sev 0 risk 0 level - asset - role - "
		   "src - dst - dport 0 proto - app - bytes_up 0 nights 0 wo - json {}");
}

static void test_dead_letter(void)
{
	char json[] = "{\"a\":\"\\u0000\"}", buf[1024];
	struct record r = { .json = json, .json_len = sizeof(json) - 1 };
	struct redis_entry e;

	redis_entry_build(&e, "k:dead", 1, &r, "ERR refused");
	EQUAL_TEXT(strstr(joined(&e, buf, sizeof(buf)), "wo "),
		   "wo - error ERR refused json {\"a\":\"\\u0000\"}");
	EQUAL_INT(e.argc, REDIS_ENTRY_ARGS);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "fields in their order", test_order },
		{ "what is not known is - or 0", test_empty },
		{ "a dead letter carries the refusal", test_dead_letter },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "redis_entry", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
