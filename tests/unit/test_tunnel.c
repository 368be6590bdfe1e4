/* test_tunnel.c - NW-EXF-008: what is called a tunnel, who is told, and what is remembered. */
#include "analysis_world.h"
#include "pack.h"
#include "alert/incident_pack.h"
#include "base/hash.h"
#include "detect/tunnel.h"

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": [{\"days\": \"mon-sun\", \"from\": \"22:00\", \"to\": \"05:00\"}]},"
	" \"zones\": [{\"id\": \"core\", \"networks\": [\"10.20.1.0/24\"]}],"
	" \"assets\": [{\"id\": \"IMG-1\", \"ip\": [\"10.20.1.11\"]},"
	"  {\"id\": \"MAIL\", \"role\": \"mail\", \"ip\": [\"10.20.1.12\"]},"
	"  {\"id\": \"DNS-1\", \"ip\": [\"10.20.1.53\"]}],"
	" \"expected\": [{\"id\": \"dns\", \"from\": {\"ip\": [\"10.20.1.0/24\"]}, \"to\":"
	"  {\"ip\": [\"10.20.1.53\"]}, \"services\": [\"udp/53\"]},"
	"  {\"id\": \"lookups\", \"from\": {\"role\": \"mail\"}, \"to\":"
	"  {\"domain\": \"*.files.lookup.example\"}, \"services\": [\"udp/53\"]}]}";

static struct world w;

/* --- the detector ------------------------------------------------------------- */

static void test_detector(void)
{
	struct tunnel_facts f = { .asked = 400, .different = 400, .different_bytes = 400 * 48,
				  .answers = 400 };

	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 4);		/* long names */
	f.different_bytes = pack_params()->tunnel.bytes - 1;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	f = (struct tunnel_facts){ .asked = 31, .different = 31, .different_bytes = 31 * 600 };
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	/* Long, and for TXT or NULL: a quarter is enough. */
	f = (struct tunnel_facts){ .asked = 128, .different = 128, .different_bytes = 128 * 32,
				   .odd = 64, .answers = 128 };
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 4);
	f.odd = 63;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	f.odd = 64;
	f.different_bytes--;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	/* Host names of a content network: many, short, answered. */
	f = (struct tunnel_facts){ .asked = 5000, .different = 2000, .different_bytes = 2000 * 20,
				   .answers = 5000 };
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	f.odd = 2500;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 4);		/* for TXT */
	f.odd = 0;
	f.nxdomain = 2500;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 4);		/* that are not there */
	f.nxdomain = 2499;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	f.different = 20000;
	f.different_bytes = 20000 * 20;
	f.asked = f.answers = 20000;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 3);
	/* Look-ups of hashes: as many bytes as a tunnel, answered as block lists do. */
	f = (struct tunnel_facts){ .asked = 1000, .different = 1000, .different_bytes = 1000 * 64,
				   .answers = 1000, .listed = 3, .nxdomain = 997 };
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	f.answers++;				/* and one other answer */
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 4);
	/* Addresses in a block list carry four bytes each. */
	f = (struct tunnel_facts){ .asked = 6000, .different = 6000, .different_bytes = 6000 * 4,
				   .answers = 6000, .nxdomain = 6000 };
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
}

static void test_echo_detector(void)
{
	struct tunnel_facts f = { .is_echo = true, .asked = 100000, .plain = 100000,
				  .asked_bytes = 100000 * 1400 };

	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	f.different = 32;
	f.different_bytes = pack_params()->tunnel.bytes;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 4);
	f.different = 31;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 0);
	f.mismatched = 32;
	f.mismatched_bytes = pack_params()->tunnel.bytes;
	EQUAL_INT(tunnel_judge(&pack_params()->tunnel, &f), 4);
}

/* --- traffic -------------------------------------------------------------------- */

static struct carried *need(struct slice *s)
{
	if (!s->carried)
		s->carried = calloc(1, sizeof(*s->carried));
	if (!s->carried)
		abort();
	return s->carried;
}

/* n questions for different names of that many bytes; each answer repeats 150 bytes of 160. */
static void ask_at(uint64_t at, const char *client, const char *server, const char *domain,
		   uint32_t n, uint32_t bytes)
{
	struct talk t = { .client = client, .server = server, .proto = IP_UDP, .port = 53,
			  .at_ns = at, .up = 150ULL * n, .down = 160ULL * n };
	struct carried_domain *d = calloc(1, sizeof(*d) + strlen(domain) + 1);

	if (!d)
		abort();
	d->questions = d->answers = n;
	d->asked = (uint64_t)n * bytes;
	d->echoed = 150ULL * n;
	for (uint32_t i = 0; i < n; i++)
		sample_add(&d->names, (uint32_t)(hash_mix(at + i) >> 32), bytes);
	memcpy(d->domain, domain, strlen(domain) + 1);
	world_talk(&w, &t);
	need(&w.queue[w.n - 2])->domains = d;	/* the SLICE, before the CLOSE */
	w.queue[w.n - 2].carried->n = 1;
}

static void ping_at(uint64_t at, const char *client, const char *server, uint32_t n)
{
	struct talk t = { .client = client, .server = server, .proto = IP_ICMP, .port = 8,
			  .at_ns = at, .up = 1000ULL * n, .down = 1000ULL * n };
	struct carried_echo *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->requests = e->replies = n;
	e->asked = e->echoed = 1000ULL * n;
	for (uint32_t i = 0; i < n; i++)
		sample_add(&e->payloads, (uint32_t)(hash_mix(at + i) >> 32), 976);
	world_talk(&w, &t);
	need(&w.queue[w.n - 2])->echo = e;
}

/* Open incidents of the rule: "IMG-1 domain t.example 4 up", a line each. */
static const char *incidents(void)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < incidents_count(w.parts.incidents); i++) {
		const struct incident *in = incidents_at(w.parts.incidents, i);
		char value[GROUP_TEXT_MAX];

		if (in->rule == RULE_EXF_008 && in->is_open && len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s %s %u\n",
						in->subject->id, incident_group(in),
						incident_value(in, value), in->severity);
	}
	return text;
}

/* A resolver in the asset's own zone, which every policy expects: the tunnel is by name. */
static void test_resolver(void)
{
	world_begin(&w, site_text, false);
	ask_at(NOON + HOUR, "10.20.1.11", "10.20.1.53", "t.example", 300, 40);
	world_run(&w, NOON + 2 * HOUR);
	EQUAL_TEXT(incidents(), "");
	ask_at(NOON + 3 * HOUR, "10.20.1.11", "10.20.1.53", "t.example", 300, 40);
	world_run(&w, NOON + 4 * HOUR);
	EQUAL_TEXT(incidents(), "IMG-1 domain t.example 4\n");
	/* The resolver asks in its own name: one case. */
	ask_at(NOON + 5 * HOUR, "10.20.1.53", "203.0.113.53", "t.example", 600, 40);
	world_run(&w, NOON + DAY);
	EQUAL_TEXT(incidents(), "IMG-1 domain t.example 4\nDNS-1 domain t.example 4\n");
	EQUAL_TEXT(incidents_at(w.parts.incidents, 0)->case_id,
		   incidents_at(w.parts.incidents, 1)->case_id);
	CU_ASSERT(strstr(incident_message(incidents_at(w.parts.incidents, 0)), "t.example") !=
		  NULL);
	world_end(&w);
}

/* Twelve hours of little each, in two rows: no row has enough. */
static void test_rows(void)
{
	world_begin(&w, site_text, false);
	for (unsigned row = 0; row < 5; row++)
		ask_at(NOON + row * DAY + HOUR, "10.20.1.11", "10.20.1.53", "t.example", 300, 40);
	world_run(&w, NOON + 6 * DAY);
	EQUAL_TEXT(incidents(), "");
	world_end(&w);
}

static void test_expected(void)
{
	world_begin(&w, site_text, false);
	ask_at(NOON + HOUR, "10.20.1.12", "10.20.1.53", "lookup.example", 600, 64);
	ask_at(NOON + HOUR, "10.20.1.11", "10.20.1.53", "lookup.example", 600, 64);
	ask_at(NOON + HOUR, "10.20.1.12", "10.20.1.53", "kup.example", 600, 64);
	world_run(&w, NOON + DAY);
	EQUAL_TEXT(incidents(), "IMG-1 domain lookup.example 4\nMAIL domain kup.example 4\n");
	world_end(&w);
}

static void test_echo(void)
{
	world_begin(&w, site_text, false);
	ping_at(NOON + HOUR, "10.20.1.11", "203.0.113.9", 40);
	ping_at(NOON + HOUR, "10.20.1.11", "10.30.0.9", 40);	/* inside: not judged */
	ping_at(NOON + HOUR, "203.0.113.9", "10.20.1.12", 40);	/* from outside: not the asset's */
	world_run(&w, NOON + DAY);
	EQUAL_TEXT(incidents(), "IMG-1 ip 203.0.113.9 4\n");
	world_end(&w);
}

/* The echo of a tunnel is no download, that of anything else is. */
static void test_discount(void)
{
	struct channel_key key = { .is_external = 1 };
	struct addr peer = world_addr("203.0.113.53");
	const struct channel *ch;

	world_begin(&w, site_text, false);
	ask_at(NOON + HOUR, "10.20.1.11", "203.0.113.53", "t.example", 300, 40);
	ask_at(NOON + 2 * HOUR, "10.20.1.11", "203.0.113.53", "t.example", 300, 40);
	ask_at(NOON + 3 * HOUR, "10.20.1.11", "203.0.113.53", "t.example", 100, 40);
	ask_at(NOON + 4 * HOUR, "10.20.1.11", "203.0.113.53", "www.example", 100, 8);
	world_run(&w, NOON + 5 * HOUR);
	group_key_ip(&key, &peer, IP_UDP, 53);
	key.subject = subjects_by_id(w.parts.subjects, "IMG-1")->number;
	ch = channels_find(w.parts.channels, &key);
	CU_ASSERT_FATAL(ch != NULL);
	EQUAL_INT(ch->up, 150 * 800);
	EQUAL_INT(ch->down, 160 * 300 + 10 * 400 + 160 * 100);
	world_end(&w);
}

static void test_resolve(void)
{
	char previous[INCIDENT_ID_MAX];

	world_begin(&w, site_text, false);
	ask_at(NOON + HOUR, "10.20.1.11", "10.20.1.53", "t.example", 600, 40);
	world_run(&w, NOON + 14 * DAY - HOUR);
	EQUAL_TEXT(incidents(), "IMG-1 domain t.example 4\n");
	world_run(&w, NOON + 15 * DAY + HOUR);
	EQUAL_TEXT(incidents(), "");
	memcpy(previous, incidents_at(w.parts.incidents, 0)->id, sizeof(previous));
	ask_at(NOON + 20 * DAY + HOUR, "10.20.1.11", "10.20.1.53", "t.example", 600, 40);
	world_run(&w, NOON + 21 * DAY);
	EQUAL_TEXT(incidents(), "IMG-1 domain t.example 4\n");
	EQUAL_TEXT(incidents_at(w.parts.incidents, 0)->previous, previous);
	world_end(&w);
}

/* One asset with a thousand of them: sixteen by name, the others in one. */
static void test_flood(void)
{
	char domain[32];
	size_t lines = 0;

	world_begin(&w, site_text, false);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(domain, sizeof(domain), "t%02u.example", i);
		ask_at(NOON + HOUR + i * MIN, "10.20.1.11", "10.20.1.53", domain, 600, 40);
	}
	world_run(&w, NOON + DAY + HOUR);
	for (const char *c = incidents(); *c; c++)
		lines += *c == '\n';
	EQUAL_INT(lines, INCIDENT_PEERS_MAX + 1);
	CU_ASSERT(strstr(incidents(), "IMG-1 any * 4\n") != NULL);
	world_run(&w, NOON + 17 * DAY);
	EQUAL_TEXT(incidents(), "");
	world_end(&w);
}

/* --- the table --------------------------------------------------------------------- */

static void test_table(void)
{
	struct addr own = world_addr("10.20.1.11"), other = world_addr("10.20.1.12");
	struct channel_key key = { .is_external = 1 };
	struct carriages *c;
	struct subject *a, *b;
	struct carriage *tunnel;
	char domain[32];

	world_begin(&w, site_text, false);
	CU_ASSERT_FATAL(!carriages_new(&c));
	a = subjects_get(w.parts.subjects, &(struct sighting){ .addr = &own });
	b = subjects_get(w.parts.subjects, &(struct sighting){ .addr = &other });
	group_key_domain(&key, "t.example");
	tunnel = carriages_get(c, b, &key, "t.example", 1);
	CU_ASSERT_FATAL(tunnel != NULL);
	for (unsigned i = 0; i < 3 * CARRIAGE_MAX; i++) {
		snprintf(domain, sizeof(domain), "d%u.example", i);
		group_key_domain(&key, domain);
		CU_ASSERT_FATAL(carriages_get(c, a, &key, domain, 1) != NULL);
	}
	CU_ASSERT(carriages_forgotten(c) >= 2 * CARRIAGE_MAX);
	group_key_domain(&key, "t.example");
	CU_ASSERT_PTR_EQUAL(carriages_get(c, b, &key, "t.example", 1), tunnel);
	tunnel->is_told = true;
	carriages_end_row(c);
	group_key_domain(&key, "d1.example");
	CU_ASSERT_PTR_NOT_NULL(carriages_get(c, a, &key, "d1.example", 2));
	carriages_free(c);
	world_end(&w);
}

/* Many addresses with one domain each: room is made for many at once, not sorted for each. */
static void test_spoofed(void)
{
	struct channel_key key = { .is_external = 1 };
	struct addr own = world_addr("10.20.2.0");
	struct carriage *told = NULL, *one;
	struct carriages *c;
	char domain[32];

	world_begin(&w, site_text, false);
	CU_ASSERT_FATAL(!carriages_new(&c));
	for (unsigned i = 0; i <= CARRIAGE_MAX; i++) {
		own.bytes[14] = (uint8_t)(i >> 8);
		own.bytes[15] = (uint8_t)i;
		snprintf(domain, sizeof(domain), "d%u.example", i);
		group_key_domain(&key, domain);
		one = carriages_get(c, subjects_get(w.parts.subjects,
						    &(struct sighting){ .addr = &own }),
				    &key, domain, 1);
		CU_ASSERT_FATAL(one != NULL);
		if (!told) {
			told = one;
			told->is_told = true;
		}
	}
	EQUAL_INT(carriages_forgotten(c), KEYED_AT_ONCE);
	group_key_domain(&key, "d0.example");
	CU_ASSERT_PTR_EQUAL(carriages_get(c, told->keyed.subject, &key, "d0.example", 1), told);
	carriages_free(c);
	world_end(&w);
}

static void test_pack(void)
{
	struct addr own = world_addr("10.20.1.11");
	struct channel_key key = { .is_external = 1 };
	struct packer k = { 0 }, v = { 0 }, again = { 0 };
	struct unpacker uk, uv;
	struct carriages *c;
	struct carriage *one;
	struct subject *s;

	world_begin(&w, site_text, false);
	CU_ASSERT_FATAL(!carriages_new(&c));
	s = subjects_get(w.parts.subjects, &(struct sighting){ .addr = &own });
	group_key_domain(&key, "t.example");
	one = carriages_get(c, s, &key, "t.example", 20500);
	for (uint32_t i = 0; i < 300; i++)
		sample_add(&one->different, (uint32_t)(hash_mix(i) >> 32), i);
	one->asked = 300;
	one->total = 9;
	one->is_told = true;
	one->last_hit = 20499;
	keyed_pack_key(&one->keyed, &k);
	carriage_pack(one, &v);
	uk = unpack_over(k.bytes, k.len);
	uv = unpack_over(v.bytes, v.len);
	CU_ASSERT_FALSE(carriage_unpack(c, w.parts.subjects, &uk, &uv));	/* it is there */
	carriages_free(c);
	CU_ASSERT_FATAL(!carriages_new(&c));
	uk = unpack_over(k.bytes, k.len);
	uv = unpack_over(v.bytes, v.len);
	CU_ASSERT(carriage_unpack(c, w.parts.subjects, &uk, &uv));
	one = carriages_get(c, s, &key, "t.example", 20500);
	carriage_pack(one, &again);
	EQUAL_INT(again.len, v.len);
	CU_ASSERT(again.len == v.len && !memcmp(again.bytes, v.bytes, v.len));
	v.bytes[0] = 99;
	uk = unpack_over(k.bytes, k.len);
	uv = unpack_over(v.bytes, v.len);
	CU_ASSERT_FALSE(carriage_unpack(c, w.parts.subjects, &uk, &uv));
	carriages_free(c);
	pack_free(&k);
	pack_free(&v);
	pack_free(&again);
	world_end(&w);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "detector: names", test_detector }, { "detector: echo", test_echo_detector },
		{ "through the resolver", test_resolver }, { "rows", test_rows },
		{ "expected by name", test_expected }, { "echo", test_echo },
		{ "no download", test_discount }, { "resolved", test_resolve },
		{ "flood", test_flood }, { "bounds of the table", test_table },
		{ "spoofed addresses", test_spoofed },
		{ "packed", test_pack }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "tunnel", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
