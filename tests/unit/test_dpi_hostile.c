/* test_dpi_hostile.c - packets that crash, hang or mislead nDPI are ordinary input.
 *
 * The captures and bytes here are those that crash or hang nDPI 4.2 when it is fed directly.  The
 * mutation runs change samples at random and read them with an engine whose packets end, after
 * their padding, at a page that cannot be read.  NW_SEED repeats a run, NW_DPI_MUTATIONS sets its
 * length (flows), and NW_DPI_CAPTURES names a directory of captures to mutate beside the samples.
 */
#include "tap.h"
#include <dirent.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <unistd.h>
#include "dpi/engine.h"
#include "dpi_samples.h"

#define MUTATIONS 60000

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

/* A hostile DNS payload of nothing but pointers: nDPI alone never returns from it. */
static void test_endless_dns(void)
{
	static uint8_t payload[65507];
	struct talk t = talk_make("dns", IP_UDP, 40000, 53);
	struct packet p = talk_packet(&t, false, payload, sizeof(payload));
	struct dpi_flow *f = dpi_flow_new(engine);
	struct dpi_verdict v;

	memset(payload, 0xbf, sizeof(payload));
	memset(payload, 0, 12);
	payload[5] = 1;
	alarm(20);
	if (!dpi_flow_feed(engine, f, &p, &v))
		dpi_flow_giveup(engine, f, &v);
	alarm(0);
	EQUAL_TEXT(dpi_protocol_name(v.master), "DNS");
	dpi_flow_free(engine, f);
}

/* Reads a capture as one flow; the packets read, or -1 when it cannot be opened. */
static int read_capture(struct dpi_engine *e, const char *path, struct dpi_verdict *ret_verdict)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(path, error);
	struct dpi_flow *f = dpi_flow_new(e);
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int n = 0;

	while (capture && pcap_next_ex(capture, &h, &bytes) == 1) {
		struct frame frame = { .bytes = bytes, .caplen = h->caplen, .wirelen = h->len,
				       .link = (uint16_t)pcap_datalink(capture) };
		struct packet p;

		if (packet_decode(&frame, &p) != PACKET_OK)
			continue;
		n++;
		if (dpi_flow_feed(e, f, &p, ret_verdict))
			break;
	}
	if (capture)
		dpi_flow_giveup(e, f, ret_verdict);
	dpi_flow_free(e, f);
	if (capture)
		pcap_close(capture);
	return capture ? n : -1;
}

/* A certificate in DTLS whose subject nDPI knows: nDPI 4.2 alone dereferences NULL. */
static void test_dtls_certificate(void)
{
	const char *dir = getenv("NW_SRCDIR");
	struct dpi_verdict v = { .name = "unset" };
	char path[4096];

	snprintf(path, sizeof(path), "%s/pcaps/dtls-certificate.pcap", dir ? dir : ".");
	CU_ASSERT(read_capture(engine, path, &v) >= 6);
	CU_ASSERT(v.source != DPI_DPI);
	EQUAL_TEXT(v.name, "");
}

static size_t all_talks(struct talk *talks)
{
	struct talk list[] = {
		talk_tls("images.vendor.example"), talk_dns("update.vendor.example"),
		talk_http("files.vendor.example"), talk_ssh(), talk_modbus(), talk_ntp(),
		talk_bittorrent(), talk_noise(IP_TCP, 88), talk_noise(IP_UDP, 443),
	};

	memcpy(talks, list, sizeof(list));
	return sizeof(list) / sizeof(list[0]);
}

#define TALKS_MAX 16

/* Every length, captured or sent, of every sample, over both versions of IP. */
static void test_every_length(void)
{
	static struct talk talks[TALKS_MAX];
	size_t n = all_talks(talks);
	struct dpi_engine *e;
	unsigned verdicts = 0;

	CU_ASSERT_FATAL(!engine_new_at_page(&e));
	for (size_t i = 0; i < 2 * n; i++) {
		struct talk *t = &talks[i / 2];
		size_t whole = t->pieces[0].len;

		t->ip_version = i % 2 ? 6 : 4;
		for (size_t len = 0; len <= 2 * whole; len++) {
			struct packet p = talk_packet(t, false, t->pieces[0].bytes, whole);
			struct dpi_flow *f = dpi_flow_new(e);
			struct dpi_verdict v;

			if (len <= whole)
				p.caplen = (uint32_t)len;
			else
				p.caplen = p.payload_len = (uint32_t)(len - whole);
			dpi_flow_feed(e, f, &p, &v);
			dpi_flow_giveup(e, f, &v);
			verdicts += v.source == DPI_DPI;
			dpi_flow_free(e, f);
		}
	}
	CU_ASSERT(verdicts > 100);
	dpi_engine_free(e);
}

static uint64_t random_state;

static unsigned random_below(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)((random_state >> 11) % n);
}

static void random_begin(void)
{
	random_state = test_seed(0) | 1;
	for (int i = 0; i < 16; i++)
		random_below(1);
}

static void mutate(uint8_t *b, size_t *len)
{
	for (unsigned n = random_below(7); n && *len; n--) {
		size_t at = random_below(*len), from = random_below(*len), run;

		switch (random_below(6)) {
		case 0:
			b[at] = (uint8_t)random_below(256);
			break;
		case 1:
			b[at] ^= (uint8_t)(1u << random_below(8));
			break;
		case 2:
			b[at] = 0xff;
			break;
		case 3:
			b[at] = 0;
			break;
		case 4:
			run = random_below(*len - (at > from ? at : from)) + 1;
			memmove(b + at, b + from, run);
			break;
		default:
			*len = at + 1;
		}
	}
}

static void feed_mutated(struct dpi_engine *e, struct dpi_flow *f, const struct packet *p)
{
	static uint8_t bytes[65536];
	struct packet m = *p;
	size_t len = packet_payload_captured(p);
	struct dpi_verdict v;

	if (len > sizeof(bytes))
		len = sizeof(bytes);
	memcpy(bytes, packet_payload(p), len);
	mutate(bytes, &len);
	m.bytes = bytes;
	m.payload_off = 0;
	m.caplen = (uint32_t)len;
	m.payload_len = (uint32_t)len + (random_below(8) ? 0 : random_below(3000));
	dpi_flow_feed(e, f, &m, &v);
}

static void end_flow(struct dpi_engine *e, struct dpi_flow *f)
{
	struct dpi_verdict v;

	dpi_flow_giveup(e, f, &v);
	CU_ASSERT(strnlen(v.name, sizeof(v.name)) < sizeof(v.name));
	CU_ASSERT((unsigned)v.source < DPI_SOURCES);
	dpi_flow_free(e, f);
}

static void mutate_capture(struct dpi_engine *e, const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(path, error);
	struct dpi_flow *flows[64] = { NULL };
	struct pcap_pkthdr *h;
	const u_char *bytes;

	for (int n = 0; capture && n < 300 && pcap_next_ex(capture, &h, &bytes) == 1; n++) {
		struct frame frame = { .bytes = bytes, .caplen = h->caplen, .wirelen = h->len,
				       .link = (uint16_t)pcap_datalink(capture) };
		struct packet p;
		struct dpi_flow **f;

		if (packet_decode(&frame, &p) != PACKET_OK)
			continue;
		f = &flows[(p.sport + p.dport + p.src.bytes[15] + p.dst.bytes[15]) % 64];
		if (!*f)
			*f = dpi_flow_new(e);
		feed_mutated(e, *f, &p);
	}
	for (size_t i = 0; i < 64; i++)
		if (flows[i])
			end_flow(e, flows[i]);
	if (capture)
		pcap_close(capture);
}

static void mutate_directory(struct dpi_engine *e, const char *dir, unsigned rounds)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[4096];

	while (d && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		for (unsigned i = 0; i < rounds; i++)
			mutate_capture(e, path);
	}
	if (d)
		closedir(d);
}

static void test_mutations(void)
{
	static struct talk talks[TALKS_MAX];
	const char *count = getenv("NW_DPI_MUTATIONS"), *dir = getenv("NW_DPI_CAPTURES");
	unsigned rounds = count ? (unsigned)strtoul(count, NULL, 10) : MUTATIONS;
	size_t n = all_talks(talks);
	struct dpi_engine *e;

	random_begin();
	printf("# %u mutated flows\n", rounds);
	fflush(stdout);
	CU_ASSERT_FATAL(!engine_new_at_page(&e));
	for (unsigned i = 0; i < rounds; i++) {
		const struct talk *t = &talks[random_below(n)];
		struct dpi_flow *f = dpi_flow_new(e);

		for (unsigned k = 0; k < 4; k++) {
			const struct piece *piece = &t->pieces[k % t->n];
			struct packet p = talk_packet(t, k % 2, piece->bytes, piece->len);

			feed_mutated(e, f, &p);
		}
		end_flow(e, f);
	}
	if (dir)
		mutate_directory(e, dir, rounds / 300 + 1);
	dpi_engine_free(e);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "DNS that never ends", test_endless_dns },
		{ "DTLS certificate", test_dtls_certificate },
		{ "every length", test_every_length },
		{ "mutations", test_mutations },
		CU_TEST_INFO_NULL
	};
	CU_SuiteInfo suites[] = {
		{ "dpi hostile", make_engine, free_engine, NULL, NULL, tests },
		CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
