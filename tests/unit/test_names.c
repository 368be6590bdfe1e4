/* test_names.c - names read from ClientHellos, requests and DNS messages; a packet's answers.
 *
 * Every piece of input lies in a heap buffer of exactly its size, so that AddressSanitizer sees a
 * read beyond it.
 */
#include "tap.h"
#include <stdlib.h>
#include "dpi/names.h"
#include "dpi_samples.h"

#define SEED 20260117u

typedef enum name_find find_fn(const uint8_t *bytes, size_t len, struct names_found *ret);

static enum name_find find_in(find_fn *find, const void *bytes, size_t len,
			      struct names_found *ret)
{
	uint8_t *copy = exactly(bytes, len);
	enum name_find result = find(copy, len, ret);

	free(copy);
	return result;
}

static bool dns_in(const void *bytes, size_t len, struct dpi_answers *ret)
{
	uint8_t *copy = exactly(bytes, len);
	bool result = names_dns(copy, len, false, ret);

	free(copy);
	return result;
}

/* --- TLS ------------------------------------------------------------------------------ */

static void test_tls(void)
{
	uint8_t hello[SAMPLE_MAX];
	struct names_found found;
	char name[DPI_NAME_MAX];
	size_t len = sample_hello(hello, "Images.Vendor.EXAMPLE.", "h2");

	EQUAL_INT(find_in(names_tls, hello, len, &found), NAME_FOUND);
	EQUAL_TEXT(found.name, "images.vendor.example");
	EQUAL_TEXT(found.alpn, "h2");
	long_name(name);
	len = sample_hello(hello, name, "http/1.1");
	EQUAL_INT(find_in(names_tls, hello, len, &found), NAME_FOUND);
	EQUAL_TEXT(found.name, name);
	EQUAL_TEXT(found.alpn, "http/1.1");
}

static void test_tls_every_length(void)
{
	uint8_t hello[SAMPLE_MAX];
	struct names_found found;
	size_t len = sample_hello(hello, "a.vendor.example", "h2");

	for (size_t n = 0; n < len; n++) {
		EQUAL_INT(find_in(names_tls, hello, n, &found), n ? NAME_MORE : NAME_NONE);
		CU_ASSERT(!found.name[0] || !strcmp(found.name, "a.vendor.example"));
	}
	/* The name stands before the extension that is cut. */
	EQUAL_INT(find_in(names_tls, hello, len - 1, &found), NAME_MORE);
	EQUAL_TEXT(found.name, "a.vendor.example");
}

/* Cut into records of a few bytes each, as tools do that want to go unread. */
static void test_tls_records(void)
{
	uint8_t hello[SAMPLE_MAX], cut[6 * SAMPLE_MAX];
	size_t len = sample_hello(hello, "hidden.vendor.example", "h2");
	struct names_found found;

	for (size_t piece = 1; piece < 64; piece++) {
		uint8_t *at = cut;

		for (size_t done = 5; done < len; done += piece) {
			size_t n = len - done < piece ? len - done : piece;

			*at++ = 22;
			at = write16(write16(at, 0x0301), n);
			memcpy(at, hello + done, n);
			at += n;
		}
		EQUAL_INT(find_in(names_tls, cut, (size_t)(at - cut), &found), NAME_FOUND);
		EQUAL_TEXT(found.name, "hidden.vendor.example");
	}
}

static void test_tls_others(void)
{
	static const uint8_t server[] = { 22, 3, 3, 0, 4, 2, 0, 0, 0 };
	static const uint8_t data[] = { 23, 3, 3, 0, 4, 1, 0, 0, 0 };
	static const uint8_t empty[] = { 22, 3, 1, 0, 0, 22, 3, 1, 0, 0 };
	static const uint8_t old[] = { 22, 2, 0, 0, 4, 1, 0, 0, 0 };
	static const uint8_t huge[] = { 22, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff };
	uint8_t hello[SAMPLE_MAX];
	struct names_found found;

	EQUAL_INT(find_in(names_tls, server, sizeof(server), &found), NAME_NONE);
	EQUAL_INT(find_in(names_tls, data, sizeof(data), &found), NAME_NONE);
	EQUAL_INT(find_in(names_tls, empty, sizeof(empty), &found), NAME_NONE);
	EQUAL_INT(find_in(names_tls, old, sizeof(old), &found), NAME_NONE);
	EQUAL_INT(find_in(names_tls, huge, sizeof(huge), &found), NAME_NONE);
	/* A hello that breaks off in something else: the name that is there counts. */
	memset(hello, 0xff, sizeof(hello));
	sample_hello(hello, "a.vendor.example", "h2");
	hello[8]++;
	EQUAL_INT(find_in(names_tls, hello, sizeof(hello), &found), NAME_FOUND);
	EQUAL_TEXT(found.name, "a.vendor.example");
}

static void test_tls_hostile_names(void)
{
	uint8_t hello[SAMPLE_MAX];
	char name[400], wanted[] = "a\xff\x01\\000b.example";
	struct names_found found;
	size_t len = sample_hello(hello, "A\xff\x01?B.example", "h2");
	uint8_t *zero = memchr(hello + 40, '?', len - 40);

	CU_ASSERT_PTR_NOT_NULL_FATAL(zero);
	*zero = 0;
	EQUAL_INT(find_in(names_tls, hello, len, &found), NAME_FOUND);
	EQUAL_TEXT(found.name, wanted);
	memset(name, 'x', sizeof(name));
	name[255] = '\0';			/* as long as fits */
	len = sample_hello(hello, name, "h2");
	EQUAL_INT(find_in(names_tls, hello, len, &found), NAME_FOUND);
	EQUAL_TEXT(found.name, name);
	name[255] = 'x';
	name[256] = '\0';			/* one more is no name */
	len = sample_hello(hello, name, "h2");
	EQUAL_INT(find_in(names_tls, hello, len, &found), NAME_FOUND);
	EQUAL_TEXT(found.name, "");
	EQUAL_TEXT(found.alpn, "h2");
}

/* --- HTTP ----------------------------------------------------------------------------- */

static void expect_host(const char *request, enum name_find result, const char *host)
{
	struct names_found found;

	EQUAL_INT(find_in(names_http, request, strlen(request), &found), result);
	EQUAL_TEXT(found.name, host);
}

static void test_http(void)
{
	expect_host("GET / HTTP/1.1\r\nHost: Files.Vendor.example\r\n\r\n", NAME_FOUND,
		    "files.vendor.example");
	expect_host("PUT /a b HTTP/1.0\nX: y\nhOsT:\tfiles.vendor.example.:8080 \n", NAME_FOUND,
		    "files.vendor.example");
	expect_host("GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n", NAME_FOUND, "[2001:db8::1]");
	expect_host("GET / HTTP/1.1\r\nHost: first.example\r\nHost: second.example\r\n\r\n",
		    NAME_FOUND, "first.example");
	expect_host("POST / HTTP/1.1\r\nHost:\r\n\r\n", NAME_FOUND, "");
	expect_host("POST / HTTP/1.1\r\nHost: :80\r\n\r\n", NAME_FOUND, "");
	expect_host("GET / HTTP/1.1\r\nX-Host: a.example\r\n\r\nHost: b.example\r\n",
		    NAME_FOUND, "");
	expect_host("GET / HTTP/1.1\r\nHost: cut.exam", NAME_MORE, "");
	expect_host("GET /very/long", NAME_MORE, "");
	expect_host("HELO mail.example\r\nHost: a.example\r\n", NAME_NONE, "");
	expect_host("OPTIONS rtsp://a.example RTSP/1.0\r\nHost: a.example\r\n", NAME_NONE, "");
	expect_host("get / HTTP/1.1\r\nHost: a.example\r\n", NAME_NONE, "");
	expect_host("HTTP/1.1 200 OK\r\nHost: a.example\r\n", NAME_NONE, "");
	expect_host("", NAME_NONE, "");
}

static void test_http_method(void)
{
	static const char request[] = "VERSION-CONTROL-OF-SOMETHING /a HTTP/1.1\r\n\r\n";
	static const char put[] = "PUT /a HTTP/1.1\r\nHost: a.example\r\n\r\nPK\3\4";
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	struct names_found found;

	EQUAL_INT(find_in(names_http, put, sizeof(put) - 1, &found), NAME_FOUND);
	EQUAL_TEXT(found.method, "PUT");
	EQUAL_INT(names_http_body((const uint8_t *)put, sizeof(put) - 1), sizeof(put) - 5);
	EQUAL_INT(names_http_body((const uint8_t *)put, sizeof(put) - 6), 0);
	EQUAL_INT(find_in(names_http, request, sizeof(request) - 1, &found), NAME_NONE);
	for (size_t n = 5; n < sizeof(preface) - 1; n++)
		EQUAL_INT(find_in(names_http, preface, n, &found), NAME_MORE);
	EQUAL_INT(find_in(names_http, preface, sizeof(preface) - 1, &found), NAME_FOUND);
	EQUAL_INT(found.light, DPI_LIGHT_HTTP2);
	EQUAL_TEXT(found.method, "");
}

static void test_http_every_length(void)
{
	static const char request[] = "GET / HTTP/1.1\r\nAccept: */*\r\nHost: a.example\r\n\r\n";
	struct names_found found;
	size_t whole = strlen(request) - 2;

	for (size_t n = 0; n < sizeof(request); n++) {
		enum name_find want = n < 4 ? NAME_NONE : n < whole ? NAME_MORE : NAME_FOUND;

		EQUAL_INT(find_in(names_http, request, n, &found), want);
		EQUAL_TEXT(found.name, want == NAME_FOUND ? "a.example" : "");
	}
}

/* --- DNS ------------------------------------------------------------------------------ */

struct message {
	uint8_t bytes[65535];
	size_t len;
};

static void add(struct message *m, const void *bytes, size_t len)
{
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

/* A response to a query for name; records are added behind it and counted. */
static void respond(struct message *m, const char *name)
{
	memset(m, 0, sizeof(*m));
	m->len = sample_query(m->bytes, name);
	m->bytes[2] |= 0x80;
}

/* owner and data in wire form. */
static void add_record(struct message *m, const char *owner, size_t owner_len, unsigned type,
		       const void *data, size_t data_len)
{
	uint8_t head[10], *at = write16(write16(head, type), 1);

	at = write16(write16(at, 0), 300);
	write16(at, data_len);
	add(m, owner, owner_len);
	add(m, head, sizeof(head));
	add(m, data, data_len);
	write16(m->bytes + 6, (size_t)(m->bytes[6] << 8 | m->bytes[7]) + 1);
}

#define QUESTION "\xc0\x0c"

static void test_dns(void)
{
	struct dpi_answers dns;
	struct message m;
	char text[ADDR_TEXT_MAX];

	respond(&m, "WWW.Vendor.example");
	m.bytes[2] &= 0x7f;
	CU_ASSERT(dns_in(m.bytes, m.len, &dns));
	EQUAL_TEXT(dns.name, "www.vendor.example");
	EQUAL_INT(dns.n, 0);
	respond(&m, "www.vendor.example");
	add_record(&m, QUESTION, 2, 5, "\x03" "cdn" "\xc0\x10", 6);
	add_record(&m, "\x03" "CDN" "\xc0\x10", 6, 1, "\xc6\x33\x64\x07", 4);
	add_record(&m, "\x03" "cdn" "\xc0\x10", 6, 28,
		   "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16);
	/* What does not follow from the question is nobody's answer. */
	add_record(&m, "\x04" "evil" "\xc0\x10", 7, 1, "\xc0\x00\x02\x01", 4);
	CU_ASSERT(dns_in(m.bytes, m.len, &dns));
	EQUAL_TEXT(dns.name, "www.vendor.example");
	EQUAL_INT(dns.n, 2);
	EQUAL_TEXT(addr_format(&dns.addrs[0], text), "198.51.100.7");
	EQUAL_TEXT(addr_format(&dns.addrs[1], text), "2001:db8::7");
	for (size_t n = 0; n <= m.len; n++) {
		bool ok = dns_in(m.bytes, n, &dns);

		EQUAL_INT(ok, n >= 12 + 20 + 4);
		CU_ASSERT(dns.n <= 2);
	}
	m.bytes[3] |= 3;			/* no such name */
	CU_ASSERT(dns_in(m.bytes, m.len, &dns));
	EQUAL_INT(dns.n, 0);
}

static void test_dns_bounds(void)
{
	struct dpi_answers dns;
	struct message m;

	respond(&m, "many.example");
	for (unsigned i = 0; i < 20; i++) {
		uint8_t a[] = { 192, 0, 2, (uint8_t)(i + 1) };

		add_record(&m, QUESTION, 2, 1, a, 4);
	}
	add_record(&m, QUESTION, 2, 1, "\0\0\0\0", 4);	/* nowhere */
	CU_ASSERT(dns_in(m.bytes, m.len, &dns));
	EQUAL_INT(dns.n, DPI_ANSWERS_MAX);
	EQUAL_INT(dns.beyond, 4);
	respond(&m, "two.example");
	m.bytes[5] = 2;				/* questions */
	CU_ASSERT_FALSE(dns_in(m.bytes, m.len, &dns));
	CU_ASSERT(names_dns(m.bytes, m.len, true, &dns));
	EQUAL_TEXT(dns.name, "two.example");
	respond(&m, "update.example");
	m.bytes[2] |= 5 << 3;
	CU_ASSERT_FALSE(dns_in(m.bytes, m.len, &dns));
	respond(&m, "");
	CU_ASSERT(dns_in(m.bytes, m.len, &dns));
	EQUAL_TEXT(dns.name, "");
}

/* A message whose question is given in wire form. */
static bool ask(const void *wire, size_t len, struct dpi_answers *ret)
{
	struct message m = { .len = 12 };

	m.bytes[5] = 1;
	add(&m, wire, len);
	add(&m, "\0\1\0\1", 4);
	return dns_in(m.bytes, m.len, ret);
}

static void test_dns_names(void)
{
	struct dpi_answers dns;
	char wire[300] = "", text[DPI_NAME_MAX] = "";

	CU_ASSERT_FALSE(ask("\xc0\x0c", 2, &dns));		/* itself */
	CU_ASSERT_FALSE(ask("\x01" "a" "\xc0\x0c", 4, &dns));	/* a loop */
	CU_ASSERT_FALSE(ask("\xc0\x20", 2, &dns));		/* forward */
	CU_ASSERT_FALSE(ask("\x40" "a", 2, &dns));		/* a label of an unknown kind */
	CU_ASSERT_FALSE(ask("\x3f" "a", 2, &dns));		/* beyond the end */
	EQUAL_TEXT(dns.name, "");
	CU_ASSERT(ask("\x01" "a" "\xc0\x02", 4, &dns));	/* back, onto the header's zeros */
	EQUAL_TEXT(dns.name, "a");
	CU_ASSERT(ask("\x05" "a.b\0c" "\x02" "\xff\\" "\x07" "Example", 18, &dns));
	EQUAL_TEXT(dns.name, "a\\046b\\000c.\xff\\.example");
	/* 255 bytes on the wire, the most there may be: 3 * 64 + 62 + 1. */
	for (int i = 0; i < 4; i++) {
		size_t n = i < 3 ? 63 : 61;

		wire[i * 64] = (char)n;
		memset(wire + i * 64 + 1, 'a' + i, n);
		memset(text + i * 64, 'a' + i, n);
		text[i * 64 + n] = i < 3 ? '.' : '\0';
	}
	CU_ASSERT(ask(wire, 3 * 64 + 62 + 1, &dns));
	EQUAL_TEXT(dns.name, text);
	wire[3 * 64] = 62;
	memset(wire + 3 * 64 + 1, 'd', 62);
	CU_ASSERT_FALSE(ask(wire, 3 * 64 + 63 + 1, &dns));
	/* Escapes that do not fit. */
	memset(wire, 0, sizeof(wire));
	wire[0] = wire[64] = 63;
	CU_ASSERT_FALSE(ask(wire, 129, &dns));
}

/* Chains of pointers, each of them allowed by itself, in messages as long as can be. */
static void test_dns_64k(void)
{
	static const uint8_t fills[] = { 0x00, 0x01, 0x3f, 0xbf, 0xc0, 0xff };
	struct message *m = malloc(sizeof(*m));
	struct dpi_answers dns;

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	for (size_t i = 0; i < sizeof(fills); i++) {
		respond(m, "a.example");
		memset(m->bytes + m->len, fills[i], sizeof(m->bytes) - m->len);
		write16(m->bytes + 6, 0xffff);
		CU_ASSERT(dns_in(m->bytes, sizeof(m->bytes), &dns));
		EQUAL_INT(dns.n, 0);
	}
	respond(m, "a.example");
	while (m->len + 12 < 0x3fff)		/* 8 000 pointers, each to the one before */
		m->len = (size_t)(write16(m->bytes + m->len, 0xc000 | (m->len - 2)) - m->bytes);
	write16(m->bytes + 6, 1);
	CU_ASSERT(dns_in(m->bytes, m->len, &dns));
	EQUAL_INT(dns.n, 0);
	free(m);
}

/* --- hostile bytes -------------------------------------------------------------------- */

static void test_mutations(void)
{
	uint8_t hello[SAMPLE_MAX], bytes[SAMPLE_MAX];
	struct message m;
	struct names_found found;
	struct dpi_answers dns;
	size_t hello_len = sample_hello(hello, "a.vendor.example", "h2");

	respond(&m, "www.vendor.example");
	add_record(&m, QUESTION, 2, 5, "\x03" "cdn" "\xc0\x10", 6);
	add_record(&m, "\x03" "cdn" "\xc0\x10", 6, 1, "\xc6\x33\x64\x07", 4);
	srand(SEED);
	printf("# seed %u\n", SEED);
	for (int round = 0; round < 20000; round++) {
		bool is_dns = round & 1;
		size_t len = is_dns ? m.len : hello_len;

		memcpy(bytes, is_dns ? m.bytes : hello, len);
		for (int i = rand() % 4; i >= 0; i--)
			bytes[(size_t)rand() % len] = (uint8_t)rand();
		len -= (size_t)rand() % 3 ? 0 : (size_t)rand() % len;
		if (is_dns)
			dns_in(bytes, len, &dns);
		else
			find_in(names_tls, bytes, len, &found);
		CU_ASSERT(strlen(is_dns ? dns.name : found.name) < DPI_NAME_MAX);
		CU_ASSERT(!is_dns || dns.n <= DPI_ANSWERS_MAX);
	}
}

static void test_read_answers(void)
{
	struct talk t = talk_make("dns", IP_UDP, 50001, 53);
	uint8_t tcp[SAMPLE_MAX];
	struct dpi_answers dns;
	struct message m;
	struct packet p;

	respond(&m, "www.vendor.example");
	add_record(&m, QUESTION, 2, 1, "\xc6\x33\x64\x07", 4);
	p = talk_packet(&t, true, m.bytes, m.len);
	CU_ASSERT(dpi_read_answers(&p, &dns));
	EQUAL_INT(dns.n, 1);
	memcpy(write16(tcp, m.len), m.bytes, m.len);
	memset(tcp + 2 + m.len, 0xff, 20);	/* the next message */
	t.proto = IP_TCP;
	p = talk_packet(&t, true, tcp, m.len + 22);
	CU_ASSERT(dpi_read_answers(&p, &dns));
	EQUAL_TEXT(dns.name, "www.vendor.example");
	p = talk_packet(&t, true, tcp, 1);
	CU_ASSERT_FALSE(dpi_read_answers(&p, &dns));
	m.bytes[2] &= 0x7f;			/* a query has no answers */
	t.proto = IP_UDP;
	p = talk_packet(&t, true, m.bytes, m.len);
	CU_ASSERT_FALSE(dpi_read_answers(&p, &dns));
	p.bytes = NULL;
	p.caplen = 0;
	CU_ASSERT_FALSE(dpi_read_answers(&p, &dns));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "tls", test_tls }, { "tls of every length", test_tls_every_length },
		{ "tls in records", test_tls_records }, { "tls: other things", test_tls_others },
		{ "tls: hostile names", test_tls_hostile_names }, { "http", test_http },
		{ "http: methods and HTTP/2", test_http_method },
		{ "http of every length", test_http_every_length }, { "dns", test_dns },
		{ "dns bounds", test_dns_bounds }, { "dns names", test_dns_names },
		{ "dns of 64 KiB", test_dns_64k }, { "mutations", test_mutations },
		{ "answers of a packet", test_read_answers }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "names", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
