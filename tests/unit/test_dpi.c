/* test_dpi.c - verdicts, who decided, names, and the budgets of flows and engines. */
#include "tap.h"
#include <pthread.h>
#include "dpi/dpi.h"
#include "dpi_samples.h"

#define THREAD_ROUNDS 200

static struct dpi_engine *engine;

static int make_engine(void)
{
	return dpi_engine_new(&engine);
}

static int free_engine(void)
{
	dpi_engine_free(engine);
	engine = NULL;
	return 0;
}

/* Shows a talk and gives the verdict; true when the engine had settled by itself. */
static bool judge(struct dpi_engine *e, const struct talk *t, struct dpi_verdict *ret_verdict)
{
	struct dpi_flow *f = dpi_flow_new(e);
	bool is_done = false;

	memset(ret_verdict, 0, sizeof(*ret_verdict));
	if (!f)
		return false;
	for (size_t i = 0; i < t->n && !is_done; i++) {
		const struct piece *piece = &t->pieces[i];
		struct packet p = talk_packet(t, piece->from_server, piece->bytes, piece->len);

		is_done = dpi_flow_feed(e, f, &p, ret_verdict);
	}
	if (!is_done)
		dpi_flow_giveup(e, f, ret_verdict);
	dpi_flow_free(e, f);
	return is_done;
}

static void expect(const struct talk *t, const char *text, enum dpi_source source, const char *name)
{
	char buf[2 * DPI_PROTOCOL_MAX];
	struct dpi_verdict v;

	judge(engine, t, &v);
	EQUAL_TEXT(dpi_verdict_text(v.master, v.app, buf, sizeof(buf)), text);
	EQUAL_TEXT(dpi_source_name(v.source), dpi_source_name(source));
	EQUAL_TEXT(v.name, name);
}

static void test_tls(void)
{
	struct talk t = talk_tls("images.vendor.example");
	struct dpi_verdict v;

	expect(&t, "TLS", DPI_DPI, "images.vendor.example");
	judge(engine, &t, &v);
	EQUAL_TEXT(v.alpn, "h2");
	EQUAL_INT(strlen(v.ja3), 32);
	EQUAL_INT(v.tls_version, 0x0303);
	EQUAL_TEXT(dpi_protocol_name(dpi_carrier(v.master, v.app)), "TLS");
	EQUAL_INT(v.app, 0);
	t = talk_tls("www.facebook.com");	/* nDPI's own table knows it: TLS carries it */
	expect(&t, "TLS.Facebook", DPI_DPI, "www.facebook.com");
}

static void test_tls_long_name(void)
{
	struct talk t = talk_tls("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
				 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.vendor.example");
	struct dpi_verdict v;
	const char *tail = ".vendor.example";

	judge(engine, &t, &v);
	CU_ASSERT(strlen(v.name) >= strlen(tail));
	EQUAL_TEXT(v.name + strlen(v.name) - strlen(tail), tail);
}

static void test_dns(void)
{
	struct talk t = talk_dns("update.vendor.example");

	expect(&t, "DNS", DPI_DPI, "update.vendor.example");
	t.ip_version = 6;
	expect(&t, "DNS", DPI_DPI, "update.vendor.example");
}

static void test_http(void)
{
	struct talk t = talk_http("files.vendor.example");

	expect(&t, "HTTP", DPI_DPI, "files.vendor.example");
	t.sport = 8123;
	expect(&t, "HTTP", DPI_DPI, "files.vendor.example");
}

static void test_others(void)
{
	struct talk ssh = talk_ssh(), modbus = talk_modbus(), ntp = talk_ntp();

	expect(&ssh, "SSH", DPI_DPI, "");
	expect(&modbus, "Modbus", DPI_DPI, "");
	expect(&ntp, "NTP", DPI_DPI, "");
}

static void test_other_transports(void)
{
	struct talk icmp = talk_make("icmp", IP_ICMP, 8, 0);
	struct talk sctp = talk_make("sctp", IP_SCTP, 1, 2);
	struct talk esp = talk_make("esp", 50, 0, 0), odd = talk_make("odd", 200, 0, 0);

	talk_text(&icmp, false, "ping");
	talk_text(&sctp, false, "x");
	talk_text(&esp, false, "x");
	talk_text(&odd, false, "x");
	expect(&icmp, "ICMP", DPI_DPI, "");
	expect(&sctp, "SCTP", DPI_DPI, "");
	expect(&esp, "IPsec", DPI_DPI, "");
	expect(&odd, "", DPI_NONE, "");
}

static void test_unknown(void)
{
	struct talk tcp = talk_noise(IP_TCP, 50009), udp = talk_noise(IP_UDP, 50009);

	expect(&tcp, "", DPI_NONE, "");
	expect(&udp, "", DPI_NONE, "");
}

/* Noise to port 443 is a guess and must say so; the peer's own words are a different thing. */
static void test_guess(void)
{
	struct talk t = talk_noise(IP_TCP, 443);

	expect(&t, "TLS", DPI_PORT, "");
}

static void test_cache(void)
{
	struct talk t = talk_bittorrent();

	expect(&t, "BitTorrent", DPI_CACHE, "");
}

/* A flow seen from its middle: the server speaks first, or an empty segment does. */
static void test_mid_stream(void)
{
	struct talk request = talk_http("files.vendor.example");
	struct talk t = talk_make("http", IP_TCP, 50003, 80);

	talk_text(&t, true, "");
	t.pieces[t.n++] = request.pieces[0];
	expect(&t, "HTTP", DPI_DPI, "files.vendor.example");
	t.n = 0;
	talk_text(&t, true, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
		  "Content-Length: 2\r\n\r\nok");
	t.pieces[t.n++] = request.pieces[0];
	/* nDPI looks for a Host before answers only; we do not mind. */
	expect(&t, "HTTP", DPI_DPI, "files.vendor.example");
}

/* How many packets until the engine settles; 0 when never. */
static unsigned packets_until_done(const struct talk *t, unsigned limit)
{
	struct dpi_flow *f = dpi_flow_new(engine);
	struct packet p = talk_packet(t, false, t->pieces[0].bytes, t->pieces[0].len);
	struct dpi_verdict v;
	unsigned n = 0;

	while (n < limit && !dpi_flow_feed(engine, f, &p, &v)) {
		p.seq += p.payload_len;
		n++;
	}
	dpi_flow_free(engine, f);
	return n < limit ? n + 1 : 0;
}

static void test_budget(void)
{
	struct talk tcp = talk_noise(IP_TCP, 50009), udp = talk_noise(IP_UDP, 50009);
	struct talk empty = tcp, dns = talk_dns("update.vendor.example"), odd = udp;

	empty.pieces[0].len = 0;
	odd.proto = 200;
	EQUAL_INT(packets_until_done(&tcp, 100), DPI_TCP_PACKETS_MAX);
	EQUAL_INT(packets_until_done(&udp, 100), DPI_UDP_PACKETS_MAX);
	EQUAL_INT(packets_until_done(&odd, 100), DPI_OTHER_PACKETS_MAX);
	EQUAL_INT(packets_until_done(&empty, 100), 0);
	EQUAL_INT(packets_until_done(&dns, 100), 1);
}

static void test_budget_of_bytes(void)
{
	static uint8_t big[60000];
	struct talk t = talk_make("bulk", IP_TCP, 50010, 50011);
	struct packet p = talk_packet(&t, false, big, sizeof(big));
	struct dpi_flow *f = dpi_flow_new(engine);
	struct dpi_verdict v;
	unsigned n = 1;

	memset(big, 0xd3, sizeof(big));
	while (n < 100 && !dpi_flow_feed(engine, f, &p, &v))
		n++;
	dpi_flow_free(engine, f);
	EQUAL_INT(n, DPI_FLOW_BYTES_MAX / (DPI_BYTES_MAX - 40) + 1);
}

static void test_giveup_at_once(void)
{
	struct dpi_flow *f = dpi_flow_new(engine);
	struct dpi_verdict v = { .source = DPI_DPI, .name = "x" };

	dpi_flow_giveup(engine, f, &v);
	EQUAL_INT(v.source, DPI_NONE);
	EQUAL_TEXT(v.name, "");
	dpi_flow_free(engine, f);
	dpi_flow_free(engine, NULL);
}

/* nDPI's TCP and UDP states share memory: a packet of another transport must not reach it. */
static void test_transport_change(void)
{
	struct talk tcp = talk_noise(IP_TCP, 50009), udp = talk_dns("update.vendor.example");
	struct packet first = talk_packet(&tcp, false, tcp.pieces[0].bytes, tcp.pieces[0].len);
	struct packet other = talk_packet(&udp, false, udp.pieces[0].bytes, udp.pieces[0].len);
	struct dpi_flow *f = dpi_flow_new(engine);
	struct dpi_verdict v;

	CU_ASSERT(!dpi_flow_feed(engine, f, &first, &v));
	CU_ASSERT(!dpi_flow_feed(engine, f, &other, &v));
	dpi_flow_giveup(engine, f, &v);
	EQUAL_INT(v.source, DPI_NONE);
	dpi_flow_free(engine, f);
}

static void test_pool(void)
{
	static struct dpi_flow *flows[DPI_FLOWS_MAX];
	struct talk t = talk_http("files.vendor.example");
	size_t made = 0;

	while (made < DPI_FLOWS_MAX && (flows[made] = dpi_flow_new(engine)))
		made++;
	EQUAL_INT(made, DPI_FLOWS_MAX);
	CU_ASSERT_PTR_NULL(dpi_flow_new(engine));
	dpi_flow_free(engine, flows[--made]);
	expect(&t, "HTTP", DPI_DPI, "files.vendor.example");
	CU_ASSERT_PTR_NOT_NULL(flows[made] = dpi_flow_new(engine));
	CU_ASSERT_PTR_NULL(dpi_flow_new(engine));
	for (size_t i = 0; i <= made; i++)
		dpi_flow_free(engine, flows[i]);
}

/* What the capture cut away is not invented: the protocol stays, the name goes. */
static void test_cut_packets(void)
{
	struct talk t = talk_tls("images.vendor.example");
	struct packet p = talk_packet(&t, false, t.pieces[0].bytes, t.pieces[0].len);
	struct dpi_flow *f = dpi_flow_new(engine);
	struct dpi_verdict v;

	p.caplen = 80;
	if (!dpi_flow_feed(engine, f, &p, &v))
		dpi_flow_giveup(engine, f, &v);
	EQUAL_TEXT(dpi_protocol_name(v.master), "TLS");
	EQUAL_TEXT(v.name, "");
	EQUAL_TEXT(v.ja3, "");
	EQUAL_TEXT(v.alpn, "");
	dpi_flow_free(engine, f);
	f = dpi_flow_new(engine);
	p.caplen = p.wirelen;
	if (!dpi_flow_feed(engine, f, &p, &v)) {	/* whole hello, cut certificate */
		p = talk_packet(&t, true, t.pieces[0].bytes, 500);
		p.caplen = 60;
		if (!dpi_flow_feed(engine, f, &p, &v))
			dpi_flow_giveup(engine, f, &v);
	}
	EQUAL_TEXT(v.name, "images.vendor.example");
	dpi_flow_free(engine, f);
}

static void test_names(void)
{
	static const char *const want[DPI_SOURCES] = { "none", "port", "cache", "light", "dpi" };
	char buf[2 * DPI_PROTOCOL_MAX];

	for (unsigned i = 0; i < DPI_SOURCES; i++)
		EQUAL_TEXT(dpi_source_name((enum dpi_source)i), want[i]);
	EQUAL_TEXT(dpi_protocol_name(0), "");
	EQUAL_TEXT(dpi_protocol_name(65535), "");
	EQUAL_TEXT(dpi_protocol_name(5), "DNS");
	EQUAL_TEXT(dpi_verdict_text(91, 119, buf, sizeof(buf)), "TLS.Facebook");
	EQUAL_TEXT(dpi_verdict_text(91, 91, buf, sizeof(buf)), "TLS");
	EQUAL_TEXT(dpi_verdict_text(0, 91, buf, sizeof(buf)), "TLS");
	EQUAL_TEXT(dpi_verdict_text(0, 0, buf, sizeof(buf)), "");
	EQUAL_TEXT(dpi_verdict_text(91, 119, buf, 4), "TLS");
	EQUAL_INT(dpi_carrier(91, 119), 91);
	EQUAL_INT(dpi_carrier(0, 7), 7);
	CU_ASSERT(strlen(dpi_library_version()) > 0);
}

/* Before any engine: the names are loaded when they are first asked for. */
static void test_names_first(void)
{
	EQUAL_TEXT(dpi_protocol_name(91), "TLS");
}

struct worker {
	unsigned wrong;
	bool has_engine;
};

static void *work(void *arg)
{
	struct talk talks[] = {
		talk_tls("images.vendor.example"), talk_dns("update.vendor.example"),
		talk_http("files.vendor.example"),
	};
	static const char *const protocols[] = { "TLS", "DNS", "HTTP" };
	struct worker *w = arg;
	struct dpi_engine *e;

	w->has_engine = !dpi_engine_new(&e);
	if (!w->has_engine)
		return NULL;
	for (unsigned i = 0; i < THREAD_ROUNDS; i++) {
		struct dpi_verdict v;

		judge(e, &talks[i % 3], &v);
		w->wrong += strcmp(dpi_protocol_name(v.master), protocols[i % 3]) || !v.name[0];
	}
	dpi_engine_free(e);
	return NULL;
}

static void test_two_threads(void)
{
	struct worker workers[2] = { 0 };
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		CU_ASSERT_FATAL(!pthread_create(&threads[i], NULL, work, &workers[i]));
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		CU_ASSERT(workers[i].has_engine);
		EQUAL_INT(workers[i].wrong, 0);
	}
}

int main(void)
{
	CU_TestInfo before[] = {
		{ "names before any engine", test_names_first },
		CU_TEST_INFO_NULL
	};
	CU_TestInfo verdicts[] = {
		{ "TLS with SNI, ALPN and JA3", test_tls },
		{ "a long SNI keeps its tail", test_tls_long_name },
		{ "DNS over IPv4 and IPv6", test_dns },
		{ "HTTP with Host", test_http },
		{ "SSH, Modbus, NTP", test_others },
		{ "protocols beside TCP and UDP", test_other_transports },
		{ "unknown is none", test_unknown },
		{ "a guess by port says so", test_guess },
		{ "a memory of other flows says so", test_cache },
		{ "mid-stream", test_mid_stream },
		{ "names", test_names },
		CU_TEST_INFO_NULL
	};
	CU_TestInfo bounds[] = {
		{ "packets of a flow", test_budget },
		{ "bytes of a flow", test_budget_of_bytes },
		{ "nothing shown", test_giveup_at_once },
		{ "transport changes", test_transport_change },
		{ "the pool is bounded and comes back", test_pool },
		{ "cut packets keep protocol, lose names", test_cut_packets },
		{ "two threads", test_two_threads },
		CU_TEST_INFO_NULL
	};
	CU_SuiteInfo suites[] = {
		{ "dpi names", NULL, NULL, NULL, NULL, before },
		{ "dpi verdicts", make_engine, free_engine, NULL, NULL, verdicts },
		{ "dpi bounds", make_engine, free_engine, NULL, NULL, bounds },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
