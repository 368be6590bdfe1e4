/* test_tls.c - fingerprints, versions and the server's choice; QUIC's Initial packets.
 *
 * What a fingerprint is a hash of is written out here by hand, so that the order, the sorting and
 * what is left out are tested and not the hash.
 */
#include "tap.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "base/digest.h"
#include "dpi/quic.h"
#include "dpi/tls.h"
#include "dpi_samples.h"
#include "synth/quic.h"

static void check_hash(const char *got, const char *of)
{
	char hex[DIGEST_HEX_MAX];

	digest_sha256_hex(of, strlen(of), hex);
	EQUAL_INT(memcmp(got, hex, 12), 0);
}

static void check_md5(const char *got, const char *of)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	char hex[33];

	EQUAL_INT(EVP_Digest(of, strlen(of), digest, NULL, EVP_md5(), NULL), 1);
	for (int i = 0; i < 16; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	EQUAL_TEXT(got, hex);
}

/* The sample's suites: 1301, c02f, c030, 009e; extensions: SNI, groups, formats, ALPN. */
static void test_fingerprints(void)
{
	uint8_t hello[SAMPLE_MAX];
	size_t len = sample_hello(hello, "a.vendor.example", "h2");
	struct names_found found = { .name = "" };

	tls_read_client(hello + 5, len - 5, true, 't', &found);
	EQUAL_TEXT(found.name, "a.vendor.example");
	EQUAL_INT(found.tls_version, 0x0303);
	check_md5(found.ja3, "771,4865-49199-49200-158,0-10-11-16,29-23-24,0");
	EQUAL_INT(memcmp(found.ja4, "t12d0404h2_", 11), 0);
	check_hash(found.ja4 + 11, "009e,1301,c02f,c030");
	check_hash(found.ja4 + 24, "000a,000b");
	EQUAL_INT(strlen(found.ja4), DPI_JA4_MAX - 1);
}

/* RFC 9001, A.2: the hello of the client's first packet. */
static const char rfc9001_hello[] =
	"010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302"
	"010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007"
	"000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa"
	"71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d000201"
	"01001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff080110010480007530090110"
	"0f088394c8f03e51570806048000ffff";
#define HELLO_LEN 241

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void rfc_hello(uint8_t ret[static HELLO_LEN])
{
	EQUAL_INT(strlen(rfc9001_hello), 2 * HELLO_LEN);
	for (size_t i = 0; i < HELLO_LEN; i++)
		ret[i] = (uint8_t)(digit(rfc9001_hello[2 * i]) << 4 |
				   digit(rfc9001_hello[2 * i + 1]));
}

static void check_rfc_hello(const struct names_found *found)
{
	EQUAL_TEXT(found->name, "example.com");
	EQUAL_TEXT(found->alpn, "alpn");
	EQUAL_INT(found->tls_version, 0x0304);
	EQUAL_INT(memcmp(found->ja4, "q13d0211an_", 11), 0);
	check_hash(found->ja4 + 11, "1301,1302");
	check_hash(found->ja4 + 24,
		   "0005,000a,000d,001c,002b,002d,0033,0039,ff01_"
		   "0403,0503,0603,0203,0804,0805,0806");
}

static void test_cut_hello(void)
{
	uint8_t hello[HELLO_LEN];

	rfc_hello(hello);
	for (size_t n = 0; n < HELLO_LEN; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct names_found found = { .name = "" };

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, hello, n);
		tls_read_client(copy, n, false, 'q', &found);
		CU_ASSERT(!found.name[0] || !strcmp(found.name, "example.com"));
		CU_ASSERT(!found.ja3[0] && !found.ja4[0]);
		free(copy);
	}
}

/* RFC 8701: such values are for being ignored. */
static void test_grease(void)
{
	static const uint8_t plain[] = { 1, 0, 0, 50, 3, 3, [38] = 0, 0, 2, 0x13, 0x01, 1, 0, 0, 7,
					 0, 43, 0, 3, 2, 3, 4 };
	static const uint8_t greased[] = { 1, 0, 0, 56, 3, 3, [38] = 0, 0, 4, 0x1a, 0x1a, 0x13,
		0x01,
					   1, 0, 0, 13, 0x2a, 0x2a, 0, 0, 0, 43, 0, 5, 4, 0xfa,
					   0xfa,
					   3, 4 };
	struct names_found a = { .name = "" }, b = { .name = "" };

	tls_read_client(plain, sizeof(plain), true, 't', &a);
	tls_read_client(greased, sizeof(greased), true, 't', &b);
	EQUAL_INT(b.tls_version, 0x0304);
	EQUAL_TEXT(b.ja4, a.ja4);
	EQUAL_TEXT(b.ja3, a.ja3);
	EQUAL_INT(memcmp(a.ja4, "t13i010100_", 11), 0);
}

static void test_server(void)
{
	static const uint8_t server[] = { 22, 3, 3, 0, 55, 2, 0, 0, 51, 3, 3, [43] = 0, 0x13, 0x01,
		0,
					  0, 15, 0, 16, 0, 5, 0, 3, 2, 'h', '2', 0, 43, 0, 2, 3,
					  4 };
	struct names_found found = { .name = "" };

	EQUAL_INT(tls_read_server(server, sizeof(server), &found), true);
	EQUAL_INT(found.tls_version, 0x0304);
	EQUAL_TEXT(found.alpn_chosen, "h2");
	for (size_t n = 0; n < sizeof(server); n++) {
		uint8_t *copy = malloc(n ? n : 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, server, n);
		memset(&found, 0, sizeof(found));
		EQUAL_INT(tls_read_server(copy, n, &found), n >= 47);
		free(copy);
	}
}

/* --- QUIC --------------------------------------------------------------------------------- */

static const uint8_t id[8] = { 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08 };

struct crypto {
	size_t from, len;		/* of the hello */
};

/* One Initial packet with these pieces; its length. */
static size_t make_packet(uint8_t *packet, const struct quic_keys *k, uint32_t version,
			  const uint8_t dcid[static 8], const struct crypto *pieces, size_t n)
{
	uint8_t hello[HELLO_LEN], *at = packet, *length;
	size_t header, payload;

	rfc_hello(hello);
	*at++ = version == 1 ? 0xc3 : 0xd3;
	at = write16(write16(at, version >> 16), version & 0xffff);
	*at++ = 8;
	memcpy(at, dcid, 8);
	at += 8;
	*at++ = 0;
	*at++ = 0;
	length = at;
	at = write16(write16(at + 2, 0), 2);
	header = (size_t)(at - packet);
	*at++ = 1;			/* PING */
	for (size_t i = 0; i < n; i++) {
		*at++ = 6;
		at = write16(at, 0x4000 | pieces[i].from);
		at = write16(at, 0x4000 | pieces[i].len);
		memcpy(at, hello + pieces[i].from, pieces[i].len);
		at += pieces[i].len;
		*at++ = 0;		/* PADDING */
	}
	payload = (size_t)(at - packet) - header;
	write16(length, 0x4000 | (payload + 4 + QUIC_TAG_LEN));
	EQUAL_INT(quic_seal(k, packet, header, payload), true);
	return header + payload + QUIC_TAG_LEN;
}

static size_t make_first(uint8_t *packet, const struct crypto *pieces, size_t n)
{
	struct quic_keys k;

	EQUAL_INT(quic_initial_keys(id, sizeof(id), 0, &k), true);
	return make_packet(packet, &k, 1, id, pieces, n);
}

static void read_whole(const struct quic *q)
{
	struct names_found found = { .name = "" };
	bool is_whole;
	size_t len = quic_hello(q, &is_whole);

	EQUAL_INT(is_whole, true);
	EQUAL_INT(len, HELLO_LEN);
	tls_read_client(q->hello, len, is_whole, 'q', &found);
	check_rfc_hello(&found);
}

static void test_quic(void)
{
	static const struct crypto whole = { 0, HELLO_LEN };
	uint8_t packet[600];
	size_t len = make_first(packet, &whole, 1);
	struct quic q = { .id_len = 0 };

	EQUAL_INT(quic_is_initial(packet, len), true);
	EQUAL_INT(quic_datagram(&q, packet, len), true);
	read_whole(&q);
}

/* RFC 9369, A.1 has the keys of version 2 for the same connection id. */
static void test_quic_version_2(void)
{
	static const struct quic_keys k = {
		{ 0x8b, 0x1a, 0x0b, 0xc1, 0x21, 0x28, 0x42, 0x90, 0xa2, 0x9e, 0x09, 0x71, 0xb5,
		  0xcd,
		  0x04, 0x5d },
		{ 0x91, 0xf7, 0x3e, 0x23, 0x51, 0xd8, 0xfa, 0x91, 0x66, 0x0e, 0x90, 0x9f },
		{ 0x45, 0xb9, 0x5e, 0x15, 0x23, 0x5d, 0x6f, 0x45, 0xa6, 0xb1, 0x9c, 0xbc, 0xb0,
		  0x29,
		  0x4b, 0xa9 },
	};
	static const struct crypto whole = { 0, HELLO_LEN };
	uint8_t packet[600];
	size_t len = make_packet(packet, &k, 0x6b3343cf, id, &whole, 1);
	struct quic q = { .id_len = 0 };

	EQUAL_INT(quic_datagram(&q, packet, len), true);
	read_whole(&q);
}

/* Pieces in any order, over three datagrams, two packets in one of them, and a new id after the
 * first (the keys stay). */
static void test_quic_pieces(void)
{
	static const struct crypto first[] = { { 100, 50 }, { 0, 40 } }, second[] = { { 150, 91 } };
	static const struct crypto third[] = { { 30, 80 } };
	static const uint8_t other[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t packet[1200];
	struct quic q = { .id_len = 0 };
	struct quic_keys k;
	bool is_whole;
	size_t len = make_first(packet, first, 2);

	EQUAL_INT(quic_datagram(&q, packet, len), true);
	EQUAL_INT(quic_hello(&q, &is_whole), 40);
	EQUAL_INT(is_whole, false);
	EQUAL_INT(quic_initial_keys(id, sizeof(id), 0, &k), true);
	len = make_packet(packet, &k, 1, other, second, 1);
	len += make_packet(packet + len, &k, 1, other, second, 1);
	EQUAL_INT(quic_datagram(&q, packet, len), true);
	EQUAL_INT(quic_hello(&q, &is_whole), 40);
	len = make_packet(packet, &k, 1, other, third, 1);
	EQUAL_INT(quic_datagram(&q, packet, len), true);
	read_whole(&q);
}

/* After a Retry the keys are those of the new id. */
static void test_quic_retry(void)
{
	static const uint8_t other[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const struct crypto some = { 0, 40 }, whole = { 0, HELLO_LEN };
	uint8_t packet[600];
	struct quic q = { .id_len = 0 };
	struct quic_keys k;
	size_t len = make_first(packet, &some, 1);

	EQUAL_INT(quic_datagram(&q, packet, len), true);
	EQUAL_INT(quic_initial_keys(other, sizeof(other), 0, &k), true);
	len = make_packet(packet, &k, 1, other, &whole, 1);
	EQUAL_INT(quic_datagram(&q, packet, len), true);
	read_whole(&q);
}

/* Cut or changed anywhere it is not believed. */
static void test_quic_damaged(void)
{
	static const struct crypto whole = { 0, HELLO_LEN };
	uint8_t packet[600];
	size_t len = make_first(packet, &whole, 1);

	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(len);
		struct quic q = { .id_len = 0 };

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, packet, len);
		copy[n] ^= 0x40;
		/* The fixed bit of a long header alone is protected by nothing but the tag. */
		EQUAL_INT(quic_datagram(&q, copy, len), false);
		free(copy);
		copy = malloc(n ? n : 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, packet, n);
		EQUAL_INT(quic_datagram(&q, copy, n), false);
		free(copy);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "fingerprints", test_fingerprints }, { "a hello cut at every byte",
		  test_cut_hello },
		{ "GREASE", test_grease }, { "the server's choice", test_server },
		{ "quic 1", test_quic }, { "quic 2", test_quic_version_2 },
		{ "quic: pieces", test_quic_pieces }, { "quic: after a retry", test_quic_retry },
		{ "quic: damaged and cut", test_quic_damaged }, CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "tls", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
