/* test_attribution.c - slices made by hand: which channels they add to, and how much. */
#include "analysis_world.h"

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": [{\"days\":"
	" \"mon-sun\", \"from\": \"22:00\", \"to\": \"05:00\"}]},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.20.1.0/24\"]},"
	"  {\"id\": \"office\", \"networks\": [\"10.30.0.0/24\"]}],"
	" \"assets\": [{\"id\": \"IMG-1\", \"vendor\": \"A\", \"ip\": [\"10.20.1.11\"]},"
	"  {\"id\": \"IMG-2\", \"vendor\": \"A\", \"ip\": [\"10.20.1.12\"]},"
	"  {\"id\": \"LONE\", \"vendor\": \"B\", \"ip\": [\"10.20.1.13\"]}],"
	" \"expected\": [{\"id\": \"sync\", \"from\": {\"asset\": \"LONE\"}, \"to\": {\"ip\":"
	"  [\"192.0.2.50\"]}},"
	"  {\"id\": \"capped\", \"from\": {\"asset\": \"LONE\"}, \"to\": {\"ip\":"
	"  [\"192.0.2.60\"]}, \"max_bytes_per_night\": 1000000}]}";

static struct world w;

static int set_up(void)
{
	return !world_make_files("'203.0.113.0/24=64500 Example Net' '2001:db8::/32=64501 Six'",
				 "203.0.113.0/24=ZZ 198.51.100.0/24=NL");
}

static int tear_down(void)
{
	world_remove_files();
	return 0;
}

static void begin(void)
{
	world_begin(&w, site_text, true);
}

static void end(void)
{
	world_end(&w);
}

/* Who adds to what: "IMG-1 ip 203.0.113.9 tcp/443 ext 500/20", a line each, in canonical order. */
static const char *channels(void)
{
	static char text[8192];
	char value[GROUP_TEXT_MAX], service[SERVICE_TEXT_MAX];
	struct channel **list;
	size_t n, len = 0;

	world_run(&w, analysis_now_ns(w.analysis));
	list = channels_sorted(w.parts.channels, &n);
	text[0] = '\0';
	for (size_t i = 0; i < n && len < sizeof(text); i++) {
		const struct channel *ch = list[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s %s %s %s %" PRIu64
					"/%" PRIu64 "\n", ch->subject->id,
					group_name((enum group)ch->key.group),
					group_value(&ch->key, ch->name, value),
					group_service(&ch->key, service),
					ch->key.is_external ? "ext" : "int", ch->up, ch->down);
	}
	return text;
}

/* How many are listed: a name, or a network where there is none. */
static size_t destinations(void)
{
	size_t n;

	world_run(&w, analysis_now_ns(w.analysis));
	baseline_all(w.parts.baseline, &n);
	return n;
}

#define LONE_TO(ip) .client = "10.20.1.13", .server = ip, .at_ns = NOON + HOUR

static void every_group_of_a_peer(void)
{
	begin();
	world_talk(&w, &(struct talk){ LONE_TO("203.0.113.9"), .name = "up.vendor.example",
				       .minutes = 3, .up = 300, .down = 30 });
	EQUAL_TEXT(channels(),
		   "LONE ip 203.0.113.9 tcp/443 ext 300/30\n"
		   "LONE domain vendor.example - ext 300/30\n"
		   "LONE prefix 203.0.113.0/24 - ext 300/30\n"
		   "LONE asn AS64500 - ext 300/30\n"
		   "LONE country ZZ - ext 300/30\n"
		   "LONE any * - ext 300/30\n");
	end();
}

/* Two addresses, two ports, one of them with another name of the same domain. */
static void coarse_groups_are_sums(void)
{
	begin();
	world_talk(&w, &(struct talk){ LONE_TO("203.0.113.9"), .name = "a.vendor.example",
				       .up = 100 });
	world_talk(&w, &(struct talk){ LONE_TO("203.0.113.9"), .port = 8443, .up = 20,
				       .name = "B.Vendor.Example." });
	world_talk(&w, &(struct talk){ LONE_TO("203.0.113.200"), .up = 3 });
	world_talk(&w, &(struct talk){ LONE_TO("198.51.100.1"), .up = 4000 });
	EQUAL_TEXT(channels(),
		   "LONE ip 198.51.100.1 tcp/443 ext 4000/0\n"
		   "LONE ip 203.0.113.9 tcp/443 ext 100/0\n"
		   "LONE ip 203.0.113.9 tcp/8443 ext 20/0\n"
		   "LONE ip 203.0.113.200 tcp/443 ext 3/0\n"
		   "LONE domain vendor.example - ext 120/0\n"
		   "LONE prefix 198.51.100.0/24 - ext 4000/0\n"
		   "LONE prefix 203.0.113.0/24 - ext 123/0\n"
		   "LONE asn AS64500 - ext 123/0\n"
		   "LONE country NL - ext 4000/0\n"
		   "LONE country ZZ - ext 123/0\n"
		   "LONE any * - ext 4123/0\n");
	end();
}

/* The name that DNS gave the client for the address; the connection's own goes before it. */
static void the_name_that_led_there(void)
{
	begin();
	world_talk(&w, &(struct talk){ .client = "10.20.1.13", .server = "10.20.1.2", .port = 53,
				       .proto = IP_UDP, .at_ns = NOON + MIN,
				       .answers = { "cdn.host.co.uk", "192.0.2.9" } });
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9"), .up = 10 });
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9"), .up = 5, .port = 80,
				       .name = "www.vendor.example" });
	EQUAL_TEXT(channels(),
		   "LONE ip 192.0.2.9 tcp/80 ext 5/0\n"
		   "LONE ip 192.0.2.9 tcp/443 ext 10/0\n"
		   "LONE domain vendor.example - ext 5/0\n"
		   "LONE domain host.co.uk - ext 10/0\n"
		   "LONE prefix 192.0.2.0/24 - ext 15/0\n"
		   "LONE any * - ext 15/0\n");
	end();
}

/* A handshake that the minute cut, or an attempt, goes where the address last led; what says
 * something without a name does not, nor does another service. */
static void nothing_said_has_the_last_name(void)
{
	begin();
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9"), .up = 10,
				       .name = "www.vendor.example" });
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9") + MIN });
	EQUAL_INT(destinations(), 1);
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9") + 2 * MIN, .port = 80 });
	EQUAL_INT(destinations(), 2);
	end();
	begin();
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9"), .up = 10,
				       .name = "www.vendor.example" });
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9") + MIN, .up = 5 });
	EQUAL_INT(destinations(), 2);
	end();
}

/* After a day the answer is too old; another client's answer counts where there is none of one's
 * own. */
static void answers_age_and_are_shared(void)
{
	begin();
	world_talk(&w, &(struct talk){ .client = "10.20.1.12", .server = "10.20.1.2", .port = 53,
				       .proto = IP_UDP, .at_ns = NOON + MIN,
				       .answers = { "a.vendor.example", "192.0.2.9" } });
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9"), .up = 10 });
	world_talk(&w, &(struct talk){ .client = "10.20.1.13", .server = "192.0.2.9",
				       .at_ns = NOON + DAY + 2 * MIN, .up = 100 });
	EQUAL_TEXT(channels(),
		   "LONE ip 192.0.2.9 tcp/443 ext 110/0\n"
		   "LONE domain vendor.example - ext 10/0\n"
		   "LONE prefix 192.0.2.0/24 - ext 110/0\n"
		   "LONE any * - ext 110/0\n");
	end();
}

static void what_is_no_domain(void)
{
	static const char *const none[] = { "203.0.113.9", "localhost", "co.uk", "a..example",
					    "[2001:db8::1]", "" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		begin();
		world_talk(&w, &(struct talk){ LONE_TO("192.0.2.9"), .name = none[i], .up = 7 });
		EQUAL_TEXT(channels(),
			   "LONE ip 192.0.2.9 tcp/443 ext 7/0\n"
			   "LONE prefix 192.0.2.0/24 - ext 7/0\n"
			   "LONE any * - ext 7/0\n");
		end();
	}
}

static void vendors_add_their_assets(void)
{
	begin();
	world_talk(&w, &(struct talk){ .client = "10.20.1.11", .server = "203.0.113.9",
				       .at_ns = NOON + HOUR, .name = "x.vendor.example", .up = 1 });
	world_talk(&w, &(struct talk){ .client = "10.20.1.12", .server = "203.0.113.10",
				       .at_ns = NOON + HOUR, .up = 20 });
	EQUAL_TEXT(channels(),
		   "IMG-1 ip 203.0.113.9 tcp/443 ext 1/0\n"
		   "IMG-1 domain vendor.example - ext 1/0\n"
		   "IMG-1 prefix 203.0.113.0/24 - ext 1/0\n"
		   "IMG-1 asn AS64500 - ext 1/0\n"
		   "IMG-1 country ZZ - ext 1/0\n"
		   "IMG-1 any * - ext 1/0\n"
		   "IMG-2 ip 203.0.113.10 tcp/443 ext 20/0\n"
		   "IMG-2 prefix 203.0.113.0/24 - ext 20/0\n"
		   "IMG-2 asn AS64500 - ext 20/0\n"
		   "IMG-2 country ZZ - ext 20/0\n"
		   "IMG-2 any * - ext 20/0\n"
		   "vendor@A domain vendor.example - ext 1/0\n"
		   "vendor@A prefix 203.0.113.0/24 - ext 21/0\n"
		   "vendor@A asn AS64500 - ext 21/0\n"
		   "vendor@A any * - ext 21/0\n");
	end();
}

/* Seen from both ends; within a zone nothing is. */
static void inside_peers_have_two_groups(void)
{
	begin();
	world_talk(&w, &(struct talk){ .client = "10.20.1.11", .server = "10.30.0.5",
				       .name = "nas.office.example", .at_ns = NOON + HOUR,
				       .up = 50, .down = 6 });
	world_talk(&w, &(struct talk){ .client = "10.20.1.11", .server = "10.20.1.12",
				       .at_ns = NOON + HOUR, .up = 999 });
	EQUAL_TEXT(channels(),
		   "10.30.0.5 ip 10.20.1.11 tcp/443 int 6/50\n"
		   "10.30.0.5 prefix 10.20.1.0/24 - int 6/50\n"
		   "IMG-1 ip 10.30.0.5 tcp/443 int 50/6\n"
		   "IMG-1 prefix 10.30.0.0/24 - int 50/6\n");
	end();
}

static void expected_traffic_has_the_finest_group_only(void)
{
	const struct channel *ch;
	struct channel **list;
	size_t n;

	begin();
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.50"), .name = "b.vendor.example",
				       .up = 5000 });
	EQUAL_TEXT(channels(), "LONE ip 192.0.2.50 tcp/443 ext 5000/0\n");
	list = channels_sorted(w.parts.channels, &n);
	ch = list[0];
	CU_ASSERT_PTR_NOT_NULL_FATAL(ch->contact->expected);
	EQUAL_TEXT(ch->contact->expected->id, "sync");
	EQUAL_INT(row_up(ch->row), 0);		/* it does not bet ... */
	EQUAL_INT(ch->row_up, 5000);		/* ... but it is tracked */
	EQUAL_INT(ch->active, 1);
	end();
}

/* 400 000 a minute: the third goes over the million, and it and what follows is judged. */
static void beyond_the_maximum_it_counts(void)
{
	struct channel **list;
	size_t n;

	begin();
	world_talk(&w, &(struct talk){ LONE_TO("192.0.2.60"), .minutes = 4, .up = 1600000 });
	EQUAL_TEXT(channels(),
		   "LONE ip 192.0.2.60 tcp/443 ext 1600000/0\n"
		   "LONE prefix 192.0.2.0/24 - ext 800000/0\n"
		   "LONE any * - ext 800000/0\n");
	list = channels_sorted(w.parts.channels, &n);
	EQUAL_INT(row_up(list[0]->row), 800000);
	world_talk(&w, &(struct talk){ .client = "10.20.1.13", .server = "192.0.2.60",
				       .at_ns = NOON + DAY + HOUR, .up = 300000 });
	/* The next night begins with nothing used. */
	EQUAL_TEXT(channels(),
		   "LONE ip 192.0.2.60 tcp/443 ext 1900000/0\n"
		   "LONE prefix 192.0.2.0/24 - ext 800000/0\n"
		   "LONE any * - ext 800000/0\n");
	end();
}

/* The peer is the client: the asset sends what the server sends, the name is not the peer's. */
static void opened_from_outside(void)
{
	struct channel **list;
	size_t n;

	begin();
	world_talk(&w, &(struct talk){ .client = "203.0.113.9", .server = "10.20.1.13",
				       .port = 22, .name = "lone.site.example",
				       .at_ns = NOON + HOUR, .up = 11, .down = 7000 });
	EQUAL_TEXT(channels(),
		   "LONE ip 203.0.113.9 tcp/22 ext 7000/11\n"
		   "LONE prefix 203.0.113.0/24 - ext 7000/11\n"
		   "LONE asn AS64500 - ext 7000/11\n"
		   "LONE country ZZ - ext 7000/11\n"
		   "LONE any * - ext 7000/11\n");
	list = channels_sorted(w.parts.channels, &n);
	EQUAL_INT(list[0]->contact->was_opened_outside, 1);
	EQUAL_INT(list[0]->contact->port, 0);	/* the server's port is the asset's own */
	EQUAL_INT(list[0]->contact->flows, 1);
	EQUAL_INT(list[0]->row->flows, 1);
	CU_ASSERT(addr_equal(&list[0]->row->top.addr, &list[0]->key.value));
	end();
}

static void ipv6_and_ports_that_are_none(void)
{
	begin();
	world_talk(&w, &(struct talk){ LONE_TO("203.0.113.9"), .proto = IP_ICMP, .port = 8,
				       .up = 5 });
	world_talk(&w, &(struct talk){ LONE_TO("203.0.113.9"), .proto = IP_ICMP, .port = 13,
				       .up = 6 });
	world_talk(&w, &(struct talk){ LONE_TO("2001:db8:7:8::9"), .proto = IP_UDP, .up = 70 });
	EQUAL_TEXT(channels(),
		   "LONE ip 203.0.113.9 icmp ext 11/0\n"
		   "LONE ip 2001:db8:7:8::9 udp/443 ext 70/0\n"
		   "LONE prefix 203.0.113.0/24 - ext 11/0\n"
		   "LONE prefix 2001:db8:7::/48 - ext 70/0\n"
		   "LONE asn AS64500 - ext 11/0\n"
		   "LONE asn AS64501 - ext 70/0\n"
		   "LONE country ZZ - ext 11/0\n"
		   "LONE any * - ext 81/0\n");
	end();
}

/* What was evicted is not made again by the end of a connection, which is no traffic. */
static void an_end_makes_no_channel(void)
{
	begin();
	world_talk(&w, &(struct talk){ LONE_TO("203.0.113.9"), .up = 5 });
	w.queue[0] = w.queue[2];
	w.n = 1;
	EQUAL_TEXT(channels(), "");
	EQUAL_INT(channels_counters(w.parts.channels)->made, 0);
	EQUAL_INT(analysis_counters(w.analysis)->no_memory, 0);
	end();
}

static void two_strangers_are_counted(void)
{
	begin();
	world_talk(&w, &(struct talk){ .client = "203.0.113.9", .server = "198.51.100.1",
				       .at_ns = NOON + HOUR, .up = 5 });
	EQUAL_TEXT(channels(), "");
	analysis_time(w.analysis, NOON + 2 * HOUR);
	EQUAL_INT(analysis_counters(w.analysis)->outside_both, 1);
	EQUAL_TEXT(analysis_counters(w.analysis)->outside_example, "203.0.113.9 to 198.51.100.1");
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "every group of a peer", every_group_of_a_peer },
		{ "coarse groups are sums", coarse_groups_are_sums },
		{ "the name that led there", the_name_that_led_there },
		{ "nothing said has the last name", nothing_said_has_the_last_name },
		{ "answers age and are shared", answers_age_and_are_shared },
		{ "what is no domain", what_is_no_domain },
		{ "vendors add their assets", vendors_add_their_assets },
		{ "inside peers have two groups", inside_peers_have_two_groups },
		{ "expected traffic has the finest group only",
		  expected_traffic_has_the_finest_group_only },
		{ "beyond the maximum it counts", beyond_the_maximum_it_counts },
		{ "opened from outside", opened_from_outside },
		{ "IPv6, and ports that are none", ipv6_and_ports_that_are_none },
		{ "an end makes no channel", an_end_makes_no_channel },
		{ "two strangers are counted", two_strangers_are_counted },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "attribution", .pTests = tests, .pInitFunc = set_up,
		  .pCleanupFunc = tear_down },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
