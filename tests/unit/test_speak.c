/* test_speak.c - nights from slices to incidents: which group speaks, what is attached, which
 * incidents are one case (DETECTION section 2, ALERTS section 1). */
#include "analysis_world.h"

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": [{\"days\":"
	" \"mon-sun\", \"from\": \"22:00\", \"to\": \"05:00\"}]},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.20.1.0/24\"]},"
	"  {\"id\": \"archive\", \"networks\": [\"10.40.0.0/24\"]}],"
	" \"expected\": [{\"id\": \"backup\", \"from\": {\"asset\": \"LONE\"}, \"to\": {\"ip\":"
	"  [\"192.0.2.50\"]}}],"
	" \"assets\": [{\"id\": \"LONE\", \"vendor\": \"B\", \"ip\": [\"10.20.1.9\"]},"
	"  {\"id\": \"IMG-1\", \"vendor\": \"A\", \"ip\": [\"10.20.1.11\"]},"
	"  {\"id\": \"IMG-2\", \"vendor\": \"A\", \"ip\": [\"10.20.1.12\"]},"
	"  {\"id\": \"IMG-3\", \"vendor\": \"A\", \"ip\": [\"10.20.1.13\"]},"
	"  {\"id\": \"IMG-4\", \"vendor\": \"A\", \"ip\": [\"10.20.1.14\"]},"
	"  {\"id\": \"IMG-5\", \"vendor\": \"A\", \"ip\": [\"10.20.1.15\"]}]}";

#define LONE "10.20.1.9"
#define MB 1000000ULL

static struct world w;

static int set_up(void)
{
	return !world_make_files("'203.0.113.0/24=64500 Example Net'",
				 "203.0.113.0/24=ZZ 198.51.100.0/24=YY 192.0.2.0/24=XX");
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

/* An upload at 00:30 and a few minutes, which jitter a little. */
static void leak(unsigned night, const char *client, const char *server, const char *name,
		 uint64_t up)
{
	world_talk(&w, &(struct talk){ .client = client, .server = server, .name = name,
				       .at_ns = NOON + night * DAY + 12 * HOUR +
						(30 + night * 7 % 5) * MIN,
				       .minutes = 10, .up = up, .down = up / 100 });
}

/* The night is over and judged. */
static void morning(unsigned night)
{
	world_run(&w, NOON + night * DAY + 18 * HOUR);
}

/* DETECTION section 6: L1 by the fourth night, L2 by the seventh, and one incident until then. */
static void expect_in_time(unsigned night)
{
	if (night == 3 || night == 6) {
		EQUAL_INT(incidents_count(w.parts.incidents), 1);
		CU_ASSERT_FATAL(incidents_count(w.parts.incidents) > 0);
		CU_ASSERT(incidents_at(w.parts.incidents, 0)->level >= (night == 3 ? 1 : 2));
	}
}

static unsigned case_number(const struct incident *in, char seen[][INCIDENT_ID_MAX], unsigned *n)
{
	for (unsigned i = 0; i < *n; i++)
		if (!strcmp(seen[i], in->case_id))
			return i + 1;
	memcpy(seen[*n], in->case_id, INCIDENT_ID_MAX);
	return ++*n;
}

/* "LONE ip 203.0.113.9 tcp/443 L2 case 1 open [domain x.example, ...]", a line each. */
static const char *story(void)
{
	static char text[8192];
	char seen[16][INCIDENT_ID_MAX], value[GROUP_TEXT_MAX], service[SERVICE_TEXT_MAX];
	unsigned cases = 0;
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < incidents_count(w.parts.incidents) && i < 16; i++) {
		const struct incident *in = incidents_at(w.parts.incidents, i);
		char attached[INCIDENT_ATTACHED_MAX];
		const char *end;
		char *last;

		/* slow.c's and flips.c's; see test_slow and test_flips */
		if (in->rule == RULE_EXF_011 || in->rule == RULE_EXF_006)
			continue;
		end = incident_line(in, in->explain_n - 1);
		/* No line of the explanation is lost for want of room: the last one is there. */
		CU_ASSERT(!strncmp(end, in->rule == RULE_EXF_001 || in->rule == RULE_EXF_005 ?
				   "For the statistician" : "First contact seen", 18));
		snprintf(attached, sizeof(attached), "%s", in->attached);
		last = strrchr(attached, '\n');
		if (last)
			*last = '\0';
		for (char *c = attached; *c; c++)
			*c = *c == '\n' ? ',' : *c;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%s %s %s %s L%d case %u %s [%s]\n", in->subject->id,
					incident_group(in), incident_value(in, value),
					incident_service(in, service), (int)in->level,
					case_number(in, seen, &cases),
					in->is_open ? "open" : "resolved", attached);
	}
	return text;
}

static void one_leak_is_one_incident(void)
{
	begin();
	for (unsigned night = 0; night < 40; night++) {
		leak(night, LONE, "203.0.113.9", "up.vendor.example", 50 * MB);
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "LONE ip 203.0.113.9 tcp/443 L3 case 1 open [domain vendor.example,"
		   "prefix 203.0.113.0/24,asn AS64500,country ZZ,any *]\n");
	end();
}

static void rotating_addresses_of_a_network(void)
{
	static const char *const peers[] = { "203.0.113.9", "203.0.113.77", "203.0.113.130",
					     "203.0.113.200", "203.0.113.3" };

	begin();
	for (unsigned night = 0; night < 40; night++) {
		leak(night, LONE, peers[night % 5], NULL, 50 * MB);
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "LONE prefix 203.0.113.0/24 - L3 case 1 open [asn AS64500,"
		   "country ZZ,any *,ip 203.0.113.9,ip 203.0.113.77,ip 203.0.113.130,"
		   "ip 203.0.113.200,ip 203.0.113.3]\n");
	end();
}

static const char *const networks[] = { "203.0.113.9", "198.51.100.7", "192.0.2.5",
					"2001:db8:5::5", "2001:db8:6::6" };

static void networks_behind_one_name(void)
{
	begin();
	for (unsigned night = 0; night < 40; night++) {
		leak(night, LONE, networks[night % 5], "x.vendor.example", 50 * MB);
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "LONE domain vendor.example - L3 case 1 open [any *,ip 203.0.113.9,"
		   "prefix 203.0.113.0/24,asn AS64500,country ZZ,ip 198.51.100.7,"
		   "prefix 198.51.100.0/24,country YY,ip 192.0.2.5,"
		   "prefix 192.0.2.0/24,country XX,ip 2001:db8:5::5,"
		   "prefix 2001:db8:5::/48,ip 2001:db8:6::6,prefix 2001:db8:6::/48]\n");
	end();
}

static void networks_with_nothing_in_common(void)
{
	begin();
	for (unsigned night = 0; night < 40; night++) {
		leak(night, LONE, networks[night % 5], NULL, 50 * MB);
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "LONE any * - L3 case 1 open [ip 203.0.113.9,prefix 203.0.113.0/24,"
		   "asn AS64500,country ZZ,ip 198.51.100.7,prefix 198.51.100.0/24,"
		   "country YY,ip 192.0.2.5,prefix 192.0.2.0/24,country XX,"
		   "ip 2001:db8:5::5,prefix 2001:db8:5::/48,ip 2001:db8:6::6,"
		   "prefix 2001:db8:6::/48]\n");
	end();
}

static void a_load_split_within_a_network(void)
{
	begin();
	for (unsigned night = 0; night < 40; night++) {
		for (unsigned i = 0; i < 5; i++) {
			char peer[16];

			snprintf(peer, sizeof(peer), "203.0.113.%u", 10 + i);
			leak(night, LONE, peer, NULL, 10 * MB);
		}
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "LONE prefix 203.0.113.0/24 - L3 case 1 open [ip 203.0.113.10,"
		   "ip 203.0.113.11,ip 203.0.113.12,ip 203.0.113.13,ip 203.0.113.14,"
		   "asn AS64500,country ZZ,any *]\n");
	end();
}

static void a_load_split_over_networks(void)
{
	begin();
	for (unsigned night = 0; night < 40; night++) {
		for (unsigned i = 0; i < 5; i++)
			leak(night, LONE, networks[i], NULL, 10 * MB);
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "LONE any * - L3 case 1 open [ip 192.0.2.5,ip 198.51.100.7,"
		   "ip 203.0.113.9,ip 2001:db8:5::5,ip 2001:db8:6::6,"
		   "prefix 192.0.2.0/24,prefix 198.51.100.0/24,prefix 203.0.113.0/24]\n");
	end();
}

static void a_port_that_changes(void)
{
	begin();
	for (unsigned night = 0; night < 40; night++) {
		world_talk(&w, &(struct talk){ .client = LONE, .server = "203.0.113.9",
					       .port = (uint16_t)(4000 + night), .up = 50 * MB,
					       .minutes = 10,
					       .at_ns = NOON + night * DAY + 12 * HOUR });
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "LONE prefix 203.0.113.0/24 - L3 case 1 open [asn AS64500,"
		   "country ZZ,any *]\n");
	end();
}

static void assets_that_take_turns(void)
{
	static const char *const assets[] = { "10.20.1.11", "10.20.1.12", "10.20.1.13",
					      "10.20.1.14", "10.20.1.15" };

	begin();
	for (unsigned night = 0; night < 40; night++) {
		leak(night, assets[night % 5], "203.0.113.9", "up.vendor.example", 50 * MB);
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "vendor@A vendor vendor.example - L3 case 1 open [prefix 203.0.113."
		   "0/24,asn AS64500,any *]\n");
	end();
}

/* The vendor's channels hold the same upload: they say nothing of their own. */
static void one_asset_of_a_vendor(void)
{
	begin();
	for (unsigned night = 0; night < 12; night++) {
		leak(night, "10.20.1.11", "203.0.113.9", NULL, 50 * MB);
		morning(night);
		expect_in_time(night);
	}
	EQUAL_TEXT(story(),
		   "IMG-1 ip 203.0.113.9 tcp/443 L3 case 1 open [prefix 203.0.113.0/24,"
		   "asn AS64500,country ZZ,any *]\n");
	end();
}

/* Each has its incident, no one of them most of the vendor's: it has its own.  One case. */
static void all_assets_of_a_vendor(void)
{
	begin();
	for (unsigned night = 0; night < 12; night++) {
		leak(night, "10.20.1.11", "203.0.113.9", NULL, 50 * MB);
		leak(night, "10.20.1.12", "203.0.113.9", NULL, 50 * MB);
		leak(night, "10.20.1.13", "203.0.113.10", NULL, 50 * MB);
		morning(night);
	}
	EQUAL_TEXT(story(),
		   "IMG-1 ip 203.0.113.9 tcp/443 L3 case 1 open [prefix 203.0.113.0/24,"
		   "asn AS64500,country ZZ,any *]\n"
		   "IMG-2 ip 203.0.113.9 tcp/443 L3 case 1 open [prefix 203.0.113.0/24,"
		   "asn AS64500,country ZZ,any *]\n"
		   "IMG-3 ip 203.0.113.10 tcp/443 L3 case 1 open [prefix 203.0.113.0/24,"
		   "asn AS64500,country ZZ,any *]\n"
		   "vendor@A vendor 203.0.113.0/24 - L3 case 1 open [asn AS64500,any *]\n");
	end();
}

/* Weeks after a leak over unrelated networks has opened an incident that binds everything. */
static void a_second_leak_does_not_hide(void)
{
	begin();
	for (unsigned night = 0; night < 30; night++) {
		leak(night, LONE, networks[1 + night % 4], NULL, 50 * MB);
		if (night >= 20)
			leak(night, LONE, "203.0.113.9", NULL, 5 * MB);
		morning(night);
	}
	EQUAL_TEXT(story(),
		   "LONE any * - L3 case 1 open [ip 198.51.100.7,"
		   "prefix 198.51.100.0/24,country YY,ip 192.0.2.5,"
		   "prefix 192.0.2.0/24,country XX,ip 2001:db8:5::5,"
		   "prefix 2001:db8:5::/48,ip 2001:db8:6::6,prefix 2001:db8:6::/48]\n"
		   /* NW-DST-001: it is new after the nights of learning. */
		   "LONE ip 203.0.113.9 tcp/443 L0 case 2 open []\n"
		   "LONE ip 203.0.113.9 tcp/443 L3 case 2 open [prefix 203.0.113.0/24,"
		   "asn AS64500,country ZZ]\n");
	end();
}

/* The address's own incident ends; the network's goes on, in the same case. */
static void a_leak_that_moves(void)
{
	begin();
	for (unsigned night = 0; night < 40; night++) {
		leak(night, LONE, night < 6 ? "203.0.113.9" : "203.0.113.99", NULL, 50 * MB);
		morning(night);
		if (night == 5)
			EQUAL_INT(incidents_count(w.parts.incidents), 1);
		if (night == 6)
			EQUAL_INT(incidents_count(w.parts.incidents), 2);
	}
	EQUAL_TEXT(story(),
		   "LONE ip 203.0.113.9 tcp/443 L3 case 1 resolved [prefix 203.0.113.0/24,"
		   "asn AS64500,country ZZ,any *]\n"
		   "LONE prefix 203.0.113.0/24 - L3 case 1 open [asn AS64500,country ZZ,any *,"
		   "ip 203.0.113.99]\n");
	end();
}

/* Scenarios N1, N3, N6 and N9 beside each other: nothing of it is a pattern of nights. */
static void nights_that_mean_nothing(void)
{
	begin();
	for (unsigned night = 0; night < 30; night++) {
		leak(night, LONE, "192.0.2.50", NULL, 5000 * MB);	/* expected */
		leak(night, LONE, "192.0.2.60", NULL, 5000);		/* below the floors */
		world_talk(&w, &(struct talk){ .client = LONE, .server = "192.0.2.70",
					       .at_ns = NOON + night * DAY + 12 * HOUR,
					       .minutes = 20, .up = 20 * MB, .down = 2000 * MB });
		if (night == 9 || night == 10)
			leak(night, LONE, "192.0.2.80", NULL, 50000 * MB);
		morning(night);
	}
	EQUAL_TEXT(story(), "");
	end();
}

static bool is_capped(const struct incident *in)
{
	for (unsigned i = 0; i < in->explain_n; i++)
		if (strstr(incident_line(in, i), "capped at 2"))
			return true;
	return false;
}

/* Scenario N8.  Seen from both ends: the other one only receives. */
static void inside_it_is_told_quietly(void)
{
	const struct incident *in;

	begin();
	for (unsigned night = 0; night < 12; night++) {
		leak(night, LONE, "10.40.0.5", NULL, 50 * MB);
		morning(night);
		for (size_t i = 0; i < incidents_count(w.parts.incidents); i++)
			EQUAL_INT(incidents_at(w.parts.incidents, i)->severity, 2);
	}
	EQUAL_INT(incidents_count(w.parts.incidents), 1);
	in = incidents_at(w.parts.incidents, 0);
	CU_ASSERT(is_capped(in));
	end();
}

/* Scenario P7: 200 kB are below the high floor. */
static void little_every_night(void)
{
	begin();
	for (unsigned night = 0; night < 12; night++) {
		leak(night, LONE, "203.0.113.9", NULL, 200000);
		morning(night);
		expect_in_time(night);
	}
	EQUAL_INT(incidents_at(w.parts.incidents, 0)->process, 1);
	end();
}

static bool is_open(void)
{
	return incidents_at(w.parts.incidents, 0)->is_open;
}

/* Scenario P18: four nights, twenty of silence, and again. */
static void a_leak_that_comes_back(void)
{
	const struct incident *in;
	char first[INCIDENT_ID_MAX] = "";

	begin();
	for (unsigned night = 0; night < 28; night++) {
		if (night < 4 || night >= 24)
			leak(night, LONE, "203.0.113.9", NULL, 50 * MB);
		morning(night);
		if (night < 3)
			continue;
		CU_ASSERT_FATAL(incidents_count(w.parts.incidents) == 1);
		in = incidents_at(w.parts.incidents, 0);
		if (night == 3)
			memcpy(first, in->id, sizeof(first));
		/* Nights are counted from 1 there: L1 by 4, resolve on 18, L1 at the 3rd hit. */
		CU_ASSERT(is_open() == (night < 17 || night >= 26));
		EQUAL_INT(in->level, LEVEL_1);
		EQUAL_TEXT(in->previous, night < 26 ? "" : first);
	}
	CU_ASSERT(strcmp(incidents_at(w.parts.incidents, 0)->id, first) != 0);
	EQUAL_INT(incidents_counters(w.parts.incidents)->opened, 2);
	EQUAL_INT(incidents_counters(w.parts.incidents)->resolved, 1);
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "one leak is one incident", one_leak_is_one_incident },
		{ "rotating addresses of a network", rotating_addresses_of_a_network },
		{ "networks behind one name", networks_behind_one_name },
		{ "networks with nothing in common", networks_with_nothing_in_common },
		{ "a load split within a network", a_load_split_within_a_network },
		{ "a load split over networks", a_load_split_over_networks },
		{ "a port that changes", a_port_that_changes },
		{ "assets that take turns", assets_that_take_turns },
		{ "one asset of a vendor", one_asset_of_a_vendor },
		{ "all assets of a vendor", all_assets_of_a_vendor },
		{ "a second leak does not hide", a_second_leak_does_not_hide },
		{ "a leak that moves", a_leak_that_moves },
		{ "nights that mean nothing", nights_that_mean_nothing },
		{ "inside it is told quietly", inside_it_is_told_quietly },
		{ "little every night", little_every_night },
		{ "a leak that comes back", a_leak_that_comes_back },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "speak", .pTests = tests, .pInitFunc = set_up,
		  .pCleanupFunc = tear_down },
		CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
