/* test_misplaced.c - protocols that are not on their port (NW-EXF-009): the table, what is sure of
 * a verdict, and what is told of it. */
#include "dealings_world.h"
#include "detect/misplaced.h"
#include "pack.h"

#define PEER "203.0.113.9"

static const char outward_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"networks\": [\"10.0.0.0/8\"],"
	" \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"A\", \"ip\": [\"10.1.0.1\"]},"
	"  {\"id\": \"B\", \"ip\": [\"10.1.0.2\"]}],"
	" \"expected\": ["
	"  {\"id\": \"by-port\", \"from\": {\"asset\": \"B\"}, \"to\": {\"ip\":"
	"   [\"203.0.113.0/24\"]}, \"services\": [\"tcp/443\"]},"
	"  {\"id\": \"by-name\", \"from\": {\"asset\": \"B\"}, \"to\": {\"ip\":"
	"   [\"192.0.2.0/24\"]}, \"services\": [\"SSH\"], \"window\": {\"days\":"
	"   \"mon-sun\", \"from\": \"01:00\", \"to\": \"02:00\"}}]}";

/* The id of a protocol by its name: what nDPI calls it, or we. */
static uint16_t id_of(const char *name)
{
	for (uint16_t id = 1; id < 512; id++)
		if (!strcmp(dpi_protocol_name(id), name))
			return id;
	CU_FAIL("no such protocol");
	return 0;
}

static const char *look(const struct misplaced_params *p, const struct slice *s)
{
	const struct misplaced_protocol *found = misplaced_look(p, s);

	return found ? found->name : "-";
}

/* --- a minute -------------------------------------------------------------------------- */

static void test_table(void)
{
	static const struct { const char *master, *app; enum dpi_light light; uint8_t proto;
			      uint16_t port; enum dpi_source by; const char *is; } rows[] = {
		{ "SSH", NULL, 0, IP_TCP, 22, DPI_DPI, "-" },
		{ "SSH", NULL, 0, IP_TCP, 443, DPI_DPI, "SSH" },
		{ "SSH", NULL, 0, IP_TCP, 443, DPI_LIGHT, "SSH" },
		{ "SSH", NULL, 0, IP_TCP, 443, DPI_CACHE, "-" },
		{ "SSH", NULL, 0, IP_TCP, 443, DPI_PORT, "-" },
		{ "TLS", NULL, 0, IP_TCP, 443, DPI_DPI, "-" },
		{ "TLS", NULL, 0, IP_TCP, 8443, DPI_DPI, "-" },
		{ "TLS", NULL, 0, IP_TCP, 587, DPI_DPI, "-" },
		{ "TLS", NULL, 0, IP_TCP, 53, DPI_DPI, "TLS" },
		{ "TLS", NULL, 0, IP_TCP, 22, DPI_DPI, "TLS" },
		{ "TLS", NULL, 0, IP_UDP, 53, DPI_DPI, "-" },
		{ "DNS", NULL, DPI_LIGHT_TLS, IP_TCP, 53, DPI_DPI, "TLS" },
		{ "SSH", "HTTP", DPI_LIGHT_HTTP, IP_TCP, 22, DPI_DPI, "HTTP" },
		{ "HTTP", NULL, 0, IP_TCP, 8080, DPI_DPI, "-" },
		{ "HTTP", NULL, 0, IP_TCP, 8101, DPI_DPI, "HTTP" },
		{ "HTTP", NULL, 0, IP_TCP, 22, DPI_DPI, "HTTP" },
		{ "DNS", NULL, 0, IP_UDP, 53, DPI_DPI, "-" },
		{ "DNS", NULL, 0, IP_UDP, 5300, DPI_DPI, "DNS" },
		{ "DNS", NULL, 0, IP_TCP, 443, DPI_DPI, "DNS" },
		{ "QUIC", NULL, 0, IP_UDP, 443, DPI_DPI, "-" },
		{ "QUIC", NULL, 0, IP_UDP, 53, DPI_DPI, "QUIC" },
		{ "WireGuard", NULL, 0, IP_UDP, 40000, DPI_DPI, "-" },
		{ "WireGuard", NULL, 0, IP_UDP, 443, DPI_DPI, "WireGuard" },
		{ "TLS", "RDP", 0, IP_TCP, 3389, DPI_DPI, "-" },
		{ "STUN", NULL, 0, IP_UDP, 53, DPI_DPI, "-" },
		{ "Modbus", NULL, DPI_LIGHT_MODBUS, IP_TCP, 443, DPI_DPI, "-" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice s = world_slice(&(struct talk){ .client = "10.1.0.1", .server = PEER,
			.proto = rows[i].proto, .port = rows[i].port, .at_ns = NOON },
			SLICE_SLICE, 0);

		s.master = id_of(rows[i].master);
		s.app = rows[i].app ? id_of(rows[i].app) : 0;
		s.light = rows[i].light;
		s.verdict = rows[i].by;
		CU_ASSERT_STRING_EQUAL(look(&pack_params()->misplaced, &s), rows[i].is);
	}
}

/* Nobody saw who opened it: either port may be the server's. */
static void test_either_port(void)
{
	struct slice s = world_slice(&(struct talk){ .client = PEER, .server = "10.1.0.1",
		.port = 50001, .at_ns = NOON, .how = FLOW_CLIENT_FIRST }, SLICE_SLICE, 0);

	s.master = id_of("SSH");
	s.verdict = DPI_DPI;
	if (s.client_is_b)
		s.id.key.b_port = 22;
	else
		s.id.key.a_port = 22;
	CU_ASSERT_STRING_EQUAL(look(&pack_params()->misplaced, &s), "-");
	s.client_how = FLOW_CLIENT_SYN;
	CU_ASSERT_STRING_EQUAL(look(&pack_params()->misplaced, &s), "SSH");
}

static void test_parameters(void)
{
	struct misplaced_params p = pack_params()->misplaced;
	struct slice s = world_slice(&(struct talk){ .client = "10.1.0.1", .server = PEER,
		.port = 4040, .at_ns = NOON }, SLICE_SLICE, 0);

	s.verdict = DPI_DPI;
	s.master = id_of("TLS");
	CU_ASSERT_STRING_EQUAL(look(&p, &s), "TLS");
	p.also_http = 4040;
	CU_ASSERT_STRING_EQUAL(look(&p, &s), "TLS");
	p.also_tls = 4040;
	CU_ASSERT_STRING_EQUAL(look(&p, &s), "-");
	s.master = id_of("SSH");
	CU_ASSERT_STRING_EQUAL(look(&p, &s), "SSH");
	p.also_ssh = 4040;
	CU_ASSERT_STRING_EQUAL(look(&p, &s), "-");
	s.master = id_of("IRC");
	CU_ASSERT_STRING_EQUAL(look(&p, &s), "IRC");
	p.also_any = 4040;
	CU_ASSERT_STRING_EQUAL(look(&p, &s), "-");
}

/* A key says by a port which protocol it is of: no two have the same. */
static void test_homes(void)
{
	CU_ASSERT_STRING_EQUAL(misplaced_of_home(IP_TCP, 443)->name, "TLS");
	CU_ASSERT_STRING_EQUAL(misplaced_of_home(IP_UDP, 443)->name, "QUIC");
	CU_ASSERT_STRING_EQUAL(misplaced_of_home(IP_UDP, 53)->name, "DNS");
	CU_ASSERT_PTR_NULL(misplaced_of_home(IP_TCP, 4040));
	for (uint32_t port = 1; port < 65536; port++)
		for (unsigned k = 0; k < 2; k++) {
			const struct misplaced_protocol *one =
				misplaced_of_home(k ? IP_UDP : IP_TCP, (uint16_t)port);

			CU_ASSERT(!one || one->home == port);
		}
}

/* --- told ------------------------------------------------------------------------------- */

static void send_at(uint64_t at_ns, const char *client, const char *server, uint16_t port,
		    uint64_t up)
{
	bool is_out = client[0] == '1' && client[1] == '0';

	world_talk(&w, &(struct talk){ .client = client, .server = server, .port = port,
				       .at_ns = at_ns, .up = is_out ? up : 500,
				       .down = is_out ? 500 : up });
	w.queue[w.n - 2].master = id_of("SSH");
	w.queue[w.n - 2].verdict = DPI_DPI;
}

static void test_told(void)
{
	static const struct { const char *client, *server; uint16_t port; uint64_t up;
			      const char *told; } rows[] = {
		{ "10.1.0.1", PEER, 443, 100001, "A 203.0.113.0/24 3\n" },
		{ "10.1.0.1", PEER, 443, 100000, "" },
		{ "10.1.0.1", PEER, 22, 100001, "" },
		{ "10.1.0.1", "10.9.0.1", 443, 100001, "" },
		{ "10.1.0.9", PEER, 443, 100001, "10.1.0.9 203.0.113.0/24 2\n" },
		{ PEER, "10.1.0.1", 443, 100001, "A 203.0.113.0/24 3\n" },
		{ "10.1.0.2", PEER, 443, 100001, "" },
		{ "10.1.0.2", PEER, 444, 100001, "B 203.0.113.0/24 3\n" },
		{ "10.1.0.2", "192.0.2.9", 443, 100001, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world_begin(&w, outward_text, false);
		send_at(NOON + HOUR, rows[i].client, rows[i].server, rows[i].port, rows[i].up);
		world_run(&w, NOON + 2 * HOUR);
		CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_009), rows[i].told);
		world_end(&w);
	}
}

/* In pieces, to other addresses and ports of the network; the sum ends with 14 days of silence. */
static void test_pieces(void)
{
	world_begin(&w, outward_text, false);
	send_at(NOON + HOUR, "10.1.0.1", "203.0.113.9", 443, 60000);
	send_at(NOON + 13 * DAY, "10.1.0.1", "203.0.113.10", 80, 60000);
	world_run(&w, NOON + 13 * DAY + HOUR);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_009), "A 203.0.113.0/24 3\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(message(RULE_EXF_009),
				      "with SSH by tcp/443, tcp/80, where SSH does not belong"));
	world_run(&w, NOON + 28 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_009), "");
	world_end(&w);
	world_begin(&w, outward_text, false);
	send_at(NOON + HOUR, "10.1.0.1", "203.0.113.9", 443, 60000);
	send_at(NOON + 16 * DAY, "10.1.0.1", "203.0.113.9", 443, 60000);
	world_run(&w, NOON + 17 * DAY);
	CU_ASSERT_STRING_EQUAL(incidents(RULE_EXF_009), "");
	EQUAL_INT(analysis_counters(w.analysis)->dealings.made, 2);
	world_end(&w);
}

int main(void)
{
	CU_TestInfo minute[] = {
		{ "table", test_table }, { "either port", test_either_port },
		{ "parameters", test_parameters }, { "homes", test_homes }, CU_TEST_INFO_NULL,
	};
	CU_TestInfo told[] = {
		{ "told", test_told }, { "pieces", test_pieces }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "misplaced", NULL, NULL, NULL, NULL, minute },
		{ "told", NULL, NULL, NULL, NULL, told }, CU_SUITE_INFO_NULL
	};
	struct dpi_engine *engine;
	int failed;

	if (dpi_engine_new(&engine))	/* it knows the names */
		return 1;
	failed = tap_main(suites);
	dpi_engine_free(engine);
	return failed;
}
