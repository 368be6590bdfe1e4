/* test_attempts.c - what fails night after night (NW-EXF-010): which minutes are attempts, which
 * nights count, and that neither other addresses nor a flood hide it. */
#include "dealings_world.h"
#include "detect/attempts.h"
#include "pack.h"
#include "profile/profile_pack.h"

#define SYN 0x02
#define ACK 0x10
#define RST 0x04
#define PEER "203.0.113.9"

static const char outward_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"A\", \"ip\": [\"10.1.0.1\"]},"
	"  {\"id\": \"B\", \"ip\": [\"10.1.0.2\"]}],"
	" \"expected\": [{\"id\": \"job\", \"from\": {\"asset\": \"B\"}, \"to\": {\"domain\":"
	"  \"*.vendor.example\"}, \"services\": [\"tcp/443\"], \"window\": {\"days\":"
	"  \"mon-sun\", \"from\": \"01:00\", \"to\": \"02:00\"}}]}";

static const char *client = "10.1.0.1";

/* One minute of a connection that nobody answers. */
static struct slice *try_at(uint64_t at_ns, const char *server, uint8_t proto, uint16_t port)
{
	struct slice *s;

	world_talk(&w, &(struct talk){ .client = client, .server = server, .proto = proto,
				       .port = port, .at_ns = at_ns, .is_unanswered = true });
	s = &w.queue[w.n - 2];
	s->sums.packets[0] = 1;
	s->tcp_flags[0] = proto == IP_TCP ? SYN : 0;
	return s;
}

static void answer_at(uint64_t at_ns, const char *server, uint16_t port)
{
	world_talk(&w, &(struct talk){ .client = client, .server = server, .port = port,
				       .at_ns = at_ns, .up = 100, .down = 100 });
	w.queue[w.n - 2].tcp_flags[0] = SYN | ACK;
	w.queue[w.n - 2].tcp_flags[1] = SYN | ACK;
}

static void try_night(unsigned night, unsigned n, const char *server, uint16_t port)
{
	for (unsigned i = 0; i < n; i++)
		try_at(NOON + night * DAY + (11 + i / 60) * HOUR + i % 60 * MIN, server, IP_TCP,
		       port);
}

/* --- a minute -------------------------------------------------------------------------- */

static void test_minutes(void)
{
	static const struct { uint8_t proto; uint16_t port; unsigned later_min; uint8_t flags[2];
			      uint64_t sent, got; bool is_answered; enum attempt is; } rows[] = {
		{ IP_TCP, 443, 0, { SYN, 0 }, 1, 0, false, ATTEMPT_FAILED },
		{ IP_TCP, 443, 0, { SYN, RST | ACK }, 1, 1, true, ATTEMPT_FAILED },
		{ IP_TCP, 443, 0, { SYN | ACK, SYN | ACK }, 3, 2, true, ATTEMPT_ANSWERED },
		{ IP_TCP, 443, 0, { SYN | ACK, 0 }, 3, 0, false, ATTEMPT_ANSWERED },
		{ IP_TCP, 443, 1, { SYN, 0 }, 1, 0, false, ATTEMPT_NONE },
		{ IP_TCP, 443, 2, { SYN, 0 }, 1, 0, false, ATTEMPT_NONE },
		{ IP_TCP, 443, 3, { SYN, 0 }, 1, 0, false, ATTEMPT_FAILED },
		{ IP_TCP, 443, 1, { ACK, SYN | ACK }, 1, 1, true, ATTEMPT_ANSWERED },
		{ IP_TCP, 443, 5, { ACK, ACK }, 9, 9, true, ATTEMPT_NONE },
		{ IP_TCP, 443, 0, { ACK, 0 }, 9, 0, false, ATTEMPT_ANSWERED },
		{ IP_TCP, 443, 0, { RST, 0 }, 1, 0, false, ATTEMPT_NONE },
		{ IP_UDP, 4500, 0, { 0, 0 }, 1, 0, false, ATTEMPT_FAILED },
		{ IP_UDP, 4500, 9, { 0, 0 }, 1, 0, false, ATTEMPT_FAILED },
		{ IP_UDP, 4500, 9, { 0, 0 }, 1, 1, true, ATTEMPT_ANSWERED },
		{ IP_UDP, 4500, 9, { 0, 0 }, 1, 0, true, ATTEMPT_NONE },
		{ IP_UDP, 514, 0, { 0, 0 }, 1, 0, false, ATTEMPT_NONE },
		{ IP_UDP, 162, 0, { 0, 0 }, 1, 0, false, ATTEMPT_NONE },
		{ IP_TCP, 514, 0, { SYN, 0 }, 1, 0, false, ATTEMPT_FAILED },
		{ 47, 0, 0, { 0, 0 }, 1, 0, false, ATTEMPT_NONE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice s = world_slice(&(struct talk){ .client = client, .server = PEER,
			.proto = rows[i].proto, .port = rows[i].port, .at_ns = NOON,
			.is_unanswered = !rows[i].is_answered }, SLICE_SLICE, rows[i].later_min);

		memcpy(s.tcp_flags, rows[i].flags, sizeof(s.tcp_flags));
		s.sums.packets[0] = rows[i].sent;
		s.sums.packets[1] = rows[i].got;
		CU_ASSERT_EQUAL(attempt_of(&s), rows[i].is);
	}
}

static void test_echoes(void)
{
	static const struct { uint8_t proto; uint16_t type; enum attempt is; } rows[] = {
		{ IP_ICMP, 8, ATTEMPT_FAILED }, { IP_ICMP, 3, ATTEMPT_NONE },
		{ IP_ICMPV6, 128, ATTEMPT_FAILED }, { IP_ICMPV6, 135, ATTEMPT_NONE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice s = world_slice(&(struct talk){ .client = client, .server = PEER,
			.proto = rows[i].proto, .at_ns = NOON, .is_unanswered = true },
			SLICE_SLICE, 0);

		if (s.client_is_b)
			s.id.key.b_port = rows[i].type;
		else
			s.id.key.a_port = rows[i].type;
		s.sums.packets[0] = 1;
		CU_ASSERT_EQUAL(attempt_of(&s), rows[i].is);
	}
}

/* --- nights ---------------------------------------------------------------------------- */

/* Attempts of each night, by the night's number. */
static void test_nights(void)
{
	static const struct { unsigned nights[5], n[5]; const char *told; } rows[] = {
		{ { 0, 1, 2 }, { 5, 5, 5 }, "A 203.0.113.0/24 3\n" },
		{ { 0, 1, 2 }, { 4, 50, 50 }, "" },
		{ { 0, 1 }, { 90, 90 }, "" },
		{ { 0, 14, 29 }, { 5, 5, 5 }, "A 203.0.113.0/24 3\n" },
		{ { 0, 14, 30 }, { 5, 5, 5 }, "" },
		{ { 0, 14, 30, 31 }, { 5, 5, 5, 5 }, "A 203.0.113.0/24 3\n" },
		{ { 0, 70, 140 }, { 5, 5, 5 }, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned last = 0;

		world_begin(&w, outward_text, false);
		for (unsigned k = 0; k < 5 && rows[i].n[k]; k++) {
			last = rows[i].nights[k];
			try_night(last, rows[i].n[k], PEER, 443);
		}
		world_run(&w, NOON + last * DAY + 20 * HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), rows[i].told);
		world_end(&w);
	}
}

/* Who, and by what policy. */
static void test_severity(void)
{
	static const struct { const char *from, *site, *told; } rows[] = {
		{ "10.1.0.1", outward_text, "A 203.0.113.0/24 3\n" },
		{ "10.1.0.9", outward_text, "10.1.0.9 203.0.113.0/24 2\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, rows[i].site, false);
		client = rows[i].from;
		for (unsigned night = 0; night < 3; night++)
			try_night(night, 6, PEER, 443);
		world_run(&w, NOON + 3 * DAY);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), rows[i].told);
		CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_EXF_010), "on 3 nights of the last 30"));
		world_end(&w);
	}
	client = "10.1.0.1";
	EQUAL_INT(attempts_severity(true, false), 2);
}

/* Told in the minute of the attempt that makes it enough, and resolved after 14 nights. */
static void test_times(void)
{
	world_begin(&w, outward_text, false);
	for (unsigned night = 0; night < 3; night++)
		try_night(night, 5, PEER, 443);
	world_run(&w, NOON + 2 * DAY + 11 * HOUR + 4 * MIN);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), "A 203.0.113.0/24 3\n");
	world_run(&w, NOON + 16 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), "A 203.0.113.0/24 3\n");
	world_run(&w, NOON + 17 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), "");
	world_end(&w);
}

/* An expected server that is down: by its name, and at another hour. */
static void test_expected(void)
{
	world_begin(&w, outward_text, false);
	client = "10.1.0.2";
	for (unsigned night = 0; night < 4; night++) {
		world_talk(&w, &(struct talk){ .client = client, .server = "10.1.0.53",
			.proto = IP_UDP, .port = 53, .at_ns = NOON + night * DAY + 10 * HOUR,
			.up = 40, .down = 90, .answers = { "up.vendor.example", PEER } });
		try_night(night, 9, PEER, 443);
	}
	world_run(&w, NOON + 4 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), "");
	for (unsigned night = 4; night < 7; night++)	/* nobody has asked any more */
		try_night(night + 2, 9, PEER, 443);
	world_run(&w, NOON + 9 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), "B 203.0.113.0/24 3\n");
	client = "10.1.0.1";
	world_end(&w);
}

/* --- what would hide it ------------------------------------------------------------------ */

/* Another address and another port each time. */
static void test_rotating(void)
{
	char addr[32];

	world_begin(&w, outward_text, false);
	for (unsigned i = 0; i < 18; i++) {
		snprintf(addr, sizeof(addr), "203.0.113.%u", i + 1);
		try_at(NOON + i / 6 * DAY + 11 * HOUR + i % 6 * MIN, addr, IP_TCP,
		       (uint16_t)(1000 + i));
	}
	world_run(&w, NOON + 3 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), "A 203.0.113.0/24 3\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_EXF_010), "and others"));
	world_end(&w);
}

/* A peer that answers most of the time fails at times; another service of it changes nothing. */
static void test_answers(void)
{
	static const struct { uint16_t port; unsigned n; const char *told; } rows[] = {
		{ 443, 9, "" }, { 443, 3, "A 203.0.113.0/24 3\n" },
		{ 80, 50, "A 203.0.113.0/24 3\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, outward_text, false);
		for (unsigned night = 0; night < 3; night++) {
			try_night(night, 1, PEER, 443);
			for (unsigned k = 0; k < rows[i].n; k++)
				answer_at(NOON + night * DAY + 11 * HOUR + (2 + k) * MIN, PEER,
					  rows[i].port);
			for (unsigned k = 0; k < 7; k++)
				try_at(NOON + night * DAY + 13 * HOUR + k * MIN, PEER, IP_TCP,
				       443);
		}
		world_run(&w, NOON + 3 * DAY);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), rows[i].told);
		world_end(&w);
	}
}

static void scan(unsigned night, unsigned networks)
{
	char addr[32];

	for (unsigned i = 0; i < networks; i++) {
		snprintf(addr, sizeof(addr), "198.%u.%u.7", 18 + i / 256, i % 256);
		try_at(NOON + night * DAY + HOUR + i % 600 * NS_PER_SEC, addr, IP_TCP, 443);
	}
}

/* One scan is nothing; what is tried beside one each night is told, as the rest; and what was
 * followed before goes on to be followed by itself. */
static void test_scan(void)
{
	world_begin(&w, outward_text, false);
	scan(0, 5000);
	world_run(&w, NOON + 3 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010), "");
	EQUAL_INT(analysis_counters(w.analysis)->dealings.live, 1);	/* of the rest */
	EQUAL_INT(analysis_counters(w.analysis)->dealings.forgotten, 0);
	try_night(3, 6, PEER, 443);
	scan(4, 256);
	try_night(4, 6, PEER, 443);
	try_night(4, 6, "192.0.2.9", 443);
	scan(5, 256);
	try_night(5, 6, PEER, 443);
	try_night(5, 6, "192.0.2.9", 443);
	world_run(&w, NOON + 6 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010),
			       "A * 3\nA 203.0.113.0/24 3\n");
	world_end(&w);
}

/* Strangers fill the table: what an asset has tried tonight stays, as does what it tried before. */
static void test_strangers(void)
{
	struct addr peer = world_addr("192.0.2.7"), own = world_addr("10.9.0.0");
	struct channel_key key = { .is_external = 1 };
	struct subject *s;

	world_begin(&w, outward_text, false);
	for (unsigned night = 0; night < 2; night++)
		try_night(night, 6, PEER, 443);
	world_run(&w, NOON + 2 * DAY + HOUR);
	client = "10.1.0.2";
	try_night(2, 3, PEER, 443);
	world_run(&w, NOON + 2 * DAY + 12 * HOUR);
	group_key_prefix(&key, &peer);
	for (unsigned i = 0; i < 2 * DEALINGS_MAX; i++) {
		struct dealing *one;

		own.bytes[14] = (uint8_t)(i / 4 >> 8);
		own.bytes[15] = (uint8_t)(i / 4);
		key.value.bytes[13] = (uint8_t)i;
		s = subjects_get(w.parts.subjects, &(struct sighting){ .addr = &own });
		CU_ASSERT_FATAL(s != NULL);
		one = dealings_get(w.parts.tallies.dealings, s, &key, RULE_EXF_010);
		CU_ASSERT_FATAL(one != NULL);
		one->first_ns = one->last_ns = NOON + 2 * DAY + 12 * HOUR;
		one->last_row = 2 + (int32_t)w.context.since_row;
	}
	CU_ASSERT(dealings_counters(w.parts.tallies.dealings)->forgotten > 0);
	for (unsigned i = 0; i < 3; i++)
		try_at(NOON + 2 * DAY + 13 * HOUR + i * MIN, PEER, IP_TCP, 443);
	client = "10.1.0.1";
	try_night(2, 6, PEER, 443);
	client = "10.1.0.2";
	try_night(3, 6, PEER, 443);
	try_night(4, 6, PEER, 443);
	client = "10.1.0.1";
	for (size_t i = 0; i < w.n; i++)	/* the third night's first tries were before */
		if (w.queue[i].minute_ns < NOON + 2 * DAY + 12 * HOUR) {
			w.queue[i].minute_ns += 2 * HOUR;
			w.queue[i].id.first_ns += 2 * HOUR;
		}
	world_run(&w, NOON + 5 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_010),
			       "A 203.0.113.0/24 3\nB 203.0.113.0/24 3\n");
	world_end(&w);
}

/* --- bytes ------------------------------------------------------------------------------- */

#define SINCE_2 (16 + 8 + 8 + (DEALING_SERVICES + 1) * 4)

static struct dealing *find_record(struct dealings *d)
{
	struct addr peer = world_addr(PEER);
	struct channel_key key = { .is_external = 1 };

	group_key_prefix(&key, &peer);
	return dealings_find(d, subjects_by_id(w.parts.subjects, "A"), &key);
}

/* A record comes back from its bytes as it was; one of the version before is not of this rule. */
static void test_bytes(void)
{
	struct packer k = { 0 }, v = { 0 }, again = { 0 };
	struct subject *s;
	struct dealings *d;
	struct dealing *one;
	struct unpacker uk, uv;

	world_begin(&w, outward_text, false);
	for (unsigned night = 0; night < 2; night++)
		try_night(night, 7, PEER, 443);
	world_run(&w, NOON + 2 * DAY - HOUR / 2);
	s = subjects_by_id(w.parts.subjects, "A");
	one = find_record(w.parts.tallies.dealings);
	CU_ASSERT_FATAL(one != NULL);
	EQUAL_INT(one->nights, 3);
	EQUAL_INT(one->failed, 14);
	EQUAL_INT(one->tries[0].failed, 7);
	EQUAL_INT(s->networks, 1);
	keyed_pack_key(&one->keyed, &k);
	dealing_pack(one, &v);
	CU_ASSERT_FATAL(!dealings_new(&d));
	uk = unpack_over(k.bytes, k.len);
	uv = unpack_over(v.bytes, v.len);
	CU_ASSERT(dealing_unpack(d, w.parts.subjects, &uk, &uv));
	EQUAL_INT(s->networks, 2);
	CU_ASSERT_FATAL(find_record(d) != NULL);
	dealing_pack(find_record(d), &again);
	CU_ASSERT(again.len == v.len && !memcmp(again.bytes, v.bytes, v.len));
	dealings_remove(d, find_record(d));
	EQUAL_INT(s->networks, 1);
	for (size_t cut = 0; cut < v.len; cut++) {
		uk = unpack_over(k.bytes, k.len);
		uv = unpack_over(v.bytes, cut);
		CU_ASSERT_FALSE(dealing_unpack(d, w.parts.subjects, &uk, &uv));
	}
	dealings_free(d);
	pack_free(&k);
	pack_free(&v);
	pack_free(&again);
	world_end(&w);
}

/* Of the version before: what follows the name is not there. */
static void test_old_bytes(void)
{
	struct packer k = { 0 }, v = { 0 };
	struct addr own = world_addr("10.1.0.1"), peer = world_addr(PEER);
	struct channel_key key = { 0 };
	struct dealings *d;
	struct dealing *one;
	struct unpacker uk, uv;
	struct subject *s;

	world_begin(&w, outward_text, false);
	s = subjects_get(w.parts.subjects, &(struct sighting){ .addr = &own });
	group_key_ip(&key, &peer, 0, 0);
	CU_ASSERT_FATAL(!dealings_new(&d));
	one = dealings_get(d, s, &key, RULE_DST_004);
	CU_ASSERT_FATAL(one != NULL);
	one->first_ns = one->last_ns = NOON;
	keyed_pack_key(&one->keyed, &k);
	dealing_pack(one, &v);
	dealings_remove(d, one);
	v.bytes[0] = 1;
	uk = unpack_over(k.bytes, k.len);
	uv = unpack_over(v.bytes, v.len - SINCE_2);
	CU_ASSERT(dealing_unpack(d, w.parts.subjects, &uk, &uv));
	one = dealings_find(d, s, &key);
	CU_ASSERT_FATAL(one != NULL);
	CU_ASSERT(addr_equal(&one->peer, &peer));
	dealings_free(d);
	pack_free(&k);
	pack_free(&v);
	world_end(&w);
}

int main(void)
{
	CU_TestInfo attempts[] = {
		{ "minutes", test_minutes }, { "echoes", test_echoes },
		{ "nights", test_nights }, { "severity", test_severity },
		{ "times", test_times }, { "expected", test_expected }, CU_TEST_INFO_NULL,
	};
	CU_TestInfo hiding[] = {
		{ "addresses and ports", test_rotating }, { "answers", test_answers },
		{ "a scan", test_scan }, { "strangers", test_strangers }, CU_TEST_INFO_NULL,
	};
	CU_TestInfo bytes[] = {
		{ "bytes", test_bytes }, { "of version 1", test_old_bytes }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "attempts", NULL, NULL, NULL, NULL, attempts },
		{ "hiding", NULL, NULL, NULL, NULL, hiding },
		{ "state", NULL, NULL, NULL, NULL, bytes }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
