/* test_synth_quic.c - Initial packets of QUIC against the example of RFC 9001, appendix A. */
#include "tap.h"

#include <string.h>
#include "synth/quic.h"

static const uint8_t dcid[8] = { 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08 };

/* A.1 */
static void client_keys(void)
{
	static const uint8_t key[16] = { 0x1f, 0x36, 0x96, 0x13, 0xdd, 0x76, 0xd5, 0x46,
					 0x77, 0x30, 0xef, 0xcb, 0xe3, 0xb1, 0xa2, 0x2d };
	static const uint8_t iv[12] = { 0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3, 0xfd, 0x3b,
					0x46, 0xfb, 0x25, 0x5c };
	static const uint8_t hp[16] = { 0x9f, 0x50, 0x44, 0x9e, 0x04, 0xa0, 0xe8, 0x10,
					0x28, 0x3a, 0x1e, 0x99, 0x33, 0xad, 0xed, 0xd2 };
	struct quic_keys k;

	EQUAL_INT(quic_initial_keys(dcid, sizeof(dcid), 0, &k), true);
	EQUAL_INT(memcmp(k.key, key, sizeof(key)), 0);
	EQUAL_INT(memcmp(k.iv, iv, sizeof(iv)), 0);
	EQUAL_INT(memcmp(k.hp, hp, sizeof(hp)), 0);
}

/* A.2: the header of the client's first packet, and its protected form. */
static void client_packet(void)
{
	static const uint8_t header[22] = { 0xc3, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51,
					    0x57, 0x08, 0, 0, 0x44, 0x9e, 0, 0, 0, 2 };
	static const uint8_t sealed[22] = { 0xc0, 0, 0, 0, 1, 8, 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51,
					    0x57, 0x08, 0, 0, 0x44, 0x9e, 0x7b, 0x9a, 0xec, 0x34 };
	/* the beginning of its CRYPTO frame; the sample covers no more than this */
	static const uint8_t hello[37] = {
		0x06, 0x00, 0x40, 0xf1, 0x01, 0x00, 0x00, 0xed, 0x03, 0x03, 0xeb, 0xf8, 0xfa, 0x56,
		0xf1, 0x29, 0x39, 0xb9, 0x58, 0x4a, 0x38, 0x96, 0x47, 0x2e, 0xc4, 0x0b, 0xb8, 0x63,
		0xcf, 0xd3, 0xe8, 0x68, 0x04, 0xfe, 0x3a, 0x47, 0xf0,
	};
	uint8_t packet[sizeof(header) + 1162 + QUIC_TAG_LEN] = { 0 };
	struct quic_keys k;

	memcpy(packet, header, sizeof(header));
	memcpy(packet + sizeof(header), hello, sizeof(hello));
	EQUAL_INT(quic_initial_keys(dcid, sizeof(dcid), 0, &k), true);
	EQUAL_INT(quic_seal(&k, packet, sizeof(header), 1162), true);
	EQUAL_INT(memcmp(packet, sealed, sizeof(sealed)), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the client's keys", client_keys }, { "a sealed packet", client_packet },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ .pName = "synth quic", .pTests = tests }, CU_SUITE_INFO_NULL,
	};

	return tap_main(suites);
}
