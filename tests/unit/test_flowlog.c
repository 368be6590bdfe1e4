/* test_flowlog.c - the exact lines: tests/schema/flow.jsonl, which the schema test validates. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "dpi/filetype.h"
#include "flow/facts.h"
#include "output/flowlog.h"
#include "packet/packet.h"
#include "tap.h"

#define T0 1768626600123456789ULL	/* 2026-01-17T05:10:00.123456789Z */
#define NO_VLAN 0xffff

/* nDPI's numbers, which do not change between its releases. */
enum { PROTOCOL_DNS = 5, PROTOCOL_TLS = 91, PROTOCOL_DOH = 196 };

static struct flow_key key(const char *a, uint16_t a_port, const char *b, uint16_t b_port,
			   uint8_t proto)
{
	struct flow_key k = { .a_port = a_port, .b_port = b_port, .vlan = { NO_VLAN, NO_VLAN },
			      .proto = proto };

	addr_parse(a, &k.a);
	addr_parse(b, &k.b);
	k.ip_version = addr_is_ipv4(&k.a) ? 4 : 6;
	return k;
}

static void write_tls(struct flowlog *f)
{
	char name[] = "upd.exam\xffple.net\n";
	struct slice s = {
		.kind = SLICE_CLOSE, .client_how = FLOW_CLIENT_SYN, .end = FLOW_END_FIN,
		.tcp_flags = { PACKET_SYN | PACKET_ACK | PACKET_PSH | PACKET_FIN,
			       PACKET_SYN | PACKET_ACK | PACKET_FIN },
		.first_ns = T0, .last_ns = T0 + 61 * NS_PER_SEC + 1,
		.id = { T0, key("10.20.1.11", 40000, "203.0.113.9", 443, IP_TCP) },
		.sums = { .bytes = { 5687000000, 9100000 }, .payload = { 5600000000, 8000000 },
			  .packets = { 4000000, 90000 }, .retrans = { 1000, 1 }, .lost = { 7, 8 } },
		.mac = { { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55 },
			 { 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff } },
		.master = PROTOCOL_TLS, .app = PROTOCOL_DOH, .verdict = DPI_DPI, .name = name,
	};

	s.id.key.vlan[0] = 120;
	s.id.key.tap = 1;
	flowlog_write(f, &s);
}

/* The client is side b; no MAC addresses, nothing back. */
static void write_dns(struct flowlog *f)
{
	struct slice s = {
		.kind = SLICE_CLOSE, .client_is_b = true, .client_how = FLOW_CLIENT_PORT,
		.end = FLOW_END_IDLE, .first_ns = T0, .last_ns = T0,
		.id = { T0, key("2001:db8::53", 53, "2001:db8::99", 5353, IP_UDP) },
		.sums = { .bytes = { 80, 0 }, .payload = { 32, 0 }, .packets = { 1, 0 } },
		.app = PROTOCOL_DNS, .verdict = DPI_PORT,
	};

	s.id.key.vlan[0] = 120;
	s.id.key.vlan[1] = 7;
	flowlog_write(f, &s);
}

static void write_icmp(struct flowlog *f)
{
	struct slice echo = {
		.kind = SLICE_CLOSE, .client_is_b = true, .client_how = FLOW_CLIENT_FIRST,
		.end = FLOW_END_INPUT, .first_ns = T0, .last_ns = T0 + 1000,
		.id = { T0, key("192.0.2.1", 0, "192.0.2.2", 8, IP_ICMP) },
		.sums = { .bytes = { 84, 84 }, .payload = { 56, 56 }, .packets = { 1, 1 } },
	};
	struct slice unreachable = {
		.kind = SLICE_CLOSE, .client_is_b = true, .client_how = FLOW_CLIENT_FIRST,
		.end = FLOW_END_EVICTED, .first_ns = T0, .last_ns = T0,
		.id = { T0, key("192.0.2.1", 3, "192.0.2.2", 13, IP_ICMP) },
		.sums = { .bytes = { 56, 0 }, .payload = { 28, 0 }, .packets = { 1, 0 } },
	};

	flowlog_write(f, &echo);
	flowlog_write(f, &unreachable);
}

static void write_other(struct flowlog *f)
{
	struct slice gre = {
		.kind = SLICE_CLOSE, .client_how = FLOW_CLIENT_SYNACK, .end = FLOW_END_RST,
		.first_ns = T0, .last_ns = T0, .verdict = DPI_CACHE,
		.id = { T0, key("192.0.2.1", 0, "192.0.2.2", 0, 47) },
	};
	struct slice sctp = {
		.kind = SLICE_CLOSE, .client_how = FLOW_CLIENT_FIRST, .end = FLOW_END_INPUT,
		.first_ns = T0 + 1, .last_ns = T0 + 1, .verdict = DPI_LIGHT,
		.id = { T0 + 1, key("192.168.170.8", 7, "192.168.170.56", 80, IP_SCTP) },
	};

	flowlog_write(f, &gre);
	flowlog_write(f, &sctp);
}

static char *read_all(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 65536);

	if (in) {
		text[fread(text, 1, 65535, in)] = '\0';
		fclose(in);
	}
	return text;
}

static void test_exact_lines(void)
{
	const char *srcdir = getenv("NW_SRCDIR");
	char gold_path[512], path[] = "/tmp/nw-flows-XXXXXX", *got, *want, *got_at, *want_at;
	struct flowlog *f = NULL;

	close(mkstemp(path));
	EQUAL_INT(flowlog_open(path, &f), 0);
	write_tls(f);
	write_dns(f);
	write_icmp(f);
	write_other(f);
	EQUAL_INT(flowlog_close(f), 0);
	snprintf(gold_path, sizeof(gold_path), "%s/tests/schema/flow.jsonl", srcdir ? srcdir : ".");
	got = read_all(path);
	want = read_all(gold_path);
	CU_ASSERT(*want != '\0');
	got_at = got;
	want_at = want;
	while (*got_at || *want_at) {	/* line by line: a TAP note is one line */
		char *got_end = strchrnul(got_at, '\n'), *want_end = strchrnul(want_at, '\n');
		bool more_got = *got_end, more_want = *want_end;

		*got_end = *want_end = '\0';
		EQUAL_TEXT(got_at, want_at);
		got_at = got_end + more_got;
		want_at = want_end + more_want;
	}
	free(got);
	free(want);
	unlink(path);
}

/* Ids differ in the last nanosecond, the VLAN, the tap. */
static void test_ids_differ(void)
{
	struct slice s = { .id = { T0, key("192.0.2.1", 1, "192.0.2.2", 2, IP_UDP) } };
	char *lines[4];

	lines[0] = flowlog_format(&s, NULL);
	s.id.first_ns++;
	lines[1] = flowlog_format(&s, NULL);
	s.id.key.vlan[0] = 1;
	lines[2] = flowlog_format(&s, NULL);
	s.id.key.tap = 1;
	lines[3] = flowlog_format(&s, NULL);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++) {
			const char *a = strstr(lines[i], "\"id\":\"");
			const char *b = strstr(lines[j], "\"id\":\"");

			CU_ASSERT(a && b && strncmp(a, b, 38));
		}
	for (int i = 0; i < 4; i++)
		free(lines[i]);
}

/* The operator's own file types are named as the built-in ones are; a place that the table does not
 * have has no name. */
static void test_own_file_types(void)
{
	static const struct file_types own = { .n = 2, .list = { { .name = "uff" },
								 { .name = "uff.v2" } } };
	struct slice s = { .id = { T0, key("192.0.2.1", 1, "192.0.2.2", 2, IP_TCP) } };
	char *line;

	s.facts = calloc(1, sizeof(*s.facts) + FACT_TEXTS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s.facts);
	s.facts->text_len = FACT_TEXTS;
	s.facts->file[0] = FILE_OWN + 1;
	s.facts->file[1] = FILE_ZIP;
	line = flowlog_format(&s, &own);
	CU_ASSERT(strstr(line, "\"file_up\":\"uff.v2\"") != NULL);
	CU_ASSERT(strstr(line, "\"file_down\":\"zip\"") != NULL);
	free(line);
	s.facts->file[0] = FILE_OWN + 2;
	line = flowlog_format(&s, &own);
	CU_ASSERT(strstr(line, "file_up") == NULL);
	free(line);
	free(s.facts);
}

static int errors;

static void count_errors(enum log_level level, const char *line)
{
	(void)line;
	errors += level == LOG_LEVEL_ERR;
}

static void test_disk_full(void)
{
	struct flowlog *f = NULL;

	errors = 0;
	log_set_sink(count_errors);
	EQUAL_INT(flowlog_open("/nonexistent/flows", &f), -ENOENT);
	EQUAL_INT(flowlog_open("/dev/full", &f), 0);
	for (int i = 0; i < 1000; i++)
		write_tls(f);
	EQUAL_INT(flowlog_close(f), -ENOSPC);
	EQUAL_INT(flowlog_close(NULL), 0);
	log_set_sink(NULL);
	EQUAL_INT(errors, 2);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "exact lines", test_exact_lines },
		{ "ids differ where flows differ", test_ids_differ },
		{ "file types of the operator's own", test_own_file_types },
		{ "disk full is told once and returned", test_disk_full },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "flowlog", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
